/* The command's descriptors. Everything else that the caller had open stays outside.
 *
 * A descriptor carries the mount it was opened on. One from outside leads to the host's mounts, which the view did not
 * make read-only: through /proc/self/fd, fchmod or openat the command would change what it may only read.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"

static const char *const names[] = { "standard input", "standard output", "standard error" };

bool streams_check(const struct handover *handover, struct cordon_error *err)
{
	struct stat status;
	for (int i = 0; i < 3; i++) {
		if (handover->terminal & 1u << i)
			continue;
		if (fstat(handover->streams[i], &status) != 0)
			return cordon_fail(err, CORDON_BAD_USAGE, "%s: descriptor %d is not open", names[i],
					   handover->streams[i]);
		/* openat from it would reach the whole file system, around the view */
		if (S_ISDIR(status.st_mode))
			return cordon_fail(err, CORDON_BAD_USAGE, "%s is a directory", names[i]);
	}
	for (size_t i = 0; i < handover->passed_count; i++) {
		int passed = handover->passed[i];
		if (passed < 3 || fstat(passed, &status) != 0)
			return cordon_fail(err, CORDON_BAD_USAGE, "descriptor %d to pass is %s", passed,
					   passed < 3 ? "a standard one" : "not open");
	}
	return true;
}

static int highest(const struct handover *handover)
{
	int last = 2;
	for (size_t i = 0; i < handover->passed_count; i++)
		if (handover->passed[i] > last)
			last = handover->passed[i];
	return last;
}

static bool move_up(int *descriptor, int above, struct cordon_error *err)
{
	int moved = fcntl(*descriptor, F_DUPFD_CLOEXEC, above + 1);
	if (moved < 0)
		return cordon_fail_errno(err, errno, "move descriptor %d", *descriptor);
	*descriptor = moved;
	return true;
}

bool streams_move(const struct inside *inside, int *descriptor, struct cordon_error *err)
{
	int given = *descriptor;
	if (!move_up(descriptor, highest(&inside->handover), err))
		return false;
	close(given);
	return true;
}

/* Closing matters beyond the command: another run's init, forked from the same process, would hold this run's control
 * socket open and never see its supervisor die.
 */
bool streams_collect(struct inside *inside, struct cordon_error *err)
{
	int last = highest(&inside->handover);
	memcpy(inside->streams, inside->handover.streams, sizeof inside->streams);
	for (int i = 0; i < 3; i++) {
		/* The caller's terminal does not come along. */
		if (inside->handover.terminal & 1u << i)
			inside->streams[i] = -1;
		else if (!move_up(&inside->streams[i], last, err))
			return false;
	}
	if (!move_up(&inside->control, last, err) || !move_up(&inside->supervisor, last, err))
		return false;
	const int ours[KEPT_OURS] = { inside->streams[0], inside->streams[1], inside->streams[2], inside->control,
				      inside->supervisor };
	size_t passed = inside->handover.passed_count;
	memcpy(inside->kept, ours, sizeof ours);
	if (passed)
		memcpy(inside->kept + KEPT_OURS, inside->handover.passed, passed * sizeof *inside->kept);
	return is_planted("descriptors") || descriptors_keep(inside->kept, KEPT_OURS + passed) ||
	       cordon_fail_errno(err, errno, "close the caller's descriptors");
}

/* What leads to the host's mounts and can be found again by its name: a file that was opened for reading, a device, a
 * named pipe, a directory. A file without a name any more has nothing outside to protect; one that its user opened for
 * writing is meant to be written; and of another user's device or pipe the command cannot change the attributes anyway.
 */
static bool needs_view(const struct inside *inside, const struct stat *status, int flags)
{
	if (status->st_nlink == 0)
		return false;
	if (S_ISDIR(status->st_mode))
		return true;
	if (S_ISREG(status->st_mode))
		return (flags & O_ACCMODE) == O_RDONLY;
	return (S_ISCHR(status->st_mode) || S_ISFIFO(status->st_mode)) && status->st_uid == inside->user;
}

/* Opens it again, in this namespace, whose mounts are about to become read-only. */
static bool reopen(const struct inside *inside, int *stream, const char *name, int above, struct cordon_error *err)
{
	char link[32], path[PATH_MAX];
	struct stat given, found;
	int flags = fcntl(*stream, F_GETFL);
	if (flags < 0 || fstat(*stream, &given) != 0)
		return cordon_fail_errno(err, errno, "look at %s", name);
	if (!needs_view(inside, &given, flags))
		return true;

	snprintf(link, sizeof link, "/proc/self/fd/%d", *stream);
	ssize_t length = readlink(link, path, sizeof path - 1);
	if (length < 0)
		return cordon_fail_errno(err, errno, "find the file of %s", name);
	path[length] = '\0';
	if (*path != '/') /* a pipe without a name */
		return true;
	/* A pipe must not wait for its other end; then it is as it was. */
	int kept = O_ACCMODE | O_NONBLOCK | O_DIRECT | O_APPEND;
	int asked = flags & O_PATH ? O_PATH : (flags & kept) | O_NOCTTY | O_NONBLOCK;
	int again = kernel_openat2(AT_FDCWD, path, (uint64_t)asked, 0);
	if (again >= 0 && !(flags & O_NONBLOCK))
		fcntl(again, F_SETFL, flags & kept);
	if (again < 0)
		return cordon_fail_errno(err, errno, "open '%s', which is %s", path, name);
	if (fstat(again, &found) != 0 || found.st_dev != given.st_dev || found.st_ino != given.st_ino) {
		close(again);
		return cordon_fail(err, CORDON_OS_FAILED, "'%s', which is %s, was replaced; run it again", path, name);
	}
	off_t offset = S_ISREG(given.st_mode) ? lseek(*stream, 0, SEEK_CUR) : 0;
	if (offset > 0 && lseek(again, offset, SEEK_SET) != offset) {
		close(again);
		return cordon_fail_errno(err, errno, "seek in '%s'", path);
	}
	/* The lowest numbers are free here, and are the command's. */
	int moved = fcntl(again, F_DUPFD_CLOEXEC, above + 1);
	int code = errno;
	close(again);
	if (moved < 0)
		return cordon_fail_errno(err, code, "move %s", name);
	close(*stream);
	*stream = moved;
	return true;
}

bool streams_count(struct inside *inside, struct cordon_error *err)
{
	int pipes[2], above = highest(&inside->handover);
	inside->counted[0] = inside->counted[1] = -1;
	for (int i = 0; inside->plan.limits[LIMIT_OUTPUT].is_set && i < (inside->joins_output ? 1 : 2); i++) {
		if (inside->handover.terminal & 1u << (i + 1)) /* its other side is counted */
			continue;
		if (pipe2(pipes, O_CLOEXEC) != 0)
			return cordon_fail_errno(err, errno, "make a pipe for %s", names[i + 1]);
		int low = pipes[0];
		bool is_placed = dup3(pipes[1], inside->streams[i + 1], O_CLOEXEC) >= 0 &&
				 (!inside->joins_output || dup3(pipes[1], inside->streams[2], O_CLOEXEC) >= 0);
		if (!is_placed)
			return cordon_fail_errno(err, errno, "put a pipe in the place of %s", names[i + 1]);
		close(pipes[1]);
		if (!move_up(&pipes[0], above, err))
			return false;
		close(low);
		inside->counted[i] = pipes[0];
	}
	return true;
}

/* It has to keep its number. */
static bool reopen_passed(const struct inside *inside, int passed, struct cordon_error *err)
{
	char name[32];
	int last = highest(&inside->handover);
	int again = passed;
	snprintf(name, sizeof name, "descriptor %d", passed);
	if (!move_up(&again, last, err) || !reopen(inside, &again, name, last, err))
		return false;
	int result = dup3(again, passed, O_CLOEXEC);
	int code = errno;
	close(again);
	return result == passed || cordon_fail_errno(err, code, "put %s back", name);
}

bool streams_reopen(struct inside *inside, struct cordon_error *err)
{
	for (int i = 0; i < 3; i++)
		if (inside->streams[i] >= 0 &&
		    !reopen(inside, &inside->streams[i], names[i], highest(&inside->handover), err))
			return false;
	for (size_t i = 0; i < inside->handover.passed_count; i++)
		if (!reopen_passed(inside, inside->handover.passed[i], err))
			return false;
	return true;
}

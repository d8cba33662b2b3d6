#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/text.h"
#include "cli/host.h"

struct report_file {
	char *path;    /* as given, for messages */
	int directory; /* where the file is to be; -1: `stream` is open instead */
	char *name;    /* …and its name there */
	int draft;     /* made there before the run, without a name; -1: the file system knows no such files */
	int stream;
};

struct report_file *report_close(struct report_file *file)
{
	if (!file)
		return NULL;
	if (file->directory >= 0)
		close(file->directory);
	if (file->draft >= 0)
		close(file->draft);
	if (file->stream >= 0)
		close(file->stream);
	free(file->path);
	free(file->name);
	free(file);
	return NULL;
}

static void close_at(struct report_file **file)
{
	report_close(*file);
}

static void close_descriptor(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
}

/* A name beside the file's own that nobody has. */
static char *name_beside(struct cordon_error *err)
{
	uint64_t chance;
	if (getrandom(&chance, sizeof chance, 0) != sizeof chance) {
		cordon_fail_errno(err, errno, "ask for random bytes");
		return NULL;
	}
	char *name = text_format(".cordon-report.%016llx", (unsigned long long)chance);
	if (!name)
		cordon_fail_memory(err);
	return name;
}

static bool make_beside(const struct report_file *file, char **ret_name, int *ret_descriptor, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *name = name_beside(err);
	if (!name)
		return false;
	int made = openat(file->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (made < 0)
		return cordon_fail_errno(err, errno, "report '%s'", file->path);
	*ret_name = cordon_take(&name);
	*ret_descriptor = made;
	return true;
}

/* Shows before the run that a file can be made there. One without a name, which no command finds, is kept for the
 * report: to make a second file would cost a start as much again.
 */
static bool try_directory(struct report_file *file, struct cordon_error *err)
{
	file->draft = openat(file->directory, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
	if (file->draft >= 0)
		return true;
	CORDON_ON_EXIT(free_text) char *name = NULL;
	CORDON_ON_EXIT(close_descriptor) int made = -1;
	if (!make_beside(file, &name, &made, err))
		return false;
	if (unlinkat(file->directory, name, 0) != 0)
		return cordon_fail_errno(err, errno, "report '%s'", file->path);
	return true;
}

/* A link to a file may be what an earlier command left, to have the report written elsewhere. Those in /dev (stderr)
 * lead where the caller's own descriptors do.
 */
static bool is_link_to_file(const char *path)
{
	struct stat link, landing;
	return !text_starts(path, "/dev/") && lstat(path, &link) == 0 && S_ISLNK(link.st_mode) &&
	       (stat(path, &landing) != 0 || S_ISREG(landing.st_mode));
}

/* The directory's links are followed now, when the command does not run yet, and never again. */
static bool open_place(struct report_file *file, struct cordon_error *err)
{
	struct stat status;
	if (is_link_to_file(file->path))
		return cordon_fail(err, CORDON_BAD_USAGE, "report '%s' is a link: name the file itself", file->path);
	CORDON_ON_EXIT(free_text) char *landing = realpath(file->path, NULL);
	if (landing && stat(landing, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			return cordon_fail_errno(err, EISDIR, "report '%s'", file->path);
		if (!S_ISREG(status.st_mode)) {
			/* a named pipe that nobody reads is an error, and no reason to wait for ever */
			file->stream = open(file->path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
			return file->stream >= 0 || cordon_fail_errno(err, errno, "report '%s'", file->path);
		}
	} else if (errno != ENOENT) {
		return cordon_fail_errno(err, errno, "report '%s'", file->path);
	}

	/* basename(3) and dirname(3) write into what they are given. */
	CORDON_ON_EXIT(free_text) char *whole = strdup(landing ? landing : file->path);
	CORDON_ON_EXIT(free_text) char *copy = strdup(landing ? landing : file->path);
	file->name = copy ? strdup(basename(copy)) : NULL;
	if (!whole || !file->name)
		return cordon_fail_memory(err);
	if (strcmp(file->name, "/") == 0 || strcmp(file->name, ".") == 0 || strcmp(file->name, "..") == 0 ||
	    text_ends(file->path, "/"))
		return cordon_fail_errno(err, EISDIR, "report '%s'", file->path);
	file->directory = open(dirname(whole), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file->directory < 0)
		return cordon_fail_errno(err, errno, "report '%s'", file->path);
	return try_directory(file, err);
}

bool report_open(const char *path, struct report_file **ret_file, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_at) struct report_file *file = calloc(1, sizeof *file);
	if (!file)
		return cordon_fail_memory(err);
	file->directory = file->draft = file->stream = -1;
	file->path = strdup(path);
	if (!file->path)
		return cordon_fail_memory(err);
	if (!open_place(file, err))
		return false;
	*ret_file = cordon_take(&file);
	return true;
}

static bool write_all(int descriptor, const char *path, const char *bytes, struct cordon_error *err)
{
	for (size_t left = strlen(bytes); left > 0;) {
		ssize_t count = write(descriptor, bytes, left);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return cordon_fail_errno(err, errno, "report '%s'", path);
		bytes += count;
		left -= (size_t)count;
	}
	return true;
}

/* A directory that the command left there must not keep the report away: it is moved aside. */
static bool put_in_place(const struct report_file *file, const char *name)
{
	if (renameat(file->directory, name, file->directory, file->name) == 0)
		return true;
	if (errno != EISDIR)
		return false;
	CORDON_ON_EXIT(free_text) char *aside = text_format("%s.aside", name);
	return aside && renameat(file->directory, file->name, file->directory, aside) == 0 &&
	       renameat(file->directory, name, file->directory, file->name) == 0;
}

/* Gives the draft a name. Fails where there is none, or no /proc to name it by (linkat(2)): *ret_name is NULL then. */
static bool name_draft(const struct report_file *file, char **ret_name, struct cordon_error *err)
{
	char link[32];
	CORDON_ON_EXIT(free_text) char *name = file->draft >= 0 ? name_beside(err) : NULL;
	snprintf(link, sizeof link, "/proc/self/fd/%d", file->draft);
	if (!name || linkat(AT_FDCWD, link, file->directory, name, AT_SYMLINK_FOLLOW) != 0)
		return false;
	*ret_name = cordon_take(&name);
	return true;
}

bool report_write(struct report_file *file, const char *bytes, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *name = NULL;
	CORDON_ON_EXIT(close_descriptor) int made = -1;
	if (file->stream >= 0)
		return write_all(file->stream, file->path, bytes, err);
	if (file->draft >= 0 && !write_all(file->draft, file->path, bytes, err))
		return false;
	if (!name_draft(file, &name, err) &&
	    !(make_beside(file, &name, &made, err) && write_all(made, file->path, bytes, err))) {
		if (name)
			unlinkat(file->directory, name, 0);
		return false;
	}
	if (put_in_place(file, name))
		return true;
	cordon_fail_errno(err, errno, "report '%s'", file->path);
	unlinkat(file->directory, name, 0);
	return false;
}

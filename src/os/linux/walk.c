/* A bounded walk through a directory. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "os/linux/linux.h"
#include "os/os.h"

struct pending {
	struct {
		char **items;
		size_t count, room;
	} paths; /* directories that are still to be read */
};

static void pending_free(struct pending *pending)
{
	for (size_t i = 0; i < pending->paths.count; i++)
		free(pending->paths.items[i]);
	free(pending->paths.items);
}

/* No component may be a link by now: what was a directory when it was listed may have been exchanged. */
static DIR *open_directory(const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	int file = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
	DIR *directory = file < 0 ? NULL : fdopendir(file);
	if (file >= 0 && !directory)
		close(file);
	return directory;
}

/* A directory that vanished is none of ours. One that may not be read is a matter of whose it is: its owner could
 * open it to the command, and then what is in it would not have been looked at.
 */
static bool may_pass_over(const char *path, int code, struct cordon_error *err)
{
	struct stat status;
	if (code == ENOENT || code == ENOTDIR || code == ELOOP)
		return true;
	if (code == EACCES && lstat(path, &status) == 0 && status.st_uid != geteuid())
		return true;
	return cordon_fail_errno(err, code, "list '%s'", path);
}

static bool is_directory(DIR *directory, const struct dirent *entry)
{
	struct stat status;
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

struct visitor {
	bool (*visit)(void *context, const char *path, struct cordon_error *err);
	void *context;
	size_t *budget;
	size_t allowed;
	uint64_t deadline_ms;
};

static bool spend(const struct visitor *visitor, struct cordon_error *err)
{
	if (*visitor->budget == 0)
		return cordon_fail(err, CORDON_UNSUPPORTED, "there are more than %zu entries", visitor->allowed);
	--*visitor->budget;
	/* The clock is asked now and then only. */
	if (*visitor->budget % 64 == 0 && os_clock() >= visitor->deadline_ms)
		return cordon_fail(err, CORDON_UNSUPPORTED, "time ran out after %zu entries",
				   visitor->allowed - *visitor->budget);
	return true;
}

/* Calls visit for each entry, and notes the directories among them. */
static bool visit_entries(const struct visitor *visitor, DIR *directory, const char *path, struct pending *pending,
			  struct cordon_error *err)
{
	struct dirent *entry;
	while ((errno = 0, entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		CORDON_ON_EXIT(free_text)
		char *child = text_format("%s/%s", strcmp(path, "/") == 0 ? "" : path, entry->d_name);
		if (!child)
			return cordon_fail_memory(err);
		if (!spend(visitor, err) || !visitor->visit(visitor->context, child, err))
			return false;
		if (!is_directory(directory, entry))
			continue;
		char **next = LIST_ADD(&pending->paths);
		if (!next)
			return cordon_fail_memory(err);
		*next = cordon_take(&child);
	}
	return errno == 0 || cordon_fail_errno(err, errno, "list '%s'", path);
}

bool os_walk(const char *root, size_t *budget, uint64_t deadline_ms,
	     bool (*visit)(void *context, const char *path, struct cordon_error *err), void *context,
	     struct cordon_error *err)
{
	const struct visitor visitor = { visit, context, budget, *budget, deadline_ms };
	CORDON_ON_EXIT(pending_free) struct pending pending = { 0 };
	if (os_clock() >= deadline_ms)
		return cordon_fail(err, CORDON_UNSUPPORTED, "time ran out");

	/* Of the root itself nothing is passed over. */
	CORDON_ON_EXIT(close_directory) DIR *directory = open_directory(root);
	if (!directory)
		return cordon_fail_errno(err, errno, "list '%s'", root);
	if (!visit_entries(&visitor, directory, root, &pending, err))
		return false;
	while (pending.paths.count > 0) {
		CORDON_ON_EXIT(free_text) char *path = pending.paths.items[--pending.paths.count];
		CORDON_ON_EXIT(close_directory) DIR *below = open_directory(path);
		if (below ? !visit_entries(&visitor, below, path, &pending, err) : !may_pass_over(path, errno, err))
			return false;
	}
	return true;
}

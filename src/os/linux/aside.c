/* Moving away what must not stay where it is. Whoever made it may also have laid links in the way: the directory is opened
 * without following any, and the thing itself is renamed, never opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/text.h"
#include "os/linux/linux.h"
#include "os/os.h"

static int open_directory(const char *path, size_t length)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
	char *directory = strndup(length ? path : "/", length ? length : 1);
	int opened = directory ? (int)syscall(SYS_openat2, AT_FDCWD, directory, &how, sizeof how) : -1;
	free(directory);
	return opened;
}

static bool move_beside(int directory, const char *path, const char *base, char **ret_place, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *name = text_format(".cordon-aside-%s-%ld", base, (long)getpid());
	if (!name)
		return cordon_fail_memory(err);
	if (renameat(directory, base, directory, name) != 0)
		return cordon_fail_errno(err, errno, "set '%s' aside", path);
	*ret_place = text_format("%.*s%s", (int)(strlen(path) - strlen(base)), path, name);
	return *ret_place || cordon_fail_memory(err);
}

bool os_set_aside(const char *path, const char *folder, const char *name, bool *ret_moved, char **ret_place,
		  struct cordon_error *err)
{
	struct stat status;
	const char *slash = strrchr(path, '/');
	CORDON_ON_EXIT(close_descriptor) int from = slash ? open_directory(path, (size_t)(slash - path)) : -1;
	if (from < 0 || fstatat(from, slash + 1, &status, AT_SYMLINK_NOFOLLOW) != 0) {
		/* where the directory itself is gone, or is a link now, the name that is meant does not exist */
		*ret_moved = false;
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
		       cordon_fail_errno(err, errno, "look for '%s'", path);
	}
	if (!os_make_directories(folder, err))
		return false;
	CORDON_ON_EXIT(close_descriptor) int to = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (to < 0)
		return cordon_fail_errno(err, errno, "open '%s'", folder);
	*ret_moved = true;
	if (renameat(from, slash + 1, to, name) != 0)
		return errno == EXDEV ? move_beside(from, path, slash + 1, ret_place, err)
				      : cordon_fail_errno(err, errno, "set '%s' aside", path);
	*ret_place = text_format("%s/%s", folder, name);
	return *ret_place || cordon_fail_memory(err);
}

/* Moving away what must not stay where it is. Whoever made it may also have laid links in the way: the directory is opened
 * without following any, and the thing itself is renamed, never opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/scope.h"
#include "os/linux/linux.h"
#include "os/os.h"

static int open_directory(const char *path, size_t length)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
	char directory[PATH_MAX];
	if (length >= sizeof directory) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(directory, length ? path : "/", length ? length : 1);
	directory[length ? length : 1] = '\0';
	return (int)syscall(SYS_openat2, AT_FDCWD, directory, &how, sizeof how);
}

/* Opens the folder, and makes what is missing of it, mode 0700. No component may be a link; -1 with errno. */
static int make_folder(const char *folder)
{
	char name[NAME_MAX + 1];
	int directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (const char *at = folder + 1; *at && directory >= 0;) {
		size_t length = strcspn(at, "/");
		int above = directory;
		snprintf(name, sizeof name, "%.*s", (int)length, at);
		if (length > NAME_MAX)
			errno = ENAMETOOLONG;
		bool is_there = length <= NAME_MAX && (mkdirat(above, name, 0700) == 0 || errno == EEXIST);
		directory = is_there ? openat(above, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
		int code = errno;
		close(above);
		errno = code;
		at += length + (at[length] == '/');
	}
	return directory;
}

static bool move_beside(int directory, const char *path, const char *base, char *ret_place, struct cordon_error *err)
{
	int length = snprintf(ret_place, OS_PLACE_SIZE, "%.*s.cordon-aside-%s-%ld", (int)(strlen(path) - strlen(base)),
			      path, base, (long)getpid());
	if (length >= OS_PLACE_SIZE || renameat(directory, base, directory, strrchr(ret_place, '/') + 1) != 0)
		return cordon_fail_errno(err, errno, "set '%s' aside", path);
	return true;
}

bool os_set_aside(const char *path, const char *folder, const char *name, bool *ret_moved,
		  char ret_place[OS_PLACE_SIZE], struct cordon_error *err)
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
	CORDON_ON_EXIT(close_descriptor) int to = make_folder(folder);
	if (to < 0)
		return cordon_fail_errno(err, errno, "make '%s'", folder);
	*ret_moved = true;
	if (renameat(from, slash + 1, to, name) != 0)
		return errno == EXDEV ? move_beside(from, path, slash + 1, ret_place, err)
				      : cordon_fail_errno(err, errno, "set '%s' aside", path);
	snprintf(ret_place, OS_PLACE_SIZE, "%s/%s", folder, name);
	return true;
}

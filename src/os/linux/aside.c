/* Moving away what must not stay where it is. Whoever made it may also have laid links in the way: the directory is
 * opened without following any, and the thing itself is renamed, never opened. And may have taken the user's rights
 * from it, to give them back in a later run, when nobody looks any more: directories that refuse their owner are opened
 * up.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "os/linux/linux.h"
#include "os/git.h"
#include "os/os.h"

#define ONLY_DIRECTORY (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* By its descriptor, which needs no right on it (fchmod takes none of O_PATH). */
static bool add_rights(int thing, mode_t rights)
{
	char path[32];
	struct stat status;
	snprintf(path, sizeof path, "/proc/self/fd/%d", thing);
	return fstat(thing, &status) == 0 && status.st_uid == geteuid() &&
	       chmod(path, (status.st_mode & 07777) | rights) == 0;
}

/* The directory of a path, whose first `length` bytes these are; -1 with errno. */
static int open_directory(const char *path, size_t length)
{
	char name[NAME_MAX + 1];
	int directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (const char *at = path, *end = path + length; at < end && directory >= 0;) {
		size_t part = strcspn(at, "/");
		if (part == 0) {
			at++;
			continue;
		}
		int above = directory;
		snprintf(name, sizeof name, "%.*s", (int)part, at);
		errno = ENAMETOOLONG;
		directory = part > NAME_MAX ? -1 : openat(above, name, ONLY_DIRECTORY);
		if (directory < 0 && errno == EACCES && add_rights(above, S_IRWXU))
			directory = openat(above, name, ONLY_DIRECTORY);
		int code = errno;
		close(above);
		errno = code;
		at += part;
	}
	return directory;
}

static bool look(int directory, const char *name, struct stat *ret_status)
{
	return fstatat(directory, name, ret_status, AT_SYMLINK_NOFOLLOW) == 0 ||
	       (errno == EACCES && add_rights(directory, S_IRWXU) &&
		fstatat(directory, name, ret_status, AT_SYMLINK_NOFOLLOW) == 0);
}

/* Renames; where that needs rights that the user has taken from himself, with them. */
static bool move(int from, const char *name, int to, const char *new_name)
{
	if (renameat(from, name, to, new_name) == 0)
		return true;
	if (errno != EACCES)
		return false;
	/* A directory is written to as well: its `..` changes. */
	CORDON_ON_EXIT(close_descriptor) int thing = openat(from, name, ONLY_DIRECTORY);
	add_rights(from, S_IRWXU);
	if (thing >= 0)
		add_rights(thing, S_IRWXU);
	return renameat(from, name, to, new_name) == 0;
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

/* Under a name that the command could not guess, and lay something in the way. */
static bool move_beside(int directory, const char *path, const char *base, char *ret_place, struct cordon_error *err)
{
	uint64_t chance;
	if (!os_random(&chance, sizeof chance, err))
		return false;
	int length = snprintf(ret_place, OS_PLACE_SIZE, "%.*s.cordon-aside-%s-%016llx",
			      (int)(strlen(path) - strlen(base)), path, base, (unsigned long long)chance);
	if (length >= OS_PLACE_SIZE || !move(directory, base, directory, strrchr(ret_place, '/') + 1))
		return cordon_fail_errno(err, errno, "set '%s' aside", path);
	return true;
}

bool os_set_aside(const char *path, const char *folder, const char *name, bool *ret_moved,
		  char ret_place[OS_PLACE_SIZE], struct cordon_error *err)
{
	struct stat status;
	const char *slash = strrchr(path, '/');
	CORDON_ON_EXIT(close_descriptor) int from = slash ? open_directory(path, (size_t)(slash - path)) : -1;
	bool is_there = from >= 0 && look(from, slash + 1, &status);
	if (!is_there) {
		/* where the directory itself is gone, or is a link now, the name that is meant does not exist */
		*ret_moved = false;
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
		       cordon_fail_errno(err, errno, "look for '%s'", path);
	}
	CORDON_ON_EXIT(close_descriptor) int to = make_folder(folder);
	if (to < 0)
		return cordon_fail_errno(err, errno, "make '%s'", folder);
	*ret_moved = true;
	if (!move(from, slash + 1, to, name))
		return errno == EXDEV ? move_beside(from, path, slash + 1, ret_place, err)
				      : cordon_fail_errno(err, errno, "set '%s' aside", path);
	snprintf(ret_place, OS_PLACE_SIZE, "%s/%s", folder, name);
	return true;
}

void git_open_up(const char *path)
{
	struct stat status;
	const char *slash = strrchr(path, '/');
	CORDON_ON_EXIT(close_descriptor) int from = slash ? open_directory(path, (size_t)(slash - path)) : -1;
	if (from < 0 || !look(from, slash + 1, &status))
		return;
	CORDON_ON_EXIT(close_descriptor) int thing = openat(from, slash + 1, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (thing < 0 || fstat(thing, &status) != 0)
		return;
	mode_t wanted = S_ISDIR(status.st_mode) ? S_IRWXU : S_ISREG(status.st_mode) ? S_IRUSR : 0;
	if ((status.st_mode & wanted) != wanted)
		add_rights(thing, wanted);
}

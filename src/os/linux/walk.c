/* Listing a directory for a walk. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/text.h"
#include "os/linux/linux.h"
#include "os/walk.h"

static DIR *open_directory(const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	int file = open_how(AT_FDCWD, path, &how);
	DIR *directory = file < 0 ? NULL : fdopendir(file);
	if (file >= 0 && !directory)
		close(file);
	return directory;
}

/* A directory that vanished is none of ours. One that may not be read is a matter of whose it is: its owner could
 * open it to the command, and then what is in it would not have been looked at.
 */
static bool may_pass_over(const char *path, int code)
{
	struct stat status;
	if (code == ENOENT || code == ENOTDIR || code == ELOOP)
		return true;
	return code == EACCES && lstat(path, &status) == 0 && status.st_uid != geteuid();
}

static bool is_directory(DIR *directory, const struct dirent *entry)
{
	struct stat status;
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

bool walk_list(const char *path, const struct walk_visitor *visitor, bool *ret_is_gone, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_directory) DIR *directory = open_directory(path);
	int code = errno;
	*ret_is_gone = !directory && may_pass_over(path, code);
	if (!directory)
		return *ret_is_gone || cordon_fail_errno(err, code, "list '%s'", path);

	struct dirent *entry;
	while ((errno = 0, entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		CORDON_ON_EXIT(free_text)
		char *child = text_format("%s/%s", strcmp(path, "/") == 0 ? "" : path, entry->d_name);
		if (!child)
			return cordon_fail_memory(err);
		if (!visitor->visit(visitor->context, child, is_directory(directory, entry), err))
			return false;
	}
	return errno == 0 || cordon_fail_errno(err, errno, "list '%s'", path);
}

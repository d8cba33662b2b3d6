/* openat2(2), also where it is refused: a filter cannot see what it is to do, and answers that there is none (another
 * cordon's does, and those of older containers).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/scope.h"
#include "os/linux/linux.h"

/* The last component, or the directory itself. */
static int open_last(int directory, const char *name, const struct open_how *how)
{
	struct stat status;
	int file = openat(directory, *name ? name : ".", (int)how->flags | O_NOFOLLOW, (mode_t)how->mode);
	if (file >= 0 && (how->flags & O_PATH) && !(how->flags & O_NOFOLLOW) && fstat(file, &status) == 0 &&
	    S_ISLNK(status.st_mode)) {
		close(file);
		errno = ELOOP;
		return -1;
	}
	return file;
}

static int begin(int directory, const char *path, const struct open_how *how)
{
	if (*path == '/' && !(how->resolve & RESOLVE_IN_ROOT))
		return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return openat(directory, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* By hand, through no link whatever `resolve` says: stricter where it would follow some. */
static int walk(int directory, const char *path, const struct open_how *how)
{
	char rest[PATH_MAX];
	if (strlen(path) >= sizeof rest) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(rest, path);
	CORDON_ON_EXIT(close_descriptor) int place = begin(directory, path, how);
	for (char *name = rest; place >= 0;) {
		name += strspn(name, "/");
		char *end = name + strcspn(name, "/");
		bool is_last = end[strspn(end, "/")] == '\0';
		if (is_last && *end)
			*end = '\0';
		if (strcmp(name, "..") == 0 || strncmp(name, "../", 3) == 0) {
			errno = EXDEV;
			return -1;
		}
		if (is_last)
			return open_last(place, name, how);
		*end = '\0';
		int next = openat(place, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(place);
		place = next;
		name = end + 1;
	}
	return -1;
}

int open_how(int directory, const char *path, const struct open_how *how)
{
	int file = (int)syscall(SYS_openat2, directory, path, how, sizeof *how);
	if (file >= 0 || errno != ENOSYS)
		return file;
	return how->resolve ? walk(directory, path, how) : openat(directory, path, (int)how->flags, (mode_t)how->mode);
}

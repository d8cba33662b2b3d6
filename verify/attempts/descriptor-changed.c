/* files.write, hazards 11 and 61: standard input, opened for reading, still lies on the host's writable mount:
 * truncated through /proc, its mode, times and attributes changed by descriptor.
 * fallback: files.write
 */
#include <sys/xattr.h>

#include "attempt.h"

void launch(char **command)
{
	int file = open(below("OUTSIDE", "file"), O_RDONLY);
	if (file < 0 || dup2(file, 0) != 0)
		exit(1);
	close(file);
	exit(run(command));
}

void act(void)
{
	const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	if (fchmod(0, 0777) != 0)
		perror("fchmod");
	if (futimens(0, times) != 0)
		perror("futimens");
	if (fsetxattr(0, "user.evil", "1", 1, 0) != 0)
		perror("fsetxattr");
	if (truncate("/proc/self/fd/0", 0) != 0)
		perror("truncate");
}

bool happened(void)
{
	struct stat status = { 0 };
	stat(below("OUTSIDE", "file"), &status);
	return status.st_size == 0 || (status.st_mode & 0777) == 0777 || status.st_mtime == 1 ||
	       getxattr(below("OUTSIDE", "file"), "user.evil", NULL, 0) >= 0;
}

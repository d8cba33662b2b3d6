/* files.write, hazard 11: the inode flags of a file outside (chattr), by ioctl on a descriptor opened for reading.
 * plant: mounts.readonly
 * fallback: files.write
 */
#include <linux/fs.h>
#include <sys/ioctl.h>

#include "attempt.h"

static int flags_of(const char *path, int *ret_flags)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	return file >= 0 && ioctl(file, FS_IOC_GETFLAGS, ret_flags) == 0 ? file : -1;
}

void prepare(void)
{
	int flags;
	if (flags_of(below("OUTSIDE", "file"), &flags) < 0)
		skip("this file system has no inode flags");
}

void act(void)
{
	int flags = 0, file = flags_of(below("OUTSIDE", "file"), &flags);
	flags |= FS_NOATIME_FL;
	if (ioctl(file, FS_IOC_SETFLAGS, &flags) != 0)
		perror("FS_IOC_SETFLAGS");
}

bool happened(void)
{
	int flags = 0;
	flags_of(below("OUTSIDE", "file"), &flags);
	return flags & FS_NOATIME_FL;
}

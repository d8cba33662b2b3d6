/* files.write, hazard 11: an extended attribute of a file outside, which Landlock does not guard.
 * plant: mounts.readonly
 * fallback: files.write
 */
#include <sys/xattr.h>

#include "attempt.h"

void prepare(void)
{
	if (setxattr(below("OUTSIDE", "folder"), "user.before", "1", 1, 0) != 0)
		skip("this file system has no user attributes");
}

void act(void)
{
	if (setxattr(below("OUTSIDE", "file"), "user.evil", "1", 1, 0) != 0)
		perror("setxattr");
}

bool happened(void)
{
	return getxattr(below("OUTSIDE", "file"), "user.evil", NULL, 0) >= 0;
}

/* kernel: a system call that is newer than what cordon's filter was made for; here setxattrat, which changes attributes unseen.
 * plant: seccomp
 */
#include <sys/xattr.h>

#include "attempt.h"

enum { CALL_SETXATTRAT = 463 };

static int set(const char *path)
{
	const struct {
		uint64_t value;
		uint32_t size, flags;
	} attribute = { (uintptr_t) "yes", 3, 0 };
	return (int)syscall(CALL_SETXATTRAT, AT_FDCWD, path, 0, "user.new-call", &attribute, sizeof attribute);
}

void prepare(void)
{
	if (set(below("OUTSIDE", "file")) != 0)
		skip("this kernel has no setxattrat, or the file system no attributes");
}

void act(void)
{
	if (set("notes") != 0)
		perror("setxattrat");
}

bool happened(void)
{
	return getxattr(below("WORK", "notes"), "user.new-call", NULL, 0) == 3;
}

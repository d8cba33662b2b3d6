/* kernel: userfaultfd, with which races in the kernel are won at leisure.
 * plant: seccomp
 */
#include <linux/userfaultfd.h>

#include "attempt.h"

const char *held(void)
{
	return "fd:[userfaultfd]";
}

static int make(void)
{
	return (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
}

void prepare(void)
{
	if (make() < 0)
		skip("this host has no userfaultfd for this user");
}

void act(void)
{
	if (make() < 0) {
		perror("userfaultfd");
		return;
	}
	hold();
}

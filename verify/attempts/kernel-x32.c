/* kernel, hazard 29: the x32 system call interface: the same calls under other numbers.
 * plant: seccomp
 */
#include "attempt.h"

#define X32 0x40000000L

void prepare(void)
{
#ifdef __x86_64__
	if (syscall(X32 | SYS_getpid) != getpid())
#endif
		skip("this kernel has no x32 system calls");
}

void act(void)
{
#ifdef __x86_64__
	if (syscall(X32 | SYS_creat, "made-by-x32", 0600) < 0)
		perror("creat by x32");
#endif
}

bool happened(void)
{
	return access(below("WORK", "made-by-x32"), F_OK) == 0;
}

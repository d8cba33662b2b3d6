/* kernel, hazards 29 and 62: the 32-bit system call interface, whose numbers mean other calls: here creat(2).
 * plant: seccomp
 * fallback plant: seccomp
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include "attempt.h"

static long call_32(long number, long first, long second)
{
#ifdef __x86_64__
	long result;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "0"(number), "b"(first), "c"(second)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
#else
	(void)number, (void)first, (void)second;
	return -ENOSYS;
#endif
}

#define CALL_GETPID 20
#define CALL_CREAT 8

void prepare(void)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0)
		_exit(call_32(CALL_GETPID, 0, 0) == getpid() ? 0 : 1);
	waitpid(pid, &status, 0);
	if (status != 0)
		skip("this kernel has no 32-bit system calls");
}

void act(void)
{
#ifdef __x86_64__
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	strcpy(low, "made-by-int80");
	long result = call_32(CALL_CREAT, (long)(uintptr_t)low, 0600);
	if (result < 0)
		fprintf(stderr, "creat by int 0x80: %s\n", strerror((int)-result));
#endif
}

bool happened(void)
{
	return access(below("WORK", "made-by-int80"), F_OK) == 0;
}

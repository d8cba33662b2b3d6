/* processes, hazard 26: an open file taken out of a host process of the same user (pidfd_getfd).
 * fallback plant as user: landlock
 */
#include "attempt.h"

enum { NUMBERS = 16 };

void prepare(void)
{
	start_victim();
}

/* One of them is the victim's log. */
void act(void)
{
	int process = (int)syscall(SYS_pidfd_open, (pid_t)victim("pid"), 0);
	if (process < 0)
		perror("pidfd_open");
	for (int number = 3; number < NUMBERS; number++) {
		int taken = (int)syscall(SYS_pidfd_getfd, process, number, 0);
		if (taken >= 0 && write(taken, "changed\n", 8) < 0)
			perror("write");
	}
}

bool happened(void)
{
	return file_holds(below("WORLD", "victim.log"), "changed");
}

/* kernel, hazards 29 and 31: a user namespace by clone(2), whose flags a filter has to look at.
 * plant: seccomp
 */
#include <sched.h>
#include <sys/wait.h>

#include "attempt.h"

const char *held(void)
{
	return "ns:user";
}

void act(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid < 0) {
		perror("clone");
		return;
	}
	if (pid == 0) {
		hold();
		_exit(0);
	}
	waitpid((pid_t)pid, NULL, 0);
}

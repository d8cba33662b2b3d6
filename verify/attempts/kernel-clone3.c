/* kernel, hazards 29 and 31: a user namespace by clone3(2), whose flags no filter can see.
 * plant: seccomp
 */
#include <linux/sched.h>
#include <sys/wait.h>

#include "attempt.h"

const char *held(void)
{
	return "ns:user";
}

void act(void)
{
	struct clone_args arguments = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
	if (pid < 0) {
		perror("clone3");
		return;
	}
	if (pid == 0) {
		hold();
		_exit(0);
	}
	waitpid((pid_t)pid, NULL, 0);
}

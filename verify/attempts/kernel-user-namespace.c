/* kernel, hazard 31: a user namespace of the command's own, with every capability and a mount in it.
 * plant: seccomp
 */
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "attempt.h"

const char *held(void)
{
	return "ns:user";
}

static void take_namespace(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
		perror("unshare");
		return;
	}
	if (mount("none", below("WORK", "mount"), "tmpfs", 0, NULL) != 0)
		perror("mount");
	hold();
}

/* In a child: what counts is the difference from the parent. */
void act(void)
{
	mkdir(below("WORK", "mount"), 0700);
	pid_t pid = fork();
	if (pid == 0) {
		take_namespace();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

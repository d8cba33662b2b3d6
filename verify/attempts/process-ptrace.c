/* processes, hazard 26: a host process of the same user traced and changed.
 * fallback plant as user: landlock
 */
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "attempt.h"

void prepare(void)
{
	start_victim();
}

void act(void)
{
	pid_t pid = (pid_t)victim("pid");
	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) != 0) {
		perror("ptrace");
		return;
	}
	waitpid(pid, NULL, __WALL);
	if (ptrace(PTRACE_POKEDATA, pid, (void *)(uintptr_t)victim("word"), (void *)0x6c697665) != 0)
		perror("PTRACE_POKEDATA");
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

bool happened(void)
{
	usleep(200000);
	return file_holds(below("WORLD", "victim.log"), "changed");
}

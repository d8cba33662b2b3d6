/* processes: a host process of the same user slowed down, and kept from opening files.
 * plant: namespaces.pid+proc
 * fallback plant: shared
 */
#include <sched.h>
#include <sys/resource.h>

#include "attempt.h"

enum { FILES = 17 };

void prepare(void)
{
	start_victim();
}

void act(void)
{
	pid_t pid = (pid_t)victim("pid");
	const struct rlimit files = { FILES, FILES };
	const struct sched_param none = { 0 };
	if (prlimit(pid, RLIMIT_NOFILE, &files, NULL) != 0)
		perror("prlimit");
	if (setpriority(PRIO_PROCESS, (id_t)pid, 19) != 0)
		perror("setpriority");
	if (sched_setscheduler(pid, SCHED_BATCH, &none) != 0)
		perror("sched_setscheduler");
}

bool happened(void)
{
	pid_t pid = (pid_t)victim("pid");
	struct rlimit files = { 0 };
	return (prlimit(pid, RLIMIT_NOFILE, NULL, &files) == 0 && files.rlim_cur == FILES) ||
	       getpriority(PRIO_PROCESS, (id_t)pid) == 19 || sched_getscheduler(pid) == SCHED_BATCH;
}

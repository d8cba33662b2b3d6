/* ipc, hazard 68: a SysV semaphore of the user's other programs.
 * plant: namespaces.ipc
 * fallback plant: shared
 */
#include <sys/ipc.h>
#include <sys/sem.h>

#include "attempt.h"

static int set(int flags)
{
	return semget(ftok(getenv("OUTSIDE"), 2), 1, flags);
}

void prepare(void)
{
	if (set(IPC_CREAT | 0600) < 0)
		skip("this host has no SysV IPC");
}

void act(void)
{
	struct sembuf raise = { .sem_op = 1 };
	if (semop(set(0), &raise, 1) != 0)
		perror("semop");
}

bool happened(void)
{
	return semctl(set(0), 0, GETVAL) > 0;
}

void clean(void)
{
	semctl(set(0), 0, IPC_RMID);
}

/* Inits that have reported the end of their tree and are still dying: the kernel takes them a few hundred microseconds
 * to tear the namespaces down, and nothing waits for that. They are reaped when the next run ends, or by the system
 * when this process does.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/linux/cage.h"

enum { GRAVES = 8 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int graves[GRAVES] = { -1, -1, -1, -1, -1, -1, -1, -1 };

/* __WALL: a child without an exit signal is waited for by nobody else (clone(2)). */
static bool reap(int init, int flags)
{
	siginfo_t info = { 0 };
	int result;
	do
		result = waitid(P_PIDFD, (id_t)init, &info, WEXITED | __WALL | flags);
	while (result != 0 && errno == EINTR);
	/* ECHILD: this process is a fork of the one that started it. */
	if (result == 0 && info.si_pid == 0)
		return false;
	close(init);
	return true;
}

void graves_dig(int *init, bool is_empty)
{
	int left = *init;
	*init = -1;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < GRAVES; i++) {
		if (graves[i] >= 0 && reap(graves[i], WNOHANG))
			graves[i] = -1;
		if (graves[i] < 0 && left >= 0 && is_empty) {
			graves[i] = left;
			left = -1;
		}
	}
	pthread_mutex_unlock(&lock);
	if (left >= 0)
		reap(left, 0);
}

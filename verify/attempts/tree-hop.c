/* tree: what is to outlive the run forks and ends all the time, in sessions of its own, so that nothing finds it in time.
 * plant: namespaces.pid+proc
 */
#include <time.h>

#include "attempt.h"

enum { HOPPERS = 20, SECONDS = 8 };

/* Until the time is over: the harness could not catch it either. The file is open from the start, because where nobody listens
 * to the filter any more no file can be opened for writing.
 */
static void hop(time_t end, int heartbeat)
{
	struct stat status;
	unsigned turn = 0;
	setsid();
	while (time(NULL) < end && stat(below("WORLD", "stop"), &status) != 0) {
		pid_t pid = fork();
		if (pid > 0)
			_exit(0);
		if (pid < 0)
			usleep(1000);
		if (++turn % 4 == 0 && write(heartbeat, ".", 1) != 1)
			_exit(1);
	}
	_exit(0);
}

void act(void)
{
	time_t end = time(NULL) + SECONDS;
	int heartbeat = open(below("WORK", "heartbeat"), O_WRONLY | O_CREAT | O_APPEND, 0644);
	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < HOPPERS; i++)
		if (fork() == 0)
			hop(end, heartbeat);
	usleep(300000);
}

static off_t beaten(void)
{
	struct stat status;
	return stat(below("WORK", "heartbeat"), &status) == 0 ? status.st_size : -1;
}

bool happened(void)
{
	off_t before = beaten();
	usleep(400000);
	return before >= 0 && beaten() > before;
}

void clean(void)
{
	write_text(below("WORLD", "stop"), "");
}

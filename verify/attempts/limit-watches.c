/* limits: the command takes all the inotify instances and timers that its user may have, and the user's other programs
 * have none.
 * plant: watches
 * fallback: no the user's instances are only divided by a user namespace
 */
#include <sys/inotify.h>
#include <time.h>

#include "attempt.h"

void prepare(void)
{
	if (geteuid() == 0)
		skip("it would take the watches of other programs of root's");
}

static void wait_for_file(const char *path)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	for (int i = 0; i < 500 && access(path, F_OK) != 0; i++)
		nanosleep(&moment, NULL);
}

static void try_outside(void)
{
	wait_for_file(below("WORK", "taken"));
	timer_t timer;
	if (inotify_init1(IN_CLOEXEC) < 0 || timer_create(CLOCK_MONOTONIC, NULL, &timer) != 0)
		write_text(below("WORLD", "none-left"), "yes\n");
	write_text(below("WORK", "tried"), "yes\n");
}

void launch(char **command)
{
	if (fork() == 0) {
		try_outside();
		_exit(0);
	}
	run(command);
}

void act(void)
{
	timer_t timer;
	while (inotify_init1(IN_CLOEXEC) >= 0)
		;
	while (timer_create(CLOCK_MONOTONIC, NULL, &timer) == 0)
		;
	write_text(below("WORK", "taken"), "yes\n");
	wait_for_file(below("WORK", "tried"));
}

bool happened(void)
{
	return access(below("WORLD", "none-left"), F_OK) == 0;
}

/* files.write, hazard 14: while whoever judges a call looks at its path, another thread puts another path there.
 * plant: mounts.readonly+landlock
 * fallback plant: landlock
 */
#include <pthread.h>
#include <stdatomic.h>

#include "attempt.h"

enum { TRIES = 20000 };

static char path[4096];
static atomic_int swaps;

static void *swap(void *argument)
{
	char mine[4096], outside[4096];
	(void)argument;
	strcpy(mine, below("WORK", "mine"));
	strcpy(outside, below("OUTSIDE", "file"));
	while (swaps < INT32_MAX) {
		strcpy(path, mine);
		strcpy(path, outside);
		swaps++;
	}
	return NULL;
}

void act(void)
{
	pthread_t thread;
	write_text(below("WORK", "mine"), "");
	if (pthread_create(&thread, NULL, swap, NULL) != 0)
		exit(1);
	for (int i = 0; i < TRIES || swaps < TRIES; i++) {
		int file = open(path, O_WRONLY | O_APPEND);
		if (file >= 0 && write(file, "evil", 4) == 4)
			close(file);
	}
}

bool happened(void)
{
	return file_holds(below("OUTSIDE", "file"), "evil");
}

/* Tells the fake backend of the program cordon_fake what to do, from the variable FAKE:
 *
 *	FAKE="started;deny /etc/x;exit 3"      also: kill N, reach HOST, limit NAME, not_found, not_executable, lack GUARANTEE, run_on,
 *	                                       do SHELL-COMMAND (at once, before the program begins)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../run/backend_fake.h"

static void follow(const char *word, char *argument)
{
	if (strcmp(word, "started") == 0) {
		fake_add(CAGE_STARTED);
	} else if (strcmp(word, "deny") == 0) {
		fake_deny(ACT_WRITE, argument);
	} else if (strcmp(word, "exit") == 0) {
		fake_exit(atoi(argument));
	} else if (strcmp(word, "reach") == 0) {
		fake_reach(argument);
	} else if (strcmp(word, "kill") == 0) {
		fake_kill(atoi(argument));
	} else if (strcmp(word, "not_found") == 0 || strcmp(word, "not_executable") == 0) {
		fake_add(CAGE_NOT_STARTED);
		cordon_fail(&fake.events[fake.event_count - 1].error,
			    word[4] == 'f' ? CORDON_NOT_FOUND : CORDON_NOT_EXECUTABLE, "'command': %s", word);
	} else if (strcmp(word, "limit") == 0) {
		for (int limit = 0; limit < LIMIT_COUNT; limit++)
			if (strcmp(limit_name((enum limit)limit), argument) == 0)
				fake_exceed((enum limit)limit);
	} else if (strcmp(word, "lack") == 0) {
		fake.levels[guarantee_find(argument)] = LEVEL_ABSENT;
	} else if (strcmp(word, "run_on") == 0) {
		fake.runs_on = true;
	} else if (strcmp(word, "do") == 0) {
		if (system(argument) != 0)
			abort();
	} else {
		fprintf(stderr, "fake: unknown word '%s'\n", word);
		abort();
	}
}

__attribute__((constructor)) static void read_script(void)
{
	const char *script = getenv("FAKE");
	/* kept for good: the events point into it */
	static char copy[4096];
	snprintf(copy, sizeof copy, "%s", script ? script : "");
	unsetenv("FAKE");
	for (char *place, *word = strtok_r(copy, ";", &place); word; word = strtok_r(NULL, ";", &place)) {
		char *argument = strchr(word, ' ');
		if (argument)
			*argument++ = '\0';
		follow(word, argument);
	}
}

/* cordon gc: sweeps what a crash left. */
#include <jansson.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/option.h"
#include "cordon/cordon.h"

static bool print(bool wants_json, struct cordon_error *err)
{
	char *answer;
	if (!cordon_sweep(&answer, err))
		return false;
	json_t *object = wants_json ? NULL : json_loads(answer, 0, NULL);
	if (wants_json)
		fputs(answer, stdout);
	else
		printf("control groups removed: %lld\n",
		       (long long)json_integer_value(json_object_get(object, "control_groups")));
	json_decref(object);
	cordon_free(answer);
	return true;
}

int command_gc(char **words)
{
	static const char usage[] =
		"cordon gc [options]\n"
		"Removes the control groups of runs whose cordon was killed. What else such a run leaves, a\n"
		"process of its own removes at once.\n";
	return option_plain("gc", usage, words, print);
}

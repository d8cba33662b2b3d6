/* cordon log: recorded runs. */
#include <jansson.h>
#include <stdio.h>

#include "base/scope.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/host.h"
#include "cli/option.h"
#include "cordon/cordon.h"

enum { COMMAND_WIDTH = 60 };

static void print_run(const json_t *run)
{
	CORDON_ON_EXIT(text_free) struct text words = { 0 };
	char time[32];
	const json_t *word;
	size_t i;
	json_array_foreach (json_object_get(run, "argv"), i, word)
		text_addf(&words, "%s%s", i ? " " : "", json_string_value(word));
	host_show_time((uint64_t)json_integer_value(json_object_get(run, "began_ms")), time, sizeof time);
	const char *outcome = json_string_value(json_object_get(run, "outcome"));
	printf("%s  %s  %-9s %3lld  %2lld denials  %.*s\n", json_string_value(json_object_get(run, "run_id")), time,
	       outcome ? outcome : "?", (long long)json_integer_value(json_object_get(run, "exit_status")),
	       (long long)json_integer_value(json_object_get(run, "denials")), COMMAND_WIDTH, text_str(&words));
}

static bool print(bool wants_json, struct cordon_error *err)
{
	char *answer;
	const json_t *run;
	size_t i;
	if (!cordon_log(&answer, err))
		return false;
	if (wants_json) {
		fputs(answer, stdout);
	} else {
		json_t *object = json_loads(answer, 0, NULL);
		json_array_foreach (json_object_get(object, "runs"), i, run)
			print_run(run);
		json_decref(object);
	}
	cordon_free(answer);
	return true;
}

int command_log(char **words)
{
	static const char usage[] =
		"cordon log [options]\nThe recorded runs, newest first: id, time, outcome, exit status, refused acts, command.\n";
	return option_plain("log", usage, words, print);
}

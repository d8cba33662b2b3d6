/* cordon doctor: what this host can enforce. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "cli/command.h"
#include "cli/option.h"
#include "cordon/cordon.h"

/* Each cause once, with what mends it. */
static void print_causes(const json_t *rows)
{
	const json_t *row;
	size_t i;
	const char *last = "";
	json_array_foreach (rows, i, row) {
		const char *cause = json_string_value(json_object_get(row, "cause"));
		const char *remedy = json_string_value(json_object_get(row, "remedy"));
		if (!cause || strcmp(cause, last) == 0)
			continue;
		last = cause;
		printf("\n%s\n", cause);
		if (remedy)
			printf("to mend it: %s\n", remedy);
	}
}

static bool print_rows(const char *answer, struct cordon_error *err)
{
	json_t *object = json_loads(answer, 0, NULL);
	const json_t *row;
	size_t i;
	if (!object)
		return cordon_fail_memory(err);
	json_array_foreach (json_object_get(object, "guarantees"), i, row)
		printf("%-9s %-18s %s: %s\n", json_string_value(json_object_get(row, "level")),
		       json_string_value(json_object_get(row, "guarantee")),
		       json_string_value(json_object_get(row, "promise")),
		       json_string_value(json_object_get(row, "why")));
	const json_t *caches = json_object_get(object, "caches");
	if (json_is_object(caches))
		printf("%-9s %-18s %s: %s\n", json_is_true(json_object_get(caches, "layers")) ? "layers" : "empty",
		       "(caches)", "tools' caches begin with what yours hold",
		       json_string_value(json_object_get(caches, "why")));
	const json_t *setup = json_object_get(object, "setup");
	if (json_is_object(setup)) {
		bool is_done = json_is_true(json_object_get(setup, "done"));
		printf("%-9s %-18s the administrator's one-time step%s%s\n", is_done ? "done" : "missing", "(setup)",
		       is_done ? "" : ": ", json_string_value(json_object_get(setup, "why")));
	}
	print_causes(json_object_get(object, "guarantees"));
	json_decref(object);
	return true;
}

static bool print(bool wants_json, struct cordon_error *err)
{
	char *answer;
	if (!cordon_doctor(&answer, err))
		return false;
	bool is_printed = true;
	if (wants_json)
		fputs(answer, stdout);
	else
		is_printed = print_rows(answer, err);
	cordon_free(answer);
	return is_printed;
}

int command_doctor(char **words)
{
	static const char usage[] =
		"cordon doctor [options]\nWhat this host can enforce, one row a guarantee, and by what.\n";
	return option_plain("doctor", usage, words, print);
}

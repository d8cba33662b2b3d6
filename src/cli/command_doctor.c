/* cordon doctor: what this host can enforce. */
#include <jansson.h>
#include <stdio.h>

#include "base/scope.h"
#include "cli/command.h"
#include "cli/option.h"
#include "cli/say.h"
#include "cordon/cordon.h"

struct values {
	bool wants_json, wants_help;
};

static const struct option options[] = {
	{ .name = "json", .help = "as JSON", .kind = OPTION_FLAG, .place = offsetof(struct values, wants_json) },
	{ .name = "help",
	  .letter = 'h',
	  .help = "this",
	  .kind = OPTION_FLAG,
	  .place = offsetof(struct values, wants_help) },
	{ 0 },
};

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
	json_decref(object);
	return true;
}

static bool examine(const struct values *values, struct cordon_error *err)
{
	char *answer;
	if (!cordon_doctor(&answer, err))
		return false;
	bool is_printed = true;
	if (values->wants_json)
		fputs(answer, stdout);
	else
		is_printed = print_rows(answer, err);
	cordon_free(answer);
	return is_printed;
}

int command_doctor(char **words)
{
	struct values values = { false, false };
	struct cordon_error err = CORDON_ERROR_INIT;
	char **operands;
	if (!option_parse(options, OPTIONS_ANYWHERE, words, &values, &operands, &err)) {
		say_error(&err);
		return STATUS_USAGE;
	}
	if (operands[0]) {
		say("doctor takes no '%s'", operands[0]);
		return STATUS_USAGE;
	}
	if (values.wants_help) {
		puts("cordon doctor [options]\nWhat this host can enforce, one row a guarantee, and by what.\n");
		option_help(options, stdout);
	} else if (!examine(&values, &err)) {
		say_error(&err);
		return STATUS_FAILED;
	}
	return say_flush() ? STATUS_FINE : STATUS_FAILED;
}

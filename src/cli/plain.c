/* What most commands do with their words. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/option.h"
#include "cli/say.h"

static bool wants_help(const struct option *options, const void *values)
{
	while (strcmp(options->name, "help") != 0)
		options++;
	return *(const bool *)((const char *)values + options->place);
}

int option_run(const struct option_command *command, char **words, void *values)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	char **operands;
	if (!option_parse(command->options, OPTIONS_ANYWHERE, words, values, &operands, &err)) {
		say_error(&err);
		return STATUS_USAGE;
	}
	if (command->name && operands[0]) {
		say("%s takes no '%s'", command->name, operands[0]);
		return STATUS_USAGE;
	}
	if (wants_help(command->options, values)) {
		puts(command->usage);
		option_help(command->options, stdout);
	} else if (!command->carry_out(values, operands, &err)) {
		say_error(&err);
		return !command->name && err.status == CORDON_BAD_USAGE ? STATUS_USAGE : STATUS_FAILED;
	}
	return say_flush() ? STATUS_FINE : STATUS_FAILED;
}

/* -- commands that only print -------------------------------------------------------------------------------------- */

struct values {
	bool wants_json, wants_help;
	bool (*print)(bool wants_json, struct cordon_error *err);
};

static const struct option options[] = {
	OPTION_JSON(struct values),
	OPTION_HELP(struct values),
	{ 0 },
};

static bool print(void *context, char **operands, struct cordon_error *err)
{
	const struct values *values = context;
	(void)operands;
	return values->print(values->wants_json, err);
}

int option_plain(const char *name, const char *usage, char **words,
		 bool (*print_it)(bool wants_json, struct cordon_error *err))
{
	struct values values = { .print = print_it };
	return option_run(&(struct option_command){ name, usage, options, print }, words, &values);
}

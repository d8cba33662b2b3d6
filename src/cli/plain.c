/* Commands that only print. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/option.h"
#include "cli/say.h"

struct values {
	bool wants_json, wants_help;
};

static const struct option options[] = {
	OPTION_JSON(struct values),
	OPTION_HELP(struct values),
	{ 0 },
};

int option_plain(const char *name, const char *usage, char **words,
		 bool (*print)(bool wants_json, struct cordon_error *err))
{
	struct values values = { false, false };
	struct cordon_error err = CORDON_ERROR_INIT;
	char **operands;
	if (!option_parse(options, OPTIONS_ANYWHERE, words, &values, &operands, &err)) {
		say_error(&err);
		return STATUS_USAGE;
	}
	if (operands[0]) {
		say("%s takes no '%s'", name, operands[0]);
		return STATUS_USAGE;
	}
	if (values.wants_help) {
		puts(usage);
		option_help(options, stdout);
	} else if (!print(values.wants_json, &err)) {
		say_error(&err);
		return STATUS_FAILED;
	}
	return say_flush() ? STATUS_FINE : STATUS_FAILED;
}

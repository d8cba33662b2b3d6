/* cordon version */
#include <stdio.h>

#include "cli/command.h"
#include "cli/host.h"
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

int command_version(char **words)
{
	struct values values = { false, false };
	struct cordon_error err = CORDON_ERROR_INIT;
	char **operands;
	if (!option_parse(options, OPTIONS_ANYWHERE, words, &values, &operands, &err)) {
		say_error(&err);
		return STATUS_USAGE;
	}
	if (operands[0]) {
		say("version takes no '%s'", operands[0]);
		return STATUS_USAGE;
	}
	if (values.wants_help) {
		puts("cordon version [options]\n");
		option_help(options, stdout);
	} else if (values.wants_json) {
		printf("{\"version\": \"%s\", \"target\": \"%s\"}\n", cordon_version(), host_target());
	} else {
		printf("cordon %s (%s)\n", cordon_version(), host_target());
	}
	return say_flush() ? STATUS_FINE : STATUS_FAILED;
}

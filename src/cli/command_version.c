/* cordon version */
#include <stdio.h>

#include "cli/command.h"
#include "cli/host.h"
#include "cli/option.h"
#include "cordon/cordon.h"

static bool print(bool wants_json, struct cordon_error *err)
{
	(void)err;
	if (wants_json)
		printf("{\"version\": \"%s\", \"target\": \"%s\"}\n", cordon_version(), host_target());
	else
		printf("cordon %s (%s)\n", cordon_version(), host_target());
	return true;
}

int command_version(char **words)
{
	return option_plain("version", "cordon version [options]\n", words, print);
}

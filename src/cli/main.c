/* The program: finds the command and runs it. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/host.h"
#include "cli/option.h"
#include "cli/say.h"

static const struct command commands[] = {
	{ "run", "run a command in the cordon", command_run },
	{ "policy", "show the policy, or which rule decides", command_policy },
	{ "doctor", "what this host can enforce", command_doctor },
	{ "version", "versions", command_version },
	{ "verify", "attack a policy on this host, live", command_verify },
	{ "log", "recorded runs", command_log },
	{ "report", "one run as a page", command_report },
	{ "setup", "the one-time step of the administrator", command_setup },
	{ "forget", "undo what a directory was given", command_forget },
	{ "gc", "sweep what a crash left", command_gc },
	{ NULL, NULL, NULL },
};

static int help(char **words)
{
	(void)words;
	puts("cordon runs a command with exactly the files, network and resources that a policy grants.\n"
	     "  cordon run [options] [--] [CMD ARG...]   run CMD, or your shell, in the current directory's cordon\n"
	     "  cordon policy explain PATH               which rule decides for a path, and what would allow more\n"
	     "  cordon policy show                       all rules in force and where each comes from\n"
	     "  cordon doctor                            what this host can enforce\n"
	     "'cordon COMMAND --help' tells the rest.");
	return say_flush() ? STATUS_FINE : STATUS_FAILED;
}

int command_dispatch(const struct command *candidates, const char *group, char **words)
{
	for (const struct command *command = candidates; command->name; command++) {
		if (strcmp(command->name, words[0]) != 0)
			continue;
		if (command->run)
			return command->run(words + 1);
		say("'cordon %s%s' (%s) is not in this version", group, command->name, command->summary);
		return STATUS_USAGE;
	}
	say("no command '%s%s'%s", group, words[0],
	    option_hint(words[0], group, &candidates->name, sizeof *candidates));
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	if (!host_begin(&argv))
		return STATUS_REFUSED;
	char **words = argv + (argc > 0);
	if (!words[0] || strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0 ||
	    strcmp(words[0], "help") == 0)
		return help(words);
	if (strcmp(words[0], "--version") == 0)
		return command_version(words + 1);
	return command_dispatch(commands, "", words);
}

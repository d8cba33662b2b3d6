/* cli/command.h: the commands, one file each. */
#pragma once

#include <stddef.h>

/* Exit statuses of cordon's own; those of `run` are part of its promise. */
enum {
	STATUS_FINE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,       /* of every command but run */
	STATUS_REFUSED = 125,   /* run: cordon could not run it */
	STATUS_BY_SIGNAL = 128, /* + number */
};

struct command {
	const char *name;
	const char *summary;
	int (*run)(char **words); /* the NULL-terminated rest of the command line; NULL: not in this version */
};

/* Finds the command that the first word names and runs it. `group` stands before its name in messages ("policy "). */
int command_dispatch(const struct command *commands, const char *group, char **words);

int command_run(char **words);
int command_policy(char **words);
int command_doctor(char **words);
int command_version(char **words);
int command_log(char **words);
int command_report(char **words);
int command_forget(char **words);
int command_gc(char **words);
int command_setup(char **words);
int command_verify(char **words);

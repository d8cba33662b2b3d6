/* cli/option.h: the options of a command, in one table that makes the parser and the help.
 *
 *	static const struct option options[] = { { .name = "json", ... }, { 0 } };
 *	option_parse -> the command's own struct of values
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

enum option_kind {
	OPTION_FLAG,    /* a bool */
	OPTION_TEXT,    /* a const char *; at most once */
	OPTION_LIST,    /* a struct option_list; any number of times */
	OPTION_SETTING, /* the same, for one setting of the policy: key and value */
	OPTION_LATER,   /* known, and not in this version: an error that says so */
};

struct option {
	const char *name;     /* without dashes */
	const char *argument; /* "PATH"; NULL: takes none */
	const char *help;     /* NULL: not in the help */
	enum option_kind kind;
	size_t place; /* in the struct of values */
	char letter;  /* for -x; 0: none */

	/* SETTING: the key that a policy file would use. With a value the argument is the name of what gets it (a
	 * path), without one the argument is the value.
	 */
	const char *key, *value;
};

/* Rows that most commands have; `values` has the bools wants_json and wants_help. */
#define OPTION_JSON(values) \
	{ \
		.name = "json", .help = "as JSON", .kind = OPTION_FLAG, .place = offsetof(values, wants_json) \
	}
#define OPTION_HELP(values) \
	{ \
		.name = "help", .letter = 'h', .help = "this", .kind = OPTION_FLAG, \
		.place = offsetof(values, wants_help) \
	}

struct given {
	const struct option *option;
	const char *argument;
};

struct option_list {
	struct given *items;
	size_t count, room;
};

void option_list_free(struct option_list *list);

enum option_order {
	OPTIONS_FIRST,    /* the first word that is none ends them: the rest is somebody else's */
	OPTIONS_ANYWHERE, /* words that are none are operands; `--` ends the options */
};

/* Reads the NULL-terminated words into `values`, a zeroed struct. *ret_operands is where in `words` the operands
 * begin, NULL-terminated; their order is kept (words are moved). Errors: CORDON_BAD_USAGE.
 */
CORDON_CHECKED bool option_parse(const struct option *options, enum option_order order, char **words, void *values,
				 char ***ret_operands, struct cordon_error *err);

/* One line an option. */
void option_help(const struct option *options, FILE *out);

/* "; did you mean 'x'?" when one of the names is near, else "". `names` is an array of pointers, `step` bytes
 * apart, that a NULL ends. Valid until the next call.
 */
const char *option_hint(const char *given, const char *prefix, const void *names, size_t step);

/* The whole of a command: reads the words into the command's own struct of values, prints the help under `usage`, or
 * calls `carry_out`. Returns the exit status: what is wrong with operands (CORDON_BAD_USAGE) is the caller's fault where
 * it takes any.
 */
struct option_command {
	const char *name;  /* as it is called, for a command that takes no operands; else NULL */
	const char *usage; /* without the last line end */
	const struct option *options;
	bool (*carry_out)(void *values, char **operands, struct cordon_error *err);
};
int option_run(const struct option_command *command, char **words, void *values);

/* The same of one that knows no more than --json and --help. */
int option_plain(const char *name, const char *usage, char **words,
		 bool (*print)(bool wants_json, struct cordon_error *err));

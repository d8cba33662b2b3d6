/* cordon setup: the administrator's one-time step, and its undoing. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/scope.h"
#include "cli/command.h"
#include "cli/option.h"
#include "cli/say.h"
#include "cordon/cordon.h"

struct values {
	bool is_removal, is_dry, wants_json, wants_help;
	const char *accounts;
	struct option_list users;
};

static const struct option options[] = {
	{ .name = "remove",
	  .help = "undo it, and put back what your runs changed on files",
	  .kind = OPTION_FLAG,
	  .place = offsetof(struct values, is_removal) },
	{ .name = "user",
	  .argument = "NAME",
	  .help = "whose commands get the accounts (Windows); any number, else yours",
	  .kind = OPTION_LIST,
	  .place = offsetof(struct values, users) },
	{ .name = "accounts",
	  .argument = "N",
	  .help = "so many for each kind of network, which is how many run at once (Windows; 2)",
	  .kind = OPTION_TEXT,
	  .place = offsetof(struct values, accounts) },
	{ .name = "dry-run",
	  .help = "say what would be changed, and change nothing",
	  .kind = OPTION_FLAG,
	  .place = offsetof(struct values, is_dry) },
	OPTION_JSON(struct values),
	OPTION_HELP(struct values),
	{ 0 },
};

static const char usage[] =
	"cordon setup [options]\n"
	"The administrator's one-time step; what is there already is left. On Windows it makes what the account tier rests\n"
	"on: local accounts for commands to run in, and network filters for them. On Linux it makes a profile for cordon\n"
	"where AppArmor wants one (Ubuntu), and nothing elsewhere.";

static void free_answer(char **answer)
{
	cordon_free(*answer);
}

static void print(const json_t *answer)
{
	const json_t *changes = json_object_get(answer, "changes"), *item;
	bool is_removal = json_is_true(json_object_get(answer, "removal"));
	bool is_dry = json_is_true(json_object_get(answer, "dry_run"));
	size_t i;
	if (!json_is_true(json_object_get(answer, "needed")))
		puts("nothing is needed on this host: 'cordon doctor' says what it lacks, if anything, and what mends that");
	else if (json_array_size(changes) == 0)
		puts(is_removal ? "nothing to remove: this host is not set up" : "nothing to do: this host is set up");
	json_array_foreach (changes, i, item)
		printf("%s%s: %s\n", is_dry ? "would be " : "", is_removal ? "removed" : "made",
		       json_string_value(item));
}

static bool read_count(const char *given, uint32_t *ret_count, struct cordon_error *err)
{
	char *end;
	unsigned long count = given ? strtoul(given, &end, 10) : 0;
	if (given && (given[0] < '1' || given[0] > '9' || *end || count > 1000))
		return cordon_fail(err, CORDON_BAD_USAGE, "--accounts takes a number, not '%s'", given);
	*ret_count = (uint32_t)count;
	return true;
}

static void free_names(const char ***names)
{
	free(*names);
}

static bool set_up(const struct values *values, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_answer) char *answer = NULL;
	CORDON_ON_EXIT(free_names) const char **users = calloc(values->users.count + 1, sizeof *users);
	uint32_t flags = (values->is_removal ? CORDON_SETUP_REMOVE : 0) | (values->is_dry ? CORDON_SETUP_TRIAL : 0);
	uint32_t accounts = 0;
	if (!users)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < values->users.count; i++)
		users[i] = values->users.items[i].argument;
	if (values->is_removal && (values->users.count > 0 || values->accounts))
		return cordon_fail(err, CORDON_BAD_USAGE, "--remove undoes all of it: neither --user nor --accounts");
	if (!read_count(values->accounts, &accounts, err) || !cordon_setup(flags, accounts, users, &answer, err))
		return false;
	json_t *object = json_loads(answer, 0, NULL);
	if (values->wants_json)
		fputs(answer, stdout);
	else
		print(object);
	json_decref(object);
	return say_flush() || cordon_fail(err, CORDON_OS_FAILED, "nothing was printed");
}

int command_setup(char **words)
{
	struct values values = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	char **operands;
	int status = STATUS_FINE;
	if (!option_parse(options, OPTIONS_ANYWHERE, words, &values, &operands, &err)) {
		say_error(&err);
		status = STATUS_USAGE;
	} else if (operands[0]) {
		say("setup takes no '%s'", operands[0]);
		status = STATUS_USAGE;
	} else if (values.wants_help) {
		puts(usage);
		option_help(options, stdout);
		status = say_flush() ? STATUS_FINE : STATUS_FAILED;
	} else if (!set_up(&values, &err)) {
		say_error(&err);
		status = err.status == CORDON_BAD_USAGE ? STATUS_USAGE : STATUS_FAILED;
	}
	option_list_free(&values.users);
	return status;
}

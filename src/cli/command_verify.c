/* cordon verify: attacks the policy on this host, live, and prints what held. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "cli/command.h"
#include "cli/grant.h"
#include "cli/option.h"
#include "cli/verify.h"

struct values {
	struct grant grant;
	const char *tier;
	bool tries_self, wants_json, wants_help;
	bool has_held, was_open;
	int status; /* of what tries cordon itself */
	json_t *rows;
};

static const struct option options[] = {
	OPTION_JSON(struct values),
	OPTION_HELP(struct values),
	GRANT_TEXT(struct values, policy, "policy", "FILE", "rules on top of the user's own"),
	GRANT_TEXT(struct values, preset, "preset", "NAME", "workspace (default), read-only, strict, open-network"),
	GRANT_SETTING(struct values, "accept", "GUARANTEE", "as for run: tried all the same, and no failure", "accept",
		      NULL),
	{ .name = "tier",
	  .argument = "NAME",
	  .help = "Windows: account, appcontainer, token (default: auto)",
	  .kind = OPTION_TEXT,
	  .place = offsetof(struct values, tier) },
	{ .name = "self",
	  .help = "Windows: run cordon-selftest, which tries all that cordon rests on",
	  .kind = OPTION_FLAG,
	  .place = offsetof(struct values, tries_self) },
	{ 0 },
};

static const char usage[] =
	"cordon verify [options]\n"
	"Attacks the policy on this host, live: small acts that its guarantees are to prevent, each first made without cordon, where\n"
	"it has to succeed, and then in the cordon. Prints what held; ends with 1 when something did not.\n";

static void decref(json_t **value)
{
	json_decref(*value);
}

static void values_free(struct values *values)
{
	grant_free(&values->grant);
	json_decref(values->rows);
}

static void print_row(const struct tried *tried)
{
	printf("%-9s %-18s %s%s%s%s\n", tried->verdict, tried->guarantee ? tried->guarantee : "-", tried->attack,
	       *tried->why ? " (" : "", tried->why, *tried->why ? ")" : "");
}

static bool tell(void *context, const struct tried *tried)
{
	struct values *values = context;
	values->has_held = values->has_held || strcmp(tried->verdict, "held") == 0;
	values->was_open = values->was_open || strcmp(tried->verdict, "OPEN") == 0 ||
			   strcmp(tried->verdict, "broken") == 0;
	if (!values->wants_json && strcmp(tried->verdict, "unasked") != 0)
		print_row(tried);
	return !values->wants_json ||
	       json_array_append_new(values->rows, json_pack("{s:s* s:s s:s s:s*}", "guarantee", tried->guarantee,
							     "attack", tried->attack, "verdict", tried->verdict, "why",
							     *tried->why ? tried->why : NULL)) == 0;
}

static bool print_json(json_t *rows, struct cordon_error *err)
{
	CORDON_ON_EXIT(decref)
	json_t *answer = json_pack("{s:s s:i s:O}", "schema", "cordon-verify", "version", 1, "attacks", rows);
	if (!answer || json_dumpf(answer, stdout, JSON_INDENT(2)) != 0)
		return cordon_fail_memory(err);
	putchar('\n');
	return true;
}

static bool verify(void *context, char **operands, struct cordon_error *err)
{
	struct values *values = context;
	const struct verify_wish wish = { &values->grant, values->tier };
	(void)operands;
	if (values->tries_self)
		return verify_self(&values->status, err);
	values->rows = json_array();
	if (!values->rows)
		return cordon_fail_memory(err);
	return verify_host(&wish, tell, values, err) && (!values->wants_json || print_json(values->rows, err));
}

int command_verify(char **words)
{
	static const struct option_command command = { "verify", usage, options, verify };
	CORDON_ON_EXIT(values_free) struct values values = { 0 };
	int act = verify_act(words);
	if (act >= 0)
		return act;
	int status = option_run(&command, words, &values);
	if (status != STATUS_FINE || values.wants_help)
		return status;
	if (values.tries_self)
		return values.status;
	return values.has_held && !values.was_open ? STATUS_FINE : STATUS_FAILED;
}

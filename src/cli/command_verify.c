/* cordon verify: attacks the policy on this host, live, and prints what held. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "cli/attacks.h"
#include "cli/command.h"
#include "cli/grant.h"
#include "cli/say.h"
#include "cordon/cordon.h"

struct values {
	struct grant grant;
	bool wants_json, wants_help;
	bool has_held;
};

static const struct option options[] = {
	OPTION_JSON(struct values),
	OPTION_HELP(struct values),
	GRANT_TEXT(struct values, policy, "policy", "FILE", "rules on top of the user's own"),
	GRANT_TEXT(struct values, preset, "preset", "NAME", "workspace (default), read-only, strict, open-network"),
	GRANT_SETTING(struct values, "accept", "GUARANTEE", "as for run: tried all the same, and no failure", "accept",
		      NULL),
	{ 0 },
};

static const char usage[] =
	"cordon verify [options]\n"
	"Attacks the policy on this host, live: small acts that its guarantees are to prevent, each first made without cordon, where\n"
	"it has to succeed, and then in the cordon. Prints what held; ends with 1 when something did not.\n";

enum verdict { VERDICT_UNASKED, VERDICT_HELD, VERDICT_UNTRIED, VERDICT_ACCEPTED, VERDICT_OPEN };

static const char *const verdicts[] = {
	[VERDICT_UNASKED] = "unasked",   [VERDICT_HELD] = "held", [VERDICT_UNTRIED] = "untried",
	[VERDICT_ACCEPTED] = "accepted", [VERDICT_OPEN] = "OPEN",
};

static void decref(json_t **value)
{
	json_decref(*value);
}

static void free_policy(struct cordon_policy **policy)
{
	cordon_policy_free(*policy);
}

static void free_run(struct cordon_run **run)
{
	cordon_run_free(*run);
}

static void free_world(struct attack_world **world)
{
	attacks_free(*world);
}

static void values_free(struct values *values)
{
	grant_free(&values->grant);
}

/* -- one attack --------------------------------------------------------------------------------------------------- */

static bool make_run(const struct values *values, struct attack_world *world, const struct attack *attack,
		     struct cordon_run **ret_run, struct cordon_error *err)
{
	struct cordon_run_options run_options = CORDON_RUN_OPTIONS_INIT;
	CORDON_ON_EXIT(free_policy) struct cordon_policy *policy = NULL;
	if (!grant_load(&values->grant, &policy, err))
		return false;
	bool is_path = attack->key && strcmp(attack->key, "files") == 0;
	if (attack->key && !cordon_policy_set(policy, "cordon verify", attack->key,
					      is_path ? attacks_place(world, attack) : NULL, attack->value, err))
		return false;
	run_options.workspace = attacks_workspace(world);
	run_options.input = run_options.output = run_options.error = attacks_stream(world);
	return cordon_run_new(policy, &run_options, ret_run, err);
}

/* A policy may grant what the attack is after. */
static bool is_granted(struct cordon_run *run, struct attack_world *world, const struct attack *attack)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!attack->place || attack->key)
		return false;
	const char *answer = cordon_run_explain(run, attacks_place(world, attack), &ignored);
	CORDON_ON_EXIT(decref) json_t *object = answer ? json_loads(answer, 0, NULL) : NULL;
	const char *access = json_string_value(json_object_get(object, "access"));
	return access && strcmp(access, "write") == 0;
}

/* The level at which this run has the guarantee, or NULL: it is not asked for. */
static const char *find_level(struct cordon_run *run, const char *guarantee, const char **levels, size_t count)
{
	const char *answer = cordon_run_report(run);
	CORDON_ON_EXIT(decref) json_t *object = answer ? json_loads(answer, 0, NULL) : NULL;
	const char *level = json_string_value(json_object_get(json_object_get(object, "guarantees"), guarantee));
	for (size_t i = 0; level && i < count; i++)
		if (strcmp(level, levels[i]) == 0)
			return levels[i];
	return NULL;
}

static bool carry_out(struct cordon_run *run, struct attack_world *world, const struct attack *attack,
		      struct cordon_error *err)
{
	struct cordon_result result = CORDON_RESULT_INIT;
	if (!cordon_run_start(run, attacks_command(world, attack), err) || !cordon_run_wait(run, &result, err))
		return false;
	if (result.was_refused)
		*err = result.error;
	return !result.was_refused;
}

static bool try_attack(const struct values *values, struct attack_world *world, const struct attack *attack,
		       enum verdict *ret_verdict, const char **ret_why, struct cordon_error *err)
{
	static const char *levels[] = { "enforced", "partial", "absent" };
	CORDON_ON_EXIT(free_run) struct cordon_run *run = NULL;
	*ret_why = "";
	*ret_verdict = VERDICT_UNTRIED;
	if (!make_run(values, world, attack, &run, err)) {
		/* Only this attack asks for the limit. */
		bool is_limit = attack->key && strcmp(attack->key, attack->guarantee) == 0;
		*ret_why = "this host does not give it";
		bool is_lacking = is_limit && err->status == CORDON_UNSUPPORTED;
		if (is_lacking)
			*err = (struct cordon_error)CORDON_ERROR_INIT;
		return is_lacking;
	}
	const char *level = find_level(run, attack->guarantee, levels, COUNT_OF(levels));
	if (!level || is_granted(run, world, attack)) {
		*ret_verdict = VERDICT_UNASKED;
		return true;
	}
	if (!attacks_succeed_bare(world, attack)) {
		*ret_why = "without cordon it does not succeed either";
		return true;
	}
	if (!carry_out(run, world, attack, err))
		return false;
	bool is_promised = level == levels[0];
	*ret_verdict = !attacks_succeeded_inside(world, attack) ? VERDICT_HELD
		       : is_promised                            ? VERDICT_OPEN
								: VERDICT_ACCEPTED;
	*ret_why = *ret_verdict == VERDICT_ACCEPTED ? level : "";
	return true;
}

/* -- all of them -------------------------------------------------------------------------------------------------- */

static void print_row(const struct attack *attack, enum verdict verdict, const char *why)
{
	printf("%-9s %-18s %s%s%s%s\n", verdicts[verdict], attack->guarantee, attack->text, *why ? " (" : "", why,
	       *why ? ")" : "");
}

static bool add_row(json_t *rows, const struct attack *attack, enum verdict verdict, const char *why)
{
	return json_array_append_new(rows, json_pack("{s:s s:s s:s s:s*}", "guarantee", attack->guarantee, "attack",
						     attack->text, "verdict", verdicts[verdict], "why",
						     *why ? why : NULL)) == 0;
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
	(void)operands;
	CORDON_ON_EXIT(free_world) struct attack_world *world = NULL;
	CORDON_ON_EXIT(decref) json_t *rows = json_array();
	if (!rows)
		return cordon_fail_memory(err);
	if (!attacks_new(&world, err))
		return false;
	bool has_held = false, was_open = false;
	const struct attack *attack;
	for (size_t i = 0; (attack = attacks_at(i)); i++) {
		enum verdict verdict;
		const char *why;
		if (!try_attack(values, world, attack, &verdict, &why, err))
			return cordon_while(err, "%s", attack->text);
		has_held = has_held || verdict == VERDICT_HELD;
		was_open = was_open || verdict == VERDICT_OPEN;
		if (values->wants_json && !add_row(rows, attack, verdict, why))
			return cordon_fail_memory(err);
		if (!values->wants_json && verdict != VERDICT_UNASKED)
			print_row(attack, verdict, why);
	}
	values->has_held = has_held && !was_open;
	return !values->wants_json || print_json(rows, err);
}

int command_verify(char **words)
{
	static const struct option_command command = { "verify", usage, options, verify };
	CORDON_ON_EXIT(values_free) struct values values = { 0 };
	/* how the copy is started; see attacks.h */
	if (words[0] && strcmp(words[0], "--act") == 0 && words[1] && words[2])
		return attacks_act(words[1], words[2]);
	int status = option_run(&command, words, &values);
	return status == STATUS_FINE && !values.wants_help && !values.has_held ? STATUS_FAILED : status;
}

/* Each attack with a run of its own. */
#include "cli/verify.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "cli/linux/attacks.h"
#include "cordon/cordon.h"

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

static bool make_run(const struct verify_wish *wish, struct attack_world *world, const struct attack *attack,
		     struct cordon_run **ret_run, struct cordon_error *err)
{
	struct cordon_run_options run_options = CORDON_RUN_OPTIONS_INIT;
	CORDON_ON_EXIT(free_policy) struct cordon_policy *policy = NULL;
	if (!grant_load(wish->grant, &policy, err))
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

static bool try_attack(const struct verify_wish *wish, struct attack_world *world, const struct attack *attack,
		       enum verdict *ret_verdict, const char **ret_why, struct cordon_error *err)
{
	static const char *levels[] = { "enforced", "partial", "absent" };
	CORDON_ON_EXIT(free_run) struct cordon_run *run = NULL;
	*ret_why = "";
	*ret_verdict = VERDICT_UNTRIED;
	if (!make_run(wish, world, attack, &run, err)) {
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

bool verify_host(const struct verify_wish *wish, bool (*tell)(void *context, const struct tried *tried), void *context,
		 struct cordon_error *err)
{
	CORDON_ON_EXIT(free_world) struct attack_world *world = NULL;
	const struct attack *attack;
	if (wish->tier)
		return cordon_fail(err, CORDON_BAD_USAGE, "--tier is for Windows");
	if (!attacks_new(&world, err))
		return false;
	for (size_t i = 0; (attack = attacks_at(i)); i++) {
		enum verdict verdict;
		const char *why;
		if (!try_attack(wish, world, attack, &verdict, &why, err))
			return cordon_while(err, "%s", attack->text);
		const struct tried tried = { attack->guarantee, attack->text, verdicts[verdict], why };
		if (!tell(context, &tried))
			return cordon_fail_memory(err);
	}
	return true;
}

bool verify_self(int *ret_status, struct cordon_error *err)
{
	(void)ret_status;
	return cordon_fail(err, CORDON_UNSUPPORTED,
			   "cordon-selftest is for Windows; here 'cordon verify' tries all that can be tried");
}

int verify_act(char **words)
{
	/* how the copy is started; see attacks.h */
	return words[0] && strcmp(words[0], "--act") == 0 && words[1] && words[2] ? attacks_act(words[1], words[2])
										  : -1;
}

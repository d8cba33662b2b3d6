#include "policy/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "policy/plan_windows.h"

struct plan *plan_free(struct plan *plan)
{
	if (!plan)
		return NULL;

	free(plan->directory);
	policy_free_list(plan->environment);
	for (size_t i = 0; i < plan->mounts.count; i++) {
		free(plan->mounts.items[i].path);
		policy_free_list(plan->mounts.items[i].hide);
		policy_free_list(plan->mounts.items[i].show);
	}
	free(plan->mounts.items);
	for (size_t i = 0; i < plan->unheld.count; i++)
		free(plan->unheld.items[i].path);
	free(plan->unheld.items);
	plan_windows_free(plan->windows);
	free(plan);
	return NULL;
}

void plan_free_at(struct plan **plan)
{
	plan_free(*plan);
}

/* -- environment ------------------------------------------------------------------------------------------------- */

static unsigned char fold(enum target target, char c)
{
	bool is_folded = target == TARGET_WINDOWS && c >= 'a' && c <= 'z';
	return (unsigned char)(is_folded ? c - 'a' + 'A' : c);
}

/* Compares what stands before the '='; Windows knows no case in names, and wants its list in this order. */
static int compare_names(enum target target, const char *a, const char *b)
{
	while (*a && *a != '=' && fold(target, *a) == fold(target, *b)) {
		a++;
		b++;
	}
	return (*a == '=' ? 0 : fold(target, *a)) - (*b == '=' ? 0 : fold(target, *b));
}

static void drop_variable(struct plan *plan, const char *entry)
{
	char **kept = plan->environment;
	for (char **other = plan->environment; *other; other++) {
		if (compare_names(plan->target, *other, entry) == 0)
			free(*other);
		else
			*kept++ = *other;
	}
	*kept = NULL;
}

static bool set_variable(struct plan *plan, const char *name, const char *value)
{
	size_t count = 0;
	size_t place = 0;
	CORDON_ON_EXIT(free_text) char *entry = text_format("%s=%s", name, value);
	if (!entry)
		return false;
	drop_variable(plan, entry);
	for (; plan->environment[count]; count++)
		if (plan->target != TARGET_WINDOWS || compare_names(plan->target, plan->environment[count], entry) < 0)
			place = count + 1;

	char **grown = realloc(plan->environment, (count + 2) * sizeof *grown);
	if (!grown)
		return false;
	memmove(grown + place + 1, grown + place, (count + 1 - place) * sizeof *grown);
	grown[place] = cordon_take(&entry);
	plan->environment = grown;
	return true;
}

static bool compile_environment(struct plan *plan, const struct plan_options *options, struct cordon_error *err)
{
	if (!policy_environment(plan->policy, plan->facts, &plan->environment, err))
		return cordon_while(err, "environment");
	/* A run inside a run has the outer one's. */
	drop_variable(plan, "CORDON_RUN_ID=");
	bool is_fine = set_variable(plan, "CORDON", "1") &&
		       (!options->run_id || set_variable(plan, "CORDON_RUN_ID", options->run_id)) &&
		       (plan->target != TARGET_LINUX || set_variable(plan, "TMPDIR", "/tmp"));
	return is_fine || cordon_fail_memory(err);
}

/* -- limits and guarantees --------------------------------------------------------------------------------------- */

static void ask(struct plan *plan, enum guarantee guarantee)
{
	plan->guarantees[guarantee].is_asked = true;
}

static void compile_limits(struct plan *plan)
{
	for (int i = 0; i < LIMIT_COUNT; i++) {
		enum guarantee guarantee = limit_guarantee((enum limit)i);
		plan->limits[i] = policy_limit(plan->policy, (enum limit)i);
		if (!plan->limits[i].is_set)
			continue;
		ask(plan, guarantee);
		plan->guarantees[guarantee].is_best_effort = plan->limits[i].origin.layer == LAYER_PRESET;
	}
}

/* files.protect is asked by the target's part, which knows whether anything in a writable root is protected. */
static void compile_guarantees(struct plan *plan)
{
	static const enum guarantee always[] = {
		GUARANTEE_FILES_WRITE, GUARANTEE_FILES_READ, GUARANTEE_IPC,  GUARANTEE_PROCESSES,
		GUARANTEE_KERNEL,      GUARANTEE_TERMINAL,   GUARANTEE_TREE,
	};
	static const enum guarantee on_windows[] = { GUARANTEE_DESKTOP, GUARANTEE_REGISTRY, GUARANTEE_CREDENTIALS };

	for (size_t i = 0; i < COUNT_OF(always); i++)
		ask(plan, always[i]);
	for (size_t i = 0; plan->target == TARGET_WINDOWS && i < COUNT_OF(on_windows); i++)
		ask(plan, on_windows[i]);
	if (plan->network == NETWORK_OFF)
		ask(plan, GUARANTEE_NET_OFF);
	if (plan->network == NETWORK_FILTERED) {
		ask(plan, GUARANTEE_NET_FILTERED);
		ask(plan, GUARANTEE_NET_DNS);
	}
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		plan->guarantees[i].accepted = policy_accepted(plan->policy, (enum guarantee)i);
}

bool plan_compile(const struct policy *policy, const struct facts *facts, const struct plan_options *options,
		  struct plan **ret_plan, struct cordon_error *err)
{
	CORDON_ON_EXIT(plan_free_at) struct plan *plan = calloc(1, sizeof *plan);
	if (!plan)
		return cordon_fail_memory(err);

	plan->target = facts->target;
	plan->policy = policy;
	plan->facts = facts;
	plan->network = policy_network_mode(policy, NULL);
	plan->directory = strdup(facts->directory);
	if (!plan->directory)
		return cordon_fail_memory(err);
	if (!compile_environment(plan, options, err))
		return false;
	compile_limits(plan);
	compile_guarantees(plan);

	bool is_compiled = plan->target == TARGET_LINUX ? plan_compile_linux(plan, err)
							: plan_compile_windows(plan, options, err);
	if (!is_compiled)
		return false;
	*ret_plan = cordon_take(&plan);
	return true;
}

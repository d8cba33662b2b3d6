#include "nt_trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"

enum { RULES_MAX = 8 };

void trial_free(struct trial *trial)
{
	if (trial->earlier) {
		trial_free(trial->earlier);
		free(trial->earlier);
	}
	nt_store_close(&trial->store);
	plan_free(trial->plan);
	policy_free(trial->policy);
	facts_free(trial->facts);
	text_free(&trial->text);
	text_free(&trial->bound);
}

unsigned trial_pick(struct trial *trial, unsigned limit)
{
	return chance_below(&trial->chance, limit);
}

/* -- a policy ---------------------------------------------------------------------------------------------------- */

static void add_slashed(struct text *text, const char *path)
{
	for (; *path; path++)
		text_add_char(text, *path == '\\' ? '/' : *path);
}

static bool user_may_change(const struct trial *trial, size_t file)
{
	return nt_may_open(&trial->world.tree, file, &trial->user, NT_WRITE_DAC | NT_WRITE_OWNER | NT_READ_CONTROL,
			   &nt_believed);
}

/* A path that exists or does not, or a pattern. `write` mostly where it can be given. */
static void add_rule(struct trial *trial, struct text *text)
{
	static const char *const accesses[] = { "none", "read", "write" };
	static const char *const patterns[] = { "**/key", NT_WORKSPACE "\\**\\hooks", "**/.git" };
	static const char *const missing[] = { "hooks", "key", ".git", "new", ".vscode", "a" };
	const struct nt_tree *tree = &trial->world.tree;
	size_t file = trial_pick(trial, 3) ? trial_pick(trial, (unsigned)tree->count)
					   : nt_tree_find(tree, NT_WORKSPACE);
	unsigned access = trial_pick(trial, 3);
	CORDON_ON_EXIT(text_free) struct text path = { 0 };
	if (!user_may_change(trial, file) && trial_pick(trial, 3))
		file = nt_tree_find(tree, NT_WORKSPACE) + trial_pick(trial, 2);
	if (access == 2 && (!user_may_change(trial, file) || tree->files[file].parent == NT_NO_FILE) &&
	    trial_pick(trial, 8))
		access = 1;
	if (trial_pick(trial, 10) == 0) {
		add_slashed(&path, patterns[trial_pick(trial, COUNT_OF(patterns))]);
		access = trial_pick(trial, 2);
	} else {
		add_slashed(&path, tree->files[file].path);
		if (trial_pick(trial, 4) == 0 && tree->files[file].is_directory) {
			text_addf(&path, "%s%s", tree->files[file].parent == NT_NO_FILE ? "" : "/",
				  missing[trial_pick(trial, COUNT_OF(missing))]);
			access = trial_pick(trial, 2);
		}
	}
	CORDON_ON_EXIT(free_text) char *quoted = text_format("\"%s\"", text_str(&path));
	if (!strstr(text_str(text), quoted))
		text_addf(text, ", %s: \"%s\"", quoted, accesses[access]);
}

/* On a preset, on top of it some rules; or all of it. */
void trial_make_text(struct trial *trial)
{
	static const char *const presets[] = { "workspace", "read-only", "strict", "open-network" };
	static const char *const tops[] = { "read", "read", "read", "none", "none" };
	unsigned count = 1 + trial_pick(trial, RULES_MAX - 1);
	const char *top = trial->tier == TIER_APPCONTAINER && trial_pick(trial, 8)
				  ? "none"
				  : tops[trial_pick(trial, COUNT_OF(tops))];
	if (trial_pick(trial, 5) == 0) {
		trial->preset = trial->tier == TIER_APPCONTAINER ? "strict"
								 : presets[trial_pick(trial, COUNT_OF(presets))];
		text_add(&trial->text, "{ \"files\": { \"C:/none-such\": \"none\"");
		count = trial_pick(trial, 4);
	} else {
		text_addf(&trial->text, "{ \"files\": { \"/\": \"%s\"", top);
		if (trial_pick(trial, 4))
			text_add(&trial->text, ", \"C:/Users/you/w\": \"write\"");
	}
	for (unsigned i = 0; i < count; i++)
		add_rule(trial, &trial->text);
	text_add(&trial->text, " }, \"network\": { \"mode\": \"open\" }, \"accept\": [");
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		text_addf(&trial->text, "%s\"%s=absent\"", i ? ", " : "", guarantee_name((enum guarantee)i));
	text_add(&trial->text, "] }");
}

/* An administrator's file, which only narrows. */
void trial_make_bound(struct trial *trial)
{
	unsigned count = 1 + trial_pick(trial, 3);
	text_add(&trial->bound, "{ \"files\": { \"C:/none-such\": \"none\"");
	for (unsigned i = 0; i < count; i++)
		add_rule(trial, &trial->bound);
	text_add(&trial->bound, " } }");
}

/* -- its plan ------------------------------------------------------------------------------------------------------ */

bool trial_plan(struct trial *trial, struct counts *counts)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	trial->facts = nt_world_facts();
	trial->policy = policy_new(TARGET_WINDOWS);
	const char *text = text_str(&trial->text);
	const char *bound = text_str(&trial->bound);
	for (const char *name = trial->preset; name; name = policy_extends(trial->policy))
		if (!policy_add_preset(trial->policy, name, &err))
			fail_msg("%s: %s", name, err.text);
	if (!policy_add_text(trial->policy, LAYER_POLICY, "C:\\policy.json", "C:\\", text, strlen(text), &err) ||
	    (*bound &&
	     !policy_add_text(trial->policy, LAYER_MANAGED, "C:\\managed.json", "C:\\", bound, strlen(bound), &err)))
		fail_msg("case %u: %s: %s%s", trial->number, err.text, text, bound);
	if (!nt_world_survey(&trial->world, trial->policy, trial->facts, &err) ||
	    !policy_resolve(trial->policy, trial->facts, &err)) {
		if (trial->is_verbose)
			print_message("case %u: %s\n", trial->number, err.text);
		counts->unreadable++;
		return false;
	}
	struct plan_options options = { .run_id = "01RUN", .tier = tier_name(trial->tier) };
	if (!plan_compile(trial->policy, trial->facts, &options, &trial->plan, &err)) {
		if (err.status != CORDON_UNSUPPORTED)
			fail_msg("case %u: %s: %s", trial->number, err.text, text);
		if (trial->is_verbose)
			print_message("case %u: %s\n", trial->number, err.text);
		counts->refused[trial->tier]++;
		return false;
	}
	return true;
}

/* -- an earlier run ----------------------------------------------------------------------------------------------- */

size_t trial_find_root(const struct plan_windows *windows, const char *path)
{
	for (size_t i = 0; i < windows->roots.count; i++)
		if (strcmp(windows->roots.items[i].path, path) == 0)
			return i;
	return NT_ROOTS_MAX;
}

/* A root has the capability that it had; a package is another policy's. */
void trial_name_identities(struct trial *trial)
{
	const struct plan_windows *windows = trial->plan->windows;
	const struct trial *earlier = trial->earlier;
	trial->names.package = NT_PACKAGE;
	for (size_t i = 0; i < NT_ROOTS_MAX; i++)
		trial->names.capabilities[i] = (uint32_t)(NT_CAPABILITY + i);
	for (size_t i = 0; earlier && i < windows->roots.count; i++) {
		size_t root = trial_find_root(earlier->plan->windows, windows->roots.items[i].path);
		trial->names.capabilities[i] = root < NT_ROOTS_MAX ? earlier->names.capabilities[root]
								   : (uint32_t)(NT_CAPABILITY + NT_ROOTS_MAX + i);
	}
}

/* Of another policy, in any tier. What it has put on files stays there when it has ended. */
void trial_run_earlier(struct trial *trial)
{
	struct counts ignored = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct descriptors descriptors = { .store = &trial->store.store, .who = &nt_who };
	const char *why;
	struct trial *earlier = calloc(1, sizeof *earlier);
	assert_non_null(earlier);
	earlier->number = trial->number;
	earlier->chance.state = ~(uint64_t)trial->number;
	earlier->world = trial->world;
	earlier->tier = trial_pick(earlier, 2) ? TIER_ACCOUNT : (enum tier)trial_pick(earlier, TIER_COUNT);
	earlier->user = trial->user;
	trial_make_text(earlier);
	if (trial_plan(earlier, &ignored)) {
		trial_name_identities(earlier);
		earlier->names.package = NT_EARLIER_PACKAGE;
		if (nt_plan_apply(earlier->plan->windows, earlier->policy, &trial->store, &earlier->names, &why)) {
			trial->earlier = earlier;
			assert_true(descriptors_recover(&descriptors, &err));
			return;
		}
	}
	trial_free(earlier);
	free(earlier);
}

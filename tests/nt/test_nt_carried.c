/* Plans that are put on a model's files and taken off again, with the power going at any step; and what a wider policy has
 * left is closed for a narrower one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"
#include "nt_trial.h"

enum { CASES_CARRIED = 120, KILLS = 8 };

/* -- carrying out ------------------------------------------------------------------------------------------------- */

struct carrying {
	struct nt_world before, world, after; /* after: the plan's descriptors, as they are when nothing goes wrong */
	struct nt_store store;
	unsigned applied, kills, kept_below;
};

static void expect_as_before(const struct carrying *carrying, const struct trial *trial, const char *when,
			     unsigned step)
{
	const char *file;
	if (!nt_world_equals(&carrying->before, &carrying->world, &file))
		fail_msg("case %u: %s, step %u: '%s' is not as it was", trial->number, when, step, file);
	if (nt_store_journal(&carrying->store) != 0)
		fail_msg("case %u: %s, step %u: the journal is not empty", trial->number, when, step);
}

static unsigned count_below(const struct nt_store *store)
{
	unsigned count = 0;
	for (int i = 0; i < NT_JOURNAL_MAX; i++)
		count += store->journal[i].bytes && strstr(store->journal[i].name, "below") != NULL;
	return count;
}

/* All of it, twice, and off again; how many steps it takes, 0 where it cannot be. */
static unsigned carry_out(struct carrying *carrying, const struct trial *trial)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct descriptors descriptors = { .store = &carrying->store.store, .who = &nt_who };
	const struct plan_windows *windows = trial->plan->windows;
	size_t count;
	bool makes = false, does_hold = false;
	for (size_t i = 0; i < windows->objects.count; i++)
		makes |= windows->objects.items[i].is_created;
	if (!descriptors_apply(&descriptors, windows, &err)) {
		/* What is refused is not done by half. */
		expect_as_before(carrying, trial, "refused", 0);
		return 0;
	}
	unsigned steps = carrying->store.steps;
	carrying->after = carrying->world;
	carrying->kept_below += count_below(&carrying->store);
	if (!makes) {
		if (!descriptors_apply(&descriptors, windows, &err) ||
		    !descriptors_hold(&descriptors, windows, &does_hold, &err))
			fail_msg("case %u: again: %s", trial->number, err.text);
		if (!does_hold || carrying->store.steps != steps)
			fail_msg("case %u: the second start changes something", trial->number);
	}
	if (!descriptors_forget(&descriptors, NULL, &count, &err))
		fail_msg("case %u: forget: %s", trial->number, err.text);
	expect_as_before(carrying, trial, "forgotten", 0);
	return steps;
}

/* The next start, whatever the last one left: its descriptors are the plan's, and can be taken off. */
static void start_again(struct carrying *carrying, const struct trial *trial, const char *when, unsigned step)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct descriptors descriptors = { .store = &carrying->store.store, .who = &nt_who };
	const char *file;
	size_t count;
	nt_store_revive(&carrying->store);
	if (!descriptors_apply(&descriptors, trial->plan->windows, &err))
		fail_msg("case %u: %s, step %u: start again: %s", trial->number, when, step, err.text);
	if (!nt_world_equals(&carrying->after, &carrying->world, &file))
		fail_msg("case %u: %s, step %u: '%s' is not as planned", trial->number, when, step, file);
	if (!descriptors_forget(&descriptors, NULL, &count, &err))
		fail_msg("case %u: forget: %s", trial->number, err.text);
	expect_as_before(carrying, trial, when, step);
	carrying->kills++;
}

/* The power goes at one step, and at another while that is being mended. */
static void kill_at(struct carrying *carrying, const struct trial *trial, unsigned step, unsigned other)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct descriptors descriptors = { .store = &carrying->store.store, .who = &nt_who };
	nt_store_revive(&carrying->store);
	carrying->store.dies_at = step;
	if (descriptors_apply(&descriptors, trial->plan->windows, &err))
		fail_msg("case %u: step %u does not count", trial->number, step);
	nt_store_revive(&carrying->store);
	carrying->store.dies_at = other;
	(void)!descriptors_recover(&descriptors, &err);
	start_again(carrying, trial, "killed", step);
}

/* The same while they are taken off. */
static void kill_while_forgetting(struct carrying *carrying, const struct trial *trial, unsigned step)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct descriptors descriptors = { .store = &carrying->store.store, .who = &nt_who };
	size_t count;
	nt_store_revive(&carrying->store);
	if (!descriptors_apply(&descriptors, trial->plan->windows, &err))
		fail_msg("case %u: %s", trial->number, err.text);
	nt_store_revive(&carrying->store);
	carrying->store.dies_at = step;
	(void)!descriptors_forget(&descriptors, NULL, &count, &err);
	start_again(carrying, trial, "forgetting", step);
}

static void carry_out_trial(struct trial *trial, struct carrying *carrying)
{
	struct counts counts = { 0 };
	trial->chance.state = trial->number;
	nt_world_make(&trial->world, &trial->chance);
	trial->tier = (enum tier)trial_pick(trial, TIER_COUNT);
	trial->readings = &nt_believed;
	trial_make_text(trial);
	if (!trial_plan(trial, &counts))
		return;
	carrying->before = carrying->world = trial->world;
	nt_store_open(&carrying->store, &carrying->world);
	unsigned steps = carry_out(carrying, trial);
	carrying->applied += steps > 0;
	for (unsigned i = 0; i < KILLS && steps > 0; i++)
		kill_at(carrying, trial, 1 + trial_pick(trial, steps), 1 + trial_pick(trial, steps));
	for (unsigned i = 0; i < KILLS && steps > 0; i++)
		kill_while_forgetting(carrying, trial, 1 + trial_pick(trial, steps));
	nt_store_close(&carrying->store);
}

/* Whenever cordon is killed, the next start leaves what was begun as it was; and what is taken off was never there. */
static void descriptors__are_as_before_whenever_the_power_goes(void **state)
{
	(void)state;
	struct trial *trial = malloc(sizeof *trial);
	struct carrying *carrying = calloc(1, sizeof *carrying);
	assert_true(trial && carrying);
	for (unsigned i = 0; i < CASES_CARRIED; i++) {
		memset(trial, 0, sizeof *trial);
		trial->number = i;
		carry_out_trial(trial, carrying);
		trial_free(trial);
	}
	print_message("%u plans put on and taken off, killed %u times, %u kept what is below\n", carrying->applied,
		      carrying->kills, carrying->kept_below);
	assert_true(carrying->applied > CASES_CARRIED / 2 && carrying->kept_below > 0);
	free(carrying);
	free(trial);
}

/* -- wider before ------------------------------------------------------------------------------------------------- */

static const char wide[] =
	"{ \"files\": { \"/\": \"none\", \"C:/Users/you/w\": \"write\", \"C:/Users/you/.ssh\": \"write\" }, ";
static const char narrow[] = "{ \"files\": { \"/\": \"none\", \"C:/Users/you/w\": \"write\" }, ";

static void set_text(struct trial *trial, const char *files)
{
	text_add(&trial->text, files);
	text_add(&trial->text,
		 "\"network\": { \"mode\": \"open\" }, \"accept\": [\"files.read=absent\", \"net.off=absent\"] }");
}

static void plan_files(struct trial *trial, const char *files)
{
	struct counts counts = { 0 };
	trial->tier = TIER_ACCOUNT;
	trial->readings = &nt_believed;
	set_text(trial, files);
	if (!trial_plan(trial, &counts))
		fail_msg("%s", text_str(&trial->text));
	trial_name_identities(trial);
}

/* Nothing else is there than what Windows makes. */
static void run_wide(struct trial *trial)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct descriptors descriptors = { .store = &trial->store.store, .who = &nt_who };
	struct chance chance = { 0 };
	const char *why;
	memset(trial, 0, sizeof *trial);
	do
		nt_world_make(&trial->world, &chance);
	while (trial->world.user_is_administrator);
	trial->before = trial->world;
	trial->user = nt_world_user(&trial->world);
	nt_store_open(&trial->store, &trial->world);
	struct trial *earlier = trial->earlier = calloc(1, sizeof *earlier);
	assert_non_null(earlier);
	earlier->world = trial->world;
	plan_files(earlier, wide);
	if (!nt_plan_apply(earlier->plan->windows, earlier->policy, &trial->store, &earlier->names, &why))
		fail_msg("%s", why);
	assert_true(descriptors_recover(&descriptors, &err));
	plan_files(trial, narrow);
}

static bool may(const struct trial *trial, const struct trial *whose, const char *path, enum act act)
{
	const struct nt_tree *tree = &trial->world.tree;
	const struct nt_token token = nt_plan_token(whose->plan->windows, &trial->world, &whose->names);
	return trial_does(tree, act, nt_tree_find(tree, path), NT_NO_FILE, &token, &nt_believed);
}

static void expect_narrow(const struct trial *trial)
{
	if (may(trial, trial, NT_HOME "\\.ssh", ACT_READ) || may(trial, trial, NT_HOME "\\.ssh", ACT_CREATE_FILE))
		fail_msg("'.ssh' is open to the narrower run");
	assert_true(may(trial, trial, NT_WORKSPACE, ACT_READ) && may(trial, trial, NT_WORKSPACE, ACT_CREATE_FILE));
}

/* What a run with a wider policy has opened is of no use to the next one. */
static void plan__what_a_wider_one_has_opened_is_closed(void **state)
{
	(void)state;
	const char *why;
	struct trial *trial = malloc(sizeof *trial);
	assert_non_null(trial);
	run_wide(trial);
	assert_true(may(trial, trial->earlier, NT_HOME "\\.ssh", ACT_CREATE_FILE));
	assert_true(may(trial, trial->earlier, NT_HOME "\\.ssh", ACT_READ));
	assert_true(nt_plan_apply(trial->plan->windows, trial->policy, &trial->store, &trial->names, &why));
	expect_narrow(trial);
	/* A start that finds it so changes nothing. */
	unsigned steps = trial->store.steps;
	assert_true(nt_plan_apply(trial->plan->windows, trial->policy, &trial->store, &trial->names, &why));
	assert_int_equal(trial->store.steps, steps);
	trial_free(trial);

	/* Planted: it stays open; and one capability is every root's. */
	run_wide(trial);
	assert_true(nt_plan_apply(trial->plan->windows, NULL, &trial->store, &trial->names, &why));
	assert_true(may(trial, trial, NT_HOME "\\.ssh", ACT_READ));
	assert_false(may(trial, trial, NT_HOME "\\.ssh", ACT_CREATE_FILE));
	size_t root = trial_find_root(trial->earlier->plan->windows, NT_HOME "\\.ssh");
	for (size_t i = 0; i < NT_ROOTS_MAX; i++)
		trial->names.capabilities[i] = trial->earlier->names.capabilities[root];
	assert_true(may(trial, trial, NT_HOME "\\.ssh", ACT_CREATE_FILE));
	trial_free(trial);
	free(trial);
}

/* While another run rests on what that one has opened, a narrower one does not start beside it. */
static void plan__narrower_than_what_is_in_use_does_not_hold(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	struct trial *trial = malloc(sizeof *trial);
	const char *why;
	bool holds = true;
	assert_non_null(trial);
	run_wide(trial);
	assert_true(nt_plan_holds(trial->plan->windows, trial->policy, &trial->store, &trial->names, &holds, &err));
	assert_false(holds);
	assert_true(nt_plan_apply(trial->plan->windows, trial->policy, &trial->store, &trial->names, &why));
	assert_true(nt_plan_holds(trial->plan->windows, trial->policy, &trial->store, &trial->names, &holds, &err));
	assert_true(holds);
	trial_free(trial);
	free(trial);
}

/* The power goes while it is closed: the next start closes it, and what is forgotten was never there. */
static void plan__narrower_one_that_is_killed_is_made_good(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	struct trial *trial = malloc(sizeof *trial);
	const char *why;
	size_t count;
	assert_non_null(trial);
	for (unsigned step = 1, is_over = 0; !is_over; step++) {
		run_wide(trial);
		nt_store_revive(&trial->store);
		trial->store.dies_at = step;
		is_over = nt_plan_apply(trial->plan->windows, trial->policy, &trial->store, &trial->names, &why);
		assert_true(is_over || trial->store.is_dead);
		nt_store_revive(&trial->store);
		assert_true(nt_plan_apply(trial->plan->windows, trial->policy, &trial->store, &trial->names, &why));
		expect_narrow(trial);
		const struct descriptors descriptors = { .store = &trial->store.store, .who = &nt_who };
		assert_true(descriptors_forget(&descriptors, NULL, &count, &err));
		const char *file;
		if (!nt_world_equals(&trial->before, &trial->world, &file))
			fail_msg("step %u: '%s' is not as it was", step, file);
		assert_true(step > 3 || !is_over);
		trial_free(trial);
	}
	free(trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptors__are_as_before_whenever_the_power_goes),
		cmocka_unit_test(plan__what_a_wider_one_has_opened_is_closed),
		cmocka_unit_test(plan__narrower_than_what_is_in_use_does_not_hold),
		cmocka_unit_test(plan__narrower_one_that_is_killed_is_made_good),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A whole probe on a model of a host, from the first act to what is trusted and kept: a host that confines, one on which
 * everything succeeds, one on which everything fails, one that answers of one trial otherwise, and one that is switched
 * off in the middle.
 */
#include "backend/windows/rounds.h"

#include <stdlib.h>
#include <string.h>

#include "backend/windows/probe_plan.h"
#include "base/list.h"
#include "base/scope.h"
#include "check.h"

#define NOBODY UINT32_MAX

enum { ODD = 0xdead };

static struct host {
	bool lets_all, fails_all;
	unsigned
		odd_one; /* answers of this trial otherwise: a wall is open, or what must work does not; NOBODY: none */
	bool is_quiet;   /* …and says that it was refused, while it is seen from outside that it was done */
	unsigned steps, failing, dying; /* counted from 1; 0: none */
	bool is_dead;
	struct trial_answer answers[SIDES][TRIALS_MAX];
	char kept[64 * 1024], name[32];
} host;

static struct cordon_error err;

/* -- the host ------------------------------------------------------------------------------------------------------ */

static bool begins(struct cordon_error *error)
{
	host.steps++;
	host.is_dead |= host.dying && host.steps >= host.dying;
	return (!host.is_dead && host.steps != host.failing) ||
	       cordon_fail(error, CORDON_OS_FAILED, "planted at step %u", host.steps);
}

static uint32_t answer_inside(const struct trial_case *trial, unsigned i)
{
	bool is_confined = !host.lets_all && (i != host.odd_one || host.is_quiet);
	switch (trial->kind) {
	case TRIAL_MUST_FAIL:
		return is_confined ? trial->errors[0] : 0;
	case TRIAL_MUST_WORK:
		return is_confined || host.lets_all ? 0 : ODD;
	case TRIAL_LEAVES:
		return 48;
	case TRIAL_UNSEEN:
		break;
	}
	return 0;
}

static unsigned probed; /* as probing.tiers, for the host */

static bool run(void *context, int side, bool goes_out, struct cordon_error *error)
{
	assert_ptr_equal(context, &host);
	if (!begins(error))
		return false;
	for (unsigned i = 0; i < trial_count; i++) {
		const struct trial_case *trial = &trial_cases[i];
		bool is_pid = trial->kind == TRIAL_LEAVES;
		if (!trial_is_for(trial, probed, goes_out))
			continue;
		uint32_t code = host.fails_all    ? (is_pid ? 0 : ODD)
				: side == OUTSIDE ? (is_pid ? 44 : 0)
						  : answer_inside(trial, i);
		host.answers[side][i] = (struct trial_answer){ true, code };
	}
	return true;
}

static struct trial_sight look(void *context, const struct trial_case *trial)
{
	assert_ptr_equal(context, &host);
	unsigned i = (unsigned)(trial - trial_cases);
	bool is_open = host.lets_all || i == host.odd_one;
	return (struct trial_sight){ .was_seen_inside = trial->kind != TRIAL_MUST_WORK && is_open &&
							(trial->kind != TRIAL_MUST_FAIL || host.is_quiet) };
}

static bool read_kept(struct kept_store *store, const char *name, struct text *ret_bytes, bool *ret_is_ours,
		      struct cordon_error *error)
{
	(void)store;
	(void)error;
	*ret_is_ours = true;
	if (strcmp(name, host.name) == 0)
		text_add(ret_bytes, host.kept);
	return true;
}

static bool write_kept(struct kept_store *store, const char *name, const char *bytes, size_t length,
		       struct cordon_error *error)
{
	(void)store;
	if (!begins(error))
		return false;
	assert_true(length < sizeof host.kept);
	memcpy(host.kept, bytes, length);
	host.kept[length] = '\0';
	snprintf(host.name, sizeof host.name, "%s", name);
	return true;
}

/* -- a probe ------------------------------------------------------------------------------------------------------- */

static struct kept_store store = { read_kept, write_kept };
static const struct rounds rounds = { run, look, &host, host.answers };
static struct plan_windows windows;
static struct plan plan;
static struct probing probing;

static const struct {
	enum tier tier;
	enum network_mode network;
} probes[] = {
	{ TIER_ACCOUNT, NETWORK_OFF },      { TIER_ACCOUNT, NETWORK_FILTERED }, { TIER_ACCOUNT, NETWORK_OPEN },
	{ TIER_APPCONTAINER, NETWORK_OFF }, { TIER_TOKEN, NETWORK_OFF },
};

static void choose(size_t which)
{
	host = (struct host){ .odd_one = NOBODY };
	err = (struct cordon_error)CORDON_ERROR_INIT;
	windows = (struct plan_windows){ .tier = probes[which].tier };
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		windows.promises[i] = tier_promise(windows.tier, (enum guarantee)i);
	plan = (struct plan){ .target = TARGET_WINDOWS, .network = probes[which].network, .windows = &windows };
	probed = probe_tiers(plan.windows->tier, plan.network);
}

/* As a run does: what was kept, or a probe that is kept. */
static bool prove(void)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	probing = (struct probing){ 0 };
	if (kept_find(&store, probed, "key\n", &probing))
		return rounds_trust(&plan, &probing, &err);
	probing = (struct probing){ .tiers = probed };
	if (!rounds_run(&rounds, &probing, &err))
		return false;
	probing.is_made = true;
	(void)!kept_put(&store, probed, "key\n", &probing, &ignored);
	return rounds_trust(&plan, &probing, &err);
}

static void expect_refused(const char *words)
{
	assert_false(prove());
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	if (!strstr(err.text, words))
		fail_msg("'%s' does not name '%s'", err.text, words);
	assert_string_equal(host.kept, "");
}

/* -- the cases ----------------------------------------------------------------------------------------------------- */

static void host__that_confines_is_trusted_and_tried_once(void **state)
{
	(void)state;
	for (size_t which = 0; which < COUNT_OF(probes); which++) {
		choose(which);
		if (!prove())
			fail_msg("%s", err.text);
		/* Each tier that is apart goes off the host too, and what was found is written. */
		assert_int_equal(host.steps, (probed & TRIAL_APART ? 4 : 2) + 1);
		unsigned steps = host.steps;
		assert_true(prove());
		assert_int_equal(host.steps, steps);
		/* One kind of account is no other. */
		for (size_t other = 0; other < COUNT_OF(probes); other++) {
			struct probing found;
			unsigned tiers = probe_tiers(probes[other].tier, probes[other].network);
			assert_true(kept_find(&store, tiers, "key\n", &found) == (other == which));
		}
	}
}

static void host__gives_an_account_what_its_network_was_tried_for(void **state)
{
	(void)state;
	static const struct {
		size_t which;
		enum guarantee guarantee;
		enum level level;
	} cases[] = {
		{ 0, GUARANTEE_NET_OFF, LEVEL_ENFORCED },      { 0, GUARANTEE_NET_FILTERED, LEVEL_PARTIAL },
		{ 1, GUARANTEE_NET_FILTERED, LEVEL_ENFORCED }, { 1, GUARANTEE_NET_OFF, LEVEL_PARTIAL },
		{ 2, GUARANTEE_NET_OFF, LEVEL_PARTIAL },       { 0, GUARANTEE_FILES_WRITE, LEVEL_ENFORCED },
		{ 0, GUARANTEE_TERMINAL, LEVEL_ENFORCED },     { 0, GUARANTEE_NET_DNS, LEVEL_ABSENT },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		choose(cases[i].which);
		assert_true(prove());
		const struct assessment row = rounds_assess(&plan, &probing, cases[i].guarantee);
		if (row.level != cases[i].level)
			fail_msg("case %zu: %d %s", i, row.level, row.why);
	}
}

/* Neither is trusted, and neither is let off the host. */
static void host__on_which_all_is_the_same_is_refused(void **state)
{
	(void)state;
	for (size_t which = 0; which < COUNT_OF(probes); which++) {
		choose(which);
		host.lets_all = true;
		expect_refused("files.write (a file outside was written");
		assert_int_equal(host.steps, 2);
		choose(which);
		host.fails_all = true;
		expect_refused("failed outside as well");
		assert_int_equal(host.steps, 2);
	}
}

/* What a service does for the account: the tier stands, and what it is about is the policy's to accept, in each run. */
static void expect_one_lowers(const struct trial_case *trial)
{
	const enum guarantee guarantee = trial_guarantee(trial, probed);
	for (int again = 0; again < 2; again++) {
		if (!prove())
			fail_msg("%s: %s", trial->name, err.text);
		const struct assessment row = rounds_assess(&plan, &probing, guarantee);
		assert_int_equal(row.level, LEVEL_PARTIAL);
		assert_string_equal(row.why, trial->done);
		assert_int_equal(rounds_assess(&plan, &probing, GUARANTEE_FILES_WRITE).level, LEVEL_ENFORCED);
		assert_int_equal(host.steps, 5);
	}
}

static void expect_one_refused(size_t which, unsigned odd_one, bool is_quiet)
{
	const struct trial_case *trial = &trial_cases[odd_one];
	choose(which);
	host.odd_one = odd_one;
	host.is_quiet = is_quiet;
	if (!trial_is_fatal(trial, probed, TRIAL_DONE)) {
		expect_one_lowers(trial);
		return;
	}
	expect_refused(trial->kind == TRIAL_MUST_WORK ? trial->name : trial->done);
	assert_true(trial->kind == TRIAL_MUST_WORK || strstr(err.text, guarantee_name(trial_guarantee(trial, probed))));
	assert_int_equal(host.steps, trial->goes_out || !(probed & TRIAL_APART) ? host.steps : 2);
}

/* Whatever else holds, and whatever it says of itself. */
static void host__that_is_odd_in_one_trial_is_refused_by_its_name(void **state)
{
	(void)state;
	for (size_t which = 0; which < COUNT_OF(probes); which++) {
		choose(which);
		for (unsigned i = 0; i < trial_count; i++) {
			if (!trial_is_of(&trial_cases[i], probed))
				continue;
			expect_one_refused(which, i, false);
			if (trial_cases[i].kind == TRIAL_MUST_FAIL)
				expect_one_refused(which, i, true);
		}
	}
}

/* An outside that cannot be tried shows nothing; an inside that cannot be is said. */
static void step__that_fails_refuses(void **state)
{
	(void)state;
	choose(0);
	assert_true(prove());
	const unsigned count = host.steps;
	for (unsigned step = 1; step < count; step++) {
		choose(0);
		host.failing = step;
		assert_false(prove());
		CORDON_ON_EXIT(free_text) char *words = text_format("planted at step %u", step);
		assert_true(strstr(err.text, words) || strstr(err.text, "did not answer"));
		assert_string_equal(host.kept, "");
	}
	/* What cannot be kept is found anew. */
	choose(0);
	host.failing = count;
	assert_true(prove());
	assert_string_equal(host.kept, "");
}

/* Switched off after any step, it has kept nothing that was not found to its end, and begins anew. */
static void host__that_is_switched_off_begins_anew(void **state)
{
	(void)state;
	choose(0);
	assert_true(prove());
	const unsigned count = host.steps;
	for (unsigned step = 1; step <= count; step++) {
		choose(0);
		host.dying = step;
		(void)!prove();
		assert_string_equal(host.kept, "");
		host.dying = host.steps = 0;
		host.is_dead = false;
		err = (struct cordon_error)CORDON_ERROR_INIT;
		/* Meanwhile its walls are gone. */
		host.lets_all = true;
		assert_false(prove());
		assert_int_equal(host.steps, 2);
	}
}

static void free_verified(struct verified_list *list)
{
	free(list->items);
}

/* How many rows say that a run is refused; `act` not NULL: it is the only one that did not hold. */
static unsigned count_refusing(const char *act)
{
	CORDON_ON_EXIT(free_verified) struct verified_list list = { 0 };
	unsigned refusing = 0, expected = 0;
	assert_true(rounds_tell(&probing, &list));
	for (unsigned i = 0; i < trial_count; i++)
		expected += trial_is_of(&trial_cases[i], probed);
	assert_int_equal(list.count, expected);
	for (size_t i = 0; i < list.count; i++) {
		const struct verified *row = &list.items[i];
		refusing += row->how == VERIFIED_OPEN || row->how == VERIFIED_BROKEN;
		bool is_odd_one = act && strcmp(row->act, act) == 0;
		assert_true(!act || (row->how != VERIFIED_HELD && row->how != VERIFIED_UNTRIED) == is_odd_one);
		assert_true((row->how == VERIFIED_HELD) == (row->why[0] == '\0'));
	}
	return refusing;
}

/* What `cordon verify` calls open is why a run is refused, and the other way round. */
static void told__is_what_runs_go_by(void **state)
{
	(void)state;
	for (size_t which = 0; which < COUNT_OF(probes); which++) {
		for (unsigned i = 0; i < trial_count; i++) {
			if (!trial_is_of(&trial_cases[i], probe_tiers(probes[which].tier, probes[which].network)))
				continue;
			choose(which);
			host.odd_one = i;
			bool is_trusted = prove();
			assert_int_equal(count_refusing(trial_cases[i].name), !is_trusted);
		}
		choose(which);
		assert_true(prove());
		assert_int_equal(count_refusing(NULL), 0);
		/* Afresh, nothing that was kept counts, whatever comes of it. */
		assert_true(kept_drop(&store, probed, &err));
		host.lets_all = true;
		assert_false(prove());
		assert_true(count_refusing(NULL) > 1);
	}
}

static void probe__of_another_tier_is_not_trusted(void **state)
{
	(void)state;
	choose(0);
	assert_true(prove());
	plan.network = NETWORK_FILTERED;
	assert_false(rounds_trust(&plan, &probing, &err));
	assert_non_null(strstr(err.text, "not tried"));
	const struct probing none = { .tiers = probe_tiers(TIER_ACCOUNT, NETWORK_FILTERED) };
	assert_false(rounds_trust(&plan, &none, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host__that_confines_is_trusted_and_tried_once),
		cmocka_unit_test(host__gives_an_account_what_its_network_was_tried_for),
		cmocka_unit_test(host__on_which_all_is_the_same_is_refused),
		cmocka_unit_test(host__that_is_odd_in_one_trial_is_refused_by_its_name),
		cmocka_unit_test(step__that_fails_refuses),
		cmocka_unit_test(host__that_is_switched_off_begins_anew),
		cmocka_unit_test(told__is_what_runs_go_by),
		cmocka_unit_test(probe__of_another_tier_is_not_trusted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

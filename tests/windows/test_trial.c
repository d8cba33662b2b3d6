#include "backend/windows/trial.h"

#include <string.h>

#include "base/list.h"
#include "check.h"
#include "policy/plan_windows.h"

static struct trial_answer gave(uint32_t code)
{
	return (struct trial_answer){ true, code };
}

static struct trial_sight saw(bool inside)
{
	return (struct trial_sight){ .was_seen_inside = inside };
}

static const struct trial_case *find(enum trial_kind kind)
{
	for (unsigned i = 0; i < trial_count; i++)
		if (trial_cases[i].kind == kind)
			return &trial_cases[i];
	fail_msg("no trial of that kind");
	return NULL;
}

/* A refusal counts only where the same act succeeds outside, fails inside, and with the error of a refusal. */
static void trial__holds_only_with_its_control_and_its_error(void **state)
{
	(void)state;
	static const struct {
		uint32_t outside, inside;
		bool was_changed;
		enum trial_verdict expected;
	} cases[] = {
		{ 0, 5, false, TRIAL_HELD },
		{ 0, 0, false, TRIAL_DONE },
		{ 0, 5, true, TRIAL_DONE },
		{ 5, 5, false, TRIAL_NO_CONTROL },
		{ 0, 2, false, TRIAL_ODD_ERROR },
		{ 0, 1, false, TRIAL_ODD_ERROR },
		{ 2, 0, false, TRIAL_DONE },
		{ 0, 32, true, TRIAL_DONE },
		/* Nothing of the kind is here; what is done inside is done all the same. */
		{ 50, 5, false, TRIAL_NOT_HERE },
		{ 50, 50, false, TRIAL_NOT_HERE },
		{ 50, 0, false, TRIAL_DONE },
		{ 50, 5, true, TRIAL_DONE },
	};
	static const struct trial_case must_fail = { .kind = TRIAL_MUST_FAIL, .errors = { 5 }, .absent = { 50 } };
	const struct trial_case *trial;
	trial = &must_fail;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(
			trial_judge(trial, gave(cases[i].outside), gave(cases[i].inside), saw(cases[i].was_changed)),
			cases[i].expected);
	const struct trial_answer none = { false, 5 };
	assert_int_equal(trial_judge(trial, gave(0), none, saw(false)), TRIAL_NO_ANSWER);
	assert_int_equal(trial_judge(trial, none, gave(5), saw(false)), TRIAL_NO_ANSWER);
	assert_int_equal(trial_judge(trial, none, none, saw(true)), TRIAL_DONE);
}

/* A host on which everything fails looks safe: what must work tells it apart. */
static void trial__tells_a_host_where_nothing_works(void **state)
{
	(void)state;
	const struct trial_case *trial = find(TRIAL_MUST_WORK);
	assert_int_equal(trial_judge(trial, gave(0), gave(0), saw(false)), TRIAL_HELD);
	assert_int_equal(trial_judge(trial, gave(0), gave(5), saw(false)), TRIAL_BROKEN);
	assert_int_equal(trial_judge(trial, gave(5), gave(5), saw(false)), TRIAL_NO_CONTROL);

	/* What may succeed inside, where it is nobody else's. */
	const struct trial_case *unseen = find(TRIAL_UNSEEN);
	assert_int_equal(trial_judge(unseen, gave(0), gave(0), saw(false)), TRIAL_HELD);
	assert_int_equal(trial_judge(unseen, gave(0), gave(5), saw(true)), TRIAL_DONE);
	assert_int_equal(trial_judge(unseen, gave(5), gave(5), saw(false)), TRIAL_NO_CONTROL);

	const struct trial_case *leaves = find(TRIAL_LEAVES);
	assert_int_equal(trial_judge(leaves, gave(44), gave(48), saw(false)), TRIAL_HELD);
	assert_int_equal(trial_judge(leaves, gave(44), gave(48), saw(true)), TRIAL_DONE);
	assert_int_equal(trial_judge(leaves, gave(44), gave(0), saw(false)), TRIAL_BROKEN);
	assert_int_equal(trial_judge(leaves, gave(0), gave(48), saw(false)), TRIAL_NO_CONTROL);
}

/* What can be looked at is: no answer of either side is believed against it. */
static void trial__believes_its_eyes(void **state)
{
	(void)state;
	static const struct {
		enum trial_kind kind;
		uint32_t outside, inside;
		bool seen_outside, seen_inside;
		enum trial_verdict expected;
	} cases[] = {
		{ TRIAL_MUST_FAIL, 0, 5, true, false, TRIAL_HELD },
		{ TRIAL_MUST_FAIL, 0, 5, true, true, TRIAL_DONE },
		{ TRIAL_MUST_FAIL, 0, 5, false, false, TRIAL_NO_CONTROL },
		{ TRIAL_MUST_FAIL, 0, 0, true, false, TRIAL_DONE },
		{ TRIAL_MUST_FAIL, 50, 5, false, false, TRIAL_NOT_HERE },
		{ TRIAL_UNSEEN, 0, 0, true, false, TRIAL_HELD },
		{ TRIAL_UNSEEN, 0, 5, true, false, TRIAL_HELD },
		{ TRIAL_UNSEEN, 0, 5, true, true, TRIAL_DONE },
		{ TRIAL_UNSEEN, 0, 0, false, false, TRIAL_NO_CONTROL },
		{ TRIAL_UNSEEN, 50, 0, false, false, TRIAL_NOT_HERE },
		{ TRIAL_MUST_WORK, 0, 0, true, true, TRIAL_HELD },
		{ TRIAL_MUST_WORK, 0, 0, true, false, TRIAL_BROKEN },
		{ TRIAL_MUST_WORK, 0, 0, false, true, TRIAL_NO_CONTROL },
		{ TRIAL_MUST_WORK, 50, 0, false, false, TRIAL_NOT_HERE },
		{ TRIAL_MUST_WORK, 51, 0, true, true, TRIAL_NO_CONTROL },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct trial_case trial = { .kind = cases[i].kind, .errors = { 5 }, .absent = { 50 } };
		const struct trial_sight sight = { true, cases[i].seen_outside, cases[i].seen_inside };
		assert_int_equal(trial_judge(&trial, gave(cases[i].outside), gave(cases[i].inside), sight),
				 cases[i].expected);
	}
	/* Where even outside nothing may come of it that is nothing to be tried, but what is seen inside counts. */
	const struct trial_case blind = { .kind = TRIAL_UNSEEN, .is_absent_unseen = true };
	const struct trial_sight nothing = { .is_watched = true },
				 inside = { .is_watched = true, .was_seen_inside = true };
	assert_int_equal(trial_judge(&blind, gave(0), gave(0), nothing), TRIAL_NOT_HERE);
	assert_int_equal(trial_judge(&blind, gave(0), gave(5), inside), TRIAL_DONE);
}

/* A host that refuses everything, and one that refuses nothing, hold no tier; nor does one that answers of one trial alone
 * as it may not.
 */
static void trials__each_refuse_the_tier_alone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < trial_count; i++) {
		const struct trial_case *trial = &trial_cases[i];
		bool must_work = trial->kind == TRIAL_MUST_WORK;
		uint32_t odd = 0xdead;
		/* Refused everywhere: also outside, with the very error of a refusal, unless that is how it is absent. */
		enum trial_verdict all_fail = trial_judge(trial, gave(trial->kind == TRIAL_LEAVES ? 0 : odd),
							  gave(trial->errors[0] ? trial->errors[0] : 5), saw(false));
		assert_int_equal(all_fail, TRIAL_NO_CONTROL);
		enum trial_verdict all_work = trial_judge(trial, gave(0), gave(0), saw(!must_work));
		assert_true(must_work ? all_work == TRIAL_HELD : all_work == TRIAL_DONE);
		if (trial->kind == TRIAL_MUST_FAIL) {
			assert_int_equal(trial_judge(trial, gave(0), gave(odd), saw(false)), TRIAL_ODD_ERROR);
			for (int j = 0; j < TRIAL_ERRORS_MAX && trial->errors[j]; j++)
				assert_int_equal(trial_judge(trial, gave(0), gave(trial->errors[j]), saw(false)),
						 TRIAL_HELD);
		}
		if (must_work)
			assert_int_equal(trial_judge(trial, gave(0), gave(odd), saw(false)), TRIAL_BROKEN);
	}
}

/* The prober's words come through a pipe that something else might have written to. */
static void answers__count_whole_or_not_at_all(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"unknown 0\n",
		"write-outside 0",
		"write-outside\n",
		"write-outside x\n",
		"write-outside -1\n",
		"write-outside 5\nwrite-outside 0\n",
		"write-outside 4294967296\n",
		"write-outside 99999999999\n",
		"write-outside 5 \n",
		" write-outside 5\n",
		"\n",
		"write-outside 5\ncreate",
	};
	struct trial_answer answers[TRIALS_MAX];
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		memset(answers, 1, sizeof answers);
		assert_false(trial_read_answers(bad[i], answers));
		for (unsigned j = 0; j < TRIALS_MAX; j++)
			assert_false(answers[j].was_given);
	}
	assert_true(trial_read_answers("create-outside 4294967295\nwrite-outside 5\n", answers));
	assert_true(answers[0].was_given && answers[0].code == 5);
	assert_true(answers[1].was_given && answers[1].code == 4294967295u);
	assert_false(answers[2].was_given);
	assert_true(trial_read_answers("", answers));
	assert_false(answers[0].was_given);
}

/* Each guarantee that a trial is about has a word for what its success means, and an error that it must fail with. */
static void cases__are_whole(void **state)
{
	(void)state;
	for (unsigned i = 0; i < trial_count; i++) {
		const struct trial_case *trial = &trial_cases[i];
		assert_true(trial->kind == TRIAL_MUST_WORK || trial->done);
		assert_true(trial->kind != TRIAL_MUST_FAIL || trial->errors[0] != 0);
		assert_true((trial->absent[0] != 0) == (trial->lacks != NULL));
		assert_true(trial->tiers != 0 && (trial->tiers & ~(unsigned)(TRIAL_EVERYWHERE | TRIAL_FENCED)) == 0);
		assert_true(!trial->goes_out || !(trial->tiers & TRIAL_TOKEN));
		assert_int_equal(trial->consoles & ~trial->tiers, 0);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(trial->name, trial_cases[j].name);
		for (int verdict = TRIAL_HELD; verdict <= TRIAL_NOT_HERE; verdict++)
			assert_true(trial->kind == TRIAL_MUST_WORK ||
				    trial_verdict_text(trial, (enum trial_verdict)verdict)[0]);
	}
}

/* What a tier promises once it is proved is proved by something, and nothing is tried that it does not promise: but that
 * its job ends, which every tier rests on.
 */
static void cases__are_what_the_tiers_promise(void **state)
{
	(void)state;
	static const struct {
		unsigned tiers;
		enum tier tier;
		enum guarantee unproved[3];
	} probes[] = {
		{ TRIAL_ACCOUNT | TRIAL_CLOSED,
		  TIER_ACCOUNT,
		  { GUARANTEE_NET_FILTERED, GUARANTEE_NET_DNS, GUARANTEE_LIMITS_CPU } },
		{ TRIAL_ACCOUNT | TRIAL_GATED,
		  TIER_ACCOUNT,
		  { GUARANTEE_NET_OFF, GUARANTEE_NET_DNS, GUARANTEE_LIMITS_CPU } },
		{ TRIAL_PACKAGE,
		  TIER_APPCONTAINER,
		  { GUARANTEE_LIMITS_CPU, GUARANTEE_LIMITS_CPU, GUARANTEE_LIMITS_CPU } },
		{ TRIAL_TOKEN, TIER_TOKEN, { GUARANTEE_LIMITS_CPU, GUARANTEE_LIMITS_CPU, GUARANTEE_LIMITS_CPU } },
	};
	for (size_t p = 0; p < COUNT_OF(probes); p++)
		for (int guarantee = 0; guarantee < GUARANTEE_COUNT; guarantee++) {
			const struct tier_promise promise = tier_promise(probes[p].tier, (enum guarantee)guarantee);
			unsigned count = 0;
			bool is_known = false;
			for (unsigned i = 0; i < trial_count; i++)
				count += trial_cases[i].kind != TRIAL_MUST_WORK &&
					 trial_is_of(&trial_cases[i], probes[p].tiers) &&
					 (int)trial_guarantee(&trial_cases[i], probes[p].tiers) == guarantee;
			for (size_t i = 0; i < COUNT_OF(probes[p].unproved); i++)
				is_known |= (int)probes[p].unproved[i] == guarantee;
			if (promise.proof && (count > 0) == is_known)
				fail_msg("%s %x, %s: %u trials", tier_name(probes[p].tier), probes[p].tiers,
					 guarantee_name((enum guarantee)guarantee), count);
			if (promise.best == LEVEL_ABSENT && guarantee != GUARANTEE_TREE)
				assert_int_equal(count, 0);
		}
}

/* An account with an open network is not tried for what it has; a gated one has to reach its gate, and is kept from all
 * that a closed one is kept from but the binding that connecting begins with, and names (net.dns).
 */
static void cases__go_by_what_the_network_is_to_the_account(void **state)
{
	(void)state;
	bool has_gate = false;
	unsigned services = 0;
	for (unsigned i = 0; i < trial_count; i++) {
		const struct trial_case *trial = &trial_cases[i];
		bool is_closed = trial_is_of(trial, TRIAL_ACCOUNT | TRIAL_CLOSED);
		bool is_gated = trial_is_of(trial, TRIAL_ACCOUNT | TRIAL_GATED);
		bool is_open = trial_is_of(trial, TRIAL_ACCOUNT);
		bool is_about_network = trial->guarantee == GUARANTEE_NET_OFF && trial->kind != TRIAL_MUST_WORK;
		bool must_reach = strcmp(trial->name, "reach-gate") == 0;
		has_gate |= must_reach && is_gated;
		/* Only of the network, and only for accounts that filters are about, is what a service does no wall's. */
		services += trial->is_by_service;
		assert_true(!trial->is_by_service || is_about_network);
		for (int verdict = TRIAL_DONE; verdict <= TRIAL_BROKEN; verdict++) {
			bool was_done = verdict == TRIAL_DONE || verdict == TRIAL_ODD_ERROR;
			assert_true(trial_is_fatal(trial, TRIAL_PACKAGE, (enum trial_verdict)verdict));
			assert_true(trial_is_fatal(trial, TRIAL_ACCOUNT | TRIAL_CLOSED, (enum trial_verdict)verdict) ==
				    !(trial->is_by_service && was_done));
		}
		assert_true(is_open == (is_closed && !is_about_network));
		bool is_closed_ones = strcmp(trial->name, "bind") == 0 || strcmp(trial->name, "read-resolver") == 0;
		assert_true(is_gated == ((is_closed && !is_closed_ones) || must_reach));
	}
	assert_true(has_gate);
	assert_int_equal(services, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trial__holds_only_with_its_control_and_its_error),
		cmocka_unit_test(trial__tells_a_host_where_nothing_works),
		cmocka_unit_test(trial__believes_its_eyes),
		cmocka_unit_test(trials__each_refuse_the_tier_alone),
		cmocka_unit_test(answers__count_whole_or_not_at_all),
		cmocka_unit_test(cases__are_whole),
		cmocka_unit_test(cases__are_what_the_tiers_promise),
		cmocka_unit_test(cases__go_by_what_the_network_is_to_the_account),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

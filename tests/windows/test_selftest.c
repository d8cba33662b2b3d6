/* What cordon-selftest claims is what the planner promises, what it tells names nobody, and what is expected of it under
 * Wine is a list that somebody looked at (tools/check-wine compares the outcomes).
 */
#include "backend/windows/question.h"
#include "backend/windows/selftest_cases.h"
#include "backend/windows/selftest_redact.h"
#include "base/list.h"
#include "base/scope.h"
#include "check.h"
#include "policy/plan_windows.h"

#include <stdio.h>
#include <string.h>

/* -- what is told -------------------------------------------------------------------------------------------------- */

static void report__names_nobody(void **state)
{
	(void)state;
	static const struct redaction redactions[] = {
		{ "ann", "<user>" }, { "ANNS-PC", "<host>" }, { "", "x" }, { NULL, "x" }
	};
	static const struct {
		const char *words, *told;
	} cases[] = {
		{ "C:\\Users\\ann\\x", "C:\\Users\\<user>\\x" },
		{ "c:\\USERS\\Ann Lee\\x", "c:\\USERS\\<user>\\x" },
		{ "'C:\\Users\\ANNLEE~1'", "'C:\\Users\\<user>'" },
		{ "C:\\Users\\Public\\x", "C:\\Users\\Public\\x" },
		{ "C:\\Users\\Publican\\x", "C:\\Users\\<user>\\x" },
		{ "C:\\Users\\", "C:\\Users\\" },
		{ "Ann's, by ann", "<user>'s, by <user>" },
		{ "channels of annals", "channels of annals" },
		{ "\\\\anns-pc\\share", "\\\\<host>\\share" },
		{ "S-1-5-21-1-22-333-1001 and S-1-5-32-545", "S-1-5-21-<machine>-1001 and S-1-5-32-545" },
		{ "S-1-5-21-1", "S-1-5-21-<machine>" },
		{ "O:S-1-5-21-1-2-3-4D:P(A;;FA;;;S-1-5-21-9-8-7-6)",
		  "O:S-1-5-21-<machine>-4D:P(A;;FA;;;S-1-5-21-<machine>-6)" },
		{ "a\nb\x1b[31m", "a b [31m" },
		{ "\xc3\xa4nn ann\xc3\xa4", "\xc3\xa4nn ann\xc3\xa4" },
		{ "", "" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		redact(cases[i].words, redactions, COUNT_OF(redactions), &text);
		assert_string_equal(text_str(&text), cases[i].told);
	}
}

/* -- what is claimed ----------------------------------------------------------------------------------------------- */

static bool is_tried(enum tier tier, enum guarantee guarantee)
{
	for (unsigned i = 0; i < trial_count; i++)
		if (trial_cases[i].kind != TRIAL_MUST_WORK && trial_cases[i].guarantee == guarantee &&
		    (trial_cases[i].tiers >> tier) & 1)
			return true;
	for (unsigned i = 0; i < selftest_case_count; i++)
		if (selftest_cases[i].guarantee == guarantee && (selftest_cases[i].tiers >> tier) & 1)
			return true;
	return false;
}

/* A promise without a case would be believed for ever; the tree's is about who starts processes for others, too, which
 * the token tier does not promise and whose jobs end all the same.
 */
static void claims__are_the_planners_promises(void **state)
{
	(void)state;
	for (int tier = 0; tier < TIER_COUNT; tier++)
		for (int i = 0; i < GUARANTEE_COUNT; i++) {
			const struct tier_promise promise = tier_promise((enum tier)tier, (enum guarantee)i);
			bool is_job = tier == TIER_TOKEN && i == GUARANTEE_TREE;
			if ((promise.best != LEVEL_ABSENT || is_job) != is_tried((enum tier)tier, (enum guarantee)i))
				fail_msg("%s in the tier %s: the planner says %s, and it is %stried",
					 guarantee_name((enum guarantee)i), tier_name((enum tier)tier),
					 level_name(promise.best), promise.best == LEVEL_ABSENT ? "" : "not ");
		}
}

/* A trial that is of no tier's probe would be tried before each run and told of by nobody; the gate's port is a gated
 * account's, whose run has a case.
 */
static void claims__are_all_trials(void **state)
{
	(void)state;
	for (unsigned i = 0; i < trial_count; i++) {
		bool is_told = strcmp(trial_cases[i].name, "reach-gate") == 0;
		for (int tier = 0; tier < TIER_COUNT; tier++)
			is_told |= selftest_has_trial(&trial_cases[i], tier);
		if (!is_told)
			fail_msg("nobody is told of '%s'", trial_cases[i].name);
	}
}

static void claims__have_names_of_their_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < selftest_case_count; i++) {
		assert_true(selftest_cases[i].name[0] && !strchr(selftest_cases[i].name, '#'));
		for (unsigned j = 0; j < i; j++)
			if (strcmp(selftest_cases[i].name, selftest_cases[j].name) == 0)
				fail_msg("two cases are named '%s'", selftest_cases[i].name);
	}
	/* Each tool is first to start, and its control is the user's own token. */
	for (unsigned i = 1; i < selftest_tool_count; i++)
		if (strcmp(selftest_tools[i].tool, selftest_tools[i - 1].tool) != 0)
			assert_string_equal(selftest_tools[i].job, "starts");
	assert_int_equal(RECIPE_OWN, 0);
}

/* -- what is expected under Wine ----------------------------------------------------------------------------------- */

struct names {
	char **items;
	size_t count, room;
};

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

static void add_name(struct names *names, char *name)
{
	char **item = LIST_ADD(names);
	assert_true(item && name);
	*item = name;
}

static void add_all(struct names *names)
{
	for (unsigned i = 0; i < question_count; i++)
		add_name(names, selftest_question_name(questions[i].name));
	for (int tier = -1; tier < TIER_COUNT; tier++) {
		if (tier >= 0)
			add_name(names, selftest_tier_name(tier));
		/* Wine has no other tier, and all trials of those are skipped. */
		if (tier >= 0 && tier != TIER_TOKEN)
			add_name(names, selftest_case_name("its trials", tier));
		for (unsigned i = 0; tier == TIER_TOKEN && i < trial_count; i++)
			if (selftest_has_trial(&trial_cases[i], tier))
				add_name(names, selftest_trial_name(&trial_cases[i], tier));
		for (unsigned i = 0; i < selftest_case_count; i++)
			if (tier < 0 ? selftest_cases[i].tiers == NO_TIER : (selftest_cases[i].tiers >> tier) & 1)
				add_name(names, selftest_case_name(selftest_cases[i].name, tier));
	}
	for (int recipe = 0; recipe < RECIPE_COUNT; recipe++)
		for (unsigned i = 0; i < selftest_tool_count; i++)
			add_name(names, selftest_tool_name(&selftest_tools[i], (enum selftest_recipe)recipe));
}

/* "ok NAME", "not ok NAME" or "skip NAME"; the rest is for people. */
static const char *name_in(const char *line)
{
	static const char *const outcomes[] = { "ok ", "not ok ", "skip " };
	for (size_t i = 0; i < COUNT_OF(outcomes); i++)
		if (strncmp(line, outcomes[i], strlen(outcomes[i])) == 0)
			return line + strlen(outcomes[i]);
	return NULL;
}

static void read_expected(struct names *names)
{
	char line[300];
	FILE *file = fopen(CORDON_EXPECTED, "r");
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '#' || !line[0])
			continue;
		if (!name_in(line))
			fail_msg("'%s' is no outcome and a name", line);
		add_name(names, strdup(name_in(line)));
	}
	fclose(file);
}

static void expect_all_in(const struct names *some, const struct names *others, const char *what)
{
	for (size_t i = 0; i < some->count; i++) {
		bool is_in = false;
		for (size_t j = 0; j < others->count && !is_in; j++)
			is_in = strcmp(some->items[i], others->items[j]) == 0;
		if (!is_in)
			fail_msg("'%s' %s (tests/windows/selftest.wine; tools/check-wine says what comes of it)",
				 some->items[i], what);
	}
}

/* Whoever adds a trial or a case says what is to come of it. */
static void expectations__are_of_every_case(void **state)
{
	(void)state;
	CORDON_ON_EXIT(free_names) struct names planned = { 0 };
	CORDON_ON_EXIT(free_names) struct names expected = { 0 };
	add_all(&planned);
	read_expected(&expected);
	expect_all_in(&planned, &expected, "has no outcome that is expected under Wine");
	expect_all_in(&expected, &planned, "is expected, and not tried");
	assert_int_equal(expected.count, planned.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(report__names_nobody),
		cmocka_unit_test(claims__are_the_planners_promises),
		cmocka_unit_test(claims__are_all_trials),
		cmocka_unit_test(claims__have_names_of_their_own),
		cmocka_unit_test(expectations__are_of_every_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

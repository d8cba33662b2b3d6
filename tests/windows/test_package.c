/* A package's profile, on a system of the test's own that fails, lies or dies at any step. */
#include "backend/windows/package.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"

enum { NAMES_MAX = 4, STEPS_MAX = 32 };

/* -- the system ---------------------------------------------------------------------------------------------------- */

struct package_claim {
	unsigned at;
};

static struct {
	struct packages packages;
	struct {
		const char *name; /* NULL: never claimed */
		bool is_noted, is_claimed;
		unsigned profile; /* which one it is; 0: none */
	} known[NAMES_MAX];
	unsigned made; /* profiles so far */
	const char *order[STEPS_MAX];
	unsigned steps, fails_at, dies_at; /* the how many-eth step; 0: none */
	bool is_dead, makes_nothing, removes_nothing;
} host;

static bool step(const char *name, struct cordon_error *err)
{
	if (host.steps < STEPS_MAX)
		host.order[host.steps] = name;
	host.steps++;
	host.is_dead |= host.steps == host.dies_at;
	return (!host.is_dead && host.steps != host.fails_at) ||
	       cordon_fail(err, CORDON_OS_FAILED, "planted: %s", name);
}

static unsigned find(const char *name)
{
	unsigned i = 0;
	while (host.known[i].name && strcmp(host.known[i].name, name) != 0)
		i++;
	assert_true(i < NAMES_MAX - 1);
	return i;
}

static bool claim(struct packages *packages, const char *name, struct package_claim **ret_claim,
		  struct cordon_error *err)
{
	(void)packages;
	*ret_claim = NULL;
	if (!step("claim", err))
		return false;
	unsigned at = find(name);
	if (!host.known[at].name)
		host.known[at].name = name;
	if (host.known[at].is_claimed)
		return true;
	*ret_claim = calloc(1, sizeof **ret_claim);
	assert_non_null(*ret_claim);
	(*ret_claim)->at = at;
	host.known[at].is_claimed = true;
	return true;
}

static void release(struct packages *packages, struct package_claim *given)
{
	(void)packages;
	host.known[given->at].is_claimed = false;
	free(given);
}

static bool note(struct packages *packages, struct package_claim *given, bool is_made, struct cordon_error *err)
{
	(void)packages;
	assert_true(host.known[given->at].is_claimed);
	if (!step(is_made ? "note made" : "note gone", err))
		return false;
	host.known[given->at].is_noted = is_made;
	return true;
}

static bool noted(struct packages *packages, struct package_claim *given, bool *ret_is_made, struct cordon_error *err)
{
	(void)packages;
	*ret_is_made = host.known[given->at].is_noted;
	return step("noted", err);
}

static bool names(struct packages *packages, bool (*visit)(void *context, const char *name, struct cordon_error *err),
		  void *context, struct cordon_error *err)
{
	(void)packages;
	for (unsigned i = 0; host.known[i].name; i++)
		if (!visit(context, host.known[i].name, err))
			return false;
	return step("names", err);
}

static bool make(struct packages *packages, const char *name, struct cordon_error *err)
{
	(void)packages;
	if (!step("make", err))
		return false;
	unsigned at = find(name);
	assert_int_equal(host.known[at].profile, 0);
	assert_true(host.known[at].is_noted);
	if (!host.makes_nothing)
		host.known[at].profile = ++host.made;
	return true;
}

static bool remove_profile(struct packages *packages, const char *name, struct cordon_error *err)
{
	(void)packages;
	if (!step("remove", err))
		return false;
	if (!host.removes_nothing)
		host.known[find(name)].profile = 0;
	return true;
}

static bool look(struct packages *packages, const char *name, bool *ret_is_there, struct cordon_error *err)
{
	(void)packages;
	*ret_is_there = host.known[find(name)].profile != 0;
	return step("look", err);
}

static int setup(void **state)
{
	(void)state;
	memset(&host, 0, sizeof host);
	host.packages = (struct packages){ claim, release, note, noted, names, make, remove_profile, look };
	return 0;
}

/* The process is gone, and its claims with it; what it wrote is there. */
static void revive(void)
{
	host.is_dead = false;
	host.steps = host.fails_at = host.dies_at = 0;
	for (unsigned i = 0; i < NAMES_MAX; i++)
		host.known[i].is_claimed = false;
}

static void expect_none_unnoted(void)
{
	for (unsigned i = 0; i < NAMES_MAX; i++)
		assert_true(host.known[i].profile == 0 || host.known[i].is_noted);
}

static void expect_nothing(void)
{
	for (unsigned i = 0; i < NAMES_MAX; i++)
		assert_true(host.known[i].profile == 0 && !host.known[i].is_noted && !host.known[i].is_claimed);
}

/* -- cases --------------------------------------------------------------------------------------------------------- */

static const char name[] = "cordon.a";

static void package__is_noted_before_it_is_made_and_gone_afterwards(void **state)
{
	(void)state;
	static const char *const order[] = { "claim", "note made", "remove", "look",     "make",
					     "look",  "remove",    "look",   "note gone" };
	struct package_claim *given;
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!package_open(&host.packages, name, &given, &err))
		fail_msg("%s", err.text);
	assert_int_equal(host.known[0].profile, 1);
	assert_true(package_close(&host.packages, name, given, &err));
	assert_int_equal(host.steps, COUNT_OF(order));
	for (size_t i = 0; i < COUNT_OF(order); i++)
		assert_string_equal(host.order[i], order[i]);
	expect_nothing();
}

static void package__that_fails_at_any_step_is_gone_or_noted(void **state)
{
	(void)state;
	for (unsigned at = 1; at <= 9; at++) {
		struct package_claim *given;
		struct cordon_error err = CORDON_ERROR_INIT;
		setup(NULL);
		host.fails_at = at;
		bool is_open = package_open(&host.packages, name, &given, &err);
		assert_true(is_open == (at > 6));
		if (is_open)
			assert_false(package_close(&host.packages, name, given, &err));
		assert_non_null(strstr(err.text, "planted"));
		expect_none_unnoted();
		assert_false(host.known[0].is_claimed);
		host.fails_at = 0;
		assert_true(package_sweep(&host.packages, &err));
		expect_nothing();
	}
}

/* cordon may be killed between any two steps. */
static void package__whose_run_is_killed_at_any_step_is_swept(void **state)
{
	(void)state;
	for (unsigned at = 1; at <= 9; at++) {
		struct package_claim *given = NULL;
		struct cordon_error err = CORDON_ERROR_INIT;
		setup(NULL);
		host.dies_at = at;
		if (package_open(&host.packages, name, &given, &err))
			assert_false(package_close(&host.packages, name, given, &err));
		expect_none_unnoted();
		revive();
		assert_true(package_sweep(&host.packages, &err));
		expect_nothing();
		assert_true(package_open(&host.packages, name, &given, &err));
		assert_true(package_close(&host.packages, name, given, &err));
	}
}

/* Through a folder or a hive that stays, one run would write what the next one reads. */
static void package__is_never_an_earlier_runs(void **state)
{
	(void)state;
	struct package_claim *given;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(package_open(&host.packages, name, &given, &err));
	revive(); /* killed in the middle, and its next run comes before any sweep */
	free(given);
	unsigned old = host.known[0].profile;
	assert_true(package_open(&host.packages, name, &given, &err));
	assert_true(host.known[0].profile > old);
	assert_true(package_close(&host.packages, name, given, &err));
	expect_nothing();
}

static void package__is_one_runs(void **state)
{
	(void)state;
	struct package_claim *first, *other, *second = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(package_open(&host.packages, name, &first, &err));
	assert_true(package_open(&host.packages, "cordon.b", &other, &err));
	assert_false(package_open(&host.packages, name, &second, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	/* Nor does anybody sweep what is in use. */
	assert_true(package_sweep(&host.packages, &err));
	assert_true(host.known[0].profile && host.known[1].profile);
	assert_true(package_close(&host.packages, name, first, &err));
	assert_true(host.known[1].profile);
	assert_true(package_close(&host.packages, "cordon.b", other, &err));
	expect_nothing();
}

static void system__that_says_yes_and_does_nothing_is_found_out(void **state)
{
	(void)state;
	struct package_claim *given;
	struct cordon_error err = CORDON_ERROR_INIT;
	host.makes_nothing = true;
	assert_false(package_open(&host.packages, name, &given, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	expect_nothing();

	host.makes_nothing = false;
	assert_true(package_open(&host.packages, name, &given, &err));
	host.removes_nothing = true;
	assert_false(package_close(&host.packages, name, given, &err));
	assert_true(host.known[0].is_noted);
	/* And what is left there is nobody's to start from. */
	assert_false(package_open(&host.packages, name, &given, &err));
	assert_true(host.known[0].is_noted && !host.known[0].is_claimed);
}

/* What a wider policy has granted stays on the files: to another package. */
static void shape__differs_with_what_is_granted(void **state)
{
	(void)state;
	static struct windows_entry reads[] = { { false, { SID_PACKAGE, 0 }, RIGHTS_READ, REACH_TREE, "" } };
	static struct windows_entry changes[] = { { false, { SID_PACKAGE, 0 }, RIGHTS_MODIFY, REACH_TREE, "" } };
	static struct windows_entry alone[] = { { false, { SID_PACKAGE, 0 }, RIGHTS_READ, REACH_OBJECT, "" } };
	static struct windows_entry denies[] = { { true, { SID_PACKAGE, 0 }, RIGHTS_READ, REACH_TREE, "" } };
	static const struct {
		const char *path;
		uint64_t inode;
		struct windows_entry *entries;
	} cases[] = {
		{ "C:\\a", 1, reads }, { "C:\\a", 1, changes }, { "C:\\a", 1, alone },
		{ "C:\\b", 1, reads }, { "C:\\a", 2, reads },   { "C:\\a", 1, denies },
	};
	struct text shapes[COUNT_OF(cases)] = { 0 };
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct windows_object object = { .path = (char *)(uintptr_t)cases[i].path,
						 .device = 1,
						 .inode = cases[i].inode,
						 .entries = { cases[i].entries, 1, 1 } };
		const struct plan_windows windows = { .objects = { &object, 1, 1 } };
		assert_true(package_shape(&windows, &shapes[i]));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(text_str(&shapes[i]), text_str(&shapes[j]));
	}
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		text_free(&shapes[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(package__is_noted_before_it_is_made_and_gone_afterwards, setup),
		cmocka_unit_test_setup(package__that_fails_at_any_step_is_gone_or_noted, setup),
		cmocka_unit_test_setup(package__whose_run_is_killed_at_any_step_is_swept, setup),
		cmocka_unit_test_setup(package__is_never_an_earlier_runs, setup),
		cmocka_unit_test_setup(package__is_one_runs, setup),
		cmocka_unit_test_setup(system__that_says_yes_and_does_nothing_is_found_out, setup),
		cmocka_unit_test_setup(shape__differs_with_what_is_granted, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

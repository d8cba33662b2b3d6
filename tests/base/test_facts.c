#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/facts.h"
#include "base/list.h"
#include "base/scope.h"
#include "check.h"

static const struct variable *find(const struct facts *facts, const char *name)
{
	return facts_find_variable(facts, name, strlen(name));
}

/* ${git} has a value for each repository, none in a workspace without one; both differ from a name nobody knows. */
static void facts__variables_have_any_number_of_values(void **state)
{
	(void)state;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_non_null(facts);

	assert_true(facts_add_variable(facts, "git", NULL, &err));
	assert_true(facts_add_variable(facts, "home", "/home/u", &err));
	assert_int_equal(find(facts, "git")->count, 0);
	assert_true(facts_add_variable(facts, "git", "/w/.git", &err));
	assert_true(facts_add_variable(facts, "git", "/w/sub/.git", &err));

	const struct variable *git = find(facts, "git");
	assert_int_equal(git->count, 2);
	assert_string_equal(git->values[0], "/w/.git");
	assert_string_equal(git->values[1], "/w/sub/.git");
	assert_null(git->values[2]);
	assert_null(find(facts, "gi"));
	assert_null(find(facts, "gitx"));
	assert_null(find(facts, ""));
}

/* The name stands in the middle of a policy's text: its length, not a NUL, ends it. */
static void facts__variable_names_end_by_length(void **state)
{
	(void)state;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(facts_add_variable(facts, "home", "/home/u", &err));

	assert_non_null(facts_find_variable(facts, "home}/x", 4));
	assert_null(facts_find_variable(facts, "homes", 5));
}

/* Looked up as a rule spells it: a neighbour that begins alike is another path. */
static void facts__paths_are_found_whole(void **state)
{
	(void)state;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
	static const char *const paths[] = { "/w", "/w/.git", "/w/.github" };
	assert_null(facts_find_path(facts, "/w"));
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		struct path_fact *fact = facts_add_path(facts, paths[i], "/w/landing");
		assert_non_null(fact);
		assert_string_equal(fact->path, paths[i]);
		assert_string_equal(fact->landing, "/w/landing");
	}

	for (size_t i = 0; i < COUNT_OF(paths); i++)
		assert_ptr_equal(facts_find_path(facts, paths[i]), &facts->paths.items[i]);
	assert_null(facts_find_path(facts, "/w/.gi"));
	assert_null(facts_find_path(facts, "/w/"));
	assert_ptr_equal(facts_find_bytes(facts, "/w/.github", 7), &facts->paths.items[1]);
	assert_null(facts_find_bytes(facts, "/w/.github", 9));
}

/* However many there are: the table grows and loses none. */
static void facts__paths_are_found_among_thousands(void **state)
{
	(void)state;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
	for (int i = 0; i < 5000; i++) {
		char path[32];
		snprintf(path, sizeof path, "/w/%d", i);
		struct path_fact *fact = facts_add_path(facts, path, i % 2 ? path : "/w/elsewhere");
		assert_non_null(fact);
		fact->inode = (uint64_t)i;
		assert_int_equal(fact->landing == fact->path, i % 2);
	}
	for (int i = 0; i < 5000; i++) {
		char path[32];
		snprintf(path, sizeof path, "/w/%d", i);
		assert_int_equal(facts_find_path(facts, path)->inode, i);
	}
	assert_null(facts_find_path(facts, "/w/5000"));
}

static void facts__nothing_is_freed_without_harm(void **state)
{
	(void)state;
	assert_null(facts_free(NULL));
	assert_null(facts_free(facts_new(TARGET_WINDOWS)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts__variables_have_any_number_of_values),
		cmocka_unit_test(facts__variable_names_end_by_length),
		cmocka_unit_test(facts__paths_are_found_whole),
		cmocka_unit_test(facts__paths_are_found_among_thousands),
		cmocka_unit_test(facts__nothing_is_freed_without_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

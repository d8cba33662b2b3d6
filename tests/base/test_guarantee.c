#include <string.h>

#include "base/guarantee.h"
#include "check.h"

/* The set is closed: every member has a name of its own and a promise, and is found by its name. */
static void guarantee__every_member_is_found_by_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < GUARANTEE_COUNT; i++) {
		const char *name = guarantee_name((enum guarantee)i);
		assert_non_null(name);
		assert_non_null(guarantee_promise((enum guarantee)i));
		assert_true(strlen(guarantee_promise((enum guarantee)i)) > 0);
		assert_int_equal(guarantee_find(name), i);
	}
}

/* `accept` with a name that is nearly right must accept nothing. */
static void guarantee__unknown_names_are_not_found(void **state)
{
	(void)state;
	static const char *const names[] = { "", "files", "files.", "files.writ", "files.writes", "Files.write" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(guarantee_find(names[i]), GUARANTEE_COUNT);
}

/* Comparisons decide whether a run may start: absent < partial < enforced. */
static void guarantee__levels_are_ordered_and_named(void **state)
{
	(void)state;
	assert_true(LEVEL_ABSENT < LEVEL_PARTIAL && LEVEL_PARTIAL < LEVEL_ENFORCED);
	assert_string_equal(level_name(LEVEL_ABSENT), "absent");
	assert_string_equal(level_name(LEVEL_PARTIAL), "partial");
	assert_string_equal(level_name(LEVEL_ENFORCED), "enforced");
	assert_string_equal(level_name(LEVEL_UNASKED), "unasked");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guarantee__every_member_is_found_by_its_name),
		cmocka_unit_test(guarantee__unknown_names_are_not_found),
		cmocka_unit_test(guarantee__levels_are_ordered_and_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

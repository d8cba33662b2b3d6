#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "check.h"
#include "network/names.h"
#include "network/reach.h"

/* An address says which name was meant, for as long as the run lasts, and never another. */
static void names__keep_their_addresses(void **state)
{
	(void)state;
	struct names *names = calloc(1, sizeof *names);
	assert_non_null(names);
	for (unsigned i = 0; i < NAMES_MAX; i++) {
		char name[32];
		unsigned index;
		snprintf(name, sizeof name, "n%u.example", i);
		assert_true(names_find(names, name, &index));
		assert_int_equal(index, i);
	}
	for (unsigned i = 0; i < NAMES_MAX; i++) {
		char name[32];
		unsigned index;
		snprintf(name, sizeof name, "n%u.example", i);
		assert_true(names_find(names, name, &index));
		assert_int_equal(index, i);
		struct address four = names_ipv4(i), six = names_ipv6(i);
		assert_string_equal(names_at(names, &four), name);
		assert_string_equal(names_at(names, &six), name);
		assert_true(names_is_synthetic(&four) && names_is_synthetic(&six));
		assert_int_not_equal(reach_of(&four), REACH_GLOBAL);
		assert_int_not_equal(reach_of(&six), REACH_GLOBAL);
	}
	/* A program that asks for ever more names finds no more. */
	unsigned index;
	assert_false(names_find(names, "one-too-many.example", &index));
	assert_true(names_find(names, "n0.example", &index));
	free(names);
}

static void names__are_at_no_other_address(void **state)
{
	(void)state;
	static const char *const others[] = {
		"198.18.0.0",
		"198.18.0.1",
		"198.18.0.255",
		"198.18.1.1",
		"198.19.1.0",
		"198.17.1.0",
		"198.20.1.0",
		"10.0.1.0",
		"fd63:6f72:646e::1",
		"fd63:6f72:646e::101",
		"fd63:6f72::",
		"fd63:6f72:646e::1:0:0:100",
		"fd63:6f72:646e:0:100::100",
		"::100",
	};
	struct names *names = calloc(1, sizeof *names);
	unsigned index;
	assert_non_null(names);
	assert_true(names_find(names, "a.example", &index));
	struct address six = names_ipv6(0);
	char shown[ADDRESS_TEXT_SIZE];
	assert_string_equal(address_show(&six, shown), "fd63:6f72:646e::100");
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		struct address address;
		assert_true(address_read(others[i], strlen(others[i]), &address));
		if (names_at(names, &address))
			fail_msg("%s", others[i]);
	}
	free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names__keep_their_addresses),
		cmocka_unit_test(names__are_at_no_other_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

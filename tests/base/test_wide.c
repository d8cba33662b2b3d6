#include "base/wide.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"

/* Every name that NTFS can hold has to be sayable, and to come back as it was. */
static void wide__brings_every_unit_back(void **state)
{
	(void)state;
	static const uint16_t around[] = { 'a', 0xd800, 0xdbff, 0xdc00, 0xdfff, 0x7f, 0x80, 0x7ff, 0x800, 0xffff };
	for (unsigned unit = 1; unit <= 0xffff; unit++) {
		for (size_t i = 0; i < COUNT_OF(around); i++) {
			const uint16_t name[] = { around[i], (uint16_t)unit, around[COUNT_OF(around) - 1 - i], 0 };
			CORDON_ON_EXIT(text_free) struct text text = { 0 };
			CORDON_ON_EXIT(free_wide) uint16_t *back = NULL;
			struct cordon_error err = CORDON_ERROR_INIT;
			wide_add(&text, name, 3);
			assert_true(wide_make(text_str(&text), &back, &err));
			assert_int_equal(wide_length(back), 3);
			assert_memory_equal(back, name, sizeof name);
		}
	}
}

static void wide__is_UTF_8_where_the_text_is_sound(void **state)
{
	(void)state;
	static const uint16_t name[] = { 'x', 0xe9, 0x20ac, 0xd83d, 0xde00, 0 };
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	wide_add(&text, name, 5);
	assert_string_equal(text_str(&text), "x\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}

/* Two spellings of one name would be two names to the policy and one to the system. */
static void wide__refuses_every_second_spelling(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"\x80",
		"a\xff",
		"\xc0\xaf",
		"\xc1\x81",
		"\xe0\x80\xaf",
		"\xf0\x80\x80\xaf",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80",
		"\xe2\x82",
		"\xc3",
		"\xed\xa0\xbd\xed\xb8\x80",
	};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		uint16_t *wide = NULL;
		struct cordon_error err = CORDON_ERROR_INIT;
		assert_false(wide_make(texts[i], &wide, &err));
		assert_int_equal(err.status, CORDON_BAD_USAGE);
		assert_null(wide);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wide__brings_every_unit_back),
		cmocka_unit_test(wide__is_UTF_8_where_the_text_is_sound),
		cmocka_unit_test(wide__refuses_every_second_spelling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cli/windows/keys.h"

#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"

static void keys__become_bytes(void **state)
{
	(void)state;
	static const struct {
		struct key keys[4];
		size_t count;
		const char *expected;
	} cases[] = {
		{ { { 'a', 1, true, false } }, 1, "a" },
		{ { { 'a', 3, true, false } }, 1, "aaa" },
		{ { { 'a', 0, true, false } }, 1, "a" },
		{ { { 'a', 1, false, false } }, 1, "" },               /* let go */
		{ { { 0, 1, true, false } }, 1, "" },                  /* Shift */
		{ { { 0x20ac, 1, false, true } }, 1, "\xe2\x82\xac" }, /* Alt+0128 */
		{ { { 3, 1, true, false } }, 1, "\x03" },              /* Ctrl-C */
		{ { { 0x1b, 1, true, false }, { '[', 1, true, false }, { 'A', 1, true, false } }, 3, "\x1b[A" },
		{ { { 0xd83d, 1, true, false }, { 0, 1, false, false }, { 0xde00, 1, true, false } },
		  3,
		  "\xf0\x9f\x98\x80" },
		{ { { 0xd83d, 1, true, false }, { 0xd83d, 1, false, false }, { 0xde00, 1, true, false } },
		  3,
		  "\xf0\x9f\x98\x80" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		struct typing typing = { 0 };
		for (size_t j = 0; j < cases[i].count; j++)
			keys_add(&typing, &cases[i].keys[j], &text);
		assert_string_equal(text_str(&text), cases[i].expected);
	}
}

/* However the output is cut into pieces. */
static void questions__are_taken_out_and_the_rest_is_left(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *left;
		unsigned cursor, device;
	} cases[] = {
		{ "plain", "plain", 0, 0 },
		{ "a\x1b[6nb", "ab", 1, 0 },
		{ "\x1b[c\x1b[0c\x1b[6n", "", 1, 2 },
		{ "\x1b\x1b[6n", "\x1b", 1, 0 },
		{ "\x1b[\x1b[cx", "\x1b[x", 0, 1 },
		{ "\x1b[6\x1b[6n", "\x1b[6", 1, 0 },
		{ "\x1b[6m\x1b[01;31m\x1b[?6n", "\x1b[6m\x1b[01;31m\x1b[?6n", 0, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t length = strlen(cases[i].bytes);
		for (size_t piece = 1; piece <= length; piece++) {
			struct asking asking = { 0 };
			char out[64] = { 0 };
			size_t count = 0;
			unsigned cursor = 0, device = 0;
			for (size_t at = 0; at < length; at += piece) {
				struct asked asked;
				char room[32 + ASKED_ROOM];
				size_t size = length - at < piece ? length - at : piece;
				size_t left = asked_take(&asking, cases[i].bytes + at, size, room, &asked);
				assert_true(left <= size + ASKED_ROOM);
				memcpy(out + count, room, left);
				count += left;
				cursor += asked.cursor;
				device += asked.device;
			}
			assert_string_equal(out, cases[i].left);
			assert_int_equal(cursor, cases[i].cursor);
			assert_int_equal(device, cases[i].device);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys__become_bytes),
		cmocka_unit_test(questions__are_taken_out_and_the_rest_is_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

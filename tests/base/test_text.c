#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"

/* Growth moves the bytes; none may be lost, at no size. */
static void text__keeps_every_byte_while_it_grows(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };

	for (size_t i = 0; i < 5000; i++) {
		text_add_char(&text, (char)('a' + i % 26));
		assert_int_equal(text.length, i + 1);
		assert_int_equal(text.bytes[text.length], '\0');
	}
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(text.bytes[i], 'a' + i % 26);
	assert_true(text_ok(&text));
}

static void text__formats_what_is_longer_than_its_room(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	char name[400];
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';

	text_add(&text, "<");
	text_addf(&text, "%s/%zu", name, sizeof name);
	text_add(&text, ">");

	assert_int_equal(text.length, 1 + 399 + 4 + 1);
	assert_string_equal(text_str(&text) + 400, "/400>");
}

/* Bytes are bytes: a NUL in a file must reach the policy's reader, which refuses it, and not cut the text short. */
static void text__holds_zero_bytes(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	text_add_bytes(&text, "a\0b", 3);
	assert_int_equal(text.length, 3);
	assert_memory_equal(text.bytes, "a\0b", 4);
}

/* An empty text is a string too, whether it is looked at or taken, and may be freed twice. */
static void text__empty_is_a_string(void **state)
{
	(void)state;
	struct text text = { 0 };
	assert_string_equal(text_str(&text), "");
	CORDON_ON_EXIT(free_text) char *taken = text_take(&text);
	assert_non_null(taken);
	assert_string_equal(taken, "");
	assert_null(text.bytes);
	text_free(&text);
	text_free(&text);
}

/* What was taken belongs to the taker alone. */
static void text__starts_anew_after_it_was_taken(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	text_add(&text, "first");
	CORDON_ON_EXIT(free_text) char *first = text_take(&text);
	text_add(&text, "second");
	assert_string_equal(first, "first");
	assert_string_equal(text_str(&text), "second");
}

/* A failed addition is remembered: half a plan must never pass for a whole one. */
static void text__a_failure_is_not_forgotten(void **state)
{
	(void)state;
	struct text text = { 0 };
	text_add(&text, "half a ");
	text.failed = true; /* as a failed allocation leaves it */
	text_add(&text, "plan");
	text_addf(&text, "%s", "plan");
	assert_false(text_ok(&text));
	assert_null(text_take(&text));
}

static void text__knows_how_strings_start_and_end(void **state)
{
	(void)state;
	static const struct {
		const char *string, *part;
		bool starts, ends;
	} cases[] = {
		{ "policy.json", "policy", true, false },
		{ "policy.json", ".json", false, true },
		{ "policy.json", "", true, true },
		{ "", "", true, true },
		{ "", "x", false, false },
		{ "json", "a.json", false, false }, /* longer than the string */
		{ "abab", "ab", true, true },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(text_starts(cases[i].string, cases[i].part), cases[i].starts);
		assert_int_equal(text_ends(cases[i].string, cases[i].part), cases[i].ends);
	}
}

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

/* Eight bytes are compared at a time: a difference anywhere, also behind the eighth, is seen, and bytes count as
 * unsigned. The copies are exact, so that the sanitizer sees who reads behind the end.
 */
static void text__compares_as_strcmp_does(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",          "/",        "/home/u",         "/home/u/",        "/home/u/.ssh",       "/home/u/.ssi",
		"/home/u/a", "/home/v",  "/home/u/.config", "/home/u/.confih", "/home/u/.config/gh", "/home/u/\xff",
		"/home/u/~", "\xc3\xa4", "/home/ux/.ssh",   "12345678",        "1234567x",           "12345678x",
	};
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		for (size_t j = 0; j < COUNT_OF(texts); j++) {
			size_t a_length = strlen(texts[i]), b_length = strlen(texts[j]);
			CORDON_ON_EXIT(free_text) char *a = malloc(a_length + !a_length);
			CORDON_ON_EXIT(free_text) char *b = malloc(b_length + !b_length);
			assert_true(a && b);
			memcpy(a, texts[i], a_length);
			memcpy(b, texts[j], b_length);
			assert_int_equal(sign(text_compare(a, a_length, b, b_length)),
					 sign(strcmp(texts[i], texts[j])));
			size_t common = 0, shorter = a_length < b_length ? a_length : b_length;
			while (common < shorter && a[common] == b[common])
				common++;
			assert_int_equal(text_common(a, b, shorter), common);
		}
	}
}

#define NAME_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* "Did you mean": the distance is symmetric, and a key of any length is safe to ask about. */
static void text__distance_counts_single_changes(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		unsigned distance;
	} cases[] = {
		{ "", "", 0 },
		{ "files", "files", 0 },
		{ "fils", "files", 1 },
		{ "flies", "files", 2 },
		{ "", "abc", 3 },
		{ "kitten", "sitting", 3 },
		{ "memory", "network", 4 },
		{ NAME_63, NAME_63 "a", 64 },
		{ NAME_63, NAME_63, 0 },
		{ NAME_63 NAME_63, "x", 64 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(text_distance(cases[i].a, cases[i].b), cases[i].distance);
		assert_int_equal(text_distance(cases[i].b, cases[i].a), cases[i].distance);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text__keeps_every_byte_while_it_grows),
		cmocka_unit_test(text__formats_what_is_longer_than_its_room),
		cmocka_unit_test(text__holds_zero_bytes),
		cmocka_unit_test(text__empty_is_a_string),
		cmocka_unit_test(text__starts_anew_after_it_was_taken),
		cmocka_unit_test(text__a_failure_is_not_forgotten),
		cmocka_unit_test(text__knows_how_strings_start_and_end),
		cmocka_unit_test(text__compares_as_strcmp_does),
		cmocka_unit_test(text__distance_counts_single_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/windows_error.h"

#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"

/* The causes that people meet, and a word of what each is told to do. */
static void remedy__is_known_for_the_known_causes(void **state)
{
	(void)state;
	static const struct {
		uint32_t code;
		const char *word;
	} cases[] = {
		{ 5, "virus scanner" },     { 32, "another program" }, { 33, "another program" }, { 50, "NTFS" },
		{ 53, "network" },          { 67, "network" },         { 112, "full" },           { 206, "too long" },
		{ 225, "quarantine" },      { 226, "quarantine" },     { 362, "cloud" },          { 390, "cloud" },
		{ 395, "cloud" },           { 1058, "service" },       { 1260, "AppLocker" },     { 1314, "elevated" },
		{ 1326, "setup" },          { 1327, "administrator" }, { 1330, "expired" },       { 1331, "disabled" },
		{ 1385, "log on locally" }, { 1459, "Session 0" },     { 1907, "expired" },       { 1909, "locked" },
		{ 1816, "limits.memory" },  { 4394, "link" },          { 4551, "App Control" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *remedy = windows_error_remedy(cases[i].code);
		if (!remedy || !strstr(remedy, cases[i].word))
			fail_msg("error %u: %s", cases[i].code, remedy ? remedy : "nothing");
	}
	assert_null(windows_error_remedy(0));
	assert_null(windows_error_remedy(2));
	assert_null(windows_error_remedy(0xc0000005));
}

/* Each goes behind two paths into one error: longer than this the context would be cut for it. */
static void remedy__is_short(void **state)
{
	(void)state;
	for (uint32_t code = 0; code <= UINT16_MAX; code++) {
		const char *remedy = windows_error_remedy(code);
		if (remedy && strlen(remedy) > 110)
			fail_msg("error %u: %zu bytes", code, strlen(remedy));
	}
}

static void words__are_followed_by_number_and_remedy(void **state)
{
	(void)state;
	static const uint16_t denied[] = { 'N', 'o', '.', '\r', '\n' };
	static const struct {
		uint32_t code;
		size_t length;
		const char *expected;
	} cases[] = {
		{ 2, 5, "No (error 2)" },
		{ 2, 0, "error 2" },
		{ 112, 5, "No (error 112); the drive is full: make room on it" },
		{ 112, 0, "error 112; the drive is full: make room on it" },
		{ 0xc0000005, 0, "error 3221225477" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		windows_error_add(&text, cases[i].code, denied, cases[i].length);
		assert_string_equal(text_str(&text), cases[i].expected);
	}
}

static bool fail_with(struct cordon_error *err, const char *format, ...) CORDON_PRINTF(2, 3);
static bool fail_with(struct cordon_error *err, const char *format, ...)
{
	static const uint16_t words[] = { 'F', 'u', 'l', 'l', '.' };
	va_list args;
	va_start(args, format);
	bool is_fine = windows_error_fail(err, 112, words, COUNT_OF(words), format, args);
	va_end(args);
	return is_fine;
}

static void failure__says_what_why_and_what_to_do(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_false(fail_with(&err, "CreateFile: make '%s'", "C:\\x"));
	assert_string_equal(err.text, "CreateFile: make 'C:\\x': Full (error 112); the drive is full: make room on it");
	assert_int_equal(err.os_code, 112);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remedy__is_known_for_the_known_causes),
		cmocka_unit_test(remedy__is_short),
		cmocka_unit_test(words__are_followed_by_number_and_remedy),
		cmocka_unit_test(failure__says_what_why_and_what_to_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "check.h"

/* What the caller was doing stands in front of what went wrong, outermost first, and nothing else changes. */
static void error__context_stands_before_the_cause(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;

	assert_false(cordon_fail_errno(&err, ENOENT, "open '%s'", "/x"));
	assert_false(cordon_while(&err, "read %s", "policy"));
	assert_false(cordon_while(&err, "start"));

	assert_string_equal(err.text, "start: read policy: open '/x': No such file or directory");
	assert_int_equal(err.status, CORDON_OS_FAILED);
	assert_int_equal(err.os_code, ENOENT);
}

/* A workspace with a very long path must not push the cause out of the message. */
static void error__long_context_is_cut_and_the_cause_kept(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	char context[3 * CORDON_ERROR_TEXT_SIZE];
	memset(context, 'c', sizeof context - 1);
	context[sizeof context - 1] = '\0';

	cordon_fail(&err, CORDON_UNSUPPORTED, "the cause");
	cordon_while(&err, "%s", context);

	assert_int_equal(strlen(err.text), CORDON_ERROR_TEXT_SIZE - 1);
	assert_string_equal(err.text + strlen(err.text) - strlen("c: the cause"), "c: the cause");
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
}

/* At every length of the cause: the text ends inside its array, and with the cause, of which the middle may be missing.
 */
static void error__text_stays_inside_its_array_whatever_the_lengths(void **state)
{
	(void)state;
	char cause[CORDON_ERROR_TEXT_SIZE + 8];

	for (size_t length = 2; length < sizeof cause; length++) {
		struct {
			struct cordon_error err;
			char after[16];
		} guarded = { .err = CORDON_ERROR_INIT };
		memset(guarded.after, '#', sizeof guarded.after);
		memset(cause, 'x', length);
		cause[0] = '<';
		cause[length - 1] = '>';
		cause[length] = '\0';

		cordon_fail(&guarded.err, CORDON_BAD_USAGE, "%s", cause);
		cordon_while(&guarded.err, "context");
		cordon_while(&guarded.err, "outer");

		const char *text = guarded.err.text;
		assert_non_null(memchr(text, '\0', sizeof guarded.err.text));
		assert_true(text[strlen(text) - 1] == '>');
		const char *kept = strchr(text, '<');
		assert_non_null(kept);
		if (length < CORDON_ERROR_TEXT_SIZE)
			assert_string_equal(kept, cause);
		else
			assert_non_null(strstr(kept, "x…x"));
		for (size_t i = 0; i < sizeof guarded.after; i++)
			assert_int_equal(guarded.after[i], '#');
	}
}

/* The longest path must not push out what is wrong with it. */
static void error__the_cause_follows_the_longest_path(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	char path[4096];
	memset(path, 'd', sizeof path - 1);
	path[sizeof path - 1] = '\0';

	cordon_fail(&err, CORDON_BAD_USAGE, "'%s' is no directory", path);
	assert_memory_equal(err.text, "'ddd", 4);
	assert_string_equal(err.text + strlen(err.text) - strlen("d' is no directory"), "d' is no directory");

	cordon_fail_errno(&err, ENAMETOOLONG, "open '%s'", path);
	assert_memory_equal(err.text, "open 'ddd", 9);
	assert_string_equal(err.text + strlen(err.text) - strlen("d': File name too long"), "d': File name too long");
}

/* A name that a stranger chose may hold line ends, terminal escapes and bytes that are no UTF-8; and a text that is too
 * long must not be cut inside a character.
 */
static void error__text_is_one_line_of_utf_8(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	cordon_fail_at(&err, "/a\nb", 1, 1, "unknown key '%s'", "a\nb\x1b[2J\xff\xc3\xa9");
	cordon_while(&err, "in '%s'", "\r");
	assert_string_equal(err.text, "in '\\x0d': unknown key 'a\\nb\\x1b[2J\\xff\xc3\xa9'");
	assert_string_equal(err.file, "/a\\nb");

	for (size_t shift = 0; shift < 3; shift++) {
		char text[3 * CORDON_ERROR_TEXT_SIZE + 1];
		for (size_t i = 0; i < sizeof text - 1; i++)
			text[i] = "\xe2\x82\xac"[i % 3]; /* the euro sign */
		text[sizeof text - 1] = '\0';
		cordon_fail_at(&err, text, 1, 1, "%s%s", &"ab"[shift % 3], text);
		assert_null(strstr(err.text, "\\x"));
		assert_null(strstr(err.file, "\\x"));
		assert_true(strlen(err.text) > CORDON_ERROR_TEXT_SIZE - 4);
	}
}

/* The user must find the file: of a path that is too long the end is kept, where its name is. */
static void error__a_long_file_name_loses_its_front(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	char path[2 * CORDON_ERROR_FILE_SIZE];
	memset(path, 'd', sizeof path);
	strcpy(path + sizeof path - sizeof "/policy.json", "/policy.json");

	cordon_fail_at(&err, path, 3, 7, "unknown key '%s'", "flies");

	assert_int_equal(strlen(err.file), CORDON_ERROR_FILE_SIZE - 1);
	assert_string_equal(err.file + strlen(err.file) - strlen("/policy.json"), "/policy.json");
	assert_int_equal(err.line, 3);
	assert_int_equal(err.column, 7);
	assert_int_equal(err.status, CORDON_BAD_POLICY);
	assert_string_equal(err.text, "unknown key 'flies'");
}

/* An error struct is used again: nothing of the failure before may show through. */
static void error__a_new_failure_forgets_the_old_one(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;

	cordon_fail_at(&err, "policy.json", 3, 7, "a long text about the first failure");
	cordon_fail_os(&err, 5, "second");

	assert_string_equal(err.text, "second");
	assert_string_equal(err.file, "");
	assert_int_equal(err.line, 0);
	assert_int_equal(err.column, 0);
	assert_int_equal(err.os_code, 5);

	cordon_fail_memory(&err);
	assert_int_equal(err.status, CORDON_NO_MEMORY);
	assert_int_equal(err.os_code, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error__context_stands_before_the_cause),
		cmocka_unit_test(error__long_context_is_cut_and_the_cause_kept),
		cmocka_unit_test(error__text_stays_inside_its_array_whatever_the_lengths),
		cmocka_unit_test(error__the_cause_follows_the_longest_path),
		cmocka_unit_test(error__text_is_one_line_of_utf_8),
		cmocka_unit_test(error__a_long_file_name_loses_its_front),
		cmocka_unit_test(error__a_new_failure_forgets_the_old_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

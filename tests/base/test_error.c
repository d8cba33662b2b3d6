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

/* At every length of the cause: the text ends inside its array, and with the cause. */
static void error__text_stays_inside_its_array_whatever_the_lengths(void **state)
{
	(void)state;
	char cause[CORDON_ERROR_TEXT_SIZE + 8];

	for (size_t length = 0; length < sizeof cause; length++) {
		struct {
			struct cordon_error err;
			char after[16];
		} guarded = { .err = CORDON_ERROR_INIT };
		memset(guarded.after, '#', sizeof guarded.after);
		memset(cause, 'x', length);
		cause[length] = '\0';

		cordon_fail(&guarded.err, CORDON_BAD_USAGE, "%s", cause);
		cordon_while(&guarded.err, "context");
		cordon_while(&guarded.err, "outer");

		size_t kept = length < CORDON_ERROR_TEXT_SIZE ? length : CORDON_ERROR_TEXT_SIZE - 1;
		assert_non_null(memchr(guarded.err.text, '\0', sizeof guarded.err.text));
		assert_true(strlen(guarded.err.text) >= kept);
		cause[kept] = '\0';
		assert_string_equal(guarded.err.text + strlen(guarded.err.text) - kept, cause);
		for (size_t i = 0; i < sizeof guarded.after; i++)
			assert_int_equal(guarded.after[i], '#');
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
		cmocka_unit_test(error__a_long_file_name_loses_its_front),
		cmocka_unit_test(error__a_new_failure_forgets_the_old_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

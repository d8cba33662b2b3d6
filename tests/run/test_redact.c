#include "run/redact.h"

#include "base/list.h"
#include "base/scope.h"
#include "check.h"

static char *redact(const char *argument, const char *before, size_t limit)
{
	struct text text = { 0 };
	redact_add(&text, argument, before, limit);
	return text_take(&text);
}

/* Command lines are kept and shown to others; what people type into them as a secret must not be. */
static void redact__takes_out_what_looks_like_a_secret(void **state)
{
	static const struct {
		const char *argument, *before, *expected;
	} cases[] = {
		{ "--token=abc", NULL, "--token=***" },
		{ "abc", "--token", "***" },
		{ "abc", "--TOKEN", "***" },
		{ "abc", "--tokens-file=x", "abc" },
		{ "me:secret", "-u", "***" },
		{ "DB_PASSWORD=hunter2", NULL, "DB_PASSWORD=***" },
		{ "https://me:secret@host.example/path?q", NULL, "https://***@host.example/path?q" },
		{ "https://host.example/a@b", NULL, "https://host.example/a@b" },
		{ "Authorization: Bearer abc.def", "-H", "Authorization: Bearer ***" },
		{ "X-Api-Key:abc", "-H", "X-Api-Key:***" },
		{ "ghp_0123456789abcdefghij", NULL, "***" },
		{ "clone with ghp_0123456789abcdefghij", NULL, "clone with ***" },
		{ "sk-0123456789abcdef", NULL, "***" },
		{ "task-0123456789abcdef", NULL, "task-0123456789abcdef" },
		{ "curl --password x y; echo 'SECRET=z'", "-c", "curl --password *** y; echo 'SECRET=***'" },
		{ "{\"user\":\"me\", \"password\": \"x\"}", "-d", "{\"user\":\"me\", \"password\": \"***\"}" },
		{ "x", "--pass", "***" },
		{ "--auth=x", NULL, "--auth=***" },
		{ "--user=me:x", NULL, "--user=***" },
		{ "me:x", "--user", "***" },
		{ "--author=x", NULL, "--author=x" },
		{ "--pathspec", "--passive", "--pathspec" },
		{ "the password is x", NULL, "the password is x" },
		{ "plain", "--verbose", "plain" },
		{ "", NULL, "" },
		{ "a\x1b[31mb\n", NULL, "a\\x1b[31mb\\n" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(free_text) char *found = redact(cases[i].argument, cases[i].before, 200);
		assert_string_equal(found, cases[i].expected);
	}
}

/* A cut must not stand in the middle of a character, and the length is bounded whatever the command does. */
static void redact__is_bounded(void **state)
{
	(void)state;
	CORDON_ON_EXIT(free_text) char *found = redact("aaä", NULL, 3);
	assert_string_equal(found, "aa…");
	char *many[200];
	for (size_t i = 0; i < COUNT_OF(many); i++)
		many[i] = (char[]){ "x" };
	many[COUNT_OF(many) - 1] = NULL;
	char **arguments = redact_arguments(many);
	size_t count = 0;
	while (arguments[count])
		count++;
	assert_in_range(count, 2, 100);
	assert_string_equal(arguments[count - 1], "…");
	free(arguments);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(redact__takes_out_what_looks_like_a_secret),
		cmocka_unit_test(redact__is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

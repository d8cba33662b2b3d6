#include "policy/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "check.h"
#include "policy/policy.h"

struct join_case {
	enum target target;
	const char *head, *rest;
	const char *path; /* NULL: refused */
	bool is_glob;
};

/* One name, one spelling: rules meet only when their paths are equal. */
static void path__is_normalised_on_each_target(void **state)
{
	(void)state;
	static const struct join_case cases[] = {
		{ TARGET_LINUX, "", "/", "/", false },
		{ TARGET_LINUX, "", "//", "/", false },
		{ TARGET_LINUX, "", "/a/b", "/a/b", false },
		{ TARGET_LINUX, "", "/a//b/./c/", "/a/b/c", false },
		{ TARGET_LINUX, "", "/a/../b", "/b", false },
		{ TARGET_LINUX, "", "/../../b", "/b", false },
		{ TARGET_LINUX, "", "/a/b/../../..", "/", false },
		{ TARGET_LINUX, "", "/...", "/...", false },
		{ TARGET_LINUX, "/home/u", "", "/home/u", false },
		{ TARGET_LINUX, "/home/u", "/.ssh/", "/home/u/.ssh", false },
		{ TARGET_LINUX, "/home/u", "../x", "/home/x", false },
		{ TARGET_LINUX, "/", "x", "/x", false },
		{ TARGET_LINUX, "", "/A\\b", "/A\\b", false },
		{ TARGET_LINUX, "", "/a\\*b", "/a*b", false },
		{ TARGET_LINUX, "", "/a*b", "/a*b", true },
		{ TARGET_LINUX, "", "/a/**/b", "/a/**/b", true },
		{ TARGET_LINUX, "", "/x\\*y/*.key", "/x\\*y/*.key", true },
		{ TARGET_LINUX, "/w*", "", "/w*", false },
		{ TARGET_LINUX, "/w*", "*.key", "/w\\*/*.key", true },
		{ TARGET_LINUX, "/w\\", "*.key", "/w\\\\/*.key", true },
		{ TARGET_LINUX, "/${x}", "y", "/${x}/y", false },
		{ TARGET_LINUX, "", "**/.env", "**/.env", true },
		{ TARGET_LINUX, "", "/**/.env", "**/.env", true },
		{ TARGET_LINUX, "/f", "**", "/f/**", true },
		{ TARGET_LINUX, "", "a/b", NULL, false },
		{ TARGET_LINUX, "", "C:\\a", NULL, false },
		{ TARGET_LINUX, "", "/a**/b", NULL, false },
		{ TARGET_LINUX, "", "/a/***", NULL, false },
		{ TARGET_LINUX, "", "/a/*/../b", NULL, false },
		{ TARGET_LINUX, "", "**/../b", NULL, false },

		{ TARGET_WINDOWS, "", "/", "\\", false },
		{ TARGET_WINDOWS, "", "c:/", "C:\\", false },
		{ TARGET_WINDOWS, "", "c:/Users\\u/", "C:\\Users\\u", false },
		{ TARGET_WINDOWS, "", "C:\\a\\..\\..\\b", "C:\\b", false },
		{ TARGET_WINDOWS, "C:\\Users\\u", "/.ssh", "C:\\Users\\u\\.ssh", false },
		{ TARGET_WINDOWS, "", "\\\\srv\\share\\a", "\\\\srv\\share\\a", false },
		{ TARGET_WINDOWS, "", "//srv/share", "\\\\srv\\share", false },
		{ TARGET_WINDOWS, "", "//srv/share/../..", "\\\\srv\\share", false },
		{ TARGET_WINDOWS, "", "C:/a/*.key", "C:\\a\\*.key", true },
		{ TARGET_WINDOWS, "", "**/.env", "**\\.env", true },
		{ TARGET_WINDOWS, "", "/**/.env", "**\\.env", true },
		{ TARGET_WINDOWS, "", "C:a", NULL, false },
		{ TARGET_WINDOWS, "", "C:", NULL, false },
		{ TARGET_WINDOWS, "", "/usr", NULL, false },
		{ TARGET_WINDOWS, "", "\\\\?\\C:\\a", NULL, false },
		{ TARGET_WINDOWS, "", "\\\\.\\pipe\\x", NULL, false },
		{ TARGET_WINDOWS, "", "\\\\srv", NULL, false },
		{ TARGET_WINDOWS, "", "\\\\srv\\..\\a", NULL, false },
		{ TARGET_WINDOWS, "", "\\\\..\\share\\a", NULL, false },
		{ TARGET_WINDOWS, "", "\\\\srv\\a:b\\c", NULL, false },
		{ TARGET_WINDOWS, "", "\\\\??\\C:\\a", NULL, false },
		{ TARGET_WINDOWS, "", "C:\\a:stream", NULL, false },
		{ TARGET_WINDOWS, "", "C:\\a\\b.", NULL, false },
		{ TARGET_WINDOWS, "", "C:\\a\\b \\c", NULL, false },
		{ TARGET_WINDOWS, "", "C:\\a?", NULL, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct join_case *c = &cases[i];
		char *path = NULL;
		bool is_glob = false;
		const char *why = NULL;
		bool is_fine = path_join(c->target, c->head, c->rest, &path, &is_glob, &why);
		if (is_fine != (c->path != NULL))
			fail_msg("'%s' + '%s': %s", c->head, c->rest, is_fine ? path : why);
		if (is_fine && (strcmp(path, c->path) != 0 || is_glob != c->is_glob))
			fail_msg("'%s' + '%s': '%s', wanted '%s'", c->head, c->rest, path, c->path);
		if (!is_fine)
			assert_non_null(why);
		free(path);
	}
}

/* What is plain is laid together without a look: it has to come to what joining comes to, or a rule would stand for
 * another path than is checked. All heads and rests of up to six of these bytes.
 */
static void path__plain_ones_need_no_joining(void **state)
{
	(void)state;
	static const char bytes[] = "/.a*\\$";
	enum { LONGEST = 6 };
	size_t plain = 0;
	for (size_t number = 0; number < 117649; number++) {
		char text[LONGEST + 1] = "", joined[32];
		for (size_t rest = number, i = 0; i < LONGEST; i++, rest /= 7)
			text[i] = rest % 7 < 6 ? bytes[rest % 7] : '\0';
		if (!path_is_plain(TARGET_LINUX, text))
			continue;
		plain++;
		static const char *const others[] = { "", "/a", "/.a/..a", "/a/a", "/..." };
		for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
			for (int is_head = 0; is_head < 2; is_head++) {
				const char *head = is_head ? text : others[i], *rest = is_head ? others[i] : text;
				char *path;
				bool is_glob;
				const char *why;
				if (!head[0] && !rest[0])
					continue;
				assert_true(path_is_plain(TARGET_LINUX, others[i]));
				snprintf(joined, sizeof joined, "%s%s", head, rest);
				if (!path_join(TARGET_LINUX, head, rest, &path, &is_glob, &why))
					fail_msg("'%s' + '%s': %s", head, rest, why);
				if (strcmp(path, joined) != 0 || is_glob)
					fail_msg("'%s' + '%s': '%s'", head, rest, path);
				free(path);
			}
		}
	}
	assert_true(plain > 50);
	static const char *const others[] = { "/",     "a",  "/a/",   "//a",   "/a//b", "/.",
					      "/a/..", "/*", "/a\\b", "/${a}", "\\a" };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(path_is_plain(TARGET_LINUX, others[i]));
	assert_false(path_is_plain(TARGET_WINDOWS, "C:\\a"));
}

static const char *key_of(enum target target, const char *path, struct text *key)
{
	text_free(key);
	path_add_key(target, path, key);
	return text_str(key);
}

/* Windows has no case in names; Linux has. A policy that forgets it hides ~/.ssh and shows ~/.SSH. */
static void path__keys_fold_case_on_windows_only(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text key = { 0 };
	assert_string_equal(key_of(TARGET_LINUX, "/Home/U", &key), "/Home/U");
	assert_string_equal(key_of(TARGET_LINUX, "/", &key), "");
	assert_string_equal(key_of(TARGET_WINDOWS, "C:\\Users/U", &key), "c:\\users\\u");
	assert_string_equal(key_of(TARGET_WINDOWS, "C:\\", &key), "c:");
	assert_string_equal(key_of(TARGET_WINDOWS, "\\", &key), "");
	assert_string_equal(key_of(TARGET_WINDOWS, "C:\\M\xc3\x9cLLER", &key), "c:\\m\xc3\xbcller");
	assert_string_equal(key_of(TARGET_WINDOWS, "C:\\\xd0\x98\xd0\x81", &key), "c:\\\xd0\xb8\xd1\x91");
	assert_string_equal(key_of(TARGET_WINDOWS, "C:\\\xe6\x97\xa5\xf0\x9f\x98\x80", &key),
			    "c:\\\xe6\x97\xa5\xf0\x9f\x98\x80");
	assert_string_equal(key_of(TARGET_WINDOWS, "\\\\Srv\\Share", &key), "\\\\srv\\share");
}

/* Letters beyond the usual alphabets: what is hidden in one case is hidden in the other; and no letter of one case alone
 * becomes another.
 */
static void path__keys_fold_every_alphabet(void **state)
{
	(void)state;
	static const struct {
		const char *capital, *small;
	} pairs[] = {
		{ "\u1ea4\u1ea0\u01af", "\u1ea5\u1ea1\u01b0" }, /* Vietnamese */
		{ "\u0490\u0404", "\u0491\u0454" },             /* Ukrainian */
		{ "\u0386\u038c\u038f", "\u03ac\u03cc\u03ce" }, /* Greek */
		{ "\u039f\u03a3", "\u03bf\u03c2" },
		{ "\u0531", "\u0561" }, /* Armenian */
		{ "\u0178", "\u00ff" },
		{ "\u01cd", "\u01ce" },
	};
	static const char *const alone[] = { "\u0130", "\u0131", "\u212a", "\u00df", "\u00d7", "\u00f7", "\u1e9e" };
	CORDON_ON_EXIT(text_free) struct text key = { 0 };
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		CORDON_ON_EXIT(free_text) char *small = strdup(key_of(TARGET_WINDOWS, pairs[i].small, &key));
		assert_string_equal(key_of(TARGET_WINDOWS, pairs[i].capital, &key), small);
		assert_true(policy_glob_matches(TARGET_WINDOWS, pairs[i].capital, pairs[i].small));
		assert_false(policy_glob_matches(TARGET_LINUX, pairs[i].capital, pairs[i].small));
	}
	for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
		assert_string_equal(key_of(TARGET_WINDOWS, alone[i], &key), alone[i]);
}

/* A prefix is a folder, not a string: /srv/job must not open /srv/jobs. */
static void path__below_ends_at_a_separator(void **state)
{
	(void)state;
	assert_true(path_is_below(TARGET_LINUX, "/srv/job", "/srv/job"));
	assert_true(path_is_below(TARGET_LINUX, "/srv/job/a", "/srv/job"));
	assert_false(path_is_below(TARGET_LINUX, "/srv/jobs", "/srv/job"));
	assert_false(path_is_below(TARGET_LINUX, "/srv", "/srv/job"));
	assert_true(path_is_below(TARGET_LINUX, "/srv", ""));
	assert_true(path_is_below(TARGET_WINDOWS, "c:\\a", "c:"));
	assert_int_equal(path_depth(TARGET_LINUX, ""), 0);
	assert_int_equal(path_depth(TARGET_LINUX, "/a/b"), 2);
	assert_int_equal(path_depth(TARGET_WINDOWS, "c:"), 1);
	assert_int_equal(path_depth(TARGET_WINDOWS, "c:\\a"), 2);
	assert_int_equal(path_parent(TARGET_LINUX, "/a/b", 4), 2);
	assert_int_equal(path_parent(TARGET_LINUX, "/a", 2), 0);
	assert_int_equal(path_parent(TARGET_WINDOWS, "c:\\a", 4), 2);
	assert_int_equal(path_parent(TARGET_WINDOWS, "c:", 2), 0);
}

static void glob__stays_within_or_crosses_components(void **state)
{
	(void)state;
	static const struct {
		enum target target;
		const char *pattern, *path;
		bool matches;
	} cases[] = {
		{ TARGET_LINUX, "/a/*", "/a/b", true },
		{ TARGET_LINUX, "/a/*", "/a/.b", true },
		{ TARGET_LINUX, "/a/*", "/a/b/c", false },
		{ TARGET_LINUX, "/a/*", "/a", false },
		{ TARGET_LINUX, "/a/*.key", "/a/x.key", true },
		{ TARGET_LINUX, "/a/*.key", "/a/.key", true },
		{ TARGET_LINUX, "/a/*.key", "/a/x.keys", false },
		{ TARGET_LINUX, "/a/*.key", "/a/b/x.key", false },
		{ TARGET_LINUX, "/a/x*y*z", "/a/x1y2y3z", true },
		{ TARGET_LINUX, "/a/x*y*z", "/a/x1z2y", false },
		{ TARGET_LINUX, "/a/*b*", "/a/abba", true },
		{ TARGET_LINUX, "/*/b", "/a/b", true },
		{ TARGET_LINUX, "/*/b", "/a/a/b", false },
		{ TARGET_LINUX, "/a/**/b", "/a/b", true },
		{ TARGET_LINUX, "/a/**/b", "/a/x/y/b", true },
		{ TARGET_LINUX, "/a/**/b", "/a/x/y/b/c", false },
		{ TARGET_LINUX, "/a/**/b", "/x/a/b", false },
		{ TARGET_LINUX, "/a/**", "/a/b/c", true },
		{ TARGET_LINUX, "/a/**", "/a", false },
		{ TARGET_LINUX, "/a/**/b/**/c", "/a/b/x/b/c", true },
		{ TARGET_LINUX, "/a/**/b/**/c", "/a/c/b", false },
		{ TARGET_LINUX, "/a/**/b*/c", "/a/b1/x/b2/c", true },
		{ TARGET_LINUX, "**/.env", "/.env", true },
		{ TARGET_LINUX, "**/.env", "/a/b/.env", true },
		{ TARGET_LINUX, "**/.env", "/a/b.env", false },
		{ TARGET_LINUX, "**/.env", "/a/.env/b", false },
		{ TARGET_LINUX, "**/.git/hooks", "/a/.git/hooks", true },
		{ TARGET_LINUX, "**/.git/hooks", "/a/.git/x/hooks", false },
		{ TARGET_LINUX, "/a\\*/*", "/a*/x", true },
		{ TARGET_LINUX, "/a\\*/*", "/ab/x", false },
		{ TARGET_LINUX, "/a/*.KEY", "/a/x.key", false },
		{ TARGET_LINUX, "/a/*", "/a/\xff", true },
		{ TARGET_WINDOWS, "C:\\a\\*.KEY", "c:\\A\\x.key", true },
		{ TARGET_WINDOWS, "**\\.ENV", "C:\\a\\.env", true },
		{ TARGET_WINDOWS, "C:\\a\\*", "C:\\a\\b\\c", false },
		{ TARGET_WINDOWS, "C:\\*\xc3\x9c*",
		  "C:\\a\xc3\xbc"
		  "b",
		  true },
		{ TARGET_WINDOWS, "\\\\srv\\share\\*", "\\\\SRV\\share\\x", true },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (policy_glob_matches(cases[i].target, cases[i].pattern, cases[i].path) != cases[i].matches)
			fail_msg("%s on %s: not %d", cases[i].pattern, cases[i].path, cases[i].matches);
}

/* The attack: a pattern that makes the walk take for ever. */
static void glob__many_wildcards_take_no_time(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text pattern = { 0 };
	CORDON_ON_EXIT(text_free) struct text path = { 0 };
	for (int i = 0; i < 400; i++) {
		text_add(&pattern, "/**/*a*a*a*a*b");
		text_add(&path, "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	}
	for (int i = 0; i < 100; i++)
		assert_false(policy_glob_matches(TARGET_LINUX, text_str(&pattern), text_str(&path)));
}

static void pattern__parts_and_specificity(void **state)
{
	(void)state;
	static const struct {
		enum target target;
		const char *pattern, *literal, *moved;
	} cases[] = {
		{ TARGET_LINUX, "/a/b/*.key", "/a/b", "/z/*.key" },
		{ TARGET_LINUX, "/a/b/**/c", "/a/b", "/z/**/c" },
		{ TARGET_LINUX, "/*", "/", "/z/*" },
		{ TARGET_LINUX, "/a\\*/*", "/a*", "/z/*" },
		{ TARGET_LINUX, "**/.env", "/", "**/.env" },
		{ TARGET_WINDOWS, "C:\\a\\*", "C:\\a", "C:\\z\\*" },
		{ TARGET_WINDOWS, "C:\\*", "C:\\", "C:\\z\\*" },
		{ TARGET_WINDOWS, "**\\.env", "\\", "**\\.env" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool is_linux = cases[i].target == TARGET_LINUX;
		CORDON_ON_EXIT(free_text) char *literal = pattern_literal(cases[i].target, cases[i].pattern);
		CORDON_ON_EXIT(free_text)
		char *moved = pattern_move(cases[i].target, cases[i].pattern, is_linux ? "/z" : "C:\\z");
		assert_string_equal(literal, cases[i].literal);
		assert_string_equal(moved, cases[i].moved);
	}
	CORDON_ON_EXIT(free_text) char *starred = pattern_move(TARGET_LINUX, "/a/*", "/s*r");
	assert_string_equal(starred, "/s\\*r/*");

	assert_int_equal(pattern_specificity(TARGET_LINUX, "/a/b/*", "/a/b/c"), 5);
	assert_int_equal(pattern_specificity(TARGET_LINUX, "/a/**/c", "/a/b/c"), 3);
	assert_int_equal(pattern_specificity(TARGET_LINUX, "**/c", "/a/b/c"), 5);
	assert_int_equal(pattern_specificity(TARGET_WINDOWS, "C:\\a\\*", "C:\\a\\b"), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path__is_normalised_on_each_target),
		cmocka_unit_test(path__plain_ones_need_no_joining),
		cmocka_unit_test(path__keys_fold_case_on_windows_only),
		cmocka_unit_test(path__keys_fold_every_alphabet),
		cmocka_unit_test(path__below_ends_at_a_separator),
		cmocka_unit_test(glob__stays_within_or_crosses_components),
		cmocka_unit_test(glob__many_wildcards_take_no_time),
		cmocka_unit_test(pattern__parts_and_specificity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

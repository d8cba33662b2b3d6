#include "base/list.h"
#include "base/scope.h"
#include "base/show.h"
#include "check.h"

/* Text that a program chose reaches a terminal or a log: nothing in it may do more than be read. */
static void show__lets_no_control_through(void **state)
{
	(void)state;
	static const struct {
		const char *given, *shown;
	} cases[] = {
		{ "", "" },
		{ "plain text", "plain text" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x84", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x84" },
		{ "a\nb\tc\rd", "a\\nb\\tc\\x0dd" },
		{ "\x1b[31m\x07\x7f", "\\x1b[31m\\x07\\x7f" },
		{ "\xc2\x80\xc2\x9b\xc2\xa0", "\\x80\\x9b\xc2\xa0" }, /* C1: a terminal's escapes in one byte */
		{ "\xe2\x80\xaa\xe2\x80\xae\xe2\x81\xa6", "\\u202a\\u202e\\u2066" }, /* turn the text round */
		{ "\xe2\x80\xa8\xe2\x80\x8b\xef\xbb\xbf", "\\u2028\\u200b\\ufeff" },
		{ "\xf3\xa0\x81\x81", "\\ue0041" }, /* invisible tags */
		{ "\x80\xbf\xfe\xff", "\\x80\\xbf\\xfe\\xff" },
		{ "\xc0\xaf\xe0\x80\xaf", "\\xc0\\xaf\\xe0\\x80\\xaf" }, /* overlong */
		{ "\xed\xa0\x80\xf4\x90\x80\x80", "\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80" },
		{ "\xe2\x82", "\\xe2\\x82" }, /* cut off */
		{ "\xc3(", "\\xc3(" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		show_add(&text, cases[i].given);
		assert_string_equal(text_str(&text), cases[i].shown);
	}
}

static void show__shortens_paths_below_home_only(void **state)
{
	(void)state;
	static const struct {
		const char *path, *home, *shown;
	} cases[] = {
		{ "/home/u", "/home/u", "~" },
		{ "/home/u/x", "/home/u", "~/x" },
		{ "/home/user/x", "/home/u", "/home/user/x" },
		{ "/x", "/", "/x" },
		{ "/x", NULL, "/x" },
		{ "/x", "", "/x" },
		{ "/home/u/\n", "/home/u", "~/\\n" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		show_add_path(&text, cases[i].path, cases[i].home);
		assert_string_equal(text_str(&text), cases[i].shown);
	}
}

/* What is offered to be typed names that path and nothing else, whatever is in it. */
static void show__quotes_arguments_for_a_shell(void **state)
{
	(void)state;
	static const struct {
		const char *path, *shown;
	} cases[] = {
		{ "/home/u/x", "~/x" },
		{ "/a-b_c.d+e,f:g@h%i=j", "/a-b_c.d+e,f:g@h%i=j" },
		{ "/home/u/a b", "'/home/u/a b'" }, /* ~ is not expanded in quotes */
		{ "/a'b", "'/a'\\''b'" },
		{ "/$(x)`y`", "'/$(x)`y`'" },
		{ "/a\nb'c\\d", "$'/a\\x0ab\\'c\\\\d'" },
		{ "/\xc3\xa4", "'/\xc3\xa4'" },
		{ "/\xff", "$'/\\xff'" },
		{ "/~", "'/~'" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		show_add_argument(&text, cases[i].path, "/home/u");
		assert_string_equal(text_str(&text), cases[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(show__lets_no_control_through),
		cmocka_unit_test(show__shortens_paths_below_home_only),
		cmocka_unit_test(show__quotes_arguments_for_a_shell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

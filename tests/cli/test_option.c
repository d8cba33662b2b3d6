#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "check.h"
#include "cli/option.h"

struct values {
	bool is_loud, wants_help;
	const char *file;
	struct option_list numbers, settings;
};

#define PLACE(member) .place = offsetof(struct values, member)

static const struct option options[] = {
	{ .name = "loud", .letter = 'l', .help = "be loud", .kind = OPTION_FLAG, PLACE(is_loud) },
	{ .name = "help", .letter = 'h', .help = "this", .kind = OPTION_FLAG, PLACE(wants_help) },
	{ .name = "file", .argument = "FILE", .help = "a file", .kind = OPTION_TEXT, PLACE(file) },
	{ .name = "number", .argument = "N", .help = "a number", .kind = OPTION_LIST, PLACE(numbers) },
	{ .name = "write",
	  .argument = "PATH",
	  .help = "may be written",
	  .kind = OPTION_SETTING,
	  PLACE(settings),
	  .key = "files",
	  .value = "write" },
	{ .name = "later", .argument = "N", .kind = OPTION_LATER },
	{ 0 },
};

static struct values values;
static struct cordon_error err;
static char *words[16];
static char **operands;

/* Words apart by blanks. */
static bool parse(enum option_order order, const char *line)
{
	static char copy[256];
	size_t count = 0;
	free(values.numbers.items);
	free(values.settings.items);
	values = (struct values){ .is_loud = false };
	err = (struct cordon_error)CORDON_ERROR_INIT;
	strcpy(copy, line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		words[count++] = word;
	words[count] = NULL;
	return option_parse(options, order, words, &values, &operands, &err);
}

static const char *rest(void)
{
	static char line[256];
	line[0] = '\0';
	for (char **word = operands; *word; word++) {
		strcat(line, word == operands ? "" : " ");
		strcat(line, *word);
	}
	return line;
}

static void option__takes_every_spelling(void **state)
{
	(void)state;
	assert_true(parse(OPTIONS_FIRST, "--file a --number 1 --number=2 --number= --loud"));
	assert_string_equal(values.file, "a");
	assert_int_equal(values.numbers.count, 3);
	assert_string_equal(values.numbers.items[1].argument, "2");
	assert_string_equal(values.numbers.items[2].argument, "");
	assert_true(values.is_loud);
	assert_false(values.wants_help);
	assert_true(parse(OPTIONS_FIRST, "--file=--loud"));
	assert_string_equal(values.file, "--loud");
	assert_true(parse(OPTIONS_FIRST, "--file --loud"));
	assert_string_equal(values.file, "--loud");
	assert_true(parse(OPTIONS_FIRST, "-lh"));
	assert_true(values.is_loud && values.wants_help);
	assert_true(parse(OPTIONS_FIRST, "--write x=y --write z"));
	assert_string_equal(values.settings.items[0].argument, "x=y");
	assert_string_equal(values.settings.items[1].option->key, "files");
	assert_string_equal(rest(), "");
}

/* What belongs to the command is the command's, options and all. */
static void command__keeps_its_own_options(void **state)
{
	(void)state;
	static const struct {
		const char *line, *command;
	} cases[] = {
		{ "--loud make --file x -- y", "make --file x -- y" },
		{ "--loud -- --file x", "--file x" },
		{ "-- -- x", "-- x" },
		{ "--", "" },
		{ "- x", "- x" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(parse(OPTIONS_FIRST, cases[i].line));
		assert_string_equal(rest(), cases[i].command);
		assert_null(values.file);
	}
}

static void operands__stand_anywhere(void **state)
{
	(void)state;
	static const struct {
		const char *line, *operands;
	} cases[] = {
		{ "a --loud b", "a b" }, { "a --file f b -l -- --c d", "a b --c d" },
		{ "--loud", "" },        { "-- --a", "--a" },
		{ "a b c", "a b c" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(parse(OPTIONS_ANYWHERE, cases[i].line));
		assert_string_equal(rest(), cases[i].operands);
	}
}

/* A misspelt restriction must not run without it. */
static void option__that_is_wrong_is_an_error(void **state)
{
	(void)state;
	static const struct {
		const char *line, *words;
		int status;
	} cases[] = {
		{ "--fil x", "did you mean '--file'?", CORDON_BAD_USAGE },
		{ "--Loud", "unknown option '--Loud'; did you mean '--loud'?", CORDON_BAD_USAGE },
		{ "--bogus=1", "unknown option '--bogus'", CORDON_BAD_USAGE },
		{ "--file", "--file needs FILE", CORDON_BAD_USAGE },
		{ "--file a --file b", "--file is given twice", CORDON_BAD_USAGE },
		{ "--loud=yes", "--loud takes no argument", CORDON_BAD_USAGE },
		{ "-x", "unknown option '-x'", CORDON_BAD_USAGE },
		{ "-lx", "unknown option '-x' in '-lx'", CORDON_BAD_USAGE },
		{ "--later 3", "--later is not in this version", CORDON_UNSUPPORTED },
		{ "--later", "--later is not in this version", CORDON_UNSUPPORTED },
		{ "--=x", "unknown option", CORDON_BAD_USAGE },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_false(parse(OPTIONS_FIRST, cases[i].line));
		assert_int_equal(err.status, cases[i].status);
		if (!strstr(err.text, cases[i].words))
			fail_msg("%s: %s", cases[i].line, err.text);
	}
}

static void help__has_a_line_for_each_option(void **state)
{
	char text[2048] = "";
	(void)state;
	FILE *out = fmemopen(text, sizeof text, "w");
	assert_non_null(out);
	option_help(options, out);
	fclose(out);
	assert_non_null(strstr(text, "  -l, --loud"));
	assert_non_null(strstr(text, "--file FILE"));
	assert_non_null(strstr(text, "may be written\n"));
	assert_null(strstr(text, "later"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(option__takes_every_spelling),     cmocka_unit_test(command__keeps_its_own_options),
		cmocka_unit_test(operands__stand_anywhere),         cmocka_unit_test(option__that_is_wrong_is_an_error),
		cmocka_unit_test(help__has_a_line_for_each_option),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(values.numbers.items);
	free(values.settings.items);
	return failed;
}

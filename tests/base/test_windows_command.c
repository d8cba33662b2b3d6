#include "base/windows_command.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "base/wide.h"
#include "check.h"

/* -- the line ------------------------------------------------------------------------------------------------------ */

enum { ARGUMENTS_MAX = 16, LINE_MAX = 512 };

struct parsed {
	char room[LINE_MAX];
	char *argv[ARGUMENTS_MAX];
	int count;
};

/* Takes a line apart as "Parsing C command-line arguments" says it is done: by hand, from the text of the rules. */
static void parse(const char *line, struct parsed *parsed)
{
	char *to = parsed->room;
	memset(parsed, 0, sizeof *parsed);
	parsed->argv[parsed->count++] = to;
	if (*line == '"') {
		for (line++; *line && *line != '"'; line++)
			*to++ = *line;
		line += *line == '"';
	} else {
		while (*line && *line != ' ' && *line != '\t')
			*to++ = *line++;
	}
	*to++ = '\0';
	for (;;) {
		bool is_quoted = false;
		line += strspn(line, " \t");
		if (!*line)
			return;
		assert_true(parsed->count < ARGUMENTS_MAX);
		parsed->argv[parsed->count++] = to;
		while (*line && (is_quoted || (*line != ' ' && *line != '\t'))) {
			size_t backslashes = strspn(line, "\\");
			line += backslashes;
			if (*line == '"') {
				for (size_t i = 0; i < backslashes / 2; i++)
					*to++ = '\\';
				if (backslashes % 2)
					*to++ = '"';
				else
					is_quoted = !is_quoted;
				line++;
				continue;
			}
			for (size_t i = 0; i < backslashes; i++)
				*to++ = '\\';
			if (backslashes == 0)
				*to++ = *line++;
		}
		*to++ = '\0';
	}
}

static void expect_round_trip(char *const *argv)
{
	struct parsed parsed;
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *line = NULL;
	assert_true(windows_command_line("C:\\a b\\c.exe", argv, &line, &err));
	parse(line, &parsed);
	assert_string_equal(parsed.argv[0], "C:\\a b\\c.exe");
	int count = 1;
	for (; argv[count]; count++) {
		assert_true(count < parsed.count);
		assert_string_equal(parsed.argv[count], argv[count]);
	}
	assert_int_equal(parsed.count, count);
}

/* An argument that a program takes for two, or for an option, is one that somebody else wrote. */
static void line__is_taken_apart_into_the_same_arguments(void **state)
{
	(void)state;
	static char *const cases[][6] = {
		{ "x", "" },
		{ "x", "", "", "a" },
		{ "x", "a b", "c" },
		{ "x", "\"" },
		{ "x", "\\\"", "\\\\\"", "\\" },
		{ "x", "a\\", "a b\\", "a b\\\\" },
		{ "x", "C:\\Program Files\\", "--y" },
		{ "x", "\" & echo", "%PATH%", "^" },
		{ "x", "\ttab", "new\nline" },
		{ "x", "\xe2\x82\xac" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		expect_round_trip(cases[i]);

	static const char letters[] = "\\\\\\\"\" \ta";
	srand(1);
	for (int round = 0; round < 20000; round++) {
		char room[5][12];
		char *argv[6] = { "x" };
		int count = 1 + rand() % 4;
		for (int i = 1; i <= count; i++) {
			int length = rand() % 11;
			for (int j = 0; j < length; j++)
				room[i][j] = letters[(size_t)rand() % (sizeof letters - 1)];
			room[i][length] = '\0';
			argv[i] = room[i];
		}
		expect_round_trip(argv);
	}
}

static void line__refuses_what_cannot_be_said(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	char *line = NULL;
	char *bad[] = { "x", "a\xff", NULL };
	char *plain[] = { "x", NULL };
	assert_false(windows_command_line("C:\\x.exe", bad, &line, &err));
	assert_false(windows_command_line("C:\\x\".exe", plain, &line, &err));
	static char long_text[32770];
	memset(long_text, 'a', sizeof long_text - 1);
	char *many[] = { "x", long_text, NULL };
	assert_false(windows_command_line("C:\\x.exe", many, &line, &err));
	assert_non_null(strstr(err.text, "32766"));
	/* Exactly as much as Windows takes: the program in quotes, a space, the rest. */
	long_text[32766 - 11] = '\0';
	assert_true(windows_command_line("C:\\x.exe", many, &line, &err));
	assert_int_equal(strlen(line), 32766);
	free(line);
}

/* -- the environment ----------------------------------------------------------------------------------------------- */

static char *block_text(char *const *environment)
{
	CORDON_ON_EXIT(free_wide) uint16_t *block = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	struct text text = { 0 };
	assert_true(windows_environment_block(environment, &block, &err));
	const uint16_t *entry = block;
	for (; *entry; entry += wide_length(entry) + 1) {
		wide_add(&text, entry, wide_length(entry));
		text_add_char(&text, '|');
	}
	text_add_bytes(&text, "", 0);
	assert_int_equal(entry[0] || (entry == block && entry[1]), 0);
	return text_take(&text);
}

static void environment__is_sorted_whatever_the_case(void **state)
{
	(void)state;
	char *const environment[] = { "b=2", "=C:=C:\\secret", "A=1", "Path=C:\\x=y", "c=\xc3\xa9", "aB=", NULL };
	CORDON_ON_EXIT(free_text) char *text = block_text(environment);
	assert_string_equal(text, "A=1|aB=|b=2|c=\xc3\xa9|Path=C:\\x=y|");
	char *const nothing[] = { NULL };
	CORDON_ON_EXIT(free_text) char *empty = block_text(nothing);
	assert_string_equal(empty, "");
}

/* A program that takes the first PATH and one that takes the last would see different ones. */
static void environment__refuses_a_name_twice_and_no_name(void **state)
{
	(void)state;
	char *const cases[][3] = { { "PATH=a", "Path=b" }, { "A" }, { "A=\xff" } };
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct cordon_error err = CORDON_ERROR_INIT;
		uint16_t *block = NULL;
		assert_false(windows_environment_block(cases[i], &block, &err));
		assert_null(block);
	}
}

static void environment__is_searched_by_whole_names(void **state)
{
	(void)state;
	char *const environment[] = { "PATHEXT=.EXE", "=PATH=x", "Path=C:\\a", NULL };
	assert_string_equal(windows_environment_find(environment, "PATH"), "C:\\a");
	assert_null(windows_environment_find(environment, "PAT"));
}

/* -- the file ------------------------------------------------------------------------------------------------------ */

static char *candidates(const char *name, const char *path, const char *pathext)
{
	CORDON_ON_EXIT(free_text) char *path_entry = text_format("Path=%s", path);
	CORDON_ON_EXIT(free_text) char *pathext_entry = text_format("PATHEXT=%s", pathext);
	char *const environment[] = { path_entry, pathext_entry, NULL };
	struct cordon_error err = CORDON_ERROR_INIT;
	char **list = NULL;
	struct text text = { 0 };
	if (!windows_command_candidates(name, "C:\\work", environment, &list, &err)) {
		assert_int_equal(err.status, CORDON_NOT_FOUND);
		return NULL;
	}
	for (char **item = list; *item; item++)
		text_addf(&text, "%s|", *item);
	text_add_bytes(&text, "", 0);
	free(list);
	return text_take(&text);
}

/* The workspace is what a command wrote; a git.exe in it must not be what the next "git" runs. */
static void candidates__come_from_absolute_folders_of_PATH_alone(void **state)
{
	(void)state;
	static const struct {
		const char *name, *path, *pathext, *expected;
	} cases[] = {
		{ "git", "C:\\g;D:\\h\\", ".EXE", "C:\\g\\git.EXE|D:\\h\\git.EXE|" },
		{ "git", ";.;bin;..\\x;C:rel;\\rooted;C:\\g", ".EXE", "C:\\g\\git.EXE|" },
		{ "git", "\\\\.\\C:\\x;\\\\?\\C:\\x;\\\\server\\share", ".EXE", "\\\\server\\share\\git.EXE|" },
		{ "git", "\"C:\\a;b\";C:\\c", ".EXE", "C:\\a;b\\git.EXE|C:\\c\\git.EXE|" },
		{ "git", "", ".EXE", "" },
		{ "git.exe", "C:\\g", ".COM;.EXE", "C:\\g\\git.exe|" },
		{ "python3.11", "C:\\g", ".EXE", "C:\\g\\python3.11|C:\\g\\python3.11.EXE|" },
		{ "a", "C:\\g", ".JS;.exe;.cmd;.PY", "C:\\g\\a.exe|C:\\g\\a.cmd|" },
		{ "a", "C:\\g", "", "C:\\g\\a.COM|C:\\g\\a.EXE|C:\\g\\a.BAT|C:\\g\\a.CMD|" },
		{ ".\\a", "C:\\g", ".EXE", "C:\\work\\.\\a.EXE|" },
		{ "sub/a.exe", "C:\\g", ".EXE", "C:\\work\\sub/a.exe|" },
		{ "D:\\x\\a", "C:\\g", ".EXE", "D:\\x\\a.EXE|" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(free_text)
		char *found = candidates(cases[i].name, cases[i].path, cases[i].pathext);
		assert_non_null(found);
		assert_string_equal(found, cases[i].expected);
	}
	static const char *const refused[] = { "",       "C:a",     "\\a",      "nul",      "a.exe.",
					       "a.exe ", "a:s.exe", "\\\\.\\x", "sub\\con", "\\\\?\\C:\\a.exe" };
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		assert_null(candidates(refused[i], "C:\\g", ".EXE"));
}

static void candidates__tell_batch_files(void **state)
{
	(void)state;
	static const char *const batch[] = { "C:\\a.bat", "a.CMD", "a.Bat.", "a.cmd ", "a.cmd. .", ".bat" };
	static const char *const other[] = { "a.exe", "bat", "a.batx", "a.cmd.exe", "" };
	for (size_t i = 0; i < COUNT_OF(batch); i++)
		assert_true(windows_command_is_batch(batch[i]));
	for (size_t i = 0; i < COUNT_OF(other); i++)
		assert_false(windows_command_is_batch(other[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line__is_taken_apart_into_the_same_arguments),
		cmocka_unit_test(line__refuses_what_cannot_be_said),
		cmocka_unit_test(environment__is_sorted_whatever_the_case),
		cmocka_unit_test(environment__refuses_a_name_twice_and_no_name),
		cmocka_unit_test(environment__is_searched_by_whole_names),
		cmocka_unit_test(candidates__come_from_absolute_folders_of_PATH_alone),
		cmocka_unit_test(candidates__tell_batch_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

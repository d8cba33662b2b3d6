#include "base/windows_command.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "base/wide.h"
#include "base/windows_name.h"

enum { LINE_UNITS_MAX = 32766 }; /* and a zero: UNICODE_STRING counts its bytes in 16 bits */

/* -- the line ----------------------------------------------------------------------------------------------------- */

/* Backslashes mean themselves but in front of a quote; there two stand for one. */
static void add_argument(struct text *line, const char *argument)
{
	if (*argument && !strpbrk(argument, " \t\n\v\"")) {
		text_add(line, argument);
		return;
	}
	text_add_char(line, '"');
	while (*argument) {
		size_t backslashes = strspn(argument, "\\");
		bool is_before_quote = argument[backslashes] == '"' || argument[backslashes] == '\0';
		for (size_t i = 0; i < backslashes * (is_before_quote ? 2 : 1); i++)
			text_add_char(line, '\\');
		argument += backslashes;
		if (*argument == '"')
			text_add_char(line, '\\');
		if (*argument)
			text_add_char(line, *argument++);
	}
	text_add_char(line, '"');
}

bool windows_command_line(const char *program, char *const *argv, char **ret_line, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text line = { 0 };
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	/* In the program's name nothing is escaped: it ends at the next quote. */
	if (strchr(program, '"'))
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s': a program's name has no '\"' on Windows", program);
	text_addf(&line, "\"%s\"", program);
	for (char *const *argument = argv + 1; argv[0] && *argument; argument++) {
		text_add_char(&line, ' ');
		add_argument(&line, *argument);
	}
	if (!text_ok(&line))
		return cordon_fail_memory(err);
	if (!wide_make(text_str(&line), &wide, err))
		return cordon_while(err, "the command's arguments");
	if (wide_length(wide) > LINE_UNITS_MAX)
		return cordon_fail(err, CORDON_BAD_USAGE,
				   "the command line is longer than the %d units that Windows takes", LINE_UNITS_MAX);
	*ret_line = text_take(&line);
	return true;
}

/* -- the environment ---------------------------------------------------------------------------------------------- */

static unsigned char fold(char c)
{
	return (unsigned char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* By what stands before the first '=' that is not the first character. */
static int compare_names(const char *a, const char *b)
{
	while (*a && *a != '=' && fold(*a) == fold(*b)) {
		a++;
		b++;
	}
	return (*a == '=' ? 0 : fold(*a)) - (*b == '=' ? 0 : fold(*b));
}

static int compare_entries(const void *left, const void *right)
{
	return compare_names(*(char *const *)left, *(char *const *)right);
}

const char *windows_environment_find(char *const *environment, const char *name)
{
	for (; *environment; environment++)
		if (**environment != '=' && strchr(*environment, '=') && compare_names(*environment, name) == 0)
			return strchr(*environment, '=') + 1;
	return NULL;
}

struct units {
	uint16_t *items;
	size_t count, room;
};

static void free_units(struct units *units)
{
	free(units->items);
}

static bool add_entry(struct units *units, const char *entry, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	if (!wide_make(entry, &wide, err))
		return cordon_while(err, "environment");
	size_t length = wide_length(wide) + 1;
	if (!LIST_RESERVE(units, length))
		return cordon_fail_memory(err);
	memcpy(units->items + units->count, wide, length * sizeof *wide);
	units->count += length;
	return true;
}

static void free_list(char ***list)
{
	free(*list);
}

bool windows_environment_block(char *const *environment, uint16_t **ret_block, struct cordon_error *err)
{
	size_t count = 0, kept = 0;
	while (environment[count])
		count++;
	CORDON_ON_EXIT(free_list) char **sorted = calloc(count + 1, sizeof *sorted);
	CORDON_ON_EXIT(free_units) struct units units = { 0 };
	if (!sorted)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		if (environment[i][0] == '=')
			continue;
		if (!strchr(environment[i], '='))
			return cordon_fail(err, CORDON_BAD_USAGE, "environment: '%s' has no '='", environment[i]);
		sorted[kept++] = environment[i];
	}
	qsort(sorted, kept, sizeof *sorted, compare_entries);
	for (size_t i = 0; i < kept; i++) {
		if (i > 0 && compare_names(sorted[i - 1], sorted[i]) == 0)
			return cordon_fail(err, CORDON_BAD_USAGE, "environment: '%.*s' is there twice",
					   (int)strcspn(sorted[i], "="), sorted[i]);
		if (!add_entry(&units, sorted[i], err))
			return false;
	}
	/* An empty block has two zeros as well. */
	if (!LIST_RESERVE(&units, 2))
		return cordon_fail_memory(err);
	units.items[units.count] = units.items[units.count + 1] = 0;
	*ret_block = cordon_take(&units.items);
	return true;
}

/* -- the file ----------------------------------------------------------------------------------------------------- */

static bool is_separator(char c)
{
	return c == '\\' || c == '/';
}

/* C:\…, or \\server\share; neither C:folder nor \folder, which depend on where one is, nor \\.\device. */
static bool is_absolute(const char *path, size_t length)
{
	bool has_drive = length >= 3 && ((path[0] | 0x20) >= 'a' && (path[0] | 0x20) <= 'z') && path[1] == ':' &&
			 is_separator(path[2]);
	return has_drive || (length > 2 && is_separator(path[0]) && is_separator(path[1]) && !strchr(".?/\\", path[2]));
}

/* Where the name's ending begins, its dot; or its end. */
static size_t ending_of(const char *name)
{
	size_t end = strlen(name);
	for (size_t i = end; i > 0 && !is_separator(name[i - 1]) && name[i - 1] != ':'; i--)
		if (name[i - 1] == '.')
			return i - 1;
	return end;
}

static bool is_ending(const char *ending, size_t length, const char *wanted)
{
	if (length != strlen(wanted))
		return false;
	for (size_t i = 0; i < length; i++)
		if (fold(ending[i]) != (unsigned char)wanted[i])
			return false;
	return true;
}

static const char *const endings[] = { ".COM", ".EXE", ".BAT", ".CMD" };

static bool is_starting(const char *ending, size_t length)
{
	for (size_t i = 0; i < COUNT_OF(endings); i++)
		if (is_ending(ending, length, endings[i]))
			return true;
	return false;
}

bool windows_command_is_batch(const char *path)
{
	/* As CreateProcess sees it, which leaves out dots and spaces at the end. */
	size_t length = strlen(path);
	while (length > 0 && (path[length - 1] == '.' || path[length - 1] == ' '))
		length--;
	return length >= 4 && (is_ending(path + length - 4, 4, ".BAT") || is_ending(path + length - 4, 4, ".CMD"));
}

struct candidates {
	const char **items;
	size_t count, room;
	struct arena *arena;
};

static bool add_candidate(struct candidates *candidates, const char *folder, size_t folder_length, const char *name,
			  const char *ending, size_t ending_length)
{
	struct text path = { 0 };
	text_add_bytes(&path, folder, folder_length);
	if (folder_length > 0 && !is_separator(folder[folder_length - 1]))
		text_add_char(&path, '\\');
	text_add(&path, name);
	text_add_bytes(&path, ending, ending_length);
	const char *kept = text_ok(&path) ? arena_copy(candidates->arena, text_str(&path), path.length) : NULL;
	text_free(&path);
	const char **added = kept ? LIST_ADD_IN(candidates->arena, candidates) : NULL;
	if (added)
		*added = kept;
	return added;
}

/* The name in the folder, as it is and with each of the endings of PATHEXT that start something. */
static bool add_in_folder(struct candidates *candidates, const char *folder, size_t length, const char *name,
			  const char *pathext)
{
	size_t end = ending_of(name);
	if (is_starting(name + end, strlen(name + end)))
		return add_candidate(candidates, folder, length, name, "", 0);
	if (name[end] && !add_candidate(candidates, folder, length, name, "", 0))
		return false;
	while (*pathext) {
		size_t ending_length = strcspn(pathext, ";");
		if (is_starting(pathext, ending_length) &&
		    !add_candidate(candidates, folder, length, name, pathext, ending_length))
			return false;
		pathext += ending_length + (pathext[ending_length] == ';');
	}
	return true;
}

/* Folders of PATH are separated by semicolons; one in quotes may hold some. */
static bool add_in_path(struct candidates *candidates, const char *path, const char *name, const char *pathext)
{
	while (*path) {
		bool is_quoted = *path == '"';
		path += is_quoted;
		size_t length = strcspn(path, is_quoted ? "\"" : ";");
		if (is_absolute(path, length) && !add_in_folder(candidates, path, length, name, pathext))
			return false;
		path += length;
		path += strcspn(path, ";");
		path += *path == ';';
	}
	return true;
}

static const char *check_components(const char *name)
{
	const char *at = name + ((name[0] && name[1] == ':') ? 2 : 0);
	while (*at) {
		at += strspn(at, "\\/");
		size_t length = strcspn(at, "\\/");
		bool is_dots = (length == 1 && at[0] == '.') || (length == 2 && at[0] == '.' && at[1] == '.');
		const char *fault = length > 0 && !is_dots ? windows_name_fault(at, length) : NULL;
		if (fault)
			return fault;
		at += length;
	}
	return NULL;
}

bool windows_command_candidates(const char *name, const char *directory, char *const *environment,
				char ***ret_candidates, struct cordon_error *err)
{
	static const char usual[] = ".COM;.EXE;.BAT;.CMD";
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct candidates candidates = { .arena = &arena };
	const char *path = windows_environment_find(environment, "PATH");
	const char *pathext = windows_environment_find(environment, "PATHEXT");
	size_t length = strlen(name);
	bool is_fine = true;
	const char *fault = length ? check_components(name) : "an empty name";
	if (fault)
		return cordon_fail(err, CORDON_NOT_FOUND, "'%s': %s", name, fault);
	if (!pathext || !*pathext)
		pathext = usual;
	if (is_absolute(name, length))
		is_fine = add_in_folder(&candidates, "", 0, name, pathext);
	else if (name[1] == ':' || is_separator(name[0]))
		return cordon_fail(err, CORDON_NOT_FOUND,
				   "'%s' depends on where one is: name it with its drive and folder", name);
	else if (strpbrk(name, "\\/"))
		is_fine = add_in_folder(&candidates, directory, strlen(directory), name, pathext);
	else
		is_fine = add_in_path(&candidates, path ? path : "", name, pathext);
	char **list = is_fine ? text_list(NULL, candidates.items, candidates.count) : NULL;
	if (!list)
		return cordon_fail_memory(err);
	*ret_candidates = list;
	return true;
}

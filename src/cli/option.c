#include "cli/option.h"

#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"

void option_list_free(struct option_list *list)
{
	free(list->items);
}

/* -- looking up ----------------------------------------------------------------------------------------------- */

const char *option_hint(const char *given, const char *prefix, const void *names, size_t step)
{
	static char hint[128];
	const char *nearest = NULL, *name;
	unsigned least = 3;
	for (const char *at = names;; at += step) {
		memcpy(&name, at, sizeof name);
		if (!name)
			break;
		unsigned distance = text_distance(given, name);
		if (distance < least && distance < strlen(name)) {
			least = distance;
			nearest = name;
		}
	}
	hint[0] = '\0';
	if (nearest)
		snprintf(hint, sizeof hint, "; did you mean '%s%s'?", prefix, nearest);
	return hint;
}

static const struct option *find(const struct option *options, const char *name, size_t length)
{
	for (; options->name; options++)
		if (strlen(options->name) == length && memcmp(options->name, name, length) == 0)
			return options;
	return NULL;
}

static const struct option *find_letter(const struct option *options, char letter)
{
	for (; options->name; options++)
		if (options->letter == letter)
			return options;
	return NULL;
}

/* -- parsing -------------------------------------------------------------------------------------------------- */

static bool take_text(const struct option *option, const char *argument, void *values, struct cordon_error *err)
{
	char *place = (char *)values + option->place;
	const char *given;
	memcpy(&given, place, sizeof given);
	if (given)
		return cordon_fail(err, CORDON_BAD_USAGE, "--%s is given twice", option->name);
	memcpy(place, &argument, sizeof argument);
	return true;
}

static bool take(const struct option *option, const char *argument, void *values, struct cordon_error *err)
{
	char *place = (char *)values + option->place;
	const bool yes = true;
	switch (option->kind) {
	case OPTION_FLAG:
		memcpy(place, &yes, sizeof yes);
		return true;
	case OPTION_TEXT:
		return take_text(option, argument, values, err);
	case OPTION_LIST:
	case OPTION_SETTING: {
		struct given *given = LIST_ADD((struct option_list *)(void *)place);
		if (!given)
			return cordon_fail_memory(err);
		*given = (struct given){ option, argument };
		return true;
	}
	case OPTION_LATER:
		break;
	}
	return cordon_fail(err, CORDON_UNSUPPORTED, "--%s is not in this version", option->name);
}

/* "--name", "--name=argument" or "--name argument"; *ret_used is the number of words. */
static bool parse_long(const struct option *options, char *const *words, void *values, size_t *ret_used,
		       struct cordon_error *err)
{
	const char *name = words[0] + 2;
	size_t length = strcspn(name, "=");
	const struct option *option = find(options, name, length);
	if (!option) {
		CORDON_ON_EXIT(free_text) char *copy = text_format("%.*s", (int)length, name);
		return cordon_fail(err, CORDON_BAD_USAGE, "unknown option '--%s'%s", copy ? copy : name,
				   option_hint(copy ? copy : name, "--", &options->name, sizeof *options));
	}
	*ret_used = 1;
	if (option->kind == OPTION_LATER)
		return take(option, NULL, values, err);
	if (!option->argument) {
		if (name[length])
			return cordon_fail(err, CORDON_BAD_USAGE, "--%s takes no argument", option->name);
		return take(option, NULL, values, err);
	}
	if (name[length])
		return take(option, name + length + 1, values, err);
	if (!words[1])
		return cordon_fail(err, CORDON_BAD_USAGE, "--%s needs %s", option->name, option->argument);
	*ret_used = 2;
	return take(option, words[1], values, err);
}

/* "-v", "-hv", "-o FILE": only the last of several letters may take an argument, the next word. */
static bool parse_letters(const struct option *options, char **words, void *values, size_t *ret_used,
			  struct cordon_error *err)
{
	for (const char *letter = words[0] + 1; *letter; letter++) {
		const struct option *option = find_letter(options, *letter);
		if (!option || (option->argument && letter[1]))
			return cordon_fail(err, CORDON_BAD_USAGE, "unknown option '-%c' in '%s'", *letter, words[0]);
		if (option->argument && !words[1])
			return cordon_fail(err, CORDON_BAD_USAGE, "-%c needs %s", *letter, option->argument);
		if (option->argument) {
			*ret_used = 2;
			return take(option, words[1], values, err);
		}
		if (!take(option, NULL, values, err))
			return false;
	}
	return true;
}

bool option_parse(const struct option *options, enum option_order order, char **words, void *values,
		  char ***ret_operands, struct cordon_error *err)
{
	size_t operands = 0; /* gathered at the beginning of words */
	size_t at = 0;
	while (words[at]) {
		size_t used = 1;
		bool is_option = words[at][0] == '-' && words[at][1];
		if (strcmp(words[at], "--") == 0) {
			at++;
			break;
		}
		if (!is_option && order == OPTIONS_FIRST)
			break;
		if (!is_option)
			words[operands++] = words[at];
		else if (words[at][1] == '-' ? !parse_long(options, words + at, values, &used, err)
					     : !parse_letters(options, words + at, values, &used, err))
			return false;
		at += used;
	}
	if (operands == 0) {
		*ret_operands = words + at;
		return true;
	}
	while (words[at])
		words[operands++] = words[at++];
	words[operands] = NULL;
	*ret_operands = words;
	return true;
}

/* -- help ----------------------------------------------------------------------------------------------------- */

void option_help(const struct option *options, FILE *out)
{
	enum { COLUMN = 26 };
	for (; options->name; options++) {
		char left[64];
		if (!options->help || options->kind == OPTION_LATER)
			continue;
		char letter[] = { '-', options->letter, ',', ' ', '\0' };
		snprintf(left, sizeof left, "%s--%s%s%s", options->letter ? letter : "", options->name,
			 options->argument ? " " : "", options->argument ? options->argument : "");
		if (strlen(left) < COLUMN)
			fprintf(out, "  %-*s%s\n", COLUMN, left, options->help);
		else
			fprintf(out, "  %s\n  %*s%s\n", left, COLUMN, "", options->help);
	}
}

#include "base/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"

struct facts *facts_new(enum target target)
{
	struct facts *facts = calloc(1, sizeof *facts);
	if (facts)
		facts->target = target;
	return facts;
}

static void free_strings(char **strings)
{
	for (char **string = strings; string && *string; string++)
		free(*string);
	free(strings);
}

struct facts *facts_free(struct facts *facts)
{
	if (!facts)
		return NULL;

	free(facts->user_sid);
	free(facts->home);
	free(facts->workspace);
	free(facts->directory);
	free(facts->temp);
	free(facts->state);
	free_strings(facts->environment);
	for (size_t i = 0; i < facts->variables.count; i++)
		free_strings(facts->variables.items[i].values);
	free(facts->variables.items);
	for (size_t i = 0; i < facts->paths.count; i++) {
		free(facts->paths.items[i].path);
		free(facts->paths.items[i].landing);
	}
	free(facts->paths.items);
	free(facts->tools.items);
	for (size_t i = 0; i < facts->sockets.count; i++)
		free(facts->sockets.items[i]);
	free(facts->sockets.items);
	free(facts);
	return NULL;
}

void facts_free_at(struct facts **facts)
{
	facts_free(*facts);
}

bool facts_add_variable(struct facts *facts, const char *name, const char *value, struct cordon_error *err)
{
	struct variable *variable = NULL;
	for (size_t i = 0; i < facts->variables.count && !variable; i++)
		if (strcmp(facts->variables.items[i].name, name) == 0)
			variable = &facts->variables.items[i];
	if (!variable)
		variable = LIST_ADD(&facts->variables);
	if (!variable)
		return cordon_fail_memory(err);
	variable->name = name;
	if (!value)
		return true;

	char *copy = strdup(value);
	char **values = realloc(variable->values, (variable->count + 2) * sizeof *values);
	if (values)
		variable->values = values;
	if (!copy || !values) {
		free(copy);
		return cordon_fail_memory(err);
	}
	values[variable->count++] = copy;
	values[variable->count] = NULL;
	return true;
}

const struct variable *facts_find_variable(const struct facts *facts, const char *name, size_t length)
{
	for (size_t i = 0; i < facts->variables.count; i++) {
		const char *candidate = facts->variables.items[i].name;
		if (strlen(candidate) == length && memcmp(candidate, name, length) == 0)
			return &facts->variables.items[i];
	}
	return NULL;
}

const struct path_fact *facts_find_path(const struct facts *facts, const char *path)
{
	for (size_t i = 0; i < facts->paths.count; i++)
		if (strcmp(facts->paths.items[i].path, path) == 0)
			return &facts->paths.items[i];
	return NULL;
}

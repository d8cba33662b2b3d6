#include "policy_host.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"

struct facts *host_facts(enum target target)
{
	bool is_linux = target == TARGET_LINUX;
	struct cordon_error err = CORDON_ERROR_INIT;
	struct facts *facts = facts_new(target);
	assert_non_null(facts);
	facts->home = strdup(is_linux ? "/home/u" : "C:\\Users\\u");
	facts->workspace = strdup(is_linux ? "/home/u/work" : "C:\\Users\\u\\work");
	facts->temp = strdup(is_linux ? "/tmp" : "C:\\Users\\u\\AppData\\Local\\Temp");
	facts->state = strdup(is_linux ? "/home/u/.local/state/cordon" : "C:\\Users\\u\\AppData\\Local\\cordon");
	facts->memory = 8ull << 30;
	facts->processors = 4;
	const char *const variables[][3] = {
		{ "home", "/home/u", "C:\\Users\\u" },
		{ "workspace", "/home/u/work", "C:\\Users\\u\\work" },
		{ "config", "/home/u/.config", "C:\\Users\\u\\AppData\\Roaming" },
		{ "cache", "/home/u/.cache", "C:\\Users\\u\\AppData\\Local" },
		{ "state", "/home/u/.local/state/cordon", "C:\\Users\\u\\AppData\\Local\\cordon" },
		{ "temp", "/tmp", "C:\\Users\\u\\AppData\\Local\\Temp" },
		{ "git", NULL, NULL },
		{ "submodule", NULL, NULL },
		{ "git_hooks", NULL, NULL },
		{ "git_records", NULL, NULL },
		{ "checkout", "/home/u/work", "C:\\Users\\u\\work" },
	};
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
		assert_true(facts_add_variable(facts, variables[i][0], variables[i][is_linux ? 1 : 2], &err));
	return facts;
}

void host_add(struct facts *facts, const char *path, const char *landing, enum path_type type)
{
	struct path_fact *fact = facts_add_path(facts, path, landing);
	assert_non_null(fact);
	fact->type = type;
	fact->inode = type == PATH_MISSING ? 0 : facts->paths.count;
	fact->parent_exists = true;
}

void host_read(struct policy *policy, enum layer layer, const char *file, const char *text)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!policy_add_text(policy, layer, file, NULL, text, strlen(text), &err))
		fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.text);
}

char *host_quotes(const char *text)
{
	char *copy = strdup(text);
	assert_non_null(copy);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

void host_say(struct policy *policy, enum layer layer, const char *text)
{
	CORDON_ON_EXIT(free_text) char *quoted = host_quotes(text);
	host_read(policy, layer, layer_name(layer), quoted);
}

bool host_resolve(struct policy *policy, struct facts *facts, struct cordon_error *err)
{
	char **paths;
	if (!policy_paths(policy, facts, &paths, err))
		return false;
	for (char **path = paths; *path; path++)
		if (!facts_find_path(facts, *path))
			host_add(facts, *path, *path, PATH_DIRECTORY);
	policy_free_list(paths);
	return policy_resolve(policy, facts, err);
}

void host_settle(struct policy *policy, struct facts *facts)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!host_resolve(policy, facts, &err))
		fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.text);
}

bool host_is_list(char *const *list, const char *const *wanted)
{
	size_t i = 0;
	while (list[i] && wanted[i] && strcmp(list[i], wanted[i]) == 0)
		i++;
	if (!list[i] && !wanted[i])
		return true;
	for (size_t j = 0; list[j]; j++)
		print_message("  got    %s\n", list[j]);
	for (size_t j = 0; wanted[j]; j++)
		print_message("  wanted %s\n", wanted[j]);
	return false;
}

void host_expect(const struct cordon_error *err, int status, const char *words)
{
	if (err->status != status || !strstr(err->text, words))
		fail_msg("status %d, '%s'; wanted status %d with '%s'", (int)err->status, err->text, status, words);
}

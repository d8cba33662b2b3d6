/* From what a rule says to the paths that it means on this host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "policy/path.h"
#include "policy/store.h"

/* -- variables -------------------------------------------------------------------------------------------------- */

/* Names that every target knows; the facts may hold more. */
static const char *const variable_names[] = {
	"home", "workspace", "config", "cache",   "state",        "temp",
	"git",  "root",      "system", "appdata", "localappdata", NULL,
};

static const char *const linux_system[] = {
	"/usr",    "/bin", "/sbin", "/lib", "/lib32", "/lib64",
	"/libx32", "/etc", "/opt",  "/nix", "/snap",  "/sys/devices/system",
	NULL,
};

/* Windows folders by the variable that names them. */
struct known_folder {
	const char *variable; /* of the user's environment */
	const char *usual;    /* where it is when the variable is missing; below home when relative */
};

static const struct known_folder windows_system[] = {
	{ "SystemRoot", "C:\\Windows" },
	{ "ProgramFiles", "C:\\Program Files" },
	{ "ProgramFiles(x86)", "C:\\Program Files (x86)" },
	{ NULL, NULL },
};
static const struct known_folder windows_appdata[] = { { "APPDATA", "AppData\\Roaming" }, { NULL, NULL } };
static const struct known_folder windows_localappdata[] = { { "LOCALAPPDATA", "AppData\\Local" }, { NULL, NULL } };

struct values {
	char **items; /* owned */
	size_t count, room;
	bool is_known;
};

static void values_free(struct values *values)
{
	for (size_t i = 0; i < values->count; i++)
		free(values->items[i]);
	free(values->items);
}

static bool add_value(struct values *values, char *value, struct cordon_error *err)
{
	char **item = value ? LIST_ADD(values) : NULL;
	if (!item) {
		free(value);
		return cordon_fail_memory(err);
	}
	*item = value;
	values->is_known = true;
	return true;
}

static const char *find_environment(const struct facts *facts, const char *name)
{
	for (char **entry = facts->environment; entry && *entry; entry++)
		if (environment_value(facts->target, *entry, name))
			return environment_value(facts->target, *entry, name);
	return NULL;
}

static bool add_folders(struct values *values, const struct facts *facts, const struct known_folder *folders,
			struct cordon_error *err)
{
	values->is_known = true;
	for (; facts->target == TARGET_WINDOWS && folders->variable; folders++) {
		const char *given = find_environment(facts, folders->variable);
		bool is_below_home = !path_is_absolute(TARGET_WINDOWS, folders->usual);
		char *value;
		if (given && path_is_absolute(TARGET_WINDOWS, given))
			value = strdup(given);
		else if (!is_below_home)
			value = strdup(folders->usual);
		else if (facts->home)
			value = text_format("%s\\%s", facts->home, folders->usual);
		else
			continue;
		if (!add_value(values, value, err))
			return false;
	}
	return true;
}

static const char *fact_of(const struct facts *facts, const char *name)
{
	return strcmp(name, "home") == 0        ? facts->home
	       : strcmp(name, "workspace") == 0 ? facts->workspace
	       : strcmp(name, "state") == 0     ? facts->state
	       : strcmp(name, "temp") == 0      ? facts->temp
						: NULL;
}

/* What the facts or this file know of the variable; root is the caller's. */
static bool find_values(const struct facts *facts, const char *name, struct values *values, struct cordon_error *err)
{
	const struct variable *variable = facts_find_variable(facts, name, strlen(name));
	if (variable) {
		values->is_known = true;
		for (size_t i = 0; i < variable->count; i++)
			if (!add_value(values, strdup(variable->values[i]), err))
				return false;
		return true;
	}
	if (fact_of(facts, name))
		return add_value(values, strdup(fact_of(facts, name)), err);
	if (strcmp(name, "appdata") == 0)
		return add_folders(values, facts, windows_appdata, err);
	if (strcmp(name, "localappdata") == 0)
		return add_folders(values, facts, windows_localappdata, err);
	if (strcmp(name, "system") != 0)
		return true;
	for (const char *const *path = linux_system; facts->target == TARGET_LINUX && *path; path++)
		if (!add_value(values, strdup(*path), err))
			return false;
	return add_folders(values, facts, windows_system, err);
}

static bool is_known_name(const char *name)
{
	for (const char *const *known = variable_names; *known; known++)
		if (strcmp(*known, name) == 0)
			return true;
	return false;
}

static bool fail_unknown(const struct file_statement *statement, const char *name, struct cordon_error *err)
{
	struct hint hint;
	if (is_known_name(name))
		return policy_complain(err, &statement->origin, "'%s': ${%s} is not known on this host",
				       statement->pattern, name);
	return policy_complain(err, &statement->origin, "'%s': unknown variable ${%s}%s", statement->pattern, name,
			       hint_names(&hint, name, variable_names));
}

/* -- patterns --------------------------------------------------------------------------------------------------- */

/* A pattern split into the variable in front and the rest. */
struct parts {
	char variable[64]; /* empty: none */
	const char *rest;
};

static bool split(enum target target, const struct file_statement *statement, struct parts *parts,
		  struct cordon_error *err)
{
	const char *pattern = statement->pattern;
	parts->variable[0] = '\0';
	parts->rest = pattern;
	if (statement->is_verbatim)
		return true;
	if (pattern[0] == '~' && (!pattern[1] || path_is_separator(target, pattern[1]))) {
		snprintf(parts->variable, sizeof parts->variable, "home");
		parts->rest = pattern + 1;
	} else if (text_starts(pattern, "${")) {
		const char *end = strchr(pattern, '}');
		size_t length = end ? (size_t)(end - pattern) - 2 : 0;
		if (length == 0 || length >= sizeof parts->variable)
			return policy_complain(err, &statement->origin, "'%s': a variable is written ${name}", pattern);
		memcpy(parts->variable, pattern + 2, length);
		parts->variable[length] = '\0';
		parts->rest = end + 1;
		if (*parts->rest && !path_is_separator(target, *parts->rest))
			return policy_complain(err, &statement->origin,
					       "'%s': a variable is a whole path; a separator must follow it", pattern);
	}
	if (strstr(parts->rest, "${"))
		return policy_complain(err, &statement->origin, "'%s': a variable stands only at the beginning",
				       pattern);
	return true;
}

struct expanding {
	const struct policy *policy;
	const struct facts *facts;
	bool is_early;
	struct values roots;
	struct expansions *expansions;
};

static bool add_expansion(struct expanding *expanding, const struct file_statement *statement, const char *head,
			  const char *rest, struct cordon_error *err)
{
	char *path;
	bool is_glob;
	const char *why;
	if (!path_join(expanding->policy->target, head, rest, &path, &is_glob, &why))
		return !why ? cordon_fail_memory(err)
			    : policy_complain(err, &statement->origin, "'%s': %s", statement->pattern, why);
	struct expansion *expansion = LIST_ADD(expanding->expansions);
	if (!expansion) {
		free(path);
		return cordon_fail_memory(err);
	}
	*expansion = (struct expansion){ path, is_glob, statement };
	return true;
}

static bool expand_variable(struct expanding *expanding, const struct file_statement *statement,
			    const struct parts *parts, struct cordon_error *err)
{
	CORDON_ON_EXIT(values_free) struct values found = { 0 };
	const struct values *values = &found;
	if (strcmp(parts->variable, "root") == 0)
		values = &expanding->roots;
	else if (!find_values(expanding->facts, parts->variable, &found, err))
		return false;

	if (!values->is_known) {
		/* Hand-made facts need not have a state or configuration to protect. */
		bool may_miss = statement->table == TABLE_OWN ||
				(expanding->is_early && is_known_name(parts->variable));
		return may_miss || fail_unknown(statement, parts->variable, err);
	}
	for (size_t i = 0; i < values->count; i++) {
		if (!path_is_absolute(expanding->policy->target, values->items[i]))
			return policy_complain(err, &statement->origin, "'%s': ${%s} is %s", statement->pattern,
					       parts->variable, values->items[i][0] ? "not absolute" : "empty");
		if (!add_expansion(expanding, statement, values->items[i], parts->rest, err))
			return false;
	}
	return true;
}

static bool expand_statement(struct expanding *expanding, const struct file_statement *statement,
			     const struct parts *parts, struct cordon_error *err)
{
	enum target target = expanding->policy->target;
	if (parts->variable[0])
		return expand_variable(expanding, statement, parts, err);
	if (statement->is_verbatim)
		return add_expansion(expanding, statement, parts->rest, "", err);
	bool has_colon = target == TARGET_WINDOWS && parts->rest[0] && parts->rest[1] == ':';
	if (path_is_absolute(target, parts->rest) || pattern_floats(target, parts->rest) || has_colon)
		return add_expansion(expanding, statement, "", parts->rest, err);
	if (!statement->folder)
		return policy_complain(err, &statement->origin, "'%s': a relative path has no folder to belong to here",
				       statement->pattern);
	return add_expansion(expanding, statement, statement->folder, parts->rest, err);
}

/* -- roots ------------------------------------------------------------------------------------------------------ */

/* Of equal paths the one that decides comes first. */
static int compare_roots(const void *left, const void *right)
{
	const struct expansion *a = left, *b = right;
	int order = strcmp(a->path, b->path);
	if (order != 0)
		return order;
	if (a->statement->order != b->statement->order)
		return a->statement->order > b->statement->order ? -1 : 1;
	return (int)a->statement->access - (int)b->statement->access;
}

static void free_items(struct expansion **items)
{
	free(*items);
}

static bool find_roots(const struct expansions *expansions, struct values *roots, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_items) struct expansion *sorted = calloc(expansions->count + 1, sizeof *sorted);
	if (!sorted)
		return cordon_fail_memory(err);
	size_t count = 0;
	for (size_t i = 0; i < expansions->count; i++)
		if (!expansions->items[i].is_glob && expansions->items[i].statement->table == TABLE_GRANT)
			sorted[count++] = expansions->items[i];
	qsort(sorted, count, sizeof *sorted, compare_roots);

	roots->is_known = true;
	for (size_t i = 0; i < count; i++) {
		bool is_decided = i > 0 && strcmp(sorted[i].path, sorted[i - 1].path) == 0;
		if (!is_decided && sorted[i].statement->access == ACCESS_WRITE &&
		    !add_value(roots, strdup(sorted[i].path), err))
			return false;
	}
	return true;
}

/* First everything that makes roots, then what is said of each root. */
static bool expand(struct expanding *expanding, struct cordon_error *err)
{
	const struct policy *policy = expanding->policy;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < policy->files.count; i++) {
			const struct file_statement *statement = &policy->files.items[i];
			struct parts parts;
			if (!split(policy->target, statement, &parts, err))
				return false;
			bool needs_roots = strcmp(parts.variable, "root") == 0;
			if (needs_roots == (pass == 1) && !expand_statement(expanding, statement, &parts, err))
				return false;
		}
		if (pass == 0 && !find_roots(expanding->expansions, &expanding->roots, err))
			return false;
	}
	return true;
}

bool policy_expand(const struct policy *policy, const struct facts *facts, bool is_early, struct expansions *expansions,
		   struct cordon_error *err)
{
	struct expanding expanding = {
		.policy = policy,
		.facts = facts,
		.is_early = is_early,
		.expansions = expansions,
	};
	bool is_fine = expand(&expanding, err);
	values_free(&expanding.roots);
	return is_fine;
}

void expansions_free(struct expansions *expansions)
{
	for (size_t i = 0; i < expansions->count; i++)
		free(expansions->items[i].path);
	free(expansions->items);
}

/* -- lists for the survey --------------------------------------------------------------------------------------- */

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Sorts, drops doubles and ends the list; takes the texts over. */
static bool finish_list(struct values *values, char ***ret_list, struct cordon_error *err)
{
	size_t kept = 0;
	if (values->count > 0)
		qsort(values->items, values->count, sizeof *values->items, compare_texts);
	for (size_t i = 0; i < values->count; i++) {
		if (kept > 0 && strcmp(values->items[i], values->items[kept - 1]) == 0)
			free(values->items[i]);
		else
			values->items[kept++] = values->items[i];
	}
	values->count = kept;
	char **end = LIST_ADD(values);
	if (!end)
		return cordon_fail_memory(err);
	*ret_list = cordon_take(&values->items);
	values->count = 0;
	return true;
}

bool policy_roots(const struct policy *policy, const struct facts *facts, char ***ret_paths, struct cordon_error *err)
{
	CORDON_ON_EXIT(expansions_free) struct expansions expansions = { 0 };
	CORDON_ON_EXIT(values_free) struct values roots = { 0 };
	return policy_expand(policy, facts, true, &expansions, err) && find_roots(&expansions, &roots, err) &&
	       finish_list(&roots, ret_paths, err);
}

/* Every drive at once is nothing that a survey could look at. */
static bool is_every_drive(enum target target, const char *path)
{
	return target == TARGET_WINDOWS && strcmp(path, "\\") == 0;
}

bool policy_paths(const struct policy *policy, const struct facts *facts, char ***ret_paths, struct cordon_error *err)
{
	CORDON_ON_EXIT(expansions_free) struct expansions expansions = { 0 };
	CORDON_ON_EXIT(values_free) struct values paths = { 0 };
	if (!policy_expand(policy, facts, false, &expansions, err))
		return false;
	bool has_globs = false;
	for (size_t i = 0; i < expansions.count; i++) {
		const struct expansion *expansion = &expansions.items[i];
		has_globs |= expansion->is_glob;
		/* Of a glob the literal part is looked at, since the walk goes by landings. */
		char *path = expansion->is_glob ? pattern_literal(policy->target, expansion->path)
						: strdup(expansion->path);
		if (path && is_every_drive(policy->target, path))
			free(path);
		else if (!add_value(&paths, path, err))
			return false;
	}
	if (has_globs && facts->workspace && !add_value(&paths, strdup(facts->workspace), err))
		return false;
	if (policy->target == TARGET_LINUX && !add_value(&paths, strdup("/"), err))
		return false;
	return finish_list(&paths, ret_paths, err);
}

char *policy_landing_pattern(enum target target, const struct facts *facts, const char *pattern)
{
	CORDON_ON_EXIT(free_text) char *literal = pattern_literal(target, pattern);
	if (!literal)
		return NULL;
	const struct path_fact *fact = facts_find_path(facts, literal);
	return fact && fact->landing ? pattern_move(target, pattern, fact->landing) : strdup(pattern);
}

/* Most policies have no wildcard at all, and every start asks. */
static bool may_have_globs(const struct policy *policy)
{
	for (size_t i = 0; i < policy->files.count; i++)
		if (!policy->files.items[i].is_verbatim && strchr(policy->files.items[i].pattern, '*'))
			return true;
	return false;
}

bool policy_globs(const struct policy *policy, const struct facts *facts, char ***ret_patterns,
		  struct cordon_error *err)
{
	CORDON_ON_EXIT(expansions_free) struct expansions expansions = { 0 };
	CORDON_ON_EXIT(values_free) struct values patterns = { 0 };
	if (!may_have_globs(policy))
		return finish_list(&patterns, ret_patterns, err);
	if (!policy_expand(policy, facts, false, &expansions, err))
		return false;
	for (size_t i = 0; i < expansions.count; i++) {
		const char *pattern = expansions.items[i].path;
		if (expansions.items[i].is_glob &&
		    !add_value(&patterns, policy_landing_pattern(policy->target, facts, pattern), err))
			return false;
	}
	return finish_list(&patterns, ret_patterns, err);
}

/* -- places ----------------------------------------------------------------------------------------------------- */

static bool add_place(struct values *places, const struct facts *facts, const char *path, struct cordon_error *err)
{
	const struct path_fact *fact = facts_find_path(facts, path);
	if (fact && fact->type != PATH_DIRECTORY)
		return true;
	return add_value(places, strdup(fact && fact->landing ? fact->landing : path), err);
}

/* Of the places those that lie in no other; of equal ones the first. */
static bool keep_outermost(enum target target, const struct values *all, struct values *kept, struct cordon_error *err)
{
	CORDON_ON_EXIT(values_free) struct values keys = { 0 };
	for (size_t i = 0; i < all->count; i++) {
		struct text key = { 0 };
		path_add_key(target, all->items[i], &key);
		if (!add_value(&keys, text_take(&key), err))
			return false;
	}
	for (size_t i = 0; i < all->count; i++) {
		bool is_inside = false;
		for (size_t j = 0; j < all->count && !is_inside; j++)
			is_inside = i != j && path_is_below(target, keys.items[i], keys.items[j]) &&
				    (j < i || !path_is_below(target, keys.items[j], keys.items[i]));
		if (!is_inside && !add_value(kept, strdup(all->items[i]), err))
			return false;
	}
	return true;
}

bool policy_places(const struct policy *policy, const struct facts *facts, char ***ret_paths, struct cordon_error *err)
{
	CORDON_ON_EXIT(expansions_free) struct expansions expansions = { 0 };
	CORDON_ON_EXIT(values_free) struct values roots = { 0 };
	CORDON_ON_EXIT(values_free) struct values all = { 0 };
	CORDON_ON_EXIT(values_free) struct values outermost = { 0 };
	if (!may_have_globs(policy))
		return finish_list(&outermost, ret_paths, err);
	if (!policy_expand(policy, facts, false, &expansions, err) || !find_roots(&expansions, &roots, err))
		return false;
	bool has_globs = false;
	for (size_t i = 0; i < expansions.count; i++)
		has_globs |= expansions.items[i].is_glob;
	if (!has_globs)
		return finish_list(&outermost, ret_paths, err);

	for (size_t i = 0; i < roots.count; i++)
		if (!add_place(&all, facts, roots.items[i], err))
			return false;
	if (facts->workspace && !add_place(&all, facts, facts->workspace, err))
		return false;
	return keep_outermost(policy->target, &all, &outermost, err) && finish_list(&outermost, ret_paths, err);
}

/* What the survey is asked to look at: lists of paths, each in order and without doubles. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/sort.h"
#include "base/text.h"
#include "policy/expand.h"
#include "policy/path.h"

/* -- lists ------------------------------------------------------------------------------------------------------ */

static int compare_values(const void *left, const void *right)
{
	const struct value *a = left, *b = right;
	return text_compare(a->path, a->length, b->path, b->length);
}

/* The values in order, each once. */
static bool give_list(const struct values *values, struct arena *arena, char ***ret_list, struct cordon_error *err)
{
	const void **order = arena_take(arena, (values->count + 1) * sizeof *order);
	const void **spare = arena_take(arena, (values->count + 1) * sizeof *spare);
	const char **paths = arena_take(arena, (values->count + 1) * sizeof *paths);
	if (!order || !spare || !paths)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < values->count; i++)
		order[i] = &values->items[i];
	sort_pointers(order, spare, values->count, compare_values);

	size_t kept = 0;
	for (size_t i = 0; i < values->count; i++)
		if (i == 0 || compare_values(order[i - 1], order[i]) != 0)
			paths[kept++] = ((const struct value *)order[i])->path;
	char **list = text_list(NULL, paths, kept);
	if (!list)
		return cordon_fail_memory(err);
	*ret_list = list;
	return true;
}

static bool give_nothing(char ***ret_list, struct cordon_error *err)
{
	char **list = text_list(NULL, NULL, 0);
	if (!list)
		return cordon_fail_memory(err);
	*ret_list = list;
	return true;
}

/* Adds malloc'ed text, or NULL where memory was short. */
static bool take_value(enum target target, struct arena *arena, char *path, struct values *values,
		       struct cordon_error *err)
{
	const char *kept = path ? arena_copy(arena, path, strlen(path)) : NULL;
	free(path);
	if (!kept)
		return cordon_fail_memory(err);
	values_add(target, values, kept);
	return true;
}

/* -- paths ------------------------------------------------------------------------------------------------------ */

bool policy_roots(const struct policy *policy, const struct facts *facts, char ***ret_paths, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct expansions expansions;
	struct values roots;
	return policy_expand(policy, facts, true, &arena, &expansions, err) &&
	       policy_find_roots(policy, &expansions, &arena, &roots, err) && give_list(&roots, &arena, ret_paths, err);
}

/* Every drive at once is nothing that a survey could look at. */
static bool is_every_drive(enum target target, const char *path)
{
	return target == TARGET_WINDOWS && strcmp(path, "\\") == 0;
}

bool policy_paths(const struct policy *policy, const struct facts *facts, char ***ret_paths, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct expansions expansions;
	enum target target = policy->target;
	struct values paths;
	bool has_globs = false;
	if (!policy_expand(policy, facts, false, &arena, &expansions, err) ||
	    !values_make(&arena, expansions.count + 2, &paths, err))
		return false;
	for (size_t i = 0; i < expansions.count; i++) {
		const struct expansion *expansion = &expansions.items[i];
		if (expansion->is_glob) {
			/* Of a glob the literal part is looked at, since the walk goes by landings. */
			has_globs = true;
			char *literal = pattern_literal(target, expansion->path);
			if (!take_value(target, &arena, literal, &paths, err))
				return false;
			paths.count -= is_every_drive(target, paths.items[paths.count - 1].path);
		} else if (!is_every_drive(target, expansion->path)) {
			paths.items[paths.count++] = (struct value){ expansion->path, expansion->length, false };
		}
	}
	if (has_globs && facts->workspace)
		values_add(target, &paths, facts->workspace);
	if (target == TARGET_LINUX)
		values_add(target, &paths, "/");
	return give_list(&paths, &arena, ret_paths, err);
}

/* -- the root --------------------------------------------------------------------------------------------------- */

static bool may_be_root(const struct policy *policy, const struct facts *facts, const struct parts *parts)
{
	/* A plain rest names something, so it is below what it is laid behind. */
	if (parts->is_plain && parts->rest_length > 0)
		return false;
	const struct variable *variable = parts->variable && parts->rest_length == 0
						  ? facts_find_variable(facts, parts->variable, parts->variable_length)
						  : NULL;
	for (size_t i = 0; variable && i < variable->count; i++)
		if (!variable->values[i][0] || !path_is_plain(policy->target, variable->values[i]))
			return true;
	return !variable;
}

bool policy_may_close_root(const struct policy *policy, const struct facts *facts)
{
	bool is_open = false;
	for (size_t i = 0; i < policy->files.count; i++) {
		const struct file_statement *statement = &policy->files.items[i];
		if (statement->access == ACCESS_NONE && may_be_root(policy, facts, &statement->parts))
			return true;
		is_open |= statement->table == TABLE_GRANT && statement->access != ACCESS_NONE &&
			   strcmp(statement->pattern, "/") == 0;
	}
	return !is_open;
}

/* -- globs and where to look for them --------------------------------------------------------------------------- */

/* The glob's pattern with its literal part as it lands; malloc'ed. */
static char *landing_pattern(enum target target, const struct facts *facts, const char *pattern)
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
		if (!policy->files.items[i].is_verbatim && !policy->files.items[i].parts.is_plain &&
		    strchr(policy->files.items[i].pattern, '*'))
			return true;
	return false;
}

bool policy_globs(const struct policy *policy, const struct facts *facts, char ***ret_patterns,
		  struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct expansions expansions;
	struct values patterns;
	if (!may_have_globs(policy))
		return give_nothing(ret_patterns, err);
	if (!policy_expand(policy, facts, false, &arena, &expansions, err) ||
	    !values_make(&arena, expansions.count, &patterns, err))
		return false;
	for (size_t i = 0; i < expansions.count; i++) {
		const char *pattern = expansions.items[i].path;
		if (expansions.items[i].is_glob &&
		    !take_value(policy->target, &arena, landing_pattern(policy->target, facts, pattern), &patterns,
				err))
			return false;
	}
	return give_list(&patterns, &arena, ret_patterns, err);
}

static void add_place(enum target target, struct values *places, const struct facts *facts, const char *path)
{
	const struct path_fact *fact = facts_find_path(facts, path);
	if (!fact || fact->type == PATH_DIRECTORY)
		values_add(target, places, fact && fact->landing ? fact->landing : path);
}

/* Of the places those that lie in no other; of equal ones the first. */
static bool keep_outermost(enum target target, const struct values *all, struct arena *arena, struct values *kept,
			   struct cordon_error *err)
{
	struct values keys;
	if (!values_make(arena, all->count, &keys, err))
		return false;
	for (size_t i = 0; i < all->count; i++) {
		struct text key = { 0 };
		path_add_key(target, all->items[i].path, &key);
		if (!take_value(target, arena, text_take(&key), &keys, err))
			return false;
	}
	for (size_t i = 0; i < all->count; i++) {
		const char *key = keys.items[i].path;
		bool is_inside = false;
		for (size_t j = 0; j < all->count && !is_inside; j++)
			is_inside = i != j && path_is_below(target, key, keys.items[j].path) &&
				    (j < i || !path_is_below(target, keys.items[j].path, key));
		if (!is_inside)
			kept->items[kept->count++] = all->items[i];
	}
	return true;
}

bool policy_places(const struct policy *policy, const struct facts *facts, char ***ret_paths, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct expansions expansions;
	struct values roots, all, outermost;
	bool has_globs = false;
	if (!may_have_globs(policy))
		return give_nothing(ret_paths, err);
	if (!policy_expand(policy, facts, false, &arena, &expansions, err) ||
	    !policy_find_roots(policy, &expansions, &arena, &roots, err))
		return false;
	for (size_t i = 0; i < expansions.count; i++)
		has_globs |= expansions.items[i].is_glob;
	if (!has_globs)
		return give_nothing(ret_paths, err);

	if (!values_make(&arena, roots.count + 1, &all, err) || !values_make(&arena, roots.count + 1, &outermost, err))
		return false;
	for (size_t i = 0; i < roots.count; i++)
		add_place(policy->target, &all, facts, roots.items[i].path);
	if (facts->workspace)
		add_place(policy->target, &all, facts, facts->workspace);
	return keep_outermost(policy->target, &all, &arena, &outermost, err) &&
	       give_list(&outermost, &arena, ret_paths, err);
}

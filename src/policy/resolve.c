/* Fixes a policy to a host: which rules there are, where each lands, and who decides where. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "policy/path.h"
#include "policy/resolve.h"

enum { GLOBS_MAX = 256 };

/* -- candidates ------------------------------------------------------------------------------------------------- */

/* Lives as long as the path and the policy: on Linux a path is its own key, but for the root's separator. */
static const char *key_of(struct policy *policy, const char *path, size_t *ret_length)
{
	CORDON_ON_EXIT(text_free) struct text key = { 0 };
	size_t length = strlen(path);
	if (policy->target == TARGET_LINUX && length > 0 && path[length - 1] != '/') {
		*ret_length = length;
		return path;
	}
	path_add_key(policy->target, path, &key);
	*ret_length = key.length;
	return text_ok(&key) ? policy_keep(policy, text_str(&key)) : NULL;
}

/* The path, or where there is a fact about it the fact's own copy: facts outlive the policy. */
static bool add_candidate(struct resolving *resolving, const struct file_statement *statement, const char *path,
			  const struct path_fact *fact, bool is_glob, struct candidate **ret_candidate,
			  struct cordon_error *err)
{
	struct policy *policy = resolving->policy;
	struct candidate *candidate = LIST_ADD_IN(&resolving->arena, &resolving->candidates);
	const char *kept = fact ? fact->path : policy_keep(policy, path);
	if (!candidate || !kept)
		return cordon_fail_memory(err);

	bool is_every_drive = policy->target == TARGET_WINDOWS && strcmp(path, "\\") == 0;
	if (is_every_drive)
		fact = NULL;
	candidate->rule = (struct rule){
		.pattern = statement->pattern,
		.path = kept,
		.landing = fact && fact->landing ? fact->landing : kept,
		.is_glob = is_glob,
		.access = statement->access,
		.origin = statement->origin,
		.fact = fact,
	};
	candidate->statement = statement;
	candidate->path_key = candidate->key = key_of(policy, kept, &candidate->key_length);
	if (candidate->rule.landing != kept)
		candidate->key = key_of(policy, candidate->rule.landing, &candidate->key_length);
	if (!candidate->path_key || !candidate->key)
		return cordon_fail_memory(err);
	candidate->specificity = 2 * path_depth(policy->target, candidate->key);
	if (ret_candidate)
		*ret_candidate = candidate;
	return true;
}

static bool add_root(struct resolving *resolving, const char *path_key, const char *key, struct cordon_error *err)
{
	struct root *root = LIST_ADD_IN(&resolving->arena, &resolving->roots);
	if (!root)
		return cordon_fail_memory(err);
	*root = (struct root){ path_key, key };
	return true;
}

/* Where the command may make links: everything that some rule makes writable, and the workspace. */
static bool find_writable(struct resolving *resolving, struct cordon_error *err)
{
	for (size_t i = 0; i < resolving->candidates.count; i++) {
		const struct candidate *candidate = &resolving->candidates.items[i];
		if (candidate->statement->table == TABLE_GRANT && candidate->rule.access == ACCESS_WRITE &&
		    !candidate->rule.is_glob && !add_root(resolving, candidate->path_key, candidate->key, err))
			return false;
	}
	if (!resolving->facts->workspace)
		return true;
	size_t length;
	const char *key = key_of(resolving->policy, resolving->facts->workspace, &length);
	return key ? add_root(resolving, key, key, err) : cordon_fail_memory(err);
}

/* Does the path lead through a link that stands where the command could have made it, in this run or one before? */
static bool is_led_away(const struct resolving *resolving, const struct candidate *candidate)
{
	enum target target = resolving->policy->target;
	for (size_t i = 0; i < resolving->roots.count; i++) {
		const struct root *root = &resolving->roots.items[i];
		const char *above[] = { root->path_key, root->key };
		for (size_t j = root->path_key == root->key; j < COUNT_OF(above); j++) {
			if (!path_is_below(target, candidate->path_key, above[j]))
				continue;
			const char *rest = candidate->path_key + strlen(above[j]);
			if (!*rest)
				continue;
			size_t landing = strlen(root->key);
			if (!path_is_below(target, candidate->key, root->key) ||
			    strcmp(candidate->key + landing, rest) != 0)
				return true;
		}
	}
	return false;
}

static bool is_in_place(const struct resolving *resolving, const char *key)
{
	for (size_t i = 0; i < resolving->roots.count; i++)
		if (path_is_below(resolving->policy->target, key, resolving->roots.items[i].key))
			return true;
	return false;
}

/* Each path that the walk found has a rule of its own, as specific as the glob is. */
static bool add_matches(struct resolving *resolving, const struct file_statement *statement, const char *pattern,
			struct cordon_error *err)
{
	enum target target = resolving->policy->target;
	const struct path_fact_list *paths = &resolving->facts->paths;
	for (size_t i = 0; i < paths->count; i++) {
		const struct path_fact *fact = &paths->items[i];
		if (fact->type == PATH_MISSING || !policy_glob_matches(target, pattern, fact->path))
			continue;
		CORDON_ON_EXIT(text_free) struct text key = { 0 };
		path_add_key(target, fact->path, &key);
		if (!text_ok(&key))
			return cordon_fail_memory(err);
		if (!is_in_place(resolving, text_str(&key)))
			continue;
		struct candidate *candidate;
		if (!add_candidate(resolving, statement, fact->path, fact, false, &candidate, err))
			return false;
		candidate->specificity = pattern_specificity(target, pattern, fact->path);
		candidate->is_found = true;
	}
	return true;
}

static bool add_glob(struct resolving *resolving, const struct expansion *expansion, struct cordon_error *err)
{
	enum target target = resolving->policy->target;
	const struct file_statement *statement = expansion->statement;
	CORDON_ON_EXIT(free_text) char *literal = pattern_literal(target, expansion->path);
	if (!literal)
		return cordon_fail_memory(err);
	const struct path_fact *fact = facts_find_path(resolving->facts, literal);
	CORDON_ON_EXIT(free_text)
	char *pattern = fact && fact->landing ? pattern_move(target, expansion->path, fact->landing)
					      : strdup(expansion->path);
	size_t length;
	const char *key = key_of(resolving->policy, fact && fact->landing ? fact->landing : literal, &length);
	if (!pattern || !key)
		return cordon_fail_memory(err);

	/* Elsewhere nobody looks for matches: a rule that holds nothing must not look as if it did. */
	if (!pattern_floats(target, pattern) && !is_in_place(resolving, key))
		return policy_complain(
			err, &statement->origin,
			"'%s': wildcards are looked for in the workspace and in writable directories only; "
			"name the path without them, or begin with **/",
			statement->pattern);
	return add_candidate(resolving, statement, pattern, NULL, true, NULL, err) &&
	       add_matches(resolving, statement, pattern, err);
}

/* Without any rule for a path nothing is granted. */
static bool add_nothing_else(struct resolving *resolving, struct cordon_error *err)
{
	for (size_t i = 0; i < resolving->candidates.count; i++) {
		const struct candidate *candidate = &resolving->candidates.items[i];
		if (candidate->statement->table == TABLE_GRANT && !candidate->rule.is_glob && !candidate->key[0])
			return true;
	}
	static const struct file_statement nothing = {
		.pattern = "/",
		.access = ACCESS_NONE,
		.table = TABLE_GRANT,
		.origin = { .layer = LAYER_PRESET, .file = "no rule" },
		.order = -1,
	};
	const char *path = resolving->policy->target == TARGET_WINDOWS ? "\\" : "/";
	return add_candidate(resolving, &nothing, path, facts_find_path(resolving->facts, path), false, NULL, err);
}

static bool add_all(struct resolving *resolving, struct cordon_error *err)
{
	size_t globs = 0;
	if (!LIST_RESERVE_IN(&resolving->arena, &resolving->candidates, resolving->expansions.count + 1))
		return cordon_fail_memory(err);
	for (size_t i = 0; i < resolving->expansions.count; i++) {
		const struct expansion *expansion = &resolving->expansions.items[i];
		if (expansion->is_glob)
			continue;
		const struct path_fact *fact = facts_find_bytes(resolving->facts, expansion->path, expansion->length);
		if (!add_candidate(resolving, expansion->statement, expansion->path, fact, false, NULL, err))
			return false;
	}
	if (!find_writable(resolving, err))
		return false;
	for (size_t i = 0; i < resolving->expansions.count; i++) {
		const struct expansion *expansion = &resolving->expansions.items[i];
		if (!expansion->is_glob)
			continue;
		if (++globs > GLOBS_MAX)
			return policy_complain(err, &expansion->statement->origin, "more than %d rules with wildcards",
					       GLOBS_MAX);
		if (!add_glob(resolving, expansion, err))
			return false;
	}
	return add_nothing_else(resolving, err);
}

/* -- checks ----------------------------------------------------------------------------------------------------- */

/* Is it a preset's about what git's records name, which the command may have written? */
static bool is_named_by_git(const struct candidate *candidate)
{
	static const char *const names[] = { "submodule", "git_hooks", "git_records" };
	const struct parts *parts = &candidate->statement->parts;
	for (size_t i = 0; i < COUNT_OF(names) && candidate->rule.origin.layer == LAYER_PRESET; i++)
		if (parts->variable && parts->variable_length == strlen(names[i]) &&
		    memcmp(parts->variable, names[i], parts->variable_length) == 0)
			return true;
	return false;
}

/* A link that the command could have made must not open what it points to: reading through it is granted only as far as
 * it is without the rule, writing not at all. So it is with what a record names.
 */
static bool check_links(struct resolving *resolving, struct cordon_error *err)
{
	for (size_t i = 0; i < resolving->candidates.count; i++) {
		struct candidate *candidate = &resolving->candidates.items[i];
		if (candidate->rule.is_glob || candidate->statement->table != TABLE_GRANT ||
		    candidate->rule.access == ACCESS_NONE ||
		    !(is_named_by_git(candidate) || is_led_away(resolving, candidate)))
			continue;
		candidate->is_led = true;
		if (candidate->rule.access == ACCESS_WRITE && !candidate->is_found &&
		    candidate->rule.origin.layer != LAYER_PRESET)
			return policy_complain_of_link(err, &candidate->rule);
	}
	return true;
}

static bool check_missing(const struct resolving *resolving, struct cordon_error *err)
{
	for (size_t i = 0; i < resolving->candidates.count; i++) {
		const struct rule *rule = &resolving->candidates.items[i].rule;
		if (resolving->candidates.items[i].statement->table == TABLE_GRANT && rule->access == ACCESS_WRITE &&
		    rule->fact && rule->fact->type == PATH_MISSING &&
		    !path_ends_in_separator(resolving->policy->target, rule->pattern))
			return policy_complain(err, &rule->origin,
					       "'%s' does not exist; to have the directory made, end it with '/'",
					       rule->pattern);
	}
	return true;
}

static const char *access_phrase(enum access access)
{
	return access == ACCESS_NONE ? "hides it" : "allows reading only";
}

/* A flag that asks for more than a bound allows would be taken for granted. */
static bool check_flags(const struct policy *policy, struct cordon_error *err)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		if (rule->origin.layer != LAYER_FLAGS || rule->is_glob)
			continue;
		const struct rule *bound = policy_decide_bounds(policy, rule->landing).rule;
		if (!bound || bound->access >= rule->access)
			continue;
		CORDON_ON_EXIT(free_text) char *place = policy_place(&bound->origin);
		return policy_complain(err, &rule->origin, "'%s' has no effect: %s %s ('%s')", rule->pattern,
				       place ? place : bound->origin.file, access_phrase(bound->access),
				       bound->pattern);
	}
	return true;
}

/* -- resolve ---------------------------------------------------------------------------------------------------- */

static bool resolve_files(struct resolving *resolving, struct cordon_error *err)
{
	struct policy *policy = resolving->policy;
	if (!policy_expand(policy, resolving->facts, false, &resolving->arena, &resolving->expansions, err) ||
	    !add_all(resolving, err) || !check_missing(resolving, err) || !check_links(resolving, err))
		return false;
	return policy_arrange(policy, resolving->candidates.items, resolving->candidates.count, &resolving->arena,
			      err) &&
	       check_flags(policy, err);
}

static void resolving_free(struct resolving *resolving)
{
	arena_free(&resolving->arena);
}

bool policy_resolve(struct policy *policy, const struct facts *facts, struct cordon_error *err)
{
	if (policy->rules)
		return cordon_fail(err, CORDON_BAD_USAGE, "the policy is fixed already");
	if (policy->target != facts->target)
		return cordon_fail(err, CORDON_BAD_USAGE, "the policy and the facts are for different systems");
	policy->memory = facts->memory;
	if (!workspace_check(facts, err) || !policy_settle_network(policy, err) ||
	    !policy_settle_settings(policy, err) || !policy_check_environment(policy, err))
		return false;

	struct arena_room room;
	CORDON_ON_EXIT(resolving_free)
	struct resolving resolving = { .arena = arena_in(&room), .policy = policy, .facts = facts };
	/* A policy that could not be fixed decides nothing. */
	if (!resolve_files(&resolving, err)) {
		policy_forget_rules(policy);
		return false;
	}
	return true;
}

#include "policy/plan_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/sort.h"
#include "base/text.h"
#include "policy/path.h"
#include "policy/plan.h"

static char resolver[] = "/etc/resolv.conf";

char *const *plan_paths(enum target target)
{
	static char *const on_linux[] = { resolver, NULL };
	return target == TARGET_LINUX ? on_linux : on_linux + COUNT_OF(on_linux) - 1;
}

/* -- which paths ------------------------------------------------------------------------------------------------- */

struct building {
	const struct policy *policy;
	const struct facts *facts;
	struct arena *arena;
	struct {
		struct plan_node *items;
		size_t count, room;
	} places; /* of rules and the like, not yet in order */
	struct plan_tree tree;
};

/* The path lives as long as the policy or the facts. */
static struct plan_node *add_place(struct building *building, const char *path)
{
	CORDON_ON_EXIT(text_free) struct text key = { 0 };
	struct plan_node *node = LIST_ADD_IN(building->arena, &building->places);
	if (!node)
		return NULL;
	node->path = path;
	/* On Linux a path is its own key, but for the root's separator. */
	if (building->facts->target == TARGET_LINUX && !path_ends_in_separator(TARGET_LINUX, path)) {
		node->key = path;
		node->key_length = strlen(path);
		return node;
	}
	path_add_key(building->facts->target, path, &key);
	node->key = text_ok(&key) ? arena_copy(building->arena, text_str(&key), key.length) : NULL;
	node->key_length = key.length;
	return node->key ? node : NULL;
}

/* Where the root is closed, each of its entries is a matter of its own: the root itself can be neither covered nor
 * replaced in place.
 */
static bool add_entries_of_root(struct building *building)
{
	const struct facts *facts = building->facts;
	if (!facts->root_is_listed || policy_decide_path(building->policy, "/").access != ACCESS_NONE)
		return true;
	for (size_t i = 0; i < facts->paths.count; i++) {
		const char *landing = facts->paths.items[i].landing;
		if (landing[0] == '/' && landing[1] && !strchr(landing + 1, '/') && !add_place(building, landing))
			return false;
	}
	return true;
}

/* Where the network is the host's, so is the resolver's configuration. It often is a link into /run, of which the
 * command has one of its own.
 */
static bool add_resolver(struct building *building)
{
	const struct facts *facts = building->facts;
	const struct path_fact *fact = facts_find_path(facts, resolver);
	if (facts->target != TARGET_LINUX || policy_network_mode(building->policy, NULL) != NETWORK_OPEN || !fact)
		return true;
	struct plan_node *node = add_place(building, fact->landing);
	if (!node)
		return false;
	node->is_named = true;
	node->is_granted = true;
	node->fact = fact;
	return true;
}

static bool add_caches(struct building *building)
{
	const struct caches *caches = &building->tree.caches;
	for (size_t i = 0; i < caches->count; i++) {
		struct plan_node *node = add_place(building, caches->items[i].path);
		if (!node)
			return false;
		node->fact = caches->items[i].fact;
		node->cache = &caches->items[i];
	}
	return true;
}

/* The links on the way to where the rule lands. */
static bool add_links(struct building *building, const struct rule *rule)
{
	const struct link_fact_list *links = &building->facts->links;
	if (rule->access != ACCESS_READ || !rule->fact || rule->fact->path == rule->fact->landing)
		return true;
	for (size_t i = 0; i < links->count; i++) {
		if (strcmp(links->items[i].path, rule->fact->path) != 0)
			continue;
		struct plan_node *node = add_place(building, links->items[i].link);
		if (!node)
			return false;
		node->link = &links->items[i];
		node->link_rule = rule;
	}
	return true;
}

static bool add_places(struct building *building)
{
	size_t count;
	const struct rule *rules = policy_rules(building->policy, &count);
	if (!LIST_RESERVE_IN(building->arena, &building->places, count + 1))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (rules[i].is_glob)
			continue;
		struct plan_node *node = add_place(building, rules[i].landing);
		if (!node)
			return false;
		node->is_named = true;
		node->is_granted = rules[i].origin.layer < LAYER_FIRST_BOUND && rules[i].access != ACCESS_NONE;
		node->fact = rules[i].fact;
		if (!add_links(building, &rules[i]))
			return false;
	}
	return add_resolver(building) && add_caches(building) && add_entries_of_root(building);
}

/* -- in order ---------------------------------------------------------------------------------------------------- */

/* A separator comes before every other byte, so that a subtree is contiguous ("a", "a/b", "a-b"). */
static int compare_nodes(const struct plan_node *left, const struct plan_node *right, char separator)
{
	size_t shorter = left->key_length < right->key_length ? left->key_length : right->key_length;
	size_t common = text_common(left->key, right->key, shorter);
	if (common < shorter) {
		char a = left->key[common], b = right->key[common];
		return (a == separator ? -1 : (unsigned char)a) - (b == separator ? -1 : (unsigned char)b);
	}
	if (left->key_length != right->key_length)
		return left->key_length < right->key_length ? -1 : 1;
	/* The spelling is the survey's where there is one. */
	int order = (right->fact != NULL) - (left->fact != NULL);
	return order ? order : strcmp(left->path, right->path);
}

static int compare_on_linux(const void *left, const void *right)
{
	return compare_nodes(left, right, '/');
}

static int compare_on_windows(const void *left, const void *right)
{
	return compare_nodes(left, right, '\\');
}

/* The first `length` bytes of a path; a root is spelt with its separator. */
static const char *cut_path(enum target target, const char *path, size_t length, struct arena *arena)
{
	char separator = path_separator(target);
	bool is_root = length == 0 || (target == TARGET_WINDOWS && path[length - 1] == ':');
	return arena_join(arena, path, length, &separator, is_root);
}

/* Adds the directory of so many bytes that is above the node. */
static bool add_directory(struct building *building, const struct plan_node *below, size_t length, size_t *above)
{
	enum target target = building->facts->target;
	struct plan_tree *tree = &building->tree;
	struct plan_node *node = LIST_ADD_IN(building->arena, tree);
	if (!node)
		return false;
	node->path = cut_path(target, below->path, length, building->arena);
	bool is_own_key = target == TARGET_LINUX && length > 0;
	node->key = is_own_key ? node->path : arena_copy(building->arena, below->key, length);
	node->key_length = length;
	node->parent = *above;
	*above = tree->count - 1;
	return node->path && node->key;
}

/* Directories that no rule names are spelt in one of the ways that the rules below them have: always the same one. */
static bool respell(struct building *building, const struct plan_node *below, size_t above)
{
	struct plan_tree *tree = &building->tree;
	for (; building->facts->target == TARGET_WINDOWS && above != NO_NODE; above = tree->items[above].parent) {
		struct plan_node *node = &tree->items[above];
		const char *path = cut_path(TARGET_WINDOWS, below->path, node->key_length, building->arena);
		if (!path)
			return false;
		if (!node->is_named && strcmp(path, node->path) < 0)
			node->path = path;
	}
	return true;
}

static bool is_below(char separator, const struct plan_node *node, const struct plan_node *above)
{
	size_t length = above->key_length;
	return node->key_length >= length && text_common(node->key, above->key, length) == length &&
	       (length == 0 || node->key_length == length || node->key[length] == separator);
}

/* Adds the place to a tree that ends with the node *above, behind the directories above it that are not there yet. */
static bool add_node(struct building *building, const struct plan_node *place, size_t *above)
{
	enum target target = building->facts->target;
	char separator = path_separator(target);
	struct plan_tree *tree = &building->tree;
	while (*above != NO_NODE && !is_below(separator, place, &tree->items[*above])) {
		tree->items[*above].end = tree->count;
		*above = tree->items[*above].parent;
	}
	if (!respell(building, place, *above))
		return false;
	if (*above != NO_NODE && tree->items[*above].key_length == place->key_length) {
		tree->items[*above].is_named |= place->is_named;
		tree->items[*above].is_granted |= place->is_granted;
		if (place->cache)
			tree->items[*above].cache = place->cache;
		if (place->link && !tree->items[*above].link) {
			tree->items[*above].link = place->link;
			tree->items[*above].link_rule = place->link_rule;
		}
		return true;
	}
	if (*above == NO_NODE && place->key_length > 0 && !add_directory(building, place, 0, above))
		return false;
	for (size_t i = *above == NO_NODE ? 0 : tree->items[*above].key_length + 1; i < place->key_length; i++)
		if (place->key[i] == separator && !add_directory(building, place, i, above))
			return false;
	struct plan_node *node = LIST_ADD_IN(building->arena, tree);
	if (!node)
		return false;
	*node = *place;
	node->parent = *above;
	*above = tree->count - 1;
	return true;
}

static bool add_nodes(struct building *building)
{
	size_t count = building->places.count;
	struct plan_tree *tree = &building->tree;
	const void **order = arena_take(building->arena, (count + 1) * sizeof *order);
	const void **spare = arena_take(building->arena, (count + 1) * sizeof *spare);
	if (!order || !spare || !LIST_RESERVE_IN(building->arena, tree, count + count / 4))
		return false;
	for (size_t i = 0; i < count; i++)
		order[i] = &building->places.items[i];
	sort_pointers(order, spare, count,
		      building->facts->target == TARGET_WINDOWS ? compare_on_windows : compare_on_linux);

	size_t above = NO_NODE;
	for (size_t i = 0; i < count; i++)
		if (!add_node(building, order[i], &above))
			return false;
	for (; above != NO_NODE; above = tree->items[above].parent)
		tree->items[above].end = tree->count;
	return true;
}

/* -- what is known of them --------------------------------------------------------------------------------------- */

/* The fact about what lands at the path. Of a directory the survey made one under its own name. */
static const struct path_fact *find_landing(const struct facts *facts, const char *path)
{
	const struct path_fact *fact = facts_find_path(facts, path);
	if (fact && strcmp(fact->landing, path) == 0)
		return fact;
	for (size_t i = 0; i < facts->paths.count; i++) {
		fact = &facts->paths.items[i];
		if (fact->landing != fact->path && strcmp(fact->landing, path) == 0)
			return fact;
	}
	return NULL;
}

static void decide(const struct policy *policy, struct plan_node *node, const struct plan_node *parent)
{
	if (parent && !node->is_named) {
		node->wanted = parent->wanted;
		node->rule = parent->rule;
		return;
	}
	struct verdict verdict = policy_decide_path(policy, node->path);
	node->wanted = verdict.access;
	node->rule = verdict.rule;
}

/* A cache that is missing has its mount point in the next directory above it. */
static void reopen_for_cache(struct plan_tree *tree, size_t above)
{
	while (above != NO_NODE && tree->items[above].type == PATH_MISSING)
		above = tree->items[above].parent;
	if (above != NO_NODE)
		tree->items[above].is_reopened = true;
}

static void describe(const struct policy *policy, const struct facts *facts, struct plan_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		struct plan_node *node = &tree->items[i];
		if (!node->fact)
			node->fact = find_landing(facts, node->path);
		decide(policy, node, node->parent == NO_NODE ? NULL : &tree->items[node->parent]);
		node->type = node->fact ? node->fact->type : PATH_MISSING;
	}
	for (size_t i = tree->count; i-- > 0;) {
		const struct plan_node *node = &tree->items[i];
		if (node->parent == NO_NODE)
			continue;
		struct plan_node *parent = &tree->items[node->parent];
		bool exists = node->type != PATH_MISSING;
		bool is_made = node->is_named && node->wanted == ACCESS_WRITE;
		if (!parent->fact && (exists || (node->fact && node->fact->parent_exists)))
			parent->type = PATH_DIRECTORY;
		if (node->is_reopened || is_made || (exists && node->wanted > ACCESS_NONE))
			parent->is_reopened = true;
		if (node->cache)
			reopen_for_cache(tree, node->parent);
	}
	if (tree->count > 0)
		tree->items[0].type = PATH_DIRECTORY;
}

bool plan_tree_build(const struct policy *policy, const struct facts *facts, struct arena *arena,
		     struct plan_tree *ret_tree, struct cordon_error *err)
{
	struct building building = { .policy = policy, .facts = facts, .arena = arena };
	if (!caches_find(policy, facts, arena, &building.tree.caches, err))
		return false;
	if (!add_places(&building) || !add_nodes(&building))
		return cordon_fail_memory(err);
	describe(policy, facts, &building.tree);
	building.tree.facts = facts;
	*ret_tree = building.tree;
	return true;
}

/* -- questions --------------------------------------------------------------------------------------------------- */

const char *plan_node_name(const struct plan_node *node)
{
	const char *slash = strrchr(node->path, node->path[0] == '/' ? '/' : '\\');
	return slash ? slash + 1 : node->path;
}

/* A name without a file behind it does not say what it will be. What hosts execute for its place is mostly a directory
 * (hooks, .vscode); the files among it have an extension (.mcp.json) or are for shells (.bashrc, .envrc) and git.
 */
bool plan_node_is_directory(const struct plan_node *node)
{
	static const char *const file_endings[] = { "rc",      "profile",    "_login",    "_logout", "config",
						    "modules", "attributes", "commondir", "HEAD" };
	if (node->type != PATH_MISSING)
		return node->type == PATH_DIRECTORY;

	const char *name = plan_node_name(node);
	if (text_ends(node->rule->pattern, "/"))
		return true;
	if (text_starts(node->rule->pattern, "${git_records}"))
		return false;
	for (size_t i = 0; i < COUNT_OF(file_endings); i++)
		if (text_ends(name, file_endings[i]))
			return false;
	return !name[0] || !strchr(name + 1, '.');
}

static bool is_in_git_directory(const struct plan_node *node)
{
	return text_starts(node->rule->pattern, "${git") || text_starts(node->rule->pattern, "${submodule}") ||
	       strstr(node->path, "/.git/") || strstr(node->path, "\\.git\\");
}

/* On Windows what is held costs an entry in a descriptor and no folder for each run: there all tools count. */
static bool has_tool(const struct facts *facts, const char *name)
{
	if (facts->target == TARGET_WINDOWS)
		return true;
	for (size_t i = 0; i < facts->tools.count; i++)
		if (name[0] == '.' && strcmp(name + 1, facts->tools.items[i]) == 0)
			return true;
	return false;
}

bool plan_node_is_held(const struct plan_tree *tree, size_t index)
{
	static const char *const left_to_the_host[] = { ".git", ".cordon.json", "config.worktree" };
	const struct plan_node *node = &tree->items[index];
	for (size_t i = 0; i < COUNT_OF(left_to_the_host); i++)
		if (strcmp(plan_node_name(node), left_to_the_host[i]) == 0)
			return false;
	if (!node->is_named || node->wanted != ACCESS_READ || tree->items[node->parent].type != PATH_DIRECTORY)
		return false;
	return node->rule->origin.layer != LAYER_PRESET || is_in_git_directory(node) ||
	       (plan_node_is_directory(node) && has_tool(tree->facts, plan_node_name(node)));
}

bool plan_node_is_left(const struct plan_tree *tree, size_t index)
{
	const struct plan_node *node = &tree->items[index];
	return node->is_named && (tree->items[node->parent].type == PATH_DIRECTORY ||
				  node->rule->origin.layer != LAYER_PRESET || !is_in_git_directory(node));
}

/* A flag has a name and no line. */
CORDON_PRINTF(3, 0)
static bool refuse(struct cordon_error *err, const struct origin *origin, const char *format, va_list args)
{
	char text[sizeof err->text];
	vsnprintf(text, sizeof text, format, args);
	if (origin && origin->line > 0)
		cordon_fail_at(err, origin->file, origin->line, origin->column, "%s", text);
	else if (origin)
		cordon_fail(err, CORDON_UNSUPPORTED, "%s: %s", origin->file, text);
	else
		cordon_fail(err, CORDON_UNSUPPORTED, "%s", text);
	err->status = CORDON_UNSUPPORTED;
	return false;
}

bool plan_refuse(struct cordon_error *err, const struct rule *rule, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	refuse(err, rule ? &rule->origin : NULL, format, args);
	va_end(args);
	return false;
}

bool plan_refuse_at(struct cordon_error *err, const struct origin *origin, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	refuse(err, origin, format, args);
	va_end(args);
	return false;
}

#include "policy/plan_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "policy/path.h"
#include "policy/plan.h"

static char resolver[] = "/etc/resolv.conf";

char *const *plan_paths(enum target target)
{
	static char *const on_linux[] = { resolver, NULL };
	return target == TARGET_LINUX ? on_linux : on_linux + COUNT_OF(on_linux) - 1;
}

void plan_tree_free(struct plan_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		free(tree->items[i].path);
		free(tree->items[i].key);
	}
	free(tree->items);
	*tree = (struct plan_tree){ 0 };
}

/* -- which paths ------------------------------------------------------------------------------------------------- */

static bool add_node(enum target target, char *path, struct plan_tree *tree, struct plan_node **ret_node)
{
	struct text key = { 0 };
	struct plan_node *node = path ? LIST_ADD(tree) : NULL;
	if (!node) {
		free(path);
		return false;
	}
	node->path = path;
	path_add_key(target, path, &key);
	node->key = text_take(&key);
	*ret_node = node;
	return node->key != NULL;
}

/* The first `length` bytes of a path; a root is spelt with its separator. */
static char *cut_path(enum target target, const char *path, size_t length)
{
	bool is_root = length == 0 || (target == TARGET_WINDOWS && path[length - 1] == ':');
	return text_format("%.*s%.*s", (int)length, path, (int)is_root, (char[]){ path_separator(target), '\0' });
}

static bool add_directories_above(enum target target, size_t child, struct plan_tree *tree)
{
	while (*tree->items[child].key) {
		const struct plan_node *node = &tree->items[child];
		size_t length = path_parent(target, node->key, strlen(node->key));
		struct plan_node *above;
		if (!add_node(target, cut_path(target, node->path, length), tree, &above))
			return false;
		child = tree->count - 1;
	}
	return true;
}

/* Where the root is closed, each of its entries is a matter of its own: the root itself can be neither covered nor
 * replaced in place.
 */
static bool add_entries_of_root(const struct policy *policy, const struct facts *facts, struct plan_tree *tree)
{
	if (!facts->root_is_listed || policy_decide_path(policy, "/").access != ACCESS_NONE)
		return true;
	for (size_t i = 0; i < facts->paths.count; i++) {
		const char *landing = facts->paths.items[i].landing;
		struct plan_node *node;
		if (landing[0] == '/' && landing[1] && !strchr(landing + 1, '/') &&
		    !add_node(facts->target, strdup(landing), tree, &node))
			return false;
	}
	return true;
}

/* Where the network is the host's, so is the resolver's configuration. It often is a link into /run, of which the
 * command has one of its own.
 */
static bool add_resolver(const struct policy *policy, const struct facts *facts, struct plan_tree *tree)
{
	struct plan_node *node;
	const struct path_fact *fact = facts_find_path(facts, resolver);
	if (facts->target != TARGET_LINUX || policy_network_mode(policy, NULL) != NETWORK_OPEN || !fact)
		return true;
	if (!add_node(facts->target, strdup(fact->landing), tree, &node))
		return false;
	node->is_named = true;
	node->is_granted = true;
	node->fact = fact;
	return add_directories_above(facts->target, tree->count - 1, tree);
}

static bool add_nodes(const struct policy *policy, const struct facts *facts, struct plan_tree *tree)
{
	size_t count;
	const struct rule *rules = policy_rules(policy, &count);
	for (size_t i = 0; i < count; i++) {
		struct plan_node *node;
		if (rules[i].is_glob)
			continue;
		if (!add_node(facts->target, strdup(rules[i].landing), tree, &node))
			return false;
		node->is_named = true;
		node->is_granted = rules[i].origin.layer < LAYER_FIRST_BOUND && rules[i].access != ACCESS_NONE;
		node->fact = rules[i].fact;
		if (!add_directories_above(facts->target, tree->count - 1, tree))
			return false;
	}
	return add_resolver(policy, facts, tree) && add_entries_of_root(policy, facts, tree);
}

/* A separator comes before every other byte, so that a subtree is contiguous ("a", "a/b", "a-b"). */
static int compare_keys(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	int left = *a == '/' || *a == '\\' ? 1 : (unsigned char)*a + (*a != '\0');
	int right = *b == '/' || *b == '\\' ? 1 : (unsigned char)*b + (*b != '\0');
	return left - right;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct plan_node *left = a;
	const struct plan_node *right = b;
	int order = compare_keys(left->key, right->key);
	if (order == 0) /* the spelling is the survey's where there is one */
		order = (right->fact != NULL) - (left->fact != NULL);
	return order ? order : strcmp(left->path, right->path);
}

static void merge_duplicates(struct plan_tree *tree)
{
	size_t kept = 0;
	for (size_t i = 0; i < tree->count; i++) {
		struct plan_node *node = &tree->items[i];
		if (kept > 0 && strcmp(tree->items[kept - 1].key, node->key) == 0) {
			tree->items[kept - 1].is_named |= node->is_named;
			tree->items[kept - 1].is_granted |= node->is_granted;
			free(node->path);
			free(node->key);
		} else {
			tree->items[kept++] = *node;
		}
	}
	tree->count = kept;
}

static void link_nodes(enum target target, struct plan_tree *tree)
{
	size_t above = NO_NODE;
	for (size_t i = 0; i < tree->count; i++) {
		while (above != NO_NODE && !path_is_below(target, tree->items[i].key, tree->items[above].key)) {
			tree->items[above].end = i;
			above = tree->items[above].parent;
		}
		tree->items[i].parent = above;
		above = i;
	}
	for (; above != NO_NODE; above = tree->items[above].parent)
		tree->items[above].end = tree->count;
}

/* -- what is known of them --------------------------------------------------------------------------------------- */

static int compare_landings(const void *a, const void *b)
{
	const struct path_fact *const *left = a;
	const struct path_fact *const *right = b;
	return strcmp((*left)->landing, (*right)->landing);
}

/* Facts are kept by the name that a rule uses; the tree needs them by landing. */
static bool find_facts(const struct facts *facts, struct plan_tree *tree)
{
	size_t count = facts->paths.count;
	if (count == 0)
		return true;
	const struct path_fact **sorted = malloc(count * sizeof *sorted);
	if (!sorted)
		return false;
	for (size_t i = 0; i < count; i++)
		sorted[i] = &facts->paths.items[i];
	qsort(sorted, count, sizeof *sorted, compare_landings);

	for (size_t i = 0; i < tree->count; i++) {
		const struct path_fact wanted = { .landing = tree->items[i].path };
		const struct path_fact *wanted_pointer = &wanted;
		if (tree->items[i].fact)
			continue;
		const struct path_fact **found = bsearch(&wanted_pointer, sorted, count, sizeof *sorted,
							 compare_landings);
		if (found)
			tree->items[i].fact = *found;
	}
	free(sorted);
	return true;
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

static void describe(const struct policy *policy, struct plan_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		struct plan_node *node = &tree->items[i];
		decide(policy, node, node->parent == NO_NODE ? NULL : &tree->items[node->parent]);
		node->type = node->fact ? node->fact->type : PATH_MISSING;
	}
	for (size_t i = tree->count; i-- > 0;) {
		const struct plan_node *node = &tree->items[i];
		if (node->parent == NO_NODE)
			continue;
		struct plan_node *parent = &tree->items[node->parent];
		bool exists = node->type != PATH_MISSING;
		if (!parent->fact && (exists || (node->fact && node->fact->parent_exists)))
			parent->type = PATH_DIRECTORY;
		if (exists && (node->is_reopened || node->wanted > ACCESS_NONE))
			parent->is_reopened = true;
	}
	if (tree->count > 0)
		tree->items[0].type = PATH_DIRECTORY;
}

bool plan_tree_build(const struct policy *policy, const struct facts *facts, struct plan_tree *ret_tree,
		     struct cordon_error *err)
{
	CORDON_ON_EXIT(plan_tree_free) struct plan_tree tree = { 0 };
	if (!add_nodes(policy, facts, &tree))
		return cordon_fail_memory(err);
	qsort(tree.items, tree.count, sizeof *tree.items, compare_nodes);
	merge_duplicates(&tree);
	link_nodes(facts->target, &tree);
	if (!find_facts(facts, &tree))
		return cordon_fail_memory(err);
	describe(policy, &tree);
	*ret_tree = tree;
	ret_tree->facts = facts;
	tree = (struct plan_tree){ 0 };
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
	for (size_t i = 0; i < COUNT_OF(file_endings); i++)
		if (text_ends(name, file_endings[i]))
			return false;
	return !name[0] || !strchr(name + 1, '.');
}

static bool is_in_git_directory(const struct plan_node *node)
{
	return text_starts(node->rule->pattern, "${git}") || strstr(node->path, "/.git/") ||
	       strstr(node->path, "\\.git\\");
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
	if (node->type != PATH_MISSING || !node->is_named || node->wanted != ACCESS_READ ||
	    tree->items[node->parent].type != PATH_DIRECTORY)
		return false;
	return node->rule->origin.layer != LAYER_PRESET || is_in_git_directory(node) ||
	       (plan_node_is_directory(node) && has_tool(tree->facts, plan_node_name(node)));
}

bool plan_refuse(struct cordon_error *err, const struct rule *rule, const char *format, ...)
{
	char text[sizeof err->text];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);

	if (rule)
		cordon_fail_at(err, rule->origin.file, rule->origin.line, rule->origin.column, "%s", text);
	else
		cordon_fail(err, CORDON_UNSUPPORTED, "%s", text);
	err->status = CORDON_UNSUPPORTED;
	return false;
}

/* policy/plan_tree.h: the paths that matter to a plan, as a tree. Pure; for the planners alone.
 *
 * A node is a place where a rule lands, or a directory above one. Between the nodes nothing changes: what is
 * decided at a node holds for everything below it down to the next one. Nodes are ordered parents first and each
 * subtree is contiguous, whatever the order of the rules, so a planner is a walk over an array.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "policy/caches.h"
#include "policy/policy.h"

#define NO_NODE SIZE_MAX

struct plan_node {
	const char *path; /* as it lands; `\` on Windows stands above every drive */
	const char *key;  /* path.h */
	size_t key_length;
	size_t parent;                /* NO_NODE for the root */
	size_t end;                   /* one past the last node of its subtree */
	const struct path_fact *fact; /* NULL: the survey did not look at it */
	enum path_type type;
	enum access wanted;
	const struct rule *rule; /* what decided `wanted` */
	bool is_named;           /* a rule lands here */
	bool is_granted;         /* …and one of the grant's, not only of a bound, that is not `none` */
	bool is_reopened; /* below it there is something that may be read, is made so that it can be written, or is a cache */
	const struct link_fact *
		link; /* it is one, on the way to what `link_rule` makes read-only; such a node has no fact; else NULL */
	const struct rule *link_rule;
	const struct cache *cache; /* a tool keeps here what it can make again; else NULL */
};

struct plan_tree {
	const struct facts *facts;
	struct caches caches;
	struct plan_node *items;
	size_t count, room;
};

/* The tree is in the arena, and borrows from the policy and the facts. */
CORDON_CHECKED bool plan_tree_build(const struct policy *policy, const struct facts *facts, struct arena *arena,
				    struct plan_tree *ret_tree, struct cordon_error *err);

/* The last component of the node's path; borrowed. */
const char *plan_node_name(const struct plan_node *node);

/* Whether a missing name inside a writable root is made, empty, and held for the run, so that it can be protected.
 * What is `read` there is what the host executes from its place (hooks, editors' tasks). It is held if its
 * directory exists, and
 * - somebody asks for it by name: not a preset's rule;
 * - or it is in a git directory;
 * - or a directory that a tool of the user's reads (facts->tools): git does not see an empty one, so the user's
 *   `git status` and `git add -A`, and the command's, find nothing that is not theirs.
 * What else of it appears during the run can wait for its end, for nothing on the host looks for it: config.worktree,
 * which git reads where an extension that makes it is on, and the folders of tools that are not there.
 * Never held: `.git`, which the host's own `git init` has to make; `.cordon.json`, which only narrows and is an
 * error when empty; and what is `none`, for there is no secret yet, and the host must be able to save one.
 */
bool plan_node_is_held(const struct plan_tree *tree, size_t index);

/* Whether one that is not held is looked for at the run's end. Not what a preset names in a git directory that does not
 * exist either: who makes that makes a repository, and what a new one holds is looked at apart.
 */
bool plan_node_is_left(const struct plan_tree *tree, size_t index);

/* Whether it is a directory, or would be one. */
bool plan_node_is_directory(const struct plan_node *node);

/* CORDON_UNSUPPORTED with the rule's place; returns false. rule may be NULL. */
bool plan_refuse(struct cordon_error *err, const struct rule *rule, const char *format, ...) CORDON_PRINTF(3, 4);
bool plan_refuse_at(struct cordon_error *err, const struct origin *origin, const char *format, ...) CORDON_PRINTF(3, 4);

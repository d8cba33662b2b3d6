/* policy/resolve.h: what policy_resolve is made of; for src/policy alone. */
#pragma once

#include "policy/expand.h"

/* A rule before it is put in order. */
struct candidate {
	struct rule rule;
	const struct file_statement *statement;
	const char *path_key; /* of the path as named */
	const char *key;      /* of its landing */
	size_t key_length;
	unsigned specificity; /* twice the components of a literal rule; one more or less for globs (path.h) */
	bool is_found;        /* one match of a glob */
	bool is_led;          /* by a link that the command could have made: only narrows */
};

struct root {
	const char *path_key, *key;
};

struct resolving {
	struct arena arena; /* for what is used meanwhile */
	struct policy *policy;
	const struct facts *facts;
	struct expansions expansions;
	struct {
		struct candidate *items;
		size_t count, room;
	} candidates;
	struct {
		struct root *items;
		size_t count, room;
	} roots;
};

/* workspace.c: refuses a workspace that is no project's folder. */
CORDON_CHECKED bool workspace_check(const struct facts *facts, struct cordon_error *err);

/* decide.c: puts the rules in order, parents first, and fixes who decides at each landing. What a link leads to is
 * narrowed in the candidates. The arena is for what is used meanwhile.
 */
CORDON_CHECKED bool policy_arrange(struct policy *policy, struct candidate *candidates, size_t count,
				   struct arena *arena, struct cordon_error *err);
void policy_forget_rules(struct policy *policy);

/* The strictest of the bounds alone; rule is NULL when none has a rule. */
struct verdict policy_decide_bounds(const struct policy *policy, const char *path);

/* For a rule that a link leads to what it would open. */
bool policy_complain_of_link(struct cordon_error *err, const struct rule *rule);

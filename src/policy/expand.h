/* policy/expand.h: the paths that the statements mean on a host; for src/policy alone.
 *
 * policy_expand -> any number of policy_find_roots. All that these functions make is in the arena, or is text of the
 * statements and the facts.
 */
#pragma once

#include "policy/store.h"

/* One statement for one path. */
struct expansion {
	const char *path; /* or pattern */
	size_t length;
	bool is_glob;
	const struct file_statement *statement;
};

struct expansions {
	struct expansion *items;
	size_t count, room;
};

/* A path that a variable stands for. */
struct value {
	const char *path;
	size_t length;
	bool is_plain; /* path_is_plain */
};

struct values {
	struct value *items; /* with room for as many as were asked for */
	size_t count;
	bool is_known;
};

CORDON_CHECKED bool values_make(struct arena *arena, size_t room, struct values *ret_values, struct cordon_error *err);
void values_add(enum target target, struct values *values, const char *path);

/* certificates.c: what ${certificates} stands for. */
CORDON_CHECKED bool certificates_find(const struct facts *facts, struct arena *arena, struct values *ret_values,
				      struct cordon_error *err);

/* Every statement's paths. `is_early`: statements that use a variable of which nothing is known yet are passed over. */
CORDON_CHECKED bool policy_expand(const struct policy *policy, const struct facts *facts, bool is_early,
				  struct arena *arena, struct expansions *ret_expansions, struct cordon_error *err);

/* The paths that the grant makes writable, each once. */
CORDON_CHECKED bool policy_find_roots(const struct policy *policy, const struct expansions *expansions,
				      struct arena *arena, struct values *ret_roots, struct cordon_error *err);

/* tests/policy/plan_world.h: a made-up host, so that plans can be made and judged without one.
 *
 * A world is a list of paths in which parents come first. world_policy reads a policy, surveys the paths that it
 * names the way os_survey_paths would, finds the matches of its globs, and settles it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/facts.h"
#include "policy/plan.h"

#define WORLD_PATH_ROOM 512 /* of any path in a world, with its NUL */

struct world_entry {
	const char *path;
	enum path_type type; /* PATH_MISSING: a link, resolved as the kernel does */
	const char *target;  /* of a link */
	bool is_users;       /* a directory: the user may change what is in it */
};

struct world {
	const struct world_entry *entries;
	size_t count;
};

const struct world_entry *world_find(const struct world *world, const char *path);

/* Facts with the given home and workspace, or fails the test. */
struct facts *world_facts(const struct world *world, const char *home, const char *workspace);

/* Adds the facts that the run's survey would gather for the policy. */
bool world_survey(const struct world *world, struct facts *facts, const struct policy *policy,
		  struct cordon_error *err);

/* The facts about those paths as well. */
void world_look(const struct world *world, struct facts *facts, char *const *paths);

/* The policy `text` (JSONC) in the given layer over those facts, under the bound `managed` (NULL: none). False with
 * *err when it is refused.
 */
bool world_policy(const struct world *world, struct facts *facts, enum layer layer, const char *text,
		  const char *managed, struct policy **ret_policy, struct cordon_error *err);

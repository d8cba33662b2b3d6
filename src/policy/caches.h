/* policy/caches.h: the directories in which tools keep what they can fetch or make again. Pure; Linux alone.
 *
 * A preset under which the workspace is writable gives the command each as a private layer: over the user's own, which
 * is never written through, or empty where the user's own is missing or may not be read. What the policy says of a
 * cache by name, from any layer but a preset, holds instead; so does `write` from wherever it comes.
 *
 * caches_list_paths -> survey -> caches_list_programs -> survey -> policy_resolve -> caches_find
 */
#pragma once

#include "base/arena.h"
#include "policy/policy.h"

struct cache {
	const char *name; /* unique; fit for a file */
	const char *path; /* where it lands */
	const struct path_fact *fact;
	bool is_shown;           /* the user's own may be read, and exists */
	const struct rule *rule; /* what would decide if it were no cache */
};

struct caches {
	struct cache *items; /* none below another */
	size_t count, room;
};

/* The directory in cordon's state that keeps the workspace's layers, whether it is there or not; that it is this
 * workspace's is looked at before use. Malloc'ed; NULL when memory is short.
 */
char *caches_keep(const struct facts *facts);

/* Where each cache would be on this host; to be freed with policy_free_list. */
CORDON_CHECKED bool caches_list_paths(const struct facts *facts, char ***ret_paths, struct cordon_error *err);

/* What tells, of the caches that the survey found missing, that their tool is there and will want one; the same. */
CORDON_CHECKED bool caches_list_programs(const struct facts *facts, char ***ret_paths, struct cordon_error *err);

/* The caches that a run of the resolved policy has. All is in the arena or belongs to the facts and the policy. */
CORDON_CHECKED bool caches_find(const struct policy *policy, const struct facts *facts, struct arena *arena,
				struct caches *ret_caches, struct cordon_error *err);

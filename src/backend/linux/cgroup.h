/* backend/linux/cgroup.h: a control group of the run's own, where the user may make one.
 *
 *	cgroup_find                  where one could be made; no side effects
 *	cgroup_begin                 version 2: makes it, so that init can be cloned into it
 *	cgroup_limit                 version 1: makes them; both: sets what the plan limits and reads it back
 *	cgroup_doors                 version 1: what the command joins by, before its image runs
 *	cgroup_read, any number of times -> cgroup_free, when the tree is dead
 *
 * Rules: cgroups(7); Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst of the kernel.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "policy/plan.h"

enum cgroup_controller { CGROUP_MEMORY, CGROUP_PROCESSES, CGROUP_CPU, CGROUP_ACCOUNT, CGROUP_CONTROLLERS };

/* Where the hierarchies are mounted, by general custom. */
#define CGROUP_ROOT "/sys/fs/cgroup"

enum { CGROUP_PATH_SIZE = 512 };

/* Where groups can be made; an empty path: nowhere. */
struct cgroup_places {
	bool is_unified;                                  /* version 2: all paths are the same one */
	char paths[CGROUP_CONTROLLERS][CGROUP_PATH_SIZE]; /* directories in which the user may make one */
};

struct cgroup;

/* Fills *ret_places; what cannot be found out is nowhere. */
void cgroup_find(struct cgroup_places *ret_places);

/* NULL, with errno, when none can be made; errno 0: this is no host of version 2. */
struct cgroup *cgroup_begin(void);
int cgroup_directory(const struct cgroup *cgroup); /* for CLONE_INTO_CGROUP; -1: none */

/* `cgroup` is NULL or what cgroup_begin made; the result replaces it, and is NULL where no group limits anything. What
 * cannot be had and may be missing leaves *places.
 */
CORDON_CHECKED bool cgroup_limit(struct cgroup **cgroup, struct cgroup_places *places, const struct plan *plan,
				 struct cordon_error *err);

/* Descriptors of the files into which the command has to write itself, from outside the view; -1: none. The caller's
 * from then on. Init stays outside: the groups can go as soon as the tree is empty, while it is still dying.
 */
void cgroup_doors(struct cgroup *cgroup, int ret_doors[CGROUP_CONTROLLERS]);
/* Whether init is in it, so that it outlasts init. */
bool cgroup_holds_init(const struct cgroup *cgroup);

/* What a reading knows. */
struct cgroup_reading {
	bool has_memory, has_processes, has_cpu;
	uint64_t memory, memory_peak; /* bytes */
	uint64_t killed;              /* processes that the kernel ended for want of memory */
	uint64_t processes, refused;  /* tasks now; forks that were refused */
	uint64_t cpu_ms;
};
void cgroup_read(const struct cgroup *cgroup, struct cgroup_reading *ret_reading);

/* Removes groups that killed processes have left; how many, or how many it would. */
unsigned cgroup_sweep(bool is_trial);
/* The same, beside this one. NULL is fine. */
void cgroup_sweep_beside(const struct cgroup *cgroup);

/* Removes what it is on the host. Async-signal-safe. */
void cgroup_remove(const struct cgroup *cgroup);
/* Removes it as well; NULL is fine; returns NULL. */
struct cgroup *cgroup_free(struct cgroup *cgroup);

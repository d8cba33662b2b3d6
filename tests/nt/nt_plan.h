/* tests/nt/nt_plan.h: a plan for Windows carried out on a model of files: its descriptors, and its token.
 *
 * It is the backend's own code that carries it out (backend/windows/descriptors.h), on files of the model's.
 */
#pragma once

#include "nt_store.h"
#include "nt_world.h"
#include "policy/plan_windows.h"

enum { NT_ROOTS_MAX = 16 };

/* What a run's own identities are: a root has its capability from run to run, a package is one policy's. */
struct nt_names {
	uint32_t package;
	uint32_t capabilities[NT_ROOTS_MAX];
};

/* `names` NULL: NT_PACKAGE, and NT_CAPABILITY with the root's index. */
uint32_t nt_plan_sid(struct sid sid, const struct nt_names *names);

/* The token of the plan's recipe. */
struct nt_token nt_plan_token(const struct plan_windows *windows, const struct nt_world *world,
			      const struct nt_names *names);

/* The token of another run at the same time, of the same tier, that was granted none of this plan's roots. */
struct nt_token nt_plan_neighbour(const struct plan_windows *windows, const struct nt_world *world);

/* Changes descriptors of the store's world as the user. False when a backend would refuse the run, with a text that says
 * why, until the next. `policy` NULL: whatever other plans have opened stays.
 */
bool nt_plan_apply(const struct plan_windows *windows, const struct policy *policy, struct nt_store *store,
		   const struct nt_names *names, const char **ret_why);
/* Are they there already, and nothing that the policy closes? */
bool nt_plan_holds(const struct plan_windows *windows, const struct policy *policy, struct nt_store *store,
		   const struct nt_names *names, bool *ret_hold, struct cordon_error *err);

/* tests/nt/nt_plan.h: a plan for Windows carried out on a model of files: its descriptors, and its token.
 *
 * It is the backend's own code that carries it out (backend/windows/descriptors.h), on files of the model's.
 */
#pragma once

#include "nt_world.h"
#include "policy/plan_windows.h"

uint32_t nt_plan_sid(struct sid sid);

/* The token of the plan's recipe. */
struct nt_token nt_plan_token(const struct plan_windows *windows, const struct nt_world *world);

/* The token of another run at the same time, of the same tier, that was granted none of this plan's roots. */
struct nt_token nt_plan_neighbour(const struct plan_windows *windows, const struct nt_world *world);

/* Changes descriptors as the user. False when a backend would refuse the run, with a text that says why, until the
 * next.
 */
bool nt_plan_apply(const struct plan_windows *windows, struct nt_world *world, const char **ret_why);

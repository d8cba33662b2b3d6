/* tests/policy/plan_model.h: what a plan's mounts would show in a made-up world, step by step, and whether that is what
 * the policy decides.
 */
#pragma once

#include "plan_world.h"

/* Fails the test, with `text` in the message, unless every entry of the world is seen as the plan's policy has it,
 * every step finds its place, and none can be carried away from inside.
 */
void model_check(const struct world *world, const struct plan *plan, const char *text);

/* backend/windows/probe_plan.h: what the planner would plan for the probe's folder (staging.h), so that what is tried is
 * what a run is made of. Pure data; tests/windows/test_probe_plan.c compares it with the planner's.
 */
#pragma once

#include "backend/windows/trial.h"
#include "policy/plan_windows.h"

/* The token of a tier with one root. */
const struct windows_token *probe_recipe(enum tier tier);

/* "sibling" is the root of another run: its capability is the second, its package's role that of a second root. */
struct probe_object {
	const char *path; /* below the inside's folder; NULL: the prober */
	unsigned tiers;   /* 1 << enum tier */
	bool is_cut, drops_everyone;
	uint32_t label;
	struct windows_entry_list entries;
};

extern const struct probe_object probe_objects[];
extern const size_t probe_object_count;

/* What is tried for a plan: the tier's own, and what its network is to an account. */
unsigned probe_tiers(enum tier tier, enum network_mode network);

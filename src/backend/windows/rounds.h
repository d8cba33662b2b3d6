/* backend/windows/rounds.h: the order of a probe, what it finds, and what that means for a plan. Pure over `rounds`; probe.c
 * is the host's own.
 */
#pragma once

#include "backend/backend.h"
#include "backend/windows/kept.h"

struct rounds {
	/* Runs the prober on a side, until it and all that it started has ended: its answers, whole or none. */
	bool (*run)(void *context, int side, bool goes_out, struct cordon_error *err);
	/* What can be seen from outside of what it did. */
	struct trial_sight (*look)(void *context, const struct trial_case *trial);
	void *context;
	struct trial_answer (*answers)[TRIALS_MAX]; /* one list a side, which `run` writes */
};

/* Adds to why the tier cannot be had. */
void rounds_refuse(struct probing *probing, const char *why);

/* What is tried inside has been tried outside right before. What leaves the host is tried where all else has held: on a
 * host that keeps nothing it would be let go twice. Fails where the outside cannot be tried; what fails inside says
 * something of the host, and is added to why. probing->tiers says what is tried.
 */
CORDON_CHECKED bool rounds_run(const struct rounds *rounds, struct probing *probing, struct cordon_error *err);

/* One round's answers, to findings. */
void rounds_judge(const struct rounds *rounds, bool goes_out, struct probing *probing);

/* What the probe found, by guarantee of the plan's. */
struct assessment rounds_assess(const struct plan *plan, const struct probing *probing, enum guarantee guarantee);

/* What became of each act that is for the plan; false when memory is short. */
CORDON_CHECKED bool rounds_tell(const struct probing *probing, struct verified_list *list);

/* May anything run on this host, in the plan's tier? CORDON_UNSUPPORTED, with the names of what did not hold. */
CORDON_CHECKED bool rounds_trust(const struct plan *plan, const struct probing *probing, struct cordon_error *err);

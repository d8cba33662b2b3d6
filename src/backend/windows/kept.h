/* backend/windows/kept.h: what the probe has found, kept for as long as nothing that it rests on has changed. Pure over
 * `kept_store`; proved.c is Windows' own.
 *
 *	kept_find                   what was kept, if it may be believed
 *	kept_put                    a probe that went through and in which everything held
 *
 * The key is a text of everything that the finding rests on: boot, builds, who asks, and the shape of the plan
 * (kept_shape). One that differs in a byte is another. What is kept says that things hold and never that they do not:
 * where something fails, it is tried again.
 *
 * It is no proof against the user, whose state it lies in: who writes there as the user could as well change cordon
 * itself. A command in a cordon does not reach it.
 */
#pragma once

#include <stdbool.h>

#include "backend/windows/trial.h"
#include "base/error.h"
#include "base/text.h"
#include "policy/plan_windows.h"

struct finding {
	enum trial_verdict verdict;
	bool is_tried;
};

struct probing {
	bool is_made;
	unsigned
		tiers; /* whose trials the findings are of (trial_is_of); where the tier cannot be had: the token tier's */
	struct finding findings[TRIALS_MAX];
	char why[CORDON_ERROR_TEXT_SIZE]; /* why the tier itself cannot be made here; empty: it can */
};

struct kept_store {
	/* The whole file; *ret_is_ours: it is owned by whom this process's own files are, and nobody else may write it.
	 * Empty: there is none.
	 */
	bool (*read)(struct kept_store *store, const char *name, struct text *ret_bytes, bool *ret_is_ours,
		     struct cordon_error *err);
	/* In one step, or not at all. */
	bool (*write)(struct kept_store *store, const char *name, const char *bytes, size_t length,
		      struct cordon_error *err);
};

/* What of the plan a finding is about: the tier and what its processes are made of, not which files. */
CORDON_CHECKED bool kept_shape(const struct plan_windows *windows, struct text *text);

/* `tiers`: what a probe of the plan is about (probe_plan.h); each is kept by itself. False: nothing that is believed, for
 * whatever reason; *ret_probing is left alone.
 */
bool kept_find(struct kept_store *store, unsigned tiers, const char *key, struct probing *ret_probing);

/* What was kept is believed no more. */
CORDON_CHECKED bool kept_drop(struct kept_store *store, unsigned tiers, struct cordon_error *err);

/* Keeps nothing of a probe in which something did not hold that costs the tier (trial_is_fatal), or was not tried though the tier promises it. Fails where
 * it could not be written; then nothing is kept, or what was before.
 */
CORDON_CHECKED bool kept_put(struct kept_store *store, unsigned tiers, const char *key, const struct probing *probing,
			     struct cordon_error *err);

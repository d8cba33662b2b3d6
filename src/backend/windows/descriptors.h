/* backend/windows/descriptors.h: the plan's descriptors, put on files and taken off again. Pure but for the store.
 *
 *	descriptors_recover    what a run that was killed has begun, or has made for itself alone, is undone
 *	descriptors_apply      the plan's; what is as the plan wants it already is left alone. Of other plans stays what this
 *	                       one may read
 *	descriptors_forget     everything at or below a path, or all, is as it was before
 *
 * Before anything changes, the journal has what it was. Killed at any moment, recover brings back what was not
 * finished. The first time in a folder touches every file in it; later starts look at the plan's objects only. Who
 * calls these is alone: no other run has descriptors that would change.
 */
#pragma once

#include "backend/windows/compose.h"
#include "backend/windows/store.h"

struct descriptors {
	struct store *store;
	const struct who *who;
	/* May the run read what is there? What an earlier run has opened to the accounts, be it outside this one's
	 * roots, and this one may not read, is closed again. NULL: nothing is.
	 */
	bool (*may_read)(const void *policy, const char *path);
	const void *policy;
	/* May be NULL. Told now and then how many files were looked at; false stops, and what was begun is undone. */
	bool (*progress)(void *context, size_t files);
	void *context;
};

CORDON_CHECKED bool descriptors_recover(const struct descriptors *descriptors, struct cordon_error *err);

/* Are the plan's descriptors there as they were put? Changes nothing. */
CORDON_CHECKED bool descriptors_hold(const struct descriptors *descriptors, const struct plan_windows *windows,
				     bool *ret_hold, struct cordon_error *err);

/* Errors: CORDON_UNSUPPORTED for what is not the user's to change, or is something else than the survey saw. Then
 * nothing is changed either.
 */
CORDON_CHECKED bool descriptors_apply(const struct descriptors *descriptors, const struct plan_windows *windows,
				      struct cordon_error *err);

/* While a run goes on: a watched file that was saved by rename is another file, on which nothing was put. It has what the
 * plan wants again; `mended` is told of each (an index into windows->objects). A name that is gone is nothing to mend,
 * and neither is what is no file any more: false for that.
 */
CORDON_CHECKED bool descriptors_mend(const struct descriptors *descriptors, const struct plan_windows *windows,
				     void (*mended)(void *context, size_t object), void *context,
				     struct cordon_error *err);

/* *ret_count of the journal's objects were undone. `path` NULL: all. */
CORDON_CHECKED bool descriptors_forget(const struct descriptors *descriptors, const char *path, size_t *ret_count,
				       struct cordon_error *err);

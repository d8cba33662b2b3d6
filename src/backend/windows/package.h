/* backend/windows/package.h: the AppContainer package of a run. Pure over `packages`, so that a test may end it at every
 * step; profiles.c is Windows' own.
 *
 *	package_sweep                     profiles of runs that were killed go
 *	package_open -> package_close     a profile for this run, and none afterwards
 *
 * Windows derives a package's identity from its name alone. The name is that of a workspace and of what the plan grants
 * (package_shape): descriptors that name it last from run to run, and what a wider policy has granted once is granted to
 * another package. The profile (a folder and a hive of the registry) is made for each run and removed with it: nothing
 * goes from one run to the next through it. Before one is made, a note of its name is on the disk.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "policy/plan_windows.h"

enum { PACKAGE_NAME_SIZE = 65 /* Windows takes 64 characters of A-Z a-z 0-9 . _ - */ };

struct package_claim; /* a name that is one run's; given up with the process, however it ends */

/* Every function but release may fail and says why. */
struct packages {
	/* *ret_claim NULL: another run has the name. */
	bool (*claim)(struct packages *packages, const char *name, struct package_claim **ret_claim,
		      struct cordon_error *err);
	void (*release)(struct packages *packages, struct package_claim *claim);
	/* That there is, or may be, a profile; it stays through a crash. */
	bool (*note)(struct packages *packages, struct package_claim *claim, bool is_made, struct cordon_error *err);
	bool (*noted)(struct packages *packages, struct package_claim *claim, bool *ret_is_made,
		      struct cordon_error *err);
	/* Every name that was ever claimed. */
	bool (*names)(struct packages *packages,
		      bool (*visit)(void *context, const char *name, struct cordon_error *err), void *context,
		      struct cordon_error *err);

	bool (*make)(struct packages *packages, const char *name, struct cordon_error *err);
	/* One that is not there is removed already. */
	bool (*remove)(struct packages *packages, const char *name, struct cordon_error *err);
	bool (*look)(struct packages *packages, const char *name, bool *ret_is_there, struct cordon_error *err);
};

/* What the plan grants to its package and to nobody else, as a text that differs where that does. */
CORDON_CHECKED bool package_shape(const struct plan_windows *windows, struct text *text);

/* Who calls this is alone among cordons that open packages. One that cannot be removed now is left to the next. Fails
 * where the names cannot be listed.
 */
CORDON_CHECKED bool package_sweep(struct packages *packages, struct cordon_error *err);

/* The profile is new and empty. Fails with nothing left, or with a note of what is. CORDON_UNSUPPORTED: another run is in
 * the package.
 */
CORDON_CHECKED bool package_open(struct packages *packages, const char *name, struct package_claim **ret_claim,
				 struct cordon_error *err);

/* When nothing of the run lives. False: the profile is there still, and noted. */
CORDON_CHECKED bool package_close(struct packages *packages, const char *name, struct package_claim *claim,
				  struct cordon_error *err);

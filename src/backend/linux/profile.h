/* backend/linux/profile.h: `cordon setup` on Linux. Where AppArmor lets only programs with a profile make user namespaces
 * (Ubuntu), it makes a profile for this program and loads it; elsewhere nothing is needed.
 */
#pragma once

#include <sys/types.h>

#include "backend/backend.h"

struct profile_place {
	const char *root;    /* in front of every path; "" but in tests */
	const char *program; /* a whole path, below root */
	uid_t administrator; /* 0 but in tests */
	/* Has the kernel take the profile in that file, or drop it. */
	bool (*load)(const char *root, const char *path, bool drops, struct cordon_error *err);
};

CORDON_CHECKED bool profile_change(const struct profile_place *place, const struct setup_wish *wish,
				   struct text *ret_changes, bool *ret_is_needed, struct cordon_error *err);

/* The same for this host; as of struct backend_ops. */
CORDON_CHECKED bool profile_setup(const struct setup_wish *wish, struct text *ret_changes, bool *ret_is_needed,
				  struct cordon_error *err);

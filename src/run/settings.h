/* run/settings.h: what the caller asked for, laid into a policy. */
#pragma once

#include "base/facts.h"
#include "run/run.h"

/* Fills a policy that is for the facts' target with everything that was recorded. Where the facts are not this
 * host's (assumed), relative paths belong to their workspace.
 */
CORDON_CHECKED bool settings_replay(const struct settings *settings, const struct facts *facts, struct policy *policy,
				    struct cordon_error *err);

/* Lays a bound's file into the policy if there is one. */
CORDON_CHECKED bool settings_add_bound(struct policy *policy, enum layer layer, const char *path,
				       const struct facts *facts, struct cordon_error *err);

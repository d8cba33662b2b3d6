/* A plan and what it was made of. */
#pragma once

#include "policy/plan.h"

struct made {
	struct facts *facts;
	struct policy *policy;
	struct plan *plan;
};

static inline void made_free(struct made *made)
{
	plan_free(made->plan);
	policy_free(made->policy);
	facts_free(made->facts);
}

/* run/survey.h: the facts of a host and the policy that is fixed to them. */
#pragma once

#include "base/facts.h"
#include "run/run.h"

struct surveyed {
	struct facts *facts;   /* outlives the policy */
	struct policy *policy; /* resolved */
};

struct survey_options {
	const char *workspace; /* NULL: the current directory */
	const char *target;    /* NULL: this host */
	bool ignores_bounds; /* for questions about the host that no run follows: the administrator's and the project's
				* files are left out */
};

/* What needs no policy: user, machine, workspace. */
CORDON_CHECKED bool survey_host(const struct survey_options *options, struct facts **ret_facts,
				struct cordon_error *err);
/* The rest, into the `facts` of survey_host with the same options, and the policy; both stay the caller's, also on
 * failure.
 */
CORDON_CHECKED bool survey_make(const struct settings *settings, const struct survey_options *options,
				struct surveyed *surveyed, struct cordon_error *err);
void survey_free(struct surveyed *surveyed); /* also a CORDON_ON_EXIT release */

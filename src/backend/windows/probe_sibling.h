/* backend/windows/probe_sibling.h: another run at the same time, for the probe's trials to act on (probe_sibling.c).
 *
 *	sibling_claim -> what is granted to it is laid -> sibling_start -> sibling_end
 */
#pragma once

#include "backend/windows/runner.h"

struct sibling {
	struct identities identities; /* a package's, or an account's and its run's */
	char name[PACKAGE_NAME_SIZE];
	struct packages *packages; /* borrowed */
	struct package_claim *claim;
	SECURITY_CAPABILITIES package;
	struct account_child child;
	bool is_in_account; /* else it is a package's, or nobody's */
	HANDLE job, heard;
	PROCESS_INFORMATION process; /* dwProcessId 0: there is none */
};

/* Half-made is for sibling_end too; so is zeroed. */
CORDON_CHECKED bool sibling_claim_package(struct packages *packages, struct sibling *sibling, struct cordon_error *err);
/* Of whatever kind has one that is free; of that kind first. Where none has, there is no sibling. */
CORDON_CHECKED bool sibling_claim_account(enum pool_kind kind, struct sibling *sibling, struct cordon_error *err);

struct sibling_start {
	const struct windows_token *recipe;
	const char *state, *prober, *directory,
		*name; /* the probe's; an account may execute the prober, and be there */
	char *const *environment;
};

/* Nothing where nothing was claimed. */
CORDON_CHECKED bool sibling_start(struct sibling *sibling, const struct sibling_start *start, struct cordon_error *err);
void sibling_end(struct sibling *sibling);

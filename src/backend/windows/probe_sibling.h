/* backend/windows/probe_sibling.h: another run, for the probe (probe_sibling.c). */
#pragma once

#include "backend/windows/cage.h"

struct sibling {
	struct identities identities;
	char name[PACKAGE_NAME_SIZE];
	struct packages *packages; /* borrowed */
	struct package_claim *claim;
	SECURITY_CAPABILITIES package;
	HANDLE job;
	PROCESS_INFORMATION process; /* suspended */
};

/* Half-made is for sibling_end too; so is zeroed. */
CORDON_CHECKED bool sibling_start(struct packages *packages, const struct windows_token *recipe,
				  struct sibling *sibling, struct cordon_error *err);
void sibling_end(struct sibling *sibling);

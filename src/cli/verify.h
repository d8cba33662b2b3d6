/* cli/verify.h: how `cordon verify` attacks a policy on this host; linux/ and windows/ implement it. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "cli/grant.h"

struct verify_wish {
	const struct grant *grant;
	const char *tier; /* Windows; NULL: the best that carries the policy */
};

struct tried {
	const char *guarantee; /* NULL: of none, but of all that runs */
	const char *attack, *verdict, *why;
};

/* Tells of each attack; `tell` is false where memory is short. */
CORDON_CHECKED bool verify_host(const struct verify_wish *wish, bool (*tell)(void *context, const struct tried *tried),
				void *context, struct cordon_error *err);

/* Tries cordon itself, by the program that comes with it for that: *ret_status is its exit status. */
CORDON_CHECKED bool verify_self(int *ret_status, struct cordon_error *err);

/* In a copy of this program that was started to make an act: its exit status. -1: it was not. */
int verify_act(char **words);

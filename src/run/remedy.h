/* run/remedy.h: whose rule it was, and what would allow more. */
#pragma once

#include "base/facts.h"
#include "base/text.h"
#include "policy/policy.h"

/* Appends where the rule stands, as one would look it up: "preset workspace, line 12", "/p/.cordon.json, line 3",
 * "--hide".
 */
void origin_add(struct text *text, const struct origin *origin, const char *home);

struct remedy_request {
	const char *landing;
	enum access wanted; /* READ or WRITE */
	bool wants_name;    /* the name itself is made, removed or renamed: a matter of its directory */
	bool is_directory;  /* …and what is made is no file */
	bool is_removed;    /* …or nothing is made */
};

/* The smallest flag that would grant it, as one would type it, or where the rule stands that no flag overrides;
 * malloc'ed, NULL when nothing would or memory is short. Looks at the host unless the facts are assumed.
 */
char *remedy_find(const struct policy *policy, const struct facts *facts, const struct remedy_request *request);

/* What would allow connections. */
char *remedy_find_network(const struct policy *policy, const struct facts *facts, const char *target);

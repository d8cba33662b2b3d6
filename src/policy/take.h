/* policy/take.h: takes over one value of one key; the functions of the table in keys.c. */
#pragma once

#include "policy/keys.h"

#define TAKE(name) bool take_##name(struct policy *policy, const struct setting *setting, struct cordon_error *err)

TAKE(version);
TAKE(extends);
TAKE(file);
TAKE(mode);
TAKE(allowed_host);
TAKE(denied_host);
TAKE(port);
TAKE(limit); /* detail: the limit */
TAKE(inherited);
TAKE(removed);
TAKE(variable);
TAKE(socket);
TAKE(accepted);

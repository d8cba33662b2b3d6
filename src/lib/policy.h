/* lib/policy.h: what is behind the public handle. */
#pragma once

#include "cordon/cordon.h"
#include "run/run.h"

struct cordon_policy {
	struct settings *settings;
};

/* cli/windows/relay.h: what the relay and host.c need of each other. */
#pragma once

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "cli/relay.h"

/* Set while relay_serve has something to do; NULL: never. */
HANDLE relay_ready(const struct relay *relay);

/* backend/windows/prober.h: the prober, for the programs that are one. */
#pragma once

#include <wchar.h>

/* Behind the probe's name. */
#define SIBLINGS_PIPE L"-sibling"

/* What the canary has heard of (prober_canary.c). */
enum { HEARD_TYPED = 1, HEARD_MESSAGE = 2, HEARD_KEY = 4 };

int prober_main(int argc, wchar_t **argv);

/* backend/windows/probe_console.h: trials in a console of cordon's, for the probe (probe_console.c). */
#pragma once

#include "backend/windows/cage.h"

/* The launch says token, job, package and directory; the job is ended. 0: it worked; else an error's number. */
uint32_t probe_in_console(const char *trial, const char *prober, struct launch *launch);

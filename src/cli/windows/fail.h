/* cli/windows/fail.h: failures of the system, told as src/os tells them. */
#pragma once

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "base/error.h"

/* "<what is being done>: <the system's words> (<api>: error N); <what to do>", as base/windows_error.h says. Returns false. */
bool host_fail(struct cordon_error *err, DWORD code, const char *api, const char *format, ...) CORDON_PRINTF(4, 5);

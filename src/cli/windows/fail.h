/* cli/windows/fail.h: failures of the system, told as src/os tells them. */
#pragma once

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "base/error.h"

/* "<what is being done>: <the system's words> (error N); <what to do>". Returns false. */
bool host_fail(struct cordon_error *err, DWORD code, const char *format, ...) CORDON_PRINTF(3, 4);

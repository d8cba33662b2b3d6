/* base/error.h: failures with their context.
 *
 * Every function that can fail takes a struct cordon_error as its last argument, returns false on failure and
 * then has filled it. Callers add what they were doing with cordon_while on the way up:
 *
 *	if (!workspace_open(path, &fd, err))
 *		return cordon_while(err, "open workspace '%s'", path);
 *
 * The struct itself is public (cordon/error.h). Nothing here allocates, so all of it may run between fork and exec.
 */
#pragma once

#include <stdbool.h>

#include "cordon/error.h"

#define CORDON_CHECKED __attribute__((warn_unused_result))
#if defined(__MINGW32__) && !defined(__clang__) /* its plain "printf" means Microsoft's, without %zu */
#define CORDON_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#else
#define CORDON_PRINTF(text, first) __attribute__((format(printf, text, first)))
#endif

/* Each returns false, so that a failure is one line: `return cordon_fail(err, ...)`. err is never NULL. The text
 * should name the thing concerned and say what to do; it has no newline and no full stop.
 */
bool cordon_fail(struct cordon_error *err, int status, const char *format, ...) CORDON_PRINTF(3, 4);

/* For a refusal of the system. os_code is errno or GetLastError(); its meaning in words is added by the caller
 * through os.h, or by cordon_fail_errno below.
 */
bool cordon_fail_os(struct cordon_error *err, int64_t os_code, const char *format, ...) CORDON_PRINTF(3, 4);

/* The same for C's errno: adds ": " and strerror's text. */
bool cordon_fail_errno(struct cordon_error *err, int code, const char *format, ...) CORDON_PRINTF(3, 4);

/* For a fault at a place in a file; status is CORDON_BAD_POLICY. line and column count from 1; 0: unknown. */
bool cordon_fail_at(struct cordon_error *err, const char *file, int line, int column, const char *format, ...)
	CORDON_PRINTF(5, 6);

bool cordon_fail_memory(struct cordon_error *err);

/* Adds "<context>: " in front of the text. Where room is short the context is cut and the cause kept. */
bool cordon_while(struct cordon_error *err, const char *format, ...) CORDON_PRINTF(2, 3);

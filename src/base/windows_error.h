/* base/windows_error.h: what a person can do about a code of GetLastError(). Pure; the same on every build. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* For the causes that are known: one clause that says what to do, static text. NULL: nothing that helps is known. */
const char *windows_error_remedy(uint32_t code);

/* Appends "Access is denied (error 5); <remedy>": the system's words for the code in UTF-16, as FormatMessageW gives
 * them, `length` units; 0: it has none.
 */
void windows_error_add(struct text *text, uint32_t code, const uint16_t *words, size_t length);

/* Fails with "<what the format says>: <the system's words> (error N); <remedy>". Returns false. For windows_fail of src/os
 * and host_fail of src/cli, which ask the system for its words.
 */
bool windows_error_fail(struct cordon_error *err, uint32_t code, const uint16_t *words, size_t length,
			const char *format, va_list args) CORDON_PRINTF(5, 0);

/* base/windows_error.h: what a person can do about a code of GetLastError(). Pure; the same on every build. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* For the causes that are known: one clause that says what to do, static text. NULL: nothing that helps is known. */
const char *windows_error_remedy(uint32_t code);

/* Appends "Access is denied (error 5); <remedy>": the system's words for the code in UTF-16, as FormatMessageW gives
 * them, `length` units; 0: it has none.
 */
void windows_error_add(struct text *text, uint32_t code, const uint16_t *words, size_t length);

/* base/windows_error.h: a refused call of Windows, told to a person: what was being done, which call refused, its code with the
 * system's words, and what can be done about it. Pure; the same on every build.
 *
 * Messages are made by windows_fail (src/os) and host_fail (src/cli), which ask the system for its words. `api` is the call as
 * its documentation spells it, without A, W and version; where one of several refused that are one step, they are joined by
 * " or ". tools/check-windows-errors sees that it is a call of the file's own.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* The code of GetLastError() in an HRESULT that wraps one; any other code as it is. */
uint32_t windows_error_code(uint32_t code);

/* For the causes that are known: one clause that says what to do, static text. NULL: nothing that helps is known. */
const char *windows_error_remedy(const char *api, uint32_t code);

/* Appends "Access is denied (CreateFile: error 5); <remedy>": the system's words for the code in UTF-16, as FormatMessageW
 * gives them, `length` units; 0: it has none.
 */
void windows_error_add(struct text *text, const char *api, uint32_t code, const uint16_t *words, size_t length);

/* Fails with "<what the format says>: <the system's words> (<api>: error N); <remedy>". Returns false. */
bool windows_error_fail(struct cordon_error *err, const char *api, uint32_t code, const uint16_t *words, size_t length,
			const char *format, va_list args) CORDON_PRINTF(6, 0);

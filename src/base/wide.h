/* base/wide.h: text of Windows, in 16-bit units, to UTF-8 and back. Pure; the same on every build.
 *
 * Names on Windows may hold any units, also a surrogate without its other half. Such a one becomes the three bytes that
 * a character of its number would have (WTF-8), so every name has exactly one spelling here and comes back as it was.
 */
#pragma once

#include <stdint.h>

#include "base/text.h"

/* The text in 16-bit units, malloc'ed, with a zero behind it. CORDON_BAD_USAGE for what no name of Windows comes out
 * as: bytes that are no UTF-8, and two halves of a surrogate pair spelt apart.
 */
CORDON_CHECKED bool wide_make(const char *text, uint16_t **ret_wide, struct cordon_error *err);

/* Appends so many units. */
void wide_add(struct text *text, const uint16_t *wide, size_t length);

/* How many units stand before the zero. */
size_t wide_length(const uint16_t *wide);

void free_wide(uint16_t **holder); /* for CORDON_ON_EXIT */

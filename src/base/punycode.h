/* base/punycode.h: characters as letters, digits and hyphens. Pure. RFC 3492.
 *
 * Of one label, without the "xn--" in front.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes what stands for the characters, without a zero behind; false when `room` is too little. */
bool punycode_encode(const uint32_t *points, size_t count, char *ret_text, size_t room, size_t *ret_length);

/* The characters, at most `room`; false when these letters stand for none. Digits are read as small letters only. What
 * is read here may have another spelling: whoever has to know encodes it again.
 */
bool punycode_decode(const char *text, size_t length, uint32_t *ret_points, size_t room, size_t *ret_count);

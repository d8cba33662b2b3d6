/* base/utf8.h: one character of UTF-8. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { UTF8_SIZE = 4 };

/* The length of the sequence at `bytes`, which end in a zero; 0 when it is none: overlong forms, surrogates and what
 * lies above U+10FFFF are none.
 */
size_t utf8_read(const char *bytes, uint32_t *ret_code);

/* Writes any code up to U+10FFFF, surrogates as well; returns the length. */
size_t utf8_write(uint32_t code, char ret_bytes[UTF8_SIZE]);

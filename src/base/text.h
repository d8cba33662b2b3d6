/* base/text.h: text that grows.
 *
 * struct text starts zeroed, is filled with text_add*, read through text_str, and released with text_free or given
 * away with text_take. A failed allocation is remembered: check `text_ok` once at the end instead of at each call.
 * All text is bytes; where an encoding matters it is UTF-8.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

struct text {
	char *bytes; /* NUL-terminated once anything was added; NULL before */
	size_t length;
	size_t room;
	bool failed;
};

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t length);
void text_add_char(struct text *text, char c);
void text_addf(struct text *text, const char *format, ...) CORDON_PRINTF(2, 3);

/* True when every addition so far succeeded. */
bool text_ok(const struct text *text);

/* The content, never NULL; valid until the next addition. */
const char *text_str(const struct text *text);

/* The content as a malloc'ed string that the caller frees; the text is empty afterwards. NULL when an addition
 * had failed.
 */
char *text_take(struct text *text);

void text_free(struct text *text); /* zeroed and freed texts are fine; also a CORDON_ON_EXIT release */

/* A malloc'ed string made as printf does, or NULL when memory is short. The caller frees it. */
char *text_format(const char *format, ...) CORDON_PRINTF(1, 2);

/* Copies of the strings as a NULL-terminated list, all in one piece: of the arena's, or where that is NULL malloc'ed,
 * so that one free() releases it. NULL when memory is short.
 */
char **text_list(struct arena *arena, const char *const *strings, size_t count);

/* How many bytes a and b have in common at their beginning, looking at no more than `most`. Paths begin alike: eight
 * bytes are compared at a time, where musl's strcmp and memcmp go one by one.
 */
size_t text_common(const char *a, const char *b, size_t most);

/* As strcmp, of strings whose lengths are known. */
int text_compare(const char *a, size_t a_length, const char *b, size_t b_length);

bool text_starts(const char *string, const char *prefix);
bool text_ends(const char *string, const char *suffix);

/* How many single-character insertions, removals and replacements part a from b; for "did you mean". Strings longer
 * than 63 bytes count as infinitely far (returns 64).
 */
unsigned text_distance(const char *a, const char *b);

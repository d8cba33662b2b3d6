/* cli/windows/keys.h: between a console of Windows and a terminal that speaks in bytes. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* -- what is typed ------------------------------------------------------------------------------------------------- */

/* Half a character, whose other half comes with the next key. */
struct typing {
	uint16_t high;
};

struct key {
	uint16_t unit; /* of UTF-16; 0: none */
	uint16_t repeats;
	bool is_down;
	bool is_alt; /* the Alt key itself: let go of behind digits it has a character */
};

/* Appends what the key types, in UTF-8. */
void keys_add(struct typing *typing, const struct key *key, struct text *text);

/* -- what is asked ------------------------------------------------------------------------------------------------- */

/* The beginning of a question that the next bytes may complete. */
struct asking {
	char held[4];
	size_t count;
};

struct asked {
	unsigned cursor, device; /* how often */
};

enum { ASKED_ROOM = 8 };

/* Copies `length` bytes of output to `out`, of length + ASKED_ROOM, without the questions in it (where is the cursor,
 * what terminal is this), for which nobody but the caller has an answer. Returns how many those are.
 */
size_t asked_take(struct asking *asking, const char *bytes, size_t length, char *out, struct asked *ret_asked);

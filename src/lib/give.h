/* lib/give.h: handing results to a caller whose structs may be older or newer than the library's.
 *
 * Public structs start with their size. Inside, everything works on the library's own struct; only what the caller's
 * size covers is read or written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "cordon/cordon.h"

/* Copies *local into *err when ok is false; err may be NULL. Returns 1 or 0, for `return give(ok, &local, err)`. */
int give(bool ok, const struct cordon_error *local, struct cordon_error *err);

/* For a pointer that must not be NULL; returns false. */
bool no_handle(const char *what, struct cordon_error *err);

/* Copies `from`, whose first member is its size, to a caller's struct of `room` bytes, and leaves that size there. */
void give_struct(void *to, size_t room, const void *from, size_t size);

/* The same for an error; its text stays terminated. */
void give_error(struct cordon_error *to, size_t room, const struct cordon_error *from);

/* Copies a caller's struct of `given` bytes over the library's own, which holds the defaults. False when the caller's
 * is larger and says something in what this library does not know.
 */
bool take_struct(void *own, size_t size, const void *from, size_t given);

/* The text as a malloc'ed string in *ret_string. */
bool give_text(struct text *text, char **ret_string, struct cordon_error *err);

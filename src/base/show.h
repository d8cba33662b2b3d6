/* base/show.h: text that somebody else chose, made fit for a person's eyes.
 *
 * A file name or an argument may hold anything: terminal escapes, newlines, marks that turn the writing direction
 * round, bytes that are no UTF-8. What is shown of it, on a terminal or in a report, goes through here: such bytes
 * appear as \n, \x1b or \u202e, everything else as it is.
 */
#pragma once

#include "base/text.h"

enum { SHOW_PIECE_SIZE = 16 };

/* One character of the string at *at, or one byte that is none, as it may be shown; moves *at behind it. Returns how
 * many bytes it wrote, 0 at the string's end. Allocates nothing.
 */
size_t show_piece(const char **at, char piece[SHOW_PIECE_SIZE]);

/* Appends the string as it may be shown. */
void show_add(struct text *text, const char *string);

/* Appends the path, with `~` in place of home (may be NULL) where it lies below it. */
void show_add_path(struct text *text, const char *path, const char *home);

/* Appends the path as one would type it in a POSIX shell: quoted where it has to be, `~` where it can be. */
void show_add_argument(struct text *text, const char *path, const char *home);

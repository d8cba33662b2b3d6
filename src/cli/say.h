/* cli/say.h: what cordon says itself: on stderr, one line each, "cordon: " in front. stdout is the command's. */
#pragma once

#include "base/error.h"
#include "base/text.h"

/* What is not printable in the message is shown escaped. */
void say(const char *format, ...) CORDON_PRINTF(1, 2);

/* "FILE:LINE:COLUMN: text" */
void say_error(const struct cordon_error *err);

/* Ends output on stdout: false, and said, when not all of it could be written. */
bool say_flush(void);

/* Appends " (müller.example)" where HOST[:PORT] is an international name in ASCII: beside it, never in its place, for
 * two such names may look alike.
 */
void say_add_letters(struct text *text, const char *host);

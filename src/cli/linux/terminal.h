/* cli/linux/terminal.h: the user's terminal, and that it is given back.
 *
 *	terminal_open -> terminal_make_raw, terminal_restore (any number of times) -> terminal_close
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

#include "base/error.h"

struct restorer; /* restores the terminal when this process dies */

struct terminal {
	int descriptor; /* -1: there is none */
	bool is_own;    /* opened anew, so that it could be made non-blocking */
	bool is_raw;
	struct restorer *restorer; /* from the first time on that it is raw */
};

/* Opens the terminal that `stream` is. The stream stays the caller's, and open. */
void terminal_open(int stream, struct terminal *ret_terminal);

/* Is this process in the foreground there, or is it a terminal without such a thing? */
bool terminal_is_foreground(const struct terminal *terminal);

/* What is set up now becomes what is restored. Needs the foreground. Without a terminal it does nothing. */
CORDON_CHECKED bool terminal_make_raw(struct terminal *terminal, struct cordon_error *err);

/* As it was before it was made raw; nothing when it is not raw. What was typed and not read is thrown away: it was for
 * the command, and so may be what the terminal answers to the command's questions.
 */
void terminal_restore(struct terminal *terminal);

/* After a time in which others had the terminal: keeps it raw, and notes what they have set up as what is restored. */
void terminal_refresh(struct terminal *terminal);

/* Is the stream this terminal? */
bool terminal_is(const struct terminal *terminal, int stream);

/* What was set up before it was made raw. */
const struct termios *terminal_before(const struct terminal *terminal);

void terminal_close(struct terminal *terminal);

/* backend/windows/console.h: a console of the run's own, that no other program has: a pseudoconsole.
 *
 *	console_make -> (processes are started in it) -> console_begin -> console_hang_up -> console_free
 *
 * Another process may make it, of the far ends of its pipes:
 *
 *	console_make_ends -> (that process makes it) -> console_serve -> console_begin -> ...
 *
 * Without a caller's terminal nobody sees it: what is printed there is read and dropped.
 */
#pragma once

#include "backend/windows/cage.h"

struct console;

/* Windows 10 1809 and later have them. */
bool console_is_known(void);

/* 0 rows or columns: 24 and 80. `is_seen`: its far ends are for console_take. Else it answers what it is asked. */
CORDON_CHECKED bool console_make(uint16_t rows, uint16_t columns, bool is_seen, struct console **ret_console,
				 struct cordon_error *err);

/* A stream of the launch that is NULL becomes this console. */
void console_enter(const struct console *console, struct launch *launch);

/* What a process needs that makes one of it; the handles are the console's, until console_begin. */
struct console_ends {
	HANDLE reads, writes;
	uint16_t rows, columns;
	bool is_seen;
};

/* Neither waits for what it brings about. */
struct console_server {
	void (*resize)(void *context, uint16_t rows, uint16_t columns);
	void (*close)(void *context);
	void *context;
};

CORDON_CHECKED bool console_make_ends(uint16_t rows, uint16_t columns, bool is_seen, struct console **ret_console,
				      struct cordon_error *err);
const struct console_ends *console_ends(const struct console *console);
/* The other process has made it. */
void console_serve(struct console *console, const struct console_server *server);

/* Once a process is in it. */
CORDON_CHECKED bool console_begin(struct console *console, struct cordon_error *err);

/* The handles to read from what is printed and to write to what is typed; the taker's from then on. NULL: taken. */
HANDLE console_take_printed(struct console *console);
HANDLE console_take_typed(struct console *console);

/* Types Ctrl-C, where nobody has taken the keyboard. */
void console_interrupt(struct console *console);

/* 0: done, or asked for; else an HRESULT: the size stays. */
long console_resize(struct console *console, uint16_t rows, uint16_t columns);

/* As when a window is closed: what is in it hears CTRL_CLOSE_EVENT. What is read from it ends, once all that was printed
 * is read. Does not wait. Any number of times.
 */
void console_hang_up(struct console *console);

struct console *console_free(struct console *console); /* NULL is fine; returns NULL */

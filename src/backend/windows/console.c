#include "backend/windows/console.h"

#include <stdlib.h>
#include <string.h>

#include "backend/windows/pseudo.h"
#include "base/scope.h"

enum { ROWS = 24, COLUMNS = 80, ROOM = 4096, CLOSE_MS = 2000 };

struct console {
	void *pseudo;                 /* NULL: none of this process's */
	struct console_server server; /* of one that another process has made; has no `close` before that is said */
	struct console_ends ends;
	HANDLE typed, printed; /* ours; NULL: taken */
	bool is_seen, is_hung_up;
	HANDLE drain, closing;
};

bool console_is_known(void)
{
	return pseudo_is_known();
}

static void free_at(struct console **console)
{
	console_free(*console);
}

bool console_make_ends(uint16_t rows, uint16_t columns, bool is_seen, struct console **ret_console,
		       struct cordon_error *err)
{
	CORDON_ON_EXIT(free_at) struct console *console = calloc(1, sizeof *console);
	if (!console)
		return cordon_fail_memory(err);
	console->is_seen = is_seen;
	console->ends = (struct console_ends){
		.rows = rows && rows <= INT16_MAX ? rows : ROWS,
		.columns = columns && columns <= INT16_MAX ? columns : COLUMNS,
		.is_seen = is_seen,
	};
	if (!CreatePipe(&console->ends.reads, &console->typed, NULL, 0) ||
	    !CreatePipe(&console->printed, &console->ends.writes, NULL, 0))
		return windows_fail(err, GetLastError(), "CreatePipe", "make a pipe for the command's console");
	*ret_console = cordon_take(&console);
	return true;
}

/* Who serves it has duplicates; ours would keep what is read from ending. */
static void close_ends(struct console *console)
{
	close_handle(&console->ends.reads);
	close_handle(&console->ends.writes);
	console->ends.reads = console->ends.writes = NULL;
}

bool console_make(uint16_t rows, uint16_t columns, bool is_seen, struct console **ret_console, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_at) struct console *console = NULL;
	if (!console_make_ends(rows, columns, is_seen, &console, err) ||
	    !pseudo_make(console->ends.rows, console->ends.columns, is_seen, console->ends.reads, console->ends.writes,
			 &console->pseudo, err))
		return false;
	close_ends(console);
	*ret_console = cordon_take(&console);
	return true;
}

const struct console_ends *console_ends(const struct console *console)
{
	return &console->ends;
}

void console_serve(struct console *console, const struct console_server *server)
{
	console->server = *server;
}

void console_enter(const struct console *console, struct launch *launch)
{
	pseudo_enter(console->pseudo, launch);
}

/* -- a console that nobody sees ------------------------------------------------------------------------------------ */

static bool has_asked(const char *bytes, DWORD length, const char *question)
{
	size_t size = strlen(question);
	for (DWORD i = 0; i + size <= length; i++)
		if (memcmp(bytes + i, question, size) == 0)
			return true;
	return false;
}

/* Newer servers ask what the terminal is, and wait for the answer before they go on. */
static DWORD WINAPI drain(void *context)
{
	struct console *console = context;
	char bytes[ROOM];
	DWORD length, written;
	while (ReadFile(console->printed, bytes, sizeof bytes, &length, NULL) && length > 0) {
		if (has_asked(bytes, length, "\x1b[c"))
			WriteFile(console->typed, "\x1b[?1;0c", 7, &written, NULL);
		if (has_asked(bytes, length, "\x1b[6n"))
			WriteFile(console->typed, "\x1b[1;1R", 6, &written, NULL);
	}
	return 0;
}

bool console_begin(struct console *console, struct cordon_error *err)
{
	close_ends(console);
	if (console->is_seen)
		return true;
	console->drain = CreateThread(NULL, 0, drain, console, 0, NULL);
	return console->drain ||
	       windows_fail(err, GetLastError(), "CreateThread", "start what reads the command's console");
}

void console_interrupt(struct console *console)
{
	DWORD written;
	if (console->typed)
		WriteFile(console->typed, "\x03", 1, &written, NULL);
}

/* -- a console that somebody sees ---------------------------------------------------------------------------------- */

HANDLE console_take_printed(struct console *console)
{
	return console->is_seen ? cordon_take(&console->printed) : NULL;
}

HANDLE console_take_typed(struct console *console)
{
	return console->is_seen ? cordon_take(&console->typed) : NULL;
}

long console_resize(struct console *console, uint16_t rows, uint16_t columns)
{
	if (console->is_hung_up || rows == 0 || columns == 0 || rows > INT16_MAX || columns > INT16_MAX)
		return 0;
	if (console->pseudo)
		return pseudo_resize(console->pseudo, rows, columns);
	if (console->server.close)
		console->server.resize(console->server.context, rows, columns);
	return 0;
}

/* -- the end ------------------------------------------------------------------------------------------------------- */

static DWORD WINAPI close_pseudo(void *pseudo)
{
	pseudo_close(pseudo);
	return 0;
}

void console_hang_up(struct console *console)
{
	if (console->is_hung_up)
		return;
	console->is_hung_up = true;
	if (console->pseudo)
		console->closing = CreateThread(NULL, 0, close_pseudo, console->pseudo, 0, NULL);
	else if (console->server.close)
		console->server.close(console->server.context);
}

struct console *console_free(struct console *console)
{
	if (!console)
		return NULL;
	/* Where nobody reads, the server must not wait until somebody does. */
	if (!console->drain) {
		close_handle(&console->printed);
		console->printed = NULL;
	}
	console_hang_up(console);
	/* Whoever has taken an end and neither reads nor closes it keeps a thread waiting, not us. */
	if (console->closing)
		WaitForSingleObject(console->closing, CLOSE_MS);
	if (console->drain) {
		while (WaitForSingleObject(console->drain, 10) == WAIT_TIMEOUT)
			CancelSynchronousIo(console->drain);
	}
	close_handle(&console->closing);
	close_handle(&console->drain);
	close_handle(&console->typed);
	close_handle(&console->printed);
	close_ends(console);
	free(console);
	return NULL;
}

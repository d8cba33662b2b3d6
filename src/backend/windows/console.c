#include "backend/windows/console.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum { ROWS = 24, COLUMNS = 80, ROOM = 4096, CLOSE_MS = 2000 };

/* PSEUDOCONSOLE_INHERIT_CURSOR: it asks where the cursor is, rather than begin on an empty screen. */
enum { INHERIT_CURSOR = 1 };

/* Not in every header of mingw-w64, and not on every host. */
typedef HRESULT(WINAPI *create_function)(COORD, HANDLE, HANDLE, DWORD, void **);
typedef HRESULT(WINAPI *resize_function)(void *, COORD);
typedef void(WINAPI *close_function)(void *);

static struct {
	create_function create;
	resize_function resize;
	close_function close;
} api;

struct console {
	void *pseudo;
	HANDLE typed, printed; /* ours; NULL: taken */
	bool is_seen;
	HANDLE drain, closing;
};

static void *find(const char *name)
{
	union {
		FARPROC found;
		void *address;
	} entry = { .found = GetProcAddress(GetModuleHandleW(L"kernel32.dll"), name) };
	return entry.address;
}

bool console_is_known(void)
{
	union {
		void *address;
		create_function create;
		resize_function resize;
		close_function close;
	} create = { find("CreatePseudoConsole") }, resize = { find("ResizePseudoConsole") },
	  close = { find("ClosePseudoConsole") };
	api.create = create.create;
	api.resize = resize.resize;
	api.close = close.close;
	return api.create && api.resize && api.close;
}

static COORD size_of(uint16_t rows, uint16_t columns)
{
	return (COORD){ .X = (SHORT)(columns && columns <= INT16_MAX ? columns : COLUMNS),
			.Y = (SHORT)(rows && rows <= INT16_MAX ? rows : ROWS) };
}

static void free_at(struct console **console)
{
	console_free(*console);
}

bool console_make(uint16_t rows, uint16_t columns, bool is_seen, struct console **ret_console, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_at) struct console *console = calloc(1, sizeof *console);
	CORDON_ON_EXIT(close_handle) HANDLE reads = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE writes = NULL;
	if (!console)
		return cordon_fail_memory(err);
	if (!console_is_known())
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "this Windows has no pseudoconsoles (1809 and later have them): use --no-tty");
	console->is_seen = is_seen;
	if (!CreatePipe(&reads, &console->typed, NULL, 0) || !CreatePipe(&console->printed, &writes, NULL, 0))
		return windows_fail(err, GetLastError(), "CreatePipe", "make a pipe for the command's console");
	/* The server has duplicates; ours would keep what is read from ending. */
	HRESULT result = api.create(size_of(rows, columns), reads, writes, is_seen ? INHERIT_CURSOR : 0,
				    &console->pseudo);
	if (FAILED(result))
		return windows_fail(err, (DWORD)result, "CreatePseudoConsole", "make a console for the command");
	*ret_console = cordon_take(&console);
	return true;
}

void *console_attribute(const struct console *console)
{
	return console->pseudo;
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
	return console->closing ? 0 : api.resize(console->pseudo, size_of(rows, columns));
}

/* -- the end ------------------------------------------------------------------------------------------------------- */

static DWORD WINAPI close_pseudo(void *pseudo)
{
	api.close(pseudo);
	return 0;
}

/* Before Windows 11 24H2 closing waits until everything in it has ended and all that was printed is read. */
void console_hang_up(struct console *console)
{
	if (console->closing || !console->pseudo)
		return;
	console->closing = CreateThread(NULL, 0, close_pseudo, console->pseudo, 0, NULL);
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
	free(console);
	return NULL;
}

#include "backend/windows/pseudo.h"

enum { ROWS = 24, COLUMNS = 80 };

/* PSEUDOCONSOLE_INHERIT_CURSOR */
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

static void *find(const char *name)
{
	union {
		FARPROC found;
		void *address;
	} entry = { .found = GetProcAddress(GetModuleHandleW(L"kernel32.dll"), name) };
	return entry.address;
}

bool pseudo_is_known(void)
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

bool pseudo_make(uint16_t rows, uint16_t columns, bool is_seen, HANDLE reads, HANDLE writes, void **ret_pseudo,
		 struct cordon_error *err)
{
	if (!pseudo_is_known())
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "this Windows has no pseudoconsoles (1809 and later have them): use --no-tty");
	HRESULT result = api.create(size_of(rows, columns), reads, writes, is_seen ? INHERIT_CURSOR : 0, ret_pseudo);
	return SUCCEEDED(result) ||
	       windows_fail(err, (DWORD)result, "CreatePseudoConsole", "make a console for the command");
}

void pseudo_enter(void *pseudo, struct launch *launch)
{
	launch->console = pseudo;
}

long pseudo_resize(void *pseudo, uint16_t rows, uint16_t columns)
{
	return api.resize(pseudo, size_of(rows, columns));
}

void pseudo_close(void *pseudo)
{
	api.close(pseudo);
}

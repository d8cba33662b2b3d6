#include "cli/host.h"

#include "cli/windows/fail.h"

#include <fcntl.h>
#include <io.h>
#include <shellapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/scope.h"
#include "base/wide.h"
#include "cli/say.h"

/* -- arguments -------------------------------------------------------------------------------------------------- */

/* The C runtime's own are in the code page of the machine, where not every name can be said. They live as long as the
 * program does.
 */
static bool take_arguments(char ***ret_argv)
{
	int count = 0;
	LPWSTR *wide = CommandLineToArgvW(GetCommandLineW(), &count);
	char **argv = wide ? calloc((size_t)count + 1, sizeof *argv) : NULL;
	for (int i = 0; argv && i < count; i++) {
		struct text text = { 0 };
		wide_add(&text, wide[i], wide_length(wide[i]));
		argv[i] = text_take(&text);
		if (!argv[i])
			return false;
	}
	LocalFree(wide);
	*ret_argv = argv;
	return argv;
}

/* A caller may have given none of the three. */
static bool open_stream(DWORD which, int number)
{
	HANDLE handle = GetStdHandle(which);
	if (handle && handle != INVALID_HANDLE_VALUE)
		return true;
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	HANDLE null = CreateFileW(L"NUL", number == 0 ? GENERIC_READ : GENERIC_WRITE,
				  FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_EXISTING, 0, NULL);
	if (null != INVALID_HANDLE_VALUE && SetStdHandle(which, null))
		return true;
	struct cordon_error err = CORDON_ERROR_INIT;
	host_fail(&err, GetLastError(), "CreateFile or SetStdHandle",
		  "stream %d is missing, and NUL cannot be opened in its place", number);
	say_error(&err);
	return false;
}

bool host_begin(char ***argv)
{
	/* The current directory is the workspace, and PATH may lead into it: no library comes from there. */
	SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
	if (!open_stream(STD_INPUT_HANDLE, 0) || !open_stream(STD_OUTPUT_HANDLE, 1) ||
	    !open_stream(STD_ERROR_HANDLE, 2))
		return false;
	/* What is printed is the same on every system, byte for byte. */
	_setmode(1, _O_BINARY);
	_setmode(2, _O_BINARY);
	/* A fault of ours must not wait for somebody to click. */
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
	if (take_arguments(argv))
		return true;
	say("out of memory");
	return false;
}

/* -- the host --------------------------------------------------------------------------------------------------- */

const char *host_target(void)
{
	return "windows";
}

static const char *variable(const WCHAR *name)
{
	static char kept[2][1024];
	static int next;
	WCHAR value[512];
	struct text text = { 0 };
	char *place = kept[next++ % 2];
	DWORD length = GetEnvironmentVariableW(name, value, 512);
	if (length == 0 || length >= 512)
		return NULL;
	wide_add(&text, value, length);
	bool fits = text_ok(&text) && text.length < sizeof kept[0];
	if (fits)
		memcpy(place, text_str(&text), text.length + 1);
	text_free(&text);
	return fits ? place : NULL;
}

const char *host_home(void)
{
	return variable(L"USERPROFILE");
}

const char *host_shell(void)
{
	const char *shell = variable(L"ComSpec");
	return shell && shell[0] && shell[1] == ':' ? shell : "C:\\Windows\\System32\\cmd.exe";
}

bool host_has_descriptor(int number)
{
	DWORD flags;
	return GetHandleInformation((HANDLE)(intptr_t)number, &flags);
}

const char *host_file_name(const char *path)
{
	const char *name = path;
	for (; *path; path++)
		if (*path == '/' || *path == '\\')
			name = path + 1;
	return name;
}

uint64_t host_clock(void)
{
	return GetTickCount64();
}

void host_show_time(uint64_t since_1970_ms, char *text, size_t size)
{
	time_t seconds = (time_t)(since_1970_ms / 1000);
	struct tm parts = { 0 };
	if (localtime_s(&parts, &seconds) != 0 || strftime(text, size, "%Y-%m-%d %H:%M:%S", &parts) == 0)
		text[0] = '\0';
}

bool host_was_in_scope(void)
{
	return true;
}

void host_enter_scope(void)
{
}

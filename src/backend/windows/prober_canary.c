/* A program of the user's for the others to act on: with a console, a window and a key of its own. It says what it has,
 *
 *	WINDOW HAS-CONSOLE HAS-KEY
 *
 * and answers each byte that it reads with what has come to them since, as a number of HEARD_…; after '!' it waits for
 * all, after another for what is on its way.
 */
#include "backend/windows/prober_acts.h"

#include <fcntl.h>
#include <io.h>
#include <sddl.h>
#include <stdio.h>

enum { ALL_MS = 3000, SOME_MS = 150, POLL_MS = 10 };

static HANDLE console;
static LONG expected;
static volatile LONG heard;

static void look_at_console(void)
{
	DWORD count = 0;
	if (!GetNumberOfConsoleInputEvents(console, &count) || count == 0)
		return;
	FlushConsoleInputBuffer(console);
	InterlockedOr(&heard, HEARD_TYPED);
}

static DWORD WINAPI answer(void *context)
{
	char byte;
	DWORD count;
	(void)context;
	while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), &byte, 1, &count, NULL) && count == 1) {
		const DWORD patience = byte == '!' ? ALL_MS : SOME_MS;
		for (DWORD waited = 0; waited < patience && (heard & expected) != expected; waited += POLL_MS) {
			Sleep(POLL_MS);
			look_at_console();
		}
		printf("%ld\n", InterlockedExchange(&heard, 0));
		fflush(stdout);
	}
	ExitProcess(0);
}

int canary_main(WCHAR *name)
{
	MSG message;
	_setmode(1, _O_BINARY);
	console = CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
			      OPEN_EXISTING, 0, NULL);
	if (console != INVALID_HANDLE_VALUE && FlushConsoleInputBuffer(console))
		expected |= HEARD_TYPED;
	HWND window = CreateWindowExW(0, L"Static", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
	if (window)
		expected |= HEARD_MESSAGE;
	/* One that no keyboard has, which goes to this program and no other. */
	if (RegisterHotKey(NULL, 1, MOD_NOREPEAT, CANARY_KEY))
		expected |= HEARD_KEY;
	printf("%lu %d %d\n", (unsigned long)(ULONG_PTR)window, (expected & HEARD_TYPED) != 0,
	       (expected & HEARD_KEY) != 0);
	fflush(stdout);
	CreateThread(NULL, 0, answer, NULL, 0, NULL);
	CreateThread(NULL, 0, tls_serve, name, 0, NULL);
	while (GetMessageW(&message, NULL, 0, 0) > 0) {
		if (message.hwnd == window && message.message == CANARY_MESSAGE)
			InterlockedOr(&heard, HEARD_MESSAGE);
		else if (message.message == WM_HOTKEY)
			InterlockedOr(&heard, HEARD_KEY);
	}
	return 1;
}

/* -- a command of another run ------------------------------------------------------------------------------------- */

enum { SIBLINGS_PIPES = 2 /* outside and inside each take one */ };

/* As a pipe's list is when nothing is said of it; and the user, for the control. */
static bool make_pipes(const WCHAR *name, const WCHAR *user)
{
	WCHAR path[PATH_ROOM], list[512];
	SECURITY_ATTRIBUTES attributes = { .nLength = sizeof attributes };
	unsigned made = 0;
	_snwprintf(path, PATH_ROOM - 1, L"\\\\.\\pipe\\%ls" SIBLINGS_PIPE, name);
	_snwprintf(list, 511, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GA;;;OW)(A;;GR;;;WD)(A;;GR;;;AN)(A;;GA;;;%ls)", user);
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(list, SDDL_REVISION_1,
								  &attributes.lpSecurityDescriptor, NULL))
		return false;
	for (; made < SIBLINGS_PIPES; made++)
		if (CreateNamedPipeW(path, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS,
				     SIBLINGS_PIPES, 512, 512, 0, &attributes) == INVALID_HANDLE_VALUE)
			break;
	LocalFree(attributes.lpSecurityDescriptor);
	return made == SIBLINGS_PIPES;
}

/* Says that it is there; its job ends it. */
int sibling_main(const WCHAR *name, const WCHAR *user)
{
	if (!make_pipes(name, user) || puts("ready") < 0 || fflush(stdout) != 0)
		return 1;
	Sleep(INFINITE);
	return 0;
}

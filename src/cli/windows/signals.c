/* Ctrl-C, Ctrl-Break, the console's close button, logging off and shutting down. */
#include "cli/windows/relay.h"

#include "cli/host.h"
#include "cli/windows/fail.h"

/* As the C runtime numbers them. */
enum { NUMBER_INTERRUPT = 2, NUMBER_TERMINATE = 15, NUMBER_BREAK = 21 };

static HANDLE signal_event;
static volatile LONG signal_number;

static void note_number(LONG number)
{
	InterlockedExchange(&signal_number, number);
	SetEvent(signal_event);
}

/* When this returns from one of the last three, Windows ends the program; it gives some seconds before it does so anyway
 * (five behind a closed window). They are for the tree's end and the report.
 */
static BOOL WINAPI note(DWORD kind)
{
	if (kind == CTRL_C_EVENT || kind == CTRL_BREAK_EVENT) {
		note_number(kind == CTRL_C_EVENT ? NUMBER_INTERRUPT : NUMBER_BREAK);
		return TRUE;
	}
	note_number(NUMBER_TERMINATE);
	Sleep(INFINITE);
	return TRUE;
}

/* -- the end of the session ---------------------------------------------------------------------------------------- */

static LRESULT CALLBACK hear(HWND window, UINT message, WPARAM what, LPARAM why)
{
	if (message == WM_ENDSESSION && what) {
		note_number(NUMBER_TERMINATE);
		Sleep(INFINITE);
	}
	return DefWindowProcW(window, message, what, why);
}

/* A program that has loaded user32.dll is told by a window alone, which nobody sees. Without one, as in a service, the
 * session's end is the program's.
 */
static DWORD WINAPI watch_session(void *context)
{
	const WNDCLASSW about = { .lpfnWndProc = hear,
				  .hInstance = GetModuleHandleW(NULL),
				  .lpszClassName = L"cordon-session" };
	MSG message;
	(void)context;
	if (!RegisterClassW(&about) ||
	    !CreateWindowExW(0, about.lpszClassName, L"cordon", 0, 0, 0, 0, 0, NULL, NULL, about.hInstance, NULL))
		return 1;
	while (GetMessageW(&message, NULL, 0, 0) > 0)
		DispatchMessageW(&message);
	return 0;
}

/* -- for the run --------------------------------------------------------------------------------------------------- */

bool host_catch_signals(const struct relay *relay, struct cordon_error *err)
{
	(void)relay;
	signal_event = CreateEventW(NULL, FALSE, FALSE, NULL);
	if (!signal_event || !SetConsoleCtrlHandler(note, TRUE))
		return host_fail(err, GetLastError(), "CreateEvent or SetConsoleCtrlHandler", "catch Ctrl-C");
	/* Its end is the program's. */
	HANDLE thread = CreateThread(NULL, 0, watch_session, NULL, 0, NULL);
	if (thread)
		CloseHandle(thread);
	return true;
}

bool host_wait(intptr_t waitable, struct relay *relay, int timeout_ms, int *ret_signal, struct cordon_error *err)
{
	HANDLE handles[3] = { signal_event };
	DWORD count = 1;
	if (waitable != -1)
		handles[count++] = (HANDLE)waitable;
	if (relay_ready(relay))
		handles[count++] = relay_ready(relay);
	DWORD timeout = timeout_ms < 0 ? INFINITE : (DWORD)timeout_ms;
	if (WaitForMultipleObjects(count, handles, FALSE, timeout) == WAIT_FAILED)
		return host_fail(err, GetLastError(), "WaitForMultipleObjects", "wait for the run");
	*ret_signal = (int)InterlockedExchange(&signal_number, 0);
	return true;
}

bool host_is_interrupt(int signal)
{
	return signal == NUMBER_INTERRUPT || signal == NUMBER_BREAK;
}

bool host_is_end(int signal)
{
	(void)signal;
	return true;
}

bool host_is_last(int signal)
{
	return signal == NUMBER_TERMINATE;
}

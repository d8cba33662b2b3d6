/* The prober's acts on what belongs to the user's session: objects, console, desktop, registry, credentials. */
#include "backend/windows/prober_acts.h"

#include <dpapi.h>
#include <wincred.h>

#include <stdio.h>

static DWORD write_section(void)
{
	return close_outcome(OpenFileMappingW(FILE_MAP_WRITE, FALSE, probe_name()));
}

/* No letter, so that nobody sees a drive; who made the probe looks for it and removes it. */
static DWORD define_device(void)
{
	/* Wine has room for two letters. */
	if (is_on_wine())
		return ERROR_CALL_NOT_IMPLEMENTED;
	return outcome(DefineDosDeviceW(0, given.own, given.folder));
}

static DWORD attach_console(void)
{
	FreeConsole();
	DWORD code = outcome(AttachConsole(given.process));
	FreeConsole();
	return code;
}

static DWORD type_here(void)
{
	INPUT_RECORD record = { .EventType = KEY_EVENT };
	DWORD count;
	record.Event.KeyEvent.bKeyDown = TRUE;
	record.Event.KeyEvent.wRepeatCount = 1;
	record.Event.KeyEvent.uChar.UnicodeChar = 'x';
	HANDLE console = CreateFileW(L"CONIN$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				     OPEN_EXISTING, 0, NULL);
	if (console == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	DWORD code = outcome(WriteConsoleInputW(console, &record, 1, &count) && count == 1);
	CloseHandle(console);
	return code;
}

static DWORD type_in_console(void)
{
	FreeConsole();
	DWORD code = outcome(AttachConsole(given.canary));
	code = code ? code : type_here();
	FreeConsole();
	return code;
}

static DWORD post_message(void)
{
	if (!given.window)
		return ERROR_NOT_FOUND;
	return outcome(PostMessageW((HWND)(ULONG_PTR)given.window, CANARY_MESSAGE, 0, 0));
}

/* Of a key that nobody but the canary hears of. */
static DWORD send_input(void)
{
	INPUT keys[2] = { { .type = INPUT_KEYBOARD }, { .type = INPUT_KEYBOARD } };
	if (!given.keyed)
		return ERROR_NOT_FOUND;
	keys[0].ki.wVk = keys[1].ki.wVk = CANARY_KEY;
	keys[1].ki.dwFlags = KEYEVENTF_KEYUP;
	return outcome(SendInput(2, keys, sizeof keys[0]) == 2);
}

static DWORD open_desktop(void)
{
	HDESK desktop = OpenDesktopW(L"Default", 0, FALSE,
				     DESKTOP_CREATEWINDOW | DESKTOP_WRITEOBJECTS | DESKTOP_HOOKCONTROL);
	DWORD code = outcome(desktop != NULL);
	if (desktop)
		CloseDesktop(desktop);
	return code;
}

/* A thread with no window yet may have another desktop. */
static DWORD WINAPI enter(void *desktop)
{
	return outcome(SetThreadDesktop(desktop));
}

/* One that the user has beside the first, of the probe's name. */
static DWORD enter_desktop(void)
{
	DWORD code;
	HDESK desktop = OpenDesktopW(probe_name(), 0, FALSE, DESKTOP_READOBJECTS | DESKTOP_CREATEWINDOW);
	HANDLE thread = desktop ? CreateThread(NULL, 0, enter, desktop, 0, NULL) : NULL;
	if (!thread)
		code = outcome(FALSE);
	else if (WaitForSingleObject(thread, INFINITE) != WAIT_OBJECT_0 || !GetExitCodeThread(thread, &code))
		code = ERROR_GEN_FAILURE;
	if (thread)
		CloseHandle(thread);
	if (desktop)
		CloseDesktop(desktop);
	return code;
}

static DWORD switch_desktop(void)
{
	HDESK desktop = OpenInputDesktop(0, FALSE, DESKTOP_SWITCHDESKTOP);
	DWORD code = outcome(desktop && SwitchDesktop(desktop));
	if (desktop)
		CloseDesktop(desktop);
	return code;
}

static DWORD open_station(void)
{
	HWINSTA station = OpenWindowStationW(L"WinSta0", FALSE, WINSTA_ACCESSCLIPBOARD);
	DWORD code = outcome(station != NULL);
	if (station)
		CloseWindowStation(station);
	return code;
}

/* Of the window station that this process is in, as its clipboard is. */
static DWORD find_atom(void)
{
	return outcome(GlobalFindAtomW(probe_name()) != 0);
}

static DWORD open_clipboard(void)
{
	DWORD code = outcome(OpenClipboard(NULL));
	if (code == 0)
		CloseClipboard();
	return code;
}

static DWORD write_registry(void)
{
	HKEY opened;
	DWORD value = 1;
	DWORD code = (DWORD)RegOpenKeyExW(HKEY_USERS, given.key, 0, KEY_SET_VALUE, &opened);
	if (code != 0)
		return code;
	code = (DWORD)RegSetValueExW(opened, L"changed", 0, REG_DWORD, (const BYTE *)&value, sizeof value);
	RegCloseKey(opened);
	return code;
}

static DWORD open_run_key(void)
{
	WCHAR path[PATH_ROOM];
	HKEY opened;
	WCHAR *end = wcschr(given.key, L'\\');
	_snwprintf(path, PATH_ROOM - 1, L"%.*ls\\Software\\Microsoft\\Windows\\CurrentVersion\\Run",
		   end ? (int)(end - given.key) : 0, given.key);
	path[PATH_ROOM - 1] = 0;
	DWORD code = (DWORD)RegOpenKeyExW(HKEY_USERS, path, 0, KEY_SET_VALUE, &opened);
	if (code == 0)
		RegCloseKey(opened);
	return code;
}

static DWORD read_credential(void)
{
	PCREDENTIALW credential;
	DWORD code = outcome(CredReadW(probe_name(), CRED_TYPE_GENERIC, 0, &credential));
	if (code == 0)
		CredFree(credential);
	return code;
}

static DWORD unprotect(void)
{
	BYTE bytes[4096];
	DWORD length = 0;
	DATA_BLOB open = { 0 };
	HANDLE file = CreateFileW(in_folder(L"root\\blob"), GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0,
				  NULL);
	if (file == INVALID_HANDLE_VALUE)
		return ERROR_GEN_FAILURE;
	DWORD code = outcome(ReadFile(file, bytes, sizeof bytes, &length, NULL));
	CloseHandle(file);
	DATA_BLOB closed = { length, bytes };
	if (code == 0)
		code = outcome(CryptUnprotectData(&closed, NULL, NULL, NULL, NULL, CRYPTPROTECT_UI_FORBIDDEN, &open));
	LocalFree(open.pbData);
	return code;
}

static DWORD write_pipe_of(const WCHAR *whose)
{
	WCHAR path[PATH_ROOM];
	_snwprintf(path, PATH_ROOM - 1, L"%ls%ls", given.pipe, whose);
	return close_outcome(CreateFileW(path, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL));
}

ACT(write_pipe, write_pipe_of(L""))
ACT(write_siblings_pipe, write_pipe_of(SIBLINGS_PIPE))

const struct act acts_on_session[] = {
	{ "write-pipe", write_pipe },
	{ "write-siblings-pipe", write_siblings_pipe },
	{ "write-section", write_section },
	{ "define-device", define_device },
	{ "attach-console", attach_console },
	{ "type-in-console", type_in_console },
	{ "post-message", post_message },
	{ "send-input", send_input },
	{ "open-station", open_station },
	{ "find-atom", find_atom },
	{ "open-desktop", open_desktop },
	{ "enter-desktop", enter_desktop },
	{ "switch-desktop", switch_desktop },
	{ "open-clipboard", open_clipboard },
	{ "write-registry", write_registry },
	{ "open-run-key", open_run_key },
	{ "read-credential", read_credential },
	{ "unprotect", unprotect },
	{ 0 },
};

/* The command in a run: this program, which does one thing and tells by its exit status what became of it. */
#include <winsock2.h>

#include "backend/windows/selftest.h"

#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ws2tcpip.h>

#include "base/list.h"

#include <wininet.h>

enum { WAIT_MS = 120000, TERMINAL_MS = 30000, HEARD_FIRST = 40 };

/* -- small acts ---------------------------------------------------------------------------------------------------- */

static int end_with(char **words)
{
	return (int)strtoul(words[0], NULL, 0);
}

static int wait_long(char **words)
{
	(void)words;
	Sleep(WAIT_MS);
	return 0;
}

static bool write_all(HANDLE to, const char *bytes, DWORD length)
{
	DWORD written;
	for (; length > 0; bytes += written, length -= written)
		if (!WriteFile(to, bytes, length, &written, NULL) || written == 0)
			return false;
	return true;
}

/* Into the file, in one step, so that who reads it reads all of it. */
static int write_words(const char *name, const char *words)
{
	char beside[300];
	snprintf(beside, sizeof beside, "%s.new", name);
	FILE *file = fopen(beside, "wb");
	if (!file)
		return (int)GetLastError();
	fputs(words, file);
	fclose(file);
	return MoveFileExA(beside, name, MOVEFILE_REPLACE_EXISTING) ? 0 : (int)GetLastError();
}

static int tell_process(char **words)
{
	char id[32];
	snprintf(id, sizeof id, "%lu", GetCurrentProcessId());
	int code = write_words(words[0], id);
	return code ? code : wait_long(words);
}

/* Starts this program once more, which goes on when this one has ended. */
static DWORD start_again(const WCHAR *words)
{
	WCHAR path[MAX_PATH * 2], line[MAX_PATH * 3];
	STARTUPINFOW about = { .cb = sizeof about };
	PROCESS_INFORMATION process;
	GetModuleFileNameW(NULL, path, COUNT_OF(path));
	_snwprintf(line, COUNT_OF(line) - 1, L"\"%ls\" command %ls", path, words);
	line[COUNT_OF(line) - 1] = 0;
	if (!CreateProcessW(path, line, NULL, NULL, FALSE, 0, NULL, NULL, &about, &process))
		return GetLastError();
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	return 0;
}

static int leave_process(char **words)
{
	WCHAR again[100];
	_snwprintf(again, 99, L"process %hs", words[0]);
	again[99] = 0;
	int code = (int)start_again(again);
	for (int i = 0; code == 0 && i < 3000 && GetFileAttributesA(words[0]) == INVALID_FILE_ATTRIBUTES; i++)
		Sleep(10);
	return code;
}

static int tell_temp(char **words)
{
	char path[700];
	const char *temp = getenv("TEMP");
	if (!temp)
		return 1;
	snprintf(path, sizeof path, "%s\\made", temp);
	int code = write_words(path, "x");
	return code ? code : write_words(words[0], temp);
}

static int make_files(char **words)
{
	for (; *words; words++) {
		int code = write_words(*words, "made");
		if (code)
			return code;
	}
	return 0;
}

/* As Python's mkdtemp does it: nobody but its owner may touch it. */
static int make_private(char **words)
{
	SECURITY_ATTRIBUTES attributes = { .nLength = sizeof attributes };
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorA("D:P(A;;FA;;;OW)", SDDL_REVISION_1,
								  &attributes.lpSecurityDescriptor, NULL))
		return (int)GetLastError();
	HANDLE file = CreateFileA(words[0], GENERIC_WRITE, 0, &attributes, CREATE_NEW, 0, NULL);
	int code = file == INVALID_HANDLE_VALUE ? (int)GetLastError() : 0;
	close_handle(&file);
	LocalFree(attributes.lpSecurityDescriptor);
	return code;
}

/* 0: it was written to. */
static int change_file(char **words)
{
	HANDLE file = CreateFileA(words[0], GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0,
				  NULL);
	if (file == INVALID_HANDLE_VALUE)
		return (int)GetLastError();
	bool is_written = write_all(file, "changed", 7);
	CloseHandle(file);
	return is_written ? 0 : 1;
}

/* -- limits -------------------------------------------------------------------------------------------------------- */

static int take_memory(char **words)
{
	return VirtualAlloc(NULL, strtoul(words[0], NULL, 10), MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE)
		       ? 0
		       : (int)GetLastError();
}

/* How many of so many start. */
static int start_processes(char **words)
{
	int started = 0;
	for (int i = 0; i < atoi(words[0]); i++)
		started += start_again(L"wait") == 0;
	return started;
}

/* The share of one processor that it gets for so many milliseconds, in percent. */
static int spin(char **words)
{
	FILETIME made, ended, kernel, user;
	ULONGLONG end = GetTickCount64() + strtoul(words[0], NULL, 10);
	for (volatile unsigned turns = 0; GetTickCount64() < end;)
		turns = turns + 1;
	GetProcessTimes(GetCurrentProcess(), &made, &ended, &kernel, &user);
	ULONGLONG spent = ((ULONGLONG)user.dwHighDateTime << 32 | user.dwLowDateTime) +
			  ((ULONGLONG)kernel.dwHighDateTime << 32 | kernel.dwLowDateTime);
	return (int)(spent / 100 / strtoul(words[0], NULL, 10));
}

static int fill_disk(char **words)
{
	static char block[FLOOD_BLOCK];
	HANDLE file = CreateFileA("filled", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
	unsigned long long size = strtoull(words[0], NULL, 10);
	if (file == INVALID_HANDLE_VALUE)
		return (int)GetLastError();
	for (; size > 0; size -= size < FLOOD_BLOCK ? size : FLOOD_BLOCK)
		if (!write_all(file, block, FLOOD_BLOCK))
			return (int)GetLastError();
	return wait_long(words); /* its end is the supervisor's */
}

/* -- streams ------------------------------------------------------------------------------------------------------- */

/* What is read is written, in capitals to the other. */
static int copy_streams(char **words)
{
	char bytes[256];
	DWORD length;
	(void)words;
	while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), bytes, sizeof bytes, &length, NULL) && length > 0) {
		if (!write_all(GetStdHandle(STD_OUTPUT_HANDLE), bytes, length))
			return 1;
		CharUpperBuffA(bytes, length);
		if (!write_all(GetStdHandle(STD_ERROR_HANDLE), bytes, length))
			return 2;
	}
	return 0;
}

void fill_flood(char block[FLOOD_BLOCK], uint32_t number)
{
	uint32_t chance = number * 2654435761u + 1;
	for (size_t i = 0; i < FLOOD_BLOCK; i += sizeof chance) {
		chance = chance * 1664525u + 1013904223u;
		memcpy(block + i, &chance, sizeof chance);
	}
}

static int flood(char **words)
{
	static char block[FLOOD_BLOCK];
	unsigned long long size = strtoull(words[0], NULL, 10);
	for (uint32_t number = 0; size > 0; number++) {
		DWORD length = size < FLOOD_BLOCK ? (DWORD)size : FLOOD_BLOCK;
		fill_flood(block, number);
		if (!write_all(GetStdHandle(STD_OUTPUT_HANDLE), block, length))
			return 1;
		size -= length;
	}
	return 0;
}

static int set_event(char **words)
{
	return SetEvent((HANDLE)(uintptr_t)strtoul(words[0], NULL, 10)) ? 0 : (int)GetLastError();
}

/* -- the terminal -------------------------------------------------------------------------------------------------- */

static int print_words(char **words)
{
	return write_all(GetStdHandle(STD_OUTPUT_HANDLE), words[0], (DWORD)strlen(words[0])) ? 0 : 1;
}

/* A megabyte, and LAST_LINE. */
static int print_lines(char **words)
{
	HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
	char line[65];
	(void)words;
	for (int i = 0; i < 1 << 14; i++) {
		snprintf(line, sizeof line, "%061d.\r\n", i);
		if (!write_all(out, line, 64))
			return 1;
	}
	return write_all(out, LAST_LINE, sizeof LAST_LINE - 1) ? 0 : 1;
}

/* Says that it asks; ends with 0 when the words are typed. */
static int await_line(char **words)
{
	char line[64];
	DWORD length = 0;
	size_t wanted = strlen(words[1]);
	if (print_words(words) != 0 || !ReadFile(GetStdHandle(STD_INPUT_HANDLE), line, sizeof line, &length, NULL))
		return 1;
	return length == wanted + 2 && memcmp(line, words[1], wanted) == 0 && line[wanted] == '\r' ? 0 : 2;
}

static volatile LONG heard = -1;

static BOOL WINAPI hear(DWORD event)
{
	InterlockedExchange(&heard, (LONG)event);
	if (event == CTRL_CLOSE_EVENT)
		ExitProcess(HEARD_FIRST + event);
	return TRUE;
}

/* Says that it listens, in the file if one is named; ends with what it hears. */
static int listen_to_console(char **words)
{
	SetConsoleCtrlHandler(NULL, FALSE);
	SetConsoleCtrlHandler(hear, TRUE);
	if (words[1] ? write_words(words[1], "x") != 0 : print_words(words) != 0)
		return 1;
	for (int i = 0; i < TERMINAL_MS / 10 && heard < 0; i++)
		Sleep(10);
	return heard < 0 ? 2 : HEARD_FIRST + (int)heard;
}

/* Says that it looks; ends with 0 when the console has so many columns and rows. */
static int await_size(char **words)
{
	HANDLE screen = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				    OPEN_EXISTING, 0, NULL);
	int columns = atoi(words[0]), rows = atoi(words[1]);
	CONSOLE_SCREEN_BUFFER_INFO about;
	if (screen == INVALID_HANDLE_VALUE || !write_all(screen, "looks", 5))
		return 1;
	for (int i = 0; i < TERMINAL_MS / 10; i++, Sleep(10))
		if (GetConsoleScreenBufferInfo(screen, &about) &&
		    about.srWindow.Right - about.srWindow.Left + 1 == columns &&
		    about.srWindow.Bottom - about.srWindow.Top + 1 == rows)
			return 0;
	return 2;
}

/* -- the network --------------------------------------------------------------------------------------------------- */

static int connect_once(const char *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	SOCKET made = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	address.sin_port = htons((u_short)atoi(port));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (made == INVALID_SOCKET)
		return WSAGetLastError();
	int code = connect(made, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : WSAGetLastError();
	closesocket(made);
	return code;
}

/* What became of the second, if one is named, is in the upper half. */
static int connect_to(char **words)
{
	return connect_once(words[0]) | (words[1] ? connect_once(words[1]) << 16 : 0);
}

static int look_up(char **words)
{
	struct addrinfo *found = NULL;
	int code = getaddrinfo(words[0], NULL, NULL, &found);
	if (code == 0)
		freeaddrinfo(found);
	return code;
}

/* -- programs that go by the settings of Windows ----------------------------------------------------------------------- */

/* The status of the answer, or the error that is in its place. */
static int ask_by_wininet(char **words)
{
	DWORD status = 0, size = sizeof status, code = 0;
	HINTERNET session = InternetOpenA("cordon-selftest", INTERNET_OPEN_TYPE_PRECONFIG, NULL, NULL, 0);
	HINTERNET answer = session ? InternetOpenUrlA(session, words[0], NULL, 0,
						      INTERNET_FLAG_RELOAD | INTERNET_FLAG_NO_CACHE_WRITE, 0)
				   : NULL;
	if (!answer || !HttpQueryInfoA(answer, HTTP_QUERY_STATUS_CODE | HTTP_QUERY_FLAG_NUMBER, &status, &size, NULL))
		code = GetLastError();
	InternetCloseHandle(answer);
	InternetCloseHandle(session);
	return (int)(code ? code : status);
}

/* In a shell of its own: the status of the answer, of a refusal too; 1: there is none. */
static int ask_by_powershell(char **words)
{
	char line[600];
	snprintf(line, sizeof line,
		 "powershell -NoProfile -NonInteractive -Command \"try { exit [int](Invoke-WebRequest -UseBasicParsing "
		 "'%s').StatusCode } catch { if ($_.Exception.Response) { exit [int]$_.Exception.Response.StatusCode } "
		 "exit 1 }\"",
		 words[0]);
	return system(line);
}

/* -- the account --------------------------------------------------------------------------------------------------- */

/* 0: made; 1: found, from a run before. */
static int mark_profile(char **words)
{
	HKEY key;
	DWORD how = 0, is_left = 0;
	char path[700];
	(void)words;
	snprintf(path, sizeof path, "%s\\cordon-selftest-mark", getenv("LOCALAPPDATA"));
	is_left = GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES;
	/* Below medium the registry is closed, but for this where Windows has made it. */
	if (RegCreateKeyExA(HKEY_CURRENT_USER, "Software\\AppDataLow\\cordon-selftest-mark", 0, NULL, 0, KEY_ALL_ACCESS,
			    NULL, &key, &how) == ERROR_SUCCESS)
		RegCloseKey(key);
	if (write_words(path, "x") != 0)
		return 4;
	return is_left || how == REG_OPENED_EXISTING_KEY ? 1 : 0;
}

/* -- by name ------------------------------------------------------------------------------------------------------- */

int command_main(char **words)
{
	static const struct {
		const char *word;
		int count; /* of further words, at least */
		int (*act)(char **words);
	} acts[] = {
		{ "status", 1, end_with },
		{ "wait", 0, wait_long },
		{ "process", 1, tell_process },
		{ "leave", 1, leave_process },
		{ "temp", 1, tell_temp },
		{ "make", 1, make_files },
		{ "change", 1, change_file },
		{ "memory", 1, take_memory },
		{ "processes", 1, start_processes },
		{ "spin", 1, spin },
		{ "fill", 1, fill_disk },
		{ "copy", 0, copy_streams },
		{ "flood", 1, flood },
		{ "event", 1, set_event },
		{ "print", 1, print_words },
		{ "lines", 0, print_lines },
		{ "line", 2, await_line },
		{ "listen", 1, listen_to_console },
		{ "size", 2, await_size },
		{ "connect", 1, connect_to },
		{ "look-up", 1, look_up },
		{ "mark", 0, mark_profile },
		{ "private", 1, make_private },
		{ "wininet", 1, ask_by_wininet },
		{ "winhttp", 1, ask_by_winhttp },
		{ "powershell", 1, ask_by_powershell },
	};
	WSADATA about;
	int count = -1;
	while (words[++count])
		;
	for (size_t i = 0; count > 0 && i < COUNT_OF(acts); i++)
		if (strcmp(words[0], acts[i].word) == 0 && count > acts[i].count)
			return WSAStartup(MAKEWORD(2, 2), &about) == 0 ? acts[i].act(words + 1) : 255;
	return 254;
}

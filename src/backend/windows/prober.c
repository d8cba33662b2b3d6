/* The prober: a program of its own that tries what trial.h lists, and says how each went. It is started outside and
 * inside a tier with the same words:
 *
 *	cordon-prober try TIERS in|out NAME=VALUE...
 *	                         tries what is for one of TIERS, by what the names below say
 *	cordon-prober canary NAME
 *	                         is acted on (prober_canary.c)
 *	cordon-prober sibling NAME SID
 *	                         is acted on as a command of another run, and by that user (prober_canary.c)
 *	cordon-prober size       ends with status 7 once its console has another size
 *	cordon-prober wait       does nothing for a minute
 *	cordon-prober by FILE    makes the file, and does nothing for a minute
 *	cordon-prober nothing    ends with status 7
 *	cordon-prober nest       starts that, and ends as it
 *	cordon-prober crash      ends with the status of a crash
 *
 * It decides nothing and knows no tier.
 */
#include "backend/windows/prober_acts.h"

#include <fcntl.h>
#include <io.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { SIZE_MS = 10000, POLL_MS = 20 };

struct given given;

static const struct {
	const WCHAR *name;
	bool is_number;
	size_t offset;
} names[] = {
	{ L"folder", false, offsetof(struct given, folder) }, /* prepared by staging.c */
	{ L"pipe", false, offsetof(struct given, pipe) },
	{ L"key", false, offsetof(struct given, key) },         /* below HKEY_USERS */
	{ L"own", false, offsetof(struct given, own) },         /* for what is made elsewhere */
	{ L"home", false, offsetof(struct given, home) },       /* the user's profile */
	{ L"path", false, offsetof(struct given, path) },       /* of a socket */
	{ L"service", false, offsetof(struct given, service) }, /* of a Hyper-V socket, in hexadecimal */
	{ L"tcp", true, offsetof(struct given, tcp) },          /* ports where somebody listens; 0: nobody */
	{ L"tcp6", true, offsetof(struct given, tcp_6) },
	{ L"udp", true, offsetof(struct given, udp) },
	{ L"udp6", true, offsetof(struct given, udp_6) },
	{ L"accept", true, offsetof(struct given, accept) },   /* one that somebody calls */
	{ L"gate", true, offsetof(struct given, gate) },       /* the one that a gated account has */
	{ L"process", true, offsetof(struct given, process) }, /* who probes */
	{ L"sibling", true, offsetof(struct given, sibling) }, /* of another run; 0: there is none */
	{ L"canary", true, offsetof(struct given, canary) },   /* prober_canary.c */
	{ L"window", true, offsetof(struct given, window) },   /* its; 0: none */
	{ L"keyed", true, offsetof(struct given, keyed) },     /* has it its key? */
};

/* -- what the acts share ------------------------------------------------------------------------------------------- */

bool is_on_wine(void)
{
	return GetProcAddress(GetModuleHandleW(L"ntdll"), "wine_get_version") != NULL;
}

/* A path in the folder; valid for the next few calls. */
const WCHAR *in_folder(const WCHAR *name)
{
	static WCHAR paths[4][PATH_ROOM];
	static unsigned next;
	WCHAR *path = paths[next++ % 4];
	_snwprintf(path, PATH_ROOM - 1, L"%ls\\%ls", given.folder, name);
	return path;
}

DWORD outcome(BOOL is_done)
{
	DWORD code = GetLastError();
	return is_done ? 0 : code ? code : ERROR_GEN_FAILURE;
}

DWORD close_outcome(HANDLE handle)
{
	if (!handle || handle == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	CloseHandle(handle);
	return 0;
}

DWORD write_to(const WCHAR *path, DWORD disposition)
{
	DWORD count;
	HANDLE file = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, disposition, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	DWORD code = outcome(WriteFile(file, "changed", 7, &count, NULL));
	CloseHandle(file);
	return code;
}

DWORD read_from(const WCHAR *path)
{
	char byte;
	DWORD count;
	HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
				  OPEN_EXISTING, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	DWORD code = outcome(ReadFile(file, &byte, 1, &count, NULL) && count == 1);
	CloseHandle(file);
	return code;
}

const WCHAR *probe_name(void)
{
	return wcsrchr(given.pipe, L'\\') + 1;
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

static DWORD try_one(const char *name)
{
	static const struct act *const lists[] = { acts_on_files, acts_on_network, acts_by_services, acts_on_session,
						   acts_on_processes };
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		for (const struct act *act = lists[i]; act->name; act++)
			if (strcmp(act->name, name) == 0)
				return act->act();
	return ERROR_CALL_NOT_IMPLEMENTED;
}

static int try_all(unsigned tiers, bool goes_out)
{
	WSADATA about;
	if (WSAStartup(MAKEWORD(2, 2), &about) != 0)
		return 1;
	_setmode(1, _O_BINARY);
	for (unsigned i = 0; i < trial_count; i++) {
		if ((trial_cases[i].consoles & tiers) || !trial_is_for(&trial_cases[i], tiers, goes_out))
			continue;
		/* One that ends this program leaves what was said before. */
		if (printf("%s %lu\n", trial_cases[i].name, try_one(trial_cases[i].name)) < 0 || fflush(stdout) != 0)
			return 1;
	}
	return 0;
}

static bool take_word(WCHAR *word)
{
	WCHAR *value = wcschr(word, L'=');
	if (!value)
		return false;
	*value++ = 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *field = (char *)&given + names[i].offset;
		if (wcscmp(names[i].name, word) != 0)
			continue;
		if (names[i].is_number)
			*(DWORD *)(void *)field = wcstoul(value, NULL, 10);
		else
			*(WCHAR **)(void *)field = value;
		return true;
	}
	return false;
}

static bool take_words(int count, WCHAR **words)
{
	for (int i = 0; i < count; i++)
		if (!take_word(words[i]))
			return false;
	return given.folder && given.pipe && given.key && given.own && given.home;
}

/* Of the console that it is in, which began with another. */
static int wait_for_size(void)
{
	CONSOLE_SCREEN_BUFFER_INFO about;
	HANDLE console = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				     OPEN_EXISTING, 0, NULL);
	for (DWORD waited = 0; console != INVALID_HANDLE_VALUE && waited < SIZE_MS; waited += POLL_MS) {
		if (GetConsoleScreenBufferInfo(console, &about) && about.srWindow.Right - about.srWindow.Left == 100 &&
		    about.srWindow.Bottom - about.srWindow.Top == 30)
			return STATUS_OF_NOTHING;
		Sleep(POLL_MS);
	}
	return 1;
}

int prober_main(int argc, wchar_t **argv)
{
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
	if (argc == 2 && wcscmp(argv[1], L"nothing") == 0)
		return STATUS_OF_NOTHING;
	if (argc == 2 && wcscmp(argv[1], L"nest") == 0)
		return nest_main();
	if (argc == 2 && wcscmp(argv[1], L"crash") == 0)
		return (int)STATUS_OF_CRASH;
	if (argc == 3 && wcscmp(argv[1], L"canary") == 0)
		return canary_main(argv[2]);
	if (argc == 4 && wcscmp(argv[1], L"sibling") == 0)
		return sibling_main(argv[2], argv[3]);
	if (argc == 2 && wcscmp(argv[1], L"size") == 0)
		return wait_for_size();
	if (argc == 3 && wcscmp(argv[1], L"by") == 0) {
		write_to(argv[2], CREATE_ALWAYS);
		Sleep(WAIT_MS);
		return 0;
	}
	if (argc == 2 && wcscmp(argv[1], L"wait") == 0) {
		Sleep(WAIT_MS);
		return 0;
	}
	if (argc < 4 || wcscmp(argv[1], L"try") != 0 || !take_words(argc - 4, argv + 4))
		return 1;
	return try_all((unsigned)wcstoul(argv[2], NULL, 10), wcscmp(argv[3], L"out") == 0);
}

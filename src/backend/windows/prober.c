/* The prober: a program of its own that tries what trial.h lists, and says how each went. It is started outside and
 * inside a tier with the same words:
 *
 *	cordon-prober FOLDER PORT PIPE PROCESS KEY      tries everything; FOLDER has outside, hidden, root (prepared by probe.c)
 *	cordon-prober wait                              does nothing for a minute
 *	cordon-prober nothing                           ends with status 7
 *
 * It decides nothing and knows no tier.
 */
#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <windows.h>

#include <aclapi.h>
#include <bcrypt.h>
#include <fcntl.h>
#include <io.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "backend/windows/prober.h"
#include "backend/windows/trial.h"

enum { PATH_ROOM = 1024, STATUS_OF_NOTHING = 7, WAIT_MS = 60000 };

static const WCHAR *folder, *pipe_name, *key;
static unsigned port;
static DWORD process;

/* A path in the folder; valid for the next few calls. */
static const WCHAR *in_folder(const WCHAR *name)
{
	static WCHAR paths[4][PATH_ROOM];
	static unsigned next;
	WCHAR *path = paths[next++ % 4];
	_snwprintf(path, PATH_ROOM - 1, L"%ls\\%ls", folder, name);
	return path;
}

static DWORD outcome(BOOL is_done)
{
	DWORD code = GetLastError();
	return is_done ? 0 : code ? code : ERROR_GEN_FAILURE;
}

static DWORD close_outcome(HANDLE handle)
{
	if (!handle || handle == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	CloseHandle(handle);
	return 0;
}

static DWORD write_to(const WCHAR *path, DWORD disposition)
{
	DWORD count;
	HANDLE file = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, disposition, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	DWORD code = outcome(WriteFile(file, "changed", 7, &count, NULL));
	CloseHandle(file);
	return code;
}

static DWORD give_descriptor(const WCHAR *path)
{
	/* The same list again: it is the right to write one that is asked for. */
	PACL list;
	PSECURITY_DESCRIPTOR descriptor;
	HANDLE file = CreateFileW(path, READ_CONTROL | WRITE_DAC, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				  OPEN_EXISTING, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	DWORD code = GetSecurityInfo(file, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL,
				     &descriptor);
	if (code == 0) {
		code = SetSecurityInfo(file, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, list, NULL);
		LocalFree(descriptor);
	}
	CloseHandle(file);
	return code;
}

static DWORD read_from(const WCHAR *path)
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

static DWORD connect_to_host(void)
{
	WSADATA about;
	if (WSAStartup(MAKEWORD(2, 2), &about) != 0)
		return ERROR_GEN_FAILURE;
	SOCKET socket_ = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((u_short)port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (socket_ == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	DWORD code = connect(socket_, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : (DWORD)WSAGetLastError();
	closesocket(socket_);
	return code;
}

static DWORD write_registry(void)
{
	HKEY opened;
	DWORD value = 1;
	DWORD code = (DWORD)RegOpenKeyExW(HKEY_CURRENT_USER, key, 0, KEY_SET_VALUE, &opened);
	if (code != 0)
		return code;
	code = (DWORD)RegSetValueExW(opened, L"changed", 0, REG_DWORD, (const BYTE *)&value, sizeof value);
	RegCloseKey(opened);
	return code;
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

/* Starts this program again. *ret_status is its exit status once it has ended, its process id when it is not waited
 * for.
 */
static DWORD start_again(const WCHAR *word, bool waits, DWORD *ret_status)
{
	WCHAR program[PATH_ROOM], line[PATH_ROOM + 32];
	STARTUPINFOW about = { .cb = sizeof about };
	PROCESS_INFORMATION started;
	GetModuleFileNameW(NULL, program, PATH_ROOM);
	_snwprintf(line, PATH_ROOM + 31, L"\"%ls\" %ls", program, word);
	/* No console: a window of its own would open for each. */
	if (!CreateProcessW(program, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL, NULL, &about, &started))
		return outcome(FALSE);
	*ret_status = started.dwProcessId;
	if (waits && (WaitForSingleObject(started.hProcess, WAIT_MS) != WAIT_OBJECT_0 ||
		      !GetExitCodeProcess(started.hProcess, ret_status)))
		return ERROR_TIMEOUT;
	CloseHandle(started.hThread);
	CloseHandle(started.hProcess);
	return 0;
}

static DWORD work_in_root(void)
{
	DWORD code = outcome(CreateDirectoryW(in_folder(L"root\\made"), NULL));
	if (code == 0)
		code = write_to(in_folder(L"root\\made\\a"), CREATE_NEW);
	if (code == 0)
		code = outcome(MoveFileW(in_folder(L"root\\made\\a"), in_folder(L"root\\made\\b")));
	if (code == 0)
		code = outcome(DeleteFileW(in_folder(L"root\\made\\b")));
	if (code == 0)
		code = outcome(RemoveDirectoryW(in_folder(L"root\\made")));
	return code;
}

static DWORD use_pipe(void)
{
	HANDLE from, to;
	char byte = 0;
	DWORD count;
	if (!CreatePipe(&from, &to, NULL, 0))
		return outcome(FALSE);
	DWORD code = outcome(WriteFile(to, "x", 1, &count, NULL) && ReadFile(from, &byte, 1, &count, NULL) &&
			     byte == 'x');
	CloseHandle(from);
	CloseHandle(to);
	return code;
}

static DWORD read_system(void)
{
	WCHAR path[PATH_ROOM];
	UINT length = GetSystemDirectoryW(path, PATH_ROOM - 16);
	wcscpy(path + length, L"\\kernel32.dll");
	return read_from(path);
}

static DWORD random_bytes(void)
{
	unsigned char bytes[16];
	return BCryptGenRandom(NULL, bytes, sizeof bytes, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0 ? 0 : ERROR_GEN_FAILURE;
}

static DWORD leave_process(void)
{
	DWORD id;
	return start_again(L"wait", false, &id) == 0 ? id : 0;
}

static DWORD commit_memory(void)
{
	void *memory = VirtualAlloc(NULL, TRIAL_MEMORY, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	DWORD code = outcome(memory != NULL);
	if (memory)
		VirtualFree(memory, 0, MEM_RELEASE);
	return code;
}

/* Until one does not start; they end again. */
static DWORD more_processes(void)
{
	HANDLE started[TRIAL_PROCESSES];
	unsigned count = 0;
	DWORD code = 0, id;
	for (; count < TRIAL_PROCESSES && code == 0; count += code == 0) {
		code = start_again(L"wait", false, &id);
		started[count] = code == 0 ? OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, id) : NULL;
	}
	for (unsigned i = 0; i < count; i++) {
		if (!started[i])
			continue;
		TerminateProcess(started[i], 0);
		WaitForSingleObject(started[i], WAIT_MS);
		CloseHandle(started[i]);
	}
	return code;
}

static DWORD start_program(void)
{
	DWORD status;
	DWORD code = start_again(L"nothing", true, &status);
	return code ? code : status == STATUS_OF_NOTHING ? 0 : ERROR_GEN_FAILURE;
}

static DWORD try_one(const char *name)
{
	if (strcmp(name, "write-outside") == 0)
		return write_to(in_folder(L"outside\\written"), OPEN_EXISTING);
	if (strcmp(name, "create-outside") == 0)
		return write_to(in_folder(L"outside\\created"), CREATE_NEW);
	if (strcmp(name, "delete-outside") == 0)
		return outcome(DeleteFileW(in_folder(L"outside\\deleted")));
	if (strcmp(name, "rename-outside") == 0)
		return outcome(MoveFileW(in_folder(L"outside\\renamed"), in_folder(L"outside\\renamed-away")));
	if (strcmp(name, "attributes-outside") == 0)
		return outcome(SetFileAttributesW(in_folder(L"outside\\attributes"), FILE_ATTRIBUTE_READONLY));
	if (strcmp(name, "descriptor-outside") == 0)
		return give_descriptor(in_folder(L"outside\\descriptor"));
	if (strcmp(name, "link-outside") == 0)
		return outcome(CreateHardLinkW(in_folder(L"root\\link"), in_folder(L"outside\\linked"), NULL));
	if (strcmp(name, "read-hidden") == 0)
		return read_from(in_folder(L"hidden\\secret"));
	if (strcmp(name, "write-protected") == 0)
		return write_to(in_folder(L"root\\above\\protected\\written"), OPEN_EXISTING);
	if (strcmp(name, "delete-protected") == 0)
		return outcome(DeleteFileW(in_folder(L"root\\above\\protected\\deleted")));
	if (strcmp(name, "rename-above") == 0)
		return outcome(MoveFileW(in_folder(L"root\\above"), in_folder(L"root\\above-away")));
	if (strcmp(name, "connect") == 0)
		return connect_to_host();
	if (strcmp(name, "write-pipe") == 0)
		return close_outcome(CreateFileW(pipe_name, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL));
	if (strcmp(name, "read-memory") == 0)
		return close_outcome(OpenProcess(PROCESS_VM_READ, FALSE, process));
	if (strcmp(name, "end-process") == 0)
		return close_outcome(OpenProcess(PROCESS_TERMINATE, FALSE, process));
	if (strcmp(name, "open-desktop") == 0)
		return open_desktop();
	if (strcmp(name, "write-registry") == 0)
		return write_registry();
	if (strcmp(name, "commit-memory") == 0)
		return commit_memory();
	if (strcmp(name, "more-processes") == 0)
		return more_processes();
	if (strcmp(name, "leave-process") == 0)
		return leave_process();
	if (strcmp(name, "read-system") == 0)
		return read_system();
	if (strcmp(name, "work-in-root") == 0)
		return work_in_root();
	if (strcmp(name, "null-device") == 0)
		return write_to(L"NUL", OPEN_EXISTING);
	if (strcmp(name, "random-bytes") == 0)
		return random_bytes();
	if (strcmp(name, "pipe") == 0)
		return use_pipe();
	if (strcmp(name, "start-program") == 0)
		return start_program();
	return ERROR_CALL_NOT_IMPLEMENTED;
}

int prober_main(int argc, wchar_t **argv)
{
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
	if (argc == 2 && wcscmp(argv[1], L"nothing") == 0)
		return STATUS_OF_NOTHING;
	if (argc == 2 && wcscmp(argv[1], L"wait") == 0) {
		Sleep(WAIT_MS);
		return 0;
	}
	if (argc != 6)
		return 1;
	folder = argv[1];
	port = (unsigned)wcstoul(argv[2], NULL, 10);
	pipe_name = argv[3];
	process = wcstoul(argv[4], NULL, 10);
	key = argv[5];
	_setmode(1, _O_BINARY);
	for (unsigned i = 0; i < trial_count; i++)
		printf("%s %lu\n", trial_cases[i].name, try_one(trial_cases[i].name));
	return fflush(stdout) == 0 ? 0 : 1;
}

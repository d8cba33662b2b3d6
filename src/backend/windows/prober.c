/* The prober: a program of its own that tries what trial.h lists, and says how each went. It is started outside and
 * inside a tier with the same words:
 *
 *	cordon-prober FOLDER PORT PIPE PROCESS KEY NAME TIERS in|out
 *	                         tries what is for one of TIERS; FOLDER was prepared by probe.c, KEY is below HKEY_USERS
 *	cordon-prober wait       does nothing for a minute
 *	cordon-prober nothing    ends with status 7
 *	cordon-prober crash      ends with the status of a crash
 *
 * It decides nothing and knows no tier.
 */
#define WIN32_LEAN_AND_MEAN
#define COBJMACROS
#include <winsock2.h>
#include <windows.h>

#include <aclapi.h>
#include <bcrypt.h>
#include <bits.h>
#include <dpapi.h>
#include <fcntl.h>
#include <io.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <sddl.h>
#include <taskschd.h>
#include <wbemcli.h>
#include <wincred.h>
#include <ws2tcpip.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "backend/windows/prober.h"
#include "backend/windows/trial.h"

enum { PATH_ROOM = 1024, STATUS_OF_NOTHING = 7, WAIT_MS = 60000 };
#define STATUS_OF_CRASH 0xc0000005u

static WCHAR *folder, *pipe_name, *key, *own_name;
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
	DWORD code = (DWORD)RegOpenKeyExW(HKEY_USERS, key, 0, KEY_SET_VALUE, &opened);
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

/* -- more of files ------------------------------------------------------------------------------------------------- */

static DWORD open_for(const WCHAR *path, DWORD access)
{
	return close_outcome(CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
					 OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL));
}

/* A folder of the probe's name, which who made the probe looks for and removes. */
static DWORD make_in(const WCHAR *directory)
{
	WCHAR path[PATH_ROOM];
	_snwprintf(path, PATH_ROOM - 1, L"%ls\\%ls", directory, own_name);
	path[PATH_ROOM - 1] = 0;
	return outcome(CreateDirectoryW(path, NULL));
}

static DWORD make_in_variable(const WCHAR *variable, const WCHAR *below)
{
	WCHAR path[PATH_ROOM];
	DWORD length = GetEnvironmentVariableW(variable, path, PATH_ROOM - 32);
	if (length == 0 || length >= PATH_ROOM - 32)
		return ERROR_PATH_NOT_FOUND;
	wcscpy(path + length, below);
	return make_in(path);
}

static DWORD replace(const WCHAR *target)
{
	DWORD code = write_to(in_folder(L"root\\other"), CREATE_ALWAYS);
	return code ? code : outcome(MoveFileExW(in_folder(L"root\\other"), target, MOVEFILE_REPLACE_EXISTING));
}

static DWORD save_by_rename(void)
{
	DWORD code = write_to(in_folder(L"root\\saved"), CREATE_ALWAYS);
	code = code ? code : replace(in_folder(L"root\\saved"));
	return code ? code : outcome(DeleteFileW(in_folder(L"root\\saved")));
}

/* Beyond MAX_PATH, by the prefix that takes a path as it is. */
static DWORD use_long_path(void)
{
	WCHAR path[PATH_ROOM];
	size_t length = (size_t)_snwprintf(path, PATH_ROOM - 1, L"\\\\?\\%ls\\root", folder);
	DWORD code = 0;
	size_t made = 0, lengths[3];
	for (; made < 3 && code == 0; made += code == 0) {
		lengths[made] = length;
		if (length + 102 >= PATH_ROOM)
			return ERROR_GEN_FAILURE;
		path[length++] = '\\';
		for (int i = 0; i < 100; i++)
			path[length++] = 'x';
		path[length] = 0;
		code = outcome(CreateDirectoryW(path, NULL));
	}
	while (made > 0) {
		if (!RemoveDirectoryW(path) && code == 0)
			code = outcome(FALSE);
		path[lengths[--made]] = 0;
	}
	return code;
}

static DWORD final_path(void)
{
	WCHAR path[PATH_ROOM];
	HANDLE opened = CreateFileW(in_folder(L"root"), FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	if (opened == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	DWORD code = outcome(GetFinalPathNameByHandleW(opened, path, PATH_ROOM, FILE_NAME_NORMALIZED) > 0);
	CloseHandle(opened);
	return code;
}

/* As Python's mkdtemp makes one: for the system, administrators and the owner alone. */
static DWORD make_private(void)
{
	static const WCHAR list[] = L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)";
	SECURITY_ATTRIBUTES attributes = { .nLength = sizeof attributes };
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(list, SDDL_REVISION_1,
								  &attributes.lpSecurityDescriptor, NULL))
		return outcome(FALSE);
	DWORD code = outcome(CreateDirectoryW(in_folder(L"root\\private"), &attributes));
	LocalFree(attributes.lpSecurityDescriptor);
	if (code == 0)
		code = write_to(in_folder(L"root\\private\\a"), CREATE_NEW);
	if (code == 0)
		code = outcome(DeleteFileW(in_folder(L"root\\private\\a")));
	return code ? code : outcome(RemoveDirectoryW(in_folder(L"root\\private")));
}

/* -- network ------------------------------------------------------------------------------------------------------- */

enum { AWAY_PORT = 9, AWAY_MS = 500 };

/* 192.0.2.1 is nobody's (RFC 5737): what was let go gets no answer, or that there is no way. */
static struct sockaddr_in address_away(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(AWAY_PORT) };
	address.sin_addr.s_addr = htonl(0xc0000201);
	return address;
}

static DWORD connect_to_host_6(void)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons((u_short)port) };
	address.sin6_addr.s6_addr[15] = 1;
	SOCKET opened = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	DWORD code = connect(opened, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : (DWORD)WSAGetLastError();
	closesocket(opened);
	return code;
}

static DWORD send_to(struct sockaddr_in address)
{
	SOCKET opened = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	DWORD code = sendto(opened, "x", 1, 0, (struct sockaddr *)&address, sizeof address) == 1
			     ? 0
			     : (DWORD)WSAGetLastError();
	closesocket(opened);
	return code;
}

static DWORD send_to_host(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((u_short)port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return send_to(address);
}

static DWORD send_away(void)
{
	return send_to(address_away());
}

/* 0: nothing kept it from trying. */
static DWORD connect_away(void)
{
	struct sockaddr_in address = address_away();
	struct timeval patience = { 0, AWAY_MS * 1000 };
	u_long does_not_wait = 1;
	fd_set failed;
	SOCKET opened = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	ioctlsocket(opened, (long)FIONBIO, &does_not_wait);
	int code = connect(opened, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : WSAGetLastError();
	if (code == WSAEWOULDBLOCK) {
		int size = sizeof code;
		FD_ZERO(&failed);
		FD_SET(opened, &failed);
		code = 0;
		if (select(0, NULL, NULL, &failed, &patience) == 1)
			getsockopt(opened, SOL_SOCKET, SO_ERROR, (char *)&code, &size);
	}
	closesocket(opened);
	/* An answer from there, of whatever kind, shows that it went. */
	return code == WSAECONNREFUSED || code == WSAETIMEDOUT ? 0 : (DWORD)code;
}

static DWORD bind_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	SOCKET opened = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	DWORD code = bind(opened, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : (DWORD)WSAGetLastError();
	closesocket(opened);
	return code;
}

static DWORD ping(void)
{
	char answer[sizeof(ICMP_ECHO_REPLY) + 32];
	HANDLE opened = IcmpCreateFile();
	if (opened == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	DWORD code = outcome(IcmpSendEcho(opened, htonl(INADDR_LOOPBACK), (void *)(uintptr_t) "x", 1, NULL, answer,
					  sizeof answer, AWAY_MS) > 0);
	IcmpCloseHandle(opened);
	return code;
}

/* By the system's SMB client, which is not who asks. */
static DWORD reach_share(void)
{
	WCHAR path[PATH_ROOM];
	_snwprintf(path, PATH_ROOM - 1, L"\\\\127.0.0.1\\pipe\\%ls-open", wcsrchr(pipe_name, L'\\') + 1);
	return close_outcome(CreateFileW(path, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL));
}

/* -- services ------------------------------------------------------------------------------------------------------ */

static const GUID id_shell_windows = { 0x9ba05972, 0xf6a8, 0x11cf, { 0xa4, 0x42, 0, 0xa0, 0xc9, 0x0a, 0x8f, 0x39 } };
static const GUID id_bits = { 0x4991d34b, 0x80a1, 0x4291, { 0x83, 0xb6, 0x33, 0x28, 0x36, 0x6b, 0x90, 0x97 } };
static const GUID id_bits_manager = { 0x5ce34c0d, 0x0dc9, 0x4c1f, { 0x89, 0x7c, 0xda, 0xa1, 0xb7, 0x8c, 0xee, 0x7c } };
static const GUID id_scheduler = { 0x0f87369f, 0xa4e5, 0x4cfc, { 0xbd, 0x3e, 0x73, 0xe6, 0x15, 0x45, 0x72, 0xdd } };
static const GUID id_task_service = { 0x2faba4c7, 0x4da9, 0x4013, { 0x96, 0x97, 0x20, 0xcc, 0x3f, 0xd4, 0x0f, 0x85 } };
static const GUID id_locator = { 0x4590f811, 0x1d3a, 0x11d0, { 0x89, 0x1f, 0, 0xaa, 0, 0x4b, 0x2e, 0x24 } };
static const GUID id_wbem_locator = { 0xdc12a687, 0x737f, 0x11cf, { 0x88, 0x4d, 0, 0xaa, 0, 0x4b, 0x2e, 0x24 } };

static DWORD make_object(const GUID *class, DWORD where, const GUID *kind, void *ret_object)
{
	HRESULT result = CoInitializeEx(NULL, COINIT_APARTMENTTHREADED);
	if (SUCCEEDED(result))
		result = CoCreateInstance(class, NULL, where, kind, ret_object);
	return SUCCEEDED(result) ? 0 : (DWORD)result;
}

static DWORD reach_shell(void)
{
	IUnknown *shell;
	DWORD code = make_object(&id_shell_windows, CLSCTX_LOCAL_SERVER, &IID_IUnknown, &shell);
	if (code == 0)
		IUnknown_Release(shell);
	return code;
}

static DWORD download(void)
{
	IBackgroundCopyManager *manager;
	IBackgroundCopyJob *job;
	GUID id;
	DWORD code = make_object(&id_bits, CLSCTX_LOCAL_SERVER, &id_bits_manager, &manager);
	if (code != 0)
		return code;
	HRESULT result = IBackgroundCopyManager_CreateJob(manager, own_name, BG_JOB_TYPE_DOWNLOAD, &id, &job);
	if (SUCCEEDED(result)) {
		IBackgroundCopyJob_Cancel(job);
		IBackgroundCopyJob_Release(job);
	}
	IBackgroundCopyManager_Release(manager);
	return SUCCEEDED(result) ? 0 : (DWORD)result;
}

static HRESULT register_in(ITaskFolder *root)
{
	static const WCHAR text[] =
		L"<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">"
		L"<Actions><Exec><Command>cmd.exe</Command><Arguments>/c exit</Arguments></Exec></Actions></Task>";
	const VARIANT none = { .vt = VT_EMPTY };
	IRegisteredTask *task = NULL;
	BSTR name = SysAllocString(own_name), xml = SysAllocString(text);
	HRESULT result = ITaskFolder_RegisterTask(root, name, xml, TASK_CREATE, none, none,
						  TASK_LOGON_INTERACTIVE_TOKEN, none, &task);
	if (SUCCEEDED(result)) {
		IRegisteredTask_Release(task);
		ITaskFolder_DeleteTask(root, name, 0);
	}
	SysFreeString(name);
	SysFreeString(xml);
	return result;
}

static DWORD register_task(void)
{
	const VARIANT none = { .vt = VT_EMPTY };
	ITaskService *service;
	ITaskFolder *root;
	DWORD code = make_object(&id_scheduler, CLSCTX_INPROC_SERVER, &id_task_service, &service);
	if (code != 0)
		return code;
	BSTR path = SysAllocString(L"\\");
	HRESULT result = ITaskService_Connect(service, none, none, none, none);
	if (SUCCEEDED(result))
		result = ITaskService_GetFolder(service, path, &root);
	if (SUCCEEDED(result)) {
		result = register_in(root);
		ITaskFolder_Release(root);
	}
	SysFreeString(path);
	ITaskService_Release(service);
	return SUCCEEDED(result) ? 0 : (DWORD)result;
}

/* The class's method Create, with a command that ends at once. */
static HRESULT create_by(IWbemServices *services)
{
	IWbemClassObject *class = NULL, *takes = NULL, *given = NULL, *answer = NULL;
	BSTR class_name = SysAllocString(L"Win32_Process"), method = SysAllocString(L"Create");
	VARIANT line = { .vt = VT_BSTR }, status = { .vt = VT_EMPTY };
	line.bstrVal = SysAllocString(L"cmd.exe /c exit");
	HRESULT result = IWbemServices_GetObject(services, class_name, 0, NULL, &class, NULL);
	if (SUCCEEDED(result))
		result = IWbemClassObject_GetMethod(class, method, 0, &takes, NULL);
	if (SUCCEEDED(result))
		result = IWbemClassObject_SpawnInstance(takes, 0, &given);
	if (SUCCEEDED(result))
		result = IWbemClassObject_Put(given, L"CommandLine", 0, &line, 0);
	if (SUCCEEDED(result))
		result = IWbemServices_ExecMethod(services, class_name, method, 0, NULL, given, &answer, NULL);
	if (SUCCEEDED(result))
		result = IWbemClassObject_Get(answer, L"ReturnValue", 0, &status, NULL, NULL);
	/* 2 and 3 of the method's own: access denied, insufficient privilege. */
	if (SUCCEEDED(result) && status.vt == VT_I4 && status.lVal != 0)
		result = status.lVal == 2 || status.lVal == 3 ? E_ACCESSDENIED : E_FAIL;
	if (answer)
		IWbemClassObject_Release(answer);
	if (given)
		IWbemClassObject_Release(given);
	if (takes)
		IWbemClassObject_Release(takes);
	if (class)
		IWbemClassObject_Release(class);
	VariantClear(&line);
	SysFreeString(class_name);
	SysFreeString(method);
	return result;
}

static DWORD start_by_wmi(void)
{
	IWbemLocator *locator;
	IWbemServices *services;
	DWORD code = make_object(&id_locator, CLSCTX_INPROC_SERVER, &id_wbem_locator, &locator);
	if (code != 0)
		return code;
	BSTR space = SysAllocString(L"ROOT\\CIMV2");
	HRESULT result = IWbemLocator_ConnectServer(locator, space, NULL, NULL, NULL, 0, NULL, NULL, &services);
	if (SUCCEEDED(result)) {
		/* WMI acts as who asks only where it may. */
		CoSetProxyBlanket((IUnknown *)services, RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL,
				  RPC_C_AUTHN_LEVEL_CALL, RPC_C_IMP_LEVEL_IMPERSONATE, NULL, EOAC_NONE);
		result = create_by(services);
		IWbemServices_Release(services);
	}
	SysFreeString(space);
	IWbemLocator_Release(locator);
	return SUCCEEDED(result) ? 0 : (DWORD)result;
}

/* -- the user's session -------------------------------------------------------------------------------------------- */

static DWORD open_process(DWORD access)
{
	return close_outcome(OpenProcess(access, FALSE, process));
}

static DWORD write_section(void)
{
	return close_outcome(OpenFileMappingW(FILE_MAP_WRITE, FALSE, wcsrchr(pipe_name, L'\\') + 1));
}

/* No letter, so that nobody sees a drive; who made the probe looks for it and removes it. */
static DWORD define_device(void)
{
	return outcome(DefineDosDeviceW(0, own_name, folder));
}

static DWORD raw_volume(void)
{
	WCHAR path[] = L"\\\\.\\C:", system[MAX_PATH];
	if (GetSystemDirectoryW(system, MAX_PATH) > 0)
		path[4] = system[0];
	return close_outcome(
		CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL));
}

static DWORD attach_console(void)
{
	FreeConsole();
	DWORD code = outcome(AttachConsole(process));
	FreeConsole();
	return code;
}

static DWORD open_clipboard(void)
{
	DWORD code = outcome(OpenClipboard(NULL));
	if (code == 0)
		CloseClipboard();
	return code;
}

static DWORD read_credential(void)
{
	PCREDENTIALW credential;
	DWORD code = outcome(CredReadW(wcsrchr(pipe_name, L'\\') + 1, CRED_TYPE_GENERIC, 0, &credential));
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

/* -- processes and what they rest on ------------------------------------------------------------------------------- */

static DWORD run_line(WCHAR *line, DWORD flags, DWORD expected)
{
	STARTUPINFOW about = { .cb = sizeof about };
	PROCESS_INFORMATION started;
	DWORD status = 0;
	if (!CreateProcessW(NULL, line, NULL, NULL, FALSE, flags, NULL, NULL, &about, &started))
		return outcome(FALSE);
	bool is_over = WaitForSingleObject(started.hProcess, WAIT_MS) == WAIT_OBJECT_0 &&
		       GetExitCodeProcess(started.hProcess, &status);
	CloseHandle(started.hThread);
	CloseHandle(started.hProcess);
	return !is_over ? ERROR_TIMEOUT : status == expected ? 0 : ERROR_GEN_FAILURE;
}

static DWORD run_again(const WCHAR *word, DWORD flags, DWORD expected)
{
	WCHAR program[PATH_ROOM], line[PATH_ROOM + 32];
	GetModuleFileNameW(NULL, program, PATH_ROOM);
	_snwprintf(line, PATH_ROOM + 31, L"\"%ls\" %ls", program, word);
	return run_line(line, flags, expected);
}

static DWORD start_program(void)
{
	return run_again(L"nothing", DETACHED_PROCESS, STATUS_OF_NOTHING);
}

static DWORD exit_status(void)
{
	return run_again(L"crash", DETACHED_PROCESS, STATUS_OF_CRASH);
}

static DWORD leave_job(void)
{
	return run_again(L"nothing", DETACHED_PROCESS | CREATE_BREAKAWAY_FROM_JOB, STATUS_OF_NOTHING);
}

static DWORD start_cmd(void)
{
	WCHAR line[MAX_PATH + 32];
	UINT length = GetSystemDirectoryW(line, MAX_PATH);
	wcscpy(line + length, L"\\cmd.exe /d /c exit 7");
	return run_line(line, DETACHED_PROCESS, STATUS_OF_NOTHING);
}

static DWORD nest_job(void)
{
	WCHAR program[PATH_ROOM], line[PATH_ROOM + 32];
	STARTUPINFOW about = { .cb = sizeof about };
	PROCESS_INFORMATION started;
	HANDLE job = CreateJobObjectW(NULL, NULL);
	if (!job)
		return outcome(FALSE);
	GetModuleFileNameW(NULL, program, PATH_ROOM);
	_snwprintf(line, PATH_ROOM + 31, L"\"%ls\" nothing", program);
	DWORD code = outcome(CreateProcessW(program, line, NULL, NULL, FALSE, DETACHED_PROCESS | CREATE_SUSPENDED, NULL,
					    NULL, &about, &started));
	if (code == 0) {
		code = outcome(AssignProcessToJobObject(job, started.hProcess));
		TerminateProcess(started.hProcess, 0);
		WaitForSingleObject(started.hProcess, WAIT_MS);
		CloseHandle(started.hThread);
		CloseHandle(started.hProcess);
	}
	CloseHandle(job);
	return code;
}

/* With the default descriptor, as build tools and node make theirs. */
static DWORD use_own_pipe(void)
{
	WCHAR name[PATH_ROOM];
	_snwprintf(name, PATH_ROOM - 1, L"\\\\.\\pipe\\%ls-own", own_name);
	HANDLE server = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, 1, 512,
					 512, 0, NULL);
	if (server == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	DWORD code = close_outcome(CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL));
	CloseHandle(server);
	return code;
}

static DWORD use_event(void)
{
	HANDLE made = CreateEventW(NULL, TRUE, TRUE, own_name);
	if (!made)
		return outcome(FALSE);
	DWORD code = close_outcome(OpenEventW(EVENT_MODIFY_STATE | SYNCHRONIZE, FALSE, own_name));
	CloseHandle(made);
	return code;
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

#define ACT(name, expression) \
	static DWORD name(void) \
	{ \
		return expression; \
	}

ACT(write_outside, write_to(in_folder(L"outside\\written"), OPEN_EXISTING))
ACT(create_outside, write_to(in_folder(L"outside\\created"), CREATE_NEW))
ACT(delete_outside, outcome(DeleteFileW(in_folder(L"outside\\deleted"))))
ACT(rename_outside, outcome(MoveFileW(in_folder(L"outside\\renamed"), in_folder(L"outside\\renamed-away"))))
ACT(attributes_outside, outcome(SetFileAttributesW(in_folder(L"outside\\attributes"), FILE_ATTRIBUTE_READONLY)))
ACT(descriptor_outside, give_descriptor(in_folder(L"outside\\descriptor")))
ACT(owner_outside, open_for(in_folder(L"outside\\owner"), WRITE_OWNER))
ACT(link_outside, outcome(CreateHardLinkW(in_folder(L"root\\link"), in_folder(L"outside\\linked"), NULL)))
ACT(stream_outside, write_to(in_folder(L"outside\\stream:second"), CREATE_NEW))
ACT(delete_by_parent, outcome(DeleteFileW(in_folder(L"outside\\kept"))))
ACT(write_everyones, write_to(in_folder(L"everyones\\written"), OPEN_EXISTING))
ACT(make_in_drive, make_in_variable(L"SystemDrive", L""))
ACT(make_in_programdata, make_in_variable(L"ProgramData", L""))
ACT(make_in_public, make_in_variable(L"PUBLIC", L"\\Documents"))
ACT(read_hidden, read_from(in_folder(L"hidden\\secret")))
ACT(list_hidden, open_for(in_folder(L"hidden"), FILE_LIST_DIRECTORY))
ACT(write_protected, write_to(in_folder(L"root\\above\\protected\\written"), OPEN_EXISTING))
ACT(delete_protected, outcome(DeleteFileW(in_folder(L"root\\above\\protected\\deleted"))))
ACT(replace_protected, replace(in_folder(L"root\\above\\protected\\replaced")))
ACT(rename_above, outcome(MoveFileW(in_folder(L"root\\above"), in_folder(L"root\\above-away"))))
ACT(write_pipe, close_outcome(CreateFileW(pipe_name, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL)))
ACT(read_memory, open_process(PROCESS_VM_READ))
ACT(write_memory, open_process(PROCESS_VM_WRITE | PROCESS_VM_OPERATION))
ACT(copy_handle, open_process(PROCESS_DUP_HANDLE))
ACT(start_as_child, open_process(PROCESS_CREATE_PROCESS))
ACT(end_process, open_process(PROCESS_TERMINATE))
ACT(null_device, write_to(L"NUL", OPEN_EXISTING))

static const struct {
	const char *name;
	DWORD (*act)(void);
} acts[] = {
	{ "write-outside", write_outside },
	{ "create-outside", create_outside },
	{ "delete-outside", delete_outside },
	{ "rename-outside", rename_outside },
	{ "attributes-outside", attributes_outside },
	{ "descriptor-outside", descriptor_outside },
	{ "owner-outside", owner_outside },
	{ "link-outside", link_outside },
	{ "stream-outside", stream_outside },
	{ "delete-by-parent", delete_by_parent },
	{ "write-everyones", write_everyones },
	{ "make-in-drive", make_in_drive },
	{ "make-in-programdata", make_in_programdata },
	{ "make-in-public", make_in_public },
	{ "read-hidden", read_hidden },
	{ "list-hidden", list_hidden },
	{ "write-protected", write_protected },
	{ "delete-protected", delete_protected },
	{ "replace-protected", replace_protected },
	{ "rename-above", rename_above },
	{ "connect", connect_to_host },
	{ "connect-6", connect_to_host_6 },
	{ "send", send_to_host },
	{ "bind", bind_port },
	{ "ping", ping },
	{ "share", reach_share },
	{ "download", download },
	{ "connect-away", connect_away },
	{ "send-away", send_away },
	{ "write-pipe", write_pipe },
	{ "write-section", write_section },
	{ "read-memory", read_memory },
	{ "write-memory", write_memory },
	{ "copy-handle", copy_handle },
	{ "start-as-child", start_as_child },
	{ "end-process", end_process },
	{ "reach-shell", reach_shell },
	{ "define-device", define_device },
	{ "raw-volume", raw_volume },
	{ "attach-console", attach_console },
	{ "open-desktop", open_desktop },
	{ "open-clipboard", open_clipboard },
	{ "write-registry", write_registry },
	{ "read-credential", read_credential },
	{ "unprotect", unprotect },
	{ "commit-memory", commit_memory },
	{ "more-processes", more_processes },
	{ "leave-job", leave_job },
	{ "register-task", register_task },
	{ "start-by-wmi", start_by_wmi },
	{ "leave-process", leave_process },
	{ "read-system", read_system },
	{ "work-in-root", work_in_root },
	{ "save-by-rename", save_by_rename },
	{ "long-path", use_long_path },
	{ "final-path", final_path },
	{ "private-folder", make_private },
	{ "null-device", null_device },
	{ "random-bytes", random_bytes },
	{ "pipe", use_pipe },
	{ "own-pipe", use_own_pipe },
	{ "event", use_event },
	{ "start-program", start_program },
	{ "start-cmd", start_cmd },
	{ "exit-status", exit_status },
	{ "nested-job", nest_job },
};

static DWORD try_one(const char *name)
{
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
		if (strcmp(acts[i].name, name) == 0)
			return acts[i].act();
	return ERROR_CALL_NOT_IMPLEMENTED;
}

int prober_main(int argc, wchar_t **argv)
{
	WSADATA about;
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
	if (argc == 2 && wcscmp(argv[1], L"nothing") == 0)
		return STATUS_OF_NOTHING;
	if (argc == 2 && wcscmp(argv[1], L"crash") == 0)
		return (int)STATUS_OF_CRASH;
	if (argc == 2 && wcscmp(argv[1], L"wait") == 0) {
		Sleep(WAIT_MS);
		return 0;
	}
	if (argc != 9 || WSAStartup(MAKEWORD(2, 2), &about) != 0)
		return 1;
	folder = argv[1];
	port = (unsigned)wcstoul(argv[2], NULL, 10);
	pipe_name = argv[3];
	process = wcstoul(argv[4], NULL, 10);
	key = argv[5];
	own_name = argv[6];
	unsigned tiers = (unsigned)wcstoul(argv[7], NULL, 10);
	bool goes_out = wcscmp(argv[8], L"out") == 0;
	_setmode(1, _O_BINARY);
	for (unsigned i = 0; i < trial_count; i++)
		if (trial_is_for(&trial_cases[i], tiers, goes_out))
			printf("%s %lu\n", trial_cases[i].name, try_one(trial_cases[i].name));
	return fflush(stdout) == 0 ? 0 : 1;
}

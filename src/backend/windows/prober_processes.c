/* The prober's acts on processes and jobs, and what programs rest on. */
#include "backend/windows/prober_acts.h"

#include <bcrypt.h>
#include <tlhelp32.h>

#include <stdio.h>

static DWORD open_process(DWORD access)
{
	return close_outcome(OpenProcess(access, FALSE, given.process));
}

/* Of the command in an account: the runner. */
static DWORD parent(void)
{
	PROCESSENTRY32W entry = { .dwSize = sizeof entry };
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	DWORD id = 0;
	for (BOOL has = Process32FirstW(all, &entry); has && id == 0; has = Process32NextW(all, &entry))
		id = entry.th32ProcessID == GetCurrentProcessId() ? entry.th32ParentProcessID : 0;
	CloseHandle(all);
	return id;
}

/* Any of what would be enough to act for it, or to end it; else the last refusal. */
static DWORD open_other(DWORD id)
{
	static const DWORD accesses[] = { PROCESS_VM_READ,         PROCESS_VM_WRITE | PROCESS_VM_OPERATION,
					  PROCESS_DUP_HANDLE,      PROCESS_CREATE_PROCESS,
					  PROCESS_CREATE_THREAD,   PROCESS_SUSPEND_RESUME,
					  PROCESS_SET_INFORMATION, PROCESS_TERMINATE };
	DWORD code = ERROR_NOT_FOUND;
	for (size_t i = 0; id && code && i < sizeof accesses / sizeof *accesses; i++)
		code = close_outcome(OpenProcess(accesses[i], FALSE, id));
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

/* A child that starts a child. */
static DWORD start_program(void)
{
	return run_again(L"nest", DETACHED_PROCESS, STATUS_OF_NOTHING);
}

int nest_main(void)
{
	return run_again(L"nothing", DETACHED_PROCESS, STATUS_OF_NOTHING) == 0 ? STATUS_OF_NOTHING : 1;
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

/* Its script says that it was run, by a status that it has not of itself. Where there is a console, in that. */
static DWORD start_powershell(void)
{
	WCHAR line[MAX_PATH + 128];
	UINT length = GetSystemDirectoryW(line, MAX_PATH);
	wcscpy(line + length, L"\\WindowsPowerShell\\v1.0\\powershell.exe -NoLogo -NoProfile -NonInteractive "
			      L"-Command \"exit 7\"");
	return run_line(line, GetConsoleCP() ? 0 : CREATE_NO_WINDOW, STATUS_OF_NOTHING);
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

static DWORD random_bytes(void)
{
	unsigned char bytes[16];
	return BCryptGenRandom(NULL, bytes, sizeof bytes, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0 ? 0 : ERROR_GEN_FAILURE;
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

/* With the default descriptor, as build tools and node make theirs. */
static DWORD use_pipe_in(const WCHAR *folder)
{
	WCHAR name[PATH_ROOM];
	_snwprintf(name, PATH_ROOM - 1, L"\\\\.\\pipe\\%ls%ls-own", folder, given.own);
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
	HANDLE made = CreateEventW(NULL, TRUE, TRUE, given.own);
	if (!made)
		return outcome(FALSE);
	DWORD code = close_outcome(OpenEventW(EVENT_MODIFY_STATE | SYNCHRONIZE, FALSE, given.own));
	CloseHandle(made);
	return code;
}

ACT(read_memory, open_process(PROCESS_VM_READ))
ACT(write_memory, open_process(PROCESS_VM_WRITE | PROCESS_VM_OPERATION))
ACT(copy_handle, open_process(PROCESS_DUP_HANDLE))
ACT(start_as_child, open_process(PROCESS_CREATE_PROCESS))
ACT(use_own_pipe, use_pipe_in(L""))
/* Where a package makes its own. */
ACT(use_local_pipe, use_pipe_in(L"LOCAL\\"))
ACT(open_runner, open_other(parent()))
ACT(open_sibling, open_other(given.sibling))
ACT(open_users, open_other(given.canary))
ACT(end_process, open_process(PROCESS_TERMINATE))

const struct act acts_on_processes[] = {
	{ "read-memory", read_memory },
	{ "write-memory", write_memory },
	{ "copy-handle", copy_handle },
	{ "start-as-child", start_as_child },
	{ "end-process", end_process },
	{ "open-users-process", open_users },
	{ "commit-memory", commit_memory },
	{ "more-processes", more_processes },
	{ "leave-job", leave_job },
	{ "leave-process", leave_process },
	{ "random-bytes", random_bytes },
	{ "pipe", use_pipe },
	{ "own-pipe", use_own_pipe },
	{ "local-pipe", use_local_pipe },
	{ "open-sibling", open_sibling },
	{ "event", use_event },
	{ "start-program", start_program },
	{ "start-cmd", start_cmd },
	{ "start-powershell", start_powershell },
	{ "exit-status", exit_status },
	{ "open-runner", open_runner },
	{ "schannel", tls_connect },
	{ "nested-job", nest_job },
	{ 0 },
};

/* Processes of the prober's that outlive it, whoever has started them and as whom: its program's name is no other's. */
#include "backend/windows/staging.h"

#include <string.h>

#include "base/scope.h"

#include <tlhelp32.h>

enum { GONE_MS = 2000, POLL_MS = 20 };

static unsigned count_named(const WCHAR *name, bool ends_them)
{
	unsigned count = 0;
	PROCESSENTRY32W entry = { .dwSize = sizeof entry };
	CORDON_ON_EXIT(close_handle) HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	if (all == INVALID_HANDLE_VALUE)
		return 1;
	for (BOOL has = Process32FirstW(all, &entry); has; has = Process32NextW(all, &entry)) {
		/* One that has ended, and is held by somebody, has no threads. */
		if (_wcsicmp(entry.szExeFile, name) != 0 || entry.cntThreads == 0)
			continue;
		count++;
		CORDON_ON_EXIT(close_handle)
		HANDLE process = ends_them ? OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, entry.th32ProcessID)
					   : NULL;
		if (process && TerminateProcess(process, 1))
			WaitForSingleObject(process, GONE_MS);
	}
	return count;
}

bool left_any(const char *program)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_wide) uint16_t *name = NULL;
	const char *slash = strrchr(program, '\\');
	if (!slash || !wide_make(slash + 1, &name, &ignored))
		return true;
	/* A process is gone a moment after its job says so. */
	const uint64_t deadline = GetTickCount64() + GONE_MS;
	while (count_named(name, false) > 0) {
		if (GetTickCount64() >= deadline)
			return true;
		Sleep(POLL_MS);
	}
	return false;
}

void left_end(const char *program)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_wide) uint16_t *name = NULL;
	const char *slash = strrchr(program, '\\');
	if (slash && wide_make(slash + 1, &name, &ignored))
		count_named(name, true);
}

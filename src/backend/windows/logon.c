/* In a file of its own: a test has another one, which starts the program as the test's own user. */
#include <stdio.h>

#include "backend/windows/runner.h"
#include "base/scope.h"

bool logon_claim(enum pool_kind kind, struct account *ret_account, struct cordon_error *err)
{
	return accounts_claim(kind, ret_account, err);
}

bool logon_recall(struct account *account, struct cordon_error *err)
{
	return account_recall_password(account, err);
}

bool logon_start(const struct account *account, const WCHAR *program, WCHAR *line, WCHAR *desktop,
		 PROCESS_INFORMATION *ret_process, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *name = NULL;
	WCHAR system[MAX_PATH], windows[MAX_PATH], environment[2 * MAX_PATH + 32];
	STARTUPINFOW about = { .cb = sizeof about, .lpDesktop = desktop };
	PROCESS_INFORMATION process = { 0 };
	if (!wide_make(account->name, &name, err))
		return false;
	if (!GetSystemDirectoryW(system, MAX_PATH) || !GetWindowsDirectoryW(windows, MAX_PATH))
		return windows_fail(err, GetLastError(), "GetSystemDirectory or GetWindowsDirectory",
				    "find the system's folder");
	/* Not what the account's registry says, which is where an earlier run could leave something. */
	size_t used = (size_t)_snwprintf(environment, MAX_PATH + 8, L"PATH=%ls", system) + 1;
	used += (size_t)_snwprintf(environment + used, MAX_PATH + 16, L"SystemRoot=%ls", windows) + 1;
	environment[used] = 0;
	SetLastError(0);
	if (CreateProcessWithLogonW(name, L".", account->password, LOGON_WITH_PROFILE, program, line,
				    CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | CREATE_DEFAULT_ERROR_MODE,
				    environment, system, &about, &process)) {
		*ret_process = process;
		return true;
	}
	DWORD code = GetLastError();
	if (code == 0)
		return cordon_fail(err, CORDON_UNSUPPORTED, "this system does not start programs as another account");
	return windows_fail(err, code, "CreateProcessWithLogonW", "start the runner as '%s'", account->name);
}

/* Here a run tries what it rests on, and the library tells of it. */
#include "cli/verify.h"

#include "cli/windows/fail.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/wide.h"
#include "cli/host.h"
#include "cordon/cordon.h"

static void decref(json_t **value)
{
	json_decref(*value);
}

static void free_policy(struct cordon_policy **policy)
{
	cordon_policy_free(*policy);
}

static void free_run(struct cordon_run **run)
{
	cordon_run_free(*run);
}

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));
	return text ? text : "";
}

/* Only looked at: on a host that is not to be trusted with the plan there is no run. */
bool verify_host(const struct verify_wish *wish, bool (*tell)(void *context, const struct tried *tried), void *context,
		 struct cordon_error *err)
{
	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	CORDON_ON_EXIT(free_policy) struct cordon_policy *policy = NULL;
	CORDON_ON_EXIT(free_run) struct cordon_run *run = NULL;
	options.target = host_target();
	options.tier = wish->tier;
	if (!grant_load(wish->grant, &policy, err) || !cordon_run_new(policy, &options, &run, err))
		return false;
	const char *answer = cordon_run_verify(run, err);
	if (!answer)
		return false;
	CORDON_ON_EXIT(decref) json_t *object = json_loads(answer, 0, NULL);
	const json_t *row;
	size_t i;
	if (!object)
		return cordon_fail_memory(err);
	json_array_foreach (json_object_get(object, "attacks"), i, row) {
		const struct tried tried = { json_string_value(json_object_get(row, "guarantee")),
					     text_of(row, "attack"), text_of(row, "verdict"), text_of(row, "why") };
		if (!tell(context, &tried))
			return cordon_fail_memory(err);
	}
	return true;
}

/* Ctrl-C is for what was started, and this program goes on to the end of it. */
static BOOL WINAPI leave_to_it(DWORD event)
{
	return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
}

bool verify_self(int *ret_status, struct cordon_error *err)
{
	WCHAR program[MAX_PATH * 4];
	STARTUPINFOW about = { .cb = sizeof about };
	PROCESS_INFORMATION started;
	DWORD status = 1, length = GetModuleFileNameW(NULL, program, MAX_PATH * 4 - 32);
	WCHAR *slash = length > 0 && length < MAX_PATH * 4 - 32 ? wcsrchr(program, L'\\') : NULL;
	if (!slash)
		return host_fail(err, GetLastError(), "GetModuleFileName", "find where cordon is installed");
	wcscpy(slash + 1, L"cordon-selftest.exe");
	if (GetFileAttributesW(program) == INVALID_FILE_ATTRIBUTES)
		return cordon_fail(
			err, CORDON_NOT_FOUND,
			"cordon-selftest.exe, which comes with cordon, is not beside cordon.exe: put it there, "
			"or run it by itself");
	SetConsoleCtrlHandler(leave_to_it, TRUE);
	if (!CreateProcessW(program, NULL, NULL, NULL, TRUE, 0, NULL, NULL, &about, &started))
		return host_fail(err, GetLastError(), "CreateProcess", "start cordon-selftest.exe");
	WaitForSingleObject(started.hProcess, INFINITE);
	GetExitCodeProcess(started.hProcess, &status);
	CloseHandle(started.hThread);
	CloseHandle(started.hProcess);
	*ret_status = (int)status;
	return true;
}

int verify_act(char **words)
{
	(void)words;
	return -1;
}

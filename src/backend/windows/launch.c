#include <stdlib.h>
#include <string.h>

#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "base/windows_command.h"
#include "os/windows/missing.h"

static void free_list(char ***list)
{
	free(*list);
}

static bool is_file(const char *path)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	WCHAR full[MAX_PATH * 4];
	if (!wide_make(path, &native, &ignored))
		return false;
	DWORD length = GetFullPathNameW(native, MAX_PATH * 4, full, NULL);
	DWORD attributes = length && length < MAX_PATH * 4 ? GetFileAttributesW(full) : INVALID_FILE_ATTRIBUTES;
	return attributes != INVALID_FILE_ATTRIBUTES && !(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

bool launch_find(const char *name, const char *directory, char *const *environment, char **ret_program,
		 struct cordon_error *err)
{
	CORDON_ON_EXIT(free_list) char **candidates = NULL;
	if (!windows_command_candidates(name, directory, environment, &candidates, err))
		return false;
	for (char **candidate = candidates; *candidate; candidate++) {
		if (!is_file(*candidate))
			continue;
		*ret_program = strdup(*candidate);
		return *ret_program || cordon_fail_memory(err);
	}
	return cordon_fail(err, CORDON_NOT_FOUND, "'%s' is not found%s", name,
			   strpbrk(name, "\\/") ? "" : " in the command's PATH");
}

/* -- attributes --------------------------------------------------------------------------------------------------- */

enum { ATTRIBUTES_MAX = 5 };

static void free_attributes(LPPROC_THREAD_ATTRIBUTE_LIST *list)
{
	if (*list)
		DeleteProcThreadAttributeList(*list);
	free(*list);
}

static bool make_attributes(LPPROC_THREAD_ATTRIBUTE_LIST *ret_list, struct cordon_error *err)
{
	SIZE_T size = 0;
	InitializeProcThreadAttributeList(NULL, ATTRIBUTES_MAX, 0, &size);
	LPPROC_THREAD_ATTRIBUTE_LIST list = calloc(1, size);
	if (!list)
		return cordon_fail_memory(err);
	if (!InitializeProcThreadAttributeList(list, ATTRIBUTES_MAX, 0, &size)) {
		free(list);
		return windows_fail(err, GetLastError(), "InitializeProcThreadAttributeList",
				    "make the list of attributes");
	}
	*ret_list = list;
	return true;
}

static bool add_attribute(LPPROC_THREAD_ATTRIBUTE_LIST list, DWORD_PTR which, void *value, size_t size,
			  const char *what, struct cordon_error *err)
{
	return UpdateProcThreadAttribute(list, 0, which, value, size, NULL, NULL) ||
	       windows_fail(err, GetLastError(), "UpdateProcThreadAttribute", "%s", what);
}

/* -- handles ------------------------------------------------------------------------------------------------------ */

/* Copies of the streams that alone may be inherited, and only by this process: a list that names a handle twice is
 * refused.
 */
struct inherited {
	HANDLE own[3];
	HANDLE *list; /* those, and what is passed */
	size_t count;
};

static void free_inherited(struct inherited *inherited)
{
	for (size_t i = 0; i < 3; i++)
		close_handle(&inherited->own[i]);
	free(inherited->list);
}

static bool copy_streams(const struct launch *launch, struct inherited *inherited, struct cordon_error *err)
{
	HANDLE self = GetCurrentProcess();
	inherited->list = calloc(3 + launch->passed_count, sizeof *inherited->list);
	if (!inherited->list)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < 3; i++) {
		if (!launch->streams[i])
			continue;
		if (!DuplicateHandle(self, launch->streams[i], self, &inherited->own[i], 0, TRUE,
				     DUPLICATE_SAME_ACCESS))
			return windows_fail(err, GetLastError(), "DuplicateHandle", "pass standard stream %zu on", i);
		inherited->list[inherited->count++] = inherited->own[i];
	}
	for (size_t i = 0; i < launch->passed_count; i++)
		inherited->list[inherited->count++] = (HANDLE)(intptr_t)launch->passed[i];
	return true;
}

/* -- start -------------------------------------------------------------------------------------------------------- */

/* What the system refuses because of the file itself, or on somebody's behalf, is no fault of cordon's. */
static bool fail_to_start(const char *program, DWORD code, bool has_token, struct cordon_error *err)
{
	static const DWORD refusals[] = {
		ERROR_BAD_EXE_FORMAT,     ERROR_EXE_MACHINE_TYPE_MISMATCH,         ERROR_ACCESS_DENIED,
		ERROR_ELEVATION_REQUIRED, ERROR_ACCESS_DISABLED_BY_POLICY,         ERROR_VIRUS_INFECTED,
		ERROR_INVALID_IMAGE_HASH, ERROR_SYSTEM_INTEGRITY_POLICY_VIOLATION,
	};
	if (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND)
		return cordon_fail(err, CORDON_NOT_FOUND, "'%s' is not found", program);
	windows_fail(err, code, has_token ? "CreateProcessAsUser" : "CreateProcess", "start '%s'", program);
	for (size_t i = 0; i < COUNT_OF(refusals); i++)
		if (refusals[i] == code)
			err->status = CORDON_NOT_EXECUTABLE;
	return false;
}

static bool end_failed(PROCESS_INFORMATION *process)
{
	TerminateProcess(process->hProcess, 1);
	CloseHandle(process->hThread);
	CloseHandle(process->hProcess);
	return false;
}

struct texts {
	uint16_t *program, *line, *directory, *environment;
};

static void free_texts(struct texts *texts)
{
	free(texts->program);
	free(texts->line);
	free(texts->directory);
	free(texts->environment);
}

static bool make_texts(const struct launch *launch, struct texts *texts, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *line = NULL;
	if (windows_command_is_batch(launch->program))
		return cordon_fail(err, CORDON_NOT_EXECUTABLE,
				   "'%s' is a batch file: name its interpreter, as in: cmd /d /c \"%s\"",
				   launch->program, launch->program);
	return wide_make(launch->program, &texts->program, err) &&
	       windows_command_line(launch->program, launch->argv, &line, err) && wide_make(line, &texts->line, err) &&
	       (!launch->directory || wide_make(launch->directory, &texts->directory, err)) &&
	       (!launch->environment || windows_environment_block(launch->environment, &texts->environment, err));
}

static BOOL create(const struct launch *launch, struct texts *texts, bool inherits, STARTUPINFOEXW *about,
		   PROCESS_INFORMATION *process)
{
	const DWORD flags = CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT |
			    (launch->console           ? 0
			     : launch->has_own_console ? CREATE_NO_WINDOW
			     : launch->has_console     ? 0
						       : DETACHED_PROCESS);
	if (launch->token)
		return CreateProcessAsUserW(launch->token, texts->program, texts->line, NULL, NULL, inherits, flags,
					    texts->environment, texts->directory, &about->StartupInfo, process);
	return CreateProcessW(texts->program, texts->line, NULL, NULL, inherits, flags, texts->environment,
			      texts->directory, &about->StartupInfo, process);
}

bool launch_start(const struct launch *launch, PROCESS_INFORMATION *ret_process, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_texts) struct texts texts = { 0 };
	CORDON_ON_EXIT(free_inherited) struct inherited inherited = { 0 };
	CORDON_ON_EXIT(free_attributes) LPPROC_THREAD_ATTRIBUTE_LIST attributes = NULL;
	HANDLE job = launch->job;
	uint64_t mitigations = launch->mitigations;
	PROCESS_INFORMATION process;
	if (!make_texts(launch, &texts, err) || !copy_streams(launch, &inherited, err) ||
	    !make_attributes(&attributes, err))
		return false;
	STARTUPINFOEXW about = { .StartupInfo = { .cb = sizeof about, .dwFlags = STARTF_USESTDHANDLES },
				 .lpAttributeList = attributes };
	about.StartupInfo.lpDesktop = (LPWSTR)(uintptr_t)launch->desktop;
	about.StartupInfo.hStdInput = inherited.own[0];
	about.StartupInfo.hStdOutput = inherited.own[1];
	about.StartupInfo.hStdError = inherited.own[2];
	if ((job && !add_attribute(attributes, PROC_THREAD_ATTRIBUTE_JOB_LIST, &job, sizeof job,
				   "have the command enter its job", err)) ||
	    (inherited.count > 0 &&
	     !add_attribute(attributes, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited.list,
			    inherited.count * sizeof *inherited.list, "limit what handles the command gets", err)) ||
	    (launch->console && !add_attribute(attributes, ATTRIBUTE_PSEUDOCONSOLE, launch->console,
					       sizeof launch->console, "give the command its console", err)) ||
	    (mitigations && !add_attribute(attributes, PROC_THREAD_ATTRIBUTE_MITIGATION_POLICY, &mitigations,
					   sizeof mitigations, "set the command's mitigations", err)) ||
	    (launch->package && !add_attribute(attributes, PROC_THREAD_ATTRIBUTE_SECURITY_CAPABILITIES, launch->package,
					       sizeof *launch->package, "have the command enter its package", err)))
		return false;
	if (!create(launch, &texts, inherited.count > 0, &about, &process))
		return fail_to_start(launch->program, GetLastError(), launch->token, err);

	BOOL is_in_job = FALSE;
	if (!IsProcessInJob(process.hProcess, job, &is_in_job)) {
		windows_fail(err, GetLastError(), "IsProcessInJob", "ask whether '%s' is in its job", launch->program);
		return end_failed(&process);
	}
	if (!is_in_job) {
		cordon_fail(err, CORDON_UNSUPPORTED, "the system says yes and '%s' is not in its job", launch->program);
		return end_failed(&process);
	}
	*ret_process = process;
	return true;
}

#include "backend/windows/runner.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

#include <sddl.h>

/* A profile that is used for the first time takes a while; so does a first look by whatever scans programs. */
enum {
	MEET_MS = 60000,
	ANSWER_MS = 120000,
	START_MS = 60000,
	TELL_MS = 2000,
	REMOVE_MS = 5000,
	END_MS = 10000,
	LINE_ROOM = 1024,
	COPY_BYTES = 64 * 1024
};

const WCHAR *runner_program = L"cordon-runner.exe";

/* -- the program --------------------------------------------------------------------------------------------------- */

/* The runner beside the program or library that this is in. */
static bool find_program(WCHAR *path, DWORD room, struct cordon_error *err)
{
	HMODULE module;
	if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
				(LPCWSTR)(uintptr_t)&runner_program, &module) ||
	    !GetModuleFileNameW(module, path, room - 32))
		return windows_fail(err, GetLastError(), "GetModuleHandleEx or GetModuleFileName",
				    "find where cordon is installed");
	WCHAR *slash = wcsrchr(path, L'\\');
	if (!slash)
		return cordon_fail(err, CORDON_OS_FAILED, "cordon is installed in no folder");
	if (runner_program)
		wcscpy(slash + 1, runner_program);
	return true;
}

/* What cordons that were killed left; one that is in use stays. */
static bool remove_copy(void *context, const char *path, struct cordon_error *err)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	(void)context;
	(void)err;
	(void)!os_remove_file(path, &ignored);
	return true;
}

/* The accounts may read and execute it, and nobody but the user changes it. */
static bool describe_copy(PSID user, PSID accounts, struct arena *arena, const uint8_t **ret_bytes,
			  struct cordon_error *err)
{
	struct windows_ace grants[] = {
		{ .type = WINDOWS_ENTRY_ALLOWS, .rights = RIGHTS_ALL, .sid = { user, (uint16_t)GetLengthSid(user) } },
		{ .type = WINDOWS_ENTRY_ALLOWS,
		  .rights = RIGHTS_READ,
		  .sid = { accounts, (uint16_t)GetLengthSid(accounts) } },
	};
	const struct windows_descriptor descriptor = { .is_protected = true,
						       .list = { grants, COUNT_OF(grants), COUNT_OF(grants) } };
	size_t length;
	return windows_descriptor_write(&descriptor, arena, ret_bytes, &length, err);
}

static bool fill_copy(const WCHAR *from, HANDLE to, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle)
	HANDLE file = CreateFileW(from, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0,
				  NULL);
	CORDON_ON_EXIT(free_text) char *bytes = malloc(COPY_BYTES);
	DWORD count = 0, written;
	if (!bytes)
		return cordon_fail_memory(err);
	if (file == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateFile",
				    "open cordon-runner.exe, which belongs beside cordon.exe");
	while (ReadFile(file, bytes, COPY_BYTES, &count, NULL) && count > 0)
		if (!WriteFile(to, bytes, count, &written, NULL))
			return windows_fail(err, GetLastError(), "WriteFile", "copy cordon-runner.exe");
	return count == 0 || windows_fail(err, GetLastError(), "ReadFile", "read cordon-runner.exe");
}

/* Where cordon is installed for one user, the account may not read it; so it is always a copy that is started. */
bool runner_copy(struct runner *runner, const char *state, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(free_text) char *folder = text_format("%s\\runners", state);
	CORDON_ON_EXIT(free_wide) uint16_t *to = NULL;
	WCHAR from[MAX_PATH * 4];
	const uint8_t *bytes;
	uint64_t chance;
	size_t budget = 10000;
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!folder)
		return cordon_fail_memory(err);
	if (!os_make_directories(folder, err) || !os_random(&chance, sizeof chance, err) ||
	    !find_program(from, MAX_PATH * 4, err) ||
	    !describe_copy(runner->identities->roles[SID_USER], runner->identities->roles[SID_ACCOUNTS], &arena, &bytes,
			   err))
		return false;
	(void)!os_walk(folder, &budget, os_clock() + 1000, remove_copy, NULL, &ignored);
	CORDON_ON_EXIT(free_text)
	char *path = text_format("%s\\%016llx.exe", folder, (unsigned long long)chance);
	if (!path)
		return cordon_fail_memory(err);
	if (!native_path(path, &to, err))
		return false;
	SECURITY_ATTRIBUTES attributes = { sizeof attributes, (void *)(uintptr_t)bytes, FALSE };
	CORDON_ON_EXIT(close_handle)
	HANDLE copy = CreateFileW(to, GENERIC_WRITE, FILE_SHARE_READ, &attributes, CREATE_NEW, FILE_ATTRIBUTE_NORMAL,
				  NULL);
	if (copy == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateFile", "make the runner's copy '%s'", path);
	runner->program = cordon_take(&path);
	return fill_copy(from, copy, err);
}

static void remove_program(struct runner *runner)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	/* A program that has just ended keeps its file for a moment. */
	uint64_t deadline = GetTickCount64() + REMOVE_MS;
	while (runner->program && !os_remove_file(runner->program, &ignored) && GetTickCount64() < deadline)
		Sleep(5);
	free(runner->program);
	runner->program = NULL;
}

/* -- starting ------------------------------------------------------------------------------------------------------ */

bool runner_make_job(struct runner *runner, const struct windows_job *limits, struct cordon_error *err)
{
	const char *missing;
	struct windows_job around = *limits;
	if (around.memory)
		around.memory += RUNNER_MEMORY;
	if (around.processes)
		around.processes += RUNNER_PROCESSES;
	return job_make(&around, &runner->job, &missing, err);
}

/* For the runner alone: what the command gets it makes in the account's own session. */
bool runner_make_desktop(struct runner *runner, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct sid whose[] = { { SID_SYSTEM, 0 }, { SID_ACCOUNTS, 0 } };
	const struct sid_list list = { whose, COUNT_OF(whose), COUNT_OF(whose) };
	const uint8_t *bytes;
	return identities_describe(runner->identities, runner->identities->roles[SID_USER], &list, 0, &arena, &bytes,
				   err) &&
	       station_make(bytes, &runner->station, err);
}

bool runner_make_pipe(struct runner *runner, struct cordon_error *err)
{
	return pipe_make(runner->identities->roles[SID_ACCOUNT], runner->pipe_name, &runner->pipe, err);
}

bool runner_start(struct runner *runner, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *program = NULL;
	WCHAR line[LINE_ROOM];
	if (!wide_make(runner->program, &program, err))
		return false;
	/* The system takes 1,024 units. */
	int length = _snwprintf(line, LINE_ROOM - 1, L"\"%ls\" %ls%ls %lu", program, runner_program ? L"" : L"runner ",
				runner->pipe_name, GetCurrentProcessId());
	if (length < 0 || length >= LINE_ROOM - 1)
		return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' is too long a name for a runner", runner->program);
	line[length] = 0;
	return logon_start(runner->account, program, line, runner->station.name, &runner->process, err);
}

/* The owner of a process may otherwise give himself what its list denies him. */
static const WCHAR closed[] = L"D:P(A;;0x1fffff;;;SY)(A;;0x20000;;;S-1-3-4)";

static bool close_to_account(HANDLE object, const char *what, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR descriptor = NULL;
	return (ConvertStringSecurityDescriptorToSecurityDescriptorW(closed, SDDL_REVISION_1, &descriptor, NULL) &&
		SetKernelObjectSecurity(object, DACL_SECURITY_INFORMATION, descriptor)) ||
	       windows_fail(err, GetLastError(), "SetKernelObjectSecurity", "close the runner's %s", what);
}

bool runner_confine(struct runner *runner, struct cordon_error *err)
{
	BOOL is_in_job = FALSE;
	if (!close_to_account(runner->process.hProcess, "process", err) ||
	    !close_to_account(runner->process.hThread, "thread", err))
		return false;
	if (!AssignProcessToJobObject(runner->job, runner->process.hProcess))
		return windows_fail(err, GetLastError(), "AssignProcessToJobObject", "put the runner in its job");
	if (!IsProcessInJob(runner->process.hProcess, runner->job, &is_in_job))
		return windows_fail(err, GetLastError(), "IsProcessInJob", "ask whether the runner is in its job");
	return is_in_job ||
	       cordon_fail(err, CORDON_UNSUPPORTED, "the system says yes and the runner is not in its job");
}

bool runner_meet(struct runner *runner, struct cordon_error *err)
{
	if (ResumeThread(runner->process.hThread) == (DWORD)-1)
		return windows_fail(err, GetLastError(), "ResumeThread", "let the runner go on");
	return pipe_meet(runner->pipe, runner->process.hProcess, MEET_MS, err);
}

/* -- orders -------------------------------------------------------------------------------------------------------- */

static bool tell_failure(const struct frame *frame, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct frame_failed failed;
	if (!frame_read_failed(frame, &arena, &failed, err))
		return false;
	if (failed.status == CORDON_OS_FAILED)
		return cordon_fail_os(err, failed.os_code, "%s", failed.text);
	return cordon_fail(err, (int)failed.status, "%s", failed.text);
}

static bool ask(struct runner *runner, const struct text *order, enum frame_kind expected, DWORD timeout_ms,
		struct frame *ret_frame, struct cordon_error *err)
{
	if (!pipe_send(runner->pipe, runner->process.hProcess, order, timeout_ms, err) ||
	    !pipe_receive(runner->pipe, runner->process.hProcess, timeout_ms, &runner->bytes, ret_frame, err))
		return cordon_while(err, "speak with the runner");
	if (ret_frame->kind == FRAME_FAILED)
		return tell_failure(ret_frame, err);
	return ret_frame->kind == expected ||
	       cordon_fail(err, CORDON_OS_FAILED, "the runner answers what it was not asked");
}

static struct windows_sid as_bytes(PSID sid)
{
	return sid ? (struct windows_sid){ sid, (uint16_t)GetLengthSid(sid) } : (struct windows_sid){ 0 };
}

bool runner_clean(struct runner *runner, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text order = { 0 };
	struct frame frame;
	const struct frame_clean wanted = { as_bytes(runner->identities->roles[SID_USER]), runner->account->profile };
	return frame_write_clean(&wanted, &order, err) && ask(runner, &order, FRAME_DONE, ANSWER_MS, &frame, err);
}

bool runner_return(struct runner *runner, const struct frame_return *wanted, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text order = { 0 };
	struct frame frame;
	return frame_write_return(wanted, &order, err) && ask(runner, &order, FRAME_DONE, INFINITE, &frame, err);
}

bool runner_tell_proxy(struct runner *runner, uint16_t port, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text order = { 0 };
	struct frame frame;
	const struct frame_proxy wanted = { as_bytes(runner->identities->roles[SID_USER]), port };
	return frame_write_proxy(&wanted, &order, err) && ask(runner, &order, FRAME_DONE, ANSWER_MS, &frame, err);
}

bool runner_reach(struct runner *runner, const struct frame_reach *order, struct frame_reached *ret_reached,
		  struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	struct frame frame;
	return frame_write_reach(order, &bytes, err) && ask(runner, &bytes, FRAME_REACHED, ANSWER_MS, &frame, err) &&
	       frame_read_reached(&frame, ret_reached, err);
}

/* -- the command --------------------------------------------------------------------------------------------------- */

static bool add_roles(const struct sid_list *list, struct arena *arena, struct frame_roles *roles,
		      struct cordon_error *err)
{
	roles->items = arena_take(arena, (list->count + 1) * sizeof *roles->items);
	if (!roles->items)
		return cordon_fail_memory(err);
	for (; roles->count < list->count; roles->count++)
		roles->items[roles->count] = (struct frame_role){ (uint32_t)list->items[roles->count].role,
								  (uint32_t)list->items[roles->count].root };
	return true;
}

static bool add_recipe(const struct windows_token *recipe, const struct identities *identities, struct arena *arena,
		       struct frame_start *start, struct cordon_error *err)
{
	start->drops_privileges = recipe->drops_privileges;
	start->drops_administrators = recipe->drops_administrators;
	start->is_write_restricted = recipe->is_write_restricted;
	start->integrity = recipe->integrity;
	start->account = as_bytes(identities->roles[SID_ACCOUNT]);
	start->run = as_bytes(identities->roles[SID_RUN]);
	start->capabilities = arena_take(arena, (identities->capability_count + 1) * sizeof *start->capabilities);
	if (!start->capabilities)
		return cordon_fail_memory(err);
	for (; start->capability_count < identities->capability_count; start->capability_count++)
		start->capabilities[start->capability_count] = as_bytes(
			identities->capabilities[start->capability_count]);
	return add_roles(&recipe->restricting, arena, &start->restricting, err) &&
	       add_roles(&recipe->denying_only, arena, &start->denying_only, err) &&
	       add_roles(&recipe->default_grants, arena, &start->default_grants, err);
}

/* A console is its user's: whoever has a handle of it also writes what its user seems to type. */
static bool is_console(HANDLE stream)
{
	DWORD mode;
	return GetFileType(stream) == FILE_TYPE_CHAR && GetConsoleMode(stream, &mode);
}

static bool give(const struct runner *runner, HANDLE handle, const char *what, uint64_t *ret_given,
		 struct cordon_error *err)
{
	HANDLE given = NULL;
	if (!DuplicateHandle(GetCurrentProcess(), handle, runner->process.hProcess, &given, 0, FALSE,
			     DUPLICATE_SAME_ACCESS))
		return windows_fail(err, GetLastError(), "DuplicateHandle", "give the runner %s", what);
	*ret_given = (uint64_t)(uintptr_t)given;
	return true;
}

static bool give_console(const struct runner *runner, const struct console *console, struct frame_start *start,
			 struct cordon_error *err)
{
	const struct console_ends *ends = console_ends(console);
	start->has_console = false;
	start->console = (struct frame_console){ .rows = ends->rows,
						 .columns = ends->columns,
						 .is_seen = ends->is_seen };
	return give(runner, ends->reads, "the keyboard's end of the console", &start->console.reads, err) &&
	       give(runner, ends->writes, "the screen's end of the console", &start->console.writes, err);
}

static bool give_streams(const struct runner *runner, const struct launch *launch, struct frame_start *start,
			 struct cordon_error *err)
{
	static const char *const names[] = { "standard input", "standard output", "standard error" };
	for (int i = 0; i < 3; i++) {
		if (!launch->streams[i])
			continue;
		if (is_console(launch->streams[i]))
			return cordon_fail(err, CORDON_UNSUPPORTED,
					   "%s is your console, which the account does not get: redirect it, or leave "
					   "--no-tty out",
					   names[i]);
		if (!give(runner, launch->streams[i], names[i], &start->streams[i], err))
			return false;
	}
	return true;
}

bool runner_order(struct runner *runner, const struct launch *launch, const struct console *console,
		  const struct windows_token *recipe, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(text_free) struct text order = { 0 };
	struct frame frame;
	struct frame_start start = {
		.program = launch->program,
		.directory = launch->directory,
		.argv = (char **)(uintptr_t)launch->argv,
		.environment = (char **)(uintptr_t)launch->environment,
		.mitigations = launch->mitigations,
		.has_console = launch->has_console,
	};
	return add_recipe(recipe, runner->identities, &arena, &start, err) &&
	       give_streams(runner, launch, &start, err) && (!console || give_console(runner, console, &start, err)) &&
	       frame_write_start(&start, &order, err) && ask(runner, &order, FRAME_STARTED, START_MS, &frame, err);
}

/* Without an answer. A runner that does not take it within the time there is hears of nothing more: its pipe breaks. */
static void tell(struct runner *runner, const struct text *order)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!runner->pipe || pipe_send(runner->pipe, runner->process.hProcess, order, TELL_MS, &ignored))
		return;
	close_handle(&runner->pipe);
	runner->pipe = NULL;
}

static void tell_size(void *context, uint16_t rows, uint16_t columns)
{
	CORDON_ON_EXIT(text_free) struct text order = { 0 };
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (frame_write_resize(&(struct frame_resize){ rows, columns }, &order, &ignored))
		tell(context, &order);
}

static void tell_close(void *context)
{
	CORDON_ON_EXIT(text_free) struct text order = { 0 };
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (frame_write_close(&order, &ignored))
		tell(context, &order);
}

void runner_serve(struct runner *runner, struct console *console)
{
	const struct console_server server = { tell_size, tell_close, runner };
	console_serve(console, &server);
}

static bool take_handle(const struct runner *runner, uint64_t claimed, HANDLE *ret_handle, struct cordon_error *err)
{
	/* Numbers above name no handle: they stand for a process or thread itself, maybe for this one. */
	if (claimed > INT32_MAX)
		return cordon_fail(err, CORDON_UNSUPPORTED, "the runner shows what is no handle");
	return DuplicateHandle(runner->process.hProcess, (HANDLE)(uintptr_t)claimed, GetCurrentProcess(), ret_handle, 0,
			       FALSE, DUPLICATE_SAME_ACCESS) ||
	       windows_fail(err, GetLastError(), "DuplicateHandle", "take the command's process from the runner");
}

/* Whatever the runner says: a process of this job, other than the runner, that has not run, under the token that was
 * asked for.
 */
static bool check_command(const struct runner *runner, const PROCESS_INFORMATION *process, HANDLE token,
			  const struct windows_token *recipe, struct identities *identities, struct cordon_error *err)
{
	BOOL is_in_job = FALSE;
	PSID account = NULL, logon = NULL;
	const char *why;
	if (!process->dwProcessId || process->dwProcessId == runner->process.dwProcessId ||
	    GetProcessIdOfThread(process->hThread) != process->dwProcessId)
		return cordon_fail(err, CORDON_UNSUPPORTED, "the runner shows a process that is not the command's");
	if (!IsProcessInJob(process->hProcess, runner->job, &is_in_job))
		return windows_fail(err, GetLastError(), "IsProcessInJob",
				    "ask whether the command is in the run's job");
	if (!is_in_job)
		return cordon_fail(err, CORDON_UNSUPPORTED, "the runner shows a process that is not in the run's job");
	/* The logon session is the account's, which only now is known. */
	if (!identities_of_token(identities, token, &account, &logon, err))
		return false;
	if (logon)
		identities->roles[SID_LOGON] = logon;
	return token_holds(token, recipe, identities, &why) || cordon_fail(err, CORDON_UNSUPPORTED, "%s", why);
}

bool runner_take_over(struct runner *runner, const struct windows_token *recipe, struct identities *identities,
		      PROCESS_INFORMATION *ret_process, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE process = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE thread = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	struct frame frame;
	struct frame_started started;
	size_t needed;
	if (frame_read((const uint8_t *)text_str(&runner->bytes), runner->bytes.length, &frame, &needed) != FRAME_WHOLE)
		return cordon_fail(err, CORDON_OS_FAILED, "the runner has started nothing");
	if (!frame_read_started(&frame, &started, err) || !take_handle(runner, started.process, &process, err) ||
	    !take_handle(runner, started.thread, &thread, err) || !take_handle(runner, started.token, &token, err))
		return false;
	const PROCESS_INFORMATION found = { process, thread, GetProcessId(process), GetThreadId(thread) };
	if (!check_command(runner, &found, token, recipe, identities, err))
		return false;
	*ret_process = found;
	process = thread = NULL;
	return true;
}

bool runner_nest(const struct runner *runner, HANDLE process, HANDLE job, struct cordon_error *err)
{
	BOOL is_within = FALSE, is_around = FALSE;
	if (!AssignProcessToJobObject(job, process))
		return windows_fail(err, GetLastError(), "AssignProcessToJobObject",
				    "give the command a job within the runner's");
	if (!IsProcessInJob(process, job, &is_within) || !IsProcessInJob(process, runner->job, &is_around))
		return windows_fail(err, GetLastError(), "IsProcessInJob", "look which jobs the command is in");
	return (is_within && is_around) ||
	       cordon_fail(err, CORDON_UNSUPPORTED, "the command did not enter a job within the runner's");
}

bool runner_end(const struct runner *runner, struct cordon_error *err)
{
	return !runner->job || job_end(runner->job, END_MS, err);
}

void runner_free(struct runner *runner)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	close_handle(&runner->pipe);
	(void)!runner_end(runner, &ignored);
	/* One that never came into the job does not end with it. */
	if (runner->process.hProcess) {
		TerminateProcess(runner->process.hProcess, 1);
		WaitForSingleObject(runner->process.hProcess, REMOVE_MS);
	}
	close_handle(&runner->process.hThread);
	close_handle(&runner->process.hProcess);
	close_handle(&runner->job);
	station_free(&runner->station);
	remove_program(runner);
	text_free(&runner->bytes);
	*runner = (struct runner){ 0 };
}

/* -- for the probe ------------------------------------------------------------------------------------------------- */

bool account_child_claim(struct account_child *child, enum pool_kind kind, struct identities *identities,
			 struct cordon_error *err)
{
	return operation_begins("claim an account", err) && logon_claim(kind, &child->account, err) &&
	       identities_add(identities, SID_ACCOUNT, child->account.sid, err) &&
	       identities_add(identities, SID_ACCOUNTS, child->account.group_sid, err);
}

bool runner_begin(struct runner *runner, const char *state, struct account *account, struct cordon_error *err)
{
	static const struct windows_job no_limits = { 0 };
	bool is_started = operation_begins("make the runner's job", err) && runner_make_job(runner, &no_limits, err) &&
			  operation_begins("copy the runner", err) && runner_copy(runner, state, err) &&
			  operation_begins("make a desktop for the runner", err) && runner_make_desktop(runner, err) &&
			  operation_begins("make the pipe", err) && runner_make_pipe(runner, err) &&
			  operation_begins("start the runner", err) && runner_start(runner, err);
	account_forget_password(account);
	return is_started && operation_begins("confine the runner", err) && runner_confine(runner, err) &&
	       operation_begins("meet the runner", err) && runner_meet(runner, err);
}

bool account_child_start(struct account_child *child, const char *state, HANDLE job, const struct launch *launch,
			 const struct windows_token *recipe, struct identities *identities,
			 PROCESS_INFORMATION *ret_process, struct cordon_error *err)
{
	struct runner *runner = &child->runner;
	PROCESS_INFORMATION process = { 0 };
	bool has_pseudo = launch->has_console && console_is_known();
	runner->account = &child->account;
	runner->identities = identities;
	bool is_started = operation_begins("make the streams", err) &&
			  (!has_pseudo || console_make_ends(0, 0, false, &child->console, err)) &&
			  runner_begin(runner, state, &child->account, err) &&
			  operation_begins("sweep the account", err) && runner_clean(runner, err) &&
			  operation_begins("have the process started", err) &&
			  runner_order(runner, launch, child->console, recipe, err) &&
			  operation_begins("take the process over", err) &&
			  runner_take_over(runner, recipe, identities, &process, err) &&
			  operation_begins("give the process its own job", err) &&
			  runner_nest(runner, process.hProcess, job, err) &&
			  (!has_pseudo || console_begin(child->console, err));
	if (!is_started) {
		close_handle(&process.hThread);
		close_handle(&process.hProcess);
		return false;
	}
	*ret_process = process;
	return true;
}

void account_child_end(struct account_child *child)
{
	runner_free(&child->runner);
	child->console = console_free(child->console);
	account_release(&child->account);
}

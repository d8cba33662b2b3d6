/* The command started by a runner. This program is its own runner and its own command, and the account is the user who
 * runs the test: CreateProcessWithLogonW needs an account that setup has made, and Wine has none of it. What is asserted
 * here is the plumbing, and confines nothing.
 */
#include "account_world.h"

#include <fcntl.h>
#include <io.h>

static char own_path[1024];

/* -- the command --------------------------------------------------------------------------------------------------- */

static int command(char **words)
{
	if (strcmp(words[0], "status") == 0)
		return (int)strtoul(words[1], NULL, 0);
	if (strcmp(words[0], "wait") == 0)
		Sleep(60000);
	if (strcmp(words[0], "late") == 0)
		write_file("late.txt", "late");
	/* What it was given, told by what it was given. */
	if (strcmp(words[0], "tell") == 0) {
		char line[200] = { 0 };
		DWORD count = 0;
		_setmode(1, _O_BINARY);
		ReadFile(GetStdHandle(STD_INPUT_HANDLE), line, sizeof line - 1, &count, NULL);
		printf("%s|%s|%s|%s", line, words[1], getenv("HOME"), getenv("TEMP") ? "temp" : "none");
		fprintf(stderr, "errors");
		fflush(NULL);
	}
	if (strcmp(words[0], "handle") == 0)
		return SetEvent((HANDLE)(uintptr_t)strtoul(words[1], NULL, 10)) ? 1 : 0;
	/* May the command open its runner, which is its parent? */
	if (strcmp(words[0], "parent") == 0)
		return OpenProcess(PROCESS_VM_READ, FALSE, strtoul(words[1], NULL, 10)) ? 1 : (int)GetLastError();
	return 0;
}

/* -- a runner that lies -------------------------------------------------------------------------------------------- */

static bool answer(HANDLE pipe, const struct text *bytes)
{
	return pipe_send(pipe, NULL, bytes, EVENT_MS, &err);
}

static HANDLE start_outside(HANDLE *ret_thread)
{
	char line[1200];
	STARTUPINFOA about = { .cb = sizeof about };
	PROCESS_INFORMATION started;
	snprintf(line, sizeof line, "\"%s\" command status 7", own_path);
	if (!CreateProcessA(own_path, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &about, &started))
		return NULL;
	*ret_thread = started.hThread;
	return started.hProcess;
}

static int lying_runner(const char *how, const WCHAR *name, DWORD server)
{
	CORDON_ON_EXIT(close_handle) HANDLE pipe = NULL;
	CORDON_ON_EXIT(text_free) struct text order = { 0 };
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	struct frame frame;
	HANDLE token = NULL, thread = GetCurrentThread(), process = GetCurrentProcess();
	if (strcmp(how, "ends") == 0)
		return 77;
	/* Honest as long as there is nothing to gain: CLEAN is done, and START is what it lies about. */
	if (!pipe_join(name, server, &pipe, &err) || !pipe_receive(pipe, NULL, EVENT_MS, &order, &frame, &err) ||
	    !frame_write_done(&bytes, &err) || !answer(pipe, &bytes) ||
	    !pipe_receive(pipe, NULL, EVENT_MS, &order, &frame, &err) || frame.kind != FRAME_START)
		return 78;
	text_free(&bytes);
	if (strcmp(how, "dies") == 0)
		return 79;
	OpenProcessToken(process, TOKEN_QUERY, &token);
	if (strcmp(how, "pseudo") != 0) {
		DuplicateHandle(process, thread, process, &thread, 0, FALSE, DUPLICATE_SAME_ACCESS);
		DuplicateHandle(process, process, process, &process, 0, FALSE, DUPLICATE_SAME_ACCESS);
	}
	if (strcmp(how, "other") == 0)
		process = start_outside(&thread); /* not suspended by cordon, and maybe nobody's it knows */
	if (strcmp(how, "mixed") == 0)
		process = start_outside(&token);
	const struct frame_started started = { (uintptr_t)process, (uintptr_t)thread,
					       strcmp(how, "made-up") == 0 ? 0xdeadbee0
					       : strcmp(how, "stale") == 0 ? 0x7ffc
									   : (uintptr_t)token };
	struct cordon_error why = CORDON_ERROR_INIT;
	why.status = CORDON_NOT_FOUND;
	strcpy(why.text, "a reason");
	if (strcmp(how, "garbage") == 0)
		text_add(&bytes, "HTTP/1.1 200 OK\r\n");
	else if (strcmp(how, "done") == 0    ? !frame_write_done(&bytes, &err)
		 : strcmp(how, "fails") == 0 ? !frame_write_failed(&why, &bytes, &err)
					     : !frame_write_started(&started, &bytes, &err))
		return 80;
	answer(pipe, &bytes);
	Sleep(60000);
	return 0;
}

/* -- the run's streams --------------------------------------------------------------------------------------------- */

static HANDLE open_stream(const char *name, bool writes)
{
	SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
	HANDLE file = CreateFileA(in_scratch("%s", name), writes ? GENERIC_WRITE : GENERIC_READ,
				  FILE_SHARE_READ | FILE_SHARE_WRITE, &inheritable,
				  writes ? CREATE_ALWAYS : OPEN_EXISTING, 0, NULL);
	assert_true(file != INVALID_HANDLE_VALUE);
	return file;
}

struct streams {
	HANDLE files[3];
};

static struct streams open_streams(void)
{
	write_file(in_scratch("in.txt"), "what is read");
	return (struct streams){ { open_stream("in.txt", false), open_stream("out.txt", true),
				   open_stream("errors.txt", true) } };
}

static void close_streams(struct streams *streams)
{
	for (int i = 0; i < 3; i++)
		CloseHandle(streams->files[i]);
}

static struct handover with_streams(const struct streams *streams)
{
	struct handover handover = { .streams = { 0, 1, 2 } };
	for (int i = 0; i < 3; i++)
		handover.streams[i] = (int)(intptr_t)streams->files[i];
	return handover;
}

static struct cage *begin(const struct streams *streams)
{
	const struct handover handover = with_streams(streams);
	return begin_run(&handover);
}

static struct cage *start(const struct streams *streams, char *const *argv)
{
	const struct handover handover = with_streams(streams);
	return start_run(&handover, argv);
}

/* -- a run --------------------------------------------------------------------------------------------------------- */

static void run__gets_its_streams_its_arguments_and_its_profile(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", "tell", "a \"b\" \\", NULL };
	CORDON_ON_EXIT(text_free) struct text told = { 0 };
	CORDON_ON_EXIT(text_free) struct text errors = { 0 };
	struct streams streams = open_streams();
	struct cage *cage = start(&streams, argv);
	assert_int_equal(await_end(cage).exit.code, 0);
	close_streams(&streams);
	assert_true(os_read_file(in_scratch("out.txt"), 4096, &told, &err));
	CORDON_ON_EXIT(free_text)
	char *wanted = text_format("what is read|a \"b\" \\|%s\\x|temp", in_scratch("profile"));
	assert_string_equal(text_str(&told), wanted);
	assert_true(os_read_file(in_scratch("errors.txt"), 4096, &errors, &err));
	assert_string_equal(text_str(&errors), "errors");
	expect_nothing_left(cage);
}

static void run_and_end(char *const *argv, bool by_signal, DWORD code)
{
	struct streams streams = open_streams();
	struct cage *cage = start(&streams, argv);
	assert_int_equal(await(cage).kind, CAGE_STARTED);
	if (by_signal)
		backend_native.end(cage);
	const struct cage_event event = await(cage);
	assert_int_equal(event.kind, CAGE_ENDED);
	assert_int_equal(event.exit.by_signal, by_signal);
	assert_int_equal((DWORD)event.exit.code, code);
	close_streams(&streams);
	expect_nothing_left(cage);
}

/* The status is the process's own, with all its bits, and not what somebody says of it. */
static void run__ends_with_the_status_of_the_command(void **state)
{
	(void)state;
	char *const odd[] = { own_path, "command", "status", "0xc0000005", NULL };
	char *const waits[] = { own_path, "command", "wait", NULL };
	run_and_end(odd, false, 0xc0000005);
	run_and_end(waits, true, 9);
}

/* A handle that could be inherited, here and in the runner, is not the command's. */
static void run__passes_no_other_handle(void **state)
{
	(void)state;
	SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
	CORDON_ON_EXIT(close_handle) HANDLE event = CreateEventW(&inheritable, TRUE, FALSE, NULL);
	char number[20];
	snprintf(number, sizeof number, "%lu", (unsigned long)(uintptr_t)event);
	char *const argv[] = { own_path, "command", "handle", number, NULL };
	run_and_end(argv, false, 0);
	assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
}

/* Under the numbers that they have here, and only once: where the last writer is gone, a pipe ends. */
static void run__passes_the_handles_that_it_is_given(void **state)
{
	(void)state;
	SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
	CORDON_ON_EXIT(close_handle) HANDLE event = CreateEventW(&inheritable, TRUE, FALSE, NULL);
	CORDON_ON_EXIT(close_handle) HANDLE from = NULL;
	HANDLE to = NULL;
	char number[20], byte;
	DWORD count;
	assert_true(CreatePipe(&from, &to, &inheritable, 0));
	snprintf(number, sizeof number, "%lu", (unsigned long)(uintptr_t)event);
	const int passed[] = { (int)(intptr_t)event, (int)(intptr_t)to };
	char *const argv[] = { own_path, "command", "handle", number, NULL };
	struct streams streams = open_streams();
	struct cage *cage = begin(&streams);
	cage->handover.passed = passed;
	cage->handover.passed_count = COUNT_OF(passed);
	if (!backend_native.start(cage, &plan, NULL, argv, &err))
		fail_msg("%s", err.text);
	CloseHandle(to);
	assert_int_equal(await(cage).kind, CAGE_STARTED);
	const struct cage_event end = await(cage);
	assert_int_equal(end.kind, CAGE_ENDED);
	assert_int_equal(end.exit.code, 1);
	assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
	assert_false(ReadFile(from, &byte, 1, &count, NULL));
	assert_int_equal(GetLastError(), ERROR_BROKEN_PIPE);
	close_streams(&streams);
	expect_nothing_left(cage);
}

/* Who serves the command outlives it, and its limits are of nobody else. */
static void run__has_the_command_in_a_job_within_the_runners(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", "wait", NULL };
	struct streams streams = open_streams();
	struct cage *cage = start(&streams, argv);
	BOOL is_in_job = FALSE;
	CORDON_ON_EXIT(close_handle) HANDLE runner = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE process = NULL;
	HANDLE self = GetCurrentProcess();
	assert_true(
		DuplicateHandle(self, cage->runner->process.hProcess, self, &runner, 0, FALSE, DUPLICATE_SAME_ACCESS));
	assert_true(DuplicateHandle(self, cage->process.hProcess, self, &process, 0, FALSE, DUPLICATE_SAME_ACCESS));
	assert_true(IsProcessInJob(runner, cage->runner->job, &is_in_job) && is_in_job);
	assert_true(IsProcessInJob(runner, cage->job, &is_in_job) && !is_in_job);
	assert_true(IsProcessInJob(process, cage->runner->job, &is_in_job) && is_in_job);
	assert_true(IsProcessInJob(process, cage->job, &is_in_job) && is_in_job);
	assert_int_not_equal(GetProcessId(process), GetProcessId(runner));
	assert_null(cage->account->password);
	close_streams(&streams);
	expect_nothing_left(cage);
	assert_int_equal(WaitForSingleObject(process, EVENT_MS), WAIT_OBJECT_0);
	assert_int_equal(WaitForSingleObject(runner, EVENT_MS), WAIT_OBJECT_0);
}

/* Neither the runner nor who serves the console: one process was there, and of the limit of one none is theirs. */
static void run__counts_nobody_but_the_command(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", "status", "0", NULL };
	struct streams streams = open_streams();
	windows.job.processes = 1;
	struct cage *cage = start(&streams, argv);
	assert_int_equal(await_end(cage).exit.usage.processes_peak, 1);
	close_streams(&streams);
	expect_nothing_left(cage);
}

/* The command is of the runner's own account, and the runner may do more: it does not get a handle of it. */
static void runner__is_not_opened_by_its_own_account(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", "wait", NULL };
	struct streams streams = open_streams();
	struct cage *cage = start(&streams, argv);
	CORDON_ON_EXIT(close_handle)
	HANDLE command_of_ours = OpenProcess(PROCESS_VM_READ, FALSE, cage->process.dwProcessId);
	CORDON_ON_EXIT(close_handle)
	HANDLE runner = OpenProcess(PROCESS_VM_READ, FALSE, cage->runner->process.dwProcessId);
	DWORD code = GetLastError();
	assert_non_null(command_of_ours); /* the control: a process of this account is opened */
	assert_null(runner);
	assert_int_equal(code, ERROR_ACCESS_DENIED);
	close_streams(&streams);
	expect_nothing_left(cage);
}

/* What an earlier run in the account left does not meet this one; where Windows keeps the registry stays. */
static void run__begins_with_an_empty_profile(void **state)
{
	(void)state;
	static const char *const folders[] = { "profile\\.ssh",
					       "profile\\AppData",
					       "profile\\AppData\\Local",
					       "profile\\AppData\\Local\\Temp",
					       "profile\\AppData\\Local\\Temp\\deep",
					       "profile\\AppData\\Local\\Temp\\Temp" };
	static const struct {
		const char *name;
		bool stays;
	} files[] = { { "profile\\.gitconfig", false },
		      { "profile\\.ssh\\config", false },
		      { "profile\\NTUSER.DAT", true },
		      { "profile\\AppData\\Local\\ntuser.dll", false },
		      { "profile\\AppData\\Local\\Temp\\deep\\left", false } };
	char *const argv[] = { own_path, "command", "status", "0", NULL };
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		make_directory(in_scratch("%s", folders[i]));
	for (size_t i = 0; i < COUNT_OF(files); i++)
		write_file(in_scratch("%s", files[i].name), "x");
	SetFileAttributesA(in_scratch("profile\\.gitconfig"), FILE_ATTRIBUTE_READONLY);
	run_and_end(argv, false, 0);
	for (size_t i = 0; i < COUNT_OF(files); i++)
		assert_int_equal(os_exists(in_scratch("%s", files[i].name)), files[i].stays);
	assert_false(os_exists(in_scratch("profile\\.ssh")));
	assert_true(os_exists(in_scratch("profile\\AppData\\Local\\Temp")));
	assert_false(os_exists(in_scratch("profile\\AppData\\Local\\Temp\\deep")));
	/* Only where Windows has them are names kept. */
	assert_false(os_exists(in_scratch("profile\\AppData\\Local\\Temp\\Temp")));
}

/* Folders in each other, deeper than anybody makes them, would keep the account from every later run. */
/* The level of a directory, or 0 where it has none. */
static DWORD level_of(const char *path)
{
	_Alignas(max_align_t) BYTE room[256];
	ACL_SIZE_INFORMATION size = { 0 };
	SYSTEM_MANDATORY_LABEL_ACE *entry;
	BOOL is_there = FALSE, is_default;
	PACL list = NULL;
	DWORD length;
	if (!GetFileSecurityA(path, LABEL_SECURITY_INFORMATION, room, sizeof room, &length) ||
	    !GetSecurityDescriptorSacl(room, &is_there, &list, &is_default) || !is_there || !list ||
	    !GetAclInformation(list, &size, sizeof size, AclSizeInformation) || size.AceCount != 1 ||
	    !GetAce(list, 0, (void **)&entry) || entry->Header.AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE)
		return 0;
	return *GetSidSubAuthority((PSID)&entry->SidStart, 0);
}

/* A command below medium has places for caches and settings; and none where the next run would take its registry from. */
static void run__has_places_for_caches(void **state)
{
	(void)state;
	enum { LEVEL = 0x1800 };
	char *const argv[] = { own_path, "command", "status", "0", NULL };
	static const char *const places[] = { "profile\\AppData\\Local", "profile\\AppData\\Local\\Temp",
					      "profile\\AppData\\Roaming", "profile\\.nuget", "profile\\go" };
	if (!profile_open(in_scratch("profile"), LEVEL, &err) || !profile_open(in_scratch("profile"), LEVEL, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		assert_true(os_exists(in_scratch("%s", places[i])));
		/* Wine keeps no labels. */
		assert_true(is_wine() || level_of(in_scratch("%s", places[i])) == LEVEL);
	}
	assert_int_equal(level_of(in_scratch("profile")), 0);
	assert_int_equal(level_of(in_scratch("profile\\AppData")), 0);

	/* What an earlier run left there is gone with the rest. */
	write_file(in_scratch("profile\\go\\left"), "left");
	run_and_end(argv, false, 0);
	assert_false(os_exists(in_scratch("profile\\go")));
	assert_true(os_exists(in_scratch("profile\\AppData\\Roaming")));
}

static void run__begins_with_an_empty_profile_however_deep_it_is(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", "status", "0", NULL };
	WCHAR path[1200];
	CreateDirectoryA(in_scratch("profile\\AppData"), NULL);
	int length = _snwprintf(path, COUNT_OF(path), L"\\\\?\\%hs\\profile\\AppData\\LocalLow", scratch);
	for (int level = 0; level < 400; level++) {
		assert_true(CreateDirectoryW(path, NULL));
		length += _snwprintf(path + length, 3, L"\\a");
		path[length] = 0;
	}
	run_and_end(argv, false, 0);
	assert_false(os_exists(in_scratch("profile\\AppData\\LocalLow")));
	assert_true(os_exists(in_scratch("profile\\AppData")));
}

static void run__that_finds_no_command_says_so(void **state)
{
	(void)state;
	char *const argv[] = { "no-such-program", NULL };
	struct streams streams = open_streams();
	struct cage *cage = begin(&streams);
	assert_true(backend_native.start(cage, &plan, NULL, argv, &err));
	const struct cage_event event = await(cage);
	assert_int_equal(event.kind, CAGE_NOT_STARTED);
	assert_int_equal(event.error.status, CORDON_NOT_FOUND);
	close_streams(&streams);
	expect_nothing_left(cage);
}

/* As it is shipped: without a console until it makes one. */
static void run__by_the_shipped_runner_is_the_same(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", "status", "300", NULL };
	char path[1100];
	snprintf(path, sizeof path, "%s", own_path);
	strcpy(strrchr(path, '\\') + 1, "cordon-runner.exe");
	if (!os_exists(path)) {
		print_message("there is no cordon-runner.exe beside this program\n");
		skip();
	}
	runner_program = L"cordon-runner.exe";
	run_and_end(argv, false, 300);
	runner_program = NULL;
}

/* What the live probe starts. */
static bool start_child(struct account_child *child, HANDLE *ret_job, PROCESS_INFORMATION *ret_process)
{
	static const struct windows_job no_limits = { 0 };
	static struct identities identities;
	char *argv[] = { own_path, "command", "status", "5", NULL };
	const struct launch launch = { .program = own_path,
				       .argv = argv,
				       .directory = scratch,
				       .environment = facts->environment,
				       .has_console = true };
	const char *missing;
	identities_free(&identities);
	assert_true(identities_make(0, &identities, &err) && job_make(&no_limits, ret_job, &missing, &err));
	return account_child_claim(child, POOL_CLOSED, &identities, &err) &&
	       account_child_start(child, facts->state, *ret_job, &launch, &windows.token, &identities, ret_process,
				   &err);
}

static void child__is_started_without_a_run(void **state)
{
	(void)state;
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	struct account_child child = { 0 };
	PROCESS_INFORMATION process;
	DWORD status = 0;
	if (!start_child(&child, &job, &process))
		fail_msg("%s", err.text);
	assert_true(ResumeThread(process.hThread) != (DWORD)-1);
	assert_int_equal(WaitForSingleObject(process.hProcess, EVENT_MS), WAIT_OBJECT_0);
	assert_true(GetExitCodeProcess(process.hProcess, &status));
	assert_int_equal(status, 5);
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	assert_true(job_end(job, EVENT_MS, &err));
	account_child_end(&child);
	assert_int_equal(count_in("state\\runners\\*"), 0);
}

/* Each step is named, nothing of the child has run, and the account is another's to claim. */
static void child__that_fails_at_any_step_leaves_nothing(void **state)
{
	(void)state;
	static const char *const order[] = {
		"claim an account",
		"make the streams",
		"make the runner's job",
		"copy the runner",
		"make a desktop for the runner",
		"make the pipe",
		"start the runner",
		"confine the runner",
		"meet the runner",
		"sweep the account",
		"have the process started",
		"take the process over",
		"give the process its own job",
	};
	for (unsigned step = 1; step <= COUNT_OF(order); step++) {
		CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
		CORDON_ON_EXIT(close_handle) HANDLE runner = NULL;
		struct account_child child = { 0 };
		PROCESS_INFORMATION process;
		taken_count = 0;
		failing = step;
		assert_false(start_child(&child, &job, &process));
		assert_int_equal(taken_count, step);
		assert_non_null(strstr(err.text, order[step - 1]));
		expect_refusal(&err, "PlantedCall", ERROR_NOT_READY);
		if (child.runner.process.hProcess)
			assert_true(DuplicateHandle(GetCurrentProcess(), child.runner.process.hProcess,
						    GetCurrentProcess(), &runner, 0, FALSE, DUPLICATE_SAME_ACCESS));
		assert_true(job_end(job, EVENT_MS, &err));
		account_child_end(&child);
		assert_null(child.account.password);
		assert_int_equal(count_in("state\\runners\\*"), 0);
		if (runner)
			assert_int_equal(WaitForSingleObject(runner, EVENT_MS), WAIT_OBJECT_0);
	}
}

/* -- what Windows has for a proxy ---------------------------------------------------------------------------------- */

struct lone_runner {
	struct account account;
	struct identities identities;
	struct runner runner;
};

static void end_lone_runner(struct lone_runner *lone)
{
	runner_free(&lone->runner);
	account_release(&lone->account);
	identities_free(&lone->identities);
}

static void start_lone_runner(struct lone_runner *lone)
{
	static const struct windows_job no_limits = { 0 };
	struct runner *runner = &lone->runner;
	runner->account = &lone->account;
	runner->identities = &lone->identities;
	assert_true(logon_claim(POOL_GATED, &lone->account, &err) && identities_make(0, &lone->identities, &err) &&
		    identities_add(&lone->identities, SID_ACCOUNT, lone->account.sid, &err) &&
		    identities_add(&lone->identities, SID_ACCOUNTS, lone->account.group_sid, &err) &&
		    runner_make_job(runner, &no_limits, &err));
	if (!runner_copy(runner, facts->state, &err) || !runner_make_desktop(runner, &err) ||
	    !runner_make_pipe(runner, &err) || !runner_start(runner, &err) || !runner_confine(runner, &err) ||
	    !runner_meet(runner, &err))
		fail_msg("%s", err.text);
}

static void read_own_proxy(char ret_server[100])
{
	DWORD size = 100;
	if (RegGetValueA(HKEY_CURRENT_USER, "Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings",
			 "ProxyServer", RRF_RT_REG_SZ, NULL, ret_server, &size) != ERROR_SUCCESS)
		strcpy(ret_server, "none");
}

/* The user stands for the account here, and his own settings stay as they are. That another's are set is seen on Windows
 * alone: where the runner has loaded WinINet, Wine names no owner of a connection to anybody from then on.
 */
static void runner__leaves_the_users_own_proxy(void **state)
{
	(void)state;
	CORDON_ON_EXIT(end_lone_runner) struct lone_runner lone = { 0 };
	char before[100], after[100];
	read_own_proxy(before);
	start_lone_runner(&lone);
	if (!runner_tell_proxy(&lone.runner, 4711, &err))
		fail_msg("%s", err.text);
	read_own_proxy(after);
	assert_string_equal(after, before);
	assert_null(strstr(after, "4711"));
}

/* -- what fails ---------------------------------------------------------------------------------------------------- */

static void start__that_fails_at_any_step_leaves_nothing(void **state)
{
	(void)state;
	static const char *const order[] = {
		"check what is asked for",
		"claim an account",
		"make identities",
		"make the job",
		"start the gate",
		"mend what earlier runs left",
		"note what will be returned",
		"open the roots",
		"watch the files",
		"make the temporary directory",
		"make the environment",
		"make the streams",
		"copy the runner",
		"make a desktop for the runner",
		"make the pipe",
		"start the runner",
		"confine the runner",
		"meet the runner",
		"sweep the account",
		"tell of the gate",
		"try the network",
		"have the process started",
		"take the process over",
		"give the process its own job",
		"pass the handles",
		"watch the process",
		"let the process go",
	};
	char *const argv[] = { own_path, "command", "late", NULL };
	DeleteFileA(in_scratch("late.txt"));
	for (unsigned step = 1; step <= COUNT_OF(order); step++) {
		struct streams streams = open_streams();
		struct cage *cage = begin(&streams);
		CORDON_ON_EXIT(close_handle) HANDLE process = NULL;
		taken_count = 0;
		failing = step;
		assert_false(backend_native.start(cage, &plan, NULL, argv, &err));
		assert_int_equal(taken_count, step);
		assert_string_equal(taken[step - 1], order[step - 1]);
		assert_non_null(strstr(err.text, order[step - 1]));
		expect_refusal(&err, "PlantedCall", ERROR_NOT_READY);
		HANDLE runner = cage->runner ? cage->runner->process.hProcess : NULL;
		if (runner)
			assert_true(DuplicateHandle(GetCurrentProcess(), runner, GetCurrentProcess(), &process, 0,
						    FALSE, DUPLICATE_SAME_ACCESS));
		close_streams(&streams);
		expect_nothing_left(cage);
		if (process)
			assert_int_equal(WaitForSingleObject(process, EVENT_MS), WAIT_OBJECT_0);
	}
	assert_false(os_exists(in_scratch("late.txt")));
}

/* What the runner is not told and the filters do not permit is refused before anything is made. */
static void start__refuses_what_the_tier_does_not_carry(void **state)
{
	(void)state;
	static const int passed[] = { 7 };
	static const struct {
		size_t passed_count;
		const char *policy;
		const char *words;
		unsigned steps;
	} cases[] = {
		{ 1, "{}", "--pass-fd 7", 25 },
		{ 0, "{ \"network\": { \"mode\": \"filtered\", \"listen\": [8000] } }", "network.listen", 1 },
		{ 0, "{ \"network\": { \"mode\": \"filtered\" } }", "no port for the gate", 5 },
	};
	char *const argv[] = { own_path, "command", "late", NULL };
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct streams streams = open_streams();
		struct cage *cage = begin(&streams);
		state_policy(cases[i].policy);
		plan.network = policy_network_mode(policy, NULL);
		cage->handover.passed = passed;
		cage->handover.passed_count = cases[i].passed_count;
		taken_count = 0;
		assert_false(backend_native.start(cage, &plan, NULL, argv, &err));
		assert_int_equal(err.status, CORDON_UNSUPPORTED);
		assert_non_null(strstr(err.text, cases[i].words));
		assert_int_equal(taken_count, cases[i].steps);
		close_streams(&streams);
		expect_nothing_left(cage);
	}
}

/* Somebody in the runner's place: nothing of what it claims is believed, and nothing that it shows is let go. */
static void runner__that_lies_is_found_out(void **state)
{
	(void)state;
	static const struct {
		const char *how;
		int status;
		const char *words;
	} cases[] = {
		{ "ends", CORDON_OS_FAILED, "exit status 77" },        { "dies", CORDON_OS_FAILED, "exit status 79" },
		{ "garbage", CORDON_OS_FAILED, "no message" },         { "done", CORDON_OS_FAILED, "not asked" },
		{ "itself", CORDON_UNSUPPORTED, "not the command's" }, { "pseudo", CORDON_UNSUPPORTED, "no handle" },
		{ "mixed", CORDON_UNSUPPORTED, "not the command's" },  { "made-up", CORDON_UNSUPPORTED, "no handle" },
		{ "stale", CORDON_OS_FAILED, "from the runner" },      { "fails", CORDON_NOT_FOUND, "a reason" },
	};
	char *const argv[] = { own_path, "command", "late", NULL };
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct streams streams = open_streams();
		struct cage *cage = begin(&streams);
		struct cordon_error error = CORDON_ERROR_INIT;
		lie = cases[i].how;
		bool is_started = backend_native.start(cage, &plan, NULL, argv, &error);
		if (cases[i].status == CORDON_NOT_FOUND) {
			const struct cage_event event = await(cage);
			assert_int_equal(event.kind, CAGE_NOT_STARTED);
			error = event.error;
		} else {
			assert_false(is_started);
		}
		if (error.status != cases[i].status || !strstr(error.text, cases[i].words))
			fail_msg("%s: %d %s", cases[i].how, error.status, error.text);
		close_streams(&streams);
		expect_nothing_left(cage);
	}
	assert_false(os_exists(in_scratch("late.txt")));
}

/* -- the pipe ------------------------------------------------------------------------------------------------------ */

static PSID own_sid(void)
{
	static char room[512];
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	DWORD length;
	assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
	assert_true(GetTokenInformation(token, TokenUser, room, sizeof room, &length));
	return ((TOKEN_USER *)(void *)room)->User.Sid;
}

static void pipe__is_the_only_one_of_its_name(void **state)
{
	(void)state;
	WCHAR name[PIPE_NAME_ROOM], other_name[PIPE_NAME_ROOM];
	CORDON_ON_EXIT(close_handle) HANDLE pipe = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE other = NULL;
	assert_true(pipe_make(own_sid(), name, &pipe, &err));
	assert_true(pipe_make(own_sid(), other_name, &other, &err));
	assert_int_not_equal(wcscmp(name, other_name), 0);
	HANDLE second = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 2, 64, 64, 0,
					 NULL);
	assert_true(second == INVALID_HANDLE_VALUE);
}

/* Whoever took the name first, and waits there with an instance of his own. */
static void pipe__is_not_made_where_the_name_is_taken(void **state)
{
	(void)state;
	static const WCHAR name[] = L"\\\\.\\pipe\\cordon-test-taken";
	if (is_wine()) {
		print_message("Wine takes FILE_FLAG_FIRST_PIPE_INSTANCE and makes a second one\n");
		skip();
	}
	const DWORD flags = PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE;
	HANDLE first = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 4, 64, 64, 0, NULL);
	assert_true(first != INVALID_HANDLE_VALUE);
	HANDLE second = CreateNamedPipeW(name, flags, PIPE_TYPE_BYTE, 4, 64, 64, 0, NULL);
	assert_true(second == INVALID_HANDLE_VALUE);
	CloseHandle(first);
}

static void pipe__is_for_the_account_alone(void **state)
{
	(void)state;
	WCHAR name[PIPE_NAME_ROOM];
	CORDON_ON_EXIT(close_handle) HANDLE pipe = NULL;
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	char room[1024];
	struct windows_descriptor found;
	DWORD length;
	assert_true(pipe_make(own_sid(), name, &pipe, &err));
	assert_true(GetKernelObjectSecurity(pipe, DACL_SECURITY_INFORMATION, room, sizeof room, &length));
	assert_true(windows_descriptor_read((const uint8_t *)room, length, &arena, &found, &err));
	assert_false(found.has_no_list);
	assert_int_equal(found.list.count, 1);
	assert_true(EqualSid((PSID)(uintptr_t)found.list.items[0].sid.bytes, own_sid()));
	assert_int_equal(found.list.items[0].rights & FILE_CREATE_PIPE_INSTANCE, 0);
}

static HANDLE start_waiting(const char *what)
{
	char line[1200];
	STARTUPINFOA about = { .cb = sizeof about };
	PROCESS_INFORMATION started;
	snprintf(line, sizeof line, "\"%s\" command %s", own_path, what);
	assert_true(CreateProcessA(own_path, line, NULL, NULL, FALSE, 0, NULL, NULL, &about, &started));
	CloseHandle(started.hThread);
	return started.hProcess;
}

/* Another process of the same account is at the pipe first. */
static void pipe__refuses_a_client_that_is_another_process(void **state)
{
	(void)state;
	WCHAR name[PIPE_NAME_ROOM];
	CORDON_ON_EXIT(close_handle) HANDLE pipe = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE client = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE expected = start_waiting("wait");
	assert_true(pipe_make(own_sid(), name, &pipe, &err));
	assert_true(pipe_join(name, GetCurrentProcessId(), &client, &err));
	assert_true(pipe_meet(pipe, GetCurrentProcess(), EVENT_MS, &err));
	assert_false(pipe_meet(pipe, expected, EVENT_MS, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	TerminateProcess(expected, 0);
}

static void pipe__refuses_a_server_that_is_another_process(void **state)
{
	(void)state;
	WCHAR name[PIPE_NAME_ROOM];
	CORDON_ON_EXIT(close_handle) HANDLE pipe = NULL;
	HANDLE client = NULL;
	assert_true(pipe_make(own_sid(), name, &pipe, &err));
	assert_false(pipe_join(name, GetCurrentProcessId() + 4, &client, &err));
	assert_null(client);
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
}

/* Nobody waits for a runner that is no more, nor for one that says nothing for ever. */
static void pipe__does_not_wait_in_vain(void **state)
{
	(void)state;
	WCHAR name[PIPE_NAME_ROOM];
	CORDON_ON_EXIT(close_handle) HANDLE pipe = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE process = start_waiting("status 3");
	assert_true(pipe_make(own_sid(), name, &pipe, &err));
	assert_false(pipe_meet(pipe, process, EVENT_MS, &err));
	assert_non_null(strstr(err.text, "exit status 3"));
	assert_false(pipe_meet(pipe, NULL, 50, &err));
	assert_non_null(strstr(err.text, "within the time"));
}

static void pipe__carries_the_longest_message(void **state)
{
	(void)state;
	WCHAR name[PIPE_NAME_ROOM];
	CORDON_ON_EXIT(close_handle) HANDLE pipe = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE client = NULL;
	CORDON_ON_EXIT(text_free) struct text sent = { 0 };
	CORDON_ON_EXIT(text_free) struct text got = { 0 };
	static const uint8_t head[] = { FRAME_VERSION, FRAME_DONE, 0, 0, 0, 0 };
	struct frame frame;
	assert_true(pipe_make(own_sid(), name, &pipe, &err));
	assert_true(pipe_join(name, GetCurrentProcessId(), &client, &err));
	assert_true(pipe_meet(pipe, GetCurrentProcess(), EVENT_MS, &err));
	text_add_bytes(&sent, (const char *)head, sizeof head);
	assert_true(pipe_send(client, NULL, &sent, EVENT_MS, &err));
	if (!pipe_receive(pipe, NULL, EVENT_MS, &got, &frame, &err))
		fail_msg("%s", err.text);
	assert_int_equal(frame.kind, FRAME_DONE);
	/* Cut off in the middle. */
	sent.length--;
	assert_true(pipe_send(client, NULL, &sent, EVENT_MS, &err));
	close_handle(&client);
	client = NULL;
	assert_false(pipe_receive(pipe, NULL, EVENT_MS, &got, &frame, &err));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(pipe__is_the_only_one_of_its_name, setup_account),
		cmocka_unit_test_setup(pipe__is_not_made_where_the_name_is_taken, setup_account),
		cmocka_unit_test_setup(pipe__is_for_the_account_alone, setup_account),
		cmocka_unit_test_setup(pipe__refuses_a_client_that_is_another_process, setup_account),
		cmocka_unit_test_setup(pipe__refuses_a_server_that_is_another_process, setup_account),
		cmocka_unit_test_setup(pipe__does_not_wait_in_vain, setup_account),
		cmocka_unit_test_setup(pipe__carries_the_longest_message, setup_account),
		cmocka_unit_test_setup(run__gets_its_streams_its_arguments_and_its_profile, setup_account),
		cmocka_unit_test_setup(run__ends_with_the_status_of_the_command, setup_account),
		cmocka_unit_test_setup(run__passes_no_other_handle, setup_account),
		cmocka_unit_test_setup(run__passes_the_handles_that_it_is_given, setup_account),
		cmocka_unit_test_setup(run__has_the_command_in_a_job_within_the_runners, setup_account),
		cmocka_unit_test_setup(run__counts_nobody_but_the_command, setup_account),
		cmocka_unit_test_setup(runner__is_not_opened_by_its_own_account, setup_account),
		cmocka_unit_test_setup(run__begins_with_an_empty_profile, setup_account),
		cmocka_unit_test_setup(run__begins_with_an_empty_profile_however_deep_it_is, setup_account),
		cmocka_unit_test_setup(run__has_places_for_caches, setup_account),
		cmocka_unit_test_setup(run__that_finds_no_command_says_so, setup_account),
		cmocka_unit_test_setup(run__by_the_shipped_runner_is_the_same, setup_account),
		cmocka_unit_test_setup(child__is_started_without_a_run, setup_account),
		cmocka_unit_test_setup(child__that_fails_at_any_step_leaves_nothing, setup_account),
		cmocka_unit_test_setup(runner__leaves_the_users_own_proxy, setup_account),
		cmocka_unit_test_setup(runner__that_lies_is_found_out, setup_account),
		cmocka_unit_test_setup(start__refuses_what_the_tier_does_not_carry, setup_account),
		cmocka_unit_test_setup(start__that_fails_at_any_step_leaves_nothing, setup_account),
	};
	GetModuleFileNameA(NULL, own_path, sizeof own_path);
	if (argc > 2 && strcmp(argv[1], "command") == 0)
		return command(argv + 2);
	if (argc > 3 && strcmp(argv[1], "runner") == 0)
		return stand_in_serve(argc, argv, lying_runner);
	runner_program = NULL;
	return cmocka_run_group_tests(tests, setup_account_world, teardown_world);
}

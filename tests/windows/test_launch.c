/* Processes as cordon starts them; this program is its own child. What is asserted here Wine really does. */
#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "base/windows_command.h"
#include "os/os.h"
#include "scratch.h"

#include <fcntl.h>
#include <io.h>
#include <shellapi.h>
#include <tlhelp32.h>

enum { CHILD_MS = 20000, OUTPUT_MAX = 65536 };

/* -- the child ----------------------------------------------------------------------------------------------------- */

static void print_units(const WCHAR *units, size_t length)
{
	fwrite(units, sizeof *units, length, stdout);
}

static int child(int argc, LPWSTR *argv)
{
	_setmode(1, _O_BINARY);
	if (wcscmp(argv[2], L"arguments") == 0) {
		for (int i = 3; i < argc; i++)
			print_units(argv[i], wide_length(argv[i]) + 1);
	} else if (wcscmp(argv[2], L"environment") == 0) {
		const WCHAR *block = GetEnvironmentStringsW();
		for (const WCHAR *entry = block; *entry; entry += wide_length(entry) + 1)
			print_units(entry, wide_length(entry) + 1);
	} else if (wcscmp(argv[2], L"handle") == 0) {
		return SetEvent((HANDLE)(intptr_t)wcstoul(argv[3], NULL, 10)) ? 1 : 0;
	} else if (wcscmp(argv[2], L"tree") == 0) {
		/* Child and grandchild, which nobody waits for. */
		WCHAR line[600], program[500];
		STARTUPINFOW about = { .cb = sizeof about };
		PROCESS_INFORMATION started;
		GetModuleFileNameW(NULL, program, 500);
		_snwprintf(line, 599, L"\"%ls\" child %ls", program, argc > 3 ? L"tree" : L"wait");
		if (CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &about, &started))
			printf("%lu\n", started.dwProcessId);
		fflush(stdout);
		Sleep(60000);
	} else if (wcscmp(argv[2], L"wait") == 0) {
		Sleep(60000);
	} else if (wcscmp(argv[2], L"status") == 0) {
		return (int)wcstoul(argv[3], NULL, 0);
	}
	return fflush(stdout);
}

/* -- the parent ---------------------------------------------------------------------------------------------------- */

static char own_path[1024];

struct ran {
	char bytes[OUTPUT_MAX];
	DWORD length, status;
};

static bool run(char *const *arguments, char *const *environment, struct ran *ran, struct cordon_error *err)
{
	static const struct windows_job no_limits = { 0 };
	CORDON_ON_EXIT(close_handle) HANDLE from = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	HANDLE to = NULL;
	const char *missing;
	PROCESS_INFORMATION process;
	memset(ran, 0, sizeof *ran);
	assert_true(CreatePipe(&from, &to, NULL, OUTPUT_MAX));
	assert_true(job_make(&no_limits, &job, &missing, err));
	const struct launch launch = { .program = own_path,
				       .argv = arguments,
				       .environment = environment,
				       .streams = { NULL, to, NULL },
				       .job = job };
	bool is_started = launch_start(&launch, &process, err);
	CloseHandle(to);
	if (!is_started)
		return false;
	ResumeThread(process.hThread);
	assert_int_equal(WaitForSingleObject(process.hProcess, CHILD_MS), WAIT_OBJECT_0);
	assert_true(GetExitCodeProcess(process.hProcess, &ran->status));
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	DWORD count;
	while (ran->length < OUTPUT_MAX &&
	       ReadFile(from, ran->bytes + ran->length, OUTPUT_MAX - ran->length, &count, NULL) && count > 0)
		ran->length += count;
	return true;
}

/* A real program of Windows takes the line apart as it was put together. */
static void arguments__arrive_as_they_were(void **state)
{
	(void)state;
	static char *const arguments[] = {
		"x",    "child",  "arguments",    "",       "a b",       "\"",
		"\\",   "a\\\"b", "C:\\x y\\",    "%PATH%", "a&b|c>d^e", "\xe2\x82\xac \xf0\x9f\x98\x80",
		"\n\t", "--",     "\\\\\\\"\\\\", "'",      "*",         NULL,
	};
	static struct ran ran;
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!run(arguments, NULL, &ran, &err))
		fail_msg("%s", err.text);
	const uint16_t *at = (const uint16_t *)ran.bytes;
	const uint16_t *end = at + ran.length / 2;
	for (char *const *argument = arguments + 3; *argument; argument++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		assert_true(at < end);
		wide_add(&text, at, wide_length(at));
		assert_string_equal(text_str(&text), *argument);
		at += wide_length(at) + 1;
	}
	assert_true(at == end);
}

static void environment__is_the_given_one_alone(void **state)
{
	(void)state;
	static char *const arguments[] = { "x", "child", "environment", NULL };
	static char *const environment[] = { "ZULU=\xe2\x82\xac", "SystemRoot=C:\\windows", "alpha=1", "Beta=x=y",
					     NULL };
	static struct ran ran;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(SetEnvironmentVariableW(L"CORDON_TEST_SECRET", L"1"));
	if (!run(arguments, environment, &ran, &err))
		fail_msg("%s", err.text);
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	const uint16_t *at = (const uint16_t *)ran.bytes;
	for (const uint16_t *end = at + ran.length / 2; at < end; at += wide_length(at) + 1) {
		wide_add(&text, at, wide_length(at));
		text_add_char(&text, '|');
	}
	for (char *const *entry = environment; *entry; entry++)
		assert_non_null(strstr(text_str(&text), *entry));
	assert_null(strstr(text_str(&text), "CORDON_TEST_SECRET"));
}

/* A handle that happens to be inheritable is none of the command's. */
static void handles__are_the_three_alone(void **state)
{
	(void)state;
	SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
	CORDON_ON_EXIT(close_handle) HANDLE event = CreateEventW(&inheritable, FALSE, FALSE, NULL);
	char number[32];
	snprintf(number, sizeof number, "%lu", (unsigned long)(uintptr_t)event);
	char *const arguments[] = { "x", "child", "handle", number, NULL };
	static struct ran ran;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(run(arguments, NULL, &ran, &err));
	assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);

	/* The same way started without the list, it would have it. */
	WCHAR line[700], program[600];
	STARTUPINFOW about = { .cb = sizeof about };
	PROCESS_INFORMATION process;
	GetModuleFileNameW(NULL, program, 600);
	_snwprintf(line, 699, L"\"%ls\" child handle %hs", program, number);
	assert_true(CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &about, &process));
	WaitForSingleObject(process.hProcess, CHILD_MS);
	assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
}

static void status__has_all_its_bits(void **state)
{
	(void)state;
	char *const arguments[] = { "x", "child", "status", "0xc0000005", NULL };
	static struct ran ran;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(run(arguments, NULL, &ran, &err));
	assert_int_equal(ran.status, 0xc0000005);
}

/* -- jobs ---------------------------------------------------------------------------------------------------------- */

static bool is_alive(DWORD id)
{
	CORDON_ON_EXIT(close_handle) HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, id);
	return process && WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
}

static DWORD child_of(DWORD parent)
{
	CORDON_ON_EXIT(close_handle) HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	PROCESSENTRY32W entry = { .dwSize = sizeof entry };
	for (BOOL more = Process32FirstW(all, &entry); more; more = Process32NextW(all, &entry))
		if (entry.th32ParentProcessID == parent)
			return entry.th32ProcessID;
	return 0;
}

/* Starts a tree of three in the job; their ids. */
static void start_tree(HANDLE job, DWORD ret_ids[3])
{
	CORDON_ON_EXIT(close_handle) HANDLE from = NULL;
	HANDLE to = NULL;
	char *const arguments[] = { "x", "child", "tree", "deep", NULL };
	PROCESS_INFORMATION process;
	struct cordon_error err = CORDON_ERROR_INIT;
	char text[64] = { 0 };
	DWORD count;
	assert_true(CreatePipe(&from, &to, NULL, 0));
	const struct launch launch = {
		.program = own_path, .argv = arguments, .streams = { NULL, to, NULL }, .job = job
	};
	if (!launch_start(&launch, &process, &err))
		fail_msg("%s", err.text);
	CloseHandle(to);
	ResumeThread(process.hThread);
	assert_true(ReadFile(from, text, sizeof text - 1, &count, NULL));
	ret_ids[0] = process.dwProcessId;
	ret_ids[1] = strtoul(text, NULL, 10);
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	/* The grandchild is in the job too, whoever it is. */
	JOBOBJECT_BASIC_ACCOUNTING_INFORMATION counts = { 0 };
	for (int i = 0; i < 500 && counts.ActiveProcesses < 3; i++) {
		Sleep(10);
		QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &counts, sizeof counts, NULL);
	}
	assert_int_equal(counts.ActiveProcesses, 3);
	ret_ids[2] = child_of(ret_ids[1]);
	for (int i = 0; i < 3; i++)
		assert_true(is_alive(ret_ids[i]));
}

static void expect_dead(const DWORD ids[3])
{
	for (int i = 0; i < 3; i++) {
		for (int wait = 0; wait < 500 && is_alive(ids[i]); wait++)
			Sleep(10);
		assert_false(is_alive(ids[i]));
	}
}

static void job__ends_the_whole_tree(void **state)
{
	(void)state;
	static const struct windows_job no_limits = { 0 };
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	const char *missing;
	DWORD ids[3];
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(job_make(&no_limits, &job, &missing, &err));
	start_tree(job, ids);
	assert_true(job_end(job, 5000, &err));
	expect_dead(ids);
}

/* cordon may be ended at any moment: with its last handle the job goes. */
static void job__ends_with_its_last_handle(void **state)
{
	(void)state;
	static const struct windows_job no_limits = { 0 };
	HANDLE job = NULL;
	const char *missing;
	DWORD ids[3];
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(job_make(&no_limits, &job, &missing, &err));
	start_tree(job, ids);
	CloseHandle(job);
	expect_dead(ids);
}

/* A system that takes a limit and forgets it has to be found out. */
static void job__tells_what_does_not_read_back(void **state)
{
	(void)state;
	static const struct windows_job limits = { .memory = 64 << 20, .processes = 5 };
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	const char *missing;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(job_make(&limits, &job, &missing, &err));
	if (is_wine())
		assert_string_equal(missing, "the job's limit of memory");
	else
		assert_null(missing);
}

/* -- finding ------------------------------------------------------------------------------------------------------- */

static void expect_found(const char *name, char *const *environment, const char *expected)
{
	CORDON_ON_EXIT(free_text) char *program = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!launch_find(name, scratch, environment, &program, &err))
		fail_msg("'%s': %s", name, err.text);
	assert_string_equal(program, expected);
}

/* The command's own folder holds what an earlier command left. */
static void find__looks_in_PATH_and_not_where_it_is(void **state)
{
	(void)state;
	char path[400];
	make_directory(in_scratch("bin"));
	make_directory(in_scratch("late"));
	write_file(in_scratch("tool.exe"), "planted");
	write_file(in_scratch("late\\tool.exe"), "real");
	write_file(in_scratch("late\\only.cmd"), "@echo x");
	make_directory(in_scratch("bin\\tool.exe"));
	snprintf(path, sizeof path, "PATH=.;bin;%s;%s", in_scratch("bin"), in_scratch("late"));
	char *const environment[] = { path, NULL };
	expect_found("tool", environment, in_scratch("late\\tool.EXE"));
	expect_found("tool.exe", environment, in_scratch("late\\tool.exe"));
	expect_found(".\\tool", environment, in_scratch(".\\tool.EXE"));
	expect_found("only", environment, in_scratch("late\\only.CMD"));
	CORDON_ON_EXIT(free_text) char *program = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_false(launch_find("planted", scratch, environment, &program, &err));
	assert_int_equal(err.status, CORDON_NOT_FOUND);
}

static void start__refuses_batch_files_and_what_is_no_program(void **state)
{
	(void)state;
	static const struct windows_job no_limits = { 0 };
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	const char *missing;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(job_make(&no_limits, &job, &missing, &err));
	write_file(in_scratch("a.bat"), "@exit 0\r\n");
	write_file(in_scratch("text.exe"), "no program");
	const struct {
		const char *program;
		int status;
	} cases[] = {
		{ in_scratch("a.bat"), CORDON_NOT_EXECUTABLE },
		{ in_scratch("a.bat."), CORDON_NOT_EXECUTABLE },
		{ in_scratch("text.exe"), CORDON_NOT_EXECUTABLE },
		{ in_scratch("none.exe"), CORDON_NOT_FOUND },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *const arguments[] = { "x", "\" & echo", NULL };
		const struct launch launch = { .program = cases[i].program, .argv = arguments, .job = job };
		PROCESS_INFORMATION process;
		assert_false(launch_start(&launch, &process, &err));
		assert_int_equal(err.status, cases[i].status);
	}
}

int main(void)
{
	int argc;
	LPWSTR *argv = CommandLineToArgvW(GetCommandLineW(), &argc);
	WCHAR path[500];
	struct text text = { 0 };
	if (argc > 2 && wcscmp(argv[1], L"child") == 0)
		return child(argc, argv);
	GetModuleFileNameW(NULL, path, 500);
	wide_add(&text, path, wide_length(path));
	snprintf(own_path, sizeof own_path, "%s", text_str(&text));
	text_free(&text);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments__arrive_as_they_were),
		cmocka_unit_test(environment__is_the_given_one_alone),
		cmocka_unit_test(handles__are_the_three_alone),
		cmocka_unit_test(status__has_all_its_bits),
		cmocka_unit_test(job__ends_the_whole_tree),
		cmocka_unit_test(job__ends_with_its_last_handle),
		cmocka_unit_test(job__tells_what_does_not_read_back),
		cmocka_unit_test(find__looks_in_PATH_and_not_where_it_is),
		cmocka_unit_test(start__refuses_batch_files_and_what_is_no_program),
	};
	return cmocka_run_group_tests(tests, scratch_setup, NULL);
}

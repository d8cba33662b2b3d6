/* A run from begin to discard; this program is its own command. Its token restricts nothing, so that Wine has it as it
 * was asked for: what is asserted here is the plumbing, and confines nothing.
 */
#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "refusal.h"
#include "world.h"

enum { STEPS_MAX = 20 };

/* -- the command --------------------------------------------------------------------------------------------------- */

static char own_path[1024];

/* 0, or why not. */
static int start_child(const char *words)
{
	char line[1200];
	STARTUPINFOA about = { .cb = sizeof about };
	PROCESS_INFORMATION started;
	snprintf(line, sizeof line, "\"%s\" command %s", own_path, words);
	if (!CreateProcessA(own_path, line, NULL, NULL, FALSE, 0, NULL, NULL, &about, &started))
		return (int)GetLastError();
	CloseHandle(started.hThread);
	CloseHandle(started.hProcess);
	return 0;
}

static int command(char **words)
{
	if (strcmp(words[0], "status") == 0)
		return (int)strtoul(words[1], NULL, 0);
	if (strcmp(words[0], "wait") == 0)
		Sleep(60000);
	for (volatile unsigned turns = 0; strcmp(words[0], "spin") == 0;)
		turns = turns + 1;
	if (strcmp(words[0], "leave") == 0)
		return start_child("wait");
	/* Begins what goes on after it, for a moment. */
	if (strcmp(words[0], "linger") == 0)
		return start_child("late");
	if (strcmp(words[0], "late") == 0) {
		Sleep(300);
		write_file("late.txt", "late");
	}
	if (strcmp(words[0], "temp") == 0) {
		char path[600];
		snprintf(path, sizeof path, "%s\\made", getenv("TEMP"));
		write_file(path, "x");
		write_file("temp.txt", getenv("TEMP"));
	}
	return 0;
}

/* -- the world ----------------------------------------------------------------------------------------------------- */

/* In place of the library's: notes the steps, and fails one. */
static const char *taken[STEPS_MAX];
static unsigned taken_count, failing; /* the how many-eth; 0: none */

bool operation_begins(const char *name, struct cordon_error *error)
{
	if (taken_count < STEPS_MAX)
		taken[taken_count] = name;
	taken_count++;
	return taken_count != failing || windows_fail(error, ERROR_NOT_READY, "PlantedCall", "planted: %s", name);
}

static unsigned settled;

static int setup_run(void **state)
{
	taken_count = failing = settled = 0;
	return setup_plan(state);
}

static void settle(void *context, bool is_heir)
{
	(void)context;
	assert_false(is_heir);
	settled++;
}

static struct handover own_streams(bool keep_background)
{
	return (struct handover){ .streams = { 0, 1, 2 }, .settle = settle, .keep_background = keep_background };
}

static struct cage *begin(void)
{
	const struct handover handover = own_streams(false);
	return begin_run(&handover);
}

static struct cage *start(bool keep_background, char *const *argv)
{
	const struct handover handover = own_streams(keep_background);
	return start_run(&handover, argv);
}

static unsigned count_temps(void)
{
	WIN32_FIND_DATAA entry;
	unsigned count = 0;
	CORDON_ON_EXIT(free_text) char *all = text_format("%s\\cordon-*", facts->temp);
	HANDLE found = FindFirstFileA(all, &entry);
	if (found == INVALID_HANDLE_VALUE)
		return 0;
	do
		count++;
	while (FindNextFileA(found, &entry));
	FindClose(found);
	return count;
}

static void expect_nothing_left(struct cage *cage)
{
	backend_native.discard(cage);
	assert_int_equal(count_temps(), 0);
}

/* -- what a run does ----------------------------------------------------------------------------------------------- */

static void run__tells_its_start_and_its_end(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", "status", "0xc0000005", NULL };
	struct cage *cage = start(false, argv);
	const struct cage_event event = await_end(cage);
	assert_false(event.exit.by_signal);
	assert_int_equal((DWORD)event.exit.code, 0xc0000005);
	assert_true(event.exit.usage.has_processes && event.exit.usage.processes_peak >= 1);
	assert_int_equal(settled, 0);
	expect_nothing_left(cage);
	assert_int_equal(settled, 1);
}

static void run__that_finds_no_command_says_so(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int status;
	} cases[] = { { "no-such-program", CORDON_NOT_FOUND }, { ".\\batch.cmd", CORDON_NOT_EXECUTABLE } };
	write_file(in_scratch("batch.cmd"), "@echo x");
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *const argv[] = { (char *)(uintptr_t)cases[i].name, NULL };
		struct cage *cage = start(false, argv);
		const struct cage_event event = await(cage);
		assert_int_equal(event.kind, CAGE_NOT_STARTED);
		assert_int_equal(event.error.status, cases[i].status);
		expect_nothing_left(cage);
	}
	assert_int_equal(settled, 0);
}

/* The end is told when nothing of the tree lives. */
static void run__takes_along_what_the_command_leaves(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", "leave", NULL };
	struct cage *cage = start(false, argv);
	const struct cage_event event = await_end(cage);
	assert_false(event.exit.by_signal);
	assert_int_equal(event.exit.code, 0);
	JOBOBJECT_BASIC_ACCOUNTING_INFORMATION counts = { 0 };
	assert_true(QueryInformationJobObject(cage->job, JobObjectBasicAccountingInformation, &counts, sizeof counts,
					      NULL));
	assert_int_equal(counts.ActiveProcesses, 0);
	assert_true(counts.TotalProcesses >= 2); /* and whoever serves their console */
	expect_nothing_left(cage);
}

static void run__waits_for_what_goes_on_when_told_to(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", "linger", NULL };
	DeleteFileA(in_scratch("late.txt"));
	struct cage *cage = start(true, argv);
	await_end(cage);
	assert_true(os_exists(in_scratch("late.txt")));
	expect_nothing_left(cage);
}

static void run__that_is_ended_says_so(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", "wait", NULL };
	struct cage *cage = start(false, argv);
	assert_int_equal(await(cage).kind, CAGE_STARTED);
	backend_native.end(cage);
	const struct cage_event event = await(cage);
	assert_int_equal(event.kind, CAGE_ENDED);
	assert_true(event.exit.by_signal);
	assert_int_equal(event.exit.code, 9);
	expect_nothing_left(cage);
}

static void run__that_is_discarded_is_over(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", "wait", NULL };
	struct cage *cage = start(false, argv);
	CORDON_ON_EXIT(close_handle) HANDLE process = NULL;
	assert_true(DuplicateHandle(GetCurrentProcess(), cage->process.hProcess, GetCurrentProcess(), &process, 0,
				    FALSE, DUPLICATE_SAME_ACCESS));
	assert_int_equal(WaitForSingleObject(process, 0), WAIT_TIMEOUT);
	expect_nothing_left(cage);
	assert_int_equal(WaitForSingleObject(process, EVENT_MS), WAIT_OBJECT_0);
	assert_int_equal(settled, 1);
}

static void run__has_a_temporary_directory_of_its_own(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", "temp", NULL };
	CORDON_ON_EXIT(text_free) struct text told = { 0 };
	struct cage *cage = start(false, argv);
	await_end(cage);
	if (!os_read_file(in_scratch("temp.txt"), 600, &told, &err))
		fail_msg("%s", err.text);
	assert_string_equal(text_str(&told), cage->temp);
	assert_true(os_lies_below(cage->temp, facts->temp));
	expect_nothing_left(cage);
	assert_false(os_exists(text_str(&told)));
}

/* Time that was used is asked for, now and then; Wine counts none. */
static void limit__of_time_ends_the_tree(void **state)
{
	(void)state;
	if (is_wine()) {
		print_message("Wine's jobs count no time\n");
		skip();
	}
	char *const argv[] = { own_path, "command", "spin", NULL };
	plan.limits[LIMIT_CPU_TIME] = (struct limit_setting){ .is_set = true, .value = 50 };
	struct cage *cage = start(false, argv);
	assert_int_equal(await(cage).kind, CAGE_STARTED);
	struct cage_event event = await(cage);
	assert_int_equal(event.kind, CAGE_LIMIT);
	assert_int_equal(event.limit, LIMIT_CPU_TIME);
	assert_int_equal(await(cage).kind, CAGE_ENDED);
	expect_nothing_left(cage);
}

/* -- what fails ---------------------------------------------------------------------------------------------------- */

/* Whatever fails, nothing runs and nothing stays; and the order is the one that was thought about. */
static void start__that_fails_at_any_step_leaves_nothing(void **state)
{
	(void)state;
	static const char *const order[] = {
		"make identities",      "make the package",  "make the token",     "make the job",
		"start the gate",       "open the roots",    "watch the files",    "make the temporary directory",
		"make the environment", "make the desktop",  "make the streams",   "start the process",
		"check the process",    "watch the process", "let the process go",
	};
	char *const argv[] = { own_path, "command", "late", NULL };
	DeleteFileA(in_scratch("late.txt"));
	for (unsigned step = 1; step <= COUNT_OF(order); step++) {
		struct cage *cage = begin();
		taken_count = 0;
		failing = step;
		assert_false(backend_native.start(cage, &plan, NULL, argv, &err));
		assert_int_equal(taken_count, step);
		assert_string_equal(taken[step - 1], order[step - 1]);
		assert_non_null(strstr(err.text, order[step - 1]));
		expect_refusal(&err, "PlantedCall", ERROR_NOT_READY);
		CORDON_ON_EXIT(close_handle) HANDLE process = NULL;
		if (cage->process.hProcess)
			assert_true(DuplicateHandle(GetCurrentProcess(), cage->process.hProcess, GetCurrentProcess(),
						    &process, 0, FALSE, DUPLICATE_SAME_ACCESS));
		expect_nothing_left(cage);
		if (process)
			assert_int_equal(WaitForSingleObject(process, EVENT_MS), WAIT_OBJECT_0);
	}
	assert_int_equal(settled, 0);
	assert_false(os_exists(in_scratch("late.txt")));
}

/* A token that comes back other than it was asked for is one that nothing rests on. */
static void start__refuses_a_token_that_is_not_what_was_asked(void **state)
{
	(void)state;
	static struct sid restricting[] = { { SID_RUN, 0 }, { SID_EVERYONE, 0 } };
	char *const argv[] = { own_path, "command", "late", NULL };
	if (!is_wine()) {
		print_message("this host makes the tokens that it is asked for\n");
		skip();
	}
	windows.token.is_write_restricted = true;
	windows.token.restricting.items = restricting;
	windows.token.restricting.count = COUNT_OF(restricting);
	struct cage *cage = begin();
	assert_false(backend_native.start(cage, &plan, NULL, argv, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "restricting identities"));
	expect_nothing_left(cage);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(run__tells_its_start_and_its_end, setup_run),
		cmocka_unit_test_setup(run__that_finds_no_command_says_so, setup_run),
		cmocka_unit_test_setup(run__takes_along_what_the_command_leaves, setup_run),
		cmocka_unit_test_setup(run__waits_for_what_goes_on_when_told_to, setup_run),
		cmocka_unit_test_setup(run__that_is_ended_says_so, setup_run),
		cmocka_unit_test_setup(run__that_is_discarded_is_over, setup_run),
		cmocka_unit_test_setup(run__has_a_temporary_directory_of_its_own, setup_run),
		cmocka_unit_test_setup(limit__of_time_ends_the_tree, setup_run),
		cmocka_unit_test_setup(start__that_fails_at_any_step_leaves_nothing, setup_run),
		cmocka_unit_test_setup(start__refuses_a_token_that_is_not_what_was_asked, setup_run),
	};
	GetModuleFileNameA(NULL, own_path, sizeof own_path);
	if (argc > 2 && strcmp(argv[1], "command") == 0)
		return command(argv + 2);
	return cmocka_run_group_tests(tests, setup_world, teardown_world);
}

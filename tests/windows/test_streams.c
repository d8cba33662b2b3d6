/* What a run's streams carry; this program is its own command, and its own cordon that is killed. */
#include "world.h"

#include "backend/windows/console.h"
#include "base/scope.h"

enum { BLOCK = 65536, FLOOD = 100 << 20 };

static char own_path[1024];

/* -- the command --------------------------------------------------------------------------------------------------- */

/* The same bytes whoever makes them, and no two blocks alike. */
static void fill(char *block, uint32_t number)
{
	uint32_t chance = number * 2654435761u + 1;
	for (size_t i = 0; i < BLOCK; i += sizeof chance) {
		chance = chance * 1664525u + 1013904223u;
		memcpy(block + i, &chance, sizeof chance);
	}
}

/* 0, or the code of the write that failed. */
static int flood(HANDLE to, uint64_t size)
{
	static char block[BLOCK];
	for (uint32_t number = 0; size > 0; number++) {
		DWORD length = size < BLOCK ? (DWORD)size : BLOCK, written;
		fill(block, number);
		if (!WriteFile(to, block, length, &written, NULL))
			return (int)GetLastError();
		size -= written;
	}
	return 0;
}

static int supervise(void);

static int command(char **words)
{
	HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE), error = GetStdHandle(STD_ERROR_HANDLE);
	DWORD written;
	if (strcmp(words[0], "flood") == 0)
		return flood(out, strtoull(words[1], NULL, 10));
	if (strcmp(words[0], "both") == 0)
		for (int i = 0; i < 500; i++)
			WriteFile(i % 2 ? error : out, i % 2 ? "e" : "o", 1, &written, NULL);
	if (strcmp(words[0], "signal") == 0)
		return SetEvent((HANDLE)(intptr_t)strtoul(words[1], NULL, 10)) ? 0 : (int)GetLastError();
	if (strcmp(words[0], "write") == 0)
		return WriteFile((HANDLE)(intptr_t)strtoul(words[1], NULL, 10), "passed", 6, &written, NULL)
			       ? 0
			       : (int)GetLastError();
	if (strcmp(words[0], "wait") == 0) {
		char id[32];
		snprintf(id, sizeof id, "%lu", GetCurrentProcessId());
		write_file("id.new", id);
		MoveFileA("id.new", "id.txt");
		Sleep(60000);
	}
	if (strcmp(words[0], "supervise") == 0)
		return supervise();
	return 0;
}

/* -- the run ------------------------------------------------------------------------------------------------------- */

static void set_output_limit(uint64_t bytes)
{
	plan.limits[LIMIT_OUTPUT] = (struct limit_setting){ .is_set = true, .value = bytes };
}

static HANDLE make_file(const char *name)
{
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	HANDLE file = CreateFileA(in_scratch(name), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
				  &inherited, CREATE_ALWAYS, 0, NULL);
	assert_true(file != INVALID_HANDLE_VALUE);
	return file;
}

static struct cage *start(const struct handover *handover, const char *word, const char *more)
{
	char *argv[] = { own_path, (char[]){ "command" }, strdup(word), more ? strdup(more) : NULL, NULL };
	struct cage *cage = start_run(handover, argv);
	free(argv[2]);
	free(argv[3]);
	return cage;
}

static struct handover with_output(HANDLE out, HANDLE error)
{
	return (struct handover){ .streams = { 0, (int)(intptr_t)out, (int)(intptr_t)error } };
}

static void expect_flood(HANDLE file, uint64_t size)
{
	static char block[BLOCK], expected[BLOCK];
	SetFilePointer(file, 0, NULL, FILE_BEGIN);
	for (uint32_t number = 0; size > 0; number++) {
		DWORD wanted = size < BLOCK ? (DWORD)size : BLOCK, length = 0;
		fill(expected, number);
		assert_true(ReadFile(file, block, wanted, &length, NULL));
		assert_int_equal(length, wanted);
		assert_memory_equal(block, expected, length);
		size -= length;
	}
	DWORD more = 0;
	assert_true(ReadFile(file, block, 1, &more, NULL));
	assert_int_equal(more, 0);
}

/* -- output -------------------------------------------------------------------------------------------------------- */

static void output__of_100_MB_is_the_same_byte_for_byte(void **state)
{
	(void)state;
	char size[32];
	snprintf(size, sizeof size, "%d", FLOOD);
	for (int is_counted = 0; is_counted < 2; is_counted++) {
		CORDON_ON_EXIT(close_handle) HANDLE file = make_file("flood.bin");
		const struct handover handover = with_output(file, NULL);
		if (is_counted)
			set_output_limit(FLOOD);
		struct cage *cage = start(&handover, "flood", size);
		const struct cage_event event = await_end(cage);
		assert_int_equal(event.exit.code, 0);
		assert_int_equal(event.exit.usage.has_output, is_counted);
		assert_int_equal(event.exit.usage.output_bytes, is_counted ? FLOOD : 0);
		backend_native.discard(cage);
		expect_flood(file, FLOOD);
	}
}

static void limit__of_output_is_kept_to_the_byte(void **state)
{
	(void)state;
	static const uint64_t limits[] = { 1, 1000, BLOCK, BLOCK + 1 };
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		CORDON_ON_EXIT(close_handle) HANDLE file = make_file("limited.bin");
		const struct handover handover = with_output(file, NULL);
		set_output_limit(limits[i]);
		struct cage *cage = start(&handover, "flood", "100000000000");
		assert_int_equal(await(cage).kind, CAGE_STARTED);
		struct cage_event event = await(cage);
		assert_int_equal(event.kind, CAGE_LIMIT);
		assert_int_equal(event.limit, LIMIT_OUTPUT);
		event = await(cage);
		assert_int_equal(event.kind, CAGE_ENDED);
		assert_int_equal(event.exit.usage.output_bytes, limits[i]);
		backend_native.discard(cage);
		expect_flood(file, limits[i]);
	}
}

/* `2>&1`: one file, written through one pipe. */
static void output__of_both_streams_keeps_its_order(void **state)
{
	(void)state;
	char bytes[501];
	DWORD length;
	CORDON_ON_EXIT(close_handle) HANDLE file = make_file("both.txt");
	CORDON_ON_EXIT(close_handle) HANDLE again = NULL;
	assert_true(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &again, 0, FALSE,
				    DUPLICATE_SAME_ACCESS));
	/* Wine does not tell that two handles are one file. */
	const struct handover handover = with_output(file, is_wine() ? file : again);
	set_output_limit(1000000);
	struct cage *cage = start(&handover, "both", NULL);
	assert_int_equal(await_end(cage).exit.usage.output_bytes, 500);
	backend_native.discard(cage);
	SetFilePointer(file, 0, NULL, FILE_BEGIN);
	assert_true(ReadFile(file, bytes, sizeof bytes, &length, NULL));
	assert_int_equal(length, 500);
	for (DWORD i = 0; i < length; i++)
		assert_int_equal(bytes[i], i % 2 ? 'e' : 'o');
}

/* A reader that has gone is told to the command, not to cordon. */
static void output__that_nobody_takes_ends_with_the_reader(void **state)
{
	(void)state;
	HANDLE from, to;
	assert_true(CreatePipe(&from, &to, NULL, 0));
	const struct handover handover = with_output(to, NULL);
	set_output_limit(UINT64_C(1) << 40);
	struct cage *cage = start(&handover, "flood", "100000000000");
	CloseHandle(from);
	const struct cage_event event = await_end(cage);
	assert_false(event.exit.by_signal);
	assert_true(event.exit.code == ERROR_BROKEN_PIPE || event.exit.code == ERROR_NO_DATA);
	backend_native.discard(cage);
	CloseHandle(to);
}

/* One that is there and reads nothing holds up the command, as a pipe does, and not the end. */
static void output__that_is_not_read_does_not_hold_up_the_end(void **state)
{
	(void)state;
	HANDLE from, to;
	assert_true(CreatePipe(&from, &to, NULL, 4096));
	for (int is_discarded = 0; is_discarded < 2; is_discarded++) {
		const struct handover handover = with_output(to, NULL);
		set_output_limit(UINT64_C(1) << 40);
		struct cage *cage = start(&handover, "flood", "100000000000");
		assert_int_equal(await(cage).kind, CAGE_STARTED);
		if (!is_discarded) {
			backend_native.end(cage);
			assert_int_equal(await(cage).kind, CAGE_ENDED);
		}
		backend_native.discard(cage);
	}
	CloseHandle(from);
	CloseHandle(to);
}

/* -- handles ------------------------------------------------------------------------------------------------------- */

static void passed__handle_has_its_number_and_no_other_comes_along(void **state)
{
	(void)state;
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	CORDON_ON_EXIT(close_handle) HANDLE passed = CreateEventW(&inherited, TRUE, FALSE, NULL);
	CORDON_ON_EXIT(close_handle) HANDLE other = CreateEventW(&inherited, TRUE, FALSE, NULL);
	CORDON_ON_EXIT(close_handle) HANDLE file = make_file("passed.txt");
	const HANDLE tried[] = { passed, other, file };
	const int numbers[] = { (int)(intptr_t)passed, (int)(intptr_t)file };
	char number[32];
	for (size_t i = 0; i < COUNT_OF(tried); i++) {
		struct handover handover = with_output(NULL, NULL);
		handover.passed = numbers;
		handover.passed_count = COUNT_OF(numbers);
		snprintf(number, sizeof number, "%d", (int)(intptr_t)tried[i]);
		struct cage *cage = start(&handover, tried[i] == file ? "write" : "signal", number);
		const int code = await_end(cage).exit.code;
		if (tried[i] != other)
			assert_int_equal(code, 0);
		backend_native.discard(cage);
	}
	assert_int_equal(WaitForSingleObject(passed, 0), WAIT_OBJECT_0);
	assert_int_equal(WaitForSingleObject(other, 0), WAIT_TIMEOUT);
	assert_int_equal(GetFileSize(file, NULL), 6);
}

static void passed__is_nothing_but_bytes_and_signals(void **state)
{
	(void)state;
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	HANDLE self = GetCurrentProcess();
	CORDON_ON_EXIT(close_handle) HANDLE event = CreateEventW(&inherited, TRUE, FALSE, NULL);
	CORDON_ON_EXIT(close_handle) HANDLE private = CreateEventW(NULL, TRUE, FALSE, NULL);
	CORDON_ON_EXIT(close_handle) HANDLE job = CreateJobObjectW(&inherited, NULL);
	CORDON_ON_EXIT(close_handle) HANDLE process = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	CORDON_ON_EXIT(close_handle)
	HANDLE null = CreateFileW(L"NUL", GENERIC_WRITE, 0, &inherited, OPEN_EXISTING, 0, NULL);
	assert_true(DuplicateHandle(self, self, self, &process, 0, TRUE, DUPLICATE_SAME_ACCESS));
	assert_true(OpenProcessToken(self, TOKEN_QUERY, &token));
	assert_true(SetHandleInformation(token, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
	const struct {
		int numbers[2];
		size_t count;
		const char *why;
	} cases[] = {
		{ { (int)(intptr_t)event }, 1, NULL },
		{ { (int)(intptr_t)event, (int)(intptr_t)event }, 2, "twice" },
		{ { (int)(intptr_t) private }, 1, "inherited" },
		{ { (int)(intptr_t)job }, 1, "only files" },
		{ { (int)(intptr_t)process }, 1, "only files" },
		{ { (int)(intptr_t)token }, 1, "only files" },
		{ { (int)(intptr_t)null }, 1, "device" },
		{ { 0x7ffffff0 }, 1, "no such handle" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bool is_fine = passed_check(cases[i].numbers, cases[i].count, &err);
		if (is_fine != !cases[i].why || (!is_fine && !strstr(err.text, cases[i].why)))
			fail_msg("case %zu: %s", i, is_fine ? "passed" : err.text);
	}
}

/* -- the end of cordon --------------------------------------------------------------------------------------------- */

/* A cordon that runs "wait" and is never heard of again. */
static int supervise(void)
{
	void *state = NULL;
	char directory[200];
	GetCurrentDirectoryA(sizeof directory, directory);
	if (setup_world(&state) != 0 || setup_plan(&state) != 0 || !SetCurrentDirectoryA(directory))
		return 1;
	plan.directory = directory;
	const struct handover handover = { .streams = { 0, 1, 2 } };
	await_end(start(&handover, "wait", NULL));
	return 0;
}

static HANDLE open_waiting(void)
{
	char id[32] = { 0 };
	for (int i = 0; i < EVENT_MS / 10; i++) {
		FILE *file = fopen(in_scratch("id.txt"), "r");
		bool is_read = file && fgets(id, sizeof id, file);
		if (file)
			fclose(file);
		if (is_read)
			return OpenProcess(SYNCHRONIZE, FALSE, strtoul(id, NULL, 10));
		Sleep(10);
	}
	return NULL;
}

static void cordon__that_is_killed_takes_the_tree_along(void **state)
{
	(void)state;
	char line[1200];
	STARTUPINFOA about = { .cb = sizeof about };
	PROCESS_INFORMATION cordon;
	DeleteFileA(in_scratch("id.txt"));
	snprintf(line, sizeof line, "\"%s\" command supervise", own_path);
	assert_true(CreateProcessA(own_path, line, NULL, NULL, FALSE, 0, NULL, scratch, &about, &cordon));
	CORDON_ON_EXIT(close_handle) HANDLE waiting = open_waiting();
	assert_non_null(waiting);
	assert_int_equal(WaitForSingleObject(waiting, 0), WAIT_TIMEOUT);
	assert_true(TerminateProcess(cordon.hProcess, 1));
	assert_int_equal(WaitForSingleObject(waiting, EVENT_MS), WAIT_OBJECT_0);
	CloseHandle(cordon.hThread);
	CloseHandle(cordon.hProcess);
}

/* -- the terminal -------------------------------------------------------------------------------------------------- */

static DWORD WINAPI read_all(void *context)
{
	static char bytes[65536];
	DWORD length, whole = 0;
	while (whole < sizeof bytes - 1 && ReadFile(context, bytes + whole, sizeof bytes - 1 - whole, &length, NULL))
		whole += length;
	return strstr(bytes, "oeoeoe") != NULL;
}

/* Wine's server writes nothing to the pipe (wine 8). */
static void terminal__carries_what_is_printed_and_ends(void **state)
{
	(void)state;
	if (is_wine()) {
		print_message("Wine's pseudoconsoles give nothing out\n");
		skip();
	}
	const struct handover handover = { .streams = { 0, 1, 2 }, .terminal = 7 };
	struct cage *cage = start(&handover, "both", NULL);
	assert_int_equal(await(cage).kind, CAGE_STARTED);
	CORDON_ON_EXIT(close_handle) HANDLE printed = (HANDLE)(intptr_t)backend_native.take_terminal(cage);
	CORDON_ON_EXIT(close_handle) HANDLE typed = (HANDLE)(intptr_t)backend_native.take_keyboard(cage);
	CORDON_ON_EXIT(close_handle) HANDLE reader = CreateThread(NULL, 0, read_all, printed, 0, NULL);
	DWORD has_read = 0;
	backend_native.resize(cage, 30, 100);
	assert_int_equal(await(cage).kind, CAGE_ENDED);
	assert_int_equal(WaitForSingleObject(reader, EVENT_MS), WAIT_OBJECT_0);
	assert_true(GetExitCodeThread(reader, &has_read));
	assert_true(has_read);
	backend_native.discard(cage);
}

static void terminal__with_a_limit_is_counted_or_refused(void **state)
{
	(void)state;
	char *const argv[] = { own_path, (char[]){ "command" }, (char[]){ "both" }, NULL };
	const struct handover handover = { .streams = { 0, 1, 2 }, .terminal = 7 };
	set_output_limit(1000);
	struct cage *cage = begin_run(&handover);
	assert_false(backend_native.start(cage, &plan, NULL, argv, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	backend_native.discard(cage);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(output__of_100_MB_is_the_same_byte_for_byte, setup_plan),
		cmocka_unit_test_setup(limit__of_output_is_kept_to_the_byte, setup_plan),
		cmocka_unit_test_setup(output__of_both_streams_keeps_its_order, setup_plan),
		cmocka_unit_test_setup(output__that_nobody_takes_ends_with_the_reader, setup_plan),
		cmocka_unit_test_setup(output__that_is_not_read_does_not_hold_up_the_end, setup_plan),
		cmocka_unit_test_setup(passed__handle_has_its_number_and_no_other_comes_along, setup_plan),
		cmocka_unit_test_setup(passed__is_nothing_but_bytes_and_signals, setup_plan),
		cmocka_unit_test_setup(cordon__that_is_killed_takes_the_tree_along, setup_plan),
		cmocka_unit_test_setup(terminal__carries_what_is_printed_and_ends, setup_plan),
		cmocka_unit_test_setup(terminal__with_a_limit_is_counted_or_refused, setup_plan),
	};
	GetModuleFileNameA(NULL, own_path, sizeof own_path);
	if (argc > 2 && strcmp(argv[1], "command") == 0)
		return command(argv + 2);
	return cmocka_run_group_tests(tests, setup_world, teardown_world);
}

/* The command line's relay, with pipes for the user's console and for the command's, and a run that is made up. */
#include "cli/windows/relay.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "check.h"
#include "cli/host.h"
/* For what Windows calls */
#include "cli/windows/signals.c"

enum { BLOCK = 65536, WAIT_MS = 20000, FLOOD = 100 << 20 };

/* -- a run --------------------------------------------------------------------------------------------------------- */

static struct {
	HANDLE printed, typed;  /* the command's ends of its console */
	HANDLE shown, keyboard; /* the user's ends of theirs */
	HANDLE far_printed, far_typed;
	uint64_t limit, counted;
	bool is_started, was_ended, is_told;
} world;

int cordon_run_is_started(const struct cordon_run *run)
{
	(void)run;
	return world.is_started;
}

intptr_t cordon_run_take_terminal(struct cordon_run *run)
{
	(void)run;
	return (intptr_t)cordon_take(&world.far_printed);
}

intptr_t cordon_run_take_keyboard(struct cordon_run *run)
{
	(void)run;
	return (intptr_t)cordon_take(&world.far_typed);
}

uint64_t cordon_run_count_output(struct cordon_run *run, uint64_t bytes)
{
	uint64_t left = world.limit - world.counted;
	(void)run;
	world.is_told = world.is_told || bytes == 0;
	bytes = bytes < left ? bytes : left;
	world.counted += bytes;
	return bytes;
}

void cordon_run_resize(struct cordon_run *run, uint32_t rows, uint32_t columns)
{
	(void)run;
	(void)rows;
	(void)columns;
}

void cordon_run_end(struct cordon_run *run)
{
	(void)run;
	world.was_ended = true;
}

uint64_t host_clock(void)
{
	return GetTickCount64();
}

/* -- the world ----------------------------------------------------------------------------------------------------- */

static struct cordon_error err;
static struct relay *relay;

static int setup(void **state)
{
	HANDLE input, output;
	(void)state;
	memset(&world, 0, sizeof world);
	world.limit = UINT64_MAX;
	signal_event = CreateEventW(NULL, FALSE, FALSE, NULL);
	assert_true(CreatePipe(&input, &world.keyboard, NULL, 0));
	assert_true(CreatePipe(&world.shown, &output, NULL, BLOCK));
	assert_true(CreatePipe(&world.far_printed, &world.printed, NULL, BLOCK));
	assert_true(CreatePipe(&world.typed, &world.far_typed, NULL, 0));
	assert_true(SetStdHandle(STD_INPUT_HANDLE, input));
	HANDLE before = GetStdHandle(STD_OUTPUT_HANDLE);
	assert_true(SetStdHandle(STD_OUTPUT_HANDLE, output));
	bool is_made = relay_new(RELAY_ALWAYS, &relay, &err);
	SetStdHandle(STD_OUTPUT_HANDLE, before);
	if (!is_made || !relay)
		fail_msg("%s", err.text);
	world.is_started = true;
	if (!relay_serve(relay, NULL, &err))
		fail_msg("%s", err.text);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	relay = relay_free(relay);
	HANDLE ends[] = { world.printed, world.typed, world.shown, world.keyboard };
	for (int i = 0; i < 4; i++)
		if (ends[i])
			CloseHandle(ends[i]);
	return 0;
}

static void fill(char *block, uint32_t number)
{
	uint32_t chance = number * 2654435761u + 1;
	for (size_t i = 0; i < BLOCK; i += sizeof chance) {
		chance = chance * 1664525u + 1013904223u;
		/* No escapes: those are the console's. */
		for (size_t j = 0; j < sizeof chance; j++)
			block[i + j] = (char)((chance >> 8 * j) | 0x80);
	}
}

static DWORD WINAPI flood(void *context)
{
	static char block[BLOCK];
	DWORD written;
	(void)context;
	for (uint32_t number = 0; number < FLOOD / BLOCK; number++) {
		fill(block, number);
		if (!WriteFile(world.printed, block, BLOCK, &written, NULL))
			return 1;
	}
	CloseHandle(cordon_take(&world.printed));
	return 0;
}

static DWORD WINAPI check(void *context)
{
	static char block[BLOCK], expected[BLOCK];
	(void)context;
	for (uint32_t number = 0; number < FLOOD / BLOCK; number++) {
		fill(expected, number);
		for (DWORD have = 0, length; have < BLOCK; have += length)
			if (!ReadFile(world.shown, block + have, BLOCK - have, &length, NULL))
				return 1;
		if (memcmp(block, expected, BLOCK) != 0)
			return 2;
	}
	return 0;
}

static void expect_success(HANDLE thread)
{
	DWORD code;
	assert_int_equal(WaitForSingleObject(thread, WAIT_MS), WAIT_OBJECT_0);
	assert_true(GetExitCodeThread(thread, &code));
	assert_int_equal(code, 0);
	CloseHandle(thread);
}

static void expect_typed(const char *expected)
{
	char bytes[64] = { 0 };
	DWORD have = 0, length;
	while (have < strlen(expected)) {
		assert_true(ReadFile(world.typed, bytes + have, (DWORD)(sizeof bytes - 1 - have), &length, NULL));
		have += length;
	}
	assert_string_equal(bytes, expected);
}

/* -- cases --------------------------------------------------------------------------------------------------------- */

static void relay__moves_100_MB_byte_for_byte(void **state)
{
	(void)state;
	HANDLE printing = CreateThread(NULL, 0, flood, NULL, 0, NULL),
	       showing = CreateThread(NULL, 0, check, NULL, 0, NULL);
	int signal;
	while (!world.is_told) {
		assert_true(host_wait(-1, relay, WAIT_MS, &signal, &err));
		assert_true(relay_serve(relay, NULL, &err));
	}
	relay_drain(relay, NULL);
	expect_success(printing);
	expect_success(showing);
	assert_int_equal(world.counted, FLOOD);
}

static void relay__lets_no_more_through_than_is_counted(void **state)
{
	(void)state;
	char shown[64];
	DWORD written, length;
	world.limit = 5;
	assert_true(WriteFile(world.printed, "1234567890", 10, &written, NULL));
	CloseHandle(cordon_take(&world.printed));
	relay_drain(relay, NULL);
	assert_true(ReadFile(world.shown, shown, sizeof shown, &length, NULL));
	assert_int_equal(length, 5);
	assert_memory_equal(shown, "12345", 5);
}

/* Nobody sits there: the command's console would wait for ever. */
static void relay__answers_what_the_console_asks(void **state)
{
	(void)state;
	DWORD written;
	assert_true(WriteFile(world.printed, "a\x1b[6n\x1b[cb", 9, &written, NULL));
	expect_typed("\x1b[1;1R\x1b[?1;0c");
	CloseHandle(cordon_take(&world.printed));
	relay_drain(relay, NULL);
	assert_int_equal(world.counted, 2);
}

static void relay__types_what_comes_and_its_end(void **state)
{
	(void)state;
	DWORD written;
	assert_true(WriteFile(world.keyboard, "line\n", 5, &written, NULL));
	expect_typed("line\n");
	CloseHandle(cordon_take(&world.keyboard));
	expect_typed("\x1a\r");
}

/* Without a keyboard of its own the command hears of Ctrl-C all the same; the second is the run's business. */
static void relay__types_a_signal(void **state)
{
	(void)state;
	int signal = 0;
	assert_true(note(CTRL_C_EVENT));
	assert_true(host_wait(-1, relay, WAIT_MS, &signal, &err));
	assert_true(host_is_interrupt(signal) && !host_is_last(signal));
	assert_false(relay_signal(relay, NULL, signal));
	assert_false(relay_has_keyboard(relay));
	expect_typed("\x03");
}

static void relay__ends_a_run_whose_output_nobody_takes(void **state)
{
	(void)state;
	DWORD written;
	int signal;
	CloseHandle(cordon_take(&world.shown));
	assert_true(WriteFile(world.printed, "x", 1, &written, NULL));
	while (!world.was_ended) {
		assert_true(host_wait(-1, relay, WAIT_MS, &signal, &err));
		assert_true(relay_serve(relay, NULL, &err));
	}
}

/* A user who does not read holds up the printer and not the end. */
static void relay__is_freed_though_nobody_reads(void **state)
{
	(void)state;
	static char block[BLOCK];
	DWORD written;
	for (int i = 0; i < 2; i++) {
		assert_true(WriteFile(world.printed, block, BLOCK, &written, NULL));
		assert_true(relay_serve(relay, NULL, &err));
	}
	relay = relay_free(relay);
}

/* -- signals and lines --------------------------------------------------------------------------------------------- */

static DWORD WINAPI close_console(void *context)
{
	(void)context;
	return (DWORD)note(CTRL_CLOSE_EVENT);
}

/* When the handler returns the program is ended: it does not, and the run hears of it. */
static void close__is_told_and_holds_the_program(void **state)
{
	(void)state;
	int signal = 0;
	signal_event = CreateEventW(NULL, FALSE, FALSE, NULL);
	HANDLE handler = CreateThread(NULL, 0, close_console, NULL, 0, NULL);
	assert_true(host_wait(-1, NULL, WAIT_MS, &signal, &err));
	assert_true(host_is_last(signal));
	assert_int_equal(WaitForSingleObject(handler, 0), WAIT_TIMEOUT);
	CloseHandle(handler);
}

static void status__lines_do_not_wait_for_a_reader(void **state)
{
	(void)state;
	HANDLE from, to;
	char bytes[256] = { 0 };
	DWORD length;
	assert_true(CreatePipe(&from, &to, NULL, 64));
	int number = (int)(intptr_t)to;
	assert_true(host_write_line(number, "{\"event\":\"started\"}", WAIT_MS));
	assert_true(ReadFile(from, bytes, sizeof bytes, &length, NULL));
	assert_string_equal(bytes, "{\"event\":\"started\"}\n");

	unsigned taken = 0;
	static const char line[] = "a line of some twenty bytes";
	while (taken < 1000 && host_write_line(number, line, 0))
		taken++;
	assert_in_range(taken, 10, 999);
	CloseHandle(from);
	/* Nobody reads any more. */
	while (host_write_line(number, line, WAIT_MS))
		;
	CloseHandle(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(relay__moves_100_MB_byte_for_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(relay__lets_no_more_through_than_is_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(relay__answers_what_the_console_asks, setup, teardown),
		cmocka_unit_test_setup_teardown(relay__types_what_comes_and_its_end, setup, teardown),
		cmocka_unit_test_setup_teardown(relay__types_a_signal, setup, teardown),
		cmocka_unit_test_setup_teardown(relay__ends_a_run_whose_output_nobody_takes, setup, teardown),
		cmocka_unit_test_setup_teardown(relay__is_freed_though_nobody_reads, setup, teardown),
		cmocka_unit_test(close__is_told_and_holds_the_program),
		cmocka_unit_test(status__lines_do_not_wait_for_a_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

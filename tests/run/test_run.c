#include <signal.h>

#include "base/list.h"
#include "world.h"

static int setup(void **state)
{
	if (world_setup(state) != 0)
		return -1;
	load_default();
	return 0;
}

/* -- refusing ------------------------------------------------------------------------------------------------- */

/* Never weaker than it says: what the host lacks is named, all of it, and nothing starts. */
static void run__is_refused_for_every_guarantee_that_is_lacking(void **state)
{
	(void)state;
	fake.levels[GUARANTEE_NET_OFF] = LEVEL_ABSENT;
	fake.levels[GUARANTEE_KERNEL] = LEVEL_PARTIAL;
	fake.levels[GUARANTEE_TREE] = LEVEL_ABSENT;
	assert_false(make_run(NULL));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "net.off (absent), kernel (partial), tree (absent)"));
	assert_non_null(strstr(err.text, "--accept net.off=absent --accept kernel --accept tree=absent"));
	assert_non_null(strstr(err.text, "why kernel"));
	assert_null(strstr(err.text, "ipc"));
	assert_null(run);
}

/* A word is accepted for the level it names, and no worse one. */
static void accept__covers_the_level_that_it_names(void **state)
{
	(void)state;
	fake.levels[GUARANTEE_NET_OFF] = LEVEL_PARTIAL;
	must(settings_set(settings, "--accept", "accept", NULL, "net.off", &err));
	must(make_run(NULL));
	fake.levels[GUARANTEE_NET_OFF] = LEVEL_ABSENT;
	assert_false(make_run(NULL));
	must(settings_set(settings, "--accept", "accept", NULL, "net.off=absent", &err));
	must(make_run(NULL));
	fake.levels[GUARANTEE_IPC] = LEVEL_PARTIAL;
	assert_false(make_run(NULL));
}

/* A backend that forgets a guarantee has not given it. */
static void silence__counts_as_absent(void **state)
{
	(void)state;
	fake.is_silent[GUARANTEE_PROCESSES] = true;
	assert_false(make_run(NULL));
	assert_non_null(strstr(err.text, "processes (absent)"));
}

/* The preset's limit is taken as far as it goes; one that was asked for must hold. */
static void limit__of_a_preset_is_taken_as_far_as_it_goes(void **state)
{
	(void)state;
	fake.levels[GUARANTEE_LIMITS_MEMORY] = LEVEL_ABSENT;
	must(make_run(NULL));
	must(settings_set(settings, "--memory", "limits.memory", NULL, "1GiB", &err));
	assert_false(make_run(NULL));
	assert_non_null(strstr(err.text, "limits.memory (absent)"));
}

/* -- verifying ------------------------------------------------------------------------------------------------- */

static void expect_verdicts(const char *const *verdicts, size_t count)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	must(run_verify(run, &text, &err));
	json_t *answer = json_loads(text_str(&text), 0, NULL);
	const json_t *rows = json_object_get(answer, "attacks");
	assert_int_equal(json_array_size(rows), count);
	for (size_t i = 0; i < count; i++) {
		const json_t *row = json_array_get(rows, i);
		assert_string_equal(json_string_value(json_object_get(row, "verdict")), verdicts[i]);
		assert_string_equal(json_string_value(json_object_get(row, "attack")), fake.verified[i].act);
		bool has_guarantee = json_object_get(row, "guarantee");
		assert_int_equal(has_guarantee, fake.verified[i].guarantee < GUARANTEE_COUNT);
	}
	json_decref(answer);
}

/* What is accepted is no failure, and of what nobody asked for only that is one which refuses every run. */
static void verify__goes_by_what_the_policy_asks_and_accepts(void **state)
{
	(void)state;
	static const struct verified rows[] = {
		{ "held", GUARANTEE_FILES_WRITE, VERIFIED_HELD, "" },
		{ "not here", GUARANTEE_FILES_WRITE, VERIFIED_UNTRIED, "why" },
		{ "done", GUARANTEE_FILES_WRITE, VERIFIED_OPEN, "why" },
		{ "done by a service", GUARANTEE_NET_OFF, VERIFIED_LOOSE, "why" },
		{ "does not work", GUARANTEE_COUNT, VERIFIED_BROKEN, "why" },
		{ "works", GUARANTEE_COUNT, VERIFIED_HELD, "" },
		{ "nobody asked, held", GUARANTEE_NET_FILTERED, VERIFIED_HELD, "" },
		{ "nobody asked, done", GUARANTEE_NET_FILTERED, VERIFIED_OPEN, "why" },
	};
	static const char *const verdicts[] = {
		"held", "untried", "OPEN", "OPEN", "broken", "held", "unasked", "OPEN"
	};
	static const char *const accepting[] = { "held",   "untried", "OPEN",    "accepted",
						 "broken", "held",    "unasked", "OPEN" };
	memcpy(fake.verified, rows, sizeof rows);
	must(make_run("linux"));
	assert_false(run_verify(run, &(struct text){ 0 }, &err));
	fake.verified_count = COUNT_OF(rows);
	expect_verdicts(verdicts, COUNT_OF(verdicts));
	must(settings_set(settings, "--accept", "accept", NULL, "net.off", &err));
	must(settings_set(settings, "--accept", "accept", NULL, "files.write", &err));
	must(make_run("linux"));
	expect_verdicts(accepting, COUNT_OF(accepting));
}

static void refusal__names_all_even_when_reasons_are_long(void **state)
{
	(void)state;
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		fake.levels[i] = LEVEL_ABSENT;
	assert_false(make_run(NULL));
	static const enum guarantee asked[] = { GUARANTEE_FILES_WRITE, GUARANTEE_FILES_READ, GUARANTEE_NET_OFF,
						GUARANTEE_IPC,         GUARANTEE_PROCESSES,  GUARANTEE_KERNEL,
						GUARANTEE_TERMINAL,    GUARANTEE_TREE };
	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		CORDON_ON_EXIT(free_text) char *name = text_format("%s (absent)", guarantee_name(asked[i]));
		assert_non_null(strstr(err.text, name));
	}
}

static void probe__that_fails_refuses(void **state)
{
	(void)state;
	fake.fails_probe = true;
	assert_false(make_run(NULL));
	assert_non_null(strstr(err.text, "the probe failed"));
}

static void look__assesses_nothing_and_never_starts(void **state)
{
	char program[] = "program";
	char *const argv[] = { program, NULL };
	(void)state;
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		fake.levels[i] = LEVEL_ABSENT;
	must(make_run("linux"));
	assert_int_equal(fake.probed, 0);
	assert_false(run_start(run, argv, &err));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
	assert_int_equal(fake.begun, 0);
}

/* -- ends ----------------------------------------------------------------------------------------------------- */

static void check_end(int exit_status, const char *outcome)
{
	must(make_run(NULL));
	struct run_result result = carry_out();
	assert_int_equal(result.exit_status, exit_status);
	CORDON_ON_EXIT(decref) json_t *report = report_of(run);
	assert_string_equal(string_at(report, "outcome"), outcome);
	assert_int_equal(fake.discarded, fake.begun); /* the tree is dead when the result is there */
	fake_reset();
}

static void exit_status__is_the_commands_own(void **state)
{
	(void)state;
	static const int codes[] = { 0, 1, 77, 124, 125, 126, 127, 137, 255 };
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		fake_add(CAGE_STARTED);
		fake_exit(codes[i]);
		check_end(codes[i], "exited");
	}
	static const int signals[] = { SIGHUP, SIGKILL, SIGSEGV, 64 };
	for (size_t i = 0; i < COUNT_OF(signals); i++) {
		fake_add(CAGE_STARTED);
		fake_kill(signals[i]);
		check_end(128 + signals[i], "signaled");
	}
}

/* Windows has all 32 bits, which JSON shows as they are meant: without a sign. */
static void exit_status__has_32_bits(void **state)
{
	(void)state;
	fake_add(CAGE_STARTED);
	fake_exit((int)0xc0000005);
	must(make_run(NULL));
	assert_int_equal(carry_out().exit_status, (int)0xc0000005);
	CORDON_ON_EXIT(decref) json_t *report = report_of(run);
	assert_int_equal(json_integer_value(json_object_get(report, "exit_code")), 0xc0000005);
}

static void command__that_does_not_start_says_why(void **state)
{
	(void)state;
	static const struct {
		int status, exit_status;
	} cases[] = {
		{ CORDON_NOT_FOUND, 127 },
		{ CORDON_NOT_EXECUTABLE, 126 },
		{ CORDON_OS_FAILED, 125 },
		{ CORDON_UNSUPPORTED, 125 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		fake_add(CAGE_NOT_STARTED);
		cordon_fail(&fake.events[0].error, cases[i].status, "no 'x'");
		must(make_run(NULL));
		struct run_result result = carry_out();
		assert_int_equal(result.exit_status, cases[i].exit_status);
		assert_true(result.was_refused);
		assert_false(run_is_started(run));
		assert_string_equal(result.error.text, "no 'x'");
		CORDON_ON_EXIT(decref) json_t *report = report_of(run);
		assert_string_equal(string_at(report, "outcome"), "refused");
		assert_string_equal(string_at(json_object_get(report, "error"), "text"), "no 'x'");
		assert_true(json_is_null(json_object_get(report, "exit_code")));
		fake_reset();
	}
}

static void start__that_fails_is_a_refusal(void **state)
{
	char program[] = "program";
	char *const argv[] = { program, NULL };
	struct run_result result;
	(void)state;
	fake.fails_start = true;
	must(make_run(NULL));
	assert_false(run_result(run, &result));
	assert_false(run_start(run, argv, &err));
	assert_true(run_result(run, &result));
	assert_int_equal(result.exit_status, 125);
	assert_int_equal(fake.discarded, 1);
	assert_false(run_start(run, argv, &err)); /* once */
}

static void begin__that_fails_makes_no_run(void **state)
{
	(void)state;
	fake.fails_begin = true;
	assert_false(make_run(NULL));
	assert_int_equal(fake.started, 0);
}

/* A run that can no longer be watched must not go on. */
static void events__that_fail_end_the_run(void **state)
{
	char program[] = "program";
	char *const argv[] = { program, NULL };
	struct run_result result;
	bool is_ended = false;
	(void)state;
	fake.fails_events = true;
	must(make_run(NULL));
	must(run_start(run, argv, &err));
	assert_false(run_step(run, 0, &is_ended, &err));
	assert_int_equal(fake.discarded, 1);
	assert_true(run_result(run, &result));
	assert_int_equal(result.exit_status, 125);
}

/* A command that saves its work when it is asked to end must have the chance. */
static void wall_time__asks_before_it_kills(void **state)
{
	(void)state;
	must(settings_set(settings, "--time", "limits.wall_time", NULL, "50ms", &err));
	fake_add(CAGE_STARTED);
	fake.runs_on = true;
	must(make_run(NULL));
	assert_int_equal(carry_out().exit_status, 124);
	assert_int_equal(fake.asked, 1);
	assert_int_equal(fake.ended, 0);
}

/* Each limit has an outcome of its own, the status 137 and a line that names it. */
static void limits__each_end_with_their_own_outcome(void **state)
{
	static const struct {
		enum limit limit;
		const char *key, *value, *outcome, *line;
	} cases[] = {
		{ LIMIT_MEMORY, "limits.memory", "256MiB", "memory", "256 MiB (limits.memory, --flag)" },
		{ LIMIT_CPU_TIME, "limits.cpu_time", "90s", "cpu_time", "90 s (limits.cpu_time, --flag)" },
		{ LIMIT_PROCESSES, "limits.processes", "77", "processes", "77 (limits.processes, --flag)" },
		{ LIMIT_DISK, "limits.disk", "1GiB", "disk", "1 GiB (limits.disk, --flag)" },
		{ LIMIT_OUTPUT, "limits.output", "1000", "output", "1000 bytes (limits.output, --flag)" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CORDON_ON_EXIT(text_free) struct text line = { 0 };
		fake_reset();
		must(settings_set(settings, "--flag", cases[i].key, NULL, cases[i].value, &err));
		fake_add(CAGE_STARTED);
		fake_exceed(cases[i].limit);
		must(make_run(NULL));
		assert_int_equal(carry_out().exit_status, 137);
		CORDON_ON_EXIT(decref) json_t *report = report_of(run);
		assert_string_equal(string_at(report, "outcome"), cases[i].outcome);
		assert_true(json_is_null(json_object_get(report, "exit_code")));
		run_warning(run, &line);
		assert_non_null(strstr(text_str(&line), cases[i].line));
	}
}

static void wall_time__ends_the_tree_and_says_124(void **state)
{
	(void)state;
	fake.is_stubborn = true;
	must(settings_set(settings, "--time", "limits.wall_time", NULL, "50ms", &err));
	fake_add(CAGE_STARTED);
	fake.runs_on = true;
	must(make_run(NULL));
	struct run_result result = carry_out();
	assert_int_equal(result.exit_status, 124);
	assert_int_equal(fake.asked, 1);
	assert_int_equal(fake.ended, 1);
	CORDON_ON_EXIT(decref) json_t *report = report_of(run);
	assert_string_equal(string_at(report, "outcome"), "wall_time");
	assert_int_equal(json_integer_value(json_object_get(report, "signal")), SIGKILL);
	json_int_t wall = json_integer_value(json_object_get(json_object_get(report, "usage"), "wall_ms"));
	assert_in_range(wall, 2000, 10000);
}

/* Whoever waits in a loop of their own must learn when the clock wants to be asked. */
static void timeout__is_what_is_left_of_the_time(void **state)
{
	char program[] = "program";
	char *const argv[] = { program, NULL };
	(void)state;
	must(make_run(NULL));
	must(run_start(run, argv, &err));
	assert_int_equal(run_timeout(run), -1);
	must(settings_set(settings, "--time", "limits.wall_time", NULL, "1h", &err));
	must(make_run(NULL));
	assert_int_equal(run_timeout(run), -1);
	must(run_start(run, argv, &err));
	assert_in_range(run_timeout(run), 3500000, 3600000);
}

/* What is told from memory makes no descriptor ready: who waits for one after such a step waits for ever. */
static void timeout__is_none_while_more_may_be_ready(void **state)
{
	char program[] = "program";
	char *const argv[] = { program, NULL };
	bool is_ended = false;
	(void)state;
	fake_add(CAGE_STARTED);
	fake.runs_on = true;
	must(make_run(NULL));
	must(run_start(run, argv, &err));
	must(run_step(run, -1, &is_ended, &err));
	assert_true(run_is_started(run));
	assert_int_equal(run_timeout(run), 0);
	must(run_step(run, -1, &is_ended, &err));
	assert_int_equal(run_timeout(run), -1);
}

static void signals__reach_the_command_and_end_kills(void **state)
{
	char program[] = "program";
	char *const argv[] = { program, NULL };
	struct run_result result;
	bool is_ended = false;
	(void)state;
	fake_add(CAGE_STARTED);
	fake.runs_on = true;
	must(make_run(NULL));
	run_signal(run, SIGTERM); /* before there is anything: nothing */
	must(run_start(run, argv, &err));
	must(run_step(run, 0, &is_ended, &err));
	assert_true(run_is_started(run));
	run_signal(run, SIGINT);
	assert_int_equal(fake.signal_count, 1);
	assert_int_equal(fake.signals[0], SIGINT);
	run_end(run);
	while (!is_ended)
		must(run_step(run, 10, &is_ended, &err));
	assert_true(run_result(run, &result));
	assert_int_equal(result.exit_status, 128 + SIGKILL);
	run_signal(run, SIGINT);
	run_end(run); /* after the end: nothing */
	assert_int_equal(fake.signal_count, 1);
	assert_int_equal(fake.ended, 1);
}

static void run__that_is_freed_early_is_discarded(void **state)
{
	char program[] = "program";
	char *const argv[] = { program, NULL };
	(void)state;
	fake.runs_on = true;
	must(make_run(NULL));
	must(run_start(run, argv, &err));
	run = run_free(run);
	assert_int_equal(fake.discarded, 1);
}

/* Ids are told apart, sort by time, and hold only Crockford's digits. */
static void ids__differ_and_sort_by_time(void **state)
{
	char last[27] = "";
	(void)state;
	for (int i = 0; i < 3; i++) {
		must(make_run("linux"));
		const char *id = run_id(run);
		assert_int_equal(strlen(id), 26);
		assert_int_equal(strspn(id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 26);
		assert_string_not_equal(id, last);
		assert_true(strncmp(id, last, 10) >= 0);
		snprintf(last, sizeof last, "%s", id);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(run__is_refused_for_every_guarantee_that_is_lacking),
		TEST(accept__covers_the_level_that_it_names),
		TEST(silence__counts_as_absent),
		TEST(limit__of_a_preset_is_taken_as_far_as_it_goes),
		TEST(verify__goes_by_what_the_policy_asks_and_accepts),
		TEST(refusal__names_all_even_when_reasons_are_long),
		TEST(probe__that_fails_refuses),
		TEST(look__assesses_nothing_and_never_starts),
		TEST(exit_status__is_the_commands_own),
		TEST(exit_status__has_32_bits),
		TEST(command__that_does_not_start_says_why),
		TEST(start__that_fails_is_a_refusal),
		TEST(begin__that_fails_makes_no_run),
		TEST(events__that_fail_end_the_run),
		TEST(wall_time__asks_before_it_kills),
		TEST(limits__each_end_with_their_own_outcome),
		TEST(wall_time__ends_the_tree_and_says_124),
		TEST(timeout__is_what_is_left_of_the_time),
		TEST(timeout__is_none_while_more_may_be_ready),
		TEST(signals__reach_the_command_and_end_kills),
		TEST(run__that_is_freed_early_is_discarded),
		TEST(ids__differ_and_sort_by_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

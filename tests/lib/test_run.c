/* One run from start to report, as a program that links the library sees it. */
#include <jansson.h>
#include <signal.h>
#include <sys/inotify.h>

#include "runs.h"

/* What comes out of a pipe until its last writer is gone. */
static const char *drain(int descriptor)
{
	static char bytes[4096];
	size_t length = 0;
	ssize_t count;
	while ((count = read(descriptor, bytes + length, sizeof bytes - 1 - length)) > 0)
		length += (size_t)count;
	assert_int_equal(count, 0);
	bytes[length] = '\0';
	close(descriptor);
	return bytes;
}

static void make_pipe(int ends[2])
{
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
}

static void run__ends_with_the_status_of_its_command(void **state)
{
	(void)state;
	need_namespaces();
	static const struct {
		const char *line;
		int status;
	} cases[] = {
		{ "exit 0", 0 },          { "exit 1", 1 },          { "exit 77", 77 },           { "exit 255", 255 },
		{ "kill -TERM $$", 143 }, { "kill -KILL $$", 137 }, { "sleep 300 & exit 4", 4 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cordon_run *run = start_shell(NULL, cases[i].line);
		struct cordon_result result = wait_run(run);
		if (result.exit_status != cases[i].status || result.was_refused)
			fail_msg("%s: %d", cases[i].line, (int)result.exit_status);
		assert_true(cordon_run_is_started(run));
		cordon_run_free(run);
	}
}

/* A command that cannot be executed is told apart from one that exits with the same number. */
static void run__says_why_a_command_could_not_be_executed(void **state)
{
	(void)state;
	need_namespaces();
	static const struct {
		const char *program;
		int status, kind;
	} cases[] = {
		{ "no-such-command", 127, CORDON_NOT_FOUND },
		{ "./no-such-file", 127, CORDON_NOT_FOUND },
		{ "./plain", 126, CORDON_NOT_EXECUTABLE },
		{ "/etc", 126, CORDON_NOT_EXECUTABLE },
	};
	write_file("plain", "text\n");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *const argv[] = { cases[i].program, NULL };
		struct cordon_run *run = start_run(NULL, argv);
		struct cordon_result result = wait_run(run);
		if (!result.was_refused || result.exit_status != cases[i].status ||
		    result.error.status != cases[i].kind)
			fail_msg("%s: %d, %s", argv[0], (int)result.exit_status, result.error.text);
		assert_false(cordon_run_is_started(run));
		cordon_run_free(run);
	}
}

/* The three streams are the caller's, byte for byte, and borrowed until cordon_run_start returns; no other descriptor
 * comes in but the passed ones.
 */
static void run__has_the_streams_that_it_was_given(void **state)
{
	(void)state;
	need_namespaces();
	int in[2], out[2], error[2], passed[2], kept[2];
	make_pipe(in);
	make_pipe(out);
	make_pipe(error);
	make_pipe(passed);
	make_pipe(kept);
	int32_t number = fcntl(passed[1], F_DUPFD, 9);
	assert_true(number >= 9);
	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	options.input = in[0];
	options.output = out[1];
	options.error = error[1];
	options.passed = &number;
	options.passed_count = 1;
	char line[256];
	snprintf(line, sizeof line, "cat; echo error >&2; echo passed >/proc/self/fd/%d; [ ! -e /proc/self/fd/%d ]",
		 (int)number, kept[1]);
	struct cordon_run *run = start_shell(&options, line);
	close(in[0]);
	close(out[1]);
	close(error[1]);
	close(passed[1]);
	close(number);
	assert_int_equal(write(in[1], "input\n", 6), 6);
	close(in[1]);
	assert_int_equal(wait_run(run).exit_status, 0);
	assert_string_equal(drain(out[0]), "input\n");
	assert_string_equal(drain(error[0]), "error\n");
	assert_string_equal(drain(passed[0]), "passed\n");
	close(kept[0]);
	close(kept[1]);
	cordon_run_free(run);
}

/* In a loop of one's own nothing blocks: each step follows the waitable, or the time that the library asks for. */
static void run__is_driven_by_a_poll_loop(void **state)
{
	(void)state;
	need_namespaces();
	struct cordon_run *run = start_shell(NULL, "sleep 0.1; exit 5");
	int32_t is_ended = 0;
	int rounds = 0;
	while (!is_ended) {
		struct pollfd source = { .fd = (int)cordon_run_waitable(run), .events = POLLIN };
		assert_true(source.fd >= 0);
		assert_true(cordon_run_timeout(run) >= -1);
		if (poll(&source, 1, 10000) != 1)
			fail_msg("nothing to do for ten seconds");
		assert_true(cordon_run_step(run, 0, &is_ended, &err));
		assert_true(++rounds < 1000);
	}
	assert_int_equal(wait_run(run).exit_status, 5);
	assert_int_equal(cordon_run_waitable(run), -1);
	assert_int_equal(cordon_run_timeout(run), -1);
	cordon_run_free(run);
}

static void run__is_ended_by_its_wall_time_in_a_poll_loop(void **state)
{
	(void)state;
	need_namespaces();
	assert_true(cordon_policy_set(policy, "--time", "limits.wall_time", NULL, "1s", &err));
	struct cordon_run *run = start_shell(NULL, "sleep 300");
	int32_t is_ended = 0;
	while (!is_ended) {
		struct pollfd source = { .fd = (int)cordon_run_waitable(run), .events = POLLIN };
		int patience = cordon_run_timeout(run);
		assert_true(patience <= 2000); /* the time, then the moment in which it may end by itself */
		poll(&source, 1, patience >= 0 ? patience : 10000);
		assert_true(cordon_run_step(run, 0, &is_ended, &err));
	}
	assert_int_equal(wait_run(run).exit_status, 124);
	cordon_run_free(run);
}

/* A step that has nothing to do returns when its time is over. */
static void step__returns_in_time(void **state)
{
	(void)state;
	need_namespaces();
	struct cordon_run *run = start_shell(NULL, "sleep 300");
	int32_t is_ended = 1;
	wait_for_start(run);
	for (int i = 0; i < 20; i++)
		assert_true(cordon_run_step(run, 5, &is_ended, &err));
	assert_int_equal(is_ended, 0);
	cordon_run_free(run);
}

static void run__that_is_ended_was_killed(void **state)
{
	(void)state;
	need_namespaces();
	for (int is_early = 0; is_early <= 1; is_early++) {
		struct cordon_run *run = start_shell(NULL, "trap '' TERM INT; sleep 300 & sleep 300");
		if (!is_early)
			wait_for_start(run);
		cordon_run_end(run);
		struct cordon_result result = wait_run(run);
		/* the start may have been faster */
		assert_true(result.exit_status == 137 || (is_early && result.exit_status == 125));
		if (result.exit_status == 137)
			assert_non_null(strstr(cordon_run_report(run), "\"signaled\""));
		cordon_run_end(run); /* over is over */
		cordon_run_free(run);
	}
}

static void run__passes_a_signal(void **state)
{
	(void)state;
	need_namespaces();
	int out[2];
	make_pipe(out);
	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	options.output = out[1];
	struct cordon_run *run = start_shell(&options, "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done");
	close(out[1]);
	wait_for_start(run);
	char byte;
	assert_int_equal(read(out[0], &byte, 1), 1);
	cordon_run_signal(run, SIGTERM);
	assert_int_equal(wait_run(run).exit_status, 9);
	close(out[0]);
	cordon_run_free(run);
}

/* The pipe has an end in every process of the tree: it closes when the last of them is dead. */
static void run__that_is_freed_leaves_no_process(void **state)
{
	(void)state;
	need_namespaces();
	for (int is_early = 0; is_early <= 1; is_early++) {
		int out[2];
		make_pipe(out);
		struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
		options.output = out[1];
		struct cordon_run *run = start_shell(&options, "setsid sleep 300 & trap '' TERM; echo; sleep 300");
		close(out[1]);
		if (!is_early) {
			char byte;
			wait_for_start(run);
			assert_int_equal(read(out[0], &byte, 1), 1);
		}
		cordon_run_free(run);
		struct pollfd source = { .fd = out[0], .events = POLLIN };
		assert_int_equal(poll(&source, 1, 0), 1); /* at once, not later */
		assert_string_equal(drain(out[0]), "");
	}
}

/* All that the user may have; editors and other runs take some as well. */
static int take_watches(int *taken, int room)
{
	int count = 0;
	while (count < room && (taken[count] = inotify_init1(IN_CLOEXEC)) >= 0)
		count++;
	return count;
}

static void step_for(struct cordon_run *run, int tenths)
{
	int32_t is_ended = 0;
	for (int i = 0; i < tenths * 10 && !is_ended; i++)
		assert_true(cordon_run_step(run, 10, &is_ended, &err));
	assert_int_equal(is_ended, 0);
}

/* When the host renames a protected file its mount goes along, and the name lies bare: nothing but the observer would
 * keep the command from making a file there, and without one the run ends. Also where the user has no inotify instance
 * left to be told of it.
 */
static void run__ends_when_a_protected_name_is_taken_away(void **state)
{
	(void)state;
	need_namespaces();
	static int taken[4096];
	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	options.flags = CORDON_RUN_NO_OBSERVE;
	write_file("held", "as it was\n");
	assert_true(cordon_policy_set(policy, "--read", "files", "held", "read", &err));
	for (int has_watches = 1; has_watches >= 0; has_watches--) {
		int count = has_watches ? 0 : take_watches(taken, sizeof taken / sizeof *taken);
		struct cordon_run *run = start_shell(&options, "sleep 30");
		wait_for_start(run);
		step_for(run, 1);
		assert_int_equal(rename("held", "other"), 0);
		assert_int_equal(wait_run(run).exit_status, 137);
		assert_non_null(strstr(cordon_run_warning(run), "held"));
		cordon_run_free(run);
		assert_int_equal(rename("other", "held"), 0);
		while (count > 0)
			close(taken[--count]);
	}
}

/* What the host puts in its place is covered, and the run goes on; with the observer, or where the name is never bare.
 */
static void run__protects_what_the_host_puts_in_place(void **state)
{
	(void)state;
	need_namespaces();
	for (uint32_t flags = 0; flags <= CORDON_RUN_NO_OBSERVE; flags += CORDON_RUN_NO_OBSERVE) {
		struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
		options.flags = flags;
		write_file("held", "as it was\n");
		assert_true(cordon_policy_set(policy, "--read", "files", "held", "read", &err));
		struct cordon_run *run = start_shell(&options,
						     "until [ -e go ]; do sleep 0.05; done; echo changed >>held");
		wait_for_start(run);
		step_for(run, 1);
		write_file("new", "saved\n");
		assert_int_equal(rename("new", "held"), 0);
		step_for(run, 1);
		write_file("go", "");
		assert_int_equal(wait_run(run).exit_status, 2);
		assert_null(cordon_run_warning(run));
		const char *report = cordon_run_report(run);
		assert_non_null(report);
		assert_null(strstr(report, "\"covers_lost\": []"));
		cordon_run_free(run);
		char content[16] = "";
		FILE *held = fopen("held", "re");
		assert_non_null(held);
		assert_non_null(fgets(content, sizeof content, held));
		assert_int_equal(fclose(held), 0);
		assert_string_equal(content, "saved\n");
		assert_int_equal(unlink("go"), 0);
	}
}

static json_t *parse(const char *bytes)
{
	json_error_t place;
	assert_non_null(bytes);
	json_t *value = json_loads(bytes, JSON_REJECT_DUPLICATES, &place);
	if (!value)
		fail_msg("%s (line %d) in %s", place.text, place.line, bytes);
	return value;
}

static const char *outcome_of(const json_t *report)
{
	return json_string_value(json_object_get(report, "outcome"));
}

static void report__is_json_from_the_first_moment_on(void **state)
{
	(void)state;
	need_namespaces();
	struct cordon_run *run = new_run(NULL);
	json_t *report = parse(cordon_run_report(run));
	assert_true(json_is_null(json_object_get(report, "outcome")));
	json_decref(report);
	json_decref(parse(cordon_run_plan(run)));
	json_decref(parse(cordon_run_rules(run)));
	json_decref(parse(cordon_run_explain(run, "/etc/passwd", &err)));

	const char *const argv[] = { "/bin/sh", "-c", "{ echo x >~/new; } 2>/dev/null; exit 6", NULL };
	assert_true(cordon_run_start(run, argv, &err));
	struct cordon_result result = wait_run(run);
	report = parse(cordon_run_report(run));
	assert_string_equal(outcome_of(report), "exited");
	assert_string_equal(json_string_value(json_object_get(report, "run_id")), cordon_run_id(run));
	assert_int_equal(json_integer_value(json_object_get(report, "exit_code")), 6);
	if (json_is_true(json_object_get(report, "denials_observed"))) {
		assert_int_equal(json_array_size(json_object_get(report, "denials")), 1);
		assert_int_equal(result.denial_count, 1);
		assert_int_equal(result.explained, 1);
		assert_non_null(cordon_run_explanation(run));
	}
	json_decref(report);
	cordon_run_free(run);
}

static void report__of_what_was_refused_before_it_began(void **state)
{
	(void)state;
	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	struct cordon_run *run = NULL;
	char *bytes = NULL;
	options.workspace = "/";
	assert_false(cordon_run_new(policy, &options, &run, &err));
	struct cordon_error report_err = CORDON_ERROR_INIT;
	assert_true(cordon_refusal_report(&err, &bytes, &report_err));
	json_t *report = parse(bytes);
	assert_string_equal(outcome_of(report), "refused");
	json_decref(report);
	cordon_free(bytes);
	assert_true(cordon_doctor(&bytes, &err));
	json_decref(parse(bytes));
	cordon_free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(run__ends_with_the_status_of_its_command, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(run__says_why_a_command_could_not_be_executed, runs_setup,
						runs_teardown),
		cmocka_unit_test_setup_teardown(run__has_the_streams_that_it_was_given, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(run__is_driven_by_a_poll_loop, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(run__is_ended_by_its_wall_time_in_a_poll_loop, runs_setup,
						runs_teardown),
		cmocka_unit_test_setup_teardown(step__returns_in_time, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(run__that_is_ended_was_killed, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(run__passes_a_signal, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(run__that_is_freed_leaves_no_process, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(run__protects_what_the_host_puts_in_place, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(run__ends_when_a_protected_name_is_taken_away, runs_setup,
						runs_teardown),
		cmocka_unit_test_setup_teardown(report__is_json_from_the_first_moment_on, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(report__of_what_was_refused_before_it_began, runs_setup, runs_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

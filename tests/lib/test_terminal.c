/* A terminal of the command's own, as a program that links the library has it: it moves the bytes itself. */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "runs.h"

enum { ALL_STREAMS = CORDON_TERMINAL_INPUT | CORDON_TERMINAL_OUTPUT | CORDON_TERMINAL_ERROR };

static char screen[8192];
static size_t seen;

static struct cordon_run_options with_terminal(uint32_t wishes)
{
	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	options.terminal = wishes;
	options.input = options.output = options.error = -1;
	screen[seen = 0] = '\0';
	return options;
}

static void take_printed(int terminal)
{
	ssize_t length;
	while ((length = read(terminal, screen + seen, sizeof screen - 1 - seen)) > 0)
		seen += (size_t)length;
	screen[seen] = '\0';
}

static int take_terminal(struct cordon_run *run)
{
	assert_int_equal(cordon_run_take_terminal(run), -1);
	wait_for_start(run);
	int terminal = (int)cordon_run_take_terminal(run);
	assert_true(terminal >= 0);
	assert_int_equal(cordon_run_take_terminal(run), -1);
	assert_true(fcntl(terminal, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(terminal, F_GETFD) & FD_CLOEXEC);
	return terminal;
}

static int32_t end_of(struct cordon_run *run, int terminal)
{
	int32_t is_ended = 0;
	struct cordon_result result = CORDON_RESULT_INIT;
	while (!is_ended) {
		assert_true(cordon_run_step(run, 20, &is_ended, &err));
		take_printed(terminal);
	}
	take_printed(terminal);
	assert_true(cordon_run_result(run, &result));
	cordon_run_free(run);
	close(terminal);
	return result.exit_status;
}

static void type(int terminal, const char *text)
{
	assert_int_equal(write(terminal, text, strlen(text)), (ssize_t)strlen(text));
}

/* What the command prints in the end, to keys that are pressed again and again meanwhile. */
static void see_pressing(struct cordon_run *run, int terminal, const char *text, const char *keys)
{
	int32_t is_ended = 0;
	for (int i = 0; !strstr(screen, text); i++) {
		take_printed(terminal);
		assert_true(cordon_run_step(run, 20, &is_ended, &err));
		if (is_ended || i > 500)
			fail_msg("'%s' was not seen in '%s'", text, screen);
		if (i % 10 == 9)
			type(terminal, keys);
	}
}

static void see(struct cordon_run *run, int terminal, const char *text)
{
	see_pressing(run, terminal, text, "");
}

/* A shell that gets a signal right before it waits for a line runs the trap when the line has come. */
static void see_trapped(struct cordon_run *run, int terminal, const char *text)
{
	see_pressing(run, terminal, text, "\n");
}

static void wait_for_stop(struct cordon_run *run, int32_t signal)
{
	int32_t is_ended = 0;
	for (int i = 0; cordon_run_stopped(run) != signal; i++) {
		assert_true(cordon_run_step(run, 20, &is_ended, &err));
		assert_true(!is_ended && i < 500);
	}
}

/* Size, name, controlling terminal, and everything that was printed, also last; without any descriptor of the caller's.
 */
static void terminal__is_the_commands_own(void **state)
{
	(void)state;
	need_namespaces();
	struct cordon_run_options options = with_terminal(ALL_STREAMS);
	options.rows = 33;
	options.columns = 99;
	struct cordon_run *run = start_shell(&options, "read -r line; stty size; echo by name >/dev/tty; "
						       "test -t 0 -a -t 1 -a -t 2 && echo \"<$line>\"; exit 5");
	int terminal = take_terminal(run);
	type(terminal, "typed\n");
	assert_int_equal(end_of(run, terminal), 5);
	assert_string_equal(screen, "typed\r\n33 99\r\nby name\r\n<typed>\r\n");
}

/* What is not replaced passes as it is. */
static void terminal__replaces_what_it_is_to(void **state)
{
	(void)state;
	need_namespaces();
	int pipe_ends[2];
	char piped[16] = "";
	assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
	struct cordon_run_options options = with_terminal(CORDON_TERMINAL_INPUT | CORDON_TERMINAL_ERROR);
	options.output = pipe_ends[1];
	struct cordon_run *run = start_shell(&options, "stty size >&2 <&0; echo piped");
	close(pipe_ends[1]);
	int terminal = take_terminal(run);
	assert_int_equal(end_of(run, terminal), 0);
	assert_string_equal(screen, "24 80\r\n");
	assert_int_equal(read(pipe_ends[0], piped, sizeof piped), 6);
	assert_string_equal(piped, "piped\n");
	close(pipe_ends[0]);
}

/* In the background the command stops when it reads, until it is brought to the foreground. */
static void terminal__stops_a_command_in_its_background(void **state)
{
	(void)state;
	need_namespaces();
	struct cordon_run_options options = with_terminal(ALL_STREAMS | CORDON_TERMINAL_BACKGROUND);
	struct cordon_run *run = start_shell(&options, "echo begun; read -r line; echo \"<$line>\"");
	int terminal = take_terminal(run);
	see(run, terminal, "begun");
	wait_for_stop(run, SIGTTIN);
	cordon_run_foreground(run);
	assert_int_equal(cordon_run_stopped(run), 0);
	type(terminal, "typed\n");
	assert_int_equal(end_of(run, terminal), 0);
	assert_non_null(strstr(screen, "<typed>"));
}

/* Ctrl-Z, a change of the window, Ctrl-C, and the terminal hung up. */
static void terminal__passes_on_what_keys_mean(void **state)
{
	(void)state;
	need_namespaces();
	struct cordon_run_options options = with_terminal(ALL_STREAMS);
	const struct winsize larger = { .ws_row = 50, .ws_col = 120 };
	struct cordon_run *run = start_shell(&options,
					     "trap 'echo size; stty size' WINCH; trap 'echo interrupted' INT; "
					     "trap 'exit 7' HUP; echo begun; while :; do read -r line; done");
	int terminal = take_terminal(run);
	see(run, terminal, "begun");
	type(terminal, "\x1a");
	wait_for_stop(run, SIGTSTP);
	cordon_run_signal(run, SIGCONT);
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &larger), 0);
	see_trapped(run, terminal, "50 120");
	screen[seen = 0] = '\0';
	cordon_run_signal(run, SIGWINCH);
	see_trapped(run, terminal, "50 120");
	type(terminal, "\x03");
	see_trapped(run, terminal, "interrupted");
	close(terminal);
	cordon_run_signal(run, SIGHUP);
	assert_int_equal(wait_run(run).exit_status, 7);
	cordon_run_free(run);
}

/* Nobody reads: the command waits, and is ended all the same. */
static void terminal__that_nobody_reads_holds_nothing_up(void **state)
{
	(void)state;
	need_namespaces();
	struct cordon_run_options options = with_terminal(ALL_STREAMS);
	struct cordon_run *run = start_shell(&options, "while :; do echo more; done");
	wait_for_start(run);
	cordon_run_end(run);
	assert_int_equal(wait_run(run).exit_status, 128 + SIGKILL);
	assert_int_equal(cordon_run_take_terminal(run), -1);
	cordon_run_free(run);
}

static void limit_output(const char *bytes)
{
	if (!cordon_policy_set(policy, "--output", "limits.output", NULL, bytes, &err))
		fail_msg("%s", err.text);
}

/* Who moves the bytes counts them: a limit holds there only if the caller says that he does. */
static void terminal__with_a_limit_on_output_is_counted_or_refused(void **state)
{
	(void)state;
	need_namespaces();
	struct cordon_run_options options = with_terminal(CORDON_TERMINAL_INPUT);
	options.output = options.error = 2;
	limit_output("1000");
	struct cordon_run *run = new_run(&options);
	const char *const argv[] = { "/bin/true", NULL };
	assert_int_equal(cordon_run_start(run, argv, &err), 0);
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "limits.output"));
	cordon_run_free(run);
}

/* A terminal that is only the input can be written to as well; what goes there and what goes elsewhere is one sum. */
static void terminal__output_is_counted_with_the_other_streams(void **state)
{
	(void)state;
	need_namespaces();
	int32_t is_ended = 0;
	int pipe_ends[2], terminal = -1;
	uint64_t passed = 0;
	assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
	struct cordon_run_options options = with_terminal(CORDON_TERMINAL_INPUT | CORDON_TERMINAL_COUNTED);
	options.output = options.error = pipe_ends[1];
	limit_output("1000");
	struct cordon_run *run = start_shell(&options, "head -c 600 /dev/zero && while :; do echo more >&0; done");
	close(pipe_ends[1]);
	while (!is_ended) {
		assert_true(cordon_run_step(run, 20, &is_ended, &err));
		if (terminal < 0)
			terminal = (int)cordon_run_take_terminal(run);
		ssize_t length = terminal < 0 ? 0 : read(terminal, screen, sizeof screen);
		passed += cordon_run_count_output(run, length > 0 ? (uint64_t)length : 0);
	}
	assert_int_equal(wait_run(run).exit_status, 137);
	assert_non_null(strstr(cordon_run_report(run), "\"output\""));
	assert_int_equal(read(pipe_ends[0], screen, sizeof screen) + (ssize_t)passed, 1000);
	assert_int_equal(cordon_run_count_output(run, 5), 0);
	cordon_run_free(run);
	close(terminal);
	close(pipe_ends[0]);
}

/* What was printed last, before a quick end, is below the limit and comes out whole. */
static void terminal__that_is_counted_loses_nothing(void **state)
{
	(void)state;
	need_namespaces();
	int32_t is_ended = 0;
	int terminal = -1;
	struct cordon_run_options options = with_terminal(ALL_STREAMS | CORDON_TERMINAL_COUNTED);
	limit_output("1000");
	struct cordon_run *run = start_shell(&options, "printf %0999d 0; exit 3");
	while (!is_ended) {
		assert_true(cordon_run_step(run, 20, &is_ended, &err));
		if (terminal < 0)
			terminal = (int)cordon_run_take_terminal(run);
		ssize_t length = terminal < 0 ? 0 : read(terminal, screen + seen, sizeof screen - seen);
		seen += cordon_run_count_output(run, length > 0 ? (uint64_t)length : 0);
	}
	assert_int_equal(wait_run(run).exit_status, 3);
	assert_int_equal(seen, 999);
	cordon_run_free(run);
	close(terminal);
}

static void terminal__wishes_that_are_not_known_are_refused(void **state)
{
	(void)state;
	struct cordon_run *run = NULL;
	struct cordon_run_options options = with_terminal(1u << 7);
	assert_int_equal(cordon_run_new(policy, &options, &run, &err), 0);
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	options = with_terminal(ALL_STREAMS);
	options.rows = 70000;
	assert_int_equal(cordon_run_new(policy, &options, &run, &err), 0);
	assert_int_equal(err.status, CORDON_BAD_USAGE);
	/* As before there was a terminal: the place of the wish was padding. */
	options = (struct cordon_run_options)CORDON_RUN_OPTIONS_INIT;
	options.size = offsetof(struct cordon_run_options, rows);
	options.terminal = 0xfefefefe;
	if (!cordon_run_new(policy, &options, &run, &err))
		fail_msg("%s", err.text);
	cordon_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(terminal__is_the_commands_own, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(terminal__replaces_what_it_is_to, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(terminal__stops_a_command_in_its_background, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(terminal__passes_on_what_keys_mean, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(terminal__that_nobody_reads_holds_nothing_up, runs_setup,
						runs_teardown),
		cmocka_unit_test_setup_teardown(terminal__with_a_limit_on_output_is_counted_or_refused, runs_setup,
						runs_teardown),
		cmocka_unit_test_setup_teardown(terminal__output_is_counted_with_the_other_streams, runs_setup,
						runs_teardown),
		cmocka_unit_test_setup_teardown(terminal__that_is_counted_loses_nothing, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(terminal__wishes_that_are_not_known_are_refused, runs_setup,
						runs_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

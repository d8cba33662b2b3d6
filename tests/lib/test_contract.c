/* What the public header promises of arguments, sizes and errors, whoever calls. */
#include "runs.h"

enum { CANARY = 0x5a, TAIL = 64 };

static void answers__NULL_with_an_error(void **state)
{
	(void)state;
	struct cordon_run *run = NULL;
	struct cordon_result result = CORDON_RESULT_INIT;
	const char *const argv[] = { "/bin/true", NULL };
	char *json = NULL;
	int32_t is_ended = 0;
	const int answers[] = {
		cordon_policy_new(NULL, &err),
		cordon_policy_load(NULL, CORDON_SOURCE_PRESET, NULL, &err),
		cordon_policy_load(policy, CORDON_SOURCE_FILE, NULL, &err),
		cordon_policy_set(NULL, "--net", "network.mode", NULL, "off", &err),
		cordon_policy_set(policy, NULL, NULL, NULL, "off", &err),
		cordon_policy_set(policy, NULL, "network.mode", NULL, NULL, &err),
		cordon_run_new(NULL, NULL, &run, &err),
		cordon_run_new(policy, NULL, NULL, &err),
		cordon_run_start(NULL, argv, &err),
		cordon_run_step(NULL, 0, &is_ended, &err),
		cordon_run_wait(NULL, &result, &err),
		cordon_run_wait(NULL, NULL, &err),
		cordon_run_result(NULL, &result),
		cordon_run_is_started(NULL),
		cordon_run_explain(NULL, "/", &err) != NULL,
		cordon_run_id(NULL) != NULL,
		cordon_run_plan(NULL) != NULL,
		cordon_run_rules(NULL) != NULL,
		cordon_run_report(NULL) != NULL,
		cordon_run_event(NULL) != NULL,
		cordon_run_record(NULL, &err),
		cordon_log(NULL, &err),
		cordon_record(NULL, &json, &err),
		cordon_record("last", NULL, &err),
		cordon_sweep(1, NULL, &err),
		cordon_forget("/", NULL, &err),
		cordon_setup(0, 0, NULL, NULL, &err),
		cordon_setup(4, 0, NULL, &json, &err),
		cordon_report_schema(NULL, &err),
		cordon_run_warning(NULL) != NULL,
		cordon_run_explanation(NULL) != NULL,
		cordon_refusal_report(NULL, &json, &err),
		cordon_refusal_report(&err, NULL, &err),
		cordon_doctor(NULL, &err),
		cordon_policy_schema(NULL, &err),
	};
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		if (answers[i] != 0)
			fail_msg("row %zu is a success", i);
	assert_int_equal(err.status, CORDON_BAD_USAGE);
	assert_null(run);
	assert_null(json);
	assert_int_equal(cordon_run_waitable(NULL), -1);
	assert_int_equal(cordon_run_timeout(NULL), -1);
	cordon_run_signal(NULL, 15);
	cordon_run_end(NULL);
	cordon_run_free(NULL);
	cordon_policy_free(NULL);
	cordon_free(NULL);
}

/* Somebody who does not want to know why: no error struct at all. */
static void error__may_be_left_out(void **state)
{
	(void)state;
	assert_false(cordon_policy_load(policy, CORDON_SOURCE_PRESET, "no-such", NULL));
	assert_false(cordon_run_new(NULL, NULL, NULL, NULL));
}

static void error__says_its_kind_and_place(void **state)
{
	(void)state;
	write_file(in_scratch("bad.json"), "{\n\t\"version\": 1,\n\t\"filez\": {}\n}\n");
	assert_false(cordon_policy_load(policy, CORDON_SOURCE_FILE, in_scratch("bad.json"), &err));
	assert_int_equal(err.status, CORDON_BAD_POLICY);
	assert_int_equal(err.line, 3);
	assert_int_equal(err.column, 2);
	assert_non_null(strstr(err.file, "bad.json"));
	assert_non_null(strstr(err.text, "files")); /* the nearest key */
	assert_false(cordon_policy_load(policy, CORDON_SOURCE_FILE, in_scratch("none.json"), &err));
	assert_int_equal(err.status, CORDON_OS_FAILED);
	assert_int_equal(err.os_code, ENOENT);
	assert_false(cordon_policy_load(policy, CORDON_SOURCE_PRESET, "no-such", &err));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
	assert_false(cordon_policy_load(policy, 99, NULL, &err));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
	assert_false(cordon_policy_set(policy, NULL, "no.such.key", NULL, "1", &err));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
}

/* A program built against an older header has a shorter struct behind which its own memory lies. */
static void error__of_an_older_program_is_not_overrun(void **state)
{
	(void)state;
	static const size_t sizes[] = {
		0, 4, 8, 16, 24, 30, offsetof(struct cordon_error, text), offsetof(struct cordon_error, text) + 8,
	};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct cordon_error shorter;
		memset(&shorter, CANARY, sizeof shorter);
		shorter.size = (uint32_t)sizes[i];
		assert_false(cordon_policy_load(policy, CORDON_SOURCE_PRESET, "no-such", &shorter));
		assert_int_equal(shorter.size, sizes[i]);
		const unsigned char *bytes = (const unsigned char *)&shorter;
		for (size_t at = sizes[i] > 4 ? sizes[i] : 4; at < sizeof shorter; at++)
			assert_int_equal(bytes[at], CANARY);
		if (sizes[i] >= 8)
			assert_int_equal(shorter.status, CORDON_BAD_USAGE);
		if (sizes[i] > offsetof(struct cordon_error, text))
			assert_true(strlen(shorter.text) > 0);
	}
}

/* One built against a newer header has members that this library does not know, and leaves. */
static void error__of_a_newer_program_is_filled_as_far_as_known(void **state)
{
	(void)state;
	struct {
		struct cordon_error known;
		unsigned char tail[TAIL];
	} newer;
	memset(&newer, CANARY, sizeof newer);
	newer.known.size = sizeof newer;
	assert_false(cordon_policy_load(policy, 99, NULL, &newer.known));
	assert_int_equal(newer.known.size, sizeof newer);
	assert_int_equal(newer.known.status, CORDON_BAD_USAGE);
	assert_non_null(strstr(newer.known.text, "99"));
	for (size_t i = 0; i < TAIL; i++)
		assert_int_equal(newer.tail[i], CANARY);
}

/* What a struct does not reach has its default: the caller's own three streams, the current directory. */
static void options__of_an_older_program_have_defaults(void **state)
{
	(void)state;
	struct cordon_run_options options;
	memset(&options, CANARY, sizeof options);
	options.size = offsetof(struct cordon_run_options, workspace);
	options.flags = 0;
	cordon_run_free(new_run(&options));
	options.size = offsetof(struct cordon_run_options, input);
	options.workspace = in_scratch("work");
	options.target = options.tier = NULL;
	cordon_run_free(new_run(&options));
	cordon_run_free(new_run(NULL));
}

/* A wish that this library does not know must not be dropped in silence. */
static void options__of_a_newer_program_are_refused_if_they_ask_for_more(void **state)
{
	(void)state;
	struct {
		struct cordon_run_options known;
		unsigned char tail[TAIL];
	} newer = { .known = CORDON_RUN_OPTIONS_INIT };
	struct cordon_run *run = NULL;
	newer.known.size = sizeof newer;
	cordon_run_free(new_run(&newer.known));
	newer.tail[TAIL - 1] = 1;
	assert_false(cordon_run_new(policy, &newer.known, &run, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, CORDON_VERSION));

	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	options.flags = 0x80000000u;
	assert_false(cordon_run_new(policy, &options, &run, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_null(run);
}

static void options__that_cannot_be_meant_are_refused(void **state)
{
	(void)state;
	static const int32_t closed[] = { 4000 }, standard[] = { 1 };
	const struct cordon_run_options rows[] = {
		{ .size = 0 },
		{ .size = 4 },
		{ .size = sizeof rows[0], .input = 4000, .output = 1, .error = 2 },
		{ .size = sizeof rows[0], .output = -1, .error = 2 },
		{ .size = sizeof rows[0], .output = 1, .error = 2, .passed_count = 1 },
		{ .size = sizeof rows[0], .output = 1, .error = 2, .passed = closed, .passed_count = 1 },
		{ .size = sizeof rows[0], .output = 1, .error = 2, .passed = standard, .passed_count = 1 },
		{ .size = sizeof rows[0], .output = 1, .error = 2, .target = "plan9" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cordon_run *run = NULL;
		err.status = CORDON_OK;
		if (cordon_run_new(policy, &rows[i], &run, &err) || err.status != CORDON_BAD_USAGE || run)
			fail_msg("row %zu: status %d, %s", i, (int)err.status, err.text);
	}
}

static void run__starts_once_and_only_with_a_command(void **state)
{
	(void)state;
	need_namespaces();
	const char *const none[] = { NULL }, *const argv[] = { "/bin/true", NULL };
	struct cordon_result result = CORDON_RESULT_INIT;
	int32_t is_ended = 7;
	struct cordon_run *run = new_run(NULL);
	assert_int_equal(strlen(cordon_run_id(run)), 26);
	assert_false(cordon_run_start(run, NULL, &err));
	assert_false(cordon_run_start(run, none, &err));
	assert_false(cordon_run_step(run, 0, &is_ended, &err));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
	assert_int_equal(is_ended, 7);
	assert_false(cordon_run_result(run, &result));
	assert_int_equal(cordon_run_waitable(run), -1);
	assert_true(cordon_run_start(run, argv, &err));
	assert_false(cordon_run_start(run, argv, &err));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
	assert_int_equal(wait_run(run).exit_status, 0);
	assert_false(cordon_run_start(run, argv, &err));
	assert_int_equal(wait_run(run).exit_status, 0); /* over is over, however often it is asked */
	cordon_run_free(run);
}

static void run__of_a_named_target_is_only_to_look_at(void **state)
{
	(void)state;
	const char *const argv[] = { "/bin/true", NULL };
	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	options.target = "windows";
	struct cordon_run *run = new_run(&options);
	assert_non_null(cordon_run_plan(run));
	assert_false(cordon_run_start(run, argv, &err));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
	cordon_run_free(run);
}

static void result__is_filled_as_far_as_its_size(void **state)
{
	(void)state;
	need_namespaces();
	static const size_t sizes[] = { 4,
					8,
					12,
					20,
					offsetof(struct cordon_result, error),
					sizeof(struct cordon_result),
					sizeof(struct cordon_result) + TAIL };
	struct cordon_run *run = start_shell(NULL, "exit 3");
	assert_int_equal(wait_run(run).exit_status, 3);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct {
			struct cordon_result known;
			unsigned char tail[TAIL];
		} given;
		memset(&given, CANARY, sizeof given);
		given.known.size = (uint32_t)sizes[i];
		assert_true(cordon_run_result(run, &given.known));
		assert_int_equal(given.known.size, sizes[i]);
		if (sizes[i] >= 8)
			assert_int_equal(given.known.exit_status, 3);
		const unsigned char *bytes = (const unsigned char *)&given;
		size_t end = sizes[i] < sizeof given.known ? sizes[i] : sizeof given.known;
		for (size_t at = end; at < sizeof given; at++)
			assert_int_equal(bytes[at], CANARY);
	}
	struct cordon_result none = { .size = 0, .exit_status = 7 };
	assert_false(cordon_run_wait(run, &none, &err));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
	assert_false(cordon_run_result(run, &none));
	assert_int_equal(none.exit_status, 7);
	cordon_run_free(run);
}

/* Text lives until the next call with its handle; what other handles do, and the end of the policy, do not matter. */
static void text__lives_with_its_handle(void **state)
{
	(void)state;
	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	options.target = "linux";
	struct cordon_run *run = new_run(&options), *other = new_run(&options);
	const char *plan = cordon_run_plan(run);
	assert_non_null(plan);
	char *copy = strdup(plan);
	assert_non_null(copy);
	assert_non_null(cordon_run_plan(other));
	assert_non_null(cordon_run_report(other));
	cordon_run_free(other);
	cordon_policy_free(policy);
	policy = NULL;
	assert_string_equal(plan, copy);
	free(copy);
	assert_non_null(cordon_run_rules(run));
	assert_non_null(cordon_run_explain(run, "/etc/passwd", &err));
	assert_null(cordon_run_explain(run, NULL, &err));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
	cordon_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers__NULL_with_an_error, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(error__may_be_left_out, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(error__says_its_kind_and_place, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(error__of_an_older_program_is_not_overrun, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(error__of_a_newer_program_is_filled_as_far_as_known, runs_setup,
						runs_teardown),
		cmocka_unit_test_setup_teardown(options__of_an_older_program_have_defaults, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(options__of_a_newer_program_are_refused_if_they_ask_for_more,
						runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(options__that_cannot_be_meant_are_refused, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(run__starts_once_and_only_with_a_command, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(run__of_a_named_target_is_only_to_look_at, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(result__is_filled_as_far_as_its_size, runs_setup, runs_teardown),
		cmocka_unit_test_setup_teardown(text__lives_with_its_handle, runs_setup, runs_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

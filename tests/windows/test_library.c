/* cordon.dll, by its public header. */
#include <cordon/cordon.h>

#include <string.h>

#include "check.h"

static void library__is_the_header_s(void **state)
{
	(void)state;
	assert_string_equal(cordon_version(), CORDON_VERSION);
	struct cordon_error err = CORDON_ERROR_INIT;
	char *schema = NULL;
	assert_true(cordon_policy_schema(&schema, &err));
	assert_non_null(strstr(schema, "draft-07"));
	cordon_free(schema);
}

/* The prober is found beside the library, whoever has loaded it. */
static void library__refuses_what_the_host_does_not_enforce(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cordon_run_options options = CORDON_RUN_OPTIONS_INIT;
	struct cordon_policy *policy = NULL;
	struct cordon_run *run = NULL;
	assert_true(cordon_policy_new(&policy, &err));
	assert_true(cordon_policy_load(policy, CORDON_SOURCE_PRESET, "workspace", &err));
	options.workspace = ".";
	assert_false(cordon_run_new(policy, &options, &run, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "tier account"));

	options.target = "windows"; /* to look at */
	assert_true(cordon_run_new(policy, &options, &run, &err));
	assert_non_null(strstr(cordon_run_plan(run), "\"tier\": \"account\""));
	static const char *const command[] = { "cmd", NULL };
	assert_false(cordon_run_start(run, command, &err));
	cordon_run_free(run);
	cordon_policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(library__is_the_header_s),
		cmocka_unit_test(library__refuses_what_the_host_does_not_enforce),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Linked with --wrap=os_policy_files, so that the administrator's file lies in the scratch folder. */
#include "os/os.h"
#include "world.h"

bool __wrap_os_policy_files(char **ret_user, char **ret_managed, struct cordon_error *wrap_err);

bool __wrap_os_policy_files(char **ret_user, char **ret_managed, struct cordon_error *wrap_err)
{
	*ret_user = strdup(in_scratch("home/.config/cordon/policy.json"));
	*ret_managed = strdup(in_scratch("managed.json"));
	return (*ret_user && *ret_managed) || cordon_fail_memory(wrap_err);
}

static int setup(void **state)
{
	if (world_setup(state) != 0)
		return -1;
	make_directory(in_scratch("home/.config"));
	make_directory(in_scratch("home/.config/cordon"));
	make_directory(in_scratch("data"));
	return 0;
}

static void write_user(const char *text)
{
	write_file(in_scratch("home/.config/cordon/policy.json"), text);
}

static enum access access_to(const char *path)
{
	return policy_decide_path(run_policy(run), path).access;
}

static bool load_file(const char *name)
{
	return settings_load(settings, SOURCE_FILE, in_scratch("%s", name), &err);
}

static void layers__are_laid_in_their_order(void **state)
{
	(void)state;
	load_default();
	must(make_run(NULL));
	assert_int_equal(access_to(in_scratch("data")), ACCESS_READ);

	write_user("{\"files\": {\"~/../data\": \"write\"}}");
	must(settings_load(settings, SOURCE_USER, NULL, &err));
	must(make_run(NULL));
	assert_int_equal(access_to(in_scratch("data")), ACCESS_WRITE);

	/* a relative path belongs to the folder of the file */
	write_file(in_scratch("policy.json"), "{\"files\": {\"data\": \"none\"}}");
	must(load_file("policy.json"));
	must(make_run(NULL));
	assert_int_equal(access_to(in_scratch("data")), ACCESS_NONE);
	assert_string_equal(policy_decide_path(run_policy(run), in_scratch("data")).rule->origin.file,
			    in_scratch("policy.json"));

	must(settings_set(settings, "--write", "files", "../data", "write", &err));
	must(make_run(NULL));
	assert_int_equal(access_to(in_scratch("data")), ACCESS_WRITE);
	assert_string_equal(policy_decide_path(run_policy(run), in_scratch("data")).rule->origin.file, "--write");
}

/* Settings serve many runs, and none leaves a trace in them. */
static void settings__serve_every_run_alike(void **state)
{
	(void)state;
	load_default();
	must(settings_set(settings, "--hide", "files", in_scratch("data"), "none", &err));
	for (int i = 0; i < 3; i++) {
		must(make_run(NULL));
		assert_int_equal(access_to(in_scratch("data")), ACCESS_NONE);
	}
}

static void user_file__may_be_missing(void **state)
{
	(void)state;
	load_default();
	must(settings_load(settings, SOURCE_USER, NULL, &err));
	must(make_run(NULL));
}

/* A source is checked when it is loaded, and an error takes nothing over. */
static void file__with_an_error_leaves_nothing_behind(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"",
		"[]",
		"{",
		"{\"files\": {\"/\": \"all\"}}",
		"{\"fils\": {}}",
		"{\"files\": {\"data\": \"write\"}} x",
	};
	load_default();
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		write_file(in_scratch("policy.json"), wrong[i]);
		assert_false(load_file("policy.json"));
		assert_int_equal(err.status, CORDON_BAD_POLICY);
		assert_string_equal(err.file, in_scratch("policy.json"));
	}
	assert_false(load_file("missing.json"));
	assert_int_equal(err.status, CORDON_OS_FAILED);
	assert_false(load_file("data"));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
	must(make_run(NULL));
	assert_int_equal(access_to(in_scratch("data")), ACCESS_READ);
}

static void extends__brings_what_lies_beneath(void **state)
{
	(void)state;
	make_directory(in_scratch("base"));
	write_file(in_scratch("base/base.json"), "{\"extends\": \"read-only\", \"files\": {\"../data\": \"write\", "
						 "\"inner\": \"none\"}}");
	write_file(in_scratch("policy.json"), "{\"extends\": \"./base/base.json\", \"files\": {\"data\": \"none\"}}");
	load_default();
	must(load_file("policy.json"));
	must(make_run(NULL));
	assert_int_equal(access_to(in_scratch("data")), ACCESS_NONE);       /* the upper one's word */
	assert_int_equal(access_to(in_scratch("base/inner")), ACCESS_NONE); /* by the lower one's folder */
	assert_int_equal(access_to(in_scratch("work")), ACCESS_READ);       /* the preset that it extends */
}

static void extends__in_a_circle_is_refused(void **state)
{
	(void)state;
	load_default();
	write_file(in_scratch("a.json"), "{\"extends\": \"./b.json\"}");
	write_file(in_scratch("b.json"), "{\"extends\": \"./work/../a.json\"}");
	assert_false(load_file("a.json"));
	assert_int_equal(err.status, CORDON_BAD_POLICY);
	assert_non_null(strstr(err.text, "circle"));

	write_file(in_scratch("self.json"), "{\"extends\": \"self.json\"}");
	assert_false(load_file("self.json"));
	assert_non_null(strstr(err.text, "circle"));

	for (int i = 0; i < 20; i++) {
		char text[64];
		snprintf(text, sizeof text, "{\"extends\": \"./%d.json\"}", i + 1);
		write_file(in_scratch("%d.json", i), text);
	}
	write_file(in_scratch("20.json"), "{}");
	assert_false(load_file("0.json"));
	assert_non_null(strstr(err.text, "more than"));
	must(load_file("10.json"));
}

/* Of two presets one would be void, and which one is nothing to guess. */
static void presets__that_differ_are_refused(void **state)
{
	(void)state;
	write_file(in_scratch("policy.json"), "{\"extends\": \"strict\"}");
	must(settings_load(settings, SOURCE_PRESET, "workspace", &err));
	assert_false(settings_load(settings, SOURCE_PRESET, "strict", &err));
	assert_false(load_file("policy.json"));
	assert_int_equal(err.status, CORDON_BAD_POLICY);
	assert_non_null(strstr(err.text, "strict"));
	assert_non_null(strstr(err.text, "workspace"));

	settings_free(settings);
	settings = settings_new();
	must(load_file("policy.json"));
	assert_false(settings_load(settings, SOURCE_PRESET, "workspace", &err));
	must(settings_load(settings, SOURCE_PRESET, "strict", &err));
	assert_false(settings_load(settings, SOURCE_PRESET, "nonsense", &err));

	/* the user's own file gives way */
	settings_free(settings);
	settings = settings_new();
	write_user("{\"extends\": \"read-only\"}");
	load_default();
	must(settings_load(settings, SOURCE_USER, NULL, &err));
	must(make_run(NULL));
	assert_int_equal(access_to(in_scratch("work")), ACCESS_READ);
	must(load_file("policy.json"));
	must(make_run(NULL));
	assert_int_equal(access_to(in_scratch("work")), ACCESS_WRITE);
}

/* -- bounds --------------------------------------------------------------------------------------------------- */

/* The project's file came with a clone: it may take away and never give. */
static void bounds__are_always_read_and_only_narrow(void **state)
{
	(void)state;
	load_default();
	make_directory(in_scratch("work/kept"));
	write_file(in_scratch("work/.cordon.json"),
		   "{\"files\": {\"kept\": \"read\", \"../data\": \"write\", \"~\": \"write\"}}");
	write_file(in_scratch("managed.json"), "{\"files\": {\"~/../data\": \"none\"}}");
	must(make_run(NULL));
	assert_int_equal(access_to(in_scratch("work/kept")), ACCESS_READ);
	assert_int_equal(policy_decide_path(run_policy(run), in_scratch("work/kept")).rule->origin.layer,
			 LAYER_PROJECT);
	assert_int_equal(access_to(in_scratch("home/x")), ACCESS_READ);
	assert_int_equal(access_to(in_scratch("data")), ACCESS_NONE);
}

static void bounds__make_a_flag_an_error(void **state)
{
	(void)state;
	load_default();
	write_file(in_scratch("managed.json"), "{\"files\": {\"~/../data\": \"read\"}}");
	must(settings_set(settings, "--write", "files", in_scratch("data"), "write", &err));
	assert_false(make_run(NULL));
	assert_non_null(strstr(err.text, "--write"));
	assert_non_null(strstr(err.text, "managed.json"));
}

/* A bound that cannot be read might have said no. */
static void bounds__that_cannot_be_read_stop_the_run(void **state)
{
	(void)state;
	load_default();
	write_file(in_scratch("managed.json"), "{");
	assert_false(make_run(NULL));
	assert_int_equal(err.status, CORDON_BAD_POLICY);
	assert_string_equal(err.file, in_scratch("managed.json"));
	assert_int_equal(unlink(in_scratch("managed.json")), 0);

	assert_int_equal(symlink("nowhere", in_scratch("managed.json")), 0);
	assert_false(make_run(NULL));
	assert_int_equal(unlink(in_scratch("managed.json")), 0);
	make_directory(in_scratch("managed.json"));
	assert_false(make_run(NULL));
	assert_int_equal(rmdir(in_scratch("managed.json")), 0);

	write_file(in_scratch("work/.cordon.json"), "{\"network\": {\"mode\": \"open\"}}");
	assert_false(make_run(NULL));
	assert_string_equal(err.file, in_scratch("work/.cordon.json"));
	assert_int_equal(err.line, 1);
}

/* -- flags ---------------------------------------------------------------------------------------------------- */

static void flag__that_is_wrong_is_named_at_once(void **state)
{
	(void)state;
	static const struct {
		const char *flag, *key, *name, *value;
	} cases[] = {
		{ "--memory", "limits.memory", NULL, "much" }, { "--net", "network.mode", NULL, "on" },
		{ "--write", "files", "/x", "all" },           { "--write", "files", "", "write" },
		{ "--accept", "accept", NULL, "nothing" },     { "--what", "what", NULL, "x" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_false(settings_set(settings, cases[i].flag, cases[i].key, cases[i].name, cases[i].value, &err));
		assert_int_equal(err.status, CORDON_BAD_USAGE);
		assert_non_null(strstr(err.text, cases[i].flag));
	}
}

/* What stands on the command line is a path, whatever characters are in it; a pattern that nothing is named by
 * would hold nothing, and is an error.
 */
static void flag__path_is_no_pattern(void **state)
{
	(void)state;
	load_default();
	make_directory(in_scratch("data/*"));
	make_directory(in_scratch("data/x"));
	must(settings_set(settings, "--write", "files", in_scratch("data/*"), "write", &err));
	must(settings_set(settings, "--hide", "files", "~/private", "none", &err));
	must(make_run(NULL));
	assert_int_equal(access_to(in_scratch("data/*")), ACCESS_WRITE);
	assert_int_equal(access_to(in_scratch("data/x")), ACCESS_READ);
	assert_int_equal(access_to(in_scratch("home/private")), ACCESS_NONE);

	make_directory(in_scratch("data/${x}"));
	must(settings_set(settings, "--write", "files", in_scratch("data/${x}"), "write", &err));
	must(make_run(NULL));
	assert_int_equal(access_to(in_scratch("data/${x}")), ACCESS_WRITE);
	assert_false(settings_set(settings, "--hide", "files", "**/.env", "none", &err));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
}

/* -- globs ---------------------------------------------------------------------------------------------------- */

static void globs__hold_what_is_there(void **state)
{
	(void)state;
	must(settings_load(settings, SOURCE_PRESET, "strict", &err));
	make_directory(in_scratch("work/a"));
	write_file(in_scratch("work/a/.env"), "secret");
	write_file(in_scratch("work/.env"), "secret");
	must(make_run(NULL));
	assert_int_equal(access_to(in_scratch("work/.env")), ACCESS_NONE);
	assert_int_equal(access_to(in_scratch("work/a/.env")), ACCESS_NONE);
	assert_int_equal(access_to(in_scratch("work/a")), ACCESS_WRITE);
}

static void plan__for_windows_is_made_anywhere(void **state)
{
	(void)state;
	load_default();
	write_file(in_scratch("policy.json"), "{\"files\": {\"data\": \"read\"}}");
	must(load_file("policy.json"));
	must(make_run("windows"));
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	must(run_plan(run, &text, &err));
	CORDON_ON_EXIT(decref) json_t *plan = parse(&text);
	assert_non_null(json_object_get(plan, "windows"));
	assert_int_equal(fake.probed, 0);

	assert_false(make_run("plan9"));
	assert_int_equal(err.status, CORDON_BAD_USAGE);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(layers__are_laid_in_their_order),
		TEST(settings__serve_every_run_alike),
		TEST(user_file__may_be_missing),
		TEST(file__with_an_error_leaves_nothing_behind),
		TEST(extends__brings_what_lies_beneath),
		TEST(extends__in_a_circle_is_refused),
		TEST(presets__that_differ_are_refused),
		TEST(bounds__are_always_read_and_only_narrow),
		TEST(bounds__make_a_flag_an_error),
		TEST(bounds__that_cannot_be_read_stop_the_run),
		TEST(flag__that_is_wrong_is_named_at_once),
		TEST(flag__path_is_no_pattern),
		TEST(globs__hold_what_is_there),
		TEST(plan__for_windows_is_made_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

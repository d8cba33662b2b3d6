#include <pwd.h>

#include "base/scope.h"
#include "os/os.h"
#include "scratch.h"

static struct cordon_error err;

static int setup(void **state)
{
	err = (struct cordon_error)CORDON_ERROR_INIT;
	return scratch_setup(state);
}

static struct facts *survey(const char *workspace)
{
	struct facts *facts;
	if (!os_survey_host(workspace, &facts, &err))
		fail_msg("%s", err.text);
	return facts;
}

static const char *value_of(const struct facts *facts, const char *name)
{
	const struct variable *variable = facts_find_variable(facts, name, strlen(name));
	assert_non_null(variable);
	assert_int_equal(variable->count, 1);
	return variable->values[0];
}

static void host__names_its_folders(void **state)
{
	(void)state;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey(NULL);
	assert_string_equal(facts->home, in_scratch("home"));
	assert_string_equal(facts->workspace, in_scratch("work"));
	assert_string_equal(facts->directory, in_scratch("work"));
	assert_string_equal(facts->temp, "/tmp");
	assert_string_equal(facts->state, in_scratch("home/.local/state/cordon"));
	assert_string_equal(value_of(facts, "home"), in_scratch("home"));
	assert_string_equal(value_of(facts, "config"), in_scratch("home/.config"));
	assert_string_equal(value_of(facts, "cache"), in_scratch("home/.cache"));
	assert_string_equal(value_of(facts, "state"), facts->state);
	assert_string_equal(value_of(facts, "temp"), "/tmp");
	assert_int_equal(facts->user_id, geteuid());
	assert_true(facts->processors > 0);
	assert_true(facts->memory > (16u << 20));
}

/* A rule on ~/.ssh must not fall on ./.ssh, or on nothing, because of how HOME is spelt. */
static void home__is_absolute_or_the_users(void **state)
{
	(void)state;
	const struct passwd *user = getpwuid(getuid());
	if (!user) {
		print_message("the user is not in the user database\n");
		skip();
	}
	static const char *const values[] = { NULL, "", "relative", "./x" };
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		if (values[i])
			setenv("HOME", values[i], 1);
		else
			unsetenv("HOME");
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey(NULL);
		assert_string_equal(facts->home, user->pw_dir);
	}
	setenv("HOME", in_scratch("home//../home/"), 1);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey(NULL);
	assert_string_equal(facts->home, in_scratch("home"));
}

/* Where HOME names another directory, the account's keys are where they were. */
static void account_home__is_known_beside_another_home(void **state)
{
	(void)state;
	const struct passwd *user = getpwuid(getuid());
	struct stat status;
	if (!user || stat(user->pw_dir, &status) != 0 || status.st_uid != getuid()) {
		print_message("the account has no home of its own\n");
		skip();
	}
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey(NULL);
	assert_string_equal(facts->account_home, user->pw_dir);
	setenv("HOME", user->pw_dir, 1);
	CORDON_ON_EXIT(facts_free_at) struct facts *same = survey(NULL);
	assert_null(same->account_home);
}

static void folders__follow_xdg_when_absolute(void **state)
{
	(void)state;
	setenv("XDG_CONFIG_HOME", "/c/", 1);
	setenv("XDG_STATE_HOME", "relative", 1);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey(NULL);
	assert_string_equal(value_of(facts, "config"), "/c");
	assert_string_equal(facts->state, in_scratch("home/.local/state/cordon"));

	char *user, *managed;
	assert_true(os_policy_files(&user, &managed, &err));
	assert_string_equal(user, "/c/cordon/policy.json");
	assert_string_equal(managed, "/etc/cordon/policy.json");
	free(user);
	free(managed);
}

static void workspace__is_where_its_links_lead(void **state)
{
	(void)state;
	make_directory(in_scratch("work/inner"));
	assert_int_equal(symlink("work", in_scratch("link")), 0);
	assert_int_equal(chdir(in_scratch("work/inner")), 0);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey(in_scratch("link"));
	assert_string_equal(facts->workspace, in_scratch("work"));
	assert_string_equal(facts->directory, in_scratch("work/inner"));

	/* /x/work is no folder of /x/wor */
	make_directory(in_scratch("wor"));
	CORDON_ON_EXIT(facts_free_at) struct facts *other = survey(in_scratch("wor"));
	assert_string_equal(other->directory, in_scratch("wor"));
}

static void workspace__that_is_none_is_named(void **state)
{
	(void)state;
	write_file(in_scratch("file"), "");
	const char *const wrong[] = { in_scratch("missing"), in_scratch("file"), "" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct facts *facts;
		assert_false(os_survey_host(wrong[i], &facts, &err));
		assert_non_null(strstr(err.text, wrong[i]));
		assert_non_null(strstr(err.text, "workspace"));
	}
}

static void environment__is_copied(void **state)
{
	(void)state;
	setenv("CORDON_TEST_VALUE", "a=b", 1);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey(NULL);
	bool is_found = false;
	for (char **entry = facts->environment; *entry; entry++)
		is_found |= strcmp(*entry, "CORDON_TEST_VALUE=a=b") == 0;
	assert_true(is_found);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(host__names_its_folders),
		TEST(home__is_absolute_or_the_users),
		TEST(folders__follow_xdg_when_absolute),
		TEST(workspace__is_where_its_links_lead),
		TEST(workspace__that_is_none_is_named),
		TEST(environment__is_copied),
		TEST(account_home__is_known_beside_another_home),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The profile that `cordon setup` makes where AppArmor wants one, below a folder that stands for "/", with a parser of the
 * test's. What AppArmor makes of it is not tested here.
 */
#include "backend/linux/profile.h"
#include "base/scope.h"
#include "os/os.h"
#include "scratch.h"

static bool parser_fails, parser_lies;

#define LIST "root/sys/kernel/security/apparmor/profiles"

static bool load(const char *root, const char *path, bool drops, struct cordon_error *err)
{
	(void)root;
	if (parser_fails)
		return cordon_fail(err, CORDON_UNSUPPORTED, "the parser refuses");
	assert_true(os_exists(path));
	if (!parser_lies)
		write_file(in_scratch(LIST), drops ? "other (enforce)\n" : "other (enforce)\ncordon (unconfined)\n");
	return true;
}

static int make_host(void **state)
{
	static const char *const folders[] = { "",
					       "/proc",
					       "/proc/sys",
					       "/proc/sys/kernel",
					       "/etc",
					       "/etc/apparmor.d",
					       "/sys",
					       "/sys/kernel",
					       "/sys/kernel/security",
					       "/sys/kernel/security/apparmor",
					       "/usr",
					       "/usr/bin" };
	int status = scratch_setup(state);
	parser_fails = parser_lies = false;
	if (status != 0)
		return status;
	umask(022);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		make_directory(in_scratch("root%s", folders[i]));
	write_file(in_scratch("root/proc/sys/kernel/apparmor_restrict_unprivileged_userns"), "1\n");
	write_file(in_scratch(LIST), "other (enforce)\n");
	write_file(in_scratch("root/usr/bin/cordon"), "");
	return 0;
}

static bool change(bool is_removal, bool is_trial, struct text *changes, bool *ret_is_needed, struct cordon_error *err)
{
	char root[SCRATCH_ROOM];
	snprintf(root, sizeof root, "%s", in_scratch("root"));
	const struct profile_place place = { root, "/usr/bin/cordon", geteuid(), load };
	const struct setup_wish wish = { .is_removal = is_removal, .is_trial = is_trial };
	*err = (struct cordon_error)CORDON_ERROR_INIT;
	return profile_change(&place, &wish, changes, ret_is_needed, err);
}

static bool has_profile(void)
{
	return os_exists(in_scratch("root/etc/apparmor.d/cordon"));
}

static bool is_loaded(void)
{
	CORDON_ON_EXIT(text_free) struct text list = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(os_read_file(in_scratch(LIST), 4096, &list, &err));
	return strstr(text_str(&list), "\ncordon (unconfined)");
}

static void profile__is_made_once_and_removed(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	CORDON_ON_EXIT(text_free) struct text profile = { 0 };
	struct cordon_error err;
	bool is_needed = false;
	assert_true(change(false, true, &changes, &is_needed, &err) && is_needed && !has_profile());
	assert_true(changes.length > 0);
	text_free(&changes);
	if (!change(false, false, &changes, &is_needed, &err))
		fail_msg("%s", err.text);
	assert_true(has_profile() && is_loaded() && changes.length > 0);
	assert_true(os_read_file(in_scratch("root/etc/apparmor.d/cordon"), 4096, &profile, &err));
	assert_non_null(strstr(text_str(&profile), "profile cordon /usr/bin/cordon flags=(unconfined) {\n  userns,\n"));
	text_free(&changes);
	assert_true(change(false, false, &changes, &is_needed, &err) && changes.length == 0);
	assert_true(change(true, false, &changes, &is_needed, &err) && changes.length > 0);
	assert_true(!has_profile() && !is_loaded());
	text_free(&changes);
	assert_true(change(true, false, &changes, &is_needed, &err) && changes.length == 0);
}

/* Elsewhere nothing is needed, and nothing is done. */
static void profile__is_not_needed_where_nothing_asks_for_it(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	struct cordon_error err;
	bool is_needed = true;
	write_file(in_scratch("root/proc/sys/kernel/apparmor_restrict_unprivileged_userns"), "0\n");
	assert_true(change(false, false, &changes, &is_needed, &err) && !is_needed && !has_profile());
	assert_int_equal(unlink(in_scratch("root/proc/sys/kernel/apparmor_restrict_unprivileged_userns")), 0);
	assert_true(change(true, false, &changes, &is_needed, &err) && !is_needed);
	assert_int_equal(changes.length, 0);
}

/* A profile for a place where others write would be theirs as well. */
static void profile__is_not_made_for_what_others_write(void **state)
{
	(void)state;
	static const char *const places[] = { "root/usr/bin/cordon", "root/usr/bin", "root/usr" };
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		CORDON_ON_EXIT(text_free) struct text changes = { 0 };
		struct cordon_error err;
		bool is_needed;
		assert_int_equal(chmod(in_scratch("%s", places[i]), 0777), 0);
		assert_false(change(false, false, &changes, &is_needed, &err));
		assert_non_null(strstr(err.text, "only root writes"));
		assert_false(has_profile());
		assert_int_equal(chmod(in_scratch("%s", places[i]), 0755), 0);
	}
}

/* The administrator's own profile is neither overwritten nor removed. */
static void profile__of_somebody_elses_is_left(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	struct cordon_error err;
	bool is_needed;
	write_file(in_scratch("root/etc/apparmor.d/cordon"), "profile cordon /opt/cordon { }\n");
	assert_false(change(false, false, &changes, &is_needed, &err));
	assert_non_null(strstr(err.text, "is left"));
	assert_true(change(true, false, &changes, &is_needed, &err) && has_profile() && changes.length == 0);
}

static void profile__that_is_not_loaded_does_not_stay(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	struct cordon_error err;
	bool is_needed;
	parser_fails = true;
	assert_false(change(false, false, &changes, &is_needed, &err));
	assert_non_null(strstr(err.text, "the parser refuses"));
	assert_false(has_profile());
	parser_fails = false;
	parser_lies = true;
	assert_false(change(false, false, &changes, &is_needed, &err));
	assert_non_null(strstr(err.text, "no such profile"));
	assert_false(has_profile());
	/* What is loaded stays in the folder as long. */
	parser_lies = false;
	assert_true(change(false, false, &changes, &is_needed, &err));
	parser_lies = true;
	assert_false(change(true, false, &changes, &is_needed, &err));
	assert_true(has_profile());
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_host, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(profile__is_made_once_and_removed),
		TEST(profile__is_not_needed_where_nothing_asks_for_it),
		TEST(profile__is_not_made_for_what_others_write),
		TEST(profile__of_somebody_elses_is_left),
		TEST(profile__that_is_not_loaded_does_not_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What holds a missing name, when the world has moved since the survey. */
#include <errno.h>

#include "backend/linux/cage.h"
#include "check.h"
#include "policy/plan.h"
#include "scratch.h"

static struct plan_mount mount_of(const char *path, bool is_held)
{
	return (struct plan_mount){ .kind = MOUNT_BIND, .path = path, .is_directory = true, .is_held = is_held };
}

static struct placeholders *make(struct plan_mount *mount)
{
	struct plan plan = { .mounts = { .items = mount, .count = 1 } };
	struct placeholders *made = NULL;
	struct cordon_error err = { 0 };
	assert_true(placeholders_make(&plan, &made, &err));
	return made;
}

static bool is_marked_directory(const char *path)
{
	struct stat status;
	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX);
}

/* The survey saw the placeholder of a killed run, whose janitor took it away meanwhile. */
static void placeholder__that_went_is_made_again(void **state)
{
	(void)state;
	const char *path = in_scratch("work/.agents");
	struct plan_mount mount = mount_of(path, true);
	struct placeholders *made = make(&mount);
	assert_true(is_marked_directory(path));
	assert_int_not_equal(mount.inode, 0);
	placeholders_free(made);
	assert_int_equal(access(path, F_OK), -1);
}

static void placeholder__of_a_name_nobody_holds_is_not_made(void **state)
{
	(void)state;
	const char *path = in_scratch("work/library");
	struct plan_mount mount = mount_of(path, false);
	struct placeholders *made = make(&mount);
	assert_int_equal(placeholders_count(made), 0);
	placeholders_free(made);
	assert_int_equal(access(path, F_OK), -1);
}

static void placeholder__is_shared_and_the_last_run_removes_it(void **state)
{
	(void)state;
	const char *path = in_scratch("work/.agents");
	struct plan_mount first = mount_of(path, true), second = first;
	first.is_missing = true;
	struct placeholders *of_first = make(&first), *of_second = make(&second);
	assert_int_equal(first.inode, second.inode);
	placeholders_free(of_first);
	assert_true(is_marked_directory(path));
	placeholders_free(of_second);
	assert_int_equal(access(path, F_OK), -1);
}

static void placeholder__is_not_what_the_user_has_made(void **state)
{
	(void)state;
	const char *path = in_scratch("work/.agents");
	make_directory(path);
	struct plan_mount mount = mount_of(path, true);
	struct placeholders *made = make(&mount);
	assert_int_equal(placeholders_count(made), 0);
	placeholders_free(made);
	assert_int_equal(rmdir(path), 0);
}

/* The command of another run lays a link in the way, to where something else has the name: here, the same thing. */
static void placeholder__is_not_removed_through_a_link(void **state)
{
	(void)state;
	make_directory(in_scratch("work/folder"));
	const char *path = in_scratch("work/folder/.agents");
	struct plan_mount mount = mount_of(path, true);
	struct placeholders *made = make(&mount);
	assert_int_equal(rename(in_scratch("work/folder"), in_scratch("work/moved")), 0);
	assert_int_equal(symlink("moved", in_scratch("work/folder")), 0);
	placeholders_free(made);
	assert_true(is_marked_directory(in_scratch("work/moved/.agents")));
	assert_int_equal(rmdir(in_scratch("work/moved/.agents")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placeholder__that_went_is_made_again),
		cmocka_unit_test(placeholder__of_a_name_nobody_holds_is_not_made),
		cmocka_unit_test(placeholder__is_shared_and_the_last_run_removes_it),
		cmocka_unit_test(placeholder__is_not_what_the_user_has_made),
		cmocka_unit_test(placeholder__is_not_removed_through_a_link),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}

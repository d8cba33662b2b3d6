#include "base/scope.h"
#include "os/os.h"
#include "scratch.h"

static struct cordon_error err;

struct seen {
	char names[SCRATCH_ROOM]; /* of the root's below, each in <> */
	size_t count;
	size_t stop_at; /* 0: never */
};

static int setup(void **state)
{
	err = (struct cordon_error)CORDON_ERROR_INIT;
	return scratch_setup(state);
}

static bool note(void *context, const char *path, struct cordon_error *walk_err)
{
	struct seen *seen = context;
	size_t length = strlen(seen->names);
	snprintf(seen->names + length, sizeof seen->names - length, "<%s>", path + strlen(in_scratch("work")));
	if (++seen->count == seen->stop_at)
		return cordon_fail(walk_err, CORDON_BAD_USAGE, "enough");
	return true;
}

static bool walk(struct seen *seen, size_t *budget)
{
	return os_walk(in_scratch("work"), budget, os_clock() + 10000, note, seen, &err);
}

/* A link could lead out, or round in a circle. */
static void walk__sees_everything_and_follows_no_link(void **state)
{
	(void)state;
	struct seen seen = { 0 };
	size_t budget = 100;
	make_directory(in_scratch("work/a"));
	make_directory(in_scratch("work/a/b"));
	write_file(in_scratch("work/a/b/.env"), "");
	write_file(in_scratch("work/new\nline"), "");
	write_file(in_scratch("home/outside"), "");
	assert_int_equal(symlink("../home", in_scratch("work/out")), 0);
	assert_int_equal(symlink(".", in_scratch("work/circle")), 0);
	assert_true(walk(&seen, &budget));
	assert_int_equal(seen.count, 6);
	assert_int_equal(budget, 94);
	static const char *const expected[] = {
		"</a>", "</a/b>", "</a/b/.env>", "</new\nline>", "</out>", "</circle>"
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		assert_non_null(strstr(seen.names, expected[i]));
}

/* Of more entries than there is budget for, some would not have been looked at: the run must not start. */
static void walk__stops_with_its_budget(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		write_file(in_scratch("work/%d", i), "");
	struct seen seen = { 0 };
	size_t budget = 10;
	assert_true(walk(&seen, &budget));
	budget = 9;
	assert_false(walk(&seen, &budget));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "9"));
}

static void walk__stops_with_its_time(void **state)
{
	(void)state;
	struct seen seen = { 0 };
	size_t budget = 10;
	write_file(in_scratch("work/x"), "");
	assert_false(os_walk(in_scratch("work"), &budget, os_clock(), note, &seen, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
}

static void walk__stops_with_the_visitors_error(void **state)
{
	(void)state;
	struct seen seen = { .stop_at = 2 };
	size_t budget = 100;
	for (int i = 0; i < 10; i++)
		write_file(in_scratch("work/%d", i), "");
	assert_false(walk(&seen, &budget));
	assert_string_equal(err.text, "enough");
	assert_int_equal(seen.count, 2);
}

/* A root that was exchanged since it was surveyed: walking nothing would look like finding nothing. */
static void walk__of_what_is_no_directory_fails(void **state)
{
	(void)state;
	struct seen seen = { 0 };
	size_t budget = 100;
	write_file(in_scratch("file"), "");
	assert_int_equal(symlink("work", in_scratch("link")), 0);
	make_directory(in_scratch("work/inner"));
	const char *const roots[] = { in_scratch("link"), in_scratch("link/inner"), in_scratch("file"),
				      in_scratch("missing") };
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
		assert_false(os_walk(roots[i], &budget, os_clock() + 10000, note, &seen, &err));
		assert_non_null(strstr(err.text, roots[i]));
	}
	assert_int_equal(seen.count, 0);
}

/* What the user cannot list now, the command could open with chmod. */
static void walk__refuses_what_its_owner_hides(void **state)
{
	(void)state;
	if (geteuid() == 0) {
		print_message("root lists everything\n");
		skip();
	}
	struct seen seen = { 0 };
	size_t budget = 100;
	make_directory(in_scratch("work/closed"));
	assert_int_equal(chmod(in_scratch("work/closed"), 0), 0);
	bool is_walked = walk(&seen, &budget);
	chmod(in_scratch("work/closed"), 0700);
	assert_false(is_walked);
	assert_non_null(strstr(err.text, "closed"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(walk__sees_everything_and_follows_no_link),
		TEST(walk__stops_with_its_budget),
		TEST(walk__stops_with_its_time),
		TEST(walk__stops_with_the_visitors_error),
		TEST(walk__of_what_is_no_directory_fails),
		TEST(walk__refuses_what_its_owner_hides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

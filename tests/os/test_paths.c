#include <limits.h>

#include "base/scope.h"
#include "os/os.h"
#include "scratch.h"

static struct cordon_error err;

static void begin(void)
{
	err = (struct cordon_error)CORDON_ERROR_INIT;
}

static void link_to(const char *target, const char *name)
{
	assert_int_equal(symlink(target, name), 0);
}

static struct facts *survey(const char *path)
{
	begin();
	struct facts *facts = facts_new(TARGET_LINUX);
	char *const paths[] = { (char *)(uintptr_t)path, NULL };
	facts->user_id = geteuid();
	if (!os_survey_paths(facts, paths, &err))
		fail_msg("%s", err.text);
	return facts;
}

/* A rule holds where its path lands, however many links lie between. */
static void paths__land_behind_every_link(void **state)
{
	(void)state;
	make_directory(in_scratch("real"));
	make_directory(in_scratch("real/deep"));
	write_file(in_scratch("real/deep/file"), "x");
	link_to("real", in_scratch("one"));
	link_to("one/deep", in_scratch("two"));
	link_to(in_scratch("two"), in_scratch("real/three"));
	link_to("../real/./deep/../deep/file", in_scratch("real/winding"));
	link_to("missing", in_scratch("dangling"));
	link_to("/nowhere/at/../all", in_scratch("far"));
	static const struct {
		const char *path, *landing;
		enum path_type type;
	} cases[] = {
		{ "real/deep/file", "real/deep/file", PATH_FILE },
		{ "one", "real", PATH_DIRECTORY },
		{ "two/file", "real/deep/file", PATH_FILE },
		{ "real/three/file", "real/deep/file", PATH_FILE },
		{ "real/winding", "real/deep/file", PATH_FILE },
		{ "two/..", "real", PATH_DIRECTORY }, /* as the kernel goes, not as it is spelt */
		{ "two/../deep", "real/deep", PATH_DIRECTORY },
		{ "real//deep/./", "real/deep", PATH_DIRECTORY },
		{ "dangling", "missing", PATH_MISSING },
		{ "dangling/below", "missing/below", PATH_MISSING },
		{ "two/new/tail", "real/deep/new/tail", PATH_MISSING },
		{ "real/deep/file/below", "real/deep/file/below", PATH_MISSING },
		{ "new/../real", "real", PATH_DIRECTORY },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey(in_scratch("%s", cases[i].path));
		const struct path_fact *fact = facts_find_path(facts, in_scratch("%s", cases[i].path));
		assert_non_null(fact);
		assert_string_equal(fact->landing, in_scratch("%s", cases[i].landing));
		assert_int_equal(fact->type, cases[i].type);
	}
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey(in_scratch("far"));
	assert_string_equal(facts_find_path(facts, in_scratch("far"))->landing, "/nowhere/all");
}

/* The backend opens what the survey saw and nothing that took its place: the identity must be the landing's. */
static void paths__carry_the_identity_of_the_landing(void **state)
{
	struct stat status;
	(void)state;
	write_file(in_scratch("file"), "x");
	assert_int_equal(link(in_scratch("file"), in_scratch("other name")), 0);
	link_to("file", in_scratch("link"));
	assert_int_equal(stat(in_scratch("file"), &status), 0);

	CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey(in_scratch("link"));
	const struct path_fact *fact = facts_find_path(facts, in_scratch("link"));
	assert_int_equal(fact->device, status.st_dev);
	assert_int_equal(fact->inode, status.st_ino);
	assert_int_equal(fact->links, 2);
	assert_true(fact->parent_exists);
	assert_true(fact->parent_is_users);

	CORDON_ON_EXIT(facts_free_at) struct facts *missing = survey(in_scratch("a/b"));
	fact = facts_find_path(missing, in_scratch("a/b"));
	assert_int_equal(fact->device, 0);
	assert_int_equal(fact->inode, 0);
	assert_false(fact->parent_exists);
}

/* The planner pins directories above a landing, and needs to know them. */
static void paths__bring_the_directories_above_along(void **state)
{
	(void)state;
	make_directory(in_scratch("real"));
	link_to("real", in_scratch("link"));
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey(in_scratch("link/missing/name"));
	const char *const above[] = { "/", "/var", "/var/tmp", scratch, in_scratch("real") };
	for (size_t i = 0; i < sizeof above / sizeof *above; i++) {
		const struct path_fact *fact = facts_find_path(facts, above[i]);
		assert_non_null(fact);
		assert_int_equal(fact->type, PATH_DIRECTORY);
		assert_string_equal(fact->landing, above[i]);
		assert_int_not_equal(fact->inode, 0);
	}
	assert_null(facts_find_path(facts, in_scratch("real/missing")));
	assert_true(facts->root_is_listed);
	assert_non_null(facts_find_path(facts, "/etc"));
}

/* What is in the root matters only where it is closed, and a link to it is another name for closing it. */
static void paths__list_the_root_where_it_may_be_closed(void **state)
{
	(void)state;
	link_to("/", in_scratch("all"));
	static const struct {
		bool stays_open;
		const char *path;
		bool is_listed;
	} cases[] = {
		{ false, "work", true },
		{ true, "work", false },
		{ true, "all", true },
		{ true, "all/etc", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		begin();
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
		char path[256];
		snprintf(path, sizeof path, "%s", in_scratch("%s", cases[i].path));
		char *const paths[] = { path, NULL };
		facts->root_stays_open = cases[i].stays_open;
		assert_true(os_survey_paths(facts, paths, &err));
		assert_int_equal(facts->root_is_listed, cases[i].is_listed);
		assert_int_equal(facts_find_path(facts, "/usr") != NULL, cases[i].is_listed);
	}
}

/* A rule's path is looked at by its links each time: what an earlier one said of a name below them is no answer. */
static void paths__in_one_survey_agree_with_each_alone(void **state)
{
	(void)state;
	make_directory(in_scratch("d"));
	make_directory(in_scratch("d/e"));
	write_file(in_scratch("d/f"), "x");
	link_to("d", in_scratch("l"));
	link_to("../l/e", in_scratch("d/m"));
	link_to("gone/x", in_scratch("d/g"));
	static const char *const names[] = {
		"d",   "d/e",   "d/e/x", "d/f",  "d/f/x",  "d/g", "d/g/y", "d/m",      "d/m/x",
		"d/x", "d/x/y", "d/x/z", "gone", "gone/x", "l",   "l/e",   "l/e/x",    "l/f",
		"l/g", "l/m",   "l/m/x", "l/x",  "l/x/y",  "l/.", "l/..",  "l/e/../f",
	};
	enum { COUNT = sizeof names / sizeof *names };
	char *paths[2 * COUNT + 1];
	/* Forwards, then backwards: whichever comes first. */
	for (int order = 0; order < 2; order++) {
		begin();
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
		facts->user_id = geteuid();
		for (size_t i = 0; i < COUNT; i++)
			assert_true(asprintf(&paths[i], "%s/%s", scratch, names[order ? COUNT - 1 - i : i]) > 0);
		paths[COUNT] = NULL;
		assert_true(os_survey_paths(facts, paths, &err));
		for (size_t i = 0; i < COUNT; i++) {
			CORDON_ON_EXIT(facts_free_at) struct facts *alone = survey(paths[i]);
			const struct path_fact *a = facts_find_path(facts, paths[i]);
			const struct path_fact *b = facts_find_path(alone, paths[i]);
			assert_true(a && b);
			if (strcmp(a->landing, b->landing) != 0 || a->type != b->type || a->inode != b->inode ||
			    a->parent_exists != b->parent_exists || a->parent_is_users != b->parent_is_users ||
			    a->links != b->links || a->device != b->device)
				fail_msg("%s: %s (%d), alone %s (%d)", paths[i], a->landing, a->type, b->landing,
					 b->type);
			free(paths[i]);
		}
	}
}

/* Asked twice, or for what came along already, a path has one fact: two could disagree. */
static void paths__have_one_fact_each(void **state)
{
	(void)state;
	begin();
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
	char work[256];
	snprintf(work, sizeof work, "%s", in_scratch("work"));
	char *const paths[] = { work, scratch, work, NULL };
	assert_true(os_survey_paths(facts, paths, &err));
	size_t count = facts->paths.count;
	assert_true(os_survey_paths(facts, paths, &err));
	assert_int_equal(facts->paths.count, count);
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++)
			assert_string_not_equal(facts->paths.items[i].path, facts->paths.items[j].path);
}

/* Thousands of matches of a glob are no reason to take seconds, nor is growth of the table one to lose any. */
static void paths__are_found_again_among_thousands(void **state)
{
	enum { COUNT = 5000 };
	(void)state;
	begin();
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
	static char *paths[COUNT + 1];
	for (int i = 0; i < COUNT; i++)
		assert_true(asprintf(&paths[i], "%s/work/%d", scratch, i) > 0);
	uint64_t start = os_clock();
	assert_true(os_survey_paths(facts, paths, &err));
	assert_true(os_clock() - start < 2000);
	for (int i = 0; i < COUNT; i++) {
		assert_non_null(facts_find_path(facts, paths[i]));
		free(paths[i]);
	}
}

/* A link that leads in a circle lands nowhere; a rule on it would hold nothing. */
static void paths__that_lead_in_a_circle_are_refused(void **state)
{
	(void)state;
	begin();
	link_to("b", in_scratch("a"));
	link_to("a", in_scratch("b"));
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
	char path[256];
	snprintf(path, sizeof path, "%s", in_scratch("a/x"));
	char *const paths[] = { path, NULL };
	assert_false(os_survey_paths(facts, paths, &err));
	assert_int_equal(err.status, CORDON_OS_FAILED);
	assert_non_null(strstr(err.text, scratch));
}

static void paths__may_be_named_anything(void **state)
{
	(void)state;
	static const char *const names[] = {
		" ", "a\nb", "'\"", "*", "-x", "\xff\xfe", "\xc3\xa4", "~", "${x}", "a\\b"
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		write_file(in_scratch("%s", names[i]), "x");
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey(in_scratch("%s", names[i]));
		const struct path_fact *fact = facts_find_path(facts, in_scratch("%s", names[i]));
		assert_string_equal(fact->landing, in_scratch("%s", names[i]));
		assert_int_equal(fact->type, PATH_FILE);
	}
}

/* As long as the kernel takes: found. Longer: an error, for there a rule would hold nothing. */
static void paths__are_as_long_as_the_kernel_takes(void **state)
{
	char path[SCRATCH_ROOM];
	(void)state;
	snprintf(path, sizeof path, "%s", scratch);
	for (int i = 0; strlen(path) + 202 < PATH_MAX - 1; i++) {
		size_t length = strlen(path);
		snprintf(path + length, sizeof path - length, "/%0200d", i);
		make_directory(path);
	}
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey(path);
	assert_int_equal(facts_find_path(facts, path)->type, PATH_DIRECTORY);

	size_t length = strlen(path);
	memset(path + length, 'x', 300);
	path[length] = '/';
	path[length + 300] = '\0';
	char *const paths[] = { path, NULL };
	assert_false(os_survey_paths(facts, paths, &err));
}

static void paths__out_of_reach_count_as_missing(void **state)
{
	(void)state;
	if (geteuid() == 0) {
		print_message("root reaches everything\n");
		skip();
	}
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = survey("/root/.ssh/key");
	assert_string_equal(facts_find_path(facts, "/root/.ssh/key")->landing, "/root/.ssh/key");
	assert_int_equal(facts_find_path(facts, "/root/.ssh/key")->type, PATH_MISSING);
}

static void landing__of_one_path_is_found(void **state)
{
	char *landing;
	enum path_type type;
	(void)state;
	begin();
	link_to("work", in_scratch("link"));
	assert_true(os_find_landing(in_scratch("link/new"), &landing, &type, &err));
	assert_string_equal(landing, in_scratch("work/new"));
	assert_int_equal(type, PATH_MISSING);
	free(landing);
	assert_true(os_find_landing("/", &landing, &type, &err));
	assert_string_equal(landing, "/");
	assert_int_equal(type, PATH_DIRECTORY);
	free(landing);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(paths__land_behind_every_link),
		TEST(paths__carry_the_identity_of_the_landing),
		TEST(paths__bring_the_directories_above_along),
		TEST(paths__list_the_root_where_it_may_be_closed),
		TEST(paths__in_one_survey_agree_with_each_alone),
		TEST(paths__have_one_fact_each),
		TEST(paths__are_found_again_among_thousands),
		TEST(paths__that_lead_in_a_circle_are_refused),
		TEST(paths__may_be_named_anything),
		TEST(paths__are_as_long_as_the_kernel_takes),
		TEST(paths__out_of_reach_count_as_missing),
		TEST(landing__of_one_path_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

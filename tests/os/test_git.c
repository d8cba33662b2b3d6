#include "base/scope.h"
#include "os/os.h"
#include "scratch.h"

static struct cordon_error err;
static struct facts *facts;

static int setup(void **state)
{
	err = (struct cordon_error)CORDON_ERROR_INIT;
	facts = facts_new(TARGET_LINUX);
	return scratch_setup(state);
}

static int teardown(void **state)
{
	facts = facts_free(facts);
	return scratch_teardown(state);
}

/* What git takes for a git directory. */
static void make_git(const char *path)
{
	char name[SCRATCH_ROOM];
	make_directory(path);
	snprintf(name, sizeof name, "%s/objects", path);
	make_directory(name);
	snprintf(name, sizeof name, "%s/refs", path);
	make_directory(name);
	snprintf(name, sizeof name, "%s/HEAD", path);
	write_file(name, "ref: refs/heads/main\n");
}

/* The values of `git` for one root, as one string. */
static const char *git_of(const char *root)
{
	static char values[SCRATCH_ROOM];
	char *const roots[] = { (char *)(uintptr_t)root, NULL };
	assert_true(os_survey_git(facts, roots, &err));
	const struct variable *git = facts_find_variable(facts, "git", 3);
	assert_non_null(git);
	values[0] = '\0';
	for (size_t i = 0; i < git->count; i++) {
		assert_true(strncmp(git->values[i], scratch, strlen(scratch)) == 0);
		strcat(values, i ? " " : "");
		strcat(values, git->values[i] + strlen(scratch) + 1);
	}
	return values;
}

static void git__is_the_directory_in_a_root(void **state)
{
	(void)state;
	assert_string_equal(git_of(in_scratch("work")), "");
	make_directory(in_scratch("work/.git")); /* half made, but git's own once it is */
	assert_string_equal(git_of(in_scratch("work")), "work/.git");
	assert_string_equal(git_of(in_scratch("missing")), "work/.git");
}

/* A linked worktree: its hooks and settings are read in the repository, which names the worktree in turn. */
static void git__of_a_linked_worktree_is_the_repositorys(void **state)
{
	(void)state;
	make_directory(in_scratch("main"));
	make_git(in_scratch("main/.git"));
	make_directory(in_scratch("main/.git/worktrees"));
	make_directory(in_scratch("main/.git/worktrees/w"));
	write_file(in_scratch("main/.git/worktrees/w/HEAD"), "ref: refs/heads/x\n");
	write_file(in_scratch("main/.git/worktrees/w/commondir"), "../..\n");
	write_file(in_scratch("main/.git/worktrees/w/gitdir"), in_scratch("work/.git\n"));
	char record[SCRATCH_ROOM];
	snprintf(record, sizeof record, "gitdir: %s", in_scratch("main/.git/worktrees/w\n"));
	write_file(in_scratch("work/.git"), record);
	assert_string_equal(git_of(in_scratch("work")), "main/.git/worktrees/w main/.git");
}

/* A command wrote the record so that "${git}/config": "read" would open a file that is hidden. */
static void git__record_cannot_point_where_it_likes(void **state)
{
	(void)state;
	make_directory(in_scratch("home/.aws"));
	write_file(in_scratch("home/.aws/config"), "secret");
	char record[SCRATCH_ROOM];
	snprintf(record, sizeof record, "gitdir: %s", in_scratch("home/.aws\n"));
	write_file(in_scratch("work/.git"), record);
	assert_string_equal(git_of(in_scratch("work")), "");

	/* a real repository, but one that does not know of this worktree */
	make_git(in_scratch("home/repository"));
	snprintf(record, sizeof record, "gitdir: %s", in_scratch("home/repository\n"));
	write_file(in_scratch("work/.git"), record);
	assert_string_equal(git_of(in_scratch("work")), "");

	assert_int_equal(unlink(in_scratch("work/.git")), 0);
	assert_int_equal(symlink(in_scratch("home/.aws"), in_scratch("work/.git")), 0);
	assert_string_equal(git_of(in_scratch("work")), "");

	assert_int_equal(unlink(in_scratch("work/.git")), 0);
	make_git(in_scratch("work/.git"));
	write_file(in_scratch("work/.git/commondir"), in_scratch("home/repository"));
	assert_string_equal(git_of(in_scratch("work")), "work/.git");
}

/* Inside the root a record opens nothing new, and what it names is what git runs. */
static void git__record_may_point_into_the_root(void **state)
{
	(void)state;
	make_git(in_scratch("work/store"));
	write_file(in_scratch("work/.git"), "gitdir: store\n");
	assert_string_equal(git_of(in_scratch("work")), "work/store");
	assert_int_equal(unlink(in_scratch("work/.git")), 0);

	make_git(in_scratch("work/.git"));
	write_file(in_scratch("work/.git/commondir"), "../store\n");
	assert_string_equal(git_of(in_scratch("work")), "work/store work/.git");

	/* …but not at what git would not take either: a rule on it could open what another one hides */
	make_directory(in_scratch("work/plain"));
	write_file(in_scratch("work/.git/commondir"), "../plain\n");
	facts_free(facts);
	facts = facts_new(TARGET_LINUX);
	assert_string_equal(git_of(in_scratch("work")), "work/.git");
	assert_int_equal(unlink(in_scratch("work/.git/commondir")), 0);
	assert_int_equal(rename(in_scratch("work/.git"), in_scratch("work/moved")), 0);
	write_file(in_scratch("work/.git"), "gitdir: plain\n");
	facts_free(facts);
	facts = facts_new(TARGET_LINUX);
	assert_string_equal(git_of(in_scratch("work")), "");
}

static void git__record_that_is_garbage_is_none(void **state)
{
	(void)state;
	static const char *const records[] = { "",      "\n",         "gitdir:", "gitdir: \n", "gitdir: /nowhere\n",
					       "hello", "gitdir: .\n" };
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		write_file(in_scratch("work/.git"), records[i]);
		assert_string_equal(git_of(in_scratch("work")), "");
	}
	FILE *file = fopen(in_scratch("work/.git"), "we");
	for (int i = 0; i < 100000; i++)
		fputs("gitdir: ", file);
	fclose(file);
	assert_string_equal(git_of(in_scratch("work")), "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(git__is_the_directory_in_a_root),         TEST(git__of_a_linked_worktree_is_the_repositorys),
		TEST(git__record_cannot_point_where_it_likes), TEST(git__record_may_point_into_the_root),
		TEST(git__record_that_is_garbage_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/scope.h"
#include "base/text.h"
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
	if (!os_exists(path))
		make_directory(path);
	snprintf(name, sizeof name, "%s/objects", path);
	make_directory(name);
	snprintf(name, sizeof name, "%s/refs", path);
	make_directory(name);
	snprintf(name, sizeof name, "%s/HEAD", path);
	write_file(name, "ref: refs/heads/main\n");
}

/* The values of the variable for one root, as one string. */
static const char *values_of(const char *root, const char *name)
{
	static char values[SCRATCH_ROOM];
	char *const roots[] = { (char *)(uintptr_t)root, NULL };
	assert_true(os_survey_git(facts, roots, &err));
	const struct variable *git = facts_find_variable(facts, name, strlen(name));
	assert_non_null(git);
	values[0] = '\0';
	for (size_t i = 0; i < git->count; i++) {
		assert_true(strncmp(git->values[i], scratch, strlen(scratch)) == 0);
		strcat(values, i ? " " : "");
		strcat(values, git->values[i] + strlen(scratch) + 1);
	}
	return values;
}

static const char *git_of(const char *root)
{
	return values_of(root, "git");
}

static void forget(void)
{
	facts_free(facts);
	facts = facts_new(TARGET_LINUX);
	assert_non_null(facts);
	facts->home = strdup(in_scratch("home"));
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

/* A command of an earlier run, whose workspace was larger, wrote into what lies around this one. */
static void git__record_above_cannot_point_where_it_likes(void **state)
{
	(void)state;
	char record[SCRATCH_ROOM];
	facts->workspace = strdup(in_scratch("work/deep"));
	make_directory(in_scratch("work/deep"));
	make_directory(in_scratch("home/repository"));
	make_git(in_scratch("home/repository/.git"));
	snprintf(record, sizeof record, "gitdir: %s", in_scratch("home/repository/.git\n"));
	write_file(in_scratch("work/.git"), record);
	assert_string_equal(git_of(in_scratch("work/deep")), "");
	assert_int_equal(unlink(in_scratch("work/.git")), 0);
	assert_int_equal(symlink(in_scratch("home/repository/.git"), in_scratch("work/.git")), 0);
	assert_string_equal(git_of(in_scratch("work/deep")), "");
	assert_int_equal(unlink(in_scratch("work/.git")), 0);
	make_git(in_scratch("work/.git"));
	write_file(in_scratch("work/.git/commondir"), in_scratch("home/repository/.git"));
	assert_string_equal(git_of(in_scratch("work/deep")), "work/.git");
}

/* …such as a worktree's git directory, which shares what it likes with whom it likes. */
static void git__worktree_shares_with_the_repository_around_it(void **state)
{
	(void)state;
	make_directory(in_scratch("main"));
	make_git(in_scratch("main/.git"));
	make_git(in_scratch("home/repository"));
	make_directory(in_scratch("main/.git/worktrees"));
	make_directory(in_scratch("main/.git/worktrees/w"));
	write_file(in_scratch("main/.git/worktrees/w/HEAD"), "ref: refs/heads/x\n");
	write_file(in_scratch("main/.git/worktrees/w/commondir"), in_scratch("home/repository\n"));
	write_file(in_scratch("main/.git/worktrees/w/gitdir"), in_scratch("work/.git\n"));
	char record[SCRATCH_ROOM];
	snprintf(record, sizeof record, "gitdir: %s", in_scratch("main/.git/worktrees/w\n"));
	write_file(in_scratch("work/.git"), record);
	assert_string_equal(git_of(in_scratch("work")), "main/.git/worktrees/w");
}

static void make_submodule(void)
{
	make_directory(in_scratch("main"));
	make_git(in_scratch("main/.git"));
	make_directory(in_scratch("main/.git/modules"));
	make_git(in_scratch("main/.git/modules/part"));
	make_directory(in_scratch("main/part"));
	make_directory(in_scratch("main/part/folder"));
	write_file(in_scratch("main/part/.git"), "gitdir: ../.git/modules/part\n");
	write_file(in_scratch("main/.git/modules/part/config"),
		   "[core]\n\tworktree = /elsewhere\n\tworktree = ../../../part\n\thooksPath = hooks\n");
}

/* Its settings name the submodule's checkout: in a folder of that it is the one to commit to as well. */
static void git__of_a_submodule_is_its_own(void **state)
{
	(void)state;
	make_submodule();
	assert_string_equal(git_of(in_scratch("main/part")), "main/.git/modules/part");
	assert_string_equal(values_of(in_scratch("main/part"), "git_hooks"), "main/part/hooks");
	assert_string_equal(values_of(in_scratch("main/part"), "git_records"), "main/part/.git");
	forget();
	facts->workspace = strdup(in_scratch("main/part/folder"));
	assert_string_equal(git_of(in_scratch("main/part/folder")), "main/.git/modules/part");
	forget();
	write_file(in_scratch("main/.git/modules/part/config"), "[core]\n\tworktree = ../../../part\n\tworktree = /\n");
	assert_string_equal(git_of(in_scratch("main/part")), "");
}

/* What may be written above the workspace holds records, too. */
static void git__records_of_what_is_granted_above_are_known(void **state)
{
	(void)state;
	make_submodule();
	make_directory(in_scratch("main/folder"));
	facts->workspace = strdup(in_scratch("main/folder"));
	assert_string_equal(values_of(in_scratch("main/folder"), "submodule"), "main/.git/modules/part");
	assert_string_equal(git_of(in_scratch("main/folder")), "main/.git");
}

/* A folder that only looks like a repository does not hide the one above it, nor does one that is. */
static void git__every_repository_above_counts(void **state)
{
	(void)state;
	facts->workspace = strdup(in_scratch("work/a/b"));
	make_git(in_scratch("work/.git"));
	write_file(in_scratch("work/.git/config"), "[core]\n\thooksPath = a/b/hooks\n");
	make_directory(in_scratch("work/a"));
	make_directory(in_scratch("work/a/.git"));
	make_directory(in_scratch("work/a/b"));
	assert_string_equal(values_of(in_scratch("work/a/b"), "git_hooks"), "work/a/b/hooks");
	assert_string_equal(git_of(in_scratch("work/a/b")), "work/.git");
	forget();
	facts->workspace = strdup(in_scratch("work/a/b"));
	make_git(in_scratch("work/a/.git"));
	assert_string_equal(values_of(in_scratch("work/a/b"), "git_hooks"), "work/a/b/hooks");
	assert_string_equal(git_of(in_scratch("work/a/b")), "work/a/.git");
	forget();
	make_git(in_scratch("work/a/b/.git"));
	assert_string_equal(values_of(in_scratch("work/a/b"), "git_hooks"), "work/a/b/hooks");
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

/* -- what records name -------------------------------------------------------------------------------------------- */

/* Whoever writes where hooks are looked for, or what settings are read as well, runs a program at the next commit. */
static void git__settings_say_where_else_git_looks(void **state)
{
	(void)state;
	static const struct {
		const char *settings, *hooks, *records;
	} cases[] = {
		{ "", "", "" },
		{ "[core]\n\thooksPath = there\n", "work/there", "" },
		{ "[CORE] HooksPath=there ; mine", "work/there", "" },
		{ "[core]\n\thookspath = \"the\\\\re #1\" # x\n", "work/the\\re #1", "" },
		{ "[core]\r\n\thooksPath = the\\\r\nre  \r\n", "work/there", "" },
		{ "\xef\xbb\xbf# c\n[core]\n\tbare\n\thooksPath = there", "work/there", "" },
		{ "[core]\n\thooksPath = ./a/../there/\n", "work/there", "" },
		{ "[core]\n\thooksPath = .husky/_\n", "work/.husky", "" },
		{ "[core]\n\thooksPath = missing/deep/hooks\n", "work/missing", "" },
		{ "[core]\n\thooksPath = ~/work/there\n", "", "" }, /* home is another directory here */
		{ "[core]\n\thooksPath = ../elsewhere\n", "", "" },
		{ "[core]\n\thooksPath = /dev/null\n", "", "" },
		{ "[core \"x\"]\n\thooksPath = there\n", "", "" },
		{ "[core]\n\thooksPath = there\n[broken\n\thooksPath = b\n", "work/there", "" },
		{ "[core]\n\thooksPath = \"\" there \"\"\n", "work/there ", "" },
		{ "[core]\n\thooksPath = \"there\"\\", "work/there", "" },    /* the file's end ends the line */
		{ "[core]\n\thooksPath = a\tb\n", "work/a\tb work/a b", "" }, /* old gits have a space there */
		{ "[core]\n\thooksPath\n[include]\n\tpath\n", "", "" },
		{ "[include]\n\tpath = ../shared\n", "", "work/shared" },
		{ "[includeIf \"onbranch:main\"]\n\tpath = ../missing\n", "", "work/missing" },
		{ "[include]\n\tpath = ../../outside/settings\n", "", "" },
		{ "[include]\n\tpath = config\n\tpath = ../more\n", "work/from-more", "work/.git/config work/more" },
	};
	make_directory(in_scratch("work/there"));
	write_file(in_scratch("work/shared"), "[user]\n\tname = a\n");
	write_file(in_scratch("work/more"), "[core]\n\thooksPath = from-more\n[include]\n\tpath = more\n");
	make_git(in_scratch("work/.git"));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		forget();
		write_file(in_scratch("work/.git/config"), cases[i].settings);
		assert_string_equal(values_of(in_scratch("work"), "git_hooks"), cases[i].hooks);
		assert_string_equal(values_of(in_scratch("work"), "git_records"), cases[i].records);
	}
}

/* git reads on behind a NUL, and takes a value for a string that ends there. */
static void git__settings_may_hold_zero_bytes(void **state)
{
	(void)state;
	static const char settings[] = "[core]\n\t# a\0b\n\tx = \0\n[y \"\0\"]\n[core]\n\thooksPath = there\0more\n";
	make_git(in_scratch("work/.git"));
	FILE *file = fopen(in_scratch("work/.git/config"), "we");
	assert_non_null(file);
	assert_int_equal(fwrite(settings, 1, sizeof settings - 1, file), sizeof settings - 1);
	assert_int_equal(fclose(file), 0);
	forget();
	assert_string_equal(values_of(in_scratch("work"), "git_hooks"), "work/there");
}

/* What git would read to its end must not be passed over because it is large. */
static void git__settings_too_large_to_look_at_are_an_error(void **state)
{
	(void)state;
	make_git(in_scratch("work/.git"));
	FILE *file = fopen(in_scratch("work/.git/config"), "we");
	assert_non_null(file);
	for (int i = 0; i < 1 << 16; i++)
		assert_true(fputs("# seventeen bytes\n", file) >= 0);
	assert_true(fputs("[core]\n\thooksPath = there\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	forget();
	const char *roots[] = { in_scratch("work"), NULL };
	assert_false(os_survey_git(facts, (char **)(uintptr_t)roots, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "work/.git/config' is larger than"));
}

/* A record is all of its file: a line end in it is part of the name, and behind a NUL git does not look. */
static void git__record_is_read_as_git_reads_it(void **state)
{
	(void)state;
	make_git(in_scratch("work/a"));
	make_git(in_scratch("work/a\nb"));
	write_file(in_scratch("work/.git"), "gitdir: a\nb\r\n\n");
	assert_string_equal(git_of(in_scratch("work")), "work/a\nb");

	forget();
	FILE *file = fopen(in_scratch("work/.git"), "we");
	assert_non_null(file);
	assert_true(fputs("gitdir: a", file) >= 0);
	for (int i = 0; i < 20000; i++)
		assert_int_equal(fputc('\0', file), 0);
	assert_int_equal(fclose(file), 0);
	assert_string_equal(git_of(in_scratch("work")), "work/a");
}

/* The user's settings hold for every repository, also for one that the root is a folder of. */
static void git__settings_of_the_user_and_above_count(void **state)
{
	(void)state;
	make_git(in_scratch("work/.git"));
	make_directory(in_scratch("work/sub"));
	make_directory(in_scratch("work/sub/deep"));
	forget();
	write_file(in_scratch("home/.gitconfig"), "[core]\n\thooksPath = sub/deep/hooks\n");
	assert_string_equal(values_of(in_scratch("work"), "git_hooks"), "work/sub/deep/hooks");
	forget();
	assert_string_equal(values_of(in_scratch("work/sub/deep"), "git_hooks"), "work/sub/deep/hooks");
	assert_string_equal(values_of(in_scratch("work/sub/deep"), "git"), "");
	assert_int_equal(unlink(in_scratch("home/.gitconfig")), 0);
}

/* Hooks that lie among the work: a rule on their folder would end the work. */
static void git__hooks_in_the_root_itself_are_held_by_name(void **state)
{
	(void)state;
	make_git(in_scratch("work/.git"));
	write_file(in_scratch("work/.git/config"), "[core]\n\thooksPath = .\n");
	assert_string_equal(values_of(in_scratch("work"), "git_hooks"), "");
	assert_non_null(strstr(values_of(in_scratch("work"), "git_records"), "work/pre-commit "));
}

static void make_worktree(const char *name)
{
	CORDON_ON_EXIT(free_text) char *gitdir = text_format("%s\n", in_scratch("work/%s/.git", name));
	CORDON_ON_EXIT(free_text)
	char *record = text_format("gitdir: %s\n", in_scratch("work/.git/worktrees/%s", name));
	assert_non_null(gitdir);
	assert_non_null(record);
	make_directory(in_scratch("work/.git/worktrees/%s", name));
	write_file(in_scratch("work/.git/worktrees/%s/commondir", name), "../..\n");
	write_file(in_scratch("work/.git/worktrees/%s/gitdir", name), gitdir);
	make_directory(in_scratch("work/%s", name));
	write_file(in_scratch("work/%s/.git", name), record);
}

/* From the records of a worktree git goes on to hooks and settings, and to the records from its checkout. */
static void git__worktrees_in_a_root_are_known(void **state)
{
	(void)state;
	make_git(in_scratch("work/.git"));
	make_directory(in_scratch("work/.git/worktrees"));
	make_directory(in_scratch("work/.git/worktrees/stale"));
	make_worktree("side");
	write_file(in_scratch("work/.git/config"), "[core]\n\thooksPath = hooks\n");
	assert_string_equal(values_of(in_scratch("work"), "git_records"),
			    "work/.git/worktrees/side/commondir work/.git/worktrees/side/gitdir "
			    "work/.git/worktrees/side/config.worktree work/side/.git");
	assert_string_equal(values_of(in_scratch("work"), "git_hooks"), "work/hooks work/side/hooks");
}

static void git__submodules_in_a_root_are_known(void **state)
{
	(void)state;
	make_git(in_scratch("work/.git"));
	make_directory(in_scratch("work/.git/modules"));
	make_directory(in_scratch("work/.git/modules/libs"));
	make_git(in_scratch("work/.git/modules/libs/part"));
	write_file(in_scratch("work/.git/modules/libs/part/config"),
		   "[core]\n\tworktree = ../../../../part\n\thooksPath = hooks\n");
	make_directory(in_scratch("work/part"));
	write_file(in_scratch("work/part/.git"), "gitdir: ../.git/modules/libs/part\n");
	make_directory(in_scratch("work/old"));
	make_git(in_scratch("work/old/.git"));
	write_file(in_scratch("work/.gitmodules"), "[submodule \"old\"]\n\tpath = old\n\turl = x\n"
						   "[submodule \"up\"]\n\tpath = ../outside\n");
	assert_string_equal(values_of(in_scratch("work"), "submodule"), "work/old/.git work/.git/modules/libs/part");
	assert_string_equal(values_of(in_scratch("work"), "git_records"), "work/part/.git");
	assert_string_equal(values_of(in_scratch("work"), "git_hooks"), "work/part/hooks");
}

/* What cannot be looked at in bounded time is not passed over in silence. */
static void git__more_records_than_are_looked_at_are_an_error(void **state)
{
	(void)state;
	char root[SCRATCH_ROOM];
	char *const roots[] = { root, NULL };
	snprintf(root, sizeof root, "%s", in_scratch("work"));
	make_git(in_scratch("work/.git"));
	make_directory(in_scratch("work/.git/worktrees"));
	for (int i = 0; i < 256; i++) {
		char name[16];
		snprintf(name, sizeof name, "w%d", i);
		make_worktree(name);
	}
	assert_false(os_survey_git(facts, roots, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "more worktrees and submodules"));
}

/* A command may fill .gitmodules, to keep the next run waiting. */
static void git__more_submodules_than_are_looked_at_are_an_error(void **state)
{
	(void)state;
	make_git(in_scratch("work/.git"));
	FILE *file = fopen(in_scratch("work/.gitmodules"), "we");
	for (int i = 0; i < 5000; i++)
		fprintf(file, "[submodule \"%d\"]\npath = %d\n", i, i);
	assert_int_equal(fclose(file), 0);
	char *const roots[] = { (char *)in_scratch("work"), NULL };
	assert_false(os_survey_git(facts, roots, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "too many names"));
}

/* HEAD of a git directory is git's own; elsewhere it would make one of the folder. */
static void git__root_may_be_a_git_directory(void **state)
{
	(void)state;
	assert_string_equal(values_of(in_scratch("work"), "checkout"), "work");
	forget();
	make_git(in_scratch("store"));
	write_file(in_scratch("store/config"), "[core]\n\thooksPath = custom\n");
	assert_string_equal(values_of(in_scratch("store"), "git"), "store");
	assert_string_equal(values_of(in_scratch("store"), "checkout"), "");
	assert_string_equal(values_of(in_scratch("store"), "git_hooks"), "store/custom");
}

/* A .git that is a file is a record, whatever it says; a link is no name that can be held, so rules lead through it. */
static void git__file_or_link_in_a_root_is_a_record(void **state)
{
	(void)state;
	write_file(in_scratch("work/.git"), "gitdir: nowhere\n");
	assert_string_equal(values_of(in_scratch("work"), "git_records"), "work/.git");
	assert_int_equal(unlink(in_scratch("work/.git")), 0);
	forget();
	make_git(in_scratch("work/store"));
	assert_int_equal(symlink("store", in_scratch("work/.git")), 0);
	assert_string_equal(git_of(in_scratch("work")), "work/.git");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(git__is_the_directory_in_a_root),
		TEST(git__of_a_linked_worktree_is_the_repositorys),
		TEST(git__record_cannot_point_where_it_likes),
		TEST(git__record_above_cannot_point_where_it_likes),
		TEST(git__worktree_shares_with_the_repository_around_it),
		TEST(git__of_a_submodule_is_its_own),
		TEST(git__records_of_what_is_granted_above_are_known),
		TEST(git__every_repository_above_counts),
		TEST(git__record_may_point_into_the_root),
		TEST(git__record_that_is_garbage_is_none),
		TEST(git__settings_say_where_else_git_looks),
		TEST(git__settings_may_hold_zero_bytes),
		TEST(git__settings_too_large_to_look_at_are_an_error),
		TEST(git__record_is_read_as_git_reads_it),
		TEST(git__settings_of_the_user_and_above_count),
		TEST(git__hooks_in_the_root_itself_are_held_by_name),
		TEST(git__worktrees_in_a_root_are_known),
		TEST(git__submodules_in_a_root_are_known),
		TEST(git__more_records_than_are_looked_at_are_an_error),
		TEST(git__more_submodules_than_are_looked_at_are_an_error),
		TEST(git__root_may_be_a_git_directory),
		TEST(git__file_or_link_in_a_root_is_a_record),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

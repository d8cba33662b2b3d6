/* What is left of a repository that a command has made. */
#include <unistd.h>

#include "base/facts.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "scratch.h"

static struct facts *facts;
static char moved[16][4096];
static int moved_count;

static bool move_away(void *context, const char *path, struct cordon_error *err)
{
	char place[4096];
	(void)context;
	(void)err;
	snprintf(place, sizeof place, "%s.aside", path);
	assert_int_equal(rename(path, place), 0);
	snprintf(moved[moved_count++], sizeof *moved, "%s", path + strlen(scratch) + strlen("/work/"));
	return true;
}

static bool is_writable(void *context, const char *landing)
{
	(void)context;
	return strncmp(landing, scratch, strlen(scratch)) == 0 && !strstr(landing, "/closed/");
}

static int setup(void **state)
{
	moved_count = 0;
	facts = facts_new(TARGET_LINUX);
	return facts ? scratch_setup(state) : -1;
}

static int teardown(void **state)
{
	facts = facts_free(facts);
	return scratch_teardown(state);
}

static void make_repository(const char *path, const char *settings)
{
	char inner[256];
	const char *const folders[] = { "", "/objects", "/refs", "/hooks" };
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		snprintf(inner, sizeof inner, "%s%s", path, folders[i]);
		make_directory(inner);
	}
	snprintf(inner, sizeof inner, "%s/HEAD", path);
	write_file(inner, "ref: refs/heads/main\n");
	snprintf(inner, sizeof inner, "%s/config", path);
	write_file(inner, settings);
}

static void disarm(const char *path)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct os_disarm options = { is_writable, move_away, NULL };
	if (!os_disarm_git(facts, in_scratch("work/%s", path), &options, &err))
		fail_msg("%s", err.text);
}

static const char *read_back(const char *path)
{
	static char bytes[4096];
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
	assert_int_equal(fclose(file), 0);
	return bytes;
}

static const char own[] = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
			  "[remote \"origin\"]\n\turl = /srv/x\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n"
			  "[branch \"main\"]\n\tremote = origin\n\tmerge = refs/heads/main\n[user]\n\tname = N\n";

/* Nothing is touched where git says of itself no more than it must. */
static void made__repository_of_gits_own_stays(void **state)
{
	(void)state;
	make_repository("a", own);
	write_file("a/hooks/pre-commit.sample", "#!/bin/sh\n");
	disarm("a/HEAD");
	assert_int_equal(moved_count, 0);
	assert_string_equal(read_back("a/config"), own);
}

static void made__settings_that_execute_are_set_aside(void **state)
{
	static const char *const bad[] = {
		"[core]\n\tfsmonitor = x\n",
		"[CORE] FSMonitor = x\n",
		"[core]\n\thooksPath = x\n",
		"[alias]\n\ts = !x\n",
		"[include]\n\tpath = x\n",
		"[includeIf \"gitdir:/\"]\n\tpath = x\n",
		"[filter \"x\"]\n\tclean = x\n",
		"[remote \"o\"]\n\tuploadpack = x\n",
		"[remote \"o\"]\n\tvcs = x\n",
		"[submodule \"x\"]\n\tupdate = !x\n",
		"[url \"ext::x\"]\n\tinsteadOf = https\n",
		"[core]\n\tworktree = /home\n",
		"[core]\n\tworktree = ../../x/../../..\n",
		"[core \"x\"]\n\tfsmonitor = x\n",
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		char name[16], settings[4096], path[32];
		moved_count = 0;
		snprintf(name, sizeof name, "r%zu", i);
		snprintf(settings, sizeof settings, "%s%s", own, bad[i]);
		make_repository(name, settings);
		snprintf(path, sizeof path, "%s/HEAD", name);
		disarm(path);
		assert_int_equal(moved_count, 1);
		snprintf(path, sizeof path, "%s/config", name);
		assert_string_equal(moved[0], path);
		const char *left = read_back(path);
		assert_true(strncmp(left, own, strlen(own)) == 0);
		assert_null(strchr(left + strlen(own), '='));
	}
}

/* What cannot be read to its end might be read by git: nothing of it stays. */
static void made__settings_that_cannot_be_read_go_as_a_whole(void **state)
{
	static const char *const bad[] = { "[core\n", "[core]\n\t= x\n", "[core]\n\tfsmonitor = \"x\n" };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		char name[16], path[32];
		snprintf(name, sizeof name, "r%zu", i);
		make_repository(name, bad[i]);
		snprintf(path, sizeof path, "%s/HEAD", name);
		disarm(path);
		snprintf(path, sizeof path, "%s/config", name);
		assert_false(os_exists(path));
	}
}

static void made__hooks_and_links_are_set_aside(void **state)
{
	(void)state;
	make_repository("a", own);
	write_file("a/hooks/post-merge", "#!/bin/sh\n");
	make_repository("b", own);
	assert_int_equal(rmdir("b/hooks"), 0);
	assert_int_equal(symlink("../elsewhere", "b/hooks"), 0);
	make_repository("c", own);
	assert_int_equal(rename("c/config", "c/other"), 0);
	assert_int_equal(symlink("other", "c/config"), 0);
	disarm("a/HEAD");
	disarm("b/HEAD");
	disarm("c/HEAD");
	assert_int_equal(moved_count, 3);
	assert_string_equal(moved[0], "a/hooks");
	assert_string_equal(moved[1], "b/hooks");
	assert_string_equal(moved[2], "c/config");
}

/* By a file, by a link, and by a directory that keeps what is executed elsewhere. */
static void made__repository_is_found_where_git_finds_it(void **state)
{
	static const char bad[] = "[core]\n\tfsmonitor = x\n";
	(void)state;
	make_repository("kept", bad);
	make_directory("by-file");
	write_file("by-file/.git", "gitdir: ../kept\n");
	disarm("by-file/.git");
	make_repository("target", bad);
	make_directory("by-link");
	assert_int_equal(symlink("../target", "by-link/.git"), 0);
	disarm("by-link/.git");
	make_repository("common", bad);
	make_directory("by-common");
	write_file("by-common/HEAD", "ref: refs/heads/main\n");
	write_file("by-common/commondir", "../common\n");
	disarm("by-common/HEAD");
	assert_int_equal(moved_count, 3);
	assert_string_equal(moved[0], "kept/config");
	assert_string_equal(moved[1], "target/config");
	assert_string_equal(moved[2], "common/config");
}

/* git asks whether objects can be executed, not what it is. */
static void made__objects_may_be_anything(void **state)
{
	(void)state;
	make_repository("a", "[core]\n\tfsmonitor = x\n");
	assert_int_equal(rmdir("a/objects"), 0);
	write_file("a/objects", "");
	disarm("a/objects");
	make_repository("b", own);
	write_file("b/hooks/post-merge", "");
	assert_int_equal(unlink("b/HEAD"), 0);
	assert_int_equal(symlink("refs/heads/unborn", "b/HEAD"), 0);
	disarm("b/hooks/post-merge");
	assert_int_equal(moved_count, 2);
	assert_string_equal(moved[0], "a/config");
	assert_string_equal(moved[1], "b/hooks/post-merge");
}

/* A later run could make there what nobody looks for any more. */
static void made__commondir_leads_to_a_repository(void **state)
{
	static const char *const records[] = { "../gone\n", "../common\n", "\n" };
	(void)state;
	make_directory("common");
	for (size_t i = 0; i < COUNT_OF(records); i++) {
		char name[16], path[32];
		snprintf(name, sizeof name, "r%zu", i);
		make_directory(name);
		snprintf(path, sizeof path, "%s/commondir", name);
		write_file(path, records[i]);
		snprintf(path, sizeof path, "%s/HEAD", name);
		write_file(path, "ref: refs/heads/main\n");
		disarm(path);
		assert_int_equal(moved_count, i + 1);
		assert_non_null(strstr(moved[i], "/commondir"));
	}
}

/* Files are checked out where the command could have laid them itself, and around no repository. */
static void made__worktree_lies_beside(void **state)
{
	static const struct {
		const char *value;
		bool is_kept;
	} cases[] = {
		{ "../../../sub", true },
		{ "../../../new", true },
		{ "../../../away", false },
		{ "../../../closed/x", false },
		{ "../../../../../../../../../../../../../../etc/x", false },
		{ "../../../../work", false },
		{ "../../modules", false },
	};
	(void)state;
	make_directory("closed");
	make_directory(".git");
	make_directory(".git/modules");
	assert_int_equal(symlink("/etc", "away"), 0);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char name[32], path[64], settings[4096];
		moved_count = 0;
		snprintf(name, sizeof name, ".git/modules/r%zu", i);
		snprintf(settings, sizeof settings, "[core]\n\tworktree = %s\n", cases[i].value);
		make_repository(name, settings);
		snprintf(path, sizeof path, "%s/HEAD", name);
		disarm(path);
		assert_int_equal(moved_count, !cases[i].is_kept);
	}
}

/* What the command has closed to the user it would open again in a later run. */
static void made__closed_to_the_user_is_opened(void **state)
{
	(void)state;
	if (geteuid() == 0) {
		print_message("to root nothing is closed\n");
		skip();
	}
	make_repository("a", "[core]\n\tfsmonitor = x\n");
	write_file("a/hooks/post-merge", "");
	assert_int_equal(chmod("a/hooks", 0), 0);
	assert_int_equal(chmod("a/config", 0), 0);
	assert_int_equal(chmod("a", 0), 0);
	disarm("a/HEAD");
	make_directory("in");
	make_repository("in/b", "[core]\n\tfsmonitor = x\n");
	write_file("in/.git", "gitdir: b\n");
	assert_int_equal(chmod("in/.git", 0), 0);
	assert_int_equal(chmod("in", 0), 0);
	disarm("in/.git");
	assert_int_equal(moved_count, 3);
	assert_string_equal(moved[0], "a/hooks");
	assert_string_equal(moved[1], "a/config");
	assert_string_equal(moved[2], "in/b/config");
}

/* Links and records lead to what the command can have written, or are set aside themselves. */
static void made__closed_places_are_left_alone(void **state)
{
	(void)state;
	make_directory("closed");
	make_repository("closed/a", "[core]\n\tfsmonitor = x\n");
	write_file("closed/a/hooks/post-merge", "#!/bin/sh\n");
	make_directory("by-file");
	write_file("by-file/.git", "gitdir: ../closed/a\n");
	disarm("by-file/.git");
	make_directory("by-link");
	assert_int_equal(symlink("../closed/a", "by-link/.git"), 0);
	disarm("by-link/.git");
	make_directory("by-common");
	write_file("by-common/HEAD", "ref: refs/heads/main\n");
	write_file("by-common/commondir", "../closed/a\n");
	assert_int_equal(moved_count, 2);
	assert_string_equal(moved[0], "by-file/.git");
	assert_string_equal(moved[1], "by-link/.git");
	/* git would not have made a worktree of it either */
	disarm("by-common/HEAD");
	assert_int_equal(moved_count, 3);
	assert_string_equal(moved[2], "by-common/commondir");
}

/* Where it says of hooks how they lie in the checkout, each further checkout has its own. */
static void known__has_one_checkout(void **state)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	(void)state;
	make_repository("a", own);
	assert_true(facts_add_variable(facts, "git", in_scratch("work/a"), &err));
	assert_true(facts_add_variable(facts, "checkout", in_scratch("work/b"), &err));
	make_directory("b");
	make_directory("c");
	write_file("b/.git", "gitdir: ../a\n");
	write_file("c/.git", "gitdir: ../a\n");
	disarm("b/.git");
	assert_int_equal(moved_count, 0);
	disarm("c/.git");
	assert_int_equal(moved_count, 1);
	assert_string_equal(moved[0], "c/.git");
}

/* A file named HEAD makes no repository, and the user's own is none that was made. */
static void made__others_are_left_alone(void **state)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	(void)state;
	make_directory("logs");
	write_file("logs/HEAD", "");
	write_file("logs/config", "garbage");
	disarm("logs/HEAD");
	make_repository("own", "[core]\n\teditor = vi\n");
	assert_true(facts_add_variable(facts, "git", in_scratch("work/own"), &err));
	disarm("own/HEAD");
	disarm("gone/HEAD");
	disarm("gone/.git");
	assert_int_equal(moved_count, 0);
}

/* Of a repository that was there, what was touched and no more. */
static void made__parts_of_others_are_set_aside_one_by_one(void **state)
{
	(void)state;
	make_repository("a", own);
	write_file("a/hooks/pre-commit", "theirs");
	write_file("a/hooks/post-commit", "evil");
	write_file("a/hooks/update.sample", "");
	write_file("a/commondir", "../evil\n");
	disarm("a/hooks/post-commit");
	disarm("a/hooks/update.sample");
	disarm("a/hooks/gone");
	disarm("a/config");
	disarm("a/config.worktree");
	assert_int_equal(moved_count, 1);
	assert_string_equal(moved[0], "a/hooks/post-commit");
	disarm("a/commondir");
	disarm("a/hooks");
	assert_int_equal(moved_count, 3);
	assert_string_equal(moved[1], "a/commondir");
	assert_string_equal(moved[2], "a/hooks");
	write_file("a/config", "[core]\n\tbare = false\n\tfsmonitor = evil\n");
	disarm("a/config");
	assert_int_equal(moved_count, 4);
	assert_null(strstr(read_back("a/config"), "evil"));
	make_directory("plain");
	make_directory("plain/hooks");
	write_file("plain/config", "[core]\n\tfsmonitor = evil\n");
	write_file("plain/hooks/pre-commit", "");
	disarm("plain/config");
	disarm("plain/hooks/pre-commit");
	assert_int_equal(moved_count, 4);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static void made__steps_that_run_a_command_are_taken_out(void **state)
{
	static const char steps[] =
		"pick 1234567 one\n\texec ./evil\n# exec in a comment\nx ./evil\nxylophone\nbreak\nexec\tx";
	static const char harmless[] = "pick 1234567 one\n# exec in a comment\nxylophone\nbreak\n";
	(void)state;
	make_repository("a", own);
	make_directory("a/rebase-merge");
	write_file("a/rebase-merge/git-rebase-todo", steps);
	disarm("a/rebase-merge/git-rebase-todo");
	assert_int_equal(moved_count, 1);
	assert_string_equal(moved[0], "a/rebase-merge/git-rebase-todo");
	assert_string_equal(read_back("a/rebase-merge/git-rebase-todo"), harmless);
	disarm("a/HEAD");
	disarm("a/rebase-merge");
	assert_int_equal(moved_count, 1);
}

/* Of git-merge-NAME a slash makes a path. */
static void made__strategies_that_are_programs_are_set_aside(void **state)
{
	static const char options[] = "[options]\n\tstrategy = recursive\n\tallow-ff = true\n";
	(void)state;
	make_repository("a", own);
	make_directory("a/rebase-merge");
	make_directory("a/sequencer");
	write_file("a/rebase-merge/strategy", "ort\n");
	write_file("a/sequencer/opts", options);
	disarm("a/rebase-merge/strategy");
	disarm("a/sequencer/opts");
	assert_int_equal(moved_count, 0);
	write_file("a/rebase-merge/strategy", "x/evil\n");
	disarm("a/rebase-merge/strategy");
	assert_int_equal(moved_count, 1);
	assert_string_equal(moved[0], "a/rebase-merge/strategy");
	write_file("a/sequencer/opts", "[options]\n\tallow-ff = true\n\tstrategy = ort/../evil\n");
	disarm("a/sequencer");
	assert_int_equal(moved_count, 2);
	assert_string_equal(moved[1], "a/sequencer/opts");
	assert_null(strstr(read_back("a/sequencer/opts"), "evil"));
	assert_non_null(strstr(read_back("a/sequencer/opts"), "allow-ff"));
}

/* A worktree that the command has added stays one, and none of a repository that it makes up. */
static void made__worktree_of_the_users_own_stays(void **state)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	(void)state;
	make_repository("a", own);
	assert_true(facts_add_variable(facts, "git", in_scratch("work/a"), &err));
	make_directory("a/worktrees");
	make_directory("a/worktrees/side");
	write_file("a/worktrees/side/HEAD", "ref: refs/heads/side\n");
	write_file("a/worktrees/side/commondir", "../..\n");
	disarm("a/worktrees/side/commondir");
	assert_int_equal(moved_count, 0);
	make_directory("later");
	write_file("a/worktrees/side/commondir", "../../../later\n");
	disarm("a/worktrees/side/commondir");
	assert_int_equal(moved_count, 1);
	assert_string_equal(moved[0], "a/worktrees/side/commondir");
}

/* The user's own is disarmed in this alone. */
static void known__steps_are_taken_out(void **state)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	(void)state;
	make_repository("a", "[core]\n\tfsmonitor = x\n");
	assert_true(facts_add_variable(facts, "git", in_scratch("work/a"), &err));
	make_directory("b");
	write_file("b/git-rebase-todo", "x ./evil\n");
	assert_int_equal(symlink("../b", "a/rebase-merge"), 0);
	disarm("a/rebase-merge");
	assert_int_equal(moved_count, 1);
	assert_string_equal(moved[0], "a/rebase-merge");
	disarm("a/config");
	assert_int_equal(moved_count, 1);
	/* written while HEAD was away, and nothing of it was seen */
	make_directory("a/rebase-merge");
	write_file("a/rebase-merge/git-rebase-todo", "x ./evil\n");
	disarm("a/HEAD");
	assert_int_equal(moved_count, 2);
	assert_string_equal(moved[1], "a/rebase-merge/git-rebase-todo");
}

/* git writes through them. In a folder that is none of git's lie the files of a checkout (a worktree of a bare one). */
static void made__links_are_set_aside(void **state)
{
	static const char *const folders[] = { "a/logs", "a/logs/refs", "a/objects/pack", "a/objects/ab",
					       "a/checkout" };
	static const char *const links[] = { "a/COMMIT_EDITMSG", "a/logs/refs/main",   "a/objects/pack/packs",
					     "a/objects/ab/c",   "a/checkout/current", "a/HEAD" };
	(void)state;
	make_repository("a", "");
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		make_directory(folders[i]);
	assert_int_equal(unlink("a/HEAD"), 0);
	for (size_t i = 0; i < COUNT_OF(links); i++)
		assert_int_equal(symlink("refs/heads/main", links[i]), 0);
	disarm("a/objects");
	assert_int_equal(moved_count, 3);
}

/* A folder that was moved to one of the user's own repositories, and so deep that nobody looks for it. */
static void known__links_of_what_was_moved_there_are_set_aside(void **state)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	char deep[256] = "a/refs";
	(void)state;
	make_repository("a", "");
	assert_true(facts_add_variable(facts, "git", in_scratch("work/a"), &err));
	make_directory("a/logs");
	assert_int_equal(symlink("../elsewhere", "a/COMMIT_EDITMSG"), 0);
	assert_int_equal(symlink("../elsewhere", "a/logs/HEAD"), 0);
	disarm("a/logs");
	assert_int_equal(moved_count, 1);
	assert_string_equal(moved[0], "a/logs/HEAD");
	for (int i = 0; i < 70; i++) {
		strcat(deep, "/d");
		make_directory(deep);
	}
	disarm("a/refs");
	assert_int_equal(moved_count, 2);
	make_directory("none");
	assert_int_equal(symlink("../elsewhere", "none/HEAD"), 0);
	disarm("none/HEAD");
	disarm("none");
	assert_int_equal(moved_count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(made__repository_of_gits_own_stays),
		TEST(made__settings_that_execute_are_set_aside),
		TEST(made__settings_that_cannot_be_read_go_as_a_whole),
		TEST(made__hooks_and_links_are_set_aside),
		TEST(made__repository_is_found_where_git_finds_it),
		TEST(made__objects_may_be_anything),
		TEST(made__commondir_leads_to_a_repository),
		TEST(made__worktree_lies_beside),
		TEST(made__closed_to_the_user_is_opened),
		TEST(made__closed_places_are_left_alone),
		TEST(made__others_are_left_alone),
		TEST(made__parts_of_others_are_set_aside_one_by_one),
		TEST(made__steps_that_run_a_command_are_taken_out),
		TEST(made__strategies_that_are_programs_are_set_aside),
		TEST(made__worktree_of_the_users_own_stays),
		TEST(made__links_are_set_aside),
		TEST(known__links_of_what_was_moved_there_are_set_aside),
		TEST(known__steps_are_taken_out),
		TEST(known__has_one_checkout),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a start does not do, seen from outside of the real program. */
#include <fcntl.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/wait.h>

#include "base/scope.h"
#include "base/text.h"
#include "scratch.h"

enum { FOLDERS = 300 };

/* The exit status of `cordon run -- sh -c SCRIPT` in the workspace, with the policy file if there is one. */
static int run(const char *policy, const char *script)
{
	const char *program = getenv("CORDON");
	const char *with[] = { program, "run", "--policy", policy, "--", "sh", "-c", script, NULL };
	const char *without[] = { program, "run", "--", "sh", "-c", script, NULL };
	int status;
	assert_non_null(program);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		execv(program, (char **)(uintptr_t)(policy ? with : without));
		_exit(255);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The host is asked, not cordon, whose refusal might be the bug. */
static void need_namespaces(void)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) != 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status == 0)
		return;
	print_message("this host gives this user no user namespaces\n");
	skip();
}

static int watch_all(void)
{
	int watch = -1;
	/* The tests beside this one may have all the instances that a user has, for a while. */
	for (int i = 0; i < 300 && (watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) < 0; i++)
		usleep(100000);
	assert_true(watch >= 0);
	/* A directory is opened and read by whoever wants to know what is in it. The workspace itself is opened to be
	 * bound.
	 */
	assert_true(inotify_add_watch(watch, in_scratch("work"), IN_ACCESS | IN_ONLYDIR) >= 0);
	for (int i = 0; i < FOLDERS; i++)
		if (inotify_add_watch(watch, in_scratch("work/%d", i), IN_ACCESS | IN_OPEN | IN_ONLYDIR) < 0) {
			print_message("no more than %d inotify watches\n", i);
			close(watch);
			skip();
		}
	return watch;
}

/* How many times something was looked into since the last call. */
static unsigned count_events(int watch)
{
	char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	unsigned count = 0;
	for (ssize_t length; (length = read(watch, buffer, sizeof buffer)) > 0;)
		for (char *at = buffer; at < buffer + length;
		     at += sizeof(struct inotify_event) + ((struct inotify_event *)(void *)at)->len)
			count++;
	return count;
}

/* Milliseconds to start, whatever the size of the workspace: the default preset looks into no directory of it but those
 * of git's records. A glob does, which shows that it would be seen.
 */
static void launch__does_not_look_into_the_workspace(void **state)
{
	(void)state;
	for (int i = 0; i < FOLDERS; i++) {
		make_directory(in_scratch("work/%d", i));
		write_file(in_scratch("work/%d/file", i), "");
	}
	write_file(in_scratch("glob.json"), "{ \"files\": { \"**/.env\": \"none\" } }");
	need_namespaces();
	int watch = watch_all();
	assert_int_equal(run(NULL, ":"), 0);
	assert_int_equal(count_events(watch), 0);
	assert_int_equal(run(in_scratch("glob.json"), ":"), 0);
	assert_true(count_events(watch) >= FOLDERS);
	close(watch);
}

/* Init and the command: what helped with the set-up has been waited for, and so has its work been used. */
static void launch__leaves_no_helper_in_the_tree(void **state)
{
	(void)state;
	need_namespaces();
	assert_int_equal(run(NULL, "set -- /proc/[0-9]*; exit $#"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(launch__leaves_no_helper_in_the_tree, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(launch__does_not_look_into_the_workspace, scratch_setup,
						scratch_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the account made so that the user may not take it: at the end of the run a runner in the account opens it to him. The
 * account is the test's own user (stand_in.h), whose files are all open to him; so what he may not open is a directory
 * that somebody holds.
 */
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "policy/policy.h"
#include "stand_in.h"
#include "world.h"

enum { STEPS_MAX = 64 };

static char own_path[1024];
static const char *taken[STEPS_MAX];
static unsigned taken_count, failing;
static const char *failing_name = "";
static HANDLE held; /* until the runner is asked to open it */

static char *in_temp(const char *name)
{
	WIN32_FIND_DATAA entry;
	HANDLE found = FindFirstFileA(in_scratch("temp\\cordon-*"), &entry);
	assert_true(found != INVALID_HANDLE_VALUE);
	FindClose(found);
	return in_scratch("temp\\%s%s", entry.cFileName, name);
}

static void hold_made(void)
{
	held = CreateFileA(in_temp("\\made"), FILE_LIST_DIRECTORY, 0, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS,
			   NULL);
	assert_true(held != INVALID_HANDLE_VALUE);
}

static void let_go(void)
{
	close_handle(&held);
	held = NULL;
}

bool operation_begins(const char *name, struct cordon_error *error)
{
	bool fails = ++taken_count == failing || strcmp(name, failing_name) == 0;
	if (taken_count <= STEPS_MAX)
		taken[taken_count - 1] = name;
	if (!fails && strcmp(name, "open what is closed") == 0)
		let_go();
	return !fails || cordon_fail(error, CORDON_OS_FAILED, "planted: %s", name);
}

static struct policy *policy;

static int setup_account(void **state)
{
	int result = setup_plan(state);
	taken_count = failing = 0;
	failing_name = "";
	windows.tier = TIER_ACCOUNT;
	policy = policy_new(TARGET_WINDOWS);
	assert_true(policy_add_text(policy, LAYER_POLICY, "C:\\policy.json", "C:\\", "{}", 2, &err));
	assert_true(policy_resolve(policy, facts, &err));
	plan.policy = policy;
	return result;
}

static int drop_account(void **state)
{
	(void)state;
	policy = policy_free(policy);
	return 0;
}

/* "made" in the run's temporary directory, and nothing else. */
static int command(void)
{
	char path[MAX_PATH];
	snprintf(path, sizeof path, "%s\\made", getenv("TEMP"));
	return CreateDirectoryA(path, NULL) ? 0 : 1;
}

static struct cage *run_command(void)
{
	SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
	CORDON_ON_EXIT(close_handle)
	HANDLE nothing = CreateFileA("NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
				     &inheritable, OPEN_EXISTING, 0, NULL);
	const int stream = (int)(intptr_t)nothing;
	const struct handover handover = { .streams = { stream, stream, stream } };
	char *const argv[] = { own_path, "command", NULL };
	struct cage *cage = start_run(&handover, argv);
	assert_int_equal(await_end(cage).exit.code, 0);
	taken_count = 0;
	return cage;
}

static unsigned count_notes(void)
{
	return count_in("state\\descriptors\\made-*");
}

static const char *const order[] = {
	"log on again",      "make the runner's job", "copy the runner",    "make a desktop for the runner",
	"make the pipe",     "start the runner",      "confine the runner", "meet the runner",
	"sweep the account", "open what is closed",
};

static void end__has_the_account_open_what_is_closed(void **state)
{
	(void)state;
	struct cage *cage = run_command();
	hold_made();
	assert_int_equal(count_notes(), 1);
	backend_native.discard(cage);
	assert_null(held);
	assert_int_equal(taken_count, COUNT_OF(order));
	for (size_t i = 0; i < COUNT_OF(order); i++)
		assert_string_equal(taken[i], order[i]);
	assert_int_equal(count_notes(), 0);
	assert_int_equal(count_in("temp\\cordon-*"), 0);
	assert_int_equal(count_in("state\\runners\\*"), 0);
}

/* Nobody waits for another logon where there is nothing for it to do. */
static void end__asks_nobody_where_nothing_is_closed(void **state)
{
	(void)state;
	backend_native.discard(run_command());
	assert_int_equal(taken_count, 0);
	assert_int_equal(count_notes(), 0);
	assert_int_equal(count_in("temp\\cordon-*"), 0);
}

static void remove_temp(void)
{
	let_go();
	assert_true(RemoveDirectoryA(in_temp("\\made")));
	assert_true(RemoveDirectoryA(in_temp("")));
}

/* It is noted as before, and the next start begins with it. */
static void end__that_fails_at_any_step_leaves_the_note(void **state)
{
	(void)state;
	for (unsigned step = 1; step <= COUNT_OF(order); step++) {
		struct cage *cage = run_command();
		hold_made();
		failing = step;
		backend_native.discard(cage);
		failing = 0;
		assert_int_equal(taken_count, step);
		assert_string_equal(taken[step - 1], order[step - 1]);
		assert_int_equal(count_notes(), 1);
		assert_int_equal(count_in("state\\runners\\*"), 0);
		remove_temp();
	}
	backend_native.discard(run_command());
	assert_int_equal(count_notes(), 0);
}

/* The account has made nothing where no command of its ran: whoever is told that a start failed is told so at once. */
static void end__of_what_never_ran_asks_nobody(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", NULL };
	const struct handover handover = { .streams = { -1, -1, -1 } };
	struct cage *cage = begin_run(&handover);
	failing_name = "make the environment";
	assert_false(backend_native.start(cage, &plan, NULL, argv, &err));
	failing_name = "";
	make_directory(in_temp("\\made"));
	hold_made();
	taken_count = 0;
	backend_native.discard(cage);
	assert_int_equal(taken_count, 0);
	assert_int_equal(count_notes(), 1);
	remove_temp();
}

static int lies(const char *how, const WCHAR *name, DWORD server)
{
	(void)how;
	(void)name;
	(void)server;
	return 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(end__has_the_account_open_what_is_closed, setup_account, drop_account),
		cmocka_unit_test_setup_teardown(end__asks_nobody_where_nothing_is_closed, setup_account, drop_account),
		cmocka_unit_test_setup_teardown(end__that_fails_at_any_step_leaves_the_note, setup_account,
						drop_account),
		cmocka_unit_test_setup_teardown(end__of_what_never_ran_asks_nobody, setup_account, drop_account),
	};
	GetModuleFileNameA(NULL, own_path, sizeof own_path);
	if (argc > 1 && strcmp(argv[1], "command") == 0)
		return command();
	if (argc > 3 && strcmp(argv[1], "runner") == 0)
		return stand_in_serve(argc, argv, lies);
	runner_program = NULL;
	return cmocka_run_group_tests(tests, setup_account_world, teardown_world);
}

/* Accounts of the pool, claimed by processes that die: the locks and the wrapping are the host's own, the record is the
 * test's.
 */
#include "backend/windows/accounts.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "scratch.h"

enum { CHILD_MS = 30000, HELD = 7 };

static char own_path[1024];

static void write_secret(unsigned number, const uint16_t *password)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	char name[32];
	snprintf(name, sizeof name, "secret-%u", number);
	if (!secret_wrap(password, &bytes, &err) ||
	    !os_write_file(in_scratch("pool"), name, text_str(&bytes), bytes.length, &err))
		fail_msg("%s", err.text);
}

static void write_record(bool is_whole)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct pool pool = {
		.is_whole = is_whole,
		.key = "0123456789abcdef0123456789abcdef",
		.group_name = "cordon-accounts",
		.group_sid = "S-1-5-21-1-2-3-1000",
		.account_count = 3,
		.accounts = { { POOL_CLOSED, 0, "cordon-0", "S-1-5-21-1-2-3-1001", "C:\\Users\\cordon-0" },
			      { POOL_GATED, 31007, "cordon-1", "S-1-5-21-1-2-3-1002", "C:\\Users\\cordon-1" },
			      { POOL_CLOSED, 0, "cordon-2", "S-1-5-21-1-2-3-1003", "C:\\Users\\cordon-2" } },
	};
	if (!pool_write(&pool, &bytes, &err) ||
	    !os_write_file(in_scratch("pool"), POOL_RECORD, text_str(&bytes), bytes.length, &err))
		fail_msg("%s", err.text);
}

static int make_pool(void **state)
{
	int result = scratch_setup(state);
	make_directory(in_scratch("pool"));
	write_file(in_scratch("pool\\" POOL_LOCK), "");
	write_secret(0, L"first \x00e9");
	write_secret(1, L"second");
	write_secret(2, L"third");
	write_record(true);
	return result;
}

static bool claim(enum pool_kind kind, struct account *account, struct cordon_error *err)
{
	*err = (struct cordon_error)CORDON_ERROR_INIT;
	return accounts_claim_in(in_scratch("pool"), kind, account, err);
}

/* Another process that claims one, says so with the event, and then waits to be ended. */
static int child(const char *folder, const char *event_name)
{
	struct account account;
	struct cordon_error err = CORDON_ERROR_INIT;
	HANDLE event = OpenEventA(EVENT_MODIFY_STATE, FALSE, event_name);
	if (!event || !accounts_claim_in(folder, POOL_CLOSED, &account, &err))
		return 1;
	SetEvent(event);
	Sleep(CHILD_MS);
	return 2;
}

/* Two runs never have one account; what a process claimed is free when it is gone, killed or not. */
static void account__is_one_process_only_until_it_is_gone(void **state)
{
	(void)state;
	char line[2048], event_name[64];
	STARTUPINFOA about = { .cb = sizeof about };
	PROCESS_INFORMATION started;
	struct account first = { 0 }, second = { 0 };
	struct cordon_error err;
	snprintf(event_name, sizeof event_name, "cordon-test-%lu", GetCurrentProcessId());
	HANDLE event = CreateEventA(NULL, TRUE, FALSE, event_name);
	assert_non_null(event);
	snprintf(line, sizeof line, "\"%s\" child \"%s\" %s", own_path, in_scratch("pool"), event_name);
	assert_true(CreateProcessA(own_path, line, NULL, NULL, FALSE, 0, NULL, NULL, &about, &started));
	HANDLE either[] = { event, started.hProcess };
	assert_int_equal(WaitForMultipleObjects(2, either, FALSE, CHILD_MS), WAIT_OBJECT_0);

	if (!claim(POOL_CLOSED, &first, &err))
		fail_msg("%s", err.text);
	assert_string_equal(first.name, "cordon-2");
	assert_false(claim(POOL_CLOSED, &second, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "all 2 accounts"));

	assert_true(TerminateProcess(started.hProcess, HELD));
	assert_int_equal(WaitForSingleObject(started.hProcess, CHILD_MS), WAIT_OBJECT_0);
	if (!claim(POOL_CLOSED, &second, &err))
		fail_msg("%s", err.text);
	assert_string_equal(second.name, "cordon-0");
	account_release(&first);
	account_release(&second);
	CloseHandle(started.hThread);
	CloseHandle(started.hProcess);
	CloseHandle(event);
}

static void account__has_what_its_runner_needs(void **state)
{
	(void)state;
	struct account account = { 0 };
	struct cordon_error err;
	if (!claim(POOL_GATED, &account, &err))
		fail_msg("%s", err.text);
	assert_string_equal(account.name, "cordon-1");
	assert_string_equal(account.sid, "S-1-5-21-1-2-3-1002");
	assert_string_equal(account.group_sid, "S-1-5-21-1-2-3-1000");
	assert_string_equal(account.profile, "C:\\Users\\cordon-1");
	assert_int_equal(account.gate_port, 31007);
	assert_int_equal(wcscmp(account.password, L"second"), 0);
	account_forget_password(&account);
	assert_null(account.password);
	/* While it is claimed, it can be started in again. */
	if (!account_recall_password(&account, &err))
		fail_msg("%s", err.text);
	assert_int_equal(wcscmp(account.password, L"second"), 0);
	account_release(&account);
	account_release(&account);
}

/* What is on disk is not the password. */
static void secret__comes_back_from_what_does_not_show_it(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	CORDON_ON_EXIT(free_wide) uint16_t *password = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(secret_wrap(L"a password of some length", &bytes, &err));
	assert_true(secret_unwrap(text_str(&bytes), bytes.length, &password, &err));
	assert_int_equal(wcscmp(password, L"a password of some length"), 0);
	const uint16_t part[] = { 'p', 'a', 's', 's', 'w', 'o', 'r', 'd' };
	for (size_t i = 0; i + sizeof part <= bytes.length; i++)
		assert_int_not_equal(memcmp(text_str(&bytes) + i, part, sizeof part), 0);
	free_wide(&password);
	password = NULL;
	assert_false(secret_unwrap("nothing of that kind", 20, &password, &err));
}

/* While setup works, or where it was not finished, there is none. */
static void account__is_not_had_from_half_a_setup(void **state)
{
	(void)state;
	struct account account = { 0 };
	struct cordon_error err;
	OVERLAPPED where = { .Offset = POOL_LOCK_RUNS };
	HANDLE lock = CreateFileA(in_scratch("pool\\" POOL_LOCK), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
				  NULL, OPEN_EXISTING, 0, NULL);
	assert_true(LockFileEx(lock, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &where));
	assert_false(claim(POOL_CLOSED, &account, &err));
	assert_non_null(strstr(err.text, "at work"));
	CloseHandle(lock);

	write_record(false);
	assert_false(claim(POOL_CLOSED, &account, &err));
	assert_non_null(strstr(err.text, "not finished"));
	write_record(true);
	assert_true(claim(POOL_CLOSED, &account, &err));
	account_release(&account);
	assert_false(claim(POOL_OPEN, &account, &err));

	/* This host's own, which no test makes. */
	assert_false(accounts_claim(POOL_CLOSED, &account, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "cordon setup"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(account__is_one_process_only_until_it_is_gone),
		cmocka_unit_test(account__has_what_its_runner_needs),
		cmocka_unit_test(secret__comes_back_from_what_does_not_show_it),
		cmocka_unit_test(account__is_not_had_from_half_a_setup),
	};
	GetModuleFileNameA(NULL, own_path, sizeof own_path);
	if (argc == 4 && strcmp(argv[1], "child") == 0)
		return child(argv[2], argv[3]);
	return cmocka_run_group_tests(tests, make_pool, NULL);
}

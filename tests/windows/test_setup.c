/* `cordon setup` on this system: the parts that Wine has are carried out, and as a whole it is refused there and leaves
 * nothing. A unit test sets no real Windows up.
 */
#include "backend/windows/accounts.h"
#include "backend/windows/setup_host.h"
#include "base/scope.h"
#include "os/os.h"
#include "scratch.h"

static void open_fine(const char *name, struct windows_setup *setup)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!windows_setup_open(in_scratch("%s", name), setup, &err))
		fail_msg("%s", err.text);
}

static bool is_windows(const char *what)
{
	if (is_wine())
		return false;
	print_message("this is Windows: %s\n", what);
	return true;
}

/* Passwords in a folder that everybody reads would be everybody's. */
static void setup__is_refused_where_no_descriptor_is_kept(void **state)
{
	(void)state;
	CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct setup_named found;
	static const char *const users[] = { "S-1-5-21-1-2-3-1001" };
	const struct setup_order order = { .users = users, .user_count = 1 };
	if (is_windows("it may well keep them, and would be set up"))
		skip();
	open_fine("refused", &setup);
	assert_false(setup_apply(&setup.host, &order, &changes, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "nothing was set up"));
	assert_false(os_exists(in_scratch("refused")));
	assert_true(setup.host.find_account(&setup.host, "cordon-closed-1", &found, &err) && !found.exists);

	/* A folder that is there already is not the administrators' alone, for all that can be seen. */
	make_directory(in_scratch("refused"));
	write_file(in_scratch("refused\\mine"), "mine");
	assert_false(setup_apply(&setup.host, &order, &changes, &err));
	assert_non_null(strstr(err.text, "not the administrators' alone"));
	assert_false(setup_remove(&setup.host, false, &changes, &err));
	assert_true(os_exists(in_scratch("refused\\mine")));
}

static void removal__of_nothing_changes_nothing(void **state)
{
	(void)state;
	CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	open_fine("nothing", &setup);
	if (!setup.host.may(&setup.host, &err)) {
		assert_non_null(strstr(err.text, "administrator"));
		print_message("this user is no administrator\n");
		skip();
	}
	for (int i = 0; i < 2; i++)
		assert_true(setup_remove(&setup.host, false, &changes, &err));
	assert_int_equal(changes.length, 0);
	assert_false(os_exists(in_scratch("nothing")));
}

/* Whole or not at all; and what a death left in the middle goes with the folder. */
static void files__are_put_whole(void **state)
{
	(void)state;
	CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
	CORDON_ON_EXIT(text_free) struct text read = { 0 };
	CORDON_ON_EXIT(text_free) struct text gone = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct setup_host *host = &setup.host;
	open_fine("files", &setup);
	make_directory(in_scratch("files"));
	assert_true(host->put(host, "pool", "one", 3, &err) && host->put(host, "pool", "two", 3, &err));
	assert_true(host->get(host, "pool", &read, &err));
	assert_string_equal(text_str(&read), "two");
	assert_true(host->drop(host, "pool", &err) && host->drop(host, "pool", &err));
	assert_true(host->get(host, "pool", &gone, &err) && gone.length == 0);
	write_file(in_scratch("files\\pool.new"), "torn");
	assert_true(host->put(host, "pool", "three", 5, &err));
	write_file(in_scratch("files\\pool.new"), "torn");
	assert_false(host->drop_folder(host, &err));
	assert_true(host->drop(host, "pool", &err) && host->drop_folder(host, &err) && host->drop_folder(host, &err));
	assert_false(os_exists(in_scratch("files")));
}

/* Setup waits for no run, and no run starts under it. */
static void setup__and_runs_exclude_each_other(void **state)
{
	(void)state;
	CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
	CORDON_ON_EXIT(text_free) struct text record = { 0 };
	CORDON_ON_EXIT(text_free) struct text secret = { 0 };
	struct account account = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct setup_host *host = &setup.host;
	const struct pool pool = { .is_whole = true,
				   .key = "0123456789abcdef0123456789abcdef",
				   .group_name = "g",
				   .group_sid = "S-1-5-21-1",
				   .account_count = 1,
				   .accounts = { { POOL_CLOSED, 0, "a", "S-1-5-21-2", "C:\\a" } } };
	open_fine("both", &setup);
	make_directory(in_scratch("both"));
	assert_true(pool_write(&pool, &record, &err) && host->wrap(host, "secret words", &secret, &err) &&
		    host->put(host, POOL_RECORD, text_str(&record), record.length, &err) &&
		    host->put(host, "secret-0", text_str(&secret), secret.length, &err));
	assert_true(host->lock(host, &err));
	assert_false(accounts_claim_in(in_scratch("both"), POOL_CLOSED, &account, &err));
	host->unlock(host);
	assert_true(accounts_claim_in(in_scratch("both"), POOL_CLOSED, &account, &err));
	assert_int_equal(wcscmp(account.password, L"secret words"), 0);
	assert_false(host->lock(host, &err));
	assert_non_null(strstr(err.text, "a run goes on"));
	account_release(&account);
	assert_true(host->lock(host, &err));
	host->unlock(host);
}

/* The logon screen's list is as before, also where it was not there. */
static void registry__is_put_back(void **state)
{
	(void)state;
	CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct setup_host *host = &setup.host;
	bool has = true, is_hidden = true;
	if (is_windows("its logon screen is left alone"))
		skip();
	open_fine("registry", &setup);
	assert_true(host->has_list(host, &has, &err) && !has);
	assert_true(host->is_hidden(host, "cordon-closed-1", &is_hidden, &err) && !is_hidden);
	assert_false(host->hide(host, "cordon-closed-1", &err));
	assert_non_null(strstr(err.text, "RegSetValueEx"));
	assert_true(host->make_list(host, &err) && host->hide(host, "cordon-closed-1", &err));
	assert_true(host->is_hidden(host, "cordon-closed-1", &is_hidden, &err) && is_hidden);
	/* Not empty, so somebody's. */
	assert_true(host->drop_list(host, &err) && host->has_list(host, &has, &err) && has);
	assert_true(host->show(host, "cordon-closed-1", &err) && host->show(host, "cordon-closed-1", &err));
	assert_true(host->drop_list(host, &err) && host->has_list(host, &has, &err) && !has);
	assert_true(host->drop_list(host, &err));
}

/* A profile is found by its SID, with the folder's whole path; an SID that has none has none. */
static void profile__is_found_by_sid(void **state)
{
	(void)state;
	static const WCHAR place[] =
		L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\S-1-5-21-7-7-7-1001";
	static const WCHAR folder[] = L"%SystemDrive%\\Users\\cordon-open-1";
	CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	char path[SETUP_PATH_SIZE] = "x";
	HKEY key;
	open_fine("profile", &setup);
	if (!setup.host.find_profile(&setup.host, "S-1-5-21-7-7-7-1001", path, &err))
		fail_msg("%s", err.text);
	assert_string_equal(path, "");
	if (is_windows("its list of profiles is left alone"))
		skip();
	assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, place, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL), 0);
	assert_int_equal(
		RegSetValueExW(key, L"ProfileImagePath", 0, REG_EXPAND_SZ, (const BYTE *)folder, sizeof folder), 0);
	RegCloseKey(key);
	if (!setup.host.find_profile(&setup.host, "S-1-5-21-7-7-7-1001", path, &err))
		fail_msg("%s", err.text);
	assert_string_equal(path, "C:\\Users\\cordon-open-1");
	assert_int_equal(RegDeleteKeyW(HKEY_LOCAL_MACHINE, place), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setup__is_refused_where_no_descriptor_is_kept),
		cmocka_unit_test(removal__of_nothing_changes_nothing),
		cmocka_unit_test(files__are_put_whole),
		cmocka_unit_test(setup__and_runs_exclude_each_other),
		cmocka_unit_test(registry__is_put_back),
		cmocka_unit_test(profile__is_found_by_sid),
	};
	return cmocka_run_group_tests(tests, scratch_setup, NULL);
}

/* What `cordon gc` and the next probe remove, and what they leave: what is another's, in use, young, or behind a link. */
#include "backend/windows/staging.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "scratch.h"

#define KILLED STAGING_NAME "0123456789abcdef01234567"
#define LIVING STAGING_NAME "fedcba987654321001234567"

static struct cordon_error err;
static struct swept swept;

static int setup_state(void **state)
{
	if (scratch_setup(state) != 0)
		return -1;
	make_directory(in_scratch("state"));
	make_directory(in_scratch("state\\probe"));
	make_directory(in_scratch("state\\aside"));
	return 0;
}

static bool is_there(const char *path)
{
	return GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES;
}

static void sweep_state(bool is_trial)
{
	for (size_t i = 0; i < swept.list.count; i++)
		free(swept.list.items[i].path);
	free(swept.list.items);
	swept = (struct swept){ 0 };
	assert_true(windows_sweep(in_scratch("state"), is_trial, &swept, &err));
	assert_true(swept.has_probes && !swept.has_control_groups);
}

static void make_old(const char *directory, int days)
{
	FILETIME now;
	ULARGE_INTEGER time;
	GetSystemTimeAsFileTime(&now);
	time.LowPart = now.dwLowDateTime;
	time.HighPart = now.dwHighDateTime;
	time.QuadPart -= (uint64_t)days * 24 * 3600 * 10000000;
	const FILETIME old = { time.LowPart, time.HighPart };
	HANDLE opened = CreateFileA(directory, FILE_WRITE_ATTRIBUTES, 7, NULL, OPEN_EXISTING,
				    FILE_FLAG_BACKUP_SEMANTICS, NULL);
	assert_ptr_not_equal(opened, INVALID_HANDLE_VALUE);
	assert_true(SetFileTime(opened, NULL, NULL, &old));
	CloseHandle(opened);
}

/* -- probes -------------------------------------------------------------------------------------------------------- */

static void sweep__takes_whole_names_of_probes(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool is_probes;
	} cases[] = {
		{ KILLED, true },
		{ STAGING_NAME "0123456789abcdef0123456", false },
		{ STAGING_NAME "0123456789abcdef012345678", false },
		{ STAGING_NAME "0123456789ABCDEF01234567", false },
		{ STAGING_NAME "0123456789abcdef0123456g", false },
		{ STAGING_NAME "..\\..\\..\\..\\..\\..\\..\\..", false },
		{ KILLED ".alive", false },
		{ "x" KILLED, false },
		{ STAGING_NAME, false },
		{ "", false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(staging_is_name(cases[i].name), cases[i].is_probes);
}

static void make_probe(const char *name)
{
	HKEY key;
	char path[128];
	make_directory(in_scratch("state\\probe\\%s", name));
	make_directory(in_scratch("state\\probe\\%s\\a", name));
	write_file(in_scratch("state\\probe\\%s\\a\\x", name), "x");
	snprintf(path, sizeof path, "Software\\%s", name);
	assert_int_equal(RegCreateKeyExA(HKEY_CURRENT_USER, path, 0, NULL, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, NULL,
					 &key, NULL),
			 0);
	RegCloseKey(key);
	snprintf(path, sizeof path, "C:\\%s-b", name);
	assert_true(CreateDirectoryA(path, NULL));
}

static bool has_key(const char *name)
{
	HKEY key;
	char path[128];
	snprintf(path, sizeof path, "Software\\%s", name);
	bool has = RegOpenKeyExA(HKEY_CURRENT_USER, path, 0, KEY_READ, &key) == 0;
	if (has)
		RegCloseKey(key);
	return has;
}

/* All that bears its name goes, wherever it is; what is another probe's, which is at work, stays. */
static void sweep__removes_what_a_killed_probe_left(void **state)
{
	(void)state;
	make_probe(KILLED);
	make_probe(LIVING);
	make_directory(in_scratch("state\\probe\\" STAGING_NAME "of-the-users"));
	write_file(in_scratch("state\\probe\\" STAGING_NAME "111111111111111111111111"), "a file");
	write_file(in_scratch("state\\probe\\s-01234567"), "a socket");
	HANDLE alive = staging_take(in_scratch("state\\probe\\" LIVING));
	assert_non_null(alive);
	assert_null(staging_take(in_scratch("state\\probe\\" LIVING)));

	sweep_state(true);
	assert_int_equal(swept.probes, 1);
	assert_true(is_there(in_scratch("state\\probe\\" KILLED)) && has_key(KILLED));

	sweep_state(false);
	assert_int_equal(swept.probes, 1);
	assert_int_equal(swept.failed, 0);
	assert_false(is_there(in_scratch("state\\probe\\" KILLED)));
	assert_false(is_there(in_scratch("state\\probe\\s-01234567")));
	assert_false(has_key(KILLED));
	assert_false(is_there("C:\\" KILLED "-b"));

	assert_true(is_there(in_scratch("state\\probe\\" LIVING "\\a\\x")) && has_key(LIVING));
	assert_true(is_there("C:\\" LIVING "-b"));
	assert_true(is_there(in_scratch("state\\probe\\" STAGING_NAME "of-the-users")));
	assert_true(is_there(in_scratch("state\\probe\\" STAGING_NAME "111111111111111111111111")));

	CloseHandle(alive);
	sweep_state(false);
	assert_int_equal(swept.probes, 1);
	assert_false(is_there(in_scratch("state\\probe\\" LIVING)) || has_key(LIVING));
	sweep_state(false);
	assert_int_equal(swept.probes, 0);
}

/* A file that is held open cannot be removed, and the next one tries again. */
static void sweep__says_what_is_left(void **state)
{
	(void)state;
	make_probe(KILLED);
	HANDLE held = CreateFileA(in_scratch("state\\probe\\" KILLED "\\a\\x"), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0,
				  NULL);
	assert_ptr_not_equal(held, INVALID_HANDLE_VALUE);
	sweep_state(false);
	assert_int_equal(swept.failed, 1);
	CloseHandle(held);
	sweep_state(false);
	assert_int_equal(swept.probes, 1);
	assert_int_equal(swept.failed, 0);
}

/* -- what was set aside -------------------------------------------------------------------------------------------- */

static void sweep__removes_what_was_set_aside_long_ago(void **state)
{
	(void)state;
	static const char *const names[] = { "01OLD", "01YOUNG", ".hidden" };
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		make_directory(in_scratch("state\\aside\\%s", names[i]));
		write_file(in_scratch("state\\aside\\%s\\1-hooks", names[i]), "x");
	}
	write_file(in_scratch("state\\aside\\a-file"), "x");
	make_old(in_scratch("state\\aside\\01OLD"), 31);
	make_old(in_scratch("state\\aside\\01YOUNG"), 29);
	make_old(in_scratch("state\\aside\\.hidden"), 31);
	make_old(in_scratch("state\\aside\\a-file"), 31);
	for (int is_trial = 1; is_trial >= 0; is_trial--) {
		sweep_state(is_trial);
		assert_int_equal(swept.list.count, 1);
		assert_int_equal(swept.list.items[0].kind, SWEPT_ASIDE);
		assert_string_equal(swept.list.items[0].path, in_scratch("state\\aside\\01OLD"));
		assert_int_equal(is_there(in_scratch("state\\aside\\01OLD\\1-hooks")), is_trial);
	}
	assert_int_equal(swept.failed, 0);
	assert_false(is_there(in_scratch("state\\aside\\01OLD")));
	assert_true(is_there(in_scratch("state\\aside\\01YOUNG\\1-hooks")));
	assert_true(is_there(in_scratch("state\\aside\\.hidden")) && is_there(in_scratch("state\\aside\\a-file")));
}

/* -- removing ------------------------------------------------------------------------------------------------------ */

static bool removes(const char *path)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	assert_true(native_path(path, &native, &err));
	return remove_tree(native);
}

/* A command may make what has a longer path than this program has stack for. */
static void remove__goes_to_the_bottom(void **state)
{
	(void)state;
	enum { DEPTH = 150 };
	static WCHAR path[DEPTH * 24 + 300];
	int length = _snwprintf(path, 300, L"\\\\?\\%hs", in_scratch("deep"));
	assert_true(CreateDirectoryW(path, NULL));
	for (int i = 0; i < DEPTH; i++) {
		length += _snwprintf(path + length, 24, L"\\directory-%04d", i);
		assert_true(CreateDirectoryW(path, NULL));
	}
	SetFileAttributesW(path, FILE_ATTRIBUTE_READONLY);
	assert_true(removes(in_scratch("deep")));
	assert_false(is_there(in_scratch("deep")));
	assert_true(removes(in_scratch("deep")));
}

static void remove__follows_no_link(void **state)
{
	(void)state;
	const char *links = getenv("CORDON_TEST_LINKS");
	char path[MAX_PATH];
	if (!links) {
		print_message("CORDON_TEST_LINKS names no links (tools/check-wine)\n");
		skip();
	}
	snprintf(path, sizeof path, "%s\\removed\\inner\\link\\Inner", links);
	assert_true(is_there(path));
	snprintf(path, sizeof path, "%s\\removed", links);
	/* Wine may be unable to remove a link; it must not be gone through. */
	removes(path);
	snprintf(path, sizeof path, "%s\\target\\Inner", links);
	assert_true(is_there(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweep__takes_whole_names_of_probes),
		cmocka_unit_test(sweep__removes_what_a_killed_probe_left),
		cmocka_unit_test(sweep__says_what_is_left),
		cmocka_unit_test(sweep__removes_what_was_set_aside_long_ago),
		cmocka_unit_test(remove__goes_to_the_bottom),
		cmocka_unit_test(remove__follows_no_link),
	};
	return cmocka_run_group_tests(tests, setup_state, NULL);
}

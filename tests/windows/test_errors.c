/* What Windows refuses, and what is told of it: the call, the thing, the code with its words, what to do. The refusals are the
 * system's own; that each place in the sources names its call tools/check-windows-errors sees to.
 */
#include <winsock2.h>

#include "backend/windows/accounts.h"
#include "backend/windows/cage.h"
#include "backend/windows/runner.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "refusal.h"
#include "scratch.h"

static struct cordon_error err;

static int setup(void **state)
{
	(void)state;
	err = (struct cordon_error)CORDON_ERROR_INIT;
	return 0;
}

static void expect(const char *api, unsigned code, const char *thing, const char *remedy)
{
	expect_refusal(&err, api, code);
	if (!strstr(err.text, thing))
		fail_msg("'%s' does not name '%s'", err.text, thing);
	if (remedy && !strstr(err.text, remedy))
		fail_msg("'%s' does not say '%s'", err.text, remedy);
}

static void file__is_named_with_the_call(void **state)
{
	(void)state;
	struct text bytes = { 0 };
	char *path = in_scratch("missing.txt");
	assert_false(os_read_file(path, 100, &bytes, &err));
	expect("CreateFile or GetFileInformationByHandleEx", ERROR_FILE_NOT_FOUND, path, NULL);

	path = in_scratch("there.txt");
	write_file(path, "x");
	assert_false(os_make_file(path, "y", 1, &err));
	expect("CreateFile", ERROR_FILE_EXISTS, path, NULL);

	HANDLE held = CreateFileA(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
	assert_true(held != INVALID_HANDLE_VALUE);
	assert_false(os_remove_file(path, &err));
	CloseHandle(held);
	expect("DeleteFile", ERROR_SHARING_VIOLATION, path, "virus scanner, OneDrive");

	path = in_scratch("folder");
	make_directory(path);
	assert_false(os_remove_file(path, &err));
	expect("DeleteFile", ERROR_ACCESS_DENIED, path, "controlled folder access");
}

static void program__is_named_with_the_call(void **state)
{
	(void)state;
	char *path = in_scratch("no-program.exe");
	char *const argv[] = { path, NULL };
	const struct launch launch = { .program = path, .argv = argv };
	PROCESS_INFORMATION process;
	write_file(path, "this is none\n");
	assert_false(launch_start(&launch, &process, &err));
	expect("CreateProcess", ERROR_BAD_EXE_FORMAT, path, "interpreter");
	assert_int_equal(err.status, CORDON_NOT_EXECUTABLE);
}

static void handles__are_named_with_the_call(void **state)
{
	(void)state;
	static const int none[] = { 0x12344 };
	HANDLE pipe;
	assert_false(passed_check(none, 1, &err));
	expect("GetHandleInformation", ERROR_INVALID_HANDLE, "--pass-fd 74564", NULL);
	assert_false(pipe_join(L"\\\\.\\pipe\\cordon-that-nobody-made", 4, &pipe, &err));
	expect("CreateFile", ERROR_FILE_NOT_FOUND, "pipe", NULL);
	assert_false(job_end(CreateEventA(NULL, TRUE, FALSE, NULL), 1000, &err));
	assert_non_null(strstr(err.text, " (TerminateJobObject: error "));
}

static void identity__is_named_with_the_call(void **state)
{
	(void)state;
	CORDON_ON_EXIT(identities_free) struct identities identities = { 0 };
	assert_false(identities_add(&identities, SID_ACCOUNT, "nobody", &err));
	expect("ConvertStringSidToSid", ERROR_INVALID_SID, "'nobody'", NULL);
}

static void secret__that_another_windows_kept_says_what_to_do(void **state)
{
	(void)state;
	uint16_t *password = NULL;
	assert_false(secret_unwrap("none of ours", 12, &password, &err));
	assert_non_null(strstr(err.text, " (CryptUnprotectData: error "));
	assert_non_null(strstr(err.text, "run 'cordon setup' as administrator again"));
}

/* Whatever the kind of code, each has its words; and an HRESULT is told as the code in it. */
static void code__of_each_kind_is_told(void **state)
{
	(void)state;
	static const struct {
		DWORD code;
		unsigned told;
		const char *remedy;
	} cases[] = {
		{ ERROR_ACCESS_DENIED, 5, "see that it is yours" },
		{ 0x80070005, 5, "see that it is yours" },
		{ 0x8007016a, 362, "start it" },
		{ WSAEADDRINUSE, 10048, NULL },
		{ 2245, 2245, "passwords" }, /* NERR_PasswordTooShort */
		{ 0x80320012, 0x80320012, NULL },
		{ 0xc0000142, 0xc0000142, "Session 0" },
		{ 0x2badc0de, 0x2badc0de, NULL }, /* nobody's */
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_false(windows_fail(&err, cases[i].code, "ReadFile", "read '%s'", "C:\\x"));
		expect("ReadFile", cases[i].told, "read 'C:\\x': ", cases[i].remedy);
	}
	assert_false(windows_fail(&err, ERROR_ACCESS_DENIED, "ReadFile", "read"));
	assert_non_null(strstr(err.text, "read: Access"));
}

/* Where room is short what is cut is in front: the cause stays. */
static void path__that_is_long_cuts_no_cause(void **state)
{
	(void)state;
	char path[450];
	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	assert_false(windows_fail(&err, ERROR_DISK_FULL, "WriteFile", "write '%s'", path));
	cordon_while(&err, "keep what '%s' was", path);
	assert_non_null(strstr(err.text, " (WriteFile: error 112); the drive is full: make room on it"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(file__is_named_with_the_call, setup),
		cmocka_unit_test_setup(program__is_named_with_the_call, setup),
		cmocka_unit_test_setup(handles__are_named_with_the_call, setup),
		cmocka_unit_test_setup(identity__is_named_with_the_call, setup),
		cmocka_unit_test_setup(secret__that_another_windows_kept_says_what_to_do, setup),
		cmocka_unit_test_setup(code__of_each_kind_is_told, setup),
		cmocka_unit_test_setup(path__that_is_long_cuts_no_cause, setup),
	};
	return cmocka_run_group_tests(tests, scratch_setup, NULL);
}

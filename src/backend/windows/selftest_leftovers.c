/* What this program makes is in one folder of a random name, whose name is also that of what cannot be in it. Whoever
 * comes later knows by a file that nobody opens whether it is in use.
 */
#include "backend/windows/selftest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/setup_host.h"
#include "backend/windows/staging.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

#define NAME_FRONT "cordon-selftest-"
#define ALIVE "alive"
#define SETUP_NOTE "setup"

char *folder_path(const struct selftest *test, const char *name)
{
	return text_format("%s\\%s", test->folder, name);
}

static char *public_path(const char *name)
{
	CORDON_ON_EXIT(text_free) struct text folder = { 0 };
	WCHAR value[MAX_PATH];
	DWORD length = GetEnvironmentVariableW(L"ProgramData", value, MAX_PATH);
	if (length == 0 || length >= MAX_PATH)
		return NULL;
	wide_add(&folder, value, length);
	return text_ok(&folder) ? text_format("%s\\%s", text_str(&folder), name) : NULL;
}

char *public_folder(const struct selftest *test)
{
	return public_path(test->name);
}

/* NULL: somebody has it. */
static HANDLE take_alive(const char *folder, DWORD how)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\" ALIVE, folder);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!path || !native_path(path, &native, &ignored))
		return NULL;
	HANDLE file = CreateFileW(native, GENERIC_READ | GENERIC_WRITE, 0, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
	return file == INVALID_HANDLE_VALUE ? NULL : file;
}

static void remove_folder(const char *path)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (path && native_path(path, &native, &ignored))
		remove_tree(native);
}

/* -- what was not in the folder ------------------------------------------------------------------------------------ */

static bool visit(const char *folder, const char *pattern, void (*found)(const char *name, void *context),
		  void *context)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *all = text_format("%s\\%s", folder, pattern);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	WIN32_FIND_DATAW entry;
	if (!all || !wide_make(all, &native, &ignored))
		return false;
	HANDLE search = FindFirstFileW(native, &entry);
	if (search == INVALID_HANDLE_VALUE)
		return true;
	do {
		CORDON_ON_EXIT(text_free) struct text name = { 0 };
		wide_add(&name, entry.cFileName, wide_length(entry.cFileName));
		if (text_ok(&name) && (entry.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY))
			found(text_str(&name), context);
	} while (FindNextFileW(search, &entry));
	FindClose(search);
	return true;
}

/* Descriptors first: what they are on may not all be in the folder. */
static bool forget_state(const char *folder, struct cordon_error *err)
{
	struct packages *packages = NULL;
	struct cordon_error ignored = CORDON_ERROR_INIT;
	unsigned found, failed;
	size_t count;
	staging_sweep(folder, false, &found, &failed);
	if (profiles_open(folder, &packages, &ignored))
		(void)!package_sweep(packages, &ignored);
	profiles_free(packages);
	return roots_forget(folder, NULL, &count, err);
}

static bool has_setup_note(const char *folder)
{
	CORDON_ON_EXIT(free_text) char *note = text_format("%s\\" SETUP_NOTE, folder);
	return note && os_exists(note);
}

static bool remove_setup(const struct selftest *test, struct cordon_error *err)
{
	const struct setup_wish wish = { .is_removal = true };
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	bool is_needed;
	if (!test->is_elevated || !test->may_change)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "it had set this machine up: 'cordon-selftest --setup --clean' as administrator, or "
				   "'cordon setup --remove', undoes that");
	return windows_setup_run(&wish, &changes, &is_needed, err);
}

/* -- earlier ones -------------------------------------------------------------------------------------------------- */

struct sweeping {
	const struct selftest *test;
	bool is_clean;
	unsigned count;
};

static void sweep_one(const char *name, void *context)
{
	struct sweeping *sweeping = context;
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *folder = text_format("%s\\%s", sweeping->test->facts->temp, name);
	CORDON_ON_EXIT(free_text) char *elsewhere = public_path(name);
	HANDLE alive = folder ? take_alive(folder, OPEN_ALWAYS) : NULL;
	if (!alive)
		return;
	bool is_undone = !has_setup_note(folder) || remove_setup(sweeping->test, &err);
	is_undone = is_undone && forget_state(folder, &err);
	CloseHandle(alive);
	if (is_undone) {
		remove_folder(elsewhere);
		remove_folder(folder);
		is_undone = !os_exists(folder) || cordon_fail(&err, CORDON_OS_FAILED, "its folder is still there");
	}
	sweeping->count++;
	sweeping->is_clean &= is_undone;
	if (!is_undone)
		report_note("an earlier selftest was ended in the middle, and has left something: %s", err.text);
}

bool leftovers_sweep(struct selftest *test)
{
	struct sweeping sweeping = { .test = test, .is_clean = true };
	visit(test->facts->temp, NAME_FRONT "*", sweep_one, &sweeping);
	if (sweeping.count > 0)
		report_note("earlier selftests that were ended in the middle: %u; what they left is %s", sweeping.count,
			    sweeping.is_clean ? "removed" : "not all removed");
	return sweeping.is_clean;
}

/* -- this one ------------------------------------------------------------------------------------------------------ */

bool leftovers_begin(struct selftest *test, struct cordon_error *err)
{
	uint64_t chance;
	if (!os_random(&chance, sizeof chance, err))
		return false;
	test->name = text_format(NAME_FRONT "%016llx", (unsigned long long)chance);
	test->folder = test->name ? text_format("%s\\%s", test->facts->temp, test->name) : NULL;
	free(test->facts->state);
	test->facts->state = test->folder ? strdup(test->folder) : NULL;
	if (!test->facts->state)
		return cordon_fail_memory(err);
	if (!os_make_directories(test->folder, err))
		return false;
	test->alive = take_alive(test->folder, CREATE_NEW);
	return test->alive || windows_fail(err, GetLastError(), "CreateFile", "make a file in '%s'", test->folder);
}

bool leftovers_note_setup(const struct selftest *test, struct cordon_error *err)
{
	return os_write_file(test->folder, SETUP_NOTE, "", 0, err);
}

void leftovers_forget_setup(const struct selftest *test)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *note = folder_path(test, SETUP_NOTE);
	if (note)
		(void)!os_remove_file(note, &ignored);
}

/* A program that has just ended keeps its file for a moment. */
void leftovers_end(struct selftest *test)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *elsewhere = test->name ? public_folder(test) : NULL;
	bool is_undone = !test->folder || !os_exists(test->folder) || forget_state(test->folder, &err);
	bool keeps = !is_undone || (test->folder && has_setup_note(test->folder));
	close_handle(&test->alive);
	for (int i = 0; !keeps && test->folder && os_exists(test->folder) && i < 50; i++) {
		Sleep(i ? 100 : 0);
		remove_folder(elsewhere);
		remove_folder(test->folder);
	}
	if (!is_undone)
		report_note("not all was undone, the next selftest tries again: %s", err.text);
	else if (test->folder && os_exists(test->folder))
		report_note("the folder of this selftest is still there, and the next one removes it");
	free(test->folder);
	free(test->name);
}

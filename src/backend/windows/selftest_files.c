/* Descriptors on real files, as a run puts them on and takes them off: whole, and killed at each step. Whoever is killed
 * is this program, which ends itself at the step that it is told.
 */
#include "backend/windows/selftest.h"

#include <sddl.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/store.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

enum { STEPS_MAX = 400, KILLED = 77 };

/* -- what is done -------------------------------------------------------------------------------------------------- */

struct carrying {
	char *top, *kept, *state;
	struct identities identities;
	struct windows_object objects[2];
	struct windows_root root;
	struct plan_windows windows;
	struct who who;
	struct windows_store *store;
};

static struct windows_sid find(const void *context, struct sid sid)
{
	PSID found = identities_find(context, sid);
	return found ? (struct windows_sid){ found, (uint16_t)GetLengthSid(found) } : (struct windows_sid){ 0 };
}

static bool is_cordons(const void *context, struct windows_sid sid)
{
	const struct identities *identities = context;
	return EqualSid(identities->capabilities[0], (PSID)(uintptr_t)sid.bytes);
}

static void free_carrying(struct carrying *carrying)
{
	windows_store_close(carrying->store);
	identities_free(&carrying->identities);
	free(carrying->top);
	free(carrying->kept);
	free(carrying->state);
}

/* A root with a grant, and in it a folder with a denial. */
static bool prepare(const char *folder, struct carrying *carrying, struct cordon_error *err)
{
	static struct windows_entry grant = { false, { SID_CAPABILITY, 0 }, RIGHTS_MODIFY, REACH_TREE, "" };
	static struct windows_entry denial = { true, { SID_CAPABILITY, 0 }, RIGHTS_CHANGE, REACH_TREE, "" };
	carrying->top = text_format("%s\\root", folder);
	carrying->kept = text_format("%s\\root\\kept", folder);
	carrying->state = text_format("%s\\state", folder);
	if (!carrying->top || !carrying->kept || !carrying->state)
		return cordon_fail_memory(err);
	carrying->objects[0] = (struct windows_object){ .path = carrying->top,
							.type = PATH_DIRECTORY,
							.entries = { &grant, 1, 1 } };
	carrying->objects[1] = (struct windows_object){ .path = carrying->kept,
							.type = PATH_DIRECTORY,
							.entries = { &denial, 1, 1 } };
	carrying->root.path = carrying->top;
	carrying->windows.objects = (struct windows_object_list){ carrying->objects, 2, 2 };
	carrying->windows.roots = (struct windows_root_list){ &carrying->root, 1, 1 };
	carrying->who = (struct who){ find, is_cordons, &carrying->identities };
	return identities_make(1, &carrying->identities, err) &&
	       windows_store_open(carrying->state, &carrying->store, err);
}

static bool lay_files(const struct carrying *carrying, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *one = text_format("%s\\file", carrying->top);
	CORDON_ON_EXIT(free_text) char *other = text_format("%s\\file", carrying->kept);
	if (!one || !other)
		return cordon_fail_memory(err);
	return os_make_directories(carrying->kept, err) && os_make_file(one, "x", 1, err) &&
	       os_make_file(other, "x", 1, err);
}

/* -- what is seen -------------------------------------------------------------------------------------------------- */

static bool add_descriptor(const char *path, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	CORDON_ON_EXIT(free_local) LPWSTR wide = NULL;
	const SECURITY_INFORMATION what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
	BYTE bytes[4096];
	DWORD length;
	if (!native_path(path, &native, err))
		return false;
	if (!GetFileSecurityW(native, what, bytes, sizeof bytes, &length) ||
	    !ConvertSecurityDescriptorToStringSecurityDescriptorW(bytes, SDDL_REVISION_1, what, &wide, NULL))
		return windows_fail(err, GetLastError(),
				    "GetFileSecurity or ConvertSecurityDescriptorToStringSecurityDescriptor",
				    "read the descriptor of '%s'", path);
	wide_add(text, wide, wide_length(wide));
	text_add_char(text, ' ');
	return text_ok(text) || cordon_fail_memory(err);
}

static bool look(const char *folder, struct text *text, struct cordon_error *err)
{
	static const char *const names[] = { "root", "root\\kept", "root\\kept\\file", "root\\file" };
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", folder, names[i]);
		if (!path)
			return cordon_fail_memory(err);
		if (!add_descriptor(path, text, err))
			return false;
	}
	return true;
}

static char *make_place(const struct trying *trying, const char *name, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *folder = folder_path(trying->test, name);
	if (!folder) {
		cordon_fail_memory(err);
		return NULL;
	}
	return os_make_directories(folder, err) ? cordon_take(&folder) : NULL;
}

/* -- from beginning to end ----------------------------------------------------------------------------------------- */

static enum result put_on_and_off(struct trying *trying)
{
	CORDON_ON_EXIT(free_carrying) struct carrying carrying = { 0 };
	CORDON_ON_EXIT(text_free) struct text before = { 0 };
	CORDON_ON_EXIT(text_free) struct text during = { 0 };
	CORDON_ON_EXIT(text_free) struct text after = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *folder = make_place(trying, "whole", &err);
	size_t count;
	if (!folder || !prepare(folder, &carrying, &err) || !lay_files(&carrying, &err))
		return failed(trying, &err);
	const struct descriptors descriptors = { .store = windows_store_operations(carrying.store),
						 .who = &carrying.who };
	if (!look(folder, &before, &err) || !descriptors_apply(&descriptors, &carrying.windows, &err) ||
	    !look(folder, &during, &err) || !descriptors_forget(&descriptors, NULL, &count, &err) ||
	    !look(folder, &after, &err))
		return failed(trying, &err);
	bool was_put = strcmp(text_str(&before), text_str(&during)) != 0;
	bool is_as_before = strcmp(text_str(&before), text_str(&after)) == 0;
	return judged(trying, was_put && is_as_before, "%sbefore %s, during %s, after %s",
		      was_put ? "" : "nothing was put on; ", text_str(&before), text_str(&during), text_str(&after));
}

/* -- killed -------------------------------------------------------------------------------------------------------- */

static struct store whole; /* the store's own operations */
static unsigned steps_left;

static void step(void)
{
	if (--steps_left == 0)
		TerminateProcess(GetCurrentProcess(), KILLED);
}

static bool stepped_write(struct store *store, struct store_file *file, const uint8_t *bytes, size_t length,
			  struct cordon_error *err)
{
	step();
	return whole.write(store, file, bytes, length, err);
}

static bool stepped_put(struct store *store, const char *name, const char *bytes, size_t length,
			struct cordon_error *err)
{
	step();
	return whole.put(store, name, bytes, length, err);
}

static bool stepped_drop(struct store *store, const char *name, struct cordon_error *err)
{
	step();
	return whole.drop(store, name, err);
}

/* FOLDER STEP on|off. Ends itself before the step of that number that changes something; with none left: 0. */
int files_main(char **words)
{
	CORDON_ON_EXIT(free_carrying) struct carrying carrying = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	size_t count;
	if (!words[0] || !words[1] || !words[2] || !prepare(words[0], &carrying, &err))
		return 2;
	struct store *store = windows_store_operations(carrying.store);
	const struct descriptors descriptors = { .store = store, .who = &carrying.who };
	bool takes_off = strcmp(words[2], "off") == 0;
	if (takes_off && !descriptors_apply(&descriptors, &carrying.windows, &err))
		return 3;
	steps_left = (unsigned)strtoul(words[1], NULL, 10);
	whole = *store;
	store->write = stepped_write;
	store->put = stepped_put;
	store->drop = stepped_drop;
	bool is_done = takes_off ? descriptors_forget(&descriptors, NULL, &count, &err)
				 : descriptors_apply(&descriptors, &carrying.windows, &err);
	return is_done ? 0 : 4;
}

static bool run_killed(const struct trying *trying, char *folder, unsigned at, char *how, DWORD *ret_status,
		       struct cordon_error *err)
{
	static const struct windows_job no_limits = { 0 };
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	char number[16];
	const char *missing;
	PROCESS_INFORMATION process;
	snprintf(number, sizeof number, "%u", at);
	char *argv[] = { trying->test->program, (char[]){ "files" }, folder, number, how, NULL };
	if (!job_make(&no_limits, &job, &missing, err))
		return false;
	const struct launch launch = { .program = argv[0], .argv = argv, .job = job };
	if (!launch_start(&launch, &process, err))
		return false;
	ResumeThread(process.hThread);
	bool is_over = ends_in_time(process.hProcess, SELFTEST_WAIT_MS, ret_status);
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	return job_end(job, SELFTEST_WAIT_MS, err) &&
	       (is_over || cordon_fail(err, CORDON_OS_FAILED, "it does not end"));
}

/* As the next cordon finds it: what was begun is undone, and what was done is taken off. */
static bool recover(const char *folder, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_carrying) struct carrying carrying = { 0 };
	size_t count;
	if (!prepare(folder, &carrying, err))
		return false;
	const struct descriptors descriptors = { .store = windows_store_operations(carrying.store),
						 .who = &carrying.who };
	return descriptors_recover(&descriptors, err) && descriptors_forget(&descriptors, NULL, &count, err);
}

static enum result kill_at_each(struct trying *trying, const char *name, char *how)
{
	CORDON_ON_EXIT(free_carrying) struct carrying carrying = { 0 };
	CORDON_ON_EXIT(text_free) struct text before = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *folder = make_place(trying, name, &err);
	DWORD status = KILLED;
	if (!folder || !prepare(folder, &carrying, &err) || !lay_files(&carrying, &err) || !look(folder, &before, &err))
		return failed(trying, &err);
	unsigned at = 0;
	while (status == KILLED && at < STEPS_MAX && !is_interrupted()) {
		CORDON_ON_EXIT(text_free) struct text after = { 0 };
		if (!run_killed(trying, folder, ++at, how, &status, &err) || !recover(folder, &err) ||
		    !look(folder, &after, &err))
			return judged(trying, false, "step %u: %s", at, err.text);
		if (strcmp(text_str(&before), text_str(&after)) != 0)
			return judged(trying, false, "step %u: before %s, after %s", at, text_str(&before),
				      text_str(&after));
	}
	/* The last was not killed: there are no more steps. */
	return judged(trying, status == 0 && at > 2, "%u steps, the last with status %lu", at - 1, status);
}

static enum result kill_putting_on(struct trying *trying)
{
	return kill_at_each(trying, "killed-on", (char[]){ "on" });
}

static enum result kill_taking_off(struct trying *trying)
{
	return kill_at_each(trying, "killed-off", (char[]){ "off" });
}

/* -- watched ------------------------------------------------------------------------------------------------------- */

static void note_changed(void *context)
{
	SetEvent(context);
}

static void note_lost(void *context)
{
	(void)context;
}

bool save_by_rename(const char *path, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *beside = text_format("%s.new", path);
	CORDON_ON_EXIT(free_wide) uint16_t *from = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *to = NULL;
	if (!beside)
		return cordon_fail_memory(err);
	if (!os_make_file(beside, "as it was", 9, err) || !native_path(beside, &from, err) ||
	    !native_path(path, &to, err))
		return false;
	return MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING) ||
	       windows_fail(err, GetLastError(), "MoveFileEx", "rename a file");
}

static enum result hear_of_saving(struct trying *trying)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *folder = make_place(trying, "watched", &err);
	CORDON_ON_EXIT(free_text) char *path = folder ? text_format("%s\\file", folder) : NULL;
	CORDON_ON_EXIT(close_handle) HANDLE heard = CreateEventW(NULL, TRUE, FALSE, NULL);
	CORDON_ON_EXIT(watcher_free_at) struct watcher *watcher = NULL;
	struct windows_object object = { .path = path, .type = PATH_FILE, .is_watched = true };
	const struct plan_windows windows = { .objects = { &object, 1, 1 } };
	const struct watched watched = { note_changed, note_lost, heard };
	if (!path || !os_make_file(path, "old", 3, &err) || !watcher_new(&windows, &watched, &watcher, &err))
		return failed(trying, &err);
	if (WaitForSingleObject(heard, 0) == WAIT_OBJECT_0)
		return judged(trying, false, "it hears of what nobody did");
	if (!save_by_rename(path, &err))
		return failed(trying, &err);
	return judged(trying, WaitForSingleObject(heard, SELFTEST_WAIT_MS) == WAIT_OBJECT_0, "%s", "");
}

static const struct selftest_row rows[] = { FILES_CASES(SELFTEST_ROW) };

void files_try(struct selftest *test)
{
	try_rows(test, rows, COUNT_OF(rows), -1, NULL, NULL);
}

/* Folders of protected files, watched while somebody saves in them. Wine has all of this. */
#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "scratch.h"

enum { HEARD_MS = 20000 };

static struct {
	HANDLE changed, lost;
} heard;

static void note_changed(void *context)
{
	(void)context;
	SetEvent(heard.changed);
}

static void note_lost(void *context)
{
	(void)context;
	SetEvent(heard.lost);
}

static const struct watched watched = { note_changed, note_lost, NULL };

static struct watcher *watch(const char *one, const char *other)
{
	struct windows_object objects[] = {
		{ .path = (char *)(uintptr_t)one, .type = PATH_FILE, .is_watched = true },
		{ .path = (char *)(uintptr_t)other, .type = PATH_FILE, .is_watched = true },
		{ .path = (char *)(uintptr_t)in_scratch("unwatched\\x"), .type = PATH_FILE },
	};
	const struct plan_windows windows = { .objects = { objects, 3, 3 } };
	struct watcher *watcher = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	ResetEvent(heard.changed);
	ResetEvent(heard.lost);
	if (!watcher_new(&windows, &watched, &watcher, &err))
		fail_msg("%s", err.text);
	return watcher;
}

/* As editors do: written beside it, then renamed over it. */
static void save(const char *path)
{
	char beside[700];
	snprintf(beside, sizeof beside, "%s.new", path);
	write_file(beside, "new");
	assert_true(MoveFileExA(beside, path, MOVEFILE_REPLACE_EXISTING));
}

static void watcher__hears_each_save_by_rename(void **state)
{
	(void)state;
	char one[600], other[600];
	make_directory(in_scratch("a"));
	make_directory(in_scratch("b"));
	snprintf(one, sizeof one, "%s", in_scratch("a\\.env"));
	snprintf(other, sizeof other, "%s", in_scratch("b\\.env"));
	write_file(one, "old");
	write_file(other, "old");
	CORDON_ON_EXIT(watcher_free_at) struct watcher *watcher = watch(one, other);
	const char *const saved[] = { one, other, other, one };
	for (size_t i = 0; i < COUNT_OF(saved); i++) {
		save(saved[i]);
		assert_int_equal(WaitForSingleObject(heard.changed, HEARD_MS), WAIT_OBJECT_0);
	}
	assert_int_equal(WaitForSingleObject(heard.lost, 0), WAIT_TIMEOUT);
}

/* It goes while nothing happens, and while much does. */
static void watcher__ends_when_it_is_told(void **state)
{
	(void)state;
	char one[600];
	make_directory(in_scratch("c"));
	snprintf(one, sizeof one, "%s", in_scratch("c\\.env"));
	watcher_free(watch(one, one));
	struct watcher *watcher = watch(one, one);
	for (int i = 0; i < 50; i++)
		save(one);
	watcher_free(watcher);
	watcher_free(NULL);
}

static void watcher__without_files_has_nothing_to_do(void **state)
{
	(void)state;
	const struct plan_windows windows = { .tier = TIER_TOKEN };
	struct watcher *watcher = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(watcher_new(&windows, &watched, &watcher, &err));
	watcher_free(watcher);
}

static void folder__that_is_not_there_is_an_error(void **state)
{
	(void)state;
	struct windows_object object = { .path = (char *)(uintptr_t)in_scratch("none\\.env"),
					 .type = PATH_FILE,
					 .is_watched = true };
	const struct plan_windows windows = { .objects = { &object, 1, 1 } };
	struct watcher *watcher = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_false(watcher_new(&windows, &watched, &watcher, &err));
	assert_null(watcher);
	assert_non_null(strstr(err.text, "none"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(watcher__hears_each_save_by_rename),
		cmocka_unit_test(watcher__ends_when_it_is_told),
		cmocka_unit_test(watcher__without_files_has_nothing_to_do),
		cmocka_unit_test(folder__that_is_not_there_is_an_error),
	};
	heard.changed = CreateEventW(NULL, FALSE, FALSE, NULL);
	heard.lost = CreateEventW(NULL, TRUE, FALSE, NULL);
	return cmocka_run_group_tests(tests, scratch_setup, NULL);
}

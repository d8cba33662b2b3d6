/* Descriptors and their journal on files of this host, by processes that are killed.
 *
 * Wine takes descriptors and keeps none, so here each file's is kept in a file beside; names, handles, the journal and
 * the killing are the host's own.
 */
#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "scratch.h"

#include <sddl.h>

enum { CHILD_MS = 30000, KILLED = 77, REFUSED = 78, ROOM = 4096 };

/* -- descriptors beside the files ---------------------------------------------------------------------------------- */

struct beside {
	struct store store;
	struct windows_store *windows;
	struct store *real;
	unsigned steps, dies_at;
};

static struct beside *own(struct store *store)
{
	return (struct beside *)store;
}

static void step(struct store *store)
{
	if (++own(store)->steps == own(store)->dies_at)
		TerminateProcess(GetCurrentProcess(), KILLED);
}

static bool open_path_(struct store *store, const char *path, struct store_file **ret_file, struct cordon_error *err)
{
	return own(store)->real->open(own(store)->real, path, ret_file, err);
}

static bool open_in(struct store *store, struct store_file *directory, const char *name, struct store_file **ret_file,
		    struct cordon_error *err)
{
	return own(store)->real->open_in(own(store)->real, directory, name, ret_file, err);
}

static void close_file(struct store *store, struct store_file *file)
{
	own(store)->real->close(own(store)->real, file);
}

static bool tell(struct store *store, struct store_file *file, struct store_about *ret_about, struct cordon_error *err)
{
	bool is_told = own(store)->real->tell(own(store)->real, file, ret_about, err);
	ret_about->may_change = true;
	return is_told;
}

static char *place_of(struct store *store, struct store_file *file, bool *ret_is_directory)
{
	struct store_about about;
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!tell(store, file, &about, &err))
		fail_msg("%s", err.text);
	*ret_is_directory = about.is_directory;
	return in_scratch("beside\\%llx", (unsigned long long)about.inode);
}

/* As what was made in a profile has it. */
static void first_descriptor(bool is_directory, struct arena *arena, const uint8_t **ret_bytes, size_t *ret_length)
{
	PSECURITY_DESCRIPTOR made;
	ULONG length;
	assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(
		is_directory ? "O:BAG:BAD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)"
			     : "O:BAG:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)",
		SDDL_REVISION_1, &made, &length));
	*ret_bytes = (const uint8_t *)arena_copy(arena, made, length);
	*ret_length = length;
	LocalFree(made);
}

static bool read_descriptor(struct store *store, struct store_file *file, struct arena *arena,
			    const uint8_t **ret_bytes, size_t *ret_length, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	bool is_directory;
	char *place = place_of(store, file, &is_directory);
	if (!os_exists(place)) {
		first_descriptor(is_directory, arena, ret_bytes, ret_length);
		return true;
	}
	if (!os_read_file(place, ROOM, &text, err))
		return false;
	*ret_bytes = (const uint8_t *)arena_copy(arena, text_str(&text), text.length);
	*ret_length = text.length;
	return true;
}

static bool write_descriptor(struct store *store, struct store_file *file, const uint8_t *bytes, size_t length,
			     struct cordon_error *err)
{
	bool is_directory;
	const char *place = place_of(store, file, &is_directory);
	step(store);
	return os_write_file(in_scratch("beside"), os_name(place), (const char *)bytes, length, err);
}

static bool own_file(struct store *store, struct store_file *file, struct cordon_error *err)
{
	return own(store)->real->own(own(store)->real, file, err);
}

static bool list(struct store *store, struct store_file *directory,
		 bool (*visit)(void *context, const char *name, struct cordon_error *err), void *context,
		 struct cordon_error *err)
{
	return own(store)->real->list(own(store)->real, directory, visit, context, err);
}

static bool draw(struct store *store, uint64_t *ret_chance, struct cordon_error *err)
{
	return own(store)->real->draw(own(store)->real, ret_chance, err);
}

static bool make(struct store *store, struct store_file *directory, const char *name, bool is_directory,
		 struct store_file **ret_file, struct cordon_error *err)
{
	step(store);
	return own(store)->real->make(own(store)->real, directory, name, is_directory, ret_file, err);
}

static bool rename_made(struct store *store, struct store_file *made, struct store_file *directory, const char *name,
			struct cordon_error *err)
{
	step(store);
	return own(store)->real->rename(own(store)->real, made, directory, name, err);
}

static bool remove_empty(struct store *store, struct store_file *file, bool *ret_removed, struct cordon_error *err)
{
	step(store);
	return own(store)->real->remove_empty(own(store)->real, file, ret_removed, err);
}

static bool put(struct store *store, const char *name, const char *bytes, size_t length, struct cordon_error *err)
{
	step(store);
	return own(store)->real->put(own(store)->real, name, bytes, length, err);
}

static bool get(struct store *store, const char *name, struct text *ret_bytes, struct cordon_error *err)
{
	return own(store)->real->get(own(store)->real, name, ret_bytes, err);
}

static bool drop(struct store *store, const char *name, struct cordon_error *err)
{
	step(store);
	return own(store)->real->drop(own(store)->real, name, err);
}

static bool names(struct store *store, bool (*visit)(void *context, const char *name, struct cordon_error *err),
		  void *context, struct cordon_error *err)
{
	return own(store)->real->names(own(store)->real, visit, context, err);
}

static void beside_open(struct beside *beside, unsigned dies_at)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	*beside = (struct beside){ .store = { open_path_, open_in, close_file, tell, read_descriptor, write_descriptor,
					      own_file, list, draw, make, rename_made, remove_empty, put, get, drop,
					      names },
				   .dies_at = dies_at };
	if (!windows_store_open(in_scratch("state"), &beside->windows, &err))
		fail_msg("%s", err.text);
	beside->real = windows_store_operations(beside->windows);
}

/* -- the plan ------------------------------------------------------------------------------------------------------ */

static const uint8_t capability[] = { 1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0,
				      0, 0, 2, 0, 0, 0, 3, 0, 0,  0, 4, 0, 0, 0 };

static struct windows_sid find(const void *context, struct sid sid)
{
	(void)context;
	if (sid.role != SID_CAPABILITY)
		return (struct windows_sid){ 0 };
	return (struct windows_sid){ capability, sizeof capability };
}

static bool is_cordons(const void *context, struct windows_sid sid)
{
	return windows_sid_equals(find(context, (struct sid){ SID_CAPABILITY, 0 }), sid);
}

static const struct who who = { find, is_cordons, NULL };

static struct windows_entry grants[] = { { false, { SID_CAPABILITY, 0 }, RIGHTS_MODIFY, REACH_TREE, "" } };
static struct windows_entry denials[] = { { true, { SID_CAPABILITY, 0 }, RIGHTS_CHANGE, REACH_TREE, "" } };
static char root[300], protected_[300], missing[300];
static struct windows_object objects[] = {
	{ .path = root, .type = PATH_DIRECTORY, .entries = { grants, 1, 1 } },
	{ .path = protected_, .type = PATH_DIRECTORY, .entries = { denials, 1, 1 } },
	{ .path = missing, .type = PATH_DIRECTORY, .is_created = true, .entries = { denials, 1, 1 } },
};
static struct windows_root roots[] = { { .path = root } };
static const struct plan_windows plan = { .objects = { objects, COUNT_OF(objects), COUNT_OF(objects) },
					  .roots = { roots, 1, 1 } };

static void name_objects(const char *folder)
{
	snprintf(scratch, sizeof scratch, "%s", folder);
	snprintf(root, sizeof root, "%s\\Root", folder);
	snprintf(protected_, sizeof protected_, "%s\\Root\\b\\kept", folder);
	snprintf(missing, sizeof missing, "%s\\Root\\hooks", folder);
}

static const char *const files[] = { "Root", "Root\\a", "Root\\b", "Root\\b\\c", "Root\\b\\kept", "Root\\b\\kept\\d" };

static int make_files(void **state)
{
	int result = scratch_setup(state);
	char folder[sizeof scratch];
	strcpy(folder, scratch);
	name_objects(folder);
	make_directory(in_scratch("beside"));
	make_directory(in_scratch("Root"));
	make_directory(in_scratch("Root\\b"));
	make_directory(in_scratch("Root\\b\\kept"));
	write_file(in_scratch("Root\\a"), "a");
	write_file(in_scratch("Root\\b\\c"), "c");
	write_file(in_scratch("Root\\b\\kept\\d"), "d");
	return result;
}

/* What each file's descriptor says, in one text. */
static void tell_all(struct beside *beside, struct text *text)
{
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
		struct store_file *file = NULL;
		struct windows_descriptor descriptor;
		struct cordon_error err = CORDON_ERROR_INIT;
		const uint8_t *bytes;
		size_t length;
		if (!open_path_(&beside->store, in_scratch("%s", files[i]), &file, &err) || !file ||
		    !read_descriptor(&beside->store, file, &arena, &bytes, &length, &err) ||
		    !windows_descriptor_read(bytes, length, &arena, &descriptor, &err))
			fail_msg("%s: %s", files[i], err.text);
		close_file(&beside->store, file);
		text_addf(text, "%s:%s", files[i], descriptor.is_protected ? " protected" : "");
		for (size_t j = 0; j < descriptor.list.count; j++)
			text_addf(text, " %u/%x/%lx", descriptor.list.items[j].type, descriptor.list.items[j].flags,
				  (unsigned long)descriptor.list.items[j].rights);
		text_add(text, "\n");
	}
}

/* -- processes ----------------------------------------------------------------------------------------------------- */

static char own_path[1024];

static int carry_out(const char *what, unsigned dies_at)
{
	struct beside beside;
	struct cordon_error err = CORDON_ERROR_INIT;
	size_t count;
	beside_open(&beside, dies_at);
	const struct descriptors descriptors = { .store = &beside.store, .who = &who };
	bool is_done = strcmp(what, "apply") == 0     ? descriptors_apply(&descriptors, &plan, &err)
		       : strcmp(what, "recover") == 0 ? descriptors_recover(&descriptors, &err)
						      : descriptors_forget(&descriptors, NULL, &count, &err);
	windows_store_close(beside.windows);
	return is_done ? 0 : REFUSED;
}

static int child(char **words)
{
	name_objects(words[1]);
	return carry_out(words[0], (unsigned)strtoul(words[2], NULL, 10));
}

/* By another process, which may die. */
static DWORD run_child(const char *what, unsigned dies_at)
{
	char line[1600];
	STARTUPINFOA about = { .cb = sizeof about };
	PROCESS_INFORMATION started;
	DWORD status;
	snprintf(line, sizeof line, "\"%s\" child %s \"%s\" %u", own_path, what, scratch, dies_at);
	/* On a busy machine Wine does not always start one at once. */
	bool is_started = false;
	for (int i = 0; i < 10 && !is_started; i++) {
		Sleep(i ? 200 : 0);
		is_started = CreateProcessA(own_path, line, NULL, NULL, FALSE, 0, NULL, NULL, &about, &started);
	}
	if (!is_started)
		fail_msg("CreateProcess: error %lu", GetLastError());
	assert_int_equal(WaitForSingleObject(started.hProcess, CHILD_MS), WAIT_OBJECT_0);
	assert_true(GetExitCodeProcess(started.hProcess, &status));
	CloseHandle(started.hThread);
	CloseHandle(started.hProcess);
	return status;
}

static void expect_same(struct beside *beside, const char *expected, const char *when, unsigned step_)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	tell_all(beside, &text);
	if (strcmp(text_str(&text), expected) != 0)
		fail_msg("%s, step %u:\n%sinstead of\n%s", when, step_, text_str(&text), expected);
}

/* A process that is ended at any step, and one that is ended while it mends what the first left. */
static void journal__brings_back_what_a_killed_process_changed(void **state)
{
	(void)state;
	struct beside beside;
	CORDON_ON_EXIT(text_free) struct text before = { 0 };
	CORDON_ON_EXIT(text_free) struct text applied = { 0 };
	beside_open(&beside, 0);
	tell_all(&beside, &before);
	assert_int_equal(carry_out("apply", 0), 0);
	tell_all(&beside, &applied);
	assert_string_not_equal(text_str(&before), text_str(&applied));
	assert_true(os_exists(missing));
	assert_int_equal(carry_out("forget", 0), 0);
	expect_same(&beside, text_str(&before), "forgotten", 0);
	assert_false(os_exists(missing));

	unsigned kills = 0;
	for (unsigned at = 1; run_child("apply", at) == KILLED; at++, kills++) {
		if (at % 3 == 0)
			run_child("recover", 1 + at % 5);
		assert_int_equal(carry_out("recover", 0), 0);
		assert_false(os_exists(missing));
		assert_int_equal(count_in("Root\\cordon-*"), 0);
		/* What was done whole stays until it is forgotten. */
		assert_int_equal(carry_out("forget", 0), 0);
		expect_same(&beside, text_str(&before), "killed", at);
	}
	expect_same(&beside, text_str(&applied), "not killed", kills + 1);
	for (unsigned at = 2; at < 6; at++) {
		assert_int_equal(run_child("forget", at), KILLED);
		assert_int_equal(carry_out("apply", 0), 0);
		expect_same(&beside, text_str(&applied), "forgetting", at);
	}
	assert_int_equal(carry_out("forget", 0), 0);
	expect_same(&beside, text_str(&before), "forgotten at last", 0);
	print_message("killed %u times\n", kills);
	assert_true(kills > 15);
	windows_store_close(beside.windows);
}

/* What stays there from a run that made it is the command's. */
static void journal__removes_only_what_is_still_empty(void **state)
{
	(void)state;
	assert_int_equal(carry_out("apply", 0), 0);
	write_file(in_scratch("Root\\hooks\\post-commit"), "x");
	assert_int_equal(carry_out("forget", 0), 0);
	assert_true(os_exists(in_scratch("Root\\hooks\\post-commit")));
	assert_true(DeleteFileA(in_scratch("Root\\hooks\\post-commit")));
	assert_true(RemoveDirectoryA(in_scratch("Root\\hooks")));
}

/* Another directory of that name is somebody else's. */
static void journal__removes_only_what_it_made(void **state)
{
	(void)state;
	assert_int_equal(carry_out("apply", 0), 0);
	assert_true(MoveFileA(missing, in_scratch("Root\\taken")));
	make_directory(missing);
	assert_int_equal(carry_out("forget", 0), 0);
	assert_true(os_exists(missing) && os_exists(in_scratch("Root\\taken")));
	assert_true(RemoveDirectoryA(missing) && RemoveDirectoryA(in_scratch("Root\\taken")));
}

/* A half-written name is nothing; a damaged file is no reason to guess. */
static void journal__is_whole_or_refused(void **state)
{
	(void)state;
	assert_int_equal(carry_out("apply", 0), 0);
	write_file(in_scratch("state\\descriptors\\00000099-object.0123456789abcdef"), "torn");
	assert_int_equal(carry_out("recover", 0), 0);
	assert_false(os_exists(in_scratch("state\\descriptors\\00000099-object.0123456789abcdef")));
	write_file(in_scratch("state\\descriptors\\00000099-object"), "cordon object 1\nand nothing more of it");
	assert_int_equal(carry_out("recover", 0), REFUSED);
	assert_int_equal(carry_out("apply", 0), REFUSED);
	assert_true(os_exists(in_scratch("state\\descriptors\\00000099-object")));
	assert_true(DeleteFileA(in_scratch("state\\descriptors\\00000099-object")));
	assert_int_equal(carry_out("forget", 0), 0);
}

/* A descriptor that was taken and not kept is found out when it is read again. */
static void store__believes_no_success(void **state)
{
	(void)state;
	struct beside beside;
	struct cordon_error err = CORDON_ERROR_INIT;
	beside_open(&beside, 0);
	const struct descriptors descriptors = { .store = beside.real, .who = &who };
	bool is_applied = descriptors_apply(&descriptors, &plan, &err);
	if (is_wine()) {
		assert_false(is_applied);
		assert_int_equal(err.status, CORDON_UNSUPPORTED);
		assert_non_null(strstr(err.text, "keep"));
	} else {
		size_t count;
		assert_true(is_applied && descriptors_forget(&descriptors, NULL, &count, &err));
	}
	assert_false(os_exists(missing));
	windows_store_close(beside.windows);
}

/* Who changes is alone, and those who use do not see it change. */
static void store__lets_one_change_while_nobody_uses(void **state)
{
	(void)state;
	struct windows_store *a = NULL, *b = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	bool is_alone = false;
	assert_true(windows_store_open(in_scratch("state"), &a, &err) &&
		    windows_store_open(in_scratch("state"), &b, &err));
	assert_true(windows_store_begin(a, &is_alone, &err) && is_alone);
	assert_true(windows_store_use(a, &err));
	assert_true(windows_store_begin(b, &is_alone, &err) && !is_alone);
	assert_true(windows_store_use(b, &err));
	windows_store_leave(a);
	assert_true(windows_store_begin(a, &is_alone, &err) && !is_alone);
	windows_store_end(a);
	/* A process that is gone uses nothing. */
	b = windows_store_close(b);
	assert_true(windows_store_begin(a, &is_alone, &err) && is_alone);
	windows_store_end(a);
	windows_store_close(a);
}

/* A root is granted to the identity that is kept for it: to none that others have. */
static void roots__are_opened_to_no_identity_of_others(void **state)
{
	(void)state;
	CORDON_ON_EXIT(identities_free) struct identities identities = { 0 };
	CORDON_ON_EXIT(free_local) char *own_sid = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	struct facts facts = { .state = in_scratch("kept") };
	struct windows_root kept_root = { .path = root, .device = 1, .inode = 2 };
	struct plan_windows windows = { .roots = { &kept_root, 1, 1 } };
	const struct plan kept_plan = { .facts = &facts, .windows = &windows };
	const struct {
		const char *sid;
		bool is_taken;
	} cases[] = {
		{ "S-1-5-21-1-2-3-4", true },
		{ "S-1-15-2-1-2-3-4-5-6-7", true },
		{ "S-1-1-0", false },
		{ "S-1-5-18", false },
		{ "S-1-5-32-545", false },
		{ "S-1-5-21-1-2-3-4-5", false },
		{ NULL, false }, /* the user's own */
		{ "nobody", false },
	};
	assert_true(identities_make(1, &identities, &err));
	assert_true(ConvertSidToStringSidA(identities.roles[SID_USER], &own_sid));
	make_directory(in_scratch("kept"));
	make_directory(in_scratch("kept\\capabilities"));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct roots *opened = NULL;
		const char *sid = cases[i].sid ? cases[i].sid : own_sid;
		write_file(in_scratch("kept\\capabilities\\0000000000000001-0000000000000002"), sid);
		if (roots_new(&kept_plan, &identities, &opened, &err) != cases[i].is_taken)
			fail_msg("%s: %s", sid, err.text);
		roots_free(opened);
	}
}

/* Whose a file is, is read back. */
static void store__makes_the_user_the_owner(void **state)
{
	(void)state;
	struct store real = windows_store_files();
	struct store_file *file = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	write_file(in_scratch("owned.txt"), "x");
	assert_true(real.open(&real, in_scratch("owned.txt"), &file, &err));
	assert_non_null(file);
	if (!real.own(&real, file, &err))
		fail_msg("%s", err.text);
	real.close(&real, file);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(journal__brings_back_what_a_killed_process_changed),
		cmocka_unit_test(journal__removes_only_what_is_still_empty),
		cmocka_unit_test(journal__removes_only_what_it_made),
		cmocka_unit_test(journal__is_whole_or_refused),
		cmocka_unit_test(store__believes_no_success),
		cmocka_unit_test(store__lets_one_change_while_nobody_uses),
		cmocka_unit_test(roots__are_opened_to_no_identity_of_others),
		cmocka_unit_test(store__makes_the_user_the_owner),
	};
	GetModuleFileNameA(NULL, own_path, sizeof own_path);
	if (argc > 4 && strcmp(argv[1], "child") == 0)
		return child(argv + 2);
	return cmocka_run_group_tests(tests, make_files, NULL);
}

/* Files with owners, in memory: whom they end up with, through faults at every operation and kills at every change. */
#include "backend/windows/ownership.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"
#include "policy/plan_windows.h"

enum { FILES_MAX = 16, JOURNAL_MAX = 4, NOBODY = -1 };

#define SID(last) \
	{ \
		1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, last, 0, 0, 0 \
	}

enum who { USER, ACCOUNT, STRANGER, EVERYONE };

static const uint8_t sids[][16] = { [USER] = SID(1), [ACCOUNT] = SID(2), [STRANGER] = SID(3), [EVERYONE] = SID(4) };

static struct windows_sid sid_of(enum who who)
{
	return (struct windows_sid){ sids[who], sizeof sids[who] };
}

/* -- the store ----------------------------------------------------------------------------------------------------- */

struct file {
	const char *name;
	int parent; /* NOBODY: a place, by its path */
	bool is_directory, is_link;
	enum who owner;
	bool is_the_users; /* his to take and to list; else its owner's alone */
	bool is_everyones; /* what made it has opened it to everyone */
	bool has_own;      /* entries that were not inherited were written */
};

struct store_file {
	int file;
};

struct memory {
	struct store store;
	struct file files[FILES_MAX];
	struct {
		char name[80], bytes[1024];
		size_t length;
	} journal[JOURNAL_MAX];
	enum who self;
	unsigned calls, fails_at;  /* the how many-eth call fails, once; 0: none */
	unsigned changes, dies_at; /* the how many-eth change is not made, and nothing works from then on */
	bool is_dead;
	int open; /* files that were not closed */
};

static struct memory *own(struct store *store)
{
	return (struct memory *)store;
}

static bool works(struct store *store, struct cordon_error *err)
{
	struct memory *self = own(store);
	return (!self->is_dead && ++self->calls != self->fails_at) || cordon_fail(err, CORDON_OS_FAILED, "planted");
}

static bool changes(struct store *store, struct cordon_error *err)
{
	if (!works(store, err))
		return false;
	own(store)->is_dead |= ++own(store)->changes == own(store)->dies_at;
	return !own(store)->is_dead || cordon_fail(err, CORDON_OS_FAILED, "planted: killed");
}

static bool may_use(const struct memory *self, const struct file *file)
{
	return file->is_the_users || file->owner == self->self;
}

static bool find(struct store *store, int parent, const char *name, struct store_file **ret_file,
		 struct cordon_error *err)
{
	struct memory *self = own(store);
	*ret_file = NULL;
	if (!works(store, err))
		return false;
	for (int i = 0; i < FILES_MAX; i++)
		if (self->files[i].name && self->files[i].parent == parent && strcmp(self->files[i].name, name) == 0) {
			if (!may_use(self, &self->files[i]) && self->files[i].owner != STRANGER)
				return cordon_fail(err, CORDON_OS_FAILED, "access is denied");
			*ret_file = calloc(1, sizeof **ret_file);
			assert_non_null(*ret_file);
			(*ret_file)->file = i;
			self->open++;
		}
	return true;
}

static bool open_path(struct store *store, const char *path, struct store_file **ret_file, struct cordon_error *err)
{
	return find(store, NOBODY, path, ret_file, err);
}

static bool open_in(struct store *store, struct store_file *directory, const char *name, struct store_file **ret_file,
		    struct cordon_error *err)
{
	assert_false(own(store)->files[directory->file].is_link);
	return find(store, directory->file, name, ret_file, err);
}

static void close_file(struct store *store, struct store_file *file)
{
	own(store)->open--;
	free(file);
}

static bool tell(struct store *store, struct store_file *file, struct store_about *ret_about, struct cordon_error *err)
{
	const struct file *found = &own(store)->files[file->file];
	*ret_about = (struct store_about){ .device = 7,
					   .inode = (uint64_t)file->file + 100,
					   .is_directory = found->is_directory,
					   .is_link = found->is_link,
					   .may_change = true };
	return works(store, err);
}

/* A list that begins with the user's entry, or the owner's, which is handed on. */
static bool read_file(struct store *store, struct store_file *file, struct arena *arena, const uint8_t **ret_bytes,
		      size_t *ret_length, struct cordon_error *err)
{
	const struct file *found = &own(store)->files[file->file];
	struct windows_ace entries[] = {
		{ .type = WINDOWS_ENTRY_ALLOWS,
		  .flags = WINDOWS_TREE,
		  .rights = RIGHTS_ALL,
		  .sid = sid_of(found->is_the_users ? USER : found->owner) },
		{ .type = WINDOWS_ENTRY_ALLOWS, .rights = RIGHTS_ALL, .sid = sid_of(EVERYONE) },
	};
	const struct windows_descriptor descriptor = { .is_protected = found->is_everyones,
						       .list = { entries, found->is_everyones ? 2 : 1, 2 } };
	const uint8_t *list;
	size_t length;
	assert_true(windows_descriptor_write(&descriptor, arena, &list, &length, err));
	/* The writer leaves the owner out. */
	uint8_t *bytes = arena_take(arena, length + sizeof sids[0]);
	assert_true(bytes && length < 256);
	memcpy(bytes, list, length);
	memcpy(bytes + length, sids[found->owner], sizeof sids[0]);
	bytes[4] = (uint8_t)length;
	*ret_bytes = bytes;
	*ret_length = length + sizeof sids[0];
	return works(store, err);
}

static bool write_file(struct store *store, struct store_file *file, const uint8_t *bytes, size_t length,
		       struct cordon_error *err)
{
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	struct windows_descriptor descriptor;
	if (!changes(store, err))
		return false;
	assert_true(windows_descriptor_read(bytes, length, &arena, &descriptor, err));
	struct file *found = &own(store)->files[file->file];
	assert_int_equal(found->owner, ACCOUNT);
	assert_true(found->is_the_users || found->owner == own(store)->self);
	assert_true(windows_sid_equals(descriptor.list.items[0].sid, sid_of(USER)));
	found->is_the_users = true;
	found->is_everyones = found->has_own = false;
	for (size_t i = 0; i < descriptor.list.count; i++) {
		found->is_everyones |= windows_sid_equals(descriptor.list.items[i].sid, sid_of(EVERYONE));
		found->has_own |= !(descriptor.list.items[i].flags & WINDOWS_INHERITED);
	}
	return true;
}

static bool own_file(struct store *store, struct store_file *file, struct cordon_error *err)
{
	struct file *found = &own(store)->files[file->file];
	/* What is a stranger's is nobody's to take, whoever could. */
	assert_int_equal(found->owner, ACCOUNT);
	if (!found->is_the_users)
		return cordon_fail(err, CORDON_OS_FAILED, "access is denied");
	if (!changes(store, err))
		return false;
	found->owner = own(store)->self;
	return true;
}

static bool list(struct store *store, struct store_file *directory,
		 bool (*visit)(void *context, const char *name, struct cordon_error *err), void *context,
		 struct cordon_error *err)
{
	struct memory *self = own(store);
	if (!works(store, err))
		return false;
	for (int i = 0; i < FILES_MAX; i++)
		if (self->files[i].name && self->files[i].parent == directory->file &&
		    !visit(context, self->files[i].name, err))
			return false;
	return true;
}

static bool put(struct store *store, const char *name, const char *bytes, size_t length, struct cordon_error *err)
{
	struct memory *self = own(store);
	int free_one = NOBODY;
	if (!changes(store, err))
		return false;
	for (int i = 0; i < JOURNAL_MAX; i++)
		if (!self->journal[i].name[0] || strcmp(self->journal[i].name, name) == 0)
			free_one = i;
	assert_true(free_one != NOBODY && length <= sizeof self->journal[0].bytes);
	strcpy(self->journal[free_one].name, name);
	memcpy(self->journal[free_one].bytes, bytes, length);
	self->journal[free_one].length = length;
	return true;
}

static bool get(struct store *store, const char *name, struct text *ret_bytes, struct cordon_error *err)
{
	struct memory *self = own(store);
	for (int i = 0; i < JOURNAL_MAX; i++)
		if (strcmp(self->journal[i].name, name) == 0)
			text_add_bytes(ret_bytes, self->journal[i].bytes, self->journal[i].length);
	return works(store, err);
}

static bool drop(struct store *store, const char *name, struct cordon_error *err)
{
	struct memory *self = own(store);
	if (!changes(store, err))
		return false;
	for (int i = 0; i < JOURNAL_MAX; i++)
		if (strcmp(self->journal[i].name, name) == 0)
			self->journal[i].name[0] = 0;
	return true;
}

static bool names(struct store *store, bool (*visit)(void *context, const char *name, struct cordon_error *err),
		  void *context, struct cordon_error *err)
{
	struct memory *self = own(store);
	if (!works(store, err))
		return false;
	for (int i = 0; i < JOURNAL_MAX; i++)
		if (self->journal[i].name[0] && !visit(context, self->journal[i].name, err))
			return false;
	return true;
}

/* -- the world ----------------------------------------------------------------------------------------------------- */

/* A root after a run: what it made, what was there before, and what it laid as traps. */
static const struct file after[] = {
	{ "C:\\root", NOBODY, true, false, USER, true, false, false },
	{ "old", 0, false, false, USER, true, false, false },
	{ "made", 0, true, false, ACCOUNT, true, false, false },
	{ "in made", 2, false, false, ACCOUNT, true, false, false },
	{ "closed", 0, true, false, ACCOUNT, false, false, false }, /* made with a descriptor of its own: mkdtemp */
	{ "in closed", 4, false, false, ACCOUNT, false, false, false },
	{ "link", 0, true, true, ACCOUNT, true, false, false }, /* to a directory of somebody else's */
	{ "behind the link", 6, false, false, STRANGER, true, false, false },
	{ "stranger's", 0, true, false, STRANGER, true, false, false },
	{ "in stranger's", 8, false, false, ACCOUNT, true, false, false },
	{ "D:\\other", NOBODY, true, false, USER, true, false, false }, /* no root of this run's */
	{ "in other", 10, false, false, ACCOUNT, true, false, false },
};

static struct memory memory;
static struct frame_place places[] = { { "C:\\root", 7, 100 }, { "C:\\gone", 7, 5 } };
static struct cordon_error err;

static struct frame_return order(void)
{
	return (struct frame_return){ sid_of(USER), places, COUNT_OF(places) };
}

static int setup(void **state)
{
	(void)state;
	err = (struct cordon_error)CORDON_ERROR_INIT;
	memory = (struct memory){ .store = { .open = open_path,
					     .open_in = open_in,
					     .close = close_file,
					     .tell = tell,
					     .read = read_file,
					     .write = write_file,
					     .own = own_file,
					     .list = list,
					     .put = put,
					     .get = get,
					     .drop = drop,
					     .names = names } };
	memcpy(memory.files, after, sizeof after);
	return 0;
}

static unsigned count_owned(enum who who)
{
	unsigned count = 0;
	for (int i = 0; i < FILES_MAX; i++)
		count += memory.files[i].name && memory.files[i].owner == who;
	return count;
}

static struct ownership_result take(void)
{
	const struct frame_return wanted = order();
	struct ownership_result result;
	memory.self = USER;
	assert_true(ownership_take(&memory.store, sid_of(ACCOUNT), &wanted, &result, &err));
	assert_int_equal(memory.open, 0);
	return result;
}

static struct ownership_result open_all(void)
{
	const struct frame_return wanted = order();
	struct ownership_result result;
	memory.self = ACCOUNT;
	assert_true(ownership_open(&memory.store, sid_of(ACCOUNT), &wanted, &result, &err));
	return result;
}

/* -- taking -------------------------------------------------------------------------------------------------------- */

static void take__makes_the_users_what_the_account_made(void **state)
{
	(void)state;
	const struct ownership_result first = take();
	assert_int_equal(first.done, 4); /* made, in made, the link itself, in stranger's */
	assert_int_equal(first.left, 1); /* closed, and nobody knows what is in it */
	const struct ownership_result opened = open_all();
	assert_int_equal(opened.done, 2);
	const struct ownership_result last = take();
	assert_int_equal(last.done, 2);
	assert_int_equal(last.left, 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(memory.files[i].owner, after[i].owner == ACCOUNT ? USER : after[i].owner);
	assert_int_equal(take().done, 0);
}

/* What a command has opened to everyone, or to the accounts, would be open to each later run, whatever its policy. */
static void take__leaves_no_descriptor_of_the_commands(void **state)
{
	(void)state;
	static const int opened[] = { 2, 3, 4, 5, 9 };
	for (size_t i = 0; i < COUNT_OF(opened); i++)
		memory.files[opened[i]].is_everyones = true;
	memory.files[1].is_everyones = true;  /* by the user */
	memory.files[8].is_the_users = false; /* what hands nothing on to him */
	take();
	open_all();
	const struct ownership_result last = take();
	assert_int_equal(last.left, 0);
	for (size_t i = 0; i < COUNT_OF(opened); i++) {
		assert_int_equal(memory.files[opened[i]].owner, USER);
		assert_false(memory.files[opened[i]].is_everyones);
		assert_int_equal(memory.files[opened[i]].has_own, opened[i] == 9);
	}
	assert_true(memory.files[1].is_everyones);
}

/* Neither through a link, nor where the place is another now, nor outside. */
static void take__stays_in_the_places_that_were_noted(void **state)
{
	(void)state;
	take();
	assert_int_equal(memory.files[7].owner, STRANGER);
	assert_int_equal(memory.files[11].owner, ACCOUNT);
	setup(NULL);
	places[0].inode = 101;
	const struct ownership_result result = take();
	places[0].inode = 100;
	assert_int_equal(result.seen, 0);
	assert_int_equal(count_owned(ACCOUNT), 7);
}

/* One that fails does not keep the others, and is counted: whoever reads zero may forget the note. */
static void take__counts_what_a_fault_leaves(void **state)
{
	(void)state;
	unsigned fails_at = 1;
	for (bool has_failed = true; has_failed; fails_at++) {
		setup(NULL);
		memory.files[4].is_the_users = memory.files[5].is_the_users = true;
		memory.fails_at = fails_at;
		const struct ownership_result result = take();
		has_failed = memory.calls >= fails_at;
		unsigned left = count_owned(ACCOUNT) - 1; /* outside */
		if (left > 0)
			assert_int_not_equal(result.left, 0);
		if (!has_failed)
			assert_int_equal(left + result.left, 0);
	}
	assert_true(fails_at > 20);
}

/* -- notes --------------------------------------------------------------------------------------------------------- */

static size_t notes(void)
{
	CORDON_ON_EXIT(ownership_free) struct ownership_notes found = { 0 };
	assert_true(ownership_load(&memory.store, &found, &err));
	return found.count;
}

static void note__says_again_what_it_was_told(void **state)
{
	(void)state;
	CORDON_ON_EXIT(ownership_free) struct ownership_notes found = { 0 };
	const struct frame_return wanted = order();
	assert_true(ownership_note(&memory.store, "S-1-5-21-2", &wanted, &err));
	assert_true(ownership_note(&memory.store, "S-1-5-21-3", &wanted, &err));
	assert_true(put(&memory.store, "00000001-object", "", 0, &err)); /* the descriptors' journal is beside it */
	assert_true(ownership_load(&memory.store, &found, &err));
	assert_int_equal(found.count, 2);
	for (size_t i = 0; i < found.count; i++) {
		assert_int_equal(found.items[i].order.place_count, 2);
		assert_string_equal(found.items[i].order.places[1].path, "C:\\gone");
		assert_true(windows_sid_equals(found.items[i].order.user, sid_of(USER)));
	}
	assert_true(ownership_drop(&memory.store, "S-1-5-21-2", &err));
	assert_int_equal(notes(), 1);
}

static void note__that_is_damaged_is_not_believed(void **state)
{
	(void)state;
	const struct frame_return wanted = order();
	for (size_t cut = 0; cut < 60; cut++) {
		setup(NULL);
		assert_true(ownership_note(&memory.store, "S-1-5-21-2", &wanted, &err));
		for (int i = 0; i < JOURNAL_MAX; i++)
			if (memory.journal[i].name[0])
				memory.journal[i].length = cut;
		assert_int_equal(notes(), 0);
	}
}

/* A run, its end and the next start, killed at each change: whenever that was, the next start ends it. */
static bool live(void)
{
	const struct frame_return wanted = order();
	struct ownership_result result;
	memory.self = USER;
	if (!ownership_note(&memory.store, "S-1-5-21-2", &wanted, &err))
		return false;
	/* Here the command runs: what it makes is there from now on. */
	memcpy(memory.files, after, sizeof after);
	memory.files[4].is_the_users = memory.files[5].is_the_users = true;
	return ownership_take(&memory.store, sid_of(ACCOUNT), &wanted, &result, &err) && result.left == 0 &&
	       ownership_drop(&memory.store, "S-1-5-21-2", &err);
}

static void recover(void)
{
	CORDON_ON_EXIT(ownership_free) struct ownership_notes found = { 0 };
	assert_true(ownership_load(&memory.store, &found, &err));
	for (size_t i = 0; i < found.count; i++) {
		struct ownership_result result;
		assert_true(ownership_take(&memory.store, sid_of(ACCOUNT), &found.items[i].order, &result, &err));
		assert_int_equal(result.left, 0);
		assert_true(ownership_drop(&memory.store, found.items[i].account, &err));
	}
}

static void note__mends_a_run_that_was_killed_anywhere(void **state)
{
	(void)state;
	unsigned dies_at = 1;
	for (bool was_killed = true; was_killed; dies_at++) {
		setup(NULL);
		memset(memory.files, 0, sizeof memory.files);
		memory.dies_at = dies_at;
		was_killed = !live();
		memory.is_dead = false;
		memory.dies_at = 0;
		recover();
		assert_true(count_owned(ACCOUNT) <= 1); /* outside */
		assert_int_equal(notes(), 0);
	}
	assert_true(dies_at > 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(take__makes_the_users_what_the_account_made, setup),
		cmocka_unit_test_setup(take__leaves_no_descriptor_of_the_commands, setup),
		cmocka_unit_test_setup(take__stays_in_the_places_that_were_noted, setup),
		cmocka_unit_test_setup(take__counts_what_a_fault_leaves, setup),
		cmocka_unit_test_setup(note__says_again_what_it_was_told, setup),
		cmocka_unit_test_setup(note__that_is_damaged_is_not_believed, setup),
		cmocka_unit_test_setup(note__mends_a_run_that_was_killed_anywhere, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

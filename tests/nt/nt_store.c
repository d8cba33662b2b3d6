#include "nt_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"
#include "nt_bytes.h"
#include "nt_plan.h"

/* -- who ----------------------------------------------------------------------------------------------------------- */

static struct windows_sid find(const void *context, struct sid sid)
{
	return nt_sid_bytes(nt_plan_sid(sid, context));
}

static bool is_cordons(const void *context, struct windows_sid sid)
{
	(void)context;
	uint32_t known = nt_sid_of(sid);
	return known == NT_ACCOUNTS || known == NT_PACKAGE || known == NT_EARLIER_PACKAGE || known >= NT_CAPABILITY;
}

const struct who nt_who = { find, is_cordons, NULL };

/* -- the power ----------------------------------------------------------------------------------------------------- */

static struct nt_store *own(struct store *store)
{
	return (struct nt_store *)store;
}

static bool lives(struct store *store, struct cordon_error *err)
{
	return !own(store)->is_dead || cordon_fail(err, CORDON_OS_FAILED, "planted: the power is off");
}

static bool changes(struct store *store, struct cordon_error *err)
{
	struct nt_store *self = own(store);
	if (!self->is_dead && ++self->steps == self->dies_at)
		self->is_dead = true;
	return lives(store, err) &&
	       (self->steps != self->fails_at || cordon_fail(err, CORDON_OS_FAILED, "planted: it fails"));
}

static bool is_full(struct store *store, const char *why, struct cordon_error *err)
{
	own(store)->full = why;
	return cordon_fail(err, CORDON_UNSUPPORTED, "%s", why);
}

/* -- files --------------------------------------------------------------------------------------------------------- */

struct store_file {
	size_t file;
};

static bool open_file(size_t file, struct store_file **ret_file, struct cordon_error *err)
{
	*ret_file = NULL;
	if (file == NT_NO_FILE)
		return true;
	*ret_file = calloc(1, sizeof **ret_file);
	if (*ret_file)
		(*ret_file)->file = file;
	return *ret_file || cordon_fail_memory(err);
}

static bool open_path(struct store *store, const char *path, struct store_file **ret_file, struct cordon_error *err)
{
	return lives(store, err) && open_file(nt_tree_find(&own(store)->world->tree, path), ret_file, err);
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '\\');
	return slash ? slash + 1 : path;
}

static size_t find_in(const struct nt_tree *tree, size_t directory, const char *name)
{
	size_t found = NT_NO_FILE;
	for (size_t i = 0; i < tree->count; i++)
		if (tree->files[i].parent == directory && strcmp(last_name(tree->files[i].path), name) == 0)
			found = i;
	return found;
}

static bool open_in(struct store *store, struct store_file *directory, const char *name, struct store_file **ret_file,
		    struct cordon_error *err)
{
	return lives(store, err) && open_file(find_in(&own(store)->world->tree, directory->file, name), ret_file, err);
}

static void close_file(struct store *store, struct store_file *file)
{
	(void)store;
	free(file);
}

static bool tell(struct store *store, struct store_file *file, struct store_about *ret_about, struct cordon_error *err)
{
	const struct nt_store *self = own(store);
	/* As nt_world's facts number them. */
	*ret_about = (struct store_about){
		.device = 1,
		.inode = file->file + 100,
		.is_directory = self->world->tree.files[file->file].is_directory,
		.may_change = nt_may_open(&self->world->tree, file->file, &self->user, NT_READ_CONTROL | NT_WRITE_DAC,
					  &nt_believed),
	};
	return lives(store, err);
}

static bool read_descriptor(struct store *store, struct store_file *file, struct arena *arena,
			    const uint8_t **ret_bytes, size_t *ret_length, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text)
	char *bytes = (char *)nt_descriptor_bytes(&own(store)->world->tree.files[file->file].descriptor, ret_length);
	*ret_bytes = (const uint8_t *)arena_copy(arena, bytes, *ret_length);
	return *ret_bytes ? lives(store, err) : cordon_fail_memory(err);
}

static bool write_descriptor(struct store *store, struct store_file *file, const uint8_t *bytes, size_t length,
			     struct cordon_error *err)
{
	struct store_about about;
	struct nt_descriptor *descriptor = &own(store)->world->tree.files[file->file].descriptor;
	struct nt_descriptor taken = *descriptor;
	assert_true(!lives(store, err) || (tell(store, file, &about, err) && about.may_change));
	if (!changes(store, err))
		return false;
	/* Bytes without a list of audits leave the label. */
	bool has_label = bytes[2] & 0x10;
	nt_descriptor_take(&taken, bytes, length);
	if (taken.is_full)
		return is_full(store, "the model has no room for so many entries", err);
	if (!has_label)
		taken.label = descriptor->label;
	*descriptor = taken;
	return true;
}

/* Nothing here asks for it: tests/windows/test_ownership.c has files with owners. */
static bool own_file(struct store *store, struct store_file *file, struct cordon_error *err)
{
	(void)store;
	(void)file;
	return cordon_fail(err, CORDON_UNSUPPORTED, "the model gives no owners");
}

static bool list(struct store *store, struct store_file *directory,
		 bool (*visit)(void *context, const char *name, struct cordon_error *err), void *context,
		 struct cordon_error *err)
{
	const struct nt_tree *tree = &own(store)->world->tree;
	if (!lives(store, err))
		return false;
	for (size_t i = 0; i < tree->count; i++)
		if (tree->files[i].parent == directory->file && !visit(context, last_name(tree->files[i].path), err))
			return false;
	return true;
}

static bool draw(struct store *store, uint64_t *ret_chance, struct cordon_error *err)
{
	*ret_chance = ++own(store)->drawn;
	return lives(store, err);
}

static bool make(struct store *store, struct store_file *directory, const char *name, bool is_directory,
		 struct store_file **ret_file, struct cordon_error *err)
{
	struct nt_store *self = own(store);
	struct nt_tree *tree = &self->world->tree;
	size_t above = directory->file;
	*ret_file = NULL;
	if (!changes(store, err))
		return false;
	if (find_in(tree, above, name) != NT_NO_FILE ||
	    !nt_may_create(tree, above, is_directory, &self->user, &nt_believed))
		return cordon_fail(err, CORDON_OS_FAILED, "'%s' cannot be made", name);
	struct nt_descriptor made = nt_descriptor_of_new(&tree->files[above].descriptor, NULL, is_directory,
							 &self->user);
	size_t file = nt_tree_add(tree, above, name, is_directory, &made);
	return file == NT_NO_FILE ? is_full(store, "the model has no room for so many files", err)
				  : open_file(file, ret_file, err);
}

/* By the handle that made it, whoever may rename it else. */
static bool rename_made(struct store *store, struct store_file *made, struct store_file *directory, const char *name,
			struct cordon_error *err)
{
	struct nt_tree *tree = &own(store)->world->tree;
	struct nt_file *file = &tree->files[made->file];
	size_t at = (size_t)(last_name(file->path) - file->path);
	assert_int_equal(file->parent, directory->file);
	if (!changes(store, err))
		return false;
	if (find_in(tree, directory->file, name) != NT_NO_FILE)
		return cordon_fail(err, CORDON_OS_FAILED, "there is a '%s' already", name);
	snprintf(file->path + at, sizeof file->path - at, "%s", name);
	return true;
}

/* The model's files have numbers: only the last of them can go. */
static bool remove_empty(struct store *store, struct store_file *file, bool *ret_removed, struct cordon_error *err)
{
	struct nt_tree *tree = &own(store)->world->tree;
	*ret_removed = false;
	for (size_t i = 0; i < tree->count; i++)
		if (tree->files[i].parent == file->file)
			return lives(store, err);
	if (!changes(store, err))
		return false;
	assert_int_equal(file->file, tree->count - 1);
	tree->count--;
	*ret_removed = true;
	return true;
}

/* -- the journal --------------------------------------------------------------------------------------------------- */

static int find_name(const struct nt_store *self, const char *name)
{
	for (int i = 0; i < NT_JOURNAL_MAX; i++)
		if (self->journal[i].bytes && strcmp(self->journal[i].name, name) == 0)
			return i;
	return -1;
}

static bool put(struct store *store, const char *name, const char *bytes, size_t length, struct cordon_error *err)
{
	struct nt_store *self = own(store);
	int at = find_name(self, name);
	for (int i = 0; at < 0 && i < NT_JOURNAL_MAX; i++)
		if (!self->journal[i].bytes)
			at = i;
	assert_true(at >= 0);
	if (!changes(store, err))
		return false;
	free(self->journal[at].bytes);
	snprintf(self->journal[at].name, sizeof self->journal[at].name, "%s", name);
	self->journal[at].bytes = malloc(length + 1);
	assert_non_null(self->journal[at].bytes);
	memcpy(self->journal[at].bytes, bytes, length);
	self->journal[at].length = length;
	return true;
}

static bool get(struct store *store, const char *name, struct text *ret_bytes, struct cordon_error *err)
{
	int at = find_name(own(store), name);
	if (!lives(store, err))
		return false;
	assert_true(at >= 0);
	text_add_bytes(ret_bytes, own(store)->journal[at].bytes, own(store)->journal[at].length);
	return true;
}

static bool drop(struct store *store, const char *name, struct cordon_error *err)
{
	int at = find_name(own(store), name);
	if (at < 0)
		return lives(store, err);
	if (!changes(store, err))
		return false;
	free(own(store)->journal[at].bytes);
	own(store)->journal[at].bytes = NULL;
	return true;
}

static bool names(struct store *store, bool (*visit)(void *context, const char *name, struct cordon_error *err),
		  void *context, struct cordon_error *err)
{
	for (int i = 0; i < NT_JOURNAL_MAX; i++)
		if (own(store)->journal[i].bytes && !visit(context, own(store)->journal[i].name, err))
			return false;
	return lives(store, err);
}

/* -- for tests ----------------------------------------------------------------------------------------------------- */

void nt_store_open(struct nt_store *store, struct nt_world *world)
{
	*store = (struct nt_store){
		.store = { open_path, open_in, close_file, tell, read_descriptor, write_descriptor, own_file, list,
			   draw, make, rename_made, remove_empty, put, get, drop, names },
		.world = world,
		.user = nt_world_user(world),
	};
}

void nt_store_revive(struct nt_store *store)
{
	store->is_dead = false;
	store->steps = store->dies_at = store->fails_at = 0;
}

unsigned nt_store_journal(const struct nt_store *store)
{
	unsigned count = 0;
	for (int i = 0; i < NT_JOURNAL_MAX; i++)
		count += store->journal[i].bytes != NULL;
	return count;
}

void nt_store_close(struct nt_store *store)
{
	for (int i = 0; i < NT_JOURNAL_MAX; i++)
		free(store->journal[i].bytes);
}

static bool labels_equal(const struct nt_label *a, const struct nt_label *b)
{
	return a->is_present == b->is_present && a->flags == b->flags && a->policy == b->policy && a->level == b->level;
}

static bool descriptors_equal(const struct nt_descriptor *a, const struct nt_descriptor *b)
{
	if (a->owner != b->owner || a->has_no_list != b->has_no_list || a->is_protected != b->is_protected ||
	    a->count != b->count || !labels_equal(&a->label, &b->label))
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->entries[i].denies != b->entries[i].denies || a->entries[i].flags != b->entries[i].flags ||
		    a->entries[i].sid != b->entries[i].sid || a->entries[i].mask != b->entries[i].mask)
			return false;
	return true;
}

bool nt_world_equals(const struct nt_world *a, const struct nt_world *b, const char **ret_file)
{
	*ret_file = "(their number)";
	if (a->tree.count != b->tree.count)
		return false;
	for (size_t i = 0; i < a->tree.count; i++) {
		*ret_file = a->tree.files[i].path;
		if (strcmp(a->tree.files[i].path, b->tree.files[i].path) != 0 ||
		    !descriptors_equal(&a->tree.files[i].descriptor, &b->tree.files[i].descriptor))
			return false;
	}
	return true;
}

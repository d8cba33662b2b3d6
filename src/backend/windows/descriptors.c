#include "backend/windows/descriptors.h"

#include <stdlib.h>
#include <string.h>

#include "backend/windows/journal.h"
#include "base/list.h"
#include "base/scope.h"
#include "policy/path.h"

enum { BATCH = 32, PROGRESS_FILES = 256 };

struct changing {
	const struct descriptors *descriptors;
	struct store *store;
	struct journal *journal;
	size_t files; /* looked at */
	/* Of the object at hand */
	struct composing composing;
	uint32_t number, part;
};

/* -- open files ---------------------------------------------------------------------------------------------------- */

struct opened {
	struct store *store;
	struct store_file *file; /* NULL: there is nothing */
	struct store_about about;
	struct windows_descriptor descriptor;
};

static void close_opened(struct opened *opened)
{
	if (opened->file)
		opened->store->close(opened->store, opened->file);
	opened->file = NULL;
}

static bool parse(const uint8_t *bytes, size_t length, struct arena *arena, struct windows_descriptor *ret_descriptor,
		  struct cordon_error *err)
{
	return windows_descriptor_read(bytes, length, arena, ret_descriptor, err);
}

static bool look(struct store *store, struct opened *opened, struct arena *arena, const char *path,
		 struct cordon_error *err)
{
	const uint8_t *bytes;
	size_t length;
	opened->store = store;
	if (!opened->file)
		return true;
	bool is_read = store->tell(store, opened->file, &opened->about, err) &&
		       store->read(store, opened->file, arena, &bytes, &length, err) &&
		       parse(bytes, length, arena, &opened->descriptor, err);
	return is_read || cordon_while(err, "look at the descriptor of '%s'", path);
}

static bool write_descriptor(struct store *store, struct opened *opened, const struct windows_descriptor *wanted,
			     struct arena *arena, const char *path, struct cordon_error *err)
{
	struct windows_descriptor written = *wanted;
	const uint8_t *bytes;
	size_t length;
	const struct windows_descriptor *now = &opened->descriptor;
	struct windows_descriptor same_label = *wanted;
	same_label.has_label = now->has_label;
	same_label.label = now->label;
	if (compose_equals(now, wanted))
		return true;
	/* A label is written only where it changes: that takes another right. */
	if (compose_equals(wanted, &same_label))
		written.has_label = false;
	else
		written.clears_label = !wanted->has_label;
	if (!windows_descriptor_write(&written, arena, &bytes, &length, err) ||
	    !store->write(store, opened->file, bytes, length, err))
		return cordon_while(err, "change the descriptor of '%s'", path);
	opened->descriptor = *wanted;
	return true;
}

static bool keep(const struct windows_descriptor *descriptor, struct arena *arena, struct journal_descriptor *ret_kept,
		 struct cordon_error *err)
{
	return windows_descriptor_write(descriptor, arena, &ret_kept->bytes, &ret_kept->length, err);
}

struct names {
	struct arena arena;
	char **items;
	size_t count, room;
};

static void names_free(struct names *names)
{
	arena_free(&names->arena);
}

static bool note_name(void *context, const char *name, struct cordon_error *err)
{
	struct names *names = context;
	char **noted = LIST_ADD_IN(&names->arena, names);
	if (noted)
		*noted = arena_copy(&names->arena, name, strlen(name));
	return (noted && *noted) || cordon_fail_memory(err);
}

static bool count_file(struct changing *changing, struct cordon_error *err)
{
	const struct descriptors *descriptors = changing->descriptors;
	if (++changing->files % PROGRESS_FILES != 0 || !descriptors->progress ||
	    descriptors->progress(descriptors->context, changing->files))
		return true;
	return cordon_fail(err, CORDON_UNSUPPORTED, "stopped after %zu files; what was changed is as it was",
			   changing->files);
}

static char *join(struct arena *arena, const char *above, const char *name)
{
	size_t length = strlen(above);
	char *joined = arena_take(arena, length + strlen(name) + 2);
	if (joined) {
		memcpy(joined, above, length);
		strcpy(joined + length + (length > 0), name);
		if (length > 0)
			joined[length] = '\\';
	}
	return joined;
}

/* -- taking back --------------------------------------------------------------------------------------------------- */

/* What it was, where it is still what was made of it; else without what was added. */
static bool take_back(const struct journal_descriptor *old_bytes, const struct journal_descriptor *made_bytes,
		      const struct windows_descriptor *now, struct arena *arena, struct windows_descriptor *ret_wanted,
		      struct cordon_error *err)
{
	struct windows_descriptor old, made, wanted;
	if (!parse(old_bytes->bytes, old_bytes->length, arena, &old, err) ||
	    !parse(made_bytes->bytes, made_bytes->length, arena, &made, err))
		return false;
	bool is_ours = compose_equals(now, &made) || compose_equals(now, &old);
	if (!compose_copy(is_ours ? &old : now, arena, &wanted) ||
	    (!is_ours && !compose_take_back(&old, &made, arena, &wanted)))
		return cordon_fail_memory(err);
	*ret_wanted = wanted;
	return true;
}

static bool undo_below(struct changing *changing, struct opened *directory, const char *relative,
		       struct cordon_error *err);

static bool undo_child(struct changing *changing, const struct opened *directory, const char *relative,
		       const char *name, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(close_opened) struct opened child = { 0 };
	struct windows_descriptor wanted;
	const char *path = join(&arena, relative, name);
	if (!path)
		return cordon_fail_memory(err);
	if (!changing->store->open_in(changing->store, directory->file, name, &child.file, err) ||
	    !look(changing->store, &child, &arena, path, err))
		return false;
	if (!child.file)
		return true;
	const struct journal_below *kept = journal_find_below(changing->journal, changing->number, path);
	if (child.about.may_change) {
		if (kept && !take_back(&kept->old, &kept->made, &child.descriptor, &arena, &wanted, err))
			return false;
		if (!kept && (!compose_copy(&child.descriptor, &arena, &wanted) ||
			      !compose_inherit(&directory->descriptor, child.about.is_directory, &arena, &wanted)))
			return cordon_fail_memory(err);
		if (!write_descriptor(changing->store, &child, &wanted, &arena, path, err))
			return false;
	}
	return !child.about.is_directory || child.about.is_link || undo_below(changing, &child, path, err);
}

static bool undo_below(struct changing *changing, struct opened *directory, const char *relative,
		       struct cordon_error *err)
{
	CORDON_ON_EXIT(names_free) struct names names = { 0 };
	if (!changing->store->list(changing->store, directory->file, note_name, &names, err))
		return cordon_while(err, "list '%s'", relative);
	for (size_t i = 0; i < names.count; i++)
		if (!undo_child(changing, directory, relative, names.items[i], err))
			return false;
	return true;
}

/* Something else at the path is not what was changed. */
static bool restore(struct changing *changing, const struct journal_object *object, struct opened *opened,
		    struct arena *arena, struct cordon_error *err)
{
	struct windows_descriptor wanted;
	if (!object->old.bytes || opened->about.device != object->device || opened->about.inode != object->inode)
		return true;
	if (!opened->about.may_change)
		return cordon_fail(err, CORDON_OS_FAILED,
				   "'%s': its descriptor cannot be changed back: it is not yours to change any more",
				   object->path);
	if (!take_back(&object->old, &object->made, &opened->descriptor, arena, &wanted, err) ||
	    !write_descriptor(changing->store, opened, &wanted, arena, object->path, err))
		return false;
	changing->number = object->number;
	return !object->reaches_below || !opened->about.is_directory || undo_below(changing, opened, "", err);
}

static bool undo(struct changing *changing, const struct journal_object *object, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(close_opened) struct opened opened = { 0 };
	struct store *store = changing->store;
	bool is_removed = false;
	/* From here on it is an entry that is not finished: it is undone whatever happens. */
	if (object->is_done && !journal_drop_done(store, object->number, err))
		return false;
	if (object->was_made && !store->remove_empty(store, object->path, &is_removed, err))
		return false;
	if (!is_removed &&
	    (!store->open(store, object->path, &opened.file, err) || !look(store, &opened, &arena, object->path, err)))
		return false;
	if (opened.file && !restore(changing, object, &opened, &arena, err))
		return cordon_while(err, "undo what was changed at '%s'", object->path);
	return journal_drop(store, object->number, err);
}

static bool is_at_or_below(const char *path, const char *above)
{
	CORDON_ON_EXIT(text_free) struct text path_key = { 0 };
	CORDON_ON_EXIT(text_free) struct text above_key = { 0 };
	path_add_key(TARGET_WINDOWS, path, &path_key);
	path_add_key(TARGET_WINDOWS, above, &above_key);
	/* Where memory is short it is concerned. */
	return !text_ok(&path_key) || !text_ok(&above_key) ||
	       path_is_below(TARGET_WINDOWS, text_str(&path_key), text_str(&above_key));
}

/* What was changed below one that is undone was made of what is there because of it. */
static void mark_below(const struct journal_object_list *objects, size_t at, bool *marked)
{
	const struct journal_object *above = &objects->items[at];
	for (size_t i = 0; i < objects->count && above->reaches_below; i++)
		if (!marked[i] && is_at_or_below(objects->items[i].path, above->path)) {
			marked[i] = true;
			mark_below(objects, i, marked);
		}
}

/* Later ones first: what they changed was the earlier ones' doing. */
static bool undo_all(struct changing *changing,
		     bool (*is_meant)(const struct journal_object *object, const void *context), const void *context,
		     size_t *ret_count, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	const struct journal_object_list *objects = &changing->journal->objects;
	bool *marked = arena_take(&arena, objects->count + 1);
	*ret_count = 0;
	if (!marked)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < objects->count; i++)
		marked[i] = is_meant(&objects->items[i], context);
	for (size_t i = 0; i < objects->count; i++)
		if (marked[i])
			mark_below(objects, i, marked);
	for (size_t i = objects->count; i-- > 0;) {
		if (!marked[i])
			continue;
		if (!undo(changing, &objects->items[i], err))
			return false;
		++*ret_count;
	}
	return true;
}

static bool is_unfinished(const struct journal_object *object, const void *context)
{
	(void)context;
	return !object->is_done || object->was_made;
}

bool descriptors_recover(const struct descriptors *descriptors, struct cordon_error *err)
{
	CORDON_ON_EXIT(journal_free) struct journal journal = { 0 };
	struct changing changing = { .descriptors = descriptors, .store = descriptors->store, .journal = &journal };
	size_t count;
	return journal_load(descriptors->store, &journal, err) && undo_all(&changing, is_unfinished, NULL, &count, err);
}

/* -- which are concerned ------------------------------------------------------------------------------------------- */

static bool is_below_path(const struct journal_object *object, const void *context)
{
	return !context || is_at_or_below(object->path, context);
}

/* In the plan's roots, or where one of its objects reaches. One that reaches nothing below (the user's profile, for its
 * attributes) has nothing to do with what other runs have below it.
 */
static bool is_plans(const struct journal_object *object, const void *context)
{
	const struct plan_windows *windows = context;
	for (size_t i = 0; i < windows->roots.count; i++)
		if (is_at_or_below(object->path, windows->roots.items[i].path))
			return true;
	for (size_t i = 0; i < windows->objects.count; i++) {
		const struct windows_object *own = &windows->objects.items[i];
		if (is_at_or_below(object->path, own->path) &&
		    (compose_reaches_below(own) || is_at_or_below(own->path, object->path)))
			return true;
	}
	return false;
}

/* -- of other plans ------------------------------------------------------------------------------------------------ */

/* Reading is checked once, by what grants it: the accounts are one group, in whatever run. Writing is checked for the
 * root's capability as well, which only the root's runs have; and a package is one plan's. What cannot be read opens.
 */
static bool opens_to(const struct journal_object *object, struct windows_sid sid)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct cordon_error ignored = CORDON_ERROR_INIT;
	struct windows_descriptor made;
	bool opens = false;
	if (!object->made.bytes)
		return false;
	if (!parse(object->made.bytes, object->made.length, &arena, &made, &ignored))
		return true;
	for (size_t i = 0; i < made.list.count; i++)
		opens |= made.list.items[i].type != WINDOWS_ENTRY_DENIES &&
			 windows_sid_equals(made.list.items[i].sid, sid);
	return opens;
}

struct opposing {
	const struct descriptors *descriptors;
	const struct plan_windows *windows;
};

/* What this run may not read and an earlier one has opened. Not what is in its own places: there nothing stays that it
 * does not want.
 */
static bool is_contrary(const struct journal_object *object, const void *context)
{
	const struct opposing *opposing = context;
	const struct descriptors *descriptors = opposing->descriptors;
	const struct who *who = descriptors->who;
	const struct windows_sid accounts = who->find(who->context, (struct sid){ .role = SID_ACCOUNTS });
	return accounts.bytes && descriptors->may_read && !descriptors->may_read(descriptors->policy, object->path) &&
	       !is_plans(object, opposing->windows) && opens_to(object, accounts);
}

static bool close_contrary(struct changing *changing, const struct plan_windows *windows, struct cordon_error *err)
{
	const struct opposing opposing = { changing->descriptors, windows };
	size_t count;
	if (!undo_all(changing, is_contrary, &opposing, &count, err))
		return false;
	if (count == 0)
		return true;
	journal_free(changing->journal);
	return journal_load(changing->store, changing->journal, err);
}

bool descriptors_forget(const struct descriptors *descriptors, const char *path, size_t *ret_count,
			struct cordon_error *err)
{
	CORDON_ON_EXIT(journal_free) struct journal journal = { 0 };
	struct changing changing = { .descriptors = descriptors, .store = descriptors->store, .journal = &journal };
	return descriptors_recover(descriptors, err) && journal_load(descriptors->store, &journal, err) &&
	       undo_all(&changing, is_below_path, path, ret_count, err);
}

/* -- putting on ---------------------------------------------------------------------------------------------------- */

static bool is_the_one(const struct windows_object *object, const struct opened *opened)
{
	return (object->inode == 0 && object->device == 0) ||
	       (opened->about.inode == object->inode && opened->about.device == object->device);
}

struct batch {
	struct arena arena;
	struct opened items[BATCH];
	struct windows_descriptor made[BATCH];
	const char *paths[BATCH];
	struct journal_below kept[BATCH];
	size_t count, kept_count;
};

static void batch_free(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		close_opened(&batch->items[i]);
	arena_free(&batch->arena);
}

/* What a directory was and is, for what is in it. */
struct around {
	struct store_file *file;
	const struct windows_descriptor *old, *made;
	bool is_left;
	const char *relative;
};

/* What undoing the object would not bring back by itself is put into the journal. */
static bool keep_child(struct changing *changing, const struct around *around, struct batch *batch, size_t i,
		       struct cordon_error *err)
{
	struct windows_descriptor undone;
	const struct opened *child = &batch->items[i];
	struct journal_below *kept = &batch->kept[batch->kept_count];
	if (!compose_copy(&batch->made[i], &batch->arena, &undone) ||
	    !compose_inherit(around->old, child->about.is_directory, &batch->arena, &undone))
		return cordon_fail_memory(err);
	if (compose_equals(&undone, &child->descriptor))
		return true;
	kept->number = changing->number;
	kept->path = batch->paths[i];
	batch->kept_count++;
	return keep(&child->descriptor, &batch->arena, &kept->old, err) &&
	       keep(&batch->made[i], &batch->arena, &kept->made, err);
}

static bool plan_child(struct changing *changing, const struct around *around, const char *name, struct batch *batch,
		       struct cordon_error *err)
{
	struct opened *child = &batch->items[batch->count];
	const char *path = join(&batch->arena, around->relative, name);
	*child = (struct opened){ 0 };
	if (!path)
		return cordon_fail_memory(err);
	if (!changing->store->open_in(changing->store, around->file, name, &child->file, err))
		return false;
	if (!child->file)
		return true;
	size_t i = batch->count++;
	batch->paths[i] = path;
	struct composing composing = changing->composing;
	composing.arena = &batch->arena;
	if (!count_file(changing, err) || !look(changing->store, child, &batch->arena, path, err))
		return false;
	if (!compose_copy(&child->descriptor, &batch->arena, &batch->made[i]))
		return cordon_fail_memory(err);
	if (!child->about.may_change)
		return !compose_may_not_leave(&composing, &child->descriptor) ||
		       cordon_fail(err, CORDON_UNSUPPORTED, "'%s' in '%s' is not yours to change, and would stay open",
				   path, changing->composing.object->path);
	return compose_below(&composing, around->made, around->is_left, child->about.is_directory, &batch->made[i])
		       ? keep_child(changing, around, batch, i, err)
		       : cordon_fail_memory(err);
}

static bool put_below(struct changing *changing, const struct around *around, struct cordon_error *err);

static bool carry_out(struct changing *changing, struct batch *batch, struct cordon_error *err)
{
	if (batch->kept_count > 0 && !journal_put_below(changing->store, changing->number, changing->part++,
							batch->kept, batch->kept_count, err))
		return false;
	for (size_t i = 0; i < batch->count; i++) {
		struct opened *child = &batch->items[i];
		const struct windows_descriptor old = child->descriptor;
		if (child->about.may_change &&
		    !write_descriptor(changing->store, child, &batch->made[i], &batch->arena, batch->paths[i], err))
			return false;
		const struct around around = { child->file, &old, &batch->made[i], !child->about.may_change,
					       batch->paths[i] };
		if (child->about.is_directory && !child->about.is_link && !put_below(changing, &around, err))
			return false;
	}
	return true;
}

static bool put_below(struct changing *changing, const struct around *around, struct cordon_error *err)
{
	CORDON_ON_EXIT(names_free) struct names names = { 0 };
	if (!changing->store->list(changing->store, around->file, note_name, &names, err))
		return cordon_while(err, "list '%s'", around->relative);
	for (size_t i = 0; i < names.count;) {
		struct batch *batch = calloc(1, sizeof *batch);
		if (!batch)
			return cordon_fail_memory(err);
		bool is_fine = true;
		for (; is_fine && i < names.count && batch->count < BATCH; i++)
			is_fine = plan_child(changing, around, names.items[i], batch, err);
		is_fine = is_fine && carry_out(changing, batch, err);
		batch_free(batch);
		free(batch);
		if (!is_fine)
			return false;
	}
	return true;
}

/* The intent without descriptors first: a crash between may leave the thing and no word of it otherwise. */
static bool make_object(struct changing *changing, struct journal_object *entry, struct opened *opened,
			struct cordon_error *err)
{
	struct store *store = changing->store;
	entry->was_made = true;
	return journal_put_object(store, entry, err) && store->make(store, entry->path, entry->is_directory, err) &&
	       store->open(store, entry->path, &opened->file, err) &&
	       (opened->file || cordon_fail(err, CORDON_OS_FAILED, "'%s' was made and is gone", entry->path));
}

static bool open_object(struct changing *changing, const struct windows_object *object, struct journal_object *entry,
			struct opened *opened, struct arena *arena, struct cordon_error *err)
{
	struct store *store = changing->store;
	if (!store->open(store, object->path, &opened->file, err))
		return false;
	if (!opened->file && !object->is_created)
		return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' is gone since it was looked at", object->path);
	if ((!opened->file && !make_object(changing, entry, opened, err)) ||
	    !look(store, opened, arena, object->path, err))
		return false;
	if (opened->about.is_link || !is_the_one(object, opened))
		return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' is something else since it was looked at",
				   object->path);
	return opened->about.may_change ||
	       cordon_fail(err, CORDON_UNSUPPORTED,
			   "'%s': its descriptor is not yours to change (an administrator, or who owns it, may)",
			   object->path);
}

static bool put_object(struct changing *changing, const struct windows_object *object, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(close_opened) struct opened opened = { 0 };
	struct journal_object entry = {
		.number = changing->journal->next++,
		.path = object->path,
		.is_directory = object->type == PATH_DIRECTORY,
		.reaches_below = compose_reaches_below(object),
	};
	struct windows_descriptor old, made;
	changing->composing = (struct composing){ object, changing->descriptors->who, &arena };
	changing->number = entry.number;
	changing->part = 0;
	if (!open_object(changing, object, &entry, &opened, &arena, err))
		return false;
	old = opened.descriptor;
	entry.is_directory = opened.about.is_directory;
	entry.device = opened.about.device;
	entry.inode = opened.about.inode;
	if (!compose_copy(&old, &arena, &made) || !compose_top(&changing->composing, entry.is_directory, &made))
		return cordon_fail_memory(err);
	if (!keep(&old, &arena, &entry.old, err) || !keep(&made, &arena, &entry.made, err) ||
	    !journal_put_object(changing->store, &entry, err) ||
	    !write_descriptor(changing->store, &opened, &made, &arena, object->path, err))
		return false;
	const struct around around = { opened.file, &old, &made, false, "" };
	return (!entry.reaches_below || !entry.is_directory || put_below(changing, &around, err)) &&
	       journal_put_done(changing->store, entry.number, err);
}

/* -- as the plan wants it already ---------------------------------------------------------------------------------- */

static const struct journal_object *find_entry(const struct journal *journal, const char *path)
{
	for (size_t i = journal->objects.count; i-- > 0;)
		if (strcmp(journal->objects.items[i].path, path) == 0)
			return &journal->objects.items[i];
	return NULL;
}

/* The same as it was put, from the same as it was, and it is so now. */
static bool object_holds(struct changing *changing, const struct windows_object *object, bool *ret_holds,
			 struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(close_opened) struct opened opened = { 0 };
	const struct journal_object *entry = find_entry(changing->journal, object->path);
	const struct composing composing = { object, changing->descriptors->who, &arena };
	struct windows_descriptor old, made, wanted;
	*ret_holds = false;
	if (!entry || !entry->is_done)
		return true;
	if (!changing->store->open(changing->store, object->path, &opened.file, err) ||
	    !look(changing->store, &opened, &arena, object->path, err) ||
	    !parse(entry->old.bytes, entry->old.length, &arena, &old, err) ||
	    !parse(entry->made.bytes, entry->made.length, &arena, &made, err))
		return false;
	if (!opened.file || opened.about.device != entry->device || opened.about.inode != entry->inode ||
	    !is_the_one(object, &opened))
		return true;
	/* The owner and group are the object's: the journal leaves them out. */
	old.owner = opened.descriptor.owner;
	old.group = opened.descriptor.group;
	if (!compose_copy(&old, &arena, &wanted) || !compose_top(&composing, entry->is_directory, &wanted))
		return cordon_fail_memory(err);
	*ret_holds = compose_equals(&wanted, &made) && compose_equals(&opened.descriptor, &made);
	return true;
}

/* But for what each run makes for itself. */
static bool all_hold(struct changing *changing, const struct plan_windows *windows, bool *ret_hold,
		     struct cordon_error *err)
{
	const struct opposing opposing = { changing->descriptors, windows };
	size_t concerned = 0, lasting = 0, contrary = 0;
	for (size_t i = 0; i < changing->journal->objects.count; i++)
		concerned += is_plans(&changing->journal->objects.items[i], windows);
	for (size_t i = 0; i < changing->journal->objects.count; i++)
		contrary += is_contrary(&changing->journal->objects.items[i], &opposing);
	for (size_t i = 0; i < windows->objects.count; i++)
		lasting += !windows->objects.items[i].is_created;
	*ret_hold = contrary == 0 && concerned == lasting;
	for (size_t i = 0; i < windows->objects.count && *ret_hold; i++)
		if (!windows->objects.items[i].is_created &&
		    !object_holds(changing, &windows->objects.items[i], ret_hold, err))
			return false;
	return true;
}

bool descriptors_hold(const struct descriptors *descriptors, const struct plan_windows *windows, bool *ret_hold,
		      struct cordon_error *err)
{
	CORDON_ON_EXIT(journal_free) struct journal journal = { 0 };
	struct changing changing = { .descriptors = descriptors, .store = descriptors->store, .journal = &journal };
	return journal_load(descriptors->store, &journal, err) && all_hold(&changing, windows, ret_hold, err);
}

static bool apply(struct changing *changing, const struct plan_windows *windows, struct cordon_error *err)
{
	bool do_hold;
	size_t count;
	if (!journal_load(changing->store, changing->journal, err) || !close_contrary(changing, windows, err) ||
	    !all_hold(changing, windows, &do_hold, err))
		return false;
	if (!do_hold && !undo_all(changing, is_plans, windows, &count, err))
		return false;
	for (size_t i = 0; i < windows->objects.count; i++)
		if ((!do_hold || windows->objects.items[i].is_created) &&
		    !put_object(changing, &windows->objects.items[i], err))
			return false;
	return true;
}

bool descriptors_apply(const struct descriptors *descriptors, const struct plan_windows *windows,
		       struct cordon_error *err)
{
	CORDON_ON_EXIT(journal_free) struct journal journal = { 0 };
	struct changing changing = { .descriptors = descriptors, .store = descriptors->store, .journal = &journal };
	struct cordon_error later = CORDON_ERROR_INIT;
	size_t count;
	if (!descriptors_recover(descriptors, err))
		return false;
	if (apply(&changing, windows, err))
		return true;
	/* What of the plan was finished before the rest failed goes, too: nobody runs with half of it. */
	journal_free(&journal);
	if (!descriptors_recover(descriptors, &later) || !journal_load(descriptors->store, &journal, &later) ||
	    !undo_all(&changing, is_plans, windows, &count, &later))
		cordon_while(err, "and what was changed is not changed back yet (%s)", later.text);
	return false;
}

/* -- while it runs ------------------------------------------------------------------------------------------------- */

/* The entry of the file that was there before goes last: killed in between, both are undone. */
static bool mend_object(struct changing *changing, const struct windows_object *object, struct cordon_error *err)
{
	const struct journal_object *before = find_entry(changing->journal, object->path);
	uint32_t number = before ? before->number : 0;
	bool was_done = before && before->is_done;
	if (!put_object(changing, object, err))
		return false;
	return !before || ((!was_done || journal_drop_done(changing->store, number, err)) &&
			   journal_drop(changing->store, number, err));
}

static bool is_there(struct store *store, const char *path, bool *ret_is_there, struct cordon_error *err)
{
	struct store_file *file;
	if (!store->open(store, path, &file, err))
		return false;
	*ret_is_there = file;
	if (file)
		store->close(store, file);
	return true;
}

static bool has_watched(const struct plan_windows *windows)
{
	bool has = false;
	for (size_t i = 0; i < windows->objects.count; i++)
		has |= windows->objects.items[i].is_watched;
	return has;
}

bool descriptors_mend(const struct descriptors *descriptors, const struct plan_windows *windows,
		      void (*mended)(void *context, size_t object), void *context, struct cordon_error *err)
{
	CORDON_ON_EXIT(journal_free) struct journal journal = { 0 };
	struct changing changing = { .descriptors = descriptors, .store = descriptors->store, .journal = &journal };
	if (!has_watched(windows))
		return true;
	if (!journal_load(descriptors->store, &journal, err))
		return false;
	for (size_t i = 0; i < windows->objects.count; i++) {
		struct windows_object object = windows->objects.items[i];
		bool is_fine;
		if (!object.is_watched || object.is_created)
			continue;
		/* Which file it is has changed; that is what this is about. */
		object.device = object.inode = 0;
		if (!object_holds(&changing, &object, &is_fine, err))
			return false;
		if (is_fine)
			continue;
		if (!is_there(descriptors->store, object.path, &is_fine, err))
			return false;
		if (!is_fine)
			continue;
		if (!mend_object(&changing, &object, err))
			return cordon_while(err, "protect '%s' again", object.path);
		mended(context, i);
	}
	return true;
}

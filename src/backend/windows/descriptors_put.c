#include "backend/windows/descriptors_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum { BATCH = 32 };

static bool keep(const struct windows_descriptor *descriptor, struct arena *arena, struct journal_descriptor *ret_kept,
		 struct cordon_error *err)
{
	return windows_descriptor_write(descriptor, arena, &ret_kept->bytes, &ret_kept->length, err);
}

bool is_the_one(const struct windows_object *object, const struct opened *opened)
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
		opened_close(&batch->items[i]);
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
	const char *path = join_names(&batch->arena, around->relative, name);
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
	if (!changing_count(changing, err) || !opened_look(changing->store, child, &batch->arena, path, err))
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
		    !opened_write(changing->store, child, &batch->made[i], &batch->arena, batch->paths[i], err))
			return false;
		const struct around around = { child->file, &old, &batch->made[i], !child->about.may_change,
					       batch->paths[i] };
		changing->depth++;
		bool is_fine = !child->about.is_directory || child->about.is_link || put_below(changing, &around, err);
		changing->depth--;
		if (!is_fine)
			return false;
	}
	return true;
}

static bool put_below(struct changing *changing, const struct around *around, struct cordon_error *err)
{
	CORDON_ON_EXIT(names_free) struct names names = { 0 };
	if (changing->depth >= DEPTH_MAX)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "'%s' has more than %d directories in each other: remove them",
				   changing->composing.object->path, DEPTH_MAX);
	if (!changing->store->list(changing->store, around->file, names_note, &names, err))
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

static bool open_above(struct changing *changing, const char *path, struct opened *above, struct arena *arena,
		       struct cordon_error *err)
{
	const char *place = path_above(arena, path);
	above->store = changing->store;
	if (!place)
		return cordon_fail_memory(err);
	return changing->store->open(changing->store, place, &above->file, err) &&
	       (above->file || cordon_fail(err, CORDON_UNSUPPORTED, "'%s' is gone since it was looked at", place));
}

/* By another name, which is noted before: a crash between may leave the thing and no word of it otherwise. It takes its
 * place when the journal says which file it is.
 */
static bool make_object(struct changing *changing, struct journal_object *entry, struct opened *opened,
			struct arena *arena, struct cordon_error *err)
{
	CORDON_ON_EXIT(opened_close) struct opened above = { 0 };
	struct store *store = changing->store;
	char *name = arena_take(arena, JOURNAL_BESIDE_SIZE);
	uint64_t chance;
	if (!name)
		return cordon_fail_memory(err);
	if (!store->draw(store, &chance, err))
		return false;
	journal_name_beside(chance, name);
	entry->was_made = true;
	entry->beside = name;
	return open_above(changing, entry->path, &above, arena, err) && journal_put_object(store, entry, err) &&
	       store->make(store, above.file, name, entry->is_directory, &opened->file, err);
}

static bool take_place(struct changing *changing, const struct journal_object *entry, struct opened *opened,
		       struct arena *arena, struct cordon_error *err)
{
	CORDON_ON_EXIT(opened_close) struct opened above = { 0 };
	const char *name = strrchr(entry->path, '\\') + 1;
	return open_above(changing, entry->path, &above, arena, err) &&
	       changing->store->rename(changing->store, opened->file, above.file, name, err);
}

static bool open_object(struct changing *changing, const struct windows_object *object, struct journal_object *entry,
			struct opened *opened, struct arena *arena, struct cordon_error *err)
{
	struct store *store = changing->store;
	if (!store->open(store, object->path, &opened->file, err))
		return false;
	if (!opened->file && !object->is_created)
		return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' is gone since it was looked at", object->path);
	if ((!opened->file && !make_object(changing, entry, opened, arena, err)) ||
	    !opened_look(store, opened, arena, object->path, err))
		return false;
	if (opened->about.is_link || !is_the_one(object, opened))
		return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' is something else since it was looked at",
				   object->path);
	return opened->about.may_change ||
	       cordon_fail(err, CORDON_UNSUPPORTED,
			   "'%s': its descriptor is not yours to change (an administrator, or who owns it, may)",
			   object->path);
}

bool put_object(struct changing *changing, const struct windows_object *object, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(opened_close) struct opened opened = { 0 };
	struct journal_object entry = {
		.number = changing->journal->next++,
		.path = object->path,
		.beside = "",
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
	    !opened_write(changing->store, &opened, &made, &arena, object->path, err))
		return false;
	const struct around around = { opened.file, &old, &made, false, "" };
	return (!entry.reaches_below || !entry.is_directory || put_below(changing, &around, err)) &&
	       (!entry.was_made || take_place(changing, &entry, &opened, &arena, err)) &&
	       journal_put_done(changing->store, entry.number, err);
}

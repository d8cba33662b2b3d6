#include "backend/windows/descriptors_parts.h"

#include "base/scope.h"
#include "policy/path.h"

/* What it was, where it is still what was made of it; else without what was added. */
static bool take_back(const struct journal_descriptor *old_bytes, const struct journal_descriptor *made_bytes,
		      const struct windows_descriptor *now, struct arena *arena, struct windows_descriptor *ret_wanted,
		      struct cordon_error *err)
{
	struct windows_descriptor old, made, wanted;
	if (!windows_descriptor_read(old_bytes->bytes, old_bytes->length, arena, &old, err) ||
	    !windows_descriptor_read(made_bytes->bytes, made_bytes->length, arena, &made, err))
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
	/* Not on the stack, which one directory in the other would use up. */
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	CORDON_ON_EXIT(opened_close) struct opened child = { 0 };
	struct windows_descriptor wanted;
	const char *path = join_names(&arena, relative, name);
	if (!path)
		return cordon_fail_memory(err);
	if (!changing->store->open_in(changing->store, directory->file, name, &child.file, err) ||
	    !opened_look(changing->store, &child, &arena, path, err))
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
		if (!opened_write(changing->store, &child, &wanted, &arena, path, err))
			return false;
	}
	return !child.about.is_directory || child.about.is_link || undo_below(changing, &child, path, err);
}

static bool undo_below(struct changing *changing, struct opened *directory, const char *relative,
		       struct cordon_error *err)
{
	CORDON_ON_EXIT(names_free) struct names names = { 0 };
	bool is_undone = true;
	/* What is deeper is a command's making, and nothing was put on there: it is no reason to keep all else as it is. */
	if (changing->depth >= DEPTH_MAX)
		return true;
	if (!changing->store->list(changing->store, directory->file, names_note, &names, err))
		return cordon_while(err, "list '%s'", relative);
	changing->depth++;
	for (size_t i = 0; i < names.count && is_undone; i++)
		is_undone = undo_child(changing, directory, relative, names.items[i], err);
	changing->depth--;
	return is_undone;
}

static bool is_entrys(const struct journal_object *object, const struct opened *opened)
{
	return opened->file && opened->about.device == object->device && opened->about.inode == object->inode;
}

static bool restore(struct changing *changing, const struct journal_object *object, struct opened *opened,
		    struct arena *arena, struct cordon_error *err)
{
	struct windows_descriptor wanted;
	if (!object->old.bytes)
		return true;
	if (!opened->about.may_change)
		return cordon_fail(err, CORDON_OS_FAILED,
				   "'%s': its descriptor cannot be changed back: it is not yours to change any more",
				   object->path);
	if (!take_back(&object->old, &object->made, &opened->descriptor, arena, &wanted, err) ||
	    !opened_write(changing->store, opened, &wanted, arena, object->path, err))
		return false;
	changing->number = object->number;
	return !object->reaches_below || !opened->about.is_directory || opened->about.is_link ||
	       undo_below(changing, opened, "", err);
}

static bool open_at(struct changing *changing, const char *path, struct opened *opened, struct arena *arena,
		    struct cordon_error *err)
{
	return changing->store->open(changing->store, path, &opened->file, err) &&
	       opened_look(changing->store, opened, arena, path, err);
}

/* What the entry speaks of, where it is; nothing, where something else is there. What was made and is not known yet has
 * its first name, which nobody else gives.
 */
static bool open_entrys(struct changing *changing, const struct journal_object *object, struct opened *opened,
			struct arena *arena, struct cordon_error *err)
{
	bool is_known = !object->was_made || object->device != 0 || object->inode != 0;
	if (is_known && !open_at(changing, object->path, opened, arena, err))
		return false;
	if (is_known && !is_entrys(object, opened))
		opened_close(opened);
	if (opened->file || !object->was_made)
		return true;
	const char *beside = join_beside(arena, object->path, object->beside);
	if (!beside)
		return cordon_fail_memory(err);
	if (!open_at(changing, beside, opened, arena, err))
		return false;
	if (is_known && !is_entrys(object, opened))
		opened_close(opened);
	return true;
}

static bool undo(struct changing *changing, const struct journal_object *object, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(opened_close) struct opened opened = { 0 };
	struct store *store = changing->store;
	bool is_removed = false;
	/* From here on it is an entry that is not finished: it is undone whatever happens. */
	if (object->is_done && !journal_drop_done(store, object->number, err))
		return false;
	if (!open_entrys(changing, object, &opened, &arena, err))
		return false;
	if (opened.file && object->was_made && !opened.about.is_link &&
	    !store->remove_empty(store, opened.file, &is_removed, err))
		return cordon_while(err, "remove '%s', which cordon made", object->path);
	if (opened.file && !is_removed && !restore(changing, object, &opened, &arena, err))
		return cordon_while(err, "undo what was changed at '%s'", object->path);
	/* What is removed goes with its last handle. */
	opened_close(&opened);
	return journal_drop(store, object->number, err);
}

bool is_at_or_below(const char *path, const char *above)
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
bool undo_objects(struct changing *changing, bool (*is_meant)(const struct journal_object *object, const void *context),
		  const void *context, size_t *ret_count, struct cordon_error *err)
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

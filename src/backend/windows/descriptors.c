#include "backend/windows/descriptors_parts.h"

#include <string.h>

#include "base/scope.h"

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
	return journal_load(descriptors->store, &journal, err) &&
	       undo_objects(&changing, is_unfinished, NULL, &count, err);
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
	if (!windows_descriptor_read(object->made.bytes, object->made.length, &arena, &made, &ignored))
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
	if (!undo_objects(changing, is_contrary, &opposing, &count, err))
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
	       undo_objects(&changing, is_below_path, path, ret_count, err);
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
	CORDON_ON_EXIT(opened_close) struct opened opened = { 0 };
	const struct journal_object *entry = find_entry(changing->journal, object->path);
	const struct composing composing = { object, changing->descriptors->who, &arena };
	struct windows_descriptor old, made, wanted;
	*ret_holds = false;
	if (!entry || !entry->is_done)
		return true;
	if (!changing->store->open(changing->store, object->path, &opened.file, err) ||
	    !opened_look(changing->store, &opened, &arena, object->path, err) ||
	    !windows_descriptor_read(entry->old.bytes, entry->old.length, &arena, &old, err) ||
	    !windows_descriptor_read(entry->made.bytes, entry->made.length, &arena, &made, err))
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
	if (!do_hold && !undo_objects(changing, is_plans, windows, &count, err))
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
	    !undo_objects(&changing, is_plans, windows, &count, &later))
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

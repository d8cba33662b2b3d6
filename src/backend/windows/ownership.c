#include "backend/windows/ownership.h"

#include <string.h>

#include "backend/windows/compose.h"
#include "backend/windows/descriptors_parts.h"
#include "base/list.h"
#include "base/scope.h"
#include "policy/plan_windows.h"

static const char prefix[] = "made-";

/* -- notes --------------------------------------------------------------------------------------------------------- */

bool ownership_note(struct store *store, const char *account, const struct frame_return *order,
		    struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	CORDON_ON_EXIT(free_text) char *name = text_format("%s%s", prefix, account);
	if (!name)
		return cordon_fail_memory(err);
	return frame_write_return(order, &bytes, err) && store->put(store, name, text_str(&bytes), bytes.length, err);
}

bool ownership_drop(struct store *store, const char *account, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *name = text_format("%s%s", prefix, account);
	return name ? store->drop(store, name, err) : cordon_fail_memory(err);
}

void ownership_free(struct ownership_notes *notes)
{
	arena_free(&notes->arena);
	*notes = (struct ownership_notes){ 0 };
}

static bool note_name(void *context, const char *name, struct cordon_error *err)
{
	struct ownership_notes *notes = context;
	if (!text_starts(name, prefix))
		return true;
	struct ownership_noted *noted = LIST_ADD_IN(&notes->arena, notes);
	const char *account = name + sizeof prefix - 1;
	if (noted)
		noted->account = arena_copy(&notes->arena, account, strlen(account));
	return (noted && noted->account) || cordon_fail_memory(err);
}

static bool read_note(struct store *store, struct arena *arena, struct ownership_noted *noted, bool *ret_is_damaged,
		      struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	CORDON_ON_EXIT(free_text) char *name = text_format("%s%s", prefix, noted->account);
	struct cordon_error why = CORDON_ERROR_INIT;
	struct frame frame;
	size_t needed;
	if (!name)
		return cordon_fail_memory(err);
	if (!store->get(store, name, &bytes, err))
		return false;
	enum frame_reading reading = frame_read((const uint8_t *)text_str(&bytes), bytes.length, &frame, &needed);
	*ret_is_damaged = reading != FRAME_WHOLE || needed != bytes.length ||
			  !frame_read_return(&frame, arena, &noted->order, &why);
	return !*ret_is_damaged || store->drop(store, name, err);
}

bool ownership_load(struct store *store, struct ownership_notes *ret_notes, struct cordon_error *err)
{
	CORDON_ON_EXIT(ownership_free) struct ownership_notes notes = { 0 };
	size_t kept = 0;
	if (!store->names(store, note_name, &notes, err))
		return false;
	for (size_t i = 0; i < notes.count; i++) {
		bool is_damaged;
		if (!read_note(store, &notes.arena, &notes.items[i], &is_damaged, err))
			return false;
		if (!is_damaged)
			notes.items[kept++] = notes.items[i];
	}
	notes.count = kept;
	*ret_notes = notes;
	notes = (struct ownership_notes){ 0 };
	return true;
}

/* -- the walk ------------------------------------------------------------------------------------------------------ */

struct walk {
	struct store *store;
	struct windows_sid account, user;
	bool opens; /* as the account; else takes, as the user */
	struct ownership_result *result;
};

struct here {
	struct walk *walk;
	const struct opened *directory;
	unsigned depth;
};

static bool visit(void *context, const char *name, struct cordon_error *err);

/* Does the list give the user all of the object itself that a root gives him? */
static bool is_open_to(const struct windows_descriptor *descriptor, struct windows_sid user)
{
	bool is_open = descriptor->has_no_list;
	for (size_t i = 0; i < descriptor->list.count && !is_open; i++) {
		const struct windows_ace *entry = &descriptor->list.items[i];
		is_open = entry->type == WINDOWS_ENTRY_ALLOWS && !(entry->flags & WINDOWS_INHERIT_ONLY) &&
			  (windows_rights(entry->rights) & RIGHTS_OWN) == RIGHTS_OWN &&
			  windows_sid_equals(entry->sid, user);
	}
	return is_open;
}

static bool open_to_user(const struct walk *walk, struct windows_descriptor *descriptor, struct arena *arena,
			 struct cordon_error *err)
{
	if (!LIST_ADD_IN(arena, &descriptor->list))
		return cordon_fail_memory(err);
	memmove(&descriptor->list.items[1], &descriptor->list.items[0],
		(descriptor->list.count - 1) * sizeof *descriptor->list.items);
	descriptor->list.items[0] = (struct windows_ace){ .type = WINDOWS_ENTRY_ALLOWS,
							  .rights = RIGHTS_OWN,
							  .sid = walk->user };
	return true;
}

static bool open_one(const struct walk *walk, const struct opened *opened, struct arena *arena,
		     struct cordon_error *err)
{
	struct windows_descriptor wanted;
	const uint8_t *bytes;
	size_t length;
	if (is_open_to(&opened->descriptor, walk->user))
		return true;
	if (!compose_copy(&opened->descriptor, arena, &wanted))
		return cordon_fail_memory(err);
	wanted.has_label = wanted.clears_label = false;
	return open_to_user(walk, &wanted, arena, err) &&
	       windows_descriptor_write(&wanted, arena, &bytes, &length, err) &&
	       walk->store->write(walk->store, opened->file, bytes, length, err);
}

/* As if he had made it there himself: who makes a file may give it any descriptor, and with one that opens it to the
 * accounts or to everybody, whatever the user puts there later would be open to every later run.
 */
static bool settle(const struct walk *walk, struct opened *opened, const struct opened *directory, struct arena *arena,
		   struct cordon_error *err)
{
	struct windows_descriptor wanted = { .owner = walk->user, .group = opened->descriptor.group };
	if (!directory || directory->descriptor.has_no_list)
		return true;
	if (!compose_inherit(&directory->descriptor, opened->about.is_directory, arena, &wanted))
		return cordon_fail_memory(err);
	return (is_open_to(&wanted, walk->user) || open_to_user(walk, &wanted, arena, err)) &&
	       opened_write(walk->store, opened, &wanted, arena, "what the account made", err);
}

static bool take_one(const struct walk *walk, struct opened *opened, const struct opened *directory,
		     struct arena *arena, struct cordon_error *err)
{
	/* The owner last: by him it is found again where this failed. */
	return settle(walk, opened, directory, arena, err) && walk->store->own(walk->store, opened->file, err);
}

/* One object. What is not the account's is left alone; what cannot be done to it is counted and no reason to stop. */
static bool act(struct walk *walk, struct opened *opened, const struct opened *directory, struct arena *arena,
		struct cordon_error *err)
{
	struct cordon_error why = CORDON_ERROR_INIT;
	if (!windows_sid_equals(opened->descriptor.owner, walk->account))
		return true;
	bool is_done = walk->opens ? open_one(walk, opened, arena, &why)
				   : take_one(walk, opened, directory, arena, &why);
	walk->result->done += is_done;
	walk->result->left += !is_done;
	return why.status != CORDON_NO_MEMORY || cordon_fail_memory(err);
}

static bool go(struct walk *walk, struct store_file *file, const struct opened *directory, unsigned depth,
	       struct cordon_error *err)
{
	/* Not on the stack, which one directory in the other would use up. */
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	struct opened opened = { .file = file }; /* the caller's to close */
	struct here here = { walk, &opened, depth };
	struct cordon_error why = CORDON_ERROR_INIT;
	walk->result->seen++;
	if (!opened_look(walk->store, &opened, &arena, "what the account made", &why)) {
		walk->result->left++;
		return why.status != CORDON_NO_MEMORY || cordon_fail_memory(err);
	}
	if (!act(walk, &opened, directory, &arena, err))
		return false;
	if (!opened.about.is_directory || opened.about.is_link)
		return true;
	if (depth >= OWNERSHIP_DEPTH_MAX || !walk->store->list(walk->store, file, visit, &here, &why))
		walk->result->left++;
	return why.status != CORDON_NO_MEMORY || cordon_fail_memory(err);
}

static bool visit(void *context, const char *name, struct cordon_error *err)
{
	const struct here *here = context;
	struct store *store = here->walk->store;
	struct cordon_error why = CORDON_ERROR_INIT;
	struct store_file *file = NULL;
	if (!store->open_in(store, here->directory->file, name, &file, &why)) {
		here->walk->result->left++;
		return why.status != CORDON_NO_MEMORY || cordon_fail_memory(err);
	}
	/* Gone since it was listed. */
	if (!file)
		return true;
	bool goes_on = go(here->walk, file, here->directory, here->depth + 1, err);
	store->close(store, file);
	return goes_on;
}

static bool go_from(struct walk *walk, const struct frame_place *place, struct cordon_error *err)
{
	struct store *store = walk->store;
	struct cordon_error why = CORDON_ERROR_INIT;
	struct store_file *file = NULL;
	struct store_about about;
	if (!store->open(store, place->path, &file, &why)) {
		/* What leads elsewhere now is not what was noted. */
		walk->result->left += why.status == CORDON_OS_FAILED;
		return why.status != CORDON_NO_MEMORY || cordon_fail_memory(err);
	}
	if (!file)
		return true;
	bool is_known = store->tell(store, file, &about, &why);
	bool is_it = is_known && about.device == place->device && about.inode == place->inode;
	bool goes_on = !is_it || go(walk, file, NULL, 0, err);
	walk->result->left += !is_known;
	store->close(store, file);
	return goes_on;
}

static bool go_everywhere(struct walk *walk, const struct frame_return *order, struct cordon_error *err)
{
	*walk->result = (struct ownership_result){ 0 };
	for (size_t i = 0; i < order->place_count; i++)
		if (!go_from(walk, &order->places[i], err))
			return false;
	return true;
}

bool ownership_take(struct store *store, struct windows_sid account, const struct frame_return *order,
		    struct ownership_result *ret_result, struct cordon_error *err)
{
	struct walk walk = { store, account, order->user, false, ret_result };
	return go_everywhere(&walk, order, err);
}

bool ownership_open(struct store *store, struct windows_sid account, const struct frame_return *order,
		    struct ownership_result *ret_result, struct cordon_error *err)
{
	struct walk walk = { store, account, order->user, true, ret_result };
	return go_everywhere(&walk, order, err);
}

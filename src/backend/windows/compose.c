#include "backend/windows/compose.h"

#include <string.h>

#include "base/list.h"

/* -- lists --------------------------------------------------------------------------------------------------------- */

static bool put_at(struct windows_list *list, struct arena *arena, size_t at, struct windows_ace entry)
{
	if (!LIST_ADD_IN(arena, list))
		return false;
	memmove(&list->items[at + 1], &list->items[at], (list->count - 1 - at) * sizeof *list->items);
	list->items[at] = entry;
	return true;
}

static void remove_at(struct windows_list *list, size_t at)
{
	list->count--;
	memmove(&list->items[at], &list->items[at + 1], (list->count - at) * sizeof *list->items);
}

static bool entries_equal(const struct windows_ace *a, const struct windows_ace *b)
{
	if (a->type != b->type || a->flags != b->flags || !a->raw != !b->raw)
		return false;
	if (a->raw)
		return a->raw_length == b->raw_length && memcmp(a->raw, b->raw, a->raw_length) == 0;
	return a->rights == b->rights && windows_sid_equals(a->sid, b->sid);
}

static bool holds(const struct windows_list *list, const struct windows_ace *entry)
{
	for (size_t i = 0; i < list->count; i++)
		if (entries_equal(&list->items[i], entry))
			return true;
	return false;
}

bool compose_copy(const struct windows_descriptor *from, struct arena *arena, struct windows_descriptor *ret_copy)
{
	struct windows_descriptor copy = *from;
	copy.list = (struct windows_list){ 0 };
	for (size_t i = 0; i < from->list.count; i++)
		if (!put_at(&copy.list, arena, i, from->list.items[i]))
			return false;
	*ret_copy = copy;
	return true;
}

bool compose_equals(const struct windows_descriptor *a, const struct windows_descriptor *b)
{
	if (a->has_no_list != b->has_no_list || a->is_protected != b->is_protected || a->has_label != b->has_label ||
	    a->list.count != b->list.count || (a->has_label && !entries_equal(&a->label, &b->label)))
		return false;
	for (size_t i = 0; i < a->list.count; i++)
		if (!entries_equal(&a->list.items[i], &b->list.items[i]))
			return false;
	return true;
}

/* -- who ----------------------------------------------------------------------------------------------------------- */

static bool is_cordons(const struct who *who, const struct windows_ace *entry)
{
	return !entry->raw && who->is_cordons(who->context, entry->sid);
}

/* What is not understood may be for them. */
static bool is_for_packages(const struct windows_ace *entry)
{
	return entry->raw || windows_sid_starts(entry->sid, 15, 2, 0) || windows_sid_starts(entry->sid, 15, 3, 0);
}

static bool is_everyones(const struct windows_ace *entry)
{
	return entry->type == WINDOWS_ENTRY_ALLOWS && windows_sid_starts(entry->sid, 1, 0, 1) &&
	       (windows_rights(entry->rights) & RIGHTS_CHANGE);
}

/* -- inheritance: [MS-DTYP] 2.5.3.4 -------------------------------------------------------------------------------- */

/* What of the flags a child takes over; false: the entry is nothing to it. A file takes what is for objects. A
 * directory takes what is for containers, and what is for objects alone only to hand it on.
 */
static bool flags_of_child(uint8_t flags, bool is_directory, uint8_t *ret_flags)
{
	unsigned taken = WINDOWS_INHERITED;
	bool hands_on = is_directory && !(flags & WINDOWS_NO_PROPAGATE);
	if (hands_on)
		taken |= flags & WINDOWS_TREE;
	if (is_directory && !(flags & WINDOWS_CONTAINER_INHERIT))
		taken |= WINDOWS_INHERIT_ONLY;
	*ret_flags = (uint8_t)taken;
	if (!is_directory)
		return flags & WINDOWS_OBJECT_INHERIT;
	return (flags & WINDOWS_CONTAINER_INHERIT) || ((flags & WINDOWS_OBJECT_INHERIT) && hands_on);
}

/* Whom "the creator" means in the child; the entry's own identity otherwise. */
static struct windows_sid resolve(const struct windows_descriptor *child, struct windows_sid sid)
{
	return windows_sid_starts(sid, 3, 0, 1) ? child->owner : windows_sid_starts(sid, 3, 1, 1) ? child->group : sid;
}

static bool inherit_entry(const struct windows_ace *entry, bool is_directory, struct arena *arena,
			  struct windows_descriptor *child)
{
	struct windows_ace taken = *entry;
	if (!flags_of_child(entry->flags, is_directory, &taken.flags))
		return true;
	struct windows_sid effective = entry->raw ? entry->sid : resolve(child, entry->sid);
	bool is_as_it_is = entry->raw ||
			   (effective.bytes == entry->sid.bytes && windows_rights(entry->rights) == entry->rights);
	if (is_as_it_is)
		return put_at(&child->list, arena, child->list.count, taken);
	/* Of what names the creator, or is generic, one entry applies and another is handed on. */
	struct windows_ace applied = taken;
	applied.flags = WINDOWS_INHERITED;
	applied.rights = windows_rights(entry->rights);
	applied.sid = effective;
	if (!(taken.flags & WINDOWS_INHERIT_ONLY) && effective.bytes &&
	    !put_at(&child->list, arena, child->list.count, applied))
		return false;
	if (!(taken.flags & WINDOWS_TREE))
		return true;
	taken.flags |= WINDOWS_INHERIT_ONLY;
	return put_at(&child->list, arena, child->list.count, taken);
}

static void inherit_label(const struct windows_descriptor *parent, bool is_directory, struct windows_descriptor *child)
{
	uint8_t flags;
	if (child->has_label && !(child->label.flags & WINDOWS_INHERITED))
		return;
	child->has_label = parent->has_label && flags_of_child(parent->label.flags, is_directory, &flags);
	if (child->has_label) {
		child->label = parent->label;
		child->label.flags = flags;
	}
}

bool compose_inherit(const struct windows_descriptor *parent, bool is_directory, struct arena *arena,
		     struct windows_descriptor *descriptor)
{
	inherit_label(parent, is_directory, descriptor);
	if (descriptor->is_protected || descriptor->has_no_list)
		return true;
	for (size_t i = descriptor->list.count; i-- > 0;)
		if (descriptor->list.items[i].flags & WINDOWS_INHERITED)
			remove_at(&descriptor->list, i);
	descriptor->is_auto = true;
	for (size_t i = 0; !parent->has_no_list && i < parent->list.count; i++)
		if (!inherit_entry(&parent->list.items[i], is_directory, arena, descriptor))
			return false;
	return true;
}

/* -- the object's wishes ------------------------------------------------------------------------------------------- */

/* Inheritance ends: what was inherited is the object's own, but for what packages and cordon's own identities get. */
static void cut(const struct who *who, struct windows_descriptor *descriptor)
{
	for (size_t i = descriptor->list.count; i-- > 0;) {
		struct windows_ace *entry = &descriptor->list.items[i];
		entry->flags &= (uint8_t)~WINDOWS_INHERITED;
		if (is_cordons(who, entry) || is_for_packages(entry))
			remove_at(&descriptor->list, i);
	}
	descriptor->is_protected = true;
}

/* Below the top, what is inherited is right already: it comes from there. */
static void drop_everyone(struct windows_descriptor *descriptor, bool is_top)
{
	static const uint8_t authenticated[] = { 1, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0 };
	bool inherits_one = false;
	for (size_t i = 0; i < descriptor->list.count; i++)
		inherits_one |= !descriptor->list.items[i].raw && is_everyones(&descriptor->list.items[i]) &&
				(descriptor->list.items[i].flags & WINDOWS_INHERITED);
	for (size_t i = 0; i < descriptor->list.count; i++) {
		struct windows_ace *entry = &descriptor->list.items[i];
		if (is_top && inherits_one)
			entry->flags &= (uint8_t)~WINDOWS_INHERITED;
		if (!entry->raw && is_everyones(entry) && !(entry->flags & WINDOWS_INHERITED))
			entry->sid = (struct windows_sid){ authenticated, sizeof authenticated };
	}
	descriptor->is_protected |= is_top && inherits_one;
}

static uint8_t flags_of(enum reach reach, bool is_directory)
{
	if (!is_directory || reach == REACH_OBJECT)
		return 0;
	return reach == REACH_TREE ? WINDOWS_TREE : WINDOWS_TREE | WINDOWS_INHERIT_ONLY;
}

/* In their order, in front of all that there is. */
static bool put_entries(const struct composing *composing, bool is_below, bool is_directory,
			struct windows_descriptor *descriptor)
{
	const struct windows_entry_list *entries = &composing->object->entries;
	for (size_t i = entries->count; i-- > 0;) {
		const struct windows_entry *entry = &entries->items[i];
		if (is_below && entry->reach == REACH_OBJECT)
			continue;
		struct windows_ace put = {
			.type = entry->denies ? WINDOWS_ENTRY_DENIES : WINDOWS_ENTRY_ALLOWS,
			.flags = flags_of(is_below ? REACH_TREE : entry->reach, is_directory),
			.rights = entry->rights,
			.sid = composing->who->find(composing->who->context, entry->sid),
		};
		if (!put_at(&descriptor->list, composing->arena, 0, put))
			return false;
	}
	return true;
}

static bool put_label(const struct composing *composing, bool is_directory, struct windows_descriptor *descriptor)
{
	uint32_t level = composing->object->label;
	if (!level)
		return true;
	const uint8_t sid[12] = { 1, 1, 0, 0, 0, 0, 0, 16, (uint8_t)level, (uint8_t)(level >> 8) };
	uint8_t *kept = arena_take(composing->arena, sizeof sid);
	if (!kept)
		return false;
	memcpy(kept, sid, sizeof sid);
	descriptor->has_label = true;
	descriptor->label = (struct windows_ace){ .type = WINDOWS_ENTRY_LABEL,
						  .flags = is_directory ? WINDOWS_TREE : 0,
						  .rights = 1, /* no write from below */
						  .sid = { kept, sizeof sid } };
	return true;
}

static bool narrows(const struct windows_object *object)
{
	return object->is_cut || (object->entries.count > 0 && object->entries.items[0].denies);
}

/* An object without a list is open to all: the first entry of a list would close it to everybody else. What is made in
 * such a directory is its maker's and the system's, and stays so. Not with the right to delete what lies in a directory
 * whatever that itself allows: what is there already inherits this too, and a write-restricted token is not asked twice
 * for that right.
 */
static bool give_list(const struct composing *composing, bool is_directory, struct windows_descriptor *descriptor)
{
	static const uint8_t everyone[] = { 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0 };
	static const enum sid_role makers[] = { SID_SYSTEM, SID_USER };
	struct windows_ace entry = { .type = WINDOWS_ENTRY_ALLOWS,
				     .rights = RIGHTS_ALL,
				     .sid = { everyone, sizeof everyone } };
	if (!descriptor->has_no_list)
		return true;
	descriptor->has_no_list = false;
	if (!put_at(&descriptor->list, composing->arena, 0, entry))
		return false;
	entry.flags = WINDOWS_TREE | WINDOWS_INHERIT_ONLY;
	entry.rights = RIGHTS_OWN;
	for (size_t i = 0; is_directory && i < COUNT_OF(makers); i++) {
		entry.sid = composing->who->find(composing->who->context, (struct sid){ .role = makers[i] });
		if (!put_at(&descriptor->list, composing->arena, 1, entry))
			return false;
	}
	return true;
}

bool compose_top(const struct composing *composing, bool is_directory, struct windows_descriptor *descriptor)
{
	if (!give_list(composing, is_directory, descriptor))
		return false;
	if (composing->object->is_cut)
		cut(composing->who, descriptor);
	if (composing->object->drops_everyone)
		drop_everyone(descriptor, true);
	return put_entries(composing, false, is_directory, descriptor) &&
	       put_label(composing, is_directory, descriptor);
}

static bool has_own_entries(const struct who *who, const struct windows_descriptor *descriptor, bool only_cordons)
{
	for (size_t i = 0; i < descriptor->list.count; i++) {
		const struct windows_ace *entry = &descriptor->list.items[i];
		if (!(entry->flags & WINDOWS_INHERITED) && (!only_cordons || is_cordons(who, entry)))
			return true;
	}
	return false;
}

bool compose_below(const struct composing *composing, const struct windows_descriptor *parent, bool is_parent_left,
		   bool is_directory, struct windows_descriptor *descriptor)
{
	const struct windows_object *object = composing->object;
	if (!compose_inherit(parent, is_directory, composing->arena, descriptor))
		return false;
	if (is_parent_left && !put_label(composing, is_directory, descriptor))
		return false;
	bool takes_over = !descriptor->is_protected && !descriptor->has_no_list && !is_parent_left &&
			  !has_own_entries(composing->who, descriptor, !narrows(object));
	if (!takes_over && !give_list(composing, is_directory, descriptor))
		return false;
	if (object->drops_everyone)
		drop_everyone(descriptor, false);
	if (takes_over)
		return true;
	if (object->is_cut)
		cut(composing->who, descriptor);
	return put_entries(composing, true, is_directory, descriptor);
}

bool compose_reaches_below(const struct windows_object *object)
{
	bool reaches = object->is_cut || object->drops_everyone || object->label;
	for (size_t i = 0; i < object->entries.count && !reaches; i++)
		reaches = object->entries.items[i].reach != REACH_OBJECT;
	return reaches;
}

/* Named users, the system and administrators are not the command. */
bool compose_may_not_leave(const struct composing *composing, const struct windows_descriptor *descriptor)
{
	const struct who *who = composing->who;
	const struct windows_sid account = who->find(who->context, (struct sid){ .role = SID_ACCOUNT });
	if (!narrows(composing->object))
		return false;
	if (descriptor->has_no_list || windows_sid_equals(descriptor->owner, account))
		return true;
	for (size_t i = 0; i < descriptor->list.count; i++) {
		const struct windows_ace *entry = &descriptor->list.items[i];
		const struct windows_sid sid = entry->sid;
		bool is_anybodys = is_for_packages(entry) || is_cordons(who, entry) ||
				   windows_sid_starts(sid, 1, 0, 1) || windows_sid_starts(sid, 5, 11, 1) ||
				   windows_sid_starts(sid, 5, 4, 1) || windows_sid_starts(sid, 5, 5, 3) ||
				   windows_sid_equals(sid, account) ||
				   (windows_sid_starts(sid, 5, 32, 2) && sid.bytes[12] == 0x21 && sid.bytes[13] == 2);
		if (entry->type != WINDOWS_ENTRY_DENIES && is_anybodys)
			return true;
	}
	return false;
}

/* -- back ---------------------------------------------------------------------------------------------------------- */

bool compose_take_back(const struct windows_descriptor *old, const struct windows_descriptor *made, struct arena *arena,
		       struct windows_descriptor *descriptor)
{
	for (size_t i = descriptor->list.count; i-- > 0;)
		if (holds(&made->list, &descriptor->list.items[i]) && !holds(&old->list, &descriptor->list.items[i]))
			remove_at(&descriptor->list, i);
	for (size_t i = 0; i < old->list.count; i++)
		if (!holds(&made->list, &old->list.items[i]) && !holds(&descriptor->list, &old->list.items[i]) &&
		    !put_at(&descriptor->list, arena, i < descriptor->list.count ? i : descriptor->list.count,
			    old->list.items[i]))
			return false;
	if (descriptor->is_protected == made->is_protected)
		descriptor->is_protected = old->is_protected;
	/* What it has inherited since is nobody's wish for just this object. */
	if (old->has_no_list && !has_own_entries(NULL, descriptor, false)) {
		descriptor->has_no_list = true;
		descriptor->list.count = 0;
	}
	if (made->has_label && descriptor->has_label && entries_equal(&descriptor->label, &made->label)) {
		descriptor->has_label = old->has_label;
		descriptor->label = old->label;
	}
	return true;
}

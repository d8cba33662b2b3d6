/* How a descriptor comes to be: AUTHZ "ACE inheritance rules", DTYP 2.5.3.4, WSI chapter 6. */
#include "nt.h"

void nt_descriptor_put(struct nt_descriptor *descriptor, size_t at, struct nt_entry entry)
{
	if (descriptor->count == NT_ENTRIES_MAX) {
		descriptor->is_full = true;
		return;
	}
	for (size_t i = descriptor->count++; i > at; i--)
		descriptor->entries[i] = descriptor->entries[i - 1];
	descriptor->entries[at] = entry;
}

void nt_descriptor_add(struct nt_descriptor *descriptor, struct nt_entry entry)
{
	nt_descriptor_put(descriptor, descriptor->count, entry);
}

void nt_descriptor_remove(struct nt_descriptor *descriptor, size_t at)
{
	descriptor->count--;
	for (size_t i = at; i < descriptor->count; i++)
		descriptor->entries[i] = descriptor->entries[i + 1];
}

/* What of the flags a child takes over; false when it takes nothing. A file takes what is for objects. A directory
 * takes what is for containers, and what is for objects alone only to hand it on.
 */
static bool flags_of_child(uint8_t flags, bool is_directory, uint8_t *ret_flags)
{
	uint8_t inherited = NT_INHERITED;
	if (!is_directory) {
		*ret_flags = inherited;
		return flags & NT_OBJECT_INHERIT;
	}
	bool hands_on = !(flags & NT_NO_PROPAGATE);
	if (hands_on)
		inherited |= flags & NT_TREE;
	if (!(flags & NT_CONTAINER_INHERIT))
		inherited |= NT_INHERIT_ONLY;
	*ret_flags = inherited;
	return (flags & NT_CONTAINER_INHERIT) || ((flags & NT_OBJECT_INHERIT) && hands_on);
}

/* What names the creator or is generic becomes two entries in a directory: one that applies, one that is handed on. */
static void inherit_entry(struct nt_descriptor *child, const struct nt_entry *entry, bool is_directory)
{
	struct nt_entry taken = *entry;
	if (!flags_of_child(entry->flags, is_directory, &taken.flags))
		return;
	bool is_generic = nt_map(entry->mask) != entry->mask;
	bool hands_on = taken.flags & NT_TREE;
	bool applies = !(taken.flags & NT_INHERIT_ONLY);
	if (entry->sid != NT_CREATOR_OWNER && !is_generic) {
		nt_descriptor_add(child, taken);
		return;
	}
	if (applies) {
		struct nt_entry effective = taken;
		effective.flags = NT_INHERITED;
		effective.mask = nt_map(entry->mask);
		effective.sid = entry->sid == NT_CREATOR_OWNER ? child->owner : entry->sid;
		nt_descriptor_add(child, effective);
	}
	if (hands_on) {
		taken.flags |= NT_INHERIT_ONLY;
		nt_descriptor_add(child, taken);
	}
}

static void inherit_label(struct nt_descriptor *child, const struct nt_descriptor *parent, bool is_directory)
{
	uint8_t flags;
	bool is_own = child->label.is_present && !(child->label.flags & NT_INHERITED);
	if (is_own)
		return;
	child->label = (struct nt_label){ 0 };
	if (parent->label.is_present && flags_of_child(parent->label.flags, is_directory, &flags)) {
		child->label = parent->label;
		child->label.flags = flags;
	}
}

static void inherit_entries(struct nt_descriptor *child, const struct nt_descriptor *parent, bool is_directory)
{
	for (size_t i = 0; !parent->has_no_list && i < parent->count; i++)
		inherit_entry(child, &parent->entries[i], is_directory);
}

void nt_descriptor_inherit(struct nt_descriptor *child, const struct nt_descriptor *parent, bool is_directory)
{
	if (!child->is_protected && !child->has_no_list) {
		for (size_t i = child->count; i-- > 0;)
			if (child->entries[i].flags & NT_INHERITED)
				nt_descriptor_remove(child, i);
		inherit_entries(child, parent, is_directory);
	}
	inherit_label(child, parent, is_directory);
	child->is_full |= parent->is_full;
}

/* An inherit-only entry without anything to hand it on to says nothing of a file: DTYP 2.5.3.4.7. */
static void supply(struct nt_descriptor *made, const struct nt_descriptor *given)
{
	for (size_t i = 0; i < given->count; i++) {
		struct nt_entry entry = given->entries[i];
		entry.flags &= (uint8_t)~NT_INHERITED;
		if (entry.sid == NT_CREATOR_OWNER && !(entry.flags & NT_INHERIT_ONLY))
			entry.sid = made->owner;
		nt_descriptor_add(made, entry);
	}
}

struct nt_descriptor nt_descriptor_of_new(const struct nt_descriptor *parent, const struct nt_descriptor *given,
					  bool is_directory, const struct nt_token *token)
{
	struct nt_descriptor made = { .owner = token->owner ? token->owner : token->user };
	if (given) {
		made.has_no_list = given->has_no_list;
		made.is_protected = given->is_protected;
		made.label = given->label;
		supply(&made, given);
	}
	if (!made.is_protected && !made.has_no_list)
		inherit_entries(&made, parent, is_directory);
	/* DTYP 2.5.3.4.2: the token's default only where neither says anything. */
	if (!given && made.count == 0)
		supply(&made, &token->default_grants);
	inherit_label(&made, parent, is_directory);
	/* WSI chapter 6: what is made from below medium says so itself. */
	if (!made.label.is_present && token->integrity < NT_MEDIUM)
		made.label = (struct nt_label){ true, 0, NT_NO_WRITE_UP, token->integrity };
	made.is_full |= parent->is_full;
	return made;
}

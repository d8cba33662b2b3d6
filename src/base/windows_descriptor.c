#include "base/windows_descriptor.h"

#include <string.h>

#include "base/list.h"

/* [MS-DTYP] 2.4.6, 2.4.5, 2.4.4.1, 2.4.2.2: everything little-endian. */
enum {
	HEADER_SIZE = 20,
	LIST_HEADER_SIZE = 8,
	ENTRY_HEADER_SIZE = 4,
	SID_HEADER_SIZE = 8,
	SID_NUMBERS_MAX = 15,
	LIST_SIZE_MAX = 65532,
};

enum {
	HAS_LIST = 0x0004,
	HAS_AUDIT_LIST = 0x0010,
	AUTO_INHERIT_ASKED = 0x0100,
	AUTO_INHERITED = 0x0400,
	LIST_PROTECTED = 0x1000,
	SELF_RELATIVE = 0x8000,
};

static uint16_t read16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t read32(const uint8_t *at)
{
	return (uint32_t)read16(at) | (uint32_t)read16(at + 2) << 16;
}

static void write16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void write32(uint8_t *at, uint32_t value)
{
	write16(at, value);
	write16(at + 2, value >> 16);
}

/* -- identifiers --------------------------------------------------------------------------------------------------- */

bool windows_sid_equals(struct windows_sid a, struct windows_sid b)
{
	return a.bytes && b.bytes && a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

struct windows_sid windows_sid_read(const uint8_t *bytes, size_t length)
{
	const struct windows_sid none = { 0 };
	if (length < SID_HEADER_SIZE || bytes[0] != 1 || bytes[1] > SID_NUMBERS_MAX)
		return none;
	size_t whole = SID_HEADER_SIZE + 4u * bytes[1];
	return whole <= length ? (struct windows_sid){ bytes, (uint16_t)whole } : none;
}

bool windows_sid_starts(struct windows_sid sid, unsigned authority, uint32_t first, unsigned count)
{
	static const uint8_t high[5] = { 0 };
	return sid.bytes && memcmp(sid.bytes + 2, high, sizeof high) == 0 && sid.bytes[7] == authority &&
	       sid.bytes[1] > 0 && read32(sid.bytes + SID_HEADER_SIZE) == first &&
	       (count == 0 || sid.bytes[1] == count);
}

/* The second number; 0 where there is none. */
static uint32_t second_number(struct windows_sid sid)
{
	return sid.bytes[1] > 1 ? read32(sid.bytes + SID_HEADER_SIZE + 4) : 0;
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

static bool fail(struct cordon_error *err, const char *what)
{
	return cordon_fail(err, CORDON_OS_FAILED, "a security descriptor is damaged: %s", what);
}

static bool read_entry(const uint8_t *at, size_t size, struct windows_ace *ret_entry, struct cordon_error *err)
{
	struct windows_ace entry = { .type = at[0], .flags = at[1] };
	bool is_plain = entry.type == WINDOWS_ENTRY_ALLOWS || entry.type == WINDOWS_ENTRY_DENIES ||
			entry.type == WINDOWS_ENTRY_LABEL;
	if (!is_plain) {
		entry.raw = at + ENTRY_HEADER_SIZE;
		entry.raw_length = (uint16_t)(size - ENTRY_HEADER_SIZE);
		*ret_entry = entry;
		return true;
	}
	if (size < ENTRY_HEADER_SIZE + 4)
		return fail(err, "an entry is cut");
	entry.rights = read32(at + ENTRY_HEADER_SIZE);
	entry.sid = windows_sid_read(at + ENTRY_HEADER_SIZE + 4, size - ENTRY_HEADER_SIZE - 4);
	if (!entry.sid.bytes)
		return fail(err, "an entry has no identity");
	*ret_entry = entry;
	return true;
}

static bool read_list(const uint8_t *bytes, size_t length, uint32_t offset, struct arena *arena,
		      struct windows_list *list, struct cordon_error *err)
{
	if (offset > length || length - offset < LIST_HEADER_SIZE)
		return fail(err, "a list begins outside");
	const uint8_t *at = bytes + offset;
	size_t size = read16(at + 2);
	unsigned count = read16(at + 4);
	if (size < LIST_HEADER_SIZE || size > length - offset)
		return fail(err, "a list ends outside");
	const uint8_t *end = at + size;
	at += LIST_HEADER_SIZE;
	for (unsigned i = 0; i < count; i++) {
		size_t left = (size_t)(end - at);
		size_t entry_size = left >= ENTRY_HEADER_SIZE ? read16(at + 2) : 0;
		if (entry_size < ENTRY_HEADER_SIZE || entry_size > left)
			return fail(err, "an entry ends outside its list");
		struct windows_ace *entry = LIST_ADD_IN(arena, list);
		if (!entry)
			return cordon_fail_memory(err);
		if (!read_entry(at, entry_size, entry, err))
			return false;
		at += entry_size;
	}
	return true;
}

/* The label is an entry of the list of audits, where it stands alone when only the label was asked for. */
static bool read_label(const uint8_t *bytes, size_t length, uint32_t offset, struct arena *arena,
		       struct windows_descriptor *descriptor, struct cordon_error *err)
{
	struct windows_list list = { 0 };
	if (!read_list(bytes, length, offset, arena, &list, err))
		return false;
	for (size_t i = 0; i < list.count && !descriptor->has_label; i++)
		if (list.items[i].type == WINDOWS_ENTRY_LABEL) {
			descriptor->has_label = true;
			descriptor->label = list.items[i];
		}
	return true;
}

static bool read_whose(const uint8_t *bytes, size_t length, uint32_t offset, struct windows_sid *ret_sid)
{
	if (offset != 0)
		*ret_sid = offset < length ? windows_sid_read(bytes + offset, length - offset)
					   : (struct windows_sid){ 0 };
	return offset == 0 || ret_sid->bytes;
}

bool windows_descriptor_read(const uint8_t *bytes, size_t length, struct arena *arena,
			     struct windows_descriptor *ret_descriptor, struct cordon_error *err)
{
	struct windows_descriptor read = { 0 };
	if (length < HEADER_SIZE || bytes[0] != 1)
		return fail(err, "its header");
	unsigned control = read16(bytes + 2);
	uint32_t owner = read32(bytes + 4), audits = read32(bytes + 12), list = read32(bytes + 16);
	if (!(control & SELF_RELATIVE))
		return fail(err, "it is in several pieces");
	if (!read_whose(bytes, length, owner, &read.owner) ||
	    !read_whose(bytes, length, read32(bytes + 8), &read.group))
		return fail(err, "its owner or group");
	read.is_protected = control & LIST_PROTECTED;
	read.is_auto = control & AUTO_INHERITED;
	read.has_no_list = !(control & HAS_LIST) || list == 0;
	if (!read.has_no_list && !read_list(bytes, length, list, arena, &read.list, err))
		return false;
	if ((control & HAS_AUDIT_LIST) && audits && !read_label(bytes, length, audits, arena, &read, err))
		return false;
	*ret_descriptor = read;
	return true;
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

static size_t entry_size(const struct windows_ace *entry)
{
	return ENTRY_HEADER_SIZE + (entry->raw ? entry->raw_length : 4u + entry->sid.length);
}

static size_t list_size(const struct windows_ace *entries, size_t count)
{
	size_t size = LIST_HEADER_SIZE;
	for (size_t i = 0; i < count; i++)
		size += entry_size(&entries[i]);
	return size;
}

static void write_list(uint8_t *at, const struct windows_ace *entries, size_t count, size_t size)
{
	at[0] = 2; /* ACL_REVISION; 4 where entries name objects' types, which files' do not */
	for (size_t i = 0; i < count; i++)
		if (entries[i].raw && entries[i].type >= 5 && entries[i].type <= 8)
			at[0] = 4;
	write16(at + 2, (uint32_t)size);
	write16(at + 4, (uint32_t)count);
	at += LIST_HEADER_SIZE;
	for (size_t i = 0; i < count; i++) {
		const struct windows_ace *entry = &entries[i];
		at[0] = entry->type;
		at[1] = entry->flags;
		write16(at + 2, (uint32_t)entry_size(entry));
		if (entry->raw) {
			memcpy(at + ENTRY_HEADER_SIZE, entry->raw, entry->raw_length);
		} else {
			write32(at + ENTRY_HEADER_SIZE, entry->rights);
			memcpy(at + ENTRY_HEADER_SIZE + 4, entry->sid.bytes, entry->sid.length);
		}
		at += entry_size(entry);
	}
}

bool windows_descriptor_write(const struct windows_descriptor *descriptor, struct arena *arena,
			      const uint8_t **ret_bytes, size_t *ret_length, struct cordon_error *err)
{
	size_t size = descriptor->has_no_list ? 0 : list_size(descriptor->list.items, descriptor->list.count);
	size_t label_count = descriptor->has_label;
	size_t label_size = descriptor->has_label || descriptor->clears_label
				    ? list_size(&descriptor->label, label_count)
				    : 0;
	if (size > LIST_SIZE_MAX)
		return cordon_fail(err, CORDON_UNSUPPORTED, "a security descriptor would have %zu entries, too many",
				   descriptor->list.count);
	uint8_t *bytes = arena_take(arena, HEADER_SIZE + label_size + size);
	if (!bytes)
		return cordon_fail_memory(err);
	/* Without the request the system forgets that inherited entries are marked. */
	unsigned control = SELF_RELATIVE | HAS_LIST | (descriptor->is_protected ? LIST_PROTECTED : 0u) |
			   (descriptor->is_auto ? AUTO_INHERIT_ASKED | AUTO_INHERITED : 0u) |
			   (label_size > 0 ? HAS_AUDIT_LIST : 0u);
	bytes[0] = 1;
	write16(bytes + 2, control);
	if (label_size > 0) {
		write32(bytes + 12, HEADER_SIZE);
		write_list(bytes + HEADER_SIZE, &descriptor->label, label_count, label_size);
	}
	if (size > 0) {
		write32(bytes + 16, (uint32_t)(HEADER_SIZE + label_size));
		write_list(bytes + HEADER_SIZE + label_size, descriptor->list.items, descriptor->list.count, size);
	}
	*ret_bytes = bytes;
	*ret_length = HEADER_SIZE + label_size + size;
	return true;
}

/* -- who reads ----------------------------------------------------------------------------------------------------- */

#define LIST_RIGHT 0x1u
#define READING 0x1200a9u /* FILE_GENERIC_READ | FILE_GENERIC_EXECUTE */
#define TELLING 0x20029u  /* what of them gives anything away: data, named data, execution, the descriptor */

uint32_t windows_rights(uint32_t mask)
{
	static const struct {
		uint32_t generic, rights;
	} generics[] = {
		{ 0x80000000u, 0x120089u },
		{ 0x40000000u, 0x120116u },
		{ 0x20000000u, 0x1200a0u },
		{ 0x10000000u, 0x1f01ffu },
	};
	uint32_t rights = mask & 0x0fffffffu;
	for (size_t i = 0; i < COUNT_OF(generics); i++)
		if (mask & generics[i].generic)
			rights |= generics[i].rights;
	return rights;
}

enum membership { MEMBER, PERHAPS, NO_MEMBER };

/* Everyone, authenticated users and Users: what every account of the machine is. Others may be. */
static enum membership is_among_others(struct windows_sid sid, struct windows_sid user)
{
	if (windows_sid_starts(sid, 1, 0, 1) || windows_sid_starts(sid, 5, 11, 1) ||
	    (windows_sid_starts(sid, 5, 32, 2) && second_number(sid) == 545))
		return MEMBER;
	bool is_somebody_else = windows_sid_equals(sid, user) || windows_sid_starts(sid, 5, 18, 1) || /* the system */
				windows_sid_starts(sid, 5, 19, 1) || windows_sid_starts(sid, 5, 20, 1) ||
				windows_sid_starts(sid, 5, 80, 0) || /* services, TrustedInstaller among them */
				windows_sid_starts(sid, 15, 2, 0) || windows_sid_starts(sid, 15, 3, 0) || /* packages */
				windows_sid_starts(sid, 3, 0, 1) || windows_sid_starts(sid, 3, 4, 1) || /* the owner */
				(windows_sid_starts(sid, 5, 32, 2) && second_number(sid) == 544);
	return is_somebody_else ? NO_MEMBER : PERHAPS;
}

/* All packages; single ones and what they are capable of are not every package. */
static enum membership is_among_packages(struct windows_sid sid, struct windows_sid user)
{
	(void)user;
	if (windows_sid_starts(sid, 15, 2, 2))
		return second_number(sid) == 1 || second_number(sid) == 2 ? MEMBER : PERHAPS;
	return windows_sid_starts(sid, 15, 2, 0) || windows_sid_starts(sid, 15, 3, 0) ? PERHAPS : NO_MEMBER;
}

/* In the list's order: `granted` by what they certainly are, before `denied` by what they are or may be; `possible` by
 * what they may be, whatever denies it.
 */
static struct windows_reach reach_of(const struct windows_descriptor *descriptor, struct windows_sid user,
				     enum membership (*is_among)(struct windows_sid, struct windows_sid))
{
	uint32_t granted = 0, denied = 0, possible = 0;
	if (descriptor->has_no_list)
		return (struct windows_reach){ .is_open = true, .lists = true };
	for (size_t i = 0; i < descriptor->list.count; i++) {
		const struct windows_ace *entry = &descriptor->list.items[i];
		uint32_t rights = windows_rights(entry->rights);
		if (entry->flags & WINDOWS_INHERIT_ONLY)
			continue;
		if (entry->raw) {
			/* A condition, or a kind that is not known: it may grant anything or deny it. */
			possible |= READING;
			denied |= READING & ~granted;
			continue;
		}
		enum membership membership = is_among(entry->sid, user);
		if (membership == NO_MEMBER)
			continue;
		if (entry->type == WINDOWS_ENTRY_DENIES) {
			denied |= rights & ~granted;
			continue;
		}
		if (membership == MEMBER)
			granted |= rights & ~denied;
		possible |= rights;
	}
	return (struct windows_reach){ .is_open = (granted & READING) == READING,
				       .is_closed = !(possible & TELLING),
				       .lists = possible & LIST_RIGHT };
}

struct windows_reach windows_reach_of_others(const struct windows_descriptor *descriptor, struct windows_sid user)
{
	/* Who owns it reads and changes the descriptor; what OWNER RIGHTS are granted is his too. */
	struct windows_reach reach = reach_of(descriptor, user, is_among_others);
	if (!descriptor->owner.bytes || is_among_others(descriptor->owner, user) != NO_MEMBER) {
		reach.is_closed = false;
		reach.lists = true;
	}
	return reach;
}

struct windows_reach windows_reach_of_packages(const struct windows_descriptor *descriptor, struct windows_sid user)
{
	struct windows_reach reach = reach_of(descriptor, user, is_among_packages);
	/* A package reads what its user reads as well; of him nothing is asked here. */
	if (descriptor->has_no_list)
		reach.is_open = false;
	return reach;
}

#include "nt_bytes.h"

#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"

enum { ROOTS_MAX = 32, SID_ROOM = 68 };

/* -- identifiers --------------------------------------------------------------------------------------------------- */

struct numbers {
	unsigned authority, count;
	uint32_t numbers[8];
};

/* As on real systems; of accounts, of what stands for many (a logon, a package) one. */
static const struct numbers known[] = {
	[NT_EVERYONE] = { 1, 1, { 0 } },
	[NT_CREATOR_OWNER] = { 3, 1, { 0 } },
	[NT_OWNER_RIGHTS] = { 3, 1, { 4 } },
	[NT_SYSTEM] = { 5, 1, { 18 } },
	[NT_ADMINISTRATORS] = { 5, 2, { 32, 544 } },
	[NT_USERS] = { 5, 2, { 32, 545 } },
	[NT_AUTHENTICATED] = { 5, 1, { 11 } },
	[NT_INTERACTIVE] = { 5, 1, { 4 } },
	[NT_TRUSTED_INSTALLER] = { 5, 6, { 80, 956008885, 3418522649, 1831038044, 1853292631, 2271478464 } },
	[NT_LOGON] = { 5, 3, { 5, 0, 123456 } },
	[NT_ALL_PACKAGES] = { 15, 2, { 2, 1 } },
	[NT_ALL_RESTRICTED_PACKAGES] = { 15, 2, { 2, 2 } },
	[NT_PACKAGE] = { 15, 8, { 2, 11, 12, 13, 14, 15, 16, 17 } },
	[NT_OTHER_PACKAGE] = { 15, 8, { 2, 21, 22, 23, 24, 25, 26, 27 } },
	[NT_EARLIER_PACKAGE] = { 15, 8, { 2, 61, 62, 63, 64, 65, 66, 67 } },
	[NT_INTERNET_CLIENT] = { 15, 2, { 3, 1 } },
	[NT_USER] = { 5, 5, { 21, 1, 2, 3, 1001 } },
	[NT_OTHER_USER] = { 5, 5, { 21, 1, 2, 3, 1002 } },
	[NT_ACCOUNT] = { 5, 5, { 21, 1, 2, 3, 1003 } },
	[NT_OTHER_ACCOUNT] = { 5, 5, { 21, 1, 2, 3, 1004 } },
	[NT_ACCOUNTS] = { 5, 5, { 21, 1, 2, 3, 1005 } },
	[NT_RUN] = { 5, 5, { 21, 31, 32, 33, 34 } },
	[NT_OTHER_RUN] = { 5, 5, { 21, 41, 42, 43, 44 } },
};

static void put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static struct windows_sid write_sid(const struct numbers *numbers, uint8_t *bytes)
{
	memset(bytes, 0, SID_ROOM);
	bytes[0] = 1;
	bytes[1] = (uint8_t)numbers->count;
	bytes[7] = (uint8_t)numbers->authority;
	for (unsigned i = 0; i < numbers->count; i++)
		put32(bytes + 8 + 4 * i, numbers->numbers[i]);
	return (struct windows_sid){ bytes, (uint16_t)(8 + 4 * numbers->count) };
}

struct windows_sid nt_sid_bytes(uint32_t sid)
{
	static uint8_t bytes[NT_CAPABILITY + ROOTS_MAX][SID_ROOM];
	assert_true(sid < NT_CAPABILITY + ROOTS_MAX && sid != NT_NOBODY);
	struct numbers capability = { 5, 5, { 21, 51, 52, 53, sid } };
	return write_sid(sid < NT_CAPABILITY ? &known[sid] : &capability, bytes[sid]);
}

uint32_t nt_sid_of(struct windows_sid sid)
{
	for (uint32_t i = NT_NOBODY + 1; i < NT_CAPABILITY + ROOTS_MAX; i++)
		if (windows_sid_equals(nt_sid_bytes(i), sid))
			return i;
	fail_msg("an identity that the model does not have");
	return NT_NOBODY;
}

/* -- descriptors --------------------------------------------------------------------------------------------------- */

static void add16(struct text *text, uint32_t value)
{
	text_add_char(text, (char)value);
	text_add_char(text, (char)(value >> 8));
}

static void add32(struct text *text, uint32_t value)
{
	add16(text, value);
	add16(text, value >> 16);
}

static void add_entry(struct text *text, unsigned type, unsigned flags, uint32_t rights, struct windows_sid sid)
{
	text_add_char(text, (char)type);
	text_add_char(text, (char)flags);
	add16(text, 8u + sid.length);
	add32(text, rights);
	text_add_bytes(text, (const char *)sid.bytes, sid.length);
}

static void add_list(struct text *text, const struct text *entries, size_t count)
{
	add16(text, 2);
	add16(text, (uint32_t)(8 + entries->length));
	add16(text, (uint32_t)count);
	add16(text, 0);
	text_add_bytes(text, text_str(entries), entries->length);
}

/* By hand, and in another order than the code under test writes: owner, list, label. */
uint8_t *nt_descriptor_bytes(const struct nt_descriptor *descriptor, size_t *ret_length)
{
	CORDON_ON_EXIT(text_free) struct text entries = { 0 };
	CORDON_ON_EXIT(text_free) struct text label = { 0 };
	struct text whole = { 0 };
	uint8_t level[SID_ROOM];
	const struct windows_sid owner = nt_sid_bytes(descriptor->owner);
	const struct nt_label *own = &descriptor->label;
	for (size_t i = 0; i < descriptor->count; i++) {
		const struct nt_entry *entry = &descriptor->entries[i];
		add_entry(&entries, entry->denies, entry->flags, entry->mask, nt_sid_bytes(entry->sid));
	}
	if (own->is_present)
		add_entry(&label, WINDOWS_ENTRY_LABEL, own->flags, own->policy,
			  write_sid(&(struct numbers){ 16, 1, { own->level } }, level));
	size_t list_at = 20u + owner.length;
	size_t label_at = list_at + (descriptor->has_no_list ? 0 : 8 + entries.length);
	text_add_char(&whole, 1);
	text_add_char(&whole, 0);
	add16(&whole, 0x8404u | (descriptor->is_protected ? 0x1000u : 0) | (own->is_present ? 0x10u : 0));
	add32(&whole, 20);
	add32(&whole, 0);
	add32(&whole, own->is_present ? (uint32_t)label_at : 0);
	add32(&whole, descriptor->has_no_list ? 0 : (uint32_t)list_at);
	text_add_bytes(&whole, (const char *)owner.bytes, owner.length);
	if (!descriptor->has_no_list)
		add_list(&whole, &entries, descriptor->count);
	if (own->is_present)
		add_list(&whole, &label, 1);
	assert_true(text_ok(&whole));
	*ret_length = whole.length;
	return (uint8_t *)text_take(&whole);
}

static uint32_t level_of(struct windows_sid sid)
{
	assert_true(windows_sid_starts(sid, 16, (uint32_t)(sid.bytes[8] | sid.bytes[9] << 8), 1));
	return (uint32_t)(sid.bytes[8] | sid.bytes[9] << 8);
}

void nt_descriptor_take(struct nt_descriptor *descriptor, const uint8_t *bytes, size_t length)
{
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	struct windows_descriptor read;
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!windows_descriptor_read(bytes, length, &arena, &read, &err))
		fail_msg("%s", err.text);
	descriptor->has_no_list = read.has_no_list;
	descriptor->is_protected = read.is_protected;
	descriptor->count = 0;
	for (size_t i = 0; i < read.list.count; i++) {
		const struct windows_ace *entry = &read.list.items[i];
		assert_true(!entry->raw && entry->type <= WINDOWS_ENTRY_DENIES);
		nt_descriptor_add(descriptor, (struct nt_entry){ entry->type == WINDOWS_ENTRY_DENIES, entry->flags,
								 nt_sid_of(entry->sid), entry->rights });
	}
	descriptor->label = (struct nt_label){ 0 };
	if (read.has_label)
		descriptor->label = (struct nt_label){ true, read.label.flags, (uint8_t)read.label.rights,
						       level_of(read.label.sid) };
}

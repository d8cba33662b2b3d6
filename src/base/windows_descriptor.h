/* base/windows_descriptor.h: the security descriptor of a Windows file, from the bytes that the system tells and back
 * ([MS-DTYP]
 * 2.4.2 to 2.4.6). Pure; the same on every build.
 *
 * windows_descriptor_read takes bytes apart and trusts none of them; what is read is the arena's and goes with it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/facts.h"

/* A security identifier, in the system's own bytes; NULL bytes: none. */
struct windows_sid {
	const uint8_t *bytes;
	uint16_t length;
};

bool windows_sid_equals(struct windows_sid a, struct windows_sid b);

/* S-1-AUTHORITY-FIRST-…: with that authority and first number, and `count` numbers in all (0: any). */
bool windows_sid_starts(struct windows_sid sid, unsigned authority, uint32_t first, unsigned count);

/* The identifier that the bytes begin with; none where they are none. */
struct windows_sid windows_sid_read(const uint8_t *bytes, size_t length);

/* As in the system's headers. */
enum {
	WINDOWS_ENTRY_ALLOWS = 0,
	WINDOWS_ENTRY_DENIES = 1,
	WINDOWS_ENTRY_LABEL = 17,
};

enum {
	WINDOWS_OBJECT_INHERIT = 0x1,
	WINDOWS_CONTAINER_INHERIT = 0x2,
	WINDOWS_NO_PROPAGATE = 0x4,
	WINDOWS_INHERIT_ONLY = 0x8,
	WINDOWS_INHERITED = 0x10,
	WINDOWS_TREE = WINDOWS_OBJECT_INHERIT | WINDOWS_CONTAINER_INHERIT,
};

/* One entry of a list. What is neither a plain grant nor a plain denial (conditions, objects' types) is kept as it is:
 * `raw`.
 */
struct windows_ace {
	uint8_t type, flags;
	uint32_t rights;
	struct windows_sid sid;
	const uint8_t *raw; /* of other types: the entry's bytes behind its header; NULL for plain ones */
	uint16_t raw_length;
};

struct windows_list {
	struct windows_ace *items;
	size_t count, room;
};

struct windows_descriptor {
	struct windows_sid owner, group;
	bool has_no_list;  /* nothing protects the object: not the same as an empty list */
	bool is_protected; /* inherits nothing */
	bool is_auto;      /* its inherited entries are marked as such (SE_DACL_AUTO_INHERITED) */
	struct windows_list list;
	bool has_label;
	bool clears_label;        /* for writing: the object has one and is to have none */
	struct windows_ace label; /* type LABEL; rights are its policy */
};

CORDON_CHECKED bool windows_descriptor_read(const uint8_t *bytes, size_t length, struct arena *arena,
					    struct windows_descriptor *ret_descriptor, struct cordon_error *err);

/* The list, and the label where there is one, as a descriptor for the system to take; the owner is left out. The
 * arena's. Fails with CORDON_UNSUPPORTED for a list of more than 64 KiB, which Windows does not have.
 */
CORDON_CHECKED bool windows_descriptor_write(const struct windows_descriptor *descriptor, struct arena *arena,
					     const uint8_t **ret_bytes, size_t *ret_length, struct cordon_error *err);

/* A mask with its generic rights replaced by what they are on files. */
uint32_t windows_rights(uint32_t mask);

/* What the descriptor says of whom facts.h calls others, and of packages of the user's. What is not certain is neither
 * open nor closed; only this object is looked at. `lists`: they may list it, be it a directory.
 */
struct windows_reach {
	bool is_open, is_closed, lists;
};
struct windows_reach windows_reach_of_others(const struct windows_descriptor *descriptor, struct windows_sid user);
struct windows_reach windows_reach_of_packages(const struct windows_descriptor *descriptor, struct windows_sid user);

/* tests/nt/nt.h: how NT decides whether a file may be opened, as data and pure functions, so that a plan for Windows
 * can be judged where there is no Windows.
 *
 *	nt_check                  one descriptor, one token, one request: what the kernel's access check says
 *	nt_descriptor_*           how a descriptor comes to be: inheritance, propagation
 *	nt_files.h                files and directories with descriptors: which operation asks for what of whom
 *
 * Sources, by the short names that the rules in the .c files and the tests give:
 *	DTYP      [MS-DTYP] 2.5.3 security descriptor algorithms
 *	FSA       [MS-FSA] 2.1.5.1.2 access checks of an open
 *	WSI       J. Forshaw, Windows Security Internals, chapters 5 to 7, and its listings
 *	AUTHZ     learn.microsoft.com, win32/secauthz (ACE inheritance rules, owner of a new object, privilege constants)
 *	MS15-115  J. Forshaw, "Between a Rock and a Hard Link"
 * Where they differ or are silent there is a reading (struct nt_readings): a question that only a real Windows answers.
 *
 * A model is what its makers believe. What it says of a plan is no statement about Windows.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Identities. A capability of a writable root is NT_CAPABILITY plus the root's index. */
enum nt_sid {
	NT_NOBODY,
	NT_EVERYONE,
	NT_CREATOR_OWNER,
	NT_OWNER_RIGHTS,
	NT_SYSTEM,
	NT_ADMINISTRATORS,
	NT_USERS,
	NT_AUTHENTICATED,
	NT_INTERACTIVE,
	NT_TRUSTED_INSTALLER,
	NT_LOGON,
	NT_ALL_PACKAGES,            /* every AppContainer but the less privileged ones */
	NT_ALL_RESTRICTED_PACKAGES, /* every AppContainer */
	NT_PACKAGE,
	NT_OTHER_PACKAGE,
	NT_EARLIER_PACKAGE, /* of a run with another policy */
	NT_INTERNET_CLIENT, /* a capability of AppContainers */
	NT_USER,
	NT_OTHER_USER,
	NT_ACCOUNT,
	NT_OTHER_ACCOUNT, /* of the same pool */
	NT_ACCOUNTS,
	NT_RUN,
	NT_OTHER_RUN,
	NT_CAPABILITY,
};

enum { NT_ENTRIES_MAX = 48, NT_SIDS_MAX = 32 };

/* Access masks: as in winnt.h. */
#define NT_READ_DATA 0x1u
#define NT_LIST 0x1u
#define NT_WRITE_DATA 0x2u
#define NT_ADD_FILE 0x2u
#define NT_APPEND_DATA 0x4u
#define NT_ADD_DIRECTORY 0x4u
#define NT_READ_EA 0x8u
#define NT_WRITE_EA 0x10u
#define NT_EXECUTE 0x20u
#define NT_TRAVERSE 0x20u
#define NT_DELETE_CHILD 0x40u
#define NT_READ_ATTRIBUTES 0x80u
#define NT_WRITE_ATTRIBUTES 0x100u
#define NT_DELETE 0x10000u
#define NT_READ_CONTROL 0x20000u
#define NT_WRITE_DAC 0x40000u
#define NT_WRITE_OWNER 0x80000u
#define NT_SYNCHRONIZE 0x100000u
#define NT_SYSTEM_SECURITY 0x1000000u
#define NT_GENERIC_ALL 0x10000000u
#define NT_GENERIC_EXECUTE 0x20000000u
#define NT_GENERIC_WRITE 0x40000000u
#define NT_GENERIC_READ 0x80000000u

#define NT_FILE_ALL 0x1f01ffu
#define NT_FILE_READ 0x120089u
#define NT_FILE_WRITE 0x120116u
#define NT_FILE_EXECUTE 0x1200a0u
#define NT_FILE_MODIFY 0x1301bfu /* what Explorer calls so: no DELETE_CHILD */
#define NT_FILE_READ_EXECUTE 0x1200a9u

/* The mask with its generic rights replaced by what they stand for on files. */
uint32_t nt_map(uint32_t mask);

/* Flags of an entry: as in winnt.h. */
enum {
	NT_OBJECT_INHERIT = 0x1,
	NT_CONTAINER_INHERIT = 0x2,
	NT_NO_PROPAGATE = 0x4,
	NT_INHERIT_ONLY = 0x8,
	NT_INHERITED = 0x10,
};
#define NT_TREE (NT_OBJECT_INHERIT | NT_CONTAINER_INHERIT)

struct nt_entry {
	bool denies;
	uint8_t flags;
	uint32_t sid; /* enum nt_sid */
	uint32_t mask;
};

/* Integrity levels: the relative identifier of the label's SID. */
enum {
	NT_UNTRUSTED = 0x0,
	NT_LOW = 0x1000,
	NT_MEDIUM_LOW = 0x1800,
	NT_MEDIUM = 0x2000,
	NT_HIGH = 0x3000,
};

enum { NT_NO_WRITE_UP = 0x1, NT_NO_READ_UP = 0x2, NT_NO_EXECUTE_UP = 0x4 };

struct nt_label {
	bool is_present;
	uint8_t flags;
	uint8_t policy;
	uint32_t level;
};

struct nt_descriptor {
	uint32_t owner;
	bool has_no_list;  /* a DACL that is absent or NULL: nothing protects the object */
	bool is_protected; /* inherits nothing */
	bool is_full;      /* more entries than the model holds: whoever sees it has to fail */
	size_t count;
	struct nt_entry entries[NT_ENTRIES_MAX];
	struct nt_label label;
};

enum {
	NT_CHANGE_NOTIFY = 0x1, /* passes through directories that grant no TRAVERSE */
	NT_BACKUP = 0x2,
	NT_RESTORE = 0x4,
	NT_TAKE_OWNERSHIP = 0x8,
	NT_SECURITY = 0x10,
	NT_RELABEL = 0x20,
};

struct nt_sids {
	size_t count;
	uint32_t sids[NT_SIDS_MAX];
};

struct nt_token {
	uint32_t user;
	struct nt_sids groups;       /* enabled */
	struct nt_sids denying_only; /* SE_GROUP_USE_FOR_DENY_ONLY */
	bool is_restricted;
	bool is_write_restricted; /* only with is_restricted */
	struct nt_sids restricting;
	bool is_container;       /* an AppContainer (lowbox) token */
	bool is_less_privileged; /* LPAC: does not count among ALL APPLICATION PACKAGES */
	uint32_t package;
	struct nt_sids capabilities;
	uint32_t integrity;
	bool ignores_integrity; /* mandatory policy without NO_WRITE_UP */
	uint32_t privileges;
	uint32_t owner;                      /* of what it makes; NT_NOBODY: the user */
	struct nt_descriptor default_grants; /* default DACL */
};

/* Questions on which public sources differ or are silent. nt_readings_table says what hangs on each; the value in
 * nt_believed is the one that the model takes unless a test says otherwise.
 */
struct nt_readings {
	bool second_pass_by_right;       /* the second pass of a write-restricted token looks at write rights only */
	bool delete_child_is_write;      /* a check for DELETE_CHILD alone has a second pass */
	bool owner_rights_must_apply;    /* an inherit-only entry for OWNER RIGHTS does not take the owner's rights */
	bool package_is_denied;          /* a denial for the package or a capability counts */
	bool restricted_is_sandboxed;    /* a restricted token at medium integrity counts as sandboxed for hard links */
	bool medium_low_is_low;          /* what keeps Low tokens from objects that name a package keeps 0x1800 too */
	bool package_respects_integrity; /* a package below an object's level does not write, whatever is granted to it */
};

extern const struct nt_readings nt_believed;

struct nt_reading {
	const char *name;     /* as the member above */
	const char *question; /* what cordon-selftest has to find out */
	const char *believed, *other;
	size_t offset; /* of the member */
};

/* Ends with a NULL name. */
extern const struct nt_reading nt_readings_table[];

bool nt_sids_add(struct nt_sids *sids, uint32_t sid); /* false when full */
bool nt_sids_hold(const struct nt_sids *sids, uint32_t sid);

/* Does the token get every right of the request (no generic ones in it) on an object with that descriptor? */
bool nt_check(const struct nt_descriptor *descriptor, const struct nt_token *token, uint32_t request,
	      const struct nt_readings *readings);

/* RtlIsSandboxedToken: MS15-115. */
bool nt_is_sandboxed(const struct nt_token *token, const struct nt_readings *readings);

/* An entry at the end, or in front. */
void nt_descriptor_add(struct nt_descriptor *descriptor, struct nt_entry entry);
void nt_descriptor_put(struct nt_descriptor *descriptor, size_t at, struct nt_entry entry);
void nt_descriptor_remove(struct nt_descriptor *descriptor, size_t at);

/* What a new object gets that the token makes below a parent: `given` is the descriptor that the creator supplies (its
 * owner is not looked at), NULL for none.
 */
struct nt_descriptor nt_descriptor_of_new(const struct nt_descriptor *parent, const struct nt_descriptor *given,
					  bool is_directory, const struct nt_token *token);

/* The child's descriptor after the parent's changed: what it had of its own, then what it inherits. */
void nt_descriptor_inherit(struct nt_descriptor *child, const struct nt_descriptor *parent, bool is_directory);

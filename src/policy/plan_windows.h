/* policy/plan_windows.h: what a Windows host has to carry out, as plain data. Pure; the same on every build.
 *
 * plan_compile_windows (plan.h) chooses a tier that can carry the policy both ways, denies and grants, and fills a
 * struct plan_windows; plan_windows_print shows it; plan_windows_free releases it. It borrows from the plan's policy
 * and facts.
 *
 * A security identifier (SID) appears as a role: the values are made by set-up and by the run (random ones for
 * capabilities, packages and runs), never by the planner. Rights are bits of an NT file access mask.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/plan.h"

/* Ordered by preference: `auto` takes the first that can carry the policy. */
enum tier {
	TIER_ACCOUNT,      /* an account of cordon's own pool; needs an administrator once */
	TIER_APPCONTAINER, /* a package of the user's */
	TIER_TOKEN,        /* the user's own account, write-restricted: a guard against accidents */
	TIER_COUNT,
};

const char *tier_name(enum tier tier); /* "account" */

/* What a tier can give for a guarantee. `best` is what holds once the live probe has shown `proof` on the host (NULL:
 * nothing to show); `unproved` is what may be said before. `why` says what enforces it or what is missing.
 */
struct tier_promise {
	enum level best;
	enum level unproved;
	const char *why;
	const char *proof;
};

struct tier_promise tier_promise(enum tier tier, enum guarantee guarantee);

enum sid_role {
	SID_USER, /* who runs cordon */
	SID_SYSTEM,
	SID_ACCOUNT,    /* the pool account of this run */
	SID_ACCOUNTS,   /* the group of the pool's accounts */
	SID_CAPABILITY, /* one a writable root, random, kept with the root's identity */
	SID_RUN,        /* random, this run's alone */
	SID_LOGON,      /* the logon session */
	SID_EVERYONE,
	SID_OWNER_RIGHTS, /* takes from an object's owner the right to rewrite its descriptor */
	SID_INTERACTIVE,
	SID_PACKAGE, /* the policy's AppContainer */
	SID_ROLE_COUNT,
};

const char *sid_role_name(enum sid_role role); /* "capability" */

struct sid {
	enum sid_role role;
	size_t root; /* CAPABILITY: index into roots */
};

/* Rights of a file or directory; the names are NT's without their prefix. */
#define RIGHT_READ_DATA 0x1u
#define RIGHT_WRITE_DATA 0x2u
#define RIGHT_APPEND_DATA 0x4u
#define RIGHT_READ_NAMED 0x8u
#define RIGHT_WRITE_NAMED 0x10u
#define RIGHT_EXECUTE 0x20u
#define RIGHT_DELETE_CHILD 0x40u
#define RIGHT_READ_ATTRIBUTES 0x80u
#define RIGHT_WRITE_ATTRIBUTES 0x100u
#define RIGHT_DELETE 0x10000u
#define RIGHT_READ_CONTROL 0x20000u
#define RIGHT_WRITE_DAC 0x40000u
#define RIGHT_WRITE_OWNER 0x80000u
#define RIGHT_SYNCHRONIZE 0x100000u

#define RIGHTS_ALL 0x1f01ffu
/* What the user is granted: a write-restricted token of his has DELETE_CHILD wherever he has it. */
#define RIGHTS_OWN (RIGHTS_ALL & ~RIGHT_DELETE_CHILD)
#define RIGHTS_READ \
	(RIGHT_READ_DATA | RIGHT_READ_NAMED | RIGHT_EXECUTE | RIGHT_READ_ATTRIBUTES | RIGHT_READ_CONTROL | \
	 RIGHT_SYNCHRONIZE)
/* What stat and realpath want of each ancestor. */
#define RIGHTS_METADATA (RIGHT_READ_NAMED | RIGHT_READ_ATTRIBUTES | RIGHT_READ_CONTROL | RIGHT_SYNCHRONIZE)
/* No DELETE_CHILD in any grant: through it a parent would delete a protected child. */
#define RIGHTS_MODIFY_IN_PLACE \
	(RIGHTS_READ | RIGHT_WRITE_DATA | RIGHT_APPEND_DATA | RIGHT_WRITE_NAMED | RIGHT_WRITE_ATTRIBUTES)
#define RIGHTS_MODIFY (RIGHTS_MODIFY_IN_PLACE | RIGHT_DELETE)
/* Every right that changes something and none that reading needs. */
#define RIGHTS_CHANGE \
	(RIGHT_WRITE_DATA | RIGHT_APPEND_DATA | RIGHT_WRITE_NAMED | RIGHT_DELETE_CHILD | RIGHT_WRITE_ATTRIBUTES | \
	 RIGHT_DELETE | RIGHT_WRITE_DAC | RIGHT_WRITE_OWNER)
/* What renames or removes a name. */
#define RIGHTS_REMOVE (RIGHT_DELETE | RIGHT_DELETE_CHILD)
/* What no command has in a root, whatever the root grants to everybody: through these protection would be undone. */
#define RIGHTS_UNDO (RIGHT_DELETE_CHILD | RIGHT_WRITE_DAC | RIGHT_WRITE_OWNER)

/* Integrity levels: the last number of the level's SID. */
#define INTEGRITY_LOW 0x1000u
#define INTEGRITY_BELOW_MEDIUM 0x1800u
#define INTEGRITY_MEDIUM 0x2000u

enum reach {
	REACH_OBJECT,   /* this object only */
	REACH_TREE,     /* this object and what is below it */
	REACH_CHILDREN, /* what is below it only */
};

/* One entry of a descriptor. */
struct windows_entry {
	bool denies;
	struct sid sid;
	uint32_t rights;
	enum reach reach;
	const char *why; /* static */
};

/* One file or directory whose descriptor changes. A backend carries the objects out in their order, parents first:
 *
 * - is_created: makes it, empty.
 * - is_cut: makes the descriptor protected; what it inherited becomes its own, and every entry for a package, a
 *   capability of packages, all packages (S-1-15-2-*, S-1-15-3-*) or an SID of cordon's own goes.
 * - drops_everyone: where an entry of the descriptor, or of one below, grants Everyone a right that changes something,
 * it
 *   is for Authenticated Users from now on; an inherited one becomes the object's own first, as all that it inherits.
 * - Puts the entries in their order in front of all that it has, and the label in place of any.
 * - Has what is below inherit anew. What there would not take this over gets it as its own, in the same way and in
 * front
 *   of what it has: what is protected; where the object is cut or has a denial, what has entries of its own, for those
 *   stand before inherited ones, else what has entries of cordon's own; and what is in a directory that was left alone.
 *
 * It refuses the run when the user may not change the descriptor of the object. Below, what he may not change is left
 * alone, but for where a denial or a cut would be missing: where something grants anything to everybody, to users, to
 * authenticated or interactive users, to packages or to an SID of cordon's, or is owned by an account. There too it
 * refuses. Who may write a descriptor gives himself WRITE_OWNER where a label needs it.
 */
struct windows_object {
	char *path;
	enum path_type type;
	uint64_t device, inode;  /* what the survey saw; 0: not looked at, or missing */
	const struct rule *rule; /* whose wish it is; NULL: the platform's own */
	bool is_created;         /* missing: made empty, and removed if it still is when the run ends */
	bool is_cut;             /* inheritance ends here: see above */
	bool drops_everyone;     /* other runs are among everyone: see above */
	bool is_seen; /* hidden, in a directory that the command may list: name, size and times stay visible */
	uint32_t
		label; /* integrity level of it and of what is below, not to be written from below that; 0: left alone */
	bool is_watched; /* a file: a save by rename drops the entries, so its folder is watched and they are put back */
	bool is_foreign; /* probably not the user's: refused where he may not change it */
	struct windows_entry_list {
		struct windows_entry *items;
		size_t count, room;
	} entries;
};

/* The capability of a root is kept under the identity of its directory: another one in its place gets another. */
struct windows_root {
	char *path;
	uint64_t device, inode; /* what the survey saw; 0: not looked at */
	const struct rule *rule;
};

struct windows_token {
	bool drops_privileges;     /* all but SeChangeNotifyPrivilege */
	bool drops_administrators; /* administrators' groups count for denying only */
	bool is_write_restricted;  /* a write must also be granted to one of `restricting` */
	bool is_container;         /* an AppContainer token of `package` */
	uint32_t integrity;        /* INTEGRITY_… */
	struct sid_list {
		struct sid *items;
		size_t count, room;
	} restricting, denying_only, default_grants; /* default_grants: who may open what the command makes */
};

/* Where the filtering platform asks. */
enum filter_layer {
	FILTER_CONNECT,
	FILTER_ACCEPT,
	FILTER_LISTEN,
	FILTER_ASSIGN, /* bind, raw sockets */
	FILTER_LAYER_COUNT,
};

struct windows_filter {
	bool permits;
	enum filter_layer layer;
	int family;         /* 4 or 6 */
	struct sid account; /* condition: the asking process's user */
	bool is_loopback;   /* condition: local and remote address are loopback */
	bool is_gate;       /* condition: TCP; where it connects, to 127.0.0.1 at the account's port (base/gate.h) */
	uint16_t port;      /* condition: the local port; 0: none */
};

struct windows_job {
	uint64_t memory;    /* committed bytes of the whole tree; 0: no limit */
	uint64_t processes; /* 0: no limit */
	uint32_t cpu_rate;  /* hundredths of a percent of the whole machine; 0: no limit */
};

/* What the policy grants and the tier keeps closed, or the other way round where no tier of its kind can close it:
 * said, for it is no guarantee's to hold. With a path: of what is there and below.
 */
struct windows_narrowed {
	const char *what; /* static */
	char *path;       /* NULL: none */
};

struct windows_variable {
	const char *name;
	const char *value; /* with ${account.profile}, ${package.folder}, ${run.temp}, ${gate.port} and
			    * ${gate.password} for what set-up and run make */
};

struct plan_windows {
	enum tier tier;
	struct tier_promise promises[GUARANTEE_COUNT]; /* of the tier, for this plan */
	struct windows_token token;
	struct windows_root_list {
		struct windows_root *items;
		size_t count, room;
	} roots;
	struct windows_object_list {
		struct windows_object *items;
		size_t count, room;
	} objects; /* parents first */
	struct windows_filter_list {
		struct windows_filter *items;
		size_t count, room;
	} filters; /* permits outweigh blocks */
	struct windows_narrowed_list {
		struct windows_narrowed *items;
		size_t count, room;
	} narrowed, exposed;
	const char *const *capabilities; /* AppContainer's, NULL-terminated */
	bool has_own_station;            /* a window station besides the desktop of its own, which every tier has */
	const char *const *handles;      /* the command inherits these and no others; NULL-terminated */
	struct windows_job job;
	const char *const *mitigations;           /* NULL-terminated */
	const struct windows_variable *variables; /* set over the plan's environment; ends with a NULL name */
};

void plan_windows_free(struct plan_windows *windows); /* NULL and half-built are fine */

/* Adds the key "windows" to the plan's JSON object; false when memory is short. */
CORDON_CHECKED bool plan_windows_print(const struct plan_windows *windows, json_t *object);

/* Example facts for planning without a host: assumed is set, the user is C:\Users\you. `workspace` is used when it is
 * an absolute Windows path, else it is C:\Users\you\project. The caller adds facts_assume_windows_paths.
 */
CORDON_CHECKED bool facts_assume_windows(const char *workspace, struct facts **ret_facts, struct cordon_error *err);

/* Adds a fact for each of the NULL-terminated paths that has none: an existing directory that lands on itself, or a
 * file where the name looks like one. Of what a writable root may hold only its .git directory's own entries exist.
 */
CORDON_CHECKED bool facts_assume_windows_paths(struct facts *facts, char *const *paths, struct cordon_error *err);

/* The file half of plan_compile_windows (plan_windows_files.c), called by it alone. What the tier cannot grant or hide
 * is added to the lacks. Fills in plan->unheld too.
 */
struct windows_lack {
	enum guarantee guarantee;
	bool is_grant;           /* the policy grants it and the tier cannot: accepting the guarantee does not help */
	const char *why;         /* static */
	const struct rule *rule; /* may be NULL */
};

struct windows_lack_list {
	struct windows_lack *items;
	size_t count, room;
};

CORDON_CHECKED bool plan_windows_files(struct plan *plan, struct plan_windows *windows, struct windows_lack_list *lacks,
				       struct cordon_error *err);

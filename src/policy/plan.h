/* policy/plan.h: what a backend has to carry out, as plain data. Pure.
 *
 * plan_compile makes a plan from a resolved policy for the facts' target; a backend reads it and never decides;
 * plan_print shows it as JSON (`cordon run --dry-run`). The plan borrows from the policy and the facts (origins,
 * rules): both must outlive it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/policy.h"

/* One step of the mount view. Steps are carried out in order; a step's path may lie below an earlier step's. */
enum mount_kind {
	MOUNT_BIND,    /* the path onto itself, read-only or writable; the host's sub-mounts come along */
	MOUNT_FACADE,  /* a read-only tmpfs with the directory's entries bound: all but `hide`, or only `show` */
	MOUNT_COVER,   /* a name that must not be seen: opening it gives ENOENT (a file) or an empty directory */
	MOUNT_PRIVATE, /* an empty writable tmpfs, mode 1777 */
	MOUNT_PROC,    /* a fresh /proc, read-only outside the process directories */
	MOUNT_DEVICES, /* a minimal /dev with a devpts of its own */
	MOUNT_LAYER,   /* a cache: what the command writes there stays in plan->caches, over the user's own or alone */
};

struct plan_mount {
	enum mount_kind kind;
	const char *path;       /* landing path; a target too */
	bool is_writable;       /* BIND */
	bool is_missing;        /* LAYER: nothing of the user's own is shown
				  * BIND of a name that does not exist: read-only: a placeholder has to hold it;
				  * writable: the directory is made, and stays */
	bool is_link;           /* BIND, read-only, of the link itself that has the name */
	bool is_held;           /* BIND, read-only: a placeholder has to hold the name should it not exist */
	bool is_directory;      /* what the path is, or for a missing name: what its placeholder is to be */
	const char *content;    /* of a placeholder that is a file: static; NULL: nothing */
	uint64_t device, inode; /* BIND, COVER, FACADE, LAYER: the identity the survey saw; 0 when missing */
	uint64_t size;          /* PRIVATE: bytes, 0 = the kernel's default */
	char **hide;            /* FACADE: NULL-terminated names; NULL when `show` is set */
	char **show;            /* FACADE: the same of the only entries that are shown; or NULL */
	char **decoys; /* FACADE: those of `hide` that the policy names: that one was tried is to be seen; or NULL */
	char **make;   /* FACADE: directories that are made in it, for mounts; relative; or NULL */
	const char *cache; /* LAYER: its name in plan->caches; static */
	const char
		*lower; /* LAYER: the directory that an overlay has below it: the path, or one above that layers share
				  * (a mount of an overlay is dear); NULL when is_missing */
	bool is_bare;   /* LAYER: noted by who carries it out: nothing of the user's own could be shown, or nothing
				  * can be kept */
	const struct rule *rule; /* whose wish it is; NULL: the platform's own */
};

struct plan_guarantee {
	bool is_asked;       /* the policy asks for it on this target */
	bool is_best_effort; /* a preset's limit: taken as far as the host can give it */
	enum level accepted; /* the worst level with which the run may start */
};

struct plan_windows; /* plan_windows.h */

struct plan {
	struct arena arena; /* holds what the plan owns, but for `windows` */
	enum target target;
	const struct policy *policy;
	const struct facts *facts;
	char *directory;    /* where the command starts */
	char **environment; /* NULL-terminated NAME=VALUE */
	enum network_mode network;
	struct limit_setting limits[LIMIT_COUNT];
	struct plan_guarantee guarantees[GUARANTEE_COUNT];

	/* Names in writable places that do not exist and that nothing holds. One that appears while the run lasts is
	 * covered; a `read` one that is there when the run is over, and that the command may have filled, is set aside.
	 */
	struct plan_unheld_list {
		struct plan_unheld {
			char *path;
			bool is_hidden; /* `none` */
			const struct rule *rule;
		} * items;
		size_t count, room;
	} unheld;
	/* The run wants to be told when something of one of these names is made in a writable place; NULL-terminated,
	 * static.
	 */
	const char *const *noted;

	/* Linux */
	struct plan_mount_list {
		struct plan_mount *items;
		size_t count, room;
	} mounts;
	char *caches; /* the directory that keeps the workspace's layers, in cordon's state; NULL: none is needed */
	bool root_is_writable; /* "/": "write" */

	/* Windows */
	struct plan_windows *windows;
};

/* Paths that the planner needs facts about besides those of the rules; NULL-terminated, static. */
char *const *plan_paths(enum target target);

struct plan_options {
	const char *run_id; /* for CORDON_RUN_ID */
	const char *tier;   /* Windows: "auto", "account", "appcontainer", "token"; NULL = "auto" */
	unsigned unproved;  /* Windows: tiers that "auto" passes over, 1 << enum tier: this host has not proved them */
};

/* Errors: CORDON_UNSUPPORTED when the target cannot carry the policy, naming the guarantees and the rule's place. */
CORDON_CHECKED bool plan_compile(const struct policy *policy, const struct facts *facts,
				 const struct plan_options *options, struct plan **ret_plan, struct cordon_error *err);
struct plan *plan_free(struct plan *plan); /* NULL is fine; returns NULL */
void plan_free_at(struct plan **plan);

/* Linux: whether the command finds at the landing path something of its own, and not what the host has there. */
bool plan_is_apart(const struct plan *plan, const char *landing);

/* Appends the plan as JSON, two spaces an indent, keys in a fixed order, newline at the end. */
CORDON_CHECKED bool plan_print(const struct plan *plan, struct text *text, struct cordon_error *err);

/* The parts of plan_compile that belong to one target; called by it alone. */
CORDON_CHECKED bool plan_compile_linux(struct plan *plan, struct cordon_error *err);
CORDON_CHECKED bool plan_compile_windows(struct plan *plan, const struct plan_options *options,
					 struct cordon_error *err);

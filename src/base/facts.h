/* base/facts.h: what the planner knows of the host, as plain data.
 *
 * os/ fills it in (os_survey), tests write it by hand, policy/ reads it. Nothing in it decides anything. A facts struct
 * owns all that it points to; facts_free releases it, half-built ones too.
 *
 * Paths are absolute, UTF-8 or plain bytes on Linux, in the target's own spelling (`/home/u`, `C:\Users\u`), without a
 * trailing separator except for a root.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum target { TARGET_LINUX, TARGET_WINDOWS };

enum path_type {
	PATH_MISSING,
	PATH_FILE,
	PATH_DIRECTORY,
	PATH_OTHER, /* socket, device, fifo */
};

/* One path that a rule names, or a directory above the landing of one. */
struct path_fact {
	const char *path;    /* as the rule names it after expansion; of a directory above: its landing */
	const char *landing; /* where it lands with every link resolved; for a missing path: the landing of the deepest
			      * existing ancestor plus the rest as written; the same pointer where the texts are equal */
	uint32_t length;     /* of path, in bytes */
	enum path_type type;
	uint64_t device; /* identity of the landing; 0 when missing */
	uint64_t inode;
	uint32_t links;       /* hard links to it */
	bool parent_exists;   /* the landing's parent is a directory */
	bool parent_is_users; /* …and the user owns it, so the user's tools may replace names in it */
	/* Windows, what the descriptors say; false where that is not known. Others are accounts that are no
	 * administrators and nothing to the user; a package is an AppContainer of the user's, to which nobody granted
	 * anything.
	 */
	struct path_reach {
		bool is_open;     /* they may read it */
		bool is_closed;   /* they may read nothing at or below it */
		bool is_unlisted; /* they may not list its directory, which gives away name, size and times */
	} others, packages;
};

/* A link that a path leads through. */
struct link_fact {
	const char *path;       /* as the path fact has it */
	const char *link;       /* where the link itself is: no other link leads there */
	uint64_t device, inode; /* of the link */
};

/* A name for ${name} in policies; a rule that uses a variable with several values stands for one rule a value, with
 * none for no rule at all. `~` is ${home}.
 */
struct variable {
	const char *name; /* static */
	char **values;    /* NULL-terminated list or NULL */
	size_t count;
};

struct facts {
	enum target target;
	bool assumed;     /* not read from a host: example values for --dry-run --target of another system */
	uint64_t user_id; /* uid; 0 on Windows */
	uint64_t group_id;
	char *user_sid; /* Windows only */
	char *home;
	char *account_home; /* of the account, where HOME names another directory; else NULL. Linux */
	char *workspace;    /* landing path, a directory */
	char *directory; /* where the command starts: the current directory if it lies in the workspace, else the workspace */
	char *temp;         /* the host's temporary directory */
	char *state;        /* cordon's own state directory */
	char **environment; /* NULL-terminated NAME=VALUE list */
	uint32_t processors;
	uint64_t memory; /* bytes of physical memory */
	struct variable_list {
		struct variable *items;
		size_t count, room;
	} variables; /* at least home, workspace, config, cache, state, temp; git: the git directories of the roots;
		      * submodule, git_hooks, git_records, checkout: see os_survey_git */
	struct path_fact_list {
		struct path_fact *items;
		size_t count, room;
		struct path_slot *slots; /* by which facts_find_path finds them */
		size_t slot_count;
		struct arena arena;
	} paths; /* filled by facts_add_path alone */
	struct link_fact_list {
		struct link_fact *items;
		size_t count, room;
	} links;              /* Linux; filled by facts_add_link alone */
	bool root_stays_open; /* Linux, said before the survey: no rule that names "/" closes it, so it need not be listed */
	bool root_is_listed; /* Linux: paths holds every entry of "/"; a policy that closes "/" needs that */
	struct tool_list {
		const char **items; /* static: "vscode", "claude"… */
		size_t count, room;
	} tools; /* tools that the user has, which run what they find in a project under their name (.vscode, .claude…) */
	struct socket_list {
		char **items;
		size_t count, room;
	} sockets; /* Linux: where the unix sockets land that a host process listens on */
	struct drive_list {
		char **items;
		size_t count, room;
	} bare_drives; /* Windows: `D:\`, local ones whose file system keeps no descriptors (FAT, exFAT) */
};

struct facts *facts_new(enum target target);   /* NULL when memory is short */
struct facts *facts_free(struct facts *facts); /* NULL is fine; returns NULL */
void facts_free_at(struct facts **facts);      /* for CORDON_ON_EXIT */

/* Appends a value to the variable, creating it when new; a NULL value only creates it. `name` must be static text. */
CORDON_CHECKED bool facts_add_variable(struct facts *facts, const char *name, const char *value,
				       struct cordon_error *err);

/* The variables that every host has: ${home}, ${workspace}, ${state} and ${temp} from what the facts hold by now, and
 * the folders for settings and caches.
 */
CORDON_CHECKED bool facts_add_folders(struct facts *facts, const char *config, const char *cache,
				      struct cordon_error *err);

/* The variable of that name (length bytes long), or NULL. */
const struct variable *facts_find_variable(const struct facts *facts, const char *name, size_t length);

/* Adds a fact about a path of which there is none yet, and copies both texts; the rest of it is the caller's to fill
 * in. It holds until the next is added; NULL when memory is short.
 */
struct path_fact *facts_add_path(struct facts *facts, const char *path, const char *landing);

/* Adds a fact about a link, and copies both texts; NULL when memory is short. */
struct link_fact *facts_add_link(struct facts *facts, const char *path, const char *link);

/* The fact about that path as a rule names it, or NULL. */
const struct path_fact *facts_find_path(const struct facts *facts, const char *path);
/* The same of so many bytes, which may go on. */
const struct path_fact *facts_find_bytes(const struct facts *facts, const char *path, size_t length);

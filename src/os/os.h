/* os/os.h: the host's files, processes and facts. No decisions.
 *
 * linux/ and windows/ implement the same functions; the build picks one. Paths are UTF-8 (Windows) or bytes
 * (Linux).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/facts.h"
#include "base/text.h"

/* Which target this host is. */
enum target os_target(void);

/* Facts about the user, the machine and the workspace: everything but variables.git and paths. `workspace` may be
 * NULL (the current directory); it is resolved through links and must be a directory. Errors name it.
 */
CORDON_CHECKED bool os_survey_host(const char *workspace, struct facts **ret_facts, struct cordon_error *err);

/* Adds to the variable `git` the git directory of each root, and where that keeps what worktrees share
 * (commondir). ROOT/.git is a directory; or a file or link that names another place, which is believed where that
 * is a git directory and lies in one of the roots or names the root in turn: what stands in a root was perhaps
 * written by a command that wants a rule to fall elsewhere. A root without .git may be a git directory itself; the
 * others are the values of `checkout`. What git's records name beside that and lies in a root: `submodule`, the git
 * directories of submodules; `git_hooks`, folders in place of hooks; `git_records`, files that say where git looks.
 * More records than are looked at are an error.
 */
CORDON_CHECKED bool os_survey_git(struct facts *facts, char *const *roots, struct cordon_error *err);

struct os_disarm {
	/* Whether the command can have written there. */
	bool (*is_writable)(void *context, const char *landing);
	/* Moves the path away from where git finds it. */
	bool (*set_aside)(void *context, const char *path, struct cordon_error *err);
	void *context;
};
/* When a command is over that made `path`, a HEAD, objects or a .git: sees to it that the repository there, which is
 * none of those in the facts, executes nothing when the user calls git in it. Hooks that are no samples are set aside,
 * and settings that are more than a repository's own book-keeping; the latter stay in a new file. Any other `path` is a
 * part of a repository that the command has touched, a hook, `hooks`, a file of settings or what it has moved there, and
 * only that is looked at. Links in a git directory are set aside: git would write to where they lead.
 */
CORDON_CHECKED bool os_disarm_git(const struct facts *facts, const char *path, const struct os_disarm *options,
				  struct cordon_error *err);
/* Is that, length bytes of it, a folder of a git directory to which git itself writes? */
bool os_is_gits_folder(const char *name, size_t length);

/* Adds a path_fact for each of the NULL-terminated paths that has none yet, and one for each existing directory
 * above its landing (named by its own landing): the planner pins and replaces those, and needs their identity. On
 * Linux also one for each entry of "/" (root_is_listed), so that a policy may close all but some of them; not where
 * root_stays_open and nothing else lands on "/".
 */
CORDON_CHECKED bool os_survey_paths(struct facts *facts, char *const *paths, struct cordon_error *err);

/* Where one path lands, malloc'ed, and what is there; for questions about a path that no rule names. */
CORDON_CHECKED bool os_find_landing(const char *path, char **ret_landing, enum path_type *ret_type,
				    struct cordon_error *err);

/* Fills facts->tools: a tool that has left no trace in the user's home is not there. */
CORDON_CHECKED bool os_survey_tools(struct facts *facts, struct cordon_error *err);

/* Moves what is at `path` into `folder`, which is made, as `name`; or, where that is another file system, beside itself
 * under a name that begins with ".cordon-aside-". No component of the path's directory, or of the folder, may be a
 * link. *ret_moved says whether there was anything, ret_place where it is now, when moved. Async-signal-safe on Linux:
 * run/ calls it in a fork, too.
 */
enum { OS_PLACE_SIZE = 8192 };
CORDON_CHECKED bool os_set_aside(const char *path, const char *folder, const char *name, bool *ret_moved,
				 char ret_place[OS_PLACE_SIZE], struct cordon_error *err);

/* Fills facts->sockets with the unix sockets that have a path and that somebody listens on or receives from. */
CORDON_CHECKED bool os_survey_sockets(struct facts *facts, struct cordon_error *err);

/* Walks below `root` without following links, at most *budget entries (counted down), and calls visit for each.
 * Stops with an error when the budget or deadline_ms (os_clock) is used up; visit returning false stops with its
 * error.
 */
CORDON_CHECKED bool os_walk(const char *root, size_t *budget, uint64_t deadline_ms,
			    bool (*visit)(void *context, const char *path, struct cordon_error *err), void *context,
			    struct cordon_error *err);

/* A whole file of at most `limit` bytes. Errors: CORDON_OS_FAILED with the path; CORDON_BAD_USAGE for a directory or
 * another thing that is no regular file; CORDON_UNSUPPORTED for one that is larger.
 */
CORDON_CHECKED bool os_read_file(const char *path, size_t limit, struct text *ret_text, struct cordon_error *err);

/* A new file, mode 0644 less the umask; fails where there is something of that name. */
CORDON_CHECKED bool os_make_file(const char *path, const char *bytes, size_t length, struct cordon_error *err);

/* Puts a file of these bytes into `folder`, which is made, under `name`, in one step; only the user may read it. */
CORDON_CHECKED bool os_write_file(const char *folder, const char *name, const char *bytes, size_t length,
				  struct cordon_error *err);

/* Removes a file; one that is gone already is fine. */
CORDON_CHECKED bool os_remove_file(const char *path, struct cordon_error *err);

/* Is the path the directory itself, or below it?  Both absolute in the host's spelling; only the text is looked at. */
bool os_lies_below(const char *path, const char *directory);

/* What stands behind the path's last separator: its last name. */
const char *os_name(const char *path);

/* False only where there is certainly nothing of that name. A link that leads nowhere and what may not be looked
 * at count as there: reading them says what is wrong.
 */
bool os_exists(const char *path);

/* Whether the name, not followed if it is a link, has the object of that device and inode. */
bool os_has_identity(const char *path, uint64_t device, uint64_t inode);

/* The absolute form of a path given on the command line, `..` and `.` taken lexically, links untouched, a
 * separator at the end kept; `~` and what begins with `~` and a separator belong to the user's home. malloc'ed.
 */
CORDON_CHECKED bool os_absolute(const char *path, char **ret_path, struct cordon_error *err);

/* Where the user's and the administrator's policy files belong, whether or not there are any; both malloc'ed. */
CORDON_CHECKED bool os_policy_files(char **ret_user, char **ret_managed, struct cordon_error *err);

/* Makes the directory and its missing parents, mode 0700. */
CORDON_CHECKED bool os_make_directories(const char *path, struct cordon_error *err);

/* `count` bytes from the system's random source. */
CORDON_CHECKED bool os_random(void *bytes, size_t count, struct cordon_error *err);

uint64_t os_clock(void); /* monotonic, milliseconds */
uint64_t os_time(void);  /* since 1970, milliseconds */

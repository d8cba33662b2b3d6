/* os/git.h: what the files that read git's records share. Paths are the host's, in its spelling. */
#pragma once

#include "base/arena.h"
#include "base/facts.h"
#include "base/list.h"
#include "base/text.h"
#include "os/os.h"

struct git_paths {
	const char **items;
	size_t count, room;
};

/* Texts and lists are the arena's. */
struct git_survey {
	struct facts *facts;
	struct arena *arena;
	struct git_paths roots;    /* where they land, and the git directories outside them that are granted */
	struct git_paths surveyed; /* git directories */
	struct git_paths hooks;    /* what the user's and the system's settings say of core.hooksPath */
	bool has_user_settings;    /* …which have been read */
	unsigned records, entries; /* how many more of each are looked at */
	uint64_t deadline_ms;      /* os_clock */
};

/* -- git_config.c ------------------------------------------------------------------------------------------------- */

enum git_setting {
	GIT_HOOKS_PATH,     /* core.hooksPath */
	GIT_WORKTREE,       /* core.worktree */
	GIT_INCLUDE,        /* include.path, includeIf.*.path: no condition is taken for false */
	GIT_SUBMODULE_PATH, /* submodule.*.path */
};

/* Calls visit for each of these settings in the text, in order, until it returns false or the text stops being git's.
 * The text may hold any bytes, and a NUL stands behind its last. True unless visit returned false.
 */
bool git_config_read(const char *text, size_t length,
		     bool (*visit)(void *context, enum git_setting setting, const char *value), void *context);

struct git_named_setting {
	const char *section, *key; /* as they are written; a name of more than 63 characters is empty */
	bool has_subsection;
	const char *value; /* cut to 4,095 bytes */
};

enum git_kept { GIT_KEPT_ALL, GIT_KEPT_SOME, GIT_KEPT_NOTHING };

/* Appends the text without the settings for which `is_kept` is false, byte for byte. GIT_KEPT_NOTHING, and nothing is
 * appended, where the text cannot be read to its end; the caller looks whether memory sufficed (text_ok).
 */
enum git_kept git_config_keep(const char *text, size_t length,
			      bool (*is_kept)(void *context, const struct git_named_setting *setting), void *context,
			      struct text *kept);

/* -- git_host.c of linux/ and windows/ ----------------------------------------------------------------------------- */

enum git_thing { GIT_NOTHING, GIT_FILE, GIT_DIRECTORY, GIT_LINK, GIT_OTHER };

enum git_thing git_look(const char *path); /* what stands there itself */
/* What stands there, and the way to it, is the user's to read again where a command that made it has taken that right.
 */
void git_open_up(const char *path);
bool git_is_type(const char *directory, const char *name, enum path_type type); /* follows links */
bool git_is_absolute(const char *path);
char git_separator(void);
const char *git_last_separator(const char *path); /* NULL: none */

/* Where git looks for the machine's settings, one after the other; NULL behind the last, or when memory is short. */
const char *git_system_settings(struct git_survey *survey, unsigned number);

/* Calls visit with each name in the directory but "." and ".."; none where there is no such directory. False when visit
 * was.
 */
bool git_list(const char *directory, bool (*visit)(void *context, const char *name), void *context);

/* -- git.c -------------------------------------------------------------------------------------------------------- */

bool git_is_directory(const char *path);
bool git_has(const char *directory, const char *name); /* something of that name; links are not followed */

/* What the record says after `prefix`, the arena's; NULL when it says nothing. */
const char *git_read_record(struct git_survey *survey, const char *directory, const char *name, const char *prefix);

/* Where a record's path lands, which is relative to `base`; NULL when nothing is there. */
const char *git_land(struct git_survey *survey, const char *base, const char *value);

bool git_lies_in_a_root(const struct git_survey *survey, const char *path);
bool git_has_path(const struct git_paths *paths, const char *path);
const char *git_join(struct git_survey *survey, const char *directory, const char *name); /* NULL: no memory */
/* The directory around the last component, the arena's; of a root itself. NULL: no memory. */
const char *git_cut_name(struct git_survey *survey, const char *path);

/* Adds the value unless it is there. `name` is static. */
bool git_add_value(struct git_survey *survey, const char *name, const char *value, struct cordon_error *err);

/* -- git_repository.c --------------------------------------------------------------------------------------------- */

/* Adds to the variables git_hooks, git_records and submodule what lies in a root and the records of the git directory
 * make git execute or believe. `top` is where its files are checked out, or NULL.
 */
bool git_survey_repository(struct git_survey *survey, const char *directory, const char *top, struct cordon_error *err);

/* -- git_links.c -------------------------------------------------------------------------------------------------- */

/* Sets aside the links that git would follow below a git directory (`is_whole`) or a part of one, which may be a link
 * itself. Only where the command can have written.
 */
CORDON_CHECKED bool git_disarm_links(const struct os_disarm *options, const char *path, bool is_whole,
				     struct cordon_error *err);

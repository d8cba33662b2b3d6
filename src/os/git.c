/* Git's own records of where a repository keeps what. Read as data; git itself is never run: what the workspace holds
 * would tell it what to execute.
 */
#include <string.h>

#include "base/scope.h"
#include "base/text.h"
#include "os/git.h"
#include "os/os.h"

enum { RECORD_MAX = 1 << 20, RECORDS_MAX = 256, ENTRIES_MAX = 8192, TIME_MS = 5000 };

bool git_has(const char *directory, const char *name)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s%c%s", directory, git_separator(), name);
	return path && git_look(path) != GIT_NOTHING;
}

/* git looks no closer: the two may be files that can be executed, and HEAD a link to a branch that is not there yet. */
bool git_is_directory(const char *path)
{
	return git_has(path, "HEAD") && git_has(path, "objects") && git_has(path, "refs");
}

/* As git reads it: all of the file but the line ends behind it, up to the first NUL. */
const char *git_read_record(struct git_survey *survey, const char *directory, const char *name, const char *prefix)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	CORDON_ON_EXIT(free_text) char *path = text_format("%s%c%s", directory, git_separator(), name);
	if (!path || !os_read_file(path, RECORD_MAX, &text, &ignored))
		return NULL;
	while (text.length > 0 && (text.bytes[text.length - 1] == '\n' || text.bytes[text.length - 1] == '\r'))
		text.bytes[--text.length] = '\0';
	if (!text_starts(text_str(&text), prefix))
		return NULL;
	const char *value = text_str(&text) + strlen(prefix);
	return *value ? arena_copy(survey->arena, value, strlen(value)) : NULL;
}

const char *git_land(struct git_survey *survey, const char *base, const char *value)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	enum path_type type;
	CORDON_ON_EXIT(free_text) char *landing = NULL;
	CORDON_ON_EXIT(free_text)
	char *path = git_is_absolute(value) ? strdup(value) : text_format("%s%c%s", base, git_separator(), value);
	if (!path || !os_find_landing(path, &landing, &type, &ignored) || type == PATH_MISSING)
		return NULL;
	return arena_copy(survey->arena, landing, strlen(landing));
}

bool git_lies_in_a_root(const struct git_survey *survey, const char *path)
{
	for (size_t i = 0; i < survey->roots.count; i++)
		if (os_lies_below(path, survey->roots.items[i]))
			return true;
	return false;
}

bool git_has_path(const struct git_paths *paths, const char *path)
{
	for (size_t i = 0; i < paths->count; i++)
		if (strcmp(paths->items[i], path) == 0)
			return true;
	return false;
}

const char *git_join(struct git_survey *survey, const char *directory, const char *name)
{
	const char separator[] = { git_separator(), '\0' };
	CORDON_ON_EXIT(free_text)
	char *path = text_format("%s%s%s", directory, text_ends(directory, separator) ? "" : separator, name);
	return path ? arena_copy(survey->arena, path, strlen(path)) : NULL;
}

const char *git_cut_name(struct git_survey *survey, const char *path)
{
	const char *separator = git_last_separator(path);
	size_t length = separator ? (size_t)(separator - path) : 0;
	/* The separator of a root is its own: "/", "C:\\". */
	length += separator && (length == 0 || path[length - 1] == ':');
	return length > 0 ? arena_copy(survey->arena, path, length) : path;
}

bool git_add_value(struct git_survey *survey, const char *name, const char *value, struct cordon_error *err)
{
	const struct variable *variable = facts_find_variable(survey->facts, name, strlen(name));
	for (size_t i = 0; variable && i < variable->count; i++)
		if (strcmp(variable->values[i], value) == 0)
			return true;
	return facts_add_variable(survey->facts, name, value, err);
}

/* -- the roots' own ----------------------------------------------------------------------------------------------- */

/* Writing is granted here. */
static bool grant(struct git_survey *survey, const char *directory, struct cordon_error *err)
{
	const char **granted;
	if (!git_add_value(survey, "git", directory, err))
		return false;
	if (git_lies_in_a_root(survey, directory))
		return true;
	granted = LIST_ADD_IN(survey->arena, &survey->roots);
	if (!granted)
		return cordon_fail_memory(err);
	*granted = directory;
	return true;
}

static bool take_worktree(void *context, enum git_setting setting, const char *value)
{
	struct text *last = context;
	if (setting == GIT_WORKTREE) {
		text_free(last);
		text_add(last, value);
	}
	return true;
}

/* What the settings of the git directory say of core.worktree lands at `top`. */
static bool is_worktree(struct git_survey *survey, const char *directory, const char *name, const char *top)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text settings = { 0 };
	CORDON_ON_EXIT(text_free) struct text value = { 0 };
	const char *path = git_join(survey, directory, name);
	if (!path || !os_read_file(path, RECORD_MAX, &settings, &ignored) ||
	    !git_config_read(text_str(&settings), settings.length, take_worktree, &value) || value.length == 0)
		return false;
	const char *landing = git_land(survey, directory, text_str(&value));
	return landing && strcmp(landing, top) == 0;
}

/* A linked worktree's git directory names its checkout in turn, and so do the settings of a submodule's. */
static bool names_checkout(struct git_survey *survey, const char *directory, const char *record, const char *top)
{
	const char *value = git_read_record(survey, directory, "gitdir", "");
	const char *landing = value ? git_land(survey, directory, value) : NULL;
	if (landing && strcmp(landing, record) == 0)
		return true;
	return git_is_directory(directory) && (is_worktree(survey, directory, "config", top) ||
					       is_worktree(survey, directory, "config.worktree", top));
}

/* Where the git directory keeps what worktrees share, which is where their hooks and configuration are read; itself
 * where it says nothing.
 */
static const char *find_common(struct git_survey *survey, const char *directory)
{
	const char *value = git_read_record(survey, directory, "commondir", "");
	const char *landing = value ? git_land(survey, directory, value) : NULL;
	return landing && git_is_directory(landing) ? landing : directory;
}

/* COMMON/worktrees/NAME: where git makes one, and moves none. A command of an earlier run, in a larger workspace, may
 * have made any other record of a repository of the user's own.
 */
static bool is_worktree_of(struct git_survey *survey, const char *directory, const char *common)
{
	const char *worktrees = git_cut_name(survey, directory);
	const char *above = worktrees ? git_cut_name(survey, worktrees) : NULL;
	return above && strcmp(os_name(worktrees), "worktrees") == 0 && strcmp(above, common) == 0;
}

/* The common directory is believed when the git directory, which `is_trusted`, is a worktree of it, or when it lies in
 * a root itself.
 */
static bool survey_directory(struct git_survey *survey, const char *directory, const char *top, bool is_trusted,
			     struct cordon_error *err)
{
	const char *common = find_common(survey, directory);
	bool is_own = strcmp(common, directory) == 0;
	bool is_believed = git_lies_in_a_root(survey, common) ||
			   (is_trusted && is_worktree_of(survey, directory, common));
	if (!is_own && is_believed && !grant(survey, common, err))
		return false;
	/* A repository whose worktree this is has its own files checked out beside it. */
	if (!is_own && strcmp(os_name(common), ".git") == 0) {
		const char *beside = git_cut_name(survey, common);
		if (!beside || !git_survey_repository(survey, common, beside, err))
			return beside ? false : cordon_fail_memory(err);
	}
	return git_survey_repository(survey, common, top, err);
}

/* `record` is ROOT/.git, a link: a name that no mount can hold, so a rule has to lead through it. */
static bool survey_link(struct git_survey *survey, const char *root, const char *record, struct cordon_error *err)
{
	const char *landing = git_land(survey, root, ".git");
	if (!landing || !git_is_directory(landing))
		return true;
	return git_add_value(survey, "git", record, err) && survey_directory(survey, landing, root, false, err);
}

/* `record` is ROOT/.git, a file. */
static bool survey_file(struct git_survey *survey, const char *root, const char *record, struct cordon_error *err)
{
	const char *value = git_read_record(survey, root, ".git", "gitdir: ");
	const char *landing = value ? git_land(survey, root, value) : NULL;
	if (!git_add_value(survey, "git_records", record, err))
		return false;
	if (!landing)
		return true;

	bool is_inside = git_lies_in_a_root(survey, landing);
	bool is_git = git_is_directory(landing) || git_is_type(landing, "commondir", PATH_FILE);
	bool is_believed = is_inside ? is_git : names_checkout(survey, landing, record, root);
	if (!is_git && !is_believed)
		return true;
	if (is_believed && !grant(survey, landing, err))
		return false;
	return survey_directory(survey, landing, root, is_believed && !is_inside, err);
}

/* A command in a folder of a checkout commits there. Not where all of the user's files are the checkout: whoever writes
 * such a repository decides what stands in the start-up files after the next checkout. And not for other roots than the
 * workspace.
 */
static bool is_workspace_in(const struct git_survey *survey, const char *root, const char *top)
{
	const struct facts *facts = survey->facts;
	return facts->workspace && strcmp(root, facts->workspace) == 0 &&
	       !(facts->home && os_lies_below(facts->home, top));
}

/* TOP/.git, above a root: a directory that is the repository's own; or a file, of a directory that names TOP in turn. A
 * link could have been laid by an earlier command, to any repository.
 */
static bool grant_above(struct git_survey *survey, const char *top, const char *record, enum git_thing thing,
			const char *directory, struct cordon_error *err)
{
	const char *common = find_common(survey, directory);
	bool is_believed = thing == GIT_DIRECTORY ||
			   (thing == GIT_FILE && names_checkout(survey, directory, record, top));
	if (!is_believed || !grant(survey, directory, err))
		return !is_believed;
	return !is_worktree_of(survey, directory, common) || grant(survey, common, err);
}

/* A root may lie within checkouts, whose settings may name something in it; and in the innermost, unless it has a
 * repository of its own, the command commits.
 */
static bool survey_above(struct git_survey *survey, const char *root, bool has_own, struct cordon_error *err)
{
	const char *top = git_cut_name(survey, root);
	for (const char *below = root; top && strcmp(top, below) != 0; top = git_cut_name(survey, below)) {
		const char *record = git_join(survey, top, ".git");
		if (!record)
			return cordon_fail_memory(err);
		enum git_thing thing = git_look(record);
		below = top;
		const char *value = thing == GIT_FILE      ? git_read_record(survey, top, ".git", "gitdir: ")
				    : thing == GIT_NOTHING ? NULL
							   : record;
		const char *directory = value ? git_land(survey, top, value) : NULL;
		const char *common = directory ? find_common(survey, directory) : NULL;
		if (!common || !git_is_directory(common))
			continue;
		if (!has_own && is_workspace_in(survey, root, top) &&
		    !grant_above(survey, top, record, thing, directory, err))
			return false;
		if (!git_survey_repository(survey, common, top, err))
			return false;
		has_own = true;
	}
	return top || cordon_fail_memory(err);
}

/* What stands at ROOT/.git. */
static bool survey_own(struct git_survey *survey, const char *root, const char *record, enum git_thing thing,
		       struct cordon_error *err)
{
	switch (thing) {
	case GIT_NOTHING:
		return true;
	case GIT_LINK:
		return survey_link(survey, root, record, err);
	case GIT_FILE:
	case GIT_OTHER:
		return survey_file(survey, root, record, err);
	case GIT_DIRECTORY:
		break;
	}
	return grant(survey, record, err) && survey_directory(survey, record, root, false, err);
}

static bool survey_root(struct git_survey *survey, const char *given, const char *root, struct cordon_error *err)
{
	const char *record = git_join(survey, root, ".git");
	if (!record)
		return cordon_fail_memory(err);
	enum git_thing thing = git_look(record);
	bool is_git = thing == GIT_NOTHING && git_is_directory(root);
	if (is_git && (!grant(survey, root, err) || !survey_directory(survey, root, NULL, false, err)))
		return false;
	if (!is_git &&
	    (!git_add_value(survey, "checkout", given, err) || !survey_own(survey, root, record, thing, err)))
		return false;
	return survey_above(survey, root, is_git || thing != GIT_NOTHING, err);
}

/* Where each of the roots lands; NULL for what is missing. */
static bool find_roots(struct git_survey *survey, char *const *roots, const char ***ret_landings,
		       struct cordon_error *err)
{
	size_t count = 0;
	while (roots[count])
		count++;
	const char **landings = arena_take(survey->arena, (count + 1) * sizeof *landings);
	const char **present = arena_take(survey->arena, (count + 1) * sizeof *present);
	if (!landings || !present)
		return cordon_fail_memory(err);
	survey->roots = (struct git_paths){ present, 0, count };
	for (size_t i = 0; i < count; i++) {
		landings[i] = git_land(survey, "/", roots[i]);
		if (landings[i])
			present[survey->roots.count++] = landings[i];
	}
	*ret_landings = landings;
	return true;
}

bool os_survey_git(struct facts *facts, char *const *roots, struct cordon_error *err)
{
	static const char *const names[] = { "git", "submodule", "git_hooks", "git_records", "checkout" };
	struct arena_room room;
	const char **landings = NULL;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct git_survey survey = {
		.facts = facts,
		.arena = &arena,
		.records = RECORDS_MAX,
		.entries = ENTRIES_MAX,
		.deadline_ms = os_clock() + TIME_MS,
	};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (!facts_add_variable(facts, names[i], NULL, err))
			return false;
	if (!find_roots(&survey, roots, &landings, err))
		return false;
	for (size_t i = 0; roots[i]; i++)
		if (!(landings[i] ? survey_root(&survey, roots[i], landings[i], err)
				  : git_add_value(&survey, "checkout", roots[i], err)))
			return false;
	return true;
}

/* What a repository's own records make git execute or believe, beside the files that every repository has: folders that
 * core.hooksPath names, settings that are included, linked worktrees, submodules and their checkouts.
 *
 * The command may have written some of them, in this run or one before. So nothing here grants anything: the rules on
 * these variables hold only where they are the stricter ones (policy/resolve.c).
 */
#include <string.h>

#include "base/scope.h"
#include "base/text.h"
#include "os/git.h"
#include "os/os.h"

enum { SETTINGS_MAX = 1 << 20, INCLUDES_MAX = 64, FOLDERS_MAX = 8 };

struct repository {
	struct git_survey *survey;
	const char *directory;
	struct git_paths tops;  /* of its checkouts */
	struct git_paths hooks; /* values of core.hooksPath */
	struct git_paths submodules;
	struct git_paths files; /* settings that were read */
	const char *file;       /* that is being read */
	unsigned includes;
	struct cordon_error *err;
};

static bool add_path(struct git_survey *survey, struct git_paths *paths, const char *path, struct cordon_error *err)
{
	if (!path)
		return cordon_fail_memory(err);
	if (git_has_path(paths, path))
		return true;
	const char **added = LIST_ADD_IN(survey->arena, paths);
	if (!added)
		return cordon_fail_memory(err);
	*added = path;
	return true;
}

/* The command may have written as many as fit into a file, each with a long way through links. */
static bool count_entry(struct git_survey *survey, const char *place, struct cordon_error *err)
{
	if (os_clock() > survey->deadline_ms)
		return cordon_fail(err, CORDON_UNSUPPORTED, "'%s': git's records take too long to look at", place);
	if (survey->entries-- > 0)
		return true;
	survey->entries = 0;
	return cordon_fail(err, CORDON_UNSUPPORTED, "'%s': too many names among git's records", place);
}

static bool is_separator(char c)
{
	return c == '/' || c == git_separator();
}

/* A setting that is a path, as git takes it; *ret_path is NULL where it stands for nothing that is looked at here. */
static bool find_path(struct git_survey *survey, const char *base, const char *value, const char **ret_path,
		      struct cordon_error *err)
{
	static const char optional[] = ":(optional)";
	const char *path = value + (text_starts(value, optional) ? strlen(optional) : 0);
	*ret_path = NULL;
	if (!*path || text_starts(path, "%(prefix)") ||
	    (path[0] == '~' && (!survey->facts->home || (path[1] && !is_separator(path[1])))))
		return true;
	size_t length = strlen(path);
	while (length > 1 && is_separator(path[length - 1]))
		length--;
	path = arena_copy(survey->arena, path, length);
	if (path && path[0] == '~')
		path = git_join(survey, survey->facts->home, path + 1 + is_separator(path[1]));
	else if (path && !git_is_absolute(path))
		path = git_join(survey, base, path);
	*ret_path = path;
	return path || cordon_fail_memory(err);
}

/* -- protecting --------------------------------------------------------------------------------------------------- */

enum protecting { PROTECT_FILE, PROTECT_HOOKS };

/* Where hooks lie among what the command has to write, their names are what there is to hold. */
static bool protect_hook_names(struct git_survey *survey, const char *folder, struct cordon_error *err)
{
	static const char *const names[] = {
		"applypatch-msg",
		"pre-applypatch",
		"post-applypatch",
		"pre-commit",
		"pre-merge-commit",
		"prepare-commit-msg",
		"commit-msg",
		"post-commit",
		"pre-rebase",
		"post-checkout",
		"post-merge",
		"pre-push",
		"pre-receive",
		"update",
		"proc-receive",
		"post-receive",
		"post-update",
		"push-to-checkout",
		"pre-auto-gc",
		"post-rewrite",
		"reference-transaction",
		"sendemail-validate",
		"fsmonitor-watchman",
		"post-index-change",
	};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *path = git_join(survey, folder, names[i]);
		if (!path || !git_add_value(survey, "git_records", path, err))
			return path ? false : cordon_fail_memory(err);
	}
	return true;
}

static bool is_among_work(const struct repository *repository, const char *landing)
{
	return git_has_path(&repository->survey->roots, landing) || git_has_path(&repository->tops, landing) ||
	       git_has_path(&repository->survey->surveyed, landing) || git_is_directory(landing);
}

/* The part of a missing path down to the first name that is not there. */
static const char *find_missing(struct git_survey *survey, const char *path)
{
	for (;;) {
		const char *above = git_cut_name(survey, path);
		if (!above || strcmp(above, path) == 0 || os_exists(above))
			return above ? path : NULL;
		path = above;
	}
}

static bool protect(struct repository *repository, const char *path, enum protecting what)
{
	struct git_survey *survey = repository->survey;
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *landing = NULL;
	CORDON_ON_EXIT(free_text) char *again = NULL;
	CORDON_ON_EXIT(free_text) char *plain = NULL;
	enum path_type type, same_type;
	if (!os_find_landing(path, &landing, &type, &ignored) || !os_absolute(path, &plain, &ignored))
		return true;
	/* By the name with its links, which must stay what they are; `..` behind a link is no name. */
	bool is_same = strcmp(landing, plain) == 0 ||
		       (os_find_landing(plain, &again, &same_type, &ignored) && strcmp(again, landing) == 0);
	const char *named = arena_copy(survey->arena, is_same ? plain : landing, strlen(is_same ? plain : landing));
	if (!named)
		return cordon_fail_memory(repository->err);
	if (!git_lies_in_a_root(survey, named) && !git_lies_in_a_root(survey, landing))
		return true;
	if (type == PATH_MISSING) {
		const char *first = find_missing(survey, named);
		if (!first)
			return cordon_fail_memory(repository->err);
		what = first == named ? what : PROTECT_HOOKS; /* a folder will do */
		named = first;
	} else if (what == PROTECT_HOOKS && is_among_work(repository, landing)) {
		return protect_hook_names(survey, named, repository->err);
	} else if (what == PROTECT_FILE && type == PATH_DIRECTORY) {
		return true;
	}
	return git_add_value(survey, what == PROTECT_HOOKS ? "git_hooks" : "git_records", named, repository->err);
}

static bool protect_hooks(struct repository *repository, const char *path)
{
	/* What husky puts into DIRECTORY/_ runs what stands beside it. */
	if (strcmp(os_name(path), "_") == 0) {
		path = git_cut_name(repository->survey, path);
		if (!path)
			return cordon_fail_memory(repository->err);
	}
	return protect(repository, path, PROTECT_HOOKS);
}

/* -- settings ----------------------------------------------------------------------------------------------------- */

static bool read_settings(struct repository *repository, const char *path);

static bool take_setting(void *context, enum git_setting setting, const char *value)
{
	struct repository *repository = context;
	struct git_survey *survey = repository->survey;
	struct cordon_error *err = repository->err;
	const char *file = repository->file;
	const char *path, *folder;
	if (!count_entry(survey, file, err))
		return false;
	switch (setting) {
	case GIT_HOOKS_PATH:
		return add_path(survey, &repository->hooks, arena_copy(survey->arena, value, strlen(value)), err);
	case GIT_SUBMODULE_PATH:
		return add_path(survey, &repository->submodules, arena_copy(survey->arena, value, strlen(value)), err);
	case GIT_WORKTREE:
		path = repository->directory ? git_land(survey, repository->directory, value) : NULL;
		return !path || add_path(survey, &repository->tops, path, err);
	case GIT_INCLUDE:
		if (repository->includes++ == INCLUDES_MAX)
			return cordon_fail(
				err, CORDON_UNSUPPORTED,
				"'%s' and what it includes: more than %d includes, and cordon looks at no more", file,
				INCLUDES_MAX);
		folder = git_cut_name(survey, file);
		if (!folder)
			return cordon_fail_memory(err);
		if (!find_path(survey, folder, value, &path, err))
			return false;
		if (path && (!protect(repository, path, PROTECT_FILE) || !read_settings(repository, path)))
			return false;
		repository->file = file;
	}
	return true;
}

/* What cannot be read says nothing to git either; but git would read one that is too large for us. */
static bool read_settings(struct repository *repository, const char *path)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (git_has_path(&repository->files, path))
		return true;
	if (!os_read_file(path, SETTINGS_MAX, &text, &err)) {
		if (err.status != CORDON_UNSUPPORTED)
			return true;
		*repository->err = err;
		return cordon_while(repository->err, "git's settings");
	}
	if (!add_path(repository->survey, &repository->files, path, repository->err))
		return false;
	repository->file = path;
	return git_config_read(text_str(&text), text.length, take_setting, repository);
}

static bool read_settings_in(struct repository *repository, const char *directory, const char *name)
{
	const char *path = git_join(repository->survey, directory, name);
	return path ? read_settings(repository, path) : cordon_fail_memory(repository->err);
}

/* What the user's and the system's settings say of every repository. */
static bool read_user_settings(struct git_survey *survey, struct cordon_error *err)
{
	struct repository user = { .survey = survey, .err = err };
	const struct variable *config = facts_find_variable(survey->facts, "config", strlen("config"));
	if (survey->has_user_settings)
		return true;
	survey->has_user_settings = true;
	const char *file;
	for (unsigned i = 0; (file = git_system_settings(survey, i)); i++)
		if (!read_settings(&user, file))
			return false;
	if ((survey->facts->home && !read_settings_in(&user, survey->facts->home, ".gitconfig")) ||
	    (config && config->count > 0 && !read_settings_in(&user, config->values[0], "git/config")))
		return false;
	survey->hooks = user.hooks;
	return true;
}

static bool protect_hooks_path(struct repository *repository, const char *value)
{
	const char *path;
	for (size_t i = 0; i < repository->tops.count; i++) {
		if (!find_path(repository->survey, repository->tops.items[i], value, &path, repository->err) ||
		    (path && !protect_hooks(repository, path)))
			return false;
	}
	if (repository->tops.count > 0)
		return true;
	return find_path(repository->survey, repository->directory, value, &path, repository->err) &&
	       (!path || protect_hooks(repository, path));
}

static bool protect_all_hooks(struct repository *repository)
{
	const struct git_paths *lists[] = { &repository->survey->hooks, &repository->hooks };
	for (size_t i = 0; i < COUNT_OF(lists); i++)
		for (size_t j = 0; j < lists[i]->count; j++)
			if (!protect_hooks_path(repository, lists[i]->items[j]))
				return false;
	return true;
}

/* -- worktrees and submodules ------------------------------------------------------------------------------------- */

struct listing {
	struct git_survey *survey;
	const char *directory;
	struct git_paths paths;
	struct cordon_error *err;
};

static bool list_entry(void *context, const char *name)
{
	struct listing *listing = context;
	struct git_survey *survey = listing->survey;
	return count_entry(survey, listing->directory, listing->err) &&
	       add_path(survey, &listing->paths, git_join(survey, listing->directory, name), listing->err);
}

static bool count_record(struct git_survey *survey, const char *path, struct cordon_error *err)
{
	if (survey->records-- > 0)
		return true;
	return cordon_fail(err, CORDON_UNSUPPORTED,
			   "'%s': more worktrees and submodules than cordon protects; take a smaller workspace, or "
			   "remove old ones (git worktree prune)",
			   path);
}

static bool survey_modules(struct repository *repository, const char *directory, int depth)
{
	struct git_survey *survey = repository->survey;
	struct listing listing = { .survey = survey, .directory = directory, .err = repository->err };
	if (depth > 0 && !git_list(directory, list_entry, &listing))
		return false;
	for (size_t i = 0; i < listing.paths.count; i++) {
		const char *entry = listing.paths.items[i];
		bool is_ok = true;
		if (!git_is_directory(entry))
			is_ok = survey_modules(repository, entry, depth - 1);
		else if (git_lies_in_a_root(survey, entry))
			is_ok = git_add_value(survey, "submodule", entry, repository->err) &&
				git_survey_repository(survey, entry, NULL, repository->err);
		else
			is_ok = git_survey_repository(survey, entry, NULL, repository->err);
		if (!is_ok)
			return false;
	}
	return true;
}

static bool survey_modules_in(struct repository *repository, const char *directory)
{
	const char *modules = git_join(repository->survey, directory, "modules");
	return modules ? survey_modules(repository, modules, FOLDERS_MAX) : cordon_fail_memory(repository->err);
}

static bool protect_files_in(struct repository *repository, const char *directory, const char *const *names)
{
	for (; *names; names++) {
		const char *path = git_join(repository->survey, directory, *names);
		if (!path)
			return cordon_fail_memory(repository->err);
		if (!protect(repository, path, PROTECT_FILE))
			return false;
	}
	return true;
}

static bool survey_worktree(struct repository *repository, const char *directory)
{
	static const char *const names[] = { "commondir", "gitdir", "config.worktree", NULL };
	struct git_survey *survey = repository->survey;
	if (!git_is_type(directory, "commondir", PATH_FILE))
		return true;
	if (!count_record(survey, directory, repository->err) || !protect_files_in(repository, directory, names) ||
	    !read_settings_in(repository, directory, "config.worktree"))
		return false;
	const char *value = git_read_record(survey, directory, "gitdir", "");
	const char *checkout = value ? git_land(survey, directory, value) : NULL;
	return (!checkout || add_path(survey, &repository->tops, git_cut_name(survey, checkout), repository->err)) &&
	       survey_modules_in(repository, directory);
}

static bool survey_worktrees(struct repository *repository)
{
	const char *path = git_join(repository->survey, repository->directory, "worktrees");
	if (!path)
		return cordon_fail_memory(repository->err);
	struct listing listing = { .survey = repository->survey, .directory = path, .err = repository->err };
	if (!git_list(path, list_entry, &listing))
		return false;
	for (size_t i = 0; i < listing.paths.count; i++)
		if (!survey_worktree(repository, listing.paths.items[i]))
			return false;
	return true;
}

/* A checkout of a submodule: its .git is a record, or an old one's git directory. */
static bool survey_submodule(struct repository *repository, const char *top)
{
	struct git_survey *survey = repository->survey;
	const char *value = git_is_type(top, ".git", PATH_DIRECTORY) ? ".git"
								     : git_read_record(survey, top, ".git", "gitdir: ");
	const char *directory = value ? git_land(survey, top, value) : NULL;
	if (!directory || !git_is_directory(directory))
		return true;
	if (git_lies_in_a_root(survey, directory) && !git_add_value(survey, "submodule", directory, repository->err))
		return false;
	return git_survey_repository(survey, directory, top, repository->err);
}

static bool survey_submodules(struct repository *repository)
{
	for (size_t i = 0; i < repository->tops.count; i++) {
		const char *top = repository->tops.items[i];
		repository->submodules.count = 0;
		if (!read_settings_in(repository, top, ".gitmodules"))
			return false;
		for (size_t j = 0; j < repository->submodules.count; j++) {
			if (!count_entry(repository->survey, top, repository->err))
				return false;
			const char *checkout = git_land(repository->survey, top, repository->submodules.items[j]);
			if (checkout && git_lies_in_a_root(repository->survey, checkout) &&
			    !survey_submodule(repository, checkout))
				return false;
		}
	}
	return true;
}

/* A .git that is a file says where git looks: another one would lead it to hooks of the command's. */
static bool protect_checkouts(struct repository *repository)
{
	static const char *const names[] = { ".git", NULL };
	for (size_t i = 0; i < repository->tops.count; i++)
		if (git_is_type(repository->tops.items[i], ".git", PATH_FILE) &&
		    !protect_files_in(repository, repository->tops.items[i], names))
			return false;
	return true;
}

bool git_survey_repository(struct git_survey *survey, const char *directory, const char *top, struct cordon_error *err)
{
	struct repository repository = { .survey = survey, .directory = directory, .err = err };
	if (git_has_path(&survey->surveyed, directory))
		return true;
	return count_record(survey, directory, err) && add_path(survey, &survey->surveyed, directory, err) &&
	       (!top || add_path(survey, &repository.tops, top, err)) && read_user_settings(survey, err) &&
	       read_settings_in(&repository, directory, "config") &&
	       read_settings_in(&repository, directory, "config.worktree") && survey_worktrees(&repository) &&
	       protect_checkouts(&repository) && protect_all_hooks(&repository) && survey_submodules(&repository) &&
	       survey_modules_in(&repository, directory);
}

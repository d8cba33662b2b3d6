/* Repositories that a command has made, and parts of others that it has touched. Whoever uses git in one executes what
 * its hooks, its settings and the records of an unfinished rebase or cherry-pick say. Hooks that are no samples are set
 * aside, and so are settings, in whose place those stand again that only say how the repository is kept; steps, without
 * those that run a command; a strategy that is a program; and links, which git would write through.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/scope.h"
#include "base/text.h"
#include "os/git.h"
#include "os/os.h"

enum { SETTINGS_MAX = 1 << 20, STEPS_MAX = 16 << 20, STRATEGY_MAX = 1 << 10, DEPTH_MAX = 3 };

struct disarming {
	struct git_survey survey; /* only its arena */
	const struct facts *facts;
	const struct os_disarm *options;
};

/* Settings that git writes by itself when it makes, clones or fetches a repository; none of them names a program. */
static const struct {
	const char *section;
	bool has_subsection;
	const char *key; /* NULL: every one */
} inert[] = {
	{ "core", false, "repositoryformatversion" },
	{ "core", false, "filemode" },
	{ "core", false, "bare" },
	{ "core", false, "logallrefupdates" },
	{ "core", false, "ignorecase" },
	{ "core", false, "precomposeunicode" },
	{ "core", false, "symlinks" },
	{ "core", false, "autocrlf" },
	{ "core", false, "eol" },
	{ "core", false, "safecrlf" },
	{ "core", false, "abbrev" },
	{ "core", false, "quotepath" },
	{ "core", false, "sparsecheckout" },
	{ "core", false, "sparsecheckoutcone" },
	{ "extensions", false, NULL },
	{ "remote", true, "url" },
	{ "remote", true, "pushurl" },
	{ "remote", true, "fetch" },
	{ "remote", true, "tagopt" },
	{ "remote", true, "prune" },
	{ "remote", true, "promisor" },
	{ "remote", true, "partialclonefilter" },
	{ "branch", true, "remote" },
	{ "branch", true, "merge" },
	{ "branch", true, "rebase" },
	{ "branch", true, "description" },
	{ "branch", true, "vscode-merge-base" },
	{ "submodule", true, "url" },
	{ "submodule", true, "active" },
	{ "submodule", true, "branch" },
	{ "submodule", false, "active" },
	{ "user", false, "name" },
	{ "user", false, "email" },
	{ "pull", false, NULL },
	{ "push", false, NULL },
	{ "fetch", false, NULL },
	{ "init", false, "defaultbranch" },
	{ "advice", false, NULL },
	{ "color", false, NULL },
	{ "lfs", false, "repositoryformatversion" },
};

/* A link or a record of the command's may lead to repositories in which it can have written nothing. */
static bool is_writable(const struct disarming *disarming, const char *path)
{
	return disarming->options->is_writable(disarming->options->context, path);
}

/* Settings, and the git directory whose they are. */
struct judging {
	const struct disarming *disarming;
	const char *directory;
};

/* Where files are checked out is harmless beside the repository (a submodule's say `../../../name`), where the command
 * could have laid them itself. Around it lies what is protected.
 */
static bool is_near(const struct judging *judging, const char *value)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *landing = NULL;
	enum path_type type;
	const char *at = value;
	while (strncmp(at, "../", 3) == 0)
		at += 3;
	if (!*at || *at == '/' || strstr(at, "..") || strchr(at, '\\') || strchr(at, ':'))
		return false;
	CORDON_ON_EXIT(free_text)
	char *path = text_format("%s%c%s", judging->directory, git_separator(), value);
	return path && os_find_landing(path, &landing, &type, &ignored) && is_writable(judging->disarming, landing) &&
	       !os_lies_below(judging->directory, landing);
}

static bool is_inert(void *context, const struct git_named_setting *setting)
{
	if (strcasecmp(setting->section, "core") == 0 && !setting->has_subsection &&
	    strcasecmp(setting->key, "worktree") == 0)
		return is_near(context, setting->value);
	for (size_t i = 0; i < COUNT_OF(inert); i++)
		if (setting->has_subsection == inert[i].has_subsection &&
		    strcasecmp(setting->section, inert[i].section) == 0 &&
		    (!inert[i].key || strcasecmp(setting->key, inert[i].key) == 0))
			return true;
	return false;
}

static void open_up(const struct disarming *disarming, const char *path)
{
	if (is_writable(disarming, path))
		git_open_up(path);
}

typedef bool (*setting_test)(void *context, const struct git_named_setting *setting);

/* A file that git can read only in part, or not at all, is kept out of its way as a whole. */
static bool disarm_lines(const struct disarming *disarming, const char *directory, const char *name,
			 setting_test is_harmless, struct cordon_error *err)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *path = text_format("%s%c%s", directory, git_separator(), name);
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	CORDON_ON_EXIT(text_free) struct text kept = { 0 };
	struct judging judging = { disarming, directory };
	if (!path)
		return cordon_fail_memory(err);
	enum git_thing thing = git_look(path);
	if (thing == GIT_NOTHING || !is_writable(disarming, path))
		return true;
	bool is_read = thing == GIT_FILE && os_read_file(path, SETTINGS_MAX, &text, &ignored);
	enum git_kept what = is_read ? git_config_keep(text_str(&text), text.length, is_harmless, &judging, &kept)
				     : GIT_KEPT_NOTHING;
	if (what == GIT_KEPT_ALL)
		return true;
	if (!text_ok(&kept))
		return cordon_fail_memory(err);
	if (!disarming->options->set_aside(disarming->options->context, path, err))
		return false;
	return what == GIT_KEPT_NOTHING || os_make_file(path, text_str(&kept), kept.length, err);
}

static bool disarm_settings(const struct disarming *disarming, const char *directory, const char *name,
			    struct cordon_error *err)
{
	return disarm_lines(disarming, directory, name, is_inert, err);
}

static bool is_sample(void *context, const char *name)
{
	(void)context;
	return text_ends(name, ".sample");
}

static bool disarm_hooks(const struct disarming *disarming, const char *directory, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s%chooks", directory, git_separator());
	if (!path)
		return cordon_fail_memory(err);
	open_up(disarming, path);
	enum git_thing thing = git_look(path);
	if (thing == GIT_NOTHING || !is_writable(disarming, path) ||
	    (thing == GIT_DIRECTORY && git_list(path, is_sample, NULL)))
		return true;
	return disarming->options->set_aside(disarming->options->context, path, err);
}

static bool disarm_file(const struct disarming *disarming, const char *path, struct cordon_error *err)
{
	return git_look(path) == GIT_NOTHING || !is_writable(disarming, path) ||
	       disarming->options->set_aside(disarming->options->context, path, err);
}

/* git-rebase(1): a line's first word is the step's name, or its letter. */
static bool runs_a_command(const char *line)
{
	line += strspn(line, " \t");
	return strncmp(line, "exec", 4) == 0 || (line[0] == 'x' && (!line[1] || strchr(" \t\r\n", line[1])));
}

static void keep_steps(const char *line, struct text *kept, bool *ret_all)
{
	*ret_all = true;
	while (*line) {
		size_t length = strcspn(line, "\n");
		length += line[length] == '\n';
		if (runs_a_command(line))
			*ret_all = false;
		else
			text_add_bytes(kept, line, length);
		line += length;
	}
}

/* For NAME git executes git-merge-NAME, which a slash in it makes a path. These it has within itself. */
static bool is_gits_strategy(const char *name, size_t length)
{
	static const char *const own[] = { "ort", "recursive", "subtree", "ours" };
	for (size_t i = 0; i < COUNT_OF(own); i++)
		if (strlen(own[i]) == length && memcmp(own[i], name, length) == 0)
			return true;
	return false;
}

static bool disarm_steps(const struct disarming *disarming, const char *path, struct cordon_error *err)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text steps = { 0 };
	CORDON_ON_EXIT(text_free) struct text kept = { 0 };
	bool is_all;
	open_up(disarming, path);
	if (git_look(path) != GIT_FILE || !os_read_file(path, STEPS_MAX, &steps, &ignored))
		return disarm_file(disarming, path, err);
	if (!is_writable(disarming, path))
		return true;
	keep_steps(text_str(&steps), &kept, &is_all);
	if (is_all)
		return true;
	if (!text_ok(&kept))
		return cordon_fail_memory(err);
	return disarming->options->set_aside(disarming->options->context, path, err) &&
	       os_make_file(path, text_str(&kept), kept.length, err);
}

static bool disarm_strategy(const struct disarming *disarming, const char *path, struct cordon_error *err)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	open_up(disarming, path);
	if (git_look(path) == GIT_FILE && os_read_file(path, STRATEGY_MAX, &text, &ignored) &&
	    is_gits_strategy(text_str(&text), strcspn(text_str(&text), "\r\n")))
		return true;
	return disarm_file(disarming, path, err);
}

static bool is_harmless_option(void *context, const struct git_named_setting *setting)
{
	(void)context;
	return strcasecmp(setting->section, "options") == 0 && !setting->has_subsection &&
	       (strcasecmp(setting->key, "strategy") != 0 ||
		(setting->value && is_gits_strategy(setting->value, strlen(setting->value))));
}

/* git makes none of its records a link. */
static bool find_records(const struct disarming *disarming, const char *directory, const char *name, char **ret_folder,
			 bool *ret_there, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *folder = text_format("%s%c%s", directory, git_separator(), name);
	if (!folder)
		return cordon_fail_memory(err);
	open_up(disarming, folder);
	*ret_there = git_look(folder) == GIT_DIRECTORY;
	if (!*ret_there && !disarm_file(disarming, folder, err))
		return false;
	*ret_folder = cordon_take(&folder);
	return true;
}

/* What `git rebase --continue` and `git cherry-pick --continue` go by. */
static bool disarm_unfinished(const struct disarming *disarming, const char *directory, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *rebase = NULL;
	CORDON_ON_EXIT(free_text) char *picking = NULL;
	bool is_rebasing, is_picking;
	if (!find_records(disarming, directory, "rebase-merge", &rebase, &is_rebasing, err) ||
	    !find_records(disarming, directory, "sequencer", &picking, &is_picking, err))
		return false;
	CORDON_ON_EXIT(free_text) char *steps = text_format("%s%cgit-rebase-todo", rebase, git_separator());
	CORDON_ON_EXIT(free_text) char *strategy = text_format("%s%cstrategy", rebase, git_separator());
	if (!steps || !strategy)
		return cordon_fail_memory(err);
	if (is_rebasing && (!disarm_steps(disarming, steps, err) || !disarm_strategy(disarming, strategy, err)))
		return false;
	return !is_picking || disarm_lines(disarming, picking, "opts", is_harmless_option, err);
}

/* Is that a value of the variable? */
static bool is_among(const struct disarming *disarming, const char *name, const char *path)
{
	const struct variable *variable = facts_find_variable(disarming->facts, name, strlen(name));
	for (size_t i = 0; variable && i < variable->count; i++)
		if (strcmp(variable->values[i], path) == 0)
			return true;
	return false;
}

/* The user's own, as it was before the command: what there is of it is protected. */
static bool is_known(const struct disarming *disarming, const char *directory)
{
	return is_among(disarming, "git", directory) || is_among(disarming, "submodule", directory);
}

/* Where the record leads, as far as it may: to another repository, the worktree's own, in which whatever is changed
 * later is seen. A directory that is none yet could be made one when nobody thinks of this record any more; and in one
 * of yours elsewhere git cannot have made the worktree.
 */
static bool find_common(struct disarming *disarming, const char *directory, const char **ret_common,
			struct cordon_error *err)
{
	const char *record = git_join(&disarming->survey, directory, "commondir");
	*ret_common = NULL;
	if (!record)
		return cordon_fail_memory(err);
	if (git_look(record) == GIT_NOTHING)
		return true;
	open_up(disarming, record);
	const char *value = git_read_record(&disarming->survey, directory, "commondir", "");
	*ret_common = value ? git_land(&disarming->survey, directory, value) : NULL;
	return (*ret_common && git_is_directory(*ret_common) &&
		(is_known(disarming, *ret_common) || is_writable(disarming, *ret_common))) ||
	       disarm_file(disarming, record, err);
}

static bool disarm(struct disarming *disarming, const char *directory, int depth, struct cordon_error *err);

static bool disarm_common(struct disarming *disarming, const char *directory, int depth, struct cordon_error *err)
{
	const char *common;
	if (!find_common(disarming, directory, &common, err))
		return false;
	return !common || depth == DEPTH_MAX || strcmp(common, directory) == 0 ||
	       disarm(disarming, common, depth + 1, err);
}

static bool disarm(struct disarming *disarming, const char *directory, int depth, struct cordon_error *err)
{
	open_up(disarming, directory);
	bool is_repository = depth > 0 || git_has(directory, "commondir") || git_has(directory, "objects");
	if (!is_repository)
		return true;
	/* Its HEAD was away for a while, in which nothing of it passed for a part of a repository. */
	if (is_known(disarming, directory))
		return disarm_unfinished(disarming, directory, err);
	if (!git_disarm_links(disarming->options, directory, true, err) || !disarm_hooks(disarming, directory, err) ||
	    !disarm_settings(disarming, directory, "config", err) ||
	    !disarm_settings(disarming, directory, "config.worktree", err) ||
	    !disarm_unfinished(disarming, directory, err))
		return false;
	return disarm_common(disarming, directory, depth, err);
}

static bool is_repository(const char *directory)
{
	return git_is_directory(directory) || git_is_type(directory, "commondir", PATH_FILE);
}

static bool is_unfinished(const char *name)
{
	return strcmp(name, "rebase-merge") == 0 || strcmp(name, "sequencer") == 0;
}

/* Is there a repository above, to which the path belongs? */
static bool lies_in_repository(struct disarming *disarming, const char *path)
{
	const char *above = git_cut_name(&disarming->survey, path);
	for (; above && os_name(above)[0]; above = git_cut_name(&disarming->survey, above))
		if (is_known(disarming, above) || is_repository(above))
			return true;
	return false;
}

/* One part of a repository that was there: no more of it than the command has touched. */
static bool disarm_part(struct disarming *disarming, const char *path, const char *parent, struct cordon_error *err)
{
	const char *name = os_name(path);
	const char *folder = os_name(parent);
	bool is_below = strcmp(folder, "hooks") == 0 || is_unfinished(folder);
	const char *directory = is_below ? git_cut_name(&disarming->survey, parent) : parent;
	if (!directory)
		return cordon_fail_memory(err);
	if (lies_in_repository(disarming, path) && !git_disarm_links(disarming->options, path, false, err))
		return false;
	if (!is_repository(directory))
		return true;
	/* What else there is of the user's own is protected. */
	if (is_unfinished(is_below ? folder : name))
		return disarm_unfinished(disarming, directory, err);
	if (is_known(disarming, directory))
		return true;
	if (is_below)
		return is_sample(NULL, name) || disarm_file(disarming, path, err);
	if (strcmp(name, "hooks") == 0)
		return disarm_hooks(disarming, parent, err);
	/* A worktree that the command has added is one of the repository's own. */
	return strcmp(name, "commondir") == 0 ? disarm_common(disarming, directory, 0, err)
					      : disarm_settings(disarming, parent, name, err);
}

/* A new checkout of a repository that the command has not made: where its settings say of hooks how they lie in the
 * checkout (core.hooksPath, as husky has it) git would execute what is here. What a worktree of its own is git says in a
 * directory of that worktree.
 */
static bool is_borrowed(const struct disarming *disarming, const char *checkout, const char *directory)
{
	if (!git_has(directory, "objects"))
		return false;
	return is_among(disarming, "git", directory)
		       ? !is_among(disarming, "checkout", checkout)
		       : !is_known(disarming, directory) && !is_writable(disarming, directory);
}

bool os_disarm_git(const struct facts *facts, const char *path, const struct os_disarm *options,
		   struct cordon_error *err)
{
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	struct disarming disarming = { .survey = { .arena = &arena }, .facts = facts, .options = options };
	const char *parent = git_cut_name(&disarming.survey, path);
	if (!parent)
		return cordon_fail_memory(err);
	open_up(&disarming, path);
	if (strcmp(os_name(path), "HEAD") == 0 || strcmp(os_name(path), "objects") == 0)
		return disarm(&disarming, parent, 0, err);
	if (strcmp(os_name(path), ".git") != 0)
		return disarm_part(&disarming, path, parent, err);

	enum git_thing thing = git_look(path);
	const char *named = os_name(path);
	if (thing == GIT_FILE)
		named = git_read_record(&disarming.survey, parent, os_name(path), "gitdir: ");
	const char *directory = named ? git_land(&disarming.survey, parent, named) : NULL;
	if (!directory)
		return true;
	return thing != GIT_DIRECTORY && is_borrowed(&disarming, parent, directory)
		       ? disarm_file(&disarming, path, err)
		       : disarm(&disarming, directory, 0, err);
}

/* Links in a git directory. git makes none there, and follows those that it finds when it writes: with one in place of
 * COMMIT_EDITMSG or logs/HEAD the user's next `git commit` writes what the command chose to a file of the user's, start-up
 * files and hooks among them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "os/git.h"
#include "os/os.h"

/* git's own names are less deep, but for branches with as many slashes. */
enum { DEPTH_MAX = 64, NAMES_MAX = 1 << 17 };

struct link_search {
	const struct os_disarm *options;
	struct found {
		char **items;
		size_t count, room;
	} * found;
	const char *path; /* a directory */
	int depth;        /* how many names below the git directory */
	unsigned *names;  /* how many more are looked at */
	struct cordon_error *err;
};

bool os_is_gits_folder(const char *name, size_t length)
{
	static const char *const folders[] = { "branches", "hooks",     "info",         "lfs",          "logs",
					       "modules",  "objects",   "rebase-apply", "rebase-merge", "refs",
					       "rr-cache", "sequencer", "svn",          "worktrees" };
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		if (strlen(folders[i]) == length && memcmp(folders[i], name, length) == 0)
			return true;
	return false;
}

/* What has a hash for a name is never written to again. */
static bool is_fan(const char *path)
{
	static const char folder[] = "objects";
	const size_t length = sizeof folder; /* the separator in place of the NUL */
	const char *name = os_name(path);
	return strlen(name) == 2 && strspn(name, "0123456789abcdef") == 2 && (size_t)(name - path) > length &&
	       strncmp(name - length, folder, length - 1) == 0;
}

/* What is set aside may stay in its directory, under another name, and would be found again while that is read. */
static bool keep(const struct link_search *search, const char *path)
{
	char *copy = text_format("%s", path);
	char **found = copy ? LIST_ADD(search->found) : NULL;
	if (!found) {
		free(copy);
		return cordon_fail_memory(search->err);
	}
	*found = copy;
	return true;
}

static bool search(const struct link_search *search);

static bool look_at(void *context, const char *name)
{
	const struct link_search *above = context;
	CORDON_ON_EXIT(free_text) char *path = text_format("%s%c%s", above->path, git_separator(), name);
	if (!path)
		return cordon_fail_memory(above->err);
	if ((*above->names)-- == 0)
		return cordon_fail(above->err, CORDON_UNSUPPORTED, "more than %d names to look for links among",
				   NAMES_MAX);
	enum git_thing thing = git_look(path);
	/* HEAD that is a link is a branch's name, as older versions of git had it, and written in place of the link. */
	bool is_head = above->depth == 0 && strcmp(name, "HEAD") == 0;
	bool is_too_deep = thing == GIT_DIRECTORY && above->depth == DEPTH_MAX;
	if ((thing == GIT_LINK && !is_head) || is_too_deep)
		return keep(above, path);
	if (thing != GIT_DIRECTORY || is_fan(path) || (above->depth == 0 && !os_is_gits_folder(name, strlen(name))))
		return true;
	struct link_search below = *above;
	below.path = path;
	below.depth++;
	return search(&below);
}

static bool search(const struct link_search *search)
{
	if (search->options->is_writable(search->options->context, search->path))
		git_open_up(search->path);
	return git_list(search->path, look_at, (void *)search);
}

static bool set_aside(const struct os_disarm *options, const struct found *found, struct cordon_error *err)
{
	for (size_t i = 0; i < found->count; i++)
		if (options->is_writable(options->context, found->items[i]) &&
		    !options->set_aside(options->context, found->items[i], err))
			return false;
	return true;
}

bool git_disarm_links(const struct os_disarm *options, const char *path, bool is_whole, struct cordon_error *err)
{
	unsigned names = NAMES_MAX;
	struct found found = { 0 };
	const struct link_search all = { options, &found, path, is_whole ? 0 : 1, &names, err };
	enum git_thing thing = git_look(path);
	bool is_done = true;
	if (thing == GIT_LINK && !is_whole)
		is_done = keep(&all, path);
	else if (thing == GIT_DIRECTORY)
		is_done = search(&all);
	/* what was found goes also where there may be more */
	struct cordon_error ignored = CORDON_ERROR_INIT;
	is_done = set_aside(options, &found, is_done ? err : &ignored) && is_done;
	for (size_t i = 0; i < found.count; i++)
		free(found.items[i]);
	free(found.items);
	return is_done;
}

/* Which directories are no project's folder. What a workspace is may be written, so one step too high would open the
 * user's keys or the system itself.
 */
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "policy/path.h"
#include "policy/resolve.h"

/* With everything below them. */
static const char *const linux_trees[] = {
	"/bin",  "/boot", "/dev",     "/etc",      "/lib",     "/lib32",     "/lib64",     "/libx32",      "/proc",
	"/sbin", "/sys",  "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec",
};

/* Themselves only: projects do live below them. */
static const char *const linux_parents[] = {
	"/home", "/media",     "/mnt",       "/nix", "/opt",       "/run",     "/snap",    "/srv",     "/tmp",
	"/usr",  "/usr/local", "/usr/share", "/var", "/var/cache", "/var/lib", "/var/log", "/var/tmp",
};

static const char *const windows_trees[] = { "\\windows", "\\program files", "\\program files (x86)" };
static const char *const windows_parents[] = { "\\users", "\\programdata" };

static bool fail_workspace(const struct facts *facts, const char *what, struct cordon_error *err)
{
	return cordon_fail(err, CORDON_BAD_USAGE,
			   "the workspace '%s' is %s; go into a project's folder or name one with "
			   "--workspace",
			   facts->workspace, what);
}

static bool is_listed(enum target target, const char *key, const char *const *list, size_t count, bool with_below)
{
	for (size_t i = 0; i < count; i++)
		if (with_below ? path_is_below(target, key, list[i]) : strcmp(key, list[i]) == 0)
			return true;
	return false;
}

static bool is_system(enum target target, const char *key)
{
	if (target == TARGET_LINUX)
		return is_listed(target, key, linux_trees, COUNT_OF(linux_trees), true) ||
		       is_listed(target, key, linux_parents, COUNT_OF(linux_parents), false);
	/* On whatever drive. */
	const char *rest = key[0] && key[1] == ':' ? key + 2 : key;
	return is_listed(target, rest, windows_trees, COUNT_OF(windows_trees), true) ||
	       is_listed(target, rest, windows_parents, COUNT_OF(windows_parents), false);
}

/* "/", "C:\", "\\server\share". */
static bool is_drive_root(enum target target, const char *key)
{
	if (target == TARGET_LINUX)
		return path_depth(target, key) == 0;
	return path_depth(target, key) <= (key[0] == '\\' ? 3 : 1);
}

/* Is the workspace `path`, or above it (below it when wants_below)? */
static bool is_related(const struct facts *facts, const char *workspace, const char *path, bool wants_below,
		       bool *ret_is_related, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text key = { 0 };
	*ret_is_related = false;
	if (!path)
		return true;
	const struct path_fact *fact = facts_find_path(facts, path);
	path_add_key(facts->target, fact && fact->landing ? fact->landing : path, &key);
	if (!text_ok(&key))
		return cordon_fail_memory(err);
	*ret_is_related = wants_below ? path_is_below(facts->target, workspace, text_str(&key))
				      : path_is_below(facts->target, text_str(&key), workspace);
	return true;
}

bool workspace_check(const struct facts *facts, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text key = { 0 };
	bool is_home, is_account_home, is_state;
	if (!facts->workspace)
		return true;
	path_add_key(facts->target, facts->workspace, &key);
	if (!text_ok(&key))
		return cordon_fail_memory(err);
	const char *workspace = text_str(&key);

	if (!path_is_absolute(facts->target, facts->workspace))
		return fail_workspace(facts, "not absolute", err);
	if (is_drive_root(facts->target, workspace))
		return fail_workspace(facts, "a root directory", err);
	if (!is_related(facts, workspace, facts->home, false, &is_home, err) ||
	    !is_related(facts, workspace, facts->account_home, false, &is_account_home, err) ||
	    !is_related(facts, workspace, facts->state, true, &is_state, err))
		return false;
	if (is_home)
		return fail_workspace(facts, "your home directory or above it", err);
	if (is_account_home)
		return fail_workspace(facts, "your account's home directory or above it, whatever HOME is", err);
	if (is_state)
		return fail_workspace(facts, "cordon's own state", err);
	if (is_system(facts->target, workspace))
		return fail_workspace(facts, "a system directory", err);
	return true;
}

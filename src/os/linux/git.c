/* Git's own records of where a repository keeps what. Read as data, at most a few KiB each; git itself is never
 * run: what the workspace holds would tell it what to execute.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/scope.h"
#include "base/text.h"
#include "os/linux/linux.h"
#include "os/os.h"

enum { RECORD_MAX = 8192 };

static bool is_type(const char *directory, const char *name, mode_t type)
{
	struct stat status;
	CORDON_ON_EXIT(free_text) char *path = text_format("%s/%s", directory, name);
	return path && stat(path, &status) == 0 && (status.st_mode & S_IFMT) == type;
}

/* The first line of a record, after `prefix`; false when it is none. */
static bool read_record(const char *directory, const char *name, const char *prefix, char **ret_value)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	CORDON_ON_EXIT(free_text) char *path = text_format("%s/%s", directory, name);
	if (!path || !os_read_file(path, RECORD_MAX, &text, &ignored) || !text_starts(text_str(&text), prefix))
		return false;
	const char *value = text_str(&text) + strlen(prefix);
	value += strspn(value, " \t");
	char *copy = strndup(value, strcspn(value, "\r\n"));
	if (!copy || !*copy) {
		free(copy);
		return false;
	}
	*ret_value = copy;
	return true;
}

/* The landing of a record's path, which is relative to `base`; false when nothing is there. */
static bool land_record(const char *base, const char *value, char **ret_landing)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	enum path_type type;
	char *landing;
	CORDON_ON_EXIT(free_text) char *path = value[0] == '/' ? strdup(value) : text_format("%s/%s", base, value);
	if (!path || !os_find_landing(path, &landing, &type, &ignored))
		return false;
	if (type == PATH_MISSING) {
		free(landing);
		return false;
	}
	*ret_landing = landing;
	return true;
}

static bool lies_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);
	return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static bool lies_in_a_root(const char *path, char *const *roots)
{
	for (; *roots; roots++) {
		CORDON_ON_EXIT(free_text) char *landing = NULL;
		if (land_record("/", *roots, &landing) && lies_below(path, landing))
			return true;
	}
	return false;
}

/* A linked worktree's directory names its checkout in turn. */
static bool names_checkout(const char *directory, const char *checkout)
{
	CORDON_ON_EXIT(free_text) char *value = NULL;
	CORDON_ON_EXIT(free_text) char *landing = NULL;
	return read_record(directory, "gitdir", "", &value) && land_record(directory, value, &landing) &&
	       strcmp(landing, checkout) == 0;
}

static bool is_git_directory(const char *directory)
{
	return is_type(directory, "HEAD", S_IFREG) && is_type(directory, "objects", S_IFDIR) &&
	       is_type(directory, "refs", S_IFDIR);
}

static bool has_value(const struct facts *facts, const char *value)
{
	const struct variable *git = facts_find_variable(facts, "git", strlen("git"));
	for (size_t i = 0; git && i < git->count; i++)
		if (strcmp(git->values[i], value) == 0)
			return true;
	return false;
}

static bool add_git(struct facts *facts, const char *directory, struct cordon_error *err)
{
	return has_value(facts, directory) || facts_add_variable(facts, "git", directory, err);
}

/* Adds the directory that `directory`/commondir names: a worktree's hooks and configuration are read there. It is
 * `trusted` when `directory` is outside every root, where no command could have written the record.
 */
static bool add_common(struct facts *facts, const char *directory, bool trusted, char *const *roots,
		       struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *value = NULL;
	CORDON_ON_EXIT(free_text) char *landing = NULL;
	if (!read_record(directory, "commondir", "", &value) || !land_record(directory, value, &landing) ||
	    !is_git_directory(landing) || !(trusted || lies_in_a_root(landing, roots)))
		return true;
	return add_git(facts, landing, err);
}

/* `record` is ROOT/.git, a file or a link. */
static bool add_elsewhere(struct facts *facts, const char *root, const char *record, char *const *roots,
			  struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *value = NULL;
	CORDON_ON_EXIT(free_text) char *landing = NULL;
	bool is_found = is_type(root, ".git", S_IFDIR)
				? land_record(root, ".git", &landing)
				: read_record(root, ".git", "gitdir:", &value) && land_record(root, value, &landing);
	if (!is_found)
		return true;

	bool is_inside = lies_in_a_root(landing, roots);
	if (is_inside && !is_git_directory(landing) && !is_type(landing, "commondir", S_IFREG))
		return true;
	if (!is_inside && !names_checkout(landing, record))
		return true;
	return add_git(facts, landing, err) && add_common(facts, landing, !is_inside, roots, err);
}

static bool survey_root(struct facts *facts, const char *given, char *const *roots, struct cordon_error *err)
{
	struct stat status;
	CORDON_ON_EXIT(free_text) char *root = NULL;
	if (!land_record("/", given, &root))
		return true;
	CORDON_ON_EXIT(free_text) char *record = text_format("%s/.git", strcmp(root, "/") == 0 ? "" : root);
	if (!record)
		return cordon_fail_memory(err);
	if (lstat(record, &status) != 0)
		return true;
	if (!S_ISDIR(status.st_mode))
		return add_elsewhere(facts, root, record, roots, err);
	return add_git(facts, record, err) && add_common(facts, record, false, roots, err);
}

bool os_survey_git(struct facts *facts, char *const *roots, struct cordon_error *err)
{
	if (!facts_add_variable(facts, "git", NULL, err))
		return false;
	for (char *const *root = roots; *root; root++)
		if (!survey_root(facts, *root, roots, err))
			return false;
	return true;
}

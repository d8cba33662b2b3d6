/* The user, the machine and the workspace. */
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/text.h"
#include "os/linux/linux.h"
#include "os/os.h"

enum target os_target(void)
{
	return TARGET_LINUX;
}

/* Absolute, without a separator at the end but for the root. */
static bool clean_path(const char *given, char **ret_path, struct cordon_error *err)
{
	char *path;
	if (!os_absolute(given, &path, err))
		return false;
	size_t length = strlen(path);
	if (length > 1 && path[length - 1] == '/')
		path[length - 1] = '\0';
	*ret_path = path;
	return true;
}

bool find_home(char **ret_home, struct cordon_error *err)
{
	const char *given = getenv("HOME");
	if (!given || given[0] != '/') {
		const struct passwd *user = getpwuid(getuid());
		given = user ? user->pw_dir : NULL;
	}
	if (!given || given[0] != '/')
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "user %u has no home directory: set HOME to an absolute path", (unsigned)getuid());
	return clean_path(given, ret_home, err);
}

/* Where that is another than HOME says, and the user's own: services have folders of the system for a home. An account that
 * only a directory service knows has none here.
 */
static bool find_account_home(const char *home, char **ret_home, struct cordon_error *err)
{
	const struct passwd *user = getpwuid(getuid());
	CORDON_ON_EXIT(free_text) char *path = NULL;
	struct stat status;
	if (!user || user->pw_dir[0] != '/')
		return true;
	if (!clean_path(user->pw_dir, &path, err))
		return false;
	if (path[1] && strcmp(path, home) != 0 && stat(path, &status) == 0 && status.st_uid == getuid())
		*ret_home = cordon_take(&path);
	return true;
}

char *find_folder(const char *variable, const char *home, const char *usual)
{
	/* A relative value is to be ignored (XDG Base Directory Specification). */
	const char *given = getenv(variable);
	if (given && given[0] == '/') {
		struct cordon_error ignored = CORDON_ERROR_INIT;
		char *path;
		return clean_path(given, &path, &ignored) ? path : NULL;
	}
	return text_format("%s/%s", strcmp(home, "/") == 0 ? "" : home, usual);
}

/* -- one thing each ------------------------------------------------------------------------------------------- */

static bool survey_workspace(struct facts *facts, const char *workspace, struct cordon_error *err)
{
	const char *name = workspace ? workspace : ".";
	struct stat status;
	facts->workspace = realpath(name, NULL);
	if (!facts->workspace && !workspace && errno == ENOENT)
		return cordon_fail(
			err, CORDON_BAD_USAGE,
			"the current directory is not there any more: go into one that is, or name the folder "
			"to work in with --workspace");
	if (!facts->workspace)
		return cordon_fail_errno(err, errno, "workspace '%s'", name);
	if (stat(facts->workspace, &status) != 0)
		return cordon_fail_errno(err, errno, "workspace '%s'", name);
	if (!S_ISDIR(status.st_mode))
		return cordon_fail(err, CORDON_BAD_USAGE, "workspace '%s' is no directory: name the folder to work in",
				   name);
	return true;
}

static bool survey_directory(struct facts *facts, struct cordon_error *err)
{
	/* The current directory may be gone or out of reach: then the command starts in the workspace. */
	CORDON_ON_EXIT(free_text) char *current = realpath(".", NULL);
	facts->directory = strdup(current && os_lies_below(current, facts->workspace) ? current : facts->workspace);
	return facts->directory || cordon_fail_memory(err);
}

static bool survey_folders(struct facts *facts, struct cordon_error *err)
{
	if (!find_home(&facts->home, err) || !find_account_home(facts->home, &facts->account_home, err))
		return false;

	const char *temp = getenv("TMPDIR");
	if (!clean_path(temp && temp[0] == '/' ? temp : "/tmp", &facts->temp, err))
		return false;
	CORDON_ON_EXIT(free_text) char *config = find_folder("XDG_CONFIG_HOME", facts->home, ".config");
	CORDON_ON_EXIT(free_text) char *cache = find_folder("XDG_CACHE_HOME", facts->home, ".cache");
	CORDON_ON_EXIT(free_text) char *state = find_folder("XDG_STATE_HOME", facts->home, ".local/state");
	if (!config || !cache || !state)
		return cordon_fail_memory(err);
	facts->state = text_format("%s/cordon", state);
	if (!facts->state)
		return cordon_fail_memory(err);

	return facts_add_folders(facts, config, cache, err);
}

static bool survey_environment(struct facts *facts, struct cordon_error *err)
{
	size_t count = 0;
	while (environ && environ[count])
		count++;
	facts->environment = calloc(count + 1, sizeof *facts->environment);
	if (!facts->environment)
		return cordon_fail_memory(err);

	char **kept = facts->environment;
	for (size_t i = 0; i < count; i++) {
		const char *equals = strchr(environ[i], '=');
		if (!equals || equals == environ[i])
			continue;
		*kept = strdup(environ[i]);
		if (!*kept++)
			return cordon_fail_memory(err);
	}
	return true;
}

static bool survey_machine(struct facts *facts, struct cordon_error *err)
{
	struct sysinfo machine;
	cpu_set_t processors;
	if (sysinfo(&machine) != 0)
		return cordon_fail_errno(err, errno, "ask for the machine's memory");
	facts->memory = (uint64_t)machine.totalram * machine.mem_unit;

	/* What this process may use, which a container narrows. A machine with more than 1,024 refuses the question. */
	facts->processors = sched_getaffinity(0, sizeof processors, &processors) == 0
				    ? (uint32_t)CPU_COUNT(&processors)
				    : (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	return true;
}

bool os_survey_host(const char *workspace, struct facts **ret_facts, struct cordon_error *err)
{
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
	if (!facts)
		return cordon_fail_memory(err);
	facts->user_id = geteuid();
	facts->group_id = getegid();
	if (!survey_workspace(facts, workspace, err) || !survey_directory(facts, err) || !survey_folders(facts, err) ||
	    !survey_environment(facts, err) || !survey_machine(facts, err))
		return false;
	*ret_facts = cordon_take(&facts);
	return true;
}

bool os_policy_files(char **ret_user, char **ret_managed, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *home = NULL;
	if (!find_home(&home, err))
		return false;
	CORDON_ON_EXIT(free_text) char *config = find_folder("XDG_CONFIG_HOME", home, ".config");
	CORDON_ON_EXIT(free_text) char *user = config ? text_format("%s/cordon/policy.json", config) : NULL;
	CORDON_ON_EXIT(free_text) char *managed = strdup("/etc/cordon/policy.json");
	if (!user || !managed)
		return cordon_fail_memory(err);
	*ret_user = cordon_take(&user);
	*ret_managed = cordon_take(&managed);
	return true;
}

/* The user's tools under tokens of different make: which start, and which do a small job. What a tier's token is made of is
 * data (docs/windows-internals.md, "Questions"); this is what decides about it.
 */
#include "backend/windows/selftest.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/windows_command.h"
#include "os/os.h"

enum { TOOL_MS = 60000, SHOWN_MAX = 600 };

/* -- recipes -------------------------------------------------------------------------------------------------------- */

/* Two roles that no such token has stand for what no role is made for. */
#define SID_USERS SID_ACCOUNTS
#define SID_RESTRICTED SID_OWNER_RIGHTS

#define SIDS(...) \
	{ \
		(struct sid[]){ __VA_ARGS__ }, sizeof(struct sid[]){ __VA_ARGS__ } / sizeof(struct sid), 0 \
	}
#define LESSENED(level) .drops_privileges = true, .drops_administrators = true, .integrity = level
#define OWN_GRANTS .default_grants = SIDS({ SID_SYSTEM, 0 }, { SID_USER, 0 }, { SID_RUN, 0 })

static const struct windows_token recipes[RECIPE_COUNT] = {
	[RECIPE_OWN] = { OWN_GRANTS },
	[RECIPE_TOKEN] = { LESSENED(INTEGRITY_MEDIUM), .is_write_restricted = true,
			   .restricting = SIDS({ SID_RUN, 0 }, { SID_LOGON, 0 }, { SID_EVERYONE, 0 }), OWN_GRANTS },
	[RECIPE_ACCOUNT] = { LESSENED(INTEGRITY_BELOW_MEDIUM), .is_write_restricted = true,
			     .restricting = SIDS({ SID_RUN, 0 }, { SID_USER, 0 }, { SID_LOGON, 0 },
						 { SID_EVERYONE, 0 }),
			     OWN_GRANTS },
	[RECIPE_BELOW_MEDIUM] = { LESSENED(INTEGRITY_BELOW_MEDIUM), .is_write_restricted = true,
				  .restricting = SIDS({ SID_RUN, 0 }, { SID_LOGON, 0 }, { SID_EVERYONE, 0 }),
				  OWN_GRANTS },
	[RECIPE_UNRESTRICTED] = { LESSENED(INTEGRITY_BELOW_MEDIUM), OWN_GRANTS },
	[RECIPE_FULLY_RESTRICTED] = { LESSENED(INTEGRITY_BELOW_MEDIUM),
				      .restricting = SIDS({ SID_RUN, 0 }, { SID_LOGON, 0 }, { SID_EVERYONE, 0 },
							  { SID_USERS, 0 }, { SID_RESTRICTED, 0 }),
				      OWN_GRANTS },
	[RECIPE_PACKAGE] = { LESSENED(INTEGRITY_LOW), .is_container = true,
			     .default_grants = SIDS({ SID_SYSTEM, 0 }, { SID_USER, 0 }, { SID_RUN, 0 },
						    { SID_PACKAGE, 0 }) },
};

/* What a recipe's processes are started with; made once for all tools. */
struct means {
	enum selftest_recipe recipe;
	struct identities identities;
	HANDLE token; /* NULL: this process's own */
	struct packages *packages;
	struct package_claim *claim;
	SECURITY_CAPABILITIES package;
};

#define PACKAGE_NAME "cordon.selftest"

static void free_means(struct means *means)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (means->claim)
		(void)!package_close(means->packages, PACKAGE_NAME, means->claim, &ignored);
	profiles_free(means->packages);
	close_handle(&means->token);
	identities_free(&means->identities);
}

static bool enter_package(struct selftest *test, struct means *means, struct cordon_error *err)
{
	static const char *const no_capabilities[] = { NULL };
	return profiles_open(test->folder, &means->packages, err) &&
	       package_open(means->packages, PACKAGE_NAME, &means->claim, err) &&
	       package_derive(PACKAGE_NAME, &means->identities, err) &&
	       package_describe(no_capabilities, &means->identities, &means->package, err);
}

static bool make_means(struct selftest *test, struct means *means, struct cordon_error *err)
{
	const struct windows_token *recipe = &recipes[means->recipe];
	const char *why;
	if (!identities_make(0, &means->identities, err) ||
	    !identities_add(&means->identities, SID_USERS, "S-1-5-32-545", err) ||
	    !identities_add(&means->identities, SID_RESTRICTED, "S-1-5-12", err))
		return false;
	if (means->recipe == RECIPE_OWN)
		return true;
	if ((recipe->is_container && !enter_package(test, means, err)) ||
	    !token_make(recipe, &means->identities, &means->token, err))
		return false;
	return token_holds(means->token, recipe, &means->identities, &why) ||
	       cordon_fail(err, CORDON_UNSUPPORTED, "%s", why);
}

/* -- the place ------------------------------------------------------------------------------------------------------ */

static bool write_in(const char *folder, const char *name, const char *words, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", folder, name);
	return path ? os_make_file(path, words, strlen(words), err) : cordon_fail_memory(err);
}

/* A folder that the recipe's processes may write, with what ninja and MSBuild build. */
static bool make_place(struct means *means, const char *folder, struct cordon_error *err)
{
	static const char ninja[] = "rule make\n  command = cmd /d /c echo x> $out\nbuild made: make\n";
	static const char project[] = "<Project xmlns=\"http://schemas.microsoft.com/developer/msbuild/2003\" "
				      "DefaultTargets=\"Build\"><Target Name=\"Build\"><WriteLinesToFile "
				      "File=\"made\" Lines=\"x\" /></Target></Project>\n";
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	CORDON_ON_EXIT(free_text) char *temp = text_format("%s\\temp", folder);
	const struct windows_token *recipe = &recipes[means->recipe];
	const uint8_t *bytes;
	if (!temp)
		return cordon_fail_memory(err);
	if (!native_path(folder, &native, err) ||
	    !identities_describe(&means->identities, means->identities.roles[SID_USER], &recipe->default_grants,
				 recipe->integrity < INTEGRITY_MEDIUM ? recipe->integrity : 0, &arena, &bytes, err))
		return false;
	SECURITY_ATTRIBUTES attributes = { sizeof attributes, (void *)(uintptr_t)bytes, FALSE };
	if (!CreateDirectoryW(native, &attributes))
		return windows_fail(err, GetLastError(), "CreateDirectory", "make '%s'", folder);
	return os_make_directories(temp, err) && write_in(folder, "build.ninja", ninja, err) &&
	       write_in(folder, "x.proj", project, err);
}

/* -- the tool ------------------------------------------------------------------------------------------------------- */

static bool find_beside_git(const struct facts *facts, char **ret_program)
{
	static const char *const places[] = { "bin\\bash.exe", "usr\\bin\\bash.exe" };
	CORDON_ON_EXIT(free_text) char *git = NULL;
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!launch_find("git", facts->home, facts->environment, &git, &ignored))
		return false;
	for (int up = 0; up < 3; up++) {
		size_t length = (size_t)(os_name(git) - git);
		if (length < 2)
			return false;
		git[length - 1] = '\0';
		for (size_t i = 0; i < COUNT_OF(places); i++) {
			CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", git, places[i]);
			if (path && os_exists(path)) {
				*ret_program = cordon_take(&path);
				return true;
			}
		}
	}
	return false;
}

/* The one of .NET Framework, which Windows brings along, where there is no other. */
static bool find_msbuild(char **ret_program)
{
	const char *windows = getenv("SystemRoot");
	CORDON_ON_EXIT(free_text)
	char *path = text_format("%s\\Microsoft.NET\\Framework64\\v4.0.30319\\MSBuild.exe", windows ? windows : "");
	if (!path || !os_exists(path))
		return false;
	*ret_program = cordon_take(&path);
	return true;
}

/* NULL: it is found. The names of the Store's own are no programs, but offers. */
static const char *find_tool(const struct selftest *test, const char *tool, char **ret_program)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	bool is_found = strcmp(tool, "git-bash") == 0
				? find_beside_git(test->facts, ret_program)
				: launch_find(tool, test->facts->home, test->facts->environment, ret_program, &ignored);
	if (!is_found && strcmp(tool, "msbuild") == 0)
		is_found = find_msbuild(ret_program);
	if (!is_found || windows_command_is_batch(*ret_program))
		return "there is no such program here";
	return strstr(*ret_program, "\\WindowsApps\\") ? "what has that name is an offer of the Store" : NULL;
}

/* -- its job -------------------------------------------------------------------------------------------------------- */

static HANDLE open_log(const char *folder, struct cordon_error *err)
{
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\log", folder);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!path || !native_path(path, &native, err))
		return NULL;
	HANDLE log = CreateFileW(native, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_ALWAYS,
				 0, NULL);
	return log == INVALID_HANDLE_VALUE ? NULL : log;
}

static bool run_step(struct means *means, const struct facts *facts, const char *program, const char *folder,
		     const char *const *words, DWORD *ret_status, struct cordon_error *err)
{
	static const struct windows_job no_limits = { 0 };
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE log = open_log(folder, err);
	static const char *const names[2] = { "TEMP", "TMP" };
	CORDON_ON_EXIT(free_text) char *temp = text_format("%s\\temp", folder);
	CORDON_ON_EXIT(free_environment) char **environment = temp ? environment_with(facts, names, temp) : NULL;
	char *argv[TOOL_WORDS_MAX + 2] = { (char *)(uintptr_t)program };
	const char *missing;
	PROCESS_INFORMATION process;
	if (!environment)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < TOOL_WORDS_MAX && words[i]; i++)
		argv[i + 1] = (char *)(uintptr_t)words[i];
	if (!job_make(&no_limits, &job, &missing, err))
		return false;
	const struct launch launch = { .program = program,
				       .argv = argv,
				       .directory = folder,
				       .environment = environment,
				       .streams = { NULL, log, log },
				       .token = means->token,
				       .job = job,
				       .package = means->claim ? &means->package : NULL,
				       .has_own_console = means->claim != NULL,
				       .has_console = !means->claim && GetConsoleCP() != 0 };
	if (!launch_start(&launch, &process, err))
		return false;
	ResumeThread(process.hThread);
	bool is_over = ends_in_time(process.hProcess, TOOL_MS, ret_status);
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	return job_end(job, SELFTEST_WAIT_MS, err) &&
	       (is_over || cordon_fail(err, CORDON_OS_FAILED, "it does not end"));
}

static void read_log(const char *folder, char shown[SHOWN_MAX])
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\log", folder);
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	struct cordon_error ignored = CORDON_ERROR_INIT;
	shown[0] = '\0';
	if (path && os_read_file(path, 1 << 20, &text, &ignored) && text.length > 0) {
		size_t from = text.length > SHOWN_MAX - 1 ? text.length - (SHOWN_MAX - 1) : 0;
		snprintf(shown, SHOWN_MAX, "%s", text_str(&text) + from);
	}
}

static bool do_job(struct means *means, const struct facts *facts, const struct selftest_tool *tool,
		   const char *program, const char *folder, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *made = text_format("%s\\%s", folder, tool->makes ? tool->makes : "");
	char shown[SHOWN_MAX];
	if (!made)
		return cordon_fail_memory(err);
	if (!make_place(means, folder, err))
		return false;
	for (size_t i = 0; i < TOOL_STEPS_MAX && tool->steps[i][0]; i++) {
		DWORD exit_status = 0;
		bool is_run = run_step(means, facts, program, folder, tool->steps[i], &exit_status, err);
		read_log(folder, shown);
		if (!is_run)
			return cordon_while(err, "step %zu", i + 1);
		if (exit_status != 0)
			return cordon_fail(err, CORDON_OS_FAILED, "step %zu: exit status 0x%08lx %s", i + 1,
					   exit_status, shown);
	}
	return !tool->makes || os_exists(made) || cordon_fail(err, CORDON_OS_FAILED, "it has made nothing");
}

/* -- the table ------------------------------------------------------------------------------------------------------ */

static char seen[TOOLS_MAX][RECIPE_COUNT + 1]; /* '+': does it, '-': does not, '.': not tried */

static void try_tool(struct means *means, struct selftest *test, unsigned i, const char *why)
{
	const struct selftest_tool *tool = &selftest_tools[i];
	CORDON_ON_EXIT(free_text) char *name = selftest_tool_name(tool, means->recipe);
	CORDON_ON_EXIT(free_text) char *place = text_format("tool-%d-%u", (int)means->recipe, i);
	CORDON_ON_EXIT(free_text) char *folder = place ? folder_path(test, place) : NULL;
	CORDON_ON_EXIT(free_text) char *program = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	bool is_control = means->recipe == RECIPE_OWN;
	const char *missing = find_tool(test, tool->tool, &program);
	if (!missing && !is_control && is_wine())
		missing = "Wine says yes to this and does nothing of it";
	if (!missing && !is_control && seen[i][RECIPE_OWN] != '+')
		missing = "it does not do that with the user's own token either";
	char *mark = &seen[i][means->recipe];
	*mark = missing ? '.' : '-';
	if (missing) {
		report_case(name, SKIPPED, missing);
	} else if (why) {
		report_case(name, FAILS, why);
	} else {
		bool is_done = folder && do_job(means, test->facts, tool, program, folder, &err);
		*mark = is_done ? '+' : '-';
		report_case(name, is_done ? HOLDS : FAILS, is_done ? NULL : err.text);
	}
}

/* The same in one look, for whoever gets many reports. */
static void tell_table(void)
{
	report_note("tools by token: + does it, - does not, . not tried");
	for (int recipe = 0; recipe < RECIPE_COUNT; recipe++)
		report_note("  column %d: %s", recipe + 1, selftest_recipes[recipe]);
	for (unsigned i = 0; i < selftest_tool_count; i++)
		report_note("  %s %s %s", seen[i], selftest_tools[i].tool, selftest_tools[i].job);
}

void tools_try(struct selftest *test)
{
	for (int recipe = 0; recipe < RECIPE_COUNT; recipe++) {
		CORDON_ON_EXIT(free_means) struct means means = { .recipe = (enum selftest_recipe)recipe };
		struct cordon_error err = CORDON_ERROR_INIT;
		bool is_made = make_means(test, &means, &err);
		for (unsigned i = 0; i < selftest_tool_count && !is_interrupted(); i++)
			try_tool(&means, test, i, is_made ? NULL : err.text);
	}
	if (!is_interrupted())
		tell_table();
}

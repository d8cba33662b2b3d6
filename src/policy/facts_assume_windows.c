/* Facts of a Windows host that nobody looked at, so that a plan for Windows can be made anywhere. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "policy/path.h"
#include "policy/plan_windows.h"

#define HOME "C:\\Users\\you"

enum { PROCESSORS = 8 };
#define MEMORY (UINT64_C(16) << 30)

static const char *const environment[] = {
	"APPDATA=" HOME "\\AppData\\Roaming",
	"COMSPEC=C:\\Windows\\System32\\cmd.exe",
	"HOMEDRIVE=C:",
	"HOMEPATH=\\Users\\you",
	"LOCALAPPDATA=" HOME "\\AppData\\Local",
	"NUMBER_OF_PROCESSORS=8",
	"OS=Windows_NT",
	"Path=C:\\Windows\\System32;C:\\Windows;C:\\Program Files\\Git\\cmd",
	"PATHEXT=.COM;.EXE;.BAT;.CMD",
	"ProgramData=C:\\ProgramData",
	"ProgramFiles=C:\\Program Files",
	"ProgramFiles(x86)=C:\\Program Files (x86)",
	"SystemDrive=C:",
	"SystemRoot=C:\\Windows",
	"TEMP=" HOME "\\AppData\\Local\\Temp",
	"TMP=" HOME "\\AppData\\Local\\Temp",
	"USERNAME=you",
	("USERPROFILE=" HOME),
};

static bool copy_environment(struct facts *facts, struct cordon_error *err)
{
	facts->environment = calloc(COUNT_OF(environment) + 1, sizeof *facts->environment);
	for (size_t i = 0; facts->environment && i < COUNT_OF(environment); i++) {
		facts->environment[i] = strdup(environment[i]);
		if (!facts->environment[i])
			return cordon_fail_memory(err);
	}
	return facts->environment || cordon_fail_memory(err);
}

static bool add_variables(struct facts *facts, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *git = text_format("%s\\.git", facts->workspace);
	if (!git)
		return cordon_fail_memory(err);
	return facts_add_folders(facts, HOME "\\AppData\\Roaming", HOME "\\AppData\\Local", err) &&
	       facts_add_variable(facts, "git", git, err) && facts_add_variable(facts, "submodule", NULL, err) &&
	       facts_add_variable(facts, "git_hooks", NULL, err) &&
	       facts_add_variable(facts, "git_records", NULL, err) &&
	       facts_add_variable(facts, "checkout", facts->workspace, err);
}

static bool is_on_drive(const char *path)
{
	return path && path[0] && path[1] == ':' && path_is_absolute(TARGET_WINDOWS, path);
}

/* As path_join spells it: one kind of separator, none at the end. */
static char *workspace_of(const char *workspace)
{
	char *path;
	bool is_glob;
	const char *why;
	if (!is_on_drive(workspace))
		return strdup(HOME "\\project");
	return path_join(TARGET_WINDOWS, workspace, "", &path, &is_glob, &why) ? path : NULL;
}

bool facts_assume_windows(const char *workspace, struct facts **ret_facts, struct cordon_error *err)
{
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_WINDOWS);
	if (!facts)
		return cordon_fail_memory(err);
	facts->assumed = true;
	facts->user_sid = strdup("S-1-5-21-1000000001-1000000002-1000000003-1001");
	facts->home = strdup(HOME);
	facts->workspace = workspace_of(workspace);
	facts->directory = facts->workspace ? strdup(facts->workspace) : NULL;
	facts->temp = strdup(HOME "\\AppData\\Local\\Temp");
	facts->state = strdup(HOME "\\AppData\\Local\\cordon");
	facts->processors = PROCESSORS;
	facts->memory = MEMORY;
	if (!facts->user_sid || !facts->home || !facts->directory || !facts->temp || !facts->state)
		return cordon_fail_memory(err);
	if (!copy_environment(facts, err) || !add_variables(facts, err))
		return false;
	*ret_facts = cordon_take(&facts);
	return true;
}

/* -- paths ------------------------------------------------------------------------------------------------------- */

/* ".npmrc", "config", "x.json": what is commonly a file. */
static bool looks_like_file(const char *name)
{
	static const char *const beginnings[] = { ".bash", ".z" };
	static const char *const endings[] = { "rc",      "config", "credentials", "history", "profile",  "_login",
					       "_logout", ".env",   "HEAD",        "index",   "commondir" };
	for (size_t i = 0; i < COUNT_OF(beginnings); i++)
		if (text_starts(name, beginnings[i]))
			return true;
	for (size_t i = 0; i < COUNT_OF(endings); i++)
		if (text_ends(name, endings[i]))
			return true;
	return name[0] && strchr(name + 1, '.') != NULL;
}

/* A checkout as it is in the beginning: of what rules name in it only its .git directory is there. */
static bool is_there(const struct facts *facts, const char *key)
{
	CORDON_ON_EXIT(text_free) struct text workspace = { 0 };
	path_add_key(TARGET_WINDOWS, facts->workspace, &workspace);
	if (!path_is_below(TARGET_WINDOWS, key, text_str(&workspace)))
		return true;
	const char *rest = key + workspace.length;
	return !*rest || path_is_below(TARGET_WINDOWS, rest, "\\.git");
}

static bool assume_path(struct facts *facts, const char *path, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text key = { 0 };
	CORDON_ON_EXIT(text_free) struct text landing = { 0 };
	path_add_key(TARGET_WINDOWS, path, &key);
	size_t length = strlen(path);
	bool ends_in_separator = length > 1 && path_is_separator(TARGET_WINDOWS, path[length - 1]) &&
				 path[length - 2] != ':';
	text_add_bytes(&landing, path, length - ends_in_separator);
	struct path_fact *fact = text_ok(&key) && text_ok(&landing) ? facts_add_path(facts, path, text_str(&landing))
								    : NULL;
	if (!fact)
		return cordon_fail_memory(err);

	const char *slash = strrchr(fact->landing, '\\');
	bool is_file = looks_like_file(slash ? slash + 1 : fact->landing);
	fact->type = !is_there(facts, text_str(&key)) ? PATH_MISSING : is_file ? PATH_FILE : PATH_DIRECTORY;
	fact->links = fact->type == PATH_FILE;

	/* The key of the directory above is this one's up to the last separator. */
	const char *last = strrchr(text_str(&key), '\\');
	if (last) {
		key.bytes[last - key.bytes] = '\0';
		fact->parent_exists = is_there(facts, key.bytes);
	}
	CORDON_ON_EXIT(text_free) struct text home = { 0 };
	path_add_key(TARGET_WINDOWS, facts->home, &home);
	fact->parent_is_users = fact->parent_exists && path_is_below(TARGET_WINDOWS, text_str(&key), text_str(&home));

	CORDON_ON_EXIT(text_free) struct text own = { 0 };
	path_add_key(TARGET_WINDOWS, fact->landing, &own);
	if (!text_ok(&own) || !text_ok(&home))
		return cordon_fail_memory(err);
	bool is_users = path_is_below(TARGET_WINDOWS, text_str(&own), text_str(&home));
	bool is_systems = path_is_below(TARGET_WINDOWS, text_str(&own), "c:\\windows") ||
			  text_starts(text_str(&own), "c:\\program files");
	fact->others = (struct path_reach){ !is_users, is_users, is_users };
	fact->packages = (struct path_reach){ is_systems, !is_systems, !is_systems };
	return true;
}

bool facts_assume_windows_paths(struct facts *facts, char *const *paths, struct cordon_error *err)
{
	for (; *paths; paths++)
		if (!facts_find_path(facts, *paths) && !assume_path(facts, *paths, err))
			return false;
	return true;
}

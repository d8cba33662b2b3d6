/* The user, the machine and the workspace. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "os/windows/windows.h"

#include <initguid.h>
#include <knownfolders.h>
#include <sddl.h>
#include <shlobj.h>

enum target os_target(void)
{
	return TARGET_WINDOWS;
}

bool known_folder(const GUID *id, const char *what, char **ret_path, struct cordon_error *err)
{
	PWSTR native = NULL;
	HRESULT result = SHGetKnownFolderPath(id, KF_FLAG_DONT_VERIFY, NULL, &native);
	char *path = result == S_OK ? plain_path(native) : NULL;
	CoTaskMemFree(native);
	if (result != S_OK)
		return windows_fail(err, (DWORD)result, "SHGetKnownFolderPath", "find %s", what);
	if (!path)
		return cordon_fail(err, CORDON_UNSUPPORTED, "%s is on no drive or share", what);
	*ret_path = path;
	return true;
}

/* -- one thing each ----------------------------------------------------------------------------------------------- */

static bool survey_user(struct facts *facts, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	union {
		TOKEN_USER user;
		char room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} about;
	DWORD length;
	LPWSTR sid = NULL;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) ||
	    !GetTokenInformation(token, TokenUser, &about, sizeof about, &length) ||
	    !ConvertSidToStringSidW(about.user.User.Sid, &sid))
		return windows_fail(err, GetLastError(),
				    "OpenProcessToken or GetTokenInformation or ConvertSidToStringSid",
				    "ask who runs cordon");
	struct text text = { 0 };
	wide_add(&text, sid, wide_length(sid));
	LocalFree(sid);
	facts->user_sid = text_take(&text);
	return facts->user_sid || cordon_fail_memory(err);
}

static bool survey_workspace(struct facts *facts, const char *workspace, struct cordon_error *err)
{
	const char *name = workspace ? workspace : ".";
	CORDON_ON_EXIT(free_text) char *absolute = NULL;
	enum path_type type;
	if (!os_absolute(name, &absolute, err) || !os_find_landing(absolute, &facts->workspace, &type, err))
		return cordon_while(err, "workspace '%s'", name);
	if (type == PATH_MISSING)
		return cordon_fail(err, CORDON_BAD_USAGE, "workspace '%s' does not exist", name);
	if (type != PATH_DIRECTORY)
		return cordon_fail(err, CORDON_BAD_USAGE, "workspace '%s' is no directory: name the folder to work in",
				   name);
	return true;
}

static bool survey_directory(struct facts *facts, struct cordon_error *err)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *current = NULL;
	CORDON_ON_EXIT(free_text) char *landing = NULL;
	enum path_type type = PATH_MISSING;
	bool is_known = os_absolute(".", &current, &ignored) && os_find_landing(current, &landing, &type, &ignored);
	bool is_inside = is_known && type == PATH_DIRECTORY && os_lies_below(landing, facts->workspace);
	facts->directory = strdup(is_inside ? landing : facts->workspace);
	return facts->directory || cordon_fail_memory(err);
}

static bool survey_temp(struct facts *facts, struct cordon_error *err)
{
	WCHAR native[MAX_PATH + 2];
	DWORD length = GetTempPathW(MAX_PATH + 1, native);
	if (length == 0 || length > MAX_PATH + 1)
		return windows_fail(err, GetLastError(), "GetTempPath", "find the temporary directory");
	CORDON_ON_EXIT(free_text) char *path = plain_path(native);
	if (!path)
		return cordon_fail(err, CORDON_UNSUPPORTED, "the temporary directory is on no drive or share");
	return os_absolute(path, &facts->temp, err);
}

static bool survey_folders(struct facts *facts, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *config = NULL;
	CORDON_ON_EXIT(free_text) char *cache = NULL;
	if (!known_folder(&FOLDERID_Profile, "the user's profile", &facts->home, err) ||
	    !known_folder(&FOLDERID_RoamingAppData, "the user's settings", &config, err) ||
	    !known_folder(&FOLDERID_LocalAppData, "the user's local data", &cache, err) || !survey_temp(facts, err))
		return false;
	facts->state = text_format("%s\\cordon", cache);
	if (!facts->state)
		return cordon_fail_memory(err);
	return facts_add_folders(facts, config, cache, err);
}

static void free_environment(LPWCH *block)
{
	if (*block)
		FreeEnvironmentStringsW(*block);
}

static bool survey_environment(struct facts *facts, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_environment) LPWCH block = GetEnvironmentStringsW();
	size_t count = 0;
	if (!block)
		return windows_fail(err, GetLastError(), "GetEnvironmentStrings", "read the environment");
	for (const WCHAR *entry = block; *entry; entry += wide_length(entry) + 1)
		count++;
	facts->environment = calloc(count + 1, sizeof *facts->environment);
	if (!facts->environment)
		return cordon_fail_memory(err);
	char **kept = facts->environment;
	for (const WCHAR *entry = block; *entry; entry += wide_length(entry) + 1) {
		struct text text = { 0 };
		if (*entry == L'=') /* a drive's current directory, as cmd.exe notes it */
			continue;
		wide_add(&text, entry, wide_length(entry));
		*kept = text_take(&text);
		if (!*kept++)
			return cordon_fail_memory(err);
	}
	return true;
}

static bool survey_machine(struct facts *facts, struct cordon_error *err)
{
	MEMORYSTATUSEX memory = { .dwLength = sizeof memory };
	if (!GlobalMemoryStatusEx(&memory))
		return windows_fail(err, GetLastError(), "GlobalMemoryStatusEx", "ask for the machine's memory");
	facts->memory = memory.ullTotalPhys;
	facts->processors = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
	return true;
}

/* A drive of the machine's own that holds a file system without descriptors. Drives of the network are their servers'
 * business, and asking about one may take its time; what is not inserted has nothing to write to.
 */
static bool is_bare(const WCHAR *root)
{
	DWORD flags = 0;
	UINT type = GetDriveTypeW(root);
	return (type == DRIVE_FIXED || type == DRIVE_REMOVABLE || type == DRIVE_RAMDISK) &&
	       GetVolumeInformationW(root, NULL, 0, NULL, NULL, &flags, NULL, 0) && !(flags & FILE_PERSISTENT_ACLS) &&
	       !(flags & FILE_READ_ONLY_VOLUME);
}

static bool survey_drives(struct facts *facts, struct cordon_error *err)
{
	DWORD drives = GetLogicalDrives();
	for (int i = 0; i < 26; i++) {
		WCHAR root[] = { (WCHAR)(L'A' + i), L':', L'\\', 0 };
		if (!(drives & 1u << i) || !is_bare(root))
			continue;
		char **drive = LIST_ADD(&facts->bare_drives);
		if (!drive)
			return cordon_fail_memory(err);
		*drive = text_format("%c:\\", 'A' + i);
		if (!*drive)
			return cordon_fail_memory(err);
	}
	return true;
}

bool os_survey_host(const char *workspace, struct facts **ret_facts, struct cordon_error *err)
{
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_WINDOWS);
	if (!facts)
		return cordon_fail_memory(err);
	if (!survey_user(facts, err) || !survey_workspace(facts, workspace, err) || !survey_directory(facts, err) ||
	    !survey_folders(facts, err) || !survey_environment(facts, err) || !survey_machine(facts, err) ||
	    !survey_drives(facts, err))
		return false;
	*ret_facts = cordon_take(&facts);
	return true;
}

bool os_policy_files(char **ret_user, char **ret_managed, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *config = NULL;
	CORDON_ON_EXIT(free_text) char *common = NULL;
	if (!known_folder(&FOLDERID_RoamingAppData, "the user's settings", &config, err) ||
	    !known_folder(&FOLDERID_ProgramData, "the machine's settings", &common, err))
		return false;
	CORDON_ON_EXIT(free_text) char *user = text_format("%s\\cordon\\policy.json", config);
	CORDON_ON_EXIT(free_text) char *managed = text_format("%s\\cordon\\policy.json", common);
	if (!user || !managed)
		return cordon_fail_memory(err);
	*ret_user = cordon_take(&user);
	*ret_managed = cordon_take(&managed);
	return true;
}

/* Windows has no socket files that a mount would leave open; pipes are the tiers' business. */
bool os_survey_sockets(struct facts *facts, struct cordon_error *err)
{
	(void)facts;
	(void)err;
	return true;
}

/* What an earlier run in the account could have left to a later one: processes outside its job, files in the profile, and
 * the registry. And what of the profile the command of this one may write.
 */
#include <string.h>

#include "backend/windows/runner.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

#include <sddl.h>
#include <tlhelp32.h>

enum { END_MS = 5000, LOOKS_MAX = 100 };

/* -- processes ----------------------------------------------------------------------------------------------------- */

static bool ask_session(HANDLE process, PSID account, LUID *ret_session)
{
	_Alignas(max_align_t) BYTE room[SECURITY_MAX_SID_SIZE + sizeof(TOKEN_USER)];
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	TOKEN_STATISTICS statistics;
	DWORD length;
	if (!OpenProcessToken(process, TOKEN_QUERY, &token) ||
	    !GetTokenInformation(token, TokenUser, room, sizeof room, &length) ||
	    !EqualSid(((const TOKEN_USER *)(const void *)room)->User.Sid, account) ||
	    !GetTokenInformation(token, TokenStatistics, &statistics, sizeof statistics, &length))
		return false;
	*ret_session = statistics.AuthenticationId;
	return true;
}

/* Each start is a logon session of its own: a process of the account in another one is from an earlier run. */
static bool end_process(DWORD id, PSID account, const LUID *own, bool *ret_was_one, struct cordon_error *err)
{
	const DWORD rights = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE | SYNCHRONIZE;
	CORDON_ON_EXIT(close_handle) HANDLE process = OpenProcess(rights, FALSE, id);
	LUID session;
	*ret_was_one = process && ask_session(process, account, &session) &&
		       (session.LowPart != own->LowPart || session.HighPart != own->HighPart);
	if (!*ret_was_one)
		return true;
	if (!TerminateProcess(process, 1))
		return windows_fail(err, GetLastError(), "TerminateProcess",
				    "end process %lu of an earlier run in this account", id);
	return WaitForSingleObject(process, END_MS) == WAIT_OBJECT_0 ||
	       cordon_fail(err, CORDON_UNSUPPORTED,
			   "process %lu of an earlier run in this account does not end: restart Windows", id);
}

static bool end_those_that_there_are(PSID account, const LUID *own, bool *ret_was_one, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	PROCESSENTRY32W entry = { .dwSize = sizeof entry };
	*ret_was_one = false;
	if (all == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateToolhelp32Snapshot",
				    "look for what earlier runs left running");
	for (BOOL is_one = Process32FirstW(all, &entry); is_one; is_one = Process32NextW(all, &entry)) {
		bool was_one;
		if (!end_process(entry.th32ProcessID, account, own, &was_one, err))
			return false;
		*ret_was_one |= was_one;
	}
	return true;
}

/* One of them may start others while the rest is being ended: until a look finds none. */
static bool end_processes(PSID account, struct cordon_error *err)
{
	bool was_one = true;
	LUID own;
	if (!ask_session(GetCurrentProcess(), account, &own))
		return windows_fail(err, GetLastError(), "OpenProcessToken", "ask which logon session is this one's");
	for (int i = 0; i < LOOKS_MAX && was_one; i++)
		if (!end_those_that_there_are(account, &own, &was_one, err))
			return false;
	return !was_one ||
	       cordon_fail(err, CORDON_UNSUPPORTED,
			   "what an earlier run in this account left running starts itself again and again");
}

/* -- files --------------------------------------------------------------------------------------------------------- */

/* What Windows keeps the registry in, and the folders that programs take for granted: these and no others of their
 * names, for in the others a run could leave something. LocalLow goes: it is labelled for programs below the command's
 * level, so that all of it is the command's to write.
 */
static const struct kept {
	const char *path;          /* in the profile; those above come before */
	const WCHAR *folders[3];   /* NULL: no more */
	const WCHAR *files_prefix; /* NULL: no files */
} kept[] = {
	{ "", { L"AppData" }, L"ntuser." },
	{ "\\AppData", { L"Local", L"Roaming" }, NULL },
	{ "\\AppData\\Local", { L"Temp", L"Microsoft" }, NULL },
	{ "\\AppData\\Local\\Temp", { NULL }, NULL },
	{ "\\AppData\\Local\\Microsoft", { L"Windows" }, NULL },
	{ "\\AppData\\Local\\Microsoft\\Windows", { NULL }, L"usrclass.dat" },
	{ "\\AppData\\Roaming", { L"Microsoft" }, NULL },
	{ "\\AppData\\Roaming\\Microsoft", { L"Windows" }, NULL },
	{ "\\AppData\\Roaming\\Microsoft\\Windows", { NULL }, NULL },
};

static bool is_kept(const void *context, const WCHAR *name, bool is_directory)
{
	const struct kept *here = context;
	if (!is_directory)
		return here->files_prefix && _wcsnicmp(name, here->files_prefix, wcslen(here->files_prefix)) == 0;
	for (size_t i = 0; i < COUNT_OF(here->folders) && here->folders[i]; i++)
		if (_wcsicmp(name, here->folders[i]) == 0)
			return true;
	return false;
}

/* By name, which nobody changes: nothing else of the account lives. What is no directory any more is gone already. */
static bool empty_folder(const char *profile, const struct kept *here, struct cordon_error *err)
{
	const struct removal_wish wish = { is_kept, here, true };
	CORDON_ON_EXIT(free_text) char *path = text_format("%s%s", profile, here->path);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!path)
		return cordon_fail_memory(err);
	if (!native_path(path, &native, err))
		return false;
	CORDON_ON_EXIT(close_handle)
	HANDLE folder = CreateFileW(native,
				    FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_ADD_SUBDIRECTORY | FILE_READ_ATTRIBUTES |
					    SYNCHRONIZE,
				    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
				    FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	DWORD code = GetLastError();
	if (folder == INVALID_HANDLE_VALUE)
		return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ||
		       windows_fail(err, code, "CreateFile", "open '%s' to empty it", path);
	return removal_empty(folder, &wish) ||
	       cordon_fail(
		       err, CORDON_UNSUPPORTED,
		       "what an earlier run left in the account's profile '%s' cannot be removed: run 'cordon setup' "
		       "as administrator again",
		       profile);
}

static bool empty_profile(const char *profile, struct cordon_error *err)
{
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (!empty_folder(profile, &kept[i], err))
			return false;
	return true;
}

/* -- the registry -------------------------------------------------------------------------------------------------- */

static LSTATUS empty_key(const WCHAR *path)
{
	/* What is in it: the key itself may be where another hive begins. */
	HKEY key;
	LSTATUS code = RegOpenKeyExW(HKEY_CURRENT_USER, path, 0, KEY_ALL_ACCESS, &key);
	if (code != ERROR_SUCCESS)
		return code == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : code;
	code = RegDeleteTreeW(key, NULL);
	RegCloseKey(key);
	return code;
}

/* Whatever programs keep, but for Windows' own. */
static LSTATUS drop_programs(void)
{
	static const WCHAR *const windows[] = { L"Classes", L"Microsoft", L"Policies" };
	HKEY key;
	WCHAR name[256];
	DWORD index = 0, length = COUNT_OF(name);
	LSTATUS code = RegOpenKeyExW(HKEY_CURRENT_USER, L"Software", 0, KEY_ALL_ACCESS, &key), found;
	if (code != ERROR_SUCCESS)
		return code == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : code;
	for (; code == ERROR_SUCCESS; length = COUNT_OF(name)) {
		bool is_windows = false;
		found = RegEnumKeyExW(key, index, name, &length, NULL, NULL, NULL, NULL);
		if (found != ERROR_SUCCESS) {
			code = found == ERROR_NO_MORE_ITEMS ? ERROR_SUCCESS : found;
			break;
		}
		for (size_t i = 0; i < COUNT_OF(windows); i++)
			is_windows |= _wcsicmp(name, windows[i]) == 0;
		index += is_windows;
		code = is_windows ? ERROR_SUCCESS : RegDeleteTreeW(key, name);
	}
	RegCloseKey(key);
	return code;
}

/* Of Windows' own what is read when programs start, where it says which program, library, folder or certificate is taken. */
static bool empty_registry(struct cordon_error *err)
{
	static const WCHAR *const keys[] = {
		L"Software\\Classes",
		L"Software\\Microsoft\\Command Processor",
		L"Software\\Microsoft\\Windows\\CurrentVersion\\Run",
		L"Software\\Microsoft\\Windows\\CurrentVersion\\RunOnce",
		L"Software\\Microsoft\\Windows\\CurrentVersion\\App Paths",
		L"Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders",
		L"Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings",
		L"Software\\Microsoft\\Windows NT\\CurrentVersion\\AppCompatFlags",
		L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Windows",
		L"Software\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon",
		L"Software\\Microsoft\\Windows Script Host",
		L"Software\\Microsoft\\.NETFramework",
		L"Software\\Microsoft\\PowerShell",
		L"Software\\Microsoft\\SystemCertificates",
		L"Environment",
		L"Volatile Environment",
		L"Console",
		L"Network",
		L"Printers",
	};
	LSTATUS code = drop_programs();
	if (code != ERROR_SUCCESS)
		return windows_fail(err, (DWORD)code, "RegEnumKeyEx or RegDeleteTree",
				    "empty HKCU\\Software of the account");
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		code = empty_key(keys[i]);
		if (code != ERROR_SUCCESS)
			return windows_fail(err, (DWORD)code, "RegOpenKeyEx or RegDeleteTree",
					    "empty HKCU\\%ls of the account", keys[i]);
	}
	return true;
}

bool sweep_account(PSID account, PSID user, const char *profile, struct cordon_error *err)
{
	bool is_other = !EqualSid(account, user);
	return (!is_other || (end_processes(account, err) && empty_registry(err))) && empty_profile(profile, err);
}

/* -- what the command may write ------------------------------------------------------------------------------------ */

/* All of the profile has a level above the command's. These get the command's own, for what is made in them as well, so
 * that caches and settings have a place. Not the profile itself: a file `ntuser.man` there would be the registry of the
 * account's next logon, before anything of that run could look. Nor what Windows keeps in Microsoft.
 */
static const char *const written[] = {
	"AppData\\Local",
	"AppData\\Local\\Temp",
	"AppData\\Roaming",
	".cache",
	".cargo",
	".config",
	".dotnet",
	".gradle",
	".local",
	".m2",
	".npm",
	".nuget",
	".templateengine",
	"go",
};

static bool give_level(const char *path, PSECURITY_DESCRIPTOR level, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	BY_HANDLE_FILE_INFORMATION about;
	if (!os_make_directories(path, err) || !native_path(path, &native, err))
		return false;
	CORDON_ON_EXIT(close_handle)
	HANDLE folder = CreateFileW(native, WRITE_OWNER | READ_CONTROL | FILE_READ_ATTRIBUTES,
				    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
				    FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	if (folder == INVALID_HANDLE_VALUE || !GetFileInformationByHandle(folder, &about))
		return windows_fail(err, GetLastError(), "CreateFile or GetFileInformationByHandle",
				    "open '%s' to the command", path);
	if (!(about.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) ||
	    (about.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))
		return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' is no folder of the account's profile", path);
	return SetKernelObjectSecurity(folder, LABEL_SECURITY_INFORMATION, level) ||
	       windows_fail(err, GetLastError(), "SetKernelObjectSecurity", "give '%s' the command's level", path);
}

bool profile_open(const char *profile, uint32_t level, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR descriptor = NULL;
	WCHAR text[64];
	_snwprintf(text, COUNT_OF(text), L"S:(ML;OICI;NW;;;S-1-16-%lu)", (unsigned long)level);
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &descriptor, NULL))
		return windows_fail(err, GetLastError(), "ConvertStringSecurityDescriptorToSecurityDescriptor",
				    "put down the command's level");
	for (size_t i = 0; i < COUNT_OF(written); i++) {
		CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", profile, written[i]);
		if (!path)
			return cordon_fail_memory(err);
		if (!give_level(path, descriptor, err))
			return false;
	}
	return true;
}

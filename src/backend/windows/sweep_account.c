/* What an earlier run in the account could have left to a later one: processes outside its job, files in the profile, and
 * the registry.
 */
#include <string.h>

#include "backend/windows/runner.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

#include <sddl.h>
#include <tlhelp32.h>

enum { DEPTH_MAX = 256, END_MS = 5000, PATH_ROOM = 32768 };

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
static bool end_process(DWORD id, PSID account, const LUID *own, struct cordon_error *err)
{
	const DWORD rights = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE | SYNCHRONIZE;
	CORDON_ON_EXIT(close_handle) HANDLE process = OpenProcess(rights, FALSE, id);
	LUID session;
	if (!process || !ask_session(process, account, &session) ||
	    (session.LowPart == own->LowPart && session.HighPart == own->HighPart))
		return true;
	if (!TerminateProcess(process, 1))
		return windows_fail(err, GetLastError(), "TerminateProcess",
				    "end process %lu of an earlier run in this account", id);
	return WaitForSingleObject(process, END_MS) == WAIT_OBJECT_0 ||
	       cordon_fail(err, CORDON_UNSUPPORTED,
			   "process %lu of an earlier run in this account does not end: restart Windows", id);
}

static bool end_processes(PSID account, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	PROCESSENTRY32W entry = { .dwSize = sizeof entry };
	LUID own;
	if (all == INVALID_HANDLE_VALUE || !ask_session(GetCurrentProcess(), account, &own))
		return windows_fail(err, GetLastError(), "CreateToolhelp32Snapshot or OpenProcessToken",
				    "look for what earlier runs left running");
	for (BOOL is_one = Process32FirstW(all, &entry); is_one; is_one = Process32NextW(all, &entry))
		if (!end_process(entry.th32ProcessID, account, &own, err))
			return false;
	return true;
}

/* -- files --------------------------------------------------------------------------------------------------------- */

/* What Windows keeps the registry in, and the folders that programs take for granted. */
static bool is_kept(const WCHAR *name, bool is_directory)
{
	static const WCHAR *const folders[] = { L"AppData", L"Local",     L"LocalLow", L"Roaming",
						L"Temp",    L"Microsoft", L"Windows" };
	if (!is_directory)
		return _wcsnicmp(name, L"ntuser.", 7) == 0 || _wcsnicmp(name, L"usrclass.dat", 12) == 0;
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		if (_wcsicmp(name, folders[i]) == 0)
			return true;
	return false;
}

static bool empty_folder(WCHAR *path, size_t length, unsigned depth, bool keeps);

/* What was made so that nobody may do anything to it: its owner may change that. */
static void open_up(const WCHAR *path)
{
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR descriptor = NULL;
	if (ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:P(A;OICI;FA;;;S-1-3-4)", SDDL_REVISION_1,
								 &descriptor, NULL))
		SetFileSecurityW(path, DACL_SECURITY_INFORMATION, descriptor);
}

static bool remove_one(const WCHAR *path, bool is_directory)
{
	if (is_directory ? RemoveDirectoryW(path) : DeleteFileW(path))
		return true;
	/* Nothing of the account's is running: who has it open is the system. */
	return GetLastError() == ERROR_SHARING_VIOLATION;
}

/* The path ends with the entry's name. True: it is gone, or is to stay. */
static bool remove_entry(WCHAR *path, size_t length, const WIN32_FIND_DATAW *entry, unsigned depth, bool keeps)
{
	bool is_directory = entry->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
	bool is_link = entry->dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT;
	bool stays = keeps && !is_link && is_kept(entry->cFileName, is_directory);
	if (is_directory && !is_link && !empty_folder(path, length, depth + 1, stays)) {
		open_up(path);
		if (!empty_folder(path, length, depth + 1, stays))
			return false;
	}
	if (stays)
		return true;
	if (entry->dwFileAttributes & FILE_ATTRIBUTE_READONLY)
		SetFileAttributesW(path, FILE_ATTRIBUTE_NORMAL);
	if (remove_one(path, is_directory))
		return true;
	if (!is_link)
		open_up(path);
	return remove_one(path, is_directory);
}

/* By name, which nobody changes: nothing else of the account lives. Through no link. */
static bool empty_folder(WCHAR *path, size_t length, unsigned depth, bool keeps)
{
	WIN32_FIND_DATAW entry;
	bool is_empty = true;
	if (depth > DEPTH_MAX || length + MAX_PATH + 4 > PATH_ROOM)
		return false;
	wcscpy(path + length, L"\\*");
	HANDLE found = FindFirstFileW(path, &entry);
	if (found == INVALID_HANDLE_VALUE)
		return GetLastError() == ERROR_FILE_NOT_FOUND || GetLastError() == ERROR_PATH_NOT_FOUND;
	do {
		if (wcscmp(entry.cFileName, L".") == 0 || wcscmp(entry.cFileName, L"..") == 0)
			continue;
		path[length] = L'\\';
		wcscpy(path + length + 1, entry.cFileName);
		is_empty &= remove_entry(path, length + 1 + wcslen(entry.cFileName), &entry, depth, keeps);
	} while (FindNextFileW(found, &entry));
	FindClose(found);
	path[length] = 0;
	return is_empty;
}

static bool empty_profile(const char *profile, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *path = malloc(PATH_ROOM * sizeof *path);
	if (!path)
		return cordon_fail_memory(err);
	if (!native_path(profile, &native, err))
		return false;
	wcscpy(path, native);
	return empty_folder(path, wcslen(path), 0, true) ||
	       cordon_fail(
		       err, CORDON_UNSUPPORTED,
		       "what an earlier run left in the account's profile '%s' cannot be removed: run 'cordon setup' "
		       "as administrator again",
		       profile);
}

/* -- the registry -------------------------------------------------------------------------------------------------- */

/* What is read when programs start, and whatever programs keep there. */
static bool empty_registry(struct cordon_error *err)
{
	static const WCHAR *const keys[] = {
		L"Software\\Classes",
		L"Software\\Microsoft\\Command Processor",
		L"Software\\Microsoft\\Windows\\CurrentVersion\\Run",
		L"Software\\Microsoft\\Windows\\CurrentVersion\\RunOnce",
		L"Software\\Microsoft\\Windows\\CurrentVersion\\App Paths",
		L"Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings",
		L"Software\\Microsoft\\Windows NT\\CurrentVersion\\AppCompatFlags",
		L"Software\\Microsoft\\PowerShell",
		L"Environment",
		L"Volatile Environment",
		L"Console",
	};
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		/* What is in it: the key itself may be where another hive begins. */
		HKEY key;
		LSTATUS code = RegOpenKeyExW(HKEY_CURRENT_USER, keys[i], 0, KEY_ALL_ACCESS, &key);
		if (code == ERROR_FILE_NOT_FOUND)
			continue;
		if (code == ERROR_SUCCESS) {
			code = RegDeleteTreeW(key, NULL);
			RegCloseKey(key);
		}
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

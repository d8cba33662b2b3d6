#include "backend/windows/setup_host.h"

#include <aclapi.h>
#include <lm.h>
#include <sddl.h>
#include <stdio.h>
#include <string.h>
#include <userenv.h>

#include "backend/windows/accounts.h"
#include "backend/windows/compose.h"
#include "base/list.h"
#include "base/scope.h"
#include "base/windows_descriptor.h"
#include "os/os.h"

enum { ALL_SHARE = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, DESCRIPTOR_ROOM = 16 * 1024 };

static struct windows_setup *own(struct setup_host *host)
{
	return (struct windows_setup *)host;
}

/* -- who and where ------------------------------------------------------------------------------------------------- */

static bool host_may(struct setup_host *host, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	TOKEN_ELEVATION elevation = { 0 };
	DWORD length;
	OSVERSIONINFOEXW controller = { .dwOSVersionInfoSize = sizeof controller,
					.wProductType = VER_NT_DOMAIN_CONTROLLER };
	(void)host;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) ||
	    !GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &length))
		return windows_fail(err, GetLastError(), "OpenProcessToken or GetTokenInformation",
				    "ask whether this is an administrator");
	if (!elevation.TokenIsElevated)
		return cordon_fail(
			err, CORDON_UNSUPPORTED,
			"only an administrator can set this host up: run it in a terminal that was opened with 'Run as "
			"administrator'");
	/* Its accounts are the domain's. */
	if (VerifyVersionInfoW(&controller, VER_PRODUCT_TYPE, VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL)))
		return cordon_fail(
			err, CORDON_UNSUPPORTED,
			"this is a domain controller, which has no accounts of its own: the account tier is not for it");
	return true;
}

static bool host_random(struct setup_host *host, void *bytes, size_t count, struct cordon_error *err)
{
	(void)host;
	return os_random(bytes, count, err);
}

/* -- the folder ---------------------------------------------------------------------------------------------------- */

/* Whoever owns a file in it, owning gives no right to its descriptor (OW). */
static bool describe(const char *const *users, size_t count, PSECURITY_DESCRIPTOR *ret_descriptor, ULONG *ret_length,
		     struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text words = { 0 };
	text_add(&words, "O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;RC;;;OW)");
	for (size_t i = 0; i < count; i++)
		text_addf(&words, "(A;OICI;0x1200a9;;;%s)", users[i]);
	if (!text_ok(&words))
		return cordon_fail_memory(err);
	return ConvertStringSecurityDescriptorToSecurityDescriptorA(text_str(&words), SDDL_REVISION_1, ret_descriptor,
								    ret_length) ||
	       windows_fail(err, GetLastError(), "ConvertStringSecurityDescriptorToSecurityDescriptor",
			    "describe who may read the folder of 'cordon setup'");
}

static bool is_as_described(const uint8_t *found, size_t length, const char *const *users, size_t count,
			    struct cordon_error *err, bool *ret_is)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR wanted = NULL;
	struct windows_descriptor a, b;
	ULONG wanted_length;
	if (!describe(users, count, &wanted, &wanted_length, err) ||
	    !windows_descriptor_read(wanted, wanted_length, &arena, &a, err) ||
	    !windows_descriptor_read(found, length, &arena, &b, err))
		return false;
	b.has_label = a.has_label;
	*ret_is = compose_equals(&a, &b);
	return true;
}

static bool host_look_folder(struct setup_host *host, const char *const *users, size_t count,
			     enum setup_standing *ret_standing, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE handle = NULL;
	CORDON_ON_EXIT(free_text) char *bytes = malloc(DESCRIPTOR_ROOM);
	FILE_ATTRIBUTE_TAG_INFO about;
	DWORD length;
	bool is_same;
	if (!bytes)
		return cordon_fail_memory(err);
	if (!native_path(own(host)->folder, &native, err))
		return false;
	handle = CreateFileW(native, FILE_READ_ATTRIBUTES | READ_CONTROL, ALL_SHARE, NULL, OPEN_EXISTING,
			     FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	DWORD code = GetLastError();
	*ret_standing = SETUP_ABSENT;
	if (handle == INVALID_HANDLE_VALUE)
		return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ||
		       windows_fail(err, code, "CreateFile", "look at '%s'", own(host)->folder);
	*ret_standing = SETUP_FOREIGN;
	if (!GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &about, sizeof about) ||
	    !GetKernelObjectSecurity(
		    handle, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, bytes,
		    DESCRIPTOR_ROOM, &length))
		return windows_fail(err, GetLastError(), "GetFileInformationByHandleEx or GetKernelObjectSecurity",
				    "look at '%s'", own(host)->folder);
	if ((about.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) ||
	    !(about.FileAttributes & FILE_ATTRIBUTE_DIRECTORY) || !pool_is_protected((const uint8_t *)bytes, length))
		return true;
	if (!is_as_described((const uint8_t *)bytes, length, users, count, err, &is_same))
		return false;
	*ret_standing = is_same ? SETUP_PRESENT : SETUP_PART;
	return true;
}

static bool host_make_folder(struct setup_host *host, const char *const *users, size_t count, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR descriptor = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	ULONG length;
	if (!describe(users, count, &descriptor, &length, err) || !native_path(own(host)->folder, &native, err))
		return false;
	SECURITY_ATTRIBUTES attributes = { sizeof attributes, descriptor, FALSE };
	return CreateDirectoryW(native, &attributes) ||
	       windows_fail(err, GetLastError(), "CreateDirectory", "make '%s'", own(host)->folder);
}

/* By name and with what is below: all of it inherits, and only administrators write there. */
static bool host_protect_folder(struct setup_host *host, const char *const *users, size_t count,
				struct cordon_error *err)
{
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR descriptor = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	PACL list = NULL;
	BOOL has_list, is_default;
	ULONG length;
	if (!describe(users, count, &descriptor, &length, err) || !native_path(own(host)->folder, &native, err))
		return false;
	if (!GetSecurityDescriptorDacl(descriptor, &has_list, &list, &is_default))
		return windows_fail(err, GetLastError(), "GetSecurityDescriptorDacl",
				    "describe who may read the folder of 'cordon setup'");
	DWORD code = SetNamedSecurityInfoW(native, SE_FILE_OBJECT,
					   DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION, NULL, NULL,
					   list, NULL);
	return code == ERROR_SUCCESS ||
	       windows_fail(err, code, "SetNamedSecurityInfo", "say who may read '%s'", own(host)->folder);
}

/* What never got its own name has a dot in it. */
static bool drop_unnamed(void *context, const char *path, struct cordon_error *err)
{
	(void)context;
	return !strchr(os_name(path), '.') || os_remove_file(path, err);
}

static bool host_drop_folder(struct setup_host *host, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	size_t budget = SIZE_MAX;
	if (!native_path(own(host)->folder, &native, err))
		return false;
	if (os_exists(own(host)->folder) && !os_walk(own(host)->folder, &budget, UINT64_MAX, drop_unnamed, NULL, err))
		return false;
	DWORD code = RemoveDirectoryW(native) ? ERROR_SUCCESS : GetLastError();
	return code == ERROR_SUCCESS || code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ||
	       windows_fail(err, code, "RemoveDirectory", "remove '%s'", own(host)->folder);
}

/* -- its files ----------------------------------------------------------------------------------------------------- */

static char *path_of(struct setup_host *host, const char *name)
{
	return text_format("%s\\%s", own(host)->folder, name);
}

static bool host_lock(struct setup_host *host, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = path_of(host, POOL_LOCK);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE lock = NULL;
	OVERLAPPED where = { .Offset = POOL_LOCK_RUNS };
	if (!path)
		return cordon_fail_memory(err);
	if (!native_path(path, &native, err))
		return false;
	lock = CreateFileW(native, GENERIC_READ | GENERIC_WRITE, ALL_SHARE, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL,
			   NULL);
	if (lock == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateFile", "open '%s'", path);
	if (!LockFileEx(lock, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &where)) {
		DWORD code = GetLastError();
		return code == ERROR_LOCK_VIOLATION || code == ERROR_IO_PENDING
			       ? cordon_fail(
					 err, CORDON_UNSUPPORTED,
					 "a run goes on in one of the accounts, or another 'cordon setup': try again "
					 "when it is over")
			       : windows_fail(err, code, "LockFileEx", "lock '%s'", path);
	}
	own(host)->lock = cordon_take(&lock);
	return true;
}

static void host_unlock(struct setup_host *host)
{
	close_handle(&own(host)->lock);
	own(host)->lock = NULL;
}

static bool write_fresh(const uint16_t *native, const char *bytes, size_t length)
{
	/* No descriptor of its own: it has the folder's. */
	CORDON_ON_EXIT(close_handle)
	HANDLE file = CreateFileW(native, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
	DWORD count = 0;
	return file != INVALID_HANDLE_VALUE && WriteFile(file, bytes, (DWORD)length, &count, NULL) && count == length &&
	       FlushFileBuffers(file);
}

static bool host_put(struct setup_host *host, const char *name, const char *bytes, size_t length,
		     struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = path_of(host, name);
	CORDON_ON_EXIT(free_text) char *beside = path ? text_format("%s.new", path) : NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *fresh = NULL;
	if (!beside)
		return cordon_fail_memory(err);
	if (!native_path(path, &native, err) || !native_path(beside, &fresh, err) || !os_remove_file(beside, err))
		return false;
	if (write_fresh(fresh, bytes, length) &&
	    MoveFileExW(fresh, native, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
		return true;
	DWORD code = GetLastError();
	DeleteFileW(fresh);
	return windows_fail(err, code, "CreateFile or WriteFile or FlushFileBuffers or MoveFileEx", "write '%s'", path);
}

static bool host_get(struct setup_host *host, const char *name, struct text *ret_bytes, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = path_of(host, name);
	if (!path)
		return cordon_fail_memory(err);
	return !os_exists(path) || os_read_file(path, POOL_RECORD_MAX, ret_bytes, err);
}

static bool host_drop(struct setup_host *host, const char *name, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = path_of(host, name);
	return path ? os_remove_file(path, err) : cordon_fail_memory(err);
}

static void wipe_wide(uint16_t **holder)
{
	if (*holder)
		SecureZeroMemory(*holder, wide_length(*holder) * sizeof **holder);
	free(*holder);
}

static bool host_wrap(struct setup_host *host, const char *password, struct text *ret_bytes, struct cordon_error *err)
{
	CORDON_ON_EXIT(wipe_wide) uint16_t *wide = NULL;
	(void)host;
	return wide_make(password, &wide, err) && secret_wrap(wide, ret_bytes, err);
}

static bool host_unwrap(struct setup_host *host, const char *bytes, size_t length, struct text *ret_password,
			struct cordon_error *err)
{
	CORDON_ON_EXIT(wipe_wide) uint16_t *wide = NULL;
	(void)host;
	if (!secret_unwrap(bytes, length, &wide, err))
		return false;
	wide_add(ret_password, wide, wide_length(wide));
	return text_ok(ret_password) || cordon_fail_memory(err);
}

/* -- the registry -------------------------------------------------------------------------------------------------- */

static const WCHAR logon_key[] = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\SpecialAccounts";
static const WCHAR list_key[] = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\SpecialAccounts\\UserList";
static const WCHAR profiles_key[] = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList";

static void close_key(HKEY *key)
{
	if (*key)
		RegCloseKey(*key);
}

/* *ret_key NULL: there is none. */
static bool open_key(const WCHAR *path, REGSAM rights, HKEY *ret_key, struct cordon_error *err)
{
	HKEY key = NULL;
	LSTATUS code = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, rights | KEY_WOW64_64KEY, &key);
	*ret_key = code == ERROR_SUCCESS ? key : NULL;
	return code == ERROR_SUCCESS || code == ERROR_FILE_NOT_FOUND ||
	       windows_fail(err, (DWORD)code, "RegOpenKeyEx", "open HKLM\\%ls", path);
}

static bool host_has_list(struct setup_host *host, bool *ret_has, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_key) HKEY key = NULL;
	(void)host;
	if (!open_key(list_key, KEY_QUERY_VALUE, &key, err))
		return false;
	*ret_has = key != NULL;
	return true;
}

static bool host_make_list(struct setup_host *host, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_key) HKEY key = NULL;
	(void)host;
	LSTATUS code = RegCreateKeyExW(HKEY_LOCAL_MACHINE, list_key, 0, NULL, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY,
				       NULL, &key, NULL);
	return code == ERROR_SUCCESS || windows_fail(err, (DWORD)code, "RegCreateKeyEx", "make HKLM\\%ls", list_key);
}

static bool drop_empty_key(const WCHAR *path, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_key) HKEY key = NULL;
	DWORD keys = 0, values = 0;
	if (!open_key(path, KEY_QUERY_VALUE, &key, err))
		return false;
	if (!key)
		return true;
	LSTATUS code = RegQueryInfoKeyW(key, NULL, NULL, NULL, &keys, NULL, NULL, &values, NULL, NULL, NULL, NULL);
	if (code == ERROR_SUCCESS && keys == 0 && values == 0)
		code = RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);
	return code == ERROR_SUCCESS || windows_fail(err, (DWORD)code, "RegQueryInfoKey or RegDeleteKeyEx",
						     "remove HKLM\\%ls where it is empty", path);
}

static bool host_drop_list(struct setup_host *host, struct cordon_error *err)
{
	(void)host;
	return drop_empty_key(list_key, err) && drop_empty_key(logon_key, err);
}

static bool host_is_hidden(struct setup_host *host, const char *name, bool *ret_is_hidden, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(close_key) HKEY key = NULL;
	(void)host;
	*ret_is_hidden = false;
	if (!wide_make(name, &wide, err) || !open_key(list_key, KEY_QUERY_VALUE, &key, err))
		return false;
	if (!key)
		return true;
	LSTATUS code = RegQueryValueExW(key, wide, NULL, NULL, NULL, NULL);
	*ret_is_hidden = code == ERROR_SUCCESS;
	return code == ERROR_SUCCESS || code == ERROR_FILE_NOT_FOUND ||
	       windows_fail(err, (DWORD)code, "RegQueryValueEx", "look for '%s' in HKLM\\%ls", name, list_key);
}

static bool host_hide(struct setup_host *host, const char *name, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(close_key) HKEY key = NULL;
	const DWORD is_shown = 0;
	(void)host;
	if (!wide_make(name, &wide, err) || !open_key(list_key, KEY_SET_VALUE, &key, err))
		return false;
	LSTATUS code = key ? RegSetValueExW(key, wide, 0, REG_DWORD, (const BYTE *)&is_shown, sizeof is_shown)
			   : ERROR_FILE_NOT_FOUND;
	return code == ERROR_SUCCESS ||
	       windows_fail(err, (DWORD)code, "RegSetValueEx", "put '%s' into HKLM\\%ls", name, list_key);
}

static bool host_show(struct setup_host *host, const char *name, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(close_key) HKEY key = NULL;
	(void)host;
	if (!wide_make(name, &wide, err) || !open_key(list_key, KEY_SET_VALUE, &key, err))
		return false;
	LSTATUS code = key ? RegDeleteValueW(key, wide) : ERROR_SUCCESS;
	return code == ERROR_SUCCESS || code == ERROR_FILE_NOT_FOUND ||
	       windows_fail(err, (DWORD)code, "RegDeleteValue", "take '%s' out of HKLM\\%ls", name, list_key);
}

/* -- profiles ------------------------------------------------------------------------------------------------------ */

static bool host_find_profile(struct setup_host *host, const char *sid, char ret_path[SETUP_PATH_SIZE],
			      struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text path = { 0 };
	WCHAR key[sizeof profiles_key / sizeof(WCHAR) + SETUP_SID_SIZE], folder[MAX_PATH * 2] = L"";
	DWORD size = sizeof folder;
	(void)host;
	*ret_path = 0;
	_snwprintf(key, COUNT_OF(key), L"%ls\\%hs", profiles_key, sid);
	key[COUNT_OF(key) - 1] = 0;
	/* A string to be expanded comes expanded, as a string; asked for by its own type it is refused. */
	LSTATUS code = RegGetValueW(HKEY_LOCAL_MACHINE, key, L"ProfileImagePath", RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY,
				    NULL, folder, &size);
	if (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND)
		return true;
	if (code != ERROR_SUCCESS)
		return windows_fail(err, (DWORD)code, "RegGetValue", "read HKLM\\%ls", key);
	wide_add(&path, folder, wide_length(folder));
	if (!text_ok(&path))
		return cordon_fail_memory(err);
	snprintf(ret_path, SETUP_PATH_SIZE, "%s", text_str(&path));
	return true;
}

static bool host_make_profile(struct setup_host *host, const char *sid, const char *name, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *who = NULL;
	WCHAR folder[MAX_PATH];
	(void)host;
	if (!wide_make(name, &wide, err) || !wide_make(sid, &who, err))
		return false;
	HRESULT result = CreateProfile(who, wide, folder, COUNT_OF(folder));
	return SUCCEEDED(result) ||
	       windows_fail(err, (DWORD)result, "CreateProfile", "make the profile of the account '%s'", name);
}

static bool host_drop_profile(struct setup_host *host, const char *sid, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *who = NULL;
	(void)host;
	if (!wide_make(sid, &who, err))
		return false;
	return DeleteProfileW(who, NULL, NULL) ||
	       windows_fail(err, GetLastError(), "DeleteProfile", "remove the profile of the account '%s'", sid);
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

bool windows_setup_open(const char *folder, struct windows_setup *ret_setup, struct cordon_error *err)
{
	static const struct setup_host operations = {
		.may = host_may,
		.random = host_random,
		.look_folder = host_look_folder,
		.make_folder = host_make_folder,
		.protect_folder = host_protect_folder,
		.drop_folder = host_drop_folder,
		.lock = host_lock,
		.unlock = host_unlock,
		.put = host_put,
		.get = host_get,
		.drop = host_drop,
		.wrap = host_wrap,
		.unwrap = host_unwrap,
		.find_group = setup_find_group,
		.make_group = setup_make_group,
		.drop_group = setup_drop_group,
		.find_account = setup_find_account,
		.make_account = setup_make_account,
		.set_password = setup_set_password,
		.drop_account = setup_drop_account,
		.is_member = setup_is_member,
		.join = setup_join,
		.leave = setup_leave,
		.has_right = setup_has_right,
		.give_right = setup_give_right,
		.take_right = setup_take_right,
		.has_list = host_has_list,
		.make_list = host_make_list,
		.drop_list = host_drop_list,
		.is_hidden = host_is_hidden,
		.hide = host_hide,
		.show = host_show,
		.find_profile = host_find_profile,
		.make_profile = host_make_profile,
		.drop_profile = host_drop_profile,
		.look_filters = setup_look_filters,
		.put_filters = setup_put_filters,
		.drop_filters = setup_drop_filters,
	};
	*ret_setup = (struct windows_setup){ .host = operations };
	if (!folder)
		return accounts_folder(&ret_setup->folder, err);
	ret_setup->folder = text_format("%s", folder);
	return ret_setup->folder || cordon_fail_memory(err);
}

void windows_setup_close(struct windows_setup *setup)
{
	close_handle(&setup->lock);
	free(setup->folder);
	*setup = (struct windows_setup){ 0 };
}

static bool find_own_sid(char **ret_sid, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	CORDON_ON_EXIT(free_local) char *words = NULL;
	union {
		TOKEN_USER user;
		char room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} about;
	DWORD length;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) ||
	    !GetTokenInformation(token, TokenUser, &about, sizeof about, &length) ||
	    !ConvertSidToStringSidA(about.user.User.Sid, &words))
		return windows_fail(err, GetLastError(),
				    "OpenProcessToken or GetTokenInformation or ConvertSidToStringSid",
				    "ask who runs cordon");
	*ret_sid = text_format("%s", words);
	return *ret_sid || cordon_fail_memory(err);
}

/* A name or a SID. Groups that accounts of the pool are in as well would open the passwords to them. */
static bool find_sid(const char *user, char **ret_sid, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(free_local) PSID given = NULL;
	CORDON_ON_EXIT(free_local) char *words = NULL;
	WCHAR name[256], domain[256];
	union {
		SID sid;
		char room[SECURITY_MAX_SID_SIZE];
	} found;
	DWORD length = sizeof found, name_length = COUNT_OF(name), domain_length = COUNT_OF(domain);
	SID_NAME_USE use;
	if (!wide_make(user, &wide, err))
		return false;
	bool is_found = ConvertStringSidToSidA(user, &given)
				? LookupAccountSidW(NULL, given, name, &name_length, domain, &domain_length, &use)
				: LookupAccountNameW(NULL, wide, &found, &length, domain, &domain_length, &use);
	if (!is_found)
		return windows_fail(err, GetLastError(), "LookupAccountName or LookupAccountSid",
				    "--user: there is no user '%s'", user);
	if (use != SidTypeUser)
		return cordon_fail(err, CORDON_BAD_USAGE, "--user: '%s' is not one user", user);
	if (!ConvertSidToStringSidA(given ? given : &found.sid, &words))
		return windows_fail(err, GetLastError(), "ConvertSidToStringSid", "tell the identity of '%s'", user);
	*ret_sid = text_format("%s", words);
	return *ret_sid || cordon_fail_memory(err);
}

static bool apply(struct windows_setup *setup, const struct setup_wish *wish, struct text *changes,
		  struct cordon_error *err)
{
	char *users[POOL_USERS_MAX] = { 0 };
	size_t count = 0;
	bool is_found = true;
	for (; is_found && wish->users && wish->users[count]; count += is_found) {
		if (count == POOL_USERS_MAX)
			is_found = cordon_fail(err, CORDON_BAD_USAGE, "--user: at most %d", POOL_USERS_MAX);
		else
			is_found = find_sid(wish->users[count], &users[count], err);
	}
	if (is_found && count == 0) {
		is_found = find_own_sid(&users[0], err);
		count = is_found;
	}
	const struct setup_order order = { wish->is_trial, wish->accounts, (const char *const *)users, count };
	bool is_done = is_found && setup_apply(&setup->host, &order, changes, err);
	for (size_t i = 0; i < count; i++)
		free(users[i]);
	return is_done;
}

bool windows_setup_run(const struct setup_wish *wish, struct text *ret_changes, bool *ret_is_needed,
		       struct cordon_error *err)
{
	*ret_is_needed = true;
	CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
	if (!windows_setup_open(NULL, &setup, err))
		return false;
	return wish->is_removal ? setup_remove(&setup.host, wish->is_trial, ret_changes, err)
				: apply(&setup, wish, ret_changes, err);
}

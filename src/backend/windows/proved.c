/* Windows' own of kept.h: the store in cordon's state, and what a finding rests on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/accounts.h"
#include "backend/windows/cage.h"
#include "backend/windows/probe_plan.h"
#include "backend/windows/runner.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

#include <aclapi.h>
#include <sddl.h>
#include <winternl.h>

enum { FILE_MAX = 64 * 1024 };

/* -- the store ----------------------------------------------------------------------------------------------------- */

struct proved_store {
	struct kept_store store;
	char *folder;
};

static bool is_well_known(PSID sid, WELL_KNOWN_SID_TYPE type)
{
	return IsWellKnownSid(sid, type);
}

/* Whoever else could write it could say anything in it. */
static bool is_written_by_others(PACL list, PSID owner, PSID user)
{
	if (!list)
		return true;
	for (DWORD i = 0; i < list->AceCount; i++) {
		ACCESS_ALLOWED_ACE *entry;
		if (!GetAce(list, i, (void **)&entry) || entry->Header.AceType > ACCESS_DENIED_ACE_TYPE)
			return true;
		const ACCESS_MASK changes = RIGHTS_CHANGE | GENERIC_WRITE | GENERIC_ALL | MAXIMUM_ALLOWED;
		PSID sid = &entry->SidStart;
		bool is_trusted = EqualSid(sid, owner) || EqualSid(sid, user) ||
				  is_well_known(sid, WinLocalSystemSid) ||
				  is_well_known(sid, WinBuiltinAdministratorsSid);
		if (entry->Header.AceType == ACCESS_ALLOWED_ACE_TYPE && (entry->Mask & changes) && !is_trusted)
			return true;
	}
	return false;
}

static void *ask_own_token(TOKEN_INFORMATION_CLASS class)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	DWORD length = 0;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return NULL;
	GetTokenInformation(token, class, NULL, 0, &length);
	void *answer = length ? calloc(1, length) : NULL;
	if (answer && GetTokenInformation(token, class, answer, length, &length))
		return answer;
	free(answer);
	return NULL;
}

/* With administrator's rights the owner of new files is the group, which a process without them cannot name. */
static bool is_ours(HANDLE file)
{
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR descriptor = NULL;
	PSID owner = NULL;
	PACL list = NULL;
	if (GetSecurityInfo(file, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL,
			    &list, NULL, &descriptor) != ERROR_SUCCESS)
		return false;
	TOKEN_OWNER *own = ask_own_token(TokenOwner);
	TOKEN_USER *user = ask_own_token(TokenUser);
	bool is_one = own && user && owner && EqualSid(owner, own->Owner) &&
		      !is_written_by_others(list, owner, user->User.Sid);
	free(own);
	free(user);
	return is_one;
}

static bool store_read(struct kept_store *store, const char *name, struct text *ret_bytes, bool *ret_is_ours,
		       struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", ((struct proved_store *)store)->folder, name);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	CORDON_ON_EXIT(free_text) char *bytes = malloc(FILE_MAX);
	DWORD count = 0;
	*ret_is_ours = false;
	if (!path || !bytes)
		return cordon_fail_memory(err);
	if (!native_path(path, &native, err))
		return false;
	/* One handle for both questions; nobody writes while it is open. */
	CORDON_ON_EXIT(close_handle)
	HANDLE file = CreateFileW(native, GENERIC_READ | READ_CONTROL, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
				  OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return GetLastError() == ERROR_FILE_NOT_FOUND ||
		       windows_fail(err, GetLastError(), "CreateFile", "open '%s'", path);
	if (!ReadFile(file, bytes, FILE_MAX, &count, NULL))
		return windows_fail(err, GetLastError(), "ReadFile", "read '%s'", path);
	*ret_is_ours = is_ours(file);
	text_add_bytes(ret_bytes, bytes, count);
	return text_ok(ret_bytes) || cordon_fail_memory(err);
}

static bool store_write(struct kept_store *store, const char *name, const char *bytes, size_t length,
			struct cordon_error *err)
{
	return os_write_file(((struct proved_store *)store)->folder, name, bytes, length, err);
}

/* -- the key ------------------------------------------------------------------------------------------------------- */

/* The kernel's page that every process may read and none may write (ntddk.h, KUSER_SHARED_DATA, of Windows 10 and later):
 * a number that each boot has its own of. 0 on systems that only look like Windows.
 */
static DWORD boot_number(void)
{
	return *(const volatile DWORD *)(uintptr_t)(0x7ffe0000 + 0x2c4);
}

/* The number alone begins anew where a system is installed anew, or a virtual machine goes back. */
static bool add_boot(struct text *text)
{
	SYSTEM_TIMEOFDAY_INFORMATION times = { 0 };
	NTSTATUS status = NtQuerySystemInformation(SystemTimeOfDayInformation, &times, sizeof times, NULL);
	LARGE_INTEGER booted;
	memcpy(&booted, &times, sizeof booted);
	text_addf(text, "boot %lu %llx\n", boot_number(), (unsigned long long)booted.QuadPart);
	return status >= 0 && boot_number() != 0;
}

static bool add_windows(struct text *text)
{
	OSVERSIONINFOW version = { .dwOSVersionInfoSize = sizeof version };
	typedef LONG(WINAPI * get_version)(OSVERSIONINFOW *);
	get_version rtl = (get_version)(void (*)(void))GetProcAddress(GetModuleHandleW(L"ntdll"), "RtlGetVersion");
	DWORD revision = 0, size = sizeof revision;
	if (!rtl || rtl(&version) != 0)
		return false;
	RegGetValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", L"UBR", RRF_RT_REG_DWORD,
		     NULL, &revision, &size);
	text_addf(text, "windows %lu.%lu.%lu.%lu\n", version.dwMajorVersion, version.dwMinorVersion,
		  version.dwBuildNumber, revision);
	return true;
}

/* Another build is another file, or the same one written later. */
static bool add_file(const WCHAR *path, struct text *text)
{
	CORDON_ON_EXIT(close_handle)
	HANDLE file = CreateFileW(path, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
				  0, NULL);
	FILETIME made, written;
	LARGE_INTEGER size;
	uint64_t device, inode;
	if (file == INVALID_HANDLE_VALUE || !GetFileTime(file, &made, NULL, &written) || !GetFileSizeEx(file, &size) ||
	    !file_identity(file, &device, &inode))
		return false;
	text_addf(text, "program %llx %llx %llx %lx%08lx %lx%08lx\n", (unsigned long long)device,
		  (unsigned long long)inode, (unsigned long long)size.QuadPart, made.dwHighDateTime, made.dwLowDateTime,
		  written.dwHighDateTime, written.dwLowDateTime);
	return true;
}

/* In the tier account, what starts every command as well. */
static bool add_programs(enum tier tier, struct text *text)
{
	WCHAR path[MAX_PATH * 4];
	HMODULE module;
	if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
				(LPCWSTR)(uintptr_t)&trial_count, &module) ||
	    !GetModuleFileNameW(module, path, MAX_PATH * 4 - 32) || !add_file(path, text))
		return false;
	WCHAR *slash = wcsrchr(path, L'\\');
	if (!probe_program || !slash)
		return false;
	wcscpy(slash + 1, probe_program);
	if (!add_file(path, text))
		return false;
	if (tier != TIER_ACCOUNT || !runner_program)
		return true;
	wcscpy(slash + 1, runner_program);
	return add_file(path, text);
}

/* Who asks, in which session, with which rights; and whether there is a console that could be reached. */
static bool add_asker(struct text *text)
{
	TOKEN_USER *user = ask_own_token(TokenUser);
	TOKEN_STATISTICS *about = ask_own_token(TokenStatistics);
	TOKEN_MANDATORY_LABEL *label = ask_own_token(TokenIntegrityLevel);
	CORDON_ON_EXIT(free_local) LPWSTR name = NULL;
	bool is_known = user && about && label && ConvertSidToStringSidW(user->User.Sid, &name);
	if (is_known) {
		text_add(text, "asker ");
		wide_add(text, name, wide_length(name));
		text_addf(text, " %lx %lx %lx %lx %lx console %d\n", about->AuthenticationId.HighPart,
			  about->AuthenticationId.LowPart, about->GroupCount, about->PrivilegeCount,
			  *GetSidSubAuthority(label->Label.Sid, 0), GetConsoleCP() != 0);
	}
	free(user);
	free(about);
	free(label);
	return is_known;
}

/* What keeps packages and accounts from the network is a service: started anew it may have other filters. */
static void add_filtering(struct text *text)
{
	SERVICE_STATUS_PROCESS status = { 0 };
	DWORD size;
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
	SC_HANDLE service = manager ? OpenServiceW(manager, L"BFE", SERVICE_QUERY_STATUS) : NULL;
	if (service)
		QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &size);
	if (service)
		CloseServiceHandle(service);
	if (manager)
		CloseServiceHandle(manager);
	text_addf(text, "filtering %lu %lu\n", status.dwCurrentState, status.dwProcessId);
}

/* What setup has made, whole: accounts, their ports, and the steps by which filters and rights were put on. */
static bool add_setup(struct text *text)
{
	CORDON_ON_EXIT(pool_free) struct pool pool = { 0 };
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!accounts_read(&pool, &ignored) || !pool_write(&pool, &bytes, &ignored))
		return false;
	text_addf(text, "setup %s %zu %016llx\n", pool.key, bytes.length,
		  (unsigned long long)hash_text(text_str(&bytes), bytes.length));
	return true;
}

static bool make_key(const struct plan *plan, struct text *text)
{
	if (!add_boot(text) || !add_windows(text) || !add_programs(plan->windows->tier, text) || !add_asker(text) ||
	    (plan->windows->tier == TIER_ACCOUNT && !add_setup(text)))
		return false;
	add_filtering(text);
	text_addf(text, "state %s\n", plan->facts->state);
	return kept_shape(plan->windows, text);
}

/* -- a tier -------------------------------------------------------------------------------------------------------- */

bool proved_tier(const struct plan *plan, bool is_afresh, struct probing *ret_probing, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text key = { 0 };
	CORDON_ON_EXIT(free_text) char *folder = text_format("%s\\proved", plan->facts->state);
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!folder)
		return cordon_fail_memory(err);
	const unsigned tiers = probe_tiers(plan->windows->tier, plan->network);
	struct proved_store store = { { store_read, store_write }, folder };
	/* Where something of the key is not known, nothing is kept. */
	bool is_known = make_key(plan, &key);
	if (is_afresh && os_exists(folder) && !kept_drop(&store.store, tiers, err))
		return cordon_while(err, "forget what was found before");
	if (!is_afresh && is_known && kept_find(&store.store, tiers, text_str(&key), ret_probing)) {
		probe_job(plan, ret_probing);
		return true;
	}
	if (!probe_tier(plan, ret_probing, err))
		return false;
	if (is_known)
		(void)!kept_put(&store.store, tiers, text_str(&key), ret_probing, &ignored);
	return true;
}

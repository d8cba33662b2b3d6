/* What this host is, as far as cordon may depend on it, and what somebody of these rights sees on it. */
#include "backend/windows/selftest.h"

#include <fwpmu.h>
#include <lm.h>
#include <sddl.h>
#include <string.h>

#include "backend/windows/accounts.h"
#include "backend/windows/setup_host.h"
#include "base/list.h"
#include "base/scope.h"

/* -- described ----------------------------------------------------------------------------------------------------- */

static const WCHAR version_key[] = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
static const WCHAR policies_key[] = L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System";
static const WCHAR defender_key[] = L"SOFTWARE\\Microsoft\\Windows Defender\\Real-Time Protection";
static const WCHAR files_key[] = L"SYSTEM\\CurrentControlSet\\Control\\FileSystem";
static const WCHAR code_key[] = L"SYSTEM\\CurrentControlSet\\Control\\CI\\Policy";
static const WCHAR services_key[] = L"SYSTEM\\CurrentControlSet\\Services";

/* What is not there is not told: Windows takes its own default then. */
static const struct {
	const char *what;
	const WCHAR *key, *value;
} told_values[] = {
	{ "edition", version_key, L"EditionID" },
	{ "version", version_key, L"DisplayVersion" },
	{ "revision", version_key, L"UBR" },
	{ "kind of installation", version_key, L"InstallationType" },
	{ "user account control", policies_key, L"EnableLUA" },
	{ "administrators by the network keep their rights", policies_key, L"LocalAccountTokenFilterPolicy" },
	{ "Defender looks at files: off", defender_key, L"DisableRealtimeMonitoring" },
	{ "short names: off", files_key, L"NtfsDisable8dot3NameCreation" },
	{ "long paths", files_key, L"LongPathsEnabled" },
	{ "smart app control", code_key, L"VerifiedAndReputablePolicyState" },
	{ "AppLocker, programs", L"SOFTWARE\\Policies\\Microsoft\\Windows\\SrpV2\\Exe", L"EnforcementMode" },
	{ "proxies are each user's", L"SOFTWARE\\Policies\\Microsoft\\Windows\\CurrentVersion\\Internet Settings",
	  L"ProxySettingsPerUser" },
	{ "secondary logon starts", L"SYSTEM\\CurrentControlSet\\Services\\seclogon", L"Start" },
	{ "filtering engine starts", L"SYSTEM\\CurrentControlSet\\Services\\BFE", L"Start" },
	{ "fair share of processors", L"SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Quota System",
	  L"EnableCpuQuota" },
};

static void tell_value(const char *what, const WCHAR *key, const WCHAR *value)
{
	union {
		WCHAR text[128];
		DWORD number;
	} found = { .text = { 0 } };
	DWORD type, size = sizeof found;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (RegGetValueW(HKEY_LOCAL_MACHINE, key, value, RRF_RT_REG_SZ | RRF_RT_REG_DWORD | RRF_SUBKEY_WOW6464KEY,
			 &type, &found, &size) != ERROR_SUCCESS)
		return;
	if (type == REG_SZ)
		wide_add(&text, found.text, wide_length(found.text));
	else
		text_addf(&text, "%lu", found.number);
	report_note("%s: %s", what, text_str(&text));
}

/* What looks at files on their way: Microsoft gives those against malware these heights. */
static void tell_scanner(const WCHAR *service)
{
	enum { FIRST = 320000, LAST = 329999 };
	WCHAR key[400], instance[128], altitude[64];
	DWORD size = sizeof instance, altitude_size = sizeof altitude;
	_snwprintf(key, COUNT_OF(key) - 1, L"%ls\\%ls\\Instances", services_key, service);
	key[COUNT_OF(key) - 1] = 0;
	if (RegGetValueW(HKEY_LOCAL_MACHINE, key, L"DefaultInstance", RRF_RT_REG_SZ, NULL, instance, &size) !=
	    ERROR_SUCCESS)
		return;
	size_t length = wide_length(key);
	_snwprintf(key + length, COUNT_OF(key) - 1 - length, L"\\%ls", instance);
	if (RegGetValueW(HKEY_LOCAL_MACHINE, key, L"Altitude", RRF_RT_REG_SZ, NULL, altitude, &altitude_size) !=
	    ERROR_SUCCESS)
		return;
	unsigned long height = wcstoul(altitude, NULL, 10);
	if (height >= FIRST && height <= LAST)
		report_note("looks at files against malware: %ls", service);
}

static void tell_scanners(void)
{
	HKEY key;
	WCHAR name[128];
	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, services_key, 0, KEY_ENUMERATE_SUB_KEYS, &key) != ERROR_SUCCESS)
		return;
	for (DWORD i = 0, length = COUNT_OF(name);
	     RegEnumKeyExW(key, i, name, &length, NULL, NULL, NULL, NULL) == ERROR_SUCCESS;
	     i++, length = COUNT_OF(name))
		tell_scanner(name);
	RegCloseKey(key);
}

static void tell_version(void)
{
	typedef LONG(WINAPI * get_version)(OSVERSIONINFOW *);
	OSVERSIONINFOW version = { .dwOSVersionInfoSize = sizeof version };
	SYSTEM_INFO machine;
	get_version rtl = (get_version)(void (*)(void))GetProcAddress(GetModuleHandleW(L"ntdll"), "RtlGetVersion");
	if (rtl)
		rtl(&version);
	GetNativeSystemInfo(&machine);
	report_note("cordon %s on Windows %lu.%lu.%lu%s, machine %u", CORDON_VERSION, version.dwMajorVersion,
		    version.dwMinorVersion, version.dwBuildNumber, is_wine() ? " (Wine)" : "",
		    machine.wProcessorArchitecture);
}

static void tell_language(void)
{
	WCHAR user[LOCALE_NAME_MAX_LENGTH] = L"?", machine[LOCALE_NAME_MAX_LENGTH] = L"?";
	LCIDToLocaleName(MAKELCID(GetUserDefaultUILanguage(), SORT_DEFAULT), user, COUNT_OF(user), 0);
	LCIDToLocaleName(MAKELCID(GetSystemDefaultUILanguage(), SORT_DEFAULT), machine, COUNT_OF(machine), 0);
	report_note("language: %ls, of the system: %ls; code page %u", user, machine, GetACP());
}

static bool ask_own_token(TOKEN_INFORMATION_CLASS class, void *answer, DWORD size)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	DWORD length;
	return OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) &&
	       GetTokenInformation(token, class, answer, size, &length);
}

static void tell_rights(const struct selftest *test)
{
	static const char *const kinds[] = { "unknown", "the only token", "a full token beside a lesser one",
					     "a lesser token beside a full one" };
	union {
		TOKEN_MANDATORY_LABEL label;
		char room[128];
	} level;
	TOKEN_ELEVATION_TYPE kind = 0;
	DWORD session = 0, integrity = 0;
	ask_own_token(TokenElevationType, &kind, sizeof kind);
	ProcessIdToSessionId(GetCurrentProcessId(), &session);
	if (ask_own_token(TokenIntegrityLevel, &level, sizeof level))
		integrity = *GetSidSubAuthority(level.label.Label.Sid, 0);
	report_note("%s administrator's rights, %s, integrity 0x%lx, session %lu%s",
		    test->is_elevated ? "with" : "without", kinds[kind < COUNT_OF(kinds) ? kind : 0], integrity,
		    session, GetSystemMetrics(SM_REMOTESESSION) ? " by remote desktop" : "");
}

static void tell_domain(void)
{
	static const char *const kinds[] = { "unknown", "none", "a workgroup", "a domain" };
	LPWSTR name = NULL;
	NETSETUP_JOIN_STATUS status = NetSetupUnknownStatus;
	if (NetGetJoinInformation(NULL, &name, &status) == NERR_Success)
		NetApiBufferFree(name);
	report_note("member of: %s", kinds[(size_t)status < COUNT_OF(kinds) ? (size_t)status : 0]);
}

void host_describe(const struct selftest *test)
{
	BOOL is_in_job = FALSE;
	tell_version();
	for (size_t i = 0; i < COUNT_OF(told_values); i++)
		tell_value(told_values[i].what, told_values[i].key, told_values[i].value);
	tell_language();
	tell_rights(test);
	tell_domain();
	tell_scanners();
	services_describe();
	IsProcessInJob(GetCurrentProcess(), NULL, &is_in_job);
	report_note("%u processors, %llu MB of memory, in a job of the host's: %s, console: %s",
		    test->facts->processors, (unsigned long long)(test->facts->memory >> 20), is_in_job ? "yes" : "no",
		    GetConsoleCP() ? "yes" : "no");
}

/* -- tried --------------------------------------------------------------------------------------------------------- */

/* Names differ from language to language; what SID stands behind them does not. */
static enum result find_groups(struct trying *trying)
{
	static const WELL_KNOWN_SID_TYPE groups[] = { WinBuiltinAdministratorsSid, WinBuiltinUsersSid, WinWorldSid,
						      WinAuthenticatedUserSid, WinInteractiveSid };
	CORDON_ON_EXIT(text_free) struct text names = { 0 };
	for (size_t i = 0; i < COUNT_OF(groups); i++) {
		union {
			SID sid;
			char room[SECURITY_MAX_SID_SIZE];
		} made, found;
		DWORD size = sizeof made, found_size = sizeof found;
		WCHAR name[256], domain[256], whole[520];
		DWORD name_length = COUNT_OF(name), domain_length = COUNT_OF(domain);
		SID_NAME_USE use;
		if (!CreateWellKnownSid(groups[i], NULL, &made, &size) ||
		    !LookupAccountSidW(NULL, &made, name, &name_length, domain, &domain_length, &use))
			return judged(trying, false, "the group of number %zu has no name (error %lu)", i,
				      GetLastError());
		_snwprintf(whole, COUNT_OF(whole) - 1, domain[0] ? L"%ls\\%ls" : L"%ls%ls", domain, name);
		whole[COUNT_OF(whole) - 1] = 0;
		domain_length = COUNT_OF(domain);
		if (!LookupAccountNameW(NULL, whole, &found, &found_size, domain, &domain_length, &use) ||
		    !EqualSid(&made, &found))
			return judged(trying, false, "'%ls' is not found again (error %lu)", whole, GetLastError());
		text_add(&names, i ? ", " : "");
		wide_add(&names, name, wide_length(name));
	}
	return judged(trying, text_ok(&names), "%s", text_str(&names));
}

static enum result keep_descriptors(struct trying *trying)
{
	WCHAR root[8] = { (WCHAR)trying->test->folder[0], L':', L'\\', 0 }, kind[64] = L"";
	DWORD flags = 0;
	if (trying->test->folder[1] != ':')
		return skipped(trying, "the temporary folder is on no drive");
	if (!GetVolumeInformationW(root, NULL, 0, NULL, NULL, &flags, kind, COUNT_OF(kind)))
		return judged(trying, false, "the drive is not told of (error %lu)", GetLastError());
	return judged(trying, flags & FILE_PERSISTENT_ACLS, "%ls, drive of kind %u", kind, GetDriveTypeW(root));
}

static bool is_administrators(HANDLE token, BOOL *ret_is)
{
	CORDON_ON_EXIT(close_handle) HANDLE asked = NULL;
	union {
		SID sid;
		char room[SECURITY_MAX_SID_SIZE];
	} group;
	DWORD size = sizeof group;
	return CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, &group, &size) &&
	       DuplicateTokenEx(token, TOKEN_QUERY | TOKEN_IMPERSONATE, NULL, SecurityIdentification,
				TokenImpersonation, &asked) &&
	       CheckTokenMembership(asked, &group, ret_is);
}

static enum result drop_administrators(struct trying *trying)
{
	static struct sid grants[] = { { SID_USER, 0 } };
	static const struct windows_token recipe = { .drops_privileges = true,
						     .drops_administrators = true,
						     .integrity = INTEGRITY_MEDIUM,
						     .default_grants = { grants, 1, 1 } };
	CORDON_ON_EXIT(identities_free) struct identities identities = { 0 };
	CORDON_ON_EXIT(close_handle) HANDLE own = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE made = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	BOOL was = FALSE, is = TRUE;
	const char *why = "";
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &own) ||
	    !identities_make(0, &identities, &err) || !token_make(&recipe, &identities, &made, &err))
		return failed(trying, &err);
	if (!is_administrators(own, &was) || !is_administrators(made, &is))
		return judged(trying, false, "tokens do not say who is in them (error %lu)", GetLastError());
	if (!was)
		return skipped(trying, "this elevated user is no administrator");
	return judged(trying, !is && token_holds(made, &recipe, &identities, &why),
		      "a member before: %d, after: %d; %s", was, is, why ? why : "");
}

static enum result refuse_setup(struct trying *trying)
{
	CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!windows_setup_open(NULL, &setup, &err))
		return failed(trying, &err);
	bool may = setup.host.may(&setup.host, &err);
	return judged(trying, may == trying->test->is_elevated, "%s", may ? "it may" : err.text);
}

/* What is tried is an engine that would change, in a transaction that is given up. */
static enum result refuse_filters(struct trying *trying)
{
	HANDLE engine = NULL;
	FWPM_SESSION0 session = { .flags = 1 /* FWPM_SESSION_FLAG_DYNAMIC: what it makes goes with it */ };
	FWPM_SUBLAYER0 sublayer = { .displayData = { .name = L"cordon-selftest" } };
	DWORD code = FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &session, &engine);
	if (code == ERROR_SUCCESS) {
		FwpmTransactionBegin0(engine, 0);
		code = FwpmSubLayerAdd0(engine, &sublayer, NULL);
		FwpmTransactionAbort0(engine);
		FwpmEngineClose0(engine);
	}
	return judged(trying, code == (trying->test->is_elevated ? ERROR_SUCCESS : ERROR_ACCESS_DENIED), "error 0x%lx",
		      code);
}

static enum result wrap_secret(struct trying *trying)
{
	static const uint16_t password[] = L"not a password";
	CORDON_ON_EXIT(text_free) struct text wrapped = { 0 };
	CORDON_ON_EXIT(free_wide) uint16_t *again = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!secret_wrap(password, &wrapped, &err) || !secret_unwrap(text_str(&wrapped), wrapped.length, &again, &err))
		return failed(trying, &err);
	return judged(trying, wcscmp(again, password) == 0, "%zu bytes", wrapped.length);
}

static enum result keep_limits(struct trying *trying)
{
	static const struct windows_job limits = { .memory = 1 << 30, .processes = 50, .cpu_rate = 5000 };
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	const char *missing = NULL;
	if (!job_make(&limits, &job, &missing, &err))
		return failed(trying, &err);
	return judged(trying, !missing, "%s", missing ? missing : "memory, processes and processors");
}

static enum result nest_jobs(struct trying *trying)
{
	static const struct windows_job no_limits = { 0 };
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	const char *missing;
	PROCESS_INFORMATION process;
	BOOL is_in = FALSE;
	char *argv[] = { trying->test->program, (char[]){ "command" }, (char[]){ "status" }, (char[]){ "0" }, NULL };
	if (!job_make(&no_limits, &job, &missing, &err))
		return failed(trying, &err);
	const struct launch launch = { .program = argv[0], .argv = argv, .job = job };
	if (!launch_start(&launch, &process, &err))
		return failed(trying, &err);
	IsProcessInJob(process.hProcess, job, &is_in);
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	return job_end(job, SELFTEST_WAIT_MS, &err) ? judged(trying, is_in, "%s", "") : failed(trying, &err);
}

static const struct selftest_row rows[] = { HOST_CASES(SELFTEST_ROW) };

void host_try(struct selftest *test)
{
	try_rows(test, rows, COUNT_OF(rows), -1, NULL, NULL);
}

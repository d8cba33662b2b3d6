#include "base/windows_error.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/wide.h"

/* The numbers are of winerror.h, lmerr.h, winsock2.h and ntstatus.h, where each has the name that stands behind it. */
struct remedy {
	uint32_t first, last;
	const char *what;
};

#define LOCAL "use a folder on a local NTFS drive"
#define ADMINISTRATOR "ask who administers this machine"
#define SET_UP_AGAIN "run 'cordon setup' as administrator again"
#define OTHER_PORTS "'cordon setup --remove' and 'cordon setup' draw others"

/* What a code means of one call, and is not what it means elsewhere. `api` stands in the names that a message gives; the
 * first that fits counts, and before those of one code come none of all codes (from 0 to the end).
 */
static const struct {
	const char *api;
	struct remedy remedy;
} calls[] = {
	/* The account's logon. */
	{ "CreateProcessWithLogonW",
	  { 5, 5,
	    "services (Session 0), some sandboxes and virus scanners may not: start cordon where a user is logged on" } },
	{ "CreateProcessWithLogonW",
	  { 1058, 1058, "the service 'Secondary Logon' (seclogon) is disabled: have it enabled" } },
	{ "CreateProcessWithLogonW",
	  { 1062, 1062, "the service 'Secondary Logon' (seclogon) does not run: have it enabled" } },
	{ "CreateProcessWithLogonW",
	  { 2, 3, "a virus scanner may have taken cordon's runner away: have it leave cordon be" } },
	/* Desktops: the heap that they are made in is small, and smaller for services. */
	{ "CreateDesktop",
	  { 8, 8,
	    "no desktop is left in this session (services, in Session 0, have few): end programs that make some" } },
	{ "CreateDesktop",
	  { 5, 5,
	    "the window station is closed to you (a service, Session 0): start cordon where a user is logged on" } },
	{ "CreatePseudoConsole", { 0, UINT32_MAX, "use --no-tty" } },
	{ "SetConsoleMode", { 0, UINT32_MAX, "use --no-tty" } },
	/* A Remote Desktop server shares its processors by itself (Dynamic Fair Share Scheduling). */
	{ "SetInformationJobObject",
	  { 50, 50, "the fair sharing of a Remote Desktop server forbids it: leave limits.cpus out" } },
	{ "AssignProcessToJobObject",
	  { 5, 5, "its process is in a job that has none inside: start cordon outside of what limits it" } },
	/* Keys of the user (DPAPI). */
	{ "CryptUnprotectData",
	  { 0, UINT32_MAX, "another Windows has kept them, or they are damaged: " SET_UP_AGAIN } },
	{ "CryptProtectData",
	  { 2, 3, "your profile is not loaded (a service, Session 0): start cordon where you are logged on" } },
	{ "CryptProtectData",
	  { 0x8009000b, 0x8009000b,
	    "your password was reset, and your keys with it: log on anew, or " ADMINISTRATOR } },
	{ "CryptProtectData",
	  { 0x80090345, 0x80090345,
	    "no domain controller keeps your keys: connect to the domain's network, or " ADMINISTRATOR } },
	/* Names of users and groups. */
	{ "LookupAccountName", { 1332, 1332, "see how it is spelt: NAME, MACHINE\\NAME, DOMAIN\\NAME or S-1-5-…" } },
	{ "LookupAccountName",
	  { 1722, 1722, "the domain does not answer: connect to its network, or name the user by SID" } },
	{ "LookupAccountName", { 1788, 1789, "this machine and its domain do not trust each other: " ADMINISTRATOR } },
	/* Accounts, rights and profiles of setup. */
	{ "NetUserAdd", { 5, 5, "a policy of the domain or a virus scanner forbids new accounts: " ADMINISTRATOR } },
	{ "NetUserAdd", { 2226, 2226, "this is a domain controller, which has no accounts of its own" } },
	{ "NetUserAdd", { 2245, 2245, "the password policy refuses 47 random characters: " ADMINISTRATOR } },
	{ "LsaAddAccountRights", { 0, UINT32_MAX, "a policy of the domain may set rights as well: " ADMINISTRATOR } },
	{ "LsaRemoveAccountRights",
	  { 0, UINT32_MAX, "a policy of the domain may set rights as well: " ADMINISTRATOR } },
	{ "DeleteProfile", { 0, UINT32_MAX, "a program of the account may still run: restart Windows and try again" } },
	/* Filters. */
	{ "Fwpm", { 5, 5, "a security product keeps the filters to itself, or this is no administrator" } },
	{ "Fwpm",
	  { 0x80320009, 0x80320009, "another has one of its name: 'cordon setup --remove', then set up again" } },
	{ "Fwpm", { 0x8032000a, 0x8032000a, "filters of another rest on it: remove those, then try again" } },
	{ "Fwpm", { 0x8032000e, 0x80320012, "another program changes filters: try again when it is done" } },
	/* Packages. */
	{ "AppContainer",
	  { 1, UINT32_MAX, "a policy or a security product may forbid AppContainers: another tier has to do" } },
	/* Ports. */
	{ "bind", { 10013, 10013, "Windows keeps the port from programs (for Hyper-V, say): " OTHER_PORTS } },
	{ "bind", { 10048, 10048, "another program has the port: " OTHER_PORTS } },
};

static const struct remedy remedies[] = {
	{ 1, 1, "its file system cannot do that: " LOCAL },   /* ERROR_INVALID_FUNCTION */
	{ 4, 4, "close programs that hold many files open" }, /* TOO_MANY_OPEN_FILES */
	{ 5, 5, "see that it is yours, and that no policy or virus scanner (controlled folder access) forbids it" },
	{ 8, 8, "close other programs: memory is short" },                               /* NOT_ENOUGH_MEMORY */
	{ 14, 14, "close other programs: memory is short" },                             /* OUTOFMEMORY */
	{ 19, 19, "the drive is write-protected: use another" },                         /* WRITE_PROTECT */
	{ 21, 21, "the drive is not ready: see that its medium is in it and unlocked" }, /* NOT_READY */
	{ 32, 33, "another program has it open (editor, build, virus scanner, OneDrive): close that and try again" },
	{ 39, 39, "the drive is full: make room on it" },                                /* HANDLE_DISK_FULL */
	{ 50, 50, "its file system cannot do that: " LOCAL },                            /* NOT_SUPPORTED */
	{ 51, 51, "a network drive that is gone: " LOCAL },                              /* REM_NOT_LIST */
	{ 53, 55, "a network drive that is gone: " LOCAL },                              /* BAD_NETPATH… */
	{ 59, 59, "a network drive that is gone: " LOCAL },                              /* UNEXP_NET_ERR */
	{ 64, 67, "a network drive: " LOCAL },                                           /* NETNAME_DELETED… */
	{ 112, 112, "the drive is full: make room on it" },                              /* DISK_FULL */
	{ 193, 193, "it is no program: name its interpreter before it" },                /* BAD_EXE_FORMAT */
	{ 206, 206, "the path is too long: use a folder nearer to the drive's root" },   /* FILENAME_EXCED_RANGE */
	{ 216, 216, "it is a program for another processor: install the one for this" }, /* EXE_MACHINE_TYPE_MISMATCH */
	{ 225, 226, "a virus scanner holds it back: take it out of quarantine and let the scanner leave it be" },
	{ 267, 267, "the folder to start in is gone, or closed to the command" }, /* DIRECTORY */
	/* ERROR_CLOUD_FILE_…: of OneDrive and its like */
	{ 358, 358, "a cloud folder is damaged: have its program mend it, or use a folder that is on this disk" },
	{ 362, 362, "a cloud folder's program does not run: start it, or use a folder that is on this disk" },
	{ 363, 366, "a cloud folder is damaged: have its program mend it, or use a folder that is on this disk" },
	{ 374, 375, "a cloud folder is damaged: have its program mend it, or use a folder that is on this disk" },
	{ 377, 382, "the file is in the cloud: have its folder kept on this disk, or use another folder" },
	{ 386, 398, "the file is in the cloud: have its folder kept on this disk, or use another folder" },
	{ 404, 404, "a cloud folder's program has ended: start it, or use a folder that is on this disk" },
	{ 426, 426, "a cloud folder's program does not answer: start it, or use a folder that is on this disk" },
	{ 577, 577, "its signature does not hold: install it again" },                      /* INVALID_IMAGE_HASH */
	{ 740, 740, "the program wants an administrator's rights, which no cordon gives" }, /* ELEVATION_REQUIRED */
	{ 1058, 1058, "the service is disabled: enable it, or ask the administrator to" },  /* SERVICE_DISABLED */
	{ 1062, 1062, "the service does not run: start it, or ask the administrator to" },  /* SERVICE_NOT_ACTIVE */
	{ 1219, 1219,
	  "a network drive that is open under another name as well: " LOCAL }, /* SESSION_CREDENTIAL_CONFLICT */
	{ 1260, 1260, "a policy (AppLocker) forbids it: ask the administrator to allow it" }, /* ..._BY_POLICY */
	{ 1311, 1311, "the domain does not answer: connect to its network" },                 /* NO_LOGON_SERVERS */
	{ 1314, 1314, "that is for administrators: do it in an elevated prompt" },            /* PRIVILEGE_NOT_HELD */
	{ 1325, 1325, "a policy about passwords refuses it: ask the administrator" },         /* PASSWORD_RESTRICTION */
	{ 1326, 1326, "the account's password is another now: " SET_UP_AGAIN },               /* LOGON_FAILURE */
	{ 1327, 1327, "a policy restricts the account: ask the administrator to exempt it" }, /* ACCOUNT_RESTRICTION */
	{ 1328, 1329, "a policy restricts when and where the account logs on: ask the administrator to exempt it" },
	{ 1330, 1330, "the account's password has expired: " SET_UP_AGAIN }, /* PASSWORD_EXPIRED */
	{ 1331, 1331, "somebody has disabled the account: " SET_UP_AGAIN },  /* ACCOUNT_DISABLED */
	{ 1385, 1385, "a policy forbids the account to log on locally (or denies it that right): " ADMINISTRATOR },
	{ 1392, 1393, "the drive has errors: run chkdsk on it" },                            /* FILE_CORRUPT… */
	{ 1398, 1398, "the clocks of this machine and of its domain differ: set them" },     /* TIME_SKEW */
	{ 1450, 1455, "close other programs, or enlarge the paging file: memory is short" }, /* NO_SYSTEM_RESOURCES… */
	{ 1459, 1459, "a service has no desktop (Session 0): start cordon where a user is logged on" },
	{ 1722, 1723, "the service does not answer: see that it runs ('Base Filtering Engine' for filters)" },
	{ 1753, 1753, "the service does not answer: see that it runs ('Base Filtering Engine' for filters)" },
	{ 1793, 1793, "the account has expired: " SET_UP_AGAIN }, /* ACCOUNT_EXPIRED */
	{ 1816, 1816, "a limit on processes or memory forbids it: raise limits.processes or limits.memory" },
	{ 1907, 1907, "the account's password has expired: " SET_UP_AGAIN }, /* PASSWORD_MUST_CHANGE */
	{ 1909, 1909, "the account is locked after wrong passwords: wait, then " SET_UP_AGAIN },
	{ 1920, 1920, "a link of the Store's or of a cloud stands there: name the file itself" }, /* CANT_ACCESS_FILE */
	{ 2202, 2202, "a policy about names refuses it: ask the administrator" },                 /* NERR_BadUsername */
	{ 2245, 2245, "a policy about passwords refuses it: ask the administrator" }, /* NERR_PasswordTooShort */
	{ 4391, 4394, "a link or a cloud placeholder stands there: use a folder that is neither" }, /* REPARSE_… */
	{ 4551, 4551, "a policy (App Control) forbids it: ask the administrator to allow it" }, /* SYSTEM_INTEGRITY_… */
	{ 10091, 10091, "Windows' sockets are not ready: restart Windows" },                    /* WSASYSNOTREADY */
	{ 10104, 10106, "Windows' sockets are damaged: run 'netsh winsock reset', then restart" }, /* WSAEPROVIDER… */
	/* Statuses of processes that ended as they started. */
	{ 0xc0000022, 0xc0000022, "a virus scanner or a policy may forbid it: " ADMINISTRATOR },
	{ 0xc0000135, 0xc0000135, "a library of it is missing: install it again" },
	{ 0xc0000142, 0xc0000142,
	  "no desktop was left for it, as for services (Session 0): end programs, or log on anew" },
};

uint32_t windows_error_code(uint32_t code)
{
	return code >> 16 == 0x8007 ? code & 0xffff : code;
}

static bool is_of(const struct remedy *remedy, uint32_t code)
{
	return remedy->first <= code && code <= remedy->last;
}

static bool is_catch_all(const struct remedy *remedy)
{
	return remedy->last == UINT32_MAX;
}

static const char *remedy_of_call(const char *api, uint32_t code, bool is_for_all)
{
	for (size_t i = 0; i < COUNT_OF(calls); i++)
		if (is_of(&calls[i].remedy, code) && is_catch_all(&calls[i].remedy) == is_for_all &&
		    strstr(api, calls[i].api))
			return calls[i].remedy.what;
	return NULL;
}

/* Of memory, of a drive's room: the same whatever the call. */
static bool is_shortage(uint32_t code)
{
	return code == 8 || code == 14 || code == 39 || code == 112 || (code >= 1450 && code <= 1455);
}

const char *windows_error_remedy(const char *api, uint32_t code)
{
	const char *what = remedy_of_call(api, code, false);
	if (!what && !is_shortage(code))
		what = remedy_of_call(api, code, true);
	for (size_t i = 0; i < COUNT_OF(remedies) && !what; i++)
		if (is_of(&remedies[i], code))
			what = remedies[i].what;
	return what;
}

void windows_error_add(struct text *text, const char *api, uint32_t code, const uint16_t *words, size_t length)
{
	const char *remedy = windows_error_remedy(api, code);
	while (length > 0 && (words[length - 1] <= ' ' || words[length - 1] == '.'))
		length--;
	if (length > 0)
		wide_add(text, words, length);
	else
		text_add(text, "Windows refused");
	/* As they are looked up: the small ones are written in decimals, the others never. */
	text_addf(text, code < 0x80000000 ? " (%s: error %lu)" : " (%s: error 0x%08lx)", api, (unsigned long)code);
	if (remedy)
		text_addf(text, "; %s", remedy);
}

bool windows_error_fail(struct cordon_error *err, const char *api, uint32_t code, const uint16_t *words, size_t length,
			const char *format, va_list args)
{
	char context[CORDON_ERROR_TEXT_SIZE + 8192]; /* cut by what knows how, not here */
	struct text text = { 0 };
	vsnprintf(context, sizeof context, format, args);
	windows_error_add(&text, api, windows_error_code(code), words, length);
	cordon_fail_os(err, windows_error_code(code), "%s: %s", context, text_str(&text));
	text_free(&text);
	return false;
}

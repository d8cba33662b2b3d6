/* What each tier can give for each guarantee. The word before the live probe is never better than what is known without
 * it: containment on Windows is trusted only where it was seen to hold.
 */
#include "policy/plan_windows.h"

#define HELD(why_text) \
	{ \
		LEVEL_ENFORCED, LEVEL_ENFORCED, why_text, NULL \
	}
#define PROVED(before, why_text, proof_text) \
	{ \
		LEVEL_ENFORCED, before, why_text, proof_text \
	}
#define PARTLY(why_text) \
	{ \
		LEVEL_PARTIAL, LEVEL_PARTIAL, why_text, NULL \
	}
#define ABSENT(why_text) \
	{ \
		LEVEL_ABSENT, LEVEL_ABSENT, why_text, NULL \
	}

/* The same job and supervisor in every tier. */
#define SHARED_LIMITS \
	[GUARANTEE_LIMITS_MEMORY] = PROVED(LEVEL_PARTIAL, "the job's limit of committed memory", \
					   "more than the limit cannot be committed"), \
	[GUARANTEE_LIMITS_CPU] = PROVED(LEVEL_PARTIAL, "the job's processor rate", \
					"the rate reads back as set (fair share scheduling refuses it)"), \
	[GUARANTEE_LIMITS_CPU_TIME] = PARTLY("the supervisor polls the job's accounting: ended a moment late"), \
	[GUARANTEE_LIMITS_WALL_TIME] = HELD("the supervisor's clock"), \
	[GUARANTEE_LIMITS_PROCESSES] = PROVED(LEVEL_PARTIAL, "the job's limit of active processes", \
					      "one process more than the limit does not start"), \
	[GUARANTEE_LIMITS_OPEN_FILES] = ABSENT("Windows has no such limit"), \
	[GUARANTEE_LIMITS_DISK] = PARTLY("the supervisor polls the job's counters, which miss mapped writes"), \
	[GUARANTEE_LIMITS_FILE_SIZE] = ABSENT("Windows has no such limit"), \
	[GUARANTEE_LIMITS_OUTPUT] = HELD("the supervisor's relay counts")

static const struct tier_promise account_promises[GUARANTEE_COUNT] = {
	[GUARANTEE_FILES_WRITE] = PROVED(
		LEVEL_PARTIAL, "an account without rights outside the roots, write-restricted, below medium integrity",
		"outside the roots no write, attribute, descriptor, link or deletion through the parent succeeds"),
	[GUARANTEE_FILES_READ] = PROVED(
		LEVEL_PARTIAL,
		"the user's profile grants the account nothing; denials elsewhere, which leave name, size and times",
		"hidden files open neither by path nor in a shadow copy"),
	[GUARANTEE_FILES_PROTECT] = PROVED(LEVEL_PARTIAL,
					   "denials on protected paths and on the directories above them",
					   "a protected path can be neither changed nor renamed away; a file saved by "
					   "rename is denied again at once"),
	[GUARANTEE_NET_OFF] = PROVED(
		LEVEL_PARTIAL, "filters by account at connect, accept, listen and bind",
		"connects are refused at once, also by SMB, WebDAV, BITS and the resolver on the account's behalf"),
	[GUARANTEE_NET_FILTERED] = PROVED(
		LEVEL_PARTIAL, "filters by account leave the gate alone",
		"nothing but the gate is reached, also by SMB, WebDAV and BITS on the account's behalf"),
	[GUARANTEE_NET_DNS] = PROVED(LEVEL_ABSENT, "the system's resolver answers every account",
				     "a random name asked inside is not looked up"),
	[GUARANTEE_IPC] = PROVED(LEVEL_PARTIAL, "other users' objects grant the account nothing",
				 "no pipe of another user opens for writing"),
	[GUARANTEE_PROCESSES] = PROVED(
		LEVEL_PARTIAL, "other users' processes grant the account nothing",
		"processes of the user, of cordon and of another run do not open; no COM class starts as the user"),
	[GUARANTEE_KERNEL] = PROVED(LEVEL_PARTIAL, "no privilege but passing through directories; no extension points",
				    "raw volumes and disks do not open"),
	[GUARANTEE_TERMINAL] = PROVED(LEVEL_ABSENT, "a console of the run's own",
				      "the user's console cannot be attached to"),
	[GUARANTEE_DESKTOP] = PROVED(LEVEL_PARTIAL, "a window station of the run's own",
				     "the user's desktop does not open; input and clipboard stay apart"),
	[GUARANTEE_REGISTRY] = PROVED(LEVEL_PARTIAL, "the account's own hive, reset after each run",
				      "the user's hive does not open for writing"),
	[GUARANTEE_CREDENTIALS] = PROVED(LEVEL_PARTIAL, "a logon session of the account's own",
					 "a credential and a secret of the user's cannot be read"),
	SHARED_LIMITS,
	[GUARANTEE_TREE] = PROVED(LEVEL_PARTIAL, "a job without breakaway, ended with its last handle",
				  "no process started by tasks, WMI, COM, BITS or services outlives the run"),
};

static const struct tier_promise appcontainer_promises[GUARANTEE_COUNT] = {
	[GUARANTEE_FILES_WRITE] = PROVED(
		LEVEL_PARTIAL, "a package writes only where it is granted",
		"outside the roots no write, attribute, descriptor, link or deletion succeeds"),
	[GUARANTEE_FILES_READ] = PROVED(LEVEL_PARTIAL, "a package reads what it or every package is granted",
					"files of the user's do not open"),
	[GUARANTEE_FILES_PROTECT] = PROVED(LEVEL_PARTIAL,
					   "protected paths, and the directories above them, inherit no grant",
					   "a protected path can be neither changed nor renamed away"),
	[GUARANTEE_NET_OFF] = PROVED(LEVEL_PARTIAL, "no network capability",
				     "connects and look-ups are refused at once"),
	[GUARANTEE_NET_FILTERED] = ABSENT("a package cannot reach the gate: loopback is closed to it"),
	[GUARANTEE_NET_DNS] = ABSENT("a package cannot reach the gate: loopback is closed to it"),
	[GUARANTEE_IPC] = PROVED(LEVEL_PARTIAL, "named objects of its own, low integrity",
				 "no pipe of another user opens for writing"),
	[GUARANTEE_PROCESSES] = PROVED(LEVEL_PARTIAL, "low integrity: processes outside do not open",
				       "processes of the user, of cordon and of another run do not open"),
	[GUARANTEE_KERNEL] = PROVED(LEVEL_PARTIAL, "no privilege but passing through directories; no extension points",
				    "raw volumes and disks do not open"),
	[GUARANTEE_TERMINAL] = PROVED(LEVEL_PARTIAL, "a console of the run's own, low integrity",
				      "the user's console cannot be attached to"),
	[GUARANTEE_DESKTOP] = PROVED(LEVEL_PARTIAL, "low integrity: windows outside take no messages",
				     "the user's desktop does not open; no input reaches it"),
	[GUARANTEE_REGISTRY] = PROVED(LEVEL_PARTIAL, "a hive of the package's own",
				      "the user's hive does not open for writing"),
	[GUARANTEE_CREDENTIALS] = PROVED(LEVEL_PARTIAL, "the package's identity, not the user's",
					 "a credential and a secret of the user's cannot be read"),
	SHARED_LIMITS,
	[GUARANTEE_TREE] = PROVED(LEVEL_PARTIAL, "a job without breakaway, ended with its last handle",
				  "no process started by tasks, WMI, COM or services outlives the run"),
};

static const struct tier_promise token_promises[GUARANTEE_COUNT] = {
	[GUARANTEE_FILES_WRITE] = PARTLY(
		"a write-restricted token; where Everyone may write, so may the command, what the user's folders let "
		"him delete, it may delete, and network shares take it for the user"),
	[GUARANTEE_FILES_READ] = ABSENT("the command reads as the user does"),
	[GUARANTEE_FILES_PROTECT] = PARTLY(
		"denials on protected paths; a directory whose DELETE_CHILD the user has may lose them"),
	[GUARANTEE_NET_OFF] = ABSENT("the network cannot tell the command from the user"),
	[GUARANTEE_NET_FILTERED] = ABSENT("the network cannot tell the command from the user"),
	[GUARANTEE_NET_DNS] = ABSENT("the network cannot tell the command from the user"),
	[GUARANTEE_IPC] = ABSENT("services and COM answer the user's own account"),
	[GUARANTEE_PROCESSES] = ABSENT("the memory of the user's processes can be read, and they can be ended"),
	[GUARANTEE_KERNEL] = ABSENT("the user's own devices and drive letters stay in reach"),
	[GUARANTEE_TERMINAL] = ABSENT("the user's console can be attached to"),
	[GUARANTEE_DESKTOP] = ABSENT("the user's desktop grants the logon session"),
	[GUARANTEE_REGISTRY] = PROVED(LEVEL_PARTIAL, "the user's hive grants none of the restricting identities",
				      "the user's hive does not open for writing"),
	[GUARANTEE_CREDENTIALS] = ABSENT("the user's own logon session"),
	SHARED_LIMITS,
	[GUARANTEE_TREE] = ABSENT("tasks, WMI and COM start processes outside the job as the user"),
};

static const char *const tier_names[TIER_COUNT] = {
	[TIER_ACCOUNT] = "account",
	[TIER_APPCONTAINER] = "appcontainer",
	[TIER_TOKEN] = "token",
};

static const char *const role_names[SID_ROLE_COUNT] = {
	[SID_USER] = "user",
	[SID_SYSTEM] = "system",
	[SID_ACCOUNT] = "account",
	[SID_ACCOUNTS] = "accounts",
	[SID_CAPABILITY] = "capability",
	[SID_RUN] = "run",
	[SID_LOGON] = "logon",
	[SID_EVERYONE] = "everyone",
	[SID_OWNER_RIGHTS] = "owner-rights",
	[SID_INTERACTIVE] = "interactive",
	[SID_PACKAGE] = "package",
};

const char *tier_name(enum tier tier)
{
	return tier_names[tier];
}

const char *sid_role_name(enum sid_role role)
{
	return role_names[role];
}

struct tier_promise tier_promise(enum tier tier, enum guarantee guarantee)
{
	static const struct tier_promise *const promises[TIER_COUNT] = {
		[TIER_ACCOUNT] = account_promises,
		[TIER_APPCONTAINER] = appcontainer_promises,
		[TIER_TOKEN] = token_promises,
	};
	return promises[tier][guarantee];
}

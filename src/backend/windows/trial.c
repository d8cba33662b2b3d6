#include "backend/windows/trial.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"

/* GetLastError values, which are the same on every build. */
enum {
	INVALID_FUNCTION = 1,
	FILE_NOT_FOUND = 2,
	PATH_NOT_FOUND = 3,
	ACCESS_DENIED = 5,
	INVALID_HANDLE = 6,
	NOT_ENOUGH_MEMORY = 8,
	INVALID_DATA = 13,
	NO_MORE_FILES = 18,
	GEN_FAILURE = 31,
	NOT_SUPPORTED = 50,
	BAD_NETPATH = 53,
	NETWORK_DENIED = 65,
	BAD_NET_NAME = 67,
	INVALID_NAME = 123,
	NO_PROCEDURE = 127,
	NOT_FOUND = 1168,
	NO_NETWORK_PATH = 1203,
	NETWORK_UNREACHABLE = 1231,
	HOST_UNREACHABLE_1232 = 1232,
	DISABLED_BY_POLICY = 1260,
	NO_LOGON_SESSION = 1312,
	NO_WINDOW = 1400,
	NO_CLIPBOARD = 1418,
	COMMITMENT_LIMIT = 1455,
	NOT_ENOUGH_QUOTA = 1816,
	/* winsock's */
	CONNECT_DENIED = 10013,
	NO_FAMILY = 10047,
	NO_ADDRESS = 10049,
	NO_NETWORK = 10050,
	NETWORK_UNREACHABLE_WSA = 10051,
	NO_LISTENER = 10061,
	HOST_UNREACHABLE = 10065,
	/* ICMP's and the resolver's */
	ICMP_NETWORK_UNREACHABLE = 11002,
	ICMP_HOST_UNREACHABLE = 11003,
	NO_NAME_SERVERS = 9852,
};

/* HRESULTs and codes of winsock. */
#define COM_DENIED 0x80070005u
#define COM_NO_CLASS 0x80040154u
#define COM_NO_SERVER 0x800706bau
#define COM_DISABLED 0x80070422u
#define COM_NO_SERVICE 0x80070424u
#define COM_NO_FILE 0x80070002u
#define COM_NOT_STARTED 0x80080005u
#define COM_NO_USER 0x8000401au
#define NOT_IMPLEMENTED 0x80004001u
#define WMI_DENIED 0x80041003u
#define BAD_KEY_STATE 0x8009000bu

#define REFUSED(name_, tiers_, guarantee_, done_) \
	{ \
		.name = name_, .kind = TRIAL_MUST_FAIL, .tiers = tiers_, .guarantee = guarantee_, \
		.errors = { ACCESS_DENIED }, .done = done_ \
	}
#define REFUSED_WITH(name_, tiers_, guarantee_, done_, ...) \
	{ \
		.name = name_, .kind = TRIAL_MUST_FAIL, .tiers = tiers_, .guarantee = guarantee_, .done = done_, \
		__VA_ARGS__ \
	}
#define WORKS(name_, tiers_) \
	{ \
		.name = name_, .kind = TRIAL_MUST_WORK, .tiers = tiers_ \
	}
#define WORKS_IF(name_, tiers_, ...) \
	{ \
		.name = name_, .kind = TRIAL_MUST_WORK, .tiers = tiers_, __VA_ARGS__ \
	}

/* What a tier is known not to keep (docs/windows.md says so, by guarantee) is not among its own: for files the model of
 * tests/nt says which those are.
 */
const struct trial_case trial_cases[] = {
	REFUSED("write-outside", TRIAL_EVERYWHERE, GUARANTEE_FILES_WRITE, "a file outside was written"),
	REFUSED("create-outside", TRIAL_EVERYWHERE, GUARANTEE_FILES_WRITE, "a file was made outside"),
	REFUSED("delete-outside", TRIAL_APART, GUARANTEE_FILES_WRITE, "a file outside was deleted"),
	REFUSED("rename-outside", TRIAL_EVERYWHERE, GUARANTEE_FILES_WRITE, "a file outside was renamed"),
	REFUSED("attributes-outside", TRIAL_EVERYWHERE, GUARANTEE_FILES_WRITE,
		"attributes of a file outside were changed"),
	REFUSED("descriptor-outside", TRIAL_EVERYWHERE, GUARANTEE_FILES_WRITE,
		"a file outside was given another descriptor"),
	REFUSED("owner-outside", TRIAL_EVERYWHERE, GUARANTEE_FILES_WRITE, "a file outside could be given an owner"),
	REFUSED("link-outside", TRIAL_APART, GUARANTEE_FILES_WRITE, "a file outside got a second name"),
	REFUSED_WITH("stream-outside", TRIAL_EVERYWHERE, GUARANTEE_FILES_WRITE,
		     "a second stream of a file outside was written", .errors = { ACCESS_DENIED },
		     .absent = { INVALID_NAME, FILE_NOT_FOUND, PATH_NOT_FOUND },
		     .lacks = "this drive has no second streams"),
	REFUSED("delete-by-parent", TRIAL_APART, GUARANTEE_FILES_WRITE,
		"a file outside was deleted by a right of its folder"),
	REFUSED("write-everyones", TRIAL_APART, GUARANTEE_FILES_WRITE, "a file that Everyone may write was written"),
	REFUSED("write-siblings", TRIAL_EVERYWHERE, GUARANTEE_FILES_WRITE,
		"a file in the root of another run was written"),
	REFUSED_WITH("make-in-drive", TRIAL_EVERYWHERE, GUARANTEE_FILES_WRITE,
		     "a folder was made in the root of the system's drive", .errors = { ACCESS_DENIED },
		     .absent = { ACCESS_DENIED },
		     .lacks = "the root of the system's drive is closed to this user, too"),
	REFUSED_WITH("make-in-programdata", TRIAL_EVERYWHERE, GUARANTEE_FILES_WRITE, "a folder was made in ProgramData",
		     .errors = { ACCESS_DENIED }, .absent = { ACCESS_DENIED },
		     .lacks = "ProgramData is closed to this user, too"),
	REFUSED_WITH("make-in-public", TRIAL_EVERYWHERE, GUARANTEE_FILES_WRITE,
		     "a folder was made in the folder of all users", .errors = { ACCESS_DENIED },
		     .absent = { ACCESS_DENIED, PATH_NOT_FOUND },
		     .lacks = "the folder of all users is closed to this user, too, or is not there"),
	REFUSED_WITH(
		"make-in-drives", TRIAL_EVERYWHERE, GUARANTEE_FILES_WRITE,
		"a folder was made in the root of another drive", .errors = { ACCESS_DENIED },
		.absent = { NO_MORE_FILES, ACCESS_DENIED },
		.lacks = "there is no other drive that keeps descriptors and in which this user may make a folder"),
	REFUSED("read-hidden", TRIAL_APART, GUARANTEE_FILES_READ, "a hidden file was read"),
	REFUSED("list-hidden", TRIAL_APART, GUARANTEE_FILES_READ, "a hidden folder was listed"),
	REFUSED_WITH("read-snapshot", TRIAL_APART, GUARANTEE_FILES_READ,
		     "the user's profile was listed in a shadow copy", .errors = { ACCESS_DENIED },
		     .absent = { FILE_NOT_FOUND, PATH_NOT_FOUND, ACCESS_DENIED },
		     .lacks = "there is no shadow copy of the user's drive that this user may read"),
	REFUSED("read-denied", TRIAL_ACCOUNT, GUARANTEE_FILES_READ, "a file hidden in a root was read"),
	REFUSED("list-denied", TRIAL_ACCOUNT, GUARANTEE_FILES_READ, "a folder hidden in a root was listed"),
	REFUSED("write-protected", TRIAL_EVERYWHERE, GUARANTEE_FILES_PROTECT, "a protected file was written"),
	REFUSED("delete-protected", TRIAL_APART, GUARANTEE_FILES_PROTECT, "a protected file was deleted"),
	REFUSED("replace-protected", TRIAL_EVERYWHERE, GUARANTEE_FILES_PROTECT,
		"another file was put in the place of a protected one"),
	REFUSED("rename-above", TRIAL_APART, GUARANTEE_FILES_PROTECT, "the folder of a protected file was renamed"),
	REFUSED_WITH("connect", TRIAL_APART, GUARANTEE_NET_OFF, "a connection was made", .errors = { CONNECT_DENIED }),
	REFUSED_WITH("connect-6", TRIAL_APART, GUARANTEE_NET_OFF, "a connection was made by IPv6",
		     .errors = { CONNECT_DENIED }, .absent = { NO_ADDRESS, NO_FAMILY, NO_NETWORK, NO_LISTENER },
		     .lacks = "this host has no IPv6"),
	REFUSED_WITH("connect-hyperv", TRIAL_APART, GUARANTEE_NET_OFF, "a connection was made by a Hyper-V socket",
		     .errors = { CONNECT_DENIED }, .absent = { NO_FAMILY, CONNECT_DENIED, NO_LISTENER },
		     .lacks = "this host has no Hyper-V sockets that this user may listen on"),
	REFUSED_WITH("send", TRIAL_APART, GUARANTEE_NET_OFF, "a datagram was sent", .errors = { CONNECT_DENIED }),
	REFUSED_WITH("send-6", TRIAL_APART, GUARANTEE_NET_OFF, "a datagram was sent by IPv6",
		     .errors = { CONNECT_DENIED }, .absent = { NO_ADDRESS, NO_FAMILY, NO_NETWORK },
		     .lacks = "this host has no IPv6"),
	REFUSED_WITH("broadcast", TRIAL_APART, GUARANTEE_NET_OFF, "a datagram was sent to all",
		     .errors = { CONNECT_DENIED }, .absent = { NO_ADDRESS, NETWORK_UNREACHABLE_WSA, HOST_UNREACHABLE },
		     .lacks = "this host sends nothing to all of loopback"),
	REFUSED_WITH("bind", TRIAL_CLOSED, GUARANTEE_NET_OFF, "a port was bound", .errors = { CONNECT_DENIED }),
	REFUSED_WITH("listen", TRIAL_ACCOUNT, GUARANTEE_NET_OFF, "a port was listened on",
		     .errors = { CONNECT_DENIED }),
	REFUSED_WITH("bind-datagrams", TRIAL_ACCOUNT, GUARANTEE_NET_OFF, "a port for datagrams was bound",
		     .errors = { CONNECT_DENIED }),
	/* Whatever the listener is told, nobody comes to it. */
	{ .name = "accept",
	  .kind = TRIAL_UNSEEN,
	  .tiers = TRIAL_APART,
	  .guarantee = GUARANTEE_NET_OFF,
	  .done = "a connection of the host's was taken" },
	REFUSED_WITH("raw-socket", TRIAL_APART, GUARANTEE_NET_OFF, "a socket below TCP and UDP was opened",
		     .errors = { CONNECT_DENIED }, .absent = { CONNECT_DENIED },
		     .lacks = "only an administrator opens sockets below TCP and UDP"),
	REFUSED_WITH("ping", TRIAL_APART, GUARANTEE_NET_OFF, "an echo was asked for by ICMP",
		     .errors = { ACCESS_DENIED, CONNECT_DENIED }, .absent = { NOT_SUPPORTED, INVALID_FUNCTION },
		     .lacks = "this host has no ICMP"),
	REFUSED_WITH("share", TRIAL_APART, GUARANTEE_NET_OFF, "a share of this host was reached by SMB",
		     .is_by_service = true, .errors = { ACCESS_DENIED, NETWORK_DENIED },
		     .absent = { FILE_NOT_FOUND, BAD_NETPATH, BAD_NET_NAME, NETWORK_UNREACHABLE },
		     .lacks = "this host has no SMB client, or no server that it reaches"),
	REFUSED_WITH("download", TRIAL_APART, GUARANTEE_NET_OFF, "BITS took a job, which reaches the network for it",
		     .is_by_service = true, .errors = { COM_DENIED, COM_NO_CLASS },
		     .absent = { COM_NO_CLASS, COM_NO_SERVER, COM_DISABLED }, .lacks = "BITS is not here, or disabled"),
	/* A gated account's names are net.dns' matter, which this tier lacks. */
	REFUSED_WITH("read-resolver", TRIAL_CLOSED | TRIAL_PACKAGE, GUARANTEE_NET_OFF,
		     "the system's resolver answered, which asks others for names", .is_by_service = true,
		     .errors = { ACCESS_DENIED, GEN_FAILURE }, .absent = { GEN_FAILURE, NO_PROCEDURE },
		     .lacks = "the system's resolver keeps no names, or does not run"),
	REFUSED_WITH("connect-away", TRIAL_APART, GUARANTEE_NET_OFF, "a connection to another host was tried",
		     .errors = { CONNECT_DENIED }, .absent = { NETWORK_UNREACHABLE_WSA, HOST_UNREACHABLE },
		     .lacks = "this host has no way to other networks", .goes_out = true),
	REFUSED_WITH("send-away", TRIAL_APART, GUARANTEE_NET_OFF, "a datagram to another host was sent",
		     .errors = { CONNECT_DENIED }, .absent = { NETWORK_UNREACHABLE_WSA, HOST_UNREACHABLE },
		     .lacks = "this host has no way to other networks", .goes_out = true),
	REFUSED_WITH("connect-away-6", TRIAL_APART, GUARANTEE_NET_OFF, "a connection to another host was tried by IPv6",
		     .errors = { CONNECT_DENIED },
		     .absent = { NETWORK_UNREACHABLE_WSA, HOST_UNREACHABLE, NO_ADDRESS, NO_FAMILY, NO_NETWORK },
		     .lacks = "this host has no way to other networks by IPv6", .goes_out = true),
	REFUSED_WITH("send-away-6", TRIAL_APART, GUARANTEE_NET_OFF, "a datagram to another host was sent by IPv6",
		     .errors = { CONNECT_DENIED },
		     .absent = { NETWORK_UNREACHABLE_WSA, HOST_UNREACHABLE, NO_ADDRESS, NO_FAMILY, NO_NETWORK },
		     .lacks = "this host has no way to other networks by IPv6", .goes_out = true),
	REFUSED_WITH("ping-away", TRIAL_APART, GUARANTEE_NET_OFF, "an echo of another host was asked for by ICMP",
		     .errors = { ACCESS_DENIED, CONNECT_DENIED },
		     .absent = { NOT_SUPPORTED, INVALID_FUNCTION, NETWORK_UNREACHABLE, HOST_UNREACHABLE_1232,
				 ICMP_NETWORK_UNREACHABLE, ICMP_HOST_UNREACHABLE },
		     .lacks = "this host has no way to other networks", .goes_out = true),
	REFUSED_WITH("share-away", TRIAL_APART, GUARANTEE_NET_OFF, "a share of another host was asked for by SMB",
		     .is_by_service = true, .errors = { ACCESS_DENIED, NETWORK_DENIED },
		     .absent = { BAD_NETPATH, BAD_NET_NAME, NO_NETWORK_PATH, NETWORK_UNREACHABLE, HOST_UNREACHABLE_1232,
				 FILE_NOT_FOUND },
		     .lacks = "this host has no SMB client, or no way to other networks", .goes_out = true),
	REFUSED_WITH("web-away", TRIAL_APART, GUARANTEE_NET_OFF, "a share of another host was asked for by WebDAV",
		     .is_by_service = true, .errors = { ACCESS_DENIED, NETWORK_DENIED },
		     .absent = { BAD_NETPATH, BAD_NET_NAME, NO_NETWORK_PATH, NETWORK_UNREACHABLE, HOST_UNREACHABLE_1232,
				 FILE_NOT_FOUND },
		     .lacks = "this host has no WebDAV client, or no way to other networks", .goes_out = true),
	REFUSED_WITH("resolve-away", TRIAL_APART, GUARANTEE_NET_OFF, "the resolver asked another host for a name",
		     .is_by_service = true, .errors = { ACCESS_DENIED, CONNECT_DENIED },
		     .absent = { NETWORK_UNREACHABLE_WSA, HOST_UNREACHABLE, NO_NAME_SERVERS },
		     .lacks = "this host has no way to other networks", .goes_out = true),
	REFUSED_WITH("connect-unix", TRIAL_APART, GUARANTEE_IPC, "a socket of the user's was connected to",
		     .errors = { CONNECT_DENIED }, .absent = { NO_FAMILY },
		     .lacks = "this host has no sockets of the family AF_UNIX"),
	REFUSED("write-pipe", TRIAL_APART, GUARANTEE_IPC, "a pipe of the user's was opened for writing"),
	REFUSED_WITH("write-siblings-pipe", TRIAL_ACCOUNT, GUARANTEE_IPC,
		     "a pipe of another run's was opened for writing", .errors = { ACCESS_DENIED },
		     .absent = { FILE_NOT_FOUND }, .lacks = "there is no second account that is free"),
	REFUSED_WITH("write-section", TRIAL_APART, GUARANTEE_IPC, "shared memory of the user's was opened for writing",
		     .errors = { ACCESS_DENIED, FILE_NOT_FOUND }),
	REFUSED("read-memory", TRIAL_APART, GUARANTEE_PROCESSES, "cordon's own memory was opened"),
	REFUSED("write-memory", TRIAL_APART, GUARANTEE_PROCESSES, "cordon's own memory was opened for writing"),
	REFUSED("copy-handle", TRIAL_APART, GUARANTEE_PROCESSES, "handles of cordon's could be copied"),
	REFUSED("start-as-child", TRIAL_APART, GUARANTEE_PROCESSES,
		"a process could be started as a child of cordon's"),
	REFUSED("end-process", TRIAL_APART, GUARANTEE_PROCESSES, "cordon itself could have been ended"),
	REFUSED("open-users-process", TRIAL_APART, GUARANTEE_PROCESSES,
		"a program of the user's could be read, written, ended or acted for"),
	REFUSED_WITH("open-sibling", TRIAL_APART, GUARANTEE_PROCESSES,
		     "a process of another run could be read, written, ended or acted for", .errors = { ACCESS_DENIED },
		     .absent = { NOT_FOUND }, .lacks = "there is no second package or account that is free"),
	REFUSED("open-runner", TRIAL_ACCOUNT, GUARANTEE_PROCESSES,
		"the program that starts the command could be read, written, ended or acted for"),
	REFUSED_WITH("reach-shell", TRIAL_APART, GUARANTEE_PROCESSES, "the user's desktop shell answered by COM",
		     .errors = { COM_DENIED, COM_NO_CLASS }, .absent = { COM_NO_CLASS, COM_NO_SERVER },
		     .lacks = "there is no desktop shell"),
	REFUSED_WITH("reach-session", TRIAL_APART, GUARANTEE_PROCESSES,
		     "COM started a program as the user who is logged on", .errors = { COM_DENIED, COM_NO_CLASS },
		     .absent = { COM_NO_CLASS, COM_NO_SERVER, COM_NO_FILE, COM_NOT_STARTED, COM_NO_USER },
		     .lacks = "there is no class that starts as the logged-on user, or nobody is logged on"),
	{ .name = "define-device",
	  .kind = TRIAL_UNSEEN,
	  .tiers = TRIAL_APART,
	  .guarantee = GUARANTEE_KERNEL,
	  .done = "a device name of the user's was defined" },
	REFUSED_WITH("raw-volume", TRIAL_APART, GUARANTEE_KERNEL, "the system's volume was opened below its files",
		     .errors = { ACCESS_DENIED }, .absent = { ACCESS_DENIED },
		     .lacks = "only an administrator opens a volume below its files"),
	REFUSED_WITH("attach-console", TRIAL_APART, GUARANTEE_TERMINAL, "the user's console was attached to",
		     .errors = { ACCESS_DENIED }, .absent = { INVALID_HANDLE, GEN_FAILURE },
		     .lacks = "cordon itself has no console"),
	REFUSED_WITH("type-in-console", TRIAL_APART, GUARANTEE_TERMINAL, "a key was typed into a console of the user's",
		     .errors = { ACCESS_DENIED }, .absent = { INVALID_HANDLE, GEN_FAILURE },
		     .lacks = "a program without a window gets no console here"),
	REFUSED_WITH("post-message", TRIAL_APART, GUARANTEE_DESKTOP, "a window of the user's was sent a message",
		     .errors = { ACCESS_DENIED, NO_WINDOW }, .absent = { NOT_FOUND },
		     .lacks = "a program of the user's gets no window here"),
	/* Windows does not tell who types that it was kept from a window, neither inside nor, where an administrator's is in
	 * front, outside.
	 */
	{ .name = "send-input",
	  .kind = TRIAL_UNSEEN,
	  .tiers = TRIAL_APART,
	  .guarantee = GUARANTEE_DESKTOP,
	  .absent = { NOT_FOUND, ACCESS_DENIED },
	  .is_absent_unseen = true,
	  .lacks = "the desktop is locked or has no screen, or the key that is tried is somebody else's",
	  .done = "a key was typed for the user" },
	/* In a window station of its own the names of a desktop and a clipboard are its own's. */
	REFUSED_WITH("open-station", TRIAL_ACCOUNT, GUARANTEE_DESKTOP, "the user's window station was opened",
		     .errors = { ACCESS_DENIED }, .absent = { FILE_NOT_FOUND, ACCESS_DENIED },
		     .lacks = "cordon was not started on a desktop with a screen"),
	REFUSED_WITH("find-atom", TRIAL_ACCOUNT, GUARANTEE_DESKTOP, "the user's clipboard and atoms are shared",
		     .errors = { ACCESS_DENIED, FILE_NOT_FOUND }),
	REFUSED_WITH("open-desktop", TRIAL_APART, GUARANTEE_DESKTOP, "the user's desktop was opened",
		     .errors = { ACCESS_DENIED, FILE_NOT_FOUND }),
	REFUSED_WITH("enter-desktop", TRIAL_APART, GUARANTEE_DESKTOP, "another desktop of the user's was entered",
		     .errors = { ACCESS_DENIED, FILE_NOT_FOUND }),
	/* The same that is shown already. Where nobody sees any there is none to be shown. */
	REFUSED_WITH("switch-desktop", TRIAL_APART, GUARANTEE_DESKTOP, "the desktop that is shown was chosen",
		     .errors = { ACCESS_DENIED, INVALID_FUNCTION },
		     .absent = { ACCESS_DENIED, INVALID_FUNCTION, FILE_NOT_FOUND },
		     .lacks = "the desktop is locked, or has no screen"),
	REFUSED_WITH("open-clipboard", TRIAL_PACKAGE, GUARANTEE_DESKTOP, "the user's clipboard was opened",
		     .errors = { ACCESS_DENIED, NO_CLIPBOARD }),
	REFUSED("write-registry", TRIAL_EVERYWHERE, GUARANTEE_REGISTRY, "the user's registry was written"),
	REFUSED_WITH("open-run-key", TRIAL_EVERYWHERE, GUARANTEE_REGISTRY,
		     "the list of what starts with the user's session could be written", .errors = { ACCESS_DENIED },
		     .absent = { FILE_NOT_FOUND }, .lacks = "the user has no such list"),
	REFUSED_WITH("read-credential", TRIAL_APART, GUARANTEE_CREDENTIALS, "a credential of the user's was read",
		     .errors = { ACCESS_DENIED, NOT_FOUND, NO_LOGON_SESSION }),
	REFUSED_WITH("unprotect", TRIAL_APART, GUARANTEE_CREDENTIALS, "a secret of the user's was decrypted",
		     .errors = { ACCESS_DENIED, INVALID_DATA, BAD_KEY_STATE, FILE_NOT_FOUND }),
	REFUSED_WITH("commit-memory", TRIAL_EVERYWHERE, GUARANTEE_LIMITS_MEMORY,
		     "more memory was taken than the job's limit",
		     .errors = { NOT_ENOUGH_MEMORY, COMMITMENT_LIMIT, NOT_ENOUGH_QUOTA }),
	REFUSED_WITH("more-processes", TRIAL_EVERYWHERE, GUARANTEE_LIMITS_PROCESSES,
		     "more processes were started than the job's limit", .errors = { NOT_ENOUGH_QUOTA }),
	REFUSED("leave-job", TRIAL_EVERYWHERE, GUARANTEE_TREE, "a process was started outside the job"),
	REFUSED_WITH("register-task", TRIAL_APART, GUARANTEE_TREE, "a task was registered that would outlive the run",
		     .errors = { COM_DENIED, ACCESS_DENIED, COM_NO_CLASS },
		     .absent = { COM_NO_CLASS, COM_NO_SERVER, COM_DENIED },
		     .lacks = "the task scheduler is not here, or takes no tasks of this user"),
	REFUSED_WITH("start-by-wmi", TRIAL_APART, GUARANTEE_TREE, "WMI started a process outside the job",
		     .errors = { COM_DENIED, WMI_DENIED, COM_NO_CLASS }, .absent = { COM_NO_CLASS, COM_NO_SERVER },
		     .lacks = "WMI is not here"),
	REFUSED_WITH("start-wsl", TRIAL_APART, GUARANTEE_TREE, "Linux could be started outside the job",
		     .errors = { COM_DENIED, COM_NO_CLASS },
		     .absent = { COM_NO_CLASS, COM_NO_SERVER, COM_DISABLED, COM_NO_SERVICE, COM_NO_FILE },
		     .lacks = "WSL is not here"),
	/* Windows lets everybody start some of its own, an account too. */
	REFUSED_WITH("start-service", TRIAL_PACKAGE, GUARANTEE_TREE, "a service could be started",
		     .errors = { ACCESS_DENIED }),
	REFUSED_WITH("change-service", TRIAL_APART, GUARANTEE_TREE, "a service could be made or changed",
		     .errors = { ACCESS_DENIED }, .absent = { ACCESS_DENIED },
		     .lacks = "only an administrator makes and changes services"),
	{ .name = "leave-process",
	  .kind = TRIAL_LEAVES,
	  .tiers = TRIAL_EVERYWHERE,
	  .guarantee = GUARANTEE_TREE,
	  .done = "a process outlived the end of its job" },
	WORKS("read-system", TRIAL_EVERYWHERE),
	WORKS("work-in-root", TRIAL_EVERYWHERE),
	WORKS("save-by-rename", TRIAL_EVERYWHERE),
	WORKS("long-path", TRIAL_EVERYWHERE),
	WORKS("final-path", TRIAL_ACCOUNT | TRIAL_TOKEN),
	WORKS("private-folder", TRIAL_ACCOUNT),
	WORKS("null-device", TRIAL_ACCOUNT | TRIAL_TOKEN),
	WORKS("random-bytes", TRIAL_EVERYWHERE),
	WORKS("pipe", TRIAL_EVERYWHERE),
	WORKS("own-pipe", TRIAL_ACCOUNT),
	WORKS("local-pipe", TRIAL_PACKAGE),
	WORKS("reach-gate", TRIAL_GATED),
	WORKS("event", TRIAL_EVERYWHERE),
	WORKS("serve-loopback", TRIAL_TOKEN),
	WORKS("start-program", TRIAL_EVERYWHERE),
	WORKS("start-cmd", TRIAL_EVERYWHERE),
	WORKS("exit-status", TRIAL_EVERYWHERE),
	WORKS("nested-job", TRIAL_EVERYWHERE),
	WORKS_IF("schannel", TRIAL_ACCOUNT | TRIAL_TOKEN, .absent = { NOT_FOUND },
		 .lacks = "no certificate for a server can be made here"),
	WORKS_IF("console-resize", TRIAL_PACKAGE | TRIAL_TOKEN, .consoles = TRIAL_PACKAGE | TRIAL_TOKEN,
		 .absent = { NO_PROCEDURE, NOT_IMPLEMENTED }, .lacks = "this Windows has no pseudoconsoles"),
	WORKS_IF("start-powershell", TRIAL_ACCOUNT | TRIAL_TOKEN, .consoles = TRIAL_TOKEN,
		 .absent = { NO_PROCEDURE, FILE_NOT_FOUND, PATH_NOT_FOUND, DISABLED_BY_POLICY },
		 .lacks = "Windows PowerShell is not here, or a policy forbids it"),
};

const unsigned trial_count = COUNT_OF(trial_cases);

_Static_assert(COUNT_OF(trial_cases) <= TRIALS_MAX, "trial_read_answers has no room");

static unsigned find_trial(const char *name, size_t length)
{
	for (unsigned i = 0; i < trial_count; i++)
		if (strlen(trial_cases[i].name) == length && memcmp(trial_cases[i].name, name, length) == 0)
			return i;
	return trial_count;
}

bool trial_read_answers(const char *text, struct trial_answer ret_answers[TRIALS_MAX])
{
	struct trial_answer answers[TRIALS_MAX] = { 0 };
	memset(ret_answers, 0, sizeof answers);
	while (*text) {
		size_t length = strcspn(text, " \n");
		unsigned index = find_trial(text, length);
		if (index == trial_count || answers[index].was_given || text[length] != ' ')
			return false;
		text += length + 1;
		uint64_t code = 0;
		size_t digits = strspn(text, "0123456789");
		if (digits == 0 || digits > 10 || text[digits] != '\n')
			return false;
		for (; *text != '\n'; text++)
			code = code * 10 + (uint64_t)(*text - '0');
		if (code > UINT32_MAX)
			return false;
		answers[index] = (struct trial_answer){ true, (uint32_t)code };
		text++;
	}
	memcpy(ret_answers, answers, sizeof answers);
	return true;
}

static bool holds(const uint32_t codes[TRIAL_ERRORS_MAX], uint32_t code)
{
	for (int i = 0; i < TRIAL_ERRORS_MAX && codes[i]; i++)
		if (codes[i] == code)
			return true;
	return false;
}

bool trial_is_of(const struct trial_case *trial, unsigned tiers)
{
	if (trial->guarantee == GUARANTEE_NET_OFF && trial->kind != TRIAL_MUST_WORK && !(tiers & TRIAL_FENCED))
		tiers &= ~(unsigned)TRIAL_ACCOUNT;
	return trial->tiers & tiers;
}

bool trial_is_for(const struct trial_case *trial, unsigned tiers, bool goes_out)
{
	return trial_is_of(trial, tiers) && trial->goes_out == goes_out;
}

bool trial_is_fatal(const struct trial_case *trial, unsigned tiers, enum trial_verdict verdict)
{
	bool was_answered = verdict == TRIAL_DONE || verdict == TRIAL_ODD_ERROR;
	return verdict != TRIAL_HELD && !(was_answered && trial->is_by_service && (tiers & TRIAL_FENCED));
}

enum guarantee trial_guarantee(const struct trial_case *trial, unsigned tiers)
{
	return trial->guarantee == GUARANTEE_NET_OFF && (tiers & TRIAL_GATED) ? GUARANTEE_NET_FILTERED
									      : trial->guarantee;
}

/* What happened outside, where the act has to succeed. */
static enum trial_verdict judge_control(const struct trial_case *trial, struct trial_answer outside,
					struct trial_sight sight)
{
	if (outside.code != 0)
		return holds(trial->absent, outside.code) ? TRIAL_NOT_HERE : TRIAL_NO_CONTROL;
	if (!sight.is_watched || sight.was_seen_outside)
		return TRIAL_HELD;
	return trial->is_absent_unseen ? TRIAL_NOT_HERE : TRIAL_NO_CONTROL;
}

enum trial_verdict trial_judge(const struct trial_case *trial, struct trial_answer outside, struct trial_answer inside,
			       struct trial_sight sight)
{
	if (trial->kind != TRIAL_MUST_WORK && sight.was_seen_inside)
		return TRIAL_DONE;
	if (!outside.was_given || !inside.was_given)
		return TRIAL_NO_ANSWER;
	if (trial->kind == TRIAL_LEAVES)
		return outside.code == 0 ? TRIAL_NO_CONTROL : inside.code == 0 ? TRIAL_BROKEN : TRIAL_HELD;
	if (trial->kind == TRIAL_MUST_FAIL && inside.code == 0)
		return TRIAL_DONE;
	enum trial_verdict control = judge_control(trial, outside, sight);
	if (control != TRIAL_HELD || trial->kind == TRIAL_UNSEEN)
		return control;
	if (trial->kind == TRIAL_MUST_WORK)
		return inside.code == 0 && (!sight.is_watched || sight.was_seen_inside) ? TRIAL_HELD : TRIAL_BROKEN;
	return holds(trial->errors, inside.code) ? TRIAL_HELD : TRIAL_ODD_ERROR;
}

const char *trial_verdict_text(const struct trial_case *trial, enum trial_verdict verdict)
{
	switch (verdict) {
	case TRIAL_HELD:
		return "held";
	case TRIAL_DONE:
		return trial->done;
	case TRIAL_NO_CONTROL:
		return "it failed outside as well, which shows nothing";
	case TRIAL_ODD_ERROR:
		return "it failed with an error that is no refusal";
	case TRIAL_NO_ANSWER:
		return "the probe did not answer";
	case TRIAL_BROKEN:
		return "it does not work inside";
	case TRIAL_NOT_HERE:
		return trial->lacks ? trial->lacks : "there is nothing of the kind here to try it on";
	}
	return "unknown";
}

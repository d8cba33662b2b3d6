/* Who has connected. The system's table of connections names the process of each by its number; that process has to be
 * one of the run's job, and its account the run's, as far as it lets itself be asked. Whoever cannot be found is refused.
 *
 * Between the table and the question a number may become another process'. So either the process is older than the
 * table, or the table has to say the same again.
 */
#include "network/windows/gate.h"

#include <iphlpapi.h>
#include <stdlib.h>

static HANDLE job;
static PSID account; /* NULL: any */

void attribution_begin(HANDLE run, PSID of_account)
{
	job = run;
	account = of_account;
}

/* -- the table ----------------------------------------------------------------------------------------------------- */

static MIB_TCPTABLE_OWNER_PID *table; /* kept, as large as it once had to be */
static DWORD table_size;
static uint64_t read_at; /* as a FILETIME: before it was read */

static uint64_t number_of(FILETIME time)
{
	return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

/* It grows while it is asked for: a few times is enough on any host that works. */
static bool read_table(void)
{
	FILETIME now;
	GetSystemTimePreciseAsFileTime(&now);
	read_at = number_of(now);
	for (int i = 0; i < 8; i++) {
		DWORD size = table_size;
		DWORD code = GetExtendedTcpTable(table, &size, FALSE, AF_INET, TCP_TABLE_OWNER_PID_ALL, 0);
		if (code == NO_ERROR && table)
			return true;
		if (code != ERROR_INSUFFICIENT_BUFFER)
			return false;
		free(table);
		table_size = size + size / 4 + 4096;
		table = malloc(table_size);
		if (!table) {
			table_size = 0;
			return false;
		}
	}
	return false;
}

struct ends {
	struct sockaddr_in client, own;
};

static bool read_ends(int socket, struct ends *ret_ends)
{
	int client = sizeof ret_ends->client, own = sizeof ret_ends->own;
	return getpeername((SOCKET)(intptr_t)socket, (struct sockaddr *)&ret_ends->client, &client) == 0 &&
	       getsockname((SOCKET)(intptr_t)socket, (struct sockaddr *)&ret_ends->own, &own) == 0 &&
	       ret_ends->client.sin_family == AF_INET && ret_ends->own.sin_family == AF_INET;
}

/* The process at the client's end; 0: there is none, or not any more. */
static DWORD find_owner(const struct ends *ends)
{
	for (DWORD i = 0; i < table->dwNumEntries; i++) {
		const MIB_TCPROW_OWNER_PID *row = &table->table[i];
		/* Ports stand there in network order, and what is beside them is nothing. */
		if (row->dwLocalAddr == ends->client.sin_addr.s_addr &&
		    (u_short)row->dwLocalPort == ends->client.sin_port &&
		    row->dwRemoteAddr == ends->own.sin_addr.s_addr && (u_short)row->dwRemotePort == ends->own.sin_port)
			return row->dwOwningPid;
	}
	return 0;
}

/* -- the process --------------------------------------------------------------------------------------------------- */

enum belonging { IS_STRANGER, BELONGS_SURELY, BELONGS };

/* A token that cannot be read is no other account's for that: the job says whose the process is. */
static bool is_other_account(HANDLE process)
{
	union {
		TOKEN_USER user;
		BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} about;
	HANDLE token;
	DWORD length;
	if (!account || !OpenProcessToken(process, TOKEN_QUERY, &token))
		return false;
	bool is_read = GetTokenInformation(token, TokenUser, &about, sizeof about, &length);
	CloseHandle(token);
	return is_read && !EqualSid(about.user.User.Sid, account);
}

/* Less is enough for Windows; Wine wants more to say which job it is in. */
static HANDLE open_process(DWORD pid)
{
	HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, pid);
	return process ? process : OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
}

/* Processes of the account are no more open to the user than his are to it. */
static bool is_listed(DWORD pid)
{
	enum { PROCESSES_MAX = 16384 };
	static JOBOBJECT_BASIC_PROCESS_ID_LIST *list;
	const DWORD size = sizeof *list + PROCESSES_MAX * sizeof list->ProcessIdList[0];
	if (!list)
		list = malloc(size);
	if (!list || !QueryInformationJobObject(job, JobObjectBasicProcessIdList, list, size, NULL))
		return false;
	for (DWORD i = 0; i < list->NumberOfProcessIdsInList; i++)
		if (list->ProcessIdList[i] == pid)
			return true;
	return false;
}

static bool is_older(HANDLE process)
{
	FILETIME created, ended, kernel, user;
	return GetProcessTimes(process, &created, &ended, &kernel, &user) && number_of(created) < read_at;
}

static enum belonging ask_process(DWORD pid)
{
	BOOL is_in_job = FALSE;
	HANDLE process = pid ? open_process(pid) : NULL;
	if (!process)
		return pid && GetLastError() == ERROR_ACCESS_DENIED && is_listed(pid) ? BELONGS : IS_STRANGER;
	enum belonging belonging = IS_STRANGER;
	if (IsProcessInJob(process, job, &is_in_job) && is_in_job && !is_other_account(process))
		belonging = is_older(process) ? BELONGS_SURELY : BELONGS;
	CloseHandle(process);
	return belonging;
}

/* -- both ---------------------------------------------------------------------------------------------------------- */

enum { CHECKED_AT_ONCE = 64 };

struct asked {
	struct ends ends;
	DWORD owner;
	enum belonging belonging;
};

static void ask(int socket, struct asked *asked)
{
	bool is_known = read_ends(socket, &asked->ends);
	asked->owner = is_known ? find_owner(&asked->ends) : 0;
	asked->belonging = ask_process(asked->owner);
}

static void check(int sockets[], unsigned count)
{
	struct asked asked[CHECKED_AT_ONCE] = { 0 };
	bool is_read = read_table(), is_sure = true;
	for (unsigned i = 0; i < count && is_read; i++) {
		ask(sockets[i], &asked[i]);
		is_sure = is_sure && asked[i].belonging != BELONGS;
	}
	is_read = is_read && (is_sure || read_table());
	for (unsigned i = 0; i < count; i++) {
		if (is_read && (asked[i].belonging == BELONGS_SURELY ||
				(asked[i].belonging == BELONGS && find_owner(&asked[i].ends) == asked[i].owner)))
			continue;
		socket_close(sockets[i], true);
		sockets[i] = -1;
	}
}

unsigned attribution_check(int sockets[], unsigned count)
{
	unsigned strangers = 0;
	for (unsigned done = 0; done < count; done += CHECKED_AT_ONCE)
		check(sockets + done, count - done < CHECKED_AT_ONCE ? count - done : CHECKED_AT_ONCE);
	for (unsigned i = 0; i < count; i++)
		strangers += sockets[i] < 0;
	return strangers;
}

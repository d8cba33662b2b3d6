/* What only the account tier promises. Processes are started in the accounts of `cordon setup`, as the live probe starts
 * them, where it is about what an account may; and by whole runs where it is about what a run leaves.
 */
#include <winsock2.h>

#include "backend/windows/selftest.h"

#include <sddl.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/runner.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

#include <ws2tcpip.h>

enum { CONNECT_DENIED = 10013 };

/* -- one process in an account ------------------------------------------------------------------------------------- */

struct lone {
	struct account_child child;
	struct identities identities;
	HANDLE job;
};

static void free_lone(struct lone *lone)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (lone->job)
		(void)!job_end(lone->job, SELFTEST_WAIT_MS, &ignored);
	account_child_end(&lone->child);
	close_handle(&lone->job);
	identities_free(&lone->identities);
}

static bool claim(struct lone *lone, const struct world *world, enum pool_kind kind, struct cordon_error *err)
{
	static const struct windows_job no_limits = { 0 };
	const char *missing;
	return identities_make(world->plan->windows->roots.count, &lone->identities, err) &&
	       job_make(&no_limits, &lone->job, &missing, err) &&
	       account_child_claim(&lone->child, kind, &lone->identities, err);
}

/* Once. */
static bool run_claimed(struct lone *lone, const struct world *world, const char *const *words, DWORD *ret_status,
			struct cordon_error *err)
{
	enum { WORDS_MAX = 3 };
	char *argv[WORDS_MAX + 3] = { world->command, (char[]){ "command" } };
	for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
		argv[i + 2] = (char *)(uintptr_t)words[i];
	const struct launch launch = { .program = world->command,
				       .argv = argv,
				       .directory = world->root,
				       .environment = world->facts->environment,
				       .streams = { world->nothing, world->nothing, world->nothing },
				       .has_console = true };
	PROCESS_INFORMATION process;
	if (!account_child_start(&lone->child, world->facts->state, lone->job, &launch, &world->plan->windows->token,
				 &lone->identities, &process, err))
		return false;
	ResumeThread(process.hThread);
	bool is_over = ends_in_time(process.hProcess, SELFTEST_WAIT_MS, ret_status);
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	return is_over || cordon_fail(err, CORDON_OS_FAILED, "it does not end");
}

static bool run_alone(const struct world *world, enum pool_kind kind, const char *const *words, DWORD *ret_status,
		      struct cordon_error *err)
{
	CORDON_ON_EXIT(free_lone) struct lone lone = { 0 };
	return claim(&lone, world, kind, err) && run_claimed(&lone, world, words, ret_status, err);
}

/* -- the network --------------------------------------------------------------------------------------------------- */

static void close_socket(SOCKET *holder)
{
	if (*holder != INVALID_SOCKET)
		closesocket(*holder);
}

/* Port 0: any. Accepts nobody: a connection is made by the system before that. */
static SOCKET listen_at(uint16_t port, uint16_t *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int length = sizeof address;
	SOCKET made = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (made == INVALID_SOCKET)
		return made;
	if (bind(made, (struct sockaddr *)&address, sizeof address) == 0 && listen(made, 8) == 0 &&
	    getsockname(made, (struct sockaddr *)&address, &length) == 0) {
		*ret_port = ntohs(address.sin_port);
		return made;
	}
	closesocket(made);
	return INVALID_SOCKET;
}

static int connect_outside(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	CORDON_ON_EXIT(close_socket) SOCKET made = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(made, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : WSAGetLastError();
}

static enum result reach_nothing(struct trying *trying)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	uint16_t port = 0;
	CORDON_ON_EXIT(close_socket) SOCKET listener = listen_at(0, &port);
	char number[16];
	DWORD inside = 0;
	snprintf(number, sizeof number, "%u", port);
	int outside = connect_outside(port);
	if (!run_alone(trying->world, POOL_CLOSED, WORDS("connect", number), &inside, &err))
		return failed(trying, &err);
	return judged(trying, listener != INVALID_SOCKET && outside == 0 && inside == CONNECT_DENIED,
		      "outside error %d, inside %lu", outside, inside);
}

static enum result reach_gate_alone(struct trying *trying)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	uint16_t port = 0, gate = 0;
	CORDON_ON_EXIT(close_socket) SOCKET listener = listen_at(0, &port);
	CORDON_ON_EXIT(close_socket) SOCKET gate_listener = INVALID_SOCKET;
	CORDON_ON_EXIT(free_lone) struct lone lone = { 0 };
	char number[16], gate_number[16];
	DWORD both = 0;
	if (!claim(&lone, trying->world, POOL_GATED, &err))
		return failed(trying, &err);
	gate_listener = listen_at(lone.child.account.gate_port, &gate);
	if (listener == INVALID_SOCKET || gate_listener == INVALID_SOCKET)
		return judged(trying, false, "the gate's port is another program's");
	snprintf(number, sizeof number, "%u", port);
	snprintf(gate_number, sizeof gate_number, "%u", gate);
	if (connect_outside(port) != 0)
		return judged(trying, false, "outside, too, the other port is not reached");
	if (!run_claimed(&lone, trying->world, WORDS("connect", gate_number, number), &both, &err))
		return failed(trying, &err);
	return judged(trying, both == (DWORD)CONNECT_DENIED << 16, "to the gate error %lu, to another port %lu",
		      both & 0xffff, both >> 16);
}

/* A name that nobody has: the answer shows whether the resolver was asked. */
static enum result look_names_up(struct trying *trying)
{
	static const char name[] = "cordon-selftest.invalid";
	struct cordon_error err = CORDON_ERROR_INIT;
	struct addrinfo *found = NULL;
	DWORD inside = 0;
	int outside = getaddrinfo(name, NULL, NULL, &found);
	if (outside == 0)
		freeaddrinfo(found);
	if (!run_alone(trying->world, POOL_CLOSED, WORDS("look-up", name), &inside, &err))
		return failed(trying, &err);
	if (outside != WSAHOST_NOT_FOUND)
		return skipped(trying, "no resolver answers here (error %d)", outside);
	return judged(trying, inside == WSAHOST_NOT_FOUND, "outside error %d, inside %lu", outside, inside);
}

/* -- what a run leaves --------------------------------------------------------------------------------------------- */

static bool is_users(const char *path, const char *sid, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	CORDON_ON_EXIT(free_local) LPSTR words = NULL;
	BYTE bytes[1024];
	DWORD length;
	PSID owner = NULL;
	BOOL is_default;
	if (!native_path(path, &native, err))
		return false;
	if (!GetFileSecurityW(native, OWNER_SECURITY_INFORMATION, bytes, sizeof bytes, &length) ||
	    !GetSecurityDescriptorOwner(bytes, &owner, &is_default) || !ConvertSidToStringSidA(owner, &words))
		return windows_fail(err, GetLastError(),
				    "GetFileSecurity or GetSecurityDescriptorOwner or ConvertSidToStringSid",
				    "ask whose '%s' is", path);
	return strcmp(words, sid) == 0 || cordon_fail(err, CORDON_OS_FAILED, "it is %s's", words);
}

static enum result return_ownership(struct trying *trying)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	struct world *world = trying->world;
	CORDON_ON_EXIT(free_text) char *path = root_path(world, "made-inside");
	struct cage_event end;
	if (!path || !os_remove_file(path, &err) || !world_run(world, WORDS("make", "made-inside"), &end, &err))
		return failed(trying, &err);
	if (end.exit.code != 0 || !os_exists(path))
		return judged(trying, false, "the command made nothing: status 0x%x", (unsigned)end.exit.code);
	return is_users(path, world->facts->user_sid, &err) ? judged(trying, true, "%s", "") : failed(trying, &err);
}

/* Cordon may not take it from the account, whose next run opens it. */
static enum result return_private(struct trying *trying)
{
	enum { RUNS = 6 /* the account is any of its kind */ };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct world *world = trying->world;
	CORDON_ON_EXIT(free_text) char *path = root_path(world, "private");
	struct cage_event end;
	if (!path || !os_remove_file(path, &err) || !world_run(world, WORDS("private", "private"), &end, &err))
		return failed(trying, &err);
	if (end.exit.code != 0)
		return judged(trying, false, "the command made nothing: error %d", end.exit.code);
	for (int i = 0; i < RUNS; i++) {
		err = (struct cordon_error)CORDON_ERROR_INIT;
		if (is_users(path, world->facts->user_sid, &err))
			return judged(trying, true, "after %d further runs", i);
		if (!world_run(world, WORDS("status", "0"), &end, &err))
			return failed(trying, &err);
	}
	return failed(trying, &err);
}

/* Every account of the kind, one after the other: a second run in each has to find nothing of the first. */
static enum result reset_profile(struct trying *trying)
{
	enum { RUNS = 6 };
	for (int i = 0; i < RUNS; i++) {
		struct cordon_error err = CORDON_ERROR_INIT;
		struct cage_event end;
		if (!world_run(trying->world, WORDS("mark"), &end, &err))
			return failed(trying, &err);
		if (end.exit.code != 0)
			return judged(trying, false, "run %d: %s (status 0x%x)", i + 1,
				      end.exit.code == 1 ? "a mark of an earlier run is there" : "it cannot be marked",
				      (unsigned)end.exit.code);
	}
	return judged(trying, true, "%d runs", RUNS);
}

/* -- what Windows has for a proxy ---------------------------------------------------------------------------------- */

/* The gate's own proxy, which answers whatever is asked: so no name need lead anywhere. */
struct fixture {
	SOCKET listener;
	HANDLE thread;
	volatile LONG asked;
};

static DWORD WINAPI serve_fixture(void *context)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
	struct fixture *fixture = context;
	char request[4096];
	SOCKET came;
	while ((came = accept(fixture->listener, NULL, NULL)) != INVALID_SOCKET) {
		if (recv(came, request, sizeof request, 0) > 0) {
			InterlockedIncrement(&fixture->asked);
			send(came, answer, sizeof answer - 1, 0);
		}
		shutdown(came, SD_SEND);
		recv(came, request, sizeof request, 0);
		closesocket(came);
	}
	return 0;
}

static bool start_fixture(struct fixture *fixture, uint16_t *ret_port)
{
	fixture->listener = listen_at(0, ret_port);
	fixture->thread = fixture->listener != INVALID_SOCKET ? CreateThread(NULL, 0, serve_fixture, fixture, 0, NULL)
							      : NULL;
	return fixture->thread;
}

static void end_fixture(struct fixture *fixture)
{
	close_socket(&fixture->listener);
	if (fixture->thread)
		WaitForSingleObject(fixture->thread, SELFTEST_WAIT_MS);
	close_handle(&fixture->thread);
}

/* What is allowed is answered, what is not is refused by the gate in its own words, and nobody else is asked. */
static enum result tell_program(struct trying *trying, const char *program, const char *before)
{
	enum { ANSWERED = 200, REFUSED = 403 };
	static const char allowed[] = "cordon-allowed.invalid", other[] = "cordon-refused.invalid";
	CORDON_ON_EXIT(end_fixture) struct fixture fixture = { .listener = INVALID_SOCKET };
	CORDON_ON_EXIT(world_free) struct world world = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cage_event first, second;
	char one[100], two[100];
	uint16_t port = 0;
	snprintf(one, sizeof one, "%s%s", before, allowed);
	snprintf(two, sizeof two, "%s%s", before, other);
	if (!start_fixture(&fixture, &port))
		return judged(trying, false, "there is no port to listen on");
	if (!world_make_gated(trying->test, TIER_ACCOUNT, allowed, port, &world, &err) ||
	    !world_run(&world, WORDS(program, one), &first, &err))
		return failed(trying, &err);
	LONG asked = fixture.asked;
	if (!world_run(&world, WORDS(program, two), &second, &err))
		return failed(trying, &err);
	return judged(trying,
		      first.exit.code == ANSWERED && second.exit.code == REFUSED && asked == 1 && fixture.asked == 1,
		      "allowed: %d, not allowed: %d; %ld questions came through", (int)first.exit.code,
		      (int)second.exit.code, fixture.asked);
}

static enum result tell_wininet(struct trying *trying)
{
	return tell_program(trying, "wininet", "http://");
}

static enum result tell_winhttp(struct trying *trying)
{
	return tell_program(trying, "winhttp", "");
}

static enum result tell_powershell(struct trying *trying)
{
	return tell_program(trying, "powershell", "http://");
}

static const struct selftest_row rows[] = { ACCOUNT_CASES(SELFTEST_ROW) };

unsigned account_try(struct selftest *test, enum tier tier, struct world *world, const char *why)
{
	WSADATA about;
	bool has_sockets = WSAStartup(MAKEWORD(2, 2), &about) == 0;
	unsigned held = try_rows(test, rows, COUNT_OF(rows), tier, world, why);
	if (has_sockets)
		WSACleanup();
	return held;
}

/* In a file of its own: under Wine nothing keeps anybody from the network, and a test that is about something else has
 * another one.
 */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "backend/windows/fence.h"
#include "backend/windows/runner.h"
#include "base/scope.h"

#include <stdio.h>

enum { PORTS_TRIED = 16, CONTROL_MS = 30000 };

struct fence {
	bool is_started;
	SOCKET tcp, tcp_6, udp; /* 0 or INVALID_SOCKET: none */
	struct sockaddr_in address;
	struct frame_reach order;
};

static void close_socket(SOCKET *holder)
{
	if (*holder && *holder != INVALID_SOCKET)
		closesocket(*holder);
	*holder = 0;
}

static void free_fence(struct fence *fence)
{
	close_socket(&fence->tcp);
	close_socket(&fence->tcp_6);
	close_socket(&fence->udp);
	if (fence->is_started)
		WSACleanup();
}

static bool is_open(SOCKET opened)
{
	return opened != INVALID_SOCKET;
}

/* The same number for both, which somebody may have of one. */
static bool listen_on_one(struct fence *fence)
{
	struct sockaddr *address = (struct sockaddr *)&fence->address;
	int length = sizeof fence->address;
	close_socket(&fence->tcp);
	close_socket(&fence->udp);
	fence->address = (struct sockaddr_in){ .sin_family = AF_INET };
	fence->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fence->tcp = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	fence->udp = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	return is_open(fence->tcp) && is_open(fence->udp) && bind(fence->tcp, address, length) == 0 &&
	       listen(fence->tcp, 4) == 0 && getsockname(fence->tcp, address, &length) == 0 &&
	       bind(fence->udp, address, length) == 0;
}

/* A host need not have IPv6. */
static void listen_on_6(struct fence *fence)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6 };
	int length = sizeof address;
	address.sin6_addr.s6_addr[15] = 1;
	fence->tcp_6 = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
	if (is_open(fence->tcp_6) && bind(fence->tcp_6, (struct sockaddr *)&address, length) == 0 &&
	    listen(fence->tcp_6, 4) == 0 && getsockname(fence->tcp_6, (struct sockaddr *)&address, &length) == 0)
		fence->order.port_6 = ntohs(address.sin6_port);
}

static bool make_fence(struct fence *fence, struct cordon_error *err)
{
	WSADATA about;
	int code = WSAStartup(MAKEWORD(2, 2), &about);
	if (code != 0)
		return windows_fail(err, (DWORD)code, "WSAStartup", "try the account's network");
	fence->is_started = true;
	bool is_made = false;
	for (int i = 0; i < PORTS_TRIED && !is_made; i++)
		is_made = listen_on_one(fence);
	if (!is_made)
		return windows_fail(err, (DWORD)WSAGetLastError(), "socket or bind or listen",
				    "listen on 127.0.0.1, to try the account's network");
	fence->order.port = ntohs(fence->address.sin_port);
	listen_on_6(fence);
	return true;
}

static bool waits(SOCKET opened, DWORD timeout_ms)
{
	struct timeval patience = { (long)(timeout_ms / 1000), (long)(timeout_ms % 1000) * 1000 };
	fd_set ready;
	FD_ZERO(&ready);
	FD_SET(opened, &ready);
	return select(0, &ready, NULL, NULL, &patience) == 1;
}

/* Somebody has come: who, does not matter. */
static bool take_connection(SOCKET listener, DWORD timeout_ms)
{
	if (!listener || !is_open(listener) || !waits(listener, timeout_ms))
		return false;
	SOCKET came = accept(listener, NULL, NULL);
	close_socket(&came);
	return true;
}

static bool take_datagram(SOCKET opened, DWORD timeout_ms)
{
	char bytes[16];
	if (!waits(opened, timeout_ms))
		return false;
	recv(opened, bytes, sizeof bytes, 0);
	return true;
}

/* By the very program, as the user: a host may keep programs from the network by what they are, and not by whose. */
static bool try_own(struct fence *fence, const struct runner *runner, struct fence_sight *sight,
		    struct cordon_error *err)
{
	static const struct windows_job no_limits = { 0 };
	CORDON_ON_EXIT(close_handle) HANDLE job = NULL;
	char runner_word[] = "runner", word[] = "reach", port[16];
	char *own[] = { runner->program, word, port, NULL },
	     *in_other[] = { runner->program, runner_word, word, port, NULL };
	struct launch launch = { .program = runner->program, .argv = runner_program ? own : in_other };
	PROCESS_INFORMATION process;
	const char *missing;
	snprintf(port, sizeof port, "%u", (unsigned)fence->order.port);
	if (!job_make(&no_limits, &job, &missing, err))
		return false;
	launch.job = job;
	if (!launch_start(&launch, &process, err))
		return cordon_while(err, "try the network as yourself");
	ResumeThread(process.hThread);
	WaitForSingleObject(process.hProcess, CONTROL_MS);
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	sight->was_own_connection = take_connection(fence->tcp, 0);
	sight->was_own_datagram = take_datagram(fence->udp, 0);
	return true;
}

bool fence_check(struct runner *runner, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_fence) struct fence fence = { 0 };
	struct fence_sight sight = { 0 };
	struct frame_reached reached;
	if (!make_fence(&fence, err))
		return false;
	if (!try_own(&fence, runner, &sight, err) || !runner_reach(runner, &fence.order, &reached, err))
		return false;
	sight.was_connection = take_connection(fence.tcp, 0) || take_connection(fence.tcp_6, 0);
	sight.was_datagram = take_datagram(fence.udp, 0);
	return fence_judge(&fence.order, &reached, &sight, err);
}

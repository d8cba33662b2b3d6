/* The prober's acts on the network. Nothing but loopback and 192.0.2.1. */
#include "backend/windows/prober_acts.h"

#include <ws2tcpip.h>

#include <afunix.h>
#include <hvsocket.h>
#include <iphlpapi.h>
#include <icmpapi.h>
#include <windns.h>

#include <stdio.h>

#ifndef AF_HYPERV
#define AF_HYPERV 34
#endif

enum { AWAY_PORT = 9, AWAY_MS = 500, ASK_MS = 1500 };
#define ADDRESS_AWAY 0xc0000201u

/* 192.0.2.1 is nobody's (RFC 5737): what was let go gets no answer, or that there is no way. */
static struct sockaddr_in address_away(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(AWAY_PORT) };
	address.sin_addr.s_addr = htonl(ADDRESS_AWAY);
	return address;
}

static struct sockaddr_in address_here(DWORD port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((u_short)port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static struct sockaddr_in6 address_here_6(DWORD port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons((u_short)port) };
	address.sin6_addr.s6_addr[15] = 1;
	return address;
}

static DWORD connect_to(const void *address, int length, int protocol)
{
	SOCKET opened = socket(((const struct sockaddr *)address)->sa_family, SOCK_STREAM, protocol);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	DWORD code = connect(opened, address, length) == 0 ? 0 : (DWORD)WSAGetLastError();
	closesocket(opened);
	return code;
}

static DWORD send_to(const void *address, int length, bool is_for_all)
{
	BOOL yes = is_for_all;
	SOCKET opened = socket(((const struct sockaddr *)address)->sa_family, SOCK_DGRAM, IPPROTO_UDP);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	setsockopt(opened, SOL_SOCKET, SO_BROADCAST, (const char *)&yes, sizeof yes);
	DWORD code = sendto(opened, "x", 1, 0, address, length) == 1 ? 0 : (DWORD)WSAGetLastError();
	closesocket(opened);
	return code;
}

static DWORD connect_to_host(void)
{
	const struct sockaddr_in address = address_here(given.tcp);
	return connect_to(&address, sizeof address, IPPROTO_TCP);
}

static DWORD connect_to_host_6(void)
{
	const struct sockaddr_in6 address = address_here_6(given.tcp_6);
	return given.tcp_6 ? connect_to(&address, sizeof address, IPPROTO_TCP) : WSAEADDRNOTAVAIL;
}

static DWORD send_to_host(void)
{
	const struct sockaddr_in address = address_here(given.udp);
	return send_to(&address, sizeof address, false);
}

static DWORD send_to_host_6(void)
{
	const struct sockaddr_in6 address = address_here_6(given.udp_6);
	return given.udp_6 ? send_to(&address, sizeof address, false) : WSAEADDRNOTAVAIL;
}

/* To all of loopback, which leaves the host no more than one to a single address there. */
static DWORD send_to_all(void)
{
	struct sockaddr_in address = address_here(given.udp);
	address.sin_addr.s_addr = htonl(0x7fffffff);
	return send_to(&address, sizeof address, true);
}

static DWORD send_away(void)
{
	const struct sockaddr_in address = address_away();
	return send_to(&address, sizeof address, false);
}

static DWORD connect_unix(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (!given.path)
		return WSAEAFNOSUPPORT;
	if (WideCharToMultiByte(CP_UTF8, 0, given.path, -1, address.sun_path, sizeof address.sun_path, NULL, NULL) == 0)
		return WSAENAMETOOLONG;
	return connect_to(&address, sizeof address, 0);
}

static DWORD connect_hyperv(void)
{
	static const GUID this_host = {
		0xe0e16197, 0xdd56, 0x4a10, { 0x91, 0x95, 0x5e, 0xe7, 0xa1, 0x55, 0xa8, 0x38 }
	};
	SOCKADDR_HV address = { .Family = AF_HYPERV, .VmId = this_host };
	unsigned byte;
	if (!given.service)
		return WSAEAFNOSUPPORT;
	for (unsigned i = 0; i < sizeof address.ServiceId; i++) {
		if (swscanf(given.service + 2 * i, L"%2x", &byte) != 1)
			return WSAEINVAL;
		((unsigned char *)&address.ServiceId)[i] = (unsigned char)byte;
	}
	return connect_to(&address, sizeof address, HV_PROTOCOL_RAW);
}

static DWORD open_raw(void)
{
	SOCKET opened = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	closesocket(opened);
	return 0;
}

/* For the caller that staging_sockets.c has, and long enough for it. */
static DWORD answer_on(SOCKET opened)
{
	struct sockaddr_in address = address_here(given.accept);
	struct timeval patience = { 1, 500000 };
	fd_set ready;
	char name[64];
	if (bind(opened, (struct sockaddr *)&address, sizeof address) != 0 || listen(opened, 4) != 0)
		return (DWORD)WSAGetLastError();
	FD_ZERO(&ready);
	FD_SET(opened, &ready);
	if (select(0, &ready, NULL, NULL, &patience) != 1)
		return WSAETIMEDOUT;
	SOCKET came = accept(opened, NULL, NULL);
	if (came == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	int length = WideCharToMultiByte(CP_UTF8, 0, given.own, -1, name, sizeof name, NULL, NULL);
	DWORD code = length > 1 && send(came, name, length - 1, 0) == length - 1 ? 0 : (DWORD)WSAGetLastError();
	shutdown(came, SD_SEND);
	closesocket(came);
	return code;
}

static DWORD accept_one(void)
{
	SOCKET opened = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	DWORD code = answer_on(opened);
	closesocket(opened);
	return code;
}

/* A server and a client of one program's. */
static DWORD serve_on(SOCKET server, SOCKET client)
{
	struct sockaddr_in address = address_here(0);
	int length = sizeof address;
	char byte = 0;
	if (bind(server, (struct sockaddr *)&address, length) != 0 || listen(server, 1) != 0 ||
	    getsockname(server, (struct sockaddr *)&address, &length) != 0 ||
	    connect(client, (struct sockaddr *)&address, length) != 0)
		return (DWORD)WSAGetLastError();
	SOCKET came = accept(server, NULL, NULL);
	if (came == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	DWORD code = send(client, "x", 1, 0) == 1 && recv(came, &byte, 1, 0) == 1 && byte == 'x'
			     ? 0
			     : (DWORD)WSAGetLastError();
	closesocket(came);
	return code;
}

static DWORD serve_here(void)
{
	SOCKET server = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP), client = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	DWORD code = server == INVALID_SOCKET || client == INVALID_SOCKET ? (DWORD)WSAGetLastError()
									  : serve_on(server, client);
	closesocket(server);
	closesocket(client);
	return code;
}

/* 0: nothing kept it from trying. */
static DWORD connect_away(void)
{
	struct sockaddr_in address = address_away();
	struct timeval patience = { 0, AWAY_MS * 1000 };
	u_long does_not_wait = 1;
	fd_set failed;
	SOCKET opened = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	ioctlsocket(opened, (long)FIONBIO, &does_not_wait);
	int code = connect(opened, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : WSAGetLastError();
	if (code == WSAEWOULDBLOCK) {
		int size = sizeof code;
		FD_ZERO(&failed);
		FD_SET(opened, &failed);
		code = 0;
		if (select(0, NULL, NULL, &failed, &patience) == 1)
			getsockopt(opened, SOL_SOCKET, SO_ERROR, (char *)&code, &size);
	}
	closesocket(opened);
	/* An answer from there, of whatever kind, shows that it went. */
	return code == WSAECONNREFUSED || code == WSAETIMEDOUT ? 0 : (DWORD)code;
}

static DWORD bind_port(int type, bool listens)
{
	const struct sockaddr_in address = address_here(0);
	SOCKET opened = socket(AF_INET, type, 0);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	bool is_done = bind(opened, (const struct sockaddr *)&address, sizeof address) == 0 &&
		       (!listens || listen(opened, 1) == 0);
	DWORD code = is_done ? 0 : (DWORD)WSAGetLastError();
	closesocket(opened);
	return code;
}

ACT(bind_stream, bind_port(SOCK_STREAM, false))
ACT(bind_datagrams, bind_port(SOCK_DGRAM, false))
ACT(listen_on_port, bind_port(SOCK_STREAM, true))

static DWORD reach_gate(void)
{
	const struct sockaddr_in address = address_here(given.gate);
	return connect_to(&address, sizeof address, IPPROTO_TCP);
}

/* By a driver, which is not who asks. No answer in time shows that it went. */
static DWORD ping_to(DWORD address)
{
	char answer[sizeof(ICMP_ECHO_REPLY) + 32];
	HANDLE opened = IcmpCreateFile();
	if (opened == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	DWORD code = outcome(IcmpSendEcho(opened, htonl(address), (void *)(uintptr_t) "x", 1, NULL, answer,
					  sizeof answer, AWAY_MS) > 0);
	IcmpCloseHandle(opened);
	return code == IP_REQ_TIMED_OUT ? 0 : code;
}

/* By the system's SMB client, which is not who asks. */
static DWORD reach_share(void)
{
	WCHAR path[PATH_ROOM];
	_snwprintf(path, PATH_ROOM - 1, L"\\\\127.0.0.1\\pipe\\%ls-open", probe_name());
	return close_outcome(CreateFileW(path, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL));
}

/* -- by services, away --------------------------------------------------------------------------------------------- */

struct asking {
	DWORD (*act)(void);
};

static DWORD WINAPI go_on_asking(void *asking)
{
	return ((struct asking *)asking)->act();
}

/* What is still asking when the time is over has asked. */
static DWORD ask(DWORD (*act)(void))
{
	/* It may outlive this call. */
	static struct asking asking[4];
	static unsigned count;
	struct asking *own = &asking[count++ % 4];
	DWORD code = 0;
	own->act = act;
	HANDLE thread = CreateThread(NULL, 0, go_on_asking, own, 0, NULL);
	if (!thread)
		return outcome(FALSE);
	if (WaitForSingleObject(thread, ASK_MS) == WAIT_OBJECT_0)
		GetExitCodeThread(thread, &code);
	else
		CancelSynchronousIo(thread);
	CloseHandle(thread);
	return code;
}

ACT(ask_share, close_outcome(CreateFileW(L"\\\\192.0.2.1\\cordon\\x", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL)))
ACT(ask_web, close_outcome(CreateFileW(L"\\\\192.0.2.1@80\\cordon\\x", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL)))

/* Of a server that is nobody, past the cache, so that no other hears of the name. */
static DWORD ask_name(void)
{
	WCHAR name[PATH_ROOM];
	IP4_ARRAY servers = { 1, { htonl(ADDRESS_AWAY) } };
	PDNS_RECORD answer = NULL;
	_snwprintf(name, PATH_ROOM - 1, L"%ls.invalid.", given.own);
	DWORD code = (DWORD)DnsQuery_W(name, DNS_TYPE_A, DNS_QUERY_BYPASS_CACHE | DNS_QUERY_WIRE_ONLY, &servers,
				       &answer, NULL);
	return code == DNS_ERROR_RCODE_NAME_ERROR || code == ERROR_TIMEOUT ? 0 : code;
}

ACT(ping, ping_to(INADDR_LOOPBACK))
ACT(ping_away, ping_to(ADDRESS_AWAY))
ACT(share_away, ask(ask_share))
ACT(web_away, ask(ask_web))
ACT(resolve_away, ask(ask_name))

const struct act acts_on_network[] = {
	{ "connect", connect_to_host },
	{ "connect-6", connect_to_host_6 },
	{ "connect-unix", connect_unix },
	{ "connect-hyperv", connect_hyperv },
	{ "send", send_to_host },
	{ "send-6", send_to_host_6 },
	{ "broadcast", send_to_all },
	{ "bind", bind_stream },
	{ "bind-datagrams", bind_datagrams },
	{ "listen", listen_on_port },
	{ "accept", accept_one },
	{ "raw-socket", open_raw },
	{ "reach-gate", reach_gate },
	{ "ping", ping },
	{ "share", reach_share },
	{ "connect-away", connect_away },
	{ "send-away", send_away },
	{ "ping-away", ping_away },
	{ "share-away", share_away },
	{ "web-away", web_away },
	{ "resolve-away", resolve_away },
	{ "serve-loopback", serve_here },
	{ 0 },
};

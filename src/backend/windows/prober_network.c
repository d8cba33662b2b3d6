/* The prober's acts on the network. Nothing but loopback, 192.0.2.1 and 2001:db8::1. */
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

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in_6;
	} bytes;
	int length;
};

static struct address address_of(int family, DWORD port)
{
	struct address address = { .bytes.any.sa_family = (ADDRESS_FAMILY)family };
	/* Both families have it in the same place. */
	address.bytes.in.sin_port = htons((u_short)port);
	address.length = family == AF_INET ? sizeof address.bytes.in : sizeof address.bytes.in_6;
	return address;
}

/* On loopback. */
static struct address address_here(int family, DWORD port)
{
	struct address address = address_of(family, port);
	if (family == AF_INET)
		address.bytes.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address.bytes.in_6.sin6_addr.s6_addr[15] = 1;
	return address;
}

/* 192.0.2.1 and 2001:db8::1 are nobody's (RFC 5737, 3849): what was let go gets no answer, or that there is no way. */
static struct address address_away(int family)
{
	static const BYTE nobody[] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
	struct address address = address_of(family, AWAY_PORT);
	if (family == AF_INET)
		address.bytes.in.sin_addr.s_addr = htonl(ADDRESS_AWAY);
	else
		memcpy(&address.bytes.in_6.sin6_addr, nobody, sizeof nobody);
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

/* `port` 0: nobody listens there, for this host has not got the family. */
static DWORD reach_host(int family, int type, DWORD port)
{
	const struct address address = address_here(family, port);
	if (!port)
		return WSAEADDRNOTAVAIL;
	return type == SOCK_STREAM ? connect_to(&address.bytes, address.length, IPPROTO_TCP)
				   : send_to(&address.bytes, address.length, false);
}

ACT(connect_to_host, reach_host(AF_INET, SOCK_STREAM, given.tcp))
ACT(connect_to_host_6, reach_host(AF_INET6, SOCK_STREAM, given.tcp_6))
ACT(send_to_host, reach_host(AF_INET, SOCK_DGRAM, given.udp))
ACT(send_to_host_6, reach_host(AF_INET6, SOCK_DGRAM, given.udp_6))
ACT(reach_gate, reach_host(AF_INET, SOCK_STREAM, given.gate))

/* To all of loopback, which leaves the host no more than one to a single address there. */
static DWORD send_to_all(void)
{
	struct address address = address_here(AF_INET, given.udp);
	address.bytes.in.sin_addr.s_addr = htonl(0x7fffffff);
	return send_to(&address.bytes, address.length, true);
}

static DWORD send_away(int family)
{
	const struct address address = address_away(family);
	return send_to(&address.bytes, address.length, false);
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
	const struct address address = address_here(AF_INET, given.accept);
	struct timeval patience = { 1, 500000 };
	fd_set ready;
	char name[64];
	if (bind(opened, &address.bytes.any, address.length) != 0 || listen(opened, 4) != 0)
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
	struct address address = address_here(AF_INET, 0);
	char byte = 0;
	if (bind(server, &address.bytes.any, address.length) != 0 || listen(server, 1) != 0 ||
	    getsockname(server, &address.bytes.any, &address.length) != 0 ||
	    connect(client, &address.bytes.any, address.length) != 0)
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
static DWORD connect_away(int family)
{
	const struct address address = address_away(family);
	struct timeval patience = { 0, AWAY_MS * 1000 };
	u_long does_not_wait = 1;
	fd_set failed;
	SOCKET opened = socket(family, SOCK_STREAM, IPPROTO_TCP);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	ioctlsocket(opened, (long)FIONBIO, &does_not_wait);
	int code = connect(opened, &address.bytes.any, address.length) == 0 ? 0 : WSAGetLastError();
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
	const struct address address = address_here(AF_INET, 0);
	SOCKET opened = socket(AF_INET, type, 0);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	bool is_done = bind(opened, &address.bytes.any, address.length) == 0 && (!listens || listen(opened, 1) == 0);
	DWORD code = is_done ? 0 : (DWORD)WSAGetLastError();
	closesocket(opened);
	return code;
}

ACT(bind_stream, bind_port(SOCK_STREAM, false))
ACT(bind_datagrams, bind_port(SOCK_DGRAM, false))
ACT(listen_on_port, bind_port(SOCK_STREAM, true))

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

/* What the service has in store, and tells whom it would also ask others for: nothing is sent. Not documented, as what
 * `ipconfig /displaydns` rests on. Where it fails, no error may be told.
 */
static DWORD read_resolver(void)
{
	struct {
		void *next;
		WCHAR *name;
		WORD kind, length;
		DWORD flags, time;
	} first = { 0 };
	typedef BOOL(WINAPI * get_names)(void *);
	HMODULE api = LoadLibraryW(L"dnsapi.dll");
	get_names get = api ? (get_names)(void (*)(void))GetProcAddress(api, "DnsGetCacheDataTable") : NULL;
	if (!get || is_on_wine())
		return ERROR_PROC_NOT_FOUND;
	SetLastError(0);
	return get(&first) ? 0 : GetLastError() == ERROR_ACCESS_DENIED ? ERROR_ACCESS_DENIED : ERROR_GEN_FAILURE;
}

ACT(connect_away_4, connect_away(AF_INET))
ACT(connect_away_6, connect_away(AF_INET6))
ACT(send_away_4, send_away(AF_INET))
ACT(send_away_6, send_away(AF_INET6))
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
	{ "read-resolver", read_resolver },
	{ "connect-away", connect_away_4 },
	{ "connect-away-6", connect_away_6 },
	{ "send-away", send_away_4 },
	{ "send-away-6", send_away_6 },
	{ "ping-away", ping_away },
	{ "share-away", share_away },
	{ "web-away", web_away },
	{ "resolve-away", resolve_away },
	{ "serve-loopback", serve_here },
	{ 0 },
};

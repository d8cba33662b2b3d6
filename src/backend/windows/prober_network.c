/* The prober's acts on the network. Nothing but loopback and 192.0.2.1. */
#include "backend/windows/prober_acts.h"

#include <ws2tcpip.h>

#include <iphlpapi.h>
#include <icmpapi.h>

#include <stdio.h>

enum { AWAY_PORT = 9, AWAY_MS = 500 };

/* 192.0.2.1 is nobody's (RFC 5737): what was let go gets no answer, or that there is no way. */
static struct sockaddr_in address_away(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(AWAY_PORT) };
	address.sin_addr.s_addr = htonl(0xc0000201);
	return address;
}

static DWORD connect_to_host(void)
{
	SOCKET socket_ = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((u_short)given.port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (socket_ == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	DWORD code = connect(socket_, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : (DWORD)WSAGetLastError();
	closesocket(socket_);
	return code;
}

static DWORD connect_to_host_6(void)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons((u_short)given.port) };
	address.sin6_addr.s6_addr[15] = 1;
	SOCKET opened = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	DWORD code = connect(opened, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : (DWORD)WSAGetLastError();
	closesocket(opened);
	return code;
}

static DWORD send_to(struct sockaddr_in address)
{
	SOCKET opened = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	DWORD code = sendto(opened, "x", 1, 0, (struct sockaddr *)&address, sizeof address) == 1
			     ? 0
			     : (DWORD)WSAGetLastError();
	closesocket(opened);
	return code;
}

static DWORD send_to_host(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((u_short)given.port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return send_to(address);
}

static DWORD send_away(void)
{
	return send_to(address_away());
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

static DWORD bind_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	SOCKET opened = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (opened == INVALID_SOCKET)
		return (DWORD)WSAGetLastError();
	DWORD code = bind(opened, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : (DWORD)WSAGetLastError();
	closesocket(opened);
	return code;
}

static DWORD ping(void)
{
	char answer[sizeof(ICMP_ECHO_REPLY) + 32];
	HANDLE opened = IcmpCreateFile();
	if (opened == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	DWORD code = outcome(IcmpSendEcho(opened, htonl(INADDR_LOOPBACK), (void *)(uintptr_t) "x", 1, NULL, answer,
					  sizeof answer, AWAY_MS) > 0);
	IcmpCloseHandle(opened);
	return code;
}

/* By the system's SMB client, which is not who asks. */
static DWORD reach_share(void)
{
	WCHAR path[PATH_ROOM];
	_snwprintf(path, PATH_ROOM - 1, L"\\\\127.0.0.1\\pipe\\%ls-open", probe_name());
	return close_outcome(CreateFileW(path, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL));
}

const struct act acts_on_network[] = {
	{ "connect", connect_to_host },
	{ "connect-6", connect_to_host_6 },
	{ "send", send_to_host },
	{ "bind", bind_port },
	{ "ping", ping },
	{ "share", reach_share },
	{ "connect-away", connect_away },
	{ "send-away", send_away },
	{ 0 },
};

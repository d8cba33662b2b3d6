/* Who listens for what the trials send, and who calls at what they listen on. Nothing but this host. */
#include "backend/windows/staging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

#include <ws2tcpip.h>

#include <afunix.h>
#include <hvsocket.h>

#ifndef AF_HYPERV
#define AF_HYPERV 34
#endif

enum { CALL_MS = 200, HEAR_MS = 1000, PAUSE_MS = 20 };

static const struct {
	const char *trial;
	int family, type, protocol;
} kinds[LISTENERS] = {
	[LISTENER_TCP] = { "connect", AF_INET, SOCK_STREAM, IPPROTO_TCP },
	[LISTENER_TCP_6] = { "connect-6", AF_INET6, SOCK_STREAM, IPPROTO_TCP },
	[LISTENER_UDP] = { "send", AF_INET, SOCK_DGRAM, IPPROTO_UDP },
	[LISTENER_UDP_6] = { "send-6", AF_INET6, SOCK_DGRAM, IPPROTO_UDP },
	[LISTENER_UNIX] = { "connect-unix", AF_UNIX, SOCK_STREAM, 0 },
	[LISTENER_HYPERV] = { "connect-hyperv", AF_HYPERV, SOCK_STREAM, HV_PROTOCOL_RAW },
};

union socket_address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in_6;
	struct sockaddr_un un;
	SOCKADDR_HV hyperv;
};

/* False: the path is too long for one. */
static bool make_address(const struct sockets *sockets, int family, union socket_address *address, int *ret_length)
{
	static const GUID this_host = {
		0xe0e16197, 0xdd56, 0x4a10, { 0x91, 0x95, 0x5e, 0xe7, 0xa1, 0x55, 0xa8, 0x38 }
	};
	memset(address, 0, sizeof *address);
	address->any.sa_family = (ADDRESS_FAMILY)family;
	switch (family) {
	case AF_INET:
		address->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		*ret_length = sizeof address->in;
		return true;
	case AF_INET6:
		address->in_6.sin6_addr.s6_addr[15] = 1;
		*ret_length = sizeof address->in_6;
		return true;
	case AF_UNIX:
		*ret_length = sizeof address->un;
		return strlen(sockets->path) < sizeof address->un.sun_path &&
		       strcpy(address->un.sun_path, sockets->path);
	default:
		address->hyperv.VmId = this_host;
		address->hyperv.ServiceId = sockets->service;
		*ret_length = sizeof address->hyperv;
		return true;
	}
}

/* What a host has not got is INVALID_SOCKET. */
static SOCKET open_listener(struct sockets *sockets, enum listener kind)
{
	union socket_address address;
	int length;
	u_long does_not_wait = 1;
	if (!make_address(sockets, kinds[kind].family, &address, &length))
		return INVALID_SOCKET;
	SOCKET made = socket(kinds[kind].family, kinds[kind].type, kinds[kind].protocol);
	if (made == INVALID_SOCKET)
		return made;
	if (bind(made, &address.any, length) == 0 && (kinds[kind].type == SOCK_DGRAM || listen(made, 8) == 0) &&
	    ioctlsocket(made, (long)FIONBIO, &does_not_wait) == 0 && getsockname(made, &address.any, &length) == 0) {
		/* Both families have it in the same place. */
		if (kinds[kind].family == AF_INET || kinds[kind].family == AF_INET6)
			sockets->ports[kind] = ntohs(address.in.sin_port);
		return made;
	}
	closesocket(made);
	return INVALID_SOCKET;
}

static void close_socket(SOCKET *holder)
{
	if (*holder && *holder != INVALID_SOCKET)
		closesocket(*holder);
	*holder = INVALID_SOCKET;
}

/* A port that nobody has, for the prober to listen on. */
static unsigned find_port(struct sockets *sockets)
{
	struct sockets other = { .service = sockets->service };
	SOCKET made = open_listener(&other, LISTENER_TCP);
	close_socket(&made);
	return other.ports[LISTENER_TCP];
}

bool sockets_make(const char *path, const uint8_t chance[16], struct sockets *sockets, struct cordon_error *err)
{
	WSADATA about;
	int code = WSAStartup(MAKEWORD(2, 2), &about);
	sockets->is_started = code == 0;
	if (!sockets->is_started)
		return windows_fail(err, (DWORD)code, "WSAStartup", "start sockets for the probe");
	sockets->path = strdup(path);
	if (!sockets->path)
		return cordon_fail_memory(err);
	memcpy(&sockets->service, chance, sizeof sockets->service);
	for (enum listener i = 0; i < LISTENERS; i++)
		sockets->listeners[i] = open_listener(sockets, i);
	sockets->accept_port = find_port(sockets);
	return (sockets->listeners[LISTENER_TCP] != INVALID_SOCKET &&
		sockets->listeners[LISTENER_UDP] != INVALID_SOCKET && sockets->accept_port != 0) ||
	       windows_fail(err, (DWORD)WSAGetLastError(), "socket or bind or listen",
			    "listen on loopback for the probe");
}

/* -- calling ------------------------------------------------------------------------------------------------------- */

static bool waits_for(SOCKET opened, bool writes, int timeout_ms)
{
	struct timeval patience = { 0, timeout_ms * 1000 };
	fd_set ready;
	FD_ZERO(&ready);
	FD_SET(opened, &ready);
	return select(0, writes ? NULL : &ready, writes ? &ready : NULL, NULL, &patience) == 1;
}

/* Did the prober of this side answer? It says its own name, so that nobody else is taken for it. */
static bool call(const struct sockets *sockets)
{
	union socket_address address;
	int length;
	u_long does_not_wait = 1;
	char heard[64] = "";
	make_address(sockets, AF_INET, &address, &length);
	address.in.sin_port = htons((u_short)sockets->accept_port);
	SOCKET opened = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (opened == INVALID_SOCKET)
		return false;
	ioctlsocket(opened, (long)FIONBIO, &does_not_wait);
	connect(opened, &address.any, length);
	bool is_heard = waits_for(opened, true, CALL_MS) && waits_for(opened, false, HEAR_MS) &&
			recv(opened, heard, sizeof heard - 1, 0) > 0 && strcmp(heard, sockets->caller) == 0;
	closesocket(opened);
	return is_heard;
}

static DWORD WINAPI go_on_calling(void *context)
{
	struct sockets *sockets = context;
	for (; !sockets->is_over && !sockets->has_answered; Sleep(PAUSE_MS))
		sockets->has_answered = call(sockets);
	return 0;
}

bool sockets_begin(struct sockets *sockets, const char *name, struct cordon_error *err)
{
	sockets->is_over = 0;
	sockets->has_answered = false;
	snprintf(sockets->caller, sizeof sockets->caller, "%s", name);
	sockets->calling = CreateThread(NULL, 0, go_on_calling, sockets, 0, NULL);
	return sockets->calling || windows_fail(err, GetLastError(), "CreateThread", "start a thread for the probe");
}

void sockets_end(struct sockets *sockets, int side)
{
	char byte;
	if (sockets->calling) {
		InterlockedExchange(&sockets->is_over, 1);
		WaitForSingleObject(sockets->calling, INFINITE);
		close_handle(&sockets->calling);
		sockets->were_heard[side] |= sockets->has_answered;
	}
	for (int i = 0; i < LISTENERS; i++) {
		if (sockets->listeners[i] == INVALID_SOCKET)
			continue;
		if (kinds[i].type == SOCK_DGRAM) {
			while (recv(sockets->listeners[i], &byte, 1, 0) == 1)
				sockets->were_reached[side][i] = true;
			continue;
		}
		for (SOCKET came; (came = accept(sockets->listeners[i], NULL, NULL)) != INVALID_SOCKET;) {
			sockets->were_reached[side][i] = true;
			closesocket(came);
		}
	}
}

bool sockets_watch(const struct sockets *sockets, int side, const char *trial, bool *ret_was_seen)
{
	for (int i = 0; i < LISTENERS; i++) {
		if (strcmp(kinds[i].trial, trial) != 0)
			continue;
		*ret_was_seen = sockets->were_reached[side][i];
		return true;
	}
	*ret_was_seen = sockets->were_heard[side];
	return strcmp(trial, "accept") == 0;
}

void sockets_free(struct sockets *sockets)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	sockets_end(sockets, OUTSIDE);
	for (int i = 0; i < LISTENERS; i++)
		close_socket(&sockets->listeners[i]);
	if (sockets->is_started)
		WSACleanup();
	if (sockets->path && native_path(sockets->path, &native, &ignored))
		DeleteFileW(native);
	free(sockets->path);
}

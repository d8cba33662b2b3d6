#include "network/windows/gate.h"

#include <errno.h>
#include <iphlpapi.h>
#include <stdlib.h>

#include "base/list.h"

static SOCKET handle_of(int socket)
{
	return (SOCKET)(intptr_t)socket;
}

static const struct {
	int system, code;
	const char *text;
} errors[] = {
	{ WSAEWOULDBLOCK, EAGAIN, "it would have to be waited for" },
	{ WSAEINTR, EINTR, "interrupted" },
	{ WSAECONNREFUSED, ECONNREFUSED, "connection refused" },
	{ WSAECONNRESET, ECONNRESET, "connection reset" },
	{ WSAECONNABORTED, ECONNABORTED, "connection aborted" },
	{ WSAETIMEDOUT, ETIMEDOUT, "timed out" },
	{ WSAEHOSTUNREACH, EHOSTUNREACH, "no route to host" },
	{ WSAENETUNREACH, ENETUNREACH, "network unreachable" },
	{ WSAENETDOWN, ENETDOWN, "network is down" },
	{ WSAEACCES, EACCES, "refused by this host (a firewall)" },
	{ WSAEADDRNOTAVAIL, EADDRNOTAVAIL, "no such address on this host" },
	{ WSAEAFNOSUPPORT, EAFNOSUPPORT, "this host has no addresses of that kind" },
	{ WSAENOBUFS, ENOBUFS, "this host is short of buffers" },
	{ WSAEMFILE, EMFILE, "too many sockets" },
	{ WSA_NOT_ENOUGH_MEMORY, ENOMEM, "not enough memory" },
};

int socket_errno(int code)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].system == code)
			return errors[i].code;
	return EIO;
}

const char *socket_error_text(int code)
{
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].code == code)
			return errors[i].text;
	return "the connection has failed";
}

static ssize_t result_of(int count)
{
	if (count < 0)
		errno = socket_errno(WSAGetLastError());
	return count;
}

static int within(size_t length)
{
	return length < INT_MAX ? (int)length : INT_MAX;
}

ssize_t socket_read(int socket, void *ret_bytes, size_t room)
{
	return result_of(recv(handle_of(socket), ret_bytes, within(room), 0));
}

ssize_t socket_write(int socket, const void *bytes, size_t length)
{
	return result_of(send(handle_of(socket), bytes, within(length), 0));
}

bool socket_has_unread(int socket)
{
	char byte;
	return recv(handle_of(socket), &byte, 1, MSG_PEEK) == 1;
}

int socket_connect(const struct sockaddr *place, socklen_t length)
{
	u_long yes = 1;
	SOCKET made = WSASocketW(place->sa_family, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
	if (made == INVALID_SOCKET) {
		errno = socket_errno(WSAGetLastError());
		return -1;
	}
	if (ioctlsocket(made, FIONBIO, &yes) == 0 &&
	    (connect(made, place, length) == 0 || WSAGetLastError() == WSAEWOULDBLOCK))
		return (int)(intptr_t)made;
	errno = socket_errno(WSAGetLastError());
	int code = errno;
	closesocket(made);
	errno = code;
	return -1;
}

/* There is no call that says so of every version of Windows: WSAPoll did not tell of failed connections for long. */
bool socket_is_decided(int socket)
{
	(void)socket;
	return false;
}

int socket_failure(int socket)
{
	int code = 0, size = sizeof code;
	if (getsockopt(handle_of(socket), SOL_SOCKET, SO_ERROR, (char *)&code, &size) != 0)
		code = WSAGetLastError();
	return code ? socket_errno(code) : 0;
}

static void set(int socket, int level, int option)
{
	const BOOL yes = TRUE;
	setsockopt(handle_of(socket), level, option, (const char *)&yes, sizeof yes);
}

void socket_set_prompt(int socket)
{
	set(socket, IPPROTO_TCP, TCP_NODELAY);
}

void socket_set_keeping(int socket)
{
	set(socket, SOL_SOCKET, SO_KEEPALIVE);
}

void socket_end_writing(int socket)
{
	shutdown(handle_of(socket), SD_SEND);
}

void socket_close(int socket, bool resets)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	if (resets)
		setsockopt(handle_of(socket), SOL_SOCKET, SO_LINGER, (const char *)&at_once, sizeof at_once);
	closesocket(handle_of(socket));
}

/* -- addresses ----------------------------------------------------------------------------------------------------- */

static bool add_addresses(struct own *own, const IP_ADAPTER_UNICAST_ADDRESS_LH *at)
{
	for (; at; at = at->Next) {
		struct address address, *added;
		if (!address_take(at->Address.lpSockaddr, &address))
			continue;
		added = LIST_ADD(own);
		if (!added)
			return false;
		*added = address;
	}
	return true;
}

/* Also of adapters that are down: an address stays this host's. */
bool own_list(struct own *own)
{
	const ULONG flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER |
			    GAA_FLAG_SKIP_FRIENDLY_NAME;
	ULONG size = 16 * 1024, code = ERROR_BUFFER_OVERFLOW;
	IP_ADAPTER_ADDRESSES *adapters = NULL;
	for (int i = 0; i < 4 && code == ERROR_BUFFER_OVERFLOW; i++) {
		free(adapters);
		adapters = malloc(size);
		if (!adapters)
			return false;
		code = GetAdaptersAddresses(AF_UNSPEC, flags, NULL, adapters, &size);
	}
	bool is_fine = code == NO_ERROR || code == ERROR_NO_DATA;
	for (IP_ADAPTER_ADDRESSES *at = adapters; code == NO_ERROR && at && is_fine; at = at->Next)
		is_fine = add_addresses(own, at->FirstUnicastAddress);
	free(adapters);
	return is_fine;
}

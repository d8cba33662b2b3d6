#include "network/linux/gate.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/list.h"

ssize_t socket_read(int socket, void *ret_bytes, size_t room)
{
	return recv(socket, ret_bytes, room, MSG_DONTWAIT);
}

ssize_t socket_write(int socket, const void *bytes, size_t length)
{
	return send(socket, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool socket_has_unread(int socket)
{
	char byte;
	return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

int socket_connect(const struct sockaddr *place, socklen_t length)
{
	int made = socket(place->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (made >= 0 && connect(made, place, length) != 0 && errno != EINPROGRESS) {
		int code = errno;
		close(made);
		made = -1;
		errno = code;
	}
	return made;
}

bool socket_is_decided(int socket)
{
	struct pollfd decided = { .fd = socket, .events = POLLOUT };
	return poll(&decided, 1, 0) == 1;
}

int socket_failure(int socket)
{
	int code = 0;
	socklen_t size = sizeof code;
	return getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
}

void socket_set_prompt(int socket)
{
	const int yes = 1;
	setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

void socket_set_keeping(int socket)
{
	const int yes = 1;
	setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
}

void socket_end_writing(int socket)
{
	shutdown(socket, SHUT_WR);
}

void socket_close(int socket, bool resets)
{
	const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
	if (resets)
		setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(socket);
}

const char *socket_error_text(int code)
{
	return strerror(code);
}

bool own_list(struct own *own)
{
	struct ifaddrs *interfaces;
	if (getifaddrs(&interfaces) != 0)
		return false;
	bool is_fine = true;
	for (struct ifaddrs *at = interfaces; at && is_fine; at = at->ifa_next) {
		struct address address, *added;
		if (!at->ifa_addr || !address_take(at->ifa_addr, &address))
			continue;
		added = LIST_ADD(own);
		is_fine = added != NULL;
		if (added)
			*added = address;
	}
	freeifaddrs(interfaces);
	return is_fine;
}

void supervisor_tell(const struct gate_message *message)
{
	send(GATE_FROM_SUPERVISOR, message, sizeof *message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

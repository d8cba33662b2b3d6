#include "network/windows/gate.h"

enum { ACCEPTED_AT_ONCE = 64, BACKLOG = 4096 };

static int listener = -1;
static struct watch watch;
static struct gate *gate;

static int accept_one(void)
{
	u_long yes = 1;
	SOCKET made = accept((SOCKET)(intptr_t)listener, NULL, NULL);
	if (made == INVALID_SOCKET) {
		int code = WSAGetLastError();
		if (code == WSAEMFILE || code == WSAENOBUFS)
			listeners_pause(gate, true);
		return -1;
	}
	ioctlsocket(made, FIONBIO, &yes);
	return (int)(intptr_t)made;
}

static void accept_some(unsigned most)
{
	int sockets[ACCEPTED_AT_ONCE];
	unsigned count = 0;
	while (count < most && gate->connection_count + count < CONNECTIONS_MAX && (sockets[count] = accept_one()) >= 0)
		count++;
	for (unsigned strangers = count ? attribution_check(sockets, count) : 0; strangers > 0; strangers--)
		tell_stranger(gate);
	for (unsigned i = 0; i < count; i++) {
		struct connection *connection = sockets[i] >= 0 ? connection_new(gate, sockets[i]) : NULL;
		if (connection)
			connection_hear(connection);
	}
	if (gate->connection_count >= CONNECTIONS_MAX)
		listeners_pause(gate, true);
}

static void on_ready(struct watch *ready, unsigned events)
{
	(void)ready, (void)events;
	accept_some(ACCEPTED_AT_ONCE);
}

/* Nobody else may bind the port while the gate has it, not with SO_REUSEADDR either. */
static SOCKET listen_at(uint16_t port)
{
	const struct sockaddr_in place = { .sin_family = AF_INET,
					   .sin_port = htons(port),
					   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const BOOL yes = TRUE;
	SOCKET made = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
	if (made != INVALID_SOCKET &&
	    (setsockopt(made, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&yes, sizeof yes) != 0 ||
	     bind(made, (const struct sockaddr *)&place, sizeof place) != 0 || listen(made, BACKLOG) != 0)) {
		int code = WSAGetLastError();
		closesocket(made);
		WSASetLastError(code);
		return INVALID_SOCKET;
	}
	return made;
}

uint16_t listener_begin(struct gate *of_gate, uint16_t port, DWORD *ret_code)
{
	struct sockaddr_in place = { .sin_family = AF_INET };
	int size = sizeof place;
	SOCKET made = listen_at(port);
	gate = of_gate;
	watch.ready = on_ready;
	if (made == INVALID_SOCKET || getsockname(made, (struct sockaddr *)&place, &size) != 0) {
		*ret_code = (DWORD)WSAGetLastError();
		return 0;
	}
	listener = (int)(intptr_t)made;
	if (!watch_set(gate, &watch, listener, WATCH_READ)) {
		*ret_code = ERROR_NOT_ENOUGH_MEMORY;
		return 0;
	}
	return ntohs(place.sin_port);
}

void listeners_pause(struct gate *of_gate, bool is_paused)
{
	if (of_gate->is_paused == is_paused)
		return;
	of_gate->is_paused = is_paused;
	if (is_paused)
		watch_end(of_gate, &watch);
	else
		watch_set(of_gate, &watch, listener, WATCH_READ);
}

void listeners_accept(struct gate *of_gate)
{
	(void)of_gate;
	accept_some(ACCEPTED_AT_ONCE);
}

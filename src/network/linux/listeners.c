#include "network/linux/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ACCEPTED_AT_ONCE = 64 };

struct listener {
	struct listener *next;
	struct gate *gate;
	int descriptor;
	enum listener_kind kind;
	uint16_t port;
	struct address address; /* MEANT */
	struct watch watch;
};

static struct listener *listeners;
static unsigned listener_count;

/* The address that the client has connected to says which host it means. */
static bool find_target(const struct gate *gate, int socket, struct target *ret_target)
{
	struct sockaddr_storage place;
	socklen_t size = sizeof place;
	struct address address;
	struct target target = { 0 };
	if (getsockname(socket, (struct sockaddr *)&place, &size) != 0 ||
	    !address_take((const struct sockaddr *)&place, &address))
		return false;
	target.port = ntohs(place.ss_family == AF_INET ? ((const struct sockaddr_in *)&place)->sin_port
						       : ((const struct sockaddr_in6 *)&place)->sin6_port);
	const char *name = names_at(gate->names, &address);
	if (name)
		memcpy(target.host.name, name, strlen(name) + 1);
	else
		target.host.address = address;
	*ret_target = target;
	return true;
}

static void begin(const struct listener *listener, int socket)
{
	struct connection *connection = connection_new(listener->gate, socket);
	if (!connection)
		return;
	if (listener->kind == LISTENER_PROXY)
		connection_hear(connection);
	else if (listener->kind == LISTENER_SERVED)
		inward_begin(connection, listener->port);
	else if (find_target(listener->gate, socket, &connection->target))
		connection_aim(connection);
	else
		connection_abort(connection);
}

/* Returns how many there were. */
static unsigned accept_some(struct listener *listener, unsigned most)
{
	struct gate *gate = listener->gate;
	unsigned count = 0;
	while (count < most && gate->connection_count < CONNECTIONS_MAX) {
		int socket = accept4(listener->descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (socket < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
				listeners_pause(gate, true);
			if (errno != ECONNABORTED && errno != EINTR)
				break;
			continue;
		}
		count++;
		if (listener->kind == LISTENER_DNS)
			dns_server_accept(gate, socket);
		else
			begin(listener, socket);
	}
	if (gate->connection_count >= CONNECTIONS_MAX)
		listeners_pause(gate, true);
	return count;
}

static void on_ready(struct watch *watch, unsigned events)
{
	(void)events;
	accept_some(WATCHED_BY(watch, struct listener, watch), ACCEPTED_AT_ONCE);
}

bool listeners_add(struct gate *gate, int descriptor, enum listener_kind kind, uint16_t port)
{
	struct listener *listener = calloc(1, sizeof *listener);
	if (!listener)
		return false;
	*listener = (struct listener){ .next = listeners,
				       .gate = gate,
				       .descriptor = descriptor,
				       .kind = kind,
				       .port = port,
				       .watch.ready = on_ready };
	if (!gate->is_paused && !watch_set(gate, &listener->watch, descriptor, WATCH_READ)) {
		free(listener);
		return false;
	}
	listeners = listener;
	listener_count++;
	return true;
}

/* What waits there is accepted first. */
static void remove_at(struct gate *gate, struct listener **link)
{
	struct listener *listener = *link;
	accept_some(listener, CONNECTIONS_MAX);
	*link = listener->next;
	listener_count--;
	watch_end(gate, &listener->watch);
	close(listener->descriptor);
	free(listener);
}

/* They stand in the order in which they were asked for, the latest first. */
static void make_room(struct gate *gate)
{
	struct listener **last = NULL;
	for (struct listener **link = &listeners; *link; link = &(*link)->next)
		if ((*link)->kind == LISTENER_MEANT)
			last = link;
	if (last)
		remove_at(gate, last);
}

bool listeners_add_meant(struct gate *gate, int descriptor, const struct address *address, uint16_t port)
{
	if (listener_count >= GATE_LISTENERS_MAX)
		make_room(gate);
	if (!listeners_add(gate, descriptor, LISTENER_MEANT, port))
		return false;
	listeners->address = *address;
	return true;
}

void listeners_use(const struct address *address, uint16_t port)
{
	for (struct listener **link = &listeners; *link; link = &(*link)->next) {
		struct listener *listener = *link;
		if (listener->kind != LISTENER_MEANT || listener->port != port ||
		    !address_equals(&listener->address, address))
			continue;
		*link = listener->next;
		listener->next = listeners;
		listeners = listener;
		return;
	}
}

void listeners_free_port(struct gate *gate, uint16_t port)
{
	for (struct listener **link = &listeners; *link;) {
		if ((*link)->kind == LISTENER_MEANT && (*link)->port == port)
			remove_at(gate, link);
		else
			link = &(*link)->next;
	}
}

void listeners_accept(struct gate *gate)
{
	(void)gate;
	for (struct listener *listener = listeners; listener; listener = listener->next)
		if (listener->kind != LISTENER_SERVED)
			accept_some(listener, CONNECTIONS_MAX);
}

void listeners_pause(struct gate *gate, bool is_paused)
{
	if (gate->is_paused == is_paused)
		return;
	gate->is_paused = is_paused;
	for (struct listener *listener = listeners; listener; listener = listener->next) {
		if (is_paused)
			watch_end(gate, &listener->watch);
		else
			watch_set(gate, &listener->watch, listener->descriptor, WATCH_READ);
	}
}

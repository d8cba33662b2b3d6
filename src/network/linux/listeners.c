#include "network/linux/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
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
			connection_begin(gate, socket, listener->kind, listener->port);
	}
	if (gate->connection_count >= CONNECTIONS_MAX)
		listeners_pause(gate, true);
	return count;
}

static void on_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	accept_some(WATCHED_BY(watch, struct listener, watch), ACCEPTED_AT_ONCE);
}

bool listeners_add(struct gate *gate, int descriptor, enum listener_kind kind, uint16_t port)
{
	struct listener *listener = calloc(1, sizeof *listener);
	if (!listener)
		return false;
	*listener = (struct listener){ .next = gate->listeners,
				       .gate = gate,
				       .descriptor = descriptor,
				       .kind = kind,
				       .port = port,
				       .watch.ready = on_ready };
	if (!gate->is_paused && !watch_set(gate, &listener->watch, descriptor, EPOLLIN)) {
		free(listener);
		return false;
	}
	gate->listeners = listener;
	gate->listener_count++;
	return true;
}

/* What waits there is accepted first. */
static void remove_at(struct gate *gate, struct listener **link)
{
	struct listener *listener = *link;
	accept_some(listener, CONNECTIONS_MAX);
	*link = listener->next;
	gate->listener_count--;
	watch_end(gate, &listener->watch);
	close(listener->descriptor);
	free(listener);
}

/* They stand in the order in which they were asked for, the latest first. */
static void make_room(struct gate *gate)
{
	struct listener **last = NULL;
	for (struct listener **link = &gate->listeners; *link; link = &(*link)->next)
		if ((*link)->kind == LISTENER_MEANT)
			last = link;
	if (last)
		remove_at(gate, last);
}

bool listeners_add_meant(struct gate *gate, int descriptor, const struct address *address, uint16_t port)
{
	if (gate->listener_count >= GATE_LISTENERS_MAX)
		make_room(gate);
	if (!listeners_add(gate, descriptor, LISTENER_MEANT, port))
		return false;
	gate->listeners->address = *address;
	return true;
}

void listeners_use(struct gate *gate, const struct address *address, uint16_t port)
{
	for (struct listener **link = &gate->listeners; *link; link = &(*link)->next) {
		struct listener *listener = *link;
		if (listener->kind != LISTENER_MEANT || listener->port != port ||
		    !address_equals(&listener->address, address))
			continue;
		*link = listener->next;
		listener->next = gate->listeners;
		gate->listeners = listener;
		return;
	}
}

void listeners_free_port(struct gate *gate, uint16_t port)
{
	for (struct listener **link = &gate->listeners; *link;) {
		if ((*link)->kind == LISTENER_MEANT && (*link)->port == port)
			remove_at(gate, link);
		else
			link = &(*link)->next;
	}
}

void listeners_accept(struct gate *gate)
{
	for (struct listener *listener = gate->listeners; listener; listener = listener->next)
		if (listener->kind != LISTENER_SERVED)
			accept_some(listener, CONNECTIONS_MAX);
}

void listeners_pause(struct gate *gate, bool is_paused)
{
	if (gate->is_paused == is_paused)
		return;
	gate->is_paused = is_paused;
	for (struct listener *listener = gate->listeners; listener; listener = listener->next) {
		if (is_paused)
			watch_end(gate, &listener->watch);
		else
			watch_set(gate, &listener->watch, listener->descriptor, EPOLLIN);
	}
}

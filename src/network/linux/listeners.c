#include "network/linux/gate.h"

#include <errno.h>
#include <stdlib.h>
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
	uv_poll_t poll;
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

static void on_ready(uv_poll_t *poll, int status, int events)
{
	(void)status, (void)events;
	accept_some(poll->data, ACCEPTED_AT_ONCE);
}

bool listeners_add(struct gate *gate, int descriptor, enum listener_kind kind, uint16_t port)
{
	struct listener *listener = calloc(1, sizeof *listener);
	if (!listener)
		return false;
	*listener = (struct listener){
		.next = gate->listeners, .gate = gate, .descriptor = descriptor, .kind = kind, .port = port
	};
	if (uv_poll_init(&gate->loop, &listener->poll, descriptor) != 0) {
		free(listener);
		return false;
	}
	listener->poll.data = listener;
	if (!gate->is_paused)
		uv_poll_start(&listener->poll, UV_READABLE, on_ready);
	gate->listeners = listener;
	gate->listener_count++;
	return true;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* What waits there is accepted first. */
static void remove_at(struct gate *gate, struct listener **link)
{
	struct listener *listener = *link;
	accept_some(listener, CONNECTIONS_MAX);
	*link = listener->next;
	gate->listener_count--;
	uv_poll_stop(&listener->poll);
	close(listener->descriptor);
	uv_close((uv_handle_t *)&listener->poll, on_closed);
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
			uv_poll_stop(&listener->poll);
		else
			uv_poll_start(&listener->poll, UV_READABLE, on_ready);
	}
}

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
	struct listener *listener = gate->listener_count < LISTENERS_MAX ? calloc(1, sizeof *listener) : NULL;
	if (!listener)
		return false;
	*listener = (struct listener){ gate->listeners, gate, descriptor, kind, port, { 0 } };
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

void listeners_free_port(struct gate *gate, uint16_t port)
{
	for (struct listener **link = &gate->listeners; *link;) {
		struct listener *listener = *link;
		if (listener->kind != LISTENER_MEANT || listener->port != port) {
			link = &listener->next;
			continue;
		}
		accept_some(listener, CONNECTIONS_MAX);
		*link = listener->next;
		gate->listener_count--;
		uv_poll_stop(&listener->poll);
		close(listener->descriptor);
		uv_close((uv_handle_t *)&listener->poll, on_closed);
	}
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

/* Sockets that are watched, by libuv, which asks the socket driver itself: no thread, and no bound on their number. */
#include "network/windows/gate.h"

#include <stdlib.h>

/* Outlives its watch: libuv lets go of a handle a turn of the loop later. */
struct poll {
	uv_poll_t handle;
	struct watch *watch; /* NULL: nobody waits any more */
};

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_event(uv_poll_t *handle, int status, int events)
{
	const struct poll *poll = handle->data;
	unsigned happened = (events & (UV_READABLE | UV_DISCONNECT) ? WATCH_READ : 0) |
			    (events & UV_WRITABLE ? WATCH_WRITE : 0);
	/* An error shows when it is read or written. */
	if (status < 0)
		happened = WATCH_READ | WATCH_WRITE;
	if (poll->watch)
		poll->watch->ready(poll->watch, happened);
}

static struct poll *open_poll(struct gate *gate, int descriptor)
{
	struct poll *poll = calloc(1, sizeof *poll);
	if (!poll)
		return NULL;
	if (uv_poll_init_socket(&gate->loop, &poll->handle, (uv_os_sock_t)(intptr_t)descriptor) != 0) {
		free(poll);
		return NULL;
	}
	poll->handle.data = poll;
	return poll;
}

static bool start(struct watch *watch, unsigned events)
{
	struct poll *poll = watch->poll;
	int wanted = (events & WATCH_READ ? UV_READABLE : 0) | (events & WATCH_WRITE ? UV_WRITABLE : 0);
	poll->watch = watch;
	watch->events = events;
	return uv_poll_start(&poll->handle, wanted, on_event) == 0;
}

bool watch_set(struct gate *gate, struct watch *watch, int descriptor, unsigned events)
{
	if (watch->is_set && watch->descriptor == descriptor && watch->events == events)
		return true;
	if (!watch->is_set) {
		watch->poll = open_poll(gate, descriptor);
		if (!watch->poll)
			return false;
		watch->descriptor = descriptor;
		watch->is_set = true;
	}
	return start(watch, events);
}

bool watch_move(struct gate *gate, struct watch *from, struct watch *to, unsigned events)
{
	(void)gate;
	to->descriptor = from->descriptor;
	to->poll = from->poll;
	to->is_set = true;
	from->is_set = false;
	from->poll = NULL;
	return start(to, events);
}

void watch_end(struct gate *gate, struct watch *watch)
{
	struct poll *poll = watch->poll;
	(void)gate;
	if (!watch->is_set)
		return;
	watch->is_set = false;
	watch->poll = NULL;
	poll->watch = NULL;
	uv_close((uv_handle_t *)&poll->handle, on_closed);
}

/* Descriptors that are watched. Beside libuv's own set, whose handles cost four system calls more a socket and may be
 * freed a turn of the loop later only; libuv's set is one descriptor in this one.
 */
#include "network/linux/gate.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64 };

/* What one call of epoll_wait has found, and how far that is done. */
static struct epoll_event batch[BATCH];
static int batch_count, batch_at;

static int watched = -1; /* epoll */

static uint32_t to_system(unsigned events)
{
	return (events & WATCH_READ ? EPOLLIN : 0) | (events & WATCH_WRITE ? EPOLLOUT : 0);
}

/* An error shows when it is read or written. */
static unsigned from_system(uint32_t events)
{
	const uint32_t both = EPOLLERR | EPOLLHUP;
	return (events & (EPOLLIN | both) ? WATCH_READ : 0) | (events & (EPOLLOUT | both) ? WATCH_WRITE : 0);
}

bool watch_begin(const struct gate *gate)
{
	struct epoll_event libuv = { .events = EPOLLIN, .data.ptr = NULL };
	watched = epoll_create1(EPOLL_CLOEXEC);
	return watched >= 0 && epoll_ctl(watched, EPOLL_CTL_ADD, uv_backend_fd(&gate->loop), &libuv) == 0;
}

bool watch_set(struct gate *gate, struct watch *watch, int descriptor, unsigned events)
{
	(void)gate;
	struct epoll_event wanted = { .events = to_system(events), .data.ptr = watch };
	if (watch->is_set && watch->descriptor == descriptor && watch->events == events)
		return true;
	if (epoll_ctl(watched, watch->is_set ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &wanted) != 0)
		return false;
	watch->descriptor = descriptor;
	watch->events = events;
	watch->is_set = true;
	return true;
}

bool watch_move(struct gate *gate, struct watch *from, struct watch *to, unsigned events)
{
	(void)gate;
	struct epoll_event wanted = { .events = to_system(events), .data.ptr = to };
	if (epoll_ctl(watched, EPOLL_CTL_MOD, from->descriptor, &wanted) != 0)
		return false;
	to->descriptor = from->descriptor;
	to->events = events;
	to->is_set = true;
	from->is_set = false;
	return true;
}

/* A socket that another process has a copy of would stay in the set when it is closed here. */
void watch_end(struct gate *gate, struct watch *watch)
{
	(void)gate;
	if (!watch->is_set)
		return;
	watch->is_set = false;
	epoll_ctl(watched, EPOLL_CTL_DEL, watch->descriptor, NULL);
	for (int i = batch_at; i < batch_count; i++)
		if (batch[i].data.ptr == watch)
			batch[i].events = 0;
}

/* True when there is something for libuv. */
static bool work_off(void)
{
	bool is_libuv = batch_count <= 0; /* a timer */
	for (batch_at = 0; batch_at < batch_count;) {
		const struct epoll_event event = batch[batch_at++];
		struct watch *watch = event.data.ptr;
		if (!watch)
			is_libuv = true;
		else if (event.events)
			watch->ready(watch, from_system(event.events));
	}
	batch_count = 0;
	return is_libuv;
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* A command that is held to a share of the processors must not have this process burn what it cannot. A word of
 * cordon's ends the rest.
 */
static void keep_pace(struct pace *pace)
{
	struct pollfd supervisor = { .fd = GATE_FROM_SUPERVISOR, .events = POLLIN };
	uint64_t rest = 0;
	if (pace->share == 0)
		return;
	do
		rest = pace_rest(pace, read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_PROCESS_CPUTIME_ID));
	while (rest > 0 && poll(&supervisor, 1, (int)(rest / 1000000) + 1) <= 0);
}

int watch_run(struct gate *gate)
{
	uv_run(&gate->loop, UV_RUN_NOWAIT); /* only there what was started is added to its set */
	for (;;) {
		batch_count = epoll_wait(watched, batch, BATCH, uv_backend_timeout(&gate->loop));
		if (batch_count < 0 && errno != EINTR)
			return 1;
		uv_update_time(&gate->loop);
		if (work_off() || uv_backend_timeout(&gate->loop) == 0)
			uv_run(&gate->loop, UV_RUN_NOWAIT);
		connection_free_ended(gate);
		if (gate->is_last)
			last_check(gate);
		else
			keep_pace(&gate->pace);
	}
}

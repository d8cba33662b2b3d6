#include "backend/linux/output.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "backend/linux/cage.h"

/* A pipe that polls writable takes PIPE_BUF bytes without waiting (pipe(7)). */
enum { PIECE = 4096, BUFFER = 64 * 1024, HURRY_MS = 300 };

struct flow {
	int source, target;
	bool takes_all; /* a file: writing never waits for somebody */
	size_t filled, taken;
	char buffer[BUFFER];
};

struct output {
	struct flow flows[2];
	uint64_t limit;
	int init, told, stop;
	pthread_t thread;
	bool has_thread;
	bool is_passed_on, is_exceeded; /* atomic; the first: by the thread */
	uint64_t bytes, taken;          /* atomic; have gone on, and were counted */
	bool has_terminal;              /* from which more may come */
};

bool output_is_joined(const int streams[3])
{
	struct stat one, two;
	if (fstat(streams[1], &one) != 0 || fstat(streams[2], &two) != 0 || one.st_dev != two.st_dev ||
	    one.st_ino != two.st_ino)
		return false;
	/* Two openings of one file each have their own place in it. A kernel without kcmp: as shells do it. */
	long result = syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, streams[1], streams[2]);
	return result == 0 || (result < 0 && !S_ISREG(one.st_mode));
}

static void close_at(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

struct output *output_new(const int targets[3], unsigned terminal, uint64_t limit, int init)
{
	struct output *output = calloc(1, sizeof *output);
	if (!output)
		return NULL;
	output->limit = limit;
	output->init = init;
	output->has_terminal = terminal;
	output->flows[0].source = output->flows[1].source = -1;
	output->told = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	output->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bool is_whole = output->told >= 0 && output->stop >= 0;
	for (int i = 0; i < 2; i++) {
		struct stat status;
		output->flows[i].target = -1;
		if (terminal & 1u << (i + 1))
			continue;
		output->flows[i].target = fcntl(targets[i + 1], F_DUPFD_CLOEXEC, 3);
		is_whole = is_whole && output->flows[i].target >= 0 && fstat(output->flows[i].target, &status) == 0;
		output->flows[i].takes_all = is_whole && S_ISREG(status.st_mode);
	}
	return is_whole ? output : output_free(output);
}

int output_waitable(const struct output *output)
{
	return output->told;
}

bool output_exceeded(const struct output *output)
{
	return __atomic_load_n(&output->is_exceeded, __ATOMIC_ACQUIRE);
}

bool output_is_over(const struct output *output)
{
	bool is_passed_on = __atomic_load_n(&output->is_passed_on, __ATOMIC_ACQUIRE);
	return is_passed_on && (!output->has_terminal || output_exceeded(output));
}

uint64_t output_bytes(const struct output *output)
{
	return __atomic_load_n(&output->bytes, __ATOMIC_ACQUIRE);
}

static void tell(int event)
{
	const uint64_t one = 1;
	ssize_t ignored = write(event, &one, sizeof one);
	(void)ignored;
}

/* How many more bytes may go on, of so many. The tree does not outlive the first that may not. */
static uint64_t count(struct output *output, uint64_t bytes)
{
	uint64_t before = __atomic_fetch_add(&output->taken, bytes, __ATOMIC_ACQ_REL);
	uint64_t left = before < output->limit ? output->limit - before : 0;
	if (bytes <= left)
		return bytes;
	if (!is_planted("meter")) {
		__atomic_store_n(&output->is_exceeded, true, __ATOMIC_RELEASE);
		syscall(SYS_pidfd_send_signal, output->init, SIGKILL, NULL, 0);
		tell(output->told);
	}
	return left;
}

uint64_t output_count_terminal(struct output *output, uint64_t bytes)
{
	uint64_t allowed = count(output, bytes);
	__atomic_add_fetch(&output->bytes, allowed, __ATOMIC_RELEASE);
	return allowed;
}

void output_end_terminal(struct output *output)
{
	output->has_terminal = false;
	tell(output->told);
}

/* -- the thread ---------------------------------------------------------------------------------------------------- */

/* Without this a reader that went away would kill the caller's process. The signal is this thread's: it blocks all. */
static ssize_t write_quietly(int target, const char *bytes, size_t size)
{
	const struct timespec none = { 0 };
	ssize_t count = write(target, bytes, size);
	if (count < 0 && errno == EPIPE) {
		sigset_t broken;
		sigemptyset(&broken);
		sigaddset(&broken, SIGPIPE);
		sigtimedwait(&broken, NULL, &none);
		errno = EPIPE;
	}
	return count;
}

static void end_flow(struct flow *flow)
{
	flow->filled = flow->taken = 0;
	close_at(&flow->source); /* whoever still writes learns it */
}

static void pass_on(struct output *output, struct flow *flow)
{
	size_t size = flow->filled - flow->taken;
	if (!flow->takes_all && size > PIECE)
		size = PIECE;
	ssize_t count = write_quietly(flow->target, flow->buffer + flow->taken, size);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count < 0) {
		end_flow(flow);
		return;
	}
	flow->taken += (size_t)count;
	__atomic_add_fetch(&output->bytes, (uint64_t)count, __ATOMIC_RELEASE);
	if (flow->taken == flow->filled)
		flow->filled = flow->taken = 0;
}

static void take_in(struct output *output, struct flow *flow)
{
	ssize_t length = read(flow->source, flow->buffer, sizeof flow->buffer);
	if (length < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (length <= 0)
		end_flow(flow);
	else
		flow->filled = (size_t)count(output, (uint64_t)length);
}

/* False when there is nothing left to wait for. */
static bool move(struct output *output, uint64_t deadline)
{
	struct pollfd ready[3] = { { .fd = deadline ? -1 : output->stop, .events = POLLIN } };
	bool is_open = false;
	for (int i = 0; i < 2; i++) {
		struct flow *flow = &output->flows[i];
		bool is_full = flow->filled > 0;
		ready[i + 1] = (struct pollfd){ .fd = is_full ? flow->target : flow->source,
						.events = is_full ? POLLOUT : POLLIN };
		is_open = is_open || ready[i + 1].fd >= 0;
	}
	if (!is_open)
		return false;
	if (poll(ready, 3, deadline ? HURRY_MS / 10 : -1) < 0 && errno != EINTR)
		return false;
	for (int i = 0; i < 2; i++) {
		struct flow *flow = &output->flows[i];
		if (!ready[i + 1].revents)
			continue;
		if (flow->filled > 0)
			pass_on(output, flow);
		else
			take_in(output, flow);
	}
	return true;
}

static uint64_t clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool is_hurried(const struct output *output)
{
	struct pollfd stop = { .fd = output->stop, .events = POLLIN };
	return poll(&stop, 1, 0) > 0;
}

static void *run(void *context)
{
	struct output *output = context;
	uint64_t deadline = 0;
	while (move(output, deadline)) {
		if (!deadline && (output_exceeded(output) || is_hurried(output)))
			deadline = clock_ms() + HURRY_MS;
		if (deadline && clock_ms() > deadline)
			break;
	}
	__atomic_store_n(&output->is_passed_on, true, __ATOMIC_RELEASE);
	tell(output->told);
	return NULL;
}

bool output_begin(struct output *output, const int sources[2])
{
	sigset_t all, before;
	output->flows[0].source = sources[0];
	output->flows[1].source = sources[1];
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int code = pthread_create(&output->thread, NULL, run, output);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	output->has_thread = code == 0;
	errno = code;
	return output->has_thread;
}

void output_hurry(struct output *output)
{
	output->has_terminal = false;
	tell(output->stop);
}

struct output *output_free(struct output *output)
{
	if (!output)
		return NULL;
	int code = errno;
	if (output->has_thread) {
		output_hurry(output);
		pthread_join(output->thread, NULL);
	}
	for (int i = 0; i < 2; i++) {
		close_at(&output->flows[i].source);
		close_at(&output->flows[i].target);
	}
	close_at(&output->told);
	close_at(&output->stop);
	free(output);
	errno = code;
	return NULL;
}

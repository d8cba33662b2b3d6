/* The supervisor's side of a run on Linux: starts init, listens to it, to the observer and to the mount table. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"
#include "base/scope.h"

enum stage { STAGE_PREPARED, STAGE_STARTING, STAGE_RUNNING, STAGE_ENDED };

struct cage {
	struct plan *plan;
	const struct abilities *abilities;
	struct placeholders *placeholders;
	struct command command;
	char **arguments; /* the command's, copied: argv, and the same with room for an interpreter */
	char **script;
	int *sources;
	int control; /* the supervisor's end */
	int events;  /* epoll */
	int init;    /* pidfd */
	pid_t init_pid;
	enum stage stage;
	struct observer *observer;
	struct covers *covers;
	int timer; /* timerfd, until the names are watched */
};

/* A run that lasts this long is worth the watch of names: see covers.c. */
enum { NAMES_AFTER_MS = 20 };

static void close_at(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

/* -- start -------------------------------------------------------------------------------------------------------- */

static bool prepare(const struct plan *plan, const struct abilities *abilities, struct cage **ret_cage,
		    struct cordon_error *err)
{
	struct cage *cage = calloc(1, sizeof *cage);
	if (!cage)
		return cordon_fail_memory(err);
	cage->plan = (struct plan *)(uintptr_t)plan; /* placeholders add what they made; see placeholder.c */
	cage->abilities = abilities;
	cage->control = cage->init = cage->timer = -1;
	cage->sources = calloc(plan->mounts.count + 1, sizeof *cage->sources);
	cage->events = epoll_create1(EPOLL_CLOEXEC);
	bool is_fine = true;
	if (!cage->sources)
		is_fine = cordon_fail_memory(err);
	else if (cage->events < 0)
		is_fine = cordon_fail_errno(err, errno, "make an event queue");
	is_fine = is_fine && placeholders_make(cage->plan, &cage->placeholders, err);
	for (size_t i = 0; is_fine && i < plan->mounts.count; i++)
		cage->sources[i] = -1;
	if (!is_fine) {
		backend_native.discard(cage);
		return false;
	}
	*ret_cage = cage;
	return true;
}

/* Init wipes the caller's arguments from its copy of the caller's memory: the command's must not lie among them. */
static bool copy_arguments(struct cage *cage, char *const *argv, struct cordon_error *err)
{
	static char shell[] = "/bin/sh";
	size_t count = 0, bytes = 0;
	for (; argv[count]; count++)
		bytes += strlen(argv[count]) + 1;

	char **copy = malloc((2 * count + 3) * sizeof *copy + bytes);
	if (!copy)
		return cordon_fail_memory(err);
	char **script = copy + count + 1;
	char *text = (char *)(script + count + 2);
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(argv[i]) + 1;
		copy[i] = memcpy(text, argv[i], length);
		script[i + 1] = copy[i];
		text += length;
	}
	copy[count] = NULL;
	script[0] = shell;
	script[count + 1] = NULL;
	cage->arguments = copy;
	cage->script = script;
	cage->command.argv = copy;
	return true;
}

/* The network namespace comes later: see namespaces.c. */
static uint64_t clone_flags(void)
{
	uint64_t flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP;
	if (!is_planted("namespaces.pid"))
		flags |= CLONE_NEWPID;
	if (!is_planted("namespaces.ipc"))
		flags |= CLONE_NEWIPC;
	if (!is_planted("namespaces.uts"))
		flags |= CLONE_NEWUTS;
	return flags;
}

static bool watch(struct cage *cage, int descriptor, uint32_t events, struct cordon_error *err)
{
	struct epoll_event event = { .events = events, .data.fd = descriptor };
	if (epoll_ctl(cage->events, EPOLL_CTL_ADD, descriptor, &event) != 0)
		return cordon_fail_errno(err, errno, "watch the run");
	return true;
}

static bool start(struct cage *cage, const struct command *command, struct cordon_error *err)
{
	int pair[2];
	if (!streams_check(command, err))
		return false;
	cage->command = *command;
	if (!copy_arguments(cage, command->argv, err))
		return false;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return cordon_fail_errno(err, errno, "make the control socket");

	struct inside inside = {
		.plan = cage->plan,
		.abilities = cage->abilities,
		.command = &cage->command,
		.script = cage->script,
		.control = pair[1],
		.sources = cage->sources,
		.old_devices = -1,
		.listener = -1,
		/* PDEATHSIG follows the thread that forked, not the process (prctl(2)). */
		.dies_with_thread = syscall(SYS_gettid) == getpid(),
	};
	/* No handler of the caller may run in init. */
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &inside.mask);
	pid_t pid = kernel_clone(clone_flags(), &cage->init);
	if (pid == 0)
		init_main(&inside);
	int code = errno;
	pthread_sigmask(SIG_SETMASK, &inside.mask, NULL);
	close(pair[1]);
	cage->control = pair[0];
	if (pid < 0)
		return abilities_lack_namespaces(cage->plan, code, err);
	cage->init_pid = pid;
	cage->stage = STAGE_STARTING;
	return watch(cage, cage->control, EPOLLIN, err) && watch(cage, cage->init, EPOLLIN, err);
}

/* -- events ------------------------------------------------------------------------------------------------------- */

static bool receive(struct cage *cage, struct message *ret_message, int *ret_listener)
{
	char space[CMSG_SPACE(sizeof(int))];
	struct iovec part = { .iov_base = ret_message, .iov_len = sizeof *ret_message };
	struct msghdr header = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space,
	};
	ssize_t length = recvmsg(cage->control, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	*ret_listener = -1;
	if (length < 0)
		return false;
	struct cmsghdr *control = CMSG_FIRSTHDR(&header);
	if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS)
		memcpy(ret_listener, CMSG_DATA(control), sizeof *ret_listener);
	return length == (ssize_t)sizeof *ret_message;
}

static void unwatch(struct cage *cage, int descriptor)
{
	epoll_ctl(cage->events, EPOLL_CTL_DEL, descriptor, NULL);
}

static void end(struct cage *cage)
{
	if (cage->init >= 0)
		syscall(SYS_pidfd_send_signal, cage->init, SIGKILL, NULL, 0);
}

static bool is_covered(struct cage *cage, struct cage_event *ret_event, struct cordon_error *err)
{
	const struct plan_mount *lost = NULL;
	if (!covers_check(cage->covers, &lost, err)) {
		/* the view is gone because its last process is: init's end is under way */
		lost = NULL;
	}
	if (!lost)
		return true;
	end(cage);
	ret_event->kind = CAGE_COVER_LOST;
	ret_event->lost = lost->path;
	return false;
}

/* A timer rather than a time-out: the caller may sit in a loop of its own. */
static bool start_timer(struct cage *cage, struct cordon_error *err)
{
	const struct itimerspec once = { .it_value.tv_nsec = NAMES_AFTER_MS * 1000000L };
	cage->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (cage->timer < 0 || timerfd_settime(cage->timer, 0, &once, NULL) != 0)
		return cordon_fail_errno(err, errno, "make a timer");
	return watch(cage, cage->timer, EPOLLIN, err);
}

/* A process that is on its way out has no mount table any more; a moment later its pidfd says so. */
static bool is_init_ending(const struct cage *cage)
{
	struct pollfd init = { .fd = cage->init, .events = POLLIN };
	return poll(&init, 1, 1000) == 1;
}

/* What could not be watched from the first moment on is looked at once the watch stands. */
static bool running(struct cage *cage, int listener, struct cage_event *ret_event, struct cordon_error *err)
{
	cage->stage = STAGE_RUNNING;
	if (listener >= 0) {
		cage->observer = observer_new(listener, cage->plan);
		if (!cage->observer)
			return cordon_fail_memory(err);
		if (!watch(cage, listener, EPOLLIN, err))
			return false;
	}
	ret_event->kind = CAGE_STARTED;
	ret_event->is_observed = cage->observer;
	cage->covers = covers_new(cage->plan, cage->init_pid);
	if (!cage->covers) {
		int code = errno;
		return is_init_ending(cage) || cordon_fail_errno(err, code, "watch the mounts of the view");
	}
	if (!watch(cage, covers_table(cage->covers), EPOLLPRI, err) || !start_timer(cage, err))
		return false;
	struct cage_event lost = { 0 };
	if (!is_covered(cage, &lost, err))
		*ret_event = lost;
	return true;
}

static void ended(struct cage *cage, const struct message *message, struct cage_event *ret_event)
{
	cage->stage = STAGE_ENDED;
	ret_event->kind = CAGE_ENDED;
	ret_event->exit.by_signal = message->by_signal;
	ret_event->exit.code = message->code;
	ret_event->exit.cpu_ms = message->cpu_ms;
	ret_event->exit.memory_peak = message->memory_peak;
}

/* Init died without a word: killed from outside, or by us. With it the whole tree. */
static void died(struct cage *cage, struct cage_event *ret_event)
{
	if (cage->stage == STAGE_STARTING) {
		ret_event->kind = CAGE_NOT_STARTED;
		ret_event->error = (struct cordon_error)CORDON_ERROR_INIT;
		cordon_fail(&ret_event->error, CORDON_OS_FAILED, "the process that sets up the cordon was killed");
		cage->stage = STAGE_ENDED;
		return;
	}
	const struct message killed = { .by_signal = true, .code = SIGKILL };
	ended(cage, &killed, ret_event);
}

static bool hear(struct cage *cage, struct cage_event *ret_event, struct cordon_error *err)
{
	struct message message;
	int listener;
	if (!receive(cage, &message, &listener)) {
		if (errno != EAGAIN && errno != EINTR)
			unwatch(cage, cage->control); /* its end is told by the pidfd */
		return true;
	}
	switch (message.kind) {
	case MESSAGE_STARTED:
		return running(cage, listener, ret_event, err);
	case MESSAGE_FAILED:
		cage->stage = STAGE_ENDED;
		ret_event->kind = CAGE_NOT_STARTED;
		ret_event->error = message.error;
		return true;
	case MESSAGE_ENDED:
		ended(cage, &message, ret_event);
		return true;
	case MESSAGE_SIGNAL:
	case MESSAGE_KILL:
		break;
	}
	return cordon_fail(err, CORDON_UNSUPPORTED, "init sent a message that it never sends");
}

static bool dispatch(struct cage *cage, int descriptor, struct cage_event *ret_event, struct cordon_error *err)
{
	if (descriptor == cage->control)
		return hear(cage, ret_event, err);
	if (descriptor == cage->init) {
		/* its last words may still lie in the socket */
		if (!hear(cage, ret_event, err))
			return false;
		if (ret_event->kind == CAGE_NOTHING)
			died(cage, ret_event);
		return true;
	}
	if (descriptor == cage->timer) {
		close_at(&cage->timer);
		if (!covers_watch_names(cage->covers, err) ||
		    !watch(cage, covers_names(cage->covers), EPOLLIN, err))
			return false;
		is_covered(cage, ret_event, err);
		return true;
	}
	if (cage->covers && (descriptor == covers_table(cage->covers) || descriptor == covers_names(cage->covers))) {
		if (descriptor == covers_table(cage->covers) || covers_names_changed(cage->covers))
			is_covered(cage, ret_event, err);
		return true;
	}
	if (!observer_next(cage->observer))
		unwatch(cage, descriptor);
	return true;
}

static bool next_event(struct cage *cage, int timeout_ms, struct cage_event *ret_event, struct cordon_error *err)
{
	struct epoll_event event;
	memset(ret_event, 0, sizeof *ret_event);
	if (cage->observer && observer_take(cage->observer, ret_event))
		return true;
	int count = epoll_wait(cage->events, &event, 1, timeout_ms);
	if (count < 0 && errno != EINTR)
		return cordon_fail_errno(err, errno, "wait for the run");
	if (count <= 0)
		return true;
	if (!dispatch(cage, event.data.fd, ret_event, err))
		return false;
	if (ret_event->kind == CAGE_NOTHING && cage->observer)
		observer_take(cage->observer, ret_event);
	return true;
}

static int waitable(const struct cage *cage)
{
	return cage->events;
}

static void pass_signal(struct cage *cage, int number)
{
	const struct message message = { .kind = MESSAGE_SIGNAL, .code = number };
	if (cage->stage == STAGE_RUNNING)
		send(cage->control, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* -- end ---------------------------------------------------------------------------------------------------------- */

static void discard(struct cage *cage)
{
	if (!cage)
		return;
	if (cage->init >= 0 && cage->stage != STAGE_ENDED)
		end(cage);
	graves_dig(&cage->init, cage->stage == STAGE_ENDED);
	covers_free(cage->covers);
	observer_free(cage->observer);
	placeholders_free(cage->placeholders);
	close_at(&cage->init);
	close_at(&cage->timer);
	close_at(&cage->control);
	if (cage->events > 0)
		close(cage->events);
	free(cage->arguments);
	free(cage->sources);
	free(cage);
}

const struct backend_ops backend_native = {
	.name = "linux",
	.probe = abilities_probe,
	.assess = abilities_assess,
	.prepare = prepare,
	.start = start,
	.waitable = waitable,
	.next_event = next_event,
	.signal = pass_signal,
	.end = end,
	.discard = discard,
};

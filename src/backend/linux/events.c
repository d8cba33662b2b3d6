/* What the supervisor hears of while the command runs: from init, the observer, the mender, the meter and the gate. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/linux/gate.h"
#include "backend/linux/meter.h"
#include "backend/linux/output.h"
#include "backend/linux/supervisor.h"

/* A run that lasts this long is worth a mender and a janitor. */
enum { MENDER_AFTER_MS = 20 };

/* What two processors may fill by then, and more. */
enum { SMALL_MEMORY = 1 << 30, FEW_PROCESSES = 1000 };

static bool is_init_over(const struct cage *cage, int wait_ms)
{
	struct pollfd init = { .fd = cage->init, .events = POLLIN };
	return poll(&init, 1, wait_ms) == 1;
}

/* A process that is on its way out has no mount table any more; a moment later its pidfd says so. */
static bool is_init_ending(const struct cage *cage)
{
	return is_init_over(cage, 1000);
}

/* -- covers -------------------------------------------------------------------------------------------------------- */

static void unwatch_and_close(struct cage *cage, int *descriptor)
{
	if (*descriptor >= 0)
		cage_unwatch(cage, *descriptor);
	cage_close(descriptor);
}

/* The mount table tells from the first moment on of mounts that the host takes away. A timer rather than a time-out:
 * the caller may sit in a loop of its own.
 */
static bool wait_for_mender(struct cage *cage, struct cordon_error *err)
{
	const struct itimerspec once = { .it_value.tv_nsec = MENDER_AFTER_MS * 1000000L };
	char path[64];
	snprintf(path, sizeof path, "/proc/%ld/mountinfo", (long)cage->init_pid);
	cage->table = open(path, O_RDONLY | O_CLOEXEC);
	if (cage->table < 0)
		return is_init_ending(cage) || cordon_fail_errno(err, errno, "watch the mounts of the view");
	cage->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (cage->timer < 0 || timerfd_settime(cage->timer, 0, &once, NULL) != 0)
		return cordon_fail_errno(err, errno, "set a timer");
	return cage_watch(cage, cage->table, EPOLLPRI, err) && cage_watch(cage, cage->timer, EPOLLIN, err);
}

/* Nothing to do at the end: nothing to make sure of. */
static bool start_janitor(struct cage *cage, struct cordon_error *err)
{
	bool has_estate = cage->cgroup || placeholders_count(cage->placeholders) + cage->plan->unheld.count > 0;
	return !has_estate || is_planted("janitor") ||
	       janitor_start(cage->init, cage->inside->is_fallback, cage->placeholders, cage->cgroup, &cage->handover,
			     &cage->janitor, err);
}

static bool start_mender(struct cage *cage, struct cordon_error *err)
{
	if (is_planted("mender")) {
		unwatch_and_close(cage, &cage->table);
		unwatch_and_close(cage, &cage->timer);
		return true;
	}
	if (!mender_start(cage->plan, cage->view, cage->table, &cage->mender, err))
		return false;
	cage_close(&cage->view);
	unwatch_and_close(cage, &cage->table);
	unwatch_and_close(cage, &cage->timer);
	return cage_watch(cage, mender_waitable(cage->mender), EPOLLIN, err);
}

/* A protected name that lies bare is one that the command could make: only the observer refuses that then. */
static bool may_go_on(const struct cage *cage, const struct mending *mending)
{
	return mending->state == COVER_MENDED ||
	       (mending->state == COVER_BARE && (!mending->is_protected || cage->observer));
}

static bool hear_mender(struct cage *cage, struct cage_event *ret_event, struct cordon_error *err)
{
	struct mending mending;
	if (!mender_hear(cage->mender, &mending, err))
		return is_init_over(cage, cage->is_ending ? 1000 : 0); /* no tree lives on without a mender */
	if (!mending.path)
		return true;
	ret_event->kind = CAGE_COVER_LOST;
	ret_event->cover.path = mending.path;
	ret_event->cover.device = mending.device;
	ret_event->cover.inode = mending.inode;
	ret_event->cover.is_mended = may_go_on(cage, &mending);
	if (!ret_event->cover.is_mended)
		cage_end(cage);
	return true;
}

/* What init noted in its copy of the plan. */
static bool tell_bare(struct cage *cage, struct cage_event *ret_event)
{
	const struct plan_mount_list *mounts = &cage->inside->plan.mounts;
	while (cage->stage == STAGE_RUNNING && cage->bare_told < mounts->count) {
		size_t index = cage->bare_told++;
		if (!mounts->items[index].is_bare)
			continue;
		ret_event->kind = CAGE_CACHE_BARE;
		ret_event->cover.path = cage->plan->mounts.items[index].path;
		return true;
	}
	return false;
}

/* -- limits ------------------------------------------------------------------------------------------------------- */

static bool watch_output(struct cage *cage, const int carried[CARRIED_COUNT], struct cordon_error *err)
{
	const int sources[2] = { carried[CARRIED_OUTPUT], carried[CARRIED_ERRORS] };
	if (!cage->output)
		return true;
	if (!output_begin(cage->output, sources))
		return cordon_fail_errno(err, errno, "count the output");
	return cage_watch(cage, output_waitable(cage->output), EPOLLIN, err);
}

static bool watch_usage(struct cage *cage, struct cordon_error *err)
{
	const struct meter_subject subject = {
		.plan = cage->plan,
		.cgroup = cage->cgroup,
		.streams = cage->inside->handover.streams,
		.root = cage->root,
		.shared_memory = cage->shared_memory,
		.init = cage->init,
	};
	cage->meter = meter_new(&subject);
	if (!cage->meter)
		return is_init_ending(cage) || cordon_fail_errno(err, errno, "watch what the command uses");
	return cage_watch(cage, meter_waitable(cage->meter), EPOLLIN, err);
}

/* At once where the account of the disk needs its beginning, or the memory could be used up meanwhile, or more
 * processes be there than can be ended at a stroke; else runs that are over by then do without.
 */
static bool begin_meter(struct cage *cage, bool is_first, struct cordon_error *err)
{
	const struct limit_setting *limits = cage->plan->limits;
	bool is_small = limits[LIMIT_MEMORY].is_set && limits[LIMIT_MEMORY].value < SMALL_MEMORY;
	bool is_bomb = limits[LIMIT_PROCESSES].is_set && limits[LIMIT_PROCESSES].value < FEW_PROCESSES &&
		       geteuid() == 0 && !cage->is_counted;
	bool is_urgent = limits[LIMIT_DISK].is_set || is_small || is_bomb;
	if (!cage->meter || is_first != is_urgent || meter_begin(cage->meter))
		return true;
	return cordon_fail_errno(err, errno, "watch what the command uses");
}

/* True when there was something to tell. */
static bool tell_limit(struct cage *cage, struct cage_event *ret_event)
{
	bool is_meters = cage->meter && meter_exceeded(cage->meter, &ret_event->limit);
	bool is_output = !is_meters && cage->output && output_exceeded(cage->output);
	if (cage->is_limit_told || (!is_meters && !is_output))
		return false;
	if (is_output)
		ret_event->limit = LIMIT_OUTPUT;
	cage->is_limit_told = true;
	ret_event->kind = CAGE_LIMIT;
	return true;
}

static bool observe(struct cage *cage, int listener, int diagnosis, struct cordon_error *err)
{
	if (listener < 0)
		return true;
	cage->observer = observer_new(listener, diagnosis, cage->plan);
	if (!cage->observer)
		return cordon_fail_memory(err);
	if (cage->gate)
		observer_use_gate(cage->observer, cage->gate, cage->inside->handover.observe);
	cage->listener = listener;
	return cage_watch(cage, listener, EPOLLIN, err);
}

/* Until the command runs nothing is looked at. */
static void keep_handed(struct cage *cage, const int carried[CARRIED_COUNT])
{
	for (int i = 0; i < CARRIED_COUNT; i++)
		if (carried[i] >= 0)
			cage->handed[i] = carried[i];
}

static bool running(struct cage *cage, struct cage_event *ret_event, struct cordon_error *err)
{
	int carried[CARRIED_COUNT];
	for (int i = 0; i < CARRIED_COUNT; i++) {
		carried[i] = cage->handed[i];
		cage->handed[i] = -1;
	}
	cage->stage = STAGE_RUNNING;
	cage->was_running = true;
	cage->view = carried[CARRIED_VIEW];
	cage->root = carried[CARRIED_ROOT];
	cage->shared_memory = carried[CARRIED_SHARED_MEMORY];
	cage->terminal = carried[CARRIED_TERMINAL];
	if (!cage->inside->is_fallback && cage->root < 0) /* nothing else keeps init from opening it */
		return cordon_fail_errno(err, EMFILE, "look at the command's files");
	if (!watch_output(cage, carried, err))
		return false;
	if (!observe(cage, carried[CARRIED_LISTENER], carried[CARRIED_DIAGNOSIS], err))
		return false;
	if (cage->observer && cage->inside->is_fallback)
		observer_refuse_attributes(cage->observer);
	ret_event->kind = CAGE_STARTED;
	ret_event->is_observed = cage->observer && cage->inside->handover.observe;
	if (cage->inside->is_fallback) /* no view to mend, and no namespace to find the tree by */
		return start_janitor(cage, err);
	cage->decoys = (struct decoys){ .place = carried[CARRIED_DECOYS], .made = cage->inside->decoys_made };
	caches_settle(cage->inside);
	cgroup_sweep_beside(cage->cgroup);
	return wait_for_mender(cage, err) && watch_usage(cage, err) && begin_meter(cage, true, err);
}

/* True when there was something to tell. */
static bool tell_tried(struct cage *cage, struct cage_event *ret_event)
{
	if (!decoys_take(&cage->decoys, cage->plan, cage->tried))
		return false;
	ret_event->kind = CAGE_DENIED;
	ret_event->denied.act = ACT_READ;
	ret_event->denied.path = ret_event->denied.landing = cage->tried;
	return true;
}

/* The end is told when the tree is dead, what was over its limit is told, and the last byte of output is on its way. */
static void tell_end(struct cage *cage, struct cage_event *ret_event)
{
	const struct message *message = &cage->last_words;
	struct cage_usage *usage = &ret_event->exit.usage;
	if (!cage->is_tree_dead || (cage->output && !output_is_over(cage->output)))
		return;
	if (cage->meter)
		meter_finish(cage->meter, usage);
	if (tell_limit(cage, ret_event) || tell_tried(cage, ret_event))
		return;
	cage->stage = STAGE_ENDED;
	ret_event->kind = CAGE_ENDED;
	ret_event->exit.by_signal = message->by_signal;
	ret_event->exit.code = message->code;
	if (message->cpu_ms > usage->cpu_ms)
		usage->cpu_ms = message->cpu_ms;
	if (message->memory_peak > usage->memory_peak)
		usage->memory_peak = message->memory_peak;
	usage->has_network = cage->gate;
	if (cage->gate) {
		if (!cage->is_ending)
			gate_finish(cage->gate);
		gate_count(cage->gate, &usage->net_bytes_in, &usage->net_bytes_out);
		ret_event->exit.traffic = gate_traffic(cage->gate);
	}
	usage->has_output = cage->output;
	usage->output_bytes = cage->output ? output_bytes(cage->output) : 0;
}

static void ended(struct cage *cage, const struct message *message, struct cage_event *ret_event)
{
	cage->is_tree_dead = true;
	cage->last_words = *message;
	tell_end(cage, ret_event);
}

/* Init died without a word: killed from outside, or by us. With it the whole tree. */
static void died(struct cage *cage, struct cage_event *ret_event)
{
	if (cage->stage == STAGE_STARTING) {
		ret_event->kind = CAGE_NOT_STARTED;
		ret_event->error = (struct cordon_error)CORDON_ERROR_INIT;
		siginfo_t how = { 0 };
		waitid(P_PIDFD, (id_t)cage->init, &how, WEXITED | WNOWAIT | __WALL);
		cordon_fail(&ret_event->error, CORDON_OS_FAILED, "the process that sets up the cordon %s %d",
			    how.si_code == CLD_EXITED ? "ended with status" : "was killed by signal", how.si_status);
		cage->stage = STAGE_ENDED;
		return;
	}
	const struct message killed = { .by_signal = true, .code = SIGKILL };
	ended(cage, &killed, ret_event);
}

/* Who has no descriptor left gets the message without those that came along. */
static bool is_cut(const struct message *message, const int carried[CARRIED_COUNT])
{
	for (int i = 0; i < CARRIED_COUNT; i++)
		if ((message->carried & 1u << i) && carried[i] < 0)
			return true;
	return false;
}

/* One message, if there is one. */
static bool hear(struct cage *cage, bool *ret_heard, struct cage_event *ret_event, struct cordon_error *err)
{
	struct message message;
	int carried[CARRIED_COUNT];
	*ret_heard = message_receive(cage->control, &message, carried);
	if (!*ret_heard) {
		if (errno != EAGAIN && errno != EINTR)
			cage_unwatch(cage, cage->control); /* its end is told by the pidfd */
		return true;
	}
	if (is_cut(&message, carried))
		return cordon_fail_errno(err, EMFILE, "take what is handed over from inside");
	switch (message.kind) {
	case MESSAGE_LISTENER:
	case MESSAGE_PREPARED:
		keep_handed(cage, carried);
		return true;
	case MESSAGE_STARTED:
		return running(cage, ret_event, err);
	case MESSAGE_OBSERVED:
		return observe(cage, carried[CARRIED_LISTENER], carried[CARRIED_DIAGNOSIS], err);
	case MESSAGE_FAILED:
		cage->stage = STAGE_ENDED;
		ret_event->kind = CAGE_NOT_STARTED;
		ret_event->error = message.error;
		return true;
	case MESSAGE_NETWORK:
		if (cage->gate)
			gate_hand_over(cage->gate, carried + CARRIED_GATE);
		return true;
	case MESSAGE_ENDED:
		ended(cage, &message, ret_event);
		return true;
	case MESSAGE_STOPPED:
		cage->stopped = message.code;
		return true;
	case MESSAGE_READY:
	case MESSAGE_GO:
	case MESSAGE_GROUPS:
	case MESSAGE_SIGNAL:
	case MESSAGE_FOREGROUND:
	case MESSAGE_PAUSE:
	case MESSAGE_END:
		break;
	}
	return cordon_fail(err, CORDON_UNSUPPORTED, "init sent a message that it never sends");
}

/* True when there was something to tell. */
static bool tell_gate_lost(struct cage *cage, struct cage_event *ret_event)
{
	if (cage->is_gate_told || !gate_is_gone(cage->gate))
		return false;
	cage->is_gate_told = true;
	cage_unwatch(cage, gate_channel(cage->gate));
	ret_event->kind = CAGE_GATE_LOST;
	return true;
}

static bool dispatch(struct cage *cage, int descriptor, struct cage_event *ret_event, struct cordon_error *err)
{
	bool is_heard = true;
	if (descriptor == cage->control)
		return hear(cage, &is_heard, ret_event, err);
	if (descriptor == cage->init) {
		/* its last words may still lie in the socket */
		while (is_heard && ret_event->kind == CAGE_NOTHING)
			if (!hear(cage, &is_heard, ret_event, err))
				return false;
		if (ret_event->kind == CAGE_NOTHING && !cage->is_tree_dead)
			died(cage, ret_event);
		if (cage->is_tree_dead)
			cage_unwatch(cage, cage->init);
		return true;
	}
	if (cage->meter && descriptor == meter_waitable(cage->meter)) {
		cage_unwatch(cage, descriptor); /* told in next_event */
		return true;
	}
	if (cage->output && descriptor == output_waitable(cage->output)) {
		uint64_t ignored;
		ssize_t length = read(descriptor, &ignored, sizeof ignored);
		(void)length;
		return true;
	}
	if (descriptor == cage->timer || descriptor == cage->table)
		return begin_meter(cage, false, err) && start_mender(cage, err) && start_janitor(cage, err);
	if (cage->mender && descriptor == mender_waitable(cage->mender))
		return hear_mender(cage, ret_event, err);
	if (cage->gate && descriptor == gate_channel(cage->gate)) {
		if (!gate_take(cage->gate, ret_event) && gate_is_gone(cage->gate))
			tell_gate_lost(cage, ret_event);
		return true;
	}
	if (cage->observer && !observer_next(cage->observer)) {
		cage_unwatch(cage, descriptor);
		cage->listener = -1;
	} else if (cage->observer && !observer_take(cage->observer, ret_event)) {
		ret_event->kind = CAGE_LET_ON;
	}
	return true;
}

/* Whose acts are looked at waits meanwhile. The kernel starts the observer on that very processor, which has nothing else
 * to do then, if it waits for the listener itself; behind an epoll it is woken wherever it ran last, and may stand behind
 * the command's next process there. True when the listener is what there is to see to; that is not asked every time, so
 * that the others have their turn.
 */
static bool wait_for_listener(struct cage *cage, int *timeout_ms)
{
	enum { TURNS = 8 };
	struct pollfd sources[] = { { cage->listener, POLLIN, 0 }, { cage->events, POLLIN, 0 } };
	if (cage->listener < 0 || *timeout_ms == 0 || poll(sources, 2, *timeout_ms) < 0)
		return false;
	if (sources[0].revents & ~POLLIN) { /* nobody is looked at any more */
		cage->listener = -1;
		return false;
	}
	*timeout_ms = 0;
	return sources[0].revents && ++cage->turn % TURNS != 0;
}

bool cage_next_event(struct cage *cage, int timeout_ms, struct cage_event *ret_event, struct cordon_error *err)
{
	struct epoll_event event;
	memset(ret_event, 0, sizeof *ret_event);
	if (tell_limit(cage, ret_event) || tell_bare(cage, ret_event) ||
	    (cage->observer && observer_take(cage->observer, ret_event)))
		return true;
	tell_end(cage, ret_event);
	if (ret_event->kind != CAGE_NOTHING)
		return true;
	/* what it refused was before whatever comes now */
	if (cage->gate && (gate_take(cage->gate, ret_event) || tell_gate_lost(cage, ret_event)))
		return true;
	event.data.fd = -1;
	if (wait_for_listener(cage, &timeout_ms))
		event.data.fd = cage->listener;
	int count = event.data.fd >= 0 ? 1 : epoll_wait(cage->events, &event, 1, timeout_ms);
	if (count < 0 && errno != EINTR)
		return cordon_fail_errno(err, errno, "wait for the run");
	if (count <= 0)
		return true;
	if (!dispatch(cage, event.data.fd, ret_event, err))
		return false;
	if (ret_event->kind == CAGE_NOTHING)
		tell_limit(cage, ret_event);
	return true;
}

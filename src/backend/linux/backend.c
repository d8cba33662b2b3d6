/* The supervisor's side of a run on Linux: starts init, listens to it, to the observer and to the mount table. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/linux/cage.h"
#include "backend/linux/fallback.h"
#include "backend/linux/gate.h"
#include "backend/linux/kernel.h"
#include "backend/linux/meter.h"
#include "backend/linux/output.h"
#include "os/os.h"

enum stage { STAGE_BEGUN, STAGE_STARTING, STAGE_RUNNING, STAGE_ENDED };

static void discard(struct cage *cage);

struct cage {
	struct share *share;
	struct inside *inside;    /* in the share */
	struct handover handover; /* what it points to is the caller's, and only `settle` is used after begin */
	const struct plan *plan;
	struct placeholders *placeholders;
	int control; /* the supervisor's end */
	int events;  /* epoll */
	int init;    /* pidfd */
	pid_t init_pid;
	struct cordon_error refusal; /* of a host that gives no namespaces */
	int listener;                /* fallback: until the command is started */
	enum stage stage;
	bool was_running;
	bool is_ending; /* the tree was told to die */
	struct observer *observer;
	struct gate *gate; /* NULL unless the network is filtered */
	bool is_gate_told; /* that it is gone */
	struct mender *mender;
	struct janitor *janitor;
	int view, table, timer; /* until there is a mender: the mount namespace, its mountinfo, a timerfd */
	struct cgroup *cgroup;
	struct meter *meter;
	struct output *output;
	int root, shared_memory; /* inside: see meter.h */
	bool is_limit_told;
	bool is_tree_dead; /* what it wrote is still being passed on */
	struct message last_words;
	struct decoys decoys;
	char tried[PATH_MAX]; /* a hidden name: what the last event of that kind lends */
	size_t bare_told;     /* of how many mounts it is said whether they are bare */
	int terminal;         /* master of the command's, until it is taken */
	int stopped;          /* signal that has stopped the command, 0: none */
};

/* A run that lasts this long is worth a mender and a janitor. */
enum { MENDER_AFTER_MS = 20 };

/* What two processors may fill by then, and more. */
enum { SMALL_MEMORY = 1 << 30 };
static bool fail_as(struct cordon_error *err, const struct cordon_error *cause)
{
	*err = *cause;
	return false;
}

static void close_at(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

/* -- start -------------------------------------------------------------------------------------------------------- */

static bool watch(struct cage *cage, int descriptor, uint32_t events, struct cordon_error *err)
{
	struct epoll_event event = { .events = events, .data.fd = descriptor };
	if (epoll_ctl(cage->events, EPOLL_CTL_ADD, descriptor, &event) != 0)
		return cordon_fail_errno(err, errno, "watch the run");
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

static bool hand_over(struct cage *cage, const struct handover *handover, struct cordon_error *err)
{
	cage->share = share_new();
	cage->inside = cage->share ? share_take(cage->share, sizeof *cage->inside) : NULL;
	int *passed = cage->inside ? share_take(cage->share, handover->passed_count * sizeof *passed) : NULL;
	int *kept = passed ? share_take(cage->share, (handover->passed_count + KEPT_OURS) * sizeof *kept) : NULL;
	if (!kept)
		return cordon_fail_memory(err);
	if (handover->passed_count)
		memcpy(passed, handover->passed, handover->passed_count * sizeof *passed);
	cage->handover = *handover;
	cage->inside->handover = *handover;
	cage->inside->handover.passed = passed;
	cage->inside->handover.caches = cage->inside->handover.home = NULL;
	cage->inside->caches = handover->caches ? share_string(cage->share, handover->caches) : NULL;
	cage->inside->home = handover->home ? share_string(cage->share, handover->home) : NULL;
	cage->inside->kept = kept;
	cage->inside->user = geteuid();
	cage->inside->group = getegid();
	cage->inside->listener = cage->inside->master = cage->inside->slave = -1;
	terminal_look(cage->inside);
	/* PDEATHSIG follows the thread that forked, not the process (prctl(2)). */
	cage->inside->dies_with_thread = syscall(SYS_gettid) == getpid();
	return true;
}

/* Init is to work beside us, and the scheduler would rather leave it waiting for this processor, on which the planning goes
 * on: so it is sent to another. Init itself undoes it. Where that is refused nothing is lost but time.
 */
static void send_elsewhere(const struct cage *cage)
{
	cpu_set_t others = cage->inside->processors;
	int here = sched_getcpu();
	if (here >= 0 && here < CPU_SETSIZE)
		CPU_CLR((size_t)here, &others);
	if (CPU_COUNT(&others) > 0)
		sched_setaffinity(cage->init_pid, sizeof others, &others);
}

static bool clone_init(struct cage *cage, struct cordon_error *err)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return cordon_fail_errno(err, errno, "make the control socket");
	cage->control = pair[0];
	cage->inside->control = pair[1];
	int supervisor = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (supervisor < 0) {
		int code = errno;
		close(pair[1]);
		return cordon_fail_errno(err, code, "make a descriptor of this process");
	}
	cage->inside->supervisor = supervisor; /* init moves it, in this memory */
	if (sched_getaffinity(0, sizeof cage->inside->processors, &cage->inside->processors) != 0)
		CPU_ZERO(&cage->inside->processors); /* more processors than the set holds */

	/* No handler of the caller may run in init. */
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &cage->inside->mask);
	pid_t pid = cage->inside->is_fallback
			    ? kernel_clone_plain(&cage->init)
			    : kernel_clone(clone_flags(), cgroup_directory(cage->cgroup), &cage->init);
	if (pid < 0 && cage->cgroup) { /* a group that takes nobody (frozen, threaded) is as good as none */
		cage->cgroup = cgroup_free(cage->cgroup);
		pid = kernel_clone(clone_flags(), -1, &cage->init);
	}
	if (pid == 0)
		init_main(cage->inside);
	int code = pid < 0 ? errno : 0;
	pthread_sigmask(SIG_SETMASK, &cage->inside->mask, NULL);
	close(pair[1]);
	close(supervisor);
	cage->init_pid = pid;
	if (code)
		return cordon_fail_errno(err, code, "start the namespaces of the run");
	send_elsewhere(cage);
	return watch(cage, cage->control, EPOLLIN, err) && watch(cage, cage->init, EPOLLIN, err);
}

static bool begin(const struct handover *handover, struct cage **ret_cage, struct cordon_error *err)
{
	if (!streams_check(handover, err))
		return false;
	struct cage *cage = calloc(1, sizeof *cage);
	if (!cage)
		return cordon_fail_memory(err);
	cage->control = cage->init = cage->view = cage->table = cage->timer = cage->root = cage->shared_memory = -1;
	cage->terminal = cage->listener = cage->decoys.place = -1;
	cage->refusal = (struct cordon_error)CORDON_ERROR_INIT;
	cage->cgroup = cgroup_begin(); /* without one the limits are kept otherwise: see assess.c */
	cage->events = epoll_create1(EPOLL_CLOEXEC);
	bool is_begun = cage->events >= 0 || cordon_fail_errno(err, errno, "make an event queue");
	is_begun = is_begun && hand_over(cage, handover, err);
	if (is_begun && !clone_init(cage, &cage->refusal))
		is_begun = abilities_is_refusal(cage->refusal.os_code) || fail_as(err, &cage->refusal);
	if (!is_begun) {
		backend_native.discard(cage);
		return false;
	}
	*ret_cage = cage;
	return true;
}

/* Waits until init has done what needs no plan: it has had the time of the planning for it. */
static bool hear_ready(struct cage *cage, struct cordon_error *err)
{
	struct message message;
	int none[CARRIED_COUNT];
	struct pollfd sources[] = { { .fd = cage->control, .events = POLLIN }, { .fd = cage->init, .events = POLLIN } };
	while (poll(sources, 2, -1) < 0)
		if (errno != EINTR)
			return cordon_fail_errno(err, errno, "wait for init");
	if (!message_receive(cage->control, &message, none))
		return cordon_fail(err, CORDON_OS_FAILED, "the process that sets up the cordon ended without a word");
	if (message.kind == MESSAGE_FAILED)
		return fail_as(err, &message.error);
	return message.kind == MESSAGE_READY ||
	       cordon_fail(err, CORDON_UNSUPPORTED, "init sent a message that it never sends");
}

/* Landlock and seccomp alone: see fallback.h. */
static bool begin_fallback(struct cage *cage, struct abilities *abilities, struct cordon_error *err)
{
	graves_dig(&cage->init, false);
	close_at(&cage->control);
	cage->inside->is_fallback = true;
	cage->inside->view = cage->inside->counted[0] = cage->inside->counted[1] = -1;
	cage->inside->master = cage->inside->slave = cage->inside->diagnosis = -1;
	cage->cgroup = cgroup_free(cage->cgroup);
	abilities_lack_namespaces(abilities, &cage->refusal);
	return clone_init(cage, err) && hear_ready(cage, err);
}

static bool probe_cage(struct cage *cage, struct abilities **ret_abilities, struct cordon_error *err)
{
	struct abilities *abilities = abilities_new();
	if (!abilities)
		return cordon_fail_memory(err);
	if (!cage->cgroup &&
	    abilities->groups.is_unified) /* where one may be made is not yet where one could be made */
		abilities->groups = (struct cgroup_places){ .is_unified = true };
	bool is_fine = true;
	if (cage->refusal.status == CORDON_OK && !hear_ready(cage, &cage->refusal))
		is_fine = abilities_is_refusal(cage->refusal.os_code) || fail_as(err, &cage->refusal);
	if (is_fine && cage->refusal.status != CORDON_OK)
		is_fine = begin_fallback(cage, abilities, err);
	if (!is_fine) {
		free(abilities);
		return false;
	}
	*ret_abilities = abilities;
	return true;
}

static bool probe(struct cage *cage, struct abilities **ret_abilities, struct cordon_error *err)
{
	if (cage)
		return probe_cage(cage, ret_abilities, err);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	const struct handover handover = { .streams = { nothing, nothing, nothing } };
	if (nothing < 0)
		return cordon_fail_errno(err, errno, "open /dev/null");
	bool is_fine = begin(&handover, &cage, err);
	if (is_fine) {
		is_fine = probe_cage(cage, ret_abilities, err);
		backend_native.discard(cage);
	}
	close(nothing);
	return is_fine;
}

/* What was missing is there by now, or is to be found in *err. */
static bool take_identity(struct plan_mount *mount, struct cordon_error *err)
{
	struct stat status;
	if (lstat(mount->path, &status) != 0 || !S_ISDIR(status.st_mode))
		return cordon_fail_errno(err, ENOTDIR, "make '%s'", mount->path);
	mount->device = status.st_dev;
	mount->inode = status.st_ino;
	mount->is_missing = false;
	return true;
}

/* Makes the writable directories that the policy asks for ("write" and a name that ends in '/'); facades may stand for
 * those above.
 */
static bool make_directories(struct plan *plan, struct cordon_error *err)
{
	for (size_t i = 0; i < plan->mounts.count; i++) {
		struct plan_mount *mount = &plan->mounts.items[i];
		if (mount->kind != MOUNT_BIND || !mount->is_writable || !mount->is_missing)
			continue;
		if ((mkdir(mount->path, 0777) != 0 && !os_make_directories(mount->path, err)) ||
		    !take_identity(mount, err))
			return false;
	}
	for (size_t i = 0; i < plan->mounts.count; i++) {
		struct plan_mount *mount = &plan->mounts.items[i];
		if (mount->kind == MOUNT_FACADE && mount->is_missing && !take_identity(mount, err))
			return false;
	}
	return true;
}

/* The groups that init is to join, and what becomes of the streams whose bytes are counted. */
static bool prepare_limits(struct cage *cage, struct abilities *abilities, struct cordon_error *err)
{
	struct inside *inside = cage->inside;
	const struct limit_setting *limits = cage->plan->limits;
	if (!is_planted("groups") && !cgroup_limit(&cage->cgroup, &abilities->groups, cage->plan, err))
		return false;
	inside->is_paced = limits[LIMIT_CPUS].is_set && abilities->groups.paths[CGROUP_CPU][0];
	if (!limits[LIMIT_OUTPUT].is_set)
		return true;
	const struct handover *handover = &inside->handover;
	if (handover->terminal && !handover->counts_terminal)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "limits.output: the caller does not count what is printed on the command's terminal "
				   "(CORDON_TERMINAL_COUNTED)");
	inside->joins_output = !(handover->terminal & (1u << 1 | 1u << 2)) && output_is_joined(handover->streams);
	cage->output = output_new(handover->streams, handover->terminal, limits[LIMIT_OUTPUT].value, cage->init);
	return cage->output || cordon_fail_errno(err, errno, "count the output");
}

/* An init that is gone already has said why, or its pidfd will: both are heard as events. */
static bool go(struct cage *cage)
{
	struct message message = { .kind = MESSAGE_GO };
	int all[1 + CGROUP_CONTROLLERS], carried[1 + CGROUP_CONTROLLERS];
	size_t count = 0;
	all[0] = cage->inside->is_fallback ? cage->inside->ruleset : -1;
	cgroup_doors(cage->cgroup, all + 1);
	for (int i = 0; i < 1 + CGROUP_CONTROLLERS; i++) {
		if (all[i] < 0)
			continue;
		message.carried |= 1u << (CARRIED_RULESET + i);
		carried[count++] = all[i];
	}
	(void)!message_send(cage->control, &message, carried);
	while (count > 0)
		close(carried[--count]);
	cage->stage = STAGE_STARTING;
	return true;
}

static bool start(struct cage *cage, const struct plan *plan, struct abilities *abilities, char *const *argv,
		  struct cordon_error *err)
{
	struct inside *inside = cage->inside;
	cage->plan = plan;
	inside->landlock = abilities->landlock;
	if (!share_plan(cage->share, plan, &inside->plan, err) ||
	    !share_arguments(cage->share, argv, &inside->argv, &inside->script, err) ||
	    !make_directories(&inside->plan, err))
		return false;
	if (inside->is_fallback && inside->handover.explain)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "--explain: without namespaces refused reads are not seen (%s); leave it out",
				   abilities->refusal);
	if (inside->is_fallback)
		return fallback_prepare(cage->share, inside, plan, err) && go(cage);
	if (!prepare_limits(cage, abilities, err) || !placeholders_make(&inside->plan, &cage->placeholders, err))
		return false;
	/* A home that does not exist is not made for them. */
	bool has_home = !plan->facts->home || os_exists(plan->facts->home);
	if (plan->caches && !(has_home && caches_prepare(plan->caches, plan->facts->workspace)))
		inside->plan.caches = NULL;
	if (plan->network == NETWORK_FILTERED && !is_planted("namespaces.net") &&
	    (!gate_share_routes(cage->share, plan, inside, err) || !gate_start(plan, &cage->gate, err) ||
	     !watch(cage, gate_channel(cage->gate), EPOLLIN, err)))
		return false;
	inside->sources = share_take(cage->share, plan->mounts.count * sizeof *inside->sources);
	if (!inside->sources)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < plan->mounts.count; i++)
		inside->sources[i] = -1;

	return go(cage);
}

/* -- events ------------------------------------------------------------------------------------------------------- */

static void unwatch(struct cage *cage, int descriptor)
{
	epoll_ctl(cage->events, EPOLL_CTL_DEL, descriptor, NULL);
}

static void end(struct cage *cage)
{
	cage->is_ending = true;
	const struct message message = { .kind = MESSAGE_END };
	if (cage->output)
		output_hurry(cage->output);
	if (cage->init < 0)
		return;
	if (!cage->inside->is_fallback) {
		syscall(SYS_pidfd_send_signal, cage->init, SIGKILL, NULL, 0);
		return;
	}
	/* One that waits for its plan is told by the end of the socket. A command may have stopped it, where it can. */
	(void)!message_send(cage->control, &message, NULL);
	syscall(SYS_pidfd_send_signal, cage->init, SIGCONT, NULL, 0);
}

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
		unwatch(cage, *descriptor);
	close_at(descriptor);
}

/* The mount table tells from the first moment on of mounts that the host takes away. A timer rather than a time-out: the caller
 * may sit in a loop of its own.
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
	return watch(cage, cage->table, EPOLLPRI, err) && watch(cage, cage->timer, EPOLLIN, err);
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
	close_at(&cage->view);
	unwatch_and_close(cage, &cage->table);
	unwatch_and_close(cage, &cage->timer);
	return watch(cage, mender_waitable(cage->mender), EPOLLIN, err);
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
		end(cage);
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
	return watch(cage, output_waitable(cage->output), EPOLLIN, err);
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
		return is_init_ending(cage) || cordon_fail(err, CORDON_OS_FAILED, "cannot watch what the command uses");
	return watch(cage, meter_waitable(cage->meter), EPOLLIN, err);
}

/* At once where the account of the disk needs its beginning, or the memory could be used up meanwhile; else runs that are
 * over by then do without.
 */
static bool begin_meter(struct cage *cage, bool is_first, struct cordon_error *err)
{
	const struct limit_setting *limits = cage->plan->limits;
	bool is_small = limits[LIMIT_MEMORY].is_set && limits[LIMIT_MEMORY].value < SMALL_MEMORY;
	bool is_urgent = limits[LIMIT_DISK].is_set || is_small;
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
	return watch(cage, listener, EPOLLIN, err);
}

static bool running(struct cage *cage, const int carried[CARRIED_COUNT], struct cage_event *ret_event,
		    struct cordon_error *err)
{
	int listener = cage->inside->is_fallback ? cage->listener : carried[CARRIED_LISTENER];
	cage->listener = -1;
	cage->stage = STAGE_RUNNING;
	cage->was_running = true;
	cage->view = carried[CARRIED_VIEW];
	cage->root = carried[CARRIED_ROOT];
	cage->shared_memory = carried[CARRIED_SHARED_MEMORY];
	cage->terminal = carried[CARRIED_TERMINAL];
	if (!watch_output(cage, carried, err))
		return false;
	if (!observe(cage, listener, carried[CARRIED_DIAGNOSIS], err))
		return false;
	if (cage->observer && cage->inside->is_fallback)
		observer_refuse_attributes(cage->observer);
	ret_event->kind = CAGE_STARTED;
	ret_event->is_observed = cage->observer && cage->inside->handover.observe;
	if (cage->inside->is_fallback) /* no view to mend, and no namespace to find the tree by */
		return start_janitor(cage, err);
	if (decoys_are_wanted(cage->inside))
		decoys_begin(&cage->decoys, cage->root);
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

static bool hear(struct cage *cage, struct cage_event *ret_event, struct cordon_error *err)
{
	struct message message;
	int carried[CARRIED_COUNT];
	if (!message_receive(cage->control, &message, carried)) {
		if (errno != EAGAIN && errno != EINTR)
			unwatch(cage, cage->control); /* its end is told by the pidfd */
		return true;
	}
	switch (message.kind) {
	case MESSAGE_LISTENER:
		cage->listener = carried[CARRIED_LISTENER];
		return true;
	case MESSAGE_STARTED:
		return running(cage, carried, ret_event, err);
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
	unwatch(cage, gate_channel(cage->gate));
	ret_event->kind = CAGE_GATE_LOST;
	return true;
}

static bool dispatch(struct cage *cage, int descriptor, struct cage_event *ret_event, struct cordon_error *err)
{
	if (descriptor == cage->control)
		return hear(cage, ret_event, err);
	if (descriptor == cage->init) {
		/* its last words may still lie in the socket */
		if (!hear(cage, ret_event, err))
			return false;
		if (ret_event->kind == CAGE_NOTHING && !cage->is_tree_dead)
			died(cage, ret_event);
		if (cage->is_tree_dead)
			unwatch(cage, cage->init);
		return true;
	}
	if (cage->meter && descriptor == meter_waitable(cage->meter)) {
		unwatch(cage, descriptor); /* told in next_event */
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
	if (cage->observer && !observer_next(cage->observer))
		unwatch(cage, descriptor);
	else if (cage->observer && !observer_take(cage->observer, ret_event))
		ret_event->kind = CAGE_LET_ON;
	return true;
}

static bool next_event(struct cage *cage, int timeout_ms, struct cage_event *ret_event, struct cordon_error *err)
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
	int count = epoll_wait(cage->events, &event, 1, timeout_ms);
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

static int waitable(const struct cage *cage)
{
	return cage->events;
}

static void order(const struct cage *cage, enum message_kind kind, int code)
{
	const struct message message = { .kind = kind, .code = code };
	if (cage->stage == STAGE_RUNNING)
		send(cage->control, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void pass_signal(struct cage *cage, int number)
{
	if (number == SIGCONT)
		cage->stopped = 0;
	order(cage, MESSAGE_SIGNAL, number);
}

static void ask(struct cage *cage)
{
	pass_signal(cage, SIGTERM);
	pass_signal(cage, SIGCONT);
}

static int take_terminal(struct cage *cage)
{
	int master = cage->terminal;
	cage->terminal = -1;
	return master;
}

static uint64_t count_output(struct cage *cage, uint64_t bytes)
{
	if (!cage->output)
		return bytes;
	if (bytes == 0 && cage->is_tree_dead)
		output_end_terminal(cage->output);
	return bytes ? output_count_terminal(cage->output, bytes) : 0;
}

static int stopped(const struct cage *cage)
{
	return cage->stopped;
}

static void pause_tree(struct cage *cage)
{
	order(cage, MESSAGE_PAUSE, 0);
}

static void foreground(struct cage *cage)
{
	cage->stopped = 0;
	order(cage, MESSAGE_FOREGROUND, 0);
}

/* -- end ---------------------------------------------------------------------------------------------------------- */

/* Of all that keeps the namespaces, and then of init, which waits for that when the tree has ended. Forks of the caller may
 * have its end of the socket too: hence shutdown.
 */
static void let_go(struct cage *cage)
{
	cage->meter = meter_free(cage->meter);
	cage->mender = mender_end(cage->mender);
	cage->observer = observer_free(cage->observer);
	close_at(&cage->view);
	close_at(&cage->root);
	close_at(&cage->shared_memory);
	close_at(&cage->decoys.place);
	close_at(&cage->table);
	if (cage->control >= 0)
		shutdown(cage->control, SHUT_RDWR);
	close_at(&cage->control);
}

static void discard(struct cage *cage)
{
	if (!cage)
		return;
	if (cage->init >= 0 && cage->stage != STAGE_ENDED)
		end(cage);
	if (cage->is_tree_dead || cage->stage < STAGE_RUNNING) /* the latter waits for its plan */
		let_go(cage);
	output_free(cage->output);
	/* A control group can be removed only when its last process is no more. */
	graves_dig(&cage->init, cage->is_tree_dead && !cgroup_holds_init(cage->cgroup));
	/* Until here covers were mended. */
	let_go(cage);
	if (cage->inside && cage->inside->is_fallback && cage->inside->temporary) /* init was killed: else it is gone */
		fallback_remove(cage->inside->temporary);
	cgroup_free(cage->cgroup);
	gate_end(cage->gate);
	placeholders_free(cage->placeholders);
	if (cage->was_running)
		cage->handover.settle(cage->handover.context, false);
	janitor_dismiss(cage->janitor);
	close_at(&cage->init);
	close_at(&cage->listener);
	close_at(&cage->timer);
	close_at(&cage->terminal);
	close_at(&cage->events);
	share_free(cage->share);
	free(cage);
}

const struct backend_ops backend_native = {
	.name = "linux",
	.probe = probe,
	.assess = abilities_assess,
	.try_layer = caches_try,
	.begin = begin,
	.start = start,
	.waitable = waitable,
	.next_event = next_event,
	.signal = pass_signal,
	.ask = ask,
	.take_terminal = take_terminal,
	.count_output = count_output,
	.stopped = stopped,
	.pause = pause_tree,
	.foreground = foreground,
	.end = end,
	.discard = discard,
	.sweep = sweep,
};

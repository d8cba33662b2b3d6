/* How a run begins: init is cloned, hears nothing of the plan until it is made, and is then told to go on. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/linux/fallback.h"
#include "backend/linux/gate.h"
#include "backend/linux/kernel.h"
#include "backend/linux/output.h"
#include "backend/linux/supervisor.h"
#include "os/os.h"

static bool fail_as(struct cordon_error *err, const struct cordon_error *cause)
{
	*err = *cause;
	return false;
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

/* Init is to work beside us, and the scheduler would rather leave it waiting for this processor, on which the planning
 * goes on: so it is sent to another. Init itself undoes it. Where that is refused nothing is lost but time.
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
	return cage_watch(cage, cage->control, EPOLLIN, err) && cage_watch(cage, cage->init, EPOLLIN, err);
}

bool cage_begin(const struct handover *handover, struct cage **ret_cage, struct cordon_error *err)
{
	if (!streams_check(handover, err))
		return false;
	struct cage *cage = calloc(1, sizeof *cage);
	if (!cage)
		return cordon_fail_memory(err);
	cage->control = cage->init = cage->view = cage->table = cage->timer = cage->root = cage->shared_memory = -1;
	cage->terminal = cage->listener = cage->decoys.place = -1;
	for (int i = 0; i < CARRIED_COUNT; i++)
		cage->handed[i] = -1;
	cage->refusal = (struct cordon_error)CORDON_ERROR_INIT;
	cage->cgroup = cgroup_begin(); /* without one the limits are kept otherwise: see assess.c */
	cage->events = epoll_create1(EPOLL_CLOEXEC);
	bool is_begun = cage->events >= 0 || cordon_fail_errno(err, errno, "make an event queue");
	is_begun = is_begun && hand_over(cage, handover, err);
	if (is_begun && !clone_init(cage, &cage->refusal))
		is_begun = abilities_is_refusal(cage->refusal.os_code) || fail_as(err, &cage->refusal);
	if (!is_begun) {
		cage_discard(cage);
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
	cage_close(&cage->control);
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

bool cage_probe(struct cage *cage, struct abilities **ret_abilities, struct cordon_error *err)
{
	if (cage)
		return probe_cage(cage, ret_abilities, err);
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	const struct handover handover = { .streams = { nothing, nothing, nothing } };
	if (nothing < 0)
		return cordon_fail_errno(err, errno, "open /dev/null");
	bool is_fine = cage_begin(&handover, &cage, err);
	if (is_fine) {
		is_fine = probe_cage(cage, ret_abilities, err);
		cage_discard(cage);
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

/* What becomes of the streams whose bytes are counted. */
static bool prepare_output(struct cage *cage, struct cordon_error *err)
{
	struct inside *inside = cage->inside;
	const struct limit_setting *limit = &cage->plan->limits[LIMIT_OUTPUT];
	const struct handover *handover = &inside->handover;
	if (!limit->is_set)
		return true;
	if (handover->terminal && !handover->counts_terminal)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "limits.output: the caller does not count what is printed on the command's terminal "
				   "(CORDON_TERMINAL_COUNTED)");
	inside->joins_output = !(handover->terminal & (1u << 1 | 1u << 2)) && output_is_joined(handover->streams);
	cage->output = output_new(handover->streams, handover->terminal, limit->value, cage->init);
	return cage->output || cordon_fail_errno(err, errno, "count the output");
}

/* An init that is gone already has said why, or its pidfd will: both are heard as events. Takes the descriptors; -1 is
 * none.
 */
static void tell(struct cage *cage, enum message_kind kind, enum carried first, int *descriptors, size_t count)
{
	struct message message = { .kind = kind };
	int carried[CARRIED_COUNT] = { 0 };
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		if (descriptors[i] < 0)
			continue;
		message.carried |= 1u << (first + i);
		carried[used++] = descriptors[i];
	}
	(void)!message_send(cage->control, &message, carried);
	for (size_t i = 0; i < count; i++)
		cage_close(&descriptors[i]);
	cage->stage = STAGE_STARTING;
}

/* Beside init's work on the view, for to make groups takes as long as that. Init waits for them before it starts the
 * command.
 */
static bool prepare_groups(struct cage *cage, struct abilities *abilities, struct cordon_error *err)
{
	int doors[CGROUP_CONTROLLERS];
	if (!is_planted("groups") && !cgroup_limit(&cage->cgroup, &abilities->groups, cage->plan, err))
		return false;
	cage->is_counted = abilities->groups.paths[CGROUP_PROCESSES][0];
	cage->inside->is_paced = cage->plan->limits[LIMIT_CPUS].is_set && abilities->groups.paths[CGROUP_CPU][0];
	cgroup_doors(cage->cgroup, doors);
	tell(cage, MESSAGE_GROUPS, CARRIED_DOOR, doors, CGROUP_CONTROLLERS);
	return true;
}

bool cage_start(struct cage *cage, const struct plan *plan, struct abilities *abilities, char *const *argv,
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
	if (inside->is_fallback && !fallback_prepare(cage->share, inside, plan, err))
		return false;
	if (inside->is_fallback) {
		/* Init, which shares `inside`, writes its own number there as soon as it is told. */
		int ruleset = inside->ruleset;
		tell(cage, MESSAGE_GO, CARRIED_RULESET, &ruleset, 1);
		return true;
	}
	if (!prepare_output(cage, err) || !placeholders_make(&inside->plan, &cage->placeholders, err))
		return false;
	/* A home that does not exist is not made for them. */
	bool has_home = !plan->facts->home || os_exists(plan->facts->home);
	if (plan->caches && !(has_home && caches_prepare(plan->caches, plan->facts->workspace)))
		inside->plan.caches = NULL;
	if (plan->network == NETWORK_FILTERED && !is_planted("namespaces.net") &&
	    (!gate_share_routes(cage->share, plan, inside, err) || !gate_start(plan, &cage->gate, err) ||
	     !cage_watch(cage, gate_channel(cage->gate), EPOLLIN, err)))
		return false;
	inside->sources = share_take(cage->share, plan->mounts.count * sizeof *inside->sources);
	if (!inside->sources)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < plan->mounts.count; i++)
		inside->sources[i] = -1;

	tell(cage, MESSAGE_GO, CARRIED_RULESET, NULL, 0);
	return prepare_groups(cage, abilities, err);
}

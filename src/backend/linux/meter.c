#include "backend/linux/meter.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "backend/linux/cage.h"

/* How fast a tree may grow at the worst, on a machine of ordinary size: the time of the next look follows from what is
 * left. No look takes more than a twentieth of the time.
 */
enum {
	SHORTEST_MS = 2,
	LONGEST_MS = 1000,
	CPU_TIME_MS = 100,
	CPU_TIME_UNGROUPED_MS = 10,
	COST_SHARE = 20,
	MEMORY_PER_MS = 12 << 20, /* bytes: two processors that fill large pages */
	DISK_PER_MS = 1 << 20,    /* bytes */
	PROCESSES_PER_MS = 10,
	AT_LIMIT_MS = 2000, /* forks may fail so long */
	WALK_AGAIN_MS = 5000,
	WALK_SHARE = 16, /* of the limit, that must be gone before it is walked again */
};

struct meter {
	struct meter_subject subject;
	struct process_meter *processes;
	struct disk_meter *disk;
	int told, stop; /* eventfd */
	pthread_t thread;
	bool has_thread;
	bool is_stopped; /* atomic */
	int exceeded;    /* atomic; a limit, or -1 */

	/* the thread's, until it is joined */
	struct cage_usage usage;
	bool is_disk_known; /* what lay there at the start is */
	uint64_t growth, walked_ms, disk_under_roots;
	uint64_t at_limit_ms, refused; /* since when forks fail (0: they do not), and how many had */
};

static uint64_t clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The thread's own time: on a machine that is busy with the very thing that is looked for, looks take long. */
static uint64_t worked_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct meter *meter_new(const struct meter_subject *subject)
{
	struct meter *meter = calloc(1, sizeof *meter);
	if (!meter)
		return NULL;
	meter->subject = *subject;
	meter->exceeded = -1;
	meter->stop = -1;
	meter->told = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	meter->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	meter->processes = process_meter_new(&meter->subject);
	if (subject->plan->limits[LIMIT_DISK].is_set)
		meter->disk = disk_meter_new(subject->plan);
	bool is_whole = meter->told >= 0 && meter->stop >= 0 && meter->processes &&
			(meter->disk || !subject->plan->limits[LIMIT_DISK].is_set);
	return is_whole ? meter : meter_free(meter);
}

int meter_waitable(const struct meter *meter)
{
	return meter->told;
}

bool meter_exceeded(const struct meter *meter, enum limit *ret_limit)
{
	int exceeded = __atomic_load_n(&meter->exceeded, __ATOMIC_ACQUIRE);
	if (exceeded < 0)
		return false;
	*ret_limit = (enum limit)exceeded;
	return true;
}

/* -- judging, in the thread ---------------------------------------------------------------------------------------- */

static const struct limit_setting *limit_of(const struct meter *meter, enum limit limit)
{
	return &meter->subject.plan->limits[limit];
}

static void exceed(struct meter *meter, enum limit limit)
{
	const uint64_t one = 1;
	if (is_planted("meter"))
		return;
	__atomic_store_n(&meter->exceeded, (int)limit, __ATOMIC_RELEASE);
	syscall(SYS_pidfd_send_signal, meter->subject.init, SIGKILL, NULL, 0);
	ssize_t ignored = write(meter->told, &one, sizeof one);
	(void)ignored;
}

static void judge(struct meter *meter, enum limit limit, uint64_t used)
{
	if (limit_of(meter, limit)->is_set && used > limit_of(meter, limit)->value)
		exceed(meter, limit);
}

static void keep_larger(uint64_t *kept, uint64_t value)
{
	if (value > *kept)
		*kept = value;
}

/* Forks that fail are for the command to deal with; one that goes on trying is a fork bomb. Without a group nothing
 * counts what fails: there the kernel lets a few more be than the limit says (limits.c), and that they are shows it.
 */
static void judge_forks(struct meter *meter, bool is_at_limit)
{
	uint64_t now = clock_ms();
	if (!is_at_limit)
		meter->at_limit_ms = 0;
	else if (meter->at_limit_ms == 0)
		meter->at_limit_ms = now;
	else if (now - meter->at_limit_ms >= AT_LIMIT_MS)
		exceed(meter, LIMIT_PROCESSES);
}

static uint64_t left_of(const struct meter *meter, enum limit limit, uint64_t used, uint64_t per_ms)
{
	const struct limit_setting *setting = limit_of(meter, limit);
	if (!setting->is_set)
		return LONGEST_MS;
	return setting->value > used ? (setting->value - used) / per_ms : 0;
}

static void sooner(uint64_t *wait, uint64_t other)
{
	if (other < *wait)
		*wait = other;
}

/* -- looking, in the thread ---------------------------------------------------------------------------------------- */

static void look_at_group(struct meter *meter, struct cgroup_reading *reading, uint64_t *wait)
{
	cgroup_read(meter->subject.cgroup, reading);
	if (reading->has_memory) {
		keep_larger(&meter->usage.memory_peak, reading->memory_peak);
		keep_larger(&meter->usage.memory_peak, reading->memory);
		meter->usage.is_memory_whole = true;
		if (reading->killed > 0)
			exceed(meter, LIMIT_MEMORY);
		if (limit_of(meter, LIMIT_MEMORY)->is_set)
			sooner(wait, left_of(meter, LIMIT_MEMORY, reading->memory, MEMORY_PER_MS) + 50);
	}
	if (reading->has_processes) {
		meter->usage.has_processes = true;
		keep_larger(&meter->usage.processes_peak, reading->processes);
		judge_forks(meter, reading->refused > meter->refused);
		meter->refused = reading->refused;
		if (meter->at_limit_ms)
			sooner(wait, AT_LIMIT_MS / 8);
	}
	if (reading->has_cpu) {
		keep_larger(&meter->usage.cpu_ms, reading->cpu_ms);
		judge(meter, LIMIT_CPU_TIME, reading->cpu_ms);
	}
}

/* What the group does not tell is read from the processes. Root's number of processes nothing else limits. */
static void look_at_processes(struct meter *meter, const struct cgroup_reading *group, uint64_t *wait)
{
	const struct limit_setting *memory = limit_of(meter, LIMIT_MEMORY);
	const struct limit_setting *processes = limit_of(meter, LIMIT_PROCESSES);
	const struct inode_set *devices = meter->disk ? disk_meter_devices(meter->disk) : NULL;
	uint64_t memory_limit = memory->is_set && !group->has_memory ? memory->value : 0;
	struct process_reading reading;
	if (group->has_processes && group->has_cpu && !memory_limit && !devices)
		return;
	/* nothing but this look keeps root's number: what is too much is ended by it */
	bool is_last = processes->is_set && !group->has_processes && geteuid() == 0;
	if (!process_meter_read(meter->processes, memory_limit, is_last ? processes->value : UINT64_MAX, devices,
				&reading))
		return;
	meter->usage.disk_bytes = reading.deleted + reading.temporary;
	if (!group->has_cpu) {
		keep_larger(&meter->usage.cpu_ms, reading.cpu_ms);
		judge(meter, LIMIT_CPU_TIME, reading.cpu_ms);
	}
	if (memory_limit) {
		meter->usage.is_memory_whole = true;
		keep_larger(&meter->usage.memory_peak, reading.memory);
		judge(meter, LIMIT_MEMORY, reading.memory);
		sooner(wait, left_of(meter, LIMIT_MEMORY, reading.memory, MEMORY_PER_MS));
	}
	if (!group->has_processes) {
		meter->usage.has_processes = true;
		keep_larger(&meter->usage.processes_peak, reading.processes);
		if (processes->is_set && geteuid() == 0)
			judge(meter, LIMIT_PROCESSES, reading.processes);
		else if (processes->is_set)
			judge_forks(meter, reading.processes > processes->value);
		sooner(wait, left_of(meter, LIMIT_PROCESSES, reading.processes, PROCESSES_PER_MS));
		if (meter->at_limit_ms)
			sooner(wait, AT_LIMIT_MS / 8);
	}
}

/* A walk sees what is moved meanwhile twice or not at all: what seems too much is looked at again. */
static void look_at_disk(struct meter *meter, uint64_t *wait)
{
	const struct limit_setting *limit = limit_of(meter, LIMIT_DISK);
	uint64_t elsewhere = meter->usage.disk_bytes, bytes = 0;
	if (!meter->disk || !meter->is_disk_known)
		return;
	meter->growth += disk_meter_growth(meter->disk);
	bool is_due = meter->growth >= limit->value / WALK_SHARE || clock_ms() - meter->walked_ms >= WALK_AGAIN_MS;
	for (int i = 0; is_due && i < 2; i++) {
		if (!disk_meter_read(meter->disk, &meter->is_stopped, &bytes))
			return;
		meter->disk_under_roots = bytes;
		if (bytes + elsewhere <= limit->value)
			break;
	}
	if (is_due) {
		meter->growth = 0;
		meter->walked_ms = clock_ms();
	}
	meter->usage.disk_bytes = meter->disk_under_roots + elsewhere;
	judge(meter, LIMIT_DISK, meter->usage.disk_bytes);
	sooner(wait, left_of(meter, LIMIT_DISK, meter->usage.disk_bytes, DISK_PER_MS));
}

static uint64_t look(struct meter *meter)
{
	uint64_t begun = worked_us(), wait = LONGEST_MS;
	struct cgroup_reading group = { 0 };
	if (meter->subject.cgroup)
		look_at_group(meter, &group, &wait);
	/* Without a group, what lives shorter than this may be missed. */
	if (limit_of(meter, LIMIT_CPU_TIME)->is_set)
		sooner(&wait, group.has_cpu ? CPU_TIME_MS : CPU_TIME_UNGROUPED_MS);
	look_at_processes(meter, &group, &wait);
	look_at_disk(meter, &wait);
	uint64_t least = (worked_us() - begun) * COST_SHARE / 1000;
	least = least > SHORTEST_MS ? least : SHORTEST_MS;
	return wait > least ? wait : least;
}

static bool wait_for_stop(const struct meter *meter, uint64_t ms)
{
	struct pollfd stop = { .fd = meter->stop, .events = POLLIN };
	return poll(&stop, 1, (int)ms) > 0;
}

static void *run(void *context)
{
	struct meter *meter = context;
	enum limit ignored;
	/* Of the thread alone: hundreds that run need not keep it from looking, where the user may say so. */
	setpriority(PRIO_PROCESS, 0, -20);
	if (meter->disk)
		meter->is_disk_known = disk_meter_begin(meter->disk, &meter->is_stopped);
	meter->walked_ms = clock_ms();
	for (uint64_t wait = look(meter); !meter_exceeded(meter, &ignored) && !wait_for_stop(meter, wait);)
		wait = look(meter);
	return NULL;
}

/* -- its life ------------------------------------------------------------------------------------------------------ */

/* The thread takes no signal that is meant for the caller's. */
bool meter_begin(struct meter *meter)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int code = meter->has_thread ? 0 : pthread_create(&meter->thread, NULL, run, meter);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	meter->has_thread = code == 0;
	errno = code;
	return meter->has_thread;
}

static void stop(struct meter *meter)
{
	const uint64_t one = 1;
	if (!meter->has_thread)
		return;
	__atomic_store_n(&meter->is_stopped, true, __ATOMIC_RELAXED);
	ssize_t ignored = write(meter->stop, &one, sizeof one);
	(void)ignored;
	pthread_join(meter->thread, NULL);
	meter->has_thread = false;
}

/* What was used since the last look counts as well: the kernel may have ended a process for want of memory, and with it
 * the command.
 */
void meter_finish(struct meter *meter, struct cage_usage *ret_usage)
{
	uint64_t ignored = 0;
	struct cgroup_reading group;
	enum limit exceeded;
	stop(meter);
	if (meter->subject.cgroup && !meter_exceeded(meter, &exceeded)) {
		meter->at_limit_ms = 0;
		look_at_group(meter, &group, &ignored);
	}
	if (meter->is_disk_known && !meter_exceeded(meter, &exceeded)) {
		meter->usage.disk_bytes = 0; /* files without a name are gone with the tree */
		meter->growth = limit_of(meter, LIMIT_DISK)->value;
		__atomic_store_n(&meter->is_stopped, false, __ATOMIC_RELAXED);
		look_at_disk(meter, &ignored);
	}
	meter->usage.has_disk = meter->is_disk_known;
	*ret_usage = meter->usage;
}

struct meter *meter_free(struct meter *meter)
{
	if (!meter)
		return NULL;
	int code = errno;
	stop(meter);
	process_meter_free(meter->processes);
	disk_meter_free(meter->disk);
	if (meter->told >= 0)
		close(meter->told);
	if (meter->stop >= 0)
		close(meter->stop);
	free(meter);
	errno = code;
	return NULL;
}

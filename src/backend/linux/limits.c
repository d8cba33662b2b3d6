/* Limits that the kernel keeps for each process or for each user of the namespace. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backend/linux/cage.h"

static bool set_limit(int resource, const char *name, uint64_t value, struct cordon_error *err)
{
	struct rlimit now;
	if (getrlimit(resource, &now) != 0)
		return cordon_fail_errno(err, errno, "read %s", name);
	/* Never more than the caller had. */
	if (now.rlim_max != RLIM_INFINITY && value > now.rlim_max)
		value = now.rlim_max;
	struct rlimit wanted = { .rlim_cur = value, .rlim_max = value };
	if (setrlimit(resource, &wanted) != 0)
		return cordon_fail_errno(err, errno, "set %s", name);
	return true;
}

/* A quarter of what the kernel counts for all of a user's processes, through every namespace, stays for those outside. */
static bool leave_some(int resource, const char *name, struct cordon_error *err)
{
	struct rlimit now;
	if (is_planted("watches") || getrlimit(resource, &now) != 0 || now.rlim_cur == RLIM_INFINITY)
		return true;
	return set_limit(resource, name, now.rlim_cur - now.rlim_cur / 4, err);
}

enum { FILES_PLENTY = 4096 }; /* programs do with three quarters of it */

/* In the command alone: init has something to hand over that these count as well (rights.c). */
bool limits_leave_rights(void)
{
	struct rlimit now;
	if (is_planted("watches") || getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_max < FILES_PLENTY)
		return true;
	now.rlim_max -= now.rlim_max / 4;
	if (now.rlim_cur > now.rlim_max)
		now.rlim_cur = now.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &now) == 0;
}

/* Where the kernel weighs sessions and not processes against each other (sched(7), autogroup) the command is one session,
 * however many processes it has, and this counts within it only.
 */
void limits_lower_share(void)
{
	enum { NICENESS = 5 };
	errno = 0;
	int now = getpriority(PRIO_PROCESS, 0);
	if (errno == 0 && !is_planted("share"))
		(void)!setpriority(PRIO_PROCESS, 0, now + NICENESS);
}

/* The n first of the processors that the caller may use. A command that sets its own affinity gets out: hence partial.
 */
static bool pin_processors(uint64_t thousandths, struct cordon_error *err)
{
	cpu_set_t now, chosen;
	uint64_t left = (thousandths + 999) / 1000;
	if (sched_getaffinity(0, sizeof now, &now) != 0)
		return cordon_fail_errno(err, errno, "read the processor set");
	CPU_ZERO(&chosen);
	for (int processor = 0; processor < CPU_SETSIZE && left > 0; processor++) {
		if (CPU_ISSET(processor, &now)) {
			CPU_SET(processor, &chosen);
			left--;
		}
	}
	if (sched_setaffinity(0, sizeof chosen, &chosen) != 0)
		return cordon_fail_errno(err, errno, "choose processors");
	return true;
}

/* What they limit is known from then on, too. */
bool groups_await(struct inside *inside, struct cordon_error *err)
{
	int carried[CARRIED_COUNT];
	init_await(inside, MESSAGE_GROUPS, carried);
	memcpy(inside->doors, carried + CARRIED_DOOR, sizeof inside->doors);
	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		if (inside->doors[i] >= 0 && !streams_move(inside, &inside->doors[i], err))
			return false;
	return true;
}

bool groups_join(const struct inside *inside, struct cordon_error *err)
{
	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		if (inside->doors[i] >= 0 && write(inside->doors[i], "0", 1) != 1)
			return cordon_fail_errno(err, errno, "join the control group of the run");
	return true;
}

/* So many more than the limit, so that who goes on trying can be seen (meter.c), and who keeps to it is not taken for
 * that. Two, for Linux 6.1 counts one more than 6.18. The pids controller, where there is one, is exact.
 */
enum { BEYOND = 2 };

/* By init, inside the user namespace: there the count of processes is the namespace's own, and what the user runs
 * outside neither counts nor suffers. Init itself counts as one.
 */
bool limits_apply(struct inside *inside, struct cordon_error *err)
{
	const struct limit_setting *limits = inside->plan.limits;
	if (is_planted("limits"))
		return true;

	if (!set_limit(RLIMIT_CORE, "the size of core files", 0, err))
		return false;
	if (!leave_some(RLIMIT_SIGPENDING, "the number of timers and queued signals", err) ||
	    !leave_some(RLIMIT_MSGQUEUE, "the size of message queues", err))
		return false;
	/* without a user namespace all that the user runs counts */
	if (limits[LIMIT_PROCESSES].is_set &&
	    !set_limit(RLIMIT_NPROC, "the number of processes",
		       limits[LIMIT_PROCESSES].value + 1 + BEYOND + inside->others, err))
		return false;
	if (limits[LIMIT_OPEN_FILES].is_set &&
	    !set_limit(RLIMIT_NOFILE, "the number of open files", limits[LIMIT_OPEN_FILES].value, err))
		return false;
	if (limits[LIMIT_FILE_SIZE].is_set &&
	    !set_limit(RLIMIT_FSIZE, "the size of a file", limits[LIMIT_FILE_SIZE].value, err))
		return false;
	/* For what nobody measures: each process alone. */
	if (limits[LIMIT_CPU_TIME].is_set &&
	    !set_limit(RLIMIT_CPU, "processor time", limits[LIMIT_CPU_TIME].value / 1000 + 2, err))
		return false;
	return !limits[LIMIT_CPUS].is_set || inside->is_paced || pin_processors(limits[LIMIT_CPUS].value, err);
}

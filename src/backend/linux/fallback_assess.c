/* What a host without namespaces gives of each guarantee. */
#include <stdio.h>

#include "backend/linux/fallback.h"
#include "base/list.h"

enum { ABI_SCOPES = 6 };

static void lower(struct assessment *row, const struct abilities *abilities, enum level level, const char *why)
{
	row->level = level;
	row->remedy = abilities->remedy;
	snprintf(row->why, sizeof row->why, "%s", why);
	snprintf(row->cause, sizeof row->cause, "%s", abilities->refusal);
}

static void hold(struct assessment *row, const char *by)
{
	row->level = LEVEL_ENFORCED;
	snprintf(row->why, sizeof row->why, "%s", by);
}

static void assess_files(const struct abilities *abilities, struct assessment rows[])
{
	lower(&rows[GUARANTEE_FILES_PROTECT], abilities, LEVEL_ABSENT,
	      "Landlock knows no exception below a writable directory");
	if (abilities->landlock == 0) {
		lower(&rows[GUARANTEE_FILES_WRITE], abilities, LEVEL_ABSENT, "this kernel has no Landlock either");
		lower(&rows[GUARANTEE_FILES_READ], abilities, LEVEL_ABSENT, "this kernel has no Landlock either");
		return;
	}
	lower(&rows[GUARANTEE_FILES_WRITE], abilities, LEVEL_PARTIAL,
	      "mode, owner, times of your files outside can be changed, device nodes inside be used; content and names hold");
	lower(&rows[GUARANTEE_FILES_READ], abilities, LEVEL_PARTIAL,
	      "what is hidden cannot be opened or listed, but a name that is known can be probed");
}

static void assess_processes(const struct abilities *abilities, struct assessment rows[])
{
	if (abilities->landlock == 0)
		lower(&rows[GUARANTEE_PROCESSES], abilities, LEVEL_ABSENT, "your other processes can be traced");
	else if (abilities->landlock < ABI_SCOPES)
		lower(&rows[GUARANTEE_PROCESSES], abilities, LEVEL_ABSENT,
		      "your other processes can be signalled before Linux 6.12");
	else
		lower(&rows[GUARANTEE_PROCESSES], abilities, LEVEL_PARTIAL,
		      "your other processes can be seen, neither signalled nor traced");

	if (abilities->landlock < ABI_SCOPES)
		lower(&rows[GUARANTEE_TREE], abilities, LEVEL_ABSENT, "the command can kill what watches its end");
	else
		lower(&rows[GUARANTEE_TREE], abilities, LEVEL_PARTIAL,
		      "if both processes of cordon are killed at once, what they watch lives on");
}

/* The filters do this, and Landlock keeps /dev/shm and named pipes out. */
static void assess_reach(const struct plan *plan, const struct abilities *abilities, struct assessment rows[])
{
	struct assessment *ipc = &rows[GUARANTEE_IPC];
	if (!abilities->has_filters)
		lower(&rows[GUARANTEE_NET_OFF], abilities, LEVEL_ABSENT, "this kernel has no seccomp either");
	else
		hold(&rows[GUARANTEE_NET_OFF],
		     "no socket can be made but unix ones, not for loopback either (seccomp)");
	if (!abilities->has_filters || abilities->landlock == 0)
		lower(ipc, abilities, LEVEL_ABSENT, "sockets and shared memory of the host are in reach");
	else if (plan->guarantees[GUARANTEE_IPC].accepted == LEVEL_ENFORCED)
		hold(ipc, "no unix socket, shared memory, semaphore or queue by name can be had (seccomp, Landlock)");
	else if (abilities->landlock < ABI_SCOPES)
		lower(ipc, abilities, LEVEL_PARTIAL, "unix sockets of the host are in reach, by path and abstract");
	else
		lower(ipc, abilities, LEVEL_PARTIAL, "unix sockets of the host are in reach by their path");
}

/* What the kernel keeps for each process holds as ever. What is counted for the tree needs a pid namespace to find it
 * by.
 */
static void assess_limits(const struct plan *plan, const struct abilities *abilities, struct assessment rows[])
{
	static const enum guarantee of_tree[] = { GUARANTEE_LIMITS_MEMORY, GUARANTEE_LIMITS_CPU_TIME,
						  GUARANTEE_LIMITS_DISK, GUARANTEE_LIMITS_OUTPUT };
	for (size_t i = 0; i < COUNT_OF(of_tree); i++)
		lower(&rows[of_tree[i]], abilities, LEVEL_ABSENT, "counted for the whole tree with namespaces only");
	lower(&rows[GUARANTEE_LIMITS_CPU], abilities, LEVEL_PARTIAL,
	      "processor affinity: whole processors, and a program may change its own");
	if (plan->facts->user_id == 0)
		lower(&rows[GUARANTEE_LIMITS_PROCESSES], abilities, LEVEL_ABSENT,
		      "the kernel does not count root's processes");
	else
		lower(&rows[GUARANTEE_LIMITS_PROCESSES], abilities, LEVEL_PARTIAL,
		      "what else you start during the run counts too");
}

void fallback_assess(const struct plan *plan, const struct abilities *abilities, struct assessment rows[])
{
	assess_files(abilities, rows);
	assess_processes(abilities, rows);
	assess_reach(plan, abilities, rows);
	assess_limits(plan, abilities, rows);
	lower(&rows[GUARANTEE_NET_FILTERED], abilities, LEVEL_ABSENT, "the gate needs a network namespace");
	lower(&rows[GUARANTEE_NET_DNS], abilities, LEVEL_ABSENT, "the gate needs a network namespace");
	if (abilities->landlock > 0)
		return;
	/* Nothing keeps your other terminals out of reach, nor, from root, what the kernel lets its owner write. */
	lower(&rows[GUARANTEE_TERMINAL], abilities, LEVEL_PARTIAL, "your other terminals can be opened");
	if (plan->facts->user_id == 0)
		lower(&rows[GUARANTEE_KERNEL], abilities, LEVEL_ABSENT, "root can change the kernel's settings");
}

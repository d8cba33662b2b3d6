/* What this host can do, and what that makes of each guarantee. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "backend/linux/fallback.h"
#include "backend/linux/gate.h"
#include "os/os.h"

/* The first character of a settings file, or NUL. */
static char setting(const char *path)
{
	char value = '\0';
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return '\0';
	if (read(file, &value, 1) != 1)
		value = '\0';
	close(file);
	return value;
}

struct abilities *abilities_new(void)
{
	struct abilities *abilities = calloc(1, sizeof *abilities);
	if (!abilities)
		return NULL;
	abilities->landlock = landlock_abi();
	abilities->has_filters = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
	cgroup_find(&abilities->groups);
	return abilities;
}

/* clone(2), user_namespaces(7): ENOSPC and EUSERS are limits that an administrator sets. */
bool abilities_is_refusal(int64_t code)
{
	return code == EPERM || code == EACCES || code == ENOSYS || code == ENOSPC || code == EUSERS || code == EINVAL;
}

/* The settings that are known to refuse namespaces; the last one that applies is named. A filter is some sandbox's
 * around this process, whatever the environment claims: a container, or another cordon.
 */
void abilities_lack_namespaces(struct abilities *abilities, const struct cordon_error *why)
{
	const char *cause = NULL;
	abilities->is_fallback = true;
	if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == '1') {
		cause = "AppArmor lets no program use them that has no profile for it";
		abilities->remedy = "sudo cordon setup (by cordon's whole path, where sudo does not find it)";
	}
	if (setting("/proc/sys/kernel/unprivileged_userns_clone") == '0' && geteuid() != 0) {
		cause = "kernel.unprivileged_userns_clone is 0";
		abilities->remedy = "sudo sysctl kernel.unprivileged_userns_clone=1";
	}
	if (setting("/proc/sys/user/max_user_namespaces") == '0') {
		cause = "user.max_user_namespaces is 0";
		abilities->remedy = "sudo sysctl user.max_user_namespaces=15000";
	}
	if (!cause && why->os_code == ENOSPC)
		cause = "no more of them may be made here (user.max_user_namespaces, also of an outer namespace)";
	if (!cause && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0) {
		cause = "the sandbox or container around this process refuses them";
		abilities->remedy = "start the container with a seccomp profile that allows user namespaces "
				    "(docker run --security-opt seccomp=…)";
	}
	snprintf(abilities->refusal, sizeof abilities->refusal, "no namespaces: %.130s", cause ? cause : why->text);
}

/* What rests on namespaces and the mount view. */
static const struct {
	enum guarantee guarantee;
	const char *by;
} by_namespaces[] = {
	{ GUARANTEE_FILES_WRITE, "read-only mounts and Landlock" },
	{ GUARANTEE_FILES_READ, "mounts over what is hidden" },
	{ GUARANTEE_FILES_PROTECT, "mounts over what is protected, watched" },
	{ GUARANTEE_NET_OFF, "a network namespace with nothing but loopback" },
	{ GUARANTEE_IPC, "private /run, /tmp and /dev, network and IPC namespaces" },
	{ GUARANTEE_PROCESSES, "a pid namespace and its own /proc" },
	{ GUARANTEE_TREE, "a pid namespace that ends with its init" },
};

static void say(struct assessment *row, enum level level, const char *why)
{
	row->level = level;
	snprintf(row->why, sizeof row->why, "%s", why);
}

static void assess_gate(const struct plan *plan, struct assessment rows[])
{
	static const enum guarantee both[] = { GUARANTEE_NET_FILTERED, GUARANTEE_NET_DNS };
	char path[4096];
	bool is_there = plan->network == NETWORK_FILTERED && gate_find(path);
	for (int i = 0; i < 2; i++) {
		struct assessment *row = &rows[both[i]];
		if (is_there)
			say(row, LEVEL_ENFORCED, "a network namespace whose only way out is the gate");
		else
			say(row, LEVEL_ABSENT,
			    "the program cordon-gate is not beside cordon, nor where it is installed");
	}
}

/* Nothing short of a search of the whole file system would find the other names. */
static void assess_hidden_files(const struct plan *plan, struct assessment *row)
{
	size_t count;
	const struct rule *rules = policy_rules(plan->policy, &count);
	for (size_t i = 0; i < count; i++) {
		const struct path_fact *fact = rules[i].fact;
		if (rules[i].access != ACCESS_NONE || !fact || fact->type != PATH_FILE || fact->links < 2)
			continue;
		row->level = LEVEL_PARTIAL;
		snprintf(row->why, sizeof row->why,
			 "'%.100s' has %u hard links and may be read by another name; remove the others",
			 rules[i].landing, fact->links);
		return;
	}
}

static const char *const unified[CGROUP_CONTROLLERS] = {
	[CGROUP_MEMORY] = "memory.max of a control group of the run's own",
	[CGROUP_PROCESSES] = "pids.max of a control group of the run's own",
	[CGROUP_CPU] = "cpu.max of a control group of the run's own",
	[CGROUP_ACCOUNT] = "cpu.stat of a control group of the run's own, read ten times a second",
};
static const char *const separate[CGROUP_CONTROLLERS] = {
	[CGROUP_MEMORY] = "memory.limit_in_bytes of a control group (version 1) of the run's own",
	[CGROUP_PROCESSES] = "pids.max of a control group (version 1) of the run's own",
	[CGROUP_CPU] = "cpu.cfs_quota_us of a control group (version 1) of the run's own",
	[CGROUP_ACCOUNT] = "cpuacct.usage of a control group (version 1) of the run's own, read ten times a second",
};

/* A policy may make the control groups writable: a command of root's then lifts its limits, or leaves. */
static void assess_reach(const struct plan *plan, const struct cgroup_places *groups, struct assessment rows[])
{
	static const enum guarantee of_groups[CGROUP_CONTROLLERS] = {
		[CGROUP_MEMORY] = GUARANTEE_LIMITS_MEMORY,
		[CGROUP_PROCESSES] = GUARANTEE_LIMITS_PROCESSES,
		[CGROUP_CPU] = GUARANTEE_LIMITS_CPU,
		[CGROUP_ACCOUNT] = GUARANTEE_LIMITS_CPU_TIME,
	};
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];
		if (mount->kind != MOUNT_BIND || !mount->is_writable)
			continue;
		for (int j = 0; j < CGROUP_CONTROLLERS; j++)
			if (groups->paths[j][0] &&
			    (os_lies_below(mount->path, CGROUP_ROOT) || os_lies_below(CGROUP_ROOT, mount->path)) &&
			    strcmp(mount->path, "/") != 0)
				say(&rows[of_groups[j]], LEVEL_PARTIAL,
				    "the policy lets the command write to the control groups that limit it");
	}
}

/* Where no control group does it, cordon looks itself and ends the tree; docs/limits.md has what was measured. */
static void assess_limits(const struct plan *plan, const struct cgroup_places *groups, struct assessment rows[])
{
	const char *const *const by = groups->is_unified ? unified : separate;
	const bool has_memory = groups->paths[CGROUP_MEMORY][0], has_processes = groups->paths[CGROUP_PROCESSES][0];
	const bool has_cpu = groups->paths[CGROUP_CPU][0], has_account = groups->paths[CGROUP_ACCOUNT][0];
	const bool is_root = plan->facts->user_id == 0;

	say(&rows[GUARANTEE_LIMITS_OPEN_FILES], LEVEL_ENFORCED, "RLIMIT_NOFILE");
	say(&rows[GUARANTEE_LIMITS_FILE_SIZE], LEVEL_ENFORCED, "RLIMIT_FSIZE");
	say(&rows[GUARANTEE_LIMITS_OUTPUT], LEVEL_ENFORCED,
	    "standard output and error pass through pipes and are counted");
	say(&rows[GUARANTEE_LIMITS_DISK], LEVEL_PARTIAL,
	    "accounted, not reserved: cordon looks what lies under the writable roots and ends the tree, which may have "
	    "written more by then; the private /tmp alone is bounded");
	say(&rows[GUARANTEE_LIMITS_MEMORY], has_memory ? LEVEL_ENFORCED : LEVEL_PARTIAL,
	    has_memory
		    ? by[CGROUP_MEMORY]
		    : "no control group to be had: cordon adds up the processes' memory and ends the tree, which may have "
		      "taken a few hundred MiB more by then; memory of the kernel is not seen");
	say(&rows[GUARANTEE_LIMITS_CPU_TIME], has_account ? LEVEL_ENFORCED : LEVEL_PARTIAL,
	    has_account
		    ? by[CGROUP_ACCOUNT]
		    : "no control group to be had: cordon adds up the processes' times; processes that live less than "
		      "10 ms and that nobody waits for are missed");
	say(&rows[GUARANTEE_LIMITS_CPU], has_cpu ? LEVEL_ENFORCED : LEVEL_PARTIAL,
	    has_cpu ? by[CGROUP_CPU] : "processor affinity: whole processors, and a program may change its own");
	if (has_processes || !is_root)
		say(&rows[GUARANTEE_LIMITS_PROCESSES], LEVEL_ENFORCED,
		    has_processes ? by[CGROUP_PROCESSES]
				  : "RLIMIT_NPROC in the user namespace, two more at most until it is ended");
	else
		say(&rows[GUARANTEE_LIMITS_PROCESSES], LEVEL_PARTIAL,
		    "the kernel does not count root's processes and there is no control group to be had: cordon counts "
		    "and ends the tree, which may have started more by then");
}

static void assess_namespaces(const struct plan *plan, const struct abilities *abilities, struct assessment rows[])
{
	for (size_t i = 0; i < sizeof by_namespaces / sizeof *by_namespaces; i++)
		say(&rows[by_namespaces[i].guarantee], LEVEL_ENFORCED, by_namespaces[i].by);
	assess_hidden_files(plan, &rows[GUARANTEE_FILES_READ]);
	/* A mount that is read-only does not keep a pipe from being written to. */
	if (abilities->landlock == 0) {
		say(&rows[GUARANTEE_FILES_WRITE], LEVEL_ENFORCED, "read-only mounts");
		say(&rows[GUARANTEE_IPC], LEVEL_PARTIAL,
		    "named pipes of the host are in reach (Landlock, which this kernel lacks, would close them)");
	}
	/* With the host's network the host's abstract sockets come along, but for what Landlock scopes. */
	if (plan->network == NETWORK_OPEN && abilities->landlock < 6)
		say(&rows[GUARANTEE_IPC], LEVEL_PARTIAL,
		    "abstract sockets of the host are in reach (Landlock ABI 6, Linux 6.12, would close them)");
}

void abilities_assess(const struct plan *plan, const struct abilities *abilities,
		      struct assessment ret_rows[GUARANTEE_COUNT])
{
	memset(ret_rows, 0, GUARANTEE_COUNT * sizeof *ret_rows);
	const char *filter = abilities->has_filters ? "no capabilities and a seccomp filter"
						    : "this kernel has no seccomp";
	say(&ret_rows[GUARANTEE_KERNEL], abilities->has_filters ? LEVEL_ENFORCED : LEVEL_ABSENT, filter);
	say(&ret_rows[GUARANTEE_TERMINAL], abilities->has_filters ? LEVEL_ENFORCED : LEVEL_ABSENT,
	    abilities->has_filters ? "a session of its own, TIOCSTI and TIOCLINUX refused" : filter);
	assess_gate(plan, ret_rows);
	assess_limits(plan, &abilities->groups, ret_rows);
	assess_reach(plan, &abilities->groups, ret_rows);
	if (abilities->is_fallback)
		fallback_assess(plan, abilities, ret_rows);
	else
		assess_namespaces(plan, abilities, ret_rows);

	for (int i = 0; i < GUARANTEE_COUNT; i++)
		if (!plan->guarantees[i].is_asked)
			ret_rows[i] = (struct assessment){ .level = LEVEL_UNASKED };
}

/* What this host can do, and what that makes of each guarantee. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "backend/linux/cage.h"
#include "backend/linux/gate.h"
#include "base/scope.h"
#include "base/text.h"

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

/* Signs only: the proof is clone3 itself, when the run starts. */
static const char *what_forbids_namespaces(void)
{
	if (setting("/proc/sys/user/max_user_namespaces") == '0')
		return "user namespaces are switched off (user.max_user_namespaces is 0)";
	if (geteuid() != 0 && setting("/proc/sys/kernel/unprivileged_userns_clone") == '0')
		return "user namespaces are for root only (kernel.unprivileged_userns_clone is 0)";
	return NULL;
}

bool abilities_probe(struct abilities **ret_abilities, struct cordon_error *err)
{
	struct abilities *abilities = calloc(1, sizeof *abilities);
	if (!abilities)
		return cordon_fail_memory(err);
	abilities->landlock = landlock_abi();
	abilities->has_filters = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
	abilities->no_namespaces = what_forbids_namespaces();
	cgroup_find(&abilities->groups);
	*ret_abilities = abilities;
	return true;
}

/* What rests on namespaces and the mount view. */
static const struct {
	enum guarantee guarantee;
	const char *by;
} of_namespaces[] = {
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

static void assess_gate(const struct plan *plan, const struct abilities *abilities, struct assessment rows[])
{
	static const enum guarantee both[] = { GUARANTEE_NET_FILTERED, GUARANTEE_NET_DNS };
	char path[4096];
	bool is_there = plan->network == NETWORK_FILTERED && gate_find(path);
	for (int i = 0; i < 2; i++) {
		struct assessment *row = &rows[both[i]];
		if (abilities->no_namespaces)
			say(row, LEVEL_ABSENT, abilities->no_namespaces);
		else if (is_there)
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

/* Where no control group does it, cordon looks itself and ends the tree; docs/guarantees.md has what was measured. */
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
		      "taken 10 ms' worth more by then; memory of the kernel is not seen");
	say(&rows[GUARANTEE_LIMITS_CPU_TIME], has_account ? LEVEL_ENFORCED : LEVEL_PARTIAL,
	    has_account
		    ? by[CGROUP_ACCOUNT]
		    : "no control group to be had: cordon adds up the processes' times; processes that live less than "
		      "10 ms and that nobody waits for are missed");
	say(&rows[GUARANTEE_LIMITS_CPU], has_cpu ? LEVEL_ENFORCED : LEVEL_PARTIAL,
	    has_cpu ? by[CGROUP_CPU] : "processor affinity: whole processors, and a program may change its own");
	if (has_processes || !is_root)
		say(&rows[GUARANTEE_LIMITS_PROCESSES], LEVEL_ENFORCED,
		    has_processes ? by[CGROUP_PROCESSES] : "RLIMIT_NPROC in the user namespace");
	else
		say(&rows[GUARANTEE_LIMITS_PROCESSES], LEVEL_PARTIAL,
		    "the kernel does not count root's processes and there is no control group to be had: cordon counts "
		    "and ends the tree, which may have started more by then");
}

void abilities_assess(const struct plan *plan, const struct abilities *abilities,
		      struct assessment ret_rows[GUARANTEE_COUNT])
{
	memset(ret_rows, 0, GUARANTEE_COUNT * sizeof *ret_rows);
	for (size_t i = 0; i < sizeof of_namespaces / sizeof *of_namespaces; i++) {
		struct assessment *row = &ret_rows[of_namespaces[i].guarantee];
		if (abilities->no_namespaces)
			say(row, LEVEL_ABSENT, abilities->no_namespaces);
		else
			say(row, LEVEL_ENFORCED, of_namespaces[i].by);
	}
	if (!abilities->no_namespaces)
		assess_hidden_files(plan, &ret_rows[GUARANTEE_FILES_READ]);
	/* With the host's network the host's abstract sockets come along, but for what Landlock scopes. */
	if (plan->network == NETWORK_OPEN && abilities->landlock < 6 && !abilities->no_namespaces)
		say(&ret_rows[GUARANTEE_IPC], LEVEL_PARTIAL,
		    "abstract sockets of the host are in reach (Landlock ABI 6, Linux 6.12, would close them)");
	const char *filter = abilities->has_filters ? "no capabilities and a seccomp filter"
						    : "this kernel has no seccomp";
	say(&ret_rows[GUARANTEE_KERNEL], abilities->has_filters ? LEVEL_ENFORCED : LEVEL_ABSENT, filter);
	say(&ret_rows[GUARANTEE_TERMINAL], abilities->has_filters ? LEVEL_ENFORCED : LEVEL_ABSENT,
	    abilities->has_filters ? "a session of its own, TIOCSTI and TIOCLINUX refused" : filter);
	assess_gate(plan, abilities, ret_rows);
	assess_limits(plan, &abilities->groups, ret_rows);

	for (int i = 0; i < GUARANTEE_COUNT; i++)
		if (!plan->guarantees[i].is_asked)
			ret_rows[i] = (struct assessment){ .level = LEVEL_UNASKED };
}

bool abilities_lack_namespaces(const struct plan *plan, int code, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text names = { 0 };
	for (size_t i = 0; i < sizeof of_namespaces / sizeof *of_namespaces; i++)
		if (plan->guarantees[of_namespaces[i].guarantee].is_asked)
			text_addf(&names, "%s%s", names.length ? ", " : "", guarantee_name(of_namespaces[i].guarantee));
	if (code == EAGAIN || code == ENOMEM || code == EMFILE || code == ENFILE)
		return cordon_fail_errno(err, code, "start the namespaces of the run");
	return cordon_fail(err, CORDON_UNSUPPORTED,
			   "this host refuses user namespaces (%s), without which it cannot give %s; "
			   "a container's or AppArmor's setting may allow them",
			   strerror(code), text_str(&names));
}

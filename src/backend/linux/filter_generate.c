/* filter_generate OUTPUT: writes the seccomp filters as C arrays. Runs on the build machine; libseccomp is not part of
 * what ships.
 *
 * One list of refusals makes four filters: `filter_quiet`; `filter_observed`, which also hands calls that show intent
 * to change something to the supervisor for its report (it lets them go on: what decides is the mount view and
 * Landlock); and each of them `gated`, where the network is filtered and the gate has to know of connections before
 * they are made. Everything else is allowed: the filter cuts the kernel's surface, it is not the wall around files.
 *
 * Without namespaces (fallback.h) the filter is more than that: small ones are loaded before, each for one thing that a
 * namespace or a newer Landlock would do; of all filters the strictest answer counts.
 *
 * What it answers follows the design: EPERM, or ENOSYS where programs have a fallback. It never kills.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ioctls and protocols by number: the build machine's headers may not have them. */
#define IOCTL_TIOCSTI 0x5412
#define IOCTL_TIOCLINUX 0x541C
#define PROTOCOL_L2TP 115 /* linux/l2tp.h */
#define LOW_32_BITS UINT64_C(0xffffffff)
#define SOCKET_TYPE_MASK UINT64_C(0xf) /* net/socket.h in the kernel: what lies above are flags */
#define FAMILIES UINT64_C(64)          /* more than there are, and a power of two */
#define IOPRIO_WHO_USER 3
/* What an open says that is to change something. */
#define INTENTS ((uint32_t)(O_WRONLY | O_RDWR | O_CREAT | O_TRUNC))
#define NAMELESS ((uint64_t)(O_TMPFILE & ~O_DIRECTORY))
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW_WORD 0 /* of an argument's 64 bits */
#else
#define LOW_WORD 4
#endif
#define NEWEST_CALL 462 /* mseal, Linux 6.10: the last of those that were looked at; the same on every architecture */
#define CALL_FCHMODAT2 452 /* Linux 6.6, the same on every architecture */

#define NAMESPACE_FLAGS \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define FLAG_NEWTIME 0x80 /* CLONE_NEWTIME; among clone's flags these bits are the exit signal */

/* clang-format off */
/* Programs ask for these and do without. */
static const char *const absent[] = {
	"clone3",          "io_uring_setup",      "io_uring_enter",   "io_uring_register",
	"keyctl",          "add_key",             "request_key",      "memfd_secret",
	"io_setup", /* all the machine's programs share fs.aio-max-nr */
};

/* No program of a build or a test needs these; each has been a way out or into the kernel. */
static const char *const refused[] = {
	/* mounts and roots */
	"mount", "umount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount",
	"fspick", "mount_setattr", "setns", "quotactl", "quotactl_fd", "swapon", "swapoff", "open_by_handle_at",
	"fanotify_init", "fanotify_mark",
	/* the kernel itself */
	"bpf", "perf_event_open", "userfaultfd", "init_module", "finit_module", "delete_module", "create_module",
	"query_module", "get_kernel_syms", "kexec_load", "kexec_file_load", "reboot", "syslog", "acct", "iopl", "ioperm",
	"modify_ldt", "vm86", "vm86old", "lookup_dcookie", "nfsservctl", "sysfs", "_sysctl", "uselib", "vhangup",
	/* the machine */
	"settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime", "sethostname", "setdomainname",
	/* other processes' memory across a boundary that ptrace's own checks draw */
	"kcmp", "process_madvise", "move_pages", "migrate_pages", "mbind", "set_mempolicy", "set_mempolicy_home_node",
};

/* What reaches objects and processes that a namespace would have divided from the host's. */
static const char *const shared[] = {
	"shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semtimedop", "semctl",
	"mq_open", "mq_unlink",
};

/* Calls that act on the process that an argument names; 0 is the caller. */
static const struct {
	const char *name;
	unsigned process;
} process_takers[] = {
	{ "prlimit64", 0 },         { "setpriority", 1 },   { "ioprio_set", 1 },
	{ "sched_setscheduler", 0 }, { "sched_setparam", 0 }, { "sched_setattr", 0 }, { "sched_setaffinity", 0 },
};

/* Calls that set a mode, and which argument that is. */
static const struct {
	const char *name;
	unsigned mode;
} mode_takers[] = {
	{ "creat", 1 }, { "chmod", 1 }, { "fchmod", 1 }, { "fchmodat", 2 }, { "mknod", 1 }, { "mknodat", 2 },
};

enum observation { NOTHING, CHANGES, ALL };

#define MODE_IS(argument, value) SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, S_ISUID, value)
#define HAS_BIT(argument, bit) SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, bit, bit)

/* Calls whose arguments alone show intent to change something; those of mode_takers come beside. */
static const char *const changing[] = {
	"truncate", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "rename", "renameat",
	"renameat2", "link", "linkat", "symlink", "symlinkat", "chown", "lchown", "fchownat",
	"setxattr", "lsetxattr", "removexattr", "lremovexattr", "connect",
};
/* clang-format on */

static void check(int result, const char *what)
{
	if (result == 0)
		return;
	fprintf(stderr, "filter_generate: %s: %s\n", what, strerror(-result));
	exit(1);
}

/* A name that this architecture lacks needs no rule. */
static int number_of(const char *name)
{
	return seccomp_syscall_resolve_name(name);
}

static void add(scmp_filter_ctx filter, uint32_t action, const char *name)
{
	int number = number_of(name);
	if (number == __NR_SCMP_ERROR) {
		fprintf(stderr, "filter_generate: unknown system call '%s'\n", name);
		exit(1);
	}
	if (number >= 0)
		check(seccomp_rule_add_exact_array(filter, action, number, 0, NULL), name);
}

static void add_when(scmp_filter_ctx filter, uint32_t action, const char *name, struct scmp_arg_cmp condition)
{
	int number = number_of(name);
	if (number >= 0)
		check(seccomp_rule_add_exact_array(filter, action, number, 1, &condition), name);
}

static void add_when_both(scmp_filter_ctx filter, uint32_t action, const char *name, struct scmp_arg_cmp one,
			  struct scmp_arg_cmp other)
{
	int number = number_of(name);
	struct scmp_arg_cmp conditions[] = { one, other };
	if (number >= 0)
		check(seccomp_rule_add_exact_array(filter, action, number, 2, conditions), name);
}

static void add_bits(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned argument, uint64_t bits)
{
	for (uint64_t bit = 1; bit; bit <<= 1)
		if (bits & bit)
			add_when(filter, action, name, SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, bit, bit));
}

/* Sockets of families and protocols that next to no program makes. The kernel loads a module for whoever asks, they are
 * where its flaws are found, and some (AF_VSOCK) no namespace divides from the host. The answers are those of a kernel
 * without them. Of the numbers the kernel reads 32 bits; a larger one is in no family.
 */
static void refuse_rare_sockets(scmp_filter_ctx filter)
{
	static const char *const makers[] = { "socket", "socketpair" };
	static const unsigned rare[] = { IPPROTO_DCCP, PROTOCOL_L2TP, IPPROTO_SCTP, IPPROTO_UDPLITE };
	static const unsigned kinds[] = { SOCK_SEQPACKET, SOCK_DCCP };
	static const unsigned internet[] = { AF_INET, AF_INET6 };
	for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
		uint32_t refuse = SCMP_ACT_ERRNO(EAFNOSUPPORT);
		for (unsigned family = 1; family < AF_NETLINK; family++)
			if (family != AF_UNIX && family != AF_INET && family != AF_INET6)
				add_when(filter, refuse, makers[i],
					 SCMP_CMP(0, SCMP_CMP_MASKED_EQ, LOW_32_BITS, family));
		add_when(filter, refuse, makers[i], SCMP_CMP(0, SCMP_CMP_GT, AF_NETLINK));
	}
	for (size_t i = 0; i < sizeof rare / sizeof *rare; i++)
		add_when(filter, SCMP_ACT_ERRNO(EPROTONOSUPPORT), "socket",
			 SCMP_CMP(2, SCMP_CMP_MASKED_EQ, LOW_32_BITS, rare[i]));
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (size_t j = 0; j < sizeof internet / sizeof *internet; j++)
			add_when_both(filter, SCMP_ACT_ERRNO(ESOCKTNOSUPPORT), "socket",
				      SCMP_CMP(0, SCMP_CMP_MASKED_EQ, LOW_32_BITS, internet[j]),
				      SCMP_CMP(1, SCMP_CMP_MASKED_EQ, SOCKET_TYPE_MASK, kinds[i]));
}

static void add_refusals(scmp_filter_ctx filter)
{
	uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
		add(filter, SCMP_ACT_ERRNO(ENOSYS), absent[i]);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		add(filter, refuse, refused[i]);

	/* clone3's flags lie behind a pointer that a filter cannot follow: hence ENOSYS above, and clone checked here.
	 */
	add_bits(filter, refuse, "clone", 0, NAMESPACE_FLAGS);
	add_bits(filter, refuse, "unshare", 0, NAMESPACE_FLAGS | FLAG_NEWTIME);

	/* The kernel reads 32 bits of an ioctl's request; a comparison of 64 is passed with a bit set above. */
	add_when(filter, refuse, "ioctl", SCMP_CMP(1, SCMP_CMP_MASKED_EQ, LOW_32_BITS, IOCTL_TIOCSTI));
	add_when(filter, refuse, "ioctl", SCMP_CMP(1, SCMP_CMP_MASKED_EQ, LOW_32_BITS, IOCTL_TIOCLINUX));

	/* A lease needs no right to write, and whoever opens the file outside waits until it is given back, 45 s at
	 * most.
	 */
	add_when(filter, refuse, "fcntl", SCMP_CMP(1, SCMP_CMP_MASKED_EQ, LOW_32_BITS, F_SETLEASE));

	/* A set-user-id program that is left in the workspace gives whoever runs it later the user's identity. The mode of
	 * openat2 lies behind a pointer, and every program that calls it does without where it is not there.
	 */
	check(seccomp_rule_add_exact_array(filter, SCMP_ACT_ERRNO(ENOSYS), CALL_FCHMODAT2, 0, NULL), "fchmodat2");
	add(filter, SCMP_ACT_ERRNO(ENOSYS), "openat2");
	for (size_t i = 0; i < sizeof mode_takers / sizeof *mode_takers; i++)
		add_when(filter, refuse, mode_takers[i].name, MODE_IS(mode_takers[i].mode, S_ISUID));
	add_when_both(filter, refuse, "open", HAS_BIT(1, O_CREAT), MODE_IS(2, S_ISUID));
	add_when_both(filter, refuse, "open", HAS_BIT(1, NAMELESS), MODE_IS(2, S_ISUID));
	add_when_both(filter, refuse, "openat", HAS_BIT(2, O_CREAT), MODE_IS(3, S_ISUID));
	add_when_both(filter, refuse, "openat", HAS_BIT(2, NAMELESS), MODE_IS(3, S_ISUID));

	refuse_rare_sockets(filter);
}

/* Beside those, what only looks: for the complete account of --explain. */
static const char *const looking[] = {
	"stat",       "lstat",    "newfstatat", "statx",  "access", "faccessat",
	"faccessat2", "readlink", "readlinkat", "execve", "chdir",
};

/* Where a mode decides, what is not refused for it: of two rules that both apply libseccomp takes either. */
static void add_observed(scmp_filter_ctx filter, enum observation observation)
{
	for (size_t i = 0; i < sizeof changing / sizeof *changing; i++)
		add(filter, SCMP_ACT_NOTIFY, changing[i]);
	for (size_t i = 0; i < sizeof mode_takers / sizeof *mode_takers; i++)
		if (strcmp(mode_takers[i].name, "fchmod") != 0)
			add_when(filter, SCMP_ACT_NOTIFY, mode_takers[i].name, MODE_IS(mode_takers[i].mode, 0));
	if (observation == ALL) {
		for (size_t i = 0; i < sizeof looking / sizeof *looking; i++)
			add(filter, SCMP_ACT_NOTIFY, looking[i]);
		add_when(filter, SCMP_ACT_NOTIFY, "open", MODE_IS(2, 0));
		add_when(filter, SCMP_ACT_NOTIFY, "openat", MODE_IS(3, 0));
	}
	for (uint64_t bit = 1; observation == CHANGES && bit <= INTENTS; bit <<= 1) {
		if (!(INTENTS & bit))
			continue;
		add_when_both(filter, SCMP_ACT_NOTIFY, "open", HAS_BIT(1, bit), MODE_IS(2, 0));
		add_when_both(filter, SCMP_ACT_NOTIFY, "openat", HAS_BIT(2, bit), MODE_IS(3, 0));
	}
	/* connect by another name, and what needs no connection */
	add_when(filter, SCMP_ACT_NOTIFY, "sendto", SCMP_CMP(4, SCMP_CMP_NE, 0));
	add_bits(filter, SCMP_ACT_NOTIFY, "sendmsg", 2, MSG_FASTOPEN);
}

/* Where the gate listens on demand: a connect, by any name, is where it learns of what; a bind may want its port. */
static void add_gated(scmp_filter_ctx filter, enum observation observation)
{
	add(filter, SCMP_ACT_NOTIFY, "bind");
	add_bits(filter, SCMP_ACT_NOTIFY, "sendmmsg", 3, MSG_FASTOPEN);
	if (observation != NOTHING) /* the others are among what is observed anyway */
		return;
	add(filter, SCMP_ACT_NOTIFY, "connect");
	add_bits(filter, SCMP_ACT_NOTIFY, "sendto", 3, MSG_FASTOPEN);
	add_bits(filter, SCMP_ACT_NOTIFY, "sendmsg", 2, MSG_FASTOPEN);
}

/* -- without namespaces -------------------------------------------------------------------------------------------- */

static void refuse_shared(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
		add(filter, SCMP_ACT_ERRNO(EPERM), shared[i]);
	for (size_t i = 0; i < sizeof process_takers / sizeof *process_takers; i++)
		add_bits(filter, SCMP_ACT_ERRNO(EPERM), process_takers[i].name, process_takers[i].process, LOW_32_BITS);
	/* of the user, whatever the last argument is */
	add_when(filter, SCMP_ACT_ERRNO(EPERM), "setpriority", SCMP_CMP(0, SCMP_CMP_MASKED_EQ, LOW_32_BITS, PRIO_USER));
	add_when(filter, SCMP_ACT_ERRNO(EPERM), "ioprio_set",
		 SCMP_CMP(0, SCMP_CMP_MASKED_EQ, LOW_32_BITS, IOPRIO_WHO_USER));
}

/* The family is an int: the kernel reads 32 bits. */
static void refuse_families(scmp_filter_ctx filter)
{
	static const char *const makers[] = { "socket", "socketpair" };
	uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
	for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
		for (uint64_t family = 0; family < FAMILIES; family++)
			if (family != AF_UNIX)
				add_when(filter, refuse, makers[i],
					 SCMP_CMP(0, SCMP_CMP_MASKED_EQ, LOW_32_BITS, family));
		add_bits(filter, refuse, makers[i], 0, LOW_32_BITS & ~(FAMILIES - 1));
	}
}

/* A pair of streams is connected for good; a datagram end addresses any socket that has a name. */
static void refuse_unix_sockets(scmp_filter_ctx filter)
{
	uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
	add_when(filter, refuse, "socket", SCMP_CMP(0, SCMP_CMP_MASKED_EQ, LOW_32_BITS, AF_UNIX));
	for (uint64_t type = 0; type <= SOCKET_TYPE_MASK; type++)
		if (type != SOCK_STREAM && type != SOCK_SEQPACKET)
			add_when(filter, refuse, "socketpair", SCMP_CMP(1, SCMP_CMP_MASKED_EQ, SOCKET_TYPE_MASK, type));
}

/* Landlock before ABI 3 lets a file be emptied by whoever may read it. The flags of openat2 lie behind a pointer. */
static void refuse_truncation(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp empty_open = SCMP_CMP(1, SCMP_CMP_MASKED_EQ, O_ACCMODE | O_TRUNC, O_TRUNC);
	const struct scmp_arg_cmp empty_openat = SCMP_CMP(2, SCMP_CMP_MASKED_EQ, O_ACCMODE | O_TRUNC, O_TRUNC);
	add(filter, SCMP_ACT_ERRNO(EPERM), "truncate");
	add_when(filter, SCMP_ACT_ERRNO(EPERM), "open", empty_open);
	add_when(filter, SCMP_ACT_ERRNO(EPERM), "openat", empty_openat);
	add(filter, SCMP_ACT_ERRNO(ENOSYS), "openat2");
}

/* -- the filters --------------------------------------------------------------------------------------------------- */

static void make_observed(scmp_filter_ctx filter)
{
	add_refusals(filter);
	add_observed(filter, CHANGES);
}

static void make_explained(scmp_filter_ctx filter)
{
	add_refusals(filter);
	add_observed(filter, ALL);
}

static void make_gated(scmp_filter_ctx filter)
{
	add_refusals(filter);
	add_gated(filter, NOTHING);
}

static void make_gated_observed(scmp_filter_ctx filter)
{
	make_observed(filter);
	add_gated(filter, CHANGES);
}

static void make_gated_explained(scmp_filter_ctx filter)
{
	make_explained(filter);
	add_gated(filter, ALL);
}

static const struct {
	const char *name;
	void (*make)(scmp_filter_ctx filter);
	bool has_end;   /* refuses what is newer than NEWEST_CALL */
	bool lets_read; /* whoever opens a file without any of INTENTS */
} filters[] = {
	{ "filter_quiet", add_refusals, true, true },
	{ "filter_observed", make_observed, true, true },
	{ "filter_explained", make_explained, true, false },
	{ "filter_gated", make_gated, true, true },
	{ "filter_gated_observed", make_gated_observed, true, true },
	{ "filter_gated_explained", make_gated_explained, true, false },
	{ "filter_shared", refuse_shared, false, false },
	{ "filter_families", refuse_families, false, false },
	{ "filter_unix_sockets", refuse_unix_sockets, false, false },
	{ "filter_truncation", refuse_truncation, false, false },
};

static scmp_filter_ctx new_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter) {
		fprintf(stderr, "filter_generate: libseccomp gave no filter\n");
		exit(1);
	}
	/* Only the native ABI; any other (32-bit, x32) would have its own numbers for everything above. */
	check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM)), "bad architecture");
	/* A tree loads twice as fast as a list: the kernel runs the filter once for every number when it is loaded. */
	check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimise");
	return filter;
}

struct instruction {
	uint16_t code;
	uint8_t jump_true, jump_false;
	uint32_t value;
};

static void write_instruction(FILE *output, struct instruction instruction)
{
	fprintf(output, "\t{ 0x%02x, %u, %u, 0x%08x },\n", instruction.code, instruction.jump_true,
		instruction.jump_false, instruction.value);
}

/* What a kernel has learnt since nobody has weighed here, and every program does without. libseccomp knows no such rule.
 */
static void write_end(FILE *output)
{
	const struct instruction instructions[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr) },
		{ BPF_JMP | BPF_JGT | BPF_K, 0, 1, NEWEST_CALL },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS },
	};
	for (size_t i = 0; i < sizeof instructions / sizeof *instructions; i++)
		write_instruction(output, instructions[i]);
}

/* Files are opened for reading more often than anything else is done whose arguments matter, and libseccomp tests one bit
 * after the other, each with a mode. So that comes first, in one test. The kernel reads 32 bits of the flags.
 */
static void write_reading(FILE *output)
{
	static const char *const names[] = { "openat", "open" };
	static const unsigned flags[] = { 2, 1 };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int number = number_of(names[i]);
		if (number < 0)
			continue;
		const struct instruction instructions[] = {
			{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch) },
			{ BPF_JMP | BPF_JEQ | BPF_K, 0, 5, seccomp_arch_native() },
			{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr) },
			{ BPF_JMP | BPF_JEQ | BPF_K, 0, 3, (uint32_t)number },
			{ BPF_LD | BPF_W | BPF_ABS, 0, 0,
			  (uint32_t)(offsetof(struct seccomp_data, args) + flags[i] * sizeof(uint64_t)) + LOW_WORD },
			{ BPF_JMP | BPF_JSET | BPF_K, 1, 0, INTENTS },
			{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW },
		};
		for (size_t j = 0; j < sizeof instructions / sizeof *instructions; j++)
			write_instruction(output, instructions[j]);
	}
}

static void write_filter(FILE *output, const char *name, bool has_end, bool lets_read, scmp_filter_ctx filter)
{
	FILE *exported = tmpfile();
	if (!exported) {
		perror("filter_generate: temporary file");
		exit(1);
	}
	check(seccomp_export_bpf(filter, fileno(exported)), "export");
	rewind(exported);

	fprintf(output, "static const struct sock_filter %s[] = {\n", name);
	if (has_end)
		write_end(output);
	if (lets_read)
		write_reading(output);
	struct instruction instruction;
	while (fread(&instruction, sizeof instruction, 1, exported) == 1)
		write_instruction(output, instruction);
	fprintf(output, "};\n\n");
	fclose(exported);
	seccomp_release(filter);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: filter_generate OUTPUT\n");
		return 2;
	}
	FILE *output = fopen(argv[1], "w");
	if (!output) {
		perror(argv[1]);
		return 1;
	}
	fprintf(output, "/* Made by filter_generate.c. */\n");
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		scmp_filter_ctx filter = new_filter();
		filters[i].make(filter);
		write_filter(output, filters[i].name, filters[i].has_end, filters[i].lets_read, filter);
	}
	if (fclose(output) != 0) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}

/* The observer: learns what the command tries to change or to connect to, for the report.
 *
 * No guarantee rests on it, for what it reads may be changed behind its back. Calls go on at once, and the kernel
 * refuses them or not by the view, the namespaces and Landlock. It keeps what the policy refuses and drops the rest.
 * Only in writable places it answers itself, under names that no mount holds or that the host may have uncovered a
 * moment ago: a program that plays fair learns then and there what would be set aside at the end, and one that waits
 * for the moment has to deceive the observer as well. And it refuses connections to sockets of the host that no cover
 * hides.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "backend/linux/cage.h"
#include "backend/linux/gate.h"
#include "backend/linux/kernel.h"
#include "os/os.h"

enum { ATTEMPTS_MAX = 2, PAGE = 4096, ARGUMENTS_SIZE = 2048 };
enum { UNASKED = -2 };
enum { NONE = -1, HERE = -2 }; /* no such argument; the current directory */

/* Which arguments of a call name what. The directory's descriptor stands before the path, or is HERE. */
struct shape {
	int call;
	enum act act;
	int directory, path;
	int flags;                         /* of open, or where they lie (openat2), or AT_* ; NONE */
	enum act second_act;               /* ACT_WRITE: of a file that gets another name */
	int second_directory, second_path; /* NONE: one path only */
};

#define ONE(name, act, directory, path, flags) \
	{ \
		SYS_##name, act, directory, path, flags, act, NONE, NONE \
	}
static const struct shape shapes[] = {
#ifdef SYS_open
	ONE(open, ACT_WRITE, HERE, 0, 1),
	ONE(creat, ACT_WRITE, HERE, 0, NONE),
	ONE(unlink, ACT_DELETE, HERE, 0, NONE),
	ONE(rmdir, ACT_DELETE, HERE, 0, NONE),
	ONE(mkdir, ACT_CREATE, HERE, 0, NONE),
	ONE(mknod, ACT_CREATE, HERE, 0, NONE),
	ONE(symlink, ACT_CREATE, HERE, 1, NONE),
	ONE(chmod, ACT_ATTRIBUTES, HERE, 0, NONE),
	ONE(chown, ACT_ATTRIBUTES, HERE, 0, NONE),
	ONE(lchown, ACT_ATTRIBUTES, HERE, 0, NONE),
	{ SYS_rename, ACT_RENAME, HERE, 0, NONE, ACT_RENAME, HERE, 1 },
	{ SYS_link, ACT_CREATE, HERE, 1, NONE, ACT_WRITE, HERE, 0 },
#endif
#ifdef SYS_renameat
	{ SYS_renameat, ACT_RENAME, 0, 1, NONE, ACT_RENAME, 2, 3 },
#endif
	ONE(openat, ACT_WRITE, 0, 1, 2),
	ONE(openat2, ACT_WRITE, 0, 1, 2),
	ONE(truncate, ACT_WRITE, HERE, 0, NONE),
	ONE(unlinkat, ACT_DELETE, 0, 1, NONE),
	ONE(mkdirat, ACT_CREATE, 0, 1, NONE),
	ONE(mknodat, ACT_CREATE, 0, 1, NONE),
	ONE(symlinkat, ACT_CREATE, 1, 2, NONE),
	ONE(fchmodat, ACT_ATTRIBUTES, 0, 1, NONE),
	ONE(fchownat, ACT_ATTRIBUTES, 0, 1, NONE),
	ONE(setxattr, ACT_ATTRIBUTES, HERE, 0, NONE),
	ONE(lsetxattr, ACT_ATTRIBUTES, HERE, 0, NONE),
	ONE(removexattr, ACT_ATTRIBUTES, HERE, 0, NONE),
	ONE(lremovexattr, ACT_ATTRIBUTES, HERE, 0, NONE),
#ifdef SYS_stat
	ONE(stat, ACT_READ, HERE, 0, NONE),
	ONE(lstat, ACT_READ, HERE, 0, NONE),
	ONE(access, ACT_READ, HERE, 0, NONE),
	ONE(readlink, ACT_READ, HERE, 0, NONE),
#endif
	ONE(statx, ACT_READ, 0, 1, NONE),
	ONE(newfstatat, ACT_READ, 0, 1, NONE),
	ONE(faccessat, ACT_READ, 0, 1, NONE),
	ONE(faccessat2, ACT_READ, 0, 1, NONE),
	ONE(readlinkat, ACT_READ, 0, 1, NONE),
	ONE(execve, ACT_READ, HERE, 0, NONE),
	ONE(chdir, ACT_READ, HERE, 0, NONE),
	{ SYS_renameat2, ACT_RENAME, 0, 1, NONE, ACT_RENAME, 2, 3 },
	{ SYS_linkat, ACT_CREATE, 2, 3, NONE, ACT_WRITE, 0, 1 },
};

struct attempt {
	enum act act;
	char path[PATH_MAX];
	char landing[PATH_MAX];
	const char *reason; /* see backend.h */
	bool is_new;        /* no file that is there is meant, nor what a link leads to (O_EXCL) */
};

/* The last refused act that was judged. */
struct repeated {
	uint32_t pid; /* 0: none */
	enum act act;
	char path[PATH_MAX]; /* its landing too */
};

struct observer {
	int listener;
	int diagnosis;            /* see struct inside */
	int outside;              /* the same of this process' namespace; -1: the kernel cannot be asked; UNASKED */
	struct pathfinder finder; /* its root is -1 until a process of the command was seen */
	const struct plan *plan;
	struct gate *gate; /* where the network is filtered */
	bool refuses_attributes;
	bool reports;
	struct seccomp_notif call;
	struct attempt attempts[ATTEMPTS_MAX];
	int count, taken;
	int answer;              /* errno; 0: the call goes on */
	char notes[2][PATH_MAX]; /* see plan.h */
	int note_count, notes_taken;
	char moves[2][PATH_MAX]; /* of a rename in writable places */
	int move_count;
	bool is_directory_moved;
	char program[PATH_MAX];
	char arguments[ARGUMENTS_SIZE];
	size_t arguments_length;
	struct repeated last;
	bool is_repeat; /* this call: nothing but its number is new */
};

struct observer *observer_new(int listener, int diagnosis, const struct plan *plan)
{
	struct observer *observer = calloc(1, sizeof *observer);
	if (!observer) {
		close(listener);
		if (diagnosis >= 0)
			close(diagnosis);
		return NULL;
	}
	observer->diagnosis = diagnosis;
	observer->listener = listener;
	observer->outside = UNASKED;
	observer->finder.root = -1;
	observer->plan = plan;
	observer->reports = true;
	/* Wakes us on the caller's processor, which waits for us anyway: 6 us a call instead of 50 (Linux 6.6). */
	kernel_ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, (void *)SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	return observer;
}

void observer_use_gate(struct observer *observer, struct gate *gate, bool reports)
{
	observer->gate = gate;
	observer->reports = reports;
}

void observer_refuse_attributes(struct observer *observer)
{
	observer->refuses_attributes = true;
}

struct observer *observer_free(struct observer *observer)
{
	if (!observer)
		return NULL;
	close(observer->listener);
	if (observer->finder.root >= 0)
		close(observer->finder.root);
	if (observer->diagnosis >= 0)
		close(observer->diagnosis);
	if (observer->outside >= 0)
		close(observer->outside);
	free(observer);
	return NULL;
}

/* -- what the call says -------------------------------------------------------------------------------------------- */

static size_t read_memory(const struct observer *observer, uint64_t address, void *bytes, size_t size)
{
	struct iovec here = { bytes, size };
	struct iovec there = { (void *)(uintptr_t)address, size };
	ssize_t count = process_vm_readv((pid_t)observer->call.pid, &here, 1, &there, 1, 0);
	return count < 0 ? 0 : (size_t)count;
}

/* A string never longer than PATH_MAX, a page at a time: the next page may not be there. */
static bool read_string(const struct observer *observer, uint64_t address, char *text)
{
	size_t length = 0;
	while (length < PATH_MAX) {
		size_t part = PAGE - (size_t)((address + length) % PAGE);
		if (part > PATH_MAX - length)
			part = PATH_MAX - length;
		size_t count = read_memory(observer, address + length, text + length, part);
		if (count == 0)
			return false;
		if (memchr(text + length, '\0', count))
			return true;
		length += count;
	}
	return false;
}

static bool read_process_link(const struct observer *observer, const char *name, char *text)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%u/%s", observer->call.pid, name);
	ssize_t length = readlink(path, text, PATH_MAX - 1);
	if (length < 0)
		return false;
	text[length] = '\0';
	return true;
}

/* Makes the path absolute, in place, as the process would: `directory` is a descriptor of its own, or HERE. */
static bool make_absolute(const struct observer *observer, int directory, char *path)
{
	char base[PATH_MAX], name[32] = "cwd";
	if (*path == '/')
		return true;
	if (directory != HERE && directory != AT_FDCWD)
		snprintf(name, sizeof name, "fd/%d", directory);
	if (!read_process_link(observer, name, base) || *base != '/')
		return false;
	size_t length = strlen(base), rest = strlen(path);
	errno = ENAMETOOLONG;
	if (length + 1 + rest >= PATH_MAX)
		return false;
	memmove(path + length + 1, path, rest + 1);
	memcpy(path, base, length);
	path[length] = '/';
	return true;
}

/* -- where it lands ------------------------------------------------------------------------------------------------ */

static bool open_root(struct observer *observer)
{
	char path[64];
	if (observer->finder.root < 0) {
		snprintf(path, sizeof path, "/proc/%u/root", observer->call.pid);
		observer->finder.root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	observer->finder.process = (pid_t)observer->call.pid;
	return observer->finder.root >= 0;
}

static bool land(struct observer *observer, struct attempt *attempt)
{
	bool is_name = attempt->act == ACT_DELETE || attempt->act == ACT_RENAME || attempt->act == ACT_CREATE ||
		       attempt->is_new;
	return open_root(observer) && landing_of(&observer->finder, attempt->path, is_name, attempt->landing);
}

/* -- whether it is refused ----------------------------------------------------------------------------------------- */

/* Names in writable places: those that no mount holds, and those of read-only mounts, which the host can take away. */
static bool may_lie_open(const struct plan *plan, const char *path)
{
	for (size_t i = 0; i < plan->unheld.count; i++)
		if (os_lies_below(path, plan->unheld.items[i].path))
			return true;
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];
		if (mount->kind == MOUNT_BIND && !mount->is_writable && os_lies_below(path, mount->path))
			return true;
	}
	return false;
}

static bool is_refused(const struct plan *plan, const struct attempt *attempt)
{
	enum access access = policy_decide_path(plan->policy, attempt->landing).access;
	bool is_too_little = attempt->act == ACT_READ ? access == ACCESS_NONE : access != ACCESS_WRITE;
	return is_too_little && !plan_is_apart(plan, attempt->landing);
}

/* Would the call fail outside as well? Then it is not the cordon that refused: a name that is to be made exists (mkdir
 * -p), or the user may not write there at all. Asked of the host, where the path means the same and mounts refuse
 * nothing.
 */
static bool fails_anyway(const struct attempt *attempt)
{
	char parent[PATH_MAX];
	struct stat status;
	bool exists = lstat(attempt->landing, &status) == 0;
	if (attempt->act == ACT_CREATE && exists)
		return true;
	if (attempt->act == ACT_READ)
		return !exists;
	if (attempt->act == ACT_ATTRIBUTES)
		return exists && status.st_uid != geteuid();
	if (attempt->act == ACT_WRITE && exists)
		return faccessat(AT_FDCWD, attempt->landing, W_OK, AT_EACCESS) != 0 && errno == EACCES;

	const char *slash = strrchr(attempt->landing, '/');
	size_t length = slash == attempt->landing ? 1 : (size_t)(slash - attempt->landing);
	memcpy(parent, attempt->landing, length);
	parent[length] = '\0';
	return faccessat(AT_FDCWD, parent, W_OK, AT_EACCESS) != 0 && errno == EACCES;
}

static void add_note(struct observer *observer, const char *landing)
{
	if (observer->note_count < 2 && !plan_is_apart(observer->plan, landing) && !is_planted("observer.notes"))
		strcpy(observer->notes[observer->note_count++], landing);
}

/* Does the directory hold that name?  `length` bytes of it. One that we may not look into the command may have open. */
static bool has_entry(const char *directory, size_t length, const char *name)
{
	char path[PATH_MAX];
	struct stat status;
	int written = snprintf(path, sizeof path, "%.*s/%s", (int)length, directory, name);
	return written > 0 && (size_t)written < sizeof path && (lstat(path, &status) == 0 || errno == EACCES);
}

static bool is_name(const char *name, size_t length, const char *const *names)
{
	for (; *names; names++)
		if (strlen(*names) == length && memcmp(*names, name, length) == 0)
			return true;
	return false;
}

/* What git would execute of a repository that is there and that no record names: a hook, all of them, or settings; of
 * any repository the steps of a rebase.
 */
static bool is_part_of_git(const char *landing)
{
	static const char *const parts[] = { "hooks", "config", "config.worktree", "commondir", "rebase-merge", NULL };
	static const char *const folders[] = { "hooks", "rebase-merge", NULL };
	const char *name = strrchr(landing, '/') + 1;
	size_t above = (size_t)(name - landing) - 1, start = above;
	while (start > 0 && landing[start - 1] != '/')
		start--;
	return (is_name(name, strlen(name), parts) && has_entry(landing, above, "HEAD")) ||
	       (start > 0 && is_name(landing + start, above - start, folders) && has_entry(landing, start - 1, "HEAD"));
}

/* Of what is not there yet: a repository of the user's gets a HEAD with each branch that is checked out. And parts of
 * those that are.
 */
static void note_name(struct observer *observer, enum act act, const char *landing)
{
	static const char *const objects[] = { "objects", NULL };
	struct stat status;
	const char *name = strrchr(landing, '/') + 1;
	size_t above = (size_t)(name - landing) - 1;
	if (is_name(name, strlen(name), observer->plan->noted)) {
		if (act != ACT_ATTRIBUTES && lstat(landing, &status) != 0)
			add_note(observer, landing);
	} else if (is_name(name, strlen(name), objects)) {
		/* Without it a HEAD made no repository yet. */
		if (lstat(landing, &status) != 0 && has_entry(landing, above, "HEAD"))
			add_note(observer, landing);
	} else if (is_part_of_git(landing)) {
		add_note(observer, landing);
	}
}

/* Of a directory, which takes what was noted along; its old place is told first, then the new one. */
static void note_move(struct observer *observer, const char *landing)
{
	struct stat status;
	if (observer->move_count == 2 || plan_is_apart(observer->plan, landing))
		return;
	observer->is_directory_moved = observer->is_directory_moved ||
				       (lstat(landing, &status) == 0 && S_ISDIR(status.st_mode));
	strcpy(observer->moves[observer->move_count++], landing);
}

/* A program that tries the same thing again and again is judged once. */
static bool is_repeated(struct observer *observer, struct attempt *attempt)
{
	const struct repeated *last = &observer->last;
	if (last->pid == 0 || last->pid != observer->call.pid || last->act != attempt->act ||
	    strcmp(last->path, attempt->path) != 0)
		return false;
	strcpy(attempt->landing, last->path);
	return true;
}

/* Only where the name can mean nothing else later: it has no links, and the command cannot write where it lies. */
static void remember(struct observer *observer, const struct attempt *attempt)
{
	char parent[PATH_MAX];
	size_t length = (size_t)(strrchr(attempt->landing, '/') - attempt->landing);
	memcpy(parent, length ? attempt->landing : "/", length ? length : 1);
	parent[length ? length : 1] = '\0';
	if (strcmp(attempt->path, attempt->landing) != 0 ||
	    policy_decide_path(observer->plan->policy, parent).access == ACCESS_WRITE)
		return;
	observer->last.pid = observer->call.pid;
	observer->last.act = attempt->act;
	strcpy(observer->last.path, attempt->path);
}

static void look_at_path(struct observer *observer, enum act act, int directory, int path, bool is_new)
{
	const __u64 *arguments = observer->call.data.args;
	struct attempt *attempt = &observer->attempts[observer->count];
	int base = directory == HERE ? HERE : (int)arguments[directory];

	attempt->act = act;
	attempt->reason = NULL;
	attempt->is_new = is_new;
	if (!read_string(observer, arguments[path], attempt->path) || !*attempt->path)
		return;
	if (is_repeated(observer, attempt)) {
		observer->is_repeat = observer->count++ == 0;
		return;
	}
	if (!make_absolute(observer, base, attempt->path) || !land(observer, attempt)) {
		/* From where no path is long enough to lead a repository could be moved to where one is. */
		if (act == ACT_RENAME && errno == ENAMETOOLONG)
			observer->answer = ENAMETOOLONG;
		return;
	}
	if (!is_refused(observer->plan, attempt)) {
		if (act == ACT_CREATE || act == ACT_WRITE || act == ACT_RENAME || act == ACT_ATTRIBUTES)
			note_name(observer, act, attempt->landing);
		if (act == ACT_RENAME)
			note_move(observer, attempt->landing);
		return;
	}
	bool is_denial = !fails_anyway(attempt);
	bool is_open = (act == ACT_ATTRIBUTES && observer->refuses_attributes) ||
		       may_lie_open(observer->plan, attempt->landing);
	observer->is_repeat = observer->is_repeat && !is_denial;
	if (is_denial && !is_open) /* what is answered is judged each time */
		remember(observer, attempt);
	if (!observer->answer && act != ACT_READ && is_open)
		observer->answer = is_denial || act != ACT_CREATE ? EROFS : EEXIST;
	observer->count += is_denial;
}

/* What a later run writes to it by another name nobody would see: no such name is made. */
static void look_at_linked(struct observer *observer, int directory, int path)
{
	const __u64 *arguments = observer->call.data.args;
	struct attempt *attempt = &observer->attempts[observer->count];
	attempt->act = ACT_WRITE;
	attempt->reason = "git executes what it says, and it would be written by another name";
	attempt->is_new = false;
	if (observer->answer || !read_string(observer, arguments[path], attempt->path) ||
	    !make_absolute(observer, directory == HERE ? HERE : (int)arguments[directory], attempt->path) ||
	    !land(observer, attempt) || is_refused(observer->plan, attempt) || !is_part_of_git(attempt->landing) ||
	    is_planted("observer.notes"))
		return;
	observer->answer = EPERM;
	observer->count++;
}

/* -- connections --------------------------------------------------------------------------------------------------- */

static bool is_loopback(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return (ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24) == 127;
	const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
	return IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127);
}

/* Is a TCP socket listening on that port?  The tables are those of the process' network namespace (proc(5)). */
static bool has_listener(const char *process, unsigned port)
{
	static const char *const tables[] = { "tcp", "tcp6" };
	char path[64], line[256];
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "/proc/%s/net/%s", process, tables[i]);
		FILE *table = fopen(path, "re");
		bool is_found = false;
		while (table && !is_found && fgets(line, sizeof line, table)) {
			unsigned local, state;
			is_found = sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &local, &state) == 2 &&
				   local == port && state == 0x0A;
		}
		if (table)
			fclose(table);
		if (is_found)
			return true;
	}
	return false;
}

/* There the host's listener is cordon's own, for the command's server. */
static bool is_served(const struct plan *plan, unsigned port)
{
	size_t count;
	const uint16_t *ports = policy_listen_ports(plan->policy, &count);
	while (count > 0)
		if (ports[--count] == port)
			return true;
	return false;
}

/* On loopback a connection is the cordon's doing only where the host listens and nobody inside does. */
static bool is_cut_off(struct observer *observer, const struct sockaddr_storage *address, unsigned port)
{
	char process[16];
	if (observer->plan->network == NETWORK_OPEN)
		return false;
	if (!is_loopback(address))
		return true;
	if (is_served(observer->plan, port))
		return false;
	if (observer->outside == UNASKED)
		observer->outside = listening_begin();
	if (observer->outside >= 0 && observer->diagnosis >= 0)
		return !listening_at(observer->diagnosis, address) && listening_at(observer->outside, address);
	snprintf(process, sizeof process, "%u", observer->call.pid);
	return !has_listener(process, port) && has_listener("self", port);
}

/* An IPv4 address in IPv6's clothes is the IPv4 address to the kernel as well. */
static struct address address_of(const struct sockaddr_storage *place)
{
	struct address address = { .length = 4 };
	const struct in6_addr *six = &((const struct sockaddr_in6 *)place)->sin6_addr;
	if (place->ss_family == AF_INET) {
		memcpy(address.bytes, &((const struct sockaddr_in *)place)->sin_addr, 4);
	} else if (IN6_IS_ADDR_V4MAPPED(six)) {
		memcpy(address.bytes, six->s6_addr + 12, 4);
	} else {
		address.length = 16;
		memcpy(address.bytes, six, 16);
	}
	return address;
}

/* Asks the gate before the call goes on, so that it listens there. What it refuses the kernel refuses then: nothing
 * listens, or there is no route.
 */
static void look_at_gated(struct observer *observer, const struct sockaddr_storage *place, unsigned port)
{
	struct attempt *attempt = &observer->attempts[observer->count];
	const struct address address = address_of(place);
	struct address own;
	char host[HOST_NAME_SIZE];
	gate_use(observer->gate);
	if (port == 0 || (address_read(GATE_ADDRESS, strlen(GATE_ADDRESS), &own) && address_equals(&own, &address)))
		return;
	enum gate_word word = gate_ask(observer->gate, &address, (uint16_t)port, host);
	if (word == GATE_ALLOWED || word == GATE_FULL || (is_loopback(place) && !is_cut_off(observer, place, port)))
		return;
	attempt->act = ACT_CONNECT;
	attempt->reason = NULL;
	snprintf(attempt->path, sizeof attempt->path, "%s:%u", host, port);
	strcpy(attempt->landing, attempt->path);
	observer->count++;
}

/* The address that the call names; false when it is none of IP. */
static bool read_address(const struct observer *observer, uint64_t address_at, uint64_t size,
			 struct sockaddr_storage *ret_address)
{
	struct sockaddr_storage address = { 0 };
	if (size > sizeof address || read_memory(observer, address_at, &address, (size_t)size) != size)
		return false;
	bool is_six = address.ss_family == AF_INET6;
	*ret_address = address;
	return (is_six || address.ss_family == AF_INET) &&
	       size >= (is_six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
}

/* On one address of its own a server is in nobody's way; on every address it wants the port whole. */
static void look_at_bind(struct observer *observer, uint64_t address_at, uint64_t size)
{
	struct sockaddr_storage place;
	if (observer->gate && read_address(observer, address_at, size, &place)) {
		bool is_six = place.ss_family == AF_INET6;
		gate_free_port(observer->gate, ntohs(is_six ? ((struct sockaddr_in6 *)&place)->sin6_port
							    : ((struct sockaddr_in *)&place)->sin_port));
	}
}

static void look_at_address(struct observer *observer, uint64_t address_at, uint64_t size)
{
	struct sockaddr_storage address;
	struct attempt *attempt = &observer->attempts[observer->count];
	char text[INET6_ADDRSTRLEN];
	if (!read_address(observer, address_at, size, &address))
		return;
	bool is_six = address.ss_family == AF_INET6;
	const void *number = is_six ? (const void *)&((struct sockaddr_in6 *)&address)->sin6_addr
				    : (const void *)&((struct sockaddr_in *)&address)->sin_addr;
	unsigned port = ntohs(is_six ? ((struct sockaddr_in6 *)&address)->sin6_port
				     : ((struct sockaddr_in *)&address)->sin_port);
	if (observer->gate) {
		look_at_gated(observer, &address, port);
		return;
	}
	/* Port 0 asks the kernel which way a packet would go. */
	if (port == 0 || !is_cut_off(observer, &address, port) ||
	    !inet_ntop(address.ss_family, number, text, sizeof text))
		return;
	attempt->act = ACT_CONNECT;
	attempt->reason = NULL;
	snprintf(attempt->path, sizeof attempt->path, is_six ? "[%s]:%u" : "%s:%u", text, port);
	strcpy(attempt->landing, attempt->path);
	observer->count++;
}

/* Where the network is the host's, the kernel does not tell: but the command has made none where it may not write. */
static bool is_of_host(const struct observer *observer, int place, const struct stat *status, const char *landing)
{
	enum socket_origin origin = socket_origin(observer->diagnosis, place, status);
	return origin == SOCKET_OUTSIDE ||
	       (origin == SOCKET_UNKNOWN && policy_decide_path(observer->plan->policy, landing).access != ACCESS_WRITE);
}

/* A socket of the host's that can be seen can be reached: those that are there at the start are covered, and the others
 * are refused here.
 */
static void look_at_socket(struct observer *observer, uint64_t address_at, uint64_t size)
{
	struct sockaddr_un address = { 0 };
	struct attempt *attempt = &observer->attempts[observer->count];
	struct stat status;
	if (size <= offsetof(struct sockaddr_un, sun_path) || size > sizeof address ||
	    read_memory(observer, address_at, &address, (size_t)size) != size || address.sun_family != AF_UNIX ||
	    address.sun_path[0] == '\0' || !open_root(observer))
		return;
	snprintf(attempt->path, sizeof attempt->path, "%.*s", (int)sizeof address.sun_path, address.sun_path);
	if (!make_absolute(observer, HERE, attempt->path) ||
	    !landing_of(&observer->finder, attempt->path, false, attempt->landing) ||
	    plan_is_apart(observer->plan, attempt->landing))
		return;
	int place = kernel_openat2(observer->finder.root, attempt->landing, O_PATH | O_NOFOLLOW, RESOLVE_IN_ROOT);
	bool is_outside = place >= 0 && fstat(place, &status) == 0 && S_ISSOCK(status.st_mode) &&
			  is_of_host(observer, place, &status, attempt->landing);
	if (place >= 0)
		close(place);
	if (!is_outside)
		return;
	attempt->act = ACT_CONNECT;
	attempt->reason = "it is a socket of the host";
	observer->answer = ECONNREFUSED;
	observer->count++;
}

static void look_at_destination(struct observer *observer, uint64_t address_at, uint64_t size)
{
	if (address_at == 0)
		return;
	look_at_socket(observer, address_at, size);
	look_at_address(observer, address_at, size);
}

static void look_at_message(struct observer *observer, uint64_t message_at)
{
	struct msghdr message;
	if (read_memory(observer, message_at, &message, sizeof message) == sizeof message && message.msg_name)
		look_at_destination(observer, (uintptr_t)message.msg_name, message.msg_namelen);
}

/* -- one call ------------------------------------------------------------------------------------------------------ */

/* What cannot be read the kernel does not take either. */
static uint64_t flags_of(const struct observer *observer, const struct shape *shape)
{
	uint64_t flags = observer->call.data.args[shape->flags];
	if (shape->call != SYS_openat2)
		return flags;
	uint64_t flags_at = flags + offsetof(struct open_how, flags);
	return read_memory(observer, flags_at, &flags, sizeof flags) == sizeof flags ? flags : O_RDWR;
}

static bool means_change(const struct observer *observer, const struct shape *shape)
{
	if (shape->flags == NONE)
		return true;
	return flags_of(observer, shape) & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC);
}

static bool is_exclusive(const struct observer *observer, const struct shape *shape)
{
	const uint64_t both = O_CREAT | O_EXCL;
	return shape->flags != NONE && shape->act == ACT_WRITE && (flags_of(observer, shape) & both) == both;
}

static void look(struct observer *observer)
{
	const struct seccomp_data *data = &observer->call.data;
	if (data->nr == SYS_connect) {
		look_at_destination(observer, data->args[1], (uint32_t)data->args[2]);
	} else if (data->nr == SYS_sendto) {
		look_at_socket(observer, data->args[4], (uint32_t)data->args[5]);
		if (data->args[3] & MSG_FASTOPEN)
			look_at_address(observer, data->args[4], (uint32_t)data->args[5]);
	} else if (data->nr == SYS_sendmsg || data->nr == SYS_sendmmsg) { /* the first message connects */
		look_at_message(observer, data->args[1]);
	} else if (data->nr == SYS_bind) {
		look_at_bind(observer, data->args[1], (uint32_t)data->args[2]);
	} else {
		for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
			const struct shape *shape = &shapes[i];
			if (shape->call != data->nr)
				continue;
			bool is_read = shape->flags != NONE && !means_change(observer, shape);
			look_at_path(observer, is_read ? ACT_READ : shape->act, shape->directory, shape->path,
				     is_exclusive(observer, shape));
			if (shape->second_path != NONE && shape->second_act == ACT_WRITE)
				look_at_linked(observer, shape->second_directory, shape->second_path);
			else if (shape->second_path != NONE)
				look_at_path(observer, shape->second_act, shape->second_directory, shape->second_path,
					     false);
			return;
		}
	}
}

static void identify(struct observer *observer)
{
	char path[64];
	if (!read_process_link(observer, "exe", observer->program))
		observer->program[0] = '\0';
	snprintf(path, sizeof path, "/proc/%u/cmdline", observer->call.pid);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, observer->arguments, sizeof observer->arguments);
	if (file >= 0)
		close(file);
	observer->arguments_length = length > 0 ? (size_t)length : 0;
}

bool observer_next(struct observer *observer)
{
	observer->count = observer->taken = observer->answer = 0;
	observer->note_count = observer->notes_taken = 0;
	observer->move_count = 0;
	observer->is_directory_moved = false;
	observer->is_repeat = false;
	memset(&observer->call, 0, sizeof observer->call);
	if (kernel_ioctl(observer->listener, SECCOMP_IOCTL_NOTIF_RECV, &observer->call) != 0)
		return errno == ENOENT || errno == EINTR; /* ENOENT: the caller was killed */

	look(observer);
	if (observer->count && !observer->is_repeat)
		identify(observer);
	bool is_answered = observer->answer && !is_planted("observer");
	struct seccomp_notif_resp answer = {
		.id = observer->call.id,
		.error = is_answered ? -observer->answer : 0,
		.flags = is_answered ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};
	/* While the call waits its process exists: was what was read that process'? If not, there is nobody to answer.
	 */
	if (kernel_ioctl(observer->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) != 0 || !observer->reports)
		observer->count = 0;
	return true;
}

bool observer_take(struct observer *observer, struct cage_event *ret_event)
{
	if (observer->notes_taken < observer->note_count) {
		ret_event->kind = CAGE_NOTED;
		ret_event->noted = observer->notes[observer->notes_taken++];
		return true;
	}
	if (observer->move_count == 2 && observer->is_directory_moved) {
		observer->is_directory_moved = false;
		ret_event->kind = CAGE_MOVED;
		ret_event->moved_from = observer->moves[0];
		ret_event->noted = observer->moves[1];
		return true;
	}
	if (observer->taken >= observer->count)
		return false;
	const struct attempt *attempt = &observer->attempts[observer->taken++];
	ret_event->kind = CAGE_DENIED;
	ret_event->denied.act = attempt->act;
	ret_event->denied.pid = observer->call.pid;
	ret_event->denied.path = attempt->path;
	ret_event->denied.landing = attempt->landing;
	ret_event->denied.program = observer->program;
	ret_event->denied.reason = attempt->reason;
	ret_event->denied.arguments = observer->arguments;
	ret_event->denied.arguments_length = observer->arguments_length;
	return true;
}

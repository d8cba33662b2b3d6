/* The supervisor's side of the gate. */
#include "backend/linux/gate.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "backend/gating.h"
#include "backend/linux/kernel.h"
#include "base/scope.h"
#include "base/text.h"
#include "os/linux/rights.h"

/* A listener on the host's loopback for each address of each port. */
struct served {
	struct serving {
		int listener;
		uint16_t port;
	} items[2 * GATE_LISTEN_MAX];
	size_t count;
};

/* The first answer waits for the gate to have started; a later one for a system call or two. */
enum { BACKLOG = 4096, KNOWN = 1024, FIRST_MS = 10000, ANSWER_MS = 1000 };

struct known {
	struct address address;
	uint16_t port;
	uint8_t word;
	char host[HOST_NAME_SIZE];
};

struct gate {
	int channel;   /* the gate's */
	int questions; /* the factory's */
	int process;   /* pidfd */
	struct gate_counters *counters;
	uint32_t number;
	bool has_answered;
	bool is_gone;
	bool is_used; /* something has connected */
	struct known *known;
	unsigned opened;                     /* listeners that were asked for since all that is known was forgotten */
	uint8_t ports[(UINT16_MAX + 1) / 8]; /* on which it may listen */
	char denied[GATING_TEXT_SIZE];
};

/* -- starting ------------------------------------------------------------------------------------------------------ */

static bool is_program(const char *path)
{
	return access(path, X_OK) == 0;
}

bool gate_find(char path[4096])
{
	char own[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
	char *slash = NULL;
	if (length > 0) {
		own[length] = '\0';
		slash = strrchr(own, '/');
	}
	if (slash) {
		*slash = '\0';
		snprintf(path, 4096, "%.3900s/../libexec/cordon/cordon-gate", own);
		if (is_program(path))
			return true;
		snprintf(path, 4096, "%.3900s/cordon-gate", own);
		if (is_program(path))
			return true;
	}
	snprintf(path, 4096, "%s", CORDON_LIBEXEC "/cordon-gate");
	if (is_program(path))
		return true;
	if (slash)
		snprintf(path, 4096, "%.3900s/cordon-gate", own);
	return false;
}

/* A file in memory, with the offset at its beginning. */
static bool write_rules(const struct plan *plan, int *ret_file, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	const struct limit_setting *processors = &plan->limits[LIMIT_CPUS];
	if (!gating_rules(plan, &text, err))
		return false;
	/* What the command has it do comes on top of the command's own limit, once more at the most. */
	if (processors->is_set)
		text_addf(&text, GATE_SHARE " %" PRIu64 "\n", processors->value);
	if (!text_ok(&text))
		return cordon_fail_memory(err);
	int file = memfd_create("cordon-rules", MFD_CLOEXEC);
	bool is_written = file >= 0 && write(file, text_str(&text), text.length) == (ssize_t)text.length &&
			  lseek(file, 0, SEEK_SET) == 0;
	int code = errno;
	if (!is_written) {
		if (file >= 0)
			close(file);
		return cordon_fail_errno(err, code, "write down the rules for the gate");
	}
	*ret_file = file;
	return true;
}

static int make_counters(struct gate *gate)
{
	int file = memfd_create("cordon-counters", MFD_CLOEXEC);
	if (file < 0)
		return -1;
	void *memory = MAP_FAILED;
	if (ftruncate(file, sizeof *gate->counters) == 0)
		memory = mmap(NULL, sizeof *gate->counters, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (memory == MAP_FAILED) {
		close(file);
		return -1;
	}
	gate->counters = memory;
	return file;
}

/* In the child: a fork whose other threads' locks may be frozen. */
static _Noreturn void become_gate(const char *path, const int given[])
{
	enum { COUNT = GATE_DESCRIPTORS_END - GATE_FROM_SUPERVISOR };
	char *const argv[] = { (char *)(uintptr_t) "cordon-gate", NULL };
	int moved[COUNT];
	sigset_t none;
	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	for (int i = 0; i < COUNT; i++)
		moved[i] = fcntl(given[i], F_DUPFD, GATE_DESCRIPTORS_END);
	for (int i = 0; i < COUNT; i++)
		if (moved[i] < 0 || dup2(moved[i], GATE_FROM_SUPERVISOR + i) < 0)
			_exit(1);
	int nothing = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3; i++)
		if (nothing < 0 || dup2(nothing, i) < 0)
			_exit(1);
	kernel_close_range(GATE_DESCRIPTORS_END, ~0u, 0);
	setsid();             /* the terminal's signals are not for it */
	limits_lower_share(); /* whatever it does the command has asked for */
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(path, argv, environ);
	_exit(127);
}

static bool clone_gate(struct gate *gate, const char *path, const int given[], struct cordon_error *err)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = kernel_clone(0, -1, &gate->process);
	if (pid == 0)
		become_gate(path, given);
	int code = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid > 0 || cordon_fail_errno(err, code, "start '%s'", path);
}

static void close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
}

/* -1 with errno. */
static int listen_on_loopback(int family, uint16_t port)
{
	const struct sockaddr_in four = { .sin_family = AF_INET,
					  .sin_port = htons(port),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct sockaddr_in6 six = { .sin6_family = AF_INET6,
					  .sin6_port = htons(port),
					  .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	const int yes = 1;
	const struct sockaddr *place = family == AF_INET ? (const struct sockaddr *)&four
							 : (const struct sockaddr *)&six;
	int listener = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener < 0)
		return -1;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(listener, place, family == AF_INET ? sizeof four : sizeof six) == 0 && listen(listener, BACKLOG) == 0)
		return listener;
	int code = errno;
	close(listener);
	errno = code;
	return -1;
}

/* The ports of network.listen, as sockets; a host without IPv6 has none there. */
static bool serve_ports(const struct plan *plan, struct served *served, struct cordon_error *err)
{
	static const int families[] = { AF_INET, AF_INET6 };
	size_t count;
	const uint16_t *ports = policy_listen_ports(plan->policy, &count);
	for (size_t i = 0; i < count * 2; i++) {
		uint16_t port = ports[i / 2];
		int family = families[i % 2], listener = listen_on_loopback(family, port);
		if (listener >= 0) {
			served->items[served->count++] = (struct serving){ listener, port };
			continue;
		}
		if (family == AF_INET6 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
			continue;
		return cordon_fail_errno(err, errno, "network.listen: take port %u of this machine's loopback", port);
	}
	return true;
}

/* The gate takes them as they come; one that is gone shows on its channel. */
static void hand_over_served(const struct gate *gate, const struct served *served)
{
	for (size_t i = 0; i < served->count; i++) {
		const struct gate_message message = { .kind = GATE_SERVED, .port = served->items[i].port };
		(void)!rights_send(gate->channel, &message, sizeof message, &served->items[i].listener, 1, 0);
	}
}

static void close_served(struct served *served)
{
	while (served->count > 0)
		close(served->items[--served->count].listener);
}

static bool start(struct gate *gate, const struct plan *plan, const char *path, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_served) struct served served = { .count = 0 };
	int files[2] = { -1, -1 };
	if (!serve_ports(plan, &served, err) || !write_rules(plan, &files[0], err))
		return false;
	files[1] = make_counters(gate);
	int channel[2] = { -1, -1 }, questions[2] = { -1, -1 };
	bool is_fine = files[1] >= 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) == 0 &&
		       socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, questions) == 0;
	if (!is_fine)
		cordon_fail_errno(err, errno, "make the gate's channels");
	const int given[] = { channel[1], questions[1], files[0], files[1] };
	is_fine = is_fine && clone_gate(gate, path, given, err);
	if (is_fine) {
		gate->channel = channel[0];
		gate->questions = questions[0];
		channel[0] = questions[0] = -1;
		hand_over_served(gate, &served);
	}
	close_pair(channel);
	close_pair(questions);
	close_pair(files);
	return is_fine;
}

bool gate_start(const struct plan *plan, struct gate **ret_gate, struct cordon_error *err)
{
	char path[4096];
	if (!gate_find(path))
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "net.filtered: the program cordon-gate is missing (looked for '%s' and in '%s'); it "
				   "belongs to cordon's installation",
				   path, CORDON_LIBEXEC);
	struct gate *gate = calloc(1, sizeof *gate);
	if (!gate)
		return cordon_fail_memory(err);
	gate->channel = gate->questions = gate->process = -1;
	gate->known = calloc(KNOWN, sizeof *gate->known);
	bool is_started = gate->known ? start(gate, plan, path, err) : cordon_fail_memory(err);
	if (!is_started) {
		gate_end(gate);
		return false;
	}
	*ret_gate = gate;
	return true;
}

void gate_finish(const struct gate *gate)
{
	const struct gate_message message = { .kind = GATE_END };
	struct pollfd process = { .fd = gate->process, .events = POLLIN };
	if (!gate->is_used || gate->is_gone ||
	    send(gate->channel, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof message)
		return;
	while (poll(&process, 1, GATE_LAST_MS + 500) < 0 && errno == EINTR)
		continue;
}

struct gate *gate_end(struct gate *gate)
{
	if (!gate)
		return NULL;
	if (gate->process >= 0) {
		syscall(SYS_pidfd_send_signal, gate->process, SIGKILL, NULL, 0);
		graves_dig(&gate->process, true);
	}
	if (gate->channel >= 0)
		close(gate->channel);
	if (gate->questions >= 0)
		close(gate->questions);
	if (gate->counters)
		munmap(gate->counters, sizeof *gate->counters);
	free(gate->known);
	free(gate);
	return NULL;
}

/* -- routes -------------------------------------------------------------------------------------------------------- */

static bool read_route(const char *pattern, struct route *ret_route)
{
	const char *slash = strchr(pattern, '/');
	size_t length = slash ? (size_t)(slash - pattern) : strlen(pattern);
	if (!address_read(pattern, length, &ret_route->address))
		return false;
	ret_route->bits = slash ? (uint8_t)strtoul(slash + 1, NULL, 10) : (uint8_t)(ret_route->address.length * 8);
	return true;
}

/* Loopback is there without a route, and must not get another one. */
static bool is_loopback(const struct route *route)
{
	static const struct address four = { 4, { 127 } }, six = { 16, { [15] = 1 } };
	return (route->bits >= 8 && address_shares(&route->address, &four, 8)) || address_equals(&route->address, &six);
}

bool gate_share_routes(struct share *share, const struct plan *plan, struct inside *inside, struct cordon_error *err)
{
	size_t count;
	const struct host_rule *rules = policy_allowed_hosts(plan->policy, &count);
	struct route *routes = share_take(share, count * sizeof *routes);
	if (!routes)
		return cordon_fail_memory(err);
	inside->routes = routes;
	for (size_t i = 0; i < count; i++) {
		struct route route = { 0 };
		if (read_route(rules[i].pattern, &route) && !is_loopback(&route))
			routes[inside->route_count++] = route;
	}
	return true;
}

/* -- asking -------------------------------------------------------------------------------------------------------- */

void gate_hand_over(struct gate *gate, int sockets[GATE_SOCKETS])
{
	const struct gate_message message = { .kind = GATE_NETWORK };
	/* A gate that is gone shows on its channel. */
	(void)!rights_send(gate->channel, &message, sizeof message, sockets, GATE_SOCKETS, 0);
	for (int i = 0; i < GATE_SOCKETS; i++) {
		close(sockets[i]);
		sockets[i] = -1;
	}
}

/* The answer to this very question: one that came too late for its own is passed over. */
static bool put_question(struct gate *gate, struct gate_message *message)
{
	struct pollfd answer = { .fd = gate->questions, .events = POLLIN };
	message->number = ++gate->number;
	if (gate->is_gone || send(gate->questions, message, sizeof *message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return false;
	for (;;) {
		int ready = poll(&answer, 1, gate->has_answered ? ANSWER_MS : FIRST_MS);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return false;
		struct gate_message heard;
		if (recv(gate->questions, &heard, sizeof heard, MSG_DONTWAIT) != (ssize_t)sizeof heard)
			return false;
		gate->has_answered = true;
		if (heard.number == message->number) {
			*message = heard;
			return true;
		}
	}
}

static struct known *find_known(const struct gate *gate, const struct address *address, uint16_t port)
{
	unsigned hash = port;
	for (unsigned i = 0; i < address->length; i++)
		hash = hash * 31 + address->bytes[i];
	return &gate->known[hash % KNOWN];
}

void gate_use(struct gate *gate)
{
	gate->is_used = true;
}

/* Long before the gate may close a listener to make room it is asked for again, and then it is no old one. */
static void forget_old(struct gate *gate)
{
	if (++gate->opened < GATE_LISTENERS_MAX / 2)
		return;
	gate->opened = 0;
	memset(gate->known, 0, KNOWN * sizeof *gate->known);
}

enum gate_word gate_ask(struct gate *gate, const struct address *address, uint16_t port, char ret_host[HOST_NAME_SIZE])
{
	struct known *known = find_known(gate, address, port);
	struct gate_message message = { .kind = GATE_OPEN, .address = *address, .port = port };
	if (known->port != port || !address_equals(&known->address, address)) {
		address_show(address, ret_host);
		if (!put_question(gate, &message))
			return GATE_FULL;
		if (message.word == GATE_ALLOWED) {
			gate->ports[port / 8] |= (uint8_t)(1u << port % 8);
			forget_old(gate);
		}
		/* an address without a name may get one */
		if (!*message.host)
			return (enum gate_word)message.word;
		*known = (struct known){ *address, port, message.word, { 0 } };
		memcpy(known->host, message.host, sizeof known->host);
	}
	memcpy(ret_host, known->host, sizeof known->host);
	return (enum gate_word)known->word;
}

void gate_free_port(struct gate *gate, uint16_t port)
{
	struct gate_message message = { .kind = GATE_FREE, .port = port };
	uint8_t bit = (uint8_t)(1u << port % 8);
	if (!(gate->ports[port / 8] & bit) || !put_question(gate, &message))
		return;
	gate->ports[port / 8] &= (uint8_t)~bit;
	for (int i = 0; i < KNOWN; i++)
		if (gate->known[i].port == port)
			gate->known[i] = (struct known){ .port = 0 };
}

/* -- hearing ------------------------------------------------------------------------------------------------------- */

int gate_channel(const struct gate *gate)
{
	return gate->channel;
}

bool gate_is_gone(const struct gate *gate)
{
	return gate->is_gone;
}

/* For what the host's name alone does not decide. */
bool gate_take(struct gate *gate, struct cage_event *ret_event)
{
	struct gate_message message;
	if (gate->is_gone)
		return false;
	ssize_t length = recv(gate->channel, &message, sizeof message, MSG_DONTWAIT);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (length != (ssize_t)sizeof message) {
		gate->is_gone = true;
		return false;
	}
	if (message.kind != GATE_DENIED)
		return false;
	gating_denied(&message, gate->denied, ret_event);
	return true;
}

void gate_count(const struct gate *gate, uint64_t *ret_bytes_in, uint64_t *ret_bytes_out)
{
	*ret_bytes_in = gating_now(&gate->counters->bytes_in);
	*ret_bytes_out = gating_now(&gate->counters->bytes_out);
}

struct cage_traffic *gate_traffic(const struct gate *gate)
{
	return gating_traffic(gate->counters);
}

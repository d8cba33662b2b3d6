/* cordon-gate: started by cordon for a run whose network is filtered; see gate.h. */
#include "network/linux/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/linux/rights.h"

/* -- what cordon hands over ---------------------------------------------------------------------------------------- */

/* Of each port both addresses. */
enum { SERVED_MAX = 2 * GATE_LISTEN_MAX };

struct handed {
	int sockets[GATE_SOCKETS];
	int served[SERVED_MAX];
	uint16_t ports[SERVED_MAX];
	unsigned served_count;
};

static bool read_rules(struct gate *gate)
{
	FILE *file = fdopen(GATE_RULES, "r");
	char *line = NULL;
	size_t room = 0;
	bool is_fine = file != NULL;
	while (is_fine) {
		ssize_t length = getline(&line, &room, file);
		if (length <= 0)
			break;
		is_fine = line[length - 1] == '\n';
		line[length - 1] = '\0';
		is_fine = is_fine && settings_read_line(gate, line);
	}
	is_fine = is_fine && !ferror(file);
	free(line);
	if (file)
		fclose(file);
	return is_fine;
}

static void *map_shared(int descriptor, size_t size)
{
	int flags = descriptor < 0 ? MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, descriptor, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

/* Waits for the sockets that init makes inside; listeners outside come before. */
static bool receive_sockets(struct handed *handed)
{
	for (;;) {
		struct gate_message message;
		size_t count;
		ssize_t length = rights_receive(GATE_FROM_SUPERVISOR, &message, sizeof message, handed->sockets,
						GATE_SOCKETS, &count, 0);
		if (length != (ssize_t)sizeof message)
			return false;
		if (message.kind == GATE_NETWORK)
			return count == GATE_SOCKETS;
		if (message.kind != GATE_SERVED || count != 1 || handed->served_count == SERVED_MAX)
			return false;
		handed->served[handed->served_count] = handed->sockets[0];
		handed->ports[handed->served_count++] = message.port;
	}
}

/* Two descriptors a connection, two pipes for one that moves much. */
static void raise_limits(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Of the environment it was started with only what says how names are resolved (resolv.conf(5)) is of use to what reads
 * what strangers say. Not HOSTALIASES: that file may be the command's to write.
 */
static void forget_environment(void)
{
	static const char *const kept[] = { "RES_OPTIONS=", "LOCALDOMAIN=",
#ifdef CORDON_PLANT
					    "CORDON_PLANT=",
#endif
					    NULL };
	size_t count = 0;
	for (char **entry = environ; *entry; entry++) {
		bool is_kept = false;
		for (size_t i = 0; kept[i]; i++)
			is_kept |= strncmp(*entry, kept[i], strlen(kept[i])) == 0;
		if (is_kept)
			environ[count++] = *entry;
		else
			explicit_bzero(*entry, strlen(*entry));
	}
	environ[count] = NULL;
}

static bool settle(void)
{
	if (!gate_is_planted("gate.environment"))
		forget_environment();
	raise_limits();
	for (int i = GATE_FROM_SUPERVISOR; i < GATE_DESCRIPTORS_END; i++)
		if (fcntl(i, F_SETFD, FD_CLOEXEC) != 0)
			return false;
	/* Lookups wait long where a name server is silent, and others must not wait for them. */
	setenv("UV_THREADPOOL_SIZE", "16", 1);
	signal(SIGPIPE, SIG_IGN);
	return chdir("/") == 0;
}

static int factory_socket = -1;

static bool start_factory(struct gate *gate, const struct handed *handed)
{
	int pair[2];
	pid_t parent = getpid();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent)
			_exit(1);
		close(pair[0]);
		close(GATE_FROM_SUPERVISOR);
		close(GATE_COUNTERS);
		int inside = handed->sockets[GATE_DNS_DATAGRAMS];
		close(handed->sockets[GATE_DNS_STREAM]);
		close(handed->sockets[GATE_PROXY]);
		for (unsigned i = 0; i < handed->served_count; i++)
			close(handed->served[i]);
		factory_run(&gate->rules, gate->names, pair[1], inside);
	}
	close(pair[1]);
	close(GATE_FROM_OBSERVER);
	factory_socket = pair[0];
	inward_ask_of(pair[0]);
	return pid > 0;
}

/* -- the loop ------------------------------------------------------------------------------------------------------ */

static struct watch supervisor, factory;
static struct gate *hearing; /* both */

/* Cordon says one thing more; its end of the channel closes when it is gone. */
static void hear_supervisor(struct watch *watch, unsigned events)
{
	struct gate *gate = hearing;
	struct gate_message message;
	(void)events;
	ssize_t length = recv(GATE_FROM_SUPERVISOR, &message, sizeof message, MSG_DONTWAIT);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length != (ssize_t)sizeof message || message.kind != GATE_END)
		_exit(0);
	watch_end(gate, watch);
	last_begin(gate);
}

/* Never waits: the factory may be waiting for this process to read. It asks no second time, and goes on after a while. */
static void answer_factory(const struct gate_message *message)
{
	if (send(factory_socket, message, sizeof *message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN)
		_exit(1);
}

static void hear_factory(struct watch *watch, unsigned events)
{
	struct gate *gate = hearing;
	(void)watch;
	struct gate_message message;
	int listener;
	size_t count;
	(void)events;
	ssize_t length = rights_receive(factory_socket, &message, sizeof message, &listener, 1, &count, MSG_DONTWAIT);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length != (ssize_t)sizeof message)
		_exit(1);
	if (message.kind == GATE_FREE) {
		listeners_free_port(gate, message.port);
		answer_factory(&message);
	} else if (message.kind == GATE_LISTENER && count == 1) {
		if (!listeners_add_meant(gate, listener, &message.address, message.port))
			close(listener);
	} else if (message.kind == GATE_USED) {
		listeners_use(&message.address, message.port);
	} else if (message.kind == GATE_INWARD) {
		inward_take(gate, &message, count == 1 ? listener : -1);
	}
}

static void tick(uv_timer_t *timer)
{
	struct gate *gate = timer->data;
	connection_check_deadlines(gate);
	/* descriptors may be free again */
	if (gate->is_paused && gate->connection_count < CONNECTIONS_MAX)
		listeners_pause(gate, false);
}

static bool listen_outside(struct gate *gate, const struct handed *handed)
{
	for (unsigned i = 0; i < handed->served_count; i++)
		if (!listeners_add(gate, handed->served[i], LISTENER_SERVED, handed->ports[i]))
			return false;
	return true;
}

static bool start(struct gate *gate, const struct handed *handed)
{
	const int *sockets = handed->sockets;
	gate->clock.data = gate;
	hearing = gate;
	supervisor.ready = hear_supervisor;
	factory.ready = hear_factory;
	return uv_loop_init(&gate->loop) == 0 && watch_begin(gate) && uv_timer_init(&gate->loop, &gate->clock) == 0 &&
	       uv_timer_start(&gate->clock, tick, 1000, 1000) == 0 &&
	       watch_set(gate, &supervisor, GATE_FROM_SUPERVISOR, WATCH_READ) &&
	       watch_set(gate, &factory, factory_socket, WATCH_READ) &&
	       dns_server_start(gate, sockets[GATE_DNS_DATAGRAMS]) &&
	       listeners_add(gate, sockets[GATE_DNS_STREAM], LISTENER_DNS, GATE_DNS_PORT) &&
	       listeners_add(gate, sockets[GATE_PROXY], LISTENER_PROXY, GATE_PROXY_PORT) &&
	       listen_outside(gate, handed);
}

int main(void)
{
	static struct gate gate;
	static struct handed handed;
	if (!settle() || !read_rules(&gate))
		return 1;
	gate.names = map_shared(-1, sizeof *gate.names);
	gate.counters = map_shared(GATE_COUNTERS, sizeof *gate.counters);
	/* Before the loop: the factory changes its user namespace, which a process with threads may not. */
	if (!gate.names || !gate.counters || !receive_sockets(&handed) || !start_factory(&gate, &handed) ||
	    !gate_confine(0) || !start(&gate, &handed))
		return 1;
	return watch_run(&gate);
}

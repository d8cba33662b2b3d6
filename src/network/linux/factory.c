/* The socket factory. It says at once whether a listener stands, so that the command's connect goes on: what it is
 * asked has the priority of a system call that waits.
 */
#include "network/linux/gate.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/linux/rights.h"

enum { BACKLOG = 4096, FREE_MS = 1000 };

#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif

/* A socket knows its network namespace, and that its user namespace (socket(7), ioctl_ns(2)): no process need be found,
 * and init, whose memory nobody may look at, could not be joined by its pid.
 */
static bool join(int inside)
{
	int network = ioctl(inside, SIOCGSKNS);
	int user = network < 0 ? -1 : ioctl(network, NS_GET_USERNS);
	if (user < 0 || setns(user, CLONE_NEWUSER) != 0 || setns(network, CLONE_NEWNET) != 0)
		return false;
	close(user);
	close(network);
	return true;
}

/* -1 with errno. For exactly that address and port: a server of the command's keeps every other. */
static int make_listener(const struct address *address, uint16_t port)
{
	struct sockaddr_storage place;
	const int yes = 1;
	socklen_t length = address_give(address, port, &place);
	int listener = socket(place.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener < 0)
		return -1;
	/* An address of a local route is no address of the interface, which IPv6 would want (ipv6(7)). */
	if (place.ss_family == AF_INET6) {
		setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
		setsockopt(listener, IPPROTO_IPV6, IPV6_FREEBIND, &yes, sizeof yes);
	}
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &(const int){ 16 }, sizeof(int));
	if (bind(listener, (struct sockaddr *)&place, length) == 0 && listen(listener, BACKLOG) == 0)
		return listener;
	int code = errno;
	close(listener);
	errno = code;
	return -1;
}

/* -1: there is one already, of ours or a server of the command's. */
static void send_listener(int to_gate, int listener, const struct gate_message *asked)
{
	const struct gate_message message = {
		.kind = listener < 0 ? GATE_USED : GATE_LISTENER,
		.address = asked->address,
		.port = asked->port,
	};
	if (!rights_send(to_gate, &message, sizeof message, &listener, listener >= 0, 0))
		_exit(1);
	if (listener >= 0)
		close(listener);
}

/* Which host the address means: that of a name's own address, or the address itself. */
static bool find_host(const struct names *names, const struct address *address, struct host *host)
{
	const char *name = names_at(names, address);
	*host = host_of_address(address);
	if (name)
		*host = (struct host){ .name = "" }, memcpy(host->name, name, strlen(name) + 1);
	return name || !names_is_synthetic(address);
}

static void open_listener(const struct network_rules *rules, const struct names *names, int to_gate,
			  struct gate_message *message)
{
	static const enum gate_word words[] = {
		[ANSWER_ALLOWED] = GATE_ALLOWED,
		[ANSWER_UNNAMED] = GATE_UNNAMED,
		[ANSWER_DENIED] = GATE_REFUSED,
		[ANSWER_PLACE] = GATE_PLACE,
	};
	struct host host;
	char shown[HOST_TEXT_SIZE];
	message->word = GATE_UNNAMED;
	if (!find_host(names, &message->address, &host))
		return;
	message->word = (uint8_t)words[gate_decide(rules, &host, message->port).answer];
	host_show(&host, 0, shown);
	memcpy(message->host, shown, strlen(shown) + 1);
	if (message->word != GATE_ALLOWED)
		return;
	int listener = make_listener(&message->address, message->port);
	if (listener >= 0 || errno == EADDRINUSE)
		send_listener(to_gate, listener, message);
	else
		message->word = GATE_FULL;
}

/* A socket inside that connects to a server of the command's; none where that is refused at once. */
static void connect_inside(int to_gate, const struct gate_message *message)
{
	struct sockaddr_storage place;
	socklen_t length = address_give(&message->address, message->port, &place);
	int made = socket(place.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool is_under_way = made >= 0 &&
			    (connect(made, (struct sockaddr *)&place, length) == 0 || errno == EINPROGRESS);
	if (!rights_send(to_gate, message, sizeof *message, &made, is_under_way, 0))
		_exit(1);
	if (made >= 0)
		close(made);
}

/* What the gate says; true when it was the answer to GATE_FREE. */
static bool hear_gate(int to_gate)
{
	struct gate_message message;
	ssize_t length = recv(to_gate, &message, sizeof message, 0);
	if (length < 0 && errno == EINTR)
		return false;
	if (length != (ssize_t)sizeof message)
		_exit(0);
	if (message.kind == GATE_INWARD)
		connect_inside(to_gate, &message);
	return message.kind == GATE_FREE;
}

/* The command wants the port for a server of its own on every address. */
static void free_port(int to_gate, const struct gate_message *message)
{
	struct pollfd gate = { .fd = to_gate, .events = POLLIN };
	if (send(to_gate, message, sizeof *message, MSG_NOSIGNAL) < 0)
		_exit(1);
	while (poll(&gate, 1, FREE_MS) == 1 && !hear_gate(to_gate))
		continue;
}

static void hear_observer(const struct network_rules *rules, const struct names *names, int to_gate)
{
	struct gate_message message;
	ssize_t length = recv(GATE_FROM_OBSERVER, &message, sizeof message, 0);
	if (length < 0 && errno == EINTR)
		return;
	if (length != (ssize_t)sizeof message)
		_exit(0);
	if (message.kind == GATE_OPEN)
		open_listener(rules, names, to_gate, &message);
	else if (message.kind == GATE_FREE)
		free_port(to_gate, &message);
	message.kind = GATE_ANSWER;
	if (send(GATE_FROM_OBSERVER, &message, sizeof message, MSG_NOSIGNAL) < 0)
		_exit(0);
}

void factory_run(const struct network_rules *rules, const struct names *names, int to_gate, int inside)
{
	struct pollfd sources[] = { { .fd = GATE_FROM_OBSERVER, .events = POLLIN },
				    { .fd = to_gate, .events = POLLIN } };
	if (!join(inside))
		_exit(1);
	close(inside);
	/* Joining has made it dumpable for whoever is in the namespaces, and capable of everything in them. */
	if (!gate_confine(UINT32_C(1) << CAP_NET_BIND_SERVICE))
		_exit(1);
	for (;;) {
		if (poll(sources, 2, -1) < 0)
			continue;
		if (sources[0].revents)
			hear_observer(rules, names, to_gate);
		if (sources[1].revents)
			hear_gate(to_gate);
	}
}

/* The observer's part that looks at connections: what is cut off from the command is reported, the gate is asked where
 * the network is filtered, and a socket of the host's that no cover hides is refused.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "backend/linux/gate.h"
#include "backend/linux/observer.h"

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
	snprintf(process, sizeof process, "%d", observer->caller.process);
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
	if (size > sizeof address || caller_read(&observer->caller, address_at, &address, (size_t)size) != size)
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
	    caller_read(&observer->caller, address_at, &address, (size_t)size) != size ||
	    address.sun_family != AF_UNIX || address.sun_path[0] == '\0' || !observer_open_root(observer))
		return;
	snprintf(attempt->path, sizeof attempt->path, "%.*s", (int)sizeof address.sun_path, address.sun_path);
	if (!caller_make_absolute(&observer->caller, HERE, attempt->path) ||
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
	if (caller_read(&observer->caller, message_at, &message, sizeof message) == sizeof message && message.msg_name)
		look_at_destination(observer, (uintptr_t)message.msg_name, message.msg_namelen);
}

bool observer_look_at_connection(struct observer *observer)
{
	const struct seccomp_data *data = &observer->call.data;
	switch (data->nr) {
	case SYS_connect:
		look_at_destination(observer, data->args[1], (uint32_t)data->args[2]);
		return true;
	case SYS_sendto:
		look_at_socket(observer, data->args[4], (uint32_t)data->args[5]);
		if (data->args[3] & MSG_FASTOPEN)
			look_at_address(observer, data->args[4], (uint32_t)data->args[5]);
		return true;
	case SYS_sendmsg:
	case SYS_sendmmsg: /* the first message connects */
		look_at_message(observer, data->args[1]);
		return true;
	case SYS_bind:
		look_at_bind(observer, data->args[1], (uint32_t)data->args[2]);
		return true;
	default:
		return false;
	}
}

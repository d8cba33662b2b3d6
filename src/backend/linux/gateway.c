/* The inside of a filtered network: loopback, and local routes onto it for the addresses that stand for hosts (AnyIP).
 * To everything else there is no route: a program learns that at once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/linux/gate.h"

enum { LOOPBACK = 1, BACKLOG = 4096 }; /* the first interface of a network namespace is lo */

struct request {
	struct nlmsghdr header;
	struct rtmsg route;
	char attributes[128];
};

static void add_attribute(struct request *request, unsigned short type, const void *value, size_t length)
{
	struct rtattr *attribute = (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(length);
	memcpy(RTA_DATA(attribute), value, length);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

/* From 127.0.0.1: without it a program's own address would be the one that it talks to. */
static struct request make_request(const struct address *address, unsigned bits)
{
	static const unsigned char source[4] = { 127, 0, 0, 1 };
	const int loopback = LOOPBACK;
	struct request request = {
		.header = {
			.nlmsg_len = NLMSG_LENGTH(sizeof request.route),
			.nlmsg_type = RTM_NEWROUTE,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE,
		},
		.route = {
			.rtm_family = address->length == 4 ? AF_INET : AF_INET6,
			.rtm_dst_len = (unsigned char)bits,
			.rtm_table = RT_TABLE_LOCAL,
			.rtm_protocol = RTPROT_STATIC,
			.rtm_scope = RT_SCOPE_HOST,
			.rtm_type = RTN_LOCAL,
		},
	};
	add_attribute(&request, RTA_DST, address->bytes, address->length);
	add_attribute(&request, RTA_OIF, &loopback, sizeof loopback);
	if (address->length == 4)
		add_attribute(&request, RTA_PREFSRC, source, sizeof source);
	return request;
}

/* The kernel masks nothing: bits behind the prefix are an error (EINVAL). */
static struct address masked(const struct address *address, unsigned bits)
{
	struct address result = { .length = address->length };
	for (unsigned i = 0; i < address->length; i++) {
		unsigned kept = bits > i * 8 ? bits - i * 8 : 0;
		result.bytes[i] = (uint8_t)(address->bytes[i] & (kept >= 8 ? 0xff : 0xff00 >> kept));
	}
	return result;
}

static bool add_route(int netlink, const struct address *address, unsigned bits, struct cordon_error *err)
{
	struct address destination = masked(address, bits);
	struct request request = make_request(&destination, bits);
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[512];
	} answer;
	if (send(netlink, &request, request.header.nlmsg_len, 0) < 0 ||
	    recv(netlink, &answer, sizeof answer, 0) < (ssize_t)NLMSG_LENGTH(sizeof answer.error))
		return cordon_fail_errno(err, errno, "ask for a route");
	int code = answer.header.nlmsg_type == NLMSG_ERROR ? -answer.error.error : EPROTO;
	/* a host without IPv6 needs no route there; the same route twice is one */
	if (code == 0 || code == EEXIST || (address->length == 16 && (code == EAFNOSUPPORT || code == EOPNOTSUPP)))
		return true;
	return cordon_fail_errno(err, code, "make a local route");
}

static bool add_routes(const struct inside *inside, struct cordon_error *err)
{
	static const struct route names[] = {
		{ { 4, { 198, 18 } }, 15 },
		{ { 16, { GATE_PREFIX } }, 64 },
	};
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netlink < 0)
		return cordon_fail_errno(err, errno, "open netlink");
	bool is_fine = true;
	for (size_t i = 0; is_fine && i < sizeof names / sizeof *names; i++)
		is_fine = add_route(netlink, &names[i].address, names[i].bits, err);
	for (size_t i = 0; is_fine && i < inside->route_count; i++)
		is_fine = add_route(netlink, &inside->routes[i].address, inside->routes[i].bits, err);
	close(netlink);
	return is_fine;
}

/* -- the gate's sockets -------------------------------------------------------------------------------------------- */

static int make_socket(int type, uint16_t port)
{
	struct sockaddr_in place = { .sin_family = AF_INET, .sin_port = htons(port) };
	inet_pton(AF_INET, GATE_ADDRESS, &place.sin_addr);
	int made = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (made < 0)
		return -1;
	if (bind(made, (struct sockaddr *)&place, sizeof place) == 0 &&
	    (type == SOCK_DGRAM || listen(made, BACKLOG) == 0))
		return made;
	int code = errno;
	close(made);
	errno = code;
	return -1;
}

static bool send_sockets(const struct inside *inside, const int sockets[GATE_SOCKETS])
{
	const struct message message = { .kind = MESSAGE_NETWORK,
					 .carried = ((1u << GATE_SOCKETS) - 1) << CARRIED_GATE };
	return message_send(inside->control, &message, sockets);
}

bool gateway_open(struct inside *inside, struct cordon_error *err)
{
	if (inside->plan.network != NETWORK_FILTERED || is_planted("namespaces.net"))
		return true;
	if (!add_routes(inside, err))
		return false;
	int sockets[GATE_SOCKETS] = {
		[GATE_DNS_DATAGRAMS] = make_socket(SOCK_DGRAM, GATE_DNS_PORT),
		[GATE_DNS_STREAM] = make_socket(SOCK_STREAM, GATE_DNS_PORT),
		[GATE_PROXY] = make_socket(SOCK_STREAM, GATE_PROXY_PORT),
	};
	int code = errno;
	bool is_fine = true;
	for (int i = 0; i < GATE_SOCKETS; i++)
		is_fine = is_fine && sockets[i] >= 0;
	if (is_fine) {
		is_fine = send_sockets(inside, sockets);
		code = errno;
	}
	for (int i = 0; i < GATE_SOCKETS; i++)
		if (sockets[i] >= 0)
			close(sockets[i]);
	return is_fine || cordon_fail_errno(err, code, "make the gate's sockets");
}

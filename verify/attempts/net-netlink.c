/* net.off, hazard 55: root gives the host's loopback another address, by netlink.
 * fallback plant as root: families+capabilities
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "attempt.h"

#define ADDRESS "127.66.77.88"

static void change(int type, int flags)
{
	struct {
		struct nlmsghdr head;
		struct ifaddrmsg message;
		struct rtattr attribute;
		struct in_addr address;
	} request = {
		.head = { sizeof request, (unsigned short)type, (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags), 1,
			  0 },
		.message = { .ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = if_nametoindex("lo") },
		.attribute = { RTA_LENGTH(sizeof request.address), IFA_LOCAL },
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
	} answer = { 0 };
	inet_pton(AF_INET, ADDRESS, &request.address);
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netlink < 0 || send(netlink, &request, sizeof request, 0) < 0 ||
	    recv(netlink, &answer, sizeof answer, MSG_TRUNC) < 0)
		perror("netlink");
	else if (answer.error.error != 0)
		fprintf(stderr, "netlink: %s\n", strerror(-answer.error.error));
}

bool happened(void)
{
	struct ifaddrs *all = NULL;
	char text[INET_ADDRSTRLEN];
	bool is_there = false;
	getifaddrs(&all);
	for (struct ifaddrs *one = all; one; one = one->ifa_next)
		if (one->ifa_addr && one->ifa_addr->sa_family == AF_INET &&
		    inet_ntop(AF_INET, &((struct sockaddr_in *)one->ifa_addr)->sin_addr, text, sizeof text))
			is_there |= strcmp(text, ADDRESS) == 0;
	freeifaddrs(all);
	return is_there;
}

void prepare(void)
{
	if (geteuid() != 0)
		skip("only root may change the host's addresses");
	change(RTM_NEWADDR, NLM_F_CREATE);
	if (!happened())
		skip("nor may root here");
	change(RTM_DELADDR, 0);
}

void act(void)
{
	change(RTM_NEWADDR, NLM_F_CREATE);
}

void clean(void)
{
	change(RTM_DELADDR, 0);
}

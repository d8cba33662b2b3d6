/* internet HOSTS COMMAND...: an Internet of one's own. Runs the command in a network in which every address of IPv4 and
 * IPv6 is this machine, though none but loopback is an interface's, and INTERNET_OWN where that is set, with HOSTS as
 * /etc/hosts: servers that listen on every address are then the whole world. No packet leaves.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

static void fail(const char *what)
{
	fprintf(stderr, "internet: %s: %s\n", what, strerror(errno));
	exit(77);
}

static void write_file(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text))
		fail(path);
	close(file);
}

/* The user stays who they are. */
static void map_user(uid_t user, gid_t group)
{
	char map[64];
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof map, "%u %u 1\n", user, user);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof map, "%u %u 1\n", group, group);
	write_file("/proc/self/gid_map", map);
}

static void raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int link = socket(AF_INET, SOCK_DGRAM, 0);
	request.ifr_flags = IFF_UP;
	if (link < 0 || ioctl(link, SIOCSIFFLAGS, &request) != 0)
		fail("raise lo");
	close(link);
}

/* An address that an interface has. */
static void own_address(const char *address)
{
	struct ifreq request = { .ifr_name = "lo:1" };
	struct sockaddr_in *place = (struct sockaddr_in *)(void *)&request.ifr_addr;
	int link = socket(AF_INET, SOCK_DGRAM, 0);
	place->sin_family = AF_INET;
	if (link < 0 || inet_pton(AF_INET, address, &place->sin_addr) != 1 || ioctl(link, SIOCSIFADDR, &request) != 0)
		fail("own an address");
	close(link);
}

/* local default dev lo */
static void add_route(int family)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
		struct rtattr attribute;
		int interface;
	} request = {
		.header = { sizeof request, RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK, 0, 0 },
		.route = { .rtm_family = family,
			   .rtm_table = RT_TABLE_LOCAL,
			   .rtm_protocol = RTPROT_STATIC,
			   .rtm_scope = RT_SCOPE_HOST,
			   .rtm_type = RTN_LOCAL },
		.attribute = { RTA_LENGTH(sizeof(int)), RTA_OIF },
		.interface = 1,
	};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[256];
	} answer = { 0 };
	int netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (netlink < 0 || send(netlink, &request, sizeof request, 0) < 0 ||
	    recv(netlink, &answer, sizeof answer, 0) < 0)
		fail("netlink");
	errno = -answer.error.error;
	if (errno && family == AF_INET)
		fail("add a route");
	close(netlink);
}

/* What is changed there stays in the folder. */
static void lay_settings(const char *folder)
{
	char options[3 * PATH_MAX];
	snprintf(options, sizeof options, "lowerdir=/etc,upperdir=%s/upper,workdir=%s/work", folder, folder);
	if (mount("overlay", "/etc", "overlay", 0, options) != 0)
		fail("lay a layer over /etc");
}

static void lay_hosts(const char *hosts)
{
	char place[PATH_MAX];
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		fail("leave the host's mounts");
	if (getenv("INTERNET_ETC"))
		lay_settings(getenv("INTERNET_ETC"));
	if (!realpath("/etc/hosts", place) || mount(hosts, place, NULL, MS_BIND, NULL) != 0)
		fail("lay /etc/hosts");
}

int main(int argc, char **argv)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	if (argc < 3)
		return 2;
	if (unshare(CLONE_NEWNET | CLONE_NEWNS | (user ? CLONE_NEWUSER : 0)) != 0)
		fail("unshare");
	if (user)
		map_user(user, group);
	raise_loopback();
	if (getenv("INTERNET_OWN"))
		own_address(getenv("INTERNET_OWN"));
	add_route(AF_INET);
	add_route(AF_INET6);
	lay_hosts(argv[1]);
	write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
	write_file("/proc/sys/net/ipv4/tcp_fastopen", "3");
	execvp(argv[2], argv + 2);
	fail(argv[2]);
}

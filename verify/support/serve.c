/* serve ADDRESSES LOG SOCKET [KIND=PATH...]: servers on the host, as a command may find them: TCP and UDP on the
 * loopback of IPv4 and IPv6, vsock, an abstract unix socket, and at the path SOCKET a stream (SOCKET.dgram: a datagram)
 * socket; a further socket at each PATH, a stream unless KIND is "dgram". Writes "KIND ADDRESS" lines to ADDRESSES once all listen, leaves out
 * what this host lacks, and writes what it hears to LOG.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_SERVERS 32

static struct pollfd servers[MAX_SERVERS];
static bool is_stream[MAX_SERVERS];
static nfds_t server_count;
static FILE *addresses;

static bool add(int type, const void *address, socklen_t length)
{
	int server = socket(((const struct sockaddr *)address)->sa_family, type | SOCK_CLOEXEC, 0);
	if (server < 0 || bind(server, address, length) != 0 || (type == SOCK_STREAM && listen(server, 8) != 0)) {
		if (server >= 0)
			close(server);
		return false;
	}
	is_stream[server_count] = type == SOCK_STREAM;
	servers[server_count++] = (struct pollfd){ .fd = server, .events = POLLIN };
	return true;
}

static void add_internet(const char *kind, int type, int family)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t length = family == AF_INET ? sizeof four : sizeof six;
	void *address = family == AF_INET ? (void *)&four : (void *)&six;
	if (!add(type, address, length))
		return;
	getsockname(servers[server_count - 1].fd, address, &length);
	fprintf(addresses, "%s %d\n", kind, ntohs(family == AF_INET ? four.sin_port : six.sin6_port));
}

static void add_vsock(void)
{
	struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = VMADDR_PORT_ANY };
	socklen_t length = sizeof address;
	if (!add(SOCK_STREAM, &address, length))
		return;
	getsockname(servers[server_count - 1].fd, (struct sockaddr *)&address, &length);
	fprintf(addresses, "vsock %u\n", address.svm_port);
}

static void add_unix(const char *kind, int type, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (add(type, &address, sizeof address))
		fprintf(addresses, "%s %s\n", kind, path);
}

static void add_abstract(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "cordon-verify-%d", (int)getpid());
	if (add(SOCK_STREAM, &address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)))
		fprintf(addresses, "abstract %s\n", address.sun_path + 1);
}

static void hear(nfds_t index, int log)
{
	char buffer[4096];
	int from = is_stream[index] ? accept(servers[index].fd, NULL, NULL) : servers[index].fd;
	ssize_t length = from < 0 ? 0 : read(from, buffer, sizeof buffer);
	if (length > 0 && write(log, buffer, (size_t)length) < 0)
		perror("serve");
	if (is_stream[index] && from >= 0)
		close(from);
}

int main(int count, char **arguments)
{
	char path[4096];
	if (count < 4)
		return 2;
	snprintf(path, sizeof path, "%s.new", arguments[1]);
	addresses = fopen(path, "w");
	int log = open(arguments[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (!addresses || log < 0)
		return 1;
	add_internet("tcp4", SOCK_STREAM, AF_INET);
	add_internet("tcp6", SOCK_STREAM, AF_INET6);
	add_internet("udp4", SOCK_DGRAM, AF_INET);
	add_internet("udp6", SOCK_DGRAM, AF_INET6);
	add_vsock();
	add_abstract();
	add_unix("stream", SOCK_STREAM, arguments[3]);
	char dgram[4096];
	snprintf(dgram, sizeof dgram, "%s.dgram", arguments[3]);
	add_unix("dgram", SOCK_DGRAM, dgram);
	for (int i = 4; i < count; i++) {
		char *equals = strchr(arguments[i], '=');
		if (!equals)
			return 2;
		*equals = '\0';
		add_unix(arguments[i], strcmp(arguments[i], "dgram") == 0 ? SOCK_DGRAM : SOCK_STREAM, equals + 1);
	}
	fclose(addresses);
	rename(path, arguments[1]);

	alarm(60);
	for (;;) {
		if (poll(servers, server_count, -1) < 0)
			continue;
		for (nfds_t i = 0; i < server_count; i++)
			if (servers[i].revents)
				hear(i, log);
	}
}

/* send KIND ADDRESS TEXT: the client of serve.c; KIND: tcp4, tcp6, udp4, udp6, fastopen, vsock, abstract, stream,
 * dgram, pair (one end of a datagram socketpair, which needs neither socket() nor connect()).
 */
#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

union any_address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	struct sockaddr_vm vm;
	struct sockaddr_un local;
};

static socklen_t fill(union any_address *address, const char *kind, const char *text)
{
	unsigned long port = strtoul(text, NULL, 10);
	memset(address, 0, sizeof *address);
	if (strcmp(kind, "vsock") == 0) {
		address->vm = (struct sockaddr_vm){ .svm_family = AF_VSOCK, .svm_cid = 1, .svm_port = (unsigned)port };
		return sizeof address->vm;
	}
	if (strcmp(kind, "tcp6") == 0 || strcmp(kind, "udp6") == 0) {
		address->six.sin6_family = AF_INET6;
		address->six.sin6_addr = (struct in6_addr)IN6ADDR_LOOPBACK_INIT;
		address->six.sin6_port = htons((uint16_t)port);
		return sizeof address->six;
	}
	if (strcmp(kind, "tcp4") == 0 || strcmp(kind, "udp4") == 0 || strcmp(kind, "fastopen") == 0) {
		address->four.sin_family = AF_INET;
		address->four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		address->four.sin_port = htons((uint16_t)port);
		return sizeof address->four;
	}
	size_t skipped = strcmp(kind, "abstract") == 0 ? 1 : 0;
	address->local.sun_family = AF_UNIX;
	snprintf(address->local.sun_path + skipped, sizeof address->local.sun_path - skipped, "%s", text);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + skipped + strlen(text));
}

int main(int count, char **arguments)
{
	if (count != 4)
		return 2;
	const char *kind = arguments[1], *text = arguments[3];
	union any_address address;
	socklen_t length = fill(&address, kind, arguments[2]);
	int type = strncmp(kind, "udp", 3) == 0 || strcmp(kind, "dgram") == 0 ? SOCK_DGRAM : SOCK_STREAM;
	int ends[2];
	alarm(5);
	if (strcmp(kind, "pair") == 0) {
		if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0)
			return perror("socketpair"), 1;
	} else {
		ends[0] = socket(address.any.sa_family, type, 0);
		if (ends[0] < 0)
			return perror("socket"), 1;
	}
	int flags = strcmp(kind, "fastopen") == 0 ? MSG_FASTOPEN : 0;
	if (flags || type == SOCK_DGRAM || strcmp(kind, "pair") == 0) {
		if (sendto(ends[0], text, strlen(text), flags, &address.any, length) < 0)
			return perror("sendto"), 1;
		return 0;
	}
	if (connect(ends[0], &address.any, length) != 0)
		return perror("connect"), 1;
	if (write(ends[0], text, strlen(text)) < 0)
		return perror("write"), 1;
	return 0;
}

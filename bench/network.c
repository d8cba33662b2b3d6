/* network serve PORT: an HTTP server, as small as can be, on every address.
 * network measure HOST PORT [PROXY [CREDENTIALS]]: how long a request on a new connection takes, one on a connection that is kept, how fast
 * much comes in, and how long the first connection to an address takes (20.3.0.1 and those behind it; not through a
 * PROXY, which is an address that may want CREDENTIALS, in Base64): a line "NEW_US KEPT_US MIB_PER_S FIRST_US". Run by
 * bench/network.sh directly and through the gate.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { NEW = 400, FIRST = 200, KEPT = 2000, BULK = 512, MIB = 1024 * 1024 };

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* -- server ------------------------------------------------------------------------------------------------------- */

static void send_all(int socket, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(socket, bytes, length, MSG_NOSIGNAL);
		if (sent <= 0)
			return;
		bytes += sent;
		length -= (size_t)sent;
	}
}

static void *answer(void *argument)
{
	static const char small[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n";
	static char block[MIB];
	int client = (int)(long)argument, yes = 1;
	char request[4096];
	ssize_t length;
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	while ((length = recv(client, request, sizeof request - 1, 0)) > 0) {
		request[length] = '\0';
		if (!strstr(request, "GET /bulk")) {
			send_all(client, small, sizeof small - 1);
			continue;
		}
		for (int i = 0; i < BULK; i++)
			send_all(client, block, sizeof block);
		break;
	}
	close(client);
	return NULL;
}

static int serve(int port)
{
	struct sockaddr_in place = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int server = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(server, (struct sockaddr *)&place, sizeof place) != 0 || listen(server, 4096) != 0)
		fail("listen");
	for (;;) {
		pthread_t thread;
		int client = accept(server, NULL, NULL);
		if (client >= 0 && pthread_create(&thread, NULL, answer, (void *)(long)client) == 0)
			pthread_detach(thread);
	}
}

/* -- client ------------------------------------------------------------------------------------------------------- */

static struct addrinfo *where;
static char request[256], bulk_request[256], tunnel[1024]; /* the last is empty where there is no proxy */

static int dial(void)
{
	int yes = 1, client = socket(where->ai_family, SOCK_STREAM, 0);
	if (client < 0 || connect(client, where->ai_addr, where->ai_addrlen) != 0)
		fail("connect");
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	if (*tunnel) {
		char answer[256];
		send_all(client, tunnel, strlen(tunnel));
		if (recv(client, answer, sizeof answer, 0) < 12 || memcmp(answer + 9, "200", 3) != 0)
			fail("proxy");
	}
	return client;
}

static void ask(int client)
{
	char bytes[256];
	send_all(client, request, strlen(request));
	if (recv(client, bytes, sizeof bytes, 0) <= 0)
		fail("answer");
}

/* Each address for the first time. Microseconds. */
static double measure_first(uint16_t port)
{
	struct sockaddr_in place = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct addrinfo other = { .ai_family = AF_INET,
				  .ai_addr = (struct sockaddr *)&place,
				  .ai_addrlen = sizeof place };
	double start = now();
	where = &other;
	for (unsigned i = 1; i <= FIRST; i++) {
		place.sin_addr.s_addr = htonl(20u << 24 | 3u << 16 | i);
		int client = dial();
		ask(client);
		close(client);
	}
	return (now() - start) / FIRST * 1e6;
}

static int measure(const char *host, const char *port, const char *proxy, const char *credentials)
{
	static char bytes[MIB];
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_INET };
	if (getaddrinfo(proxy ? proxy : host, proxy ? "3128" : port, &hints, &where) != 0)
		fail(host);
	if (proxy)
		snprintf(tunnel, sizeof tunnel, "CONNECT %s:%s HTTP/1.1\r\nHost: %s:%s\r\n%s%s\r\n\r\n", host, port,
			 host, port, credentials ? "Proxy-Authorization: Basic " : "Accept: */*",
			 credentials ? credentials : "");
	snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: %s:%s\r\n\r\n", host, port);
	snprintf(bulk_request, sizeof bulk_request, "GET /bulk HTTP/1.1\r\nHost: %s:%s\r\n\r\n", host, port);

	int client = dial();
	ask(client);
	double start = now();
	for (int i = 0; i < KEPT; i++)
		ask(client);
	double kept = (now() - start) / KEPT;
	close(client);

	start = now();
	for (int i = 0; i < NEW; i++) {
		client = dial();
		ask(client);
		close(client);
	}
	double new = (now() - start) / NEW;

	client = dial();
	send_all(client, bulk_request, strlen(bulk_request));
	size_t got = 0;
	ssize_t length;
	start = now();
	while ((length = recv(client, bytes, sizeof bytes, 0)) > 0)
		got += (size_t)length;
	if (got != (size_t)BULK * MIB)
		fail("bulk");
	double bulk = BULK / (now() - start);
	printf("%.1f %.1f %.0f %.1f\n", new * 1e6, kept * 1e6, bulk, proxy ? 0 : measure_first((uint16_t)atoi(port)));
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		return serve(atoi(argv[2]));
	if (argc >= 4 && argc <= 6 && strcmp(argv[1], "measure") == 0)
		return measure(argv[2], argv[3], argv[4], argc == 6 ? argv[5] : NULL);
	fprintf(stderr, "usage: network serve PORT | network measure HOST PORT [PROXY [CREDENTIALS]]\n");
	return 2;
}

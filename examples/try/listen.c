/* listen PORT_FILE LOG_FILE: a server on the host's loopback, for a demonstration.
 *
 * Takes a free port of 127.0.0.1, writes its number to PORT_FILE and then whatever clients send to LOG_FILE,
 * for at most two minutes.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static bool write_port(const char *path, int port)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return false;
	fprintf(file, "%d\n", port);
	return fclose(file) == 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof address;
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int log = argc == 3 ? open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (log < 0 || server < 0 || bind(server, (struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(server, 8) < 0 || getsockname(server, (struct sockaddr *)&address, &length) < 0 ||
	    !write_port(argv[1], ntohs(address.sin_port))) {
		perror("listen");
		return 1;
	}
	alarm(120);
	for (;;) {
		int client = accept(server, NULL, NULL);
		char buffer[256];
		ssize_t count;

		if (client < 0)
			continue;
		if (write(log, "connection: ", 12) < 0)
			return 1;
		while ((count = read(client, buffer, sizeof buffer)) > 0)
			if (write(log, buffer, (size_t)count) < 0)
				return 1;
		close(client);
	}
}

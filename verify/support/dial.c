/* dial HOST PORT PATH: asks for the page over HTTP and prints it. Built static with musl it resolves by itself, as musl does. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	char text[4096];
	int connection = -1;
	if (argc != 4 || getaddrinfo(argv[1], argv[2], &hints, &found) != 0)
		return 1;
	for (; found && connection < 0; found = found->ai_next) {
		connection = socket(found->ai_family, SOCK_STREAM, 0);
		if (connection >= 0 && connect(connection, found->ai_addr, found->ai_addrlen) != 0) {
			close(connection);
			connection = -1;
		}
	}
	int length = snprintf(text, sizeof text, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", argv[3], argv[1]);
	if (connection < 0 || write(connection, text, (size_t)length) != length)
		return 1;
	ssize_t got = read(connection, text, sizeof text);
	return got > 0 && write(1, text, (size_t)got) == got ? 0 : 1;
}

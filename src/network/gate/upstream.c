/* Out through the proxy that the host itself goes through (base/upstream.h). What a name leads to is then the proxy's
 * to find and to judge; everything else is decided here as ever.
 */
#include "network/gate/gate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 8 * 1024 };

bool upstream_set(struct upstreams *upstreams, const char *verb, const char *value)
{
	if (strcmp(verb, GATE_BYPASS) == 0) {
		upstreams->bypass = strdup(value);
		return upstreams->bypass != NULL;
	}
	struct upstream *upstream = strcmp(verb, GATE_VIA_HTTP) == 0    ? &upstreams->http
				    : strcmp(verb, GATE_VIA_HTTPS) == 0 ? &upstreams->https
				    : strcmp(verb, GATE_VIA_ALL) == 0   ? &upstreams->all
									: NULL;
	return upstream && !upstream_read(value, upstream);
}

/* As the program itself would choose outside: by what it asks for, and where it asks for nothing by the port. */
static const struct upstream *find(const struct upstreams *upstreams, const struct connection *connection)
{
	uint16_t port = connection->target.port;
	bool is_http = connection->speech == SPEECH_ABSOLUTE || (connection->speech != SPEECH_CONNECT && port == 80);
	bool is_https = connection->speech == SPEECH_CONNECT || port == 443;
	if (is_http && upstreams->http.port)
		return &upstreams->http;
	if (!is_http && is_https && upstreams->https.port)
		return &upstreams->https;
	return upstreams->all.port ? &upstreams->all : NULL;
}

/* Loopback is this machine's, wherever a proxy stands. */
static bool is_near(const struct host *host)
{
	static const struct address four = { 4, { 127 } }, six = { 16, { [15] = 1 } };
	return host_is_localhost(host) || address_shares(&host->address, &four, 8) ||
	       address_equals(&host->address, &six);
}

void upstream_choose(struct connection *connection)
{
	const struct upstreams *upstreams = &connection->gate->upstreams;
	const struct host *host = &connection->target.host;
	connection->through = NULL;
	if (connection->inward || is_near(host) ||
	    (upstreams->bypass &&
	     upstream_is_bypassed(upstreams->bypass, host->name, &host->address, connection->target.port)))
		return;
	connection->through = find(upstreams, connection);
}

void upstream_ask(struct connection *connection)
{
	char host[HOST_TEXT_SIZE], request[2 * HOST_TEXT_SIZE + UPSTREAM_CREDENTIALS_SIZE + 128];
	const char *credentials = connection->through->credentials;
	host_show(&connection->target.host, connection->target.port, host);
	int length = snprintf(request, sizeof request, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n", host, host,
			      *credentials ? "Proxy-Authorization: Basic " : "", credentials,
			      *credentials ? "\r\n" : "");
	/* The first bytes of a connection: there is room for them. */
	if (socket_write(connection->server.socket, request, (size_t)length) != length) {
		connection_fail(connection, ECONNRESET);
		return;
	}
	connection->phase = PHASE_TUNNEL;
	connection_poll(connection);
}

/* What comes behind its head is the server's. */
static void take_answer(struct connection *connection, size_t head)
{
	struct flow *down = &connection->down;
	const char *status = (const char *)down->block + sizeof "HTTP/1.1 " - 1;
	bool is_http = head > 16 && memcmp(down->block, "HTTP/1.", 7) == 0 && down->block[8] == ' ';
	if (!is_http || status[0] != '2') {
		connection_fail(connection, is_http && memcmp(status, "504", 3) == 0 ? ETIMEDOUT : EHOSTUNREACH);
		return;
	}
	memmove(down->block, down->block + head, down->end - head);
	down->end -= head;
	down->cleared = down->end;
	connection_open(connection);
}

/* How long the head of the answer is; 0: it is not whole. */
static size_t find_head(const struct flow *down)
{
	for (size_t end = 4; end <= down->end; end++)
		if (memcmp(down->block + end - 4, "\r\n\r\n", 4) == 0)
			return end;
	return 0;
}

void upstream_hear(struct connection *connection)
{
	struct flow *down = &connection->down;
	if (!connection_take_block(down)) {
		connection_abort(connection);
		return;
	}
	ssize_t length = socket_read(connection->server.socket, down->block + down->end, ANSWER_MAX - down->end);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length > 0)
		down->end += (size_t)length;
	size_t head = length > 0 ? find_head(down) : 0;
	if (head > 0)
		take_answer(connection, head);
	else if (length <= 0 || down->end == ANSWER_MAX)
		connection_fail(connection, ECONNRESET);
}

/* What a client asks a proxy for: CONNECT and absolute-form of HTTP/1, SOCKS version 5, told apart by the first byte.
 */
#include "network/gate/gate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "network/socks.h"

/* A client that does not take a few bytes at once is not reading. */
static void say(const struct connection *connection, const void *bytes, size_t length)
{
	ssize_t written = socket_write(connection->client.socket, bytes, length);
	(void)written;
}

static void say_status(const struct connection *connection, const char *status, const char *text)
{
	char answer[1024];
	int length = snprintf(
		answer, sizeof answer,
		"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status,
		strlen(text), text);
	say(connection, answer, (size_t)length < sizeof answer ? (size_t)length : sizeof answer - 1);
}

static void say_reply(const struct connection *connection, enum socks_reply reply)
{
	uint8_t bytes[SOCKS_REPLY_SIZE];
	socks_write_reply(reply, bytes);
	say(connection, bytes, sizeof bytes);
}

/* -- answers ------------------------------------------------------------------------------------------------------- */

void proxy_answer_connected(struct connection *connection)
{
	static const char established[] = "HTTP/1.1 200 Connection established\r\n\r\n";
	if (connection->speech == SPEECH_CONNECT)
		say(connection, established, sizeof established - 1);
	if (connection->speech == SPEECH_SOCKS)
		say_reply(connection, SOCKS_FINE);
}

void proxy_answer_refused(struct connection *connection, enum gate_word word, enum reach reach)
{
	char host[HOST_TEXT_SIZE], text[HOST_TEXT_SIZE + 200];
	if (connection->speech == SPEECH_SOCKS) {
		say_reply(connection, SOCKS_REFUSED);
		return;
	}
	host_show(&connection->target.host, connection->target.port, host);
	if (word == GATE_PLACE)
		snprintf(text, sizeof text, "cordon: %s leads to %s, which the policy does not name\n", host,
			 reach_name(reach));
	else
		snprintf(text, sizeof text, "cordon: the policy %s %s\n",
			 word == GATE_REFUSED ? "denies" : "does not allow", host);
	say_status(connection, "403 Forbidden", text);
}

void proxy_answer_failed(struct connection *connection, int code)
{
	char host[HOST_TEXT_SIZE], text[HOST_TEXT_SIZE + 200];
	if (connection->speech == SPEECH_SOCKS) {
		say_reply(connection, code == ECONNREFUSED ? SOCKS_CONNECTION_REFUSED : SOCKS_UNREACHABLE);
		return;
	}
	host_show(&connection->target.host, connection->target.port, host);
	snprintf(text, sizeof text, "cordon: %s cannot be reached: %s\n", host, socket_error_text(code));
	say_status(connection, code == ETIMEDOUT ? "504 Gateway Timeout" : "502 Bad Gateway", text);
}

/* -- who asks ------------------------------------------------------------------------------------------------------ */

/* A wrong one takes as long as the right one. */
static bool is_same(const void *said, size_t length, const char *wanted)
{
	const unsigned char *bytes = said;
	unsigned char differs = 0;
	if (length != strlen(wanted))
		return false;
	for (size_t i = 0; i < length; i++)
		differs |= bytes[i] ^ (unsigned char)wanted[i];
	return differs == 0;
}

static bool may_ask(const struct gate *gate, const char *head, const struct http_request *request)
{
	static const char scheme[] = "Basic ";
	const char *said = head + request->authorization;
	size_t length = request->authorization_length, skipped = sizeof scheme - 1;
	if (!gate->password || length == 0)
		return true;
	return length > skipped && strncasecmp(said, scheme, skipped) == 0 &&
	       is_same(said + skipped, length - skipped, gate->credentials);
}

static void refuse_stranger(struct connection *connection)
{
	tell_stranger(connection->gate);
	if (connection->speech != SPEECH_SOCKS)
		say_status(connection, "407 Proxy Authentication Required",
			   "cordon: this is another run's proxy, or its password\n");
	connection_close(connection);
}

/* -- requests ------------------------------------------------------------------------------------------------------ */

/* Forgets the first bytes of what was read. */
static void drop(struct flow *flow, size_t length)
{
	memmove(flow->block, flow->block + length, flow->end - length);
	flow->end -= length;
}

/* An address that stands for a name inside stands for it here as well. */
static void set_target(struct connection *connection, const struct target *target)
{
	const struct names *names = connection->gate->names;
	const char *name = names ? names_at(names, &target->host.address) : NULL;
	connection->target = *target;
	if (name) {
		connection->target.host = (struct host){ .address = { 0 } };
		memcpy(connection->target.host.name, name, strlen(name) + 1);
	}
}

static void read_http(struct connection *connection)
{
	struct flow *up = &connection->up;
	struct http_request request;
	char written[HTTP_HEAD_SIZE + 1024];
	enum reading reading = http_read_request((const char *)up->block, up->end, &request);
	if (reading == READING_MORE)
		return;
	if (reading == READING_BAD || request.form == HTTP_ORIGIN) {
		say_status(connection, "400 Bad Request", "cordon: no request that this proxy takes\n");
		connection_close(connection);
		return;
	}
	if (!may_ask(connection->gate, (const char *)up->block, &request)) {
		refuse_stranger(connection);
		return;
	}
	if (request.form == HTTP_AUTHORITY) {
		connection->speech = SPEECH_CONNECT;
		drop(up, request.length);
		set_target(connection, &request.target);
		connection_aim(connection);
		return;
	}
	connection->speech = SPEECH_ABSOLUTE;
	set_target(connection, &request.target);
	request.target = connection->target;
	upstream_choose(connection);
	/* With Max-Forwards: 0 that is the proxy, and the password is among it. */
	if (connection->through && request.is_trace) {
		say_status(connection, "405 Method Not Allowed", "cordon: TRACE shows what only the proxy is told\n");
		connection_close(connection);
		return;
	}
	const char *credentials = connection->through ? connection->through->credentials : NULL;
	size_t length = http_write_request((const char *)up->block, &request, credentials, written, sizeof written);
	if (length == 0 || length + up->end - request.length > BLOCK_SIZE) {
		say_status(connection, "431 Request Header Fields Too Large", "");
		connection_close(connection);
		return;
	}
	http_guard_begin_body(&connection->guard, &request);
	memmove(up->block + length, up->block + request.length, up->end - request.length);
	memcpy(up->block, written, length);
	up->end = up->end - request.length + length;
	up->cleared = length;
	connection_aim(connection);
}

/* True when it is said and done. */
static bool read_greeting(struct connection *connection)
{
	struct flow *up = &connection->up;
	struct socks_methods methods;
	size_t used;
	enum reading reading = socks_read_greeting(up->block, up->end, &used, &methods);
	if (reading == READING_MORE)
		return false;
	uint8_t method = SOCKS_NO_METHOD;
	if (reading == READING_DONE && methods.has_password && connection->gate->password)
		method = SOCKS_PASSWORD;
	else if (reading == READING_DONE && methods.is_open)
		method = SOCKS_OPEN;
	if (reading == READING_DONE)
		say(connection, (const uint8_t[]){ SOCKS_VERSION, method }, 2);
	if (method == SOCKS_NO_METHOD) {
		connection_close(connection);
		return false;
	}
	connection->is_greeted = true;
	connection->owes_password = method == SOCKS_PASSWORD;
	drop(up, used);
	return true;
}

static bool read_password(struct connection *connection)
{
	const struct gate *gate = connection->gate;
	struct flow *up = &connection->up;
	struct socks_password said;
	size_t used;
	enum reading reading = socks_read_password(up->block, up->end, &used, &said);
	if (reading == READING_MORE)
		return false;
	bool is_known = reading == READING_DONE && is_same(said.user, said.user_length, GATE_USER) &&
			is_same(said.password, said.password_length, gate->password);
	say(connection, (const uint8_t[]){ 1, !is_known }, 2);
	if (!is_known) {
		refuse_stranger(connection);
		return false;
	}
	connection->owes_password = false;
	drop(up, used);
	return true;
}

static void read_socks(struct connection *connection)
{
	struct flow *up = &connection->up;
	struct target target;
	enum socks_reply reply;
	size_t used;
	connection->speech = SPEECH_SOCKS;
	if (!connection->is_greeted && !read_greeting(connection))
		return;
	if (connection->owes_password && !read_password(connection))
		return;
	enum reading reading = socks_read_request(up->block, up->end, &used, &target, &reply);
	if (reading == READING_MORE)
		return;
	if (reading == READING_BAD || reply != SOCKS_FINE) {
		if (reading == READING_DONE)
			say_reply(connection, reply);
		connection_close(connection);
		return;
	}
	drop(up, used);
	set_target(connection, &target);
	connection_aim(connection);
}

void proxy_read(struct connection *connection)
{
	struct flow *up = &connection->up;
	if (!connection_take_block(up)) {
		connection_abort(connection);
		return;
	}
	ssize_t length = socket_read(connection->client.socket, up->block + up->end, HTTP_HEAD_SIZE - up->end);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0) {
		connection_abort(connection);
		return;
	}
	up->end += (size_t)length;
	if (connection->is_greeted || up->block[0] == SOCKS_VERSION)
		read_socks(connection);
	else
		read_http(connection);
}

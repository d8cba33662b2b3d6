/* DNS inside. No question leaves the host: a name that some rule allows has an address of its own at once, whether it
 * exists or not, and nothing else has any. So no byte of a question can carry anything out.
 */
#include "network/linux/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "network/dns.h"

enum { DATAGRAMS_AT_ONCE = 64, STREAMS_MAX = 64, STREAM_SECONDS = 10, QUESTION_MAX = 1024 };

static bool is_local(const struct host *host)
{
	size_t length = strlen(host->name);
	return host_is_localhost(host) || (length > 10 && strcmp(host->name + length - 10, ".localhost") == 0);
}

/* False: there is no such name for the command. */
static bool find_address(struct gate *gate, const struct dns_query *query, struct address *ret_address)
{
	static const struct address four = { 4, { 127, 0, 0, 1 } }, six = { 16, { [15] = 1 } };
	bool is_six = query->type == DNS_TYPE_AAAA;
	unsigned index;
	if (is_local(&query->host)) { /* RFC 6761 §6.3 */
		*ret_address = is_six ? six : four;
		return true;
	}
	if ((!gate_is_planted("gate.rules") && !rules_may_name(&gate->rules, &query->host)) ||
	    !names_find(gate->names, query->host.name, &index))
		return false;
	*ret_address = is_six ? names_ipv6(index) : names_ipv4(index);
	return true;
}

size_t dns_server_answer(struct gate *gate, const uint8_t *message, size_t length, uint8_t answer[])
{
	struct dns_query query;
	struct address address;
	if (!dns_read_query(message, length, &query))
		return 0;
	atomic_fetch_add_explicit(&gate->counters->queries, 1, memory_order_relaxed);
	if (query.code != DNS_FINE)
		return dns_write_answer(message, &query, query.code, NULL, 0, answer);
	bool exists = query.is_host && find_address(gate, &query, &address);
	if (!exists && query.is_host && query.type != DNS_TYPE_PTR) {
		const struct target asked = { .host = query.host };
		tell_denied(gate, &asked, GATE_UNNAMED, REACH_GLOBAL);
	}
	bool has_address = exists && (query.type == DNS_TYPE_A || query.type == DNS_TYPE_AAAA);
	return dns_write_answer(message, &query, exists ? DNS_FINE : DNS_NO_SUCH_NAME, &address, has_address, answer);
}

/* -- datagrams ----------------------------------------------------------------------------------------------------- */

static struct {
	struct gate *gate;
	int socket;
	struct watch watch;
} datagrams;

static void on_datagram(struct watch *watch, unsigned events)
{
	uint8_t message[QUESTION_MAX], answer[DNS_MESSAGE_SIZE];
	(void)watch, (void)events;
	for (int i = 0; i < DATAGRAMS_AT_ONCE; i++) {
		struct sockaddr_storage asker;
		socklen_t size = sizeof asker;
		ssize_t length = recvfrom(datagrams.socket, message, sizeof message, MSG_DONTWAIT | MSG_TRUNC,
					  (struct sockaddr *)&asker, &size);
		if (length < 0)
			return;
		if ((size_t)length > sizeof message)
			continue;
		size_t answered = dns_server_answer(datagrams.gate, message, (size_t)length, answer);
		if (answered)
			sendto(datagrams.socket, answer, answered, MSG_DONTWAIT | MSG_NOSIGNAL,
			       (struct sockaddr *)&asker, size);
	}
}

bool dns_server_start(struct gate *gate, int socket)
{
	datagrams.gate = gate;
	datagrams.socket = socket;
	datagrams.watch.ready = on_datagram;
	return watch_set(gate, &datagrams.watch, socket, WATCH_READ);
}

/* -- streams (RFC 7766) -------------------------------------------------------------------------------------------- */

struct stream {
	struct gate *gate;
	int socket;
	struct watch watch;
	uv_timer_t timer;
	size_t length;
	uint8_t bytes[2 + QUESTION_MAX];
};

static unsigned stream_count;

static void on_stream_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void close_stream(struct stream *stream)
{
	if (stream->socket < 0)
		return;
	watch_end(stream->gate, &stream->watch);
	close(stream->socket);
	stream->socket = -1;
	stream_count--;
	uv_close((uv_handle_t *)&stream->timer, on_stream_closed);
}

/* An answer is small: when the socket does not take it at once the client is not reading. */
static bool answer_stream(struct stream *stream)
{
	uint8_t answer[2 + DNS_MESSAGE_SIZE];
	while (stream->length >= 2) {
		size_t size = (size_t)stream->bytes[0] << 8 | stream->bytes[1];
		if (size > QUESTION_MAX)
			return false;
		if (stream->length < 2 + size)
			return true;
		size_t answered = dns_server_answer(stream->gate, stream->bytes + 2, size, answer + 2);
		answer[0] = (uint8_t)(answered >> 8);
		answer[1] = (uint8_t)answered;
		if (answered == 0 ||
		    send(stream->socket, answer, answered + 2, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)(answered + 2))
			return false;
		stream->length -= 2 + size;
		memmove(stream->bytes, stream->bytes + 2 + size, stream->length);
	}
	return true;
}

static void on_stream(struct watch *watch, unsigned events)
{
	struct stream *stream = WATCHED_BY(watch, struct stream, watch);
	(void)events;
	ssize_t length = recv(stream->socket, stream->bytes + stream->length, sizeof stream->bytes - stream->length,
			      MSG_DONTWAIT);
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0) {
		close_stream(stream);
		return;
	}
	stream->length += (size_t)length;
	if (!answer_stream(stream))
		close_stream(stream);
}

static void on_stream_late(uv_timer_t *timer)
{
	close_stream(timer->data);
}

void dns_server_accept(struct gate *gate, int socket)
{
	struct stream *stream = stream_count < STREAMS_MAX ? calloc(1, sizeof *stream) : NULL;
	if (!stream) {
		close(socket);
		return;
	}
	*stream = (struct stream){ .gate = gate, .socket = socket, .watch.ready = on_stream };
	if (!watch_set(gate, &stream->watch, socket, WATCH_READ)) {
		close(socket);
		free(stream);
		return;
	}
	stream_count++;
	stream->timer.data = stream;
	uv_timer_init(&gate->loop, &stream->timer);
	uv_timer_start(&stream->timer, on_stream_late, STREAM_SECONDS * 1000, 0);
}

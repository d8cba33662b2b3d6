/* Moving bytes. The first ones to a host that is meant by name are held until they have named it; whatever moves much
 * is moved in the kernel, where that is possible.
 */
#include "network/gate/gate.h"

#include <errno.h>
#include <string.h>

#include "network/tls.h"

enum { HTTPS_PORT = 443, ROUNDS = 8, BULK_AFTER = 256 * 1024, HALF_CLOSED_SECONDS = 300 };

/* -- watching ------------------------------------------------------------------------------------------------------ */

/* SSH on 443 is common behind firewalls; anything else there is TLS or is not what it seems. */
static enum reading read_banner(const uint8_t *bytes, size_t length)
{
	static const char banner[] = "SSH-";
	size_t size = sizeof banner - 1;
	if (memcmp(bytes, banner, length < size ? length : size) != 0)
		return READING_BAD;
	return length < size ? READING_MORE : READING_DONE;
}

static enum reading look_at_first(const struct connection *connection, const uint8_t *bytes, size_t length)
{
	struct tls_hello hello;
	bool is_https = connection->target.port == HTTPS_PORT;
	if (tls_begins(bytes, length) == READING_BAD)
		return read_banner(bytes, length);
	enum reading reading = tls_read_hello(bytes, length, &hello);
	if (reading != READING_DONE)
		return reading;
	if (!hello.has_name)
		return is_https ? READING_BAD : READING_DONE;
	return host_equals(&hello.host, &connection->target.host) ? READING_DONE : READING_BAD;
}

/* A port says little of what is spoken there: requests are read wherever they are seen. What is hardly one passes before
 * its line is over, for there may be no lines; if that was the beginning of one all the same it gets no further.
 */
static enum reading look_for_requests(struct connection *connection, const char *bytes, size_t length,
				      size_t *ret_passed)
{
	struct http_opening opening = connection->opening;
	bool has_passed = opening.phase != 0;
	enum reading reading = http_opening_read(&opening, bytes, length);
	*ret_passed = 0;
	if (reading == READING_BAD)
		return READING_DONE;
	if (reading == READING_DONE && has_passed)
		return READING_BAD;
	if (reading == READING_MORE) {
		if (has_passed || !http_is_likely(bytes, length)) {
			connection->opening = opening;
			*ret_passed = length;
		}
		return length < HTTP_HEAD_SIZE || *ret_passed > 0 ? READING_MORE : READING_BAD;
	}
	connection->watch = WATCH_HTTP;
	return http_guard_pass(&connection->guard, bytes, length, ret_passed);
}

/* DONE: what waits has to be a ClientHello; BAD: it need not be. Behind the first bytes of another protocol anything may
 * stand.
 */
static enum reading look_for_tls(const struct connection *connection, const struct flow *up)
{
	if (connection->target.port == HTTPS_PORT)
		return READING_DONE;
	return connection->opening.phase ? READING_BAD : tls_begins(up->block + up->cleared, up->end - up->cleared);
}

/* A line that never ended is no request. */
static void look_at_end(struct connection *connection)
{
	struct flow *up = &connection->up;
	if (connection->watch == WATCH_FIRST && up->cleared < up->end && look_for_tls(connection, up) != READING_DONE) {
		connection->watch = WATCH_NOTHING;
		up->cleared = up->end;
	}
}

/* Clears what may pass of what waits. False: something else was named, and the connection is over. */
static bool look(struct connection *connection)
{
	struct flow *up = &connection->up;
	const uint8_t *bytes = up->block + up->cleared;
	size_t length = up->end - up->cleared, passed = 0;
	enum reading reading = READING_DONE;
	if (connection->watch == WATCH_NOTHING)
		passed = length;
	else if (connection->watch == WATCH_HTTP)
		reading = http_guard_pass(&connection->guard, (const char *)bytes, length, &passed);
	else if (length == 0)
		return true;
	else if ((reading = look_for_tls(connection, up)) == READING_DONE)
		reading = look_at_first(connection, bytes, length);
	else if (reading == READING_BAD)
		reading = look_for_requests(connection, (const char *)bytes, length, &passed);

	if (reading == READING_BAD) {
		connection_refuse(connection, GATE_FORGED, REACH_GLOBAL);
		return false;
	}
	if (reading == READING_DONE) {
		connection->watch = WATCH_NOTHING;
		passed = length;
	}
	up->cleared += passed;
	/* what has begun has to end in time; between requests a connection may rest */
	bool is_begun = up->cleared < up->end && !http_guard_waits(&connection->guard);
	if (!is_begun)
		connection->deadline = 0;
	else if (connection->deadline == 0)
		connection->deadline = uv_now(&connection->gate->loop) + REQUEST_SECONDS * 1000;
	return true;
}

/* -- through the block --------------------------------------------------------------------------------------------- */

static void count(struct connection *connection, struct flow *flow, size_t length)
{
	flow->moved += length;
	account_bytes(connection, flow == &connection->up, length);
}

static enum moved write_block(struct connection *connection, struct flow *flow)
{
	while (flow->start < flow->cleared) {
		ssize_t written = socket_write(flow->to->socket, flow->block + flow->start,
					       flow->cleared - flow->start);
		if (written < 0)
			return errno == EAGAIN || errno == EINTR ? MOVED_NOTHING : MOVED_BROKEN;
		flow->start += (size_t)written;
		count(connection, flow, (size_t)written);
	}
	if (flow->start == flow->end) {
		flow->start = flow->cleared = flow->end = 0;
	} else if (flow->start > 0) {
		memmove(flow->block, flow->block + flow->start, flow->end - flow->start);
		flow->end -= flow->start;
		flow->start = flow->cleared = 0;
	}
	return MOVED_SOME;
}

static enum moved read_block(struct connection *connection, struct flow *flow)
{
	if (!connection_take_block(flow))
		return MOVED_BROKEN;
	if (flow->end == BLOCK_SIZE)
		return MOVED_NOTHING;
	size_t room = BLOCK_SIZE - flow->end;
	ssize_t length = socket_read(flow->from->socket, flow->block + flow->end, room);
	if (length < 0)
		return errno == EAGAIN || errno == EINTR ? MOVED_NOTHING : MOVED_BROKEN;
	if (length == 0)
		return MOVED_END;
	flow->is_drained = (size_t)length < room;
	if (flow == &connection->down && http_guard_waits(&connection->guard))
		http_guard_hear(&connection->guard, (const char *)flow->block + flow->end, (size_t)length);
	flow->end += (size_t)length;
	if (flow == &connection->down)
		flow->cleared = flow->end;
	return MOVED_SOME;
}

/* -- through the kernel -------------------------------------------------------------------------------------------- */

static bool is_bulk(const struct connection *connection, const struct flow *flow)
{
	bool is_watched = flow == &connection->up ? connection->watch != WATCH_NOTHING
						  : http_guard_waits(&connection->guard);
	return flow->moved >= BULK_AFTER && !is_watched && flow->start == flow->end;
}

static enum moved write_bulk(struct connection *connection, struct flow *flow)
{
	while (flow->piped > 0) {
		size_t length = 0;
		enum moved moved = bulk_write(flow, &length);
		if (moved != MOVED_SOME)
			return moved;
		flow->piped -= length;
		count(connection, flow, length);
	}
	return MOVED_SOME;
}

/* -- both ---------------------------------------------------------------------------------------------------------- */

static enum moved write_some(struct connection *connection, struct flow *flow)
{
	enum moved moved = write_bulk(connection, flow);
	return moved == MOVED_SOME ? write_block(connection, flow) : moved;
}

static enum moved read_some(struct connection *connection, struct flow *flow)
{
	return is_bulk(connection, flow) && bulk_open(flow) ? bulk_read(flow) : read_block(connection, flow);
}

/* The end of one direction is passed on; the other goes on as long as it has something to say. */
static void shut(struct connection *connection, struct flow *flow)
{
	flow->is_shut = true;
	if (connection->up.is_shut && connection->down.is_shut) {
		connection_close(connection);
		return;
	}
	socket_end_writing(flow->to->socket);
	connection->deadline = uv_now(&connection->gate->loop) + HALF_CLOSED_SECONDS * 1000;
}

/* In turns, so that one that moves much leaves time for the others. */
void relay_move(struct connection *connection, struct flow *flow)
{
	bool was_waiting = http_guard_waits(&connection->guard);
	flow->is_drained = false;
	for (int round = 0; round < ROUNDS; round++) {
		enum moved moved = write_some(connection, flow);
		if (moved == MOVED_SOME && flow->is_drained) {
			moved = MOVED_NOTHING;
		} else if (moved == MOVED_SOME && !flow->has_ended) {
			moved = read_some(connection, flow);
			if (moved == MOVED_SOME && flow == &connection->up && !look(connection))
				return;
		}
		if (moved == MOVED_BROKEN) {
			connection_abort(connection);
			return;
		}
		if (moved == MOVED_END) {
			flow->has_ended = true;
			if (flow == &connection->up)
				look_at_end(connection);
		}
		if (flow->has_ended && !flow->is_shut && flow->start == flow->cleared && flow->piped == 0) {
			shut(connection, flow);
			if (connection->phase == PHASE_CLOSING)
				return;
		}
		if (moved == MOVED_NOTHING || flow->is_shut)
			break;
	}
	if (connection->up.is_shut || connection->down.is_shut)
		connection->deadline = uv_now(&connection->gate->loop) + HALF_CLOSED_SECONDS * 1000;
	if (was_waiting && !http_guard_waits(&connection->guard)) {
		if (!look(connection))
			return;
		relay_move(connection, &connection->up);
		return;
	}
	connection_poll(connection);
}

void relay_begin(struct connection *connection)
{
	const struct host *host = &connection->target.host;
	connection->phase = PHASE_RELAYING;
	connection->deadline = 0;
	if (gate_is_planted("gate.watch")) {
		connection->watch = WATCH_NOTHING;
	} else if (connection->speech == SPEECH_ABSOLUTE) {
		connection->watch = WATCH_HTTP; /* begun by proxy_read */
	} else if (host->address.length == 0 && !host_is_localhost(host)) {
		connection->watch = connection->target.port == 80 ? WATCH_HTTP : WATCH_FIRST;
		http_guard_begin(&connection->guard, &connection->target);
	}
	if (connection->up.block && !look(connection))
		return;
	relay_move(connection, &connection->up);
	if (connection->phase == PHASE_RELAYING)
		relay_move(connection, &connection->down);
}

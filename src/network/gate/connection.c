/* One connection: what it is for, and its end. */
#include "network/gate/gate.h"

#include <errno.h>
#include <stdlib.h>

/* -- making -------------------------------------------------------------------------------------------------------- */

static void on_ready(struct watch *watch, unsigned events)
{
	struct side *side = WATCHED_BY(watch, struct side, watch);
	struct connection *connection = side->connection;
	bool is_client = side == &connection->client;
	if (connection->phase == PHASE_REQUEST) {
		proxy_read(connection);
		return;
	}
	if (connection->phase == PHASE_TUNNEL && !is_client) {
		upstream_hear(connection);
		return;
	}
	/* What is not waited for any more may be told of still. */
	bool may_write = events & side->watch.events & WATCH_WRITE;
	bool may_read = events & side->watch.events & WATCH_READ;
	if (may_read && connection->phase == PHASE_RELAYING)
		relay_move(connection, is_client ? &connection->up : &connection->down);
	if (may_write && connection->phase == PHASE_RELAYING)
		relay_move(connection, is_client ? &connection->down : &connection->up);
}

static void set_side(struct connection *connection, struct side *side, int socket)
{
	side->socket = socket;
	side->connection = connection;
	side->watch.ready = on_ready;
	socket_set_prompt(socket);
}

static void set_flow(struct flow *flow, struct side *from, struct side *to)
{
	flow->from = from;
	flow->to = to;
}

struct connection *connection_new(struct gate *gate, int socket)
{
	struct connection *connection = calloc(1, sizeof *connection);
	if (!connection) {
		socket_close(socket, false);
		return NULL;
	}
	connection->gate = gate;
	connection->server.socket = -1;
	set_flow(&connection->up, &connection->client, &connection->server);
	set_flow(&connection->down, &connection->server, &connection->client);
	connection->next = gate->connections;
	if (connection->next)
		connection->next->previous = connection;
	gate->connections = connection;
	gate->connection_count++;
	set_side(connection, &connection->client, socket);
	return connection;
}

void connection_hear(struct connection *connection)
{
	connection->deadline = uv_now(&connection->gate->loop) + REQUEST_SECONDS * 1000;
	connection_poll(connection);
}

/* -- the way to its target ----------------------------------------------------------------------------------------- */

void connection_aim(struct connection *connection)
{
	static const enum gate_word words[] = {
		[ANSWER_UNNAMED] = GATE_UNNAMED,
		[ANSWER_DENIED] = GATE_REFUSED,
		[ANSWER_PLACE] = GATE_PLACE,
	};
	const struct target *target = &connection->target;
	struct decision decision = gate_decide(&connection->gate->rules, &target->host, target->port);
	if (decision.answer == ANSWER_ALLOWED)
		dial_begin(connection);
	else
		connection_refuse(connection, words[decision.answer], decision.reach);
}

void connection_refuse(struct connection *connection, enum gate_word word, enum reach reach)
{
	tell_denied(connection->gate, &connection->target, word, reach);
	if (connection->speech == SPEECH_NONE || connection->phase == PHASE_RELAYING) {
		connection_abort(connection);
		return;
	}
	proxy_answer_refused(connection, word, reach);
	connection_close(connection);
}

void connection_fail(struct connection *connection, int code)
{
	if (connection->speech == SPEECH_NONE) {
		connection_abort(connection);
		return;
	}
	proxy_answer_failed(connection, code);
	connection_close(connection);
}

void connection_connected(struct connection *connection, struct attempt *attempt)
{
	struct gate *gate = connection->gate;
	const int socket = attempt->socket;
	bool is_set = attempt->watch.is_set;
	attempt->socket = -1;
	set_side(connection, &connection->server, socket);
	/* A client inside cannot vanish without a word; a server can. */
	socket_set_keeping(socket);
	bool is_watched = is_set ? watch_move(gate, &attempt->watch, &connection->server.watch, WATCH_READ)
				 : watch_set(gate, &connection->server.watch, socket, WATCH_READ);
	dial_stop(connection);
	if (!is_watched)
		connection_abort(connection);
	else if (connection->through && connection->speech != SPEECH_ABSOLUTE)
		upstream_ask(connection);
	else
		connection_open(connection);
}

void connection_open(struct connection *connection)
{
	account_connection(connection);
	proxy_answer_connected(connection);
	if (connection->phase != PHASE_CLOSING)
		relay_begin(connection);
}

/* -- the end ------------------------------------------------------------------------------------------------------- */

static void close_flow(struct flow *flow)
{
	free(flow->block);
	flow->block = NULL;
	bulk_close(flow);
}

void connection_forget(struct connection *connection)
{
	struct gate *gate = connection->gate;
	if (connection->phase != PHASE_CLOSING || connection->is_stagger_closing || connection->is_looking)
		return;
	connection->next = gate->ended;
	gate->ended = connection;
}

void connection_free_ended(struct gate *gate)
{
	while (gate->ended) {
		struct connection *connection = gate->ended;
		gate->ended = connection->next;
		free(connection);
	}
}

static void close_side(struct gate *gate, struct side *side, bool resets)
{
	if (side->socket < 0)
		return;
	watch_end(gate, &side->watch);
	socket_close(side->socket, resets);
	side->socket = -1;
}

static void end(struct connection *connection, bool resets)
{
	struct gate *gate = connection->gate;
	if (connection->phase == PHASE_CLOSING)
		return;
	connection->phase = PHASE_CLOSING;
	dial_stop(connection);
	close_side(gate, &connection->client, resets);
	close_side(gate, &connection->server, resets);
	close_flow(&connection->up);
	close_flow(&connection->down);
	*(connection->previous ? &connection->previous->next : &gate->connections) = connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	gate->connection_count--;
	connection_forget(connection);
}

void connection_abort(struct connection *connection)
{
	end(connection, true);
}

void connection_close(struct connection *connection)
{
	end(connection, false);
}

void connection_check_deadlines(struct gate *gate)
{
	uint64_t now = uv_now(&gate->loop);
	for (struct connection *connection = gate->connections, *next; connection; connection = next) {
		next = connection->next;
		if (connection->deadline && now >= connection->deadline) {
			if (connection->phase == PHASE_DIALLING || connection->phase == PHASE_TUNNEL)
				connection_fail(connection, ETIMEDOUT);
			else
				connection_abort(connection);
		}
	}
}

/* -- waiting ------------------------------------------------------------------------------------------------------- */

bool connection_take_block(struct flow *flow)
{
	if (!flow->block)
		flow->block = malloc(BLOCK_SIZE);
	return flow->block != NULL;
}

/* What cannot be passed on is not read: the kernel's buffers fill, and the sender waits. */
static bool wants_reading(const struct connection *connection, const struct flow *flow)
{
	bool is_watched = flow == &connection->up && connection->watch != WATCH_NOTHING;
	if (flow->has_ended || flow->piped)
		return false;
	return is_watched ? flow->end - flow->start < BLOCK_SIZE && flow->cleared == flow->start
			  : flow->start == flow->end;
}

static bool wants_writing(const struct flow *flow)
{
	return flow->piped > 0 || flow->start < flow->cleared;
}

/* Where nothing is waited for, an end that both sides have made would be told again and again. */
static void wait_for(struct connection *connection, struct side *side, unsigned events)
{
	if (side->socket < 0)
		return;
	if (events == 0)
		watch_end(connection->gate, &side->watch);
	else if (!watch_set(connection->gate, &side->watch, side->socket, events))
		connection_abort(connection);
}

void connection_poll(struct connection *connection)
{
	unsigned client = 0, server = 0;
	if (connection->phase == PHASE_REQUEST) {
		client = WATCH_READ;
	} else if (connection->phase == PHASE_RELAYING) {
		client = (wants_reading(connection, &connection->up) ? WATCH_READ : 0) |
			 (wants_writing(&connection->down) ? WATCH_WRITE : 0);
		server = (wants_reading(connection, &connection->down) ? WATCH_READ : 0) |
			 (wants_writing(&connection->up) ? WATCH_WRITE : 0);
	} else {
		server = WATCH_READ;
	}
	wait_for(connection, &connection->client, client);
	if (connection->phase != PHASE_CLOSING)
		wait_for(connection, &connection->server, server);
}

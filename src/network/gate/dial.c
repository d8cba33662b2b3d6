/* Resolving and dialling. A name is looked up once, what it leads to is judged, and exactly what was judged is dialled.
 */
#include "network/gate/gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum { CACHE_SLOTS = 64, CACHE_MS = 5000 };

/* -- a short memory ------------------------------------------------------------------------------------------------ */

/* Of the last lookups: programs make many connections to one name. What may be dialled depends on the port as well;
 * what is a proxy outside is not judged.
 */
static struct remembered {
	char name[HOST_NAME_SIZE];
	uint16_t port;
	bool is_proxy;
	uint64_t until; /* uv_now */
	struct address addresses[ADDRESSES_MAX];
	unsigned count;
} cache[CACHE_SLOTS];

static const char *dialled_name(const struct connection *connection)
{
	return connection->through ? connection->through->name : connection->target.host.name;
}

static struct remembered *slot_of(const struct connection *connection)
{
	unsigned hash = 5381u ^ connection->target.port;
	for (const char *c = dialled_name(connection); *c; c++)
		hash = hash * 33 ^ (unsigned char)*c;
	return &cache[hash % CACHE_SLOTS];
}

static bool recall(struct connection *connection)
{
	const struct remembered *slot = slot_of(connection);
	if (strcmp(slot->name, dialled_name(connection)) != 0 || slot->port != connection->target.port ||
	    slot->is_proxy != (connection->through != NULL) || uv_now(&connection->gate->loop) >= slot->until)
		return false;
	memcpy(connection->addresses, slot->addresses, sizeof slot->addresses);
	connection->address_count = slot->count;
	return true;
}

static void remember(const struct connection *connection)
{
	struct remembered *slot = slot_of(connection);
	strcpy(slot->name, dialled_name(connection));
	slot->port = connection->target.port;
	slot->is_proxy = connection->through != NULL;
	slot->until = uv_now(&connection->gate->loop) + CACHE_MS;
	memcpy(slot->addresses, connection->addresses, sizeof slot->addresses);
	slot->count = connection->address_count;
}

/* -- dialling ------------------------------------------------------------------------------------------------------ */

static void dial_next(struct connection *connection);

static void on_stagger_closed(uv_handle_t *handle)
{
	struct connection *connection = handle->data;
	connection->is_stagger_closing = false;
	connection_forget(connection);
}

static void stop_attempt(struct attempt *attempt)
{
	if (attempt->socket < 0)
		return;
	watch_end(attempt->connection->gate, &attempt->watch);
	socket_close(attempt->socket, false);
	attempt->socket = -1;
	attempt->connection->attempts_open--;
}

void dial_stop(struct connection *connection)
{
	for (unsigned i = 0; i < connection->attempt_count; i++)
		stop_attempt(&connection->attempts[i]);
	if (connection->has_stagger) {
		connection->has_stagger = false;
		connection->is_stagger_closing = true;
		uv_close((uv_handle_t *)&connection->stagger, on_stagger_closed);
	}
	if (connection->is_looking)
		uv_cancel((uv_req_t *)&connection->lookup);
}

/* It connects, or does not: false when that has failed. */
static bool conclude(struct connection *connection, struct attempt *attempt)
{
	int code = socket_failure(attempt->socket);
	if (code == 0) {
		connection->attempts_open--;
		connection_connected(connection, attempt);
		return true;
	}
	connection->failure = code;
	stop_attempt(attempt);
	return false;
}

static void on_attempt(struct watch *watch, unsigned events)
{
	struct attempt *attempt = WATCHED_BY(watch, struct attempt, watch);
	struct connection *connection = attempt->connection;
	(void)events;
	if (!conclude(connection, attempt))
		dial_next(connection);
}

/* Takes a socket that connects, or -1 with errno. False when it has failed already. On this machine it may be decided
 * by now.
 */
static bool await(struct connection *connection, int socket)
{
	struct attempt *attempt = &connection->attempts[connection->attempt_count];
	if (socket < 0) {
		connection->failure = errno;
		return false;
	}
	*attempt = (struct attempt){ .connection = connection, .socket = socket, .watch.ready = on_attempt };
	connection->attempts_open++;
	connection->attempt_count++;
	if (socket_is_decided(socket))
		return conclude(connection, attempt);
	if (watch_set(connection->gate, &attempt->watch, socket, WATCH_WRITE))
		return true;
	connection->failure = errno;
	stop_attempt(attempt);
	return false;
}

/* False when it has failed already. */
static bool dial_address(struct connection *connection, const struct address *address)
{
	struct sockaddr_storage place;
	if (connection->ask) {
		bool is_asked = connection->ask(connection, address);
		connection->attempts_open += is_asked; /* until dial_adopt */
		return is_asked;
	}
	uint16_t port = connection->through ? connection->through->port : connection->target.port;
	socklen_t length = address_give(address, port, &place);
	return await(connection, socket_connect((struct sockaddr *)&place, length));
}

void dial_adopt(struct connection *connection, int socket)
{
	connection->attempts_open--;
	errno = ECONNREFUSED;
	if (!await(connection, socket))
		dial_next(connection);
}

static void on_stagger(uv_timer_t *timer)
{
	dial_next(timer->data);
}

/* The next address that can be tried; the connection has failed when none is left and none is under way. */
static void dial_next(struct connection *connection)
{
	while (connection->next_address < connection->address_count) {
		const struct address *address = &connection->addresses[connection->next_address++];
		if (!dial_address(connection, address))
			continue;
		if (connection->phase != PHASE_DIALLING || connection->next_address == connection->address_count)
			return;
		if (!connection->has_stagger) {
			uv_timer_init(&connection->gate->loop, &connection->stagger);
			connection->stagger.data = connection;
			connection->has_stagger = true;
		}
		uv_timer_start(&connection->stagger, on_stagger, STAGGER_MS, 0);
		return;
	}
	if (connection->attempts_open == 0)
		connection_fail(connection, connection->failure ? connection->failure : EHOSTUNREACH);
}

/* -- resolving ----------------------------------------------------------------------------------------------------- */

static void free_own(struct own *own)
{
	free(own->items);
}

/* Keeps what may be dialled, the families in turn (RFC 8305 §4). Returns why the last of the others may not. */
static struct decision judge(struct connection *connection, const struct addrinfo *found)
{
	CORDON_ON_EXIT(free_own) struct own own = { .items = NULL };
	struct address kept[2][ADDRESSES_MAX], address;
	unsigned counts[2] = { 0 };
	struct decision refusal = { ANSWER_ALLOWED, -1, REACH_GLOBAL };
	uint8_t first = 0;
	if (!connection->through && !own_list(&own))
		return (struct decision){ ANSWER_PLACE, -1, REACH_LOOPBACK };
	for (; found; found = found->ai_next) {
		if (!address_take(found->ai_addr, &address))
			continue;
		struct decision decision = rules_decide_resolved(&connection->gate->rules, &address,
								 connection->target.port, own.items, own.count);
		if (decision.answer != ANSWER_ALLOWED && !connection->through && !gate_is_planted("gate.reach")) {
			refusal = decision;
			continue;
		}
		first = first ? first : address.length;
		unsigned family = address.length != first;
		if (counts[family] < ADDRESSES_MAX / 2)
			kept[family][counts[family]++] = address;
	}
	for (unsigned i = 0; i < ADDRESSES_MAX / 2; i++)
		for (unsigned family = 0; family < 2; family++)
			if (i < counts[family])
				connection->addresses[connection->address_count++] = kept[family][i];
	return refusal;
}

static void on_found(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
	struct connection *connection = lookup->data;
	connection->is_looking = false;
	if (connection->phase == PHASE_CLOSING) {
		uv_freeaddrinfo(found);
		connection_forget(connection);
		return;
	}
	struct decision refusal = { ANSWER_ALLOWED, -1, REACH_GLOBAL };
	if (status == 0)
		refusal = judge(connection, found);
	uv_freeaddrinfo(found);
	if (connection->address_count == 0 && refusal.answer != ANSWER_ALLOWED) {
		connection_refuse(connection, refusal.answer == ANSWER_DENIED ? GATE_REFUSED : GATE_PLACE,
				  refusal.reach);
		return;
	}
	if (connection->address_count > 0)
		remember(connection);
	dial_next(connection);
}

static void look_up(struct connection *connection)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	connection->lookup.data = connection;
	connection->is_looking = uv_getaddrinfo(&connection->gate->loop, &connection->lookup, on_found,
						dialled_name(connection), NULL, &hints) == 0;
	if (!connection->is_looking)
		connection_fail(connection, ENOMEM);
}

/* An address that is allowed by a range may be this machine's own. False: it is, and the connection is over. */
static bool may_dial(struct connection *connection)
{
	CORDON_ON_EXIT(free_own) struct own own = { .items = NULL };
	const struct gate *gate = connection->gate;
	const struct target *target = &connection->target;
	const struct address *address = &target->host.address;
	struct decision decision = gate_decide(&gate->rules, &target->host, target->port);
	bool is_range = decision.rule >= 0 && gate->rules.items[decision.rule].bits < address->length * 8;
	if (!is_range || gate_is_planted("gate.reach"))
		return true;
	decision = own_list(&own) ? rules_decide_resolved(&gate->rules, address, target->port, own.items, own.count)
				  : (struct decision){ ANSWER_PLACE, -1, REACH_LOOPBACK };
	if (decision.answer == ANSWER_ALLOWED)
		return true;
	connection_refuse(connection, GATE_PLACE, decision.reach);
	return false;
}

/* Loopback by the rule `localhost` is either family, whichever the service listens on. */
static bool means_localhost(const struct connection *connection)
{
	const struct target *target = &connection->target;
	struct decision decision = gate_decide(&connection->gate->rules, &target->host, target->port);
	return host_is_localhost(&target->host) ||
	       (decision.rule >= 0 && host_is_localhost(&connection->gate->rules.items[decision.rule].host));
}

void dial_begin(struct connection *connection)
{
	static const struct address loopback[] = { { 4, { 127, 0, 0, 1 } }, { 16, { [15] = 1 } } };
	const struct host *host = &connection->target.host;
	upstream_choose(connection);
	connection->phase = PHASE_DIALLING;
	connection->deadline = uv_now(&connection->gate->loop) + DIAL_SECONDS * 1000;
	connection_poll(connection);
	if (connection->inward || means_localhost(connection)) {
		memcpy(connection->addresses, loopback, sizeof loopback);
		connection->address_count = 2;
	} else if (connection->through ? connection->through->address.length : host->address.length) {
		if (!connection->through && !may_dial(connection))
			return;
		connection->addresses[0] = connection->through ? connection->through->address : host->address;
		connection->address_count = 1;
	} else if (!recall(connection)) {
		look_up(connection);
		return;
	}
	dial_next(connection);
}

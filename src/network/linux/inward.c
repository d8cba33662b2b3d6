/* The other way round: a client on the host's loopback, on a port that the policy opens, and a server of the command's
 * on the loopback inside. A socket is of the network namespace in which it was made, so the factory makes it.
 */
#include "network/linux/gate.h"

#include <sys/socket.h>
#include <unistd.h>

static int factory = -1;
static uint32_t last_number;

void inward_ask_of(int to_factory)
{
	factory = to_factory;
}

/* False when the factory is too busy. */
static bool ask(struct connection *connection, const struct address *address)
{
	const struct gate_message message = {
		.kind = GATE_INWARD,
		.number = connection->inward,
		.port = connection->target.port,
		.address = *address,
	};
	/* It may be waiting for this process to read: never wait for it. */
	return send(factory, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof message;
}

void inward_begin(struct connection *connection, uint16_t port)
{
	do
		connection->inward = ++last_number;
	while (connection->inward == 0);
	connection->ask = ask;
	connection->target = (struct target){ .host = { .name = "localhost" }, .port = port };
	dial_begin(connection);
}

void inward_take(struct gate *gate, const struct gate_message *message, int socket)
{
	for (struct connection *connection = gate->connections; connection; connection = connection->next) {
		if (connection->inward != message->number || connection->phase != PHASE_DIALLING)
			continue;
		dial_adopt(connection, socket);
		return;
	}
	if (socket >= 0)
		close(socket);
}

/* A program that sends a line and ends has done its part: without cordon the kernel would see to it that it arrives.
 * Here the bytes are in this process' hands, or wait for it to have dialled.
 */
#include "network/gate/gate.h"

#include <stdlib.h>

static uv_timer_t timer;

static bool is_on_its_way(const struct connection *connection)
{
	const struct flow *up = &connection->up;
	if (connection->inward || connection->phase == PHASE_CLOSING || up->is_shut)
		return false;
	return up->start < up->end || up->piped > 0 ||
	       (connection->client.socket >= 0 && socket_has_unread(connection->client.socket));
}

void last_check(const struct gate *gate)
{
	for (const struct connection *connection = gate->connections; connection; connection = connection->next)
		if (is_on_its_way(connection))
			return;
	_Exit(0);
}

static void on_late(uv_timer_t *handle)
{
	(void)handle;
	_Exit(0);
}

void last_begin(struct gate *gate)
{
	if (uv_timer_init(&gate->loop, &timer) != 0 || uv_timer_start(&timer, on_late, GATE_LAST_MS, 0) != 0)
		_Exit(0);
	gate->is_last = true;
	listeners_accept(gate);
}

/* How much went to each host and came from it. In memory that cordon reads when the run is over, or when this process
 * is gone.
 */
#include "network/gate/gate.h"

#include <string.h>

#include "base/hash.h"

enum { SLOTS = 2 * GATE_HOSTS_MAX };

/* Index + 1 into the counters' hosts; 0: free. This process alone writes there, and it never removes one. */
static uint16_t slots[SLOTS];

static struct gate_host *find(struct gate_counters *counters, const char *name, bool is_inward)
{
	unsigned count = atomic_load_explicit(&counters->host_count, memory_order_relaxed);
	uint64_t hash = hash_byte(HASH_START, (char)is_inward);
	for (const char *c = name; *c; c++)
		hash = hash_byte(hash, *c);
	for (size_t at = hash_slot(hash, SLOTS);; at = (at + 1) % SLOTS) {
		struct gate_host *host = &counters->hosts[slots[at] ? slots[at] - 1u : count];
		if (slots[at] && host->is_inward == is_inward && strcmp(host->name, name) == 0)
			return host;
		if (slots[at])
			continue;
		if (count == GATE_HOSTS_MAX)
			return &counters->hosts[GATE_HOSTS_MAX];
		memcpy(host->name, name, strlen(name) + 1);
		host->is_inward = is_inward;
		slots[at] = (uint16_t)(count + 1);
		atomic_store_explicit(&counters->host_count, count + 1, memory_order_release);
		return host;
	}
}

void account_connection(struct connection *connection)
{
	char name[HOST_TEXT_SIZE];
	struct gate_counters *counters = connection->gate->counters;
	host_show(&connection->target.host, connection->target.port, name);
	connection->host = find(counters, name, connection->inward != 0);
	atomic_fetch_add_explicit(&counters->connections, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&connection->host->connections, 1, memory_order_relaxed);
}

void account_bytes(struct connection *connection, bool is_up, size_t length)
{
	struct gate_counters *counters = connection->gate->counters;
	bool is_out = is_up != (connection->inward != 0);
	atomic_fetch_add_explicit(is_out ? &counters->bytes_out : &counters->bytes_in, length, memory_order_relaxed);
	atomic_fetch_add_explicit(is_out ? &connection->host->bytes_out : &connection->host->bytes_in, length,
				  memory_order_relaxed);
}

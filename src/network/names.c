#include "network/names.h"

#include <string.h>

#include "base/gate.h"
#include "base/hash.h"

const struct address names_gate_ipv4 = { 4, { 198, 18, 0, 1 } };
const struct address names_gate_ipv6 = { 16, { GATE_PREFIX, [15] = 1 } };

static const struct address space_ipv4 = { 4, { 198, 18 } }, space_ipv6 = { 16, { GATE_PREFIX } };

bool names_find(struct names *names, const char *name, unsigned *ret_index)
{
	unsigned count = atomic_load_explicit(&names->count, memory_order_relaxed);
	uint64_t hash = HASH_START;
	for (const char *c = name; *c; c++)
		hash = hash_byte(hash, *c);
	for (size_t at = hash_slot(hash, NAMES_SLOTS);; at = (at + 1) % NAMES_SLOTS) {
		if (names->slots[at] == 0) {
			if (count == NAMES_MAX)
				return false;
			memcpy(names->names[count], name, strlen(name) + 1);
			names->slots[at] = count + 1;
			atomic_store_explicit(&names->count, count + 1, memory_order_release);
			*ret_index = count;
			return true;
		}
		if (strcmp(names->names[names->slots[at] - 1], name) == 0) {
			*ret_index = names->slots[at] - 1;
			return true;
		}
	}
}

static void write_number(struct address *address, unsigned number)
{
	uint8_t *end = address->bytes + address->length;
	end[-1] = (uint8_t)number;
	end[-2] = (uint8_t)(number >> 8);
	end[-3] = (uint8_t)(end[-3] | number >> 16);
}

struct address names_ipv4(unsigned index)
{
	struct address address = space_ipv4;
	write_number(&address, index + NAMES_FIRST);
	return address;
}

struct address names_ipv6(unsigned index)
{
	struct address address = space_ipv6;
	write_number(&address, index + NAMES_FIRST);
	return address;
}

bool names_is_synthetic(const struct address *address)
{
	return address_shares(address, &space_ipv4, 15) || address_shares(address, &space_ipv6, 64);
}

const char *names_at(const struct names *names, const struct address *address)
{
	if (!names_is_synthetic(address))
		return NULL;
	const uint8_t *end = address->bytes + address->length;
	for (int i = 8; address->length == 16 && i < 13; i++)
		if (address->bytes[i])
			return NULL;
	unsigned high = address->length == 4 ? end[-3] & 1u : end[-3];
	unsigned number = high << 16 | (unsigned)end[-2] << 8 | end[-1];
	unsigned count = atomic_load_explicit(&names->count, memory_order_acquire);
	if (number < NAMES_FIRST || number - NAMES_FIRST >= count)
		return NULL;
	return names->names[number - NAMES_FIRST];
}

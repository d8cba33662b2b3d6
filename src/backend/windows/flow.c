#include "backend/windows/flow.h"

uint64_t counter_take(struct counter *counter, uint64_t bytes, bool *ret_is_first)
{
	uint64_t before = __atomic_fetch_add(&counter->taken, bytes, __ATOMIC_ACQ_REL);
	uint64_t left = before < counter->limit ? counter->limit - before : 0;
	*ret_is_first = bytes > left && !__atomic_exchange_n(&counter->is_exceeded, true, __ATOMIC_ACQ_REL);
	return bytes < left ? bytes : left;
}

void counter_pass(struct counter *counter, uint64_t bytes)
{
	__atomic_add_fetch(&counter->passed, bytes, __ATOMIC_RELEASE);
}

uint64_t counter_passed(const struct counter *counter)
{
	return __atomic_load_n(&counter->passed, __ATOMIC_ACQUIRE);
}

static bool write_all(const struct flow_ends *ends, struct counter *counter, const char *bytes, size_t length)
{
	for (size_t taken; length > 0; bytes += taken, length -= taken) {
		if (!ends->write(ends->context, bytes, length, &taken) || taken == 0)
			return false;
		counter_pass(counter, taken);
	}
	return true;
}

enum flow_end flow_run(const struct flow_ends *ends, struct counter *counter, char *room, size_t size)
{
	size_t length;
	while (ends->read(ends->context, room, size, &length) && length > 0) {
		bool is_first;
		size_t allowed = (size_t)counter_take(counter, length, &is_first);
		/* Before anything is written, which may take as long as the reader likes. */
		if (is_first)
			ends->exceed(ends->context);
		if (!write_all(ends, counter, room, allowed))
			return FLOW_UNTAKEN;
		if (allowed < length)
			return FLOW_EXCEEDED;
	}
	return FLOW_DRY;
}

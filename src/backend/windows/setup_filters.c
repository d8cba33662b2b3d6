/* Which filters the accounts have. Each layer is blocked whole, for both families, for good and for the time before the
 * filtering service starts. A gated account connects to its gate's port; since connecting binds a port too, it may bind for
 * TCP, and nothing comes of that: to listen, to accept and to connect elsewhere stay blocked.
 */
#include <stdio.h>
#include <string.h>

#include "backend/windows/setup.h"

static void mix(uint64_t *hash, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		*hash = (*hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
}

/* Two runs of FNV-1a over the random key and the words: nobody else's, and the same each time. */
void setup_key(const struct pool *pool, const char *what, uint8_t ret_key[16])
{
	for (unsigned half = 0; half < 2; half++) {
		uint64_t hash = UINT64_C(0xcbf29ce484222325);
		mix(&hash, half ? "b" : "a", 1);
		mix(&hash, pool->key, POOL_KEY_SIZE);
		mix(&hash, what, strlen(what));
		for (unsigned i = 0; i < 8; i++)
			ret_key[half * 8 + i] = (uint8_t)(hash >> 8 * i);
	}
}

static void add(const struct pool *pool, struct setup_filter filter, struct setup_filter *filters, size_t *count)
{
	char what[SETUP_SID_SIZE + 64];
	if (*count == SETUP_FILTERS_MAX)
		return;
	snprintf(what, sizeof what, "filter %s %d %d %d %d %u", filter.sid, filter.layer, filter.family, filter.is_boot,
		 filter.permits, (unsigned)filter.port);
	setup_key(pool, what, filter.key);
	filters[(*count)++] = filter;
}

size_t setup_filters(const struct pool *pool, struct setup_filter filters[SETUP_FILTERS_MAX])
{
	_Static_assert(POOL_ACCOUNTS_MAX * (SETUP_LAYER_COUNT * 4 + 2) <= SETUP_FILTERS_MAX, "there is room for all");
	size_t count = 0;
	for (size_t i = 0; i < pool->account_count; i++) {
		const struct pool_account *account = &pool->accounts[i];
		if (account->kind == POOL_OPEN || !*account->sid)
			continue;
		for (int layer = 0; layer < SETUP_LAYER_COUNT; layer++)
			for (int which = 0; which < 4; which++)
				add(pool,
				    (struct setup_filter){ .sid = account->sid,
							   .layer = (enum setup_layer)layer,
							   .family = which & 1 ? 6 : 4,
							   .is_boot = which & 2 },
				    filters, &count);
		if (account->kind != POOL_GATED)
			continue;
		const struct setup_filter permits[] = {
			{ .sid = account->sid,
			  .layer = SETUP_CONNECT,
			  .family = 4,
			  .permits = true,
			  .port = account->gate_port },
			{ .sid = account->sid, .layer = SETUP_ASSIGN, .family = 4, .permits = true },
		};
		for (size_t j = 0; j < 2; j++)
			add(pool, permits[j], filters, &count);
	}
	return count;
}

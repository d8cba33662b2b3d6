#include "network/pace.h"

enum { WHOLE = 1000, KEPT_NS = 100 * 1000 * 1000, REST_MOST_NS = 50 * 1000 * 1000 };

uint64_t pace_rest(struct pace *pace, uint64_t now, uint64_t used)
{
	const int64_t most = (int64_t)pace->share * KEPT_NS;
	if (pace->share == 0)
		return 0;
	/* Longer than that changes nothing, and could overflow. */
	uint64_t passed = pace->now && now - pace->now < KEPT_NS ? now - pace->now : KEPT_NS;
	uint64_t spent = pace->now ? used - pace->used : 0; /* to have started costs nothing */
	pace->now = now;
	pace->used = used;
	pace->left += (int64_t)(passed * pace->share) - (int64_t)(spent * WHOLE);
	if (pace->left > most)
		pace->left = most;
	if (pace->left >= 0)
		return 0;
	uint64_t rest = (uint64_t)-pace->left / pace->share;
	return rest < REST_MOST_NS ? rest : REST_MOST_NS;
}

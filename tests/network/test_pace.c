#include "network/pace.h"

#include "check.h"

enum { MS = 1000 * 1000 };

/* What a process that always has work gets, turn after turn, where one turn takes so much of a processor. */
static uint64_t use(uint64_t share, uint64_t turn, uint64_t until)
{
	struct pace pace = { .share = share };
	uint64_t now = 1, used = 7 * MS;
	pace_rest(&pace, now, used);
	while (now < until) {
		now += turn;
		used += turn;
		for (uint64_t rest; (rest = pace_rest(&pace, now, used)) > 0;)
			now += rest;
	}
	return used - 7 * MS;
}

/* A command on a tenth of a processor that has the gate answer questions for it without end. */
static void pace__holds_to_the_share(void **state)
{
	(void)state;
	static const uint64_t shares[] = { 1, 10, 100, 500, 900 };
	static const uint64_t turns[] = { 1000, 100 * 1000, 3 * MS, 40 * MS };
	const uint64_t second = 1000u * MS, until = 10 * second;
	for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
		for (size_t turn = 0; turn < sizeof turns / sizeof *turns; turn++) {
			uint64_t got = use(shares[i], turns[turn], until);
			/* with what was kept at the beginning, and the turn that was begun */
			uint64_t due = until / 1000 * shares[i] + 100 * MS / 1000 * shares[i] + turns[turn];
			if (got > due || got + turns[turn] < until / 1000 * shares[i] * 9 / 10)
				fail_msg("share %d, turns of %d ns: %d us", (int)shares[i], (int)turns[turn],
					 (int)(got / 1000));
		}
	}
}

static void pace__lets_who_uses_less_go_on(void **state)
{
	(void)state;
	struct pace pace = { .share = 500 };
	uint64_t now = 1, used = 0;
	for (int i = 0; i < 1000; i++) {
		now += 10 * MS;
		used += 4 * MS;
		assert_int_equal(pace_rest(&pace, now, used), 0);
	}
	/* what was left unused for long is no treasure */
	now += 3600ull * 1000 * MS;
	assert_int_equal(pace_rest(&pace, now, used), 0);
	used += 60 * MS;
	now += 60 * MS;
	assert_int_equal(pace_rest(&pace, now, used), 0);
	used += 60 * MS;
	now += 60 * MS;
	assert_true(pace_rest(&pace, now, used) > 0);
	struct pace any = { .share = 0 };
	assert_int_equal(pace_rest(&any, 1, 1000u * MS), 0);
	struct pace whole = { .share = 2000 };
	assert_int_equal(pace_rest(&whole, 1, 0), 0);
	for (now = MS; now < 10000u * MS; now += MS)
		assert_int_equal(pace_rest(&whole, now, now), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pace__holds_to_the_share),
		cmocka_unit_test(pace__lets_who_uses_less_go_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

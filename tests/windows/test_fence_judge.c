/* What the runner says it could not do, and what cordon has seen. */
#include "backend/windows/fence.h"

#include <string.h>

#include "base/list.h"
#include "check.h"

enum { REFUSED = 10013 };

static const struct frame_reach both = { 49152, 49153 }, four_only = { 49152, 0 };
static const struct fence_sight quiet = { .was_own_connection = true, .was_own_datagram = true };
static const struct frame_reached all_refused = { { REFUSED, REFUSED, REFUSED, REFUSED } };

static void expect(const struct frame_reach *asked, struct frame_reached told, struct fence_sight sight,
		   const char *words)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	bool holds = fence_judge(asked, &told, &sight, &err);
	assert_true(holds == !words);
	if (words && (err.status != CORDON_UNSUPPORTED || !strstr(err.text, words)))
		fail_msg("%d %s", err.status, err.text);
}

static void fence__holds_where_each_way_is_refused(void **state)
{
	(void)state;
	expect(&both, all_refused, quiet, NULL);
	expect(&four_only, (struct frame_reached){ { REFUSED, 0, REFUSED, REFUSED } }, quiet, NULL);
}

static void fence__names_the_way_that_is_open(void **state)
{
	(void)state;
	static const char *const words[WAY_COUNT] = { "may connect,", "may connect by IPv6", "may send", "may listen" };
	static const uint32_t odd[] = { 10061, 10060, 10049, 10050, 10051, 10038, 5, UINT32_MAX };
	for (int way = 0; way < WAY_COUNT; way++) {
		struct frame_reached told = all_refused;
		told.codes[way] = 0;
		expect(&both, told, quiet, words[way]);
		for (size_t i = 0; i < COUNT_OF(odd); i++) {
			told.codes[way] = odd[i];
			expect(&both, told, quiet, "no refusal");
		}
	}
	expect(&both, (struct frame_reached){ { 0 } }, quiet, "may connect");
}

/* A runner that says what is wanted, and a host where nothing arrives from anybody. */
static void fence__believes_its_own_eyes(void **state)
{
	(void)state;
	struct fence_sight sight = quiet;
	sight.was_connection = true;
	expect(&both, all_refused, sight, "reaches the network");
	sight = quiet;
	sight.was_datagram = true;
	expect(&both, all_refused, sight, "reaches the network");
	sight = quiet;
	sight.was_own_connection = false;
	expect(&both, all_refused, sight, "nothing arrives");
	sight = quiet;
	sight.was_own_datagram = false;
	expect(&both, all_refused, sight, "nothing arrives");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fence__holds_where_each_way_is_refused),
		cmocka_unit_test(fence__names_the_way_that_is_open),
		cmocka_unit_test(fence__believes_its_own_eyes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

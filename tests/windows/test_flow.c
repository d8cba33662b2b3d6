/* What passes is what came, whatever pieces it comes in and goes out in, and whatever fails. */
#include "backend/windows/flow.h"

#include <string.h>

#include "base/list.h"
#include "check.h"

enum { LENGTH = 1000, ROOM = 64 };

static struct {
	char from[LENGTH], to[LENGTH];
	size_t read, written;
	size_t read_piece, write_piece;
	unsigned calls, failing; /* the how many-eth call fails; 0: none */
	unsigned exceeded;
} world;

static bool fails(void)
{
	return ++world.calls == world.failing;
}

static bool read_some(void *context, char *bytes, size_t room, size_t *ret_length)
{
	(void)context;
	size_t length = LENGTH - world.read;
	if (fails())
		return false;
	length = length > room ? room : length;
	*ret_length = length > world.read_piece ? world.read_piece : length;
	memcpy(bytes, world.from + world.read, *ret_length);
	world.read += *ret_length;
	return true;
}

static bool write_some(void *context, const char *bytes, size_t length, size_t *ret_taken)
{
	(void)context;
	if (fails())
		return false;
	*ret_taken = length > world.write_piece ? world.write_piece : length;
	assert_true(world.written + *ret_taken <= LENGTH);
	memcpy(world.to + world.written, bytes, *ret_taken);
	world.written += *ret_taken;
	return true;
}

static void exceed(void *context)
{
	(void)context;
	world.exceeded++;
}

static const struct flow_ends ends = { .read = read_some, .write = write_some, .exceed = exceed };

static enum flow_end run(size_t read_piece, size_t write_piece, unsigned failing, struct counter *counter)
{
	char room[ROOM];
	memset(&world, 0, sizeof world);
	for (size_t i = 0; i < LENGTH; i++)
		world.from[i] = (char)(i * 7 + i / 256);
	world.read_piece = read_piece;
	world.write_piece = write_piece;
	world.failing = failing;
	enum flow_end end = flow_run(&ends, counter, room, sizeof room);
	assert_memory_equal(world.from, world.to, world.written);
	assert_int_equal(counter_passed(counter), world.written);
	return end;
}

static const size_t pieces[] = { 1, 3, ROOM - 1, ROOM, LENGTH };

static void bytes__arrive_whatever_the_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pieces) * COUNT_OF(pieces); i++) {
		struct counter counter = { .limit = UINT64_MAX };
		assert_int_equal(run(pieces[i % 5], pieces[i / 5], 0, &counter), FLOW_DRY);
		assert_int_equal(world.written, LENGTH);
		assert_int_equal(world.exceeded, 0);
	}
}

static void limit__lets_through_exactly_so_much(void **state)
{
	(void)state;
	static const uint64_t limits[] = { 0, 1, ROOM - 1, ROOM, ROOM + 1, LENGTH - 1, LENGTH, LENGTH + 1 };
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		for (size_t j = 0; j < COUNT_OF(pieces) * COUNT_OF(pieces); j++) {
			struct counter counter = { .limit = limits[i] };
			bool is_over = limits[i] < LENGTH;
			assert_int_equal(run(pieces[j % 5], pieces[j / 5], 0, &counter),
					 is_over ? FLOW_EXCEEDED : FLOW_DRY);
			assert_int_equal(world.written, is_over ? limits[i] : LENGTH);
			assert_int_equal(world.exceeded, is_over);
			assert_int_equal(counter.is_exceeded, is_over);
		}
	}
}

/* Two streams share one limit: what tells of it is told once. */
static void limit__is_shared(void **state)
{
	(void)state;
	struct counter counter = { .limit = LENGTH + 10 };
	assert_int_equal(run(ROOM, ROOM, 0, &counter), FLOW_DRY);
	counter.passed = 0;
	assert_int_equal(run(ROOM, ROOM, 0, &counter), FLOW_EXCEEDED);
	assert_int_equal(world.written, 10);
	assert_int_equal(world.exceeded, 1);
	counter.passed = 0;
	assert_int_equal(run(ROOM, ROOM, 0, &counter), FLOW_EXCEEDED);
	assert_int_equal(world.written, 0);
	assert_int_equal(world.exceeded, 0);
}

static void fault__at_any_call_ends_it_with_a_beginning_of_the_whole(void **state)
{
	(void)state;
	struct counter counter = { .limit = UINT64_MAX };
	run(ROOM, 10, 0, &counter);
	unsigned calls = world.calls;
	for (unsigned failing = 1; failing <= calls; failing++) {
		counter = (struct counter){ .limit = UINT64_MAX };
		enum flow_end end = run(ROOM, 10, failing, &counter);
		assert_int_equal(world.calls, failing);
		assert_true(end == FLOW_UNTAKEN || end == FLOW_DRY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes__arrive_whatever_the_pieces),
		cmocka_unit_test(limit__lets_through_exactly_so_much),
		cmocka_unit_test(limit__is_shared),
		cmocka_unit_test(fault__at_any_call_ends_it_with_a_beginning_of_the_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdlib.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"

struct item {
	char name[3];
	long value;
};

struct items {
	struct item *items;
	size_t count, room;
};

static void free_items(struct items *list)
{
	free(list->items);
}

/* A rule that started with what another one left behind would be a rule that nobody wrote. */
static void list__items_start_zeroed_and_keep_their_place(void **state)
{
	(void)state;
	CORDON_ON_EXIT(free_items) struct items list = { 0 };

	for (long i = 0; i < 1000; i++) {
		struct item *item = LIST_ADD(&list);
		assert_non_null(item);
		assert_int_equal(item->value, 0);
		assert_int_equal(item->name[0], 0);
		item->value = i;
		item->name[0] = 'n';
	}
	assert_int_equal(list.count, 1000);
	assert_true(list.room >= list.count);
	for (long i = 0; i < 1000; i++)
		assert_int_equal(list.items[i].value, i);
}

static void list__a_reused_place_is_zeroed_again(void **state)
{
	(void)state;
	CORDON_ON_EXIT(free_items) struct items list = { 0 };

	struct item *item = LIST_ADD(&list);
	assert_non_null(item);
	item->value = 42;
	list.count = 0;
	item = LIST_ADD(&list);
	assert_non_null(item);
	assert_int_equal(item->value, 0);
}

/* cordon_take gives ownership out: what the scope would release is then no longer there. */
static void scope__taken_pointer_is_not_released(void **state)
{
	(void)state;
	char *kept = NULL;
	{
		CORDON_ON_EXIT(free_text) char *text = malloc(2);
		assert_non_null(text);
		text[0] = 'k', text[1] = '\0';
		kept = cordon_take(&text);
		assert_null(text);
	}
	assert_string_equal(kept, "k");
	free(kept);
}

/* Room that was made at once is room, not items. */
static void list__reserved_room_is_used(void **state)
{
	(void)state;
	CORDON_ON_EXIT(free_items) struct items list = { 0 };
	assert_true(LIST_RESERVE(&list, 100));
	assert_int_equal(list.count, 0);
	struct item *items = list.items;
	for (long i = 0; i < 100; i++) {
		struct item *item = LIST_ADD(&list);
		assert_non_null(item);
		assert_int_equal(item->value, 0);
	}
	assert_ptr_equal(list.items, items);
	assert_true(LIST_RESERVE(&list, 0));
	assert_false(LIST_RESERVE(&list, SIZE_MAX / 2));
	assert_int_equal(list.count, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list__items_start_zeroed_and_keep_their_place),
		cmocka_unit_test(list__reserved_room_is_used),
		cmocka_unit_test(list__a_reused_place_is_zeroed_again),
		cmocka_unit_test(scope__taken_pointer_is_not_released),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

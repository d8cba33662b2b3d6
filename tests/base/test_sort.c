#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "check.h"

struct item {
	int key;
	size_t place; /* where it stood before */
};

static size_t comparisons;

static int compare(const void *left, const void *right)
{
	const struct item *a = left, *b = right;
	comparisons++;
	return (a->key > b->key) - (a->key < b->key);
}

/* The order of rules must not depend on chance: equal ones stay as they were written. */
static void sort__puts_in_order_and_keeps_the_order_of_equals(void **state)
{
	enum { MOST = 130 };
	(void)state;
	for (size_t count = 0; count <= MOST; count++) {
		for (int keys = 1; keys < 200; keys = keys * 3 + 1) {
			struct item items[MOST + 1];
			const void *order[MOST + 1], *spare[MOST + 1] = { NULL };
			for (size_t i = 0; i < count; i++) {
				items[i] = (struct item){ rand() % keys, i };
				order[i] = &items[i];
			}
			sort_pointers(order, spare, count, compare);
			for (size_t i = 1; i < count; i++) {
				const struct item *a = order[i - 1], *b = order[i];
				assert_true(a->key < b->key || (a->key == b->key && a->place < b->place));
			}
			/* It writes no further than it says. */
			for (size_t i = count / 2; i <= MOST; i++)
				assert_null(spare[i]);
		}
	}
}

/* Most of what a start sorts is in order already. */
static void sort__costs_one_comparison_an_item_where_all_is_in_order(void **state)
{
	(void)state;
	struct item items[1000];
	const void *order[1000], *spare[500];
	for (size_t i = 0; i < COUNT_OF(items); i++) {
		items[i] = (struct item){ (int)i, i };
		order[i] = &items[i];
	}
	comparisons = 0;
	sort_pointers(order, spare, COUNT_OF(items), compare);
	assert_true(comparisons < COUNT_OF(items));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sort__puts_in_order_and_keeps_the_order_of_equals),
		cmocka_unit_test(sort__costs_one_comparison_an_item_where_all_is_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

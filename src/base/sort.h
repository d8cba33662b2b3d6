/* base/sort.h: pointers in order.
 *
 * A merge sort: equal items keep their order, and items that are in order already cost one comparison each. musl's
 * qsort moves the items themselves and compares several times as often.
 */
#pragma once

#include <stddef.h>

/* `spare` has room for half of the items; compare is as for qsort, but is given the items themselves. */
void sort_pointers(const void **items, const void **spare, size_t count, int (*compare)(const void *, const void *));

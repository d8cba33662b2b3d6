#include "base/sort.h"

#include <string.h>

void sort_pointers(const void **items, const void **spare, size_t count, int (*compare)(const void *, const void *))
{
	size_t half = count / 2;
	if (count < 2)
		return;
	sort_pointers(items, spare, half, compare);
	sort_pointers(items + half, spare, count - half, compare);
	if (compare(items[half - 1], items[half]) <= 0)
		return;

	/* The first half waits in `spare`; what is left of it at the end belongs to the end. */
	memcpy(spare, items, half * sizeof *items);
	size_t left = 0, right = half, at = 0;
	while (left < half && right < count)
		items[at++] = compare(spare[left], items[right]) <= 0 ? spare[left++] : items[right++];
	memcpy(items + at, spare + left, (half - left) * sizeof *items);
}

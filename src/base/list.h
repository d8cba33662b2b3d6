/* base/list.h: arrays that grow.
 *
 *	struct rules { struct rule *items; size_t count, room; } rules = { 0 };
 *	struct rule *rule = LIST_ADD(&rules);   // zeroed, or NULL when memory is short
 *	...
 *	free(rules.items);
 *
 * A pointer to an item holds until the next LIST_ADD.
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define LIST_ADD(list) \
	((__typeof__((list)->items))list_add_item(&(list)->items, &(list)->count, &(list)->room, sizeof *(list)->items))

/* items points at the array's pointer, whatever its type: read and written as bytes. */
static inline void *list_add_item(void *items, size_t *count, size_t *room, size_t size)
{
	void *array;
	memcpy(&array, items, sizeof array);
	if (*count == *room) {
		size_t wanted = *room ? *room * 2 : 8;
		array = realloc(array, wanted * size);
		if (!array)
			return NULL;
		memcpy(items, &array, sizeof array);
		*room = wanted;
	}
	void *item = (char *)array + *count * size;
	memset(item, 0, size);
	(*count)++;
	return item;
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* base/list.h: arrays that grow.
 *
 *	struct rules { struct rule *items; size_t count, room; } rules = { 0 };
 *	struct rule *rule = LIST_ADD(&rules);   // zeroed, or NULL when memory is short
 *	...
 *	free(rules.items);
 *
 * A pointer to an item holds until the next LIST_ADD. Where it is known that many will come, LIST_RESERVE makes room
 * for them at once; false when memory is short.
 *
 * LIST_ADD_IN and LIST_RESERVE_IN keep the array in an arena, for good: a list uses either these or the others. What it
 * outgrows is given back with the arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define LIST_ADD(list) LIST_ADD_IN(NULL, list)
#define LIST_RESERVE(list, more) LIST_RESERVE_IN(NULL, list, more)

#define LIST_ADD_IN(arena, list) \
	((__typeof__((list)->items))list_add_item((arena), &(list)->items, &(list)->count, &(list)->room, \
						  sizeof *(list)->items))
#define LIST_RESERVE_IN(arena, list, more) \
	list_reserve((arena), &(list)->items, (list)->count, &(list)->room, (more), sizeof *(list)->items)

/* items points at the array's pointer, whatever its type: read and written as bytes. */
static inline bool list_resize(struct arena *arena, void *items, size_t count, size_t *room, size_t wanted, size_t size)
{
	void *array, *grown;
	memcpy(&array, items, sizeof array);
	if (wanted > SIZE_MAX / size)
		return false;
	grown = arena ? arena_take_raw(arena, wanted * size) : realloc(array, wanted * size);
	if (!grown)
		return false;
	if (arena && count > 0)
		memcpy(grown, array, count * size);
	memcpy(items, &grown, sizeof grown);
	*room = wanted;
	return true;
}

static inline bool list_reserve(struct arena *arena, void *items, size_t count, size_t *room, size_t more, size_t size)
{
	return more <= *room - count ||
	       (more <= SIZE_MAX - count && list_resize(arena, items, count, room, count + more, size));
}

static inline void *list_add_item(struct arena *arena, void *items, size_t *count, size_t *room, size_t size)
{
	void *array;
	if (*count == *room && !list_resize(arena, items, *count, room, *room ? *room * 2 : 8, size))
		return NULL;
	memcpy(&array, items, sizeof array);
	void *item = (char *)array + *count * size;
	memset(item, 0, size);
	(*count)++;
	return item;
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#include <stdlib.h>
#include <string.h>

#include "backend/linux/meter.h"

enum { FIRST_ROOM = 64 };

/* The place of an inode, or the free one where it belongs. Device 0 is no file system's: it marks a free place. */
static size_t find_place(const struct inode_set *set, uint64_t device, uint64_t number)
{
	uint64_t hash = (number ^ device << 32) * 0x9e3779b97f4a7c15u;
	size_t place = (size_t)(hash >> 20) % set->room;
	while (set->items[place].device && (set->items[place].device != device || set->items[place].number != number))
		place = (place + 1) % set->room;
	return place;
}

static bool grow(struct inode_set *set)
{
	struct inode_set larger = { .room = set->room ? set->room * 2 : FIRST_ROOM };
	larger.items = calloc(larger.room, sizeof *larger.items);
	if (!larger.items)
		return false;
	for (size_t i = 0; i < set->room; i++)
		if (set->items[i].device)
			larger.items[find_place(&larger, set->items[i].device, set->items[i].number)] = set->items[i];
	larger.count = set->count;
	free(set->items);
	*set = larger;
	return true;
}

bool inode_set_add(struct inode_set *set, uint64_t device, uint64_t number)
{
	if (device == 0 || (set->count * 2 >= set->room && !grow(set)))
		return true;
	size_t place = find_place(set, device, number);
	if (set->items[place].device)
		return false;
	set->items[place] = (struct inode){ device, number };
	set->count++;
	return true;
}

bool inode_set_has(const struct inode_set *set, uint64_t device, uint64_t number)
{
	return set->count > 0 && set->items[find_place(set, device, number)].device != 0;
}

void inode_set_clear(struct inode_set *set)
{
	if (set->items)
		memset(set->items, 0, set->room * sizeof *set->items);
	set->count = 0;
}

void inode_set_free(struct inode_set *set)
{
	free(set->items);
	*set = (struct inode_set){ 0 };
}

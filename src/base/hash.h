/* base/hash.h: for tables of paths, within one process. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

/* Where the hashes of a text's beginnings are wanted too: FNV-1a. */
static inline uint64_t hash_byte(uint64_t hash, char byte)
{
	return (hash ^ (unsigned char)byte) * UINT64_C(0x100000001b3);
}

/* Of a whole text, eight bytes at a time. */
static inline uint64_t hash_text(const char *text, size_t length)
{
	uint64_t hash = HASH_START;
	for (uint64_t word; length >= sizeof word; length -= sizeof word, text += sizeof word) {
		memcpy(&word, text, sizeof word);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	for (; length > 0; length--)
		hash = hash_byte(hash, *text++);
	return hash;
}

/* Where to look first in a table of a power of two slots. */
static inline size_t hash_slot(uint64_t hash, size_t slot_count)
{
	return (size_t)(hash ^ hash >> 32) & (slot_count - 1);
}

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Under the address sanitizer each piece is a block of its own, so that it sees who reads behind one. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(HAS_SANITIZER)
enum { BLOCK_SIZE = 0 };
#else
/* Less than 64 KiB by what malloc adds. All that a launch keeps in one arena fits; what is not touched costs nothing.
 */
enum { BLOCK_SIZE = 64 * 1024 - 64 };
#endif

struct arena_block {
	struct arena_block *next;
	size_t size;
	bool is_lent; /* an arena_room */
	_Alignas(max_align_t) char bytes[];
};

static bool add_block(struct arena *arena, size_t size)
{
	if (size > SIZE_MAX - sizeof(struct arena_block))
		return false;
	struct arena_block *block = malloc(sizeof *block + size);
	if (!block)
		return false;
	block->size = size;
	block->is_lent = false;
	block->next = arena->blocks;
	arena->blocks = block;
	arena->left = size;
	return true;
}

struct arena arena_in(struct arena_room *room)
{
	struct arena_block *block = (struct arena_block *)(void *)room->bytes;
	size_t size = sizeof room->bytes - sizeof *block;
	if (BLOCK_SIZE == 0)
		return (struct arena){ NULL, 0 };
	*block = (struct arena_block){ .size = size, .is_lent = true };
	return (struct arena){ block, size };
}

/* The next `size` bytes, `alignment` a power of two. */
static char *take(struct arena *arena, size_t size, size_t alignment)
{
	/* A block and its size are aligned, so what is left of it tells where a piece at its beginning stands. What is
	 * larger than a block has one for itself.
	 */
	size_t left = arena->left & ~(alignment - 1);
	if (!arena->blocks || left < size) {
		if (!add_block(arena, size > BLOCK_SIZE ? size : BLOCK_SIZE))
			return NULL;
		left = arena->left;
	}
	arena->left = left - size;
	return arena->blocks->bytes + (arena->blocks->size - left);
}

void *arena_take_raw(struct arena *arena, size_t size)
{
	/* Not even nothing may stand at the end of a block, which need not be aligned. */
	return take(arena, size ? size : 1, _Alignof(max_align_t));
}

void *arena_take(struct arena *arena, size_t size)
{
	void *bytes = arena_take_raw(arena, size);
	return bytes ? memset(bytes, 0, size) : NULL;
}

char *arena_join(struct arena *arena, const char *first, size_t first_length, const char *second, size_t second_length)
{
	bool fits = second_length < SIZE_MAX - first_length;
	char *joined = fits ? take(arena, first_length + second_length + 1, 1) : NULL;
	if (!joined)
		return NULL;
	memcpy(joined, first, first_length);
	memcpy(joined + first_length, second, second_length);
	joined[first_length + second_length] = '\0';
	return joined;
}

char *arena_copy(struct arena *arena, const char *bytes, size_t length)
{
	return arena_join(arena, bytes, length, "", 0);
}

void arena_free(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *block = arena->blocks;
		arena->blocks = block->next;
		if (!block->is_lent)
			free(block);
	}
	arena->left = 0;
}

/* base/arena.h: memory that is taken in pieces and given back at once.
 *
 * For what lives and dies together: the facts of a host, what a policy keeps of its texts, a plan. A piece costs a few
 * instructions where malloc and free cost hundreds, and a launch takes hundreds of pieces.
 *
 *	struct arena arena = { 0 };
 *	char *copy = arena_copy(&arena, name, length); // NULL when memory is short
 *	...
 *	arena_free(&arena);
 *
 * A piece can be neither given back nor made larger alone. Each function returns NULL when memory is short.
 */
#pragma once

#include <stddef.h>

/* Room for what is used only meanwhile, on the stack of whose it is: pages that are there already, and no malloc. A
 * launch fits in; for what does not there is malloc.
 */
struct arena_room {
	_Alignas(max_align_t) char bytes[32 * 1024];
};

struct arena_block;

struct arena {
	struct arena_block *blocks; /* the one that pieces are taken from, then the full ones */
	size_t left;                /* what is free of it, at its end */
};

/* An arena that begins with the room, which must outlive it. */
struct arena arena_in(struct arena_room *room);

/* Aligned for anything; arena_take is zeroed as well. */
void *arena_take_raw(struct arena *arena, size_t size);
void *arena_take(struct arena *arena, size_t size);

/* A copy of `length` bytes with a NUL behind them. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);
/* The same of two behind one another. */
char *arena_join(struct arena *arena, const char *first, size_t first_length, const char *second, size_t second_length);

/* Gives everything back; zeroed and freed arenas are fine; also a CORDON_ON_EXIT release. */
void arena_free(struct arena *arena);

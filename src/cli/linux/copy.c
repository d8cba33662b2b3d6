/* memcpy and memmove for the static program. Those of musl on x86-64 are `rep movs`, for which a processor needs as
 * long as for a hundred bytes before it copies the first: sixty nanoseconds in a virtual machine, thousands of times a
 * start.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct chunk {
	uint64_t low, high;
};

/* Both ends of what is shorter than two of the type; they may lie over each other, and over what is written. */
#define MOVE_ENDS(type, to, from, length) \
	do { \
		type first, last; \
		__builtin_memcpy(&first, from, sizeof first); \
		__builtin_memcpy(&last, (from) + (length) - sizeof last, sizeof last); \
		__builtin_memcpy(to, &first, sizeof first); \
		__builtin_memcpy((to) + (length) - sizeof last, &last, sizeof last); \
	} while (0)

static struct chunk load(const char *from)
{
	struct chunk chunk;
	__builtin_memcpy(&chunk, from, sizeof chunk);
	return chunk;
}

static void store(char *to, struct chunk chunk)
{
	__builtin_memcpy(to, &chunk, sizeof chunk);
}

static void move_short(char *to, const char *from, size_t length)
{
	if (length >= sizeof(uint64_t))
		MOVE_ENDS(uint64_t, to, from, length);
	else if (length >= sizeof(uint32_t))
		MOVE_ENDS(uint32_t, to, from, length);
	else if (length >= sizeof(uint16_t))
		MOVE_ENDS(uint16_t, to, from, length);
	else if (length > 0)
		*to = *from;
}

/* What is read in one step may be written over in the same step, never before: hence the direction. The piece that is
 * no whole step comes last and is read first.
 */
static void move_long(char *to, const char *from, size_t length)
{
	const size_t step = sizeof(struct chunk);
	if ((uintptr_t)to - (uintptr_t)from >= length) {
		const struct chunk last = load(from + length - step);
		for (size_t at = 0; at < length - step; at += step)
			store(to + at, load(from + at));
		store(to + length - step, last);
		return;
	}
	const struct chunk first = load(from);
	for (size_t left = length; left > step; left -= step)
		store(to + left - step, load(from + left - step));
	store(to, first);
}

static void *move(void *to, const void *from, size_t length)
{
	if (length < sizeof(struct chunk))
		move_short(to, from, length);
	else
		move_long(to, from, length);
	return to;
}

void *memmove(void *to, const void *from, size_t length)
{
	return move(to, from, length);
}

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
	return move(to, from, length);
}

/* malloc for the static program. musl's has a mapping for each size and takes it back as soon as it is empty: a start
 * maps, touches and unmaps fifty pages, which takes eight microseconds each in a virtual machine. This one keeps what
 * it has.
 *
 * Sizes are rounded up to those of a class. A block is cut off the end of a region; once freed it waits in its class's
 * list for the next of that size. Of each there is a header that a freed block's former owner does not reach by the
 * way; a block that is freed twice, or is none, ends the program. What is large is a mapping of its own.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { STEP = 16, SMALL = 128, SMALL_CLASSES = SMALL / STEP, LARGEST = 128 << 10, CLASSES = SMALL_CLASSES + 40 };
enum { FIRST_REGION = 256 << 10, REGION = 1 << 20 };
enum mark { GIVEN = 0x61c88647, FREE = 0x2545f491 }; /* two numbers that nothing else is likely to be */

struct block {
	uint32_t mark;  /* of its own address: a copy of it is none */
	uint32_t class; /* CLASSES: a mapping of its own */
	union {
		struct block *next; /* FREE */
		size_t mapped;
	};
};
_Static_assert(sizeof(struct block) == STEP, "what is given out is aligned");

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Alignas(4096) char first_region[FIRST_REGION];
static char *next = first_region;
static size_t left = FIRST_REGION;
static struct block *lists[CLASSES];

/* Up to SMALL by steps, from there on four classes to each doubling. */
static unsigned class_of(size_t size)
{
	if (size <= SMALL)
		return size ? (unsigned)(size - 1) / STEP : 0;
	unsigned highest = 63 - (unsigned)__builtin_clzll(size - 1);
	return SMALL_CLASSES + (highest - 7) * 4 + ((unsigned)((size - 1) >> (highest - 2)) & 3);
}

static size_t size_of(unsigned class)
{
	if (class < SMALL_CLASSES)
		return (class + 1) * STEP;
	class -= SMALL_CLASSES;
	return (size_t)(5 + class % 4) << (5 + class / 4);
}

static uint32_t mark_of(const struct block *block, enum mark mark)
{
	return (uint32_t)((uintptr_t)block / STEP) ^ (uint32_t)mark;
}

static void *map(size_t size)
{
	void *mapping = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return mapping == MAP_FAILED ? NULL : mapping;
}

static struct block *map_block(size_t size)
{
	size_t mapped = size + sizeof(struct block);
	struct block *block = size > PTRDIFF_MAX - sizeof(struct block) ? NULL : map(mapped);
	if (block) {
		block->class = CLASSES;
		block->mapped = mapped;
	}
	return block;
}

/* Off the region's end, zeroed. What an old region has left is less than what did not fit, and stays unused. */
static struct block *cut(unsigned class)
{
	size_t whole = sizeof(struct block) + size_of(class);
	if (whole > left) {
		char *region = map(REGION);
		if (!region)
			return NULL;
		next = region;
		left = REGION;
	}
	struct block *block = (struct block *)(void *)next;
	next += whole;
	left -= whole;
	block->class = class;
	return block;
}

/* *ret_is_zeroed: nobody has had it before. */
static void *take(size_t size, bool *ret_is_zeroed)
{
	struct block *block;
	unsigned class = size > LARGEST ? CLASSES : class_of(size);
	pthread_mutex_lock(&lock);
	*ret_is_zeroed = class == CLASSES || !lists[class];
	if (class == CLASSES) {
		block = map_block(size);
	} else if (lists[class]) {
		block = lists[class];
		lists[class] = block->next;
	} else {
		block = cut(class);
	}
	pthread_mutex_unlock(&lock);
	if (!block) {
		errno = ENOMEM;
		return NULL;
	}
	block->mark = mark_of(block, GIVEN);
	return block + 1;
}

static struct block *block_of(void *bytes)
{
	struct block *block = (struct block *)bytes - 1;
	if ((uintptr_t)bytes % STEP != 0 || block->mark != mark_of(block, GIVEN) || block->class > CLASSES)
		abort();
	return block;
}

static size_t room_of(const struct block *block)
{
	return block->class == CLASSES ? block->mapped - sizeof *block : size_of(block->class);
}

void *malloc(size_t size)
{
	bool ignored;
	return take(size, &ignored);
}

void free(void *bytes)
{
	if (!bytes)
		return;
	int code = errno;
	struct block *block = block_of(bytes);
	if (block->class == CLASSES) {
		munmap(block, block->mapped);
	} else {
		pthread_mutex_lock(&lock);
		block->mark = mark_of(block, FREE);
		block->next = lists[block->class];
		lists[block->class] = block;
		pthread_mutex_unlock(&lock);
	}
	errno = code;
}

void *calloc(size_t count, size_t size)
{
	bool is_zeroed;
	if (__builtin_mul_overflow(count, size, &size)) {
		errno = ENOMEM;
		return NULL;
	}
	void *bytes = take(size, &is_zeroed);
	return bytes && !is_zeroed ? memset(bytes, 0, size) : bytes;
}

void *realloc(void *bytes, size_t size)
{
	size_t room = bytes ? room_of(block_of(bytes)) : 0;
	if (bytes && size <= room && (size > room / 2 || room <= SMALL))
		return bytes;
	void *moved = malloc(size);
	if (!moved || !bytes)
		return moved;
	memcpy(moved, bytes, size < room ? size : room);
	free(bytes);
	return moved;
}

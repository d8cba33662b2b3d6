/* The static program's memmove, beside the one of the C library. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define memmove own_memmove
#define memcpy own_memcpy
void *own_memmove(void *to, const void *from, size_t length);
void *own_memcpy(void *restrict to, const void *restrict from, size_t length);
#include "cli/linux/copy.c"
#undef memmove
#undef memcpy

enum { SIZE = 160, LONGEST = 70, SHIFT = 40 };

static void fill(unsigned char bytes[SIZE])
{
	for (int i = 0; i < SIZE; i++)
		bytes[i] = (unsigned char)(i * 7 + 1);
}

/* Every length up to several steps, at every distance at which source and target can lie over each other. */
static void copy__moves_what_overlaps(void **state)
{
	unsigned char own[SIZE], theirs[SIZE];
	(void)state;
	for (size_t length = 0; length <= LONGEST; length++) {
		for (size_t to = 0; to <= 2 * SHIFT; to++) {
			fill(own);
			fill(theirs);
			assert_ptr_equal(own_memmove(own + to, own + SHIFT, length), own + to);
			memmove(theirs + to, theirs + SHIFT, length);
			assert_memory_equal(own, theirs, SIZE);
		}
	}
}

static void copy__copies_long_ones(void **state)
{
	enum { LONG = 100001 };
	char *from = malloc(LONG), *to = calloc(1, LONG);
	(void)state;
	assert_non_null(from);
	assert_non_null(to);
	for (int i = 0; i < LONG; i++)
		from[i] = (char)(i * 31 + i / 256);
	assert_ptr_equal(own_memcpy(to, from, LONG), to);
	assert_memory_equal(to, from, LONG);
	free(from);
	free(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copy__moves_what_overlaps),
		cmocka_unit_test(copy__copies_long_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

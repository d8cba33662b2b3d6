/* The static program's malloc, beside which the C library's own lives on. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

void *own_malloc(size_t size);
void own_free(void *bytes);
void *own_calloc(size_t count, size_t size);
void *own_realloc(void *bytes, size_t size);
#define malloc own_malloc
#define free own_free
#define calloc own_calloc
#define realloc own_realloc
#include "cli/linux/heap.c"
#undef malloc
#undef free
#undef calloc
#undef realloc

enum { PIECES = 400, ROUNDS = 20000 };

struct piece {
	unsigned char *bytes;
	size_t size;
	unsigned char pattern;
};

static void check_piece(const struct piece *piece)
{
	for (size_t i = 0; i<piece->size; i += piece->size> 4096 ? 509 : 1)
		if (piece->bytes[i] != piece->pattern)
			fail_msg("byte %zu of %zu is another's", i, piece->size);
}

static void fill_piece(struct piece *piece, size_t size, unsigned char pattern)
{
	assert_non_null(piece->bytes);
	assert_int_equal((uintptr_t)piece->bytes % 16, 0);
	memset(piece->bytes, pattern, size);
	piece->size = size;
	piece->pattern = pattern;
}

static size_t any_size(unsigned *seed)
{
	size_t size = (size_t)rand_r(seed) % 300;
	return rand_r(seed) % 50 == 0 ? size * 1000 : size;
}

/* What is given out is nobody else's until it is freed, however sizes and order are mixed. */
static void *mix(void *context)
{
	unsigned seed = *(unsigned *)context;
	struct piece pieces[PIECES] = { 0 };
	for (int round = 0; round < ROUNDS; round++) {
		struct piece *piece = &pieces[rand_r(&seed) % PIECES];
		size_t size = any_size(&seed);
		if (piece->bytes)
			check_piece(piece);
		if (piece->bytes && rand_r(&seed) % 3 == 0) {
			piece->bytes = own_realloc(piece->bytes, size);
			piece->size = piece->size < size ? piece->size : size;
			check_piece(piece);
		} else {
			own_free(piece->bytes);
			piece->bytes = own_malloc(size);
		}
		fill_piece(piece, size, (unsigned char)round);
	}
	for (int i = 0; i < PIECES; i++)
		own_free(pieces[i].bytes);
	return NULL;
}

static void heap__gives_nothing_out_twice(void **state)
{
	unsigned seed = 1;
	(void)state;
	mix(&seed);
}

static void heap__serves_several_threads(void **state)
{
	pthread_t threads[4];
	unsigned seeds[4] = { 2, 3, 4, 5 };
	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, mix, &seeds[i]), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void heap__has_a_class_for_each_size(void **state)
{
	(void)state;
	for (size_t size = 1; size <= LARGEST; size++) {
		unsigned class = class_of(size);
		assert_true(class < CLASSES && size_of(class) >= size);
		assert_true(class == 0 || size_of(class - 1) < size);
	}
}

static void heap__clears_what_was_used_before(void **state)
{
	static const unsigned char zeroes[1000];
	(void)state;
	for (int i = 0; i < 3; i++) {
		unsigned char *bytes = own_calloc(10, 100);
		assert_memory_equal(bytes, zeroes, sizeof zeroes);
		memset(bytes, 0xff, sizeof zeroes);
		own_free(bytes);
	}
}

static void heap__refuses_what_cannot_be(void **state)
{
	(void)state;
	errno = 0;
	assert_null(own_calloc(SIZE_MAX / 2, 3));
	assert_int_equal(errno, ENOMEM);
	assert_null(own_malloc(SIZE_MAX));
	assert_null(own_malloc((size_t)PTRDIFF_MAX));
	own_free(NULL);
	void *bytes = own_realloc(NULL, 0);
	assert_non_null(bytes);
	own_free(bytes);
}

/* The signal that ends a process in which that is freed. */
static int end_of(void *bytes)
{
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit none = { 0, 0 };
		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		own_free(bytes);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void heap__ends_on_what_is_no_block(void **state)
{
	(void)state;
	char *bytes = own_malloc(100);
	memset(bytes, 0, 100);
	assert_int_equal(end_of(bytes), 0);
	assert_int_equal(end_of(bytes + 8), SIGABRT);
	assert_int_equal(end_of(bytes + 32), SIGABRT);
	memcpy(bytes + 16, bytes - 16, 16); /* a copied header */
	assert_int_equal(end_of(bytes + 32), SIGABRT);
	own_free(bytes);
	assert_int_equal(end_of(bytes), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heap__has_a_class_for_each_size), cmocka_unit_test(heap__gives_nothing_out_twice),
		cmocka_unit_test(heap__serves_several_threads),    cmocka_unit_test(heap__clears_what_was_used_before),
		cmocka_unit_test(heap__refuses_what_cannot_be),    cmocka_unit_test(heap__ends_on_what_is_no_block),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"

/* A piece that another one reaches into would change what a rule says after it was checked. */
static void fill_and_check(struct arena *arena)
{
	enum { PIECES = 400 };
	unsigned char *pieces[PIECES];
	size_t sizes[PIECES];
	for (size_t i = 0; i < PIECES; i++) {
		/* Up to what no block has room for. */
		sizes[i] = i % 97 == 96 ? 100000 : (i * 37) % 300;
		if (i % 3 == 0) {
			pieces[i] = arena_take(arena, sizes[i]);
			assert_non_null(pieces[i]);
			assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
			for (size_t j = 0; j < sizes[i]; j++)
				assert_int_equal(pieces[i][j], 0);
		} else {
			char text[100000];
			memset(text, 'x', sizeof text);
			pieces[i] = (unsigned char *)arena_copy(arena, text, sizes[i]);
			assert_non_null(pieces[i]);
			assert_int_equal(strlen((char *)pieces[i]), sizes[i]);
		}
		memset(pieces[i], (int)(i % 251), sizes[i]);
	}
	for (size_t i = 0; i < PIECES; i++)
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(pieces[i][j], i % 251);
}

static void arena__pieces_lie_apart(void **state)
{
	(void)state;
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	fill_and_check(&arena);
}

/* What outgrows the room on the stack goes on elsewhere, and is given back alone. */
static void arena__outgrows_the_room_that_it_was_lent(void **state)
{
	(void)state;
	struct arena_room room;
	struct arena arena = arena_in(&room);
	fill_and_check(&arena);
	arena_free(&arena);
	arena_free(&arena);
	assert_null(arena.blocks);
}

static void arena__joins_texts(void **state)
{
	(void)state;
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	assert_string_equal(arena_join(&arena, "/home/u", 7, "/.ssh", 5), "/home/u/.ssh");
	assert_string_equal(arena_join(&arena, "abc", 1, "def", 2), "ade");
	assert_string_equal(arena_copy(&arena, "", 0), "");
}

/* A size that no memory has must not wrap round into a small piece. */
static void arena__refuses_what_no_memory_has(void **state)
{
	(void)state;
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	assert_null(arena_copy(&arena, "x", SIZE_MAX));
	assert_null(arena_join(&arena, "x", SIZE_MAX / 2 + 1, "y", SIZE_MAX / 2));
	assert_null(arena_take_raw(&arena, SIZE_MAX));
	assert_null(arena_take_raw(&arena, SIZE_MAX - 8));
	assert_string_equal(arena_copy(&arena, "still", 5), "still");
}

static void arena__holds_lists_that_grow(void **state)
{
	(void)state;
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct {
		long *items;
		size_t count, room;
	} list = { NULL, 0, 0 };
	for (long i = 0; i < 10000; i++) {
		long *item = LIST_ADD_IN(&arena, &list);
		assert_non_null(item);
		assert_int_equal(*item, 0);
		*item = i;
	}
	for (long i = 0; i < 10000; i++)
		assert_int_equal(list.items[i], i);
}

static void arena__holds_lists_of_texts_in_one_piece(void **state)
{
	(void)state;
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	static const char *const texts[] = { "A=1", "", "B=2" };
	for (size_t count = 0; count <= COUNT_OF(texts); count++) {
		char **in_arena = text_list(&arena, texts, count);
		char **alone = text_list(NULL, texts, count);
		for (size_t i = 0; i < count; i++) {
			assert_string_equal(in_arena[i], texts[i]);
			assert_string_equal(alone[i], texts[i]);
			assert_ptr_not_equal(alone[i], texts[i]);
		}
		assert_null(in_arena[count]);
		assert_null(alone[count]);
		free(alone);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena__pieces_lie_apart),
		cmocka_unit_test(arena__outgrows_the_room_that_it_was_lent),
		cmocka_unit_test(arena__joins_texts),
		cmocka_unit_test(arena__refuses_what_no_memory_has),
		cmocka_unit_test(arena__holds_lists_that_grow),
		cmocka_unit_test(arena__holds_lists_of_texts_in_one_piece),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Descriptors as Windows keeps them: what is read of them is what the model has, whoever is asked about. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"
#include "nt_bytes.h"
#include "nt_world.h"

enum { WORLDS = 300 };

static void free_bytes(uint8_t **bytes)
{
	free(*bytes);
}

static void expect_same(const struct nt_descriptor *a, const struct nt_descriptor *b)
{
	assert_int_equal(a->has_no_list, b->has_no_list);
	assert_int_equal(a->is_protected, b->is_protected);
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_int_equal(a->entries[i].denies, b->entries[i].denies);
		assert_int_equal(a->entries[i].flags, b->entries[i].flags);
		assert_int_equal(a->entries[i].sid, b->entries[i].sid);
		assert_int_equal(a->entries[i].mask, b->entries[i].mask);
	}
	assert_int_equal(a->label.is_present, b->label.is_present);
	assert_int_equal(a->label.flags, b->label.flags);
	assert_int_equal(a->label.policy, b->label.policy);
	assert_int_equal(a->label.level, b->label.level);
}

static void each_descriptor(void (*look)(const struct nt_world *world, size_t file))
{
	struct nt_world *world = malloc(sizeof *world);
	assert_non_null(world);
	for (unsigned i = 0; i < WORLDS; i++) {
		struct chance chance = { i + 1 };
		nt_world_make(world, &chance);
		for (size_t file = 0; file < world->tree.count; file++)
			look(world, file);
	}
	free(world);
}

static void expect_round_trip(const struct nt_world *world, size_t file)
{
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	const struct nt_descriptor *descriptor = &world->tree.files[file].descriptor;
	struct nt_descriptor again = { .owner = descriptor->owner };
	struct windows_descriptor read;
	struct cordon_error err = CORDON_ERROR_INIT;
	const uint8_t *written;
	size_t length;
	CORDON_ON_EXIT(free_bytes) uint8_t *bytes = nt_descriptor_bytes(descriptor, &length);
	if (!windows_descriptor_read(bytes, length, &arena, &read, &err))
		fail_msg("%s", err.text);
	assert_true(windows_sid_equals(read.owner, nt_sid_bytes(descriptor->owner)));
	if (!windows_descriptor_write(&read, &arena, &written, &length, &err))
		fail_msg("%s", err.text);
	nt_descriptor_take(&again, written, length);
	expect_same(&again, descriptor);
}

static void bytes__come_back_as_they_were(void **state)
{
	(void)state;
	each_descriptor(expect_round_trip);
}

static struct nt_token others_token(void)
{
	return (struct nt_token){
		.user = NT_ACCOUNT,
		.groups = { 4, { NT_EVERYONE, NT_USERS, NT_AUTHENTICATED, NT_ACCOUNTS } },
		.integrity = NT_MEDIUM,
		.privileges = NT_CHANGE_NOTIFY,
	};
}

static struct nt_token package_token(const struct nt_world *world)
{
	struct nt_token token = nt_world_user(world);
	token.is_container = true;
	token.package = NT_PACKAGE;
	token.integrity = NT_LOW;
	return token;
}

static bool gets_any(const struct nt_descriptor *descriptor, const struct nt_token *token)
{
	static const uint32_t rights[] = { NT_READ_DATA, NT_READ_EA, NT_EXECUTE, NT_READ_CONTROL };
	for (size_t i = 0; i < COUNT_OF(rights); i++)
		if (nt_check(descriptor, token, rights[i], &nt_believed))
			return true;
	return false;
}

static unsigned opened, closed, unlisted;

static void expect_reach(const struct nt_descriptor *descriptor, const struct nt_token *token,
			 struct windows_reach reach)
{
	if (reach.is_open)
		assert_true(nt_check(descriptor, token, NT_FILE_READ_EXECUTE, &nt_believed));
	if (reach.is_closed)
		assert_false(gets_any(descriptor, token));
	if (!reach.lists)
		assert_false(nt_check(descriptor, token, NT_LIST, &nt_believed));
	opened += reach.is_open;
	closed += reach.is_closed;
	unlisted += !reach.lists;
}

static void expect_sound(const struct nt_world *world, size_t file)
{
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	const struct nt_descriptor *descriptor = &world->tree.files[file].descriptor;
	const struct nt_token others = others_token(), package = package_token(world), user = nt_world_user(world);
	struct windows_descriptor read;
	struct cordon_error err = CORDON_ERROR_INIT;
	size_t length;
	CORDON_ON_EXIT(free_bytes) uint8_t *bytes = nt_descriptor_bytes(descriptor, &length);
	assert_true(windows_descriptor_read(bytes, length, &arena, &read, &err));
	expect_reach(descriptor, &others, windows_reach_of_others(&read, nt_sid_bytes(NT_USER)));
	/* Who asks about packages asks whether the user reads it, too. */
	struct windows_reach reach = windows_reach_of_packages(&read, nt_sid_bytes(NT_USER));
	reach.is_open &= nt_check(descriptor, &user, NT_FILE_READ_EXECUTE, &nt_believed);
	expect_reach(descriptor, &package, reach);
}

/* A file that is taken for closed is not denied to the command; one taken for open is not granted. Both must be so. */
static void reach__claims_only_what_holds(void **state)
{
	(void)state;
	opened = closed = unlisted = 0;
	each_descriptor(expect_sound);
	print_message("open %u times, closed %u times, unlisted %u times\n", opened, closed, unlisted);
	assert_true(opened > 1000 && closed > 1000 && unlisted > 1000);
}

/* Whatever the bytes are, nothing outside of them is read, and what is read can be written. */
static void bytes__of_any_kind_are_read_or_refused(void **state)
{
	(void)state;
	struct nt_descriptor descriptor = { .owner = NT_USER,
					    .label = { true, NT_TREE, NT_NO_WRITE_UP, NT_MEDIUM_LOW } };
	struct chance chance = { 7 };
	unsigned readable = 0;
	for (uint32_t sid = NT_EVERYONE; sid < NT_CAPABILITY + 2; sid++)
		nt_descriptor_add(&descriptor, (struct nt_entry){ sid % 2, 0, sid, NT_FILE_READ });
	for (unsigned i = 0; i < 20000; i++) {
		CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
		struct windows_descriptor read;
		struct cordon_error err = CORDON_ERROR_INIT;
		const uint8_t *written;
		size_t length;
		CORDON_ON_EXIT(free_bytes) uint8_t *bytes = nt_descriptor_bytes(&descriptor, &length);
		size_t kept = chance_below(&chance, 3) ? length : chance_below(&chance, (unsigned)length + 1);
		/* Its own piece of memory, so that a sanitizer sees what lies behind it touched. */
		CORDON_ON_EXIT(free_bytes) uint8_t *cut = malloc(kept + 1);
		memcpy(cut, bytes, kept);
		for (unsigned flips = chance_below(&chance, 4); flips > 0 && kept > 0; flips--)
			cut[chance_below(&chance, (unsigned)kept)] = (uint8_t)chance_below(&chance, 256);
		cut = realloc(cut, kept ? kept : 1);
		if (!windows_descriptor_read(cut, kept, &arena, &read, &err))
			continue;
		readable++;
		windows_reach_of_others(&read, nt_sid_bytes(NT_USER));
		windows_reach_of_packages(&read, nt_sid_bytes(NT_USER));
		assert_true(windows_descriptor_write(&read, &arena, &written, &length, &err));
	}
	print_message("%u of 20000 could be read\n", readable);
	assert_true(readable > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes__come_back_as_they_were),
		cmocka_unit_test(reach__claims_only_what_holds),
		cmocka_unit_test(bytes__of_any_kind_are_read_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

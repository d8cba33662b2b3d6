/* The record of set-up: what is read back is what was written, what somebody else wrote is refused, and so is a folder that
 * somebody else may write.
 */
#include <string.h>

#include "backend/windows/pool.h"
#include "base/list.h"
#include "base/scope.h"
#include "check.h"

static const char whole[] =
	"{\"version\": 1, \"whole\": true, \"key\": \"0123456789abcdef0123456789abcdef\", \"group\": \"cordon-accounts\","
	" \"group_sid\": \"S-1-5-21-1-2-3-1000\", \"users\": [\"S-1-5-21-1-2-3-1001\"], \"accounts\": ["
	"{\"kind\": \"closed\", \"gate_port\": 0, \"name\": \"cordon-0\", \"sid\": \"S-1-5-21-1-2-3-1002\","
	" \"profile\": \"C:\\\\Users\\\\cordon-0\"},"
	"{\"kind\": \"gated\", \"gate_port\": 31007, \"name\": \"cordon-1\", \"sid\": \"\", \"profile\": \"\"}],"
	" \"steps\": [\"group\", \"account 0\"]}";

static void read_fine(const char *bytes, struct pool *pool)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!pool_read(bytes, strlen(bytes), pool, &err))
		fail_msg("%s", err.text);
}

static void pool__reads_what_it_wrote(void **state)
{
	(void)state;
	CORDON_ON_EXIT(pool_free) struct pool first = { 0 };
	CORDON_ON_EXIT(pool_free) struct pool second = { 0 };
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	read_fine(whole, &first);
	assert_true(pool_write(&first, &text, &err));
	read_fine(text_str(&text), &second);
	assert_true(second.is_whole);
	assert_string_equal(second.key, "0123456789abcdef0123456789abcdef");
	assert_int_equal(second.account_count, 2);
	assert_int_equal(second.accounts[1].kind, POOL_GATED);
	assert_int_equal(second.accounts[1].gate_port, 31007);
	assert_string_equal(second.accounts[0].profile, "C:\\Users\\cordon-0");
	assert_string_equal(second.users[0], "S-1-5-21-1-2-3-1001");
	assert_string_equal(second.steps[1], "account 0");
}

/* Nothing is guessed from a record that is cut, has other fields, or says what setup never says. */
static void pool__refuses_what_is_damaged(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to;
	} changes[] = {
		{ "\"version\": 1", "\"version\": 2" },
		{ "\"closed\"", "\"closing\"" },
		{ "\"gate_port\": 31007", "\"gate_port\": 0" },
		{ "\"gate_port\": 0,", "\"gate_port\": 7," },
		{ "\"gate_port\": 31007", "\"gate_port\": 70000" },
		{ "0123456789abcdef0", "0123456789ABCDEF0" },
		{ "\"key\": \"0", "\"key\": \"" },
		{ "\"whole\"", "\"more\": 1, \"whole\"" },
		{ "\"cordon-0\"", "\"\"" },
		{ "\"steps\": [", "\"steps\": [1, " },
		{ "\"group\", \"account 0\"]", "\"group\"" },
	};
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		CORDON_ON_EXIT(pool_free) struct pool pool = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		const char *at = strstr(whole, changes[i].from);
		assert_non_null(at);
		text_add_bytes(&text, whole, (size_t)(at - whole));
		text_add(&text, changes[i].to);
		text_add(&text, at + strlen(changes[i].from));
		if (pool_read(text_str(&text), text.length, &pool, &err))
			fail_msg("%s was taken", changes[i].to);
		assert_non_null(strstr(err.text, "cordon setup"));
	}
	for (size_t length = 0; length < sizeof whole - 1; length++) {
		CORDON_ON_EXIT(pool_free) struct pool pool = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		assert_false(pool_read(whole, length, &pool, &err));
	}
}

/* -- whose folder it is -------------------------------------------------------------------------------------------- */

struct builder {
	uint8_t bytes[512];
	size_t length;
};

static void put(struct builder *to, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to->bytes[to->length++] = (uint8_t)(value >> 8 * i);
}

enum who { SYSTEM, ADMINISTRATORS, USERS, SOMEBODY };

static void put_sid(struct builder *to, enum who who)
{
	static const uint32_t numbers[][2] = {
		[SYSTEM] = { 18 }, [ADMINISTRATORS] = { 32, 544 }, [USERS] = { 32, 545 }, [SOMEBODY] = { 21, 1001 }
	};
	put(to, 1 | (who == SYSTEM ? 1u : 2u) << 8, 2);
	put(to, 0, 4);
	put(to, 5 << 8, 2);
	put(to, numbers[who][0], 4);
	if (who != SYSTEM)
		put(to, numbers[who][1], 4);
}

struct grant {
	unsigned type;
	uint32_t rights;
	enum who who;
};

/* A descriptor of that owner, protected or not, with full control for the administrators and then the grant. */
static struct builder descriptor(enum who owner, bool is_protected, bool has_list, struct grant grant)
{
	struct builder to = { .length = 20 };
	size_t owner_at = to.length, list_at;
	put_sid(&to, owner);
	list_at = to.length;
	put(&to, 2, 4);
	put(&to, 2, 4);
	for (int i = 0; i < 2; i++) {
		const struct grant administrators = { 0, 0x1f01ff, ADMINISTRATORS };
		const struct grant *which = i ? &grant : &administrators;
		size_t at = to.length;
		put(&to, which->type | 3 << 8, 4);
		put(&to, which->rights, 4);
		put_sid(&to, which->who);
		to.bytes[at + 2] = (uint8_t)(to.length - at);
	}
	to.bytes[list_at + 2] = (uint8_t)(to.length - list_at);
	struct builder header = { 0 };
	put(&header, 1, 2);
	put(&header, 0x8000u | (has_list ? 4u : 0) | (is_protected ? 0x1000u : 0), 2);
	put(&header, (uint32_t)owner_at, 4);
	put(&header, 0, 8);
	put(&header, has_list ? (uint32_t)list_at : 0, 4);
	memcpy(to.bytes, header.bytes, 20);
	return to;
}

/* Anybody may make a folder in %ProgramData%: one that another user made, or may write in, would name accounts of his. */
static void pool__believes_no_folder_of_somebody_elses(void **state)
{
	(void)state;
	static const struct {
		enum who owner;
		bool is_protected, has_list;
		struct grant grant;
		bool is_ours;
	} cases[] = {
		{ ADMINISTRATORS, true, true, { 0, 0x1200a9, SOMEBODY }, true },
		{ SYSTEM, true, true, { 0, 0x1f01ff, SYSTEM }, true },
		{ ADMINISTRATORS, true, true, { 1, 0x1f01ff, USERS }, true },
		{ SOMEBODY, true, true, { 0, 0x1200a9, SOMEBODY }, false },
		{ USERS, true, true, { 0, 0x1200a9, USERS }, false },
		{ ADMINISTRATORS, false, true, { 0, 0x1200a9, SOMEBODY }, false },
		{ ADMINISTRATORS, true, false, { 0, 0x1200a9, SOMEBODY }, false },
		{ ADMINISTRATORS, true, true, { 0, 0x1200a9 | 0x2, SOMEBODY }, false },
		{ ADMINISTRATORS, true, true, { 0, 0x1200a9 | 0x40, USERS }, false },
		{ ADMINISTRATORS, true, true, { 0, 0x40000, SOMEBODY }, false },
		{ ADMINISTRATORS, true, true, { 0, 0x10000000, SOMEBODY }, false },
		{ ADMINISTRATORS, true, true, { 9, 0x1200a9, SOMEBODY }, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct builder made = descriptor(cases[i].owner, cases[i].is_protected, cases[i].has_list,
						 cases[i].grant);
		if (pool_is_protected(made.bytes, made.length) != cases[i].is_ours)
			fail_msg("case %zu", i);
		for (size_t length = 0; length < 20; length++)
			assert_false(pool_is_protected(made.bytes, length));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pool__reads_what_it_wrote),
		cmocka_unit_test(pool__refuses_what_is_damaged),
		cmocka_unit_test(pool__believes_no_folder_of_somebody_elses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <string.h>

#include "base/list.h"
#include "check.h"
#include "network/socks.h"

#define BYTES(text) (text), sizeof(text) - 1

static void socks__hears_which_methods_there_are(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t length;
		enum reading reading;
		bool is_open, has_password;
	} cases[] = {
		{ BYTES("\5\1\0"), READING_DONE, true, false },   { BYTES("\5\2\2\0"), READING_DONE, true, true },
		{ BYTES("\5\1\2"), READING_DONE, false, true },   { BYTES("\5\1\1"), READING_DONE, false, false },
		{ BYTES("\5\0"), READING_BAD, false, false },     { BYTES("\4\1\0\x50"), READING_BAD, false, false },
		{ BYTES("\5"), READING_MORE, false, false },      { BYTES("\5\3\0\1"), READING_MORE, false, false },
		{ BYTES("\5\1\0\2"), READING_DONE, true, false }, { BYTES(""), READING_MORE, false, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t used = 0;
		struct socks_methods methods = { false, false };
		enum reading reading = socks_read_greeting((const uint8_t *)cases[i].bytes, cases[i].length, &used,
							   &methods);
		if (reading != cases[i].reading || methods.is_open != cases[i].is_open ||
		    methods.has_password != cases[i].has_password)
			fail_msg("case %zu", i);
	}
}

/* Lengths are what they say: a password is not longer than was sent, and not what another request begins with. */
static void socks__hears_a_password(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t length;
		enum reading reading;
		size_t used;
		const char *user, *password;
	} cases[] = {
		{ BYTES("\1\2ab\3xyz"), READING_DONE, 8, "ab", "xyz" },
		{ BYTES("\1\2ab\3xyz\5\1\0"), READING_DONE, 8, "ab", "xyz" },
		{ BYTES("\1\2ab\3xy"), READING_MORE, 0, NULL, NULL },
		{ BYTES("\1\2ab"), READING_MORE, 0, NULL, NULL },
		{ BYTES("\1\2a"), READING_MORE, 0, NULL, NULL },
		{ BYTES("\1"), READING_MORE, 0, NULL, NULL },
		{ BYTES("\1\0\1x"), READING_BAD, 0, NULL, NULL },
		{ BYTES("\1\1x\0"), READING_BAD, 0, NULL, NULL },
		{ BYTES("\5\1x\1y"), READING_BAD, 0, NULL, NULL },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t used = 0;
		struct socks_password said;
		enum reading reading = socks_read_password((const uint8_t *)cases[i].bytes, cases[i].length, &used,
							   &said);
		if (reading != cases[i].reading || used != cases[i].used)
			fail_msg("case %zu", i);
		if (reading != READING_DONE)
			continue;
		assert_int_equal(said.user_length, strlen(cases[i].user));
		assert_memory_equal(said.user, cases[i].user, said.user_length);
		assert_int_equal(said.password_length, strlen(cases[i].password));
		assert_memory_equal(said.password, cases[i].password, said.password_length);
	}
}

/* The name that is decided about is the name that is dialled: with a NUL in it, it is none (CVE-class of 2025). */
static void socks__has_one_strict_reading(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t length;
		enum reading reading;
		enum socks_reply reply;
		const char *shown;
	} cases[] = {
		{ BYTES("\5\1\0\3\x09"
			"a.example\1\xbb"),
		  READING_DONE, SOCKS_FINE, "a.example:443" },
		{ BYTES("\5\1\0\1\x7f\0\0\1\0\x50"), READING_DONE, SOCKS_FINE, "127.0.0.1:80" },
		{ BYTES("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\x50"), READING_DONE, SOCKS_FINE, "[::1]:80" },
		{ BYTES("\5\1\0\3\x09"
			"127.0.0.1\0\x50"),
		  READING_DONE, SOCKS_FINE, "127.0.0.1:80" },
		{ BYTES("\5\1\0\3\x17"
			"evil.test\0.good.example\0\x50"),
		  READING_DONE, SOCKS_REFUSED, NULL },
		{ BYTES("\5\1\0\3\x0a"
			"a.example\0\1\xbb"),
		  READING_DONE, SOCKS_REFUSED, NULL },
		{ BYTES("\5\1\0\3\x0a"
			"a.example.\1\xbb"),
		  READING_DONE, SOCKS_REFUSED, NULL },
		{ BYTES("\5\1\0\3\0\1\xbb"), READING_DONE, SOCKS_REFUSED, NULL },
		{ BYTES("\5\1\0\3\5"
			"127.1\1\xbb"),
		  READING_DONE, SOCKS_REFUSED, NULL },
		{ BYTES("\5\1\0\3\3::1\1\xbb"), READING_DONE, SOCKS_REFUSED, NULL },
		{ BYTES("\5\1\0\3\x09"
			"a.example\0\0"),
		  READING_DONE, SOCKS_REFUSED, NULL },
		{ BYTES("\5\2\0\3\x09"
			"a.example\1\xbb"),
		  READING_DONE, SOCKS_NO_SUCH_COMMAND, NULL },
		{ BYTES("\5\3\0\1\0\0\0\0\0\0"), READING_DONE, SOCKS_NO_SUCH_COMMAND, NULL },
		{ BYTES("\5\1\0\2\0\0\0\0\0\0"), READING_DONE, SOCKS_NO_SUCH_ADDRESS, NULL },
		{ BYTES("\5\1\1\1\0\0\0\0\0\0"), READING_BAD, 0, NULL },
		{ BYTES("\4\1\0\x50\x7f\0\0\1"), READING_BAD, 0, NULL },
		{ BYTES("\5\1\0\3\xff"
			"short"),
		  READING_MORE, 0, NULL },
		{ BYTES("\5\1\0"), READING_MORE, 0, NULL },
		{ BYTES(""), READING_MORE, 0, NULL },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t used = 0;
		struct target target;
		enum socks_reply reply;
		char shown[HOST_TEXT_SIZE];
		enum reading reading = socks_read_request((const uint8_t *)cases[i].bytes, cases[i].length, &used,
							  &target, &reply);
		if (reading != cases[i].reading)
			fail_msg("case %zu", i);
		if (reading != READING_DONE)
			continue;
		if (reply != cases[i].reply)
			fail_msg("case %zu: reply %d", i, reply);
		if (reply == SOCKS_FINE)
			assert_string_equal(host_show(&target.host, target.port, shown), cases[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(socks__hears_which_methods_there_are),
		cmocka_unit_test(socks__hears_a_password),
		cmocka_unit_test(socks__has_one_strict_reading),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

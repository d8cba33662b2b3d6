#include <string.h>

#include "base/list.h"
#include "check.h"
#include "network/dns.h"

#define HEAD "\x12\x34\x01\x00\0\x01\0\0\0\0\0\0"
#define HEAD_EDNS "\x12\x34\x01\x20\0\x01\0\0\0\0\0\x01"
#define NAME "\7Allowed\7example\0"
#define ASK "\0\x01\0\x01"
#define EDNS "\0\0\x29\x04\xd0\0\0\0\0\0\0"
#define BYTES(text) (text), sizeof(text) - 1

static void dns__reads_plain_questions_and_no_others(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t length;
		int code;         /* -1: no answer at all */
		const char *name; /* of a host; NULL: of none */
	} cases[] = {
		{ BYTES(HEAD NAME ASK), DNS_FINE, "allowed.example" },
		{ BYTES(HEAD_EDNS NAME ASK EDNS), DNS_FINE, "allowed.example" },
		{ BYTES("\x12\x34\x01\x00\0\x01\0\0\0\0\0\x01" NAME ASK "\0\0\x29\x04\xd0\0\0\0\0\0\x02xy"), DNS_FINE,
		  "allowed.example" },
		{ BYTES(HEAD "\1a\0" ASK), DNS_FINE, "a" },
		{ BYTES(HEAD "\0" ASK), DNS_FINE, NULL }, /* the root */
		{ BYTES(HEAD "\7allowed\x10"
			     "example\0.evil.ex\0" ASK),
		  DNS_FINE, NULL }, /* a NUL in a label */
		{ BYTES(HEAD "\x0f"
			     "allowed.example\0" ASK),
		  DNS_FINE, NULL }, /* a dot in a label */
		{ BYTES(HEAD "\1\\\1b\0" ASK), DNS_FINE, NULL },
		{ BYTES(HEAD "\3"
			     "127\1"
			     "1\0" ASK),
		  DNS_FINE, NULL },
		{ BYTES(HEAD "\xc0\x0c" ASK), DNS_MALFORMED, NULL }, /* a pointer to itself */
		{ BYTES(HEAD "\1a\xc0\x0c" ASK), DNS_MALFORMED, NULL },
		{ BYTES(HEAD "\x41"
			     "a\0" ASK),
		  DNS_MALFORMED, NULL },
		{ BYTES(HEAD "\7allowed"), DNS_MALFORMED, NULL },
		{ BYTES(HEAD NAME "\0\x01\0"), DNS_MALFORMED, "allowed.example" },
		{ BYTES(HEAD NAME "\0\x01\0\x03"), DNS_REFUSED, "allowed.example" }, /* CHAOS */
		{ BYTES(HEAD NAME ASK "x"), DNS_MALFORMED, "allowed.example" },
		{ BYTES(HEAD_EDNS NAME ASK), DNS_MALFORMED, "allowed.example" },
		{ BYTES(HEAD_EDNS NAME ASK EDNS "x"), DNS_MALFORMED, "allowed.example" },
		{ BYTES(HEAD), DNS_MALFORMED, NULL },
		{ BYTES("\x12\x34\x01\0\0\x02\0\0\0\0\0\0" NAME ASK NAME ASK), DNS_MALFORMED, NULL },
		{ BYTES("\x12\x34\x01\0\0\0\0\0\0\0\0\0"), DNS_MALFORMED, NULL },
		{ BYTES("\x12\x34\x01\0\0\x01\0\x01\0\0\0\0" NAME ASK), DNS_MALFORMED, "allowed.example" },
		{ BYTES("\x12\x34\x28\0\0\x01\0\0\0\0\0\0" NAME ASK), DNS_NOT_IMPLEMENTED, NULL }, /* UPDATE */
		{ BYTES("\x12\x34\x81\x80\0\x01\0\0\0\0\0\0" NAME ASK), -1, NULL },                /* an answer */
		{ BYTES("\x12\x34"), -1, NULL },
		{ BYTES(""), -1, NULL },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct dns_query query = { 0 };
		bool is_read = dns_read_query((const uint8_t *)cases[i].bytes, cases[i].length, &query);
		if (is_read != (cases[i].code >= 0) || (is_read && query.code != (enum dns_code)cases[i].code))
			fail_msg("case %zu: code %d", i, is_read ? (int)query.code : -1);
		if (!is_read)
			continue;
		if (query.is_host != (cases[i].name != NULL))
			fail_msg("case %zu: '%s'", i, query.host.name);
		if (query.is_host)
			assert_string_equal(query.host.name, cases[i].name);
		uint8_t answer[DNS_MESSAGE_SIZE];
		size_t length = dns_write_answer((const uint8_t *)cases[i].bytes, &query, DNS_NO_SUCH_NAME, NULL, 0,
						 answer);
		assert_in_range(length, 12, DNS_MESSAGE_SIZE);
		assert_memory_equal(answer, cases[i].bytes, 2);
		int code = query.code == DNS_FINE ? DNS_NO_SUCH_NAME : (int)query.code;
		assert_int_equal(answer[3] & 0xf, code);
	}
}

/* Resolvers that mix upper and lower case to be sure who answers (0x20) find their own spelling again. */
static void dns__answers_to_the_question_as_it_was_written(void **state)
{
	(void)state;
	static const char asked[] = HEAD NAME ASK;
	static const char expected[] = "\x12\x34\x81\x80\0\x01\0\x02\0\0\0\0" NAME ASK
				       "\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc6\x12\1\0"
				       "\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc6\x12\1\1";
	const struct address addresses[] = { { 4, { 198, 18, 1, 0 } }, { 4, { 198, 18, 1, 1 } } };
	struct dns_query query;
	uint8_t answer[DNS_MESSAGE_SIZE];
	assert_true(dns_read_query((const uint8_t *)asked, sizeof asked - 1, &query));
	size_t length = dns_write_answer((const uint8_t *)asked, &query, DNS_FINE, addresses, 2, answer);
	assert_int_equal(length, sizeof expected - 1);
	assert_memory_equal(answer, expected, length);
}

/* However many addresses there are, the answer has its size. */
static void dns__answers_never_outgrow_their_room(void **state)
{
	(void)state;
	static const char asked[] = HEAD NAME "\0\x1c\0\x01";
	struct address addresses[64] = { 0 };
	for (size_t i = 0; i < COUNT_OF(addresses); i++)
		addresses[i].length = 16;
	struct dns_query query;
	uint8_t answer[DNS_MESSAGE_SIZE];
	assert_true(dns_read_query((const uint8_t *)asked, sizeof asked - 1, &query));
	size_t length = dns_write_answer((const uint8_t *)asked, &query, DNS_FINE, addresses, COUNT_OF(addresses),
					 answer);
	assert_in_range(length, 400, DNS_MESSAGE_SIZE);
	assert_int_equal((length - (sizeof asked - 1)) / 28, answer[7]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dns__reads_plain_questions_and_no_others),
		cmocka_unit_test(dns__answers_to_the_question_as_it_was_written),
		cmocka_unit_test(dns__answers_never_outgrow_their_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

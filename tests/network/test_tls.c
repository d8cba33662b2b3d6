#include <string.h>

#include "base/list.h"
#include "check.h"
#include "network/tls.h"

struct made {
	uint8_t bytes[2048];
	size_t length;
};

static void put(struct made *made, const void *bytes, size_t length)
{
	memcpy(made->bytes + made->length, bytes, length);
	made->length += length;
}

static void put_number(struct made *made, size_t number, int size)
{
	while (size-- > 0)
		made->bytes[made->length++] = (uint8_t)(number >> size * 8);
}

static void put_name(struct made *made, const char *name, size_t length)
{
	put_number(made, 0, 2);
	put_number(made, length + 5, 2);
	put_number(made, length + 3, 2);
	put_number(made, 0, 1);
	put_number(made, length, 2);
	put(made, name, length);
}

/* A ClientHello with these extensions, in records of at most `piece` bytes. */
static struct made hello_of(const struct made *extensions, size_t piece)
{
	struct made message = { 0 }, body = { 0 }, records = { 0 };
	put_number(&body, 0x0303, 2);
	body.length += 32;
	put_number(&body, 0, 1);
	put_number(&body, 2, 2);
	put_number(&body, 0x1301, 2);
	put_number(&body, 0x0100, 2);
	put_number(&body, extensions->length, 2);
	put(&body, extensions->bytes, extensions->length);
	put_number(&message, 1, 1);
	put_number(&message, body.length, 3);
	put(&message, body.bytes, body.length);
	for (size_t at = 0; at < message.length; at += piece) {
		size_t part = message.length - at < piece ? message.length - at : piece;
		put_number(&records, 22, 1);
		put_number(&records, 0x0301, 2);
		put_number(&records, part, 2);
		put(&records, message.bytes + at, part);
	}
	return records;
}

/* However the hello is cut, in records and in segments, the same name is read, and only when all of it is there. */
static void tls__finds_the_name_however_the_hello_is_cut(void **state)
{
	(void)state;
	struct made extensions = { 0 };
	put_number(&extensions, 0x0a0a, 2);
	put_number(&extensions, 0, 2);
	put_name(&extensions, "Allowed.Example", 15);
	put_number(&extensions, 0xfe0d, 2); /* what browsers send always */
	put_number(&extensions, 4, 2);
	put_number(&extensions, 0, 4);
	static const size_t pieces[] = { 2000, 100, 7, 1 };
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		struct made made = hello_of(&extensions, pieces[i]);
		struct tls_hello hello = { 0 };
		for (size_t length = 0; length < made.length; length++)
			if (tls_read_hello(made.bytes, length, &hello) != READING_MORE)
				fail_msg("pieces of %zu, %zu bytes", pieces[i], length);
		assert_int_equal(tls_read_hello(made.bytes, made.length, &hello), READING_DONE);
		assert_true(hello.has_name);
		assert_string_equal(hello.host.name, "allowed.example");
	}
}

static void tls__takes_no_hello_with_two_meanings(void **state)
{
	(void)state;
	static const struct {
		const char *names[2];
		size_t length;
		unsigned other; /* a further extension */
		enum reading reading;
	} cases[] = {
		{ { "a.example", NULL }, 9, 0, READING_DONE },
		{ { NULL, NULL }, 0, 0x1234, READING_DONE },
		{ { "a.example", "b.example" }, 9, 0, READING_BAD },
		{ { "a.example\0.b", NULL }, 12, 0, READING_BAD },
		{ { "a.example.", NULL }, 10, 0, READING_BAD },
		{ { "127.0.0.1", NULL }, 9, 0, READING_BAD },
		{ { "", NULL }, 0, 0, READING_BAD },
		{ { "a.example", NULL }, 9, 0xffce, READING_BAD }, /* ESNI */
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct made extensions = { 0 };
		for (int j = 0; j < 2 && cases[i].names[j]; j++)
			put_name(&extensions, cases[i].names[j], cases[i].length);
		put_number(&extensions, cases[i].other ? cases[i].other : 0x0017, 2);
		put_number(&extensions, 0, 2);
		struct made made = hello_of(&extensions, 2000);
		struct tls_hello hello = { 0 };
		if (tls_read_hello(made.bytes, made.length, &hello) != cases[i].reading)
			fail_msg("case %zu", i);
		if (cases[i].reading == READING_DONE && hello.has_name != (cases[i].names[0] != NULL))
			fail_msg("case %zu: name", i);
	}
}

/* Lengths that do not add up, anywhere. */
static void tls__takes_no_broken_hello(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint8_t value;
	} breaks[] = {
		{ 0, 23 },    { 1, 2 },     { 3, 0x7f },  { 5, 2 },     { 6, 0xff },  { 8, 0x01 },
		{ 8, 0xff },  { 43, 33 },   { 43, 255 },  { 44, 0xff }, { 48, 0xff }, { 50, 0xff },
		{ 51, 0x20 }, { 55, 0xff }, { 57, 0xff }, { 58, 1 },    { 60, 0xff },
	};
	struct made extensions = { 0 };
	put_name(&extensions, "a.example", 9);
	for (size_t i = 0; i < COUNT_OF(breaks); i++) {
		struct made made = hello_of(&extensions, 2000);
		struct tls_hello hello = { 0 };
		made.bytes[breaks[i].at] = breaks[i].value;
		if (tls_read_hello(made.bytes, made.length, &hello) == READING_DONE)
			fail_msg("byte %zu as %u", breaks[i].at, breaks[i].value);
	}
	struct made made = hello_of(&extensions, 2000);
	struct tls_hello hello = { 0 };
	assert_int_equal(tls_read_hello(made.bytes, made.length, &hello), READING_DONE);
	/* more in the record than the hello */
	made.bytes[4]++;
	made.length++;
	assert_int_equal(tls_read_hello(made.bytes, made.length, &hello), READING_BAD);
	assert_int_equal(tls_read_hello((const uint8_t *)"GET / HTTP/1.1", 14, &hello), READING_BAD);
	assert_int_equal(tls_read_hello((const uint8_t *)"\x16\x03\x01\0\0", 5, &hello), READING_BAD);
	assert_int_equal(tls_begins((const uint8_t *)"G", 1), READING_BAD);
	assert_int_equal(tls_begins((const uint8_t *)"\x16", 1), READING_DONE);
	assert_int_equal(tls_begins((const uint8_t *)"", 0), READING_MORE);
	/* an alert in front, which Go's server passes over */
	assert_int_equal(tls_begins((const uint8_t *)"\x15", 1), READING_MORE);
	assert_int_equal(tls_begins((const uint8_t *)"\x15\x03", 2), READING_DONE);
	assert_int_equal(tls_begins((const uint8_t *)"\x15\x00", 2), READING_BAD);
	assert_int_equal(tls_read_hello((const uint8_t *)"\x15\x03\x01\0\2\1\x5a", 7, &hello), READING_BAD);
}

/* What never becomes whole is given up. */
static void tls__waits_for_a_bounded_time(void **state)
{
	(void)state;
	static uint8_t bytes[TLS_HELLO_SIZE];
	struct tls_hello hello;
	for (size_t at = 0; at + 6 <= sizeof bytes; at += 6)
		memcpy(bytes + at, at == 0 ? "\x16\x03\x01\0\1\1" : "\x16\x03\x01\0\1\0", 6);
	assert_int_equal(tls_read_hello(bytes, sizeof bytes, &hello), READING_BAD);
	memcpy(bytes, "\x16\x03\x01\x40\0\1\0\x4f\x00\x03\x03", 11);
	assert_int_equal(tls_read_hello(bytes, 11, &hello), READING_MORE);
	memcpy(bytes, "\x16\x03\x01\x40\0\1\x01\x00\x00\x03\x03", 11);
	assert_int_equal(tls_read_hello(bytes, 11, &hello), READING_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls__finds_the_name_however_the_hello_is_cut),
		cmocka_unit_test(tls__takes_no_hello_with_two_meanings),
		cmocka_unit_test(tls__takes_no_broken_hello),
		cmocka_unit_test(tls__waits_for_a_bounded_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdio.h>
#include <string.h>

#include "base/host.h"
#include "base/list.h"
#include "check.h"

/* Every address has one spelling here, and each spelling that some resolver reads is refused, not guessed at. */
static void address__has_one_strict_reading(void **state)
{
	(void)state;
	static const struct {
		const char *text, *shown; /* NULL: refused */
	} cases[] = {
		{ "127.0.0.1", "127.0.0.1" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "0:0:0:0:0:0:0:1", "::1" },
		{ "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "::ffff:127.0.0.1", "::ffff:7f00:1" },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
		{ "1::8", "1::8" },
		{ "", NULL },
		{ "127.1", NULL },
		{ "127.0.1", NULL },
		{ "2130706433", NULL },
		{ "0x7f000001", NULL },
		{ "0x7f.0.0.1", NULL },
		{ "0177.0.0.1", NULL },
		{ "127.0.0.01", NULL },
		{ "127.0.0.256", NULL },
		{ "127.0.0.1.", NULL },
		{ "127.0.0.1 ", NULL },
		{ " 127.0.0.1", NULL },
		{ "127.0.0.1.1", NULL },
		{ "127..0.1", NULL },
		{ "+127.0.0.1", NULL },
		{ "::1%lo", NULL },
		{ "fe80::1%25eth0", NULL },
		{ "[::1]", NULL },
		{ ":::", NULL },
		{ ":", NULL },
		{ "::1::", NULL },
		{ "1:2:3:4:5:6:7", NULL },
		{ "1:2:3:4:5:6:7:8:9", NULL },
		{ "1:2:3:4:5:6:7:8::", NULL },
		{ "::12345", NULL },
		{ "::1.2.3", NULL },
		{ "::1.2.3.4.5", NULL },
		{ "::0127.0.0.1", NULL },
		{ "1.2.3.4::", NULL },
		{ "::g", NULL },
		{ "1:2:3:4:5:6:7:1.2.3.4", NULL },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct address address;
		char shown[ADDRESS_TEXT_SIZE];
		bool is_read = address_read(cases[i].text, strlen(cases[i].text), &address);
		if (is_read != (cases[i].shown != NULL))
			fail_msg("'%s' is%s read", cases[i].text, is_read ? "" : " not");
		if (is_read)
			assert_string_equal(address_show(&address, shown), cases[i].shown);
	}
	struct address address;
	assert_false(address_read("127.0.0.1\0", 10, &address));
	assert_false(address_read("::1\0", 4, &address));
}

/* What is shown is read again as the same. */
static void address__survives_being_shown(void **state)
{
	(void)state;
	unsigned seed = 1;
	for (int round = 0; round < 20000; round++) {
		struct address address = { .length = round % 2 ? 16 : 4 }, again;
		for (int i = 0; i < address.length; i++) {
			seed = seed * 1103515245 + 12345;
			address.bytes[i] = seed & 0x40000 ? 0 : (uint8_t)(seed >> 20);
		}
		char shown[ADDRESS_TEXT_SIZE];
		address_show(&address, shown);
		assert_true(address_read(shown, strlen(shown), &again));
		assert_true(address_equals(&address, &again));
	}
}

static void address__shares_leading_bits(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		unsigned bits;
		bool shares;
	} cases[] = {
		{ "10.0.0.0", "10.255.0.1", 8, true },    { "10.0.0.0", "11.0.0.0", 8, false },
		{ "172.16.0.0", "172.31.9.9", 12, true }, { "172.16.0.0", "172.32.0.0", 12, false },
		{ "1.2.3.4", "1.2.3.4", 32, true },       { "1.2.3.4", "1.2.3.5", 32, false },
		{ "1.2.3.4", "9.9.9.9", 0, true },        { "1.2.3.4", "::", 0, false },
		{ "1.2.3.4", "1.2.3.4", 33, false },      { "fe80::", "febf::1", 10, true },
		{ "fe80::", "fec0::1", 10, false },       { "::1", "::1", 128, true },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct address a, b;
		assert_true(address_read(cases[i].a, strlen(cases[i].a), &a));
		assert_true(address_read(cases[i].b, strlen(cases[i].b), &b));
		if (address_shares(&a, &b, cases[i].bits) != cases[i].shares)
			fail_msg("%s %s /%u", cases[i].a, cases[i].b, cases[i].bits);
	}
}

/* A name that a resolver would cut, fold or read as a number is none. */
static void name__has_one_strict_reading(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t length; /* 0: strlen */
		const char *name;
	} cases[] = {
		{ "Registry.Example.ORG", 0, "registry.example.org" },
		{ "localhost", 0, "localhost" },
		{ "_dmarc.example.org", 0, "_dmarc.example.org" },
		{ "xn--mller-kva.example", 0, "xn--mller-kva.example" },
		{ "a.b.c.d.e.f", 0, "a.b.c.d.e.f" },
		{ "1.2.3.4.example", 0, "1.2.3.4.example" },
		{ "", 0, NULL },
		{ "allowed.example\0.evil.example", 29, NULL },
		{ "allowed.example\0", 16, NULL },
		{ "allowed.example.", 0, NULL },
		{ ".allowed.example", 0, NULL },
		{ "allowed..example", 0, NULL },
		{ "allowed.example%00", 0, NULL },
		{ "allowed.example\r\nx", 0, NULL },
		{ "allowed.example ", 0, NULL },
		{ "allowed.example:443", 0, NULL },
		{ "allowed@evil.example", 0, NULL },
		{ "allowed/evil.example", 0, NULL },
		{ "m\xc3\xbcller.example", 0, NULL },
		{ "allowed\xe3\x80\x82"
		  "example",
		  0, NULL }, /* the ideographic full stop is a dot to IDNA 2003 */
		{ "-a.example", 0, NULL },
		{ "a-.example", 0, NULL },
		{ "127.0.0.1", 0, NULL },
		{ "127.1", 0, NULL },
		{ "2130706433", 0, NULL },
		{ "0x7f.1", 0, NULL },
		{ "0x7f000001", 0, NULL },
		{ "0X7F000001", 0, NULL },
		{ "a.0x", 0, NULL },
		{ "a.1", 0, NULL },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b", 0, NULL },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char name[HOST_NAME_SIZE];
		size_t length = cases[i].length ? cases[i].length : strlen(cases[i].text);
		bool is_read = host_read_name(cases[i].text, length, name);
		if (is_read != (cases[i].name != NULL))
			fail_msg("'%s' is%s read", cases[i].text, is_read ? "" : " not");
		if (is_read)
			assert_string_equal(name, cases[i].name);
	}
	char long_name[300], name[HOST_NAME_SIZE];
	for (size_t i = 0; i < sizeof long_name; i++)
		long_name[i] = i % 2 ? '.' : 'a';
	assert_true(host_read_name(long_name, 253, name));
	assert_false(host_read_name(long_name, 255, name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address__has_one_strict_reading),
		cmocka_unit_test(address__survives_being_shown),
		cmocka_unit_test(address__shares_leading_bits),
		cmocka_unit_test(name__has_one_strict_reading),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policy/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "check.h"

struct quantity {
	const char *text;
	uint64_t value; /* 0: refused */
};

static void check(const char *(*read)(const char *, uint64_t *), const struct quantity *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = 0;
		const char *why = read(cases[i].text, &value);
		if ((why == NULL) != (cases[i].value != 0) || value != cases[i].value)
			fail_msg("'%s': %llu (%s)", cases[i].text, (unsigned long long)value, why ? why : "good");
	}
}

/* Nonsense and overflow are errors: a limit that wraps round to nothing is no limit. */
static void value__reads_units_and_refuses_the_rest(void **state)
{
	(void)state;
	static const struct quantity sizes[] = {
		{ "1", 1 },
		{ "4096", 4096 },
		{ "1KiB", 1024 },
		{ "512MiB", 536870912 },
		{ "4GiB", 4294967296 },
		{ "2TiB", 2199023255552 },
		{ "9223372036854775807", 9223372036854775807u },
		{ "8388607TiB", 9223370937343148032u },
		{ "", 0 },
		{ "0", 0 },
		{ "0GiB", 0 },
		{ "GiB", 0 },
		{ "-1", 0 },
		{ "+1", 0 },
		{ " 1", 0 },
		{ "1 GiB", 0 },
		{ "4GB", 0 },
		{ "4G", 0 },
		{ "4gib", 0 },
		{ "4GiBs", 0 },
		{ "1.5GiB", 0 },
		{ "1e9", 0 },
		{ "0x10", 0 },
		{ "75%", 0 },
		{ "9223372036854775808", 0 },
		{ "8388608TiB", 0 },
		{ "16777216TiB", 0 },
		{ "18446744073709551616", 0 },
		{ "99999999999999999999999999", 0 },
	};
	static const struct quantity shares[] = { { "1%", 1 },   { "75%", 75 }, { "100%", 100 }, { "0%", 0 },
						  { "101%", 0 }, { "75", 0 },   { "7.5%", 0 },   { "%", 0 } };
	static const struct quantity durations[] = {
		{ "500ms", 500 }, { "90s", 90000 }, { "10m", 600000 },    { "2h", 7200000 },
		{ "10", 0 },      { "0s", 0 },      { "s", 0 },           { "1h30m", 0 },
		{ "1d", 0 },      { "-1s", 0 },     { "2562047788h", 0 }, { "18446744073709551615ms", 0 },
	};
	static const struct quantity processors[] = {
		{ "1", 1000 },           { "2", 2000 }, { "0.5", 500 }, { "1.25", 1250 }, { "0.001", 1 },
		{ "100000", 100000000 }, { "0", 0 },    { "0.0", 0 },   { ".5", 0 },      { "1.", 0 },
		{ "0.0005", 0 },         { "1e3", 0 },  { "-1", 0 },    { "100001", 0 },  { "1,5", 0 },
	};
	static const struct quantity counts[] = { { "1", 1 },   { "4096", 4096 },    { "2147483647", 2147483647 },
						  { "0", 0 },   { "2147483648", 0 }, { "1.0", 0 },
						  { "1e3", 0 }, { "", 0 },           { "many", 0 } };
	check(value_read_size, sizes, sizeof sizes / sizeof *sizes);
	check(value_read_share, shares, sizeof shares / sizeof *shares);
	check(value_read_duration, durations, sizeof durations / sizeof *durations);
	check(value_read_processors, processors, sizeof processors / sizeof *processors);
	check(value_read_count, counts, sizeof counts / sizeof *counts);
}

static void value__ports_are_1_to_65535(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "0", "65536", "080", "-1", "80 ", "http", "99999999999999999999" };
	uint16_t port;
	assert_null(value_read_port("1", &port));
	assert_int_equal(port, 1);
	assert_null(value_read_port("65535", &port));
	assert_int_equal(port, 65535);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_non_null(value_read_port(bad[i], &port));
}

/* A host has one meaning: what a resolver or another parser could read differently is refused. */
static void host__has_one_spelling(void **state)
{
	(void)state;
	static const struct {
		const char *text, *host;
		uint16_t port;
	} good[] = {
		{ "registry.example.org", "registry.example.org", 0 },
		{ "registry.example.org:443", "registry.example.org", 443 },
		{ "Registry.EXAMPLE.org:443", "registry.example.org", 443 },
		{ "*.example.net", "*.example.net", 0 },
		{ "*.net:80", "*.net", 80 },
		{ "localhost:5432", "localhost", 5432 },
		{ "xn--mller-kva.example", "xn--mller-kva.example", 0 },
		{ "XN--Mller-KVA.Example", "xn--mller-kva.example", 0 },
		{ "m\xc3\xbcller.Example:443", "xn--mller-kva.example", 443 },
		{ "*.m\xc3\xbcller.example", "*.xn--mller-kva.example", 0 },
		{ "r3---sn-4g5e.example", "r3---sn-4g5e.example", 0 },
		{ "my_host", "my_host", 0 },
		{ "3com.com", "3com.com", 0 },
		{ "127.0.0.1", "127.0.0.1", 0 },
		{ "10.0.0.255:8080", "10.0.0.255", 8080 },
		{ "[::1]:443", "::1", 443 },
		{ "[::]", "::", 0 },
		{ "[0:0:0:0:0:0:0:1]", "::1", 0 },
		{ "[2001:DB8:0:0:1:0:0:1]", "2001:db8::1:0:0:1", 0 },
		{ "[2001:db8:0:1:1:1:1:1]", "2001:db8:0:1:1:1:1:1", 0 },
		{ "[1:2:3:4:5:6:7::]", "1:2:3:4:5:6:7:0", 0 },
		{ "[::ffff:10.0.0.1]:1", "::ffff:a00:1", 1 },
		{ "[fe80::]", "fe80::", 0 },
		{ "10.0.0.0/8", "10.0.0.0/8", 0 },
		{ "10.1.2.3/32:80", "10.1.2.3", 80 },
		{ "0.0.0.0/0", "0.0.0.0/0", 0 },
		{ "[FD00::]/8:443", "fd00::/8", 443 },
		{ "[::1]/128", "::1", 0 },
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		CORDON_ON_EXIT(free_text) char *host = NULL;
		char fault[IDNA_WHY_SIZE];
		uint16_t port = 1;
		const char *why = value_read_host(good[i].text, &host, &port, fault);
		if (why || strcmp(host, good[i].host) != 0 || port != good[i].port)
			fail_msg("%s: %s:%d %s", good[i].text, host ? host : "", port, why ? why : "");
	}
	static const char *const bad[] = {
		"",
		":443",
		"a:",
		"a:0",
		"a:65536",
		"a:+1",
		"a:b",
		"a b",
		".",
		"a.",
		".a",
		"a..b",
		"-a.b",
		"a-.b",
		"*",
		"*:443",
		"**.a",
		"*.*.a",
		"a.*",
		"a*.b",
		"*a.b",
		"*.",
		"*.127.0.0.1",
		"*.1",
		"M\xc3\xbcller.example",
		"m\xc3\xbcller..example",
		"m\xc3\xbcller.*",
		"http://m\xc3\xbcller.example",
		"xn--zzzz---.example",
		"http://a",
		"https://a/b",
		"a/b",
		"a.b@c",
		"a%00.b",
		"127.1",
		"127.0.0.01",
		"127.0.0.256",
		"1.2.3.4.5",
		"2130706433",
		"0x7f000001",
		"0x7f.1",
		"a.0x7f",
		"10.0.0.0/33",
		"10.0.0.0/",
		"10.0.0.0/08",
		"10.0.0.0/+8",
		"10.0.0.0/8/8",
		"10.0.0.1/8",
		"10.0.0.0:80/8",
		"[fd00::/8]",
		"[fd00::]/129",
		"[fd00::1]/8",
		"a.example/8",
		"*.example/8",
		"*.0.0.0.0/8",
		"::1",
		"2001:db8::1:443",
		"[::1",
		"[::1]443",
		"[::1]:",
		"[::1%eth0]",
		"[1:2:3]",
		"[1:2:3:4:5:6:7:8:9]",
		"[1::2::3]",
		"[:::]",
		"[12345::]",
		"[::1.2.3]",
		"[127.0.0.1]",
		"[]",
		"[a.b]",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *host = NULL, fault[IDNA_WHY_SIZE];
		uint16_t port;
		if (!value_read_host(bad[i], &host, &port, fault))
			fail_msg("accepted: '%s' as '%s'", bad[i], host);
	}
}

static void host__wildcard_covers_names_below_it(void **state)
{
	(void)state;
	assert_true(host_covers("a.b", "a.b"));
	assert_true(host_covers("*.b", "a.b"));
	assert_true(host_covers("*.b", "x.a.b"));
	assert_true(host_covers("*.b", "*.a.b"));
	assert_true(host_covers("10.0.0.0/8", "10.1.2.3"));
	assert_true(host_covers("10.0.0.0/8", "10.1.0.0/16"));
	assert_true(host_covers("fd00::/8", "fd12::1"));
	assert_false(host_covers("10.1.0.0/16", "10.0.0.0/8"));
	assert_false(host_covers("10.0.0.0/8", "11.0.0.0/8"));
	assert_false(host_covers("10.1.2.3", "10.0.0.0/8"));
	assert_false(host_covers("0.0.0.0/0", "::1"));
	assert_false(host_covers("0.0.0.0/0", "a.b"));
	assert_false(host_covers("*.b", "b"));
	assert_false(host_covers("*.b", "ab"));
	assert_false(host_covers("*.a.b", "*.b"));
	assert_false(host_covers("a.b", "*.b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value__reads_units_and_refuses_the_rest),
		cmocka_unit_test(value__ports_are_1_to_65535),
		cmocka_unit_test(host__has_one_spelling),
		cmocka_unit_test(host__wildcard_covers_names_below_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

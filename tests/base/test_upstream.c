#include <string.h>

#include "base/list.h"
#include "base/upstream.h"
#include "check.h"

static void upstream__reads_what_all_read_alike(void **state)
{
	(void)state;
	static const struct {
		const char *url, *name, *credentials;
		uint16_t port;
	} cases[] = {
		{ "http://proxy.corp.test:3128", "proxy.corp.test", "", 3128 },
		{ "HTTP://Proxy.Corp.Test:8080/", "proxy.corp.test", "", 8080 },
		{ "proxy:80", "proxy", "", 80 },
		{ "http://192.0.2.7:3128", "", "", 3128 },
		{ "http://[2001:db8::7]:3128/", "", "", 3128 },
		{ "http://me:secret@proxy:3128", "proxy", "bWU6c2VjcmV0", 3128 },
		{ "http://me@proxy:3128", "proxy", "bWU6", 3128 },
		{ "http://me:p%40ss%3aword@proxy:3128", "proxy", "bWU6cEBzczp3b3Jk", 3128 },
		{ "http://me:p@ss@proxy:3128", "proxy", "bWU6cEBzcw==", 3128 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct upstream upstream;
		const char *why = upstream_read(cases[i].url, &upstream);
		if (why || strcmp(upstream.name, cases[i].name) != 0 || upstream.port != cases[i].port ||
		    strcmp(upstream.credentials, cases[i].credentials) != 0 ||
		    (upstream.address.length == 0) == (cases[i].name[0] == '\0'))
			fail_msg("%s: %s", cases[i].url, why ? why : "read otherwise");
	}
}

/* A line end in a password would be a header of the attacker's. */
static void upstream__refuses_what_can_be_read_in_two_ways(void **state)
{
	(void)state;
	static const char *const urls[] = {
		"",
		"http://",
		"http://proxy",
		"http://[::1]",
		"http://proxy:0",
		"http://proxy:65536",
		"http://proxy:3128/path",
		"https://proxy:3128",
		"socks5h://proxy:1080",
		"http://0x7f.1:3128",
		"http://127.1:3128",
		"http://::1:3128",
		"http://pro xy:3128",
		"http://me:a%0d%0ab@proxy:3128",
		"http://me:%zz@proxy:3128",
		"http://a%3ab:c@proxy:3128",
	};
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		struct upstream upstream;
		if (!upstream_read(urls[i], &upstream))
			fail_msg("%s is read", urls[i]);
	}
}

static void upstream__knows_who_does_without(void **state)
{
	(void)state;
	static const char list[] =
		"internal.test, .corp.test,*.lab.test 10.0.0.0/8,192.0.2.1,[2001:db8::1]:443,only.test:8443";
	static const struct {
		const char *host;
		uint16_t port;
		bool is_bypassed;
	} cases[] = {
		{ "internal.test", 443, true },     { "a.internal.test", 443, true }, { "xinternal.test", 443, false },
		{ "corp.test", 80, true },          { "b.corp.test", 80, true },      { "a.lab.test", 80, true },
		{ "10.200.3.4", 80, true },         { "11.0.0.1", 80, false },        { "192.0.2.1", 80, true },
		{ "192.0.2.10", 80, false },        { "2001:db8::1", 443, true },     { "2001:db8::1", 80, false },
		{ "only.test", 8443, true },        { "only.test", 443, false },      { "test", 443, false },
		{ "internal.test.evil", 1, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct address address = { .length = 0 };
		const char *name = address_read(cases[i].host, strlen(cases[i].host), &address) ? "" : cases[i].host;
		if (upstream_is_bypassed(list, name, &address, cases[i].port) != cases[i].is_bypassed)
			fail_msg("%s:%u", cases[i].host, cases[i].port);
	}
	const struct address none = { .length = 0 };
	assert_true(upstream_is_bypassed("*", "any.test", &none, 1));
	assert_false(upstream_is_bypassed("", "any.test", &none, 1));
	assert_false(upstream_is_bypassed(" , ,.,*.", "any.test", &none, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(upstream__reads_what_all_read_alike),
		cmocka_unit_test(upstream__refuses_what_can_be_read_in_two_ways),
		cmocka_unit_test(upstream__knows_who_does_without),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"
#include "network/rules.h"

/* "allow…", or with '-' in front deny; ":PORT" behind a '|'. */
static void add(struct network_rules *rules, const char *const *texts)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	for (; *texts; texts++) {
		char pattern[HOST_TEXT_SIZE];
		const char *text = *texts + (**texts == '-'), *bar = strchr(text, '|');
		size_t length = bar ? (size_t)(bar - text) : strlen(text);
		memcpy(pattern, text, length);
		pattern[length] = '\0';
		uint16_t port = bar ? (uint16_t)strtoul(bar + 1, NULL, 10) : 0;
		if (!rules_add(rules, pattern, port, **texts == '-', &err))
			fail_msg("%s: %s", *texts, err.text);
	}
}

static struct host host_of(const char *text)
{
	struct host host = { 0 };
	if (!address_read(text, strlen(text), &host.address))
		assert_true(host_read_name(text, strlen(text), host.name));
	return host;
}

#define RULES(...) \
	{ \
		__VA_ARGS__, NULL \
	}

static void rules__decide_by_name_and_port(void **state)
{
	(void)state;
	static const struct {
		const char *rules[5];
		const char *host;
		uint16_t port;
		enum answer answer;
	} cases[] = {
		{ { NULL }, "a.example", 443, ANSWER_UNNAMED }, /* an empty list allows nothing */
		{ { NULL }, "127.0.0.1", 443, ANSWER_UNNAMED },
		{ RULES("-x.example"), "a.example", 443, ANSWER_UNNAMED }, /* nor does one that only denies */
		{ RULES("a.example"), "a.example", 443, ANSWER_ALLOWED },
		{ RULES("a.example"), "a.example", 0, ANSWER_UNNAMED },
		{ RULES("a.example"), "b.a.example", 443, ANSWER_UNNAMED },
		{ RULES("a.example"), "xa.example", 443, ANSWER_UNNAMED },
		{ RULES("a.example"), "a.example.evil", 443, ANSWER_UNNAMED },
		{ RULES("a.example|443"), "a.example", 443, ANSWER_ALLOWED },
		{ RULES("a.example|443"), "a.example", 80, ANSWER_UNNAMED },
		{ RULES("*.example"), "a.example", 443, ANSWER_ALLOWED },
		{ RULES("*.example"), "b.a.example", 443, ANSWER_ALLOWED },
		{ RULES("*.example"), "example", 443, ANSWER_UNNAMED },
		{ RULES("*.example"), "aexample", 443, ANSWER_UNNAMED },
		{ RULES("*.example", "-*.a.example"), "b.a.example", 443, ANSWER_DENIED },
		{ RULES("*.example", "-*.a.example"), "a.example", 443, ANSWER_ALLOWED },
		{ RULES("a.example", "-a.example"), "a.example", 443, ANSWER_DENIED },
		{ RULES("-a.example|25", "a.example"), "a.example", 25, ANSWER_DENIED },
		{ RULES("-a.example|25", "a.example"), "a.example", 443, ANSWER_ALLOWED },
		{ RULES("10.1.2.3|80"), "10.1.2.3", 80, ANSWER_ALLOWED },
		{ RULES("10.1.2.3|80"), "10.1.2.4", 80, ANSWER_UNNAMED },
		{ RULES("10.1.2.3|80"), "::ffff:10.1.2.3", 80, ANSWER_UNNAMED },
		{ RULES("10.0.0.0/8"), "10.1.2.3", 80, ANSWER_ALLOWED },
		{ RULES("10.0.0.0/8", "-10.1.0.0/16"), "10.1.2.3", 80, ANSWER_DENIED },
		{ RULES("10.0.0.0/8"), "11.1.2.3", 80, ANSWER_UNNAMED },
		{ RULES("fd00::/8"), "fd12::1", 80, ANSWER_ALLOWED },
		{ RULES("2001:db8::1"), "2001:db8::1", 80, ANSWER_ALLOWED },
		/* the machine itself and its keys are opened by no range */
		{ RULES("0.0.0.0/0"), "8.8.8.8", 80, ANSWER_ALLOWED },
		{ RULES("0.0.0.0/0"), "127.0.0.1", 80, ANSWER_UNNAMED },
		{ RULES("127.0.0.0/8"), "127.0.0.1", 80, ANSWER_UNNAMED },
		{ RULES("169.254.0.0/16"), "169.254.169.254", 80, ANSWER_UNNAMED },
		{ RULES("169.254.169.254"), "169.254.169.254", 80, ANSWER_ALLOWED },
		{ RULES("::/0"), "::1", 80, ANSWER_UNNAMED },
		{ RULES("::/0"), "::ffff:127.0.0.1", 80, ANSWER_UNNAMED },
		{ RULES("::/0"), "64:ff9b::7f00:1", 80, ANSWER_UNNAMED },
		/* names and addresses never stand for one another */
		{ RULES("a.example"), "93.184.215.14", 80, ANSWER_UNNAMED },
		{ RULES("0.0.0.0/0"), "a.example", 80, ANSWER_UNNAMED },
		/* localhost is the loopback of the host, on the ports that are named */
		{ RULES("localhost|5432"), "localhost", 5432, ANSWER_ALLOWED },
		{ RULES("localhost|5432"), "127.0.0.1", 5432, ANSWER_ALLOWED },
		{ RULES("localhost|5432"), "::1", 5432, ANSWER_ALLOWED },
		{ RULES("localhost|5432"), "127.0.0.1", 5433, ANSWER_UNNAMED },
		{ RULES("localhost|5432"), "127.0.0.2", 5432, ANSWER_UNNAMED },
		{ RULES("localhost|5432"), "a.localhost", 5432, ANSWER_UNNAMED },
		{ RULES("*.localhost"), "127.0.0.1", 5432, ANSWER_UNNAMED },
		{ RULES("localhost", "-localhost|22"), "127.0.0.1", 22, ANSWER_DENIED },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(rules_free) struct network_rules rules = { 0 };
		struct host host = host_of(cases[i].host);
		add(&rules, cases[i].rules);
		if (rules_decide(&rules, &host, cases[i].port).answer != cases[i].answer)
			fail_msg("case %zu: %s:%u", i, cases[i].host, cases[i].port);
	}
}

/* An allowed name whose DNS is the attacker's leads anywhere: only to public addresses, or to what is named itself. */
static void rules__judge_where_a_name_leads(void **state)
{
	(void)state;
	static const char *const own[] = { "93.184.215.99", "2600::99" };
	static const struct {
		const char *rules[4];
		const char *address;
		enum answer answer;
		enum reach reach;
	} cases[] = {
		{ RULES("a.example"), "93.184.215.14", ANSWER_ALLOWED, REACH_GLOBAL },
		{ RULES("a.example"), "2600::1", ANSWER_ALLOWED, REACH_GLOBAL },
		{ RULES("a.example"), "127.0.0.1", ANSWER_PLACE, REACH_LOOPBACK },
		{ RULES("a.example"), "127.255.1.2", ANSWER_PLACE, REACH_LOOPBACK },
		{ RULES("a.example"), "::1", ANSWER_PLACE, REACH_LOOPBACK },
		{ RULES("a.example"), "0.0.0.0", ANSWER_PLACE, REACH_RESERVED },
		{ RULES("a.example"), "0.1.2.3", ANSWER_PLACE, REACH_RESERVED },
		{ RULES("a.example"), "::", ANSWER_PLACE, REACH_RESERVED },
		{ RULES("a.example"), "10.1.2.3", ANSWER_PLACE, REACH_PRIVATE },
		{ RULES("a.example"), "172.16.0.1", ANSWER_PLACE, REACH_PRIVATE },
		{ RULES("a.example"), "172.32.0.1", ANSWER_ALLOWED, REACH_GLOBAL },
		{ RULES("a.example"), "192.168.1.1", ANSWER_PLACE, REACH_PRIVATE },
		{ RULES("a.example"), "100.64.0.1", ANSWER_PLACE, REACH_PRIVATE },
		{ RULES("a.example"), "fd00::1", ANSWER_PLACE, REACH_PRIVATE },
		{ RULES("a.example"), "fec0::1", ANSWER_PLACE, REACH_PRIVATE },
		{ RULES("a.example"), "169.254.1.1", ANSWER_PLACE, REACH_LINK_LOCAL },
		{ RULES("a.example"), "fe80::1", ANSWER_PLACE, REACH_LINK_LOCAL },
		{ RULES("a.example"), "169.254.169.254", ANSWER_PLACE, REACH_METADATA },
		{ RULES("a.example"), "fd00:ec2::254", ANSWER_PLACE, REACH_METADATA },
		{ RULES("a.example"), "100.100.100.200", ANSWER_PLACE, REACH_METADATA },
		{ RULES("a.example"), "169.254.170.23", ANSWER_PLACE, REACH_METADATA },
		{ RULES("169.254.0.0/16"), "169.254.42.42", ANSWER_PLACE, REACH_METADATA },
		{ RULES("fc00::/7"), "fd00:ec2::23", ANSWER_PLACE, REACH_METADATA },
		{ RULES("fc00::/7"), "fd00:a9fe:a9fe::1", ANSWER_PLACE, REACH_METADATA },
		{ RULES("fc00::/7"), "fd20:ce::254", ANSWER_PLACE, REACH_METADATA },
		{ RULES("fe80::/10"), "fe80::a9fe:a9fe", ANSWER_PLACE, REACH_METADATA },
		{ RULES("a.example"), "224.0.0.1", ANSWER_PLACE, REACH_MULTICAST },
		{ RULES("a.example"), "ff02::1", ANSWER_PLACE, REACH_MULTICAST },
		{ RULES("a.example"), "255.255.255.255", ANSWER_PLACE, REACH_RESERVED },
		{ RULES("a.example"), "198.18.0.1", ANSWER_PLACE, REACH_RESERVED },
		{ RULES("a.example"), "::ffff:127.0.0.1", ANSWER_PLACE, REACH_TUNNEL },
		{ RULES("a.example"), "::ffff:93.184.215.14", ANSWER_PLACE, REACH_TUNNEL },
		{ RULES("a.example"), "::ffff:0:127.0.0.1", ANSWER_PLACE, REACH_TUNNEL },
		{ RULES("a.example"), "::127.0.0.1", ANSWER_PLACE, REACH_TUNNEL },
		{ RULES("a.example"), "64:ff9b::127.0.0.1", ANSWER_PLACE, REACH_TUNNEL },
		{ RULES("a.example"), "64:ff9b:1::127.0.0.1", ANSWER_PLACE, REACH_TUNNEL },
		{ RULES("a.example"), "2002:7f00:1::", ANSWER_PLACE, REACH_TUNNEL },
		{ RULES("a.example"), "2001::7f00:1", ANSWER_PLACE, REACH_TUNNEL },
		{ RULES("a.example"), "2001:db8::1", ANSWER_PLACE, REACH_RESERVED },
		{ RULES("a.example"), "4000::1", ANSWER_PLACE, REACH_RESERVED },
		/* this machine under its own name */
		{ RULES("a.example"), "93.184.215.99", ANSWER_PLACE, REACH_LOOPBACK },
		{ RULES("a.example"), "2600::99", ANSWER_PLACE, REACH_LOOPBACK },
		/* named itself */
		{ RULES("a.example", "10.0.0.0/8"), "10.1.2.3", ANSWER_ALLOWED, REACH_GLOBAL },
		{ RULES("a.example", "127.0.0.1|80"), "127.0.0.1", ANSWER_ALLOWED, REACH_GLOBAL },
		/* this machine in a range: named itself or not at all */
		{ RULES("a.example", "93.184.0.0/16"), "93.184.215.99", ANSWER_PLACE, REACH_LOOPBACK },
		{ RULES("a.example", "93.184.0.0/16"), "93.184.215.98", ANSWER_ALLOWED, REACH_GLOBAL },
		{ RULES("93.184.0.0/16", "93.184.215.99|80"), "93.184.215.99", ANSWER_ALLOWED, REACH_GLOBAL },
		{ RULES("93.184.0.0/16", "93.184.215.99|81"), "93.184.215.99", ANSWER_PLACE, REACH_LOOPBACK },
		{ RULES("2600::/16"), "2600::99", ANSWER_PLACE, REACH_LOOPBACK },
		{ RULES("a.example", "127.0.0.1|81"), "127.0.0.1", ANSWER_PLACE, REACH_LOOPBACK },
		{ RULES("a.example", "93.184.215.99"), "93.184.215.99", ANSWER_ALLOWED, REACH_GLOBAL },
		/* and a denied range is denied to names as well */
		{ RULES("a.example", "-93.184.0.0/16"), "93.184.215.14", ANSWER_DENIED, REACH_GLOBAL },
	};
	struct address mine[2];
	for (size_t i = 0; i < COUNT_OF(own); i++)
		assert_true(address_read(own[i], strlen(own[i]), &mine[i]));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(rules_free) struct network_rules rules = { 0 };
		struct host host = host_of(cases[i].address);
		add(&rules, cases[i].rules);
		struct decision decision = rules_decide_resolved(&rules, &host.address, 80, mine, COUNT_OF(mine));
		if (decision.answer != cases[i].answer || decision.reach != cases[i].reach)
			fail_msg("case %zu: %s is %s", i, cases[i].address, reach_name(decision.reach));
	}
}

static void rules__name_only_what_some_port_opens(void **state)
{
	(void)state;
	static const struct {
		const char *rules[4];
		const char *name;
		bool may;
	} cases[] = {
		{ { NULL }, "a.example", false },
		{ RULES("a.example|443"), "a.example", true },
		{ RULES("a.example|443", "-a.example|25"), "a.example", true },
		{ RULES("a.example|443", "-*.example"), "a.example", false },
		{ RULES("*.example"), "secret.payload.example", true },
		{ RULES("10.0.0.0/8"), "a.example", false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(rules_free) struct network_rules rules = { 0 };
		struct host host = host_of(cases[i].name);
		add(&rules, cases[i].rules);
		if (rules_may_name(&rules, &host) != cases[i].may)
			fail_msg("case %zu: %s", i, cases[i].name);
	}
}

static void rules__take_no_pattern_that_is_none(void **state)
{
	(void)state;
	static const char *const bad[] = { "",      "*",         "*.",          "a.*",    "*.*.a",       "a/8",
					   "*.a/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/+8", "10.0.0.0/8/8",
					   "0x7f.1" };
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		CORDON_ON_EXIT(rules_free) struct network_rules rules = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		if (rules_add(&rules, bad[i], 0, false, &err))
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(rules.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules__decide_by_name_and_port),
		cmocka_unit_test(rules__judge_where_a_name_leads),
		cmocka_unit_test(rules__name_only_what_some_port_opens),
		cmocka_unit_test(rules__take_no_pattern_that_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Network, limits, environment and accept: what the layers come to. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "policy_host.h"

/* What each layer says, NULL: nothing. */
struct layers {
	const char *preset, *user, *policy, *managed, *project;
};

static struct policy *policy_of(enum target target, const struct layers *layers)
{
	struct policy *policy = policy_new(target);
	assert_non_null(policy);
	const char *texts[] = {
		[LAYER_PRESET] = layers->preset,   [LAYER_USER] = layers->user,
		[LAYER_POLICY] = layers->policy,   [LAYER_FLAGS] = NULL,
		[LAYER_MANAGED] = layers->managed, [LAYER_PROJECT] = layers->project,
	};
	for (int layer = 0; layer <= LAYER_PROJECT; layer++)
		if (texts[layer])
			host_say(policy, (enum layer)layer, texts[layer]);
	return policy;
}

struct flag {
	const char *key, *name, *value;
};

#define OFF "{ 'network': { 'mode': 'off' } }"
#define OPEN "{ 'network': { 'mode': 'open' } }"

struct network_case {
	struct layers layers;
	struct flag flags[3];
	const char *hosts; /* "mode: host:port …", or the error's words after "!" */
};

static void describe(const struct policy *policy, struct text *text)
{
	static const char *const modes[] = { "off", "filtered", "open" };
	size_t count;
	text_addf(text, "%s:", modes[policy_network_mode(policy, NULL)]);
	const struct host_rule *hosts = policy_allowed_hosts(policy, &count);
	for (size_t i = 0; i < count; i++)
		text_addf(text, " %s:%d", hosts[i].pattern, hosts[i].port);
	hosts = policy_denied_hosts(policy, &count);
	for (size_t i = 0; i < count; i++)
		text_addf(text, " -%s", hosts[i].pattern);
	const uint16_t *ports = policy_listen_ports(policy, &count);
	for (size_t i = 0; i < count; i++)
		text_addf(text, " <%d", ports[i]);
}

/* Empty is never "any", a bound never widens, and a flag that changes nothing says so. */
static void network__comes_to_what_every_layer_allows(void **state)
{
	(void)state;
	static const struct network_case cases[] = {
		{ { 0 }, { { 0 } }, "off:" },
		{ { .preset = OFF }, { { 0 } }, "off:" },
		{ { .preset = OFF, .user = OPEN }, { { 0 } }, "open:" },
		{ { .preset = OPEN, .user = OFF }, { { 0 } }, "off:" },
		{ { .preset = OFF }, { { "network.mode", NULL, "filtered" } }, "filtered:" },
		/* allowing a host opens the filter for it */
		{ { .preset = OFF }, { { "network.allow", NULL, "a.b:1" } }, "filtered: a.b:1" },
		{ { .preset = OFF, .user = "{ 'network': { 'allow': ['a.b'] } }" }, { { 0 } }, "filtered: a.b:0" },
		{ { .preset = OFF, .user = "{ 'network': { 'allow': ['a.b'] } }" },
		  { { "network.mode", NULL, "off" } },
		  "off:" },
		{ { .preset = OFF, .user = "{ 'network': { 'allow': ['a.b'] } }" },
		  { { "network.mode", NULL, "open" } },
		  "open:" },
		{ { .user = "{ 'network': { 'mode': 'off', 'allow': ['a.b'] } }" },
		  { { 0 } },
		  "!while the network is off" },
		{ { .user = "{ 'network': { 'mode': 'open', 'allow': ['a.b'] } }" }, { { 0 } }, "!network is open" },
		{ { .preset = OPEN }, { { "network.allow", NULL, "a.b" } }, "!network is open" },
		{ { .preset = OPEN },
		  { { "network.mode", NULL, "off" }, { "network.allow", NULL, "a.b" } },
		  "!while the network is off" },
		/* lists add up, and denying wins */
		{ { .user = "{ 'network': { 'mode': 'filtered', 'allow': ['a.b'], 'deny': ['x.y'] } }",
		    .policy = "{ 'network': { 'allow': ['*.c:2'], 'listen': [1, 2] } }" },
		  { { "network.deny", NULL, "z.y" } },
		  "filtered: a.b:0 *.c:2 -x.y -z.y <1 <2" },
		{ { .preset = OPEN, .project = "{ 'network': { 'deny': ['x.y'] } }" },
		  { { 0 } },
		  "!cannot deny 'x.y'" },
		{ { .preset = OFF, .project = "{ 'network': { 'deny': ['x.y'] } }" }, { { 0 } }, "off:" },
		/* bounds */
		{ { .preset = OPEN, .managed = OFF }, { { 0 } }, "off:" },
		{ { .preset = OFF, .managed = OPEN }, { { 0 } }, "off:" },
		{ { .preset = OPEN, .managed = "{ 'network': { 'mode': 'filtered' } }" }, { { 0 } }, "filtered:" },
		{ { .preset = OPEN, .managed = "{ 'network': { 'mode': 'filtered', 'allow': ['a.b'] } }" },
		  { { 0 } },
		  "filtered: a.b:0" },
		{ { .user = "{ 'network': { 'mode': 'filtered', 'allow': ['x.a.b', '*.b:2', 'c.d', 'e.f:1'] } }",
		    .managed = "{ 'network': { 'allow': ['*.a.b:1', 'e.f:2'] } }" },
		  { { 0 } },
		  "filtered: x.a.b:1" },
		{ { .user = "{ 'network': { 'mode': 'filtered', 'allow': ['*.b:2'] } }",
		    .managed = "{ 'network': { 'allow': ['*.a.b', 'c.b:2'] } }" },
		  { { 0 } },
		  "filtered: *.a.b:2 c.b:2" },
		{ { .user = "{ 'network': { 'mode': 'filtered', 'allow': ['a.b'] } }",
		    .managed = "{ 'network': { 'allow': [] } }" },
		  { { 0 } },
		  "filtered:" },
		{ { .user = "{ 'network': { 'listen': [1, 2] } }", .managed = "{ 'network': { 'listen': [2, 3] } }" },
		  { { 0 } },
		  "off: <2" },
		{ { .managed = OFF }, { { "network.mode", NULL, "open" } }, "!managed:1 does not allow it" },
		{ { .managed = "{\n'network': { 'allow': ['c.d'] } }" },
		  { { "network.mode", NULL, "filtered" }, { "network.allow", NULL, "a.b" } },
		  "!a.b has no effect: managed:2" },
		{ { .project = "{ 'network': { 'deny': ['*.b'] } }" },
		  { { "network.mode", NULL, "filtered" }, { "network.allow", NULL, "a.b" } },
		  "!a.b has no effect: project:1" },
		{ { .project = "{ 'network': { 'deny': ['a.b:80'] } }" },
		  { { "network.mode", NULL, "filtered" }, { "network.allow", NULL, "a.b:443" } },
		  "filtered: a.b:443 -a.b" },
		{ { .managed = "{ 'network': { 'listen': [] } }" },
		  { { "network.listen", NULL, "80" } },
		  "!the port has no effect: managed:1" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_of(TARGET_LINUX, &cases[i].layers);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		for (const struct flag *flag = cases[i].flags; flag->key; flag++)
			assert_true(policy_set(policy, "--flag", flag->key, flag->name, flag->value, &err));
		if (host_resolve(policy, facts, &err))
			describe(policy, &text);
		else
			text_addf(&text, "!%s", err.text);
		bool is_error = cases[i].hosts[0] == '!';
		if (is_error ? text_str(&text)[0] != '!' || !strstr(text_str(&text), cases[i].hosts + 1)
			     : strcmp(text_str(&text), cases[i].hosts) != 0)
			fail_msg("case %zu: %s; wanted %s", i, text_str(&text), cases[i].hosts);
	}
}

static void limit__last_of_the_grant_smallest_of_the_bounds(void **state)
{
	(void)state;
	static const struct {
		struct layers layers;
		const char *flag;
		uint64_t value; /* 0: an error */
		enum layer layer;
	} cases[] = {
		{ { .preset = "{ 'limits': { 'memory': '75%' } }" }, NULL, 6442450875, LAYER_PRESET },
		{ { .preset = "{ 'limits': { 'memory': '75%' } }", .user = "{ 'limits': { 'memory': 1000 } }" },
		  NULL,
		  1000,
		  LAYER_USER },
		{ { .user = "{ 'limits': { 'memory': 1000 } }", .policy = "{ 'limits': { 'memory': 2000 } }" },
		  NULL,
		  2000,
		  LAYER_POLICY },
		{ { .user = "{ 'limits': { 'memory': 1000 } }" }, "3000", 3000, LAYER_FLAGS },
		{ { .user = "{ 'limits': { 'memory': 1000 } }" }, "50%", 4294967250, LAYER_FLAGS },
		{ { .user = "{ 'limits': { 'memory': 1000 } }", .project = "{ 'limits': { 'memory': 500 } }" },
		  NULL,
		  500,
		  LAYER_PROJECT },
		{ { .user = "{ 'limits': { 'memory': 1000 } }", .project = "{ 'limits': { 'memory': '1GiB' } }" },
		  NULL,
		  1000,
		  LAYER_USER },
		{ { .managed = "{ 'limits': { 'memory': 700 } }", .project = "{ 'limits': { 'memory': 500 } }" },
		  NULL,
		  500,
		  LAYER_PROJECT },
		{ { .managed = "{ 'limits': { 'memory': 700 } }" }, "700", 700, LAYER_FLAGS },
		{ { .managed = "{ 'limits': { 'memory': 700 } }" }, "701", 0, LAYER_FLAGS },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_of(TARGET_LINUX, &cases[i].layers);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		struct cordon_error err = CORDON_ERROR_INIT;
		if (cases[i].flag)
			assert_true(policy_set(policy, "--memory", "limits.memory", NULL, cases[i].flag, &err));
		bool is_fine = host_resolve(policy, facts, &err);
		assert_true(is_fine == (cases[i].value != 0));
		struct limit_setting limit = policy_limit(policy, LIMIT_MEMORY);
		if (is_fine && (limit.value != cases[i].value || limit.origin.layer != cases[i].layer))
			fail_msg("case %zu: %llu by %s", i, (unsigned long long)limit.value,
				 layer_name(limit.origin.layer));
		if (!is_fine)
			host_expect(&err, CORDON_BAD_USAGE, "managed:1");
		assert_false(policy_limit(policy, LIMIT_DISK).is_set);
	}
}

/* A share of an unknown amount is no limit. */
static void limit__share_needs_the_machines_memory(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	facts->memory = 0;
	host_say(policy, LAYER_PRESET, "{ 'limits': { 'memory': '75%' } }");
	assert_false(host_resolve(policy, facts, &err));
	host_expect(&err, CORDON_BAD_POLICY, "not known");
}

static void accept__is_limited_by_a_bound(void **state)
{
	(void)state;
	static const struct {
		struct layers layers;
		const char *flag;
		int level; /* of net.off; 0: an error */
	} cases[] = {
		{ { 0 }, NULL, LEVEL_ENFORCED },
		{ { .user = "{ 'accept': ['net.off'] }" }, NULL, LEVEL_PARTIAL },
		{ { .user = "{ 'accept': ['net.off=partial'] }" }, "net.off=absent", LEVEL_ABSENT },
		{ { .user = "{ 'accept': ['net.off=absent', 'net.off'] }" }, NULL, LEVEL_ABSENT },
		{ { .user = "{ 'accept': ['net.dns=absent'] }" }, NULL, LEVEL_ENFORCED },
		{ { .user = "{ 'accept': ['net.off=absent'] }", .managed = "{ 'accept': [] }" }, NULL, LEVEL_ENFORCED },
		{ { .user = "{ 'accept': ['net.off=absent'] }", .managed = "{ 'accept': ['net.off'] }" },
		  NULL,
		  LEVEL_PARTIAL },
		{ { .managed = "{ 'accept': ['net.off=absent'] }" }, NULL, LEVEL_ENFORCED },
		{ { .managed = "{ 'accept': ['net.off'] }" }, "net.off", LEVEL_PARTIAL },
		{ { .managed = "{ 'accept': ['net.off'] }" }, "net.off=absent", 0 },
		{ { .managed = "{ 'accept': [] }" }, "net.off", 0 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_of(TARGET_LINUX, &cases[i].layers);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		struct cordon_error err = CORDON_ERROR_INIT;
		if (cases[i].flag)
			assert_true(policy_set(policy, "--accept", "accept", NULL, cases[i].flag, &err));
		bool is_fine = host_resolve(policy, facts, &err);
		if (is_fine != (cases[i].level != 0) ||
		    (is_fine && (int)policy_accepted(policy, GUARANTEE_NET_OFF) != cases[i].level))
			fail_msg("case %zu: %d %s", i, policy_accepted(policy, GUARANTEE_NET_OFF), err.text);
	}
}

/* -- environment ------------------------------------------------------------------------------------------------ */

static const char *const outside[] = {
	"PATH=/bin",  "HOME=/home/u", "NPM_TOKEN=s1", "MY_TOKEN_FILE=x", "LD_PRELOAD=/evil.so", "CI=0", "EMPTY=",
	"PATH=/evil", "=odd",         "noequals",     "A=b=c",
};

static void set_outside(struct facts *facts, const char *const *entries, size_t count)
{
	facts->environment = calloc(count + 1, sizeof *facts->environment);
	assert_non_null(facts->environment);
	for (size_t i = 0; i < count; i++)
		facts->environment[i] = strdup(entries[i]);
}

#define STRICT_PRESET "{ 'environment': { 'inherit': 'all', 'remove': ['*_TOKEN', 'LD_*'] } }"

static void environment__inherit_minus_remove_plus_set(void **state)
{
	(void)state;
	static const struct {
		struct layers layers;
		struct flag flags[2];
		const char *wanted[10]; /* or an error's words after "!" */
	} cases[] = {
		{ { 0 }, { { 0 } }, { NULL } },
		{ { .preset = "{ 'environment': { 'inherit': 'all' } }" },
		  { { 0 } },
		  { "PATH=/bin", "HOME=/home/u", "NPM_TOKEN=s1", "MY_TOKEN_FILE=x", "LD_PRELOAD=/evil.so", "CI=0",
		    "EMPTY=", "A=b=c" } },
		{ { .preset = STRICT_PRESET },
		  { { 0 } },
		  { "PATH=/bin", "HOME=/home/u", "MY_TOKEN_FILE=x", "CI=0", "EMPTY=", "A=b=c" } },
		/* a list replaces "all", and does not let in again what an earlier layer removes… */
		{ { .preset = STRICT_PRESET, .user = "{ 'environment': { 'inherit': ['P*', 'NPM_*'] } }" },
		  { { 0 } },
		  { "PATH=/bin" } },
		{ { .preset = STRICT_PRESET, .user = "{ 'environment': { 'inherit': 'all' } }" },
		  { { 0 } },
		  { "PATH=/bin", "HOME=/home/u", "MY_TOKEN_FILE=x", "CI=0", "EMPTY=", "A=b=c" } },
		{ { .preset = STRICT_PRESET, .user = "{ 'environment': { 'inherit': [] } }" }, { { 0 } }, { NULL } },
		/* …unless it names it in full */
		{ { .preset = STRICT_PRESET, .user = "{ 'environment': { 'inherit': ['NPM_TOKEN'] } }" },
		  { { 0 } },
		  { "NPM_TOKEN=s1" } },
		{ { .preset = STRICT_PRESET,
		    .user = "{ 'environment': { 'inherit': ['NPM_TOKEN'] } }",
		    .policy = "{ 'environment': { 'remove': ['NPM_TOKEN'] } }" },
		  { { 0 } },
		  { NULL } },
		{ { .preset = STRICT_PRESET, .user = "{ 'environment': { 'inherit': ['CI'] } }" },
		  { { "environment.inherit", NULL, "NPM_TOKEN" } },
		  { "NPM_TOKEN=s1", "CI=0" } },
		{ { .preset = STRICT_PRESET, .user = "{ 'environment': { 'inherit': [] } }" },
		  { { "environment.inherit", NULL, "MISSING" } },
		  { NULL } },
		/* set */
		{ { .preset = STRICT_PRESET,
		    .user = "{ 'environment': { 'inherit': ['PATH', 'CI'], 'set': { 'CI': '1', 'X': 'a b', 'LD_X': 'y' "
			    "} } }" },
		  { { "environment.set", "X", "2" } },
		  { "PATH=/bin", "CI=1", "LD_X=y", "X=2" } },
		{ { .user = "{ 'environment': { 'set': { 'CI': '1', 'X': 'y' } } }",
		    .policy = "{ 'environment': { 'remove': ['X'] } }" },
		  { { 0 } },
		  { "CI=1" } },
		/* bounds */
		{ { .preset = STRICT_PRESET,
		    .user = "{ 'environment': { 'inherit': ['CI', 'PATH'], 'set': { 'X': '1' } } }",
		    .project = "{ 'environment': { 'remove': ['X', 'CI'] } }" },
		  { { 0 } },
		  { "PATH=/bin" } },
		{ { .preset = STRICT_PRESET, .managed = "{ 'environment': { 'inherit': ['P*', 'CI'] } }" },
		  { { 0 } },
		  { "PATH=/bin", "CI=0" } },
		{ { .preset = STRICT_PRESET, .project = "{\n'environment': { 'remove': ['NPM_*'] } }" },
		  { { "environment.inherit", NULL, "NPM_TOKEN" } },
		  { "!'NPM_TOKEN' has no effect: project:2 removes it" } },
		{ { .preset = STRICT_PRESET, .project = "{ 'environment': { 'remove': ['X'] } }" },
		  { { "environment.set", "X", "1" } },
		  { "!'X' has no effect: project:1 removes it" } },
		{ { .preset = STRICT_PRESET, .managed = "{ 'environment': { 'inherit': ['CI'] } }" },
		  { { "environment.inherit", NULL, "HOME" } },
		  { "!'HOME' has no effect: managed:1" } },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_of(TARGET_LINUX, &cases[i].layers);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		struct cordon_error err = CORDON_ERROR_INIT;
		set_outside(facts, outside, COUNT_OF(outside));
		for (const struct flag *flag = cases[i].flags; flag->key; flag++)
			assert_true(policy_set(policy, "--env", flag->key, flag->name, flag->value, &err));
		const char *first = cases[i].wanted[0];
		if (first && first[0] == '!') {
			assert_false(host_resolve(policy, facts, &err));
			host_expect(&err, CORDON_BAD_USAGE, first + 1);
			continue;
		}
		host_settle(policy, facts);
		char **environment;
		assert_true(policy_environment(policy, facts, &environment, &err));
		if (!host_is_list(environment, cases[i].wanted))
			fail_msg("case %zu", i);
		policy_free_list(environment);
	}
}

/* Windows has no case in names, and wants the block sorted. */
static void environment__on_windows_is_sorted_without_case(void **state)
{
	(void)state;
	static const char *const windows[] = { "windir=C:\\W", "Path=C:\\W",    "PATH=C:\\evil", "my_Token=s",
					       "Ab=1",         "A=2",           "AA=3",          "=C:=C:\\x",
					       "temp=x",       "NODE_OPTIONS=x" };
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_WINDOWS);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_WINDOWS);
	struct cordon_error err = CORDON_ERROR_INIT;
	set_outside(facts, windows, COUNT_OF(windows));
	host_say(policy, LAYER_PRESET,
		 "{ 'environment': { 'inherit': 'all', 'remove': ['*_TOKEN', 'node_options'], 'set': { 'TEMP': 'y' } } "
		 "}");
	host_settle(policy, facts);
	char **environment;
	assert_true(policy_environment(policy, facts, &environment, &err));
	bool is_equal = host_is_list(environment,
				     (const char *const[]){ "=C:=C:\\x", "A=2", "AA=3", "Ab=1", "Path=C:\\W", "TEMP=y",
							    "windir=C:\\W", NULL });
	policy_free_list(environment);
	assert_true(is_equal);
}

/* As slow as it is plain. */
static bool is_matched(const char *pattern, const char *name)
{
	if (*pattern == '*')
		return is_matched(pattern + 1, name) || (*name && is_matched(pattern, name + 1));
	return *pattern == *name && (!*pattern || is_matched(pattern + 1, name + 1));
}

/* A pattern that removes less than it says would pass a secret on. All patterns of up to five of `A`, `B` and `*`, with
 * all names of up to five.
 */
static void environment__patterns_match_what_they_say(void **state)
{
	(void)state;
	enum { LONGEST = 5, NAMES = 62 };
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	char names[NAMES][LONGEST + 1];
	facts->environment = calloc(NAMES + 1, sizeof *facts->environment);
	size_t count = 0;
	for (size_t length = 1; length <= LONGEST; length++) {
		for (size_t number = 0; number < (size_t)1 << length; number++, count++) {
			for (size_t i = 0; i < length; i++)
				names[count][i] = number >> i & 1 ? 'B' : 'A';
			names[count][length] = '\0';
			facts->environment[count] = text_format("%s=x", names[count]);
		}
	}
	assert_int_equal(count, NAMES);

	for (size_t number = 1; number < 1024; number++) {
		char pattern[LONGEST + 1] = "";
		for (size_t rest = number, i = 0; i < LONGEST; i++, rest /= 4)
			pattern[i] = "\0AB*"[rest % 4];
		if (!pattern[0])
			continue;
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(free_text)
		char *text = text_format("{ 'environment': { 'inherit': 'all', 'remove': ['%s'] } }", pattern);
		struct cordon_error err = CORDON_ERROR_INIT;
		char **environment;
		host_say(policy, LAYER_POLICY, text);
		assert_true(policy_environment(policy, facts, &environment, &err));
		char **next = environment;
		for (size_t i = 0; i < NAMES; i++) {
			bool is_kept = *next && strcmp(*next, facts->environment[i]) == 0;
			if (is_kept == is_matched(pattern, names[i]))
				fail_msg("'%s' and '%s'", pattern, names[i]);
			next += is_kept;
		}
		assert_null(*next);
		policy_free_list(environment);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(network__comes_to_what_every_layer_allows),
		cmocka_unit_test(limit__last_of_the_grant_smallest_of_the_bounds),
		cmocka_unit_test(limit__share_needs_the_machines_memory),
		cmocka_unit_test(accept__is_limited_by_a_bound),
		cmocka_unit_test(environment__inherit_minus_remove_plus_set),
		cmocka_unit_test(environment__patterns_match_what_they_say),
		cmocka_unit_test(environment__on_windows_is_sorted_without_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

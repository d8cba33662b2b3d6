/* Reading policies and flags: what is taken over, what is refused, and where. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "policy/keys.h"
#include "policy_host.h"

static bool read_text(enum layer layer, const char *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(free_text) char *quoted = host_quotes(text);
	return policy_add_text(policy, layer, "p.json", "/etc", quoted, strlen(quoted), err);
}

/* Every key, in the form of the manual. */
static void read__takes_the_whole_language(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	host_say(policy, LAYER_POLICY,
		 "{ // all of it\n"
		 "  'version': 1, 'extends': 'workspace',\n"
		 "  'files': { '/': 'read', '${workspace}': 'write', '~/.ssh': 'none' },\n"
		 "  'network': { 'mode': 'filtered', 'allow': ['registry.example.org:443', '*.example.net'],\n"
		 "               'deny': ['*.internal'], 'listen': [3000] },\n"
		 "  'limits': { 'memory': '4GiB', 'cpus': 2, 'cpu_time': '10m', 'wall_time': '30m', 'processes': 512,\n"
		 "              'open_files': 4096, 'file_size': '2GiB', 'disk': '10GiB', 'output': '64MiB' },\n"
		 "  'environment': { 'inherit': 'all', 'remove': ['*_TOKEN'], 'set': { 'CI': '1' } },\n"
		 "  'sockets': { 'allow': [] },\n"
		 "  'accept': ['limits.memory', 'net.off=absent'],\n"
		 "}\n");
	assert_string_equal(policy_extends(policy), "workspace");
	host_settle(policy, facts);

	static const uint64_t limits[LIMIT_COUNT] = { 4ull << 30, 2000,       600000,      1800000,    512,
						      4096,       2ull << 30, 10ull << 30, 64ull << 20 };
	for (int i = 0; i < LIMIT_COUNT; i++) {
		struct limit_setting limit = policy_limit(policy, (enum limit)i);
		assert_true(limit.is_set);
		assert_int_equal(limit.value, limits[i]);
		assert_int_equal(limit.origin.line, i < LIMIT_OPEN_FILES ? 6 : 7);
	}
	size_t count;
	const struct host_rule *hosts = policy_allowed_hosts(policy, &count);
	assert_int_equal(count, 2);
	assert_string_equal(hosts[0].pattern, "registry.example.org");
	assert_int_equal(hosts[0].port, 443);
	assert_int_equal(hosts[0].origin.line, 4);
	assert_int_equal(hosts[0].origin.column, 46);
	assert_string_equal(policy_denied_hosts(policy, &count)[0].pattern, "*.internal");
	assert_int_equal(policy_listen_ports(policy, &count)[0], 3000);
	assert_int_equal(policy_network_mode(policy, NULL), NETWORK_FILTERED);
	assert_int_equal(policy_accepted(policy, GUARANTEE_LIMITS_MEMORY), LEVEL_PARTIAL);
	assert_int_equal(policy_accepted(policy, GUARANTEE_NET_OFF), LEVEL_ABSENT);
	assert_int_equal(policy_accepted(policy, GUARANTEE_FILES_WRITE), LEVEL_ENFORCED);

	const struct rule *rule = policy_decide_path(policy, "/home/u/.ssh/id").rule;
	assert_string_equal(rule->pattern, "~/.ssh");
	assert_string_equal(rule->path, "/home/u/.ssh");
	assert_int_equal(rule->origin.layer, LAYER_POLICY);
	assert_int_equal(rule->origin.line, 3);
	assert_int_equal(rule->origin.column, 52);
}

/* An unknown key or a bad value never becomes a default; the message says where, and what was perhaps meant. */
static void read__refuses_with_place_and_hint(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int line, column;
		const char *words;
	} cases[] = {
		{ "{ 'fils': {} }", 1, 3, "unknown key 'fils'; did you mean 'files'?" },
		{ "{\n 'netwrok': {} }", 2, 2, "did you mean 'network'?" },
		{ "{ 'memory': 1 }", 1, 3, "did you mean 'limits.memory'?" },
		{ "{ 'zzzzzzzz': 1 }", 1, 3, "one of version, extends, files" },
		{ "{ 'limits': { 'cpu': 1 } }", 1, 15, "did you mean 'cpus'?" },
		{ "{ 'limits': { 'wall-time': '1s' } }", 1, 15, "did you mean 'wall_time'?" },
		{ "{ 'limits.memory': '1GiB' }", 1, 3, "unknown key" },
		{ "{ '': 1 }", 1, 3, "unknown key ''" },
		{ "{ 'version': 2 }", 1, 14, "version 1 only" },
		{ "{ 'version': 1.0 }", 1, 14, "version 1 only" },
		{ "{ 'version': '1' }", 1, 14, "takes a number" },
		{ "{ 'version': null }", 1, 14, "not null" },
		{ "{ 'extends': 'worksapce' }", 1, 14, "no preset 'worksapce'" },
		{ "{ 'extends': '' }", 1, 14, "names a preset" },
		{ "{ 'extends': ['strict'] }", 1, 14, "not a list" },
		{ "{ 'files': [] }", 1, 12, "'files' takes an object" },
		{ "{ 'files': { '/a': 'raed' } }", 1, 14, "did you mean 'read'?" },
		{ "{ 'files': { '/a': 'Read' } }", 1, 14, "did you mean 'read'?" },
		{ "{ 'files': { '/a': 1 } }", 1, 14, "takes a string" },
		{ "{ 'files': { '/a': true } }", 1, 20, "not true" },
		{ "{ 'files': { '/a': { } } }", 1, 20, "not an object" },
		{ "{ 'files': { '': 'read' } }", 1, 14, "needs a path" },
		{ "{ 'network': 'off' }", 1, 14, "takes an object" },
		{ "{ 'network': { 'mode': 'on' } }", 1, 24, "one of off, filtered, open" },
		{ "{ 'network': { 'allow': 'a.b' } }", 1, 25, "takes a list" },
		{ "{ 'network': { 'allow': ['a.b', '*'] } }", 1, 33, "\"open\"" },
		{ "{ 'network': { 'deny': ['a.*'] } }", 1, 25, "at the beginning" },
		{ "{ 'network': { 'listen': [0] } }", 1, 27, "1 to 65535" },
		{ "{ 'network': { 'listen': ['80'] } }", 1, 27, "takes a number" },
		{ "{ 'network': { 'listen': [80, 8e1] } }", 1, 31, "1 to 65535" },
		{ "{ 'limits': { 'memory': '4GB' } }", 1, 25, "GiB" },
		{ "{ 'limits': { 'memory': -1 } }", 1, 25, "size" },
		{ "{ 'limits': { 'memory': 18446744073709551616 } }", 1, 25, "integer" },
		{ "{ 'limits': { 'disk': '75%' } }", 1, 23, "size" },
		{ "{ 'limits': { 'wall_time': 10 } }", 1, 28, "unit" },
		{ "{ 'limits': { 'processes': 1.5 } }", 1, 28, "whole number" },
		{ "{ 'limits': { 'processes': [] } }", 1, 28, "not a list" },
		{ "{ 'environment': { 'inherit': 'none' } }", 1, 31, "\"all\" or a list" },
		{ "{ 'environment': { 'inherit': {} } }", 1, 31, "not an object" },
		{ "{ 'environment': { 'remove': ['A=B'] } }", 1, 31, "'='" },
		{ "{ 'environment': { 'set': { 'A*': 'x' } } }", 1, 29, "'*'" },
		{ "{ 'environment': { 'set': { 'A': 1 } } }", 1, 29, "takes a string" },
		{ "{ 'sockets': { 'allow': ['ssh-agent'] } }", 1, 26, "reserved" },
		{ "{ 'accept': ['limits.memroy'] }", 1, 14, "did you mean 'limits.memory'?" },
		{ "{ 'accept': ['net.off=nothing'] }", 1, 14, "one of absent, partial" },
		{ "{ 'accept': [''] }", 1, 14, "unknown guarantee" },
		{ "{ 'accept': 'net.off' }", 1, 13, "takes a list" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cordon_error err = CORDON_ERROR_INIT;
		if (read_text(LAYER_POLICY, cases[i].text, &err))
			fail_msg("accepted: %s", cases[i].text);
		if (err.status != CORDON_BAD_POLICY || err.line != cases[i].line || err.column != cases[i].column ||
		    !strstr(err.text, cases[i].words) || strcmp(err.file, "p.json") != 0)
			fail_msg("%s: %d:%d %s; wanted %d:%d %s", cases[i].text, err.line, err.column, err.text,
				 cases[i].line, cases[i].column, cases[i].words);
	}
}

/* The workspace's own file and the administrator's may narrow, and say nothing that could widen. */
static void read__bounds_hold_only_what_narrows(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool project, managed;
	} cases[] = {
		{ "{ 'version': 1 }", true, true },
		{ "{ 'files': { '~/x': 'none' } }", true, true },
		{ "{ 'network': { 'deny': ['*.internal'] } }", true, true },
		{ "{ 'limits': { 'memory': '1GiB', 'wall_time': '1m' } }", true, true },
		{ "{ 'environment': { 'remove': ['X'] } }", true, true },
		{ "{ 'network': { 'mode': 'off' } }", false, true },
		{ "{ 'network': { 'allow': ['a.b'] } }", false, true },
		{ "{ 'network': { 'listen': [1] } }", false, true },
		{ "{ 'environment': { 'inherit': ['PATH'] } }", false, true },
		{ "{ 'accept': [] }", false, true },
		{ "{ 'environment': { 'set': { 'A': 'x' } } }", false, false },
		{ "{ 'extends': 'open-network' }", false, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cordon_error err = CORDON_ERROR_INIT;
		if (read_text(LAYER_PROJECT, cases[i].text, &err) != cases[i].project)
			fail_msg("project: %s: %s", cases[i].text, err.text);
		if (!cases[i].project)
			assert_int_equal(err.line, 1);
		if (read_text(LAYER_MANAGED, cases[i].text, &err) != cases[i].managed)
			fail_msg("managed: %s: %s", cases[i].text, err.text);
		assert_true(read_text(LAYER_USER, cases[i].text, &err));
	}
}

/* Half a file is no policy: an error in its last line takes back its first. */
static void read__takes_nothing_from_a_text_with_an_error(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	CORDON_ON_EXIT(free_text)
	char *broken = host_quotes(
		"{ 'extends': 'strict', 'files': { '/': 'write' },\n"
		"  'network': { 'mode': 'open', 'allow': ['a.b'], 'deny': ['c.d'], 'listen': [1] },\n"
		"  'limits': { 'memory': '1GiB' },\n"
		"  'environment': { 'inherit': 'all', 'remove': ['X'], 'set': { 'Y': '1' } },\n"
		"  'accept': ['net.off=absent'], 'oops': 1 }");
	struct cordon_error err = CORDON_ERROR_INIT;
	host_say(policy, LAYER_PRESET, "{ 'extends': 'workspace', 'files': { '/': 'read' } }");
	assert_false(policy_add_text(policy, LAYER_POLICY, "p", "/etc", broken, strlen(broken), &err));
	assert_int_equal(err.line, 5);

	assert_string_equal(policy_extends(policy), "workspace");
	host_settle(policy, facts);
	size_t count;
	assert_int_equal(policy_decide_path(policy, "/etc/p").access, ACCESS_READ);
	assert_int_equal(policy_network_mode(policy, NULL), NETWORK_OFF);
	policy_denied_hosts(policy, &count);
	assert_int_equal(count, 0);
	policy_listen_ports(policy, &count);
	assert_int_equal(count, 0);
	assert_false(policy_limit(policy, LIMIT_MEMORY).is_set);
	assert_int_equal(policy_accepted(policy, GUARANTEE_NET_OFF), LEVEL_ENFORCED);
	char **environment;
	assert_true(policy_environment(policy, facts, &environment, &err));
	assert_null(environment[0]);
	policy_free_list(environment);
}

static void read__extends_names_a_preset_or_a_path(void **state)
{
	(void)state;
	static const struct {
		const char *text, *folder, *extends; /* NULL: refused, when there is a text */
	} cases[] = {
		{ "{}", "/f", NULL },
		{ "{ 'extends': 'strict' }", "/f", "strict" },
		{ "{ 'extends': 'base.json' }", "/f", "/f/base.json" },
		{ "{ 'extends': '../base.json' }", "/f", "/f/../base.json" },
		{ "{ 'extends': '/b/base.json' }", "/f", "/b/base.json" },
		{ "{ 'extends': 'base.json' }", "/", "/base.json" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(free_text) char *text = host_quotes(cases[i].text);
		struct cordon_error err = CORDON_ERROR_INIT;
		assert_true(policy_add_text(policy, LAYER_POLICY, "p", cases[i].folder, text, strlen(text), &err));
		if (cases[i].extends)
			assert_string_equal(policy_extends(policy), cases[i].extends);
		else
			assert_null(policy_extends(policy));
	}
}

/* What a text extends lies beneath it, although it is added later, and above the layers before. */
static void read__a_base_lies_beneath_its_text(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	static const char base[] = "{ \"files\": { \"/a\": \"none\", \"/b\": \"read\", \"/c\": \"write\" } }";
	static const char below[] =
		"{ \"files\": { \"/a\": \"none\", \"/b\": \"none\", \"/c\": \"none\", \"/d\": \"read\" } }";
	host_say(policy, LAYER_POLICY, "{ 'files': { '/a': 'write' } }");
	assert_true(policy_add_base(policy, LAYER_POLICY, "base", NULL, base, strlen(base), &err));
	assert_true(policy_add_base(policy, LAYER_POLICY, "below", NULL, below, strlen(below), &err));
	host_say(policy, LAYER_USER, "{ 'files': { '/a': 'read', '/b': 'write', '/c': 'read', '/d': 'none' } }");
	host_settle(policy, facts);
	assert_int_equal(policy_decide_path(policy, "/a").access, ACCESS_WRITE);
	assert_int_equal(policy_decide_path(policy, "/b").access, ACCESS_READ);
	assert_int_equal(policy_decide_path(policy, "/c").access, ACCESS_WRITE);
	assert_int_equal(policy_decide_path(policy, "/d").access, ACCESS_READ);
	assert_string_equal(policy_decide_path(policy, "/b").rule->origin.file, "base");
}

/* A circle of files ends with an error, not with the machine's memory. */
static void read__chains_of_policies_end(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	int added = 0;
	while (added < 100 && policy_add_base(policy, LAYER_POLICY, "p", "/f", "{\"extends\":\"./p\"}", 17, &err))
		added++;
	assert_in_range(added, 16, 60);
	host_expect(&err, CORDON_BAD_POLICY, "extend one another");
}

static void flag__is_the_last_word_of_the_grant(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	static const struct {
		const char *flag, *key, *name, *value;
	} flags[] = {
		{ "--write", "files", "/a", "write" },
		{ "--hide", "files", "/b", "none" },
		{ "--net", "network.mode", NULL, "filtered" },
		{ "--allow", "network.allow", NULL, "a.b:443" },
		{ "--listen", "network.listen", NULL, "8080" },
		{ "--memory", "limits.memory", NULL, "2GiB" },
		{ "--time", "limits.wall_time", NULL, "5s" },
		{ "--cpus", "limits.cpus", NULL, "1.5" },
		{ "--processes", "limits.processes", NULL, "10" },
		{ "--env", "environment.set", "CI", "2" },
		{ "--accept", "accept", NULL, "net.off=absent" },
	};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		assert_true(policy_set(policy, flags[i].flag, flags[i].key, flags[i].name, flags[i].value, &err));
	/* The order in which layers come does not matter. */
	host_say(policy, LAYER_POLICY,
		 "{ 'files': { '/a': 'read', '/b': 'write' }, 'network': { 'mode': 'off' },\n"
		 "  'limits': { 'memory': '1GiB' }, 'environment': { 'set': { 'CI': '1' } } }");
	host_settle(policy, facts);
	assert_int_equal(policy_decide_path(policy, "/a").access, ACCESS_WRITE);
	assert_int_equal(policy_decide_path(policy, "/b").access, ACCESS_NONE);
	assert_string_equal(policy_decide_path(policy, "/a").rule->origin.file, "--write");
	assert_int_equal(policy_decide_path(policy, "/a").rule->origin.line, 0);
	assert_int_equal(policy_limit(policy, LIMIT_MEMORY).value, 2ull << 30);
	assert_int_equal(policy_limit(policy, LIMIT_MEMORY).origin.layer, LAYER_FLAGS);
	assert_int_equal(policy_limit(policy, LIMIT_CPUS).value, 1500);
	struct origin origin;
	assert_int_equal(policy_network_mode(policy, &origin), NETWORK_FILTERED);
	assert_string_equal(origin.file, "--net");
	char **environment;
	assert_true(policy_environment(policy, facts, &environment, &err));
	assert_true(host_is_list(environment, (const char *const[]){ "CI=2", NULL }));
	policy_free_list(environment);
}

static void flag__bad_values_name_the_flag(void **state)
{
	(void)state;
	static const struct {
		const char *flag, *key, *name, *value, *words;
	} cases[] = {
		{ "--memory", "limits.memory", NULL, "lots", "--memory: 'lots': a size" },
		{ "--time", "limits.wall_time", NULL, "10", "--time: '10': a duration" },
		{ "--net", "network.mode", NULL, "of", "did you mean 'off'?" },
		{ "--allow", "network.allow", NULL, "http://a", "--allow: 'http://a'" },
		{ "--listen", "network.listen", NULL, "x", "--listen: 'x'" },
		{ "--accept", "accept", NULL, "net.of", "did you mean 'net.off'?" },
		{ "--env", "environment.set", "A=B", "x", "--env" },
		{ "--env", "environment.inherit", NULL, "", "--env" },
		{ "--write", "files", "", "write", "--write: a rule needs a path" },
		{ "--write", "files", NULL, "write", "takes a name" },
		{ "--memory", "limits.memory", "x", "1GiB", "takes no name" },
		{ "--x", "limits", NULL, "1GiB", "no setting 'limits'" },
		{ "--x", "extends", NULL, "strict", "no setting 'extends'" },
		{ "--x", "version", NULL, "1", "no setting 'version'" },
		{ "--x", "sockets.allow", NULL, "a", "no setting 'sockets.allow'" },
		{ "--x", "limits.memroy", NULL, "1", "no setting 'limits.memroy'" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
		struct cordon_error err = CORDON_ERROR_INIT;
		assert_false(policy_set(policy, cases[i].flag, cases[i].key, cases[i].name, cases[i].value, &err));
		host_expect(&err, CORDON_BAD_USAGE, cases[i].words);
	}
}

/* A policy is fixed once: what is said after it was resolved would be believed and not hold. */
static void read__nothing_is_added_to_a_fixed_policy(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	host_settle(policy, facts);
	assert_false(policy_set(policy, "--hide", "files", "/a", "none", &err));
	assert_false(policy_add_text(policy, LAYER_USER, "p", NULL, "{}", 2, &err));
	assert_false(policy_resolve(policy, facts, &err));
}

/* Every key of the table is whole: read by a function, or a group of others, and explained. */
static void keys__are_whole(void **state)
{
	(void)state;
	for (const struct key *key = policy_keys; key->path; key++) {
		assert_true((key->shape == SHAPE_GROUP) == (key->take == NULL));
		assert_true(key->help && key->help[0]);
		assert_ptr_equal(key_find(key->path), key);
		if (text_starts(key->path, "limits."))
			assert_string_equal(limit_name((enum limit)key->detail), key_name(key));
	}
	for (int i = 0; i < LIMIT_COUNT; i++) {
		CORDON_ON_EXIT(free_text) char *path = text_format("limits.%s", limit_name((enum limit)i));
		assert_non_null(key_find(path));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read__takes_the_whole_language),
		cmocka_unit_test(read__refuses_with_place_and_hint),
		cmocka_unit_test(read__bounds_hold_only_what_narrows),
		cmocka_unit_test(read__takes_nothing_from_a_text_with_an_error),
		cmocka_unit_test(read__extends_names_a_preset_or_a_path),
		cmocka_unit_test(read__a_base_lies_beneath_its_text),
		cmocka_unit_test(read__chains_of_policies_end),
		cmocka_unit_test(flag__is_the_last_word_of_the_grant),
		cmocka_unit_test(flag__bad_values_name_the_flag),
		cmocka_unit_test(read__nothing_is_added_to_a_fixed_policy),
		cmocka_unit_test(keys__are_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

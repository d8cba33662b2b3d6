/* Who decides about a path: specificity, layers, bounds, globs, links. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "policy_host.h"

enum { N = ACCESS_NONE, R = ACCESS_READ, W = ACCESS_WRITE };

struct question {
	const char *path;
	int access;
	const char *pattern; /* that decides; NULL: not asked */
};

static void ask(const struct policy *policy, const struct question *questions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct verdict verdict = policy_decide_path(policy, questions[i].path);
		assert_non_null(verdict.rule);
		if ((int)verdict.access != questions[i].access ||
		    (questions[i].pattern && strcmp(verdict.rule->pattern, questions[i].pattern) != 0))
			fail_msg("%s: %d by %s; wanted %d by %s", questions[i].path, verdict.access,
				 verdict.rule->pattern, questions[i].access,
				 questions[i].pattern ? questions[i].pattern : "any");
	}
}

#define ASK(policy, ...) \
	do { \
		static const struct question questions_[] = { __VA_ARGS__ }; \
		ask(policy, questions_, COUNT_OF(questions_)); \
	} while (0)

/* A writable child under a read-only or hidden parent, and the other way round. */
static void decide__the_deepest_literal_rule_wins(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	host_say(policy, LAYER_POLICY,
		 "{ 'files': { '/': 'read', '${workspace}': 'write', '~/.ssh': 'none', '~/.ssh/known_hosts': 'read',\n"
		 "  '${workspace}/.git/hooks': 'read', '/srv': 'none', '/srv/job': 'write', '/srv/job/a/b': 'none',\n"
		 "  '/srv/job/a/b/c': 'read' } }");
	host_settle(policy, facts);
	ASK(policy, { "/", R, "/" }, { "/etc/passwd", R, "/" }, { "/home/u", R, "/" }, { "/home/u/work", W, NULL },
	    { "/home/u/work/a/b/c", W, "${workspace}" }, { "/home/u/works", R, "/" }, { "/home/u/.ssh", N, "~/.ssh" },
	    { "/home/u/.ssh/id", N, "~/.ssh" }, { "/home/u/.ssh/known_hosts", R, NULL },
	    { "/home/u/.ssh/known_hosts2", N, NULL }, { "/home/u/.sshd", R, "/" },
	    { "/home/u/work/.git/hooks/pre-commit", R, NULL }, { "/home/u/work/.git/config", W, NULL },
	    { "/srv", N, NULL }, { "/srv/jobs", N, "/srv" }, { "/srv/job", W, NULL }, { "/srv/job/a", W, NULL },
	    { "/srv/job/a/b", N, NULL }, { "/srv/job/a/b/c/d", R, NULL }, { "/home/U/work", R, "/" },
	    { "/srv/job/", W, NULL });
}

/* What no rule speaks of is not granted; and nothing makes the question itself fail. */
static void decide__without_a_rule_nothing_is_granted(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	host_say(policy, LAYER_POLICY, "{ 'files': { '${workspace}': 'write' } }");
	host_settle(policy, facts);
	ASK(policy, { "/", N, NULL }, { "/etc", N, NULL }, { "/home/u/work", W, NULL }, { "", N, NULL },
	    { "relative", N, NULL }, { "home/u/work", N, NULL });
	assert_string_equal(policy_decide_path(policy, "/etc").rule->origin.file, "no rule");
}

/* Two globs can be equally specific and allow the same at a path: the one that matches deeper is named. */
static void decide__names_the_deeper_of_equals(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	host_add(facts, "/home/u/work/p", "/home/u/work/p", PATH_DIRECTORY);
	host_add(facts, "/home/u/work/p/q", "/home/u/work/p/q", PATH_FILE);
	host_say(policy, LAYER_POLICY,
		 "{ 'files': { '/': 'read', '${workspace}': 'write', '**/p': 'read', '${workspace}/*/q': 'read' } }");
	host_settle(policy, facts);
	ASK(policy, { "/home/u/work/p", R, "**/p" }, { "/home/u/work/p/q", R, "${workspace}/*/q" },
	    { "/home/u/work/p/r", R, "**/p" });
}

/* At equal specificity the later layer, whatever the order of loading; within one layer the stricter. */
static void decide__later_layers_win_at_equal_specificity(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(policy_set(policy, "--write", "files", "/a/4", "write", &err));
	assert_true(policy_set(policy, "--read", "files", "/a/5", "read", &err));
	assert_true(policy_set(policy, "--hide", "files", "/a/5", "none", &err));
	host_say(policy, LAYER_POLICY,
		 "{ 'files': { '/a/3': 'write', '/a/4': 'none', '/a/6': 'write', '/a/./6': 'read', '/a': 'none' } }");
	host_say(policy, LAYER_USER,
		 "{ 'files': { '/a/2': 'write', '/a/3': 'none', '/a/4': 'none', '/a/7': 'read' } }");
	host_say(policy, LAYER_PRESET, "{ 'files': { '/a/1': 'write', '/a/2': 'none', '/a/7/8': 'write' } }");
	host_settle(policy, facts);
	ASK(policy, { "/a/1", W, NULL }, { "/a/2", W, NULL }, { "/a/3", W, NULL }, { "/a/4", W, NULL },
	    { "/a/5", N, NULL }, { "/a/6", R, "/a/./6" }, { "/a/7/8", W, NULL }, { "/a/9", N, NULL });
	assert_int_equal(policy_decide_path(policy, "/a/4").rule->origin.layer, LAYER_FLAGS);
}

static void decide__globs_by_their_literal_part(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	static const char *const found[] = {
		"/home/u/work/.env",       "/home/u/work/a/.env",  "/home/u/work/keep/.env", "/home/u/work/dir/.env",
		"/home/u/work/x.key",      "/home/u/work/b/x.key", "/home/u/work/b/c/x.key", "/home/u/work/two.log",
		"/home/u/work/open/x.key", "/home/u/other/.env",   "/home/u/work/secrets",
	};
	for (size_t i = 0; i < COUNT_OF(found); i++)
		host_add(facts, found[i], found[i], PATH_FILE);
	host_say(policy, LAYER_PRESET, "{ 'files': { '${workspace}/**/two.log': 'none' } }");
	host_say(policy, LAYER_POLICY,
		 "{ 'files': { '/': 'read', '${workspace}': 'write', '**/.env': 'none', '${workspace}/keep/.env': "
		 "'read',\n"
		 "  '${workspace}/dir': 'write', '${workspace}/**/x.key': 'none', '${workspace}/open': 'write',\n"
		 "  '${workspace}/b/*.key': 'read', '${workspace}/*.log': 'read', '**/secrets': 'none' } }");
	host_settle(policy, facts);
	ASK(policy,
	    /* a glob beats the directory above it */
	    { "/home/u/work/.env", N, "**/.env" }, { "/home/u/work/a/.env", N, "**/.env" },
	    { "/home/u/work/x.key", N, "${workspace}/**/x.key" },
	    /* a literal beats a glob at equal depth */
	    { "/home/u/work/keep/.env", R, "${workspace}/keep/.env" },
	    /* floating: as if written where it matches, so a literal directory on the way does not matter */
	    { "/home/u/work/dir/.env", N, "**/.env" },
	    /* anchored: a rule with more leading literal components wins */
	    { "/home/u/work/open/x.key", W, "${workspace}/open" },
	    { "/home/u/work/b/x.key", R, "${workspace}/b/*.key" },
	    { "/home/u/work/b/c/x.key", N, "${workspace}/**/x.key" },
	    /* equal: the later layer */
	    { "/home/u/work/two.log", R, "${workspace}/*.log" },
	    /* a match holds for what is below it */
	    { "/home/u/work/secrets/deep/file", N, "**/secrets" },
	    /* nobody looked there, and what was not found at the start is the command's own */
	    { "/home/u/other/.env", R, "/" }, { "/home/u/work/new/.env", W, "${workspace}" });
}

/* A wildcard in a place that is not walked would look like protection and be none. */
static void decide__globs_outside_walked_places_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *pattern;
		bool is_fine;
	} cases[] = {
		{ "${workspace}/**/.env", true }, { "**/.env", true },     { "/srv/job/*.key", true },
		{ "~/**/.env", false },           { "/etc/*.key", false }, { "/srv/*/x", false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		CORDON_ON_EXIT(free_text)
		char *text = text_format(
			"{ \"files\": { \"/\": \"read\", \"/srv/job\": \"write\",\n\"%s\": \"none\" } }",
			cases[i].pattern);
		struct cordon_error err = CORDON_ERROR_INIT;
		host_read(policy, LAYER_POLICY, "p", text);
		if (host_resolve(policy, facts, &err) != cases[i].is_fine)
			fail_msg("%s: %s", cases[i].pattern, err.text);
		if (!cases[i].is_fine)
			assert_int_equal(err.line, 2);
	}
}

/* Bounds only narrow, and abstain where they have no rule. */
static void bound__takes_the_strictest_and_abstains(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	host_say(policy, LAYER_POLICY,
		 "{ 'files': { '/': 'read', '${workspace}': 'write', '/srv': 'write', '/x': 'none' } }");
	host_say(policy, LAYER_MANAGED,
		 "{ 'files': { '/srv': 'read', '/srv/open': 'write', '/x': 'write', '/opt': 'none' } }");
	host_say(policy, LAYER_PROJECT,
		 "{ 'files': { '${workspace}/vendor': 'read', '/srv': 'none', '/srv/open': 'read', '/': 'write' } }");
	host_settle(policy, facts);
	ASK(policy, { "/etc", R, "/" }, { "/home/u/work/a", W, NULL }, { "/home/u/work/vendor/a", R, NULL },
	    { "/srv/a", N, "/srv" }, { "/srv/open/a", R, "/srv/open" }, { "/x", N, "/x" }, { "/opt/a", N, "/opt" });
	assert_int_equal(policy_decide_path(policy, "/opt/a").rule->origin.layer, LAYER_MANAGED);
	assert_int_equal(policy_decide_path(policy, "/srv/a").rule->origin.layer, LAYER_PROJECT);
	assert_int_equal(policy_decide_path(policy, "/x").rule->origin.layer, LAYER_POLICY);
}

/* Who says --write and does not get it must hear of it, and from whom. */
static void bound__a_flag_without_effect_is_an_error(void **state)
{
	(void)state;
	static const struct {
		const char *flag, *path, *value;
		const char *words; /* NULL: fine */
	} cases[] = {
		{ "--write", "/home/u/work/vendor", "write", "project:1 allows reading only ('${workspace}/vendor')" },
		{ "--write", "/home/u/work/vendor/a", "write", "project:1 allows reading only" },
		{ "--read", "/opt/x", "read", "managed:2 hides it" },
		{ "--read", "/home/u/work/vendor", "read", NULL },
		{ "--hide", "/opt", "none", NULL },
		{ "--write", "/home/u/work", "write", NULL },
		{ "--write", "/srv", "write", NULL },
		{ "--read", "/home/u/.local/state/cordon", "read", "cordon's own state" },
		{ "--write", "/home/u/.config/cordon", "write", "cordon's own configuration" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		struct cordon_error err = CORDON_ERROR_INIT;
		host_say(policy, LAYER_PRESET, "{ 'files': { '/': 'read', '${workspace}': 'write' } }");
		host_say(policy, LAYER_PROJECT, "{ 'files': { '${workspace}/vendor': 'read' } }");
		host_say(policy, LAYER_MANAGED, "{\n'files': { '/opt': 'none' } }");
		assert_true(policy_set(policy, cases[i].flag, "files", cases[i].path, cases[i].value, &err));
		if (host_resolve(policy, facts, &err) != (cases[i].words == NULL))
			fail_msg("%s %s: %s", cases[i].flag, cases[i].path, err.text);
		if (cases[i].words)
			host_expect(&err, CORDON_BAD_USAGE, cases[i].words);
	}
}

/* A policy that the command can rewrite is none at its next run. */
static void own__state_and_policies_stay_out_of_reach(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	static const char text[] = "{ \"files\": { \"/\": \"write\" } }";
	assert_true(policy_add_text(policy, LAYER_POLICY, "work/[p]*.json", "/home/u/work", text, strlen(text), &err));
	assert_true(policy_add_text(policy, LAYER_PROJECT, "/home/u/work/.cordon.json", "/home/u/work", "{}", 2, &err));
	host_settle(policy, facts);
	ASK(policy, { "/home/u/work/a", W, NULL }, { "/home/u/work/[p]*.json", R, NULL },
	    { "/home/u/work/.cordon.json", R, NULL }, { "/home/u/.local/state/cordon/runs", N, NULL },
	    { "/home/u/.config/cordon/policy.json", R, NULL }, { "/home/u/.config/other", W, NULL });
}

/* `--dry-run --target windows` reads a file whose own path means nothing there. */
static void own__a_file_from_elsewhere_is_protected_in_its_folder(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_WINDOWS);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_WINDOWS);
	struct cordon_error err = CORDON_ERROR_INIT;
	static const char text[] = "{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\" } }";
	assert_true(policy_add_text(policy, LAYER_POLICY, "/home/u/p.json", "C:\\Users\\u\\work", text, strlen(text),
				    &err));
	host_settle(policy, facts);
	ASK(policy, { "C:\\Users\\u\\work\\p.json", R, NULL }, { "C:\\Users\\u\\work\\q.json", W, NULL });
}

/* A path is judged by where it lands. */
static void link__rules_hold_where_they_land(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	host_add(facts, "/home/u/.ssh", "/data/keys", PATH_DIRECTORY);
	host_add(facts, "/home/u/big", "/data/big", PATH_DIRECTORY);
	host_add(facts, "/home/u/big/sub", "/data/big/sub", PATH_DIRECTORY);
	host_say(policy, LAYER_POLICY,
		 "{ 'files': { '/': 'read', '~/.ssh': 'none', '~/big': 'write', '~/big/sub': 'read' } }");
	host_settle(policy, facts);
	ASK(policy, { "/data/keys/id", N, "~/.ssh" }, { "/data/big/x", W, "~/big" },
	    { "/data/big/sub/x", R, "~/big/sub" });
	size_t count;
	const struct rule *rules = policy_rules(policy, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(rules[i].pattern, "~/.ssh") == 0) {
			assert_string_equal(rules[i].path, "/home/u/.ssh");
			assert_string_equal(rules[i].landing, "/data/keys");
			assert_non_null(rules[i].fact);
		}
}

/* The attack: an earlier run leaves a link where a rule of the preset grants reading, `.vscode -> ~/.ssh/id`: the rule
 * must not open the key to the next run.
 */
static void link__made_by_a_command_opens_nothing(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	host_add(facts, "/home/u/work/.vscode", "/home/u/.ssh/id", PATH_FILE);
	host_add(facts, "/home/u/work/.idea", "/home/u/work/real", PATH_DIRECTORY);
	host_add(facts, "/home/u/work/.codex", "/etc/dotfiles", PATH_DIRECTORY);
	host_add(facts, "/home/u/work/sub/x.log", "/home/u/.bashrc", PATH_FILE);
	host_add(facts, "/home/u/work/sub/.env", "/srv/env", PATH_FILE);
	host_add(facts, "/home/u/work/inner", "/home/u/work/hidden/a", PATH_DIRECTORY);
	host_say(policy, LAYER_PRESET,
		 "{ 'files': { '/': 'read', '${workspace}': 'write', '~/.ssh': 'none', '${root}/.vscode': 'read',\n"
		 "  '${root}/.idea': 'read', '${root}/.codex': 'read', '**/x.log': 'write', '**/.env': 'none',\n"
		 "  '${workspace}/hidden': 'none', '${workspace}/inner': 'read' } }");
	host_settle(policy, facts);
	ASK(policy, { "/home/u/.ssh/id", N, NULL }, { "/home/u/work/real/a", R, NULL }, { "/etc/dotfiles/a", R, NULL },
	    { "/home/u/.bashrc", R, NULL }, { "/srv/env", N, "**/.env" }, { "/home/u/work/hidden/a/b", N, NULL });
}

/* Where a person named the path, the same is an error that says what to name instead. */
static void link__named_by_a_person_is_an_error(void **state)
{
	(void)state;
	static const struct {
		const char *path, *landing, *access;
		bool is_fine;
	} cases[] = {
		{ "/home/u/work/out", "/home/u/.ssh", "write", false },
		{ "/home/u/work/out", "/home/u/.ssh", "read", false },
		{ "/home/u/work/out", "/home/u/.ssh", "none", true },
		{ "/home/u/work/out", "/etc", "read", true },
		{ "/home/u/work/out", "/etc", "write", false },
		{ "/home/u/work/out", "/home/u/work/in", "write", false },
		{ "/home/u/out", "/data", "write", true },
		{ "/home/u/out/below", "/data/below", "write", true },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		struct cordon_error err = CORDON_ERROR_INIT;
		host_add(facts, cases[i].path, cases[i].landing, PATH_DIRECTORY);
		host_say(policy, LAYER_PRESET,
			 "{ 'files': { '/': 'read', '${workspace}': 'write', '~/.ssh': 'none' } }");
		assert_true(policy_set(policy, "--flag", "files", cases[i].path, cases[i].access, &err));
		if (host_resolve(policy, facts, &err) != cases[i].is_fine)
			fail_msg("%s -> %s %s: %s", cases[i].path, cases[i].landing, cases[i].access, err.text);
		if (!cases[i].is_fine)
			host_expect(&err, CORDON_BAD_USAGE, cases[i].landing);
	}
}

/* What git's records name may be what the command wrote into them, to have a rule of the preset open what is hidden. A
 * person's own rule on the same variable is what it says.
 */
static void git__records_open_nothing(void **state)
{
	(void)state;
	static const char rules[] =
		"{ 'files': { '/': 'read', '${workspace}': 'write', '${workspace}/vault': 'none', "
		"'${submodule}/config': 'read', '${git_hooks}/': 'read', '${git_records}': 'read' } }";
	static const enum layer layers[] = { LAYER_PRESET, LAYER_POLICY };
	for (size_t i = 0; i < COUNT_OF(layers); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		struct cordon_error err = CORDON_ERROR_INIT;
		enum access opened = layers[i] == LAYER_PRESET ? ACCESS_NONE : ACCESS_READ;
		assert_true(facts_add_variable(facts, "submodule", "/home/u/work/vault", &err));
		assert_true(facts_add_variable(facts, "git_hooks", "/home/u/work/vault/hooks", &err));
		assert_true(facts_add_variable(facts, "git_hooks", "/home/u/work/hooks", &err));
		assert_true(facts_add_variable(facts, "git_records", "/home/u/work/vault/record", &err));
		assert_true(facts_add_variable(facts, "git_records", "/home/u/work/side/.git", &err));
		host_say(policy, layers[i], rules);
		host_settle(policy, facts);
		assert_int_equal(policy_decide_path(policy, "/home/u/work/vault/config").access, opened);
		assert_int_equal(policy_decide_path(policy, "/home/u/work/vault/hooks/a").access, opened);
		assert_int_equal(policy_decide_path(policy, "/home/u/work/vault/record").access, opened);
		assert_int_equal(policy_decide_path(policy, "/home/u/work/hooks/a").access, ACCESS_READ);
		assert_int_equal(policy_decide_path(policy, "/home/u/work/side/.git").access, ACCESS_READ);
		assert_int_equal(policy_decide_path(policy, "/home/u/work/side/a").access, ACCESS_WRITE);
	}
}

static void decide__windows_has_no_case_and_two_separators(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_WINDOWS);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_WINDOWS);
	host_say(policy, LAYER_POLICY,
		 "{ 'files': { '/': 'read', '${workspace}': 'write', '~/.ssh': 'none', 'D:/': 'none', 'd:/Build': "
		 "'write',\n"
		 "  '${WORKSPACE}/.git/hooks': 'read' } }");
	struct cordon_error err = CORDON_ERROR_INIT;
	/* Variables' names have case everywhere. */
	assert_false(host_resolve(policy, facts, &err));
	host_expect(&err, CORDON_BAD_POLICY, "unknown variable ${WORKSPACE}");

	CORDON_ON_EXIT(policy_free_at) struct policy *good = policy_new(TARGET_WINDOWS);
	host_say(good, LAYER_POLICY,
		 "{ 'files': { '/': 'read', '${workspace}': 'write', '~/.ssh': 'none', 'D:/': 'none', 'd:/Build': "
		 "'write',\n"
		 "  '${workspace}\\\\.git/hooks': 'read', '//srv/share/x': 'none' } }");
	host_settle(good, facts);
	ASK(good, { "C:\\Windows", R, "/" }, { "E:\\", R, "/" }, { "C:\\Users\\u\\work\\a", W, NULL },
	    { "c:\\users\\U\\WORK", W, NULL }, { "C:/Users/u/.SSH/id", N, "~/.ssh" }, { "D:\\x", N, "D:/" },
	    { "d:\\", N, "D:/" }, { "D:\\BUILD\\x", W, NULL }, { "D:\\Builds", N, NULL },
	    { "C:\\Users\\u\\work\\.GIT\\Hooks\\x", R, NULL }, { "\\\\SRV\\Share\\X\\y", N, NULL },
	    { "\\\\srv\\share", R, "/" });
}

/* -- properties ------------------------------------------------------------------------------------------------- */

static unsigned random_below(unsigned *seed, unsigned limit)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (*seed >> 8) % limit;
}

struct said {
	char path[64];
	enum access access;
	enum layer layer;
};

static void random_path(unsigned *seed, char *path, size_t room)
{
	unsigned depth = random_below(seed, 5);
	size_t length = 0;
	path[0] = '\0';
	for (unsigned i = 0; i < depth; i++)
		length += (size_t)snprintf(path + length, room - length, "/%c", 'a' + (int)random_below(seed, 3));
	if (depth == 0)
		snprintf(path, room, "/");
}

/* The design's sentence, as slowly as it is written: of all rules of a table that hold at the path the longest; then
 * the later layer; then the stricter. The strictest of the tables.
 */
static enum access model(const struct said *said, size_t count, const char *path)
{
	enum access verdict = ACCESS_WRITE;
	for (int table = 0; table < 3; table++) {
		const struct said *best = NULL;
		for (size_t i = 0; i < count; i++) {
			const struct said *s = &said[i];
			int of = s->layer == LAYER_MANAGED ? 1 : s->layer == LAYER_PROJECT ? 2 : 0;
			size_t length = strcmp(s->path, "/") == 0 ? 0 : strlen(s->path);
			if (of != table || strncmp(path, s->path, length) != 0 || (path[length] && path[length] != '/'))
				continue;
			size_t best_length = !best || strcmp(best->path, "/") == 0 ? 0 : strlen(best->path);
			bool is_better = !best || length > best_length ||
					 (length == best_length &&
					  (s->layer > best->layer ||
					   (s->layer == best->layer && s->access < best->access)));
			if (is_better)
				best = s;
		}
		if (!best && table == 0)
			return ACCESS_NONE;
		if (best && best->access < verdict)
			verdict = best->access;
	}
	return verdict;
}

/* Any set of rules gives the model's verdicts, in whatever order its layers are loaded and its rules are written. */
static void decide__agrees_with_the_model_in_any_order(void **state)
{
	(void)state;
	static const char *const names[] = { "none", "read", "write" };
	static const enum layer layers[] = { LAYER_PRESET, LAYER_USER, LAYER_POLICY, LAYER_MANAGED, LAYER_PROJECT };
	unsigned seed = 20261124;
	for (int round = 0; round < 300; round++) {
		struct said said[24];
		size_t count = 1 + random_below(&seed, COUNT_OF(said));
		for (size_t i = 0; i < count; i++) {
			random_path(&seed, said[i].path, sizeof said[i].path);
			said[i].access = (enum access)random_below(&seed, 3);
			said[i].layer = layers[random_below(&seed, COUNT_OF(layers))];
		}
		/* JSON refuses a name twice in one object; the same path is then said with a dot in it. */
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		for (size_t l = COUNT_OF(layers); l-- > 0;) {
			CORDON_ON_EXIT(text_free) struct text text = { 0 };
			text_add(&text, "{ \"files\": {");
			for (size_t k = 0; k < count; k++) {
				size_t i = round % 2 ? k : count - 1 - k;
				if (said[i].layer != layers[l])
					continue;
				text_addf(&text, "\"%s", said[i].path);
				for (size_t dots = 0; dots < i; dots++)
					text_add(&text, "/.");
				text_addf(&text, "/\": \"%s\",", names[said[i].access]);
			}
			text_add(&text, "} }");
			host_read(policy, layers[l], "p", text_str(&text));
		}
		host_settle(policy, facts);
		for (int i = 0; i < 40; i++) {
			char path[64];
			random_path(&seed, path, sizeof path);
			struct verdict verdict = policy_decide_path(policy, path);
			if (verdict.access != model(said, count, path))
				fail_msg("round %d, %s: %d by %s, the model says %d", round, path, verdict.access,
					 verdict.rule->path, model(said, count, path));
		}
	}
}

/* It is asked for each system call that is observed. */
static void decide__is_fast_with_many_rules(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	text_add(&text, "{ \"files\": { \"/\": \"read\"");
	for (int i = 0; i < 5000; i++)
		text_addf(&text, ", \"/srv/%d/%d/a\": \"none\"", i % 70, i);
	text_add(&text, "} }");
	host_read(policy, LAYER_POLICY, "p", text_str(&text));

	clock_t before = clock();
	host_settle(policy, facts);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(policy_decide_path(policy, "/srv/7/77/b/c/d/e/f/g/h").access, ACCESS_READ);
	double seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
	print_message("# 5,000 rules, 100,000 questions: %.2f s\n", seconds);
	assert_true(seconds < 5.0);
}

static void rules__come_parents_first(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	host_say(policy, LAYER_POLICY,
		 "{ 'files': { '/a/b/c': 'read', '/a-b': 'read', '/a/b': 'none', '/a': 'write' } }");
	host_settle(policy, facts);
	size_t count;
	const struct rule *rules = policy_rules(policy, &count);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(text_starts(rules[j].landing, rules[i].landing) &&
				     rules[j].landing[strlen(rules[i].landing)] == '/');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decide__the_deepest_literal_rule_wins),
		cmocka_unit_test(decide__without_a_rule_nothing_is_granted),
		cmocka_unit_test(decide__names_the_deeper_of_equals),
		cmocka_unit_test(decide__later_layers_win_at_equal_specificity),
		cmocka_unit_test(decide__globs_by_their_literal_part),
		cmocka_unit_test(decide__globs_outside_walked_places_are_refused),
		cmocka_unit_test(bound__takes_the_strictest_and_abstains),
		cmocka_unit_test(bound__a_flag_without_effect_is_an_error),
		cmocka_unit_test(own__state_and_policies_stay_out_of_reach),
		cmocka_unit_test(own__a_file_from_elsewhere_is_protected_in_its_folder),
		cmocka_unit_test(link__rules_hold_where_they_land),
		cmocka_unit_test(link__made_by_a_command_opens_nothing),
		cmocka_unit_test(link__named_by_a_person_is_an_error),
		cmocka_unit_test(git__records_open_nothing),
		cmocka_unit_test(decide__windows_has_no_case_and_two_separators),
		cmocka_unit_test(decide__agrees_with_the_model_in_any_order),
		cmocka_unit_test(decide__is_fast_with_many_rules),
		cmocka_unit_test(rules__come_parents_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

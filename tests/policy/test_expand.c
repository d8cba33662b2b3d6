/* Variables, relative paths, and what the survey is asked to look at. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "policy_host.h"

static void expect(bool (*ask)(const struct policy *policy, const struct facts *facts, char ***ret_list,
			       struct cordon_error *err),
		   const struct policy *policy, const struct facts *facts, const char *const *wanted)
{
	char **list;
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!ask(policy, facts, &list, &err))
		fail_msg("%d:%d: %s", err.line, err.column, err.text);
	bool is_equal = host_is_list(list, wanted);
	policy_free_list(list);
	assert_true(is_equal);
}

#define NOTHING NULL
#define EXPECT(ask, policy, facts, ...) expect(ask, policy, facts, (const char *const[]){ __VA_ARGS__, NULL })

#define OWN_STATE "/home/u/.local/state/cordon"
#define OWN_CONFIG "/home/u/.config/cordon"

static void expand__paths_of_each_form(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text)
	char *text = host_quotes(
		"{ 'files': { '~': 'read', '~/a/': 'read', '${config}/b': 'read', '/c/../d': 'read', 'rel/e': 'read',\n"
		"  '../f': 'read', './~g': 'read', '/h~': 'read', '/i$j': 'read', '.': 'read', '**/k': 'none' } }");
	assert_true(policy_add_text(policy, LAYER_POLICY, "p.json", "/base/dir", text, strlen(text), &err));
	EXPECT(policy_paths, policy, facts, "/", "/base/dir", "/base/dir/p.json", "/base/dir/rel/e", "/base/dir/~g",
	       "/base/f", "/d", "/home/u", "/home/u/.config/b", OWN_CONFIG, OWN_STATE, "/home/u/a", "/home/u/work",
	       "/h~", "/i$j");
	EXPECT(policy_globs, policy, facts, "**/k");
}

/* An unknown or empty variable would leave a rule out, or make it mean the root. */
static void expand__refuses_with_the_rules_place(void **state)
{
	(void)state;
	static const struct {
		const char *path, *words;
	} cases[] = {
		{ "${hme}/a", "unknown variable ${hme}; did you mean 'home'?" },
		{ "${HOME}/a", "unknown variable" },
		{ "$HOME/.aws", "a variable is written ${name}, and a file of that name ./$" },
		{ "~other/.aws", "~ stands for your own home" },
		{ "${}/a", "written ${name}" },
		{ "${home", "written ${name}" },
		{ "${home}a", "a separator must follow" },
		{ "/a/${home}", "only at the beginning" },
		{ "${home}/${workspace}", "only at the beginning" },
		{ "${empty}/a", "${empty} is empty" },
		{ "${relative}/a", "${relative} is not absolute" },
		{ "a/b", "no folder" },
		{ "", "needs a path" },
		{ "${home}/**x", "whole component" },
		{ "${home}/*/../x", "after a wildcard" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		CORDON_ON_EXIT(free_text)
		char *text = text_format("{ \"files\": {\n \"%s\": \"none\" } }", cases[i].path);
		struct cordon_error err = CORDON_ERROR_INIT;
		char **list;
		assert_true(facts_add_variable(facts, "empty", "", &err));
		assert_true(facts_add_variable(facts, "relative", "x", &err));
		if (policy_add_text(policy, LAYER_POLICY, "p", NULL, text, strlen(text), &err)) {
			if (policy_paths(policy, facts, &list, &err))
				fail_msg("accepted: %s", cases[i].path);
			assert_false(policy_resolve(policy, facts, &err));
		}
		host_expect(&err, CORDON_BAD_POLICY, cases[i].words);
		assert_int_equal(err.line, 2);
		assert_int_equal(err.column, 2);
	}
}

/* A variable with several values stands for one rule each, with none for no rule. */
static void expand__a_rule_for_each_value(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	host_say(policy, LAYER_POLICY, "{ 'files': { '${git}/hooks': 'read', '/': 'write' } }");
	EXPECT(policy_paths, policy, facts, "/", OWN_CONFIG, OWN_STATE);
	assert_true(facts_add_variable(facts, "git", "/home/u/work/.git", &err));
	assert_true(facts_add_variable(facts, "git", "/home/u/lib/.git", &err));
	EXPECT(policy_paths, policy, facts, "/", OWN_CONFIG, OWN_STATE, "/home/u/lib/.git/hooks",
	       "/home/u/work/.git/hooks");
	host_settle(policy, facts);
	assert_int_equal(policy_decide_path(policy, "/home/u/lib/.git/hooks/x").access, ACCESS_READ);
	assert_int_equal(policy_decide_path(policy, "/home/u/work/.git/hooks/x").access, ACCESS_READ);
	assert_int_equal(policy_decide_path(policy, "/home/u/work/.git/x").access, ACCESS_WRITE);
}

/* Roots are asked for before the survey knows any repository; a name that nobody knows is an error even then. */
static void expand__roots_need_no_git(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	char **list;
	facts->workspace = strdup("/w");
	facts->home = strdup("/h");
	host_say(policy, LAYER_POLICY,
		 "{ 'files': { '${git}/hooks': 'read', '${workspace}': 'write', '~/a': 'write', '~/b': 'write', '~/c': "
		 "'read',\n"
		 "  '~/**/d': 'write', '${root}/e': 'write' } }");
	host_say(policy, LAYER_USER, "{ 'files': { '/u': 'write' } }");
	host_say(policy, LAYER_MANAGED, "{ 'files': { '/m': 'write' } }");
	assert_true(policy_set(policy, "--read", "files", "/h/b", "read", &err));
	EXPECT(policy_roots, policy, facts, "/h/a", "/h/a/e", "/u", "/u/e", "/w", "/w/e");

	assert_false(policy_paths(policy, facts, &list, &err));
	host_expect(&err, CORDON_BAD_POLICY, "${git} is not known on this host");

	CORDON_ON_EXIT(policy_free_at) struct policy *unknown = policy_new(TARGET_LINUX);
	host_say(unknown, LAYER_POLICY, "{ 'files': { '${gt}/hooks': 'read' } }");
	assert_false(policy_roots(unknown, facts, &list, &err));
	host_expect(&err, CORDON_BAD_POLICY, "did you mean 'git'?");
}

/* Two spellings of one path are one root or none: the stricter of one text, the later of two. */
static void expand__roots_are_what_the_last_word_makes_them(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	host_say(policy, LAYER_PRESET, "{ 'files': { '/c': 'read', '/d': 'write', '/e': 'write' } }");
	host_say(
		policy, LAYER_POLICY,
		"{ 'files': { '/a': 'write', '/./a': 'read', '/b/': 'write', '/b': 'write', '/c': 'write', '/d': 'read',\n"
		"  '/e/./': 'write', '/f/*': 'write', '/aa': 'none' } }");
	EXPECT(policy_roots, policy, facts, "/b", "/c", "/e");
}

/* What the host executes is protected in every directory that becomes writable, also in one that a flag adds. */
static void expand__root_is_each_writable_directory(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	host_say(policy, LAYER_PRESET,
		 "{ 'files': { '/': 'read', '${workspace}': 'write', '${root}/.vscode': 'read' } }");
	assert_true(policy_set(policy, "--write", "files", "/home/u/other/", "write", &err));
	host_settle(policy, facts);
	assert_int_equal(policy_decide_path(policy, "/home/u/work/.vscode/x").access, ACCESS_READ);
	assert_int_equal(policy_decide_path(policy, "/home/u/other/.vscode/x").access, ACCESS_READ);
	assert_int_equal(policy_decide_path(policy, "/home/u/other/x").access, ACCESS_WRITE);
}

/* The attack: a workspace with wildcards in its name, so that a rule about it means its neighbours too. */
static void expand__values_are_no_patterns(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = facts_new(TARGET_LINUX);
	facts->workspace = strdup("/home/u/w*\\${home}");
	host_say(policy, LAYER_POLICY,
		 "{ 'files': { '/': 'read', '${workspace}': 'write', '${workspace}/*.key': 'none', '/lit\\\\*x': "
		 "'none' } }");
	EXPECT(policy_paths, policy, facts, "/", "/home/u/w*\\${home}", "/lit*x");
	EXPECT(policy_globs, policy, facts, "/home/u/w\\*\\\\${home}/*.key");
	assert_true(policy_glob_matches(TARGET_LINUX, "/home/u/w\\*\\\\${home}/*.key", "/home/u/w*\\${home}/a.key"));
	assert_false(policy_glob_matches(TARGET_LINUX, "/home/u/w\\*\\\\${home}/*.key", "/home/u/wx\\${home}/a.key"));
	host_add(facts, "/home/u/w*\\${home}/a.key", "/home/u/w*\\${home}/a.key", PATH_FILE);
	host_settle(policy, facts);
	assert_int_equal(policy_decide_path(policy, "/home/u/w*\\${home}/a.key").access, ACCESS_NONE);
	assert_int_equal(policy_decide_path(policy, "/home/u/w*\\${home}/b").access, ACCESS_WRITE);
	assert_int_equal(policy_decide_path(policy, "/home/u/wx/b").access, ACCESS_READ);
	assert_int_equal(policy_decide_path(policy, "/lit*x").access, ACCESS_NONE);
	assert_int_equal(policy_decide_path(policy, "/litx").access, ACCESS_READ);
}

/* The walk goes by landings, so the patterns do. */
static void expand__globs_and_places_follow_landings(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	host_add(facts, "/home/u/link", "/data/real", PATH_DIRECTORY);
	host_add(facts, "/home/u/file", "/home/u/file", PATH_FILE);
	host_add(facts, "/home/u/gone", "/home/u/gone", PATH_MISSING);
	host_add(facts, "/data/real/x.key", "/data/real/x.key", PATH_FILE);
	host_say(policy, LAYER_POLICY,
		 "{ 'files': { '/': 'read', '${workspace}': 'read', '~/link': 'write', '~/link/*.key': 'none', "
		 "'~/file': 'write',\n"
		 "  '~/gone/': 'write', '${workspace}/sub': 'write', '/srv': 'write' } }");
	EXPECT(policy_globs, policy, facts, "/data/real/*.key");
	EXPECT(policy_places, policy, facts, "/data/real", "/home/u/work", "/srv");
	host_settle(policy, facts);
	assert_int_equal(policy_decide_path(policy, "/data/real/x.key").access, ACCESS_NONE);

	CORDON_ON_EXIT(policy_free_at) struct policy *plain = policy_new(TARGET_LINUX);
	host_say(plain, LAYER_POLICY, "{ 'files': { '${workspace}': 'write' } }");
	EXPECT(policy_places, plain, facts, NOTHING);
	EXPECT(policy_globs, plain, facts, NOTHING);
}

/* The survey lists "/" for a policy that closes it. Where it is not plain that no rule does, it is listed. */
static void expand__knows_which_policies_leave_the_root_open(void **state)
{
	(void)state;
	static const struct {
		const char *files;
		bool may_close;
	} cases[] = {
		{ "'/': 'read', '~/.ssh': 'none', '${workspace}': 'none', '${config}/x': 'none'", false },
		{ "'/': 'write', '/home': 'none'", false },
		{ "'/': 'none'", true },
		{ "'/home': 'read'", true },
		{ "'/': 'read', '/home/..': 'none'", true },
		{ "'/': 'read', '/./': 'none'", true },
		{ "'/': 'read', '${top}': 'none'", true },
		{ "'/': 'read', '${top}/x': 'none'", false },
		{ "'/': 'read', '${unheard}': 'none'", true },
		{ "'/': 'read', '**/x': 'none'", true },
		{ "'/': 'read', '${top}': 'read'", false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		CORDON_ON_EXIT(free_text) char *text = text_format("{ 'files': { %s } }", cases[i].files);
		struct cordon_error err = CORDON_ERROR_INIT;
		assert_true(facts_add_variable(facts, "top", "/", &err));
		host_say(policy, LAYER_POLICY, text);
		if (policy_may_close_root(policy, facts) != cases[i].may_close)
			fail_msg("%s", cases[i].files);
		if (i == 0) {
			assert_true(policy_set(policy, "--hide", "files", "/", "none", &err));
			assert_true(policy_may_close_root(policy, facts));
		}
	}
	CORDON_ON_EXIT(policy_free_at) struct policy *bounded = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	host_say(bounded, LAYER_POLICY, "{ 'files': { '/': 'read' } }");
	assert_false(policy_may_close_root(bounded, facts));
	host_say(bounded, LAYER_MANAGED, "{ 'files': { '/': 'none' } }");
	assert_true(policy_may_close_root(bounded, facts));
}

/* A typing error in a path must not make a directory somewhere. */
static void resolve__write_needs_what_exists_or_a_separator(void **state)
{
	(void)state;
	static const struct {
		const char *path, *access;
		bool is_fine;
	} cases[] = {
		{ "/home/u/gone", "write", false }, { "/home/u/gone/", "write", true },
		{ "/home/u/gone", "read", true },   { "/home/u/gone", "none", true },
		{ "/home/u/there", "write", true },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		CORDON_ON_EXIT(free_text)
		char *text = text_format("{ \"files\": {\n\"%s\": \"%s\" } }", cases[i].path, cases[i].access);
		struct cordon_error err = CORDON_ERROR_INIT;
		host_add(facts, "/home/u/gone", "/home/u/gone", PATH_MISSING);
		host_read(policy, LAYER_POLICY, "p", text);
		if (host_resolve(policy, facts, &err) != cases[i].is_fine)
			fail_msg("%s %s: %s", cases[i].path, cases[i].access, err.text);
		if (!cases[i].is_fine) {
			host_expect(&err, CORDON_BAD_POLICY, "end it with '/'");
			assert_int_equal(err.line, 2);
		}
	}
}

static void expand__windows_folders_come_from_the_environment(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_WINDOWS);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_WINDOWS);
	facts->environment = calloc(3, sizeof *facts->environment);
	facts->environment[0] = strdup("appdata=D:\\Roaming");
	facts->environment[1] = strdup("SYSTEMROOT=D:\\Windows");
	host_say(policy, LAYER_POLICY,
		 "{ 'files': { '${system}': 'read', '${appdata}/gh': 'none', '${localappdata}/x': 'none', '/': 'none' "
		 "} }");
	EXPECT(policy_paths, policy, facts, "C:\\Program Files", "C:\\Program Files (x86)",
	       "C:\\Users\\u\\AppData\\Local\\cordon", "C:\\Users\\u\\AppData\\Local\\x",
	       "C:\\Users\\u\\AppData\\Roaming\\cordon", "D:\\Roaming\\gh", "D:\\Windows");

	CORDON_ON_EXIT(policy_free_at) struct policy *linux = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *linux_facts = host_facts(TARGET_LINUX);
	host_say(linux, LAYER_POLICY, "{ 'files': { '${appdata}/gh': 'none', '${system}/x': 'read' } }");
	EXPECT(policy_paths, linux, linux_facts, "/", "/bin/x", "/etc/x", OWN_CONFIG, OWN_STATE, "/lib/x", "/lib32/x",
	       "/lib64/x", "/libx32/x", "/nix/x", "/opt/x", "/sbin/x", "/snap/x", "/sys/devices/system/x", "/usr/x");
}

/* A variable that names the home directory, or a folder above it, opens nothing. */
static void expand__certificates_are_where_programs_look(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	facts->environment = calloc(6, sizeof *facts->environment);
	facts->environment[0] = strdup("SSL_CERT_FILE=/srv/ca.pem");
	facts->environment[1] = strdup("SSL_CERT_DIR=/srv/authorities:/:/home:relative:/home/u/:/home/u/ca");
	facts->environment[2] = strdup("NODE_EXTRA_CA_CERTS=/home/u/work/ca.pem");
	facts->environment[3] = strdup("SSL_CERT=/secret");
	facts->environment[4] = strdup("CURL_CA_BUNDLE=");
	host_say(policy, LAYER_POLICY, "{ 'files': { '${certificates}': 'read' } }");
	EXPECT(policy_paths, policy, facts, "/", OWN_CONFIG, OWN_STATE, "/home/u/ca", "/srv/authorities",
	       "/srv/ca.pem");
}

/* A list has another separator there, case tells nothing apart, and a share or what Win32 reads differently opens nothing. */
static void expand__certificates_of_windows_are_where_programs_look(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_WINDOWS);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_WINDOWS);
	facts->environment = calloc(8, sizeof *facts->environment);
	facts->environment[0] = strdup("ssl_cert_file=C:\\Users\\u\\ca\\corporate.pem");
	facts->environment[1] = strdup("SSL_CERT_DIR=D:\\authorities;C:\\;c:\\USERS;C:\\users\\U\\;relative;D:/more");
	facts->environment[2] = strdup("NODE_EXTRA_CA_CERTS=C:\\Users\\u\\WORK\\ca.pem");
	facts->environment[3] = strdup("REQUESTS_CA_BUNDLE=\\\\server\\share\\ca.pem");
	facts->environment[4] = strdup("PIP_CERT=C:\\ca.pem:stream");
	facts->environment[5] = strdup("CURL_CA_BUNDLE=C:\\certificates\\*.pem");
	facts->environment[6] = strdup("GIT_SSL_CAINFO=D:\\");
	host_say(policy, LAYER_POLICY, "{ 'files': { '${certificates}': 'read', '/': 'none' } }");
	EXPECT(policy_paths, policy, facts, "C:\\Users\\u\\AppData\\Local\\cordon",
	       "C:\\Users\\u\\AppData\\Roaming\\cordon", "C:\\Users\\u\\ca\\corporate.pem", "D:\\authorities",
	       "D:\\more");
}

/* One directory too high, and the user's keys or the system itself are writable. */
static void workspace__refuses_what_is_no_project(void **state)
{
	(void)state;
	static const struct {
		enum target target;
		const char *workspace;
		const char *words; /* NULL: fine */
	} cases[] = {
		{ TARGET_LINUX, "/", "a root directory" },
		{ TARGET_LINUX, "/home/u", "your home directory or above it" },
		{ TARGET_LINUX, "/home", "your home directory or above it" },
		{ TARGET_LINUX, "/etc", "a system directory" },
		{ TARGET_LINUX, "/etc/nginx", "a system directory" },
		{ TARGET_LINUX, "/usr", "a system directory" },
		{ TARGET_LINUX, "/usr/lib/x", "a system directory" },
		{ TARGET_LINUX, "/proc/self/cwd", "a system directory" },
		{ TARGET_LINUX, "/dev/shm", "a system directory" },
		{ TARGET_LINUX, "/boot", "a system directory" },
		{ TARGET_LINUX, "/tmp", "a system directory" },
		{ TARGET_LINUX, "/var", "a system directory" },
		{ TARGET_LINUX, "/var/lib", "a system directory" },
		{ TARGET_LINUX, "/home/u/.local/state/cordon", "cordon's own state" },
		{ TARGET_LINUX, "/home/u/.local/state/cordon/runs", "cordon's own state" },
		{ TARGET_LINUX, "relative", "not absolute" },
		{ TARGET_LINUX, "/home/u/work", NULL },
		{ TARGET_LINUX, "/home/v", NULL },
		{ TARGET_LINUX, "/etcetera", NULL },
		{ TARGET_LINUX, "/usr/src/x", NULL },
		{ TARGET_LINUX, "/var/www/site", NULL },
		{ TARGET_LINUX, "/tmp/x", NULL },
		{ TARGET_LINUX, "/srv/x", NULL },
		{ TARGET_LINUX, "/opt/x", NULL },
		{ TARGET_WINDOWS, "C:\\", "a root directory" },
		{ TARGET_WINDOWS, "d:\\", "a root directory" },
		{ TARGET_WINDOWS, "\\\\srv\\share", "a root directory" },
		{ TARGET_WINDOWS, "c:\\users\\U", "your home directory or above it" },
		{ TARGET_WINDOWS, "C:\\Users", "your home directory or above it" },
		{ TARGET_WINDOWS, "C:\\WINDOWS\\Temp", "a system directory" },
		{ TARGET_WINDOWS, "C:\\Program Files\\x", "a system directory" },
		{ TARGET_WINDOWS, "D:\\Users", "a system directory" },
		{ TARGET_WINDOWS, "C:\\ProgramData", "a system directory" },
		{ TARGET_WINDOWS, "C:\\Users\\u\\work", NULL },
		{ TARGET_WINDOWS, "D:\\work", NULL },
		{ TARGET_WINDOWS, "\\\\srv\\share\\work", NULL },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(cases[i].target);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(cases[i].target);
		struct cordon_error err = CORDON_ERROR_INIT;
		free(facts->workspace);
		facts->workspace = strdup(cases[i].workspace);
		if (host_resolve(policy, facts, &err) != (cases[i].words == NULL))
			fail_msg("%s: %s", cases[i].workspace, err.text);
		if (cases[i].words)
			host_expect(&err, CORDON_BAD_USAGE, cases[i].words);
	}
}

/* A home behind a link is home all the same. */
static void workspace__knows_where_home_lands(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	host_add(facts, "/home/u", "/data/users/u", PATH_DIRECTORY);
	free(facts->workspace);
	facts->workspace = strdup("/data/users");
	assert_false(host_resolve(policy, facts, &err));
	host_expect(&err, CORDON_BAD_USAGE, "home");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expand__paths_of_each_form),
		cmocka_unit_test(expand__refuses_with_the_rules_place),
		cmocka_unit_test(expand__a_rule_for_each_value),
		cmocka_unit_test(expand__roots_need_no_git),
		cmocka_unit_test(expand__roots_are_what_the_last_word_makes_them),
		cmocka_unit_test(expand__root_is_each_writable_directory),
		cmocka_unit_test(expand__values_are_no_patterns),
		cmocka_unit_test(expand__globs_and_places_follow_landings),
		cmocka_unit_test(expand__knows_which_policies_leave_the_root_open),
		cmocka_unit_test(resolve__write_needs_what_exists_or_a_separator),
		cmocka_unit_test(expand__certificates_are_where_programs_look),
		cmocka_unit_test(expand__certificates_of_windows_are_where_programs_look),
		cmocka_unit_test(expand__windows_folders_come_from_the_environment),
		cmocka_unit_test(workspace__refuses_what_is_no_project),
		cmocka_unit_test(workspace__knows_where_home_lands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

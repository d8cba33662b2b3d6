/* The presets, as data: what each grants on a usual host. */
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "policy/presets.h"
#include "policy_host.h"

static void load(struct policy *policy, const char *name)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	for (int depth = 0; name; depth++, name = policy_extends(policy)) {
		size_t length;
		const char *text = preset_find(name, &length);
		assert_non_null(text);
		assert_int_equal(strlen(text), length);
		CORDON_ON_EXIT(free_text) char *file = text_format("preset %s", name);
		bool is_fine = depth == 0 ? policy_add_text(policy, LAYER_PRESET, file, NULL, text, length, &err)
					  : policy_add_base(policy, LAYER_PRESET, file, NULL, text, length, &err);
		if (!is_fine)
			fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.text);
	}
}

static const char *const names[] = { "workspace", "read-only", "strict", "open-network" };

static void preset__loads_on_every_target(void **state)
{
	(void)state;
	size_t length;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_non_null(strstr(preset_names(), names[i]));
		for (int target = TARGET_LINUX; target <= TARGET_WINDOWS; target++) {
			CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new((enum target)target);
			CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts((enum target)target);
			load(policy, names[i]);
			host_settle(policy, facts);
		}
	}
	assert_null(preset_find("none", &length));
	assert_null(preset_find("", &length));
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void expect_same(const char *preset, const struct jsonc_node *built, const struct jsonc_node *read)
{
	for (; built && read; built = built->next, read = read->next) {
		if (built->type != read->type || !is_same_text(built->text, read->text) ||
		    !is_same_text(built->key, read->key) || built->line != read->line ||
		    built->column != read->column || built->key_line != read->key_line ||
		    built->key_column != read->key_column)
			fail_msg("%s:%d:%d: '%s' is built as %d:%d: '%s'", preset, read->line, read->column,
				 read->key ? read->key : "", built->line, built->column, built->key ? built->key : "");
		expect_same(preset, built->child, read->child);
	}
	if (built || read)
		fail_msg("%s: %s is missing", preset, read ? "a value" : "no value");
}

/* A start takes the values that the build made of a preset: they are what the strict reader makes of its text. */
static void preset__is_built_as_it_would_be_read(void **state)
{
	(void)state;
	assert_int_equal(preset_count, COUNT_OF(names));
	for (size_t i = 0; i < preset_count; i++) {
		const struct preset_data *preset = &preset_table[i];
		CORDON_ON_EXIT(jsonc_free_at) struct jsonc *document = NULL;
		struct cordon_error err = CORDON_ERROR_INIT;
		if (!jsonc_parse(preset->file, preset->text, preset->length, &document, &err))
			fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.text);
		expect_same(preset->name, preset->root, jsonc_root(document));
	}
}

/* …and come to the same rules, each with the same place. */
static void preset__says_the_same_built_and_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *read = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(policy_free_at) struct policy *built = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		struct cordon_error err = CORDON_ERROR_INIT;
		load(read, names[i]);
		for (const char *name = names[i]; name; name = policy_extends(built))
			assert_true(policy_add_preset(built, name, &err));
		host_settle(read, facts);
		host_settle(built, facts);

		size_t count, built_count;
		const struct rule *rules = policy_rules(read, &count);
		const struct rule *built_rules = policy_rules(built, &built_count);
		assert_int_equal(built_count, count);
		for (size_t j = 0; j < count; j++) {
			assert_string_equal(built_rules[j].pattern, rules[j].pattern);
			assert_string_equal(built_rules[j].path, rules[j].path);
			assert_string_equal(built_rules[j].landing, rules[j].landing);
			assert_string_equal(built_rules[j].origin.file, rules[j].origin.file);
			assert_int_equal(built_rules[j].origin.layer, rules[j].origin.layer);
			assert_int_equal(built_rules[j].origin.line, rules[j].origin.line);
			assert_int_equal(built_rules[j].origin.column, rules[j].origin.column);
			assert_int_equal(built_rules[j].access, rules[j].access);
		}
	}
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_false(policy_add_preset(policy, "none", &err));
	host_expect(&err, CORDON_BAD_USAGE, "no preset 'none'; there are workspace");
}

struct expectation {
	const char *path;
	enum access access[4]; /* of each preset, in the order of `names` */
};

#define N ACCESS_NONE
#define R ACCESS_READ
#define W ACCESS_WRITE

static void check(enum target target, const struct expectation *expectations, size_t count)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(target);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(target);
		struct cordon_error err = CORDON_ERROR_INIT;
		bool is_linux = target == TARGET_LINUX;
		const char *git = is_linux ? "/home/u/work/.git" : "C:\\Users\\u\\work\\.git";
		const char *env = is_linux ? "/home/u/work/sub/.env" : "C:\\Users\\u\\work\\sub\\.env";
		assert_true(facts_add_variable(facts, "git", git, &err));
		if (is_linux) {
			assert_true(facts_add_variable(facts, "git_hooks", "/home/u/work/.githooks", &err));
			assert_true(facts_add_variable(facts, "git_records", "/home/u/work/side/.git", &err));
			assert_true(facts_add_variable(facts, "submodule", "/home/u/work/.git/modules/part", &err));
		}
		host_add(facts, env, env, PATH_FILE);
		load(policy, names[i]);
		host_settle(policy, facts);
		for (size_t j = 0; j < count; j++) {
			enum access access = policy_decide_path(policy, expectations[j].path).access;
			if (access != expectations[j].access[i])
				fail_msg("%s, %s: %d, wanted %d", names[i], expectations[j].path, access,
					 expectations[j].access[i]);
		}
	}
}

static void preset__grants_what_it_says_on_linux(void **state)
{
	(void)state;
	static const struct expectation expectations[] = {
		{ "/", { R, R, N, R } },
		{ "/usr/bin/make", { R, R, R, R } },
		{ "/etc/passwd", { R, R, R, R } },
		{ "/var/lib/x", { R, R, N, R } },
		{ "/home/u", { R, R, N, R } },
		{ "/home/u/other", { R, R, N, R } },
		{ "/home/u/.cargo/bin/cargo", { R, R, R, R } },
		{ "/home/u/.rustup/toolchains", { R, R, R, R } },
		{ "/home/u/.cache/pip", { R, R, N, R } },
		{ "/home/u/work", { W, R, W, W } },
		{ "/home/u/work/src/a.c", { W, R, W, W } },
		{ "/home/u/work/.git", { W, R, W, W } },
		{ "/home/u/work/.git/objects/00", { W, R, W, W } },
		{ "/home/u/work/.git/hooks/pre-commit", { R, R, R, R } },
		{ "/home/u/work/.git/config", { R, R, R, R } },
		{ "/home/u/work/.vscode/tasks.json", { R, R, R, R } },
		{ "/home/u/work/.claude/settings.json", { R, R, R, R } },
		{ "/home/u/work/.mcp.json", { R, R, R, R } },
		{ "/home/u/work/HEAD", { R, R, R, R } },
		{ "/home/u/work/.githooks/pre-commit", { R, R, R, R } },
		{ "/home/u/work/side/.git", { R, R, R, R } },
		{ "/home/u/work/.git/modules/part/config", { R, R, R, R } },
		{ "/home/u/work/.git/modules/part/index", { W, R, W, W } },
		{ "/home/u/work/.cordon.json", { R, R, R, R } },
		{ "/home/u/work/sub/.env", { W, R, N, W } },
		{ "/home/u/.ssh/id_ed25519", { N, N, N, N } },
		{ "/home/u/.gnupg", { N, N, N, N } },
		{ "/home/u/.aws/credentials", { N, N, N, N } },
		{ "/home/u/.docker/config.json", { N, N, N, N } },
		{ "/home/u/.netrc", { N, N, N, N } },
		{ "/home/u/.npmrc", { N, N, N, N } },
		{ "/home/u/.git-credentials", { N, N, N, N } },
		{ "/home/u/.cargo/credentials.toml", { N, N, N, N } },
		{ "/home/u/.config/gh/hosts.yml", { N, N, N, N } },
		{ "/home/u/.config/gcloud", { N, N, N, N } },
		{ "/home/u/.config/git/config", { R, R, R, R } },
		{ "/home/u/.config/git/credentials", { N, N, N, N } },
		{ "/home/u/.mozilla/firefox", { N, N, N, N } },
		{ "/home/u/.config/google-chrome", { N, N, N, N } },
		{ "/home/u/.bashrc", { R, R, N, R } },
		{ "/home/u/.config/systemd/user", { R, R, N, R } },
		{ "/home/u/.bash_history", { N, N, N, N } },
		{ "/home/u/.local/share/keyrings/login", { N, N, N, N } },
		{ "/home/u/.local/state/cordon/runs", { N, N, N, N } },
	};
	check(TARGET_LINUX, expectations, COUNT_OF(expectations));
}

static void preset__grants_what_it_says_on_windows(void **state)
{
	(void)state;
	static const struct expectation expectations[] = {
		{ "C:\\Windows\\System32\\cmd.exe", { R, R, R, R } },
		{ "D:\\data", { R, R, N, R } },
		{ "C:\\Users\\u\\other", { R, R, N, R } },
		{ "C:\\Users\\u\\work\\a.c", { W, R, W, W } },
		{ "C:\\Users\\u\\work\\.git\\hooks\\x", { R, R, R, R } },
		{ "C:\\Users\\u\\work\\.vscode", { R, R, R, R } },
		{ "C:\\Users\\u\\work\\sub\\.env", { W, R, N, W } },
		{ "C:\\Users\\u\\.ssh\\id", { N, N, N, N } },
		{ "C:\\Users\\u\\AppData\\Roaming\\Microsoft\\Credentials\\x", { N, N, N, N } },
		{ "C:\\Users\\u\\AppData\\Local\\Google\\Chrome\\User Data", { N, N, N, N } },
		{ "C:\\Users\\u\\AppData\\Roaming\\GitHub CLI", { N, N, N, N } },
		{ "C:\\Users\\u\\AppData\\Local\\cordon\\runs", { N, N, N, N } },
	};
	check(TARGET_WINDOWS, expectations, COUNT_OF(expectations));
}

struct path_access {
	const char *path;
	enum access access;
};

static void expect_accesses(const struct policy *policy, const struct path_access *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (policy_decide_path(policy, cases[i].path).access != cases[i].access)
			fail_msg("%s: %d", cases[i].path, policy_decide_path(policy, cases[i].path).access);
}

/* A user who makes the home directory writable still has no command writing what the next login executes. */
static void preset__protects_start_up_files_in_a_writable_home(void **state)
{
	(void)state;
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	load(policy, "workspace");
	assert_true(policy_set(policy, "--write", "files", "/home/u", "write", &err));
	host_settle(policy, facts);
	static const struct path_access cases[] = {
		{ "/home/u/x", W },
		{ "/home/u/.bashrc", R },
		{ "/home/u/.profile", R },
		{ "/home/u/.zshenv", R },
		{ "/home/u/.config/systemd/user", R },
		{ "/home/u/.gitconfig", R },
		{ "/home/u/.ssh/rc", N },
		{ "/home/u/.vscode", R },
		{ "/home/u/work/.vscode", R },
		{ "/home/u/.config/cordon", R },
		{ "/home/u/.config/autostart", R },
	};
	expect_accesses(policy, cases, COUNT_OF(cases));
}

/* HOME may name another directory than the account's home; what grants goes by HOME alone. */
static void preset__hides_in_the_home_of_the_account_too(void **state)
{
	(void)state;
	static const struct path_access cases[] = {
		{ "/data/a/.ssh/id_rsa", N },
		{ "/data/a/.config/gh/hosts.yml", N },
		{ "/data/a/.cache/huggingface/token", N },
		{ "/data/a/notes", R },
		{ "/home/u/.ssh/id_rsa", N },
		{ "/data/a/own", N },
		{ "/home/u/own", R },
	};
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	facts->account_home = strdup("/data/a");
	load(policy, "workspace");
	host_say(policy, LAYER_USER, "{'files': {'~/own': 'read', '/data/a/own': 'none'}}");
	host_settle(policy, facts);
	expect_accesses(policy, cases, COUNT_OF(cases));
}

static void preset__sets_network_and_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		load(policy, names[i]);
		host_settle(policy, facts);
		bool is_open = strcmp(names[i], "open-network") == 0;
		assert_int_equal(policy_network_mode(policy, NULL), is_open ? NETWORK_OPEN : NETWORK_OFF);
		assert_int_equal(policy_limit(policy, LIMIT_PROCESSES).value, 4096);
		assert_int_equal(policy_limit(policy, LIMIT_MEMORY).value, (8ull << 30) / 100 * 75);
		assert_int_equal(policy_limit(policy, LIMIT_MEMORY).origin.layer, LAYER_PRESET);
		assert_false(policy_limit(policy, LIMIT_WALL_TIME).is_set);
	}
}

static void preset__passes_on_no_secrets_and_no_start_up_variables(void **state)
{
	(void)state;
	static const char *const removed[] = {
		"GITHUB_TOKEN",
		"NPM_TOKEN",
		"ANTHROPIC_API_KEY",
		"OPENAI_API_KEY",
		"AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY",
		"AWS_SESSION_TOKEN",
		"PGPASSWORD",
		"MYSQL_PASSWORD",
		"CLIENT_SECRET",
		"GOOGLE_APPLICATION_CREDENTIALS",
		"SSH_AUTH_SOCK",
		"DBUS_SESSION_BUS_ADDRESS",
		"DISPLAY",
		"WAYLAND_DISPLAY",
		"VSCODE_IPC_HOOK_CLI",
		"LD_PRELOAD",
		"LD_LIBRARY_PATH",
		"BASH_ENV",
		"NODE_OPTIONS",
		"PYTHONSTARTUP",
		"GIT_SSH_COMMAND",
		"GIT_ASKPASS",
		"GIT_CONFIG_COUNT",
		"XDG_RUNTIME_DIR",
		"npm_config__authToken",
	};
	static const char *const kept[] = { "PATH",
					    "HOME",
					    "LANG",
					    "TERM",
					    "USER",
					    "SHELL",
					    "EDITOR",
					    "TZ",
					    "PWD",
					    "JAVA_HOME",
					    "GOPATH",
					    "NVM_DIR",
					    "CI",
					    "COLORTERM",
					    "AUTHOR",
					    "ENV",
					    "GIT_AUTHOR_NAME",
					    "VIRTUAL_ENV",
					    "XDG_CACHE_HOME",
					    "TOKENIZERS_PARALLELISM" };
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	struct cordon_error err = CORDON_ERROR_INIT;
	facts->environment = calloc(COUNT_OF(removed) + COUNT_OF(kept) + 1, sizeof *facts->environment);
	for (size_t i = 0; i < COUNT_OF(removed); i++)
		facts->environment[i] = text_format("%s=x", removed[i]);
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		facts->environment[COUNT_OF(removed) + i] = text_format("%s=x", kept[i]);
	load(policy, "workspace");
	host_settle(policy, facts);
	char **environment;
	assert_true(policy_environment(policy, facts, &environment, &err));
	size_t count = 0;
	for (; environment[count]; count++) {
		CORDON_ON_EXIT(free_text) char *wanted = text_format("%s=x", kept[count < COUNT_OF(kept) ? count : 0]);
		assert_string_equal(environment[count], wanted);
	}
	policy_free_list(environment);
	assert_int_equal(count, COUNT_OF(kept));
}

/* strict reads no more of the home directory than it lists: rules that workspace has to protect a name open it here. */
static void preset__strict_opens_nothing_that_it_does_not_list(void **state)
{
	(void)state;
	static const char *const opened[] = {
		"~/.local/", "~/.cargo/",    "~/.rustup",     "~/.nvm",    "~/.volta",     "~/.bun",
		"~/.deno",   "~/.asdf",      "~/.pyenv",      "~/.rbenv",  "~/.goenv",     "~/.sdkman",
		"~/.jabba",  "~/.jdks",      "~/.dotnet",     "~/.ghcup",  "~/.opam",      "~/.nix-profile",
		"~/go",      "~/.gitconfig", "${config}/git", "${system}", "${workspace}",
	};
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
	load(policy, "strict");
	host_settle(policy, facts);
	size_t count;
	const struct rule *rules = policy_rules(policy, &count);
	for (size_t i = 0; i < count; i++) {
		if (policy_decide_path(policy, rules[i].landing).access == ACCESS_NONE || rules[i].is_glob ||
		    text_starts(rules[i].landing, "/home/u/work/"))
			continue;
		bool is_listed = false;
		for (size_t j = 0; j < COUNT_OF(opened); j++)
			is_listed |= text_starts(rules[i].pattern, opened[j]);
		if (!is_listed)
			fail_msg("%s is open", rules[i].pattern);
	}
}

/* The default preset starts as fast in a large workspace as in a small one: it has nothing to walk for. */
static void preset__the_default_has_no_wildcards(void **state)
{
	(void)state;
	static const char *const free_of_globs[] = { "workspace", "read-only", "open-network" };
	for (size_t i = 0; i < COUNT_OF(free_of_globs); i++) {
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = host_facts(TARGET_LINUX);
		struct cordon_error err = CORDON_ERROR_INIT;
		char **globs;
		load(policy, free_of_globs[i]);
		assert_true(policy_globs(policy, facts, &globs, &err));
		assert_null(globs[0]);
		policy_free_list(globs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(preset__loads_on_every_target),
		cmocka_unit_test(preset__is_built_as_it_would_be_read),
		cmocka_unit_test(preset__says_the_same_built_and_read),
		cmocka_unit_test(preset__grants_what_it_says_on_linux),
		cmocka_unit_test(preset__grants_what_it_says_on_windows),
		cmocka_unit_test(preset__protects_start_up_files_in_a_writable_home),
		cmocka_unit_test(preset__hides_in_the_home_of_the_account_too),
		cmocka_unit_test(preset__sets_network_and_limits),
		cmocka_unit_test(preset__passes_on_no_secrets_and_no_start_up_variables),
		cmocka_unit_test(preset__strict_opens_nothing_that_it_does_not_list),
		cmocka_unit_test(preset__the_default_has_no_wildcards),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The mount list of a Linux run, case by case. What holds for any policy is in test_plan_linux_property.c. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "made.h"
#include "plan_world.h"

#define USERS true
#define ROOTS false

/* A user's machine: secrets in the home directory, one of them a link, a repository in it, a resolver in /run. */
static const struct world_entry entries[] = {
	{ "/policy.json", PATH_FILE, NULL, ROOTS },
	{ "/etc", PATH_DIRECTORY, NULL, ROOTS },
	{ "/etc/shadow", PATH_FILE, NULL, ROOTS },
	{ "/etc/ssl", PATH_DIRECTORY, NULL, ROOTS },
	{ "/etc/resolv.conf", PATH_MISSING, "/run/systemd/resolve/stub-resolv.conf", ROOTS },
	{ "/usr", PATH_DIRECTORY, NULL, ROOTS },
	{ "/tmp", PATH_DIRECTORY, NULL, USERS },
	{ "/tmp/job", PATH_DIRECTORY, NULL, USERS },
	{ "/tmp/job/secret", PATH_FILE, NULL, ROOTS },
	{ "/run", PATH_DIRECTORY, NULL, ROOTS },
	{ "/run/docker.sock", PATH_OTHER, NULL, ROOTS },
	{ "/run/systemd", PATH_DIRECTORY, NULL, ROOTS },
	{ "/run/systemd/resolve", PATH_DIRECTORY, NULL, ROOTS },
	{ "/run/systemd/resolve/stub-resolv.conf", PATH_FILE, NULL, ROOTS },
	{ "/dev", PATH_DIRECTORY, NULL, ROOTS },
	{ "/dev/kvm", PATH_OTHER, NULL, ROOTS },
	{ "/proc", PATH_DIRECTORY, NULL, ROOTS },
	{ "/data", PATH_DIRECTORY, NULL, ROOTS },
	{ "/data/keys", PATH_DIRECTORY, NULL, USERS },
	{ "/data/keys/ssh", PATH_DIRECTORY, NULL, USERS },
	{ "/home", PATH_DIRECTORY, NULL, ROOTS },
	{ "/home/other", PATH_DIRECTORY, NULL, ROOTS },
	{ "/home/u", PATH_DIRECTORY, NULL, USERS },
	{ "/home/u/.config", PATH_DIRECTORY, NULL, USERS },
	{ "/home/u/.config/gh", PATH_DIRECTORY, NULL, USERS },
	{ "/home/u/.ssh", PATH_MISSING, "/data/keys/ssh", ROOTS },
	{ "/home/u/.npmrc", PATH_FILE, NULL, ROOTS },
	{ "/home/u/vault", PATH_DIRECTORY, NULL, USERS },
	{ "/home/u/vault/open", PATH_DIRECTORY, NULL, USERS },
	{ "/home/u/w", PATH_DIRECTORY, NULL, USERS },
	{ "/home/u/w/.env", PATH_FILE, NULL, ROOTS },
	{ "/home/u/w/.git", PATH_DIRECTORY, NULL, USERS },
	{ "/home/u/w/.git/config", PATH_FILE, NULL, ROOTS },
	{ "/home/u/w/.git/hooks", PATH_DIRECTORY, NULL, USERS },
	{ "/home/u/w/tasks", PATH_MISSING, "/home/u/vault", ROOTS },
	{ "/home/u/w/tools", PATH_DIRECTORY, NULL, USERS },
	{ "/home/u/w/tools/set", PATH_MISSING, "/home/u/w/a/b", ROOTS },
	{ "/home/u/w/a", PATH_DIRECTORY, NULL, USERS },
	{ "/home/u/w/a/b", PATH_DIRECTORY, NULL, USERS },
	{ "/home/u/w/a/b/c", PATH_FILE, NULL, ROOTS },
	{ "/home/u/w/a-c", PATH_DIRECTORY, NULL, USERS },
};
static const struct world world = { entries, COUNT_OF(entries) };

/* -- one line a step --------------------------------------------------------------------------------------------- */

static void tell_names(struct text *text, const char *what, char **names)
{
	if (!names)
		return;
	text_addf(text, " %s", what);
	for (; *names; names++)
		text_addf(text, " %s", *names);
}

/* The policy's own steps: those of the platform are the same everywhere. */
static void tell_steps(const struct plan *plan, struct text *text)
{
	static const char *const kinds[] = { "bind", "facade", "cover", "private", "proc", "devices" };
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];
		if (!mount->rule)
			continue;
		text_addf(text, "%s%s %s%s", mount->is_link ? "link" : kinds[mount->kind],
			  mount->kind == MOUNT_BIND && !mount->is_link ? mount->is_writable ? "-write" : "-read" : "",
			  mount->path, mount->is_directory ? "/" : "");
		if (mount->is_missing)
			text_add(text, mount->is_writable || mount->kind == MOUNT_FACADE ? " made" : " placeholder");
		tell_names(text, "hide", mount->hide);
		tell_names(text, "show", mount->show);
		text_add_char(text, '\n');
	}
	for (size_t i = 0; i < plan->unheld.count; i++)
		text_addf(text, "%s %s\n", plan->unheld.items[i].is_hidden ? "ends" : "aside",
			  plan->unheld.items[i].path);
}

static bool make(const char *workspace, enum layer layer, const char *text, struct made *made, struct cordon_error *err)
{
	made->facts = world_facts(&world, "/home/u", workspace);
	const char **tool = LIST_ADD(&made->facts->tools);
	assert_non_null(tool);
	*tool = "vscode";
	if (!facts_add_variable(made->facts, "git", "/home/u/w/.git", err) ||
	    !facts_add_variable(made->facts, "git_hooks", "/home/u/w/new.hooks", err) ||
	    !facts_add_variable(made->facts, "git_records", "/home/u/w/local", err))
		return false;
	return world_policy(&world, made->facts, layer, text, NULL, &made->policy, err) &&
	       plan_compile(made->policy, made->facts, &(struct plan_options){ .run_id = "01RUN" }, &made->plan, err);
}

static void expect_steps(const char *workspace, enum layer layer, const char *text, const char *expected)
{
	CORDON_ON_EXIT(made_free) struct made made = { 0 };
	CORDON_ON_EXIT(text_free) struct text steps = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!make(workspace, layer, text, &made, &err))
		fail_msg("%s: %s", text, err.text);
	tell_steps(made.plan, &steps);
	if (strcmp(text_str(&steps), expected) != 0)
		fail_msg("gives\n%sinstead of\n%sfrom %.200s", text_str(&steps), expected, text);
}

/* -- files ------------------------------------------------------------------------------------------------------- */

/* Each row is one way in which a place differs from what surrounds it. Cordon's own state is hidden in all of them. */
static void plan__lays_a_step_where_a_place_differs(void **state)
{
	(void)state;
	static const char own[] = "facade /home/u/ hide .local\n";
	static const struct {
		const char *files;
		const char *steps;
	} cases[] = {
		/* nothing to do: a rule that says what holds already */
		{ "'/': 'read', '/etc': 'read', '~/.config': 'read'", own },
		/* a neighbour whose name goes on with a byte before the separator does not come between */
		{ "'/': 'read', '${workspace}': 'write', '${workspace}/a': 'read', '${workspace}/a-c': 'read', "
		  "'${workspace}/a/b': 'write'",
		  "facade /home/u/ hide .local\n"
		  "bind-write /home/u/w/\n"
		  "bind-read /home/u/w/a/\n"
		  "bind-write /home/u/w/a/b/\n"
		  "bind-read /home/u/w/a-c/\n" },
		/* a writable root, and a protected directory in it whose parent is pinned */
		{ "'/': 'read', '${workspace}': 'write', '${workspace}/.git/hooks': 'read'",
		  "facade /home/u/ hide .local\n"
		  "bind-write /home/u/w/\n"
		  "bind-write /home/u/w/.git/\n"
		  "bind-read /home/u/w/.git/hooks/\n" },
		/* two protected places share their pins; a rule within a protected place opens it again */
		{ "'/': 'read', '${workspace}': 'write', '${workspace}/a/b': 'read', '${workspace}/a/b/c': 'write'",
		  "facade /home/u/ hide .local\n"
		  "bind-write /home/u/w/\n"
		  "bind-write /home/u/w/a/\n"
		  "bind-read /home/u/w/a/b/\n"
		  "bind-write /home/u/w/a/b/c\n" },
		/* names in directories that the user changes: left out, present or not, one facade a directory */
		{ "'/': 'read', '~/.npmrc': 'none', '~/.netrc': 'none', '~/.config/gh': 'none', '~/.config/no/such': "
		  "'none'",
		  "facade /home/u/ hide .local .netrc .npmrc\n"
		  "facade /home/u/.config/ hide gh no\n" },
		/* a link goes with what it leads to */
		{ "'/': 'read', '~/.ssh': 'none'", "facade /data/keys/ hide ssh\n"
						   "facade /home/u/ hide .local .ssh\n" },
		/* in a directory of root's: covered if present, nothing to do if not */
		{ "'/': 'read', '/etc/shadow': 'none', '/etc/none-such': 'none', '/data': 'none'",
		  "cover /data/\n"
		  "cover /etc/shadow\n"
		  "facade /home/u/ hide .local\n" },
		/* hidden in a writable root: covered, pinned; nothing while it is missing */
		{ "'/': 'read', '${workspace}': 'write', '${workspace}/a/b/c': 'none', '${workspace}/a/d': 'none'",
		  "facade /home/u/ hide .local\n"
		  "bind-write /home/u/w/\n"
		  "bind-write /home/u/w/a/\n"
		  "bind-write /home/u/w/a/b/\n"
		  "cover /home/u/w/a/b/c\n"
		  "ends /home/u/w/a/d\n" },
		/* matches of a glob */
		{ "'/': 'read', '${workspace}': 'write', '**/.env': 'none'", "facade /home/u/ hide .local\n"
									     "bind-write /home/u/w/\n"
									     "cover /home/u/w/.env\n" },
		/* opened below something hidden */
		{ "'/': 'read', '~/vault': 'none', '~/vault/open': 'write'", "facade /home/u/ hide .local\n"
									     "facade /home/u/vault/ show open\n"
									     "bind-write /home/u/vault/open/\n" },
		/* everything closed but some */
		{ "'/': 'none', '/usr': 'read', '/etc/ssl': 'read', '${workspace}': 'write'", "cover /data/\n"
											      "facade /etc/ show ssl\n"
											      "facade /home/ show u\n"
											      "facade /home/u/ show w\n"
											      "bind-write /home/u/w/\n"
											      "cover /policy.json\n" },
		/* made below something hidden: what leads there is shown */
		{ "'/': 'read', '~/vault': 'none', '~/vault/new/deep/': 'write'",
		  "facade /home/u/ hide .local\n"
		  "facade /home/u/vault/ show new\n"
		  "facade /home/u/vault/new/ made show deep\n"
		  "bind-write /home/u/vault/new/deep/ made\n" },
		/* what lands in the private /run is brought in; the link to it is the host's */
		{ "'/': 'read', '/etc/resolv.conf': 'read'", "facade /home/u/ hide .local\n"
							     "bind-read /run/systemd/resolve/stub-resolv.conf\n" },
		/* the whole disk writable, with a hole */
		{ "'/': 'write', '/etc': 'read', '/home/u/vault/open': 'read'",
		  "bind-read /etc/\n"
		  "bind-write /home/\n"
		  "bind-write /home/u/\n"
		  "bind-write /home/u/.config/\n"
		  "bind-read /home/u/.config/cordon/ placeholder\n"
		  "bind-write /home/u/vault/\n"
		  "bind-read /home/u/vault/open/\n"
		  "bind-read /policy.json\n" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(free_text) char *text = text_format("{ \"files\": { %s } }", cases[i].files);
		for (char *quote = text; (quote = strchr(quote, '\'')) != NULL;)
			*quote = '"';
		expect_steps("/home/u/w", LAYER_POLICY, text, cases[i].steps);
	}
}

/* An open network without the resolver's address would look up no name. */
static void plan__an_open_network_brings_the_resolver_along(void **state)
{
	(void)state;
	static const char own[] = "facade /home/u/ hide .local\n";
	static const char brought[] = "facade /home/u/ hide .local\nbind-read /run/systemd/resolve/stub-resolv.conf\n";
	expect_steps("/home/u/w", LAYER_POLICY,
		     "{ \"files\": { \"/\": \"read\" }, \"network\": { \"mode\": \"off\" } }", own);
	expect_steps("/home/u/w", LAYER_POLICY,
		     "{ \"files\": { \"/\": \"read\" }, \"network\": { \"mode\": \"open\" } }", brought);
	expect_steps(
		"/home/u/w", LAYER_POLICY,
		"{ \"files\": { \"/\": \"read\", \"/run/systemd\": \"none\" }, \"network\": { \"mode\": \"open\" } }",
		own);
}

/* The private /tmp stands in front of the host's: a project in there is laid into it, its secret left out. */
static void plan__a_workspace_below_tmp_is_seen(void **state)
{
	(void)state;
	expect_steps(
		"/tmp/job", LAYER_POLICY,
		"{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\", \"${workspace}/secret\": \"none\" } }",
		"facade /home/u/ hide .local\n"
		"bind-write /tmp/job/\n"
		"cover /tmp/job/secret\n");
}

/* A hook planted where none was is run by the host as one that was changed; a file in the checkout that is not the
 * user's is in the next commit.
 */
static void plan__missing_names_are_held_only_out_of_sight(void **state)
{
	(void)state;
	static const char files[] =
		"{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\", \"${workspace}/.vscode\": \"read\","
		"\"${workspace}/.mcp.json\": \"read\", \"${git}/config.worktree\": \"read\", \"${workspace}/.git\": "
		"\"write\","
		"\"${workspace}/a/.git\": \"read\", \"${workspace}/.cordon.json\": \"read\", \"${workspace}/x/hooks\": "
		"\"read\" } }";
	expect_steps("/home/u/w", LAYER_PRESET, files,
		     "facade /home/u/ hide .local\n"
		     "bind-write /home/u/w/\n"
		     "bind-read /home/u/w/.vscode/ placeholder\n"
		     "aside /home/u/w/.cordon.json\n"
		     "aside /home/u/w/.git/config.worktree\n"
		     "aside /home/u/w/.mcp.json\n"
		     "aside /home/u/w/x/hooks\n");
	expect_steps("/home/u/w", LAYER_POLICY, files,
		     "facade /home/u/ hide .local\n"
		     "bind-write /home/u/w/\n"
		     "bind-read /home/u/w/.mcp.json placeholder\n"
		     "bind-read /home/u/w/.vscode/ placeholder\n"
		     "aside /home/u/w/.cordon.json\n"
		     "aside /home/u/w/.git/config.worktree\n"
		     "aside /home/u/w/x/hooks\n");
}

/* Git looks for them at the user's next command; it takes a folder for broken settings, and a file for no hooks. */
static void plan__what_git_names_is_held_as_what_git_expects(void **state)
{
	(void)state;
	expect_steps("/home/u/w", LAYER_PRESET,
		     "{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\", \"${git_hooks}/\": \"read\","
		     "\"${git_records}\": \"read\" } }",
		     "facade /home/u/ hide .local\n"
		     "bind-write /home/u/w/\n"
		     "bind-read /home/u/w/local placeholder\n"
		     "bind-read /home/u/w/new.hooks/ placeholder\n");
}

/* A table of rules has no order of its own. */
static void plan__the_order_of_rules_does_not_matter(void **state)
{
	(void)state;
	static const char *rules[] = {
		"\"/\": \"read\"",
		"\"~/vault\": \"none\"",
		"\"~/vault/open\": \"read\"",
		"\"${workspace}\": \"write\"",
		"\"${git}/hooks\": \"read\"",
		"\"${workspace}/a\": \"none\"",
		"\"~/.netrc\": \"none\"",
		"\"${workspace}/a/b\": \"read\"",
		"\"~/.ssh\": \"none\"",
		"\"~/.config/gh\": \"none\"",
	};
	CORDON_ON_EXIT(free_text) char *first = NULL;
	uint32_t chance = 1;
	for (int turn = 0; turn < 50; turn++) {
		CORDON_ON_EXIT(made_free) struct made made = { 0 };
		CORDON_ON_EXIT(text_free) struct text text = { 0 }, steps = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		for (size_t i = COUNT_OF(rules) - 1; i > 0; i--) {
			chance = chance * 1103515245u + 12345u;
			size_t j = (chance >> 16) % (i + 1);
			const char *other = rules[i];
			rules[i] = rules[j];
			rules[j] = other;
		}
		text_add(&text, "{ \"files\": {");
		for (size_t i = 0; i < COUNT_OF(rules); i++)
			text_addf(&text, "%s%s", i ? ", " : "", rules[i]);
		text_add(&text, "} }");
		if (!make("/home/u/w", LAYER_POLICY, text_str(&text), &made, &err))
			fail_msg("%s", err.text);
		tell_steps(made.plan, &steps);
		if (!first)
			first = text_take(&steps);
		else
			assert_string_equal(text_str(&steps), first);
	}
}

/* -- refusals ---------------------------------------------------------------------------------------------------- */

/* What cannot be carried out is refused with the place of the rule, never planned in part. */
static void plan__refuses_what_this_version_cannot_carry(void **state)
{
	(void)state;
	static const struct {
		const char *text, *reason;
		int line;
	} cases[] = {
		{ "{ \"files\": { \"/\": \"read\",\n\"/tmp\": \"write\" } }", "writable /tmp of its own", 2 },
		{ "{ \"files\": { \"/\": \"read\",\n\"/run\": \"read\" } }", "writable /run of its own", 2 },
		{ "{ \"files\": { \"/\": \"read\",\n\"/dev/kvm\": \"write\" } }", "/dev and /proc of its own", 2 },
		{ "{ \"files\": { \"/\": \"read\",\n\"/proc\": \"none\" } }", "/dev and /proc of its own", 2 },
		{ "{ \"files\": { \"/\": \"read\",\n\"/run/docker.sock\": \"read\" } }", "socket", 2 },
		{ "{ \"files\": { \"/\": \"read\" },\n\"network\": { \"listen\": [3000] } }", "network.listen", 2 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(made_free) struct made made = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		if (make("/home/u/w", LAYER_POLICY, cases[i].text, &made, &err))
			fail_msg("%s is planned", cases[i].text);
		if (err.status != CORDON_UNSUPPORTED || !strstr(err.text, cases[i].reason) || err.line != cases[i].line)
			fail_msg("%s: status %d, line %d: %s", cases[i].text, err.status, err.line, err.text);
		assert_null(made.plan);
	}
}

/* A link that the command could replace stays what it is, wherever it leads, and the directories above it stay in
 * place.
 */
static void plan__holds_links_to_what_is_protected(void **state)
{
	(void)state;
	expect_steps(
		"/home/u/w", LAYER_POLICY,
		"{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\", \"${workspace}/tasks\": \"none\" } }",
		"facade /home/u/ hide .local vault\n"
		"bind-write /home/u/w/\n");
	expect_steps(
		"/home/u/w", LAYER_POLICY,
		"{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\", \"${workspace}/tasks\": \"read\" } }",
		"facade /home/u/ hide .local\n"
		"bind-write /home/u/w/\n"
		"link /home/u/w/tasks\n");
	expect_steps(
		"/home/u/w", LAYER_POLICY,
		"{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\", \"${workspace}/tools/set\": \"read\" } }",
		"facade /home/u/ hide .local\n"
		"bind-write /home/u/w/\n"
		"bind-write /home/u/w/a/\n"
		"bind-read /home/u/w/a/b/\n"
		"bind-write /home/u/w/tools/\n"
		"link /home/u/w/tools/set\n");
}

/* "/" closed without a list of what is in it would stay open. */
static void plan__closes_the_root_only_where_it_knows_what_is_in_it(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(made_free) struct made made = { .facts = world_facts(&world, "/home/u", "/home/u/w") };
	made.facts->root_is_listed = false;
	assert_true(world_policy(&world, made.facts, LAYER_POLICY, "{ \"files\": { \"/\": \"none\" } }", NULL,
				 &made.policy, &err));
	assert_false(plan_compile(made.policy, made.facts, &(struct plan_options){ 0 }, &made.plan, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "files.read"));
	assert_int_equal(err.line, 1);
}

/* -- the rest of a plan ------------------------------------------------------------------------------------------ */

static const char *value_of(const struct plan *plan, const char *name)
{
	const char *value = NULL;
	size_t length = strlen(name);
	for (char **entry = plan->environment; *entry; entry++)
		if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') {
			assert_null(value);
			value = *entry + length + 1;
		}
	return value;
}

/* A run inside a run: the outer one's marks, which anyone could forge, give way. */
static void plan__sets_its_own_variables_over_any_others(void **state)
{
	(void)state;
	CORDON_ON_EXIT(made_free) struct made made = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(make("/home/u/w", LAYER_POLICY,
			 "{ \"files\": { \"/\": \"read\" }, \"environment\": { \"inherit\": \"all\" } }", &made, &err));
	assert_string_equal(value_of(made.plan, "CORDON"), "1");
	assert_string_equal(value_of(made.plan, "CORDON_RUN_ID"), "01RUN");
	assert_string_equal(value_of(made.plan, "TMPDIR"), "/tmp");
	assert_string_equal(value_of(made.plan, "PATH"), "/usr/bin");
}

/* Who stated a limit decides whether a host may fall short of it; what has no meaning here is not asked. */
static void plan__asks_for_what_the_policy_states(void **state)
{
	(void)state;
	static const char text[] =
		"{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\" }, \"limits\": { \"memory\": "
		"\"1GiB\", \"disk\": \"64MiB\" }, \"accept\": [\"ipc\", \"limits.memory=absent\"] }";
	for (int turn = 0; turn < 2; turn++) {
		CORDON_ON_EXIT(made_free) struct made made = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		bool is_preset = turn == 1;
		assert_true(make("/home/u/w", is_preset ? LAYER_PRESET : LAYER_POLICY, text, &made, &err));
		const struct plan_guarantee *guarantees = made.plan->guarantees;
		assert_true(guarantees[GUARANTEE_FILES_WRITE].is_asked && guarantees[GUARANTEE_FILES_READ].is_asked);
		assert_true(guarantees[GUARANTEE_NET_OFF].is_asked && guarantees[GUARANTEE_TREE].is_asked);
		assert_false(guarantees[GUARANTEE_FILES_PROTECT].is_asked);
		assert_false(guarantees[GUARANTEE_NET_FILTERED].is_asked || guarantees[GUARANTEE_DESKTOP].is_asked);
		assert_true(guarantees[GUARANTEE_LIMITS_MEMORY].is_asked && !guarantees[GUARANTEE_LIMITS_CPU].is_asked);
		assert_int_equal(guarantees[GUARANTEE_LIMITS_MEMORY].is_best_effort, is_preset);
		assert_int_equal(guarantees[GUARANTEE_LIMITS_MEMORY].accepted, LEVEL_ABSENT);
		assert_int_equal(guarantees[GUARANTEE_IPC].accepted, LEVEL_PARTIAL);
		assert_int_equal(guarantees[GUARANTEE_TREE].accepted, LEVEL_ENFORCED);
		assert_string_equal(made.plan->mounts.items[0].path, "/tmp");
		assert_int_equal(made.plan->mounts.items[0].size, 64 << 20);
	}
}

/* The default preset on that machine, step by step. */
static void plan__default_preset(void **state)
{
	(void)state;
	size_t length;
	const char *preset = preset_find("workspace", &length);
	assert_non_null(preset);
	expect_steps(
		"/home/u/w", LAYER_PRESET, preset,
		"facade /data/keys/ hide ssh\n"
		"facade /home/u/ hide .aws .azure .bash_history .boto .bundle .cache .cargo .claude .claude.json "
		".codex .composer .docker .gem .gemini .git-credentials .gnupg .gradle "
		".histfile .kube .lesshst .local .m2 .mozilla .my.cnf .mysql_history .netrc .node_repl_history .npmrc "
		".nuget .password-store .pgpass .pki .psql_history .pypirc .python_history .rediscli_history .s3cfg "
		".sqlite_history .terraform.d .thunderbird .var .vault-token .viminfo .yarnrc.yml .zsh_history _netrc "
		"snap .ssh\n"
		"facade /home/u/.config/ hide BraveSoftware NuGet chromium composer containers doctl gcloud gh git github-copilot "
		"glab-cli google-chrome hub microsoft-edge op opera rclone sops vivaldi\n"
		"bind-write /home/u/w/\n"
		"bind-write /home/u/w/.git/\n"
		"bind-read /home/u/w/.git/commondir placeholder\n"
		"bind-read /home/u/w/.git/config\n"
		"bind-read /home/u/w/.git/hooks/\n"
		"bind-read /home/u/w/.vscode/ placeholder\n"
		"bind-read /home/u/w/local placeholder\n"
		"bind-read /home/u/w/new.hooks/ placeholder\n"
		"aside /home/u/w/.agents\n"
		"aside /home/u/w/.claude\n"
		"aside /home/u/w/.codex\n"
		"aside /home/u/w/.cordon.json\n"
		"aside /home/u/w/.cursor\n"
		"aside /home/u/w/.gemini\n"
		"aside /home/u/w/.git/config.worktree\n"
		"aside /home/u/w/.hg/hgrc\n"
		"aside /home/u/w/.idea\n"
		"aside /home/u/w/.kiro\n"
		"aside /home/u/w/.mcp.json\n"
		"aside /home/u/w/.opencode\n"
		"aside /home/u/w/.windsurf\n"
		"aside /home/u/w/.zed\n"
		"aside /home/u/w/HEAD\n");
}

/* -- printing ---------------------------------------------------------------------------------------------------- */

/* "write" and a name that ends in '/': the directory is made; without the '/' it may be a slip of the pen. */
static void plan__makes_what_ends_in_a_separator(void **state)
{
	(void)state;
	expect_steps(
		"/home/u/w", LAYER_POLICY,
		"{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\", \"/home/u/new/deep/\": \"write\" } }",
		"facade /home/u/ hide .local\n"
		"bind-write /home/u/new/deep/ made\n"
		"bind-write /home/u/w/\n");
}

/* The JSON is what people and tools read: keys in a fixed order, bytes that are no UTF-8 made visible, values of
 * variables, which may be secrets, left out.
 */
static void plan__prints_as_json(void **state)
{
	(void)state;
	static const struct world_entry odd[] = {
		{ "/home", PATH_DIRECTORY, NULL, ROOTS },
		{ "/home/u", PATH_DIRECTORY, NULL, USERS },
		{ "/home/u/w\xff", PATH_DIRECTORY, NULL, USERS },
	};
	static const char expected[] = "  \"mounts\": [\n"
				       "    {\n"
				       "      \"kind\": \"private\",\n"
				       "      \"path\": \"/tmp\",\n"
				       "      \"type\": \"directory\"\n"
				       "    },\n";
	static const char bind[] = "    {\n"
				   "      \"kind\": \"bind\",\n"
				   "      \"path\": \"/home/u/w\xef\xbf\xbd\",\n"
				   "      \"type\": \"directory\",\n"
				   "      \"access\": \"write\",\n"
				   "      \"rule\": {\n"
				   "        \"pattern\": \"${workspace}\",\n"
				   "        \"layer\": \"policy\",\n"
				   "        \"file\": \"/policy.json\",\n"
				   "        \"line\": 1,\n"
				   "        \"column\": 27\n"
				   "      }\n"
				   "    }\n"
				   "  ],\n"
				   "  \"set_aside\": [],\n"
				   "  \"covered_when_it_appears\": []\n"
				   "}\n";
	const struct world small = { odd, COUNT_OF(odd) };
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	CORDON_ON_EXIT(made_free) struct made made = { .facts = world_facts(&small, "/home/u", "/home/u/w\xff") };
	assert_true(world_policy(&small, made.facts, LAYER_POLICY,
				 "{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\" } }", NULL, &made.policy,
				 &err));
	assert_true(plan_compile(made.policy, made.facts, &(struct plan_options){ 0 }, &made.plan, &err));
	assert_true(plan_print(made.plan, &text, &err));
	assert_true(
		text_starts(text_str(&text), "{\n  \"schema\": 1,\n  \"target\": \"linux\",\n  \"assumed\": false,\n"));
	assert_non_null(strstr(text_str(&text), expected));
	if (!text_ends(text_str(&text), bind))
		fail_msg("%s", text_str(&text) + text.length - 400);
	assert_null(strstr(text_str(&text), "/usr/bin"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan__lays_a_step_where_a_place_differs),
		cmocka_unit_test(plan__an_open_network_brings_the_resolver_along),
		cmocka_unit_test(plan__a_workspace_below_tmp_is_seen),
		cmocka_unit_test(plan__missing_names_are_held_only_out_of_sight),
		cmocka_unit_test(plan__what_git_names_is_held_as_what_git_expects),
		cmocka_unit_test(plan__the_order_of_rules_does_not_matter),
		cmocka_unit_test(plan__refuses_what_this_version_cannot_carry),
		cmocka_unit_test(plan__holds_links_to_what_is_protected),
		cmocka_unit_test(plan__closes_the_root_only_where_it_knows_what_is_in_it),
		cmocka_unit_test(plan__sets_its_own_variables_over_any_others),
		cmocka_unit_test(plan__asks_for_what_the_policy_states),
		cmocka_unit_test(plan__default_preset),
		cmocka_unit_test(plan__makes_what_ends_in_a_separator),
		cmocka_unit_test(plan__prints_as_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Windows plans, made from assumed facts. That they mean what the policy says is judged against a model of NT
 * elsewhere; here is what each tier is made of, and which policy it refuses.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "made.h"
#include "policy/plan.h"
#include "policy/plan_windows.h"

#define HOME "C:\\Users\\you"

static void free_list_at(char ***list)
{
	policy_free_list(*list);
}

/* The preset, or the text as the user's policy on nothing. */
static bool make(const char *preset, const char *text, const char *tier, struct made *made, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_list_at) char **paths = NULL;
	size_t length;
	made->policy = policy_new(TARGET_WINDOWS);
	for (const char *name = preset; name; name = policy_extends(made->policy)) {
		const char *bytes = preset_find(name, &length);
		assert_non_null(bytes);
		if (!policy_add_base(made->policy, LAYER_PRESET, name, NULL, bytes, length, err))
			return false;
	}
	if (text && !policy_add_text(made->policy, LAYER_POLICY, "C:\\policy.json", "C:\\", text, strlen(text), err))
		return false;
	return facts_assume_windows(NULL, &made->facts, err) && policy_paths(made->policy, made->facts, &paths, err) &&
	       facts_assume_windows_paths(made->facts, paths, err) && policy_resolve(made->policy, made->facts, err) &&
	       plan_compile(made->policy, made->facts, &(struct plan_options){ .run_id = "01RUN", .tier = tier },
			    &made->plan, err);
}

/* -- telling a plan ---------------------------------------------------------------------------------------------- */

static void tell_sid(struct text *text, struct sid sid)
{
	text_add(text, sid_role_name(sid.role));
	if (sid.role == SID_CAPABILITY)
		text_addf(text, ":%zu", sid.root);
}

static const char *rights_word(uint32_t rights)
{
	return rights == RIGHTS_ALL                     ? "all"
	       : rights == RIGHTS_OWN                   ? "own"
	       : rights == RIGHTS_READ                  ? "read"
	       : rights == RIGHTS_METADATA              ? "metadata"
	       : rights == RIGHTS_MODIFY                ? "modify"
	       : rights == RIGHTS_MODIFY_IN_PLACE       ? "modify-in-place"
	       : rights == RIGHTS_CHANGE                ? "change"
	       : rights == RIGHTS_REMOVE                ? "remove"
	       : rights == RIGHTS_UNDO                  ? "undo"
	       : rights == RIGHT_READ_CONTROL           ? "read-control"
	       : rights == (RIGHTS_UNDO | RIGHT_DELETE) ? "undo-and-delete"
							: "?";
}

/* "PATH [flags]: -accounts change tree, +..." for each object at or below `folder`. */
static void tell_objects(const struct plan_windows *windows, const char *folder, struct text *text)
{
	static const char *const reaches[] = { "object", "tree", "children" };
	for (size_t i = 0; i < windows->objects.count; i++) {
		const struct windows_object *object = &windows->objects.items[i];
		if (!text_starts(object->path, folder))
			continue;
		text_addf(text, "%s%s%s%s%s%s%s%s:", object->path, object->type == PATH_DIRECTORY ? "\\" : "",
			  object->is_created ? " created" : "", object->is_cut ? " cut" : "",
			  object->is_seen ? " seen" : "", object->is_watched ? " watched" : "",
			  object->is_foreign ? " foreign" : "", object->label ? " labelled" : "");
		for (size_t j = 0; j < object->entries.count; j++) {
			const struct windows_entry *entry = &object->entries.items[j];
			text_addf(text, " %c", entry->denies ? '-' : '+');
			tell_sid(text, entry->sid);
			text_addf(text, "/%s/%s", rights_word(entry->rights), reaches[entry->reach]);
		}
		text_add_char(text, '\n');
	}
}

static void expect_objects(const struct plan *plan, const char *folder, const char *expected)
{
	CORDON_ON_EXIT(text_free) struct text told = { 0 };
	tell_objects(plan->windows, folder, &told);
	if (strcmp(text_str(&told), expected) != 0)
		fail_msg("gives\n%sinstead of\n%s", text_str(&told), expected);
}

static void expect_sids(const struct sid_list *list, const char *expected)
{
	CORDON_ON_EXIT(text_free) struct text told = { 0 };
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			text_add_char(&told, ' ');
		tell_sid(&told, list->items[i]);
	}
	assert_string_equal(text_str(&told), expected);
}

/* -- the default preset ------------------------------------------------------------------------------------------ */

/* Two grants for a root, since a write is checked twice, and no DELETE_CHILD in either; a protected path denies its
 * change and the directories above it their removal; what is missing is made, so that it has a descriptor.
 */
static void windows__the_default_preset_takes_the_account_tier(void **state)
{
	(void)state;
	CORDON_ON_EXIT(made_free) struct made made = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!make("workspace", NULL, NULL, &made, &err))
		fail_msg("%s", err.text);
	const struct plan_windows *windows = made.plan->windows;
	assert_int_equal(windows->tier, TIER_ACCOUNT);
	assert_int_equal(windows->roots.count, 1);
	assert_string_equal(windows->roots.items[0].path, HOME "\\project");
	expect_objects(
		made.plan, HOME "\\project",
		HOME
		"\\project\\ labelled: -accounts/undo-and-delete/object -capability:0/undo-and-delete/object "
		"-accounts/undo/children -capability:0/undo/children +accounts/modify-in-place/object "
		"+accounts/modify/children +capability:0/modify-in-place/object +capability:0/modify/children "
		"+user/own/tree +owner-rights/read-control/tree\n" HOME
		"\\project\\.agents\\ created: -accounts/change/tree -capability:0/change/tree\n" HOME
		"\\project\\.claude\\ created: -accounts/change/tree -capability:0/change/tree\n" HOME
		"\\project\\.codex\\ created: -accounts/change/tree -capability:0/change/tree\n" HOME
		"\\project\\.cursor\\ created: -accounts/change/tree -capability:0/change/tree\n" HOME
		"\\project\\.gemini\\ created: -accounts/change/tree -capability:0/change/tree\n" HOME
		"\\project\\.git\\: -accounts/remove/object -capability:0/remove/object\n" HOME
		"\\project\\.git\\commondir watched: -accounts/change/object -capability:0/change/object\n" HOME
		"\\project\\.git\\config watched: -accounts/change/object -capability:0/change/object\n" HOME
		"\\project\\.git\\config.worktree watched: -accounts/change/object -capability:0/change/object\n" HOME
		"\\project\\.git\\hooks\\: -accounts/change/tree -capability:0/change/tree\n" HOME
		"\\project\\.idea\\ created: -accounts/change/tree -capability:0/change/tree\n" HOME
		"\\project\\.kiro\\ created: -accounts/change/tree -capability:0/change/tree\n" HOME
		"\\project\\.opencode\\ created: -accounts/change/tree -capability:0/change/tree\n" HOME
		"\\project\\.vscode\\ created: -accounts/change/tree -capability:0/change/tree\n" HOME
		"\\project\\.windsurf\\ created: -accounts/change/tree -capability:0/change/tree\n" HOME
		"\\project\\.zed\\ created: -accounts/change/tree -capability:0/change/tree\n");
	/* Nothing opens the profile: a secret in it needs no entry, unless what is around it was opened. */
	expect_objects(made.plan, HOME "\\.ssh", "");
	expect_objects(made.plan, HOME "\\AppData\\Local", "");
	expect_objects(made.plan, HOME "\\AppData\\Roaming\\git",
		       HOME "\\AppData\\Roaming\\git\\: +accounts/read/tree\n" HOME
			    "\\AppData\\Roaming\\git\\credentials seen watched: -accounts/all/object\n");
	expect_objects(made.plan, HOME "\\AppData\\Roaming\\cordon", "");

	expect_sids(&windows->token.restricting, "capability:0 run account logon everyone");
	expect_sids(&windows->token.denying_only, "interactive");
	expect_sids(&windows->token.default_grants, "system account run");
	assert_true(windows->token.is_write_restricted && windows->token.drops_privileges && windows->has_own_station);
	assert_int_equal(windows->token.integrity, INTEGRITY_BELOW_MEDIUM);
	assert_int_equal(windows->job.processes, 4096);
	assert_true(made.plan->guarantees[GUARANTEE_FILES_PROTECT].is_asked);
	assert_true(made.plan->guarantees[GUARANTEE_CREDENTIALS].is_asked);
}

/* A filter that leaves out a layer or a family is a way out. */
static void windows__a_closed_network_is_closed_at_every_layer(void **state)
{
	(void)state;
	CORDON_ON_EXIT(made_free) struct made made = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	bool is_blocked[FILTER_LAYER_COUNT][2] = { { false } };
	assert_true(make("workspace", NULL, NULL, &made, &err));
	const struct windows_filter_list *filters = &made.plan->windows->filters;
	for (size_t i = 0; i < filters->count; i++) {
		const struct windows_filter *filter = &filters->items[i];
		assert_false(filter->permits || filter->is_loopback || filter->is_gate || filter->port);
		assert_int_equal(filter->account.role, SID_ACCOUNT);
		is_blocked[filter->layer][filter->family == 6] = true;
	}
	for (int layer = 0; layer < FILTER_LAYER_COUNT; layer++)
		assert_true(is_blocked[layer][0] && is_blocked[layer][1]);
}

/* Through a port to listen on, only the host's own loopback comes in; through the gate, only loopback goes out. */
static void windows__permits_name_loopback(void **state)
{
	(void)state;
	static const char text[] =
		"{ \"files\": { \"/\": \"read\" }, \"network\": { \"mode\": \"filtered\", \"listen\": [3000], "
		"\"allow\": [\"x.example:443\"] } }";
	CORDON_ON_EXIT(made_free) struct made made = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	unsigned permits = 0;
	if (!make(NULL, text, "account", &made, &err))
		fail_msg("%s", err.text);
	const struct windows_filter_list *filters = &made.plan->windows->filters;
	for (size_t i = 0; i < filters->count; i++) {
		const struct windows_filter *filter = &filters->items[i];
		if (!filter->permits)
			continue;
		permits++;
		assert_true(filter->is_loopback || filter->layer == FILTER_LISTEN ||
			    (filter->is_gate && filter->layer == FILTER_ASSIGN));
		assert_true(filter->is_gate ? !filter->port : filter->port == 3000);
		assert_true(filter->is_gate || filter->layer != FILTER_CONNECT);
	}
	assert_int_equal(permits, 2 * 3 + 2);
}

/* One port of 127.0.0.1 and TCP, which setup gave to the account: a hole for all accounts' ports, or in IPv6, would lead
 * to other runs' gates and to whoever listens there.
 */
static void windows__the_gate_is_one_port(void **state)
{
	(void)state;
	static const char filtered[] = "{ \"files\": { \"/\": \"read\" }, \"network\": { \"mode\": \"filtered\" } }";
	CORDON_ON_EXIT(made_free) struct made made = { 0 };
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	unsigned permits = 0;
	if (!make(NULL, filtered, "account", &made, &err) || !plan_print(made.plan, &text, &err))
		fail_msg("%s", err.text);
	json_t *plan = json_loads(text_str(&text), JSON_REJECT_DUPLICATES, NULL), *row;
	json_t *filters = json_object_get(json_object_get(plan, "windows"), "filters");
	size_t i;
	json_array_foreach (filters, i, row) {
		if (strcmp(json_string_value(json_object_get(row, "action")), "permit") != 0)
			continue;
		permits++;
		assert_true(json_is_true(json_object_get(row, "gate")));
		assert_int_equal(json_integer_value(json_object_get(row, "family")), 4);
		if (strcmp(json_string_value(json_object_get(row, "layer")), "assign") == 0)
			continue;
		assert_string_equal(json_string_value(json_object_get(row, "layer")), "connect");
		assert_true(json_is_true(json_object_get(row, "loopback")));
		assert_string_equal(json_string_value(json_object_get(row, "remote_address")), "127.0.0.1");
		assert_int_equal(json_integer_value(json_object_get(row, "remote_port_from")), 20000);
		assert_int_equal(json_integer_value(json_object_get(row, "remote_port_to")), 39999);
	}
	assert_int_equal(permits, 2);
	json_decref(plan);
}

/* Programs are told of the gate under each name that one of them knows, and of no way past it. */
static void windows__variables_lead_to_the_gate(void **state)
{
	(void)state;
	static const char filtered[] = "{ \"files\": { \"/\": \"read\" }, \"network\": { \"mode\": \"filtered\" } }";
	static const char proxy[] = "http://cordon:${gate.password}@127.0.0.1:${gate.port}";
	static const struct {
		const char *name, *value;
	} expected[] = {
		{ "USERPROFILE", "${account.profile}" },
		{ "http_proxy", proxy },
		{ "https_proxy", proxy },
		{ "all_proxy", "socks5h://cordon:${gate.password}@127.0.0.1:${gate.port}" },
		{ "no_proxy", "" },
		{ "npm_config_proxy", proxy },
		{ "npm_config_https_proxy", proxy },
		{ "npm_config_noproxy", "" },
		{ "YARN_HTTP_PROXY", proxy },
		{ "YARN_HTTPS_PROXY", proxy },
		{ "NODE_USE_ENV_PROXY", "1" },
		{ "JAVA_TOOL_OPTIONS",
		  "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=${gate.port} "
		  "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=${gate.port} -Dhttp.nonProxyHosts=" },
	};
	CORDON_ON_EXIT(made_free) struct made gated = { 0 };
	CORDON_ON_EXIT(made_free) struct made closed = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!make(NULL, filtered, "account", &gated, &err) || !make("workspace", NULL, "account", &closed, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		const struct windows_variable *variable = gated.plan->windows->variables;
		while (variable->name && strcmp(variable->name, expected[i].name) != 0)
			variable++;
		assert_non_null(variable->name);
		assert_string_equal(variable->value, expected[i].value);
	}
	for (const struct windows_variable *variable = closed.plan->windows->variables; variable->name; variable++)
		assert_false(text_starts(variable->name, "http") || strchr(variable->value, '@'));
}

/* The gate goes there for who asks it; who connects by himself is refused, and that is said. */
static void windows__loopback_by_rule_is_for_who_asks_the_gate(void **state)
{
	(void)state;
	static const struct {
		const char *network;
		bool is_said;
	} cases[] = {
		{ "\"mode\": \"filtered\", \"allow\": [\"localhost:4873\"]", true },
		{ "\"mode\": \"filtered\", \"allow\": [\"x.example\", \"127.0.0.1:4873\"]", true },
		{ "\"mode\": \"filtered\", \"allow\": [\"x.example\"]", false },
		{ "\"mode\": \"open\"", false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(made_free) struct made made = { 0 };
		CORDON_ON_EXIT(free_text)
		char *text = text_format("{ \"files\": { \"/\": \"read\" }, \"network\": { %s } }", cases[i].network);
		struct cordon_error err = CORDON_ERROR_INIT;
		bool is_said = false;
		if (!make(NULL, text, "account", &made, &err))
			fail_msg("%s", err.text);
		const struct windows_narrowed_list *narrowed = &made.plan->windows->narrowed;
		for (size_t j = 0; j < narrowed->count; j++)
			is_said |= strstr(narrowed->items[j].what, "programs that ask a proxy for it") != NULL;
		assert_int_equal(is_said, cases[i].is_said);
	}
}

/* -- the other tiers --------------------------------------------------------------------------------------------- */

/* A package's rights are what is granted: protection is the absence of a grant, never a denial. */
static void windows__strict_takes_the_appcontainer_tier(void **state)
{
	(void)state;
	CORDON_ON_EXIT(made_free) struct made made = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!make("strict", NULL, NULL, &made, &err))
		fail_msg("%s", err.text);
	const struct plan_windows *windows = made.plan->windows;
	assert_int_equal(windows->tier, TIER_APPCONTAINER);
	expect_objects(made.plan, HOME "\\project\\.git",
		       HOME "\\project\\.git\\ cut: +package/modify-in-place/object +package/modify/children\n" HOME
			    "\\project\\.git\\commondir cut watched: +package/read/object\n" HOME
			    "\\project\\.git\\config cut watched: +package/read/object\n" HOME
			    "\\project\\.git\\config.worktree cut watched: +package/read/object\n" HOME
			    "\\project\\.git\\hooks\\ cut: +package/read/tree\n");
	expect_objects(made.plan, "C:\\Windows", "");
	expect_objects(made.plan, "C:\\Program Files", "");
	for (size_t i = 0; i < windows->objects.count; i++)
		for (size_t j = 0; j < windows->objects.items[i].entries.count; j++)
			assert_false(windows->objects.items[i].entries.items[j].denies);
	assert_true(windows->token.is_container && !windows->token.is_write_restricted);
	assert_int_equal(windows->token.integrity, INTEGRITY_LOW);
	assert_int_equal(windows->filters.count, 0);
	assert_null(windows->capabilities[0]);
}

/* The user's SID among the restricting ones would grant every write that the user has. */
static void windows__the_token_tier_needs_all_its_lacks_accepted(void **state)
{
	(void)state;
	static const char accept[] =
		"{ \"extends\": \"workspace\", \"accept\": [\"files.write\", \"files.protect\", \"files.read=absent\", "
		"\"net.off=absent\", "
		"\"ipc=absent\", \"processes=absent\", \"kernel=absent\", \"terminal=absent\", \"desktop=absent\", "
		"\"credentials=absent\", \"tree=absent\"] }";
	static const char most[] =
		"{ \"extends\": \"workspace\", \"accept\": [\"files.read=absent\", \"net.off=absent\"] }";
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(made_free) struct made none = { 0 };
	CORDON_ON_EXIT(made_free) struct made some = { 0 };
	CORDON_ON_EXIT(made_free) struct made all = { 0 };
	assert_false(make("workspace", NULL, "token", &none, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "files.read"));
	assert_non_null(strstr(err.text, "credentials"));
	assert_false(make("workspace", most, "token", &some, &err));
	assert_null(strstr(err.text, "files.read"));
	assert_non_null(strstr(err.text, "files.write"));

	if (!make("workspace", accept, "token", &all, &err))
		fail_msg("%s", err.text);
	expect_sids(&all.plan->windows->token.restricting, "capability:0 run logon everyone");
	expect_objects(all.plan, HOME "\\project\\.git\\hooks",
		       HOME "\\project\\.git\\hooks\\: -capability:0/change/tree\n");
	assert_int_equal(all.plan->windows->promises[GUARANTEE_FILES_READ].best, LEVEL_ABSENT);
}

/* A tier that cannot carry a policy both ways is not taken, and what it cannot grant no acceptance mends. */
static void windows__refuses_what_a_tier_cannot_carry(void **state)
{
	(void)state;
	static const struct {
		const char *tier, *text, *reason;
	} cases[] = {
		{ "appcontainer", "{ \"files\": { \"/\": \"read\" }, \"accept\": [\"files.read=absent\"] }",
		  "files.read (cannot" },
		{ "auto", "{ \"files\": { \"/\": \"write\" }, \"accept\": [\"files.write=absent\"] }",
		  "files.write (cannot" },
		{ "appcontainer",
		  "{ \"files\": { \"/\": \"none\" }, \"network\": { \"mode\": \"filtered\", \"allow\": [\"x.example\"] "
		  "} }",
		  "net.filtered" },
		{ "appcontainer", "{ \"files\": { \"/\": \"none\" }, \"network\": { \"listen\": [3000] } }",
		  "no loopback" },
		{ "appcontainer",
		  "{ \"files\": { \"/\": \"none\", \"C:/Windows/System32\": \"none\", \"C:/Windows\": \"read\" } }",
		  "files.read" },
		{ "account", "{ \"files\": { \"/\": \"none\" } }", "files.read" },
		{ "account", "{ \"files\": { \"/\": \"read\" }, \"limits\": { \"open_files\": 64 } }",
		  "limits.open_files" },
		{ "account", "{ \"files\": { \"/\": \"read\" }, \"limits\": { \"disk\": \"1GiB\" } }", "limits.disk" },
		{ "sandbox", "{ \"files\": { \"/\": \"read\" } }", "unknown tier 'sandbox'" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(made_free) struct made made = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		if (make(NULL, cases[i].text, cases[i].tier, &made, &err))
			fail_msg("%s is planned for %s", cases[i].text, cases[i].tier);
		if (!strstr(err.text, cases[i].reason))
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_null(made.plan);
	}
}

/* -- files ------------------------------------------------------------------------------------------------------- */

/* In the account tier: which descriptors change, and how. */
static void windows__entries_say_what_rules_say(void **state)
{
	(void)state;
	static const struct {
		const char *files, *folder, *objects;
	} cases[] = {
		/* outside the profile every user reads: only what is hidden needs a word; perhaps not the user's */
		{ "'/': 'read', 'D:/tools': 'read', 'D:/secret': 'none'", "D:\\",
		  "D:\\secret\\ seen foreign: -accounts/all/tree\n" },
		/* inside it: what a rule names, and the attributes of the directories above */
		{ "'/': 'read', '~/.rustup/bin': 'read'", HOME,
		  HOME "\\: +accounts/metadata/object\n" HOME "\\.rustup\\: +accounts/metadata/object\n" HOME
		       "\\.rustup\\bin\\: +accounts/read/tree\n" },
		/* spelt in another case, with the other separator */
		{ "'/': 'read', 'c:/USERS/You/.Rustup': 'read', '~/.rustup': 'none'", HOME, "" },
		/* a second root has a capability of its own */
		{ "'/': 'read', '~/a': 'write', '~/a/b': 'read', '~/a/b/c': 'write'", HOME "\\a\\b\\c",
		  HOME
		  "\\a\\b\\c\\ labelled: -accounts/undo-and-delete/object -capability:1/undo-and-delete/object "
		  "-accounts/undo/children -capability:1/undo/children +accounts/modify-in-place/object +accounts/modify/children "
		  "+capability:1/modify-in-place/object +capability:1/modify/children +user/own/tree "
		  "+owner-rights/read-control/tree\n" },
		/* hidden in a root */
		{ "'/': 'read', '~/a': 'write', '~/a/b/key.pem': 'none'", HOME "\\a\\",
		  HOME "\\a\\b\\: -accounts/remove/object -capability:0/remove/object\n" HOME
		       "\\a\\b\\key.pem seen watched: -accounts/all/object -capability:0/all/object\n" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(made_free) struct made made = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		CORDON_ON_EXIT(free_text)
		char *text = text_format("{ \"files\": { %s }, \"accept\": [\"files.read=absent\"] }", cases[i].files);
		for (char *quote = text; (quote = strchr(quote, '\'')) != NULL;)
			*quote = '"';
		if (!make(NULL, text, "account", &made, &err))
			fail_msg("%s: %s", text, err.text);
		expect_objects(made.plan, cases[i].folder, cases[i].objects);
	}
}

/* -- promises and printing --------------------------------------------------------------------------------------- */

/* Nothing that Windows was not seen to do is called enforced before the probe, and every word says why. */
static void windows__promises_are_no_better_than_their_proof(void **state)
{
	(void)state;
	for (int tier = 0; tier < TIER_COUNT; tier++)
		for (int i = 0; i < GUARANTEE_COUNT; i++) {
			struct tier_promise promise = tier_promise((enum tier)tier, (enum guarantee)i);
			assert_non_null(promise.why);
			assert_true(promise.best >= LEVEL_ABSENT && promise.unproved <= promise.best);
			assert_true(promise.proof ? promise.unproved < promise.best : promise.unproved == promise.best);
		}
}

/* Windows knows no case in names: a forged mark in another case would be found before cordon's own. And the list is
 * sorted without case.
 */
static void windows__cordons_marks_stand_once_and_in_order(void **state)
{
	(void)state;
	static const char text[] =
		"{ \"files\": { \"/\": \"read\" }, \"environment\": { \"set\": { \"Cordon\": \"forged\", "
		"\"cordon_run_id\": \"forged\", \"cmake\": \"1\", \"Cz\": \"1\", \"b\": \"1\" } } }";
	static const char *const expected[] = { "b=1", "cmake=1", "CORDON=1", "CORDON_RUN_ID=01RUN", "Cz=1" };
	CORDON_ON_EXIT(made_free) struct made made = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!make(NULL, text, "account", &made, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		assert_non_null(made.plan->environment[i]);
		assert_string_equal(made.plan->environment[i], expected[i]);
	}
	assert_null(made.plan->environment[COUNT_OF(expected)]);
}

static void windows__prints_as_json(void **state)
{
	(void)state;
	static const char *const keys[] = { "tier",    "needs_setup", "promises",    "narrowed",
					    "exposed", "token",       "roots",       "objects",
					    "filters", "job",         "variables",   "window_station",
					    "desktop", "handles",     "mitigations", "capabilities" };
	CORDON_ON_EXIT(made_free) struct made made = { 0 };
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(make("workspace", NULL, NULL, &made, &err));
	assert_true(plan_print(made.plan, &text, &err));
	json_t *plan = json_loads(text_str(&text), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(plan);
	assert_string_equal(json_string_value(json_object_get(plan, "target")), "windows");
	assert_true(json_is_true(json_object_get(plan, "assumed")));
	json_t *windows = json_object_get(plan, "windows");
	size_t index = 0;
	const char *key;
	json_t *value;
	json_object_foreach (windows, key, value) {
		assert_true(index < COUNT_OF(keys));
		assert_string_equal(key, keys[index++]);
		assert_non_null(value);
	}
	assert_int_equal(index, COUNT_OF(keys));
	assert_string_equal(json_string_value(json_object_get(windows, "tier")), "account");
	/* Nobody looked: there is no identity to tell. */
	assert_null(json_object_get(json_array_get(json_object_get(windows, "roots"), 0), "identity"));
	json_decref(plan);

	made.plan->windows->roots.items[0].device = 0xab;
	made.plan->windows->roots.items[0].inode = UINT64_C(0xfedcba9876543210);
	text_free(&text);
	assert_true(plan_print(made.plan, &text, &err));
	assert_non_null(strstr(text_str(&text), "\"identity\": \"00000000000000ab:fedcba9876543210\""));
}

/* A host that has not proved a tier gets the next that carries the policy; where none is left it is told so. */
static void windows__a_tier_that_is_not_proved_is_passed_over(void **state)
{
	(void)state;
	static const char text[] =
		"{ \"files\": { \"/\": \"none\", \"C:\\\\Windows\": \"read\", \"${workspace}\": \"write\" },"
		"  \"network\": { \"mode\": \"off\" }, \"accept\": [\"files.read=absent\"] }";
	static const struct {
		unsigned unproved;
		enum tier tier; /* TIER_COUNT: refused */
	} cases[] = {
		{ 0, TIER_ACCOUNT },
		{ 1u << TIER_ACCOUNT, TIER_APPCONTAINER },
		{ 1u << TIER_APPCONTAINER, TIER_ACCOUNT },
		{ 1u << TIER_ACCOUNT | 1u << TIER_APPCONTAINER, TIER_COUNT },
	};
	CORDON_ON_EXIT(made_free) struct made made = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!make(NULL, text, "auto", &made, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(plan_free_at) struct plan *plan = NULL;
		const struct plan_options options = { .run_id = "01RUN", .unproved = cases[i].unproved };
		assert_int_equal(plan_compile(made.policy, made.facts, &options, &plan, &err),
				 cases[i].tier != TIER_COUNT);
		if (plan)
			assert_int_equal(plan->windows->tier, cases[i].tier);
	}
	/* Who names a tier gets that one or none. */
	const struct plan_options named = { .run_id = "01RUN", .tier = "account", .unproved = 1u << TIER_ACCOUNT };
	CORDON_ON_EXIT(plan_free_at) struct plan *plan = NULL;
	assert_true(plan_compile(made.policy, made.facts, &named, &plan, &err));
	assert_int_equal(plan->windows->tier, TIER_ACCOUNT);
}

/* Nothing on a memory stick with FAT says who may write it. */
static void windows__a_drive_without_descriptors_is_told(void **state)
{
	(void)state;
	static const char strict[] = "{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\" },"
				     "  \"network\": { \"mode\": \"open\" } }";
	CORDON_ON_EXIT(made_free) struct made made = { 0 };
	CORDON_ON_EXIT(plan_free_at) struct plan *plan = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct plan_options options = { .run_id = "01RUN", .tier = "account" };
	if (!make(NULL, strict, "account", &made, &err))
		fail_msg("%s", err.text);
	assert_int_equal(made.plan->windows->promises[GUARANTEE_FILES_WRITE].best, LEVEL_ENFORCED);
	char **drive = LIST_ADD(&made.facts->bare_drives);
	assert_non_null(drive);
	*drive = strdup("D:\\");
	assert_false(plan_compile(made.policy, made.facts, &options, &plan, &err));
	assert_int_equal(err.status, CORDON_UNSUPPORTED);
	assert_non_null(strstr(err.text, "files.write"));
}

/* A share's server knows nothing of the command's token, whatever the tier. */
static void windows__a_share_is_not_given_for_writing(void **state)
{
	(void)state;
	static const char *const tiers[] = { "account", "appcontainer", "token", NULL };
	static const char share[] =
		"{ \"files\": { \"/\": \"read\", \"\\\\\\\\server\\\\share\\\\part\": \"write\" } }";
	for (size_t i = 0; i < COUNT_OF(tiers); i++) {
		CORDON_ON_EXIT(made_free) struct made made = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		assert_false(make(NULL, share, tiers[i], &made, &err));
		assert_int_equal(err.status, CORDON_UNSUPPORTED);
		if (!strstr(err.text, "'\\\\server\\share\\part' is to be writable and lies on a network share"))
			fail_msg("%s", err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows__a_share_is_not_given_for_writing),
		cmocka_unit_test(windows__the_default_preset_takes_the_account_tier),
		cmocka_unit_test(windows__a_closed_network_is_closed_at_every_layer),
		cmocka_unit_test(windows__permits_name_loopback),
		cmocka_unit_test(windows__the_gate_is_one_port),
		cmocka_unit_test(windows__variables_lead_to_the_gate),
		cmocka_unit_test(windows__loopback_by_rule_is_for_who_asks_the_gate),
		cmocka_unit_test(windows__strict_takes_the_appcontainer_tier),
		cmocka_unit_test(windows__the_token_tier_needs_all_its_lacks_accepted),
		cmocka_unit_test(windows__refuses_what_a_tier_cannot_carry),
		cmocka_unit_test(windows__entries_say_what_rules_say),
		cmocka_unit_test(windows__promises_are_no_better_than_their_proof),
		cmocka_unit_test(windows__cordons_marks_stand_once_and_in_order),
		cmocka_unit_test(windows__prints_as_json),
		cmocka_unit_test(windows__a_tier_that_is_not_proved_is_passed_over),
		cmocka_unit_test(windows__a_drive_without_descriptors_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

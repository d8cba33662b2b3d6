/* What the probe tries is what a run is made of: its token and its entries are the planner's own. */
#include "backend/windows/probe_plan.h"

#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"
#include "policy/made.h"

#define ALL_ACCEPTED \
	"\"accept\": [\"files.read=absent\", \"files.write=absent\", \"files.protect=absent\", \"net.off=absent\"," \
	" \"ipc=absent\", \"processes=absent\", \"kernel=absent\", \"terminal=absent\", \"desktop=absent\"," \
	" \"registry=absent\", \"credentials=absent\", \"tree=absent\"]"

/* A second root: what another run has for its own. */
#define SIBLING " \"C:\\\\Users\\\\you\\\\sibling\": \"write\""

static const char *const policies[TIER_COUNT] = {
	[TIER_ACCOUNT] =
		"{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\","
		" \"${workspace}\\\\denied\": \"none\", \"${workspace}\\\\above\\\\protected\": \"read\"," SIBLING
		" }, " ALL_ACCEPTED " }",
	[TIER_APPCONTAINER] = "{ \"files\": { \"${workspace}\": \"write\","
			      " \"${workspace}\\\\above\\\\protected\": \"read\"," SIBLING " }, " ALL_ACCEPTED " }",
	[TIER_TOKEN] = "{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\","
		       " \"${workspace}\\\\above\\\\protected\": \"read\"," SIBLING " }, " ALL_ACCEPTED " }",
};

static void free_list_at(char ***list)
{
	policy_free_list(*list);
}

/* Of what rules name in a checkout nothing is assumed to be there. */
static void assume_there(struct facts *facts, const char *path)
{
	struct path_fact *fact = (struct path_fact *)(uintptr_t)facts_find_path(facts, path);
	if (fact)
		fact->type = PATH_DIRECTORY;
}

static void make(enum tier tier, struct made *made)
{
	CORDON_ON_EXIT(free_list_at) char **paths = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	const char *text = policies[tier];
	const struct plan_options options = { .run_id = "01RUN", .tier = tier_name(tier) };
	made->policy = policy_new(TARGET_WINDOWS);
	if (!policy_add_text(made->policy, LAYER_POLICY, "C:\\policy.json", "C:\\", text, strlen(text), &err) ||
	    !facts_assume_windows(NULL, &made->facts, &err) || !policy_paths(made->policy, made->facts, &paths, &err) ||
	    !facts_assume_windows_paths(made->facts, paths, &err))
		fail_msg("%s", err.text);
	assume_there(made->facts, "C:\\Users\\you\\sibling");
	assume_there(made->facts, "C:\\Users\\you\\project\\denied");
	assume_there(made->facts, "C:\\Users\\you\\project\\above\\protected");
	if (!policy_resolve(made->policy, made->facts, &err) ||
	    !plan_compile(made->policy, made->facts, &options, &made->plan, &err))
		fail_msg("%s: %s", tier_name(tier), err.text);
}

static bool has_role(const struct sid_list *list, enum sid_role role)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].role == role)
			return true;
	return false;
}

/* The capability of the sibling's root is none of the probe's. */
static void expect_roles(const struct sid_list *tried, const struct sid_list *planned)
{
	size_t siblings = 0;
	for (size_t i = 0; i < planned->count; i++)
		siblings += planned->items[i].role == SID_CAPABILITY && planned->items[i].root == 1;
	assert_true(siblings <= 1);
	assert_int_equal(tried->count, planned->count - siblings);
	for (size_t i = 0; i < planned->count; i++)
		assert_true(has_role(tried, planned->items[i].role));
}

static void token__is_the_one_that_is_planned(void **state)
{
	(void)state;
	for (int tier = 0; tier < TIER_COUNT; tier++) {
		CORDON_ON_EXIT(made_free) struct made made = { 0 };
		make((enum tier)tier, &made);
		const struct windows_token *tried = probe_recipe((enum tier)tier),
					   *planned = &made.plan->windows->token;
		assert_true(tried->drops_privileges == planned->drops_privileges);
		assert_true(tried->drops_administrators == planned->drops_administrators);
		assert_true(tried->is_write_restricted == planned->is_write_restricted);
		assert_true(tried->is_container == planned->is_container);
		assert_int_equal(tried->integrity, planned->integrity);
		expect_roles(&tried->restricting, &planned->restricting);
		expect_roles(&tried->denying_only, &planned->denying_only);
		expect_roles(&tried->default_grants, &planned->default_grants);
	}
}

static bool has_entry(const struct windows_entry_list *list, const struct windows_entry *wanted)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct windows_entry *entry = &list->items[i];
		/* A run has one package; the sibling's is told apart by the index of its root. */
		bool is_same_root = wanted->sid.role != SID_CAPABILITY || entry->sid.root == wanted->sid.root;
		if (entry->denies == wanted->denies && entry->sid.role == wanted->sid.role && is_same_root &&
		    entry->rights == wanted->rights && entry->reach == wanted->reach)
			return true;
	}
	return false;
}

static const struct windows_object *find_planned(const struct made *made, const char *path)
{
	const struct windows_object_list *list = &made->plan->windows->objects;
	bool is_roots = strncmp(path, "root", strlen("root")) == 0;
	CORDON_ON_EXIT(free_text)
	char *wanted = text_format("C:\\Users\\you\\%s%s", is_roots ? "project" : "",
				   path + (is_roots ? strlen("root") : 0));
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].path, wanted) == 0)
			return &list->items[i];
	fail_msg("the plan has no object '%s'", path);
	return NULL;
}

/* The probe's root is the workspace, its sibling's a second one, and nothing of what is planned in them is left out. */
static void entries__are_those_that_are_planned(void **state)
{
	(void)state;
	for (int tier = 0; tier < TIER_COUNT; tier++) {
		CORDON_ON_EXIT(made_free) struct made made = { 0 };
		unsigned count = 0;
		make((enum tier)tier, &made);
		for (size_t i = 0; i < probe_object_count; i++) {
			const struct probe_object *tried = &probe_objects[i];
			if (tried->tiers != 1u << tier || !tried->path)
				continue;
			const struct windows_object *planned = find_planned(&made, tried->path);
			assert_true(tried->is_cut == planned->is_cut);
			assert_true(tried->drops_everyone == planned->drops_everyone);
			assert_int_equal(tried->label, planned->label);
			assert_int_equal(tried->entries.count, planned->entries.count);
			for (size_t j = 0; j < planned->entries.count; j++)
				if (!has_entry(&tried->entries, &planned->entries.items[j]))
					fail_msg("%s, %s: entry %zu is not tried", tier_name((enum tier)tier),
						 tried->path, j);
			count++;
		}
		assert_true(count >= 4);
	}
}

static void tiers__are_probed_with_their_network(void **state)
{
	(void)state;
	assert_int_equal(probe_tiers(TIER_ACCOUNT, NETWORK_OFF), TRIAL_ACCOUNT | TRIAL_CLOSED);
	assert_int_equal(probe_tiers(TIER_ACCOUNT, NETWORK_FILTERED), TRIAL_ACCOUNT | TRIAL_GATED);
	assert_int_equal(probe_tiers(TIER_ACCOUNT, NETWORK_OPEN), TRIAL_ACCOUNT);
	assert_int_equal(probe_tiers(TIER_APPCONTAINER, NETWORK_OPEN), TRIAL_PACKAGE);
	assert_int_equal(probe_tiers(TIER_TOKEN, NETWORK_OFF), TRIAL_TOKEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token__is_the_one_that_is_planned),
		cmocka_unit_test(entries__are_those_that_are_planned),
		cmocka_unit_test(tiers__are_probed_with_their_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/windows/account_world.h: world.h for runs of the account tier, with the test's user in the account's place
 * (stand_in.h). Each step of a start is noted, and one of them may be made to fail.
 */
#pragma once

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "policy/policy.h"
#include "refusal.h"
#include "stand_in.h"
#include "world.h"

enum { STEPS_MAX = 32 };

static const char *taken[STEPS_MAX];
static unsigned taken_count, failing;

bool operation_begins(const char *name, struct cordon_error *error)
{
	if (taken_count < STEPS_MAX)
		taken[taken_count] = name;
	taken_count++;
	return taken_count != failing || windows_fail(error, ERROR_NOT_READY, "PlantedCall", "planted: %s", name);
}

static struct policy *policy;

__attribute__((unused)) static void state_policy(const char *text)
{
	policy_free(policy);
	policy = policy_new(TARGET_WINDOWS);
	if (!policy_add_text(policy, LAYER_POLICY, "C:\\policy.json", "C:\\", text, strlen(text), &err) ||
	    !policy_resolve(policy, facts, &err))
		fail_msg("%s", err.text);
	plan.policy = policy;
}

__attribute__((unused)) static int setup_account(void **state)
{
	static const struct windows_variable variables[] = { { "HOME", "${account.profile}\\x" },
							     { "TEMP", "${run.temp}" },
							     { NULL, NULL } };
	static struct sid default_grants[] = { { SID_SYSTEM, 0 }, { SID_ACCOUNT, 0 }, { SID_RUN, 0 } };
	int result = setup_plan(state);
	taken_count = failing = 0;
	lie = "";
	runner_program = NULL;
	windows.tier = TIER_ACCOUNT;
	windows.variables = variables;
	windows.token.default_grants.items = default_grants;
	windows.token.default_grants.count = COUNT_OF(default_grants);
	state_policy("{}");
	return result;
}

/* A program that just ended keeps its file for a moment. */
__attribute__((unused)) static void expect_nothing_left(struct cage *cage)
{
	backend_native.discard(cage);
	assert_int_equal(count_in("temp\\cordon-*"), 0);
	assert_int_equal(count_in("state\\runners\\*"), 0);
}

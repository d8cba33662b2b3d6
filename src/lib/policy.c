#include "lib/policy.h"

#include <stdlib.h>

#include "base/scope.h"
#include "lib/give.h"
#include "policy/schema.h"

int cordon_policy_new(struct cordon_policy **ret_policy, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	if (!ret_policy)
		return give(no_handle("ret_policy", &local), &local, err);
	struct cordon_policy *policy = calloc(1, sizeof *policy);
	if (!policy)
		return give(cordon_fail_memory(&local), &local, err);

	policy->settings = settings_new();
	if (!policy->settings) {
		free(policy);
		return give(cordon_fail_memory(&local), &local, err);
	}
	*ret_policy = policy;
	return 1;
}

void cordon_policy_free(struct cordon_policy *policy)
{
	if (!policy)
		return;
	settings_free(policy->settings);
	free(policy);
}

static bool load(struct cordon_policy *policy, int32_t source, const char *name, struct cordon_error *err)
{
	static const enum source sources[] = {
		[CORDON_SOURCE_PRESET] = SOURCE_PRESET,
		[CORDON_SOURCE_FILE] = SOURCE_FILE,
		[CORDON_SOURCE_USER] = SOURCE_USER,
	};
	if (!policy)
		return no_handle("policy", err);
	if (source < 0 || source > CORDON_SOURCE_USER)
		return cordon_fail(err, CORDON_BAD_USAGE, "%d is no source of rules", (int)source);
	if (source == CORDON_SOURCE_FILE && !name)
		return cordon_fail(err, CORDON_BAD_USAGE, "a file of rules needs a name");
	return settings_load(policy->settings, sources[source], name, err);
}

int cordon_policy_load(struct cordon_policy *policy, int32_t source, const char *name, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	return give(load(policy, source, name, &local), &local, err);
}

static bool set(struct cordon_policy *policy, const char *flag, const char *key, const char *name, const char *value,
		struct cordon_error *err)
{
	if (!policy)
		return no_handle("policy", err);
	if (!key || !value)
		return cordon_fail(err, CORDON_BAD_USAGE, "a setting needs a key and a value");
	return settings_set(policy->settings, flag ? flag : key, key, name, value, err);
}

int cordon_policy_set(struct cordon_policy *policy, const char *flag, const char *key, const char *name,
		      const char *value, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	return give(set(policy, flag, key, name, value, &local), &local, err);
}

static bool schema(char **ret_json, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (!ret_json)
		return no_handle("ret_json", err);
	return policy_print_schema(&text, err) && give_text(&text, ret_json, err);
}

int cordon_policy_schema(char **ret_json, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	return give(schema(ret_json, &local), &local, err);
}

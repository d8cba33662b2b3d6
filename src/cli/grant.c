#include "cli/grant.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/text.h"

void grant_free(struct grant *grant)
{
	option_list_free(&grant->settings);
}

/* NAME passes the caller's value on, NAME=VALUE sets it. */
static bool set_variable(struct cordon_policy *policy, const char *flag, const char *argument, struct cordon_error *err)
{
	const char *equals = strchr(argument, '=');
	if (!equals)
		return cordon_policy_set(policy, flag, "environment.inherit", NULL, argument, err);
	CORDON_ON_EXIT(free_text) char *name = text_format("%.*s", (int)(equals - argument), argument);
	if (!name)
		return cordon_fail_memory(err);
	return cordon_policy_set(policy, flag, "environment.set", name, equals + 1, err);
}

static bool set(struct cordon_policy *policy, const struct given *given, struct cordon_error *err)
{
	const struct option *option = given->option;
	CORDON_ON_EXIT(free_text) char *flag = text_format("--%s", option->name);
	if (!flag)
		return cordon_fail_memory(err);
	if (strcmp(option->key, "environment") == 0)
		return set_variable(policy, flag, given->argument, err);
	if (option->value)
		return cordon_policy_set(policy, flag, option->key, given->argument, option->value, err);
	return cordon_policy_set(policy, flag, option->key, NULL, given->argument, err);
}

static bool load(const struct grant *grant, struct cordon_policy *policy, struct cordon_error *err)
{
	if (!cordon_policy_load(policy, CORDON_SOURCE_PRESET, grant->preset, err) ||
	    !cordon_policy_load(policy, CORDON_SOURCE_USER, NULL, err))
		return false;
	if (grant->policy && !cordon_policy_load(policy, CORDON_SOURCE_FILE, grant->policy, err))
		return false;
	for (size_t i = 0; i < grant->settings.count; i++)
		if (!set(policy, &grant->settings.items[i], err))
			return false;
	return true;
}

bool grant_load(const struct grant *grant, struct cordon_policy **ret_policy, struct cordon_error *err)
{
	struct cordon_policy *policy;
	if (!cordon_policy_new(&policy, err))
		return false;
	if (!load(grant, policy, err)) {
		cordon_policy_free(policy);
		return false;
	}
	*ret_policy = policy;
	return true;
}

#include "nt_plan.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

uint32_t nt_plan_sid(struct sid sid, const struct nt_names *names)
{
	static const uint32_t sids[SID_ROLE_COUNT] = {
		[SID_USER] = NT_USER,
		[SID_SYSTEM] = NT_SYSTEM,
		[SID_ACCOUNT] = NT_ACCOUNT,
		[SID_ACCOUNTS] = NT_ACCOUNTS,
		[SID_RUN] = NT_RUN,
		[SID_LOGON] = NT_LOGON,
		[SID_EVERYONE] = NT_EVERYONE,
		[SID_OWNER_RIGHTS] = NT_OWNER_RIGHTS,
		[SID_INTERACTIVE] = NT_INTERACTIVE,
		[SID_PACKAGE] = NT_PACKAGE,
	};
	assert_true(sid.role != SID_CAPABILITY || sid.root < NT_ROOTS_MAX);
	if (sid.role == SID_CAPABILITY)
		return names ? names->capabilities[sid.root] : NT_CAPABILITY + (uint32_t)sid.root;
	/* The probe's for its sibling; a run has one. */
	if (sid.role == SID_PACKAGE && sid.root == 1)
		return NT_OTHER_PACKAGE;
	return names && sid.role == SID_PACKAGE ? names->package : sids[sid.role];
}

/* -- the token --------------------------------------------------------------------------------------------------- */

static void move_to_denying(struct nt_token *token, uint32_t sid)
{
	for (size_t i = 0; i < token->groups.count; i++)
		if (token->groups.sids[i] == sid) {
			token->groups.sids[i] = token->groups.sids[--token->groups.count];
			nt_sids_add(&token->denying_only, sid);
			return;
		}
}

struct nt_token nt_plan_token(const struct plan_windows *windows, const struct nt_world *world,
			      const struct nt_names *names)
{
	const struct windows_token *recipe = &windows->token;
	struct nt_token token = windows->tier == TIER_ACCOUNT ? nt_world_account() : nt_world_user(world);
	for (size_t i = 0; i < recipe->denying_only.count; i++)
		move_to_denying(&token, nt_plan_sid(recipe->denying_only.items[i], names));
	if (recipe->drops_administrators)
		move_to_denying(&token, NT_ADMINISTRATORS);
	if (recipe->drops_privileges)
		token.privileges &= NT_CHANGE_NOTIFY;
	token.is_restricted = recipe->restricting.count > 0;
	token.is_write_restricted = recipe->is_write_restricted;
	for (size_t i = 0; i < recipe->restricting.count; i++)
		nt_sids_add(&token.restricting, nt_plan_sid(recipe->restricting.items[i], names));
	token.is_container = recipe->is_container;
	token.package = recipe->is_container ? NT_PACKAGE : NT_NOBODY;
	for (const char *const *name = windows->capabilities; *name; name++)
		if (strcmp(*name, "internetClient") == 0)
			nt_sids_add(&token.capabilities, NT_INTERNET_CLIENT);
	token.integrity = recipe->integrity;
	for (size_t i = 0; i < recipe->default_grants.count; i++)
		nt_descriptor_add(&token.default_grants,
				  (struct nt_entry){ false, 0, nt_plan_sid(recipe->default_grants.items[i], names),
						     NT_FILE_ALL });
	return token;
}

struct nt_token nt_plan_neighbour(const struct plan_windows *windows, const struct nt_world *world)
{
	struct nt_token token = nt_plan_token(windows, world, NULL);
	size_t kept = 0;
	if (token.user == NT_ACCOUNT)
		token.user = NT_OTHER_ACCOUNT;
	if (token.is_container)
		token.package = NT_OTHER_PACKAGE;
	for (size_t i = 0; i < token.groups.count; i++)
		if (token.groups.sids[i] != NT_LOGON || token.user == NT_USER)
			token.groups.sids[kept++] = token.groups.sids[i];
	token.groups.count = kept;
	kept = 0;
	for (size_t i = 0; i < token.restricting.count; i++) {
		uint32_t sid = token.restricting.sids[i];
		if (sid == NT_ACCOUNT)
			token.restricting.sids[kept++] = NT_OTHER_ACCOUNT;
		else if (sid == NT_RUN)
			token.restricting.sids[kept++] = NT_OTHER_RUN;
		else if (sid < NT_CAPABILITY)
			token.restricting.sids[kept++] = sid;
	}
	token.restricting.count = kept;
	return token;
}

/* -- descriptors ------------------------------------------------------------------------------------------------- */

static bool may_read(const void *policy, const char *path)
{
	return policy_decide_path(policy, path).access > ACCESS_NONE;
}

bool nt_plan_apply(const struct plan_windows *windows, const struct policy *policy, struct nt_store *store,
		   const struct nt_names *names, const char **ret_why)
{
	static char why[CORDON_ERROR_TEXT_SIZE];
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct who who = { nt_who.find, nt_who.is_cordons, names };
	const struct descriptors descriptors = {
		.store = &store->store, .who = &who, .may_read = policy ? may_read : NULL, .policy = policy
	};
	bool is_applied = descriptors_apply(&descriptors, windows, &err);
	snprintf(why, sizeof why, "%s", err.text);
	*ret_why = why;
	return is_applied;
}

bool nt_plan_holds(const struct plan_windows *windows, const struct policy *policy, struct nt_store *store,
		   const struct nt_names *names, bool *ret_hold, struct cordon_error *err)
{
	const struct who who = { nt_who.find, nt_who.is_cordons, names };
	const struct descriptors descriptors = {
		.store = &store->store, .who = &who, .may_read = may_read, .policy = policy
	};
	return descriptors_hold(&descriptors, windows, ret_hold, err);
}

#include "nt_plan.h"

#include <stdio.h>
#include <string.h>

#include "nt_store.h"

uint32_t nt_plan_sid(struct sid sid)
{
	static const uint32_t sids[SID_ROLE_COUNT] = {
		[SID_USER] = NT_USER,
		[SID_SYSTEM] = NT_SYSTEM,
		[SID_ACCOUNT] = NT_ACCOUNT,
		[SID_ACCOUNTS] = NT_ACCOUNTS,
		[SID_CAPABILITY] = NT_CAPABILITY,
		[SID_RUN] = NT_RUN,
		[SID_LOGON] = NT_LOGON,
		[SID_EVERYONE] = NT_EVERYONE,
		[SID_OWNER_RIGHTS] = NT_OWNER_RIGHTS,
		[SID_INTERACTIVE] = NT_INTERACTIVE,
		[SID_PACKAGE] = NT_PACKAGE,
	};
	return sids[sid.role] + (sid.role == SID_CAPABILITY ? (uint32_t)sid.root : 0);
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

struct nt_token nt_plan_token(const struct plan_windows *windows, const struct nt_world *world)
{
	const struct windows_token *recipe = &windows->token;
	struct nt_token token = windows->tier == TIER_ACCOUNT ? nt_world_account() : nt_world_user(world);
	for (size_t i = 0; i < recipe->denying_only.count; i++)
		move_to_denying(&token, nt_plan_sid(recipe->denying_only.items[i]));
	if (recipe->drops_administrators)
		move_to_denying(&token, NT_ADMINISTRATORS);
	if (recipe->drops_privileges)
		token.privileges &= NT_CHANGE_NOTIFY;
	token.is_restricted = recipe->restricting.count > 0;
	token.is_write_restricted = recipe->is_write_restricted;
	for (size_t i = 0; i < recipe->restricting.count; i++)
		nt_sids_add(&token.restricting, nt_plan_sid(recipe->restricting.items[i]));
	token.is_container = recipe->is_container;
	token.package = recipe->is_container ? NT_PACKAGE : NT_NOBODY;
	for (const char *const *name = windows->capabilities; *name; name++)
		if (strcmp(*name, "internetClient") == 0)
			nt_sids_add(&token.capabilities, NT_INTERNET_CLIENT);
	token.integrity = recipe->integrity;
	for (size_t i = 0; i < recipe->default_grants.count; i++)
		nt_descriptor_add(
			&token.default_grants,
			(struct nt_entry){ false, 0, nt_plan_sid(recipe->default_grants.items[i]), NT_FILE_ALL });
	return token;
}

struct nt_token nt_plan_neighbour(const struct plan_windows *windows, const struct nt_world *world)
{
	struct nt_token token = nt_plan_token(windows, world);
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

bool nt_plan_apply(const struct plan_windows *windows, struct nt_world *world, const char **ret_why)
{
	static char why[CORDON_ERROR_TEXT_SIZE];
	struct nt_store store;
	struct cordon_error err = CORDON_ERROR_INIT;
	nt_store_open(&store, world);
	const struct descriptors descriptors = { .store = &store.store, .who = &nt_who };
	bool is_applied = descriptors_apply(&descriptors, windows, &err);
	nt_store_close(&store);
	snprintf(why, sizeof why, "%s", err.text);
	*ret_why = why;
	return is_applied;
}

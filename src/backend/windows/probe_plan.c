#include "backend/windows/probe_plan.h"

#include "base/list.h"

#define ROLES(...) \
	{ \
		(struct sid[]){ __VA_ARGS__ }, sizeof(struct sid[]){ __VA_ARGS__ } / sizeof(struct sid), \
			sizeof(struct sid[]){ __VA_ARGS__ } / sizeof(struct sid) \
	}
#define ROLE(role_) \
	{ \
		role_, 0 \
	}

static const struct windows_token recipes[TIER_COUNT] = {
	[TIER_ACCOUNT] = {
		.drops_privileges = true,
		.drops_administrators = true,
		.is_write_restricted = true,
		.integrity = INTEGRITY_BELOW_MEDIUM,
		.restricting = ROLES(ROLE(SID_CAPABILITY), ROLE(SID_RUN), ROLE(SID_ACCOUNT), ROLE(SID_LOGON),
				     ROLE(SID_EVERYONE)),
		.denying_only = ROLES(ROLE(SID_INTERACTIVE)),
		.default_grants = ROLES(ROLE(SID_SYSTEM), ROLE(SID_ACCOUNT), ROLE(SID_RUN)),
	},
	[TIER_APPCONTAINER] = {
		.drops_privileges = true,
		.drops_administrators = true,
		.is_container = true,
		.integrity = INTEGRITY_LOW,
		.default_grants = ROLES(ROLE(SID_SYSTEM), ROLE(SID_USER), ROLE(SID_PACKAGE)),
	},
	[TIER_TOKEN] = {
		.drops_privileges = true,
		.drops_administrators = true,
		.is_write_restricted = true,
		.integrity = INTEGRITY_MEDIUM,
		.restricting = ROLES(ROLE(SID_CAPABILITY), ROLE(SID_RUN), ROLE(SID_LOGON), ROLE(SID_EVERYONE)),
		.default_grants = ROLES(ROLE(SID_SYSTEM), ROLE(SID_USER), ROLE(SID_RUN)),
	},
};

const struct windows_token *probe_recipe(enum tier tier)
{
	return &recipes[tier];
}

unsigned probe_tiers(enum tier tier, enum network_mode network)
{
	static const unsigned kinds[] = {
		[NETWORK_OFF] = TRIAL_CLOSED,
		[NETWORK_FILTERED] = TRIAL_GATED,
		[NETWORK_OPEN] = 0,
	};
	return 1u << tier | (tier == TIER_ACCOUNT ? kinds[network] : 0);
}

#define ENTRIES(...) \
	{ \
		(struct windows_entry[]){ __VA_ARGS__ }, \
			sizeof(struct windows_entry[]){ __VA_ARGS__ } / sizeof(struct windows_entry), 0 \
	}
#define MAY_OF(role_, root_, rights_, reach_) \
	{ \
		false, { role_, root_ }, rights_, reach_, "" \
	}
#define MAY_NOT_OF(role_, root_, rights_, reach_) \
	{ \
		true, { role_, root_ }, rights_, reach_, "" \
	}
#define MAY(role_, rights_, reach_) MAY_OF(role_, 0, rights_, reach_)
#define MAY_NOT(role_, rights_, reach_) MAY_NOT_OF(role_, 0, rights_, reach_)
/* A denial in both checks. */
#define NOBODY_MAY(rights_, reach_) MAY_NOT(SID_ACCOUNTS, rights_, reach_), MAY_NOT(SID_CAPABILITY, rights_, reach_)

#define ACCOUNT_ROOT(root_) \
	ENTRIES(MAY_NOT(SID_ACCOUNTS, RIGHTS_UNDO | RIGHT_DELETE, REACH_OBJECT), \
		MAY_NOT_OF(SID_CAPABILITY, root_, RIGHTS_UNDO | RIGHT_DELETE, REACH_OBJECT), \
		MAY_NOT(SID_ACCOUNTS, RIGHTS_UNDO, REACH_CHILDREN), \
		MAY_NOT_OF(SID_CAPABILITY, root_, RIGHTS_UNDO, REACH_CHILDREN), \
		MAY(SID_ACCOUNTS, RIGHTS_MODIFY_IN_PLACE, REACH_OBJECT), \
		MAY(SID_ACCOUNTS, RIGHTS_MODIFY, REACH_CHILDREN), \
		MAY_OF(SID_CAPABILITY, root_, RIGHTS_MODIFY_IN_PLACE, REACH_OBJECT), \
		MAY_OF(SID_CAPABILITY, root_, RIGHTS_MODIFY, REACH_CHILDREN), MAY(SID_USER, RIGHTS_OWN, REACH_TREE), \
		MAY(SID_OWNER_RIGHTS, RIGHT_READ_CONTROL, REACH_TREE))
#define TOKEN_ROOT(root_) \
	ENTRIES(MAY_NOT_OF(SID_CAPABILITY, root_, RIGHTS_UNDO | RIGHT_DELETE, REACH_OBJECT), \
		MAY_NOT_OF(SID_CAPABILITY, root_, RIGHTS_UNDO, REACH_CHILDREN), \
		MAY_OF(SID_CAPABILITY, root_, RIGHTS_MODIFY_IN_PLACE, REACH_OBJECT), \
		MAY_OF(SID_CAPABILITY, root_, RIGHTS_MODIFY, REACH_CHILDREN))
#define PACKAGE_ROOT(root_) \
	ENTRIES(MAY_OF(SID_PACKAGE, root_, RIGHTS_MODIFY_IN_PLACE, REACH_OBJECT), \
		MAY_OF(SID_PACKAGE, root_, RIGHTS_MODIFY, REACH_CHILDREN))

const struct probe_object probe_objects[] = {
	{ .path = "root",
	  .tiers = TRIAL_ACCOUNT,
	  .drops_everyone = true,
	  .label = INTEGRITY_BELOW_MEDIUM,
	  .entries = ACCOUNT_ROOT(0) },
	{ .path = "sibling",
	  .tiers = TRIAL_ACCOUNT,
	  .drops_everyone = true,
	  .label = INTEGRITY_BELOW_MEDIUM,
	  .entries = ACCOUNT_ROOT(1) },
	{ .path = "root\\denied", .tiers = TRIAL_ACCOUNT, .entries = ENTRIES(NOBODY_MAY(RIGHTS_ALL, REACH_TREE)) },
	{ .path = "root\\above", .tiers = TRIAL_ACCOUNT, .entries = ENTRIES(NOBODY_MAY(RIGHTS_REMOVE, REACH_OBJECT)) },
	{ .path = "root\\above\\protected",
	  .tiers = TRIAL_ACCOUNT,
	  .entries = ENTRIES(NOBODY_MAY(RIGHTS_CHANGE, REACH_TREE)) },
	{ .tiers = TRIAL_ACCOUNT, .entries = ENTRIES(MAY(SID_ACCOUNTS, RIGHTS_READ, REACH_OBJECT)) },
	{ .path = "root", .tiers = TRIAL_TOKEN, .entries = TOKEN_ROOT(0) },
	{ .path = "sibling", .tiers = TRIAL_TOKEN, .entries = TOKEN_ROOT(1) },
	{ .path = "root\\above",
	  .tiers = TRIAL_TOKEN,
	  .entries = ENTRIES(MAY_NOT(SID_CAPABILITY, RIGHTS_REMOVE, REACH_OBJECT)) },
	{ .path = "root\\above\\protected",
	  .tiers = TRIAL_TOKEN,
	  .entries = ENTRIES(MAY_NOT(SID_CAPABILITY, RIGHTS_CHANGE, REACH_TREE)) },
	{ .path = "root", .tiers = TRIAL_PACKAGE, .entries = PACKAGE_ROOT(0) },
	{ .path = "sibling", .tiers = TRIAL_PACKAGE, .entries = PACKAGE_ROOT(1) },
	{ .path = "root\\above",
	  .tiers = TRIAL_PACKAGE,
	  .is_cut = true,
	  .entries = ENTRIES(MAY(SID_PACKAGE, RIGHTS_MODIFY_IN_PLACE, REACH_OBJECT),
			     MAY(SID_PACKAGE, RIGHTS_MODIFY, REACH_CHILDREN)) },
	{ .path = "root\\above\\protected",
	  .tiers = TRIAL_PACKAGE,
	  .is_cut = true,
	  .entries = ENTRIES(MAY(SID_PACKAGE, RIGHTS_READ, REACH_TREE)) },
	{ .tiers = TRIAL_PACKAGE, .entries = ENTRIES(MAY(SID_PACKAGE, RIGHTS_READ, REACH_OBJECT)) },
};

const size_t probe_object_count = COUNT_OF(probe_objects);

#include <string.h>

#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "base/windows_descriptor.h"
#include "os/os.h"

#include <sddl.h>

void identities_free(struct identities *identities)
{
	arena_free(&identities->arena);
}

static PSID keep(struct identities *identities, PSID sid)
{
	DWORD length = GetLengthSid(sid);
	PSID kept = arena_take(&identities->arena, length);
	return kept && CopySid(length, kept, sid) ? kept : NULL;
}

/* S-1-5-21 with 128 random bits: nobody's, and nobody's to guess. */
static bool make_random(struct identities *identities, PSID *ret_sid, struct cordon_error *err)
{
	SID_IDENTIFIER_AUTHORITY authority = SECURITY_NT_AUTHORITY;
	uint32_t chance[4];
	PSID made;
	if (!os_random(chance, sizeof chance, err))
		return false;
	if (!AllocateAndInitializeSid(&authority, 5, SECURITY_NT_NON_UNIQUE, chance[0], chance[1], chance[2], chance[3],
				      0, 0, 0, &made))
		return windows_fail(err, GetLastError(), "AllocateAndInitializeSid", "make an identity");
	*ret_sid = keep(identities, made);
	FreeSid(made);
	return *ret_sid || cordon_fail_memory(err);
}

static bool make_known(struct identities *identities, enum sid_role role, WELL_KNOWN_SID_TYPE type,
		       struct cordon_error *err)
{
	DWORD length = SECURITY_MAX_SID_SIZE;
	identities->roles[role] = arena_take(&identities->arena, length);
	if (!identities->roles[role])
		return cordon_fail_memory(err);
	return CreateWellKnownSid(type, NULL, identities->roles[role], &length) ||
	       windows_fail(err, GetLastError(), "CreateWellKnownSid", "make the identity '%s'", sid_role_name(role));
}

/* What the token says of one class, the arena's. */
static void *ask_token(struct identities *identities, HANDLE token, TOKEN_INFORMATION_CLASS class)
{
	DWORD length = 0;
	GetTokenInformation(token, class, NULL, 0, &length);
	void *answer = length ? arena_take(&identities->arena, length) : NULL;
	return answer && GetTokenInformation(token, class, answer, length, &length) ? answer : NULL;
}

static bool find_own(struct identities *identities, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return windows_fail(err, GetLastError(), "OpenProcessToken", "open the own token");
	return identities_of_token(identities, token, &identities->roles[SID_USER], &identities->roles[SID_LOGON], err);
}

bool identities_make(size_t capability_count, struct identities *ret_identities, struct cordon_error *err)
{
	static const struct {
		enum sid_role role;
		WELL_KNOWN_SID_TYPE type;
	} known[] = {
		{ SID_SYSTEM, WinLocalSystemSid },
		{ SID_EVERYONE, WinWorldSid },
		{ SID_OWNER_RIGHTS, WinCreatorOwnerRightsSid },
		{ SID_INTERACTIVE, WinInteractiveSid },
	};
	CORDON_ON_EXIT(identities_free) struct identities made = { 0 };
	made.capabilities = arena_take(&made.arena, (capability_count + 1) * sizeof *made.capabilities);
	if (!made.capabilities)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (!make_known(&made, known[i].role, known[i].type, err))
			return false;
	if (!find_own(&made, err) || !make_random(&made, &made.roles[SID_RUN], err))
		return false;
	for (; made.capability_count < capability_count; made.capability_count++)
		if (!make_random(&made, &made.capabilities[made.capability_count], err))
			return false;
	*ret_identities = made;
	made = (struct identities){ 0 };
	return true;
}

PSID identities_find(const struct identities *identities, struct sid sid)
{
	if (sid.role != SID_CAPABILITY)
		return identities->roles[sid.role];
	return sid.root < identities->capability_count ? identities->capabilities[sid.root] : NULL;
}

bool identities_add(struct identities *identities, enum sid_role role, const char *sid, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(free_local) PSID found = NULL;
	if (!wide_make(sid, &wide, err))
		return false;
	if (!ConvertStringSidToSidW(wide, &found))
		return windows_fail(err, GetLastError(), "ConvertStringSidToSid", "read the identity '%s'", sid);
	identities->roles[role] = keep(identities, found);
	return identities->roles[role] || cordon_fail_memory(err);
}

bool identities_of_token(struct identities *identities, HANDLE token, PSID *ret_user, PSID *ret_logon,
			 struct cordon_error *err)
{
	const TOKEN_USER *user = ask_token(identities, token, TokenUser);
	const TOKEN_GROUPS *groups = ask_token(identities, token, TokenGroups);
	if (!user || !groups)
		return windows_fail(err, GetLastError(), "GetTokenInformation", "ask whose a token is");
	*ret_user = user->User.Sid;
	for (DWORD i = 0; i < groups->GroupCount; i++)
		if ((groups->Groups[i].Attributes & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID)
			*ret_logon = groups->Groups[i].Sid;
	return true;
}

/* -- descriptors --------------------------------------------------------------------------------------------------- */

static bool add_grant(struct windows_list *list, struct arena *arena, PSID sid)
{
	struct windows_ace *entry = LIST_ADD_IN(arena, list);
	if (entry)
		*entry = (struct windows_ace){ .type = WINDOWS_ENTRY_ALLOWS,
					       .flags = WINDOWS_TREE,
					       .rights = RIGHTS_ALL,
					       .sid = { sid, (uint16_t)GetLengthSid(sid) } };
	return entry;
}

bool identities_describe(const struct identities *identities, PSID also, const struct sid_list *list, uint32_t level,
			 struct arena *arena, const uint8_t **ret_bytes, struct cordon_error *err)
{
	const uint8_t label[12] = { 1, 1, 0, 0, 0, 0, 0, 16, (uint8_t)level, (uint8_t)(level >> 8) };
	struct windows_descriptor descriptor = { .is_protected = true };
	size_t length;
	if (also && !add_grant(&descriptor.list, arena, also))
		return cordon_fail_memory(err);
	for (size_t i = 0; i < list->count; i++) {
		PSID sid = identities_find(identities, list->items[i]);
		if (!sid)
			return cordon_fail(err, CORDON_UNSUPPORTED, "this host has no identity '%s'",
					   sid_role_name(list->items[i].role));
		if (!add_grant(&descriptor.list, arena, sid))
			return cordon_fail_memory(err);
	}
	descriptor.has_label = level != 0;
	descriptor.label = (struct windows_ace){ .type = WINDOWS_ENTRY_LABEL,
						 .flags = WINDOWS_TREE,
						 .rights = 1, /* no write from below */
						 .sid = { label, sizeof label } };
	return windows_descriptor_write(&descriptor, arena, ret_bytes, &length, err);
}

/* -- token ------------------------------------------------------------------------------------------------------ */

/* The identities that the list's roles stand for; *ret_count of them, the arena's. */
static bool collect(const struct sid_list *list, const struct identities *identities, struct arena *arena,
		    SID_AND_ATTRIBUTES **ret_sids, struct cordon_error *err)
{
	SID_AND_ATTRIBUTES *sids = arena_take(arena, (list->count + 1) * sizeof *sids);
	if (!sids)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < list->count; i++) {
		sids[i].Sid = identities_find(identities, list->items[i]);
		if (!sids[i].Sid)
			return cordon_fail(err, CORDON_UNSUPPORTED, "this host has no identity '%s'",
					   sid_role_name(list->items[i].role));
	}
	*ret_sids = sids;
	return true;
}

/* Who may open what the processes make: nobody that the recipe does not name. */
static bool set_default_list(HANDLE token, const SID_AND_ATTRIBUTES *sids, size_t count, struct arena *arena,
			     struct cordon_error *err)
{
	DWORD size = sizeof(ACL);
	for (size_t i = 0; i < count; i++)
		size += (DWORD)(sizeof(ACCESS_ALLOWED_ACE) - sizeof(DWORD)) + GetLengthSid(sids[i].Sid);
	size = (size + 3) & ~(DWORD)3;
	PACL list = arena_take(arena, size);
	if (!list)
		return cordon_fail_memory(err);
	bool is_made = InitializeAcl(list, size, ACL_REVISION);
	for (size_t i = 0; is_made && i < count; i++)
		is_made = AddAccessAllowedAce(list, ACL_REVISION, GENERIC_ALL, sids[i].Sid);
	TOKEN_DEFAULT_DACL value = { list };
	return (is_made && SetTokenInformation(token, TokenDefaultDacl, &value, sizeof value)) ||
	       windows_fail(err, GetLastError(), "InitializeAcl or AddAccessAllowedAce or SetTokenInformation",
			    "set the token's default descriptor");
}

/* S-1-16-level of the token; 0: it does not say. */
static uint32_t integrity_of(struct identities *asked, HANDLE token)
{
	const TOKEN_MANDATORY_LABEL *label = ask_token(asked, token, TokenIntegrityLevel);
	return label ? *GetSidSubAuthority(label->Label.Sid, 0) : 0;
}

static bool set_integrity(HANDLE token, uint32_t level, struct cordon_error *err)
{
	SID_IDENTIFIER_AUTHORITY authority = SECURITY_MANDATORY_LABEL_AUTHORITY;
	TOKEN_MANDATORY_LABEL label = { .Label = { .Attributes = SE_GROUP_INTEGRITY } };
	if (!AllocateAndInitializeSid(&authority, 1, level, 0, 0, 0, 0, 0, 0, 0, &label.Label.Sid))
		return windows_fail(err, GetLastError(), "AllocateAndInitializeSid", "make an integrity level");
	bool is_set = SetTokenInformation(token, TokenIntegrityLevel, &label,
					  sizeof label + GetLengthSid(label.Label.Sid));
	DWORD code = GetLastError();
	FreeSid(label.Label.Sid);
	return is_set || windows_fail(err, code, "SetTokenInformation", "lower the token's integrity");
}

static bool has_sid(const TOKEN_GROUPS *groups, PSID sid)
{
	for (DWORD i = 0; groups && sid && i < groups->GroupCount; i++)
		if (EqualSid(groups->Groups[i].Sid, sid))
			return true;
	return false;
}

/* Those of the recipe and no others: one too many is one too open. */
static bool holds_restricting(const TOKEN_GROUPS *restricting, const struct windows_token *recipe,
			      const struct identities *identities)
{
	if ((restricting ? restricting->GroupCount : 0) != recipe->restricting.count)
		return false;
	for (size_t i = 0; i < recipe->restricting.count; i++)
		if (!has_sid(restricting, identities_find(identities, recipe->restricting.items[i])))
			return false;
	return true;
}

/* The account's where there is one, else the user's. */
static bool is_whose(struct identities *asked, HANDLE token, const struct identities *identities)
{
	PSID wanted = identities->roles[identities->roles[SID_ACCOUNT] ? SID_ACCOUNT : SID_USER];
	const TOKEN_USER *user = ask_token(asked, token, TokenUser);
	return user && EqualSid(user->User.Sid, wanted);
}

bool token_holds(HANDLE token, const struct windows_token *recipe, const struct identities *identities,
		 const char **ret_why)
{
	struct identities asked = { 0 };
	const TOKEN_GROUPS *restricting = ask_token(&asked, token, TokenRestrictedSids);
	const TOKEN_PRIVILEGES *privileges = ask_token(&asked, token, TokenPrivileges);
	*ret_why = NULL;
	if (!holds_restricting(restricting, recipe, identities))
		*ret_why = "a restricted token comes back without its restricting identities";
	else if (recipe->drops_privileges && (!privileges || privileges->PrivilegeCount > 1))
		*ret_why = "a token that was to lose its privileges keeps them";
	else if (!is_whose(&asked, token, identities))
		*ret_why = "a token comes back as another account's than it was made for";
	else if (!recipe->is_container && integrity_of(&asked, token) != recipe->integrity)
		*ret_why = "a token comes back with another integrity level than it was given";
	identities_free(&asked);
	return !*ret_why;
}

bool token_make(const struct windows_token *recipe, const struct identities *identities, HANDLE *ret_token,
		struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(close_handle) HANDLE own = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE made = NULL;
	SID_AND_ATTRIBUTES *restricting, *denying, *default_grants;
	if (!collect(&recipe->restricting, identities, &arena, &restricting, err) ||
	    !collect(&recipe->denying_only, identities, &arena, &denying, err) ||
	    !collect(&recipe->default_grants, identities, &arena, &default_grants, err))
		return false;
	if (!OpenProcessToken(GetCurrentProcess(),
			      TOKEN_DUPLICATE | TOKEN_QUERY | TOKEN_ASSIGN_PRIMARY | TOKEN_ADJUST_DEFAULT, &own))
		return windows_fail(err, GetLastError(), "OpenProcessToken", "open the own token");
	DWORD flags = (recipe->drops_privileges ? DISABLE_MAX_PRIVILEGE : 0) |
		      (recipe->drops_administrators ? LUA_TOKEN : 0) |
		      (recipe->is_write_restricted ? WRITE_RESTRICTED : 0);
	if (!CreateRestrictedToken(own, flags, (DWORD)recipe->denying_only.count, denying, 0, NULL,
				   (DWORD)recipe->restricting.count, restricting, &made))
		return windows_fail(err, GetLastError(), "CreateRestrictedToken", "restrict the token");
	if (!set_default_list(made, default_grants, recipe->default_grants.count, &arena, err) ||
	    (!recipe->is_container && !set_integrity(made, recipe->integrity, err)))
		return false;
	*ret_token = cordon_take(&made);
	return true;
}

/* -- package ------------------------------------------------------------------------------------------------------ */

bool identities_keep_package(struct identities *identities, PSID sid)
{
	identities->roles[SID_PACKAGE] = keep(identities, sid);
	return identities->roles[SID_PACKAGE];
}

bool package_describe(const char *const *capabilities, struct identities *identities,
		      SECURITY_CAPABILITIES *ret_package, struct cordon_error *err)
{
	static const struct {
		const char *name;
		WELL_KNOWN_SID_TYPE type;
	} known[] = {
		{ "internetClient", WinCapabilityInternetClientSid },
		{ "internetClientServer", WinCapabilityInternetClientServerSid },
		{ "privateNetworkClientServer", WinCapabilityPrivateNetworkClientServerSid },
	};
	SECURITY_CAPABILITIES package = { .AppContainerSid = identities->roles[SID_PACKAGE] };
	if (!package.AppContainerSid)
		return cordon_fail(err, CORDON_UNSUPPORTED, "this host has no identity 'package'");
	package.Capabilities = arena_take(&identities->arena, COUNT_OF(known) * sizeof *package.Capabilities);
	if (!package.Capabilities)
		return cordon_fail_memory(err);
	for (; *capabilities; capabilities++) {
		size_t i = 0;
		DWORD length = SECURITY_MAX_SID_SIZE;
		PSID sid = arena_take(&identities->arena, length);
		while (i < COUNT_OF(known) && strcmp(known[i].name, *capabilities) != 0)
			i++;
		if (i == COUNT_OF(known) || package.CapabilityCount == COUNT_OF(known))
			return cordon_fail(err, CORDON_UNSUPPORTED, "unknown capability '%s'", *capabilities);
		if (!sid)
			return cordon_fail_memory(err);
		if (!CreateWellKnownSid(known[i].type, NULL, sid, &length))
			return windows_fail(err, GetLastError(), "CreateWellKnownSid", "make the capability '%s'",
					    *capabilities);
		package.Capabilities[package.CapabilityCount++] = (SID_AND_ATTRIBUTES){ sid, SE_GROUP_ENABLED };
	}
	*ret_package = package;
	return true;
}

static bool holds_capabilities(const TOKEN_GROUPS *held, const SECURITY_CAPABILITIES *package)
{
	if ((held ? held->GroupCount : 0) != package->CapabilityCount)
		return false;
	for (DWORD i = 0; i < package->CapabilityCount; i++)
		if (!has_sid(held, package->Capabilities[i].Sid))
			return false;
	return true;
}

bool package_holds(HANDLE process, const SECURITY_CAPABILITIES *package, const char **ret_why)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	CORDON_ON_EXIT(identities_free) struct identities asked = { 0 };
	*ret_why = "a process that was to be in a package does not show its token";
	if (!OpenProcessToken(process, TOKEN_QUERY, &token))
		return false;
	const DWORD *is_container = ask_token(&asked, token, TokenIsAppContainer);
	const TOKEN_APPCONTAINER_INFORMATION *container = ask_token(&asked, token, TokenAppContainerSid);
	const TOKEN_PRIVILEGES *privileges = ask_token(&asked, token, TokenPrivileges);
	*ret_why = NULL;
	if (!is_container || !*is_container || !container || !container->TokenAppContainer ||
	    !EqualSid(container->TokenAppContainer, package->AppContainerSid))
		*ret_why = "a process that was to be in a package is in none, or in another";
	else if (!holds_capabilities(ask_token(&asked, token, TokenCapabilities), package))
		*ret_why = "a process in a package has other capabilities than it was given";
	else if (integrity_of(&asked, token) != INTEGRITY_LOW)
		*ret_why = "a process in a package is not at low integrity";
	else if (!privileges || privileges->PrivilegeCount > 1)
		*ret_why = "a process in a package keeps privileges";
	return !*ret_why;
}

/* The model beside the system's own AccessCheck, over random descriptors, tokens and requests.
 *
 * Under Wine that says something for the part that Wine has: allowing and denying entries in their usual order, groups,
 * groups that deny only. Where Wine is known to differ from Windows (wine_differs) nothing is compared. Restricted
 * tokens exist on Windows alone; not yet run there.
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <sddl.h>
#include <stdio.h>

#include "base/list.h"
#include "check.h"
#include "nt.h"

enum { CASES = 20000, COMPARED_LEAST = 6000, DESCRIPTOR_ROOM = 2048 };

/* splitmix64 */
static uint64_t chance_state;

static unsigned below(unsigned limit)
{
	uint64_t z = chance_state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ (z >> 31)) % limit);
}

/* -- identities -------------------------------------------------------------------------------------------------- */

static struct {
	uint32_t sid;
	const char *text; /* NULL: of this process */
	PSID value;
} identities[] = {
	{ NT_USER, NULL, NULL },
	{ NT_EVERYONE, "S-1-1-0", NULL },
	{ NT_USERS, "S-1-5-32-545", NULL },
	{ NT_ADMINISTRATORS, "S-1-5-32-544", NULL },
	{ NT_AUTHENTICATED, "S-1-5-11", NULL },
	{ NT_INTERACTIVE, "S-1-5-4", NULL },
	{ NT_SYSTEM, "S-1-5-18", NULL },
	{ NT_OTHER_USER, "S-1-5-21-1000-2000-3000-1002", NULL },
	{ NT_CAPABILITY, "S-1-5-21-1000-2000-3000-4000", NULL },
};

static PSID value_of(uint32_t sid)
{
	for (size_t i = 0; i < COUNT_OF(identities); i++)
		if (identities[i].sid == sid)
			return identities[i].value;
	return NULL;
}

static bool is_wine(void)
{
	return GetProcAddress(GetModuleHandleA("ntdll"), "wine_get_version") != NULL;
}

/* -- tokens ------------------------------------------------------------------------------------------------------ */

struct pair {
	HANDLE token;
	struct nt_token model;
};

/* What the system says of a token, in the model's words. */
static void read_token(HANDLE token, struct nt_token *ret_model)
{
	static union {
		TOKEN_GROUPS groups;
		char room[8192];
	} read;
	DWORD length;
	*ret_model = (struct nt_token){ .user = NT_USER, .integrity = NT_HIGH, .privileges = NT_CHANGE_NOTIFY };
	assert_true(GetTokenInformation(token, TokenGroups, &read, sizeof read, &length));
	for (DWORD i = 0; i < read.groups.GroupCount; i++) {
		const SID_AND_ATTRIBUTES *group = &read.groups.Groups[i];
		for (size_t j = 1; j < COUNT_OF(identities); j++) {
			if (!EqualSid(group->Sid, identities[j].value))
				continue;
			if (group->Attributes & SE_GROUP_USE_FOR_DENY_ONLY)
				nt_sids_add(&ret_model->denying_only, identities[j].sid);
			else if (group->Attributes & SE_GROUP_ENABLED)
				nt_sids_add(&ret_model->groups, identities[j].sid);
		}
	}
}

static struct pair make_pair(DWORD flags, uint32_t denying, uint32_t restricting)
{
	struct pair pair = { 0 };
	SID_AND_ATTRIBUTES denied = { value_of(denying), 0 };
	SID_AND_ATTRIBUTES restricted[2] = { { value_of(restricting), 0 }, { value_of(NT_EVERYONE), 0 } };
	HANDLE own, filtered;
	assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own));
	assert_true(CreateRestrictedToken(own, flags | DISABLE_MAX_PRIVILEGE, denying ? 1 : 0, denying ? &denied : NULL,
					  0, NULL, restricting ? 2 : 0, restricting ? restricted : NULL, &filtered));
	assert_true(DuplicateTokenEx(filtered, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenImpersonation,
				     &pair.token));
	CloseHandle(filtered);
	CloseHandle(own);
	read_token(pair.token, &pair.model);
	pair.model.is_restricted = restricting != NT_NOBODY;
	pair.model.is_write_restricted = flags & WRITE_RESTRICTED;
	if (restricting)
		pair.model.restricting = (struct nt_sids){ 2, { restricting, NT_EVERYONE } };
	return pair;
}

/* -- descriptors ------------------------------------------------------------------------------------------------- */

static uint32_t any_sid(void)
{
	return identities[below(COUNT_OF(identities))].sid;
}

static uint32_t any_mask(void)
{
	static const uint32_t masks[] = { NT_FILE_ALL,     NT_FILE_READ_EXECUTE, NT_FILE_MODIFY,  NT_FILE_WRITE,
					  NT_GENERIC_READ, NT_GENERIC_WRITE,     NT_GENERIC_ALL,  NT_WRITE_DAC,
					  NT_DELETE,       NT_READ_DATA,         NT_DELETE_CHILD, NT_READ_ATTRIBUTES,
					  NT_READ_CONTROL, NT_WRITE_OWNER };
	uint32_t mask = masks[below(COUNT_OF(masks))];
	return below(3) ? mask : mask | masks[below(COUNT_OF(masks))];
}

static struct nt_descriptor any_descriptor(void)
{
	struct nt_descriptor descriptor = { .owner = any_sid(), .has_no_list = below(20) == 0 };
	unsigned count = below(6);
	for (unsigned i = 0; i < count; i++) {
		struct nt_entry entry = { below(3) == 0, below(6) ? 0 : NT_TREE | NT_INHERIT_ONLY, any_sid(),
					  any_mask() };
		nt_descriptor_put(&descriptor, entry.denies ? 0 : descriptor.count, entry);
	}
	return descriptor;
}

/* The same as the system wants it. */
static void build(const struct nt_descriptor *descriptor, SECURITY_DESCRIPTOR *ret_built, ACL *acl)
{
	assert_true(InitializeSecurityDescriptor(ret_built, SECURITY_DESCRIPTOR_REVISION));
	assert_true(SetSecurityDescriptorOwner(ret_built, value_of(descriptor->owner), FALSE));
	assert_true(SetSecurityDescriptorGroup(ret_built, value_of(NT_SYSTEM), FALSE));
	assert_true(InitializeAcl(acl, DESCRIPTOR_ROOM, ACL_REVISION));
	for (size_t i = 0; i < descriptor->count; i++) {
		const struct nt_entry *entry = &descriptor->entries[i];
		assert_true((entry->denies ? AddAccessDeniedAceEx : AddAccessAllowedAceEx)(
			acl, ACL_REVISION, entry->flags, entry->mask, value_of(entry->sid)));
	}
	assert_true(SetSecurityDescriptorDacl(ret_built, TRUE, descriptor->has_no_list ? NULL : acl, FALSE));
}

static bool system_grants(const struct nt_descriptor *descriptor, HANDLE token, uint32_t request)
{
	static union {
		ACL acl;
		char room[DESCRIPTOR_ROOM];
	} list;
	GENERIC_MAPPING mapping = { NT_FILE_READ, NT_FILE_WRITE, NT_FILE_EXECUTE, NT_FILE_ALL };
	SECURITY_DESCRIPTOR built;
	PRIVILEGE_SET used;
	DWORD length = sizeof used, granted = 0;
	BOOL is_granted = FALSE;
	build(descriptor, &built, &list.acl);
	if (!AccessCheck(&built, token, request, &mapping, &used, &length, &granted, &is_granted))
		fail_msg("AccessCheck fails with %lu", GetLastError());
	return is_granted;
}

/* -- Wine -------------------------------------------------------------------------------------------------------- */

static bool is_member(const struct nt_token *token, uint32_t sid)
{
	return sid == token->user || nt_sids_hold(&token->groups, sid);
}

/* From Wine's server/token.c: an owner has all standard rights and no denial spares what he has by that; groups that
 * deny only deny nothing.
 */
static bool wine_differs(const struct nt_descriptor *descriptor, const struct nt_token *token, uint32_t request)
{
	uint32_t standard = NT_DELETE | NT_READ_CONTROL | NT_WRITE_DAC | NT_WRITE_OWNER | NT_SYNCHRONIZE;
	bool is_owner = is_member(token, descriptor->owner);
	if (is_owner && (request & standard & ~(NT_READ_CONTROL | NT_WRITE_DAC)))
		return true;
	for (size_t i = 0; i < descriptor->count; i++) {
		const struct nt_entry *entry = &descriptor->entries[i];
		if (entry->denies && ((is_owner && (request & standard & nt_map(entry->mask))) ||
				      nt_sids_hold(&token->denying_only, entry->sid)))
			return true;
	}
	return false;
}

/* -- the comparison ---------------------------------------------------------------------------------------------- */

static void access__the_model_says_what_the_system_says(void **state)
{
	(void)state;
	struct pair pairs[6];
	size_t count = 0;
	unsigned compared = 0, granted = 0;
	pairs[count++] = make_pair(0, NT_NOBODY, NT_NOBODY);
	pairs[count++] = make_pair(0, NT_ADMINISTRATORS, NT_NOBODY);
	pairs[count++] = make_pair(0, NT_USERS, NT_NOBODY);
	if (!is_wine()) {
		pairs[count++] = make_pair(0, NT_NOBODY, NT_CAPABILITY);
		pairs[count++] = make_pair(WRITE_RESTRICTED, NT_NOBODY, NT_CAPABILITY);
		pairs[count++] = make_pair(WRITE_RESTRICTED, NT_ADMINISTRATORS, NT_CAPABILITY);
	}
	assert_true(pairs[0].model.groups.count >= 3);
	assert_true(nt_sids_hold(&pairs[2].model.denying_only, NT_USERS));
	for (unsigned i = 0; i < CASES; i++) {
		chance_state = i;
		const struct pair *pair = &pairs[below((unsigned)count)];
		struct nt_descriptor descriptor = any_descriptor();
		uint32_t request = nt_map(any_mask());
		if (is_wine() && wine_differs(&descriptor, &pair->model, request))
			continue;
		bool is_granted = system_grants(&descriptor, pair->token, request);
		if (is_granted != nt_check(&descriptor, &pair->model, request, &nt_believed))
			fail_msg("case %u: 0x%x is %s", i, request, is_granted ? "granted" : "refused");
		compared++;
		granted += is_granted;
	}
	print_message("%u compared, %u granted\n", compared, granted);
	assert_true(compared >= COMPARED_LEAST);
	assert_true(granted > compared / 8 && granted < compared - compared / 8);
	for (size_t i = 0; i < count; i++)
		CloseHandle(pairs[i].token);
}

static int find_identities(void **state)
{
	(void)state;
	static union {
		TOKEN_USER user;
		char room[256];
	} read;
	HANDLE own;
	DWORD length;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own) ||
	    !GetTokenInformation(own, TokenUser, &read, sizeof read, &length))
		return -1;
	CloseHandle(own);
	identities[0].value = read.user.User.Sid;
	for (size_t i = 1; i < COUNT_OF(identities); i++)
		if (!ConvertStringSidToSidA(identities[i].text, &identities[i].value))
			return -1;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(access__the_model_says_what_the_system_says),
	};
	return cmocka_run_group_tests(tests, find_identities, NULL);
}

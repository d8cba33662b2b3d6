/* Group, accounts and rights of setup's table. Names are only for what is made by name; the rest goes by SID, so that the
 * language of the system does not matter.
 */
#include "backend/windows/setup_host.h"

#include <lm.h>
#include <ntsecapi.h>
#include <sddl.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"

static void free_net(void *holder)
{
	void *buffer = *(void **)holder;
	if (buffer)
		NetApiBufferFree(buffer);
}

static void wipe_wide(uint16_t **holder)
{
	if (*holder)
		SecureZeroMemory(*holder, wide_length(*holder) * sizeof **holder);
	free(*holder);
}

/* -- names --------------------------------------------------------------------------------------------------------- */

static bool keep_sid(PSID sid, char ret_sid[SETUP_SID_SIZE], struct cordon_error *err)
{
	CORDON_ON_EXIT(free_local) char *words = NULL;
	if (!ConvertSidToStringSidA(sid, &words))
		return windows_fail(err, GetLastError(), "ConvertSidToStringSid", "tell an account's identity");
	snprintf(ret_sid, SETUP_SID_SIZE, "%s", words);
	return true;
}

static void keep_comment(const WCHAR *comment, struct setup_named *found)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (comment)
		wide_add(&text, comment, wide_length(comment));
	snprintf(found->comment, sizeof found->comment, "%s", text_str(&text));
}

/* A group of this machine's, whatever a domain has of that name. */
static bool find_group_sid(const WCHAR *name, char ret_sid[SETUP_SID_SIZE], struct cordon_error *err)
{
	WCHAR machine[MAX_COMPUTERNAME_LENGTH + 1], whole[MAX_COMPUTERNAME_LENGTH + GNLEN + 3], domain[256];
	union {
		SID sid;
		char room[SECURITY_MAX_SID_SIZE];
	} found;
	DWORD length = sizeof found, domain_length = COUNT_OF(domain), name_length = COUNT_OF(machine);
	SID_NAME_USE use;
	if (!GetComputerNameW(machine, &name_length))
		return windows_fail(err, GetLastError(), "GetComputerName", "ask for this machine's name");
	_snwprintf(whole, COUNT_OF(whole), L"%ls\\%ls", machine, name);
	whole[COUNT_OF(whole) - 1] = 0;
	if (!LookupAccountNameW(NULL, whole, &found, &length, domain, &domain_length, &use))
		return windows_fail(err, GetLastError(), "LookupAccountName", "find the identity of the group '%ls'",
				    whole);
	return keep_sid(&found, ret_sid, err);
}

bool setup_find_group(struct setup_host *host, const char *name, struct setup_named *ret_found,
		      struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(free_net) LOCALGROUP_INFO_1 *about = NULL;
	(void)host;
	*ret_found = (struct setup_named){ 0 };
	if (!wide_make(name, &wide, err))
		return false;
	DWORD code = NetLocalGroupGetInfo(NULL, wide, 1, (LPBYTE *)&about);
	if (code == NERR_GroupNotFound || code == ERROR_NO_SUCH_ALIAS)
		return true;
	if (code != NERR_Success)
		return windows_fail(err, code, "NetLocalGroupGetInfo", "look for the group '%s'", name);
	ret_found->exists = true;
	keep_comment(about->lgrpi1_comment, ret_found);
	return find_group_sid(wide, ret_found->sid, err);
}

bool setup_make_group(struct setup_host *host, const char *name, const char *comment, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *words = NULL;
	(void)host;
	if (!wide_make(name, &wide, err) || !wide_make(comment, &words, err))
		return false;
	LOCALGROUP_INFO_1 about = { wide, words };
	DWORD code = NetLocalGroupAdd(NULL, 1, (LPBYTE)&about, NULL);
	return code == NERR_Success || windows_fail(err, code, "NetLocalGroupAdd", "make the group '%s'", name);
}

bool setup_drop_group(struct setup_host *host, const char *name, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	(void)host;
	if (!wide_make(name, &wide, err))
		return false;
	DWORD code = NetLocalGroupDel(NULL, wide);
	return code == NERR_Success || windows_fail(err, code, "NetLocalGroupDel", "remove the group '%s'", name);
}

bool setup_find_account(struct setup_host *host, const char *name, struct setup_named *ret_found,
			struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(free_net) USER_INFO_4 *about = NULL;
	(void)host;
	*ret_found = (struct setup_named){ 0 };
	if (!wide_make(name, &wide, err))
		return false;
	DWORD code = NetUserGetInfo(NULL, wide, 4, (LPBYTE *)&about);
	if (code == NERR_UserNotFound)
		return true;
	if (code != NERR_Success)
		return windows_fail(err, code, "NetUserGetInfo", "look for the account '%s'", name);
	ret_found->exists = true;
	keep_comment(about->usri4_comment, ret_found);
	return keep_sid(about->usri4_user_sid, ret_found->sid, err);
}

bool setup_make_account(struct setup_host *host, const char *name, const char *comment, const char *password,
			struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *words = NULL;
	CORDON_ON_EXIT(wipe_wide) uint16_t *secret = NULL;
	(void)host;
	if (!wide_make(name, &wide, err) || !wide_make(comment, &words, err) || !wide_make(password, &secret, err))
		return false;
	USER_INFO_1 about = {
		.usri1_name = wide,
		.usri1_password = secret,
		.usri1_priv = USER_PRIV_USER,
		.usri1_comment = words,
		.usri1_flags = UF_SCRIPT | UF_NORMAL_ACCOUNT | UF_DONT_EXPIRE_PASSWD | UF_PASSWD_CANT_CHANGE,
	};
	DWORD code = NetUserAdd(NULL, 1, (LPBYTE)&about, NULL);
	return code == NERR_Success || windows_fail(err, code, "NetUserAdd", "make the account '%s'", name);
}

bool setup_set_password(struct setup_host *host, const char *name, const char *password, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(wipe_wide) uint16_t *secret = NULL;
	(void)host;
	if (!wide_make(name, &wide, err) || !wide_make(password, &secret, err))
		return false;
	USER_INFO_1003 about = { secret };
	DWORD code = NetUserSetInfo(NULL, wide, 1003, (LPBYTE)&about, NULL);
	return code == NERR_Success ||
	       windows_fail(err, code, "NetUserSetInfo", "give the account '%s' a new password", name);
}

bool setup_drop_account(struct setup_host *host, const char *name, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	(void)host;
	if (!wide_make(name, &wide, err))
		return false;
	DWORD code = NetUserDel(NULL, wide);
	return code == NERR_Success || windows_fail(err, code, "NetUserDel", "remove the account '%s'", name);
}

/* -- members ------------------------------------------------------------------------------------------------------- */

static bool make_sid(const char *words, PSID *ret_sid, struct cordon_error *err)
{
	return ConvertStringSidToSidA(words, ret_sid) ||
	       windows_fail(err, GetLastError(), "ConvertStringSidToSid", "read the identity '%s'", words);
}

bool setup_is_member(struct setup_host *host, const char *group, const char *sid, bool *ret_is_member,
		     struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(free_net) LOCALGROUP_MEMBERS_INFO_0 *members = NULL;
	CORDON_ON_EXIT(free_local) PSID wanted = NULL;
	DWORD count = 0, all = 0;
	(void)host;
	*ret_is_member = false;
	if (!wide_make(group, &wide, err) || !make_sid(sid, &wanted, err))
		return false;
	DWORD code = NetLocalGroupGetMembers(NULL, wide, 0, (LPBYTE *)&members, MAX_PREFERRED_LENGTH, &count, &all,
					     NULL);
	if (code == NERR_GroupNotFound || code == ERROR_NO_SUCH_ALIAS)
		return true;
	if (code != NERR_Success)
		return windows_fail(err, code, "NetLocalGroupGetMembers", "ask who is in the group '%s'", group);
	for (DWORD i = 0; i < count; i++)
		*ret_is_member |= EqualSid(members[i].lgrmi0_sid, wanted);
	return true;
}

static bool change_member(const char *group, const char *sid, bool joins, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(free_local) PSID who = NULL;
	if (!wide_make(group, &wide, err) || !make_sid(sid, &who, err))
		return false;
	LOCALGROUP_MEMBERS_INFO_0 member = { who };
	DWORD code = joins ? NetLocalGroupAddMembers(NULL, wide, 0, (LPBYTE)&member, 1)
			   : NetLocalGroupDelMembers(NULL, wide, 0, (LPBYTE)&member, 1);
	return code == NERR_Success ||
	       windows_fail(err, code, joins ? "NetLocalGroupAddMembers" : "NetLocalGroupDelMembers",
			    "%s the group '%s'", joins ? "put an account into" : "take an account out of", group);
}

bool setup_join(struct setup_host *host, const char *group, const char *sid, struct cordon_error *err)
{
	(void)host;
	return change_member(group, sid, true, err);
}

bool setup_leave(struct setup_host *host, const char *group, const char *sid, struct cordon_error *err)
{
	(void)host;
	return change_member(group, sid, false, err);
}

/* -- rights -------------------------------------------------------------------------------------------------------- */

/* CreateProcessWithLogon logs on interactively, which the group is therefore given, not denied. */
static const WCHAR *const right_names[SETUP_RIGHT_COUNT] = {
	[SETUP_MAY_LOG_ON] = L"SeInteractiveLogonRight",
	[SETUP_NOT_BY_NET] = L"SeDenyNetworkLogonRight",
	[SETUP_NOT_REMOTELY] = L"SeDenyRemoteInteractiveLogonRight",
	[SETUP_NOT_BY_TASK] = L"SeDenyBatchLogonRight",
	[SETUP_NOT_AS_SERVICE] = L"SeDenyServiceLogonRight",
};

static void close_policy(LSA_HANDLE *policy)
{
	if (*policy)
		LsaClose(*policy);
}

static void free_lsa(LSA_UNICODE_STRING **rights)
{
	if (*rights)
		LsaFreeMemory(*rights);
}

static bool open_policy(LSA_HANDLE *ret_policy, struct cordon_error *err)
{
	LSA_OBJECT_ATTRIBUTES none = { .Length = sizeof none };
	LSA_HANDLE policy = NULL;
	NTSTATUS status = LsaOpenPolicy(
		NULL, &none, POLICY_CREATE_ACCOUNT | POLICY_LOOKUP_NAMES | POLICY_VIEW_LOCAL_INFORMATION, &policy);
	if (status != 0)
		return windows_fail(err, LsaNtStatusToWinError(status), "LsaOpenPolicy",
				    "open the local security policy");
	*ret_policy = policy;
	return true;
}

static LSA_UNICODE_STRING right_string(enum setup_right right)
{
	size_t length = wide_length(right_names[right]) * sizeof(WCHAR);
	return (LSA_UNICODE_STRING){ (USHORT)length, (USHORT)(length + sizeof(WCHAR)),
				     (WCHAR *)(uintptr_t)right_names[right] };
}

static bool fail_right(struct cordon_error *err, NTSTATUS status, const char *api, enum setup_right right)
{
	return windows_fail(err, LsaNtStatusToWinError(status), api, "the right '%ls' of cordon's group",
			    right_names[right]);
}

bool setup_has_right(struct setup_host *host, const char *sid, enum setup_right right, bool *ret_has,
		     struct cordon_error *err)
{
	CORDON_ON_EXIT(close_policy) LSA_HANDLE policy = NULL;
	CORDON_ON_EXIT(free_lsa) LSA_UNICODE_STRING *rights = NULL;
	CORDON_ON_EXIT(free_local) PSID who = NULL;
	ULONG count = 0;
	(void)host;
	*ret_has = false;
	if (!make_sid(sid, &who, err) || !open_policy(&policy, err))
		return false;
	NTSTATUS status = LsaEnumerateAccountRights(policy, who, &rights, &count);
	/* It has none: nothing of it is kept. */
	if (status != 0 && LsaNtStatusToWinError(status) == ERROR_FILE_NOT_FOUND)
		return true;
	if (status != 0)
		return fail_right(err, status, "LsaEnumerateAccountRights", right);
	LSA_UNICODE_STRING wanted = right_string(right);
	for (ULONG i = 0; i < count; i++)
		*ret_has |= rights[i].Length == wanted.Length &&
			    memcmp(rights[i].Buffer, wanted.Buffer, wanted.Length) == 0;
	return true;
}

static bool change_right(const char *sid, enum setup_right right, bool gives, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_policy) LSA_HANDLE policy = NULL;
	CORDON_ON_EXIT(free_local) PSID who = NULL;
	LSA_UNICODE_STRING wanted = right_string(right);
	if (!make_sid(sid, &who, err) || !open_policy(&policy, err))
		return false;
	NTSTATUS status = gives ? LsaAddAccountRights(policy, who, &wanted, 1)
				: LsaRemoveAccountRights(policy, who, FALSE, &wanted, 1);
	return status == 0 || fail_right(err, status, gives ? "LsaAddAccountRights" : "LsaRemoveAccountRights", right);
}

bool setup_give_right(struct setup_host *host, const char *sid, enum setup_right right, struct cordon_error *err)
{
	(void)host;
	return change_right(sid, right, true, err);
}

bool setup_take_right(struct setup_host *host, const char *sid, enum setup_right right, struct cordon_error *err)
{
	(void)host;
	return change_right(sid, right, false, err);
}

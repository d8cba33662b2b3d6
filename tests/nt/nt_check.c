/* The access check. Order and words follow WSI chapter 7; DTYP 2.5.3.2 knows neither restricted tokens nor packages. */
#include "nt.h"

#include "base/list.h"

const struct nt_readings nt_believed = { 0 };

const struct nt_reading nt_readings_table[] = {
	{ "second_pass_by_right",
	  "write-restricted: with a right that writes in the request, are its reading rights checked twice as well?",
	  "the whole request is (WSI listing 7-21)", "only the rights that write are (FSA asks right by right)",
	  offsetof(struct nt_readings, second_pass_by_right) },
	{ "delete_child_is_write",
	  "write-restricted: does a deletion through the parent's DELETE_CHILD get a second check there?",
	  "no: 0x40 is not among the rights that write (WSI, Test-NtAccessMask -WriteRestricted)",
	  "yes: another sandbox protects .git by withholding DELETE_CHILD in the second check only",
	  offsetof(struct nt_readings, delete_child_is_write) },
	{ "owner_rights_must_apply", "does an inherit-only entry for OWNER RIGHTS take the owner's implicit rights?",
	  "yes: any such entry in the list does (WSI listing 7-15)", "no: only one that applies to the object",
	  offsetof(struct nt_readings, owner_rights_must_apply) },
	{ "package_is_denied", "does a denial for a package SID or a capability count?",
	  "no: only grants are compared with packages (WSI, Lowbox Tokens)", "yes: as for any other SID",
	  offsetof(struct nt_readings, package_is_denied) },
	{ "restricted_is_sandboxed",
	  "may a restricted token at medium integrity link to a file on which it has no WRITE_ATTRIBUTES?",
	  "yes: a handle with any right is enough, as for everybody (MS15-115)", "no: it counts as sandboxed",
	  offsetof(struct nt_readings, restricted_is_sandboxed) },
	{ "medium_low_is_low",
	  "is a token at 0x1800 kept from objects whose list names a package, as one at Low integrity is?",
	  "no: that is a matter of Low tokens (WSI listing 7-24 shows Low alone)", "yes: of all below medium",
	  offsetof(struct nt_readings, medium_low_is_low) },
	{ "package_respects_integrity",
	  "does a package (Low) write to an object at medium integrity that grants it so?",
	  "yes: its level is not held against it up to medium (WSI listing 7-23)",
	  "no (the listing of the whole algorithm in WSI's code)",
	  offsetof(struct nt_readings, package_respects_integrity) },
	{ 0 },
};

/* What reads: rights of GENERIC_READ and GENERIC_EXECUTE. */
#define READS (NT_FILE_READ | NT_FILE_EXECUTE)
/* What triggers the second pass: WSI, and Test-NtAccessMask -WriteRestricted for the first four. */
#define WRITES (NT_DELETE | NT_WRITE_DAC | NT_WRITE_OWNER | NT_SYSTEM_SECURITY | (NT_FILE_WRITE & ~READS))

uint32_t nt_map(uint32_t mask)
{
	static const uint32_t generic[][2] = { { NT_GENERIC_READ, NT_FILE_READ },
					       { NT_GENERIC_WRITE, NT_FILE_WRITE },
					       { NT_GENERIC_EXECUTE, NT_FILE_EXECUTE },
					       { NT_GENERIC_ALL, NT_FILE_ALL } };
	for (size_t i = 0; i < COUNT_OF(generic); i++)
		if (mask & generic[i][0])
			mask = (mask & ~generic[i][0]) | generic[i][1];
	return mask;
}

bool nt_sids_hold(const struct nt_sids *sids, uint32_t sid)
{
	for (size_t i = 0; i < sids->count; i++)
		if (sids->sids[i] == sid)
			return true;
	return false;
}

bool nt_sids_add(struct nt_sids *sids, uint32_t sid)
{
	if (sids->count == NT_SIDS_MAX)
		return false;
	sids->sids[sids->count++] = sid;
	return true;
}

/* -- who the token is -------------------------------------------------------------------------------------------- */

/* The user itself may be for denying only. */
static bool is_member(const struct nt_token *token, uint32_t sid)
{
	return nt_sids_hold(&token->groups, sid) ||
	       (sid == token->user && !nt_sids_hold(&token->denying_only, token->user));
}

static bool is_denied_member(const struct nt_token *token, uint32_t sid)
{
	return is_member(token, sid) || nt_sids_hold(&token->denying_only, sid);
}

static bool is_of_package(const struct nt_token *token, uint32_t sid)
{
	if (!token->is_container)
		return false;
	return sid == token->package || sid == NT_ALL_RESTRICTED_PACKAGES ||
	       (sid == NT_ALL_PACKAGES && !token->is_less_privileged) || nt_sids_hold(&token->capabilities, sid);
}

bool nt_is_sandboxed(const struct nt_token *token, const struct nt_readings *readings)
{
	return token->is_container || token->integrity < NT_MEDIUM ||
	       (token->is_restricted && readings->restricted_is_sandboxed);
}

/* -- integrity --------------------------------------------------------------------------------------------------- */

static bool names_a_package(const struct nt_descriptor *descriptor)
{
	for (size_t i = 0; i < descriptor->count; i++)
		if (descriptor->entries[i].sid >= NT_PACKAGE && descriptor->entries[i].sid <= NT_EARLIER_PACKAGE)
			return true;
	return false;
}

/* WSI listing 7-10; without a label an object is medium and may not be written from below (DTYP 2.5.3.3). */
static bool passes_integrity(const struct nt_descriptor *descriptor, const struct nt_token *token, uint32_t request,
			     const struct nt_readings *readings)
{
	bool has_label = descriptor->label.is_present && !(descriptor->label.flags & NT_INHERIT_ONLY);
	uint32_t level = has_label ? descriptor->label.level : NT_MEDIUM;
	uint8_t policy = has_label ? descriptor->label.policy : NT_NO_WRITE_UP;
	uint32_t allowed = 0;
	if (token->ignores_integrity)
		return true;
	/* WSI listing 7-24: keeps old low sandboxes from what a package made. */
	if (!token->is_container && !descriptor->has_no_list && names_a_package(descriptor) &&
	    token->integrity < (readings->medium_low_is_low ? NT_MEDIUM : NT_MEDIUM_LOW))
		return false;
	if (token->integrity >= level)
		return true;
	if (!(policy & NT_NO_READ_UP))
		allowed |= NT_FILE_READ;
	if (!(policy & NT_NO_EXECUTE_UP))
		allowed |= NT_FILE_EXECUTE;
	if (!(policy & NT_NO_WRITE_UP))
		allowed |= NT_FILE_ALL;
	if (token->privileges & NT_RELABEL)
		allowed |= NT_WRITE_OWNER;
	if (!(request & ~allowed))
		return true;
	/* WSI listing 7-23: who grants a package something is taken at his word. */
	return token->is_container && level <= NT_MEDIUM && !readings->package_respects_integrity;
}

/* -- before the list --------------------------------------------------------------------------------------------- */

/* WSI listing 7-15 and 7-19: in the restricting list too; and only where no entry for OWNER RIGHTS says otherwise. */
static bool has_owners_rights(const struct nt_descriptor *descriptor, const struct nt_token *token,
			      const struct nt_readings *readings)
{
	if (!is_member(token, descriptor->owner))
		return false;
	if (token->is_restricted && !nt_sids_hold(&token->restricting, descriptor->owner))
		return false;
	for (size_t i = 0; !descriptor->has_no_list && i < descriptor->count; i++) {
		const struct nt_entry *entry = &descriptor->entries[i];
		bool applies = !(entry->flags & NT_INHERIT_ONLY) || !readings->owner_rights_must_apply;
		if (entry->sid == NT_OWNER_RIGHTS && applies)
			return false;
	}
	return true;
}

static uint32_t take_privileges(const struct nt_token *token, uint32_t request)
{
	if (token->privileges & NT_SECURITY)
		request &= ~NT_SYSTEM_SECURITY;
	if (token->privileges & (NT_TAKE_OWNERSHIP | NT_RELABEL))
		request &= ~NT_WRITE_OWNER;
	return request;
}

/* -- the list ---------------------------------------------------------------------------------------------------- */

enum pass { PASS_FIRST, PASS_RESTRICTED };

/* WSI listings 7-17, 7-20, 7-22. `asked` is the whole request, which a package has to be granted in full: what the
 * owner or a privilege gave is not its own.
 */
static bool passes_list(const struct nt_descriptor *descriptor, const struct nt_token *token, uint32_t remaining,
			uint32_t asked, enum pass pass, const struct nt_readings *readings)
{
	uint32_t package_remaining = token->is_container && pass == PASS_FIRST ? asked : 0;
	if (descriptor->has_no_list)
		return !token->is_container;

	for (size_t i = 0; i < descriptor->count && (remaining || package_remaining); i++) {
		const struct nt_entry *entry = &descriptor->entries[i];
		uint32_t sid = entry->sid == NT_OWNER_RIGHTS ? descriptor->owner : entry->sid;
		uint32_t mask = nt_map(entry->mask);
		bool is_listed = nt_sids_hold(&token->restricting, sid);
		bool is_packages = pass == PASS_FIRST && is_of_package(token, sid);
		if (entry->flags & NT_INHERIT_ONLY)
			continue;
		if (entry->denies) {
			bool applies = pass == PASS_FIRST ? is_denied_member(token, sid) : is_listed;
			if ((applies && (remaining & mask)) ||
			    (is_packages && readings->package_is_denied && (package_remaining & mask)))
				return false;
		} else if (pass == PASS_FIRST ? is_member(token, sid) : is_listed) {
			remaining &= ~mask;
		} else if (is_packages) {
			package_remaining &= ~mask;
		}
	}
	return !remaining && !package_remaining;
}

static uint32_t second_request(const struct nt_token *token, uint32_t remaining, const struct nt_readings *readings)
{
	uint32_t writes = WRITES | (readings->delete_child_is_write ? NT_DELETE_CHILD : 0);
	if (!token->is_restricted)
		return 0;
	if (!token->is_write_restricted)
		return remaining;
	if (!(remaining & writes))
		return 0;
	return readings->second_pass_by_right ? remaining & writes : remaining;
}

bool nt_check(const struct nt_descriptor *descriptor, const struct nt_token *token, uint32_t request,
	      const struct nt_readings *readings)
{
	if (!passes_integrity(descriptor, token, request, readings))
		return false;
	uint32_t remaining = take_privileges(token, request);
	if (remaining && has_owners_rights(descriptor, token, readings))
		remaining &= ~(NT_READ_CONTROL | NT_WRITE_DAC);
	if (!remaining && !token->is_container)
		return true;
	if (remaining & NT_SYSTEM_SECURITY)
		return false;
	if (!passes_list(descriptor, token, remaining, request, PASS_FIRST, readings))
		return false;
	uint32_t second = second_request(token, remaining, readings);
	return !second || passes_list(descriptor, token, second, 0, PASS_RESTRICTED, readings);
}

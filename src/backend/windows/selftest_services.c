/* Which services everybody may start: an account of cordon's is one of those, and the probe does not try it. */
#include "backend/windows/selftest.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/scope.h"

static bool is_for_everybody(PSID sid)
{
	static const WELL_KNOWN_SID_TYPE all[] = { WinWorldSid, WinAuthenticatedUserSid, WinBuiltinUsersSid };
	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (IsWellKnownSid(sid, all[i]))
			return true;
	return false;
}

static bool lets_start(PSECURITY_DESCRIPTOR descriptor)
{
	PACL list = NULL;
	BOOL has_list = FALSE, is_default;
	if (!GetSecurityDescriptorDacl(descriptor, &has_list, &list, &is_default))
		return false;
	bool lets = !has_list || !list;
	for (DWORD i = 0; list && i < list->AceCount && !lets; i++) {
		ACCESS_ALLOWED_ACE *entry;
		lets = GetAce(list, i, (void **)&entry) && entry->Header.AceType == ACCESS_ALLOWED_ACE_TYPE &&
		       (entry->Mask & (SERVICE_START | GENERIC_EXECUTE | GENERIC_ALL)) &&
		       is_for_everybody(&entry->SidStart);
	}
	return lets;
}

static bool may_be_started(SC_HANDLE manager, const WCHAR *name)
{
	_Alignas(max_align_t) char descriptor[4096];
	DWORD needed;
	SC_HANDLE service = OpenServiceW(manager, name, READ_CONTROL);
	if (!service)
		return false;
	bool may = QueryServiceObjectSecurity(service, DACL_SECURITY_INFORMATION, descriptor, sizeof descriptor,
					      &needed) &&
		   lets_start(descriptor);
	CloseServiceHandle(service);
	return may;
}

static void tell_all(SC_HANDLE manager, struct text *names)
{
	/* More than the call takes at once no Windows has. */
	static union {
		ENUM_SERVICE_STATUSW services[1];
		BYTE bytes[256 * 1024];
	} all;
	DWORD needed, count = 0, next = 0;
	EnumServicesStatusW(manager, SERVICE_WIN32, SERVICE_STATE_ALL, all.services, sizeof all, &needed, &count,
			    &next);
	for (DWORD i = 0; i < count; i++) {
		const WCHAR *name = all.services[i].lpServiceName;
		if (!may_be_started(manager, name))
			continue;
		text_add(names, names->length ? ", " : "");
		wide_add(names, name, wide_length(name));
	}
}

void services_describe(void)
{
	CORDON_ON_EXIT(text_free) struct text names = { 0 };
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
	if (!manager)
		return;
	tell_all(manager, &names);
	CloseServiceHandle(manager);
	report_note("services that everybody may start: %s", names.length ? text_str(&names) : "none");
}

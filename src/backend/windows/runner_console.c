/* The command's console, in the runner. Who serves it is a process of the account that nothing restricts: nobody of the
 * account may open it.
 */
#include <stdlib.h>

#include "backend/windows/pseudo.h"
#include "backend/windows/runner.h"
#include "base/scope.h"

#include <sddl.h>
#include <tlhelp32.h>

enum { LIST_ROOM = 16 * 1024 };

/* Who owns it may otherwise give himself what its list denies him. */
static const WCHAR closed[] = L"D:P(A;;GA;;;SY)(A;;RC;;;S-1-3-4)";
static const WCHAR closed_process[] = L"D:P(A;;0x1fffff;;;SY)(A;;RC;;;S-1-3-4)";

/* -- what is made meanwhile ---------------------------------------------------------------------------------------- */

static bool set_default(HANDLE token, PACL list)
{
	TOKEN_DEFAULT_DACL value = { list };
	return SetTokenInformation(token, TokenDefaultDacl, &value, sizeof value);
}

static bool set_closed(HANDLE token)
{
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR descriptor = NULL;
	PACL list = NULL;
	BOOL is_there, is_default;
	return ConvertStringSecurityDescriptorToSecurityDescriptorW(closed, SDDL_REVISION_1, &descriptor, NULL) &&
	       GetSecurityDescriptorDacl(descriptor, &is_there, &list, &is_default) && set_default(token, list);
}

/* Only that: a token that is made meanwhile would be closed to the command whose it is. */
static bool make_closed(bool (*make)(void *context, struct cordon_error *err), void *context, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	CORDON_ON_EXIT(free_text) char *before = malloc(LIST_ROOM);
	DWORD length;
	if (!before)
		return cordon_fail_memory(err);
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_DEFAULT, &token) ||
	    !GetTokenInformation(token, TokenDefaultDacl, before, LIST_ROOM, &length) || !set_closed(token))
		return windows_fail(err, GetLastError(),
				    "OpenProcessToken or GetTokenInformation or SetTokenInformation",
				    "close what serves the console to the command");
	bool is_made = make(context, err);
	if (!set_default(token, ((const TOKEN_DEFAULT_DACL *)(const void *)before)->DefaultDacl))
		return windows_fail(err, GetLastError(), "SetTokenInformation", "open again what the runner makes");
	return is_made;
}

/* -- who serves ---------------------------------------------------------------------------------------------------- */

/* Nobody but the system may do anything, and the owner read this. */
static bool is_closed(HANDLE process)
{
	CORDON_ON_EXIT(arena_free) struct arena arena = { 0 };
	CORDON_ON_EXIT(free_local) PSID system = NULL;
	CORDON_ON_EXIT(free_local) PSID owner = NULL;
	struct cordon_error ignored = CORDON_ERROR_INIT;
	struct windows_descriptor found;
	char room[1024];
	DWORD length;
	if (!GetKernelObjectSecurity(process, DACL_SECURITY_INFORMATION, room, sizeof room, &length) ||
	    !windows_descriptor_read((const uint8_t *)room, length, &arena, &found, &ignored) || found.has_no_list ||
	    !ConvertStringSidToSidW(L"S-1-5-18", &system) || !ConvertStringSidToSidW(L"S-1-3-4", &owner))
		return false;
	bool has_owner = false;
	for (size_t i = 0; i < found.list.count; i++) {
		const struct windows_ace *entry = &found.list.items[i];
		PSID sid = (PSID)(uintptr_t)entry->sid.bytes;
		if (entry->type != WINDOWS_ENTRY_ALLOWS ||
		    (!EqualSid(sid, system) && (!EqualSid(sid, owner) || entry->rights != READ_CONTROL)))
			return false;
		has_owner |= EqualSid(sid, owner) != FALSE;
	}
	return has_owner;
}

/* There are systems on which a process does not get the list of the token that made it. */
static bool close_process(DWORD id, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR descriptor = NULL;
	/* What does not open for that much opens for nobody of the account. */
	CORDON_ON_EXIT(close_handle) HANDLE process = OpenProcess(READ_CONTROL, FALSE, id);
	if (!process && GetLastError() == ERROR_ACCESS_DENIED)
		return true;
	if (!process)
		return windows_fail(err, GetLastError(), "OpenProcess", "look at who serves the console");
	if (is_closed(process))
		return true;
	CORDON_ON_EXIT(close_handle) HANDLE owned = OpenProcess(WRITE_DAC, FALSE, id);
	if (!owned ||
	    !ConvertStringSecurityDescriptorToSecurityDescriptorW(closed_process, SDDL_REVISION_1, &descriptor, NULL) ||
	    !SetKernelObjectSecurity(owned, DACL_SECURITY_INFORMATION, descriptor))
		return windows_fail(err, GetLastError(), "SetKernelObjectSecurity", "close who serves the console");
	return is_closed(process) ||
	       cordon_fail(err, CORDON_UNSUPPORTED, "who serves the console stays open to the command");
}

enum { CHILDREN_MAX = 64 };

/* By number: a process whose parent has ended may have one that is the runner's now. */
struct children {
	DWORD ids[CHILDREN_MAX];
	size_t count;
};

static bool find_children(struct children *ret_children, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	PROCESSENTRY32W entry = { .dwSize = sizeof entry };
	if (all == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateToolhelp32Snapshot", "find who serves the console");
	ret_children->count = 0;
	for (BOOL is_there = Process32FirstW(all, &entry); is_there; is_there = Process32NextW(all, &entry)) {
		if (entry.th32ParentProcessID != GetCurrentProcessId() || entry.th32ProcessID == GetCurrentProcessId())
			continue;
		if (ret_children->count == CHILDREN_MAX)
			return cordon_fail(err, CORDON_UNSUPPORTED,
					   "who serves the console cannot be told from others");
		ret_children->ids[ret_children->count++] = entry.th32ProcessID;
	}
	return true;
}

static bool has_child(const struct children *children, DWORD id)
{
	for (size_t i = 0; i < children->count; i++)
		if (children->ids[i] == id)
			return true;
	return false;
}

/* Those that were not there before. */
static bool close_servers(const struct children *before, struct cordon_error *err)
{
	struct children now;
	bool has_server = false;
	if (!find_children(&now, err))
		return false;
	for (size_t i = 0; i < now.count; i++) {
		if (has_child(before, now.ids[i]))
			continue;
		if (!close_process(now.ids[i], err))
			return false;
		has_server = true;
	}
	return has_server || cordon_fail(err, CORDON_UNSUPPORTED, "who serves the console is not found");
}

/* -- the two ways -------------------------------------------------------------------------------------------------- */

static bool allocate(void *context, struct cordon_error *err)
{
	(void)context;
	return AllocConsole() || windows_fail(err, GetLastError(), "AllocConsole", "make a console for the command");
}

bool runner_console_share(struct cordon_error *err)
{
	/* Access is denied to who has one already. */
	return GetConsoleCP() != 0 || make_closed(allocate, NULL, err);
}

struct making {
	const struct frame_console *wanted;
	void *pseudo;
};

static bool make_pseudo(void *context, struct cordon_error *err)
{
	struct making *making = context;
	const struct frame_console *wanted = making->wanted;
	return pseudo_make((uint16_t)wanted->rows, (uint16_t)wanted->columns, wanted->is_seen,
			   (HANDLE)(uintptr_t)wanted->reads, (HANDLE)(uintptr_t)wanted->writes, &making->pseudo, err);
}

bool runner_console_make(const struct frame_console *wanted, void **ret_pseudo, struct cordon_error *err)
{
	struct making making = { wanted, NULL };
	struct children before;
	if (!find_children(&before, err) || !make_closed(make_pseudo, &making, err))
		return false;
	/* Not to be closed here where it fails: that waits for who reads, who waits for this. */
	if (!close_servers(&before, err))
		return false;
	*ret_pseudo = making.pseudo;
	return true;
}

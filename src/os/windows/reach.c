/* What descriptors say of whom they let read. */
#include "base/scope.h"
#include "base/windows_descriptor.h"
#include "os/os.h"
#include "os/windows/windows.h"

#include <aclapi.h>

/* A directory that is closed itself may hold what is not: looked at, within these bounds. What they do not reach is not
 * known.
 */
enum { BELOW_MAX = 512, ALL_BELOW_MAX = 4096, BELOW_MS = 100 };

static struct windows_sid sid_of(PSID sid)
{
	return sid ? (struct windows_sid){ sid, (uint16_t)GetLengthSid(sid) } : (struct windows_sid){ 0 };
}

void read_standing(HANDLE handle, PSID user, struct standing *ret_standing)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR bytes = NULL;
	struct cordon_error ignored = CORDON_ERROR_INIT;
	struct windows_descriptor descriptor;
	*ret_standing = (struct standing){ 0 };
	if (!user ||
	    GetSecurityInfo(handle, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL, NULL,
			    NULL, NULL, &bytes) != ERROR_SUCCESS ||
	    !windows_descriptor_read(bytes, GetSecurityDescriptorLength(bytes), &arena, &descriptor, &ignored))
		return;
	const struct windows_sid who = sid_of(user);
	const struct windows_reach others = windows_reach_of_others(&descriptor, who);
	const struct windows_reach packages = windows_reach_of_packages(&descriptor, who);
	*ret_standing = (struct standing){
		.is_known = true,
		.is_users = windows_sid_equals(descriptor.owner, who),
		.others = { others.is_open, others.is_closed, !others.lists },
		.packages = { packages.is_open, packages.is_closed, !packages.lists },
	};
}

/* A package reads no more than its user does. */
bool user_reads(const char *path)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!native_path(path, &native, &ignored))
		return false;
	CORDON_ON_EXIT(close_handle)
	HANDLE handle = CreateFileW(native, FILE_GENERIC_READ | FILE_GENERIC_EXECUTE,
				    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
				    FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	return handle != INVALID_HANDLE_VALUE;
}

/* -- below a directory --------------------------------------------------------------------------------------------- */

struct below {
	PSID user;
	struct standing standing; /* what holds of all that was looked at */
};

static bool look_below(void *context, const char *path, struct cordon_error *err)
{
	struct below *below = context;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	struct standing standing = { 0 };
	if (!native_path(path, &native, err))
		return false;
	CORDON_ON_EXIT(close_handle) HANDLE handle = open_path(native, false);
	if (handle != INVALID_HANDLE_VALUE)
		read_standing(handle, below->user, &standing);
	below->standing.others.is_closed &= standing.others.is_closed;
	below->standing.packages.is_closed &= standing.packages.is_closed;
	return below->standing.others.is_closed || below->standing.packages.is_closed ||
	       cordon_fail(err, CORDON_UNSUPPORTED, "'%s' is closed to nobody", path);
}

void look_below_directory(const char *directory, PSID user, size_t *spent, struct standing *standing)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	struct below below = { user, *standing };
	size_t budget = *spent < ALL_BELOW_MAX ? ALL_BELOW_MAX - *spent : 0;
	budget = budget < BELOW_MAX ? budget : BELOW_MAX;
	size_t left = budget;
	if (!standing->others.is_closed && !standing->packages.is_closed)
		return;
	bool is_whole = os_walk(directory, &left, os_clock() + BELOW_MS, look_below, &below, &ignored);
	*spent += budget - left;
	standing->others.is_closed = is_whole && below.standing.others.is_closed;
	standing->packages.is_closed = is_whole && below.standing.packages.is_closed;
}

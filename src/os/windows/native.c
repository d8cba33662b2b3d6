/* Paths as Win32 takes them, and what a handle says of its own. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/windows_name.h"
#include "os/os.h"
#include "os/windows/windows.h"

static bool is_separator(char c)
{
	return c == '\\' || c == '/';
}

static bool has_drive(const char *path)
{
	return ((path[0] | 0x20) >= 'a' && (path[0] | 0x20) <= 'z') && path[1] == ':' && is_separator(path[2]);
}

/* The components behind the root, each a name that means itself. */
static bool add_components(struct text *text, const char *path, const char *whole, struct cordon_error *err)
{
	while (*path) {
		path += strspn(path, "\\/");
		size_t length = strcspn(path, "\\/");
		const char *fault = length > 0 ? windows_name_fault(path, length) : NULL;
		if (fault)
			return cordon_fail(err, CORDON_BAD_USAGE, "'%s': '%.*s' is %s", whole, (int)length, path,
					   fault);
		if (length > 0) {
			text_add_char(text, '\\');
			text_add_bytes(text, path, length);
		}
		path += length;
	}
	return true;
}

bool native_path(const char *path, uint16_t **ret_native, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	const char *rest = path + 2;
	if (has_drive(path)) {
		text_addf(&text, "\\\\?\\%c:", path[0]);
		/* Without a separator behind it a drive is the volume, not its root directory. */
		if (!path[3 + strspn(path + 3, "\\/")])
			text_add_char(&text, '\\');
	} else if (is_separator(path[0]) && is_separator(path[1]) && path[2] && !strchr(".?\\/", path[2])) {
		text_add(&text, "\\\\?\\UNC");
	} else if (is_separator(path[0]) && is_separator(path[1]) && path[2] && strchr(".?", path[2])) {
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s' is a device, not a file", path);
	} else {
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s' is no absolute path with a drive or a share", path);
	}
	if (!add_components(&text, rest, path, err))
		return false;
	if (!text_ok(&text))
		return cordon_fail_memory(err);
	return wide_make(text_str(&text), ret_native, err);
}

char *plain_path(const uint16_t *native)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	wide_add(&text, native, wide_length(native));
	if (!text_ok(&text))
		return NULL;
	const char *path = text_str(&text);
	if (text_starts(path, "\\\\?\\UNC\\"))
		return text_format("\\\\%s", path + 8);
	if (text_starts(path, "\\\\?\\") || text_starts(path, "\\??\\"))
		path += 4;
	if (!has_drive(path))
		return path[0] == '\\' && path[1] == '\\' && !strchr(".?", path[2]) ? strdup(path) : NULL;
	size_t length = strlen(path);
	while (length > 3 && is_separator(path[length - 1]))
		length--;
	char *plain = text_format("%.*s", (int)length, path);
	if (plain && plain[0] >= 'a')
		plain[0] = (char)(plain[0] - 'a' + 'A');
	return plain;
}

HANDLE open_path(const uint16_t *native, bool lists)
{
	enum { ALL_SHARE = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };
	const DWORD flags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;
	DWORD access = FILE_READ_ATTRIBUTES | (lists ? FILE_LIST_DIRECTORY : 0);
	HANDLE handle = CreateFileW(native, access | READ_CONTROL, ALL_SHARE, NULL, OPEN_EXISTING, flags, NULL);
	if (handle == INVALID_HANDLE_VALUE && GetLastError() == ERROR_ACCESS_DENIED)
		handle = CreateFileW(native, access, ALL_SHARE, NULL, OPEN_EXISTING, flags, NULL);
	return handle;
}

char *final_path(HANDLE handle)
{
	DWORD room = MAX_PATH;
	for (;;) {
		CORDON_ON_EXIT(free_wide) uint16_t *native = calloc(room + 1, sizeof *native);
		if (!native) {
			SetLastError(ERROR_OUTOFMEMORY);
			return NULL;
		}
		DWORD length = GetFinalPathNameByHandleW(handle, native, room, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
		if (length == 0)
			return NULL;
		if (length <= room) {
			SetLastError(ERROR_OUTOFMEMORY);
			return plain_path(native);
		}
		room = length;
	}
}

bool is_at(HANDLE handle, const char *path)
{
	CORDON_ON_EXIT(free_text) char *found = final_path(handle);
	CORDON_ON_EXIT(free_wide) uint16_t *found_wide = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	struct cordon_error ignored = CORDON_ERROR_INIT;
	return found && wide_make(found, &found_wide, &ignored) && wide_make(path, &wide, &ignored) &&
	       CompareStringOrdinal(found_wide, -1, wide, -1, TRUE) == CSTR_EQUAL;
}

bool file_identity(HANDLE handle, uint64_t *ret_device, uint64_t *ret_inode)
{
	BY_HANDLE_FILE_INFORMATION about;
	FILE_ID_INFO identity;
	if (!GetFileInformationByHandle(handle, &about))
		return false;
	*ret_device = about.dwVolumeSerialNumber;
	*ret_inode = (uint64_t)about.nFileIndexHigh << 32 | about.nFileIndexLow;
	/* ReFS needs 128 bits; where the upper ones are used they are folded in. */
	if (GetFileInformationByHandleEx(handle, FileIdInfo, &identity, sizeof identity)) {
		uint64_t halves[2];
		memcpy(halves, &identity.FileId, sizeof halves);
		*ret_device = identity.VolumeSerialNumber;
		*ret_inode = halves[0] ^ halves[1];
	}
	return true;
}

/* Files, directories, random bytes and clocks. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "os/os.h"
#include "os/windows/windows.h"

#include <bcrypt.h>
#include <knownfolders.h>

/* -- reading ------------------------------------------------------------------------------------------------------ */

static bool read_whole(HANDLE file, const char *path, size_t limit, struct text *text, struct cordon_error *err)
{
	char bytes[16384];
	for (;;) {
		DWORD count = 0;
		if (!ReadFile(file, bytes, sizeof bytes, &count, NULL))
			return windows_fail(err, GetLastError(), "ReadFile", "read '%s'", path);
		if (count == 0)
			return true;
		text_add_bytes(text, bytes, count);
		if (!text_ok(text))
			return cordon_fail_memory(err);
		/* It may grow while it is read. */
		if (text->length > limit)
			return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' is larger than %zu bytes", path, limit);
	}
}

bool os_read_file(const char *path, size_t limit, struct text *ret_text, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *absolute = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	FILE_BASIC_INFO about;
	if (!os_absolute(path, &absolute, err) || !native_path(absolute, &native, err))
		return false;
	/* Backup semantics only to tell a directory from what may not be read. */
	CORDON_ON_EXIT(close_handle)
	HANDLE file = CreateFileW(native, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
				  OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	if (file == INVALID_HANDLE_VALUE || !GetFileInformationByHandleEx(file, FileBasicInfo, &about, sizeof about))
		return windows_fail(err, GetLastError(), "CreateFile or GetFileInformationByHandleEx", "open '%s'",
				    path);
	if (about.FileAttributes & FILE_ATTRIBUTE_DIRECTORY)
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s' is a directory, not a file", path);
	if (GetFileType(file) != FILE_TYPE_DISK)
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s' is no regular file", path);

	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (!read_whole(file, path, limit, &text, err))
		return false;
	*ret_text = text;
	text = (struct text){ 0 };
	return true;
}

bool os_make_file(const char *path, const char *bytes, size_t length, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *absolute = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	DWORD written = 0;
	if (!os_absolute(path, &absolute, err) || !native_path(absolute, &native, err))
		return false;
	CORDON_ON_EXIT(close_handle)
	HANDLE file = CreateFileW(native, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateFile", "make '%s'", path);
	if (length > UINT32_MAX || !WriteFile(file, bytes, (DWORD)length, &written, NULL) || written != length)
		return windows_fail(err, GetLastError(), "WriteFile", "write '%s'", path);
	return true;
}

/* -- names -------------------------------------------------------------------------------------------------------- */

bool os_lies_below(const char *path, const char *directory)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_wide) uint16_t *below = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *above = NULL;
	if (!wide_make(path, &below, &ignored) || !wide_make(directory, &above, &ignored))
		return false;
	size_t length = wide_length(above);
	while (length > 0 && above[length - 1] == L'\\')
		length--;
	return wide_length(below) >= length &&
	       CompareStringOrdinal(below, (int)length, above, (int)length, TRUE) == CSTR_EQUAL &&
	       (below[length] == L'\\' || below[length] == 0);
}

const char *os_name(const char *path)
{
	const char *name = path;
	for (; *path; path++)
		if (*path == '\\' || *path == '/')
			name = path + 1;
	return name;
}

bool os_exists(const char *path)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *absolute = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!os_absolute(path, &absolute, &ignored) || !native_path(absolute, &native, &ignored))
		return true;
	CORDON_ON_EXIT(close_handle) HANDLE handle = open_path(native, false);
	DWORD code = GetLastError();
	return handle != INVALID_HANDLE_VALUE || (code != ERROR_FILE_NOT_FOUND && code != ERROR_PATH_NOT_FOUND);
}

/* As Win32 would make it of what was typed: the current directory and drive, `..`, dots and spaces at the end, devices.
 */
static char *full_path(const uint16_t *typed)
{
	DWORD room = GetFullPathNameW(typed, 0, NULL, NULL);
	CORDON_ON_EXIT(free_wide) uint16_t *full = room ? calloc(room + 1, sizeof *full) : NULL;
	struct text text = { 0 };
	DWORD length = full ? GetFullPathNameW(typed, room, full, NULL) : 0;
	if (length == 0 || length >= room)
		return NULL;
	wide_add(&text, full, length);
	return text_take(&text);
}

/* What was typed with `~` in front is the home's. */
static bool find_typed(const char *path, uint16_t **ret_typed, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *home = NULL;
	if (path[0] != '~' || (path[1] && path[1] != '/' && path[1] != '\\'))
		return wide_make(path, ret_typed, err);
	if (!known_folder(&FOLDERID_Profile, "the user's profile", &home, err))
		return false;
	CORDON_ON_EXIT(free_text) char *whole = text_format("%s%s", home, path + 1);
	return whole ? wide_make(whole, ret_typed, err) : cordon_fail_memory(err);
}

bool os_absolute(const char *path, char **ret_path, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *typed = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!*path)
		return cordon_fail(err, CORDON_BAD_USAGE, "a path must not be empty");
	/* Behind this prefix nothing is settled; what is the same without it is taken without it. */
	const char *plain = path;
	if (text_starts(path, "\\\\?\\UNC\\"))
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s': name a share as \\\\server\\share", path);
	if (text_starts(path, "\\\\?\\"))
		plain = path + 4;
	if (!find_typed(plain, &typed, err))
		return false;
	CORDON_ON_EXIT(free_text) char *full = full_path(typed);
	if (!full)
		return windows_fail(err, GetLastError(), "GetFullPathName", "find what '%s' names", path);
	if (plain != path && strcmp(full, plain) != 0)
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s' is none of Win32's names; name it without '\\\\?\\'",
				   path);
	if (!native_path(full, &native, err)) /* a device, a stream, or no path at all */
		return false;
	*ret_path = cordon_take(&full);
	return true;
}

/* -- making ------------------------------------------------------------------------------------------------------- */

static bool make_directory(const uint16_t *native, const char *path, struct cordon_error *err)
{
	if (CreateDirectoryW(native, NULL))
		return true;
	DWORD code = GetLastError();
	DWORD attributes = GetFileAttributesW(native);
	if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY))
		return true;
	if (attributes != INVALID_FILE_ATTRIBUTES)
		return cordon_fail(err, CORDON_OS_FAILED, "'%s' is in the way: it is no directory", path);
	return windows_fail(err, code, "CreateDirectory", "make '%s'", path);
}

bool os_make_directories(const char *path, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *absolute = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!os_absolute(path, &absolute, err) || !native_path(absolute, &native, err))
		return false;
	/* Behind the drive, or the server and the share. */
	size_t roots = text_starts(absolute, "\\\\") ? 3 : 1, from = 4;
	for (; native[from] && roots > 0; from++)
		roots -= native[from] == L'\\';
	for (size_t i = from; native[i]; i++) {
		if (native[i] != L'\\')
			continue;
		native[i] = 0;
		if (!make_directory(native, absolute, err))
			return false;
		native[i] = L'\\';
	}
	return make_directory(native, absolute, err);
}

/* -- chance and time ---------------------------------------------------------------------------------------------- */

bool os_random(void *bytes, size_t count, struct cordon_error *err)
{
	if (count > ULONG_MAX)
		return cordon_fail(err, CORDON_BAD_USAGE, "too many random bytes");
	NTSTATUS status = BCryptGenRandom(NULL, bytes, (ULONG)count, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
	return status == 0 || windows_fail(err, (DWORD)status, "BCryptGenRandom", "ask for random bytes");
}

uint64_t os_clock(void)
{
	return GetTickCount64();
}

uint64_t os_time(void)
{
	/* In tenths of a microsecond since 1601. */
	static const uint64_t to_1970 = UINT64_C(116444736000000000);
	FILETIME now;
	GetSystemTimeAsFileTime(&now);
	uint64_t ticks = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
	return (ticks - to_1970) / 10000;
}

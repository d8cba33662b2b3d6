/* Files that appear, go and move in one step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "os/os.h"
#include "os/windows/windows.h"

#include <sddl.h>

/* -- files of cordon's own ----------------------------------------------------------------------------------------- */

/* The system, administrators and who runs cordon, whatever the folder would hand on. */
static bool make_private(PSECURITY_DESCRIPTOR *ret_descriptor, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	CORDON_ON_EXIT(free_local) LPWSTR sid = NULL;
	union {
		TOKEN_USER user;
		char room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} about;
	WCHAR text[256];
	DWORD length;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) ||
	    !GetTokenInformation(token, TokenUser, &about, sizeof about, &length) ||
	    !ConvertSidToStringSidW(about.user.User.Sid, &sid))
		return windows_fail(err, GetLastError(),
				    "OpenProcessToken or GetTokenInformation or ConvertSidToStringSid",
				    "ask who runs cordon");
	_snwprintf(text, 255, L"D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;%ls)", sid);
	text[255] = 0;
	return ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, ret_descriptor, NULL) ||
	       windows_fail(err, GetLastError(), "ConvertStringSecurityDescriptorToSecurityDescriptor",
			    "make a descriptor for '%ls'", text);
}

static bool write_new(const uint16_t *native, const char *path, const char *bytes, size_t length,
		      struct cordon_error *err)
{
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR descriptor = NULL;
	DWORD count = 0;
	if (!make_private(&descriptor, err))
		return false;
	SECURITY_ATTRIBUTES attributes = { sizeof attributes, descriptor, FALSE };
	CORDON_ON_EXIT(close_handle)
	HANDLE file = CreateFileW(native, GENERIC_WRITE, 0, &attributes, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateFile", "make '%s'", path);
	/* A name that stands before its bytes do is a file of zeros after a crash. */
	bool is_written = length <= UINT32_MAX && WriteFile(file, bytes, (DWORD)length, &count, NULL) &&
			  count == length && FlushFileBuffers(file);
	return is_written || windows_fail(err, GetLastError(), "WriteFile or FlushFileBuffers", "write '%s'", path);
}

bool os_write_file(const char *folder, const char *name, const char *bytes, size_t length, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", folder, name);
	CORDON_ON_EXIT(free_text) char *absolute = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *fresh = NULL;
	uint64_t chance;
	if (!path)
		return cordon_fail_memory(err);
	if (!os_make_directories(folder, err) || !os_absolute(path, &absolute, err) ||
	    !os_random(&chance, sizeof chance, err))
		return false;
	CORDON_ON_EXIT(free_text) char *beside = text_format("%s.%016llx", absolute, (unsigned long long)chance);
	if (!beside)
		return cordon_fail_memory(err);
	if (!native_path(absolute, &native, err) || !native_path(beside, &fresh, err) ||
	    !write_new(fresh, beside, bytes, length, err))
		return false;
	if (MoveFileExW(fresh, native, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
		return true;
	windows_fail(err, GetLastError(), "MoveFileEx", "put '%s' in its place", absolute);
	DeleteFileW(fresh);
	return false;
}

bool os_remove_file(const char *path, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *absolute = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!os_absolute(path, &absolute, err) || !native_path(absolute, &native, err))
		return false;
	DWORD code = DeleteFileW(native) ? ERROR_SUCCESS : GetLastError();
	return code == ERROR_SUCCESS || code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ||
	       windows_fail(err, code, "DeleteFile", "remove '%s'", path);
}

/* -- aside --------------------------------------------------------------------------------------------------------- */

static DWORD rename_open(HANDLE handle, const char *place)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!native_path(place, &native, &ignored))
		return ERROR_INVALID_NAME;
	size_t length = wide_length(native) * sizeof *native;
	size_t size = sizeof(FILE_RENAME_INFO) + length;
	CORDON_ON_EXIT(free_text) char *bytes = calloc(1, size);
	FILE_RENAME_INFO *wanted = (void *)bytes;
	if (!bytes)
		return ERROR_OUTOFMEMORY;
	wanted->FileNameLength = (DWORD)length;
	memcpy(wanted->FileName, native, length);
	return SetFileInformationByHandle(handle, FileRenameInfo, wanted, (DWORD)size) ? ERROR_SUCCESS : GetLastError();
}

static bool is_absence(DWORD code)
{
	return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
}

/* The folder, which no link leads to. */
static bool make_folder(const char *folder, char **ret_folder, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *absolute = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!os_make_directories(folder, err) || !os_absolute(folder, &absolute, err) ||
	    !native_path(absolute, &native, err))
		return false;
	CORDON_ON_EXIT(close_handle) HANDLE handle = open_path(native, false);
	if (handle == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateFile", "open '%s'", absolute);
	if (!is_at(handle, absolute))
		return cordon_fail(err, CORDON_OS_FAILED, "'%s' is not where it is named: a link leads elsewhere",
				   absolute);
	*ret_folder = cordon_take(&absolute);
	return true;
}

static bool move(HANDLE handle, const char *path, const char *folder, const char *name, char *ret_place,
		 struct cordon_error *err)
{
	int length = snprintf(ret_place, OS_PLACE_SIZE, "%s\\%s", folder, name);
	DWORD code = length < OS_PLACE_SIZE ? rename_open(handle, ret_place) : ERROR_FILENAME_EXCED_RANGE;
	if (code == ERROR_NOT_SAME_DEVICE) {
		const char *own = os_name(path);
		length = snprintf(ret_place, OS_PLACE_SIZE, "%.*s.cordon-aside-%s-%lu", (int)(own - path), path, own,
				  GetCurrentProcessId());
		code = length < OS_PLACE_SIZE ? rename_open(handle, ret_place) : ERROR_FILENAME_EXCED_RANGE;
	}
	return code == ERROR_SUCCESS || windows_fail(err, code, "SetFileInformationByHandle", "set '%s' aside", path);
}

bool os_set_aside(const char *path, const char *folder, const char *name, bool *ret_moved,
		  char ret_place[OS_PLACE_SIZE], struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *absolute = NULL;
	CORDON_ON_EXIT(free_text) char *to = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!os_absolute(path, &absolute, err) || !native_path(absolute, &native, err))
		return false;
	CORDON_ON_EXIT(close_handle)
	HANDLE handle = CreateFileW(native, DELETE | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
				    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
				    FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	DWORD code = GetLastError();
	if (handle == INVALID_HANDLE_VALUE && !is_absence(code))
		return windows_fail(err, code, "CreateFile", "look for '%s'", path);
	/* Where a directory above is a link now, the name that is meant does not exist. */
	if (handle == INVALID_HANDLE_VALUE || !is_at(handle, absolute)) {
		*ret_moved = false;
		return true;
	}
	if (!make_folder(folder, &to, err) || !move(handle, absolute, to, name, ret_place, err))
		return false;
	*ret_moved = true;
	return true;
}

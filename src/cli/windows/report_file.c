#include "cli/windows/fail.h"

#include <bcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/wide.h"
#include "cli/host.h"

struct report_file {
	char *path;       /* as given, for messages */
	uint16_t *place;  /* the same, absolute */
	HANDLE directory; /* around it: held open so that nothing takes its place */
	HANDLE stream;    /* what is no regular file: open */
};

static void close_handle(HANDLE *handle)
{
	if (*handle != INVALID_HANDLE_VALUE)
		CloseHandle(*handle);
}

struct report_file *report_close(struct report_file *file)
{
	if (!file)
		return NULL;
	close_handle(&file->directory);
	close_handle(&file->stream);
	free(file->path);
	free(file->place);
	free(file);
	return NULL;
}

static void close_at(struct report_file **file)
{
	report_close(*file);
}

static bool fail(const struct report_file *file, DWORD code, const char *api, const char *what,
		 struct cordon_error *err)
{
	return host_fail(err, code, api, "report '%s': %s", file->path, what);
}

/* The absolute path, as Win32 makes it of what was given. */
static bool find_place(struct report_file *file, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *given = NULL;
	if (!wide_make(file->path, &given, err))
		return false;
	DWORD room = GetFullPathNameW(given, 0, NULL, NULL);
	file->place = room ? calloc(room + 1, sizeof *file->place) : NULL;
	if (!file->place || GetFullPathNameW(given, room, file->place, NULL) >= room)
		return fail(file, GetLastError(), "GetFullPathName", "no path", err);
	return true;
}

/* No one may rename or replace the directory while its handle lacks FILE_SHARE_DELETE. */
static bool open_directory(struct report_file *file, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *directory = _wcsdup(file->place);
	WCHAR *slash = directory ? wcsrchr(directory, L'\\') : NULL;
	if (!slash)
		return cordon_fail_memory(err);
	slash[1] = 0;
	file->directory = CreateFileW(directory, FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				      OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	return file->directory != INVALID_HANDLE_VALUE ||
	       fail(file, GetLastError(), "CreateFile", "its folder cannot be opened", err);
}

/* A new file beside the report's name. */
static bool make_beside(const struct report_file *file, uint16_t **ret_name, HANDLE *ret_made, struct cordon_error *err)
{
	uint64_t chance = 0;
	size_t length = wide_length(file->place);
	CORDON_ON_EXIT(free_wide) uint16_t *name = calloc(length + 32, sizeof *name);
	if (!name)
		return cordon_fail_memory(err);
	NTSTATUS status = BCryptGenRandom(NULL, (PUCHAR)&chance, sizeof chance, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
	if (status != 0)
		return fail(file, (DWORD)status, "BCryptGenRandom", "no name for a new file", err);
	_snwprintf(name, length + 31, L"%ls.%016llx", file->place, (unsigned long long)chance);
	HANDLE made = CreateFileW(name, GENERIC_WRITE | DELETE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
	if (made == INVALID_HANDLE_VALUE)
		return fail(file, GetLastError(), "CreateFile", "no file can be made there", err);
	*ret_name = cordon_take(&name);
	*ret_made = made;
	return true;
}

static bool try_directory(const struct report_file *file, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *name = NULL;
	HANDLE made;
	if (!make_beside(file, &name, &made, err))
		return false;
	CloseHandle(made);
	return DeleteFileW(name) || fail(file, GetLastError(), "DeleteFile", "no file can be removed there", err);
}

bool report_open(const char *path, struct report_file **ret_file, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_at) struct report_file *file = calloc(1, sizeof *file);
	if (!file)
		return cordon_fail_memory(err);
	file->directory = file->stream = INVALID_HANDLE_VALUE;
	file->path = strdup(path);
	if (!file->path)
		return cordon_fail_memory(err);
	if (!find_place(file, err))
		return false;
	DWORD attributes = GetFileAttributesW(file->place);
	if (wcsncmp(file->place, L"\\\\.\\", 4) == 0) {
		file->stream = CreateFileW(file->place, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
					   OPEN_EXISTING, 0, NULL);
		if (file->stream == INVALID_HANDLE_VALUE)
			return fail(file, GetLastError(), "CreateFile", "it cannot be opened", err);
	} else if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY)) {
		return cordon_fail(err, CORDON_BAD_USAGE, "report '%s' is a directory", path);
	} else if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT)) {
		return cordon_fail(err, CORDON_BAD_USAGE, "report '%s' is a link: name the file itself", path);
	} else if (!open_directory(file, err) || !try_directory(file, err)) {
		return false;
	}
	*ret_file = cordon_take(&file);
	return true;
}

static bool write_all(const struct report_file *file, HANDLE handle, const char *bytes, struct cordon_error *err)
{
	for (size_t left = strlen(bytes); left > 0;) {
		DWORD count = 0;
		if (!WriteFile(handle, bytes, left < 65536 ? (DWORD)left : 65536, &count, NULL))
			return fail(file, GetLastError(), "WriteFile", "it cannot be written", err);
		bytes += count;
		left -= count;
	}
	return true;
}

bool report_write(struct report_file *file, const char *bytes, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *name = NULL;
	HANDLE made;
	if (file->stream != INVALID_HANDLE_VALUE)
		return write_all(file, file->stream, bytes, err);
	if (!make_beside(file, &name, &made, err))
		return false;
	bool is_written = write_all(file, made, bytes, err);
	CloseHandle(made);
	/* A link at the name is replaced, not followed. */
	if (is_written && !MoveFileExW(name, file->place, MOVEFILE_REPLACE_EXISTING))
		is_written = fail(file, GetLastError(), "MoveFileEx", "it cannot be put in its place", err);
	if (!is_written)
		DeleteFileW(name);
	return is_written;
}

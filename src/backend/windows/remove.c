/* Removes what a command may have written: never through a link, however long its paths are and however deep they go. */
#include "backend/windows/cage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

enum { PATH_UNITS = 32760, DEPTH_MAX = 64 };

struct removal {
	WCHAR *path; /* of what is at hand */
	size_t top;  /* how much of it is the directory that goes, to which what lies too deep is moved */
	unsigned moved;
	bool is_more; /* something was moved, and is to be removed yet */
};

static void free_removal(struct removal *removal)
{
	free(removal->path);
}

static bool move_up(struct removal *removal)
{
	WCHAR *to = malloc((removal->top + 32) * sizeof *to);
	if (!to)
		return false;
	_snwprintf(to, removal->top + 31, L"%.*ls\\.deep-%u", (int)removal->top, removal->path, ++removal->moved);
	to[removal->top + 31] = 0;
	bool is_moved = MoveFileExW(removal->path, to, 0);
	free(to);
	removal->is_more |= is_moved;
	return is_moved;
}

static bool empty(struct removal *removal, size_t length, int depth);

/* The path is the entry's, `length` units long. */
static bool remove_entry(struct removal *removal, const WIN32_FIND_DATAW *entry, size_t length, int depth)
{
	bool is_directory = entry->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
	bool is_link = entry->dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT;
	if (entry->dwFileAttributes & FILE_ATTRIBUTE_READONLY)
		SetFileAttributesW(removal->path, FILE_ATTRIBUTE_NORMAL);
	if (!is_directory)
		return DeleteFileW(removal->path);
	if (RemoveDirectoryW(removal->path))
		return true;
	if (is_link)
		return false;
	if (depth == DEPTH_MAX)
		return move_up(removal);
	return empty(removal, length, depth + 1) && RemoveDirectoryW(removal->path);
}

static bool is_itself_or_above(const WCHAR *name)
{
	return wcscmp(name, L".") == 0 || wcscmp(name, L"..") == 0;
}

/* The directory whose path is that long; the path is the same afterwards. */
static bool empty(struct removal *removal, size_t length, int depth)
{
	WIN32_FIND_DATAW entry;
	bool is_fine = true;
	if (length + MAX_PATH + 2 > PATH_UNITS)
		return false;
	wcscpy(removal->path + length, L"\\*");
	HANDLE found = FindFirstFileW(removal->path, &entry);
	for (bool more = found != INVALID_HANDLE_VALUE; more; more = FindNextFileW(found, &entry)) {
		if (is_itself_or_above(entry.cFileName))
			continue;
		size_t name = wcslen(entry.cFileName);
		wcscpy(removal->path + length + 1, entry.cFileName);
		is_fine = remove_entry(removal, &entry, length + 1 + name, depth) && is_fine;
	}
	if (found != INVALID_HANDLE_VALUE)
		FindClose(found);
	removal->path[length] = 0;
	return is_fine && found != INVALID_HANDLE_VALUE;
}

bool remove_tree(const uint16_t *directory)
{
	CORDON_ON_EXIT(free_removal)
	struct removal removal = { .path = malloc(PATH_UNITS * sizeof *removal.path),
				   .top = wide_length(directory),
				   .is_more = true };
	const DWORD attributes = GetFileAttributesW(directory);
	if (attributes == INVALID_FILE_ATTRIBUTES)
		return GetLastError() == ERROR_FILE_NOT_FOUND || GetLastError() == ERROR_PATH_NOT_FOUND;
	if (!removal.path || removal.top + MAX_PATH > PATH_UNITS)
		return false;
	wcscpy(removal.path, directory);
	if (attributes & FILE_ATTRIBUTE_REPARSE_POINT)
		return RemoveDirectoryW(directory);
	for (bool is_fine = true; is_fine && removal.is_more;) {
		removal.is_more = false;
		is_fine = empty(&removal, removal.top, 0);
	}
	return RemoveDirectoryW(directory);
}

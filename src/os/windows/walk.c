/* Listing a directory for a walk. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/text.h"
#include "os/walk.h"
#include "os/windows/windows.h"

enum { LISTING_BYTES = 64 * 1024 };

/* *ret_is_other: there is none, or it is elsewhere now. */
static bool open_directory(const char *path, HANDLE *ret_handle, bool *ret_is_other, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	FILE_ATTRIBUTE_TAG_INFO tag;
	if (!native_path(path, &native, err))
		return false;
	CORDON_ON_EXIT(close_handle) HANDLE handle = open_path(native, true);
	DWORD code = GetLastError();
	if (handle == INVALID_HANDLE_VALUE) {
		*ret_is_other = code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
		return *ret_is_other || windows_fail(err, code, "CreateFile", "list '%s'", path);
	}
	if (!GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &tag, sizeof tag))
		return windows_fail(err, GetLastError(), "GetFileInformationByHandleEx", "list '%s'", path);
	bool is_link = (tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) && IsReparseTagNameSurrogate(tag.ReparseTag);
	*ret_is_other = is_link || !is_at(handle, path);
	if (!*ret_is_other)
		*ret_handle = cordon_take(&handle);
	return true;
}

static bool visit_entry(const struct walk_visitor *visitor, const char *path, const FILE_ID_BOTH_DIR_INFO *entry,
			struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text name = { 0 };
	wide_add(&name, entry->FileName, entry->FileNameLength / sizeof(WCHAR));
	if (strcmp(text_str(&name), ".") == 0 || strcmp(text_str(&name), "..") == 0)
		return true;
	CORDON_ON_EXIT(free_text)
	char *child = text_format("%s%s%s", path, text_ends(path, "\\") ? "" : "\\", text_str(&name));
	if (!text_ok(&name) || !child)
		return cordon_fail_memory(err);
	return visitor->visit(visitor->context, child, entry->FileAttributes & FILE_ATTRIBUTE_DIRECTORY, err);
}

bool walk_list(const char *path, const struct walk_visitor *visitor, bool *ret_is_gone, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE directory = NULL;
	CORDON_ON_EXIT(free_text) char *listing = malloc(LISTING_BYTES);
	*ret_is_gone = false;
	if (!listing)
		return cordon_fail_memory(err);
	if (!open_directory(path, &directory, ret_is_gone, err) || *ret_is_gone)
		return *ret_is_gone;
	while (GetFileInformationByHandleEx(directory, FileIdBothDirectoryInfo, listing, LISTING_BYTES)) {
		const char *at = listing;
		for (;;) {
			const FILE_ID_BOTH_DIR_INFO *entry = (const void *)at;
			if (!visit_entry(visitor, path, entry, err))
				return false;
			if (entry->NextEntryOffset == 0)
				break;
			at += entry->NextEntryOffset;
		}
	}
	return GetLastError() == ERROR_NO_MORE_FILES ||
	       windows_fail(err, GetLastError(), "GetFileInformationByHandleEx", "list '%s'", path);
}

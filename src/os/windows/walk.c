/* A bounded walk through a directory. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "os/windows/windows.h"

enum { LISTING_BYTES = 64 * 1024 };

struct pending {
	struct {
		char **items;
		size_t count, room;
	} paths; /* directories that are still to be read */
};

static void pending_free(struct pending *pending)
{
	for (size_t i = 0; i < pending->paths.count; i++)
		free(pending->paths.items[i]);
	free(pending->paths.items);
}

struct visitor {
	bool (*visit)(void *context, const char *path, struct cordon_error *err);
	void *context;
	size_t *budget;
	size_t allowed;
	uint64_t deadline_ms;
	char *listing; /* LISTING_BYTES */
};

static bool spend(const struct visitor *visitor, struct cordon_error *err)
{
	if (*visitor->budget == 0)
		return cordon_fail(err, CORDON_UNSUPPORTED, "there are more than %zu entries", visitor->allowed);
	--*visitor->budget;
	/* The clock is asked now and then only. */
	if (*visitor->budget % 64 == 0 && os_clock() >= visitor->deadline_ms)
		return cordon_fail(err, CORDON_UNSUPPORTED, "time ran out after %zu entries",
				   visitor->allowed - *visitor->budget);
	return true;
}

static bool visit_entry(const struct visitor *visitor, const char *path, const FILE_ID_BOTH_DIR_INFO *entry,
			struct pending *pending, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text name = { 0 };
	wide_add(&name, entry->FileName, entry->FileNameLength / sizeof(WCHAR));
	if (strcmp(text_str(&name), ".") == 0 || strcmp(text_str(&name), "..") == 0)
		return true;
	CORDON_ON_EXIT(free_text)
	char *child = text_format("%s%s%s", path, text_ends(path, "\\") ? "" : "\\", text_str(&name));
	if (!text_ok(&name) || !child)
		return cordon_fail_memory(err);
	if (!spend(visitor, err) || !visitor->visit(visitor->context, child, err))
		return false;
	if (!(entry->FileAttributes & FILE_ATTRIBUTE_DIRECTORY))
		return true;
	char **next = LIST_ADD(&pending->paths);
	if (!next)
		return cordon_fail_memory(err);
	*next = cordon_take(&child);
	return true;
}

static bool visit_entries(const struct visitor *visitor, HANDLE directory, const char *path, struct pending *pending,
			  struct cordon_error *err)
{
	while (GetFileInformationByHandleEx(directory, FileIdBothDirectoryInfo, visitor->listing, LISTING_BYTES)) {
		const char *at = visitor->listing;
		for (;;) {
			const FILE_ID_BOTH_DIR_INFO *entry = (const void *)at;
			if (!visit_entry(visitor, path, entry, pending, err))
				return false;
			if (entry->NextEntryOffset == 0)
				break;
			at += entry->NextEntryOffset;
		}
	}
	return GetLastError() == ERROR_NO_MORE_FILES || windows_fail(err, GetLastError(), "list '%s'", path);
}

/* Opens the directory at the very path; what was a directory when it was listed may have become a link. *ret_is_other: there
 * is none, or it is elsewhere now.
 */
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
		return *ret_is_other || windows_fail(err, code, "list '%s'", path);
	}
	if (!GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &tag, sizeof tag))
		return windows_fail(err, GetLastError(), "list '%s'", path);
	bool is_link = (tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) && IsReparseTagNameSurrogate(tag.ReparseTag);
	*ret_is_other = is_link || !is_at(handle, path);
	if (!*ret_is_other)
		*ret_handle = cordon_take(&handle);
	return true;
}

static bool visit_directory(const struct visitor *visitor, const char *path, bool is_root, struct pending *pending,
			    struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE directory = NULL;
	bool is_other = false;
	if (!open_directory(path, &directory, &is_other, err))
		return false;
	/* Of the root itself nothing is passed over. */
	if (is_other)
		return !is_root || cordon_fail(err, CORDON_OS_FAILED, "list '%s': there is no such directory", path);
	return visit_entries(visitor, directory, path, pending, err);
}

bool os_walk(const char *root, size_t *budget, uint64_t deadline_ms,
	     bool (*visit)(void *context, const char *path, struct cordon_error *err), void *context,
	     struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *listing = malloc(LISTING_BYTES);
	const struct visitor visitor = { visit, context, budget, *budget, deadline_ms, listing };
	CORDON_ON_EXIT(pending_free) struct pending pending = { 0 };
	if (!listing)
		return cordon_fail_memory(err);
	if (os_clock() >= deadline_ms)
		return cordon_fail(err, CORDON_UNSUPPORTED, "time ran out");
	if (!visit_directory(&visitor, root, true, &pending, err))
		return false;
	while (pending.paths.count > 0) {
		CORDON_ON_EXIT(free_text) char *path = pending.paths.items[--pending.paths.count];
		if (!visit_directory(&visitor, path, false, &pending, err))
			return false;
	}
	return true;
}

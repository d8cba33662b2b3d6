/* Removing what a command has made, however it is made: by handle, through no link, and as deep as it may be. A name of
 * Win32's reaches 32,767 characters down, and a folder that is moved takes what is in it further; so what lies deeper
 * than one folder is moved up before it goes, and no path is longer than a name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "os/windows/windows.h"

#include <sddl.h>
#include <winternl.h>

enum {
	LISTING_BYTES = 64 * 1024,
	ALL_SHARE = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
	/* ntifs.h */
	NT_OPEN_REPARSE_POINT = 0x00200000,
	NT_OPEN_FOR_BACKUP = 0x00004000,
	NT_SYNCHRONOUS = 0x00000020,
};

struct removal {
	HANDLE top;
	const struct removal_wish *wish;
	bool was_moved, is_left; /* is_left: something that should have gone has not */
};

/* A name as the system has it, of any 16-bit units. */
struct entry {
	WCHAR *name;
	USHORT length; /* of it, in bytes */
	bool is_link;
};

struct entries {
	struct entry *items;
	size_t count, room;
};

static void free_entries(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		free(entries->items[i].name);
	free(entries->items);
}

/* -- opening ------------------------------------------------------------------------------------------------------- */

static NTSTATUS open_in(HANDLE directory, const struct entry *entry, ACCESS_MASK access, HANDLE *ret_handle)
{
	UNICODE_STRING text = { entry->length, entry->length, entry->name };
	OBJECT_ATTRIBUTES attributes;
	IO_STATUS_BLOCK about;
	InitializeObjectAttributes(&attributes, &text, 0, directory, NULL);
	return NtCreateFile(ret_handle, access | FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &about, NULL, 0,
			    ALL_SHARE, FILE_OPEN, NT_OPEN_REPARSE_POINT | NT_OPEN_FOR_BACKUP | NT_SYNCHRONOUS, NULL, 0);
}

/* What was made so that nobody may do anything to it: its owner may change that. */
static void open_up(HANDLE directory, const struct entry *entry)
{
	CORDON_ON_EXIT(free_local) PSECURITY_DESCRIPTOR descriptor = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE handle = NULL;
	if (open_in(directory, entry, WRITE_DAC, &handle) < 0) {
		handle = NULL;
		return;
	}
	if (ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:P(A;OICI;FA;;;S-1-3-4)", SDDL_REVISION_1,
								 &descriptor, NULL))
		SetKernelObjectSecurity(handle, DACL_SECURITY_INFORMATION, descriptor);
}

/* With less each time; even to list a directory to be removed is what its owner may have to give himself. */
static bool open_to_remove(HANDLE directory, const struct entry *entry, HANDLE *ret_handle, DWORD *ret_code)
{
	static const struct {
		ACCESS_MASK access;
		bool opens_up;
	} wishes[] = {
		{ DELETE | FILE_LIST_DIRECTORY | FILE_WRITE_ATTRIBUTES, false },
		{ DELETE | FILE_LIST_DIRECTORY, false },
		{ DELETE | FILE_LIST_DIRECTORY | FILE_WRITE_ATTRIBUTES, true },
		{ DELETE, false },
	};
	*ret_code = ERROR_ACCESS_DENIED;
	for (size_t i = 0; i < COUNT_OF(wishes) && *ret_code == ERROR_ACCESS_DENIED; i++) {
		if (wishes[i].opens_up)
			open_up(directory, entry);
		NTSTATUS status = open_in(directory, entry, wishes[i].access, ret_handle);
		*ret_code = status < 0 ? RtlNtStatusToDosError(status) : ERROR_SUCCESS;
	}
	if (*ret_code != ERROR_SUCCESS)
		*ret_handle = NULL;
	return *ret_code == ERROR_SUCCESS;
}

/* -- listing ------------------------------------------------------------------------------------------------------- */

static bool is_dots(const FILE_ID_BOTH_DIR_INFO *found)
{
	const WCHAR *name = found->FileName;
	return (found->FileNameLength == 2 && name[0] == L'.') ||
	       (found->FileNameLength == 4 && name[0] == L'.' && name[1] == L'.');
}

static bool note(struct entries *entries, const FILE_ID_BOTH_DIR_INFO *found)
{
	struct entry *entry = is_dots(found) ? NULL : LIST_ADD(entries);
	if (!entry)
		return is_dots(found);
	entry->name = calloc(1, found->FileNameLength + sizeof(WCHAR));
	entry->length = (USHORT)found->FileNameLength;
	/* There a tag is told in EaSize; Wine tells none, and would open what its link leads to. */
	entry->is_link = (found->FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) &&
			 (found->EaSize == 0 || IsReparseTagNameSurrogate(found->EaSize));
	if (entry->name)
		memcpy(entry->name, found->FileName, found->FileNameLength);
	else
		entries->count--;
	return entry->name != NULL;
}

/* By a handle of its own: not everywhere does one that has listed see what has come since. False: not all of it is there.
 */
static bool list(HANDLE directory, struct entries *entries)
{
	CORDON_ON_EXIT(close_handle)
	HANDLE handle = ReOpenFile(directory, FILE_LIST_DIRECTORY | SYNCHRONIZE, ALL_SHARE,
				   FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT);
	CORDON_ON_EXIT(free_text) char *listing = malloc(LISTING_BYTES);
	FILE_INFO_BY_HANDLE_CLASS which = FileIdBothDirectoryRestartInfo;
	if (!listing || handle == INVALID_HANDLE_VALUE)
		return false;
	for (; GetFileInformationByHandleEx(handle, which, listing, LISTING_BYTES); which = FileIdBothDirectoryInfo)
		for (const char *at = listing;;
		     at += ((const FILE_ID_BOTH_DIR_INFO *)(const void *)at)->NextEntryOffset) {
			const FILE_ID_BOTH_DIR_INFO *found = (const void *)at;
			if (!note(entries, found))
				return false;
			if (found->NextEntryOffset == 0)
				break;
		}
	return GetLastError() == ERROR_NO_MORE_FILES;
}

static bool is_plain_directory(HANDLE handle)
{
	FILE_ATTRIBUTE_TAG_INFO tag = { 0 };
	bool is_known = GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &tag, sizeof tag);
	return is_known && (tag.FileAttributes & FILE_ATTRIBUTE_DIRECTORY) &&
	       !((tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) && IsReparseTagNameSurrogate(tag.ReparseTag));
}

/* -- removing ------------------------------------------------------------------------------------------------------ */

/* The object goes with its last handle. */
static bool mark(HANDLE handle)
{
	FILE_DISPOSITION_INFO gone = { TRUE };
	FILE_BASIC_INFO writable = { .FileAttributes = FILE_ATTRIBUTE_NORMAL };
	return SetFileInformationByHandle(handle, FileDispositionInfo, &gone, sizeof gone) ||
	       (SetFileInformationByHandle(handle, FileBasicInfo, &writable, sizeof writable) &&
		SetFileInformationByHandle(handle, FileDispositionInfo, &gone, sizeof gone));
}

/* To the top, under a name that nobody has. */
static bool move_up(const struct removal *removal, HANDLE handle)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	IO_STATUS_BLOCK about;
	WCHAR name[32];
	uint64_t chance;
	union {
		FILE_RENAME_INFO wanted;
		char bytes[sizeof(FILE_RENAME_INFO) + sizeof name];
	} room = { 0 };
	if (!os_random(&chance, sizeof chance, &ignored))
		return false;
	int length = _snwprintf(name, COUNT_OF(name), L"cordon-%016llx", (unsigned long long)chance);
	room.wanted.RootDirectory = removal->top;
	room.wanted.FileNameLength = (DWORD)((size_t)length * sizeof *name);
	memcpy(room.bytes + offsetof(FILE_RENAME_INFO, FileName), name, room.wanted.FileNameLength);
	return NtSetInformationFile(handle, &about, &room, sizeof room, FileRenameInformation) >= 0;
}

/* What was looked for and is gone is what was wanted; who has a file open that nobody of the account's has is the
 * system.
 */
static bool is_settled(const struct removal *removal, DWORD code)
{
	return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND || code == ERROR_DELETE_PENDING ||
	       (code == ERROR_SHARING_VIOLATION && removal->wish->leaves_open_files);
}

static void empty_one(struct removal *removal, HANDLE directory);

static void remove_entry(struct removal *removal, HANDLE directory, const struct entry *entry)
{
	CORDON_ON_EXIT(close_handle) HANDLE handle = NULL;
	DWORD code;
	if (!open_to_remove(directory, entry, &handle, &code)) {
		removal->is_left |= !is_settled(removal, code);
		return;
	}
	if (!entry->is_link && is_plain_directory(handle)) {
		if (directory != removal->top) {
			bool is_moved = move_up(removal, handle);
			removal->was_moved |= is_moved;
			removal->is_left |= !is_moved;
			return;
		}
		empty_one(removal, handle);
	}
	removal->is_left |= !mark(handle);
}

/* One that lies in the top: what is below it is moved out of it. */
static void empty_one(struct removal *removal, HANDLE directory)
{
	CORDON_ON_EXIT(free_entries) struct entries entries = { 0 };
	removal->is_left |= !list(directory, &entries);
	for (size_t i = 0; i < entries.count; i++)
		remove_entry(removal, directory, &entries.items[i]);
}

static bool stays(const struct removal *removal, HANDLE directory, const struct entry *entry)
{
	CORDON_ON_EXIT(close_handle) HANDLE handle = NULL;
	const struct removal_wish *wish = removal->wish;
	if (!wish->stays || open_in(directory, entry, 0, &handle) < 0) {
		handle = NULL;
		return false;
	}
	FILE_ATTRIBUTE_TAG_INFO tag = { 0 };
	bool is_known = GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &tag, sizeof tag);
	return is_known && !(tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) &&
	       wish->stays(wish->context, entry->name, tag.FileAttributes & FILE_ATTRIBUTE_DIRECTORY);
}

bool removal_empty(HANDLE directory, const struct removal_wish *wish)
{
	struct removal removal = { .top = directory, .wish = wish, .was_moved = true };
	while (removal.was_moved) {
		CORDON_ON_EXIT(free_entries) struct entries entries = { 0 };
		removal.was_moved = false;
		removal.is_left = !list(directory, &entries);
		for (size_t i = 0; i < entries.count; i++)
			if (!stays(&removal, directory, &entries.items[i]))
				remove_entry(&removal, directory, &entries.items[i]);
	}
	return !removal.is_left;
}

bool remove_tree(const WCHAR *directory)
{
	static const struct removal_wish all = { 0 };
	CORDON_ON_EXIT(close_handle)
	HANDLE handle = CreateFileW(
		directory, DELETE | FILE_LIST_DIRECTORY | FILE_ADD_SUBDIRECTORY | FILE_READ_ATTRIBUTES, ALL_SHARE, NULL,
		OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	if (handle == INVALID_HANDLE_VALUE)
		return GetLastError() == ERROR_FILE_NOT_FOUND || GetLastError() == ERROR_PATH_NOT_FOUND;
	return (!is_plain_directory(handle) || removal_empty(handle, &all)) && mark(handle);
}

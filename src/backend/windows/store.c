/* The host's own files, by handle, and the journal in cordon's state. */
#include <stdlib.h>
#include <string.h>

#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "base/windows_descriptor.h"
#include "os/os.h"

#include <sddl.h>
#include <winternl.h>

enum { LISTING_BYTES = 64 * 1024, DESCRIPTOR_MAX = 128 * 1024, JOURNAL_FILE_MAX = 64 * 1024 * 1024 };

/* ntifs.h */
enum { NT_OPEN_REPARSE_POINT = 0x00200000, NT_OPEN_FOR_BACKUP = 0x00004000, NT_SYNCHRONOUS = 0x00000020 };

enum { ALL_SHARE = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };

struct store_file {
	HANDLE handle;
	bool may_change;
};

struct windows_store {
	struct store store;
	char *folder;
	HANDLE lock;
};

static struct windows_store *own(struct store *store)
{
	return (struct windows_store *)store;
}

/* -- opening ------------------------------------------------------------------------------------------------------- */

/* With less each time: what is not the user's to change may be his to look at. */
static const struct {
	ACCESS_MASK access;
	bool may_change;
} wishes[] = {
	{ READ_CONTROL | WRITE_DAC | FILE_READ_ATTRIBUTES | FILE_LIST_DIRECTORY | SYNCHRONIZE, true },
	{ READ_CONTROL | WRITE_DAC | FILE_READ_ATTRIBUTES | SYNCHRONIZE, true },
	{ READ_CONTROL | FILE_READ_ATTRIBUTES | FILE_LIST_DIRECTORY | SYNCHRONIZE, false },
	{ READ_CONTROL | FILE_READ_ATTRIBUTES | SYNCHRONIZE, false },
};

static bool take_handle(HANDLE handle, bool may_change, struct store_file **ret_file, struct cordon_error *err)
{
	struct store_file *file = calloc(1, sizeof *file);
	if (!file) {
		CloseHandle(handle);
		return cordon_fail_memory(err);
	}
	*file = (struct store_file){ handle, may_change };
	*ret_file = file;
	return true;
}

static bool store_open_path(struct store *store, const char *path, struct store_file **ret_file,
			    struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	HANDLE handle = INVALID_HANDLE_VALUE;
	DWORD code = ERROR_SUCCESS;
	size_t i = 0;
	(void)store;
	*ret_file = NULL;
	if (!native_path(path, &native, err))
		return false;
	for (; i < COUNT_OF(wishes) && handle == INVALID_HANDLE_VALUE; i++) {
		handle = CreateFileW(native, wishes[i].access, ALL_SHARE, NULL, OPEN_EXISTING,
				     FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
		code = GetLastError();
		if (handle == INVALID_HANDLE_VALUE && code != ERROR_ACCESS_DENIED)
			break;
	}
	if (handle == INVALID_HANDLE_VALUE)
		return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ||
		       windows_fail(err, code, "CreateFile", "open '%s'", path);
	if (!is_at(handle, path)) {
		CloseHandle(handle);
		return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' leads elsewhere since it was looked at", path);
	}
	return take_handle(handle, wishes[i - 1].may_change, ret_file, err);
}

static void describe_in(const struct store_file *directory, uint16_t *name, UNICODE_STRING *ret_text,
			OBJECT_ATTRIBUTES *ret_attributes)
{
	USHORT length = (USHORT)(wide_length(name) * sizeof *name);
	*ret_text = (UNICODE_STRING){ length, length, name };
	InitializeObjectAttributes(ret_attributes, ret_text, 0, directory->handle, NULL);
}

/* From the directory's handle on: whatever becomes of the names above. */
static bool store_open_in(struct store *store, struct store_file *directory, const char *name,
			  struct store_file **ret_file, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	HANDLE handle = NULL;
	NTSTATUS status = 0;
	IO_STATUS_BLOCK about;
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING text;
	size_t i = 0;
	(void)store;
	*ret_file = NULL;
	if (!wide_make(name, &wide, err))
		return false;
	describe_in(directory, wide, &text, &attributes);
	for (; i < COUNT_OF(wishes) && !handle; i++) {
		status = NtCreateFile(&handle, wishes[i].access, &attributes, &about, NULL, 0, ALL_SHARE, FILE_OPEN,
				      NT_OPEN_REPARSE_POINT | NT_OPEN_FOR_BACKUP | NT_SYNCHRONOUS, NULL, 0);
		if (status < 0)
			handle = NULL;
		if (status < 0 && RtlNtStatusToDosError(status) != ERROR_ACCESS_DENIED)
			break;
	}
	DWORD code = status < 0 ? RtlNtStatusToDosError(status) : ERROR_SUCCESS;
	if (!handle)
		return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ||
		       windows_fail(err, code, "NtCreateFile", "open '%s'", name);
	return take_handle(handle, wishes[i - 1].may_change, ret_file, err);
}

static void store_close_file(struct store *store, struct store_file *file)
{
	(void)store;
	CloseHandle(file->handle);
	free(file);
}

static bool store_tell(struct store *store, struct store_file *file, struct store_about *ret_about,
		       struct cordon_error *err)
{
	FILE_ATTRIBUTE_TAG_INFO tag;
	struct store_about about = { .may_change = file->may_change };
	(void)store;
	if (!GetFileInformationByHandleEx(file->handle, FileAttributeTagInfo, &tag, sizeof tag) ||
	    !file_identity(file->handle, &about.device, &about.inode))
		return windows_fail(err, GetLastError(), "GetFileInformationByHandleEx", "look at it");
	about.is_directory = tag.FileAttributes & FILE_ATTRIBUTE_DIRECTORY;
	about.is_link = (tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) &&
			IsReparseTagNameSurrogate(tag.ReparseTag);
	*ret_about = about;
	return true;
}

/* -- descriptors --------------------------------------------------------------------------------------------------- */

static bool keeps_descriptors(HANDLE handle)
{
	DWORD flags = 0;
	return GetVolumeInformationByHandleW(handle, NULL, 0, NULL, NULL, &flags, NULL, 0) &&
	       (flags & FILE_PERSISTENT_ACLS);
}

static bool read_bytes(HANDLE handle, struct arena *arena, uint8_t **ret_bytes, DWORD *ret_length)
{
	static const SECURITY_INFORMATION asked[] = {
		OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
			LABEL_SECURITY_INFORMATION,
		OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
	};
	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		DWORD length = 0;
		GetKernelObjectSecurity(handle, asked[i], NULL, 0, &length);
		uint8_t *bytes = length > 0 && length <= DESCRIPTOR_MAX ? arena_take(arena, length) : NULL;
		if (bytes && GetKernelObjectSecurity(handle, asked[i], bytes, length, &length)) {
			*ret_bytes = bytes;
			*ret_length = length;
			return true;
		}
	}
	return false;
}

static bool store_read(struct store *store, struct store_file *file, struct arena *arena, const uint8_t **ret_bytes,
		       size_t *ret_length, struct cordon_error *err)
{
	uint8_t *bytes;
	DWORD length;
	(void)store;
	if (!read_bytes(file->handle, arena, &bytes, &length))
		return windows_fail(err, GetLastError(), "GetKernelObjectSecurity", "read the descriptor");
	*ret_bytes = bytes;
	*ret_length = length;
	return true;
}

/* What the system took, it may not have kept. */
static bool was_kept(HANDLE handle, const uint8_t *bytes, size_t length, bool has_label, struct arena *arena,
		     struct cordon_error *err)
{
	struct windows_descriptor wanted, found;
	uint8_t *kept;
	DWORD kept_length;
	if (!read_bytes(handle, arena, &kept, &kept_length))
		return windows_fail(err, GetLastError(), "GetKernelObjectSecurity", "read the descriptor back");
	if (!windows_descriptor_read(bytes, length, arena, &wanted, err) ||
	    !windows_descriptor_read(kept, kept_length, arena, &found, err))
		return false;
	if (!has_label) {
		wanted.has_label = found.has_label;
		wanted.label = found.label;
	}
	return compose_equals(&wanted, &found) ||
	       cordon_fail(err, CORDON_UNSUPPORTED,
			   keeps_descriptors(handle) ? "the system takes a descriptor and does not keep it"
						     : "this file system keeps no descriptors: use a folder on NTFS");
}

static bool store_write(struct store *store, struct store_file *file, const uint8_t *bytes, size_t length,
			struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(close_handle) HANDLE stronger = NULL;
	bool has_label = bytes[2] & SE_SACL_PRESENT;
	HANDLE handle = file->handle;
	(void)store;
	/* The right that a label takes is one that whoever writes the list has only after he has given it to himself.
	 */
	if (has_label) {
		stronger = ReOpenFile(handle, READ_CONTROL | WRITE_DAC | WRITE_OWNER, ALL_SHARE,
				      FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT);
		if (stronger == INVALID_HANDLE_VALUE)
			return windows_fail(err, GetLastError(), "ReOpenFile", "open it for writing its label");
		handle = stronger;
	}
	SECURITY_INFORMATION what = DACL_SECURITY_INFORMATION | (has_label ? LABEL_SECURITY_INFORMATION : 0);
	/* Of this object alone; SetSecurityInfo would go through all that is below. */
	if (!SetKernelObjectSecurity(handle, what, (PSECURITY_DESCRIPTOR)(uintptr_t)bytes))
		return windows_fail(err, GetLastError(), "SetKernelObjectSecurity", "write the descriptor");
	return was_kept(handle, bytes, length, has_label, &arena, err);
}

/* -- owners -------------------------------------------------------------------------------------------------------- */

enum { SID_ROOM = SECURITY_MAX_SID_SIZE + sizeof(TOKEN_USER), OWNER_ROOM = 512 };

static bool is_owner(HANDLE handle, PSID user)
{
	_Alignas(max_align_t) BYTE room[OWNER_ROOM];
	DWORD length;
	PSID owner;
	BOOL is_default;
	return GetKernelObjectSecurity(handle, OWNER_SECURITY_INFORMATION, room, sizeof room, &length) &&
	       GetSecurityDescriptorOwner(room, &owner, &is_default) && owner && EqualSid(owner, user);
}

static bool store_own(struct store *store, struct store_file *file, struct cordon_error *err)
{
	_Alignas(max_align_t) BYTE room[SID_ROOM];
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE stronger = NULL;
	SECURITY_DESCRIPTOR descriptor;
	DWORD length;
	(void)store;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) ||
	    !GetTokenInformation(token, TokenUser, room, sizeof room, &length))
		return windows_fail(err, GetLastError(), "OpenProcessToken or GetTokenInformation",
				    "ask who runs cordon");
	PSID user = ((const TOKEN_USER *)(const void *)room)->User.Sid;
	stronger = ReOpenFile(file->handle, READ_CONTROL | WRITE_OWNER, ALL_SHARE,
			      FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT);
	if (stronger == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "ReOpenFile", "open it for writing its owner");
	if (!InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION) ||
	    !SetSecurityDescriptorOwner(&descriptor, user, FALSE) ||
	    !SetKernelObjectSecurity(stronger, OWNER_SECURITY_INFORMATION, &descriptor))
		return windows_fail(err, GetLastError(), "SetKernelObjectSecurity", "make you its owner");
	return is_owner(stronger, user) ||
	       cordon_fail(err, CORDON_UNSUPPORTED, "the system takes an owner and does not keep him");
}

/* -- directories --------------------------------------------------------------------------------------------------- */

static bool visit_listing(const char *listing, bool (*visit)(void *context, const char *name, struct cordon_error *err),
			  void *context, struct cordon_error *err)
{
	for (const char *at = listing;;) {
		const FILE_ID_BOTH_DIR_INFO *entry = (const void *)at;
		CORDON_ON_EXIT(text_free) struct text name = { 0 };
		wide_add(&name, entry->FileName, entry->FileNameLength / sizeof(WCHAR));
		if (!text_ok(&name))
			return cordon_fail_memory(err);
		bool is_dots = strcmp(text_str(&name), ".") == 0 || strcmp(text_str(&name), "..") == 0;
		if (!is_dots && !visit(context, text_str(&name), err))
			return false;
		if (entry->NextEntryOffset == 0)
			return true;
		at += entry->NextEntryOffset;
	}
}

static bool store_list(struct store *store, struct store_file *directory,
		       bool (*visit)(void *context, const char *name, struct cordon_error *err), void *context,
		       struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *listing = malloc(LISTING_BYTES);
	FILE_INFO_BY_HANDLE_CLASS which = FileIdBothDirectoryRestartInfo;
	(void)store;
	if (!listing)
		return cordon_fail_memory(err);
	for (; GetFileInformationByHandleEx(directory->handle, which, listing, LISTING_BYTES);
	     which = FileIdBothDirectoryInfo)
		if (!visit_listing(listing, visit, context, err))
			return false;
	DWORD code = GetLastError();
	return code == ERROR_NO_MORE_FILES || windows_fail(err, code, "GetFileInformationByHandleEx", "list a folder");
}

/* -- what is made --------------------------------------------------------------------------------------------------- */

static bool store_draw(struct store *store, uint64_t *ret_chance, struct cordon_error *err)
{
	(void)store;
	return os_random(ret_chance, sizeof *ret_chance, err);
}

/* Who makes it has the rights that he asks for, whatever it inherits. */
static bool store_make(struct store *store, struct store_file *directory, const char *name, bool is_directory,
		       struct store_file **ret_file, struct cordon_error *err)
{
	const ACCESS_MASK access = READ_CONTROL | WRITE_DAC | FILE_READ_ATTRIBUTES | FILE_LIST_DIRECTORY | DELETE |
				   SYNCHRONIZE;
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	HANDLE handle = NULL;
	IO_STATUS_BLOCK about;
	OBJECT_ATTRIBUTES attributes;
	UNICODE_STRING text;
	(void)store;
	*ret_file = NULL;
	if (!wide_make(name, &wide, err))
		return false;
	describe_in(directory, wide, &text, &attributes);
	NTSTATUS status = NtCreateFile(
		&handle, access, &attributes, &about, NULL, FILE_ATTRIBUTE_NORMAL, ALL_SHARE, FILE_CREATE,
		NT_SYNCHRONOUS | (is_directory ? FILE_DIRECTORY_FILE : FILE_NON_DIRECTORY_FILE), NULL, 0);
	if (status < 0)
		return windows_fail(err, RtlNtStatusToDosError(status), "NtCreateFile", "make '%s'", name);
	return take_handle(handle, true, ret_file, err);
}

static bool store_rename(struct store *store, struct store_file *made, struct store_file *directory, const char *name,
			 struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	IO_STATUS_BLOCK about;
	(void)store;
	if (!wide_make(name, &wide, err))
		return false;
	size_t length = wide_length(wide) * sizeof *wide, size = sizeof(FILE_RENAME_INFO) + length;
	CORDON_ON_EXIT(free_text) char *bytes = calloc(1, size);
	FILE_RENAME_INFO *wanted = (void *)bytes;
	if (!wanted)
		return cordon_fail_memory(err);
	wanted->RootDirectory = directory->handle;
	wanted->FileNameLength = (DWORD)length;
	memcpy(wanted->FileName, wide, length);
	/* From the directory's handle on, which SetFileInformationByHandle does not do everywhere. */
	NTSTATUS status = NtSetInformationFile(made->handle, &about, wanted, (ULONG)size, FileRenameInformation);
	return status >= 0 ||
	       windows_fail(err, RtlNtStatusToDosError(status), "NtSetInformationFile", "name it '%s'", name);
}

static bool store_remove_empty(struct store *store, struct store_file *file, bool *ret_removed,
			       struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE stronger = NULL;
	FILE_STANDARD_INFO about;
	FILE_DISPOSITION_INFO gone = { TRUE };
	(void)store;
	*ret_removed = false;
	stronger = ReOpenFile(file->handle, DELETE | FILE_READ_ATTRIBUTES, ALL_SHARE,
			      FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT);
	if (stronger == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "ReOpenFile", "open it to remove it");
	if (!GetFileInformationByHandleEx(stronger, FileStandardInfo, &about, sizeof about))
		return windows_fail(err, GetLastError(), "GetFileInformationByHandleEx", "ask how long it is");
	if (!about.Directory && about.EndOfFile.QuadPart > 0)
		return true;
	*ret_removed = SetFileInformationByHandle(stronger, FileDispositionInfo, &gone, sizeof gone);
	DWORD code = GetLastError();
	return *ret_removed || code == ERROR_DIR_NOT_EMPTY ||
	       windows_fail(err, code, "SetFileInformationByHandle", "remove it");
}

/* -- the journal --------------------------------------------------------------------------------------------------- */

static bool store_put(struct store *store, const char *name, const char *bytes, size_t length, struct cordon_error *err)
{
	return os_write_file(own(store)->folder, name, bytes, length, err);
}

static char *in_folder(struct store *store, const char *name)
{
	return text_format("%s\\%s", own(store)->folder, name);
}

static bool store_get(struct store *store, const char *name, struct text *ret_bytes, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = in_folder(store, name);
	return path ? os_read_file(path, JOURNAL_FILE_MAX, ret_bytes, err) : cordon_fail_memory(err);
}

static bool store_drop(struct store *store, const char *name, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = in_folder(store, name);
	return path ? os_remove_file(path, err) : cordon_fail_memory(err);
}

struct visitor {
	bool (*visit)(void *context, const char *name, struct cordon_error *err);
	void *context;
};

/* A name with a dot is a file that never got its own. */
static bool visit_name(void *context, const char *path, struct cordon_error *err)
{
	const struct visitor *visitor = context;
	const char *name = os_name(path);
	return strchr(name, '.') ? os_remove_file(path, err) : visitor->visit(visitor->context, name, err);
}

static bool store_names(struct store *store, bool (*visit)(void *context, const char *name, struct cordon_error *err),
			void *context, struct cordon_error *err)
{
	struct visitor visitor = { visit, context };
	size_t budget = SIZE_MAX;
	return os_walk(own(store)->folder, &budget, UINT64_MAX, visit_name, &visitor, err);
}

/* -- one at a time ------------------------------------------------------------------------------------------------- */

/* Two bytes of a file that is never written: who holds the first may change descriptors or begin to use them, who holds
 * the second uses them. A process that dies holds neither.
 */
enum { LOCK_CHANGE = 0, LOCK_USE = 1, CHANGE_WAIT_MS = 60000, CHANGE_LOOK_MS = 20 };

static bool lock_byte(HANDLE file, DWORD byte, bool is_exclusive)
{
	OVERLAPPED where = { .Offset = byte };
	DWORD flags = LOCKFILE_FAIL_IMMEDIATELY | (is_exclusive ? LOCKFILE_EXCLUSIVE_LOCK : 0);
	return LockFileEx(file, flags, 0, 1, 0, &where);
}

static void unlock_byte(HANDLE file, DWORD byte)
{
	OVERLAPPED where = { .Offset = byte };
	UnlockFileEx(file, 0, 1, 0, &where);
}

static const struct store operations = {
	store_open_path, store_open_in, store_close_file, store_tell,  store_read,   store_write,
	store_own,       store_list,    store_draw,       store_make,  store_rename, store_remove_empty,
	store_put,       store_get,     store_drop,       store_names,
};

struct store windows_store_files(void)
{
	struct store files = operations;
	files.put = NULL;
	files.get = NULL;
	files.drop = NULL;
	files.names = NULL;
	return files;
}

bool windows_store_open(const char *state, struct windows_store **ret_store, struct cordon_error *err)
{
	CORDON_ON_EXIT(windows_store_close_at) struct windows_store *store = calloc(1, sizeof *store);
	CORDON_ON_EXIT(free_text) char *lock = text_format("%s\\descriptors.lock", state);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!store || !lock)
		return cordon_fail_memory(err);
	store->store = operations;
	store->lock = INVALID_HANDLE_VALUE;
	store->folder = text_format("%s\\descriptors", state);
	if (!store->folder)
		return cordon_fail_memory(err);
	if (!os_make_directories(store->folder, err) || !native_path(lock, &native, err))
		return false;
	store->lock = CreateFileW(native, GENERIC_READ | GENERIC_WRITE, ALL_SHARE, NULL, OPEN_ALWAYS,
				  FILE_ATTRIBUTE_NORMAL, NULL);
	if (store->lock == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateFile", "open '%s'", lock);
	*ret_store = cordon_take(&store);
	return true;
}

struct store *windows_store_operations(struct windows_store *store)
{
	return &store->store;
}

bool windows_store_begin(struct windows_store *store, bool *ret_is_alone, struct cordon_error *err)
{
	uint64_t deadline = os_clock() + CHANGE_WAIT_MS;
	while (!lock_byte(store->lock, LOCK_CHANGE, true)) {
		if (os_clock() >= deadline)
			return cordon_fail(
				err, CORDON_UNSUPPORTED,
				"another cordon has been changing descriptors for %d seconds; try again later",
				CHANGE_WAIT_MS / 1000);
		Sleep(CHANGE_LOOK_MS);
	}
	*ret_is_alone = lock_byte(store->lock, LOCK_USE, true);
	if (*ret_is_alone)
		unlock_byte(store->lock, LOCK_USE);
	return true;
}

bool windows_store_use(struct windows_store *store, struct cordon_error *err)
{
	bool is_used = lock_byte(store->lock, LOCK_USE, false);
	DWORD code = GetLastError();
	unlock_byte(store->lock, LOCK_CHANGE);
	return is_used || windows_fail(err, code, "LockFileEx", "take cordon's descriptors in use");
}

void windows_store_leave(struct windows_store *store)
{
	unlock_byte(store->lock, LOCK_USE);
}

void windows_store_end(struct windows_store *store)
{
	unlock_byte(store->lock, LOCK_CHANGE);
}

struct windows_store *windows_store_close(struct windows_store *store)
{
	if (!store)
		return NULL;
	close_handle(&store->lock);
	free(store->folder);
	free(store);
	return NULL;
}

void windows_store_close_at(struct windows_store **store)
{
	windows_store_close(*store);
}

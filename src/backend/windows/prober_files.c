/* The prober's acts on files and volumes. */
#include "backend/windows/prober_acts.h"

#include <aclapi.h>
#include <sddl.h>

#include <stdio.h>

enum { SNAPSHOTS_MAX = 64 };

static DWORD give_descriptor(const WCHAR *path)
{
	/* The same list again: it is the right to write one that is asked for. */
	PACL list;
	PSECURITY_DESCRIPTOR descriptor;
	HANDLE file = CreateFileW(path, READ_CONTROL | WRITE_DAC, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				  OPEN_EXISTING, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	DWORD code = GetSecurityInfo(file, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL,
				     &descriptor);
	if (code == 0) {
		code = SetSecurityInfo(file, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, list, NULL);
		LocalFree(descriptor);
	}
	CloseHandle(file);
	return code;
}

static DWORD open_for(const WCHAR *path, DWORD access)
{
	return close_outcome(CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
					 OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL));
}

/* A folder of the probe's name, which who made the probe looks for and removes. */
static DWORD make_in(const WCHAR *directory)
{
	WCHAR path[PATH_ROOM];
	_snwprintf(path, PATH_ROOM - 1, L"%ls\\%ls", directory, given.own);
	path[PATH_ROOM - 1] = 0;
	return outcome(CreateDirectoryW(path, NULL));
}

static DWORD make_in_variable(const WCHAR *variable, const WCHAR *below)
{
	WCHAR path[PATH_ROOM];
	DWORD length = GetEnvironmentVariableW(variable, path, PATH_ROOM - 32);
	if (length == 0 || length >= PATH_ROOM - 32)
		return ERROR_PATH_NOT_FOUND;
	wcscpy(path + length, below);
	return make_in(path);
}

/* Whether the first drive is the system's, or keeps no descriptors. */
static bool is_left_out(const WCHAR *root)
{
	WCHAR system[MAX_PATH];
	DWORD flags;
	if (GetDriveTypeW(root) != DRIVE_FIXED)
		return true;
	if (GetSystemDirectoryW(system, MAX_PATH) > 0 && towupper(system[0]) == towupper(root[0]))
		return true;
	/* A drive that does not say so is tried. */
	return GetVolumeInformationW(root, NULL, 0, NULL, NULL, &flags, NULL, 0) && !(flags & FILE_PERSISTENT_ACLS);
}

static DWORD make_in_drives(void)
{
	WCHAR roots[256];
	DWORD code = ERROR_NO_MORE_FILES, length = GetLogicalDriveStringsW(255, roots);
	if (length == 0 || length > 255)
		return outcome(FALSE);
	for (const WCHAR *root = roots; *root && code != 0; root += wcslen(root) + 1) {
		WCHAR bare[] = { root[0], ':', 0 };
		DWORD made = is_left_out(root) ? ERROR_NO_MORE_FILES : make_in(bare);
		/* A refusal says more than that a drive is locked or not ready. */
		if (made == 0 || made == ERROR_ACCESS_DENIED || code == ERROR_NO_MORE_FILES)
			code = made;
	}
	return code;
}

/* In any of the snapshots of the user's drive. */
static DWORD read_snapshot(void)
{
	WCHAR path[PATH_ROOM];
	DWORD code = ERROR_FILE_NOT_FOUND;
	if (wcslen(given.home) < 3 || given.home[1] != ':')
		return ERROR_PATH_NOT_FOUND;
	for (int i = 1; i <= SNAPSHOTS_MAX && code != 0; i++) {
		_snwprintf(path, PATH_ROOM - 1, L"\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy%d%ls", i,
			   given.home + 2);
		path[PATH_ROOM - 1] = 0;
		DWORD opened = open_for(path, FILE_LIST_DIRECTORY);
		if (opened == 0 || opened == ERROR_ACCESS_DENIED)
			code = opened;
	}
	return code;
}

static DWORD replace(const WCHAR *target)
{
	DWORD code = write_to(in_folder(L"root\\other"), CREATE_ALWAYS);
	return code ? code : outcome(MoveFileExW(in_folder(L"root\\other"), target, MOVEFILE_REPLACE_EXISTING));
}

static DWORD raw_volume(void)
{
	WCHAR path[] = L"\\\\.\\C:", system[MAX_PATH];
	if (GetSystemDirectoryW(system, MAX_PATH) > 0)
		path[4] = system[0];
	return close_outcome(
		CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL));
}

/* -- what has to work ------------------------------------------------------------------------------------------- */

static DWORD read_system(void)
{
	WCHAR path[PATH_ROOM];
	UINT length = GetSystemDirectoryW(path, PATH_ROOM - 16);
	wcscpy(path + length, L"\\kernel32.dll");
	return read_from(path);
}

static DWORD work_in_root(void)
{
	DWORD code = outcome(CreateDirectoryW(in_folder(L"root\\made"), NULL));
	if (code == 0)
		code = write_to(in_folder(L"root\\made\\a"), CREATE_NEW);
	if (code == 0)
		code = outcome(MoveFileW(in_folder(L"root\\made\\a"), in_folder(L"root\\made\\b")));
	if (code == 0)
		code = outcome(DeleteFileW(in_folder(L"root\\made\\b")));
	if (code == 0)
		code = outcome(RemoveDirectoryW(in_folder(L"root\\made")));
	return code;
}

static DWORD save_by_rename(void)
{
	DWORD code = write_to(in_folder(L"root\\saved"), CREATE_ALWAYS);
	code = code ? code : replace(in_folder(L"root\\saved"));
	return code ? code : outcome(DeleteFileW(in_folder(L"root\\saved")));
}

/* Beyond MAX_PATH, by the prefix that takes a path as it is. */
static DWORD use_long_path(void)
{
	WCHAR path[PATH_ROOM];
	size_t length = (size_t)_snwprintf(path, PATH_ROOM - 1, L"\\\\?\\%ls\\root", given.folder);
	DWORD code = 0;
	size_t made = 0, lengths[3];
	for (; made < 3 && code == 0; made += code == 0) {
		lengths[made] = length;
		if (length + 102 >= PATH_ROOM)
			return ERROR_GEN_FAILURE;
		path[length++] = '\\';
		for (int i = 0; i < 100; i++)
			path[length++] = 'x';
		path[length] = 0;
		code = outcome(CreateDirectoryW(path, NULL));
	}
	while (made > 0) {
		if (!RemoveDirectoryW(path) && code == 0)
			code = outcome(FALSE);
		path[lengths[--made]] = 0;
	}
	return code;
}

static DWORD final_path(void)
{
	WCHAR path[PATH_ROOM];
	HANDLE opened = CreateFileW(in_folder(L"root"), FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	if (opened == INVALID_HANDLE_VALUE)
		return outcome(FALSE);
	DWORD code = outcome(GetFinalPathNameByHandleW(opened, path, PATH_ROOM, FILE_NAME_NORMALIZED) > 0);
	CloseHandle(opened);
	return code;
}

/* As Python's mkdtemp makes one: for the system, administrators and the owner alone. */
static DWORD make_private(void)
{
	static const WCHAR list[] = L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;OW)";
	SECURITY_ATTRIBUTES attributes = { .nLength = sizeof attributes };
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(list, SDDL_REVISION_1,
								  &attributes.lpSecurityDescriptor, NULL))
		return outcome(FALSE);
	DWORD code = outcome(CreateDirectoryW(in_folder(L"root\\private"), &attributes));
	LocalFree(attributes.lpSecurityDescriptor);
	if (code == 0)
		code = write_to(in_folder(L"root\\private\\a"), CREATE_NEW);
	if (code == 0)
		code = outcome(DeleteFileW(in_folder(L"root\\private\\a")));
	return code ? code : outcome(RemoveDirectoryW(in_folder(L"root\\private")));
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

ACT(write_outside, write_to(in_folder(L"outside\\written"), OPEN_EXISTING))
ACT(create_outside, write_to(in_folder(L"outside\\created"), CREATE_NEW))
ACT(delete_outside, outcome(DeleteFileW(in_folder(L"outside\\deleted"))))
ACT(rename_outside, outcome(MoveFileW(in_folder(L"outside\\renamed"), in_folder(L"outside\\renamed-away"))))
ACT(attributes_outside, outcome(SetFileAttributesW(in_folder(L"outside\\attributes"), FILE_ATTRIBUTE_READONLY)))
ACT(descriptor_outside, give_descriptor(in_folder(L"outside\\descriptor")))
ACT(owner_outside, open_for(in_folder(L"outside\\owner"), WRITE_OWNER))
ACT(link_outside, outcome(CreateHardLinkW(in_folder(L"root\\link"), in_folder(L"outside\\linked"), NULL)))
ACT(stream_outside, write_to(in_folder(L"outside\\stream:second"), CREATE_NEW))
ACT(delete_by_parent, outcome(DeleteFileW(in_folder(L"outside\\kept"))))
ACT(write_everyones, write_to(in_folder(L"everyones\\written"), OPEN_EXISTING))
ACT(write_siblings, write_to(in_folder(L"sibling\\written"), OPEN_EXISTING))
ACT(make_in_drive, make_in_variable(L"SystemDrive", L""))
ACT(make_in_programdata, make_in_variable(L"ProgramData", L""))
ACT(make_in_public, make_in_variable(L"PUBLIC", L"\\Documents"))
ACT(read_hidden, read_from(in_folder(L"hidden\\secret")))
ACT(list_hidden, open_for(in_folder(L"hidden"), FILE_LIST_DIRECTORY))
ACT(read_denied, read_from(in_folder(L"root\\denied\\secret")))
ACT(list_denied, open_for(in_folder(L"root\\denied"), FILE_LIST_DIRECTORY))
ACT(write_protected, write_to(in_folder(L"root\\above\\protected\\written"), OPEN_EXISTING))
ACT(delete_protected, outcome(DeleteFileW(in_folder(L"root\\above\\protected\\deleted"))))
ACT(replace_protected, replace(in_folder(L"root\\above\\protected\\replaced")))
ACT(rename_above, outcome(MoveFileW(in_folder(L"root\\above"), in_folder(L"root\\above-away"))))
ACT(null_device, write_to(L"NUL", OPEN_EXISTING))

const struct act acts_on_files[] = {
	{ "write-outside", write_outside },
	{ "create-outside", create_outside },
	{ "delete-outside", delete_outside },
	{ "rename-outside", rename_outside },
	{ "attributes-outside", attributes_outside },
	{ "descriptor-outside", descriptor_outside },
	{ "owner-outside", owner_outside },
	{ "link-outside", link_outside },
	{ "stream-outside", stream_outside },
	{ "delete-by-parent", delete_by_parent },
	{ "write-everyones", write_everyones },
	{ "write-siblings", write_siblings },
	{ "make-in-drive", make_in_drive },
	{ "make-in-programdata", make_in_programdata },
	{ "make-in-public", make_in_public },
	{ "make-in-drives", make_in_drives },
	{ "read-snapshot", read_snapshot },
	{ "read-hidden", read_hidden },
	{ "list-hidden", list_hidden },
	{ "read-denied", read_denied },
	{ "list-denied", list_denied },
	{ "write-protected", write_protected },
	{ "delete-protected", delete_protected },
	{ "replace-protected", replace_protected },
	{ "rename-above", rename_above },
	{ "raw-volume", raw_volume },
	{ "read-system", read_system },
	{ "work-in-root", work_in_root },
	{ "save-by-rename", save_by_rename },
	{ "long-path", use_long_path },
	{ "final-path", final_path },
	{ "private-folder", make_private },
	{ "null-device", null_device },
	{ 0 },
};

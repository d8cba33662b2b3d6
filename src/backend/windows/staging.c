#include "backend/windows/staging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

#include <dpapi.h>
#include <sddl.h>
#include <wincred.h>

/* -- files ------------------------------------------------------------------------------------------------------- */

/* What the trials change, by the sides' folders; a name with a backslash at its end is a folder's. A list that is not
 * inherited is SDDL, %ls the user.
 */
static const struct {
	const char *name;
	const WCHAR *list;
} places[] = {
	{ "outside\\", NULL },
	{ "outside\\written", NULL },
	{ "outside\\deleted", NULL },
	{ "outside\\renamed", NULL },
	{ "outside\\attributes", NULL },
	{ "outside\\descriptor", NULL },
	{ "outside\\owner", NULL },
	{ "outside\\linked", NULL },
	{ "outside\\stream", NULL },
	{ "outside\\kept", L"D:P(A;;FR;;;%ls)(A;;FA;;;SY)" },
	{ "everyones\\", L"D:P(A;OICI;FA;;;%ls)(A;OICI;FA;;;SY)(A;OICI;0x1301bf;;;WD)" },
	{ "everyones\\written", NULL },
	{ "sibling\\", NULL },
	{ "sibling\\written", NULL },
	{ "hidden\\", NULL },
	{ "hidden\\secret", NULL },
	{ "root\\", NULL },
	{ "root\\denied\\", NULL },
	{ "root\\denied\\secret", NULL },
	{ "root\\above\\", NULL },
	{ "root\\above\\protected\\", NULL },
	{ "root\\above\\protected\\written", NULL },
	{ "root\\above\\protected\\deleted", NULL },
	{ "root\\above\\protected\\replaced", NULL },
};

static bool make_list(const WCHAR *list, PSID user, SECURITY_ATTRIBUTES *attributes, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_local) LPWSTR name = NULL;
	WCHAR text[512];
	if (!ConvertSidToStringSidW(user, &name))
		return windows_fail(err, GetLastError(), "ConvertSidToStringSid", "tell the user's identity");
	_snwprintf(text, COUNT_OF(text) - 1, list, name);
	text[COUNT_OF(text) - 1] = 0;
	return ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1,
								    &attributes->lpSecurityDescriptor, NULL) ||
	       windows_fail(err, GetLastError(), "ConvertStringSecurityDescriptorToSecurityDescriptor",
			    "make a descriptor for the probe's files");
}

static bool make_place(const char *side, size_t i, PSID user, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", side, places[i].name);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	SECURITY_ATTRIBUTES attributes = { .nLength = sizeof attributes };
	CORDON_ON_EXIT(close_handle) HANDLE file = NULL;
	DWORD count;
	if (!path)
		return cordon_fail_memory(err);
	bool is_folder = text_ends(path, "\\");
	if (is_folder)
		path[strlen(path) - 1] = '\0';
	if (!native_path(path, &native, err) || (places[i].list && !make_list(places[i].list, user, &attributes, err)))
		return false;
	bool is_made = is_folder;
	if (is_folder) {
		is_made = CreateDirectoryW(native, &attributes);
	} else {
		file = CreateFileW(native, GENERIC_WRITE, 0, &attributes, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
		is_made = file != INVALID_HANDLE_VALUE && WriteFile(file, "as it was", 9, &count, NULL);
	}
	DWORD code = GetLastError();
	LocalFree(attributes.lpSecurityDescriptor);
	return is_made || windows_fail(err, code, "CreateDirectory or CreateFile or WriteFile", "make '%s'", path);
}

/* What only the user can decrypt, for whoever reads it. */
static bool make_secret(const char *side, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\root\\blob", side);
	DATA_BLOB open = { 6, (BYTE *)(uintptr_t) "canary" }, closed = { 0 };
	if (!path)
		return cordon_fail_memory(err);
	if (!CryptProtectData(&open, L"cordon's probe", NULL, NULL, NULL, CRYPTPROTECT_UI_FORBIDDEN, &closed))
		return windows_fail(err, GetLastError(), "CryptProtectData", "encrypt a secret for the probe");
	bool is_made = os_make_file(path, (const char *)closed.pbData, closed.cbData, err);
	LocalFree(closed.pbData);
	return is_made;
}

static bool make_side(const char *side, PSID user, struct cordon_error *err)
{
	if (!os_make_directories(side, err))
		return false;
	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (!make_place(side, i, user, err))
			return false;
	return make_secret(side, err);
}

/* Is the file still what make_place made? */
static bool is_as_it_was(const char *side, const char *name)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", side, name);
	CORDON_ON_EXIT(text_free) struct text content = { 0 };
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!path || !native_path(path, &native, &ignored) || !os_read_file(path, 64, &content, &ignored))
		return false;
	return strcmp(text_str(&content), "as it was") == 0 && !(GetFileAttributesW(native) & FILE_ATTRIBUTE_READONLY);
}

/* -- what became of it --------------------------------------------------------------------------------------------- */

/* What is made or changed by the sides' folders. */
static const struct {
	const char *trial, *file;
	bool is_made;
} effects[] = {
	{ "write-outside", "outside\\written", false },
	{ "create-outside", "outside\\created", true },
	{ "delete-outside", "outside\\deleted", false },
	{ "rename-outside", "outside\\renamed", false },
	{ "attributes-outside", "outside\\attributes", false },
	{ "delete-by-parent", "outside\\kept", false },
	{ "write-everyones", "everyones\\written", false },
	{ "write-siblings", "sibling\\written", false },
	{ "link-outside", "root\\link", true },
	{ "write-protected", "root\\above\\protected\\written", false },
	{ "delete-protected", "root\\above\\protected\\deleted", false },
	{ "replace-protected", "root\\above\\protected\\replaced", false },
	{ "rename-above", "root\\above-away", true },
	{ "start-by-wmi", "root\\by-wmi", true },
};

static bool watch_files(const struct staging *staging, int side, const char *trial, bool *ret_was_seen)
{
	for (size_t i = 0; i < COUNT_OF(effects); i++) {
		if (strcmp(effects[i].trial, trial) != 0)
			continue;
		CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", staging->sides[side], effects[i].file);
		*ret_was_seen = effects[i].is_made ? !path || os_exists(path)
						   : !is_as_it_was(staging->sides[side], effects[i].file);
		return true;
	}
	return false;
}

bool staging_watch(const struct staging *staging, int side, const char *trial, bool *ret_was_seen)
{
	*ret_was_seen = false;
	if (strcmp(trial, "write-registry") == 0) {
		*ret_was_seen = staging->was_written[side];
		return true;
	}
	return elsewhere_watch(staging->own[side], trial, ret_was_seen) ||
	       watch_files(staging, side, trial, ret_was_seen) ||
	       sockets_watch(&staging->sockets, side, trial, ret_was_seen) ||
	       canary_watch(&staging->canary, side, trial, ret_was_seen);
}

bool staging_begin(struct staging *staging, int side, struct cordon_error *err)
{
	return sockets_begin(&staging->sockets, staging->own[side], err);
}

/* What both sides share is set back in between. */
bool staging_end(struct staging *staging, int side, bool is_canary_acted_on, struct cordon_error *err)
{
	DWORD value, size = sizeof value;
	sockets_end(&staging->sockets, side);
	staging->was_written[side] |= RegQueryValueExW(staging->opened_key, L"changed", NULL, NULL, (BYTE *)&value,
						       &size) == ERROR_SUCCESS;
	RegDeleteValueW(staging->opened_key, L"changed");
	return !is_canary_acted_on || canary_ask(&staging->canary, side, err);
}

/* -- what is no file ----------------------------------------------------------------------------------------------- */

/* The first kind is as a program makes one that says nothing of who may; the second is everybody's, and reached by SMB. */
static bool make_pipes(struct staging *staging, PSID user, struct cordon_error *err)
{
	WCHAR name[128], shared[128];
	SECURITY_ATTRIBUTES attributes = { .nLength = sizeof attributes };
	_snwprintf(name, 127, L"\\\\.\\pipe\\%hs", staging->name);
	_snwprintf(shared, 127, L"\\\\.\\pipe\\%hs-open", staging->name);
	if (!make_list(L"D:P(A;;GA;;;%ls)(A;;GA;;;WD)(A;;GA;;;AN)(A;;GA;;;AC)S:(ML;;NW;;;LW)", user, &attributes, err))
		return false;
	bool are_made = true;
	for (int i = 0; i < SIDES && are_made; i++) {
		staging->pipes[i] = CreateNamedPipeW(name, PIPE_ACCESS_INBOUND,
						     PIPE_TYPE_BYTE | PIPE_REJECT_REMOTE_CLIENTS, SIDES, 512, 512, 0,
						     NULL);
		staging->shared[i] = CreateNamedPipeW(shared, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, SIDES, 512, 512, 0,
						      &attributes);
		are_made = staging->pipes[i] != INVALID_HANDLE_VALUE && staging->shared[i] != INVALID_HANDLE_VALUE;
	}
	DWORD code = GetLastError();
	LocalFree(attributes.lpSecurityDescriptor);
	return are_made || windows_fail(err, code, "CreateNamedPipe", "make a pipe for the probe");
}

static bool make_key(struct staging *staging, PSID user, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_local) LPWSTR name = NULL;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	WCHAR path[128];
	if (!ConvertSidToStringSidW(user, &name))
		return windows_fail(err, GetLastError(), "ConvertSidToStringSid", "tell the user's identity");
	wide_add(&text, name, wide_length(name));
	text_addf(&text, "\\Software\\%s", staging->name);
	staging->key = text_take(&text);
	if (!staging->key)
		return cordon_fail_memory(err);
	_snwprintf(path, 127, L"Software\\%hs", staging->name);
	LSTATUS code = RegCreateKeyExW(HKEY_CURRENT_USER, path, 0, NULL, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, NULL,
				       &staging->opened_key, NULL);
	return code == ERROR_SUCCESS || windows_fail(err, (DWORD)code, "RegCreateKeyEx", "make HKCU\\%ls", path);
}

static bool make_canaries(struct staging *staging, PSID user, struct cordon_error *err)
{
	WCHAR name[128];
	_snwprintf(name, 127, L"%hs", staging->name);
	staging->section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, name);
	if (!staging->section)
		return windows_fail(err, GetLastError(), "CreateFileMapping", "make shared memory for the probe");
	staging->atom = GlobalAddAtomW(name);
	if (!staging->atom)
		return windows_fail(err, GetLastError(), "GlobalAddAtom",
				    "make a name in the window station for the probe");
	staging->desktop = CreateDesktopW(name, NULL, NULL, 0, GENERIC_ALL, NULL);
	if (!staging->desktop)
		return windows_fail(err, GetLastError(), "CreateDesktop", "make a desktop for the probe");
	CREDENTIALW credential = { .Type = CRED_TYPE_GENERIC,
				   .TargetName = name,
				   .CredentialBlobSize = 6,
				   .CredentialBlob = (BYTE *)(uintptr_t) "canary",
				   .Persist = CRED_PERSIST_SESSION,
				   .UserName = name };
	/* Where a policy forbids to keep any there is none to be read, and the trial fails outside too. */
	CredWriteW(&credential, 0);
	return make_pipes(staging, user, err) && make_key(staging, user, err);
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

const WCHAR *probe_program = L"cordon-prober.exe";

/* The prober beside the program or library that this is in. */
static bool copy_prober(const char *program, struct cordon_error *err)
{
	WCHAR path[MAX_PATH * 4];
	HMODULE module;
	CORDON_ON_EXIT(free_wide) uint16_t *to = NULL;
	if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
				(LPCWSTR)(uintptr_t)&trial_count, &module) ||
	    !GetModuleFileNameW(module, path, MAX_PATH * 4 - 32))
		return windows_fail(err, GetLastError(), "GetModuleHandleEx or GetModuleFileName",
				    "find where cordon is installed");
	WCHAR *slash = wcsrchr(path, L'\\');
	if (!slash)
		return cordon_fail(err, CORDON_OS_FAILED, "cordon is installed in no folder");
	if (probe_program)
		wcscpy(slash + 1, probe_program);
	if (!native_path(program, &to, err))
		return false;
	return CopyFileW(path, to, TRUE) ||
	       windows_fail(err, GetLastError(), "CopyFile", "copy cordon-prober.exe, which belongs beside cordon.exe");
}

bool staging_make(const char *state, PSID user, struct staging *staging, struct cordon_error *err)
{
	static const char *const letters[SIDES] = { "a", "b" };
	uint64_t chance[4];
	if (!os_random(chance, sizeof chance, err))
		return false;
	snprintf(staging->name, sizeof staging->name, STAGING_NAME "%08llx%016llx",
		 (unsigned long long)chance[0] & 0xffffffffu, (unsigned long long)chance[1]);
	CORDON_ON_EXIT(free_text) char *above = text_format("%s\\probe", state);
	CORDON_ON_EXIT(free_text) char *socket_path = above ? staging_socket(above, staging->name) : NULL;
	unsigned found, failed;
	staging->folder = text_format("%s\\probe\\%s", state, staging->name);
	if (!staging->folder || !socket_path)
		return cordon_fail_memory(err);
	if (!os_make_directories(above, err))
		return false;
	staging_sweep(state, false, &found, &failed);
	staging->alive = staging_take(staging->folder);
	if (!staging->alive)
		return windows_fail(err, GetLastError(), "CreateFile", "make '%s.alive'", staging->folder);
	for (int side = 0; side < SIDES; side++) {
		staging->sides[side] = text_format("%s\\%s", staging->folder, letters[side]);
		staging->own[side] = text_format("%s-%s", staging->name, letters[side]);
		staging->programs[side] = text_format("%s\\%s-%s.exe", staging->folder, staging->name, letters[side]);
		if (!staging->sides[side] || !staging->own[side] || !staging->programs[side])
			return cordon_fail_memory(err);
	}
	staging->root = text_format("%s\\root", staging->sides[INSIDE]);
	staging->sibling = text_format("%s\\%s-c.exe", staging->folder, staging->name);
	if (!staging->root || !staging->sibling)
		return cordon_fail_memory(err);
	return make_side(staging->sides[OUTSIDE], user, err) && make_side(staging->sides[INSIDE], user, err) &&
	       copy_prober(staging->programs[OUTSIDE], err) && copy_prober(staging->programs[INSIDE], err) &&
	       copy_prober(staging->sibling, err) && make_canaries(staging, user, err) &&
	       canary_start(staging->programs[OUTSIDE], staging->name, &staging->canary, err) &&
	       sockets_make(socket_path, (const uint8_t *)(chance + 2), &staging->sockets, err);
}

void staging_free(struct staging *staging)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	for (int i = 0; i < SIDES; i++) {
		close_handle(&staging->pipes[i]);
		close_handle(&staging->shared[i]);
	}
	close_handle(&staging->section);
	if (staging->atom)
		GlobalDeleteAtom(staging->atom);
	if (staging->desktop)
		CloseDesktop(staging->desktop);
	canary_end(&staging->canary);
	for (int side = 0; side < SIDES; side++)
		if (staging->programs[side] && left_any(staging->programs[side]))
			left_end(staging->programs[side]);
	sockets_free(&staging->sockets);
	if (staging->opened_key)
		RegCloseKey(staging->opened_key);
	if (staging->alive)
		elsewhere_forget(staging->name);
	if (staging->folder && native_path(staging->folder, &native, &ignored))
		remove_tree(native);
	close_handle(&staging->alive);
	free(staging->folder);
	free(staging->root);
	free(staging->sibling);
	free(staging->key);
	for (int i = 0; i < SIDES; i++) {
		free(staging->sides[i]);
		free(staging->own[i]);
		free(staging->programs[i]);
	}
}

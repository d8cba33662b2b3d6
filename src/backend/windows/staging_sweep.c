/* What the trials make in places of the system's, and what the probe keeps there for them: all of it by names that no
 * other probe has. One that is killed cannot remove it; whoever comes later knows by a file that nobody else opens
 * whether a probe of that name is at work.
 */
#include "backend/windows/staging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

#include <wincred.h>

enum { NAME_ROOM = 128, NAME_DIGITS = 24 };

bool staging_is_name(const char *name)
{
	const size_t length = strlen(STAGING_NAME);
	return strncmp(name, STAGING_NAME, length) == 0 && strspn(name + length, "0123456789abcdef") == NAME_DIGITS &&
	       name[length + NAME_DIGITS] == '\0';
}

/* -- elsewhere ----------------------------------------------------------------------------------------------------- */

/* Where trials make a folder of their side's own name. */
static const struct {
	const char *trial;
	const WCHAR *variable, *below;
} places[] = {
	{ "make-in-drive", L"SystemDrive", L"" },
	{ "make-in-programdata", L"ProgramData", L"" },
	{ "make-in-public", L"PUBLIC", L"\\Documents" },
};

static bool path_in(size_t place, const char *own, WCHAR path[MAX_PATH * 2])
{
	WCHAR value[MAX_PATH];
	DWORD length = GetEnvironmentVariableW(places[place].variable, value, MAX_PATH);
	if (length == 0 || length >= MAX_PATH)
		return false;
	_snwprintf(path, MAX_PATH * 2 - 1, L"%ls%ls\\%hs", value, places[place].below, own);
	path[MAX_PATH * 2 - 1] = 0;
	return true;
}

static bool is_there(const WCHAR *path)
{
	return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static bool is_there_but_in_systems(const WCHAR *path)
{
	WCHAR system[MAX_PATH];
	return is_there(path) &&
	       (GetSystemDirectoryW(system, MAX_PATH) == 0 || towupper(system[0]) != towupper(path[0]));
}

static bool remove_directory(const WCHAR *path)
{
	return RemoveDirectoryW(path);
}

/* Calls back with each of those paths on a fixed drive. */
static bool in_drives(const char *own, bool (*act)(const WCHAR *path))
{
	WCHAR roots[256], path[MAX_PATH];
	bool has_acted = false;
	DWORD length = GetLogicalDriveStringsW(255, roots);
	for (const WCHAR *root = roots; length > 0 && length <= 255 && *root; root += wcslen(root) + 1) {
		_snwprintf(path, MAX_PATH - 1, L"%ls%hs", root, own);
		path[MAX_PATH - 1] = 0;
		has_acted |= GetDriveTypeW(root) == DRIVE_FIXED && act(path);
	}
	return has_acted;
}

static void make_wide(const char *text, WCHAR wide[NAME_ROOM])
{
	_snwprintf(wide, NAME_ROOM - 1, L"%hs", text);
	wide[NAME_ROOM - 1] = 0;
}

static bool has_device(const WCHAR *name)
{
	WCHAR target[MAX_PATH * 4];
	return QueryDosDeviceW(name, target, MAX_PATH * 4) > 0;
}

bool elsewhere_watch(const char *own, const char *trial, bool *ret_was_seen)
{
	WCHAR path[MAX_PATH * 2], name[NAME_ROOM];
	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (strcmp(places[i].trial, trial) == 0) {
			*ret_was_seen = path_in(i, own, path) && is_there(path);
			return true;
		}
	make_wide(own, name);
	if (strcmp(trial, "make-in-drives") == 0)
		*ret_was_seen = in_drives(own, is_there_but_in_systems);
	else if (strcmp(trial, "define-device") == 0)
		*ret_was_seen = has_device(name);
	else
		return false;
	return true;
}

static void forget_sides(const char *own)
{
	WCHAR path[MAX_PATH * 2], name[NAME_ROOM];
	in_drives(own, remove_directory);
	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (path_in(i, own, path))
			RemoveDirectoryW(path);
	make_wide(own, name);
	if (has_device(name))
		DefineDosDeviceW(DDD_REMOVE_DEFINITION, name, NULL);
}

void elsewhere_forget(const char *name)
{
	WCHAR wide[NAME_ROOM], key[NAME_ROOM];
	HCRYPTPROV none;
	make_wide(name, wide);
	_snwprintf(key, NAME_ROOM - 1, L"Software\\%ls", wide);
	key[NAME_ROOM - 1] = 0;
	RegDeleteKeyW(HKEY_CURRENT_USER, key);
	CredDeleteW(wide, CRED_TYPE_GENERIC, 0);
	/* Of the server that the canary is. */
	CryptAcquireContextW(&none, wide, MS_ENH_RSA_AES_PROV_W, PROV_RSA_AES, CRYPT_DELETEKEYSET);
	for (int side = 'a'; side <= 'b'; side++) {
		CORDON_ON_EXIT(free_text) char *own = text_format("%s-%c", name, side);
		if (own)
			forget_sides(own);
	}
}

/* -- killed ones --------------------------------------------------------------------------------------------------- */

HANDLE staging_take(const char *folder)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *path = text_format("%s.alive", folder);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!path || !native_path(path, &native, &ignored))
		return NULL;
	/* Goes with its handle, however the process ends. */
	HANDLE file = CreateFileW(native, GENERIC_READ | DELETE, 0, NULL, OPEN_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
	return file == INVALID_HANDLE_VALUE ? NULL : file;
}

char *staging_socket(const char *above, const char *name)
{
	return text_format("%s\\s-%.8s", above, name + strlen(STAGING_NAME));
}

static bool remove_one(const char *above, const char *name)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *folder = text_format("%s\\%s", above, name);
	CORDON_ON_EXIT(free_text) char *path = staging_socket(above, name);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	CORDON_ON_EXIT(free_wide) uint16_t *socket = NULL;
	if (!folder || !path || !native_path(folder, &native, &ignored) || !native_path(path, &socket, &ignored))
		return false;
	/* Its name is known as long as the folder is there: that goes last. */
	elsewhere_forget(name);
	DeleteFileW(socket);
	return remove_tree(native);
}

/* Neither what is no folder, nor what only leads to one, is a probe's. */
static bool is_probes(const WIN32_FIND_DATAW *entry, struct text *name)
{
	wide_add(name, entry->cFileName, wide_length(entry->cFileName));
	return text_ok(name) && staging_is_name(text_str(name)) &&
	       (entry->dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) ==
		       FILE_ATTRIBUTE_DIRECTORY;
}

void staging_sweep(const char *state, bool is_trial, unsigned *ret_found, unsigned *ret_failed)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *above = text_format("%s\\probe", state);
	CORDON_ON_EXIT(free_text) char *all = text_format("%s\\probe\\" STAGING_NAME "*", state);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	WIN32_FIND_DATAW entry;
	*ret_found = *ret_failed = 0;
	if (!above || !all || !wide_make(all, &native, &ignored))
		return;
	HANDLE search = FindFirstFileW(native, &entry);
	for (bool more = search != INVALID_HANDLE_VALUE; more; more = FindNextFileW(search, &entry)) {
		CORDON_ON_EXIT(text_free) struct text name = { 0 };
		if (!is_probes(&entry, &name))
			continue;
		CORDON_ON_EXIT(free_text) char *folder = text_format("%s\\%s", above, text_str(&name));
		CORDON_ON_EXIT(close_handle) HANDLE alive = folder ? staging_take(folder) : NULL;
		if (!alive)
			continue;
		++*ret_found;
		*ret_failed += !is_trial && !remove_one(above, text_str(&name));
	}
	if (search != INVALID_HANDLE_VALUE)
		FindClose(search);
}

/* Windows' own packages: profiles through userenv.dll, which some systems lack, and notes in cordon's state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "base/windows_error.h"
#include "os/os.h"

#include <bcrypt.h>
#include <objbase.h>
#include <sddl.h>

enum { NAMES_MAX = 100000, LOOK_MS = 5000, DIGEST_BYTES = 32, NAME_BYTES = 24 };

struct package_claim {
	HANDLE file;
};

/* -- userenv ------------------------------------------------------------------------------------------------------- */

static struct {
	HRESULT(WINAPI *make)(PCWSTR, PCWSTR, PCWSTR, PSID_AND_ATTRIBUTES, DWORD, PSID *);
	HRESULT(WINAPI *remove)(PCWSTR);
	HRESULT(WINAPI *derive)(PCWSTR, PSID *);
	HRESULT(WINAPI *folder)(PCWSTR, PWSTR *);
} userenv;

static FARPROC find(HMODULE library, const char *name)
{
	return library ? GetProcAddress(library, name) : NULL;
}

static bool find_userenv(struct cordon_error *err)
{
	HMODULE library = LoadLibraryExW(L"userenv.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
	const FARPROC found[] = { find(library, "CreateAppContainerProfile"),
				  find(library, "DeleteAppContainerProfile"),
				  find(library, "DeriveAppContainerSidFromAppContainerName"),
				  find(library, "GetAppContainerFolderPath") };
	_Static_assert(sizeof found == sizeof userenv, "a function has no name");
	for (size_t i = 0; i < COUNT_OF(found); i++)
		if (!found[i])
			return cordon_fail(err, CORDON_UNSUPPORTED, "this system has no AppContainers");
	memcpy(&userenv, found, sizeof userenv);
	return true;
}

static void widen(const char *name, WCHAR wide[PACKAGE_NAME_SIZE])
{
	size_t length = strnlen(name, PACKAGE_NAME_SIZE - 1);
	for (size_t i = 0; i < length; i++)
		wide[i] = (WCHAR)name[i];
	wide[length] = 0;
}

static bool profile_make(struct packages *packages, const char *name, struct cordon_error *err)
{
	WCHAR wide[PACKAGE_NAME_SIZE];
	PSID sid = NULL;
	(void)packages;
	widen(name, wide);
	HRESULT result = userenv.make(wide, wide, L"a run of cordon", NULL, 0, &sid);
	if (FAILED(result))
		return windows_fail(err, (DWORD)result, "CreateAppContainerProfile",
				    "make the profile of the package '%s'", name);
	FreeSid(sid);
	return true;
}

static bool profile_remove(struct packages *packages, const char *name, struct cordon_error *err)
{
	WCHAR wide[PACKAGE_NAME_SIZE];
	(void)packages;
	widen(name, wide);
	HRESULT result = userenv.remove(wide);
	uint32_t code = windows_error_code((uint32_t)result);
	/* One that is not there: S_OK by the documentation; said to be an error all the same, so look decides. */
	return SUCCEEDED(result) || code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ||
	       windows_fail(err, (DWORD)result, "DeleteAppContainerProfile", "remove the profile of the package '%s'",
			    name);
}

bool package_folder(PSID sid, char **ret_folder, struct cordon_error *err)
{
	LPWSTR text = NULL;
	PWSTR folder = NULL;
	*ret_folder = NULL;
	if (!find_userenv(err))
		return false;
	if (!ConvertSidToStringSidW(sid, &text))
		return windows_fail(err, GetLastError(), "ConvertSidToStringSid", "tell a package's identity");
	HRESULT result = userenv.folder(text, &folder);
	LocalFree(text);
	if (FAILED(result))
		return windows_fail(err, (DWORD)result, "GetAppContainerFolderPath", "find a package's folder");
	*ret_folder = plain_path(folder);
	CoTaskMemFree(folder);
	return *ret_folder || cordon_fail_memory(err);
}

/* The folder is told of a profile that there is; what the registry has of it goes with it. */
static bool profile_look(struct packages *packages, const char *name, bool *ret_is_there, struct cordon_error *err)
{
	WCHAR wide[PACKAGE_NAME_SIZE];
	CORDON_ON_EXIT(free_text) char *folder = NULL;
	struct cordon_error ignored = CORDON_ERROR_INIT;
	PSID sid = NULL;
	(void)packages;
	widen(name, wide);
	HRESULT result = userenv.derive(wide, &sid);
	if (FAILED(result))
		return windows_fail(err, (DWORD)result, "DeriveAppContainerSidFromAppContainerName",
				    "derive the identity of the package '%s'", name);
	*ret_is_there = package_folder(sid, &folder, &ignored) && os_exists(folder);
	FreeSid(sid);
	return true;
}

/* -- notes --------------------------------------------------------------------------------------------------------- */

struct profiles {
	struct packages packages;
	char *folder;
};

static const char *notes_of(struct packages *packages)
{
	return ((struct profiles *)packages)->folder;
}

static bool note_claim(struct packages *packages, const char *name, struct package_claim **ret_claim,
		       struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\%s", notes_of(packages), name);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	*ret_claim = NULL;
	if (!path)
		return cordon_fail_memory(err);
	if (!native_path(path, &native, err))
		return false;
	/* Nobody else opens it while this one has it. */
	HANDLE file = CreateFileW(native, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS,
				  FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_WRITE_THROUGH, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return GetLastError() == ERROR_SHARING_VIOLATION ||
		       windows_fail(err, GetLastError(), "CreateFile", "open '%s'", path);
	struct package_claim *claim = calloc(1, sizeof *claim);
	if (!claim) {
		CloseHandle(file);
		return cordon_fail_memory(err);
	}
	claim->file = file;
	*ret_claim = claim;
	return true;
}

static void note_release(struct packages *packages, struct package_claim *claim)
{
	(void)packages;
	CloseHandle(claim->file);
	free(claim);
}

static bool note_write(struct packages *packages, struct package_claim *claim, bool is_made, struct cordon_error *err)
{
	DWORD count;
	(void)packages;
	bool is_written = SetFilePointer(claim->file, 0, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER &&
			  (!is_made || WriteFile(claim->file, "made\n", 5, &count, NULL)) &&
			  SetEndOfFile(claim->file) && FlushFileBuffers(claim->file);
	return is_written || windows_fail(err, GetLastError(), "WriteFile or SetEndOfFile or FlushFileBuffers",
					  "note in cordon's state that a package is made");
}

static bool note_read(struct packages *packages, struct package_claim *claim, bool *ret_is_made,
		      struct cordon_error *err)
{
	LARGE_INTEGER size;
	(void)packages;
	if (!GetFileSizeEx(claim->file, &size))
		return windows_fail(err, GetLastError(), "GetFileSizeEx", "read the note of a package");
	*ret_is_made = size.QuadPart > 0;
	return true;
}

struct visitor {
	bool (*visit)(void *context, const char *name, struct cordon_error *err);
	void *context;
};

static bool visit_note(void *context, const char *path, struct cordon_error *err)
{
	const struct visitor *visitor = context;
	return visitor->visit(visitor->context, os_name(path), err);
}

static bool note_names(struct packages *packages,
		       bool (*visit)(void *context, const char *name, struct cordon_error *err), void *context,
		       struct cordon_error *err)
{
	struct visitor visitor = { visit, context };
	size_t budget = NAMES_MAX;
	return os_walk(notes_of(packages), &budget, os_clock() + LOOK_MS, visit_note, &visitor, err);
}

/* -- for a run ----------------------------------------------------------------------------------------------------- */

static bool digest(const struct text *text, uint8_t ret_digest[DIGEST_BYTES], struct cordon_error *err)
{
	BCRYPT_ALG_HANDLE algorithm = NULL;
	BCRYPT_HASH_HANDLE hash = NULL;
	const char *api = "BCryptOpenAlgorithmProvider";
	NTSTATUS status = BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0);
	if (status >= 0) {
		api = "BCryptCreateHash or BCryptHashData or BCryptFinishHash";
		status = BCryptCreateHash(algorithm, &hash, NULL, 0, NULL, 0, 0);
	}
	if (status >= 0)
		status = BCryptHashData(hash, (PUCHAR)(uintptr_t)text_str(text), (ULONG)text->length, 0);
	if (status >= 0)
		status = BCryptFinishHash(hash, ret_digest, DIGEST_BYTES, 0);
	if (hash)
		BCryptDestroyHash(hash);
	if (algorithm)
		BCryptCloseAlgorithmProvider(algorithm, 0);
	return status >= 0 || windows_fail(err, (DWORD)status, api, "make a SHA-256 digest of what the plan grants");
}

bool package_derive(const char *name, struct identities *identities, struct cordon_error *err)
{
	WCHAR wide[PACKAGE_NAME_SIZE];
	PSID sid = NULL;
	if (!find_userenv(err))
		return false;
	widen(name, wide);
	HRESULT result = userenv.derive(wide, &sid);
	if (FAILED(result))
		return windows_fail(err, (DWORD)result, "DeriveAppContainerSidFromAppContainerName",
				    "derive the identity of the package '%s'", name);
	bool is_kept = identities_keep_package(identities, sid);
	FreeSid(sid);
	return is_kept || cordon_fail_memory(err);
}

bool package_find(const struct plan *plan, char ret_name[PACKAGE_NAME_SIZE], struct identities *identities,
		  struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text shape = { 0 };
	uint8_t bytes[DIGEST_BYTES];
	text_addf(&shape, "%s\n", plan->facts->workspace ? plan->facts->workspace : "");
	if (!package_shape(plan->windows, &shape))
		return cordon_fail_memory(err);
	if (!digest(&shape, bytes, err))
		return false;
	int length = snprintf(ret_name, PACKAGE_NAME_SIZE, "cordon.");
	for (int i = 0; i < NAME_BYTES; i++)
		length += snprintf(ret_name + length, PACKAGE_NAME_SIZE - (size_t)length, "%02x", bytes[i]);
	return package_derive(ret_name, identities, err);
}

struct packages *profiles_free(struct packages *packages)
{
	if (packages)
		free(((struct profiles *)packages)->folder);
	free(packages);
	return NULL;
}

static void free_profiles(struct profiles **profiles)
{
	profiles_free(*profiles ? &(*profiles)->packages : NULL);
}

bool profiles_open(const char *state, struct packages **ret_packages, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_profiles) struct profiles *profiles = calloc(1, sizeof *profiles);
	if (!profiles)
		return cordon_fail_memory(err);
	profiles->packages = (struct packages){ note_claim, note_release, note_write,     note_read,
						note_names, profile_make, profile_remove, profile_look };
	profiles->folder = text_format("%s\\packages", state);
	if (!profiles->folder)
		return cordon_fail_memory(err);
	if (!find_userenv(err) || !os_make_directories(profiles->folder, err))
		return false;
	*ret_packages = &profiles->packages;
	profiles = NULL;
	return true;
}

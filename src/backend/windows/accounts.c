#include "backend/windows/accounts.h"

#include <initguid.h>

#include <dpapi.h>
#include <knownfolders.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

enum { ALL_SHARE = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, DESCRIPTOR_ROOM = 16 * 1024 };

#define SET_UP "run 'cordon setup' as administrator"

bool accounts_folder(char **ret_folder, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *common = NULL;
	if (!known_folder(&FOLDERID_ProgramData, "the machine's settings", &common, err))
		return false;
	*ret_folder = text_format("%s\\" POOL_FOLDER, common);
	return *ret_folder || cordon_fail_memory(err);
}

/* -- secrets ------------------------------------------------------------------------------------------------------- */

/* For the machine, not for a user: an administrator wraps what the users of the pool unwrap. Who may is the folder's
 * descriptor to say; what the wrapping keeps is a copy of the file that left the machine.
 */
bool secret_wrap(const uint16_t *password, struct text *ret_bytes, struct cordon_error *err)
{
	DATA_BLOB plain = { (DWORD)(wide_length(password) * sizeof *password), (BYTE *)(uintptr_t)password };
	DATA_BLOB wrapped = { 0 };
	if (!CryptProtectData(&plain, L"cordon", NULL, NULL, NULL,
			      CRYPTPROTECT_LOCAL_MACHINE | CRYPTPROTECT_UI_FORBIDDEN, &wrapped))
		return windows_fail(err, GetLastError(), "CryptProtectData", "wrap a password");
	text_add_bytes(ret_bytes, (const char *)wrapped.pbData, wrapped.cbData);
	LocalFree(wrapped.pbData);
	return text_ok(ret_bytes) || cordon_fail_memory(err);
}

bool secret_unwrap(const char *bytes, size_t length, uint16_t **ret_password, struct cordon_error *err)
{
	DATA_BLOB wrapped = { (DWORD)length, (BYTE *)(uintptr_t)bytes };
	DATA_BLOB plain = { 0 };
	if (!CryptUnprotectData(&wrapped, NULL, NULL, NULL, NULL, CRYPTPROTECT_UI_FORBIDDEN, &plain))
		return windows_fail(err, GetLastError(), "CryptUnprotectData", "unwrap an account's password");
	uint16_t *password = calloc(plain.cbData / sizeof *password + 1, sizeof *password);
	if (password)
		memcpy(password, plain.pbData, plain.cbData / sizeof *password * sizeof *password);
	SecureZeroMemory(plain.pbData, plain.cbData);
	LocalFree(plain.pbData);
	*ret_password = password;
	return password || cordon_fail_memory(err);
}

/* -- the folder ---------------------------------------------------------------------------------------------------- */

/* By a handle that is kept open while the folder is read: nobody renames it away meanwhile. */
static bool open_folder(const char *folder, HANDLE *ret_handle, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE handle = NULL;
	FILE_ATTRIBUTE_TAG_INFO about;
	if (!native_path(folder, &native, err))
		return false;
	handle = CreateFileW(native, FILE_READ_ATTRIBUTES | READ_CONTROL, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
			     OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	DWORD code = GetLastError();
	if (handle == INVALID_HANDLE_VALUE && (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND))
		return cordon_fail(err, CORDON_UNSUPPORTED, "there is no account to run in: " SET_UP);
	if (handle == INVALID_HANDLE_VALUE && code == ERROR_ACCESS_DENIED)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "this host's accounts are not for you: " SET_UP " with --user YOUR-NAME");
	if (handle == INVALID_HANDLE_VALUE)
		return windows_fail(err, code, "CreateFile", "open '%s'", folder);
	if (!GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &about, sizeof about))
		return windows_fail(err, GetLastError(), "GetFileInformationByHandleEx", "look at '%s'", folder);
	if ((about.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) || !(about.FileAttributes & FILE_ATTRIBUTE_DIRECTORY))
		return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' is not a folder of cordon's: remove it, then " SET_UP,
				   folder);
	*ret_handle = cordon_take(&handle);
	return true;
}

static bool check_folder(HANDLE handle, const char *folder, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *bytes = malloc(DESCRIPTOR_ROOM);
	DWORD length = DESCRIPTOR_ROOM;
	if (!bytes)
		return cordon_fail_memory(err);
	if (!GetKernelObjectSecurity(
		    handle, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, bytes,
		    DESCRIPTOR_ROOM, &length))
		return windows_fail(err, GetLastError(), "GetKernelObjectSecurity", "read the descriptor of '%s'",
				    folder);
	return pool_is_protected((const uint8_t *)bytes, length) ||
	       cordon_fail(
		       err, CORDON_UNSUPPORTED,
		       "'%s' is not the administrators' alone, so what it says is not believed: remove it, then " SET_UP,
		       folder);
}

static bool read_pool(const char *folder, struct pool *ret_pool, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	CORDON_ON_EXIT(pool_free) struct pool pool = { 0 };
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\" POOL_RECORD, folder);
	if (!path)
		return cordon_fail_memory(err);
	if (!os_exists(path))
		return cordon_fail(err, CORDON_UNSUPPORTED, "there is no account to run in: " SET_UP);
	if (!os_read_file(path, POOL_RECORD_MAX, &bytes, err) || !pool_read(text_str(&bytes), bytes.length, &pool, err))
		return false;
	if (!pool.is_whole)
		return cordon_fail(err, CORDON_UNSUPPORTED, "'cordon setup' was not finished: " SET_UP " again");
	*ret_pool = pool;
	pool = (struct pool){ 0 };
	return true;
}

bool accounts_read(struct pool *ret_pool, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *folder = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE handle = NULL;
	return accounts_folder(&folder, err) && open_folder(folder, &handle, err) &&
	       check_folder(handle, folder, err) && read_pool(folder, ret_pool, err);
}

/* -- claiming ------------------------------------------------------------------------------------------------------ */

static bool open_shared(const char *path, HANDLE *ret_file, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!native_path(path, &native, err))
		return false;
	HANDLE file = CreateFileW(native, GENERIC_READ, ALL_SHARE, NULL, OPEN_EXISTING, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateFile", "open '%s'", path);
	*ret_file = file;
	return true;
}

static bool hold_pool(const char *folder, HANDLE *ret_lock, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = text_format("%s\\" POOL_LOCK, folder);
	CORDON_ON_EXIT(close_handle) HANDLE lock = NULL;
	OVERLAPPED where = { .Offset = POOL_LOCK_RUNS };
	if (!path)
		return cordon_fail_memory(err);
	if (!open_shared(path, &lock, err))
		return false;
	if (!LockFileEx(lock, LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &where)) {
		DWORD code = GetLastError();
		return code == ERROR_LOCK_VIOLATION || code == ERROR_IO_PENDING
			       ? cordon_fail(err, CORDON_UNSUPPORTED,
					     "'cordon setup' is at work on this host: try again when it is done")
			       : windows_fail(err, code, "LockFileEx", "lock '%s'", path);
	}
	*ret_lock = cordon_take(&lock);
	return true;
}

/* The lock is the system's and goes with the process, however that ends. */
static bool claim_one(const char *path, HANDLE *ret_claim, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle) HANDLE file = NULL;
	OVERLAPPED where = { .OffsetHigh = POOL_LOCK_CLAIM_HIGH };
	*ret_claim = NULL;
	if (!open_shared(path, &file, err))
		return false;
	if (LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &where)) {
		*ret_claim = cordon_take(&file);
		return true;
	}
	DWORD code = GetLastError();
	return code == ERROR_LOCK_VIOLATION || code == ERROR_IO_PENDING ||
	       windows_fail(err, code, "LockFileEx", "claim '%s'", path);
}

static bool fill(const struct pool *pool, const struct pool_account *from, const char *secret, struct account *account,
		 struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	account->kind = from->kind;
	account->gate_port = from->gate_port;
	account->name = text_format("%s", from->name);
	account->sid = text_format("%s", from->sid);
	account->group_sid = text_format("%s", pool->group_sid);
	account->profile = text_format("%s", from->profile);
	if (!account->name || !account->sid || !account->group_sid || !account->profile)
		return cordon_fail_memory(err);
	return os_read_file(secret, POOL_SECRET_MAX, &bytes, err) &&
	       secret_unwrap(text_str(&bytes), bytes.length, &account->password, err);
}

bool accounts_claim_in(const char *folder, enum pool_kind kind, struct account *ret_account, struct cordon_error *err)
{
	CORDON_ON_EXIT(account_release) struct account account = { 0 };
	CORDON_ON_EXIT(pool_free) struct pool pool = { 0 };
	size_t count = 0;
	/* The lock first: what is read then stays true. */
	if (!hold_pool(folder, &account.pool, err) || !read_pool(folder, &pool, err))
		return false;
	for (size_t i = 0; i < pool.account_count && !account.claim; i++) {
		CORDON_ON_EXIT(free_text) char *secret = text_format("%s\\secret-%zu", folder, i);
		if (pool.accounts[i].kind != kind)
			continue;
		count++;
		if (!secret)
			return cordon_fail_memory(err);
		if (!claim_one(secret, &account.claim, err) ||
		    (account.claim && !fill(&pool, &pool.accounts[i], secret, &account, err)))
			return cordon_while(err, "claim the account '%s'", pool.accounts[i].name);
	}
	if (!account.claim)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "all %zu accounts for such runs (%s) are in use: wait for a run to end, or " SET_UP
				   " with a larger --accounts",
				   count, pool_kind_name(kind));
	*ret_account = account;
	account = (struct account){ 0 };
	return true;
}

bool accounts_claim(enum pool_kind kind, struct account *ret_account, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *folder = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE handle = NULL;
	return accounts_folder(&folder, err) && open_folder(folder, &handle, err) &&
	       check_folder(handle, folder, err) && accounts_claim_in(folder, kind, ret_account, err);
}

void account_forget_password(struct account *account)
{
	if (account->password)
		SecureZeroMemory(account->password, wide_length(account->password) * sizeof *account->password);
	free(account->password);
	account->password = NULL;
}

bool account_recall_password(struct account *account, struct cordon_error *err)
{
	char bytes[POOL_SECRET_MAX];
	OVERLAPPED from = { 0 };
	DWORD length = 0;
	account_forget_password(account);
	if (!ReadFile(account->claim, bytes, sizeof bytes, &length, &from))
		return windows_fail(err, GetLastError(), "ReadFile", "read the secret of '%s' again", account->name);
	return secret_unwrap(bytes, length, &account->password, err);
}

void account_release(struct account *account)
{
	account_forget_password(account);
	free(account->name);
	free(account->sid);
	free(account->group_sid);
	free(account->profile);
	close_handle(&account->claim);
	close_handle(&account->pool);
	*account = (struct account){ 0 };
}

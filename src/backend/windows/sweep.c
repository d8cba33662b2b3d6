/* What lies in cordon's own state for long, and what probes have left that were killed: `cordon gc`.
 *
 *	STATE\aside\RUN            what appeared under protected names: see run/aside.c
 *	STATE\probe\cordon-probe-…  see staging_sweep.c
 */
#include <stdlib.h>

#include "backend/windows/staging.h"
#include "base/list.h"
#include "base/scope.h"

/* In units of 100 ns. */
static const uint64_t OLD = 30ull * 24 * 3600 * 10000000;

static uint64_t number_of(FILETIME time)
{
	return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

/* What only leads somewhere is none of cordon's. */
static bool is_due(const WIN32_FIND_DATAW *entry)
{
	FILETIME now;
	GetSystemTimeAsFileTime(&now);
	const uint64_t changed = number_of(entry->ftLastWriteTime);
	return (entry->dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) ==
		       FILE_ATTRIBUTE_DIRECTORY &&
	       entry->cFileName[0] != L'.' && number_of(now) > changed && number_of(now) - changed > OLD;
}

static bool look_at_aside(const char *folder, const WIN32_FIND_DATAW *entry, bool is_trial, struct swept *swept)
{
	CORDON_ON_EXIT(text_free) struct text name = { 0 };
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!is_due(entry))
		return true;
	wide_add(&name, entry->cFileName, wide_length(entry->cFileName));
	struct swept_item *item = text_ok(&name) ? LIST_ADD(&swept->list) : NULL;
	if (!item)
		return false;
	*item = (struct swept_item){ SWEPT_ASIDE, text_format("%s\\%s", folder, text_str(&name)), NULL };
	if (!item->path)
		return false;
	swept->failed += !is_trial && !(native_path(item->path, &native, &ignored) && remove_tree(native));
	return true;
}

static bool look_through_asides(const char *state, bool is_trial, struct swept *swept)
{
	CORDON_ON_EXIT(free_text) char *folder = text_format("%s\\aside", state);
	CORDON_ON_EXIT(free_text) char *all = text_format("%s\\aside\\*", state);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	struct cordon_error ignored = CORDON_ERROR_INIT;
	WIN32_FIND_DATAW entry;
	if (!folder || !all || !wide_make(all, &native, &ignored))
		return false;
	HANDLE search = FindFirstFileW(native, &entry);
	bool is_fine = true;
	for (bool more = search != INVALID_HANDLE_VALUE; more && is_fine; more = FindNextFileW(search, &entry))
		is_fine = look_at_aside(folder, &entry, is_trial, swept);
	if (search != INVALID_HANDLE_VALUE)
		FindClose(search);
	return is_fine;
}

bool windows_sweep(const char *state, bool is_trial, struct swept *swept, struct cordon_error *err)
{
	unsigned failed = 0;
	swept->has_probes = true;
	staging_sweep(state, is_trial, &swept->probes, &failed);
	swept->failed += failed;
	return look_through_asides(state, is_trial, swept) || cordon_fail_memory(err);
}

/* os/windows/windows.h: what the files of this folder share; also for src/backend/windows.
 *
 * Texts are UTF-8 (base/wide.h), paths `C:\folder\name` or `\\server\share\name`. They reach the system as
 * `\\?\C:\folder\name`, where nothing is left out, shortened or taken for a device.
 */
#pragma once

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>

#include "base/error.h"
#include "base/facts.h"
#include "base/text.h"
#include "base/wide.h"

/* Release functions for CORDON_ON_EXIT; INVALID_HANDLE_VALUE and NULL are fine. */
static inline void close_handle(HANDLE *handle)
{
	if (*handle && *handle != INVALID_HANDLE_VALUE)
		CloseHandle(*handle);
}

static inline void free_local(void *holder)
{
	LocalFree(*(void **)holder);
}

/* error.c: fails with "<what was being done, and with what>: <the system's words> (<api>: error N); <what to do>", as
 * base/windows_error.h says. The code is one of GetLastError(), an HRESULT or an NTSTATUS. Returns false.
 */
bool windows_fail(struct cordon_error *err, DWORD code, const char *api, const char *format, ...) CORDON_PRINTF(4, 5);

/* native.c: the absolute path as Win32 takes it literally, malloc'ed. Refuses a path that is none: what is relative,
 * has a component that means something else, or is a device.
 */
CORDON_CHECKED bool native_path(const char *path, uint16_t **ret_native, struct cordon_error *err);

/* A path of Win32's, with or without `\\?\`, as it is written here; malloc'ed. NULL where it names no drive or share,
 * or memory is short.
 */
char *plain_path(const uint16_t *native);

/* Opens what stands at the path itself, a link or not, for looking at it (attributes and descriptor where the user may
 * read that, for listing where `lists`). INVALID_HANDLE_VALUE and GetLastError when there is nothing, or it cannot be.
 */
HANDLE open_path(const uint16_t *native, bool lists);

/* Where the handle's file is, as the system spells it: true case, long names, no link; malloc'ed, NULL and GetLastError
 * where that cannot be said.
 */
char *final_path(HANDLE handle);

/* Does the handle's file stand at that path, spelt that way or in another case? */
bool is_at(HANDLE handle, const char *path);

/* What path_fact.device and inode are of the handle's file. */
bool file_identity(HANDLE handle, uint64_t *ret_device, uint64_t *ret_inode);

/* removal.c: all that is in the directory goes, by handle, through no link and however deep it lies; false where something
 * is left that should have gone. The handle may list and add.
 */
struct removal_wish {
	bool (*stays)(const void *context, const WCHAR *name,
		      bool is_directory); /* what lies in it; NULL: nothing does */
	const void *context;
	bool leaves_open_files; /* a file that somebody has open may stay */
};
CORDON_CHECKED bool removal_empty(HANDLE directory, const struct removal_wish *wish);
/* The same with the directory itself; of a link, the link alone. True where it is gone, or never was. */
bool remove_tree(const WCHAR *directory);

/* reach.c: what a handle's descriptor says. Nothing of it holds unless is_known: the descriptor may not be the user's
 * to read. Of a directory is_closed is about itself alone, until look_below_directory has looked at what is in it;
 * *spent counts what that has looked at.
 */
struct standing {
	bool is_known;
	bool is_users;                      /* the user owns it */
	struct path_reach others, packages; /* is_unlisted: they may not list it, if it is a directory */
};
void read_standing(HANDLE handle, PSID user, struct standing *ret_standing);
void look_below_directory(const char *directory, PSID user, size_t *spent, struct standing *standing);
bool user_reads(const char *path);

/* host.c: a known folder of the user's, malloc'ed. */
CORDON_CHECKED bool known_folder(const GUID *id, const char *what, char **ret_path, struct cordon_error *err);

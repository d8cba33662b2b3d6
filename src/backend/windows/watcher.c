/* Whoever saves a protected file by rename leaves another file in its place, without what was put on it: the folders of
 * such files are watched by a thread, which has their descriptors put again.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"

enum { NOTES_BYTES = 4096, STOP = 1, PAUSE_MS = 10 };

struct folder {
	HANDLE handle;
	OVERLAPPED about;
	_Alignas(DWORD) BYTE notes[NOTES_BYTES]; /* what happened is not read: that it did is enough */
};

struct watcher {
	struct watched watched;
	HANDLE port, thread;
	struct {
		struct folder **items;
		size_t count, room;
	} folders;
};

void watcher_free_at(struct watcher **watcher)
{
	watcher_free(*watcher);
}

/* Names alone: a rename ends with one; and descriptors, which somebody may rewrite in place. */
static bool ask(struct folder *folder)
{
	memset(&folder->about, 0, sizeof folder->about);
	return ReadDirectoryChangesW(folder->handle, folder->notes, NOTES_BYTES, FALSE,
				     FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_SECURITY, NULL, &folder->about,
				     NULL);
}

static DWORD WINAPI watch(void *context)
{
	struct watcher *watcher = context;
	const struct watched *watched = &watcher->watched;
	for (;;) {
		DWORD count;
		ULONG_PTR key = 0;
		LPOVERLAPPED about = NULL;
		bool is_heard = GetQueuedCompletionStatus(watcher->port, &count, &key, &about, INFINITE);
		if (key == STOP)
			return 0;
		struct folder *folder = about ? CONTAINING_RECORD(about, struct folder, about) : NULL;
		/* Asked for more first: what happens while it is mended is another reason to look. */
		if (!is_heard || !folder || !ask(folder)) {
			watched->lost(watched->context);
			return 0;
		}
		watched->changed(watched->context);
		/* The command makes files in these folders too, as fast as it likes. */
		Sleep(PAUSE_MS);
	}
}

static bool add_folder(struct watcher *watcher, const char *path, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!native_path(path, &native, err))
		return false;
	struct folder *folder = calloc(1, sizeof *folder);
	struct folder **added = folder ? LIST_ADD(&watcher->folders) : NULL;
	if (!added) {
		free(folder);
		return cordon_fail_memory(err);
	}
	*added = folder;
	folder->handle = CreateFileW(
		native, FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
		OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	if (folder->handle == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateFile", "watch '%s'", path);
	if (!is_at(folder->handle, path))
		return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' leads elsewhere since it was looked at", path);
	return (CreateIoCompletionPort(folder->handle, watcher->port, 0, 0) && ask(folder)) ||
	       windows_fail(err, GetLastError(), "CreateIoCompletionPort or ReadDirectoryChanges", "watch '%s'", path);
}

static bool is_among(const char *path, size_t length, char *const *folders, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(folders[i]) == length && _strnicmp(folders[i], path, length) == 0)
			return true;
	return false;
}

static void free_texts(char ***texts)
{
	for (char **text = *texts; text && *text; text++)
		free(*text);
	free(*texts);
}

static bool add_folders(struct watcher *watcher, const struct plan_windows *windows, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_texts) char **folders = calloc(windows->objects.count + 1, sizeof *folders);
	size_t count = 0;
	if (!folders)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < windows->objects.count; i++) {
		const struct windows_object *object = &windows->objects.items[i];
		const char *name = strrchr(object->path, '\\');
		if (!object->is_watched || !name ||
		    is_among(object->path, (size_t)(name - object->path), folders, count))
			continue;
		/* A drive's own has its backslash. */
		folders[count] = text_format("%.*s%s", (int)(name - object->path), object->path,
					     name - object->path == 2 ? "\\" : "");
		if (!folders[count])
			return cordon_fail_memory(err);
		if (!add_folder(watcher, folders[count++], err))
			return false;
	}
	return true;
}

bool watcher_new(const struct plan_windows *windows, const struct watched *watched, struct watcher **ret_watcher,
		 struct cordon_error *err)
{
	CORDON_ON_EXIT(watcher_free_at) struct watcher *watcher = calloc(1, sizeof *watcher);
	if (!watcher)
		return cordon_fail_memory(err);
	watcher->watched = *watched;
	watcher->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	if (!watcher->port)
		return windows_fail(err, GetLastError(), "CreateIoCompletionPort",
				    "make a port for the watcher of protected files");
	if (!add_folders(watcher, windows, err))
		return false;
	if (watcher->folders.count > 0) {
		watcher->thread = CreateThread(NULL, 0, watch, watcher, 0, NULL);
		if (!watcher->thread)
			return windows_fail(err, GetLastError(), "CreateThread",
					    "start the watcher of protected files");
	}
	*ret_watcher = cordon_take(&watcher);
	return true;
}

struct watcher *watcher_free(struct watcher *watcher)
{
	DWORD count;
	if (!watcher)
		return NULL;
	if (watcher->thread) {
		PostQueuedCompletionStatus(watcher->port, 0, STOP, NULL);
		WaitForSingleObject(watcher->thread, INFINITE);
	}
	/* The kernel writes into the notes until it says that it does not any more. */
	for (size_t i = 0; i < watcher->folders.count; i++) {
		struct folder *folder = watcher->folders.items[i];
		if (folder->handle && folder->handle != INVALID_HANDLE_VALUE) {
			if (CancelIoEx(folder->handle, &folder->about) || GetLastError() != ERROR_NOT_FOUND)
				GetOverlappedResult(folder->handle, &folder->about, &count, TRUE);
			CloseHandle(folder->handle);
		}
		free(folder);
	}
	free(watcher->folders.items);
	close_handle(&watcher->thread);
	close_handle(&watcher->port);
	free(watcher);
	return NULL;
}

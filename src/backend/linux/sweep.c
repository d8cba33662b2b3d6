/* What runs have left in cordon's own state and nobody has looked at for long: `cordon gc`.
 *
 *	STATE/aside/RUN              what appeared under protected names: see run/aside.c
 *	STATE/caches/ID              the layers of a workspace: see caches.c
 *
 * What lies there a command wrote. It is opened without following a link, name by name, and removed, never read; and a
 * tree that is deeper than this process has descriptors for is taken up by its folders to the top.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/linux/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "os/os.h"

enum { OLD_S = 30 * 24 * 3600, DEPTH_MAX = 64 };

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* -- removing ------------------------------------------------------------------------------------------------------ */

struct removal {
	int top; /* the directory that goes, to which what lies too deep is moved */
	unsigned moved;
	bool is_more; /* something was moved, and is to be removed yet */
};

/* The kernel makes directories in an overlay's work folder that nobody may enter. */
static int open_for_removal(int directory, const char *name)
{
	int inner = openat(directory, name, DIRECTORY);
	if (inner < 0 && errno == EACCES && fchmodat(directory, name, 0700, 0) == 0)
		inner = openat(directory, name, DIRECTORY);
	return inner;
}

static bool empty(struct removal *removal, int directory, int depth);

static bool remove_entry(struct removal *removal, int directory, const char *name, int depth)
{
	char moved[32];
	if (unlinkat(directory, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR && errno != EPERM)
		return false;
	if (unlinkat(directory, name, AT_REMOVEDIR) == 0)
		return true;
	if (depth == DEPTH_MAX) {
		snprintf(moved, sizeof moved, ".deep-%u", ++removal->moved);
		removal->is_more = true;
		fchmodat(directory, name, 0700, 0); /* its `..` is written */
		return renameat(directory, name, removal->top, moved) == 0;
	}
	int inner = open_for_removal(directory, name);
	bool is_empty = inner >= 0 && empty(removal, inner, depth + 1);
	return is_empty && unlinkat(directory, name, AT_REMOVEDIR) == 0;
}

/* Closes the directory. */
static bool empty(struct removal *removal, int directory, int depth)
{
	fchmod(directory, 0700);
	DIR *list = fdopendir(directory);
	bool is_fine = list != NULL;
	if (!list)
		close(directory);
	for (const struct dirent *entry = list ? readdir(list) : NULL; entry; entry = readdir(list))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			is_fine = remove_entry(removal, dirfd(list), entry->d_name, depth) && is_fine;
	if (list)
		closedir(list);
	return is_fine;
}

static bool remove_tree(int place, const char *name)
{
	bool is_fine = true;
	struct removal removal = { .top = open_for_removal(place, name), .is_more = true };
	if (removal.top < 0)
		return false;
	while (is_fine && removal.is_more) {
		int again = openat(removal.top, ".", DIRECTORY);
		removal.is_more = false;
		is_fine = again >= 0 && empty(&removal, again, 0);
	}
	close(removal.top);
	return is_fine && unlinkat(place, name, AT_REMOVEDIR) == 0;
}

/* -- what is old --------------------------------------------------------------------------------------------------- */

/* A time that is yet to come a command has set, to be kept for ever. */
static time_t newer(time_t last, const struct stat *status)
{
	time_t changed = status->st_mtim.tv_sec;
	return changed > last && changed <= time(NULL) ? changed : last;
}

/* When the directory or one of those in it was changed last: a run that mounts a layer changes its folders. */
static time_t last_used(int directory, int depth)
{
	struct stat status;
	time_t last = fstat(directory, &status) == 0 ? newer(0, &status) : time(NULL);
	int again = openat(directory, ".", DIRECTORY);
	DIR *list = again < 0 ? NULL : fdopendir(again);
	for (const struct dirent *entry = list ? readdir(list) : NULL; entry; entry = readdir(list)) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		last = newer(last, &status);
		int inner = S_ISDIR(status.st_mode) && depth > 0 ? openat(directory, entry->d_name, DIRECTORY) : -1;
		time_t within = inner < 0 ? 0 : last_used(inner, depth - 1);
		last = within > last ? within : last;
		if (inner >= 0)
			close(inner);
	}
	if (list)
		closedir(list);
	else if (again >= 0)
		close(again);
	return last;
}

static bool is_old(time_t last)
{
	return time(NULL) - last > OLD_S;
}

/* -- the layers of a workspace ------------------------------------------------------------------------------------- */

/* Locks every slot, as a run does that uses one; false when one is in use. What is locked stays so until `locks` are
 * closed.
 */
static bool lock_slots(int directory, int locks[CACHE_SLOTS])
{
	bool is_free = true;
	for (int i = 0; i < CACHE_SLOTS; i++) {
		char name[16];
		snprintf(name, sizeof name, "%d", i);
		locks[i] = is_free ? openat(directory, name, DIRECTORY) : -1;
		is_free = is_free && (locks[i] < 0 || flock(locks[i], LOCK_EX | LOCK_NB) == 0);
	}
	return is_free;
}

static void read_workspace(int directory, char workspace[PATH_MAX])
{
	int file = openat(directory, "workspace", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, workspace, PATH_MAX - 1);
	if (file >= 0)
		close(file);
	workspace[length > 0 ? length : 0] = '\0';
}

static bool note(struct swept *swept, enum swept_kind kind, const char *folder, const char *name, const char *workspace)
{
	struct swept_item *item = LIST_ADD(&swept->list);
	if (!item)
		return false;
	*item = (struct swept_item){
		.kind = kind,
		.path = text_format("%s/%s", folder, name),
		.workspace = workspace && *workspace ? strdup(workspace) : NULL,
	};
	return item->path != NULL;
}

static bool look_at_caches(int place, const char *folder, const char *name, bool is_trial, struct swept *swept)
{
	char workspace[PATH_MAX];
	int locks[CACHE_SLOTS];
	struct stat status;
	int directory = openat(place, name, DIRECTORY);
	if (directory < 0)
		return true;
	read_workspace(directory, workspace);
	bool is_gone = *workspace && lstat(workspace, &status) != 0 && (errno == ENOENT || errno == ENOTDIR);
	bool is_due = lock_slots(directory, locks) && (is_gone || is_old(last_used(directory, 2)));
	bool is_fine = true;
	if (is_due) {
		is_fine = note(swept, SWEPT_CACHES, folder, name, workspace);
		swept->failed += is_fine && !is_trial && !remove_tree(place, name);
	}
	for (int i = 0; i < CACHE_SLOTS; i++)
		if (locks[i] >= 0)
			close(locks[i]);
	close(directory);
	return is_fine;
}

static bool look_at_aside(int place, const char *folder, const char *name, bool is_trial, struct swept *swept)
{
	struct stat status;
	if (fstatat(place, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(status.st_mode) ||
	    !is_old(status.st_mtim.tv_sec))
		return true;
	if (!note(swept, SWEPT_ASIDE, folder, name, NULL))
		return false;
	swept->failed += !is_trial && !remove_tree(place, name);
	return true;
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

static bool look_through(const char *state, const char *kind,
			 bool (*look)(int place, const char *folder, const char *name, bool is_trial,
				      struct swept *swept),
			 bool is_trial, struct swept *swept)
{
	CORDON_ON_EXIT(free_text) char *folder = text_format("%s/%s", state, kind);
	int place = folder ? open(folder, DIRECTORY) : -1;
	DIR *list = place < 0 ? NULL : fdopendir(place);
	bool is_fine = folder != NULL;
	for (const struct dirent *entry = list ? readdir(list) : NULL; entry && is_fine; entry = readdir(list))
		if (entry->d_name[0] != '.')
			is_fine = look(place, folder, entry->d_name, is_trial, swept);
	if (list)
		closedir(list);
	else if (place >= 0)
		close(place);
	return is_fine;
}

bool sweep(const char *state, bool is_trial, struct swept *swept, struct cordon_error *err)
{
	swept->has_control_groups = true;
	swept->control_groups = cgroup_sweep(is_trial);
	return (look_through(state, "aside", look_at_aside, is_trial, swept) &&
		look_through(state, "caches", look_at_caches, is_trial, swept)) ||
	       cordon_fail_memory(err);
}

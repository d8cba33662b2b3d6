/* Whether the mounts of the plan still stand where they should, and laying them again.
 *
 * A mount covers an inode, not a name. When the host removes the name underneath, or renames another file over it (an
 * atomic save), the kernel takes the mount away in every namespace, and inside the real file lies open. When the host
 * renames the thing itself the mount goes along and the name is bare. Names that must not appear and do are the same
 * case: something has a name that should be covered. So there is one question to each name: what has it now? Asked
 * inside the view, and answered by what the kernel says of that place, not by what was ordered.
 */
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"
#include "os/os.h"

enum { TRIES = 100 };

/* One directory on the way to a name, and its entry that matters. */
struct watch {
	int descriptor;
	uint32_t name;
	const char *entry; /* in the name's path */
	size_t length;
};

struct covers {
	const struct plan *plan;
	struct watch *watches;
	size_t watch_count, watch_room;
};

static const struct plan_unheld *unheld_at(const struct covers *covers, size_t name)
{
	return &covers->plan->unheld.items[name - covers->plan->mounts.count];
}

static bool is_mount(const struct covers *covers, size_t name)
{
	return name < covers->plan->mounts.count;
}

size_t covers_count(const struct covers *covers)
{
	return covers->plan->mounts.count + covers->plan->unheld.count;
}

const char *covers_path(const struct covers *covers, size_t name)
{
	return is_mount(covers, name) ? covers->plan->mounts.items[name].path : unheld_at(covers, name)->path;
}

struct covers *covers_new(const struct plan *plan)
{
	struct covers *covers = calloc(1, sizeof *covers);
	if (!covers)
		return NULL;
	covers->plan = plan;
	for (size_t name = 0; name < covers_count(covers); name++)
		for (const char *at = covers_path(covers, name); *at; at++)
			covers->watch_room += *at == '/';
	covers->watches = calloc(covers->watch_room + 1, sizeof *covers->watches);
	return covers->watches ? covers : covers_free(covers);
}

struct covers *covers_free(struct covers *covers)
{
	if (covers)
		free(covers->watches);
	free(covers);
	return NULL;
}

/* What should have the name: the plan's step, or a cover over what must not have appeared. */
static struct plan_mount wanted(const struct covers *covers, size_t name)
{
	if (is_mount(covers, name))
		return covers->plan->mounts.items[name];
	const struct plan_unheld *unheld = unheld_at(covers, name);
	return (struct plan_mount){
		.kind = unheld->is_hidden ? MOUNT_COVER : MOUNT_BIND,
		.path = unheld->path,
	};
}

bool covers_hides(const struct covers *covers, size_t name)
{
	return wanted(covers, name).kind == MOUNT_COVER;
}

/* -- watching ------------------------------------------------------------------------------------------------------ */

/* Fails only where there are no watches left: a directory that is not there now, or that nobody may list, has no
 * entries that come and go unseen, or is itself an entry that is watched.
 */
static bool watch_entry(struct covers *covers, int queue, size_t name, size_t length, const char *entry)
{
	uint32_t changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW |
			   IN_MASK_ADD;
	char directory[PATH_MAX];
	if (length >= sizeof directory || covers->watch_count == covers->watch_room)
		return true;
	if (!strchr(entry, '/') && wanted(covers, name).kind == MOUNT_COVER)
		changes |= IN_OPEN | IN_CLOSE;
	memcpy(directory, length ? covers_path(covers, name) : "/", length ? length : 1);
	directory[length ? length : 1] = '\0';
	int descriptor = inotify_add_watch(queue, directory, changes);
	if (descriptor < 0)
		return errno != ENOSPC && errno != ENOMEM;
	covers->watches[covers->watch_count++] = (struct watch){ descriptor, (uint32_t)name, entry,
								 strcspn(entry, "/") };
	return true;
}

/* What lies above a step of the plan is that step's own name to watch. */
static size_t step_above(const struct covers *covers, size_t name)
{
	const char *path = covers_path(covers, name);
	size_t longest = 0;
	for (size_t i = 0; i < covers->plan->mounts.count; i++) {
		const char *above = covers->plan->mounts.items[i].path;
		size_t length = strlen(above);
		if (i != name && length > longest && os_lies_below(path, above) && path[length] == '/')
			longest = length;
	}
	return longest;
}

bool covers_watch(struct covers *covers, int queue)
{
	covers->watch_count = 0;
	for (size_t name = 0; name < covers_count(covers); name++) {
		const char *path = covers_path(covers, name);
		for (const char *slash = path + step_above(covers, name); slash; slash = strchr(slash + 1, '/'))
			if (slash[1] && !watch_entry(covers, queue, name, (size_t)(slash - path), slash + 1))
				return false;
	}
	return true;
}

static bool hear(const struct covers *covers, const struct inotify_event *event, struct heard *heard)
{
	const uint32_t changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
	bool is_concerned = event->mask & (IN_Q_OVERFLOW | IN_IGNORED);
	size_t length = event->len ? strnlen(event->name, event->len) : 0;
	for (size_t i = 0; i < covers->watch_count; i++) {
		const struct watch *watch = &covers->watches[i];
		struct heard *of_name = &heard[watch->name];
		if (event->mask & IN_Q_OVERFLOW)
			of_name->is_read = true; /* perhaps */
		if (watch->descriptor != event->wd || watch->length != length ||
		    memcmp(watch->entry, event->name, length) != 0)
			continue;
		if (event->mask & changes)
			of_name->is_concerned = of_name->is_changed = is_concerned = true;
		of_name->opened += !!(event->mask & IN_OPEN);
		of_name->written += !!(event->mask & IN_CLOSE_WRITE);
		of_name->is_read = of_name->is_read || (event->mask & IN_CLOSE_NOWRITE);
	}
	return is_concerned;
}

bool covers_heard(const struct covers *covers, int queue, struct heard *heard)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool is_concerned = false;
	ssize_t length;
	/* The kernel takes the mount away just before it gives the name away: what is heard together with that counts.
	 */
	for (size_t name = 0; name < covers_count(covers); name++)
		if (!heard[name].is_changed)
			heard[name] = (struct heard){ .is_concerned = heard[name].is_concerned };
	while ((length = read(queue, buffer, sizeof buffer)) > 0) {
		for (ssize_t at = 0; at < length;) {
			const struct inotify_event *event = (const struct inotify_event *)(buffer + at);
			is_concerned |= hear(covers, event, heard);
			at += (ssize_t)(sizeof *event + event->len);
		}
	}
	return is_concerned;
}

/* -- mending ------------------------------------------------------------------------------------------------------- */

/* A root of the policy's is bound by what it is: another directory of the same name is not what the policy's user saw,
 * and no rule of Landlock's opens it. Within a root names are what counts.
 */
static bool may_be_laid_again(const struct covers *covers, size_t name)
{
	if (!is_mount(covers, name))
		return true;
	const struct plan_mount *mount = &covers->plan->mounts.items[name];
	if (mount->kind == MOUNT_COVER || (mount->kind == MOUNT_BIND && !mount->is_writable))
		return true;
	for (size_t i = 0; mount->kind == MOUNT_BIND && i < name; i++) {
		const struct plan_mount *above = &covers->plan->mounts.items[i];
		if (above->kind == MOUNT_BIND && above->is_writable && os_lies_below(mount->path, above->path))
			return true;
	}
	return false;
}

static bool is_as_wanted(const struct plan_mount *mount, int place, const struct kernel_statx *status)
{
	struct statfs system;
	if (!(status->known_attributes & KERNEL_STATX_MOUNT_ROOT) || !(status->attributes & KERNEL_STATX_MOUNT_ROOT) ||
	    fstatfs(place, &system) != 0)
		return false;
	bool is_empty_file = S_ISLNK(status->mode) || S_ISDIR(status->mode);
	switch (mount->kind) {
	case MOUNT_BIND:
		return mount->is_writable || (system.f_flags & ST_RDONLY);
	case MOUNT_COVER: /* ours: an empty directory, or the link to nowhere */
		return is_empty_file && system.f_type == TMPFS_MAGIC && (system.f_flags & ST_RDONLY);
	case MOUNT_FACADE:
	case MOUNT_PRIVATE:
		return system.f_type == TMPFS_MAGIC;
	case MOUNT_PROC:
		return system.f_type == PROC_SUPER_MAGIC;
	case MOUNT_DEVICES:
		return system.f_type == TMPFS_MAGIC;
	case MOUNT_LAYER: /* of one kind or another: see caches.c */
		return true;
	}
	return false;
}

/* A lease for reading is granted only where nobody has the file open for writing (fcntl(2), F_SETLEASE). Who does not
 * own a file gets none, and cannot have written it.
 */
static bool is_written(const struct plan_mount *mount)
{
	struct stat status;
	int file = kernel_openat2(AT_FDCWD, mount->path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
	bool is_file = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
	bool has_writer = is_file && fcntl(file, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
	if (file >= 0)
		close(file);
	return has_writer;
}

enum cover_state covers_prove(const struct covers *covers, size_t name, const struct heard *heard)
{
	const struct plan_mount mount = wanted(covers, name);
	if (mount.kind == MOUNT_COVER && heard->is_read)
		return COVER_LOST;
	bool is_open = mount.kind == MOUNT_COVER ? heard->opened > heard->written
						 : !mount.is_writable && is_written(&mount);
	return is_open ? COVER_OPEN : COVER_MENDED;
}

bool covers_is_empty_directory(const struct covers *covers, size_t name, struct stat *ret_status)
{
	char entries[256] __attribute__((aligned(8)));
	int directory = kernel_openat2(AT_FDCWD, covers_path(covers, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
				       RESOLVE_NO_SYMLINKS);
	if (directory < 0)
		return false;
	/* "." and "..", each 24 bytes in getdents64(2) */
	bool is_empty = fstat(directory, ret_status) == 0 &&
			syscall(SYS_getdents64, directory, entries, sizeof entries) <= 48 &&
			syscall(SYS_getdents64, directory, entries, sizeof entries) == 0;
	close(directory);
	return is_empty;
}

enum cover_state covers_attend(const struct covers *covers, size_t name)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	struct plan_mount mount = wanted(covers, name);
	struct kernel_statx status = { 0 };
	if (view_leaves_out(&mount))
		return COVER_STANDS;
	for (int tries = 0; tries < TRIES; tries++) {
		int place = kernel_openat2(AT_FDCWD, mount.path, O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
		if (place < 0 && (errno == ENOTDIR || errno == ENOENT || errno == ELOOP ||
				  (mount.kind == MOUNT_COVER && view_is_out_of_reach(errno))))
			return may_be_laid_again(covers, name) ? COVER_BARE : COVER_LOST;
		bool is_looked_at = place >= 0 && kernel_statx(place, &status) == 0;
		bool is_fine = is_looked_at && is_as_wanted(&mount, place, &status);
		if (place >= 0)
			close(place);
		if (is_fine)
			return tries ? COVER_MENDED : COVER_STANDS;
		if (!is_looked_at || !may_be_laid_again(covers, name))
			return COVER_LOST;
		mount.is_directory = S_ISDIR(status.mode);
		if (!view_lay_again(&mount, &err) && err.os_code != ENOENT && err.os_code != ENOTDIR &&
		    err.os_code != ELOOP && err.os_code != EINVAL)
			return COVER_LOST;
	}
	return COVER_LOST;
}

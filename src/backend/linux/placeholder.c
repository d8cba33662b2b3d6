/* Objects that hold missing names while runs last: a mount needs something to stand on.
 *
 * Several runs may need the same one, and cordon may be killed. So every run that needs it keeps it locked (flock(2):
 * the kernel lets go when the process is dead), and the last one removes it. A placeholder is known by what it is: an
 * empty directory or an empty file with the sticky bit, or a file of a content that nobody else gives it. One that
 * nobody has locked is what a killed run left: the next run in its place takes it over.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/linux/linux.h"

enum { CONTENT_MAX = 16, DIRECTORY_MODE = 01755, FILE_MODE = 0644, EMPTY_FILE_MODE = 01644 };

struct placeholder {
	const char *path;    /* the plan's */
	const char *content; /* of a file; NULL: a directory */
	int lock;            /* the object itself */
	struct stat status;
};

struct placeholders {
	struct placeholder_list {
		struct placeholder *items;
		size_t count, room;
	} held;
};

/* Never half a file under the name: git takes an empty commondir for a broken repository. */
static bool make_file(const char *path, const char *content)
{
	char link[32], folder[PATH_MAX];
	size_t length = strlen(content);
	mode_t mode = length > 0 ? FILE_MODE : EMPTY_FILE_MODE;
	snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
	CORDON_ON_EXIT(close_descriptor) int file = open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
	if (file >= 0) {
		snprintf(link, sizeof link, "/proc/self/fd/%d", file);
		return write(file, content, length) == (ssize_t)length &&
		       linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
	}
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return false;
	file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (file < 0 || write(file, content, length) == (ssize_t)length)
		return file >= 0;
	int code = errno;
	unlink(path);
	errno = code;
	return false;
}

static bool has_mark(const struct placeholder *held)
{
	char bytes[CONTENT_MAX];
	if (!held->content)
		return S_ISDIR(held->status.st_mode) &&
		       (held->status.st_mode & S_ISVTX); /* rmdir takes an empty one only */
	size_t length = strlen(held->content);
	return S_ISREG(held->status.st_mode) && (length > 0 || (held->status.st_mode & S_ISVTX)) &&
	       held->status.st_size == (off_t)length && pread(held->lock, bytes, sizeof bytes, 0) == (ssize_t)length &&
	       memcmp(bytes, held->content, length) == 0;
}

/* Locks what is there, together with other runs. False with errno: ENOENT when it was removed meanwhile. */
static bool lock(struct placeholder *held)
{
	struct stat named;
	held->lock = open(held->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (held->lock < 0)
		return false;
	if (flock(held->lock, LOCK_SH) == 0 && fstat(held->lock, &held->status) == 0 &&
	    lstat(held->path, &named) == 0) {
		if (named.st_ino == held->status.st_ino && named.st_dev == held->status.st_dev)
			return true;
		errno = ENOENT;
	}
	close_descriptor(&held->lock);
	held->lock = -1;
	return false;
}

/* The command of another run may have laid a link in the way meanwhile, and may do so between two calls. */
static int open_folder(const char *path)
{
	char folder[PATH_MAX];
	size_t length = (size_t)(strrchr(path, '/') - path);
	memcpy(folder, length ? path : "/", length ? length : 1);
	folder[length ? length : 1] = '\0';
	return kernel_openat2(AT_FDCWD, folder, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);
}

/* The last run removes what is still as it was made: the host may have put a real thing there. A fork of ours may still
 * hold the lock when our descriptor is closed: so it is given up.
 */
static void release(const struct placeholder *held)
{
	struct placeholder now = *held;
	struct stat named;
	const char *name = strrchr(held->path, '/') + 1;
	int folder = open_folder(held->path);
	if (folder >= 0 && now.lock >= 0 && flock(now.lock, LOCK_EX | LOCK_NB) == 0 &&
	    fstat(now.lock, &now.status) == 0 && fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	    named.st_dev == now.status.st_dev && named.st_ino == now.status.st_ino && has_mark(&now))
		unlinkat(folder, name, held->content ? 0 : AT_REMOVEDIR);
	if (folder >= 0)
		close(folder);
	flock(now.lock, LOCK_UN);
}

/* Makes it, or takes the one that is there; again when the last run that had it removes it under our hands. */
static bool hold(struct placeholder *held, struct cordon_error *err)
{
	do {
		bool is_made = held->content ? make_file(held->path, held->content)
					     : mkdir(held->path, DIRECTORY_MODE) == 0;
		if (!is_made && errno != EEXIST)
			return cordon_fail_errno(err, errno, "hold the name '%s'", held->path);
		if (lock(held))
			return true;
	} while (errno == ENOENT);
	return cordon_fail_errno(err, errno, "hold the name '%s'", held->path);
}

static bool keep(struct placeholders *placeholders, struct placeholder held, struct plan_mount *mount,
		 struct cordon_error *err)
{
	struct placeholder *kept = LIST_ADD(&placeholders->held);
	if (!kept) {
		close_descriptor(&held.lock);
		return cordon_fail_memory(err);
	}
	*kept = held;
	mount->device = held.status.st_dev;
	mount->inode = held.status.st_ino;
	return true;
}

static bool make(struct placeholders *placeholders, struct plan_mount *mount, struct cordon_error *err)
{
	struct placeholder held = { .path = mount->path, .lock = -1 };
	if (!mount->is_directory)
		held.content = mount->content ? mount->content : "";
	if (!hold(&held, err))
		return false;
	if (has_mark(&held))
		return keep(placeholders, held, mount, err);
	close_descriptor(&held.lock);
	return cordon_fail(err, CORDON_OS_FAILED, "'%s' appeared while cordon started; run it again", mount->path);
}

/* What the survey found may be a placeholder already, of a run that is under way or was killed. It may be gone by now,
 * with its last run.
 */
static bool share(struct placeholders *placeholders, struct plan_mount *mount, struct cordon_error *err)
{
	struct placeholder held = { .path = mount->path, .lock = -1, .content = mount->content };
	struct stat status;
	if (!mount->is_directory && !mount->content)
		held.content = "";
	if (mount->kind != MOUNT_BIND || mount->is_writable)
		return true;
	if (lstat(mount->path, &status) != 0)
		return errno != ENOENT || !mount->is_held || make(placeholders, mount, err);
	if (!mount->content && !(status.st_mode & S_ISVTX))
		return true;
	if (lock(&held) && has_mark(&held))
		return keep(placeholders, held, mount, err);
	bool is_gone = held.lock < 0 && errno == ENOENT;
	close_descriptor(&held.lock);
	return !is_gone || make(placeholders, mount, err);
}

bool placeholders_make(struct plan *plan, struct placeholders **ret_placeholders, struct cordon_error *err)
{
	struct placeholders *placeholders = calloc(1, sizeof *placeholders);
	if (!placeholders)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < plan->mounts.count; i++) {
		struct plan_mount *mount = &plan->mounts.items[i];
		if (mount->kind != MOUNT_BIND)
			continue;
		if (!(mount->is_missing ? make(placeholders, mount, err) : share(placeholders, mount, err))) {
			placeholders_free(placeholders);
			return false;
		}
	}
	*ret_placeholders = placeholders;
	return true;
}

void placeholders_remove(const struct placeholders *placeholders)
{
	for (size_t i = placeholders_count(placeholders); i-- > 0;)
		release(&placeholders->held.items[i]);
}

size_t placeholders_count(const struct placeholders *placeholders)
{
	return placeholders ? placeholders->held.count : 0;
}

void placeholders_descriptors(const struct placeholders *placeholders, int *descriptors)
{
	for (size_t i = 0; i < placeholders_count(placeholders); i++)
		descriptors[i] = placeholders->held.items[i].lock;
}

struct placeholders *placeholders_free(struct placeholders *placeholders)
{
	if (!placeholders)
		return NULL;
	placeholders_remove(placeholders);
	for (size_t i = 0; i < placeholders->held.count; i++)
		close_descriptor(&placeholders->held.items[i].lock);
	free(placeholders->held.items);
	free(placeholders);
	return NULL;
}

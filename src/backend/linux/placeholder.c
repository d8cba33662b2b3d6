/* Objects that hold missing names while runs last: a mount needs something to stand on.
 *
 * Several runs may need the same one, and cordon may be killed: so each has a record in cordon's own state, locked by every
 * run that needs it (flock(2): the kernel lets go when the run's process is dead). The last one removes the object and the
 * record. A record that nobody has locked is what a killed run left, and the next run to start removes both.
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
#include <unistd.h>

#include "backend/linux/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

enum { CONTENT_MAX = 16 };

struct placeholder {
	char *path;
	char *record;
	int lock;
	bool is_directory;
	char content[CONTENT_MAX];
	dev_t device;
	ino_t inode;
};

struct placeholders {
	struct placeholder_list {
		struct placeholder *items;
		size_t count, room;
	} held;
};

static void close_descriptor(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
}

/* -- the object ----------------------------------------------------------------------------------------------- */

static bool has_content(const struct placeholder *held)
{
	char bytes[CONTENT_MAX + 1];
	CORDON_ON_EXIT(close_descriptor) int file = open(held->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, bytes, sizeof bytes);
	return length == (ssize_t)strlen(held->content) && memcmp(bytes, held->content, (size_t)length) == 0;
}

static bool is_as_made(const struct placeholder *held, const struct stat *status)
{
	if (held->is_directory)
		return S_ISDIR(status->st_mode); /* rmdir takes an empty one only */
	return S_ISREG(status->st_mode) && has_content(held);
}

/* Never half a file under the name: git takes an empty commondir for a broken repository. */
static bool make_file(const struct placeholder *held)
{
	char link[32], folder[PATH_MAX];
	const char *slash = strrchr(held->path, '/');
	size_t length = strlen(held->content);
	snprintf(folder, sizeof folder, "%.*s", (int)(slash - held->path), held->path);
	CORDON_ON_EXIT(close_descriptor) int file = open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0644);
	if (file >= 0) {
		snprintf(link, sizeof link, "/proc/self/fd/%d", file);
		return write(file, held->content, length) == (ssize_t)length &&
		       linkat(AT_FDCWD, link, AT_FDCWD, held->path, AT_SYMLINK_FOLLOW) == 0;
	}
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return false;
	file = open(held->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (file < 0)
		return false;
	if (write(file, held->content, length) == (ssize_t)length)
		return true;
	int code = errno;
	unlink(held->path);
	errno = code;
	return false;
}

/* Makes it, or takes the one that another run has made. */
static bool make_object(struct placeholder *held, struct cordon_error *err)
{
	struct stat status;
	bool is_made = held->is_directory ? mkdir(held->path, 0755) == 0 : make_file(held);
	if (!is_made && errno != EEXIST)
		return cordon_fail_errno(err, errno, "hold the name '%s'", held->path);
	if (lstat(held->path, &status) != 0)
		return cordon_fail_errno(err, errno, "hold the name '%s'", held->path);
	if (!is_as_made(held, &status))
		return cordon_fail(err, CORDON_OS_FAILED, "'%s' appeared while cordon started; run it again",
				   held->path);
	held->device = status.st_dev;
	held->inode = status.st_ino;
	return true;
}

/* Only what is still ours: the host may have put a real thing there meanwhile. */
static void remove_object(const struct placeholder *held)
{
	struct stat status;
	if (lstat(held->path, &status) != 0 || !is_as_made(held, &status) ||
	    (held->inode && (status.st_dev != held->device || status.st_ino != held->inode)))
		return;
	if (held->is_directory)
		rmdir(held->path);
	else
		unlink(held->path);
}

/* -- the record: kind, content, NUL, path ---------------------------------------------------------------------- */

static char *record_folder(const char *state)
{
	return text_format("%s/placeholders", state);
}

/* FNV-1a, 64 bits: one record a path. */
static char *record_name(const char *state, const char *path)
{
	uint64_t hash = 0xcbf29ce484222325;
	for (const char *c = path; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3;
	return text_format("%s/placeholders/%016llx", state, (unsigned long long)hash);
}

static bool write_record(const struct placeholder *held)
{
	char text[1 + CONTENT_MAX + PATH_MAX];
	int length = snprintf(text, sizeof text, "%c%s", held->is_directory ? 'd' : 'f', held->content);
	size_t size = strlen(held->path);
	memcpy(text + length + 1, held->path, size);
	size += (size_t)length + 1;
	return pwrite(held->lock, text, size, 0) == (ssize_t)size;
}

static bool read_record(int record, struct placeholder *ret_held)
{
	char text[1 + CONTENT_MAX + PATH_MAX + 1];
	ssize_t length = pread(record, text, sizeof text - 1, 0);
	if (length < 3)
		return false;
	text[length] = '\0';
	size_t content = strlen(text + 1);
	if (content >= CONTENT_MAX || content + 3 > (size_t)length || text[content + 2] != '/')
		return false;
	ret_held->is_directory = text[0] == 'd';
	memcpy(ret_held->content, text + 1, content + 1);
	ret_held->path = strdup(text + content + 2);
	return ret_held->path;
}

/* Locks the record together with other runs; false with errno. One that was removed while we waited is no record. */
static bool lock_record(struct placeholder *held, int flags)
{
	for (;;) {
		struct stat locked, named;
		errno = 0;
		held->lock = open(held->record, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
		if (held->lock < 0)
			return false;
		if (flock(held->lock, LOCK_SH) == 0 && fstat(held->lock, &locked) == 0 &&
		    stat(held->record, &named) == 0 && locked.st_ino == named.st_ino)
			return true;
		int code = errno;
		close(held->lock);
		held->lock = -1;
		if (code != ENOENT && code != 0)
			return false;
	}
}

/* -- runs ------------------------------------------------------------------------------------------------------ */

static void release(struct placeholder *held)
{
	if (held->lock >= 0 && flock(held->lock, LOCK_EX | LOCK_NB) == 0) {
		remove_object(held);
		unlink(held->record);
	}
	close_descriptor(&held->lock);
	free(held->record);
	free(held->path);
}

static bool hold(struct placeholders *placeholders, const char *state, struct plan_mount *mount,
		 struct cordon_error *err)
{
	struct placeholder held = { .lock = -1, .is_directory = mount->is_directory };
	if (mount->content)
		snprintf(held.content, sizeof held.content, "%s", mount->content);
	held.path = strdup(mount->path);
	held.record = record_name(state, mount->path);
	struct placeholder *added = LIST_ADD(&placeholders->held);
	bool is_held = held.path && held.record && added;
	if (!is_held)
		cordon_fail_memory(err);
	else if (!lock_record(&held, O_CREAT) || !write_record(&held))
		is_held = cordon_fail_errno(err, errno, "write '%s'", held.record);
	is_held = is_held && make_object(&held, err);
	if (!is_held) {
		placeholders->held.count -= added != NULL;
		release(&held);
		return false;
	}
	*added = held;
	mount->device = held.device;
	mount->inode = held.inode;
	return true;
}

/* What the survey found may be another run's placeholder: then this run needs it as well. */
static bool is_placeholder(const char *state, const struct plan_mount *mount)
{
	if (mount->kind != MOUNT_BIND || mount->is_writable)
		return false;
	CORDON_ON_EXIT(free_text) char *record = record_name(state, mount->path);
	return record && access(record, F_OK) == 0;
}

/* What killed runs left. */
static void sweep(const char *folder)
{
	DIR *records = opendir(folder);
	struct dirent *entry;
	while (records && (entry = readdir(records))) {
		struct placeholder left = { .lock = -1 };
		if (entry->d_name[0] == '.')
			continue;
		left.record = text_format("%s/%s", folder, entry->d_name);
		left.lock = left.record ? open(left.record, O_RDWR | O_CLOEXEC | O_NOFOLLOW) : -1;
		if (left.lock >= 0 && flock(left.lock, LOCK_EX | LOCK_NB) == 0) {
			if (read_record(left.lock, &left))
				remove_object(&left);
			unlink(left.record);
		}
		close_descriptor(&left.lock);
		free(left.record);
		free(left.path);
	}
	if (records)
		closedir(records);
}

bool placeholders_make(const char *state, struct plan *plan, struct placeholders **ret_placeholders,
		       struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *folder = record_folder(state);
	struct placeholders *placeholders = calloc(1, sizeof *placeholders);
	bool is_made = (placeholders && folder) || cordon_fail_memory(err);
	bool has_folder = false;
	for (size_t i = 0; is_made && i < plan->mounts.count; i++) {
		struct plan_mount *mount = &plan->mounts.items[i];
		if (!mount->is_missing && !is_placeholder(state, mount))
			continue;
		has_folder = has_folder || os_make_directories(folder, err);
		is_made = has_folder && hold(placeholders, state, mount, err);
	}
	/* Last: what a killed run left and this one needs is its own by now. */
	if (is_made)
		sweep(folder);
	if (!is_made) {
		placeholders_free(placeholders);
		return false;
	}
	*ret_placeholders = placeholders;
	return true;
}

struct placeholders *placeholders_free(struct placeholders *placeholders)
{
	if (!placeholders)
		return NULL;
	for (size_t i = placeholders->held.count; i-- > 0;)
		release(&placeholders->held.items[i]);
	free(placeholders->held.items);
	free(placeholders);
	return NULL;
}

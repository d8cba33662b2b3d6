/* What lies under the writable roots, found by walking them: the only account of a directory's size that needs no quota
 * and no privilege. A walk is dear where there are many files, so one is made only when the file system has lost room
 * since the last, whoever took it, and from time to time.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "backend/linux/kernel.h"
#include "backend/linux/meter.h"
#include "base/list.h"
#include "os/os.h"

enum { BLOCK = 512 };

struct disk_meter {
	struct disk_root {
		const char *path; /* the plan's */
		uint64_t device;
		uint64_t taken, first; /* bytes of the file system, at the last look and at the start */
	} * roots;
	size_t count;
	struct inode_set devices, links; /* links: files of several names that were counted in this walk */
	struct timespec begun;
	uint64_t base;      /* bytes there were at the start */
	bool is_incomplete; /* this walk: the command keeps something from being read */
	struct pending {
		char **items;
		size_t count, room;
	} pending; /* directories still to be read, below the root that is walked */
};

static bool is_root(const struct plan *plan, size_t index)
{
	const struct plan_mount *mount = &plan->mounts.items[index];
	return mount->kind == MOUNT_BIND && mount->is_writable && mount->is_directory;
}

/* A root in a root of the same file system is walked with that. */
static bool lies_in_another(const struct plan *plan, size_t index)
{
	const struct plan_mount *mounts = plan->mounts.items;
	for (size_t i = 0; i < plan->mounts.count; i++)
		if (i != index && is_root(plan, i) && strcmp(mounts[i].path, mounts[index].path) != 0 &&
		    mounts[i].device == mounts[index].device && os_lies_below(mounts[index].path, mounts[i].path))
			return true;
	return false;
}

static void add_root(struct disk_meter *meter, const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return;
	meter->roots[meter->count++] = (struct disk_root){ path, status.st_dev, 0, 0 };
	inode_set_add(&meter->devices, status.st_dev, 0);
}

struct disk_meter *disk_meter_new(const struct plan *plan)
{
	struct disk_meter *meter = calloc(1, sizeof *meter);
	if (!meter)
		return NULL;
	meter->roots = calloc(plan->mounts.count + 2, sizeof *meter->roots);
	if (!meter->roots)
		return disk_meter_free(meter);
	for (size_t i = 0; i < plan->mounts.count; i++)
		if (is_root(plan, i) && !lies_in_another(plan, i))
			add_root(meter, plan->mounts.items[i].path);
	if (plan->caches)
		add_root(meter, plan->caches);
	/* The clock that stamps files runs a tick behind the other (ktime_get_coarse_real_ts64). */
	clock_gettime(CLOCK_REALTIME_COARSE, &meter->begun);
	return meter;
}

static void forget_pending(struct disk_meter *meter)
{
	for (size_t i = 0; i < meter->pending.count; i++)
		free(meter->pending.items[i]);
	meter->pending.count = 0;
}

struct disk_meter *disk_meter_free(struct disk_meter *meter)
{
	if (!meter)
		return NULL;
	forget_pending(meter);
	free(meter->pending.items);
	inode_set_free(&meter->devices);
	inode_set_free(&meter->links);
	free(meter->roots);
	free(meter);
	return NULL;
}

const struct inode_set *disk_meter_devices(const struct disk_meter *meter)
{
	return &meter->devices;
}

uint64_t disk_meter_growth(struct disk_meter *meter)
{
	uint64_t growth = 0;
	for (size_t i = 0; i < meter->count; i++) {
		struct statvfs status;
		struct disk_root *root = &meter->roots[i];
		if (statvfs(root->path, &status) != 0)
			continue;
		uint64_t taken = (uint64_t)(status.f_blocks - status.f_bfree) * status.f_frsize;
		growth += taken > root->taken ? taken - root->taken : 0;
		root->taken = taken;
	}
	return growth;
}

/* -- the walk ------------------------------------------------------------------------------------------------------ */

static bool is_newer(const struct stat *status, const struct timespec *begun)
{
	return status->st_ctim.tv_sec > begun->tv_sec ||
	       (status->st_ctim.tv_sec == begun->tv_sec && status->st_ctim.tv_nsec > begun->tv_nsec);
}

/* One entry of a directory whose path below the root is `above` ("" or "a/b"). */
static bool take_entry(struct disk_meter *meter, const struct disk_root *root, int directory, const char *above,
		       const char *name, bool only_old, uint64_t *bytes)
{
	struct stat status;
	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || status.st_dev != root->device)
		return true;
	bool is_counted = !only_old || !is_newer(&status, &meter->begun);
	if (S_ISDIR(status.st_mode)) {
		char **next = LIST_ADD(&meter->pending);
		char *path = text_format("%s%s%s", above, above[0] ? "/" : "", name);
		if (next)
			*next = path;
		else
			free(path);
		if (!next || !path)
			return false;
	} else if (status.st_nlink > 1 && !inode_set_add(&meter->links, status.st_dev, status.st_ino)) {
		return true;
	}
	if (is_counted)
		*bytes += (uint64_t)status.st_blocks * BLOCK;
	return true;
}

/* A directory that is gone meanwhile, or that the user never could read, holds nothing that the command could have put
 * there. One that the command has closed, or that lies too deep to be opened, may.
 */
static bool is_kept_away(const struct disk_meter *meter, int top, const char *path, int code)
{
	struct stat status;
	if (code == EACCES && fstatat(top, path, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return is_newer(&status, &meter->begun);
	return code == ENAMETOOLONG || code == EACCES;
}

static bool read_directory(struct disk_meter *meter, const struct disk_root *root, int top, const char *path,
			   bool only_old, uint64_t *bytes)
{
	int directory = kernel_openat2(top, path[0] ? path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
				       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (directory < 0) {
		int code = errno;
		meter->is_incomplete = meter->is_incomplete || is_kept_away(meter, top, path, code);
		return code != EMFILE && code != ENFILE && code != ENOMEM;
	}
	DIR *list = fdopendir(directory);
	if (!list) {
		close(directory);
		return false;
	}
	bool is_read = true;
	for (const struct dirent *entry = readdir(list); entry && is_read; entry = readdir(list))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			is_read = take_entry(meter, root, directory, path, entry->d_name, only_old, bytes);
	closedir(list);
	return is_read;
}

static bool walk_root(struct disk_meter *meter, const struct disk_root *root, bool only_old, const bool *is_stopped,
		      uint64_t *bytes)
{
	int top = open(root->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return errno == ENOENT;
	bool is_read = read_directory(meter, root, top, "", only_old, bytes);
	while (is_read && meter->pending.count > 0 && !__atomic_load_n(is_stopped, __ATOMIC_RELAXED)) {
		char *path = meter->pending.items[--meter->pending.count];
		is_read = read_directory(meter, root, top, path, only_old, bytes);
		free(path);
	}
	is_read = is_read && meter->pending.count == 0;
	forget_pending(meter);
	close(top);
	return is_read;
}

static bool walk(struct disk_meter *meter, bool only_old, const bool *is_stopped, uint64_t *ret_bytes)
{
	uint64_t bytes = 0;
	meter->is_incomplete = false;
	inode_set_clear(&meter->links);
	for (size_t i = 0; i < meter->count; i++)
		if (!walk_root(meter, &meter->roots[i], only_old, is_stopped, &bytes))
			return false;
	*ret_bytes = bytes;
	return true;
}

bool disk_meter_begin(struct disk_meter *meter, const bool *is_stopped)
{
	disk_meter_growth(meter);
	for (size_t i = 0; i < meter->count; i++)
		meter->roots[i].first = meter->roots[i].taken;
	return walk(meter, true, is_stopped, &meter->base);
}

/* What cannot be walked is judged by the room that the file systems have lost, whoever took it. */
static uint64_t lost_room(const struct disk_meter *meter)
{
	uint64_t lost = 0;
	for (size_t i = 0; i < meter->count; i++)
		if (meter->roots[i].taken > meter->roots[i].first)
			lost += meter->roots[i].taken - meter->roots[i].first;
	return lost;
}

bool disk_meter_read(struct disk_meter *meter, const bool *is_stopped, uint64_t *ret_bytes)
{
	uint64_t bytes;
	if (!walk(meter, false, is_stopped, &bytes))
		return false;
	bytes = bytes > meter->base ? bytes - meter->base : 0;
	uint64_t lost = meter->is_incomplete ? lost_room(meter) : 0;
	*ret_bytes = bytes > lost ? bytes : lost;
	return true;
}

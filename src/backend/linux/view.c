/* The mount view: what the command sees of the file system, built in place.
 *
 * The namespace starts as a copy of the host's mounts. What is the same for every plan stands first: /dev, /proc, and
 * files that come as standard streams, opened again. With the plan, every source is opened, by path without links and
 * checked against the identity that the survey saw; then one recursive call makes everything read-only and cuts
 * propagation; then the plan's steps lay mounts on top, parents before children. Nothing is unmounted and no root is
 * left behind.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"

#define CLONE_HERE (OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE)
#define MOVE_BETWEEN (MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)

/* A name that never resolves: there is no process 0. A hidden file is covered by a link to it. */
#define NOWHERE "/proc/0/hidden"

int view_make_tmpfs(const char *mode, uint64_t size, unsigned attributes)
{
	char bytes[32];
	int context = kernel_fsopen("tmpfs");
	if (context < 0)
		return -1;
	int mount = -1;
	snprintf(bytes, sizeof bytes, "%llu", (unsigned long long)size);
	if (kernel_fsconfig(context, FSCONFIG_SET_STRING, "mode", mode) == 0 &&
	    (size == 0 || kernel_fsconfig(context, FSCONFIG_SET_STRING, "size", bytes) == 0) &&
	    kernel_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
		mount = kernel_fsmount(context, attributes);
	int code = errno;
	close(context);
	errno = code;
	return mount;
}

static bool set_attributes(int mount, uint64_t attributes, struct cordon_error *err)
{
	struct mount_attr change = { .attr_set = attributes };
	if (kernel_mount_setattr(mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &change) != 0)
		return cordon_fail_errno(err, errno, "mount_setattr");
	return true;
}

/* Makes what is missing of `path`: a mount point inside one of our tmpfs. Anywhere else the view is read-only by now
 * and the kernel refuses.
 */
static bool make_target(const char *path, bool is_directory, struct cordon_error *err)
{
	char parent[PATH_MAX];
	size_t length = strlen(path);
	if (length >= sizeof parent)
		return cordon_fail_errno(err, ENAMETOOLONG, "'%s'", path);

	memcpy(parent, path, length + 1);
	for (char *slash = strchr(parent + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(parent, 0755) != 0 && errno != EEXIST && errno != EROFS)
			return cordon_fail_errno(err, errno, "make '%s'", parent);
		*slash = '/';
	}
	int result = is_directory ? mkdir(path, 0755) : mknod(path, S_IFREG | 0644, 0);
	if (result != 0 && errno != EEXIST)
		return cordon_fail_errno(err, errno, "make '%s'", path);
	return true;
}

bool view_attach(int mount, const char *path, bool is_directory, struct cordon_error *err)
{
	int target = kernel_openat2(AT_FDCWD, path, O_PATH | O_NOFOLLOW, VIEW_NO_LINKS);
	if (target < 0 && errno == ENOENT) {
		if (!make_target(path, is_directory, err))
			return false;
		target = kernel_openat2(AT_FDCWD, path, O_PATH | O_NOFOLLOW, VIEW_NO_LINKS);
	}
	if (target < 0)
		return cordon_fail_errno(err, errno, "open '%s'", path);

	int result = kernel_move_mount(mount, "", target, "", MOVE_BETWEEN);
	int code = errno;
	close(target);
	return result == 0 || cordon_fail_errno(err, code, "mount on '%s'", path);
}

/* -- sources, while everything is as on the host ---------------------------------------------------------------- */

int view_open_surveyed(const struct plan_mount *mount, struct cordon_error *err)
{
	struct stat seen;
	int path = kernel_openat2(AT_FDCWD, mount->path, O_PATH | O_NOFOLLOW, VIEW_NO_LINKS);
	if (path < 0) {
		cordon_fail_errno(err, errno, "open '%s'", mount->path);
		return -1;
	}
	if (fstat(path, &seen) != 0 || seen.st_dev != mount->device || seen.st_ino != mount->inode) {
		close(path);
		cordon_fail(err, CORDON_OS_FAILED, "'%s' was replaced while cordon started; run it again", mount->path);
		return -1;
	}
	return path;
}

static bool open_source(const struct plan_mount *mount, int *ret_source, struct cordon_error *err)
{
	if (mount->kind != MOUNT_BIND && mount->kind != MOUNT_FACADE)
		return true;

	int path = view_open_surveyed(mount, err);
	if (path < 0)
		return false;
	if (mount->kind == MOUNT_FACADE) {
		*ret_source = path;
		return true;
	}
	*ret_source = kernel_open_tree(path, "", CLONE_HERE);
	int code = errno;
	close(path);
	return *ret_source >= 0 || cordon_fail_errno(err, code, "clone the mount of '%s'", mount->path);
}

/* -- facades ---------------------------------------------------------------------------------------------------- */

struct facade {
	int original; /* the directory on the host, O_PATH */
	int shown;    /* the tmpfs in its place, O_PATH */
	const struct plan_mount *plan;
};

static bool is_among(char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static bool is_shown(const struct plan_mount *plan, const char *name)
{
	return plan->show ? is_among(plan->show, name) : !is_among(plan->hide, name);
}

static bool show_link(const struct facade *facade, const char *name, struct cordon_error *err)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(facade->original, name, target, sizeof target - 1);
	if (length < 0)
		return errno == ENOENT || cordon_fail_errno(err, errno, "read link '%s/%s'", facade->plan->path, name);
	target[length] = '\0';
	if (symlinkat(target, facade->shown, name) != 0)
		return cordon_fail_errno(err, errno, "show link '%s/%s'", facade->plan->path, name);
	return true;
}

static bool show_entry(const struct facade *facade, const char *name, uint8_t type, struct cordon_error *err)
{
	if (type == DT_UNKNOWN) {
		struct stat status;
		if (fstatat(facade->original, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
			return errno == ENOENT ||
			       cordon_fail_errno(err, errno, "look at '%s/%s'", facade->plan->path, name);
		type = S_ISDIR(status.st_mode) ? DT_DIR : S_ISLNK(status.st_mode) ? DT_LNK : DT_REG;
	}
	if (type == DT_LNK)
		return show_link(facade, name, err);

	int entry = kernel_open_tree(facade->original, name,
				     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
	if (entry < 0) /* what is gone, or was never ours to see, is not shown */
		return errno == ENOENT || errno == EACCES ||
		       cordon_fail_errno(err, errno, "clone the mount of '%s/%s'", facade->plan->path, name);

	int made = type == DT_DIR ? mkdirat(facade->shown, name, 0755)
				  : mknodat(facade->shown, name, S_IFREG | 0644, 0);
	bool is_laid = made == 0 && kernel_move_mount(entry, "", facade->shown, name, MOVE_MOUNT_F_EMPTY_PATH) == 0;
	int code = errno;
	close(entry);
	return is_laid || cordon_fail_errno(err, code, "show '%s/%s'", facade->plan->path, name);
}

static bool show_entries(const struct facade *facade, struct cordon_error *err)
{
	char buffer[8192] __attribute__((aligned(8)));
	int directory = openat(facade->original, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return cordon_fail_errno(err, errno, "list '%s', in which names have to be hidden", facade->plan->path);

	bool is_fine = true;
	long length;
	while (is_fine && (length = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0) {
		for (long at = 0; is_fine && at < length;) {
			const struct directory_entry *entry = (const struct directory_entry *)(buffer + at);
			at += entry->length;
			bool is_self = strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0;
			if (!is_self && is_shown(facade->plan, entry->name))
				is_fine = show_entry(facade, entry->name, entry->type, err);
		}
	}
	if (is_fine && length < 0)
		is_fine = cordon_fail_errno(err, errno, "list '%s'", facade->plan->path);
	close(directory);
	return is_fine;
}

/* The mount points of layers. */
static bool make_points(const struct plan_mount *facade, struct cordon_error *err)
{
	char path[PATH_MAX];
	for (char *const *point = facade->make; point && *point; point++) {
		int length = snprintf(path, sizeof path, "%s/%s", facade->path, *point);
		if (length < 0 || (size_t)length >= sizeof path)
			return cordon_fail_errno(err, ENAMETOOLONG, "'%s/%s'", facade->path, *point);
		if (!make_target(path, true, err))
			return false;
	}
	return true;
}

/* Hides names for good: the directory that the command sees is ours, whatever the host renames, saves or creates in
 * the real one.
 */
static bool build_facade(struct inside *inside, const struct plan_mount *mount, int original, struct cordon_error *err)
{
	struct stat status;
	char mode[8];
	if (fstat(original, &status) != 0)
		return cordon_fail_errno(err, errno, "look at '%s'", mount->path);
	snprintf(mode, sizeof mode, "%o", (unsigned)(status.st_mode & 0777));

	int tmpfs = view_make_tmpfs(mode, 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (tmpfs < 0)
		return cordon_fail_errno(err, errno, "make a tmpfs for '%s'", mount->path);
	/* Attached before it is filled: the kernel lays no mount on a mount that stands nowhere. */
	struct facade facade = { original, tmpfs, mount };
	bool is_fine = view_attach(tmpfs, mount->path, true, err) && show_entries(&facade, err) &&
		       make_points(mount, err) && decoys_place(inside, mount, tmpfs, err);
	if (is_fine && !is_planted("mounts.readonly")) {
		struct mount_attr change = { .attr_set = MOUNT_ATTR_RDONLY };
		if (kernel_mount_setattr(tmpfs, "", AT_EMPTY_PATH, &change) != 0)
			is_fine = cordon_fail_errno(err, errno, "make '%s' read-only", mount->path);
	}
	close(tmpfs);
	return is_fine;
}

/* -- covers ----------------------------------------------------------------------------------------------------- */

bool view_is_out_of_reach(int code)
{
	return code == ENOENT || code == ENOTDIR || code == EACCES;
}

/* A hidden name in a place where mounts can go stale: a directory becomes an empty one, a file a link to nowhere. The
 * covers are made in a tmpfs of their own, which is laid over the name and holds nothing else.
 */
static bool cover(const struct plan_mount *mount, struct cordon_error *err)
{
	int place = kernel_openat2(AT_FDCWD, mount->path, O_PATH | O_NOFOLLOW, VIEW_NO_LINKS);
	if (place < 0 && view_is_out_of_reach(errno))
		return true;
	if (place >= 0)
		close(place);
	if (mount->is_directory) {
		int empty = view_make_tmpfs("0555", 4096, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_RDONLY);
		if (empty < 0)
			return cordon_fail_errno(err, errno, "make a tmpfs for '%s'", mount->path);
		bool is_fine = view_attach(empty, mount->path, true, err);
		close(empty);
		return is_fine;
	}
	if (is_planted("dev")) /* with it went what a cover is made of */
		return true;
	int decoy = kernel_open_tree(AT_FDCWD, "/dev/.cordon/nowhere",
				     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (decoy < 0)
		return cordon_fail_errno(err, errno, "clone the cover for '%s'", mount->path);
	bool is_fine = view_attach(decoy, mount->path, false, err);
	close(decoy);
	return is_fine;
}

/* -- the steps -------------------------------------------------------------------------------------------------- */

static bool make_private(const struct plan_mount *mount, struct cordon_error *err)
{
	int tmpfs = view_make_tmpfs("1777", mount->size, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (tmpfs < 0)
		return cordon_fail_errno(err, errno, "make a tmpfs for '%s'", mount->path);
	bool is_fine = view_attach(tmpfs, mount->path, true, err);
	close(tmpfs);
	return is_fine;
}

static bool lay_bind(const struct plan_mount *mount, int source, struct cordon_error *err)
{
	uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	if (!mount->is_writable)
		attributes |= MOUNT_ATTR_RDONLY;
	return set_attributes(source, attributes, err) && view_attach(source, mount->path, mount->is_directory, err);
}

/* /dev and /proc stand already, and the freeze has caught them: what is to be written in them is opened again. Their
 * nodes and settings stay read-only mounts of their own.
 */
static bool thaw(const struct plan_mount *mount, struct cordon_error *err)
{
	static const char *const in_devices[] = { "pts", "shm", ".cordon/hidden" };
	struct mount_attr change = { .attr_clr = MOUNT_ATTR_RDONLY };
	if (mount->kind == MOUNT_PROC) {
		if (kernel_mount_setattr(AT_FDCWD, mount->path, 0, &change) != 0)
			return cordon_fail_errno(err, errno, "make '%s' writable", mount->path);
		return true;
	}
	int devices = open(mount->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool is_thawed = devices >= 0;
	for (size_t i = 0; is_thawed && i < sizeof in_devices / sizeof *in_devices; i++)
		is_thawed = kernel_mount_setattr(devices, in_devices[i], 0, &change) == 0;
	int code = errno;
	if (devices >= 0)
		close(devices);
	return is_thawed || cordon_fail_errno(err, code, "make what lies in '%s' writable", mount->path);
}

#ifdef CORDON_PLANT
bool view_leaves_out(const struct plan_mount *mount)
{
	return is_planted("mounts") || (mount->kind == MOUNT_PROC && is_planted("proc")) ||
	       (mount->kind == MOUNT_DEVICES && is_planted("dev")) ||
	       (mount->kind == MOUNT_FACADE && is_planted("mounts.facade")) ||
	       (mount->kind == MOUNT_BIND && !mount->is_writable && is_planted("mounts.protect")) ||
	       (mount->kind == MOUNT_COVER && is_planted("mounts.cover")) ||
	       (mount->kind == MOUNT_LAYER &&
		(is_planted("mounts.layer") || (is_planted("mounts.facade") && access(mount->path, F_OK) != 0))) ||
	       (mount->kind == MOUNT_PRIVATE && strcmp(mount->path, "/tmp") == 0 && is_planted("tmp")) ||
	       (mount->kind == MOUNT_PRIVATE && strcmp(mount->path, "/run") == 0 && is_planted("run"));
}
#endif

static bool take_step(struct inside *inside, size_t index, struct cordon_error *err)
{
	const struct plan_mount *mount = &inside->plan.mounts.items[index];
	if (view_leaves_out(mount))
		return true;
	switch (mount->kind) {
	case MOUNT_BIND:
		return lay_bind(mount, inside->sources[index], err);
	case MOUNT_FACADE:
		return build_facade(inside, mount, inside->sources[index], err);
	case MOUNT_COVER:
		return cover(mount, err);
	case MOUNT_PRIVATE:
		return make_private(mount, err);
	case MOUNT_LAYER:
		return view_attach(inside->sources[index], mount->path, true, err);
	case MOUNT_PROC:
	case MOUNT_DEVICES:
		return thaw(mount, err);
	}
	return cordon_fail(err, CORDON_UNSUPPORTED, "unknown step for '%s'", mount->path);
}

/* Everything read-only, without set-id programs, and deaf to what the host mounts later. */
static bool freeze(struct cordon_error *err)
{
	struct mount_attr change = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID,
		.propagation = 1 << 18, /* MS_PRIVATE; its header cannot be included here */
	};
	if (is_planted("mounts.readonly"))
		change.attr_set = MOUNT_ATTR_NOSUID;
	if (kernel_mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &change) != 0)
		return cordon_fail_errno(err, errno, "make the file system read-only");

	struct statvfs seen;
	if (statvfs("/", &seen) != 0 ||
	    (seen.f_flag & ST_RDONLY) != (change.attr_set & MOUNT_ATTR_RDONLY ? ST_RDONLY : 0))
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "the kernel took the order to make the file system read-only and did not follow it "
				   "(guarantee files.write)");
	return true;
}

/* What the name leads to now is bound, and nothing else: a thing that moves away meanwhile takes the mount along. */
static bool bind_again(const struct plan_mount *mount, struct cordon_error *err)
{
	int place = kernel_openat2(AT_FDCWD, mount->path, O_PATH | O_NOFOLLOW, VIEW_NO_LINKS);
	if (place < 0)
		return cordon_fail_errno(err, errno, "open '%s'", mount->path);
	int source = kernel_open_tree(place, "", CLONE_HERE);
	int code = errno;
	close(place);
	if (source < 0)
		return cordon_fail_errno(err, code, "clone the mount of '%s'", mount->path);
	bool is_laid = lay_bind(mount, source, err);
	close(source);
	return is_laid;
}

bool view_lay_again(const struct plan_mount *mount, struct cordon_error *err)
{
	if (mount->kind == MOUNT_BIND)
		return bind_again(mount, err);
	if (mount->kind == MOUNT_COVER)
		return cover(mount, err);
	return cordon_fail(err, CORDON_UNSUPPORTED, "'%s' cannot be laid again", mount->path);
}

/* The working directory of a fork points beneath the new mounts: it has to be found anew, through them. */
static bool enter_directory(const char *path, struct cordon_error *err)
{
	int directory = kernel_openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY, VIEW_NO_LINKS);
	if (directory < 0 || fchdir(directory) != 0)
		return cordon_fail_errno(err, errno, "enter '%s'", path);
	close(directory);
	return true;
}

bool view_begin(struct inside *inside, struct cordon_error *err)
{
	if (is_planted("mounts"))
		return true;
	return streams_reopen(inside, err) && (is_planted("dev") || view_make_devices("/dev", err)) &&
	       (is_planted("proc") || view_make_proc("/proc", err));
}

bool view_finish(struct inside *inside, struct cordon_error *err)
{
	const struct plan_mount_list *mounts = &inside->plan.mounts;
	if (is_planted("mounts"))
		return enter_directory(inside->plan.directory, err);

	for (size_t i = 0; i < mounts->count; i++)
		if (!open_source(&mounts->items[i], &inside->sources[i], err))
			return false;
	if (!caches_open(inside, err) || !freeze(err))
		return false;
	for (size_t i = 0; i < mounts->count; i++)
		if (!take_step(inside, i, err))
			return false;
	return enter_directory(inside->plan.directory, err);
}

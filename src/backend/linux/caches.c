/* The layers of tools' caches: what the command writes there stays in cordon's own state, one place a workspace.
 *
 *	STATE/caches/ID/workspace    whose it is: the workspace's path
 *	STATE/caches/ID/N/           a slot. Who uses it holds its lock, for one overlay's upper directory must not serve two
 *	                             mounts at once (overlayfs.rst): a second run in the workspace takes the next slot
 *	    home, home.work          upper and work directory of the overlay that the caches in the home directory share
 *	    NAME, NAME.work          the same of one that lies elsewhere
 *	    NAME.own                 where nothing of the user's own is to be shown: no overlay, a plain directory
 *
 * A mount of an overlay takes longer than most of the view, hence one for the whole home directory, of which only the
 * caches are bound. It is mounted `volatile`: else the kernel would write out the host's whole file system at the end
 * of every run. What a power failure then costs is a cache. It is mounted with init's credentials, so what is the
 * user's alone on the host stays so; attributes by which an upper directory could lead elsewhere (redirect, metacopy)
 * are not followed in a user namespace.
 *
 * What cannot be kept, or not laid over the user's own, is an empty place all the same, and the report says so
 * (is_bare).
 */
#include <errno.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"
#include "os/os.h"

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define SHARED_NAME "home"
#define TRIAL_NAME "trial"
#define CLONE_THIS (OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH)

/* -- outside, before the start ------------------------------------------------------------------------------------- */

/* 1: it says this workspace; 0: there is none; -1: it says another, or cannot be read. */
static int check_record(int directory, const char *workspace)
{
	char text[PATH_MAX + 1];
	int file = openat(directory, "workspace", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (file < 0)
		return errno == ENOENT ? 0 : -1;
	ssize_t length = read(file, text, sizeof text);
	close(file);
	return length == (ssize_t)strlen(workspace) && memcmp(text, workspace, (size_t)length) == 0 ? 1 : -1;
}

/* Other runs see all of it or nothing. */
static bool write_record(int directory, const char *workspace)
{
	char name[32];
	snprintf(name, sizeof name, "workspace.%ld", (long)getpid());
	int file = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0)
		return false;
	ssize_t length = (ssize_t)strlen(workspace);
	bool is_written = write(file, workspace, (size_t)length) == length;
	close(file);
	if (is_written && renameat(directory, name, directory, "workspace") == 0)
		return true;
	unlinkat(directory, name, 0);
	return false;
}

/* What is made in the directory is to lie apart from it, as what is in the root directory does (ext4). Each mount of an
 * overlay makes some files and removes them. Without a journal ext4 passes over inodes that were freed in the last
 * minutes one by one, and others' would be among them: where a compiler has worked beside, that takes some
 * milliseconds.
 */
static void spread(int directory)
{
	int flags = 0;
	if (directory < 0 || kernel_ioctl(directory, FS_IOC_GETFLAGS, &flags) != 0 || flags & FS_TOPDIR_FL)
		return;
	flags |= FS_TOPDIR_FL;
	kernel_ioctl(directory, FS_IOC_SETFLAGS, &flags); /* where it cannot be had it is only slower */
}

/* STATE/caches/ID */
static bool make_keep(const char *path)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	char state[PATH_MAX];
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	int length = (int)(os_name(path) - path) - (int)sizeof "/caches";
	if (length <= 0 || length >= PATH_MAX)
		return false;
	snprintf(state, sizeof state, "%.*s", length, path);
	if (!os_make_directories(state, &ignored))
		return false;
	int directory = open(state, DIRECTORY);
	spread(directory);
	if (directory >= 0)
		close(directory);
	return os_make_directories(path, &ignored);
}

bool caches_prepare(const char *path, const char *workspace)
{
	if (!make_keep(path))
		return false;
	int directory = open(path, DIRECTORY);
	if (directory < 0)
		return false;
	int found = check_record(directory, workspace);
	bool is_ours = found > 0 || (found == 0 && write_record(directory, workspace));
	close(directory);
	return is_ours;
}

/* The kernel marks what it mounted `volatile`, and mounts nothing that is marked; while it is mounted nobody looks. */
static void remove_mark(int work)
{
	if (unlinkat(work, "work/incompat/volatile/dirty", 0) != 0 && errno == ENOENT)
		return;
	unlinkat(work, "work/incompat/volatile", AT_REMOVEDIR);
	unlinkat(work, "work/incompat", AT_REMOVEDIR);
}

/* What the kernel made there nobody may enter, so that the user could not remove it either. */
static void settle(int slot, const char *name)
{
	static const char *const made[] = { "work", "work/incompat", "work/incompat/volatile" };
	char path[64];
	snprintf(path, sizeof path, "%s.work", name);
	int work = openat(slot, path, DIRECTORY);
	if (work < 0)
		return;
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		fchmodat(work, made[i], 0700, 0);
	remove_mark(work);
	close(work);
}

void caches_settle(const struct inside *inside)
{
	char path[PATH_MAX];
	const struct plan *plan = &inside->plan;
	int length = plan->caches ? snprintf(path, sizeof path, "%s/%d", plan->caches, inside->slot) : -1;
	int slot = length > 0 && (size_t)length < sizeof path ? open(path, DIRECTORY) : -1;
	if (slot < 0)
		return;
	settle(slot, SHARED_NAME);
	for (size_t i = 0; i < plan->mounts.count; i++)
		if (plan->mounts.items[i].kind == MOUNT_LAYER && !plan->mounts.items[i].is_missing)
			settle(slot, plan->mounts.items[i].cache);
	close(slot);
}

/* -- in init ------------------------------------------------------------------------------------------------------- */

static int open_below(int directory, const char *name)
{
	if (mkdirat(directory, name, 0700) != 0 && errno != EEXIST)
		return -1;
	return openat(directory, name, DIRECTORY);
}

/* The first slot that nobody uses, or -1. The lock is init's: it ends with the tree. */
static int take_slot(const char *path, int *ret_number)
{
	int directory = open(path, DIRECTORY);
	int slot = -1;
	for (int i = 0; directory >= 0 && slot < 0 && i < CACHE_SLOTS; i++) {
		char name[16];
		snprintf(name, sizeof name, "%d", i);
		slot = open_below(directory, name);
		if (slot < 0)
			break;
		*ret_number = i;
		if (flock(slot, LOCK_EX | LOCK_NB) == 0)
			break;
		bool is_used = errno == EWOULDBLOCK;
		close(slot);
		slot = -1;
		if (!is_used)
			break;
	}
	if (directory >= 0)
		close(directory);
	return slot;
}

static int open_work(int slot, const char *name)
{
	int work = open_below(slot, name);
	if (work >= 0)
		remove_mark(work);
	spread(work);
	return work;
}

/* By descriptor: a path would need escapes, and could be another one by now. */
static bool set_directory(int context, const char *key, int directory)
{
	char path[32];
	snprintf(path, sizeof path, "/proc/self/fd/%d", directory);
	return kernel_fsconfig(context, FSCONFIG_SET_STRING, key, path) == 0;
}

static int mount_overlay(int lower, int upper, int work, unsigned attributes)
{
	int context = kernel_fsopen("overlay");
	if (context < 0)
		return -1;
	int mount = -1;
	if (kernel_fsconfig(context, FSCONFIG_SET_FLAG, "userxattr", NULL) == 0 &&
	    kernel_fsconfig(context, FSCONFIG_SET_FLAG, "volatile", NULL) == 0 &&
	    kernel_fsconfig(context, FSCONFIG_SET_STRING, "index", "off") == 0 &&
	    set_directory(context, "lowerdir", lower) && set_directory(context, "upperdir", upper) &&
	    set_directory(context, "workdir", work) && kernel_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
		mount = kernel_fsmount(context, attributes);
	close(context);
	return mount;
}

/* The overlay's root has the mode of the upper directory; and its own mount says what may be executed, not the one
 * below.
 */
static int lay_over(int slot, int lower, const char *name)
{
	char work_name[64];
	struct stat status, above;
	struct statvfs below;
	snprintf(work_name, sizeof work_name, "%s.work", name);
	int upper = open_below(slot, name);
	int work = open_work(slot, work_name);
	int mount = -1;
	if (upper >= 0 && work >= 0 && fstat(lower, &status) == 0 && fstatvfs(lower, &below) == 0 &&
	    fstat(upper, &above) == 0 &&
	    (((above.st_mode ^ status.st_mode) & 0777) == 0 || fchmod(upper, status.st_mode & 0777) == 0)) {
		unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
		if (below.f_flag & ST_NOEXEC)
			attributes |= MOUNT_ATTR_NOEXEC;
		mount = mount_overlay(lower, upper, work, attributes);
	}
	if (upper >= 0)
		close(upper);
	if (work >= 0)
		close(work);
	return mount;
}

/* The overlay that was mounted last: the next layer may share it. */
struct shared {
	const char *lower;
	int mount; /* -1: it could not be made */
};

static bool is_whole(const struct plan_mount *mount)
{
	return strcmp(mount->lower, mount->path) == 0;
}

/* Whether it is bound from the overlay that layers share. */
static bool is_part(const struct plan_mount *mount)
{
	return mount->kind == MOUNT_LAYER && !mount->is_missing && !is_whole(mount);
}

/* Its place in the slot. */
static bool name_part(const struct plan_mount *mount, char part[PATH_MAX])
{
	int length = snprintf(part, PATH_MAX, SHARED_NAME "/%s", mount->path + strlen(mount->lower) + 1);
	return length > 0 && length < PATH_MAX;
}

/* Makes the directory of the layer in the upper one, so that the kernel need not: it cannot take over what belongs to a
 * group of which the namespace does not know. An error shows when the layer is made.
 */
static void make_part(int slot, const struct plan_mount *mount)
{
	char part[PATH_MAX];
	struct stat status;
	if (!name_part(mount, part) || lstat(mount->path, &status) != 0)
		return;
	for (char *end = strchr(part, '/'); end; end = strchr(end + 1, '/')) {
		*end = '\0';
		mkdirat(slot, part, 0755);
		*end = '/';
	}
	mkdirat(slot, part, status.st_mode & 0777);
}

/* While nothing is mounted there. */
static void make_parts(int slot, const struct plan_mount_list *mounts)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (is_part(&mounts->items[i]))
			make_part(slot, &mounts->items[i]);
}

static void share_overlay(int slot, const char *path, struct shared *shared)
{
	if (shared->lower && strcmp(shared->lower, path) == 0)
		return;
	if (shared->mount >= 0)
		close(shared->mount);
	*shared = (struct shared){ path, -1 };
	int lower = kernel_openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY, VIEW_NO_LINKS);
	if (lower < 0)
		return;
	shared->mount = lay_over(slot, lower, SHARED_NAME);
	close(lower);
}

/* Kernels before 6.15 clone no mount that stands nowhere: there it is attached in the slot, which no command sees, and
 * the freeze makes it read-only.
 */
static int clone_part(int slot, int overlay, const char *path)
{
	int place = kernel_openat2(overlay, path, O_PATH | O_DIRECTORY, VIEW_NO_LINKS | RESOLVE_BENEATH);
	if (place < 0)
		return -1;
	int part = kernel_open_tree(place, "", CLONE_THIS);
	if (part < 0 && errno == EINVAL &&
	    kernel_move_mount(overlay, "", slot, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0)
		part = kernel_open_tree(place, "", CLONE_THIS);
	close(place);
	return part;
}

/* The layer over what the survey saw there, as a mount that stands nowhere, or -1. */
static int make_layer(int slot, const struct plan_mount *mount, struct shared *shared, struct cordon_error *err)
{
	int own = view_open_surveyed(mount, err);
	if (own < 0)
		return -1;
	int layer = -1;
	if (!is_whole(mount)) {
		const char *path = mount->path + strlen(mount->lower) + 1;
		share_overlay(slot, mount->lower, shared);
		if (shared->mount >= 0)
			layer = clone_part(slot, shared->mount, path);
	}
	/* Something may be mounted below the home directory, over which no overlay can lie. */
	if (layer < 0)
		layer = lay_over(slot, own, mount->cache);
	close(own);
	return layer;
}

static int make_empty(int slot, const struct plan_mount *mount)
{
	char name[64];
	snprintf(name, sizeof name, "%s.own", mount->cache);
	int directory = slot < 0 ? -1 : open_below(slot, name);
	int layer = directory < 0 ? -1 : kernel_open_tree(directory, "", CLONE_THIS);
	if (directory >= 0)
		close(directory);
	struct mount_attr change = { .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };
	if (layer >= 0 && kernel_mount_setattr(layer, "", AT_EMPTY_PATH, &change) == 0)
		return layer;
	if (layer >= 0)
		close(layer);
	return -1;
}

/* The time is that of the planning, and an overlay may take as long. One that no plan asks for has harmed nobody: it
 * stands nowhere, and what it is made of was there before.
 */
void caches_begin(struct inside *inside)
{
	struct shared shared = { NULL, -1 };
	inside->slot_directory = inside->overlay = -1;
	if (!inside->caches || !inside->home)
		return;
	int slot = take_slot(inside->caches, &inside->slot);
	if (slot >= 0 && faccessat(slot, SHARED_NAME ".work", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		share_overlay(slot, inside->home, &shared);
		inside->slot_directory = slot;
		inside->overlay = shared.mount;
	} else if (slot >= 0) {
		close(slot);
	}
}

/* Whether it is of the plan what caches_begin expected, down to the directories that have to be there before the mount.
 */
static bool is_as_expected(const struct inside *inside)
{
	const struct plan *plan = &inside->plan;
	char part[PATH_MAX];
	struct stat status;
	if (inside->slot_directory < 0 || !plan->caches || strcmp(plan->caches, inside->caches) != 0)
		return false;
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];
		if (is_part(mount) && (strcmp(mount->lower, inside->home) != 0 || !name_part(mount, part) ||
				       fstatat(inside->slot_directory, part, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
				       !S_ISDIR(status.st_mode)))
			return false;
	}
	return true;
}

/* The slot, with what the layers share if that is mounted already; -1 where nothing can be kept. */
static int open_slot(struct inside *inside, struct shared *shared)
{
	const struct plan *plan = &inside->plan;
	if (is_as_expected(inside)) {
		*shared = (struct shared){ inside->home, inside->overlay };
		return inside->slot_directory;
	}
	if (inside->overlay >= 0)
		close(inside->overlay);
	if (inside->slot_directory >= 0)
		close(inside->slot_directory);
	int slot = plan->caches ? take_slot(plan->caches, &inside->slot) : -1;
	if (slot >= 0)
		make_parts(slot, &plan->mounts);
	return slot;
}

bool caches_open(struct inside *inside, struct cordon_error *err)
{
	struct plan *plan = &inside->plan;
	struct shared shared = { NULL, -1 };
	int slot = open_slot(inside, &shared);
	for (size_t i = 0; i < plan->mounts.count; i++) {
		struct plan_mount *mount = &plan->mounts.items[i];
		if (mount->kind != MOUNT_LAYER || view_leaves_out(mount))
			continue;
		int *layer = &inside->sources[i];
		if (!mount->is_missing && slot >= 0)
			*layer = make_layer(slot, mount, &shared, err);
		if (err->status != CORDON_OK)
			return false;
		mount->is_bare = *layer < 0 && !mount->is_missing;
		if (*layer < 0)
			*layer = make_empty(slot, mount);
		mount->is_bare |= *layer < 0;
		if (*layer < 0)
			*layer = view_make_tmpfs("0700", 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
		if (*layer < 0)
			return cordon_fail_errno(err, errno, "make a tmpfs for '%s'", mount->path);
	}
	if (shared.mount >= 0)
		close(shared.mount);
	return true;
}

/* -- whether this host can ----------------------------------------------------------------------------------------- */

/* In a process of its own, in namespaces as init has them: 0, or errno. */
static _Noreturn void try_layer(const char *path, uid_t user, gid_t group)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	struct inside inside = { .user = user, .group = group };
	int slot = open(path, DIRECTORY); /* in this mount namespace */
	int lower = slot < 0 ? -1 : open_below(slot, "lower");
	int mount = -1;
	if (lower >= 0 && namespaces_enter(&inside, &ignored))
		mount = lay_over(slot, lower, TRIAL_NAME);
	_exit(mount >= 0 ? 0 : errno > 0 && errno < 128 ? errno : EINVAL);
}

/* The names are those of a slot that was tried; what is in use by another trial stays. */
static void remove_trial(int slot)
{
	static const char *const names[] = { TRIAL_NAME ".work/work", TRIAL_NAME ".work", TRIAL_NAME, "lower" };
	settle(slot, TRIAL_NAME);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlinkat(slot, names[i], AT_REMOVEDIR);
}

bool caches_try(const char *path, struct cordon_error *err)
{
	siginfo_t how = { 0 };
	int process;
	if (!os_make_directories(path, err))
		return false;
	int slot = open(path, DIRECTORY);
	if (slot < 0)
		return cordon_fail_errno(err, errno, "open '%s'", path);
	uid_t user = geteuid();
	gid_t group = getegid();
	pid_t pid = kernel_clone(CLONE_NEWUSER | CLONE_NEWNS, -1, &process);
	if (pid == 0)
		try_layer(path, user, group);
	int code = errno;
	if (pid > 0) {
		while (waitid(P_PIDFD, (id_t)process, &how, WEXITED | __WALL) != 0 && errno == EINTR)
			;
		code = how.si_code == CLD_EXITED ? how.si_status : EINTR;
		close(process);
	}
	remove_trial(slot);
	close(slot);
	rmdir(path);
	return code == 0 || cordon_fail_errno(err, code, "mount an overlay with '%s' on top", path);
}

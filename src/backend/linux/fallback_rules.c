/* The plan's mount view said in Landlock's words, for a host without namespaces.
 *
 *	BIND, writable      everything beneath may be read and changed; what is protected in it is not (files.protect)
 *	BIND, read-only     may be read, where nothing writable lies around it
 *	FACADE              not granted, but its entries are, one by one, all but what it hides
 *	COVER               of a rule's: its directory is taken apart like a facade's. Sockets: Landlock does not know them
 *	LAYER               may be read; what the command would write there has no place
 *	PRIVATE             nothing but what steps below it grant; a temporary directory stands in for it
 *	DEVICES             the usual nodes, and no list of the host's; no terminal, for those are the host's too
 *	PROC                may be read
 *
 * Every directory above something that is not granted is taken apart in the same way. Such a directory can be passed
 * through, which Landlock does not check, and not be listed: the right to list it would hold for what it hides too.
 * What the host makes in it later is not granted.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/linux/fallback.h"
#include "backend/linux/kernel.h"
#include "base/scope.h"
#include "base/text.h"
#include "os/os.h"

/* landlock(7): rights that a rule for a file may hold, and those for directories alone. */
#define READ_FILE (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE)
#define READ_TREE (READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define CHANGE_NAMES \
	(LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
	 LANDLOCK_ACCESS_FS_MAKE_SYM)
#define MAKE_NODES (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)

enum { ABI_REFER = 2, ABI_TRUNCATE = 3, ABI_TCP = 4, ABI_IOCTL = 5, ABI_SCOPES = 6 };
enum { ENTRIES_MAX = 20000 };

struct rules {
	const struct plan *plan;
	int ruleset;
	size_t entries; /* of directories that were taken apart */
	uint64_t write_file, write_tree, use_device;
};

/* -- grants -------------------------------------------------------------------------------------------------------- */

/* What is no longer there, never was the user's, or has no place in the tree (a socket's own file system) needs no
 * grant.
 */
static bool allow(const struct rules *rules, int place, const char *path, uint64_t rights, struct cordon_error *err)
{
	if (kernel_landlock_allow_beneath(rules->ruleset, place, rights) == 0 || errno == EBADFD)
		return true;
	return cordon_fail_errno(err, errno, "allow '%s'", path);
}

static bool allow_path(const struct rules *rules, const char *path, uint64_t rights, struct cordon_error *err)
{
	int place = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (place < 0)
		return errno == ENOENT || errno == EACCES || cordon_fail_errno(err, errno, "open '%s'", path);
	bool is_fine = allow(rules, place, path, rights, err);
	close(place);
	return is_fine;
}

static bool allow_surveyed(const struct rules *rules, const struct plan_mount *mount, uint64_t rights,
			   struct cordon_error *err)
{
	int place = view_open_surveyed(mount, err);
	if (place < 0)
		return false;
	bool is_fine = allow(rules, place, mount->path, rights, err);
	close(place);
	return is_fine;
}

/* -- the steps of the plan ----------------------------------------------------------------------------------------- */

/* Of sockets, which the planner covers for no rule's sake, the survey keeps no identity. */
static bool is_ruled(const struct plan_mount *mount)
{
	return !mount->is_link && (mount->kind != MOUNT_COVER || mount->inode != 0);
}

/* The step that decides what the path holds: the last one laid there. */
static const struct plan_mount *step_at(const struct rules *rules, const char *path)
{
	const struct plan_mount_list *mounts = &rules->plan->mounts;
	for (size_t i = mounts->count; i > 0; i--)
		if (is_ruled(&mounts->items[i - 1]) && strcmp(mounts->items[i - 1].path, path) == 0)
			return &mounts->items[i - 1];
	return NULL;
}

static bool lies_strictly_below(const char *path, const char *directory)
{
	return os_lies_below(path, directory) && strcmp(path, directory) != 0;
}

/* Whether something beneath must not be granted along with it. */
static bool has_exception_below(const struct rules *rules, const char *path)
{
	for (size_t i = 0; i < rules->plan->mounts.count; i++) {
		const struct plan_mount *mount = &rules->plan->mounts.items[i];
		if (mount->kind != MOUNT_BIND && mount->kind != MOUNT_LAYER && is_ruled(mount) &&
		    lies_strictly_below(mount->path, path))
			return true;
	}
	return false;
}

static bool is_among(char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static bool is_shown(const struct plan_mount *facade, const char *name)
{
	if (!facade)
		return true;
	return facade->show ? is_among(facade->show, name) : !is_among(facade->hide, name);
}

/* -- what may be read ---------------------------------------------------------------------------------------------- */

static bool read_tree(struct rules *rules, const char *path, struct cordon_error *err);
static bool take_apart(struct rules *rules, const char *path, const struct plan_mount *facade,
		       struct cordon_error *err);

/* The steps below, where nothing else is granted. */
static bool read_steps_below(struct rules *rules, const char *path, struct cordon_error *err)
{
	for (size_t i = 0; i < rules->plan->mounts.count; i++) {
		const struct plan_mount *mount = &rules->plan->mounts.items[i];
		if (!lies_strictly_below(mount->path, path) || mount->is_missing || mount->is_writable ||
		    mount->is_link)
			continue;
		if (mount->kind == MOUNT_BIND && !read_tree(rules, mount->path, err))
			return false;
		if (mount->kind == MOUNT_FACADE && !take_apart(rules, mount->path, mount, err))
			return false;
	}
	return true;
}

static bool allow_devices(const struct rules *rules, const char *path, struct cordon_error *err)
{
	static const char *const nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };
	char node[64];
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
		snprintf(node, sizeof node, "%s/%s", path, nodes[i]);
		if (!allow_path(rules, node, rules->use_device, err))
			return false;
	}
	return true;
}

static bool read_step(struct rules *rules, const struct plan_mount *mount, struct cordon_error *err)
{
	switch (mount->kind) {
	case MOUNT_BIND:
		return mount->is_writable || mount->is_missing || read_tree(rules, mount->path, err);
	case MOUNT_FACADE:
		return take_apart(rules, mount->path, mount, err);
	case MOUNT_LAYER: /* read_layers */
	case MOUNT_COVER:
		return true;
	case MOUNT_PRIVATE:
		return read_steps_below(rules, mount->path, err);
	case MOUNT_PROC:
		return allow_path(rules, mount->path, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR, err);
	case MOUNT_DEVICES:
		return allow_devices(rules, mount->path, err);
	}
	return cordon_fail(err, CORDON_UNSUPPORTED, "unknown step for '%s'", mount->path);
}

static bool read_entry(struct rules *rules, int directory, const char *path, const struct dirent *entry,
		       struct cordon_error *err)
{
	const struct plan_mount *mount = step_at(rules, path);
	if (mount)
		return read_step(rules, mount, err);
	int place = openat(directory, entry->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (place < 0)
		return true;
	struct stat status;
	bool is_fine = true;
	if (fstat(place, &status) != 0)
		is_fine = true;
	else if (S_ISDIR(status.st_mode) && has_exception_below(rules, path))
		is_fine = take_apart(rules, path, NULL, err);
	else if (S_ISDIR(status.st_mode))
		is_fine = allow(rules, place, path, READ_TREE, err);
	else if (S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode))
		is_fine = allow(rules, place, path, READ_FILE, err);
	close(place);
	return is_fine;
}

/* `facade` may be NULL: then all of its entries are shown. */
static bool take_apart(struct rules *rules, const char *path, const struct plan_mount *facade, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_directory) DIR *directory = opendir(path);
	if (!directory) /* what nobody can list can still hold something that is granted */
		return (errno == EACCES || errno == ENOENT) ? read_steps_below(rules, path, err)
							    : cordon_fail_errno(err, errno, "list '%s'", path);
	for (const struct dirent *entry; (entry = readdir(directory));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    !is_shown(facade, entry->d_name))
			continue;
		if (++rules->entries > ENTRIES_MAX)
			return cordon_fail(
				err, CORDON_UNSUPPORTED,
				"files.read: without namespaces every entry of '%s' has to be granted by itself, "
				"and of such entries there are more than %d",
				path, ENTRIES_MAX);
		CORDON_ON_EXIT(free_text)
		char *child = text_format("%s/%s", strcmp(path, "/") == 0 ? "" : path, entry->d_name);
		if (!child)
			return cordon_fail_memory(err);
		if (!read_entry(rules, dirfd(directory), child, entry, err))
			return false;
	}
	return true;
}

static bool read_tree(struct rules *rules, const char *path, struct cordon_error *err)
{
	struct stat status;
	if (has_exception_below(rules, path))
		return take_apart(rules, path, NULL, err);
	if (lstat(path, &status) != 0)
		return errno == ENOENT || errno == EACCES || cordon_fail_errno(err, errno, "look at '%s'", path);
	return allow_path(rules, path, S_ISDIR(status.st_mode) ? READ_TREE : READ_FILE, err);
}

/* -- what may be written ------------------------------------------------------------------------------------------- */

static bool write_steps(const struct rules *rules, struct cordon_error *err)
{
	if (rules->plan->root_is_writable)
		return allow_path(rules, "/", rules->write_tree, err);
	for (size_t i = 0; i < rules->plan->mounts.count; i++) {
		const struct plan_mount *mount = &rules->plan->mounts.items[i];
		if (mount->kind != MOUNT_BIND || !mount->is_writable)
			continue;
		uint64_t rights = mount->is_directory ? rules->write_tree : rules->write_file;
		if (!allow_surveyed(rules, mount, rights, err))
			return false;
	}
	return true;
}

/* A facade leaves them out, to lay the layers in their place. */
static bool read_layers(struct rules *rules, struct cordon_error *err)
{
	for (size_t i = 0; i < rules->plan->mounts.count; i++) {
		const struct plan_mount *mount = &rules->plan->mounts.items[i];
		if (mount->kind == MOUNT_LAYER && !mount->is_missing && !read_tree(rules, mount->path, err))
			return false;
	}
	return true;
}

static bool fill(struct rules *rules, const char *temporary, struct cordon_error *err)
{
	const struct plan_mount *root = step_at(rules, "/");
	if (!allow_path(rules, temporary, rules->write_tree, err) || !write_steps(rules, err))
		return false;
	if (rules->plan->root_is_writable)
		return true;
	return (root ? read_step(rules, root, err) : read_tree(rules, "/", err)) && read_layers(rules, err);
}

int fallback_make_rules(const struct plan *plan, const char *temporary, int abi, struct cordon_error *err)
{
	uint64_t truncate = abi >= ABI_TRUNCATE ? LANDLOCK_FS_TRUNCATE : 0;
	uint64_t device = abi >= ABI_IOCTL ? LANDLOCK_FS_IOCTL_DEV : 0;
	struct rules rules = { .plan = plan };
	rules.write_file = READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | truncate;
	rules.write_tree = rules.write_file | READ_TREE | CHANGE_NAMES |
			   (abi >= ABI_REFER ? LANDLOCK_ACCESS_FS_REFER : 0);
	rules.use_device = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | truncate | device;

	/* With the network off no TCP socket exists (filter_families): this refuses those that come from elsewhere. */
	bool has_tcp = abi >= ABI_TCP && plan->network != NETWORK_OPEN;
	struct landlock_ruleset ruleset = {
		.handled_access_fs = rules.write_tree | MAKE_NODES | device,
		.handled_access_net = has_tcp ? LANDLOCK_NET_BIND_TCP | LANDLOCK_NET_CONNECT_TCP : 0,
		.scoped = abi >= ABI_SCOPES ? LANDLOCK_SCOPED_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPED_SIGNALS : 0,
	};
	size_t size = abi >= ABI_SCOPES ? sizeof ruleset
		      : abi >= ABI_TCP  ? offsetof(struct landlock_ruleset, scoped)
					: sizeof ruleset.handled_access_fs;
	rules.ruleset = kernel_landlock_create_ruleset(&ruleset, size, 0);
	if (rules.ruleset < 0) {
		cordon_fail_errno(err, errno, "make the ruleset");
		return -1;
	}
	if (!fill(&rules, temporary, err)) {
		close(rules.ruleset);
		return -1;
	}
	return rules.ruleset;
}

/* Landlock beside the mount view: the same writable places, said a second time to another part of the kernel.
 *
 * Only rights that change something are handled. Reading is the view's alone: a ruleset that handles a read right,
 * TRUNCATE or IOCTL_DEV makes every open half as dear again. What the view cannot see is caught here: a descriptor that
 * came from outside and is opened anew for writing through /proc/self/fd.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"

/* landlock(7): rights of ABI 1 that are no reading; they exist for directories only, but for WRITE_FILE. */
#define MAKE_NODES (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)
#define CHANGE_NAMES \
	(LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
	 LANDLOCK_ACCESS_FS_MAKE_SYM)

enum { ABI_REFER = 2, ABI_SCOPES = 6 };

/* The test build can be told to take the kernel for an older one. */
static int bounded(int abi)
{
#ifdef CORDON_PLANT
	const char *bound = getenv("CORDON_LANDLOCK_ABI");
	if (bound && atoi(bound) < abi)
		return atoi(bound);
#endif
	return abi;
}

int landlock_abi(void)
{
	int abi = kernel_landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return abi < 0 ? 0 : bounded(abi);
}

/* Handled, because without it a rename between two directories of the workspace would fail. */
static uint64_t refer(int abi)
{
	return abi >= ABI_REFER ? LANDLOCK_ACCESS_FS_REFER : 0;
}

static bool allow(int ruleset, const char *path, uint64_t rights, struct cordon_error *err)
{
	int place = open(path, O_PATH | O_CLOEXEC);
	if (place < 0)
		return cordon_fail_errno(err, errno, "open '%s'", path);
	int result = kernel_landlock_allow_beneath(ruleset, place, rights);
	int code = errno;
	close(place);
	return result == 0 || cordon_fail_errno(err, code, "allow '%s'", path);
}

static uint64_t rights_of(const struct plan_mount *mount, int abi)
{
	uint64_t tree = LANDLOCK_ACCESS_FS_WRITE_FILE | CHANGE_NAMES | refer(abi);
	switch (mount->kind) {
	case MOUNT_BIND:
		if (!mount->is_writable)
			return 0;
		return mount->is_directory ? tree : LANDLOCK_ACCESS_FS_WRITE_FILE;
	case MOUNT_PRIVATE:
	case MOUNT_LAYER:
	case MOUNT_DEVICES: /* its nodes, and /dev/shm */
		return tree;
	case MOUNT_PROC:
		return LANDLOCK_ACCESS_FS_WRITE_FILE;
	case MOUNT_FACADE:
	case MOUNT_COVER:
		return 0;
	}
	return 0;
}

static bool allow_plan(int ruleset, const struct plan *plan, int abi, struct cordon_error *err)
{
	uint64_t tree = LANDLOCK_ACCESS_FS_WRITE_FILE | CHANGE_NAMES | refer(abi);
	if (plan->root_is_writable)
		return allow(ruleset, "/", tree, err);
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];
		uint64_t rights = rights_of(mount, abi);
		/* a layer that is left out may have no directory below it */
		if (view_leaves_out(mount) && access(mount->path, F_OK) != 0)
			continue;
		if (rights && !allow(ruleset, mount->path, rights, err))
			return false;
	}
	return true;
}

/* A ruleset that was taken and does nothing has been seen (emulators, kernels in between): what Landlock alone refuses
 * tells. `directory` is the run's own and writable, and nobody may make a block device in it: Landlock says EACCES,
 * which is asked first, and without it the lack of a capability says EPERM (mknod(2)). A whiteout, which anybody may
 * make, will not do: kernels of late count it as a plain file.
 */
static bool check_effect(const char *directory, struct cordon_error *err)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/.cordon", directory);
	int result = mknod(path, S_IFBLK | 0600, 0);
	if (result != 0 && (errno == EACCES || is_planted("tmp")))
		return true;
	if (result != 0 && errno != EPERM)
		return cordon_fail_errno(err, errno, "look whether the ruleset took effect");
	unlink(path);
	return cordon_fail(err, CORDON_UNSUPPORTED,
			   "the kernel took the ruleset and does not apply it (guarantee files.write)");
}

static bool restrict_self(int rules, struct cordon_error *err)
{
	if (!is_planted("landlock.restrict") && kernel_landlock_restrict_self(rules) != 0)
		return cordon_fail_errno(err, errno, "enforce the ruleset");
	return true;
}

/* By the command itself: init stays outside, and a signal to it tells whether that holds. */
bool landlock_restrict_fallback(struct inside *inside, struct cordon_error *err)
{
	if (inside->ruleset < 0 || is_planted("landlock"))
		return true;
	if (!restrict_self(inside->ruleset, err) || !check_effect(inside->temporary, err))
		return false;
	if (inside->landlock >= ABI_SCOPES && (kill(getppid(), 0) == 0 || errno != EPERM))
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "the kernel took the ruleset and does not apply its scopes (guarantee processes)");
	return true;
}

bool landlock_restrict(struct inside *inside, struct cordon_error *err)
{
	int abi = inside->landlock;
	if (abi == 0 || is_planted("landlock"))
		return true;

	struct landlock_ruleset ruleset = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_WRITE_FILE | CHANGE_NAMES | MAKE_NODES | refer(abi),
		.scoped = abi >= ABI_SCOPES ? LANDLOCK_SCOPED_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPED_SIGNALS : 0,
	};
	size_t size = abi >= ABI_SCOPES ? sizeof ruleset : sizeof ruleset.handled_access_fs;
	int rules = kernel_landlock_create_ruleset(&ruleset, size, 0);
	if (rules < 0)
		return cordon_fail_errno(err, errno, "make the ruleset");
	bool is_fine = allow_plan(rules, &inside->plan, abi, err);
	is_fine = is_fine && restrict_self(rules, err) && check_effect("/tmp", err);
	close(rules);
	return is_fine;
}

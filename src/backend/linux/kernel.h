/* backend/linux/kernel.h: system calls that the C library does not wrap, and constants newer than the kernel headers
 * that Debian 12 ships (6.1). Each wrapper behaves as its man page says: -1 and errno on failure.
 *
 * sys/mount.h must not be included beside this header: it and linux/mount.h define the same names.
 */
#pragma once

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/linux/linux.h"

/* linux/landlock.h: ABI 3, 4, 5, 6 */
#define LANDLOCK_FS_TRUNCATE (1ULL << 14)
#define LANDLOCK_FS_IOCTL_DEV (1ULL << 15)
#define LANDLOCK_NET_BIND_TCP (1ULL << 0)
#define LANDLOCK_NET_CONNECT_TCP (1ULL << 1)
#define LANDLOCK_SCOPED_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define LANDLOCK_SCOPED_SIGNALS (1ULL << 1)

/* struct landlock_ruleset_attr as of ABI 6; the size passed to the kernel says how much of it is meant. */
struct landlock_ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

/* linux/seccomp.h of Linux 6.6: SECCOMP_IOW(4, __u64). */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, uint64_t)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

/* linux/close_range.h; musl's unistd.h has no close_range */
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

static inline int kernel_open_tree(int directory, const char *path, unsigned flags)
{
	return (int)syscall(SYS_open_tree, directory, path, flags);
}

static inline int kernel_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags)
{
	return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}

static inline int kernel_mount_setattr(int directory, const char *path, unsigned flags, struct mount_attr *attributes)
{
	return (int)syscall(SYS_mount_setattr, directory, path, flags, attributes, sizeof *attributes);
}

static inline int kernel_fsopen(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

static inline int kernel_fsconfig(int context, unsigned command, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, context, command, key, value, 0);
}

static inline int kernel_fsmount(int context, unsigned attributes)
{
	return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
}

static inline int kernel_openat2(int directory, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };
	return open_how(directory, path, &how);
}

static inline int kernel_landlock_create_ruleset(const struct landlock_ruleset *ruleset, size_t size, uint32_t flags)
{
	return (int)syscall(SYS_landlock_create_ruleset, ruleset, size, flags);
}

static inline int kernel_landlock_allow_beneath(int ruleset, int path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access, .parent_fd = path };
	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static inline int kernel_landlock_restrict_self(int ruleset)
{
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

static inline int kernel_seccomp(unsigned operation, unsigned flags, void *argument)
{
	return (int)syscall(SYS_seccomp, operation, flags, argument);
}

/* Like fork in what the child sees, with namespaces; returns the pid, 0 in the child. The child's end raises no signal:
 * whatever else waits for children in this process does not meet it (clone(2), __WCLONE).
 */
/* `group`: a directory of cgroup2 in which it begins, -1: the caller's */
static inline pid_t kernel_clone(uint64_t flags, int group, int *ret_pidfd)
{
	struct clone_args arguments = {
		.flags = flags | CLONE_PIDFD | (group >= 0 ? CLONE_INTO_CGROUP : 0),
		.cgroup = group >= 0 ? (uint64_t)group : 0,
		.pidfd = (uint64_t)(uintptr_t)ret_pidfd,
	};
	return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

/* The beginning of struct statx (statx(2)), for what musl's headers of 1.2.3 do not have beside their own stat. */
struct kernel_statx {
	uint32_t mask, block_size;
	uint64_t attributes;
	uint32_t links, user, group;
	uint16_t mode, padding;
	uint64_t inode, size, blocks, known_attributes;
	uint64_t rest[24];
};
#define KERNEL_STATX_TYPE_AND_MODE 0x3U
#define KERNEL_STATX_MOUNT_ROOT 0x2000ULL

static inline int kernel_statx(int descriptor, struct kernel_statx *ret_status)
{
	const unsigned from_cache = 0x4000; /* AT_STATX_DONT_SYNC */
	return (int)syscall(SYS_statx, descriptor, "", AT_EMPTY_PATH | from_cache, KERNEL_STATX_TYPE_AND_MODE,
			    ret_status);
}

/* The same without namespaces, and where clone3 is refused: the older call returns the pidfd through its third argument
 * (clone(2)).
 */
static inline pid_t kernel_clone_plain(int *ret_pidfd)
{
	return (pid_t)syscall(SYS_clone, CLONE_PIDFD, 0, ret_pidfd, 0, 0);
}

struct directory_entry { /* getdents64(2) */
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static inline int kernel_close_range(unsigned first, unsigned last, unsigned flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

/* The libraries disagree on the type of the request. */
static inline int kernel_ioctl(int descriptor, unsigned long request, const void *argument)
{
	return (int)syscall(SYS_ioctl, descriptor, request, argument);
}

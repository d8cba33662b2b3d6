/* /dev and /proc of the view. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"

/* The nodes that programs take for granted; each is the host's own, bound. */
static const char *const nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };

static const struct {
	const char *name, *target;
} links[] = {
	{ "fd", "/proc/self/fd" },       { "stdin", "/proc/self/fd/0" }, { "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" }, { "ptmx", "pts/ptmx" },         { ".cordon/nowhere", "/proc/0/hidden" },
};

/* What of /proc is no process. All of it belongs to root, who may write there without any capability (core_pattern,
 * sysrq-trigger); for other users only settings are covered, a second time.
 */
static const char *const kernel_files[] = { "sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "mtrr" };
enum { FOR_USERS = 1 };

static bool bind_node(int host, int devices, const char *name, struct cordon_error *err)
{
	int node = kernel_open_tree(host, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (node < 0)
		return errno == ENOENT || cordon_fail_errno(err, errno, "clone the host's /dev/%s", name);
	bool is_bound = mknodat(devices, name, S_IFREG | 0644, 0) == 0 &&
			kernel_move_mount(node, "", devices, name, MOVE_MOUNT_F_EMPTY_PATH) == 0;
	int code = errno;
	close(node);
	return is_bound || cordon_fail_errno(err, code, "bind /dev/%s", name);
}

/* A devpts of its own: terminals made inside are not the host's, and the host's are not here. The kernel has some 3000
 * for all such file systems together.
 */
static int make_terminals(void)
{
	int context = kernel_fsopen("devpts");
	if (context < 0)
		return -1;
	int mount = -1;
	if (kernel_fsconfig(context, FSCONFIG_SET_FLAG, "newinstance", NULL) == 0 &&
	    kernel_fsconfig(context, FSCONFIG_SET_STRING, "ptmxmode", "0666") == 0 &&
	    kernel_fsconfig(context, FSCONFIG_SET_STRING, "mode", "0620") == 0 &&
	    (is_planted("ptys") || kernel_fsconfig(context, FSCONFIG_SET_STRING, "max", "256") == 0) &&
	    kernel_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
		mount = kernel_fsmount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	int code = errno;
	close(context);
	errno = code;
	return mount;
}

static bool place(int mount, int devices, const char *name, struct cordon_error *err)
{
	if (mount < 0)
		return cordon_fail_errno(err, errno, "make the file system for /dev/%s", name);
	bool is_placed = mkdirat(devices, name, 0755) == 0 &&
			 kernel_move_mount(mount, "", devices, name, MOVE_MOUNT_F_EMPTY_PATH) == 0;
	int code = errno;
	close(mount);
	return is_placed || cordon_fail_errno(err, code, "mount /dev/%s", name);
}

static int shared_memory(int host)
{
	if (is_planted("shm"))
		return kernel_open_tree(host, "shm", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	return view_make_tmpfs("1777", 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

static bool fill_devices(int host, int devices, struct cordon_error *err)
{
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
		if (!bind_node(host, devices, nodes[i], err))
			return false;
	if (!place(make_terminals(), devices, "pts", err) || !place(shared_memory(host), devices, "shm", err))
		return false;
	if (mkdirat(devices, ".cordon", 0755) != 0)
		return cordon_fail_errno(err, errno, "make /dev/.cordon");
	/* for decoys.c; links need no room but their own */
	if (!place(view_make_tmpfs("0555", 4096, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC), devices,
		   ".cordon/hidden", err))
		return false;
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (symlinkat(links[i].target, devices, links[i].name) != 0)
			return cordon_fail_errno(err, errno, "make /dev/%s", links[i].name);
	return true;
}

bool view_make_devices(const char *path, struct cordon_error *err)
{
	int host = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (host < 0)
		return cordon_fail_errno(err, errno, "open '%s'", path);
	int devices = view_make_tmpfs("0755", 64 * 1024, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	bool is_made = devices >= 0 || cordon_fail_errno(err, errno, "make a tmpfs for '%s'", path);
	is_made = is_made && view_attach(devices, path, true, err) && fill_devices(host, devices, err);
	close(host);
	if (devices >= 0)
		close(devices);
	return is_made;
}

static bool protect_kernel_file(int proc, const char *name, struct cordon_error *err)
{
	struct mount_attr change = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };
	int part = kernel_open_tree(proc, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (part < 0)
		return errno == ENOENT || cordon_fail_errno(err, errno, "clone /proc/%s", name);
	bool is_protected = kernel_mount_setattr(part, "", AT_EMPTY_PATH, &change) == 0 &&
			    kernel_move_mount(part, "", proc, name, MOVE_MOUNT_F_EMPTY_PATH) == 0;
	int code = errno;
	close(part);
	return is_protected || cordon_fail_errno(err, code, "make /proc/%s read-only", name);
}

bool view_make_proc(const char *path, struct cordon_error *err)
{
	int context = kernel_fsopen("proc");
	int proc = -1;
	if (context >= 0 && kernel_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) == 0)
		proc = kernel_fsmount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (proc < 0)
		return cordon_fail_errno(err, errno,
					 "mount a fresh /proc (a container that masks parts of /proc forbids it)");
	close(context);

	bool is_fine = view_attach(proc, path, true, err);
	size_t count = getuid() == 0 ? sizeof kernel_files / sizeof *kernel_files : FOR_USERS;
	for (size_t i = 0; is_fine && i < count; i++)
		is_fine = protect_kernel_file(proc, kernel_files[i], err);
	close(proc);
	return is_fine;
}

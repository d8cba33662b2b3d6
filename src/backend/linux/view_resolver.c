/* How names become addresses inside: by the gate's DNS, over /etc/resolv.conf and /etc/hosts of the run's own. What the
 * host's files say is for the host: their addresses mean nothing inside, and the gate, outside, reads them for itself.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "backend/linux/gate.h"
#include "backend/linux/kernel.h"

#define PLACE "/run/cordon"

static const struct {
	const char *name, *path;
} files[] = {
	{ "resolv.conf", "/etc/resolv.conf" },
	{ "hosts", "/etc/hosts" },
};

static bool write_file(int folder, const char *name, const char *content, struct cordon_error *err)
{
	int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	ssize_t length = (ssize_t)strlen(content);
	bool is_fine = file >= 0 && write(file, content, (size_t)length) == length;
	int code = errno;
	if (file >= 0)
		close(file);
	return is_fine || cordon_fail_errno(err, code, "write '" PLACE "/%s'", name);
}

/* On systems with systemd-resolved the name is a link into /run: the mount lies on the link itself, and what it leads
 * to does not matter.
 */
static bool lay(int folder, const char *name, const char *path, struct cordon_error *err)
{
	int target = kernel_openat2(AT_FDCWD, path, O_PATH | O_NOFOLLOW, RESOLVE_NO_MAGICLINKS);
	if (target < 0 && errno == ENOENT)
		return cordon_fail(
			err, CORDON_UNSUPPORTED,
			"net.filtered: there is no '%s', over which the command's own would be laid; make an "
			"empty one",
			path);
	int file = target < 0
			   ? -1
			   : kernel_open_tree(folder, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	bool is_laid = file >= 0 &&
		       kernel_move_mount(file, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
	int code = errno;
	if (file >= 0)
		close(file);
	if (target >= 0)
		close(target);
	return is_laid || cordon_fail_errno(err, code, "lay a file over '%s'", path);
}

static bool fill(int folder, struct cordon_error *err)
{
	char hosts[256 + sizeof(struct utsname)];
	struct utsname system;
	if (uname(&system) != 0)
		return cordon_fail_errno(err, errno, "ask for the host's name");
	snprintf(hosts, sizeof hosts, "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.1.1 %s\n",
		 system.nodename);
	struct mount_attr change = { .attr_set = MOUNT_ATTR_RDONLY };
	if (!write_file(folder, "resolv.conf", "# cordon's gate\nnameserver " GATE_ADDRESS "\n", err) ||
	    !write_file(folder, "hosts", hosts, err))
		return false;
	if (kernel_mount_setattr(folder, "", AT_EMPTY_PATH, &change) != 0)
		return cordon_fail_errno(err, errno, "make '" PLACE "' read-only");
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (!lay(folder, files[i].name, files[i].path, err))
			return false;
	return true;
}

bool view_resolve(struct inside *inside, struct cordon_error *err)
{
	if (inside->plan.network != NETWORK_FILTERED || is_planted("mounts") || is_planted("namespaces.net"))
		return true;
	int folder = view_make_tmpfs("0755", 65536, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (folder < 0)
		return cordon_fail_errno(err, errno, "make a tmpfs for '" PLACE "'");
	bool is_fine = view_attach(folder, PLACE, true, err) && fill(folder, err);
	close(folder);
	return is_fine;
}

/* -- while the command runs
 * --------------------------------------------------------------------------------------------
 */

static bool stands(const char *path)
{
	struct kernel_statx status = { 0 };
	int place = kernel_openat2(AT_FDCWD, path, O_PATH | O_NOFOLLOW, RESOLVE_NO_MAGICLINKS);
	bool is_there = place >= 0 && kernel_statx(place, &status) == 0 &&
			(status.attributes & KERNEL_STATX_MOUNT_ROOT);
	if (place >= 0)
		close(place);
	return is_there;
}

bool view_resolve_again(void)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	int folder = kernel_openat2(AT_FDCWD, PLACE, O_PATH | O_DIRECTORY | O_CLOEXEC, RESOLVE_NO_SYMLINKS);
	bool is_whole = folder >= 0;
	for (size_t i = 0; is_whole && i < sizeof files / sizeof *files; i++)
		is_whole = stands(files[i].path) || lay(folder, files[i].name, files[i].path, &err);
	if (folder >= 0)
		close(folder);
	return is_whole;
}

/* Which sockets with a name were made inside: those that are bound in the command's network namespace. The kernel tells
 * the inode of each (sock_diag(7), UNIX_DIAG_VFS), whatever its name was at the time and is now.
 */
#include <errno.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "backend/linux/cage.h"

#define ANY_DEVICE UINT32_MAX

static bool ask(int diagnosis)
{
	const struct {
		struct nlmsghdr header;
		struct unix_diag_req request;
	} message = {
		.header = {
			.nlmsg_len = sizeof message,
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.request = {
			.sdiag_family = AF_UNIX,
			.udiag_states = UINT32_MAX,
			.udiag_show = UDIAG_SHOW_VFS,
		},
	};
	return send(diagnosis, &message, sizeof message, 0) == (ssize_t)sizeof message;
}

static bool is_it(struct nlmsghdr *header, const struct unix_diag_vfs *wanted)
{
	struct unix_diag_msg *message = NLMSG_DATA(header);
	size_t left = header->nlmsg_len < NLMSG_LENGTH(sizeof *message)
			      ? 0
			      : header->nlmsg_len - NLMSG_LENGTH(sizeof *message);
	for (struct rtattr *attribute = (struct rtattr *)(message + 1); RTA_OK(attribute, left);
	     attribute = RTA_NEXT(attribute, left)) {
		struct unix_diag_vfs vfs;
		if (attribute->rta_type != UNIX_DIAG_VFS || RTA_PAYLOAD(attribute) < sizeof vfs)
			continue;
		memcpy(&vfs, RTA_DATA(attribute), sizeof vfs);
		if (vfs.udiag_vfs_ino == wanted->udiag_vfs_ino &&
		    (vfs.udiag_vfs_dev == wanted->udiag_vfs_dev || wanted->udiag_vfs_dev == ANY_DEVICE))
			return true;
	}
	return false;
}

/* Btrfs and overlayfs show other devices than they have (stat(2) of a subvolume or a layer). */
static uint32_t device_of(int socket, const struct stat *status)
{
	struct statfs system;
	if (fstatfs(socket, &system) != 0 || system.f_type == BTRFS_SUPER_MAGIC ||
	    system.f_type == OVERLAYFS_SUPER_MAGIC)
		return ANY_DEVICE;
	return major(status->st_dev) << 20 | minor(status->st_dev); /* as the kernel keeps it (linux/kdev_t.h) */
}

/* The answer comes in parts, and has to be read to its end before the next question. */
enum socket_origin socket_origin(int diagnosis, int socket, const struct stat *status)
{
	char buffer[16384] __attribute__((aligned(__alignof__(struct nlmsghdr))));
	const struct unix_diag_vfs wanted = { (uint32_t)status->st_ino, device_of(socket, status) };
	bool is_found = false;
	if (diagnosis < 0 || !ask(diagnosis))
		return SOCKET_UNKNOWN;
	for (;;) {
		ssize_t length = recv(diagnosis, buffer, sizeof buffer, 0);
		if (length <= 0)
			return SOCKET_UNKNOWN;
		size_t left = (size_t)length;
		for (struct nlmsghdr *header = (struct nlmsghdr *)buffer; NLMSG_OK(header, left);
		     header = NLMSG_NEXT(header, left)) {
			if (header->nlmsg_type == NLMSG_DONE)
				return is_found ? SOCKET_INSIDE : SOCKET_OUTSIDE;
			if (header->nlmsg_type == NLMSG_ERROR)
				return SOCKET_UNKNOWN;
			is_found = is_found || is_it(header, &wanted);
		}
	}
}

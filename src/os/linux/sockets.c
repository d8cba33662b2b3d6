/* The host's unix sockets. A read-only mount keeps nobody from connecting to one, so the planner has to know them. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/linux/linux.h"
#include "os/os.h"

/* The kernel's table, one line a socket (proc_net(5)): address, references, protocol, flags, type, state, inode, path.
 */
#define TABLE "/proc/net/unix"
enum { ACCEPTS_CONNECTIONS = 0x10000 }; /* __SO_ACCEPTCON */

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* Most sockets have no name, and taking a line apart is dear: a desktop has a thousand of them. The fields before the
 * inode's number have a fixed width.
 */
static bool has_no_name(const char *line)
{
	enum { BEFORE_INODE = sizeof ": 00000002 00000000 00010000 0001 01 " - 1 };
	const char *at = strchr(line, ':');
	if (!at || strnlen(at, BEFORE_INODE) < BEFORE_INODE)
		return false;
	at += BEFORE_INODE;
	at += strspn(at, " ");
	at += strspn(at, "0123456789");
	return *at == '\n';
}

/* The path of a socket that others can reach, or NULL. The table shows names as they were bound: one that is relative
 * to a folder it does not tell, and one that a newline cuts, are for ask_kernel.
 */
static char *reachable_path(char *line, bool *ret_is_odd)
{
	unsigned flags, type;
	int at = 0;
	if (has_no_name(line))
		return NULL;
	if (sscanf(line, "%*s %*x %*x %x %x %*x %*u %n", &flags, &type, &at) != 2 || at == 0) {
		*ret_is_odd = true;
		return NULL;
	}
	if (!line[at] || line[at] == '@' || (type != SOCK_DGRAM && !(flags & ACCEPTS_CONNECTIONS)))
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	*ret_is_odd = line[at] != '/';
	return line + at;
}

static bool add(struct facts *facts, const char *path, struct cordon_error *err)
{
	char landing[PATH_MAX];
	struct stat status;
	/* The name may lead elsewhere by now, or be out of the user's sight: then it is out of the command's as well.
	 */
	if (lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode) || !realpath(path, landing))
		return true;
	for (size_t i = 0; i < facts->sockets.count; i++)
		if (strcmp(facts->sockets.items[i], landing) == 0)
			return true;
	char **added = LIST_ADD(&facts->sockets);
	if (!added)
		return cordon_fail_memory(err);
	*added = strdup(landing);
	return *added || cordon_fail_memory(err);
}

/* -- names that the table does not tell ---------------------------------------------------------------------------- */

struct bound {
	char name[sizeof((struct sockaddr_un *)0)->sun_path + 1];
	struct unix_diag_vfs file;
};

static bool is_file(const char *path, const struct unix_diag_vfs *file)
{
	struct stat status;
	/* The kernel's own form of a device number, and the low half of an inode's. */
	return lstat(path, &status) == 0 && (uint32_t)status.st_ino == file->udiag_vfs_ino &&
	       major(status.st_dev) == file->udiag_vfs_dev >> 20 &&
	       minor(status.st_dev) == (file->udiag_vfs_dev & 0xfffff);
}

/* A relative name belongs to the folder in which its process was, and most often still is. Processes of others do not
 * say where they are.
 */
static bool add_relative(struct facts *facts, const struct bound *bound, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_directory) DIR *processes = opendir("/proc");
	char path[PATH_MAX + sizeof bound->name];
	struct dirent *entry;
	while (processes && (entry = readdir(processes))) {
		char link[sizeof entry->d_name + 16];
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(link, sizeof link, "/proc/%s/cwd", entry->d_name);
		ssize_t length = readlink(link, path, PATH_MAX);
		if (length <= 0)
			continue;
		snprintf(path + length, sizeof path - (size_t)length, "/%s", bound->name);
		if (is_file(path, &bound->file))
			return add(facts, path, err);
	}
	return true;
}

/* From an answer of the kernel's: false where nobody can connect to it, or it has no file. */
static bool read_bound(struct nlmsghdr *header, struct bound *ret_bound)
{
	const struct unix_diag_msg *message = NLMSG_DATA(header);
	int left = (int)(header->nlmsg_len - NLMSG_LENGTH(sizeof *message));
	bool has_name = false, has_file = false;
	if (left < 0 || (message->udiag_type != SOCK_DGRAM && message->udiag_state != TCP_LISTEN))
		return false;
	struct rtattr *part = (struct rtattr *)((char *)NLMSG_DATA(header) + NLMSG_ALIGN(sizeof *message));
	for (; RTA_OK(part, left); part = RTA_NEXT(part, left)) {
		size_t length = RTA_PAYLOAD(part);
		if (part->rta_type == UNIX_DIAG_NAME && length > 0 && length < sizeof ret_bound->name) {
			memcpy(ret_bound->name, RTA_DATA(part), length);
			ret_bound->name[length] = '\0';
			has_name = ret_bound->name[0] != '\0';
		} else if (part->rta_type == UNIX_DIAG_VFS && length >= sizeof ret_bound->file) {
			memcpy(&ret_bound->file, RTA_DATA(part), sizeof ret_bound->file);
			has_file = true;
		}
	}
	return has_name && has_file;
}

/* sock_diag(7): each name byte for byte, and which file it is. */
static bool ask_kernel(struct facts *facts, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_descriptor) int kernel = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	struct {
		struct nlmsghdr header;
		struct unix_diag_req request;
	} question = {
		.header = { sizeof question, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 0, 0 },
		.request = { .sdiag_family = AF_UNIX,
			     .udiag_states = ~0u,
			     .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS },
	};
	/* A kernel without it knows what the table says and no more. */
	if (kernel < 0 || send(kernel, &question, sizeof question, 0) < 0)
		return true;
	char answer[16384] __attribute__((aligned(NLMSG_ALIGNTO)));
	for (ssize_t length; (length = recv(kernel, answer, sizeof answer, 0)) > 0;) {
		for (struct nlmsghdr *header = (void *)answer; NLMSG_OK(header, (unsigned)length);
		     header = NLMSG_NEXT(header, length)) {
			struct bound bound;
			if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
				return true; /* done, or not to be had */
			if (!read_bound(header, &bound))
				continue;
			if (!(bound.name[0] == '/' ? add(facts, bound.name, err) : add_relative(facts, &bound, err)))
				return false;
		}
	}
	return true;
}

bool os_survey_sockets(struct facts *facts, struct cordon_error *err)
{
	char line[PATH_MAX + 128];
	bool has_odd = false;
	CORDON_ON_EXIT(close_file) FILE *table = fopen(TABLE, "re");
	if (!table || !fgets(line, sizeof line, table)) /* the heading */
		return cordon_fail_errno(err, errno, "read " TABLE);
	while (fgets(line, sizeof line, table)) {
		bool is_odd = false;
		const char *path = reachable_path(line, &is_odd);
		has_odd |= is_odd;
		if (path && !is_odd && !add(facts, path, err))
			return false;
	}
	if (ferror(table))
		return cordon_fail_errno(err, errno, "read " TABLE);
	return !has_odd || ask_kernel(facts, err);
}

/* What the clone flags began (backend.c) is finished here: ids mapped, loopback up. */
#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"

static bool write_proc(const char *path, const char *content, struct cordon_error *err)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return cordon_fail_errno(err, errno, "open %s", path);
	ssize_t written = write(file, content, strlen(content));
	int code = errno;
	close(file);
	if (written != (ssize_t)strlen(content))
		return cordon_fail_errno(err, code, "write %s", path);
	return true;
}

/* The user keeps the ids that they have: files look owned by whom they are owned. An unprivileged process may map only
 * itself, and the group only once setgroups is denied (user_namespaces(7)); root does the same, so that no other owner's
 * files come within reach of a capability.
 */
bool namespaces_enter(struct inside *inside, struct cordon_error *err)
{
	const struct facts *facts = inside->plan->facts;
	char map[64];

	if (!write_proc("/proc/self/setgroups", "deny", err))
		return false;
	snprintf(map, sizeof map, "%llu %llu 1\n", (unsigned long long)facts->user_id,
		 (unsigned long long)facts->user_id);
	if (!write_proc("/proc/self/uid_map", map, err))
		return false;
	snprintf(map, sizeof map, "%llu %llu 1\n", (unsigned long long)facts->group_id,
		 (unsigned long long)facts->group_id);
	if (!write_proc("/proc/self/gid_map", map, err))
		return false;

	/* Init's memory is a copy of the supervisor's, with the environment and all: nobody inside may look. Only now,
	 * because a process that is not dumpable cannot open its own maps. */
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return cordon_fail_errno(err, errno, "hide init's memory");
	return true;
}

bool loopback_raise(struct inside *inside, struct cordon_error *err)
{
	if (inside->plan->network == NETWORK_OPEN || is_planted("namespaces.net"))
		return true;

	int link = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (link < 0)
		return cordon_fail_errno(err, errno, "socket");
	struct ifreq request = { .ifr_name = "lo" };
	request.ifr_flags = IFF_UP;
	int result = ioctl(link, SIOCSIFFLAGS, &request);
	int code = errno;
	close(link);
	return result == 0 || cordon_fail_errno(err, code, "raise lo");
}

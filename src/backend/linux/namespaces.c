/* What the clone flags began (start.c) is finished here: ids mapped, a network with nothing but loopback entered. */
#include <errno.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

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

/* A quarter of the user's inotify instances and watches stays for the programs outside, which fail without: both are
 * counted by user, through every namespace (namespaces(7), /proc/sys/user). A host that keeps /proc/sys from everybody
 * keeps it from this too.
 */
static void leave_watches(void)
{
	static const struct {
		const char *of_host, *of_namespace;
	} numbers[] = {
		{ "/proc/sys/fs/inotify/max_user_instances", "/proc/sys/user/max_inotify_instances" },
		{ "/proc/sys/fs/inotify/max_user_watches", "/proc/sys/user/max_inotify_watches" },
	};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		char text[32];
		struct cordon_error ignored = CORDON_ERROR_INIT;
		int file = open(numbers[i].of_host, O_RDONLY | O_CLOEXEC);
		ssize_t length = file < 0 ? 0 : read(file, text, sizeof text - 1);
		if (file >= 0)
			close(file);
		text[length > 0 ? length : 0] = '\0';
		long number = strtol(text, NULL, 10);
		snprintf(text, sizeof text, "%ld", number - number / 4);
		if (number > 0)
			(void)!write_proc(numbers[i].of_namespace, text, &ignored);
	}
}

/* The user keeps the ids that they have: files look owned by whom they are owned. An unprivileged process may map only
 * itself, and the group only once setgroups is denied (user_namespaces(7)); root does the same, so that no other
 * owner's files come within reach of a capability.
 */
bool namespaces_enter(struct inside *inside, struct cordon_error *err)
{
	char map[64];
	if (!write_proc("/proc/self/setgroups", "deny", err))
		return false;
	snprintf(map, sizeof map, "%u %u 1\n", (unsigned)inside->user, (unsigned)inside->user);
	if (!write_proc("/proc/self/uid_map", map, err))
		return false;
	snprintf(map, sizeof map, "%u %u 1\n", (unsigned)inside->group, (unsigned)inside->group);
	if (!write_proc("/proc/self/gid_map", map, err))
		return false;
	if (!is_planted("watches"))
		leave_watches();

	inside->view = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (inside->view < 0)
		return cordon_fail_errno(err, errno, "open the mount namespace");

	/* Init's memory is a copy of the supervisor's, with the environment and all: nobody inside may look. Only now,
	 * because a process that is not dumpable cannot open its own maps. */
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return cordon_fail_errno(err, errno, "hide init's memory");
	return true;
}

/* -- the network namespace ----------------------------------------------------------------------------------------- */

/* The dearest step of all, 0.4 ms in the kernel: a helper takes it while init builds the view. It shares init's table
 * of descriptors, leaves the namespace's there, and says in its exit status which one it is, or FAILED.
 */
enum { FAILED = 128 };

static int raise_loopback(void)
{
	int link = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (link < 0)
		return -1;
	struct ifreq request = { .ifr_name = "lo" };
	request.ifr_flags = IFF_UP;
	int result = ioctl(link, SIOCSIFFLAGS, &request);
	close(link);
	return result;
}

static _Noreturn void make_network(void)
{
	int space = -1;
	if (unshare(CLONE_NEWNET) == 0 && raise_loopback() == 0)
		space = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	_exit(space >= 0 && space < FAILED ? space : FAILED);
}

/* Before there is a plan: where the network is open this was for nothing. A host that has no process to spare, or
 * refuses this one, is not asked again: init does the helper's work then, as it does when the helper fails.
 */
bool network_begin(struct inside *inside, struct cordon_error *err)
{
	(void)err;
	const struct clone_args arguments = { .flags = CLONE_FILES };
	/* The helper shares `inside`, in which it must not leave what the call returned to it. */
	pid_t helper = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
	if (helper == 0)
		make_network();
	inside->network_helper = helper;
	return true;
}

static bool make_alone(bool is_left_out, struct cordon_error *err)
{
	return is_left_out || (unshare(CLONE_NEWNET) == 0 && raise_loopback() == 0) ||
	       cordon_fail_errno(err, errno, "make the network namespace (guarantee net.off)");
}

/* False where the helper was killed, or failed for want of something: that may be there by now. */
static bool enter_made(const struct inside *inside, bool is_left_out)
{
	int status;
	while (waitpid(inside->network_helper, &status, __WALL) < 0)
		if (errno != EINTR)
			return false;
	int space = WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
	if (space >= FAILED)
		return false;
	bool is_entered = is_left_out || setns(space, CLONE_NEWNET) == 0;
	close(space);
	return is_entered;
}

bool network_enter(struct inside *inside, struct cordon_error *err)
{
	bool is_left_out = inside->plan.network == NETWORK_OPEN || is_planted("namespaces.net");
	if (!(inside->network_helper > 0 && enter_made(inside, is_left_out)) && !make_alone(is_left_out, err))
		return false;
	/* Where the kernel has no such thing the host's sockets are not told apart: see observer.c. */
	inside->diagnosis = is_left_out ? -1 : socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	return true;
}

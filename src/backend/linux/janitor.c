/* The janitor: what is to be done at the end of a run, when cordon was killed and cannot do it.
 *
 * A fork of the supervisor with the user's rights, outside of everything. It waits until the supervisor has said that
 * nothing is left to do, or is gone without having said so. Then it sees to it that the tree is dead, which init should
 * have done, takes away the placeholders and the control group and settles the rest.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "backend/linux/cage.h"
#include "backend/linux/cgroup.h"
#include "backend/linux/kernel.h"

struct janitor {
	int control; /* the supervisor's end */
	int process; /* pidfd */
};

/* -- in the janitor ------------------------------------------------------------------------------------------------ */

struct estate {
	int control;
	int init; /* pidfd */
	bool is_fallback;
	struct placeholders *placeholders;
	const struct cgroup *cgroup; /* NULL: none */
	const struct handover *handover;
};

/* True when the supervisor has done everything itself. */
static bool is_settled(const struct estate *estate)
{
	char word;
	ssize_t length;
	do
		length = recv(estate->control, &word, sizeof word, 0);
	while (length < 0 && errno == EINTR);
	return length > 0;
}

static void wait_for_end(const struct estate *estate)
{
	struct pollfd init = { .fd = estate->init, .events = POLLIN };
	if (!estate->is_fallback)
		syscall(SYS_pidfd_send_signal, estate->init, SIGKILL, NULL, 0);
	while (poll(&init, 1, -1) != 1)
		;
}

static _Noreturn void inherit(const struct estate *estate, const int *kept, size_t count)
{
	setsid(); /* away from the terminal's signals; every signal is blocked */
	if (!descriptors_keep(kept, count) || is_settled(estate))
		_exit(0);
	wait_for_end(estate);
	if (estate->cgroup)
		cgroup_remove(estate->cgroup);
	placeholders_remove(estate->placeholders);
	estate->handover->settle(estate->handover->context, true);
	_exit(0);
}

/* -- in the supervisor --------------------------------------------------------------------------------------------- */

static bool clone_janitor(struct janitor *janitor, struct estate *estate, struct cordon_error *err)
{
	int pair[2];
	sigset_t all, before;
	size_t held = placeholders_count(estate->placeholders);
	int *kept = malloc((held + 2) * sizeof *kept);
	if (!kept)
		return cordon_fail_memory(err);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		free(kept);
		return cordon_fail_errno(err, errno, "make a socket");
	}
	janitor->control = pair[0];
	estate->control = pair[1];
	placeholders_descriptors(estate->placeholders, kept);
	kept[held] = pair[1];
	kept[held + 1] = estate->init;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = kernel_clone_plain(&janitor->process);
	if (pid == 0)
		inherit(estate, kept, held + 2);
	int code = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(pair[1]);
	free(kept);
	return pid > 0 || cordon_fail_errno(err, code, "start a process");
}

bool janitor_start(int init, bool is_fallback, struct placeholders *placeholders, const struct cgroup *cgroup,
		   const struct handover *handover, struct janitor **ret_janitor, struct cordon_error *err)
{
	struct janitor *janitor = calloc(1, sizeof *janitor);
	struct estate estate = {
		.init = init,
		.is_fallback = is_fallback,
		.placeholders = placeholders,
		.cgroup = cgroup,
		.handover = handover,
	};
	if (!janitor)
		return cordon_fail_memory(err);
	janitor->control = janitor->process = -1;
	if (!clone_janitor(janitor, &estate, err)) {
		janitor_dismiss(janitor);
		return cordon_while(err, "make sure of the end");
	}
	*ret_janitor = janitor;
	return true;
}

struct janitor *janitor_dismiss(struct janitor *janitor)
{
	if (!janitor)
		return NULL;
	send(janitor->control, "", 1, MSG_NOSIGNAL);
	if (janitor->process >= 0)
		graves_dig(&janitor->process, true);
	if (janitor->control >= 0)
		close(janitor->control);
	free(janitor);
	return NULL;
}

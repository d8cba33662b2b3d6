/* The mender: keeps the covers of the plan over the names that they belong to while the host changes what has these
 * names.
 *
 * A process outside the tree's pid namespace, which the command can neither see nor reach, that joins the view with the
 * capability to mount there. It is started some milliseconds after the command, or at the first change of the mount
 * table, whichever comes first: most commands are over by then. It tells the supervisor of everything that it did, and
 * ends with it; where it cannot go on the supervisor learns that too, and ends the tree.
 *
 * The time between a change and the cover is a window that the command can hit. What it can do then is see what was
 * hidden, or open what was protected; files that are left open for writing are found, and end the tree.
 */
#include <errno.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "backend/linux/cage.h"
#include "backend/linux/gate.h"
#include "backend/linux/kernel.h"
#include "os/os.h"

/* Where the user has no watch left; where a file is still open, and how long it may be; where the host has no
 * /etc/resolv.conf for the moment.
 */
enum { LOOK_EVERY_MS = 10, OPEN_EVERY_MS = 5, OPEN_MS_MAX = 1000, RESOLVE_EVERY_MS = 50 };

struct mender {
	const struct plan *plan;
	struct covers *covers;
	int control;          /* the supervisor's end */
	int process;          /* pidfd */
	struct tended *names; /* the mender's: one a name */
	struct heard *heard;  /* the same */
};

struct tended {
	enum cover_state state, news;
	uint64_t mended_ms; /* os_clock */
	bool may_lie_bare;  /* the plan has no mount for it */
	bool is_unproved;   /* mended, and not yet known to be closed */
	bool is_untold;
	uint64_t device, inode; /* see struct mending */
};

/* One datagram. A mender that cannot work says so with NO_NAME and errno. */
struct word {
	uint32_t name;
	uint32_t state;
	int32_t code;
	uint64_t device, inode;
};
#define NO_NAME UINT32_MAX

/* -- in the mender ------------------------------------------------------------------------------------------------- */

struct tending {
	const struct mender *mender;
	int control, view, table;
	int queue;    /* inotify; -1: none is to be had */
	bool is_deaf; /* not everything is watched, or was when it was looked at last */
};

static _Noreturn void give_up(const struct tending *tending)
{
	const struct word word = { .name = NO_NAME, .code = errno };
	send(tending->control, &word, sizeof word, MSG_NOSIGNAL);
	_exit(1);
}

/* The user namespace first: its owner has every capability in it, and needs them for the other (setns(2)). */
static bool join_view(const struct tending *tending)
{
	int owner = kernel_ioctl(tending->view, NS_GET_USERNS, NULL);
	bool is_joined = owner >= 0 && setns(owner, CLONE_NEWUSER) == 0 && setns(tending->view, CLONE_NEWNS) == 0 &&
			 prctl(PR_SET_DUMPABLE, 0) == 0;
	int code = errno;
	if (owner >= 0)
		close(owner);
	close(tending->view);
	errno = code;
	return is_joined;
}

/* That a name which must not appear has not is no news. */
static void note(struct tended *tended, enum cover_state state)
{
	bool is_change = state != COVER_STANDS && state != tended->state;
	bool is_news = state == COVER_MENDED || (is_change && !(state == COVER_BARE && tended->may_lie_bare));
	tended->state = state;
	if (!is_news)
		return;
	tended->is_untold = true;
	tended->news = state;
}

/* A file that is open when its cover stands again is looked at until it no longer is. What was heard until now was
 * before the cover stood, or was none of the command's.
 */
static void prove(const struct tending *tending, size_t name, struct tended *tended)
{
	const struct mender *mender = tending->mender;
	struct stat status;
	if (tending->queue >= 0)
		covers_heard(mender->covers, tending->queue, mender->heard);
	enum cover_state state = covers_prove(mender->covers, name, &mender->heard[name]);
	if (state == COVER_OPEN && os_clock() - tended->mended_ms < OPEN_MS_MAX)
		return;
	bool is_empty = covers_is_empty_directory(mender->covers, name, &status);
	tended->device = is_empty ? status.st_dev : 0;
	tended->inode = is_empty ? status.st_ino : 0;
	tended->is_unproved = false;
	mender->heard[name] = (struct heard){ .is_concerned = mender->heard[name].is_concerned };
	note(tended, state);
}

/* Who has opened meanwhile what a cover hides is only known where it was watched. The command can see to it that it is
 * not: it takes watches of the same user's.
 */
static void attend_name(const struct tending *tending, size_t name)
{
	struct tended *tended = &tending->mender->names[name];
	enum cover_state state = covers_attend(tending->mender->covers, name);
	if (state == COVER_MENDED && tending->is_deaf && covers_hides(tending->mender->covers, name)) {
		note(tended, COVER_LOST);
		return;
	}
	if (state == COVER_MENDED) {
		tended->is_unproved = true;
		tended->mended_ms = os_clock();
	}
	if (state == COVER_MENDED || (state == COVER_STANDS && tended->is_unproved)) {
		prove(tending, name, tended);
		return;
	}
	tending->mender->heard[name].is_changed = state != COVER_STANDS;
	note(tended, state);
}

/* What was heard of lies open now. Then watches, and after them every name, so that what changes meanwhile is heard of.
 * Returns how long it may wait for the next change.
 */
static int attend(struct tending *tending)
{
	const struct mender *mender = tending->mender;
	for (size_t name = 0; name < covers_count(mender->covers); name++) {
		if (mender->heard[name].is_concerned)
			attend_name(tending, name);
		mender->heard[name].is_concerned = false;
	}
	if (tending->queue < 0)
		tending->queue = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	bool is_watched = tending->queue >= 0 && covers_watch(mender->covers, tending->queue);
	bool is_proved = true;
	tending->is_deaf = tending->is_deaf || !is_watched;
	for (size_t name = 0; name < covers_count(mender->covers); name++) {
		attend_name(tending, name);
		is_proved = is_proved && !mender->names[name].is_unproved;
	}
	tending->is_deaf = !is_watched;
	bool is_resolved = mender->plan->network != NETWORK_FILTERED || view_resolve_again();
	return !is_proved ? OPEN_EVERY_MS : !is_watched ? LOOK_EVERY_MS : !is_resolved ? RESOLVE_EVERY_MS : -1;
}

/* Says what is not said yet. False while the supervisor has no room for it. */
static bool say(const struct tending *tending)
{
	const struct mender *mender = tending->mender;
	for (size_t name = 0; name < covers_count(mender->covers); name++) {
		struct tended *tended = &mender->names[name];
		const struct word word = {
			.name = (uint32_t)name,
			.state = tended->news,
			.device = tended->device,
			.inode = tended->inode,
		};
		if (!tended->is_untold)
			continue;
		if (send(tending->control, &word, sizeof word, MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof word)
			return false;
		tended->is_untold = false;
	}
	return true;
}

/* Until something may have changed. The supervisor's end is this process' end. */
static void wait_for_change(const struct tending *tending, int timeout_ms, bool has_more_to_say)
{
	struct pollfd sources[] = {
		{ .fd = tending->control, .events = has_more_to_say ? POLLOUT : 0 },
		{ .fd = tending->table, .events = POLLPRI },
		{ .fd = tending->queue, .events = POLLIN },
	};
	for (;;) {
		int count = poll(sources, sizeof sources / sizeof *sources, timeout_ms);
		if (count < 0 && errno != EINTR)
			give_up(tending);
		if (count > 0 && (sources[0].revents & (POLLHUP | POLLERR)))
			_exit(0);
		bool is_heard = count > 0 && sources[2].revents &&
				covers_heard(tending->mender->covers, tending->queue, tending->mender->heard);
		if (count == 0 || is_heard || (count > 0 && (sources[0].revents || sources[1].revents)))
			return;
	}
}

static _Noreturn void tend(struct tending *tending)
{
	/* away from the terminal's signals and from the caller's process group; every signal is blocked */
	const int kept[] = { tending->control, tending->view, tending->table };
	if (setsid() < 0 || !descriptors_keep(kept, sizeof kept / sizeof *kept) || !join_view(tending))
		give_up(tending);
	for (;;) {
		int timeout_ms = attend(tending);
		bool has_said = say(tending);
		wait_for_change(tending, timeout_ms, !has_said);
	}
}

/* -- in the supervisor --------------------------------------------------------------------------------------------- */

static bool clone_mender(struct mender *mender, int view, int table, struct cordon_error *err)
{
	int pair[2];
	sigset_t all, before;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return cordon_fail_errno(err, errno, "make a socket");
	mender->control = pair[0];
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = kernel_clone(0, -1, &mender->process);
	if (pid == 0) {
		struct tending tending = { mender, pair[1], view, table, -1, false };
		tend(&tending);
	}
	int code = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(pair[1]);
	return pid > 0 || cordon_fail_errno(err, code, "start a process");
}

bool mender_start(const struct plan *plan, int view, int table, struct mender **ret_mender, struct cordon_error *err)
{
	struct mender *mender = calloc(1, sizeof *mender);
	if (!mender)
		return cordon_fail_memory(err);
	mender->plan = plan;
	mender->control = mender->process = -1;
	mender->covers = covers_new(plan);
	size_t count = mender->covers ? covers_count(mender->covers) : 0;
	mender->names = calloc(count + 1, sizeof *mender->names);
	mender->heard = calloc(count + 1, sizeof *mender->heard);
	bool has_memory = mender->covers && mender->names && mender->heard;
	for (size_t name = plan->mounts.count; has_memory && name < count; name++)
		mender->names[name].may_lie_bare = true;
	bool is_started = has_memory ? clone_mender(mender, view, table, err) : cordon_fail_memory(err);
	if (!is_started) {
		mender_end(mender);
		return cordon_while(err, "keep the covers in place");
	}
	*ret_mender = mender;
	return true;
}

/* Giving up its watches takes the kernel ten milliseconds, which nobody waits for. */
struct mender *mender_end(struct mender *mender)
{
	if (!mender)
		return NULL;
	if (mender->process >= 0) {
		syscall(SYS_pidfd_send_signal, mender->process, SIGKILL, NULL, 0);
		graves_dig(&mender->process, true);
	}
	if (mender->control >= 0)
		close(mender->control);
	covers_free(mender->covers);
	free(mender->names);
	free(mender->heard);
	free(mender);
	return NULL;
}

int mender_waitable(const struct mender *mender)
{
	return mender->control;
}

bool mender_hear(struct mender *mender, struct mending *ret_mending, struct cordon_error *err)
{
	struct word word;
	ssize_t length = recv(mender->control, &word, sizeof word, MSG_DONTWAIT);
	*ret_mending = (struct mending){ .path = NULL };
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (length != sizeof word)
		return cordon_fail(err, CORDON_OS_FAILED, "the process that keeps the covers in place was killed");
	if (word.name == NO_NAME)
		return cordon_fail_errno(err, word.code, "keep the covers in place");
	size_t mounts = mender->plan->mounts.count;
	ret_mending->path = covers_path(mender->covers, word.name);
	ret_mending->state = (enum cover_state)word.state;
	ret_mending->device = word.device;
	ret_mending->inode = word.inode;
	ret_mending->is_protected = word.name < mounts && mender->plan->mounts.items[word.name].kind == MOUNT_BIND;
	return true;
}

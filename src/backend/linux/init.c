/* Pid 1 inside. Applies the layers to itself, starts the command, reaps every process of the tree, and tells the
 * supervisor when the last one is gone. Its end is the tree's end: the kernel kills what is left in a pid namespace
 * whose init dies.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/linux/cage.h"
#include "backend/linux/fallback.h"
#include "backend/linux/proc_stat.h"

struct reaper {
	struct inside *inside;
	int signals; /* signalfd: SIGCHLD */
	pid_t command;
	bool is_over;   /* the command has ended; status says how */
	bool is_paused; /* the tree: every process has SIGSTOP */
	int status;
};

/* In a pid namespace init's end is the tree's; without one it has to see to that first. */
static void clear(const struct inside *inside)
{
	if (!inside->is_fallback)
		return;
	fallback_end_tree();
	if (inside->temporary)
		fallback_remove(inside->temporary);
}

static _Noreturn void leave(const struct inside *inside)
{
	clear(inside);
	_exit(1);
}

static _Noreturn void fail(const struct inside *inside, const struct cordon_error *err)
{
	struct message message = { .kind = MESSAGE_FAILED, .error = *err };
	clear(inside);
	(void)!message_send(inside->control, &message, NULL); /* nobody there: nobody to tell */
	_exit(1);
}

/* Where memory is short for all, the kernel ends what counts as largest: the command before the user's own programs, by
 * half of all there is (proc(5), oom_score_adj). It may take that back, as its niceness it may not.
 */
static void offer_memory(void)
{
	enum { OFFERED = 500, MOST = 1000 };
	char text[16] = "";
	int file = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : pread(file, text, sizeof text - 1, 0);
	int now = length > 0 ? atoi(text) : MOST;
	int length_now = snprintf(text, sizeof text, "%d", now + OFFERED < MOST ? now + OFFERED : MOST);
	if (now < MOST)
		(void)!pwrite(file, text, (size_t)length_now, 0);
	if (file >= 0)
		close(file);
}

/* The caller's handlers are code of the caller's; what it ignores the command ignores too, as after any fork and exec.
 */
static bool settle_signals(struct inside *inside, struct cordon_error *err)
{
	sigset_t all;
	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) != 0)
		return cordon_fail_errno(err, errno, "block signals");
	for (int number = 1; number < NSIG; number++) {
		struct sigaction now;
		if (sigaction(number, NULL, &now) != 0)
			continue;
		if (number == SIGCHLD || (now.sa_handler != SIG_IGN && now.sa_handler != SIG_DFL)) {
			now = (struct sigaction){ .sa_handler = SIG_DFL };
			sigaction(number, &now, NULL);
		}
	}
	/* Away from the terminal's signals and from the caller's process group. */
	if (!is_planted("session") && setsid() < 0)
		return cordon_fail_errno(err, errno, "start a session");
	limits_lower_share();
	if (!is_planted("share"))
		offer_memory();
	if (inside->dies_with_thread && !inside->is_fallback && !is_planted("dies-with-parent") &&
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return cordon_fail_errno(err, errno, "ask for a signal when cordon dies");
	return true;
}

/* Init's memory is the caller's, and anybody inside may read /proc/1/cmdline: the caller's arguments leave it. */
static bool forget_arguments(struct cordon_error *err)
{
	struct proc_stat stat;
	if (!proc_stat_read(AT_FDCWD, "/proc/self/stat", &stat))
		return cordon_fail_errno(err, errno, "read /proc/self/stat");
	char *begin = (char *)(uintptr_t)stat.fields[STAT_ARGUMENTS_BEGIN];
	char *end = (char *)(uintptr_t)stat.fields[STAT_ARGUMENTS_END];
	if (!begin)
		return cordon_fail(err, CORDON_UNSUPPORTED, "/proc/self/stat does not say where the arguments are");
	if (end > begin)
		memset(begin, 0, (size_t)(end - begin));
	return true;
}

/* What init listens to. The supervisor's end shows on its pidfd: the control socket stays open as long as any process
 * that the caller has forked meanwhile, and PDEATHSIG may not be meant.
 */
enum { FROM_CONTROL, FROM_SUPERVISOR, FROM_CHILDREN, SOURCES };

static void listen_to(const struct inside *inside, int signals, struct pollfd sources[SOURCES])
{
	bool may_outlive = is_planted("dies-with-parent");
	sources[FROM_CONTROL] = (struct pollfd){ .fd = inside->control, .events = POLLIN };
	sources[FROM_SUPERVISOR] = (struct pollfd){ .fd = may_outlive ? -1 : inside->supervisor, .events = POLLIN };
	sources[FROM_CHILDREN] = (struct pollfd){ .fd = signals, .events = POLLIN };
}

static void wait_for_source(const struct inside *inside, struct pollfd sources[SOURCES])
{
	int count = poll(sources, SOURCES, -1);
	if (count < 0 && errno != EINTR)
		leave(inside);
	if (count <= 0)
		sources[FROM_CONTROL].revents = sources[FROM_SUPERVISOR].revents = sources[FROM_CHILDREN].revents = 0;
	if (sources[FROM_SUPERVISOR].revents)
		leave(inside);
}

/* Meanwhile the supervisor may have found that there is nothing to run: then its end of the socket closes. */
void init_await(const struct inside *inside, enum message_kind kind, int ret_carried[CARRIED_COUNT])
{
	struct message message;
	struct pollfd sources[SOURCES];
	listen_to(inside, -1, sources);
	do
		wait_for_source(inside, sources);
	while (!sources[FROM_CONTROL].revents);
	if (!message_receive(inside->control, &message, ret_carried) || message.kind != kind)
		leave(inside);
}

static void wait_for_plan(struct inside *inside)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	int carried[CARRIED_COUNT];
	init_await(inside, MESSAGE_GO, carried);
	inside->ruleset = carried[CARRIED_RULESET];
	if (inside->ruleset >= 0 && !streams_move(inside, &inside->ruleset, &err))
		fail(inside, &err);
	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		inside->doors[i] = -1;
}

/* Does not wait where the supervisor does not read: the command can stop and go on as often as it likes. */
static void tell_stop(const struct reaper *reaper, int number)
{
	const struct message message = { .kind = MESSAGE_STOPPED, .code = number };
	send(reaper->inside->control, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void note_change(struct reaper *reaper, pid_t pid, int status)
{
	/* A child that has asked to be traced stops; nobody traces here, so it goes on. */
	if (WIFSTOPPED(status) && ptrace(PTRACE_DETACH, pid, NULL, (void *)(intptr_t)WSTOPSIG(status)) == 0)
		return;
	if (pid != reaper->command || (reaper->is_paused && WIFSTOPPED(status)))
		return;
	if (WIFSTOPPED(status) || WIFCONTINUED(status)) {
		tell_stop(reaper, WIFSTOPPED(status) ? WSTOPSIG(status) : 0);
		return;
	}
	reaper->is_over = true;
	reaper->status = status;
}

static void reap(struct reaper *reaper)
{
	int flags = WNOHANG | (reaper->inside->slave >= 0 ? WUNTRACED | WCONTINUED : 0);
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, flags);
		if (pid <= 0)
			return;
		note_change(reaper, pid, status);
	}
}

/* Every process but init itself. Outside a pid namespace of its own (a test build without that layer) the same call
 * would reach everything that the user runs.
 */
static void signal_all(int number)
{
	if (getpid() == 1)
		kill(-1, number);
}

/* What has stopped by itself goes on with the others. */
static void set_paused(struct reaper *reaper, bool is_paused)
{
	bool is_change = reaper->is_paused != is_paused && !is_planted("pause");
	if (is_change && !reaper->inside->is_fallback)
		signal_all(is_paused ? SIGSTOP : SIGCONT);
	else if (is_change && is_paused)
		fallback_freeze();
	else if (is_change)
		fallback_thaw();
	reaper->is_paused = is_paused;
}

static void pass_signal(struct reaper *reaper, int number)
{
	if (number == SIGCONT)
		set_paused(reaper, false);
	pid_t group = number == SIGWINCH ? terminal_foreground(reaper->inside) : -1;
	kill(group > 0 ? -group : -reaper->command, number);
}

/* False when the supervisor is gone. */
static bool obey(struct reaper *reaper)
{
	struct message message;
	int none[CARRIED_COUNT];
	if (!message_receive(reaper->inside->control, &message, none))
		return errno == EAGAIN || errno == EINTR || (is_planted("dies-with-parent") && errno == 0);
	/* A command that is over may have a successor in its group only where its background is kept. */
	if (reaper->is_over && !reaper->inside->handover.keep_background)
		return true;
	if (message.kind == MESSAGE_SIGNAL)
		pass_signal(reaper, message.code);
	if (message.kind == MESSAGE_PAUSE)
		set_paused(reaper, true);
	if (message.kind == MESSAGE_FOREGROUND) {
		terminal_advance(reaper->inside, reaper->command);
		pass_signal(reaper, SIGCONT);
	}
	if (message.kind == MESSAGE_END && !reaper->is_over)
		kill(reaper->command, SIGKILL);
	return true;
}

static void wait_for_command(struct reaper *reaper)
{
	struct pollfd sources[SOURCES];
	listen_to(reaper->inside, reaper->signals, sources);
	while (!reaper->is_over) {
		wait_for_source(reaper->inside, sources);
		if (sources[FROM_CONTROL].revents && !obey(reaper))
			leave(reaper->inside);
		struct signalfd_siginfo ignored;
		if (sources[FROM_CHILDREN].revents && read(reaper->signals, &ignored, sizeof ignored) > 0)
			reap(reaper);
	}
}

static bool has_children(void)
{
	siginfo_t ignored;
	return waitid(P_ALL, 0, &ignored, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* What the command left behind, by the caller's wish. */
static void wait_for_background(struct reaper *reaper)
{
	struct pollfd sources[SOURCES];
	listen_to(reaper->inside, reaper->signals, sources);
	for (reap(reaper); has_children(); reap(reaper)) {
		wait_for_source(reaper->inside, sources);
		if (sources[FROM_CONTROL].revents && !obey(reaper))
			leave(reaper->inside);
		struct signalfd_siginfo ignored;
		ssize_t length = read(reaper->signals, &ignored, sizeof ignored);
		(void)length;
	}
}

/* What the command left behind; orphans come to init one by one. */
static void end_tree(const struct inside *inside)
{
	if (inside->is_fallback) {
		clear(inside);
		return;
	}
	do
		signal_all(SIGKILL);
	while (getpid() == 1 && (waitpid(-1, NULL, 0) >= 0 || errno != ECHILD));
}

/* Until the supervisor holds nothing of the namespaces any more: who lets go of them last waits for the kernel to take
 * them apart, and that is not to be somebody for whom others wait.
 */
static void wait_for_release(const struct inside *inside)
{
	struct pollfd sources[SOURCES];
	listen_to(inside, -1, sources);
	sources[FROM_CONTROL].events = 0; /* what else it has to say is of no use any more */
	do
		wait_for_source(inside, sources);
	while (!sources[FROM_CONTROL].revents);
}

static _Noreturn void report_end(const struct reaper *reaper)
{
	struct rusage usage;
	getrusage(RUSAGE_CHILDREN, &usage);
	bool by_signal = WIFSIGNALED(reaper->status);
	struct message message = {
		.kind = MESSAGE_ENDED,
		.by_signal = by_signal,
		.code = by_signal ? WTERMSIG(reaper->status) : WEXITSTATUS(reaper->status),
		.cpu_ms = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
			  (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000,
		.memory_peak = (uint64_t)usage.ru_maxrss * 1024,
	};
	/* Who hears of the end may count on it that the terminal and the caches' slot are free. */
	const int kept[] = { reaper->inside->control, reaper->inside->supervisor };
	descriptors_keep(kept, sizeof kept / sizeof *kept);
	if (!message_send(reaper->inside->control, &message, NULL))
		_exit(1);
	if (!reaper->inside->is_fallback)
		wait_for_release(reaper->inside);
	_exit(0);
}

/* What needs no plan. The supervisor decides by it what the plan can rest on. */
static bool begin(struct inside *inside, struct cordon_error *err)
{
	const struct message ready = { .kind = MESSAGE_READY };
	if (inside->is_fallback ? !fallback_begin(err) || !terminal_make(inside, err) : !layers_begin(inside, err))
		return false;
	return message_send(inside->control, &ready, NULL) || cordon_fail_errno(err, errno, "tell that init is ready");
}

/* What needs no plan either, and on which nothing is decided. */
static bool go_ahead(struct inside *inside, struct cordon_error *err)
{
	if (inside->is_fallback || is_planted("mounts"))
		return true;
	caches_begin(inside);
	return decoys_make(inside, err);
}

/* Where every look at a file waits for the supervisor, init's own do from here on. */
static void tell_observed(struct inside *inside)
{
	const struct message observed = { .kind = MESSAGE_OBSERVED, .carried = 1u << CARRIED_LISTENER };
	if (!inside->handover.explain || inside->is_fallback || inside->listener < 0)
		return;
	if (!message_send(inside->control, &observed, &inside->listener))
		leave(inside);
	close(inside->listener);
	inside->listener = -1;
}

/* With what the supervisor sees the tree through. Before there is a command: descriptors under way are counted for all of
 * a user's processes (unix(7), ETOOMANYREFS), and one that uses up what there may be keeps others from handing over theirs.
 */
static bool hand_over(struct inside *inside, struct cordon_error *err)
{
	const int all[CARRIED_COUNT] = {
		[CARRIED_LISTENER] = inside->listener,
		[CARRIED_VIEW] = inside->view,
		[CARRIED_ROOT] = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC),
		[CARRIED_SHARED_MEMORY] = open("/proc/sysvipc/shm", O_RDONLY | O_CLOEXEC),
		[CARRIED_DECOYS] = decoys_open(inside),
		[CARRIED_OUTPUT] = inside->counted[0],
		[CARRIED_ERRORS] = inside->counted[1],
		[CARRIED_TERMINAL] = inside->master,
		[CARRIED_DIAGNOSIS] = inside->diagnosis,
	};
	struct message prepared = { .kind = MESSAGE_PREPARED };
	int carried[CARRIED_COUNT], count = 0;
	for (int i = 0; i < CARRIED_GATE; i++) { /* the gate's went before */
		if (all[i] < 0)
			continue;
		prepared.carried |= 1u << i;
		carried[count++] = all[i];
	}
	if (!message_send(inside->control, &prepared, carried))
		return cordon_fail_errno(err, errno, "hand over what the command is watched by");
	for (int i = 0; i < count; i++)
		close(carried[i]);
	return true;
}

void init_main(struct inside *inside)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	struct reaper reaper = { .inside = inside };
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);

	if (!settle_signals(inside, &err) || !streams_collect(inside, &err) || !forget_arguments(&err) ||
	    !begin(inside, &err) || !go_ahead(inside, &err))
		fail(inside, &err);
	wait_for_plan(inside);
	if (CPU_COUNT(&inside->processors) > 0 &&
	    sched_setaffinity(0, sizeof inside->processors, &inside->processors) != 0) {
		cordon_fail_errno(&err, errno, "take back the processor set");
		fail(inside, &err);
	}
	if (!inside->is_fallback && !layers_finish(inside, &err))
		fail(inside, &err);
	tell_observed(inside);
	reaper.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (reaper.signals < 0) {
		cordon_fail_errno(&err, errno, "watch the children");
		fail(inside, &err);
	}
	if (!hand_over(inside, &err) || !execute_command(inside, &reaper.command, &err))
		fail(inside, &err);

	const struct message started = { .kind = MESSAGE_STARTED };
	if (!message_send(inside->control, &started, NULL))
		leave(inside);
	for (int i = 0; i < 3; i++)
		if (inside->streams[i] != inside->slave)
			close(inside->streams[i]);
	for (size_t i = 0; i < inside->handover.passed_count; i++)
		close(inside->handover.passed[i]);
	wait_for_command(&reaper);
	if (inside->handover.keep_background)
		wait_for_background(&reaper);
	end_tree(inside);
	report_end(&reaper);
}

#include "cli/linux/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct restorer {
	struct termios before, raw;
	pid_t pid; /* in the parent's view: this is memory that both have */
};

static bool is_same(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
	       a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof a->c_cc) == 0;
}

/* Whole: the C library's struct has more places than the kernel fills. */
static bool get(int descriptor, struct termios *ret_settings)
{
	memset(ret_settings, 0, sizeof *ret_settings);
	return tcgetattr(descriptor, ret_settings) == 0;
}

static bool set(int descriptor, int how, const struct termios *settings)
{
	/* A signal may end the wait for what is still being printed. */
	return tcsetattr(descriptor, how, settings) == 0 ||
	       (errno == EINTR && tcsetattr(descriptor, TCSANOW, settings) == 0);
}

/* Only where nobody has set it up since: when this process is gone its parent may have the terminal already. */
static void restore_if_raw(int descriptor, const struct restorer *restorer)
{
	struct termios now;
	if (get(descriptor, &now) && is_same(&now, &restorer->raw))
		set(descriptor, TCSAFLUSH, &restorer->before);
}

/* -- restorer ------------------------------------------------------------------------------------------------------ */

/* A session of its own keeps it out of reach of what is sent to the process group, and lets it change the terminal
 * whoever is in the foreground. It holds nothing open but the terminal and `parent`, a pidfd.
 */
static _Noreturn void watch(const struct restorer *restorer, int parent, int terminal)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	int own_parent = fcntl(parent, F_DUPFD, 3), own_terminal = fcntl(terminal, F_DUPFD, 3);
	if (own_parent < 0 || own_terminal < 0 || dup2(own_parent, 0) < 0 || dup2(own_terminal, 1) < 0)
		_exit(1);
	syscall(SYS_close_range, 2, ~0u, 0);
	struct pollfd end = { .fd = 0, .events = POLLIN };
	while (poll(&end, 1, -1) < 0 && errno == EINTR)
		;
	restore_if_raw(1, restorer);
	_exit(0);
}

static bool start(struct restorer *restorer, int terminal, struct cordon_error *err)
{
	int parent = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (parent < 0)
		return cordon_fail_errno(err, errno, "make a descriptor of this process");
	pid_t pid = fork();
	if (pid == 0)
		watch(restorer, parent, terminal);
	int code = errno;
	close(parent);
	restorer->pid = pid;
	return pid > 0 ||
	       cordon_fail_errno(err, code, "start the process that gives the terminal back when cordon is killed");
}

static bool restorer_new(int terminal, struct restorer **ret_restorer, struct cordon_error *err)
{
	struct restorer *restorer = mmap(NULL, sizeof *restorer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
					 0);
	if (restorer == MAP_FAILED)
		return cordon_fail_memory(err);
	if (!start(restorer, terminal, err)) {
		munmap(restorer, sizeof *restorer);
		return false;
	}
	*ret_restorer = restorer;
	return true;
}

static void restorer_free(struct restorer *restorer)
{
	if (!restorer)
		return;
	kill(restorer->pid, SIGKILL);
	while (waitpid(restorer->pid, NULL, 0) < 0 && errno == EINTR)
		;
	munmap(restorer, sizeof *restorer);
}

/* -- the terminal ------------------------------------------------------------------------------------------------- */

static bool is_same_terminal(int a, int b)
{
	unsigned one, other;
	return ioctl(a, TIOCGDEV, &one) == 0 && ioctl(b, TIOCGDEV, &other) == 0 && one == other;
}

/* A description of its own: O_NONBLOCK on the one that was inherited would be everybody's who shares it. /dev/tty opens
 * whoever owns the terminal's file (su).
 */
static int open_anew(int stream)
{
	const int flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
	char link[32];
	int descriptor = open("/dev/tty", flags);
	if (descriptor >= 0 && is_same_terminal(descriptor, stream))
		return descriptor;
	if (descriptor >= 0)
		close(descriptor);
	snprintf(link, sizeof link, "/proc/self/fd/%d", stream);
	descriptor = open(link, flags);
	if (descriptor >= 0 && is_same_terminal(descriptor, stream))
		return descriptor;
	if (descriptor >= 0)
		close(descriptor);
	return -1;
}

void terminal_open(int stream, struct terminal *ret_terminal)
{
	int descriptor = open_anew(stream);
	*ret_terminal = (struct terminal){
		.descriptor = descriptor >= 0 ? descriptor : stream,
		.is_own = descriptor >= 0,
	};
}

bool terminal_is_foreground(const struct terminal *terminal)
{
	pid_t group = tcgetpgrp(terminal->descriptor);
	return group < 0 || group == getpgrp();
}

static bool make_raw(int descriptor, struct restorer *restorer)
{
	struct termios now;
	if (!get(descriptor, &now))
		return false;
	restorer->before = restorer->raw = now;
	cfmakeraw(&restorer->raw);
	/* What was typed ahead is the command's: not thrown away. */
	set(descriptor, TCSADRAIN, &restorer->raw);
	/* The restorer compares with what the kernel made of it. */
	if (get(descriptor, &now))
		restorer->raw = now;
	return true;
}

bool terminal_make_raw(struct terminal *terminal, struct cordon_error *err)
{
	if (terminal->descriptor < 0 || terminal->is_raw)
		return true;
	if (!terminal->restorer && !restorer_new(terminal->descriptor, &terminal->restorer, err))
		return false;
	/* One that is hung up stays as it is; reading from it tells. */
	terminal->is_raw = make_raw(terminal->descriptor, terminal->restorer);
	return true;
}

void terminal_refresh(struct terminal *terminal)
{
	struct termios now;
	if (terminal->is_raw && get(terminal->descriptor, &now) && !is_same(&now, &terminal->restorer->raw))
		make_raw(terminal->descriptor, terminal->restorer);
}

bool terminal_is(const struct terminal *terminal, int stream)
{
	return is_same_terminal(terminal->descriptor, stream);
}

void terminal_restore(struct terminal *terminal)
{
	if (!terminal->is_raw)
		return;
	terminal->is_raw = false;
	if (terminal_is_foreground(terminal)) {
		set(terminal->descriptor, TCSAFLUSH, &terminal->restorer->before);
		return;
	}
	/* Put into the background while it was raw: SIGTTOU would stop us here. */
	sigset_t stop, before;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	sigprocmask(SIG_BLOCK, &stop, &before);
	restore_if_raw(terminal->descriptor, terminal->restorer);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

const struct termios *terminal_before(const struct terminal *terminal)
{
	return &terminal->restorer->before;
}

void terminal_close(struct terminal *terminal)
{
	terminal_restore(terminal);
	restorer_free(terminal->restorer);
	terminal->restorer = NULL;
	if (terminal->is_own)
		close(terminal->descriptor);
	terminal->descriptor = -1;
}

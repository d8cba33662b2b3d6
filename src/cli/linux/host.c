#include "cli/host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cli/linux/relay.h"
#include "cli/say.h"

/* Less than this is not enough for the paths that lie there (pages are 4 KiB, a path is up to 4 KiB). */
enum { STACK_LEAST = 256 * 1024 };

static void do_nothing(int number)
{
	(void)number;
}

/* What is too large for RLIMIT_FSIZE is to be an error with words, not our end. A handler, and not SIG_IGN, because the
 * command does not inherit it.
 */
static void survive_file_limit(void)
{
	struct sigaction action = { .sa_handler = do_nothing }, now;
	if (sigaction(SIGXFSZ, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		sigaction(SIGXFSZ, &action, NULL);
}

bool host_begin(char ***argv)
{
	struct rlimit stack;
	(void)argv;
	survive_file_limit();
	if (getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur < STACK_LEAST) {
		say("the stack is limited to %llu KiB, cordon needs %d (ulimit -s)",
		    (unsigned long long)stack.rlim_cur / 1024, STACK_LEAST / 1024);
		return false;
	}
	for (int i = 0; i <= 2; i++) {
		if (fcntl(i, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* The lowest free number is this one. */
		if (open("/dev/null", i == 0 ? O_RDONLY : O_WRONLY) != i) {
			say("descriptor %d is closed, and /dev/null cannot be opened in its place: %s", i,
			    strerror(errno));
			return false;
		}
	}
	return true;
}

const char *host_target(void)
{
	return "linux";
}

const char *host_home(void)
{
	const char *home = getenv("HOME");
	return home && home[0] == '/' ? home : NULL;
}

const char *host_shell(void)
{
	const char *shell = getenv("SHELL");
	return shell && shell[0] == '/' ? shell : "/bin/sh";
}

bool host_has_descriptor(int number)
{
	return fcntl(number, F_GETFD) >= 0;
}

const char *host_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

uint64_t host_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* A pipe that polls writable takes PIPE_BUF bytes at once (pipe(7)). The descriptor's own flags are its caller's. */
bool host_write_line(int descriptor, const char *line, int timeout_ms)
{
	char bytes[PIPE_BUF];
	struct pollfd ready = { .fd = descriptor, .events = POLLOUT };
	size_t length = strlen(line);
	if (length + 1 > sizeof bytes || poll(&ready, 1, timeout_ms) <= 0 || ready.revents != POLLOUT)
		return false;
	memcpy(bytes, line, length);
	bytes[length] = '\n';
	return write(descriptor, bytes, length + 1) == (ssize_t)length + 1;
}

void host_show_time(uint64_t since_1970_ms, char *text, size_t size)
{
	time_t seconds = (time_t)(since_1970_ms / 1000);
	struct tm parts = { 0 };
	localtime_r(&seconds, &parts);
	if (strftime(text, size, "%Y-%m-%d %H:%M:%S", &parts) == 0)
		text[0] = '\0';
}

/* -- signals -------------------------------------------------------------------------------------------------- */

static const int passed_on[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH };
/* Beside those, what the relay is told. An output that nobody reads any more shows when it writes. */
static const int relayed[] = { SIGTSTP, SIGCONT };

/* A handler can do little but write; the loop reads it from the pipe. */
static int signal_pipe[2] = { -1, -1 };
static volatile pid_t owner;
static volatile sig_atomic_t was_continued;

static void note(int number)
{
	int code = errno;
	unsigned char byte = (unsigned char)number;
	if (number == SIGCONT)
		was_continued = 1;
	/* A child that has not executed yet shares the pipe: what it is told is not meant for us. A full pipe holds
	 * enough.
	 */
	if (getpid() == owner && write(signal_pipe[1], &byte, 1) < 0)
		errno = code;
	errno = code;
}

static bool note_signals(const int *numbers, size_t count, struct cordon_error *err)
{
	const struct sigaction action = { .sa_handler = note, .sa_flags = SA_RESTART };
	struct sigaction now;
	for (size_t i = 0; i < count; i++) {
		if (sigaction(numbers[i], NULL, &now) != 0)
			return cordon_fail_errno(err, errno, "ask for signal %d", numbers[i]);
		if (now.sa_handler != SIG_IGN && sigaction(numbers[i], &action, NULL) != 0)
			return cordon_fail_errno(err, errno, "catch signal %d", numbers[i]);
	}
	return true;
}

/* Handlers, not a blocked mask: a mask would be inherited by the command. */
bool host_catch_signals(const struct relay *relay, struct cordon_error *err)
{
	const struct sigaction nothing = { .sa_handler = do_nothing, .sa_flags = SA_RESTART };
	struct sigaction now;
	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return cordon_fail_errno(err, errno, "make a pipe for signals");
	owner = getpid();
	if (!note_signals(passed_on, sizeof passed_on / sizeof *passed_on, err))
		return false;
	/* Whoever reads what we write (a terminal, --status-fd) may go away: no reason to end the run by that. */
	if (sigaction(SIGPIPE, NULL, &now) != 0 ||
	    (now.sa_handler != SIG_IGN && sigaction(SIGPIPE, &nothing, NULL) != 0))
		return cordon_fail_errno(err, errno, "catch signal %d", SIGPIPE);
	return !relay || note_signals(relayed, sizeof relayed / sizeof *relayed, err);
}

bool host_wait(intptr_t waitable, struct relay *relay, int timeout_ms, int *ret_signal, struct cordon_error *err)
{
	enum { OURS = 2 };
	struct pollfd ready[OURS + RELAY_SOURCES] = {
		{ .fd = signal_pipe[0], .events = POLLIN },
		{ .fd = (int)waitable, .events = POLLIN }, /* a negative one is passed over */
	};
	unsigned char byte = 0;
	relay_watch(relay, ready + OURS);
	int count = poll(ready, sizeof ready / sizeof *ready, timeout_ms);
	if (count < 0 && errno != EINTR)
		return cordon_fail_errno(err, errno, "wait for the run");
	for (int i = 0; count <= 0 && i < OURS + RELAY_SOURCES; i++)
		ready[i].revents = 0;
	relay_hear(relay, ready + OURS);
	*ret_signal = ready[0].revents && read(signal_pipe[0], &byte, 1) == 1 ? byte : 0;
	return true;
}

bool host_is_interrupt(int signal)
{
	return signal == SIGINT;
}

bool host_stop(int signal, bool whole_group)
{
	const struct sigaction normal = { .sa_handler = SIG_DFL };
	struct sigaction before;
	if (sigaction(signal, NULL, &before) != 0 || before.sa_handler == SIG_IGN)
		return false;
	sigaction(signal, &normal, NULL);
	was_continued = 0;
	kill(whole_group ? 0 : getpid(), signal);
	sigaction(signal, &before, NULL);
	return was_continued;
}

bool host_is_last(int signal)
{
	(void)signal;
	return false;
}

bool host_is_end(int signal)
{
	return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
}

#include "cli/linux/relay.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/host.h"
#include "cli/linux/terminal.h"

enum {
	PRINTED_ROOM = 65536,
	TYPED_ROOM = 4096,
	END_ROOM = 2,          /* of what is typed, for an end of input */
	ROUNDS = 16,           /* before the run is looked after again */
	DRAINED_MAX = 1 << 20, /* more than the kernel keeps of what a dead tree has printed */
	LOOK_AGAIN_MS = 200,   /* `fg` of a job that runs in the background sends no signal */
	SUSPEND_MS = 200,      /* for the command to stop and give the screen back */
	SUSPEND_KEY_MS = 2000, /* a command that stops so long after Ctrl-Z stops because of it */
	HANGUP_MS = 1000,      /* within this time the signal and the terminal's own word of it are one hang-up */
	TERMINAL_CHUNK = 256,  /* what a terminal or a pipe takes without waiting once it is ready */
	PIPE_CHUNK = 4096,
};

enum { SOURCE_INPUT, SOURCE_OUTPUT, SOURCE_MASTER };

struct queue {
	char *bytes;
	size_t room, begin, end;
};

struct relay {
	unsigned streams; /* CORDON_TERMINAL_* */
	struct terminal terminal;
	int input, output; /* the terminal, or streams; -1: none (any more) */
	int master;        /* of the command's terminal; -1: not yet, or hung up */
	bool is_attached;
	bool is_paused; /* the tree, while cordon was stopped */

	/* The terminal is taken when the command wants it and cordon is in the foreground. A command that shares the
	 * terminal with the rest of a pipeline ("| less") does not want it before it reads from it.
	 */
	bool is_wanted;
	bool in_background;     /* the command, in its own terminal */
	struct termios initial; /* of its terminal, when it started in the background */

	struct queue typed, printed;
	bool is_dry;  /* nothing was there to read from the command's terminal */
	bool is_over; /* …and nothing will come: nobody has it any more, which a poll says without end */
	bool ends_line;
	bool may_read, may_write; /* as the last wait told */
	uint64_t suspend_key_ms;  /* when it was typed; 0: never */
	uint64_t suspend_at_ms;   /* 0: not */
	bool is_hung_up;
	uint64_t hangup_ms; /* when the command was told with SIGHUP; 0: never */
};

/* -- queues ------------------------------------------------------------------------------------------------------- */

static bool queue_init(struct queue *queue, size_t room)
{
	*queue = (struct queue){ .bytes = malloc(room), .room = room };
	return queue->bytes;
}

static size_t queue_length(const struct queue *queue)
{
	return queue->end - queue->begin;
}

static size_t queue_space(struct queue *queue)
{
	if (queue->begin > 0) {
		memmove(queue->bytes, queue->bytes + queue->begin, queue_length(queue));
		queue->end -= queue->begin;
		queue->begin = 0;
	}
	return queue->room - queue->end;
}

static void queue_drop(struct queue *queue, size_t length)
{
	queue->begin += length;
	if (queue->begin == queue->end)
		queue->begin = queue->end = 0;
}

/* -- which terminal ----------------------------------------------------------------------------------------------- */

static bool is_pipe(int stream)
{
	struct stat status;
	return fstat(stream, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

static int first_terminal(void)
{
	for (int i = 0; i < 3; i++)
		if (isatty(i))
			return i;
	return -1;
}

static bool is_this_terminal(const struct relay *relay, int stream)
{
	return relay->terminal.is_own && terminal_is(&relay->terminal, stream);
}

static void choose_ends(struct relay *relay, enum relay_wish wish)
{
	int stream = relay->streams & CORDON_TERMINAL_OUTPUT ? 1 : relay->streams & CORDON_TERMINAL_ERROR ? 2 : 0;
	relay->output = is_this_terminal(relay, stream) ? relay->terminal.descriptor : stream;
	relay->input = wish == RELAY_ALWAYS && !isatty(0) ? 0 : relay->terminal.descriptor;
}

bool relay_new(enum relay_wish wish, struct relay **ret_relay, struct cordon_error *err)
{
	int first = first_terminal();
	if (wish == RELAY_NEVER || (wish == RELAY_FOUND && first < 0))
		return true;
	struct relay *relay = calloc(1, sizeof *relay);
	if (!relay)
		return cordon_fail_memory(err);
	relay->master = relay->terminal.descriptor = -1;
	if (!queue_init(&relay->typed, TYPED_ROOM) || !queue_init(&relay->printed, PRINTED_ROOM)) {
		relay_free(relay);
		return cordon_fail_memory(err);
	}
	for (int i = 0; i < 3; i++)
		if (wish == RELAY_ALWAYS || isatty(i))
			relay->streams |= 1u << i;
	if (first >= 0)
		terminal_open(first, &relay->terminal);
	choose_ends(relay, wish);
	relay->ends_line = true;
	relay->is_wanted = wish == RELAY_ALWAYS || !(is_pipe(0) || is_pipe(1));
	relay->in_background = !relay->is_wanted || !terminal_is_foreground(&relay->terminal);
	*ret_relay = relay;
	return true;
}

struct relay *relay_free(struct relay *relay)
{
	if (!relay)
		return NULL;
	if (relay->master >= 0)
		close(relay->master);
	terminal_close(&relay->terminal);
	free(relay->typed.bytes);
	free(relay->printed.bytes);
	free(relay);
	return NULL;
}

void relay_ask(const struct relay *relay, struct cordon_run_options *options)
{
	if (!relay)
		return;
	options->terminal = relay->streams;
	if (relay->in_background)
		options->terminal |= CORDON_TERMINAL_BACKGROUND;
	options->terminal |= CORDON_TERMINAL_COUNTED;
}

bool relay_has_keyboard(const struct relay *relay)
{
	return relay && relay->terminal.is_raw;
}

/* -- bytes -------------------------------------------------------------------------------------------------------- */

static bool has_told_hangup(const struct relay *relay)
{
	return relay->hangup_ms && host_clock() - relay->hangup_ms <= HANGUP_MS;
}

/* The user's terminal is gone, or nobody reads the output: what a command hears then. */
static void hang_up(struct relay *relay, struct cordon_run *run)
{
	close(relay->master);
	relay->master = -1;
	relay->is_hung_up = true;
	terminal_restore(&relay->terminal);
	if (!run)
		return;
	if (!has_told_hangup(relay))
		cordon_run_signal(run, SIGHUP);
	cordon_run_signal(run, SIGCONT);
	relay->hangup_ms = host_clock();
}

/* A pipe that ends is to the command what Ctrl-D is; behind half a line Ctrl-D only ends the line. */
static void end_input(struct relay *relay)
{
	struct termios settings;
	relay->input = -1;
	if (tcgetattr(relay->master, &settings) != 0 || !(settings.c_lflag & ICANON))
		return;
	for (int i = relay->ends_line ? 1 : 0; i < END_ROOM; i++)
		relay->typed.bytes[relay->typed.end++] = (char)settings.c_cc[VEOF];
}

static bool is_typing_heard(const struct relay *relay)
{
	bool is_terminal = relay->input == relay->terminal.descriptor;
	return relay->is_attached && relay->input >= 0 && (!is_terminal || relay->terminal.is_raw);
}

static void note_typed(struct relay *relay, const char *bytes, size_t length)
{
	relay->ends_line = bytes[length - 1] == '\n';
	if (relay->terminal.is_raw && memchr(bytes, terminal_before(&relay->terminal)->c_cc[VSUSP], length))
		relay->suspend_key_ms = host_clock();
}

/* False: hung up. */
static bool read_typed(struct relay *relay, struct cordon_run *run)
{
	size_t space = queue_space(&relay->typed);
	if (!relay->may_read || !is_typing_heard(relay) || space <= END_ROOM)
		return true;
	relay->may_read = false;
	bool is_terminal = relay->input == relay->terminal.descriptor;
	/* Who reads from the background is stopped. */
	if (is_terminal && !terminal_is_foreground(&relay->terminal)) {
		terminal_restore(&relay->terminal);
		return true;
	}
	char *at = relay->typed.bytes + relay->typed.end;
	ssize_t length = read(relay->input, at, space - END_ROOM);
	if (length > 0) {
		relay->typed.end += (size_t)length;
		note_typed(relay, at, (size_t)length);
	} else if (length == 0 && !is_terminal) {
		end_input(relay);
	} else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
		hang_up(relay, run);
		return false;
	}
	return true;
}

/* A command that does not read is no reason to stand still: what it was typed waits. */
static void pass_typed(struct relay *relay)
{
	size_t length = queue_length(&relay->typed);
	ssize_t written = length ? write(relay->master, relay->typed.bytes + relay->typed.begin, length) : 0;
	if (written > 0)
		queue_drop(&relay->typed, (size_t)written);
}

static bool read_printed(struct relay *relay, struct cordon_run *run)
{
	size_t space = queue_space(&relay->printed);
	if (space == 0)
		return false;
	ssize_t length = read(relay->master, relay->printed.bytes + relay->printed.end, space);
	relay->is_dry = length == 0 || (length < 0 && errno != EINTR);
	relay->is_over = length == 0 || (length < 0 && errno == EIO);
	if (length > 0 || relay->is_dry)
		relay->printed.end += (size_t)cordon_run_count_output(run, length > 0 ? (uint64_t)length : 0);
	return length > 0;
}

/* False: hung up. */
static bool pass_printed(struct relay *relay, struct cordon_run *run)
{
	size_t length = queue_length(&relay->printed);
	bool is_own = relay->terminal.is_own && relay->output == relay->terminal.descriptor;
	if (length == 0 || (!is_own && !relay->may_write))
		return true;
	relay->may_write = false;
	/* A description that is shared is left as it is, so a write of more than there is room for would wait. */
	size_t most = is_own ? length : isatty(relay->output) ? TERMINAL_CHUNK : PIPE_CHUNK;
	ssize_t written = write(relay->output, relay->printed.bytes + relay->printed.begin,
				length < most ? length : most);
	if (written < 0 && errno != EAGAIN && errno != EINTR) {
		hang_up(relay, run);
		return false;
	}
	if (written > 0)
		queue_drop(&relay->printed, (size_t)written);
	return true;
}

static bool move(struct relay *relay, struct cordon_run *run)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (!read_typed(relay, run))
			return false;
		pass_typed(relay);
		bool has_read = read_printed(relay, run);
		if (!pass_printed(relay, run))
			return false;
		if (!has_read)
			return true;
	}
	return true;
}

void relay_watch(const struct relay *relay, struct pollfd ret_sources[RELAY_SOURCES])
{
	for (int i = 0; i < RELAY_SOURCES; i++)
		ret_sources[i] = (struct pollfd){ .fd = -1 };
	if (!relay || relay->master < 0)
		return;
	size_t typed = queue_length(&relay->typed), printed = queue_length(&relay->printed);
	if (is_typing_heard(relay)) {
		ret_sources[SOURCE_INPUT].fd = relay->input;
		ret_sources[SOURCE_INPUT].events = typed + END_ROOM < relay->typed.room ? POLLIN : 0;
	}
	if (printed > 0) {
		ret_sources[SOURCE_OUTPUT].fd = relay->output;
		ret_sources[SOURCE_OUTPUT].events = POLLOUT;
	}
	ret_sources[SOURCE_MASTER].fd = relay->is_over ? -1 : relay->master;
	ret_sources[SOURCE_MASTER].events = (short)((printed < relay->printed.room ? POLLIN : 0) |
						    (typed ? POLLOUT : 0));
}

void relay_hear(struct relay *relay, const struct pollfd sources[RELAY_SOURCES])
{
	if (!relay)
		return;
	relay->may_read = sources[SOURCE_INPUT].revents;
	relay->may_write = sources[SOURCE_OUTPUT].revents;
}

/* -- whose the terminal is ---------------------------------------------------------------------------------------- */

static void pass_size(const struct relay *relay)
{
	struct winsize size;
	if (relay->master >= 0 && relay->terminal.descriptor >= 0 &&
	    ioctl(relay->terminal.descriptor, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
		ioctl(relay->master, TIOCSWINSZ, &size);
}

/* It started without: whoever was in the foreground may have set the terminal up for himself. */
static void pass_settings(const struct relay *relay)
{
	struct termios now = { 0 };
	const struct termios *before = terminal_before(&relay->terminal);
	if (before->c_lflag & ICANON && tcgetattr(relay->master, &now) == 0 &&
	    memcmp(&now, &relay->initial, sizeof now) == 0)
		tcsetattr(relay->master, TCSANOW, before);
}

static bool may_take(const struct relay *relay)
{
	return relay->is_wanted && terminal_is_foreground(&relay->terminal);
}

static bool take(struct relay *relay, struct cordon_run *run, struct cordon_error *err)
{
	if (!terminal_make_raw(&relay->terminal, err))
		return false;
	if (relay->terminal.descriptor >= 0 && !relay->terminal.is_raw) {
		hang_up(relay, run);
		return true;
	}
	pass_size(relay);
	if (relay->in_background && relay->terminal.is_raw)
		pass_settings(relay);
	if (relay->in_background || cordon_run_stopped(run))
		cordon_run_foreground(run);
	else if (relay->is_paused)
		cordon_run_signal(run, SIGCONT);
	relay->in_background = relay->is_paused = false;
	return true;
}

static bool attach(struct relay *relay, struct cordon_run *run, struct cordon_error *err)
{
	if (relay->is_attached || !cordon_run_is_started(run))
		return true;
	relay->is_attached = true;
	relay->master = (int)cordon_run_take_terminal(run);
	if (relay->master < 0)
		return cordon_fail(err, CORDON_UNSUPPORTED, "the command has no terminal, though it was asked for");
	tcgetattr(relay->master, &relay->initial);
	return !may_take(relay) || take(relay, run, err);
}

/* The command has stopped, or cordon is told to: the user's shell gets the terminal, and later the command again. */
static bool suspend(struct relay *relay, struct cordon_run *run, int signal, bool whole_group, struct cordon_error *err)
{
	relay->suspend_at_ms = 0;
	terminal_restore(&relay->terminal);
	/* Nobody sees to the limits while cordon is stopped. */
	cordon_run_pause(run);
	relay->is_paused = true;
	bool was_stopped = host_stop(signal, whole_group);
	if (may_take(relay)) {
		if (!take(relay, run, err))
			return false;
		cordon_run_signal(run, SIGWINCH);
		return true;
	}
	if (signal != SIGTTIN) {
		relay->is_paused = false;
		cordon_run_signal(run, SIGCONT);
	} else if (!was_stopped) {
		/* Nobody can bring cordon to the foreground: the command waits for input, rather than stop again and
		 * again.
		 */
		relay->in_background = relay->is_paused = false;
		cordon_run_foreground(run);
	}
	return true;
}

static bool has_typed_suspend(const struct relay *relay)
{
	return relay->suspend_key_ms && host_clock() - relay->suspend_key_ms <= SUSPEND_KEY_MS;
}

static bool follow(struct relay *relay, struct cordon_run *run, struct cordon_error *err)
{
	int stopped = cordon_run_stopped(run);
	if (relay->suspend_at_ms && (stopped || host_clock() >= relay->suspend_at_ms))
		return suspend(relay, run, SIGTSTP, false, err);
	if (relay->in_background && (stopped == SIGTTIN || stopped == SIGTTOU)) {
		relay->is_wanted = true;
		return may_take(relay) ? take(relay, run, err) : suspend(relay, run, SIGTTIN, false, err);
	}
	/* Stopping others is the right of who sits at the keyboard, not of the command. */
	if (stopped)
		return suspend(relay, run, SIGTSTP, has_typed_suspend(relay), err);
	if (!relay->terminal.is_raw && relay->terminal.descriptor >= 0 && may_take(relay))
		return take(relay, run, err);
	return true;
}

bool relay_serve(struct relay *relay, struct cordon_run *run, struct cordon_error *err)
{
	if (!relay)
		return true;
	if (!attach(relay, run, err))
		return false;
	if (relay->is_hung_up)
		cordon_run_count_output(run, 0);
	return relay->master < 0 || !move(relay, run) || follow(relay, run, err);
}

int relay_timeout(const struct relay *relay)
{
	if (!relay || relay->master < 0)
		return -1;
	if (relay->suspend_at_ms) {
		uint64_t now = host_clock();
		return now < relay->suspend_at_ms ? (int)(relay->suspend_at_ms - now) : 0;
	}
	bool is_away = relay->is_wanted && relay->terminal.descriptor >= 0 && !relay->terminal.is_raw;
	return is_away ? LOOK_AGAIN_MS : -1;
}

/* Stopped and continued from outside, without having been asked: its shell may have set the terminal up anew. */
static void resume(struct relay *relay, struct cordon_run *run)
{
	if (!terminal_is_foreground(&relay->terminal))
		terminal_restore(&relay->terminal);
	else
		terminal_refresh(&relay->terminal);
	pass_size(relay);
	cordon_run_signal(run, SIGWINCH);
}

bool relay_signal(struct relay *relay, struct cordon_run *run, int signal)
{
	if (relay && signal == SIGHUP) {
		bool is_told = relay->is_hung_up && has_told_hangup(relay);
		relay->hangup_ms = host_clock();
		return is_told;
	}
	if (!relay || (signal != SIGWINCH && signal != SIGTSTP && signal != SIGCONT))
		return false;
	if (signal == SIGWINCH) {
		pass_size(relay);
	} else if (signal == SIGCONT && relay->master >= 0) {
		resume(relay, run);
	} else if (signal == SIGTSTP && relay->master >= 0) {
		relay->suspend_at_ms = host_clock() + SUSPEND_MS;
		cordon_run_signal(run, SIGTSTP);
	} else if (signal == SIGTSTP) {
		host_stop(SIGTSTP, false);
	}
	return true;
}

void relay_drain(struct relay *relay, struct cordon_run *run)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!relay)
		return;
	for (size_t drained = 0; relay->master >= 0 && drained < DRAINED_MAX;) {
		size_t before = queue_length(&relay->printed);
		if (read_printed(relay, run))
			drained += queue_length(&relay->printed) - before;
		if (!pass_printed(relay, NULL) || (relay->is_dry && queue_length(&relay->printed) == 0))
			break;
		int signal = 0;
		bool is_waiting = relay->is_dry || queue_length(&relay->printed) == relay->printed.room;
		if (is_waiting && (!host_wait(-1, relay, -1, &signal, &ignored) || host_is_end(signal)))
			break;
	}
	if (relay->master >= 0)
		close(relay->master);
	relay->master = -1;
	terminal_restore(&relay->terminal);
}

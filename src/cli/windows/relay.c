/* Two threads move the bytes, since no handle of a console or a pipe can be waited for and read in one: the printer, from
 * the command's console to the user's, and the typist the other way. Nothing the command prints goes on before the run
 * has counted it: the printer offers it, and waits to be told how much of it may.
 */
#include "cli/windows/relay.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/text.h"
#include "cli/host.h"
#include "cli/windows/fail.h"
#include "cli/windows/keys.h"
#include "cli/windows/screen.h"

enum {
	ROOM = 64 * 1024,
	RECORDS = 64,
	LOOK_MS = 250,   /* how long a window that was resized waits to be noticed */
	STILL_MS = 2000, /* when the run is over: a console that gives out nothing for so long is done */
};

/* As the C runtime numbers them. */
enum { NUMBER_INTERRUPT = 2, NUMBER_BREAK = 21 };

/* Whose turn it is with `bytes`: the printer's, the run's to count them, or nobody's any more. */
enum turn { TURN_PRINTER, TURN_RUN, TURN_OVER };

struct relay {
	unsigned streams; /* CORDON_TERMINAL_* */
	struct screen screen;
	HANDLE input, output;   /* the user's, a console or not; input NULL: nothing is typed */
	HANDLE printed, typed;  /* the command's; NULL: not yet, or not any more */
	HANDLE printer, typist; /* threads */
	HANDLE ready, allowed, stop;
	uint16_t rows, columns;
	bool is_attached;
	bool is_told; /* that there is no more */

	volatile LONG turn;
	volatile LONG is_untaken; /* nobody takes what is printed */
	DWORD length;             /* of bytes; once they are counted, how many of them may go on */
	struct asking asking;
	char read[ROOM], bytes[ROOM + ASKED_ROOM];
};

/* -- the printer --------------------------------------------------------------------------------------------------- */

static bool write_all(HANDLE to, const char *bytes, DWORD length)
{
	for (DWORD written; length > 0; bytes += written, length -= written)
		if (!WriteFile(to, bytes, length, &written, NULL) || written == 0)
			return false;
	return true;
}

static void answer(struct relay *relay, const struct asked *asked)
{
	unsigned row = 1, column = 1;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	screen_find_cursor(&relay->screen, &row, &column);
	for (unsigned i = 0; i < asked->cursor; i++)
		text_addf(&text, "\x1b[%u;%uR", row, column);
	for (unsigned i = 0; i < asked->device; i++)
		text_add(&text, "\x1b[?1;0c");
	if (text.length > 0 && text_ok(&text))
		write_all(relay->typed, text_str(&text), (DWORD)text.length);
}

/* A console whose keyboard is ours answers by it. Else nobody would, and the command's console waits for that. */
static void take(struct relay *relay, DWORD length)
{
	struct asked asked = { 0 };
	if (relay->screen.keyboard) {
		memcpy(relay->bytes, relay->read, length);
		relay->length = length;
	} else {
		relay->length = (DWORD)asked_take(&relay->asking, relay->read, length, relay->bytes, &asked);
		answer(relay, &asked);
	}
}

static void pass_turn(struct relay *relay, enum turn turn)
{
	InterlockedExchange(&relay->turn, turn);
	SetEvent(relay->ready);
}

static DWORD WINAPI print(void *context)
{
	struct relay *relay = context;
	HANDLE told[] = { relay->stop, relay->allowed };
	DWORD length;
	while (ReadFile(relay->printed, relay->read, sizeof relay->read, &length, NULL) && length > 0) {
		take(relay, length);
		if (relay->length == 0)
			continue;
		pass_turn(relay, TURN_RUN);
		if (WaitForMultipleObjects(2, told, FALSE, INFINITE) == WAIT_OBJECT_0)
			break;
		if (!relay->is_untaken && !write_all(relay->output, relay->bytes, relay->length)) {
			InterlockedExchange(&relay->is_untaken, true);
			SetEvent(relay->ready);
		}
	}
	pass_turn(relay, TURN_OVER);
	return 0;
}

/* -- the typist ---------------------------------------------------------------------------------------------------- */

static bool type_keys(struct relay *relay, struct typing *typing)
{
	INPUT_RECORD records[RECORDS];
	DWORD count;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (!ReadConsoleInputW(relay->input, records, RECORDS, &count))
		return false;
	for (DWORD i = 0; i < count; i++) {
		const KEY_EVENT_RECORD *event = &records[i].Event.KeyEvent;
		if (records[i].EventType == KEY_EVENT)
			keys_add(typing,
				 &(struct key){ .unit = event->uChar.UnicodeChar,
						.repeats = event->wRepeatCount,
						.is_down = event->bKeyDown,
						.is_alt = event->wVirtualKeyCode == VK_MENU },
				 &text);
	}
	return text.length == 0 || (text_ok(&text) && write_all(relay->typed, text_str(&text), (DWORD)text.length));
}

/* A pipe that ends is to the command what Ctrl-Z is, on a line of its own. */
static bool type_bytes(struct relay *relay)
{
	char bytes[4096];
	DWORD length = 0;
	if (ReadFile(relay->input, bytes, sizeof bytes, &length, NULL) && length > 0)
		return write_all(relay->typed, bytes, length);
	write_all(relay->typed, "\x1a\r", 2);
	return false;
}

static DWORD WINAPI type(void *context)
{
	struct relay *relay = context;
	HANDLE sources[] = { relay->stop, relay->input };
	struct typing typing = { 0 };
	if (!relay->screen.keyboard) {
		while (WaitForSingleObject(relay->stop, 0) != WAIT_OBJECT_0 && type_bytes(relay))
			;
		return 0;
	}
	while (WaitForMultipleObjects(2, sources, FALSE, INFINITE) == WAIT_OBJECT_0 + 1 && type_keys(relay, &typing))
		;
	return 0;
}

static void end_thread(HANDLE *thread)
{
	/* Between two calls there is nothing to cancel: so until it is heard. */
	while (*thread && WaitForSingleObject(*thread, 10) == WAIT_TIMEOUT)
		CancelSynchronousIo(*thread);
	if (*thread)
		CloseHandle(*thread);
	*thread = NULL;
}

static void close_end(HANDLE *handle)
{
	if (*handle)
		CloseHandle(*handle);
	*handle = NULL;
}

static void end_threads(struct relay *relay)
{
	if (relay->stop)
		SetEvent(relay->stop);
	end_thread(&relay->typist);
	end_thread(&relay->printer);
	/* A console that nobody reads and types in hangs up. */
	close_end(&relay->typed);
	close_end(&relay->printed);
}

/* -- which console ------------------------------------------------------------------------------------------------- */

static HANDLE own_stream(int number)
{
	static const DWORD which[] = { STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE };
	return GetStdHandle(which[number]);
}

/* Output goes where the first stream that is replaced went; a console of which only the keyboard is has no other. */
static void choose_ends(struct relay *relay)
{
	int stream = relay->streams & CORDON_TERMINAL_OUTPUT ? 1 : 2;
	bool has_output = relay->streams & (CORDON_TERMINAL_OUTPUT | CORDON_TERMINAL_ERROR);
	relay->input = relay->streams & CORDON_TERMINAL_INPUT ? own_stream(0) : NULL;
	relay->output = has_output ? own_stream(stream)
				   : CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE,
						 FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
	relay->screen.keyboard = screen_is(relay->input) ? relay->input : NULL;
	relay->screen.output = screen_is(relay->output) ? relay->output : NULL;
}

bool relay_new(enum relay_wish wish, struct relay **ret_relay, struct cordon_error *err)
{
	unsigned streams = 0;
	for (int i = 0; i < 3; i++)
		if (wish == RELAY_ALWAYS || (wish == RELAY_FOUND && screen_is(own_stream(i))))
			streams |= 1u << i;
	if (streams == 0)
		return true;
	struct relay *relay = calloc(1, sizeof *relay);
	if (!relay)
		return cordon_fail_memory(err);
	relay->streams = streams;
	relay->ready = CreateEventW(NULL, FALSE, FALSE, NULL);
	relay->allowed = CreateEventW(NULL, FALSE, FALSE, NULL);
	relay->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!relay->ready || !relay->allowed || !relay->stop) {
		host_fail(err, GetLastError(), "CreateEvent", "make an event for the terminal");
		relay_free(relay);
		return false;
	}
	choose_ends(relay);
	*ret_relay = relay;
	return true;
}

struct relay *relay_free(struct relay *relay)
{
	if (!relay)
		return NULL;
	end_threads(relay);
	screen_restore(&relay->screen);
	close_end(&relay->ready);
	close_end(&relay->allowed);
	close_end(&relay->stop);
	free(relay);
	return NULL;
}

void relay_ask(const struct relay *relay, struct cordon_run_options *options)
{
	uint16_t rows, columns;
	if (!relay)
		return;
	options->terminal = relay->streams | CORDON_TERMINAL_COUNTED;
	if (screen_measure(&relay->screen, &rows, &columns)) {
		options->rows = rows;
		options->columns = columns;
	}
}

HANDLE relay_ready(const struct relay *relay)
{
	return relay ? relay->ready : NULL;
}

bool relay_has_keyboard(const struct relay *relay)
{
	return relay && relay->screen.is_raw && relay->screen.keyboard;
}

/* -- while it runs ------------------------------------------------------------------------------------------------- */

static HANDLE handle_of(intptr_t number)
{
	return number == -1 ? NULL : (HANDLE)number;
}

static bool attach(struct relay *relay, struct cordon_run *run, struct cordon_error *err)
{
	if (relay->is_attached || !cordon_run_is_started(run))
		return true;
	relay->is_attached = true;
	relay->printed = handle_of(cordon_run_take_terminal(run));
	relay->typed = handle_of(cordon_run_take_keyboard(run));
	if (!relay->printed || !relay->typed)
		return cordon_fail(err, CORDON_UNSUPPORTED, "the command has no terminal, though it was asked for");
	if (!screen_make_raw(&relay->screen, err))
		return false;
	relay->printer = CreateThread(NULL, 0, print, relay, 0, NULL);
	relay->typist = relay->input ? CreateThread(NULL, 0, type, relay, 0, NULL) : NULL;
	return (relay->printer && (relay->typist || !relay->input)) ||
	       host_fail(err, GetLastError(), "CreateThread", "start what serves the terminal");
}

static enum turn turn_of(const struct relay *relay)
{
	return (enum turn)__atomic_load_n(&relay->turn, __ATOMIC_ACQUIRE);
}

/* True when there was something to count. */
static bool count(struct relay *relay, struct cordon_run *run)
{
	if (turn_of(relay) == TURN_OVER && !relay->is_told) {
		relay->is_told = true;
		cordon_run_count_output(run, 0);
	}
	if (turn_of(relay) != TURN_RUN)
		return false;
	relay->length = (DWORD)cordon_run_count_output(run, relay->length);
	InterlockedExchange(&relay->turn, TURN_PRINTER);
	SetEvent(relay->allowed);
	return true;
}

static void follow_size(struct relay *relay, struct cordon_run *run)
{
	uint16_t rows, columns;
	if (!screen_measure(&relay->screen, &rows, &columns) || (rows == relay->rows && columns == relay->columns))
		return;
	relay->rows = rows;
	relay->columns = columns;
	cordon_run_resize(run, rows, columns);
}

bool relay_serve(struct relay *relay, struct cordon_run *run, struct cordon_error *err)
{
	if (!relay)
		return true;
	if (!attach(relay, run, err))
		return false;
	if (!relay->printer)
		return true;
	count(relay, run);
	follow_size(relay, run);
	/* As when a window is closed. */
	if (InterlockedCompareExchange(&relay->is_untaken, 2, 1) == 1)
		cordon_run_end(run);
	return true;
}

int relay_timeout(const struct relay *relay)
{
	return relay && relay->printer && relay->screen.output ? LOOK_MS : -1;
}

/* Ctrl-C that the keyboard does not bring along: it is pressed where only output is the command's. Ctrl-Break always
 * comes this way, and no terminal has a byte for it.
 */
bool relay_signal(struct relay *relay, struct cordon_run *run, int signal)
{
	(void)run;
	if (relay && relay->typed && (signal == NUMBER_INTERRUPT || signal == NUMBER_BREAK))
		write_all(relay->typed, "\x03", 1);
	return false;
}

/* What the tree printed last comes when its console is closed, which the run's end does. */
void relay_drain(struct relay *relay, struct cordon_run *run)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!relay)
		return;
	while (relay->printer && turn_of(relay) != TURN_OVER) {
		int signal = 0;
		uint64_t before = host_clock();
		bool is_waited = count(relay, run) || host_wait(-1, relay, STILL_MS, &signal, &ignored);
		if (!is_waited || (signal && host_is_end(signal)) || host_clock() - before >= STILL_MS)
			break;
	}
	end_threads(relay);
	screen_restore(&relay->screen);
}

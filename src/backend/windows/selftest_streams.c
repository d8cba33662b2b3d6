/* A run's streams and its terminal. */
#include "backend/windows/selftest.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

enum { FLOOD = 8 << 20, NUMBER_BREAK = 21, HEARD_FIRST = 40 };

/* -- files ---------------------------------------------------------------------------------------------------------- */

static HANDLE open_stream(const struct trying *trying, const char *name, bool writes, struct cordon_error *err)
{
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	CORDON_ON_EXIT(free_text) char *path = folder_path(trying->test, name);
	CORDON_ON_EXIT(free_wide) uint16_t *native = NULL;
	if (!path || !native_path(path, &native, err))
		return NULL;
	HANDLE file = CreateFileW(native, writes ? GENERIC_READ | GENERIC_WRITE : GENERIC_READ,
				  FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited,
				  writes ? CREATE_ALWAYS : OPEN_EXISTING, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		windows_fail(err, GetLastError(), "CreateFile", "open '%s'", path);
	return file == INVALID_HANDLE_VALUE ? NULL : file;
}

static bool holds(HANDLE file, const char *wanted)
{
	char bytes[256];
	DWORD length = 0, size = (DWORD)strlen(wanted);
	SetFilePointer(file, 0, NULL, FILE_BEGIN);
	return ReadFile(file, bytes, sizeof bytes, &length, NULL) && length == size && memcmp(bytes, wanted, size) == 0;
}

static enum result pass_streams(struct trying *trying)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *path = folder_path(trying->test, "in.txt");
	struct handover handover = world_handover(trying->world);
	struct cage *cage = NULL;
	if (!path || !os_remove_file(path, &err) || !os_make_file(path, "a \x01 b\r\n", 7, &err))
		return failed(trying, &err);
	CORDON_ON_EXIT(close_handle) HANDLE in = open_stream(trying, "in.txt", false, &err);
	CORDON_ON_EXIT(close_handle) HANDLE out = open_stream(trying, "out.txt", true, &err);
	CORDON_ON_EXIT(close_handle) HANDLE errors = open_stream(trying, "errors.txt", true, &err);
	if (!in || !out || !errors)
		return failed(trying, &err);
	handover.streams[0] = (int)(intptr_t)in;
	handover.streams[1] = (int)(intptr_t)out;
	handover.streams[2] = (int)(intptr_t)errors;
	if (!world_start(trying->world, &handover, WORDS("copy"), &cage, &err))
		return failed(trying, &err);
	struct cage_event event = world_await(cage);
	if (event.kind == CAGE_STARTED)
		event = world_await(cage);
	backend_native.discard(cage);
	return judged(trying, event.kind == CAGE_ENDED && holds(out, "a \x01 b\r\n") && holds(errors, "A \x01 B\r\n"),
		      "%s, status 0x%x", world_told(&event), (unsigned)event.exit.code);
}

/* -- floods --------------------------------------------------------------------------------------------------------- */

/* As the command has made it (selftest_command.c). */
static bool holds_flood(HANDLE file, uint64_t size)
{
	static char block[FLOOD_BLOCK], wanted[FLOOD_BLOCK];
	DWORD length, more = 0;
	SetFilePointer(file, 0, NULL, FILE_BEGIN);
	for (uint32_t block_number = 0; size > 0; block_number++) {
		DWORD asked = size < FLOOD_BLOCK ? (DWORD)size : FLOOD_BLOCK;
		fill_flood(wanted, block_number);
		if (!ReadFile(file, block, asked, &length, NULL) || length != asked ||
		    memcmp(block, wanted, asked) != 0)
			return false;
		size -= asked;
	}
	return ReadFile(file, block, 1, &more, NULL) && more == 0;
}

/* *ret_event is how it ended; with a limit, first that. */
static bool run_flood(struct trying *trying, const char *size, uint64_t limit, HANDLE out, struct cage_event *ret_event,
		      struct cage_event *ret_end, struct cordon_error *err)
{
	struct handover handover = world_handover(trying->world);
	struct cage *cage = NULL;
	handover.streams[1] = (int)(intptr_t)out;
	trying->world->limits[LIMIT_OUTPUT] = (struct limit_setting){ .is_set = limit > 0, .value = limit };
	bool is_started = world_start(trying->world, &handover, WORDS("flood", size), &cage, err);
	trying->world->limits[LIMIT_OUTPUT] = (struct limit_setting){ 0 };
	if (!is_started)
		return false;
	*ret_event = world_await(cage);
	if (ret_event->kind == CAGE_STARTED)
		*ret_event = world_await(cage);
	*ret_end = ret_event->kind == CAGE_LIMIT ? world_await(cage) : *ret_event;
	backend_native.discard(cage);
	return true;
}

static enum result pass_flood(struct trying *trying)
{
	char size[24];
	snprintf(size, sizeof size, "%d", FLOOD);
	for (int is_counted = 0; is_counted < 2; is_counted++) {
		struct cordon_error err = CORDON_ERROR_INIT;
		struct cage_event event, end;
		CORDON_ON_EXIT(close_handle) HANDLE out = open_stream(trying, "flood.bin", true, &err);
		if (!out || !run_flood(trying, size, is_counted ? FLOOD : 0, out, &event, &end, &err))
			return failed(trying, &err);
		if (end.kind != CAGE_ENDED || end.exit.code != 0 || !holds_flood(out, FLOOD))
			return judged(trying, false, "%s: %s, status 0x%x", is_counted ? "counted" : "not counted",
				      world_told(&event), (unsigned)end.exit.code);
	}
	return judged(trying, true, "%s", "");
}

static enum result limit_output(struct trying *trying)
{
	static const uint64_t limits[] = { 1, 1000, FLOOD_BLOCK + 1 };
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		struct cordon_error err = CORDON_ERROR_INIT;
		struct cage_event event, end;
		CORDON_ON_EXIT(close_handle) HANDLE out = open_stream(trying, "limited.bin", true, &err);
		if (!out || !run_flood(trying, "100000000000", limits[i], out, &event, &end, &err))
			return failed(trying, &err);
		if (event.kind != CAGE_LIMIT || event.limit != LIMIT_OUTPUT || end.kind != CAGE_ENDED ||
		    end.exit.usage.output_bytes != limits[i] || !holds_flood(out, limits[i]))
			return judged(trying, false, "limit %llu: %s, %llu bytes", (unsigned long long)limits[i],
				      world_told(&event), (unsigned long long)end.exit.usage.output_bytes);
	}
	return judged(trying, true, "%s", "");
}

/* -- handles -------------------------------------------------------------------------------------------------------- */

static bool set_inside(struct trying *trying, HANDLE event, HANDLE passed, struct cordon_error *err)
{
	struct handover handover = world_handover(trying->world);
	const int numbers[] = { (int)(intptr_t)passed };
	char number[24];
	struct cage *cage = NULL;
	handover.passed = numbers;
	handover.passed_count = 1;
	snprintf(number, sizeof number, "%lu", (unsigned long)(uintptr_t)event);
	if (!world_start(trying->world, &handover, WORDS("event", number), &cage, err))
		return false;
	struct cage_event told = world_await(cage);
	if (told.kind == CAGE_STARTED)
		told = world_await(cage);
	backend_native.discard(cage);
	return told.kind == CAGE_ENDED || cordon_fail(err, CORDON_OS_FAILED, "%s", world_told(&told));
}

static enum result pass_handles(struct trying *trying)
{
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	CORDON_ON_EXIT(close_handle) HANDLE passed = CreateEventW(&inherited, TRUE, FALSE, NULL);
	CORDON_ON_EXIT(close_handle) HANDLE other = CreateEventW(&inherited, TRUE, FALSE, NULL);
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!set_inside(trying, passed, passed, &err) || !set_inside(trying, other, passed, &err))
		return failed(trying, &err);
	bool has_passed = WaitForSingleObject(passed, 0) == WAIT_OBJECT_0;
	bool has_other = WaitForSingleObject(other, 0) == WAIT_OBJECT_0;
	return judged(trying, has_passed && !has_other, "%s%s", has_passed ? "" : "the one that is passed is not there",
		      has_other ? "another one is there" : "");
}

/* -- the terminal --------------------------------------------------------------------------------------------------- */

enum { PRINTED_ROOM = 65536 };

/* The caller's side: a reader that answers where the cursor is, as a terminal does. */
struct terminal {
	HANDLE printed, typed, reader, changed;
	CRITICAL_SECTION lock;
	char bytes[PRINTED_ROOM];
	DWORD length;
};

/* The last of it is what is looked at. */
static void keep_printed(struct terminal *terminal, const char *bytes, DWORD length)
{
	if (terminal->length + length >= PRINTED_ROOM) {
		terminal->length -= PRINTED_ROOM / 2;
		memmove(terminal->bytes, terminal->bytes + PRINTED_ROOM / 2, terminal->length);
	}
	memcpy(terminal->bytes + terminal->length, bytes, length);
	terminal->length += length;
}

static DWORD WINAPI read_terminal(void *context)
{
	static const struct {
		const char *question, *answer;
	} talk[] = { { "\x1b[6n", "\x1b[1;1R" }, { "\x1b[c", "\x1b[?1;0c" } };
	struct terminal *terminal = context;
	char bytes[1024];
	DWORD length, written;
	while (ReadFile(terminal->printed, bytes, sizeof bytes - 1, &length, NULL) && length > 0) {
		bytes[length] = '\0';
		for (size_t i = 0; i < COUNT_OF(talk); i++)
			if (strstr(bytes, talk[i].question))
				WriteFile(terminal->typed, talk[i].answer, (DWORD)strlen(talk[i].answer), &written,
					  NULL);
		EnterCriticalSection(&terminal->lock);
		keep_printed(terminal, bytes, length);
		LeaveCriticalSection(&terminal->lock);
		SetEvent(terminal->changed);
	}
	return 0;
}

static bool has_printed(struct terminal *terminal, const char *words)
{
	EnterCriticalSection(&terminal->lock);
	terminal->bytes[terminal->length] = '\0';
	bool has = strstr(terminal->bytes, words) != NULL;
	LeaveCriticalSection(&terminal->lock);
	return has;
}

static bool await_printed(struct terminal *terminal, const char *words)
{
	uint64_t end = os_clock() + SELFTEST_WAIT_MS;
	while (!has_printed(terminal, words) && os_clock() < end && !is_interrupted())
		WaitForSingleObject(terminal->changed, 100);
	return has_printed(terminal, words);
}

static void free_terminal(struct terminal **holder)
{
	struct terminal *terminal = *holder;
	if (!terminal)
		return;
	if (terminal->reader)
		WaitForSingleObject(terminal->reader, SELFTEST_WAIT_MS);
	close_handle(&terminal->reader);
	close_handle(&terminal->printed);
	close_handle(&terminal->typed);
	close_handle(&terminal->changed);
	DeleteCriticalSection(&terminal->lock);
	free(terminal);
}

/* Runs the words with a terminal for all three streams; the keyboard is taken only where it is typed at. */
static bool start_terminal(struct trying *trying, const char *const *words, struct terminal **ret_terminal,
			   struct cage **ret_cage, struct cordon_error *err)
{
	struct handover handover = world_handover(trying->world);
	struct terminal *terminal = calloc(1, sizeof *terminal);
	if (!terminal)
		return cordon_fail_memory(err);
	*ret_terminal = terminal;
	InitializeCriticalSection(&terminal->lock);
	terminal->changed = CreateEventW(NULL, FALSE, FALSE, NULL);
	handover.terminal = 7;
	handover.rows = 25;
	handover.columns = 80;
	if (!world_start(trying->world, &handover, words, ret_cage, err))
		return false;
	const struct cage_event event = world_await(*ret_cage);
	if (event.kind != CAGE_STARTED)
		return cordon_fail(err, CORDON_OS_FAILED, "%s", world_told(&event));
	terminal->printed = (HANDLE)(intptr_t)backend_native.take_terminal(*ret_cage);
	terminal->typed = (HANDLE)(intptr_t)backend_native.take_keyboard(*ret_cage);
	terminal->reader = CreateThread(NULL, 0, read_terminal, terminal, 0, NULL);
	return terminal->reader || windows_fail(err, GetLastError(), "CreateThread", "start a reader");
}

static void discard_at(struct cage **holder)
{
	if (*holder)
		backend_native.discard(*holder);
}

/* Until it says the words; then `act`, and until more is seen where there is more; then its end, with that status. */
static enum result try_terminal(struct trying *trying, const char *const *words, const char *says,
				void (*act)(struct terminal *terminal, struct cage *cage), const char *more, int status)
{
	CORDON_ON_EXIT(free_terminal) struct terminal *terminal = NULL;
	CORDON_ON_EXIT(discard_at) struct cage *cage = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!start_terminal(trying, words, &terminal, &cage, &err))
		return failed(trying, &err);
	if (!await_printed(terminal, says))
		return judged(trying, false, "what it prints is not seen: %.300s", terminal->bytes);
	act(terminal, cage);
	if (more && !await_printed(terminal, more))
		return judged(trying, false, "'%s' is not seen: %.300s", more, terminal->bytes);
	const struct cage_event event = world_await(cage);
	return judged(trying, event.kind == CAGE_ENDED && event.exit.code == status, "%s, status 0x%x",
		      world_told(&event), (unsigned)event.exit.code);
}

static void do_nothing(struct terminal *terminal, struct cage *cage)
{
	(void)terminal;
	(void)cage;
}

static void do_resize(struct terminal *terminal, struct cage *cage)
{
	(void)terminal;
	backend_native.resize(cage, 31, 97);
}

static void do_type(struct terminal *terminal, struct cage *cage)
{
	DWORD written;
	(void)cage;
	WriteFile(terminal->typed, "\x03", 1, &written, NULL);
}

static void do_type_line(struct terminal *terminal, struct cage *cage)
{
	DWORD written;
	(void)cage;
	WriteFile(terminal->typed, "typed so\r", 9, &written, NULL);
}

static void do_close(struct terminal *terminal, struct cage *cage)
{
	(void)terminal;
	backend_native.ask(cage);
}

static enum result show_terminal(struct trying *trying)
{
	return try_terminal(trying, WORDS("print", "shown here"), "shown here", do_nothing, NULL, 0);
}

/* Who serves the console has the last of it in hand when the command has ended. */
static enum result show_last(struct trying *trying)
{
	CORDON_ON_EXIT(free_terminal) struct terminal *terminal = NULL;
	CORDON_ON_EXIT(discard_at) struct cage *cage = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!start_terminal(trying, WORDS("lines"), &terminal, &cage, &err))
		return failed(trying, &err);
	const struct cage_event event = world_await(cage);
	WaitForSingleObject(terminal->reader, SELFTEST_WAIT_MS);
	bool is_shown = has_printed(terminal, LAST_LINE);
	return judged(trying, event.kind == CAGE_ENDED && event.exit.code == 0 && is_shown, "%s, status 0x%x%s",
		      world_told(&event), (unsigned)event.exit.code, is_shown ? "" : ", and the last is not seen");
}

static enum result measure_terminal(struct trying *trying)
{
	return try_terminal(trying, WORDS("size", "80", "25"), "looks", do_nothing, NULL, 0);
}

static enum result echo_terminal(struct trying *trying)
{
	return try_terminal(trying, WORDS("line", "asks", "typed so"), "asks", do_type_line, "typed so", 0);
}

static enum result resize_terminal(struct trying *trying)
{
	return try_terminal(trying, WORDS("size", "97", "31"), "looks", do_resize, NULL, 0);
}

static enum result interrupt_terminal(struct trying *trying)
{
	return try_terminal(trying, WORDS("listen", "listens"), "listens", do_type, NULL, HEARD_FIRST + CTRL_C_EVENT);
}

static enum result close_terminal(struct trying *trying)
{
	return try_terminal(trying, WORDS("listen", "listens"), "listens", do_close, NULL,
			    HEARD_FIRST + CTRL_CLOSE_EVENT);
}

/* Without a terminal the command has a console that nobody sees, where cordon types what it hears itself. */
static enum result break_terminal(struct trying *trying)
{
	const struct handover handover = world_handover(trying->world);
	CORDON_ON_EXIT(free_text) char *path = root_path(trying->world, "listens");
	CORDON_ON_EXIT(discard_at) struct cage *cage = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	uint64_t end = os_clock() + SELFTEST_WAIT_MS;
	if (!path || !os_remove_file(path, &err) ||
	    !world_start(trying->world, &handover, WORDS("listen", "", "listens"), &cage, &err))
		return failed(trying, &err);
	struct cage_event event = world_await(cage);
	while (event.kind == CAGE_STARTED && !os_exists(path) && os_clock() < end)
		Sleep(10);
	backend_native.signal(cage, NUMBER_BREAK);
	if (event.kind == CAGE_STARTED)
		event = world_await(cage);
	return judged(trying, event.kind == CAGE_ENDED && event.exit.code == HEARD_FIRST + CTRL_C_EVENT,
		      "%s, status 0x%x", world_told(&event), (unsigned)event.exit.code);
}

static const struct selftest_row rows[] = { STREAMS_CASES(SELFTEST_ROW) };

unsigned streams_try(struct selftest *test, enum tier tier, struct world *world, const char *why)
{
	return try_rows(test, rows, COUNT_OF(rows), tier, world, why);
}

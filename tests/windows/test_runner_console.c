/* A console of the command's own in the account tier: made by the runner, served outside the command's job. Wine's
 * pseudoconsoles give nothing out, so that this program stands in for Windows' own too: its word "server" starts a
 * process between the command's pipes and cordon's, that holds back what was printed last. What is asserted is the order
 * of things and whose the processes are, and confines nothing.
 */
#include "account_world.h"
#include "backend/windows/pseudo.h"

enum { ROOM = 4 << 20, BIG = 1 << 20, HELD_MS = 300, HEARD = 41, BLOCK = 65536 };

static char own_path[1024];
static const char *manner = ""; /* of the stand-in, in the runner */

/* -- the stand-in, in the runner ----------------------------------------------------------------------------------- */

struct stand_in {
	HANDLE signal;  /* closed, the server is to end */
	HANDLE in, out; /* the command's ends; while one is open here, the console is there */
	HANDLE process;
};

bool pseudo_is_known(void)
{
	return true;
}

static bool start_server(const HANDLE handles[5], const char *size, HANDLE *ret_process)
{
	char line[1400];
	STARTUPINFOA about = { .cb = sizeof about };
	PROCESS_INFORMATION started;
	unsigned numbers[5];
	for (int i = 0; i < 5; i++) {
		SetHandleInformation(handles[i], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
		numbers[i] = (unsigned)(uintptr_t)handles[i];
	}
	snprintf(line, sizeof line, "\"%s\" server %u %u %u %u %u %s %s", own_path, numbers[0], numbers[1], numbers[2],
		 numbers[3], numbers[4], size, *manner ? manner : "none");
	bool is_started = CreateProcessA(own_path, line, NULL, NULL, TRUE, 0, NULL, NULL, &about, &started);
	for (int i = 0; i < 5; i++)
		SetHandleInformation(handles[i], HANDLE_FLAG_INHERIT, 0);
	if (is_started)
		CloseHandle(started.hThread);
	*ret_process = is_started ? started.hProcess : NULL;
	return is_started;
}

bool pseudo_make(uint16_t rows, uint16_t columns, bool is_seen, HANDLE reads, HANDLE writes, void **ret_pseudo,
		 struct cordon_error *error)
{
	struct stand_in *made = calloc(1, sizeof *made);
	HANDLE signal, from, to;
	char size[32];
	if (strcmp(manner, "none-made") == 0)
		return cordon_fail(error, CORDON_OS_FAILED, "planted: no pseudoconsole");
	*ret_pseudo = made;
	if (strcmp(manner, "nobody") == 0)
		return true;
	snprintf(size, sizeof size, "%u.%u.%d", rows, columns, is_seen);
	if (!made || !CreatePipe(&signal, &made->signal, NULL, 0) || !CreatePipe(&from, &made->out, NULL, 0) ||
	    !CreatePipe(&made->in, &to, NULL, 0))
		return cordon_fail(error, CORDON_OS_FAILED, "no pipes");
	const HANDLE handles[] = { signal, reads, writes, from, to };
	bool is_started = start_server(handles, size, &made->process);
	CloseHandle(signal);
	CloseHandle(from);
	CloseHandle(to);
	return is_started || cordon_fail(error, CORDON_OS_FAILED, "no server");
}

void pseudo_enter(void *pseudo, struct launch *launch)
{
	const struct stand_in *made = pseudo;
	for (int i = 0; i < 3; i++)
		if (!launch->streams[i])
			launch->streams[i] = i == 0 ? made->in : made->out;
}

long pseudo_resize(void *pseudo, uint16_t rows, uint16_t columns)
{
	const struct stand_in *made = pseudo;
	const uint16_t size[] = { rows, columns };
	DWORD written;
	return !WriteFile(made->signal, size, sizeof size, &written, NULL);
}

void pseudo_close(void *pseudo)
{
	const struct stand_in *made = pseudo;
	CloseHandle(made->signal);
	CloseHandle(made->in);
	CloseHandle(made->out);
	/* As before Windows 11 24H2. */
	if (strcmp(manner, "newer") != 0)
		WaitForSingleObject(made->process, INFINITE);
}

/* A runner as it should be, whose console is of that manner. */
static int serve_in_manner(const char *how, const WCHAR *name, DWORD server)
{
	manner = how;
	return runner_main(name, server);
}

/* -- the server ---------------------------------------------------------------------------------------------------- */

static HANDLE served[5];

static bool write_whole(HANDLE to, const char *bytes, DWORD length)
{
	for (DWORD written; length > 0; bytes += written, length -= written)
		if (!WriteFile(to, bytes, length, &written, NULL))
			return false;
	return true;
}

/* The last block goes out late. */
static DWORD WINAPI show(void *context)
{
	static char blocks[2][BLOCK];
	DWORD held = 0, length;
	int which = 0;
	(void)context;
	while (ReadFile(served[3], blocks[which], BLOCK, &length, NULL) && length > 0) {
		if (held > 0 && !write_whole(served[2], blocks[!which], held))
			return 1;
		held = length;
		which = !which;
		DWORD more = 0;
		/* What the command waits for to be seen is shown at once. */
		if (PeekNamedPipe(served[3], NULL, 0, NULL, &more, NULL) && more == 0 && held < 64) {
			write_whole(served[2], blocks[!which], held);
			held = 0;
		}
	}
	Sleep(HELD_MS);
	write_whole(served[2], blocks[!which], held);
	return 0;
}

static DWORD WINAPI hand_on(void *context)
{
	char bytes[256];
	DWORD length;
	(void)context;
	while (ReadFile(served[1], bytes, sizeof bytes, &length, NULL) && length > 0)
		if (!write_whole(served[4], bytes, length))
			break;
	return 0;
}

static void show_size(unsigned rows, unsigned columns, const char *more)
{
	char words[48];
	snprintf(words, sizeof words, "<size %u %u%s>", rows, columns, more);
	write_whole(served[2], words, (DWORD)strlen(words));
}

static int serve_console(char **words)
{
	unsigned rows = 0, columns = 0, is_seen = 0;
	uint16_t size[2];
	DWORD length;
	for (int i = 0; i < 5; i++)
		served[i] = (HANDLE)(uintptr_t)strtoul(words[i], NULL, 10);
	sscanf(words[5], "%u.%u.%u", &rows, &columns, &is_seen);
	show_size(rows, columns, is_seen ? " seen" : "");
	HANDLE shows = CreateThread(NULL, 0, show, NULL, 0, NULL);
	HANDLE hands_on = CreateThread(NULL, 0, hand_on, NULL, 0, NULL);
	if (!shows || !hands_on)
		return 1;
	while (ReadFile(served[0], size, sizeof size, &length, NULL) && length == sizeof size)
		show_size(size[0], size[1], "");
	/* To the command, the end of what is typed stands for CTRL_CLOSE_EVENT. */
	while (WaitForSingleObject(hands_on, 10) == WAIT_TIMEOUT)
		CancelSynchronousIo(hands_on);
	CloseHandle(served[4]);
	WaitForSingleObject(shows, strcmp(words[6], "stuck") == 0 ? 0 : INFINITE);
	if (strcmp(words[6], "stuck") == 0)
		Sleep(60000);
	return 0;
}

/* -- the command --------------------------------------------------------------------------------------------------- */

static void say(const char *words)
{
	write_whole(GetStdHandle(STD_OUTPUT_HANDLE), words, (DWORD)strlen(words));
}

static char letter_at(size_t i)
{
	return (char)('a' + (i * 7 + i / 251) % 26);
}

static int supervise(void);

static int command(char **words)
{
	HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
	char bytes[64];
	DWORD length = 0;
	if (strcmp(words[0], "print") == 0) {
		static char all[BIG];
		for (size_t i = 0; i < BIG; i++)
			all[i] = letter_at(i);
		return write_whole(GetStdHandle(STD_OUTPUT_HANDLE), all, BIG) ? 3 : 4;
	}
	if (strcmp(words[0], "both") == 0) {
		say("to the file");
		write_whole(GetStdHandle(STD_ERROR_HANDLE), "to the screen", 13);
	}
	if (strcmp(words[0], "key") == 0)
		return ReadFile(in, bytes, 1, &length, NULL) && length == 1 ? bytes[0] : 4;
	if (strcmp(words[0], "hear") == 0) {
		say("ready");
		while (ReadFile(in, bytes, sizeof bytes, &length, NULL) && length > 0)
			write_whole(GetStdHandle(STD_OUTPUT_HANDLE), bytes, length);
		return HEARD;
	}
	if (strcmp(words[0], "late") == 0) {
		Sleep(500);
		say("said late");
	}
	if (strcmp(words[0], "leave") == 0) {
		char line[1200];
		STARTUPINFOA about = { .cb = sizeof about,
				       .dwFlags = STARTF_USESTDHANDLES,
				       .hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE) };
		PROCESS_INFORMATION left;
		snprintf(line, sizeof line, "\"%s\" command late", own_path);
		return CreateProcessA(own_path, line, NULL, NULL, TRUE, 0, NULL, NULL, &about, &left) ? 0 : 1;
	}
	if (strcmp(words[0], "supervise") == 0)
		return supervise();
	return 0;
}

/* -- the caller ---------------------------------------------------------------------------------------------------- */

struct terminal {
	HANDLE printed, typed, reader, changed;
	CRITICAL_SECTION lock;
	size_t length, counted;
	bool is_over, is_told;
	char bytes[ROOM];
};

static struct terminal terminal;

static DWORD WINAPI read_terminal(void *context)
{
	static char bytes[BLOCK];
	DWORD length;
	(void)context;
	for (;;) {
		bool is_read = ReadFile(terminal.printed, bytes, sizeof bytes, &length, NULL) && length > 0;
		EnterCriticalSection(&terminal.lock);
		if (is_read && terminal.length + length < ROOM) {
			memcpy(terminal.bytes + terminal.length, bytes, length);
			terminal.length += length;
		}
		terminal.is_over = !is_read;
		LeaveCriticalSection(&terminal.lock);
		SetEvent(terminal.changed);
		if (!is_read)
			return 0;
	}
}

static void take_terminal(struct cage *cage, bool is_read)
{
	memset(terminal.bytes, 0, sizeof terminal.bytes);
	terminal.length = terminal.counted = 0;
	terminal.is_over = terminal.is_told = false;
	terminal.printed = (HANDLE)(intptr_t)backend_native.take_terminal(cage);
	terminal.typed = (HANDLE)(intptr_t)backend_native.take_keyboard(cage);
	assert_true(terminal.printed != INVALID_HANDLE_VALUE && terminal.typed != INVALID_HANDLE_VALUE);
	terminal.reader = is_read ? CreateThread(NULL, 0, read_terminal, NULL, 0, NULL) : NULL;
}

static void drop_terminal(void)
{
	if (terminal.reader)
		assert_int_equal(WaitForSingleObject(terminal.reader, EVENT_MS), WAIT_OBJECT_0);
	close_handle(&terminal.reader);
	close_handle(&terminal.printed);
	close_handle(&terminal.typed);
	terminal.reader = terminal.printed = terminal.typed = NULL;
}

/* What the caller has to count, on its own thread. */
static void count(struct cage *cage)
{
	EnterCriticalSection(&terminal.lock);
	size_t more = terminal.length - terminal.counted;
	bool is_over = terminal.is_over && !terminal.is_told;
	terminal.counted = terminal.length;
	terminal.is_told |= is_over;
	LeaveCriticalSection(&terminal.lock);
	if (more > 0)
		backend_native.count_output(cage, more);
	if (is_over)
		backend_native.count_output(cage, 0);
}

/* As a caller's loop: counts, and goes on until something is told. */
static struct cage_event attend(struct cage *cage)
{
	struct cage_event event = { .kind = CAGE_NOTHING };
	HANDLE either[] = { (HANDLE)(intptr_t)backend_native.waitable(cage), terminal.changed };
	while (event.kind == CAGE_NOTHING) {
		assert_int_not_equal(WaitForMultipleObjects(2, either, FALSE, EVENT_MS), WAIT_TIMEOUT);
		count(cage);
		assert_true(backend_native.next_event(cage, 0, &event, &err));
	}
	return event;
}

static bool shows(const char *words)
{
	EnterCriticalSection(&terminal.lock);
	bool has = strstr(terminal.bytes, words) != NULL;
	LeaveCriticalSection(&terminal.lock);
	return has;
}

static void await_shown(const char *words)
{
	for (int i = 0; i < EVENT_MS / 10 && !shows(words); i++)
		Sleep(10);
	if (!shows(words))
		fail_msg("'%s' is not shown: %.200s", words, terminal.bytes);
}

static struct handover with_terminal(void)
{
	return (struct handover){
		.streams = { 0, 1, 2 }, .terminal = 7, .counts_terminal = true, .rows = 25, .columns = 80
	};
}

static struct cage *start_with(const struct handover *handover, const char *word)
{
	char words[32];
	char *const argv[] = { own_path, "command", words, NULL };
	snprintf(words, sizeof words, "%s", word);
	struct cage *cage = start_run(handover, argv);
	assert_int_equal(await(cage).kind, CAGE_STARTED);
	return cage;
}

static struct cage *start(const char *word)
{
	const struct handover handover = with_terminal();
	struct cage *cage = start_with(&handover, word);
	take_terminal(cage, true);
	return cage;
}

static void end(struct cage *cage)
{
	expect_nothing_left(cage);
	drop_terminal();
}

static void expect_end(struct cage *cage, bool by_signal, int code)
{
	const struct cage_event event = attend(cage);
	assert_int_equal(event.kind, CAGE_ENDED);
	assert_int_equal(event.exit.by_signal, by_signal);
	assert_int_equal(event.exit.code, code);
}

/* Of those in the runner's job, the one that is neither the runner nor the command. */
static DWORD server_of(const struct cage *cage)
{
	struct {
		DWORD assigned, count;
		ULONG_PTR ids[16];
	} list = { 0 };
	DWORD server = 0;
	assert_true(
		QueryInformationJobObject(cage->runner->job, JobObjectBasicProcessIdList, &list, sizeof list, NULL));
	for (DWORD i = 0; i < list.count; i++)
		if (list.ids[i] != cage->runner->process.dwProcessId && list.ids[i] != cage->process.dwProcessId)
			server = (DWORD)list.ids[i];
	return server;
}

/* -- what is shown ------------------------------------------------------------------------------------------------- */

/* The command has ended and all that was its, and who serves its console still has the last in hand. */
static void console__shows_what_was_printed_last(void **state)
{
	(void)state;
	static const char *const manners[] = { "", "newer" };
	for (size_t i = 0; i < 2 * COUNT_OF(manners); i++) {
		lie = manners[i / 2];
		plan.limits[LIMIT_OUTPUT] = (struct limit_setting){ .is_set = i % 2, .value = ROOM };
		struct cage *cage = start("print");
		expect_end(cage, false, 3);
		if (i % 2)
			assert_true(terminal.is_over);
		end(cage);
		const char *from = strchr(terminal.bytes, '>') + 1;
		assert_int_equal(terminal.bytes + terminal.length - from, BIG);
		for (size_t at = 0; at < BIG; at++)
			if (from[at] != letter_at(at))
				fail_msg("byte %zu", at);
	}
}

static void console__has_the_size_that_it_is_given(void **state)
{
	(void)state;
	struct cage *cage = start("hear");
	await_shown("<size 25 80 seen>");
	backend_native.resize(cage, 31, 97);
	await_shown("<size 31 97>");
	backend_native.resize(cage, 0, 97);
	backend_native.resize(cage, 32767, 1);
	await_shown("<size 32767 1>");
	assert_false(shows("<size 0"));
	backend_native.ask(cage);
	/* Nobody to tell any more. */
	backend_native.resize(cage, 40, 40);
	expect_end(cage, false, HEARD);
	end(cage);
	assert_false(shows("<size 40"));
}

static void console__takes_what_is_typed(void **state)
{
	(void)state;
	DWORD written;
	struct cage *cage = start("hear");
	await_shown("ready");
	assert_true(WriteFile(terminal.typed, "a\x03z", 3, &written, NULL));
	await_shown("a\x03z");
	backend_native.ask(cage);
	expect_end(cage, false, HEARD);
	end(cage);
}

/* `tool >file`, in a terminal: the file has the program's bytes and no others. */
static void stream__that_is_no_console_passes_beside_one(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text told = { 0 };
	SECURITY_ATTRIBUTES inheritable = { sizeof inheritable, NULL, TRUE };
	HANDLE file = CreateFileA(in_scratch("out.txt"), GENERIC_WRITE, FILE_SHARE_READ, &inheritable, CREATE_ALWAYS, 0,
				  NULL);
	struct handover handover = with_terminal();
	handover.terminal = 5;
	handover.streams[1] = (int)(intptr_t)file;
	struct cage *cage = start_with(&handover, "both");
	take_terminal(cage, true);
	expect_end(cage, false, 0);
	end(cage);
	CloseHandle(file);
	assert_true(shows("to the screen"));
	assert_false(shows("to the file"));
	assert_true(os_read_file(in_scratch("out.txt"), 100, &told, &err));
	assert_string_equal(text_str(&told), "to the file");
}

static void limit__of_output_counts_what_is_shown(void **state)
{
	(void)state;
	plan.limits[LIMIT_OUTPUT] = (struct limit_setting){ .is_set = true, .value = 1000 };
	struct cage *cage = start("print");
	struct cage_event event = attend(cage);
	assert_int_equal(event.kind, CAGE_LIMIT);
	assert_int_equal(event.limit, LIMIT_OUTPUT);
	event = attend(cage);
	assert_int_equal(event.kind, CAGE_ENDED);
	assert_int_equal(event.exit.usage.output_bytes, 1000);
	end(cage);
}

/* What the command leaves running has the console as long as it runs. */
static void background__that_is_kept_is_shown(void **state)
{
	(void)state;
	struct handover handover = with_terminal();
	handover.keep_background = true;
	struct cage *cage = start_with(&handover, "leave");
	take_terminal(cage, true);
	expect_end(cage, false, 0);
	end(cage);
	assert_true(shows("said late"));
	handover.keep_background = false;
	cage = start_with(&handover, "leave");
	take_terminal(cage, true);
	expect_end(cage, false, 0);
	end(cage);
	assert_false(shows("said late"));
}

/* -- how it ends --------------------------------------------------------------------------------------------------- */

static void run__that_is_ended_gives_its_console_back(void **state)
{
	(void)state;
	struct cage *cage = start("hear");
	await_shown("ready");
	backend_native.end(cage);
	expect_end(cage, true, 9);
	end(cage);
	assert_true(terminal.is_over);
}

/* Its console is gone with it, which the command hears of; cordon goes on. */
static void runner__that_is_killed_takes_the_console_along(void **state)
{
	(void)state;
	struct cage *cage = start("hear");
	await_shown("ready");
	assert_true(TerminateProcess(cage->runner->process.hProcess, 1));
	backend_native.resize(cage, 30, 30);
	backend_native.ask(cage);
	expect_end(cage, false, HEARD);
	end(cage);
}

/* Neither the end of a run nor its giving up waits for one. */
static void server__that_is_stuck_holds_up_nobody(void **state)
{
	(void)state;
	lie = "stuck";
	for (int is_counted = 0; is_counted < 2; is_counted++) {
		plan.limits[LIMIT_OUTPUT] = (struct limit_setting){ .is_set = is_counted, .value = ROOM };
		struct cage *cage = start("both");
		uint64_t before = os_clock();
		expect_end(cage, false, 0);
		end(cage);
		assert_in_range(os_clock() - before, 0, 15000);
	}
}

static void terminal__that_nobody_reads_holds_up_nobody(void **state)
{
	(void)state;
	for (int is_taken = 0; is_taken < 2; is_taken++) {
		const struct handover handover = with_terminal();
		struct cage *cage = start_with(&handover, "print");
		if (is_taken)
			take_terminal(cage, false);
		uint64_t before = os_clock();
		expect_nothing_left(cage);
		assert_in_range(os_clock() - before, 0, 10000);
		if (is_taken)
			drop_terminal();
	}
}

/* In a console that nobody sees, Ctrl-C is typed. */
static void signal__is_typed_where_nobody_sees(void **state)
{
	(void)state;
	HANDLE own = GetStdHandle(STD_INPUT_HANDLE);
	const struct handover handover = { .streams = { 0, 1, 2 } };
	SetStdHandle(STD_INPUT_HANDLE, NULL);
	struct cage *cage = start_with(&handover, "key");
	SetStdHandle(STD_INPUT_HANDLE, own);
	assert_int_equal(backend_native.take_terminal(cage), -1);
	backend_native.signal(cage, 2);
	const struct cage_event event = await(cage);
	assert_int_equal(event.kind, CAGE_ENDED);
	assert_int_equal(event.exit.code, 3);
	expect_nothing_left(cage);
}

/* -- whose the processes are --------------------------------------------------------------------------------------- */

/* Who serves the console is of the command's account and may more: the command neither ends nor opens it. */
static void server__is_the_runners_and_nobodys_to_open(void **state)
{
	(void)state;
	static const DWORD rights[] = { PROCESS_VM_READ,    PROCESS_VM_WRITE, PROCESS_TERMINATE,
					PROCESS_DUP_HANDLE, WRITE_DAC,        PROCESS_QUERY_LIMITED_INFORMATION };
	struct cage *cage = start("hear");
	await_shown("ready");
	DWORD server = server_of(cage);
	struct {
		DWORD assigned, count;
		ULONG_PTR ids[16];
	} inner = { 0 };
	CORDON_ON_EXIT(close_handle)
	HANDLE command_of_ours = OpenProcess(PROCESS_VM_READ, FALSE, cage->process.dwProcessId);
	assert_non_null(command_of_ours); /* the control */
	assert_int_not_equal(server, 0);
	for (size_t i = 0; i < COUNT_OF(rights); i++) {
		/* An owner's right there that only OWNER RIGHTS takes away, which Wine does not know. */
		if (rights[i] == WRITE_DAC && is_wine())
			continue;
		CORDON_ON_EXIT(close_handle) HANDLE opened = OpenProcess(rights[i], FALSE, server);
		if (opened || GetLastError() != ERROR_ACCESS_DENIED)
			fail_msg("right 0x%lx: %lu", rights[i], opened ? 0 : GetLastError());
	}
	assert_true(QueryInformationJobObject(cage->job, JobObjectBasicProcessIdList, &inner, sizeof inner, NULL));
	assert_int_equal(inner.count, 1);
	assert_int_equal(inner.ids[0], cage->process.dwProcessId);
	backend_native.ask(cage);
	expect_end(cage, false, HEARD);
	end(cage);
}

/* A cordon that runs "hear" and is never heard of again; it says whose numbers are whose. */
static int supervise(void)
{
	void *state = NULL;
	char numbers[64], directory[200];
	GetCurrentDirectoryA(sizeof directory, directory);
	if (setup_account_world(&state) != 0 || setup_account(&state) != 0 || !SetCurrentDirectoryA(directory))
		return 1;
	const struct handover handover = with_terminal();
	struct cage *cage = start_with(&handover, "hear");
	snprintf(numbers, sizeof numbers, "%lu %lu %lu", cage->process.dwProcessId, cage->runner->process.dwProcessId,
		 server_of(cage));
	write_file("numbers.new", numbers);
	MoveFileA("numbers.new", "numbers.txt");
	Sleep(60000);
	return 0;
}

static bool is_alive(DWORD id)
{
	/* One that is closed to everybody is there. */
	CORDON_ON_EXIT(close_handle) HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, id);
	return process ? WaitForSingleObject(process, 0) == WAIT_TIMEOUT : GetLastError() == ERROR_ACCESS_DENIED;
}

static void cordon__that_is_killed_takes_all_of_them_along(void **state)
{
	(void)state;
	char line[1200], words[64] = { 0 };
	STARTUPINFOA about = { .cb = sizeof about };
	PROCESS_INFORMATION cordon;
	DWORD numbers[3] = { 0 };
	DeleteFileA(in_scratch("numbers.txt"));
	snprintf(line, sizeof line, "\"%s\" command supervise", own_path);
	assert_true(CreateProcessA(own_path, line, NULL, NULL, FALSE, 0, NULL, scratch, &about, &cordon));
	for (int i = 0; i < EVENT_MS / 10 && sscanf(words, "%lu %lu %lu", &numbers[0], &numbers[1], &numbers[2]) != 3;
	     i++) {
		FILE *file = fopen(in_scratch("numbers.txt"), "r");
		if (!file || !fgets(words, sizeof words, file))
			Sleep(10);
		if (file)
			fclose(file);
	}
	for (int i = 0; i < 3; i++)
		assert_true(numbers[i] && is_alive(numbers[i]));
	assert_true(TerminateProcess(cordon.hProcess, 1));
	for (int i = 0; i < 3; i++) {
		for (int tries = 0; tries < EVENT_MS / 10 && is_alive(numbers[i]); tries++)
			Sleep(10);
		assert_false(is_alive(numbers[i]));
	}
	CloseHandle(cordon.hThread);
	CloseHandle(cordon.hProcess);
}

/* -- what fails ---------------------------------------------------------------------------------------------------- */

static void start__fails_where_there_is_no_console(void **state)
{
	(void)state;
	static const char *const cases[][2] = { { "none-made", "planted: no pseudoconsole" },
						{ "nobody", "who serves the console is not found" } };
	char *const argv[] = { own_path, "command", "late", NULL };
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct handover handover = with_terminal();
		struct cage *cage = begin_run(&handover);
		lie = cases[i][0];
		assert_false(backend_native.start(cage, &plan, NULL, argv, &err));
		if (!strstr(err.text, cases[i][1]))
			fail_msg("%s", err.text);
		expect_nothing_left(cage);
	}
}

/* The console has been made by then. */
static void start__of_no_command_leaves_no_console(void **state)
{
	(void)state;
	write_file(in_scratch("none.exe"), "no program");
	char *const argv[] = { in_scratch("none.exe"), NULL };
	const struct handover handover = with_terminal();
	struct cage *cage = begin_run(&handover);
	assert_true(backend_native.start(cage, &plan, NULL, argv, &err));
	const struct cage_event event = await(cage);
	assert_int_equal(event.kind, CAGE_NOT_STARTED);
	assert_int_equal(event.error.status, CORDON_NOT_EXECUTABLE);
	expect_nothing_left(cage);
}

static void start__that_fails_at_any_step_leaves_no_server(void **state)
{
	(void)state;
	char *const argv[] = { own_path, "command", "hear", NULL };
	unsigned served_at = 0, step = 1;
	for (;; step++) {
		const struct handover handover = with_terminal();
		struct cage *cage = begin_run(&handover);
		taken_count = 0;
		failing = step;
		bool is_started = backend_native.start(cage, &plan, NULL, argv, &err);
		DWORD server = cage->runner && cage->runner->job ? server_of(cage) : 0;
		expect_nothing_left(cage);
		served_at += server != 0;
		for (int tries = 0; server && tries < EVENT_MS / 10 && is_alive(server); tries++)
			Sleep(10);
		assert_false(server && is_alive(server));
		if (is_started)
			break;
	}
	assert_int_equal(step, taken_count + 1);
	assert_in_range(served_at, 5, step);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(console__shows_what_was_printed_last, setup_account),
		cmocka_unit_test_setup(console__has_the_size_that_it_is_given, setup_account),
		cmocka_unit_test_setup(console__takes_what_is_typed, setup_account),
		cmocka_unit_test_setup(stream__that_is_no_console_passes_beside_one, setup_account),
		cmocka_unit_test_setup(limit__of_output_counts_what_is_shown, setup_account),
		cmocka_unit_test_setup(background__that_is_kept_is_shown, setup_account),
		cmocka_unit_test_setup(run__that_is_ended_gives_its_console_back, setup_account),
		cmocka_unit_test_setup(runner__that_is_killed_takes_the_console_along, setup_account),
		cmocka_unit_test_setup(server__that_is_stuck_holds_up_nobody, setup_account),
		cmocka_unit_test_setup(terminal__that_nobody_reads_holds_up_nobody, setup_account),
		cmocka_unit_test_setup(signal__is_typed_where_nobody_sees, setup_account),
		cmocka_unit_test_setup(server__is_the_runners_and_nobodys_to_open, setup_account),
		cmocka_unit_test_setup(start__fails_where_there_is_no_console, setup_account),
		cmocka_unit_test_setup(start__of_no_command_leaves_no_console, setup_account),
		cmocka_unit_test_setup(start__that_fails_at_any_step_leaves_no_server, setup_account),
		/* The last: what it has left is the next start's to remove. */
		cmocka_unit_test_setup(cordon__that_is_killed_takes_all_of_them_along, setup_account),
	};
	GetModuleFileNameA(NULL, own_path, sizeof own_path);
	runner_program = NULL;
	InitializeCriticalSection(&terminal.lock);
	terminal.changed = CreateEventW(NULL, FALSE, FALSE, NULL);
	if (argc > 2 && strcmp(argv[1], "command") == 0)
		return command(argv + 2);
	if (argc > 8 && strcmp(argv[1], "server") == 0)
		return serve_console(argv + 2);
	if (argc > 3 && strcmp(argv[1], "runner") == 0)
		return stand_in_serve(argc, argv, serve_in_manner);
	return cmocka_run_group_tests(tests, setup_account_world, teardown_world);
}

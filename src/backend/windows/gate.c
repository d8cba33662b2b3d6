#include "backend/windows/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

enum { START_MS = 10000, WAITING_MAX = 128, PASSWORD_WORDS = 2 };

struct gate {
	HANDLE job; /* its own: closed, it is dead */
	PROCESS_INFORMATION process;
	HANDLE to, from; /* pipes: its standard input and output */
	HANDLE section;
	struct gate_counters *counters;
	HANDLE ready; /* borrowed */
	HANDLE listener, heard_first;
	char password[PASSWORD_WORDS * 16 + 1];
	char denied[GATING_TEXT_SIZE];
	uint16_t port;
	DWORD failure; /* why it does not listen */
	SRWLOCK lock;  /* of what follows */
	struct gate_message waiting[WAITING_MAX];
	size_t first, count;
	bool has_answered;
};

/* -- hearing it ---------------------------------------------------------------------------------------------------- */

/* It reads what strangers say: what it writes is bytes. */
static void take(struct gate *gate, const struct gate_message *message)
{
	AcquireSRWLockExclusive(&gate->lock);
	if (message->kind == GATE_NETWORK && !gate->has_answered) {
		gate->port = message->port;
		gate->failure = message->number;
		gate->has_answered = true;
		SetEvent(gate->heard_first);
	} else if (message->kind == GATE_DENIED && gate->count < WAITING_MAX) {
		gate->waiting[(gate->first + gate->count++) % WAITING_MAX] = *message;
	}
	ReleaseSRWLockExclusive(&gate->lock);
	SetEvent(gate->ready);
}

static DWORD WINAPI listen_to(void *context)
{
	struct gate *gate = context;
	struct gate_message message;
	DWORD length = 0, count;
	while (ReadFile(gate->from, (char *)&message + length, (DWORD)sizeof message - length, &count, NULL) &&
	       count > 0) {
		length += count;
		if (length < sizeof message)
			continue;
		length = 0;
		take(gate, &message);
	}
	SetEvent(gate->heard_first);
	SetEvent(gate->ready);
	return 0;
}

/* -- starting ------------------------------------------------------------------------------------------------------ */

static bool make_counters(struct gate *gate, struct cordon_error *err)
{
	gate->section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, sizeof *gate->counters, NULL);
	gate->counters = gate->section ? MapViewOfFile(gate->section, FILE_MAP_READ, 0, 0, sizeof *gate->counters)
				       : NULL;
	return gate->counters ||
	       windows_fail(err, GetLastError(), "CreateFileMapping or MapViewOfFile", "make the gate's counters");
}

/* Nothing of it outlasts cordon, and it starts nothing. */
static bool make_job(struct gate *gate, struct cordon_error *err)
{
	const struct windows_job limits = { .processes = 1 };
	const char *missing;
	return job_make(&limits, &gate->job, &missing, err);
}

static bool make_password(struct gate *gate, struct cordon_error *err)
{
	uint64_t chance[PASSWORD_WORDS];
	if (!os_random(chance, sizeof chance, err))
		return false;
	for (int i = 0; i < PASSWORD_WORDS; i++)
		snprintf(gate->password + i * 16, 17, "%016llx", (unsigned long long)chance[i]);
	return true;
}

struct ends {
	HANDLE input, output;
};

static void close_ends(struct ends *ends)
{
	close_handle(&ends->input);
	close_handle(&ends->output);
}

/* Beside the program or library that this is in. */
static bool find_program(char **ret_program, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text path = { 0 };
	WCHAR own[MAX_PATH * 4];
	HMODULE module;
	if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
				(LPCWSTR)(uintptr_t)&gate_start, &module) ||
	    !GetModuleFileNameW(module, own, COUNT_OF(own)))
		return windows_fail(err, GetLastError(), "GetModuleHandleEx or GetModuleFileName",
				    "find where cordon is installed");
	const WCHAR *slash = wcsrchr(own, L'\\');
	wide_add(&path, own, slash ? (size_t)(slash + 1 - own) : 0);
	text_add(&path, "cordon-gate.exe");
	*ret_program = text_ok(&path) ? strdup(text_str(&path)) : NULL;
	return *ret_program || cordon_fail_memory(err);
}

static bool launch_gate(struct gate *gate, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *program = NULL;
	CORDON_ON_EXIT(close_ends) struct ends given = { NULL, NULL };
	char *const argv[] = { (char *)(uintptr_t) "cordon-gate", NULL };
	if (!CreatePipe(&given.input, &gate->to, NULL, 0) || !CreatePipe(&gate->from, &given.output, NULL, 64 * 1024))
		return windows_fail(err, GetLastError(), "CreatePipe", "make the gate's channels");
	if (!find_program(&program, err))
		return false;
	const struct launch launch = {
		.program = program,
		.argv = argv,
		.streams = { given.input, given.output, NULL },
		.job = gate->job,
	};
	if (launch_start(&launch, &gate->process, err))
		return true;
	if (err->status == CORDON_NOT_FOUND)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "net.filtered: the program '%s' is missing; it belongs to cordon's installation",
				   program);
	return cordon_while(err, "net.filtered");
}

/* A handle in the gate for what is given, with no more than those rights. */
static bool give(const struct gate *gate, HANDLE handle, DWORD rights, HANDLE *ret_given, struct cordon_error *err)
{
	return DuplicateHandle(GetCurrentProcess(), handle, gate->process.hProcess, ret_given, rights, FALSE, 0) ||
	       windows_fail(err, GetLastError(), "DuplicateHandle", "give the gate a handle");
}

static bool write_settings(const struct gate *gate, const struct gate_wanted *wanted, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	HANDLE counters, job;
	DWORD count;
	if (!give(gate, gate->section, FILE_MAP_READ | FILE_MAP_WRITE, &counters, err) ||
	    !give(gate, wanted->job, JOB_OBJECT_QUERY, &job, err) || !gating_rules(wanted->plan, &text, err))
		return false;
	text_addf(&text, GATE_SET_PORT " %u\n" GATE_SET_COUNTERS " %lu\n" GATE_SET_JOB " %lu\n", wanted->port,
		  (unsigned long)(uintptr_t)counters, (unsigned long)(uintptr_t)job);
	if (wanted->account)
		text_addf(&text, GATE_SET_ACCOUNT " %s\n", wanted->account);
	text_addf(&text, GATE_SET_PASSWORD " %s\n\n", gate->password);
	if (!text_ok(&text))
		return cordon_fail_memory(err);
	/* The gate reads all that, or is dead, and then this ends as well. */
	for (size_t done = 0; done < text.length; done += count)
		if (!WriteFile(gate->to, text_str(&text) + done, (DWORD)(text.length - done), &count, NULL))
			return windows_fail(err, GetLastError(), "WriteFile", "tell the gate its rules");
	return true;
}

static bool let_go(struct gate *gate, struct cordon_error *err)
{
	gate->listener = CreateThread(NULL, 0, listen_to, gate, 0, NULL);
	return (gate->listener && ResumeThread(gate->process.hThread) != (DWORD)-1) ||
	       windows_fail(err, GetLastError(), "CreateThread or ResumeThread", "let the gate go on");
}

static bool await(const struct gate *gate, uint16_t port, struct cordon_error *err)
{
	if (WaitForSingleObject(gate->heard_first, START_MS) != WAIT_OBJECT_0)
		return cordon_fail(
			err, CORDON_UNSUPPORTED,
			"net.filtered: the gate does not answer (a virus scanner may hold it): try again, or let "
			"the scanner leave cordon-gate.exe be");
	if (gate->port)
		return true;
	if (!gate->failure)
		return cordon_fail(
			err, CORDON_UNSUPPORTED,
			"net.filtered: the gate has ended as it started (a virus scanner may have ended it)");
	windows_fail(err, gate->failure, "bind or listen",
		     "net.filtered: listen on port %u of 127.0.0.1, which the filters leave open", port);
	err->status = CORDON_UNSUPPORTED;
	return false;
}

bool gate_start(const struct gate_wanted *wanted, struct gate **ret_gate, struct cordon_error *err)
{
	CORDON_ON_EXIT(gate_end_at) struct gate *gate = calloc(1, sizeof *gate);
	if (!gate)
		return cordon_fail_memory(err);
	InitializeSRWLock(&gate->lock);
	gate->ready = wanted->ready;
	gate->heard_first = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (!gate->heard_first)
		return windows_fail(err, GetLastError(), "CreateEvent", "make an event for the gate");
	if (!make_password(gate, err) || !make_counters(gate, err) || !make_job(gate, err) || !launch_gate(gate, err))
		return false;
	/* It reads while this is written: the pipe need not hold it all. */
	if (!let_go(gate, err) || !write_settings(gate, wanted, err) || !await(gate, wanted->port, err))
		return false;
	*ret_gate = cordon_take(&gate);
	return true;
}

/* -- the end ------------------------------------------------------------------------------------------------------- */

void gate_finish(const struct gate *gate)
{
	static const char end[] = GATE_SAY_END "\n";
	DWORD count;
	if (gate_is_gone(gate) || !WriteFile(gate->to, end, sizeof end - 1, &count, NULL))
		return;
	/* what it told last is heard by then */
	WaitForSingleObject(gate->listener, GATE_LAST_MS + 500);
}

struct gate *gate_end(struct gate *gate)
{
	if (!gate)
		return NULL;
	if (gate->process.hProcess)
		TerminateProcess(gate->process.hProcess, 1);
	close_handle(&gate->job);
	/* Its end of the pipe is closed with it, and so the thread ends. */
	if (gate->listener)
		WaitForSingleObject(gate->listener, INFINITE);
	if (gate->counters)
		UnmapViewOfFile(gate->counters);
	HANDLE *const handles[] = { &gate->listener, &gate->process.hThread, &gate->process.hProcess, &gate->to,
				    &gate->from,     &gate->section,         &gate->heard_first };
	for (size_t i = 0; i < COUNT_OF(handles); i++)
		close_handle(handles[i]);
	free(gate);
	return NULL;
}

void gate_end_at(struct gate **gate)
{
	*gate = gate_end(*gate);
}

/* -- asked of it --------------------------------------------------------------------------------------------------- */

uint16_t gate_port(const struct gate *gate)
{
	return gate->port;
}

DWORD gate_process(const struct gate *gate)
{
	return gate->process.dwProcessId;
}

char *gate_fill(const struct gate *gate, const char *text)
{
	static const char port[] = "${gate.port}", password[] = "${gate.password}";
	struct text filled = { 0 };
	while (*text) {
		if (text_starts(text, port)) {
			text_addf(&filled, "%u", gate->port);
			text += sizeof port - 1;
		} else if (text_starts(text, password)) {
			text_add(&filled, gate->password);
			text += sizeof password - 1;
		} else {
			text_add_char(&filled, *text++);
		}
	}
	char *copy = text_ok(&filled) ? strdup(text_str(&filled)) : NULL;
	text_free(&filled);
	return copy;
}

bool gate_take(struct gate *gate, struct cage_event *ret_event)
{
	struct gate_message message;
	AcquireSRWLockExclusive(&gate->lock);
	bool has_some = gate->count > 0;
	if (has_some) {
		message = gate->waiting[gate->first];
		gate->first = (gate->first + 1) % WAITING_MAX;
		gate->count--;
	}
	ReleaseSRWLockExclusive(&gate->lock);
	if (has_some)
		gating_denied(&message, gate->denied, ret_event);
	return has_some;
}

bool gate_is_gone(const struct gate *gate)
{
	return WaitForSingleObject(gate->process.hProcess, 0) == WAIT_OBJECT_0;
}

void gate_count(const struct gate *gate, uint64_t *ret_bytes_in, uint64_t *ret_bytes_out)
{
	*ret_bytes_in = gating_now(&gate->counters->bytes_in);
	*ret_bytes_out = gating_now(&gate->counters->bytes_out);
}

struct cage_traffic *gate_traffic(const struct gate *gate)
{
	return gating_traffic(gate->counters);
}

uint64_t gate_strangers(const struct gate *gate)
{
	return gating_now(&gate->counters->strangers);
}

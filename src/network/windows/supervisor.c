/* Cordon, at the other ends of the standard input and output. Both are anonymous pipes, which nobody can wait for
 * without being stopped by them: each has a thread.
 */
#include "network/windows/gate.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX = 8 * 1024, WAITING_MAX = 128 };

/* -- hearing ------------------------------------------------------------------------------------------------------- */

static char heard[LINE_MAX];
static size_t heard_length, line_length;

char *supervisor_read_line(void)
{
	HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
	memmove(heard, heard + line_length, heard_length - line_length);
	heard_length -= line_length;
	line_length = 0;
	for (;;) {
		DWORD count;
		char *end = memchr(heard, '\n', heard_length);
		if (end) {
			*end = '\0';
			line_length = (size_t)(end - heard) + 1;
			return heard;
		}
		if (heard_length == sizeof heard ||
		    !ReadFile(input, heard + heard_length, (DWORD)(sizeof heard - heard_length), &count, NULL) ||
		    count == 0)
			return NULL;
		heard_length += count;
	}
}

static uv_async_t ending;

static void on_ending(uv_async_t *handle)
{
	struct gate *gate = handle->data;
	if (!gate->is_last)
		last_begin(gate);
}

/* When cordon is gone, so is the gate. */
static DWORD WINAPI hear(void *unused)
{
	const char *line;
	(void)unused;
	while ((line = supervisor_read_line()))
		if (strcmp(line, GATE_SAY_END) == 0)
			uv_async_send(&ending);
	ExitProcess(0);
}

/* -- telling ------------------------------------------------------------------------------------------------------- */

static struct {
	SRWLOCK lock;
	CONDITION_VARIABLE has_some;
	struct gate_message messages[WAITING_MAX];
	size_t first, count;
} waiting = { .lock = SRWLOCK_INIT, .has_some = CONDITION_VARIABLE_INIT };

void supervisor_tell(const struct gate_message *message)
{
	AcquireSRWLockExclusive(&waiting.lock);
	if (waiting.count < WAITING_MAX)
		waiting.messages[(waiting.first + waiting.count++) % WAITING_MAX] = *message;
	ReleaseSRWLockExclusive(&waiting.lock);
	WakeConditionVariable(&waiting.has_some);
}

static DWORD WINAPI pass_on(void *unused)
{
	HANDLE output = GetStdHandle(STD_OUTPUT_HANDLE);
	(void)unused;
	for (;;) {
		DWORD count;
		AcquireSRWLockExclusive(&waiting.lock);
		while (waiting.count == 0)
			SleepConditionVariableSRW(&waiting.has_some, &waiting.lock, INFINITE, 0);
		struct gate_message message = waiting.messages[waiting.first];
		waiting.first = (waiting.first + 1) % WAITING_MAX;
		waiting.count--;
		ReleaseSRWLockExclusive(&waiting.lock);
		if (!WriteFile(output, &message, sizeof message, &count, NULL))
			ExitProcess(0);
	}
}

static bool start(LPTHREAD_START_ROUTINE routine)
{
	HANDLE thread = CreateThread(NULL, 0, routine, NULL, 0, NULL);
	if (thread)
		CloseHandle(thread);
	return thread != NULL;
}

bool supervisor_begin(struct gate *gate)
{
	ending.data = gate;
	return uv_async_init(&gate->loop, &ending, on_ending) == 0 && start(hear) && start(pass_on);
}

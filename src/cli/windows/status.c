/* Lines for somebody who reads along (--status-fd). A handle of Windows cannot be asked whether it takes more: a thread
 * writes, and lines that find no room are not kept.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/host.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

enum { LINES_MAX = 64, LINE_MAX = 4096 };

static struct {
	SRWLOCK lock;
	CONDITION_VARIABLE changed;
	HANDLE to, thread;
	char *lines[LINES_MAX]; /* the first is being written */
	unsigned first, count;
	bool is_broken; /* nobody reads any more */
} status = { .lock = SRWLOCK_INIT, .changed = CONDITION_VARIABLE_INIT };

static bool write_line(const char *line)
{
	DWORD written;
	for (DWORD left = (DWORD)strlen(line); left > 0; line += written, left -= written)
		if (!WriteFile(status.to, line, left, &written, NULL) || written == 0)
			return false;
	return true;
}

/* Ends with its reader, or with the program. */
static DWORD WINAPI serve(void *context)
{
	(void)context;
	AcquireSRWLockExclusive(&status.lock);
	while (!status.is_broken) {
		while (status.count == 0)
			SleepConditionVariableSRW(&status.changed, &status.lock, INFINITE, 0);
		char *line = status.lines[status.first];
		ReleaseSRWLockExclusive(&status.lock);
		bool is_written = write_line(line);
		free(line);
		AcquireSRWLockExclusive(&status.lock);
		status.is_broken = !is_written;
		status.first = (status.first + 1) % LINES_MAX;
		status.count--;
		WakeAllConditionVariable(&status.changed);
	}
	ReleaseSRWLockExclusive(&status.lock);
	return 0;
}

/* Under the lock, until no more than so many are there. */
static bool await(unsigned most, int timeout_ms)
{
	uint64_t deadline = host_clock() + (uint64_t)timeout_ms;
	while (status.count > most && !status.is_broken) {
		uint64_t now = host_clock();
		if (now >= deadline ||
		    !SleepConditionVariableSRW(&status.changed, &status.lock, (DWORD)(deadline - now), 0))
			break;
	}
	return status.count <= most && !status.is_broken;
}

bool host_write_line(int descriptor, const char *line, int timeout_ms)
{
	size_t length = strlen(line);
	char *copy = length <= LINE_MAX ? malloc(length + 2) : NULL;
	if (!copy)
		return false;
	memcpy(copy, line, length);
	memcpy(copy + length, "\n", 2);
	AcquireSRWLockExclusive(&status.lock);
	status.to = (HANDLE)(intptr_t)descriptor;
	if (!status.thread)
		status.thread = CreateThread(NULL, 0, serve, NULL, 0, NULL);
	bool is_taken = status.thread && await(LINES_MAX - 1, timeout_ms);
	if (is_taken) {
		status.lines[(status.first + status.count++) % LINES_MAX] = copy;
		WakeAllConditionVariable(&status.changed);
		/* The last line: with its thread the rest would be lost. */
		is_taken = timeout_ms == 0 || await(0, timeout_ms);
	} else {
		free(copy);
	}
	ReleaseSRWLockExclusive(&status.lock);
	return is_taken;
}

/* The user's program that the trials act on (prober_canary.c), and what came to it. */
#include "backend/windows/staging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"

enum { ANSWER_MS = 10000, POLL_MS = 5 };

bool hear_line(HANDLE from, char line[HEARD_LINE_SIZE], struct cordon_error *err)
{
	DWORD count, waiting = 0;
	size_t length = 0;
	const uint64_t deadline = GetTickCount64() + ANSWER_MS;
	while (GetTickCount64() < deadline && PeekNamedPipe(from, NULL, 0, NULL, &waiting, NULL)) {
		if (waiting == 0) {
			Sleep(POLL_MS);
			continue;
		}
		if (!ReadFile(from, line + length, 1, &count, NULL) || count != 1 || length == HEARD_LINE_SIZE - 1)
			break;
		if (line[length] == '\n') {
			line[length] = '\0';
			return true;
		}
		length++;
	}
	return cordon_fail(err, CORDON_OS_FAILED, "the program that the probe acts on does not answer");
}

bool canary_start(const char *program, const char *name, struct canary *canary, struct cordon_error *err)
{
	static const struct windows_job no_limits = { 0 };
	CORDON_ON_EXIT(close_handle) HANDLE its_input = NULL;
	CORDON_ON_EXIT(close_handle) HANDLE its_output = NULL;
	char *argv[] = { (char *)(uintptr_t)program, (char *)(uintptr_t) "canary", (char *)(uintptr_t)name, NULL };
	char line[HEARD_LINE_SIZE];
	const char *missing;
	PROCESS_INFORMATION process;
	int has_console, has_key;
	if (!CreatePipe(&its_input, &canary->to, NULL, 0) || !CreatePipe(&canary->from, &its_output, NULL, 0))
		return windows_fail(err, GetLastError(), "CreatePipe",
				    "make a pipe for the program that the probe acts on");
	if (!job_make(&no_limits, &canary->job, &missing, err))
		return false;
	const struct launch launch = { .program = program,
				       .argv = argv,
				       .streams = { its_input, its_output, NULL },
				       .job = canary->job,
				       .has_own_console = true };
	if (!launch_start(&launch, &process, err))
		return false;
	canary->id = process.dwProcessId;
	ResumeThread(process.hThread);
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	if (!hear_line(canary->from, line, err))
		return false;
	if (sscanf(line, "%lu %d %d", &canary->window, &has_console, &has_key) != 3)
		return cordon_fail(err, CORDON_OS_FAILED, "the program that the probe acts on answers otherwise");
	canary->has_console = has_console;
	canary->has_key = has_key;
	return true;
}

bool canary_ask(struct canary *canary, int side, struct cordon_error *err)
{
	char line[HEARD_LINE_SIZE];
	DWORD count;
	if (!WriteFile(canary->to, side == OUTSIDE ? "!" : "?", 1, &count, NULL))
		return windows_fail(err, GetLastError(), "WriteFile", "ask the program that the probe acts on");
	if (!hear_line(canary->from, line, err))
		return false;
	canary->heard[side] |= strtoul(line, NULL, 10);
	return true;
}

bool canary_watch(const struct canary *canary, int side, const char *trial, bool *ret_was_seen)
{
	static const struct {
		const char *trial;
		unsigned long heard;
	} effects[] = {
		{ "type-in-console", HEARD_TYPED },
		{ "post-message", HEARD_MESSAGE },
		{ "send-input", HEARD_KEY },
	};
	for (size_t i = 0; i < COUNT_OF(effects); i++) {
		if (strcmp(effects[i].trial, trial) != 0)
			continue;
		*ret_was_seen = canary->heard[side] & effects[i].heard;
		return true;
	}
	return false;
}

void canary_end(struct canary *canary)
{
	close_handle(&canary->to);
	close_handle(&canary->from);
	close_handle(&canary->job);
}

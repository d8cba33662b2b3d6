#include <stdio.h>
#include <string.h>

#include "backend/windows/runner.h"
#include "base/scope.h"
#include "base/windows_descriptor.h"
#include "os/os.h"

enum { PIPE_BUFFER = 64 * 1024, END_MS = 5000 };

/* What a client needs, and not to make a second instance (FILE_CREATE_PIPE_INSTANCE is FILE_APPEND_DATA's bit). */
#define CLIENT_RIGHTS (FILE_READ_DATA | FILE_WRITE_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE)

bool pipe_make(PSID client, WCHAR ret_name[PIPE_NAME_ROOM], HANDLE *ret_pipe, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	uint64_t chance[2];
	const uint8_t *bytes;
	size_t length;
	struct windows_ace grant = { .type = WINDOWS_ENTRY_ALLOWS,
				     .rights = CLIENT_RIGHTS,
				     .sid = { client, (uint16_t)GetLengthSid(client) } };
	const struct windows_descriptor descriptor = { .is_protected = true, .list = { &grant, 1, 1 } };
	if (!os_random(chance, sizeof chance, err) ||
	    !windows_descriptor_write(&descriptor, &arena, &bytes, &length, err))
		return false;
	_snwprintf(ret_name, PIPE_NAME_ROOM - 1, L"\\\\.\\pipe\\cordon-%016llx%016llx", (unsigned long long)chance[0],
		   (unsigned long long)chance[1]);
	ret_name[PIPE_NAME_ROOM - 1] = 0;
	SECURITY_ATTRIBUTES attributes = { sizeof attributes, (void *)(uintptr_t)bytes, FALSE };
	HANDLE pipe = CreateNamedPipeW(ret_name,
				       PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE | FILE_FLAG_OVERLAPPED,
				       PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, 1,
				       PIPE_BUFFER, PIPE_BUFFER, 0, &attributes);
	if (pipe == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateNamedPipe", "make the runner's pipe");
	*ret_pipe = pipe;
	return true;
}

/* -- waiting ------------------------------------------------------------------------------------------------------- */

struct wait {
	HANDLE pipe, process, event;
	uint64_t deadline;
	OVERLAPPED about;
};

static void free_wait(struct wait *wait)
{
	close_handle(&wait->event);
}

static bool begin_wait(struct wait *wait, HANDLE pipe, HANDLE process, DWORD timeout_ms, struct cordon_error *err)
{
	wait->pipe = pipe;
	wait->process = process;
	wait->deadline = timeout_ms == INFINITE ? UINT64_MAX : GetTickCount64() + timeout_ms;
	wait->event = CreateEventW(NULL, TRUE, FALSE, NULL);
	return wait->event || windows_fail(err, GetLastError(), "CreateEvent", "wait for the pipe");
}

static void reset_wait(struct wait *wait)
{
	wait->about = (OVERLAPPED){ .hEvent = wait->event };
}

/* A process that the system ended says by an NTSTATUS why; any other status is the program's own. */
static bool fail_ended(DWORD exit_status, struct cordon_error *err)
{
	if (exit_status >> 30 == 3)
		return windows_fail(err, exit_status, "GetExitCodeProcess", "the system has ended it");
	return cordon_fail(err, CORDON_OS_FAILED,
			   "it has ended, with exit status %lu (a virus scanner or an administrator may have ended it)",
			   exit_status);
}

/* A process that ends lets go of its pipe a moment before it is over. */
static bool fail_broken(const struct wait *wait, DWORD code, struct cordon_error *err)
{
	DWORD status = 0;
	if (wait->process &&
	    WaitForSingleObject(wait->process, code == ERROR_BROKEN_PIPE ? END_MS : 0) == WAIT_OBJECT_0 &&
	    GetExitCodeProcess(wait->process, &status))
		return fail_ended(status, err);
	return windows_fail(err, code, "GetOverlappedResult", "speak through the runner's pipe");
}

/* The operation that was begun: done, or given up and no longer using what it was given. */
static bool await(struct wait *wait, DWORD *ret_count, struct cordon_error *err)
{
	HANDLE either[] = { wait->event, wait->process };
	uint64_t now = GetTickCount64();
	uint64_t left = wait->deadline > now ? wait->deadline - now : 0;
	DWORD which = WaitForMultipleObjects(wait->process ? 2 : 1, either, FALSE,
					     wait->deadline == UINT64_MAX ? INFINITE : (DWORD)left);
	if (which != WAIT_OBJECT_0)
		CancelIoEx(wait->pipe, &wait->about);
	/* What came before the process ended still counts. */
	if (GetOverlappedResult(wait->pipe, &wait->about, ret_count, TRUE))
		return true;
	DWORD code = GetLastError();
	if (which == WAIT_TIMEOUT)
		return cordon_fail(err, CORDON_OS_FAILED, "nothing came within the time there is");
	return fail_broken(wait, code, err);
}

static bool await_pending(struct wait *wait, BOOL is_done, DWORD *ret_count, struct cordon_error *err)
{
	DWORD code = GetLastError();
	if (!is_done && code != ERROR_IO_PENDING)
		return fail_broken(wait, code, err);
	return await(wait, ret_count, err);
}

/* -- meeting ------------------------------------------------------------------------------------------------------- */

bool pipe_meet(HANDLE pipe, HANDLE process, DWORD timeout_ms, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wait) struct wait wait = { 0 };
	ULONG client = 0;
	DWORD count;
	if (!begin_wait(&wait, pipe, process, timeout_ms, err))
		return false;
	reset_wait(&wait);
	BOOL is_done = ConnectNamedPipe(pipe, &wait.about);
	bool is_there = !is_done && GetLastError() == ERROR_PIPE_CONNECTED;
	if (!is_there && !await_pending(&wait, is_done, &count, err))
		return cordon_while(err, "wait for the runner");
	/* The handle keeps the number from being another's. */
	if (!GetNamedPipeClientProcessId(pipe, &client))
		return windows_fail(err, GetLastError(), "GetNamedPipeClientProcessId",
				    "ask who is at the runner's pipe");
	return client == GetProcessId(process) ||
	       cordon_fail(err, CORDON_UNSUPPORTED,
			   "process %lu is at the runner's pipe, and the runner is process %lu", client,
			   GetProcessId(process));
}

bool pipe_join(const WCHAR *name, DWORD server, HANDLE *ret_pipe, struct cordon_error *err)
{
	CORDON_ON_EXIT(close_handle)
	/* Whoever is at the other end may not act as this process. */
	HANDLE pipe = CreateFileW(name, CLIENT_RIGHTS, 0, NULL, OPEN_EXISTING,
				  FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
	ULONG found = 0;
	if (pipe == INVALID_HANDLE_VALUE)
		return windows_fail(err, GetLastError(), "CreateFile", "open the runner's pipe");
	if (!GetNamedPipeServerProcessId(pipe, &found))
		return windows_fail(err, GetLastError(), "GetNamedPipeServerProcessId",
				    "ask whose the runner's pipe is");
	if (found != server)
		return cordon_fail(err, CORDON_UNSUPPORTED, "the pipe is process %lu's, not %lu's", found, server);
	*ret_pipe = cordon_take(&pipe);
	return true;
}

/* -- frames -------------------------------------------------------------------------------------------------------- */

bool pipe_send(HANDLE pipe, HANDLE process, const struct text *bytes, DWORD timeout_ms, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wait) struct wait wait = { 0 };
	DWORD count = 0;
	if (!begin_wait(&wait, pipe, process, timeout_ms, err))
		return false;
	for (size_t sent = 0; sent < bytes->length; sent += count) {
		reset_wait(&wait);
		BOOL is_done = WriteFile(pipe, bytes->bytes + sent, (DWORD)(bytes->length - sent), NULL, &wait.about);
		if (!await_pending(&wait, is_done, &count, err))
			return false;
	}
	return true;
}

bool pipe_receive(HANDLE pipe, HANDLE process, DWORD timeout_ms, struct text *bytes, struct frame *ret_frame,
		  struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wait) struct wait wait = { 0 };
	CORDON_ON_EXIT(free_text) char *room = malloc(PIPE_BUFFER);
	size_t needed = FRAME_HEAD;
	text_free(bytes);
	if (!room)
		return cordon_fail_memory(err);
	if (!begin_wait(&wait, pipe, process, timeout_ms, err))
		return false;
	for (;;) {
		enum frame_reading reading = frame_read((const uint8_t *)text_str(bytes), bytes->length, ret_frame,
							&needed);
		if (reading == FRAME_WRONG)
			return cordon_fail(err, CORDON_OS_FAILED, "what came through the pipe is no message");
		if (reading == FRAME_WHOLE)
			return true;
		size_t left = needed - bytes->length;
		DWORD count = 0;
		reset_wait(&wait);
		BOOL is_done = ReadFile(pipe, room, (DWORD)(left < PIPE_BUFFER ? left : PIPE_BUFFER), NULL,
					&wait.about);
		if (!await_pending(&wait, is_done, &count, err))
			return false;
		text_add_bytes(bytes, room, count);
		if (!text_ok(bytes))
			return cordon_fail_memory(err);
	}
}

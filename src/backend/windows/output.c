#include "backend/windows/output.h"

#include <stdlib.h>

#include "base/scope.h"
#include "os/os.h"

enum { ROOM = 64 * 1024, HURRY_MS = 300 };

struct stretch {
	struct output *output;
	HANDLE source, inner; /* the pipe: its reading end, and the command's until output_begin */
	HANDLE target;
	HANDLE thread;
	bool is_over; /* atomic */
	char room[ROOM];
};

struct output {
	struct stretch stretches[2]; /* of standard output and error */
	bool is_joined;              /* the first is for both */
	struct counter counter;
	struct output_told told;
	unsigned open; /* atomic: stretches that are not over */
	uint64_t hurried_ms;
};

/* -- a stretch ----------------------------------------------------------------------------------------------------- */

static bool read_some(void *context, char *bytes, size_t room, size_t *ret_length)
{
	struct stretch *stretch = context;
	DWORD length = 0;
	bool is_read = ReadFile(stretch->source, bytes, (DWORD)room, &length, NULL);
	*ret_length = length;
	return is_read;
}

static bool write_some(void *context, const char *bytes, size_t length, size_t *ret_taken)
{
	struct stretch *stretch = context;
	DWORD taken = 0;
	bool is_written = WriteFile(stretch->target, bytes, (DWORD)length, &taken, NULL);
	*ret_taken = taken;
	return is_written;
}

static void exceed(void *context)
{
	const struct stretch *stretch = context;
	stretch->output->told.exceed(stretch->output->told.context);
}

static DWORD WINAPI pass_on(void *context)
{
	struct stretch *stretch = context;
	struct output *output = stretch->output;
	const struct flow_ends ends = { .read = read_some, .write = write_some, .exceed = exceed, .context = stretch };
	flow_run(&ends, &output->counter, stretch->room, sizeof stretch->room);
	/* Whoever still writes learns that nobody reads. */
	close_handle(&stretch->source);
	stretch->source = NULL;
	__atomic_store_n(&stretch->is_over, true, __ATOMIC_RELEASE);
	if (__atomic_sub_fetch(&output->open, 1, __ATOMIC_ACQ_REL) == 0)
		output->told.finish(output->told.context);
	return 0;
}

static bool stretch_make(struct stretch *stretch, struct output *output, HANDLE target, struct cordon_error *err)
{
	HANDLE self = GetCurrentProcess();
	stretch->output = output;
	if (!DuplicateHandle(self, target, self, &stretch->target, 0, FALSE, DUPLICATE_SAME_ACCESS))
		return windows_fail(err, GetLastError(), "DuplicateHandle", "take the stream that output goes on to");
	return CreatePipe(&stretch->source, &stretch->inner, NULL, ROOM) ||
	       windows_fail(err, GetLastError(), "CreatePipe", "make a pipe for output");
}

/* -- both ---------------------------------------------------------------------------------------------------------- */

/* Two openings of one file each have their own place in it. The function is missing before Windows 10. */
static bool is_same(HANDLE one, HANDLE two)
{
	typedef BOOL(WINAPI * compare_function)(HANDLE, HANDLE);
	union {
		FARPROC found;
		compare_function compare;
	} entry = { .found = GetProcAddress(GetModuleHandleW(L"kernelbase.dll"), "CompareObjectHandles") };
	return one == two || (entry.found && entry.compare(one, two));
}

static void free_at(struct output **output)
{
	output_free(*output);
}

bool output_new(const HANDLE streams[3], uint64_t limit, struct output **ret_output, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_at) struct output *output = calloc(1, sizeof *output);
	if (!output)
		return cordon_fail_memory(err);
	output->counter.limit = limit;
	output->is_joined = streams[1] && streams[2] && is_same(streams[1], streams[2]);
	for (int i = 0; i < 2; i++)
		if (streams[i + 1] && !(i == 1 && output->is_joined) &&
		    !stretch_make(&output->stretches[i], output, streams[i + 1], err))
			return false;
	*ret_output = cordon_take(&output);
	return true;
}

HANDLE output_stream(const struct output *output, int number)
{
	return output->stretches[output->is_joined ? 0 : number - 1].inner;
}

bool output_begin(struct output *output, const struct output_told *told, struct cordon_error *err)
{
	output->told = *told;
	for (int i = 0; i < 2; i++) {
		struct stretch *stretch = &output->stretches[i];
		if (!stretch->source)
			continue;
		close_handle(&stretch->inner);
		stretch->inner = NULL;
		__atomic_add_fetch(&output->open, 1, __ATOMIC_ACQ_REL);
		stretch->thread = CreateThread(NULL, 0, pass_on, stretch, 0, NULL);
		if (!stretch->thread) {
			__atomic_sub_fetch(&output->open, 1, __ATOMIC_ACQ_REL);
			return windows_fail(err, GetLastError(), "CreateThread", "start what passes output on");
		}
	}
	return true;
}

bool output_is_over(const struct output *output)
{
	return __atomic_load_n(&output->open, __ATOMIC_ACQUIRE) == 0;
}

struct counter *output_counter(struct output *output)
{
	return &output->counter;
}

static void cancel(const struct stretch *stretch)
{
	if (stretch->thread && !__atomic_load_n(&stretch->is_over, __ATOMIC_ACQUIRE))
		CancelSynchronousIo(stretch->thread);
}

void output_hurry(struct output *output)
{
	if (output->hurried_ms == 0)
		output->hurried_ms = os_clock();
	if (os_clock() - output->hurried_ms >= HURRY_MS)
		for (int i = 0; i < 2; i++)
			cancel(&output->stretches[i]);
}

struct output *output_free(struct output *output)
{
	if (!output)
		return NULL;
	for (int i = 0; i < 2; i++) {
		struct stretch *stretch = &output->stretches[i];
		/* Between two calls there is nothing to cancel: so until it is heard. */
		while (stretch->thread && WaitForSingleObject(stretch->thread, 10) == WAIT_TIMEOUT)
			cancel(stretch);
		close_handle(&stretch->thread);
		close_handle(&stretch->source);
		close_handle(&stretch->inner);
		close_handle(&stretch->target);
	}
	free(output);
	return NULL;
}

/* backend/windows/output.h: counts what a tree writes to its standard output and error.
 *
 * The two pass straight, unless there is a limit: then they are pipes, and what comes out of them goes on to the
 * caller's streams from a thread each, byte for byte, up to the limit. Where both streams are the same open file they
 * are one pipe, so that their order stays.
 *
 *	output_new -> output_begin -> output_is_over -> output_free
 */
#pragma once

#include "os/windows/windows.h"

#include "backend/windows/flow.h"

struct output;

struct output_told {
	void (*exceed)(void *context); /* on some thread: the tree is to be ended */
	void (*finish)(void *context); /* on some thread: output_is_over has become true */
	void *context;
};

/* streams[1] and [2]: where to write to, duplicated; NULL: none. */
CORDON_CHECKED bool output_new(const HANDLE streams[3], uint64_t limit, struct output **ret_output,
			       struct cordon_error *err);

/* What the command writes to in place of the caller's stream 1 or 2: borrowed until output_begin, which closes it. */
HANDLE output_stream(const struct output *output, int number);

/* Once the command has its streams. */
CORDON_CHECKED bool output_begin(struct output *output, const struct output_told *told, struct cordon_error *err);

bool output_is_over(const struct output *output); /* nobody writes any more, and all has gone on */
struct counter *output_counter(struct output *output);

/* The tree is dead: what nobody takes within a moment is dropped. To be called now and then until it is over. */
void output_hurry(struct output *output);

struct output *output_free(struct output *output); /* NULL is fine; returns NULL */

/* backend/windows/flow.h: bytes on their way from the command to the caller, counted. Pure: what is read and written is
 * the caller's business, a pipe's or a test's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Shared by all flows of a run, on whatever thread. */
struct counter {
	uint64_t limit; /* UINT64_MAX: none */
	uint64_t taken, passed;
	bool is_exceeded;
};

/* So many bytes are to go on: how many of them may. Fewer: is_exceeded from then on, and *ret_is_first says whether
 * this was what did it.
 */
uint64_t counter_take(struct counter *counter, uint64_t bytes, bool *ret_is_first);
void counter_pass(struct counter *counter, uint64_t bytes);
uint64_t counter_passed(const struct counter *counter);

struct flow_ends {
	/* False or a length of 0: there will be no more. */
	bool (*read)(void *context, char *bytes, size_t room, size_t *ret_length);
	/* May take less than all; false: nobody takes any more. */
	bool (*write)(void *context, const char *bytes, size_t length, size_t *ret_taken);
	void (*exceed)(void *context); /* once for a counter: more was read than the limit lets go on */
	void *context;
};

enum flow_end { FLOW_DRY, FLOW_UNTAKEN, FLOW_EXCEEDED };

/* Until one of the ends gives out, or the limit. What lies below it has gone on by then, byte for byte. */
enum flow_end flow_run(const struct flow_ends *ends, struct counter *counter, char *room, size_t size);

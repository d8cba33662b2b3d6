/* network/pace.h: how long who may use a share of one processor has to rest. Pure. */
#pragma once

#include <stdint.h>

/* Zeroed before, but for the share. */
struct pace {
	uint64_t share; /* thousandths of a processor; 0: any */
	uint64_t now, used;
	int64_t left; /* processor time that is free to be used, in thousandths of nanoseconds; below 0: owed */
};

/* It is `now` (monotonic), and `used` is all the processor time that was used so far; it counts from
 * the first call on. Returns how long to rest from here
 * on before asking again, 0: not at all. All in nanoseconds. What was not used is kept for a tenth of a second.
 */
uint64_t pace_rest(struct pace *pace, uint64_t now, uint64_t used);

/* network/reading.h: how far a parser came with the bytes that there are. Pure.
 *
 * Every parser here is given all bytes from the beginning each time, keeps nothing, and allocates nothing. How many
 * bytes it may ask for is bounded; beyond that it is BAD.
 */
#pragma once

enum reading {
	READING_MORE, /* so far all is well, and more has to come */
	READING_DONE,
	READING_BAD, /* whatever comes, it is refused */
};

/* backend/linux/output.h: counts what a tree writes to its standard output and error.
 *
 * The two pass straight, unless there is a limit: then they are pipes, made by init (output_interpose), and what comes
 * out of them goes on to the caller's streams from a thread of its own, up to the limit. A program that asks finds a
 * pipe there. Where both streams are the same file they are the same pipe, so that their order stays. A stream that is
 * a terminal of the command's own stays one: what is printed there the caller moves, and counts with
 * output_count_terminal.
 *
 *	output_is_joined
 *	output_new -> output_begin -> (output_waitable is readable: output_is_over, output_exceeded) -> output_free
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct output;

/* Are standard output and error the same open file? */
bool output_is_joined(const int streams[3]);

/* `targets`: what to write to, borrowed until output_begin returns. `terminal`: which of them the command has a
 * terminal in place of (1 << 0, 1 << 1, 1 << 2; the first can be written to as well). `limit` in bytes. `init`: a
 * pidfd, borrowed until output_free, killed when there is more. NULL, with errno, on failure.
 */
struct output *output_new(const int targets[3], unsigned terminal, uint64_t limit, int init);

/* Takes the reading ends of the pipes, -1: none. False, with errno, when there is no thread to be had. */
bool output_begin(struct output *output, const int sources[2]);

/* Polls readable when the limit was exceeded, and when the last byte has gone on. */
int output_waitable(const struct output *output);
bool output_exceeded(const struct output *output);
bool output_is_over(const struct output *output);
uint64_t output_bytes(const struct output *output); /* that have gone on */

/* So many bytes came from the command's terminal: how many of them may go on. */
uint64_t output_count_terminal(struct output *output, uint64_t bytes);
/* The tree is dead and nothing was left to read there. With a terminal the output is not over before that. */
void output_end_terminal(struct output *output);

/* The tree is being killed: what nobody has taken within a moment is dropped. */
void output_hurry(struct output *output);

struct output *output_free(struct output *output); /* NULL is fine; returns NULL */

/* cli/host.h: what the command line needs of the system itself; linux/ and windows/ implement it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct relay;

/* First of all: 0, 1 and 2 are open, so that no file of ours takes their place, and the arguments are UTF-8 (on Windows
 * *argv is another list afterwards). Says what is wrong.
 */
bool host_begin(char ***argv);

/* The name of this host's target, for runs that are only looked at. */
const char *host_target(void);

/* The user's home directory as the environment has it, or NULL. */
const char *host_home(void);

/* The shell for `cordon run` without a command. */
const char *host_shell(void);

bool host_has_descriptor(int number); /* is it open? */

const char *host_file_name(const char *path); /* what stands behind the last separator */

/* Writes the line and a newline to the descriptor if that takes it at once, or within timeout_ms; false: it did not, or
 * nobody reads any more. At most 4 KiB.
 */
bool host_write_line(int descriptor, const char *line, int timeout_ms);

/* A group of the user's own, in which limits can be set, where the user's service manager gives one: becomes this same
 * program in it, and does not return. Returns where there is none. Not to be called where host_was_in_scope, which is
 * asked first of all, was true.
 */
bool host_was_in_scope(void);
void host_enter_scope(void);

/* "2026-11-25 14:03:12", of the user's clock. */
void host_show_time(uint64_t since_1970_ms, char *text, size_t size);

/* -- signals -------------------------------------------------------------------------------------------------- */

/* From here on the signals that are passed on to the command are noted instead of acted on; those that the caller
 * ignores (nohup) stay ignored.
 */
CORDON_CHECKED bool host_catch_signals(const struct relay *relay, struct cordon_error *err);

/* Waits until the waitable or the relay is ready, a signal came or timeout_ms (-1: none) are over. *ret_signal is 0
 * when none came.
 */
CORDON_CHECKED bool host_wait(intptr_t waitable, struct relay *relay, int timeout_ms, int *ret_signal,
			      struct cordon_error *err);

/* Is it the signal with which people say "stop" (Ctrl-C)? */
bool host_is_interrupt(int signal);

/* Does it mean that a run that has not begun must not begin? Others only tell of the terminal. */
bool host_is_end(int signal);

/* Is cordon itself to end at once, and with it the run? */
bool host_is_last(int signal);

uint64_t host_clock(void); /* monotonic, milliseconds */

/* -- the report file ------------------------------------------------------------------------------------------ */

/* A file that is written when the run is over, at a place that was settled before it began.
 *
 * While the command runs there is nothing for it to write to: the file is made afterwards, beside its name in the
 * directory that was opened before, and then renamed. Links and files that the command left at that name are
 * replaced, not followed. What is no regular file (a pipe, /dev/fd/3) is opened before and written to.
 */
struct report_file;

/* Errors: the path, and why nothing can be written there. */
CORDON_CHECKED bool report_open(const char *path, struct report_file **ret_file, struct cordon_error *err);
CORDON_CHECKED bool report_write(struct report_file *file, const char *bytes, struct cordon_error *err);
struct report_file *report_close(struct report_file *file); /* NULL is fine; returns NULL */

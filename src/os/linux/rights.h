/* os/linux/rights.h: descriptors that go along with a message over a socket of the UNIX domain (SCM_RIGHTS).
 * Async-signal-safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { RIGHTS_MAX = 16 }; /* of one message */

/* Sends the message whole, and with it `count` descriptors, which stay the caller's; `flags` as for sendmsg. False with
 * errno.
 */
bool rights_send(int socket, const void *message, size_t size, const int *descriptors, size_t count, int flags);

/* Receives one message of a socket that keeps them apart, with at most `most` descriptors: they are close-on-exec, the
 * caller's, and *ret_count. Those beyond are closed. Returns its length, 0 at the end, -1 with errno.
 */
ssize_t rights_receive(int socket, void *message, size_t size, int ret_descriptors[], size_t most, size_t *ret_count,
		       int flags);

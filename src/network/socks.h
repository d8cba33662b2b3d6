/* network/socks.h: SOCKS version 5. Pure. RFC 1928.
 *
 * The client speaks first; what it says is read again from its beginning until a phase is DONE, and then `used` bytes
 * belong to it. Only connections, and no authentication: who can reach the gate is inside already.
 */
#pragma once

#include <stdbool.h>

#include "network/host.h"
#include "network/reading.h"

enum { SOCKS_VERSION = 5, SOCKS_REPLY_SIZE = 10 };

enum socks_reply {
	SOCKS_FINE = 0,
	SOCKS_FAILED = 1,
	SOCKS_REFUSED = 2, /* by the rules */
	SOCKS_UNREACHABLE = 4,
	SOCKS_CONNECTION_REFUSED = 5,
	SOCKS_NO_SUCH_COMMAND = 7,
	SOCKS_NO_SUCH_ADDRESS = 8,
};

/* The methods that the client offers. DONE and not *ret_is_open: none that we take. */
enum reading socks_read_greeting(const uint8_t *bytes, size_t length, size_t *ret_used, bool *ret_is_open);

/* DONE with a reply other than FINE: to be answered with that, and closed. */
enum reading socks_read_request(const uint8_t *bytes, size_t length, size_t *ret_used, struct target *ret_target,
				enum socks_reply *ret_reply);

void socks_write_reply(enum socks_reply reply, uint8_t ret_bytes[SOCKS_REPLY_SIZE]);

/* network/socks.h: SOCKS version 5. Pure. RFC 1928, 1929.
 *
 * The client speaks first; what it says is read again from its beginning until a phase is DONE, and then `used` bytes
 * belong to it. Only connections. A password is heard where one was agreed on, and never needed: who can reach the gate
 * is inside already, or is known by other means.
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

enum { SOCKS_OPEN = 0, SOCKS_PASSWORD = 2, SOCKS_NO_METHOD = 0xff };

/* The methods that the client offers, of those that there are for us. */
struct socks_methods {
	bool is_open, has_password;
};
enum reading socks_read_greeting(const uint8_t *bytes, size_t length, size_t *ret_used,
				 struct socks_methods *ret_methods);

/* What it says where SOCKS_PASSWORD was chosen; both lie in `bytes`. */
struct socks_password {
	const uint8_t *user, *password;
	size_t user_length, password_length;
};
enum reading socks_read_password(const uint8_t *bytes, size_t length, size_t *ret_used,
				 struct socks_password *ret_password);

/* DONE with a reply other than FINE: to be answered with that, and closed. */
enum reading socks_read_request(const uint8_t *bytes, size_t length, size_t *ret_used, struct target *ret_target,
				enum socks_reply *ret_reply);

void socks_write_reply(enum socks_reply reply, uint8_t ret_bytes[SOCKS_REPLY_SIZE]);

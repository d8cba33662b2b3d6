/* network/tls.h: which server a TLS client asks for. Pure. RFC 8446 §4.1.2, RFC 6066 §3 (SNI), ECH.
 *
 * The ClientHello may be cut into records and segments anywhere. Its name is the outer one: what Encrypted ClientHello
 * carries inside cannot be seen, and browsers send its extension always, so that it is no reason to refuse.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "network/host.h"
#include "network/reading.h"

enum { TLS_HELLO_SIZE = 20 * 1024 }; /* with its records' headers */

struct tls_hello {
	bool has_name;
	struct host host; /* the server's name; an address stands in no name there */
};

/* Do the bytes begin TLS in the eyes of any server? DONE: yes, and nothing but a ClientHello may; BAD: another protocol;
 * MORE: the second one tells.
 */
enum reading tls_begins(const uint8_t *bytes, size_t length);

/* BAD: no ClientHello, or one with two names, a name that is none, or an encrypted name (ESNI). */
enum reading tls_read_hello(const uint8_t *bytes, size_t length, struct tls_hello *ret_hello);

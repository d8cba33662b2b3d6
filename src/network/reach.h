/* network/reach.h: what kind of place an address is. Pure.
 *
 * Sources: the IANA special-purpose address registries (RFC 6890), RFC 4291, 6052 (NAT64), 3056 (6to4), 4380 (Teredo),
 * and the addresses under which clouds serve the machine's own credentials.
 */
#pragma once

#include "base/host.h"

enum reach {
	REACH_GLOBAL, /* anywhere in the Internet; the only one that a name may lead to unless a rule names the address */
	REACH_LOOPBACK,
	REACH_PRIVATE,
	REACH_LINK_LOCAL,
	REACH_METADATA,
	REACH_MULTICAST,
	REACH_TUNNEL, /* another address inside it: mapped, compatible, 6to4, NAT64, Teredo */
	REACH_RESERVED,
};

enum reach reach_of(const struct address *address);
const char *reach_name(enum reach reach); /* "a private address", after "it is" */

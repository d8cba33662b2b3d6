/* network/host.h: a host as a request names it. Pure. */
#pragma once

#include "base/host.h"

struct host {
	struct address address;    /* length 0: it is a name */
	char name[HOST_NAME_SIZE]; /* empty for an address */
};

/* What stands between a connection's ends, whatever asked for it. */
struct target {
	struct host host;
	uint16_t port;
};

enum { HOST_TEXT_SIZE = HOST_NAME_SIZE + 8 };

/* A name or an IPv4 address; an IPv6 address only in brackets (RFC 3986 §3.2.2), for without them a port cannot be told
 * from a group.
 */
bool host_read(const char *text, size_t length, struct host *ret_host);

/* "HOST:PORT"; without a port the default, where that is 0 it is required. */
bool target_read(const char *text, size_t length, uint16_t default_port, struct target *ret_target);

struct host host_of_address(const struct address *address);
bool host_equals(const struct host *a, const struct host *b);

/* The host, an IPv6 address in brackets, and ":PORT" unless port is 0; returns `text`. */
const char *host_show(const struct host *host, uint16_t port, char text[HOST_TEXT_SIZE]);

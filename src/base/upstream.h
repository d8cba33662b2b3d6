/* base/upstream.h: the proxy through which the host itself goes out, as the usual variables name it (http_proxy,
 * https_proxy, all_proxy, no_proxy). Pure.
 *
 * There is no standard for them and every program reads them a little differently: what two would read in two ways is
 * refused.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/host.h"

enum { UPSTREAM_CREDENTIALS_SIZE = 512 };

struct upstream {
	struct address address;                      /* length 0: it has a name */
	char name[HOST_NAME_SIZE];                   /* or "" */
	uint16_t port;                               /* 0: there is none */
	char credentials[UPSTREAM_CREDENTIALS_SIZE]; /* for Proxy-Authorization, in base64 (RFC 7617); "" */
};

/* "http://[USER[:PASSWORD]@]HOST:PORT[/]", the scheme may be left out. NULL when it was read, else why it cannot be. */
const char *upstream_read(const char *url, struct upstream *ret_upstream);

/* Does a list of hosts that are reached without it name this one? Entries stand between commas or spaces: "*", a name
 * (which stands for those below it as well, with or without "." or "*." in front), an address, or a range of addresses
 * in CIDR form; each may have a port behind it. Exactly one of `name` ("" for none) and `address` (length 0) is given.
 */
bool upstream_is_bypassed(const char *list, const char *name, const struct address *address, uint16_t port);

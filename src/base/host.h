/* base/host.h: names and addresses of hosts, read in one way only.
 *
 * Whoever decides about a host and whoever dials it have to mean the same one. So what some reader takes for another
 * host than the next is no host here: octal, hexadecimal, short and decimal addresses (inet_aton(3)), zones (RFC 4007),
 * names whose last label is a number, a dot at the end, anything beyond ASCII (the A-label of RFC 5890 is the one
 * spelling of an international name), NUL and other control characters.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HOST_NAME_LENGTH = 253, /* RFC 1035, without the dot at the end */
	HOST_NAME_SIZE = HOST_NAME_LENGTH + 1,
	HOST_LABEL_LENGTH = 63,
	ADDRESS_TEXT_SIZE = 40,
};

struct address {
	uint8_t length; /* 4 or 16; 0: none */
	uint8_t bytes[16];
};

/* Dotted decimal without zeros in front, or IPv6 (RFC 4291 §2.2) without brackets. */
bool address_read(const char *text, size_t length, struct address *ret_address);

/* The one spelling (RFC 5952, without dotted decimal); returns `text`. */
const char *address_show(const struct address *address, char text[ADDRESS_TEXT_SIZE]);

bool address_equals(const struct address *a, const struct address *b);

/* Are the first `bits` of both the same, and their families? */
bool address_shares(const struct address *a, const struct address *b, unsigned bits);

/* A name in lower case: labels of letters, digits, '-' and '_' (RFC 1123, and what DNS is used for). */
bool host_read_name(const char *text, size_t length, char ret_name[HOST_NAME_SIZE]);

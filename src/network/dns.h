/* network/dns.h: DNS questions, and answers to them. Pure. RFC 1035, 6891 (EDNS), 7873.
 *
 * A question that is not plainly one is answered with an error code, or not at all where even that would be a guess:
 * one question, no compression in it, nothing in front of it.
 */
#pragma once

#include <stdbool.h>

#include "network/host.h"

enum {
	DNS_MESSAGE_SIZE = 512, /* of an answer without EDNS, and of every answer here */
	DNS_TYPE_A = 1,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_AAAA = 28,
	DNS_CLASS_IN = 1,
};

/* RFC 1035 §4.1.1 */
enum dns_code {
	DNS_FINE = 0,
	DNS_MALFORMED = 1,
	DNS_FAILED = 2,
	DNS_NO_SUCH_NAME = 3,
	DNS_NOT_IMPLEMENTED = 4,
	DNS_REFUSED = 5,
};

struct dns_query {
	enum dns_code code; /* FINE: the question was read; else what to answer */
	uint16_t type;
	bool is_host;              /* the name can be a host's */
	struct host host;          /* …then it is here, without a dot at the end */
	char text[HOST_NAME_SIZE]; /* the name, for people; unprintable bytes as '?' */
	size_t question_end;       /* 0: no question was read */
};

/* False: no answer at all (too short, or itself an answer). */
bool dns_read_query(const uint8_t *message, size_t length, struct dns_query *ret_query);

/* The answer to that very message, with the addresses as records of the query's type; returns its length, at most
 * DNS_MESSAGE_SIZE. The code is the query's own unless that is FINE.
 */
size_t dns_write_answer(const uint8_t *message, const struct dns_query *query, enum dns_code code,
			const struct address *addresses, size_t count, uint8_t ret_answer[DNS_MESSAGE_SIZE]);

/* network/rules.h: may this host be reached?  The one answer for every route. Pure.
 *
 *	rules_add (any number of times) -> rules_decide, rules_decide_resolved, rules_may_name -> rules_free
 *
 * An empty list allows nothing. A deny rule wins over every allow rule. A name allows itself, never the address behind
 * it. The rule `localhost` is the host's loopback, as 127.0.0.1 and ::1.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "network/host.h"
#include "network/reach.h"

struct network_rule {
	bool is_denied;
	bool is_wild;  /* names below host.name only */
	uint8_t bits;  /* of an address: how many leading ones have to agree */
	uint16_t port; /* 0: any */
	struct host host;
};

struct network_rules {
	struct network_rule *items;
	size_t count, room;
};

enum answer {
	ANSWER_ALLOWED,
	ANSWER_UNNAMED, /* no rule allows the host, or not with this port */
	ANSWER_DENIED,  /* a deny rule names it */
	ANSWER_PLACE,   /* the name leads to an address that only a rule of its own opens */
};

struct decision {
	enum answer answer;
	int rule;         /* the rule that decided; -1: none */
	enum reach reach; /* PLACE: what the address is */
};

/* `pattern` is a name, "*." and a name, an address, or an address, '/' and a number of bits, as policies keep them
 * (policy_allowed_hosts). Errors: CORDON_BAD_USAGE.
 */
CORDON_CHECKED bool rules_add(struct network_rules *rules, const char *pattern, uint16_t port, bool is_denied,
			      struct cordon_error *err);
void rules_free(struct network_rules *rules);

/* May a connection to it be asked for? Of a name, what it leads to is judged by rules_decide_resolved. */
struct decision rules_decide(const struct network_rules *rules, const struct host *host, uint16_t port);

/* May the name be told an address, so that some port of it may be asked for? */
bool rules_may_name(const struct network_rules *rules, const struct host *host);

/* After rules_decide has allowed a name or an address: may this address be dialled for it? `own` are the addresses of the
 * host's own interfaces: behind them is the machine itself, which no range opens. The address of a rule that is no range
 * need not be asked about.
 */
struct decision rules_decide_resolved(const struct network_rules *rules, const struct address *address, uint16_t port,
				      const struct address *own, size_t own_count);

/* Does a rule say `localhost` (with any port), and so mean the host's loopback? */
bool host_is_localhost(const struct host *host);

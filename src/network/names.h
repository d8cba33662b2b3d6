/* network/names.h: the addresses that names have inside. Pure.
 *
 * A name that is allowed gets an IPv4 address of 198.18.0.0/15 and an IPv6 address of the run's own /64 (RFC 2544,
 * 4193), which mean nothing anywhere else; a connection to one of them says by its local address which name was meant.
 * They are given in order and never to another name. The table is one block of memory without pointers, so that
 * processes can share it: one writes, others may read what is counted already.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "network/host.h"

enum {
	NAMES_MAX = 8192, /* 2 MiB, of which only what is used is there */
	NAMES_SLOTS = 2 * NAMES_MAX,
	NAMES_FIRST = 256, /* 198.18.1.0: what lies before is the gate's own */
};

struct names {
	atomic_uint count;
	unsigned slots[NAMES_SLOTS]; /* writer's: index + 1 */
	char names[NAMES_MAX][HOST_NAME_SIZE];
};

/* The gate's own addresses: its DNS server and its proxy. */
extern const struct address names_gate_ipv4, names_gate_ipv6;

/* Finds the name or adds it; false when the table is full. `names` begins zeroed. */
bool names_find(struct names *names, const char *name, unsigned *ret_index);

struct address names_ipv4(unsigned index);
struct address names_ipv6(unsigned index);

/* Is the address one that a name could have? */
bool names_is_synthetic(const struct address *address);

/* The name that has it, or NULL. It lives as long as the table. */
const char *names_at(const struct names *names, const struct address *address);

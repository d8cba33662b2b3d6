/* policy/values.h: quantities and hosts as policies write them. Pure.
 *
 * Each function returns NULL when the text is good, else in a few words what was expected: static ones, but for those
 * that value_read_host has written into `why`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/idna.h"

/* "4GiB", "512MiB", "4096" (bytes); 1 to 2^63-1. */
const char *value_read_size(const char *text, uint64_t *ret_bytes);

/* "75%": 1 to 100. */
const char *value_read_share(const char *text, uint64_t *ret_percent);

/* "10m", "90s", "1500ms", "2h". */
const char *value_read_duration(const char *text, uint64_t *ret_milliseconds);

/* "2", "0.5": thousandths of a processor. */
const char *value_read_processors(const char *text, uint64_t *ret_thousandths);

/* "512": 1 to 2^31-1. */
const char *value_read_count(const char *text, uint64_t *ret_count);

const char *value_read_port(const char *text, uint16_t *ret_port);

/* What value_read_host returns when memory is short. */
extern const char value_no_memory[];

/* "HOST[:PORT]": a name, a name behind "*.", an IPv4 address, an IPv6 address in brackets, either of the two with
 * "/BITS". The host is malloc'ed, in lower case, an international name in its form in ASCII, an address in its one
 * canonical form and without brackets; port 0: any.
 */
const char *value_read_host(const char *text, char **ret_host, uint16_t *ret_port, char why[IDNA_WHY_SIZE]);

/* Is everything that `inner` stands for also in `outer`? Both from value_read_host. */
bool host_covers(const char *outer, const char *inner);

/* The name of a variable; with wildcards when it may have them. */
const char *value_check_variable(const char *text, bool may_be_pattern);

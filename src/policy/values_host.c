/* Hosts in network rules. Names are compared as text later, so each host has one spelling from here on. */
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "base/text.h"
#include "policy/values.h"

#define HOST_EXPECTED \
	"a host is HOST or HOST:PORT, where HOST is a name, \"*.\" and a name, an IPv4 address, or an IPv6 address " \
	"in brackets; behind an address /BITS makes it a range"

const char value_no_memory[] = "out of memory";

static const char *name_fault(const char *host)
{
	if (strchr(host, '/'))
		return "a host is named without scheme or path, such as \"registry.example.org:443\"";
	if (strcmp(host, "*") == 0)
		return "for every host set network.mode to \"open\"";
	if (strchr(host, '*'))
		return "a wildcard stands only at the beginning, as in \"*.example.net\"";
	return HOST_EXPECTED;
}

/* -- HOST[:PORT] ------------------------------------------------------------------------------------------------ */

/* Cuts the port off; the host's text remains, without brackets. *ret_range is what stands behind a '/', or NULL. */
static const char *split_port(char *text, char **ret_host, char **ret_range, bool *ret_is_bracketed, uint16_t *ret_port)
{
	char *colon = strchr(text, ':');
	*ret_is_bracketed = text[0] == '[';
	*ret_host = text;
	if (*ret_is_bracketed) {
		char *end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':' && end[1] != '/'))
			return HOST_EXPECTED;
		colon = strchr(end, ':');
		*ret_range = end[1] == '/' ? end + 2 : NULL;
		*end = '\0';
		*ret_host = text + 1;
	} else if (colon && strchr(colon + 1, ':')) {
		return "an IPv6 address is written in brackets, such as \"[::1]:443\"";
	} else if (colon && colon[1] == '/') {
		return name_fault("/");
	}
	*ret_port = 0;
	const char *why = colon ? value_read_port(colon + 1, ret_port) : NULL;
	if (colon)
		*colon = '\0';
	char *slash = *ret_is_bracketed ? NULL : strchr(*ret_host, '/');
	if (slash && slash[1] >= '0' && slash[1] <= '9') {
		*slash = '\0';
		*ret_range = slash + 1;
	}
	return why;
}

/* A range that names bits behind its prefix says two things. */
static const char *read_range(const char *range, const struct address *address, unsigned *ret_bits)
{
	static const char expected[] =
		"behind an address \"/\" and the number of bits that all addresses of the range share";
	struct address first = *address;
	unsigned bits = 0, most = address->length * 8u;
	if (!*range || strlen(range) > 3 || (range[0] == '0' && range[1]))
		return expected;
	for (; *range; range++) {
		if (*range < '0' || *range > '9')
			return expected;
		bits = bits * 10 + (unsigned)(*range - '0');
	}
	if (bits > most)
		return expected;
	for (unsigned i = bits; i < most; i++)
		first.bytes[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
	if (!address_equals(&first, address))
		return "a range is named by its first address, with no bit set behind the prefix";
	*ret_bits = bits;
	return NULL;
}

static const char *read_address(const struct address *address, const char *range, struct text *text)
{
	char shown[ADDRESS_TEXT_SIZE];
	unsigned bits = address->length * 8u;
	const char *why = range ? read_range(range, address, &bits) : NULL;
	text_add(text, address_show(address, shown));
	if (bits < address->length * 8u)
		text_addf(text, "/%u", bits);
	return why;
}

static const char *read_name(const char *host, bool is_wild, struct text *text, char why[IDNA_WHY_SIZE])
{
	char name[HOST_NAME_SIZE];
	const char *rest = is_wild ? host + 2 : host;
	if (strpbrk(rest, "/*"))
		return name_fault(is_wild && strchr(rest, '*') ? host : rest);
	if (!idna_to_ascii(rest, name, why))
		return why;
	if (!host_read_name(name, strlen(name), name))
		return name_fault(rest);
	text_addf(text, "%s%s", is_wild ? "*." : "", name);
	return NULL;
}

static const char *read_host(const char *host, const char *range, bool is_bracketed, struct text *text,
			     char why[IDNA_WHY_SIZE])
{
	struct address address;
	bool is_wild = text_starts(host, "*.");
	bool is_address = !is_wild && address_read(host, strlen(host), &address);
	if (is_bracketed && (!is_address || address.length != 16))
		return "no IPv6 address in the brackets";
	if (is_address)
		return read_address(&address, range, text);
	if (range)
		return name_fault("/");
	return read_name(host, is_wild, text, why);
}

const char *value_read_host(const char *text, char **ret_host, uint16_t *ret_port, char why[IDNA_WHY_SIZE])
{
	struct text host = { 0 };
	char *copy = strdup(text);
	if (!copy)
		return value_no_memory;

	char *start, *range = NULL;
	bool is_bracketed;
	uint16_t port = 0;
	const char *fault = split_port(copy, &start, &range, &is_bracketed, &port);
	if (!fault)
		fault = read_host(start, range, is_bracketed, &host, why);
	free(copy);
	char *taken = text_take(&host);
	if (fault || !taken) {
		free(taken);
		return fault ? fault : value_no_memory;
	}
	*ret_host = taken;
	*ret_port = port;
	return NULL;
}

/* A pattern from value_read_host as a range, an address as one of itself. */
static bool as_range(const char *pattern, struct address *ret_address, unsigned *ret_bits)
{
	const char *slash = strchr(pattern, '/');
	if (!address_read(pattern, slash ? (size_t)(slash - pattern) : strlen(pattern), ret_address))
		return false;
	*ret_bits = slash ? (unsigned)strtoul(slash + 1, NULL, 10) : ret_address->length * 8u;
	return true;
}

bool host_covers(const char *outer, const char *inner)
{
	struct address around, within;
	unsigned around_bits, within_bits;
	if (strcmp(outer, inner) == 0)
		return true;
	if (as_range(outer, &around, &around_bits) && as_range(inner, &within, &within_bits))
		return around_bits <= within_bits && address_shares(&around, &within, around_bits);
	/* "*.example.net" covers "a.example.net" and "*.b.example.net", and not "example.net" itself. */
	return text_starts(outer, "*.") && text_ends(inner, outer + 1);
}

/* Hosts in network rules. Names are compared as text later, so each host has one spelling from here on, and what a
 * resolver might read in another way (octal, short or hexadecimal addresses, zones) is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/values.h"

#define HOST_EXPECTED \
	"a host is HOST or HOST:PORT, where HOST is a name, \"*.\" and a name, an IPv4 address, or an IPv6 address " \
	"in brackets"

const char value_no_memory[] = "out of memory";

enum { NAME_MAX_LENGTH = 253, LABEL_MAX_LENGTH = 63, GROUPS = 8 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* -- addresses -------------------------------------------------------------------------------------------------- */

static bool read_ipv4(const char *text, unsigned char ret_bytes[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned number = 0;
		const char *start = text;
		for (; is_digit(*text) && number <= 255; text++)
			number = number * 10 + (unsigned)(*text - '0');
		bool has_leading_zero = start[0] == '0' && text - start > 1;
		if (text == start || number > 255 || has_leading_zero || *text != (i < 3 ? '.' : '\0'))
			return false;
		ret_bytes[i] = (unsigned char)number;
		text++;
	}
	return true;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Groups up to the end or to "::"; IPv4 may stand for the last two. */
static bool read_groups(const char **text, unsigned *groups, int *count)
{
	unsigned char bytes[4];
	*count = 0;
	if (**text == ':' || **text == '\0')
		return true;
	while (*count < GROUPS) {
		if (*count <= GROUPS - 2 && strchr(*text, '.') && !strchr(*text, ':') && read_ipv4(*text, bytes)) {
			groups[(*count)++] = (unsigned)bytes[0] << 8 | bytes[1];
			groups[(*count)++] = (unsigned)bytes[2] << 8 | bytes[3];
			*text += strlen(*text);
			return true;
		}
		int digits = 0;
		unsigned group = 0;
		for (; digits < 4 && hex_digit(**text) >= 0; digits++)
			group = group << 4 | (unsigned)hex_digit(*(*text)++);
		if (digits == 0)
			return false;
		groups[(*count)++] = group;
		if (**text == '\0' || ((*text)[0] == ':' && (*text)[1] == ':'))
			return true;
		if (*(*text)++ != ':')
			return false;
	}
	return false;
}

static bool read_ipv6(const char *text, unsigned ret_groups[GROUPS])
{
	unsigned front[GROUPS], back[GROUPS];
	int front_count, back_count = 0;
	if (!read_groups(&text, front, &front_count))
		return false;
	if (*text == '\0' && front_count != GROUPS)
		return false;
	if (*text != '\0') {
		if (text[0] != ':' || text[1] != ':' || text[2] == ':')
			return false;
		text += 2;
		if (!read_groups(&text, back, &back_count) || *text || front_count + back_count >= GROUPS)
			return false;
	}
	memset(ret_groups, 0, GROUPS * sizeof *ret_groups);
	memcpy(ret_groups, front, (size_t)front_count * sizeof *front);
	memcpy(ret_groups + GROUPS - back_count, back, (size_t)back_count * sizeof *back);
	return true;
}

/* The longest run of two or more zero groups is left out, the first of equals (RFC 5952). */
static void add_ipv6(struct text *text, const unsigned groups[GROUPS])
{
	int start = GROUPS, length = 1;
	for (int i = 0; i < GROUPS; i++) {
		int run = 0;
		while (i + run < GROUPS && groups[i + run] == 0)
			run++;
		if (run > length) {
			start = i;
			length = run;
		}
		i += run;
	}
	for (int i = 0; i < GROUPS; i++) {
		if (i == start) {
			text_add(text, "::");
			i += length - 1;
			continue;
		}
		text_addf(text, "%s%x", i > 0 && i != start + length ? ":" : "", groups[i]);
	}
}

/* -- names ------------------------------------------------------------------------------------------------------ */

/* Labels of letters, digits, '-' and '_'; the last one has a letter, or it would be an address. */
static bool is_name(const char *name)
{
	if (strlen(name) > NAME_MAX_LENGTH)
		return false;
	for (;;) {
		size_t length = strcspn(name, ".");
		bool has_letter = false;
		if (length == 0 || length > LABEL_MAX_LENGTH || name[0] == '-' || name[length - 1] == '-')
			return false;
		for (size_t i = 0; i < length; i++) {
			bool is_letter = (name[i] >= 'a' && name[i] <= 'z') || name[i] == '_';
			if (!is_letter && !is_digit(name[i]) && name[i] != '-')
				return false;
			has_letter |= is_letter;
		}
		/* Resolvers read a last label such as 0x7f as a number. */
		bool is_hexadecimal = length > 1 && name[0] == '0' && name[1] == 'x';
		name += length;
		if (*name == '\0')
			return has_letter && !is_hexadecimal;
		name++;
	}
}

static const char *name_fault(const char *host)
{
	for (const char *c = host; *c; c++)
		if ((unsigned char)*c >= 0x80)
			return "a host name is written in its ASCII form (xn--…)";
	if (strchr(host, '/'))
		return "a host is named without scheme, path or prefix length, such as \"registry.example.org:443\"";
	if (strcmp(host, "*") == 0)
		return "for every host set network.mode to \"open\"";
	if (strchr(host, '*'))
		return "a wildcard stands only at the beginning, as in \"*.example.net\"";
	return HOST_EXPECTED;
}

/* -- HOST[:PORT] ------------------------------------------------------------------------------------------------ */

/* Cuts the port off; the host's text remains, without brackets. */
static const char *split_port(char *text, char **ret_host, bool *ret_is_bracketed, uint16_t *ret_port)
{
	char *colon = strchr(text, ':');
	*ret_is_bracketed = text[0] == '[';
	*ret_host = text;
	if (*ret_is_bracketed) {
		char *end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':'))
			return HOST_EXPECTED;
		colon = end[1] ? end + 1 : NULL;
		*end = '\0';
		*ret_host = text + 1;
	} else if (colon && strchr(colon + 1, ':')) {
		return "an IPv6 address is written in brackets, such as \"[::1]:443\"";
	} else if (colon && colon[1] == '/') {
		return name_fault("/");
	}
	*ret_port = 0;
	if (!colon)
		return NULL;
	*colon = '\0';
	return value_read_port(colon + 1, ret_port);
}

static const char *read_host(char *host, bool is_bracketed, struct text *text)
{
	unsigned groups[GROUPS];
	unsigned char bytes[4];
	for (char *c = host; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c | 0x20);
	if (is_bracketed) {
		if (!read_ipv6(host, groups))
			return "no IPv6 address in the brackets";
		add_ipv6(text, groups);
		return NULL;
	}
	bool is_wild = text_starts(host, "*.");
	if (!is_name(host + (is_wild ? 2 : 0)) && (is_wild || !read_ipv4(host, bytes)))
		return name_fault(is_wild && !strchr(host + 2, '*') ? host + 2 : host);
	text_add(text, host);
	return NULL;
}

const char *value_read_host(const char *text, char **ret_host, uint16_t *ret_port)
{
	struct text host = { 0 };
	char *copy = strdup(text);
	if (!copy)
		return value_no_memory;

	char *start;
	bool is_bracketed;
	uint16_t port = 0;
	const char *why = split_port(copy, &start, &is_bracketed, &port);
	if (!why)
		why = read_host(start, is_bracketed, &host);
	free(copy);
	char *taken = text_take(&host);
	if (why || !taken) {
		free(taken);
		return why ? why : value_no_memory;
	}
	*ret_host = taken;
	*ret_port = port;
	return NULL;
}

bool host_covers(const char *outer, const char *inner)
{
	if (strcmp(outer, inner) == 0)
		return true;
	/* "*.example.net" covers "a.example.net" and "*.b.example.net", and not "example.net" itself. */
	return text_starts(outer, "*.") && text_ends(inner, outer + 1);
}

/* Hosts in network rules. Names are compared as text later, so each host has one spelling from here on. */
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "base/text.h"
#include "policy/values.h"

#define HOST_EXPECTED \
	"a host is HOST or HOST:PORT, where HOST is a name, \"*.\" and a name, an IPv4 address, or an IPv6 address " \
	"in brackets"

const char value_no_memory[] = "out of memory";

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

static const char *read_host(const char *host, bool is_bracketed, struct text *text)
{
	struct address address;
	char shown[ADDRESS_TEXT_SIZE], name[HOST_NAME_SIZE];
	bool is_wild = text_starts(host, "*.");
	bool is_address = !is_wild && address_read(host, strlen(host), &address);
	if (is_bracketed && (!is_address || address.length != 16))
		return "no IPv6 address in the brackets";
	if (is_address) {
		text_add(text, address_show(&address, shown));
		return NULL;
	}
	if (is_wild)
		host += 2;
	if (!host_read_name(host, strlen(host), name))
		return name_fault(is_wild && strchr(host, '*') ? host - 2 : host);
	text_addf(text, "%s%s", is_wild ? "*." : "", name);
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

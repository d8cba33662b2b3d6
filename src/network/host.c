#include "network/host.h"

#include <stdio.h>
#include <string.h>

bool host_read(const char *text, size_t length, struct host *ret_host)
{
	struct host host = { 0 };
	bool is_bracketed = length > 2 && text[0] == '[' && text[length - 1] == ']';
	if (is_bracketed) {
		if (!address_read(text + 1, length - 2, &host.address) || host.address.length != 16)
			return false;
	} else if (address_read(text, length, &host.address)) {
		if (host.address.length != 4)
			return false;
	} else if (!host_read_name(text, length, host.name)) {
		return false;
	}
	*ret_host = host;
	return true;
}

static bool read_port(const char *text, size_t length, uint16_t *ret_port)
{
	unsigned port = 0;
	if (length == 0 || length > 5 || text[0] == '0')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (unsigned)(text[i] - '0');
	}
	if (port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

bool target_read(const char *text, size_t length, uint16_t default_port, struct target *ret_target)
{
	struct target target = { .port = default_port };
	size_t host_length = length;
	if (length == 0)
		return false;
	if (text[0] == '[') {
		const char *end = memchr(text, ']', length);
		if (!end)
			return false;
		host_length = (size_t)(end - text) + 1;
	} else {
		const char *colon = memchr(text, ':', length);
		if (colon)
			host_length = (size_t)(colon - text);
	}
	if (!host_read(text, host_length, &target.host))
		return false;
	if (host_length < length &&
	    (text[host_length] != ':' || !read_port(text + host_length + 1, length - host_length - 1, &target.port)))
		return false;
	if (target.port == 0)
		return false;
	*ret_target = target;
	return true;
}

struct host host_of_address(const struct address *address)
{
	return (struct host){ .address = *address };
}

bool host_equals(const struct host *a, const struct host *b)
{
	return address_equals(&a->address, &b->address) && strcmp(a->name, b->name) == 0;
}

const char *host_show(const struct host *host, uint16_t port, char text[HOST_TEXT_SIZE])
{
	char shown[ADDRESS_TEXT_SIZE];
	const char *name = host->address.length ? address_show(&host->address, shown) : host->name;
	int length = snprintf(text, HOST_TEXT_SIZE, host->address.length == 16 ? "[%s]" : "%s", name);
	if (port && length > 0 && length < HOST_TEXT_SIZE)
		snprintf(text + length, HOST_TEXT_SIZE - (size_t)length, ":%u", port);
	return text;
}

#include "base/upstream.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* -- reading ------------------------------------------------------------------------------------------------------ */

static bool read_port(const char *text, size_t length, uint16_t *ret_port)
{
	unsigned port = 0;
	if (length == 0 || length > 5)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (unsigned)(text[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

static const char *find_last(const char *text, char c, size_t length)
{
	while (length > 0)
		if (text[--length] == c)
			return text + length;
	return NULL;
}

/* An address of IPv6 stands in brackets where a port may follow. */
static bool read_host(const char *text, size_t length, struct address *ret_address, char ret_name[HOST_NAME_SIZE])
{
	bool is_bracketed = length > 2 && text[0] == '[' && text[length - 1] == ']';
	ret_name[0] = '\0';
	if (is_bracketed)
		return address_read(text + 1, length - 2, ret_address) && ret_address->length == 16;
	if (address_read(text, length, ret_address))
		return ret_address->length == 4;
	*ret_address = (struct address){ .length = 0 };
	return host_read_name(text, length, ret_name);
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Without %XX (RFC 3986 §2.1). False when it cannot stand in a header or has no room. */
static bool decode(const char *text, size_t length, char *decoded, size_t room, size_t *ret_length)
{
	size_t used = 0;
	for (size_t i = 0; i < length; i++) {
		int byte = (unsigned char)text[i];
		if (byte == '%') {
			if (length - i < 3 || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
				return false;
			byte = hex(text[i + 1]) << 4 | hex(text[i + 2]);
			i += 2;
		}
		if (byte < ' ' || byte == 0x7f || used == room)
			return false;
		decoded[used++] = (char)byte;
	}
	*ret_length = used;
	return true;
}

static void encode_base64(const char *bytes, size_t length, char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		unsigned group = (unsigned)(unsigned char)bytes[i] << 16;
		group |= left > 1 ? (unsigned)(unsigned char)bytes[i + 1] << 8 : 0;
		group |= left > 2 ? (unsigned)(unsigned char)bytes[i + 2] : 0;
		*text++ = digits[group >> 18];
		*text++ = digits[group >> 12 & 63];
		*text++ = left > 1 ? digits[group >> 6 & 63] : '=';
		*text++ = left > 2 ? digits[group & 63] : '=';
	}
	*text = '\0';
}

/* A user without a password has an empty one. */
static bool read_credentials(const char *text, size_t length, char ret_credentials[UPSTREAM_CREDENTIALS_SIZE])
{
	char plain[UPSTREAM_CREDENTIALS_SIZE / 4 * 3 - 3];
	const char *colon = memchr(text, ':', length);
	size_t user = colon ? (size_t)(colon - text) : length, used, more = 0;
	if (!decode(text, user, plain, sizeof plain - 1, &used) || memchr(plain, ':', used))
		return false;
	plain[used++] = ':';
	if (colon && !decode(colon + 1, length - user - 1, plain + used, sizeof plain - used, &more))
		return false;
	encode_base64(plain, used + more, ret_credentials);
	return true;
}

const char *upstream_read(const char *url, struct upstream *ret_upstream)
{
	struct upstream upstream = { .port = 0 };
	const char *scheme = strstr(url, "://");
	if (scheme && (scheme - url != 4 || strncasecmp(url, "http", 4) != 0))
		return "is not spoken to by HTTP";
	const char *text = scheme ? scheme + 3 : url;
	size_t length = strlen(text);
	if (length > 0 && text[length - 1] == '/')
		length--;
	if (memchr(text, '/', length))
		return "has a path";
	const char *at = find_last(text, '@', length);
	if (at && !read_credentials(text, (size_t)(at - text), upstream.credentials))
		return "has a user name or password that cannot be sent";
	size_t before = at ? (size_t)(at - text) + 1 : 0;
	text += before;
	length -= before;
	const char *colon = find_last(text, ':', length);
	if (!colon || (text[0] == '[' && text[length - 1] == ']'))
		return "says no port, and programs disagree about which is meant";
	if (!read_port(colon + 1, length - (size_t)(colon - text) - 1, &upstream.port))
		return "says no port that there is";
	if (!read_host(text, (size_t)(colon - text), &upstream.address, upstream.name))
		return "names no host";
	*ret_upstream = upstream;
	return NULL;
}

/* -- what does without it ------------------------------------------------------------------------------------------ */

static bool is_below(const char *name, const char *pattern)
{
	size_t whole = strlen(name), length = strlen(pattern);
	return whole >= length && strcmp(name + whole - length, pattern) == 0 &&
	       (whole == length || name[whole - length - 1] == '.');
}

static bool covers_range(const char *entry, size_t length, const struct address *address)
{
	struct address range;
	const char *slash = memchr(entry, '/', length);
	uint16_t bits = 0;
	size_t digits = slash ? length - (size_t)(slash - entry) - 1 : 0;
	if (!slash || !address_read(entry, (size_t)(slash - entry), &range))
		return false;
	if (!(digits == 1 && slash[1] == '0') && !read_port(slash + 1, digits, &bits))
		return false;
	return bits <= range.length * 8 && address_shares(&range, address, bits);
}

static bool covers(const char *entry, size_t length, const char *name, const struct address *address, uint16_t port)
{
	char pattern[HOST_NAME_SIZE];
	struct address named;
	uint16_t named_port;
	if (length == 1 && entry[0] == '*')
		return true;
	if (address->length && (covers_range(entry, length, address) ||
				(address_read(entry, length, &named) && address_equals(&named, address))))
		return true;
	const char *colon = find_last(entry, ':', length);
	if (colon && read_port(colon + 1, length - (size_t)(colon - entry) - 1, &named_port)) {
		if (named_port != port)
			return false;
		length = (size_t)(colon - entry);
	}
	if (length > 0 && entry[0] == '*') {
		entry++;
		length--;
	}
	if (length > 0 && entry[0] == '.') {
		entry++;
		length--;
	}
	if (!read_host(entry, length, &named, pattern))
		return false;
	return address->length ? address_equals(&named, address) : pattern[0] && is_below(name, pattern);
}

bool upstream_is_bypassed(const char *list, const char *name, const struct address *address, uint16_t port)
{
	static const char separators[] = ", \t";
	while (*list) {
		size_t length = strcspn(list, separators);
		if (length > 0 && covers(list, length, name, address, port))
			return true;
		list += length;
		list += strspn(list, separators);
	}
	return false;
}

#include "base/host.h"

#include <stdio.h>
#include <string.h>

enum { GROUPS = 8 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* -- addresses -------------------------------------------------------------------------------------------------- */

static bool read_ipv4(const char *text, const char *end, uint8_t ret_bytes[4])
{
	for (int i = 0; i < 4; i++) {
		unsigned number = 0;
		const char *start = text;
		for (; text < end && is_digit(*text) && number <= 255; text++)
			number = number * 10 + (unsigned)(*text - '0');
		bool has_leading_zero = text - start > 1 && start[0] == '0';
		if (text == start || number > 255 || has_leading_zero)
			return false;
		if (i < 3 ? text == end || *text != '.' : text != end)
			return false;
		ret_bytes[i] = (uint8_t)number;
		text++;
	}
	return true;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool has(const char *text, const char *end, char wanted)
{
	return text < end && memchr(text, wanted, (size_t)(end - text));
}

static bool is_pair(const char *text, const char *end)
{
	return end - text >= 2 && text[0] == ':' && text[1] == ':';
}

/* Groups up to the end or to "::"; IPv4 may stand for the last two. */
static bool read_groups(const char **text, const char *end, unsigned *groups, int *count)
{
	uint8_t bytes[4];
	*count = 0;
	if (*text == end || **text == ':')
		return true;
	while (*count < GROUPS) {
		if (*count <= GROUPS - 2 && has(*text, end, '.') && !has(*text, end, ':') &&
		    read_ipv4(*text, end, bytes)) {
			groups[(*count)++] = (unsigned)bytes[0] << 8 | bytes[1];
			groups[(*count)++] = (unsigned)bytes[2] << 8 | bytes[3];
			*text = end;
			return true;
		}
		int digits = 0;
		unsigned group = 0;
		for (; digits < 4 && *text < end && hex_digit(**text) >= 0; digits++)
			group = group << 4 | (unsigned)hex_digit(*(*text)++);
		if (digits == 0)
			return false;
		groups[(*count)++] = group;
		if (*text == end || is_pair(*text, end))
			return true;
		if (*(*text)++ != ':')
			return false;
	}
	return false;
}

static bool read_ipv6(const char *text, const char *end, uint8_t ret_bytes[16])
{
	unsigned front[GROUPS], back[GROUPS], groups[GROUPS] = { 0 };
	int front_count, back_count = 0;
	if (!read_groups(&text, end, front, &front_count))
		return false;
	if (text == end && front_count != GROUPS)
		return false;
	if (text != end) {
		if (!is_pair(text, end))
			return false;
		text += 2;
		if ((text < end && *text == ':') || !read_groups(&text, end, back, &back_count) || text != end ||
		    front_count + back_count >= GROUPS)
			return false;
	}
	memcpy(groups, front, (size_t)front_count * sizeof *front);
	memcpy(groups + GROUPS - back_count, back, (size_t)back_count * sizeof *back);
	for (int i = 0; i < GROUPS; i++) {
		ret_bytes[2 * i] = (uint8_t)(groups[i] >> 8);
		ret_bytes[2 * i + 1] = (uint8_t)groups[i];
	}
	return true;
}

bool address_read(const char *text, size_t length, struct address *ret_address)
{
	struct address address = { 0 };
	if (length == 0 || length >= ADDRESS_TEXT_SIZE + 6) /* 39 digits and colons; with IPv4 behind at most 45 */
		return false;
	if (read_ipv4(text, text + length, address.bytes))
		address.length = 4;
	else if (read_ipv6(text, text + length, address.bytes))
		address.length = 16;
	else
		return false;
	*ret_address = address;
	return true;
}

/* The longest run of two or more zero groups is left out, the first of equals. */
static void show_ipv6(const uint8_t bytes[16], char text[ADDRESS_TEXT_SIZE])
{
	unsigned groups[GROUPS];
	int start = GROUPS, length = 1, at = 0;
	for (int i = 0; i < GROUPS; i++)
		groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
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
			at += snprintf(text + at, ADDRESS_TEXT_SIZE - (size_t)at, "::");
			i += length - 1;
			continue;
		}
		at += snprintf(text + at, ADDRESS_TEXT_SIZE - (size_t)at, "%s%x",
			       i > 0 && i != start + length ? ":" : "", groups[i]);
	}
}

const char *address_show(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
	const uint8_t *bytes = address->bytes;
	if (address->length == 4)
		snprintf(text, ADDRESS_TEXT_SIZE, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
	else if (address->length == 16)
		show_ipv6(bytes, text);
	else
		text[0] = '\0';
	return text;
}

bool address_equals(const struct address *a, const struct address *b)
{
	return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

bool address_shares(const struct address *a, const struct address *b, unsigned bits)
{
	if (a->length != b->length || bits > a->length * 8u || memcmp(a->bytes, b->bytes, bits / 8) != 0)
		return false;
	unsigned mask = 0xff00u >> bits % 8 & 0xffu;
	return bits % 8 == 0 || (a->bytes[bits / 8] & mask) == (b->bytes[bits / 8] & mask);
}

/* -- names ------------------------------------------------------------------------------------------------------ */

/* The last label has a letter, or the name would be an address to some; 0x7f is a number to inet_aton. */
static bool is_numeric(const char *label, size_t length)
{
	bool has_letter = false;
	for (size_t i = 0; i < length; i++)
		has_letter |= label[i] == '_' || (label[i] >= 'a' && label[i] <= 'z');
	return !has_letter || (length > 1 && label[0] == '0' && label[1] == 'x');
}

static bool is_label(const char *label, size_t length)
{
	return length > 0 && length <= HOST_LABEL_LENGTH && label[0] != '-' && label[length - 1] != '-';
}

bool host_read_name(const char *text, size_t length, char ret_name[HOST_NAME_SIZE])
{
	char name[HOST_NAME_SIZE];
	size_t start = 0;
	if (length == 0 || length > HOST_NAME_LENGTH)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!is_letter && !is_digit(c) && c != '-' && c != '_' && c != '.')
			return false;
		name[i] = is_letter ? (char)(c | 0x20) : c;
		if (c != '.')
			continue;
		if (!is_label(name + start, i - start))
			return false;
		start = i + 1;
	}
	if (!is_label(name + start, length - start) || is_numeric(name + start, length - start))
		return false;
	name[length] = '\0';
	memcpy(ret_name, name, length + 1);
	return true;
}

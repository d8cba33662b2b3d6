#include "base/wide.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { HIGH_FIRST = 0xd800, LOW_FIRST = 0xdc00, LOW_LAST = 0xdfff, BEYOND_BASIC = 0x10000, BEYOND_ALL = 0x110000 };

static bool is_high(unsigned unit)
{
	return unit >= HIGH_FIRST && unit < LOW_FIRST;
}

static bool is_low(unsigned unit)
{
	return unit >= LOW_FIRST && unit <= LOW_LAST;
}

void free_wide(uint16_t **holder)
{
	free(*holder);
}

size_t wide_length(const uint16_t *wide)
{
	size_t length = 0;
	while (wide[length])
		length++;
	return length;
}

void wide_add(struct text *text, const uint16_t *wide, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned c = wide[i];
		if (is_high(c) && i + 1 < length && is_low(wide[i + 1]))
			c = BEYOND_BASIC + ((c - HIGH_FIRST) << 10) + (wide[++i] - LOW_FIRST);
		char bytes[UTF8_SIZE];
		text_add_bytes(text, bytes, utf8_write(c, bytes));
	}
	text_add_bytes(text, "", 0); /* nothing is a text too */
}

/* The character at *at, and moves behind it; BEYOND_ALL for none. */
static unsigned take_character(const unsigned char **at)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, BEYOND_BASIC };
	const unsigned char *bytes = *at;
	unsigned first = bytes[0];
	unsigned length = first < 0x80   ? 1
			  : first < 0xc0 ? 0
			  : first < 0xe0 ? 2
			  : first < 0xf0 ? 3
			  : first < 0xf8 ? 4
					 : 0;
	unsigned c = length == 1 ? first : first & (0x7fu >> length);
	for (unsigned i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0u) != 0x80u)
			return BEYOND_ALL;
		c = c << 6 | (bytes[i] & 0x3fu);
	}
	*at += length;
	return length && c >= least[length] ? c : BEYOND_ALL;
}

bool wide_make(const char *text, uint16_t **ret_wide, struct cordon_error *err)
{
	const unsigned char *at = (const unsigned char *)text;
	/* No character has fewer bytes than units. */
	uint16_t *wide = calloc(strlen(text) + 1, sizeof *wide);
	size_t count = 0;
	bool was_high = false;
	if (!wide)
		return cordon_fail_memory(err);
	while (*at) {
		unsigned c = take_character(&at);
		/* Two halves spelt apart would be a second spelling of the pair. */
		if (c >= BEYOND_ALL || (was_high && is_low(c))) {
			free(wide);
			return cordon_fail(err, CORDON_BAD_USAGE, "'%s' is no UTF-8", text);
		}
		was_high = is_high(c);
		if (c >= BEYOND_BASIC) {
			wide[count++] = (uint16_t)(HIGH_FIRST + ((c - BEYOND_BASIC) >> 10));
			c = LOW_FIRST + ((c - BEYOND_BASIC) & 0x3ffu);
		}
		wide[count++] = (uint16_t)c;
	}
	*ret_wide = wide;
	return true;
}

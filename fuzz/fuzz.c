#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

/* Decodes and encodes again: what does not come back as it was is not the shortest form. */
bool fuzz_is_utf8(const char *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *)bytes;
	for (size_t i = 0; i < length;) {
		size_t rest = 0;
		while (rest < 4 && at[i] & (0x80 >> rest))
			rest++;
		rest -= rest > 0;
		if ((at[i] & 0xc0) == 0x80 || at[i] >= 0xf8 || rest >= length - i)
			return false;
		uint32_t code = rest ? at[i] & (0x3f >> rest) : at[i];
		for (size_t j = 1; j <= rest; j++) {
			if (at[i + j] >> 6 != 2)
				return false;
			code = code << 6 | (at[i + j] & 0x3f);
		}
		static const uint32_t least[] = { 1, 0x80, 0x800, 0x10000 };
		if (code < least[rest] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
			return false;
		i += rest + 1;
	}
	return true;
}

static void check_place(const struct cordon_error *err, const char *bytes, size_t length)
{
	const char *line = bytes;
	const char *end = bytes + length;
	for (int i = 1; i < err->line; i++) {
		line = memchr(line, '\n', (size_t)(end - line));
		if (!line)
			fuzz_fail("line %d is not in the text: %s", (int)err->line, err->text);
		line++;
	}
	const char *next = memchr(line, '\n', (size_t)(end - line));
	if (err->column > (next ? next : end) - line + 1)
		fuzz_fail("column %d is not in line %d: %s", (int)err->column, (int)err->line, err->text);
}

void fuzz_check_error(const struct cordon_error *err, const char *bytes, size_t length)
{
	FUZZ_CHECK(err->status > CORDON_OK && err->status <= CORDON_NO_MEMORY);
	FUZZ_CHECK(memchr(err->text, '\0', sizeof err->text) && memchr(err->file, '\0', sizeof err->file));
	FUZZ_CHECK(err->text[0]);
	if (strchr(err->text, '\n') || !fuzz_is_utf8(err->text, strlen(err->text)))
		fuzz_fail("not one line of UTF-8: %s", err->text);
	FUZZ_CHECK(err->line >= 0 && err->column >= 0 && (err->line > 0 || err->column == 0));
	if (bytes && err->line > 0)
		check_place(err, bytes, length);
}

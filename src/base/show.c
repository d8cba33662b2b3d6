#include "base/show.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The length of the UTF-8 sequence at `bytes`, 0 when it is none: overlong forms, surrogates and what lies above
 * U+10FFFF are none.
 */
static size_t decode(const unsigned char *bytes, uint32_t *ret_code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = bytes[0] < 0x80   ? 1
			: bytes[0] < 0xc2 ? 0
			: bytes[0] < 0xe0 ? 2
			: bytes[0] < 0xf0 ? 3
			: bytes[0] < 0xf5 ? 4
					  : 0;
	uint32_t code = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (bytes[i] & 0x3f);
	}
	if (length == 0 || code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	*ret_code = code;
	return length;
}

/* Controls, line and paragraph ends, and marks that hide text or change its direction. */
static bool is_hidden(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x61c ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
	       (code >= 0xe0000 && code <= 0xe0fff);
}

size_t show_piece(const char **at, char piece[SHOW_PIECE_SIZE])
{
	const unsigned char *bytes = (const unsigned char *)*at;
	uint32_t code = bytes[0];
	size_t length = decode(bytes, &code);
	if (length > 0 && !is_hidden(code)) {
		memcpy(piece, bytes, length);
		*at += length;
		return length;
	}
	if (code == '\0')
		return 0;
	*at += length ? length : 1;
	if (code == '\n' || code == '\t') {
		memcpy(piece, code == '\n' ? "\\n" : "\\t", 2);
		return 2;
	}
	return (size_t)snprintf(piece, SHOW_PIECE_SIZE, code < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)code);
}

void show_add(struct text *text, const char *string)
{
	char piece[SHOW_PIECE_SIZE];
	for (size_t length; (length = show_piece(&string, piece)) > 0;)
		text_add_bytes(text, piece, length);
}

/* What of the path lies below home: "" for home itself, "/x"; NULL when it does not. */
static const char *below_home(const char *path, const char *home)
{
	size_t length = home ? strlen(home) : 0;
	if (length < 2 || strncmp(path, home, length) != 0)
		return NULL;
	const char *rest = path + length;
	return *rest == '\0' || *rest == '/' || *rest == '\\' ? rest : NULL;
}

void show_add_path(struct text *text, const char *path, const char *home)
{
	const char *rest = below_home(path, home);
	if (rest)
		text_add_char(text, '~');
	show_add(text, rest ? rest : path);
}

static bool is_plain(const char *string)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+,:@%=-";
	return strspn(string, plain) == strlen(string);
}

/* True when quoting is not enough to type it: bytes that are shown as an escape. */
static bool has_escapes(const char *string)
{
	const unsigned char *bytes = (const unsigned char *)string;
	uint32_t code;
	for (size_t length; *bytes; bytes += length) {
		length = decode(bytes, &code);
		if (length == 0 || is_hidden(code))
			return true;
	}
	return false;
}

void show_add_argument(struct text *text, const char *path, const char *home)
{
	const char *rest = below_home(path, home);
	if (is_plain(rest ? rest : path)) {
		if (rest)
			text_add_char(text, '~');
		text_add(text, rest ? rest : path);
		return;
	}

	/* $'…' is bash's and zsh's, and since 2024 POSIX': it takes \n, \t and \xHH. */
	bool is_escaped = has_escapes(path);
	text_add(text, is_escaped ? "$'" : "'");
	for (const char *at = path; *at; at++) {
		if (*at == '\'')
			text_add(text, is_escaped ? "\\'" : "'\\''");
		else if (is_escaped && *at == '\\')
			text_add(text, "\\\\");
		else if (is_escaped && ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f))
			text_addf(text, "\\x%02x", (unsigned char)*at);
		else
			text_add_char(text, *at);
	}
	text_add_char(text, '\'');
}

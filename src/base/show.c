#include "base/show.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

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
	const char *bytes = *at;
	uint32_t code = (unsigned char)bytes[0];
	size_t length = utf8_read(bytes, &code);
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
	uint32_t code;
	for (size_t length; *string; string += length) {
		length = utf8_read(string, &code);
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

#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_FIRST_ROOM = 64, DISTANCE_MAX = 64 };

static bool reserve(struct text *text, size_t more)
{
	if (text->failed)
		return false;
	if (more < text->room - text->length)
		return true;

	size_t room = text->room ? text->room : TEXT_FIRST_ROOM;
	while (room - text->length <= more)
		room *= 2;
	char *bytes = realloc(text->bytes, room);
	if (!bytes) {
		text->failed = true;
		return false;
	}
	text->bytes = bytes;
	text->room = room;
	return true;
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
	if (!reserve(text, length))
		return;
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
	text_add_bytes(text, string, strlen(string));
}

void text_add_char(struct text *text, char c)
{
	if (!reserve(text, 1))
		return;
	text->bytes[text->length++] = c;
	text->bytes[text->length] = '\0';
}

CORDON_PRINTF(2, 0)
static void add_formatted(struct text *text, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	/* Most of it fits into the room that there is, and is then formatted once. */
	size_t room = reserve(text, 0) ? text->room - text->length : 0;
	int length = vsnprintf(room > 0 ? text->bytes + text->length : NULL, room, format, args);
	if (length < 0)
		text->failed = true;
	else if ((size_t)length >= room && reserve(text, (size_t)length))
		vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
	if (!text->failed)
		text->length += (size_t)length;
	else if (text->bytes)
		text->bytes[text->length] = '\0';
	va_end(again);
}

void text_addf(struct text *text, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add_formatted(text, format, args);
	va_end(args);
}

bool text_ok(const struct text *text)
{
	return !text->failed;
}

const char *text_str(const struct text *text)
{
	return text->bytes ? text->bytes : "";
}

char *text_take(struct text *text)
{
	if (!text->bytes)
		text_add_bytes(text, "", 0);
	char *bytes = text->bytes;
	if (text->failed) {
		free(bytes);
		bytes = NULL;
	}
	*text = (struct text){ 0 };
	return bytes;
}

void text_free(struct text *text)
{
	free(text->bytes);
	*text = (struct text){ 0 };
}

char *text_format(const char *format, ...)
{
	struct text text = { 0 };
	va_list args;
	va_start(args, format);
	add_formatted(&text, format, args);
	va_end(args);
	return text_take(&text);
}

char **text_list(struct arena *arena, const char *const *strings, size_t count)
{
	size_t size = (count + 1) * sizeof(char *);
	for (size_t i = 0; i < count; i++)
		size += strlen(strings[i]) + 1;
	char **list = arena ? arena_take_raw(arena, size) : malloc(size);
	if (!list)
		return NULL;
	char *at = (char *)(list + count + 1);
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(strings[i]) + 1;
		list[i] = memcpy(at, strings[i], length);
		at += length;
	}
	list[count] = NULL;
	return list;
}

size_t text_common(const char *a, const char *b, size_t most)
{
	size_t at = 0;
	for (uint64_t left, right; most - at >= sizeof left; at += sizeof left) {
		memcpy(&left, a + at, sizeof left);
		memcpy(&right, b + at, sizeof right);
		if (left != right)
			break;
	}
	while (at < most && a[at] == b[at])
		at++;
	return at;
}

int text_compare(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t shorter = a_length < b_length ? a_length : b_length;
	size_t common = text_common(a, b, shorter);
	if (common < shorter)
		return (unsigned char)a[common] < (unsigned char)b[common] ? -1 : 1;
	return (a_length > b_length) - (a_length < b_length);
}

bool text_starts(const char *string, const char *prefix)
{
	return strncmp(string, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *string, const char *suffix)
{
	size_t length = strlen(string);
	size_t tail = strlen(suffix);
	return length >= tail && strcmp(string + length - tail, suffix) == 0;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;
	return ab < c ? ab : c;
}

unsigned text_distance(const char *a, const char *b)
{
	size_t rows = strlen(a);
	size_t columns = strlen(b);
	if (rows >= DISTANCE_MAX || columns >= DISTANCE_MAX)
		return DISTANCE_MAX;

	unsigned line[DISTANCE_MAX + 1];
	for (size_t j = 0; j <= columns; j++)
		line[j] = (unsigned)j;
	for (size_t i = 1; i <= rows; i++) {
		unsigned diagonal = line[0];
		line[0] = (unsigned)i;
		for (size_t j = 1; j <= columns; j++) {
			unsigned above = line[j];
			unsigned replaced = diagonal + (a[i - 1] != b[j - 1]);
			line[j] = least(above + 1, line[j - 1] + 1, replaced);
			diagonal = above;
		}
	}
	return line[columns];
}

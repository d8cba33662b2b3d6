#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/show.h"

/* A message with two of the longest paths; what is longer loses its end. */
enum { RAW_SIZE = CORDON_ERROR_TEXT_SIZE + 2 * 4096 };

static size_t shown_length(const char *string)
{
	char piece[SHOW_PIECE_SIZE];
	size_t whole = 0;
	for (size_t length; (length = show_piece(&string, piece)) > 0;)
		whole += length;
	return whole;
}

/* The string as it may be shown, in `room` bytes with the NUL. What does not fit is left out behind the first `head`
 * bytes: the end says what went wrong, and of a path which file it is.
 */
static void fit(char *out, size_t room, size_t head, const char *string)
{
	static const char gap[] = "…";
	char piece[SHOW_PIECE_SIZE];
	size_t used = 0, length;
	size_t left = shown_length(string);
	bool is_cut = left > room - 1;
	for (; (length = show_piece(&string, piece)) > 0; left -= length) {
		if (is_cut && used + length > head) {
			memcpy(out + used, gap, strlen(gap));
			used += strlen(gap);
			is_cut = false;
		}
		if (!is_cut && used + left > room - 1)
			continue;
		memcpy(out + used, piece, length);
		used += length;
	}
	out[used] = '\0';
}

CORDON_PRINTF(4, 0)
static void set(struct cordon_error *err, int status, int64_t os_code, const char *format, va_list args)
{
	err->status = status;
	err->os_code = os_code;
	err->line = 0;
	err->column = 0;
	err->file[0] = '\0';
	char raw[RAW_SIZE];
	vsnprintf(raw, sizeof raw, format, args);
	fit(err->text, sizeof err->text, sizeof err->text / 2, raw);
}

bool cordon_fail(struct cordon_error *err, int status, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set(err, status, 0, format, args);
	va_end(args);
	return false;
}

bool cordon_fail_os(struct cordon_error *err, int64_t os_code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set(err, CORDON_OS_FAILED, os_code, format, args);
	va_end(args);
	return false;
}

/* strerror of glibc translates, with locks that another thread may have held at fork. */
static const char *describe(int code)
{
#ifdef __GLIBC__
	const char *text = strerrordesc_np(code);
	return text ? text : "unknown error";
#else
	return strerror(code);
#endif
}

bool cordon_fail_errno(struct cordon_error *err, int code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set(err, CORDON_OS_FAILED, code, format, args);
	va_end(args);

	char raw[RAW_SIZE];
	snprintf(raw, sizeof raw, "%s: %s", err->text, describe(code));
	fit(err->text, sizeof err->text, sizeof err->text / 2, raw);
	return false;
}

bool cordon_fail_at(struct cordon_error *err, const char *file, int line, int column, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set(err, CORDON_BAD_POLICY, 0, format, args);
	va_end(args);

	fit(err->file, sizeof err->file, 0, file);
	err->line = line;
	err->column = column;
	return false;
}

bool cordon_fail_memory(struct cordon_error *err)
{
	return cordon_fail(err, CORDON_NO_MEMORY, "out of memory");
}

bool cordon_while(struct cordon_error *err, const char *format, ...)
{
	char raw[RAW_SIZE];
	char context[sizeof err->text];
	va_list args;
	va_start(args, format);
	vsnprintf(raw, sizeof raw, format, args);
	va_end(args);

	size_t cause = strlen(err->text);
	if (sizeof err->text - cause < SHOW_PIECE_SIZE)
		return false;
	size_t room = sizeof err->text - cause - strlen(": ");
	fit(context, room, room / 2, raw);
	size_t length = strlen(context);
	memmove(err->text + length + 2, err->text, cause + 1);
	memcpy(err->text, context, length);
	memcpy(err->text + length, ": ", 2);
	return false;
}

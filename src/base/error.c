#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

CORDON_PRINTF(4, 0)
static void set(struct cordon_error *err, int status, int64_t os_code, const char *format, va_list args)
{
	err->status = status;
	err->os_code = os_code;
	err->line = 0;
	err->column = 0;
	err->file[0] = '\0';
	vsnprintf(err->text, sizeof err->text, format, args);
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

	size_t length = strlen(err->text);
	snprintf(err->text + length, sizeof err->text - length, ": %s", describe(code));
	return false;
}

bool cordon_fail_at(struct cordon_error *err, const char *file, int line, int column, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	set(err, CORDON_BAD_POLICY, 0, format, args);
	va_end(args);

	/* The end of a path says more than its beginning. */
	size_t length = strlen(file);
	size_t room = sizeof err->file - 1;
	snprintf(err->file, sizeof err->file, "%s", length > room ? file + length - room : file);
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
	char context[sizeof err->text];
	va_list args;
	va_start(args, format);
	vsnprintf(context, sizeof context, format, args);
	va_end(args);

	size_t cause = strlen(err->text);
	size_t room = sizeof err->text - 1 - cause;
	if (room < 3)
		return false;

	size_t length = strlen(context);
	if (length > room - 2)
		length = room - 2;
	memmove(err->text + length + 2, err->text, cause + 1);
	memcpy(err->text, context, length);
	memcpy(err->text + length, ": ", 2);
	return false;
}

#include <stdarg.h>
#include <stdio.h>

#include "base/windows_error.h"
#include "os/windows/windows.h"

bool windows_fail(struct cordon_error *err, DWORD code, const char *format, ...)
{
	const DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
	WCHAR words[512];
	char context[CORDON_ERROR_TEXT_SIZE];
	struct text text = { 0 };
	va_list args;
	va_start(args, format);
	vsnprintf(context, sizeof context, format, args);
	va_end(args);
	/* In English where the system has it: messages are for reports too. */
	DWORD length = FormatMessageW(flags, NULL, code, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), words, 512,
				      NULL);
	if (length == 0)
		length = FormatMessageW(flags, NULL, code, 0, words, 512, NULL);
	windows_error_add(&text, code, words, length);
	cordon_fail_os(err, code, "%s: %s", context, text_str(&text));
	text_free(&text);
	return false;
}

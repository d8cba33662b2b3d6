#include <stdarg.h>

#include "base/windows_error.h"
#include "os/windows/windows.h"

bool windows_fail(struct cordon_error *err, DWORD code, const char *format, ...)
{
	const DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
	WCHAR words[512];
	va_list args;
	/* In English where the system has it: messages are for reports too. */
	DWORD length = FormatMessageW(flags, NULL, code, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), words, 512,
				      NULL);
	if (length == 0)
		length = FormatMessageW(flags, NULL, code, 0, words, 512, NULL);
	va_start(args, format);
	windows_error_fail(err, code, words, length, format, args);
	va_end(args);
	return false;
}

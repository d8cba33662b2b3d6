#include "cli/windows/fail.h"

#include <stdarg.h>

#include "base/windows_error.h"

bool host_fail(struct cordon_error *err, DWORD code, const char *api, const char *format, ...)
{
	const DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
	WCHAR words[512];
	va_list args;
	DWORD length = FormatMessageW(flags, NULL, code, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), words, 512,
				      NULL);
	if (length == 0)
		length = FormatMessageW(flags, NULL, code, 0, words, 512, NULL);
	va_start(args, format);
	windows_error_fail(err, api, code, words, length, format, args);
	va_end(args);
	return false;
}

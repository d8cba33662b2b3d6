#include <stdarg.h>
#include <stdio.h>

#include "os/windows/windows.h"

/* In English where the system has it: messages are for reports too. */
static void add_words(struct text *text, DWORD code)
{
	WCHAR words[512];
	DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
	DWORD length = FormatMessageW(flags, NULL, code, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), words, 512,
				      NULL);
	if (length == 0)
		length = FormatMessageW(flags, NULL, code, 0, words, 512, NULL);
	while (length > 0 && (words[length - 1] <= L' ' || words[length - 1] == L'.'))
		length--;
	if (length > 0)
		wide_add(text, words, length);
	else
		text_addf(text, "error %lu", code);
}

bool windows_fail(struct cordon_error *err, DWORD code, const char *format, ...)
{
	char context[CORDON_ERROR_TEXT_SIZE];
	struct text words = { 0 };
	va_list args;
	va_start(args, format);
	vsnprintf(context, sizeof context, format, args);
	va_end(args);
	add_words(&words, code);
	cordon_fail_os(err, code, "%s: %s", context, text_str(&words));
	text_free(&words);
	return false;
}

#include <stdarg.h>

#include <lmerr.h>

#include "base/list.h"
#include "base/windows_error.h"
#include "os/windows/windows.h"

/* Who has the words for a code. NULL: the system itself. */
static const WCHAR *library_of(DWORD code)
{
	if (code >= NERR_BASE && code <= MAX_NERR)
		return L"netmsg.dll";
	return code >> 30 == 3 ? L"ntdll.dll" : NULL; /* an NTSTATUS */
}

/* In English where the system has it: messages are for reports too. */
static DWORD find_words(DWORD code, WCHAR *words, DWORD room)
{
	static const DWORD languages[] = { MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), 0 };
	const WCHAR *name = library_of(code);
	HMODULE library = name ? LoadLibraryExW(name, NULL, LOAD_LIBRARY_AS_DATAFILE | LOAD_LIBRARY_SEARCH_SYSTEM32)
			       : NULL;
	const DWORD flags = FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK |
			    (library ? FORMAT_MESSAGE_FROM_HMODULE : FORMAT_MESSAGE_FROM_SYSTEM);
	DWORD length = 0;
	for (size_t i = 0; i < COUNT_OF(languages) && length == 0; i++)
		length = FormatMessageW(flags, library, code, languages[i], words, room, NULL);
	if (library)
		FreeLibrary(library);
	return length;
}

bool windows_fail(struct cordon_error *err, DWORD code, const char *api, const char *format, ...)
{
	WCHAR words[512];
	va_list args;
	DWORD length = find_words(windows_error_code(code), words, COUNT_OF(words));
	va_start(args, format);
	windows_error_fail(err, api, code, words, length, format, args);
	va_end(args);
	return false;
}

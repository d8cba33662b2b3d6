/* Rules: "Naming Files, Paths, and Namespaces" (Win32), RtlIsDosDeviceName_U. Newer systems take "nul.txt" for a file
 * and older ones for the device; what depends on the system is refused.
 */
#include "base/windows_name.h"

#include <string.h>

#include "base/list.h"

static char upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* The end of the name's stem: what stands before the first dot or colon, without the spaces at its end. */
static size_t stem_length(const char *name, size_t length)
{
	size_t stem = 0;
	while (stem < length && name[stem] != '.' && name[stem] != ':')
		stem++;
	while (stem > 0 && name[stem - 1] == ' ')
		stem--;
	return stem;
}

static bool equals(const char *name, size_t length, const char *wanted)
{
	if (length != strlen(wanted))
		return false;
	for (size_t i = 0; i < length; i++)
		if (upper(name[i]) != wanted[i])
			return false;
	return true;
}

/* A digit, or one of the superscript 1, 2 and 3 of Latin-1, which count too. */
static bool is_digit(const char *text, size_t length)
{
	return (length == 1 && text[0] >= '0' && text[0] <= '9') ||
	       (length == 2 && (unsigned char)text[0] == 0xc2 &&
		((unsigned char)text[1] == 0xb9 || (unsigned char)text[1] == 0xb2 || (unsigned char)text[1] == 0xb3));
}

bool windows_name_is_device(const char *name, size_t length)
{
	static const char *const whole[] = { "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$" };
	size_t stem = stem_length(name, length);
	for (size_t i = 0; i < COUNT_OF(whole); i++)
		if (equals(name, stem, whole[i]))
			return true;
	return stem > 3 && (equals(name, 3, "COM") || equals(name, 3, "LPT")) && is_digit(name + 3, stem - 3);
}

const char *windows_name_fault(const char *name, size_t length)
{
	if (length == 0)
		return "an empty name";
	for (size_t i = 0; i < length; i++) {
		if (name[i] == ':')
			return "':' names a stream of the file; name the file";
		if ((unsigned char)name[i] < 0x20 || strchr("<>\"|?/\\", name[i]))
			return "a character that no name on Windows may have";
	}
	if (name[length - 1] == '.' || name[length - 1] == ' ')
		return "a dot or space at its end, which Windows leaves out";
	if (windows_name_is_device(name, length))
		return "the name of a device";
	return NULL;
}

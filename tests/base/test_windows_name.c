#include "base/windows_name.h"

#include <string.h>

#include "base/list.h"
#include "check.h"

static bool is_device(const char *name)
{
	return windows_name_is_device(name, strlen(name));
}

static const char *fault(const char *name)
{
	return windows_name_fault(name, strlen(name));
}

/* A device has no descriptor of a file's: a rule about it would hold nothing. */
static void name__knows_devices_in_every_disguise(void **state)
{
	(void)state;
	static const char *const devices[] = {
		"con",     "CON",   "Nul",         "nul.txt",       "NUL .txt",    "aux.",
		"prn ",    "com1",  "COM9.log",    "com0",          "lpt1:",       "CONIN$",
		"conout$", "nul:x", "COM\xc2\xb9", "lpt\xc2\xb2.x", "com\xc2\xb3",
	};
	static const char *const names[] = { "console", "nu",   "null", "com",   "com10", "comx",       "lpt",
					     "xcon",    "con1", ".con", "CONIN", "a.nul", "COM\xc2\xb4" };
	for (size_t i = 0; i < COUNT_OF(devices); i++) {
		assert_true(is_device(devices[i]));
		assert_non_null(fault(devices[i]));
	}
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_false(is_device(names[i]));
		assert_null(fault(names[i]));
	}
}

/* What Win32 would open instead is another file than the rule's. */
static void name__refuses_what_win32_reads_differently(void **state)
{
	(void)state;
	static const char *const names[] = { "",     "a.", "a ", "a. .", ".env:x", ".env::$DATA", "a\x01", "a?b",
					     "a\"b", "a<", "a>", "a|b",  "a/b",    "a\\b",        "..." };
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_non_null(fault(names[i]));
	static const char *const fine[] = { ".env", "a.b.c", " a", "..a", "a~1", "\xe2\x82\xac", "a b" };
	for (size_t i = 0; i < COUNT_OF(fine); i++)
		assert_null(fault(fine[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name__knows_devices_in_every_disguise),
		cmocka_unit_test(name__refuses_what_win32_reads_differently),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

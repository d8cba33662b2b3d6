#include "base/windows_error.h"

#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"

/* The causes that people meet, and a word of what each is told to do. */
static void remedy__is_known_for_the_known_causes(void **state)
{
	(void)state;
	static const struct {
		uint32_t code;
		const char *word;
	} cases[] = {
		{ 5, "virus scanner" },
		{ 32, "another program" },
		{ 33, "another program" },
		{ 50, "NTFS" },
		{ 53, "network" },
		{ 67, "network" },
		{ 112, "full" },
		{ 206, "too long" },
		{ 225, "quarantine" },
		{ 226, "quarantine" },
		{ 362, "cloud" },
		{ 390, "cloud" },
		{ 395, "cloud" },
		{ 1058, "service" },
		{ 1260, "AppLocker" },
		{ 1314, "elevated" },
		{ 1326, "setup" },
		{ 1327, "administrator" },
		{ 1330, "expired" },
		{ 1331, "disabled" },
		{ 1385, "log on locally" },
		{ 1459, "Session 0" },
		{ 1907, "expired" },
		{ 1909, "locked" },
		{ 1816, "limits.memory" },
		{ 4394, "link" },
		{ 4551, "App Control" },
		{ 1219, "network" },
		{ 1311, "domain" },
		{ 1398, "clocks" },
		{ 1455, "paging file" },
		{ 1753, "Base Filtering" },
		{ 1920, "link" },
		{ 0xc0000142, "Session 0" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *remedy = windows_error_remedy("ReadFile", cases[i].code);
		if (!remedy || !strstr(remedy, cases[i].word))
			fail_msg("error %u: %s", cases[i].code, remedy ? remedy : "nothing");
	}
	assert_null(windows_error_remedy("ReadFile", 0));
	assert_null(windows_error_remedy("ReadFile", 2));
	assert_null(windows_error_remedy("ReadFile", 0xc0000005));
}

/* One code says another thing of another call. */
static void remedy__goes_by_the_call(void **state)
{
	(void)state;
	static const struct {
		const char *api;
		uint32_t code;
		const char *word;
	} cases[] = {
		{ "CreateProcessWithLogonW", 5, "Session 0" },
		{ "CreateProcessWithLogonW", 1058, "Secondary Logon" },
		{ "CreateProcessWithLogonW", 1326, "setup" },
		{ "CreateDesktop", 8, "Session 0" },
		{ "SetInformationJobObject", 50, "limits.cpus" },
		{ "CryptProtectData", 0x8009000b, "password" },
		{ "CryptProtectData", 0x80090345, "domain" },
		{ "CryptProtectData", 5, "virus scanner" },
		{ "DeleteProfile", 32, "restart" },
		{ "DeleteProfile", 112, "full" },
		{ "CryptUnprotectData", 13, "setup" },
		{ "LookupAccountName or LookupAccountSid", 1332, "DOMAIN" },
		{ "NetUserAdd", 2245, "47" },
		{ "LsaAddAccountRights", 2, "domain" },
		{ "FwpmEngineOpen", 1753, "Base Filtering Engine" },
		{ "FwpmTransactionBegin", 0x80320012, "another program" },
		{ "FwpmFilterAdd", 5, "security product" },
		{ "CreateAppContainerProfile", 1168, "AppContainers" },
		{ "DeleteAppContainerProfile", 15610, "AppContainers" },
		{ "CreateAppContainerProfile", 112, "full" },
		{ "socket or bind or listen", 10048, "draw others" },
		{ "socket or bind or listen", 10013, "Hyper-V" },
		{ "CreatePseudoConsole", 0, "--no-tty" },
		{ "SetConsoleMode", 87, "--no-tty" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *remedy = windows_error_remedy(cases[i].api, cases[i].code);
		if (!remedy || !strstr(remedy, cases[i].word))
			fail_msg("%s, error %u: %s", cases[i].api, cases[i].code, remedy ? remedy : "nothing");
	}
}

static void code__of_an_hresult_is_the_one_in_it(void **state)
{
	(void)state;
	assert_int_equal(windows_error_code(5), 5);
	assert_int_equal(windows_error_code(0x80070005), 5);
	assert_int_equal(windows_error_code(0x8007016a), 362);
	assert_int_equal(windows_error_code(0x80070490), 1168);
	assert_int_equal(windows_error_code(0x80073cfa), 15610);
	assert_int_equal(windows_error_code(0x8009000b), 0x8009000b);
	assert_int_equal(windows_error_code(0xc0000142), 0xc0000142);
}

/* Each goes behind two paths into one error: longer than this the context would be cut for it. */
static void remedy__is_short(void **state)
{
	(void)state;
	static const char *const calls[] = { "CreateProcessWithLogonW",
					     "CreateDesktop",
					     "CreatePseudoConsole",
					     "SetConsoleMode",
					     "AllocConsole",
					     "SetInformationJobObject",
					     "CryptProtectData",
					     "CryptUnprotectData",
					     "LookupAccountName",
					     "NetUserAdd",
					     "LsaAddAccountRights",
					     "DeleteProfile",
					     "FwpmFilterAdd",
					     "CreateAppContainerProfile",
					     "bind",
					     "AssignProcessToJobObject" };
	static const uint32_t bases[] = { 0, 0x80090000, 0x80320000, 0xc0000000 };
	for (size_t i = 0; i < COUNT_OF(calls) * COUNT_OF(bases); i++)
		for (uint32_t low = 0; low <= UINT16_MAX; low++) {
			uint32_t code = bases[i / COUNT_OF(calls)] + low;
			const char *remedy = windows_error_remedy(calls[i % COUNT_OF(calls)], code);
			if (remedy && strlen(remedy) > 115)
				fail_msg("error %u: %zu bytes: %s", code, strlen(remedy), remedy);
		}
}

static void words__are_followed_by_number_and_remedy(void **state)
{
	(void)state;
	static const uint16_t denied[] = { 'N', 'o', '.', '\r', '\n' };
	static const struct {
		uint32_t code;
		size_t length;
		const char *expected;
	} cases[] = {
		{ 2, 5, "No (ReadFile: error 2)" },
		{ 2, 0, "Windows refused (ReadFile: error 2)" },
		{ 112, 5, "No (ReadFile: error 112); the drive is full: make room on it" },
		{ 112, 0, "Windows refused (ReadFile: error 112); the drive is full: make room on it" },
		{ 0xc0000005, 0, "Windows refused (ReadFile: error 0xc0000005)" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		windows_error_add(&text, "ReadFile", cases[i].code, denied, cases[i].length);
		assert_string_equal(text_str(&text), cases[i].expected);
	}
}

static bool fail_with(struct cordon_error *err, const char *format, ...) CORDON_PRINTF(2, 3);
static bool fail_with(struct cordon_error *err, const char *format, ...)
{
	static const uint16_t words[] = { 'F', 'u', 'l', 'l', '.' };
	va_list args;
	va_start(args, format);
	bool is_fine = windows_error_fail(err, "CreateFile", 0x80070070, words, COUNT_OF(words), format, args);
	va_end(args);
	return is_fine;
}

static void failure__says_what_why_and_what_to_do(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_false(fail_with(&err, "make '%s'", "C:\\x"));
	assert_string_equal(err.text, "make 'C:\\x': Full (CreateFile: error 112); the drive is full: make room on it");
	assert_int_equal(err.os_code, 112);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remedy__is_known_for_the_known_causes),
		cmocka_unit_test(remedy__goes_by_the_call),
		cmocka_unit_test(code__of_an_hresult_is_the_one_in_it),
		cmocka_unit_test(remedy__is_short),
		cmocka_unit_test(words__are_followed_by_number_and_remedy),
		cmocka_unit_test(failure__says_what_why_and_what_to_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <string.h>

#include "base/list.h"
#include "check.h"
#include "network/host.h"

/* HOST:PORT is cut in one place only, and what could be cut in another is refused. */
static void target__has_one_strict_reading(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint16_t default_port;
		const char *shown; /* NULL: refused */
	} cases[] = {
		{ "allowed.example:443", 0, "allowed.example:443" },
		{ "ALLOWED.example", 80, "allowed.example:80" },
		{ "127.0.0.1:80", 0, "127.0.0.1:80" },
		{ "[::1]:80", 0, "[::1]:80" },
		{ "[2001:DB8::1]", 443, "[2001:db8::1]:443" },
		{ "[::ffff:127.0.0.1]:80", 0, "[::ffff:7f00:1]:80" },
		{ "", 80, NULL },
		{ "allowed.example", 0, NULL },
		{ "allowed.example:", 80, NULL },
		{ "allowed.example:0", 80, NULL },
		{ "allowed.example:080", 80, NULL },
		{ "allowed.example:65536", 80, NULL },
		{ "allowed.example:4294967739", 80, NULL },
		{ "allowed.example:+80", 80, NULL },
		{ "allowed.example:80 ", 80, NULL },
		{ "allowed.example:80:443", 80, NULL },
		{ "evil.example:80@allowed.example:80", 80, NULL },
		{ "allowed.example:80\r\n", 80, NULL },
		{ "::1", 80, NULL },
		{ "::1:80", 80, NULL },
		{ "[::1", 80, NULL },
		{ "[::1]80", 80, NULL },
		{ "[::1%lo]:80", 80, NULL },
		{ "[127.0.0.1]:80", 80, NULL },
		{ "[allowed.example]:80", 80, NULL },
		{ "[]:80", 80, NULL },
		{ "0177.0.0.1:80", 80, NULL },
		{ "0x7f.1:80", 80, NULL },
		{ "127.1:80", 80, NULL },
		{ "2130706433:80", 80, NULL },
		{ "allowed.example.:80", 80, NULL },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct target target;
		char shown[HOST_TEXT_SIZE];
		bool is_read = target_read(cases[i].text, strlen(cases[i].text), cases[i].default_port, &target);
		if (is_read != (cases[i].shown != NULL))
			fail_msg("'%s' is%s read", cases[i].text, is_read ? "" : " not");
		if (is_read)
			assert_string_equal(host_show(&target.host, target.port, shown), cases[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(target__has_one_strict_reading),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

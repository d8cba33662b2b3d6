/* Hosts: what is read is shown and read again as the same, and inet_aton or inet_pton read no other address in it. */
#include <arpa/inet.h>
#include <string.h>

#include "fuzz.h"
#include "network/host.h"

static void check_address(const struct address *address, const char *text)
{
	uint8_t bytes[16];
	char plain[64];
	size_t length = strlen(text);
	if (address->length == 16) { /* "[…]" */
		memcpy(plain, text + 1, length - 2);
		plain[length - 2] = '\0';
		text = plain;
	}
	FUZZ_CHECK(inet_pton(address->length == 4 ? AF_INET : AF_INET6, text, bytes) == 1);
	FUZZ_CHECK(memcmp(bytes, address->bytes, address->length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char text[512], shown[HOST_TEXT_SIZE];
	struct target target, again;
	struct host host;
	struct in_addr legacy;
	if (length >= sizeof text)
		return 0;
	memcpy(text, bytes, length);
	text[length] = '\0';
	if (host_read(text, length, &host)) {
		FUZZ_CHECK(strlen(text) == length);
		if (host.address.length)
			check_address(&host.address, text);
		else
			FUZZ_CHECK(!inet_aton(text, &legacy));
	}
	if (target_read(text, length, 80, &target)) {
		host_show(&target.host, target.port, shown);
		FUZZ_CHECK(target_read(shown, strlen(shown), 0, &again));
		FUZZ_CHECK(host_equals(&target.host, &again.host) && target.port == again.port);
	}
	return 0;
}

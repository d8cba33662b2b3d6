/* Hosts: what is read is shown and read again as the same, and inet_aton or inet_pton read no other address in it. Names
 * with letters of any script come back from ASCII as they were.
 */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/idna.h"
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

static void check_letters(const char *text)
{
	char name[HOST_NAME_SIZE], again[HOST_NAME_SIZE], letters[IDNA_TEXT_SIZE], why[IDNA_WHY_SIZE] = "";
	if (!idna_to_ascii(text, name, why)) {
		FUZZ_CHECK(*why && strlen(why) < sizeof why - 1);
		return;
	}
	for (const char *c = name; *c; c++)
		FUZZ_CHECK((unsigned char)*c < 0x80);
	FUZZ_CHECK(idna_to_ascii(name, again, why) && strcasecmp(again, name) == 0);
	if (idna_to_unicode(name, letters))
		FUZZ_CHECK(idna_to_ascii(letters, again, why) && strcasecmp(again, name) == 0);
	else
		FUZZ_CHECK(strcmp(name, text) == 0);
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
	if (length <= HOST_NAME_LENGTH)
		check_letters(text);
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

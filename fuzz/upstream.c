/* Proxies of the host's and who does without them: what is read can be dialled and sent, and means one thing. */
#include <string.h>

#include "base/upstream.h"
#include "fuzz.h"

static void check_read(const char *url)
{
	struct upstream upstream;
	if (upstream_read(url, &upstream))
		return;
	FUZZ_CHECK(upstream.port > 0 && (upstream.address.length == 0) == (upstream.name[0] != '\0'));
	/* a header's value, and nothing behind it */
	size_t length = strlen(upstream.credentials);
	FUZZ_CHECK(length < sizeof upstream.credentials && length % 4 == 0);
	FUZZ_CHECK(strspn(upstream.credentials, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") ==
		   length);
}

/* The text is a URL, and a list of those who do without. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const struct address none = { .length = 0 }, four = { 4, { 192, 0, 2, 7 } };
	char text[2048];
	if (length >= sizeof text)
		return 0;
	memcpy(text, bytes, length);
	text[length] = '\0';
	check_read(text);
	bool is_below = upstream_is_bypassed(text, "a.b.example", &none, 443);
	/* who names a name names what is below it */
	if (upstream_is_bypassed(text, "b.example", &none, 443))
		FUZZ_CHECK(is_below);
	upstream_is_bypassed(text, "", &four, 443);
	return 0;
}

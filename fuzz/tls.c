/* ClientHellos: however many bytes are there, the word is MORE until one length from which on it is the same for good,
 * and the name does not depend on how the handshake was cut into records.
 */
#include <string.h>

#include "fuzz.h"
#include "network/tls.h"

/* The same handshake in one record. Returns its length, 0 when it does not fit. */
static size_t join(const uint8_t *bytes, size_t length, uint8_t joined[], size_t room)
{
	size_t at = 0, used = 5;
	while (length - at >= 5 && bytes[at] == 22) {
		size_t part = (size_t)bytes[at + 3] << 8 | bytes[at + 4];
		part = part < length - at - 5 ? part : length - at - 5;
		if (part > room - used)
			return 0;
		memcpy(joined + used, bytes + at + 5, part);
		used += part;
		at += 5 + part;
	}
	size_t message = used < 9 ? 0 : ((size_t)joined[6] << 16 | (size_t)joined[7] << 8 | joined[8]) + 4;
	if (message == 0 || message > used - 5 || message > 16384)
		return 0;
	memcpy(joined, (uint8_t[]){ 22, 3, 1, (uint8_t)(message >> 8), (uint8_t)message }, 5);
	return message + 5;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct tls_hello hello = { 0 }, again = { 0 };
	enum reading whole = tls_read_hello(bytes, length, &hello), last = READING_MORE;
	for (size_t part = 0; part <= length; part += part < 600 ? 1 : 97) {
		enum reading reading = tls_read_hello(bytes, part, &again);
		FUZZ_CHECK(last == READING_MORE || reading == last);
		last = reading;
	}
	FUZZ_CHECK(last == READING_MORE || last == whole);
	FUZZ_CHECK(whole != READING_DONE || tls_begins(bytes, length) == READING_DONE);
	static uint8_t joined[16384 + 5];
	if (whole != READING_DONE)
		return 0;
	size_t size = join(bytes, length, joined, sizeof joined);
	if (size == 0)
		return 0;
	FUZZ_CHECK(tls_read_hello(joined, size, &again) == READING_DONE);
	FUZZ_CHECK(again.has_name == hello.has_name && host_equals(&again.host, &hello.host));
	return 0;
}

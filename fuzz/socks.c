/* SOCKS: the word is MORE until one length, and from there on the same. */
#include <string.h>

#include "fuzz.h"
#include "network/socks.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	enum reading greeting = READING_MORE, request = READING_MORE;
	size_t greeted = 0, requested = 0;
	for (size_t part = 0; part <= length && part < 600; part++) {
		size_t used = 0;
		bool is_open = false;
		struct target target = { 0 };
		enum socks_reply reply = SOCKS_FINE;
		enum reading reading = socks_read_greeting(bytes, part, &used, &is_open);
		FUZZ_CHECK(greeting == READING_MORE || (reading == greeting && used == greeted));
		FUZZ_CHECK(used <= part);
		greeting = reading;
		greeted = used;
		reading = socks_read_request(bytes, part, &used, &target, &reply);
		FUZZ_CHECK(request == READING_MORE || reading == request);
		if (reading == READING_DONE && reply != SOCKS_NO_SUCH_ADDRESS)
			FUZZ_CHECK(used <= part && (request == READING_MORE || used == requested));
		if (reading == READING_DONE && reply == SOCKS_FINE)
			FUZZ_CHECK(target.port && (target.host.address.length || target.host.name[0]));
		request = reading;
		requested = used;
	}
	return 0;
}

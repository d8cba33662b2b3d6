/* SOCKS: the word is MORE until one length, and from there on the same. */
#include <string.h>

#include "fuzz.h"
#include "network/socks.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	enum reading greeting = READING_MORE, password = READING_MORE, request = READING_MORE;
	size_t greeted = 0, passed = 0, requested = 0;
	for (size_t part = 0; part <= length && part < 600; part++) {
		size_t used = 0;
		struct socks_methods methods;
		struct socks_password said;
		struct target target = { 0 };
		enum socks_reply reply = SOCKS_FINE;
		enum reading reading = socks_read_greeting(bytes, part, &used, &methods);
		FUZZ_CHECK(greeting == READING_MORE || (reading == greeting && used == greeted));
		FUZZ_CHECK(used <= part);
		greeting = reading;
		greeted = used;
		used = 0;
		reading = socks_read_password(bytes, part, &used, &said);
		FUZZ_CHECK(password == READING_MORE || (reading == password && used == passed));
		if (reading == READING_DONE)
			FUZZ_CHECK(used <= part && said.user_length > 0 && said.password_length > 0 &&
				   said.password + said.password_length == bytes + used);
		password = reading;
		passed = used;
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

#include "os/os.h"
#include "run/state.h"

bool identity_make(char id[RUN_ID_SIZE], struct cordon_error *err)
{
	/* Crockford's digits: no I, L, O or U, which are read for others. */
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	enum { TIME_DIGITS = 10, CHANCE_DIGITS = RUN_ID_SIZE - 1 - TIME_DIGITS };
	unsigned char chance[CHANCE_DIGITS];
	if (!os_random(chance, sizeof chance, err))
		return false;

	uint64_t time = os_time();
	for (int i = TIME_DIGITS - 1; i >= 0; i--) {
		id[i] = digits[time & 31];
		time >>= 5;
	}
	for (int i = 0; i < CHANCE_DIGITS; i++)
		id[TIME_DIGITS + i] = digits[chance[i] & 31];
	id[RUN_ID_SIZE - 1] = '\0';
	return true;
}

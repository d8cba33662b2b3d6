#include "backend/windows/fence.h"

enum { REFUSED = 10013 /* WSAEACCES */ };

#define REMEDY "run 'cordon setup' as administrator again"

bool fence_judge(const struct frame_reach *asked, const struct frame_reached *told, const struct fence_sight *sight,
		 struct cordon_error *err)
{
	static const char *const ways[WAY_COUNT] = {
		[WAY_CONNECT] = "connect",
		[WAY_CONNECT_6] = "connect by IPv6",
		[WAY_SEND] = "send a datagram",
		[WAY_LISTEN] = "listen",
	};
	if (!sight->was_own_connection || !sight->was_own_datagram)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "on this host nothing arrives at 127.0.0.1, so that what the account cannot send "
				   "there shows nothing");
	if (sight->was_connection || sight->was_datagram)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "the account reaches the network, whatever it is told: " REMEDY);
	for (int way = 0; way < WAY_COUNT; way++) {
		if (told->codes[way] == REFUSED || (way == WAY_CONNECT_6 && !asked->port_6))
			continue;
		if (told->codes[way] == 0)
			return cordon_fail(err, CORDON_UNSUPPORTED,
					   "the account may %s, from which its filters were to keep it: " REMEDY,
					   ways[way]);
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "that the account cannot %s is no refusal of its filters (error %u): " REMEDY,
				   ways[way], (unsigned)told->codes[way]);
	}
	return true;
}

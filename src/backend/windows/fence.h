/* backend/windows/fence.h: is this run's account kept from the network, now? The probe tries one account of a kind and
 * its finding is kept; the filters are each account's own, and a run may have another one. So in each run the runner tries
 * what its account must not do, before there is a command.
 *
 *	fence.c        cordon's side: listens, asks the runner, looks who came
 *	fence_judge.c  what it means; pure
 *	reach.c        the runner's side
 */
#pragma once

#include "backend/windows/framing.h"

/* What cordon's own ends have seen. */
struct fence_sight {
	bool was_own_connection, was_own_datagram; /* the control: the user's arrived */
	bool was_connection, was_datagram;         /* others, from when the runner was asked */
};

/* Nothing was reached, and each way was refused, in the words of a refusal. CORDON_UNSUPPORTED. */
CORDON_CHECKED bool fence_judge(const struct frame_reach *asked, const struct frame_reached *told,
				const struct fence_sight *sight, struct cordon_error *err);

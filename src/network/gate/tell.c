#include "network/gate/gate.h"

#include <string.h>

#ifdef CORDON_PLANT
#include <stdlib.h>

bool gate_is_planted(const char *check)
{
	const char *planted = getenv("CORDON_PLANT");
	return planted && strstr(planted, check);
}
#endif

struct decision gate_decide(const struct network_rules *rules, const struct host *host, uint16_t port)
{
	if (gate_is_planted("gate.rules"))
		return (struct decision){ ANSWER_ALLOWED, -1, REACH_GLOBAL };
	return rules_decide(rules, host, port);
}

void tell_stranger(struct gate *gate)
{
	atomic_fetch_add_explicit(&gate->counters->strangers, 1, memory_order_relaxed);
}

/* When cordon does not keep up with a flood it is dropped: the counter still has it. */
void tell_denied(struct gate *gate, const struct target *target, enum gate_word word, enum reach reach)
{
	struct gate_message message = {
		.kind = GATE_DENIED, .word = (uint8_t)word, .reach = (uint8_t)reach, .port = target->port
	};
	char shown[HOST_TEXT_SIZE];
	host_show(&target->host, 0, shown);
	memcpy(message.host, shown, strlen(shown) + 1);
	atomic_fetch_add_explicit(&gate->counters->refused, 1, memory_order_relaxed);
	supervisor_tell(&message);
}

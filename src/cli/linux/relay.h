/* cli/linux/relay.h: what the relay and host.c need of each other. */
#pragma once

#include <poll.h>

#include "cli/relay.h"

enum { RELAY_SOURCES = 3 };

/* What to wait for; a descriptor of -1 is none. */
void relay_watch(const struct relay *relay, struct pollfd ret_sources[RELAY_SOURCES]);
/* What came of it, for relay_serve. */
void relay_hear(struct relay *relay, const struct pollfd sources[RELAY_SOURCES]);

/* Stops this process as the signal (SIGTSTP, SIGTTIN) does by default, or its whole process group, until SIGCONT. False
 * when it did not stop: the signal is ignored, or nobody is there who could let it go on (an orphaned process group).
 */
bool host_stop(int signal, bool whole_group);

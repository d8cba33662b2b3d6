/* backend/gating.h: what every system's backend says to its gate, and reads of it (base/gate.h). */
#pragma once

#include "backend/backend.h"
#include "base/gate.h"
#include "base/text.h"

enum { GATING_TEXT_SIZE = HOST_NAME_SIZE + 16 };

/* The plan's rules, and the proxies through which the host goes out, as lines. Errors: CORDON_UNSUPPORTED for such a
 * proxy that the gate cannot go through.
 */
CORDON_CHECKED bool gating_rules(const struct plan *plan, struct text *text, struct cordon_error *err);

/* What it refused, as an event, whose strings live in `text`. */
void gating_denied(const struct gate_message *message, char text[GATING_TEXT_SIZE], struct cage_event *ret_event);

uint64_t gating_now(const _Atomic uint64_t *counter);
/* What went through it, for each host. The caller frees it; NULL when memory is short. */
struct cage_traffic *gating_traffic(const struct gate_counters *counters);

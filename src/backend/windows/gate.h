/* backend/windows/gate.h: cordon's side of a filtered network (base/gate.h): cordon-gate.exe, a proxy of one run's.
 *
 *	gate_start -> gate_fill, gate_take, gate_traffic, gate_count -> gate_finish -> gate_end
 *
 * The gate is in a job of its own that ends with cordon, and holds a handle of the run's job that can only be asked.
 * Killed or stuck it lets nothing through.
 */
#pragma once

#include "backend/gating.h"
#include "os/windows/windows.h"

struct gate;

struct gate_wanted {
	const struct plan *plan; /* its rules; borrowed while it is started */
	HANDLE job;              /* the run's: whoever is in none of its processes is refused. Borrowed the same */
	const char *account;     /* SID whose processes they are, "S-1-…"; NULL: not known */
	uint16_t port;           /* of 127.0.0.1; 0: the system chooses */
	HANDLE ready; /* an event that is set when gate_take has something, or it is gone; borrowed until the end */
};

/* Returns when it listens. Errors: CORDON_UNSUPPORTED where the program is missing, a rule cannot be kept, or the port is
 * somebody's.
 */
CORDON_CHECKED bool gate_start(const struct gate_wanted *wanted, struct gate **ret_gate, struct cordon_error *err);

uint16_t gate_port(const struct gate *gate);
DWORD gate_process(const struct gate *gate); /* its number */
/* The text with ${gate.port} and ${gate.password} replaced; malloc'ed. NULL: memory is short. */
char *gate_fill(const struct gate *gate, const char *text);

/* What it refused, as an event; false when there is nothing. Its strings live until the next call. */
bool gate_take(struct gate *gate, struct cage_event *ret_event);
bool gate_is_gone(const struct gate *gate); /* by itself or killed */
void gate_count(const struct gate *gate, uint64_t *ret_bytes_in, uint64_t *ret_bytes_out);
/* The same for each host; the caller frees it. NULL when memory is short. */
struct cage_traffic *gate_traffic(const struct gate *gate);
/* How many connections were refused unheard, because no process of the run had made them. */
uint64_t gate_strangers(const struct gate *gate);

/* The tree is dead: waits until what it sent is on its way, GATE_LAST_MS at most. */
void gate_finish(const struct gate *gate);
struct gate *gate_end(struct gate *gate); /* NULL is fine; returns NULL */
void gate_end_at(struct gate **gate);

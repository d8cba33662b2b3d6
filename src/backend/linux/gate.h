/* backend/linux/gate.h: the supervisor's side of a filtered network (base/gate.h).
 *
 *	gate_start -> gate_hand_over -> gate_ask, gate_free_port (for the observer), gate_take -> gate_end
 *
 * The gate, cordon-gate, is a process beside the tree, and its factory another. Killed or stuck they let nothing
 * through.
 */
#pragma once

#include "backend/linux/cage.h"
#include "base/gate.h"

struct gate;

/* Where cordon-gate is; false when it is at none of its places, and then `path` is the first of them. */
bool gate_find(char path[4096]);

/* Starts it with the plan's rules. Errors: CORDON_UNSUPPORTED when it is not there. */
CORDON_CHECKED bool gate_start(const struct plan *plan, struct gate **ret_gate, struct cordon_error *err);

/* Sends it the sockets from inside, and closes them here. */
void gate_hand_over(struct gate *gate, int sockets[GATE_SOCKETS]);

/* The command is about to connect there: makes the gate listen if it may. `ret_host` is which host that is, as far as
 * it is known. Answers from memory what was asked before.
 */
enum gate_word gate_ask(struct gate *gate, const struct address *address, uint16_t port, char ret_host[HOST_NAME_SIZE]);

/* The command is about to connect to something that is the gate's: at the end it is given time to pass on what was
 * sent.
 */
void gate_use(struct gate *gate);

/* The command is about to bind a socket to the port on every address. */
void gate_free_port(struct gate *gate, uint16_t port);

int gate_channel(const struct gate *gate); /* polls readable when gate_take has something, or it is gone */
/* What it refused, as an event; false when there is nothing. Its strings live until the next call. */
bool gate_take(struct gate *gate, struct cage_event *ret_event);
/* True once it is gone, by itself or killed. */
bool gate_is_gone(const struct gate *gate);
/* The tree is dead: waits until what it sent is on its way, two seconds at most. The gate lets nothing more in. */
void gate_finish(const struct gate *gate);
void gate_count(const struct gate *gate, uint64_t *ret_bytes_in, uint64_t *ret_bytes_out);
/* The same for each host. The caller frees it; NULL when memory is short. */
struct cage_traffic *gate_traffic(const struct gate *gate);
struct gate *gate_end(struct gate *gate); /* NULL is fine; returns NULL */

/* gateway.c, a layer of init: routes to the addresses that stand for hosts, DNS and proxy sockets, told to the
 * supervisor.
 */
CORDON_CHECKED bool gateway_open(struct inside *inside, struct cordon_error *err);

/* view_resolver.c, a layer of init: names are asked of the gate, and of nothing else. */
CORDON_CHECKED bool view_resolve(struct inside *inside, struct cordon_error *err);

/* For the mender: what the host has changed since by giving the names to other files is laid again. False while that
 * cannot be.
 */
bool view_resolve_again(void);

/* Beside the names' own: the addresses that rules name, for gateway_open. In the share. */
CORDON_CHECKED bool gate_share_routes(struct share *share, const struct plan *plan, struct inside *inside,
				      struct cordon_error *err);

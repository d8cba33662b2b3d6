/* network/linux/gate.h: the gate program, cordon-gate, on Linux.
 *
 * Two processes. The gate proper runs outside (network/gate/gate.h): it answers DNS, and accepts on sockets that were
 * made inside. The factory has joined the command's user and network namespaces and makes the listeners. The gate dies
 * with cordon and the factory with the gate; then nothing listens inside any more: closed, never open.
 *
 *	main.c        starts both
 *	confine.c     what they give up then
 *	factory.c     sockets inside
 *	listeners.c   listeners that the factory has sent, and what they accept
 *	dns_server.c  DNS, over UDP and TCP
 *	inward.c      connections from the host to the command's servers
 *	socket.c      the system's sockets
 *	bulk.c        bytes that are moved in the kernel, through a pipe
 *	watch.c       waits for sockets
 *
 * In the kernel there are PIPES_MAX pipes beside the sockets' own buffers: what a user may have of them is shared with
 * all that the user runs (pipe(7), pipe-user-pages-soft).
 */
#pragma once

#include "network/gate/gate.h"

enum { PIPES_MAX = 32, PIPE_SIZE = 512 * 1024 };

/* watch.c */
bool watch_begin(const struct gate *gate);
int watch_run(struct gate *gate); /* returns when it cannot go on */

/* confine.c: gives up what is not needed any more, all capabilities but those (a mask); false where that fails. */
bool gate_confine(uint32_t kept);

/* factory.c: joins the namespaces of the socket, and serves; ends when either end of it is closed. */
_Noreturn void factory_run(const struct network_rules *rules, const struct names *names, int to_gate, int inside);

/* listeners.c */
enum listener_kind {
	LISTENER_MEANT, /* inside: its address says for which host */
	LISTENER_PROXY,
	LISTENER_DNS,
	LISTENER_SERVED, /* outside: for a server of the command's */
};
/* Takes the descriptor. */
bool listeners_add(struct gate *gate, int descriptor, enum listener_kind kind, uint16_t port);
/* The same for one at an address that means a host; where there are too many another makes room. */
bool listeners_add_meant(struct gate *gate, int descriptor, const struct address *address, uint16_t port);
void listeners_use(const struct address *address, uint16_t port); /* it is asked for again */
void listeners_free_port(struct gate *gate, uint16_t port);       /* what waits there is accepted first */

/* dns_server.c */
bool dns_server_start(struct gate *gate, int socket);
void dns_server_accept(struct gate *gate, int socket); /* takes it */
/* The answer to a message; 0: none. */
size_t dns_server_answer(struct gate *gate, const uint8_t *message, size_t length, uint8_t answer[]);

/* inward.c: connections of the host to servers of the command's (network.listen) */
void inward_begin(struct connection *connection, uint16_t port);
void inward_ask_of(int factory); /* whom sockets are asked of */
/* The answer; takes the socket. */
void inward_take(struct gate *gate, const struct gate_message *message, int socket);

/* network/linux/gate.h: the gate program, cordon-gate.
 *
 * Two processes. The gate proper runs outside, on one libuv loop: it answers DNS, accepts on sockets that were made
 * inside, decides (network/rules.h), resolves and dials, and moves bytes. The factory has joined the command's user and
 * network namespaces and makes the listeners. The gate dies with cordon and the factory with the gate; then nothing
 * listens inside any more: closed, never open.
 *
 *	main.c        starts both
 *	confine.c     what they give up then
 *	factory.c     sockets inside
 *	listeners.c   listeners that the factory has sent, and what they accept
 *	dns_server.c  DNS, over UDP and TCP
 *	connection.c  one connection from its first byte on
 *	proxy.c       HTTP proxy and SOCKS requests
 *	dial.c        resolves, judges and dials
 *	inward.c      connections from the host to the command's servers
 *	watch.c       waits for sockets
 *	account.c     what is counted of each host
 *	upstream.c    the way through the host's own proxy
 *	relay.c       moves bytes, and looks at the first of them
 *	tell.c        what was refused, for cordon
 *	last.c        the end: what a command has sent before it ended still goes on its way
 *
 * Memory: a connection is about 5 KiB, and a block of BLOCK_SIZE for each direction that is stalled or looked at. With
 * CONNECTIONS_MAX of them that is at most 180 MiB, and 10 MiB for all else; further clients wait in the kernel's queue.
 * In the kernel there are PIPES_MAX pipes beside the sockets' own buffers: what a user may have of them is shared with
 * all that the user runs (pipe(7), pipe-user-pages-soft).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/gate.h"
#include "base/upstream.h"
#include "network/http.h"
#include "network/names.h"
#include "network/rules.h"

enum {
	CONNECTIONS_MAX = 4096,
	BLOCK_SIZE = 20 * 1024,
	PIPES_MAX = 32,
	PIPE_SIZE = 512 * 1024,
	ADDRESSES_MAX = 16,
	REQUEST_SECONDS = 30, /* until a request or a ClientHello that has begun must be whole */
	DIAL_SECONDS = 60,
	STAGGER_MS = 250, /* RFC 8305: the next address meanwhile */
};

struct connection;

/* A descriptor that is waited for. `ready` is set once, by whoever owns it. */
struct watch {
	int descriptor;
	uint32_t events; /* of epoll(7) */
	bool is_set;
	void (*ready)(struct watch *watch, uint32_t events);
};

/* Those through which the host itself goes out; port 0: none. */
struct upstreams {
	struct upstream http, https, all;
	char *bypass; /* hosts that are reached without; NULL: none */
};

struct gate {
	uv_loop_t loop; /* timers, lookups; see watch.c */
	uv_timer_t clock;
	int watched; /* epoll */
	struct watch supervisor, factory;
	int supervisor_socket, factory_socket;
	struct network_rules rules;
	struct upstreams upstreams;
	struct names *names; /* shared with the factory */
	struct gate_counters *counters;
	struct listener *listeners;
	unsigned listener_count;
	struct connection *connections, *ended;
	uint32_t inward_count;
	unsigned connection_count, pipe_count;
	bool is_last;   /* see last.c */
	bool is_paused; /* nothing is accepted: too many connections, or no descriptor left */
};

/* True when the test build was told to leave this check out; always false in any other build. */
#ifdef CORDON_PLANT
bool gate_is_planted(const char *check);
#else
#define gate_is_planted(check) false
#endif

/* The one question, of whoever asks in this program. */
struct decision gate_decide(const struct network_rules *rules, const struct host *host, uint16_t port);

/* watch.c */
bool watch_begin(struct gate *gate);
int watch_run(struct gate *gate); /* returns when it cannot go on */
/* From now on waits for these events of the descriptor. */
bool watch_set(struct gate *gate, struct watch *watch, int descriptor, uint32_t events);
/* The descriptor's are from now on the other's. */
bool watch_move(struct gate *gate, struct watch *from, struct watch *to, uint32_t events);
void watch_end(struct gate *gate, struct watch *watch); /* before the descriptor is closed; the struct may go at once */

/* The struct that a watch is a member of. */
#define WATCHED_BY(watch, type, member) ((type *)(void *)((char *)(watch)-offsetof(type, member)))

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
void listeners_use(struct gate *gate, const struct address *address, uint16_t port); /* it is asked for again */
void listeners_free_port(struct gate *gate, uint16_t port); /* what waits there is accepted first */
void listeners_pause(struct gate *gate, bool is_paused);
void listeners_accept(struct gate *gate); /* what waits inside */

/* dns_server.c */
bool dns_server_start(struct gate *gate, int socket);
void dns_server_accept(struct gate *gate, int socket); /* takes it */
/* The answer to a message; 0: none. */
size_t dns_server_answer(struct gate *gate, const uint8_t *message, size_t length, uint8_t answer[]);

/* account.c */
void account_connection(struct connection *connection); /* it is connected */
void account_bytes(struct connection *connection, bool is_up, size_t length);

/* last.c: from now on the gate ends as soon as nothing is on its way. */
void last_begin(struct gate *gate);
void last_check(const struct gate *gate); /* after each turn of the loop */

/* tell.c */
void tell_denied(struct gate *gate, const struct target *target, enum gate_word word, enum reach reach);

/* -- connections --------------------------------------------------------------------------------------------------- */

/* One direction. What was read and could not be written on yet waits in the block, or in the pipe. */
struct flow {
	struct side *from, *to;
	uint8_t *block;
	size_t start, cleared, end; /* of what waits in the block; up to `cleared` it may pass on */
	int pipe[2];                /* -1: none */
	size_t piped;               /* that waits in the pipe */
	uint64_t moved;
	bool has_ended;  /* nothing more will be read */
	bool is_shut;    /* and the other end knows */
	bool is_drained; /* the last read took all that there was: asking again would only be refused */
};

struct side {
	int socket; /* -1: none */
	struct watch watch;
	struct connection *connection;
};

enum watch_kind {
	WATCH_NOTHING, /* bytes pass as they are */
	WATCH_FIRST,   /* the first ones: TLS has to name the host */
	WATCH_HTTP,    /* every request */
};

enum phase {
	PHASE_REQUEST,
	PHASE_DIALLING,
	PHASE_TUNNEL, /* the proxy outside is asked to connect */
	PHASE_RELAYING,
	PHASE_CLOSING,
};

enum speech { SPEECH_NONE, SPEECH_CONNECT, SPEECH_ABSOLUTE, SPEECH_SOCKS }; /* how a proxy's client is spoken to */

struct attempt {
	int socket; /* -1: over */
	struct watch watch;
	struct connection *connection;
};

struct connection {
	struct gate *gate;
	struct connection *next, *previous;
	enum phase phase;
	enum speech speech;
	bool is_greeted; /* SOCKS */
	uint32_t inward; /* from the host to a server of the command's: its number; 0: it goes out */
	struct target target;
	const struct upstream *through; /* the proxy outside; NULL: it is dialled itself */
	struct gate_host *host;         /* where it is counted, once it is connected */
	uint64_t deadline;              /* uv_now; 0: none */
	struct side client, server;
	struct flow up, down; /* to the server, to the client */

	enum watch_kind watch;
	struct http_guard guard;

	/* while dialling */
	uv_getaddrinfo_t lookup;
	bool is_looking;
	struct address addresses[ADDRESSES_MAX];
	unsigned address_count, next_address;
	struct attempt attempts[ADDRESSES_MAX];
	unsigned attempt_count, attempts_open;
	uv_timer_t stagger;
	bool has_stagger;
	int failure;             /* errno of the last attempt */
	bool is_stagger_closing; /* libuv lets go of it later */
};

/* connection.c. A socket that was accepted; taken. */
void connection_begin(struct gate *gate, int socket, enum listener_kind kind, uint16_t port);
/* The target is known: decides, and dials or refuses. */
void connection_aim(struct connection *connection);
void connection_refuse(struct connection *connection, enum gate_word word, enum reach reach);
/* Dialling has failed, with errno. */
void connection_fail(struct connection *connection, int code);
/* Dialling has succeeded; the socket is the server side's. */
void connection_connected(struct connection *connection, struct attempt *attempt);
/* Once it has ended and nobody comes back to it: it is freed after this turn of the loop. */
void connection_forget(struct connection *connection);
void connection_free_ended(struct gate *gate);
/* The server itself is there. */
void connection_open(struct connection *connection);
/* Ends it with a reset, so that nobody takes it for a complete answer. */
void connection_abort(struct connection *connection);
/* Ends it when all has been said. */
void connection_close(struct connection *connection);
void connection_poll(struct connection *connection); /* sets what each side waits for */
bool connection_take_block(struct flow *flow);
void connection_check_deadlines(struct gate *gate);

/* proxy.c: reads the request in connection->up; aims when it is whole. */
void proxy_read(struct connection *connection);
void proxy_answer_connected(struct connection *connection);
void proxy_answer_refused(struct connection *connection, enum gate_word word, enum reach reach);
void proxy_answer_failed(struct connection *connection, int code);

/* dial.c */
void dial_begin(struct connection *connection);
void dial_stop(struct connection *connection);

/* Tries a socket that connects already, and takes it; -1: that way is closed. */
void dial_adopt(struct connection *connection, int socket);

/* inward.c: connections of the host to servers of the command's (network.listen) */
void inward_begin(struct connection *connection, uint16_t port);
/* Asks the factory for a socket. False when it is too busy. */
bool inward_ask(struct connection *connection, const struct address *address);
/* The answer; takes the socket. */
void inward_take(struct gate *gate, const struct gate_message *message, int socket);

/* upstream.c */
bool upstream_set(struct upstreams *upstreams, const char *verb, const char *value);
/* Which proxy outside its target is reached through, by the speech and the port of the connection. */
void upstream_choose(struct connection *connection);
/* Asks the proxy that the server side is connected to. */
void upstream_ask(struct connection *connection);
void upstream_hear(struct connection *connection); /* its answer */

/* relay.c */
void relay_begin(struct connection *connection);
void relay_move(struct connection *connection, struct flow *flow);

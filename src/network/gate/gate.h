/* network/gate/gate.h: the part of the gate program, cordon-gate, that is the same on every system.
 *
 * One libuv loop: accepts what its system's folder hands it, reads what a proxy is asked, decides (network/rules.h),
 * resolves and dials, and moves bytes. No process or thread a connection.
 *
 *	connection.c  one connection from its first byte on
 *	proxy.c       HTTP proxy and SOCKS requests
 *	dial.c        resolves, judges and dials
 *	account.c     what is counted of each host
 *	upstream.c    the way through the host's own proxy
 *	relay.c       moves bytes, and looks at the first of them
 *	settings.c    the rules, as cordon writes them down
 *	tell.c        what was refused, for cordon
 *	last.c        the end: what a command has sent before it ended still goes on its way
 *
 * What differs between systems is declared at the end, and defined in network/linux and network/windows. A socket is an
 * int on each: a handle of Windows fits in 32 bits.
 *
 * Memory: a connection is about 5 KiB, and a block of BLOCK_SIZE for each direction that is stalled or looked at. With
 * CONNECTIONS_MAX of them that is at most 180 MiB, and 10 MiB for all else; further clients wait in the kernel's queue.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "base/gate.h"
#include "base/upstream.h"
#include "network/http.h"
#include "network/names.h"
#include "network/pace.h"
#include "network/rules.h"

enum {
	CONNECTIONS_MAX = 4096,
	BLOCK_SIZE = 20 * 1024,
	ADDRESSES_MAX = 16,
	REQUEST_SECONDS = 30, /* until a request or a ClientHello that has begun must be whole */
	DIAL_SECONDS = 60,
	STAGGER_MS = 250, /* RFC 8305: the next address meanwhile */
};

struct connection;

enum { WATCH_READ = 1, WATCH_WRITE = 2 };

/* A socket that is waited for. `ready` is set once, by whoever owns it, and hears of an error as of both. */
struct watch {
	int descriptor;
	unsigned events; /* WATCH_… */
	bool is_set;
	void *poll; /* the system's own */
	void (*ready)(struct watch *watch, unsigned events);
};

/* Those through which the host itself goes out; port 0: none. */
struct upstreams {
	struct upstream http, https, all;
	char *bypass; /* hosts that are reached without; NULL: none */
};

struct gate {
	uv_loop_t loop;
	uv_timer_t clock;
	struct network_rules rules;
	struct upstreams upstreams;
	struct names *names; /* NULL where no address stands for a name */
	/* Who is asked for a password has it from the command's environment, and who says another is of another run; NULL:
	 * none is known. Who says none is not refused for that: not every program can be told one.
	 */
	const char *password;
	const char *credentials; /* the same as "user:password" in base64 (RFC 7617) */
	struct gate_counters *counters;
	struct pace pace; /* of the whole process */
	struct connection *connections, *ended;
	unsigned connection_count;
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

/* The struct that a watch is a member of. */
#define WATCHED_BY(watch, type, member) ((type *)(void *)((char *)(watch)-offsetof(type, member)))

/* account.c */
void account_connection(struct connection *connection); /* it is connected */
void account_bytes(struct connection *connection, bool is_up, size_t length);

/* last.c: from now on the gate ends as soon as nothing is on its way. */
void last_begin(struct gate *gate);
void last_check(const struct gate *gate); /* after each turn of the loop */

/* settings.c: a line is a rule, "allow PORT PATTERN" or "deny PORT PATTERN", or what goes out through which proxy
 * (base/gate.h). It is written in. False: it is none of these.
 */
bool settings_read_line(struct gate *gate, char *line);

/* tell.c */
void tell_denied(struct gate *gate, const struct target *target, enum gate_word word, enum reach reach);
/* Somebody has asked who is not of this run. */
void tell_stranger(struct gate *gate);

/* -- connections --------------------------------------------------------------------------------------------------- */

/* One direction. What was read and could not be written on yet waits in the block, or in the kernel. */
struct flow {
	struct side *from, *to;
	uint8_t *block;
	size_t start, cleared, end; /* of what waits in the block; up to `cleared` it may pass on */
	struct bulk *bulk;          /* the system's own; NULL: none */
	size_t piped;               /* that waits there */
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
	bool is_greeted, owes_password; /* SOCKS */
	uint32_t inward;                /* from the host to a server of the command's: its number; 0: it goes out */
	/* Asks for a socket that connects there, for dial_adopt; false: that way is closed. NULL: it is dialled. */
	bool (*ask)(struct connection *connection, const struct address *address);
	struct target target;
	const struct upstream *through; /* the proxy outside; NULL: it is dialled itself */
	struct gate_host *host;         /* where it is counted, once it is connected */
	uint64_t deadline;              /* uv_now; 0: none */
	struct side client, server;
	struct flow up, down; /* to the server, to the client */

	enum watch_kind watch;
	struct http_opening opening; /* WATCH_FIRST: of what has passed */
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

/* connection.c. For a socket that was accepted, and is taken; NULL, and it is closed: memory is short. */
struct connection *connection_new(struct gate *gate, int socket);
/* Of a new one: a proxy is asked. */
void connection_hear(struct connection *connection);
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

/* -- each system's own --------------------------------------------------------------------------------------------- */

/* From now on waits for these events of the descriptor. */
bool watch_set(struct gate *gate, struct watch *watch, int descriptor, unsigned events);
/* The descriptor's are from now on the other's. */
bool watch_move(struct gate *gate, struct watch *from, struct watch *to, unsigned events);
void watch_end(struct gate *gate, struct watch *watch); /* before the descriptor is closed; the struct may go at once */

/* Never waits. -1 with errno, EAGAIN where it would have to; 0: the other side has ended. */
ssize_t socket_read(int socket, void *ret_bytes, size_t room);
ssize_t socket_write(int socket, const void *bytes, size_t length);
bool socket_has_unread(int socket);
/* A socket that connects, or has; -1 with errno. */
int socket_connect(const struct sockaddr *place, socklen_t length);
bool socket_is_decided(int socket);         /* connecting has ended; false as well where only waiting tells */
int socket_failure(int socket);             /* how connecting has ended: errno, or 0 */
void socket_set_prompt(int socket);         /* what is written leaves at once */
void socket_set_keeping(int socket);        /* a peer that has vanished is noticed */
void socket_end_writing(int socket);        /* the other side reads an end */
void socket_close(int socket, bool resets); /* or the other side reads a reset */
const char *socket_error_text(int code);    /* "Connection refused" */

/* The host's own addresses, as they are now, added to the list; the caller frees its items. False when they cannot be
 * known.
 */
struct own {
	struct address *items;
	size_t count, room;
};
bool own_list(struct own *own);
/* The address of an AF_INET or AF_INET6 place, and the other way round (its length is returned). */
bool address_take(const struct sockaddr *place, struct address *ret_address);
socklen_t address_give(const struct address *address, uint16_t port, struct sockaddr_storage *ret_place);

/* Moving bytes without having them here. Where the system has no such way bulk_open says no. */
enum moved { MOVED_SOME, MOVED_NOTHING, MOVED_END, MOVED_BROKEN };
bool bulk_open(struct flow *flow); /* also where it is open already */
enum moved bulk_read(struct flow *flow);
/* Some of what waits there; *ret_length: how much. */
enum moved bulk_write(struct flow *flow, size_t *ret_length);
void bulk_close(struct flow *flow);

/* A word to cordon; lost where it does not keep up. */
void supervisor_tell(const struct gate_message *message);

void listeners_pause(struct gate *gate, bool is_paused);
void listeners_accept(struct gate *gate); /* what waits inside */

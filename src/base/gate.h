/* base/gate.h: what cordon and its gate, a program of its own, agree about. Plain data.
 *
 * cordon starts the gate with the descriptors below, sends it listeners on the host's loopback where the policy opens
 * ports to it (GATE_SERVED) and the sockets that were made inside (GATE_NETWORK), and asks its factory, a process that
 * has joined the command's namespaces, for a listener at each address and port that the command is about to connect to
 * (GATE_OPEN). The gate tells what it refused (GATE_DENIED). Each message is one datagram.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/host.h"

enum gate_descriptor {
	GATE_FROM_SUPERVISOR = 3, /* the gate's end of the channel */
	GATE_FROM_OBSERVER = 4,   /* the factory's end of another */
	GATE_RULES = 5,           /* a file: lines "allow PORT PATTERN", "deny PORT PATTERN", and those below */
	GATE_COUNTERS = 6,        /* shared memory: struct gate_counters */
	GATE_DESCRIPTORS_END,
};

/* What is passed with GATE_NETWORK, in this order. */
enum gate_socket {
	GATE_DNS_DATAGRAMS,
	GATE_DNS_STREAM, /* listens */
	GATE_PROXY,      /* listens */
	GATE_SOCKETS,
};

/* Each with what such a variable holds; see base/upstream.h. */
#define GATE_VIA_HTTP "http"
#define GATE_VIA_HTTPS "https"
#define GATE_VIA_ALL "all"
#define GATE_BYPASS "bypass"
/* How much of one processor it may use, in thousandths, where the command has a limit (Linux). */
#define GATE_SHARE "share"

enum { GATE_DNS_PORT = 53, GATE_PROXY_PORT = 3128 };
enum { GATE_LAST_MS = 2000 }; /* how long that may take */

enum {
	GATE_LISTEN_MAX = 64,      /* ports of network.listen */
	GATE_LISTENERS_MAX = 2048, /* inside; beyond them the one that was asked for longest ago is closed */
};
#define GATE_PROXY_PORT_TEXT "3128"

/* -- Windows ------------------------------------------------------------------------------------------------------- */

/* There the gate is a proxy on 127.0.0.1 alone. A filter by account stands before there is a run, so each account has a
 * port of its own for good: setup draws it out of these, below the ports that Windows gives out by itself (49152 and up).
 * Where somebody else has come to use it, the gate does not start, and another setup draws others.
 *
 * On its standard input the gate reads lines, first its settings, ended by an empty line: those of GATE_RULES, and
 *
 *	port N         where it listens; 0: the system chooses
 *	counters H     handle of the section of struct gate_counters, in the gate
 *	job H          handle of the run's job, in the gate: who is not in it is refused
 *	account SID    whose processes these are; may be left out
 *	password WORD  of GATE_USER
 *
 * A later line "end" is GATE_END; when the input ends, so does the gate. On its standard output it writes messages:
 * GATE_NETWORK first, with its port, or with 0 and the system's error code as `number`, then GATE_DENIED.
 */
enum { GATE_PORT_FIRST = 20000, GATE_PORT_LAST = 39999 };
#define GATE_USER "cordon"

#define GATE_SET_PORT "port"
#define GATE_SET_COUNTERS "counters"
#define GATE_SET_JOB "job"
#define GATE_SET_ACCOUNT "account"
#define GATE_SET_PASSWORD "password"
#define GATE_SAY_END "end"

/* The address of both, and of the names: see network/names.h. */
#define GATE_ADDRESS "198.18.0.1"
/* The first 8 bytes of the names' IPv6 addresses: fd, and what stands for cordon (RFC 4193 wants chance there, where
 * networks may meet; these meet none).
 */
#define GATE_PREFIX 0xfd, 'c', 'o', 'r', 'd', 'n', 0, 0

enum gate_message_kind {
	GATE_NETWORK, /* to the gate: the sockets */
	GATE_SERVED, /* to the gate, before that: a listener on the host's loopback, for the command's server on that port */
	GATE_END,      /* to the gate: the command is dead; what it sent has to be passed on, then the gate ends */
	GATE_OPEN,     /* to the factory: address, port; answered by ANSWER */
	GATE_FREE,     /* to the factory: no listener shall be on the port; answered by ANSWER */
	GATE_ANSWER,   /* from the factory: word, and host if it knows one */
	GATE_LISTENER, /* from the factory to the gate: a listener; from the gate to the factory: it is closed */
	GATE_USED,     /* from the factory to the gate: a listener that stands already is asked for; address, port */
	GATE_INWARD, /* from the gate to the factory: address, port; answered by the same with a socket that connects there */
	GATE_DENIED, /* from the gate: host, port, word */
};

enum gate_word {
	GATE_ALLOWED,
	GATE_UNNAMED, /* no rule allows it */
	GATE_REFUSED, /* a deny rule */
	GATE_PLACE,   /* the name leads to an address that is closed to names; reach says what kind */
	GATE_FORGED,  /* what was said on the connection names another host than the one that was meant */
	GATE_FULL,
};

struct gate_message {
	uint8_t kind;
	uint8_t word;
	uint8_t reach; /* enum reach */
	uint16_t port;
	uint32_t number; /* of a question; its answer has the same */
	struct address address;
	char host[HOST_NAME_SIZE];
};

enum { GATE_HOSTS_MAX = 256 }; /* whose traffic is kept apart */

struct gate_host {
	char name[HOST_NAME_SIZE + 8]; /* with the port */
	uint8_t is_inward;             /* clients outside, a server inside */
	_Atomic uint64_t connections, bytes_in, bytes_out;
};

struct gate_counters {
	_Atomic uint64_t bytes_in; /* to the command */
	_Atomic uint64_t bytes_out;
	_Atomic uint64_t connections; /* that were made outside */
	_Atomic uint64_t refused;
	_Atomic uint64_t strangers; /* connections of who is not of the run: refused unheard */
	_Atomic uint64_t queries;
	_Atomic uint32_t host_count;                /* of the hosts below, which are written before they are counted */
	struct gate_host hosts[GATE_HOSTS_MAX + 1]; /* the last, which is not counted: all others together */
};

/* backend/windows/staging.h: what the probe lays out for the trials (trial.h) to act on, once for outside and once for
 * inside, and what became of it, looked at from outside.
 *
 *	staging_make -> (staging_begin -> a prober runs and is ended -> staging_end)* -> staging_watch -> staging_free
 *
 *	staging.c          files, pipes, keys and the like
 *	staging_sockets.c  who listens, and who calls
 *	staging_canary.c   a program of the user's
 *	staging_left.c     what outlives a prober
 *	staging_sweep.c    what bears a probe's name elsewhere, and what one has left that was killed
 *
 * All of it bears a random name, and is removed by staging_free.
 */
#pragma once

#include <winsock2.h>

#include "backend/windows/cage.h"
#include "backend/windows/prober.h"

/* -- staging_sockets.c --------------------------------------------------------------------------------------------- */

enum listener {
	LISTENER_TCP, /* these four on loopback */
	LISTENER_TCP_6,
	LISTENER_UDP,
	LISTENER_UDP_6,
	LISTENER_UNIX,
	LISTENER_HYPERV,
	LISTENERS
};

struct sockets {
	bool is_started;
	SOCKET listeners[LISTENERS]; /* INVALID_SOCKET: this host has none of the kind */
	unsigned ports[LISTENERS];   /* of the first four */
	char *path;                  /* of the fifth */
	GUID service;                /* of the sixth */
	bool were_reached[SIDES][LISTENERS];
	unsigned accept_port; /* where the prober listens and is called */
	HANDLE calling;
	volatile LONG is_over;
	char caller[64]; /* what it answers */
	bool has_answered, were_heard[SIDES];
};

CORDON_CHECKED bool sockets_make(const char *path, const uint8_t chance[16], struct sockets *sockets,
				 struct cordon_error *err);
CORDON_CHECKED bool sockets_begin(struct sockets *sockets, const char *name, struct cordon_error *err);
void sockets_end(struct sockets *sockets, int side);
bool sockets_watch(const struct sockets *sockets, int side, const char *trial, bool *ret_was_seen);
void sockets_free(struct sockets *sockets);

/* -- staging_canary.c ---------------------------------------------------------------------------------------------- */

enum { HEARD_LINE_SIZE = 64 };

/* One line of a prober's, without its end. Waits for it, and for no more than a while. */
CORDON_CHECKED bool hear_line(HANDLE from, char line[HEARD_LINE_SIZE], struct cordon_error *err);

struct canary {
	HANDLE to, from, job; /* it ends with its job */
	DWORD id;
	unsigned long window;
	bool has_console, has_key;
	unsigned long heard[SIDES]; /* HEARD_… */
};

/* The name is for its pipe and its key, which the caller removes. */
CORDON_CHECKED bool canary_start(const char *program, const char *name, struct canary *canary,
				 struct cordon_error *err);
/* What came to it goes to the side's account. */
CORDON_CHECKED bool canary_ask(struct canary *canary, int side, struct cordon_error *err);
bool canary_watch(const struct canary *canary, int side, const char *trial, bool *ret_was_seen);
void canary_end(struct canary *canary);

/* -- staging_left.c ------------------------------------------------------------------------------------------------ */

/* Does any process of that program go on? Waits a moment for its end. */
bool left_any(const char *program);
/* Ends those that may be ended. */
void left_end(const char *program);

/* -- staging_sweep.c ----------------------------------------------------------------------------------------------- */

/* Before 24 hexadecimal digits: of a probe's folder, and of all that it makes elsewhere. */
#define STAGING_NAME "cordon-probe-"
bool staging_is_name(const char *name);

/* Whether the trial made something of the side's own name in a place of the system's can be seen. */
bool elsewhere_watch(const char *own, const char *trial, bool *ret_was_seen);
/* Removes all that a probe of that name makes outside its folder. */
void elsewhere_forget(const char *name);

/* Of the probe whose folder it is, while the handle is open; NULL: somebody has it. */
HANDLE staging_take(const char *folder);
/* Beside the folder, for the path of a socket may have no more than 107 bytes. malloc'ed; `above` is the probes' folder. */
char *staging_socket(const char *above, const char *name);
/* What probes of that state have left that were killed goes; *ret_failed of them are there still. With `is_trial` it is
 * counted only.
 */
void staging_sweep(const char *state, bool is_trial, unsigned *ret_found, unsigned *ret_failed);

/* -- staging.c ----------------------------------------------------------------------------------------------------- */

struct staging {
	char name[48]; /* cordon-probe-…: of the folder, the pipe, the section, the key, the credential, the desktop */
	char *folder;  /* holds one folder a side, and the prober */
	char *sides[SIDES];
	char *root;            /* the inside's: where it may write */
	char *own[SIDES];      /* names for what a trial makes elsewhere */
	char *programs[SIDES]; /* the prober, copied, for each under a name of its own */
	char *sibling;         /* the same, for another run */
	char *key;             /* below HKEY_USERS */
	struct sockets sockets;
	struct canary canary;
	HANDLE alive; /* nobody else opens it: the folder is in use */
	HANDLE pipes[SIDES], shared[SIDES], section;
	HKEY opened_key;
	ATOM atom;     /* the name, in the user's window station */
	HDESK desktop; /* of that name, there */
	bool was_written[SIDES];
};

/* `user`: who runs this. Half-made is for staging_free too. */
CORDON_CHECKED bool staging_make(const char *state, PSID user, struct staging *staging, struct cordon_error *err);

/* Around each time that a side's prober runs. */
CORDON_CHECKED bool staging_begin(struct staging *staging, int side, struct cordon_error *err);
/* `is_canary_acted_on`: it is told to have been, and asked. */
CORDON_CHECKED bool staging_end(struct staging *staging, int side, bool is_canary_acted_on, struct cordon_error *err);

/* Can it be seen from outside that the trial was done? *ret_was_seen: it was, on that side. Not to be asked while
 * anything of the probe runs.
 */
bool staging_watch(const struct staging *staging, int side, const char *trial, bool *ret_was_seen);

void staging_free(struct staging *staging); /* also a CORDON_ON_EXIT release */

/* backend/windows/staging.h: what the probe lays out for the trials (trial.h) to act on, once for outside and once for
 * inside, and what became of it, looked at from outside.
 *
 *	staging_make -> staging_changed -> staging_free
 *
 * All of it bears a random name, and is removed by staging_free.
 */
#pragma once

#include <winsock2.h>

#include "backend/windows/cage.h"

enum { OUTSIDE = 0, INSIDE = 1, SIDES = 2 };

struct staging {
	char name[48]; /* cordon-probe-…: of the folder, the pipe, the section, the key, the credential */
	char *folder;  /* holds one folder a side, and the prober */
	char *sides[SIDES];
	char *root;                  /* the inside's: where it may write */
	char *own[SIDES];            /* names for what a trial makes elsewhere */
	char *program;               /* the prober, copied */
	char *key;                   /* below HKEY_USERS */
	SOCKET listener, listener_6; /* loopback; the second may be none */
	unsigned port;
	HANDLE alive; /* nobody else opens it: the folder is in use */
	HANDLE pipes[SIDES], shared[SIDES], section;
	HKEY opened_key;
	bool has_credential, has_sockets;
};

/* `user`: who runs this. Half-made is for staging_free too. */
CORDON_CHECKED bool staging_make(const char *state, PSID user, struct staging *staging, struct cordon_error *err);

/* Has what the trial is about changed on the inside's? Not to be asked while anything of the probe runs. */
bool staging_changed(const struct staging *staging, const char *trial);

void staging_free(struct staging *staging); /* also a CORDON_ON_EXIT release */

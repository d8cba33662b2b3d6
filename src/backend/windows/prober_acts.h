/* backend/windows/prober_acts.h: what the files of the prober share.
 *
 *	prober.c            takes the words apart, and tries what trial.h lists
 *	prober_files.c      acts on files and volumes
 *	prober_network.c    on the network
 *	prober_services.c   by services
 *	prober_session.c    on the user's session
 *	prober_processes.c  on processes, and what programs rest on
 *	prober_canary.c     a program of the user's, for the others to act on, and one of another run
 *	prober_tls.c        a handshake between the two
 *
 * An act answers with 0 where it was done, else with the error of the call that failed.
 */
#pragma once

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <winsock2.h>
#include <windows.h>

#include <stdbool.h>

#include "backend/windows/prober.h"
#include "backend/windows/trial.h"

enum { CANARY_MESSAGE = WM_APP + 7, CANARY_KEY = VK_F24 };
enum { PATH_ROOM = 1024, STATUS_OF_NOTHING = 7, WAIT_MS = 60000 };
#define STATUS_OF_CRASH 0xc0000005u

/* What the prober was told to act on; prober.c lists the words. */
struct given {
	WCHAR *folder, *pipe, *key, *own, *home;
	WCHAR *path, *service; /* NULL: this host has none of the kind */
	DWORD tcp, tcp_6, udp, udp_6, accept, gate;
	DWORD process, sibling, canary, window, keyed;
};
extern struct given given;

struct act {
	const char *name; /* the trial's; NULL ends the list */
	DWORD (*act)(void);
};
extern const struct act acts_on_files[], acts_on_network[], acts_by_services[], acts_on_session[], acts_on_processes[];

#define ACT(name, expression) \
	static DWORD name(void) \
	{ \
		return expression; \
	}

int canary_main(WCHAR *name);
int sibling_main(const WCHAR *name, const WCHAR *user);
int nest_main(void);
DWORD WINAPI tls_serve(void *name);
DWORD tls_connect(void);

/* Some of what it has are names whose calls end the program. */
bool is_on_wine(void);

/* 0, or what GetLastError says. */
DWORD outcome(BOOL is_done);
/* Of a call that opens something, which is closed. */
DWORD close_outcome(HANDLE handle);

/* A path in the folder; valid for the next few calls. */
const WCHAR *in_folder(const WCHAR *name);
/* The probe's own name, without the pipe's folder. */
const WCHAR *probe_name(void);
DWORD write_to(const WCHAR *path, DWORD disposition);
DWORD read_from(const WCHAR *path);

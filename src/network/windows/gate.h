/* network/windows/gate.h: the gate program, cordon-gate, on Windows.
 *
 * A proxy on 127.0.0.1, one for each run (base/gate.h says how cordon speaks to it). Anybody on the host can connect to
 * it, so each connection is traced back to the process that made it, which has to be in the run's job. When the gate is
 * gone nothing listens there, and the filters leave the command's account no other way: closed, never open.
 *
 *	main.c         starts it
 *	settings.c     what cordon has given it
 *	listener.c     accepts
 *	attribution.c  who has connected
 *	supervisor.c   what cordon says later, and is told
 *	socket.c       the system's sockets
 *	bulk.c         bytes that are moved in the kernel: there is no such way
 *	watch.c        waits for sockets
 */
#pragma once

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <winsock2.h>
#include <windows.h>

#include "network/gate/gate.h"

/* settings.c */
struct settings {
	uint16_t port;
	HANDLE counters, job;
	PSID account;      /* NULL: whoever is in the job */
	char password[80]; /* empty: none */
};
/* Reads the first lines of the standard input, up to the empty one; rules go to the gate. Waits for them. */
bool settings_read(struct gate *gate, struct settings *ret_settings);

/* attribution.c */
void attribution_begin(HANDLE job, PSID account);
/* Accepted sockets; those that no process of the run has connected to are closed and become -1. Returns how many. */
unsigned attribution_check(int sockets[], unsigned count);

/* listener.c: listens on 127.0.0.1, on any port for 0, and says on which; 0: it cannot, and *ret_code says why. */
uint16_t listener_begin(struct gate *gate, uint16_t port, DWORD *ret_code);

/* supervisor.c: from now on hears cordon; a call of last_begin or the end of the process may come of it. */
bool supervisor_begin(struct gate *gate);
/* The next line of the standard input; NULL: it has ended, or the line is too long. */
char *supervisor_read_line(void);

/* socket.c: errno of the code of WSAGetLastError(). */
int socket_errno(int code);

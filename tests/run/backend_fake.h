/* tests/run/backend_fake.h: a backend that confines nothing and does what a test told it, so that refusals, events
 * and reports are tested without privilege. It is the `backend_native` of the programs that link it.
 */
#pragma once

#include "backend/backend.h"

enum { FAKE_EVENTS_MAX = 64, FAKE_SIGNALS_MAX = 8 };

struct fake {
	/* what it shall do; all zero: everything is enforced, the command starts and ends at once with status 0 */
	bool fails_probe, fails_begin, fails_start, fails_events;
	enum level levels[GUARANTEE_COUNT]; /* LEVEL_UNASKED: enforced */
	bool is_silent[GUARANTEE_COUNT];    /* says nothing of it */
	struct cage_event events[FAKE_EVENTS_MAX];
	unsigned event_count;
	struct verified verified[8];
	unsigned verified_count; /* 0: there is nothing to try */
	bool is_stubborn;        /* does not end when it is asked to */
	bool runs_on;            /* after the events nothing happens until it is ended */

	/* what it was told */
	unsigned probed, begun, started, asked, ended, discarded;
	unsigned next;
	int signals[FAKE_SIGNALS_MAX];
	unsigned signal_count;
	const char *program; /* argv[0] */
	bool observe;
};

extern struct fake fake;

void fake_reset(void);
void fake_add(enum cage_event_kind kind);
void fake_deny(enum act act, const char *landing);
void fake_deny_because(const char *reason, const char *landing);
void fake_try(const char *landing); /* a hidden name, by nobody knows whom */ /* borrowed */
void fake_exit(int code);
void fake_reach(const char *host); /* that host, hosts without room, and a server inside; then the end */
void fake_kill(int signal);
void fake_exceed(enum limit limit); /* …and the end */

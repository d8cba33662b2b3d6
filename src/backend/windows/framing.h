/* backend/windows/framing.h: what goes through the pipe between cordon and its runner, which starts the command as an
 * account of cordon's own. Pure; strict both ways.
 *
 * A frame is a version, a kind, a length of four bytes (the lowest first) and that many bytes. The version is the first
 * byte of all, so that a runner of another version is told apart by one byte. Each kind has a length that it may not
 * exceed; it is known from the first six bytes, before anything is kept.
 *
 *	to the runner     START      what to start, and under which token
 *	                  RETURN     what the account made in these directories is to be open to the user
 *	                  CLEAN      the account's profile is to hold nothing of an earlier run
 *	                  REACH      the network is to be tried, as the account
 *	                  PROXY      the account's programs are to be told of the gate
 *	                  RESIZE     the command's console has another size
 *	                  CLOSE      the command's console is closed; the last order
 *	from the runner   STARTED    the process, suspended, by handles of the runner's
 *	                  DONE       RETURN, CLEAN or PROXY is done
 *	                  REACHED    how REACH went
 *	                  FAILED     none of it; why
 *
 * RESIZE and CLOSE, which follow a START with a console, have no answer: nobody waits for a runner while the command
 * runs. Each other order has one. What the runner answers is claims: cordon looks at what the handles lead to.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "base/windows_descriptor.h"

enum { FRAME_VERSION = 2, FRAME_HEAD = 6, FRAME_MAX = 1 << 20 };

enum frame_kind {
	FRAME_START = 1,
	FRAME_RETURN,
	FRAME_CLEAN,
	FRAME_REACH,
	FRAME_PROXY,
	FRAME_RESIZE,
	FRAME_CLOSE,
	FRAME_STARTED = 129,
	FRAME_DONE,
	FRAME_FAILED,
	FRAME_REACHED,
};

struct frame {
	enum frame_kind kind;
	const uint8_t *bytes; /* borrowed */
	size_t length;
};

enum frame_reading {
	FRAME_MORE,  /* a frame may begin so; *ret_needed bytes are needed to say more */
	FRAME_WHOLE, /* *ret_frame is one, of *ret_needed bytes with its head */
	FRAME_WRONG, /* no frame begins so */
};

enum frame_reading frame_read(const uint8_t *bytes, size_t length, struct frame *ret_frame, size_t *ret_needed);

/* -- orders -------------------------------------------------------------------------------------------------------- */

enum { FRAME_SIDS_MAX = 256, FRAME_TEXTS_MAX = 65536 };

/* A role of the plan's (policy/plan_windows.h), as a number that the reader does not interpret. */
struct frame_role {
	uint32_t role, root;
};

struct frame_roles {
	struct frame_role *items;
	size_t count;
};

/* Of rows and columns; a pseudoconsole has no more. */
enum { FRAME_SIDE_MAX = 32767 };

/* A pseudoconsole that the runner makes. All 0: none. */
struct frame_console {
	uint64_t reads,
		writes; /* handles that the runner has been given: whence what is typed, whither what is printed */
	uint32_t rows, columns; /* from 1 */
	bool is_seen;           /* by somebody who tells where the cursor is */
};

struct frame_resize {
	uint32_t rows, columns;
};

struct frame_start {
	const char *program;   /* a whole path */
	const char *directory; /* a whole path */
	char **argv;           /* NULL-terminated; at least one */
	char **environment;    /* NULL-terminated, NAME=VALUE */
	uint64_t streams[3];   /* handles that the runner has been given; 0: none */
	uint64_t mitigations;
	bool has_console; /* one that nobody sees, of the runner's own; then not the next */
	struct frame_console console;

	/* The token: made of the runner's own. */
	bool drops_privileges, drops_administrators, is_write_restricted;
	uint32_t integrity;
	struct frame_roles restricting, denying_only, default_grants;
	struct windows_sid account; /* whom the runner has to find itself to be */
	struct windows_sid run;
	struct windows_sid *capabilities;
	size_t capability_count;
};

struct frame_return {
	struct windows_sid user;
	struct frame_place {
		const char *path;
		uint64_t device, inode; /* what stands there, or nothing is done to it */
	} * places;
	size_t place_count;
};

struct frame_clean {
	struct windows_sid user; /* who runs cordon: of his own registry nothing is removed */
	const char *profile;     /* the account's, a whole path */
};

struct frame_reach {
	uint32_t port,
		port_6; /* of 127.0.0.1 and ::1, where cordon listens; TCP, and the first for UDP too; 0: nowhere */
};

struct frame_proxy {
	struct windows_sid user; /* who runs cordon: his own settings are not changed */
	uint32_t port;           /* of 127.0.0.1, where the gate listens */
};

enum frame_way {
	WAY_CONNECT,
	WAY_CONNECT_6,
	WAY_SEND,
	WAY_LISTEN,
	WAY_COUNT,
};

struct frame_reached {
	uint32_t codes[WAY_COUNT]; /* 0: done; else what WSAGetLastError said; of a port 0: anything */
};

struct frame_started {
	uint64_t process, thread, token; /* handles of the runner's; none is 0 */
};

struct frame_failed {
	uint32_t status;  /* of enum cordon_status: NOT_FOUND, NOT_EXECUTABLE, UNSUPPORTED or OS_FAILED */
	uint32_t os_code; /* GetLastError of the runner's; 0: none */
	const char *text; /* one line of UTF-8, without control characters; at most FRAME_WORDS_MAX bytes */
};

enum { FRAME_WORDS_MAX = 400 };

/* Adds the frame. CORDON_BAD_USAGE for what a reader would refuse: too much of it, a text with a zero in it. */
CORDON_CHECKED bool frame_write_start(const struct frame_start *start, struct text *text, struct cordon_error *err);
CORDON_CHECKED bool frame_write_return(const struct frame_return *order, struct text *text, struct cordon_error *err);
CORDON_CHECKED bool frame_write_clean(const struct frame_clean *order, struct text *text, struct cordon_error *err);
CORDON_CHECKED bool frame_write_reach(const struct frame_reach *order, struct text *text, struct cordon_error *err);
CORDON_CHECKED bool frame_write_proxy(const struct frame_proxy *order, struct text *text, struct cordon_error *err);
CORDON_CHECKED bool frame_write_resize(const struct frame_resize *order, struct text *text, struct cordon_error *err);
CORDON_CHECKED bool frame_write_close(struct text *text, struct cordon_error *err);
CORDON_CHECKED bool frame_write_reached(const struct frame_reached *reached, struct text *text,
					struct cordon_error *err);
CORDON_CHECKED bool frame_write_started(const struct frame_started *started, struct text *text,
					struct cordon_error *err);
CORDON_CHECKED bool frame_write_done(struct text *text, struct cordon_error *err);
/* What is too long or not for printing is left out of the text. */
CORDON_CHECKED bool frame_write_failed(const struct cordon_error *why, struct text *text, struct cordon_error *err);

/* The frame's content, the arena's. CORDON_BAD_USAGE, with what is wrong, for all that frame_write_… does not write. */
CORDON_CHECKED bool frame_read_start(const struct frame *frame, struct arena *arena, struct frame_start *ret_start,
				     struct cordon_error *err);
CORDON_CHECKED bool frame_read_return(const struct frame *frame, struct arena *arena, struct frame_return *ret_order,
				      struct cordon_error *err);
CORDON_CHECKED bool frame_read_clean(const struct frame *frame, struct arena *arena, struct frame_clean *ret_order,
				     struct cordon_error *err);
CORDON_CHECKED bool frame_read_reach(const struct frame *frame, struct frame_reach *ret_order,
				     struct cordon_error *err);
CORDON_CHECKED bool frame_read_proxy(const struct frame *frame, struct arena *arena, struct frame_proxy *ret_order,
				     struct cordon_error *err);
CORDON_CHECKED bool frame_read_resize(const struct frame *frame, struct frame_resize *ret_order,
				      struct cordon_error *err);
CORDON_CHECKED bool frame_read_reached(const struct frame *frame, struct frame_reached *ret_reached,
				       struct cordon_error *err);
CORDON_CHECKED bool frame_read_started(const struct frame *frame, struct frame_started *ret_started,
				       struct cordon_error *err);
CORDON_CHECKED bool frame_read_failed(const struct frame *frame, struct arena *arena, struct frame_failed *ret_failed,
				      struct cordon_error *err);

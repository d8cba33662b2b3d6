/* backend/linux/observer.h: what the observer's files share. observer.c says what it is for, and what may rest on it.
 *
 *	caller.c      the process whose call waits: its memory, its paths, who it is
 *	places.c      the directories in which it names things
 *	connecting.c  connections
 *	observer.c    files; what is answered and told
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/linux/cage.h"
#include "backend/linux/kernel.h"

enum { NONE = -1, HERE = -2 }; /* no such argument; the current directory */

/* -- caller.c ------------------------------------------------------------------------------------------------------ */

enum { ARGUMENTS_SIZE = 2048, MARK_SIZE = 16 };

struct caller {
	pid_t process; /* as the host counts; while its call waits, no other has this number */
	/* Who it is, as of caller_identify. */
	char program[PATH_MAX];
	char arguments[ARGUMENTS_SIZE];
	size_t arguments_length;
	/* Random bytes that the kernel gives to each program that is executed, where they are, and whose they are. */
	pid_t marked; /* 0: nobody's */
	uint64_t mark_at;
	unsigned char mark[MARK_SIZE];
};

/* How much of its memory could be read. */
size_t caller_read(const struct caller *caller, uint64_t address, void *bytes, size_t size);
/* A string never longer than PATH_MAX. */
bool caller_read_string(const struct caller *caller, uint64_t address, char *text);
/* Makes the path absolute, in place, as the process would: `directory` is a descriptor of its own, or HERE. On failure
 * errno is ENAMETOOLONG where no path is long enough.
 */
bool caller_make_absolute(const struct caller *caller, int directory, char *path);
/* Fills in who it is: what it was executed with counts until it executes something else. */
void caller_identify(struct caller *caller);

/* -- places.c ------------------------------------------------------------------------------------------------------ */

enum { PLACES = 4 };

struct places {
	struct place {
		char path[PATH_MAX];
		size_t length; /* of path; 0: none */
		int directory; /* -1: it has to be looked up again */
		uint64_t until;
		bool was_asked, may_write; /* where cordon refuses nothing, the user could make names in it */
	} items[PLACES];
	unsigned next;
};

void places_begin(struct places *places);
void places_end(struct places *places);
/* Directories may have got other names. */
void places_forget(struct places *places);
/* The place in which the absolute path names something, if no link leads there and the name is one; else NULL.
 * *ret_name points into the path.
 */
struct place *places_find(struct places *places, const struct pathfinder *finder, const char *path,
			  const char **ret_name);
/* The same as landing_of for a name in it; false where it does not know. */
bool place_holds(const struct place *place, const char *name, bool is_name);
/* See may_write. */
bool place_may_write(struct place *place);

/* -- observer.c ---------------------------------------------------------------------------------------------------- */

enum { ATTEMPTS_MAX = 2, UNASKED = -2 };

struct attempt {
	enum act act;
	char path[PATH_MAX];
	char landing[PATH_MAX];
	const char *reason; /* see backend.h */
	bool is_new;        /* no file that is there is meant, nor what a link leads to (O_EXCL) */
};

/* The last refused act that was judged. */
struct repeated {
	pid_t process; /* 0: none */
	enum act act;
	char path[PATH_MAX]; /* its landing too */
};

struct observer {
	int listener;
	int diagnosis;            /* see struct inside */
	int outside;              /* the same of this process' namespace; -1: the kernel cannot be asked; UNASKED */
	struct pathfinder finder; /* its root is -1 until a process of the command was seen */
	const struct plan *plan;
	struct gate *gate; /* where the network is filtered */
	bool refuses_attributes;
	bool reports;
	struct seccomp_notif call;
	struct caller caller;
	struct places places;
	struct attempt attempts[ATTEMPTS_MAX];
	int count, taken;
	int answer;              /* errno; 0: the call goes on */
	char notes[4][PATH_MAX]; /* see plan.h */
	int note_count, notes_taken;
	char moves[2][PATH_MAX]; /* of a rename in writable places */
	int move_count;
	bool is_directory_moved;
	struct repeated last;
	bool is_repeat; /* this call: nothing but its number is new */
};

bool observer_open_root(struct observer *observer);

/* -- connecting.c -------------------------------------------------------------------------------------------------- */

/* True when the call is one of those that connect, send or bind, and was looked at. */
bool observer_look_at_connection(struct observer *observer);

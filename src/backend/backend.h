/* backend/backend.h: the one interface behind which an operating system confines.
 *
 *	prove                         tries the plan's means live, where the system's word is not enough (Windows)
 *	assess                        for each guarantee that the plan asks for: enforced, partial or absent, and why
 *	trust                         whether the plan may be carried out at all, whatever is accepted
 *	begin -> probe -> start -> next_event (until CAGE_ENDED or CAGE_NOT_STARTED) -> discard
 *
 * The build links exactly one `backend_native`; tests may link another. A backend only carries a plan out: what it
 * cannot do it says in assess or fails; it never does less in silence.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/host.h"
#include "base/error.h"
#include "base/guarantee.h"
#include "base/text.h"
#include "policy/plan.h"

struct abilities; /* each backend's own; probed once, read by assess and start */
struct cage;      /* one run's confinement */

struct assessment {
	enum level level;
	char why[240];      /* what is missing, for PARTIAL and ABSENT; else what enforces it, in a few words */
	char cause[160];    /* what of the host is to blame, the same for all rows that it lowers; may be empty */
	const char *remedy; /* static: the command that would mend the cause; NULL: none is known */
};

/* What the caller hands over beside the command itself. */
struct handover {
	int streams[3]; /* what becomes 0, 1, 2. Windows: handles, which fit in 32 bits; 0, 1, 2 are the caller's own */
	const int *passed; /* further descriptors that pass under their own numbers */
	size_t passed_count;
	bool observe;         /* report refused acts (CAGE_DENIED); else none are seen */
	bool explain;         /* …of reading as well, at whatever cost */
	bool keep_background; /* what the command leaves running is waited for, not killed */
	/* Called once when every process of a tree that had started is dead: by discard; or, where the caller's process
	 * was killed, by a fork of it, the heir, in which only async-signal-safe functions work.
	 */
	void (*settle)(void *context, bool is_heir);
	void *context;
	/* For begin: where an earlier run in the workspace would have kept layers over the user's caches, and the
	 * directory that these would be in; NULL: not known.
	 */
	const char *caches, *home;

	/* Streams that are a terminal of the command's own: 1 << 0, 1 << 1, 1 << 2. What `streams` has there is
	 * borrowed for its settings and size only; -1 is fine.
	 */
	unsigned terminal;
	uint16_t rows, columns; /* 0: as there, else 24 and 80 */
	bool in_background;     /* the command has to be brought to the terminal's foreground */
	bool counts_terminal; /* the caller tells what it reads there (count_output); else a limit on output is refused */
};

enum cage_event_kind {
	CAGE_NOTHING,     /* the time ran out */
	CAGE_LET_ON,      /* an act was looked at, of which there is nothing to say; the next one may follow at once */
	CAGE_STARTED,     /* the command's image runs */
	CAGE_NOT_STARTED, /* error says why: CORDON_NOT_FOUND, CORDON_NOT_EXECUTABLE, or what failed in the set-up */
	CAGE_DENIED,
	CAGE_CACHE_BARE, /* a layer began empty: this host cannot lay it over the user's own, or keep it; cover says which */
	CAGE_MOVED,      /* a directory is being renamed in a writable place: `moved_from` to `noted`, or exchanged */
	CAGE_NOTED, /* something of a name that the plan has noted is being made, or a part of a git directory that git
			  * would execute is being changed; `noted` says where */
	CAGE_COVER_LOST, /* a cover was taken away by the host; cover says which */
	CAGE_GATE_LOST,  /* the gate is gone; nothing can be reached any more */
	CAGE_LIMIT,      /* more was used than `limit` allows. The tree is being killed */
	CAGE_ENDED,      /* every process of the tree is dead; exit says how the command ended */
};

enum act { ACT_WRITE, ACT_CREATE, ACT_DELETE, ACT_RENAME, ACT_ATTRIBUTES, ACT_CONNECT, ACT_READ };

/* What a tree used. What is not known is 0 and said so. */
struct cage_usage {
	uint64_t cpu_ms;
	uint64_t memory_peak; /* bytes */
	bool is_memory_whole; /* of the whole tree; else of its largest process */
	bool has_processes, has_disk, has_output, has_network;
	uint64_t processes_peak; /* tasks at once */
	uint64_t disk_bytes;     /* kept under the writable roots */
	uint64_t output_bytes;
	uint64_t net_bytes_in, net_bytes_out; /* through the gate */
};

/* What went through the gate. */
struct cage_traffic {
	uint64_t connections, queries, refused; /* those to hosts; of names; of either */
	size_t host_count;
	struct cage_host {
		char name[HOST_NAME_SIZE + 8]; /* with the port; empty: all for which there was no room */
		bool is_inward;                /* clients outside, a server inside */
		uint64_t connections, bytes_in, bytes_out;
	} hosts[];
};

struct cage_event {
	enum cage_event_kind kind;
	struct cordon_error error; /* NOT_STARTED */
	bool is_observed;          /* STARTED: refused acts are reported; false also where the host cannot */
	enum limit limit;          /* LIMIT */
	const char *noted;         /* NOTED: where it lands; borrowed until the next event */
	const char *moved_from;    /* MOVED: the same */
	struct {
		const char *path; /* belongs to the plan */
		bool is_mended;   /* it stands again, or nothing has the name; else the tree is being killed */
		/* Of a directory that was empty when it was covered: what it holds later, nobody inside has made. Else
		 * 0.
		 */
		uint64_t device, inode;
	} cover;
	struct {
		enum act act;
		int64_t pid;         /* as the host numbers it */
		const char *path;    /* as asked, made absolute; borrowed until the next event */
		const char *landing; /* where it lands as far as the observer could tell */
		const char *program; /* the executable's path; may be empty */
		/* argv as the process shows it: strings one behind the other, maybe cut off; what it says may be made
		 * up
		 */
		const char *arguments;
		size_t arguments_length;
		/* Why, where the policy does not say it (a host that is allowed as such; a socket in the file system,
		 * whose path is the landing; a file that gets another name); static; or NULL
		 */
		const char *reason;
	} denied;
	struct {
		bool by_signal;
		int code; /* exit status or signal number */
		struct cage_usage usage;
		struct cage_traffic *traffic; /* NULL unless the network is filtered; the caller's to free() */
	} exit;
};

enum verified_how {
	VERIFIED_HELD,
	VERIFIED_UNTRIED,
	VERIFIED_LOOSE,  /* it was done, which leaves the guarantee partial: a policy may accept that */
	VERIFIED_OPEN,   /* it was done, or nobody can say that it was not: no run starts */
	VERIFIED_BROKEN, /* what has to work does not: the same */
};

/* What was tried of what a plan rests on, and what became of it. */
struct verified {
	const char *act;          /* static */
	enum guarantee guarantee; /* GUARANTEE_COUNT: of none, but of all that runs */
	enum verified_how how;
	char why[240]; /* may be empty */
};
struct verified_list {
	struct verified *items;
	size_t count, room;
};

enum swept_kind { SWEPT_ASIDE, SWEPT_CACHES };

/* What was swept; the strings are the caller's to free. */
struct swept_item {
	enum swept_kind kind;
	char *path;
	char *workspace; /* CACHES: whose they were; or NULL */
};
struct swept {
	bool has_control_groups; /* such a system */
	unsigned control_groups;
	bool has_probes; /* such a system */
	unsigned probes; /* that were killed */
	unsigned failed; /* of all of them: they are there still, or a part of them */
	struct {
		struct swept_item *items;
		size_t count, room;
	} list;
};

/* What the administrator asks of the one-time step. */
struct setup_wish {
	bool is_removal, is_trial;
	unsigned accounts;        /* of each kind; 0: as there are, else the backend's own number */
	const char *const *users; /* names or SIDs of whose runs use it, NULL-terminated; NULL or none: who asks */
};

struct backend_ops {
	const char *name;

	/* What this host can do, as the cage has found it: waits until begin's work is done. Once, right after begin,
	 * whose descriptors it may take again. Without a cage (NULL) one is begun and given up for it. The caller frees
	 * *ret_abilities with free().
	 */
	bool (*probe)(struct cage *cage, struct abilities **ret_abilities, struct cordon_error *err);

	/* May be NULL. Tries what the plan rests on, and notes it in the abilities, for assess and trust; nothing of it
	 * outlasts the call. Fails where that says nothing of the host.
	 */
	bool (*prove)(const struct plan *plan, struct abilities *abilities, struct cordon_error *err);

	/* May be NULL. The same, afresh, and tells of each act; what was believed of this host before, is not any more. */
	bool (*verify)(const struct plan *plan, struct verified_list *list, struct cordon_error *err);

	/* Fills one row for each guarantee that the plan asks for; others become LEVEL_UNASKED. */
	void (*assess)(const struct plan *plan, const struct abilities *abilities,
		       struct assessment ret_rows[GUARANTEE_COUNT]);

	/* May be NULL. False where the host is not to be trusted with the plan, even without the guarantees that it
	 * accepts to miss: *err names each thing that did not hold.
	 */
	bool (*trust)(const struct plan *plan, const struct abilities *abilities, struct cordon_error *err);

	/* Whether this host can lay a cache's layer over the user's own, tried in a directory that may be made and is
	 * gone afterwards; *err says why not. NULL where there are no layers.
	 */
	bool (*try_layer)(const char *path, struct cordon_error *err);

	/* Takes the descriptors, as they are now, and begins with what needs no plan, beside the planning. What the
	 * host refuses is told of by probe and assess.
	 */
	bool (*begin)(const struct handover *handover, struct cage **ret_cage, struct cordon_error *err);

	/* Confines and starts the command: argv is NULL-terminated, argv[0] looked up in the plan's PATH inside the
	 * view unless it has a '/'. The plan and the abilities are borrowed until discard. What only a preset asks for
	 * and cannot be had after all is taken out of the abilities, for assess to say so. Once.
	 */
	bool (*start)(struct cage *cage, const struct plan *plan, struct abilities *abilities, char *const *argv,
		      struct cordon_error *err);

	/* A descriptor (Linux) or handle (Windows) that is ready when next_event has something; -1 where there is none.
	 */
	int (*waitable)(const struct cage *cage);

	/* Waits up to timeout_ms (-1: for ever) for what happens next. */
	bool (*next_event)(struct cage *cage, int timeout_ms, struct cage_event *ret_event, struct cordon_error *err);

	/* Passes a signal on to the command's process group; a changed window (SIGWINCH) to what is in the foreground
	 * of its terminal.
	 */
	void (*signal)(struct cage *cage, int signal);

	/* Asks the command to end, as the system does it (SIGTERM; a stopped one is woken). */
	void (*ask)(struct cage *cage);

	/* The next seven are NULL in a backend without terminals, whose begin refuses `handover.terminal`, or where
	 * there is no such thing.
	 *
	 * The other side of the command's terminal, from CAGE_STARTED on, once: the caller's from then on. Else -1. */
	int (*take_terminal)(struct cage *cage);

	/* Windows: where to write what is typed, which is another handle there. The same holds. */
	int (*take_keyboard)(struct cage *cage);

	/* Windows: the terminal's size is another. */
	void (*resize)(struct cage *cage, uint16_t rows, uint16_t columns);

	/* So many bytes were read there: how many of them limits.output lets go on. 0: nothing was there to read; with
	 * a limit on output and a terminal CAGE_ENDED waits to be told that.
	 */
	uint64_t (*count_output)(struct cage *cage, uint64_t bytes);

	/* The signal that has stopped the command, while it has a terminal; 0: it is not stopped. */
	int (*stopped)(const struct cage *cage);

	/* Stops every process of the tree until it is told to go on, by the signal or by foreground. */
	void (*pause)(struct cage *cage);

	/* Brings the command's process group to the foreground of its terminal and lets it go on. */
	void (*foreground)(struct cage *cage);

	/* Kills the whole tree; CAGE_ENDED follows. */
	void (*end)(struct cage *cage);

	/* Whatever is still alive is killed and reaped; what the cage made on the host is removed. NULL and half-built
	 * cages are fine. */
	void (*discard)(struct cage *cage);

	/* Removes what callers that were killed have left on this host, and what lies in cordon's state for long;
	 * *swept is empty before. With `is_trial` it only says what it would. NULL: nothing is ever left.
	 */
	bool (*sweep)(const char *state, bool is_trial, struct swept *swept, struct cordon_error *err);

	/* Undoes what runs have left on files at or below the landing path, NULL: everywhere; how many objects that
	 * were. NULL: nothing is ever left there.
	 */
	bool (*forget)(const char *state, const char *path, size_t *ret_count, struct cordon_error *err);

	/* The administrator's one-time step, or its undoing; a line for each thing that was changed, or with is_trial would
	 * be. *ret_is_needed: there is something to do here at all. Where it fails the host is as before, or *err says what is left. NULL: this system needs none.
	 */
	bool (*setup)(const struct setup_wish *wish, struct text *ret_changes, bool *ret_is_needed,
		      struct cordon_error *err);

	/* Whether that is done, and for whoever asks; else *err says what to do. NULL where other rows say it. */
	bool (*is_set_up)(struct cordon_error *err);
};

extern const struct backend_ops backend_native; /* defined by exactly one folder */

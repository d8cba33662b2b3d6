/* run/state.h: what a run is, for the files of src/run. */
#pragma once

#include <jansson.h>

#include "backend/backend.h"
#include "run/denial.h"
#include "run/run.h"
#include "run/survey.h"

enum { RUN_ID_SIZE = 27, LOST_COVERS_MAX = 32 };

enum stage {
	STAGE_PLANNED,
	STAGE_STARTING, /* started, and the command's image does not run yet */
	STAGE_RUNNING,
	STAGE_OVER,
};

enum outcome {
	OUTCOME_EXITED,
	OUTCOME_SIGNALED,
	OUTCOME_WALL_TIME,
	OUTCOME_CPU_TIME,
	OUTCOME_MEMORY,
	OUTCOME_PROCESSES,
	OUTCOME_DISK,
	OUTCOME_OUTPUT,
	OUTCOME_REFUSED,
};

struct lost_cover {
	char *path; /* fit to be shown */
	uint64_t count;
};

/* What appeared under a protected name that nothing held, or what git would execute of a repository that the command
 * made.
 */
struct aside {
	char *path;
	const struct rule *rule; /* NULL: none */
	char *place;             /* where it is now; NULL: it could not be moved, and error says why */
	struct cordon_error error;
};

/* status.c: a ring of lines. */
enum { EVENTS_MAX = 256 };
struct events {
	char *lines[EVENTS_MAX];
	unsigned first, count;
	uint64_t dropped;
};

struct run {
	char id[RUN_ID_SIZE];
	struct surveyed surveyed;
	char *state; /* where cordon's own state lands, from before the command could lay a link there */
	struct plan *plan;
	bool is_look; /* only to look at: nothing assessed, not startable */
	struct run_options options;
	int *passed; /* what options.passed points to */

	struct abilities *abilities;
	struct assessment rows[GUARANTEE_COUNT];
	struct cage *cage;
	enum stage stage;
	bool was_started;
	bool is_gate_lost;
	bool is_observed; /* refused acts are seen */
	bool has_more; /* the last step left with something told: more may lie ready, of which the waitable knows nothing */
	uint64_t started_ms; /* os_clock */
	uint64_t began_ms;   /* os_time */
	char **arguments;    /* the command's, redacted and fit to be shown, NULL-terminated */
	uint64_t wall_ms;    /* how long it took, once over */

	enum outcome outcome; /* once over */
	int exit_code, signal_number;
	bool is_timed_out; /* asked to end; kill_ms: when it is made to (os_clock) */
	bool is_killed;
	uint64_t kill_ms;
	bool is_over_limit; /* …and killed for it */
	enum limit limit;
	struct cage_usage usage;
	struct cage_traffic *traffic; /* NULL: the network was not filtered */
	struct cordon_error refusal;  /* OUTCOME_REFUSED */

	struct events events;
	struct denials denials;
	struct lost_cover lost_covers[LOST_COVERS_MAX];
	unsigned lost_cover_count;
	const char *fatal_cover; /* the plan's path of the one for which the tree was ended; NULL: none */
	struct foreign_list {
		struct foreign {
			const char *path; /* the plan's */
			uint64_t device, inode;
		} * items;
		size_t count, room;
	} foreign; /* what appeared under unheld names and others than the command have filled */
	struct made_list {
		char **items;
		size_t count, room;
	} made;             /* where the command has made what the plan notes */
	bool has_made_more; /* …than are kept: the tree was ended for it */
	struct aside_list {
		struct aside *items;
		size_t count, room;
	} asides;
};

/* report.c: the report, NULL with *err; one denial of it, NULL when memory is short; and what `cordon run` exits with.
 */
json_t *report_describe(struct run *run, struct cordon_error *err);
json_t *report_denial(const struct denial *denial);
const char *report_outcome(const struct run *run); /* "exited"; NULL while it lasts */

/* status.c: takes `event`, a JSON object or NULL. */
void run_tell(struct run *run, json_t *event, bool is_end);
void events_free(struct events *events);

/* identity.c: 26 characters that sort by time: 48 bits of milliseconds and 80 of chance, in Crockford's base 32. */
CORDON_CHECKED bool identity_make(char id[RUN_ID_SIZE], struct cordon_error *err);

/* assess.c: asks the backend what the cage can give of the plan (NULL: what the host can); what it says nothing about
 * is absent.
 */
CORDON_CHECKED bool run_assess(const struct plan *plan, struct cage *cage, struct abilities **ret_abilities,
			       struct assessment ret_rows[GUARANTEE_COUNT], struct cordon_error *err);
/* The rows again, of abilities that have become less. */
void run_rate(const struct plan *plan, const struct abilities *abilities, struct assessment ret_rows[GUARANTEE_COUNT]);
/* False, naming every guarantee that is less than the plan accepts. */
CORDON_CHECKED bool run_accept(const struct plan *plan, const struct assessment rows[GUARANTEE_COUNT],
			       struct cordon_error *err);

/* aside.c: notes what the backend told of an unheld name: see backend.h. Memory that is short makes it the command's.
 */
void run_note_cover(struct run *run, const struct cage_event *event);
void run_note_made(struct run *run, const char *path);
/* What was noted below one of them may be below the other now. */
void run_note_moved(struct run *run, const char *from, const char *to);
/* When the tree is dead: moves away what appeared under the plan's unheld names, and disarms the repositories that the
 * command has made. What cannot be moved is in the list with its error. The heir of a supervisor that was killed
 * disarms nothing, keeps no list, and calls nothing that is not async-signal-safe.
 */
void run_set_aside(struct run *run, bool is_heir);
void asides_free(struct aside_list *asides);
/* Appends a line for people; nothing when nothing appeared. */
void asides_explain(const struct run *run, struct text *text);

/* explain_host.c: does it name a host, as HOST:PORT, and no file that is there? What the policy says of it, as
 * run_explain.
 */
bool explain_is_host(const char *name);
CORDON_CHECKED bool explain_host(const struct policy *policy, const char *name, struct text *text,
				 struct cordon_error *err);

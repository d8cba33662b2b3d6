/* backend/windows/cage.h: what the files of this folder share.
 *
 *	identities.c   the values behind the plan's SID roles, and the token made of them
 *	job.c          the job, read back
 *	launch.c       one process: suspended, in its job, with exactly its handles
 *	console.c      a console of the run's own, over a pseudoconsole (pseudo.c, where a test has another)
 *	flow.c         bytes on their way, counted; pure
 *	output.c       what passes output on, where it is counted
 *	passed.c       which handles may be passed
 *	runner.h       the command started as another account: runner.c and what belongs to it
 *	supervisor.c   who watches the job while it runs
 *	gate.h         the gate of a filtered network
 *	watcher.c      who hears that a protected file was saved by rename
 *	ownership.c    what the account made becomes the user's; pure over a store
 *	returning.c    that, of one run
 *	run.c          one run: its steps in their order, and their undoing
 *	framing.c      what goes through the pipe between cordon and its runner; pure
 *	compose.c      what becomes of one descriptor; pure
 *	descriptors.c  the plan's descriptors, put on and taken off, with a journal (journal.c), in the parts that
 *	               descriptors_parts.h names; pure over a store
 *	store.c        the store: the host's files, by handle
 *	roots.c        capabilities and descriptors of one run
 *	package.c      one run's AppContainer profile, made and removed; pure over a table
 *	profiles.c     the table: the host's profiles, and notes of them
 *	operations.c   where a test makes a step fail
 *	prober_acts.h  what tries the acts of trial.h; a program of its own
 *	staging.c      what the prober acts on
 *	probe_plan.c   what is granted there, and the tiers' tokens; pure
 *	rounds.c       the order of a probe, and what is trusted for what it found; pure over a table
 *	probe.c        runs the prober outside and inside a tier
 *	kept.c         what it found, kept while nothing it rests on changes; pure over a table
 *	proved.c       the table, and what it rests on
 *	sweep.c        what lies there for long goes
 *	backend.c      the interface
 */
#pragma once

#include "os/windows/windows.h"

#include "backend/backend.h"
#include "backend/windows/descriptors.h"
#include "backend/windows/kept.h"
#include "backend/windows/package.h"
#include "backend/windows/trial.h"
#include "base/arena.h"
#include "policy/plan_windows.h"

/* -- identities.c ------------------------------------------------------------------------------------------------- */

/* By role; capabilities by root. A role that the tier does not have is NULL. All memory is the arena's. */
struct identities {
	PSID roles[SID_ROLE_COUNT];
	PSID *capabilities;
	size_t capability_count;
	struct arena arena;
};

/* Values for a run of this user's: random ones for the run and each capability. */
CORDON_CHECKED bool identities_make(size_t capability_count, struct identities *ret_identities,
				    struct cordon_error *err);
void identities_free(struct identities *identities); /* also a CORDON_ON_EXIT release */

/* What the plan's role stands for; NULL where there is nothing. */
PSID identities_find(const struct identities *identities, struct sid sid);

/* Makes the SID the package's role; false when memory is short. */
CORDON_CHECKED bool identities_keep_package(struct identities *identities, PSID sid);

/* What a process of the package is to have: SID_PACKAGE and the capabilities of those names, the identities'. */
CORDON_CHECKED bool package_describe(const char *const *capabilities, struct identities *identities,
				     SECURITY_CAPABILITIES *ret_package, struct cordon_error *err);
/* Is the process in the package, with those capabilities and no other, at low integrity and without privileges? False
 * says in *ret_why (static) what is missing.
 */
bool package_holds(HANDLE process, const SECURITY_CAPABILITIES *package, const char **ret_why);

/* Takes over what "S-1-…" says as the role's. */
CORDON_CHECKED bool identities_add(struct identities *identities, enum sid_role role, const char *sid,
				   struct cordon_error *err);
/* Whose the token is, and its logon session's (left alone where it has none), in the identities' memory. */
CORDON_CHECKED bool identities_of_token(struct identities *identities, HANDLE token, PSID *ret_user, PSID *ret_logon,
					struct cordon_error *err);

/* A protected descriptor that gives all to those of the list and to `also` (NULL: nobody else), and carries the level
 * (0: none), for this object and what is made in it. The arena's.
 */
CORDON_CHECKED bool identities_describe(const struct identities *identities, PSID also, const struct sid_list *list,
					uint32_t level, struct arena *arena, const uint8_t **ret_bytes,
					struct cordon_error *err);

/* The token of the recipe, made from this process's own. Of a container's it is the one that the package's is made of
 * when the process starts. The system may have said yes and done nothing: who uses it
 * asks token_holds first.
 */
CORDON_CHECKED bool token_make(const struct windows_token *recipe, const struct identities *identities,
			       HANDLE *ret_token, struct cordon_error *err);
/* Has the token what the recipe says? False says in *ret_why (static) what is missing. */
bool token_holds(HANDLE token, const struct windows_token *recipe, const struct identities *identities,
		 const char **ret_why);

/* -- job.c --------------------------------------------------------------------------------------------------------- */

/* A job that dies with its last handle, out of which nothing breaks, with the plan's limits. What does not read back as
 * it was set is named in *ret_missing (static; NULL: nothing): some systems take limits and do not keep them.
 */
CORDON_CHECKED bool job_make(const struct windows_job *limits, HANDLE *ret_job, const char **ret_missing,
			     struct cordon_error *err);

/* Waits until no process of the job is left, at most timeout_ms. */
CORDON_CHECKED bool job_await(HANDLE job, DWORD timeout_ms, struct cordon_error *err);
/* Ends every one, and waits so. */
CORDON_CHECKED bool job_end(HANDLE job, DWORD timeout_ms, struct cordon_error *err);

/* -- launch.c ------------------------------------------------------------------------------------------------------ */

struct launch {
	const char *program;            /* a whole path */
	char *const *argv;              /* argv[0] is not used */
	const char *directory;          /* NULL: this process's own */
	char *const *environment;       /* NULL: this process's own */
	HANDLE streams[3];              /* what becomes 0, 1, 2; NULL: none */
	HANDLE token;                   /* NULL: this process's own */
	HANDLE job;                     /* NULL: the one that this process is in */
	PSECURITY_CAPABILITIES package; /* NULL: none */
	bool has_own_console;           /* one without a window */
	const WCHAR *desktop;           /* station\\name; NULL: this process's own */
	uint64_t mitigations;           /* PROCESS_CREATION_MITIGATION_POLICY_…; 0: none */
	void *console;                  /* a pseudoconsole (pseudo.h): a stream that is NULL is that console; or NULL */
	bool has_console;               /* shares this process's console; else, and without `console`, it has none */
	const int *passed;              /* handles that may be inherited, as passed_check has found */
	size_t passed_count;
};

/* Starts the process suspended, in the job and with no handle but these; ResumeThread lets it go. Errors:
 * CORDON_NOT_FOUND, CORDON_NOT_EXECUTABLE (also for batch files), CORDON_OS_FAILED.
 */
CORDON_CHECKED bool launch_start(const struct launch *launch, PROCESS_INFORMATION *ret_process,
				 struct cordon_error *err);

/* The file that the command name means: the first of its candidates (base/windows_command.h) that is a file. malloc'ed.
 */
CORDON_CHECKED bool launch_find(const char *name, const char *directory, char *const *environment, char **ret_program,
				struct cordon_error *err);

/* -- passed.c ------------------------------------------------------------------------------------------------------ */

/* Each is open, can be inherited, and leads to nothing but bytes and signals. CORDON_BAD_USAGE. */
CORDON_CHECKED bool passed_check(const int *numbers, size_t count, struct cordon_error *err);
/* To a process that has not run and is no child of this one: each under its own number, inheritable as it is here.
 * CORDON_UNSUPPORTED where such a number cannot be had.
 */
CORDON_CHECKED bool passed_give(HANDLE process, const int *numbers, size_t count, struct cordon_error *err);

/* -- supervisor.c -------------------------------------------------------------------------------------------------- */

struct output;

/* All of it is borrowed until supervisor_join, as the plan's limits are. */
struct supervised {
	HANDLE job, process;
	struct output *output;              /* NULL: output passes straight */
	const struct limit_setting *limits; /* LIMIT_COUNT of them */
	bool keep_background;
};

struct supervision {
	bool is_over;       /* nothing of the tree lives, and the rest is final */
	bool is_over_limit; /* `limit` ended it */
	enum limit limit;
	bool was_ended; /* the command did not end by itself */
	DWORD status;   /* of the command, all 32 bits */
	struct cage_usage usage;
};

struct supervisor;

/* Before there is a process in the job, so that none of the job's messages is missed. The event `ready` is set while
 * there is something that supervisor_look has not told yet.
 */
CORDON_CHECKED bool supervisor_new(HANDLE job, HANDLE ready, struct supervisor **ret_supervisor,
				   struct cordon_error *err);
CORDON_CHECKED bool supervisor_start(struct supervisor *supervisor, const struct supervised *supervised,
				     struct cordon_error *err);
struct supervision supervisor_look(struct supervisor *supervisor);
void supervisor_end(struct supervisor *supervisor); /* ends the whole tree; is_over follows */
/* On any thread: more was used than that limit allows; has it look again. */
void supervisor_exceed(struct supervisor *supervisor, enum limit limit);
void supervisor_wake(struct supervisor *supervisor);
void supervisor_join(struct supervisor *supervisor);               /* ends the tree and its own thread; NULL is fine */
struct supervisor *supervisor_free(struct supervisor *supervisor); /* NULL is fine; returns NULL */
void supervisor_free_at(struct supervisor **supervisor);

/* -- store.c ------------------------------------------------------------------------------------------------------- */

struct windows_store;

/* In cordon's state, which is made. */
CORDON_CHECKED bool windows_store_open(const char *state, struct windows_store **ret_store, struct cordon_error *err);
/* Files alone, without a journal: those operations are NULL. */
struct store windows_store_files(void);
struct store *windows_store_operations(struct windows_store *store);
struct windows_store *windows_store_close(struct windows_store *store); /* NULL is fine; returns NULL */
void windows_store_close_at(struct windows_store **store);

/* begin, then use or end; use, then leave. Between begin and what follows no other cordon of this user changes
 * descriptors, and none begins to use any; *ret_is_alone: nor does any use them now.
 */
CORDON_CHECKED bool windows_store_begin(struct windows_store *store, bool *ret_is_alone, struct cordon_error *err);
CORDON_CHECKED bool windows_store_use(struct windows_store *store, struct cordon_error *err);
void windows_store_leave(struct windows_store *store);
void windows_store_end(struct windows_store *store);

/* -- roots.c ------------------------------------------------------------------------------------------------------- */

struct roots;

/* Gives each root's capability the value that it had before, and keeps a new root's. The identities and the plan's policy
 * are borrowed until roots_free.
 */
CORDON_CHECKED bool roots_new(const struct plan *plan, struct identities *identities, struct roots **ret_roots,
			      struct cordon_error *err);
/* The plan's descriptors are on its files from here until roots_free, and no other run changes them. */
CORDON_CHECKED bool roots_open(struct roots *roots, const struct plan_windows *windows, struct cordon_error *err);
/* Between the two: what was saved by rename is protected again (descriptors_mend). From any thread, one at a time. */
CORDON_CHECKED bool roots_mend(struct roots *roots, const struct plan_windows *windows,
			       void (*mended)(void *context, size_t object), void *context, struct cordon_error *err);
/* Not while a run goes on: CORDON_UNSUPPORTED. */
CORDON_CHECKED bool roots_forget(const char *state, const char *path, size_t *ret_count, struct cordon_error *err);
struct roots *roots_free(struct roots *roots); /* NULL is fine; returns NULL */
void roots_free_at(struct roots **roots);

/* -- watcher.c ----------------------------------------------------------------------------------------------------- */

/* Called by the watcher's own thread. */
struct watched {
	void (*changed)(void *context); /* something happened in a folder of watched files */
	void (*lost)(void *context);    /* a folder cannot be watched any more; the last that is heard */
	void *context;
};

struct watcher;

/* From here until watcher_free changes beside the plan's watched files are told of, if late or once too often. */
CORDON_CHECKED bool watcher_new(const struct plan_windows *windows, const struct watched *watched,
				struct watcher **ret_watcher, struct cordon_error *err);
struct watcher *watcher_free(struct watcher *watcher); /* NULL is fine; returns NULL */
void watcher_free_at(struct watcher **watcher);

/* -- profiles.c ---------------------------------------------------------------------------------------------------- */

/* The plan's package: its name, and its identity as the role of the identities. Nothing is made. CORDON_UNSUPPORTED:
 * this system has no AppContainers.
 */
CORDON_CHECKED bool package_find(const struct plan *plan, char ret_name[PACKAGE_NAME_SIZE],
				 struct identities *identities, struct cordon_error *err);
/* The identity of a package of that name, as the role. */
CORDON_CHECKED bool package_derive(const char *name, struct identities *identities, struct cordon_error *err);
/* Where a package that has a profile may write; malloc'ed. */
CORDON_CHECKED bool package_folder(PSID sid, char **ret_folder, struct cordon_error *err);
/* With notes in cordon's state. */
CORDON_CHECKED bool profiles_open(const char *state, struct packages **ret_packages, struct cordon_error *err);
struct packages *profiles_free(struct packages *packages); /* NULL is fine; returns NULL */

/* -- run.c --------------------------------------------------------------------------------------------------------- */

struct cage {
	struct handover handover;
	const struct plan *plan; /* borrowed */
	char *const *argv;       /* borrowed during start */
	struct identities identities;
	HANDLE ready; /* set while next_event has something */
	struct roots *roots;
	char package_name[PACKAGE_NAME_SIZE];
	struct packages *packages;
	struct package_claim *package_claim;
	char *package_folder;
	SECURITY_CAPABILITIES package;
	HANDLE token;
	HANDLE job;               /* of the command and what it starts; in the account tier, within the runner's */
	struct gate *gate;        /* of a filtered network in the account tier; gate.h */
	uint16_t gate_port;       /* the account's; 0: any */
	const char *gate_account; /* its SID; NULL: not known */
	struct account *account;  /* these two in the account tier only */
	struct runner *runner;
	struct returning *returning;
	struct supervisor *supervisor;
	struct output *output;   /* NULL: it is not counted */
	struct console *console; /* NULL: the caller's is shared, or there is none */
	HANDLE streams[3];       /* for the command, borrowed; NULL: none, or the console */
	bool was_terminal_taken;
	bool is_terminal_over; /* atomic, as the next */
	uint64_t counted_ms;   /* when something of the terminal's was last counted */
	HANDLE patience;       /* a timer, while the terminal's last is awaited */
	char *temp;
	char **environment;
	HDESK desktop;
	WCHAR desktop_name[192];
	PROCESS_INFORMATION process;
	struct watcher *watcher;
	SRWLOCK mending;     /* over the next two, which the watcher's thread writes */
	bool *mended;        /* by the plan's objects: to be told */
	bool is_unprotected; /* one could not be protected again: the run ends */
	bool is_running;     /* every step was taken */
	bool was_started_told, was_limit_told, was_gate_lost_told, was_unprotected_told;
	bool has_failed; /* `failure` says why nothing was started, and is to be told */
	struct cordon_error failure;
};

/* Takes the steps; what an earlier one made is cage_empty's. */
CORDON_CHECKED bool cage_start(struct cage *cage, struct cordon_error *err);
/* Ends what lives, and removes what was made. Half-made is fine. */
void cage_empty(struct cage *cage);

/* -- operations.c -------------------------------------------------------------------------------------------------- */

/* Called before each step of a run. */
CORDON_CHECKED bool operation_begins(const char *name, struct cordon_error *err);

/* -- probe.c ------------------------------------------------------------------------------------------------------- */

/* Tries the plan's tier on this host, in a folder of cordon's own that is removed again. What can be tried is, also
 * where the tier cannot be had. Fails only for what says nothing of the host (memory, a missing program).
 */
CORDON_CHECKED bool probe_tier(const struct plan *plan, struct probing *ret_probing, struct cordon_error *err);

/* The same with nothing that confines: what must fail has to be found done, or the probe itself is no good. Of every
 * tier's trials, but none that leaves the host. For tests.
 */
CORDON_CHECKED bool probe_unconfined(const struct plan *plan, struct probing *ret_probing, struct cordon_error *err);

/* The part that is about the plan's own limits: what its job does not keep is added to why. Of probe_tier; for a finding
 * that was kept.
 */
void probe_job(const struct plan *plan, struct probing *probing);

/* -- proved.c ------------------------------------------------------------------------------------------------------ */

/* As probe_tier, or what was kept of it (kept.h); with `is_afresh` nothing that was kept is believed, now or later. */
CORDON_CHECKED bool proved_tier(const struct plan *plan, bool is_afresh, struct probing *ret_probing,
				struct cordon_error *err);

/* The name of the prober, beside the program; NULL: the program is one itself. */
extern const WCHAR *probe_program;

/* -- sweep.c ------------------------------------------------------------------------------------------------------- */

CORDON_CHECKED bool windows_sweep(const char *state, bool is_trial, struct swept *swept, struct cordon_error *err);

struct abilities {
	struct probing probing;
};

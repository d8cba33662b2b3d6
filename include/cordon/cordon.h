/* cordon/cordon.h: run a command that somebody else wrote, with exactly what a policy grants.
 *
 *	cordon_policy_new
 *	cordon_policy_load, cordon_policy_set        what is granted
 *	cordon_run_new                               the plan for this host; refuses what cannot be enforced
 *	cordon_run_start
 *	cordon_run_wait, or cordon_run_waitable with cordon_run_step in a loop of one's own
 *	cordon_run_report
 *	cordon_run_free, cordon_policy_free
 *
 * Every function that can fail returns 1 for success and 0 for failure, and then has filled *err (cordon/error.h).
 * Strings are UTF-8 on Windows and bytes on Linux, NUL-terminated. Text that a function returns belongs to the handle
 * it came from and lives until the next call with that handle. Handles may be used from any thread, one at a time each.
 * A NULL handle or NULL place for a result is CORDON_BAD_USAGE; a function without err then answers NULL, 0 or -1.
 * The library leaves signal handlers, SIGCHLD, the umask and the current directory alone, and prints nothing.
 */
#ifndef CORDON_CORDON_H
#define CORDON_CORDON_H

#include <stddef.h>
#include <stdint.h>

#include "cordon/error.h"

#if defined(_WIN32) && defined(CORDON_SHARED)
#define CORDON_API __declspec(dllimport)
#elif defined(__GNUC__)
#define CORDON_API __attribute__((visibility("default")))
#else
#define CORDON_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define CORDON_VERSION "0.1.0"

/* The version of the library in use, as CORDON_VERSION; static. */
CORDON_API const char *cordon_version(void);

/* -- what is granted ------------------------------------------------------------------------------------------ */

struct cordon_policy;

/* A policy with nothing in it yet. The caller frees it. */
CORDON_API int cordon_policy_new(struct cordon_policy **ret_policy, struct cordon_error *err);
CORDON_API void cordon_policy_free(struct cordon_policy *policy); /* NULL is fine */

/* Sources of rules, for cordon_policy_load. */
#define CORDON_SOURCE_PRESET 0 /* name: workspace, read-only, strict, open-network; NULL: the default one, workspace,
				* in whose place stands a preset that a file extends. At most one */
#define CORDON_SOURCE_FILE 1   /* name: a policy file (JSONC, at most 1 MiB) */
#define CORDON_SOURCE_USER 2   /* the user's own policy file, if there is one; name is ignored */

/* Loads a preset or a file. Nothing is taken over from a file that has an error. Errors: CORDON_BAD_POLICY with
 * file, line and column, also for a file that extends another preset than the one asked for; CORDON_OS_FAILED when
 * it cannot be read; CORDON_BAD_USAGE for an unknown preset or source, and for what is no file.
 */
CORDON_API int cordon_policy_load(struct cordon_policy *policy, int32_t source, const char *name,
				  struct cordon_error *err);

/* One setting on top of what was loaded, by the key that a policy file would use; `flag` is how messages call its
 * origin ("--write"). `name` is NULL except where the key holds named things:
 *	("files", PATH, "none" | "read" | "write")     a relative PATH is the current directory's, ~/PATH the home's
 *	("network.mode", NULL, "off" | "filtered" | "open"), ("network.allow", NULL, "HOST[:PORT]")
 *	("network.deny", NULL, "HOST"), ("network.listen", NULL, "PORT")
 *	("limits.memory", NULL, "4GiB") and so on for each limit
 *	("environment.inherit", NULL, "NAME"), ("environment.remove", NULL, "PATTERN"), ("environment.set", NAME, VALUE)
 *	("accept", NULL, "GUARANTEE" or "GUARANTEE=absent")
 */
CORDON_API int cordon_policy_set(struct cordon_policy *policy, const char *flag, const char *key, const char *name,
				 const char *value, struct cordon_error *err);

/* The JSON Schema (draft-07) of policy files, the same text each time; malloc'ed, freed with cordon_free. It describes
 * a file without its comments. What no schema can see (an unknown variable in a path, a missing file) the functions
 * above and cordon_run_new tell.
 */
CORDON_API int cordon_policy_schema(char **ret_json, struct cordon_error *err);

/* -- a run ---------------------------------------------------------------------------------------------------- */

struct cordon_run;

/* Structs carry their size and grow at the end; start each from its _INIT. */
struct cordon_run_options {
	uint32_t size;             /* sizeof(struct cordon_run_options) */
	uint32_t flags;            /* CORDON_RUN_* */
	const char *workspace;     /* NULL: the current directory */
	const char *target;        /* NULL: this host. "linux", "windows": only to look at, not startable, nothing refused */
	const char *tier;          /* Windows; NULL: "auto" */
	int32_t input, output, error; /* descriptors that become 0, 1, 2 inside; borrowed until cordon_run_start returns.
				       * Windows: handles, whose values fit in 32 bits; 0, 1, 2: this process's own streams */
	const int32_t *passed;     /* further descriptors that pass under their own numbers (Windows: handles that can
				    * be inherited, of files, pipes, sockets, sections, events, semaphores,
				    * mutexes or timers) */
	uint32_t passed_count;
	uint32_t terminal;         /* CORDON_TERMINAL_*: which of 0, 1, 2 are a terminal of the command's own; 0: none */
	uint32_t rows, columns;    /* its size; 0: that of the terminal it replaces, else 24 and 80 */
};

#define CORDON_RUN_NO_OBSERVE 1u /* do not watch for refused acts: nothing is reported of them */
#define CORDON_RUN_TELL 4u    /* keep events for cordon_run_event */
#define CORDON_RUN_EXPLAIN 8u /* report refused reads as well; slows every look at a file */
#define CORDON_RUN_KEEP_BACKGROUND 2u /* the run lasts until what the command leaves running has ended by itself */


/* A terminal of the command's own (Linux: a pty that is made inside; Windows: a pseudoconsole, CORDON_UNSUPPORTED where
 * the system has none). The library touches
 * no terminal of the caller's: of an `input`, `output` or `error` that is one and is replaced, it reads the settings
 * and the size, for a start with the same, unless with CORDON_TERMINAL_BACKGROUND; replaced ones need not be open.
 * Without this the command gets what the caller gives: a terminal of the caller's is then its input or output, though
 * not the one that controls it (no job control, no /dev/tty).
 */
#define CORDON_TERMINAL_INPUT 1u
#define CORDON_TERMINAL_OUTPUT 2u
#define CORDON_TERMINAL_ERROR 4u
#define CORDON_TERMINAL_BACKGROUND 8u /* the command starts in its background: see cordon_run_foreground */
#define CORDON_TERMINAL_COUNTED 16u   /* the caller counts what it reads there: see cordon_run_count_output */

#define CORDON_RUN_OPTIONS_INIT { sizeof(struct cordon_run_options), 0, NULL, NULL, NULL, 0, 1, 2, NULL, 0, 0, 0, 0 }

/* Surveys the host and makes the plan. The policy may be freed or used for further runs afterwards. Errors: those
 * of the policy; CORDON_UNSUPPORTED naming each guarantee that this host lacks.
 */
CORDON_API int cordon_run_new(const struct cordon_policy *policy, const struct cordon_run_options *options,
			      struct cordon_run **ret_run, struct cordon_error *err);

/* Kills what still runs and waits for it; NULL is fine. */
CORDON_API void cordon_run_free(struct cordon_run *run);

/* The run's id: 26 characters, unique. */
CORDON_API const char *cordon_run_id(const struct cordon_run *run);

/* The plan as JSON, or NULL when memory is short. */
CORDON_API const char *cordon_run_plan(struct cordon_run *run);

/* Windows: tries afresh, live, what the run's plan rests on, of a run that is started later or only looked at (`target`), as
 * JSON: {schema, version, attacks: [{guarantee, attack, verdict, why}]}. A verdict is held, untried (why says what is
 * not there to try it on), accepted (by the policy, as partial), unasked, OPEN, or broken: what has to work does not; that
 * has no guarantee. It takes seconds. NULL on failure; CORDON_UNSUPPORTED where runs do not try what they rest on.
 */
CORDON_API const char *cordon_run_verify(struct cordon_run *run, struct cordon_error *err);

/* What the policy says of a path, as JSON: {path, landing, access, rule{layer, file, line, column, pattern}, own,
 * would_allow}. would_allow is the smallest flag that grants more, or what to change, or null. Where the run has
 * something of its own in place of the host's (/tmp, /proc, /dev) rule is null and own says what.
 *
 * Of HOST:PORT, where there is no file of that name: {host, network, is_allowed, rule, would_allow}. rule is what
 * allows or denies it, or the network's mode; null where no rule names it. Where a name leads is judged only when a
 * command asks for it. NULL on failure.
 */
CORDON_API const char *cordon_run_explain(struct cordon_run *run, const char *path, struct cordon_error *err);

/* The policy in force as JSON, with the origin of each rule; NULL when memory is short. `sources` are the policy files
 * that were read, layer and file. `effect` of a row of `files` is false for a rule that does nothing, because its path
 * does not exist and nothing holds the name.
 */
CORDON_API const char *cordon_run_rules(struct cordon_run *run);

/* Starts the command argv (NULL-terminated). It may fail to execute later: see cordon_run_wait. Once a run. */
CORDON_API int cordon_run_start(struct cordon_run *run, const char *const *argv, struct cordon_error *err);

/* A descriptor (Linux) or HANDLE (Windows) that becomes readable or signalled when cordon_run_step has something to
 * do; it belongs to the run.
 */
CORDON_API intptr_t cordon_run_waitable(const struct cordon_run *run);

/* In how many milliseconds cordon_run_step must be called at the latest, though the waitable says nothing: limits
 * of time are its business, and what it left for the next step. -1: no such time.
 */
CORDON_API int32_t cordon_run_timeout(const struct cordon_run *run);

/* Does what is to be done within timeout_ms (-1: until something happens) and says in *ret_ended (0 or 1) whether
 * the run is over. Must be called while the run lasts: the command's refused acts wait for it, and while one follows
 * another it may take up to 20 ms more.
 */
CORDON_API int cordon_run_step(struct cordon_run *run, int32_t timeout_ms, int32_t *ret_ended, struct cordon_error *err);

/* Passes a signal number (Linux) to the command's process group; SIGWINCH to what is in the foreground of its terminal.
 * On Windows 2 and 21 (as the C runtime numbers Ctrl-C and Ctrl-Break) are typed into a console of the run's own that nobody
 * has taken; others do nothing, as in a console that is shared, where the command hears of them itself.
 */
CORDON_API void cordon_run_signal(struct cordon_run *run, int32_t signal);

/* The caller's side of the command's terminal, a non-blocking descriptor (the master of a pty: TIOCSWINSZ sets the
 * size), once cordon_run_is_started; -1 before, when it was taken, and where none was asked for. It is the caller's,
 * who moves the bytes, since the command waits when nobody reads. Closing it hangs the terminal up. When the run is
 * over, read until there is nothing (EAGAIN) or no other side (EIO): the last output is still in it.
 */
CORDON_API intptr_t cordon_run_take_terminal(struct cordon_run *run);

/* Windows, where one handle is not for both: cordon_run_take_terminal gives a pipe to read from what is printed, whose
 * end comes when the run is over; this one gives the pipe to write to what is typed, in UTF-8 with VT sequences. The
 * console asks there where the cursor is (CSI 6 n) before it shows anything, and waits for the answer. The same holds
 * of the handle. -1 on Linux.
 */
CORDON_API intptr_t cordon_run_take_keyboard(struct cordon_run *run);

/* Windows: gives the command's terminal another size. On Linux the caller's side of the terminal does that. */
CORDON_API void cordon_run_resize(struct cordon_run *run, uint32_t rows, uint32_t columns);

/* Counts bytes that were read from the command's terminal against limits.output: how many of them may be passed on.
 * When that is fewer, the tree is being ended. Where that limit is set a terminal is refused (CORDON_UNSUPPORTED)
 * unless CORDON_TERMINAL_COUNTED says that each read is counted, and each that found nothing or no other side, with 0:
 * before it is told that, the run is not over. Without the limit all may pass.
 */
CORDON_API uint64_t cordon_run_count_output(struct cordon_run *run, uint64_t bytes);

/* The signal that has stopped the command (Linux), 0 while it is not stopped; only of a command with a terminal of its
 * own. cordon_run_signal with SIGCONT lets it go on.
 */
CORDON_API int32_t cordon_run_stopped(const struct cordon_run *run);

/* Stops every process of the tree (Linux), until cordon_run_signal with SIGCONT or cordon_run_foreground: for a caller
 * who stops himself, and cannot see to limits and acts meanwhile. What had stopped by itself before goes on with the
 * others.
 */
CORDON_API void cordon_run_pause(struct cordon_run *run);

/* Brings the command to the foreground of its terminal and lets it go on. One in the background stops, by SIGTTIN or
 * SIGTTOU, when it reads from the terminal or changes it: until then the terminal of the caller's need not be taken
 * from others.
 */
CORDON_API void cordon_run_foreground(struct cordon_run *run);

/* Kills the tree; the run's outcome becomes "signaled". */
CORDON_API void cordon_run_end(struct cordon_run *run);

/* 1 once the command's image runs or has run, 0 before and when it could not be executed. */
CORDON_API int cordon_run_is_started(const struct cordon_run *run);

struct cordon_result {
	uint32_t size;            /* sizeof(struct cordon_result) */
	int32_t exit_status;      /* what `cordon run` exits with: the child's own, 124-127, 128+n or 137 (on Windows
				   * all 32 bits of it, and 0xC0000044 for 137) */
	int32_t was_refused;      /* 1: cordon could not run the command; the error says why */
	int32_t explained;        /* 1: the command failed and a refusal of the sandbox is on record */
	uint32_t denial_count;    /* distinct refused acts on record */
	struct cordon_error error; /* for was_refused */
};

#define CORDON_RESULT_INIT { sizeof(struct cordon_result), 0, 0, 0, 0, CORDON_ERROR_INIT }

/* Steps until the run is over. A command that could not be executed is a success of this function: was_refused,
 * with exit_status 125, 126 or 127.
 */
CORDON_API int cordon_run_wait(struct cordon_run *run, struct cordon_result *ret_result, struct cordon_error *err);

/* The result of a run that is over; 0 while it lasts. */
CORDON_API int cordon_run_result(const struct cordon_run *run, struct cordon_result *ret_result);

/* The report as JSON (docs/report.md), any time after cordon_run_new; NULL when memory is short. */
CORDON_API const char *cordon_run_report(struct cordon_run *run);

/* The same report for a run that cordon_run_new refused, from its error; malloc'ed, freed with cordon_free. */
CORDON_API int cordon_refusal_report(const struct cordon_error *refusal, char **ret_json, struct cordon_error *err);

/* With CORDON_RUN_TELL: what has happened next, one JSON object on one line without newline (docs/report.md); NULL when
 * there is nothing. To be asked after each cordon_run_step: 255 events are kept, and the one of the end; more are
 * counted.
 */
CORDON_API const char *cordon_run_event(struct cordon_run *run);

/* Keeps the report of a run that is over, with its command line (what looks like a secret taken out), in cordon's own
 * state: the last 200 are kept.
 */
CORDON_API int cordon_run_record(struct cordon_run *run, struct cordon_error *err);

/* For people, what they should know of a run that is over whatever its exit status, in one line without newline: what
 * it left that was set aside, or why it was ended; NULL when there is nothing.
 */
CORDON_API const char *cordon_run_warning(struct cordon_run *run);

/* For people, the most telling refusal in one line without newline: what was refused, by which rule, what would
 * allow it; NULL when there is none to tell.
 */
CORDON_API const char *cordon_run_explanation(struct cordon_run *run);

/* -- this host ------------------------------------------------------------------------------------------------ */

/* What this host can enforce, one row a guarantee, as JSON; malloc'ed, freed with cordon_free. */
CORDON_API int cordon_doctor(char **ret_json, struct cordon_error *err);
CORDON_API void cordon_free(void *memory);

/* The recorded runs, newest first, as JSON; malloc'ed, freed with cordon_free. */
CORDON_API int cordon_log(char **ret_json, struct cordon_error *err);

/* One recorded run as JSON: `run` is its id, the beginning of it, or "last"; malloc'ed, freed with cordon_free. Errors:
 * CORDON_NOT_FOUND; CORDON_BAD_USAGE for the beginning of several.
 */
CORDON_API int cordon_record(const char *run, char **ret_json, struct cordon_error *err);

/* Removes what killed processes have left on this host, and from cordon's state what was set aside and the layers over
 * caches that nobody has used for 30 days, or whose workspace is gone. Says in JSON what that was; with is_trial (0 or
 * 1) it only says what it would be. malloc'ed, freed with cordon_free.
 */
CORDON_API int cordon_sweep(int32_t is_trial, char **ret_json, struct cordon_error *err);

/* Undoes what runs have left on files at or below the directory, NULL: everywhere, and says in JSON how many objects
 * that were: descriptors on Windows. On Linux runs leave nothing there: CORDON_UNSUPPORTED. malloc'ed, freed with
 * cordon_free.
 */
CORDON_API int cordon_forget(const char *directory, char **ret_json, struct cordon_error *err);

/* The administrator's one-time step, idempotent. Linux: an AppArmor profile for this program, where the host wants one.
 * Windows: what the account tier rests on, for the runs of the users named (names or SIDs, NULL-terminated; NULL or
 * none: who calls), with so many accounts for each kind of network (0: as there are, else two). Flags:
 * CORDON_SETUP_REMOVE undoes it, and what the caller's runs left on files; CORDON_SETUP_TRIAL only says what would be
 * done. Says in JSON what was changed. Where it fails, the host is as before or the error says what is left. Errors:
 * CORDON_UNSUPPORTED for what this host or user may not do. malloc'ed, freed with cordon_free.
 */
#define CORDON_SETUP_REMOVE 1u
#define CORDON_SETUP_TRIAL 2u
CORDON_API int cordon_setup(uint32_t flags, uint32_t accounts, const char *const *users, char **ret_json,
			    struct cordon_error *err);

/* The JSON Schema (draft-07) of reports; malloc'ed, freed with cordon_free. */
CORDON_API int cordon_report_schema(char **ret_json, struct cordon_error *err);

#ifdef __cplusplus
}
#endif

#endif

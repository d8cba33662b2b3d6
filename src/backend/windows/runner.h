/* backend/windows/runner.h: the command started as an account of cordon's own.
 *
 * CreateProcessWithLogonW passes neither handles nor a job, and gives a token that is not restricted. So it starts a
 * program of cordon's, the runner: suspended, put in a job, let go. The runner hears by a pipe what to start,
 * makes the token from its own and starts the command suspended. Cordon takes the process's handles from the runner,
 * looks at what they lead to, puts the command in a job of its own within the other, and lets it go.
 *
 *	pipe.c           the pipe, for both
 *	station.c        a window station and a desktop, for both
 *	logon.c          claims accounts and starts programs as one; where a test has another
 *	runner.c         cordon's side
 *	fence.c          asks it to try the network, in each run; where a test has another
 *	returning.c      what the account made becomes the user's again
 *	runner_inside.c  the runner's side; runner_alone.c makes a program of it
 *	runner_console.c the command's console there
 *	reach.c          what it tries of the network
 *	system_proxy.c   tells the account's programs of the gate
 *	sweep_account.c  what the runner does before: nothing of an earlier run is left in the account, and caches have a place
 */
#pragma once

#include "backend/windows/accounts.h"
#include "backend/windows/cage.h"
#include "backend/windows/console.h"
#include "backend/windows/framing.h"

/* -- pipe.c -------------------------------------------------------------------------------------------------------- */

enum { PIPE_NAME_ROOM = 64 };

/* The first and only instance of a random name, for that client on this machine. */
CORDON_CHECKED bool pipe_make(PSID client, WCHAR ret_name[PIPE_NAME_ROOM], HANDLE *ret_pipe, struct cordon_error *err);
/* Waits for a client, which has to be that process. Each wait ends with the process, too. */
CORDON_CHECKED bool pipe_meet(HANDLE pipe, HANDLE process, DWORD timeout_ms, struct cordon_error *err);
/* As a client; the server has to be the process of that number. */
CORDON_CHECKED bool pipe_join(const WCHAR *name, DWORD server, HANDLE *ret_pipe, struct cordon_error *err);
/* `process` NULL: there is none to wait for; then the pipe breaks. */
CORDON_CHECKED bool pipe_send(HANDLE pipe, HANDLE process, const struct text *bytes, DWORD timeout_ms,
			      struct cordon_error *err);
/* One frame, whose bytes are in *bytes, which is emptied before. */
CORDON_CHECKED bool pipe_receive(HANDLE pipe, HANDLE process, DWORD timeout_ms, struct text *bytes,
				 struct frame *ret_frame, struct cordon_error *err);

/* -- station.c ----------------------------------------------------------------------------------------------------- */

enum { DESKTOP_NAME_ROOM = 192 };

struct station {
	HWINSTA station;
	HDESK desktop;
	WCHAR name[DESKTOP_NAME_ROOM]; /* of both, for STARTUPINFO */
};

/* The station is one for all of this logon session: only administrators name others. The desktop is new. For a moment
 * the station is the whole process's.
 */
CORDON_CHECKED bool station_make(const uint8_t *descriptor, struct station *ret_station, struct cordon_error *err);
void station_free(struct station *station);

/* -- logon.c ------------------------------------------------------------------------------------------------------- */

CORDON_CHECKED bool logon_claim(enum pool_kind kind, struct account *ret_account, struct cordon_error *err);
/* Of a claimed account whose password was forgotten: it can start programs again. */
CORDON_CHECKED bool logon_recall(struct account *account, struct cordon_error *err);
/* Starts the program as the account, suspended, with the profile loaded. The line begins with the program. */
CORDON_CHECKED bool logon_start(const struct account *account, const WCHAR *program, WCHAR *line, WCHAR *desktop,
				PROCESS_INFORMATION *ret_process, struct cordon_error *err);

/* -- runner.c ------------------------------------------------------------------------------------------------------ */

/* How much of the runner's job is not the command's: of the runner, and of who serves the console. */
enum { RUNNER_PROCESSES = 2, RUNNER_MEMORY = 128 << 20 };

struct runner {
	const struct account *account; /* borrowed, as the next */
	const struct identities *identities;
	HANDLE job;    /* of the runner, of who serves the console, and around the command's own */
	char *program; /* a copy that the account may execute */
	struct station station;
	WCHAR pipe_name[PIPE_NAME_ROOM];
	HANDLE pipe;
	PROCESS_INFORMATION process;
	struct text bytes; /* of the last answer */
};

/* One step each. The job has room for the command within its limits, and for what is not the command's. */
CORDON_CHECKED bool runner_make_job(struct runner *runner, const struct windows_job *limits, struct cordon_error *err);
/* `state` is cordon's, where the copy is kept. */
CORDON_CHECKED bool runner_copy(struct runner *runner, const char *state, struct cordon_error *err);
CORDON_CHECKED bool runner_make_desktop(struct runner *runner, struct cordon_error *err);
CORDON_CHECKED bool runner_make_pipe(struct runner *runner, struct cordon_error *err);
CORDON_CHECKED bool runner_start(struct runner *runner, struct cordon_error *err);
/* Nobody of its account opens it, and it is in the job, before anything of it has run. */
CORDON_CHECKED bool runner_confine(struct runner *runner, struct cordon_error *err);
CORDON_CHECKED bool runner_meet(struct runner *runner, struct cordon_error *err);
/* CLEAN and RETURN. */
CORDON_CHECKED bool runner_clean(struct runner *runner, struct cordon_error *err);
CORDON_CHECKED bool runner_return(struct runner *runner, const struct frame_return *order, struct cordon_error *err);
/* PROXY, after CLEAN: the port of 127.0.0.1 where the run's gate listens. */
CORDON_CHECKED bool runner_tell_proxy(struct runner *runner, uint16_t port, struct cordon_error *err);
/* REACH. */
CORDON_CHECKED bool runner_reach(struct runner *runner, const struct frame_reach *order,
				 struct frame_reached *ret_reached, struct cordon_error *err);
/* The command: from the launch are taken the program, its arguments, directory, environment, streams, mitigations and
 * whether it has a console. The runner makes that of the far ends of `console`; NULL: it makes one that nobody sees. The
 * process is suspended. Errors: as of launch_start.
 */
CORDON_CHECKED bool runner_order(struct runner *runner, const struct launch *launch, const struct console *console,
				 const struct windows_token *recipe, struct cordon_error *err);
CORDON_CHECKED bool runner_take_over(struct runner *runner, const struct windows_token *recipe,
				     struct identities *identities, PROCESS_INFORMATION *ret_process,
				     struct cordon_error *err);
/* From its job, which nobody else is in, to the meeting, each step a named one; the password is forgotten. */
CORDON_CHECKED bool runner_begin(struct runner *runner, const char *state, struct account *account,
				 struct cordon_error *err);
/* The command, which has not run, and whatever it starts are in `job` too, within the runner's: it can be ended alone,
 * and its limits count nobody else.
 */
CORDON_CHECKED bool runner_nest(const struct runner *runner, HANDLE process, HANDLE job, struct cordon_error *err);
/* Has the console served by the runner; it is borrowed until console_free. */
void runner_serve(struct runner *runner, struct console *console);
/* Ends all that is in the runner's job. Half-made is fine. */
CORDON_CHECKED bool runner_end(const struct runner *runner, struct cordon_error *err);
/* Ends the runner, too. Half-made is fine. */
void runner_free(struct runner *runner);

/* One process in an account, without a run around it: what the live probe starts. The claim first; then what needs the
 * accounts' identity (SID_ACCOUNT and SID_ACCOUNTS, which the claim adds to *identities) may be laid; then the start,
 * once, in the job, where nobody else is, and under the recipe. The process is suspended. All that is handed in is borrowed until the end, by
 * when the caller has ended the job.
 */
struct account_child {
	struct account account;
	struct runner runner;
	struct console *console; /* nobody sees it */
};
CORDON_CHECKED bool account_child_claim(struct account_child *child, enum pool_kind kind, struct identities *identities,
					struct cordon_error *err);
CORDON_CHECKED bool account_child_start(struct account_child *child, const char *state, HANDLE job,
					const struct launch *launch, const struct windows_token *recipe,
					struct identities *identities, PROCESS_INFORMATION *ret_process,
					struct cordon_error *err);
void account_child_end(struct account_child *child); /* zeroed is fine */

/* The name of the runner beside the program; NULL: this program is one itself, with the word "runner" first. */
extern const WCHAR *runner_program;

/* -- fence.c ------------------------------------------------------------------------------------------------------- */

/* That the runner's account is kept from the network is tried (fence.h). */
CORDON_CHECKED bool fence_check(struct runner *runner, struct cordon_error *err);

/* -- returning.c --------------------------------------------------------------------------------------------------- */

struct returning;

/* What runs that were killed have left in this account, and where nobody else runs in any, is the user's again as far as
 * he may take it.
 */
CORDON_CHECKED bool returning_mend(const char *state, const struct identities *identities, struct account *account,
				   struct returning **ret_returning, struct cordon_error *err);
/* Before anything is made in the roots. */
CORDON_CHECKED bool returning_note(struct returning *returning, const struct plan_windows *windows,
				   struct cordon_error *err);
/* What the user may not take, the account opens. */
CORDON_CHECKED bool returning_ask(struct returning *returning, struct runner *runner, struct cordon_error *err);
/* When nothing of the account runs any more. What the user may not take a runner opens to him, where a command ran; so
 * it does with `temp`, the run's own directory, where that is still there. What is left is noted, and the next start's.
 */
void returning_end(struct returning *returning, bool has_run, const char *temp); /* NULL is fine */
struct returning *returning_free(struct returning *returning);                   /* NULL is fine; returns NULL */

/* -- sweep_account.c ----------------------------------------------------------------------------------------------- */

/* As the account: nothing of an earlier run lives, or lies in the profile or its registry. Of the user himself, who may
 * stand for the account in a test, neither processes nor registry are touched.
 */
CORDON_CHECKED bool sweep_account(PSID account, PSID user, const char *profile, struct cordon_error *err);
/* As the account: programs of that integrity level may write in the folders of the profile where tools keep their caches
 * and settings, which are made.
 */
CORDON_CHECKED bool profile_open(const char *profile, uint32_t level, struct cordon_error *err);

/* -- system_proxy.c ------------------------------------------------------------------------------------------------ */

/* As the account: its own settings name that port of 127.0.0.1, and nothing beside it, and read back so. Where a policy
 * makes such settings the machine's, nothing is done. Lasts until the account is swept.
 */
CORDON_CHECKED bool system_proxy_tell(uint32_t port, struct cordon_error *err);

/* -- runner_console.c ---------------------------------------------------------------------------------------------- */

/* A console of the runner's own, that the command shares; nobody sees it. For a Windows without pseudoconsoles. */
CORDON_CHECKED bool runner_console_share(struct cordon_error *err);
/* A pseudoconsole, of handles that stay the caller's. Who serves it is nobody's of the account to open. */
CORDON_CHECKED bool runner_console_make(const struct frame_console *wanted, void **ret_pseudo,
					struct cordon_error *err);

/* -- reach.c ------------------------------------------------------------------------------------------------------- */

CORDON_CHECKED bool reach_try(const struct frame_reach *order, struct frame_reached *ret_reached,
			      struct cordon_error *err);
/* As the user, who may: 0 where a connection and a datagram went to that port of 127.0.0.1. */
int reach_control(uint32_t port);

/* -- runner_inside.c ----------------------------------------------------------------------------------------------- */

/* The program: "PIPE PROCESS" serves the pipe until it breaks or the command's console is closed, "reach PORT" is
 * reach_control. Its exit status.
 */
int runner_main(const WCHAR *word, DWORD number);

/* backend/windows/selftest.h: what the files of cordon-selftest share.
 *
 *	selftest.c            the program: options, the order of all, the end
 *	selftest_cases.h      what is claimed, as data
 *	selftest_report.c     TAP, without names of users and hosts (selftest_redact.h)
 *	selftest_leftovers.c  the folder that all is made in, and what an earlier one has left
 *	selftest_host.c       what this host is
 *	selftest_services.c   which services everybody may start
 *	selftest_questions.c  what the model leaves open
 *	selftest_trials.c     the live probe, tier by tier
 *	selftest_files.c      descriptors on real files, also killed in the middle
 *	selftest_world.c      a plan and runs of it
 *	selftest_runs.c       what a run is promised to do, in each tier
 *	selftest_streams.c    its streams and its terminal
 *	selftest_command.c    the command in it
 *	selftest_winhttp.c    one thing that it does
 *	selftest_account.c    what only the account tier promises
 *	selftest_program.c    `cordon run` as it is typed
 *	selftest_setup.c      `cordon setup`, carried out and removed
 *	selftest_tools.c      the user's tools under tokens of different make
 */
#pragma once

#include "backend/windows/cage.h"
#include "backend/windows/selftest_cases.h"

enum { SELFTEST_WAIT_MS = 30000 };

struct selftest {
	struct facts *facts; /* of the host; their state is `folder` */
	char *name;          /* cordon-selftest-…: of all that is made */
	char *folder;        /* in the temporary folder */
	char *program;       /* this one */
	HANDLE alive;        /* nobody else opens it: the folder is in use */
	bool is_elevated;
	bool may_change;   /* --setup */
	bool was_set_up;   /* by this selftest; to be removed by it */
	bool has_accounts; /* of `cordon setup` */
};

enum result { HOLDS, FAILS, SKIPPED };

/* One case while it is tried. */
struct trying {
	struct selftest *test;
	enum tier tier;
	struct world *world; /* of the tier; NULL: its runs need none, or there is none */
	char what[2000];     /* what was seen; of SKIPPED: why */
};

/* The verdict that is_fine gives; `format` says what was seen. */
enum result judged(struct trying *trying, bool is_fine, const char *format, ...) CORDON_PRINTF(3, 4);
enum result failed(struct trying *trying, const struct cordon_error *err);
enum result skipped(struct trying *trying, const char *format, ...) CORDON_PRINTF(2, 3);

struct selftest_row {
	struct selftest_case about;
	enum result (*try)(struct trying *trying);
};

/* For tables of rows. */
#define SELFTEST_ROW(function, ...) { { __VA_ARGS__ }, function },

/* -- selftest.c ---------------------------------------------------------------------------------------------------- */

bool is_wine(void);
/* Ctrl-C, or the window is closed: what is begun is ended, and the rest not tried. */
bool is_interrupted(void);
/* Has the process ended within the time? Not waited for any longer than until an interruption. */
bool ends_in_time(HANDLE process, DWORD timeout_ms, DWORD *ret_status);
/* Tries each that is tried once, or those of the tier. `why` not NULL: all are skipped, for that. Returns how many were
 * found to hold.
 */
unsigned try_rows(struct selftest *test, const struct selftest_row *rows, size_t count, int tier, struct world *world,
		  const char *why);

/* -- selftest_report.c --------------------------------------------------------------------------------------------- */

void report_begin(struct selftest *test, unsigned planned);
void report_note(const char *format, ...) CORDON_PRINTF(1, 2);
/* `what`: of FAILS what was seen, of SKIPPED why; it is redacted. NULL: nothing is said. */
void report_case(const char *name, enum result verdict, const char *what);
/* Prints the sum. Returns how many failed. */
unsigned report_end(void);

/* -- selftest_leftovers.c ------------------------------------------------------------------------------------------ */

CORDON_CHECKED bool leftovers_begin(struct selftest *test, struct cordon_error *err);
/* Below the folder; malloc'ed, NULL when memory is short. */
char *folder_path(const struct selftest *test, const char *name);
/* Beside everything else, where who is nothing to the user may look: in ProgramData; malloc'ed. */
char *public_folder(const struct selftest *test);
/* What a selftest has left that was killed. False where not all of it could be removed; says which. */
bool leftovers_sweep(struct selftest *test);
/* For who comes after this one, if it is killed: that the setup here is its. */
CORDON_CHECKED bool leftovers_note_setup(const struct selftest *test, struct cordon_error *err);
void leftovers_forget_setup(const struct selftest *test);
void leftovers_end(struct selftest *test);

/* -- groups of cases ----------------------------------------------------------------------------------------------- */

void host_describe(const struct selftest *test);
void services_describe(void);
void host_try(struct selftest *test);
void questions_try(struct selftest *test);
void trials_try(struct selftest *test, enum tier tier);
void files_try(struct selftest *test);
void runs_try(struct selftest *test, enum tier tier); /* all that is in a world */
unsigned streams_try(struct selftest *test, enum tier tier, struct world *world, const char *why);
unsigned account_try(struct selftest *test, enum tier tier, struct world *world, const char *why);
void setup_try(struct selftest *test);
void setup_undo(struct selftest *test); /* with its cases; also after an interruption */
void program_try(struct selftest *test);
void tools_try(struct selftest *test);

/* -- selftest_command.c, selftest_files.c -------------------------------------------------------------------------- */

int command_main(char **words);
int ask_by_winhttp(char **words);
int files_main(char **words); /* what is killed in the middle */
int world_main(char **words); /* a cordon that is killed */

/* As editors do: written beside it, then renamed over it. */
CORDON_CHECKED bool save_by_rename(const char *path, struct cordon_error *err);

enum { FLOOD_BLOCK = 65536 };

/* What "lines" prints in the end. */
#define LAST_LINE "the last of it"

/* The bytes of a flood, which whoever reads them can make as well; no two blocks alike. */
void fill_flood(char block[FLOOD_BLOCK], uint32_t number);

/* -- selftest_world.c ---------------------------------------------------------------------------------------------- */

/* A policy, the plan that the planner makes of it for one tier, and a folder that the command may write, with this
 * program in it for a command. Under Wine the plan's token restricts nothing and no descriptor is put on: what is
 * seen there is plumbing.
 */
struct world {
	struct selftest *test;
	struct facts *facts;
	struct policy *policy;
	struct plan *plan;
	struct limit_setting limits[LIMIT_COUNT]; /* the plan's own; a case may change it */
	struct windows_job job;
	char *root, *command;
	char *protected_file;
	HANDLE nothing; /* the null device */
	/* Of a filtered network: the one host that is allowed, and the port of 127.0.0.1 where its gate's own proxy is. */
	const char *host;
	uint16_t proxy_port;
};

CORDON_CHECKED bool world_make(struct selftest *test, enum tier tier, struct world *ret_world,
			       struct cordon_error *err);
/* The same with a filtered network. */
CORDON_CHECKED bool world_make_gated(struct selftest *test, enum tier tier, const char *host, uint16_t proxy_port,
				     struct world *ret_world, struct cordon_error *err);
void world_free(struct world *world); /* also a CORDON_ON_EXIT release */
/* The user's, but that both names have the value; its own are the first two, and free_environment frees them and the
 * list. NULL when memory is short.
 */
char **environment_with(const struct facts *facts, const char *const names[2], const char *value);
void free_environment(char ***holder);
/* Below the root; malloc'ed. */
char *root_path(const struct world *world, const char *name);

/* With no streams to speak of. */
struct handover world_handover(const struct world *world);
/* A NULL-terminated list of them. */
#define WORDS(...) \
	(const char *const[]) \
	{ \
		__VA_ARGS__, NULL \
	}

/* Starts this program with these words; NULL-terminated, at most six. */
CORDON_CHECKED bool world_start(struct world *world, const struct handover *handover, const char *const *words,
				struct cage **ret_cage, struct cordon_error *err);
/* The next that is told; CAGE_NOTHING: it takes too long. */
struct cage_event world_await(struct cage *cage);
/* Without streams, from beginning to end. */
CORDON_CHECKED bool world_run(struct world *world, const char *const *words, struct cage_event *ret_end,
			      struct cordon_error *err);
/* "connect", "status"…: what was told, for people. */
const char *world_told(const struct cage_event *event);

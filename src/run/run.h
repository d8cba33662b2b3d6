/* run/run.h: one run from the policy to the report.
 *
 *	run_new -> run_start -> run_step until it says so -> run_report, run_result -> run_free
 *
 * Glue between the policy (pure), the survey (os), the plan and the backend; owns limits, events, output and teardown.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "policy/policy.h"

/* What the caller asks for before a host is known: replayed into a fresh policy for each run. */
struct settings;

struct settings *settings_new(void); /* NULL when memory is short */
struct settings *settings_free(struct settings *settings);

enum source { SOURCE_PRESET, SOURCE_FILE, SOURCE_USER };

/* Reads and checks the source at once, and what it extends. A preset without a name is the default one, in whose
 * place what a file extends may stand. Errors as in cordon_policy_load.
 */
CORDON_CHECKED bool settings_load(struct settings *settings, enum source source, const char *name,
				  struct cordon_error *err);
/* Checks key and value at once. Errors as in policy_set. */
CORDON_CHECKED bool settings_set(struct settings *settings, const char *flag, const char *key, const char *name,
				 const char *value, struct cordon_error *err);

struct run;

struct run_options {
	const char *workspace;
	const char *target; /* NULL: this host; a name, also this host's own: only to look at, nothing is assessed */
	const char *tier;
	int streams[3];
	const int *passed;
	size_t passed_count;
	bool observe;
	bool tell;    /* keep events for run_take_event */
	bool explain; /* report refused reads as well, at whatever cost */
	bool keep_background;
	unsigned terminal; /* as in struct handover */
	uint16_t rows, columns;
	bool in_background, counts_terminal;
};

struct run_result {
	int exit_status;
	bool was_refused;
	bool explained;
	unsigned denial_count;
	struct cordon_error error;
};

CORDON_CHECKED bool run_new(const struct settings *settings, const struct run_options *options, struct run **ret_run,
			    struct cordon_error *err);
struct run *run_free(struct run *run);
const char *run_id(const struct run *run);
/* The policy as resolved for the run; it belongs to the run. */
const struct policy *run_policy(const struct run *run);
CORDON_CHECKED bool run_plan(struct run *run, struct text *text, struct cordon_error *err);
CORDON_CHECKED bool run_start(struct run *run, char *const *argv, struct cordon_error *err);
intptr_t run_waitable(const struct run *run);
/* As cordon_run_timeout. */
int run_timeout(const struct run *run);
CORDON_CHECKED bool run_step(struct run *run, int timeout_ms, bool *ret_ended, struct cordon_error *err);
void run_signal(struct run *run, int signal);
void run_end(struct run *run);
/* As cordon_run_take_terminal, cordon_run_take_keyboard, cordon_run_resize, cordon_run_count_output, cordon_run_stopped, cordon_run_pause, cordon_run_foreground. */
int run_take_terminal(struct run *run);
int run_take_keyboard(struct run *run);
void run_resize(struct run *run, uint16_t rows, uint16_t columns);
uint64_t run_count_output(struct run *run, uint64_t bytes);
int run_stopped(const struct run *run);
void run_pause(struct run *run);
void run_foreground(struct run *run);
/* True once the command's image runs or has run. */
bool run_is_started(const struct run *run);
bool run_result(const struct run *run, struct run_result *ret_result);
CORDON_CHECKED bool run_report(struct run *run, struct text *text, struct cordon_error *err);
/* Appends what has happened next as one line of JSON, without newline; false when there is nothing. */
bool run_take_event(struct run *run, struct text *text);
/* record.c: keeps what the run came to in cordon's own state; and what is kept there. */
CORDON_CHECKED bool run_record(struct run *run, struct cordon_error *err);
CORDON_CHECKED bool record_list(struct text *text, struct cordon_error *err);
/* `name`: an id, the beginning of one, or "last". Errors: CORDON_NOT_FOUND; CORDON_BAD_USAGE for a beginning of
 * several.
 */
CORDON_CHECKED bool record_read(const char *name, struct text *text, struct cordon_error *err);
/* sweep.c: removes what runs have left, or with `is_trial` only says what it would, as JSON. */
CORDON_CHECKED bool run_sweep(bool is_trial, struct text *text, struct cordon_error *err);
/* Undoes what runs left on files at or below the directory, NULL: everywhere; JSON of how much that was. */
CORDON_CHECKED bool run_forget(const char *directory, struct text *text, struct cordon_error *err);
/* setup.c: JSON of what the administrator's one-time step changed. */
struct setup_request {
	bool is_removal, is_trial;
	unsigned accounts;        /* 0: as there are, else the system's own number */
	const char *const *users; /* NULL-terminated; NULL: who asks */
};
CORDON_CHECKED bool run_setup(const struct setup_request *request, struct text *text, struct cordon_error *err);
CORDON_CHECKED bool report_schema_print(struct text *text, struct cordon_error *err);
/* Appends the line of cordon_run_warning; appends nothing when there is none. */
void run_warning(struct run *run, struct text *text);
/* Appends the line of cordon_run_explanation; appends nothing when there is none. */
void run_explanation(struct run *run, struct text *text);
/* JSON as of cordon_run_explain: what the policy says of a path or a host, and what would allow more. */
CORDON_CHECKED bool run_explain(const struct run *run, const char *path, struct text *text, struct cordon_error *err);
/* JSON as of cordon_run_rules: the policy in force with the origin of each rule. */
CORDON_CHECKED bool run_rules(const struct run *run, struct text *text, struct cordon_error *err);
/* verify.c: JSON as of cordon_run_verify. */
CORDON_CHECKED bool run_verify(const struct run *run, struct text *text, struct cordon_error *err);
/* The report of a run that was refused before there was one. */
CORDON_CHECKED bool run_refusal(const struct cordon_error *refusal, struct text *text, struct cordon_error *err);
/* JSON of what this host can enforce. */
CORDON_CHECKED bool run_doctor(struct text *text, struct cordon_error *err);

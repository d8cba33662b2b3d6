/* cordon run: the main job. */
#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/grant.h"
#include "cli/host.h"
#include "cli/relay.h"
#include "cli/say.h"
#include "cordon/cordon.h"

enum { LAST_LINE_MS = 1000, INTERRUPT_AGAIN_MS = 2000, ASK_AGAIN_MS = 20, PASSED_MAX = 64 };

struct values {
	struct grant grant;
	const char *tier, *target, *report, *status;
	bool no_observe, explains, keep_background, is_dry, is_verbose, wants_help, wants_terminal, wants_no_terminal;
	struct option_list passed;
};

#define PLACE(member) .place = offsetof(struct values, member)
#define LATER(option_name, word) \
	{ \
		.name = option_name, .argument = word, .kind = OPTION_LATER \
	}

static const struct option options[] = {
	GRANT_OPTIONS(struct values),
	{ .name = "pass-fd",
	  .argument = "N",
	  .help = "let descriptor N in as well",
	  .kind = OPTION_LIST,
	  PLACE(passed) },
	{ .name = "no-observe", .help = "do not watch for refused acts", .kind = OPTION_FLAG, PLACE(no_observe) },
	{ .name = "explain", .help = "report refused reads as well: slow", .kind = OPTION_FLAG, PLACE(explains) },
	{ .name = "status-fd",
	  .argument = "N",
	  .help = "write what happens as lines of JSON while it runs",
	  .kind = OPTION_TEXT,
	  PLACE(status) },
	{ .name = "keep-background",
	  .help = "wait for what the command leaves running instead of killing it",
	  .kind = OPTION_FLAG,
	  PLACE(keep_background) },
	{ .name = "tty",
	  .help = "a terminal for the command, also where there is none",
	  .kind = OPTION_FLAG,
	  PLACE(wants_terminal) },
	{ .name = "no-tty",
	  .help = "no terminal of its own: it gets yours as it is",
	  .kind = OPTION_FLAG,
	  PLACE(wants_no_terminal) },
	{ .name = "report",
	  .argument = "FILE",
	  .help = "write what happened as JSON",
	  .kind = OPTION_TEXT,
	  PLACE(report) },
	{ .name = "dry-run", .help = "print the plan as JSON and stop", .kind = OPTION_FLAG, PLACE(is_dry) },
	{ .name = "target",
	  .argument = "OS",
	  .help = "with --dry-run: plan for linux or windows, wherever this is",
	  .kind = OPTION_TEXT,
	  PLACE(target) },
	{ .name = "tier",
	  .argument = "NAME",
	  .help = "Windows: account, appcontainer, token",
	  .kind = OPTION_TEXT,
	  PLACE(tier) },
	{ .name = "verbose", .letter = 'v', .help = "tell more on stderr", .kind = OPTION_FLAG, PLACE(is_verbose) },
	OPTION_HELP(struct values),
	LATER("control-fd", "N"),
	{ 0 },
};

static void values_free(struct values *values)
{
	grant_free(&values->grant);
	option_list_free(&values->passed);
}

static void relay_free_at(struct relay **relay)
{
	relay_free(*relay);
}

static void report_close_at(struct report_file **file)
{
	report_close(*file);
}

static int help(void)
{
	puts("cordon run [options] [--] [CMD ARG...]\n"
	     "Runs CMD, or your shell, with what the policy grants. Exits as CMD does; 124: out of time, 125: could\n"
	     "not be run, 126: not executable, 127: not found, 128+n: killed by signal n, 137: over another\n"
	     "limit.\n");
	option_help(options, stdout);
	return say_flush() ? STATUS_FINE : STATUS_REFUSED;
}

/* -- descriptors ---------------------------------------------------------------------------------------------- */

struct descriptors {
	int32_t numbers[PASSED_MAX];
	uint32_t count;
};

static bool read_descriptor(const char *flag, const char *word, int32_t *ret_number, struct cordon_error *err)
{
	char *end;
	errno = 0;
	long number = strtol(word, &end, 10);
	if (*word < '0' || *word > '9' || *end || errno || number < 3 || number > INT32_MAX)
		return cordon_fail(err, CORDON_BAD_USAGE, "%s '%s' is no descriptor above 2", flag, word);
	if (!host_has_descriptor((int)number))
		return cordon_fail(err, CORDON_BAD_USAGE, "%s %ld: that descriptor is not open", flag, number);
	*ret_number = (int32_t)number;
	return true;
}

static bool read_descriptors(const struct option_list *list, struct descriptors *descriptors, struct cordon_error *err)
{
	descriptors->count = 0;
	for (size_t i = 0; i < list->count; i++) {
		int32_t number;
		if (!read_descriptor("--pass-fd", list->items[i].argument, &number, err))
			return false;
		if (descriptors->count == PASSED_MAX)
			return cordon_fail(err, CORDON_BAD_USAGE, "--pass-fd: more than %d descriptors", PASSED_MAX);
		descriptors->numbers[descriptors->count++] = number;
	}
	return true;
}

/* -- the run -------------------------------------------------------------------------------------------------- */

/* Passes signals on. The second Ctrl-C within two seconds means it; and what is not running yet cannot be told. */
struct interruption {
	uint64_t last_ms; /* of the last interrupt; 0: none */
	int signal;       /* with which the run was ended before the command ran; 0: it was not */
};

static void interrupt(struct cordon_run *run, struct relay *relay, int signal, struct interruption *interruption)
{
	uint64_t now = host_clock();
	if (relay_signal(relay, run, signal))
		return;
	if (!cordon_run_is_started(run)) {
		if (!host_is_end(signal))
			return;
		interruption->signal = signal;
		cordon_run_end(run);
		return;
	}
	if (host_is_last(signal)) {
		cordon_run_end(run);
		return;
	}
	if (host_is_interrupt(signal) && !relay_has_keyboard(relay)) {
		if (interruption->last_ms && now - interruption->last_ms <= INTERRUPT_AGAIN_MS)
			cordon_run_end(run);
		interruption->last_ms = now;
	}
	cordon_run_signal(run, signal);
}

/* A backend without a waitable is asked now and then. */
static int patience(const struct cordon_run *run, const struct relay *relay)
{
	int timeout = cordon_run_timeout(run), other = relay_timeout(relay);
	if (timeout < 0 || (other >= 0 && other < timeout))
		timeout = other;
	bool is_asked = cordon_run_waitable(run) == -1;
	return is_asked && (timeout < 0 || timeout > ASK_AGAIN_MS) ? ASK_AGAIN_MS : timeout;
}

/* A reader that is slow misses lines rather than holding the run up; for the last one there is a moment. */
static void tell_status(struct cordon_run *run, int32_t status)
{
	const char *event;
	while (status >= 0 && (event = cordon_run_event(run)))
		host_write_line(status, event,
				cordon_run_result(run, &(struct cordon_result)CORDON_RESULT_INIT) ? LAST_LINE_MS : 0);
}

static bool attend(struct cordon_run *run, struct relay *relay, int32_t status, struct interruption *interruption,
		   struct cordon_error *err)
{
	int32_t is_ended = 0;
	while (!is_ended) {
		int signal = 0;
		if (!host_wait(cordon_run_waitable(run), relay, patience(run, relay), &signal, err))
			return false;
		if (signal)
			interrupt(run, relay, signal, interruption);
		bool is_stepped = cordon_run_step(run, 0, &is_ended, err);
		tell_status(run, status);
		if (!is_stepped || !relay_serve(relay, run, err))
			return false;
	}
	return true;
}

static void say_verbosely(struct cordon_run *run)
{
	const char *bytes = cordon_run_report(run);
	json_t *report = bytes ? json_loads(bytes, 0, NULL) : NULL;
	const char *name;
	json_t *value;
	size_t i;
	json_object_foreach (json_object_get(report, "gaps"), name, value)
		say("%s: %s: %s", name, json_string_value(json_object_get(json_object_get(report, "guarantees"), name)),
		    json_string_value(value));
	json_array_foreach (json_object_get(report, "denials"), i, value)
		say("refused %lldx: %s %s", (long long)json_integer_value(json_object_get(value, "count")),
		    json_string_value(json_object_get(value, "action")),
		    json_string_value(json_object_get(value, "target")));
	say("run %s took %lld ms", cordon_run_id(run),
	    (long long)json_integer_value(json_object_get(json_object_get(report, "usage"), "wall_ms")));
	json_decref(report);
}

/* What is to be said of a run that is over, and the status to exit with. */
static int conclude(struct cordon_run *run, const struct values *values, const struct interruption *interruption)
{
	struct cordon_result result = CORDON_RESULT_INIT;
	if (!cordon_run_result(run, &result))
		return STATUS_REFUSED;
	if (result.was_refused && interruption->signal)
		return STATUS_BY_SIGNAL + interruption->signal;
	if (result.was_refused) {
		say_error(&result.error);
		return result.exit_status;
	}
	if (values->is_verbose)
		say_verbosely(run);
	const char *warning = cordon_run_warning(run);
	if (warning)
		say("%s", warning);
	const char *explanation = result.explained || values->is_verbose ? cordon_run_explanation(run) : NULL;
	if (explanation)
		say("%s", explanation);
	return result.exit_status;
}

/* What cannot be recorded is no failure of the run. */
static void record(struct cordon_run *run, const struct values *values)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!cordon_run_record(run, &err) && values->is_verbose)
		say_error(&err);
}

static int carry_out(struct cordon_run *run, struct relay *relay, const struct values *values, int32_t status,
		     char **words)
{
	char *shell[] = { (char *)(uintptr_t)host_shell(), NULL };
	struct interruption interruption = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	/* argv is not written to; the cast only adds const. */
	const char *const *argv = (const char *const *)(words[0] ? words : shell);

	if (!host_catch_signals(relay, &err)) {
		say_error(&err);
		return STATUS_REFUSED;
	}
	if (values->is_verbose)
		say("run %s", cordon_run_id(run));
	bool is_over = cordon_run_start(run, argv, &err) && attend(run, relay, status, &interruption, &err);
	record(run, values);
	/* What is still to be said belongs on the terminal as it was. */
	relay_drain(relay, run);
	if (!is_over) {
		tell_status(run, status);
		say_error(&err);
		return STATUS_REFUSED;
	}
	return conclude(run, values, &interruption);
}

/* Whatever the status was: a report that was asked for and is missing is no success. */
static int write_report(struct report_file *file, const char *bytes, int status)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!bytes)
		cordon_fail_memory(&err);
	if (bytes && report_write(file, bytes, &err))
		return status;
	say_error(&err);
	return STATUS_REFUSED;
}

static int refuse(struct report_file *file, const struct cordon_error *why)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	char *bytes = NULL;
	say_error(why);
	if (file && !cordon_refusal_report(why, &bytes, &ignored))
		bytes = NULL;
	int status = file ? write_report(file, bytes, STATUS_REFUSED) : STATUS_REFUSED;
	cordon_free(bytes);
	return status;
}

/* A run that never was ends, too, for whoever reads along. */
static void tell_refusal(int32_t status)
{
	if (status >= 0)
		host_write_line(
			status,
			"{\"event\":\"ended\",\"run_id\":null,\"outcome\":\"refused\",\"exit_status\":125,\"denials\":0,"
			"\"events_dropped\":0}",
			LAST_LINE_MS);
}

static bool make_run(const struct values *values, const struct relay *relay, struct cordon_run **ret_run,
		     struct cordon_error *err)
{
	struct cordon_run_options run_options = CORDON_RUN_OPTIONS_INIT;
	struct descriptors descriptors;
	struct cordon_policy *policy;
	if (values->target && !values->is_dry)
		return cordon_fail(err, CORDON_BAD_USAGE, "--target is for --dry-run: a command runs here only");
	if (values->report && values->is_dry)
		return cordon_fail(err, CORDON_BAD_USAGE, "--report is of a run, and --dry-run is none");
	if (values->tier && !values->target && strcmp(host_target(), "windows") != 0)
		return cordon_fail(err, CORDON_BAD_USAGE, "--tier is for Windows");
	if (!read_descriptors(&values->passed, &descriptors, err) || !grant_load(&values->grant, &policy, err))
		return false;

	run_options.flags = (values->no_observe ? CORDON_RUN_NO_OBSERVE : 0) |
			    (values->explains ? CORDON_RUN_EXPLAIN : 0) | (values->status ? CORDON_RUN_TELL : 0) |
			    (values->keep_background ? CORDON_RUN_KEEP_BACKGROUND : 0);
	run_options.workspace = values->grant.workspace;
	run_options.target = values->target;
	run_options.tier = values->tier;
	run_options.passed = descriptors.numbers;
	run_options.passed_count = descriptors.count;
	relay_ask(relay, &run_options);
	bool is_made = cordon_run_new(policy, &run_options, ret_run, err);
	cordon_policy_free(policy);
	return is_made;
}

static bool make_relay(const struct values *values, struct relay **ret_relay, struct cordon_error *err)
{
	if (values->wants_terminal && values->wants_no_terminal)
		return cordon_fail(err, CORDON_BAD_USAGE, "--tty and --no-tty cannot both be meant");
	if (values->is_dry)
		return true;
	return relay_new(values->wants_terminal      ? RELAY_ALWAYS
			 : values->wants_no_terminal ? RELAY_NEVER
						     : RELAY_FOUND,
			 ret_relay, err);
}

static int print_plan(struct cordon_run *run)
{
	const char *plan = cordon_run_plan(run);
	if (!plan) {
		say("out of memory");
		return STATUS_REFUSED;
	}
	fputs(plan, stdout);
	return say_flush() ? STATUS_FINE : STATUS_REFUSED;
}

/* The plan is what one looks at to see why this host does not carry it out. */
static int print_refused_plan(struct values *values, const struct cordon_error *why)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	struct cordon_run *run;
	if (!values->target) {
		values->target = host_target();
		if (make_run(values, NULL, &run, &ignored)) {
			print_plan(run);
			cordon_run_free(run);
		}
	}
	say_error(why);
	return STATUS_REFUSED;
}

/* What a control group would help: the names come first in the text, and are never cut. */
static bool is_for_want_of_group(const struct cordon_error *why)
{
	static const char *const by_group[] = { "limits.memory (", "limits.cpu (", "limits.cpu_time (",
						"limits.processes (" };
	for (size_t i = 0; why->status == CORDON_UNSUPPORTED && i < sizeof by_group / sizeof *by_group; i++)
		if (strstr(why->text, by_group[i]))
			return true;
	return false;
}

int command_run(char **words)
{
	CORDON_ON_EXIT(values_free) struct values values = { 0 };
	CORDON_ON_EXIT(report_close_at) struct report_file *file = NULL;
	CORDON_ON_EXIT(relay_free_at) struct relay *relay = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	struct cordon_run *run;
	int32_t status_fd = -1;
	char **command;
	bool was_in_scope = host_was_in_scope();
	if (!option_parse(options, OPTIONS_FIRST, words, &values, &command, &err)) {
		say_error(&err);
		return STATUS_REFUSED;
	}
	if (values.wants_help)
		return help();
	if (values.report && !report_open(values.report, &file, &err)) {
		say_error(&err);
		return STATUS_REFUSED;
	}
	if (values.status && !read_descriptor("--status-fd", values.status, &status_fd, &err)) {
		say_error(&err);
		return STATUS_REFUSED;
	}
	if (!make_relay(&values, &relay, &err))
		return refuse(file, &err);
	if (!make_run(&values, relay, &run, &err)) {
		if (!was_in_scope && !values.is_dry && is_for_want_of_group(&err))
			host_enter_scope();
		tell_refusal(status_fd);
		return values.is_dry && err.status == CORDON_UNSUPPORTED ? print_refused_plan(&values, &err)
									 : refuse(file, &err);
	}

	int status = values.is_dry ? print_plan(run) : carry_out(run, relay, &values, status_fd, command);
	if (file && !values.is_dry)
		status = write_report(file, cordon_run_report(run), status);
	cordon_run_free(run);
	return status;
}

/* What a run came to: its result, its report and the line for people. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/show.h"
#include "run/json.h"
#include "run/remedy.h"
#include "run/state.h"

enum {
	EXIT_WALL_TIME = 124,
	EXIT_REFUSED = 125,
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_SIGNAL = 128,
	EXIT_LIMIT = 137,
};

#define EXIT_LIMIT_WINDOWS 0xc0000044u /* STATUS_QUOTA_EXCEEDED */

/* -- result --------------------------------------------------------------------------------------------------- */

static int refusal_status(const struct cordon_error *refusal)
{
	return refusal->status == CORDON_NOT_FOUND        ? EXIT_NOT_FOUND
	       : refusal->status == CORDON_NOT_EXECUTABLE ? EXIT_NOT_EXECUTABLE
							  : EXIT_REFUSED;
}

static int exit_status(const struct run *run)
{
	switch (run->outcome) {
	case OUTCOME_EXITED:
		return run->exit_code;
	case OUTCOME_SIGNALED:
		return EXIT_SIGNAL + run->signal_number;
	case OUTCOME_WALL_TIME:
		return EXIT_WALL_TIME;
	case OUTCOME_CPU_TIME:
	case OUTCOME_MEMORY:
	case OUTCOME_PROCESSES:
	case OUTCOME_DISK:
	case OUTCOME_OUTPUT:
		return run->plan->target == TARGET_WINDOWS ? (int)EXIT_LIMIT_WINDOWS : EXIT_LIMIT;
	case OUTCOME_REFUSED:
		break;
	}
	return refusal_status(&run->refusal);
}

static bool is_explained(const struct run *run)
{
	return run->stage == STAGE_OVER && run->outcome != OUTCOME_REFUSED && exit_status(run) != 0 &&
	       run->denials.count > 0;
}

bool run_result(const struct run *run, struct run_result *ret_result)
{
	if (run->stage != STAGE_OVER)
		return false;
	*ret_result = (struct run_result){
		.exit_status = exit_status(run),
		.was_refused = run->outcome == OUTCOME_REFUSED,
		.explained = is_explained(run),
		.denial_count = run->denials.distinct > UINT32_MAX ? UINT32_MAX : (unsigned)run->denials.distinct,
		.error = run->refusal,
	};
	return true;
}

/* -- report --------------------------------------------------------------------------------------------------- */

static const char *const outcome_names[] = {
	[OUTCOME_EXITED] = "exited",     [OUTCOME_SIGNALED] = "signaled", [OUTCOME_WALL_TIME] = "wall_time",
	[OUTCOME_CPU_TIME] = "cpu_time", [OUTCOME_MEMORY] = "memory",     [OUTCOME_PROCESSES] = "processes",
	[OUTCOME_DISK] = "disk",         [OUTCOME_OUTPUT] = "output",     [OUTCOME_REFUSED] = "refused",
};

static json_t *describe_error(const struct cordon_error *error)
{
	static const char *const kinds[] = {
		[CORDON_OK] = "ok",
		[CORDON_BAD_USAGE] = "bad_usage",
		[CORDON_BAD_POLICY] = "bad_policy",
		[CORDON_UNSUPPORTED] = "unsupported",
		[CORDON_OS_FAILED] = "os_failed",
		[CORDON_NOT_FOUND] = "not_found",
		[CORDON_NOT_EXECUTABLE] = "not_executable",
		[CORDON_NO_MEMORY] = "no_memory",
	};
	bool is_known = error->status >= 0 && error->status <= CORDON_NO_MEMORY;
	return json_pack("{s:s s:o s:I s:o s:o s:o}", "kind", is_known ? kinds[error->status] : "unknown", "text",
			 json_shown(error->text), "os_code", (json_int_t)error->os_code, "file",
			 json_shown(error->file[0] ? error->file : NULL), "line",
			 json_known(error->line > 0, (uint64_t)error->line), "column",
			 json_known(error->column > 0, (uint64_t)error->column));
}

/* What this version does not measure is null, never 0. */
static json_t *describe_usage(const struct run *run)
{
	bool is_known = run->stage == STAGE_OVER && run->outcome != OUTCOME_REFUSED;
	const struct cage_usage *usage = &run->usage;
	return json_pack("{s:o s:o s:o s:o s:o s:o s:o s:o s:o}", "wall_ms", json_known(is_known, run->wall_ms),
			 "cpu_ms", json_known(is_known, usage->cpu_ms), "memory_peak_bytes",
			 json_known(is_known, usage->memory_peak), "memory_of_tree",
			 is_known ? json_boolean(usage->is_memory_whole) : json_null(), "processes_peak",
			 json_known(usage->has_processes, usage->processes_peak), "disk_bytes",
			 json_known(usage->has_disk, usage->disk_bytes), "output_bytes",
			 json_known(usage->has_output, usage->output_bytes), "net_bytes_in",
			 json_known(usage->has_network, usage->net_bytes_in), "net_bytes_out",
			 json_known(usage->has_network, usage->net_bytes_out));
}

/* The hosts in the order of their first connection; null unless the network was filtered. */
static json_t *describe_network(const struct run *run)
{
	const struct cage_traffic *traffic = run->traffic;
	if (!traffic)
		return json_null();
	json_t *hosts = json_array();
	for (size_t i = 0; i < traffic->host_count; i++) {
		const struct cage_host *host = &traffic->hosts[i];
		hosts = json_add(hosts, json_pack("{s:o s:s s:I s:I s:I}", "host",
						  json_shown(host->name[0] ? host->name : NULL), "direction",
						  host->is_inward ? "in" : "out", "connections",
						  (json_int_t)host->connections, "bytes_in", (json_int_t)host->bytes_in,
						  "bytes_out", (json_int_t)host->bytes_out));
	}
	return json_pack("{s:I s:I s:I s:o}", "connections", (json_int_t)traffic->connections, "queries",
			 (json_int_t)traffic->queries, "refused", (json_int_t)traffic->refused, "hosts", hosts);
}

json_t *report_denial(const struct denial *denial)
{
	/* what the gate refuses comes over the network, from no process in particular */
	json_t *process = denial->pid == 0 ? json_null()
					   : json_pack("{s:I s:o s:o}", "pid", (json_int_t)denial->pid, "exe",
						       json_shown(denial->program[0] ? denial->program : NULL), "argv",
						       json_strings(denial->arguments));
	return json_pack("{s:s s:s s:s s:s? s:o s:o s:o s:s? s:I}", "guarantee", guarantee_name(denial->guarantee),
			 "action", act_name(denial->act), "target", denial->target, "asked", denial->asked, "process",
			 process, "rule", json_origin(&denial->origin, denial->pattern), "would_allow",
			 json_shown(denial->would_allow), "danger", denial->danger, "count", (json_int_t)denial->count);
}

static json_t *describe_denials(const struct run *run)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < run->denials.count; i++)
		list = json_add(list, report_denial(&run->denials.items[i]));
	return list;
}

static json_t *describe_lost_covers(const struct run *run)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < run->lost_cover_count; i++)
		list = json_add(list, json_pack("{s:s s:I}", "path", run->lost_covers[i].path, "count",
						(json_int_t)run->lost_covers[i].count));
	return list;
}

static json_t *describe_asides(const struct run *run)
{
	json_t *list = json_array();
	for (size_t i = 0; i < run->asides.count; i++) {
		const struct aside *aside = &run->asides.items[i];
		const struct rule *rule = aside->rule;
		list = json_add(list, json_pack("{s:o s:o s:o s:o}", "path", json_shown(aside->path), "moved_to",
						json_shown(aside->place), "error",
						json_shown(aside->place ? NULL : aside->error.text), "rule",
						rule ? json_origin(&rule->origin, rule->pattern) : json_null()));
	}
	return list;
}

/* The caches that a run had: whether each lay over the user's own, began empty because there is none that may be read,
 * or had to although there is one.
 */
static json_t *describe_caches(const struct run *run)
{
	json_t *list = json_array();
	for (size_t i = 0; run->plan && i < run->plan->mounts.count; i++) {
		const struct plan_mount *mount = &run->plan->mounts.items[i];
		if (mount->kind == MOUNT_LAYER)
			list = json_add(list, json_pack("{s:s s:o s:s}", "cache", mount->cache, "path",
							json_shown(mount->path), "state",
							mount->is_bare      ? "bare"
							: mount->is_missing ? "own"
									    : "layer"));
	}
	return list;
}

/* Each guarantee that was asked for with its level; or why each that is not enforced is not. */
static json_t *describe_guarantees(const struct run *run, bool wants_gaps)
{
	json_t *object = json_object();
	for (int i = 0; object && i < GUARANTEE_COUNT; i++) {
		const struct assessment *row = &run->rows[i];
		if (row->level == LEVEL_UNASKED || (wants_gaps && row->level == LEVEL_ENFORCED))
			continue;
		json_t *value = wants_gaps ? json_shown(row->why) : json_string(level_name(row->level));
		if (json_object_set_new(object, guarantee_name((enum guarantee)i), value) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

const char *report_outcome(const struct run *run)
{
	return run->stage == STAGE_OVER ? outcome_names[run->outcome] : NULL;
}

#define SCHEMA "schema", "cordon-report", "version", 1

json_t *report_describe(struct run *run, struct cordon_error *err)
{
	bool is_over = run->stage == STAGE_OVER;
	bool is_refused = is_over && run->outcome == OUTCOME_REFUSED;
	if (!denials_complete(&run->denials, run->plan, err))
		return NULL;
	json_t *report = json_pack(
		"{s:s s:i s:s s:s? s:o s:o s:b s:o s:o s:o s:b s:o s:I s:o s:o s:o s:o s:o}", SCHEMA, "run_id", run->id,
		"outcome", is_over ? outcome_names[run->outcome] : NULL, "exit_code",
		json_known(is_over && run->outcome == OUTCOME_EXITED, (uint32_t)run->exit_code), "signal",
		json_known(run->signal_number > 0, (uint64_t)run->signal_number), "explained_by_sandbox",
		is_explained(run), "error", is_refused ? describe_error(&run->refusal) : json_null(), "usage",
		describe_usage(run), "network", describe_network(run), "denials_observed",
		run->was_started ? run->is_observed : run->options.observe, "denials", describe_denials(run),
		"denials_dropped", (json_int_t)run->denials.dropped, "covers_lost", describe_lost_covers(run),
		"set_aside", describe_asides(run), "caches", describe_caches(run), "guarantees",
		describe_guarantees(run, false), "gaps", describe_guarantees(run, true));
	if (!report)
		cordon_fail_memory(err);
	return report;
}

bool run_report(struct run *run, struct text *text, struct cordon_error *err)
{
	json_t *report = report_describe(run, err);
	return report && json_print(report, text, err);
}

bool run_refusal(const struct cordon_error *refusal, struct text *text, struct cordon_error *err)
{
	json_t *report = json_pack("{s:s s:i s:n s:s s:n s:n s:b s:o}", SCHEMA, "run_id", "outcome",
				   outcome_names[OUTCOME_REFUSED], "exit_code", "signal", "explained_by_sandbox", false,
				   "error", describe_error(refusal));
	return json_print(report, text, err);
}

/* -- for people ----------------------------------------------------------------------------------------------- */

/* "256 MiB", as a policy would say it where it can. */
static void add_amount(struct text *text, enum limit limit, uint64_t value)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;
	if (limit == LIMIT_CPU_TIME || limit == LIMIT_WALL_TIME) {
		text_addf(text, value % 1000 ? "%llu ms" : "%llu s",
			  (unsigned long long)(value % 1000 ? value : value / 1000));
		return;
	}
	if (limit == LIMIT_PROCESSES) {
		text_addf(text, "%llu", (unsigned long long)value);
		return;
	}
	for (; unit + 1 < COUNT_OF(units) && value >= 1024 && value % 1024 == 0; unit++)
		value /= 1024;
	text_addf(text, "%llu %s", (unsigned long long)value, units[unit]);
}

/* Which limit, whose it was, and what would raise it. */
static void explain_limit(const struct run *run, enum limit limit, struct text *text)
{
	static const struct {
		const char *what, *flag;
	} limits[LIMIT_COUNT] = {
		[LIMIT_MEMORY] = { "its processes took more memory than", "--memory" },
		[LIMIT_CPU_TIME] = { "it took more processor time than", "--cpu-time" },
		[LIMIT_WALL_TIME] = { "it ran longer than", "--time" },
		[LIMIT_PROCESSES] = { "for two seconds it went on starting processes beyond", "--processes" },
		[LIMIT_DISK] = { "it wrote and kept more than", "--disk" },
		[LIMIT_OUTPUT] = { "it printed more than", "--output" },
	};
	const struct limit_setting *setting = &run->plan->limits[limit];
	text_addf(text, "ended the command: %s ", limits[limit].what);
	add_amount(text, limit, setting->value);
	text_addf(text, " (limits.%s, ", limit_name(limit));
	origin_add(text, &setting->origin, run->surveyed.facts->home);
	text_addf(text, "); to raise it: %s", limits[limit].flag);
}

void run_warning(struct run *run, struct text *text)
{
	if (run->stage == STAGE_OVER && run->outcome == OUTCOME_WALL_TIME) {
		explain_limit(run, LIMIT_WALL_TIME, text);
	} else if (run->stage == STAGE_OVER && run->is_over_limit) {
		explain_limit(run, run->limit, text);
	} else if (run->is_gate_lost) {
		text_add(text,
			 "the gate ended before the command did, and with it the network: see why, and run it again");
	} else if (run->fatal_cover) {
		text_add(text, "ended the command: another program changed ");
		show_add(text, run->fatal_cover);
		text_add(text, ", from which the command is kept, and might have been reached by it; run it again");
	} else {
		asides_explain(run, text);
	}
}

void run_explanation(struct run *run, struct text *text)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (run->denials.count == 0 || !denials_complete(&run->denials, run->plan, &ignored))
		return;
	/* What failed last is most often what the command gave up for. */
	const struct denial *denial = &run->denials.items[run->denials.blamed];
	denial_explain(denial, run->surveyed.facts->home, text);
	uint64_t others = run->denials.distinct - 1;
	if (others > 0)
		text_addf(text, " (and %llu more)", (unsigned long long)others);
}

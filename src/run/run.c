#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/show.h"
#include "os/os.h"
#include "policy/caches.h"
#include "policy/plan_windows.h"
#include "run/json.h"
#include "run/redact.h"
#include "run/state.h"

/* Between the question and the end. */
enum { GRACE_MS = 2000 };

/* For an act that may follow another at once it is cheaper to wait here than to go round by the caller; so long it may
 * take, one and all of them. Shorter where the caller has a terminal's bytes to move.
 */
enum { LINGER_MS = 5, LINGER_AT_TERMINAL_MS = 1, LINGER_MOST_MS = 20 };

static void free_at(struct run **run)
{
	run_free(*run);
}

struct run *run_free(struct run *run)
{
	if (!run)
		return NULL;
	backend_native.discard(run->cage);
	denials_clear(&run->denials);
	events_free(&run->events);
	free(run->arguments);
	asides_free(&run->asides);
	free(run->foreign.items);
	free(run->state);
	for (size_t i = 0; i < run->made.count; i++)
		free(run->made.items[i]);
	free(run->made.items);
	for (unsigned i = 0; i < run->lost_cover_count; i++)
		free(run->lost_covers[i].path);
	plan_free(run->plan);
	survey_free(&run->surveyed);
	free(run->abilities);
	free(run->passed);
	free(run->traffic);
	free(run);
	return NULL;
}

/* -- from the settings to a run that may start ---------------------------------------------------------------- */

static bool copy_options(struct run *run, const struct run_options *options, struct cordon_error *err)
{
	run->options = *options;
	run->options.workspace = run->options.target = run->options.tier = NULL; /* the caller's, and used up */
	run->options.passed = NULL;
	if (options->passed_count == 0)
		return true;
	run->passed = calloc(options->passed_count, sizeof *run->passed);
	if (!run->passed)
		return cordon_fail_memory(err);
	memcpy(run->passed, options->passed, options->passed_count * sizeof *run->passed);
	run->options.passed = run->passed;
	return true;
}

static void settle(void *context, bool is_heir)
{
	run_set_aside(context, is_heir);
}

/* What confines needs some time for what is the same for every plan, or likely: it gets it while the plan is made. */
static bool begin(struct run *run, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *caches = caches_keep(run->surveyed.facts);
	if (!caches)
		return cordon_fail_memory(err);
	const struct handover handover = {
		.streams = { run->options.streams[0], run->options.streams[1], run->options.streams[2] },
		.passed = run->options.passed,
		.passed_count = run->options.passed_count,
		.observe = run->options.observe,
		.settle = settle,
		.context = run,
		.caches = caches,
		.home = run->surveyed.facts->home,
		.explain = run->options.explain,
		.keep_background = run->options.keep_background,
		.terminal = run->options.terminal,
		.rows = run->options.rows,
		.columns = run->options.columns,
		.in_background = run->options.in_background,
		.counts_terminal = run->options.counts_terminal,
	};
	return backend_native.begin(&handover, &run->cage, err);
}

/* The command could lay links in the way to what is written there after it. Where all is writable there is nothing to
 * gain.
 */
static bool find_state(struct run *run, struct cordon_error *err)
{
	enum path_type type;
	if (!os_find_landing(run->surveyed.facts->state, &run->state, &type, err))
		return false;
	CORDON_ON_EXIT(free_text)
	char *above = text_format("%.*s", (int)(os_name(run->state) - run->state), run->state);
	if (!above)
		return cordon_fail_memory(err);
	if (run->plan->root_is_writable || policy_decide_path(run->plan->policy, above).access != ACCESS_WRITE ||
	    plan_is_apart(run->plan, above))
		return true;
	return cordon_fail(
		err, CORDON_BAD_USAGE,
		"cordon's own state ('%s') would lie where the command may write; choose another place for it "
		"(XDG_STATE_HOME) or another workspace",
		run->state);
}

/* A plan that this host can be trusted with. */
static bool try_plan(struct run *run, const struct plan_options *plan_options, struct cordon_error *err)
{
	return plan_compile(run->surveyed.policy, run->surveyed.facts, plan_options, &run->plan, err) &&
	       find_state(run, err) && run_assess(run->plan, run->cage, &run->abilities, run->rows, err) &&
	       (!backend_native.trust || backend_native.trust(run->plan, run->abilities, err)) &&
	       run_accept(run->plan, run->rows, err);
}

static void drop_plan(struct run *run)
{
	free(run->abilities);
	run->abilities = NULL;
	free(run->state);
	run->state = NULL;
	run->plan = plan_free(run->plan);
}

/* Where the host does not hold what one way of Windows' rests on, another may do. What is told is why the best did not.
 */
static bool make_plan(struct run *run, struct plan_options plan_options, struct cordon_error *err)
{
	struct cordon_error later = CORDON_ERROR_INIT;
	bool is_named = plan_options.tier && strcmp(plan_options.tier, "auto") != 0;
	if (try_plan(run, &plan_options, err))
		return true;
	while (!is_named && run->plan && run->plan->windows) {
		plan_options.unproved |= 1u << run->plan->windows->tier;
		drop_plan(run);
		if (try_plan(run, &plan_options, &later))
			return true;
	}
	return false;
}

bool run_new(const struct settings *settings, const struct run_options *options, struct run **ret_run,
	     struct cordon_error *err)
{
	CORDON_ON_EXIT(free_at) struct run *run = calloc(1, sizeof *run);
	if (!run)
		return cordon_fail_memory(err);
	run->is_look = options->target != NULL;
	run->refusal = (struct cordon_error)CORDON_ERROR_INIT;
	const struct survey_options survey_options = { .workspace = options->workspace, .target = options->target };
	if (!copy_options(run, options, err) || !identity_make(run->id, err) ||
	    !survey_host(&survey_options, &run->surveyed.facts, err) || (!run->is_look && !begin(run, err)) ||
	    !survey_make(settings, &survey_options, &run->surveyed, err))
		return false;

	const struct plan_options plan_options = { .run_id = run->id, .tier = options->tier };
	bool is_made = run->is_look
			       ? plan_compile(run->surveyed.policy, run->surveyed.facts, &plan_options, &run->plan, err)
			       : make_plan(run, plan_options, err);
	if (!is_made)
		return false;
	*ret_run = cordon_take(&run);
	return true;
}

const char *run_id(const struct run *run)
{
	return run->id;
}

const struct policy *run_policy(const struct run *run)
{
	return run->surveyed.policy;
}

bool run_plan(struct run *run, struct text *text, struct cordon_error *err)
{
	return plan_print(run->plan, text, err);
}

/* -- the end -------------------------------------------------------------------------------------------------- */

static void tell_end(struct run *run)
{
	struct run_result result;
	if (!run_result(run, &result))
		return;
	run_tell(run,
		 json_pack("{s:s s:s s:s s:I s:I s:I}", "event", "ended", "run_id", run->id, "outcome",
			   report_outcome(run), "exit_status", (json_int_t)(uint32_t)result.exit_status, "denials",
			   (json_int_t)run->denials.distinct, "events_dropped", (json_int_t)run->events.dropped),
		 true);
}

static void tell_limit(struct run *run, enum limit limit)
{
	run_tell(run, json_pack("{s:s s:s}", "event", "limit", "limit", limit_name(limit)), false);
}

/* Whatever still lives is dead afterwards: only then is the outcome known. */
static void finish(struct run *run, enum outcome outcome)
{
	backend_native.discard(run->cage);
	run->cage = NULL;
	run->stage = STAGE_OVER;
	run->outcome = outcome;
	run->wall_ms = os_clock() - run->started_ms;
	tell_end(run);
}

static void refuse(struct run *run, const struct cordon_error *why)
{
	run->refusal = *why;
	run->refusal.size = sizeof run->refusal;
	finish(run, OUTCOME_REFUSED);
}

static enum outcome outcome_of(const struct run *run, bool by_signal)
{
	static const enum outcome outcomes[LIMIT_COUNT] = {
		[LIMIT_MEMORY] = OUTCOME_MEMORY,       [LIMIT_CPU_TIME] = OUTCOME_CPU_TIME,
		[LIMIT_PROCESSES] = OUTCOME_PROCESSES, [LIMIT_DISK] = OUTCOME_DISK,
		[LIMIT_OUTPUT] = OUTCOME_OUTPUT,
	};
	if (run->is_over_limit)
		return outcomes[run->limit];
	if (run->is_timed_out)
		return OUTCOME_WALL_TIME;
	return by_signal ? OUTCOME_SIGNALED : OUTCOME_EXITED;
}

static void end_as_told(struct run *run, const struct cage_event *event)
{
	run->usage = event->exit.usage;
	run->traffic = event->exit.traffic;
	if (event->exit.by_signal)
		run->signal_number = event->exit.code;
	else
		run->exit_code = event->exit.code;
	finish(run, outcome_of(run, event->exit.by_signal));
}

/* -- start ---------------------------------------------------------------------------------------------------- */

bool run_start(struct run *run, char *const *argv, struct cordon_error *err)
{
	if (run->is_look)
		return cordon_fail(err, CORDON_BAD_USAGE, "this run is only to look at: its target was named");
	if (run->stage != STAGE_PLANNED)
		return cordon_fail(err, CORDON_BAD_USAGE, "a run starts once");

	run->stage = STAGE_STARTING;
	run->started_ms = os_clock();
	run->began_ms = os_time();
	run->arguments = redact_arguments(argv);
	if (backend_native.start(run->cage, run->plan, run->abilities, argv, err)) {
		run_rate(run->plan, run->abilities, run->rows); /* a preset's limit may have got lost on the way */
		return true;
	}
	cordon_while(err, "start the command");
	refuse(run, err);
	return false;
}

/* Whether there is a command, or one is being started. */
static bool is_under_way(const struct run *run)
{
	return run->stage == STAGE_STARTING || run->stage == STAGE_RUNNING;
}

intptr_t run_waitable(const struct run *run)
{
	return is_under_way(run) ? backend_native.waitable(run->cage) : -1;
}

bool run_is_started(const struct run *run)
{
	return run->was_started;
}

void run_signal(struct run *run, int signal)
{
	if (is_under_way(run))
		backend_native.signal(run->cage, signal);
}

int run_take_terminal(struct run *run)
{
	return is_under_way(run) && backend_native.take_terminal ? backend_native.take_terminal(run->cage) : -1;
}

int run_take_keyboard(struct run *run)
{
	return is_under_way(run) && backend_native.take_keyboard ? backend_native.take_keyboard(run->cage) : -1;
}

void run_resize(struct run *run, uint16_t rows, uint16_t columns)
{
	if (is_under_way(run) && backend_native.resize)
		backend_native.resize(run->cage, rows, columns);
}

uint64_t run_count_output(struct run *run, uint64_t bytes)
{
	const struct limit_setting *limit = &run->plan->limits[LIMIT_OUTPUT];
	if (is_under_way(run) && backend_native.count_output)
		return backend_native.count_output(run->cage, bytes);
	if (!limit->is_set)
		return bytes;
	/* The tree was killed before all was read. */
	uint64_t left = limit->value > run->usage.output_bytes ? limit->value - run->usage.output_bytes : 0;
	uint64_t allowed = bytes < left ? bytes : left;
	run->usage.output_bytes += allowed;
	return allowed;
}

int run_stopped(const struct run *run)
{
	return is_under_way(run) && backend_native.stopped ? backend_native.stopped(run->cage) : 0;
}

void run_pause(struct run *run)
{
	if (is_under_way(run) && backend_native.pause)
		backend_native.pause(run->cage);
}

void run_foreground(struct run *run)
{
	if (is_under_way(run) && backend_native.foreground)
		backend_native.foreground(run->cage);
}

void run_end(struct run *run)
{
	if (is_under_way(run))
		backend_native.end(run->cage);
}

/* -- while it runs -------------------------------------------------------------------------------------------- */

/* In how many milliseconds the clock has something to do; -1: never. */
static int clock_timeout(const struct run *run)
{
	const struct limit_setting *limit = &run->plan->limits[LIMIT_WALL_TIME];
	if (!is_under_way(run) || !limit->is_set || run->is_killed)
		return -1;
	uint64_t now = os_clock();
	uint64_t left = run->is_timed_out                      ? (run->kill_ms > now ? run->kill_ms - now : 0)
			: now - run->started_ms < limit->value ? limit->value - (now - run->started_ms)
							       : 0;
	return left < INT32_MAX ? (int)left : INT32_MAX;
}

int run_timeout(const struct run *run)
{
	return is_under_way(run) && run->has_more ? 0 : clock_timeout(run);
}

/* The command is asked to end, and a stopped one is woken to hear it; what has not ended a moment later is killed. */
static void check_clock(struct run *run)
{
	if (clock_timeout(run) != 0)
		return;
	if (run->is_timed_out) {
		run->is_killed = true;
		backend_native.end(run->cage);
		return;
	}
	run->is_timed_out = true;
	tell_limit(run, LIMIT_WALL_TIME);
	run->kill_ms = os_clock() + GRACE_MS;
	backend_native.ask(run->cage);
}

/* For the report only: a table that is full or memory that is short must not end the run. */
static void note_lost_cover(struct run *run, const char *path)
{
	struct text shown = { 0 };
	show_add(&shown, path ? path : "");
	for (unsigned i = 0; i < run->lost_cover_count; i++) {
		if (strcmp(run->lost_covers[i].path, text_str(&shown)) == 0) {
			run->lost_covers[i].count++;
			text_free(&shown);
			return;
		}
	}
	char *taken = text_take(&shown);
	if (!taken || run->lost_cover_count == LOST_COVERS_MAX) {
		free(taken);
		return;
	}
	run->lost_covers[run->lost_cover_count++] = (struct lost_cover){ taken, 1 };
}

static void note_bare(struct run *run, const char *path)
{
	for (size_t i = 0; i < run->plan->mounts.count; i++)
		if (run->plan->mounts.items[i].path == path)
			run->plan->mounts.items[i].is_bare = true;
}

static bool note_denial(struct run *run, const struct cage_event *event, struct cordon_error *err)
{
	if (!denials_add(&run->denials, run->plan, event, err))
		return false;
	const struct denial *denial = denials_added(&run->denials);
	/* No more are told than are kept, whatever the command tries. */
	if (denial)
		run_tell(run, json_pack("{s:s s:o}", "event", "denied", "denial", report_denial(denial)), false);
	return true;
}

static bool handle(struct run *run, const struct cage_event *event, struct cordon_error *err)
{
	switch (event->kind) {
	case CAGE_NOTHING:
	case CAGE_LET_ON:
		return true;
	case CAGE_STARTED:
		run->stage = STAGE_RUNNING;
		run->was_started = true;
		run->is_observed = event->is_observed;
		run_tell(run,
			 json_pack("{s:s s:s s:b}", "event", "started", "run_id", run->id, "denials_observed",
				   run->is_observed),
			 false);
		return true;
	case CAGE_NOT_STARTED:
		refuse(run, &event->error);
		return true;
	case CAGE_DENIED:
		return note_denial(run, event, err);
	case CAGE_CACHE_BARE:
		note_bare(run, event->cover.path);
		return true;
	case CAGE_GATE_LOST:
		run->is_gate_lost = true;
		return true;
	case CAGE_MOVED:
		run_note_moved(run, event->moved_from, event->noted);
		return true;
	case CAGE_NOTED:
		run_note_made(run, event->noted);
		return true;
	case CAGE_COVER_LOST:
		note_lost_cover(run, event->cover.path);
		run_note_cover(run, event);
		if (!event->cover.is_mended && !run->fatal_cover)
			run->fatal_cover = event->cover.path;
		return true;
	case CAGE_LIMIT:
		run->is_over_limit = true;
		run->limit = event->limit;
		tell_limit(run, event->limit);
		return true;
	case CAGE_ENDED:
		end_as_told(run, event);
		return true;
	}
	return cordon_fail(err, CORDON_UNSUPPORTED, "the backend told of an event that is not known (%d)", event->kind);
}

static int shorter(int a, int b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

/* A command whose acts are looked at waits meanwhile, and often does the next one at once. */
static bool is_followed(const struct cage_event *event)
{
	return event->kind == CAGE_LET_ON || event->kind == CAGE_DENIED;
}

bool run_step(struct run *run, int timeout_ms, bool *ret_ended, struct cordon_error *err)
{
	if (run->stage == STAGE_OVER) {
		*ret_ended = true;
		return true;
	}
	if (run->stage == STAGE_PLANNED)
		return cordon_fail(err, CORDON_BAD_USAGE, "the run has not started");

	struct cage_event event;
	memset(&event, 0, sizeof event);
	check_clock(run);
	uint64_t begun = os_clock();
	if (run->has_more)
		timeout_ms = 0;
	do {
		if (!backend_native.next_event(run->cage, shorter(timeout_ms, clock_timeout(run)), &event, err) ||
		    !handle(run, &event, err)) {
			/* A run that nobody watches is no run: it ends here. */
			refuse(run, err);
			return false;
		}
		timeout_ms = run->options.terminal ? LINGER_AT_TERMINAL_MS : LINGER_MS;
	} while (is_followed(&event) && os_clock() - begun < LINGER_MOST_MS);
	run->has_more = event.kind != CAGE_NOTHING;
	if (run->cage)
		check_clock(run);
	*ret_ended = run->stage == STAGE_OVER;
	return true;
}

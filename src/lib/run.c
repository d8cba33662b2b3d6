#include <stdlib.h>

#include "base/list.h"
#include "lib/give.h"
#include "lib/policy.h"

struct cordon_run {
	struct run *run;
	struct text text; /* what the last function returned as text */
};

enum { TERMINAL_STREAMS = CORDON_TERMINAL_INPUT | CORDON_TERMINAL_OUTPUT | CORDON_TERMINAL_ERROR };

static bool options_read(const struct cordon_run_options *given, struct cordon_run_options *own,
			 struct cordon_error *err)
{
	if (!given)
		return true;
	if (given->size < offsetof(struct cordon_run_options, workspace))
		return cordon_fail(err, CORDON_BAD_USAGE, "cordon_run_options holds no size");
	if (!take_struct(own, sizeof *own, given, given->size))
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "cordon_run_options asks for something newer than this library, version %s",
				   CORDON_VERSION);
	if (own->flags & ~(CORDON_RUN_NO_OBSERVE | CORDON_RUN_KEEP_BACKGROUND | CORDON_RUN_TELL | CORDON_RUN_EXPLAIN))
		return cordon_fail(err, CORDON_UNSUPPORTED, "unknown flags 0x%x in cordon_run_options",
				   (unsigned)own->flags);
	/* Where an older caller's struct ends there was padding. */
	if (given->size <= offsetof(struct cordon_run_options, rows))
		own->terminal = 0;
	if (own->terminal & ~(TERMINAL_STREAMS | CORDON_TERMINAL_BACKGROUND | CORDON_TERMINAL_COUNTED))
		return cordon_fail(err, CORDON_UNSUPPORTED, "unknown wishes 0x%x for a terminal in cordon_run_options",
				   (unsigned)own->terminal);
	if (own->rows > UINT16_MAX || own->columns > UINT16_MAX)
		return cordon_fail(err, CORDON_BAD_USAGE, "a terminal has at most %d rows and columns", UINT16_MAX);
	if (own->passed_count && !own->passed)
		return cordon_fail(err, CORDON_BAD_USAGE, "passed_count without passed in cordon_run_options");
	return true;
}

static bool run_make(const struct cordon_policy *policy, const struct cordon_run_options *given,
		     struct cordon_run **ret_run, struct cordon_error *err)
{
	struct cordon_run_options own = CORDON_RUN_OPTIONS_INIT;
	if (!policy || !ret_run)
		return no_handle(policy ? "ret_run" : "policy", err);
	if (!options_read(given, &own, err))
		return false;

	const struct run_options options = {
		.workspace = own.workspace,
		.target = own.target,
		.tier = own.tier,
		.streams = { own.input, own.output, own.error },
		.passed = own.passed,
		.passed_count = own.passed_count,
		.observe = !(own.flags & CORDON_RUN_NO_OBSERVE),
		.tell = own.flags & CORDON_RUN_TELL,
		.explain = own.flags & CORDON_RUN_EXPLAIN,
		.keep_background = own.flags & CORDON_RUN_KEEP_BACKGROUND,
		.terminal = own.terminal & TERMINAL_STREAMS,
		.rows = (uint16_t)own.rows,
		.columns = (uint16_t)own.columns,
		.in_background = own.terminal & CORDON_TERMINAL_BACKGROUND,
		.counts_terminal = own.terminal & CORDON_TERMINAL_COUNTED,
	};
	struct cordon_run *run = calloc(1, sizeof *run);
	if (!run)
		return cordon_fail_memory(err);
	if (!run_new(policy->settings, &options, &run->run, err)) {
		free(run);
		return false;
	}
	*ret_run = run;
	return true;
}

int cordon_run_new(const struct cordon_policy *policy, const struct cordon_run_options *options,
		   struct cordon_run **ret_run, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	return give(run_make(policy, options, ret_run, &local), &local, err);
}

void cordon_run_free(struct cordon_run *run)
{
	if (!run)
		return;
	run_free(run->run);
	text_free(&run->text);
	free(run);
}

const char *cordon_run_id(const struct cordon_run *run)
{
	return run ? run_id(run->run) : NULL;
}

/* The text of a function that has just filled it, or NULL. */
static const char *text_given(const struct text *text, bool ok)
{
	return ok && text_ok(text) ? text_str(text) : NULL;
}

const char *cordon_run_plan(struct cordon_run *run)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!run)
		return NULL;
	text_free(&run->text);
	return text_given(&run->text, run_plan(run->run, &run->text, &ignored));
}

const char *cordon_run_report(struct cordon_run *run)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!run)
		return NULL;
	text_free(&run->text);
	return text_given(&run->text, run_report(run->run, &run->text, &ignored));
}

const char *cordon_run_rules(struct cordon_run *run)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	if (!run)
		return NULL;
	text_free(&run->text);
	return text_given(&run->text, run_rules(run->run, &run->text, &ignored));
}

const char *cordon_run_explain(struct cordon_run *run, const char *path, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	if (!run) {
		give(no_handle("run", &local), &local, err);
		return NULL;
	}
	text_free(&run->text);
	bool ok = path ? run_explain(run->run, path, &run->text, &local)
		       : cordon_fail(&local, CORDON_BAD_USAGE, "there is no path to explain");
	if (ok && !text_ok(&run->text))
		ok = cordon_fail_memory(&local);
	return give(ok, &local, err) ? text_str(&run->text) : NULL;
}

const char *cordon_run_verify(struct cordon_run *run, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	if (!run) {
		give(no_handle("run", &local), &local, err);
		return NULL;
	}
	text_free(&run->text);
	bool ok = run_verify(run->run, &run->text, &local);
	if (ok && !text_ok(&run->text))
		ok = cordon_fail_memory(&local);
	return give(ok, &local, err) ? text_str(&run->text) : NULL;
}

const char *cordon_run_event(struct cordon_run *run)
{
	if (!run)
		return NULL;
	text_free(&run->text);
	return text_given(&run->text, run_take_event(run->run, &run->text));
}

int cordon_run_record(struct cordon_run *run, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	return give(run ? run_record(run->run, &local) : no_handle("run", &local), &local, err);
}

const char *cordon_run_warning(struct cordon_run *run)
{
	if (!run)
		return NULL;
	text_free(&run->text);
	run_warning(run->run, &run->text);
	return text_given(&run->text, run->text.length > 0);
}

const char *cordon_run_explanation(struct cordon_run *run)
{
	if (!run)
		return NULL;
	text_free(&run->text);
	run_explanation(run->run, &run->text);
	return text_given(&run->text, run->text.length > 0);
}

static bool start(struct cordon_run *run, const char *const *argv, struct cordon_error *err)
{
	if (!run)
		return no_handle("run", err);
	if (!argv || !argv[0])
		return cordon_fail(err, CORDON_BAD_USAGE, "there is no command to run");

	/* argv is const in the public header only so that literals can be passed; nothing writes to it. */
	union {
		const char *const *given;
		char *const *taken;
	} arguments = { .given = argv };
	return run_start(run->run, arguments.taken, err);
}

int cordon_run_start(struct cordon_run *run, const char *const *argv, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	return give(start(run, argv, &local), &local, err);
}

intptr_t cordon_run_waitable(const struct cordon_run *run)
{
	return run ? run_waitable(run->run) : -1;
}

int32_t cordon_run_timeout(const struct cordon_run *run)
{
	return run ? run_timeout(run->run) : -1;
}

int cordon_run_step(struct cordon_run *run, int32_t timeout_ms, int32_t *ret_ended, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	bool is_ended = false;
	if (!run || !ret_ended)
		return give(no_handle(run ? "ret_ended" : "run", &local), &local, err);
	bool ok = run_step(run->run, timeout_ms, &is_ended, &local);
	if (ok)
		*ret_ended = is_ended;
	return give(ok, &local, err);
}

void cordon_run_signal(struct cordon_run *run, int32_t signal)
{
	if (run)
		run_signal(run->run, signal);
}

intptr_t cordon_run_take_terminal(struct cordon_run *run)
{
	return run ? run_take_terminal(run->run) : -1;
}

intptr_t cordon_run_take_keyboard(struct cordon_run *run)
{
	return run ? run_take_keyboard(run->run) : -1;
}

void cordon_run_resize(struct cordon_run *run, uint32_t rows, uint32_t columns)
{
	if (run && rows <= UINT16_MAX && columns <= UINT16_MAX)
		run_resize(run->run, (uint16_t)rows, (uint16_t)columns);
}

uint64_t cordon_run_count_output(struct cordon_run *run, uint64_t bytes)
{
	return run ? run_count_output(run->run, bytes) : 0;
}

int32_t cordon_run_stopped(const struct cordon_run *run)
{
	return run ? run_stopped(run->run) : 0;
}

void cordon_run_pause(struct cordon_run *run)
{
	if (run)
		run_pause(run->run);
}

void cordon_run_foreground(struct cordon_run *run)
{
	if (run)
		run_foreground(run->run);
}

void cordon_run_end(struct cordon_run *run)
{
	if (run)
		run_end(run->run);
}

int cordon_run_is_started(const struct cordon_run *run)
{
	return run && run_is_started(run->run);
}

int cordon_run_result(const struct cordon_run *run, struct cordon_result *ret_result)
{
	struct run_result own = { .error = CORDON_ERROR_INIT };
	if (!run || !ret_result || ret_result->size < sizeof ret_result->size || !run_result(run->run, &own))
		return 0;

	struct cordon_result result = CORDON_RESULT_INIT;
	result.exit_status = own.exit_status;
	result.was_refused = own.was_refused;
	result.explained = own.explained;
	result.denial_count = own.denial_count;

	/* The error is the last member: the caller's may be shorter or longer than this library's. */
	const size_t head = offsetof(struct cordon_result, error);
	size_t room = ret_result->size;
	give_struct(ret_result, room < head ? room : head, &result, head);
	if (room > head + sizeof ret_result->error.size)
		give_error(&ret_result->error, room - head, &own.error);
	return 1;
}

int cordon_run_wait(struct cordon_run *run, struct cordon_result *ret_result, struct cordon_error *err)
{
	struct cordon_error local = CORDON_ERROR_INIT;
	int32_t is_ended = 0;
	if (!ret_result || ret_result->size < offsetof(struct cordon_result, error)) {
		cordon_fail(&local, CORDON_BAD_USAGE, "cordon_result holds no size: start it from CORDON_RESULT_INIT");
		return give(false, &local, err);
	}
	while (!is_ended)
		if (!cordon_run_step(run, -1, &is_ended, err))
			return 0;
	return cordon_run_result(run, ret_result);
}

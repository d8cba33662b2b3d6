#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "run/state.h"

void run_rate(const struct plan *plan, const struct abilities *abilities, struct assessment ret_rows[GUARANTEE_COUNT])
{
	memset(ret_rows, 0, GUARANTEE_COUNT * sizeof *ret_rows);
	backend_native.assess(plan, abilities, ret_rows);

	/* The clock is the run's own (run_step), whatever the backend is. */
	ret_rows[GUARANTEE_LIMITS_WALL_TIME] = (struct assessment){ LEVEL_ENFORCED, "a clock of cordon's own", "",
								    NULL };

	for (int i = 0; i < GUARANTEE_COUNT; i++) {
		struct assessment *row = &ret_rows[i];
		if (!plan->guarantees[i].is_asked) {
			*row = (struct assessment){ .level = LEVEL_UNASKED };
		} else if (row->level == LEVEL_UNASKED) {
			row->level = LEVEL_ABSENT;
			snprintf(row->why, sizeof row->why, "the backend says nothing of it");
		}
	}
}

bool run_assess(const struct plan *plan, struct cage *cage, struct abilities **ret_abilities,
		struct assessment ret_rows[GUARANTEE_COUNT], struct cordon_error *err)
{
	if (!backend_native.probe(cage, ret_abilities, err))
		return cordon_while(err, "probe this host");
	if (backend_native.prove && !backend_native.prove(plan, *ret_abilities, err))
		return false;
	run_rate(plan, *ret_abilities, ret_rows);
	return true;
}

static bool is_lacking(const struct plan *plan, const struct assessment *rows, int guarantee)
{
	const struct plan_guarantee *wanted = &plan->guarantees[guarantee];
	return wanted->is_asked && !wanted->is_best_effort && rows[guarantee].level < wanted->accepted;
}

/* Said once, though it be to blame for all of them. */
static const struct assessment *find_cause(const struct plan *plan, const struct assessment *rows)
{
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		if (is_lacking(plan, rows, i) && rows[i].cause[0])
			return &rows[i];
	return NULL;
}

static void add_cause(struct text *text, const struct assessment *row)
{
	if (!row)
		return;
	text_addf(text, "; because: %s", row->cause);
	if (row->remedy)
		text_addf(text, "; to mend it: %s", row->remedy);
}

/* Who asks for a limit. */
static void add_asker(struct text *text, const struct plan *plan, enum guarantee guarantee)
{
	for (int i = 0; i < LIMIT_COUNT; i++) {
		const struct limit_setting *limit = &plan->limits[i];
		if (limit_guarantee((enum limit)i) != guarantee || !limit->is_set)
			continue;
		const struct origin *origin = &limit->origin;
		text_addf(text, origin->line > 0 ? " (%s:%d)" : " (%s)", origin->file, origin->line);
	}
}

/* Names first, reasons behind: should the text be cut, no name is lost. */
bool run_accept(const struct plan *plan, const struct assessment rows[GUARANTEE_COUNT], struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text names = { 0 };
	CORDON_ON_EXIT(text_free) struct text reasons = { 0 };
	CORDON_ON_EXIT(text_free) struct text accepts = { 0 };
	add_cause(&reasons, find_cause(plan, rows));
	for (int i = 0; i < GUARANTEE_COUNT; i++) {
		const char *name = guarantee_name((enum guarantee)i);
		if (!is_lacking(plan, rows, i))
			continue;
		text_addf(&names, "%s%s (%s)", names.length ? ", " : "", name, level_name(rows[i].level));
		text_addf(&accepts, " --accept %s%s", name, rows[i].level == LEVEL_ABSENT ? "=absent" : "");
		text_addf(&reasons, "; %s", name);
		add_asker(&reasons, plan, (enum guarantee)i);
		text_addf(&reasons, ": %s", rows[i].why);
	}
	if (names.length == 0)
		return true;
	if (!text_ok(&names) || !text_ok(&reasons) || !text_ok(&accepts))
		return cordon_fail_memory(err);
	return cordon_fail(err, CORDON_UNSUPPORTED,
			   "this host does not give what the policy asks for: %s; to run without:%s%s",
			   text_str(&names), text_str(&accepts), text_str(&reasons));
}

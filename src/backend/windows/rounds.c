#include "backend/windows/rounds.h"

#include <stdio.h>
#include <string.h>

#include "backend/windows/probe_plan.h"
#include "base/list.h"
#include "base/scope.h"

/* -- trying -------------------------------------------------------------------------------------------------------- */

void rounds_refuse(struct probing *probing, const char *why)
{
	size_t length = strlen(probing->why);
	snprintf(probing->why + length, sizeof probing->why - length, "%s%s", length ? "; " : "", why);
}

void rounds_judge(const struct rounds *rounds, bool goes_out, struct probing *probing)
{
	for (unsigned i = 0; i < trial_count; i++) {
		const struct trial_case *trial = &trial_cases[i];
		struct finding *finding = &probing->findings[i];
		if (!trial_is_for(trial, probing->tiers, goes_out))
			continue;
		finding->verdict = trial_judge(trial, rounds->answers[OUTSIDE][i], rounds->answers[INSIDE][i],
					       rounds->look(rounds->context, trial));
		finding->is_tried = finding->verdict != TRIAL_NOT_HERE;
	}
}

static bool has_held(const struct probing *probing)
{
	bool holds = !probing->why[0];
	for (unsigned i = 0; i < trial_count; i++)
		holds &= !probing->findings[i].is_tried ||
			 !trial_is_fatal(&trial_cases[i], probing->tiers, probing->findings[i].verdict);
	return holds;
}

bool rounds_run(const struct rounds *rounds, struct probing *probing, struct cordon_error *err)
{
	struct cordon_error why = CORDON_ERROR_INIT;
	for (int goes_out = 0; goes_out < 2; goes_out++) {
		if (goes_out && (!has_held(probing) || !(probing->tiers & TRIAL_APART)))
			return true;
		if (!rounds->run(rounds->context, OUTSIDE, goes_out, err))
			return false;
		if (!rounds->run(rounds->context, INSIDE, goes_out, &why))
			rounds_refuse(probing, why.text);
		rounds_judge(rounds, goes_out, probing);
	}
	return true;
}

/* -- what held ---------------------------------------------------------------------------------------------------- */

/* The first trial about the guarantee that did not hold, and cost the tier or did not, or NULL. */
static const struct trial_case *find_failed(const struct probing *probing, enum guarantee guarantee, bool is_fatal,
					    const struct finding **ret_finding)
{
	for (unsigned i = 0; i < trial_count; i++) {
		*ret_finding = &probing->findings[i];
		if ((*ret_finding)->is_tried && trial_cases[i].kind != TRIAL_MUST_WORK &&
		    trial_guarantee(&trial_cases[i], probing->tiers) == guarantee &&
		    (*ret_finding)->verdict != TRIAL_HELD &&
		    trial_is_fatal(&trial_cases[i], probing->tiers, (*ret_finding)->verdict) == is_fatal)
			return &trial_cases[i];
	}
	return NULL;
}

/* What is said is said of this tier; what it says of itself holds once the probe has seen what it names. */
static bool was_tried(const struct probing *probing, enum guarantee guarantee)
{
	for (unsigned i = 0; i < trial_count; i++)
		if (probing->findings[i].is_tried && trial_cases[i].kind != TRIAL_MUST_WORK &&
		    trial_guarantee(&trial_cases[i], probing->tiers) == guarantee)
			return true;
	return false;
}

/* A file that is saved by rename is another file, on which nothing was put. */
static bool loses_denials(const struct plan_windows *windows)
{
	for (size_t i = 0; i < windows->objects.count; i++)
		if (windows->objects.items[i].is_watched)
			return true;
	return false;
}

struct assessment rounds_assess(const struct plan *plan, const struct probing *probing, enum guarantee guarantee)
{
	const struct tier_promise *promise = &plan->windows->promises[guarantee];
	const struct finding *finding, *lowered;
	const struct trial_case *failed = find_failed(probing, guarantee, true, &finding);
	const struct trial_case *loose = find_failed(probing, guarantee, false, &lowered);
	struct assessment row = { .level = LEVEL_ABSENT };
	const char *why = failed ? trial_verdict_text(failed, finding->verdict) : probing->why[0] ? probing->why : NULL;
	if (!why) {
		row.level = !promise->proof || was_tried(probing, guarantee) ? promise->best : promise->unproved;
		why = promise->why;
		if (loose && row.level > LEVEL_PARTIAL)
			row.level = LEVEL_PARTIAL;
		if (loose)
			why = trial_verdict_text(loose, lowered->verdict);
	}
	if (guarantee == GUARANTEE_FILES_PROTECT && row.level == LEVEL_ENFORCED && loses_denials(plan->windows)) {
		row.level = LEVEL_PARTIAL;
		why = "a protected file that the host saves by rename during the run is open until cordon has seen it";
	}
	snprintf(row.why, sizeof row.why, "%.*s", (int)sizeof row.why - 1, why ? why : "nothing is known of it");
	return row;
}

/* -- telling ------------------------------------------------------------------------------------------------------- */

static enum verified_how how_of(const struct trial_case *trial, unsigned tiers, const struct finding *finding)
{
	if (!finding->is_tried)
		return VERIFIED_UNTRIED;
	if (finding->verdict == TRIAL_HELD)
		return VERIFIED_HELD;
	if (!trial_is_fatal(trial, tiers, finding->verdict))
		return VERIFIED_LOOSE;
	return trial->kind == TRIAL_MUST_WORK ? VERIFIED_BROKEN : VERIFIED_OPEN;
}

static const char *why_of(const struct trial_case *trial, const struct finding *finding)
{
	if (finding->is_tried)
		return finding->verdict == TRIAL_HELD ? "" : trial_verdict_text(trial, finding->verdict);
	return finding->verdict == TRIAL_NOT_HERE ? trial_verdict_text(trial, TRIAL_NOT_HERE)
						  : "it would leave this host, and something else did not hold";
}

static bool add_verified(const char *act, enum guarantee guarantee, enum verified_how how, const char *why,
			 struct verified_list *list)
{
	struct verified *row = LIST_ADD(list);
	if (!row)
		return false;
	*row = (struct verified){ act, guarantee, how, "" };
	snprintf(row->why, sizeof row->why, "%.*s", (int)sizeof row->why - 1, why);
	return true;
}

bool rounds_tell(const struct probing *probing, struct verified_list *list)
{
	if (probing->why[0] && !add_verified("have-tier", GUARANTEE_COUNT, VERIFIED_BROKEN, probing->why, list))
		return false;
	for (unsigned i = 0; i < trial_count; i++) {
		const struct trial_case *trial = &trial_cases[i];
		const struct finding *finding = &probing->findings[i];
		const enum guarantee guarantee = trial->kind == TRIAL_MUST_WORK
							 ? GUARANTEE_COUNT
							 : trial_guarantee(trial, probing->tiers);
		if (trial_is_of(trial, probing->tiers) &&
		    !add_verified(trial->name, guarantee, how_of(trial, probing->tiers, finding),
				  why_of(trial, finding), list))
			return false;
	}
	return true;
}

/* -- trusting ------------------------------------------------------------------------------------------------------ */

/* "files.write (a file outside was written, and 8 more), registry (…)": cordon-selftest tells each. */
static void tell_failures(const struct probing *probing, struct text *text)
{
	for (int guarantee = 0; guarantee < GUARANTEE_COUNT; guarantee++) {
		unsigned count = 0;
		for (unsigned i = 0; i < trial_count; i++) {
			const struct trial_case *trial = &trial_cases[i];
			const struct finding *finding = &probing->findings[i];
			if (trial->kind == TRIAL_MUST_WORK ||
			    (int)trial_guarantee(trial, probing->tiers) != guarantee || !finding->is_tried ||
			    !trial_is_fatal(trial, probing->tiers, finding->verdict))
				continue;
			if (count++ == 0)
				text_addf(text, "%s%s (", text->length ? ", " : "",
					  guarantee_name((enum guarantee)guarantee));
			if (count == 1)
				text_add(text, trial_verdict_text(trial, finding->verdict));
		}
		if (count > 1)
			text_addf(text, ", and %u more", count - 1);
		if (count > 0)
			text_add_char(text, ')');
	}
}

static void tell_broken(const struct probing *probing, struct text *text)
{
	for (unsigned i = 0; i < trial_count; i++)
		if (trial_cases[i].kind == TRIAL_MUST_WORK && probing->findings[i].is_tried &&
		    probing->findings[i].verdict != TRIAL_HELD)
			text_addf(text, "%s%s: %s", text->length ? ", " : "", trial_cases[i].name,
				  trial_verdict_text(&trial_cases[i], probing->findings[i].verdict));
}

bool rounds_trust(const struct plan *plan, const struct probing *probing, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text failed = { 0 };
	CORDON_ON_EXIT(text_free) struct text broken = { 0 };
	const char *tier = tier_name(plan->windows->tier);
	tell_failures(probing, &failed);
	tell_broken(probing, &broken);
	if (!text_ok(&failed) || !text_ok(&broken))
		return cordon_fail_memory(err);
	if (failed.length > 0)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "this host does not enforce what the tier %s rests on: %s%s%s; nothing runs here, "
				   "whatever is accepted",
				   tier, text_str(&failed), probing->why[0] ? "; " : "", probing->why);
	if (broken.length > 0)
		return cordon_fail(err, CORDON_UNSUPPORTED, "on this host programs do not work in the tier %s: %s",
				   tier, text_str(&broken));
	if (probing->why[0])
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "this host cannot give the tier %s: %s; ways on: --preset strict, --tier NAME", tier,
				   probing->why);
	/* Whatever else would have said so. */
	return (probing->is_made && probing->tiers == probe_tiers(plan->windows->tier, plan->network)) ||
	       cordon_fail(err, CORDON_UNSUPPORTED, "the tier %s was not tried on this host", tier);
}

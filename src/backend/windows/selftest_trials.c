/* The live probe (probe.c), tier by tier: what it finds is what cordon would go by. */
#include "backend/windows/selftest.h"

#include "base/scope.h"

static const char needs_accounts[] =
	"there are no accounts: run 'cordon setup', or this with --setup, both as administrator";

static void tell_trial(const struct trial_case *trial, enum tier tier, const struct probing *probing, const char *why)
{
	CORDON_ON_EXIT(free_text) char *name = selftest_trial_name(trial, tier);
	const struct finding *finding = &probing->findings[trial - trial_cases];
	const char *text = trial_verdict_text(trial, finding->verdict);
	if (why || finding->verdict == TRIAL_NOT_HERE)
		report_case(name, SKIPPED, why ? why : text);
	else if (!finding->is_tried)
		report_case(name, SKIPPED, "it would leave this host, and other trials did not hold");
	else if (finding->verdict == TRIAL_HELD)
		report_case(name, HOLDS, NULL);
	else
		report_case(name, FAILS, text);
}

/* One case for the tier itself, and its trials. */
void trials_try(struct selftest *test, enum tier tier)
{
	struct plan_windows windows = { .tier = tier, .job = { .memory = 1 << 30, .processes = 100 } };
	struct plan plan = { .target = TARGET_WINDOWS, .facts = test->facts, .windows = &windows };
	struct probing probing = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *name = selftest_tier_name(tier);
	const char *why = NULL;
	if (tier == TIER_ACCOUNT && !test->has_accounts) {
		why = needs_accounts;
		report_case(name, SKIPPED, why);
	} else if (!probe_tier(&plan, &probing, &err)) {
		report_case(name, FAILS, err.text);
		why = "the probe was not made";
	} else {
		report_case(name, probing.why[0] ? FAILS : HOLDS, probing.why);
		if (!(probing.tiers & (1u << tier)))
			why = "the tier itself cannot be had here";
	}
	for (unsigned i = 0; i < trial_count && !is_interrupted(); i++)
		if (selftest_has_trial(&trial_cases[i], (int)tier))
			tell_trial(&trial_cases[i], tier, &probing, why);
}

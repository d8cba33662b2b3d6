/* The live probe on the host that this runs on. Wine says yes to everything and enforces nothing: the best of tests for
 * it.
 */
#include "backend/windows/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "scratch.h"

static void probe(enum tier tier, struct probing *ret_probing)
{
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	struct plan_windows windows = { .tier = tier, .job = { .memory = 1 << 30 } };
	struct plan plan = { .target = TARGET_WINDOWS, .windows = &windows };
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(os_survey_host(scratch, &facts, &err));
	plan.facts = facts;
	if (!probe_tier(&plan, ret_probing, &err))
		fail_msg("%s", err.text);
	/* Nothing of it stays. */
	CORDON_ON_EXIT(free_text) char *folder = text_format("%s\\probe\\cordon-probe-*", facts->state);
	WIN32_FIND_DATAA entry;
	assert_ptr_equal(FindFirstFileA(folder, &entry), INVALID_HANDLE_VALUE);
}

/* Wine's own answers where it has not what a trial is about, or answers with nothing. */
enum { ANY_VERDICT = -1 };
static const struct {
	const char *trial;
	int verdict;
} wines[] = {
	/* It has no sockets of these families, raw ones need more rights, and ICMP too. */
	{ "connect-unix", TRIAL_NOT_HERE },
	{ "connect-hyperv", TRIAL_NOT_HERE },
	{ "raw-socket", TRIAL_NOT_HERE },
	{ "ping", TRIAL_NO_CONTROL },
	/* No shares. */
	{ "share", TRIAL_NO_CONTROL },
	/* Its shell has no screen, and comes or does not. */
	{ "reach-shell", ANY_VERDICT },
	/* Of names longer than a drive's it makes a crash. */
	{ "define-device", TRIAL_NO_CONTROL },
	/* This process has no console. */
	{ "attach-console", TRIAL_NOT_HERE },
	/* One drive, no shadow copies, no WSL, no class that starts as the logged-on user. */
	{ "make-in-drives", TRIAL_NOT_HERE },
	{ "read-snapshot", TRIAL_NOT_HERE },
	{ "start-wsl", TRIAL_NOT_HERE },
	{ "reach-session", TRIAL_NOT_HERE },
	/* No packages and no accounts, and so no other run in one. */
	{ "open-sibling", TRIAL_NOT_HERE },
	{ "write-siblings-pipe", TRIAL_NOT_HERE },
	/* Its resolver keeps nothing. */
	{ "read-resolver", TRIAL_NOT_HERE },
	/* Its pseudoconsoles keep their size, and its PowerShell does nothing. */
	{ "console-resize", TRIAL_NOT_HERE },
	{ "start-powershell", TRIAL_NO_CONTROL },
	/* Its Schannel is no server. */
	{ "schannel", TRIAL_NO_CONTROL },
	/* The job, which it has. */
	{ "leave-job", TRIAL_HELD },
};

static int verdict_of(const struct trial_case *trial, int otherwise)
{
	for (size_t i = 0; is_wine() && i < COUNT_OF(wines); i++)
		if (strcmp(wines[i].trial, trial->name) == 0)
			return wines[i].verdict;
	return otherwise;
}

static void probe__finds_out_a_host_that_enforces_nothing(void **state)
{
	(void)state;
	if (!is_wine()) {
		print_message("this host is no Wine\n");
		skip();
	}
	for (int tier = 0; tier < TIER_COUNT; tier++) {
		struct probing probing;
		probe((enum tier)tier, &probing);
		assert_true(probing.is_made);
		for (unsigned i = 0; i < trial_count; i++) {
			const struct finding *finding = &probing.findings[i];
			if (!finding->is_tried)
				continue;
			/* Jobs are what Wine really has. */
			bool is_lost = trial_cases[i].kind == TRIAL_MUST_FAIL &&
				       trial_cases[i].guarantee != GUARANTEE_TREE;
			const int expected = verdict_of(&trial_cases[i], is_lost ? TRIAL_DONE : TRIAL_HELD);
			if ((int)finding->verdict != expected)
				fail_msg("%s: %s", trial_cases[i].name,
					 trial_verdict_text(&trial_cases[i], finding->verdict));
		}
		assert_non_null(strstr(probing.why, "restricting identities"));
		assert_non_null(strstr(probing.why, "limit of memory"));
	}
}

/* With nothing that confines every act is found done: each trial alone would refuse a tier. */
static void probe__finds_out_that_nothing_confines(void **state)
{
	(void)state;
	struct probing probing;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	struct plan_windows windows = { .tier = TIER_TOKEN };
	struct plan plan = { .target = TARGET_WINDOWS, .windows = &windows };
	struct cordon_error err = CORDON_ERROR_INIT;
	unsigned wrong = 0;
	assert_true(os_survey_host(scratch, &facts, &err));
	plan.facts = facts;
	if (!probe_unconfined(&plan, &probing, &err))
		fail_msg("%s", err.text);
	for (unsigned i = 0; i < trial_count; i++) {
		const struct trial_case *trial = &trial_cases[i];
		bool works = trial->kind == TRIAL_MUST_WORK || trial->kind == TRIAL_LEAVES;
		const int expected = verdict_of(trial, works ? TRIAL_HELD : TRIAL_DONE);
		if (trial->goes_out || expected == ANY_VERDICT || (int)probing.findings[i].verdict == expected)
			continue;
		print_message("%s: %s\n", trial->name, trial_verdict_text(trial, probing.findings[i].verdict));
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void backend__trusts_no_tier_of_it(void **state)
{
	(void)state;
	for (int tier = 0; tier < TIER_COUNT; tier++) {
		CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
		struct plan_windows windows = { .tier = (enum tier)tier };
		struct plan plan = { .target = TARGET_WINDOWS, .windows = &windows };
		struct abilities *abilities = NULL;
		struct cordon_error err = CORDON_ERROR_INIT;
		struct assessment rows[GUARANTEE_COUNT] = { 0 };
		assert_true(os_survey_host(scratch, &facts, &err));
		plan.facts = facts;
		for (int i = 0; i < GUARANTEE_COUNT; i++)
			plan.guarantees[i].is_asked = true;
		assert_true(backend_native.probe(NULL, &abilities, &err));
		if (!backend_native.prove(&plan, abilities, &err))
			fail_msg("%s", err.text);
		assert_false(backend_native.trust(&plan, abilities, &err));
		assert_int_equal(err.status, CORDON_UNSUPPORTED);
		/* And what did not hold is tried again the next time. */
		CORDON_ON_EXIT(free_text) char *kept = text_format("%s\\proved", facts->state);
		assert_false(os_exists(kept));
		backend_native.assess(&plan, abilities, rows);
		for (int i = 0; i < GUARANTEE_COUNT; i++) {
			assert_int_equal(rows[i].level, LEVEL_ABSENT);
			assert_true(rows[i].why[0]);
		}
		free(abilities);
	}
}

/* Whoever asks for the token has to look at what came of it. */
static void token__reads_back_or_is_refused(void **state)
{
	(void)state;
	static struct sid restricting[] = {
		{ SID_CAPABILITY, 0 }, { SID_RUN, 0 }, { SID_LOGON, 0 }, { SID_EVERYONE, 0 }
	};
	static const struct windows_token recipe = { .drops_privileges = true,
						     .drops_administrators = true,
						     .is_write_restricted = true,
						     .integrity = INTEGRITY_MEDIUM,
						     .restricting = { restricting, 4, 4 } };
	CORDON_ON_EXIT(identities_free) struct identities identities = { 0 };
	CORDON_ON_EXIT(close_handle) HANDLE token = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	const char *why = NULL;
	assert_true(identities_make(1, &identities, &err));
	if (!token_make(&recipe, &identities, &token, &err))
		fail_msg("%s", err.text);
	assert_int_equal(token_holds(token, &recipe, &identities, &why), !is_wine());

	/* Random identities are nobody else's. */
	CORDON_ON_EXIT(identities_free) struct identities others = { 0 };
	assert_true(identities_make(1, &others, &err));
	assert_false(EqualSid(identities.capabilities[0], others.capabilities[0]));
	assert_false(EqualSid(identities.roles[SID_RUN], others.roles[SID_RUN]));
	assert_false(EqualSid(identities.roles[SID_RUN], identities.capabilities[0]));
	assert_null(identities_find(&identities, (struct sid){ SID_CAPABILITY, 1 }));
	assert_null(identities_find(&identities, (struct sid){ SID_ACCOUNT, 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probe__finds_out_a_host_that_enforces_nothing),
		cmocka_unit_test(probe__finds_out_that_nothing_confines),
		cmocka_unit_test(backend__trusts_no_tier_of_it),
		cmocka_unit_test(token__reads_back_or_is_refused),
	};
	return cmocka_run_group_tests(tests, scratch_setup, NULL);
}

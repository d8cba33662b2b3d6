/* tests/windows/world.h: a host and a plan for runs whose token restricts nothing, so that Wine has it as it was asked
 * for. Each test may change the plan; it is made anew for the next.
 */
#pragma once

#include "backend/windows/cage.h"
#include "base/list.h"
#include "os/os.h"
#include "scratch.h"

enum { LEVEL_OF_WINE = 0x3000, EVENT_MS = 30000 };

static struct facts *facts;
static struct plan_windows windows;
static struct plan plan;
static struct cordon_error err;

__attribute__((unused)) static int setup_world(void **state)
{
	int result = scratch_setup(state);
	if (result != 0 || !os_survey_host(scratch, &facts, &err))
		return -1;
	/* What another test left is not this one's. */
	make_directory(in_scratch("temp"));
	free(facts->temp);
	facts->temp = strdup(in_scratch("temp"));
	return facts->temp ? 0 : -1;
}

__attribute__((unused)) static int teardown_world(void **state)
{
	(void)state;
	facts = facts_free(facts);
	return 0;
}

/* The same with a state and an account's profile in it. */
__attribute__((unused)) static int setup_account_world(void **state)
{
	if (setup_world(state) != 0)
		return -1;
	make_directory(in_scratch("state"));
	make_directory(in_scratch("profile"));
	free(facts->state);
	facts->state = strdup(in_scratch("state"));
	return facts->state ? 0 : -1;
}

__attribute__((unused)) static int setup_plan(void **state)
{
	static const char *const no_mitigations[] = { "heap-terminate-on-corruption", NULL };
	static const struct windows_variable variables[] = { { "TEMP", "${run.temp}" },
							     { "TMP", "${run.temp}" },
							     { NULL, NULL } };
	static struct sid default_grants[] = { { SID_SYSTEM, 0 }, { SID_USER, 0 }, { SID_RUN, 0 } };
	(void)state;
	err = (struct cordon_error)CORDON_ERROR_INIT;
	windows = (struct plan_windows){
		.tier = TIER_TOKEN,
		.token = { .integrity = is_wine() ? LEVEL_OF_WINE : INTEGRITY_MEDIUM,
			   .default_grants = { default_grants, COUNT_OF(default_grants), COUNT_OF(default_grants) } },
		.mitigations = no_mitigations,
		.variables = variables,
	};
	plan = (struct plan){ .target = TARGET_WINDOWS,
			      .facts = facts,
			      .directory = facts->workspace,
			      .environment = facts->environment,
			      .windows = &windows };
	return 0;
}

/* -- a run of it --------------------------------------------------------------------------------------------------- */

__attribute__((unused)) static struct cage *begin_run(const struct handover *handover)
{
	struct cage *cage = NULL;
	if (!backend_native.begin(handover, &cage, &err))
		fail_msg("%s", err.text);
	return cage;
}

__attribute__((unused)) static struct cage *start_run(const struct handover *handover, char *const *argv)
{
	struct cage *cage = begin_run(handover);
	if (!backend_native.start(cage, &plan, NULL, argv, &err))
		fail_msg("%s", err.text);
	return cage;
}

/* The next that is told, through the waitable as a caller's loop has it. */
__attribute__((unused)) static struct cage_event await(struct cage *cage)
{
	struct cage_event event = { .kind = CAGE_NOTHING };
	while (event.kind == CAGE_NOTHING) {
		assert_int_equal(WaitForSingleObject((HANDLE)(intptr_t)backend_native.waitable(cage), EVENT_MS),
				 WAIT_OBJECT_0);
		assert_true(backend_native.next_event(cage, 0, &event, &err));
	}
	return event;
}

__attribute__((unused)) static struct cage_event await_end(struct cage *cage)
{
	assert_int_equal(await(cage).kind, CAGE_STARTED);
	struct cage_event event = await(cage);
	assert_int_equal(event.kind, CAGE_ENDED);
	return event;
}

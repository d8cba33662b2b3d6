#include <stdlib.h>

#include "base/scope.h"
#include "run/json.h"
#include "run/state.h"

static void free_verified(struct verified_list *list)
{
	free(list->items);
}

/* "unasked" is what the policy does not ask for, as long as it holds: what does not refuses every run. */
static const char *word_of(const struct plan *plan, const struct verified *row)
{
	const struct plan_guarantee *wanted = row->guarantee < GUARANTEE_COUNT ? &plan->guarantees[row->guarantee]
									       : NULL;
	switch (row->how) {
	case VERIFIED_HELD:
		return wanted && !wanted->is_asked ? "unasked" : "held";
	case VERIFIED_UNTRIED:
		return "untried";
	case VERIFIED_LOOSE:
		return !wanted || !wanted->is_asked                                  ? "unasked"
		       : wanted->is_best_effort || wanted->accepted <= LEVEL_PARTIAL ? "accepted"
										     : "OPEN";
	case VERIFIED_BROKEN:
		return "broken";
	case VERIFIED_OPEN:
		break;
	}
	return "OPEN";
}

bool run_verify(const struct run *run, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_verified) struct verified_list list = { 0 };
	if (!backend_native.verify)
		return cordon_fail(
			err, CORDON_UNSUPPORTED,
			"this system says what it can do, and what it says is what it does: there is nothing "
			"that a run has tried");
	if (!backend_native.verify(run->plan, &list, err))
		return false;
	json_t *rows = json_array();
	for (size_t i = 0; i < list.count; i++) {
		const struct verified *row = &list.items[i];
		rows = json_add(rows,
				json_pack("{s:s* s:s s:s s:s*}", "guarantee",
					  row->guarantee < GUARANTEE_COUNT ? guarantee_name(row->guarantee) : NULL,
					  "attack", row->act, "verdict", word_of(run->plan, row), "why",
					  row->why[0] ? row->why : NULL));
	}
	return json_print(json_pack("{s:s s:i s:o}", "schema", "cordon-verify", "version", 1, "attacks", rows), text,
			  err);
}

/* The administrator's one-time step, where the system has one. */
#include <string.h>

#include "base/scope.h"
#include "os/os.h"
#include "run/json.h"
#include "run/state.h"

static json_t *split_lines(const char *lines)
{
	json_t *array = json_array();
	for (const char *end; (end = strchr(lines, '\n')); lines = end + 1)
		array = json_add(array, json_stringn(lines, (size_t)(end - lines)));
	return array;
}

/* What runs left on files names the accounts, so it goes first; but not before it is known that this user may do the rest.
 */
static bool forget_files(const struct setup_wish *wish, struct cordon_error *err)
{
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	CORDON_ON_EXIT(text_free) struct text unsaid = { 0 };
	struct setup_wish trial = *wish;
	size_t count;
	bool is_needed;
	trial.is_trial = true;
	return !wish->is_removal || wish->is_trial || !backend_native.forget ||
	       (backend_native.setup(&trial, &unsaid, &is_needed, err) && os_survey_host("/", &facts, err) &&
		backend_native.forget(facts->state, NULL, &count, err));
}

bool run_setup(const struct setup_request *request, struct text *text, struct cordon_error *err)
{
	const struct setup_wish wish = { request->is_removal, request->is_trial, request->accounts, request->users };
	CORDON_ON_EXIT(text_free) struct text lines = { 0 };
	bool is_needed = false;
	if (backend_native.setup &&
	    (!forget_files(&wish, err) || !backend_native.setup(&wish, &lines, &is_needed, err)))
		return false;
	return json_print(json_pack("{s:s s:i s:b s:b s:b s:o}", "schema", "cordon-setup", "version", 1, "needed",
				    is_needed, "removal", wish.is_removal, "dry_run", wish.is_trial, "changes",
				    split_lines(text_str(&lines))),
			  text, err);
}

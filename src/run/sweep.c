#include <stdlib.h>

#include "base/scope.h"
#include "os/os.h"
#include "run/json.h"
#include "run/state.h"

static void swept_free(struct swept *swept)
{
	for (size_t i = 0; i < swept->list.count; i++) {
		free(swept->list.items[i].path);
		free(swept->list.items[i].workspace);
	}
	free(swept->list.items);
}

static json_t *list(const struct swept *swept, enum swept_kind kind)
{
	json_t *array = json_array();
	for (size_t i = 0; i < swept->list.count; i++) {
		const struct swept_item *item = &swept->list.items[i];
		if (item->kind == kind && kind == SWEPT_ASIDE)
			array = json_add(array, json_shown(item->path));
		else if (item->kind == kind)
			array = json_add(array, json_pack("{s:o s:o}", "path", json_shown(item->path), "workspace",
							  json_shown(item->workspace)));
	}
	return array;
}

bool run_sweep(bool is_trial, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(swept_free) struct swept swept = { 0 };
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	if (!os_survey_host("/", &facts, err) ||
	    (backend_native.sweep && !backend_native.sweep(facts->state, is_trial, &swept, err)))
		return false;
	return json_print(json_pack("{s:s s:i s:b s:o s:o s:o s:o s:I}", "schema", "cordon-gc", "version", 1, "dry_run",
				    is_trial, "control_groups",
				    swept.has_control_groups ? json_integer(swept.control_groups) : json_null(),
				    "probes", swept.has_probes ? json_integer(swept.probes) : json_null(), "set_aside",
				    list(&swept, SWEPT_ASIDE), "caches", list(&swept, SWEPT_CACHES), "failed",
				    (json_int_t)swept.failed),
			  text, err);
}

bool run_forget(const char *directory, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	CORDON_ON_EXIT(free_text) char *landing = NULL;
	enum path_type type;
	size_t count;
	if (!backend_native.forget)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "runs leave nothing on this system's files that could be undone");
	if ((directory && !os_find_landing(directory, &landing, &type, err)) || !os_survey_host("/", &facts, err) ||
	    !backend_native.forget(facts->state, landing, &count, err))
		return false;
	return json_print(
		json_pack("{s:s s:i s:I}", "schema", "cordon-forget", "version", 1, "objects", (json_int_t)count), text,
		err);
}

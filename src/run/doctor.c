/* What this host can enforce: the default preset's plan, with every limit and each network mode asked for,
 * assessed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "run/json.h"
#include "run/state.h"

struct examination {
	struct assessment rows[GUARANTEE_COUNT];
};

static void free_settings(struct settings **settings)
{
	settings_free(*settings);
}

static void free_abilities(struct abilities **abilities)
{
	free(*abilities);
}

/* Asks for everything that is not asked for by itself. */
static bool ask(struct settings *settings, const char *mode, struct cordon_error *err)
{
	static const struct {
		const char *key, *value;
	} limits[] = {
		{ "limits.memory", "1GiB" },    { "limits.cpus", "1" },        { "limits.cpu_time", "1h" },
		{ "limits.wall_time", "1h" },   { "limits.processes", "512" }, { "limits.open_files", "1024" },
		{ "limits.file_size", "1GiB" }, { "limits.disk", "1GiB" },     { "limits.output", "1GiB" },
	};
	if (!settings_load(settings, SOURCE_PRESET, NULL, err) ||
	    !settings_set(settings, "doctor", "network.mode", NULL, mode, err))
		return false;
	for (size_t i = 0; i < COUNT_OF(limits); i++)
		if (!settings_set(settings, "doctor", limits[i].key, NULL, limits[i].value, err))
			return false;
	/* What no host of the kind has is a row of the answer, and no reason for having no plan to ask about. */
	for (int i = 0; i < GUARANTEE_COUNT; i++) {
		CORDON_ON_EXIT(free_text) char *accepted = text_format("%s=absent", guarantee_name((enum guarantee)i));
		if (!accepted)
			return cordon_fail_memory(err);
		if (!settings_set(settings, "doctor", "accept", NULL, accepted, err))
			return false;
	}
	return true;
}

static bool examine_mode(const char *workspace, const char *mode, struct examination *examination,
			 struct cordon_error *err)
{
	CORDON_ON_EXIT(free_settings) struct settings *settings = settings_new();
	CORDON_ON_EXIT(survey_free) struct surveyed surveyed = { NULL, NULL };
	CORDON_ON_EXIT(plan_free_at) struct plan *plan = NULL;
	CORDON_ON_EXIT(free_abilities) struct abilities *abilities = NULL;
	const struct survey_options survey_options = { .workspace = workspace, .ignores_bounds = true };
	const struct plan_options options = { 0 };
	struct assessment rows[GUARANTEE_COUNT];
	if (!settings)
		return cordon_fail_memory(err);
	if (!ask(settings, mode, err) || !survey_host(&survey_options, &surveyed.facts, err) ||
	    !survey_make(settings, &survey_options, &surveyed, err) ||
	    !plan_compile(surveyed.policy, surveyed.facts, &options, &plan, err) ||
	    !run_assess(plan, NULL, &abilities, rows, err))
		return false;
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		if (examination->rows[i].level == LEVEL_UNASKED)
			examination->rows[i] = rows[i];
	return true;
}

static void note_absent(struct examination *examination, enum guarantee guarantee, const char *why)
{
	struct assessment *row = &examination->rows[guarantee];
	row->level = LEVEL_ABSENT;
	snprintf(row->why, sizeof row->why, "%.*s", (int)sizeof row->why - 1, why);
}

static bool examine(const char *workspace, struct examination *examination, struct cordon_error *err)
{
	*examination = (struct examination){ 0 };
	if (!examine_mode(workspace, "off", examination, err))
		return false;
	if (examine_mode(workspace, "filtered", examination, err))
		return true;
	if (err->status != CORDON_UNSUPPORTED)
		return false;
	/* There is no plan for it at all. */
	note_absent(examination, GUARANTEE_NET_FILTERED, err->text);
	note_absent(examination, GUARANTEE_NET_DNS, err->text);
	return true;
}

/* The current directory may be none that a run would take (the home directory): then a folder of cordon's own
 * stands in for a workspace.
 */
static bool examine_somewhere(struct examination *examination, struct cordon_error *err)
{
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	struct cordon_error second = CORDON_ERROR_INIT;
	if (examine(NULL, examination, err))
		return true;
	if (!os_survey_host("/", &facts, &second))
		return false;
	const struct variable *cache = facts_find_variable(facts, "cache", strlen("cache"));
	CORDON_ON_EXIT(free_text)
	char *folder = cache && cache->count ? text_format("%s/cordon", cache->values[0]) : NULL;
	return folder && os_make_directories(folder, &second) && examine(folder, examination, &second);
}

/* No guarantee: without layers caches begin empty. */
static json_t *describe_layers(void)
{
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	struct cordon_error why = CORDON_ERROR_INIT;
	if (!backend_native.try_layer)
		return json_null();
	bool is_known = os_survey_host("/", &facts, &why);
	CORDON_ON_EXIT(free_text) char *path = is_known ? text_format("%s/caches/trial", facts->state) : NULL;
	bool has_layers = path && backend_native.try_layer(path, &why);
	return json_pack("{s:b s:o}", "layers", has_layers, "why",
			 has_layers ? json_shown("overlay mounts, kept in cordon's state") : json_shown(why.text));
}

/* NULL where a system needs none. */
static json_t *describe_setup(void)
{
	struct cordon_error why = CORDON_ERROR_INIT;
	if (!backend_native.is_set_up)
		return json_null();
	bool is_done = backend_native.is_set_up(&why);
	return json_pack("{s:b s:o}", "done", is_done, "why", json_shown(is_done ? "" : why.text));
}

bool run_doctor(struct text *text, struct cordon_error *err)
{
	struct examination examination;
	if (!examine_somewhere(&examination, err))
		return false;

	json_t *list = json_array();
	for (int i = 0; i < GUARANTEE_COUNT; i++) {
		const struct assessment *row = &examination.rows[i];
		if (row->level == LEVEL_UNASKED) /* without meaning here */
			continue;
		list = json_add(list,
				json_pack("{s:s s:s s:s s:o s:s* s:s*}", "guarantee", guarantee_name((enum guarantee)i),
					  "promise", guarantee_promise((enum guarantee)i), "level",
					  level_name(row->level), "why", json_shown(row->why), "cause",
					  row->cause[0] ? row->cause : NULL, "remedy", row->remedy));
	}
	return json_print(json_pack("{s:s s:i s:s s:o s:o s:o}", "schema", "cordon-doctor", "version", 1, "backend",
				    backend_native.name, "guarantees", list, "caches", describe_layers(), "setup",
				    describe_setup()),
			  text, err);
}

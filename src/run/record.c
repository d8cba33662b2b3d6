/* Recorded runs: one file each in cordon's own state, which no command may touch. The last RECORDS_MAX stay, and some
 * more for a while: to list them takes longer than to write one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "run/json.h"
#include "run/state.h"

/* 200 files of at most 100 KiB are 20 MiB. */
enum { RECORDS_MAX = 200, RECORD_SIZE = 100 * 1024, ENTRIES_MAX = 10000, LOOK_MS = 2000, SHORT_DENIALS = 8 };

static const char ending[] = ".json";

struct names {
	char **items; /* paths; those of newer runs behind */
	size_t count, room;
};

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

static bool find_folder(char **ret_folder, struct cordon_error *err)
{
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	if (!os_survey_host("/", &facts, err))
		return false;
	*ret_folder = text_format("%s/runs", facts->state);
	return *ret_folder || cordon_fail_memory(err);
}

static bool is_record(const char *name)
{
	return strlen(name) == RUN_ID_SIZE - 1 + sizeof ending - 1 && text_ends(name, ending);
}

static bool take_name(void *context, const char *path, struct cordon_error *err)
{
	struct names *names = context;
	if (!is_record(os_name(path)))
		return true;
	char **name = LIST_ADD(names);
	if (!name)
		return cordon_fail_memory(err);
	*name = strdup(path);
	return *name || cordon_fail_memory(err);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool list_names(const char *folder, struct names *names, struct cordon_error *err)
{
	size_t budget = ENTRIES_MAX;
	if (!os_exists(folder))
		return true;
	if (!os_walk(folder, &budget, os_clock() + LOOK_MS, take_name, names, err))
		return false;
	if (names->count > 0)
		qsort(names->items, names->count, sizeof *names->items, compare_names);
	return true;
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

static json_t *describe(struct run *run, json_t *report)
{
	struct run_result result = { 0 };
	run_result(run, &result);
	return json_pack("{s:s s:i s:s s:I s:o s:o s:I s:b s:o}", "schema", "cordon-record", "version", 1, "run_id",
			 run->id, "began_ms", (json_int_t)run->began_ms, "workspace",
			 json_shown(run->surveyed.facts->workspace), "argv", json_strings(run->arguments),
			 "exit_status", (json_int_t)(uint32_t)result.exit_status, "shortened", false, "report", report);
}

/* What is too long loses its denials but for the first. */
static void shorten(json_t *record)
{
	json_t *denials = json_object_get(json_object_get(record, "report"), "denials");
	while (json_array_size(denials) > SHORT_DENIALS)
		json_array_remove(denials, json_array_size(denials) - 1);
	json_object_set_new(record, "shortened", json_true());
}

static bool print(struct run *run, struct text *text, struct cordon_error *err)
{
	json_t *report = report_describe(run, err);
	if (!report)
		return false;
	json_t *record = describe(run, report);
	bool is_printed = json_print(json_incref(record), text, err);
	if (is_printed && text->length > RECORD_SIZE / 2) {
		text_free(text);
		shorten(record);
		is_printed = json_print(json_incref(record), text, err);
	}
	json_decref(record);
	return is_printed;
}

/* A home that is not there is not made for a record, and a user whose home is the root directory has none. */
static bool has_place(const struct facts *facts)
{
	return !os_lies_below(facts->state, facts->home) || (os_exists(facts->home) && os_name(facts->home)[0]);
}

/* One run in sixteen, by the chance that is in its id. */
static bool removes_others(const struct run *run)
{
	return strchr("0G", run->id[RUN_ID_SIZE - 2]);
}

static bool remove_others(const char *folder, struct cordon_error *err)
{
	CORDON_ON_EXIT(names_free) struct names names = { 0 };
	if (!list_names(folder, &names, err))
		return false;
	for (size_t i = 0; i + RECORDS_MAX < names.count; i++)
		if (!os_remove_file(names.items[i], err))
			return false;
	return true;
}

bool run_record(struct run *run, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	CORDON_ON_EXIT(free_text) char *folder = text_format("%s/runs", run->surveyed.facts->state);
	CORDON_ON_EXIT(free_text) char *name = text_format("%s%s", run->id, ending);
	if (run->stage != STAGE_OVER)
		return cordon_fail(err, CORDON_BAD_USAGE, "a run that is not over cannot be recorded");
	if (!has_place(run->surveyed.facts))
		return true;
	if (!folder || !name)
		return cordon_fail_memory(err);
	if (!print(run, &text, err) || !os_write_file(folder, name, text_str(&text), text.length, err) ||
	    (removes_others(run) && !remove_others(folder, err)))
		return cordon_while(err, "record the run");
	return true;
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

static json_t *load(const char *path)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	if (!os_read_file(path, RECORD_SIZE * 2, &text, &ignored))
		return NULL;
	return json_loads(text_str(&text), JSON_REJECT_DUPLICATES, NULL);
}

static json_t *summarise(const json_t *record)
{
	const json_t *report = json_object_get(record, "report");
	const json_t *usage = json_object_get(report, "usage");
	return json_pack("{s:O? s:O? s:O? s:O? s:O? s:O? s:O? s:O? s:I}", "run_id", json_object_get(record, "run_id"),
			 "began_ms", json_object_get(record, "began_ms"), "workspace",
			 json_object_get(record, "workspace"), "argv", json_object_get(record, "argv"), "exit_status",
			 json_object_get(record, "exit_status"), "outcome", json_object_get(report, "outcome"),
			 "explained_by_sandbox", json_object_get(report, "explained_by_sandbox"), "wall_ms",
			 json_object_get(usage, "wall_ms"), "denials",
			 (json_int_t)json_array_size(json_object_get(report, "denials")));
}

bool record_list(struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *folder = NULL;
	CORDON_ON_EXIT(names_free) struct names names = { 0 };
	if (!find_folder(&folder, err) || !list_names(folder, &names, err))
		return false;
	json_t *list = json_array();
	for (size_t i = names.count; i > 0 && i + RECORDS_MAX > names.count; i--) {
		json_t *record = load(names.items[i - 1]);
		if (record) /* one that is gone or broken meanwhile is none */
			list = json_add(list, summarise(record));
		json_decref(record);
	}
	return json_print(json_pack("{s:s s:i s:o}", "schema", "cordon-log", "version", 1, "runs", list), text, err);
}

static bool find_record(const char *name, const struct names *names, const char **ret_path, struct cordon_error *err)
{
	const char *found = NULL;
	if (strcmp(name, "last") == 0 && names->count > 0) {
		*ret_path = names->items[names->count - 1];
		return true;
	}
	for (size_t i = 0; i < names->count; i++) {
		if (!*name || !text_starts(os_name(names->items[i]), name))
			continue;
		if (found)
			return cordon_fail(err, CORDON_BAD_USAGE, "several runs begin with '%s'", name);
		found = names->items[i];
	}
	if (!found)
		return cordon_fail(err, CORDON_NOT_FOUND, "no recorded run '%s'; `cordon log` lists them", name);
	*ret_path = found;
	return true;
}

bool record_read(const char *name, struct text *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *folder = NULL;
	CORDON_ON_EXIT(names_free) struct names names = { 0 };
	const char *path = NULL;
	if (!find_folder(&folder, err) || !list_names(folder, &names, err) || !find_record(name, &names, &path, err))
		return false;
	json_t *record = load(path);
	if (!record)
		return cordon_fail(err, CORDON_OS_FAILED, "'%s' is no record", path);
	return json_print(record, text, err);
}

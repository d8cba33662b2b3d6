/* tests/run/world.h: settings and runs over the fake backend, in a scratch folder. */
#pragma once

#include <jansson.h>

#include "backend_fake.h"
#include "base/scope.h"
#include "run/run.h"
#include "scratch.h"

static struct cordon_error err;
static struct settings *settings;
static struct run *run;

__attribute__((unused)) static int world_setup(void **state)
{
	fake_reset();
	err = (struct cordon_error)CORDON_ERROR_INIT;
	settings = settings_new();
	run = NULL;
	return scratch_setup(state);
}

__attribute__((unused)) static int world_teardown(void **state)
{
	run = run_free(run);
	settings = settings_free(settings);
	return scratch_teardown(state);
}

__attribute__((unused)) static void must(bool is_fine)
{
	if (!is_fine)
		fail_msg("%s", err.text);
}

__attribute__((unused)) static void load_default(void)
{
	must(settings_load(settings, SOURCE_PRESET, NULL, &err));
}

__attribute__((unused)) static bool make_run(const char *target)
{
	const struct run_options options = {
		.workspace = in_scratch("work"), .target = target, .streams = { 0, 1, 2 }, .observe = true
	};
	run = run_free(run);
	return run_new(settings, &options, &run, &err);
}

/* Starts the run and steps until it is over. */
__attribute__((unused)) static struct run_result carry_out(void)
{
	char program[] = "program";
	char *const argv[] = { program, NULL };
	struct run_result result;
	bool is_ended = false;
	must(run_start(run, argv, &err));
	while (!is_ended)
		must(run_step(run, 100, &is_ended, &err));
	assert_true(run_result(run, &result));
	return result;
}

__attribute__((unused)) static json_t *parse(const struct text *text)
{
	json_error_t error;
	json_t *value = json_loadb(text_str(text), text->length, JSON_REJECT_DUPLICATES, &error);
	if (!value)
		fail_msg("%s at %d: %s", error.text, error.position, text_str(text));
	return value;
}

__attribute__((unused)) static json_t *report_of(struct run *of)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	must(run_report(of, &text, &err));
	return parse(&text);
}

__attribute__((unused)) static void decref(json_t **value)
{
	json_decref(*value);
}

__attribute__((unused)) static const char *string_at(const json_t *object, const char *key)
{
	const char *string = json_string_value(json_object_get(object, key));
	return string ? string : "(none)";
}

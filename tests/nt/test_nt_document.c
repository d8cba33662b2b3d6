/* The tables of docs/windows.md and docs/windows-internals.md are what the planner and the model say. `test_nt_document --print` prints them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "nt.h"
#include "policy/plan.h"
#include "policy/plan_windows.h"

static void free_list_at(char ***list)
{
	policy_free_list(*list);
}

/* Why the tier is refused: the names between "lacking: TIER: " and the ways on; or that it is not. */
static void tell_tier(const char *preset, enum tier tier, struct text *text)
{
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_WINDOWS);
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	CORDON_ON_EXIT(plan_free_at) struct plan *plan = NULL;
	CORDON_ON_EXIT(free_list_at) char **paths = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	for (const char *name = preset; name; name = policy_extends(policy))
		assert_true(policy_add_preset(policy, name, &err));
	assert_true(facts_assume_windows(NULL, &facts, &err) && policy_paths(policy, facts, &paths, &err) &&
		    facts_assume_windows_paths(facts, paths, &err) && policy_resolve(policy, facts, &err));
	if (plan_compile(policy, facts, &(struct plan_options){ .tier = tier_name(tier) }, &plan, &err)) {
		text_add(text, "taken, once proved");
		return;
	}
	const char *from = strstr(err.text, "lacking: ");
	assert_non_null(from);
	from += strlen("lacking: ") + strlen(tier_name(tier)) + strlen(": ");
	text_addf(text, "lacks %.*s", (int)strcspn(from, ";"), from);
}

static void tell_presets(struct text *text)
{
	static const char *const presets[] = { "workspace", "read-only", "strict", "open-network" };
	text_add(text, "| preset | account | appcontainer | token |\n| --- | --- | --- | --- |\n");
	for (size_t i = 0; i < COUNT_OF(presets); i++) {
		text_addf(text, "| `%s` |", presets[i]);
		for (int tier = 0; tier < TIER_COUNT; tier++) {
			text_add_char(text, ' ');
			tell_tier(presets[i], (enum tier)tier, text);
			text_add(text, " |");
		}
		text_add_char(text, '\n');
	}
}

static void tell_promises(struct text *text)
{
	text_add(text, "| guarantee | account | appcontainer | token |\n| --- | --- | --- | --- |\n");
	for (int i = 0; i < GUARANTEE_COUNT; i++) {
		text_addf(text, "| `%s` |", guarantee_name((enum guarantee)i));
		for (int tier = 0; tier < TIER_COUNT; tier++) {
			struct tier_promise promise = tier_promise((enum tier)tier, (enum guarantee)i);
			text_addf(text, " %s%s: %s |", level_name(promise.best), promise.proof ? " if proved" : "",
				  promise.why);
		}
		text_add_char(text, '\n');
	}
}

static void tell_readings(struct text *text)
{
	text_add(text, "| question | taken for true | the other answer |\n| --- | --- | --- |\n");
	for (const struct nt_reading *reading = nt_readings_table; reading->name; reading++)
		text_addf(text, "| %s | %s | %s |\n", reading->question, reading->believed, reading->other);
}

static const struct {
	const char *name, *document;
	void (*tell)(struct text *text);
} tables[] = {
	{ "presets", "windows.md", tell_presets },
	{ "guarantees", "windows.md", tell_promises },
	{ "questions", "windows-internals.md", tell_readings },
};

static char *read_document(const char *name)
{
	CORDON_ON_EXIT(free_text) char *path = text_format(CORDON_DOCUMENTS "/%s", name);
	FILE *file = path ? fopen(path, "rb") : NULL;
	char *bytes = calloc(1, 1 << 17);
	assert_true(file && bytes);
	assert_true(fread(bytes, 1, (1 << 17) - 1, file) > 0);
	fclose(file);
	return bytes;
}

/* What the document promises is made from what the program does. */
static void document__tables_are_the_planners(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		CORDON_ON_EXIT(free_text) char *document = read_document(tables[i].document);
		CORDON_ON_EXIT(text_free) struct text table = { 0 };
		CORDON_ON_EXIT(text_free) struct text whole = { 0 };
		tables[i].tell(&table);
		text_addf(&whole, "<!-- %s -->\n%s<!-- -->", tables[i].name, text_str(&table));
		assert_true(text_ok(&whole));
		if (!strstr(document, text_str(&whole)))
			fail_msg("the table '%s' of docs/%s should be\n%s", tables[i].name, tables[i].document,
				 text_str(&table));
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(document__tables_are_the_planners),
	};
	for (size_t i = 0; argc > 1 && strcmp(argv[1], "--print") == 0 && i < COUNT_OF(tables); i++) {
		CORDON_ON_EXIT(text_free) struct text table = { 0 };
		tables[i].tell(&table);
		printf("<!-- %s -->\n%s<!-- -->\n\n", tables[i].name, text_str(&table));
	}
	return argc > 1 ? 0 : cmocka_run_group_tests(tests, NULL, NULL);
}

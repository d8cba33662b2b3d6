/* Random hosts, policies and tiers: what NT would decide of each act under the plan, its descriptors and its token, is
 * what the policy says; or the plan is refused; or it says itself which guarantee is not whole. Every other case finds
 * what a run of another policy has left on the files.
 *
 *	test_nt_plan [--cases N] [--first N] [--reading NAME] [--plant KIND] [--tier NAME] [-v]
 *
 * A case is its number. --plant makes the planner wrong in one place of each plan (see plants) and expects to be
 * caught; --reading takes the other answer to a question of nt_readings_table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "check.h"
#include "nt_trial.h"

enum { CASES = 1000, CASES_PLANTED = 120 };

static struct settings {
	unsigned first, cases;
	const struct plant *plant;
	struct nt_readings readings;
	int tier; /* -1: any */
	bool is_verbose;
} settings = { .cases = CASES, .tier = -1 };

/* Fills in trial->finding. */
static void run_trial(struct trial *trial, struct counts *counts)
{
	const char *why = NULL;
	trial->chance.state = trial->number;
	nt_world_make(&trial->world, &trial->chance);
	trial->before = trial->world;
	nt_store_open(&trial->store, &trial->world);
	trial->tier = (enum tier)trial_pick(trial, TIER_COUNT);
	if (settings.tier >= 0)
		trial->tier = (enum tier)settings.tier;
	trial->readings = &settings.readings;
	trial->user = nt_world_user(&trial->world);
	trial->plain = nt_world_user(&(struct nt_world){ 0 });
	trial_make_text(trial);
	if (trial_pick(trial, 3) == 0)
		trial_make_bound(trial);
	if (trial->number % 2)
		trial_run_earlier(trial);
	trial->found = trial->world;
	if (!trial_plan(trial, counts))
		return;
	trial_name_identities(trial);
	if (settings.plant)
		settings.plant->put(trial);
	if (!nt_plan_apply(trial->plan->windows, trial->policy, &trial->store, &trial->names, &why)) {
		if (settings.is_verbose)
			print_message("case %u: %s\n", trial->number, why);
		counts->not_applied[trial->tier]++;
		return;
	}
	counts->planned[trial->tier]++;
	trial->token = nt_plan_token(trial->plan->windows, &trial->world, &trial->names);
	counts->after_another += trial->earlier != NULL;
	trial_judge(trial);
}

static void tell_descriptor(const struct nt_descriptor *descriptor)
{
	print_message("    owner %u%s", descriptor->owner, descriptor->is_protected ? ", protected" : "");
	if (descriptor->label.is_present)
		print_message(", label %x", descriptor->label.level);
	print_message(":");
	for (size_t i = 0; i < descriptor->count; i++)
		print_message(" %c%u:%x/%x", descriptor->entries[i].denies ? '-' : '+', descriptor->entries[i].sid,
			      descriptor->entries[i].mask, descriptor->entries[i].flags);
	print_message("\n");
}

static void tell(const struct trial *trial)
{
	CORDON_ON_EXIT(text_free) struct text printed = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	if (settings.is_verbose && trial->plan && plan_print(trial->plan, &printed, &err))
		fputs(text_str(&printed), stderr);
	for (size_t file = settings.is_verbose ? trial->about : NT_NO_FILE; file != NT_NO_FILE;
	     file = trial->world.tree.files[file].parent) {
		print_message("  %s\n", trial->world.tree.files[file].path);
		if (file < trial->before.tree.count)
			tell_descriptor(&trial->before.tree.files[file].descriptor);
		tell_descriptor(&trial->world.tree.files[file].descriptor);
	}
	const char *rest = strstr(text_str(&trial->text), ", \"network\"");
	print_message("%s\n    %s%s%.*s%s\n", trial->finding.text, trial->preset ? trial->preset : "",
		      trial->preset ? " and " : "", (int)(rest - text_str(&trial->text)), text_str(&trial->text),
		      text_str(&trial->bound));
}

static struct counts run_trials(unsigned first, unsigned cases, unsigned told)
{
	struct counts counts = { 0 };
	struct trial *trial = malloc(sizeof *trial);
	assert_non_null(trial);
	for (unsigned i = first; i < first + cases; i++) {
		memset(trial, 0, sizeof *trial);
		trial->number = i;
		trial->is_verbose = settings.is_verbose;
		run_trial(trial, &counts);
		counts.open += trial->is_open;
		if (trial->finding.text[0] && counts.found++ < told)
			tell(trial);
		trial_free(trial);
	}
	free(trial);
	return counts;
}

static void plan__nt_decides_as_the_policy_does(void **state)
{
	(void)state;
	struct counts counts = run_trials(settings.first, settings.cases, 5);
	for (int tier = 0; tier < TIER_COUNT; tier++)
		print_message("%s: %u planned, %u refused, %u not the user's to change\n", tier_name((enum tier)tier),
			      counts.planned[tier], counts.refused[tier], counts.not_applied[tier]);
	print_message("%u after a run of another policy; %u policies with an error, %u cases wrong\n",
		      counts.after_another, counts.unreadable, counts.found);
	assert_int_equal(counts.found, 0);
}

/* A planner that is wrong in one place is found out. */
static void plan__every_plant_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < plant_count; i++) {
		settings.plant = &plants[i];
		struct counts counts = run_trials(0, CASES_PLANTED, 0);
		print_message("%s: found in %u cases of %d, with something open in %u\n", plants[i].name, counts.found,
			      CASES_PLANTED, counts.open);
		assert_true(counts.found > 0);
	}
	settings.plant = NULL;
}

/* Whatever the answers to what public sources leave open: it may cost the command something, and opens nothing. */
static void plan__no_reading_opens_anything(void **state)
{
	(void)state;
	for (const struct nt_reading *reading = nt_readings_table; reading->name; reading++) {
		settings.readings = nt_believed;
		*(bool *)((char *)&settings.readings + reading->offset) ^= true;
		struct counts counts = run_trials(0, CASES_PLANTED, 0);
		print_message("%s: costs something in %u cases of %d, opens in %u\n", reading->name, counts.found,
			      CASES_PLANTED, counts.open);
		assert_int_equal(counts.open, 0);
	}
	settings.readings = nt_believed;
}

static const struct plant *find_plant(const char *name)
{
	for (size_t i = 0; i < plant_count; i++)
		if (strcmp(plants[i].name, name) == 0)
			return &plants[i];
	return NULL;
}

static bool find_reading(const char *name)
{
	for (const struct nt_reading *reading = nt_readings_table; reading->name; reading++)
		if (strcmp(reading->name, name) == 0) {
			*(bool *)((char *)&settings.readings + reading->offset) ^= true;
			return true;
		}
	return false;
}

static bool take_argument(const char *name, const char *value)
{
	if (strcmp(name, "--cases") == 0)
		settings.cases = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--first") == 0)
		settings.first = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--plant") == 0)
		return (settings.plant = find_plant(value)) != NULL;
	else if (strcmp(name, "--reading") == 0)
		return find_reading(value);
	else if (strcmp(name, "--tier") == 0)
		for (settings.tier = TIER_COUNT - 1; strcmp(tier_name((enum tier)settings.tier), value) != 0;) {
			if (settings.tier-- == 0)
				return false;
		}
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan__nt_decides_as_the_policy_does),
		cmocka_unit_test(plan__every_plant_is_found),
		cmocka_unit_test(plan__no_reading_opens_anything),
	};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0) {
			settings.is_verbose = true;
		} else if (i + 1 == argc || !take_argument(argv[i], argv[i + 1])) {
			fprintf(stderr, "%s: '%s'?\n", argv[0], argv[i]);
			return 2;
		} else {
			i++;
		}
	}
	/* With arguments, one run: what they say. */
	if (argc > 1)
		cmocka_set_test_filter("plan__nt_decides_as_the_policy_does");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

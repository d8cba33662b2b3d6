/* A finding of the probe's, kept in a store of the test's own. */
#include "backend/windows/kept.h"

#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"

static struct {
	struct kept_store store;
	struct text bytes;
	unsigned writes;
	bool is_foreign, fails;
} disk;

static bool read_file(struct kept_store *store, const char *name, struct text *ret_bytes, bool *ret_is_ours,
		      struct cordon_error *err)
{
	(void)store;
	(void)name;
	text_add_bytes(ret_bytes, text_str(&disk.bytes), disk.bytes.length);
	*ret_is_ours = !disk.is_foreign;
	return !disk.fails || cordon_fail(err, CORDON_OS_FAILED, "planted");
}

static bool write_file(struct kept_store *store, const char *name, const char *bytes, size_t length,
		       struct cordon_error *err)
{
	(void)store;
	(void)name;
	if (disk.fails)
		return cordon_fail(err, CORDON_OS_FAILED, "planted");
	text_free(&disk.bytes);
	disk.bytes = (struct text){ 0 };
	text_add_bytes(&disk.bytes, bytes, length);
	disk.writes++;
	return true;
}

static const char key[] = "boot 17\nbuild 10.0.22631\n";
static struct cordon_error err;
static struct probing probing;

static int setup(void **state)
{
	(void)state;
	text_free(&disk.bytes);
	memset(&disk, 0, sizeof disk);
	disk.store = (struct kept_store){ read_file, write_file };
	err = (struct cordon_error)CORDON_ERROR_INIT;
	probing = (struct probing){ .is_made = true, .tiers = TRIAL_PACKAGE };
	for (unsigned i = 0; i < trial_count; i++)
		if (trial_cases[i].tiers & TRIAL_PACKAGE)
			probing.findings[i] = (struct finding){ TRIAL_HELD, true };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	text_free(&disk.bytes);
	disk.bytes = (struct text){ 0 };
	return 0;
}

static bool finds(unsigned tiers, const char *with)
{
	struct probing found = { .is_made = false };
	bool is_found = kept_find(&disk.store, tiers, with, &found);
	assert_true(is_found == found.is_made);
	return is_found;
}

static void keep(void)
{
	assert_true(kept_put(&disk.store, TRIAL_PACKAGE, key, &probing, &err));
	assert_int_equal(disk.writes, 1);
}

static unsigned index_of(const char *name)
{
	unsigned i = 0;
	while (strcmp(trial_cases[i].name, name) != 0)
		i++;
	return i;
}

static void finding__is_used_while_all_is_the_same(void **state)
{
	(void)state;
	struct probing found;
	/* A host without what one trial is about. */
	unsigned absent = index_of("raw-volume");
	probing.findings[absent] = (struct finding){ TRIAL_NOT_HERE, false };
	assert_false(finds(TRIAL_PACKAGE, key));
	keep();
	assert_true(kept_find(&disk.store, TRIAL_PACKAGE, key, &found));
	assert_int_equal(found.tiers, probing.tiers);
	assert_string_equal(found.why, "");
	for (unsigned i = 0; i < trial_count; i++) {
		assert_true(found.findings[i].is_tried == probing.findings[i].is_tried);
		assert_int_equal(found.findings[i].verdict, probing.findings[i].verdict);
	}
}

static void finding__of_another_boot_build_or_shape_is_ignored(void **state)
{
	(void)state;
	static const char *const others[] = { "boot 18\nbuild 10.0.22631\n", "boot 17\nbuild 10.0.22632\n",
					      "boot 17\nbuild 10.0.22631\nmore\n", "boot 17\nbuild 10.0.22631", "" };
	keep();
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_false(finds(TRIAL_PACKAGE, others[i]));
	assert_false(finds(TRIAL_TOKEN, key));
	assert_false(finds(TRIAL_ACCOUNT, key));
	assert_true(finds(TRIAL_PACKAGE, key));
}

/* Power may go in the middle, and disks lose what they said they had. */
static void finding__that_is_torn_is_ignored(void **state)
{
	(void)state;
	keep();
	const struct text whole = disk.bytes;
	for (size_t length = 0; length < whole.length; length++) {
		disk.bytes = (struct text){ 0 };
		text_add_bytes(&disk.bytes, whole.bytes, length);
		assert_false(finds(TRIAL_PACKAGE, key));
		text_free(&disk.bytes);
	}
	disk.bytes = whole;
	text_add(&disk.bytes, "x");
	assert_false(finds(TRIAL_PACKAGE, key));
}

static void finding__with_any_byte_changed_is_ignored(void **state)
{
	(void)state;
	keep();
	assert_true(finds(TRIAL_PACKAGE, key));
	for (size_t at = 0; at < disk.bytes.length; at++) {
		char was = disk.bytes.bytes[at];
		disk.bytes.bytes[at] = (char)(was ^ 1);
		assert_false(finds(TRIAL_PACKAGE, key));
		disk.bytes.bytes[at] = '\0';
		assert_false(finds(TRIAL_PACKAGE, key));
		disk.bytes.bytes[at] = was;
	}
	assert_true(finds(TRIAL_PACKAGE, key));
}

/* Whole, and right, and somebody else's. */
static void finding__that_somebody_else_may_write_is_ignored(void **state)
{
	(void)state;
	keep();
	disk.is_foreign = true;
	assert_false(finds(TRIAL_PACKAGE, key));
	disk.is_foreign = false;
	disk.fails = true;
	assert_false(finds(TRIAL_PACKAGE, key));
}

/* What says that something is wrong is tried again, and what was interrupted says nothing. */
static void finding__is_kept_only_where_all_was_tried_and_held(void **state)
{
	(void)state;
	static const struct finding bad[] = {
		{ TRIAL_HELD, false },     { TRIAL_DONE, true },      { TRIAL_NO_CONTROL, true },
		{ TRIAL_ODD_ERROR, true }, { TRIAL_NO_ANSWER, true }, { TRIAL_BROKEN, true },
	};
	for (unsigned i = 0; i < trial_count; i++) {
		for (size_t j = 0; j < COUNT_OF(bad) && (trial_cases[i].tiers & TRIAL_PACKAGE); j++) {
			setup(NULL);
			probing.findings[i] = bad[j];
			assert_true(kept_put(&disk.store, TRIAL_PACKAGE, key, &probing, &err));
		}
		assert_int_equal(disk.writes, 0);
	}
	setup(NULL);
	probing.findings[index_of("connect-away")] = (struct finding){ TRIAL_NOT_HERE, false };
	assert_true(kept_put(&disk.store, TRIAL_PACKAGE, key, &probing, &err));
	setup(NULL);
	probing.is_made = false;
	assert_true(kept_put(&disk.store, TRIAL_PACKAGE, key, &probing, &err));
	setup(NULL);
	strcpy(probing.why, "its token comes back otherwise");
	assert_true(kept_put(&disk.store, TRIAL_PACKAGE, key, &probing, &err));
	setup(NULL);
	/* The foundation's trials, where the tier could not be had. */
	probing.tiers = TRIAL_TOKEN;
	assert_true(kept_put(&disk.store, TRIAL_PACKAGE, key, &probing, &err));
	assert_int_equal(disk.writes, 0);
	disk.fails = true;
	probing.tiers = TRIAL_PACKAGE;
	assert_false(kept_put(&disk.store, TRIAL_PACKAGE, key, &probing, &err));
}

/* The shape is what processes are made of: it differs with each part of it, and not with the roots. */
static void shape__is_the_token_and_what_goes_with_it(void **state)
{
	(void)state;
	static const char *const network[] = { "internetClient", NULL };
	static struct sid one[] = { { SID_CAPABILITY, 0 }, { SID_RUN, 0 } };
	static struct sid two[] = { { SID_CAPABILITY, 0 }, { SID_CAPABILITY, 1 }, { SID_RUN, 0 } };
	static struct windows_filter filter = { .family = 4 };
	const struct plan_windows cases[] = {
		{ .tier = TIER_TOKEN },
		{ .tier = TIER_APPCONTAINER },
		{ .tier = TIER_TOKEN, .token = { .drops_privileges = true } },
		{ .tier = TIER_TOKEN, .token = { .is_write_restricted = true } },
		{ .tier = TIER_TOKEN, .token = { .is_container = true } },
		{ .tier = TIER_TOKEN, .token = { .integrity = INTEGRITY_LOW } },
		{ .tier = TIER_TOKEN, .token = { .restricting = { one, 2, 2 } } },
		{ .tier = TIER_TOKEN, .token = { .denying_only = { one, 2, 2 } } },
		{ .tier = TIER_TOKEN, .token = { .default_grants = { one, 2, 2 } } },
		{ .tier = TIER_TOKEN, .capabilities = network },
		{ .tier = TIER_TOKEN, .mitigations = network },
		{ .tier = TIER_TOKEN, .has_own_station = true },
		{ .tier = TIER_TOKEN, .filters = { &filter, 1, 1 } },
	};
	struct text shapes[COUNT_OF(cases)] = { 0 };
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(kept_shape(&cases[i], &shapes[i]));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(text_str(&shapes[i]), text_str(&shapes[j]));
	}
	CORDON_ON_EXIT(text_free) struct text more_roots = { 0 };
	const struct plan_windows windows = { .tier = TIER_TOKEN, .token = { .restricting = { two, 3, 3 } } };
	assert_true(kept_shape(&windows, &more_roots));
	assert_string_equal(text_str(&more_roots), text_str(&shapes[6]));
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		text_free(&shapes[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finding__is_used_while_all_is_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(finding__of_another_boot_build_or_shape_is_ignored, setup, teardown),
		cmocka_unit_test_setup_teardown(finding__that_is_torn_is_ignored, setup, teardown),
		cmocka_unit_test_setup_teardown(finding__with_any_byte_changed_is_ignored, setup, teardown),
		cmocka_unit_test_setup_teardown(finding__that_somebody_else_may_write_is_ignored, setup, teardown),
		cmocka_unit_test_setup_teardown(finding__is_kept_only_where_all_was_tried_and_held, setup, teardown),
		cmocka_unit_test_setup_teardown(shape__is_the_token_and_what_goes_with_it, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

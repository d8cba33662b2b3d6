/* `cordon setup` on a model of a host: a fault at every operation, an end at every operation, things of others' in the way. */
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"
#include "nt_host.h"
#include "windows/refusal.h"

static const char *const users[] = { "S-1-5-21-1-2-3-500" };

static bool set_up(struct nt_host *model, struct text *changes, struct cordon_error *err)
{
	const struct setup_order order = { .per_kind = model->per_kind, .users = users, .user_count = 1 };
	*err = (struct cordon_error)CORDON_ERROR_INIT;
	bool is_done = setup_apply(&model->host, &order, changes, err);
	assert_false(model->is_locked);
	return is_done;
}

static bool take_down(struct nt_host *model, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	*err = (struct cordon_error)CORDON_ERROR_INIT;
	bool is_done = setup_remove(&model->host, false, &changes, err);
	assert_false(model->is_locked);
	return is_done;
}

static void set_up_fine(struct nt_host *model)
{
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	struct cordon_error err;
	if (!set_up(model, &changes, &err))
		fail_msg("%s", err.text);
}

static void take_down_fine(struct nt_host *model)
{
	struct cordon_error err;
	if (!take_down(model, &err))
		fail_msg("%s", err.text);
}

static void expect_state(struct nt_host *model, const char *expected, const char *when, unsigned at)
{
	CORDON_ON_EXIT(text_free) struct text now = { 0 };
	nt_host_tell(model, &now);
	if (strcmp(text_str(&now), expected) != 0)
		fail_msg("%s at %u:\n%sinstead of\n%s", when, at, text_str(&now), expected);
}

static void expect_whole(struct nt_host *model)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	CORDON_ON_EXIT(pool_free) struct pool pool = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(model->host.get(&model->host, POOL_RECORD, &bytes, &err));
	if (!pool_read(text_str(&bytes), bytes.length, &pool, &err))
		fail_msg("%s", err.text);
	assert_true(pool.is_whole);
	for (size_t i = 0; i < pool.account_count; i++) {
		CORDON_ON_EXIT(text_free) struct text secret = { 0 };
		char name[32];
		const struct thing *account = nt_host_find(model->accounts, pool.accounts[i].name);
		assert_non_null(account);
		assert_string_equal(account->sid, pool.accounts[i].sid);
		assert_true(nt_host_has(SET(members), account->sid) && nt_host_has(SET(profiles), account->sid) &&
			    nt_host_has(SET(hidden), account->name));
		/* What a run will log on with. */
		snprintf(name, sizeof name, "secret-%zu", i);
		assert_true(model->host.get(&model->host, name, &secret, &err) && secret.length > 8);
		assert_string_equal(text_str(&secret) + 8, account->password);
	}
	for (int right = 0; right < SETUP_RIGHT_COUNT; right++)
		assert_true(nt_host_has(SET(rights), nt_host_right(pool.group_sid, (enum setup_right)right)));
}

/* What was there before: another program's account, group, right, and a list that others use, or none. */
static void furnish(struct nt_host *model, bool has_list_)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(model->host.make_group(&model->host, "others", "theirs", &err));
	assert_true(model->host.make_account(&model->host, "someone", "theirs", "x", &err));
	assert_true(model->host.give_right(&model->host, "S-1-5-21-9", SETUP_NOT_BY_NET, &err));
	if (has_list_)
		assert_true(model->host.make_list(&model->host, &err) &&
			    model->host.hide(&model->host, "someone", &err));
	model->operations = model->changes = 0;
}

/* -- tests --------------------------------------------------------------------------------------------------------- */

static void setup__makes_all_and_takes_all_back(void **state)
{
	(void)state;
	for (int has_list_ = 0; has_list_ < 2; has_list_++) {
		HOST(model);
		CORDON_ON_EXIT(text_free) struct text before = { 0 };
		furnish(model, has_list_);
		nt_host_tell(model, &before);
		set_up_fine(model);
		expect_whole(model);
		/* Two kinds of three have filters; 16 blocks each, two permits for the gated. */
		assert_int_equal(model->filter_count, 4 * 16 + 2 * 2);
		take_down_fine(model);
		expect_state(model, text_str(&before), "removed", 0);
		unsigned changes = model->changes;
		take_down_fine(model);
		assert_int_equal(model->changes, changes);
	}
}

/* A second one finds nothing to do, and does nothing. */
static void setup__changes_nothing_the_second_time(void **state)
{
	(void)state;
	HOST(model);
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	struct cordon_error err;
	furnish(model, true);
	set_up_fine(model);
	unsigned before = model->changes;
	assert_true(set_up(model, &changes, &err));
	assert_int_equal(changes.length, 0);
	assert_int_equal(model->changes, before);
}

/* A trial says what would be done, line by line, and changes nothing. */
static void setup__only_looks_in_a_trial(void **state)
{
	(void)state;
	HOST(model);
	CORDON_ON_EXIT(text_free) struct text tried = { 0 };
	CORDON_ON_EXIT(text_free) struct text done = { 0 };
	CORDON_ON_EXIT(text_free) struct text undone = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct setup_order order = { .is_trial = true, .users = users, .user_count = 1 };
	furnish(model, false);
	assert_true(setup_apply(&model->host, &order, &tried, &err));
	assert_int_equal(model->changes, 0);
	assert_true(set_up(model, &done, &err));
	assert_string_equal(text_str(&tried), text_str(&done));
	unsigned before = model->changes;
	assert_true(setup_remove(&model->host, true, &undone, &err));
	assert_int_equal(model->changes, before);
	assert_non_null(strstr(text_str(&undone), "account 'cordon-gated-1'"));
}

/* One host a point at which the host fails or dies: what was there before is there again after a removal. */
struct ending {
	bool dies, dies_after; /* else the operation fails */
	bool is_removal;       /* of a whole setup; else a setup is what is ended */
	unsigned mends;        /* a setup goes before the removal, but for each mends-eth point; 0: none does */
};

/* Ended at that operation; false: there are fewer. */
static bool end_at(struct nt_host *model, const struct ending *ending, unsigned at, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	model->operations = 0;
	*(ending->dies ? &model->dies_at : &model->fails_at) = at;
	model->dies_after = ending->dies_after;
	bool is_done = ending->is_removal ? take_down(model, err) : set_up(model, &changes, err);
	model->is_dead = model->is_locked = false;
	model->dies_at = model->fails_at = 0;
	if (!is_done && ending->dies)
		assert_string_not_equal(err->text, "");
	else if (!is_done)
		expect_refusal(err, "PlantedCall", 5);
	return !is_done || model->operations >= at;
}

/* Returns at how many points. */
static unsigned end_at_each(const struct ending *ending, const char *when)
{
	unsigned at = 0;
	for (bool is_over = false; !is_over;) {
		HOST(model);
		CORDON_ON_EXIT(text_free) struct text before = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		model->per_kind = 1;
		furnish(model, ++at % 2);
		nt_host_tell(model, &before);
		if (ending->is_removal)
			set_up_fine(model);
		is_over = !end_at(model, ending, at, &err);
		/* A setup that fails has undone itself. */
		if (!ending->dies && !ending->is_removal && err.text[0])
			expect_state(model, text_str(&before), when, at);
		if (ending->mends && at % ending->mends) {
			set_up_fine(model);
			expect_whole(model);
		}
		take_down_fine(model);
		expect_state(model, text_str(&before), when, at);
	}
	return at - 1;
}

/* Whatever operation fails, the host is as before. */
static void setup__undoes_itself_when_anything_fails(void **state)
{
	(void)state;
	static const struct ending ending = { 0 };
	unsigned faults = end_at_each(&ending, "failed");
	print_message("%u faults\n", faults);
	assert_true(faults > 100);
}

/* A removal that fails leaves a record of what is left, and the next one ends it. */
static void removal__goes_on_where_it_failed(void **state)
{
	(void)state;
	static const struct ending ending = { .is_removal = true };
	assert_true(end_at_each(&ending, "removed after a fault") >= 100);
}

/* Killed before or after any operation: what the next setup makes is whole, and a removal brings back what was. */
static void setup__is_mended_after_any_death(void **state)
{
	(void)state;
	static const struct ending before = { .dies = true, .mends = 3 };
	static const struct ending after = { .dies = true, .dies_after = true, .mends = 3 };
	unsigned deaths = end_at_each(&before, "removed after a death") + end_at_each(&after, "removed after a death");
	print_message("%u deaths\n", deaths);
	assert_true(deaths > 200);
}

static void removal__is_mended_after_any_death(void **state)
{
	(void)state;
	static const struct ending before = { .dies = true, .is_removal = true, .mends = 2 };
	static const struct ending after = { .dies = true, .dies_after = true, .is_removal = true, .mends = 2 };
	assert_true(end_at_each(&before, "removed after a death") >= 100);
	assert_true(end_at_each(&after, "removed after a death") >= 100);
}

/* What has a name that setup would use, and is somebody else's, is neither taken over nor removed. */
static void setup__never_takes_what_is_not_its_own(void **state)
{
	(void)state;
	for (int which = 0; which < 5; which++) {
		HOST(model);
		CORDON_ON_EXIT(text_free) struct text before = { 0 };
		CORDON_ON_EXIT(text_free) struct text changes = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		furnish(model, true);
		if (which == 0)
			assert_true(model->host.make_group(&model->host, "cordon-accounts", "theirs", &err));
		else if (which == 1)
			assert_true(model->host.make_account(&model->host, "cordon-open-2", "theirs", "x", &err));
		else if (which == 2)
			assert_true(model->host.hide(&model->host, "cordon-gated-1", &err));
		else if (which == 3)
			model->has_folder = model->is_foreign_folder = true;
		else
			assert_true(model->host.make_account(&model->host, "cordon-open-2",
							     "cordon: a sandbox's own, made by 'cordon setup' 00", "x",
							     &err));
		nt_host_tell(model, &before);
		assert_false(set_up(model, &changes, &err));
		assert_int_equal(err.status, CORDON_UNSUPPORTED);
		assert_non_null(strstr(err.text, "remove"));
		expect_state(model, text_str(&before), "refused", (unsigned)which);
	}
	/* One that takes the name of ours afterwards is left where it is. */
	HOST(model);
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	set_up_fine(model);
	assert_true(model->host.drop_account(&model->host, "cordon-open-1", &err) &&
		    model->host.make_account(&model->host, "cordon-open-1", "theirs", "x", &err));
	assert_false(set_up(model, &changes, &err));
	take_down_fine(model);
	assert_non_null(nt_host_find(model->accounts, "cordon-open-1"));
	assert_null(nt_host_find(model->accounts, "cordon-open-2"));
}

/* What was taken away since is made anew, and only that. */
static void setup__mends_what_is_missing(void **state)
{
	(void)state;
	HOST(model);
	CORDON_ON_EXIT(text_free) struct text first = { 0 };
	CORDON_ON_EXIT(text_free) struct text second = { 0 };
	CORDON_ON_EXIT(text_free) struct text third = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	set_up_fine(model);
	model->filter_count--;
	assert_true(set_up(model, &first, &err));
	assert_string_equal(text_str(&first), "network filters of the accounts\n");
	expect_whole(model);

	assert_true(model->host.drop(&model->host, "secret-1", &err) &&
		    model->host.put(&model->host, "secret-2", "torn", 4, &err));
	assert_true(set_up(model, &second, &err));
	assert_string_equal(text_str(&second), "password of 'cordon-gated-1'\npassword of 'cordon-open-1'\n");
	expect_whole(model);

	/* Another account has another SID, and everything that hangs on that. */
	assert_true(model->host.drop_account(&model->host, "cordon-closed-1", &err));
	assert_true(set_up(model, &third, &err));
	assert_string_equal(text_str(&third), "account 'cordon-closed-1'\nnetwork filters of the accounts\n"
					      "member of the group: 'cordon-closed-1'\nprofile of 'cordon-closed-1'\n");
	expect_whole(model);
}

/* A system that says yes and keeps nothing is refused, and nothing stays. */
static void setup__believes_no_success(void **state)
{
	(void)state;
	for (int which = 0; which < 2; which++) {
		HOST(model);
		CORDON_ON_EXIT(text_free) struct text before = { 0 };
		CORDON_ON_EXIT(text_free) struct text changes = { 0 };
		struct cordon_error err;
		nt_host_tell(model, &before);
		model->keeps_nothing = which == 0;
		model->keeps_no_filters = which == 1;
		assert_false(set_up(model, &changes, &err));
		assert_int_equal(err.status, CORDON_UNSUPPORTED);
		assert_non_null(strstr(err.text, "keep"));
		expect_state(model, text_str(&before), "refused", (unsigned)which);
	}
}

/* While a run has an account nothing of it is changed; further users are let in, another number is not made in place. */
static void setup__minds_runs_users_and_numbers(void **state)
{
	(void)state;
	HOST(model);
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	static const char *const second[] = { "S-1-5-21-1-2-3-501" };
	const struct setup_order more = { .users = second, .user_count = 1 };
	const struct setup_order other = { .per_kind = 3 };
	set_up_fine(model);
	unsigned before = model->changes;
	model->is_in_use = true;
	assert_false(take_down(model, &err));
	assert_int_equal(model->changes, before);
	model->is_in_use = false;
	assert_false(setup_apply(&model->host, &other, &changes, &err));
	assert_non_null(strstr(err.text, "--remove"));
	assert_true(setup_apply(&model->host, &more, &changes, &err));
	assert_string_equal(text_str(&changes), "users of the accounts\n");
	assert_string_equal(model->readers, "S-1-5-21-1-2-3-500 S-1-5-21-1-2-3-501 ");
	expect_whole(model);
}

/* No account but the open ones is without a block at any layer, for either family, before and after the service starts. */
static void filters__leave_no_gap(void **state)
{
	(void)state;
	static struct setup_filter filters[SETUP_FILTERS_MAX];
	struct pool pool = { .key = "0123456789abcdef0123456789abcdef",
			     .account_count = 3,
			     .accounts = { { POOL_CLOSED, 0, "a", "S-1-5-21-1", "" },
					   { POOL_GATED, 31007, "b", "S-1-5-21-2", "" },
					   { POOL_OPEN, 0, "c", "S-1-5-21-3", "" } } };
	size_t count = setup_filters(&pool, filters), permits = 0;
	unsigned blocked[2][SETUP_LAYER_COUNT][2][2] = { 0 };
	for (size_t i = 0; i < count; i++) {
		const struct setup_filter *filter = &filters[i];
		size_t who = strcmp(filter->sid, "S-1-5-21-1") == 0 ? 0 : 1;
		assert_string_not_equal(filter->sid, "S-1-5-21-3");
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(filter->key, filters[j].key, 16);
		if (!filter->permits) {
			blocked[who][filter->layer][filter->family == 6][filter->is_boot]++;
			continue;
		}
		permits++;
		assert_int_equal(who, 1);
		assert_false(filter->is_boot);
		assert_int_equal(filter->family, 4);
		assert_true((filter->layer == SETUP_CONNECT && filter->port == 31007) ||
			    (filter->layer == SETUP_ASSIGN && filter->port == 0));
	}
	assert_int_equal(permits, 2);
	const unsigned *flat = &blocked[0][0][0][0];
	for (size_t i = 0; i < sizeof blocked / sizeof *flat; i++)
		assert_int_equal(flat[i], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setup__makes_all_and_takes_all_back),
		cmocka_unit_test(setup__changes_nothing_the_second_time),
		cmocka_unit_test(setup__only_looks_in_a_trial),
		cmocka_unit_test(setup__undoes_itself_when_anything_fails),
		cmocka_unit_test(removal__goes_on_where_it_failed),
		cmocka_unit_test(setup__is_mended_after_any_death),
		cmocka_unit_test(removal__is_mended_after_any_death),
		cmocka_unit_test(setup__never_takes_what_is_not_its_own),
		cmocka_unit_test(setup__mends_what_is_missing),
		cmocka_unit_test(setup__believes_no_success),
		cmocka_unit_test(setup__minds_runs_users_and_numbers),
		cmocka_unit_test(filters__leave_no_gap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

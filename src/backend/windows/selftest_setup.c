/* `cordon setup` on this machine, where the user has asked for that: it fails in the middle, succeeds, is repeated and is
 * removed. A setup that was there before is used and left alone.
 */
#include "backend/windows/selftest.h"

#include <stdlib.h>
#include <string.h>

#include "backend/windows/accounts.h"
#include "backend/windows/setup_host.h"
#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"

static bool was_there;   /* a setup of somebody else's */
static struct pool pool; /* what the record said once it was made */

static const char is_somebodys[] = "this machine is set up already, and that stays";
static const char is_not_made[] = "setup was not carried out";

static bool find_folder(bool *ret_exists, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *folder = NULL;
	if (!accounts_folder(&folder, err))
		return false;
	*ret_exists = os_exists(folder);
	return true;
}

static bool make_order(const struct selftest *test, const char **user, struct setup_order *ret_order)
{
	*user = test->facts->user_sid;
	*ret_order = (struct setup_order){ .per_kind = 1, .users = user, .user_count = 1 };
	return *user != NULL;
}

/* -- what there is of it -------------------------------------------------------------------------------------------- */

struct looking {
	struct setup_host *host;
	struct text found; /* what should not be there, or what is missing */
	struct cordon_error err;
	bool is_told; /* everything could be looked at */
};

static void note(struct looking *looking, bool is_wrong, const char *what, const char *name)
{
	if (is_wrong)
		text_addf(&looking->found, "%s%s %s", looking->found.length ? ", " : "", what, name);
}

static void look_at_account(struct looking *looking, const struct pool_account *account, const char *group, bool wanted)
{
	struct setup_host *host = looking->host;
	struct cordon_error *err = &looking->err;
	struct setup_named found = { 0 };
	bool is_hidden = false, is_member = false;
	char profile[SETUP_PATH_SIZE] = "";
	looking->is_told = looking->is_told && host->find_account(host, account->name, &found, err) &&
			   host->is_hidden(host, account->name, &is_hidden, err) &&
			   host->find_profile(host, account->sid, profile, err) &&
			   (!wanted || host->is_member(host, group, account->sid, &is_member, err));
	note(looking, found.exists != wanted, "account", account->name);
	note(looking, wanted && strcmp(found.sid, account->sid) != 0, "SID of", account->name);
	note(looking, wanted && !is_member, "membership of", account->name);
	note(looking, is_hidden != wanted, "logon screen's entry of", account->name);
	note(looking, (profile[0] != 0) != wanted, "profile of", account->name);
	note(looking, wanted && profile[0] && !os_exists(profile), "folder of the profile of", account->name);
	note(looking, !wanted && account->profile[0] && os_exists(account->profile), "folder of the profile of",
	     account->name);
}

static void look_at_rights(struct looking *looking, bool wanted)
{
	static const char *const names[] = { "logging on", "not by the network", "not remotely", "not by a task",
					     "not as a service" };
	for (int right = 0; right < SETUP_RIGHT_COUNT && looking->is_told; right++) {
		bool has = false;
		looking->is_told = looking->host->has_right(looking->host, pool.group_sid, (enum setup_right)right,
							    &has, &looking->err);
		note(looking, has != wanted, "right:", names[right]);
	}
}

/* Is all of the record there, or nothing of it? */
static enum result look(struct trying *trying, bool wanted)
{
	CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
	struct looking looking = { .host = &setup.host, .err = CORDON_ERROR_INIT, .is_told = true };
	struct setup_named group = { 0 };
	bool has_folder = false;
	if (!windows_setup_open(NULL, &setup, &looking.err) || !find_folder(&has_folder, &looking.err) ||
	    !setup.host.find_group(&setup.host, pool.group_name, &group, &looking.err))
		return failed(trying, &looking.err);
	note(&looking, group.exists != wanted, "group", pool.group_name);
	note(&looking, has_folder != wanted, "folder of", "the record");
	for (size_t i = 0; i < pool.account_count; i++)
		look_at_account(&looking, &pool.accounts[i], pool.group_name, wanted);
	look_at_rights(&looking, wanted);
	enum result verdict = looking.is_told ? judged(trying, looking.found.length == 0, "%s%s",
						       looking.found.length ? wanted ? "missing: " : "left: " : "",
						       text_str(&looking.found))
					      : failed(trying, &looking.err);
	text_free(&looking.found);
	return verdict;
}

/* -- cases ---------------------------------------------------------------------------------------------------------- */

static bool fail_filters(struct setup_host *host, const uint8_t provider[16], const uint8_t sublayer[16],
			 const struct setup_filter *filters, size_t count, struct cordon_error *err)
{
	(void)host;
	(void)provider;
	(void)sublayer;
	(void)filters;
	(void)count;
	return cordon_fail(err, CORDON_OS_FAILED, "planted");
}

static bool fail_profile(struct setup_host *host, const char *sid, const char *name, struct cordon_error *err)
{
	(void)host;
	(void)sid;
	(void)name;
	return cordon_fail(err, CORDON_OS_FAILED, "planted");
}

/* The names of what would be made are the record's, which is gone with it: the folder and the list are looked for. */
static enum result fail_setup(struct trying *trying)
{
	for (int which = 0; which < 2; which++) {
		CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
		CORDON_ON_EXIT(text_free) struct text changes = { 0 };
		struct cordon_error err = CORDON_ERROR_INIT;
		struct setup_order order;
		struct setup_named group = { 0 };
		const char *user;
		bool exists = true;
		if (was_there)
			return skipped(trying, is_somebodys);
		if (!make_order(trying->test, &user, &order) || !leftovers_note_setup(trying->test, &err) ||
		    !windows_setup_open(NULL, &setup, &err))
			return failed(trying, &err);
		if (which == 0)
			setup.host.put_filters = fail_filters;
		else
			setup.host.make_profile = fail_profile;
		if (setup_apply(&setup.host, &order, &changes, &err))
			return judged(trying, false, "it succeeds without a step");
		if (!strstr(err.text, "nothing was set up"))
			return failed(trying, &err);
		if (!find_folder(&exists, &err) || !setup.host.find_group(&setup.host, "cordon-accounts", &group, &err))
			return failed(trying, &err);
		if (exists || group.exists)
			return judged(trying, false, "left: %s%s", exists ? "its folder " : "",
				      group.exists ? "group" : "");
		leftovers_forget_setup(trying->test);
	}
	return judged(trying, true, "%s", "");
}

static enum result apply_setup(struct trying *trying)
{
	CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct setup_order order;
	const char *user;
	if (was_there)
		return skipped(trying, is_somebodys);
	if (!make_order(trying->test, &user, &order) || !leftovers_note_setup(trying->test, &err) ||
	    !windows_setup_open(NULL, &setup, &err))
		return failed(trying, &err);
	trying->test->was_set_up = true;
	if (!setup_apply(&setup.host, &order, &changes, &err))
		return failed(trying, &err);
	windows_setup_close(&setup);
	return accounts_read(&pool, &err) ? judged(trying, pool.is_whole, "%s", text_str(&changes))
					  : failed(trying, &err);
}

static enum result find_record(struct trying *trying)
{
	return pool.account_count ? look(trying, true) : skipped(trying, is_not_made);
}

static enum result find_filters(struct trying *trying)
{
	CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct setup_filter *filters = calloc(SETUP_FILTERS_MAX, sizeof *filters);
	uint8_t provider[16], sublayer[16];
	enum setup_standing standing = SETUP_ABSENT;
	if (!pool.account_count) {
		free(filters);
		return skipped(trying, is_not_made);
	}
	size_t count = filters ? setup_filters(&pool, filters) : 0;
	setup_key(&pool, "provider", provider);
	setup_key(&pool, "sublayer", sublayer);
	bool is_told = windows_setup_open(NULL, &setup, &err) &&
		       setup.host.look_filters(&setup.host, provider, sublayer, filters, count, &standing, &err);
	free(filters);
	return is_told ? judged(trying, standing == SETUP_PRESENT && count > 0, "%zu filters", count)
		       : failed(trying, &err);
}

static enum result repeat_setup(struct trying *trying)
{
	CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct setup_order order = { .is_trial = was_there };
	if (!was_there && !pool.account_count)
		return skipped(trying, is_not_made);
	if (!windows_setup_open(NULL, &setup, &err) || !setup_apply(&setup.host, &order, &changes, &err))
		return failed(trying, &err);
	return judged(trying, changes.length == 0, "%s", text_str(&changes));
}

static enum result remove_setup(struct trying *trying)
{
	CORDON_ON_EXIT(windows_setup_close) struct windows_setup setup = { 0 };
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	if (was_there)
		return skipped(trying, is_somebodys);
	if (!trying->test->was_set_up)
		return skipped(trying, is_not_made);
	if (!windows_setup_open(NULL, &setup, &err) || !setup_remove(&setup.host, false, &changes, &err))
		return failed(trying, &err);
	windows_setup_close(&setup);
	trying->test->was_set_up = false;
	leftovers_forget_setup(trying->test);
	return pool.account_count ? look(trying, false) : judged(trying, true, "%s", "");
}

/* -- all of it ------------------------------------------------------------------------------------------------------ */

static const struct selftest_row rows[] = { SETUP_CASES(SELFTEST_ROW) };
static const struct selftest_row removal_rows[] = { REMOVAL_CASES(SELFTEST_ROW) };

void setup_try(struct selftest *test)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	(void)!find_folder(&was_there, &ignored);
	try_rows(test, rows, COUNT_OF(rows), -1, NULL, NULL);
}

void setup_undo(struct selftest *test)
{
	struct trying trying = { .test = test };
	if (!is_interrupted())
		try_rows(test, removal_rows, COUNT_OF(removal_rows), -1, NULL, NULL);
	else if (test->was_set_up && remove_setup(&trying) == FAILS)
		report_note("the setup is still there: 'cordon setup --remove' undoes it; %s", trying.what);
	pool_free(&pool);
}

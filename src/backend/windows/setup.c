#include "backend/windows/setup.h"

#include <stdio.h>
#include <string.h>

#include "backend/windows/setup_steps.h"
#include "base/gate.h"
#include "base/scope.h"

enum { DEFAULT_PER_KIND = 2 };

static bool put_record(struct setup *setup, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	return pool_write(&setup->pool, &bytes, err) &&
	       setup->host->put(setup->host, POOL_RECORD, text_str(&bytes), bytes.length, err);
}

/* -- making -------------------------------------------------------------------------------------------------------- */

static bool was_begun(const struct setup *setup, const char *name)
{
	for (size_t i = 0; i < setup->pool.step_count; i++)
		if (strcmp(setup->pool.steps[i], name) == 0)
			return true;
	return false;
}

static bool note_begun(struct setup *setup, const char *name, struct cordon_error *err)
{
	if (setup->pool.step_count == POOL_STEPS_MAX)
		return cordon_fail(err, CORDON_OS_FAILED, "more steps than a record holds");
	if (!setup_keep(setup, &setup->pool.steps[setup->pool.step_count], name, err))
		return false;
	setup->pool.step_count++;
	setup->has_record = true;
	return true;
}

static bool take_step(struct setup *setup, const struct step *step, size_t n, struct cordon_error *err)
{
	enum setup_standing standing;
	char name[64];
	step_name(step, n, name);
	if (!step_look(setup, step, n, &standing, err))
		return false;
	bool is_begun = was_begun(setup, name);
	bool is_there = standing == SETUP_PRESENT || standing == SETUP_PART;
	if (standing == SETUP_FOREIGN || (is_there && !is_begun && !step->is_shared))
		return cordon_fail(
			err, CORDON_UNSUPPORTED,
			"there is one already, and it is not cordon's: remove or rename it, then run 'cordon setup' "
			"again");
	if (standing == SETUP_PRESENT)
		return true;
	if (setup->is_trial)
		return step_tell(setup, step, n, err);
	bool was_whole = setup->pool.is_whole;
	setup->pool.is_whole = false;
	if ((!is_begun && !note_begun(setup, name, err)) || ((!is_begun || was_whole) && !put_record(setup, err)) ||
	    !step->make(setup, n, err))
		return false;
	setup->unseen = (struct cordon_error)CORDON_ERROR_INIT;
	if (!step_look(setup, step, n, &standing, err))
		return false;
	if (standing != SETUP_PRESENT && setup->unseen.text[0]) {
		*err = setup->unseen;
		return false;
	}
	if (standing != SETUP_PRESENT)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "the system said yes and did not keep it: this host is not for "
				   "'cordon setup'");
	/* What was learnt: SIDs, places. */
	return put_record(setup, err) && step_tell(setup, step, n, err);
}

static bool take_steps(struct setup *setup, struct cordon_error *err)
{
	for (size_t i = 0; i < setup_step_count; i++)
		for (size_t n = 0; n < step_times(setup, &setup_steps[i]); n++)
			if (!take_step(setup, &setup_steps[i], n, err))
				return step_fail(setup, &setup_steps[i], n, err);
	return true;
}

/* -- unmaking ------------------------------------------------------------------------------------------------------ */

/* The last step of the record. Gone already is fine, and what is somebody else's by now is left. */
static bool undo_step(struct setup *setup, const struct step *step, size_t n, struct cordon_error *err)
{
	enum setup_standing standing;
	if (!step_look(setup, step, n, &standing, err))
		return false;
	if (standing == SETUP_PRESENT || standing == SETUP_PART) {
		if (setup->is_trial)
			return step_tell(setup, step, n, err);
		if (!step->drop(setup, n, err) || !step_look(setup, step, n, &standing, err))
			return false;
		if (standing != SETUP_ABSENT && standing != SETUP_FOREIGN && !step->is_shared)
			return cordon_fail(err, CORDON_OS_FAILED, "it is still there after it was removed");
		return step_tell(setup, step, n, err);
	}
	return true;
}

static bool undo_steps(struct setup *setup, size_t from, struct cordon_error *err)
{
	for (size_t i = setup->pool.step_count; i > from; i--) {
		const struct step *step;
		size_t n;
		if (!step_find(setup, setup->pool.steps[i - 1], &step, &n))
			return cordon_fail(err, CORDON_OS_FAILED,
					   "the record has a step '%s' that this cordon does not know",
					   setup->pool.steps[i - 1]);
		if (!undo_step(setup, step, n, err))
			return step_fail(setup, step, n, err);
		if (setup->is_trial)
			continue;
		setup->pool.step_count = i - 1;
		if (!put_record(setup, err))
			return false;
	}
	return true;
}

/* The record last of the files but for the lock, which the host holds: without one the folder is nobody's account of
 * anything.
 */
static bool drop_place(struct setup *setup, struct cordon_error *err)
{
	enum setup_standing standing;
	if (!setup->host->drop(setup->host, POOL_RECORD, err))
		return false;
	setup->host->unlock(setup->host);
	setup->is_locked = false;
	if (!setup->host->drop(setup->host, POOL_LOCK, err) || !setup->host->drop_folder(setup->host, err) ||
	    !setup->host->look_folder(setup->host, NULL, 0, &standing, err))
		return false;
	return standing == SETUP_ABSENT ||
	       cordon_fail(err, CORDON_OS_FAILED, "the folder of 'cordon setup' is still there after it was removed");
}

/* -- the record ---------------------------------------------------------------------------------------------------- */

static void release(struct setup *setup)
{
	if (setup->is_locked)
		setup->host->unlock(setup->host);
	pool_free(&setup->pool);
}

static bool read_record(struct setup *setup, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	if (!setup->host->get(setup->host, POOL_RECORD, &bytes, err))
		return false;
	setup->has_record = bytes.length > 0;
	return !setup->has_record || pool_read(text_str(&bytes), bytes.length, &setup->pool, err);
}

static bool lay_out(struct setup *setup, unsigned per_kind, struct cordon_error *err)
{
	struct pool *pool = &setup->pool;
	unsigned char chance[16];
	uint16_t port;
	if (!setup->host->random(setup->host, chance, sizeof chance, err) ||
	    !setup->host->random(setup->host, &port, sizeof port, err))
		return false;
	for (size_t i = 0; i < sizeof chance; i++)
		snprintf(pool->key + 2 * i, 3, "%02x", chance[i]);
	/* One for each account, from here on. */
	port = (uint16_t)(GATE_PORT_FIRST + port % (GATE_PORT_LAST + 1 - GATE_PORT_FIRST - POOL_ACCOUNTS_MAX));
	pool->group_name = "cordon-accounts";
	pool->group_sid = "";
	pool->account_count = per_kind * POOL_KIND_COUNT;
	for (size_t i = 0; i < pool->account_count; i++) {
		struct pool_account *account = &pool->accounts[i];
		char name[32];
		account->kind = (enum pool_kind)(i % POOL_KIND_COUNT);
		account->gate_port = account->kind == POOL_GATED ? (uint16_t)(port + i) : 0;
		account->sid = account->profile = "";
		snprintf(name, sizeof name, "cordon-%s-%zu", pool_kind_name(account->kind), i / POOL_KIND_COUNT + 1);
		if (!setup_keep(setup, &account->name, name, err))
			return false;
	}
	return true;
}

static bool add_users(struct setup *setup, const struct setup_order *order, struct cordon_error *err)
{
	struct pool *pool = &setup->pool;
	for (size_t i = 0; i < order->user_count; i++) {
		bool is_known = false;
		for (size_t j = 0; j < pool->user_count; j++)
			is_known |= strcmp(pool->users[j], order->users[i]) == 0;
		if (is_known)
			continue;
		if (pool->user_count == POOL_USERS_MAX)
			return cordon_fail(err, CORDON_UNSUPPORTED, "more than %d users", POOL_USERS_MAX);
		if (!setup_keep(setup, &pool->users[pool->user_count], order->users[i], err))
			return false;
		pool->user_count++;
	}
	return true;
}

static bool settle_count(struct setup *setup, const struct setup_order *order, struct cordon_error *err)
{
	size_t now = setup->pool.account_count / POOL_KIND_COUNT;
	if (order->per_kind > POOL_ACCOUNTS_MAX / POOL_KIND_COUNT)
		return cordon_fail(err, CORDON_BAD_USAGE, "at most %d accounts of each kind",
				   POOL_ACCOUNTS_MAX / POOL_KIND_COUNT);
	if (!setup->has_record)
		return lay_out(setup, order->per_kind ? order->per_kind : DEFAULT_PER_KIND, err);
	return order->per_kind == 0 || order->per_kind == now ||
	       cordon_fail(err, CORDON_UNSUPPORTED,
			   "this host has %zu accounts of each kind: run 'cordon setup --remove' before another number",
			   now);
}

/* -- the folder ---------------------------------------------------------------------------------------------------- */

static bool fail_folder(struct cordon_error *err)
{
	return cordon_fail(err, CORDON_UNSUPPORTED,
			   "there is a folder '%%ProgramData%%\\" POOL_FOLDER
			   "' that is not the administrators' alone: remove it, then run 'cordon setup' again");
}

/* PRESENT also for one with other users: those are what the record says, which is not read yet. */
static bool find_place(struct setup *setup, enum setup_standing *ret_standing, struct cordon_error *err)
{
	return setup->host->look_folder(setup->host, NULL, 0, ret_standing, err) &&
	       (*ret_standing != SETUP_FOREIGN || fail_folder(err));
}

static bool take_lock(struct setup *setup, struct cordon_error *err)
{
	setup->is_locked = setup->host->lock(setup->host, err);
	return setup->is_locked;
}

static bool make_folder(struct setup *setup, struct cordon_error *err)
{
	enum setup_standing standing;
	struct cordon_error second = CORDON_ERROR_INIT;
	if (!setup->host->make_folder(setup->host, setup->pool.users, setup->pool.user_count, err))
		return false;
	bool is_seen = setup->host->look_folder(setup->host, setup->pool.users, setup->pool.user_count, &standing, err);
	if (is_seen && standing == SETUP_PRESENT)
		return true;
	if (is_seen)
		cordon_fail(err, CORDON_UNSUPPORTED,
			    "the system takes a descriptor and does not keep it: passwords would be everybody's, so "
			    "nothing was set up");
	return setup->host->drop_folder(setup->host, &second)
		       ? false
		       : cordon_while(err, "remove '%%ProgramData%%\\" POOL_FOLDER "' yourself (%s); first",
				      second.text);
}

static bool make_place(struct setup *setup, struct cordon_error *err)
{
	struct cordon_error second = CORDON_ERROR_INIT;
	if (!make_folder(setup, err))
		return false;
	if (take_lock(setup, err) && put_record(setup, err))
		return true;
	return drop_place(setup, &second) ? false : cordon_while(err, "%s; first", second.text);
}

/* Who may read the folder. */
static bool protect_place(struct setup *setup, struct cordon_error *err)
{
	enum setup_standing standing;
	struct pool *pool = &setup->pool;
	if (!setup->host->look_folder(setup->host, pool->users, pool->user_count, &standing, err))
		return false;
	if (standing == SETUP_PRESENT)
		return true;
	if (standing != SETUP_PART)
		return fail_folder(err);
	text_add(setup->changes, "users of the accounts\n");
	if (setup->is_trial)
		return true;
	if (!put_record(setup, err) || !setup->host->protect_folder(setup->host, pool->users, pool->user_count, err) ||
	    !setup->host->look_folder(setup->host, pool->users, pool->user_count, &standing, err))
		return false;
	return standing == SETUP_PRESENT ||
	       cordon_fail(err, CORDON_UNSUPPORTED, "the system said yes and did not keep who may use the accounts");
}

/* -- both ---------------------------------------------------------------------------------------------------------- */

static bool begin(struct setup *setup, enum setup_standing *ret_place, struct cordon_error *err)
{
	return setup->host->may(setup->host, err) && find_place(setup, ret_place, err) &&
	       (*ret_place == SETUP_ABSENT || ((setup->is_trial || take_lock(setup, err)) && read_record(setup, err)));
}

/* What this setup began; all of it, where there never was a whole one. */
static void undo(struct setup *setup, bool was_whole, size_t was_count, struct cordon_error *err)
{
	struct text unsaid = { 0 };
	struct cordon_error second = CORDON_ERROR_INIT;
	setup->changes = &unsaid;
	bool is_undone = undo_steps(setup, was_whole ? was_count : 0, &second) &&
			 (was_whole || drop_place(setup, &second));
	text_free(&unsaid);
	if (!is_undone)
		cordon_while(err, "not set up, and not all could be undone ('cordon setup --remove' does): %s; first",
			     second.text);
	else if (was_whole)
		cordon_while(err, "not mended; runs in accounts are refused until 'cordon setup' succeeds");
	else
		cordon_while(err, "nothing was set up");
}

static bool apply(struct setup *setup, struct cordon_error *err)
{
	if (!protect_place(setup, err) || !take_steps(setup, err))
		return false;
	if (setup->is_trial || setup->pool.is_whole)
		return true;
	setup->pool.is_whole = true;
	if (put_record(setup, err))
		return true;
	setup->pool.is_whole = false;
	return false;
}

bool setup_apply(struct setup_host *host, const struct setup_order *order, struct text *ret_changes,
		 struct cordon_error *err)
{
	CORDON_ON_EXIT(release)
	struct setup setup = { .host = host, .changes = ret_changes, .is_trial = order->is_trial };
	enum setup_standing place;
	if (!begin(&setup, &place, err) || !settle_count(&setup, order, err) || !add_users(&setup, order, err))
		return false;
	bool was_whole = setup.pool.is_whole;
	size_t was_count = setup.pool.step_count;
	if (place == SETUP_ABSENT && !order->is_trial && !make_place(&setup, err))
		return false;
	if (place == SETUP_ABSENT && order->is_trial ? take_steps(&setup, err) : apply(&setup, err))
		return true;
	if (!order->is_trial)
		undo(&setup, was_whole, was_count, err);
	return false;
}

bool setup_remove(struct setup_host *host, bool is_trial, struct text *ret_changes, struct cordon_error *err)
{
	CORDON_ON_EXIT(release) struct setup setup = { .host = host, .changes = ret_changes, .is_trial = is_trial };
	enum setup_standing place;
	if (!begin(&setup, &place, err))
		return false;
	if (place == SETUP_ABSENT)
		return true;
	if (setup.has_record && !is_trial && setup.pool.is_whole) {
		setup.pool.is_whole = false;
		if (!put_record(&setup, err))
			return false;
	}
	return (!setup.has_record || undo_steps(&setup, 0, err)) && (is_trial || drop_place(&setup, err));
}

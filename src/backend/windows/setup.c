#include "backend/windows/setup.h"

#include <stdio.h>
#include <string.h>

#include "base/gate.h"
#include "base/list.h"
#include "base/scope.h"

enum { DEFAULT_PER_KIND = 2, PASSWORD_CHARACTERS = 43 };

struct setup {
	struct setup_host *host;
	struct pool pool;
	struct text *changes;
	bool is_trial, is_locked;
	bool has_record;    /* there is one on the host */
	size_t first_begun; /* steps from here on were begun by this setup */
};

static const char comment_start[] = "cordon: a sandbox's own, made by 'cordon setup' ";

static void wipe(struct text *text)
{
	volatile char *bytes = text->bytes;
	for (size_t i = 0; i < text->length; i++)
		bytes[i] = 0;
	text_free(text);
}

static void tell_comment(const struct setup *setup, char comment[SETUP_COMMENT_SIZE])
{
	snprintf(comment, SETUP_COMMENT_SIZE, "%s%s", comment_start, setup->pool.key);
}

static bool keep(struct setup *setup, const char **place, const char *string, struct cordon_error *err)
{
	const char *copy = arena_copy(&setup->pool.arena, string, strlen(string));
	if (!copy)
		return cordon_fail_memory(err);
	*place = copy;
	return true;
}

static bool put_record(struct setup *setup, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	return pool_write(&setup->pool, &bytes, err) &&
	       setup->host->put(setup->host, POOL_RECORD, text_str(&bytes), bytes.length, err);
}

/* -- the steps ----------------------------------------------------------------------------------------------------- */

/* Each looks for its thing number n, makes it and unmakes it. */

static enum setup_standing stands(bool is_there)
{
	return is_there ? SETUP_PRESENT : SETUP_ABSENT;
}

/* Ours bears the key, and where its SID is known has that; *sid becomes what it has. */
static bool look_named(struct setup *setup, const struct setup_named *found, const char **sid,
		       enum setup_standing *ret_standing, struct cordon_error *err)
{
	char comment[SETUP_COMMENT_SIZE];
	tell_comment(setup, comment);
	*ret_standing = SETUP_ABSENT;
	if (!found->exists)
		return true;
	*ret_standing = strcmp(found->comment, comment) == 0 ? SETUP_PRESENT : SETUP_FOREIGN;
	return *ret_standing == SETUP_FOREIGN || strcmp(*sid, found->sid) == 0 || keep(setup, sid, found->sid, err);
}

static bool look_group(struct setup *setup, size_t n, enum setup_standing *ret_standing, struct cordon_error *err)
{
	struct setup_named found;
	(void)n;
	return setup->host->find_group(setup->host, setup->pool.group_name, &found, err) &&
	       look_named(setup, &found, &setup->pool.group_sid, ret_standing, err);
}

static bool make_group(struct setup *setup, size_t n, struct cordon_error *err)
{
	char comment[SETUP_COMMENT_SIZE];
	(void)n;
	tell_comment(setup, comment);
	return setup->host->make_group(setup->host, setup->pool.group_name, comment, err);
}

static bool drop_group(struct setup *setup, size_t n, struct cordon_error *err)
{
	(void)n;
	return setup->host->drop_group(setup->host, setup->pool.group_name, err);
}

static bool look_right(struct setup *setup, size_t n, enum setup_standing *ret_standing, struct cordon_error *err)
{
	bool has = false;
	if (!setup->host->has_right(setup->host, setup->pool.group_sid, (enum setup_right)n, &has, err))
		return false;
	*ret_standing = stands(has);
	return true;
}

static bool make_right(struct setup *setup, size_t n, struct cordon_error *err)
{
	return setup->host->give_right(setup->host, setup->pool.group_sid, (enum setup_right)n, err);
}

static bool drop_right(struct setup *setup, size_t n, struct cordon_error *err)
{
	return setup->host->take_right(setup->host, setup->pool.group_sid, (enum setup_right)n, err);
}

static bool look_list(struct setup *setup, size_t n, enum setup_standing *ret_standing, struct cordon_error *err)
{
	bool has = false;
	(void)n;
	if (!setup->host->has_list(setup->host, &has, err))
		return false;
	*ret_standing = stands(has);
	return true;
}

static bool make_list(struct setup *setup, size_t n, struct cordon_error *err)
{
	(void)n;
	return setup->host->make_list(setup->host, err);
}

static bool drop_list(struct setup *setup, size_t n, struct cordon_error *err)
{
	(void)n;
	return setup->host->drop_list(setup->host, err);
}

static void name_secret(size_t n, char name[32])
{
	snprintf(name, 32, "secret-%zu", n);
}

static bool read_secret(struct setup *setup, size_t n, struct text *ret_password, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	char name[32];
	name_secret(n, name);
	return setup->host->get(setup->host, name, &bytes, err) &&
	       (bytes.length == 0 ||
		setup->host->unwrap(setup->host, text_str(&bytes), bytes.length, ret_password, err));
}

/* What does not unwrap is as good as none. */
static bool look_secret(struct setup *setup, size_t n, enum setup_standing *ret_standing, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	CORDON_ON_EXIT(wipe) struct text password = { 0 };
	struct cordon_error ignored = CORDON_ERROR_INIT;
	char name[32];
	name_secret(n, name);
	if (!setup->host->get(setup->host, name, &bytes, err))
		return false;
	*ret_standing = SETUP_ABSENT;
	if (bytes.length > 0)
		*ret_standing = setup->host->unwrap(setup->host, text_str(&bytes), bytes.length, &password, &ignored) &&
						password.length > 0
					? SETUP_PRESENT
					: SETUP_PART;
	return true;
}

/* Of 64 characters 43 hold more than 256 bits by chance; the end is for rules that ask for one of each kind. */
static bool make_password(struct setup *setup, struct text *password, struct cordon_error *err)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	unsigned char chance[PASSWORD_CHARACTERS];
	if (!setup->host->random(setup->host, chance, sizeof chance, err))
		return false;
	for (size_t i = 0; i < sizeof chance; i++)
		text_add_char(password, alphabet[chance[i] % 64]);
	text_add(password, "aA1-");
	for (volatile unsigned char *at = chance; at < chance + sizeof chance; at++)
		*at = 0;
	return text_ok(password) || cordon_fail_memory(err);
}

static bool look_account(struct setup *setup, size_t n, enum setup_standing *ret_standing, struct cordon_error *err)
{
	struct setup_named found;
	struct pool_account *account = &setup->pool.accounts[n];
	return setup->host->find_account(setup->host, account->name, &found, err) &&
	       look_named(setup, &found, &account->sid, ret_standing, err);
}

/* Before its account is made. Where that is there, it gets the new password first: a kill in between leaves no secret, and
 * the next setup makes another.
 */
static bool make_secret(struct setup *setup, size_t n, struct cordon_error *err)
{
	CORDON_ON_EXIT(wipe) struct text password = { 0 };
	CORDON_ON_EXIT(text_free) struct text wrapped = { 0 };
	enum setup_standing account;
	char name[32];
	name_secret(n, name);
	return look_account(setup, n, &account, err) && make_password(setup, &password, err) &&
	       setup->host->drop(setup->host, name, err) &&
	       setup->host->wrap(setup->host, text_str(&password), &wrapped, err) &&
	       (account != SETUP_PRESENT ||
		setup->host->set_password(setup->host, setup->pool.accounts[n].name, text_str(&password), err)) &&
	       setup->host->put(setup->host, name, text_str(&wrapped), wrapped.length, err);
}

static bool drop_secret(struct setup *setup, size_t n, struct cordon_error *err)
{
	char name[32];
	name_secret(n, name);
	return setup->host->drop(setup->host, name, err);
}

static bool make_account(struct setup *setup, size_t n, struct cordon_error *err)
{
	CORDON_ON_EXIT(wipe) struct text password = { 0 };
	char comment[SETUP_COMMENT_SIZE];
	tell_comment(setup, comment);
	if (!read_secret(setup, n, &password, err))
		return false;
	if (password.length == 0)
		return cordon_fail(err, CORDON_OS_FAILED, "the password that was just kept is gone");
	return setup->host->make_account(setup->host, setup->pool.accounts[n].name, comment, text_str(&password), err);
}

static bool drop_account(struct setup *setup, size_t n, struct cordon_error *err)
{
	return setup->host->drop_account(setup->host, setup->pool.accounts[n].name, err);
}

static bool look_member(struct setup *setup, size_t n, enum setup_standing *ret_standing, struct cordon_error *err)
{
	bool is_member = false;
	if (!setup->host->is_member(setup->host, setup->pool.group_name, setup->pool.accounts[n].sid, &is_member, err))
		return false;
	*ret_standing = stands(is_member);
	return true;
}

static bool make_member(struct setup *setup, size_t n, struct cordon_error *err)
{
	return setup->host->join(setup->host, setup->pool.group_name, setup->pool.accounts[n].sid, err);
}

static bool drop_member(struct setup *setup, size_t n, struct cordon_error *err)
{
	return setup->host->leave(setup->host, setup->pool.group_name, setup->pool.accounts[n].sid, err);
}

static bool look_hidden(struct setup *setup, size_t n, enum setup_standing *ret_standing, struct cordon_error *err)
{
	bool is_hidden = false;
	if (!setup->host->is_hidden(setup->host, setup->pool.accounts[n].name, &is_hidden, err))
		return false;
	*ret_standing = stands(is_hidden);
	return true;
}

static bool make_hidden(struct setup *setup, size_t n, struct cordon_error *err)
{
	return setup->host->hide(setup->host, setup->pool.accounts[n].name, err);
}

static bool drop_hidden(struct setup *setup, size_t n, struct cordon_error *err)
{
	return setup->host->show(setup->host, setup->pool.accounts[n].name, err);
}

static bool look_profile(struct setup *setup, size_t n, enum setup_standing *ret_standing, struct cordon_error *err)
{
	struct pool_account *account = &setup->pool.accounts[n];
	char path[SETUP_PATH_SIZE] = "";
	if (!setup->host->find_profile(setup->host, account->sid, path, err))
		return false;
	*ret_standing = stands(*path);
	return strcmp(account->profile, path) == 0 || keep(setup, &account->profile, path, err);
}

static bool make_profile(struct setup *setup, size_t n, struct cordon_error *err)
{
	return setup->host->make_profile(setup->host, setup->pool.accounts[n].sid, setup->pool.accounts[n].name, err);
}

static bool drop_profile(struct setup *setup, size_t n, struct cordon_error *err)
{
	return setup->host->drop_profile(setup->host, setup->pool.accounts[n].sid, err);
}

struct filtering {
	uint8_t provider[16], sublayer[16];
	struct setup_filter filters[SETUP_FILTERS_MAX];
	size_t count;
};

static void free_filtering(struct filtering **holder)
{
	free(*holder);
}

static struct filtering *find_filtering(const struct setup *setup, struct cordon_error *err)
{
	struct filtering *filtering = calloc(1, sizeof *filtering);
	if (!filtering) {
		cordon_fail_memory(err);
		return NULL;
	}
	setup_key(&setup->pool, "provider", filtering->provider);
	setup_key(&setup->pool, "sublayer", filtering->sublayer);
	filtering->count = setup_filters(&setup->pool, filtering->filters);
	return filtering;
}

static bool look_filters(struct setup *setup, size_t n, enum setup_standing *ret_standing, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_filtering) struct filtering *these = find_filtering(setup, err);
	(void)n;
	return these && setup->host->look_filters(setup->host, these->provider, these->sublayer, these->filters,
						  these->count, ret_standing, err);
}

static bool make_filters(struct setup *setup, size_t n, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_filtering) struct filtering *these = find_filtering(setup, err);
	(void)n;
	return these && setup->host->put_filters(setup->host, these->provider, these->sublayer, these->filters,
						 these->count, err);
}

static bool drop_filters(struct setup *setup, size_t n, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_filtering) struct filtering *these = find_filtering(setup, err);
	(void)n;
	return these && setup->host->drop_filters(setup->host, these->provider, these->sublayer, err);
}

enum times { ONCE, PER_RIGHT, PER_ACCOUNT };

/* The SID that the thing hangs on, without which it is not there. */
enum hang { ON_NOTHING, ON_GROUP, ON_ACCOUNT };

struct step {
	const char *name;  /* in the record */
	const char *words; /* for the user; the name follows where `names_it` */
	bool names_it;
	enum times times;
	enum hang hangs;
	bool is_shared; /* may have been there before, and is then left; may stay, where others use it by now */
	bool (*look)(struct setup *setup, size_t n, enum setup_standing *ret_standing, struct cordon_error *err);
	bool (*make)(struct setup *setup, size_t n, struct cordon_error *err);
	bool (*drop)(struct setup *setup, size_t n, struct cordon_error *err);
};

static const struct step steps[] = {
	{ "group", "group", true, ONCE, ON_NOTHING, false, look_group, make_group, drop_group },
	{ "right", "right of the group", true, PER_RIGHT, ON_GROUP, false, look_right, make_right, drop_right },
	{ "logon-list", "registry key of the accounts that the logon screen leaves out", false, ONCE, ON_NOTHING, true,
	  look_list, make_list, drop_list },
	{ "hidden", "not on the logon screen:", true, PER_ACCOUNT, ON_NOTHING, false, look_hidden, make_hidden,
	  drop_hidden },
	{ "secret", "password of", true, PER_ACCOUNT, ON_NOTHING, false, look_secret, make_secret, drop_secret },
	{ "account", "account", true, PER_ACCOUNT, ON_NOTHING, false, look_account, make_account, drop_account },
	/* Before anything else may be done with them. */
	{ "filters", "network filters of the accounts", false, ONCE, ON_NOTHING, false, look_filters, make_filters,
	  drop_filters },
	{ "member", "member of the group:", true, PER_ACCOUNT, ON_ACCOUNT, false, look_member, make_member,
	  drop_member },
	{ "profile", "profile of", true, PER_ACCOUNT, ON_ACCOUNT, false, look_profile, make_profile, drop_profile },
};

static size_t times_of(const struct setup *setup, const struct step *step)
{
	return step->times == PER_RIGHT     ? SETUP_RIGHT_COUNT
	       : step->times == PER_ACCOUNT ? setup->pool.account_count
					    : 1;
}

static void name_step(const struct step *step, size_t n, char name[64])
{
	if (step->times == ONCE)
		snprintf(name, 64, "%s", step->name);
	else
		snprintf(name, 64, "%s %zu", step->name, n);
}

static bool find_step(const struct setup *setup, const char *name, const struct step **ret_step, size_t *ret_n)
{
	char candidate[64];
	for (size_t i = 0; i < COUNT_OF(steps); i++)
		for (size_t n = 0; n < times_of(setup, &steps[i]); n++) {
			name_step(&steps[i], n, candidate);
			if (strcmp(candidate, name) == 0) {
				*ret_step = &steps[i];
				*ret_n = n;
				return true;
			}
		}
	return false;
}

/* As the user reads it. */
static void describe(const struct setup *setup, const struct step *step, size_t n, char words[256])
{
	static const char *const rights[SETUP_RIGHT_COUNT] = {
		[SETUP_MAY_LOG_ON] = "may log on at this machine",
		[SETUP_NOT_BY_NET] = "no logon over the network",
		[SETUP_NOT_REMOTELY] = "no logon by remote desktop",
		[SETUP_NOT_BY_TASK] = "no logon as a scheduled task",
		[SETUP_NOT_AS_SERVICE] = "no logon as a service",
	};
	const struct pool *pool = &setup->pool;
	const char *name = step->times == PER_ACCOUNT ? pool->accounts[n].name : pool->group_name;
	if (step->times == PER_RIGHT)
		snprintf(words, 256, "%s '%s': %s", step->words, name, rights[n]);
	else if (step->names_it)
		snprintf(words, 256, "%s '%s'", step->words, name);
	else
		snprintf(words, 256, "%s", step->words);
}

static bool tell(struct setup *setup, const struct step *step, size_t n, struct cordon_error *err)
{
	char words[256];
	describe(setup, step, n, words);
	text_addf(setup->changes, "%s\n", words);
	return text_ok(setup->changes) || cordon_fail_memory(err);
}

static bool fail_at(const struct setup *setup, const struct step *step, size_t n, struct cordon_error *err)
{
	char words[256];
	describe(setup, step, n, words);
	return cordon_while(err, "%s", words);
}

/* What hangs on a SID that is not known is not there. */
static bool look(struct setup *setup, const struct step *step, size_t n, enum setup_standing *ret_standing,
		 struct cordon_error *err)
{
	*ret_standing = SETUP_ABSENT;
	if ((step->hangs == ON_GROUP && !*setup->pool.group_sid) ||
	    (step->hangs == ON_ACCOUNT && !*setup->pool.accounts[n].sid))
		return true;
	return step->look(setup, n, ret_standing, err);
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
	if (!keep(setup, &setup->pool.steps[setup->pool.step_count], name, err))
		return false;
	setup->pool.step_count++;
	setup->has_record = true;
	return true;
}

static bool take_step(struct setup *setup, const struct step *step, size_t n, struct cordon_error *err)
{
	enum setup_standing standing;
	char name[64];
	name_step(step, n, name);
	if (!look(setup, step, n, &standing, err))
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
		return tell(setup, step, n, err);
	bool was_whole = setup->pool.is_whole;
	setup->pool.is_whole = false;
	if ((!is_begun && !note_begun(setup, name, err)) || ((!is_begun || was_whole) && !put_record(setup, err)) ||
	    !step->make(setup, n, err) || !look(setup, step, n, &standing, err))
		return false;
	if (standing != SETUP_PRESENT)
		return cordon_fail(err, CORDON_UNSUPPORTED,
				   "the system said yes and did not keep it: this host is not for "
				   "'cordon setup'");
	/* What was learnt: SIDs, places. */
	return put_record(setup, err) && tell(setup, step, n, err);
}

static bool take_steps(struct setup *setup, struct cordon_error *err)
{
	for (size_t i = 0; i < COUNT_OF(steps); i++)
		for (size_t n = 0; n < times_of(setup, &steps[i]); n++)
			if (!take_step(setup, &steps[i], n, err))
				return fail_at(setup, &steps[i], n, err);
	return true;
}

/* -- unmaking ------------------------------------------------------------------------------------------------------ */

/* The last step of the record. Gone already is fine, and what is somebody else's by now is left. */
static bool undo_step(struct setup *setup, const struct step *step, size_t n, struct cordon_error *err)
{
	enum setup_standing standing;
	if (!look(setup, step, n, &standing, err))
		return false;
	if (standing == SETUP_PRESENT || standing == SETUP_PART) {
		if (setup->is_trial)
			return tell(setup, step, n, err);
		if (!step->drop(setup, n, err) || !look(setup, step, n, &standing, err))
			return false;
		if (standing != SETUP_ABSENT && standing != SETUP_FOREIGN && !step->is_shared)
			return cordon_fail(err, CORDON_OS_FAILED, "it is still there after it was removed");
		return tell(setup, step, n, err);
	}
	return true;
}

static bool undo_steps(struct setup *setup, size_t from, struct cordon_error *err)
{
	for (size_t i = setup->pool.step_count; i > from; i--) {
		const struct step *step;
		size_t n;
		if (!find_step(setup, setup->pool.steps[i - 1], &step, &n))
			return cordon_fail(err, CORDON_OS_FAILED,
					   "the record has a step '%s' that this cordon does not know",
					   setup->pool.steps[i - 1]);
		if (!undo_step(setup, step, n, err))
			return fail_at(setup, step, n, err);
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
		if (!keep(setup, &account->name, name, err))
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
		if (!keep(setup, &pool->users[pool->user_count], order->users[i], err))
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
	if (setup->host->look_folder(setup->host, setup->pool.users, setup->pool.user_count, &standing, err) &&
	    standing == SETUP_PRESENT)
		return true;
	if (setup->host->drop_folder(setup->host, &second))
		return cordon_fail(
			err, CORDON_UNSUPPORTED,
			"the system takes a descriptor and does not keep it: passwords would be everybody's, so "
			"nothing was set up");
	return cordon_fail(err, CORDON_UNSUPPORTED,
			   "the system takes a descriptor and does not keep it; remove '%%ProgramData%%\\" POOL_FOLDER
			   "'");
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

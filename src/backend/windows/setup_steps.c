/* What setup makes, thing by thing: each step looks for its thing number n, makes it and unmakes it. */
#include "backend/windows/setup_steps.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"

enum { PASSWORD_CHARACTERS = 43 };

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

bool setup_keep(struct setup *setup, const char **place, const char *string, struct cordon_error *err)
{
	const char *copy = arena_copy(&setup->pool.arena, string, strlen(string));
	if (!copy)
		return cordon_fail_memory(err);
	*place = copy;
	return true;
}

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
	return *ret_standing == SETUP_FOREIGN || strcmp(*sid, found->sid) == 0 ||
	       setup_keep(setup, sid, found->sid, err);
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
	char name[32];
	name_secret(n, name);
	if (!setup->host->get(setup->host, name, &bytes, err))
		return false;
	*ret_standing = SETUP_ABSENT;
	if (bytes.length > 0)
		*ret_standing = setup->host->unwrap(setup->host, text_str(&bytes), bytes.length, &password,
						    &setup->unseen) &&
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
	return strcmp(account->profile, path) == 0 || setup_keep(setup, &account->profile, path, err);
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

const struct step setup_steps[] = {
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

const size_t setup_step_count = COUNT_OF(setup_steps);

size_t step_times(const struct setup *setup, const struct step *step)
{
	return step->times == PER_RIGHT     ? SETUP_RIGHT_COUNT
	       : step->times == PER_ACCOUNT ? setup->pool.account_count
					    : 1;
}

void step_name(const struct step *step, size_t n, char name[64])
{
	if (step->times == ONCE)
		snprintf(name, 64, "%s", step->name);
	else
		snprintf(name, 64, "%s %zu", step->name, n);
}

bool step_find(const struct setup *setup, const char *name, const struct step **ret_step, size_t *ret_n)
{
	char candidate[64];
	for (size_t i = 0; i < COUNT_OF(setup_steps); i++)
		for (size_t n = 0; n < step_times(setup, &setup_steps[i]); n++) {
			step_name(&setup_steps[i], n, candidate);
			if (strcmp(candidate, name) == 0) {
				*ret_step = &setup_steps[i];
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

bool step_tell(struct setup *setup, const struct step *step, size_t n, struct cordon_error *err)
{
	char words[256];
	describe(setup, step, n, words);
	text_addf(setup->changes, "%s\n", words);
	return text_ok(setup->changes) || cordon_fail_memory(err);
}

bool step_fail(const struct setup *setup, const struct step *step, size_t n, struct cordon_error *err)
{
	char words[256];
	describe(setup, step, n, words);
	return cordon_while(err, "%s", words);
}

bool step_look(struct setup *setup, const struct step *step, size_t n, enum setup_standing *ret_standing,
	       struct cordon_error *err)
{
	*ret_standing = SETUP_ABSENT;
	if ((step->hangs == ON_GROUP && !*setup->pool.group_sid) ||
	    (step->hangs == ON_ACCOUNT && !*setup->pool.accounts[n].sid))
		return true;
	return step->look(setup, n, ret_standing, err);
}

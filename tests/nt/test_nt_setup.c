/* `cordon setup` on a model of a host: a fault at every operation, an end at every operation, things of others' in the way.
 *
 * The model keeps what the operations change and nothing else; what it cannot tell is whether Windows does what the
 * operations say.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/setup.h"
#include "base/list.h"
#include "base/scope.h"
#include "check.h"

enum { THINGS_MAX = 64, FILES_MAX = 32, FILTERS_MAX = 512 };

struct thing {
	char name[64], sid[SETUP_SID_SIZE], comment[SETUP_COMMENT_SIZE], password[64];
};

struct model {
	struct setup_host host;
	unsigned operations, fails_at, dies_at;
	bool dies_after; /* the operation that it dies at is done */
	bool is_dead, is_locked;
	bool keeps_nothing; /* says yes and keeps no descriptor, as Wine does */
	bool keeps_no_filters;
	bool is_in_use;    /* a run has an account */
	unsigned per_kind; /* 0: as many as setup makes by itself */
	unsigned next_sid, changes;

	bool has_folder, is_foreign_folder;
	char readers[512];
	struct {
		char name[32];
		char *bytes;
		size_t length;
	} files[FILES_MAX];
	struct thing groups[THINGS_MAX], accounts[THINGS_MAX];
	char members[THINGS_MAX][SETUP_SID_SIZE], hidden[THINGS_MAX][64], profiles[THINGS_MAX][SETUP_SID_SIZE];
	char rights[THINGS_MAX][SETUP_SID_SIZE + 8];
	bool has_list;
	uint8_t provider[16];
	bool has_provider;
	uint8_t filters[FILTERS_MAX][16];
	size_t filter_count;
};

static struct model *own(struct setup_host *host)
{
	return (struct model *)host;
}

/* Begins each operation that may fail. */
static bool fails(struct setup_host *host, struct cordon_error *err)
{
	struct model *model = own(host);
	model->operations++;
	if (model->is_dead || (model->operations == model->dies_at && !model->dies_after)) {
		model->is_dead = true;
		return !cordon_fail(err, CORDON_OS_FAILED, "dead");
	}
	if (model->operations == model->dies_at)
		model->is_dead = true; /* from the next on */
	return model->operations == model->fails_at && !cordon_fail(err, CORDON_OS_FAILED, "a fault of the test's");
}

#define BEGIN() \
	struct model *model = own(host); \
	(void)model; \
	if (fails(host, err)) \
	return false

static bool changed(struct model *model)
{
	model->changes++;
	return true;
}

static bool may(struct setup_host *host, struct cordon_error *err)
{
	BEGIN();
	return true;
}

/* By chance the same every time, so that a state can be compared with another. */
static bool random_(struct setup_host *host, void *bytes, size_t count, struct cordon_error *err)
{
	BEGIN();
	memset(bytes, 7, count);
	return true;
}

/* -- the folder ---------------------------------------------------------------------------------------------------- */

static void join_users(const char *const *users, size_t count, char text[512])
{
	*text = 0;
	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), 512 - strlen(text), "%s ", users[i]);
}

static bool look_folder(struct setup_host *host, const char *const *users, size_t count,
			enum setup_standing *ret_standing, struct cordon_error *err)
{
	char readers[512];
	BEGIN();
	join_users(users, count, readers);
	*ret_standing = !model->has_folder                                 ? SETUP_ABSENT
			: model->is_foreign_folder || model->keeps_nothing ? SETUP_FOREIGN
			: strcmp(readers, model->readers)                  ? SETUP_PART
									   : SETUP_PRESENT;
	return true;
}

static bool make_folder(struct setup_host *host, const char *const *users, size_t count, struct cordon_error *err)
{
	BEGIN();
	if (model->has_folder)
		return cordon_fail(err, CORDON_OS_FAILED, "it is there");
	model->has_folder = true;
	join_users(users, count, model->readers);
	return changed(model);
}

static bool protect_folder(struct setup_host *host, const char *const *users, size_t count, struct cordon_error *err)
{
	BEGIN();
	join_users(users, count, model->readers);
	return changed(model);
}

static bool drop_folder(struct setup_host *host, struct cordon_error *err)
{
	BEGIN();
	for (size_t i = 0; i < FILES_MAX; i++)
		if (model->files[i].bytes)
			return cordon_fail(err, CORDON_OS_FAILED, "'%s' is in it", model->files[i].name);
	model->has_folder = false;
	*model->readers = 0;
	return changed(model);
}

static bool put(struct setup_host *host, const char *name, const char *bytes, size_t length, struct cordon_error *err)
{
	size_t place = FILES_MAX;
	BEGIN();
	assert_true(model->has_folder && !model->is_foreign_folder);
	for (size_t i = FILES_MAX; i-- > 0;)
		if (!model->files[i].bytes && place == FILES_MAX)
			place = i;
	for (size_t i = 0; i < FILES_MAX; i++)
		if (model->files[i].bytes && strcmp(model->files[i].name, name) == 0)
			place = i;
	assert_true(place < FILES_MAX);
	free(model->files[place].bytes);
	snprintf(model->files[place].name, sizeof model->files[place].name, "%s", name);
	model->files[place].bytes = malloc(length + 1);
	assert_non_null(model->files[place].bytes);
	memcpy(model->files[place].bytes, bytes, length);
	model->files[place].length = length;
	return changed(model);
}

static bool get(struct setup_host *host, const char *name, struct text *ret_bytes, struct cordon_error *err)
{
	BEGIN();
	for (size_t i = 0; i < FILES_MAX; i++)
		if (model->files[i].bytes && strcmp(model->files[i].name, name) == 0)
			text_add_bytes(ret_bytes, model->files[i].bytes, model->files[i].length);
	return true;
}

static bool drop(struct setup_host *host, const char *name, struct cordon_error *err)
{
	BEGIN();
	for (size_t i = 0; i < FILES_MAX; i++)
		if (model->files[i].bytes && strcmp(model->files[i].name, name) == 0) {
			free(model->files[i].bytes);
			model->files[i].bytes = NULL;
			changed(model);
		}
	return true;
}

static bool lock(struct setup_host *host, struct cordon_error *err)
{
	BEGIN();
	if (model->is_in_use)
		return cordon_fail(err, CORDON_UNSUPPORTED, "a run goes on in an account");
	assert_false(model->is_locked);
	model->is_locked = true;
	return true;
}

static void unlock(struct setup_host *host)
{
	own(host)->is_locked = false;
}

static bool wrap(struct setup_host *host, const char *password, struct text *ret_bytes, struct cordon_error *err)
{
	BEGIN();
	text_addf(ret_bytes, "wrapped %s", password);
	return true;
}

static bool unwrap(struct setup_host *host, const char *bytes, size_t length, struct text *ret_password,
		   struct cordon_error *err)
{
	BEGIN();
	if (length < 8 || strncmp(bytes, "wrapped ", 8) != 0)
		return cordon_fail(err, CORDON_OS_FAILED, "not wrapped here");
	text_add_bytes(ret_password, bytes + 8, length - 8);
	return true;
}

/* -- names --------------------------------------------------------------------------------------------------------- */

static struct thing *find_thing(struct thing *things, const char *name)
{
	for (size_t i = 0; i < THINGS_MAX; i++)
		if (strcmp(things[i].name, name) == 0)
			return &things[i];
	return NULL;
}

static bool find_named(struct thing *things, const char *name, struct setup_named *ret_found)
{
	const struct thing *thing = find_thing(things, name);
	*ret_found = (struct setup_named){ .exists = thing != NULL };
	if (thing) {
		snprintf(ret_found->sid, sizeof ret_found->sid, "%s", thing->sid);
		snprintf(ret_found->comment, sizeof ret_found->comment, "%s", thing->comment);
	}
	return true;
}

static bool make_named(struct model *model, struct thing *things, const char *name, const char *comment,
		       struct cordon_error *err)
{
	struct thing *thing = find_thing(things, "");
	if (find_thing(things, name))
		return cordon_fail(err, CORDON_OS_FAILED, "it is there");
	snprintf(thing->name, sizeof thing->name, "%s", name);
	snprintf(thing->comment, sizeof thing->comment, "%s", comment);
	snprintf(thing->sid, sizeof thing->sid, "S-1-5-21-1-2-3-%u", ++model->next_sid);
	return changed(model);
}

static bool drop_named(struct model *model, struct thing *things, const char *name)
{
	*find_thing(things, name) = (struct thing){ 0 };
	return changed(model);
}

static bool find_group(struct setup_host *host, const char *name, struct setup_named *ret_found,
		       struct cordon_error *err)
{
	BEGIN();
	return find_named(model->groups, name, ret_found);
}

static bool make_group(struct setup_host *host, const char *name, const char *comment, struct cordon_error *err)
{
	BEGIN();
	return make_named(model, model->groups, name, comment, err);
}

static bool drop_group(struct setup_host *host, const char *name, struct cordon_error *err)
{
	BEGIN();
	return drop_named(model, model->groups, name);
}

static bool find_account(struct setup_host *host, const char *name, struct setup_named *ret_found,
			 struct cordon_error *err)
{
	BEGIN();
	return find_named(model->accounts, name, ret_found);
}

static bool make_account(struct setup_host *host, const char *name, const char *comment, const char *password,
			 struct cordon_error *err)
{
	BEGIN();
	if (!make_named(model, model->accounts, name, comment, err))
		return false;
	snprintf(find_thing(model->accounts, name)->password, 64, "%s", password);
	return true;
}

static bool set_password(struct setup_host *host, const char *name, const char *password, struct cordon_error *err)
{
	BEGIN();
	snprintf(find_thing(model->accounts, name)->password, 64, "%s", password);
	return changed(model);
}

static bool drop_account(struct setup_host *host, const char *name, struct cordon_error *err)
{
	BEGIN();
	return drop_named(model, model->accounts, name);
}

/* -- sets of strings ----------------------------------------------------------------------------------------------- */

static bool has(char *set, size_t size, const char *string)
{
	for (size_t i = 0; i < THINGS_MAX; i++)
		if (strcmp(set + i * size, string) == 0)
			return true;
	return false;
}

static bool swap(struct model *model, char *set, size_t size, const char *from, const char *to)
{
	for (size_t i = 0; i < THINGS_MAX; i++)
		if (strcmp(set + i * size, from) == 0) {
			snprintf(set + i * size, size, "%s", to);
			return changed(model);
		}
	fail_msg("neither '%s' nor room for '%s'", from, to);
	return false;
}

#define SET(name) model->name[0], sizeof model->name[0]

static bool is_member(struct setup_host *host, const char *group, const char *sid, bool *ret_is,
		      struct cordon_error *err)
{
	BEGIN();
	(void)group;
	*ret_is = has(SET(members), sid);
	return true;
}

static bool join(struct setup_host *host, const char *group, const char *sid, struct cordon_error *err)
{
	BEGIN();
	assert_non_null(find_thing(model->groups, group));
	return swap(model, SET(members), "", sid);
}

static bool leave(struct setup_host *host, const char *group, const char *sid, struct cordon_error *err)
{
	BEGIN();
	(void)group;
	return swap(model, SET(members), sid, "");
}

static const char *right_name(const char *sid, enum setup_right right)
{
	static char name[SETUP_SID_SIZE + 8];
	snprintf(name, sizeof name, "%.190s %d", sid, right);
	return name;
}

static bool has_right(struct setup_host *host, const char *sid, enum setup_right right, bool *ret_has,
		      struct cordon_error *err)
{
	BEGIN();
	*ret_has = has(SET(rights), right_name(sid, right));
	return true;
}

static bool give_right(struct setup_host *host, const char *sid, enum setup_right right, struct cordon_error *err)
{
	BEGIN();
	return swap(model, SET(rights), "", right_name(sid, right));
}

static bool take_right(struct setup_host *host, const char *sid, enum setup_right right, struct cordon_error *err)
{
	BEGIN();
	return swap(model, SET(rights), right_name(sid, right), "");
}

static bool has_list(struct setup_host *host, bool *ret_has, struct cordon_error *err)
{
	BEGIN();
	*ret_has = model->has_list;
	return true;
}

static bool make_list(struct setup_host *host, struct cordon_error *err)
{
	BEGIN();
	model->has_list = true;
	return changed(model);
}

static bool drop_list(struct setup_host *host, struct cordon_error *err)
{
	BEGIN();
	for (size_t i = 0; i < THINGS_MAX; i++)
		if (*model->hidden[i])
			return true;
	model->has_list = false;
	return changed(model);
}

static bool is_hidden(struct setup_host *host, const char *name, bool *ret_is, struct cordon_error *err)
{
	BEGIN();
	*ret_is = has(SET(hidden), name);
	return true;
}

static bool hide(struct setup_host *host, const char *name, struct cordon_error *err)
{
	BEGIN();
	assert_true(model->has_list);
	return swap(model, SET(hidden), "", name);
}

static bool show(struct setup_host *host, const char *name, struct cordon_error *err)
{
	BEGIN();
	return swap(model, SET(hidden), name, "");
}

static bool find_profile(struct setup_host *host, const char *sid, char ret_path[SETUP_PATH_SIZE],
			 struct cordon_error *err)
{
	BEGIN();
	snprintf(ret_path, SETUP_PATH_SIZE, "%s%s", has(SET(profiles), sid) ? "C:\\Users\\" : "",
		 has(SET(profiles), sid) ? sid : "");
	return true;
}

static bool make_profile(struct setup_host *host, const char *sid, const char *name, struct cordon_error *err)
{
	BEGIN();
	(void)name;
	return swap(model, SET(profiles), "", sid);
}

static bool drop_profile(struct setup_host *host, const char *sid, struct cordon_error *err)
{
	BEGIN();
	return swap(model, SET(profiles), sid, "");
}

/* -- filters ------------------------------------------------------------------------------------------------------- */

static bool look_filters(struct setup_host *host, const uint8_t provider[16], const uint8_t sublayer[16],
			 const struct setup_filter *filters, size_t count, enum setup_standing *ret_standing,
			 struct cordon_error *err)
{
	BEGIN();
	(void)sublayer;
	bool is_same = model->has_provider && memcmp(provider, model->provider, 16) == 0;
	*ret_standing = is_same ? SETUP_PRESENT : SETUP_ABSENT;
	if (is_same && count != model->filter_count)
		*ret_standing = SETUP_PART;
	for (size_t i = 0; is_same && i < count && i < model->filter_count; i++)
		if (memcmp(filters[i].key, model->filters[i], 16) != 0)
			*ret_standing = SETUP_PART;
	return true;
}

static bool put_filters(struct setup_host *host, const uint8_t provider[16], const uint8_t sublayer[16],
			const struct setup_filter *filters, size_t count, struct cordon_error *err)
{
	BEGIN();
	(void)sublayer;
	assert_true(count <= FILTERS_MAX);
	if (model->keeps_no_filters)
		return true;
	model->has_provider = true;
	memcpy(model->provider, provider, 16);
	model->filter_count = count;
	for (size_t i = 0; i < count; i++)
		memcpy(model->filters[i], filters[i].key, 16);
	return changed(model);
}

static bool drop_filters(struct setup_host *host, const uint8_t provider[16], const uint8_t sublayer[16],
			 struct cordon_error *err)
{
	BEGIN();
	(void)sublayer;
	assert_memory_equal(provider, model->provider, 16);
	model->has_provider = false;
	model->filter_count = 0;
	return changed(model);
}

/* -- hosts --------------------------------------------------------------------------------------------------------- */

static const struct setup_host operations = {
	may,          random_,      look_folder,  make_folder,  protect_folder, drop_folder,  lock,       unlock,
	put,          get,          drop,         wrap,         unwrap,         find_group,   make_group, drop_group,
	find_account, make_account, set_password, drop_account, is_member,      join,         leave,      has_right,
	give_right,   take_right,   has_list,     make_list,    drop_list,      is_hidden,    hide,       show,
	find_profile, make_profile, drop_profile, look_filters, put_filters,    drop_filters,
};

static struct model *model_new(void)
{
	struct model *model = calloc(1, sizeof *model);
	assert_non_null(model);
	model->host = operations;
	return model;
}

static void model_free(struct model **holder)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		free((*holder)->files[i].bytes);
	free(*holder);
}

#define HOST(name) __attribute__((cleanup(model_free))) struct model *name = model_new()

static void tell_set(struct text *text, const char *what, const char *set, size_t size)
{
	for (size_t i = 0; i < THINGS_MAX; i++)
		if (set[i * size])
			text_addf(text, "%s %s\n", what, set + i * size);
}

/* All of it, in one text. */
static void snapshot(struct model *model, struct text *text)
{
	text_addf(text, "folder %d %s list %d provider %d filters %zu\n", model->has_folder, model->readers,
		  model->has_list, model->has_provider, model->filter_count);
	for (size_t i = 0; i < FILES_MAX; i++)
		if (model->files[i].bytes)
			text_addf(text, "file %s\n", model->files[i].name);
	for (size_t i = 0; i < THINGS_MAX; i++) {
		if (*model->groups[i].name)
			text_addf(text, "group %s %s\n", model->groups[i].name, model->groups[i].comment);
		if (*model->accounts[i].name)
			text_addf(text, "account %s %s\n", model->accounts[i].name, model->accounts[i].comment);
	}
	tell_set(text, "member", SET(members));
	tell_set(text, "right", SET(rights));
	tell_set(text, "hidden", SET(hidden));
	tell_set(text, "profile", SET(profiles));
}

static const char *const users[] = { "S-1-5-21-1-2-3-500" };

static bool set_up(struct model *model, struct text *changes, struct cordon_error *err)
{
	const struct setup_order order = { .per_kind = model->per_kind, .users = users, .user_count = 1 };
	*err = (struct cordon_error)CORDON_ERROR_INIT;
	bool is_done = setup_apply(&model->host, &order, changes, err);
	assert_false(model->is_locked);
	return is_done;
}

static bool take_down(struct model *model, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	*err = (struct cordon_error)CORDON_ERROR_INIT;
	bool is_done = setup_remove(&model->host, false, &changes, err);
	assert_false(model->is_locked);
	return is_done;
}

static void set_up_fine(struct model *model)
{
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	struct cordon_error err;
	if (!set_up(model, &changes, &err))
		fail_msg("%s", err.text);
}

static void take_down_fine(struct model *model)
{
	struct cordon_error err;
	if (!take_down(model, &err))
		fail_msg("%s", err.text);
}

static void expect_state(struct model *model, const char *expected, const char *when, unsigned at)
{
	CORDON_ON_EXIT(text_free) struct text now = { 0 };
	snapshot(model, &now);
	if (strcmp(text_str(&now), expected) != 0)
		fail_msg("%s at %u:\n%sinstead of\n%s", when, at, text_str(&now), expected);
}

static void expect_whole(struct model *model)
{
	CORDON_ON_EXIT(text_free) struct text bytes = { 0 };
	CORDON_ON_EXIT(pool_free) struct pool pool = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(get(&model->host, POOL_RECORD, &bytes, &err));
	if (!pool_read(text_str(&bytes), bytes.length, &pool, &err))
		fail_msg("%s", err.text);
	assert_true(pool.is_whole);
	for (size_t i = 0; i < pool.account_count; i++) {
		CORDON_ON_EXIT(text_free) struct text secret = { 0 };
		char name[32];
		const struct thing *account = find_thing(model->accounts, pool.accounts[i].name);
		assert_non_null(account);
		assert_string_equal(account->sid, pool.accounts[i].sid);
		assert_true(has(SET(members), account->sid) && has(SET(profiles), account->sid) &&
			    has(SET(hidden), account->name));
		/* What a run will log on with. */
		snprintf(name, sizeof name, "secret-%zu", i);
		assert_true(get(&model->host, name, &secret, &err) && secret.length > 8);
		assert_string_equal(text_str(&secret) + 8, account->password);
	}
	for (int right = 0; right < SETUP_RIGHT_COUNT; right++)
		assert_true(has(SET(rights), right_name(pool.group_sid, (enum setup_right)right)));
}

/* What was there before: another program's account, group, right, and a list that others use, or none. */
static void furnish(struct model *model, bool has_list_)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	assert_true(make_group(&model->host, "others", "theirs", &err));
	assert_true(make_account(&model->host, "someone", "theirs", "x", &err));
	assert_true(give_right(&model->host, "S-1-5-21-9", SETUP_NOT_BY_NET, &err));
	if (has_list_)
		assert_true(make_list(&model->host, &err) && hide(&model->host, "someone", &err));
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
		snapshot(model, &before);
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
static bool end_at(struct model *model, const struct ending *ending, unsigned at, struct cordon_error *err)
{
	CORDON_ON_EXIT(text_free) struct text changes = { 0 };
	model->operations = 0;
	*(ending->dies ? &model->dies_at : &model->fails_at) = at;
	model->dies_after = ending->dies_after;
	bool is_done = ending->is_removal ? take_down(model, err) : set_up(model, &changes, err);
	model->is_dead = model->is_locked = false;
	model->dies_at = model->fails_at = 0;
	if (!is_done)
		assert_string_not_equal(err->text, "");
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
		snapshot(model, &before);
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
			assert_true(make_group(&model->host, "cordon-accounts", "theirs", &err));
		else if (which == 1)
			assert_true(make_account(&model->host, "cordon-open-2", "theirs", "x", &err));
		else if (which == 2)
			assert_true(hide(&model->host, "cordon-gated-1", &err));
		else if (which == 3)
			model->has_folder = model->is_foreign_folder = true;
		else
			assert_true(make_account(&model->host, "cordon-open-2",
						 "cordon: a sandbox's own, made by 'cordon setup' 00", "x", &err));
		snapshot(model, &before);
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
	assert_true(drop_account(&model->host, "cordon-open-1", &err) &&
		    make_account(&model->host, "cordon-open-1", "theirs", "x", &err));
	assert_false(set_up(model, &changes, &err));
	take_down_fine(model);
	assert_non_null(find_thing(model->accounts, "cordon-open-1"));
	assert_null(find_thing(model->accounts, "cordon-open-2"));
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

	assert_true(drop(&model->host, "secret-1", &err) && put(&model->host, "secret-2", "torn", 4, &err));
	assert_true(set_up(model, &second, &err));
	assert_string_equal(text_str(&second), "password of 'cordon-gated-1'\npassword of 'cordon-open-1'\n");
	expect_whole(model);

	/* Another account has another SID, and everything that hangs on that. */
	assert_true(drop_account(&model->host, "cordon-closed-1", &err));
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
		snapshot(model, &before);
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

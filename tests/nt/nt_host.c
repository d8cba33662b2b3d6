#include "nt_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static struct nt_host *own(struct setup_host *host)
{
	return (struct nt_host *)host;
}

/* Begins each operation that may fail. */
static bool fails(struct setup_host *host, struct cordon_error *err)
{
	struct nt_host *model = own(host);
	model->operations++;
	if (model->is_dead || (model->operations == model->dies_at && !model->dies_after)) {
		model->is_dead = true;
		return !cordon_fail(err, CORDON_OS_FAILED, "dead");
	}
	if (model->operations == model->dies_at)
		model->is_dead = true; /* from the next on */
	return model->operations == model->fails_at &&
	       !cordon_fail_os(err, 5, "do what it does: Access is denied (PlantedCall: error 5)");
}

#define BEGIN() \
	struct nt_host *model = own(host); \
	(void)model; \
	if (fails(host, err)) \
	return false

static bool changed(struct nt_host *model)
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

struct thing *nt_host_find(struct thing *things, const char *name)
{
	for (size_t i = 0; i < THINGS_MAX; i++)
		if (strcmp(things[i].name, name) == 0)
			return &things[i];
	return NULL;
}

static bool find_named(struct thing *things, const char *name, struct setup_named *ret_found)
{
	const struct thing *thing = nt_host_find(things, name);
	*ret_found = (struct setup_named){ .exists = thing != NULL };
	if (thing) {
		snprintf(ret_found->sid, sizeof ret_found->sid, "%s", thing->sid);
		snprintf(ret_found->comment, sizeof ret_found->comment, "%s", thing->comment);
	}
	return true;
}

static bool make_named(struct nt_host *model, struct thing *things, const char *name, const char *comment,
		       struct cordon_error *err)
{
	struct thing *thing = nt_host_find(things, "");
	if (nt_host_find(things, name))
		return cordon_fail(err, CORDON_OS_FAILED, "it is there");
	snprintf(thing->name, sizeof thing->name, "%s", name);
	snprintf(thing->comment, sizeof thing->comment, "%s", comment);
	snprintf(thing->sid, sizeof thing->sid, "S-1-5-21-1-2-3-%u", ++model->next_sid);
	return changed(model);
}

static bool drop_named(struct nt_host *model, struct thing *things, const char *name)
{
	*nt_host_find(things, name) = (struct thing){ 0 };
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
	snprintf(nt_host_find(model->accounts, name)->password, 64, "%s", password);
	return true;
}

static bool set_password(struct setup_host *host, const char *name, const char *password, struct cordon_error *err)
{
	BEGIN();
	snprintf(nt_host_find(model->accounts, name)->password, 64, "%s", password);
	return changed(model);
}

static bool drop_account(struct setup_host *host, const char *name, struct cordon_error *err)
{
	BEGIN();
	return drop_named(model, model->accounts, name);
}

/* -- sets of strings ----------------------------------------------------------------------------------------------- */

bool nt_host_has(char *set, size_t size, const char *string)
{
	for (size_t i = 0; i < THINGS_MAX; i++)
		if (strcmp(set + i * size, string) == 0)
			return true;
	return false;
}

static bool swap(struct nt_host *model, char *set, size_t size, const char *from, const char *to)
{
	for (size_t i = 0; i < THINGS_MAX; i++)
		if (strcmp(set + i * size, from) == 0) {
			snprintf(set + i * size, size, "%s", to);
			return changed(model);
		}
	fail_msg("neither '%s' nor room for '%s'", from, to);
	return false;
}

static bool is_member(struct setup_host *host, const char *group, const char *sid, bool *ret_is,
		      struct cordon_error *err)
{
	BEGIN();
	(void)group;
	*ret_is = nt_host_has(SET(members), sid);
	return true;
}

static bool join(struct setup_host *host, const char *group, const char *sid, struct cordon_error *err)
{
	BEGIN();
	assert_non_null(nt_host_find(model->groups, group));
	return swap(model, SET(members), "", sid);
}

static bool leave(struct setup_host *host, const char *group, const char *sid, struct cordon_error *err)
{
	BEGIN();
	(void)group;
	return swap(model, SET(members), sid, "");
}

const char *nt_host_right(const char *sid, enum setup_right right)
{
	static char name[SETUP_SID_SIZE + 8];
	snprintf(name, sizeof name, "%.190s %d", sid, right);
	return name;
}

static bool has_right(struct setup_host *host, const char *sid, enum setup_right right, bool *ret_has,
		      struct cordon_error *err)
{
	BEGIN();
	*ret_has = nt_host_has(SET(rights), nt_host_right(sid, right));
	return true;
}

static bool give_right(struct setup_host *host, const char *sid, enum setup_right right, struct cordon_error *err)
{
	BEGIN();
	return swap(model, SET(rights), "", nt_host_right(sid, right));
}

static bool take_right(struct setup_host *host, const char *sid, enum setup_right right, struct cordon_error *err)
{
	BEGIN();
	return swap(model, SET(rights), nt_host_right(sid, right), "");
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
	*ret_is = nt_host_has(SET(hidden), name);
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
	snprintf(ret_path, SETUP_PATH_SIZE, "%s%s", nt_host_has(SET(profiles), sid) ? "C:\\Users\\" : "",
		 nt_host_has(SET(profiles), sid) ? sid : "");
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

struct nt_host *nt_host_new(void)
{
	struct nt_host *model = calloc(1, sizeof *model);
	assert_non_null(model);
	model->host = operations;
	return model;
}

void nt_host_free(struct nt_host **holder)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		free((*holder)->files[i].bytes);
	free(*holder);
}

static void tell_set(struct text *text, const char *what, const char *set, size_t size)
{
	for (size_t i = 0; i < THINGS_MAX; i++)
		if (set[i * size])
			text_addf(text, "%s %s\n", what, set + i * size);
}

void nt_host_tell(struct nt_host *model, struct text *text)
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

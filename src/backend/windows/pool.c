#include "backend/windows/pool.h"

#include <jansson.h>
#include <string.h>

#include "base/scope.h"
#include "base/windows_descriptor.h"

static const char *const kind_names[POOL_KIND_COUNT] = {
	[POOL_CLOSED] = "closed",
	[POOL_GATED] = "gated",
	[POOL_OPEN] = "open",
};

const char *pool_kind_name(enum pool_kind kind)
{
	return kind_names[kind];
}

void pool_free(struct pool *pool)
{
	arena_free(&pool->arena);
	*pool = (struct pool){ 0 };
}

static void drop_json(json_t **holder)
{
	json_decref(*holder);
}

/* -- reading ------------------------------------------------------------------------------------------------------- */

static bool damaged(struct cordon_error *err, const char *what)
{
	return cordon_fail(err, CORDON_OS_FAILED,
			   "the record of 'cordon setup' is damaged (%s): run 'cordon setup' again", what);
}

static const char *keep(struct pool *pool, const char *string)
{
	return arena_copy(&pool->arena, string, strlen(string));
}

static bool keep_strings(struct pool *pool, json_t *array, const char **list, size_t most, size_t *ret_count)
{
	size_t i;
	json_t *item;
	if (!json_is_array(array) || json_array_size(array) > most)
		return false;
	json_array_foreach (array, i, item) {
		list[i] = json_is_string(item) ? keep(pool, json_string_value(item)) : NULL;
		if (!list[i])
			return false;
	}
	*ret_count = json_array_size(array);
	return true;
}

static bool read_kind(const char *name, enum pool_kind *ret_kind)
{
	for (int kind = 0; kind < POOL_KIND_COUNT; kind++)
		if (strcmp(name, kind_names[kind]) == 0) {
			*ret_kind = (enum pool_kind)kind;
			return true;
		}
	return false;
}

static bool read_account(struct pool *pool, json_t *object, struct pool_account *ret_account)
{
	const char *kind, *name, *sid, *profile;
	int port;
	if (json_unpack_ex(object, NULL, JSON_STRICT, "{s:s, s:i, s:s, s:s, s:s}", "kind", &kind, "gate_port", &port,
			   "name", &name, "sid", &sid, "profile", &profile) != 0 ||
	    !read_kind(kind, &ret_account->kind) || port < 0 || port > UINT16_MAX ||
	    (port != 0) != (ret_account->kind == POOL_GATED) || !*name)
		return false;
	ret_account->gate_port = (uint16_t)port;
	ret_account->name = keep(pool, name);
	ret_account->sid = keep(pool, sid);
	ret_account->profile = keep(pool, profile);
	return ret_account->name && ret_account->sid && ret_account->profile;
}

static bool read_accounts(struct pool *pool, json_t *array)
{
	size_t i;
	json_t *item;
	if (!json_is_array(array) || json_array_size(array) > POOL_ACCOUNTS_MAX)
		return false;
	json_array_foreach (array, i, item)
		if (!read_account(pool, item, &pool->accounts[i]))
			return false;
	pool->account_count = json_array_size(array);
	return true;
}

static bool read_record(struct pool *pool, json_t *root, struct cordon_error *err)
{
	const char *key, *group, *sid;
	json_t *users, *accounts, *steps;
	int version, is_whole;
	if (json_unpack(root, "{s:i}", "version", &version) != 0)
		return damaged(err, "no version");
	if (version != POOL_VERSION)
		return cordon_fail(
			err, CORDON_UNSUPPORTED,
			"another version of cordon has set this host up: run that one's 'cordon setup --remove', "
			"then 'cordon setup'");
	if (json_unpack_ex(root, NULL, JSON_STRICT, "{s:i, s:b, s:s, s:s, s:s, s:o, s:o, s:o}", "version", &version,
			   "whole", &is_whole, "key", &key, "group", &group, "group_sid", &sid, "users", &users,
			   "accounts", &accounts, "steps", &steps) != 0 ||
	    strlen(key) != POOL_KEY_SIZE - 1 || strspn(key, "0123456789abcdef") != POOL_KEY_SIZE - 1 || !*group)
		return damaged(err, "its fields");
	pool->is_whole = is_whole;
	memcpy(pool->key, key, POOL_KEY_SIZE);
	pool->group_name = keep(pool, group);
	pool->group_sid = keep(pool, sid);
	if (!pool->group_name || !pool->group_sid)
		return cordon_fail_memory(err);
	return (keep_strings(pool, users, pool->users, POOL_USERS_MAX, &pool->user_count) &&
		keep_strings(pool, steps, pool->steps, POOL_STEPS_MAX, &pool->step_count) &&
		read_accounts(pool, accounts)) ||
	       damaged(err, "its lists");
}

bool pool_read(const char *bytes, size_t length, struct pool *ret_pool, struct cordon_error *err)
{
	CORDON_ON_EXIT(drop_json) json_t *root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, NULL);
	CORDON_ON_EXIT(pool_free) struct pool pool = { 0 };
	if (!root)
		return damaged(err, "no JSON");
	if (!read_record(&pool, root, err))
		return false;
	*ret_pool = pool;
	pool = (struct pool){ 0 };
	return true;
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

static json_t *strings(const char *const *list, size_t count)
{
	json_t *array = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_string(list[i]));
	return array;
}

static json_t *accounts(const struct pool *pool)
{
	json_t *array = json_array();
	for (size_t i = 0; i < pool->account_count; i++) {
		const struct pool_account *account = &pool->accounts[i];
		json_array_append_new(array, json_pack("{s:s, s:i, s:s, s:s, s:s}", "kind", kind_names[account->kind],
						       "gate_port", (int)account->gate_port, "name", account->name,
						       "sid", account->sid, "profile", account->profile));
	}
	return array;
}

bool pool_write(const struct pool *pool, struct text *ret_bytes, struct cordon_error *err)
{
	json_t *users = strings(pool->users, pool->user_count), *made = accounts(pool),
	       *steps = strings(pool->steps, pool->step_count);
	/* What memory was short for is missing in its list. */
	bool is_all = json_array_size(users) == pool->user_count && json_array_size(made) == pool->account_count &&
		      json_array_size(steps) == pool->step_count;
	CORDON_ON_EXIT(drop_json)
	json_t *root = json_pack("{s:i, s:b, s:s, s:s, s:s, s:o, s:o, s:o}", "version", POOL_VERSION, "whole",
				 pool->is_whole, "key", pool->key, "group", pool->group_name, "group_sid",
				 pool->group_sid, "users", users, "accounts", made, "steps", steps);
	CORDON_ON_EXIT(free_text) char *bytes = root && is_all ? json_dumps(root, JSON_INDENT(1)) : NULL;
	if (!bytes)
		return cordon_fail_memory(err);
	text_add(ret_bytes, bytes);
	return text_ok(ret_bytes) || cordon_fail_memory(err);
}

/* -- whose it is --------------------------------------------------------------------------------------------------- */

/* S-1-5-18 and S-1-5-32-544. */
static bool is_administrators(struct windows_sid sid)
{
	static const uint8_t system[] = { 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0 };
	static const uint8_t administrators[] = { 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0 };
	return windows_sid_equals(sid, (struct windows_sid){ system, sizeof system }) ||
	       windows_sid_equals(sid, (struct windows_sid){ administrators, sizeof administrators });
}

bool pool_is_protected(const uint8_t *descriptor, size_t length)
{
	enum { MAY_READ = 0x1200a9 }; /* reading, listing and passing through */
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct windows_descriptor read;
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!windows_descriptor_read(descriptor, length, &arena, &read, &err) || !is_administrators(read.owner) ||
	    read.has_no_list || !read.is_protected)
		return false;
	for (size_t i = 0; i < read.list.count; i++) {
		const struct windows_ace *entry = &read.list.items[i];
		bool is_harmless = entry->type == WINDOWS_ENTRY_DENIES ||
				   (entry->type == WINDOWS_ENTRY_ALLOWS &&
				    ((entry->rights & ~(uint32_t)MAY_READ) == 0 || is_administrators(entry->sid)));
		if (!is_harmless)
			return false;
	}
	return true;
}

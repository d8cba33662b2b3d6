#include "base/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/text.h"

/* A launch knows some two hundred paths. */
enum { PATHS_FIRST_ROOM = 256, SLOTS_FIRST = 512 };

struct path_slot {
	uint32_t hash;  /* of the path */
	uint32_t place; /* the fact's index + 1; 0: free */
};

struct facts *facts_new(enum target target)
{
	struct facts *facts = calloc(1, sizeof *facts);
	if (facts)
		facts->target = target;
	return facts;
}

static void free_strings(char **strings)
{
	for (char **string = strings; string && *string; string++)
		free(*string);
	free(strings);
}

struct facts *facts_free(struct facts *facts)
{
	if (!facts)
		return NULL;

	free(facts->user_sid);
	free(facts->home);
	free(facts->account_home);
	free(facts->workspace);
	free(facts->directory);
	free(facts->temp);
	free(facts->state);
	free_strings(facts->environment);
	for (size_t i = 0; i < facts->variables.count; i++)
		free_strings(facts->variables.items[i].values);
	free(facts->variables.items);
	arena_free(&facts->paths.arena);
	free(facts->tools.items);
	for (size_t i = 0; i < facts->sockets.count; i++)
		free(facts->sockets.items[i]);
	free(facts->sockets.items);
	for (size_t i = 0; i < facts->bare_drives.count; i++)
		free(facts->bare_drives.items[i]);
	free(facts->bare_drives.items);
	free(facts);
	return NULL;
}

void facts_free_at(struct facts **facts)
{
	facts_free(*facts);
}

bool facts_add_variable(struct facts *facts, const char *name, const char *value, struct cordon_error *err)
{
	struct variable *variable = NULL;
	for (size_t i = 0; i < facts->variables.count && !variable; i++)
		if (strcmp(facts->variables.items[i].name, name) == 0)
			variable = &facts->variables.items[i];
	if (!variable)
		variable = LIST_ADD(&facts->variables);
	if (!variable)
		return cordon_fail_memory(err);
	variable->name = name;
	if (!value)
		return true;

	char *copy = strdup(value);
	char **values = realloc(variable->values, (variable->count + 2) * sizeof *values);
	if (values)
		variable->values = values;
	if (!copy || !values) {
		free(copy);
		return cordon_fail_memory(err);
	}
	values[variable->count++] = copy;
	values[variable->count] = NULL;
	return true;
}

bool facts_add_folders(struct facts *facts, const char *config, const char *cache, struct cordon_error *err)
{
	return facts_add_variable(facts, "home", facts->home, err) &&
	       facts_add_variable(facts, "workspace", facts->workspace, err) &&
	       facts_add_variable(facts, "config", config, err) && facts_add_variable(facts, "cache", cache, err) &&
	       facts_add_variable(facts, "state", facts->state, err) &&
	       facts_add_variable(facts, "temp", facts->temp, err);
}

const struct variable *facts_find_variable(const struct facts *facts, const char *name, size_t length)
{
	for (size_t i = 0; i < facts->variables.count; i++) {
		const char *candidate = facts->variables.items[i].name;
		if (strlen(candidate) == length && memcmp(candidate, name, length) == 0)
			return &facts->variables.items[i];
	}
	return NULL;
}

/* -- paths ------------------------------------------------------------------------------------------------------ */

/* The slot that holds the path, or the free one where it belongs. */
static struct path_slot *find_slot(const struct path_fact_list *paths, const char *path, size_t length, uint64_t hash)
{
	for (size_t at = hash_slot(hash, paths->slot_count);; at = (at + 1) & (paths->slot_count - 1)) {
		struct path_slot *slot = &paths->slots[at];
		const struct path_fact *fact = slot->place ? &paths->items[slot->place - 1] : NULL;
		if (!fact || (slot->hash == (uint32_t)hash && fact->length == length &&
			      text_common(fact->path, path, length) == length))
			return slot;
	}
}

static bool grow_slots(struct path_fact_list *paths)
{
	struct path_fact_list grown = *paths;
	grown.slot_count = paths->slot_count ? paths->slot_count * 2 : SLOTS_FIRST;
	grown.slots = arena_take(&grown.arena, grown.slot_count * sizeof *grown.slots);
	if (!grown.slots)
		return false;
	for (size_t i = 0; i < paths->count; i++) {
		const struct path_fact *fact = &paths->items[i];
		uint64_t hash = hash_text(fact->path, fact->length);
		*find_slot(&grown, fact->path, fact->length, hash) = (struct path_slot){ (uint32_t)hash,
											 (uint32_t)i + 1 };
	}
	*paths = grown;
	return true;
}

struct path_fact *facts_add_path(struct facts *facts, const char *path, const char *landing)
{
	struct path_fact_list *paths = &facts->paths;
	size_t length = strlen(path);
	size_t landing_length = path == landing ? length : strlen(landing);
	bool is_same = path == landing || (length == landing_length && text_common(path, landing, length) == length);
	if (length > UINT32_MAX || paths->count == UINT32_MAX ||
	    (paths->count * 2 >= paths->slot_count && !grow_slots(paths)) ||
	    (paths->count == 0 && !LIST_RESERVE_IN(&paths->arena, paths, PATHS_FIRST_ROOM)))
		return NULL;
	const char *kept = arena_copy(&paths->arena, path, length);
	const char *kept_landing = is_same ? kept : arena_copy(&paths->arena, landing, landing_length);
	struct path_fact *fact = kept && kept_landing ? LIST_ADD_IN(&paths->arena, paths) : NULL;
	if (!fact)
		return NULL;
	fact->path = kept;
	fact->landing = kept_landing;
	fact->length = (uint32_t)length;
	uint64_t hash = hash_text(path, length);
	*find_slot(paths, path, length, hash) = (struct path_slot){ (uint32_t)hash, (uint32_t)paths->count };
	return fact;
}

struct link_fact *facts_add_link(struct facts *facts, const char *path, const char *link)
{
	struct arena *arena = &facts->paths.arena;
	const char *kept = arena_copy(arena, path, strlen(path));
	const char *kept_link = arena_copy(arena, link, strlen(link));
	struct link_fact *fact = kept && kept_link ? LIST_ADD_IN(arena, &facts->links) : NULL;
	if (!fact)
		return NULL;
	fact->path = kept;
	fact->link = kept_link;
	return fact;
}

const struct path_fact *facts_find_bytes(const struct facts *facts, const char *path, size_t length)
{
	if (facts->paths.slot_count == 0)
		return NULL;
	uint32_t place = find_slot(&facts->paths, path, length, hash_text(path, length))->place;
	return place ? &facts->paths.items[place - 1] : NULL;
}

const struct path_fact *facts_find_path(const struct facts *facts, const char *path)
{
	return facts_find_bytes(facts, path, strlen(path));
}

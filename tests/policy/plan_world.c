#include "plan_world.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"

enum { LINKS_MAX = 8 };

const struct world_entry *world_find(const struct world *world, const char *path)
{
	static const struct world_entry root = { "/", PATH_DIRECTORY, NULL, false };
	for (size_t i = 0; i < world->count; i++)
		if (strcmp(world->entries[i].path, path) == 0)
			return &world->entries[i];
	return strcmp(path, "/") == 0 ? &root : NULL;
}

/* Where the path lands: every link on the way replaced, once through for each. */
static void land(const struct world *world, struct facts *facts, const char *path, char landing[WORLD_PATH_ROOM])
{
	snprintf(landing, WORLD_PATH_ROOM, "%s", path);
	for (int links = 0; links < LINKS_MAX; links++) {
		bool has_changed = false;
		for (size_t i = 0; i < world->count && !has_changed; i++) {
			const struct world_entry *entry = &world->entries[i];
			size_t length = strlen(entry->path);
			if (!entry->target || strncmp(landing, entry->path, length) != 0 ||
			    (landing[length] && landing[length] != '/'))
				continue;
			struct link_fact *link = facts_add_link(facts, path, entry->path);
			assert_non_null(link);
			link->device = 1;
			link->inode = (uint64_t)i + 100;
			char replaced[WORLD_PATH_ROOM];
			snprintf(replaced, sizeof replaced, "%s%s", entry->target, landing + length);
			memcpy(landing, replaced, sizeof replaced);
			has_changed = true;
		}
		if (!has_changed)
			break;
	}
	size_t length = strlen(landing);
	if (length > 1 && landing[length - 1] == '/')
		landing[length - 1] = '\0';
}

static void parent_of(const char *path, char parent[WORLD_PATH_ROOM])
{
	snprintf(parent, WORLD_PATH_ROOM, "%s", path);
	char *slash = strrchr(parent, '/');
	slash[slash == parent] = '\0';
}

static void add_fact(const struct world *world, struct facts *facts, const char *path);

static void add_directories(const struct world *world, struct facts *facts, const char *path)
{
	char above[WORLD_PATH_ROOM];
	parent_of(path, above);
	if (strcmp(above, "/") != 0 && world_find(world, above) && !world_find(world, above)->target)
		add_fact(world, facts, above);
	if (strcmp(above, "/") != 0)
		add_directories(world, facts, above);
}

static void add_fact(const struct world *world, struct facts *facts, const char *path)
{
	char landing[WORLD_PATH_ROOM];
	char parent[WORLD_PATH_ROOM];
	if (facts_find_path(facts, path))
		return;
	land(world, facts, path, landing);
	parent_of(landing, parent);
	const struct world_entry *entry = world_find(world, landing);
	const struct world_entry *above = world_find(world, parent);

	struct path_fact *fact = facts_add_path(facts, path, landing);
	assert_non_null(fact);
	fact->type = entry ? entry->type : PATH_MISSING;
	fact->device = entry ? 1 : 0;
	fact->inode = entry ? (uint64_t)(entry - world->entries) + 100 : 0;
	fact->links = entry ? 1 : 0;
	fact->parent_exists = above && above->type == PATH_DIRECTORY;
	fact->parent_is_users = fact->parent_exists && above->is_users;
	add_directories(world, facts, landing);
	if (strcmp(path, landing) != 0)
		add_directories(world, facts, path);
}

struct facts *world_facts(const struct world *world, const char *home, const char *workspace)
{
	static const char *const environment[] = { "HOME=/home/u", "PATH=/usr/bin", "TMPDIR=/elsewhere",
						   "CORDON=forged", "CORDON_RUN_ID=forged" };
	struct cordon_error err = CORDON_ERROR_INIT;
	struct facts *facts = facts_new(TARGET_LINUX);
	assert_non_null(facts);
	facts->user_id = facts->group_id = 1000;
	facts->home = strdup(home);
	facts->workspace = strdup(workspace);
	facts->directory = strdup(workspace);
	facts->temp = strdup("/tmp");
	facts->state = strdup("/home/u/.local/state/cordon");
	facts->environment = calloc(COUNT_OF(environment) + 1, sizeof *facts->environment);
	for (size_t i = 0; i < COUNT_OF(environment); i++)
		facts->environment[i] = strdup(environment[i]);
	facts->processors = 4;
	facts->memory = (uint64_t)8 << 30;
	assert_true(facts_add_variable(facts, "home", home, &err));
	assert_true(facts_add_variable(facts, "workspace", workspace, &err));
	assert_true(facts_add_variable(facts, "config", "/home/u/.config", &err));
	assert_true(facts_add_variable(facts, "cache", "/home/u/.cache", &err));
	assert_true(facts_add_variable(facts, "state", facts->state, &err));
	assert_true(facts_add_variable(facts, "temp", "/tmp", &err));
	assert_true(facts_add_variable(facts, "git", NULL, &err));
	assert_true(facts_add_variable(facts, "submodule", NULL, &err));
	assert_true(facts_add_variable(facts, "git_hooks", NULL, &err));
	assert_true(facts_add_variable(facts, "git_records", NULL, &err));
	assert_true(facts_add_variable(facts, "checkout", workspace, &err));
	facts->root_is_listed = true;
	for (size_t i = 0; i < world->count; i++)
		if (!strchr(world->entries[i].path + 1, '/'))
			add_fact(world, facts, world->entries[i].path);
	return facts;
}

void world_look(const struct world *world, struct facts *facts, char *const *paths)
{
	for (; *paths; paths++)
		add_fact(world, facts, *paths);
}

bool world_survey(const struct world *world, struct facts *facts, const struct policy *policy, struct cordon_error *err)
{
	char **paths;
	char **globs;
	if (!policy_paths(policy, facts, &paths, err))
		return false;
	world_look(world, facts, paths);
	world_look(world, facts, plan_paths(TARGET_LINUX));
	policy_free_list(paths);

	if (!policy_globs(policy, facts, &globs, err))
		return false;
	for (char **glob = globs; *glob; glob++)
		for (size_t i = 0; i < world->count; i++)
			if (policy_glob_matches(TARGET_LINUX, *glob, world->entries[i].path))
				add_fact(world, facts, world->entries[i].path);
	policy_free_list(globs);
	return true;
}

bool world_policy(const struct world *world, struct facts *facts, enum layer layer, const char *text,
		  const char *managed, struct policy **ret_policy, struct cordon_error *err)
{
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	assert_non_null(policy);
	const char *file = layer == LAYER_PRESET ? "preset test" : "/policy.json";
	if (!policy_add_text(policy, layer, file, layer == LAYER_PRESET ? NULL : "/", text, strlen(text), err) ||
	    (managed && !policy_add_text(policy, LAYER_MANAGED, "/managed.json", "/", managed, strlen(managed), err)) ||
	    !world_survey(world, facts, policy, err) || !policy_resolve(policy, facts, err))
		return false;
	*ret_policy = cordon_take(&policy);
	return true;
}

/* Random hosts and policies: what the mount list shows of each path is what the policy decides for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "plan_world.h"

enum { CASES = 4000, ENTRIES_MAX = 40, RULES_MAX = 10, DEPTH_MAX = 5 };

/* -- chance ------------------------------------------------------------------------------------------------------ */

static uint64_t chance_state;

/* splitmix64 */
static uint64_t chance(void)
{
	uint64_t z = chance_state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static unsigned below(unsigned limit)
{
	return (unsigned)(chance() % limit);
}

/* -- a host ------------------------------------------------------------------------------------------------------ */

struct made_world {
	struct world world;
	struct world_entry entries[ENTRIES_MAX];
	char paths[ENTRIES_MAX][128];
};

static void add_entry(struct made_world *made, const char *path, enum path_type type, bool is_users)
{
	if (made->world.count == ENTRIES_MAX || world_find(&made->world, path))
		return;
	size_t index = made->world.count++;
	snprintf(made->paths[index], sizeof made->paths[index], "%s", path);
	made->entries[index] = (struct world_entry){ made->paths[index], type, NULL, is_users };
}

static unsigned depth_of(const char *path)
{
	unsigned depth = 0;
	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

/* Names are few, so that rules and entries meet; one is another's beginning, and one sorts before the separator. */
static const char *const names[] = { "a", "ab", "a-b", "b", ".git", "hooks" };

static void make_world(struct made_world *made)
{
	static const char *const tops[] = { "/home", "/srv", "/tmp", "/run", "/dev", "/proc", "/data" };
	memset(made, 0, sizeof *made);
	made->world.entries = made->entries;
	for (size_t i = 0; i < COUNT_OF(tops); i++)
		add_entry(made, tops[i], PATH_DIRECTORY, false);
	add_entry(made, "/home/u", PATH_DIRECTORY, true);
	add_entry(made, "/home/u/w", PATH_DIRECTORY, true);
	for (int tries = 0; tries < 60; tries++) {
		const struct world_entry *parent = &made->entries[below((unsigned)made->world.count)];
		bool is_system = strcmp(parent->path, "/dev") == 0 || strcmp(parent->path, "/proc") == 0;
		char path[128];
		if (parent->type != PATH_DIRECTORY || is_system || depth_of(parent->path) >= DEPTH_MAX)
			continue;
		snprintf(path, sizeof path, "%s/%s", parent->path, names[below(COUNT_OF(names))]);
		enum path_type type = below(3) ? PATH_DIRECTORY : PATH_FILE;
		add_entry(made, path, type, below(3) > 0);
	}
}

static const char *const accesses[] = { "none", "read", "write" };

/* Adds ", PATH: ACCESS" for a path that exists or does not, or for a pattern; nothing when it was there already. */
static void add_rule(const struct made_world *made, struct text *text)
{
	static const char *const patterns[] = { "**/hooks", "/home/u/w/**/a", "/home/u/w/*/b", "**/a/*" };
	const struct world_entry *entry = &made->entries[2 + below((unsigned)made->world.count - 2)];
	const char *access = accesses[below(3)];
	char path[192];
	snprintf(path, sizeof path, "\"%s\": ", entry->path);
	if (below(8) == 0) {
		snprintf(path, sizeof path, "\"%s\": ", patterns[below(COUNT_OF(patterns))]);
	} else if (below(3) == 0) {
		bool is_deeper = below(3) == 0;
		char name[160];
		snprintf(name, sizeof name, "%s%s/%s", entry->path, is_deeper ? "/a" : "",
			 names[below(COUNT_OF(names))]);
		snprintf(path, sizeof path, "\"%s\": ", name);
		if (!world_find(&made->world, name) && strcmp(access, "write") == 0)
			access = "read";
	}
	if (!strstr(text_str(text), path))
		text_addf(text, ", %s\"%s\"", path, access);
}

static void make_rules(const struct made_world *made, struct text *text)
{
	static const char *const roots[] = { "read", "read", "read", "none", "write" };
	unsigned count = 1 + below(RULES_MAX - 1);
	text_addf(text, "{ \"files\": { \"/\": \"%s\"", roots[below(COUNT_OF(roots))]);
	for (unsigned i = 0; i < count; i++)
		add_rule(made, text);
	text_add(text, " } }");
}

static void make_bound(const struct made_world *made, struct text *text)
{
	unsigned count = 1 + below(3);
	text_add(text, "{ \"files\": { \"/none-such\": \"none\"");
	for (unsigned i = 0; i < count; i++)
		add_rule(made, text);
	text_add(text, " } }");
}

/* -- a model of mounts ------------------------------------------------------------------------------------------- */

enum shown { SHOWN_NOTHING, SHOWN_READ, SHOWN_WRITE, SHOWN_OWN };

struct spot {
	enum shown shown;
	bool is_partial;     /* a directory of which only some entries are shown */
	bool is_mount_point; /* a step was laid exactly here */
};

static bool is_listed(char **list, const char *name, size_t length)
{
	for (; *list; list++)
		if (strlen(*list) == length && memcmp(*list, name, length) == 0)
			return true;
	return false;
}

/* The last of the first `count` steps laid at this path on what step `context` shows; -1: none. */
static int step_at(const struct plan *plan, size_t count, const char *path, size_t length, int context)
{
	for (int i = (int)count - 1; i > context; i--) {
		const char *at = plan->mounts.items[i].path;
		if (strlen(at) == length && memcmp(at, path, length) == 0)
			return i;
	}
	return -1;
}

static enum shown shown_by(const struct plan_mount *mount)
{
	switch (mount->kind) {
	case MOUNT_BIND:
		return mount->is_writable ? SHOWN_WRITE : SHOWN_READ;
	case MOUNT_FACADE:
		return SHOWN_READ;
	case MOUNT_COVER:
		return SHOWN_NOTHING;
	case MOUNT_PRIVATE:
	case MOUNT_PROC:
	case MOUNT_DEVICES:
		return SHOWN_OWN;
	}
	return SHOWN_NOTHING;
}

/* What is seen at a path that exists on the host, or is made there during the run (`is_new`), after `count` steps. */
static struct spot look(const struct plan *plan, size_t count, const char *path, bool is_new)
{
	struct spot spot = { plan->root_is_writable ? SHOWN_WRITE : SHOWN_READ, false, false };
	int context = -1;
	const struct plan_mount *facade = NULL; /* the directory just passed is one */
	for (const char *end = path + 1; end[-1]; end++) {
		if (*end && *end != '/')
			continue;
		const char *name = end;
		while (name[-1] != '/')
			name--;
		if (facade) {
			bool is_hidden = facade->show ? !is_listed(facade->show, name, (size_t)(end - name))
						      : is_listed(facade->hide, name, (size_t)(end - name));
			spot.shown = is_hidden || is_new ? SHOWN_NOTHING : SHOWN_READ;
		}
		int step = step_at(plan, count, path, (size_t)(end - path), context);
		facade = NULL;
		spot.is_partial = false;
		spot.is_mount_point = step >= 0;
		if (step >= 0) {
			context = step;
			spot.shown = shown_by(&plan->mounts.items[step]);
			facade = plan->mounts.items[step].kind == MOUNT_FACADE ? &plan->mounts.items[step] : NULL;
			spot.is_partial = facade && facade->show;
		}
		if (!*end)
			break;
	}
	return spot;
}

/* -- the properties ---------------------------------------------------------------------------------------------- */

static const struct policy *judged_policy;
static const char *judged_text;

static void fail_at(const struct plan *plan, const char *path, const char *what)
{
	CORDON_ON_EXIT(text_free) struct text printed = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	if (plan_print(plan, &printed, &err))
		fputs(text_str(&printed), stderr);
	fail_msg("%s: %s under %s", path, what, judged_text);
}

/* The directories of the run's own, and whether a rule lands in them at or above the path. */
static bool is_own_place(const char *path)
{
	static const char *const places[] = { "/tmp", "/run", "/dev", "/proc" };
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		size_t length = strlen(places[i]);
		if (strncmp(path, places[i], length) != 0 || (path[length] && path[length] != '/'))
			continue;
		size_t count;
		const struct rule *rules = policy_rules(judged_policy, &count);
		for (size_t j = 0; j < count; j++) {
			size_t landing = strlen(rules[j].landing);
			bool is_inside = landing > length && strncmp(rules[j].landing, path, landing) == 0 &&
					 (!path[landing] || path[landing] == '/');
			if (is_inside && rules[j].access != ACCESS_NONE && rules[j].origin.layer < LAYER_FIRST_BOUND)
				return false;
		}
		return true;
	}
	return false;
}

static bool has_granted_below(const struct world *world, const char *path)
{
	size_t length = strlen(path);
	for (size_t i = 0; i < world->count; i++)
		if (strncmp(world->entries[i].path, path, length) == 0 && world->entries[i].path[length] == '/' &&
		    policy_decide_path(judged_policy, world->entries[i].path).access != ACCESS_NONE)
			return true;
	return false;
}

static void check_path(const struct world *world, const struct plan *plan, const char *path)
{
	struct spot spot = look(plan, plan->mounts.count, path, false);
	enum access wanted = policy_decide_path(judged_policy, path).access;
	if (is_own_place(path) || (wanted == ACCESS_NONE && spot.shown == SHOWN_OWN)) {
		/* Nothing of the host's is there; a directory that leads to something is the tmpfs's. */
		if (spot.shown != SHOWN_OWN && !has_granted_below(world, path))
			fail_at(plan, path, "shows the host's");
		return;
	}
	if (wanted == ACCESS_NONE && spot.shown != SHOWN_NOTHING) {
		bool leads_on = has_granted_below(world, path) && spot.is_partial;
		if (!leads_on)
			fail_at(plan, path, "is hidden and shown");
		return;
	}
	if (wanted == ACCESS_READ && spot.shown != SHOWN_READ)
		fail_at(plan, path, spot.shown == SHOWN_WRITE ? "is writable" : "cannot be read");
	if (wanted == ACCESS_WRITE && spot.shown != SHOWN_WRITE)
		fail_at(plan, path, "cannot be written");
}

/* Each step finds its place, and nobody inside can move that away. */
static void check_step(const struct world *world, const struct plan *plan, size_t index)
{
	const struct plan_mount *mount = &plan->mounts.items[index];
	char above[128];
	const struct world_entry *entry = world_find(world, mount->path);
	bool is_identified = entry && mount->inode == (uint64_t)(entry - world->entries) + 100;
	if (mount->rule && !mount->is_missing && !is_identified)
		fail_at(plan, mount->path, "is laid without the identity that the survey saw");
	if (mount->is_missing && entry)
		fail_at(plan, mount->path, "has a placeholder and exists");

	if (strcmp(mount->path, "/") == 0)
		fail_at(plan, "/", "cannot be mounted upon in place");
	struct spot place = look(plan, index, mount->path, false);
	if (place.shown == SHOWN_NOTHING)
		fail_at(plan, mount->path, "has a step where nothing is shown");
	snprintf(above, sizeof above, "%s", mount->path);
	for (char *slash = strrchr(above, '/'); slash != above; slash = strrchr(above, '/')) {
		*slash = '\0';
		const char *end = strrchr(above, '/');
		char parent[128];
		snprintf(parent, sizeof parent, "%.*s", end == above ? 1 : (int)(end - above), above);
		bool may_be_renamed = strcmp(parent, "/") == 0
					      ? plan->root_is_writable
					      : look(plan, plan->mounts.count, parent, false).shown == SHOWN_WRITE;
		if (may_be_renamed && !look(plan, plan->mounts.count, above, false).is_mount_point)
			fail_at(plan, above, "can be renamed with a mount below it");
	}
}

/* A hidden name that is missing stays so, whoever makes it and the directories above it, where the deepest of those
 * that exist is the user's and read-only inside.
 */
static void check_missing(const struct world *world, const struct plan *plan)
{
	size_t count;
	const struct rule *rules = policy_rules(judged_policy, &count);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = &rules[i];
		char above[128];
		if (rule->is_glob || world_find(world, rule->landing) ||
		    policy_decide_path(judged_policy, rule->landing).access != ACCESS_NONE)
			continue;
		snprintf(above, sizeof above, "%s", rule->landing);
		do
			*strrchr(above, '/') = '\0';
		while (above[0] && !world_find(world, above));
		const struct world_entry *entry = world_find(world, above);
		if (entry && entry->type == PATH_DIRECTORY && entry->is_users &&
		    look(plan, plan->mounts.count, above, false).shown == SHOWN_READ &&
		    look(plan, plan->mounts.count, rule->landing, true).shown != SHOWN_NOTHING)
			fail_at(plan, rule->landing, "is hidden, and seen once the host makes it");
	}
}

/* A policy that the planner refuses has to be one that it may refuse. */
static bool is_refused_rightly(const struct cordon_error *err)
{
	return err->status == CORDON_UNSUPPORTED &&
	       (strstr(err->text, "of its own") != NULL || strstr(err->text, "socket") != NULL);
}

/* Rules may open below closed, close below open, at any depth, on names that exist or not: whatever the tangle, the
 * mounts show what the policy says, no step fails to find its place, and none can be carried away from inside.
 */
static void plan__the_view_shows_what_the_policy_decides(void **state)
{
	(void)state;
	unsigned planned = 0, steps = 0;
	for (unsigned i = 0; i < CASES; i++) {
		struct cordon_error err = CORDON_ERROR_INIT;
		struct made_world made;
		chance_state = i;
		make_world(&made);
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		make_rules(&made, &text);
		CORDON_ON_EXIT(text_free) struct text bound = { 0 };
		if (below(3) == 0)
			make_bound(&made, &bound);
		CORDON_ON_EXIT(free_text) char *both = text_format("%s%s", text_str(&text), text_str(&bound));
		judged_text = both;

		CORDON_ON_EXIT(facts_free_at) struct facts *facts = world_facts(&made.world, "/home/u", "/home/u/w");
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = NULL;
		CORDON_ON_EXIT(plan_free_at) struct plan *plan = NULL;
		if (!world_policy(&made.world, facts, LAYER_POLICY, text_str(&text),
				  bound.length ? text_str(&bound) : NULL, &policy, &err))
			fail_msg("case %u: %s: %s", i, err.text, judged_text);
		judged_policy = policy;
		if (!plan_compile(policy, facts, &(struct plan_options){ 0 }, &plan, &err)) {
			if (!is_refused_rightly(&err))
				fail_msg("case %u: %s: %s", i, err.text, judged_text);
			continue;
		}
		planned++;
		steps += (unsigned)plan->mounts.count - 4;
		for (size_t j = 0; j < made.world.count; j++)
			check_path(&made.world, plan, made.entries[j].path);
		for (size_t j = 0; j < plan->mounts.count; j++)
			check_step(&made.world, plan, j);
		check_missing(&made.world, plan);
	}
	assert_true(planned >= 2000);
	assert_true(steps >= 2 * planned);
	print_message("%u plans with %u steps\n", planned, steps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan__the_view_shows_what_the_policy_decides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

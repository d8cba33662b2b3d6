/* Random hosts and policies: what the mount list shows of each path is what the policy decides for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "plan_model.h"
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

/* -- the properties ------------------------------------------------------------------------------------------------ */

/* A policy that the planner refuses has to be one that it may refuse. */
static bool is_refused_rightly(const struct cordon_error *err)
{
	return err->status == CORDON_UNSUPPORTED &&
	       (strstr(err->text, "of its own") != NULL || strstr(err->text, "socket") != NULL ||
		strstr(err->text, "hides the directory") != NULL);
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

		CORDON_ON_EXIT(facts_free_at) struct facts *facts = world_facts(&made.world, "/home/u", "/home/u/w");
		CORDON_ON_EXIT(policy_free_at) struct policy *policy = NULL;
		CORDON_ON_EXIT(plan_free_at) struct plan *plan = NULL;
		if (!world_policy(&made.world, facts, LAYER_POLICY, text_str(&text),
				  bound.length ? text_str(&bound) : NULL, &policy, &err))
			fail_msg("case %u: %s: %s", i, err.text, both);
		if (!plan_compile(policy, facts, &(struct plan_options){ 0 }, &plan, &err)) {
			if (!is_refused_rightly(&err))
				fail_msg("case %u: %s: %s", i, err.text, both);
			continue;
		}
		planned++;
		steps += (unsigned)plan->mounts.count - 4;
		model_check(&made.world, plan, both);
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

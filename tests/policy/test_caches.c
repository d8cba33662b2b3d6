/* Which caches a run has as layers of its own, and where their mount points are. */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "made.h"
#include "plan_world.h"
#include "policy/caches.h"

/* npm is used here; cargo is installed and was never used; caches of Go's and Ivy's are on another disk. */
static const struct world_entry entries[] = {
	{ "/usr", PATH_DIRECTORY, NULL, false },
	{ "/usr/bin", PATH_DIRECTORY, NULL, false },
	{ "/usr/bin/cargo", PATH_FILE, NULL, false },
	{ "/data", PATH_DIRECTORY, NULL, false },
	{ "/data/ivy", PATH_DIRECTORY, NULL, true },
	{ "/data/go", PATH_DIRECTORY, NULL, true },
	{ "/data/go/pkg", PATH_DIRECTORY, NULL, true },
	{ "/home", PATH_DIRECTORY, NULL, false },
	{ "/home/u", PATH_DIRECTORY, NULL, true },
	{ "/home/u/.cache", PATH_DIRECTORY, NULL, true },
	{ "/home/u/.cache/w", PATH_DIRECTORY, NULL, true },
	{ "/home/u/.cache/key", PATH_FILE, NULL, true },
	{ "/home/u/.local", PATH_DIRECTORY, NULL, true },
	{ "/home/u/.local/state", PATH_DIRECTORY, NULL, true },
	{ "/home/u/.npm", PATH_DIRECTORY, NULL, true },
	{ "/home/u/.ivy2", PATH_DIRECTORY, NULL, true },
	{ "/home/u/.ivy2/cache", PATH_MISSING, "/data/ivy", true },
	{ "/home/u/w", PATH_DIRECTORY, NULL, true },
	{ "/home/u/w/cache", PATH_DIRECTORY, NULL, true },
};
static const struct world world = { entries, COUNT_OF(entries) };

#define LINKED "ivy /data/ivy over /data/ivy\n"
#define PRESET "{ \"files\": { \"/\": \"read\", \"${workspace}\": \"write\" } }"
#define STRICT "{ \"files\": { \"/\": \"none\", \"/usr\": \"read\", \"${workspace}\": \"write\" } }"
#define LOOKS "{ \"files\": { \"/\": \"read\", \"${workspace}\": \"read\" } }"

static void free_list(char ***list)
{
	policy_free_list(*list);
}

static void set_variable(struct facts *facts, const char *entry)
{
	free(facts->environment[0]);
	facts->environment[0] = strdup(entry);
	assert_non_null(facts->environment[0]);
}

static void add(struct policy *policy, enum layer layer, const char *text)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	const char *folder = layer == LAYER_PRESET ? NULL : "/";
	if (text && !policy_add_text(policy, layer, layer_name(layer), folder, text, strlen(text), &err))
		fail_msg("%s: %s", text, err.text);
}

struct asked {
	const char *preset;
	const char *policy;    /* NULL: none; so with the bound */
	const char *bound;     /* the administrator's */
	const char *variable;  /* NAME=VALUE or NULL */
	const char *workspace; /* NULL: /home/u/w */
};

static void make(const struct asked *asked, struct made *made)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_list) char **paths = NULL;
	CORDON_ON_EXIT(free_list) char **caches = NULL;
	CORDON_ON_EXIT(free_list) char **programs = NULL;
	made->facts = world_facts(&world, "/home/u", asked->workspace ? asked->workspace : "/home/u/w");
	if (asked->variable)
		set_variable(made->facts, asked->variable);
	made->policy = policy_new(TARGET_LINUX);
	assert_non_null(made->policy);
	add(made->policy, LAYER_PRESET, asked->preset);
	add(made->policy, LAYER_POLICY, asked->policy);
	add(made->policy, LAYER_MANAGED, asked->bound);
	assert_true(policy_paths(made->policy, made->facts, &paths, &err));
	world_look(&world, made->facts, paths);
	assert_true(caches_list_paths(made->facts, &caches, &err));
	world_look(&world, made->facts, caches);
	assert_true(caches_list_programs(made->facts, &programs, &err));
	world_look(&world, made->facts, programs);
	if (!policy_resolve(made->policy, made->facts, &err) ||
	    !plan_compile(made->policy, made->facts, &(struct plan_options){ 0 }, &made->plan, &err))
		fail_msg("%s", err.text);
}

static void tell_names(struct text *text, const char *what, char **names)
{
	if (names)
		text_addf(text, " %s", what);
	for (; names && *names; names++)
		text_addf(text, " %s", *names);
}

/* The steps below the home directory and on the other disk, but for the workspace's. */
static void tell(const struct plan *plan, struct text *text)
{
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];
		if (mount->kind == MOUNT_LAYER)
			text_addf(text, "%s %s over %s\n", mount->cache, mount->path,
				  mount->is_missing ? "nothing" : mount->lower);
		else if (mount->kind == MOUNT_FACADE && mount->make) {
			text_addf(text, "facade %s", mount->path);
			tell_names(text, "hide", mount->hide);
			tell_names(text, "show", mount->show);
			tell_names(text, "make", mount->make);
			text_add_char(text, '\n');
		} else if (mount->kind == MOUNT_COVER || (mount->kind == MOUNT_BIND && !mount->is_writable))
			text_addf(text, "%s %s%s\n", mount->kind == MOUNT_COVER ? "cover" : "read", mount->path,
				  mount->is_missing ? " missing" : "");
	}
}

static void expect(struct asked asked, const char *expected)
{
	CORDON_ON_EXIT(made_free) struct made made = { 0 };
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	make(&asked, &made);
	tell(made.plan, &text);
	if (strcmp(text_str(&text), expected) != 0)
		fail_msg("%s under %s gives\n%sinstead of\n%s", asked.policy ? asked.policy : "", asked.preset,
			 text_str(&text), expected);
	bool has_layer = strstr(expected, " over ");
	assert_true(has_layer ? text_starts(made.plan->caches, "/home/u/.local/state/cordon/caches/")
			      : made.plan->caches == NULL);
}

/* The tool finds what the user fetched, and may write; where it has nothing yet it may begin. No name is needed in the
 * user's own directory.
 */
static void caches__lie_over_the_users_own(void **state)
{
	(void)state;
	expect((struct asked){ PRESET, NULL, NULL, NULL, NULL },
	       LINKED "facade /home/u hide .cache .cargo .npm make .cache .cargo/git .cargo/registry .npm\n"
		      "cache /home/u/.cache over /home/u\n"
		      "cargo-git /home/u/.cargo/git over nothing\n"
		      "cargo-registry /home/u/.cargo/registry over nothing\n"
		      "npm /home/u/.npm over /home/u\n");
}

/* Where presets hide the home directory, a cache is a place to begin in, and shows nothing of the user's. */
static void caches__show_nothing_that_is_hidden(void **state)
{
	(void)state;
	expect((struct asked){ STRICT, NULL, NULL, NULL, NULL },
	       "facade /data show make ivy\n"
	       "ivy /data/ivy over nothing\n"
	       "facade /home/u show w make .cache .cargo/git .cargo/registry .npm\n"
	       "cache /home/u/.cache over nothing\n"
	       "cargo-git /home/u/.cargo/git over nothing\n"
	       "cargo-registry /home/u/.cargo/registry over nothing\n"
	       "npm /home/u/.npm over nothing\n");
}

/* Who may only look has nothing to keep. */
static void caches__belong_to_who_may_write(void **state)
{
	(void)state;
	expect((struct asked){ LOOKS, NULL, NULL, NULL, NULL }, "");
}

#define REST \
	"cargo-git /home/u/.cargo/git over nothing\n" \
	"cargo-registry /home/u/.cargo/registry over nothing\n"
#define NO_NPM \
	LINKED "facade /home/u hide .cache .cargo make .cache .cargo/git .cargo/registry\n" \
	       "cache /home/u/.cache over /home/u\n" REST

/* What somebody says of the place itself is no question of caches. */
static void caches__give_way_to_rules(void **state)
{
	(void)state;
	expect((struct asked){ PRESET, "{ \"files\": { \"~/.npm\": \"read\" } }", NULL, NULL, NULL }, NO_NPM);
	expect((struct asked){ PRESET, "{ \"files\": { \"~/.npm\": \"write\" } }", NULL, NULL, NULL }, NO_NPM);
	expect((struct asked){ PRESET, "{ \"files\": { \"~/.npm\": \"none\" } }", NULL, NULL, NULL },
	       LINKED "facade /home/u hide .cache .cargo .npm make .cache .cargo/git .cargo/registry\n"
		      "cache /home/u/.cache over /home/u\n" REST);
	expect((struct asked){ PRESET, NULL, "{ \"files\": { \"~/.npm\": \"read\" } }", NULL, NULL }, NO_NPM);
	/* whatever is around it: written through, because that was asked for; or hidden with the rest */
	expect((struct asked){ PRESET, "{ \"files\": { \"~\": \"none\" } }", NULL, NULL, NULL }, LINKED);
	expect((struct asked){ PRESET, NULL, "{ \"files\": { \"~\": \"none\", \"~/w\": \"write\" } }", NULL, NULL },
	       LINKED);
	expect((struct asked){ PRESET, "{ \"files\": { \"/\": \"write\" } }", NULL, NULL, NULL },
	       "read /policy missing\n");
}

/* A secret is hidden in the merged view as well, and a name that the user may save one under. */
static void caches__keep_hidden_what_is_hidden_below(void **state)
{
	(void)state;
	expect((struct asked){ PRESET,
			       "{ \"files\": { \"~/.cache/key\": \"none\", \"~/.cache/no/token.txt\": \"none\","
			       "\"~/.npm/own\": \"read\", \"~/.cargo/registry/none\": \"none\" } }",
			       NULL, NULL, NULL },
	       LINKED "facade /home/u hide .cache .cargo .npm make .cache .cargo/git .cargo/registry .npm\n"
		      "cache /home/u/.cache over /home/u\n"
		      "cover /home/u/.cache/key\n"
		      "cover /home/u/.cache/no/token.txt missing\n"
		      "cargo-git /home/u/.cargo/git over nothing\n"
		      "cargo-registry /home/u/.cargo/registry over nothing\n"
		      "npm /home/u/.npm over /home/u\n");
}

/* A variable may point anywhere: a cache that holds the home directory, cordon's state or the system is none. */
static void caches__are_where_the_environment_says(void **state)
{
	(void)state;
	static const char usual[] = LINKED
		"facade /home/u hide .cache .cargo .npm make .cache .cargo/git .cargo/registry .npm\n"
		"cache /home/u/.cache over /home/u\n" REST "npm /home/u/.npm over /home/u\n";
	/* elsewhere, in a directory of the user's and in one of root's */
	expect((struct asked){ PRESET, NULL, NULL, "GOPATH=/data/go:/other", NULL },
	       "facade /data/go hide pkg make pkg\n"
	       "go /data/go/pkg over /data/go/pkg\n" LINKED
	       "facade /home/u hide .cache .cargo .npm make .cache .cargo/git .cargo/registry .npm\n"
	       "cache /home/u/.cache over /home/u\n" REST "npm /home/u/.npm over /home/u\n");
	/* in the workspace it is the workspace's; in another cache it is part of that */
	expect((struct asked){ PRESET, NULL, NULL, "npm_config_cache=/home/u/w/cache", NULL }, NO_NPM);
	expect((struct asked){ PRESET, NULL, NULL, "npm_config_cache=/home/u/.cache/npm", NULL }, NO_NPM);
	expect((struct asked){ PRESET, NULL, NULL, "PIP_CACHE_DIR=/home/u", NULL }, usual);
	expect((struct asked){ PRESET, NULL, NULL, "PIP_CACHE_DIR=/home/u/.local", NULL }, usual);
	expect((struct asked){ PRESET, NULL, NULL, "PIP_CACHE_DIR=/home/u/.local/state/cordon/x", NULL }, usual);
	expect((struct asked){ PRESET, NULL, NULL, "PIP_CACHE_DIR=/usr", NULL }, usual);
	expect((struct asked){ PRESET, NULL, NULL, "PIP_CACHE_DIR=relative", NULL }, usual);
	expect((struct asked){ PRESET, NULL, NULL, "PIP_CACHE_DIR=", NULL }, usual);
	expect((struct asked){ PRESET, NULL, NULL, "PIP_CACHE_DIR=/tmp/pip", NULL }, usual);
}

/* Agents keep checkouts in caches. */
static void caches__may_hold_the_workspace(void **state)
{
	(void)state;
	CORDON_ON_EXIT(made_free) struct made made = { 0 };
	make(&(struct asked){ PRESET, NULL, NULL, NULL, "/home/u/.cache/w" }, &made);
	size_t layer = 0, workspace = 0;
	for (size_t i = 0; i < made.plan->mounts.count; i++) {
		const struct plan_mount *mount = &made.plan->mounts.items[i];
		if (strcmp(mount->path, "/home/u/.cache") == 0 && mount->kind == MOUNT_LAYER)
			layer = i;
		if (strcmp(mount->path, "/home/u/.cache/w") == 0 && mount->kind == MOUNT_BIND && mount->is_writable)
			workspace = i;
	}
	assert_true(layer > 0 && workspace > layer);
}

/* Two workspaces share nothing. */
static void caches__belong_to_one_workspace(void **state)
{
	(void)state;
	CORDON_ON_EXIT(made_free) struct made one = { 0 }, other = { 0 };
	make(&(struct asked){ PRESET, NULL, NULL, NULL, NULL }, &one);
	make(&(struct asked){ PRESET, NULL, NULL, NULL, "/home/u/w/cache" }, &other);
	assert_string_not_equal(one.plan->caches, other.plan->caches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caches__lie_over_the_users_own),
		cmocka_unit_test(caches__show_nothing_that_is_hidden),
		cmocka_unit_test(caches__belong_to_who_may_write),
		cmocka_unit_test(caches__give_way_to_rules),
		cmocka_unit_test(caches__keep_hidden_what_is_hidden_below),
		cmocka_unit_test(caches__are_where_the_environment_says),
		cmocka_unit_test(caches__may_hold_the_workspace),
		cmocka_unit_test(caches__belong_to_one_workspace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

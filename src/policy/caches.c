#include "policy/caches.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "policy/path.h"
#include "policy/store.h"

enum { VARIABLES_MAX = 2 };

static const struct known_cache {
	const char *name;
	const char *variables[VARIABLES_MAX]; /* of the environment: the first that is an absolute path moves it */
	const char *below;                    /* …to this place below it */
	const char *usual;   /* where it is else, below the home directory; NULL: nowhere, or in another cache */
	const char *program; /* a missing one is made only where this program is… */
	const char *sign;    /* …or this path exists, absolute or below the home directory */
} known_caches[] = {
	/* everything that keeps to the XDG Base Directory Specification: pip, uv, go-build, yarn, ccache, composer… */
	{ "cache", { "XDG_CACHE_HOME" }, "", ".cache", NULL, "/" },
	{ "npm", { "npm_config_cache", "NPM_CONFIG_CACHE" }, "", ".npm", "npm", ".nvm" },
	{ "yarn", { "YARN_CACHE_FOLDER" }, "", NULL, NULL, NULL },
	{ "yarn-berry", { "YARN_GLOBAL_FOLDER" }, "", ".yarn/berry", NULL, NULL },
	{ "pnpm", { NULL }, "", ".local/share/pnpm/store", "pnpm", NULL },
	{ "bun", { "BUN_INSTALL_CACHE_DIR" }, "", ".bun/install/cache", NULL, ".bun" },
	{ "deno", { "DENO_DIR" }, "", NULL, NULL, NULL },
	{ "pip", { "PIP_CACHE_DIR" }, "", NULL, NULL, NULL },
	{ "uv", { "UV_CACHE_DIR" }, "", NULL, NULL, NULL },
	{ "pre-commit", { "PRE_COMMIT_HOME" }, "", NULL, NULL, NULL },
	{ "cargo-registry", { "CARGO_HOME" }, "/registry", ".cargo/registry", "cargo", ".cargo/bin/cargo" },
	{ "cargo-git", { "CARGO_HOME" }, "/git", ".cargo/git", "cargo", ".cargo/bin/cargo" },
	{ "sccache", { "SCCACHE_DIR" }, "", NULL, NULL, NULL },
	{ "ccache", { "CCACHE_DIR" }, "", ".ccache", NULL, NULL },
	{ "go", { "GOPATH" }, "/pkg", "go/pkg", "go", "/usr/local/go/bin/go" },
	{ "go-modules", { "GOMODCACHE" }, "", NULL, NULL, NULL },
	{ "go-build", { "GOCACHE" }, "", NULL, NULL, NULL },
	{ "gradle-caches", { "GRADLE_USER_HOME" }, "/caches", ".gradle/caches", "gradle", ".gradle" },
	{ "gradle-daemon", { "GRADLE_USER_HOME" }, "/daemon", ".gradle/daemon", "gradle", ".gradle" },
	{ "gradle-native", { "GRADLE_USER_HOME" }, "/native", ".gradle/native", "gradle", ".gradle" },
	{ "gradle-wrapper", { "GRADLE_USER_HOME" }, "/wrapper", ".gradle/wrapper", "gradle", ".gradle" },
	{ "gradle-tmp", { "GRADLE_USER_HOME" }, "/.tmp", ".gradle/.tmp", "gradle", ".gradle" },
	{ "maven", { NULL }, "", ".m2/repository", "mvn", ".m2" },
	{ "maven-wrapper", { NULL }, "", ".m2/wrapper", NULL, NULL },
	{ "ivy", { NULL }, "", ".ivy2/cache", NULL, NULL },
	{ "coursier", { "COURSIER_CACHE" }, "", NULL, NULL, NULL },
	{ "nuget", { "NUGET_PACKAGES" }, "", ".nuget/packages", "dotnet", ".dotnet" },
	{ "nuget-http", { "NUGET_HTTP_CACHE_PATH" }, "", ".local/share/NuGet", "dotnet", ".dotnet" },
	{ "composer", { "COMPOSER_CACHE_DIR" }, "", ".composer/cache", NULL, NULL },
	{ "bundler", { "BUNDLE_USER_CACHE" }, "", ".bundle/cache", NULL, NULL },
	{ "pub", { "PUB_CACHE" }, "", ".pub-cache", NULL, NULL },
	{ "cabal", { NULL }, "", ".cabal/packages", NULL, NULL },
	{ "conan", { NULL }, "", ".conan2/p", NULL, NULL },
};

char *caches_keep(const struct facts *facts)
{
	uint64_t hash = HASH_START;
	for (const char *at = facts->workspace; *at; at++)
		hash = hash_byte(hash, *at);
	return text_format("%s/caches/%016llx", facts->state, (unsigned long long)hash);
}

/* -- where they are ------------------------------------------------------------------------------------------------ */

/* Malloc'ed, or NULL with *ret_is_known false; NULL with true when memory is short. */
static char *join(const char *head, size_t length, const char *rest, bool *ret_is_known)
{
	CORDON_ON_EXIT(text_free) struct text whole = { 0 };
	char *path = NULL;
	const char *why = NULL;
	bool is_glob;
	text_add_bytes(&whole, head, length);
	text_add_char(&whole, '/');
	text_add(&whole, rest);
	*ret_is_known = true;
	if (path_is_plain(TARGET_LINUX, text_str(&whole)))
		return text_take(&whole);
	if (text_ok(&whole) && path_join(TARGET_LINUX, text_str(&whole), "", &path, &is_glob, &why))
		return path;
	*ret_is_known = why == NULL;
	return NULL;
}

/* GOPATH may be a list, of which the first holds the modules. */
static const char *find_variable(const struct facts *facts, const char *name)
{
	for (char **entry = facts->environment; name && entry && *entry; entry++) {
		const char *value = **entry == *name ? environment_value(TARGET_LINUX, *entry, name) : NULL;
		if (value)
			return value[0] == '/' ? value : NULL;
	}
	return NULL;
}

static char *find_place(const struct facts *facts, const struct known_cache *cache, bool *ret_is_known)
{
	for (size_t i = 0; i < VARIABLES_MAX; i++) {
		const char *value = find_variable(facts, cache->variables[i]);
		if (value)
			return join(value, strcspn(value, ":"), cache->below, ret_is_known);
	}
	*ret_is_known = cache->usual && facts->home;
	return *ret_is_known ? join(facts->home, strlen(facts->home), cache->usual, ret_is_known) : NULL;
}

struct list {
	const char **items;
	size_t count, room;
};

static bool keep(struct arena *arena, struct list *list, const char *path)
{
	const char **added = LIST_ADD_IN(arena, list);
	if (added)
		*added = arena_copy(arena, path, strlen(path));
	return added && *added;
}

static bool give(const struct list *list, char ***ret_paths, struct cordon_error *err)
{
	*ret_paths = text_list(NULL, list->items, list->count);
	return *ret_paths || cordon_fail_memory(err);
}

bool caches_list_paths(const struct facts *facts, char ***ret_paths, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct list list = { NULL, 0, 0 };
	for (size_t i = 0; facts->target == TARGET_LINUX && i < COUNT_OF(known_caches); i++) {
		bool is_known;
		CORDON_ON_EXIT(free_text) char *path = find_place(facts, &known_caches[i], &is_known);
		if (is_known && (!path || !keep(&arena, &list, path)))
			return cordon_fail_memory(err);
	}
	return give(&list, ret_paths, err);
}

/* -- whether a missing one is wanted ------------------------------------------------------------------------------- */

static const char *const program_folders[] = { "/usr/bin", "/usr/local/bin" };

/* The path that tells, number `index` of them; NULL with *ret_is_known true when memory is short. */
static char *find_sign(const struct facts *facts, const struct known_cache *cache, size_t index, bool *ret_is_known)
{
	*ret_is_known = true;
	if (index < COUNT_OF(program_folders)) {
		*ret_is_known = cache->program;
		return cache->program ? text_format("%s/%s", program_folders[index], cache->program) : NULL;
	}
	*ret_is_known = cache->sign;
	if (!cache->sign)
		return NULL;
	return cache->sign[0] == '/' ? strdup(cache->sign)
				     : join(facts->home, strlen(facts->home), cache->sign, ret_is_known);
}

enum { SIGNS = COUNT_OF(program_folders) + 1 };

bool caches_list_programs(const struct facts *facts, char ***ret_paths, struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct list list = { NULL, 0, 0 };
	for (size_t i = 0; facts->target == TARGET_LINUX && i < COUNT_OF(known_caches); i++) {
		bool is_known;
		if (!known_caches[i].program && !known_caches[i].sign)
			continue;
		CORDON_ON_EXIT(free_text) char *path = find_place(facts, &known_caches[i], &is_known);
		const struct path_fact *fact = path ? facts_find_path(facts, path) : NULL;
		for (size_t j = 0; fact && fact->type == PATH_MISSING && j < SIGNS; j++) {
			CORDON_ON_EXIT(free_text) char *sign = find_sign(facts, &known_caches[i], j, &is_known);
			if (is_known && (!sign || !keep(&arena, &list, sign)))
				return cordon_fail_memory(err);
		}
	}
	return give(&list, ret_paths, err);
}

static bool is_wanted(const struct facts *facts, const struct known_cache *cache)
{
	for (size_t j = 0; j < SIGNS; j++) {
		bool is_known;
		CORDON_ON_EXIT(free_text) char *sign = find_sign(facts, cache, j, &is_known);
		const struct path_fact *fact = sign ? facts_find_path(facts, sign) : NULL;
		if (fact && fact->type != PATH_MISSING)
			return true;
	}
	return false;
}

/* -- which of them a run has --------------------------------------------------------------------------------------- */

static bool is_below(const char *path, const char *above)
{
	return above && path_is_below(TARGET_LINUX, path, above);
}

/* A variable may point anywhere. What holds more than a cache, the home directory or a system's folder, is none; and
 * cordon keeps the layers in its state, which must be in none of them.
 */
static bool may_be_cache(const struct facts *facts, const struct cache *cache, const char *state)
{
	const struct path_fact *home = facts_find_path(facts, facts->home);
	return cache->fact && (cache->fact->type == PATH_DIRECTORY || cache->fact->type == PATH_MISSING) &&
	       path_depth(TARGET_LINUX, cache->path) >= 2 &&
	       !is_below(home ? home->landing : facts->home, cache->path) && !is_below(state, cache->path) &&
	       !is_below(cache->path, state) && (!facts->workspace || strcmp(facts->workspace, cache->path) != 0);
}

/* Said of this very place, or by the administrator, the project or a user who hides what is around it. */
static bool is_decided(const struct policy *policy, const struct cache *cache, enum access access)
{
	size_t count;
	const struct rule *rules = policy_rules(policy, &count);
	if (access == ACCESS_WRITE || (access == ACCESS_NONE && cache->rule->origin.layer != LAYER_PRESET))
		return true;
	for (size_t i = 0; i < count; i++)
		if (rules[i].origin.layer != LAYER_PRESET && !rules[i].is_glob &&
		    (rules[i].access == ACCESS_NONE ? is_below(cache->path, rules[i].landing)
						    : strcmp(rules[i].landing, cache->path) == 0))
			return true;
	return false;
}

/* Presets bring the layers. One under which the workspace is only read writes nothing at all. */
static bool has_layers(const struct policy *policy, const struct facts *facts, const char *state)
{
	size_t count;
	const struct rule *rules = policy_rules(policy, &count);
	const struct path_fact *fact = state ? facts_find_path(facts, state) : NULL;
	bool has_preset = false;
	for (size_t i = 0; i < count && !has_preset; i++)
		has_preset = rules[i].origin.layer == LAYER_PRESET && rules[i].origin.line > 0;
	if (!has_preset || facts->target != TARGET_LINUX || facts->assumed || !facts->home || !facts->workspace ||
	    !fact || policy_decide_path(policy, facts->workspace).access != ACCESS_WRITE)
		return false;
	/* A state that is not there yet, in a place that is the command's, is not hidden from it. */
	CORDON_ON_EXIT(free_text) char *above = strdup(fact->landing);
	char *slash = above ? strrchr(above, '/') : NULL;
	if (!slash || slash == above)
		return false;
	*slash = '\0';
	return fact->type != PATH_MISSING || policy_decide_path(policy, above).access != ACCESS_WRITE;
}

static bool is_taken(const struct caches *caches, const char *path)
{
	for (size_t i = 0; i < caches->count; i++)
		if (is_below(path, caches->items[i].path))
			return true;
	return false;
}

static void drop_below(struct caches *caches, const char *path)
{
	size_t kept = 0;
	for (size_t i = 0; i < caches->count; i++)
		if (!is_below(caches->items[i].path, path))
			caches->items[kept++] = caches->items[i];
	caches->count = kept;
}

bool caches_find(const struct policy *policy, const struct facts *facts, struct arena *arena, struct caches *ret_caches,
		 struct cordon_error *err)
{
	const struct path_fact *of_state = facts->state ? facts_find_path(facts, facts->state) : NULL;
	const char *state = of_state ? of_state->landing : facts->state;
	struct caches caches = { NULL, 0, 0 };
	bool may_have = has_layers(policy, facts, facts->state);
	for (size_t i = 0; may_have && i < COUNT_OF(known_caches); i++) {
		bool is_known;
		CORDON_ON_EXIT(free_text) char *path = find_place(facts, &known_caches[i], &is_known);
		if (!path && is_known)
			return cordon_fail_memory(err);
		struct cache cache = { .name = known_caches[i].name,
				       .fact = path ? facts_find_path(facts, path) : NULL };
		if (!cache.fact)
			continue;
		cache.path = cache.fact->landing;
		struct verdict verdict = policy_decide_path(policy, cache.path);
		cache.rule = verdict.rule;
		bool exists = cache.fact->type != PATH_MISSING;
		cache.is_shown = exists && verdict.access == ACCESS_READ;
		if (!may_be_cache(facts, &cache, state) || is_decided(policy, &cache, verdict.access) ||
		    is_taken(&caches, cache.path) || (!exists && !is_wanted(facts, &known_caches[i])))
			continue;
		drop_below(&caches, cache.path);
		struct cache *added = LIST_ADD_IN(arena, &caches);
		if (!added)
			return cordon_fail_memory(err);
		*added = cache;
	}
	*ret_caches = caches;
	return true;
}

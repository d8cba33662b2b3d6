#include "run/survey.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "os/os.h"
#include "policy/caches.h"
#include "policy/path.h"
#include "policy/plan_windows.h"
#include "run/settings.h"

enum { WALK_ENTRIES_MAX = 100000, WALK_MS_MAX = 250 };

void survey_free(struct surveyed *surveyed)
{
	surveyed->policy = policy_free(surveyed->policy);
	surveyed->facts = facts_free(surveyed->facts);
}

static void free_list_at(char ***list)
{
	policy_free_list(*list);
}

/* -- globs ---------------------------------------------------------------------------------------------------- */

struct search {
	enum target target;
	char *const *patterns;
	struct {
		char **items;
		size_t count, room;
	} found; /* NULL-terminated once the walk is over */
};

static void search_free(struct search *search)
{
	for (size_t i = 0; i < search->found.count; i++)
		free(search->found.items[i]);
	free(search->found.items);
}

static bool match(void *context, const char *path, struct cordon_error *err)
{
	struct search *search = context;
	for (char *const *pattern = search->patterns; *pattern; pattern++) {
		if (!policy_glob_matches(search->target, *pattern, path))
			continue;
		char **found = LIST_ADD(&search->found);
		if (!found)
			return cordon_fail_memory(err);
		*found = strdup(path);
		return *found || cordon_fail_memory(err);
	}
	return true;
}

/* Looks for what the policy's wildcards mean. The work is bounded, and the bound is for all places together. */
static bool survey_globs(const struct policy *policy, struct facts *facts, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_list_at) char **patterns = NULL;
	CORDON_ON_EXIT(free_list_at) char **places = NULL;
	size_t budget = WALK_ENTRIES_MAX;
	uint64_t deadline = os_clock() + WALK_MS_MAX;

	if (!policy_globs(policy, facts, &patterns, err))
		return false;
	if (!patterns[0])
		return true;
	if (!policy_places(policy, facts, &places, err))
		return false;

	CORDON_ON_EXIT(search_free) struct search search = { .target = facts->target, .patterns = patterns };
	for (char **place = places; *place; place++)
		if (!os_walk(*place, &budget, deadline, match, &search, err))
			return cordon_while(err,
					    "looking below '%s' for '%s' (at most %d entries and %d ms: name paths "
					    "without wildcards, or a smaller folder)",
					    *place, patterns[0], WALK_ENTRIES_MAX, WALK_MS_MAX);
	if (!LIST_ADD(&search.found))
		return cordon_fail_memory(err);
	search.found.count--; /* the list's NULL */
	return os_survey_paths(facts, search.found.items, err);
}

/* -- this host and others ------------------------------------------------------------------------------------- */

static bool survey_here(const struct policy *policy, struct facts *facts, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_list_at) char **roots = NULL;
	CORDON_ON_EXIT(free_list_at) char **paths = NULL;
	CORDON_ON_EXIT(free_list_at) char **caches = NULL;
	CORDON_ON_EXIT(free_list_at) char **programs = NULL;
	facts->root_stays_open = !policy_may_close_root(policy, facts);
	return policy_roots(policy, facts, &roots, err) && os_survey_git(facts, roots, err) &&
	       policy_paths(policy, facts, &paths, err) && os_survey_paths(facts, paths, err) &&
	       os_survey_paths(facts, plan_paths(facts->target), err) && caches_list_paths(facts, &caches, err) &&
	       os_survey_paths(facts, caches, err) && caches_list_programs(facts, &programs, err) &&
	       os_survey_paths(facts, programs, err) && survey_globs(policy, facts, err) &&
	       os_survey_sockets(facts, err) && os_survey_tools(facts, err);
}

static bool assume_there(const struct policy *policy, struct facts *facts, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_list_at) char **paths = NULL;
	return policy_paths(policy, facts, &paths, err) && facts_assume_windows_paths(facts, paths, err);
}

bool survey_host(const struct survey_options *options, struct facts **ret_facts, struct cordon_error *err)
{
	const char *workspace = options->workspace, *target = options->target;
	static const char *const names[] = { [TARGET_LINUX] = "linux", [TARGET_WINDOWS] = "windows" };
	enum target wanted = os_target();
	if (target && strcmp(target, names[TARGET_LINUX]) == 0)
		wanted = TARGET_LINUX;
	else if (target && strcmp(target, names[TARGET_WINDOWS]) == 0)
		wanted = TARGET_WINDOWS;
	else if (target)
		return cordon_fail(err, CORDON_BAD_USAGE, "no target '%s'; there are linux and windows", target);

	if (wanted == os_target())
		return os_survey_host(workspace, ret_facts, err);
	if (wanted == TARGET_WINDOWS)
		return facts_assume_windows(workspace, ret_facts, err);
	return cordon_fail(err, CORDON_UNSUPPORTED, "a plan for %s is made on %s only, from what is there", target,
			   target);
}

/* The administrator's file, and the project's in the workspace: both always read, and nothing lifts them. */
static bool add_bounds(struct policy *policy, const struct facts *facts, const char *workspace,
		       struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *user = NULL;
	CORDON_ON_EXIT(free_text) char *managed = NULL;
	if (!os_policy_files(&user, &managed, err) || !settings_add_bound(policy, LAYER_MANAGED, managed, facts, err))
		return false;

	const char *folder = !facts->assumed ? facts->workspace : workspace ? workspace : ".";
	const char separator[] = { path_separator(os_target()), '\0' };
	CORDON_ON_EXIT(free_text)
	char *project = text_format("%s%s.cordon.json", folder,
				    path_ends_in_separator(os_target(), folder) ? "" : separator);
	if (!project)
		return cordon_fail_memory(err);
	return settings_add_bound(policy, LAYER_PROJECT, project, facts, err);
}

bool survey_make(const struct settings *settings, const struct survey_options *options, struct surveyed *surveyed,
		 struct cordon_error *err)
{
	struct facts *facts = surveyed->facts;
	struct policy *policy = surveyed->policy = policy_new(facts->target);
	if (!policy)
		return cordon_fail_memory(err);
	if (!settings_replay(settings, facts, policy, err))
		return false;
	if (!options->ignores_bounds && !add_bounds(policy, facts, options->workspace, err))
		return false;
	bool is_known = facts->assumed ? assume_there(policy, facts, err) : survey_here(policy, facts, err);
	return is_known && policy_resolve(policy, facts, err);
}

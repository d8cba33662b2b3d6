/* Who decides at a path. A rule holds at its landing and below, so only the landings on the way up from a path matter:
 * each is looked up once. Globs cost nothing here, their matches are landings as well.
 */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "policy/path.h"
#include "policy/resolve.h"

/* -- order ------------------------------------------------------------------------------------------------------ */

/* Parents first. */
static int compare_candidates(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	int order = strcmp(a->key, b->key);
	if (order != 0)
		return order;
	if (a->statement->table != b->statement->table)
		return a->statement->table < b->statement->table ? -1 : 1;
	if (a->specificity != b->specificity)
		return a->specificity < b->specificity ? -1 : 1;
	if (a->statement->order != b->statement->order)
		return a->statement->order < b->statement->order ? -1 : 1;
	if (a->rule.access != b->rule.access)
		return a->rule.access > b->rule.access ? -1 : 1;
	/* What is left decides nothing; it only keeps the order the same whatever came first. */
	order = strcmp(a->rule.path, b->rule.path);
	return order != 0 ? order : strcmp(a->rule.pattern, b->rule.pattern);
}

/* Of two rules of one table that hold at a path. */
static bool outranks(const struct policy *policy, const struct rule *a, const struct rule *b)
{
	size_t i = (size_t)(a - policy->rules);
	size_t j = (size_t)(b - policy->rules);
	if (policy->specificities[i] != policy->specificities[j])
		return policy->specificities[i] > policy->specificities[j];
	if (policy->orders[i] != policy->orders[j])
		return policy->orders[i] > policy->orders[j];
	return a->access < b->access;
}

static bool add_spots(struct policy *policy, const struct candidate *candidates, struct cordon_error *err)
{
	policy->spots = calloc(policy->rule_count + 1, sizeof *policy->spots);
	if (!policy->spots)
		return cordon_fail_memory(err);
	policy->spot_count = 0;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		if (rule->is_glob)
			continue;
		struct spot *spot = policy->spot_count > 0 ? &policy->spots[policy->spot_count - 1] : NULL;
		if (!spot || strcmp(spot->key, candidates[i].key) != 0) {
			spot = &policy->spots[policy->spot_count++];
			spot->key = candidates[i].key;
			spot->length = strlen(spot->key);
		}
		const struct rule **winner = &spot->winners[candidates[i].statement->table];
		if (!*winner || outranks(policy, rule, *winner))
			*winner = rule;
	}
	return true;
}

void policy_forget_rules(struct policy *policy)
{
	free(policy->rules);
	free(policy->specificities);
	free(policy->orders);
	free(policy->spots);
	policy->rules = NULL;
	policy->specificities = NULL;
	policy->orders = NULL;
	policy->spots = NULL;
	policy->rule_count = 0;
	policy->spot_count = 0;
}

/* Takes the candidates in, those that a link leads to only when asked. */
static bool fill(struct policy *policy, const struct candidate *candidates, size_t count, struct cordon_error *err)
{
	policy_forget_rules(policy);
	policy->rules = calloc(count + 1, sizeof *policy->rules);
	policy->specificities = calloc(count + 1, sizeof *policy->specificities);
	policy->orders = calloc(count + 1, sizeof *policy->orders);
	if (!policy->rules || !policy->specificities || !policy->orders)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		policy->rules[i] = candidates[i].rule;
		policy->specificities[i] = candidates[i].specificity;
		policy->orders[i] = candidates[i].statement->order;
	}
	policy->rule_count = count;
	return add_spots(policy, candidates, err);
}

bool policy_complain_of_link(struct cordon_error *err, const struct rule *rule)
{
	return policy_complain(err, &rule->origin,
			       "'%s' leads through a link to '%s', and the link stands where a command may make links; "
			       "name '%s' itself",
			       rule->pattern, rule->landing, rule->landing);
}

static void free_candidates(struct candidate **candidates)
{
	free(*candidates);
}

/* What each rule that a link leads to may grant is what holds there without any of them. A preset cannot know of
 * links, and the matches of a glob were not named; who names a path is told.
 */
static bool narrow_led(struct policy *policy, struct candidate *candidates, size_t count, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_candidates) struct candidate *others = calloc(count + 1, sizeof *others);
	if (!others)
		return cordon_fail_memory(err);
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (!candidates[i].is_led)
			others[kept++] = candidates[i];
	if (kept == count)
		return true;
	if (!fill(policy, others, kept, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct rule *rule = &candidates[i].rule;
		if (!candidates[i].is_led)
			continue;
		enum access without = policy_decide_path(policy, rule->landing).access;
		if (rule->access <= without)
			continue;
		rule->access = without;
		if (rule->origin.layer != LAYER_PRESET && !candidates[i].is_found)
			return policy_complain_of_link(err, rule);
	}
	return true;
}

bool policy_arrange(struct policy *policy, struct candidate *candidates, size_t count, struct cordon_error *err)
{
	qsort(candidates, count, sizeof *candidates, compare_candidates);
	return narrow_led(policy, candidates, count, err) && fill(policy, candidates, count, err);
}

const struct rule *policy_rules(const struct policy *policy, size_t *ret_count)
{
	*ret_count = policy->rule_count;
	return policy->rules;
}

/* -- verdicts --------------------------------------------------------------------------------------------------- */

static const struct spot *find_spot(const struct policy *policy, const char *key, size_t length)
{
	size_t low = 0, high = policy->spot_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct spot *spot = &policy->spots[middle];
		size_t common = spot->length < length ? spot->length : length;
		int order = memcmp(spot->key, key, common);
		if (order == 0 && spot->length == length)
			return spot;
		if (order < 0 || (order == 0 && spot->length < length))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void find_winners(const struct policy *policy, const char *key, size_t length,
			 const struct rule *winners[TABLE_COUNT])
{
	for (;; length = path_parent(policy->target, key, length)) {
		const struct spot *spot = find_spot(policy, key, length);
		for (int table = 0; spot && table < TABLE_COUNT; table++) {
			const struct rule *rule = spot->winners[table];
			if (rule && (!winners[table] || outranks(policy, rule, winners[table])))
				winners[table] = rule;
		}
		if (length == 0)
			return;
	}
}

/* The winners at the landing path; none when it cannot be judged. */
static void judge(const struct policy *policy, const char *path, const struct rule *winners[TABLE_COUNT])
{
	if (!path_is_absolute(policy->target, path))
		return;
	if (policy->target == TARGET_WINDOWS) {
		CORDON_ON_EXIT(text_free) struct text key = { 0 };
		path_add_key(policy->target, path, &key);
		if (text_ok(&key))
			find_winners(policy, text_str(&key), key.length, winners);
		return;
	}
	/* On Linux a path is its own key. */
	size_t length = strlen(path);
	while (length > 0 && path[length - 1] == '/')
		length--;
	find_winners(policy, path, length, winners);
}

static struct verdict strictest(const struct rule *const winners[TABLE_COUNT], int first)
{
	struct verdict verdict = { ACCESS_NONE, NULL };
	for (int table = first; table < TABLE_COUNT; table++)
		if (winners[table] && (!verdict.rule || winners[table]->access < verdict.access))
			verdict = (struct verdict){ winners[table]->access, winners[table] };
	return verdict;
}

struct verdict policy_decide_path(const struct policy *policy, const char *path)
{
	const struct rule *winners[TABLE_COUNT] = { NULL };
	judge(policy, path, winners);
	if (winners[TABLE_GRANT])
		return strictest(winners, 0);
	/* No path at all, or no memory to look at it. */
	return (struct verdict){ ACCESS_NONE, policy->rules };
}

struct verdict policy_decide_bounds(const struct policy *policy, const char *path)
{
	const struct rule *winners[TABLE_COUNT] = { NULL };
	judge(policy, path, winners);
	return strictest(winners, TABLE_GRANT + 1);
}

/* Who decides at a path. A rule holds at its landing and below, so only the landings on the way down to a path matter:
 * each is looked up once. Globs cost nothing here, their matches are landings as well.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/scope.h"
#include "base/sort.h"
#include "base/text.h"
#include "policy/path.h"
#include "policy/resolve.h"

/* -- order ------------------------------------------------------------------------------------------------------ */

/* Parents first. */
static int compare_candidates(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;
	int order = text_compare(a->key, a->key_length, b->key, b->key_length);
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

/* The slot that holds the spot of the key, or the free one where it belongs. */
static struct spot_slot *find_slot(const struct policy *policy, const char *key, size_t length, uint64_t hash)
{
	for (size_t at = hash_slot(hash, policy->slot_count);; at = (at + 1) & (policy->slot_count - 1)) {
		struct spot_slot *slot = &policy->slots[at];
		if (!slot->place)
			return slot;
		const struct spot *spot = &policy->spots[slot->place - 1];
		if (slot->hash == (uint32_t)hash && spot->length == length &&
		    text_common(spot->key, key, length) == length)
			return slot;
	}
}

static bool make_slots(struct policy *policy, struct cordon_error *err)
{
	policy->slot_count = 64;
	while (policy->slot_count < policy->rule_count * 2)
		policy->slot_count *= 2;
	policy->spots = arena_take(&policy->arena, (policy->rule_count + 1) * sizeof *policy->spots);
	policy->slots = arena_take(&policy->arena, policy->slot_count * sizeof *policy->slots);
	return (policy->spots && policy->slots && policy->rule_count < UINT32_MAX) || cordon_fail_memory(err);
}

static bool add_spots(struct policy *policy, const void *const *candidates, struct cordon_error *err)
{
	if (!make_slots(policy, err))
		return false;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct candidate *candidate = candidates[i];
		const struct rule *rule = &policy->rules[i];
		if (rule->is_glob)
			continue;
		const char *key = candidate->key;
		size_t length = candidate->key_length;
		uint64_t hash = HASH_START;
		for (size_t at = 0; at < length; at++)
			hash = hash_byte(hash, key[at]);
		struct spot_slot *slot = find_slot(policy, key, length, hash);
		if (!slot->place) {
			policy->spots[policy->spot_count] = (struct spot){ key, length, { NULL } };
			*slot = (struct spot_slot){ (uint32_t)hash, (uint32_t)++policy->spot_count };
		}
		const struct rule **winner = &policy->spots[slot->place - 1].winners[candidate->statement->table];
		if (!*winner || outranks(policy, rule, *winner))
			*winner = rule;
	}
	return true;
}

void policy_forget_rules(struct policy *policy)
{
	policy->rules = NULL;
	policy->specificities = NULL;
	policy->orders = NULL;
	policy->spots = NULL;
	policy->slots = NULL;
	policy->rule_count = 0;
	policy->spot_count = 0;
	policy->slot_count = 0;
}

/* Takes the candidates in, those that a link leads to only when asked. */
static bool fill(struct policy *policy, const void *const *candidates, size_t count, struct cordon_error *err)
{
	policy_forget_rules(policy);
	policy->rules = arena_take(&policy->arena, (count + 1) * sizeof *policy->rules);
	policy->specificities = arena_take(&policy->arena, (count + 1) * sizeof *policy->specificities);
	policy->orders = arena_take(&policy->arena, (count + 1) * sizeof *policy->orders);
	if (!policy->rules || !policy->specificities || !policy->orders)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		const struct candidate *candidate = candidates[i];
		policy->rules[i] = candidate->rule;
		policy->specificities[i] = candidate->specificity;
		policy->orders[i] = candidate->statement->order;
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

/* What each rule that a link leads to may grant is what holds there without any of them. A preset cannot know of
 * links, and the matches of a glob were not named; who names a path is told. `order` are the candidates in order,
 * `others` has room for as many.
 */
static bool narrow_led(struct policy *policy, const void *const *order, const void **others, size_t count,
		       struct candidate *candidates, struct cordon_error *err)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		const struct candidate *candidate = order[i];
		if (!candidate->is_led)
			others[kept++] = candidate;
	}
	if (kept == count)
		return true;
	if (!fill(policy, others, kept, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct candidate *candidate = &candidates[(const struct candidate *)order[i] - candidates];
		struct rule *rule = &candidate->rule;
		if (!candidate->is_led)
			continue;
		enum access without = policy_decide_path(policy, rule->landing).access, given = rule->access;
		if (given <= without)
			continue;
		rule->access = without;
		if ((rule->origin.layer != LAYER_PRESET || given == ACCESS_WRITE) && !candidate->is_found)
			return policy_complain_of_link(err, rule);
	}
	return true;
}

bool policy_arrange(struct policy *policy, struct candidate *candidates, size_t count, struct arena *arena,
		    struct cordon_error *err)
{
	const void **order = arena_take(arena, (count + 1) * sizeof *order);
	const void **spare = arena_take(arena, (count + 1) * sizeof *spare);
	if (!order || !spare)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < count; i++)
		order[i] = &candidates[i];
	sort_pointers(order, spare, count, compare_candidates);
	return narrow_led(policy, order, spare, count, candidates, err) && fill(policy, order, count, err);
}

const struct rule *policy_rules(const struct policy *policy, size_t *ret_count)
{
	*ret_count = policy->rule_count;
	return policy->rules;
}

/* -- verdicts --------------------------------------------------------------------------------------------------- */

/* Of two rules that rank alike the deeper decides. */
static void consider(const struct policy *policy, const char *key, size_t length, uint64_t hash,
		     const struct rule *winners[TABLE_COUNT])
{
	uint32_t place = find_slot(policy, key, length, hash)->place;
	for (int table = 0; place && table < TABLE_COUNT; table++) {
		const struct rule *rule = policy->spots[place - 1].winners[table];
		if (rule && (!winners[table] || !outranks(policy, winners[table], rule)))
			winners[table] = rule;
	}
}

/* Goes down the key: the root, every directory above and the key itself. */
static void find_winners(const struct policy *policy, const char *key, size_t length,
			 const struct rule *winners[TABLE_COUNT])
{
	char separator = path_separator(policy->target);
	uint64_t hash = HASH_START;
	if (policy->slot_count == 0)
		return;
	for (size_t at = 0; at < length; at++) {
		if (at == 0 || key[at] == separator)
			consider(policy, key, at, hash, winners);
		hash = hash_byte(hash, key[at]);
	}
	consider(policy, key, length, hash, winners);
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

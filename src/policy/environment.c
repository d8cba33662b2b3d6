/* The command's environment: inherit, minus remove, plus set. A variable that is named in full in a later layer than
 * the pattern that removes it is passed on after all: `--env NPM_TOKEN`.
 */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/text.h"
#include "policy/store.h"

/* Names are ASCII in practice; Windows compares them without case. */
static char fold(enum target target, char c)
{
	return target == TARGET_WINDOWS && c >= 'a' && c <= 'z' ? (char)(c - 0x20) : c;
}

/* Does the pattern, with `*` for any text, match the name? */
static bool matches(enum target target, const char *pattern, const char *name)
{
	const char *star = NULL, *resume = NULL;
	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = name;
		} else if (*pattern && fold(target, *pattern) == fold(target, *name)) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* -- what becomes of one name ----------------------------------------------------------------------------------- */

/* Which of the grant's lists of names is in force: the last one, and what flags add. */
static int inherit_order(const struct policy *policy)
{
	int order = -1;
	for (size_t i = 0; i < policy->keys.count; i++) {
		const struct key_statement *statement = &policy->keys.items[i];
		enum layer layer = statement->origin.layer;
		if (!is_bound(layer) && layer != LAYER_FLAGS && statement->order > order &&
		    strcmp(statement->key->path, "environment.inherit") == 0)
			order = statement->order;
	}
	return order;
}

struct judgement {
	bool is_inherited;
	int named_order; /* the latest statement that names it in full; -1: none */
	int removed_order;
	const struct origin *bound; /* that takes it away; NULL: none */
};

static void judge_inherited(const struct policy *policy, const char *name, struct judgement *judgement)
{
	int order = inherit_order(policy);
	bool is_left = !policy_find_key(policy, "environment.inherit", LAYER_MANAGED);
	for (size_t i = 0; i < policy->inherit.count; i++) {
		const struct variable_statement *statement = &policy->inherit.items[i];
		if (!matches(policy->target, statement->name, name))
			continue;
		if (is_bound(statement->origin.layer)) {
			is_left = true;
		} else if (statement->order == order || statement->origin.layer == LAYER_FLAGS) {
			judgement->is_inherited = true;
			if (!strchr(statement->name, '*') && statement->order > judgement->named_order)
				judgement->named_order = statement->order;
		}
	}
	if (!is_left)
		judgement->bound = &policy_find_key(policy, "environment.inherit", LAYER_MANAGED)->origin;
}

static struct judgement judge(const struct policy *policy, const char *name)
{
	struct judgement judgement = { false, -1, -1, NULL };
	judge_inherited(policy, name, &judgement);
	for (size_t i = 0; i < policy->remove.count; i++) {
		const struct variable_statement *statement = &policy->remove.items[i];
		if (!matches(policy->target, statement->name, name))
			continue;
		if (is_bound(statement->origin.layer))
			judgement.bound = &statement->origin;
		else if (statement->order > judgement.removed_order)
			judgement.removed_order = statement->order;
	}
	return judgement;
}

static bool is_passed_on(const struct policy *policy, const char *name)
{
	struct judgement judgement = judge(policy, name);
	return judgement.is_inherited && !judgement.bound &&
	       (judgement.removed_order < 0 || judgement.named_order > judgement.removed_order);
}

static bool is_same_name(enum target target, const char *a, const char *b)
{
	while (*a && fold(target, *a) == fold(target, *b)) {
		a++;
		b++;
	}
	return *a == *b;
}

/* The last value that is set for the name and not taken away again; NULL: none. */
static const struct variable_statement *find_set(const struct policy *policy, const char *name)
{
	const struct variable_statement *found = NULL;
	for (size_t i = 0; i < policy->set.count; i++) {
		const struct variable_statement *statement = &policy->set.items[i];
		if (is_same_name(policy->target, statement->name, name) && (!found || statement->order >= found->order))
			found = statement;
	}
	if (!found)
		return NULL;
	for (size_t i = 0; i < policy->remove.count; i++) {
		const struct variable_statement *statement = &policy->remove.items[i];
		bool is_later = is_bound(statement->origin.layer) || statement->order > found->order;
		if (is_later && matches(policy->target, statement->name, name))
			return NULL;
	}
	return found;
}

/* -- the list --------------------------------------------------------------------------------------------------- */

struct list {
	char **items;
	size_t count, room;
};

static void list_free(struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
}

/* Takes over the entry. */
static bool add_entry(struct list *list, char *entry, struct cordon_error *err)
{
	char **item = entry ? LIST_ADD(list) : NULL;
	if (!item) {
		free(entry);
		return cordon_fail_memory(err);
	}
	*item = entry;
	return true;
}

/* The '=' after the name; names of Windows' current directories begin with one. */
static const char *find_equals(enum target target, const char *entry)
{
	size_t start = target == TARGET_WINDOWS && entry[0] == '=';
	return strchr(entry + start, '=');
}

const char *environment_value(enum target target, const char *entry, const char *name)
{
	while (*name && fold(target, *entry) == fold(target, *name)) {
		entry++;
		name++;
	}
	return !*name && *entry == '=' ? entry + 1 : NULL;
}

static bool has_name(enum target target, const struct list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (environment_value(target, list->items[i], name))
			return true;
	return false;
}

static bool add_inherited(const struct policy *policy, const struct facts *facts, struct list *list,
			  struct cordon_error *err)
{
	for (char **entry = facts->environment; entry && *entry; entry++) {
		const char *equals = find_equals(policy->target, *entry);
		if (!equals || equals == *entry)
			continue;
		CORDON_ON_EXIT(free_text) char *name = text_format("%.*s", (int)(equals - *entry), *entry);
		if (!name)
			return cordon_fail_memory(err);
		/* Of a name that is there twice some programs take the first, some the last: one is left. */
		if (!is_passed_on(policy, name) || find_set(policy, name) || has_name(policy->target, list, name))
			continue;
		if (!add_entry(list, strdup(*entry), err))
			return false;
	}
	return true;
}

static bool add_set(const struct policy *policy, struct list *list, struct cordon_error *err)
{
	for (size_t i = 0; i < policy->set.count; i++) {
		const struct variable_statement *statement = &policy->set.items[i];
		if (find_set(policy, statement->name) != statement)
			continue;
		if (!add_entry(list, text_format("%s=%s", statement->name, statement->value), err))
			return false;
	}
	return true;
}

/* Windows wants the block sorted by name, without case. */
static int compare_entries(const void *left, const void *right)
{
	const char *a = *(char *const *)left, *b = *(char *const *)right;
	while (*a && fold(TARGET_WINDOWS, *a) == fold(TARGET_WINDOWS, *b)) {
		a++;
		b++;
	}
	/* The name's end sorts before any letter. */
	unsigned char x = (unsigned char)fold(TARGET_WINDOWS, *a), y = (unsigned char)fold(TARGET_WINDOWS, *b);
	if (x == '=')
		x = 0;
	if (y == '=')
		y = 0;
	return (int)x - (int)y;
}

bool policy_environment(const struct policy *policy, const struct facts *facts, char ***ret_environment,
			struct cordon_error *err)
{
	CORDON_ON_EXIT(list_free) struct list list = { 0 };
	if (!add_inherited(policy, facts, &list, err) || !add_set(policy, &list, err))
		return false;
	if (policy->target == TARGET_WINDOWS && list.count > 0)
		qsort(list.items, list.count, sizeof *list.items, compare_entries);
	char **end = LIST_ADD(&list);
	if (!end)
		return cordon_fail_memory(err);
	*ret_environment = cordon_take(&list.items);
	list.count = 0;
	return true;
}

bool policy_check_environment(const struct policy *policy, struct cordon_error *err)
{
	const struct variable_statements *lists[] = { &policy->inherit, &policy->set };
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		for (size_t j = 0; j < lists[i]->count; j++) {
			const struct variable_statement *statement = &lists[i]->items[j];
			if (statement->origin.layer != LAYER_FLAGS || strchr(statement->name, '*'))
				continue;
			struct judgement judgement = judge(policy, statement->name);
			bool is_removed = judgement.bound && (!statement->value || !find_set(policy, statement->name));
			if (!is_removed)
				continue;
			CORDON_ON_EXIT(free_text) char *place = policy_place(judgement.bound);
			return policy_complain(err, &statement->origin, "'%s' has no effect: %s removes it",
					       statement->name, place ? place : judgement.bound->file);
		}
	}
	return true;
}

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

/* A variable's name: the first bytes of NAME=VALUE. */
struct name {
	const char *text;
	size_t length;
};

static inline bool is_equal(enum target target, const char *a, const char *b, size_t length)
{
	size_t at = 0;
	while (at < length && fold(target, a[at]) == fold(target, b[at]))
		at++;
	return at == length;
}

/* Where the text stands in the first `length` bytes, or NULL. */
static const char *find(enum target target, const char *bytes, size_t length, const char *text, size_t text_length)
{
	char first = fold(target, *text);
	for (size_t i = 0; i + text_length <= length; i++)
		if (fold(target, bytes[i]) == first && is_equal(target, bytes + i, text, text_length))
			return bytes + i;
	return NULL;
}

/* What stands between the first `*` and the last is looked for from left to right, and the first place is always good
 * enough.
 */
static bool has_middle(enum target target, const struct name_pattern *pattern, struct name name)
{
	const char *last = pattern->text + pattern->length - pattern->back - 1;
	const char *at = name.text + pattern->front, *end = name.text + name.length - pattern->back;
	for (const char *star = pattern->text + pattern->front; star < last;) {
		const char *text = ++star;
		while (*star != '*')
			star++;
		const char *found = star > text ? find(target, at, (size_t)(end - at), text, (size_t)(star - text))
						: at;
		if (!found)
			return false;
		at = found + (star - text);
	}
	return true;
}

static inline bool matches(enum target target, const struct name_pattern *pattern, struct name name)
{
	size_t front = pattern->front, back = pattern->back;
	bool is_in_full = front == pattern->length;
	if (name.length < pattern->least || (is_in_full && name.length > front))
		return false;
	return is_equal(target, pattern->text, name.text, front) &&
	       is_equal(target, pattern->text + pattern->length - back, name.text + name.length - back, back) &&
	       (is_in_full || has_middle(target, pattern, name));
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

/* What is the same for all names. */
struct judging {
	const struct policy *policy;
	int inherit_order;
	const struct key_statement *bound; /* the administrator's list of names; NULL: none */
};

static struct judging judging_of(const struct policy *policy)
{
	return (struct judging){
		.policy = policy,
		.inherit_order = inherit_order(policy),
		.bound = policy_find_key(policy, "environment.inherit", LAYER_MANAGED),
	};
}

struct judgement {
	bool is_inherited;
	int named_order; /* the latest statement that names it in full; -1: none */
	int removed_order;
	const struct origin *bound; /* that takes it away; NULL: none */
};

static void judge_inherited(const struct judging *judging, struct name name, struct judgement *judgement)
{
	const struct policy *policy = judging->policy;
	bool is_left = !judging->bound;
	for (size_t i = 0; i < policy->inherit.count; i++) {
		const struct variable_statement *statement = &policy->inherit.items[i];
		if (!matches(policy->target, &statement->name, name))
			continue;
		bool is_in_full = statement->name.front == statement->name.length;
		if (is_bound(statement->origin.layer)) {
			is_left = true;
		} else if (statement->order == judging->inherit_order || statement->origin.layer == LAYER_FLAGS) {
			judgement->is_inherited = true;
			if (is_in_full && statement->order > judgement->named_order)
				judgement->named_order = statement->order;
		}
	}
	if (!is_left)
		judgement->bound = &judging->bound->origin;
}

static struct judgement judge(const struct judging *judging, struct name name)
{
	const struct policy *policy = judging->policy;
	struct judgement judgement = { false, -1, -1, NULL };
	judge_inherited(judging, name, &judgement);
	for (size_t i = 0; i < policy->remove.count; i++) {
		const struct variable_statement *statement = &policy->remove.items[i];
		if (!matches(policy->target, &statement->name, name))
			continue;
		if (is_bound(statement->origin.layer))
			judgement.bound = &statement->origin;
		else if (statement->order > judgement.removed_order)
			judgement.removed_order = statement->order;
	}
	return judgement;
}

static bool is_passed_on(const struct judging *judging, struct name name)
{
	struct judgement judgement = judge(judging, name);
	return judgement.is_inherited && !judgement.bound &&
	       (judgement.removed_order < 0 || judgement.named_order > judgement.removed_order);
}

/* The last value that is set for the name and not taken away again; NULL: none. */
static const struct variable_statement *find_set(const struct policy *policy, struct name name)
{
	const struct variable_statement *found = NULL;
	for (size_t i = 0; i < policy->set.count; i++) {
		const struct variable_statement *statement = &policy->set.items[i];
		if (matches(policy->target, &statement->name, name) && (!found || statement->order >= found->order))
			found = statement;
	}
	if (!found)
		return NULL;
	for (size_t i = 0; i < policy->remove.count; i++) {
		const struct variable_statement *statement = &policy->remove.items[i];
		bool is_later = is_bound(statement->origin.layer) || statement->order > found->order;
		if (is_later && matches(policy->target, &statement->name, name))
			return NULL;
	}
	return found;
}

/* -- the list --------------------------------------------------------------------------------------------------- */

struct entry {
	const char *text; /* NAME=VALUE */
	struct name name;
};

struct list {
	struct entry *items;
	size_t count, room;
	struct arena arena; /* of the list, and of entries that are not the facts' */
};

static void list_free(struct list *list)
{
	arena_free(&list->arena);
}

static bool add_entry(struct list *list, const char *text, size_t name_length, struct cordon_error *err)
{
	struct entry *entry = text ? LIST_ADD_IN(&list->arena, list) : NULL;
	if (!entry)
		return cordon_fail_memory(err);
	*entry = (struct entry){ text, { text, name_length } };
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

static bool has_name(enum target target, const struct list *list, struct name name)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].name.length == name.length &&
		    is_equal(target, list->items[i].text, name.text, name.length))
			return true;
	return false;
}

static bool add_inherited(const struct policy *policy, const struct facts *facts, struct list *list,
			  struct cordon_error *err)
{
	struct judging judging = judging_of(policy);
	for (char **entry = facts->environment; entry && *entry; entry++) {
		const char *equals = find_equals(policy->target, *entry);
		if (!equals || equals == *entry)
			continue;
		struct name name = { *entry, (size_t)(equals - *entry) };
		/* Of a name that is there twice some programs take the first, some the last: one is left. */
		if (!is_passed_on(&judging, name) || find_set(policy, name) || has_name(policy->target, list, name))
			continue;
		if (!add_entry(list, *entry, name.length, err))
			return false;
	}
	return true;
}

static bool add_set(const struct policy *policy, struct list *list, struct cordon_error *err)
{
	for (size_t i = 0; i < policy->set.count; i++) {
		const struct variable_statement *statement = &policy->set.items[i];
		struct name name = { statement->name.text, statement->name.length };
		if (find_set(policy, name) != statement)
			continue;
		CORDON_ON_EXIT(text_free) struct text text = { 0 };
		text_addf(&text, "%s=%s", name.text, statement->value);
		const char *kept = text_ok(&text) ? arena_copy(&list->arena, text.bytes, text.length) : NULL;
		if (!add_entry(list, kept, name.length, err))
			return false;
	}
	return true;
}

/* An `=` in a name is the first character of a current directory's, and comes first. */
static int rank(char c)
{
	return c == '=' ? 0 : (unsigned char)fold(TARGET_WINDOWS, c);
}

/* Windows wants the block sorted by name, without case. */
static int compare_entries(const void *left, const void *right)
{
	struct name a = ((const struct entry *)left)->name, b = ((const struct entry *)right)->name;
	for (size_t i = 0; i < a.length && i < b.length; i++)
		if (rank(a.text[i]) != rank(b.text[i]))
			return rank(a.text[i]) - rank(b.text[i]);
	/* The name's end sorts before any letter. */
	return (a.length > b.length) - (a.length < b.length);
}

bool policy_environment(const struct policy *policy, const struct facts *facts, char ***ret_environment,
			struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(list_free) struct list list = { .arena = arena_in(&room) };
	if (!add_inherited(policy, facts, &list, err) || !add_set(policy, &list, err))
		return false;
	if (policy->target == TARGET_WINDOWS && list.count > 0)
		qsort(list.items, list.count, sizeof *list.items, compare_entries);

	const char **texts = arena_take(&list.arena, (list.count + 1) * sizeof *texts);
	if (!texts)
		return cordon_fail_memory(err);
	for (size_t i = 0; i < list.count; i++)
		texts[i] = list.items[i].text;
	char **environment = text_list(NULL, texts, list.count);
	if (!environment)
		return cordon_fail_memory(err);
	*ret_environment = environment;
	return true;
}

bool policy_check_environment(const struct policy *policy, struct cordon_error *err)
{
	const struct variable_statements *lists[] = { &policy->inherit, &policy->set };
	struct judging judging = judging_of(policy);
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		for (size_t j = 0; j < lists[i]->count; j++) {
			const struct variable_statement *statement = &lists[i]->items[j];
			struct name name = { statement->name.text, statement->name.length };
			if (statement->origin.layer != LAYER_FLAGS || statement->name.front < name.length)
				continue;
			struct judgement judgement = judge(&judging, name);
			bool is_removed = judgement.bound && (!statement->value || !find_set(policy, name));
			if (!is_removed)
				continue;
			CORDON_ON_EXIT(free_text) char *place = policy_place(judgement.bound);
			return policy_complain(err, &statement->origin, "'%s' has no effect: %s removes it", name.text,
					       place ? place : judgement.bound->file);
		}
	}
	return true;
}

#include "nt_trial.h"

#include <string.h>

#include "base/list.h"

static struct windows_entry *any_entry(struct trial *trial, struct windows_object **ret_object)
{
	struct windows_object_list *objects = &trial->plan->windows->objects;
	size_t count = 0;
	for (size_t i = 0; i < objects->count; i++)
		count += objects->items[i].entries.count;
	size_t chosen = count ? trial_pick(trial, (unsigned)count) : 0;
	for (size_t i = 0; i < objects->count; i++) {
		if (chosen < objects->items[i].entries.count) {
			*ret_object = &objects->items[i];
			return &objects->items[i].entries.items[chosen];
		}
		chosen -= objects->items[i].entries.count;
	}
	return NULL;
}

static void plant_entry(struct trial *trial)
{
	struct windows_object *object;
	struct windows_entry *entry = any_entry(trial, &object);
	if (entry)
		memmove(entry, entry + 1,
			(size_t)(object->entries.items + --object->entries.count - entry) * sizeof *entry);
}

static void plant_order(struct trial *trial)
{
	struct windows_object *object;
	struct windows_entry *entry = any_entry(trial, &object);
	if (!entry || object->entries.count < 2)
		return;
	struct windows_entry first = object->entries.items[0];
	object->entries.items[0] = object->entries.items[object->entries.count - 1];
	object->entries.items[object->entries.count - 1] = first;
}

static void plant_mask(struct trial *trial)
{
	struct windows_object *object;
	struct windows_entry *entry = any_entry(trial, &object);
	uint32_t bit = 0;
	for (int tries = 0; entry && !bit && tries < 200; tries++)
		bit = entry->rights & (1u << trial_pick(trial, 21));
	if (entry)
		entry->rights &= ~bit;
}

static void plant_more(struct trial *trial)
{
	static const uint32_t bits[] = { RIGHT_DELETE_CHILD, RIGHT_WRITE_DAC, RIGHT_WRITE_OWNER, RIGHT_WRITE_DATA };
	struct windows_object *object;
	struct windows_entry *entry = any_entry(trial, &object);
	if (entry && !entry->denies)
		entry->rights |= bits[trial_pick(trial, COUNT_OF(bits))];
}

static void plant_sid(struct trial *trial)
{
	struct windows_object *object;
	struct windows_entry *entry = any_entry(trial, &object);
	if (entry)
		entry->sid = (struct sid){ (enum sid_role)trial_pick(trial, SID_ROLE_COUNT), 0 };
}

static void plant_reach(struct trial *trial)
{
	struct windows_object *object;
	struct windows_entry *entry = any_entry(trial, &object);
	if (entry)
		entry->reach = entry->reach == REACH_OBJECT ? REACH_CHILDREN : REACH_OBJECT;
}

static void plant_token(struct trial *trial)
{
	struct windows_token *token = &trial->plan->windows->token;
	switch (trial_pick(trial, 4)) {
	case 0:
		token->drops_privileges = false;
		break;
	case 1:
		token->drops_administrators = false;
		break;
	case 2:
		token->is_container = token->is_write_restricted = false;
		token->restricting.count = 0;
		break;
	default:
		if (token->restricting.count > 0)
			token->restricting.items[trial_pick(trial, (unsigned)token->restricting.count)] = (struct sid){
				SID_USER, 0
			};
	}
}

static void plant_cut(struct trial *trial)
{
	for (size_t i = 0; i < trial->plan->windows->objects.count; i++)
		trial->plan->windows->objects.items[i].is_cut = false;
}

static void plant_label(struct trial *trial)
{
	for (size_t i = 0; i < trial->plan->windows->objects.count; i++)
		trial->plan->windows->objects.items[i].label = 0;
}

static void plant_integrity(struct trial *trial)
{
	trial->plan->windows->token.integrity = INTEGRITY_MEDIUM;
}

/* What a planner could have wrong; each has to be found. */
const struct plant plants[] = {
	{ "entry", plant_entry },         /* one entry left out */
	{ "order", plant_order },         /* a grant before the denials */
	{ "mask", plant_mask },           /* one right missing */
	{ "more", plant_more },           /* one right too many */
	{ "sid", plant_sid },             /* one identity for another */
	{ "reach", plant_reach },         /* not for what is below, or only */
	{ "token", plant_token },         /* one line of the token's recipe left out */
	{ "cut", plant_cut },             /* what packages inherit stays */
	{ "label", plant_label },         /* a root stays at medium */
	{ "integrity", plant_integrity }, /* the token too */
};

const size_t plant_count = COUNT_OF(plants);

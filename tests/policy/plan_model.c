#include "plan_model.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"

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
	case MOUNT_LAYER:
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
static bool is_own_place(const struct plan *plan, const char *path)
{
	static const char *const places[] = { "/tmp", "/run", "/dev", "/proc" };
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		size_t length = strlen(places[i]);
		if (strncmp(path, places[i], length) != 0 || (path[length] && path[length] != '/'))
			continue;
		size_t count;
		const struct rule *rules = policy_rules(plan->policy, &count);
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

static bool has_granted_below(const struct world *world, const struct plan *plan, const char *path)
{
	size_t length = strlen(path);
	for (size_t i = 0; i < world->count; i++)
		if (strncmp(world->entries[i].path, path, length) == 0 && world->entries[i].path[length] == '/' &&
		    policy_decide_path(plan->policy, world->entries[i].path).access != ACCESS_NONE)
			return true;
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct plan_mount *mount = &plan->mounts.items[i];
		bool is_made = mount->kind == MOUNT_BIND && mount->is_writable && mount->is_missing;
		if (is_made && strncmp(mount->path, path, length) == 0 && mount->path[length] == '/')
			return true;
	}
	return false;
}

static void check_path(const struct world *world, const struct plan *plan, const char *path)
{
	struct spot spot = look(plan, plan->mounts.count, path, false);
	enum access wanted = policy_decide_path(plan->policy, path).access;
	if (is_own_place(plan, path) || (wanted == ACCESS_NONE && spot.shown == SHOWN_OWN)) {
		/* Nothing of the host's is there; a directory that leads to something is the tmpfs's. */
		if (spot.shown != SHOWN_OWN && !has_granted_below(world, plan, path))
			fail_at(plan, path, "shows the host's");
		return;
	}
	if (wanted == ACCESS_NONE && spot.shown != SHOWN_NOTHING) {
		bool leads_on = has_granted_below(world, plan, path) && spot.is_partial;
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
	char above[WORLD_PATH_ROOM];
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
		char parent[WORLD_PATH_ROOM];
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
	const struct rule *rules = policy_rules(plan->policy, &count);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = &rules[i];
		char above[WORLD_PATH_ROOM];
		if (rule->is_glob || world_find(world, rule->landing) ||
		    policy_decide_path(plan->policy, rule->landing).access != ACCESS_NONE)
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

void model_check(const struct world *world, const struct plan *plan, const char *text)
{
	judged_text = text;
	for (size_t i = 0; i < world->count; i++)
		if (!world->entries[i].target)
			check_path(world, plan, world->entries[i].path);
	for (size_t i = 0; i < plan->mounts.count; i++)
		check_step(world, plan, i);
	check_missing(world, plan);
}

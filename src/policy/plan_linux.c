/* The mount view of a Linux run.
 *
 * The command's namespace starts as a copy of the host's mounts, all read-only. One walk over the tree of rules
 * (parents first) says what each place holds then, and lays a step wherever the policy wants something else:
 *
 *	wanted \ holding   host, read-only    host, writable     our own tmpfs      nothing
 *	write              bind, writable     -                  bind, writable     shown, and bound writable
 *	read               -                  bind, read-only    bind, read-only    shown
 *	none               facade, or cover   cover              -                  -
 *
 * A hidden directory below which something is reopened becomes a facade that shows that alone.
 *
 * A cache is a layer: a private place that the command may write, over the user's own or alone. Its mount point is made
 * in a facade wherever there can be one, so that it needs nothing in the user's directory and nothing there takes it
 * away.
 *
 * A mount point can be neither renamed nor removed inside, but the directories above it can, and would carry the
 * mount away. So each directory between a step and the writable root around it is pinned: bound onto itself.
 * Renames across a pin fail with EXDEV, so nothing else is.
 *
 * What a mount cannot hold is a name. In a directory that the user's programs may change, on the host, during the
 * run, a hidden name is therefore left out of a facade, whether it exists or not. In a writable root that is no
 * way: there a missing name gets a placeholder or nothing (plan_node_is_held).
 */
#include <stdlib.h>
#include <string.h>

#include "base/gate.h"
#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "policy/path.h"
#include "policy/plan.h"
#include "policy/plan_tree.h"

enum holding {
	HOLDS_READ,    /* the host's, read-only */
	HOLDS_WRITE,   /* the host's, writable */
	HOLDS_PRIVATE, /* a place of the run's own that began empty, writable */
	HOLDS_LAYER,   /* the host's under a layer of the run's own, writable */
	HOLDS_NOTHING, /* hidden; a facade that shows some entries shows nothing else */
	HOLDS_SYSTEM,  /* /proc and /dev as cordon makes them */
};

struct place {
	enum holding holding;
	bool has_step;
	enum mount_kind kind;
	bool is_writable;
	bool is_missing;
	bool is_held;
	bool shows_only;
	const struct rule *rule;
	struct name_list {
		const char **items;
		size_t count, room;
	} names, made, decoys; /* FACADE */
};

struct view {
	struct plan *plan;
	struct arena *arena; /* for what is used meanwhile */
	struct plan_tree tree;
	struct place *places; /* one a node */
};

static const struct {
	const char *path;
	enum mount_kind kind;
	enum holding holding;
} own_mounts[] = {
	{ "/tmp", MOUNT_PRIVATE, HOLDS_PRIVATE },
	{ "/run", MOUNT_PRIVATE, HOLDS_PRIVATE },
	{ "/dev", MOUNT_DEVICES, HOLDS_SYSTEM },
	{ "/proc", MOUNT_PROC, HOLDS_SYSTEM },
};

/* -- steps ------------------------------------------------------------------------------------------------------- */

static void pin_directories_above(struct view *view, size_t index, const struct rule *rule)
{
	for (size_t above = view->tree.items[index].parent; above != NO_NODE; above = view->tree.items[above].parent) {
		struct place *place = &view->places[above];
		if (place->holding != HOLDS_WRITE || place->has_step || view->tree.items[above].parent == NO_NODE)
			return;
		place->has_step = true;
		place->kind = MOUNT_BIND;
		place->is_writable = true;
		place->rule = rule;
	}
}

static struct place *lay(struct view *view, size_t index, enum mount_kind kind)
{
	struct place *place = &view->places[index];
	place->has_step = true;
	place->kind = kind;
	place->is_missing = view->tree.items[index].type == PATH_MISSING;
	place->rule = view->tree.items[index].rule;
	pin_directories_above(view, index, place->rule);
	return place;
}

static bool add_to(struct view *view, struct name_list *names, const char *name, struct cordon_error *err)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], name) == 0)
			return true;
	const char **added = LIST_ADD_IN(view->arena, names);
	if (!added)
		return cordon_fail_memory(err);
	*added = name;
	return true;
}

static bool add_name(struct view *view, size_t index, const char *name, struct cordon_error *err)
{
	return add_to(view, &view->places[index].names, name, err);
}

static bool is_facade(const struct place *place)
{
	return place->has_step && place->kind == MOUNT_FACADE;
}

/* A facade takes the place of a read-only bind: its entries are bound read-only as well. */
static bool hide_name(struct view *view, size_t directory, const char *name, const struct rule *rule,
		      struct cordon_error *err)
{
	struct place *place = &view->places[directory];
	if (!is_facade(place)) {
		place->has_step = true;
		place->kind = MOUNT_FACADE;
		place->rule = rule;
	}
	return add_name(view, directory, name, err);
}

static bool is_root(const struct view *view, size_t index)
{
	return view->tree.items[index].parent == NO_NODE;
}

/* The node or the topmost of the missing ones above it; its parent exists. */
static size_t topmost_missing(const struct view *view, size_t index)
{
	const struct plan_node *nodes = view->tree.items;
	while (nodes[nodes[index].parent].type == PATH_MISSING)
		index = nodes[index].parent;
	return index;
}

/* May the user's programs, on the host, put something else in the place of the node? */
static bool is_replaceable(const struct view *view, size_t index, size_t top)
{
	const struct plan_node *node = &view->tree.items[index];
	return !is_root(view, view->tree.items[top].parent) &&
	       (top != index || !node->fact || node->fact->parent_is_users);
}

/* Hides a name whose directory is the host's, read-only. What lies in a directory that only root changes is
 * covered, and left alone while it is missing; the root itself cannot be replaced.
 */
static bool hide_in_readable(struct view *view, size_t index, struct cordon_error *err)
{
	const struct plan_node *nodes = view->tree.items;
	const struct plan_node *node = &nodes[index];
	size_t top = topmost_missing(view, index);
	size_t directory = nodes[top].parent;

	/* Above missing names there may be a file, or a writable root. */
	if (nodes[directory].type != PATH_DIRECTORY || view->places[directory].holding != HOLDS_READ)
		return true;
	bool is_cordons = node->rule->origin.layer == LAYER_MANAGED && node->rule->origin.line == 0;
	if (is_replaceable(view, index, top))
		return hide_name(view, directory, plan_node_name(&nodes[top]), node->rule, err) &&
		       (top != index || is_cordons ||
			add_to(view, &view->places[directory].decoys, plan_node_name(node), err));
	if (node->type != PATH_MISSING)
		lay(view, index, MOUNT_COVER);
	return true;
}

/* -- what each place holds --------------------------------------------------------------------------------------- */

static bool leave_unheld(struct view *view, const struct plan_node *node, struct cordon_error *err)
{
	/* the host makes repositories, and what a new one holds is looked at apart */
	if (strcmp(plan_node_name(node), ".git") == 0)
		return true;
	struct plan_unheld *unheld = LIST_ADD_IN(&view->plan->arena, &view->plan->unheld);
	if (!unheld)
		return cordon_fail_memory(err);
	unheld->rule = node->rule;
	unheld->is_hidden = node->wanted == ACCESS_NONE;
	unheld->path = arena_copy(&view->plan->arena, node->path, strlen(node->path));
	return unheld->path || cordon_fail_memory(err);
}

/* The rule by which the node is named, if it was not decided further up. */
static const struct rule *own_rule(const struct plan_node *node)
{
	return node->is_named && strcmp(node->rule->landing, node->path) == 0 ? node->rule : NULL;
}

static bool place_hidden(struct view *view, size_t index, enum holding around, struct cordon_error *err)
{
	struct plan_node *node = &view->tree.items[index];
	struct place *place = &view->places[index];
	place->holding = around == HOLDS_PRIVATE ? HOLDS_PRIVATE : HOLDS_NOTHING;
	if (around == HOLDS_WRITE)
		view->plan->guarantees[GUARANTEE_FILES_PROTECT].is_asked = true;
	if (around == HOLDS_PRIVATE || (around == HOLDS_NOTHING && !node->is_reopened))
		return true;

	if (node->is_reopened) {
		if (around == HOLDS_NOTHING && !add_name(view, node->parent, plan_node_name(node), err))
			return false;
		lay(view, index, MOUNT_FACADE)->shows_only = true;
		return true;
	}
	if (around == HOLDS_READ)
		return hide_in_readable(view, index, err);
	/* The layer holds a missing name, whatever the user saves there: what is covered is an empty file of the
	 * layer's. Of tools that the user lacks a preset's names would only be in the way.
	 */
	if (around == HOLDS_LAYER) {
		bool is_far = node->type == PATH_MISSING && !(node->fact && node->fact->parent_exists);
		if (is_far && node->rule->origin.layer == LAYER_PRESET)
			return true;
		lay(view, index, MOUNT_COVER);
		return true;
	}
	/* cordon's own state, a bound without a line, appears when a run has something to keep */
	const struct origin *origin = &node->rule->origin;
	if (node->type == PATH_MISSING)
		return (origin->layer == LAYER_MANAGED && origin->line == 0) || leave_unheld(view, node, err);
	lay(view, index, MOUNT_COVER);
	return true;
}

/* Below our own tmpfs only what the grant names is brought in from the host. */
static bool place_readable(struct view *view, size_t index, enum holding around, struct cordon_error *err)
{
	struct plan_node *node = &view->tree.items[index];
	struct place *place = &view->places[index];
	bool exists = node->type != PATH_MISSING;
	place->holding = HOLDS_READ;
	if (around == HOLDS_WRITE) {
		view->plan->guarantees[GUARANTEE_FILES_PROTECT].is_asked = true;
		bool is_held = plan_node_is_held(&view->tree, index);
		if (exists || is_held)
			lay(view, index, MOUNT_BIND)->is_held = is_held;
		else if (plan_node_is_left(&view->tree, index))
			return leave_unheld(view, node, err);
	} else if (around == HOLDS_PRIVATE && node->is_granted && exists) {
		lay(view, index, MOUNT_BIND);
	} else if (around == HOLDS_PRIVATE) {
		place->holding = HOLDS_PRIVATE;
	} else if (around == HOLDS_LAYER && own_rule(node) && exists) {
		lay(view, index, MOUNT_BIND);
	} else if (around == HOLDS_LAYER) {
		place->holding = HOLDS_LAYER;
	} else if (around == HOLDS_NOTHING && exists) {
		return add_name(view, node->parent, plan_node_name(node), err);
	} else if (around == HOLDS_NOTHING) {
		place->holding = HOLDS_NOTHING;
	}
	return true;
}

static bool place_writable(struct view *view, size_t index, enum holding around, struct cordon_error *err)
{
	struct plan_node *node = &view->tree.items[index];
	struct place *place = &view->places[index];
	place->holding = HOLDS_WRITE;
	if (around == HOLDS_WRITE)
		return true;
	if (around == HOLDS_PRIVATE && !node->is_granted) { /* "/" is writable, which says nothing of our own tmpfs */
		place->holding = HOLDS_PRIVATE;
		return true;
	}
	if (around == HOLDS_NOTHING && !add_name(view, node->parent, plan_node_name(node), err))
		return false;
	lay(view, index, MOUNT_BIND)->is_writable = true;
	return true;
}

/* -- caches -------------------------------------------------------------------------------------------------------- */

/* The mount point is made in a facade, by its path from there. */
static bool make_point(struct view *view, size_t directory, size_t index, struct cordon_error *err)
{
	size_t length = strlen(view->tree.items[directory].path);
	return add_to(view, &view->places[directory].made, view->tree.items[index].path + length + 1, err);
}

/* Leaves *ret_is_placed false where the place is such that the policy alone decides: writable, or the run's own. */
static bool place_cache(struct view *view, size_t index, bool *ret_is_placed, struct cordon_error *err)
{
	const struct plan_node *node = &view->tree.items[index];
	size_t top = topmost_missing(view, index);
	size_t directory = view->tree.items[top].parent;
	struct place *around = &view->places[directory];
	bool exists = node->type == PATH_DIRECTORY;
	*ret_is_placed = false;
	if (view->tree.items[directory].type != PATH_DIRECTORY)
		return true;
	if (around->holding == HOLDS_READ && (is_facade(around) || is_replaceable(view, index, top))) {
		if (!hide_name(view, directory, plan_node_name(&view->tree.items[top]), node->cache->rule, err) ||
		    !make_point(view, directory, index, err))
			return false;
	} else if (around->holding == HOLDS_NOTHING && is_facade(around)) {
		if (!make_point(view, directory, index, err))
			return false;
	} else if (around->holding != HOLDS_READ || !exists) {
		return true;
	}
	lay(view, index, MOUNT_LAYER)->holding = node->cache->is_shown ? HOLDS_LAYER : HOLDS_PRIVATE;
	*ret_is_placed = true;
	return true;
}

/* A rule protects what its path leads to. A link on the way there that the command could replace by a name of its own
 * stays what it is, as it is: a mount may lie on a link, which is no way to follow it.
 */
static void place_link(struct view *view, size_t index, enum holding around)
{
	struct place *place = &view->places[index];
	place->holding = around;
	if (around != HOLDS_WRITE)
		return;
	view->plan->guarantees[GUARANTEE_FILES_PROTECT].is_asked = true;
	lay(view, index, MOUNT_BIND)->is_missing = false;
	place->rule = view->tree.items[index].link_rule;
}

/* -- places of the platform ---------------------------------------------------------------------------------------- */

/* /proc and /dev are made anew for each run: a rule can neither widen nor narrow them. */
static bool place_in_system(const struct view *view, size_t index, struct cordon_error *err)
{
	const struct plan_node *node = &view->tree.items[index];
	const struct rule *rule = own_rule(node);
	bool is_narrowed = node->wanted == ACCESS_NONE && node->type != PATH_MISSING;
	bool is_widened = node->wanted == ACCESS_WRITE && !text_starts(node->path, "/dev/shm") &&
			  !text_starts(node->path, "/dev/pts") && strcmp(node->path, "/dev") != 0;
	view->places[index].holding = HOLDS_SYSTEM;
	if (rule && rule->origin.layer != LAYER_PRESET && (is_narrowed || is_widened))
		return plan_refuse(err, rule,
				   "'%s': the command has a /dev and /proc of its own, which rules do not reach; "
				   "leave the rule out",
				   rule->pattern);
	return true;
}

/* "/tmp": "write" would be taken for the host's /tmp by one reader and for a private one by the next. */
static bool place_own_mount(struct view *view, size_t index, enum holding holding, struct cordon_error *err)
{
	const struct plan_node *node = &view->tree.items[index];
	const struct rule *rule = own_rule(node);
	if (holding == HOLDS_SYSTEM)
		return place_in_system(view, index, err);
	view->places[index].holding = holding;
	if (rule && rule->origin.layer != LAYER_PRESET && rule->access != ACCESS_NONE)
		return plan_refuse(err, rule,
				   "'%s': the command has a writable %s of its own; name the directories in the host's "
				   "%s that it may use, or leave the rule out",
				   rule->pattern, node->path, node->path);
	return true;
}

static bool place_root(struct view *view, struct cordon_error *err)
{
	const struct plan_node *root = &view->tree.items[0];
	view->places[0].holding = root->wanted == ACCESS_WRITE ? HOLDS_WRITE : HOLDS_READ;
	view->plan->root_is_writable = root->wanted == ACCESS_WRITE;
	if (root->wanted != ACCESS_NONE || view->plan->facts->root_is_listed)
		return true;
	return plan_refuse(err, root->rule,
			   "files.read: '%s' closes the whole file system, which needs a list of what is "
			   "in it; hide directories instead (\"/home\": \"none\")",
			   root->rule->pattern);
}

static bool place_node(struct view *view, size_t index, struct cordon_error *err)
{
	const struct plan_node *node = &view->tree.items[index];
	for (size_t i = 0; i < COUNT_OF(own_mounts); i++)
		if (strcmp(node->path, own_mounts[i].path) == 0)
			return place_own_mount(view, index, own_mounts[i].holding, err);

	enum holding around = view->places[node->parent].holding;
	if (around == HOLDS_SYSTEM)
		return place_in_system(view, index, err);
	if (node->link) {
		place_link(view, index, around);
		return true;
	}
	bool is_placed = false;
	if (node->cache && !place_cache(view, index, &is_placed, err))
		return false;
	if (is_placed)
		return true;
	if (around == HOLDS_PRIVATE && node->is_granted && node->wanted != ACCESS_NONE && node->type == PATH_OTHER)
		return plan_refuse(err, node->rule,
				   "'%s' is a socket or device of the host; letting one in is not built yet",
				   node->path);
	switch (node->wanted) {
	case ACCESS_NONE:
		return place_hidden(view, index, around, err);
	case ACCESS_READ:
		return place_readable(view, index, around, err);
	case ACCESS_WRITE:
		return place_writable(view, index, around, err);
	}
	return cordon_fail(err, CORDON_UNSUPPORTED, "'%s': unknown access", node->path);
}

/* -- names that are links ---------------------------------------------------------------------------------------- */

static size_t find_node(const struct plan_tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->count; i++)
		if (strcmp(tree->items[i].path, path) == 0)
			return i;
	return NO_NODE;
}

/* A rule acts where its path lands. Where that path is a link in a directory that a facade stands for, the link
 * goes the way of what it leads to: a hidden one is left out, or the host could put the real thing in its place.
 */
static bool show_link(struct view *view, const struct rule *rule, struct cordon_error *err)
{
	if (!rule->fact || rule->path == rule->landing || strcmp(rule->path, rule->landing) == 0)
		return true;
	const char *slash = strrchr(rule->path, '/');
	if (!slash || slash == rule->path)
		return true;
	CORDON_ON_EXIT(free_text) char *directory = text_format("%.*s", (int)(slash - rule->path), rule->path);
	if (!directory)
		return cordon_fail_memory(err);
	size_t index = find_node(&view->tree, directory);
	if (index == NO_NODE)
		return true;

	struct place *place = &view->places[index];
	bool is_hidden = policy_decide_path(view->plan->policy, rule->landing).access == ACCESS_NONE;
	if (!place->has_step || place->kind != MOUNT_FACADE || place->shows_only == is_hidden)
		return true;
	return add_name(view, index, slash + 1, err);
}

static bool show_links(struct view *view, struct cordon_error *err)
{
	size_t count;
	const struct rule *rules = policy_rules(view->plan->policy, &count);
	for (size_t i = 0; i < count; i++)
		if (!rules[i].is_glob && !show_link(view, &rules[i], err))
			return false;
	return true;
}

/* -- the mount list ---------------------------------------------------------------------------------------------- */

static struct plan_mount *add_mount(struct plan *plan, enum mount_kind kind, const char *path)
{
	struct plan_mount *mount = LIST_ADD_IN(&plan->arena, &plan->mounts);
	if (!mount)
		return NULL;
	mount->kind = kind;
	mount->path = arena_copy(&plan->arena, path, strlen(path));
	return mount->path ? mount : NULL;
}

static bool add_own_mounts(struct plan *plan, struct cordon_error *err)
{
	for (size_t i = 0; i < COUNT_OF(own_mounts); i++) {
		struct plan_mount *mount = add_mount(plan, own_mounts[i].kind, own_mounts[i].path);
		if (!mount)
			return cordon_fail_memory(err);
		mount->is_directory = true;
		if (strcmp(mount->path, "/tmp") == 0 && plan->limits[LIMIT_DISK].is_set)
			mount->size = plan->limits[LIMIT_DISK].value;
	}
	return true;
}

/* What git takes for what it would do without the file: an empty commondir is a broken repository, and settings may say
 * nothing. Other runs know the placeholder by it.
 */
static const char *placeholder_content(const struct plan_node *node, const struct plan_mount *mount)
{
	if (mount->kind != MOUNT_BIND || mount->is_writable || mount->is_directory)
		return NULL;
	if (strcmp(plan_node_name(node), "commondir") == 0)
		return ".\n";
	return text_starts(node->rule->pattern, "${git_records}") ? "# cordon's\n" : NULL;
}

/* Layers of the home directory share an overlay. */
static bool describe_layer(struct view *view, const struct plan_node *node, struct plan_mount *mount,
			   struct cordon_error *err)
{
	struct plan *plan = view->plan;
	const struct path_fact *of_home = facts_find_path(plan->facts, plan->facts->home);
	const char *home = of_home ? of_home->landing : plan->facts->home;
	bool is_shared = home[1] && path_is_below(TARGET_LINUX, mount->path, home);
	mount->cache = node->cache->name;
	mount->is_directory = true;
	mount->is_missing = !node->cache->is_shown;
	mount->rule = node->cache->rule;
	if (!mount->is_missing)
		mount->lower = is_shared ? arena_copy(&plan->arena, home, strlen(home)) : mount->path;
	if (plan->caches)
		return mount->is_missing || mount->lower || cordon_fail_memory(err);

	CORDON_ON_EXIT(free_text) char *path = caches_keep(plan->facts);
	plan->caches = path ? arena_copy(&plan->arena, path, strlen(path)) : NULL;
	return (plan->caches && (mount->is_missing || mount->lower)) || cordon_fail_memory(err);
}

static bool add_names(struct view *view, const struct name_list *names, char ***ret_names, struct cordon_error *err)
{
	*ret_names = text_list(&view->plan->arena, names->items, names->count);
	return *ret_names || cordon_fail_memory(err);
}

static bool add_step(struct view *view, size_t index, struct cordon_error *err)
{
	const struct plan_node *node = &view->tree.items[index];
	const struct place *place = &view->places[index];
	if (!place->is_missing && !node->fact && !node->link)
		return cordon_fail(err, CORDON_OS_FAILED, "'%s' was not looked at; this is a defect of cordon",
				   node->path);

	struct plan_mount *mount = add_mount(view->plan, place->kind, node->path);
	if (!mount)
		return cordon_fail_memory(err);
	mount->is_writable = place->is_writable;
	mount->is_missing = place->is_missing;
	mount->is_held = place->is_held;
	mount->rule = place->rule;
	mount->is_link = node->link;
	mount->is_directory = !node->link && plan_node_is_directory(node);
	mount->content = node->link ? NULL : placeholder_content(node, mount);
	if (!place->is_missing) {
		mount->device = node->link ? node->link->device : node->fact->device;
		mount->inode = node->link ? node->link->inode : node->fact->inode;
	}
	if (place->kind == MOUNT_LAYER)
		return describe_layer(view, node, mount, err);
	if (place->kind != MOUNT_FACADE)
		return true;
	return add_names(view, &place->names, place->shows_only ? &mount->show : &mount->hide, err) &&
	       (place->made.count == 0 || add_names(view, &place->made, &mount->make, err)) &&
	       (place->decoys.count == 0 || add_names(view, &place->decoys, &mount->decoys, err));
}

/* -- sockets of the host ------------------------------------------------------------------------------------------ */

/* What the place that holds the path is. */
static enum holding holding_around(const struct view *view, const char *path)
{
	size_t best = 0, best_length = 0;
	for (size_t i = 0; i < view->tree.count; i++) {
		const char *above = view->tree.items[i].path;
		size_t length = strlen(above);
		if (length > best_length && strncmp(path, above, length) == 0 && path[length] == '/') {
			best = i;
			best_length = length;
		}
	}
	return view->places[best].holding;
}

/* Connecting asks for no writable mount: a socket that can be seen can be reached, and a service behind it does what
 * the command may not. Each is covered.
 */
static bool cover_sockets(struct view *view, struct cordon_error *err)
{
	const struct socket_list *sockets = &view->plan->facts->sockets;
	for (size_t i = 0; i < sockets->count; i++) {
		enum holding around = holding_around(view, sockets->items[i]);
		bool is_seen = (around == HOLDS_READ || around == HOLDS_WRITE) &&
			       policy_decide_path(view->plan->policy, sockets->items[i]).access != ACCESS_NONE;
		if (is_seen && !add_mount(view->plan, MOUNT_COVER, sockets->items[i]))
			return cordon_fail_memory(err);
	}
	return true;
}

/* What is hidden with something shown below it is a directory that can be entered all the same. */
static bool check_directory(const struct view *view, struct cordon_error *err)
{
	const char *directory = view->plan->directory;
	struct verdict verdict = policy_decide_path(view->plan->policy, directory);
	bool is_shown = verdict.access != ACCESS_NONE;
	for (size_t i = 0; i < view->tree.count && !is_shown; i++)
		is_shown = view->tree.items[i].is_reopened && strcmp(view->tree.items[i].path, directory) == 0;
	return is_shown || plan_refuse(err, verdict.rule,
				       "'%s' hides the directory in which the command starts, '%s'; narrow the rule or "
				       "start elsewhere",
				       verdict.rule->pattern, directory);
}

static bool build_view(struct view *view, struct cordon_error *err)
{
	if (!place_root(view, err))
		return false;
	for (size_t i = 1; i < view->tree.count; i++)
		if (!place_node(view, i, err))
			return false;
	if (!show_links(view, err) || !add_own_mounts(view->plan, err))
		return false;
	for (size_t i = 0; i < view->tree.count; i++)
		if (view->places[i].has_step && !add_step(view, i, err))
			return false;
	return cover_sockets(view, err) && check_directory(view, err);
}

/* -- network ----------------------------------------------------------------------------------------------------- */

static bool check_network(const struct plan *plan, struct cordon_error *err)
{
	size_t ports;
	policy_listen_ports(plan->policy, &ports);
	if (plan->network == NETWORK_OFF && ports > 0)
		return plan_refuse_at(
			err, policy_listen_origin(plan->policy, 0),
			"network.listen: no port inside can be reached while the network is off; set the mode to "
			"\"filtered\", which lets nothing out that 'allow' does not name");
	return ports <= GATE_LISTEN_MAX || plan_refuse_at(err, policy_listen_origin(plan->policy, GATE_LISTEN_MAX),
							  "network.listen: at most %d ports", GATE_LISTEN_MAX);
}

/* What git makes first in a repository, and what it finds one by. */
static const char *const made_with_repositories[] = { "HEAD", ".git", NULL };

bool plan_compile_linux(struct plan *plan, struct cordon_error *err)
{
	plan->noted = made_with_repositories;
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct view view = { .plan = plan, .arena = &arena };
	if (!check_network(plan, err) || !plan_tree_build(plan->policy, plan->facts, &arena, &view.tree, err))
		return false;
	if (view.tree.count == 0)
		return cordon_fail(err, CORDON_UNSUPPORTED, "the policy has no rule for files");
	view.places = arena_take(&arena, view.tree.count * sizeof *view.places);
	if (!view.places)
		return cordon_fail_memory(err);
	return build_view(&view, err);
}

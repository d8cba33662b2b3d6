/* The descriptors of a Windows run.
 *
 * NTFS checks an object's own descriptor, so every wish of the policy becomes entries on the object that a rule
 * names and, by inheritance, below it. What holds without any entry differs by tier:
 *	account       what every user of the machine may read; the user's profile grants it nothing
 *	appcontainer  what every package may read: the system's programs
 *	token         all that the user reads; and nothing to write
 * A protected name goes away with a directory above it: inside a root these may be changed, not removed.
 * DELETE_CHILD is granted nowhere, since through it a directory deletes a child that denies it.
 *
 * A name that does not exist has no descriptor; plan_node_is_held says which of them are made, so that they have
 * one, and the plan names the others.
 */
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "policy/path.h"
#include "policy/plan_tree.h"
#include "policy/plan_windows.h"

enum holding {
	HOLDS_NOTHING, /* closed to the tier */
	HOLDS_SYSTEM,  /* readable by the system's own grants, which are not ours to change */
	HOLDS_READ,    /* readable by an entry of ours; for the token: as the user */
	HOLDS_WRITE,
};

struct place {
	enum holding holding;
	size_t root;                  /* HOLDS_WRITE and below it: which; else NO_NODE */
	struct windows_object object; /* one of the plan if it has entries or is cut */
};

struct folder {
	enum tier tier;
	struct plan *plan;
	struct plan_windows *windows;
	struct windows_lack_list *lacks;
	struct plan_tree tree;
	struct place *places;
	const struct rule *wish; /* the rule being carried out */
	char *home;              /* keys */
	char *profiles;
};

static void free_object(struct windows_object *object)
{
	free(object->path);
	free(object->entries.items);
}

static void free_folder(struct folder *folder)
{
	for (size_t i = 0; folder->places && i < folder->tree.count; i++)
		free_object(&folder->places[i].object);
	free(folder->places);
	free(folder->home);
	free(folder->profiles);
}

static bool lacks(struct folder *folder, enum guarantee guarantee, bool is_grant, const char *why,
		  const struct rule *rule, struct cordon_error *err)
{
	for (size_t i = 0; i < folder->lacks->count; i++)
		if (folder->lacks->items[i].why == why)
			return true;
	struct windows_lack *lack = LIST_ADD(folder->lacks);
	if (!lack)
		return cordon_fail_memory(err);
	*lack = (struct windows_lack){ guarantee, is_grant, why, rule };
	return true;
}

/* `what` is static. */
static bool add_note(struct windows_narrowed_list *list, const char *what, const char *path, struct cordon_error *err)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *noted = list->items[i].path;
		if (list->items[i].what == what && (noted && path ? strcmp(noted, path) == 0 : noted == path))
			return true;
	}
	struct windows_narrowed *note = LIST_ADD(list);
	if (!note)
		return cordon_fail_memory(err);
	note->what = what;
	note->path = path ? strdup(path) : NULL;
	return !path || note->path || cordon_fail_memory(err);
}

static bool narrow(struct folder *folder, const char *what, const char *path, struct cordon_error *err)
{
	return add_note(&folder->windows->narrowed, what, path, err);
}

static bool expose(struct folder *folder, const char *what, const char *path, struct cordon_error *err)
{
	return add_note(&folder->windows->exposed, what, path, err);
}

/* -- entries ----------------------------------------------------------------------------------------------------- */

/* Denials first: NT takes the first entry that speaks of a right. */
static bool add_entry(struct folder *folder, size_t index, struct windows_entry entry, struct cordon_error *err)
{
	struct place *place = &folder->places[index];
	struct windows_entry_list *entries = &place->object.entries;
	for (size_t i = 0; i < entries->count; i++)
		if (entries->items[i].sid.role == entry.sid.role && entries->items[i].sid.root == entry.sid.root &&
		    entries->items[i].denies == entry.denies && entries->items[i].rights == entry.rights &&
		    entries->items[i].reach == entry.reach)
			return true;
	if (!LIST_ADD(entries))
		return cordon_fail_memory(err);
	size_t at = entries->count - 1;
	for (; at > 0 && entry.denies && !entries->items[at - 1].denies; at--)
		entries->items[at] = entries->items[at - 1];
	entries->items[at] = entry;
	if (!place->object.rule)
		place->object.rule = folder->wish;
	return true;
}

static struct sid role(enum sid_role sid_role)
{
	return (struct sid){ .role = sid_role };
}

static struct sid capability(size_t root)
{
	return (struct sid){ SID_CAPABILITY, root };
}

static enum reach reach_of(const struct folder *folder, size_t index)
{
	return folder->tree.items[index].type == PATH_FILE ? REACH_OBJECT : REACH_TREE;
}

/* Whom the tier's file checks are about. */
static enum sid_role subject(enum tier tier)
{
	return tier == TIER_ACCOUNT ? SID_ACCOUNTS : SID_PACKAGE;
}

static bool allow(struct folder *folder, size_t index, struct sid sid, uint32_t rights, enum reach reach,
		  const char *why, struct cordon_error *err)
{
	return add_entry(folder, index, (struct windows_entry){ false, sid, rights, reach, why }, err);
}

/* A denial holds in the first check for the accounts and in the second, of writes, for the root's capability. The
 * package's SID is left alone: a descriptor without a grant says the same and does not rest on how NT treats such
 * denials.
 */
static bool deny(struct folder *folder, size_t index, uint32_t rights, enum reach reach, const char *why,
		 struct cordon_error *err)
{
	struct windows_entry entry = { true, role(SID_ACCOUNTS), rights, reach, why };
	size_t root = folder->places[index].root;
	if (folder->tier == TIER_ACCOUNT && !add_entry(folder, index, entry, err))
		return false;
	entry.sid = capability(root);
	return root == NO_NODE || add_entry(folder, index, entry, err);
}

/* -- roots ------------------------------------------------------------------------------------------------------- */

/* The root itself may not be removed: what takes its place would not be the root. */
static bool allow_changes(struct folder *folder, size_t index, struct sid sid, const char *why,
			  struct cordon_error *err)
{
	if (folder->tree.items[index].type == PATH_FILE)
		return allow(folder, index, sid, RIGHTS_MODIFY_IN_PLACE, REACH_OBJECT, why, err);
	return allow(folder, index, sid, RIGHTS_MODIFY_IN_PLACE, REACH_OBJECT, why, err) &&
	       allow(folder, index, sid, RIGHTS_MODIFY, REACH_CHILDREN, why, err);
}

/* What the root grants to everybody holds for the command too, which is among them in both checks. */
static bool keep_root(struct folder *folder, size_t index, struct cordon_error *err)
{
	static const char why[] = "whatever everybody may do here";
	if (folder->tier == TIER_APPCONTAINER)
		return true;
	if (!deny(folder, index, RIGHTS_UNDO | RIGHT_DELETE, REACH_OBJECT, why, err))
		return false;
	return folder->tree.items[index].type == PATH_FILE ||
	       deny(folder, index, RIGHTS_UNDO, REACH_CHILDREN, why, err);
}

static bool grant_root(struct folder *folder, size_t index, struct cordon_error *err)
{
	static const char first[] = "the command works here: first check";
	static const char second[] = "the command works here: second check, of writes";
	size_t root = folder->places[index].root;
	if (!keep_root(folder, index, err))
		return false;
	if (folder->tier == TIER_ACCOUNT) {
		/* With the label, no other run is below the root any more: nothing else would keep it out. */
		folder->places[index].object.label = INTEGRITY_BELOW_MEDIUM;
		folder->places[index].object.drops_everyone = true;
	}
	switch (folder->tier) {
	case TIER_ACCOUNT:
		return allow_changes(folder, index, role(SID_ACCOUNTS), first, err) &&
		       allow_changes(folder, index, capability(root), second, err) &&
		       allow(folder, index, role(SID_USER), RIGHTS_OWN, reach_of(folder, index),
			     "what the command makes is the user's to take", err) &&
		       allow(folder, index, role(SID_OWNER_RIGHTS), RIGHT_READ_CONTROL, reach_of(folder, index),
			     "who makes a file here does not rewrite its descriptor", err);
	case TIER_APPCONTAINER:
		return allow_changes(folder, index, role(SID_PACKAGE), first, err);
	case TIER_TOKEN:
		return allow_changes(folder, index, capability(root), second, err);
	case TIER_COUNT:
		break;
	}
	return cordon_fail(err, CORDON_UNSUPPORTED, "unknown tier");
}

/* What stat and realpath want of the directories above a grant, up to where the tier sees for itself. */
static bool open_directories_above(struct folder *folder, size_t index, struct cordon_error *err)
{
	if (folder->tier == TIER_TOKEN)
		return true;
	for (size_t above = folder->tree.items[index].parent; above != NO_NODE;
	     above = folder->tree.items[above].parent) {
		bool is_in_home = path_is_below(TARGET_WINDOWS, folder->tree.items[above].key, folder->home);
		if (folder->places[above].holding != HOLDS_NOTHING || (!is_in_home && folder->tier == TIER_ACCOUNT))
			break;
		if (!is_in_home)
			return narrow(folder,
				      "attributes of the directories above, which only an administrator could open",
				      folder->tree.items[above].path, err);
		if (!allow(folder, above, role(subject(folder->tier)), RIGHTS_METADATA, REACH_OBJECT,
			   "programs look at the directories above", err))
			return false;
	}
	return true;
}

/* -- protected and hidden places --------------------------------------------------------------------------------- */

/* Inside a root: the directories above stay where they are. */
static bool hold_directories_above(struct folder *folder, size_t index, struct cordon_error *err)
{
	static const char why[] = "a protected path below it would go with it";
	for (size_t above = folder->tree.items[index].parent; folder->places[above].holding == HOLDS_WRITE;
	     above = folder->tree.items[above].parent) {
		struct place *place = &folder->places[above];
		bool is_root = folder->places[folder->tree.items[above].parent].holding != HOLDS_WRITE;
		if (folder->tier != TIER_APPCONTAINER) {
			if (!is_root && !deny(folder, above, RIGHTS_REMOVE, REACH_OBJECT, why, err))
				return false;
		} else if (!is_root) {
			place->object.is_cut = true;
			if (!allow_changes(folder, above, role(SID_PACKAGE), why, err))
				return false;
		}
		if (is_root)
			return true;
	}
	return true;
}

static bool protect(struct folder *folder, size_t index, struct cordon_error *err)
{
	static const char why[] = "read-only inside a root";
	struct place *place = &folder->places[index];
	struct windows_object *object = &place->object;
	object->is_created = folder->tree.items[index].type == PATH_MISSING;
	if (folder->tier == TIER_APPCONTAINER) {
		object->is_cut = true;
		if (!allow(folder, index, role(SID_PACKAGE), RIGHTS_READ, reach_of(folder, index), why, err))
			return false;
	} else if (!deny(folder, index, RIGHTS_CHANGE, reach_of(folder, index), why, err)) {
		return false;
	}
	return hold_directories_above(folder, index, err);
}

/* A directory that leads to something open can be looked at, as those above it can. */
static bool hide(struct folder *folder, size_t index, enum holding around, struct cordon_error *err)
{
	static const char why[] = "hidden";
	struct place *place = &folder->places[index];
	if (folder->tier == TIER_APPCONTAINER) {
		place->object.is_cut = true;
		place->object.rule = folder->wish;
	} else if (folder->tree.items[index].is_reopened) {
		if (!deny(folder, index, RIGHTS_ALL & ~RIGHTS_METADATA, REACH_OBJECT, why, err) ||
		    !deny(folder, index, RIGHTS_ALL, REACH_CHILDREN, why, err))
			return false;
	} else if (!deny(folder, index, RIGHTS_ALL, reach_of(folder, index), why, err)) {
		return false;
	}
	return around != HOLDS_WRITE || hold_directories_above(folder, index, err);
}

/* -- what each place holds --------------------------------------------------------------------------------------- */

/* A grant that is lost is asked for again; a denial that is lost is a hole. */
static bool is_narrowing(const struct windows_object *object)
{
	return object->is_cut || (object->entries.count > 0 && object->entries.items[0].denies);
}

/* What the tier's identity has by what stands in the descriptors already. */
static struct path_reach reach_by_itself(const struct folder *folder, const struct plan_node *node)
{
	if (!node->fact)
		return (struct path_reach){ 0 };
	return folder->tier == TIER_ACCOUNT ? node->fact->others : node->fact->packages;
}

/* The host makes repositories, and what a new one holds is looked at apart. cordon's own state, a bound without a line,
 * appears when a run has something to keep.
 */
static bool leave_unheld(struct folder *folder, const struct plan_node *node, struct cordon_error *err)
{
	const struct origin *origin = &node->rule->origin;
	if (strcmp(plan_node_name(node), ".git") == 0 || (origin->layer == LAYER_MANAGED && origin->line == 0))
		return true;
	struct plan_unheld *unheld = LIST_ADD_IN(&folder->plan->arena, &folder->plan->unheld);
	if (!unheld)
		return cordon_fail_memory(err);
	unheld->rule = node->rule;
	unheld->is_hidden = node->wanted == ACCESS_NONE;
	unheld->path = arena_copy(&folder->plan->arena, node->path, strlen(node->path));
	return unheld->path || cordon_fail_memory(err);
}

static bool is_drive(const struct plan_node *node)
{
	return node->key_length == 2 && node->key[1] == ':';
}

/* A drive is the system's to grant, as all drives together are: see place_root. */
static bool place_hidden_drive(struct folder *folder, size_t index, enum holding around, struct cordon_error *err)
{
	folder->places[index].holding = around;
	if (folder->tier != TIER_ACCOUNT)
		return true;
	return lacks(folder, GUARANTEE_FILES_READ, false, "what every user of the machine may read stays readable",
		     folder->tree.items[index].rule, err);
}

static bool place_hidden(struct folder *folder, size_t index, enum holding around, struct cordon_error *err)
{
	const struct plan_node *node = &folder->tree.items[index];
	struct place *place = &folder->places[index];
	struct path_reach has = reach_by_itself(folder, node);
	bool exists = node->type != PATH_MISSING;
	if (!exists && around == HOLDS_WRITE && !leave_unheld(folder, node, err))
		return false;
	if (folder->tier == TIER_TOKEN) {
		/* Hidden from reading it cannot be; inside a root it is at least kept from change. */
		place->holding = HOLDS_READ;
		return lacks(folder, GUARANTEE_FILES_READ, false, "reads as the user does: nothing can be hidden",
			     node->rule, err) &&
		       (around != HOLDS_WRITE || !exists || protect(folder, index, err));
	}
	if (is_drive(node))
		return place_hidden_drive(folder, index, around, err);
	place->holding = HOLDS_NOTHING;
	if (!exists)
		return true;
	place->object.is_seen = folder->places[node->parent].holding != HOLDS_NOTHING || !has.is_unlisted;
	if (place->object.is_seen && !expose(folder, "name, size and times", node->path, err))
		return false;
	if (around == HOLDS_NOTHING && has.is_closed)
		return true;
	if (around == HOLDS_SYSTEM && folder->tier == TIER_APPCONTAINER)
		return lacks(folder, GUARANTEE_FILES_READ, false, "every package may read the system's programs",
			     node->rule, err);
	return hide(folder, index, around, err);
}

/* Does the grant open it by a rule of its own, be that further up, rather than by the one for every drive? */
static bool is_granted_apart(const struct folder *folder, size_t index)
{
	for (; index != 0; index = folder->tree.items[index].parent)
		if (folder->tree.items[index].is_granted)
			return true;
	return false;
}

/* Does a denial or a cut of ours further up take away what the tier would see here by itself? */
static bool is_hidden_above(const struct folder *folder, size_t index)
{
	for (size_t above = folder->tree.items[index].parent; above != NO_NODE;
	     above = folder->tree.items[above].parent)
		if (folder->places[above].holding != HOLDS_NOTHING)
			return false;
		else if (is_narrowing(&folder->places[above].object))
			return true;
	return false;
}

static bool place_readable(struct folder *folder, size_t index, enum holding around, struct cordon_error *err)
{
	const struct plan_node *node = &folder->tree.items[index];
	struct place *place = &folder->places[index];
	bool exists = node->type != PATH_MISSING;
	place->holding = around == HOLDS_WRITE ? HOLDS_READ : around;
	if (around == HOLDS_WRITE && !exists && !plan_node_is_held(&folder->tree, index))
		return !plan_node_is_left(&folder->tree, index) || leave_unheld(folder, node, err);
	if (around == HOLDS_WRITE)
		return protect(folder, index, err);
	if (around == HOLDS_READ || !exists || (!is_granted_apart(folder, index) && !is_hidden_above(folder, index)))
		return true;
	if (around == HOLDS_SYSTEM && reach_by_itself(folder, node).is_open)
		return narrow(folder, "what is closed to others in it stays closed", node->path, err);
	place->holding = HOLDS_READ;
	return allow(folder, index, role(subject(folder->tier)), RIGHTS_READ, reach_of(folder, index),
		     "a rule opens it for reading", err) &&
	       open_directories_above(folder, index, err);
}

/* There a server decides by who the logon session is: it hears of no restricted token, and what is put on its files is its
 * business.
 */
static bool is_on_share(const struct plan_node *node)
{
	return path_is_separator(TARGET_WINDOWS, node->key[0]) && path_is_separator(TARGET_WINDOWS, node->key[1]);
}

static bool place_writable(struct folder *folder, size_t index, enum holding around, struct cordon_error *err)
{
	const struct plan_node *node = &folder->tree.items[index];
	struct place *place = &folder->places[index];
	if (around == HOLDS_WRITE || !node->is_named) {
		place->holding = around;
		return true;
	}
	if (is_on_share(node))
		return plan_refuse(
			err, node->rule,
			"'%s' is to be writable and lies on a network share, whose server decides for itself "
			"who may what; work in a folder on a local drive",
			node->path);
	if (node->type == PATH_MISSING)
		return plan_refuse(err, node->rule, "'%s' is to be writable and does not exist; make it first",
				   node->path);
	struct windows_root *root = LIST_ADD(&folder->windows->roots);
	if (!root)
		return cordon_fail_memory(err);
	root->path = strdup(node->path);
	root->rule = node->rule;
	root->device = node->fact ? node->fact->device : 0;
	root->inode = node->fact ? node->fact->inode : 0;
	place->holding = HOLDS_WRITE;
	place->root = folder->windows->roots.count - 1;
	return (root->path || cordon_fail_memory(err)) && grant_root(folder, index, err) &&
	       open_directories_above(folder, index, err);
}

/* Where Windows and programs for all users are installed: every package may read that. */
static bool is_for_everybody(const char *key)
{
	static const char *const folders[] = { "windows", "program files", "program files (x86)" };
	const char *below_drive = key[0] && key[1] == ':' && key[2] == '\\' ? key + 3 : "";
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		if (path_is_below(TARGET_WINDOWS, below_drive, folders[i]))
			return true;
	return false;
}

/* What the tier sees of a place that no entry of ours opens or closes. */
static enum holding holding_by_itself(const struct folder *folder, const struct plan_node *node, enum holding around)
{
	bool is_in_profile = strcmp(node->key, folder->profiles) != 0 &&
			     path_is_below(TARGET_WINDOWS, node->key, folder->profiles);
	if (folder->tier == TIER_ACCOUNT && around == HOLDS_SYSTEM && is_in_profile)
		return HOLDS_NOTHING;
	if (folder->tier == TIER_APPCONTAINER && around == HOLDS_NOTHING && is_for_everybody(node->key))
		return HOLDS_SYSTEM;
	return around;
}

static bool place_root(struct folder *folder, struct cordon_error *err)
{
	const struct plan_node *root = &folder->tree.items[0];
	struct place *place = &folder->places[0];
	place->holding = folder->tier == TIER_ACCOUNT ? HOLDS_SYSTEM
			 : folder->tier == TIER_TOKEN ? HOLDS_READ
						      : HOLDS_NOTHING;
	if (folder->tier == TIER_APPCONTAINER &&
	    !expose(folder, "what every package may read, the system's programs among it", NULL, err))
		return false;
	/* Below medium is not below low; and Everyone has to be among the restricting SIDs. */
	if (folder->tier == TIER_ACCOUNT &&
	    !expose(folder, "what Everyone may write and is labelled for programs of low integrity", NULL, err))
		return false;
	if (root->wanted == ACCESS_WRITE)
		return lacks(folder, GUARANTEE_FILES_WRITE, true, "cannot be given every drive for writing", root->rule,
			     err);
	if (root->wanted == ACCESS_READ && folder->tier == TIER_APPCONTAINER)
		return lacks(folder, GUARANTEE_FILES_READ, true, "cannot be given every drive for reading", root->rule,
			     err);
	if (root->wanted == ACCESS_READ && folder->tier == TIER_ACCOUNT)
		return narrow(folder, "of the user's profile, only what rules name in it is open",
			      folder->plan->facts->home, err);
	if (root->wanted == ACCESS_NONE && folder->tier == TIER_ACCOUNT)
		return lacks(folder, GUARANTEE_FILES_READ, false,
			     "what every user of the machine may read stays readable", root->rule, err);
	if (root->wanted == ACCESS_NONE && folder->tier == TIER_TOKEN)
		return lacks(folder, GUARANTEE_FILES_READ, false, "reads as the user does: nothing can be hidden",
			     root->rule, err);
	return true;
}

static bool place_node(struct folder *folder, size_t index, struct cordon_error *err)
{
	const struct plan_node *node = &folder->tree.items[index];
	struct place *place = &folder->places[index];
	enum holding around = holding_by_itself(folder, node, folder->places[node->parent].holding);
	place->root = folder->places[node->parent].root;
	folder->wish = node->rule;
	/* A closed root says nothing of its own against what a system directory grants; the root's lack was noted. */
	if (!node->is_named) {
		place->holding = around;
		return true;
	}
	switch (node->wanted) {
	case ACCESS_NONE:
		return place_hidden(folder, index, around, err);
	case ACCESS_READ:
		return place_readable(folder, index, around, err);
	case ACCESS_WRITE:
		return place_writable(folder, index, around, err);
	}
	return cordon_fail(err, CORDON_UNSUPPORTED, "'%s': unknown access", node->path);
}

/* -- the list ---------------------------------------------------------------------------------------------------- */

static bool add_object(struct folder *folder, size_t index, struct cordon_error *err)
{
	const struct plan_node *node = &folder->tree.items[index];
	struct place *place = &folder->places[index];
	if (place->object.entries.count == 0 && !place->object.is_cut)
		return true;

	struct windows_object *object = LIST_ADD(&folder->windows->objects);
	if (!object)
		return cordon_fail_memory(err);
	*object = place->object;
	place->object = (struct windows_object){ 0 };
	object->path = strdup(node->path);
	object->type = object->is_created ? (plan_node_is_directory(node) ? PATH_DIRECTORY : PATH_FILE) : node->type;
	object->device = node->fact ? node->fact->device : 0;
	object->inode = node->fact ? node->fact->inode : 0;
	object->is_watched = object->type == PATH_FILE && is_narrowing(object);
	object->is_foreign = place->root == NO_NODE && !path_is_below(TARGET_WINDOWS, node->key, folder->home) &&
			     !(node->fact && node->fact->parent_is_users);
	return object->path || cordon_fail_memory(err);
}

static bool make_keys(struct folder *folder, struct cordon_error *err)
{
	struct text home = { 0 };
	path_add_key(TARGET_WINDOWS, folder->plan->facts->home, &home);
	folder->home = text_take(&home);
	if (!folder->home)
		return cordon_fail_memory(err);
	size_t length = path_parent(TARGET_WINDOWS, folder->home, strlen(folder->home));
	folder->profiles = text_format("%.*s", (int)length, folder->home);
	return folder->profiles || cordon_fail_memory(err);
}

bool plan_windows_files(struct plan *plan, struct plan_windows *windows, struct windows_lack_list *lack_list,
			struct cordon_error *err)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	CORDON_ON_EXIT(free_folder)
	struct folder folder = {
		.tier = windows->tier,
		.plan = plan,
		.windows = windows,
		.lacks = lack_list,
	};
	if (!make_keys(&folder, err) || !plan_tree_build(plan->policy, plan->facts, &arena, &folder.tree, err))
		return false;
	if (folder.tree.count == 0)
		return cordon_fail(err, CORDON_UNSUPPORTED, "the policy has no rule for files");
	folder.places = calloc(folder.tree.count, sizeof *folder.places);
	if (!folder.places)
		return cordon_fail_memory(err);

	plan->unheld.count = 0; /* of a tier that was tried before */
	folder.places[0].root = NO_NODE;
	if (!place_root(&folder, err))
		return false;
	for (size_t i = 1; i < folder.tree.count; i++)
		if (!place_node(&folder, i, err))
			return false;
	for (size_t i = 0; i < folder.tree.count; i++)
		if (!add_object(&folder, i, err))
			return false;
	return true;
}

#include "nt_plan.h"

#include <string.h>

#include "base/list.h"

uint32_t nt_plan_sid(struct sid sid)
{
	static const uint32_t sids[SID_ROLE_COUNT] = {
		[SID_USER] = NT_USER,
		[SID_SYSTEM] = NT_SYSTEM,
		[SID_ACCOUNT] = NT_ACCOUNT,
		[SID_ACCOUNTS] = NT_ACCOUNTS,
		[SID_CAPABILITY] = NT_CAPABILITY,
		[SID_RUN] = NT_RUN,
		[SID_LOGON] = NT_LOGON,
		[SID_EVERYONE] = NT_EVERYONE,
		[SID_OWNER_RIGHTS] = NT_OWNER_RIGHTS,
		[SID_INTERACTIVE] = NT_INTERACTIVE,
		[SID_PACKAGE] = NT_PACKAGE,
	};
	return sids[sid.role] + (sid.role == SID_CAPABILITY ? (uint32_t)sid.root : 0);
}

/* -- the token --------------------------------------------------------------------------------------------------- */

static void move_to_denying(struct nt_token *token, uint32_t sid)
{
	for (size_t i = 0; i < token->groups.count; i++)
		if (token->groups.sids[i] == sid) {
			token->groups.sids[i] = token->groups.sids[--token->groups.count];
			nt_sids_add(&token->denying_only, sid);
			return;
		}
}

struct nt_token nt_plan_token(const struct plan_windows *windows, const struct nt_world *world)
{
	const struct windows_token *recipe = &windows->token;
	struct nt_token token = windows->tier == TIER_ACCOUNT ? nt_world_account() : nt_world_user(world);
	for (size_t i = 0; i < recipe->denying_only.count; i++)
		move_to_denying(&token, nt_plan_sid(recipe->denying_only.items[i]));
	if (recipe->drops_administrators)
		move_to_denying(&token, NT_ADMINISTRATORS);
	if (recipe->drops_privileges)
		token.privileges &= NT_CHANGE_NOTIFY;
	token.is_restricted = recipe->restricting.count > 0;
	token.is_write_restricted = recipe->is_write_restricted;
	for (size_t i = 0; i < recipe->restricting.count; i++)
		nt_sids_add(&token.restricting, nt_plan_sid(recipe->restricting.items[i]));
	token.is_container = recipe->is_container;
	token.package = recipe->is_container ? NT_PACKAGE : NT_NOBODY;
	for (const char *const *name = windows->capabilities; *name; name++)
		if (strcmp(*name, "internetClient") == 0)
			nt_sids_add(&token.capabilities, NT_INTERNET_CLIENT);
	token.integrity = recipe->integrity;
	for (size_t i = 0; i < recipe->default_grants.count; i++)
		nt_descriptor_add(
			&token.default_grants,
			(struct nt_entry){ false, 0, nt_plan_sid(recipe->default_grants.items[i]), NT_FILE_ALL });
	return token;
}

struct nt_token nt_plan_neighbour(const struct plan_windows *windows, const struct nt_world *world)
{
	struct nt_token token = nt_plan_token(windows, world);
	size_t kept = 0;
	if (token.user == NT_ACCOUNT)
		token.user = NT_OTHER_ACCOUNT;
	if (token.is_container)
		token.package = NT_OTHER_PACKAGE;
	for (size_t i = 0; i < token.groups.count; i++)
		if (token.groups.sids[i] != NT_LOGON || token.user == NT_USER)
			token.groups.sids[kept++] = token.groups.sids[i];
	token.groups.count = kept;
	kept = 0;
	for (size_t i = 0; i < token.restricting.count; i++) {
		uint32_t sid = token.restricting.sids[i];
		if (sid == NT_ACCOUNT)
			token.restricting.sids[kept++] = NT_OTHER_ACCOUNT;
		else if (sid == NT_RUN)
			token.restricting.sids[kept++] = NT_OTHER_RUN;
		else if (sid < NT_CAPABILITY)
			token.restricting.sids[kept++] = sid;
	}
	token.restricting.count = kept;
	return token;
}

/* -- descriptors ------------------------------------------------------------------------------------------------- */

struct applying {
	const struct plan_windows *windows;
	struct nt_tree *tree;
	struct nt_token user;
};

static bool is_cordons(const struct nt_entry *entry)
{
	return entry->sid == NT_ACCOUNTS || entry->sid == NT_PACKAGE || entry->sid >= NT_CAPABILITY;
}

static bool is_for_packages(const struct nt_entry *entry)
{
	return entry->sid == NT_ALL_PACKAGES || entry->sid == NT_ALL_RESTRICTED_PACKAGES || entry->sid == NT_PACKAGE ||
	       entry->sid == NT_OTHER_PACKAGE || entry->sid == NT_INTERNET_CLIENT;
}

/* Inheritance ends: what was inherited is the object's own now, but for what packages and cordon's own get. */
static void cut(struct nt_descriptor *descriptor)
{
	for (size_t i = descriptor->count; i-- > 0;) {
		struct nt_entry *entry = &descriptor->entries[i];
		entry->flags &= (uint8_t)~NT_INHERITED;
		if (is_cordons(entry) || is_for_packages(entry))
			nt_descriptor_remove(descriptor, i);
	}
	descriptor->is_protected = true;
}

static bool is_everyones(const struct nt_entry *entry)
{
	return !entry->denies && entry->sid == NT_EVERYONE && (nt_map(entry->mask) & RIGHTS_CHANGE);
}

/* Inherited entries of a descriptor that is not the top one are gone once that is done. */
static void drop_everyone(struct nt_descriptor *descriptor, bool is_top)
{
	bool inherits_one = false;
	for (size_t i = 0; i < descriptor->count; i++)
		inherits_one |= is_everyones(&descriptor->entries[i]) && (descriptor->entries[i].flags & NT_INHERITED);
	for (size_t i = 0; i < descriptor->count; i++) {
		struct nt_entry *entry = &descriptor->entries[i];
		if (is_top && inherits_one)
			entry->flags &= (uint8_t)~NT_INHERITED;
		if (is_everyones(entry) && !(entry->flags & NT_INHERITED))
			entry->sid = NT_AUTHENTICATED;
	}
	descriptor->is_protected |= is_top && inherits_one;
}

static uint8_t flags_of(enum reach reach, bool is_directory)
{
	if (!is_directory || reach == REACH_OBJECT)
		return 0;
	return reach == REACH_TREE ? NT_TREE : NT_TREE | NT_INHERIT_ONLY;
}

static void put_entries(struct nt_descriptor *descriptor, const struct windows_object *object, bool is_directory)
{
	for (size_t i = object->entries.count; i-- > 0;) {
		const struct windows_entry *entry = &object->entries.items[i];
		nt_descriptor_put(descriptor, 0,
				  (struct nt_entry){ entry->denies, flags_of(entry->reach, is_directory),
						     nt_plan_sid(entry->sid), entry->rights });
	}
}

/* The same below: what reaches there, as entries of its own. */
static void put_entries_below(struct nt_descriptor *descriptor, const struct windows_object *object, bool is_directory)
{
	for (size_t i = object->entries.count; i-- > 0;) {
		const struct windows_entry *entry = &object->entries.items[i];
		if (entry->reach != REACH_OBJECT)
			nt_descriptor_put(descriptor, 0,
					  (struct nt_entry){ entry->denies, is_directory ? NT_TREE : 0,
							     nt_plan_sid(entry->sid), entry->rights });
	}
}

static bool has_own_entries(const struct nt_descriptor *descriptor, bool only_cordons)
{
	for (size_t i = 0; i < descriptor->count; i++)
		if (!(descriptor->entries[i].flags & NT_INHERITED) &&
		    (!only_cordons || is_cordons(&descriptor->entries[i])))
			return true;
	return false;
}

static bool narrows(const struct windows_object *object)
{
	return object->is_cut || (object->entries.count > 0 && object->entries.items[0].denies);
}

/* Does it grant anything to somebody who could be the command? Named users, the system and administrators are not. */
static bool concerns_command(const struct nt_descriptor *descriptor)
{
	if (descriptor->has_no_list || descriptor->owner == NT_ACCOUNT)
		return true;
	for (size_t i = 0; i < descriptor->count; i++) {
		const struct nt_entry *entry = &descriptor->entries[i];
		bool is_anybodys = entry->sid == NT_EVERYONE || entry->sid == NT_USERS ||
				   entry->sid == NT_AUTHENTICATED || entry->sid == NT_INTERACTIVE ||
				   entry->sid == NT_LOGON || entry->sid == NT_ACCOUNT || is_cordons(entry) ||
				   is_for_packages(entry);
		if (!entry->denies && is_anybodys)
			return true;
	}
	return false;
}

/* For a label it takes WRITE_OWNER as well, which who may change the list gives himself. */
static bool may_change(const struct applying *applying, size_t file)
{
	return nt_may_open(applying->tree, file, &applying->user, NT_READ_CONTROL | NT_WRITE_DAC, &nt_believed);
}

static void put_label(struct nt_descriptor *descriptor, const struct windows_object *object, bool is_directory)
{
	if (object->label)
		descriptor->label = (struct nt_label){ true, is_directory ? NT_TREE : 0, NT_NO_WRITE_UP,
						       object->label };
}

/* What does not take the entries at its head by inheritance gets them as its own. */
static bool reach_below(struct applying *applying, const struct windows_object *object, size_t above,
			const char **ret_why)
{
	struct nt_tree *tree = applying->tree;
	bool is_left_alone[NT_FILES_MAX] = { false };
	for (size_t i = above + 1; i < tree->count; i++) {
		struct nt_file *file = &tree->files[i];
		if (!nt_tree_is_below(tree, i, above))
			continue;
		is_left_alone[i] = !may_change(applying, i);
		if (is_left_alone[i] && narrows(object) && concerns_command(&file->descriptor)) {
			*ret_why = "something below is not the user's to change";
			return false;
		}
		if (is_left_alone[i])
			continue;
		nt_descriptor_inherit(&file->descriptor, &tree->files[file->parent].descriptor, file->is_directory);
		if (object->drops_everyone)
			drop_everyone(&file->descriptor, false);
		if (is_left_alone[file->parent])
			put_label(&file->descriptor, object, file->is_directory);
		if (!file->descriptor.is_protected && !has_own_entries(&file->descriptor, !narrows(object)) &&
		    !is_left_alone[file->parent])
			continue;
		if (object->is_cut)
			cut(&file->descriptor);
		put_entries_below(&file->descriptor, object, file->is_directory);
	}
	return true;
}

static bool apply_object(struct applying *applying, const struct windows_object *object, const char **ret_why)
{
	struct nt_tree *tree = applying->tree;
	size_t file = nt_tree_find(tree, object->path);
	if (file == NT_NO_FILE && object->is_created) {
		const char *slash = strrchr(object->path, '\\');
		char parent[NT_PATH_MAX] = { 0 };
		memcpy(parent, object->path, (size_t)(slash - object->path));
		size_t above = nt_tree_find(tree, parent);
		bool is_directory = object->type == PATH_DIRECTORY;
		if (above == NT_NO_FILE || !nt_may_create(tree, above, is_directory, &applying->user, &nt_believed)) {
			*ret_why = "the user cannot make it";
			return false;
		}
		struct nt_descriptor made = nt_descriptor_of_new(&tree->files[above].descriptor, NULL, is_directory,
								 &applying->user);
		file = nt_tree_add(tree, above, slash + 1, is_directory, &made);
	}
	if (file == NT_NO_FILE) {
		*ret_why = "the model is full, or the object does not exist";
		return false;
	}
	if (!may_change(applying, file)) {
		*ret_why = "not the user's to change";
		return false;
	}
	struct nt_descriptor *descriptor = &tree->files[file].descriptor;
	bool is_directory = tree->files[file].is_directory;
	if (object->is_cut)
		cut(descriptor);
	if (object->drops_everyone)
		drop_everyone(descriptor, true);
	put_entries(descriptor, object, is_directory);
	put_label(descriptor, object, is_directory);
	return reach_below(applying, object, file, ret_why);
}

bool nt_plan_apply(const struct plan_windows *windows, struct nt_world *world, const char **ret_why)
{
	struct applying applying = { windows, &world->tree, nt_world_user(world) };
	for (size_t i = 0; i < windows->objects.count; i++)
		if (!apply_object(&applying, &windows->objects.items[i], ret_why))
			return false;
	for (size_t i = 0; i < world->tree.count; i++)
		if (world->tree.files[i].descriptor.is_full) {
			*ret_why = "the model is full";
			return false;
		}
	return true;
}

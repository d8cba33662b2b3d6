/* The descriptors of the first directories are those of an installed Windows 10 or 11, as icacls shows them. */
#include "nt_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/windows_descriptor.h"
#include "check.h"
#include "nt_bytes.h"

/* splitmix64 */
unsigned chance_below(struct chance *chance, unsigned limit)
{
	uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ (z >> 31)) % limit);
}

/* -- tokens ------------------------------------------------------------------------------------------------------ */

struct nt_token nt_world_user(const struct nt_world *world)
{
	struct nt_token token = {
		.user = NT_USER,
		.groups = { 5, { NT_EVERYONE, NT_USERS, NT_AUTHENTICATED, NT_INTERACTIVE, NT_LOGON } },
		.integrity = NT_MEDIUM,
		.privileges = NT_CHANGE_NOTIFY,
	};
	if (world->user_is_administrator) {
		nt_sids_add(&token.groups, NT_ADMINISTRATORS);
		token.integrity = NT_HIGH;
		token.privileges |= NT_BACKUP | NT_RESTORE | NT_TAKE_OWNERSHIP | NT_SECURITY;
	}
	return token;
}

struct nt_token nt_world_account(void)
{
	return (struct nt_token){
		.user = NT_ACCOUNT,
		.groups = { 6, { NT_EVERYONE, NT_USERS, NT_AUTHENTICATED, NT_INTERACTIVE, NT_LOGON, NT_ACCOUNTS } },
		.integrity = NT_MEDIUM,
		.privileges = NT_CHANGE_NOTIFY,
	};
}

/* -- descriptors ------------------------------------------------------------------------------------------------- */

enum { OWN = 0, BELOW = NT_TREE | NT_INHERIT_ONLY, DENIES = 0x80 };

struct listed {
	uint8_t flags; /* and DENIES */
	uint32_t sid, mask;
};

#define SYSTEMS \
	{ NT_TREE, NT_SYSTEM, NT_FILE_ALL }, \
	{ \
		NT_TREE, NT_ADMINISTRATORS, NT_FILE_ALL \
	}

static const struct listed drive_list[] = {
	SYSTEMS,
	{ NT_TREE, NT_USERS, NT_FILE_READ_EXECUTE },
	{ BELOW, NT_AUTHENTICATED, NT_FILE_MODIFY },
	{ OWN, NT_AUTHENTICATED, NT_ADD_DIRECTORY },
};
static const struct listed windows_list[] = {
	{ NT_TREE, NT_TRUSTED_INSTALLER, NT_FILE_ALL },
	{ NT_TREE, NT_SYSTEM, NT_FILE_MODIFY },
	{ NT_TREE, NT_ADMINISTRATORS, NT_FILE_MODIFY },
	{ NT_TREE, NT_USERS, NT_FILE_READ_EXECUTE },
	{ BELOW, NT_CREATOR_OWNER, NT_GENERIC_ALL },
	{ NT_TREE, NT_ALL_PACKAGES, NT_FILE_READ_EXECUTE },
	{ NT_TREE, NT_ALL_RESTRICTED_PACKAGES, NT_FILE_READ_EXECUTE },
};
static const struct listed temp_list[] = {
	SYSTEMS,
	{ BELOW, NT_CREATOR_OWNER, NT_FILE_ALL },
	{ NT_CONTAINER_INHERIT, NT_USERS, NT_ADD_FILE | NT_ADD_DIRECTORY | NT_TRAVERSE | NT_SYNCHRONIZE },
};
static const struct listed data_list[] = {
	SYSTEMS,
	{ BELOW, NT_CREATOR_OWNER, NT_FILE_ALL },
	{ NT_TREE, NT_USERS, NT_FILE_READ_EXECUTE },
	{ NT_CONTAINER_INHERIT, NT_USERS, NT_ADD_FILE | NT_ADD_DIRECTORY | NT_WRITE_EA | NT_WRITE_ATTRIBUTES },
};
static const struct listed users_list[] = {
	SYSTEMS,
	{ OWN, NT_USERS, NT_FILE_READ_EXECUTE },
	{ BELOW, NT_USERS, NT_GENERIC_READ | NT_GENERIC_EXECUTE },
	{ OWN, NT_EVERYONE, NT_FILE_READ_EXECUTE },
	{ BELOW, NT_EVERYONE, NT_GENERIC_READ | NT_GENERIC_EXECUTE },
};
static const struct listed profile_list[] = { SYSTEMS, { NT_TREE, NT_USER, NT_FILE_ALL } };
static const struct listed other_list[] = { SYSTEMS, { NT_TREE, NT_OTHER_USER, NT_FILE_ALL } };
static const struct listed public_list[] = {
	SYSTEMS,
	{ BELOW, NT_CREATOR_OWNER, NT_FILE_ALL },
	{ NT_TREE, NT_INTERACTIVE, NT_FILE_MODIFY },
	{ OWN, NT_EVERYONE, NT_FILE_READ },
};
static const struct listed open_list[] = { SYSTEMS, { NT_TREE, NT_EVERYONE, NT_FILE_ALL } };
static const struct listed disk_list[] = {
	SYSTEMS,
	{ NT_TREE, NT_AUTHENTICATED, NT_FILE_MODIFY },
	{ NT_TREE, NT_USERS, NT_FILE_READ_EXECUTE },
};
static const struct listed private_list[] = { { NT_TREE, NT_USER, NT_FILE_ALL } };
static const struct listed systems_list[] = { SYSTEMS };

struct place {
	const char *parent, *name;
	uint32_t owner;
	const struct listed *list; /* NULL: inherited alone */
	size_t count;
	bool is_protected;
};

#define WITH(list) list, COUNT_OF(list)

static const struct place places[] = {
	{ NULL, "C:\\", NT_TRUSTED_INSTALLER, WITH(drive_list), true },
	{ "C:\\", "Windows", NT_TRUSTED_INSTALLER, WITH(windows_list), true },
	{ "C:\\Windows", "System32", NT_TRUSTED_INSTALLER, WITH(windows_list), true },
	{ "C:\\Windows", "Temp", NT_SYSTEM, WITH(temp_list), true },
	{ "C:\\", "Program Files", NT_TRUSTED_INSTALLER, WITH(windows_list), true },
	{ "C:\\Program Files", "Git", NT_ADMINISTRATORS, NULL, 0, false },
	{ "C:\\", "ProgramData", NT_SYSTEM, WITH(data_list), true },
	{ "C:\\ProgramData", "vendor", NT_ADMINISTRATORS, WITH(open_list), false },
	{ "C:\\", "Users", NT_SYSTEM, WITH(users_list), true },
	{ "C:\\Users", "Public", NT_SYSTEM, WITH(public_list), true },
	{ "C:\\Users", "other", NT_OTHER_USER, WITH(other_list), true },
	{ "C:\\Users", "you", NT_USER, WITH(profile_list), true },
	{ "C:\\Users\\you", ".ssh", NT_USER, NULL, 0, false },
	{ "C:\\Users\\you", "w", NT_USER, NULL, 0, false },
	{ "C:\\Users\\you\\w", ".git", NT_USER, NULL, 0, false },
	{ "C:\\", "dev", NT_USER, WITH(private_list), false },
	{ "C:\\", "shared", NT_USER, WITH(open_list), false },
	{ NULL, "D:\\", NT_SYSTEM, WITH(disk_list), true },
	{ "D:\\", "dev", NT_USER, WITH(private_list), false },
};

static void list_entries(struct nt_descriptor *descriptor, const struct listed *list, size_t count)
{
	for (size_t i = count; i-- > 0;)
		nt_descriptor_put(descriptor, 0,
				  (struct nt_entry){ (list[i].flags & DENIES) != 0, (uint8_t)(list[i].flags & ~DENIES),
						     list[i].sid, list[i].mask });
}

/* A file has no use for flags: it is no container. */
static void flatten(struct nt_descriptor *descriptor)
{
	for (size_t i = descriptor->count; i-- > 0;) {
		if (descriptor->entries[i].flags & NT_INHERIT_ONLY)
			nt_descriptor_remove(descriptor, i);
		else
			descriptor->entries[i].flags &= NT_INHERITED;
	}
}

static size_t add(struct nt_tree *tree, size_t parent, const char *name, bool is_directory,
		  struct nt_descriptor descriptor, const struct listed *list, size_t count)
{
	list_entries(&descriptor, list, count);
	if (!is_directory)
		flatten(&descriptor);
	if (parent != NT_NO_FILE)
		nt_descriptor_inherit(&descriptor, &tree->files[parent].descriptor, is_directory);
	/* What its maker's token says, where nothing else says anything. */
	if (descriptor.count == 0 && !descriptor.is_protected && !descriptor.has_no_list) {
		nt_descriptor_add(&descriptor, (struct nt_entry){ false, OWN, NT_SYSTEM, NT_FILE_ALL });
		nt_descriptor_add(&descriptor, (struct nt_entry){ false, OWN, descriptor.owner, NT_FILE_ALL });
	}
	return nt_tree_add(tree, parent, name, is_directory, &descriptor);
}

/* -- what else is there ------------------------------------------------------------------------------------------ */

static const char *const names[] = { "a", "ab", "a-b", "b", ".git", "hooks", "key" };

#define LIST(...) \
	.list = (const struct listed[]){ __VA_ARGS__ }, \
	.count = sizeof((const struct listed[]){ __VA_ARGS__ }) / sizeof(struct listed)
#define COPY(of) .list = (of), .count = COUNT_OF(of)

/* What people, installers and tools leave behind on single files and directories. */
static const struct {
	unsigned weight;
	const struct listed *list;
	size_t count;
	bool is_protected;
	bool has_no_list;
	uint32_t label;
} habits[] = {
	{ .weight = 70 },
	{ .weight = 4, LIST({ NT_TREE, NT_EVERYONE, NT_FILE_READ_EXECUTE }) },
	{ .weight = 4, LIST({ NT_TREE, NT_EVERYONE, NT_FILE_ALL }) },
	{ .weight = 3, LIST({ NT_TREE, NT_USERS, NT_FILE_MODIFY }) },
	{ .weight = 2, LIST({ NT_TREE, NT_AUTHENTICATED, NT_FILE_ALL }) },
	{ .weight = 2, LIST({ OWN, NT_USERS, NT_FILE_READ_EXECUTE }) },
	{ .weight = 2, LIST({ NT_TREE, NT_OTHER_USER, NT_FILE_ALL }) },
	{ .weight = 2, LIST({ NT_TREE, NT_ALL_PACKAGES, NT_FILE_READ_EXECUTE }) },
	{ .weight = 1, LIST({ NT_TREE, NT_OTHER_PACKAGE, NT_FILE_ALL }) },
	{ .weight = 1, LIST({ BELOW, NT_CREATOR_OWNER, NT_FILE_ALL }) },
	{ .weight = 5, COPY(private_list), .is_protected = true },
	{ .weight = 3, COPY(systems_list), .is_protected = true },
	{ .weight = 2, COPY(open_list), .is_protected = true },
	{ .weight = 2, LIST(SYSTEMS, { OWN, NT_OWNER_RIGHTS, NT_FILE_ALL }), .is_protected = true },
	{ .weight = 1, LIST({ NT_TREE, NT_OWNER_RIGHTS, NT_READ_CONTROL }) },
	/* In parts of a tree, for files alone, for one level. */
	{ .weight = 1, LIST({ BELOW, NT_EVERYONE, NT_GENERIC_ALL }) },
	{ .weight = 1, LIST({ NT_OBJECT_INHERIT, NT_AUTHENTICATED, NT_FILE_MODIFY }) },
	{ .weight = 1, LIST({ NT_TREE | NT_NO_PROPAGATE, NT_EVERYONE, NT_FILE_ALL }) },
	{ .weight = 1, LIST({ NT_CONTAINER_INHERIT, NT_EVERYONE, NT_DELETE_CHILD }) },
	/* Denials; and one that comes too late, behind the grant. */
	{ .weight = 1, LIST({ DENIES | NT_TREE, NT_EVERYONE, NT_DELETE | NT_DELETE_CHILD }) },
	{ .weight = 1, LIST({ DENIES | OWN, NT_USER, NT_WRITE_DATA | NT_APPEND_DATA }) },
	{ .weight = 1, LIST({ DENIES | NT_TREE, NT_USERS, NT_READ_DATA }) },
	{ .weight = 1, LIST({ NT_TREE, NT_EVERYONE, NT_FILE_ALL }, { DENIES | NT_TREE, NT_USER, NT_DELETE }) },
	/* Nobody but the owner; nothing that protects it at all. */
	{ .weight = 1, .is_protected = true },
	{ .weight = 1, .has_no_list = true },
	/* As AppData\\LocalLow, and as what installers make for programs of low integrity. */
	{ .weight = 1, .label = NT_LOW },
	{ .weight = 1, COPY(open_list), .label = NT_LOW },
};

static uint32_t owner_below(const struct nt_tree *tree, size_t parent, struct chance *chance)
{
	static const uint32_t owners[] = { NT_USER, NT_USER, NT_ADMINISTRATORS, NT_OTHER_USER };
	/* Now and then an elevated tool's, or what an earlier run left. */
	if (strncmp(tree->files[parent].path, NT_HOME, sizeof NT_HOME - 1) == 0)
		return chance_below(chance, 20) ? NT_USER : chance_below(chance, 6) ? NT_ADMINISTRATORS : NT_ACCOUNT;
	if (tree->files[parent].descriptor.owner == NT_TRUSTED_INSTALLER)
		return NT_ADMINISTRATORS;
	return tree->files[parent].descriptor.owner == NT_USER && chance_below(chance, 8)
		       ? NT_USER
		       : owners[chance_below(chance, COUNT_OF(owners))];
}

static unsigned depth_of(const char *path)
{
	unsigned depth = 0;
	for (; *path; path++)
		depth += *path == '\\';
	return depth;
}

static void add_any(struct nt_tree *tree, struct chance *chance)
{
	size_t parent = chance_below(chance, 3) ? chance_below(chance, (unsigned)tree->count)
						: nt_tree_find(tree, NT_WORKSPACE);
	char path[NT_PATH_MAX];
	const char *name = names[chance_below(chance, COUNT_OF(names))];
	bool is_directory = chance_below(chance, 5) > 1;
	unsigned total = 0;
	size_t habit = 0;
	if (!tree->files[parent].is_directory || depth_of(tree->files[parent].path) > 5)
		return;
	snprintf(path, sizeof path, "%s%s%s", tree->files[parent].path,
		 tree->files[parent].parent == NT_NO_FILE ? "" : "\\", name);
	if (nt_tree_find(tree, path) != NT_NO_FILE)
		return;
	for (size_t i = 0; i < COUNT_OF(habits); i++)
		total += habits[i].weight;
	for (unsigned pick = chance_below(chance, total); pick >= habits[habit].weight; habit++)
		pick -= habits[habit].weight;
	struct nt_descriptor descriptor = {
		.owner = owner_below(tree, parent, chance),
		.is_protected = habits[habit].is_protected,
		.has_no_list = habits[habit].has_no_list,
	};
	if (habits[habit].label)
		descriptor.label = (struct nt_label){ true, is_directory ? NT_TREE : 0, NT_NO_WRITE_UP,
						      habits[habit].label };
	add(tree, parent, name, is_directory, descriptor, habits[habit].list, habits[habit].count);
}

void nt_world_make(struct nt_world *world, struct chance *chance)
{
	memset(world, 0, sizeof *world);
	world->user_is_administrator = chance_below(chance, 8) == 0;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		const struct place *place = &places[i];
		size_t parent = place->parent ? nt_tree_find(&world->tree, place->parent) : NT_NO_FILE;
		add(&world->tree, parent, place->name, true,
		    (struct nt_descriptor){ .owner = place->owner, .is_protected = place->is_protected }, place->list,
		    place->count);
	}
	/* A workspace as any other directory can have been treated. */
	size_t workspace = nt_tree_find(&world->tree, NT_WORKSPACE);
	if (chance_below(chance, 8) == 0) {
		list_entries(&world->tree.files[workspace].descriptor, WITH(open_list));
		nt_tree_propagate(&world->tree, workspace);
	}
	unsigned tries = 10 + chance_below(chance, 40);
	for (unsigned i = 0; i < tries; i++)
		add_any(&world->tree, chance);
}

/* -- the survey -------------------------------------------------------------------------------------------------- */

struct facts *nt_world_facts(void)
{
	static const struct {
		const char *name, *value;
	} variables[] = {
		{ "home", NT_HOME },
		{ "workspace", NT_WORKSPACE },
		{ "config", NT_HOME "\\AppData\\Roaming" },
		{ "cache", NT_HOME "\\AppData\\Local" },
		{ "state", NT_HOME "\\AppData\\Local\\cordon" },
		{ "temp", NT_HOME "\\AppData\\Local\\Temp" },
		{ "git", NT_WORKSPACE "\\.git" },
		{ "submodule", NULL },
		{ "git_hooks", NULL },
		{ "git_records", NULL },
		{ "checkout", NT_WORKSPACE },
	};
	struct cordon_error err = CORDON_ERROR_INIT;
	struct facts *facts = facts_new(TARGET_WINDOWS);
	assert_non_null(facts);
	facts->user_sid = strdup("S-1-5-21-1-2-3-1001");
	facts->home = strdup(NT_HOME);
	facts->workspace = strdup(NT_WORKSPACE);
	facts->directory = strdup(NT_WORKSPACE);
	facts->temp = strdup(NT_HOME "\\AppData\\Local\\Temp");
	facts->state = strdup(NT_HOME "\\AppData\\Local\\cordon");
	facts->environment = calloc(1, sizeof *facts->environment);
	facts->processors = 4;
	facts->memory = UINT64_C(8) << 30;
	for (size_t i = 0; i < COUNT_OF(variables); i++)
		assert_true(facts_add_variable(facts, variables[i].name, variables[i].value, &err));
	return facts;
}

static size_t parent_length(const char *path)
{
	const char *slash = strrchr(path, '\\');
	size_t length = slash ? (size_t)(slash - path) : 0;
	return length == 2 && path[1] == ':' ? 3 : length;
}

/* As the survey's own code reads descriptors: what it takes for closed, no denial has closed. */
static struct windows_reach reach_of(const struct nt_descriptor *descriptor, bool is_of_packages)
{
	struct arena_room room;
	CORDON_ON_EXIT(arena_free) struct arena arena = arena_in(&room);
	struct cordon_error err = CORDON_ERROR_INIT;
	struct windows_descriptor read;
	size_t length;
	CORDON_ON_EXIT(free_text) char *bytes = (char *)nt_descriptor_bytes(descriptor, &length);
	if (!windows_descriptor_read((const uint8_t *)bytes, length, &arena, &read, &err))
		fail_msg("%s", err.text);
	return is_of_packages ? windows_reach_of_packages(&read, nt_sid_bytes(NT_USER))
			      : windows_reach_of_others(&read, nt_sid_bytes(NT_USER));
}

static struct path_reach survey_reach(const struct nt_tree *tree, size_t file, bool is_of_packages)
{
	size_t parent = tree->files[file].parent;
	struct path_reach reach = {
		.is_open = reach_of(&tree->files[file].descriptor, is_of_packages).is_open,
		.is_closed = true,
		.is_unlisted = parent != NT_NO_FILE && !reach_of(&tree->files[parent].descriptor, is_of_packages).lists,
	};
	for (size_t i = file; i < tree->count && reach.is_closed; i++)
		if (nt_tree_is_below(tree, i, file))
			reach.is_closed = reach_of(&tree->files[i].descriptor, is_of_packages).is_closed;
	return reach;
}

/* The spelling of the tree; the deepest part that exists, then as written. */
static void add_fact(const struct nt_world *world, struct facts *facts, const char *path)
{
	char landing[NT_PATH_MAX];
	char parent[NT_PATH_MAX];
	size_t length = strlen(path);
	if (facts_find_path(facts, path))
		return;
	assert_true(length < sizeof landing);
	while (length > 3 && path[length - 1] == '\\')
		length--;
	snprintf(landing, sizeof landing, "%.*s", (int)length, path);
	size_t cut = parent_length(landing);
	bool is_drive = strlen(landing) <= 3;
	snprintf(parent, sizeof parent, "%.*s", (int)cut, landing);
	size_t file = nt_tree_find(&world->tree, landing);
	size_t above = is_drive ? NT_NO_FILE : nt_tree_find(&world->tree, parent);

	struct path_fact *fact = facts_add_path(facts, path, landing);
	assert_non_null(fact);
	bool exists = file != NT_NO_FILE;
	fact->type = !exists ? PATH_MISSING : world->tree.files[file].is_directory ? PATH_DIRECTORY : PATH_FILE;
	fact->device = exists;
	fact->inode = exists ? file + 100 : 0;
	fact->links = exists;
	fact->parent_exists = above != NT_NO_FILE && world->tree.files[above].is_directory;
	fact->parent_is_users = fact->parent_exists && world->tree.files[above].descriptor.owner == NT_USER;
	if (exists) {
		fact->others = survey_reach(&world->tree, file, false);
		fact->packages = survey_reach(&world->tree, file, true);
	}
	if (!is_drive && above != NT_NO_FILE)
		add_fact(world, facts, parent);
	else if (!is_drive)
		for (char *slash = strrchr(parent, '\\'); slash; slash = strrchr(parent, '\\')) {
			*slash = '\0';
			if (nt_tree_find(&world->tree, parent) != NT_NO_FILE) {
				add_fact(world, facts, parent);
				break;
			}
		}
}

bool nt_world_survey(const struct nt_world *world, const struct policy *policy, struct facts *facts,
		     struct cordon_error *err)
{
	char **paths;
	char **globs;
	if (!policy_paths(policy, facts, &paths, err))
		return false;
	for (char **path = paths; *path; path++)
		if (strcmp(*path, "\\") != 0)
			add_fact(world, facts, *path);
	policy_free_list(paths);
	if (!policy_globs(policy, facts, &globs, err))
		return false;
	for (char **glob = globs; *glob; glob++)
		for (size_t i = 0; i < world->tree.count; i++)
			if (policy_glob_matches(TARGET_WINDOWS, *glob, world->tree.files[i].path))
				add_fact(world, facts, world->tree.files[i].path);
	policy_free_list(globs);
	return true;
}

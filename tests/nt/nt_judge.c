#include "nt_trial.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"

/* -- what the policy says ---------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	uint32_t rights; /* of the opened file; 0: see does */
} acts[ACT_COUNT] = {
	[ACT_STAT] = { "stat", NT_READ_ATTRIBUTES },
	[ACT_READ] = { "read", NT_FILE_READ },
	[ACT_EXECUTE] = { "execute", NT_FILE_EXECUTE },
	[ACT_WRITE] = { "write", NT_WRITE_DATA },
	[ACT_APPEND] = { "append", NT_APPEND_DATA },
	[ACT_READ_AND_WRITE] = { "read and write", NT_FILE_READ | NT_FILE_WRITE },
	[ACT_NAMED] = { "write named attributes of", NT_WRITE_EA },
	[ACT_ATTRIBUTES] = { "write attributes of", NT_WRITE_ATTRIBUTES },
	[ACT_DELETE] = { "delete", NT_DELETE },
	[ACT_PERMISSIONS] = { "change permissions of", NT_WRITE_DAC },
	[ACT_OWNER] = { "take", NT_WRITE_OWNER },
	[ACT_CREATE_FILE] = { "create a file in", 0 },
	[ACT_CREATE_DIRECTORY] = { "create a directory in", 0 },
	[ACT_RENAME] = { "rename", 0 },
	[ACT_LINK] = { "link", 0 },
};

static enum access access_of(const struct trial *trial, size_t file)
{
	return policy_decide_path(trial->policy, trial->world.tree.files[file].path).access;
}

static enum access access_above(const struct trial *trial, size_t file)
{
	size_t parent = trial->world.tree.files[file].parent;
	return parent == NT_NO_FILE ? ACCESS_NONE : access_of(trial, parent);
}

/* Everything at and below may be changed, and the name in its directory too. */
static bool may_go(const struct trial *trial, size_t file)
{
	if (access_above(trial, file) != ACCESS_WRITE)
		return false;
	for (size_t i = file; i < trial->world.tree.count; i++)
		if (nt_tree_is_below(&trial->world.tree, i, file) && access_of(trial, i) != ACCESS_WRITE)
			return false;
	return true;
}

static bool leads_on(const struct trial *trial, size_t file)
{
	for (size_t i = file; i < trial->world.tree.count; i++)
		if (nt_tree_is_below(&trial->world.tree, i, file) && access_of(trial, i) > ACCESS_NONE)
			return true;
	return false;
}

static bool policy_allows(const struct trial *trial, enum act act, size_t file, size_t directory)
{
	switch (act) {
	case ACT_STAT:
		return leads_on(trial, file);
	case ACT_READ:
	case ACT_EXECUTE:
		return access_of(trial, file) > ACCESS_NONE;
	case ACT_WRITE:
	case ACT_APPEND:
	case ACT_READ_AND_WRITE:
	case ACT_NAMED:
	case ACT_ATTRIBUTES:
	case ACT_CREATE_FILE:
	case ACT_CREATE_DIRECTORY:
		return access_of(trial, file) == ACCESS_WRITE;
	case ACT_DELETE:
		return may_go(trial, file);
	case ACT_PERMISSIONS:
	case ACT_OWNER:
		return false; /* nobody's business but the user's */
	case ACT_RENAME:
		return may_go(trial, file) && access_of(trial, directory) == ACCESS_WRITE;
	case ACT_LINK:
		return access_of(trial, file) == ACCESS_WRITE && access_of(trial, directory) == ACCESS_WRITE;
	case ACT_COUNT:
		break;
	}
	return false;
}

/* -- what NT says ------------------------------------------------------------------------------------------------ */

bool trial_does(const struct nt_tree *tree, enum act act, size_t file, size_t directory, const struct nt_token *token,
		const struct nt_readings *readings)
{
	switch (act) {
	case ACT_CREATE_FILE:
	case ACT_CREATE_DIRECTORY:
		return nt_may_create(tree, file, act == ACT_CREATE_DIRECTORY, token, readings);
	case ACT_RENAME:
		return nt_may_rename(tree, file, directory, NT_NO_FILE, token, readings);
	case ACT_LINK:
		return nt_may_link(tree, file, directory, token, readings);
	case ACT_OWNER:
		return nt_may_open(tree, file, token, NT_WRITE_OWNER, readings);
	default:
		return nt_may_open(tree, file, token, acts[act].rights, readings);
	}
}

/* -- comparing --------------------------------------------------------------------------------------------------- */

static void find(struct trial *trial, const char *what, bool is_open, enum act act, size_t file, size_t directory)
{
	const struct nt_tree *tree = &trial->world.tree;
	trial->is_open |= is_open;
	if (trial->finding.text[0])
		return;
	trial->about = file;
	snprintf(trial->finding.text, sizeof trial->finding.text, "case %u, %s: %s '%s'%s%s: %s", trial->number,
		 tier_name(trial->tier), acts[act].name, tree->files[file].path, directory == NT_NO_FILE ? "" : " to ",
		 directory == NT_NO_FILE ? "" : tree->files[directory].path, what);
}

static bool is_in_root(const struct trial *trial, size_t file)
{
	const struct plan_windows *windows = trial->plan->windows;
	for (size_t i = 0; i < windows->roots.count; i++) {
		size_t root = nt_tree_find(&trial->world.tree, windows->roots.items[i].path);
		if (root != NT_NO_FILE && root != file && nt_tree_is_below(&trial->world.tree, file, root))
			return true;
	}
	return false;
}

static enum guarantee guarantee_of(const struct trial *trial, enum act act, size_t file, size_t directory)
{
	if (act == ACT_STAT || act == ACT_READ || act == ACT_EXECUTE)
		return GUARANTEE_FILES_READ;
	if (directory != NT_NO_FILE && access_of(trial, directory) != ACCESS_WRITE && !is_in_root(trial, directory))
		return GUARANTEE_FILES_WRITE;
	return is_in_root(trial, file) ? GUARANTEE_FILES_PROTECT : GUARANTEE_FILES_WRITE;
}

static bool is_noted(const struct trial *trial, const struct windows_narrowed_list *notes, const char *what,
		     size_t file)
{
	for (size_t i = 0; i < notes->count; i++) {
		if (!strstr(notes->items[i].what, what))
			continue;
		size_t noted = notes->items[i].path ? nt_tree_find(&trial->world.tree, notes->items[i].path)
						    : NT_NO_FILE;
		if (noted != NT_NO_FILE && nt_tree_is_below(&trial->world.tree, file, noted))
			return true;
	}
	return false;
}

static bool is_said(const struct windows_narrowed_list *notes, const char *what)
{
	for (size_t i = 0; i < notes->count; i++)
		if (strstr(notes->items[i].what, what))
			return true;
	return false;
}

static bool was_done(const struct trial *trial, enum act act, size_t file, size_t directory,
		     const struct nt_token *token)
{
	const struct nt_tree *tree = &trial->before.tree;
	return file < tree->count && (directory == NT_NO_FILE || directory < tree->count) &&
	       trial_does(tree, act, file, directory, token, trial->readings);
}

/* What Everyone may do when the run starts. Where an earlier root has what is below inherit anew, that can be more than
 * before: with what it hands on goes what somebody else's entries on it do.
 */
static bool could_everyone(const struct trial *trial, enum act act, size_t file, size_t directory)
{
	struct nt_token token = trial->token;
	token.restricting = (struct nt_sids){ 1, { NT_EVERYONE } };
	return was_done(trial, act, file, directory, &trial->token) ||
	       (trial->tier == TIER_TOKEN && file < trial->found.tree.count &&
		(directory == NT_NO_FILE || directory < trial->found.tree.count) &&
		trial_does(&trial->found.tree, act, file, directory, &token, trial->readings));
}

/* The token tier's gaps are what Everyone may do and deletion through directories, and both were there before. (A link
 * in a root to a file outside is a third.)
 */
static bool could_delete(const struct trial *trial, size_t file)
{
	const struct nt_tree *tree = &trial->before.tree;
	size_t parent = trial->world.tree.files[file].parent;
	return could_everyone(trial, ACT_DELETE, file, NT_NO_FILE) ||
	       (parent < tree->count && nt_may_open(tree, parent, &trial->token, NT_DELETE_CHILD, trial->readings));
}

static bool had_gap(const struct trial *trial, enum act act, size_t file, size_t directory)
{
	enum act adds = trial->world.tree.files[file].is_directory ? ACT_CREATE_DIRECTORY : ACT_CREATE_FILE;
	bool may_add = directory == NT_NO_FILE || access_of(trial, directory) == ACCESS_WRITE ||
		       could_everyone(trial, adds, directory, NT_NO_FILE);
	if (act == ACT_LINK)
		return may_add;
	if (act == ACT_DELETE || act == ACT_RENAME)
		return may_add && (may_go(trial, file) || could_delete(trial, file));
	return could_everyone(trial, act, file, NT_NO_FILE);
}

/* Outside the account tier's roots, as it was before: what has a low label, where Everyone has the right. */
static bool is_left_low(const struct trial *trial, enum act act, size_t file)
{
	const struct nt_label *label = &trial->before.tree.files[file].descriptor.label;
	size_t parent = trial->before.tree.files[file].parent;
	bool is_removed = act == ACT_DELETE && parent != NT_NO_FILE;
	return trial->tier == TIER_ACCOUNT && was_done(trial, act, file, NT_NO_FILE, &trial->token) &&
	       ((label->is_present && label->level <= NT_LOW && !is_in_root(trial, file)) ||
		(is_removed && trial->before.tree.files[parent].descriptor.label.is_present));
}

/* Is it that which lets the act through, whatever of it the policy does not? */
static bool goes_through_low(const struct trial *trial, enum act act, size_t file, size_t directory)
{
	enum act adds = trial->world.tree.files[file].is_directory ? ACT_CREATE_DIRECTORY : ACT_CREATE_FILE;
	if (directory == NT_NO_FILE)
		return is_left_low(trial, act, file);
	if (access_of(trial, directory) != ACCESS_WRITE && !is_left_low(trial, adds, directory))
		return false;
	return act == ACT_LINK ? access_of(trial, file) == ACCESS_WRITE || is_left_low(trial, ACT_ATTRIBUTES, file)
			       : may_go(trial, file) || is_left_low(trial, ACT_DELETE, file);
}

/* Does the plan itself say that this is not held? What it says of a closed root holds for what no other rule closes,
 * and was open before; what it says of the hidden is that their attributes can be seen.
 */
static bool is_named(const struct trial *trial, enum act act, size_t file, size_t directory)
{
	const struct plan_windows *windows = trial->plan->windows;
	const char *path = trial->world.tree.files[file].path;
	enum guarantee guarantee = guarantee_of(trial, act, file, directory);
	bool is_partial = windows->promises[guarantee].best < LEVEL_ENFORCED;
	if (guarantee != GUARANTEE_FILES_READ && goes_through_low(trial, act, file, directory))
		return is_said(&windows->exposed, "labelled for programs of low integrity");
	if (guarantee != GUARANTEE_FILES_READ)
		return is_partial && had_gap(trial, act, file, directory);
	if (trial->tier == TIER_TOKEN)
		return is_partial;
	bool is_of_root = strlen(policy_decide_path(trial->policy, path).rule->landing) <= strlen("C:\\");
	bool is_systems = text_starts(path, "C:\\Windows") || text_starts(path, "C:\\Program Files");
	if (act == ACT_STAT && is_noted(trial, &windows->exposed, "name, size and times", file))
		return true;
	if (trial->tier == TIER_APPCONTAINER && is_systems && is_partial)
		return true;
	return is_of_root && (is_partial || trial->tier == TIER_APPCONTAINER) &&
	       was_done(trial, act, file, directory, &trial->token);
}

/* Is it the policy's wish by a rule for just this place, and the user's to grant? Else what the tier sees by itself
 * decides, and the plan says that it does.
 */
static bool must_be_carried(const struct trial *trial, enum act act, size_t file, size_t directory)
{
	/* What the user has by his directory alone (DELETE_CHILD, LIST) nobody grants to a command. */
	static const uint32_t by_directory[ACT_COUNT] = {
		[ACT_STAT] = NT_READ_ATTRIBUTES,
		[ACT_DELETE] = NT_DELETE,
		[ACT_RENAME] = NT_DELETE,
		[ACT_LINK] = NT_WRITE_ATTRIBUTES,
	};
	if (!was_done(trial, act, file, directory, &trial->plain))
		return false;
	const struct nt_file *opened = &trial->before.tree.files[file];
	struct verdict verdict = policy_decide_path(trial->policy, opened->path);
	if (verdict.access == ACCESS_NONE ||
	    !nt_check(&opened->descriptor, &trial->plain, by_directory[act], trial->readings))
		return false;
	if (trial->tier == TIER_TOKEN)
		return true;
	if (!was_done(trial, ACT_PERMISSIONS, file, NT_NO_FILE, &trial->plain) ||
	    (directory != NT_NO_FILE && !was_done(trial, ACT_PERMISSIONS, directory, NT_NO_FILE, &trial->plain)))
		return false;
	bool is_specific = strcmp(verdict.rule->landing, "\\") != 0 && verdict.rule->origin.layer < LAYER_FIRST_BOUND;
	/* What an earlier run has closed stays so where no rule of this one names it. */
	return (was_done(trial, act, file, directory, &trial->token) &&
		trial_does(&trial->found.tree, act, file, directory, &trial->token, trial->readings)) ||
	       (is_specific && !is_noted(trial, &trial->plan->windows->narrowed, "stays closed", file));
}

static void judge(struct trial *trial, enum act act, size_t file, size_t directory)
{
	bool is_allowed = policy_allows(trial, act, file, directory);
	bool is_done = trial_does(&trial->world.tree, act, file, directory, &trial->token, trial->readings);
	if (is_done && !is_allowed && !is_named(trial, act, file, directory))
		find(trial, "the policy forbids it, NT allows it", true, act, file, directory);
	if (!is_done && is_allowed && must_be_carried(trial, act, file, directory))
		find(trial, "the policy allows it, NT refuses", false, act, file, directory);
	/* Whatever the plan did to descriptors, the user keeps what was his. */
	if (was_done(trial, act, file, directory, &trial->user) &&
	    !trial_does(&trial->world.tree, act, file, directory, &trial->user, &nt_believed))
		find(trial, "the user could, and can no longer", false, act, file, directory);
}

/* Another run of the tier changes nothing of this one's roots, but for what the token tier says of itself. */
static void judge_neighbour(struct trial *trial)
{
	struct nt_token neighbour = nt_plan_neighbour(trial->plan->windows, &trial->world);
	const struct nt_tree *tree = &trial->world.tree;
	for (size_t file = 0; file < tree->count; file++)
		for (int act = ACT_WRITE; act < ACT_RENAME; act++) {
			bool is_for_directories = act == ACT_CREATE_FILE || act == ACT_CREATE_DIRECTORY;
			if ((is_for_directories && !tree->files[file].is_directory) ||
			    access_of(trial, file) != ACCESS_WRITE)
				continue;
			if (trial_does(tree, (enum act)act, file, NT_NO_FILE, &neighbour, trial->readings) &&
			    !was_done(trial, (enum act)act, file, NT_NO_FILE, &neighbour))
				find(trial, "another run can do it, and could not before", true, (enum act)act, file,
				     NT_NO_FILE);
		}
}

static void judge_all(struct trial *trial)
{
	const struct nt_tree *tree = &trial->world.tree;
	for (size_t file = 0; file < tree->count; file++) {
		bool is_directory = tree->files[file].is_directory;
		for (int act = 0; act < ACT_RENAME; act++) {
			bool is_for_directories = act == ACT_CREATE_FILE || act == ACT_CREATE_DIRECTORY;
			bool is_writing = act == ACT_WRITE || act == ACT_APPEND || act == ACT_READ_AND_WRITE;
			if (is_directory ? !is_writing : !is_for_directories)
				judge(trial, (enum act)act, file, NT_NO_FILE);
		}
		for (int i = 0; i < 4; i++) {
			size_t directory = trial_pick(trial, (unsigned)tree->count);
			if (!tree->files[directory].is_directory || nt_tree_is_below(tree, directory, file))
				continue;
			judge(trial, ACT_RENAME, file, directory);
			if (!is_directory)
				judge(trial, ACT_LINK, file, directory);
		}
	}
}

/* -- what the command makes -------------------------------------------------------------------------------------- */

/* It is the command's to use and to remove, the user's to do anything with, and nobody else's to change. */
static void judge_new(struct trial *trial, size_t directory, bool is_directory)
{
	static const uint32_t uses[] = { NT_FILE_READ | NT_FILE_WRITE, NT_FILE_EXECUTE, NT_DELETE,
					 NT_WRITE_ATTRIBUTES };
	/* The token tier's command has of his directories what he has by DELETE_CHILD: he is granted no more of it. */
	static const uint32_t all = NT_FILE_ALL & ~NT_DELETE_CHILD;
	struct nt_tree *tree = &trial->world.tree;
	struct nt_descriptor made = nt_descriptor_of_new(&tree->files[directory].descriptor, NULL, is_directory,
							 &trial->token);
	enum act act = is_directory ? ACT_CREATE_DIRECTORY : ACT_CREATE_FILE;
	size_t file = nt_tree_add(tree, directory, "made", is_directory, &made);
	if (file == NT_NO_FILE)
		return;
	/* Where the user himself could not use what he makes, neither does the command. */
	struct nt_descriptor users = nt_descriptor_of_new(&trial->before.tree.files[directory].descriptor, NULL,
							  is_directory, &trial->plain);
	for (size_t i = 0; i < COUNT_OF(uses); i++)
		if (nt_check(&users, &trial->plain, uses[i], trial->readings) &&
		    !nt_may_open(tree, file, &trial->token, uses[i], trial->readings))
			find(trial, "the command cannot use what it made", false, act, directory, NT_NO_FILE);
	if (nt_may_open(tree, file, &trial->token, NT_WRITE_DAC, trial->readings))
		find(trial, "the command rewrites the descriptor of what it made", true, act, directory, NT_NO_FILE);
	if (!nt_may_open(tree, file, &trial->user, all, trial->readings) &&
	    nt_check(&users, &trial->user, all, trial->readings))
		find(trial, "what the command makes is not the user's", false, act, directory, NT_NO_FILE);
	tree->count--;
}

static void expect_own(struct trial *trial, const struct nt_descriptor *made, const char *what)
{
	struct nt_token neighbour = nt_plan_neighbour(trial->plan->windows, &trial->world);
	if (!nt_check(made, &trial->token, NT_FILE_READ | NT_FILE_WRITE | NT_DELETE, trial->readings))
		find(trial, what, false, ACT_CREATE_FILE, 0, NT_NO_FILE);
	if ((trial->tier != TIER_TOKEN && nt_check(made, &neighbour, NT_READ_DATA, trial->readings)) ||
	    nt_check(made, &neighbour, NT_WRITE_DATA, trial->readings))
		find(trial, "another run opens what the command made for itself", true, ACT_CREATE_FILE, 0, NT_NO_FILE);
}

/* Pipes and the like have no directory to inherit from: the token's default. Python's mkdtemp supplies a list of its
 * own in which only the owner stands; the tiers for which that has to work are those whose owner is the command alone.
 */
static void judge_defaults(struct trial *trial)
{
	struct nt_descriptor silent = { .owner = NT_SYSTEM };
	struct nt_descriptor supplied = {
		.is_protected = true,
		.count = 2,
		.entries = { { false, NT_TREE, NT_SYSTEM, NT_FILE_ALL },
			     { false, NT_TREE, NT_OWNER_RIGHTS, NT_FILE_ALL } },
	};
	struct nt_descriptor made = nt_descriptor_of_new(&silent, NULL, false, &trial->token);
	expect_own(trial, &made, "the command cannot use a pipe that it made");
	if (trial->tier != TIER_ACCOUNT)
		return;
	made = nt_descriptor_of_new(&silent, &supplied, true, &trial->token);
	expect_own(trial, &made, "the command cannot use a directory that it made for itself");
}

static void judge_what_is_made(struct trial *trial)
{
	size_t count = trial->world.tree.count;
	for (size_t i = 0; i < count; i++)
		if (trial->world.tree.files[i].is_directory && access_of(trial, i) == ACCESS_WRITE)
			for (int is_directory = 0; is_directory < 2; is_directory++)
				if (nt_may_create(&trial->world.tree, i, is_directory, &trial->token, trial->readings))
					judge_new(trial, i, is_directory);
}

/* A name that a rule closes and that is missing is made and closed, or the plan says that it is not held. */
static void judge_missing(struct trial *trial)
{
	size_t count;
	const struct rule *rules = policy_rules(trial->policy, &count);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = &rules[i];
		char parent[NT_PATH_MAX];
		const char *slash = strrchr(rule->landing, '\\');
		if (rule->is_glob || !slash || nt_tree_find(&trial->world.tree, rule->landing) != NT_NO_FILE ||
		    strcmp(slash, "\\.git") == 0 ||
		    policy_decide_path(trial->policy, rule->landing).access == ACCESS_WRITE)
			continue;
		snprintf(parent, sizeof parent, "%.*s", (int)(slash - rule->landing), rule->landing);
		size_t above = nt_tree_find(&trial->world.tree, parent);
		if (above == NT_NO_FILE || !trial->world.tree.files[above].is_directory ||
		    access_of(trial, above) != ACCESS_WRITE)
			continue;
		bool is_said = false;
		for (size_t j = 0; j < trial->plan->unheld.count; j++)
			is_said |= strcmp(trial->plan->unheld.items[j].path, rule->landing) == 0;
		if (!is_said)
			find(trial, "a missing name in it is neither held nor said not to be", true, ACT_CREATE_FILE,
			     above, NT_NO_FILE);
	}
}

void trial_judge(struct trial *trial)
{
	judge_all(trial);
	judge_neighbour(trial);
	judge_defaults(trial);
	judge_what_is_made(trial);
	judge_missing(trial);
}

/* Random hosts, policies and tiers: what NT would decide of each act under the plan, its descriptors and its token, is
 * what the policy says; or the plan is refused; or it says itself which guarantee is not whole. Every other case finds
 * what a run of another policy has left on the files.
 *
 *	test_nt_plan [--cases N] [--first N] [--reading NAME] [--plant KIND] [--tier NAME] [-v]
 *
 * A case is its number. --plant makes the planner wrong in one place of each plan (see plants) and expects to be
 * caught; --reading takes the other answer to a question of nt_readings_table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "nt_plan.h"
#include "nt_store.h"
#include "policy/plan.h"

enum { CASES = 1000, CASES_PLANTED = 120, CASES_CARRIED = 120, KILLS = 8, RULES_MAX = 8 };

/* -- one case ---------------------------------------------------------------------------------------------------- */

struct trial {
	unsigned number;
	struct chance chance;
	struct nt_world before, found, world; /* before any cordon; as this run found it; and now */
	const char *preset;                   /* NULL: none */
	struct text text, bound;
	struct facts *facts;
	struct policy *policy;
	struct plan *plan;
	enum tier tier;
	struct nt_token token; /* the command's */
	struct nt_token user;  /* the user's, outside */
	struct nt_token plain; /* the same without an administrator's rights, which no command has */
	const struct nt_readings *readings;
	struct finding {
		char text[512];
	} finding;             /* the first thing wrong, or empty */
	struct nt_store store; /* of the world */
	struct nt_names names;
	struct trial *earlier; /* another policy's run, which has ended; NULL: none */
	size_t about;
	bool is_open; /* something was allowed that the policy forbids */
};

static void trial_free(struct trial *trial)
{
	if (trial->earlier) {
		trial_free(trial->earlier);
		free(trial->earlier);
	}
	nt_store_close(&trial->store);
	plan_free(trial->plan);
	policy_free(trial->policy);
	facts_free(trial->facts);
	text_free(&trial->text);
	text_free(&trial->bound);
}

static unsigned pick(struct trial *trial, unsigned limit)
{
	return chance_below(&trial->chance, limit);
}

/* -- a policy ---------------------------------------------------------------------------------------------------- */

static void add_slashed(struct text *text, const char *path)
{
	for (; *path; path++)
		text_add_char(text, *path == '\\' ? '/' : *path);
}

static bool user_may_change(const struct trial *trial, size_t file)
{
	return nt_may_open(&trial->world.tree, file, &trial->user, NT_WRITE_DAC | NT_WRITE_OWNER | NT_READ_CONTROL,
			   &nt_believed);
}

/* A path that exists or does not, or a pattern. `write` mostly where it can be given. */
static void add_rule(struct trial *trial, struct text *text)
{
	static const char *const accesses[] = { "none", "read", "write" };
	static const char *const patterns[] = { "**/key", NT_WORKSPACE "\\**\\hooks", "**/.git" };
	static const char *const missing[] = { "hooks", "key", ".git", "new", ".vscode", "a" };
	const struct nt_tree *tree = &trial->world.tree;
	size_t file = pick(trial, 3) ? pick(trial, (unsigned)tree->count) : nt_tree_find(tree, NT_WORKSPACE);
	unsigned access = pick(trial, 3);
	CORDON_ON_EXIT(text_free) struct text path = { 0 };
	if (!user_may_change(trial, file) && pick(trial, 3))
		file = nt_tree_find(tree, NT_WORKSPACE) + pick(trial, 2);
	if (access == 2 && (!user_may_change(trial, file) || tree->files[file].parent == NT_NO_FILE) && pick(trial, 8))
		access = 1;
	if (pick(trial, 10) == 0) {
		add_slashed(&path, patterns[pick(trial, COUNT_OF(patterns))]);
		access = pick(trial, 2);
	} else {
		add_slashed(&path, tree->files[file].path);
		if (pick(trial, 4) == 0 && tree->files[file].is_directory) {
			text_addf(&path, "%s%s", tree->files[file].parent == NT_NO_FILE ? "" : "/",
				  missing[pick(trial, COUNT_OF(missing))]);
			access = pick(trial, 2);
		}
	}
	CORDON_ON_EXIT(free_text) char *quoted = text_format("\"%s\"", text_str(&path));
	if (!strstr(text_str(text), quoted))
		text_addf(text, ", %s: \"%s\"", quoted, accesses[access]);
}

/* On a preset, on top of it some rules; or all of it. */
static void make_text(struct trial *trial)
{
	static const char *const presets[] = { "workspace", "read-only", "strict", "open-network" };
	static const char *const tops[] = { "read", "read", "read", "none", "none" };
	unsigned count = 1 + pick(trial, RULES_MAX - 1);
	const char *top = trial->tier == TIER_APPCONTAINER && pick(trial, 8) ? "none"
									     : tops[pick(trial, COUNT_OF(tops))];
	if (pick(trial, 5) == 0) {
		trial->preset = trial->tier == TIER_APPCONTAINER ? "strict" : presets[pick(trial, COUNT_OF(presets))];
		text_add(&trial->text, "{ \"files\": { \"C:/none-such\": \"none\"");
		count = pick(trial, 4);
	} else {
		text_addf(&trial->text, "{ \"files\": { \"/\": \"%s\"", top);
		if (pick(trial, 4))
			text_add(&trial->text, ", \"C:/Users/you/w\": \"write\"");
	}
	for (unsigned i = 0; i < count; i++)
		add_rule(trial, &trial->text);
	text_add(&trial->text, " }, \"network\": { \"mode\": \"open\" }, \"accept\": [");
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		text_addf(&trial->text, "%s\"%s=absent\"", i ? ", " : "", guarantee_name((enum guarantee)i));
	text_add(&trial->text, "] }");
}

/* An administrator's file, which only narrows. */
static void make_bound(struct trial *trial)
{
	unsigned count = 1 + pick(trial, 3);
	text_add(&trial->bound, "{ \"files\": { \"C:/none-such\": \"none\"");
	for (unsigned i = 0; i < count; i++)
		add_rule(trial, &trial->bound);
	text_add(&trial->bound, " } }");
}

/* -- what the policy says ---------------------------------------------------------------------------------------- */

enum act {
	ACT_STAT,
	ACT_READ,
	ACT_EXECUTE,
	ACT_WRITE,
	ACT_APPEND,
	ACT_READ_AND_WRITE, /* what fopen(…, "r+") asks for */
	ACT_NAMED,
	ACT_ATTRIBUTES,
	ACT_DELETE,
	ACT_PERMISSIONS,
	ACT_OWNER,
	ACT_CREATE_FILE,
	ACT_CREATE_DIRECTORY,
	ACT_RENAME,
	ACT_LINK,
	ACT_COUNT,
};

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

static bool does(const struct nt_tree *tree, enum act act, size_t file, size_t directory, const struct nt_token *token,
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
	       does(tree, act, file, directory, token, trial->readings);
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
		does(&trial->found.tree, act, file, directory, &token, trial->readings));
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
		does(&trial->found.tree, act, file, directory, &trial->token, trial->readings)) ||
	       (is_specific && !is_noted(trial, &trial->plan->windows->narrowed, "stays closed", file));
}

static void judge(struct trial *trial, enum act act, size_t file, size_t directory)
{
	bool is_allowed = policy_allows(trial, act, file, directory);
	bool is_done = does(&trial->world.tree, act, file, directory, &trial->token, trial->readings);
	if (is_done && !is_allowed && !is_named(trial, act, file, directory))
		find(trial, "the policy forbids it, NT allows it", true, act, file, directory);
	if (!is_done && is_allowed && must_be_carried(trial, act, file, directory))
		find(trial, "the policy allows it, NT refuses", false, act, file, directory);
	/* Whatever the plan did to descriptors, the user keeps what was his. */
	if (was_done(trial, act, file, directory, &trial->user) &&
	    !does(&trial->world.tree, act, file, directory, &trial->user, &nt_believed))
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
			if (does(tree, (enum act)act, file, NT_NO_FILE, &neighbour, trial->readings) &&
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
			size_t directory = pick(trial, (unsigned)tree->count);
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

/* -- plants ------------------------------------------------------------------------------------------------------ */

static struct windows_entry *any_entry(struct trial *trial, struct windows_object **ret_object)
{
	struct windows_object_list *objects = &trial->plan->windows->objects;
	size_t count = 0;
	for (size_t i = 0; i < objects->count; i++)
		count += objects->items[i].entries.count;
	size_t chosen = count ? pick(trial, (unsigned)count) : 0;
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
		bit = entry->rights & (1u << pick(trial, 21));
	if (entry)
		entry->rights &= ~bit;
}

static void plant_more(struct trial *trial)
{
	static const uint32_t bits[] = { RIGHT_DELETE_CHILD, RIGHT_WRITE_DAC, RIGHT_WRITE_OWNER, RIGHT_WRITE_DATA };
	struct windows_object *object;
	struct windows_entry *entry = any_entry(trial, &object);
	if (entry && !entry->denies)
		entry->rights |= bits[pick(trial, COUNT_OF(bits))];
}

static void plant_sid(struct trial *trial)
{
	struct windows_object *object;
	struct windows_entry *entry = any_entry(trial, &object);
	if (entry)
		entry->sid = (struct sid){ (enum sid_role)pick(trial, SID_ROLE_COUNT), 0 };
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
	switch (pick(trial, 4)) {
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
			token->restricting.items[pick(trial, (unsigned)token->restricting.count)] = (struct sid){
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
static const struct plant {
	const char *name;
	void (*put)(struct trial *trial);
} plants[] = {
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

/* -- running ----------------------------------------------------------------------------------------------------- */

static struct settings {
	unsigned first, cases;
	const struct plant *plant;
	struct nt_readings readings;
	int tier; /* -1: any */
	bool is_verbose;
} settings = { .cases = CASES, .tier = -1 };

struct counts {
	unsigned planned[TIER_COUNT], refused[TIER_COUNT], unreadable, not_applied[TIER_COUNT], found, open,
		after_another;
};

static bool plan_trial(struct trial *trial, struct counts *counts)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	trial->facts = nt_world_facts();
	trial->policy = policy_new(TARGET_WINDOWS);
	const char *text = text_str(&trial->text);
	const char *bound = text_str(&trial->bound);
	for (const char *name = trial->preset; name; name = policy_extends(trial->policy))
		if (!policy_add_preset(trial->policy, name, &err))
			fail_msg("%s: %s", name, err.text);
	if (!policy_add_text(trial->policy, LAYER_POLICY, "C:\\policy.json", "C:\\", text, strlen(text), &err) ||
	    (*bound &&
	     !policy_add_text(trial->policy, LAYER_MANAGED, "C:\\managed.json", "C:\\", bound, strlen(bound), &err)))
		fail_msg("case %u: %s: %s%s", trial->number, err.text, text, bound);
	if (!nt_world_survey(&trial->world, trial->policy, trial->facts, &err) ||
	    !policy_resolve(trial->policy, trial->facts, &err)) {
		if (settings.is_verbose)
			print_message("case %u: %s\n", trial->number, err.text);
		counts->unreadable++;
		return false;
	}
	struct plan_options options = { .run_id = "01RUN", .tier = tier_name(trial->tier) };
	if (!plan_compile(trial->policy, trial->facts, &options, &trial->plan, &err)) {
		if (err.status != CORDON_UNSUPPORTED)
			fail_msg("case %u: %s: %s", trial->number, err.text, text);
		if (settings.is_verbose)
			print_message("case %u: %s\n", trial->number, err.text);
		counts->refused[trial->tier]++;
		return false;
	}
	return true;
}

/* -- an earlier run ----------------------------------------------------------------------------------------------- */

static size_t find_root(const struct plan_windows *windows, const char *path)
{
	for (size_t i = 0; i < windows->roots.count; i++)
		if (strcmp(windows->roots.items[i].path, path) == 0)
			return i;
	return NT_ROOTS_MAX;
}

/* A root has the capability that it had; a package is another policy's. */
static void name_identities(struct trial *trial)
{
	const struct plan_windows *windows = trial->plan->windows;
	const struct trial *earlier = trial->earlier;
	trial->names.package = NT_PACKAGE;
	for (size_t i = 0; i < NT_ROOTS_MAX; i++)
		trial->names.capabilities[i] = (uint32_t)(NT_CAPABILITY + i);
	for (size_t i = 0; earlier && i < windows->roots.count; i++) {
		size_t root = find_root(earlier->plan->windows, windows->roots.items[i].path);
		trial->names.capabilities[i] = root < NT_ROOTS_MAX ? earlier->names.capabilities[root]
								   : (uint32_t)(NT_CAPABILITY + NT_ROOTS_MAX + i);
	}
}

/* Of another policy, in any tier. What it has put on files stays there when it has ended. */
static void run_earlier(struct trial *trial)
{
	struct counts ignored = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct descriptors descriptors = { .store = &trial->store.store, .who = &nt_who };
	const char *why;
	struct trial *earlier = calloc(1, sizeof *earlier);
	assert_non_null(earlier);
	earlier->number = trial->number;
	earlier->chance.state = ~(uint64_t)trial->number;
	earlier->world = trial->world;
	earlier->tier = pick(earlier, 2) ? TIER_ACCOUNT : (enum tier)pick(earlier, TIER_COUNT);
	earlier->user = trial->user;
	make_text(earlier);
	if (plan_trial(earlier, &ignored)) {
		name_identities(earlier);
		earlier->names.package = NT_EARLIER_PACKAGE;
		if (nt_plan_apply(earlier->plan->windows, earlier->policy, &trial->store, &earlier->names, &why)) {
			trial->earlier = earlier;
			assert_true(descriptors_recover(&descriptors, &err));
			return;
		}
	}
	trial_free(earlier);
	free(earlier);
}

/* Fills in trial->finding. */
static void run_trial(struct trial *trial, struct counts *counts)
{
	const char *why = NULL;
	trial->chance.state = trial->number;
	nt_world_make(&trial->world, &trial->chance);
	trial->before = trial->world;
	nt_store_open(&trial->store, &trial->world);
	trial->tier = (enum tier)pick(trial, TIER_COUNT);
	if (settings.tier >= 0)
		trial->tier = (enum tier)settings.tier;
	trial->readings = &settings.readings;
	trial->user = nt_world_user(&trial->world);
	trial->plain = nt_world_user(&(struct nt_world){ 0 });
	make_text(trial);
	if (pick(trial, 3) == 0)
		make_bound(trial);
	if (trial->number % 2)
		run_earlier(trial);
	trial->found = trial->world;
	if (!plan_trial(trial, counts))
		return;
	name_identities(trial);
	if (settings.plant)
		settings.plant->put(trial);
	if (!nt_plan_apply(trial->plan->windows, trial->policy, &trial->store, &trial->names, &why)) {
		if (settings.is_verbose)
			print_message("case %u: %s\n", trial->number, why);
		counts->not_applied[trial->tier]++;
		return;
	}
	counts->planned[trial->tier]++;
	trial->token = nt_plan_token(trial->plan->windows, &trial->world, &trial->names);
	counts->after_another += trial->earlier != NULL;
	judge_all(trial);
	judge_neighbour(trial);
	judge_defaults(trial);
	judge_what_is_made(trial);
	judge_missing(trial);
}

static void tell_descriptor(const struct nt_descriptor *descriptor)
{
	print_message("    owner %u%s", descriptor->owner, descriptor->is_protected ? ", protected" : "");
	if (descriptor->label.is_present)
		print_message(", label %x", descriptor->label.level);
	print_message(":");
	for (size_t i = 0; i < descriptor->count; i++)
		print_message(" %c%u:%x/%x", descriptor->entries[i].denies ? '-' : '+', descriptor->entries[i].sid,
			      descriptor->entries[i].mask, descriptor->entries[i].flags);
	print_message("\n");
}

static void tell(const struct trial *trial)
{
	CORDON_ON_EXIT(text_free) struct text printed = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	if (settings.is_verbose && trial->plan && plan_print(trial->plan, &printed, &err))
		fputs(text_str(&printed), stderr);
	for (size_t file = settings.is_verbose ? trial->about : NT_NO_FILE; file != NT_NO_FILE;
	     file = trial->world.tree.files[file].parent) {
		print_message("  %s\n", trial->world.tree.files[file].path);
		if (file < trial->before.tree.count)
			tell_descriptor(&trial->before.tree.files[file].descriptor);
		tell_descriptor(&trial->world.tree.files[file].descriptor);
	}
	const char *rest = strstr(text_str(&trial->text), ", \"network\"");
	print_message("%s\n    %s%s%.*s%s\n", trial->finding.text, trial->preset ? trial->preset : "",
		      trial->preset ? " and " : "", (int)(rest - text_str(&trial->text)), text_str(&trial->text),
		      text_str(&trial->bound));
}

static struct counts run_trials(unsigned first, unsigned cases, unsigned told)
{
	struct counts counts = { 0 };
	struct trial *trial = malloc(sizeof *trial);
	assert_non_null(trial);
	for (unsigned i = first; i < first + cases; i++) {
		memset(trial, 0, sizeof *trial);
		trial->number = i;
		run_trial(trial, &counts);
		counts.open += trial->is_open;
		if (trial->finding.text[0] && counts.found++ < told)
			tell(trial);
		trial_free(trial);
	}
	free(trial);
	return counts;
}

static void plan__nt_decides_as_the_policy_does(void **state)
{
	(void)state;
	struct counts counts = run_trials(settings.first, settings.cases, 5);
	for (int tier = 0; tier < TIER_COUNT; tier++)
		print_message("%s: %u planned, %u refused, %u not the user's to change\n", tier_name((enum tier)tier),
			      counts.planned[tier], counts.refused[tier], counts.not_applied[tier]);
	print_message("%u after a run of another policy; %u policies with an error, %u cases wrong\n",
		      counts.after_another, counts.unreadable, counts.found);
	assert_int_equal(counts.found, 0);
}

/* A planner that is wrong in one place is found out. */
static void plan__every_plant_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(plants); i++) {
		settings.plant = &plants[i];
		struct counts counts = run_trials(0, CASES_PLANTED, 0);
		print_message("%s: found in %u cases of %d, with something open in %u\n", plants[i].name, counts.found,
			      CASES_PLANTED, counts.open);
		assert_true(counts.found > 0);
	}
	settings.plant = NULL;
}

/* Whatever the answers to what public sources leave open: it may cost the command something, and opens nothing. */
static void plan__no_reading_opens_anything(void **state)
{
	(void)state;
	for (const struct nt_reading *reading = nt_readings_table; reading->name; reading++) {
		settings.readings = nt_believed;
		*(bool *)((char *)&settings.readings + reading->offset) ^= true;
		struct counts counts = run_trials(0, CASES_PLANTED, 0);
		print_message("%s: costs something in %u cases of %d, opens in %u\n", reading->name, counts.found,
			      CASES_PLANTED, counts.open);
		assert_int_equal(counts.open, 0);
	}
	settings.readings = nt_believed;
}

/* -- carrying out ------------------------------------------------------------------------------------------------- */

struct carrying {
	struct nt_world before, world, after; /* after: the plan's descriptors, as they are when nothing goes wrong */
	struct nt_store store;
	unsigned applied, kills, kept_below;
};

static void expect_as_before(const struct carrying *carrying, const struct trial *trial, const char *when,
			     unsigned step)
{
	const char *file;
	if (!nt_world_equals(&carrying->before, &carrying->world, &file))
		fail_msg("case %u: %s, step %u: '%s' is not as it was", trial->number, when, step, file);
	if (nt_store_journal(&carrying->store) != 0)
		fail_msg("case %u: %s, step %u: the journal is not empty", trial->number, when, step);
}

static unsigned count_below(const struct nt_store *store)
{
	unsigned count = 0;
	for (int i = 0; i < NT_JOURNAL_MAX; i++)
		count += store->journal[i].bytes && strstr(store->journal[i].name, "below") != NULL;
	return count;
}

/* All of it, twice, and off again; how many steps it takes, 0 where it cannot be. */
static unsigned carry_out(struct carrying *carrying, const struct trial *trial)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct descriptors descriptors = { .store = &carrying->store.store, .who = &nt_who };
	const struct plan_windows *windows = trial->plan->windows;
	size_t count;
	bool makes = false, does_hold = false;
	for (size_t i = 0; i < windows->objects.count; i++)
		makes |= windows->objects.items[i].is_created;
	if (!descriptors_apply(&descriptors, windows, &err)) {
		/* What is refused is not done by half. */
		expect_as_before(carrying, trial, "refused", 0);
		return 0;
	}
	unsigned steps = carrying->store.steps;
	carrying->after = carrying->world;
	carrying->kept_below += count_below(&carrying->store);
	if (!makes) {
		if (!descriptors_apply(&descriptors, windows, &err) ||
		    !descriptors_hold(&descriptors, windows, &does_hold, &err))
			fail_msg("case %u: again: %s", trial->number, err.text);
		if (!does_hold || carrying->store.steps != steps)
			fail_msg("case %u: the second start changes something", trial->number);
	}
	if (!descriptors_forget(&descriptors, NULL, &count, &err))
		fail_msg("case %u: forget: %s", trial->number, err.text);
	expect_as_before(carrying, trial, "forgotten", 0);
	return steps;
}

/* The next start, whatever the last one left: its descriptors are the plan's, and can be taken off. */
static void start_again(struct carrying *carrying, const struct trial *trial, const char *when, unsigned step)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct descriptors descriptors = { .store = &carrying->store.store, .who = &nt_who };
	const char *file;
	size_t count;
	nt_store_revive(&carrying->store);
	if (!descriptors_apply(&descriptors, trial->plan->windows, &err))
		fail_msg("case %u: %s, step %u: start again: %s", trial->number, when, step, err.text);
	if (!nt_world_equals(&carrying->after, &carrying->world, &file))
		fail_msg("case %u: %s, step %u: '%s' is not as planned", trial->number, when, step, file);
	if (!descriptors_forget(&descriptors, NULL, &count, &err))
		fail_msg("case %u: forget: %s", trial->number, err.text);
	expect_as_before(carrying, trial, when, step);
	carrying->kills++;
}

/* The power goes at one step, and at another while that is being mended. */
static void kill_at(struct carrying *carrying, const struct trial *trial, unsigned step, unsigned other)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct descriptors descriptors = { .store = &carrying->store.store, .who = &nt_who };
	nt_store_revive(&carrying->store);
	carrying->store.dies_at = step;
	if (descriptors_apply(&descriptors, trial->plan->windows, &err))
		fail_msg("case %u: step %u does not count", trial->number, step);
	nt_store_revive(&carrying->store);
	carrying->store.dies_at = other;
	(void)!descriptors_recover(&descriptors, &err);
	start_again(carrying, trial, "killed", step);
}

/* The same while they are taken off. */
static void kill_while_forgetting(struct carrying *carrying, const struct trial *trial, unsigned step)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct descriptors descriptors = { .store = &carrying->store.store, .who = &nt_who };
	size_t count;
	nt_store_revive(&carrying->store);
	if (!descriptors_apply(&descriptors, trial->plan->windows, &err))
		fail_msg("case %u: %s", trial->number, err.text);
	nt_store_revive(&carrying->store);
	carrying->store.dies_at = step;
	(void)!descriptors_forget(&descriptors, NULL, &count, &err);
	start_again(carrying, trial, "forgetting", step);
}

static void carry_out_trial(struct trial *trial, struct carrying *carrying)
{
	struct counts counts = { 0 };
	trial->chance.state = trial->number;
	nt_world_make(&trial->world, &trial->chance);
	trial->tier = (enum tier)pick(trial, TIER_COUNT);
	trial->readings = &settings.readings;
	make_text(trial);
	if (!plan_trial(trial, &counts))
		return;
	carrying->before = carrying->world = trial->world;
	nt_store_open(&carrying->store, &carrying->world);
	unsigned steps = carry_out(carrying, trial);
	carrying->applied += steps > 0;
	for (unsigned i = 0; i < KILLS && steps > 0; i++)
		kill_at(carrying, trial, 1 + pick(trial, steps), 1 + pick(trial, steps));
	for (unsigned i = 0; i < KILLS && steps > 0; i++)
		kill_while_forgetting(carrying, trial, 1 + pick(trial, steps));
	nt_store_close(&carrying->store);
}

/* Whenever cordon is killed, the next start leaves what was begun as it was; and what is taken off was never there. */
static void descriptors__are_as_before_whenever_the_power_goes(void **state)
{
	(void)state;
	struct trial *trial = malloc(sizeof *trial);
	struct carrying *carrying = calloc(1, sizeof *carrying);
	assert_true(trial && carrying);
	for (unsigned i = 0; i < CASES_CARRIED; i++) {
		memset(trial, 0, sizeof *trial);
		trial->number = i;
		carry_out_trial(trial, carrying);
		trial_free(trial);
	}
	print_message("%u plans put on and taken off, killed %u times, %u kept what is below\n", carrying->applied,
		      carrying->kills, carrying->kept_below);
	assert_true(carrying->applied > CASES_CARRIED / 2 && carrying->kept_below > 0);
	free(carrying);
	free(trial);
}

/* -- wider before ------------------------------------------------------------------------------------------------- */

static const char wide[] =
	"{ \"files\": { \"/\": \"none\", \"C:/Users/you/w\": \"write\", \"C:/Users/you/.ssh\": \"write\" }, ";
static const char narrow[] = "{ \"files\": { \"/\": \"none\", \"C:/Users/you/w\": \"write\" }, ";

static void set_text(struct trial *trial, const char *files)
{
	text_add(&trial->text, files);
	text_add(&trial->text,
		 "\"network\": { \"mode\": \"open\" }, \"accept\": [\"files.read=absent\", \"net.off=absent\"] }");
}

static void plan_files(struct trial *trial, const char *files)
{
	struct counts counts = { 0 };
	trial->tier = TIER_ACCOUNT;
	trial->readings = &nt_believed;
	set_text(trial, files);
	if (!plan_trial(trial, &counts))
		fail_msg("%s", text_str(&trial->text));
	name_identities(trial);
}

/* Nothing else is there than what Windows makes. */
static void run_wide(struct trial *trial)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	const struct descriptors descriptors = { .store = &trial->store.store, .who = &nt_who };
	struct chance chance = { 0 };
	const char *why;
	memset(trial, 0, sizeof *trial);
	do
		nt_world_make(&trial->world, &chance);
	while (trial->world.user_is_administrator);
	trial->before = trial->world;
	trial->user = nt_world_user(&trial->world);
	nt_store_open(&trial->store, &trial->world);
	struct trial *earlier = trial->earlier = calloc(1, sizeof *earlier);
	assert_non_null(earlier);
	earlier->world = trial->world;
	plan_files(earlier, wide);
	if (!nt_plan_apply(earlier->plan->windows, earlier->policy, &trial->store, &earlier->names, &why))
		fail_msg("%s", why);
	assert_true(descriptors_recover(&descriptors, &err));
	plan_files(trial, narrow);
}

static bool may(const struct trial *trial, const struct trial *whose, const char *path, enum act act)
{
	const struct nt_tree *tree = &trial->world.tree;
	const struct nt_token token = nt_plan_token(whose->plan->windows, &trial->world, &whose->names);
	return does(tree, act, nt_tree_find(tree, path), NT_NO_FILE, &token, &nt_believed);
}

static void expect_narrow(const struct trial *trial)
{
	if (may(trial, trial, NT_HOME "\\.ssh", ACT_READ) || may(trial, trial, NT_HOME "\\.ssh", ACT_CREATE_FILE))
		fail_msg("'.ssh' is open to the narrower run");
	assert_true(may(trial, trial, NT_WORKSPACE, ACT_READ) && may(trial, trial, NT_WORKSPACE, ACT_CREATE_FILE));
}

/* What a run with a wider policy has opened is of no use to the next one. */
static void plan__what_a_wider_one_has_opened_is_closed(void **state)
{
	(void)state;
	const char *why;
	struct trial *trial = malloc(sizeof *trial);
	assert_non_null(trial);
	run_wide(trial);
	assert_true(may(trial, trial->earlier, NT_HOME "\\.ssh", ACT_CREATE_FILE));
	assert_true(may(trial, trial->earlier, NT_HOME "\\.ssh", ACT_READ));
	assert_true(nt_plan_apply(trial->plan->windows, trial->policy, &trial->store, &trial->names, &why));
	expect_narrow(trial);
	/* A start that finds it so changes nothing. */
	unsigned steps = trial->store.steps;
	assert_true(nt_plan_apply(trial->plan->windows, trial->policy, &trial->store, &trial->names, &why));
	assert_int_equal(trial->store.steps, steps);
	trial_free(trial);

	/* Planted: it stays open; and one capability is every root's. */
	run_wide(trial);
	assert_true(nt_plan_apply(trial->plan->windows, NULL, &trial->store, &trial->names, &why));
	assert_true(may(trial, trial, NT_HOME "\\.ssh", ACT_READ));
	assert_false(may(trial, trial, NT_HOME "\\.ssh", ACT_CREATE_FILE));
	size_t root = find_root(trial->earlier->plan->windows, NT_HOME "\\.ssh");
	for (size_t i = 0; i < NT_ROOTS_MAX; i++)
		trial->names.capabilities[i] = trial->earlier->names.capabilities[root];
	assert_true(may(trial, trial, NT_HOME "\\.ssh", ACT_CREATE_FILE));
	trial_free(trial);
	free(trial);
}

/* While another run rests on what that one has opened, a narrower one does not start beside it. */
static void plan__narrower_than_what_is_in_use_does_not_hold(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	struct trial *trial = malloc(sizeof *trial);
	const char *why;
	bool holds = true;
	assert_non_null(trial);
	run_wide(trial);
	assert_true(nt_plan_holds(trial->plan->windows, trial->policy, &trial->store, &trial->names, &holds, &err));
	assert_false(holds);
	assert_true(nt_plan_apply(trial->plan->windows, trial->policy, &trial->store, &trial->names, &why));
	assert_true(nt_plan_holds(trial->plan->windows, trial->policy, &trial->store, &trial->names, &holds, &err));
	assert_true(holds);
	trial_free(trial);
	free(trial);
}

/* The power goes while it is closed: the next start closes it, and what is forgotten was never there. */
static void plan__narrower_one_that_is_killed_is_made_good(void **state)
{
	(void)state;
	struct cordon_error err = CORDON_ERROR_INIT;
	struct trial *trial = malloc(sizeof *trial);
	const char *why;
	size_t count;
	assert_non_null(trial);
	for (unsigned step = 1, is_over = 0; !is_over; step++) {
		run_wide(trial);
		nt_store_revive(&trial->store);
		trial->store.dies_at = step;
		is_over = nt_plan_apply(trial->plan->windows, trial->policy, &trial->store, &trial->names, &why);
		assert_true(is_over || trial->store.is_dead);
		nt_store_revive(&trial->store);
		assert_true(nt_plan_apply(trial->plan->windows, trial->policy, &trial->store, &trial->names, &why));
		expect_narrow(trial);
		const struct descriptors descriptors = { .store = &trial->store.store, .who = &nt_who };
		assert_true(descriptors_forget(&descriptors, NULL, &count, &err));
		const char *file;
		if (!nt_world_equals(&trial->before, &trial->world, &file))
			fail_msg("step %u: '%s' is not as it was", step, file);
		assert_true(step > 3 || !is_over);
		trial_free(trial);
	}
	free(trial);
}

static const struct plant *find_plant(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(plants); i++)
		if (strcmp(plants[i].name, name) == 0)
			return &plants[i];
	return NULL;
}

static bool find_reading(const char *name)
{
	for (const struct nt_reading *reading = nt_readings_table; reading->name; reading++)
		if (strcmp(reading->name, name) == 0) {
			*(bool *)((char *)&settings.readings + reading->offset) ^= true;
			return true;
		}
	return false;
}

static bool take_argument(const char *name, const char *value)
{
	if (strcmp(name, "--cases") == 0)
		settings.cases = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--first") == 0)
		settings.first = (unsigned)strtoul(value, NULL, 10);
	else if (strcmp(name, "--plant") == 0)
		return (settings.plant = find_plant(value)) != NULL;
	else if (strcmp(name, "--reading") == 0)
		return find_reading(value);
	else if (strcmp(name, "--tier") == 0)
		for (settings.tier = TIER_COUNT - 1; strcmp(tier_name((enum tier)settings.tier), value) != 0;) {
			if (settings.tier-- == 0)
				return false;
		}
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan__nt_decides_as_the_policy_does),
		cmocka_unit_test(plan__every_plant_is_found),
		cmocka_unit_test(plan__no_reading_opens_anything),
		cmocka_unit_test(descriptors__are_as_before_whenever_the_power_goes),
		cmocka_unit_test(plan__what_a_wider_one_has_opened_is_closed),
		cmocka_unit_test(plan__narrower_than_what_is_in_use_does_not_hold),
		cmocka_unit_test(plan__narrower_one_that_is_killed_is_made_good),
	};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0) {
			settings.is_verbose = true;
		} else if (i + 1 == argc || !take_argument(argv[i], argv[i + 1])) {
			fprintf(stderr, "%s: '%s'?\n", argv[0], argv[i]);
			return 2;
		} else {
			i++;
		}
	}
	/* With arguments, one run: what they say. */
	if (argc > 1)
		cmocka_set_test_filter("plan__nt_decides_as_the_policy_does");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

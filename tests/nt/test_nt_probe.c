/* What the probe expects of its acts on files is what the model decides: under the probe's own descriptors and tokens, with
 * what staging.c lays out. Outside each act succeeds; inside it is refused where its tier promises that, and where no
 * trial of the tier is about it, it succeeds.
 */
#include <string.h>

#include "backend/windows/probe_plan.h"
#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "nt_plan.h"

#define FOLDER "C:\\Users\\you\\p"

enum act { OPENS, CREATES, RENAMES, REPLACES, LINKS };

/* The rights that the prober's calls ask for. */
enum {
	READ = NT_FILE_READ,
	WRITE = NT_FILE_WRITE | NT_READ_ATTRIBUTES,
	LIST_IT = NT_LIST | NT_SYNCHRONIZE | NT_READ_ATTRIBUTES,
};

static const struct {
	const char *trial;
	enum act act;
	const char *file;
	uint32_t rights;
	const char *other; /* the directory of the new name, or the file that stands there */
} acts[] = {
	{ "write-outside", OPENS, "outside\\a", WRITE, NULL },
	{ "create-outside", CREATES, "outside", 0, NULL },
	{ "delete-outside", OPENS, "outside\\a", NT_DELETE, NULL },
	{ "rename-outside", RENAMES, "outside\\a", 0, "outside" },
	{ "attributes-outside", OPENS, "outside\\a", NT_WRITE_ATTRIBUTES | NT_SYNCHRONIZE, NULL },
	{ "descriptor-outside", OPENS, "outside\\a", NT_READ_CONTROL | NT_WRITE_DAC, NULL },
	{ "owner-outside", OPENS, "outside\\a", NT_WRITE_OWNER, NULL },
	{ "link-outside", LINKS, "outside\\a", 0, "root" },
	{ "stream-outside", OPENS, "outside\\a", WRITE, NULL },
	{ "delete-by-parent", OPENS, "outside\\kept", NT_DELETE, NULL },
	{ "write-everyones", OPENS, "everyones\\a", WRITE, NULL },
	{ "write-siblings", OPENS, "sibling\\a", WRITE, NULL },
	{ "read-hidden", OPENS, "hidden\\a", READ, NULL },
	{ "list-hidden", OPENS, "hidden", LIST_IT, NULL },
	{ "read-denied", OPENS, "root\\denied\\a", READ, NULL },
	{ "list-denied", OPENS, "root\\denied", LIST_IT, NULL },
	{ "write-protected", OPENS, "root\\above\\protected\\a", WRITE, NULL },
	{ "delete-protected", OPENS, "root\\above\\protected\\a", NT_DELETE, NULL },
	{ "replace-protected", REPLACES, "root\\a", 0, "root\\above\\protected\\a" },
	{ "rename-above", RENAMES, "root\\above", 0, "root" },
	{ "work-in-root", CREATES, "root", 0, NULL },
	{ "save-by-rename", REPLACES, "root\\a", 0, "root\\b" },
};

/* On places that the model has not got, or no matter of files. */
static const char *const elsewhere[] = { "make-in-drive", "make-in-programdata", "make-in-public", "make-in-drives",
					 "read-snapshot" };

/* -- the folder ---------------------------------------------------------------------------------------------------- */

static struct nt_world world;

static const struct {
	const char *path;
	bool is_directory;
} things[] = {
	{ "outside", true },
	{ "outside\\a", false },
	{ "outside\\kept", false },
	{ "everyones", true },
	{ "everyones\\a", false },
	{ "sibling", true },
	{ "sibling\\a", false },
	{ "hidden", true },
	{ "hidden\\a", false },
	{ "root", true },
	{ "root\\a", false },
	{ "root\\b", false },
	{ "root\\denied", true },
	{ "root\\denied\\a", false },
	{ "root\\above", true },
	{ "root\\above\\protected", true },
	{ "root\\above\\protected\\a", false },
	{ "prober.exe", false },
};

static size_t find(const char *path)
{
	CORDON_ON_EXIT(free_text) char *whole = text_format(FOLDER "\\%s", path);
	size_t file = nt_tree_find(&world.tree, whole);
	assert_true(file != NT_NO_FILE);
	return file;
}

static size_t add(size_t parent, const char *name, bool is_directory)
{
	const struct nt_descriptor none = { .owner = NT_USER };
	size_t file = nt_tree_add(&world.tree, parent, name, is_directory, &none);
	assert_true(file != NT_NO_FILE);
	return file;
}

static void lay_out(void)
{
	/* As a profile's, below a drive and a folder that grant nobody else anything. */
	struct nt_descriptor profile = { .owner = NT_USER, .is_protected = true };
	nt_descriptor_add(&profile, (struct nt_entry){ false, NT_TREE, NT_SYSTEM, NT_FILE_ALL });
	nt_descriptor_add(&profile, (struct nt_entry){ false, NT_TREE, NT_ADMINISTRATORS, NT_FILE_ALL });
	nt_descriptor_add(&profile, (struct nt_entry){ false, NT_TREE, NT_USER, NT_FILE_ALL });
	memset(&world, 0, sizeof world);
	size_t drive = add(NT_NO_FILE, "C:\\", true);
	size_t users = add(drive, "Users", true);
	size_t home = nt_tree_add(&world.tree, users, "you", true, &profile);
	size_t folder = add(home, "p", true);
	for (size_t i = 0; i < COUNT_OF(things); i++) {
		const char *slash = strrchr(things[i].path, '\\');
		char above[64];
		snprintf(above, sizeof above, "%.*s", slash ? (int)(slash - things[i].path) : 0, things[i].path);
		add(slash ? find(above) : folder, slash ? slash + 1 : things[i].path, things[i].is_directory);
	}
	struct nt_descriptor *kept = &world.tree.files[find("outside\\kept")].descriptor;
	struct nt_descriptor *everyones = &world.tree.files[find("everyones")].descriptor;
	kept->is_protected = everyones->is_protected = true;
	nt_descriptor_add(kept, (struct nt_entry){ false, 0, NT_USER, NT_FILE_READ });
	nt_descriptor_add(kept, (struct nt_entry){ false, 0, NT_SYSTEM, NT_FILE_ALL });
	nt_descriptor_add(everyones, (struct nt_entry){ false, NT_TREE, NT_USER, NT_FILE_ALL });
	nt_descriptor_add(everyones, (struct nt_entry){ false, NT_TREE, NT_EVERYONE, NT_FILE_MODIFY });
	nt_tree_propagate(&world.tree, home);
	nt_tree_propagate(&world.tree, find("everyones"));
}

/* -- the tier ------------------------------------------------------------------------------------------------------ */

static void free_objects(struct windows_object_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].path);
	free(list->items);
}

static void add_objects(unsigned tiers, struct windows_object_list *list)
{
	for (size_t i = 0; i < probe_object_count; i++) {
		const struct probe_object *planned = &probe_objects[i];
		if (!(planned->tiers & tiers))
			continue;
		struct windows_object *object = LIST_ADD(list);
		assert_non_null(object);
		*object = (struct windows_object){
			.path = text_format(FOLDER "\\%s", planned->path ? planned->path : "prober.exe"),
			.type = planned->path ? PATH_DIRECTORY : PATH_FILE,
			.is_cut = planned->is_cut,
			.drops_everyone = planned->drops_everyone,
			.label = planned->label,
			.entries = planned->entries,
		};
	}
}

/* Puts the probe's descriptors on. */
static struct nt_token enter(enum tier tier)
{
	static const char *const no_capabilities[] = { NULL };
	CORDON_ON_EXIT(free_objects) struct windows_object_list list = { 0 };
	static char root[] = FOLDER "\\root", sibling[] = FOLDER "\\sibling";
	struct windows_root roots[] = { { .path = root }, { .path = sibling } };
	static struct nt_store store;
	const char *why;
	lay_out();
	add_objects(1u << tier, &list);
	const struct plan_windows windows = { .tier = tier,
					      .token = *probe_recipe(tier),
					      .capabilities = no_capabilities,
					      .objects = list,
					      .roots = { roots, 2, 2 } };
	nt_store_open(&store, &world);
	if (!nt_plan_apply(&windows, NULL, &store, NULL, &why))
		fail_msg("%s: %s", tier_name(tier), why);
	nt_store_close(&store);
	return nt_plan_token(&windows, &world, NULL);
}

/* -- acting -------------------------------------------------------------------------------------------------------- */

static bool may(size_t i, const struct nt_token *token, const struct nt_readings *readings)
{
	const struct nt_tree *tree = &world.tree;
	size_t file = find(acts[i].file), other = acts[i].other ? find(acts[i].other) : NT_NO_FILE;
	switch (acts[i].act) {
	case OPENS:
		return nt_may_open(tree, file, token, acts[i].rights, readings);
	case CREATES:
		return nt_may_create(tree, file, false, token, readings);
	case RENAMES:
		return nt_may_rename(tree, file, other, NT_NO_FILE, token, readings);
	case REPLACES:
		return nt_may_rename(tree, file, tree->files[other].parent, other, token, readings);
	case LINKS:
		return nt_may_link(tree, file, other, token, readings);
	}
	return false;
}

static const struct trial_case *find_trial(const char *name)
{
	for (unsigned i = 0; i < trial_count; i++)
		if (strcmp(trial_cases[i].name, name) == 0)
			return &trial_cases[i];
	fail_msg("no trial is named '%s'", name);
	return NULL;
}

/* A file that is hidden or protected by a denial is so in the account tier alone. */
static bool is_laid_in(const char *trial, enum tier tier)
{
	return tier == TIER_ACCOUNT || strstr(trial, "-denied") == NULL;
}

static void expectations__are_the_models(void **state)
{
	(void)state;
	for (int tier = 0; tier < TIER_COUNT; tier++) {
		lay_out();
		const struct nt_token user = nt_world_user(&world);
		for (size_t i = 0; i < COUNT_OF(acts); i++)
			if (!may(i, &user, &nt_believed))
				fail_msg("%s does not succeed outside", acts[i].trial);
		const struct nt_token inside = enter((enum tier)tier);
		for (size_t i = 0; i < COUNT_OF(acts); i++) {
			const struct trial_case *trial = find_trial(acts[i].trial);
			bool is_promised = (trial->tiers >> tier) & 1;
			bool is_expected = trial->kind == TRIAL_MUST_WORK || !is_promised;
			if (is_laid_in(acts[i].trial, (enum tier)tier) && may(i, &inside, &nt_believed) != is_expected)
				fail_msg("%s: %s is %s by the model", tier_name((enum tier)tier), acts[i].trial,
					 is_expected ? "refused" : "done");
		}
	}
}

/* A new trial on files has its row above. */
static void acts__are_all_trials_on_files(void **state)
{
	(void)state;
	for (unsigned i = 0; i < trial_count; i++) {
		const struct trial_case *trial = &trial_cases[i];
		bool is_known = false;
		if (trial->kind != TRIAL_MUST_FAIL ||
		    (trial->guarantee != GUARANTEE_FILES_WRITE && trial->guarantee != GUARANTEE_FILES_READ &&
		     trial->guarantee != GUARANTEE_FILES_PROTECT))
			continue;
		for (size_t j = 0; j < COUNT_OF(acts); j++)
			is_known |= strcmp(acts[j].trial, trial->name) == 0;
		for (size_t j = 0; j < COUNT_OF(elsewhere); j++)
			is_known |= strcmp(elsewhere[j], trial->name) == 0;
		if (!is_known)
			fail_msg("the model is not asked about '%s'", trial->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expectations__are_the_models),
		cmocka_unit_test(acts__are_all_trials_on_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A protected file that somebody outside saves by rename, while a run goes on: what NT would let the command do, before
 * and after it is protected again.
 */
#include <stdio.h>
#include <string.h>

#include "backend/windows/descriptors.h"
#include "base/list.h"
#include "check.h"
#include "nt_plan.h"
#include "nt_store.h"

static struct windows_entry token_root[] = { { false, { SID_CAPABILITY, 0 }, RIGHTS_MODIFY, REACH_TREE, "" } };
static struct windows_entry token_file[] = { { true, { SID_CAPABILITY, 0 }, RIGHTS_CHANGE, REACH_OBJECT, "" } };
static struct windows_entry package_root[] = { { false, { SID_PACKAGE, 0 }, RIGHTS_MODIFY, REACH_TREE, "" } };
static struct windows_entry package_file[] = { { false, { SID_PACKAGE, 0 }, RIGHTS_READ, REACH_OBJECT, "" } };
static struct sid restricting[] = { { SID_CAPABILITY, 0 }, { SID_RUN, 0 }, { SID_LOGON, 0 }, { SID_EVERYONE, 0 } };
static const char *const no_names[] = { NULL };

static struct {
	struct nt_world world;
	struct nt_store store;
	struct windows_object objects[2];
	struct windows_root root;
	struct plan_windows windows;
	unsigned mended;
	size_t mended_last;
} scene;

static struct cordon_error err;

static struct descriptors descriptors(void)
{
	return (struct descriptors){ .store = &scene.store.store, .who = &nt_who };
}

static void set_scene(enum tier tier)
{
	struct nt_tree *tree = &scene.world.tree;
	struct nt_descriptor drive = { .owner = NT_SYSTEM, .is_protected = true };
	struct nt_descriptor folder = { .owner = NT_USER, .is_protected = true };
	bool is_package = tier == TIER_APPCONTAINER;
	memset(&scene, 0, sizeof scene);
	err = (struct cordon_error)CORDON_ERROR_INIT;
	nt_descriptor_add(&drive, (struct nt_entry){ false, NT_TREE, NT_USERS, NT_FILE_READ_EXECUTE });
	nt_descriptor_add(&folder, (struct nt_entry){ false, NT_TREE, NT_USER, NT_FILE_ALL });
	size_t top = nt_tree_add(tree, NT_NO_FILE, "C:\\", true, &drive);
	size_t root = nt_tree_add(tree, top, "w", true, &folder);
	const struct nt_token user = nt_world_user(&scene.world);
	struct nt_descriptor file = nt_descriptor_of_new(&folder, NULL, false, &user);
	nt_tree_add(tree, root, ".mcp.json", false, &file);
	scene.root = (struct windows_root){ .path = (char *)(uintptr_t) "C:\\w" };
	scene.objects[0] = (struct windows_object){ .path = (char *)(uintptr_t) "C:\\w",
						    .type = PATH_DIRECTORY,
						    .entries = { is_package ? package_root : token_root, 1, 1 } };
	scene.objects[1] = (struct windows_object){
		.path = (char *)(uintptr_t) "C:\\w\\.mcp.json",
		.type = PATH_FILE,
		.device = 1,
		.inode = 102,
		.is_cut = is_package,
		.is_watched = true,
		.entries = { is_package ? package_file : token_file, 1, 1 },
	};
	scene.windows = (struct plan_windows){ .tier = tier,
					       .token = { .drops_privileges = true,
							  .drops_administrators = true,
							  .is_container = is_package,
							  .is_write_restricted = !is_package,
							  .integrity = is_package ? INTEGRITY_LOW : INTEGRITY_MEDIUM,
							  .restricting = { restricting, is_package ? 0 : 4, 4 } },
					       .roots = { &scene.root, 1, 1 },
					       .objects = { scene.objects, 2, 2 },
					       .capabilities = no_names };
	nt_store_open(&scene.store, &scene.world);
	const struct descriptors all = descriptors();
	if (!descriptors_apply(&all, &scene.windows, &err))
		fail_msg("%s", err.text);
}

static bool may(uint32_t rights)
{
	const struct nt_token token = nt_plan_token(&scene.windows, &scene.world, NULL);
	size_t file = nt_tree_find(&scene.world.tree, "C:\\w\\.mcp.json");
	assert_true(file != NT_NO_FILE);
	return nt_may_open(&scene.world.tree, file, &token, rights, &nt_believed);
}

static size_t take_away(void)
{
	static unsigned number;
	size_t file = nt_tree_find(&scene.world.tree, "C:\\w\\.mcp.json");
	snprintf(scene.world.tree.files[file].path, NT_PATH_MAX, "C:\\w\\old-%u", number++);
	return scene.world.tree.files[file].parent;
}

/* As an editor outside does: another file, born in the folder, gets the name. */
static void save_by_rename(void)
{
	const struct nt_token user = nt_world_user(&scene.world);
	size_t above = take_away();
	struct nt_descriptor made = nt_descriptor_of_new(&scene.world.tree.files[above].descriptor, NULL, false, &user);
	assert_true(nt_tree_add(&scene.world.tree, above, ".mcp.json", false, &made) != NT_NO_FILE);
}

static void count(void *context, size_t object)
{
	(void)context;
	scene.mended++;
	scene.mended_last = object;
}

static bool mend(void)
{
	const struct descriptors all = descriptors();
	return descriptors_mend(&all, &scene.windows, count, NULL, &err);
}

static const enum tier tiers[] = { TIER_TOKEN, TIER_APPCONTAINER };

static void file__saved_by_rename_is_protected_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(tiers); i++) {
		set_scene(tiers[i]);
		assert_true(may(NT_READ_DATA));
		assert_false(may(NT_WRITE_DATA));
		for (unsigned saves = 1; saves <= 3; saves++) {
			save_by_rename();
			/* This is what is to be mended. */
			assert_true(may(NT_WRITE_DATA));
			if (!mend())
				fail_msg("%s", err.text);
			assert_int_equal(scene.mended, saves);
			assert_int_equal(scene.mended_last, 1);
			assert_true(may(NT_READ_DATA));
			assert_false(may(NT_WRITE_DATA));
			/* What the token tier is not promised to keep: the folder's DELETE_CHILD. */
			assert_true(tiers[i] == TIER_TOKEN || !may(NT_DELETE));
		}
		/* Where nothing was lost, nothing is done. */
		unsigned steps = scene.store.steps;
		assert_true(mend());
		assert_int_equal(scene.store.steps, steps);
		assert_int_equal(scene.mended, 3);
		nt_store_close(&scene.store);
	}
}

/* The next start finds all as it wants it, and does not look at every file again. */
static void start__after_it_finds_everything_in_place(void **state)
{
	(void)state;
	bool do_hold = false;
	set_scene(TIER_TOKEN);
	save_by_rename();
	assert_true(mend());
	scene.objects[1].inode = nt_tree_find(&scene.world.tree, "C:\\w\\.mcp.json") + 100;
	const struct descriptors all = descriptors();
	assert_true(descriptors_hold(&all, &scene.windows, &do_hold, &err));
	assert_true(do_hold);
	nt_store_close(&scene.store);
}

static void file__that_lost_its_entries_has_them_again(void **state)
{
	(void)state;
	set_scene(TIER_TOKEN);
	size_t file = nt_tree_find(&scene.world.tree, "C:\\w\\.mcp.json");
	nt_descriptor_remove(&scene.world.tree.files[file].descriptor, 0);
	assert_true(may(NT_WRITE_DATA));
	assert_true(mend());
	assert_int_equal(scene.mended, 1);
	assert_false(may(NT_WRITE_DATA));
	nt_store_close(&scene.store);
}

static void name__that_is_gone_is_nothing_to_mend(void **state)
{
	(void)state;
	set_scene(TIER_TOKEN);
	take_away();
	assert_true(mend());
	assert_int_equal(scene.mended, 0);
	nt_store_close(&scene.store);
}

/* Whoever calls it ends the run. */
static void file__that_is_not_the_users_is_said_so(void **state)
{
	(void)state;
	set_scene(TIER_TOKEN);
	save_by_rename();
	size_t file = nt_tree_find(&scene.world.tree, "C:\\w\\.mcp.json");
	scene.world.tree.files[file].descriptor = (struct nt_descriptor){ .owner = NT_SYSTEM, .is_protected = true };
	assert_false(mend());
	assert_non_null(strstr(err.text, ".mcp.json"));
	assert_int_equal(scene.mended, 0);
	nt_store_close(&scene.store);
}

/* cordon may be killed while it mends: the next start protects the file, and what is forgotten leaves nothing. */
static void mending__that_is_killed_at_any_step_is_made_good(void **state)
{
	(void)state;
	unsigned kills = 0;
	for (size_t i = 0; i < COUNT_OF(tiers); i++) {
		for (unsigned step = 1;; step++) {
			size_t undone;
			set_scene(tiers[i]);
			save_by_rename();
			nt_store_revive(&scene.store);
			scene.store.dies_at = step;
			bool is_mended = mend();
			nt_store_revive(&scene.store);
			const struct descriptors all = descriptors();
			scene.objects[1].inode = nt_tree_find(&scene.world.tree, "C:\\w\\.mcp.json") + 100;
			if (!descriptors_apply(&all, &scene.windows, &err))
				fail_msg("step %u: %s", step, err.text);
			assert_false(may(NT_WRITE_DATA));
			assert_true(descriptors_forget(&all, NULL, &undone, &err));
			assert_int_equal(nt_store_journal(&scene.store), 0);
			const struct nt_token user = nt_world_user(&scene.world);
			size_t file = nt_tree_find(&scene.world.tree, "C:\\w\\.mcp.json");
			const struct nt_descriptor *above = &scene.world.tree.files[1].descriptor;
			struct nt_descriptor born = nt_descriptor_of_new(above, NULL, false, &user);
			assert_int_equal(scene.world.tree.files[file].descriptor.count, born.count);
			nt_store_close(&scene.store);
			if (is_mended)
				break;
			kills++;
		}
	}
	assert_true(kills >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file__saved_by_rename_is_protected_again),
		cmocka_unit_test(start__after_it_finds_everything_in_place),
		cmocka_unit_test(file__that_lost_its_entries_has_them_again),
		cmocka_unit_test(name__that_is_gone_is_nothing_to_mend),
		cmocka_unit_test(file__that_is_not_the_users_is_said_so),
		cmocka_unit_test(mending__that_is_killed_at_any_step_is_made_good),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

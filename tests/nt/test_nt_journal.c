/* What cordon makes to protect a name that is missing: it goes again, whenever the power goes and whatever fails; and
 * nothing goes that cordon did not make, whatever the journal says.
 */
#include <string.h>

#include "backend/windows/journal.h"
#include "base/list.h"
#include "base/scope.h"
#include "check.h"
#include "nt_store.h"

static struct windows_entry grants[] = { { false, { SID_CAPABILITY, 0 }, RIGHTS_MODIFY, REACH_TREE, "" } };
static struct windows_entry denials[] = { { true, { SID_CAPABILITY, 0 }, RIGHTS_CHANGE, REACH_TREE, "" } };

static struct {
	struct nt_world world, before;
	struct nt_store store;
	struct windows_object objects[3];
	struct windows_root root;
	struct plan_windows windows;
} scene;

static struct cordon_error err;

static char *unconst(const char *text)
{
	return (char *)(uintptr_t)text;
}

static int set_scene(void **state)
{
	(void)state;
	struct nt_tree *tree = &scene.world.tree;
	struct nt_descriptor drive = { .owner = NT_SYSTEM, .is_protected = true };
	struct nt_descriptor folder = { .owner = NT_USER, .is_protected = true };
	memset(&scene, 0, sizeof scene);
	err = (struct cordon_error)CORDON_ERROR_INIT;
	nt_descriptor_add(&drive, (struct nt_entry){ false, NT_TREE, NT_USERS, NT_FILE_READ_EXECUTE });
	nt_descriptor_add(&folder, (struct nt_entry){ false, NT_TREE, NT_USER, NT_FILE_ALL });
	size_t top = nt_tree_add(tree, NT_NO_FILE, "C:\\", true, &drive);
	size_t root = nt_tree_add(tree, top, "w", true, &folder);
	const struct nt_token user = nt_world_user(&scene.world);
	struct nt_descriptor own = nt_descriptor_of_new(&folder, NULL, true, &user);
	nt_tree_add(tree, root, "empty", true, &own);
	scene.root = (struct windows_root){ .path = unconst("C:\\w") };
	scene.objects[0] = (struct windows_object){ .path = unconst("C:\\w"),
						    .type = PATH_DIRECTORY,
						    .entries = { grants, 1, 1 } };
	scene.objects[1] = (struct windows_object){ .path = unconst("C:\\w\\hooks"),
						    .type = PATH_DIRECTORY,
						    .is_created = true,
						    .entries = { denials, 1, 1 } };
	scene.objects[2] = (struct windows_object){
		.path = unconst("C:\\w\\.mcp.json"), .type = PATH_FILE, .is_created = true, .entries = { denials, 1, 1 }
	};
	scene.windows = (struct plan_windows){ .tier = TIER_TOKEN,
					       .roots = { &scene.root, 1, 1 },
					       .objects = { scene.objects, 3, 3 } };
	scene.before = scene.world;
	nt_store_open(&scene.store, &scene.world);
	return 0;
}

static int drop_scene(void **state)
{
	(void)state;
	nt_store_close(&scene.store);
	return 0;
}

static struct descriptors descriptors(void)
{
	return (struct descriptors){ .store = &scene.store.store, .who = &nt_who };
}

static bool apply(void)
{
	const struct descriptors all = descriptors();
	return descriptors_apply(&all, &scene.windows, &err);
}

static void recover(void)
{
	const struct descriptors all = descriptors();
	nt_store_revive(&scene.store);
	if (!descriptors_recover(&all, &err))
		fail_msg("%s", err.text);
}

static void forget(void)
{
	const struct descriptors all = descriptors();
	size_t count;
	nt_store_revive(&scene.store);
	if (!descriptors_forget(&all, NULL, &count, &err))
		fail_msg("%s", err.text);
}

static size_t find(const char *path)
{
	return nt_tree_find(&scene.world.tree, path);
}

static bool is_there(const char *path)
{
	return find(path) != NT_NO_FILE;
}

static void expect_as_before(const char *when, unsigned step)
{
	const char *file;
	if (!nt_world_equals(&scene.before, &scene.world, &file))
		fail_msg("%s, step %u: '%s' is not as it was", when, step, file);
	assert_int_equal(nt_store_journal(&scene.store), 0);
}

/* -- what goes again ----------------------------------------------------------------------------------------------- */

static void made__has_its_name_and_its_descriptor_at_once(void **state)
{
	(void)state;
	for (unsigned step = 1; !is_there("C:\\w\\hooks") || !is_there("C:\\w\\.mcp.json"); step++) {
		drop_scene(NULL);
		set_scene(NULL);
		scene.store.dies_at = step;
		(void)!apply();
		size_t made = find("C:\\w\\hooks");
		/* Not a moment under its own name without what protects it. */
		assert_true(made == NT_NO_FILE || scene.world.tree.files[made].descriptor.entries[0].denies);
	}
	const size_t file = find("C:\\w\\.mcp.json");
	assert_false(scene.world.tree.files[file].is_directory);
	assert_true(scene.world.tree.files[find("C:\\w\\hooks")].is_directory);
}

static void made__goes_again_whenever_the_power_goes(void **state)
{
	(void)state;
	unsigned step = 1;
	for (bool is_over = false; !is_over; step++) {
		drop_scene(NULL);
		set_scene(NULL);
		scene.store.dies_at = step;
		is_over = apply();
		/* Killed again while that is mended. */
		const struct descriptors all = descriptors();
		nt_store_revive(&scene.store);
		scene.store.dies_at = 1 + step % 4;
		(void)!descriptors_recover(&all, &err);
		recover();
		assert_false(is_there("C:\\w\\hooks") || is_there("C:\\w\\.mcp.json"));
		forget();
		expect_as_before("killed", step);
	}
	assert_true(step > 12);
}

/* One operation fails and cordon goes on: it leaves nothing, now, not only at the next start. */
static void made__is_gone_where_anything_failed(void **state)
{
	(void)state;
	unsigned step = 1;
	for (bool is_over = false; !is_over; step++) {
		drop_scene(NULL);
		set_scene(NULL);
		scene.store.fails_at = step;
		is_over = apply();
		if (!is_over)
			expect_as_before("failed", step);
	}
	assert_true(step > 12);
}

static void made__stays_where_something_is_in_it(void **state)
{
	(void)state;
	const struct nt_token user = nt_world_user(&scene.world);
	assert_true(apply());
	/* The model removes its last file only, so what was made after it is left out. */
	scene.windows.objects.count = 2;
	forget();
	assert_true(apply());
	size_t hooks = find("C:\\w\\hooks");
	struct nt_descriptor own = nt_descriptor_of_new(&scene.world.tree.files[hooks].descriptor, NULL, false, &user);
	nt_tree_add(&scene.world.tree, hooks, "post-commit", false, &own);
	forget();
	assert_true(is_there("C:\\w\\hooks\\post-commit"));
	assert_false(scene.world.tree.files[find("C:\\w\\hooks")].descriptor.entries[0].denies);
	assert_int_equal(nt_store_journal(&scene.store), 0);
}

/* -- what does not ------------------------------------------------------------------------------------------------- */

/* Somebody took what was made away, and made his own there: the same name, and another directory. */
static void name__that_is_anothers_by_now_is_left(void **state)
{
	(void)state;
	const struct nt_token user = nt_world_user(&scene.world);
	struct nt_tree *tree = &scene.world.tree;
	scene.windows.objects.count = 2;
	assert_true(apply());
	size_t made = find("C:\\w\\hooks");
	strcpy(tree->files[made].path, "C:\\w\\taken");
	struct nt_descriptor own = nt_descriptor_of_new(&tree->files[find("C:\\w")].descriptor, NULL, true, &user);
	nt_tree_add(tree, find("C:\\w"), "hooks", true, &own);
	recover();
	assert_true(is_there("C:\\w\\hooks"));
	forget();
	assert_true(is_there("C:\\w\\hooks") && is_there("C:\\w\\taken"));
}

static struct journal_object forged(void)
{
	return (struct journal_object){ .number = 7,
					.is_directory = true,
					.was_made = true,
					.path = unconst("C:\\w\\empty"),
					.beside = "cordon-0123456789abcdef" };
}

/* A well-formed entry says that cordon made a directory that it did not make. */
static void entry__that_is_forged_removes_nothing(void **state)
{
	(void)state;
	const uint64_t inodes[] = { 0, find("C:\\w") + 100, 4711 };
	for (size_t i = 0; i < COUNT_OF(inodes); i++)
		for (unsigned is_done = 0; is_done < 2; is_done++) {
			struct journal_object entry = forged();
			entry.device = inodes[i] ? 1 : 0;
			entry.inode = inodes[i];
			assert_true(journal_put_object(&scene.store.store, &entry, &err));
			assert_true(!is_done || journal_put_done(&scene.store.store, entry.number, &err));
			forget();
			expect_as_before("forged", (unsigned)i);
		}
}

/* What is removed for its name alone has one that only cordon gives, in the directory of its place; and nobody is asked
 * of another host for what the journal says.
 */
static void entry__that_cordon_does_not_write_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *path, *beside;
		uint32_t number;
		bool is_taken;
	} cases[] = {
		{ "C:\\w\\a", "cordon-0123456789abcdef", 7, true },
		{ "C:\\w\\a", "empty", 7, false },
		{ "C:\\w\\a", "", 7, false },
		{ "C:\\w\\a", "cordon-", 7, false },
		{ "C:\\w\\a", "cordon-..\\empty\\abcdef0", 7, false },
		{ "C:\\w\\a", "cordon-0123456789ABCDEF", 7, false },
		{ "C:\\w\\a", "cordon-0123456789abcdef0", 7, false },
		{ "\\\\host\\share\\a", "cordon-0123456789abcdef", 7, false },
		{ "\\\\.\\pipe\\a", "cordon-0123456789abcdef", 7, false },
		{ "w\\a", "cordon-0123456789abcdef", 7, false },
		{ "", "cordon-0123456789abcdef", 7, false },
		/* The next would have a number of nine digits, and not be found again. */
		{ "C:\\w\\a", "cordon-0123456789abcdef", 99999999, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CORDON_ON_EXIT(journal_free) struct journal journal = { 0 };
		struct journal_object entry = forged();
		drop_scene(NULL);
		set_scene(NULL);
		entry.path = unconst(cases[i].path);
		entry.beside = cases[i].beside;
		entry.number = cases[i].number;
		assert_true(journal_put_object(&scene.store.store, &entry, &err));
		if (journal_load(&scene.store.store, &journal, &err) != cases[i].is_taken)
			fail_msg("'%s' beside '%s', number %u", entry.beside, entry.path, entry.number);
		assert_true(cases[i].is_taken || strstr(err.text, "damaged"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(made__has_its_name_and_its_descriptor_at_once, set_scene, drop_scene),
		cmocka_unit_test_setup_teardown(made__goes_again_whenever_the_power_goes, set_scene, drop_scene),
		cmocka_unit_test_setup_teardown(made__is_gone_where_anything_failed, set_scene, drop_scene),
		cmocka_unit_test_setup_teardown(made__stays_where_something_is_in_it, set_scene, drop_scene),
		cmocka_unit_test_setup_teardown(name__that_is_anothers_by_now_is_left, set_scene, drop_scene),
		cmocka_unit_test_setup_teardown(entry__that_is_forged_removes_nothing, set_scene, drop_scene),
		cmocka_unit_test_setup_teardown(entry__that_cordon_does_not_write_is_refused, set_scene, drop_scene),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The model of files: what inherits what, and which operation asks whom; each rule with its source (nt.h). */
#include <string.h>

#include "base/list.h"
#include "check.h"
#include "nt_files.h"

static const struct nt_token user = {
	.user = NT_USER,
	.groups = { 2, { NT_EVERYONE, NT_USERS } },
	.integrity = NT_MEDIUM,
	.privileges = NT_CHANGE_NOTIFY,
};

static struct nt_descriptor one(uint8_t flags, uint32_t sid, uint32_t mask)
{
	return (struct nt_descriptor){ .owner = NT_SYSTEM, .count = 1, .entries = { { false, flags, sid, mask } } };
}

/* -- inheritance ------------------------------------------------------------------------------------------------- */

/* AUTHZ, "ACE inheritance rules": its table, row by row. */
static void nt__children_inherit_by_the_flags(void **state)
{
	(void)state;
	enum { NONE = 0xff };
	static const struct {
		uint8_t parent, file, directory;
	} cases[] = {
		{ 0, NONE, NONE },
		{ NT_OBJECT_INHERIT, 0, NT_OBJECT_INHERIT | NT_INHERIT_ONLY },
		{ NT_OBJECT_INHERIT | NT_NO_PROPAGATE, 0, NONE },
		{ NT_CONTAINER_INHERIT, NONE, NT_CONTAINER_INHERIT },
		{ NT_CONTAINER_INHERIT | NT_NO_PROPAGATE, NONE, 0 },
		{ NT_TREE, 0, NT_TREE },
		{ NT_TREE | NT_NO_PROPAGATE, 0, 0 },
		{ NT_TREE | NT_INHERIT_ONLY, 0, NT_TREE },
		{ NT_OBJECT_INHERIT | NT_INHERIT_ONLY, 0, NT_OBJECT_INHERIT | NT_INHERIT_ONLY },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		for (int is_directory = 0; is_directory < 2; is_directory++) {
			struct nt_descriptor parent = one(cases[i].parent, NT_USERS, NT_FILE_READ);
			struct nt_descriptor child = { .owner = NT_USER };
			uint8_t expected = is_directory ? cases[i].directory : cases[i].file;
			nt_descriptor_inherit(&child, &parent, is_directory);
			assert_int_equal(child.count, expected != NONE);
			if (expected != NONE)
				assert_int_equal(child.entries[0].flags, expected | NT_INHERITED);
		}
}

/* WSI chapter 6, AUTHZ: CREATOR OWNER becomes the owner, and is handed on as it is. */
static void nt__creator_owner_becomes_the_owner(void **state)
{
	(void)state;
	struct nt_descriptor parent = one(NT_TREE | NT_INHERIT_ONLY, NT_CREATOR_OWNER, NT_GENERIC_ALL);
	struct nt_descriptor file = nt_descriptor_of_new(&parent, NULL, false, &user);
	struct nt_descriptor directory = nt_descriptor_of_new(&parent, NULL, true, &user);
	assert_int_equal(file.count, 1);
	assert_int_equal(file.entries[0].sid, NT_USER);
	assert_int_equal(file.entries[0].mask, NT_FILE_ALL);
	assert_int_equal(directory.count, 2);
	assert_int_equal(directory.entries[0].sid, NT_USER);
	assert_int_equal(directory.entries[0].flags, NT_INHERITED);
	assert_int_equal(directory.entries[1].sid, NT_CREATOR_OWNER);
	assert_int_equal(directory.entries[1].flags, NT_TREE | NT_INHERIT_ONLY | NT_INHERITED);
}

/* DTYP 2.5.3.4.2: what is given stands first, with what is inherited behind it unless it is protected; the token's
 * default only where neither speaks.
 */
static void nt__creators_supply_descriptors(void **state)
{
	(void)state;
	struct nt_token token = user;
	struct nt_descriptor parent = one(NT_TREE, NT_USERS, NT_FILE_READ);
	struct nt_descriptor silent = one(0, NT_USERS, NT_FILE_READ);
	struct nt_descriptor given = one(0, NT_OWNER_RIGHTS, NT_FILE_ALL);
	token.default_grants = one(0, NT_RUN, NT_GENERIC_ALL);

	struct nt_descriptor made = nt_descriptor_of_new(&parent, &given, false, &token);
	assert_int_equal(made.count, 2);
	assert_int_equal(made.entries[0].sid, NT_OWNER_RIGHTS);
	assert_int_equal(made.entries[1].sid, NT_USERS);
	given.is_protected = true; /* python's mkdtemp */
	made = nt_descriptor_of_new(&parent, &given, true, &token);
	assert_int_equal(made.count, 1);
	assert_true(made.is_protected);
	made = nt_descriptor_of_new(&silent, NULL, false, &token);
	assert_int_equal(made.count, 1);
	assert_int_equal(made.entries[0].sid, NT_RUN);
	assert_int_equal(made.owner, NT_USER);
}

/* AUTHZ, "automatic propagation": own entries stay in front, inherited ones are made anew, the protected inherit none.
 */
static void nt__propagation_keeps_what_is_own(void **state)
{
	(void)state;
	struct nt_tree tree = { 0 };
	struct nt_descriptor top = one(NT_TREE, NT_USERS, NT_FILE_READ);
	size_t drive = nt_tree_add(&tree, NT_NO_FILE, "C:\\", true, &top);
	struct nt_descriptor made = nt_descriptor_of_new(&top, NULL, true, &user);
	size_t a = nt_tree_add(&tree, drive, "a", true, &made);
	size_t b = nt_tree_add(&tree, a, "b", true, &made);
	size_t c = nt_tree_add(&tree, b, "c", false, &made);
	nt_descriptor_put(&tree.files[b].descriptor, 0, (struct nt_entry){ false, 0, NT_USER, NT_FILE_ALL });
	tree.files[c].descriptor.is_protected = true;
	assert_string_equal(tree.files[c].path, "C:\\a\\b\\c");

	nt_descriptor_put(&tree.files[a].descriptor, 0, (struct nt_entry){ true, NT_TREE, NT_RUN, NT_DELETE });
	nt_tree_propagate(&tree, a);
	const struct nt_descriptor *below = &tree.files[b].descriptor;
	assert_int_equal(below->count, 3);
	assert_int_equal(below->entries[0].sid, NT_USER);
	assert_int_equal(below->entries[1].sid, NT_RUN);
	assert_int_equal(below->entries[1].flags, NT_TREE | NT_INHERITED);
	assert_int_equal(tree.files[c].descriptor.count, 1);
}

/* WSI chapter 6: a label is inherited as entries are; what is made from below medium carries its maker's level. */
static void nt__labels_are_inherited(void **state)
{
	(void)state;
	struct nt_token token = user;
	struct nt_descriptor parent = one(NT_TREE, NT_USERS, NT_FILE_READ);
	assert_false(nt_descriptor_of_new(&parent, NULL, false, &token).label.is_present);
	token.integrity = NT_LOW;
	assert_int_equal(nt_descriptor_of_new(&parent, NULL, false, &token).label.level, NT_LOW);
	parent.label = (struct nt_label){ true, NT_TREE, NT_NO_WRITE_UP, NT_MEDIUM_LOW };
	struct nt_descriptor made = nt_descriptor_of_new(&parent, NULL, true, &token);
	assert_int_equal(made.label.level, NT_MEDIUM_LOW);
	assert_int_equal(made.label.flags, NT_TREE | NT_INHERITED);
	struct nt_descriptor own = { .label = { true, 0, NT_NO_WRITE_UP, NT_HIGH } };
	nt_descriptor_inherit(&own, &parent, true);
	assert_int_equal(own.label.level, NT_HIGH);
}

/* -- operations -------------------------------------------------------------------------------------------------- */

/* C:\d\f and C:\d\e; d grants `directory`, f grants `file`. */
static struct nt_tree two(uint32_t directory, uint32_t file)
{
	struct nt_tree tree = { 0 };
	struct nt_descriptor none = { .owner = NT_SYSTEM };
	struct nt_descriptor above = one(0, NT_USERS, directory);
	struct nt_descriptor below = one(0, NT_USERS, file);
	nt_tree_add(&tree, NT_NO_FILE, "C:\\", true, &none);
	nt_tree_add(&tree, 0, "d", true, &above);
	nt_tree_add(&tree, 1, "f", false, &below);
	nt_tree_add(&tree, 0, "e", true, &above);
	nt_tree_add(&tree, 3, "g", false, &below);
	return tree;
}

/* FSA 2.1.5.1.2.1. */
static void nt__directories_give_deletion_and_attributes(void **state)
{
	(void)state;
	static const struct {
		uint32_t directory, file, request;
		bool is_granted;
	} cases[] = {
		{ 0, NT_DELETE, NT_DELETE, true },
		{ 0, 0, NT_DELETE, false },
		{ NT_DELETE_CHILD, 0, NT_DELETE, true },
		{ NT_DELETE_CHILD, 0, NT_DELETE | NT_WRITE_DATA, false },
		{ NT_DELETE_CHILD, NT_WRITE_DATA, NT_DELETE | NT_WRITE_DATA, true },
		{ NT_DELETE, 0, NT_DELETE, false },
		{ NT_LIST, 0, NT_READ_ATTRIBUTES, true },
		{ NT_LIST, 0, NT_READ_DATA, false },
		{ NT_LIST, 0, NT_WRITE_ATTRIBUTES, false },
		{ NT_TRAVERSE, 0, NT_READ_ATTRIBUTES, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct nt_tree tree = two(cases[i].directory, cases[i].file);
		if (nt_may_open(&tree, 2, &user, cases[i].request, &nt_believed) != cases[i].is_granted)
			fail_msg("case %zu", i);
	}
	/* A denial on the file does not help. */
	struct nt_tree tree = two(NT_DELETE_CHILD, 0);
	nt_descriptor_put(&tree.files[2].descriptor, 0, (struct nt_entry){ true, 0, NT_USERS, NT_FILE_ALL });
	assert_true(nt_may_open(&tree, 2, &user, NT_DELETE, &nt_believed));
}

/* AUTHZ: SeChangeNotifyPrivilege. */
static void nt__directories_are_passed_through(void **state)
{
	(void)state;
	struct nt_tree tree = two(0, NT_READ_DATA);
	struct nt_token token = user;
	assert_true(nt_may_open(&tree, 2, &token, NT_READ_DATA, &nt_believed));
	token.privileges = 0;
	assert_false(nt_may_open(&tree, 2, &token, NT_READ_DATA, &nt_believed));
}

/* AUTHZ, privilege constants. */
static void nt__backup_and_restore_pass_lists(void **state)
{
	(void)state;
	struct nt_tree tree = two(0, 0);
	struct nt_token token = user;
	token.privileges |= NT_BACKUP;
	assert_true(nt_may_open(&tree, 2, &token, NT_FILE_READ, &nt_believed));
	assert_false(nt_may_open(&tree, 2, &token, NT_WRITE_DATA, &nt_believed));
	token.privileges |= NT_RESTORE;
	assert_true(nt_may_open(&tree, 2, &token, NT_FILE_WRITE | NT_DELETE | NT_WRITE_DAC, &nt_believed));
	assert_true(nt_may_set_owner(&tree, 2, NT_OTHER_USER, &token, &nt_believed));
}

/* FSA 2.1.5.15.11: DELETE here, ADD there, and DELETE on what is in the way. */
static void nt__renaming_needs_both_ends(void **state)
{
	(void)state;
	struct nt_tree tree = two(NT_ADD_FILE, NT_DELETE);
	assert_true(nt_may_rename(&tree, 2, 3, NT_NO_FILE, &user, &nt_believed));
	assert_true(nt_may_rename(&tree, 2, 3, 4, &user, &nt_believed));
	tree.files[4].descriptor.entries[0].mask = NT_FILE_READ | NT_FILE_WRITE;
	assert_false(nt_may_rename(&tree, 2, 3, 4, &user, &nt_believed));
	tree = two(NT_ADD_FILE, NT_FILE_READ | NT_FILE_WRITE);
	assert_false(nt_may_rename(&tree, 2, 3, NT_NO_FILE, &user, &nt_believed));
	tree = two(NT_ADD_DIRECTORY, NT_DELETE);
	assert_false(nt_may_rename(&tree, 2, 3, NT_NO_FILE, &user, &nt_believed));
	tree.files[1].descriptor.entries[0].mask = NT_DELETE;
	assert_true(nt_may_rename(&tree, 1, 3, NT_NO_FILE, &user, &nt_believed));
	assert_false(nt_may_rename(&tree, 3, 3, NT_NO_FILE, &user, &nt_believed));
}

/* MS15-115: whoever is not sandboxed links to what it can open at all. */
static void nt__linking_needs_attributes_of_the_sandboxed(void **state)
{
	(void)state;
	struct nt_readings readings = nt_believed;
	struct nt_tree tree = two(NT_ADD_FILE, NT_READ_DATA);
	struct nt_token token = user;
	assert_true(nt_may_link(&tree, 2, 3, &token, &nt_believed));
	token.integrity = NT_MEDIUM_LOW;
	tree.files[3].descriptor.label = (struct nt_label){ true, 0, NT_NO_WRITE_UP, NT_MEDIUM_LOW };
	tree.files[2].descriptor.label = tree.files[3].descriptor.label;
	assert_true(nt_may_create(&tree, 3, false, &token, &nt_believed));
	assert_false(nt_may_link(&tree, 2, 3, &token, &nt_believed));
	tree.files[2].descriptor.entries[0].mask = NT_WRITE_ATTRIBUTES;
	assert_true(nt_may_link(&tree, 2, 3, &token, &nt_believed));
	tree.files[3].descriptor.entries[0].mask = NT_ADD_DIRECTORY;
	assert_false(nt_may_link(&tree, 2, 3, &token, &nt_believed));

	struct nt_token restricted = user;
	restricted.is_restricted = restricted.is_write_restricted = true;
	assert_false(nt_is_sandboxed(&restricted, &readings));
	readings.restricted_is_sandboxed = true;
	assert_true(nt_is_sandboxed(&restricted, &readings));
}

/* AUTHZ, "taking object ownership". */
static void nt__owners_are_who_takes_ownership(void **state)
{
	(void)state;
	struct nt_tree tree = two(0, NT_WRITE_OWNER);
	assert_true(nt_may_set_owner(&tree, 2, NT_USER, &user, &nt_believed));
	assert_false(nt_may_set_owner(&tree, 2, NT_OTHER_USER, &user, &nt_believed));
	tree = two(0, NT_FILE_MODIFY);
	assert_false(nt_may_set_owner(&tree, 2, NT_USER, &user, &nt_believed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nt__children_inherit_by_the_flags),
		cmocka_unit_test(nt__creator_owner_becomes_the_owner),
		cmocka_unit_test(nt__creators_supply_descriptors),
		cmocka_unit_test(nt__propagation_keeps_what_is_own),
		cmocka_unit_test(nt__labels_are_inherited),
		cmocka_unit_test(nt__directories_give_deletion_and_attributes),
		cmocka_unit_test(nt__directories_are_passed_through),
		cmocka_unit_test(nt__backup_and_restore_pass_lists),
		cmocka_unit_test(nt__renaming_needs_both_ends),
		cmocka_unit_test(nt__linking_needs_attributes_of_the_sandboxed),
		cmocka_unit_test(nt__owners_are_who_takes_ownership),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

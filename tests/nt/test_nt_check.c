/* The model of NT's access check, rule by rule; each with its source (nt.h). */
#include "base/list.h"
#include "check.h"
#include "nt_files.h"

/* -- making ------------------------------------------------------------------------------------------------------ */

static const struct nt_token plain = {
	.user = NT_USER,
	.groups = { 3, { NT_EVERYONE, NT_USERS, NT_AUTHENTICATED } },
	.integrity = NT_MEDIUM,
	.privileges = NT_CHANGE_NOTIFY,
};

static struct nt_token restricted(bool is_write_restricted)
{
	struct nt_token token = plain;
	token.is_restricted = true;
	token.is_write_restricted = is_write_restricted;
	token.restricting = (struct nt_sids){ 2, { NT_CAPABILITY, NT_EVERYONE } };
	return token;
}

static struct nt_token container(void)
{
	struct nt_token token = plain;
	token.is_container = true;
	token.package = NT_PACKAGE;
	token.integrity = NT_LOW;
	token.capabilities = (struct nt_sids){ 1, { NT_INTERNET_CLIENT } };
	return token;
}

#define ALLOW(sid, mask) \
	{ \
		false, 0, sid, mask \
	}
#define DENY(sid, mask) \
	{ \
		true, 0, sid, mask \
	}
#define LIST(...) \
	(struct nt_descriptor) \
	{ \
		.owner = NT_SYSTEM, .count = sizeof((struct nt_entry[]){ __VA_ARGS__ }) / sizeof(struct nt_entry), \
		.entries = { \
			__VA_ARGS__ \
		} \
	}

static bool check(struct nt_descriptor descriptor, struct nt_token token, uint32_t request)
{
	return nt_check(&descriptor, &token, request, &nt_believed);
}

static struct nt_readings other(size_t member)
{
	struct nt_readings readings = nt_believed;
	bool *reading = (bool *)((char *)&readings + member);
	*reading = !*reading;
	return readings;
}

/* -- the list ---------------------------------------------------------------------------------------------------- */

/* DTYP 2.5.3.2: no list, no protection; an empty one grants nothing. */
static void nt__no_list_is_not_an_empty_one(void **state)
{
	(void)state;
	struct nt_descriptor none = { .owner = NT_SYSTEM, .has_no_list = true };
	struct nt_descriptor empty = { .owner = NT_SYSTEM };
	assert_true(check(none, plain, NT_FILE_ALL));
	assert_false(check(empty, plain, NT_READ_DATA));
}

/* DTYP 2.5.3.2: grants add up, over several entries and identities. */
static void nt__grants_add_up(void **state)
{
	(void)state;
	struct nt_descriptor list = LIST(ALLOW(NT_USERS, NT_READ_DATA), ALLOW(NT_USER, NT_WRITE_DATA));
	assert_true(check(list, plain, NT_READ_DATA | NT_WRITE_DATA));
	assert_false(check(list, plain, NT_READ_DATA | NT_DELETE));
	assert_false(check(LIST(ALLOW(NT_OTHER_USER, NT_FILE_ALL)), plain, NT_READ_DATA));
}

/* DTYP 2.5.3.2, WSI listing 7-17: the first entry that speaks of a right that is still lacking decides. */
static void nt__order_decides(void **state)
{
	(void)state;
	struct nt_descriptor denied = LIST(DENY(NT_USER, NT_WRITE_DATA), ALLOW(NT_USERS, NT_FILE_ALL));
	struct nt_descriptor late = LIST(ALLOW(NT_USERS, NT_FILE_ALL), DENY(NT_USER, NT_WRITE_DATA));
	assert_false(check(denied, plain, NT_WRITE_DATA));
	assert_true(check(denied, plain, NT_READ_DATA));
	assert_false(check(denied, plain, NT_READ_DATA | NT_WRITE_DATA));
	assert_true(check(late, plain, NT_WRITE_DATA));
}

/* WSI: an inherit-only entry takes no part. */
static void nt__what_is_for_children_does_not_count(void **state)
{
	(void)state;
	struct nt_descriptor list = LIST({ false, NT_TREE | NT_INHERIT_ONLY, NT_USERS, NT_FILE_ALL });
	assert_false(check(list, plain, NT_READ_DATA));
}

/* winnt.h, and FSA: what generic rights stand for on files. */
static void nt__generic_rights_are_mapped(void **state)
{
	(void)state;
	struct nt_descriptor list = LIST(ALLOW(NT_USERS, NT_GENERIC_READ | NT_GENERIC_EXECUTE));
	assert_int_equal(nt_map(NT_GENERIC_ALL), NT_FILE_ALL);
	assert_int_equal(nt_map(NT_GENERIC_WRITE | NT_DELETE), NT_FILE_WRITE | NT_DELETE);
	assert_true(check(list, plain, NT_FILE_READ_EXECUTE));
	assert_false(check(list, plain, NT_WRITE_DATA));
}

/* WSI listing 7-17: what is for denying only grants nothing and still denies, the user's own SID too. */
static void nt__groups_for_denying_only_deny(void **state)
{
	(void)state;
	struct nt_token token = plain;
	token.groups = (struct nt_sids){ 1, { NT_EVERYONE } };
	token.denying_only = (struct nt_sids){ 2, { NT_ADMINISTRATORS, NT_USER } };
	assert_false(check(LIST(ALLOW(NT_ADMINISTRATORS, NT_FILE_ALL)), token, NT_READ_DATA));
	assert_false(check(LIST(ALLOW(NT_USER, NT_FILE_ALL)), token, NT_READ_DATA));
	assert_false(check(LIST(DENY(NT_ADMINISTRATORS, NT_READ_DATA), ALLOW(NT_EVERYONE, NT_FILE_ALL)), token,
			   NT_READ_DATA));
}

/* -- owners and privileges --------------------------------------------------------------------------------------- */

/* DTYP 2.5.3.2, WSI listing 7-15. Before the list: a denial does not take it. */
static void nt__owners_read_and_change_the_descriptor(void **state)
{
	(void)state;
	struct nt_descriptor list = LIST(DENY(NT_USER, NT_FILE_ALL));
	list.owner = NT_USER;
	assert_true(check(list, plain, NT_READ_CONTROL | NT_WRITE_DAC));
	assert_false(check(list, plain, NT_WRITE_OWNER));
	list.owner = NT_USERS; /* any enabled group */
	assert_true(check(list, plain, NT_WRITE_DAC));
}

/* WSI listing 7-16 and 7-18: an entry for OWNER RIGHTS is what the owner has. */
static void nt__owner_rights_replace_what_owners_have(void **state)
{
	(void)state;
	struct nt_descriptor list = LIST(ALLOW(NT_OWNER_RIGHTS, NT_READ_CONTROL | NT_READ_DATA));
	list.owner = NT_USER;
	assert_true(check(list, plain, NT_READ_CONTROL | NT_READ_DATA));
	assert_false(check(list, plain, NT_WRITE_DAC));
	list.owner = NT_OTHER_USER;
	assert_false(check(list, plain, NT_READ_CONTROL));

	struct nt_readings readings = other(offsetof(struct nt_readings, owner_rights_must_apply));
	list.owner = NT_USER;
	list.entries[0].flags = NT_TREE | NT_INHERIT_ONLY;
	assert_false(nt_check(&list, &plain, NT_WRITE_DAC, &nt_believed));
	assert_true(nt_check(&list, &plain, NT_WRITE_DAC, &readings));
}

/* WSI listing 7-13, DTYP 2.5.3.2. */
static void nt__privileges_stand_for_rights(void **state)
{
	(void)state;
	struct nt_descriptor empty = { .owner = NT_SYSTEM };
	struct nt_token token = plain;
	assert_false(check(empty, token, NT_SYSTEM_SECURITY));
	token.privileges |= NT_SECURITY;
	assert_true(check(empty, token, NT_SYSTEM_SECURITY));
	token.privileges |= NT_TAKE_OWNERSHIP;
	assert_true(check(empty, token, NT_WRITE_OWNER));
	assert_false(check(empty, token, NT_WRITE_DAC));
}

/* -- restricted tokens ------------------------------------------------------------------------------------------- */

/* WSI listing 7-21: both passes have to grant all of it. */
static void nt__restricted_tokens_are_checked_twice(void **state)
{
	(void)state;
	struct nt_token token = restricted(false);
	assert_false(check(LIST(ALLOW(NT_USER, NT_FILE_ALL)), token, NT_READ_DATA));
	assert_false(check(LIST(ALLOW(NT_CAPABILITY, NT_FILE_ALL)), token, NT_READ_DATA));
	assert_true(check(LIST(ALLOW(NT_USER, NT_FILE_ALL), ALLOW(NT_CAPABILITY, NT_FILE_READ)), token, NT_FILE_READ));
	assert_true(check(LIST(ALLOW(NT_EVERYONE, NT_FILE_ALL)), token, NT_FILE_ALL));
}

/* WSI: a denial in the restricting list denies; one for a group that is not in it does not reach the second pass. */
static void nt__restricting_identities_deny(void **state)
{
	(void)state;
	struct nt_token token = restricted(true);
	struct nt_descriptor list = LIST(DENY(NT_CAPABILITY, NT_WRITE_DATA), ALLOW(NT_EVERYONE, NT_FILE_ALL));
	assert_false(check(list, token, NT_WRITE_DATA));
	assert_true(check(list, token, NT_READ_DATA));
	assert_true(check(list, plain, NT_WRITE_DATA));
}

/* WSI, and NtObjectManager's Test-NtAccessMask -WriteRestricted: which rights count as writing, one by one. */
static void nt__write_restricted_tokens_are_checked_twice_for_writes(void **state)
{
	(void)state;
	static const struct {
		uint32_t right;
		bool is_granted; /* by the first pass alone */
	} cases[] = {
		{ NT_READ_DATA, true },    { NT_READ_EA, true },           { NT_EXECUTE, true },
		{ NT_DELETE_CHILD, true }, { NT_READ_ATTRIBUTES, true },   { NT_READ_CONTROL, true },
		{ NT_SYNCHRONIZE, true },  { NT_WRITE_DATA, false },       { NT_APPEND_DATA, false },
		{ NT_WRITE_EA, false },    { NT_WRITE_ATTRIBUTES, false }, { NT_DELETE, false },
		{ NT_WRITE_DAC, false },   { NT_WRITE_OWNER, false },
	};
	struct nt_descriptor list = LIST(ALLOW(NT_USER, NT_FILE_ALL));
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (check(list, restricted(true), cases[i].right) != cases[i].is_granted)
			fail_msg("0x%x", cases[i].right);
	struct nt_readings readings = other(offsetof(struct nt_readings, delete_child_is_write));
	struct nt_token token = restricted(true);
	assert_false(nt_check(&list, &token, NT_DELETE_CHILD, &readings));
}

/* WSI listing 7-21: then the whole request is. The other reading: only what writes. */
static void nt__one_write_right_has_all_checked_twice(void **state)
{
	(void)state;
	struct nt_descriptor list = LIST(ALLOW(NT_USER, NT_FILE_ALL), ALLOW(NT_CAPABILITY, NT_WRITE_DATA));
	struct nt_readings readings = other(offsetof(struct nt_readings, second_pass_by_right));
	struct nt_token token = restricted(true);
	assert_true(check(list, token, NT_WRITE_DATA));
	assert_false(check(list, token, NT_READ_DATA | NT_WRITE_DATA));
	assert_true(nt_check(&list, &token, NT_READ_DATA | NT_WRITE_DATA, &readings));
}

/* WSI listing 7-19: an owner has its rights only where the restricting list names it too. */
static void nt__owners_are_checked_twice(void **state)
{
	(void)state;
	struct nt_descriptor empty = { .owner = NT_USER };
	struct nt_token token = restricted(true);
	assert_false(check(empty, token, NT_WRITE_DAC));
	assert_true(nt_sids_add(&token.restricting, NT_USER));
	assert_true(check(empty, token, NT_WRITE_DAC));
	/* OWNER RIGHTS means the owner in the second pass as well: in the list itself it says nothing. */
	struct nt_descriptor list = LIST(ALLOW(NT_OWNER_RIGHTS, NT_FILE_ALL));
	list.owner = NT_USER;
	assert_true(check(list, token, NT_FILE_ALL));
	token.restricting = (struct nt_sids){ 1, { NT_OWNER_RIGHTS } };
	assert_false(check(list, token, NT_WRITE_DATA));
}

/* -- packages ---------------------------------------------------------------------------------------------------- */

/* WSI listing 7-22: the user's rights and the package's, each in full. */
static void nt__packages_need_the_users_grant_and_their_own(void **state)
{
	(void)state;
	static const uint32_t sids[] = { NT_PACKAGE, NT_ALL_PACKAGES, NT_ALL_RESTRICTED_PACKAGES, NT_INTERNET_CLIENT };
	assert_false(check(LIST(ALLOW(NT_USER, NT_FILE_ALL)), container(), NT_READ_DATA));
	assert_false(check(LIST(ALLOW(NT_EVERYONE, NT_FILE_ALL)), container(), NT_READ_DATA));
	assert_false(check(LIST(ALLOW(NT_PACKAGE, NT_FILE_ALL)), container(), NT_READ_DATA));
	assert_false(check(LIST(ALLOW(NT_USER, NT_FILE_ALL), ALLOW(NT_OTHER_PACKAGE, NT_FILE_ALL)), container(),
			   NT_READ_DATA));
	for (size_t i = 0; i < COUNT_OF(sids); i++)
		assert_true(check(LIST(ALLOW(NT_USER, NT_FILE_ALL), ALLOW(sids[i], NT_FILE_READ)), container(),
				  NT_FILE_READ));
	struct nt_token token = container();
	token.is_less_privileged = true;
	assert_false(
		check(LIST(ALLOW(NT_USER, NT_FILE_ALL), ALLOW(NT_ALL_PACKAGES, NT_FILE_ALL)), token, NT_READ_DATA));
	/* WSI, "Lowbox Tokens": no list does not grant everything. */
	assert_false(check((struct nt_descriptor){ .owner = NT_SYSTEM, .has_no_list = true }, token, NT_READ_DATA));
}

/* WSI listing 7-22: what the owner or a privilege gives the user is not the package's. */
static void nt__packages_do_not_own(void **state)
{
	(void)state;
	struct nt_descriptor list = LIST(ALLOW(NT_PACKAGE, NT_FILE_READ));
	list.owner = NT_USER;
	assert_false(check(list, container(), NT_WRITE_DAC));
	assert_true(check(list, container(), NT_READ_CONTROL));
}

/* WSI, "Lowbox Tokens": only grants are compared with packages. */
static void nt__denials_for_packages_do_not_count(void **state)
{
	(void)state;
	struct nt_descriptor list = LIST(DENY(NT_PACKAGE, NT_FILE_ALL), ALLOW(NT_USER, NT_FILE_ALL),
					 ALLOW(NT_ALL_PACKAGES, NT_FILE_ALL));
	struct nt_readings readings = other(offsetof(struct nt_readings, package_is_denied));
	struct nt_token token = container();
	assert_true(check(list, token, NT_READ_DATA));
	assert_false(nt_check(&list, &token, NT_READ_DATA, &readings));
	list.entries[0].sid = NT_USERS; /* the user's part is as ever */
	assert_false(check(list, token, NT_READ_DATA));
}

/* -- integrity --------------------------------------------------------------------------------------------------- */

/* WSI listing 7-10, DTYP 2.5.3.3: without a label medium and no writing from below. */
static void nt__nothing_is_written_from_below(void **state)
{
	(void)state;
	static const uint32_t writes[] = { NT_WRITE_DATA, NT_APPEND_DATA,      NT_WRITE_EA,  NT_DELETE_CHILD,
					   NT_DELETE,     NT_WRITE_ATTRIBUTES, NT_WRITE_DAC, NT_WRITE_OWNER };
	struct nt_descriptor list = LIST(ALLOW(NT_EVERYONE, NT_FILE_ALL));
	struct nt_token token = plain;
	token.integrity = NT_MEDIUM_LOW;
	assert_true(check(list, token, NT_FILE_READ | NT_FILE_EXECUTE));
	for (size_t i = 0; i < COUNT_OF(writes); i++)
		if (check(list, token, writes[i]))
			fail_msg("0x%x", writes[i]);
	list.label = (struct nt_label){ true, 0, NT_NO_WRITE_UP, NT_MEDIUM_LOW };
	assert_true(check(list, token, NT_FILE_ALL));
	token.integrity = NT_LOW;
	assert_false(check(list, token, NT_WRITE_DATA));
	list.label.flags = NT_TREE | NT_INHERIT_ONLY; /* says nothing of the object */
	list.label.level = NT_LOW;
	assert_false(check(list, token, NT_WRITE_DATA));
	list.label = (struct nt_label){ true, 0, NT_NO_WRITE_UP | NT_NO_READ_UP | NT_NO_EXECUTE_UP, NT_MEDIUM };
	assert_false(check(list, token, NT_READ_DATA));
	assert_false(check(list, token, NT_EXECUTE));
	token.ignores_integrity = true;
	assert_true(check(list, token, NT_FILE_ALL));
}

/* The owner and the privileges come after: WSI listing 7-2. */
static void nt__integrity_comes_first(void **state)
{
	(void)state;
	struct nt_descriptor list = LIST(ALLOW(NT_USER, NT_FILE_ALL));
	struct nt_token token = plain;
	list.owner = NT_USER;
	token.integrity = NT_LOW;
	token.privileges |= NT_TAKE_OWNERSHIP;
	assert_false(check(list, token, NT_WRITE_DAC));
	assert_false(check(list, token, NT_WRITE_OWNER));
}

/* WSI listings 7-23 and 7-24. */
static void nt__packages_and_low_tokens_differ(void **state)
{
	(void)state;
	struct nt_descriptor list = LIST(ALLOW(NT_EVERYONE, NT_FILE_ALL), ALLOW(NT_PACKAGE, NT_FILE_ALL));
	struct nt_readings levels = other(offsetof(struct nt_readings, package_respects_integrity));
	struct nt_readings names = other(offsetof(struct nt_readings, medium_low_is_low));
	struct nt_token package = container();
	struct nt_token low = plain;
	assert_true(check(list, package, NT_WRITE_DATA));
	assert_false(nt_check(&list, &package, NT_WRITE_DATA, &levels));
	low.integrity = NT_LOW;
	assert_false(check(list, low, NT_READ_DATA));
	low.integrity = NT_MEDIUM_LOW;
	assert_true(check(list, low, NT_READ_DATA));
	assert_false(nt_check(&list, &low, NT_READ_DATA, &names));
	list.label = (struct nt_label){ true, 0, NT_NO_WRITE_UP, NT_HIGH };
	assert_false(check(list, package, NT_WRITE_DATA));
}

/* Each question is in the table, by its name and place. */
static void nt__every_reading_is_listed(void **state)
{
	(void)state;
	bool is_listed[sizeof(struct nt_readings) / sizeof(bool)] = { false };
	for (const struct nt_reading *reading = nt_readings_table; reading->name; reading++) {
		assert_true(reading->offset < sizeof is_listed && !is_listed[reading->offset]);
		assert_true(reading->question && reading->believed && reading->other);
		is_listed[reading->offset] = true;
	}
	for (size_t i = 0; i < COUNT_OF(is_listed); i++)
		assert_true(is_listed[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nt__no_list_is_not_an_empty_one),
		cmocka_unit_test(nt__grants_add_up),
		cmocka_unit_test(nt__order_decides),
		cmocka_unit_test(nt__what_is_for_children_does_not_count),
		cmocka_unit_test(nt__generic_rights_are_mapped),
		cmocka_unit_test(nt__groups_for_denying_only_deny),
		cmocka_unit_test(nt__owners_read_and_change_the_descriptor),
		cmocka_unit_test(nt__owner_rights_replace_what_owners_have),
		cmocka_unit_test(nt__privileges_stand_for_rights),
		cmocka_unit_test(nt__restricted_tokens_are_checked_twice),
		cmocka_unit_test(nt__restricting_identities_deny),
		cmocka_unit_test(nt__write_restricted_tokens_are_checked_twice_for_writes),
		cmocka_unit_test(nt__one_write_right_has_all_checked_twice),
		cmocka_unit_test(nt__owners_are_checked_twice),
		cmocka_unit_test(nt__packages_need_the_users_grant_and_their_own),
		cmocka_unit_test(nt__packages_do_not_own),
		cmocka_unit_test(nt__denials_for_packages_do_not_count),
		cmocka_unit_test(nt__nothing_is_written_from_below),
		cmocka_unit_test(nt__integrity_comes_first),
		cmocka_unit_test(nt__packages_and_low_tokens_differ),
		cmocka_unit_test(nt__every_reading_is_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

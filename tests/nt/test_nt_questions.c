/* What cordon-selftest asks of a real Windows is what the model leaves open, and the answers that it expects are the
 * model's.
 */
#include <string.h>

#include "backend/windows/question.h"
#include "base/list.h"
#include "check.h"
#include "nt_files.h"

static uint32_t sid_of(enum question_who who)
{
	static const uint32_t sids[] = {
		[QUESTION_USER] = NT_USER,
		[QUESTION_EVERYONE] = NT_EVERYONE,
		[QUESTION_CAPABILITY] = NT_CAPABILITY,
		[QUESTION_OWNER_RIGHTS] = NT_OWNER_RIGHTS,
		[QUESTION_SOME_PACKAGE] = NT_PACKAGE,
	};
	return sids[who];
}

static struct nt_descriptor describe(const struct question_entry *entries)
{
	struct nt_descriptor descriptor = { .owner = NT_USER, .is_protected = true };
	for (size_t i = 0; i < QUESTION_ENTRIES_MAX && entries[i].rights; i++)
		nt_descriptor_add(&descriptor, (struct nt_entry){ entries[i].denies, entries[i].flags,
								  sid_of(entries[i].who), entries[i].rights });
	return descriptor;
}

static struct nt_token token_of(enum question_token kind)
{
	struct nt_token token = {
		.user = NT_USER,
		.groups = { 3, { NT_EVERYONE, NT_USERS, NT_AUTHENTICATED } },
		.integrity = kind == QUESTION_BELOW_MEDIUM ? NT_MEDIUM_LOW : NT_MEDIUM,
		.privileges = NT_CHANGE_NOTIFY,
	};
	if (kind == QUESTION_WRITE_RESTRICTED) {
		token.is_restricted = token.is_write_restricted = true;
		nt_sids_add(&token.restricting, NT_CAPABILITY);
		nt_sids_add(&token.restricting, NT_EVERYONE);
	}
	if (kind == QUESTION_PACKAGE) {
		token.is_container = true;
		token.package = NT_PACKAGE;
		token.integrity = NT_LOW;
	}
	return token;
}

static bool answer(const struct question *question, const struct nt_readings *readings)
{
	static struct nt_tree tree;
	struct nt_descriptor root = { .owner = NT_SYSTEM, .is_protected = true };
	const struct nt_descriptor folder = describe(question->folder), file = describe(question->file);
	const struct nt_token token = token_of(question->token);
	tree.count = 0;
	size_t drive = nt_tree_add(&tree, NT_NO_FILE, "C:\\", true, &root);
	size_t in = nt_tree_add(&tree, drive, "folder", true, &folder);
	size_t at = nt_tree_add(&tree, in, "file", false, &file);
	return question->act == QUESTION_LINKS ? nt_may_link(&tree, at, in, &token, readings)
					       : nt_may_open(&tree, at, &token, question->rights, readings);
}

static void questions__are_those_that_the_model_leaves_open(void **state)
{
	(void)state;
	unsigned count = 0;
	for (const struct nt_reading *reading = nt_readings_table; reading->name; reading++, count++) {
		const struct question *question = NULL;
		for (unsigned i = 0; i < question_count && !question; i++)
			if (strcmp(questions[i].name, reading->name) == 0)
				question = &questions[i];
		if (!question)
			fail_msg("'%s' is not asked", reading->name);
		struct nt_readings other = nt_believed;
		*(bool *)((char *)&other + reading->offset) ^= true;
		if (answer(question, &nt_believed) != question->believed)
			fail_msg("'%s': the model's answer is another", reading->name);
		if (answer(question, &other) == question->believed)
			fail_msg("'%s': the case does not tell the answers apart", reading->name);
	}
	assert_int_equal(count, question_count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions__are_those_that_the_model_leaves_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

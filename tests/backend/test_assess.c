/* What becomes of each guarantee on kernels with an older Landlock, or none, with and without namespaces. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/linux/cage.h"
#include "base/list.h"
#include "base/scope.h"
#include "check.h"

enum { ABI_NEWEST = 7 };

/* A plan that asks for everything, without a rule for files. */
struct asked {
	struct facts *facts;
	struct policy *policy;
	struct plan plan;
};

static void ask(struct asked *asked, enum network_mode network, enum level ipc)
{
	memset(asked, 0, sizeof *asked);
	asked->facts = facts_new(TARGET_LINUX);
	asked->policy = policy_new(TARGET_LINUX);
	assert_non_null(asked->facts);
	assert_non_null(asked->policy);
	asked->facts->user_id = 1000;
	asked->plan.facts = asked->facts;
	asked->plan.policy = asked->policy;
	asked->plan.network = network;
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		asked->plan.guarantees[i] = (struct plan_guarantee){ .is_asked = true, .accepted = LEVEL_ENFORCED };
	asked->plan.guarantees[GUARANTEE_IPC].accepted = ipc;
}

static void release(struct asked *asked)
{
	facts_free(asked->facts);
	policy_free(asked->policy);
}

/* One letter for each ABI from 0 on: enforced, partial, absent. */
struct expectation {
	enum guarantee guarantee;
	const char *levels;
};

static void check_levels(struct asked *asked, bool is_fallback, const struct expectation *expectations, size_t count)
{
	static const char letters[] = {
		[LEVEL_UNASKED] = '-', [LEVEL_ABSENT] = 'a', [LEVEL_PARTIAL] = 'p', [LEVEL_ENFORCED] = 'e'
	};
	for (int abi = 0; abi <= ABI_NEWEST; abi++) {
		struct assessment rows[GUARANTEE_COUNT];
		const struct abilities abilities = {
			.landlock = abi,
			.has_filters = true,
			.is_fallback = is_fallback,
			.refusal = "the test",
		};
		abilities_assess(&asked->plan, &abilities, rows);
		for (size_t i = 0; i < count; i++) {
			const struct assessment *row = &rows[expectations[i].guarantee];
			if (letters[row->level] != expectations[i].levels[abi])
				print_message("%s, ABI %d\n", guarantee_name(expectations[i].guarantee), abi);
			assert_int_equal(letters[row->level], expectations[i].levels[abi]);
			assert_true(row->why[0]);
		}
	}
	release(asked);
}

/* The view, the namespaces and the filter hold by themselves; what Landlock alone closes is named. */
static void assess__names_what_an_old_landlock_leaves_open(void **state)
{
	static const struct expectation closed[] = {
		{ GUARANTEE_FILES_WRITE, "eeeeeeee" },   { GUARANTEE_FILES_READ, "eeeeeeee" },
		{ GUARANTEE_FILES_PROTECT, "eeeeeeee" }, { GUARANTEE_NET_OFF, "eeeeeeee" },
		{ GUARANTEE_IPC, "peeeeeee" },           { GUARANTEE_PROCESSES, "eeeeeeee" },
		{ GUARANTEE_KERNEL, "eeeeeeee" },        { GUARANTEE_TERMINAL, "eeeeeeee" },
		{ GUARANTEE_TREE, "eeeeeeee" },
	};
	static const struct expectation open[] = { { GUARANTEE_IPC, "ppppppee" } };
	struct asked asked;
	(void)state;
	ask(&asked, NETWORK_OFF, LEVEL_ENFORCED);
	check_levels(&asked, false, closed, COUNT_OF(closed));
	ask(&asked, NETWORK_OPEN, LEVEL_ENFORCED);
	check_levels(&asked, false, open, COUNT_OF(open));
}

/* Without namespaces Landlock is what there is, and its absence must not pass for less than that. */
static void assess__names_what_no_namespaces_leave_open(void **state)
{
	static const struct expectation strict[] = {
		{ GUARANTEE_FILES_WRITE, "appppppp" },   { GUARANTEE_FILES_READ, "appppppp" },
		{ GUARANTEE_FILES_PROTECT, "aaaaaaaa" }, { GUARANTEE_NET_OFF, "eeeeeeee" },
		{ GUARANTEE_IPC, "aeeeeeee" },           { GUARANTEE_PROCESSES, "aaaaaapp" },
		{ GUARANTEE_KERNEL, "eeeeeeee" },        { GUARANTEE_TERMINAL, "peeeeeee" },
		{ GUARANTEE_TREE, "aaaaaapp" },          { GUARANTEE_LIMITS_PROCESSES, "pppppppp" },
	};
	static const struct expectation with_sockets[] = { { GUARANTEE_IPC, "appppppp" } };
	struct asked asked;
	(void)state;
	ask(&asked, NETWORK_OFF, LEVEL_ENFORCED);
	check_levels(&asked, true, strict, COUNT_OF(strict));
	ask(&asked, NETWORK_OFF, LEVEL_PARTIAL);
	check_levels(&asked, true, with_sockets, COUNT_OF(with_sockets));
}

/* Root owns what the kernel's settings lie in: without namespaces and Landlock nothing keeps it from writing them. */
static void assess__trusts_root_with_nothing_more(void **state)
{
	static const struct expectation root[] = { { GUARANTEE_KERNEL, "aeeeeeee" },
						   { GUARANTEE_LIMITS_PROCESSES, "aaaaaaaa" } };
	struct asked asked;
	(void)state;
	ask(&asked, NETWORK_OFF, LEVEL_ENFORCED);
	asked.facts->user_id = 0;
	check_levels(&asked, true, root, COUNT_OF(root));
}

/* A kernel without filters holds neither the network nor itself, whatever else there is. */
static void assess__needs_filters_without_namespaces(void **state)
{
	struct assessment rows[GUARANTEE_COUNT];
	const struct abilities abilities = { .landlock = ABI_NEWEST, .is_fallback = true, .refusal = "the test" };
	struct asked asked;
	(void)state;
	ask(&asked, NETWORK_OFF, LEVEL_ENFORCED);
	abilities_assess(&asked.plan, &abilities, rows);
	assert_int_equal(rows[GUARANTEE_NET_OFF].level, LEVEL_ABSENT);
	assert_int_equal(rows[GUARANTEE_IPC].level, LEVEL_ABSENT);
	assert_int_equal(rows[GUARANTEE_KERNEL].level, LEVEL_ABSENT);
	assert_int_equal(rows[GUARANTEE_TERMINAL].level, LEVEL_ABSENT);
	release(&asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(assess__names_what_an_old_landlock_leaves_open),
		cmocka_unit_test(assess__names_what_no_namespaces_leave_open),
		cmocka_unit_test(assess__trusts_root_with_nothing_more),
		cmocka_unit_test(assess__needs_filters_without_namespaces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

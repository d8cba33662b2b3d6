/* tests/nt/nt_world.h: a made-up Windows host: drives with the descriptors that real ones have, and what the survey
 * would say of it.
 *
 * Chance is the test's: a world is the same for the same seed.
 */
#pragma once

#include "base/facts.h"
#include "nt_files.h"
#include "policy/policy.h"

struct chance {
	uint64_t state;
};

unsigned chance_below(struct chance *chance, unsigned limit);

struct nt_world {
	struct nt_tree tree;
	bool user_is_administrator; /* and cordon runs elevated, with all his privileges */
};

#define NT_HOME "C:\\Users\\you"
#define NT_WORKSPACE "C:\\Users\\you\\w"

void nt_world_make(struct nt_world *world, struct chance *chance);

/* The user's own token, as cordon has it. */
struct nt_token nt_world_user(const struct nt_world *world);
/* The token of an account of the pool as it is logged on. */
struct nt_token nt_world_account(void);

/* What the survey finds for the policy: facts about the paths of its rules and globs and the directories above. */
struct facts *nt_world_facts(void);
bool nt_world_survey(const struct nt_world *world, const struct policy *policy, struct facts *facts,
		     struct cordon_error *err);

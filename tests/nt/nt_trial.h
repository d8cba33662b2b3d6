/* tests/nt/nt_trial.h: one random case: a host, a policy, a tier and a plan; and whether what NT would decide under the plan
 * is what the policy says.
 *
 *	nt_trial.c    the case and its plan
 *	nt_judge.c    the judging
 *	nt_plants.c   what a planner could have wrong
 */
#pragma once

#include "base/text.h"
#include "nt_plan.h"
#include "nt_store.h"
#include "policy/plan.h"

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
	bool is_verbose; /* what is refused is printed */
	bool is_open;    /* something was allowed that the policy forbids */
};

struct counts {
	unsigned planned[TIER_COUNT], refused[TIER_COUNT], unreadable, not_applied[TIER_COUNT], found, open,
		after_another;
};

void trial_free(struct trial *trial);
unsigned trial_pick(struct trial *trial, unsigned limit);

/* A policy of the tier's, and an administrator's. */
void trial_make_text(struct trial *trial);
void trial_make_bound(struct trial *trial);
/* False: there is no plan, which is counted. */
bool trial_plan(struct trial *trial, struct counts *counts);
void trial_name_identities(struct trial *trial);
size_t trial_find_root(const struct plan_windows *windows, const char *path); /* NT_ROOTS_MAX: it is none */
/* A run of another policy has been there before. */
void trial_run_earlier(struct trial *trial);

/* -- nt_judge.c ---------------------------------------------------------------------------------------------------- */

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

/* Would NT let the token do it? `directory` is where it is renamed or linked to, else NT_NO_FILE. */
bool trial_does(const struct nt_tree *tree, enum act act, size_t file, size_t directory, const struct nt_token *token,
		const struct nt_readings *readings);
/* Fills in trial->finding. */
void trial_judge(struct trial *trial);

/* -- nt_plants.c --------------------------------------------------------------------------------------------------- */

struct plant {
	const char *name;
	void (*put)(struct trial *trial);
};

extern const struct plant plants[];
extern const size_t plant_count;

/* backend/linux/fallback.h: a run on a host that gives no user namespaces (AppArmor, containers, another cordon).
 *
 * Without them there is no view of the command's own, no pid namespace and no network namespace. What is left is
 * Landlock, seccomp and the loss of every privilege. What those cannot hold is named (fallback_assess.c), and the run
 * starts only where the policy accepts each by name.
 *
 * Landlock knows grants alone, and a grant holds for everything beneath: so a directory that holds something hidden is
 * not granted, but what else lies in it, entry by entry (fallback_rules.c). Below a writable directory there is no
 * exception: files.protect is absent.
 *
 * Init is no namespace's init but a process like others, outside the Landlock domain of the command, which therefore
 * can neither signal nor trace it. It adopts the orphans of the tree (PR_SET_CHILD_SUBREAPER), and kills what is left
 * when the command has ended, as fast as it comes: the run does not end before. Creating processes is not made a
 * notified call, which could be stopped for good: such a call can fail with EINTR, and shells take that for the end.
 */
#pragma once

#include "backend/linux/cage.h"

/* fallback.c, in the supervisor: makes the temporary directory, the rules and the environment of the plan's copy. */
CORDON_CHECKED bool fallback_prepare(struct share *share, struct inside *inside, const struct plan *plan,
				     struct cordon_error *err);

/* fallback_rules.c: a Landlock ruleset for the plan, or -1. `temporary` is writable in it. */
int fallback_make_rules(const struct plan *plan, const char *temporary, int abi, struct cordon_error *err);

/* fallback_assess.c: the rows that are others than with namespaces. */
void fallback_assess(const struct plan *plan, const struct abilities *abilities, struct assessment rows[]);

/* The rest is fallback_tree.c, in init. */

/* What init does in place of the layers that need no plan. */
CORDON_CHECKED bool fallback_begin(struct cordon_error *err);
/* Kills every process of the tree until none is left. */
void fallback_end_tree(void);
/* fallback_freeze.c: stops them all, so that none can be made while they are killed. */
void fallback_freeze(void);
void fallback_thaw(void);
/* Removes the temporary directory with all that is in it. Where a program of the host works against that, what is left
 * stays. Also for the supervisor.
 */
void fallback_remove(const char *directory);

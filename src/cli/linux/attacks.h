/* cli/linux/attacks.h: what `cordon verify` tries, each an act that a guarantee is to prevent.
 *
 *	attacks_new -> for each of attacks_at: attacks_succeed_bare, attacks_command in a run, attacks_succeeded_inside -> attacks_free
 *
 * A copy of this program makes the act, twice: as any program of the user's, where it has to succeed, else it proves
 * nothing; and in the cordon. Whether it happened is seen from outside: in what it is aimed at, or, for what leaves no
 * other trace, in what the copy was able to print. All of that is made for it, in a folder of its own in the user's
 * home directory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct attack {
	const char *guarantee;
	const char *text;        /* "write to a file outside" */
	const char *key, *value; /* a setting of the policy that it needs; a rule of `files` is on the place; or NULL */
	const char *place;       /* the file that it is aimed at, below the folder; or NULL */
};

const struct attack *attacks_at(size_t index); /* NULL: there are no more */

struct attack_world;

CORDON_CHECKED bool attacks_new(struct attack_world **ret_world, struct cordon_error *err);
struct attack_world *attacks_free(struct attack_world *world); /* NULL is fine; returns NULL */

/* Of the side inside: the folder to work in, and what the attack is aimed at. Valid until the next call. */
const char *attacks_workspace(struct attack_world *world);
const char *attacks_place(struct attack_world *world, const struct attack *attack);

/* Makes the act without cordon. */
bool attacks_succeed_bare(struct attack_world *world, const struct attack *attack);

/* The act as a command, NULL-terminated, valid until the next call; and what stands for its input, output and error. */
const char *const *attacks_command(struct attack_world *world, const struct attack *attack);
int32_t attacks_stream(const struct attack_world *world);

/* When the run is over. */
bool attacks_succeeded_inside(struct attack_world *world, const struct attack *attack);

/* In the copy: makes the act of that name. Returns an exit status, where it returns. */
int attacks_act(const char *name, const char *target);

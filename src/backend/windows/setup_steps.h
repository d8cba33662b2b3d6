/* backend/windows/setup_steps.h: the steps of setup.c, in the order in which they are taken; the other way they are undone.
 * setup_steps.c says what each does by the table of setup.h.
 */
#pragma once

#include "backend/windows/setup.h"

struct setup {
	struct setup_host *host;
	struct pool pool;
	struct text *changes;
	bool is_trial, is_locked;
	bool has_record;            /* there is one on the host */
	size_t first_begun;         /* steps from here on were begun by this setup */
	struct cordon_error unseen; /* why what was made does not look as if it was; no text: nothing refused */
};

/* The string, the pool's, is what the place says from now on. */
CORDON_CHECKED bool setup_keep(struct setup *setup, const char **place, const char *string, struct cordon_error *err);

enum times { ONCE, PER_RIGHT, PER_ACCOUNT };

/* The SID that the thing hangs on, without which it is not there. */
enum hang { ON_NOTHING, ON_GROUP, ON_ACCOUNT };

struct step {
	const char *name;  /* in the record */
	const char *words; /* for the user; the name follows where `names_it` */
	bool names_it;
	enum times times;
	enum hang hangs;
	bool is_shared; /* may have been there before, and is then left; may stay, where others use it by now */
	bool (*look)(struct setup *setup, size_t n, enum setup_standing *ret_standing, struct cordon_error *err);
	bool (*make)(struct setup *setup, size_t n, struct cordon_error *err);
	bool (*drop)(struct setup *setup, size_t n, struct cordon_error *err);
};

extern const struct step setup_steps[];
extern const size_t setup_step_count;

size_t step_times(const struct setup *setup, const struct step *step); /* how many things it has */
void step_name(const struct step *step, size_t n, char name[64]);      /* in the record */
/* By that name; false: there is none. */
bool step_find(const struct setup *setup, const char *name, const struct step **ret_step, size_t *ret_n);

/* What hangs on a SID that is not known is not there. */
CORDON_CHECKED bool step_look(struct setup *setup, const struct step *step, size_t n, enum setup_standing *ret_standing,
			      struct cordon_error *err);
/* A line for the user; an error gets its thing in front. */
CORDON_CHECKED bool step_tell(struct setup *setup, const struct step *step, size_t n, struct cordon_error *err);
bool step_fail(const struct setup *setup, const struct step *step, size_t n, struct cordon_error *err);

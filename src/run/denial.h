/* run/denial.h: what the command tried and was refused, for the report.
 *
 * The table is bounded whatever the command does: equal acts are counted, not kept again; of distinct ones the
 * first DENIALS_FIRST and the last DENIALS_LAST stay, the others are only counted. All text in it is fit to be
 * shown (base/show.h) and cut to a bounded length.
 *
 *	denials_add, any number of times -> denials_complete -> the items
 *
 * Most of what is seen once the table is full makes room for what comes next before anybody reads it: so it is kept as
 * it was heard until it is asked for.
 */
#pragma once

#include <stdint.h>

#include "backend/backend.h"

enum { DENIALS_FIRST = 96, DENIALS_LAST = 32, DENIALS_MAX = DENIALS_FIRST + DENIALS_LAST };

struct denial {
	bool is_complete; /* else only what stands before `guarantee`, and the count, is there */
	enum act act;
	char *landing; /* as it is; never shown */
	uint64_t hash; /* of the landing */
	int64_t pid;
	char *heard; /* the path as asked, the program and the arguments, one behind the other, as they are; never shown */
	size_t heard_length;
	const char *reason;   /* static: beyond the rule; then no rule would allow it. Or NULL */
	enum access access;   /* what the policy gives there */
	struct origin origin; /* of the rule that decided */
	const char *pattern;  /* …as written; NULL for connections. The policy's */
	enum guarantee guarantee;
	char *target;       /* the landing, shown */
	char *asked;        /* as the command spelt it, made absolute, where that is not the target; or NULL */
	char *program;      /* empty: not known, nor is pid */
	char **arguments;   /* redacted and fit to be shown, NULL-terminated; NULL: not known */
	char *would_allow;  /* NULL: nothing */
	const char *danger; /* what is at stake when that is allowed; NULL: nothing out of the ordinary */
	uint64_t count;
};

struct denials {
	struct denial items[DENIALS_MAX];
	unsigned count;    /* in items */
	unsigned last;     /* the one that was added last */
	unsigned blamed;   /* the last one of which it is known who did it; or the last one */
	uint64_t distinct; /* that were seen; some may have been dropped */
	uint64_t dropped;
	bool was_added; /* by the last denials_add, and is complete */
};

/* The one that was added last, complete, if the last call of denials_add has added one that was kept for good; else
 * NULL.
 */
const struct denial *denials_added(const struct denials *denials);

void denials_clear(struct denials *denials);

/* Judges the act by the policy and keeps it if that refuses it: the observer only says what was tried. */
CORDON_CHECKED bool denials_add(struct denials *denials, const struct plan *plan, const struct cage_event *event,
				struct cordon_error *err);

/* Makes the items complete: before they are read. */
CORDON_CHECKED bool denials_complete(struct denials *denials, const struct plan *plan, struct cordon_error *err);

/* The step that puts something of cordon's own where the path is (/tmp, /proc, /dev…), so that no rule says what
 * may be done there; NULL where there is none. The deepest step over the path counts.
 */
const struct plan_mount *denial_find_own(const struct plan *plan, const char *path);

const char *act_name(enum act act); /* "write" */

/* Appends one line for people. */
void denial_explain(const struct denial *denial, const char *home, struct text *text);

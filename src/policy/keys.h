/* policy/keys.h: the keys of a policy in one table, which reading, flags and the schema share.
 *
 * A key is named by its path, "limits.memory". Each has one function that takes over one value: an object's member, a
 * list's item or the value itself.
 */
#pragma once

#include "policy/policy.h"

enum shape {
	SHAPE_GROUP,  /* an object of keys: those whose path begins with this one's and a dot */
	SHAPE_VALUE,  /* one string or number */
	SHAPE_LIST,   /* a list of them */
	SHAPE_EITHER, /* one of them or a list */
	SHAPE_MAP,    /* an object from free names to strings */
};

/* How one value of a key is written. The schema says so; what it cannot tell (an unknown variable, a number's spelling)
 * is left to `take`, which is exact. Never narrower than `take`. A value is good when it is any of what is set here.
 */
struct form {
	const char *const *words; /* one of these strings; NULL-terminated. Of a SHAPE_EITHER what stands alone */
	const char *pattern;      /* a string with this in it (ECMA 262, and Python's dialect) */
	const char *name_pattern; /* of a SHAPE_MAP the names' */
	const char *least, *most; /* a number in these bounds, as JSON */
	bool is_whole;            /* …without decimals */
	bool is_guarantee;        /* a guarantee's name, or NAME=LEVEL */
};

/* Who may say it. */
enum {
	HELD_BY_FILES = 1 << 0, /* preset, user's file, --policy */
	HELD_BY_FLAGS = 1 << 1,
	HELD_BY_MANAGED = 1 << 2,
	HELD_BY_PROJECT = 1 << 3,
};

/* One value on its way into the policy. */
struct setting {
	const struct key *key;
	const char *name; /* in a SHAPE_MAP; else NULL */
	const char *text; /* the value, a number as written */
	bool is_number;
	bool is_alone; /* not an item of a list */
	const char *folder;
	struct origin origin;
	int order;
};

struct key {
	const char *path; /* "" for the whole policy */
	enum shape shape;
	unsigned holders;
	bool (*take)(struct policy *policy, const struct setting *setting, struct cordon_error *err);
	int detail;              /* what `take` needs to know: the limit */
	const struct form *form; /* NULL for a group, and for a list that has to be empty */
	const char *help;
};

extern const struct key policy_keys[]; /* ends with a NULL path */

const struct key *key_find(const char *path);
bool key_may_stand_in(const struct key *key, enum layer layer);

/* The last part of the path. */
const char *key_name(const struct key *key);

/* Is it a member of the group? */
bool key_is_in(const struct key *key, const struct key *group);

/* The name of a key in the group. */
const struct key *key_find_in(const struct key *group, const char *name);

/* "; did you mean 'x'?" for the one of the NULL-terminated names that is nearest, or their list when none is near.
 * Static text, valid until the next call with the same buffer.
 */
struct hint {
	char text[256];
};

const char *hint_names(struct hint *hint, const char *given, const char *const *names);
/* The same among the keys of a group. */
const char *hint_keys(struct hint *hint, const char *given, const struct key *group);

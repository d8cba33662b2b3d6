/* policy/store.h: what a policy holds, for the files of src/policy that build and settle it.
 *
 * Everything that a text or flag says is kept as said, each with its origin and its order; what it comes to is worked
 * out by policy_resolve and the questions. Lists only grow, so that a text with an error is taken back by their counts.
 */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "policy/keys.h"
#include "policy/policy.h"

/* Where a statement stands among all: a larger one is later. Layers first; within a layer a text above what it extends.
 */
#define ORDER_ROOM 64
#define ORDER_OF(layer, rank) ((int)(layer)*ORDER_ROOM + ORDER_ROOM / 2 + (rank))

/* The tables of which each gives a verdict, or none; the strictest holds. */
enum table {
	TABLE_GRANT,
	TABLE_MANAGED,
	TABLE_PROJECT,
	TABLE_OWN, /* cordon's own: its state, its configuration, the policy files in use */
	TABLE_COUNT,
};

/* A pattern taken apart, once for all its expansions. */
struct parts {
	const char *variable; /* in front; NULL: none */
	size_t variable_length;
	const char *rest;
	size_t rest_length;
	bool is_plain;   /* path_is_plain of the rest */
	const char *why; /* what is wrong with it; NULL: nothing */
};

struct file_statement {
	const char *pattern;
	struct parts parts;
	const char *folder; /* NULL: a relative pattern is an error */
	enum access access;
	enum table table;
	bool is_verbatim; /* a path, not a pattern */
	struct origin origin;
	int order;
};

struct mode_statement {
	enum network_mode mode;
	struct origin origin;
	int order;
};

struct host_statement {
	struct host_rule rule;
	int order;
};

struct port_statement {
	uint16_t port;
	struct origin origin;
	int order;
};

struct limit_statement {
	enum limit limit;
	uint64_t value; /* percent when is_share */
	bool is_share;
	struct origin origin;
	int order;
};

/* A name, or a pattern with `*` for any text, looked at once: a start asks of every variable whether it is one of more
 * than a hundred.
 */
struct name_pattern {
	const char *text;
	size_t length;
	size_t front, back; /* how much of it stands before the first `*` and behind the last; without one: all, 0 */
	size_t least;       /* how long a name is at least */
};

struct variable_statement {
	struct name_pattern name; /* a pattern for inherit and remove */
	const char *value;        /* set */
	struct origin origin;
	int order;
};

struct accept_statement {
	enum guarantee guarantee;
	enum level level;
	struct origin origin;
	int order;
};

/* That a key was there at all: an empty list of a bound narrows to nothing. */
struct key_statement {
	const struct key *key;
	struct origin origin;
	int order;
};

#define LIST_OF(type) \
	struct { \
		type *items; \
		size_t count, room; \
	}

/* One distinct landing of a rule, and who decides there. */
struct spot {
	const char *key;
	size_t length;
	const struct rule *winners[TABLE_COUNT]; /* NULL: the table has no rule there */
};

struct spot_slot {
	uint32_t hash;  /* of the spot's key */
	uint32_t place; /* its index + 1; 0: free */
};

struct policy {
	enum target target;
	struct arena arena; /* holds all lists and the texts that they point to */
	struct file_statements {
		struct file_statement *items;
		size_t count, room;
	} files;
	LIST_OF(struct mode_statement) modes;
	struct host_statements {
		struct host_statement *items;
		size_t count, room;
	} allow, deny;
	LIST_OF(struct port_statement) listen;
	LIST_OF(struct limit_statement) limits;
	struct variable_statements {
		struct variable_statement *items;
		size_t count, room;
	} inherit, remove, set;
	LIST_OF(struct accept_statement) accept;
	LIST_OF(struct key_statement) keys;
	LIST_OF(struct policy_source) sources;
	const char *extends; /* of the text added last */
	int rank_top, rank_bottom;

	/* from policy_resolve on */
	uint64_t memory; /* of the machine */
	struct rule *rules;
	unsigned *specificities; /* of each rule */
	int *orders;
	size_t rule_count;
	struct spot *spots;
	size_t spot_count;
	struct spot_slot *slots; /* hash table of the spots */
	size_t slot_count;       /* a power of two */
	LIST_OF(struct host_rule) allowed_hosts;
	LIST_OF(struct host_rule) denied_hosts;
	LIST_OF(uint16_t) ports;
	LIST_OF(const struct origin *) port_origins; /* of each */
};

/* A copy that lives as long as the policy; NULL when memory is short. */
const char *policy_keep(struct policy *policy, const char *text);
/* The same for malloc'ed text, which is released; NULL for NULL. */
const char *policy_keep_taken(struct policy *policy, char *text);

/* A failure whose place is a statement's: CORDON_BAD_POLICY in a file, CORDON_BAD_USAGE for a flag. */
bool policy_complain(struct cordon_error *err, const struct origin *origin, const char *format, ...)
	CORDON_PRINTF(3, 4);

/* "file:line" or the flag, for naming a second place in a message; malloc'ed. */
char *policy_place(const struct origin *origin);

static inline bool is_bound(enum layer layer)
{
	return layer >= LAYER_FIRST_BOUND;
}

/* The last statement of the key in the grant or in one bound; NULL when it says nothing of it. */
const struct key_statement *policy_find_key(const struct policy *policy, const char *key, enum layer layer);

/* expand.c: the parts point into the pattern. */
struct parts policy_take_apart(enum target target, const char *pattern, bool is_verbatim);

/* settle.c: what bounds leave of the grant; both are parts of policy_resolve. */
CORDON_CHECKED bool policy_settle_network(struct policy *policy, struct cordon_error *err);
CORDON_CHECKED bool policy_settle_settings(struct policy *policy, struct cordon_error *err);

/* environment.c: a flag that a bound makes ineffective; part of policy_resolve. */
CORDON_CHECKED bool policy_check_environment(const struct policy *policy, struct cordon_error *err);

/* The value in NAME=VALUE when that is the name; else NULL. */
const char *environment_value(enum target target, const char *entry, const char *name);

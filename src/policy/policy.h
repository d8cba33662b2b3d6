/* policy/policy.h: what a run may do. Pure: no clock, no file, no system call.
 *
 *	policy_new
 *	policy_add_text / policy_set      layers in any order; each rule remembers its layer, file, line and column
 *	policy_roots                      which directories become writable: the survey looks for git records there
 *	policy_paths                      which paths the survey must look at
 *	policy_globs, policy_places       what a walk must look for, and where
 *	policy_resolve                    expands variables, lands every path; the policy is fixed from here on
 *	policy_decide_path, policy_environment, plan_compile (plan.h)
 *	policy_free
 *
 * Strings in a verdict, a rule or an origin belong to the policy and live as long as it does.
 *
 * A path in a policy is absolute, relative to the policy file's folder, or begins with `~` or ${name}. Variables are
 * those of the facts, and root (each directory that the grant makes writable), system (the system's own programs),
 * appdata and localappdata (Windows; elsewhere they have no value). `..` is taken lexically. On Linux `\*` is an
 * asterisk in a name. On Windows "/" alone stands for every drive.
 *
 * Specificity: the rule with more leading literal components decides; a glob is more specific than the literal rule of
 * the directory that its literal part names, and less than any literal rule below it. A glob that begins with a `**`
 * component counts as if it were written in the directory where it matches. At equal specificity the later layer
 * decides, then the stricter access.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/facts.h"
#include "base/guarantee.h"

/* Ordered: a larger value allows more, so the stricter of two is the smaller. */
enum access {
	ACCESS_NONE,
	ACCESS_READ,  /* includes execute */
	ACCESS_WRITE, /* includes read */
};

/* Who said it. The grant's layers are ordered: a later one wins at equal specificity. Bounds only narrow. */
enum layer {
	LAYER_PRESET,
	LAYER_USER,   /* the user's own policy file */
	LAYER_POLICY, /* --policy FILE */
	LAYER_FLAGS,
	LAYER_MANAGED, /* bound: the administrator's file */
	LAYER_PROJECT, /* bound: .cordon.json in the workspace */
};

#define LAYER_FIRST_BOUND LAYER_MANAGED

const char *layer_name(enum layer layer); /* "preset", "user", "policy", "flags", "managed", "project" */

struct origin {
	enum layer layer;
	const char *file; /* a path, "preset workspace", or the flag as typed ("--write"); never NULL */
	int line;         /* from 1; 0: no place in a file */
	int column;
};

enum network_mode { NETWORK_OFF, NETWORK_FILTERED, NETWORK_OPEN };

enum limit {
	LIMIT_MEMORY,     /* bytes */
	LIMIT_CPUS,       /* thousandths of a processor */
	LIMIT_CPU_TIME,   /* milliseconds */
	LIMIT_WALL_TIME,  /* milliseconds */
	LIMIT_PROCESSES,  /* count */
	LIMIT_OPEN_FILES, /* count */
	LIMIT_FILE_SIZE,  /* bytes */
	LIMIT_DISK,       /* bytes */
	LIMIT_OUTPUT,     /* bytes */
	LIMIT_COUNT,
};

const char *limit_name(enum limit limit);         /* "cpu_time": the policy key */
enum guarantee limit_guarantee(enum limit limit); /* GUARANTEE_LIMITS_CPU_TIME */

struct limit_setting {
	bool is_set;
	uint64_t value;       /* in the unit above */
	struct origin origin; /* layer PRESET: taken as far as the host can give it; any other: enforced or refused */
};

/* One line of the file table, after policy_resolve. */
struct rule {
	const char *pattern; /* as written, for messages: "~/.ssh" */
	const char *path;    /* expanded; a glob keeps its wildcards */
	const char *landing; /* where path lands; equals path for a glob and for a missing fact */
	bool is_glob; /* decides nothing itself: each path found for it has a rule of its own with this pattern */
	enum access access;
	struct origin origin;
	const struct path_fact *fact; /* NULL for a glob, and for `\`, every drive, on Windows */
};

struct verdict {
	enum access access;
	const struct rule *rule; /* the rule that decided; never NULL after policy_resolve */
};

struct policy;

/* target fixes how paths are spelt and compared (Windows: both separators, case folded, drive letters). */
struct policy *policy_new(enum target target); /* NULL when memory is short */
struct policy *policy_free(struct policy *policy);
void policy_free_at(struct policy **policy);

/* Reads a JSONC policy (design §1) of `length` bytes, at most 1 MiB, UTF-8, into a layer. `file` names it in messages
 * and origins. A relative path in it belongs to `folder` (NULL for presets, where a relative path is an error). Nothing
 * is taken over from a text that has an error. `extends` is only noted: see policy_extends. Errors: CORDON_BAD_POLICY
 * with file, line and column, and the nearest known key for an unknown one.
 */
CORDON_CHECKED bool policy_add_text(struct policy *policy, enum layer layer, const char *file, const char *folder,
				    const char *bytes, size_t length, struct cordon_error *err);

/* As policy_add_text, beneath all that the layer holds so far: for what a text extends. */
CORDON_CHECKED bool policy_add_base(struct policy *policy, enum layer layer, const char *file, const char *folder,
				    const char *bytes, size_t length, struct cordon_error *err);

/* As policy_add_base with the text of a preset, in LAYER_PRESET; CORDON_BAD_USAGE when there is none of that name. A
 * start does this each time: the preset was read when cordon was built.
 */
CORDON_CHECKED bool policy_add_preset(struct policy *policy, const char *name, struct cordon_error *err);

/* What the text added last names in `extends`: the name of a preset, or a path (folder already joined); NULL when it
 * names nothing. The caller adds that, a preset with policy_add_preset and a file with policy_add_base to the layer of
 * the text, and asks again: presets extend presets. At most 16 in a chain, so that a circle ends. A text without
 * `extends` is laid on the run's preset; a preset that is extended stands in its place.
 */
const char *policy_extends(const struct policy *policy);

/* The files that were read, in the order in which they were added; not the presets. */
struct policy_source {
	enum layer layer;
	const char *file;
};
const struct policy_source *policy_sources(const struct policy *policy, size_t *ret_count);

/* One setting in the LAYER_FLAGS layer, by the key that a file would use. `flag` is the origin's text ("--write").
 *	("files", "src", "write")            name is the path, absolute already
 *	("network.mode", NULL, "off")        also network.allow / network.deny / network.listen: appends value
 *	("limits.memory", NULL, "4GiB")
 *	("environment.set", "CI", "1"), ("environment.inherit", NULL, "NAME"), ("environment.remove", NULL, "PATTERN")
 *	("accept", NULL, "limits.memory=absent")
 * Errors: CORDON_BAD_USAGE naming the flag and what is allowed.
 */
CORDON_CHECKED bool policy_set(struct policy *policy, const char *flag, const char *key, const char *name,
			       const char *value, struct cordon_error *err);

/* The preset's JSONC text, static, or NULL; *ret_length its bytes. Names: workspace, read-only, strict,
 * open-network.
 */
const char *preset_find(const char *name, size_t *ret_length);
/* Comma-separated names for messages. */
const char *preset_names(void);

/* Paths under which the grant writes, expanded with facts->variables, as a NULL-terminated malloc'ed list, in one piece
 * with its strings, that the caller frees with policy_free_list. Rules that use a variable of which nothing is known
 * yet (git) are passed over.
 */
CORDON_CHECKED bool policy_roots(const struct policy *policy, const struct facts *facts, char ***ret_paths,
				 struct cordon_error *err);

/* Every literal path that a rule names, expanded; same ownership. An unknown variable is an error with its place. */
CORDON_CHECKED bool policy_paths(const struct policy *policy, const struct facts *facts, char ***ret_paths,
				 struct cordon_error *err);

/* May a rule that names "/" close it? For facts->root_stays_open; true where that is not plain to see. */
bool policy_may_close_root(const struct policy *policy, const struct facts *facts);

/* Every distinct glob pattern of a rule, expanded; same ownership. After the paths of policy_paths were surveyed, the
 * caller walks each of policy_places, and adds each path for which policy_glob_matches to facts->paths, before
 * policy_resolve. What the command creates later is the command's own: no glob holds it.
 */
CORDON_CHECKED bool policy_globs(const struct policy *policy, const struct facts *facts, char ***ret_patterns,
				 struct cordon_error *err);

/* The directories in which globs are looked for: the landings of the roots and of the workspace, none below another;
 * empty when no rule is a glob. Same ownership.
 */
CORDON_CHECKED bool policy_places(const struct policy *policy, const struct facts *facts, char ***ret_paths,
				  struct cordon_error *err);
void policy_free_list(char **list);

/* `*` stays within a component, `**` crosses them: any number of components, at the end at least one. Both expanded and
 * absolute, except that a pattern that starts with `**` + separator matches below any directory. A match of a directory
 * does not cover what is below it: callers ask for each ancestor.
 */
bool policy_glob_matches(enum target target, const char *pattern, const char *path);

/* Fixes the policy to these facts: expands, lands, orders. facts must outlive the policy. Errors with the rule's place:
 * an unknown or empty variable; `write` for a path that does not exist and does not end in a separator; a refused
 * workspace (a root, home or an ancestor of it, a system directory); a flag that a bound makes ineffective.
 */
CORDON_CHECKED bool policy_resolve(struct policy *policy, const struct facts *facts, struct cordon_error *err);

/* The rules after policy_resolve, grant and bounds, ordered by landing (parents first). */
const struct rule *policy_rules(const struct policy *policy, size_t *ret_count);

/* May the landing path be read or written? The strictest of the grant's most specific rule and each bound's. `path` is
 * absolute and already landed (no links, no `..`).
 */
struct verdict policy_decide_path(const struct policy *policy, const char *path);

/* `allow` that a later layer than the mode `off` states makes it `filtered`. ret_origin may be NULL. */
enum network_mode policy_network_mode(const struct policy *policy, struct origin *ret_origin);

/* A share of the machine's memory ("75%") is a number of bytes after policy_resolve, 0 before. */
struct limit_setting policy_limit(const struct policy *policy, enum limit limit);

/* The command's environment: inherit, minus remove, plus set, as a NULL-terminated NAME=VALUE list (free with
 * policy_free_list), sorted for Windows. CORDON, CORDON_RUN_ID and TMPDIR are the planner's.
 */
CORDON_CHECKED bool policy_environment(const struct policy *policy, const struct facts *facts, char ***ret_environment,
				       struct cordon_error *err);

/* The worst level of the guarantee with which the run may start: ENFORCED unless `accept` names it. */
enum level policy_accepted(const struct policy *policy, enum guarantee guarantee);

/* Network rules after policy_resolve, for the gate and for plans. */
struct host_rule {
	const char *pattern; /* "*.example.net", "registry.example.org", "127.0.0.1", "::1", "fd00::/8"; lower case */
	uint16_t port;       /* 0: any */
	struct origin origin;
};
const struct host_rule *policy_allowed_hosts(const struct policy *policy, size_t *ret_count);
const struct host_rule *policy_denied_hosts(const struct policy *policy, size_t *ret_count);
const uint16_t *policy_listen_ports(const struct policy *policy, size_t *ret_count);
const struct origin *policy_listen_origin(const struct policy *policy, size_t port); /* of the one of that index */

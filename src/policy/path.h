/* policy/path.h: how paths are spelt and compared on each target. Pure.
 *
 * A path here is absolute and normalised: no empty, `.` or `..` component, the target's own separator, no separator at
 * the end but for a root. A pattern is the same with wildcards; one that begins with `**` is floating: it matches below
 * any directory.
 *
 * A key is what two spellings of one path have in common: on Windows case is folded; a root has no separator at the end
 * ("", "c:"). The keys of the directories above are the key's beginnings up to each separator.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/facts.h"
#include "base/text.h"

char path_separator(enum target target);
bool path_is_separator(enum target target, char c);
bool path_is_absolute(enum target target, const char *path);
bool path_ends_in_separator(enum target target, const char *path);

/* The directory around the last component, malloc'ed: `/a` of `/a/b`, `C:\` of `C:\a`; a root is its own. NULL when
 * memory is short.
 */
char *path_directory(enum target target, const char *path);

/* The name behind the last separator. */
const char *path_name(enum target target, const char *path);

/* Appends the key of the path. */
void path_add_key(enum target target, const char *path, struct text *key);

/* The length of the key's parent; 0 is the root, which has none. */
size_t path_parent(enum target target, const char *key, size_t length);

/* How many components a key has. */
unsigned path_depth(enum target target, const char *key);

/* True when the key is `above` or lies below it. */
bool path_is_below(enum target target, const char *key, const char *above);

/* Normalises `head` (a path, taken as it is) with `rest` (as a policy writes it, with wildcards) behind it; either may
 * be empty, not both. *ret_path is the caller's, a pattern when *ret_is_glob. When it cannot be, *ret_why gets a static
 * text, or NULL when memory is short.
 */
bool path_join(enum target target, const char *head, const char *rest, char **ret_path, bool *ret_is_glob,
	       const char **ret_why);

/* True for a path, or for what follows one, that says just what stands there: path_join would change nothing of it, not
 * where it is laid behind another such path that is no root either. May be false for one that is.
 */
bool path_is_plain(enum target target, const char *path);

/* True for a pattern that begins with a `**` component. */
bool pattern_floats(enum target target, const char *pattern);

/* The literal part of a pattern as a path of its own, malloc'ed; a floating pattern has none: the root. */
char *pattern_literal(enum target target, const char *pattern);

/* The pattern with that path in place of its literal part, malloc'ed. */
char *pattern_move(enum target target, const char *pattern, const char *path);

/* How specific a pattern is where it matches the path; comparable to twice the depth of a literal rule. */
unsigned pattern_specificity(enum target target, const char *pattern, const char *path);

/* backend/windows/compose.h: what becomes of one descriptor, as policy/plan_windows.h says of a struct windows_object.
 * Pure.
 *
 * Descriptors are changed in place; new entries are the arena's. False is always: memory is short.
 */
#pragma once

#include "base/arena.h"
#include "base/windows_descriptor.h"
#include "policy/plan_windows.h"

/* Who stands behind the plan's roles. */
struct who {
	struct windows_sid (*find)(const void *context, struct sid sid); /* no bytes: nobody */
	/* Is it one that cordon has made: of a capability, be it of another run's root, of accounts or a package? */
	bool (*is_cordons)(const void *context, struct windows_sid sid);
	const void *context;
};

struct composing {
	const struct windows_object *object;
	const struct who *who;
	struct arena *arena;
};

/* The object's own descriptor. */
CORDON_CHECKED bool compose_top(const struct composing *composing, bool is_directory,
				struct windows_descriptor *descriptor);

/* One that stands in a directory whose descriptor is `parent` now. `is_parent_left`: the directory was left alone. */
CORDON_CHECKED bool compose_below(const struct composing *composing, const struct windows_descriptor *parent,
				  bool is_parent_left, bool is_directory, struct windows_descriptor *descriptor);

/* Does any of it reach what is below? */
bool compose_reaches_below(const struct windows_object *object);

/* Would leaving that one alone, below the object, leave something open that the object closes? */
bool compose_may_not_leave(const struct composing *composing, const struct windows_descriptor *descriptor);

/* What the child has of its own, then what it inherits from the parent. */
CORDON_CHECKED bool compose_inherit(const struct windows_descriptor *parent, bool is_directory, struct arena *arena,
				    struct windows_descriptor *descriptor);

/* Takes out of `descriptor`, which somebody has changed since it was `made`, what that has and `old` has not, and puts
 * back what was dropped from it.
 */
CORDON_CHECKED bool compose_take_back(const struct windows_descriptor *old, const struct windows_descriptor *made,
				      struct arena *arena, struct windows_descriptor *descriptor);

/* A copy whose list can be changed. */
CORDON_CHECKED bool compose_copy(const struct windows_descriptor *from, struct arena *arena,
				 struct windows_descriptor *ret_copy);

/* Do both say the same, their owners aside? */
bool compose_equals(const struct windows_descriptor *a, const struct windows_descriptor *b);

/* A bounded walk through a directory. */
#include "os/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"

struct walk {
	bool (*visit)(void *context, const char *path, struct cordon_error *err);
	void *context;
	size_t *budget;
	size_t allowed;
	uint64_t deadline_ms;
	struct {
		char **items;
		size_t count, room;
	} pending; /* directories that are still to be read */
};

static void free_pending(struct walk *walk)
{
	for (size_t i = 0; i < walk->pending.count; i++)
		free(walk->pending.items[i]);
	free(walk->pending.items);
}

static bool spend(const struct walk *walk, struct cordon_error *err)
{
	if (*walk->budget == 0)
		return cordon_fail(err, CORDON_UNSUPPORTED, "there are more than %zu entries", walk->allowed);
	--*walk->budget;
	/* The clock is asked now and then only. */
	if (*walk->budget % 64 == 0 && os_clock() >= walk->deadline_ms)
		return cordon_fail(err, CORDON_UNSUPPORTED, "time ran out after %zu entries",
				   walk->allowed - *walk->budget);
	return true;
}

static bool visit_entry(void *context, const char *path, bool is_directory, struct cordon_error *err)
{
	struct walk *walk = context;
	if (!spend(walk, err) || !walk->visit(walk->context, path, err))
		return false;
	if (!is_directory)
		return true;
	char **next = LIST_ADD(&walk->pending);
	if (!next)
		return cordon_fail_memory(err);
	*next = strdup(path);
	return *next || cordon_fail_memory(err);
}

bool os_walk(const char *root, size_t *budget, uint64_t deadline_ms,
	     bool (*visit)(void *context, const char *path, struct cordon_error *err), void *context,
	     struct cordon_error *err)
{
	CORDON_ON_EXIT(free_pending)
	struct walk walk = {
		.visit = visit,
		.context = context,
		.budget = budget,
		.allowed = *budget,
		.deadline_ms = deadline_ms,
	};
	const struct walk_visitor visitor = { visit_entry, &walk };
	bool is_gone = false;
	if (os_clock() >= deadline_ms)
		return cordon_fail(err, CORDON_UNSUPPORTED, "time ran out");
	if (!walk_list(root, &visitor, &is_gone, err))
		return false;
	if (is_gone) /* of the root itself nothing is passed over */
		return cordon_fail(err, CORDON_OS_FAILED, "list '%s': it is no directory that may be listed", root);
	while (walk.pending.count > 0) {
		CORDON_ON_EXIT(free_text) char *path = walk.pending.items[--walk.pending.count];
		if (!walk_list(path, &visitor, &is_gone, err))
			return false;
	}
	return true;
}

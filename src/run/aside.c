/* A protected name that did not exist can only be held by an object under that name, which people would find in their
 * folders. Where nothing on the host looks for the name before the run is over, it is not held: what has appeared there by
 * then is moved to cordon's own state, whole, where nobody executes it and the user finds it again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/show.h"
#include "os/os.h"
#include "run/state.h"

static bool set_aside(const struct run *run, size_t index, bool *ret_moved, char ret_place[OS_PLACE_SIZE],
		      struct cordon_error *err)
{
	const char *path = run->plan->unheld.items[index].path;
	char folder[OS_PLACE_SIZE], name[OS_PLACE_SIZE];
	snprintf(folder, sizeof folder, "%s/aside/%s", run->surveyed.facts->state, run->id);
	snprintf(name, sizeof name, "%zu-%s", index + 1, os_name(path));
	return os_set_aside(path, folder, name, ret_moved, ret_place, err);
}

void run_note_cover(struct run *run, const struct cage_event *event)
{
	struct foreign *foreign = NULL;
	for (size_t i = 0; i < run->foreign.count; i++)
		if (run->foreign.items[i].path == event->cover.path)
			foreign = &run->foreign.items[i];
	if (!foreign && event->cover.inode != 0)
		foreign = LIST_ADD(&run->foreign);
	if (foreign)
		*foreign = (struct foreign){ event->cover.path, event->cover.device, event->cover.inode };
}

/* What the host has made while the command could not write there. */
static bool is_foreign(const struct run *run, const struct plan_unheld *unheld)
{
	for (size_t i = 0; i < run->foreign.count; i++) {
		const struct foreign *foreign = &run->foreign.items[i];
		if (foreign->path == unheld->path)
			return foreign->inode != 0 && os_has_identity(unheld->path, foreign->device, foreign->inode);
	}
	return false;
}

static void note(struct run *run, const struct plan_unheld *unheld, const char *place, const struct cordon_error *err)
{
	struct aside *aside = LIST_ADD(&run->asides);
	if (aside)
		*aside = (struct aside){ unheld, place ? strdup(place) : NULL, *err };
}

void run_set_aside(struct run *run, bool is_heir)
{
	for (size_t i = 0; i < run->plan->unheld.count; i++) {
		const struct plan_unheld *unheld = &run->plan->unheld.items[i];
		struct cordon_error err = CORDON_ERROR_INIT;
		char place[OS_PLACE_SIZE];
		bool is_moved = false;
		if (unheld->is_hidden || is_foreign(run, unheld)) /* the user's own */
			continue;
		bool is_done = set_aside(run, i, &is_moved, place, &err);
		if (!is_heir && (is_moved || !is_done))
			note(run, unheld, is_done ? place : NULL, &err);
	}
}

void asides_free(struct aside_list *asides)
{
	for (size_t i = 0; i < asides->count; i++)
		free(asides->items[i].place);
	free(asides->items);
	*asides = (struct aside_list){ 0 };
}

void asides_explain(const struct run *run, struct text *text)
{
	if (run->asides.count == 0)
		return;
	const struct aside *aside = &run->asides.items[0];
	const struct origin *origin = &aside->unheld->rule->origin;
	show_add(text, aside->unheld->path);
	if (aside->place) {
		text_add(text, " appeared during the run, and your tools might execute what it holds: moved to ");
		show_add(text, aside->place);
	} else {
		text_addf(
			text,
			" appeared during the run, your tools might execute what it holds, and it is STILL THERE (%s)",
			aside->error.text);
	}
	text_addf(text, "; by \"%s\" (%s, line %d)", aside->unheld->rule->pattern, origin->file, origin->line);
	if (run->asides.count > 1)
		text_addf(text, " (and %zu more)", run->asides.count - 1);
}

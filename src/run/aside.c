/* A protected name that did not exist can only be held by an object under that name, which people would find in their
 * folders. Where nothing on the host looks for the name before the run is over, it is not held: what has appeared there
 * by then is moved to cordon's own state, whole, where nobody executes it and the user finds it again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/show.h"
#include "base/text.h"
#include "os/os.h"
#include "run/state.h"

enum { MADE_MAX = 2048 };

static bool set_aside(const struct run *run, const char *path, size_t number, bool *ret_moved,
		      char ret_place[OS_PLACE_SIZE], struct cordon_error *err)
{
	char folder[OS_PLACE_SIZE], name[OS_PLACE_SIZE];
	snprintf(folder, sizeof folder, "%s/aside/%s", run->state, run->id);
	snprintf(name, sizeof name, "%zu-%s", number, os_name(path));
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

static void note(struct run *run, const char *path, const struct rule *rule, const char *place,
		 const struct cordon_error *err)
{
	struct aside *aside = LIST_ADD(&run->asides);
	if (aside)
		*aside = (struct aside){ strdup(path), rule, place ? strdup(place) : NULL, *err };
}

/* -- repositories that the command has made ----------------------------------------------------------------------- */

/* Where no more can be kept the tree dies before a further act of it is answered, so that none goes unnoted. */
void run_note_made(struct run *run, const char *path)
{
	for (size_t i = 0; i < run->made.count; i++)
		if (strcmp(run->made.items[i], path) == 0)
			return;
	char *copy = run->made.count < MADE_MAX ? strdup(path) : NULL;
	char **made = copy ? LIST_ADD(&run->made) : NULL;
	if (made)
		*made = copy;
	else
		free(copy);
	if (!made || run->made.count == MADE_MAX) {
		run->has_made_more = true;
		run_end(run);
	}
}

static void note_below(struct run *run, const char *path, const char *from, const char *to)
{
	char *moved = os_lies_below(path, from) ? text_format("%s%s", to, path + strlen(from)) : NULL;
	if (moved)
		run_note_made(run, moved);
	free(moved);
}

void run_note_moved(struct run *run, const char *from, const char *to)
{
	for (size_t i = 0, count = run->made.count; i < count; i++) {
		note_below(run, run->made.items[i], from, to);
		note_below(run, run->made.items[i], to, from);
	}
}

static bool set_aside_made(void *context, const char *path, struct cordon_error *err)
{
	struct run *run = context;
	char place[OS_PLACE_SIZE];
	bool is_moved = false;
	size_t number = run->plan->unheld.count + run->asides.count + 1;
	if (!set_aside(run, path, number, &is_moved, place, err))
		return false;
	if (is_moved)
		note(run, path, NULL, place, err);
	return true;
}

static bool is_writable(void *context, const char *landing)
{
	const struct run *run = context;
	return policy_decide_path(run->plan->policy, landing).access == ACCESS_WRITE &&
	       !plan_is_apart(run->plan, landing);
}

static void disarm_made(struct run *run)
{
	const struct os_disarm options = { is_writable, set_aside_made, run };
	for (size_t i = 0; i < run->made.count; i++) {
		struct cordon_error err = CORDON_ERROR_INIT;
		if (!os_disarm_git(run->surveyed.facts, run->made.items[i], &options, &err))
			note(run, run->made.items[i], NULL, NULL, &err);
	}
	if (run->has_made_more) {
		struct cordon_error err = CORDON_ERROR_INIT;
		cordon_fail(
			&err, CORDON_UNSUPPORTED,
			"the command was ended: it made %d names that belong to repositories, and no more are followed",
			MADE_MAX);
		note(run, run->made.count ? run->made.items[run->made.count - 1] : "", NULL, NULL, &err);
	}
}

/* -- the end ------------------------------------------------------------------------------------------------------ */

void run_set_aside(struct run *run, bool is_heir)
{
	for (size_t i = 0; i < run->plan->unheld.count; i++) {
		const struct plan_unheld *unheld = &run->plan->unheld.items[i];
		struct cordon_error err = CORDON_ERROR_INIT;
		char place[OS_PLACE_SIZE];
		bool is_moved = false;
		if (unheld->is_hidden || is_foreign(run, unheld)) /* the user's own */
			continue;
		bool is_done = set_aside(run, unheld->path, i + 1, &is_moved, place, &err);
		if (!is_heir && (is_moved || !is_done))
			note(run, unheld->path, unheld->rule, is_done ? place : NULL, &err);
	}
	if (!is_heir)
		disarm_made(run);
}

void asides_free(struct aside_list *asides)
{
	for (size_t i = 0; i < asides->count; i++) {
		free(asides->items[i].path);
		free(asides->items[i].place);
	}
	free(asides->items);
	*asides = (struct aside_list){ 0 };
}

void asides_explain(const struct run *run, struct text *text)
{
	if (run->asides.count == 0)
		return;
	/* What could not be moved is what the user has to know first. */
	size_t told = 0;
	while (told < run->asides.count && run->asides.items[told].place)
		told++;
	const struct aside *aside = &run->asides.items[told < run->asides.count ? told : 0];
	const char *path = aside->path ? aside->path : "";
	show_add(text, path);
	if (run->has_made_more && !aside->place && told == run->asides.count - 1) {
		/* All that was followed is moved, or there was nothing to move. */
		text_addf(text, ": %s; look at what else was made there before your tools do", aside->error.text);
	} else if (aside->place) {
		text_add(text, " appeared during the run, and your tools might execute what it holds: moved to ");
		show_add(text, aside->place);
	} else {
		text_addf(
			text,
			" appeared during the run, your tools might execute what it holds, and it is STILL THERE (%s)",
			aside->error.text);
	}
	if (aside->rule)
		text_addf(text, "; by \"%s\" (%s, line %d)", aside->rule->pattern, aside->rule->origin.file,
			  aside->rule->origin.line);
	if (run->asides.count > 1)
		text_addf(text, " (and %zu more)", run->asides.count - 1);
}

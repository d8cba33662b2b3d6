#include <stdlib.h>
#include <string.h>

#include "backend/windows/ownership.h"
#include "backend/windows/runner.h"
#include "base/list.h"
#include "base/scope.h"

#include <sddl.h>

struct returning {
	struct windows_store *store;
	const char *state; /* borrowed, as the two below */
	struct account *account;
	const struct identities *identities;
	struct windows_sid sid, user;
	struct ownership_notes earlier; /* of this account: what could not be taken */
	struct frame_return order;
	size_t own_count; /* of its places; the others are of earlier runs */
	bool is_noted, is_due;
};

static struct windows_sid as_bytes(PSID sid)
{
	return (struct windows_sid){ sid, (uint16_t)GetLengthSid(sid) };
}

struct returning *returning_free(struct returning *returning)
{
	if (!returning)
		return NULL;
	windows_store_close(returning->store);
	ownership_free(&returning->earlier);
	free(returning->order.places);
	free(returning);
	return NULL;
}

static void free_returning(struct returning **returning)
{
	*returning = returning_free(*returning);
}

/* -- earlier runs -------------------------------------------------------------------------------------------------- */

static bool mend(struct returning *returning, const struct ownership_noted *noted, bool *ret_is_done,
		 struct cordon_error *err)
{
	CORDON_ON_EXIT(free_wide) uint16_t *wide = NULL;
	CORDON_ON_EXIT(free_local) PSID account = NULL;
	struct ownership_result result;
	struct store *store = windows_store_operations(returning->store);
	*ret_is_done = true;
	if (!wide_make(noted->account, &wide, err))
		return false;
	/* What names no account of this host says nothing: others' files are not the user's to take. */
	if (!ConvertStringSidToSidW(wide, &account) ||
	    !EqualPrefixSid(account, (PSID)(uintptr_t)returning->sid.bytes) ||
	    !windows_sid_equals(noted->order.user, returning->user))
		return ownership_drop(store, noted->account, err);
	if (!ownership_take(store, as_bytes(account), &noted->order, &result, err))
		return false;
	*ret_is_done = result.left == 0;
	return !*ret_is_done || ownership_drop(store, noted->account, err);
}

static bool mend_all(struct returning *returning, bool is_alone, struct cordon_error *err)
{
	struct ownership_notes *notes = &returning->earlier;
	size_t kept = 0;
	if (!ownership_load(windows_store_operations(returning->store), notes, err))
		return false;
	for (size_t i = 0; i < notes->count; i++) {
		bool is_own = strcmp(notes->items[i].account, returning->account->sid) == 0, is_done = true;
		/* What belongs to a run that goes on is that run's. */
		if ((is_own || is_alone) && !mend(returning, &notes->items[i], &is_done, err))
			return false;
		if (is_own && !is_done)
			notes->items[kept++] = notes->items[i];
	}
	notes->count = kept;
	returning->is_due = kept > 0;
	return true;
}

bool returning_mend(const char *state, const struct identities *identities, struct account *account,
		    struct returning **ret_returning, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_returning) struct returning *returning = calloc(1, sizeof *returning);
	bool is_alone;
	if (!returning)
		return cordon_fail_memory(err);
	returning->state = state;
	returning->account = account;
	returning->identities = identities;
	returning->sid = as_bytes(identities->roles[SID_ACCOUNT]);
	returning->user = as_bytes(identities->roles[SID_USER]);
	if (!windows_store_open(state, &returning->store, err) ||
	    !windows_store_begin(returning->store, &is_alone, err))
		return false;
	bool is_mended = mend_all(returning, is_alone, err);
	windows_store_end(returning->store);
	if (is_mended)
		*ret_returning = cordon_take(&returning);
	return is_mended;
}

/* -- this run ------------------------------------------------------------------------------------------------------ */

static bool has_place(const struct frame_return *order, uint64_t device, uint64_t inode)
{
	for (size_t i = 0; i < order->place_count; i++)
		if (order->places[i].device == device && order->places[i].inode == inode)
			return true;
	return false;
}

static bool add_place(struct frame_return *order, const char *path, uint64_t device, uint64_t inode)
{
	if (has_place(order, device, inode))
		return true;
	struct frame_place *grown = realloc(order->places, (order->place_count + 1) * sizeof *grown);
	if (!grown)
		return false;
	grown[order->place_count++] = (struct frame_place){ path, device, inode };
	order->places = grown;
	return true;
}

bool returning_note(struct returning *returning, const struct plan_windows *windows, struct cordon_error *err)
{
	struct frame_return *order = &returning->order;
	order->user = returning->user;
	for (size_t i = 0; i < windows->roots.count; i++)
		if (!add_place(order, windows->roots.items[i].path, windows->roots.items[i].device,
			       windows->roots.items[i].inode))
			return cordon_fail_memory(err);
	returning->own_count = order->place_count;
	/* The note of this account is one: what it said is not forgotten. */
	for (size_t i = 0; i < returning->earlier.count; i++) {
		const struct frame_return *earlier = &returning->earlier.items[i].order;
		for (size_t k = 0; k < earlier->place_count && order->place_count < FRAME_SIDS_MAX; k++)
			if (!add_place(order, earlier->places[k].path, earlier->places[k].device,
				       earlier->places[k].inode))
				return cordon_fail_memory(err);
	}
	returning->is_noted = ownership_note(windows_store_operations(returning->store), returning->account->sid, order,
					     err);
	return returning->is_noted;
}

/* Of what is not left anything the end has nothing to look for. */
bool returning_ask(struct returning *returning, struct runner *runner, struct cordon_error *err)
{
	struct ownership_result result;
	size_t left = 0;
	for (size_t i = 0; i < returning->earlier.count; i++) {
		const struct frame_return *order = &returning->earlier.items[i].order;
		if (!runner_return(runner, order, err) ||
		    !ownership_take(windows_store_operations(returning->store), returning->sid, order, &result, err))
			return false;
		left += result.left;
	}
	if (left == 0)
		returning->order.place_count = returning->own_count;
	returning->is_due = false;
	return true;
}

/* -- the end ------------------------------------------------------------------------------------------------------- */

/* The run's own runner is around the command's job, and ends before. Another one, in a job that nothing of the command
 * was ever in, opens what the user has not got.
 */
static bool open_by_runner(struct returning *returning, struct runner *runner, struct cordon_error *err)
{
	runner->account = returning->account;
	runner->identities = returning->identities;
	return operation_begins("log on again", err) && logon_recall(returning->account, err) &&
	       runner_begin(runner, returning->state, returning->account, err) &&
	       operation_begins("sweep the account", err) && runner_clean(runner, err) &&
	       operation_begins("open what is closed", err) && runner_return(runner, &returning->order, err);
}

static bool open_closed(struct returning *returning, struct cordon_error *err)
{
	struct runner runner = { 0 };
	bool is_open = open_by_runner(returning, &runner, err);
	account_forget_password(returning->account);
	runner_free(&runner);
	return is_open;
}

/* The run's own directory is removed; what the user could not remove of it he may not take, either. */
static void add_temp(struct returning *returning, const char *temp)
{
	struct store *store = windows_store_operations(returning->store);
	struct cordon_error ignored = CORDON_ERROR_INIT;
	struct store_file *file = NULL;
	struct store_about about;
	if (!temp || !store->open(store, temp, &file, &ignored) || !file)
		return;
	if (store->tell(store, file, &about, &ignored))
		(void)!add_place(&returning->order, temp, about.device, about.inode);
	store->close(store, file);
}

static bool take_all(struct returning *returning, size_t *ret_left, struct cordon_error *err)
{
	struct ownership_result result;
	if (!ownership_take(windows_store_operations(returning->store), returning->sid, &returning->order, &result,
			    err))
		return false;
	*ret_left = result.left;
	return true;
}

void returning_end(struct returning *returning, bool has_run, const char *temp)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	size_t left = 0;
	if (!returning || !returning->is_noted || returning->is_due)
		return;
	add_temp(returning, temp);
	if (!take_all(returning, &left, &ignored) ||
	    (has_run && left > 0 && (!open_closed(returning, &ignored) || !take_all(returning, &left, &ignored))))
		return;
	if (left == 0)
		(void)!ownership_drop(windows_store_operations(returning->store), returning->account->sid, &ignored);
}

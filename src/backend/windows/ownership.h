/* backend/windows/ownership.h: what a run's account has made in the user's folders becomes the user's. Pure but for the
 * store.
 *
 * Files are born owned by the account. Each root grants the user all of what is made in it, so that he may take it; what
 * was made with a descriptor of its own only its owner can open to him.
 *
 *	ownership_note    before the command runs: whose, and where
 *	ownership_take    as the user, when nothing of the account runs any more: what he may take is his, and has the
 *	                  descriptor that it would have if he had made it
 *	ownership_open    as the account: what he may not take he may from now on
 *	ownership_drop    when nothing is left to take
 *
 * A cordon that is killed leaves the note, and the next start goes on from there: each of these may be done again. All is
 * done by handle and through no link; what is the account's is told by its owner, whatever its name.
 */
#pragma once

#include "backend/windows/framing.h"
#include "backend/windows/store.h"

enum { OWNERSHIP_DEPTH_MAX = 512 };

/* `account` is "S-1-5-…", which the note is named by. */
CORDON_CHECKED bool ownership_note(struct store *store, const char *account, const struct frame_return *order,
				   struct cordon_error *err);
CORDON_CHECKED bool ownership_drop(struct store *store, const char *account, struct cordon_error *err);

struct ownership_notes {
	struct arena arena; /* of all that is in it */
	struct ownership_noted {
		const char *account;
		struct frame_return order;
	} * items;
	size_t count, room;
};

/* A note that is damaged is dropped: what it says is not known, and nothing is taken on its word. */
CORDON_CHECKED bool ownership_load(struct store *store, struct ownership_notes *ret_notes, struct cordon_error *err);
void ownership_free(struct ownership_notes *notes); /* also a CORDON_ON_EXIT release */

struct ownership_result {
	size_t seen, done;
	size_t left; /* the account's, or nobody knows whose: it could not be done to them */
};

/* A place where something else stands now, or nothing, is passed over. Fails for what says nothing of the files (memory,
 * a disk that does not read).
 */
CORDON_CHECKED bool ownership_take(struct store *store, struct windows_sid account, const struct frame_return *order,
				   struct ownership_result *ret_result, struct cordon_error *err);
CORDON_CHECKED bool ownership_open(struct store *store, struct windows_sid account, const struct frame_return *order,
				   struct ownership_result *ret_result, struct cordon_error *err);

/* backend/windows/journal.h: what was done to which descriptor, before it is done. Pure but for the store.
 *
 * An entry is a number and three kinds of small files:
 *
 *	NNNNNNNN-object       the object as it was, and as it becomes; put before anything changes, dropped when nothing is left of it
 *	NNNNNNNN-below-N…     of what is below, whatever undoing the object would not bring back by itself
 *	NNNNNNNN-done         put when all of the entry is done
 *
 * An object without done is undone at the next start; what has no object is rubbish.
 *
 * What cordon makes it makes by a name of its own, and notes which file that is before the file takes its place: it
 * removes nothing for the name alone, but what has such a name.
 */
#pragma once

#include "backend/windows/store.h"

struct journal_descriptor {
	const uint8_t *bytes; /* as the store reads them; NULL: none */
	size_t length;
};

struct journal_object {
	uint32_t number;
	bool is_done;
	bool is_directory;
	bool was_made;      /* it did not exist, and was made as `beside` */
	bool reaches_below; /* what is below was changed too */
	char *path;
	const char *beside;     /* journal_name_beside, in the same directory; else "" */
	uint64_t device, inode; /* 0 and 0: was_made, and not known yet */
	struct journal_descriptor old, made;
};

struct journal_below {
	uint32_t number;  /* of its object */
	const char *path; /* from the object on: "a\b" */
	struct journal_descriptor old, made;
};

struct journal {
	struct arena arena; /* of all that is in it */
	struct journal_object_list {
		struct journal_object *items;
		size_t count, room;
	} objects; /* in the order of their numbers */
	struct journal_below_list {
		struct journal_below *items;
		size_t count, room;
	} below; /* sorted by number and path */
	uint32_t next;
};

enum { JOURNAL_BESIDE_SIZE = 24 };

/* "cordon-" and the number, in 16 hexadecimal digits. */
void journal_name_beside(uint64_t chance, char ret_name[JOURNAL_BESIDE_SIZE]);

/* Reads all of it and drops the rubbish. A file that is damaged is an error: what it says was changed and is not known.
 */
CORDON_CHECKED bool journal_load(struct store *store, struct journal *ret_journal, struct cordon_error *err);
void journal_free(struct journal *journal); /* also a CORDON_ON_EXIT release */

CORDON_CHECKED bool journal_put_object(struct store *store, const struct journal_object *object,
				       struct cordon_error *err);
CORDON_CHECKED bool journal_put_below(struct store *store, uint32_t number, uint32_t part,
				      const struct journal_below *items, size_t count, struct cordon_error *err);
CORDON_CHECKED bool journal_put_done(struct store *store, uint32_t number, struct cordon_error *err);
CORDON_CHECKED bool journal_drop_done(struct store *store, uint32_t number, struct cordon_error *err);
/* The object first: from then on the rest is rubbish. */
CORDON_CHECKED bool journal_drop(struct store *store, uint32_t number, struct cordon_error *err);

/* NULL: there is none. */
const struct journal_below *journal_find_below(const struct journal *journal, uint32_t number, const char *path);

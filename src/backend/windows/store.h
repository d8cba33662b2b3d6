/* backend/windows/store.h: files with descriptors, and a place that keeps what was done to them; so that descriptors.c
 * can be ended at every step by a test. store.c is Windows' own, the tests have one of memory.
 *
 * Every function but close may fail and says why.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

struct store_file; /* an open file or directory: the object itself, whatever becomes of its name */

struct store_about {
	uint64_t device, inode;
	bool is_directory;
	bool is_link;    /* nothing is looked for behind it */
	bool may_change; /* the user may write its descriptor */
};

struct store {
	/* What stands at the path itself, or in the directory under the name, link or not; *ret_file NULL: nothing. */
	bool (*open)(struct store *store, const char *path, struct store_file **ret_file, struct cordon_error *err);
	bool (*open_in)(struct store *store, struct store_file *directory, const char *name,
			struct store_file **ret_file, struct cordon_error *err);
	void (*close)(struct store *store, struct store_file *file);
	bool (*tell)(struct store *store, struct store_file *file, struct store_about *ret_about,
		     struct cordon_error *err);
	/* Owner, group, list and label, the arena's. */
	bool (*read)(struct store *store, struct store_file *file, struct arena *arena, const uint8_t **ret_bytes,
		     size_t *ret_length, struct cordon_error *err);
	/* The list, and where the bytes have one (be it empty) the label: of this object alone. */
	bool (*write)(struct store *store, struct store_file *file, const uint8_t *bytes, size_t length,
		      struct cordon_error *err);
	/* Makes the user its owner. Fails where he may not take it (WRITE_OWNER). */
	bool (*own)(struct store *store, struct store_file *file, struct cordon_error *err);
	bool (*list)(struct store *store, struct store_file *directory,
		     bool (*visit)(void *context, const char *name, struct cordon_error *err), void *context,
		     struct cordon_error *err);
	/* What nobody guesses. */
	bool (*draw)(struct store *store, uint64_t *ret_chance, struct cordon_error *err);
	/* Makes it, empty, and opens it; what was made takes another name in that directory. Something there under the name
	 * is an error.
	 */
	bool (*make)(struct store *store, struct store_file *directory, const char *name, bool is_directory,
		     struct store_file **ret_file, struct cordon_error *err);
	bool (*rename)(struct store *store, struct store_file *made, struct store_file *directory, const char *name,
		       struct cordon_error *err);
	/* Removes the object itself, if it is empty; it is gone when it is closed. */
	bool (*remove_empty)(struct store *store, struct store_file *file, bool *ret_removed, struct cordon_error *err);

	/* The journal: small files in a folder of its own. One that is put is there whole, and stays through a crash,
	 * or is not there at all. Names in no order. One that is gone already can be dropped.
	 */
	bool (*put)(struct store *store, const char *name, const char *bytes, size_t length, struct cordon_error *err);
	bool (*get)(struct store *store, const char *name, struct text *ret_bytes, struct cordon_error *err);
	bool (*drop)(struct store *store, const char *name, struct cordon_error *err);
	bool (*names)(struct store *store, bool (*visit)(void *context, const char *name, struct cordon_error *err),
		      void *context, struct cordon_error *err);
};

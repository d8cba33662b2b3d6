/* backend/windows/descriptors_parts.h: what the parts of descriptors.c share: one change of descriptors under way.
 *
 *	descriptors_files.c   an open file and its descriptor
 *	descriptors_undo.c    what was put on is taken back
 *	descriptors_put.c     what the plan wants is put on
 *	descriptors.c         which of it when
 */
#pragma once

#include "backend/windows/descriptors.h"
#include "backend/windows/journal.h"

enum { DEPTH_MAX = 512 };

struct changing {
	const struct descriptors *descriptors;
	struct store *store;
	struct journal *journal;
	size_t files;   /* looked at */
	unsigned depth; /* of directories in each other: nobody's but a command's are more than DEPTH_MAX */
	/* Of the object at hand */
	struct composing composing;
	uint32_t number, part;
};

/* -- descriptors_files.c ------------------------------------------------------------------------------------------- */

struct opened {
	struct store *store;
	struct store_file *file; /* NULL: there is nothing */
	struct store_about about;
	struct windows_descriptor descriptor;
};

/* What stands there and its descriptor, the arena's; where there is no file, nothing. `path` is for messages. */
CORDON_CHECKED bool opened_look(struct store *store, struct opened *opened, struct arena *arena, const char *path,
				struct cordon_error *err);
/* Where it is not so already. */
CORDON_CHECKED bool opened_write(struct store *store, struct opened *opened, const struct windows_descriptor *wanted,
				 struct arena *arena, const char *path, struct cordon_error *err);
void opened_close(struct opened *opened); /* also a CORDON_ON_EXIT release */

struct names {
	struct arena arena;
	char **items;
	size_t count, room;
};

bool names_note(void *context, const char *name, struct cordon_error *err); /* into the struct names */
void names_free(struct names *names);                                       /* also a CORDON_ON_EXIT release */

/* "above\name", the arena's; "name" where `above` is empty. NULL when memory is short. */
char *join_names(struct arena *arena, const char *above, const char *name);
/* The directory that the path is in, and a name beside it; the arena's. NULL when memory is short. */
char *path_above(struct arena *arena, const char *path);
char *join_beside(struct arena *arena, const char *path, const char *name);

/* One more file was looked at; false where whoever is told of it wants no more. */
CORDON_CHECKED bool changing_count(struct changing *changing, struct cordon_error *err);

/* -- descriptors_undo.c -------------------------------------------------------------------------------------------- */

bool is_at_or_below(const char *path, const char *above);

/* Those that are meant, and what was changed below them. */
CORDON_CHECKED bool undo_objects(struct changing *changing,
				 bool (*is_meant)(const struct journal_object *object, const void *context),
				 const void *context, size_t *ret_count, struct cordon_error *err);

/* -- descriptors_put.c --------------------------------------------------------------------------------------------- */

/* Is it the one that the survey saw? */
bool is_the_one(const struct windows_object *object, const struct opened *opened);

CORDON_CHECKED bool put_object(struct changing *changing, const struct windows_object *object,
			       struct cordon_error *err);

#include "backend/windows/descriptors_parts.h"

#include <string.h>

#include "base/list.h"

enum { PROGRESS_FILES = 256 };

void opened_close(struct opened *opened)
{
	if (opened->file)
		opened->store->close(opened->store, opened->file);
	opened->file = NULL;
}

bool opened_look(struct store *store, struct opened *opened, struct arena *arena, const char *path,
		 struct cordon_error *err)
{
	const uint8_t *bytes;
	size_t length;
	opened->store = store;
	if (!opened->file)
		return true;
	bool is_read = store->tell(store, opened->file, &opened->about, err) &&
		       store->read(store, opened->file, arena, &bytes, &length, err) &&
		       windows_descriptor_read(bytes, length, arena, &opened->descriptor, err);
	return is_read || cordon_while(err, "look at the descriptor of '%s'", path);
}

bool opened_write(struct store *store, struct opened *opened, const struct windows_descriptor *wanted,
		  struct arena *arena, const char *path, struct cordon_error *err)
{
	struct windows_descriptor written = *wanted;
	const uint8_t *bytes;
	size_t length;
	const struct windows_descriptor *now = &opened->descriptor;
	struct windows_descriptor same_label = *wanted;
	same_label.has_label = now->has_label;
	same_label.label = now->label;
	if (compose_equals(now, wanted))
		return true;
	/* A label is written only where it changes: that takes another right. */
	if (compose_equals(wanted, &same_label))
		written.has_label = false;
	else
		written.clears_label = !wanted->has_label;
	if (!windows_descriptor_write(&written, arena, &bytes, &length, err) ||
	    !store->write(store, opened->file, bytes, length, err))
		return cordon_while(err, "change the descriptor of '%s'", path);
	opened->descriptor = *wanted;
	return true;
}

void names_free(struct names *names)
{
	arena_free(&names->arena);
}

bool names_note(void *context, const char *name, struct cordon_error *err)
{
	struct names *names = context;
	char **noted = LIST_ADD_IN(&names->arena, names);
	if (noted)
		*noted = arena_copy(&names->arena, name, strlen(name));
	return (noted && *noted) || cordon_fail_memory(err);
}

bool changing_count(struct changing *changing, struct cordon_error *err)
{
	const struct descriptors *descriptors = changing->descriptors;
	if (++changing->files % PROGRESS_FILES != 0 || !descriptors->progress ||
	    descriptors->progress(descriptors->context, changing->files))
		return true;
	return cordon_fail(err, CORDON_UNSUPPORTED, "stopped after %zu files; what was changed is as it was",
			   changing->files);
}

/* A drive's own has its backslash. */
char *path_above(struct arena *arena, const char *path)
{
	const char *name = strrchr(path, '\\');
	size_t length = name ? (size_t)(name - path) : 0;
	return arena_copy(arena, path, length + (length == 2));
}

char *join_beside(struct arena *arena, const char *path, const char *name)
{
	const char *own = strrchr(path, '\\');
	size_t length = own ? (size_t)(own - path) : 0;
	char *above = arena_copy(arena, path, length);
	return above ? join_names(arena, above, name) : NULL;
}

char *join_names(struct arena *arena, const char *above, const char *name)
{
	size_t length = strlen(above);
	char *joined = arena_take(arena, length + strlen(name) + 2);
	if (joined) {
		memcpy(joined, above, length);
		strcpy(joined + length + (length > 0), name);
		if (length > 0)
			joined[length] = '\\';
	}
	return joined;
}

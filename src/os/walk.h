/* What a walk asks of the system. */
#pragma once

#include "os/os.h"

/* What a listing calls for each entry of a directory, but for itself and the one above. */
struct walk_visitor {
	bool (*visit)(void *context, const char *path, bool is_directory, struct cordon_error *err);
	void *context;
};

/* Lists the directory at the very path; no component may be a link by now: what was a directory when it was listed may
 * have been exchanged. *ret_is_gone: there is none any more, or it is nobody's business (visit was not called).
 */
CORDON_CHECKED bool walk_list(const char *path, const struct walk_visitor *visitor, bool *ret_is_gone,
			      struct cordon_error *err);

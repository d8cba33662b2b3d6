/* backend/windows/selftest_redact.h: what is told without who it is told of. Pure. */
#pragma once

#include <stddef.h>

#include "base/text.h"

struct redaction {
	const char *word; /* wherever it stands by itself, in whatever case; empty or NULL: nowhere */
	const char *by;
};

/* Adds `words` without the redactions' words, without the names of folders below `\Users\`, and without what SIDs of
 * accounts (S-1-5-21-…) say of their machine or domain; their last number stays. One line: control characters become
 * spaces.
 */
void redact(const char *words, const struct redaction *redactions, size_t count, struct text *text);

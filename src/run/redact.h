/* run/redact.h: command lines without the secrets that people type into them. Pure.
 *
 * What looks like a secret becomes "***": the value of an option, variable or header whose name says so, the password
 * in an address, a token of a service that gives its tokens a known beginning. A guess that errs to the side of hiding;
 * a secret that looks like nothing in particular stays.
 */
#pragma once

#include <stddef.h>

#include "base/text.h"

/* The whole list, each cut to a bounded length and all after the first few left out; NULL-terminated, malloc'ed in one
 * piece; NULL when memory is short.
 */
char **redact_arguments(char *const *argv);

/* Appends the argument, fit to be shown, cut to `limit` bytes. `before` is the argument in front of it, or NULL. */
void redact_add(struct text *text, const char *argument, const char *before, size_t limit);

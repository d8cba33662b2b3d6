/* policy/schema.h: the JSON Schema (draft-07) of policies, made of the table of keys. Pure. */
#pragma once

#include "base/text.h"

/* Appends it: two spaces an indent, keys in the order of the table, newline at the end. */
CORDON_CHECKED bool policy_print_schema(struct text *text, struct cordon_error *err);

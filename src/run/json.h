/* run/json.h: what the files of src/run say as JSON.
 *
 * A NULL stands for "memory was short": json_pack makes NULL of whatever a NULL goes into, so that one check at
 * the end, in json_print, is enough.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/text.h"
#include "policy/policy.h"

/* The string, fit to be shown (base/show.h) and hence valid UTF-8; null for NULL. */
json_t *json_shown(const char *string);

/* The number, or null when it is not known. */
json_t *json_known(bool is_known, uint64_t number);

/* A NULL-terminated list of strings that are fit to be shown; null for NULL. */
json_t *json_strings(char *const *list);

/* Appends the item to the list and returns the list; takes both, and NULL for either makes NULL. */
json_t *json_add(json_t *list, json_t *item);

/* {layer, file, line, column, pattern}; a pattern only where one is given */
json_t *json_origin(const struct origin *origin, const char *pattern);

/* Appends the JSON, two spaces an indent, newline at the end; releases `value`. */
CORDON_CHECKED bool json_print(json_t *value, struct text *text, struct cordon_error *err);

/* policy/jsonc.h: JSON with comments and trailing commas, every value with its place. Pure.
 *
 * jsonc_parse -> walk the nodes from jsonc_root -> jsonc_free. Nodes and their texts belong to the document.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Nothing that a person writes comes near these; they bound stack and time. */
#define JSONC_LENGTH_MAX (1024u * 1024u)
#define JSONC_DEPTH_MAX 16
#define JSONC_VALUES_MAX 20000

enum jsonc_type {
	JSONC_OBJECT,
	JSONC_LIST,
	JSONC_STRING,
	JSONC_NUMBER,
	JSONC_WORD, /* true, false, null */
};

struct jsonc_node {
	enum jsonc_type type;
	const char *text; /* a string's content; a number or word as written; NULL for an object or list */
	const char *key;  /* of a member of an object; else NULL */
	int key_line, key_column;
	int line, column;               /* from 1; a column counts bytes */
	const struct jsonc_node *child; /* an object's or list's first, or NULL */
	const struct jsonc_node *next;
};

struct jsonc;

/* `file` names the text in errors: CORDON_BAD_POLICY with line and column. The bytes are not needed afterwards. */
CORDON_CHECKED bool jsonc_parse(const char *file, const char *bytes, size_t length, struct jsonc **ret_document,
				struct cordon_error *err);
const struct jsonc_node *jsonc_root(const struct jsonc *document); /* an object */
void jsonc_free(struct jsonc *document);                           /* NULL and half-built are fine */
void jsonc_free_at(struct jsonc **document);                       /* for CORDON_ON_EXIT */

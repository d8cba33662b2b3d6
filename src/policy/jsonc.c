/* Comments and trailing commas become spaces, so that offsets stay; jansson then reads strictly and jsmn tells where
 * each value stands. The two see the same text and their results are laid side by side.
 */
#include "policy/jsonc.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Without links to their parents jsmn looks for the parent of each closed list among all earlier values. */
#define JSMN_PARENT_LINKS
#define JSMN_STRICT
#define JSMN_STATIC
#include <jsmn.h>

#include "base/scope.h"

struct jsonc {
	char *text; /* blanked; primitives are NUL-terminated in it once the nodes are built */
	size_t length;
	json_t *values; /* owns the strings of the nodes */
	struct jsonc_node *nodes;
	size_t count;
};

/* -- places ----------------------------------------------------------------------------------------------------- */

/* A cursor that only moves forward, so that placing every value costs one pass. */
struct place {
	const char *bytes;
	size_t offset;
	size_t line_start;
	int line;
};

static void move_to(struct place *place, size_t offset)
{
	for (; place->offset < offset; place->offset++) {
		if (place->bytes[place->offset] == '\n') {
			place->line++;
			place->line_start = place->offset + 1;
		}
	}
}

static int column_of(const struct place *place)
{
	return (int)(place->offset - place->line_start) + 1;
}

static bool fail_at_offset(struct cordon_error *err, const char *file, const char *bytes, size_t offset,
			   const char *message)
{
	struct place place = { .bytes = bytes, .line = 1 };
	move_to(&place, offset);
	return cordon_fail_at(err, file, place.line, column_of(&place), "%s", message);
}

/* -- encoding --------------------------------------------------------------------------------------------------- */

/* The length of the UTF-8 character at bytes, 0 when it is none: too long a form, a surrogate, above U+10FFFF, NUL. */
static size_t character_length(const unsigned char *bytes, size_t room)
{
	unsigned char first = bytes[0];
	if (first < 0x80)
		return first != 0;
	size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || length > room)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	if ((first == 0xe0 && bytes[1] < 0xa0) || (first == 0xed && bytes[1] > 0x9f) ||
	    (first == 0xf0 && bytes[1] < 0x90) || (first == 0xf4 && bytes[1] > 0x8f))
		return 0;
	return length;
}

static bool check_encoding(const char *file, const char *bytes, size_t length, struct cordon_error *err)
{
	for (size_t i = 0; i < length;) {
		size_t step = character_length((const unsigned char *)bytes + i, length - i);
		if (step == 0)
			return fail_at_offset(err, file, bytes, i, "not UTF-8 here; save the file as UTF-8");
		i += step;
	}
	return true;
}

/* -- comments and trailing commas ------------------------------------------------------------------------------- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t skip_string(const char *text, size_t length, size_t at)
{
	for (at++; at < length && text[at] != '"'; at++)
		if (text[at] == '\\')
			at++;
	return at < length ? at + 1 : length;
}

#define NEVER_CLOSED SIZE_MAX

/* The end of the comment that starts at `at`, or NEVER_CLOSED; `at` when there is no comment. */
static size_t comment_end(const char *text, size_t length, size_t at)
{
	if (at + 1 >= length || (text[at + 1] != '/' && text[at + 1] != '*'))
		return at;
	if (text[at + 1] == '/') {
		const char *end = memchr(text + at, '\n', length - at);
		return end ? (size_t)(end - text) : length;
	}
	for (size_t i = at + 2; i + 1 < length; i++)
		if (text[i] == '*' && text[i + 1] == '/')
			return i + 2;
	return NEVER_CLOSED;
}

static void blank(char *text, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (text[i] != '\n')
			text[i] = ' ';
}

static bool blank_extras(const char *file, struct jsonc *document, struct cordon_error *err)
{
	char *text = document->text;
	size_t length = document->length;
	size_t comma = 0; /* where the comma stands that a bracket may follow */
	bool has_comma = false;
	bool after_value = false; /* only a comma after a value may be a trailing one */
	int depth = 0;

	for (size_t i = 0; i < length;) {
		char c = text[i];
		size_t end = c == '/' ? comment_end(text, length, i) : i;
		if (end == NEVER_CLOSED)
			return fail_at_offset(err, file, text, i, "this comment is never closed; add */");
		if (end > i || is_space(c)) {
			blank(text, i, end);
			i = end > i ? end : i + 1;
			continue;
		}
		if ((c == '}' || c == ']') && has_comma)
			text[comma] = ' ';
		if (c == '{' || c == '[')
			depth++;
		if (c == '}' || c == ']')
			depth--;
		if (depth > JSONC_DEPTH_MAX)
			return fail_at_offset(err, file, text, i, "nested deeper than any policy is");
		has_comma = c == ',' && after_value;
		comma = i;
		after_value = !strchr("{[,:", c);
		i = c == '"' ? skip_string(text, length, i) : i + 1;
	}
	return true;
}

/* -- reading ---------------------------------------------------------------------------------------------------- */

/* jansson tells where it stopped reading: the start of the token that ends there. */
static size_t token_start(const char *text, size_t stopped)
{
	size_t start = 0;
	for (size_t i = 0; i < stopped;) {
		if (is_space(text[i])) {
			i++;
			continue;
		}
		start = i;
		if (text[i] == '"') {
			i = skip_string(text, stopped, i);
		} else if (strchr("{}[],:", text[i])) {
			i++;
		} else {
			while (i < stopped && !is_space(text[i]) && !strchr("{}[],:\"", text[i]))
				i++;
		}
	}
	return start;
}

static bool read_values(const char *file, struct jsonc *document, struct cordon_error *err)
{
	json_error_t error;
	document->values = json_loadb(document->text, document->length, JSON_REJECT_DUPLICATES, &error);
	if (document->values)
		return true;
	if (json_error_code(&error) == json_error_out_of_memory)
		return cordon_fail_memory(err);

	size_t stopped = error.position > 0 ? (size_t)error.position : 0;
	if (stopped > document->length)
		stopped = document->length;
	return fail_at_offset(err, file, document->text, token_start(document->text, stopped), error.text);
}

static bool find_tokens(const char *file, const struct jsonc *document, jsmntok_t **ret_tokens, size_t *ret_count,
			struct cordon_error *err)
{
	jsmn_parser parser;
	jsmn_init(&parser);
	int count = jsmn_parse(&parser, document->text, document->length, NULL, 0);
	if (count > JSONC_VALUES_MAX)
		return cordon_fail_at(err, file, 0, 0, "more than %d values", JSONC_VALUES_MAX);

	jsmntok_t *tokens = count > 0 ? calloc((size_t)count, sizeof *tokens) : NULL;
	if (count > 0 && !tokens)
		return cordon_fail_memory(err);
	jsmn_init(&parser);
	if (count <= 0 || jsmn_parse(&parser, document->text, document->length, tokens, (unsigned)count) != count) {
		free(tokens);
		return cordon_fail_at(err, file, 0, 0, "the places of its values cannot be told");
	}
	*ret_tokens = tokens;
	*ret_count = (size_t)count;
	return true;
}

/* -- nodes ------------------------------------------------------------------------------------------------------ */

struct build {
	struct jsonc *document;
	const jsmntok_t *tokens;
	size_t count, next;
	struct place place;
};

static const jsmntok_t *take_token(struct build *build)
{
	return build->next < build->count ? &build->tokens[build->next++] : NULL;
}

/* False when the two readers disagree. */
static bool build_node(struct build *build, const json_t *value, struct jsonc_node **ret_node);

static bool build_members(struct build *build, const json_t *object, struct jsonc_node *parent)
{
	const struct jsonc_node **link = &parent->child;
	/* jansson keeps the order in which keys were written. */
	for (void *i = json_object_iter((json_t *)object); i; i = json_object_iter_next((json_t *)object, i)) {
		const char *key = json_object_iter_key(i);
		const jsmntok_t *token = take_token(build);
		if (!token || token->type != JSMN_STRING)
			return false;
		const char *written = build->document->text + token->start;
		size_t length = (size_t)(token->end - token->start);
		if (!memchr(written, '\\', length) && (strlen(key) != length || memcmp(key, written, length) != 0))
			return false;

		move_to(&build->place, (size_t)token->start - 1);
		int line = build->place.line;
		int column = column_of(&build->place);
		struct jsonc_node *node;
		if (!build_node(build, json_object_iter_value(i), &node))
			return false;
		node->key = key;
		node->key_line = line;
		node->key_column = column;
		*link = node;
		link = &node->next;
	}
	return true;
}

static bool build_items(struct build *build, const json_t *list, struct jsonc_node *parent)
{
	const struct jsonc_node **link = &parent->child;
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct jsonc_node *node;
		if (!build_node(build, json_array_get(list, i), &node))
			return false;
		*link = node;
		link = &node->next;
	}
	return true;
}

static bool build_node(struct build *build, const json_t *value, struct jsonc_node **ret_node)
{
	const jsmntok_t *token = take_token(build);
	if (!token)
		return false;

	struct jsonc_node *node = &build->document->nodes[build->document->count++];
	bool is_string = token->type == JSMN_STRING;
	move_to(&build->place, (size_t)token->start - is_string);
	node->line = build->place.line;
	node->column = column_of(&build->place);
	*ret_node = node;

	if (json_is_object(value)) {
		node->type = JSONC_OBJECT;
		return token->type == JSMN_OBJECT && build_members(build, value, node);
	}
	if (json_is_array(value)) {
		node->type = JSONC_LIST;
		return token->type == JSMN_ARRAY && build_items(build, value, node);
	}
	if (json_is_string(value)) {
		node->type = JSONC_STRING;
		node->text = json_string_value(value);
		return is_string;
	}
	node->type = json_is_number(value) ? JSONC_NUMBER : JSONC_WORD;
	node->text = build->document->text + token->start;
	return token->type == JSMN_PRIMITIVE;
}

/* What follows a primitive is punctuation that nobody reads again. */
static void end_primitives(struct jsonc *document, const jsmntok_t *tokens, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tokens[i].type == JSMN_PRIMITIVE)
			document->text[tokens[i].end] = '\0';
}

static void free_tokens(jsmntok_t **tokens)
{
	free(*tokens);
}

static bool build_nodes(const char *file, struct jsonc *document, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_tokens) jsmntok_t *tokens = NULL;
	size_t count = 0;
	if (!find_tokens(file, document, &tokens, &count, err))
		return false;
	document->nodes = calloc(count, sizeof *document->nodes);
	if (!document->nodes)
		return cordon_fail_memory(err);

	struct build build = { document, tokens, count, 0, { .bytes = document->text, .line = 1 } };
	struct jsonc_node *root;
	if (!build_node(&build, document->values, &root) || build.next != count)
		return cordon_fail_at(err, file, 0, 0, "the places of its values cannot be told");
	end_primitives(document, tokens, count);
	if (root->type != JSONC_OBJECT)
		return cordon_fail_at(err, file, root->line, root->column, "a policy is an object: { … }");
	return true;
}

/* -- the document ----------------------------------------------------------------------------------------------- */

static bool is_blank(const struct jsonc *document)
{
	for (size_t i = 0; i < document->length; i++)
		if (!is_space(document->text[i]))
			return false;
	return true;
}

bool jsonc_parse(const char *file, const char *bytes, size_t length, struct jsonc **ret_document,
		 struct cordon_error *err)
{
	if (length > JSONC_LENGTH_MAX)
		return cordon_fail_at(err, file, 0, 0, "larger than 1 MiB");
	/* Windows editors write a byte order mark; it means UTF-8 and nothing else. */
	if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		length -= 3;
	}
	if (!check_encoding(file, bytes, length, err))
		return false;

	CORDON_ON_EXIT(jsonc_free_at) struct jsonc *document = calloc(1, sizeof *document);
	if (!document)
		return cordon_fail_memory(err);
	document->text = malloc(length + 1);
	if (!document->text)
		return cordon_fail_memory(err);
	if (length > 0)
		memcpy(document->text, bytes, length);
	document->text[length] = '\0';
	document->length = length;

	if (!blank_extras(file, document, err))
		return false;
	if (is_blank(document))
		return cordon_fail_at(err, file, 0, 0, "empty; a policy that says nothing is {}");
	if (!read_values(file, document, err) || !build_nodes(file, document, err))
		return false;
	*ret_document = cordon_take(&document);
	return true;
}

const struct jsonc_node *jsonc_root(const struct jsonc *document)
{
	return document->nodes;
}

void jsonc_free(struct jsonc *document)
{
	if (!document)
		return;
	free(document->text);
	json_decref(document->values);
	free(document->nodes);
	free(document);
}

void jsonc_free_at(struct jsonc **document)
{
	jsonc_free(*document);
}

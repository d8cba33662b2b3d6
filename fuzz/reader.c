/* The reader of policies against jansson alone: a second pass, written another way, takes comments and trailing commas
 * out, and what jansson reads of the rest is what cordon must have read, value for value, each where the text has it.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "fuzz.h"
#include "policy/jsonc.h"
#include "policy/policy.h"

/* -- the second pass ---------------------------------------------------------------------------------------------- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_mark(char c)
{
	return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':';
}

static bool starts_comment(const char *at, const char *end)
{
	return end - at >= 2 && at[0] == '/' && (at[1] == '/' || at[1] == '*');
}

/* The next token from *at on, and its length; 0 at the end of the text, SIZE_MAX where there can be none. */
static size_t next_token(const char **at, const char *end)
{
	while (*at < end && (is_space(**at) || starts_comment(*at, end))) {
		if (is_space(**at)) {
			++*at;
			continue;
		}
		bool is_line = (*at)[1] == '/';
		for (*at += 2; is_line ? *at < end && **at != '\n' : end - *at < 2 || memcmp(*at, "*/", 2) != 0; ++*at)
			if (!is_line && end - *at < 2)
				return SIZE_MAX;
		*at += is_line ? 0 : 2;
	}
	if (*at == end)
		return 0;
	const char *next = *at;
	if (*next == '"') {
		do {
			next += *next == '\\' ? 2 : 1;
			if (next >= end)
				return SIZE_MAX;
		} while (*next != '"');
		return (size_t)(next + 1 - *at);
	}
	if (is_mark(*next))
		return 1;
	while (next < end && !is_space(*next) && !is_mark(*next) && *next != '"' && !starts_comment(next, end))
		next++;
	return (size_t)(next - *at);
}

/* The tokens with a space behind each, all on one line; a comma between a value and a closing bracket left out. NULL
 * when there can be no JSON here. The caller frees.
 */
static char *make_plain(const char *bytes, size_t length)
{
	const char *end = bytes + length;
	char *plain = malloc(length * 2 + 1);
	FUZZ_CHECK(plain);
	size_t kept = 0;
	char last = '{', before_last = '{'; /* first characters of the tokens kept */
	for (const char *at = bytes;;) {
		size_t token = next_token(&at, end);
		if (token == SIZE_MAX) {
			free(plain);
			return NULL;
		}
		if (token == 0)
			break;
		bool is_value = !is_mark(before_last) || before_last == '}' || before_last == ']';
		if ((*at == '}' || *at == ']') && last == ',' && is_value)
			kept -= 2;
		memcpy(plain + kept, at, token);
		kept += token;
		plain[kept++] = ' ';
		before_last = last;
		last = *at;
		at += token;
	}
	plain[kept] = '\0';
	return plain;
}

static void free_plain(char **plain)
{
	free(*plain);
}

static void free_value(json_t **value)
{
	json_decref(*value);
}

/* -- laid side by side --------------------------------------------------------------------------------------------- */

static size_t depth_of(const json_t *value)
{
	size_t deepest = 0;
	const char *key;
	json_t *member;
	size_t i;
	json_object_foreach ((json_t *)value, key, member) {
		size_t depth = depth_of(member);
		deepest = depth > deepest ? depth : deepest;
	}
	json_array_foreach (value, i, member) {
		size_t depth = depth_of(member);
		deepest = depth > deepest ? depth : deepest;
	}
	return json_is_object(value) || json_is_array(value) ? deepest + 1 : 0;
}

static size_t count_of(const json_t *value)
{
	size_t count = 1, i;
	const char *key;
	json_t *member;
	json_object_foreach ((json_t *)value, key, member)
		count += 1 + count_of(member);
	json_array_foreach (value, i, member)
		count += count_of(member);
	return count;
}

struct text_place {
	const char *bytes, *end;
	const char *last; /* the place checked last: they only move on */
};

static char byte_at(struct text_place *text, int line, int column)
{
	const char *at = text->bytes;
	for (; line > 1; line--) {
		at = memchr(at, '\n', (size_t)(text->end - at));
		FUZZ_CHECK(at);
		at++;
	}
	FUZZ_CHECK(line == 1 && column >= 1 && column <= text->end - at);
	at += column - 1;
	FUZZ_CHECK(at > text->last);
	text->last = at;
	return *at;
}

static const char *word_of(const json_t *value)
{
	return json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null";
}

static void compare(struct text_place *text, const struct jsonc_node *node, const json_t *value);

static void compare_children(struct text_place *text, const struct jsonc_node *node, const json_t *value)
{
	const struct jsonc_node *child = node->child;
	const char *key;
	json_t *member;
	size_t i;
	json_object_foreach ((json_t *)value, key, member) {
		FUZZ_CHECK(child && child->key && strcmp(child->key, key) == 0);
		FUZZ_CHECK(byte_at(text, child->key_line, child->key_column) == '"');
		compare(text, child, member);
		child = child->next;
	}
	json_array_foreach (value, i, member) {
		FUZZ_CHECK(child && !child->key);
		compare(text, child, member);
		child = child->next;
	}
	FUZZ_CHECK(!child);
}

static void compare(struct text_place *text, const struct jsonc_node *node, const json_t *value)
{
	char first = byte_at(text, node->line, node->column);
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		FUZZ_CHECK(node->type == JSONC_OBJECT && first == '{' && !node->text);
		compare_children(text, node, value);
		break;
	case JSON_ARRAY:
		FUZZ_CHECK(node->type == JSONC_LIST && first == '[' && !node->text);
		compare_children(text, node, value);
		break;
	case JSON_STRING:
		FUZZ_CHECK(node->type == JSONC_STRING && first == '"');
		FUZZ_CHECK(strcmp(node->text, json_string_value(value)) == 0);
		break;
	case JSON_INTEGER:
		FUZZ_CHECK(node->type == JSONC_NUMBER && first == node->text[0]);
		FUZZ_CHECK(strtoll(node->text, NULL, 10) == json_integer_value(value));
		break;
	case JSON_REAL:
		FUZZ_CHECK(node->type == JSONC_NUMBER && first == node->text[0]);
		FUZZ_CHECK(!(strtod(node->text, NULL) < json_real_value(value)) &&
			   !(strtod(node->text, NULL) > json_real_value(value)));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
		FUZZ_CHECK(node->type == JSONC_WORD && strcmp(node->text, word_of(value)) == 0);
		FUZZ_CHECK(first == node->text[0]);
		break;
	}
}

static void check_document(const char *bytes, size_t length, const char *plain)
{
	CORDON_ON_EXIT(jsonc_free_at) struct jsonc *document = NULL;
	CORDON_ON_EXIT(free_value) json_t *value = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	bool is_read = jsonc_parse("file", bytes, length, &document, &err);
	if (plain)
		value = json_loads(plain, JSON_REJECT_DUPLICATES, NULL);
	bool is_right = json_is_object(value) && depth_of(value) <= JSONC_DEPTH_MAX &&
			count_of(value) <= JSONC_VALUES_MAX && fuzz_is_utf8(bytes, length);
	if (is_read != is_right)
		fuzz_fail("cordon %s it, jansson does not agree: %s", is_read ? "reads" : "refuses", err.text);
	if (is_read) {
		struct text_place text = { bytes, bytes + length, bytes - 1 };
		compare(&text, jsonc_root(document), value);
	} else {
		fuzz_check_error(&err, bytes, length);
		FUZZ_CHECK(err.status == CORDON_BAD_POLICY && strcmp(err.file, "file") == 0);
	}
}

/* -- the policy ---------------------------------------------------------------------------------------------------- */

static bool read_policy(enum layer layer, const char *bytes, size_t length, struct cordon_error *err)
{
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	FUZZ_CHECK(policy);
	if (policy_add_text(policy, layer, "file", "/folder", bytes, length, err))
		return true;
	fuzz_check_error(err, bytes, length);
	FUZZ_CHECK(err->status == CORDON_BAD_POLICY);
	return false;
}

/* How a text is laid out changes nothing of what it says; what a project may say anybody may. */
static void check_policy(const char *bytes, size_t length, const char *plain)
{
	static const enum layer layers[] = { LAYER_USER, LAYER_MANAGED, LAYER_PROJECT };
	bool is_read[3];
	for (size_t i = 0; i < 3; i++) {
		struct cordon_error err = CORDON_ERROR_INIT, plain_err = CORDON_ERROR_INIT;
		is_read[i] = read_policy(layers[i], bytes, length, &err);
		if (!plain || !fuzz_is_utf8(bytes, length) || strlen(plain) > JSONC_LENGTH_MAX)
			continue;
		bool is_plain_read = read_policy(layers[i], plain, strlen(plain), &plain_err);
		FUZZ_CHECK(is_read[i] == is_plain_read);
		FUZZ_CHECK(strcmp(err.text, plain_err.text) == 0);
	}
	FUZZ_CHECK(is_read[0] || !is_read[2]);
}

static bool starts_with_mark(const char *text, size_t length)
{
	return length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const char *text = (const char *)bytes;
	if (length > JSONC_LENGTH_MAX)
		return 0;
	bool has_mark = starts_with_mark(text, length);
	text += has_mark ? 3 : 0;
	length -= has_mark ? 3 : 0;
	if (starts_with_mark(text, length))
		return 0; /* a second mark */
	CORDON_ON_EXIT(free_plain) char *plain = make_plain(text, length);
	/* A byte order mark behind a space is no JSON; without the space it would be a mark. */
	if (plain && (memchr(text, '\0', length) || starts_with_mark(plain, strlen(plain)))) {
		free(plain);
		plain = NULL;
	}
	check_document(text, length, plain);
	check_policy(text, length, plain);
	return 0;
}

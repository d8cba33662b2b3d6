/* The schema as text, and the table that it is made of; what it means is check_corpus.py's. */
#include <jansson.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "check.h"
#include "policy/keys.h"
#include "policy/schema.h"

static void decref(json_t **value)
{
	json_decref(*value);
}

static void print(struct text *text)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!policy_print_schema(text, &err))
		fail_msg("%s", err.text);
}

/* What is shipped beside an editor must not differ from one call to the next. */
static void schema__is_the_same_each_time(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text once = { 0 };
	CORDON_ON_EXIT(text_free) struct text again = { 0 };
	print(&once);
	print(&again);
	assert_string_equal(text_str(&once), text_str(&again));
	assert_int_equal(text_str(&once)[once.length - 1], '\n');
}

/* The object that describes the key, along its path. */
static const json_t *find_property(const json_t *schema, const char *path)
{
	while (*path) {
		char name[32];
		size_t length = strcspn(path, ".");
		assert_true(length < sizeof name);
		memcpy(name, path, length);
		name[length] = '\0';
		schema = json_object_get(json_object_get(schema, "properties"), name);
		path += length + (path[length] == '.');
	}
	return schema;
}

/* A key that the reader takes and the schema lacks would be marked as wrong in every editor. */
static void schema__has_every_key_with_its_description(void **state)
{
	(void)state;
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	print(&text);
	CORDON_ON_EXIT(decref) json_t *schema = json_loads(text_str(&text), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(schema);
	for (const struct key *key = policy_keys; key->path; key++) {
		const json_t *property = find_property(schema, key->path);
		if (!property)
			fail_msg("no '%s'", key->path);
		const char *description = json_string_value(json_object_get(property, "description"));
		assert_non_null(description);
		assert_string_equal(description, key->help);
	}
}

/* A value without a form would be described as anything at all. */
static void table__says_how_each_value_is_written(void **state)
{
	(void)state;
	for (const struct key *key = policy_keys; key->path; key++) {
		bool has_none = key->shape == SHAPE_GROUP || strcmp(key->path, "sockets.allow") == 0;
		if ((key->form == NULL) != has_none)
			fail_msg("%s", key->path);
		if (key->form && key->shape == SHAPE_MAP)
			assert_non_null(key->form->name_pattern);
	}
}

static void table__names_the_presets_that_there_are(void **state)
{
	(void)state;
	size_t count = 0, ignored;
	for (const char *const *name = key_find("extends")->form->words; *name; name++, count++)
		if (!preset_find(*name, &ignored) || !strstr(preset_names(), *name))
			fail_msg("no preset '%s'", *name);
	for (const char *c = preset_names(); *c; c++)
		count -= *c == ',';
	assert_int_equal(count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schema__is_the_same_each_time),
		cmocka_unit_test(schema__has_every_key_with_its_description),
		cmocka_unit_test(table__says_how_each_value_is_written),
		cmocka_unit_test(table__names_the_presets_that_there_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "policy/schema.h"

#include <jansson.h>

#include "base/scope.h"
#include "policy/keys.h"

/* A NULL stands for "memory was short": whatever it goes into becomes NULL, and the end looks once. */

static json_t *add_item(json_t *list, json_t *item)
{
	if (list && item && json_array_append_new(list, item) == 0)
		return list;
	if (!list)
		json_decref(item);
	json_decref(list);
	return NULL;
}

static json_t *add_member(json_t *object, const char *name, json_t *value)
{
	if (object && value && json_object_set_new(object, name, value) == 0)
		return object;
	if (!object)
		json_decref(value);
	json_decref(object);
	return NULL;
}

/* -- one value -------------------------------------------------------------------------------------------------- */

static json_t *one_of_words(const char *const *words)
{
	json_t *list = json_array();
	for (; *words; words++)
		list = add_item(list, json_string(*words));
	return json_pack("{s:o}", "enum", list);
}

static json_t *string_like(const char *pattern)
{
	if (!pattern[0])
		return json_pack("{s:s}", "type", "string");
	return json_pack("{s:s s:s}", "type", "string", "pattern", pattern);
}

static json_t *number_between(const struct form *form)
{
	json_t *least = json_loads(form->least, JSON_DECODE_ANY, NULL);
	json_t *most = json_loads(form->most, JSON_DECODE_ANY, NULL);
	return json_pack("{s:s s:o s:o}", "type", form->is_whole ? "integer" : "number", "minimum", least, "maximum",
			 most);
}

/* The names apart, so that an editor can offer them; a level may follow. */
static json_t *add_guarantees(json_t *alternatives)
{
	CORDON_ON_EXIT(text_free) struct text pattern = { 0 };
	const char *names[GUARANTEE_COUNT + 1] = { NULL };
	for (int i = 0; i < GUARANTEE_COUNT; i++) {
		names[i] = guarantee_name((enum guarantee)i);
		text_add(&pattern, i == 0 ? "^(" : "|");
		for (const char *c = names[i]; *c; c++) {
			if (*c == '.')
				text_add_char(&pattern, '\\');
			text_add_char(&pattern, *c);
		}
	}
	text_add(&pattern, ")=(absent|partial)$");
	alternatives = add_item(alternatives, one_of_words(names));
	return add_item(alternatives, text_ok(&pattern) ? string_like(text_str(&pattern)) : NULL);
}

/* The one alternative itself, where there is no choice. */
static json_t *any_of(json_t *alternatives)
{
	if (json_array_size(alternatives) != 1)
		return json_pack("{s:o}", "anyOf", alternatives);
	json_t *only = json_incref(json_array_get(alternatives, 0));
	json_decref(alternatives);
	return only;
}

static json_t *describe_value(const struct form *form)
{
	json_t *alternatives = json_array();
	if (form->words)
		alternatives = add_item(alternatives, one_of_words(form->words));
	if (form->least)
		alternatives = add_item(alternatives, number_between(form));
	if (form->pattern)
		alternatives = add_item(alternatives, string_like(form->pattern));
	if (form->is_guarantee)
		alternatives = add_guarantees(alternatives);
	return any_of(alternatives);
}

/* -- keys ------------------------------------------------------------------------------------------------------- */

static json_t *describe_list(const struct form *form)
{
	if (!form)
		return json_pack("{s:s s:i}", "type", "array", "maxItems", 0);
	return json_pack("{s:s s:o}", "type", "array", "items", describe_value(form));
}

static json_t *describe_either(const struct form *form)
{
	const struct form item = { .pattern = form->pattern };
	json_t *alternatives = add_item(json_array(), one_of_words(form->words));
	return any_of(add_item(alternatives, describe_list(&item)));
}

/* Names are free here, and so each stands for a property of its own. */
static json_t *describe_map(const struct form *form)
{
	json_t *properties = add_member(json_object(), form->name_pattern, describe_value(form));
	return json_pack("{s:s s:o s:b}", "type", "object", "patternProperties", properties, "additionalProperties",
			 false);
}

static json_t *describe_group(const struct key *group);

static json_t *describe_key(const struct key *key)
{
	json_t *schema = NULL;
	switch (key->shape) {
	case SHAPE_GROUP:
		schema = describe_group(key);
		break;
	case SHAPE_VALUE:
		schema = describe_value(key->form);
		break;
	case SHAPE_LIST:
		schema = describe_list(key->form);
		break;
	case SHAPE_EITHER:
		schema = describe_either(key->form);
		break;
	case SHAPE_MAP:
		schema = describe_map(key->form);
		break;
	}
	json_t *described = json_pack("{s:s}", "description", key->help);
	if (!schema || !described || json_object_update(described, schema) != 0) {
		json_decref(described);
		described = NULL;
	}
	json_decref(schema);
	return described;
}

/* No deeper than the table: a group's members are below it. */
static json_t *describe_group(const struct key *group)
{
	json_t *properties = json_object();
	for (const struct key *key = policy_keys; key->path; key++)
		if (key_is_in(key, group))
			properties = add_member(properties, key_name(key), describe_key(key));
	return json_pack("{s:s s:o s:b}", "type", "object", "properties", properties, "additionalProperties", false);
}

bool policy_print_schema(struct text *text, struct cordon_error *err)
{
	json_t *schema = json_pack("{s:s s:s}", "$schema", "http://json-schema.org/draft-07/schema#", "title",
				   "policy of cordon");
	json_t *root = describe_key(key_find(""));
	bool is_whole = schema && root && json_object_update(schema, root) == 0;
	/* 15 digits are what a double holds of any decimal: 0.001 stays 0.001. */
	CORDON_ON_EXIT(free_text)
	char *printed = is_whole ? json_dumps(schema, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) : NULL;
	json_decref(schema);
	json_decref(root);
	if (!printed)
		return cordon_fail_memory(err);
	text_addf(text, "%s\n", printed);
	return text_ok(text) || cordon_fail_memory(err);
}

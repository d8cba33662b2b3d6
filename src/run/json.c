#include "run/json.h"

#include <stdlib.h>

#include "base/show.h"

json_t *json_shown(const char *string)
{
	struct text text = { 0 };
	if (!string)
		return json_null();
	show_add(&text, string);
	json_t *value = text_ok(&text) ? json_stringn(text_str(&text), text.length) : NULL;
	text_free(&text);
	return value;
}

json_t *json_known(bool is_known, uint64_t number)
{
	return is_known ? json_integer((json_int_t)number) : json_null();
}

json_t *json_strings(char *const *list)
{
	if (!list)
		return json_null();
	json_t *strings = json_array();
	for (; *list; list++)
		strings = json_add(strings, json_string(*list));
	return strings;
}

json_t *json_add(json_t *list, json_t *item)
{
	if (list && item && json_array_append(list, item) == 0) {
		json_decref(item);
		return list;
	}
	json_decref(list);
	json_decref(item);
	return NULL;
}

json_t *json_origin(const struct origin *origin, const char *pattern)
{
	return json_pack("{s:s s:o s:o s:o s:o*}", "layer", layer_name(origin->layer), "file", json_shown(origin->file),
			 "line", json_known(origin->line > 0, (uint64_t)origin->line), "column",
			 json_known(origin->column > 0, (uint64_t)origin->column), "pattern",
			 pattern ? json_shown(pattern) : NULL);
}

bool json_print(json_t *value, struct text *text, struct cordon_error *err)
{
	char *bytes = value ? json_dumps(value, JSON_INDENT(2)) : NULL;
	json_decref(value);
	if (!bytes)
		return cordon_fail_memory(err);
	text_add(text, bytes);
	text_add_char(text, '\n');
	free(bytes);
	return text_ok(text) || cordon_fail_memory(err);
}

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "policy/plan.h"
#include "policy/plan_print.h"
#include "policy/plan_windows.h"

/* Linux paths are bytes, JSON is UTF-8: what is not becomes U+FFFD. */
json_t *plan_print_text(const char *bytes)
{
	json_t *string = json_string(bytes);
	if (string)
		return string;

	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	for (const char *at = bytes; *at;) {
		size_t length = 1;
		json_t *character = NULL;
		for (; length <= 4 && at[length - 1] && !character; length++)
			character = json_stringn(at, length);
		length--;
		text_add(&text, character ? json_string_value(character) : "\xef\xbf\xbd");
		at += character ? length : 1;
		json_decref(character);
	}
	return text_ok(&text) ? json_string(text_str(&text)) : NULL;
}

bool plan_print_rule(json_t *object, const struct rule *rule)
{
	if (!rule)
		return true;
	json_t *entry = json_object();
	bool is_fine = entry && json_object_set_new(entry, "pattern", plan_print_text(rule->pattern)) == 0 &&
		       json_object_set_new(entry, "layer", json_string(layer_name(rule->origin.layer))) == 0 &&
		       json_object_set_new(entry, "file", plan_print_text(rule->origin.file)) == 0;
	if (is_fine && rule->origin.line > 0)
		is_fine = json_object_set_new(entry, "line", json_integer(rule->origin.line)) == 0 &&
			  json_object_set_new(entry, "column", json_integer(rule->origin.column)) == 0;
	if (!is_fine) {
		json_decref(entry);
		return false;
	}
	return json_object_set_new(object, "rule", entry) == 0;
}

/* The values may be secrets; the plan is something that people paste. */
static json_t *print_environment(char *const *environment)
{
	json_t *names = json_array();
	for (char *const *entry = environment; names && *entry; entry++) {
		char *name = text_format("%.*s", (int)strcspn(*entry, "="), *entry);
		if (!name || json_array_append_new(names, plan_print_text(name)) != 0) {
			free(name);
			json_decref(names);
			return NULL;
		}
		free(name);
	}
	return names;
}

static json_t *print_guarantees(const struct plan *plan)
{
	json_t *guarantees = json_object();
	for (int i = 0; guarantees && i < GUARANTEE_COUNT; i++) {
		const struct plan_guarantee *asked = &plan->guarantees[i];
		json_t *row = asked->is_asked ? json_object() : NULL;
		if (!asked->is_asked)
			continue;
		bool is_fine = json_object_set_new(row, "accepted", json_string(level_name(asked->accepted))) == 0;
		if (is_fine && asked->is_best_effort)
			is_fine = json_object_set_new(row, "best_effort", json_true()) == 0;
		if (!is_fine)
			json_decref(row);
		if (!is_fine || json_object_set_new(guarantees, guarantee_name((enum guarantee)i), row) != 0) {
			json_decref(guarantees);
			return NULL;
		}
	}
	return guarantees;
}

/* In the units of policy.h, which the keys name. */
static json_t *print_limits(const struct plan *plan)
{
	static const char *const keys[LIMIT_COUNT] = {
		[LIMIT_MEMORY] = "memory_bytes",       [LIMIT_CPUS] = "cpus_thousandths",
		[LIMIT_CPU_TIME] = "cpu_time_ms",      [LIMIT_WALL_TIME] = "wall_time_ms",
		[LIMIT_PROCESSES] = "processes",       [LIMIT_OPEN_FILES] = "open_files",
		[LIMIT_FILE_SIZE] = "file_size_bytes", [LIMIT_DISK] = "disk_bytes",
		[LIMIT_OUTPUT] = "output_bytes",
	};
	json_t *limits = json_object();
	for (int i = 0; limits && i < LIMIT_COUNT; i++) {
		const struct limit_setting *limit = &plan->limits[i];
		if (limit->is_set &&
		    json_object_set_new(limits, keys[i], json_integer((json_int_t)limit->value)) != 0) {
			json_decref(limits);
			return NULL;
		}
	}
	return limits;
}

static bool print_names(json_t *object, const char *key, char *const *names)
{
	if (!names)
		return true;
	json_t *array = json_array();
	for (char *const *name = names; array && *name; name++)
		if (json_array_append_new(array, plan_print_text(*name)) != 0) {
			json_decref(array);
			return false;
		}
	return json_object_set_new(object, key, array) == 0;
}

static const char *const kind_names[] = {
	[MOUNT_BIND] = "bind", [MOUNT_FACADE] = "facade",   [MOUNT_COVER] = "cover", [MOUNT_PRIVATE] = "private",
	[MOUNT_PROC] = "proc", [MOUNT_DEVICES] = "devices", [MOUNT_LAYER] = "layer",
};

static bool print_mount(json_t *object, const struct plan_mount *mount)
{
	bool is_fine = json_object_set_new(object, "kind", json_string(kind_names[mount->kind])) == 0 &&
		       json_object_set_new(object, "path", plan_print_text(mount->path)) == 0 &&
		       json_object_set_new(object, "type",
					   json_string(mount->is_link        ? "link"
						       : mount->is_directory ? "directory"
									     : "file")) == 0;
	if (is_fine && mount->kind == MOUNT_BIND)
		is_fine = json_object_set_new(object, "access", json_string(mount->is_writable ? "write" : "read")) ==
			  0;
	if (is_fine && mount->kind == MOUNT_LAYER)
		is_fine = json_object_set_new(object, "cache", json_string(mount->cache)) == 0 &&
			  json_object_set_new(object, "shows_own", json_boolean(!mount->is_missing)) == 0;
	else if (is_fine && mount->is_missing)
		is_fine = json_object_set_new(
				  object, mount->is_writable || mount->kind == MOUNT_FACADE ? "made" : "placeholder",
				  json_true()) == 0;
	if (is_fine && mount->size > 0)
		is_fine = json_object_set_new(object, "size_bytes", json_integer((json_int_t)mount->size)) == 0;
	return is_fine && print_names(object, "hide", mount->hide) && print_names(object, "show", mount->show) &&
	       print_names(object, "make", mount->make) && print_names(object, "decoys", mount->decoys) &&
	       plan_print_rule(object, mount->rule);
}

static bool print_unheld(const struct plan *plan, json_t *object, const char *key, bool is_hidden)
{
	json_t *list = json_array();
	for (size_t i = 0; list && i < plan->unheld.count; i++) {
		if (plan->unheld.items[i].is_hidden != is_hidden)
			continue;
		json_t *name = json_object();
		if (!name || json_object_set_new(name, "path", plan_print_text(plan->unheld.items[i].path)) != 0 ||
		    !plan_print_rule(name, plan->unheld.items[i].rule) || json_array_append(list, name) != 0) {
			json_decref(name);
			json_decref(list);
			return false;
		}
		json_decref(name);
	}
	return json_object_set_new(object, key, list) == 0;
}

static bool print_linux(const struct plan *plan, json_t *object)
{
	json_t *mounts = json_array();
	for (size_t i = 0; mounts && i < plan->mounts.count; i++) {
		json_t *mount = json_object();
		if (!mount || !print_mount(mount, &plan->mounts.items[i]) || json_array_append(mounts, mount) != 0) {
			json_decref(mount);
			json_decref(mounts);
			return false;
		}
		json_decref(mount);
	}
	if (plan->caches && json_object_set_new(object, "caches", plan_print_text(plan->caches)) != 0) {
		json_decref(mounts);
		return false;
	}
	return json_object_set_new(object, "root_is_writable", json_boolean(plan->root_is_writable)) == 0 &&
	       json_object_set_new(object, "mounts", mounts) == 0;
}

static bool print_common(const struct plan *plan, json_t *object)
{
	static const char *const network_names[] = { "off", "filtered", "open" };
	const char *target = plan->target == TARGET_LINUX ? "linux" : "windows";
	return json_object_set_new(object, "schema", json_integer(1)) == 0 &&
	       json_object_set_new(object, "target", json_string(target)) == 0 &&
	       json_object_set_new(object, "assumed", json_boolean(plan->facts->assumed)) == 0 &&
	       json_object_set_new(object, "workspace", plan_print_text(plan->facts->workspace)) == 0 &&
	       json_object_set_new(object, "directory", plan_print_text(plan->directory)) == 0 &&
	       json_object_set_new(object, "network", json_string(network_names[plan->network])) == 0 &&
	       json_object_set_new(object, "guarantees", print_guarantees(plan)) == 0 &&
	       json_object_set_new(object, "limits", print_limits(plan)) == 0 &&
	       json_object_set_new(object, "environment", print_environment(plan->environment)) == 0;
}

bool plan_print(const struct plan *plan, struct text *text, struct cordon_error *err)
{
	json_t *object = json_object();
	bool is_fine = object && print_common(plan, object) &&
		       (plan->target == TARGET_LINUX ? print_linux(plan, object)
						     : plan_windows_print(plan->windows, object)) &&
		       print_unheld(plan, object, "set_aside", false) &&
		       print_unheld(plan, object, "covered_when_it_appears", true);
	char *printed = is_fine ? json_dumps(object, JSON_INDENT(2)) : NULL;
	json_decref(object);
	if (!printed)
		return cordon_fail_memory(err);
	text_add(text, printed);
	text_add_char(text, '\n');
	free(printed);
	return text_ok(text) || cordon_fail_memory(err);
}

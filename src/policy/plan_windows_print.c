#include "policy/plan_windows.h"

#include "base/gate.h"
#include "base/list.h"
#include "policy/plan_print.h"

/* Every helper takes over what it is given and says false when memory is short, so that a chain of && leaks nothing but
 * what the object itself releases.
 */
static bool set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

static bool set_text(json_t *object, const char *key, const char *text)
{
	return set(object, key, plan_print_text(text));
}

/* Only what is true is worth a line. */
static bool set_flag(json_t *object, const char *key, bool is_true)
{
	return !is_true || set(object, key, json_true());
}

/* A new object at the end of the array, borrowed; NULL when memory is short. */
static json_t *append_object(json_t *array)
{
	json_t *object = json_object();
	return json_array_append_new(array, object) == 0 ? object : NULL;
}

/* A new array or object under the key, borrowed. */
static json_t *set_array(json_t *object, const char *key)
{
	json_t *array = json_array();
	return set(object, key, array) ? array : NULL;
}

static json_t *set_object(json_t *object, const char *key)
{
	json_t *value = json_object();
	return set(object, key, value) ? value : NULL;
}

static bool set_names(json_t *object, const char *key, const char *const *names)
{
	json_t *array = set_array(object, key);
	for (; array && *names; names++)
		if (json_array_append_new(array, json_string(*names)) != 0)
			return false;
	return array != NULL;
}

/* -- identities -------------------------------------------------------------------------------------------------- */

static json_t *print_sid(struct sid sid)
{
	return sid.role == SID_CAPABILITY ? json_sprintf("capability:%d", (int)sid.root)
					  : json_string(sid_role_name(sid.role));
}

static bool set_sids(json_t *object, const char *key, const struct sid_list *list)
{
	json_t *array = set_array(object, key);
	for (size_t i = 0; array && i < list->count; i++)
		if (json_array_append_new(array, print_sid(list->items[i])) != 0)
			return false;
	return array != NULL;
}

static const char *integrity_name(uint32_t level)
{
	return level < INTEGRITY_BELOW_MEDIUM ? "low" : level < INTEGRITY_MEDIUM ? "below-medium" : "medium";
}

static bool print_token(const struct plan_windows *windows, json_t *object)
{
	const struct windows_token *token = &windows->token;
	json_t *entry = set_object(object, "token");
	return entry && set_flag(entry, "drops_privileges", token->drops_privileges) &&
	       set_flag(entry, "drops_administrators", token->drops_administrators) &&
	       set_flag(entry, "write_restricted", token->is_write_restricted) &&
	       set_flag(entry, "app_container", token->is_container) &&
	       set_text(entry, "integrity", integrity_name(token->integrity)) &&
	       set_sids(entry, "restricting", &token->restricting) &&
	       set_sids(entry, "denying_only", &token->denying_only) &&
	       set_sids(entry, "default_grants", &token->default_grants);
}

/* -- files ------------------------------------------------------------------------------------------------------- */

static const struct {
	uint32_t right;
	const char *name;
} right_names[] = {
	{ RIGHT_READ_DATA, "read-data" },
	{ RIGHT_WRITE_DATA, "write-data" },
	{ RIGHT_APPEND_DATA, "append-data" },
	{ RIGHT_READ_NAMED, "read-ea" },
	{ RIGHT_WRITE_NAMED, "write-ea" },
	{ RIGHT_EXECUTE, "execute" },
	{ RIGHT_DELETE_CHILD, "delete-child" },
	{ RIGHT_READ_ATTRIBUTES, "read-attributes" },
	{ RIGHT_WRITE_ATTRIBUTES, "write-attributes" },
	{ RIGHT_DELETE, "delete" },
	{ RIGHT_READ_CONTROL, "read-control" },
	{ RIGHT_WRITE_DAC, "write-dac" },
	{ RIGHT_WRITE_OWNER, "write-owner" },
	{ RIGHT_SYNCHRONIZE, "synchronize" },
};

static const struct {
	uint32_t rights;
	const char *name;
} rights_names[] = {
	{ RIGHTS_ALL, "all" },       { RIGHTS_OWN, "own" },
	{ RIGHTS_MODIFY, "modify" }, { RIGHTS_MODIFY_IN_PLACE, "modify-in-place" },
	{ RIGHTS_READ, "read" },     { RIGHTS_CHANGE, "change" },
	{ RIGHTS_REMOVE, "remove" }, { RIGHTS_METADATA, "metadata" },
	{ RIGHTS_UNDO, "undo" },     { RIGHTS_UNDO | RIGHT_DELETE, "undo-and-delete" },
};

static json_t *print_rights(uint32_t rights)
{
	for (size_t i = 0; i < COUNT_OF(rights_names); i++)
		if (rights_names[i].rights == rights)
			return json_string(rights_names[i].name);

	struct text text = { 0 };
	for (size_t i = 0; i < COUNT_OF(right_names); i++)
		if (rights & right_names[i].right)
			text_addf(&text, "%s%s", text.length ? " " : "", right_names[i].name);
	json_t *string = text_ok(&text) ? json_string(text_str(&text)) : NULL;
	text_free(&text);
	return string;
}

static bool print_entry(const struct windows_entry *entry, json_t *entries)
{
	static const char *const reach_names[] = {
		[REACH_OBJECT] = "object",
		[REACH_TREE] = "tree",
		[REACH_CHILDREN] = "children",
	};
	json_t *object = append_object(entries);
	return object && set(object, entry->denies ? "deny" : "allow", print_sid(entry->sid)) &&
	       set(object, "rights", print_rights(entry->rights)) &&
	       set(object, "mask", json_sprintf("0x%06x", (unsigned)entry->rights)) &&
	       set_text(object, "reach", reach_names[entry->reach]) && set_text(object, "why", entry->why);
}

static bool print_object(const struct windows_object *object, json_t *objects)
{
	static const char *const type_names[] = {
		[PATH_MISSING] = "missing",
		[PATH_FILE] = "file",
		[PATH_DIRECTORY] = "directory",
		[PATH_OTHER] = "other",
	};
	json_t *row = append_object(objects);
	if (!row || !set_text(row, "path", object->path) || !set_text(row, "type", type_names[object->type]) ||
	    !set_flag(row, "created", object->is_created) || !set_flag(row, "inheritance_cut", object->is_cut) ||
	    !set_flag(row, "drops_everyone", object->drops_everyone) || !set_flag(row, "seen", object->is_seen) ||
	    !set_flag(row, "watched", object->is_watched) || !set_flag(row, "foreign", object->is_foreign) ||
	    (object->label && !set_text(row, "label", integrity_name(object->label))))
		return false;

	json_t *entries = set_array(row, "entries");
	for (size_t i = 0; entries && i < object->entries.count; i++)
		if (!print_entry(&object->entries.items[i], entries))
			return false;
	return entries && plan_print_rule(row, object->rule);
}

static bool print_root(const struct windows_root *root, size_t index, json_t *roots)
{
	json_t *row = append_object(roots);
	bool has_identity = root->device || root->inode;
	return row && set_text(row, "path", root->path) &&
	       (!has_identity || set(row, "identity",
				     json_sprintf("%016llx:%016llx", (unsigned long long)root->device,
						  (unsigned long long)root->inode))) &&
	       set(row, "capability", print_sid((struct sid){ SID_CAPABILITY, index })) &&
	       plan_print_rule(row, root->rule);
}

static bool print_files(const struct plan_windows *windows, json_t *object)
{
	json_t *roots = set_array(object, "roots");
	for (size_t i = 0; roots && i < windows->roots.count; i++)
		if (!print_root(&windows->roots.items[i], i, roots))
			return false;
	json_t *objects = roots ? set_array(object, "objects") : NULL;
	for (size_t i = 0; objects && i < windows->objects.count; i++)
		if (!print_object(&windows->objects.items[i], objects))
			return false;
	return objects != NULL;
}

/* -- network ----------------------------------------------------------------------------------------------------- */

static bool print_filters(const struct plan_windows *windows, json_t *object)
{
	static const char *const layer_names[FILTER_LAYER_COUNT] = {
		[FILTER_CONNECT] = "connect",
		[FILTER_ACCEPT] = "accept",
		[FILTER_LISTEN] = "listen",
		[FILTER_ASSIGN] = "assign",
	};
	json_t *filters = set_array(object, "filters");
	for (size_t i = 0; filters && i < windows->filters.count; i++) {
		const struct windows_filter *filter = &windows->filters.items[i];
		json_t *row = append_object(filters);
		if (!row || !set_text(row, "action", filter->permits ? "permit" : "block") ||
		    !set_text(row, "layer", layer_names[filter->layer]) ||
		    !set(row, "family", json_integer(filter->family)) ||
		    !set(row, "user", print_sid(filter->account)) || !set_flag(row, "loopback", filter->is_loopback) ||
		    !set_flag(row, "gate", filter->is_gate) ||
		    (filter->port && !set(row, "local_port", json_integer(filter->port))))
			return false;
		/* which of them set-up and the account say */
		if (filter->is_gate && filter->layer == FILTER_CONNECT &&
		    (!set_text(row, "remote_address", "127.0.0.1") ||
		     !set(row, "remote_port_from", json_integer(GATE_PORT_FIRST)) ||
		     !set(row, "remote_port_to", json_integer(GATE_PORT_LAST))))
			return false;
	}
	return filters != NULL;
}

/* -- promises ---------------------------------------------------------------------------------------------------- */

static bool print_promises(const struct plan_windows *windows, json_t *object)
{
	json_t *promises = set_object(object, "promises");
	for (int i = 0; promises && i < GUARANTEE_COUNT; i++) {
		const struct tier_promise *promise = &windows->promises[i];
		if (promise->best == LEVEL_UNASKED)
			continue;
		json_t *row = set_object(promises, guarantee_name((enum guarantee)i));
		if (!row || !set_text(row, "best", level_name(promise->best)) ||
		    !set_text(row, "unproved", level_name(promise->unproved)) || !set_text(row, "why", promise->why) ||
		    (promise->proof && !set_text(row, "proof", promise->proof)))
			return false;
	}
	return promises != NULL;
}

static bool print_notes(const struct windows_narrowed_list *notes, json_t *object, const char *key)
{
	json_t *array = set_array(object, key);
	for (size_t i = 0; array && i < notes->count; i++) {
		json_t *row = append_object(array);
		if (!row || !set_text(row, "what", notes->items[i].what) ||
		    (notes->items[i].path && !set_text(row, "path", notes->items[i].path)))
			return false;
	}
	return array != NULL;
}

static bool print_process(const struct plan_windows *windows, json_t *object)
{
	json_t *job = set_object(object, "job");
	json_t *variables = job ? set_object(object, "variables") : NULL;
	if (!variables ||
	    (windows->job.memory && !set(job, "memory_bytes", json_integer((json_int_t)windows->job.memory))) ||
	    (windows->job.processes && !set(job, "processes", json_integer((json_int_t)windows->job.processes))) ||
	    (windows->job.cpu_rate && !set(job, "cpu_rate", json_integer(windows->job.cpu_rate))))
		return false;
	for (const struct windows_variable *variable = windows->variables; variable->name; variable++)
		if (!set_text(variables, variable->name, variable->value))
			return false;
	return set_text(object, "window_station", windows->has_own_station ? "own" : "the logon session's") &&
	       set_text(object, "desktop", "own") && set_names(object, "handles", windows->handles) &&
	       set_names(object, "mitigations", windows->mitigations) &&
	       set_names(object, "capabilities", windows->capabilities);
}

bool plan_windows_print(const struct plan_windows *windows, json_t *object)
{
	json_t *row = set_object(object, "windows");
	return row && set_text(row, "tier", tier_name(windows->tier)) &&
	       set(row, "needs_setup", json_boolean(windows->tier == TIER_ACCOUNT)) && print_promises(windows, row) &&
	       print_notes(&windows->narrowed, row, "narrowed") && print_notes(&windows->exposed, row, "exposed") &&
	       print_token(windows, row) && print_files(windows, row) && print_filters(windows, row) &&
	       print_process(windows, row);
}

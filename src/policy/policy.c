#include "policy/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "policy/jsonc.h"
#include "policy/path.h"
#include "policy/presets.h"
#include "policy/resolve.h"

enum { PRESET_RULES = 160 };

static const char *const layer_names[] = {
	[LAYER_PRESET] = "preset", [LAYER_USER] = "user",       [LAYER_POLICY] = "policy",
	[LAYER_FLAGS] = "flags",   [LAYER_MANAGED] = "managed", [LAYER_PROJECT] = "project",
};

static const struct {
	const char *name;
	enum guarantee guarantee;
} limit_rows[LIMIT_COUNT] = {
	[LIMIT_MEMORY] = { "memory", GUARANTEE_LIMITS_MEMORY },
	[LIMIT_CPUS] = { "cpus", GUARANTEE_LIMITS_CPU },
	[LIMIT_CPU_TIME] = { "cpu_time", GUARANTEE_LIMITS_CPU_TIME },
	[LIMIT_WALL_TIME] = { "wall_time", GUARANTEE_LIMITS_WALL_TIME },
	[LIMIT_PROCESSES] = { "processes", GUARANTEE_LIMITS_PROCESSES },
	[LIMIT_OPEN_FILES] = { "open_files", GUARANTEE_LIMITS_OPEN_FILES },
	[LIMIT_FILE_SIZE] = { "file_size", GUARANTEE_LIMITS_FILE_SIZE },
	[LIMIT_DISK] = { "disk", GUARANTEE_LIMITS_DISK },
	[LIMIT_OUTPUT] = { "output", GUARANTEE_LIMITS_OUTPUT },
};

const char *layer_name(enum layer layer)
{
	return layer_names[layer];
}

const char *limit_name(enum limit limit)
{
	return limit_rows[limit].name;
}

enum guarantee limit_guarantee(enum limit limit)
{
	return limit_rows[limit].guarantee;
}

/* -- presets ---------------------------------------------------------------------------------------------------- */

static const struct preset_data *find_preset(const char *name)
{
	for (size_t i = 0; i < preset_count; i++)
		if (strcmp(preset_table[i].name, name) == 0)
			return &preset_table[i];
	return NULL;
}

const char *preset_find(const char *name, size_t *ret_length)
{
	const struct preset_data *preset = find_preset(name);
	if (!preset)
		return NULL;
	*ret_length = preset->length;
	return preset->text;
}

const char *preset_names(void)
{
	return "workspace, read-only, strict, open-network";
}

/* -- life ------------------------------------------------------------------------------------------------------- */

/* What the command must never change, or its next run would be less confined: a bound that no file or flag lifts. */
static bool add_own(struct policy *policy, const char *pattern, enum access access, bool is_verbatim, const char *file)
{
	struct file_statement *statement = LIST_ADD_IN(&policy->arena, &policy->files);
	if (!statement)
		return false;
	*statement = (struct file_statement){
		.pattern = pattern,
		.parts = policy_take_apart(policy->target, pattern, is_verbatim),
		.access = access,
		.table = TABLE_OWN,
		.is_verbatim = is_verbatim,
		.origin = { .layer = LAYER_MANAGED, .file = file },
	};
	return true;
}

struct policy *policy_new(enum target target)
{
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = calloc(1, sizeof *policy);
	if (!policy)
		return NULL;
	policy->target = target;
	if (!add_own(policy, "${state}", ACCESS_NONE, false, "cordon's own state") ||
	    !add_own(policy, "${config}/cordon", ACCESS_READ, false, "cordon's own configuration"))
		return NULL;
	return cordon_take(&policy);
}

struct policy *policy_free(struct policy *policy)
{
	if (!policy)
		return NULL;
	arena_free(&policy->arena);
	free(policy);
	return NULL;
}

void policy_free_at(struct policy **policy)
{
	policy_free(*policy);
}

void policy_free_list(char **list)
{
	free(list);
}

/* -- parts that other files use --------------------------------------------------------------------------------- */

const char *policy_keep(struct policy *policy, const char *text)
{
	return arena_copy(&policy->arena, text, strlen(text));
}

const char *policy_keep_taken(struct policy *policy, char *text)
{
	const char *kept = text ? policy_keep(policy, text) : NULL;
	free(text);
	return kept;
}

bool policy_complain(struct cordon_error *err, const struct origin *origin, const char *format, ...)
{
	char text[CORDON_ERROR_TEXT_SIZE];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (origin->layer == LAYER_FLAGS)
		return cordon_fail(err, CORDON_BAD_USAGE, "%s: %s", origin->file, text);
	return cordon_fail_at(err, origin->file, origin->line, origin->column, "%s", text);
}

char *policy_place(const struct origin *origin)
{
	if (origin->line > 0)
		return text_format("%s:%d", origin->file, origin->line);
	return text_format("%s", origin->file);
}

const struct key_statement *policy_find_key(const struct policy *policy, const char *key, enum layer layer)
{
	const struct key_statement *found = NULL;
	for (size_t i = 0; i < policy->keys.count; i++) {
		const struct key_statement *statement = &policy->keys.items[i];
		enum layer said_in = statement->origin.layer;
		bool is_meant = is_bound(layer) ? said_in == layer : !is_bound(said_in);
		if (is_meant && strcmp(statement->key->path, key) == 0 && (!found || statement->order >= found->order))
			found = statement;
	}
	return found;
}

/* -- texts ------------------------------------------------------------------------------------------------------ */

struct reading {
	struct policy *policy;
	const char *file;
	const char *folder;
	enum layer layer;
	int order;
};

static struct origin origin_at(const struct reading *reading, int line, int column)
{
	return (struct origin){ reading->layer, reading->file, line, column };
}

static bool note_key(struct policy *policy, const struct key *key, struct origin origin, int order,
		     struct cordon_error *err)
{
	struct key_statement *statement = LIST_ADD_IN(&policy->arena, &policy->keys);
	if (!statement)
		return cordon_fail_memory(err);
	*statement = (struct key_statement){ key, origin, order };
	return true;
}

/* For a map the place is the name's, else the value's. */
static bool read_value(const struct reading *reading, const struct key *key, const struct jsonc_node *node,
		       bool is_alone, struct cordon_error *err)
{
	bool is_member = key->shape == SHAPE_MAP;
	struct setting setting = {
		.key = key,
		.name = is_member ? node->key : NULL,
		.text = node->text,
		.is_number = node->type == JSONC_NUMBER,
		.is_alone = is_alone,
		.folder = reading->folder,
		.origin = origin_at(reading, is_member ? node->key_line : node->line,
				    is_member ? node->key_column : node->column),
		.order = reading->order,
	};
	if (node->type != JSONC_STRING && node->type != JSONC_NUMBER) {
		const char *found = node->type == JSONC_OBJECT ? "an object"
				    : node->type == JSONC_LIST ? "a list"
							       : node->text;
		return cordon_fail_at(err, reading->file, node->line, node->column,
				      "a string or number is expected for '%s', not %s", key->path, found);
	}
	return key->take(reading->policy, &setting, err);
}

static bool read_group(const struct reading *reading, const struct key *group, const struct jsonc_node *node,
		       struct cordon_error *err);

static bool read_key(const struct reading *reading, const struct key *key, const struct jsonc_node *node,
		     struct cordon_error *err)
{
	static const char *const expected[] = {
		[SHAPE_GROUP] = "an object", [SHAPE_MAP] = "an object",           [SHAPE_LIST] = "a list",
		[SHAPE_VALUE] = "a value",   [SHAPE_EITHER] = "a string or list",
	};
	bool is_object = key->shape == SHAPE_GROUP || key->shape == SHAPE_MAP;
	bool is_list = key->shape == SHAPE_LIST || (key->shape == SHAPE_EITHER && node->type == JSONC_LIST);
	if ((is_object && node->type != JSONC_OBJECT) || (is_list && node->type != JSONC_LIST))
		return cordon_fail_at(err, reading->file, node->line, node->column, "'%s' takes %s", key->path,
				      expected[key->shape]);
	if (key->shape == SHAPE_GROUP)
		return read_group(reading, key, node, err);

	struct origin origin = origin_at(reading, node->key_line, node->key_column);
	if (!note_key(reading->policy, key, origin, reading->order, err))
		return false;
	if (!is_object && !is_list)
		return read_value(reading, key, node, true, err);
	for (const struct jsonc_node *item = node->child; item; item = item->next)
		if (!read_value(reading, key, item, false, err))
			return false;
	return true;
}

static bool fail_misplaced(const struct reading *reading, const struct key *key, const struct jsonc_node *node,
			   struct cordon_error *err)
{
	const char *allowed = reading->layer == LAYER_PROJECT
				      ? "a project's policy holds files, network.deny, limits and environment.remove"
				      : "an administrator's policy only narrows";
	return cordon_fail_at(err, reading->file, node->key_line, node->key_column, "'%s' may not stand here: %s",
			      key->path, allowed);
}

static bool read_group(const struct reading *reading, const struct key *group, const struct jsonc_node *node,
		       struct cordon_error *err)
{
	for (const struct jsonc_node *member = node->child; member; member = member->next) {
		const struct key *key = key_find_in(group, member->key);
		struct hint hint;
		if (!key)
			return cordon_fail_at(err, reading->file, member->key_line, member->key_column,
					      "unknown key '%s'%s", member->key, hint_keys(&hint, member->key, group));
		if (!key_may_stand_in(key, reading->layer))
			return fail_misplaced(reading, key, member, err);
		if (!read_key(reading, key, member, err))
			return false;
	}
	return true;
}

/* The policy file itself is read-only for the command. */
static bool protect_file(const struct reading *reading, struct cordon_error *err)
{
	struct policy *policy = reading->policy;
	const char *path = reading->file;
	if (reading->layer == LAYER_PRESET || !reading->folder)
		return true;
	/* A plan for Windows is also made elsewhere, from a file that has no drive. */
	if (!path_is_absolute(policy->target, path) || (policy->target == TARGET_WINDOWS && path[0] == '/')) {
		const char *name = path;
		for (const char *c = path; *c; c++)
			if (path_is_separator(policy->target, *c))
				name = c + 1;
		path = policy_keep_taken(policy, text_format("%s/%s", reading->folder, name));
	}
	if (!path || !add_own(policy, path, ACCESS_READ, true, "the policy file in use"))
		return cordon_fail_memory(err);
	struct policy_source *source = LIST_ADD_IN(&policy->arena, &policy->sources);
	if (!source)
		return cordon_fail_memory(err);
	*source = (struct policy_source){ reading->layer, reading->file };
	return true;
}

/* Lists only grow, so the counts are all that a failed text has changed. */
struct mark {
	size_t files, modes, allow, deny, listen, limits, inherit, remove, set, accept, keys;
	const char *extends;
};

static struct mark mark_of(const struct policy *policy)
{
	return (struct mark){
		policy->files.count,  policy->modes.count,  policy->allow.count,   policy->deny.count,
		policy->listen.count, policy->limits.count, policy->inherit.count, policy->remove.count,
		policy->set.count,    policy->accept.count, policy->keys.count,    policy->extends,
	};
}

static void take_back(struct policy *policy, const struct mark *mark)
{
	policy->files.count = mark->files;
	policy->modes.count = mark->modes;
	policy->allow.count = mark->allow;
	policy->deny.count = mark->deny;
	policy->listen.count = mark->listen;
	policy->limits.count = mark->limits;
	policy->inherit.count = mark->inherit;
	policy->remove.count = mark->remove;
	policy->set.count = mark->set;
	policy->accept.count = mark->accept;
	policy->keys.count = mark->keys;
	policy->extends = mark->extends;
}

static bool check_reading(const struct reading *reading, int rank, struct cordon_error *err)
{
	if (reading->policy->rules)
		return cordon_fail(err, CORDON_BAD_USAGE, "the policy is fixed already");
	if (rank >= ORDER_ROOM / 2 || rank <= -ORDER_ROOM / 2)
		return cordon_fail_at(err, reading->file, 0, 0, "too many policies extend one another");
	if (reading->layer == LAYER_FLAGS)
		return cordon_fail(err, CORDON_BAD_USAGE, "flags are no text");
	return true;
}

/* Takes over what stands in the text whose values these are; its file and folder live as long as the policy. */
static bool add_values(struct reading reading, int rank, const struct jsonc_node *root, struct cordon_error *err)
{
	struct policy *policy = reading.policy;
	struct mark mark = mark_of(policy);
	reading.order = ORDER_OF(reading.layer, rank);
	policy->extends = NULL;
	if (!read_group(&reading, key_find(""), root, err) || !protect_file(&reading, err)) {
		take_back(policy, &mark);
		return false;
	}
	return true;
}

static bool add_text(struct reading reading, int rank, const char *bytes, size_t length, struct cordon_error *err)
{
	struct policy *policy = reading.policy;
	CORDON_ON_EXIT(jsonc_free_at) struct jsonc *document = NULL;
	if (!check_reading(&reading, rank, err) || !jsonc_parse(reading.file, bytes, length, &document, err))
		return false;

	reading.file = policy_keep(policy, reading.file);
	bool has_folder = reading.folder;
	if (has_folder)
		reading.folder = policy_keep(policy, reading.folder);
	if (!reading.file || (has_folder && !reading.folder))
		return cordon_fail_memory(err);
	return add_values(reading, rank, jsonc_root(document), err);
}

bool policy_add_text(struct policy *policy, enum layer layer, const char *file, const char *folder, const char *bytes,
		     size_t length, struct cordon_error *err)
{
	struct reading reading = { policy, file, folder, layer, 0 };
	if (!add_text(reading, policy->rank_top + 1, bytes, length, err))
		return false;
	policy->rank_top++;
	return true;
}

bool policy_add_base(struct policy *policy, enum layer layer, const char *file, const char *folder, const char *bytes,
		     size_t length, struct cordon_error *err)
{
	struct reading reading = { policy, file, folder, layer, 0 };
	if (!add_text(reading, policy->rank_bottom - 1, bytes, length, err))
		return false;
	policy->rank_bottom--;
	return true;
}

bool policy_add_preset(struct policy *policy, const char *name, struct cordon_error *err)
{
	const struct preset_data *preset = find_preset(name);
	if (!preset)
		return cordon_fail(err, CORDON_BAD_USAGE, "no preset '%s'; there are %s", name, preset_names());
	struct reading reading = { policy, preset->file, NULL, LAYER_PRESET, 0 };
	int rank = policy->rank_bottom - 1;
	/* Room for what a preset says, so that it comes in one piece. */
	if (!LIST_RESERVE_IN(&policy->arena, &policy->files, PRESET_RULES) ||
	    !LIST_RESERVE_IN(&policy->arena, &policy->remove, PRESET_RULES))
		return cordon_fail_memory(err);
	if (!check_reading(&reading, rank, err) || !add_values(reading, rank, preset->root, err))
		return false;
	policy->rank_bottom--;
	return true;
}

const char *policy_extends(const struct policy *policy)
{
	return policy->extends;
}

const struct policy_source *policy_sources(const struct policy *policy, size_t *ret_count)
{
	*ret_count = policy->sources.count;
	return policy->sources.items;
}

/* -- flags ------------------------------------------------------------------------------------------------------ */

bool policy_set(struct policy *policy, const char *flag, const char *key_path, const char *name, const char *value,
		struct cordon_error *err)
{
	if (policy->rules)
		return cordon_fail(err, CORDON_BAD_USAGE, "%s: the policy is fixed already", flag);
	const struct key *key = key_find(key_path);
	if (!key || !key->take || !key_may_stand_in(key, LAYER_FLAGS)) {
		struct hint hint;
		return cordon_fail(err, CORDON_BAD_USAGE, "%s: no setting '%s'%s", flag, key_path,
				   key ? "" : hint_keys(&hint, key_path, key_find("")));
	}
	if ((key->shape == SHAPE_MAP) != (name != NULL))
		return cordon_fail(err, CORDON_BAD_USAGE, "%s: '%s' takes %s", flag, key_path,
				   name ? "no name" : "a name");

	const char *file = policy_keep(policy, flag);
	if (!file)
		return cordon_fail_memory(err);
	struct setting setting = {
		.key = key,
		.name = name,
		.text = value,
		.is_alone = true,
		.origin = { .layer = LAYER_FLAGS, .file = file },
		.order = ORDER_OF(LAYER_FLAGS, 0),
	};
	struct mark mark = mark_of(policy);
	if (note_key(policy, key, setting.origin, setting.order, err) && key->take(policy, &setting, err))
		return true;
	take_back(policy, &mark);
	return false;
}

#include "policy/take.h"

#include <stdlib.h>
#include <string.h>

#include "policy/path.h"
#include "policy/store.h"
#include "policy/values.h"

/* The index of the value among the key's words, or -1 with the nearest of them in the message. */
static int find_word(const struct setting *setting, struct cordon_error *err)
{
	const char *const *names = setting->key->form->words;
	for (int i = 0; names[i]; i++)
		if (strcmp(setting->text, names[i]) == 0)
			return i;
	struct hint hint;
	policy_complain(err, &setting->origin, "unknown value '%s'%s", setting->text,
			hint_names(&hint, setting->text, names));
	return -1;
}

/* In files a string stays a string and a number a number; flags are text. */
static bool check_type(const struct setting *setting, bool wants_number, struct cordon_error *err)
{
	if (setting->origin.layer == LAYER_FLAGS || setting->is_number == wants_number)
		return true;
	return policy_complain(err, &setting->origin, "'%s' takes a %s", key_name(setting->key),
			       wants_number ? "number" : "string");
}

bool take_version(struct policy *policy, const struct setting *setting, struct cordon_error *err)
{
	(void)policy;
	if (!check_type(setting, true, err))
		return false;
	if (strcmp(setting->text, "1") != 0)
		return policy_complain(err, &setting->origin, "version %s; this cordon knows version 1 only",
				       setting->text);
	return true;
}

bool take_extends(struct policy *policy, const struct setting *setting, struct cordon_error *err)
{
	if (!check_type(setting, false, err))
		return false;
	if (!setting->text[0])
		return policy_complain(err, &setting->origin, "'extends' names a preset (%s) or a path",
				       preset_names());

	size_t length;
	bool is_path = strchr(setting->text, '/') || strchr(setting->text, '.') || strchr(setting->text, '\\');
	if (!is_path && !preset_find(setting->text, &length))
		return policy_complain(err, &setting->origin,
				       "no preset '%s' (there are %s); a path has a '/' or a '.'", setting->text,
				       preset_names());
	if (!is_path || path_is_absolute(policy->target, setting->text)) {
		policy->extends = policy_keep(policy, setting->text);
	} else if (!setting->folder) {
		return policy_complain(err, &setting->origin, "a relative path has no folder to belong to here");
	} else {
		const char *slash = path_ends_in_separator(policy->target, setting->folder) ? "" : "/";
		policy->extends = policy_keep_taken(policy,
						    text_format("%s%s%s", setting->folder, slash, setting->text));
	}
	return policy->extends || cordon_fail_memory(err);
}

bool take_file(struct policy *policy, const struct setting *setting, struct cordon_error *err)
{
	if (!check_type(setting, false, err))
		return false;
	int access = find_word(setting, err);
	if (access < 0)
		return false;
	if (!setting->name || !setting->name[0])
		return policy_complain(err, &setting->origin, "a rule needs a path");

	struct file_statement *statement = LIST_ADD_IN(&policy->arena, &policy->files);
	const char *pattern = policy_keep(policy, setting->name);
	if (!statement || !pattern)
		return cordon_fail_memory(err);
	enum layer layer = setting->origin.layer;
	/* The shell has replaced a flag's wildcards already: what is left of them belongs to a name. */
	bool is_verbatim = layer == LAYER_FLAGS;
	*statement = (struct file_statement){
		.pattern = pattern,
		.parts = policy_take_apart(policy->target, pattern, is_verbatim),
		.folder = setting->folder,
		.access = (enum access)access,
		.is_verbatim = is_verbatim,
		.table = layer == LAYER_MANAGED   ? TABLE_MANAGED
			 : layer == LAYER_PROJECT ? TABLE_PROJECT
						  : TABLE_GRANT,
		.origin = setting->origin,
		.order = setting->order,
	};
	return true;
}

/* -- network ---------------------------------------------------------------------------------------------------- */

bool take_mode(struct policy *policy, const struct setting *setting, struct cordon_error *err)
{
	if (!check_type(setting, false, err))
		return false;
	int mode = find_word(setting, err);
	if (mode < 0)
		return false;
	struct mode_statement *statement = LIST_ADD_IN(&policy->arena, &policy->modes);
	if (!statement)
		return cordon_fail_memory(err);
	*statement = (struct mode_statement){ (enum network_mode)mode, setting->origin, setting->order };
	return true;
}

static bool take_host(struct policy *policy, struct host_statements *hosts, const struct setting *setting,
		      struct cordon_error *err)
{
	char *host, fault[IDNA_WHY_SIZE];
	uint16_t port;
	if (!check_type(setting, false, err))
		return false;
	const char *why = value_read_host(setting->text, &host, &port, fault);
	if (why == value_no_memory)
		return cordon_fail_memory(err);
	if (why)
		return policy_complain(err, &setting->origin, "'%s': %s", setting->text, why);
	const char *kept = policy_keep_taken(policy, host);
	struct host_statement *statement = kept ? LIST_ADD_IN(&policy->arena, hosts) : NULL;
	if (!statement)
		return cordon_fail_memory(err);
	*statement = (struct host_statement){ { kept, port, setting->origin }, setting->order };
	return true;
}

bool take_allowed_host(struct policy *policy, const struct setting *setting, struct cordon_error *err)
{
	return take_host(policy, &policy->allow, setting, err);
}

bool take_denied_host(struct policy *policy, const struct setting *setting, struct cordon_error *err)
{
	return take_host(policy, &policy->deny, setting, err);
}

bool take_port(struct policy *policy, const struct setting *setting, struct cordon_error *err)
{
	uint16_t port;
	if (!check_type(setting, true, err))
		return false;
	const char *why = value_read_port(setting->text, &port);
	if (why)
		return policy_complain(err, &setting->origin, "'%s': %s", setting->text, why);
	struct port_statement *statement = LIST_ADD_IN(&policy->arena, &policy->listen);
	if (!statement)
		return cordon_fail_memory(err);
	*statement = (struct port_statement){ port, setting->origin, setting->order };
	return true;
}

bool take_socket(struct policy *policy, const struct setting *setting, struct cordon_error *err)
{
	(void)policy;
	return policy_complain(err, &setting->origin,
			       "host sockets cannot be let in yet: 'sockets.allow' is reserved and must be empty");
}

/* -- limits ----------------------------------------------------------------------------------------------------- */

static const char *read_limit(enum limit limit, const char *text, struct limit_statement *statement)
{
	switch (limit) {
	case LIMIT_MEMORY:
		statement->is_share = strchr(text, '%');
		if (statement->is_share)
			return value_read_share(text, &statement->value);
		return value_read_size(text, &statement->value);
	case LIMIT_FILE_SIZE:
	case LIMIT_DISK:
	case LIMIT_OUTPUT:
		return value_read_size(text, &statement->value);
	case LIMIT_CPU_TIME:
	case LIMIT_WALL_TIME:
		return value_read_duration(text, &statement->value);
	case LIMIT_CPUS:
		return value_read_processors(text, &statement->value);
	case LIMIT_PROCESSES:
	case LIMIT_OPEN_FILES:
		return value_read_count(text, &statement->value);
	case LIMIT_COUNT:
		break;
	}
	return "no limit";
}

bool take_limit(struct policy *policy, const struct setting *setting, struct cordon_error *err)
{
	struct limit_statement limit = {
		.limit = (enum limit)setting->key->detail,
		.origin = setting->origin,
		.order = setting->order,
	};
	const char *why = read_limit(limit.limit, setting->text, &limit);
	if (why)
		return policy_complain(err, &setting->origin, "'%s': %s", setting->text, why);
	struct limit_statement *statement = LIST_ADD_IN(&policy->arena, &policy->limits);
	if (!statement)
		return cordon_fail_memory(err);
	*statement = limit;
	return true;
}

/* -- environment ------------------------------------------------------------------------------------------------ */

static struct name_pattern look_at(const char *text)
{
	struct name_pattern pattern = { .text = text };
	bool has_star = false;
	for (; text[pattern.length]; pattern.length++) {
		bool is_star = text[pattern.length] == '*';
		has_star |= is_star;
		pattern.front += !has_star;
		pattern.back = is_star ? 0 : pattern.back + has_star;
		pattern.least += !is_star;
	}
	return pattern;
}

static bool add_variable(struct policy *policy, struct variable_statements *list, const struct setting *setting,
			 const char *name, const char *value, struct cordon_error *err)
{
	const char *why = value_check_variable(name, value == NULL);
	if (why)
		return policy_complain(err, &setting->origin, "'%s': %s", name, why);
	const char *kept_name = policy_keep(policy, name);
	const char *kept_value = value ? policy_keep(policy, value) : NULL;
	if (!kept_name || (value && !kept_value))
		return cordon_fail_memory(err);
	struct variable_statement *statement = LIST_ADD_IN(&policy->arena, list);
	if (!statement)
		return cordon_fail_memory(err);
	*statement = (struct variable_statement){
		.name = look_at(kept_name),
		.value = kept_value,
		.origin = setting->origin,
		.order = setting->order,
	};
	return true;
}

bool take_inherited(struct policy *policy, const struct setting *setting, struct cordon_error *err)
{
	if (!check_type(setting, false, err))
		return false;
	bool is_whole = setting->is_alone && setting->origin.layer != LAYER_FLAGS;
	if (is_whole && strcmp(setting->text, "all") != 0)
		return policy_complain(err, &setting->origin, "'inherit' is \"all\" or a list of names and patterns");
	return add_variable(policy, &policy->inherit, setting, is_whole ? "*" : setting->text, NULL, err);
}

bool take_removed(struct policy *policy, const struct setting *setting, struct cordon_error *err)
{
	return check_type(setting, false, err) &&
	       add_variable(policy, &policy->remove, setting, setting->text, NULL, err);
}

bool take_variable(struct policy *policy, const struct setting *setting, struct cordon_error *err)
{
	if (!check_type(setting, false, err))
		return false;
	return add_variable(policy, &policy->set, setting, setting->name ? setting->name : "", setting->text, err);
}

/* -- accept ----------------------------------------------------------------------------------------------------- */

bool take_accepted(struct policy *policy, const struct setting *setting, struct cordon_error *err)
{
	if (!check_type(setting, false, err))
		return false;
	static const char *const levels[] = { "absent", "partial", NULL };
	const char *equals = strchr(setting->text, '=');
	size_t length = equals ? (size_t)(equals - setting->text) : strlen(setting->text);
	char name[64] = "";
	if (length < sizeof name)
		memcpy(name, setting->text, length);

	const char *names[GUARANTEE_COUNT + 1] = { NULL };
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		names[i] = guarantee_name((enum guarantee)i);
	enum guarantee guarantee = guarantee_find(name);
	struct hint hint;
	if (guarantee == GUARANTEE_COUNT)
		return policy_complain(err, &setting->origin, "unknown guarantee '%.*s'%s", (int)length, setting->text,
				       hint_names(&hint, name, names));
	if (equals && strcmp(equals + 1, "absent") != 0 && strcmp(equals + 1, "partial") != 0)
		return policy_complain(err, &setting->origin, "unknown level '%s'%s", equals + 1,
				       hint_names(&hint, equals + 1, levels));

	struct accept_statement *statement = LIST_ADD_IN(&policy->arena, &policy->accept);
	if (!statement)
		return cordon_fail_memory(err);
	bool is_absent = equals && strcmp(equals + 1, "absent") == 0;
	*statement = (struct accept_statement){ guarantee, is_absent ? LEVEL_ABSENT : LEVEL_PARTIAL, setting->origin,
						setting->order };
	return true;
}

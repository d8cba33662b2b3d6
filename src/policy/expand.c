/* From what a rule says to the paths that it means on this host. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/text.h"
#include "policy/expand.h"
#include "policy/path.h"

/* -- variables -------------------------------------------------------------------------------------------------- */

/* Names that every target knows; the facts may hold more. */
static const char *const variable_names[] = {
	"home",   "workspace", "config",       "cache",        "state",    "temp",
	"git",    "submodule", "git_hooks",    "git_records",  "checkout", "root",
	"system", "appdata",   "localappdata", "certificates", NULL,
};

static const char *const linux_system[] = {
	"/usr",    "/bin", "/sbin", "/lib", "/lib32", "/lib64",
	"/libx32", "/etc", "/opt",  "/nix", "/snap",  "/sys/devices/system",
};

/* Windows folders by the variable that names them. */
struct known_folder {
	const char *variable; /* of the user's environment */
	const char *usual;    /* where it is when the variable is missing; below home when relative */
};

enum { FOLDERS_MAX = 3 };
static const struct known_folder windows_system[FOLDERS_MAX + 1] = {
	{ "SystemRoot", "C:\\Windows" },
	{ "ProgramFiles", "C:\\Program Files" },
	{ "ProgramFiles(x86)", "C:\\Program Files (x86)" },
	{ NULL, NULL },
};
static const struct known_folder windows_appdata[] = { { "APPDATA", "AppData\\Roaming" }, { NULL, NULL } };
static const struct known_folder windows_localappdata[] = { { "LOCALAPPDATA", "AppData\\Local" }, { NULL, NULL } };

enum { VARIABLE_NAME_MAX = 63 };

static bool is_name(const char *name, size_t length, const char *wanted)
{
	return strlen(wanted) == length && memcmp(name, wanted, length) == 0;
}

/* What a variable stands for; each is looked up once, and most rules use the same few. */
struct known {
	const char *name;
	size_t length;
	struct values values;
};

struct expanding {
	const struct policy *policy;
	const struct facts *facts;
	bool is_early;
	struct values roots;
	struct {
		struct known *items;
		size_t count, room;
	} variables;
	struct {
		const struct file_statement **items;
		size_t count, room;
	} deferred; /* until the roots are known */
	struct arena *arena;
	struct expansions expansions;
};

bool values_make(struct arena *arena, size_t room, struct values *ret_values, struct cordon_error *err)
{
	*ret_values = (struct values){ arena_take(arena, room * sizeof *ret_values->items), 0, true };
	return ret_values->items || cordon_fail_memory(err);
}

void values_add(enum target target, struct values *values, const char *path)
{
	values->items[values->count++] = (struct value){ path, strlen(path), path_is_plain(target, path) };
}

static const char *find_environment(const struct facts *facts, const char *name)
{
	for (char **entry = facts->environment; entry && *entry; entry++)
		if (environment_value(facts->target, *entry, name))
			return environment_value(facts->target, *entry, name);
	return NULL;
}

static bool find_folders(struct expanding *expanding, const struct known_folder *folders, struct values *values,
			 struct cordon_error *err)
{
	const struct facts *facts = expanding->facts;
	struct arena *arena = expanding->arena;
	if (!values_make(arena, FOLDERS_MAX, values, err))
		return false;
	for (; facts->target == TARGET_WINDOWS && folders->variable; folders++) {
		const char *given = find_environment(facts, folders->variable);
		bool is_below_home = !path_is_absolute(TARGET_WINDOWS, folders->usual);
		if (given && path_is_absolute(TARGET_WINDOWS, given)) {
			values_add(facts->target, values, given);
		} else if (!is_below_home) {
			values_add(facts->target, values, folders->usual);
		} else if (facts->home) {
			CORDON_ON_EXIT(text_free) struct text folder = { 0 };
			text_addf(&folder, "%s\\%s", facts->home, folders->usual);
			const char *kept = text_ok(&folder) ? arena_copy(arena, folder.bytes, folder.length) : NULL;
			if (!kept)
				return cordon_fail_memory(err);
			values_add(facts->target, values, kept);
		}
	}
	return true;
}

static const char *fact_of(const struct facts *facts, const char *name, size_t length)
{
	return is_name(name, length, "home")        ? facts->home
	       : is_name(name, length, "workspace") ? facts->workspace
	       : is_name(name, length, "state")     ? facts->state
	       : is_name(name, length, "temp")      ? facts->temp
						    : NULL;
}

/* What the facts or this file know of the variable; root is the caller's. */
static bool find_values(struct expanding *expanding, const char *name, size_t length, struct values *values,
			struct cordon_error *err)
{
	const struct facts *facts = expanding->facts;
	struct arena *arena = expanding->arena;
	const struct variable *variable = facts_find_variable(facts, name, length);
	const char *fact = variable ? NULL : fact_of(facts, name, length);
	if (variable || fact) {
		if (!values_make(arena, variable ? variable->count : 1, values, err))
			return false;
		for (size_t i = 0; variable && i < variable->count; i++)
			values_add(facts->target, values, variable->values[i]);
		if (fact)
			values_add(facts->target, values, fact);
		return true;
	}
	if (is_name(name, length, "appdata"))
		return find_folders(expanding, windows_appdata, values, err);
	if (is_name(name, length, "localappdata"))
		return find_folders(expanding, windows_localappdata, values, err);
	if (is_name(name, length, "certificates"))
		return certificates_find(facts, arena, values, err);
	if (!is_name(name, length, "system"))
		return true;
	if (facts->target == TARGET_WINDOWS)
		return find_folders(expanding, windows_system, values, err);
	if (!values_make(arena, COUNT_OF(linux_system), values, err))
		return false;
	for (size_t i = 0; i < COUNT_OF(linux_system); i++)
		values_add(facts->target, values, linux_system[i]);
	return true;
}

/* Holds until another variable is asked for. */
static const struct values *look_up(struct expanding *expanding, const struct parts *parts, struct cordon_error *err)
{
	const char *name = parts->variable;
	size_t length = parts->variable_length;
	for (size_t i = 0; i < expanding->variables.count; i++) {
		const struct known *known = &expanding->variables.items[i];
		if (known->length == length && memcmp(known->name, name, length) == 0)
			return &known->values;
	}
	struct values values = { NULL, 0, false };
	if (!find_values(expanding, name, length, &values, err))
		return NULL;
	struct known *known = LIST_ADD_IN(expanding->arena, &expanding->variables);
	if (!known) {
		cordon_fail_memory(err);
		return NULL;
	}
	*known = (struct known){ name, length, values };
	return &known->values;
}

static bool is_known_name(const char *name, size_t length)
{
	for (const char *const *known = variable_names; *known; known++)
		if (is_name(name, length, *known))
			return true;
	return false;
}

/* -- patterns --------------------------------------------------------------------------------------------------- */

/* Who writes "$HOME/.aws": "none" means what a shell means by it, and not a folder of that name. */
static const char *what_a_shell_means(enum target target, const char *pattern)
{
	if (pattern[0] == '~')
		return "~ stands for your own home and is followed by a separator; write another's in full, and a file of "
		       "that name as ./~…";
	bool is_name = (pattern[1] >= 'A' && pattern[1] <= 'Z') || (pattern[1] >= 'a' && pattern[1] <= 'z') ||
		       pattern[1] == '_';
	if (pattern[0] == '$' && is_name)
		return "a variable is written ${name}, and a file of that name ./$…";
	if (target == TARGET_WINDOWS && pattern[0] == '%' && is_name && strchr(pattern + 1, '%'))
		return "a variable is written ${name}, and a file of that name ./%…";
	return NULL;
}

struct parts policy_take_apart(enum target target, const char *pattern, bool is_verbatim)
{
	struct parts parts = { .rest = pattern };
	if (!is_verbatim && pattern[0] == '~' && (!pattern[1] || path_is_separator(target, pattern[1]))) {
		parts.variable = "home";
		parts.variable_length = strlen("home");
		parts.rest = pattern + 1;
	} else if (!is_verbatim && pattern[0] == '$' && pattern[1] == '{') {
		const char *end = strchr(pattern, '}');
		parts.variable = pattern + 2;
		parts.variable_length = end ? (size_t)(end - parts.variable) : 0;
		if (parts.variable_length == 0 || parts.variable_length > VARIABLE_NAME_MAX) {
			parts.why = "a variable is written ${name}";
			return parts;
		}
		parts.rest = end + 1;
		if (*parts.rest && !path_is_separator(target, *parts.rest))
			parts.why = "a variable is a whole path; a separator must follow it";
	}
	if (!is_verbatim && !parts.variable)
		parts.why = what_a_shell_means(target, pattern);
	parts.rest_length = strlen(parts.rest);
	parts.is_plain = path_is_plain(target, parts.rest);
	if (!is_verbatim && !parts.why && !parts.is_plain && strstr(parts.rest, "${"))
		parts.why = "a variable stands only at the beginning";
	return parts;
}

static bool is_about_roots(const struct parts *parts)
{
	return parts->variable && is_name(parts->variable, parts->variable_length, "root");
}

/* A repository is not worked in as a checkout is: no tool looks there for its settings, and what git executes of it is
 * named.
 */
static bool is_about_git(const struct parts *parts)
{
	return parts->variable && is_name(parts->variable, parts->variable_length, "git");
}

static bool fail_unknown(const struct file_statement *statement, struct cordon_error *err)
{
	const struct parts *parts = &statement->parts;
	char name[VARIABLE_NAME_MAX + 1] = "";
	struct hint hint;
	memcpy(name, parts->variable, parts->variable_length);
	if (is_known_name(parts->variable, parts->variable_length))
		return policy_complain(err, &statement->origin, "'%s': ${%s} is not known on this host",
				       statement->pattern, name);
	return policy_complain(err, &statement->origin, "'%s': unknown variable ${%s}%s", statement->pattern, name,
			       hint_names(&hint, name, variable_names));
}

static bool add_expansion(struct expanding *expanding, const struct file_statement *statement, const char *path,
			  size_t length, bool is_glob, struct cordon_error *err)
{
	struct expansion *expansion = path ? LIST_ADD_IN(expanding->arena, &expanding->expansions) : NULL;
	if (!expansion)
		return cordon_fail_memory(err);
	*expansion = (struct expansion){ path, length, is_glob, statement };
	return true;
}

static bool expand_joined(struct expanding *expanding, const struct file_statement *statement, const char *head,
			  const char *rest, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *path = NULL;
	bool is_glob;
	const char *why;
	if (!path_join(expanding->policy->target, head, rest, &path, &is_glob, &why))
		return !why ? cordon_fail_memory(err)
			    : policy_complain(err, &statement->origin, "'%s': %s", statement->pattern, why);
	size_t length = strlen(path);
	const char *kept = arena_copy(expanding->arena, path, length);
	return add_expansion(expanding, statement, kept, length, is_glob, err);
}

/* Nearly all rules are a plain path below a plain value: those need no joining. */
static bool expand_value(struct expanding *expanding, const struct file_statement *statement, const struct value *value,
			 struct cordon_error *err)
{
	const struct parts *parts = &statement->parts;
	if (!value->is_plain || !parts->is_plain)
		return expand_joined(expanding, statement, value->path, parts->rest, err);
	if (parts->rest_length == 0)
		return add_expansion(expanding, statement, value->path, value->length, false, err);
	const char *path = arena_join(expanding->arena, value->path, value->length, parts->rest, parts->rest_length);
	return add_expansion(expanding, statement, path, value->length + parts->rest_length, false, err);
}

/* What a preset hides in the user's home is hidden in the account's too, where HOME names another (`sudo -E`, some CI):
 * ssh and gpg keep their keys there whatever HOME says.
 */
static bool expand_account_home(struct expanding *expanding, const struct file_statement *statement,
				struct cordon_error *err)
{
	static const struct {
		const char *variable, *below;
	} folders[] = { { "home", "" }, { "config", "/.config" }, { "cache", "/.cache" } };
	const char *home = expanding->facts->account_home;
	const struct parts *parts = &statement->parts;
	if (!home || statement->origin.layer != LAYER_PRESET || statement->access != ACCESS_NONE)
		return true;
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		if (!is_name(parts->variable, parts->variable_length, folders[i].variable))
			continue;
		CORDON_ON_EXIT(free_text) char *folder = text_format("%s%s", home, folders[i].below);
		return folder ? expand_joined(expanding, statement, folder, parts->rest, err) : cordon_fail_memory(err);
	}
	return true;
}

static bool expand_variable(struct expanding *expanding, const struct file_statement *statement,
			    struct cordon_error *err)
{
	const struct parts *parts = &statement->parts;
	const struct values *values = is_about_roots(parts) ? &expanding->roots : look_up(expanding, parts, err);
	if (!values)
		return false;
	if (!values->is_known) {
		/* Hand-made facts need not have a state or configuration to protect. */
		bool may_miss = statement->table == TABLE_OWN ||
				(expanding->is_early && is_known_name(parts->variable, parts->variable_length));
		return may_miss || fail_unknown(statement, err);
	}
	for (size_t i = 0; i < values->count; i++) {
		const struct value *value = &values->items[i];
		if (!path_is_absolute(expanding->policy->target, value->path))
			return policy_complain(err, &statement->origin, "'%s': ${%.*s} is %s", statement->pattern,
					       (int)parts->variable_length, parts->variable,
					       value->path[0] ? "not absolute" : "empty");
		if (!expand_value(expanding, statement, value, err))
			return false;
	}
	return expand_account_home(expanding, statement, err);
}

static bool expand_statement(struct expanding *expanding, const struct file_statement *statement,
			     struct cordon_error *err)
{
	enum target target = expanding->policy->target;
	const char *rest = statement->parts.rest;
	if (statement->parts.variable)
		return expand_variable(expanding, statement, err);
	if (statement->is_verbatim)
		return expand_joined(expanding, statement, rest, "", err);
	bool has_colon = target == TARGET_WINDOWS && rest[0] && rest[1] == ':';
	if (path_is_absolute(target, rest) || pattern_floats(target, rest) || has_colon)
		return expand_joined(expanding, statement, "", rest, err);
	if (!statement->folder)
		return policy_complain(err, &statement->origin, "'%s': a relative path has no folder to belong to here",
				       statement->pattern);
	return expand_joined(expanding, statement, statement->folder, rest, err);
}

/* -- roots ------------------------------------------------------------------------------------------------------ */

static bool is_granted(const struct expansion *expansion)
{
	return !expansion->is_glob && expansion->statement->table == TABLE_GRANT;
}

/* Does another rule of the grant for the same path decide in its place? */
static bool is_outranked(const struct expansions *expansions, const struct expansion *root)
{
	for (size_t i = 0; i < expansions->count; i++) {
		const struct expansion *other = &expansions->items[i];
		if (other->length != root->length || other == root || !is_granted(other) ||
		    text_common(other->path, root->path, root->length) != root->length)
			continue;
		int order = other->statement->order - root->statement->order;
		if (order > 0 || (order == 0 && (other->statement->access < root->statement->access || other < root)))
			return true;
	}
	return false;
}

bool policy_find_roots(const struct policy *policy, const struct expansions *expansions, struct arena *arena,
		       struct values *ret_roots, struct cordon_error *err)
{
	size_t most = 0;
	for (size_t i = 0; i < expansions->count; i++)
		most += expansions->items[i].statement->access == ACCESS_WRITE;
	if (!values_make(arena, most, ret_roots, err))
		return false;
	for (size_t i = 0; i < expansions->count; i++) {
		const struct expansion *expansion = &expansions->items[i];
		if (expansion->statement->access == ACCESS_WRITE && is_granted(expansion) &&
		    !is_about_git(&expansion->statement->parts) && !is_outranked(expansions, expansion))
			values_add(policy->target, ret_roots, expansion->path);
	}
	return true;
}

/* First everything that makes roots, then what is said of each root. */
static bool expand(struct expanding *expanding, struct cordon_error *err)
{
	const struct policy *policy = expanding->policy;
	for (size_t i = 0; i < policy->files.count; i++) {
		const struct file_statement *statement = &policy->files.items[i];
		if (statement->parts.why)
			return policy_complain(err, &statement->origin, "'%s': %s", statement->pattern,
					       statement->parts.why);
		if (is_about_roots(&statement->parts)) {
			const struct file_statement **deferred = LIST_ADD_IN(expanding->arena, &expanding->deferred);
			if (!deferred)
				return cordon_fail_memory(err);
			*deferred = statement;
		} else if (!expand_statement(expanding, statement, err)) {
			return false;
		}
	}
	if (!policy_find_roots(policy, &expanding->expansions, expanding->arena, &expanding->roots, err))
		return false;
	for (size_t i = 0; i < expanding->deferred.count; i++)
		if (!expand_statement(expanding, expanding->deferred.items[i], err))
			return false;
	return true;
}

bool policy_expand(const struct policy *policy, const struct facts *facts, bool is_early, struct arena *arena,
		   struct expansions *ret_expansions, struct cordon_error *err)
{
	struct expanding expanding = { .policy = policy, .facts = facts, .is_early = is_early, .arena = arena };
	/* Most rules stand for one path. */
	if (!LIST_RESERVE_IN(arena, &expanding.expansions, policy->files.count))
		return cordon_fail_memory(err);
	if (!expand(&expanding, err))
		return false;
	*ret_expansions = expanding.expansions;
	return true;
}

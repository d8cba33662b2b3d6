/* Policies of every layer over a made-up host, merged, settled and planned: whatever they say, bounds only narrow, what
 * is decided at a path is the strictest of grant and bounds, and the mounts show what is decided.
 *
 * An input is a text of sections, each with a heading of its own line:
 *
 *	== world            lines "d PATH", "f PATH" (`D`, `F`: the user may change what is in it), "l PATH TARGET"
 *	== preset NAME      beneath the rest
 *	== user, policy, project, managed    a policy file
 *	== flags            lines "KEY NAME VALUE", as policy_set takes them; - for no name
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/scope.h"
#include "base/text.h"
#include "check.h"
#include "policy/plan.h"
#include "policy/plan_windows.h"
#include "plan_model.h"

enum { ENTRIES_MAX = 48, ENTRY_LENGTH_MAX = 100, PATH_LENGTH_MAX = 200, SECTIONS_MAX = 12, EXTENDS_MAX = 16 };

/* -- the input ----------------------------------------------------------------------------------------------------- */

struct section {
	const char *heading;
	const char *text;
};

struct input {
	char *text; /* cut into lines for headings */
	struct section sections[SECTIONS_MAX];
	size_t count;
};

static void input_free(struct input *input)
{
	free(input->text);
}

/* Takes the input apart in place. */
static void read_input(const uint8_t *bytes, size_t length, struct input *ret_input)
{
	ret_input->text = malloc(length + 1);
	FUZZ_CHECK(ret_input->text);
	memcpy(ret_input->text, bytes, length);
	ret_input->text[length] = '\0';
	for (char *line = ret_input->text, *end; line && ret_input->count < SECTIONS_MAX; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (strncmp(line, "== ", 3) != 0 || !end)
			continue;
		if (line > ret_input->text)
			line[-1] = '\0';
		*end = '\0';
		ret_input->sections[ret_input->count++] = (struct section){ line + 3, end + 1 };
	}
}

/* The next line of the text, cut off; NULL at its end. */
static char *next_line(char **text)
{
	char *line = *text;
	char *end = line ? strchr(line, '\n') : NULL;
	if (end)
		*end = '\0';
	*text = end ? end + 1 : NULL;
	return line;
}

/* -- the host ------------------------------------------------------------------------------------------------------ */

struct host {
	struct world world;
	struct world_entry entries[ENTRIES_MAX];
	char paths[ENTRIES_MAX][2][ENTRY_LENGTH_MAX + 1];
	bool has_links;
};

/* A path as it lands: absolute, no empty component, no dot. */
static bool is_plain_path(const char *path)
{
	size_t length = strlen(path);
	if (path[0] != '/' || length < 2 || length > ENTRY_LENGTH_MAX || path[length - 1] == '/')
		return false;
	for (const char *at = path; (at = strchr(at, '/')) != NULL; at++)
		if (at[1] == '/' ||
		    (at[1] == '.' && (at[2] == '/' || !at[2] || (at[2] == '.' && (at[3] == '/' || !at[3])))))
			return false;
	return true;
}

static const struct world_entry *parent_of(const struct host *host, const char *path)
{
	char parent[ENTRY_LENGTH_MAX + 1];
	snprintf(parent, sizeof parent, "%s", path);
	char *slash = strrchr(parent, '/');
	slash[slash == parent] = '\0';
	return world_find(&host->world, parent);
}

static void add_entry(struct host *host, const char *path, enum path_type type, const char *target, bool is_users)
{
	size_t index = host->world.count;
	if (index == ENTRIES_MAX || !is_plain_path(path) || world_find(&host->world, path))
		return;
	const struct world_entry *parent = parent_of(host, path);
	if (!parent || parent->type != PATH_DIRECTORY)
		return;
	if (target) {
		const struct world_entry *there = is_plain_path(target) ? world_find(&host->world, target) : NULL;
		if (!there || there->target)
			return;
	}
	char *kept = host->paths[index][0], *kept_target = host->paths[index][1];
	strcpy(kept, path);
	strcpy(kept_target, target ? target : "");
	host->entries[index] = (struct world_entry){ kept, type, target ? kept_target : NULL, is_users };
	host->world.count++;
	host->has_links |= target != NULL;
}

static void make_host(const struct input *input, struct host *host)
{
	static const char *const tops[] = { "/home", "/tmp", "/run", "/dev", "/proc", "/etc", "/usr" };
	memset(host, 0, sizeof *host);
	host->world.entries = host->entries;
	for (size_t i = 0; i < COUNT_OF(tops); i++)
		add_entry(host, tops[i], PATH_DIRECTORY, NULL, false);
	add_entry(host, "/home/u", PATH_DIRECTORY, NULL, true);
	add_entry(host, "/home/u/w", PATH_DIRECTORY, NULL, true);
	for (size_t i = 0; i < input->count; i++) {
		char *text = (char *)input->sections[i].text;
		if (strcmp(input->sections[i].heading, "world") != 0)
			continue;
		for (char *line; (line = next_line(&text)) != NULL;) {
			if (!line[0] || line[1] != ' ')
				continue;
			char *target = line[0] == 'l' ? strchr(line + 2, ' ') : NULL;
			if (target)
				*target++ = '\0';
			if (strchr("dD", line[0]))
				add_entry(host, line + 2, PATH_DIRECTORY, NULL, line[0] == 'D');
			else if (strchr("fF", line[0]))
				add_entry(host, line + 2, PATH_FILE, NULL, false);
			else if (target)
				add_entry(host, line + 2, PATH_MISSING, target, false);
		}
	}
}

/* -- policies ------------------------------------------------------------------------------------------------------ */

static bool add_presets(struct policy *policy, const char *name, struct cordon_error *err)
{
	size_t ignored;
	for (int i = 0; name && preset_find(name, &ignored) && i < EXTENDS_MAX; i++) {
		if (!policy_add_preset(policy, name, err))
			return false;
		name = policy_extends(policy);
	}
	return true;
}

static bool add_flags(struct policy *policy, const char *text, struct cordon_error *err)
{
	CORDON_ON_EXIT(free_text) char *copy = strdup(text);
	char *rest = copy;
	for (char *line; (line = next_line(&rest)) != NULL;) {
		char *name = strchr(line, ' ');
		char *value = name ? strrchr(name + 1, ' ') : NULL;
		if (!value)
			continue;
		*name++ = '\0';
		*value++ = '\0';
		bool is_none = strcmp(name, "-") == 0;
		bool is_path = strcmp(line, "files") == 0; /* absolute, as settings_set makes it */
		if (is_path && (is_none || !is_plain_path(name)))
			continue;
		if (!policy_set(policy, "--flag", line, is_none ? NULL : name, value, err))
			return false;
	}
	return true;
}

static const struct {
	const char *heading;
	enum layer layer;
	const char *file, *folder;
} layers[] = {
	{ "user", LAYER_USER, "/home/u/.config/cordon/policy.json", "/home/u/.config/cordon" },
	{ "policy", LAYER_POLICY, "/home/u/w/policy.json", "/home/u/w" },
	{ "managed", LAYER_MANAGED, "/etc/cordon/policy.json", "/etc/cordon" },
	{ "project", LAYER_PROJECT, "/home/u/w/.cordon.json", "/home/u/w" },
};

static bool add_section(struct policy *policy, const struct section *section, bool with_bounds,
			struct cordon_error *err)
{
	for (size_t i = 0; i < COUNT_OF(layers); i++) {
		if (strcmp(section->heading, layers[i].heading) != 0 ||
		    (!with_bounds && layers[i].layer >= LAYER_FIRST_BOUND))
			continue;
		if (!policy_add_text(policy, layers[i].layer, layers[i].file, layers[i].folder, section->text,
				     strlen(section->text), err))
			return false;
		const char *extended = policy_extends(policy);
		return !extended || add_presets(policy, extended, err);
	}
	if (strcmp(section->heading, "flags") == 0)
		return add_flags(policy, section->text, err);
	return strncmp(section->heading, "preset ", 7) != 0 || add_presets(policy, section->heading + 7, err);
}

static bool read_policy(const struct input *input, enum target target, bool with_bounds, struct policy **ret_policy,
			struct cordon_error *err)
{
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(target);
	FUZZ_CHECK(policy);
	for (size_t i = 0; i < input->count; i++)
		if (!add_section(policy, &input->sections[i], with_bounds, err))
			return false;
	*ret_policy = cordon_take(&policy);
	return true;
}

/* The bounds alone, under a grant of everything. */
static bool read_bounds(const struct input *input, struct policy **ret_policy, struct cordon_error *err)
{
	static const char all[] = "{\"files\":{\"/\":\"write\"}}";
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = policy_new(TARGET_LINUX);
	FUZZ_CHECK(policy);
	if (!policy_add_text(policy, LAYER_PRESET, "preset all", NULL, all, strlen(all), err))
		return false;
	for (size_t i = 0; i < input->count; i++)
		if (strcmp(input->sections[i].heading, "managed") == 0 ||
		    strcmp(input->sections[i].heading, "project") == 0)
			if (!add_section(policy, &input->sections[i], true, err))
				return false;
	*ret_policy = cordon_take(&policy);
	return true;
}

/* The made-up host's paths have an end. */
static bool are_paths_short(const struct policy *policy, const struct facts *facts)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	char **paths;
	bool are_short = true;
	if (!policy_paths(policy, facts, &paths, &err))
		return true;
	for (char **path = paths; *path; path++)
		are_short &= strlen(*path) <= PATH_LENGTH_MAX;
	policy_free_list(paths);
	return are_short;
}

/* -- what has to hold ---------------------------------------------------------------------------------------------- */

static void check_printed(const struct plan *plan)
{
	CORDON_ON_EXIT(text_free) struct text text = { 0 };
	struct cordon_error err = CORDON_ERROR_INIT;
	FUZZ_CHECK(plan_print(plan, &text, &err));
	json_t *json = json_loadb(text_str(&text), text.length, JSON_REJECT_DUPLICATES, NULL);
	if (!json)
		fuzz_fail("the printed plan is no JSON: %s", text_str(&text));
	json_decref(json);
}

static void check_environment(const struct policy *policy, const struct facts *facts)
{
	struct cordon_error err = CORDON_ERROR_INIT;
	char **environment;
	FUZZ_CHECK(policy_environment(policy, facts, &environment, &err));
	for (char **entry = environment; *entry; entry++) {
		const char *equals = strchr(*entry, '=');
		FUZZ_CHECK(equals && equals > *entry);
		for (char **other = environment; other < entry; other++)
			FUZZ_CHECK(strncmp(*other, *entry, (size_t)(equals + 1 - *entry)) != 0);
	}
	policy_free_list(environment);
}

static void check_limits(const struct policy *policy, const struct policy *granted)
{
	for (int i = 0; i < LIMIT_COUNT; i++) {
		struct limit_setting limit = policy_limit(policy, (enum limit)i);
		struct limit_setting grant = policy_limit(granted, (enum limit)i);
		FUZZ_CHECK(!grant.is_set || (limit.is_set && limit.value <= grant.value));
	}
	FUZZ_CHECK(policy_network_mode(policy, NULL) <= policy_network_mode(granted, NULL));
	for (int i = 0; i < GUARANTEE_COUNT; i++)
		FUZZ_CHECK(policy_accepted(policy, (enum guarantee)i) >= policy_accepted(granted, (enum guarantee)i));
}

static void check_bounds(const struct input *input, const struct host *host, const struct facts *facts,
			 const struct policy *policy)
{
	CORDON_ON_EXIT(policy_free_at) struct policy *granted = NULL;
	CORDON_ON_EXIT(policy_free_at) struct policy *bounds = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	if (!read_policy(input, TARGET_LINUX, false, &granted, &err) || !policy_resolve(granted, facts, &err))
		fuzz_fail("good with its bounds, and not without: %s", err.text);
	check_limits(policy, granted);
	bool has_bounds = read_bounds(input, &bounds, &err) && policy_resolve(bounds, facts, &err);
	for (size_t i = 0; i < host->world.count; i++) {
		const char *path = host->entries[i].path;
		if (host->entries[i].target)
			continue;
		enum access whole = policy_decide_path(policy, path).access;
		enum access grant = policy_decide_path(granted, path).access;
		enum access bound = has_bounds ? policy_decide_path(bounds, path).access : ACCESS_WRITE;
		if (whole > grant || (!host->has_links && has_bounds && whole != (grant < bound ? grant : bound)))
			fuzz_fail("%s: %d, granted %d, bound %d", path, (int)whole, (int)grant, (int)bound);
	}
}

static void plan_here(const struct input *input, const struct host *host)
{
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = NULL;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = world_facts(&host->world, "/home/u", "/home/u/w");
	CORDON_ON_EXIT(plan_free_at) struct plan *plan = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	bool is_read = read_policy(input, TARGET_LINUX, true, &policy, &err);
	if (is_read && !are_paths_short(policy, facts))
		return;
	if (!is_read || !world_survey(&host->world, facts, policy, &err) || !policy_resolve(policy, facts, &err)) {
		fuzz_check_error(&err, NULL, 0);
		return;
	}
	check_bounds(input, host, facts, policy);
	check_environment(policy, facts);
	if (!plan_compile(policy, facts, &(struct plan_options){ 0 }, &plan, &err)) {
		fuzz_check_error(&err, NULL, 0);
		FUZZ_CHECK(err.status == CORDON_UNSUPPORTED);
		return;
	}
	model_check(&host->world, plan, "the input");
	check_printed(plan);
}

static void plan_there(const struct input *input)
{
	static const char *const tiers[] = { "auto", "account", "appcontainer", "token" };
	CORDON_ON_EXIT(policy_free_at) struct policy *policy = NULL;
	CORDON_ON_EXIT(facts_free_at) struct facts *facts = NULL;
	struct cordon_error err = CORDON_ERROR_INIT;
	char **paths = NULL;
	FUZZ_CHECK(facts_assume_windows(NULL, &facts, &err));
	bool is_fine = read_policy(input, TARGET_WINDOWS, true, &policy, &err) &&
		       policy_paths(policy, facts, &paths, &err) && facts_assume_windows_paths(facts, paths, &err) &&
		       policy_resolve(policy, facts, &err);
	policy_free_list(paths);
	for (size_t i = 0; is_fine && i < COUNT_OF(tiers); i++) {
		CORDON_ON_EXIT(plan_free_at) struct plan *plan = NULL;
		struct plan_options options = { .tier = tiers[i] };
		if (plan_compile(policy, facts, &options, &plan, &err))
			check_printed(plan);
		else
			fuzz_check_error(&err, NULL, 0);
	}
	if (!is_fine)
		fuzz_check_error(&err, NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	CORDON_ON_EXIT(input_free) struct input input = { .count = 0 };
	struct host host;
	if (length > 16384)
		return 0;
	read_input(bytes, length, &input);
	make_host(&input, &host);
	plan_here(&input, &host);
	plan_there(&input);
	return 0;
}

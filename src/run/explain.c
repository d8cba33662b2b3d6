/* What the policy says of a path, and all that it says. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "os/os.h"
#include "run/json.h"
#include "run/remedy.h"
#include "run/state.h"

static const char *const access_names[] = {
	[ACCESS_NONE] = "none",
	[ACCESS_READ] = "read",
	[ACCESS_WRITE] = "write",
};

static bool find_landing(const struct facts *facts, const char *path, char **ret_path, char **ret_landing,
			 struct cordon_error *err)
{
	/* Of a host that nobody looked at nothing is known but how its paths are spelt. */
	if (facts->assumed) {
		*ret_path = strdup(path);
		*ret_landing = strdup(path);
		return (*ret_path && *ret_landing) || cordon_fail_memory(err);
	}
	enum path_type ignored;
	return os_absolute(path, ret_path, err) && os_find_landing(*ret_path, ret_landing, &ignored, err);
}

/* What the host has there is not seen at all. */
static bool explain_own(const struct plan_mount *own, const char *path, const char *landing, struct text *text,
			struct cordon_error *err)
{
	bool is_private = own->kind == MOUNT_PRIVATE || own->kind == MOUNT_LAYER;
	const char *what = own->kind == MOUNT_LAYER && own->is_missing
				   ? "a cache of the workspace's own, kept in cordon's state"
			   : own->kind == MOUNT_LAYER
				   ? "a layer of the workspace's own over your cache, kept in cordon's state"
			   : is_private              ? "an empty directory of the run's own"
			   : own->kind == MOUNT_PROC ? "a /proc of the run's own"
						     : "a minimal /dev of the run's own";
	json_t *answer = json_pack("{s:o s:o s:s s:n s:s s:n}", "path", json_shown(path), "landing",
				   json_shown(landing), "access", is_private ? "write" : "read", "rule", "own", what,
				   "would_allow");
	return json_print(answer, text, err);
}

bool run_explain(const struct run *run, const char *path, struct text *text, struct cordon_error *err)
{
	const struct facts *facts = run->surveyed.facts;
	CORDON_ON_EXIT(free_text) char *absolute = NULL;
	CORDON_ON_EXIT(free_text) char *landing = NULL;
	CORDON_ON_EXIT(free_text) char *remedy = NULL;
	if (explain_is_host(path))
		return explain_host(run->surveyed.policy, path, text, err);
	if (!find_landing(facts, path, &absolute, &landing, err))
		return cordon_while(err, "explain '%s'", path);

	const struct plan_mount *own = denial_find_own(run->plan, landing);
	if (own)
		return explain_own(own, absolute, landing, text, err);
	struct verdict verdict = policy_decide_path(run->surveyed.policy, landing);
	if (!verdict.rule)
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s': no rule decides; is it an absolute path there?", path);
	if (verdict.access != ACCESS_WRITE) {
		const struct remedy_request request = {
			.landing = landing,
			.wanted = verdict.access == ACCESS_NONE ? ACCESS_READ : ACCESS_WRITE,
		};
		remedy = remedy_find(run->surveyed.policy, facts, &request);
	}
	json_t *answer = json_pack("{s:o s:o s:s s:o s:n s:o}", "path", json_shown(absolute), "landing",
				   json_shown(landing), "access", access_names[verdict.access], "rule",
				   json_origin(&verdict.rule->origin, verdict.rule->pattern), "own", "would_allow",
				   json_shown(remedy));
	return json_print(answer, text, err);
}

/* -- everything ----------------------------------------------------------------------------------------------- */

static bool is_among(char *const *names, const char *name, size_t length)
{
	for (; names && *names; names++)
		if (strncmp(*names, name, length) == 0 && !(*names)[length])
			return true;
	return false;
}

/* What the mount does for a missing name at or below it: keeps it away, or has something of the run's own there. */
static bool mount_holds(const struct plan_mount *mount, const struct rule *rule)
{
	size_t length = strcmp(mount->path, "/") == 0 ? 0 : strlen(mount->path);
	const char *rest = rule->landing + length;
	bool is_hiding = rule->access == ACCESS_NONE;
	if (strncmp(mount->path, rule->landing, length) != 0 || (*rest && *rest != '/'))
		return false;
	if (!*rest)
		return true;
	if (mount->kind != MOUNT_FACADE)
		return is_hiding && mount->kind != MOUNT_BIND;
	size_t name_length = strcspn(rest + 1, "/");
	return is_hiding && (mount->hide ? is_among(mount->hide, rest + 1, name_length)
					 : !is_among(mount->show, rest + 1, name_length));
}

/* Is the name in a directory that is granted for writing? There a plan leaves the name ".git" to the host, and what
 * came of it is looked at when the run is over.
 */
static bool is_new_repository(const struct plan *plan, const struct rule *rule)
{
	const char *slash = strrchr(rule->landing, '/');
	if (!slash || slash == rule->landing || strcmp(slash, "/.git") != 0)
		return false;
	CORDON_ON_EXIT(free_text)
	char *directory = text_format("%.*s", (int)(slash - rule->landing), rule->landing);
	return directory && policy_decide_path(plan->policy, directory).access == ACCESS_WRITE;
}

/* Does the rule do anything? It may name what does not exist, in a place where nothing holds the name: what the host
 * made there meanwhile would be as the next rule above says.
 */
static bool has_effect(const struct plan *plan, const struct rule *rule)
{
	if (!rule->fact || rule->fact->type != PATH_MISSING || plan->target != TARGET_LINUX)
		return true;
	for (size_t i = 0; i < plan->mounts.count; i++)
		if (mount_holds(&plan->mounts.items[i], rule))
			return true;
	for (size_t i = 0; i < plan->unheld.count; i++)
		if (strcmp(plan->unheld.items[i].path, rule->landing) == 0)
			return true;
	return is_new_repository(plan, rule);
}

static json_t *describe_files(const struct policy *policy, const struct plan *plan)
{
	json_t *list = json_array();
	size_t count;
	const struct rule *rules = policy_rules(policy, &count);
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = &rules[i];
		bool is_missing = rule->fact && rule->fact->type == PATH_MISSING;
		list = json_add(list,
				json_pack("{s:o s:o s:s s:b s:o s:b s:o}", "path", json_shown(rule->path), "landing",
					  json_shown(rule->landing), "access", access_names[rule->access], "wildcard",
					  rule->is_glob, "exists", rule->fact ? json_boolean(!is_missing) : json_null(),
					  "effect", has_effect(plan, rule), "rule",
					  json_origin(&rule->origin, rule->pattern)));
	}
	return list;
}

static json_t *describe_caches(const struct plan *plan)
{
	json_t *list = json_array();
	for (size_t i = 0; i < plan->mounts.count; i++)
		if (plan->mounts.items[i].kind == MOUNT_LAYER)
			list = json_add(list, json_pack("{s:s s:o s:b}", "cache", plan->mounts.items[i].cache, "path",
							json_shown(plan->mounts.items[i].path), "shows_own",
							!plan->mounts.items[i].is_missing));
	return list;
}

static json_t *describe_sources(const struct policy *policy)
{
	json_t *list = json_array();
	size_t count;
	const struct policy_source *sources = policy_sources(policy, &count);
	for (size_t i = 0; i < count; i++)
		list = json_add(list, json_pack("{s:s s:o}", "layer", layer_name(sources[i].layer), "file",
						json_shown(sources[i].file)));
	return list;
}

static json_t *describe_hosts(const struct host_rule *hosts, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		list = json_add(list, json_pack("{s:o s:o s:o}", "host", json_shown(hosts[i].pattern), "port",
						json_known(hosts[i].port > 0, hosts[i].port), "rule",
						json_origin(&hosts[i].origin, NULL)));
	return list;
}

static json_t *describe_network(const struct policy *policy)
{
	static const char *const names[] = {
		[NETWORK_OFF] = "off",
		[NETWORK_FILTERED] = "filtered",
		[NETWORK_OPEN] = "open",
	};
	struct origin origin;
	size_t allowed, denied, ports;
	enum network_mode mode = policy_network_mode(policy, &origin);
	const struct host_rule *allow = policy_allowed_hosts(policy, &allowed);
	const struct host_rule *deny = policy_denied_hosts(policy, &denied);
	const uint16_t *listen = policy_listen_ports(policy, &ports);
	json_t *list = json_array();
	for (size_t i = 0; i < ports; i++)
		list = json_add(list, json_integer(listen[i]));
	return json_pack("{s:s s:o s:o s:o s:o}", "mode", names[mode], "rule", json_origin(&origin, NULL), "allow",
			 describe_hosts(allow, allowed), "deny", describe_hosts(deny, denied), "listen", list);
}

/* Values as numbers in the unit that the key's name has here. */
static json_t *describe_limits(const struct policy *policy)
{
	static const char *const units[] = {
		[LIMIT_MEMORY] = "bytes",           [LIMIT_CPUS] = "thousandths", [LIMIT_CPU_TIME] = "milliseconds",
		[LIMIT_WALL_TIME] = "milliseconds", [LIMIT_PROCESSES] = "count",  [LIMIT_OPEN_FILES] = "count",
		[LIMIT_FILE_SIZE] = "bytes",        [LIMIT_DISK] = "bytes",       [LIMIT_OUTPUT] = "bytes",
	};
	json_t *object = json_object();
	for (int i = 0; object && i < LIMIT_COUNT; i++) {
		struct limit_setting limit = policy_limit(policy, (enum limit)i);
		if (!limit.is_set)
			continue;
		json_t *value = json_pack("{s:I s:s s:o}", "value", (json_int_t)limit.value, "unit", units[i], "rule",
					  json_origin(&limit.origin, NULL));
		if (json_object_set_new(object, limit_name((enum limit)i), value) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *describe_accepted(const struct policy *policy)
{
	json_t *list = json_array();
	for (int i = 0; i < GUARANTEE_COUNT; i++) {
		enum level level = policy_accepted(policy, (enum guarantee)i);
		if (level < LEVEL_ENFORCED)
			list = json_add(list, json_pack("{s:s s:s}", "guarantee", guarantee_name((enum guarantee)i),
							"level", level_name(level)));
	}
	return list;
}

bool run_rules(const struct run *run, struct text *text, struct cordon_error *err)
{
	const struct policy *policy = run->surveyed.policy;
	json_t *answer = json_pack("{s:s s:i s:s s:o s:o s:o s:o s:o s:o s:o}", "schema", "cordon-rules", "version", 1,
				   "target", run->surveyed.facts->target == TARGET_WINDOWS ? "windows" : "linux",
				   "workspace", json_shown(run->surveyed.facts->workspace), "sources",
				   describe_sources(policy), "files", describe_files(policy, run->plan), "caches",
				   describe_caches(run->plan), "network", describe_network(policy), "limits",
				   describe_limits(policy), "accept", describe_accepted(policy));
	return json_print(answer, text, err);
}

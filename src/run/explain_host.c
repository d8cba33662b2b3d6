/* What the policy says of a host and port. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "os/os.h"
#include "policy/values.h"
#include "run/json.h"
#include "run/state.h"

/* The rule `localhost` means the host's loopback by any of its names. */
static bool is_meant(const char *pattern, const char *host)
{
	bool is_loopback = strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0;
	return host_covers(pattern, host) || (is_loopback && strcmp(pattern, "localhost") == 0);
}

static const struct host_rule *find_rule(const struct host_rule *rules, size_t count, const char *host, uint16_t port)
{
	for (size_t i = 0; i < count; i++)
		if ((rules[i].port == 0 || rules[i].port == port) && is_meant(rules[i].pattern, host))
			return &rules[i];
	return NULL;
}

static json_t *show_rule(const struct host_rule *rule)
{
	CORDON_ON_EXIT(free_text)
	char *pattern = rule->port ? text_format("%s:%u", rule->pattern, rule->port) : text_format("%s", rule->pattern);
	return pattern ? json_origin(&rule->origin, pattern) : NULL;
}

bool explain_is_host(const char *name)
{
	struct cordon_error ignored = CORDON_ERROR_INIT;
	CORDON_ON_EXIT(free_text) char *host = NULL;
	CORDON_ON_EXIT(free_text) char *file = NULL;
	char why[IDNA_WHY_SIZE];
	uint16_t port;
	/* On Windows "name:port" is nothing that a file can be named. */
	return !strpbrk(name, "/\\*") && !value_read_host(name, &host, &port, why) && port != 0 &&
	       !(os_absolute(name, &file, &ignored) && os_exists(file));
}

bool explain_host(const struct policy *policy, const char *name, struct text *text, struct cordon_error *err)
{
	static const char *const modes[] = { "off", "filtered", "open" };
	CORDON_ON_EXIT(free_text) char *host = NULL;
	CORDON_ON_EXIT(free_text) char *remedy = NULL;
	CORDON_ON_EXIT(free_text) char *shown = NULL;
	char why[IDNA_WHY_SIZE];
	struct origin origin;
	uint16_t port;
	size_t allowed, denied;
	if (value_read_host(name, &host, &port, why))
		return cordon_fail_memory(err);
	/* in ASCII, where the name is international: what decides, whatever it looks like */
	bool is_name = strchr(host, ':') == NULL;
	shown = is_name ? text_format("%s:%u", host, port) : strdup(name);
	if (!shown)
		return cordon_fail_memory(err);
	enum network_mode mode = policy_network_mode(policy, &origin);
	const struct host_rule *allow = policy_allowed_hosts(policy, &allowed);
	const struct host_rule *deny = policy_denied_hosts(policy, &denied);

	bool is_filtered = mode == NETWORK_FILTERED;
	const struct host_rule *denies = is_filtered ? find_rule(deny, denied, host, port) : NULL;
	const struct host_rule *rule = is_filtered && !denies ? find_rule(allow, allowed, host, port) : denies;
	bool is_allowed = mode == NETWORK_OPEN || (rule && !denies);
	/* No flag lifts what denies. */
	if (!is_allowed && !denies) {
		remedy = text_format("--allow %s", shown);
		if (!remedy)
			return cordon_fail_memory(err);
	}
	json_t *decided = rule ? show_rule(rule) : is_filtered ? json_null() : json_origin(&origin, modes[mode]);
	json_t *answer = json_pack("{s:o s:s s:b s:o s:o}", "host", json_shown(shown), "network", modes[mode],
				   "is_allowed", is_allowed, "rule", decided, "would_allow", json_shown(remedy));
	return json_print(answer, text, err);
}

/* What the bounds leave of the grant, beside files and environment. In the grant the last word counts; a bound only
 * narrows it; a flag that a bound voids is an error.
 */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "policy/store.h"
#include "policy/values.h"

static bool fail_bounded(struct cordon_error *err, const struct origin *flag, const char *what,
			 const struct origin *bound)
{
	CORDON_ON_EXIT(free_text) char *place = policy_place(bound);
	return policy_complain(err, flag, "%s has no effect: %s does not allow it", what, place ? place : bound->file);
}

static bool is_flag(const struct origin *origin)
{
	return origin->layer == LAYER_FLAGS;
}

/* -- mode ------------------------------------------------------------------------------------------------------- */

static struct mode_statement granted_mode(const struct policy *policy)
{
	struct mode_statement granted = { NETWORK_OFF, { .layer = LAYER_PRESET, .file = "no rule" }, -1 };
	for (size_t i = 0; i < policy->modes.count; i++) {
		const struct mode_statement *mode = &policy->modes.items[i];
		if (!is_bound(mode->origin.layer) && mode->order >= granted.order)
			granted = *mode;
	}
	for (size_t i = 0; i < policy->allow.count; i++) {
		const struct host_statement *host = &policy->allow.items[i];
		if (!is_bound(host->rule.origin.layer) && granted.mode == NETWORK_OFF && host->order > granted.order)
			granted = (struct mode_statement){ NETWORK_FILTERED, host->rule.origin, granted.order };
	}
	return granted;
}

static struct mode_statement settled_mode(const struct policy *policy)
{
	struct mode_statement settled = granted_mode(policy);
	for (size_t i = 0; i < policy->modes.count; i++) {
		const struct mode_statement *mode = &policy->modes.items[i];
		if (is_bound(mode->origin.layer) && mode->mode < settled.mode)
			settled = *mode;
	}
	return settled;
}

enum network_mode policy_network_mode(const struct policy *policy, struct origin *ret_origin)
{
	struct mode_statement mode = settled_mode(policy);
	if (ret_origin)
		*ret_origin = mode.origin;
	return mode.mode;
}

/* -- hosts and ports -------------------------------------------------------------------------------------------- */

/* Rules that the mode beside them makes meaningless, or that would need the filter which an open network lacks. */
static bool check_mode(const struct policy *policy, const struct mode_statement *granted,
		       const struct mode_statement *settled, struct cordon_error *err)
{
	for (size_t i = 0; i < policy->allow.count; i++) {
		const struct host_statement *host = &policy->allow.items[i];
		bool is_beside = host->order == granted->order && !is_bound(host->rule.origin.layer);
		if (is_beside && granted->mode == NETWORK_OFF)
			return policy_complain(
				err, &host->rule.origin,
				"'%s' has no effect while the network is off; set the mode to \"filtered\"",
				host->rule.pattern);
		if (granted->mode == NETWORK_OPEN && (is_beside || is_flag(&host->rule.origin)))
			return policy_complain(
				err, &host->rule.origin,
				"'%s' has no effect while the network is open; set the mode to \"filtered\"",
				host->rule.pattern);
	}
	if (settled->mode == NETWORK_OPEN && policy->deny.count > 0)
		return policy_complain(
			err, &policy->deny.items[0].rule.origin,
			"an open network cannot deny '%s'; set the mode to \"filtered\" and allow what is "
			"needed",
			policy->deny.items[0].rule.pattern);
	if (is_flag(&granted->origin) && settled->mode < granted->mode)
		return fail_bounded(err, &granted->origin, "the network mode", &settled->origin);
	return true;
}

static bool add_host(struct policy *policy, const char *pattern, uint16_t port, struct origin origin,
		     struct cordon_error *err)
{
	struct host_rule *rule = LIST_ADD_IN(&policy->arena, &policy->allowed_hosts);
	if (!rule)
		return cordon_fail_memory(err);
	*rule = (struct host_rule){ pattern, port, origin };
	return true;
}

/* The part of the rule that the bound's list allows as well. */
static bool add_common(struct policy *policy, const struct host_rule *rule, struct cordon_error *err)
{
	for (size_t i = 0; i < policy->allow.count; i++) {
		const struct host_rule *bound = &policy->allow.items[i].rule;
		if (!is_bound(bound->origin.layer) || (rule->port && bound->port && rule->port != bound->port))
			continue;
		const char *pattern = host_covers(bound->pattern, rule->pattern)   ? rule->pattern
				      : host_covers(rule->pattern, bound->pattern) ? bound->pattern
										   : NULL;
		if (pattern && !add_host(policy, pattern, rule->port ? rule->port : bound->port, rule->origin, err))
			return false;
	}
	return true;
}

static const struct host_rule *find_denial(const struct policy *policy, const struct host_rule *rule)
{
	for (size_t i = 0; i < policy->deny.count; i++) {
		const struct host_rule *denied = &policy->deny.items[i].rule;
		if (is_bound(denied->origin.layer) && host_covers(denied->pattern, rule->pattern) &&
		    (denied->port == 0 || denied->port == rule->port))
			return denied;
	}
	return NULL;
}

static bool settle_allowed(struct policy *policy, const struct mode_statement *granted, struct cordon_error *err)
{
	const struct key_statement *bound = policy_find_key(policy, "network.allow", LAYER_MANAGED);
	for (size_t i = 0; i < policy->allow.count; i++) {
		const struct host_rule rule = policy->allow.items[i].rule;
		/* From an open network a bound's list leaves just that list. */
		if (is_bound(rule.origin.layer) != (granted->mode == NETWORK_OPEN))
			continue;
		const struct host_rule *denial = find_denial(policy, &rule);
		if (denial && is_flag(&rule.origin))
			return fail_bounded(err, &rule.origin, rule.pattern, &denial->origin);

		size_t before = policy->allowed_hosts.count;
		bool is_whole = !bound || is_bound(rule.origin.layer);
		if (!(is_whole ? add_host(policy, rule.pattern, rule.port, rule.origin, err)
			       : add_common(policy, &rule, err)))
			return false;
		if (policy->allowed_hosts.count == before && is_flag(&rule.origin))
			return fail_bounded(err, &rule.origin, rule.pattern, &bound->origin);
	}
	return true;
}

static bool bound_listens(const struct policy *policy, uint16_t port)
{
	for (size_t i = 0; i < policy->listen.count; i++)
		if (is_bound(policy->listen.items[i].origin.layer) && policy->listen.items[i].port == port)
			return true;
	return false;
}

static bool has_port(const struct policy *policy, uint16_t port)
{
	for (size_t i = 0; i < policy->ports.count; i++)
		if (policy->ports.items[i] == port)
			return true;
	return false;
}

static bool settle_ports(struct policy *policy, struct cordon_error *err)
{
	const struct key_statement *bound = policy_find_key(policy, "network.listen", LAYER_MANAGED);
	for (size_t i = 0; i < policy->listen.count; i++) {
		const struct port_statement *statement = &policy->listen.items[i];
		if (is_bound(statement->origin.layer))
			continue;
		if (bound && !bound_listens(policy, statement->port)) {
			if (is_flag(&statement->origin))
				return fail_bounded(err, &statement->origin, "the port", &bound->origin);
			continue;
		}
		if (has_port(policy, statement->port))
			continue;
		uint16_t *port = LIST_ADD_IN(&policy->arena, &policy->ports);
		const struct origin **origin = LIST_ADD_IN(&policy->arena, &policy->port_origins);
		if (!port || !origin)
			return cordon_fail_memory(err);
		*port = statement->port;
		*origin = &statement->origin;
	}
	return true;
}

bool policy_settle_network(struct policy *policy, struct cordon_error *err)
{
	struct mode_statement granted = granted_mode(policy);
	struct mode_statement settled = settled_mode(policy);
	policy->allowed_hosts.count = policy->denied_hosts.count = policy->ports.count = policy->port_origins.count = 0;
	if (!check_mode(policy, &granted, &settled, err) || !settle_ports(policy, err))
		return false;
	if (settled.mode != NETWORK_FILTERED)
		return true;
	for (size_t i = 0; i < policy->deny.count; i++) {
		struct host_rule *rule = LIST_ADD_IN(&policy->arena, &policy->denied_hosts);
		if (!rule)
			return cordon_fail_memory(err);
		*rule = policy->deny.items[i].rule;
	}
	return settle_allowed(policy, &granted, err);
}

const struct host_rule *policy_allowed_hosts(const struct policy *policy, size_t *ret_count)
{
	*ret_count = policy->allowed_hosts.count;
	return policy->allowed_hosts.items;
}

const struct host_rule *policy_denied_hosts(const struct policy *policy, size_t *ret_count)
{
	*ret_count = policy->denied_hosts.count;
	return policy->denied_hosts.items;
}

const uint16_t *policy_listen_ports(const struct policy *policy, size_t *ret_count)
{
	*ret_count = policy->ports.count;
	return policy->ports.items;
}

const struct origin *policy_listen_origin(const struct policy *policy, size_t port)
{
	return policy->port_origins.items[port];
}

/* -- limits ----------------------------------------------------------------------------------------------------- */

static uint64_t limit_value(const struct policy *policy, const struct limit_statement *limit)
{
	return limit->is_share ? policy->memory / 100 * limit->value : limit->value;
}

static struct limit_setting granted_limit(const struct policy *policy, enum limit limit)
{
	struct limit_setting granted = { 0 };
	int order = -1;
	for (size_t i = 0; i < policy->limits.count; i++) {
		const struct limit_statement *statement = &policy->limits.items[i];
		if (statement->limit != limit || is_bound(statement->origin.layer) || statement->order < order)
			continue;
		order = statement->order;
		granted = (struct limit_setting){ true, limit_value(policy, statement), statement->origin };
	}
	return granted;
}

struct limit_setting policy_limit(const struct policy *policy, enum limit limit)
{
	struct limit_setting setting = granted_limit(policy, limit);
	for (size_t i = 0; i < policy->limits.count; i++) {
		const struct limit_statement *statement = &policy->limits.items[i];
		if (statement->limit != limit || !is_bound(statement->origin.layer))
			continue;
		uint64_t value = limit_value(policy, statement);
		if (!setting.is_set || value < setting.value)
			setting = (struct limit_setting){ true, value, statement->origin };
	}
	return setting;
}

static bool check_limits(const struct policy *policy, struct cordon_error *err)
{
	for (size_t i = 0; i < policy->limits.count; i++) {
		const struct limit_statement *statement = &policy->limits.items[i];
		if (statement->is_share && policy->memory / 100 == 0)
			return policy_complain(
				err, &statement->origin,
				"the size of the machine's memory is not known; give the limit in bytes");
	}
	for (int i = 0; i < LIMIT_COUNT; i++) {
		struct limit_setting granted = granted_limit(policy, (enum limit)i);
		struct limit_setting settled = policy_limit(policy, (enum limit)i);
		if (granted.is_set && is_flag(&granted.origin) && settled.value < granted.value)
			return fail_bounded(err, &granted.origin, "the limit", &settled.origin);
	}
	return true;
}

/* -- accept ----------------------------------------------------------------------------------------------------- */

/* What the grant or one bound accepts of the guarantee. */
static enum level accepted_by(const struct policy *policy, enum guarantee guarantee, bool by_bound)
{
	enum level level = LEVEL_ENFORCED;
	for (size_t i = 0; i < policy->accept.count; i++) {
		const struct accept_statement *statement = &policy->accept.items[i];
		if (statement->guarantee == guarantee && is_bound(statement->origin.layer) == by_bound &&
		    statement->level < level)
			level = statement->level;
	}
	return level;
}

enum level policy_accepted(const struct policy *policy, enum guarantee guarantee)
{
	enum level level = accepted_by(policy, guarantee, false);
	if (policy_find_key(policy, "accept", LAYER_MANAGED)) {
		enum level bound = accepted_by(policy, guarantee, true);
		if (bound > level)
			level = bound;
	}
	return level;
}

static bool check_accepted(const struct policy *policy, struct cordon_error *err)
{
	const struct key_statement *bound = policy_find_key(policy, "accept", LAYER_MANAGED);
	for (size_t i = 0; bound && i < policy->accept.count; i++) {
		const struct accept_statement *statement = &policy->accept.items[i];
		if (is_flag(&statement->origin) && policy_accepted(policy, statement->guarantee) > statement->level)
			return fail_bounded(err, &statement->origin, guarantee_name(statement->guarantee),
					    &bound->origin);
	}
	return true;
}

bool policy_settle_settings(struct policy *policy, struct cordon_error *err)
{
	return check_limits(policy, err) && check_accepted(policy, err);
}

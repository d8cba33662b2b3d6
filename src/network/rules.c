#include "network/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"

/* -- making ----------------------------------------------------------------------------------------------------- */

static bool read_bits(const char *text, unsigned most, uint8_t *ret_bits)
{
	char *end;
	if (*text < '0' || *text > '9')
		return false;
	unsigned long bits = strtoul(text, &end, 10);
	if (*end || bits > most)
		return false;
	*ret_bits = (uint8_t)bits;
	return true;
}

static bool read_pattern(const char *pattern, struct network_rule *rule)
{
	const char *slash = strchr(pattern, '/');
	size_t length = slash ? (size_t)(slash - pattern) : strlen(pattern);
	if (address_read(pattern, length, &rule->host.address)) {
		rule->bits = (uint8_t)(rule->host.address.length * 8);
		return !slash || read_bits(slash + 1, rule->bits, &rule->bits);
	}
	rule->is_wild = length > 2 && pattern[0] == '*' && pattern[1] == '.';
	if (rule->is_wild) {
		pattern += 2;
		length -= 2;
	}
	return !slash && host_read_name(pattern, length, rule->host.name);
}

bool rules_add(struct network_rules *rules, const char *pattern, uint16_t port, bool is_denied,
	       struct cordon_error *err)
{
	struct network_rule rule = { .is_denied = is_denied, .port = port };
	if (!read_pattern(pattern, &rule))
		return cordon_fail(err, CORDON_BAD_USAGE, "'%s' is no host", pattern);
	struct network_rule *added = LIST_ADD(rules);
	if (!added)
		return cordon_fail_memory(err);
	*added = rule;
	return true;
}

void rules_free(struct network_rules *rules)
{
	free(rules->items);
	*rules = (struct network_rules){ 0 };
}

/* -- deciding --------------------------------------------------------------------------------------------------- */

bool host_is_localhost(const struct host *host)
{
	return strcmp(host->name, "localhost") == 0;
}

static bool is_loopback(const struct address *address)
{
	static const struct address four = { 4, { 127, 0, 0, 1 } }, six = { 16, { [15] = 1 } };
	return address_equals(address, &four) || address_equals(address, &six);
}

/* A range opens what a network is made of; the machine itself, its cloud's credentials and addresses that hide another
 * are opened one by one.
 */
static bool may_open(const struct network_rule *rule, const struct address *address)
{
	enum reach reach = reach_of(address);
	return rule->is_denied || rule->bits == address->length * 8 || reach == REACH_GLOBAL ||
	       reach == REACH_PRIVATE || reach == REACH_LINK_LOCAL;
}

static bool names_host(const struct network_rule *rule, const struct host *host)
{
	if (host->address.length) {
		if (rule->host.address.length)
			return address_shares(&host->address, &rule->host.address, rule->bits) &&
			       may_open(rule, &host->address);
		return !rule->is_wild && host_is_localhost(&rule->host) && is_loopback(&host->address);
	}
	if (rule->host.address.length)
		return false;
	if (!rule->is_wild)
		return strcmp(rule->host.name, host->name) == 0;
	size_t length = strlen(rule->host.name), whole = strlen(host->name);
	return whole > length + 1 && host->name[whole - length - 1] == '.' &&
	       strcmp(host->name + whole - length, rule->host.name) == 0;
}

/* The first rule of that kind that names the host, with this port. Port 0 is that of rules for any port. */
static int find(const struct network_rules *rules, bool is_denied, const struct host *host, uint16_t port)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct network_rule *rule = &rules->items[i];
		bool has_port = rule->port == 0 || rule->port == port;
		if (rule->is_denied == is_denied && has_port && names_host(rule, host))
			return (int)i;
	}
	return -1;
}

struct decision rules_decide(const struct network_rules *rules, const struct host *host, uint16_t port)
{
	int denying = find(rules, true, host, port);
	if (denying >= 0)
		return (struct decision){ ANSWER_DENIED, denying, REACH_GLOBAL };
	int allowing = port ? find(rules, false, host, port) : -1;
	return (struct decision){ allowing >= 0 ? ANSWER_ALLOWED : ANSWER_UNNAMED, allowing, REACH_GLOBAL };
}

bool rules_may_name(const struct network_rules *rules, const struct host *host)
{
	if (find(rules, true, host, 0) >= 0)
		return false;
	for (size_t i = 0; i < rules->count; i++)
		if (!rules->items[i].is_denied && names_host(&rules->items[i], host))
			return true;
	return false;
}

/* Is there a rule for that very address, and no range around it? */
static bool is_opened_alone(const struct network_rules *rules, const struct host *host, uint16_t port)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct network_rule *rule = &rules->items[i];
		bool is_range = rule->host.address.length && rule->bits < rule->host.address.length * 8;
		if (!rule->is_denied && !is_range && (rule->port == 0 || rule->port == port) && names_host(rule, host))
			return true;
	}
	return false;
}

struct decision rules_decide_resolved(const struct network_rules *rules, const struct address *address, uint16_t port,
				      const struct address *own, size_t own_count)
{
	struct host host = host_of_address(address);
	struct decision decision = rules_decide(rules, &host, port);
	bool is_own = false;
	for (size_t i = 0; i < own_count; i++)
		is_own |= address_equals(&own[i], address);
	if (decision.answer == ANSWER_DENIED ||
	    (decision.answer == ANSWER_ALLOWED && (!is_own || is_opened_alone(rules, &host, port))))
		return decision;
	decision = (struct decision){ ANSWER_ALLOWED, -1, is_own ? REACH_LOOPBACK : reach_of(address) };
	if (decision.reach != REACH_GLOBAL)
		decision.answer = ANSWER_PLACE;
	return decision;
}

#include "backend/gating.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/upstream.h"

/* -- the rules ----------------------------------------------------------------------------------------------------- */

static void add_rules(struct text *text, const char *verb, const struct host_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		text_addf(text, "%s %u %s\n", verb, rules[i].port, rules[i].pattern);
}

/* The value of the first of both that has one, or NULL. */
static const char *variable_of(const struct plan *plan, const char *const names[2], const char **ret_name)
{
	for (int i = 0; i < 2; i++) {
		size_t length = strlen(names[i]);
		for (char **entry = plan->facts->environment; entry && *entry; entry++)
			if (strncmp(*entry, names[i], length) == 0 && (*entry)[length] == '=' && (*entry)[length + 1]) {
				*ret_name = names[i];
				return *entry + length + 1;
			}
	}
	return NULL;
}

/* The proxies through which the host goes out, the gate as well (base/upstream.h). */
static bool add_upstreams(struct text *text, const struct plan *plan, struct cordon_error *err)
{
	static const struct {
		const char *verb, *names[2];
	} variables[] = {
		{ GATE_VIA_HTTP, { "http_proxy", "HTTP_PROXY" } },
		{ GATE_VIA_HTTPS, { "https_proxy", "HTTPS_PROXY" } },
		{ GATE_VIA_ALL, { "all_proxy", "ALL_PROXY" } },
		{ GATE_BYPASS, { "no_proxy", "NO_PROXY" } },
	};
	for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
		struct upstream upstream;
		const char *name, *value = variable_of(plan, variables[i].names, &name);
		if (!value)
			continue;
		bool is_list = strcmp(variables[i].verb, GATE_BYPASS) == 0;
		const char *why = strchr(value, '\n') ? "has a line end"
				  : is_list           ? NULL
						      : upstream_read(value, &upstream);
		if (why)
			return cordon_fail(
				err, CORDON_UNSUPPORTED,
				"net.filtered: the proxy that the variable %s names %s; the gate cannot go out "
				"through it. '%s= cordon run …' goes without",
				name, why, name);
		text_addf(text, "%s %s\n", variables[i].verb, value);
	}
	return true;
}

bool gating_rules(const struct plan *plan, struct text *text, struct cordon_error *err)
{
	size_t allowed_count, denied_count, port_count;
	const uint16_t *ports = policy_listen_ports(plan->policy, &port_count);
	const struct host_rule *allowed = policy_allowed_hosts(plan->policy, &allowed_count);
	const struct host_rule *denied = policy_denied_hosts(plan->policy, &denied_count);
	add_rules(text, "deny", denied, denied_count);
	/* Such a port of the host's loopback is the command's own server: a connection there would come back for ever.
	 */
	for (size_t i = 0; i < port_count; i++)
		text_addf(text, "deny %u localhost\n", ports[i]);
	add_rules(text, "allow", allowed, allowed_count);
	if (!add_upstreams(text, plan, err))
		return false;
	return text_ok(text) || cordon_fail_memory(err);
}

/* -- what it refused ----------------------------------------------------------------------------------------------- */

static const char *reason_of(const struct gate_message *message)
{
	static const char *const places[] = {
		[1] = "the name leads to this machine's loopback, which no rule names",
		[2] = "the name leads to a private address, which no rule names",
		[3] = "the name leads to a link-local address, which no rule names",
		[4] = "the name leads to a cloud's metadata service, which no rule names",
		[5] = "the name leads to a multicast address, which no rule names",
		[6] = "the name leads to an address with another one inside, which no rule names",
		[7] = "the name leads to a reserved address, which no rule names",
	};
	if (message->word == GATE_FORGED)
		return "what was said on the connection names another host, or none";
	if (message->word != GATE_PLACE)
		return NULL;
	return message->reach < sizeof places / sizeof *places ? places[message->reach] : places[7];
}

void gating_denied(const struct gate_message *message, char text[GATING_TEXT_SIZE], struct cage_event *ret_event)
{
	const int most = (int)sizeof message->host;
	if (message->port)
		snprintf(text, GATING_TEXT_SIZE, "%.*s:%u", most, message->host, message->port);
	else
		snprintf(text, GATING_TEXT_SIZE, "%.*s", most, message->host);
	ret_event->kind = CAGE_DENIED;
	ret_event->denied.act = ACT_CONNECT;
	ret_event->denied.path = ret_event->denied.landing = text;
	ret_event->denied.program = "";
	ret_event->denied.reason = reason_of(message);
}

/* -- counting ------------------------------------------------------------------------------------------------------ */

uint64_t gating_now(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void copy_host(const struct gate_host *from, struct cage_host *to)
{
	memcpy(to->name, from->name, sizeof to->name);
	to->name[sizeof to->name - 1] = '\0';
	to->is_inward = from->is_inward;
	to->connections = gating_now(&from->connections);
	to->bytes_in = gating_now(&from->bytes_in);
	to->bytes_out = gating_now(&from->bytes_out);
}

/* The gate writes there, and reads what strangers say: nothing of it is trusted to be in its bounds. */
struct cage_traffic *gating_traffic(const struct gate_counters *counters)
{
	size_t count = atomic_load_explicit(&counters->host_count, memory_order_acquire);
	if (count > GATE_HOSTS_MAX)
		count = GATE_HOSTS_MAX;
	bool has_others = gating_now(&counters->hosts[GATE_HOSTS_MAX].connections) > 0;
	struct cage_traffic *traffic = calloc(1, sizeof *traffic + (count + has_others) * sizeof *traffic->hosts);
	if (!traffic)
		return NULL;
	traffic->connections = gating_now(&counters->connections);
	traffic->queries = gating_now(&counters->queries);
	traffic->refused = gating_now(&counters->refused);
	for (size_t i = 0; i < count; i++)
		copy_host(&counters->hosts[i], &traffic->hosts[i]);
	if (has_others)
		copy_host(&counters->hosts[GATE_HOSTS_MAX], &traffic->hosts[count]);
	traffic->host_count = count + has_others;
	return traffic;
}
